// The best boxes of each class that overlap no better one (OpenVINO NonMaxSuppression-1 to -9), and the positions of
// what is not zero (NonZero-3): results with room for all that there may be, and a count.
//
// `SuppressClass` works on one class of an image: candidates stand in a heap, the best one is kept unless it overlaps a
// kept one. With soft suppression it goes back into the heap with a lower score instead. `CollectBoxes` writes the rows
// of all classes. Every order is total: by score from high to low, then by image, class and box.
//
// The launches are for CPUs; nms_blocks.hpp has those for GPUs.
#pragma once

#include "launch.hpp"

namespace arhat {

struct NmsParams {
  int images, classes, boxes;
  int most;  // boxes kept of a class
  bool center, sort;
  float iou_threshold, score_threshold, sigma;
};

inline namespace ARHAT_ISA {

struct NmsCandidate {
  float score;
  int box;
  int begin;  // kept boxes that the score takes into account already
};

constexpr int nms_lanes = 16;

// Where the parts of the scratch memory lie, in bytes from its start.
struct NmsScratch {
  int64_t stride;      // most boxes of a class, in whole vectors
  int64_t candidates;  // [images][classes][boxes]
  int64_t kept;        // [images][classes][most]
  int64_t sides;       // [images][classes][4][stride]: y0, x0, y1, x1 of the kept
  int64_t counts;      // [images][classes]
  int64_t order;       // [images][classes][most] the kept of all classes
  int64_t bytes;
};

constexpr NmsScratch nms_layout(const NmsParams& p) {
  NmsScratch s{};
  const int64_t groups = static_cast<int64_t>(p.images) * p.classes, item = sizeof(NmsCandidate);
  s.stride = (static_cast<int64_t>(p.most) + nms_lanes - 1) / nms_lanes * nms_lanes;
  s.kept = s.candidates + round_up_bytes(groups * p.boxes * item);
  s.sides = s.kept + round_up_bytes(groups * p.most * item);
  s.counts = s.sides + groups * 4 * s.stride * 4;
  s.order = s.counts + round_up_bytes(groups * 4);
  s.bytes = s.order + round_up_bytes(groups * p.most * 4);
  return s;
}

struct NmsBox {
  float y0, x0, y1, x1;
};

ARHAT_HD inline NmsBox nms_box(const NmsParams& p, const float* boxes, int64_t image, int index) {
  const float* b = boxes + (image * p.boxes + index) * 4;
  if (p.center) return {b[1] - b[3] / 2, b[0] - b[2] / 2, b[1] + b[3] / 2, b[0] + b[2] / 2};
  return {smaller(b[0], b[2]), smaller(b[1], b[3]), larger(b[0], b[2]), larger(b[1], b[3])};
}

// Overlap of two boxes; not a number where both are empty. area: that of the first one.
ARHAT_HD inline float nms_ratio(const NmsBox& a, float area, const NmsBox& b) {
  const float other = times(b.y1 - b.y0, b.x1 - b.x0);
  const float down = larger(smaller(a.y1, b.y1) - larger(a.y0, b.y0), 0.f);
  const float across = larger(smaller(a.x1, b.x1) - larger(a.x0, b.x0), 0.f);
  const float common = times(down, across);
  return common / (area + other - common);
}

struct NmsState {
  NmsParams p;
  NmsScratch layout;
  const float* boxes;
  const float* scores;
  char* scratch;

  template <class T>
  ARHAT_HD T* at(int64_t part, int64_t index) const {
    return reinterpret_cast<T*>(scratch + part) + index;
  }
  ARHAT_HD NmsCandidate* kept(int64_t group) const { return at<NmsCandidate>(layout.kept, group * p.most); }
  ARHAT_HD int* count(int64_t group) const { return at<int>(layout.counts, group); }
  ARHAT_HD NmsBox box(int64_t image, int index) const { return nms_box(p, boxes, image, index); }
};

// Items with the one that comes before all others at the root.
template <class Item, class Before>
ARHAT_HD void sink_item(Item* heap, int64_t i, int64_t n, const Item& item, const Before& before) {
  for (int64_t child = 2 * i + 1; child < n; child = 2 * i + 1) {
    if (child + 1 < n && before(heap[child + 1], heap[child])) ++child;
    if (!before(heap[child], item)) break;
    heap[i] = heap[child];
    i = child;
  }
  heap[i] = item;
}

struct NmsFirst {
  ARHAT_HD bool operator()(const NmsCandidate& a, const NmsCandidate& b) const {
    return a.score != b.score ? a.score > b.score : a.box < b.box;
  }
};

// Index: image and class.
struct SuppressClass {
  NmsState s;

  ARHAT_HD void operator()(int64_t group) const {
    const NmsParams& p = s.p;
    const int64_t image = group / p.classes;
    NmsCandidate* heap = s.at<NmsCandidate>(s.layout.candidates, group * p.boxes);
    NmsCandidate* kept = s.kept(group);
    float* sides = s.at<float>(s.layout.sides, group * 4 * s.layout.stride);
    const int64_t stride = s.layout.stride;
    // Places of the last vector that stay free count as empty boxes.
    for (int64_t i = 0; i < 4 * stride; ++i) sides[i] = 0;
    int n = 0;
    for (int i = 0; i < p.boxes; ++i) {
      const float score = s.scores[group * p.boxes + i];
      if (score > p.score_threshold) heap[n++] = {score, i, 0};
    }
    const NmsFirst before{};
    for (int i = n / 2 - 1; i >= 0; --i) {
      const NmsCandidate item = heap[i];
      sink_item(heap, i, n, item, before);
    }
    int count = 0;
    while (n > 0 && count < p.most) {
      NmsCandidate best = heap[0];
      if (--n > 0) {
        const NmsCandidate last = heap[n];
        sink_item(heap, 0, n, last, before);
      }
      const NmsBox box = s.box(image, best.box);
      if (p.sigma > 0) {
        const float score = lowered(best, box, sides, count);
        if (!(score > p.score_threshold)) continue;
        if (score != best.score) {
          best.score = score;
          best.begin = count;
          put_back(heap, n++, best);
          continue;
        }
      } else if (overlaps(box, sides, count)) {
        continue;
      }
      const float values[4] = {box.y0, box.x0, box.y1, box.x1};
      for (int i = 0; i < 4; ++i) sides[i * stride + count] = values[i];
      kept[count++] = best;
    }
    *s.count(group) = count;
  }

  ARHAT_HD static void put_back(NmsCandidate* heap, int at, const NmsCandidate& item) {
    const NmsFirst before{};
    for (; at > 0 && before(item, heap[(at - 1) / 2]); at = (at - 1) / 2) heap[at] = heap[(at - 1) / 2];
    heap[at] = item;
  }

  // Overlap of a box with the kept one at `i`.
  ARHAT_HD float ratio(const NmsBox& a, float area, const float* sides, int64_t i) const {
    const int64_t stride = s.layout.stride;
    return nms_ratio(a, area, {sides[i], sides[stride + i], sides[2 * stride + i], sides[3 * stride + i]});
  }

  ARHAT_HD bool overlaps(const NmsBox& box, const float* sides, int count) const {
    const float area = (box.y1 - box.y0) * (box.x1 - box.x0);
    for (int i = 0; i < count; i += nms_lanes) {
      int hits = 0;
      for (int lane = i; lane < i + nms_lanes; ++lane)
        hits |= (lane < count) & (ratio(box, area, sides, lane) >= s.p.iou_threshold);
      if (hits != 0) return true;
    }
    return false;
  }

  // The candidate's score after the kept boxes that it does not take into account yet, the last one first.
  ARHAT_HD float lowered(const NmsCandidate& item, const NmsBox& box, const float* sides, int count) const {
    const float area = (box.y1 - box.y0) * (box.x1 - box.x0), scale = -0.5f / s.p.sigma;
    float score = item.score;
    for (int i = count - 1; i >= item.begin; --i) {
      const float part = ratio(box, area, sides, i);
      if (part == part) score *= std::exp(scale * part * part);
      if (!(score > s.p.score_threshold)) break;
    }
    return score;
  }
};

// Index: 0. Writes all rows: class by class, or the best of all first.
template <class I>
struct CollectBoxes {
  NmsState s;
  I* indices;
  float* selected;
  I* count;

  ARHAT_HD void operator()(int64_t) const {
    const NmsParams& p = s.p;
    const int64_t groups = static_cast<int64_t>(p.images) * p.classes;
    int* order = s.at<int>(s.layout.order, 0);
    int64_t n = 0;
    for (int64_t group = 0; group < groups; ++group)
      for (int i = 0; i < *s.count(group); ++i) order[n++] = static_cast<int>(group * p.most + i);
    *count = static_cast<I>(n);
    const auto last = [this](int a, int b) { return before(b, a); };
    if (p.sort) {
      for (int64_t i = n / 2 - 1; i >= 0; --i) sink_item(order, i, n, int{order[i]}, last);
      for (int64_t i = n - 1; i > 0; --i) {
        const int item = order[i];
        order[i] = order[0];
        sink_item(order, 0, i, item, last);
      }
    }
    for (int64_t row = 0; row < groups * p.most; ++row) {
      for (int k = 0; k < 3; ++k) {
        indices[row * 3 + k] = -1;
        selected[row * 3 + k] = -1;
      }
      if (row >= n) continue;
      const int64_t group = order[row] / p.most;
      const NmsCandidate& item = *s.at<NmsCandidate>(s.layout.kept, order[row]);
      const int64_t image = group / p.classes, label = group % p.classes;
      indices[row * 3] = static_cast<I>(image);
      indices[row * 3 + 1] = static_cast<I>(label);
      indices[row * 3 + 2] = static_cast<I>(item.box);
      selected[row * 3] = static_cast<float>(image);
      selected[row * 3 + 1] = static_cast<float>(label);
      selected[row * 3 + 2] = item.score;
    }
  }

  ARHAT_HD bool before(int a, int b) const {
    const NmsCandidate& x = *s.at<NmsCandidate>(s.layout.kept, a);
    const NmsCandidate& y = *s.at<NmsCandidate>(s.layout.kept, b);
    if (x.score != y.score) return x.score > y.score;
    const int first = a / s.p.most, second = b / s.p.most;
    return first != second ? first < second : x.box < y.box;
  }
};

#ifndef __CUDACC__

// Bytes of scratch memory, 64-byte aligned, that `non_max_suppression` needs.
constexpr int64_t nms_scratch(const NmsParams& p) { return nms_layout(p).bytes; }

// boxes [images][boxes][4], scores [images][classes][boxes], scratch of nms_scratch(p) bytes; indices and selected have
// images * classes * most rows of 3; count is one number. All dense.
template <class I>
void non_max_suppression(Context context, const NmsParams& p, const float* boxes, const float* scores, void* scratch,
                         I* indices, float* selected, I* count) {
  const NmsState s{p, nms_layout(p), boxes, scores, static_cast<char*>(scratch)};
  launch(context, static_cast<int64_t>(p.images) * p.classes, SuppressClass{s}, 1);
  launch(context, 1, CollectBoxes<I>{s, indices, selected, count}, 1);
}

#endif

struct NonZeroParams {
  int64_t elements;
  int rank;
  int64_t size[8];
};

// Index: 0.
template <class T, class I>
struct FindNonZero {
  NonZeroParams p;
  const T* x;
  I* positions;
  I* count;

  ARHAT_HD void operator()(int64_t) const {
    int64_t n = 0;
    for (int64_t i = 0; i < p.elements; ++i) {
      if (x[i] == T(0)) continue;
      int64_t rest = i;
      for (int axis = p.rank - 1; axis >= 0; --axis) {
        positions[axis * p.elements + n] = static_cast<I>(rest % p.size[axis]);
        rest /= p.size[axis];
      }
      ++n;
    }
    *count = static_cast<I>(n);
    for (int axis = 0; axis < p.rank; ++axis)
      for (int64_t i = n; i < p.elements; ++i) positions[axis * p.elements + i] = -1;
  }
};

#ifndef __CUDACC__

template <class T, class I>
void non_zero(Context context, const NonZeroParams& p, const T* x, I* positions, I* count) {
  launch(context, 1, FindNonZero<T, I>{p, x, positions, count}, 1);
}

#endif

}  // namespace ARHAT_ISA
}  // namespace arhat

// Selection of the best boxes of all classes: MulticlassNms-8 and -9 suppress boxes that overlap better ones, MatrixNms-8
// lowers their scores. Results with room for all that there may be, and counts.
//
// `SelectClass` works on one class of an image, `CollectSelected` writes the rows of all. Every order is total.
//
// The launches are for CPUs; multiclass_blocks.hpp has those for GPUs.
#pragma once

#include "nms.hpp"

namespace arhat {

enum class SelectedOrder { image_score, image_class, score, label };

struct SelectedParams {
  int images, classes, boxes;
  int most;  // candidates of a class
  int keep;  // rows of an image, negative: no limit
  int rows;  // of the results
  int background;
  bool matrix, linear, normalized;
  SelectedOrder order;
  float score_threshold, iou_threshold, eta, sigma, post_threshold;
};

inline namespace ARHAT_ISA {

ARHAT_HD inline float selected_area(const SelectedParams& p, const float* b) {
  const float one = p.normalized ? 0.f : 1.f;
  if (p.matrix && (b[2] < b[0] || b[3] < b[1])) return 0;
  return times(b[2] - b[0] + one, b[3] - b[1] + one);
}

// Intersection over union; sides of boxes that are not normalised are one longer.
ARHAT_HD inline float selected_overlap(const SelectedParams& p, const float* a, const float* b) {
  const float one = p.normalized ? 0.f : 1.f;
  float first = smaller(a[2], b[2]) - larger(a[0], b[0]) + one;
  float second = smaller(a[3], b[3]) - larger(a[1], b[1]) + one;
  const float own = selected_area(p, a), other = selected_area(p, b);
  if (p.matrix) {
    if (b[0] > a[2] || b[2] < a[0] || b[1] > a[3] || b[3] < a[1]) return 0;
  } else {
    if (!(own > 0 && other > 0)) return 0;
    first = larger(first, 0.f);
    second = larger(second, 0.f);
  }
  const float common = times(first, second);
  return common / (own + other - common);
}

// What the score of a box is multiplied with for a better one: `ratio` is their overlap, `before` the largest overlap of
// the better one with one that is better still.
ARHAT_HD inline float selected_decay(const SelectedParams& p, float ratio, float before) {
  return p.linear ? static_cast<float>((1.0 - ratio) / (1.0 - before + 1e-10f))
                  : std::exp((before * before - ratio * ratio) * p.sigma);
}

// Where the parts of the scratch memory lie, in bytes from its start.
struct SelectedScratch {
  int64_t candidates;  // [images][classes][boxes]
  int64_t kept;        // [images][classes][most]
  int64_t largest;     // [images][classes][most] largest overlap of a candidate with a better one
  int64_t counts;      // [images][classes]
  int64_t order;       // [images][classes][most] the kept of all classes
  int64_t bytes;
};

constexpr SelectedScratch selected_layout(const SelectedParams& p) {
  SelectedScratch s{};
  const int64_t groups = static_cast<int64_t>(p.images) * p.classes, item = sizeof(NmsCandidate);
  s.kept = s.candidates + round_up_bytes(groups * p.boxes * item);
  s.largest = s.kept + round_up_bytes(groups * p.most * item);
  s.counts = s.largest + round_up_bytes(groups * p.most * 4);
  s.order = s.counts + round_up_bytes(groups * 4);
  s.bytes = s.order + round_up_bytes(groups * p.most * 4);
  return s;
}

struct SelectedState {
  SelectedParams p;
  SelectedScratch layout;
  const float* boxes;
  const float* scores;
  char* scratch;

  template <class T>
  ARHAT_HD T* at(int64_t part, int64_t index) const {
    return reinterpret_cast<T*>(scratch + part) + index;
  }
  ARHAT_HD NmsCandidate* kept(int64_t group) const { return at<NmsCandidate>(layout.kept, group * p.most); }
  ARHAT_HD int* count(int64_t group) const { return at<int>(layout.counts, group); }
  ARHAT_HD const float* box(int64_t group, int index) const {
    return boxes + (group / p.classes * p.boxes + index) * 4;
  }
  ARHAT_HD float overlap(const float* a, const float* b) const { return selected_overlap(p, a, b); }
};

// Index: image and class.
struct SelectClass {
  SelectedState s;

  ARHAT_HD void operator()(int64_t group) const {
    const SelectedParams& p = s.p;
    *s.count(group) = 0;
    if (group % p.classes == p.background) return;
    NmsCandidate* heap = s.at<NmsCandidate>(s.layout.candidates, group * p.boxes);
    int n = 0;
    for (int i = 0; i < p.boxes; ++i) {
      const float score = s.scores[group * p.boxes + i];
      if (p.matrix ? score > p.score_threshold : score >= p.score_threshold) heap[n++] = {score, i, 0};
    }
    if (n == 0) return;
    const NmsFirst before{};
    for (int i = n / 2 - 1; i >= 0; --i) {
      const NmsCandidate item = heap[i];
      sink_item(heap, i, n, item, before);
    }
    // Candidates in order stand where the heap was: from its end on.
    const int taken = smaller(n, p.most);
    for (int i = 0; i < taken; ++i) {
      const NmsCandidate best = heap[0], last = heap[n - 1 - i];
      if (n - 1 - i > 0) sink_item(heap, 0, n - 1 - i, last, before);
      heap[n - 1 - i] = best;
    }
    const NmsCandidate* first = heap + n - 1;  // candidate i: first[-i]
    if (p.matrix) {
      lower(group, first, taken);
    } else {
      suppress(group, first, taken);
    }
  }

  ARHAT_HD void suppress(int64_t group, const NmsCandidate* first, int taken) const {
    const SelectedParams& p = s.p;
    NmsCandidate* kept = s.kept(group);
    float limit = p.iou_threshold;
    int count = 0;
    for (int i = 0; i < taken; ++i) {
      const float* box = s.box(group, first[-i].box);
      bool dropped = false;
      for (int k = 0; k < count && !dropped; ++k) dropped = s.overlap(box, s.box(group, kept[k].box)) >= limit;
      if (dropped) continue;
      if (p.eta >= 0 && p.eta < 1 && limit > 0.5f) limit *= p.eta;
      kept[count++] = first[-i];
    }
    *s.count(group) = count;
  }

  ARHAT_HD void lower(int64_t group, const NmsCandidate* first, int taken) const {
    const SelectedParams& p = s.p;
    NmsCandidate* kept = s.kept(group);
    float* largest = s.at<float>(s.layout.largest, group * p.most);
    int count = 0;
    for (int i = 0; i < taken; ++i) {
      const float* box = s.box(group, first[-i].box);
      float most = 0, least = 1;
      for (int k = 0; k < i; ++k) {
        const float ratio = s.overlap(box, s.box(group, first[-k].box));
        most = larger(most, ratio);
        least = smaller(least, selected_decay(p, ratio, largest[k]));
      }
      largest[i] = most;
      const float score = least * first[-i].score;
      if (score > p.post_threshold) kept[count++] = {score, first[-i].box, 0};
    }
    *s.count(group) = count;
  }
};

// Index: 0.
template <class I>
struct CollectSelected {
  SelectedState s;
  float* outputs;
  I* indices;
  I* counts;

  // Whether row a comes before row b; rows are numbers of kept boxes.
  ARHAT_HD bool before(int a, int b, SelectedOrder order) const {
    const NmsCandidate& x = *s.at<NmsCandidate>(s.layout.kept, a);
    const NmsCandidate& y = *s.at<NmsCandidate>(s.layout.kept, b);
    const int group_x = a / s.p.most, group_y = b / s.p.most;
    const int image_x = group_x / s.p.classes, image_y = group_y / s.p.classes;
    const int label_x = group_x % s.p.classes, label_y = group_y % s.p.classes;
    if (order == SelectedOrder::label && label_x != label_y) return label_x < label_y;
    if (order != SelectedOrder::score && image_x != image_y) return image_x < image_y;
    if (order == SelectedOrder::image_class && label_x != label_y) return label_x < label_y;
    if (x.score != y.score) return x.score > y.score;
    return group_x != group_y ? group_x < group_y : x.box < y.box;
  }

  ARHAT_HD void sort(int* rows, int64_t n, SelectedOrder order) const {
    const auto last = [this, order](int a, int b) { return before(b, a, order); };
    for (int64_t i = n / 2 - 1; i >= 0; --i) sink_item(rows, i, n, int{rows[i]}, last);
    for (int64_t i = n - 1; i > 0; --i) {
      const int item = rows[i];
      rows[i] = rows[0];
      sink_item(rows, 0, i, item, last);
    }
  }

  ARHAT_HD void operator()(int64_t) const {
    const SelectedParams& p = s.p;
    int* rows = s.at<int>(s.layout.order, 0);
    const int64_t groups = static_cast<int64_t>(p.images) * p.classes;
    int64_t found = 0, n = 0;
    for (int64_t group = 0; group < groups; ++group)
      for (int i = 0; i < *s.count(group); ++i) rows[found++] = static_cast<int>(group * p.most + i);
    sort(rows, found, SelectedOrder::image_score);
    for (int image = 0; image < p.images; ++image) counts[image] = 0;
    for (int64_t i = 0; i < found; ++i) {
      I& count = counts[rows[i] / p.most / p.classes];
      if (p.keep >= 0 && count >= p.keep) continue;
      ++count;
      rows[n++] = rows[i];
    }
    if (p.order != SelectedOrder::image_score) sort(rows, n, p.order);
    for (int64_t row = 0; row < p.rows; ++row) {
      indices[row] = -1;
      for (int k = 0; k < 6; ++k) outputs[row * 6 + k] = -1;
      if (row >= n) continue;
      const int64_t group = rows[row] / p.most;
      const NmsCandidate& item = *s.at<NmsCandidate>(s.layout.kept, rows[row]);
      indices[row] = static_cast<I>(group / p.classes * p.boxes + item.box);
      outputs[row * 6] = static_cast<float>(group % p.classes);
      outputs[row * 6 + 1] = item.score;
      for (int k = 0; k < 4; ++k) outputs[row * 6 + 2 + k] = s.box(group, item.box)[k];
    }
  }
};

#ifndef __CUDACC__

// Bytes of scratch memory, 64-byte aligned, that `select_boxes` needs.
constexpr int64_t selected_scratch(const SelectedParams& p) { return selected_layout(p).bytes; }

// boxes [images][boxes][4], scores [images][classes][boxes], scratch of selected_scratch(p) bytes; outputs [rows][6],
// indices [rows], counts [images]. All dense.
template <class I>
void select_boxes(Context context, const SelectedParams& p, const float* boxes, const float* scores, void* scratch,
                  float* outputs, I* indices, I* counts) {
  const SelectedState s{p, selected_layout(p), boxes, scores, static_cast<char*>(scratch)};
  launch(context, static_cast<int64_t>(p.images) * p.classes, SelectClass{s}, 1);
  launch(context, 1, CollectSelected<I>{s, outputs, indices, counts}, 1);
}

#endif

}  // namespace ARHAT_ISA
}  // namespace arhat

// The best boxes of a region proposal network (OpenVINO Proposal-1 and -4).
//
// `DecodeProposals` makes the boxes of every cell. `SelectProposals` takes them from a heap, best first, and keeps those
// that overlap no better one, so that only as much is sorted as is needed. The order is total: by score from high to low
// (what is not a number is lowest), then by cell, then by anchor.
//
// The launches are for CPUs; proposal_blocks.hpp has those for GPUs.
#pragma once

#include "launch.hpp"

namespace arhat {

struct ProposalParams {
  int images, anchors, rows, columns;
  int info;  // values of image_info: 3, or 4 with a scale for each axis
  int pre_nms, post_nms;
  bool tensorflow, clip_before_nms, clip_after_nms, normalize;
  float feat_stride, min_size, threshold, size_scale, coordinate_scale;
};

struct ProposalAnchor {
  float x0, y0, x1, y1;
};

inline namespace ARHAT_ISA {

constexpr int proposal_lanes = 16;

// Where the parts of the scratch memory lie, in floats from its start.
struct ProposalScratch {
  int64_t boxes;  // boxes of an image
  int64_t kept;   // most that are kept of them, in whole vectors
  int64_t heap, chosen, floats;
};

constexpr ProposalScratch proposal_layout(const ProposalParams& p) {
  ProposalScratch s{};
  s.boxes = static_cast<int64_t>(p.anchors) * p.rows * p.columns;
  s.kept = (smaller<int64_t>(p.post_nms, s.boxes) + proposal_lanes - 1) / proposal_lanes * proposal_lanes;
  s.heap = 5 * p.images * s.boxes;                 // [5][images][boxes]: x0, y0, x1, y1, score
  s.chosen = s.heap + p.images * s.boxes;          // [images][boxes] indices
  s.floats = s.chosen + 4 * p.images * s.kept;     // [images][4][kept]: x0, y0, x1, y1
  return s;
}

struct ProposalState {
  ProposalParams p;
  ProposalScratch layout;
  const ProposalAnchor* anchors;
  const float* scores;
  const float* deltas;
  const float* image_info;
  float* scratch;
  float* rois;
  float* probabilities;

  ARHAT_HD float* plane(int which) const { return scratch + which * p.images * layout.boxes; }
  ARHAT_HD float height() const { return image_info[p.tensorflow ? 1 : 0]; }
  ARHAT_HD float width() const { return image_info[p.tensorflow ? 0 : 1]; }
  ARHAT_HD float offset() const { return p.tensorflow ? 0.f : 1.f; }

  // What is written of a box that is kept.
  ARHAT_HD ProposalAnchor shown(const ProposalAnchor& box) const {
    const ProposalAnchor b = p.clip_after_nms ? clipped(box, 0) : box;
    return p.normalize ? ProposalAnchor{b.x0 / width(), b.y0 / height(), b.x1 / width(), b.y1 / height()} : b;
  }

  ARHAT_HD ProposalAnchor clipped(const ProposalAnchor& b, float less) const {
    const float right = width() - less, bottom = height() - less;
    return {larger(0.f, smaller(b.x0, right)), larger(0.f, smaller(b.y0, bottom)), larger(0.f, smaller(b.x1, right)),
            larger(0.f, smaller(b.y1, bottom))};
  }
};

// Index: image and cell.
struct DecodeProposals {
  ProposalState s;

  ARHAT_HD void operator()(int64_t index) const {
    for (int a = 0; a < s.p.anchors; ++a) decode(index, a, s.anchors[a]);
  }

  // The box of anchor number a.
  ARHAT_HD void decode(int64_t index, int a, const ProposalAnchor& anchor) const {
    const ProposalParams& p = s.p;
    const int64_t area = static_cast<int64_t>(p.rows) * p.columns;
    const int64_t image = index / area, cell = index % area;
    const float row = static_cast<float>(cell / p.columns) * p.feat_stride;
    const float column = static_cast<float>(cell % p.columns) * p.feat_stride;
    const float x = p.tensorflow ? row : column, y = p.tensorflow ? column : row;
    const float offset = s.offset();
    const float least_h = p.min_size * s.image_info[2], least_w = p.min_size * s.image_info[p.info == 4 ? 3 : 2];
    const float* delta = s.deltas + (image * p.anchors + a) * 4 * area + cell;
    ProposalAnchor b{x + anchor.x0, y + anchor.y0, x + anchor.x1, y + anchor.y1};
    if (p.tensorflow) b = s.clipped(b, 0);
    const float w = b.x1 - b.x0 + offset, h = b.y1 - b.y0 + offset;
    const float center_x = delta[0] / p.coordinate_scale * w + (b.x0 + 0.5f * w);
    const float center_y = delta[area] / p.coordinate_scale * h + (b.y0 + 0.5f * h);
    const float half_w = 0.5f * (std::exp(delta[2 * area] / p.size_scale) * w);
    const float half_h = 0.5f * (std::exp(delta[3 * area] / p.size_scale) * h);
    b = {center_x - half_w, center_y - half_h, center_x + half_w, center_y + half_h};
    if (p.clip_before_nms) b = s.clipped(b, offset);
    const bool large = least_w <= b.x1 - b.x0 + offset && least_h <= b.y1 - b.y0 + offset;
    const float score = s.scores[(image * 2 + 1) * p.anchors * area + a * area + cell];
    const float values[5] = {b.x0, b.y0, b.x1, b.y1, large ? score : 0 * score};
    for (int i = 0; i < 5; ++i) s.plane(i)[index * p.anchors + a] = values[i];
  }
};

// Index: image.
struct SelectProposals {
  ProposalState s;

  ARHAT_HD void operator()(int64_t image) const {
    const ProposalParams& p = s.p;
    const int n = static_cast<int>(s.layout.boxes);
    const float* x0 = s.plane(0) + image * n;
    const float* y0 = s.plane(1) + image * n;
    const float* x1 = s.plane(2) + image * n;
    const float* y1 = s.plane(3) + image * n;
    const float* score = s.plane(4) + image * n;
    int* heap = reinterpret_cast<int*>(s.scratch + s.layout.heap) + image * n;
    float* kept = s.scratch + s.layout.chosen + image * 4 * s.layout.kept;
    const int64_t stride = s.layout.kept;
    // Places of the last vector that stay free count as boxes that meet none.
    for (int64_t i = 0; i < 4 * stride; ++i) kept[i] = i < 2 * stride ? INFINITY : -INFINITY;

    for (int i = 0; i < n; ++i) heap[i] = i;
    for (int i = n / 2 - 1; i >= 0; --i) sink(heap, score, i, n, heap[i]);
    float* row = s.rois + image * p.post_nms * 5;
    float* probability = s.probabilities + image * p.post_nms;
    int count = 0;
    for (int left = n, taken = 0; left > 0 && taken < p.pre_nms && count < p.post_nms; ++taken) {
      const int best = heap[0];
      --left;
      if (left > 0) sink(heap, score, 0, left, heap[left]);
      const ProposalAnchor box{x0[best], y0[best], x1[best], y1[best]};
      if (overlaps(box, kept, stride, count)) continue;
      const float sides[4] = {box.x0, box.y0, box.x1, box.y1};
      for (int i = 0; i < 4; ++i) kept[i * stride + count] = sides[i];
      const ProposalAnchor shown = s.shown(box);
      const float values[5] = {static_cast<float>(image), shown.x0, shown.y0, shown.x1, shown.y1};
      for (int i = 0; i < 5; ++i) row[count * 5 + i] = values[i];
      probability[count++] = score[best];
    }
    for (int i = count; i < p.post_nms; ++i) {
      for (int k = 0; k < 5; ++k) row[i * 5 + k] = i == count && k == 0 ? -1.f : 0.f;
      probability[i] = 0;
    }
  }

  ARHAT_HD static float key(float score) { return score == score ? score : -INFINITY; }

  ARHAT_HD static bool before(const float* score, int a, int b) {
    const float first = key(score[a]), second = key(score[b]);
    return first != second ? first > second : a < b;
  }

  // Puts `item` at place i of a heap of n, in place of what is there.
  ARHAT_HD static void sink(int* heap, const float* score, int i, int n, int item) {
    for (int child = 2 * i + 1; child < n; child = 2 * i + 1) {
      if (child + 1 < n && before(score, heap[child + 1], heap[child])) ++child;
      if (!before(score, heap[child], item)) break;
      heap[i] = heap[child];
      i = child;
    }
    heap[i] = item;
  }

  ARHAT_HD bool overlaps(const ProposalAnchor& box, const float* kept, int64_t stride, int n) const {
    const float offset = s.offset();
    const float own = (box.x1 - box.x0 + offset) * (box.y1 - box.y0 + offset);
    for (int i = 0; i < n; i += proposal_lanes) {
      int hits = 0;
      for (int lane = i; lane < i + proposal_lanes; ++lane) {
        const float x0 = kept[lane], y0 = kept[stride + lane], x1 = kept[2 * stride + lane], y1 = kept[3 * stride + lane];
        const float across = smaller(x1, box.x1) - larger(x0, box.x0) + offset;
        const float down = smaller(y1, box.y1) - larger(y0, box.y0) + offset;
        const float common = larger(0.f, across) * larger(0.f, down);
        const float ratio = common / (own + (x1 - x0 + offset) * (y1 - y0 + offset) - common);
        hits |= (x0 <= box.x1) & (y0 <= box.y1) & (box.x0 <= x1) & (box.y0 <= y1) & (s.p.threshold < ratio);
      }
      if (hits != 0) return true;
    }
    return false;
  }
};

#ifndef __CUDACC__

// Bytes of scratch memory, 64-byte aligned, that `proposal` needs.
constexpr int64_t proposal_scratch(const ProposalParams& p) { return round_up_bytes(4 * proposal_layout(p).floats); }

// scores [images][2 * anchors][rows][columns], deltas [images][4 * anchors][rows][columns], image_info of p.info values,
// scratch of proposal_scratch(p) bytes; rois [images * post_nms][5], probabilities [images * post_nms]. All dense.
inline void proposal(Context context, const ProposalParams& p, const ProposalAnchor* anchors, const float* scores,
                     const float* deltas, const float* image_info, void* scratch, float* rois, float* probabilities) {
  const ProposalState s{p,          proposal_layout(p),           anchors, scores, deltas,
                        image_info, static_cast<float*>(scratch), rois,    probabilities};
  const int64_t cells = static_cast<int64_t>(p.images) * p.rows * p.columns;
  launch(context, cells, DecodeProposals{s}, 1 + 1024 / p.anchors);
  launch(context, p.images, SelectProposals{s}, 1);
}

#endif

}  // namespace ARHAT_ISA
}  // namespace arhat

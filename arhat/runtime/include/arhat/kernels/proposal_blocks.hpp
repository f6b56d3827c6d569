// Proposal for a GPU; the same results, in the same order, as proposal.hpp gives.
//
// A thread per box decodes it, a block per image sorts the pre_nms best and keeps those that overlap no better one.
#pragma once

#include "proposal.hpp"
#include "sort.hpp"
#include "suppress.hpp"

namespace arhat {
inline namespace ARHAT_ISA {

struct ProposalItem {
  ProposalAnchor box;
  int place;
};

// Where the parts of the scratch memory lie, in bytes from its start.
struct ProposalBlocksScratch {
  int64_t planes;  // [5][images][boxes]: x0, y0, x1, y1, score
  int64_t keys;    // [images][boxes]
  int64_t kept;    // [images][post_nms]
  int64_t counts;  // [images] boxes
  int64_t sort, bytes;
  int64_t boxes;
};

constexpr ProposalBlocksScratch proposal_blocks_layout(const ProposalParams& p) {
  ProposalBlocksScratch s{};
  s.boxes = proposal_layout(p).boxes;
  s.keys = s.planes + round_up_bytes(5 * p.images * s.boxes * 4);
  s.kept = s.keys + round_up_bytes(p.images * s.boxes * 8);
  s.counts = s.kept + round_up_bytes(static_cast<int64_t>(p.images) * p.post_nms * 20);
  s.sort = s.counts + round_up_bytes(p.images * 4);
  s.bytes = s.sort + sort_scratch(p.images, s.boxes, p.pre_nms);
  return s;
}

// Bytes of scratch memory, 64-byte aligned, that `proposal` needs on a GPU.
constexpr int64_t proposal_scratch_cuda(const ProposalParams& p) { return proposal_blocks_layout(p).bytes; }

struct ProposalBlocks {
  ProposalState s;
  ProposalBlocksScratch layout;

  template <class T>
  ARHAT_HD T* at(int64_t part) const {
    return reinterpret_cast<T*>(reinterpret_cast<char*>(s.scratch) + part);
  }
};

// Index: image, cell, anchor; of some of the anchors, which lie in the memory of the host and therefore come along.
struct DecodeProposal {
  static constexpr int most = 64;
  ProposalBlocks b;
  int first, count;
  ProposalAnchor anchors[most];

  ARHAT_HD void operator()(int64_t index) const {
    const int anchor = static_cast<int>(index % count);
    const int64_t cell = index / count, box = cell * b.s.p.anchors + first + anchor;
    DecodeProposals{b.s}.decode(cell, first + anchor, anchors[anchor]);
    const float score = SelectProposals::key(b.s.plane(4)[box]);
    b.at<Key>(b.layout.keys)[box] = score_key(score, box % b.layout.boxes);
  }
};

struct ProposalRule {
  using Item = ProposalItem;
  static constexpr int threads = 512;
  ProposalBlocks b;
  float limit;
  int most;

  ARHAT_HD bool changes(float) const { return false; }
  ARHAT_HD float next(float same) const { return same; }
  ARHAT_HD int candidates(int64_t) const {
    return static_cast<int>(smaller<int64_t>(b.layout.boxes, b.s.p.pre_nms));
  }
  ARHAT_HD Item* kept(int64_t image) const { return b.at<Item>(b.layout.kept) + image * b.s.p.post_nms; }
  ARHAT_HD Item item(int64_t image, int i) const {
    const int place = static_cast<int>(place_of(b.at<Key>(b.layout.keys)[image * b.layout.boxes + i]));
    const int64_t at = image * b.layout.boxes + place;
    return {{b.s.plane(0)[at], b.s.plane(1)[at], b.s.plane(2)[at], b.s.plane(3)[at]}, place};
  }
  ARHAT_HD bool rules_out(const Item& kept, const Item& later, float limit) const {
    const ProposalAnchor &a = kept.box, &c = later.box;
    const float offset = b.s.offset();
    const float across = smaller(a.x1, c.x1) - larger(a.x0, c.x0) + offset;
    const float down = smaller(a.y1, c.y1) - larger(a.y0, c.y0) + offset;
    const float common = times(larger(0.f, across), larger(0.f, down));
    const float own = times(c.x1 - c.x0 + offset, c.y1 - c.y0 + offset);
    const float ratio = common / (own + times(a.x1 - a.x0 + offset, a.y1 - a.y0 + offset) - common);
    return a.x0 <= c.x1 && a.y0 <= c.y1 && c.x0 <= a.x1 && c.y0 <= a.y1 && limit < ratio;
  }
  ARHAT_HD void keep(int64_t image, int n, int, const Item& item) const {
    const ProposalAnchor shown = b.s.shown(item.box);
    const float values[5] = {static_cast<float>(image), shown.x0, shown.y0, shown.x1, shown.y1};
    const int64_t row = image * b.s.p.post_nms + n;
    for (int i = 0; i < 5; ++i) b.s.rois[row * 5 + i] = values[i];
    b.s.probabilities[row] = b.s.plane(4)[image * b.layout.boxes + item.place];
  }
  // The first of the rows that stay free has image -1, the others are zero.
  template <class B>
  ARHAT_HD void finish(const B& block, int64_t image, int n) const {
    const int64_t first = image * b.s.p.post_nms;
    for (int i = n + block.thread(); i < b.s.p.post_nms; i += block.threads()) {
      for (int k = 0; k < 5; ++k) b.s.rois[(first + i) * 5 + k] = i == n && k == 0 ? -1.f : 0.f;
      b.s.probabilities[first + i] = 0;
    }
  }
};

// The operands of `proposal`; scratch of proposal_scratch_cuda(p) bytes. The anchors lie in the memory of the host.
inline void proposal_blocks(Context context, const ProposalParams& p, const ProposalAnchor* anchors,
                            const float* scores, const float* deltas, const float* image_info, void* scratch,
                            float* rois, float* probabilities) {
  const ProposalBlocksScratch layout = proposal_blocks_layout(p);
  const ProposalBlocks b{{p, proposal_layout(p), nullptr, scores, deltas, image_info, static_cast<float*>(scratch),
                          rois, probabilities},
                         layout};
  int* counts = b.at<int>(layout.counts);
  launch(context, p.images, FillWith<int>{static_cast<int>(layout.boxes), counts});
  for (int first = 0; first < p.anchors; first += DecodeProposal::most) {
    DecodeProposal decode{b, first, smaller(p.anchors - first, DecodeProposal::most), {}};
    for (int i = 0; i < decode.count; ++i) decode.anchors[i] = anchors[first + i];
    launch(context, static_cast<int64_t>(p.images) * p.rows * p.columns * decode.count, decode);
  }
  sort_keys(context, p.images, layout.boxes, p.pre_nms, counts, b.at<Key>(layout.keys), b.at<char>(layout.sort));
  launch_blocks(context, p.images, Suppress<ProposalRule>{{b, p.threshold, p.post_nms}});
}

#ifdef __CUDACC__

constexpr int64_t proposal_scratch(const ProposalParams& p) { return proposal_scratch_cuda(p); }

inline void proposal(Context context, const ProposalParams& p, const ProposalAnchor* anchors, const float* scores,
                     const float* deltas, const float* image_info, void* scratch, float* rois, float* probabilities) {
  proposal_blocks(context, p, anchors, scores, deltas, image_info, scratch, rois, probabilities);
}

#endif

}  // namespace ARHAT_ISA
}  // namespace arhat

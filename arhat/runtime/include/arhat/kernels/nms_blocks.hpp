// NonMaxSuppression and NonZero for a GPU; the same results, in the same order, as nms.hpp gives.
//
// A thread per score gathers the candidates of each class, a block per class sorts and suppresses them. Soft suppression
// goes step by step: all threads look for the best candidate, one thread lowers its score. A kept box finds its row by
// looking its score up in the lists of all classes.
#pragma once

#include "nms.hpp"
#include "sort.hpp"
#include "suppress.hpp"

namespace arhat {
inline namespace ARHAT_ISA {

// Index: image, class, box. Boxes whose score exceeds a threshold (or reaches it) are candidates of their class.
struct GatherCandidates {
  int classes, boxes, background;  // background: a class that has none, or -1
  float threshold;
  bool or_equal;
  const float* scores;
  Key* keys;  // [images][classes][boxes]
  int* counts;

  ARHAT_HD void operator()(int64_t index) const {
    const float score = scores[index];
    if (!(or_equal ? score >= threshold : score > threshold)) return;
    const int64_t group = index / boxes;
    if (group % classes == background) return;
    keys[group * boxes + atomic_add(&counts[group], 1)] = score_key(score, index % boxes);
  }
};

// Sorted lists of keys, one for each image and class.
struct KeyLists {
  const Key* keys;
  int64_t stride;
  const int* counts;

  // How many items of lists [first, last) come before item i of list `group`: by score, then by list.
  ARHAT_HD int rank(int64_t group, int i, int64_t first, int64_t last) const {
    const Key score = keys[group * stride + i] >> 32;
    int before = i;
    for (int64_t other = first; other < last; ++other)
      if (other != group) before += keys_below(keys + other * stride, counts[other], (score + (other < group)) << 32);
    return before;
  }
};

// Where the parts of the scratch memory lie, in bytes from its start.
struct NmsBlocksScratch {
  int64_t keys;     // [images][classes][boxes] of candidates, then of the kept
  int64_t kept;     // [images][classes][most] boxes
  int64_t soft;     // [images][classes][boxes] candidates whose scores change
  int64_t numbers;  // [images][classes] candidates, kept ones, first rows; [1] rows
  int64_t sort, bytes;
  int64_t groups;
};

struct NmsItem {
  NmsBox box;
  Key key;
};

constexpr NmsBlocksScratch nms_blocks_layout(const NmsParams& p) {
  NmsBlocksScratch s{};
  s.groups = static_cast<int64_t>(p.images) * p.classes;
  const bool soft = p.sigma > 0;
  s.kept = s.keys + round_up_bytes(s.groups * p.boxes * 8);
  s.soft = s.kept + round_up_bytes(s.groups * p.most * static_cast<int64_t>(sizeof(NmsItem)));
  s.numbers = s.soft + (soft ? round_up_bytes(s.groups * p.boxes * static_cast<int64_t>(sizeof(NmsCandidate))) : 0);
  s.sort = s.numbers + round_up_bytes((3 * s.groups + 1) * 4);
  s.bytes = s.sort + sort_scratch(s.groups, p.boxes, soft ? p.most : p.boxes);
  return s;
}

// Bytes of scratch memory, 64-byte aligned, that `non_max_suppression` needs on a GPU.
constexpr int64_t nms_scratch_cuda(const NmsParams& p) { return nms_blocks_layout(p).bytes; }

struct NmsBlocks {
  NmsParams p;
  NmsBlocksScratch layout;
  const float* boxes;
  char* scratch;

  ARHAT_HD Key* keys(int64_t group) const { return reinterpret_cast<Key*>(scratch + layout.keys) + group * p.boxes; }
  ARHAT_HD NmsItem* kept(int64_t group) const {
    return reinterpret_cast<NmsItem*>(scratch + layout.kept) + group * p.most;
  }
  ARHAT_HD NmsCandidate* soft(int64_t group) const {
    return reinterpret_cast<NmsCandidate*>(scratch + layout.soft) + group * p.boxes;
  }
  ARHAT_HD int* candidates() const { return reinterpret_cast<int*>(scratch + layout.numbers); }
  ARHAT_HD int* counts() const { return candidates() + layout.groups; }
  ARHAT_HD int* rows() const { return counts() + layout.groups; }
  ARHAT_HD NmsBox box(int64_t group, Key key) const {
    return nms_box(p, boxes, group / p.classes, static_cast<int>(place_of(key)));
  }
};

struct NmsRule {
  using Item = NmsItem;
  static constexpr int threads = 256;
  NmsBlocks s;
  float limit;
  int most;

  ARHAT_HD bool changes(float) const { return false; }
  ARHAT_HD float next(float same) const { return same; }
  ARHAT_HD int candidates(int64_t group) const { return s.candidates()[group]; }
  ARHAT_HD Item* kept(int64_t group) const { return s.kept(group); }
  ARHAT_HD Item item(int64_t group, int i) const {
    const Key key = s.keys(group)[i];
    return {s.box(group, key), key};
  }
  ARHAT_HD bool rules_out(const Item& kept, const Item& later, float limit) const {
    const NmsBox& b = later.box;
    return nms_ratio(b, times(b.y1 - b.y0, b.x1 - b.x0), kept.box) >= limit;
  }
  ARHAT_HD void keep(int64_t group, int n, int, const Item& item) const { s.keys(group)[n] = item.key; }
  template <class B>
  ARHAT_HD void finish(const B& block, int64_t group, int n) const {
    if (block.thread() == 0) s.counts()[group] = n;
  }
};

// Index: image and class. Soft suppression: the best candidate is kept if its score, lowered for every kept box that it
// overlaps, is the same as before; otherwise it stays a candidate with that score.
struct SuppressSoftly {
  static constexpr int threads = 256;
  struct Best {
    Key key;
    int place;
  };
  struct Shared {
    Best best[threads];
    int left, count;
  };
  NmsBlocks s;

  template <class B>
  ARHAT_HD void operator()(const B& block, int64_t group, Shared& shared) const {
    const int t = block.thread(), step = block.threads(), n = s.candidates()[group];
    NmsCandidate* items = s.soft(group);
    for (int i = t; i < n; i += step) {
      const Key key = s.keys(group)[i];
      items[i] = {score_of(key), static_cast<int>(place_of(key)), 0};
    }
    if (t == 0) {
      shared.left = n;
      shared.count = 0;
    }
    block.sync();
    while (shared.left > 0 && shared.count < s.p.most) {
      Best best{~Key{0}, -1};
      for (int i = t; i < n; i += step) {
        if (items[i].begin < 0) continue;
        const Key key = score_key(items[i].score, items[i].box);
        if (key < best.key) best = {key, i};
      }
      best = block_reduce(block, best, shared.best, [](const Best& a, const Best& b) { return b.key < a.key ? b : a; });
      if (t == 0) take(group, items[best.place], best.key, shared);
      block.sync();
    }
    if (t == 0) s.counts()[group] = shared.count;
  }

 private:
  // A candidate that is none any more begins at -1.
  ARHAT_HD void take(int64_t group, NmsCandidate& item, Key key, Shared& shared) const {
    const NmsBox box = s.box(group, key);
    const float score = lowered(item, box, s.kept(group), shared.count);
    const bool stays = score > s.p.score_threshold;
    if (stays && score != item.score) {
      item.score = score;
      item.begin = shared.count;
      return;
    }
    item.begin = -1;
    --shared.left;
    if (!stays) return;
    s.kept(group)[shared.count] = {box, key};
    s.keys(group)[shared.count++] = key;
  }

  // The candidate's score after the kept boxes that it does not take into account yet, the last one first.
  ARHAT_HD float lowered(const NmsCandidate& item, const NmsBox& box, const NmsItem* kept, int count) const {
    const float area = times(box.y1 - box.y0, box.x1 - box.x0), scale = -0.5f / s.p.sigma;
    float score = item.score;
    for (int i = count - 1; i >= item.begin; --i) {
      const float part = nms_ratio(box, area, kept[i].box);
      if (part == part) score *= std::exp(scale * part * part);
      if (!(score > s.p.score_threshold)) break;
    }
    return score;
  }
};

// Index: image and class, place in its list; the rows after the last are filled already.
template <class I>
struct WriteBoxes {
  NmsBlocks s;
  I* indices;
  float* selected;
  I* count;

  ARHAT_HD void operator()(int64_t index) const {
    if (index == 0) *count = static_cast<I>(s.rows()[s.layout.groups]);
    const int64_t group = index / s.p.most;
    const int i = static_cast<int>(index % s.p.most);
    if (i >= s.counts()[group]) return;
    const KeyLists lists{s.keys(0), s.p.boxes, s.counts()};
    const int64_t row = s.p.sort ? lists.rank(group, i, 0, s.layout.groups) : s.rows()[group] + i;
    const Key key = s.keys(group)[i];
    const int64_t image = group / s.p.classes, label = group % s.p.classes;
    indices[row * 3] = static_cast<I>(image);
    indices[row * 3 + 1] = static_cast<I>(label);
    indices[row * 3 + 2] = static_cast<I>(place_of(key));
    selected[row * 3] = static_cast<float>(image);
    selected[row * 3 + 1] = static_cast<float>(label);
    selected[row * 3 + 2] = score_of(key);
  }
};

// The operands of `non_max_suppression`; scratch of nms_scratch_cuda(p) bytes.
template <class I>
void non_max_suppression_blocks(Context context, const NmsParams& p, const float* boxes, const float* scores,
                                void* scratch, I* indices, float* selected, I* count) {
  const NmsBlocksScratch layout = nms_blocks_layout(p);
  const NmsBlocks s{p, layout, boxes, static_cast<char*>(scratch)};
  void* const sort = s.scratch + layout.sort;
  const int64_t rows = layout.groups * p.most;
  launch(context, rows * 3, FillWith<I>{I(-1), indices});
  launch(context, rows * 3, FillWith<float>{-1, selected});
  launch(context, 3 * layout.groups + 1, FillWith<int>{0, s.candidates()});
  launch(context, layout.groups * p.boxes, GatherCandidates{p.classes, p.boxes, -1, p.score_threshold, false, scores,
                                                            s.keys(0), s.candidates()});
  if (p.sigma > 0) {
    launch_blocks(context, layout.groups, SuppressSoftly{s});
    // Of equal scores a later box may have been kept first.
    if (p.sort) sort_keys(context, layout.groups, p.boxes, p.most, s.counts(), s.keys(0), sort);
  } else {
    sort_keys(context, layout.groups, p.boxes, p.boxes, s.candidates(), s.keys(0), sort);
    launch_blocks(context, layout.groups, Suppress<NmsRule>{{s, p.iou_threshold, p.most}});
  }
  int* first = s.rows();
  launch_blocks(context, 1, PlaceLists{p.images, p.classes, false, s.counts(), first, first + layout.groups});
  if (rows == 0) return launch(context, 1, FillWith<I>{I(0), count});
  launch(context, rows, WriteBoxes<I>{s, indices, selected, count});
}

// Index: 0. Tile by tile, every thread counts the elements that it looks at and then knows where its positions go.
template <class T, class I>
struct GatherNonZero {
  static constexpr int threads = 1024, each = 8;
  struct Shared {
    int partial[threads];
  };
  NonZeroParams p;
  const T* x;
  I* positions;
  I* count;

  template <class B>
  ARHAT_HD void operator()(const B& block, int64_t, Shared& s) const {
    int64_t n = 0;
    for (int64_t tile = 0; tile < p.elements; tile += static_cast<int64_t>(block.threads()) * each) {
      const int64_t first = tile + static_cast<int64_t>(block.thread()) * each;
      const int64_t end = smaller(first + each, p.elements);
      int mine = 0;
      for (int64_t i = first; i < end; ++i) mine += x[i] != T(0);
      const BlockScan<int> scan = block_scan(block, mine, 0, s.partial, Plus{});
      int64_t to = n + scan.before;
      for (int64_t i = first; i < end; ++i)
        if (x[i] != T(0)) write(i, to++);
      n += scan.all;
    }
    if (block.thread() == 0) *count = static_cast<I>(n);
    for (int axis = 0; axis < p.rank; ++axis)
      for (int64_t i = n + block.thread(); i < p.elements; i += block.threads()) positions[axis * p.elements + i] = -1;
  }

 private:
  ARHAT_HD void write(int64_t element, int64_t to) const {
    for (int axis = p.rank - 1; axis >= 0; --axis) {
      positions[axis * p.elements + to] = static_cast<I>(element % p.size[axis]);
      element /= p.size[axis];
    }
  }
};

template <class T, class I>
void non_zero_blocks(Context context, const NonZeroParams& p, const T* x, I* positions, I* count) {
  launch_blocks(context, 1, GatherNonZero<T, I>{p, x, positions, count});
}

#ifdef __CUDACC__

constexpr int64_t nms_scratch(const NmsParams& p) { return nms_scratch_cuda(p); }

template <class I>
void non_max_suppression(Context context, const NmsParams& p, const float* boxes, const float* scores, void* scratch,
                         I* indices, float* selected, I* count) {
  non_max_suppression_blocks(context, p, boxes, scores, scratch, indices, selected, count);
}

template <class T, class I>
void non_zero(Context context, const NonZeroParams& p, const T* x, I* positions, I* count) {
  non_zero_blocks(context, p, x, positions, count);
}

#endif

}  // namespace ARHAT_ISA
}  // namespace arhat

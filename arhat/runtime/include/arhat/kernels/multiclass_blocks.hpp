// MulticlassNms and MatrixNms for a GPU; the same results, in the same order, as multiclass_nms.hpp gives.
//
// A thread per score gathers the candidates of each class, a block per class sorts them and, for MulticlassNms,
// suppresses; MatrixNms has a thread per candidate look at all better ones. A box that is kept finds its row by looking
// its score up in the lists of all classes.
#pragma once

#include "multiclass_nms.hpp"
#include "nms_blocks.hpp"

namespace arhat {
inline namespace ARHAT_ISA {

struct SelectedItem {
  float box[4];
  Key key;
};

// Where the parts of the scratch memory lie, in bytes from its start.
struct SelectedBlocksScratch {
  int64_t keys;     // [images][classes][boxes] of candidates, then (MulticlassNms) of the kept
  int64_t kept;     // [images][classes][most] boxes                           (MulticlassNms)
  int64_t largest;  // [images][classes][most] largest overlap with a better one     (MatrixNms)
  int64_t lowered;  // [images][classes][most] keys of the kept                      (MatrixNms)
  int64_t numbers;  // [images][classes] candidates, kept ones, chosen ones, first rows; [1] rows
  int64_t sort, bytes;
  int64_t groups;
};

constexpr SelectedBlocksScratch selected_blocks_layout(const SelectedParams& p) {
  SelectedBlocksScratch s{};
  s.groups = static_cast<int64_t>(p.images) * p.classes;
  const int64_t most = s.groups * p.most, item = sizeof(SelectedItem);
  s.kept = s.keys + round_up_bytes(s.groups * p.boxes * 8);
  s.largest = s.kept + (p.matrix ? 0 : round_up_bytes(most * item));
  s.lowered = s.largest + (p.matrix ? round_up_bytes(most * 4) : 0);
  s.numbers = s.lowered + (p.matrix ? round_up_bytes(most * 8) : 0);
  s.sort = s.numbers + round_up_bytes((4 * s.groups + 1) * 4);
  s.bytes = s.sort + sort_scratch(s.groups, p.boxes, p.most);
  return s;
}

// Bytes of scratch memory, 64-byte aligned, that `select_boxes` needs on a GPU.
constexpr int64_t selected_scratch_cuda(const SelectedParams& p) { return selected_blocks_layout(p).bytes; }

struct SelectedBlocks {
  SelectedParams p;
  SelectedBlocksScratch layout;
  const float* boxes;
  char* scratch;

  template <class T>
  ARHAT_HD T* at(int64_t part, int64_t index) const {
    return reinterpret_cast<T*>(scratch + part) + index;
  }
  ARHAT_HD Key* keys(int64_t group) const { return at<Key>(layout.keys, group * p.boxes); }
  ARHAT_HD int* candidates() const { return at<int>(layout.numbers, 0); }
  ARHAT_HD int* counts() const { return candidates() + layout.groups; }
  ARHAT_HD int* chosen() const { return counts() + layout.groups; }
  ARHAT_HD int* rows() const { return chosen() + layout.groups; }
  ARHAT_HD const float* box(int64_t group, Key key) const {
    return boxes + (group / p.classes * p.boxes + place_of(key)) * 4;
  }
  // What is kept, in order.
  ARHAT_HD KeyLists lists() const {
    return p.matrix ? KeyLists{at<Key>(layout.lowered, 0), p.most, counts()} : KeyLists{keys(0), p.boxes, counts()};
  }
};

struct SelectedRule {
  using Item = SelectedItem;
  static constexpr int threads = 256;
  SelectedBlocks s;
  float limit;
  int most;

  ARHAT_HD bool changes(float limit) const { return s.p.eta >= 0 && s.p.eta < 1 && limit > 0.5f; }
  ARHAT_HD float next(float limit) const { return limit * s.p.eta; }
  ARHAT_HD int candidates(int64_t group) const { return smaller(s.candidates()[group], most); }
  ARHAT_HD Item* kept(int64_t group) const { return s.at<Item>(s.layout.kept, group * most); }
  ARHAT_HD Item item(int64_t group, int i) const {
    const Key key = s.keys(group)[i];
    const float* b = s.box(group, key);
    return {{b[0], b[1], b[2], b[3]}, key};
  }
  ARHAT_HD bool rules_out(const Item& kept, const Item& later, float limit) const {
    return selected_overlap(s.p, later.box, kept.box) >= limit;
  }
  ARHAT_HD void keep(int64_t group, int n, int, const Item& item) const { s.keys(group)[n] = item.key; }
  template <class B>
  ARHAT_HD void finish(const B& block, int64_t group, int n) const {
    if (block.thread() == 0) s.counts()[group] = n;
  }
};

// Index: image and class, candidate.
struct LargestOverlap {
  SelectedBlocks s;

  ARHAT_HD void operator()(int64_t index) const {
    const int64_t group = index / s.p.most;
    const int i = static_cast<int>(index % s.p.most);
    if (i >= s.candidates()[group]) return;
    const Key* keys = s.keys(group);
    const float* box = s.box(group, keys[i]);
    float most = 0;
    for (int k = 0; k < i; ++k) most = larger(most, selected_overlap(s.p, box, s.box(group, keys[k])));
    *s.at<float>(s.layout.largest, index) = most;
  }
};

// Index: image and class, candidate.
struct LowerScore {
  SelectedBlocks s;

  ARHAT_HD void operator()(int64_t index) const {
    const int64_t group = index / s.p.most;
    const int i = static_cast<int>(index % s.p.most);
    if (i >= s.candidates()[group]) return;
    const Key* keys = s.keys(group);
    const float* box = s.box(group, keys[i]);
    const float* largest = s.at<float>(s.layout.largest, group * s.p.most);
    float least = 1;
    for (int k = 0; k < i; ++k) {
      const float ratio = selected_overlap(s.p, box, s.box(group, keys[k]));
      least = smaller(least, selected_decay(s.p, ratio, largest[k]));
    }
    const float score = least * score_of(keys[i]);
    if (!(score > s.p.post_threshold)) return;
    const int place = atomic_add(&s.counts()[group], 1);
    s.at<Key>(s.layout.lowered, group * s.p.most)[place] = score_key(score, place_of(keys[i]));
  }
};

// Index: image and class, place in its list. Counts those that stay of the image.
template <class I>
struct ChooseSelected {
  SelectedBlocks s;
  I* counts;

  ARHAT_HD void operator()(int64_t index) const {
    const int64_t group = index / s.p.most, image = group / s.p.classes;
    const int i = static_cast<int>(index % s.p.most);
    if (i == 0 && group % s.p.classes == 0) {
      int64_t all = 0;
      for (int label = 0; label < s.p.classes; ++label) all += s.counts()[group + label];
      counts[image] = static_cast<I>(s.p.keep < 0 ? all : smaller<int64_t>(all, s.p.keep));
    }
    if (i >= s.counts()[group]) return;
    const int64_t first = image * s.p.classes;
    if (s.p.keep < 0 || s.lists().rank(group, i, first, first + s.p.classes) < s.p.keep)
      atomic_add(&s.chosen()[group], 1);
  }
};

// Index: image and class, place in its list; the rows after the last are filled already.
template <class I>
struct WriteSelected {
  SelectedBlocks s;
  float* outputs;
  I* indices;

  ARHAT_HD void operator()(int64_t index) const {
    const int64_t group = index / s.p.most, image = group / s.p.classes, label = group % s.p.classes;
    const int i = static_cast<int>(index % s.p.most);
    if (i >= s.chosen()[group]) return;
    KeyLists lists = s.lists();
    const Key key = lists.keys[group * lists.stride + i];
    int64_t row = s.rows()[group] + i;
    if (s.p.order == SelectedOrder::image_score) {
      const int64_t first = image * s.p.classes;
      row = s.rows()[first] + lists.rank(group, i, first, first + s.p.classes);
    } else if (s.p.order == SelectedOrder::score) {
      lists.counts = s.chosen();
      row = lists.rank(group, i, 0, s.layout.groups);
    }
    if (row >= s.p.rows) return;
    indices[row] = static_cast<I>(image * s.p.boxes + place_of(key));
    outputs[row * 6] = static_cast<float>(label);
    outputs[row * 6 + 1] = score_of(key);
    for (int k = 0; k < 4; ++k) outputs[row * 6 + 2 + k] = s.box(group, key)[k];
  }
};

// The operands of `select_boxes`; scratch of selected_scratch_cuda(p) bytes.
template <class I>
void select_boxes_blocks(Context context, const SelectedParams& p, const float* boxes, const float* scores,
                         void* scratch, float* outputs, I* indices, I* counts) {
  const SelectedBlocksScratch layout = selected_blocks_layout(p);
  const SelectedBlocks s{p, layout, boxes, static_cast<char*>(scratch)};
  void* const sort = s.scratch + layout.sort;
  const int64_t most = layout.groups * p.most;
  launch(context, static_cast<int64_t>(p.rows) * 6, FillWith<float>{-1, outputs});
  launch(context, p.rows, FillWith<I>{I(-1), indices});
  launch(context, 4 * layout.groups + 1, FillWith<int>{0, s.candidates()});
  if (most == 0) return launch(context, p.images, FillWith<I>{I(0), counts});
  const GatherCandidates gather{p.classes, p.boxes, p.background, p.score_threshold,
                                !p.matrix, scores,  s.keys(0),    s.candidates()};
  launch(context, layout.groups * p.boxes, gather);
  sort_keys(context, layout.groups, p.boxes, p.most, s.candidates(), s.keys(0), sort);
  if (p.matrix) {
    launch(context, most, LargestOverlap{s});
    launch(context, most, LowerScore{s});
    sort_keys(context, layout.groups, p.most, p.most, s.counts(), s.at<Key>(layout.lowered, 0), sort);
  } else {
    launch_blocks(context, layout.groups, Suppress<SelectedRule>{{s, p.iou_threshold, p.most}});
  }
  launch(context, most, ChooseSelected<I>{s, counts});
  int* rows = s.rows();
  const bool by_label = p.order == SelectedOrder::label;
  launch_blocks(context, 1, PlaceLists{p.images, p.classes, by_label, s.chosen(), rows, rows + layout.groups});
  launch(context, most, WriteSelected<I>{s, outputs, indices});
}

#ifdef __CUDACC__

constexpr int64_t selected_scratch(const SelectedParams& p) { return selected_scratch_cuda(p); }

template <class I>
void select_boxes(Context context, const SelectedParams& p, const float* boxes, const float* scores, void* scratch,
                  float* outputs, I* indices, I* counts) {
  select_boxes_blocks(context, p, boxes, scores, scratch, outputs, indices, counts);
}

#endif

}  // namespace ARHAT_ISA
}  // namespace arhat

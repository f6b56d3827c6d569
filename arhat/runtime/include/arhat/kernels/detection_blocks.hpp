// DetectionOutput for a GPU; the same results, in the same order, as detection_output.hpp gives.
//
// A thread per score gathers the candidates of each class, a block per class sorts as many as count and suppresses.
// Where only the keep_top_k best of an image stay, a detection's rank is found by looking its key up in the lists of all
// classes. With decrease_label_id the candidates of an image are one list, whose survivors are handed out to classes.
#pragma once

#include "detection.hpp"
#include "sort.hpp"
#include "suppress.hpp"

namespace arhat {
inline namespace ARHAT_ISA {

struct DetectionItem {
  Box box;
  Key key;
  int label;
};

// Where the parts of the scratch memory lie, in bytes from its start. `lists`: one for each image and class, or, with
// decrease_label_id, one for each image.
struct DetectionBlocksScratch {
  int64_t keys;     // [lists][priors] of candidates, then of survivors
  int64_t kept;     // [lists][per_class] survivors
  int64_t handed;   // [images][classes][per_class] keys of survivors   (decrease_label_id)
  int64_t boxes;    // [images][classes][per_class] boxes of survivors  (decrease_label_id)
  int64_t ends;     // [images] priors that count
  int64_t numbers;  // [lists] candidates, [images][classes] survivors, chosen ones, first rows; [1] rows
  int64_t sort, bytes;
  int64_t lists, groups, per_class;
};

constexpr DetectionBlocksScratch detection_blocks_layout(const DetectionOutputParams& p) {
  DetectionBlocksScratch s{};
  s.groups = static_cast<int64_t>(p.images) * p.classes;
  s.lists = p.decrease_label_id ? p.images : s.groups;
  s.per_class = p.top_k < 0 || p.top_k > p.priors ? p.priors : p.top_k;
  const int64_t handed = p.decrease_label_id ? s.groups * s.per_class : 0;
  s.kept = s.keys + round_up_bytes(s.lists * p.priors * 8);
  s.handed = s.kept + round_up_bytes(s.lists * s.per_class * static_cast<int64_t>(sizeof(DetectionItem)));
  s.boxes = s.handed + round_up_bytes(handed * 8);
  s.ends = s.boxes + round_up_bytes(handed * static_cast<int64_t>(sizeof(DetectionItem)));
  s.numbers = s.ends + round_up_bytes(p.images * 4);
  s.sort = s.numbers + round_up_bytes((s.lists + 3 * s.groups + 1) * 4);
  s.bytes = s.sort + sort_scratch(s.lists, p.priors, s.per_class);
  return s;
}

// Bytes of scratch memory, 64-byte aligned, that `detection_output` needs on a GPU.
constexpr int64_t detection_output_scratch_cuda(const DetectionOutputParams& p) {
  return detection_blocks_layout(p).bytes;
}

// What the functors of one call share.
struct DetectionBlocks {
  DetectionOutputParams p;
  DetectionBlocksScratch layout;
  BoxDecoder decode;
  DetectionScores scores;
  char* scratch;
  float* out;

  template <class T>
  ARHAT_HD T* at(int64_t part) const {
    return reinterpret_cast<T*>(scratch + part);
  }
  ARHAT_HD Key* keys(int64_t list) const { return at<Key>(layout.keys) + list * p.priors; }
  ARHAT_HD DetectionItem* kept(int64_t list) const { return at<DetectionItem>(layout.kept) + list * layout.per_class; }
  ARHAT_HD int* candidates() const { return at<int>(layout.numbers); }
  // Of each image and class.
  ARHAT_HD int* survivors() const { return candidates() + layout.lists; }
  ARHAT_HD int* chosen() const { return survivors() + layout.groups; }
  ARHAT_HD int* rows() const { return chosen() + layout.groups; }
  ARHAT_HD Key* survivor_keys(int64_t group) const {
    return p.decrease_label_id ? at<Key>(layout.handed) + group * layout.per_class : keys(group);
  }
  ARHAT_HD DetectionItem* survivor_items(int64_t group) const {
    return p.decrease_label_id ? at<DetectionItem>(layout.boxes) + group * layout.per_class : kept(group);
  }
  ARHAT_HD bool counts(int image, int prior) const { return p.normalized || prior < at<int>(layout.ends)[image]; }
};

// Index: image. An unnormalized list of priors ends at the first of image -1.
struct FindEnds {
  static constexpr int threads = 256;
  struct Shared {
    int partial[threads];
  };
  DetectionBlocks s;

  template <class B>
  ARHAT_HD void operator()(const B& block, int64_t image, Shared& shared) const {
    int end = s.p.priors;
    for (int i = block.thread(); i < end; i += block.threads())
      if (s.decode.ends_at(static_cast<int>(image), i)) end = i;
    end = block_reduce(block, end, shared.partial, [](int a, int b) { return smaller(a, b); });
    if (block.thread() == 0) s.at<int>(s.layout.ends)[image] = end;
  }
};

// Index: image, prior, class.
struct GatherDetections {
  DetectionBlocks s;

  ARHAT_HD void operator()(int64_t index) const {
    const int label = static_cast<int>(index % s.p.classes);
    const int prior = static_cast<int>(index / s.p.classes % s.p.priors);
    const int image = static_cast<int>(index / s.p.classes / s.p.priors);
    if (label == s.p.background_label || !s.counts(image, prior)) return;
    const float score = s.scores.masked(image, prior) ? s.scores.no_score : s.scores.conf[index];
    if (!(score > s.scores.threshold)) return;
    const int64_t list = static_cast<int64_t>(image) * s.p.classes + label;
    s.keys(list)[atomic_add(&s.candidates()[list], 1)] = score_key(score, prior);
  }
};

// Index: image, prior. A prior counts for its best class alone.
struct GatherBest {
  DetectionBlocks s;

  ARHAT_HD void operator()(int64_t index) const {
    const int image = static_cast<int>(index / s.p.priors), prior = static_cast<int>(index % s.p.priors);
    if (!s.counts(image, prior)) return;
    const bool masked = s.scores.masked(image, prior);
    float best = s.p.logits ? -INFINITY : -1.f;
    int best_label = 0;
    for (int label = 1; label < s.p.classes; ++label) {
      const float score = masked ? s.scores.no_score : s.scores.conf[index * s.p.classes + label];
      if (label == s.p.background_label || !(score >= s.scores.threshold) || !(score > best)) continue;
      best = score;
      best_label = label;
    }
    if (best_label == 0) return;
    const int64_t place = static_cast<int64_t>(best_label) * s.p.priors + prior;
    s.keys(image)[atomic_add(&s.candidates()[image], 1)] = score_key(best, place);
  }
};

struct DetectionRule {
  using Item = DetectionItem;
  static constexpr int threads = 256;
  DetectionBlocks s;
  float limit;
  int most;

  ARHAT_HD bool changes(float) const { return false; }
  ARHAT_HD float next(float same) const { return same; }
  ARHAT_HD int candidates(int64_t list) const { return smaller(s.candidates()[list], most); }
  ARHAT_HD Item* kept(int64_t list) const { return s.kept(list); }
  ARHAT_HD Item item(int64_t list, int i) const {
    const Key key = s.keys(list)[i];
    const int64_t place = place_of(key);
    const int classes = s.p.classes, priors = s.p.priors;
    const bool image_list = s.p.decrease_label_id;
    const int label = static_cast<int>(image_list ? place / priors : list % classes);
    const int prior = static_cast<int>(image_list ? place % priors : place);
    return {s.decode(static_cast<int>(image_list ? list : list / classes), prior, label), key, label};
  }
  ARHAT_HD bool rules_out(const Item& kept, const Item& later, float limit) const {
    return kept.label == later.label && overlap(later.box, kept.box) > limit;
  }
  ARHAT_HD void keep(int64_t list, int n, int, const Item& item) const { s.keys(list)[n] = item.key; }
  template <class B>
  ARHAT_HD void finish(const B& block, int64_t list, int n) const {
    if (block.thread() == 0) (s.p.decrease_label_id ? s.candidates() : s.survivors())[list] = n;
  }
};

// Index: image, place in its list of survivors. Hands it out to the list of its class.
struct HandOut {
  DetectionBlocks s;

  ARHAT_HD void operator()(int64_t index) const {
    const int64_t image = index / s.layout.per_class;
    const int i = static_cast<int>(index % s.layout.per_class);
    if (i >= s.candidates()[image]) return;
    const DetectionItem* items = s.kept(image);
    const int label = items[i].label;
    int before = 0;
    for (int k = 0; k < i; ++k) before += items[k].label == label;
    const int64_t group = image * s.p.classes + label;
    const Key key = items[i].key;
    s.survivor_keys(group)[before] = key >> 32 << 32 | place_of(key) % static_cast<uint32_t>(s.p.priors);
    s.survivor_items(group)[before] = items[i];
    atomic_add(&s.survivors()[group], 1);
  }
};

// Index: image and class, place in its list. Counts those that are among the keep_top_k best of the image.
struct ChooseBest {
  DetectionBlocks s;

  ARHAT_HD void operator()(int64_t index) const {
    const int64_t group = index / s.layout.per_class;
    const int i = static_cast<int>(index % s.layout.per_class);
    if (i >= s.survivors()[group]) return;
    const Key key = s.survivor_keys(group)[i];
    const int64_t first = group / s.p.classes * s.p.classes;
    int rank = i;
    for (int64_t other = first; other < first + s.p.classes && rank < s.p.keep_top_k; ++other) {
      // Of the same score and prior, the lower class comes first.
      if (other != group) rank += keys_below(s.survivor_keys(other), s.survivors()[other], key + (other < group));
    }
    if (rank < s.p.keep_top_k) atomic_add(&s.chosen()[group], 1);
  }
};

// Index: image and class, place in its list.
struct WriteRows {
  DetectionBlocks s;

  ARHAT_HD void operator()(int64_t index) const {
    const int total = s.rows()[s.layout.groups];
    if (index == 0 && total < s.p.capacity) s.out[static_cast<int64_t>(total) * 7] = -1;
    if (total == 0) return;
    const int64_t group = index / s.layout.per_class;
    const int i = static_cast<int>(index % s.layout.per_class);
    const int64_t row = static_cast<int64_t>(s.rows()[group]) + i;
    if (i >= (s.p.keep_top_k < 0 ? s.survivors() : s.chosen())[group] || row >= s.p.capacity) return;
    const DetectionItem& item = s.survivor_items(group)[i];
    const Box box = s.p.clip_after_nms ? BoxDecoder::clip(item.box) : item.box;
    const float shown = static_cast<float>(s.p.decrease_label_id ? item.label - 1 : item.label);
    const float values[7] = {static_cast<float>(group / s.p.classes),
                             shown,
                             s.scores.probability(score_of(item.key)),
                             box.x1,
                             box.y1,
                             box.x2,
                             box.y2};
    for (int k = 0; k < 7; ++k) s.out[row * 7 + k] = values[k];
  }
};

// The operands of `detection_output`; scratch of detection_output_scratch_cuda(p) bytes.
inline void detection_output_blocks(Context context, const DetectionOutputParams& p, const float* loc,
                                    const float* conf, const float* priors, const float* aux_conf,
                                    const float* aux_loc, void* scratch, float* out) {
  const DetectionBlocksScratch layout = detection_blocks_layout(p);
  const DetectionBlocks s{p,   layout, {p, loc, priors, aux_loc}, detection_scores(p, conf, aux_conf),
                          static_cast<char*>(scratch), out};
  launch(context, static_cast<int64_t>(p.capacity) * 7, FillWith<float>{0, out});
  launch(context, layout.lists + 3 * layout.groups + 1, FillWith<int>{0, s.candidates()});
  if (!p.normalized) launch_blocks(context, p.images, FindEnds{s});
  const int64_t scores = static_cast<int64_t>(p.images) * p.priors;
  if (p.decrease_label_id) {
    launch(context, scores, GatherBest{s});
  } else {
    launch(context, scores * p.classes, GatherDetections{s});
  }
  const int most = static_cast<int>(layout.per_class);
  sort_keys(context, layout.lists, p.priors, most, s.candidates(), s.keys(0), s.at<char>(layout.sort));
  launch_blocks(context, layout.lists, Suppress<DetectionRule>{{s, p.nms_threshold, most}});
  if (p.decrease_label_id) launch(context, p.images * layout.per_class, HandOut{s});
  const int* counts = s.survivors();
  if (p.keep_top_k >= 0) {
    launch(context, layout.groups * layout.per_class, ChooseBest{s});
    counts = s.chosen();
  }
  int* rows = s.rows();
  launch_blocks(context, 1, PlaceLists{p.images, p.classes, false, counts, rows, rows + layout.groups});
  launch(context, larger<int64_t>(layout.groups * layout.per_class, 1), WriteRows{s});
}

#ifdef __CUDACC__

constexpr int64_t detection_output_scratch(const DetectionOutputParams& p) { return detection_output_scratch_cuda(p); }

inline void detection_output(Context context, const DetectionOutputParams& p, const float* loc, const float* conf,
                             const float* priors, const float* aux_conf, const float* aux_loc, void* scratch,
                             float* out) {
  detection_output_blocks(context, p, loc, conf, priors, aux_conf, aux_loc, scratch, out);
}

#endif

}  // namespace ARHAT_ISA
}  // namespace arhat

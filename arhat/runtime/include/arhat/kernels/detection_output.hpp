// DetectionOutput: decodes boxes, suppresses overlapping ones class by class, keeps the best (OpenVINO
// DetectionOutput-1 and -8; where the specification is silent, as OpenVINO's CPU plugin does).
//
// Three steps. `DetectClasses` works on one image and a few classes: it keeps the best top_k scores of each class in a
// heap, decodes only their boxes, and suppresses. `ChooseDetections` takes the best keep_top_k of an image.
// `WriteDetections` writes the rows of one class. With decrease_label_id ("MXNet style") a prior counts for its best
// class alone and top_k is per image: `BestClasses` and `DetectImage` take the place of the first step.
//
// Every order is total: by score from high to low, then by prior, then by class.
//
// This is for CPUs; detection_blocks.hpp is for GPUs.
#pragma once

#include "detection.hpp"

namespace arhat {

inline namespace ARHAT_ISA {

struct Detection {
  float score;
  int prior;
  int label;
};

struct ByPrior {
  bool operator()(const Detection& a, const Detection& b) const {
    if (a.score != b.score) return a.score > b.score;
    if (a.prior != b.prior) return a.prior < b.prior;
    return a.label < b.label;
  }
};

struct ByLabel {
  bool operator()(const Detection& a, const Detection& b) const {
    if (a.score != b.score) return a.score > b.score;
    if (a.label != b.label) return a.label < b.label;
    return a.prior < b.prior;
  }
};

// The best detections met so far, the worst of them at the root.
template <class Before>
struct BestHeap {
  Detection* items;
  int capacity;
  int size;

  void push(const Detection& d) {
    const Before before{};
    if (size < capacity) {
      int i = size++;
      for (; i > 0 && before(items[(i - 1) / 2], d); i = (i - 1) / 2) items[i] = items[(i - 1) / 2];
      items[i] = d;
    } else if (capacity > 0 && before(d, items[0])) {
      sink(d, size);
    }
  }

  // Orders the items, best first; no push after that.
  void sort() {
    for (int n = size - 1; n > 0; --n) {
      const Detection last = items[n];
      items[n] = items[0];
      sink(last, n);
    }
  }

 private:
  // Puts d at the root of the first n items, in place of what is there.
  void sink(const Detection& d, int n) {
    const Before before{};
    int i = 0;
    for (int child = 1; child < n; child = 2 * i + 1) {
      if (child + 1 < n && before(items[child], items[child + 1])) ++child;
      if (!before(d, items[child])) break;
      items[i] = items[child];
      i = child;
    }
    items[i] = d;
  }
};

// Where the parts of the scratch memory lie, in bytes from its start.
struct DetectionScratch {
  int64_t kept;      // [images][classes][per_class] detections: candidates, then those that survive
  int64_t boxes;     // [images][classes][4][stride] boxes of the survivors: x1, y1, x2, y2
  int64_t counts;    // [images][classes] how many there are
  int64_t chosen;    // [images][classes] how many of them are written
  int64_t selected;  // [images][keep] heap of the best of an image
  int64_t best;      // [images][priors] best class of each prior     (decrease_label_id)
  int64_t image;     // [images][per_class] candidates of an image    (decrease_label_id)
  int64_t bytes;
  int per_class, keep;
  int64_t stride;  // per_class in whole vectors
};

constexpr DetectionScratch detection_output_layout(const DetectionOutputParams& p) {
  DetectionScratch s{};
  s.per_class = p.top_k < 0 || p.top_k > p.priors ? p.priors : p.top_k;
  const int64_t all = static_cast<int64_t>(p.classes) * s.per_class;
  s.keep = p.keep_top_k < 0 || p.keep_top_k > all ? static_cast<int>(all) : p.keep_top_k;
  const int64_t classes = static_cast<int64_t>(p.images) * p.classes;
  const int64_t items = p.images * all;
  const int64_t detection = sizeof(Detection);
  s.stride = (static_cast<int64_t>(s.per_class) + 15) / 16 * 16;
  s.boxes = s.kept + round_up_bytes(items * detection);
  s.counts = s.boxes + classes * 4 * s.stride * static_cast<int64_t>(sizeof(float));
  s.chosen = s.counts + round_up_bytes(classes * 4);
  s.selected = s.chosen + round_up_bytes(classes * 4);
  const int64_t heap = p.keep_top_k < 0 ? 0 : s.keep;
  s.best = s.selected + round_up_bytes(p.images * heap * detection);
  const int64_t decrease = p.decrease_label_id ? p.images : 0;
  s.image = s.best + round_up_bytes(decrease * p.priors * detection);
  s.bytes = s.image + round_up_bytes(decrease * s.per_class * detection);
  return s;
}

// What the functors of one call share.
struct DetectionState {
  DetectionOutputParams p;
  DetectionScratch layout;
  BoxDecoder decode;
  DetectionScores scores;
  char* scratch;
  float* out;

  template <class T>
  T* at(int64_t part, int64_t index) const {
    return reinterpret_cast<T*>(scratch + part) + index;
  }
  int64_t list(int image, int label) const {
    return (static_cast<int64_t>(image) * p.classes + label) * layout.per_class;
  }
  int* count(int image, int label) const {
    return at<int>(layout.counts, static_cast<int64_t>(image) * p.classes + label);
  }
  int* chosen(int image, int label) const {
    return at<int>(layout.chosen, static_cast<int64_t>(image) * p.classes + label);
  }
  // Boxes of the survivors of a class: x1, y1, x2, y2 in rows of layout.stride.
  float* boxes(int image, int label) const {
    return at<float>(layout.boxes, (static_cast<int64_t>(image) * p.classes + label) * 4 * layout.stride);
  }

  bool overlaps_any(const Box& box, const float* kept, int n) const {
    const int64_t stride = layout.stride;
    const vf area = splat((box.x2 - box.x1) * (box.y2 - box.y1)), threshold_ = splat(p.nms_threshold);
    vi hits{};
    for (int i = 0; i < n; i += VL) {
      const vf x1 = load(kept + i), y1 = load(kept + stride + i);
      const vf x2 = load(kept + 2 * stride + i), y2 = load(kept + 3 * stride + i);
      const vf width = at_most(x2, splat(box.x2)) - at_least(x1, splat(box.x1));
      const vf height = at_most(y2, splat(box.y2)) - at_least(y1, splat(box.y1));
      const vi touch = (x1 <= box.x2) & (x2 >= box.x1) & (y1 <= box.y2) & (y2 >= box.y1);
      const vi meet = touch & (width > 0.f) & (height > 0.f);
      const vf common = width * height;
      const vf ratio = meet ? common / (area + (x2 - x1) * (y2 - y1) - common) : vf{};
      hits |= (ratio > threshold_) & (x1 != splat(INFINITY));
    }
    int hit = 0;
    for (int lane = 0; lane < VL; ++lane) hit |= hits[lane];
    return hit != 0;
  }

  // Appends d to the survivors of its class unless it overlaps one of them.
  void keep_unless_overlapping(int image, const Detection& d) const {
    int* n = count(image, d.label);
    float* kept = boxes(image, d.label);
    const Box box = decode(image, d.prior, d.label);
    if (overlaps_any(box, kept, *n)) return;
    // The rest of a vector that is begun here counts as boxes that meet none.
    if (*n % VL == 0)
      for (int row = 0; row < 4; ++row) store(kept + row * layout.stride + *n, splat(INFINITY));
    at<Detection>(layout.kept, list(image, d.label))[*n] = d;
    const float corners[4] = {box.x1, box.y1, box.x2, box.y2};
    for (int row = 0; row < 4; ++row) kept[row * layout.stride + *n] = corners[row];
    ++*n;
  }
};

// Index: image and group of `Lanes` neighbouring classes, whose scores lie side by side in memory.
template <int Lanes>
struct DetectClasses {
  DetectionState s;

  void operator()(int64_t index) const {
    const int groups = (s.p.classes + Lanes - 1) / Lanes;
    const int image = static_cast<int>(index / groups), first = static_cast<int>(index % groups) * Lanes;
    const int lanes = smaller(Lanes, s.p.classes - first);

    BestHeap<ByPrior> heaps[Lanes];
    float above[Lanes];  // what a score must exceed to matter
    for (int lane = 0; lane < lanes; ++lane) {
      heaps[lane] = {s.at<Detection>(s.layout.kept, s.list(image, first + lane)), s.layout.per_class, 0};
      above[lane] = first + lane == s.p.background_label || s.layout.per_class == 0 ? INFINITY : s.scores.threshold;
    }

    const float* conf = s.scores.conf + static_cast<int64_t>(image) * s.p.priors * s.p.classes + first;
    for (int prior = 0; prior < s.p.priors && !s.decode.ends_at(image, prior); ++prior, conf += s.p.classes) {
      const bool masked = s.scores.masked(image, prior);
      if (!masked && lanes == Lanes) {
        int hits = 0;
        for (int lane = 0; lane < Lanes; ++lane) hits |= conf[lane] > above[lane];
        if (hits == 0) continue;
      }
      for (int lane = 0; lane < lanes; ++lane) {
        const float score = masked ? s.scores.no_score : conf[lane];
        if (!(score > above[lane])) continue;
        heaps[lane].push({score, prior, first + lane});
        // A later prior of equal score comes after all that are in the heap.
        if (heaps[lane].size == heaps[lane].capacity) above[lane] = heaps[lane].items[0].score;
      }
    }

    for (int lane = 0; lane < lanes; ++lane) {
      heaps[lane].sort();
      *s.count(image, first + lane) = 0;
      // The survivors overwrite the candidates from the front, never one that is still to be read.
      for (int i = 0; i < heaps[lane].size; ++i) s.keep_unless_overlapping(image, heaps[lane].items[i]);
    }
  }
};

// Index: image and prior.
struct BestClasses {
  DetectionState s;

  void operator()(int64_t index) const {
    const int image = static_cast<int>(index / s.p.priors), prior = static_cast<int>(index % s.p.priors);
    const bool masked = s.scores.masked(image, prior);
    Detection best{s.p.logits ? -INFINITY : -1.f, prior, 0};
    for (int label = 1; label < s.p.classes; ++label) {
      const float score = masked ? s.scores.no_score : s.scores.conf[index * s.p.classes + label];
      if (label != s.p.background_label && score >= s.scores.threshold && score > best.score) best = {score, prior, label};
    }
    *s.at<Detection>(s.layout.best, index) = best;
  }
};

// Index: image.
struct DetectImage {
  DetectionState s;

  void operator()(int64_t index) const {
    const int image = static_cast<int>(index);
    for (int label = 0; label < s.p.classes; ++label) *s.count(image, label) = 0;
    BestHeap<ByLabel> heap{s.at<Detection>(s.layout.image, index * s.layout.per_class), s.layout.per_class, 0};
    for (int prior = 0; prior < s.p.priors && !s.decode.ends_at(image, prior); ++prior) {
      const Detection& d = *s.at<Detection>(s.layout.best, index * s.p.priors + prior);
      if (d.label > 0) heap.push(d);
    }
    heap.sort();
    for (int i = 0; i < heap.size; ++i) s.keep_unless_overlapping(image, heap.items[i]);
  }
};

// Index: image. The detections of each class are in order, so that the chosen ones are the first of each class.
struct ChooseDetections {
  DetectionState s;

  void operator()(int64_t index) const {
    const int image = static_cast<int>(index);
    int64_t total = 0;
    for (int label = 0; label < s.p.classes; ++label) total += *s.chosen(image, label) = *s.count(image, label);
    if (s.p.keep_top_k < 0 || total <= s.p.keep_top_k) return;

    BestHeap<ByPrior> heap{s.at<Detection>(s.layout.selected, index * s.layout.keep), s.layout.keep, 0};
    for (int label = 0; label < s.p.classes; ++label) {
      const Detection* kept = s.at<Detection>(s.layout.kept, s.list(image, label));
      const int n = *s.count(image, label);
      for (int i = 0; i < n; ++i) {
        if (heap.size == heap.capacity && (heap.size == 0 || ByPrior{}(heap.items[0], kept[i]))) break;
        heap.push(kept[i]);
      }
      *s.chosen(image, label) = 0;
    }
    for (int i = 0; i < heap.size; ++i) ++*s.chosen(image, heap.items[i].label);
  }
};

// Index: image and class.
struct WriteDetections {
  DetectionState s;

  void operator()(int64_t index) const {
    const int image = static_cast<int>(index / s.p.classes), label = static_cast<int>(index % s.p.classes);
    const int* chosen = s.at<int>(s.layout.chosen, 0);
    int64_t row = 0;
    for (int64_t i = 0; i < index; ++i) row += chosen[i];
    const Detection* kept = s.at<Detection>(s.layout.kept, s.list(image, label));
    const float* boxes = s.boxes(image, label);
    const int64_t stride = s.layout.stride;
    for (int i = 0; i < chosen[index] && row < s.p.capacity; ++i, ++row) {
      Box box{boxes[i], boxes[stride + i], boxes[2 * stride + i], boxes[3 * stride + i]};
      if (s.p.clip_after_nms) box = BoxDecoder::clip(box);
      const float shown = static_cast<float>(s.p.decrease_label_id ? label - 1 : label);
      const float values[7] = {static_cast<float>(image), shown, s.scores.probability(kept[i].score), box.x1, box.y1, box.x2,
                               box.y2};
      for (int k = 0; k < 7; ++k) s.out[row * 7 + k] = values[k];
    }
    if (index + 1 == static_cast<int64_t>(s.p.images) * s.p.classes && row < s.p.capacity) s.out[row * 7] = -1;
  }
};

struct FillZero {
  float* out;
  void operator()(int64_t i) const { out[i] = 0; }
};

// Bytes of scratch memory, 64-byte aligned, that `detection_output` needs.
constexpr int64_t detection_output_scratch(const DetectionOutputParams& p) { return detection_output_layout(p).bytes; }

// loc [images][priors][1 or classes][4], conf [images][priors][classes], priors as OpenVINO lays them out,
// aux_conf [images][priors][2] and aux_loc (like loc) or null; scratch of detection_output_scratch(p) bytes, aligned to
// 64; out [capacity][7]. All dense.
inline void detection_output(Context context, const DetectionOutputParams& p, const float* loc, const float* conf,
                             const float* priors, const float* aux_conf, const float* aux_loc, void* scratch,
                             float* out) {
  const DetectionState s{p,           detection_output_layout(p),          {p, loc, priors, aux_loc},
                         detection_scores(p, conf, aux_conf), static_cast<char*>(scratch), out};
  constexpr int lanes = 16;
  const int64_t images = p.images;
  launch(context, static_cast<int64_t>(p.capacity) * 7, FillZero{out}, 1 << 20);
  if (p.decrease_label_id) {
    launch(context, images * p.priors, BestClasses{s}, 1024);
    launch(context, images, DetectImage{s}, 1);
  } else {
    launch(context, images * ((p.classes + lanes - 1) / lanes), DetectClasses<lanes>{s}, p.priors > 4096 ? 1 : 2);
  }
  launch(context, images, ChooseDetections{s}, 4);
  launch(context, images * p.classes, WriteDetections{s}, 1024);
}

}  // namespace ARHAT_ISA
}  // namespace arhat

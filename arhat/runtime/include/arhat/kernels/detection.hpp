// What both ways of DetectionOutput (detection_output.hpp on a CPU, detection_blocks.hpp on a GPU) share: parameters,
// boxes, scores.
#pragma once

#include "launch.hpp"

namespace arhat {

enum class BoxCode { corner, center_size, corner_size };

struct DetectionOutputParams {
  int images, priors, classes;
  int prior_images;  // 1 if all images share the priors, else `images`
  BoxCode code;
  bool variance_encoded_in_target, share_location, clip_before_nms, clip_after_nms, decrease_label_id, normalized;
  bool logits;  // conf is read through a sigmoid
  int background_label;
  int top_k, keep_top_k;  // negative: no limit
  int capacity;           // rows of the output
  float nms_threshold, confidence_threshold, objectness_score;
  int image_height, image_width;
};

inline namespace ARHAT_ISA {

struct Box {
  float x1, y1, x2, y2;
};

// Reads priors and locations; one box at a time.
struct BoxDecoder {
  DetectionOutputParams p;
  const float* loc;
  const float* priors;
  const float* aux_loc;  // null without refinement stage

  ARHAT_HD const float* prior_block(int image) const {
    const int64_t rows = p.variance_encoded_in_target ? 1 : 2;
    return priors + (p.prior_images == 1 ? 0 : image * rows * p.priors * (p.normalized ? 4 : 5));
  }

  // How many priors count: an unnormalized list ends at the first prior of image -1.
  ARHAT_HD bool ends_at(int image, int prior) const {
    return !p.normalized && prior_block(image)[static_cast<int64_t>(prior) * 5] == -1.f;
  }

  ARHAT_HD Box operator()(int image, int prior, int label) const {
    const float* block = prior_block(image);
    const float* q = block + static_cast<int64_t>(prior) * (p.normalized ? 4 : 5) + (p.normalized ? 0 : 1);
    const float* variance = block + static_cast<int64_t>(p.priors) * (p.normalized ? 4 : 5) + prior * 4;
    const int64_t labels = p.share_location ? 1 : p.classes;
    const int64_t at = ((static_cast<int64_t>(image) * p.priors + prior) * labels + (p.share_location ? 0 : label)) * 4;
    Box box{q[0], q[1], q[2], q[3]};
    if (aux_loc != nullptr) box = decode(box, aux_loc + at, variance);
    return decode(box, loc + at, variance);
  }

 private:
  ARHAT_HD Box decode(Box q, const float* l, const float* variance) const {
    if (!p.normalized) {
      const float width = static_cast<float>(p.image_width), height = static_cast<float>(p.image_height);
      q = {q.x1 / width, q.y1 / height, q.x2 / width, q.y2 / height};
    }
    float d[4];
    for (int i = 0; i < 4; ++i) d[i] = p.variance_encoded_in_target ? l[i] : variance[i] * l[i];
    const float width = q.x2 - q.x1, height = q.y2 - q.y1;
    Box box;
    if (p.code == BoxCode::corner) {
      box = {q.x1 + d[0], q.y1 + d[1], q.x2 + d[2], q.y2 + d[3]};
    } else if (p.code == BoxCode::corner_size) {
      box = {q.x1 + d[0] * width, q.y1 + d[1] * height, q.x2 + d[2] * width, q.y2 + d[3] * height};
    } else {
      const float x = d[0] * width + (q.x1 + q.x2) / 2, y = d[1] * height + (q.y1 + q.y2) / 2;
      const float w = std::exp(d[2]) * width / 2, h = std::exp(d[3]) * height / 2;
      box = {x - w, y - h, x + w, y + h};
    }
    return p.clip_before_nms ? clip(box) : box;
  }

 public:
  ARHAT_HD static Box clip(const Box& b) {
    return {clamp(b.x1, 0.f, 1.f), clamp(b.y1, 0.f, 1.f), clamp(b.x2, 0.f, 1.f), clamp(b.y2, 0.f, 1.f)};
  }
};

// Intersection over union; 0 for boxes that do not meet.
ARHAT_HD inline float overlap(const Box& a, const Box& b) {
  const float width = smaller(a.x2, b.x2) - larger(a.x1, b.x1);
  const float height = smaller(a.y2, b.y2) - larger(a.y1, b.y1);
  if (b.x1 > a.x2 || b.x2 < a.x1 || b.y1 > a.y2 || b.y2 < a.y1 || !(width > 0) || !(height > 0)) return 0;
  const float common = times(width, height);
  return common / (times(a.x2 - a.x1, a.y2 - a.y1) + times(b.x2 - b.x1, b.y2 - b.y1) - common);
}

// Scores of the classes of all priors.
struct DetectionScores {
  DetectionOutputParams p;
  const float* conf;
  const float* aux_conf;  // null without refinement stage
  float threshold;        // of the values of conf
  float no_score;         // value of conf that means a score of 0

  // Whether the refinement stage rules the prior out: its classes score 0.
  ARHAT_HD bool masked(int image, int prior) const {
    if (aux_conf == nullptr) return false;
    return aux_conf[(static_cast<int64_t>(image) * p.priors + prior) * 2 + 1] < p.objectness_score;
  }
  ARHAT_HD float probability(float score) const { return p.logits ? 1 / (1 + std::exp(-score)) : score; }
};

inline DetectionScores detection_scores(const DetectionOutputParams& p, const float* conf, const float* aux_conf) {
  if (!p.logits) return {p, conf, aux_conf, p.confidence_threshold, 0};
  const double t = p.confidence_threshold;
  const float limit = t <= 0 ? -INFINITY : t >= 1 ? INFINITY : static_cast<float>(std::log(t / (1 - t)));
  return {p, conf, aux_conf, limit, -INFINITY};
}

}  // namespace ARHAT_ISA
}  // namespace arhat

// DetectionOutput: boxes of an SSD head, decoded, without overlaps, the best of them (OpenVINO DetectionOutput-1, -8).
#include "../../kernels/detection_blocks.hpp"
#include "../plugin.hpp"
#include "sorting.hpp"

namespace arhat::trt {
namespace {

// loc [N, P * L * 4], conf [N, P * C], priors [1 or N, 1 or 2, P * 4 or 5], optionally aux_conf [N, P * 2] and aux_loc
// like loc -> [1, 1, K, 7]: image, class, score, box; the first row behind the last has image -1.
struct DetectionOutputPlugin : Description {
  static constexpr const char* name = "DetectionOutput";

  int32_t num_classes = 0, background_label_id = 0, top_k = -1, input_height = 1, input_width = 1;
  std::vector<int32_t> keep_top_k;
  Word code_type;
  bool variance_encoded_in_target = false, share_location = true, clip_before_nms = false, clip_after_nms = false,
       decrease_label_id = false, normalized = false, input_is_logits = false;
  float nms_threshold = 0, confidence_threshold = 0, objectness_score = 0;

  template <class F>
  void fields(F& f) {
    f.need("num_classes", num_classes, Whole{1});
    f.need("keep_top_k", keep_top_k, Wholes{1, 16, {-1}});
    f.need("nms_threshold", nms_threshold, Real{});
    f.may("confidence_threshold", confidence_threshold, Real{});
    f.may("background_label_id", background_label_id, Whole{});
    f.may("top_k", top_k, Whole{-1});
    f.may("code_type", code_type, Words{{"corner", "center_size", "corner_size"}});
    f.may("variance_encoded_in_target", variance_encoded_in_target);
    f.may("share_location", share_location);
    f.may("clip_before_nms", clip_before_nms);
    f.may("clip_after_nms", clip_after_nms);
    f.may("decrease_label_id", decrease_label_id);
    f.may("normalized", normalized);
    f.may("input_is_logits", input_is_logits);
    f.may("objectness_score", objectness_score, Real{});
    f.may("input_height", input_height, Whole{1});
    f.may("input_width", input_width, Whole{1});
  }

  void verify() const {
    require(!decrease_label_id || background_label_id == 0, "decrease_label_id needs background_label_id 0");
  }

  Signature signature() const {
    const InputRule number{Kind::number};
    return {{number, number, number, number, number}, {{0}}, 3};
  }

  int prior_size() const { return normalized ? 4 : 5; }

  std::vector<Shape> shapes(const std::vector<Shape>& in, const Extent& one) const {
    check_rank(in[0], 2, "loc");
    check_rank(in[1], 2, "conf");
    check_rank(in[2], 3, "priors");
    Extent kept = in[2][2] / prior_size() * num_classes;
    if (keep_top_k[0] > 0) {
      kept = one * keep_top_k[0];
    } else if (top_k > 0) {
      kept = one * top_k * num_classes;
    }
    return {{one, one, in[0][0] * kept, one.constant(7)}};
  }

  void check(const Tensors& in) const {
    const Tensor &loc = in[0], &conf = in[1], &priors = in[2];
    check_rank(loc, 2, "loc");
    check_rank(conf, 2, "conf");
    check_rank(priors, 3, "priors");
    const int64_t images = loc[0], n = priors[2] / prior_size();
    require(priors[2] % prior_size() == 0 && n > 0,
            "priors must be groups of " + std::to_string(prior_size()) + ", but are " + shape_text(priors.size));
    require(priors[0] == 1 || priors[0] == images, "priors are neither of one image nor of all");
    require(priors[1] == (variance_encoded_in_target ? 1 : 2), "priors must have a row of boxes and one of variances, "
            "without the latter if variance_encoded_in_target, but are " + shape_text(priors.size));
    check_shape(loc, {images, n * 4 * (share_location ? 1 : num_classes)}, "loc");
    check_shape(conf, {images, n * num_classes}, "conf");
    if (in.size() == 3) return;
    check_shape(in[3], {images, n * 2}, "aux_conf");
    check_shape(in[4], loc.size, "aux_loc");
  }

  DetectionOutputParams params(const Tensors& in, const Tensors& out) const {
    return {whole(in[1][0]),
            whole(in[2][2] / prior_size()),
            num_classes,
            whole(in[2][0]),
            static_cast<BoxCode>(code_type.index),
            variance_encoded_in_target,
            share_location,
            clip_before_nms,
            clip_after_nms,
            decrease_label_id,
            normalized,
            input_is_logits,
            background_label_id,
            top_k,
            keep_top_k[0],
            whole(out[0][2]),
            nms_threshold,
            confidence_threshold,
            objectness_score,
            input_height,
            input_width};
  }

  int64_t scratch(const Tensors& in, const Tensors& out) const { return detection_output_scratch(params(in, out)); }

  void launch(const Call& c) const {
    const DetectionOutputParams p = params(c.in, c.out);
    const DetectionBlocksScratch layout = detection_blocks_layout(p);
    check_sort(layout.lists, p.priors, layout.per_class);
    detection_output(c.stream, p, c.input(0), c.input(1), c.input(2), c.input(3), c.input(4), c.scratch, c.output(0));
  }
};

const Registered<DetectionOutputPlugin> registered;

}  // namespace
}  // namespace arhat::trt

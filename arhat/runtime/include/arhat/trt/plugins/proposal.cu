// Proposal: the best boxes of a region proposal network (OpenVINO Proposal-1, -4).
#include "../../kernels/proposal_blocks.hpp"
#include "../plugin.hpp"
#include "sorting.hpp"

namespace arhat::trt {
namespace {

// scores [N, 2 * A, H, W], deltas [N, 4 * A, H, W], image_info [3 or 4] -> boxes [N * post_nms_topn, 5]
// (image and corners), scores [N * post_nms_topn]. A = ratios * scales.
struct ProposalPlugin : Description {
  static constexpr const char* name = "Proposal";

  int32_t base_size = 0, pre_nms_topn = 0, post_nms_topn = 0, feat_stride = 0, min_size = 0;
  float nms_thresh = 0, box_size_scale = 1, box_coordinate_scale = 1;
  std::vector<float> ratio, scale;
  bool clip_before_nms = true, clip_after_nms = false, normalize = false;
  Word framework;

  template <class F>
  void fields(F& f) {
    f.need("base_size", base_size, Whole{1});
    f.need("pre_nms_topn", pre_nms_topn, Whole{1});
    f.need("post_nms_topn", post_nms_topn, Whole{1});
    f.need("nms_thresh", nms_thresh, Real{});
    f.need("feat_stride", feat_stride, Whole{1});
    f.need("min_size", min_size, Whole{0});
    const Real positive{std::numeric_limits<float>::min()};
    f.need("ratio", ratio, Reals{1, 256, positive});
    f.need("scale", scale, Reals{1, 256, positive});
    f.may("clip_before_nms", clip_before_nms);
    f.may("clip_after_nms", clip_after_nms);
    f.may("normalize", normalize);
    f.may("box_size_scale", box_size_scale, Real{});
    f.may("box_coordinate_scale", box_coordinate_scale, Real{});
    f.may("framework", framework, Words{{"", "tensorflow"}});
  }

  Signature signature() const {
    const InputRule number{Kind::number};
    return {{number, number, number}, {{0}, {0}}};
  }

  int64_t anchor_count() const { return static_cast<int64_t>(ratio.size() * scale.size()); }
  bool tensorflow() const { return framework.index == 1; }

  // The boxes around each cell, in the order of ratios, then scales. Sides are whole pixels, counted inclusively; with
  // TensorFlow they stay fractional, and boxes are centred on the cell's corner.
  std::vector<ProposalAnchor> anchors() const {
    const float offset = tensorflow() ? 0.0f : 1.0f, base = static_cast<float>(base_size);
    const float area = static_cast<float>(static_cast<double>(base_size) * base_size), center = 0.5f * (base - offset);
    const float corner = tensorflow() ? base * 0.5f : 0.0f;
    std::vector<ProposalAnchor> all;
    for (const float r : ratio) {
      float width = std::sqrt(area / r);
      if (!tensorflow()) width = std::floor(width + 0.5f);
      float height = width * r;
      if (!tensorflow()) height = std::floor(height + 0.5f);
      for (const float s : scale) {
        const float x = 0.5f * (width * s - offset), y = 0.5f * (height * s - offset);
        all.push_back({center - x - corner, center - y - corner, center + x - corner, center + y - corner});
      }
    }
    return all;
  }

  std::vector<Shape> shapes(const std::vector<Shape>& in, const Extent& one) const {
    check_rank(in[0], 4, "the scores");
    const Extent rows = in[0][0] * post_nms_topn;
    return {{rows, one.constant(5)}, {rows}};
  }

  void check(const Tensors& in) const {
    check_rank(in[0], 4, "the scores");
    const Tensor& scores = in[0];
    check_shape(scores, {scores[0], 2 * anchor_count(), scores[2], scores[3]}, "the scores");
    check_shape(in[1], {scores[0], 4 * anchor_count(), scores[2], scores[3]}, "the deltas");
    const Tensor& info = in[2];
    require(info.rank() == 1 && (info[0] == 3 || info[0] == 4),
            "image_info must have 3 or 4 values, but is " + shape_text(info.size));
  }

  ProposalParams params(const Tensors& in) const {
    const Tensor& scores = in[0];
    return {whole(scores[0]),
            whole(anchor_count()),
            whole(scores[2]),
            whole(scores[3]),
            whole(in[2][0]),
            pre_nms_topn,
            post_nms_topn,
            tensorflow(),
            clip_before_nms,
            clip_after_nms,
            normalize,
            static_cast<float>(feat_stride),
            static_cast<float>(min_size),
            nms_thresh,
            box_size_scale,
            box_coordinate_scale};
  }

  int64_t scratch(const Tensors& in, const Tensors&) const { return proposal_scratch(params(in)); }

  void launch(const Call& c) const {
    const ProposalParams p = params(c.in);
    check_sort(p.images, proposal_blocks_layout(p).boxes, p.pre_nms);
    proposal(c.stream, p, anchors().data(), c.input(0), c.input(1), c.input(2), c.scratch, c.output(0), c.output(1));
  }
};

const Registered<ProposalPlugin> registered;

}  // namespace
}  // namespace arhat::trt

// NonMaxSuppression: the best boxes of each class that overlap no better one (OpenVINO NonMaxSuppression-1 to -9).
#include "../../kernels/nms_blocks.hpp"
#include "../plugin.hpp"
#include "sorting.hpp"

namespace arhat::trt {
namespace {

// boxes [N, B, 4], scores [N, C, B] -> indices [K, 3] (image, class, box), scores [K, 3] (image, class, score), their
// number [1]. K = N * C * min(B, max_output_boxes); rows that stay free are -1.
struct NonMaxSuppressionPlugin : Description {
  static constexpr const char* name = "NonMaxSuppression";

  int32_t max_output_boxes = 0;
  float iou_threshold = 0, score_threshold = 0, soft_nms_sigma = 0;
  Word box_encoding, type;
  bool sort_result_descending = true;

  template <class F>
  void fields(F& f) {
    f.need("max_output_boxes", max_output_boxes, Whole{0});
    f.may("iou_threshold", iou_threshold, Real{});
    f.may("score_threshold", score_threshold, Real{});
    f.may("soft_nms_sigma", soft_nms_sigma, Real{0});
    f.may("box_encoding", box_encoding, Words{{"corner", "center"}});
    f.may("sort_result_descending", sort_result_descending);
    f.may("index_type", type, index_types());
  }

  Signature signature() const {
    const OutputRule index{-1, index_type(type)};
    return {{{Kind::number}, {Kind::number}}, {index, {0}, index}};
  }

  std::vector<Shape> shapes(const std::vector<Shape>& in, const Extent& one) const {
    check_rank(in[0], 3, "the boxes");
    check_rank(in[1], 3, "the scores");
    const Extent most = in[1][2].at_most(one.constant(max_output_boxes));
    const Shape rows{in[1][0] * in[1][1] * most, one.constant(3)};
    return {rows, rows, {one}};
  }

  void check(const Tensors& in) const {
    check_rank(in[1], 3, "the scores");
    check_shape(in[0], {in[1][0], in[1][2], 4}, "the boxes");
  }

  NmsParams params(const Tensors& in) const {
    const Tensor& scores = in[1];
    const int boxes = whole(scores[2]);
    return {whole(scores[0]),        whole(scores[1]), boxes,           std::min(boxes, max_output_boxes),
            box_encoding.index == 1, sort_result_descending, iou_threshold, score_threshold,
            soft_nms_sigma};
  }

  int64_t scratch(const Tensors& in, const Tensors&) const { return nms_scratch(params(in)); }

  void launch(const Call& c) const {
    const NmsParams p = params(c.in);
    check_sort(static_cast<int64_t>(p.images) * p.classes, p.boxes, p.sigma > 0 ? p.most : p.boxes);
    with_index(c.out[0].type, [&](auto zero) {
      using I = decltype(zero);
      non_max_suppression(c.stream, p, c.input(0), c.input(1), c.scratch, c.output<I>(0), c.output(1), c.output<I>(2));
    });
  }
};

const Registered<NonMaxSuppressionPlugin> registered;

}  // namespace
}  // namespace arhat::trt

// ROIPooling: boxes of a feature map in cells, the maximum or a sample of each (OpenVINO ROIPooling-1, -2).
#include "../../kernels/roi_pooling.hpp"

#include "../plugin.hpp"
#include "roi_shape.hpp"

namespace arhat::trt {
namespace {

// features [N, C, H, W], boxes [R, 5] (image and corners) -> [R, C, pooled].
struct RoiPoolingPlugin : Description {
  static constexpr const char* name = "ROIPooling";

  std::vector<int32_t> pooled;
  float spatial_scale = 1;
  Word method;

  template <class F>
  void fields(F& f) {
    f.need("pooled", pooled, Wholes{2, 2, {1}});
    f.need("spatial_scale", spatial_scale, Real{});
    f.may("method", method, Words{{"max", "bilinear"}});
  }

  Signature signature() const { return {{{Kind::number}, {Kind::number}}, {{0}}}; }

  std::vector<Shape> shapes(const std::vector<Shape>& in, const Extent& one) const {
    check_features(in);
    return {{in[1][0], in[0][1], one.constant(pooled[0]), one.constant(pooled[1])}};
  }

  void check(const Tensors& in) const { check_features(in, 5); }

  void launch(const Call& c) const {
    const RoiPoolingParams p{roi_shape(c.in[0], c.out[0]), method.index == 1, spatial_scale};
    roi_pooling(c.stream, p, c.input(0), c.input(1), c.output(0));
  }
};

const Registered<RoiPoolingPlugin> registered;

}  // namespace
}  // namespace arhat::trt

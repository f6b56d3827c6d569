// ROIAlign: mean or maximum of samples in the cells of boxes (OpenVINO ROIAlign-3, -9).
#include "../../kernels/roi_align.hpp"

#include "../plugin.hpp"
#include "roi_shape.hpp"

namespace arhat::trt {
namespace {

// features [N, C, H, W], boxes [R, 4], images of the boxes [R] -> [R, C, pooled].
struct RoiAlignPlugin : Description {
  static constexpr const char* name = "ROIAlign";

  std::vector<int32_t> pooled;
  int32_t sampling_ratio = 0;
  float spatial_scale = 1;
  Word mode, aligned_mode;

  template <class F>
  void fields(F& f) {
    f.need("pooled", pooled, Wholes{2, 2, {1}});
    f.need("sampling_ratio", sampling_ratio, Whole{0, 4095});
    f.need("spatial_scale", spatial_scale, Real{});
    f.may("mode", mode, Words{{"avg", "max"}});
    f.may("aligned_mode", aligned_mode, Words{{"asymmetric", "half_pixel_for_nn", "half_pixel"}});
  }

  Signature signature() const { return {{{Kind::number}, {Kind::number}, {Kind::index}}, {{0}}}; }

  std::vector<Shape> shapes(const std::vector<Shape>& in, const Extent& one) const {
    check_features(in);
    return {{in[1][0], in[0][1], one.constant(pooled[0]), one.constant(pooled[1])}};
  }

  void check(const Tensors& in) const {
    check_features(in, 4);
    check_shape(in[2], {in[1][0]}, "the images of the boxes");
  }

  void launch(const Call& c) const {
    const RoiAlignParams p{roi_shape(c.in[0], c.out[0]), mode.index == 1, static_cast<RoiAligned>(aligned_mode.index),
                           sampling_ratio, spatial_scale};
    with_index(c.in[2].type, [&](auto zero) {
      roi_align(c.stream, p, c.input(0), c.input(1), c.input<decltype(zero)>(2), c.output(0));
    });
  }
};

const Registered<RoiAlignPlugin> registered;

}  // namespace
}  // namespace arhat::trt

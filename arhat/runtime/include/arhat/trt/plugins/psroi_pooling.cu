// PSROIPooling: position-sensitive pooling of boxes (OpenVINO PSROIPooling-1).
#include "../../kernels/psroi_pooling.hpp"

#include "../plugin.hpp"
#include "roi_shape.hpp"

namespace arhat::trt {
namespace {

// features [N, C, H, W], boxes [R, 5] (image and corners) -> [R, output_dim, group_size, group_size].
struct PsroiPoolingPlugin : Description {
  static constexpr const char* name = "PSROIPooling";

  int32_t output_dim = 0, group_size = 0;
  float spatial_scale = 1;
  std::vector<int32_t> bins{1, 1};
  Word mode;

  template <class F>
  void fields(F& f) {
    f.need("output_dim", output_dim, Whole{1});
    f.need("group_size", group_size, Whole{1, 1 << 15});
    f.need("spatial_scale", spatial_scale, Real{});
    f.may("mode", mode, Words{{"average", "bilinear"}});
    f.may("bins", bins, Wholes{2, 2, {1, 1 << 15}});
  }

  bool bilinear() const { return mode.index == 1; }

  Signature signature() const { return {{{Kind::number}, {Kind::number}}, {{0}}}; }

  std::vector<Shape> shapes(const std::vector<Shape>& in, const Extent& one) const {
    check_features(in);
    const Extent group = one.constant(group_size);
    return {{in[1][0], one.constant(output_dim), group, group}};
  }

  void check(const Tensors& in) const {
    check_features(in, 5);
    const int64_t parts = bilinear() ? static_cast<int64_t>(bins[0]) * bins[1]
                                     : static_cast<int64_t>(group_size) * group_size;
    require(in[0][1] == output_dim * parts, "the features must have " + std::to_string(output_dim * parts) +
                                                " channels, but are " + shape_text(in[0].size));
  }

  void launch(const Call& c) const {
    const PsroiPoolingParams p{roi_shape(c.in[0], c.out[0]), bilinear(), bins[0], bins[1], spatial_scale};
    psroi_pooling(c.stream, p, c.input(0), c.input(1), c.output(0));
  }
};

const Registered<PsroiPoolingPlugin> registered;

}  // namespace
}  // namespace arhat::trt

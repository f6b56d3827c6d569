// DeformableColumns: what the elements of a deformable convolution's kernel see (OpenVINO DeformableConvolution-1, -8);
// a matrix product of it with the weights makes the convolution.
#include "../../kernels/deformable.hpp"

#include "../plugin.hpp"

namespace arhat::trt {
namespace {

// x [N, C, H, W], offsets [N, 2 * groups * kh * kw, OH, OW], optionally a mask [N, groups * kh * kw, OH, OW]
// -> [N, C * kh * kw, OH, OW].
struct DeformableColumnsPlugin : Description {
  static constexpr const char* name = "DeformableColumns";

  std::vector<int32_t> kernel, strides{1, 1}, pads_begin{0, 0}, pads_end{0, 0}, dilations{1, 1};
  int32_t deformable_groups = 1;
  bool interpolate_border = false;

  template <class F>
  void fields(F& f) {
    f.need("kernel", kernel, Wholes{2, 2, {1, 1 << 15}});
    f.may("strides", strides, Wholes{2, 2, {1}});
    f.may("pads_begin", pads_begin, Wholes{2, 2, {}});
    f.may("pads_end", pads_end, Wholes{2, 2, {}});
    f.may("dilations", dilations, Wholes{2, 2, {1}});
    f.may("deformable_groups", deformable_groups, Whole{1});
    f.may("interpolate_border", interpolate_border);
  }

  Signature signature() const {
    const InputRule number{Kind::number};
    return {{number, number, number}, {{0}}, 2};
  }

  int64_t taps() const { return static_cast<int64_t>(kernel[0]) * kernel[1]; }

  std::vector<Shape> shapes(const std::vector<Shape>& in, const Extent&) const {
    check_rank(in[0], 4, "the input");
    check_rank(in[1], 4, "the offsets");
    return {{in[0][0], in[0][1] * taps(), in[1][2], in[1][3]}};
  }

  void check(const Tensors& in) const {
    check_rank(in[0], 4, "the input");
    check_rank(in[1], 4, "the offsets");
    require(in[0][1] % deformable_groups == 0, "the channels do not fall into deformable_groups");
    const int64_t images = in[0][0], moved = deformable_groups * taps(), rows = in[1][2], columns = in[1][3];
    check_shape(in[1], {images, 2 * moved, rows, columns}, "the offsets");
    if (in.size() == 3) check_shape(in[2], {images, moved, rows, columns}, "the mask");
  }

  void launch(const Call& c) const {
    const Tensor &x = c.in[0], &y = c.out[0];
    DeformableParams p{};
    p.images = x[0];
    p.channels = x[1];
    p.height = x[2];
    p.width = x[3];
    p.out_height = y[2];
    p.out_width = y[3];
    p.kernel_height = kernel[0];
    p.kernel_width = kernel[1];
    p.stride_y = strides[0];
    p.stride_x = strides[1];
    p.dilation_y = dilations[0];
    p.dilation_x = dilations[1];
    p.pad_top = pads_begin[0];
    p.pad_left = pads_begin[1];
    p.groups = deformable_groups;
    p.interpolate_border = interpolate_border;
    fill(p.x, x.strides());
    fill(p.offsets, c.in[1].strides());
    if (c.in.size() == 3) fill(p.mask, c.in[2].strides());
    fill(p.y, y.strides());
    deformable_columns(c.stream, p, c.input(0), c.input(1), c.input(2), c.output(0));
  }
};

const Registered<DeformableColumnsPlugin> registered;

}  // namespace
}  // namespace arhat::trt

// Interpolate: resizing along any axes in the ways that TensorRT's layer does not have (OpenVINO Interpolate-1 to -11).
#include "../../kernels/interpolate.hpp"

#include "../plugin.hpp"

namespace arhat::trt {
namespace {

// x -> x with zeros around it, resized to `sizes` along `axes`.
struct InterpolatePlugin : Description {
  static constexpr const char* name = "Interpolate";

  std::vector<int32_t> axes, sizes, pads_begin, pads_end;
  std::vector<float> scales;
  Word mode, coordinate_transformation, nearest_mode;
  bool antialias = false;
  float cube_coeff = -0.75f;

  template <class F>
  void fields(F& f) {
    f.need("axes", axes, Wholes{0, 8, {0, 7}});
    f.need("sizes", sizes, Wholes{0, 8, {1}});
    f.need("scales", scales, Reals{0, 8, {std::numeric_limits<float>::min()}});
    f.may("mode", mode, Words{{"nearest", "linear", "linear_onnx", "cubic"}});
    f.may("coordinate_transformation", coordinate_transformation,
          Words{{"half_pixel", "pytorch_half_pixel", "asymmetric", "tf_half_pixel_for_nn", "align_corners"}});
    f.may("nearest_mode", nearest_mode, Words{{"round_prefer_floor", "round_prefer_ceil", "floor", "ceil", "simple"}});
    f.may("antialias", antialias);
    f.may("cube_coeff", cube_coeff, Real{});
    f.may("pads_begin", pads_begin, Wholes{0, 8, {0}});
    f.may("pads_end", pads_end, Wholes{0, 8, {0}});
  }

  void verify() const {
    require(axes.size() == sizes.size() && axes.size() == scales.size(), "axes, sizes and scales must be as many");
    for (size_t i = 0; i < axes.size(); ++i)
      require(std::count(axes.begin(), axes.end(), axes[i]) == 1, "axes must differ");
  }

  Signature signature() const { return {{{Kind::number}}, {{0}}}; }

  void check_axes(size_t rank) const {
    require(rank <= 8 && pads_begin.size() <= rank && pads_end.size() <= rank, "there are pads for too many axes");
    for (const int32_t axis : axes) check_axis(axis, rank);
  }

  std::vector<Shape> shapes(const std::vector<Shape>& in, const Extent& one) const {
    check_axes(in[0].size());
    Shape shape = in[0];
    for (size_t i = 0; i < pads_begin.size(); ++i) shape[i] = shape[i] + pads_begin[i];
    for (size_t i = 0; i < pads_end.size(); ++i) shape[i] = shape[i] + pads_end[i];
    for (size_t i = 0; i < axes.size(); ++i) shape[static_cast<size_t>(axes[i])] = one.constant(sizes[i]);
    return {shape};
  }

  void check(const Tensors& in) const { check_axes(in[0].rank()); }

  InterpolateParams params(const Tensors& in, const Tensors& out) const {
    const Tensor &x = in[0], &y = out[0];
    InterpolateParams p{};
    p.mode = static_cast<InterpolateMode>(mode.index);
    p.transform = static_cast<CoordinateTransform>(coordinate_transformation.index);
    p.nearest = static_cast<NearestMode>(nearest_mode.index);
    p.antialias = antialias;
    p.cube_coeff = cube_coeff;
    p.rank = static_cast<int>(x.rank());
    fill(p.in_size, x.size);
    fill(p.out_size, y.size);
    std::copy(pads_begin.begin(), pads_begin.end(), p.before);
    std::copy(pads_end.begin(), pads_end.end(), p.after);
    fill(p.in, x.strides());
    fill(p.out, y.strides());
    p.axes = static_cast<int>(axes.size());
    std::copy(axes.begin(), axes.end(), p.axis);
    std::copy(scales.begin(), scales.end(), p.scale);
    return p;
  }

  int64_t scratch(const Tensors& in, const Tensors& out) const { return interpolate_scratch(params(in, out)); }

  void launch(const Call& c) const {
    interpolate(c.stream, params(c.in, c.out), c.input(0), c.output(0), c.scratch);
  }
};

const Registered<InterpolatePlugin> registered;

}  // namespace
}  // namespace arhat::trt

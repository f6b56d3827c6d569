// Resample: resizing of one axis with the filters of the Pillow library (OpenVINO Interpolate-11).
#include "../../kernels/resample.hpp"

#include "../plugin.hpp"

namespace arhat::trt {
namespace {

struct ResamplePlugin : Description {
  static constexpr const char* name = "Resample";

  int32_t axis = 0, size = 1;
  Word filter;
  float cube_coeff = -0.5f;

  template <class F>
  void fields(F& f) {
    f.need("axis", axis, Whole{0, 7});
    f.need("size", size, Whole{1});
    f.may("filter", filter, Words{{"bilinear", "bicubic"}});
    f.may("cube_coeff", cube_coeff, Real{});
  }

  Signature signature() const { return {{{Kind::number}}, {{0}}}; }

  std::vector<Shape> shapes(const std::vector<Shape>& in, const Extent& one) const {
    check_axis(axis, in[0].size());
    Shape shape = in[0];
    shape[at()] = one.constant(size);
    return {shape};
  }

  void check(const Tensors& in) const { check_axis(axis, in[0].rank()); }

  size_t at() const { return static_cast<size_t>(axis); }

  ResampleParams params(const Tensor& x) const {
    return {x.range(0, at()), x[at()], size, x.range(at() + 1, x.rank()), filter.index == 1, cube_coeff};
  }

  int64_t scratch(const Tensors& in, const Tensors&) const { return resample_scratch(params(in[0])); }

  void launch(const Call& c) const { resample(c.stream, params(c.in[0]), c.input(0), c.output(0), c.scratch); }
};

const Registered<ResamplePlugin> registered;

}  // namespace
}  // namespace arhat::trt

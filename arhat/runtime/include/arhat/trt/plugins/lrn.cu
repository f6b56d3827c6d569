// LRN: x / (bias + alpha / size^k * sum of the squares around it)^beta along any k axes (OpenVINO LRN-1).
#include "../../kernels/lrn.hpp"

#include "../plugin.hpp"

namespace arhat::trt {
namespace {

struct LrnPlugin : Description {
  static constexpr const char* name = "LRN";

  std::vector<int32_t> axes;
  float alpha = 1, beta = 0.5f, bias = 1;
  int32_t size = 1;

  template <class F>
  void fields(F& f) {
    f.need("axes", axes, Wholes{0, 8, {0, 7}});
    f.need("alpha", alpha, Real{});
    f.need("beta", beta, Real{});
    f.need("bias", bias, Real{});
    f.need("size", size, Whole{1});
  }

  Signature signature() const { return {{{Kind::number}}, {{0}}}; }

  std::vector<Shape> shapes(const std::vector<Shape>& in, const Extent&) const {
    for (const int32_t axis : axes) check_axis(axis, in[0].size());
    return {in[0]};
  }

  void check(const Tensors& in) const {
    for (const int32_t axis : axes) check_axis(axis, in[0].rank());
  }

  bool sums(size_t axis) const { return std::count(axes.begin(), axes.end(), static_cast<int32_t>(axis)) != 0; }

  void launch(const Call& c) const {
    const Tensor& x = c.in[0];
    if (x.elements() == 0) return;
    LrnParams p{};
    // Neighbouring axes along which nothing is summed are one.
    int64_t stride = x.elements();
    for (size_t axis = 0; axis < x.rank(); ++axis) {
      const int64_t extent = x[axis];
      if (extent == 1) continue;
      stride /= extent;
      const int64_t half = sums(axis) ? std::min<int64_t>((size - 1) / 2, extent) : 0;
      const bool joins = p.rank > 0 && !sums(axis) && p.half[p.rank - 1] == 0;
      if (!joins) p.size[p.rank++] = 1;
      const int last = p.rank - 1;
      p.size[last] *= extent;
      p.in[last] = p.out[last] = stride;
      p.half[last] = half;
    }
    if (p.rank == 0) {
      p.rank = 1;
      p.size[0] = p.in[0] = p.out[0] = 1;
    }
    double scale = static_cast<double>(alpha);
    for (size_t i = 0; i < axes.size(); ++i) scale /= size;
    p.scale = static_cast<float>(scale);
    p.beta = beta;
    p.bias = bias;
    lrn(c.stream, p, c.input(0), c.output(0));
  }
};

const Registered<LrnPlugin> registered;

}  // namespace
}  // namespace arhat::trt

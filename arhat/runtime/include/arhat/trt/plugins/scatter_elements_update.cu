// ScatterElementsUpdate: elements replaced by or reduced with updates (OpenVINO ScatterElementsUpdate-3, -12).
#include "../../kernels/scatter.hpp"

#include "../plugin.hpp"

namespace arhat::trt {
namespace {

// x, indices, updates like indices: positions along `axis` -> like x.
struct ScatterElementsUpdatePlugin : Description {
  static constexpr const char* name = "ScatterElementsUpdate";

  int32_t axis = 0;
  Word reduction;
  bool use_init_val = true;

  template <class F>
  void fields(F& f) {
    f.need("axis", axis, Whole{0, 7});
    f.may("reduction", reduction, Words{{"none", "sum", "prod", "min", "max", "mean"}});
    f.may("use_init_val", use_init_val);
  }

  Signature signature() const { return {{{Kind::element}, {Kind::index}, {Kind::element, 0}}, {{0}}}; }

  std::vector<Shape> shapes(const std::vector<Shape>& in, const Extent&) const {
    check_axis(axis, in[0].size());
    return {in[0]};
  }

  void check(const Tensors& in) const {
    check_axis(axis, in[0].rank());
    check_rank(in[1], in[0].rank(), "the indices");
    check_shape(in[2], in[1].size, "the updates");
    for (size_t i = 0; i < in[0].rank(); ++i)
      require(i == static_cast<size_t>(axis) || in[1][i] <= in[0][i],
              "the indices, " + shape_text(in[1].size) + ", reach beyond " + shape_text(in[0].size));
  }

  // A mean counts the updates of each element.
  int64_t scratch(const Tensors& in, const Tensors&) const {
    return reduction.index == 5 ? round_up_bytes(in[0].elements() * 4) : 0;
  }

  void launch(const Call& c) const {
    const Tensor &x = c.in[0], &indices = c.in[1];
    const size_t at = static_cast<size_t>(axis);
    const std::vector<int64_t> in = x.strides(), of = indices.strides();
    ScatterElementsParams p{};
    p.rank = static_cast<int>(x.rank());
    fill(p.size, indices.size);
    fill(p.in, in);
    fill(p.at, of);
    p.size[at] = 1;
    p.count = indices[at];
    p.extent = x[at];
    p.axis_in = in[at];
    p.axis_at = of[at];
    p.initial = use_init_val;
    if (reduction.index == 0) return run<Scatter::none>(c, p);
    if (reduction.index == 1) return run<Scatter::sum>(c, p);
    if (reduction.index == 2) return run<Scatter::prod>(c, p);
    if (reduction.index == 3) return run<Scatter::min>(c, p);
    if (reduction.index == 4) return run<Scatter::max>(c, p);
    run<Scatter::mean>(c, p);
  }

 private:
  template <Scatter kind>
  static void run(const Call& c, const ScatterElementsParams& p) {
    with_element(c.in[0].type, [&](auto number) {
      with_index(c.in[1].type, [&](auto position) {
        using T = decltype(number);
        using I = decltype(position);
        scatter_elements<kind>(c.stream, p, c.in[0].elements(), c.input<T>(0), c.input<I>(1), c.input<T>(2),
                               c.output<T>(0), c.scratch);
      });
    });
  }
};

const Registered<ScatterElementsUpdatePlugin> registered;

}  // namespace
}  // namespace arhat::trt

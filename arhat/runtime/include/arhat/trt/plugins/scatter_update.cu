// ScatterUpdate: slices replaced by or reduced with updates (OpenVINO ScatterUpdate-3, ScatterNDUpdate-4, -15).
#include "../../kernels/scatter.hpp"

#include "../plugin.hpp"

namespace arhat::trt {
namespace {

// x, indices [..., depth], updates: a tuple of `depth` positions names a slice along the axes from `axis` on -> like x.
struct ScatterUpdatePlugin : Description {
  static constexpr const char* name = "ScatterUpdate";

  int32_t axis = 0;
  Word reduction;

  template <class F>
  void fields(F& f) {
    f.may("axis", axis, Whole{0, 7});
    f.may("reduction", reduction, Words{{"none", "sum", "sub", "prod", "min", "max"}});
  }

  Signature signature() const { return {{{Kind::element}, {Kind::index}, {Kind::element, 0}}, {{0}}}; }

  std::vector<Shape> shapes(const std::vector<Shape>& in, const Extent&) const { return {in[0]}; }

  size_t at() const { return static_cast<size_t>(axis); }

  void check(const Tensors& in) const {
    const Tensor &x = in[0], &indices = in[1];
    require(indices.rank() > 0 && indices.size.back() >= 0 &&
                at() + static_cast<size_t>(indices.size.back()) <= x.rank(),
            "tuples of " + shape_text(indices.size) + " do not fit " + shape_text(x.size));
    std::vector<int64_t> size(x.size.begin(), x.size.begin() + axis);
    size.insert(size.end(), indices.size.begin(), indices.size.end() - 1);
    size.insert(size.end(), x.size.begin() + axis + indices.size.back(), x.size.end());
    check_shape(in[2], size, "the updates");
  }

  void launch(const Call& c) const {
    const Tensor &x = c.in[0], &indices = c.in[1];
    const size_t depth = static_cast<size_t>(indices.size.back()), rank = indices.rank();
    ScatterParams p{x.range(0, at()), indices.range(0, rank - 1), x.range(at() + depth, x.rank()),
                    static_cast<int>(depth), {}};
    std::copy(x.size.begin() + axis, x.size.begin() + axis + static_cast<int64_t>(depth), p.extent);
    if (reduction.index == 0) return run<Scatter::none>(c, p);
    if (reduction.index == 1) return run<Scatter::sum>(c, p);
    if (reduction.index == 2) return run<Scatter::sub>(c, p);
    if (reduction.index == 3) return run<Scatter::prod>(c, p);
    if (reduction.index == 4) return run<Scatter::min>(c, p);
    run<Scatter::max>(c, p);
  }

 private:
  template <Scatter kind>
  static void run(const Call& c, const ScatterParams& p) {
    with_element(c.in[0].type, [&](auto number) {
      with_index(c.in[1].type, [&](auto position) {
        using T = decltype(number);
        using I = decltype(position);
        scatter<kind>(c.stream, p, c.input<T>(0), c.input<I>(1), c.input<T>(2), c.output<T>(0));
      });
    });
  }
};

const Registered<ScatterUpdatePlugin> registered;

}  // namespace
}  // namespace arhat::trt

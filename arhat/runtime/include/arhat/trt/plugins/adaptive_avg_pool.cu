// AdaptiveAvgPool: the mean of each of so many windows that cover the input (OpenVINO AdaptiveAvgPool-8).
#include "../plugin.hpp"
#include "windows.hpp"

namespace arhat::trt {
namespace {

// x [N, C, 1 to 3 axes] -> [N, C, sizes].
struct AdaptiveAvgPoolPlugin : Description {
  static constexpr const char* name = "AdaptiveAvgPool";

  std::vector<int32_t> sizes;

  template <class F>
  void fields(F& f) {
    f.need("sizes", sizes, Wholes{1, 3, {1}});
  }

  Signature signature() const { return {{{Kind::number}}, {{0}}}; }

  void check_axes(size_t rank) const {
    require(spatial_axes(rank) == sizes.size(), "sizes does not have as many values as there are axes to pool");
  }

  std::vector<Shape> shapes(const std::vector<Shape>& in, const Extent& one) const {
    check_axes(in[0].size());
    Shape shape(in[0].begin(), in[0].begin() + 2);
    for (const int32_t size : sizes) shape.push_back(one.constant(size));
    return {shape};
  }

  void check(const Tensors& in) const { check_axes(in[0].rank()); }

  void launch(const Call& c) const {
    average_windows(c.stream, pool_windows(c.in[0], c.out[0]), c.input(0), c.output(0));
  }
};

const Registered<AdaptiveAvgPoolPlugin> registered;

}  // namespace
}  // namespace arhat::trt

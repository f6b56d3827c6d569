// AdaptiveMaxPool: the largest element of each of so many windows, and where it stands (OpenVINO AdaptiveMaxPool-8).
#include "../plugin.hpp"
#include "windows.hpp"

namespace arhat::trt {
namespace {

// x [N, C, 1 to 3 axes] -> [N, C, sizes], and indices in the volume of a channel.
struct AdaptiveMaxPoolPlugin : Description {
  static constexpr const char* name = "AdaptiveMaxPool";

  std::vector<int32_t> sizes;
  Word type;

  template <class F>
  void fields(F& f) {
    f.need("sizes", sizes, Wholes{1, 3, {1}});
    f.may("index_type", type, index_types());
  }

  Signature signature() const { return {{{Kind::element}}, {{0}, {-1, index_type(type)}}}; }

  void check_axes(size_t rank) const {
    require(spatial_axes(rank) == sizes.size(), "sizes does not have as many values as there are axes to pool");
  }

  std::vector<Shape> shapes(const std::vector<Shape>& in, const Extent& one) const {
    check_axes(in[0].size());
    Shape shape(in[0].begin(), in[0].begin() + 2);
    for (const int32_t size : sizes) shape.push_back(one.constant(size));
    return {shape, shape};
  }

  void check(const Tensors& in) const { check_axes(in[0].rank()); }

  void launch(const Call& c) const {
    const Tensor& x = c.in[0];
    const PoolWindows w = pool_windows(x, c.out[0]);
    with_element(x.type, [&](auto number) {
      with_index(c.out[1].type, [&](auto position) {
        using T = decltype(number);
        using I = decltype(position);
        max_pool_windows(c.stream, w, c.input<T>(0), c.output<T>(0), c.output<I>(1), x.range(2, x.rank()));
      });
    });
  }
};

const Registered<AdaptiveMaxPoolPlugin> registered;

}  // namespace
}  // namespace arhat::trt

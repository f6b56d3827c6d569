// NonZero: positions of the elements that are not zero (OpenVINO NonZero-3).
#include "../../kernels/nms_blocks.hpp"
#include "../plugin.hpp"

namespace arhat::trt {
namespace {

// x -> positions [rank, elements], -1 behind the last; their number [1].
struct NonZeroPlugin : Description {
  static constexpr const char* name = "NonZero";

  Word type;

  template <class F>
  void fields(F& f) {
    f.may("index_type", type, index_types());
  }

  Signature signature() const {
    const OutputRule index{-1, index_type(type)};
    return {{{Kind::element}}, {index, index}};
  }

  std::vector<Shape> shapes(const std::vector<Shape>& in, const Extent& one) const {
    const int64_t rank = static_cast<int64_t>(in[0].size());
    return {{one.constant(rank), rank == 0 ? one : product(in[0], 0, in[0].size())}, {one}};
  }

  void launch(const Call& c) const {
    const Tensor& x = c.in[0];
    NonZeroParams p{x.elements(), static_cast<int>(x.rank()), {}};
    fill(p.size, x.size);
    with_element(x.type, [&](auto number) {
      with_index(c.out[0].type, [&](auto position) {
        using T = decltype(number);
        using I = decltype(position);
        non_zero(c.stream, p, c.input<T>(0), c.output<I>(0), c.output<I>(1));
      });
    });
  }
};

const Registered<NonZeroPlugin> registered;

}  // namespace
}  // namespace arhat::trt

// TopK: the k best elements along an axis and their positions, for any k and in the order of positions too (OpenVINO
// TopK-1, -3, -11).
#include "../../kernels/topk_blocks.hpp"
#include "../plugin.hpp"
#include "sorting.hpp"

namespace arhat::trt {
namespace {

// x -> the elements, their positions; k of them along `axis`.
struct TopKPlugin : Description {
  static constexpr const char* name = "TopK";

  int32_t axis = 0, k = 0;
  Word mode, sort, type;

  template <class F>
  void fields(F& f) {
    f.need("axis", axis, Whole{0, 7});
    f.need("k", k, Whole{0});
    f.may("mode", mode, Words{{"max", "min"}});
    f.may("sort", sort, Words{{"value", "index"}});
    f.may("index_type", type, index_types());
  }

  Signature signature() const { return {{{Kind::element}}, {{0}, {-1, index_type(type)}}}; }

  std::vector<Shape> shapes(const std::vector<Shape>& in, const Extent& one) const {
    check_axis(axis, in[0].size());
    Shape shape = in[0];
    shape[at()] = one.constant(k);
    return {shape, shape};
  }

  void check(const Tensors& in) const {
    check_axis(axis, in[0].rank());
    require(k <= in[0][at()], "there are not " + std::to_string(k) + " elements along axis " + std::to_string(axis) +
                                  " of " + shape_text(in[0].size));
  }

  size_t at() const { return static_cast<size_t>(axis); }

  TopKParams params(const Tensor& x) const {
    return {x.range(0, at()), x[at()], x.range(at() + 1, x.rank()), k, mode.index == 0, sort.index == 1};
  }

  static int64_t element(const Tensor& x) { return x.type == DataType::kINT64 ? 8 : 4; }

  int64_t scratch(const Tensors& in, const Tensors&) const { return topk_scratch_cuda(params(in[0]), element(in[0])); }

  void launch(const Call& c) const {
    const TopKParams p = params(c.in[0]);
    void* const scratch = topk_scratch_cuda(p, element(c.in[0])) != 0 ? c.scratch : nullptr;
    if (scratch != nullptr) check_sort(p.outer * p.inner, p.extent, p.extent);
    with_element(c.in[0].type, [&](auto number) {
      with_index(c.out[1].type, [&](auto position) {
        using T = decltype(number);
        using I = decltype(position);
        topk(c.stream, p, c.input<T>(0), c.output<T>(0), c.output<I>(1), scratch);
      });
    });
  }
};

const Registered<TopKPlugin> registered;

}  // namespace
}  // namespace arhat::trt

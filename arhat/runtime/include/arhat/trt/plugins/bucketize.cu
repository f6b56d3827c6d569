// Bucketize: the interval between sorted buckets that each element lies in (OpenVINO Bucketize-3).
#include "../../kernels/gather.hpp"

#include "../plugin.hpp"

namespace arhat::trt {
namespace {

// x, buckets [B] -> intervals, 0 to B, like x.
struct BucketizePlugin : Description {
  static constexpr const char* name = "Bucketize";

  bool right_bound = true;
  Word type;

  template <class F>
  void fields(F& f) {
    f.may("right_bound", right_bound);
    f.may("index_type", type, index_types());
  }

  Signature signature() const { return {{{Kind::element}, {Kind::element, 0}}, {{-1, index_type(type)}}}; }

  std::vector<Shape> shapes(const std::vector<Shape>& in, const Extent&) const { return {in[0]}; }

  void check(const Tensors& in) const { check_rank(in[1], 1, "the buckets"); }

  void launch(const Call& c) const {
    with_element(c.in[0].type, [&](auto number) {
      with_index(c.out[0].type, [&](auto position) {
        using T = decltype(number);
        using I = decltype(position);
        bucketize(c.stream, c.in[0].elements(), c.in[1].elements(), right_bound, c.input<T>(0), c.input<T>(1),
                  c.output<I>(0));
      });
    });
  }
};

const Registered<BucketizePlugin> registered;

}  // namespace
}  // namespace arhat::trt

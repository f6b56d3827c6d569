// MaxPool with indices: the largest element of each window and where it stands (OpenVINO MaxPool-8, -14).
#include "../plugin.hpp"
#include "windows.hpp"

namespace arhat::trt {
namespace {

// x [N, C, 1 to 3 axes] -> the elements, and their indices, counted from the axis `axis` on.
struct MaxPoolPlugin : Description {
  static constexpr const char* name = "MaxPool";

  std::vector<int32_t> kernel, strides, pads_begin, pads_end, dilations;
  Word rounding, type;
  int32_t axis = 0;

  template <class F>
  void fields(F& f) {
    f.need("kernel", kernel, Wholes{1, 3, {1}});
    f.need("strides", strides, Wholes{1, 3, {1}});
    f.need("pads_begin", pads_begin, Wholes{1, 3, {0}});
    f.need("pads_end", pads_end, Wholes{1, 3, {0}});
    f.need("dilations", dilations, Wholes{1, 3, {1}});
    f.may("rounding", rounding, Words{{"floor", "ceil", "ceil_torch"}});
    f.may("axis", axis, Whole{0, 4});
    f.may("index_type", type, index_types());
  }

  void verify() const {
    for (const std::vector<int32_t>* list : {&strides, &pads_begin, &pads_end, &dilations})
      require(list->size() == kernel.size(), "kernel, strides, pads_begin, pads_end and dilations must be as long");
  }

  Signature signature() const { return {{{Kind::element}}, {{0}, {-1, index_type(type)}}}; }

  int64_t reach(size_t i) const { return static_cast<int64_t>(kernel[i] - 1) * dilations[i] + 1; }

  void check_axes(size_t rank) const {
    require(spatial_axes(rank) == kernel.size(), "kernel does not have as many values as there are axes to pool");
    check_axis(axis, rank);
  }

  std::vector<Shape> shapes(const std::vector<Shape>& in, const Extent&) const {
    check_axes(in[0].size());
    Shape shape(in[0].begin(), in[0].begin() + 2);
    for (size_t i = 0; i < kernel.size(); ++i) {
      const Extent padded = in[0][i + 2] + pads_begin[i];
      const Extent room = padded + pads_end[i] + -reach(i);
      Extent count = (rounding.index == 0 ? room / strides[i] : room.divided_up(strides[i])) + 1;
      // A last window that starts in the padding behind the input is left out.
      if (rounding.index == 2) count = count - (padded + -1).less_than((count + -1) * strides[i]);
      shape.push_back(count);
    }
    return {shape, shape};
  }

  void check(const Tensors& in) const {
    check_axes(in[0].rank());
    for (size_t i = 0; i < kernel.size(); ++i)
      require(in[0][i + 2] + pads_begin[i] + pads_end[i] >= reach(i), "a window does not fit the padded input");
  }

  void launch(const Call& c) const {
    const Tensor& x = c.in[0];
    PoolWindows w = pool_windows(x, c.out[0]);
    fill_axes(w.kernel, kernel, 1);
    fill_axes(w.stride, strides, 1);
    fill_axes(w.dilation, dilations, 1);
    fill_axes(w.pad, pads_begin, 0);
    const int64_t period = x.range(static_cast<size_t>(axis), x.rank());
    with_element(x.type, [&](auto number) {
      with_index(c.out[1].type, [&](auto position) {
        using T = decltype(number);
        using I = decltype(position);
        max_pool_windows(c.stream, w, c.input<T>(0), c.output<T>(0), c.output<I>(1), period);
      });
    });
  }
};

const Registered<MaxPoolPlugin> registered;

}  // namespace
}  // namespace arhat::trt

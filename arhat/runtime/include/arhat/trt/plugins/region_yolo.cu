// RegionYolo: activations of a YOLO head (OpenVINO RegionYolo-1).
#include "../../kernels/region_yolo.hpp"

#include "../plugin.hpp"

namespace arhat::trt {
namespace {

// [N, regions * (coords + 1 + classes), H, W] -> the same, or flat from `axis` to `end_axis` with do_softmax.
struct RegionYoloPlugin : Description {
  static constexpr const char* name = "RegionYolo";

  int32_t coords = 4, classes = 0, num = 0, axis = 1, end_axis = 3;
  std::vector<int32_t> mask;
  std::vector<float> anchors;
  bool do_softmax = true;

  template <class F>
  void fields(F& f) {
    f.need("coords", coords, Whole{2, 1 << 20});
    f.need("classes", classes, Whole{1, 1 << 20});
    f.need("num", num, Whole{0, 1 << 20});
    f.may("axis", axis, Whole{0, 3});
    f.may("end_axis", end_axis, Whole{0, 3});
    f.may("mask", mask, Wholes{});
    f.may("anchors", anchors, Reals{});
    f.may("do_softmax", do_softmax);
  }

  int32_t regions() const { return do_softmax ? num : static_cast<int32_t>(mask.size()); }

  void verify() const {
    require(regions() >= 1, do_softmax ? "num must be at least 1" : "mask must not be empty without do_softmax");
    require(axis <= end_axis, "axis must not be behind end_axis");
  }

  Signature signature() const { return {{{Kind::number}}, {{0}}}; }

  std::vector<Shape> shapes(const std::vector<Shape>& in, const Extent&) const {
    check_rank(in[0], 4, "the input");
    if (!do_softmax) return {in[0]};
    Shape shape(in[0].begin(), in[0].begin() + axis);
    shape.push_back(product(in[0], static_cast<size_t>(axis), static_cast<size_t>(end_axis) + 1));
    shape.insert(shape.end(), in[0].begin() + end_axis + 1, in[0].end());
    return {shape};
  }

  void check(const Tensors& in) const {
    check_rank(in[0], 4, "the input");
    const int64_t channels = static_cast<int64_t>(regions()) * (coords + 1 + classes);
    require(in[0][1] == channels,
            "the input must have " + std::to_string(channels) + " channels, but is " + shape_text(in[0].size));
  }

  void launch(const Call& c) const {
    const Tensor& x = c.in[0];
    const std::vector<int64_t> strides = x.strides();
    const RegionYoloParams p{whole(x[0]), regions(),  coords,     classes,    whole(x[2]), whole(x[3]),
                             do_softmax,  strides[0], strides[1], strides[2], strides[3]};
    region_yolo(c.stream, p, c.input(0), c.output(0));
  }
};

const Registered<RegionYoloPlugin> registered;

}  // namespace
}  // namespace arhat::trt

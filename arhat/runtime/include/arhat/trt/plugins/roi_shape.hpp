// What plugins over boxes of a feature map share.
#pragma once

#include "../../kernels/roi.hpp"
#include "../plugin_tensors.hpp"

namespace arhat::trt {

inline RoiShape roi_shape(const Tensor& x, const Tensor& y) {
  RoiShape shape{whole(x[0]), whole(x[1]), whole(x[2]), whole(x[3]), whole(y[0]), whole(y[1]), whole(y[2]), whole(y[3]),
                 {},          {}};
  fill(shape.in, x.strides());
  fill(shape.out, y.strides());
  return shape;
}

inline void check_features(const Tensors& in, int64_t sides) {
  check_rank(in[0], 4, "the features");
  check_rank(in[1], 2, "the boxes");
  check_shape(in[1], {in[1][0], sides}, "the boxes");
}

inline void check_features(const std::vector<Shape>& in) {
  check_rank(in[0], 4, "the features");
  check_rank(in[1], 2, "the boxes");
}

}  // namespace arhat::trt

// What plugins that pool share: windows along one to three axes.
#pragma once

#include "../../kernels/pooling.hpp"
#include "../plugin_tensors.hpp"

namespace arhat::trt {

inline size_t spatial_axes(size_t rank) {
  require(rank >= 3 && rank <= 5, "the input must have rank 3 to 5, but has rank " + std::to_string(rank));
  return rank - 2;
}

// A list with one value for each of three axes.
template <class T>
void fill_axes(int64_t (&to)[3], const std::vector<T>& values, int64_t absent) {
  std::fill(to, to + 3, absent);
  std::copy(values.begin(), values.end(), to + (3 - values.size()));
}

// The extents of x and y; windows cover the input until they are given a size.
inline PoolWindows pool_windows(const Tensor& x, const Tensor& y) {
  PoolWindows w{};
  w.planes = x.range(0, 2);
  fill_axes(w.in, std::vector<int64_t>(x.size.begin() + 2, x.size.end()), 1);
  fill_axes(w.out, std::vector<int64_t>(y.size.begin() + 2, y.size.end()), 1);
  fill_axes(w.kernel, std::vector<int64_t>(x.rank() - 2, 0), 1);
  for (int i = 0; i < 3; ++i) w.stride[i] = w.dilation[i] = 1;
  return w;
}

}  // namespace arhat::trt

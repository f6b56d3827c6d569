// From the extents of a product to what cuBLASLt is asked for: strides, one batch axis, the rest in a loop.
// Nothing here calls CUDA.
#pragma once

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <vector>

#include "../tables.hpp"

namespace arhat {

// y[m,n] = a[m,k] b[k,n], `batch` times, each operand its stride (in elements, 0 where it is broadcast) further on;
// all of it once for each of `offsets`.
struct ProductShape {
  struct Offsets {
    int64_t a, b, y;
  };
  int64_t m = 1, n = 1, k = 1;
  int64_t batch = 1, a_stride = 0, b_stride = 0, y_stride = 0;
  std::vector<Offsets> offsets;
  bool valid = true;  // the extents fit each other
};

// Extents of the operands as they lie in memory, row-major; batch axes broadcast as NumPy does it.
inline ProductShape product_shape(const Dims& a, const Dims& b, const Dims& y, bool transpose_a, bool transpose_b) {
  struct Axis {
    int64_t extent, a, b, y;
  };
  const auto extent = [](const Dims& dims, int from_last) {
    return from_last < dims.rank ? dims.d[dims.rank - 1 - from_last] : 1;
  };
  ProductShape s;
  s.m = extent(y, 1);
  s.n = extent(y, 0);
  s.k = extent(a, transpose_a ? 1 : 0);
  s.valid = a.rank >= 2 && b.rank >= 2 && y.rank >= 2 && a.rank <= y.rank && b.rank <= y.rank &&
            extent(a, transpose_a ? 0 : 1) == s.m && extent(b, transpose_b ? 1 : 0) == s.n &&
            extent(b, transpose_b ? 0 : 1) == s.k;
  int64_t a_stride = s.m * s.k, b_stride = s.k * s.n, y_stride = s.m * s.n;
  std::vector<Axis> axes;  // innermost first; neighbours that can be counted through as one are one
  for (int i = 2; i < y.rank; ++i) {
    const int64_t count = extent(y, i), of_a = extent(a, i), of_b = extent(b, i);
    s.valid = s.valid && (of_a == count || of_a == 1) && (of_b == count || of_b == 1);
    const Axis axis{count, of_a == 1 ? 0 : a_stride, of_b == 1 ? 0 : b_stride, y_stride};
    a_stride *= of_a;
    b_stride *= of_b;
    y_stride *= count;
    if (count == 1) continue;
    if (!axes.empty()) {
      Axis& inner = axes.back();
      if (axis.a == inner.a * inner.extent && axis.b == inner.b * inner.extent) {
        inner.extent *= count;
        continue;
      }
    }
    axes.push_back(axis);
  }
  // A batch of products with the same b is one product with more rows.
  if (!axes.empty() && !transpose_a && axes[0].b == 0 && axes[0].a == s.m * s.k) {
    s.m *= axes[0].extent;
    axes.erase(axes.begin());
  }
  if (!axes.empty()) {
    s.batch = axes[0].extent;
    s.a_stride = axes[0].a;
    s.b_stride = axes[0].b;
    s.y_stride = axes[0].y;
    axes.erase(axes.begin());
  }
  s.offsets.push_back({0, 0, 0});
  for (const Axis& axis : axes) {
    const size_t inner = s.offsets.size();
    for (int64_t i = 1; i < axis.extent; ++i)
      for (size_t j = 0; j < inner; ++j)
        s.offsets.push_back({s.offsets[j].a + i * axis.a, s.offsets[j].b + i * axis.b, s.offsets[j].y + i * axis.y});
  }
  return s;
}

// The largest power of two, at most `most`, of which all the distances are multiples; all in bytes.
inline uint32_t common_alignment(uint32_t most, const std::vector<int64_t>& distances) {
  uint64_t divisor = most;
  for (const int64_t distance : distances) divisor = std::gcd(divisor, static_cast<uint64_t>(distance));
  return static_cast<uint32_t>(divisor);
}

}  // namespace arhat

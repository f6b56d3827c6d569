// Matrix products of integers (OpenVINO MatMul-1). Those of floats are in arhat/cpu.
#pragma once

#include <type_traits>

#include "launch.hpp"

namespace arhat {

// The axes of the result, its rows and columns last. Strides in elements, 0 along the axes over which an operand is
// broadcast; the result is dense. `depth` products are added up, so far apart in each operand.
struct ProductParams {
  int rank;
  int64_t size[8], a[8], b[8];
  int64_t depth, a_step, b_step;
};

inline namespace ARHAT_ISA {

// Index: element of the result. Sums wrap around.
template <class T>
struct ProductElement {
  ProductParams p;
  const T* a;
  const T* b;
  T* y;

  ARHAT_HD void operator()(int64_t index) const {
    int64_t left = 0, right = 0, rest = index;
    for (int i = p.rank - 1; i >= 0; --i) {
      const int64_t at = rest % p.size[i];
      rest /= p.size[i];
      left += at * p.a[i];
      right += at * p.b[i];
    }
    uint64_t sum = 0;
    for (int64_t k = 0; k < p.depth; ++k)
      sum += static_cast<uint64_t>(a[left + k * p.a_step]) * static_cast<uint64_t>(b[right + k * p.b_step]);
    y[index] = static_cast<T>(sum);
  }
};

template <class T>
void product(Context context, const ProductParams& p, const T* a, const T* b, T* y) {
  static_assert(std::is_integral_v<T>, "sums of floats depend on their order");
  int64_t count = 1;
  for (int i = 0; i < p.rank; ++i) count *= p.size[i];
  launch(context, count, ProductElement<T>{p, a, b, y}, 1 + (1 << 12) / (p.depth + 1));
}

}  // namespace ARHAT_ISA
}  // namespace arhat

// x / (bias + scale * sum of the squares around it) ^ beta (OpenVINO LRN-1; `scale` is alpha / number of elements).
#pragma once

#include <type_traits>

#include "launch.hpp"

namespace arhat {

// Axes in the order of memory, strides in elements. The sum goes over `half` neighbours to either side on each axis, as
// far as they exist; 0 where an axis takes no part. rank is at least 1.
struct LrnParams {
  int rank;
  int64_t size[8], in[8], out[8], half[8];
  float scale, beta, bias;
};

inline namespace ARHAT_ISA {

// Calls f(offset) for each neighbour on the first `axes` axes of the element at these coordinates, itself included;
// offsets from that element. Quotients are computed in integers of type I.
template <class I = int64_t, class F>
ARHAT_HD void for_each_neighbour(const LrnParams& p, int axes, const int64_t* at, F f) {
  int64_t low[8] = {}, extent[8] = {}, count = 1;
  for (int i = 0; i < axes; ++i) {
    low[i] = larger(-p.half[i], -at[i]);
    extent[i] = smaller(p.half[i], p.size[i] - 1 - at[i]) - low[i] + 1;
    count *= extent[i];
  }
  for (int64_t number = 0; number < count; ++number) {
    int64_t offset = 0;
    I rest = static_cast<I>(number);
    for (int i = axes - 1; i >= 0; --i) {
      offset += (low[i] + static_cast<int64_t>(rest % static_cast<I>(extent[i]))) * p.in[i];
      rest /= static_cast<I>(extent[i]);
    }
    f(offset);
  }
}

// Index: element.
template <class T, class I = int64_t>
struct LrnElement {
  LrnParams p;
  const T* x;
  T* y;

  ARHAT_HD void operator()(int64_t index) const {
    int64_t at[8] = {}, in = 0, out = 0;
    I left = static_cast<I>(index);
    for (int i = p.rank - 1; i >= 0; --i) {
      at[i] = static_cast<int64_t>(left % static_cast<I>(p.size[i]));
      left /= static_cast<I>(p.size[i]);
      in += at[i] * p.in[i];
      out += at[i] * p.out[i];
    }
    const T* from = x + in;
    T sum = 0;
    for_each_neighbour<I>(p, p.rank, at, [&](int64_t offset) { sum += from[offset] * from[offset]; });
    const T base = static_cast<T>(p.bias) + static_cast<T>(p.scale) * sum;
    y[out] = *from / std::pow(base, static_cast<T>(p.beta));
  }
};

#ifndef __CUDACC__

// Elements [first, first + VL) of a row of n, zero outside of it.
ARHAT_INLINE vf load_within(const float* row, int64_t first, int64_t n) {
  if (first >= 0 && first + VL <= n) return load(row + first);
  vf x{};
  for (int i = 0; i < VL; ++i)
    if (first + i >= 0 && first + i < n) x[i] = row[first + i];
  return x;
}

// x / base ^ beta.
ARHAT_INLINE vf lrn_divide(vf x, vf base, float beta) {
  vf power = vexp(vlog(base) * -beta);
  const vi special = ~(base > vf{});  // zero, negative, not a number
  int any = 0;
  for (int i = 0; i < VL; ++i) any |= special[i];
  if (any != 0)
    for (int i = 0; i < VL; ++i) power[i] = 1.f / std::pow(base[i], beta);
  return x * power;
}

// Index: vector of the innermost axis, whose elements lie side by side.
struct LrnVectors {
  LrnParams p;
  int64_t blocks;  // of a row
  const float* x;
  float* y;

  void operator()(int64_t index) const {
    const int inner = p.rank - 1;
    const int64_t n = p.size[inner], half = p.half[inner], first = index % blocks * VL;
    int64_t at[8] = {}, in = 0, out = 0, rest = index / blocks;
    for (int i = inner - 1; i >= 0; --i) {
      at[i] = rest % p.size[i];
      rest /= p.size[i];
      in += at[i] * p.in[i];
      out += at[i] * p.out[i];
    }
    vf sum{};
    for_each_neighbour(p, inner, at, [&](int64_t offset) {
      const float* row = x + in + offset;
      const int64_t last = smaller(half, n - 1 - first);
      for (int64_t d = larger(-half, 1 - first - VL); d <= last; ++d) {
        const vf v = load_within(row, first + d, n);
        sum += v * v;
      }
    });
    const vf result = lrn_divide(load_within(x + in, first, n), sum * p.scale + p.bias, p.beta);
    store_first(y + out + first, result, static_cast<int>(smaller<int64_t>(VL, n - first)));
  }
};

#endif

template <class T>
void lrn(Context context, const LrnParams& p, const T* x, T* y) {
  int64_t count = 1;
  for (int i = 0; i < p.rank; ++i) count *= p.size[i];
  if (count == 0) return;
#ifndef __CUDACC__
  if constexpr (std::is_same_v<T, float>) {
    const int inner = p.rank - 1;
    if (p.in[inner] == 1 && p.out[inner] == 1) {
      const int64_t blocks = (p.size[inner] + VL - 1) / VL;
      return launch(context, count / p.size[inner] * blocks, LrnVectors{p, blocks, x, y}, 64);
    }
  }
#else
  if (count < int64_t{1} << 31) return launch(context, count, LrnElement<T, uint32_t>{p, x, y});
#endif
  launch(context, count, LrnElement<T>{p, x, y}, 256);
}

}  // namespace ARHAT_ISA
}  // namespace arhat

// Drivers of generated element-wise functions: y[i] = f(a[i], b[i], ...) over strided operands with broadcast.
#pragma once

#include <cstddef>
#include <type_traits>
#include <utility>

#include "launch.hpp"
#include "math.hpp"

namespace arhat {

// Strides in elements, 0 along the axes over which an operand is broadcast. Axes in the order of the output's memory;
// rank is at least 1.
template <int Inputs>
struct ElementwiseParams {
  int rank;
  int64_t size[8];
  int64_t out[8];
  int64_t in[Inputs][8];
};

inline namespace ARHAT_ISA {

// Index: element.
template <class F, class Out, class... In>
struct ElementwiseFunctor {
  static constexpr int N = static_cast<int>(sizeof...(In));
  ElementwiseParams<N> p;
  F f;
  Out* y;
  const void* x[N];

  // Moves `out` and `in` from element 0 to element `index` of the first `rank` axes.
  ARHAT_HD void seek(int64_t index, int rank, int64_t* in, int64_t& out) const {
    for (int i = rank - 1; i >= 0; --i) {
      const int64_t at = index % p.size[i];
      index /= p.size[i];
      out += at * p.out[i];
      for (int k = 0; k < N; ++k) in[k] += at * p.in[k][i];
    }
  }

  template <size_t... I>
  ARHAT_HD Out apply(const int64_t* in, std::index_sequence<I...>) const {
    return static_cast<Out>(f(static_cast<const In*>(x[I])[in[I]]...));
  }

  ARHAT_HD void operator()(int64_t index) const {
    int64_t in[N] = {}, out = 0;
    seek(index, p.rank, in, out);
    y[out] = apply(in, std::index_sequence_for<In...>{});
  }
};

#ifndef __CUDACC__

// One stretch of the innermost axis, vector by vector. An operand that is the same everywhere is read from a vector of
// copies that the pointer never leaves.
template <class F, size_t... I>
inline void elementwise_vectors(const F& f, float* y, const float* const* x, const int64_t* step, int64_t n,
                                std::index_sequence<I...>) {
  int64_t i = 0;
  for (; i + VL <= n; i += VL) store(y + i, f(load(x[I] + i * step[I])...));
  const int rest = static_cast<int>(n - i);
  if (rest > 0) store_first(y + i, f(load_first(x[I] + i * step[I], rest)...), rest);
}

template <bool Vectors, class F, class Out, class... In>
struct ElementwiseRange {
  static constexpr int N = static_cast<int>(sizeof...(In));
  using Indices = std::index_sequence_for<In...>;
  ElementwiseFunctor<F, Out, In...> e;
  int64_t block;  // a row is worked off in blocks of so many elements
  int64_t blocks; // of a row

  // Blocks [begin, end) of all rows.
  void operator()(int64_t begin, int64_t end) const {
    const auto& p = e.p;
    const int inner = p.rank - 1;
    int64_t coordinate[8] = {}, in[N] = {}, out = 0;
    e.seek(begin / blocks, inner, in, out);
    for (int64_t i = inner - 1, rest = begin / blocks; i >= 0; rest /= p.size[i--]) coordinate[i] = rest % p.size[i];

    int64_t at = begin % blocks;
    for (int64_t i = begin; i < end; ++i) {
      const int64_t first = at * block;
      stretch(in, out, first, smaller(block, p.size[inner] - first));
      if (++at < blocks) continue;
      at = 0;
      for (int axis = inner - 1; axis >= 0; --axis) {
        const int64_t back = ++coordinate[axis] == p.size[axis] ? p.size[axis] - 1 : -1;
        out -= back * p.out[axis];
        for (int k = 0; k < N; ++k) in[k] -= back * p.in[k][axis];
        if (back < 0) break;
        coordinate[axis] = 0;
      }
    }
  }

  void stretch(const int64_t* in, int64_t out, int64_t first, int64_t n) const {
    const auto& p = e.p;
    const int inner = p.rank - 1;
    if constexpr (Vectors) {
      const float* x[N];
      int64_t step[N];
      float copies[N][VL];
      bool regular = p.out[inner] == 1;
      for (int k = 0; k < N; ++k) {
        x[k] = static_cast<const float*>(e.x[k]) + in[k] + first * p.in[k][inner];
        step[k] = p.in[k][inner];
        regular = regular && (step[k] == 0 || step[k] == 1);
        if (step[k] != 0) continue;
        store(copies[k], splat(*x[k]));
        x[k] = copies[k];
      }
      if (regular) return elementwise_vectors(e.f, e.y + out + first, x, step, n, Indices{});
    }
    int64_t at[N];
    for (int k = 0; k < N; ++k) at[k] = in[k] + first * p.in[k][inner];
    Out* y = e.y + out + first * p.out[inner];
    for (int64_t i = 0; i < n; ++i, y += p.out[inner]) {
      *y = e.apply(at, Indices{});
      for (int k = 0; k < N; ++k) at[k] += p.in[k][inner];
    }
  }
};

#endif

// f takes and gives scalars of any types. y may be one of the operands if both have the same strides.
template <bool Vectors = false, class F, class Out, class... In>
void elementwise_scalar(Context context, const ElementwiseParams<static_cast<int>(sizeof...(In))>& p, F f, Out* y,
                        const In*... x) {
  const ElementwiseFunctor<F, Out, In...> functor{p, f, y, {x...}};
  int64_t n = 1;
  for (int i = 0; i < p.rank; ++i) n *= p.size[i];
  if (n == 0) return;
#ifdef __CUDACC__
  launch(context, n, functor);
#else
  constexpr int64_t most = 4096;
  const int64_t row = p.size[p.rank - 1];
  const int64_t blocks = (row + most - 1) / most;
  const ElementwiseRange<Vectors, F, Out, In...> range{functor, smaller(row, most), blocks};
  launch_ranges(context, n / row * blocks, range, 2 * most / range.block);
#endif
}

// The same for floats alone; on a CPU f also takes and gives vectors of them.
template <class F, class... In>
void elementwise(Context context, const ElementwiseParams<static_cast<int>(sizeof...(In))>& p, F f, float* y,
                 const In*... x) {
  static_assert((std::is_same_v<In, float> && ...), "every operand must be float");
  elementwise_scalar<true>(context, p, f, y, x...);
}

}  // namespace ARHAT_ISA
}  // namespace arhat

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

// Index: pack of V neighbouring elements of the innermost axis, numbered by integers of type I. Only a single axis may
// end in a part of a pack.
template <int V, class I, class F, class Out, class... In>
struct ElementwisePack {
  static constexpr int N = static_cast<int>(sizeof...(In));
  ElementwiseParams<N> p;
  F f;
  Out* y;
  const void* x[N];

  ARHAT_HD void operator()(int64_t index) const {
    const int inner = p.rank - 1;
    const int64_t size = p.size[inner];
    I rest = static_cast<I>(index);
    int64_t in[N] = {}, out = 0, first = 0;
    for (int i = inner; i >= 0; --i) {
      const I extent = static_cast<I>(i == inner ? (size + V - 1) / V : p.size[i]);
      int64_t at = i == 0 ? rest : rest % extent;
      rest = i == 0 ? 0 : rest / extent;
      if (i == inner) first = at *= V;
      out += at * p.out[i];
      for (int k = 0; k < N; ++k) in[k] += at * p.in[k][i];
    }
    run(in, out, static_cast<int>(smaller<int64_t>(V, size - first)), std::index_sequence_for<In...>{});
  }

 private:
  template <size_t... K>
  ARHAT_HD void run(const int64_t* in, int64_t out, int count, std::index_sequence<K...>) const {
    const int inner = p.rank - 1;
    compute(out, count, load<In>(static_cast<const In*>(x[K]) + in[K], p.in[K][inner], count)...);
  }

  template <class T>
  ARHAT_HD static Pack<T, V> load(const T* from, int64_t stride, int count) {
    if constexpr (V > 1) {
      if (stride == 1 && count == V) return *reinterpret_cast<const Pack<T, V>*>(from);
    }
    Pack<T, V> pack;
    const T value = *from;
    for (int i = 0; i < V; ++i) pack.v[i] = stride == 0 || i == 0 || i >= count ? value : from[i];
    return pack;
  }

  template <class... P>
  ARHAT_HD void compute(int64_t out, int count, const P&... packs) const {
    Pack<Out, V> result;
    for (int i = 0; i < V; ++i) result.v[i] = static_cast<Out>(f(packs.v[i]...));
    if constexpr (V > 1) {
      if (count == V) {
        *reinterpret_cast<Pack<Out, V>*>(y + out) = result;
        return;
      }
    }
    for (int i = 0; i < V; ++i)
      if (i < count) y[out + i] = result.v[i];
  }
};

// The same with as few axes as will do, at least one.
template <int N>
ElementwiseParams<N> merged(ElementwiseParams<N> p) {
  int n = 0;
  const auto move = [&p](int to, int from) {
    p.out[to] = p.out[from];
    for (int k = 0; k < N; ++k) p.in[k][to] = p.in[k][from];
  };
  for (int i = 0; i < p.rank; ++i) {
    if (p.size[i] == 1) continue;
    bool merges = n > 0 && p.out[n - 1] == p.out[i] * p.size[i];
    for (int k = 0; k < N; ++k) merges = merges && p.in[k][n - 1] == p.in[k][i] * p.size[i];
    if (merges) {
      p.size[n - 1] *= p.size[i];
      move(n - 1, i);
    } else {
      p.size[n] = p.size[i];
      move(n++, i);
    }
  }
  p.rank = larger(n, 1);
  if (n == 0) p.size[0] = 1;
  return p;
}

// Whether an operand of these strides lets packs of V elements be read or written at once.
template <int V, class T>
bool takes_packs(const void* data, int rank, const int64_t* strides, bool result) {
  if (strides[rank - 1] == 0 && !result) return true;
  bool regular = strides[rank - 1] == 1 && reinterpret_cast<uintptr_t>(data) % (sizeof(T) * V) == 0;
  for (int i = 0; i < rank - 1; ++i) regular = regular && strides[i] % V == 0;
  return regular;
}

// Elements of a thread that fill the widest access that a GPU has, for the largest of the types.
template <class... T>
constexpr int pack_elements() {
  int size = 1;
  ((size = static_cast<int>(sizeof(T)) > size ? static_cast<int>(sizeof(T)) : size), ...);
  return size >= 16 ? 1 : 16 / size;
}

// `elementwise_scalar` as a GPU runs it.
template <class F, class Out, class... In>
void elementwise_packs(Context context, const ElementwiseParams<static_cast<int>(sizeof...(In))>& params, F f, Out* y,
                       const In*... x) {
  constexpr int N = static_cast<int>(sizeof...(In)), V = pack_elements<Out, In...>();
  int64_t n = 1;
  for (int i = 0; i < params.rank; ++i) n *= params.size[i];
  if (n == 0) return;
  const ElementwiseParams<N> p = merged(params);
  if (n >= int64_t{1} << 31) return launch(context, n, ElementwisePack<1, uint64_t, F, Out, In...>{p, f, y, {x...}});
  if constexpr (V > 1) {
    const int64_t row = p.size[p.rank - 1];
    int operand = 0;
    const bool packs = (p.rank == 1 || row % V == 0) && takes_packs<V, Out>(y, p.rank, p.out, true) &&
                       (takes_packs<V, In>(x, p.rank, p.in[operand++], false) && ...);
    if (packs)
      return launch(context, n / row * ((row + V - 1) / V), ElementwisePack<V, uint32_t, F, Out, In...>{p, f, y, {x...}});
  }
  launch(context, n, ElementwisePack<1, uint32_t, F, Out, In...>{p, f, y, {x...}});
}

#ifndef __CUDACC__

template <class F, class Out, class... In>
struct ElementwiseFunctor {
  static constexpr int N = static_cast<int>(sizeof...(In));
  ElementwiseParams<N> p;
  F f;
  Out* y;
  const void* x[N];

  // Moves `out` and `in` from element 0 to element `index` of the first `rank` axes.
  void seek(int64_t index, int rank, int64_t* in, int64_t& out) const {
    for (int i = rank - 1; i >= 0; --i) {
      const int64_t at = index % p.size[i];
      index /= p.size[i];
      out += at * p.out[i];
      for (int k = 0; k < N; ++k) in[k] += at * p.in[k][i];
    }
  }

  template <size_t... I>
  Out apply(const int64_t* in, std::index_sequence<I...>) const {
    return static_cast<Out>(f(static_cast<const In*>(x[I])[in[I]]...));
  }
};

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
#ifdef __CUDACC__
  elementwise_packs(context, p, f, y, x...);
#else
  const ElementwiseFunctor<F, Out, In...> functor{p, f, y, {x...}};
  int64_t n = 1;
  for (int i = 0; i < p.rank; ++i) n *= p.size[i];
  if (n == 0) return;
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

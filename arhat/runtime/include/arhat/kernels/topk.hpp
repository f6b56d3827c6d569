// The k largest or smallest elements along an axis and their positions (OpenVINO TopK-1, -3, -11).
//
// `topk` is for CPUs; topk_blocks.hpp has that for GPUs.
#pragma once

#include "launch.hpp"

namespace arhat {

// x [outer][extent][inner], results [outer][k][inner], dense.
struct TopKParams {
  int64_t outer, extent, inner, k;
  bool max;       // the largest, else the smallest
  bool by_index;  // results in the order of positions, else best first
};

inline namespace ARHAT_ISA {

// Index: row, the elements along the axis. The results hold a heap of the best k so far, the worst of them on top: an
// element is compared with that one, and few of many get in. Of equal elements the first is better.
template <class T, class I>
struct TopKRow {
  TopKParams p;
  const T* x;
  T* values;
  I* positions;

  struct Entry {
    T value;
    I position;
  };

  ARHAT_HD void operator()(int64_t row) const {
    const int64_t outer = row / p.inner, inner = row % p.inner;
    const T* from = x + outer * p.extent * p.inner + inner;
    const TopKRow heap{p, x, values + outer * p.k * p.inner + inner, positions + outer * p.k * p.inner + inner};
    p.max ? heap.template select<true>(from) : heap.template select<false>(from);
  }

 private:
  ARHAT_HD Entry at(int64_t i) const { return {values[i * p.inner], positions[i * p.inner]}; }

  ARHAT_HD void set(int64_t i, Entry e) const {
    values[i * p.inner] = e.value;
    positions[i * p.inner] = e.position;
  }

  template <bool max>
  static ARHAT_HD bool beats(T a, T b) {
    return max ? b < a : a < b;
  }

  // Whether `a` comes after `b` in the order that the heap is kept in.
  template <bool max>
  static ARHAT_HD bool after(Entry a, Entry b, bool by_index) {
    if (!by_index && (beats<max>(b.value, a.value) || beats<max>(a.value, b.value)))
      return beats<max>(b.value, a.value);
    return a.position > b.position;
  }

  // Puts `e` into the heap of n entries, whose place `i` is free and below which order holds.
  template <bool max>
  ARHAT_HD void sift(int64_t i, int64_t n, Entry e, bool by_index) const {
    for (int64_t child = 2 * i + 1; child < n; child = 2 * i + 1) {
      if (child + 1 < n && after<max>(at(child + 1), at(child), by_index)) ++child;
      if (!after<max>(at(child), e, by_index)) break;
      set(i, at(child));
      i = child;
    }
    set(i, e);
  }

  template <bool max>
  ARHAT_HD void build(int64_t n, bool by_index) const {
    for (int64_t i = n / 2 - 1; i >= 0; --i) sift<max>(i, n, at(i), by_index);
  }

  template <bool max>
  ARHAT_HD void select(const T* from) const {
    if (p.k == 0) return;
    for (int64_t i = 0; i < p.k; ++i) set(i, {from[i * p.inner], static_cast<I>(i)});
    if (!p.by_index || p.k < p.extent) build<max>(p.k, false);
    T worst = values[0];
    for (int64_t i = p.k; i < p.extent; ++i) {
      const T value = from[i * p.inner];
      if (!beats<max>(value, worst)) continue;
      sift<max>(0, p.k, {value, static_cast<I>(i)}, false);
      worst = values[0];
    }
    if (p.by_index) build<max>(p.k, true);
    for (int64_t n = p.k - 1; n > 0; --n) {
      const Entry last = at(n);
      set(n, at(0));
      sift<max>(0, n, last, p.by_index);
    }
  }
};

template <class T, class I>
void topk_rows(Context context, const TopKParams& p, const T* x, T* values, I* positions) {
  launch(context, p.outer * p.inner, TopKRow<T, I>{p, x, values, positions}, 1 + (1 << 13) / (1 + p.extent));
}

#ifndef __CUDACC__

template <class T, class I>
void topk(Context context, const TopKParams& p, const T* x, T* values, I* positions) {
  topk_rows(context, p, x, values, positions);
}

#endif

}  // namespace ARHAT_ISA
}  // namespace arhat

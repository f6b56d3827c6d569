// What the threads of a block do together (launch.hpp says what a block is).
#pragma once

#include "launch.hpp"

namespace arhat {
inline namespace ARHAT_ISA {

// op of the values of all threads, in an order that depends on nothing but their number. shared: one place a thread.
template <class B, class T, class Op>
ARHAT_HD T block_reduce(const B& block, T value, T* shared, Op op) {
  const int t = block.thread();
  shared[t] = value;
  block.sync();
  for (int n = block.threads(); n > 1; n = (n + 1) / 2) {
    const int half = (n + 1) / 2;
    if (t + half < n) shared[t] = op(shared[t], shared[t + half]);
    block.sync();
  }
  const T result = shared[0];
  block.sync();
  return result;
}

// op of the values of the threads before this one (`none` for the first), and of all. shared: one place a thread.
template <class T>
struct BlockScan {
  T before, all;
};

template <class B, class T, class Op>
ARHAT_HD BlockScan<T> block_scan(const B& block, T value, T none, T* shared, Op op) {
  const int t = block.thread(), n = block.threads();
  shared[t] = value;
  block.sync();
  for (int step = 1; step < n; step *= 2) {
    const T other = t >= step ? shared[t - step] : none;
    block.sync();
    if (t >= step) shared[t] = op(other, shared[t]);
    block.sync();
  }
  const BlockScan<T> result{t > 0 ? shared[t - 1] : none, shared[n - 1]};
  block.sync();
  return result;
}

struct Plus {
  template <class T>
  ARHAT_HD T operator()(T a, T b) const {
    return static_cast<T>(a + b);
  }
};

// Index: 0. Where the items of each list begin if the lists stand one after the other, and their number. The lists are
// those of `rows` x `columns`, row by row, or column by column.
struct PlaceLists {
  static constexpr int threads = 256;
  struct Shared {
    int partial[threads];
  };
  int rows, columns;
  bool by_column;
  const int* counts;
  int* begins;
  int* total;

  template <class B>
  ARHAT_HD void operator()(const B& block, int64_t, Shared& s) const {
    int before = 0;
    for (int first = 0; first < rows * columns; first += block.threads()) {
      const int at = first + block.thread();
      const int list = by_column ? at % rows * columns + at / rows : at;
      const bool inside = at < rows * columns;
      const BlockScan<int> scan = block_scan(block, inside ? counts[list] : 0, 0, s.partial, Plus{});
      if (inside) begins[list] = before + scan.before;
      before += scan.all;
    }
    if (block.thread() == 0) *total = before;
  }
};

// Index: place of `to`.
template <class T>
struct FillWith {
  T value;
  T* to;
  ARHAT_HD void operator()(int64_t index) const { to[index] = value; }
};

}  // namespace ARHAT_ISA
}  // namespace arhat

// Running sums along one axis (OpenVINO CumSum-3). The axis is the reduced one. `cumulate` is for CPUs;
// group_blocks.hpp has that for GPUs.
#pragma once

#include <type_traits>

#include "groups.hpp"

namespace arhat {
inline namespace ARHAT_ISA {

// Integers wrap around.
struct CumulateStep {
  template <class T>
  ARHAT_HD T operator()(T a, T b) const {
    if constexpr (std::is_integral_v<T>) {
      using U = std::make_unsigned_t<T>;
      return static_cast<T>(static_cast<U>(static_cast<U>(a) + static_cast<U>(b)));
    } else {
      return a + b;
    }
  }
};

// Index: some neighbouring groups, at most WIDTH, that are summed side by side. An exclusive sum leaves out the element
// itself; a reverse one starts at the end.
template <class T>
struct CumulateGroups {
  static constexpr int64_t WIDTH = 16;
  GroupParams p;
  bool exclusive, reverse;
  int64_t width, most, blocks;  // groups that lie side by side, those of an index, and how many indices they are
  const T* x;
  T* y;

  ARHAT_HD void operator()(int64_t index) const {
    const int64_t first = index % blocks * most, count = smaller(most, width - first);
    const Group g = group_at(p, index / blocks, width > 1 ? p.kept - 1 : p.kept);
    const int64_t n = p.reduced_size[0];
    T sum[WIDTH] = {};
    for (int64_t i = 0; i < n; ++i) {
      const int64_t at = reverse ? n - 1 - i : i;
      const T* from = x + g.in + first + at * p.reduced_in[0];
      T* to = y + g.out + first + at * p.reduced_out[0];
      for (int64_t k = 0; k < count; ++k) {
        const T next = CumulateStep{}(sum[k], from[k]);
        to[k] = exclusive ? sum[k] : next;
        sum[k] = next;
      }
    }
  }
};

// `most`: groups of an index, at most WIDTH.
template <class T>
void cumulate_groups(Context context, const GroupParams& p, int64_t most, bool exclusive, bool reverse, const T* x,
                     T* y) {
  const int last = p.kept - 1;
  const bool beside = p.kept > 0 && p.in[last] == 1 && p.out[last] == 1;
  const int64_t width = beside ? p.size[last] : 1;
  if (group_count(p) == 0 || width == 0) return;
  const int64_t blocks = (width + most - 1) / most;
  launch(context, group_count(p) / width * blocks,
         CumulateGroups<T>{p, exclusive, reverse, width, most, blocks, x, y}, 1 + (1 << 12) / (group_size(p) + 1));
}

#ifndef __CUDACC__

template <class T>
void cumulate(Context context, const GroupParams& p, bool exclusive, bool reverse, const T* x, T* y) {
  cumulate_groups(context, p, CumulateGroups<T>::WIDTH, exclusive, reverse, x, y);
}

#endif

}  // namespace ARHAT_ISA
}  // namespace arhat

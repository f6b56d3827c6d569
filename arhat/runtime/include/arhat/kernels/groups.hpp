// What reductions, softmax and normalization share: a tensor seen as groups of elements.
#pragma once

#include "launch.hpp"

namespace arhat {

// A group is the set of elements that are reduced together; there is one per coordinate of the kept axes. Strides in
// elements, of input and output. A reduction writes one element per group and has no reduced_out.
struct GroupParams {
  int kept;
  int64_t size[8], in[8], out[8];
  int reduced;
  int64_t reduced_size[8], reduced_in[8], reduced_out[8];
};

inline namespace ARHAT_ISA {

// Offsets of the first element of a group.
struct Group {
  int64_t in, out;
};

ARHAT_HD inline Group group_at(const GroupParams& p, int64_t index, int axes) {
  Group g{0, 0};
  for (int i = axes - 1; i >= 0; --i) {
    const int64_t at = index % p.size[i];
    index /= p.size[i];
    g.in += at * p.in[i];
    g.out += at * p.out[i];
  }
  return g;
}

ARHAT_HD inline int64_t group_count(const GroupParams& p) {
  int64_t n = 1;
  for (int i = 0; i < p.kept; ++i) n *= p.size[i];
  return n;
}

ARHAT_HD inline int64_t group_size(const GroupParams& p) {
  int64_t n = 1;
  for (int i = 0; i < p.reduced; ++i) n *= p.reduced_size[i];
  return n;
}

// Calls f(in, out, n) for each run of the innermost reduced axis: n elements, strides reduced_in and reduced_out of
// that axis, starting so far from the group's first element.
template <class F>
ARHAT_HD void for_each_run(const GroupParams& p, F f) {
  const int inner = p.reduced - 1;
  if (inner < 0) return f(int64_t{0}, int64_t{0}, int64_t{1});
  int64_t runs = 1;
  for (int i = 0; i < inner; ++i) runs *= p.reduced_size[i];
  for (int64_t run = 0; run < runs; ++run) {
    int64_t in = 0, out = 0, rest = run;
    for (int i = inner - 1; i >= 0; --i) {
      const int64_t at = rest % p.reduced_size[i];
      rest /= p.reduced_size[i];
      in += at * p.reduced_in[i];
      out += at * p.reduced_out[i];
    }
    f(in, out, p.reduced_size[inner]);
  }
}

ARHAT_HD inline int64_t run_stride_in(const GroupParams& p) { return p.reduced > 0 ? p.reduced_in[p.reduced - 1] : 1; }
ARHAT_HD inline int64_t run_stride_out(const GroupParams& p) {
  return p.reduced > 0 ? p.reduced_out[p.reduced - 1] : 1;
}

#ifndef __CUDACC__

// Whether neighbouring groups lie side by side, so that a vector can hold an element of each.
inline bool groups_are_lanes(const GroupParams& p) {
  return p.kept > 0 && p.in[p.kept - 1] == 1 && p.out[p.kept - 1] == 1 && p.size[p.kept - 1] > 1;
}

// Calls f(group, lanes) for every VL neighbouring groups.
template <class F>
void launch_lanes(Context context, const GroupParams& p, F f) {
  const int64_t width = p.size[p.kept - 1];
  const int64_t blocks = (width + VL - 1) / VL;
  const int64_t grain = 1 + (1 << 14) / (group_size(p) * VL);
  launch(
      context, group_count(p) / width * blocks,
      [p, f, width, blocks](int64_t index) {
        Group g = group_at(p, index / blocks, p.kept - 1);
        const int64_t first = index % blocks * VL;
        g.in += first;
        g.out += first;
        f(g, static_cast<int>(smaller<int64_t>(VL, width - first)));
      },
      grain);
}

// Calls f(group) for every group.
template <class F>
void launch_groups(Context context, const GroupParams& p, F f) {
  launch(
      context, group_count(p), [p, f](int64_t index) { f(group_at(p, index, p.kept)); },
      1 + (1 << 14) / (group_size(p) + 1));
}

ARHAT_INLINE float sum_of(vf x) {
  float sum = 0;
  for (int i = 0; i < VL; ++i) sum += x[i];
  return sum;
}

ARHAT_INLINE float max_of(vf x) {
  float most = x[0];
  for (int i = 1; i < VL; ++i) most = x[i] > most ? x[i] : most;
  return most;
}

#endif

}  // namespace ARHAT_ISA
}  // namespace arhat

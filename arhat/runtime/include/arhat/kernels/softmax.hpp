// exp(x - max) / sum of the same over one axis (OpenVINO SoftMax-1 and -8). The axis is the reduced one. This is for
// CPUs; group_blocks.hpp has softmax for GPUs.
#pragma once

#include <type_traits>

#include "groups.hpp"

namespace arhat {
inline namespace ARHAT_ISA {

#ifndef __CUDACC__

// Index: group.
template <class T>
struct SoftmaxGroup {
  GroupParams p;
  const T* x;
  T* y;

  void operator()(int64_t index) const {
    const Group g = group_at(p, index, p.kept);
    const T* from = x + g.in;
    T* to = y + g.out;
    const int64_t n = p.reduced_size[0], in = p.reduced_in[0], out = p.reduced_out[0];
    T most = from[0];
    for (int64_t i = 1; i < n; ++i) most = larger(most, from[i * in]);
    T sum = 0;
    for (int64_t i = 0; i < n; ++i) {
      const T e = std::exp(from[i * in] - most);
      to[i * out] = e;
      sum += e;
    }
    for (int64_t i = 0; i < n; ++i) to[i * out] /= sum;
  }
};

inline void softmax_lanes(Context context, const GroupParams& p, const float* x, float* y) {
  launch_lanes(context, p, [=](Group g, int lanes) {
    const float* from = x + g.in;
    float* to = y + g.out;
    const int64_t n = p.reduced_size[0], in = p.reduced_in[0], out = p.reduced_out[0];
    vf most = load_first(from, lanes);
    for (int64_t i = 1; i < n; ++i) most = at_least(load_first(from + i * in, lanes), most);
    vf sum{};
    for (int64_t i = 0; i < n; ++i) {
      const vf e = vexp(load_first(from + i * in, lanes) - most);
      store_first(to + i * out, e, lanes);
      sum += e;
    }
    const vf scale = 1.f / sum;
    for (int64_t i = 0; i < n; ++i) store_first(to + i * out, load_first(to + i * out, lanes) * scale, lanes);
  });
}

// A row shorter than a vector.
inline void softmax_short_row(const float* from, float* to, int n) {
  const vf x = load_first(from, n);
  float most = x[0], sum = 0;
  for (int i = 1; i < n; ++i) most = larger(most, x[i]);
  const vf e = vexp(x - most);
  for (int i = 0; i < n; ++i) sum += e[i];
  store_first(to, e / sum, n);
}

// The last vector of a row ends where the row ends and may overlap the one before: it is read before that is written,
// as `to` may be `from`.
inline void softmax_row(const float* from, float* to, int64_t n) {
  const int64_t whole = n / VL * VL, last = n - VL;
  vi lane{};
  for (int i = 0; i < VL; ++i) lane[i] = i;
  const vi fresh = lane >= static_cast<int>(VL - (n - whole));  // not in a whole vector

  vf mosts = load(from + last);
  for (int64_t i = 0; i < whole; i += VL) mosts = at_least(load(from + i), mosts);
  const float most = max_of(mosts);

  const vf tail = vexp(load(from + last) - most);
  vf sums = fresh ? tail : vf{};
  for (int64_t i = 0; i < whole; i += VL) {
    const vf e = vexp(load(from + i) - most);
    store(to + i, e);
    sums += e;
  }
  const float scale = 1.f / sum_of(sums);
  for (int64_t i = 0; i < whole; i += VL) store(to + i, load(to + i) * scale);
  store(to + last, tail * scale);
}

inline void softmax_rows(Context context, const GroupParams& p, const float* x, float* y) {
  launch_groups(context, p, [=](Group g) {
    const int64_t n = p.reduced_size[0];
    if (n < VL) {
      softmax_short_row(x + g.in, y + g.out, static_cast<int>(n));
    } else {
      softmax_row(x + g.in, y + g.out, n);
    }
  });
}

template <class T>
void softmax(Context context, const GroupParams& p, const T* x, T* y) {
  if constexpr (std::is_same_v<T, float>) {
    if (p.reduced_in[0] == 1 && p.reduced_out[0] == 1) return softmax_rows(context, p, x, y);
    if (groups_are_lanes(p)) return softmax_lanes(context, p, x, y);
  }
  launch(context, group_count(p), SoftmaxGroup<T>{p, x, y}, 1 + (1 << 10) / (p.reduced_size[0] + 1));
}

#endif

}  // namespace ARHAT_ISA
}  // namespace arhat

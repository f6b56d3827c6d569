// exp(x - max) / sum of the same over one axis (OpenVINO SoftMax-1 and -8). The axis is the reduced one.
#pragma once

#include "groups.hpp"

namespace arhat {
inline namespace ARHAT_ISA {

// Index: group.
struct SoftmaxGroup {
  GroupParams p;
  const float* x;
  float* y;

  ARHAT_HD void operator()(int64_t index) const {
    const Group g = group_at(p, index, p.kept);
    const float* from = x + g.in;
    float* to = y + g.out;
    const int64_t n = p.reduced_size[0], in = p.reduced_in[0], out = p.reduced_out[0];
    float most = from[0];
    for (int64_t i = 1; i < n; ++i) most = larger(most, from[i * in]);
    float sum = 0;
    for (int64_t i = 0; i < n; ++i) {
      const float e = std::exp(from[i * in] - most);
      to[i * out] = e;
      sum += e;
    }
    for (int64_t i = 0; i < n; ++i) to[i * out] /= sum;
  }
};

#ifndef __CUDACC__

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

inline void softmax_rows(Context context, const GroupParams& p, const float* x, float* y) {
  launch_groups(context, p, [=](Group g) {
    const float* from = x + g.in;
    float* to = y + g.out;
    const int64_t n = p.reduced_size[0], whole = n / VL * VL;
    const int rest = static_cast<int>(n - whole);
    vf mosts = splat(from[0]);
    for (int64_t i = 0; i < whole; i += VL) mosts = at_least(load(from + i), mosts);
    float most = max_of(mosts);
    for (int64_t i = whole; i < n; ++i) most = larger(most, from[i]);
    vf sums{};
    for (int64_t i = 0; i < whole; i += VL) {
      const vf e = vexp(load(from + i) - most);
      store(to + i, e);
      sums += e;
    }
    float sum = sum_of(sums);
    if (rest > 0) {
      const vf e = vexp(load_first(from + whole, rest) - most);
      store_first(to + whole, e, rest);
      for (int i = 0; i < rest; ++i) sum += e[i];
    }
    const float scale = 1.f / sum;
    for (int64_t i = 0; i < n; ++i) to[i] *= scale;
  });
}

#endif

inline void softmax(Context context, const GroupParams& p, const float* x, float* y) {
#ifndef __CUDACC__
  if (p.reduced_in[0] == 1 && p.reduced_out[0] == 1) return softmax_rows(context, p, x, y);
  if (groups_are_lanes(p)) return softmax_lanes(context, p, x, y);
#endif
  launch(context, group_count(p), SoftmaxGroup{p, x, y}, 1 + (1 << 10) / (p.reduced_size[0] + 1));
}

}  // namespace ARHAT_ISA
}  // namespace arhat

// Mean, sum, product, maximum, minimum, and, or over any axes (OpenVINO ReduceMean-1 ... ReduceLogicalOr-1).
// `reduce` is for CPUs; group_blocks.hpp has that for GPUs.
#pragma once

#include <type_traits>

#include "groups.hpp"

namespace arhat {

enum class Reduction { mean, sum, prod, max, min, logical_and, logical_or };

inline namespace ARHAT_ISA {

template <Reduction kind, class T>
ARHAT_HD constexpr T reduction_start() {
  if (kind == Reduction::prod || kind == Reduction::logical_and) return T(1);
  if (kind == Reduction::max) return Range<T>::lowest;
  return kind == Reduction::min ? Range<T>::highest : T(0);
}

// T is an element type or, on a CPU, the vector of floats.
template <Reduction kind, class T>
ARHAT_HD inline T reduction_step(T a, T x) {
  if constexpr (kind == Reduction::prod) {
    return static_cast<T>(a * x);
  } else if constexpr (kind == Reduction::max) {
    return a < x ? x : a;
  } else if constexpr (kind == Reduction::min) {
    return x < a ? x : a;
  } else if constexpr (kind == Reduction::logical_and) {
    return static_cast<T>(a != T(0) && x != T(0));
  } else if constexpr (kind == Reduction::logical_or) {
    return static_cast<T>(a != T(0) || x != T(0));
  } else {
    return static_cast<T>(a + x);
  }
}

#ifndef __CUDACC__

// Index: group.
template <Reduction kind, class T>
struct ReduceGroup {
  GroupParams p;
  const T* x;
  T* y;

  void operator()(int64_t index) const {
    const Group g = group_at(p, index, p.kept);
    T result = reduction_start<kind, T>();
    const int64_t stride = run_stride_in(p);
    for_each_run(p, [&](int64_t in, int64_t, int64_t n) {
      const T* from = x + g.in + in;
      for (int64_t i = 0; i < n; ++i) result = reduction_step<kind>(result, from[i * stride]);
    });
    y[g.out] = kind == Reduction::mean ? static_cast<T>(result / static_cast<T>(group_size(p))) : result;
  }
};

template <Reduction kind>
void reduce_vectors(Context context, const GroupParams& p, const float* x, float* y) {
  const float scale = 1.f / static_cast<float>(group_size(p));
  const vf start = splat(reduction_start<kind, float>());
  const int64_t stride = run_stride_in(p);
  // Four partial results: shorter chains of dependent operations, and smaller rounding errors.
  constexpr int parts = 4;
  if (groups_are_lanes(p)) {
    launch_lanes(context, p, [=](Group g, int lanes) {
      vf part[parts] = {start, start, start, start};
      for_each_run(p, [&](int64_t in, int64_t, int64_t n) {
        const float* from = x + g.in + in;
        for (int64_t i = 0; i < n; ++i)
          part[i % parts] = reduction_step<kind>(part[i % parts], load_first(from + i * stride, lanes));
      });
      const vf result =
          reduction_step<kind>(reduction_step<kind>(part[0], part[1]), reduction_step<kind>(part[2], part[3]));
      store_first(y + g.out, kind == Reduction::mean ? result * scale : result, lanes);
    });
    return;
  }
  launch_groups(context, p, [=](Group g) {
    vf part[parts] = {start, start, start, start};
    float result = reduction_start<kind, float>();
    for_each_run(p, [&](int64_t in, int64_t, int64_t n) {
      const float* from = x + g.in + in;
      int64_t i = 0;
      for (; i + parts * VL <= n; i += parts * VL)
        for (int k = 0; k < parts; ++k) part[k] = reduction_step<kind>(part[k], load(from + i + k * VL));
      for (; i < n; ++i) result = reduction_step<kind>(result, from[i]);
    });
    for (const vf& each : part)
      for (int lane = 0; lane < VL; ++lane) result = reduction_step<kind>(result, static_cast<float>(each[lane]));
    y[g.out] = kind == Reduction::mean ? result * scale : result;
  });
}

template <Reduction kind, class T>
void reduce(Context context, const GroupParams& p, const T* x, T* y) {
  if constexpr (std::is_same_v<T, float>) {
    if (groups_are_lanes(p) || run_stride_in(p) == 1) return reduce_vectors<kind>(context, p, x, y);
  }
  launch(context, group_count(p), ReduceGroup<kind, T>{p, x, y}, 1 + (1 << 13) / (group_size(p) + 1));
}

#endif

}  // namespace ARHAT_ISA
}  // namespace arhat

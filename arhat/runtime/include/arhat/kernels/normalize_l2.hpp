// x / sqrt(sum of squares (+ or max) eps) over the reduced axes (OpenVINO NormalizeL2-1).
// `normalize_l2` is for CPUs; group_blocks.hpp has that for GPUs.
#pragma once

#include <type_traits>

#include "groups.hpp"

namespace arhat {

enum class EpsMode { add, max };

inline namespace ARHAT_ISA {

template <class T>
ARHAT_HD inline T l2_norm(T squares, T eps, EpsMode mode) {
  return std::sqrt(mode == EpsMode::add ? squares + eps : larger(squares, eps));
}

#ifndef __CUDACC__

// Index: group.
template <class T>
struct NormalizeGroup {
  GroupParams p;
  float eps;
  EpsMode mode;
  const T* x;
  T* y;

  void operator()(int64_t index) const {
    const Group g = group_at(p, index, p.kept);
    const int64_t step_in = run_stride_in(p), step_out = run_stride_out(p);
    T squares = 0;
    for_each_run(p, [&](int64_t in, int64_t, int64_t n) {
      const T* from = x + g.in + in;
      for (int64_t i = 0; i < n; ++i) squares += from[i * step_in] * from[i * step_in];
    });
    const T scale = 1 / l2_norm(squares, static_cast<T>(eps), mode);
    for_each_run(p, [&](int64_t in, int64_t out, int64_t n) {
      const T* from = x + g.in + in;
      T* to = y + g.out + out;
      for (int64_t i = 0; i < n; ++i) to[i * step_out] = from[i * step_in] * scale;
    });
  }
};

inline void normalize_lanes(Context context, const GroupParams& p, float eps, EpsMode mode, const float* x, float* y) {
  launch_lanes(context, p, [=](Group g, int lanes) {
    const int64_t step_in = run_stride_in(p), step_out = run_stride_out(p);
    vf squares{};
    for_each_run(p, [&](int64_t in, int64_t, int64_t n) {
      for (int64_t i = 0; i < n; ++i) {
        const vf v = load_first(x + g.in + in + i * step_in, lanes);
        squares += v * v;
      }
    });
    vf scale{};
    for (int i = 0; i < VL; ++i) scale[i] = 1 / l2_norm(squares[i], eps, mode);
    for_each_run(p, [&](int64_t in, int64_t out, int64_t n) {
      for (int64_t i = 0; i < n; ++i) {
        const vf v = load_first(x + g.in + in + i * step_in, lanes);
        store_first(y + g.out + out + i * step_out, v * scale, lanes);
      }
    });
  });
}

inline void normalize_rows(Context context, const GroupParams& p, float eps, EpsMode mode, const float* x, float* y) {
  launch_groups(context, p, [=](Group g) {
    vf partial{};
    float squares = 0;
    for_each_run(p, [&](int64_t in, int64_t, int64_t n) {
      const float* from = x + g.in + in;
      int64_t i = 0;
      for (; i + VL <= n; i += VL) partial += load(from + i) * load(from + i);
      for (; i < n; ++i) squares += from[i] * from[i];
    });
    const float scale = 1 / l2_norm(squares + sum_of(partial), eps, mode);
    for_each_run(p, [&](int64_t in, int64_t out, int64_t n) {
      const float* from = x + g.in + in;
      float* to = y + g.out + out;
      int64_t i = 0;
      for (; i + VL <= n; i += VL) store(to + i, load(from + i) * scale);
      for (; i < n; ++i) to[i] = from[i] * scale;
    });
  });
}

template <class T>
void normalize_l2(Context context, const GroupParams& p, float eps, EpsMode mode, const T* x, T* y) {
  if constexpr (std::is_same_v<T, float>) {
    if (run_stride_in(p) == 1 && run_stride_out(p) == 1) return normalize_rows(context, p, eps, mode, x, y);
    if (groups_are_lanes(p)) return normalize_lanes(context, p, eps, mode, x, y);
  }
  launch(context, group_count(p), NormalizeGroup<T>{p, eps, mode, x, y}, 1 + (1 << 13) / (group_size(p) + 1));
}

#endif

}  // namespace ARHAT_ISA
}  // namespace arhat

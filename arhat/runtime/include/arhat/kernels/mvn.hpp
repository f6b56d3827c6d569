// (x - mean) / deviation over the reduced axes (OpenVINO MVN-1 and -6). `mvn` is for CPUs;
// group_blocks.hpp has that for GPUs.
#pragma once

#include <type_traits>

#include "groups.hpp"

namespace arhat {

// What the difference from the mean is divided by.
enum class Deviation {
  none,          // nothing
  inside_sqrt,   // sqrt(variance + eps)
  outside_sqrt,  // sqrt(variance) + eps
};

inline namespace ARHAT_ISA {

template <class T>
ARHAT_HD inline T mvn_scale(T variance, float eps, Deviation mode) {
  if (mode == Deviation::none) return T(1);
  if (mode == Deviation::inside_sqrt) return T(1) / std::sqrt(variance + static_cast<T>(eps));
  return T(1) / (std::sqrt(variance) + static_cast<T>(eps));
}

#ifndef __CUDACC__

// Index: group. The variance is that of the differences from the mean: nothing cancels. Every run has a sum of its own,
// so that rounding errors grow with the length of a run and the number of runs, not with their product.
template <class T>
struct MvnGroup {
  GroupParams p;
  float eps;
  Deviation mode;
  const T* x;
  T* y;

  void operator()(int64_t index) const {
    const Group g = group_at(p, index, p.kept);
    const int64_t step_in = run_stride_in(p), step_out = run_stride_out(p);
    const T count = static_cast<T>(group_size(p));
    T total = 0, squares = 0;
    for_each_run(p, [&](int64_t in, int64_t, int64_t n) {
      T sum = 0;
      for (int64_t i = 0; i < n; ++i) sum += x[g.in + in + i * step_in];
      total += sum;
    });
    const T mean = total / count;
    if (mode != Deviation::none) {
      for_each_run(p, [&](int64_t in, int64_t, int64_t n) {
        T sum = 0;
        for (int64_t i = 0; i < n; ++i) {
          const T d = x[g.in + in + i * step_in] - mean;
          sum += d * d;
        }
        squares += sum;
      });
    }
    const T scale = mvn_scale(squares / count, eps, mode);
    for_each_run(p, [&](int64_t in, int64_t out, int64_t n) {
      for (int64_t i = 0; i < n; ++i) y[g.out + out + i * step_out] = (x[g.in + in + i * step_in] - mean) * scale;
    });
  }
};

// A vector holds an element of each of several groups.
inline void mvn_lanes(Context context, const GroupParams& p, float eps, Deviation mode, const float* x, float* y) {
  launch_lanes(context, p, [=](Group g, int lanes) {
    const int64_t step_in = run_stride_in(p), step_out = run_stride_out(p);
    const float count = static_cast<float>(group_size(p));
    vf total{}, squares{}, scale{};
    for_each_run(p, [&](int64_t in, int64_t, int64_t n) {
      vf sum{};
      for (int64_t i = 0; i < n; ++i) sum += load_first(x + g.in + in + i * step_in, lanes);
      total += sum;
    });
    const vf mean = total / count;
    if (mode != Deviation::none) {
      for_each_run(p, [&](int64_t in, int64_t, int64_t n) {
        vf sum{};
        for (int64_t i = 0; i < n; ++i) {
          const vf d = load_first(x + g.in + in + i * step_in, lanes) - mean;
          sum += d * d;
        }
        squares += sum;
      });
    }
    for (int i = 0; i < VL; ++i) scale[i] = mvn_scale<float>(squares[i] / count, eps, mode);
    for_each_run(p, [&](int64_t in, int64_t out, int64_t n) {
      for (int64_t i = 0; i < n; ++i) {
        const vf d = load_first(x + g.in + in + i * step_in, lanes) - mean;
        store_first(y + g.out + out + i * step_out, d * scale, lanes);
      }
    });
  });
}

// The elements of a run lie side by side.
inline void mvn_rows(Context context, const GroupParams& p, float eps, Deviation mode, const float* x, float* y) {
  launch_groups(context, p, [=](Group g) {
    const float count = static_cast<float>(group_size(p));
    float total = 0, squares = 0;
    for_each_run(p, [&](int64_t in, int64_t, int64_t n) {
      const float* from = x + g.in + in;
      vf sums{};
      float sum = 0;
      int64_t i = 0;
      for (; i + VL <= n; i += VL) sums += load(from + i);
      for (; i < n; ++i) sum += from[i];
      total += sum + sum_of(sums);
    });
    const float mean = total / count;
    if (mode != Deviation::none) {
      for_each_run(p, [&](int64_t in, int64_t, int64_t n) {
        const float* from = x + g.in + in;
        vf sums{};
        float sum = 0;
        int64_t i = 0;
        for (; i + VL <= n; i += VL) {
          const vf d = load(from + i) - mean;
          sums += d * d;
        }
        for (; i < n; ++i) sum += (from[i] - mean) * (from[i] - mean);
        squares += sum + sum_of(sums);
      });
    }
    const float scale = mvn_scale<float>(squares / count, eps, mode);
    for_each_run(p, [&](int64_t in, int64_t out, int64_t n) {
      const float* from = x + g.in + in;
      float* to = y + g.out + out;
      int64_t i = 0;
      for (; i + VL <= n; i += VL) store(to + i, (load(from + i) - mean) * scale);
      for (; i < n; ++i) to[i] = (from[i] - mean) * scale;
    });
  });
}

template <class T>
void mvn(Context context, const GroupParams& p, float eps, Deviation mode, const T* x, T* y) {
  if constexpr (std::is_same_v<T, float>) {
    if (run_stride_in(p) == 1 && run_stride_out(p) == 1) return mvn_rows(context, p, eps, mode, x, y);
    if (groups_are_lanes(p)) return mvn_lanes(context, p, eps, mode, x, y);
  }
  launch(context, group_count(p), MvnGroup<T>{p, eps, mode, x, y}, 1 + (1 << 12) / (group_size(p) + 1));
}

#endif

}  // namespace ARHAT_ISA
}  // namespace arhat

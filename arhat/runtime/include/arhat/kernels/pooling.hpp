// Pooling of one to three spatial axes, elements of any type, with indices, and pooling to a given size.
#pragma once

#include "launch.hpp"

namespace arhat {

// Windows over `planes` volumes. A kernel of 0 makes the axis adaptive: its windows cover the input.
struct PoolWindows {
  int64_t planes;
  int64_t in[3], out[3];
  int64_t kernel[3], stride[3], dilation[3], pad[3];
};

inline namespace ARHAT_ISA {

// The elements of a window along one axis that lie inside the input.
struct PoolSpan {
  int64_t begin, end, step;
};

ARHAT_HD inline PoolSpan pool_span(const PoolWindows& w, int axis, int64_t at) {
  const int64_t size = w.in[axis];
  if (w.kernel[axis] == 0) {
    const int64_t count = w.out[axis];
    return {at * size / count, ((at + 1) * size + count - 1) / count, 1};
  }
  const int64_t step = w.dilation[axis], start = at * w.stride[axis] - w.pad[axis];
  const int64_t skipped = start < 0 ? (-start + step - 1) / step : 0;
  return {start + skipped * step, smaller(size, start + (w.kernel[axis] - 1) * step + 1), step};
}

// Calls f(place in the plane) for the elements of window `index` of all planes, in order; the plane.
template <class F>
ARHAT_HD inline int64_t for_each_in_window(const PoolWindows& w, int64_t index, F f) {
  const PoolSpan x = pool_span(w, 2, index % w.out[2]);
  index /= w.out[2];
  const PoolSpan y = pool_span(w, 1, index % w.out[1]);
  index /= w.out[1];
  const PoolSpan z = pool_span(w, 0, index % w.out[0]);
  for (int64_t i = z.begin; i < z.end; i += z.step) {
    for (int64_t j = y.begin; j < y.end; j += y.step) {
      for (int64_t k = x.begin; k < x.end; k += x.step) f((i * w.in[1] + j) * w.in[2] + k);
    }
  }
  return index / w.out[0];
}

ARHAT_HD inline int64_t pool_plane(const PoolWindows& w, int64_t index) { return index / (w.out[0] * w.out[1] * w.out[2]); }
ARHAT_HD inline int64_t pool_plane_size(const PoolWindows& w) { return w.in[0] * w.in[1] * w.in[2]; }

// The lowest finite number, which device code may read.
template <class T>
struct LowestFinite {
  static constexpr T value = std::numeric_limits<T>::lowest();
};

// Index: window. Of equal elements the first; an empty window gives the lowest number and the plane's first index.
template <class T, class I>
struct MaxPoolWindow {
  PoolWindows w;
  const T* x;
  T* y;
  I* indices;      // may be null
  int64_t period;  // indices count elements modulo this

  ARHAT_HD void operator()(int64_t index) const {
    const int64_t origin = pool_plane(w, index) * pool_plane_size(w);
    const T* const plane = x + origin;
    T largest = LowestFinite<T>::value;
    int64_t place = 0;
    for_each_in_window(w, index, [&](int64_t at) {
      if (plane[at] > largest) {
        largest = plane[at];
        place = at;
      }
    });
    y[index] = largest;
    if (indices) indices[index] = static_cast<I>((origin + place) % period);
  }
};

// Index: window. Windows are never empty.
template <class T>
struct AverageWindow {
  PoolWindows w;
  const T* x;
  T* y;

  ARHAT_HD void operator()(int64_t index) const {
    const T* const plane = x + pool_plane(w, index) * pool_plane_size(w);
    T sum = 0;
    int64_t count = 0;
    for_each_in_window(w, index, [&](int64_t at) {
      sum += plane[at];
      ++count;
    });
    y[index] = sum / static_cast<T>(count);
  }
};

template <class T, class I>
void max_pool_windows(Context context, const PoolWindows& w, const T* x, T* y, I* indices, int64_t period) {
  launch(context, w.planes * w.out[0] * w.out[1] * w.out[2], MaxPoolWindow<T, I>{w, x, y, indices, period}, 256);
}

template <class T>
void average_windows(Context context, const PoolWindows& w, const T* x, T* y) {
  launch(context, w.planes * w.out[0] * w.out[1] * w.out[2], AverageWindow<T>{w, x, y}, 256);
}

}  // namespace ARHAT_ISA
}  // namespace arhat

// Resize along any axes (OpenVINO Interpolate-1, -4, -11; nearest, linear, linear_onnx, cubic).
//
// Every mode is separable: an output element is a sum over taps of each resized axis; a tap is an input coordinate and
// a weight. A first launch computes the taps of every axis into scratch memory, a second one the output.
#pragma once

#include <type_traits>

#include "launch.hpp"

namespace arhat {

enum class InterpolateMode { nearest, linear, linear_onnx, cubic };
enum class CoordinateTransform { half_pixel, pytorch_half_pixel, asymmetric, tf_half_pixel_for_nn, align_corners };
enum class NearestMode { round_prefer_floor, round_prefer_ceil, floor, ceil, simple };

// Strides in elements. `axis`, `scale`: the resized axes. Pads extend the input with zeros before it is resized.
struct InterpolateParams {
  InterpolateMode mode;
  CoordinateTransform transform;
  NearestMode nearest;
  bool antialias;
  float cube_coeff;
  int rank;
  int64_t in_size[8], out_size[8], before[8], after[8];
  int64_t in[8], out[8];
  int axes;
  int axis[8];
  float scale[8];
};

inline namespace ARHAT_ISA {

// Input coordinate, -1 in the padding, and weight.
struct Tap {
  int index;
  float weight;
};

ARHAT_HD inline bool interpolate_antialias(const InterpolateParams& p) {
  bool shrinks = false;
  for (int i = 0; i < p.axes; ++i) shrinks = shrinks || p.scale[i] < 1;
  return shrinks && p.antialias;
}

// Taps per output coordinate of resized axis k.
ARHAT_HD inline int interpolate_taps(const InterpolateParams& p, int k) {
  switch (p.mode) {
    case InterpolateMode::nearest: return 1;
    case InterpolateMode::linear_onnx: return 2;
    case InterpolateMode::cubic: return 4;
    case InterpolateMode::linear: break;
  }
  const float scale = interpolate_antialias(p) ? p.scale[k] : 1.f;
  const int radius = p.scale[k] > 1 ? 2 : static_cast<int>(std::ceil(2.f / scale));
  return 2 * radius + 1;
}

// Where the taps of axis k start in the scratch memory, counted in taps; k = p.axes gives their number.
ARHAT_HD inline int64_t interpolate_taps_before(const InterpolateParams& p, int k) {
  int64_t n = 0;
  for (int i = 0; i < k; ++i) n += p.out_size[p.axis[i]] * interpolate_taps(p, i);
  return n;
}

// Bytes of scratch memory that `interpolate` needs.
inline int64_t interpolate_scratch(const InterpolateParams& p) {
  return round_up_bytes(interpolate_taps_before(p, p.axes) * static_cast<int64_t>(sizeof(Tap)));
}

// Index: output coordinate of axis k.
struct ComputeTaps {
  InterpolateParams p;
  int k;
  Tap* taps;

  ARHAT_HD float source(float at, float out_size, float in_size) const {
    const float scale = p.scale[k];
    if (scale == 1.f || out_size == in_size) return at;
    switch (p.transform) {
      case CoordinateTransform::half_pixel: break;
      case CoordinateTransform::pytorch_half_pixel: return out_size > 1 ? (at + 0.5f) / scale - 0.5f : 0.f;
      case CoordinateTransform::asymmetric: return at / scale;
      case CoordinateTransform::tf_half_pixel_for_nn: return (at + 0.5f) / scale;
      case CoordinateTransform::align_corners: return out_size == 1 ? 0.f : at * (in_size - 1) / (out_size - 1);
    }
    return (at + 0.5f) / scale - 0.5f;
  }

  ARHAT_HD int64_t nearest(float at) const {
    switch (p.nearest) {
      case NearestMode::round_prefer_floor: break;
      case NearestMode::round_prefer_ceil: return static_cast<int64_t>(std::round(at));
      case NearestMode::floor: return static_cast<int64_t>(std::floor(at));
      case NearestMode::ceil: return static_cast<int64_t>(std::ceil(at));
      case NearestMode::simple: return static_cast<int64_t>(p.scale[k] < 1 ? std::ceil(at) : at);
    }
    const bool tie = at == static_cast<float>(static_cast<int64_t>(at)) + 0.5f;
    return static_cast<int64_t>(tie ? std::floor(at) : std::round(at));
  }

  // Weights of the four neighbours of a point at distance s from the second one.
  ARHAT_HD void cubic(float s, float* weight) const {
    const float a = p.cube_coeff, u = s + 1, v = 1 - s, w = 2 - s;
    weight[0] = ((a * u - 5 * a) * u + 8 * a) * u - 4 * a;
    weight[1] = ((a + 2) * s - (a + 3)) * s * s + 1;
    weight[2] = ((a + 2) * v - (a + 3)) * v * v + 1;
    weight[3] = ((a * w - 5 * a) * w + 8 * a) * w - 4 * a;
  }

  ARHAT_HD void operator()(int64_t at) const {
    const int axis = p.axis[k], n = interpolate_taps(p, k);
    const int64_t size = p.before[axis] + p.in_size[axis] + p.after[axis];
    Tap* tap = taps + interpolate_taps_before(p, k) + at * n;
    const float x = source(static_cast<float>(at), static_cast<float>(p.out_size[axis]), static_cast<float>(size));

    switch (p.mode) {
      case InterpolateMode::nearest:
        set(tap[0], clamp<int64_t>(nearest(x), 0, size - 1), 1, axis);
        break;
      case InterpolateMode::linear_onnx: {
        const float inside = clamp(x, 0.f, static_cast<float>(size - 1));
        const int64_t first = static_cast<int64_t>(inside), second = smaller(first + 1, size - 1);
        const float fraction = first == second ? 0.5f : inside - static_cast<float>(first);
        set(tap[0], first, 1 - fraction, axis);
        set(tap[1], second, fraction, axis);
        break;
      }
      case InterpolateMode::cubic: {
        const float first = std::floor(x);
        float weight[4];
        cubic(x - first, weight);
        for (int i = 0; i < 4; ++i)
          set(tap[i], clamp<int64_t>(static_cast<int64_t>(first) + i - 1, 0, size - 1), weight[i], axis);
        break;
      }
      case InterpolateMode::linear: {
        const float scale = interpolate_antialias(p) ? p.scale[k] : 1.f;
        const int64_t first = static_cast<int64_t>(std::round(x)) - n / 2;
        float sum = 0;
        for (int i = 0; i < n; ++i) {
          const bool inside = first + i >= 0 && first + i < size;
          const float distance = std::fabs(scale * (x - static_cast<float>(first + i)));
          const float weight = inside ? larger(0.f, 1 - distance) : 0.f;
          set(tap[i], inside ? first + i : 0, weight, axis);
          sum += weight;
        }
        for (int i = 0; i < n; ++i) tap[i].weight = sum == 0 ? 0.f : tap[i].weight / sum;
        break;
      }
    }
  }

 private:
  // `at` counts from the first element of the padded input.
  ARHAT_HD void set(Tap& tap, int64_t at, float weight, int axis) const {
    const int64_t index = at - p.before[axis];
    tap.index = index >= 0 && index < p.in_size[axis] ? static_cast<int>(index) : -1;
    tap.weight = weight;
  }
};

// Index: element of the output; quotients are computed in integers of type I.
template <class T, class I = int64_t>
struct InterpolateElement {
  InterpolateParams p;
  const Tap* taps;
  const T* x;
  T* y;

  ARHAT_HD void operator()(int64_t index) const {
    const Tap* tap[8];  // of this element, along each resized axis
    int count[8];
    int64_t coordinate[8], to = 0;
    I left = static_cast<I>(index);
    for (int i = p.rank - 1; i >= 0; --i) {
      coordinate[i] = static_cast<int64_t>(left % static_cast<I>(p.out_size[i]));
      left /= static_cast<I>(p.out_size[i]);
      to += coordinate[i] * p.out[i];
    }
    int64_t combinations = 1;
    for (int k = 0; k < p.axes; ++k) {
      count[k] = interpolate_taps(p, k);
      tap[k] = taps + interpolate_taps_before(p, k) + coordinate[p.axis[k]] * count[k];
      combinations *= count[k];
    }
    int64_t base = 0;
    bool inside = true;
    for (int i = 0; i < p.rank; ++i) {
      bool resized = false;
      for (int k = 0; k < p.axes; ++k) resized = resized || p.axis[k] == i;
      const int64_t at = coordinate[i] - p.before[i];
      if (!resized) inside = inside && at >= 0 && at < p.in_size[i];
      if (!resized) base += at * p.in[i];
    }
    if (p.mode == InterpolateMode::nearest) {
      for (int k = 0; k < p.axes; ++k) {
        inside = inside && tap[k]->index >= 0;
        base += tap[k]->index * p.in[p.axis[k]];
      }
      y[to] = inside ? x[base] : T(0);
      return;
    }
    float sum = 0;
    for (int64_t c = 0; inside && c < combinations; ++c) {
      int64_t from = base;
      I rest = static_cast<I>(c);
      float weight = 1;
      for (int k = p.axes - 1; k >= 0; --k) {
        const Tap t = tap[k][rest % static_cast<I>(count[k])];
        rest /= static_cast<I>(count[k]);
        weight = t.index < 0 ? 0.f : weight * t.weight;
        from += larger(t.index, 0) * p.in[p.axis[k]];
      }
      if (weight != 0) sum += weight * static_cast<float>(x[from]);
    }
    y[to] = rounded(sum);
  }

 private:
  // Integers are rounded to the nearest, halves to even, and clipped, as OpenVINO's CPU plugin does.
  static ARHAT_HD T rounded(float sum) {
    if constexpr (std::is_integral_v<T>) {
      const float whole = std::nearbyint(sum);
      if (whole <= static_cast<float>(Range<T>::lowest)) return Range<T>::lowest;
      return whole >= static_cast<float>(Range<T>::highest) ? Range<T>::highest : static_cast<T>(whole);
    } else {
      return static_cast<T>(sum);
    }
  }
};

#ifndef __CUDACC__

// Two resized axes (rows and columns) of a tensor whose innermost axis is not resized: a pixel is a row of contiguous
// channels. Index: row of the output.
struct InterpolatePixels {
  InterpolateParams p;
  const Tap* taps;
  const float* x;
  float* y;
  int64_t outer, outer_in, outer_out, channels;

  void operator()(int64_t index) const {
    const int rows = p.axis[0], columns = p.axis[1];
    const int ny = interpolate_taps(p, 0), nx = interpolate_taps(p, 1);
    const int64_t row = index % p.out_size[rows];
    const Tap* ty = taps + row * ny;
    const Tap* tx = taps + interpolate_taps_before(p, 1);
    const float* from = x + index / p.out_size[rows] * outer_in;
    float* to = y + index / p.out_size[rows] * outer_out + row * p.out[rows];
    for (int64_t column = 0; column < p.out_size[columns]; ++column, tx += nx, to += p.out[columns])
      p.mode == InterpolateMode::nearest ? copy(ty, tx, from, to) : blend(ty, ny, tx, nx, from, to);
  }

 private:
  void copy(const Tap* ty, const Tap* tx, const float* from, float* to) const {
    const bool inside = ty->index >= 0 && tx->index >= 0;
    from += ty->index * p.in[p.axis[0]] + tx->index * p.in[p.axis[1]];
    for (int64_t c = 0; c < channels; c += VL) {
      const int lanes = static_cast<int>(smaller<int64_t>(VL, channels - c));
      store_first(to + c, inside ? load_first(from + c, lanes) : vf{}, lanes);
    }
  }

  void blend(const Tap* ty, int ny, const Tap* tx, int nx, const float* from, float* to) const {
    for (int64_t c = 0; c < channels; c += VL) {
      const int lanes = static_cast<int>(smaller<int64_t>(VL, channels - c));
      vf sum{};
      for (int i = 0; i < ny; ++i) {
        if (ty[i].index < 0 || ty[i].weight == 0) continue;
        vf line{};
        for (int k = 0; k < nx; ++k) {
          if (tx[k].index < 0 || tx[k].weight == 0) continue;
          const float* pixel = from + ty[i].index * p.in[p.axis[0]] + tx[k].index * p.in[p.axis[1]];
          line += load_first(pixel + c, lanes) * tx[k].weight;
        }
        sum += line * ty[i].weight;
      }
      store_first(to + c, sum, lanes);
    }
  }
};

// Two resized axes, columns innermost and contiguous. Index: row of the output.
struct InterpolateRows {
  InterpolateParams p;
  const Tap* taps;
  const float* x;
  float* y;
  int64_t outer[8];  // extents of the axes before the rows

  void operator()(int64_t index) const {
    const int rows = p.axis[0], columns = p.axis[1];
    const int ny = interpolate_taps(p, 0), nx = interpolate_taps(p, 1);
    const int64_t row = index % p.out_size[rows];
    const Tap* ty = taps + row * ny;
    const Tap* tx = taps + interpolate_taps_before(p, 1);
    const float* from = x;
    float* to = y + row * p.out[rows];
    int64_t rest = index / p.out_size[rows];
    for (int i = rows - 1; i >= 0; --i) {
      from += rest % outer[i] * p.in[i];
      to += rest % outer[i] * p.out[i];
      rest /= outer[i];
    }
    const int64_t n = p.out_size[columns];
    if (p.mode == InterpolateMode::nearest) {
      const float* line = from + ty->index * p.in[rows];
      for (int64_t i = 0; i < n; ++i) to[i] = ty->index >= 0 && tx[i].index >= 0 ? line[tx[i].index] : 0.f;
      return;
    }
    for (int64_t i = 0; i < n; ++i) to[i] = 0;
    for (int j = 0; j < ny; ++j) {
      if (ty[j].index < 0 || ty[j].weight == 0) continue;
      const float* line = from + ty[j].index * p.in[rows];
      for (int64_t i = 0; i < n; ++i) {
        float sum = 0;
        for (int k = 0; k < nx; ++k)
          if (tx[i * nx + k].index >= 0) sum += line[tx[i * nx + k].index] * tx[i * nx + k].weight;
        to[i] += sum * ty[j].weight;
      }
    }
  }
};

// Launches the driver that fits; false if none does.
inline bool interpolate_planes(Context context, const InterpolateParams& p, const Tap* taps, const float* x, float* y) {
  if (p.axes != 2 || p.axis[0] > p.axis[1]) return false;
  const int rows = p.axis[0], columns = p.axis[1];
  int64_t count = p.out_size[rows];
  for (int i = 0; i < p.rank; ++i) {
    if (i == rows || i == columns) continue;
    if (p.before[i] != 0 || p.after[i] != 0) return false;
    count *= p.out_size[i];
  }
  const int64_t grain = 1 + (1 << 13) / (p.out_size[columns] + 1);
  if (columns == p.rank - 1 && rows == p.rank - 2 && p.in[columns] == 1 && p.out[columns] == 1) {
    InterpolateRows driver{p, taps, x, y, {}};
    for (int i = 0; i < rows; ++i) driver.outer[i] = p.out_size[i];
    launch(context, count, driver, grain);
    return true;
  }
  // [outer, channels, rows, columns] stored with the channels innermost.
  if (p.rank == 4 && rows == 2 && columns == 3 && p.in[1] == 1 && p.out[1] == 1) {
    const InterpolatePixels driver{p, taps, x, y, p.out_size[0], p.in[0], p.out[0], p.out_size[1]};
    launch(context, p.out_size[0] * p.out_size[rows], driver, 1 + grain / (p.out_size[1] + 1));
    return true;
  }
  return false;
}

#endif

// scratch: interpolate_scratch(p) bytes.
template <class T>
void interpolate(Context context, const InterpolateParams& p, const T* x, T* y, void* scratch) {
  Tap* taps = static_cast<Tap*>(scratch);
  for (int k = 0; k < p.axes; ++k) launch(context, p.out_size[p.axis[k]], ComputeTaps{p, k, taps}, 1 << 12);
  int64_t n = 1;
  for (int i = 0; i < p.rank; ++i) n *= p.out_size[i];
#ifndef __CUDACC__
  if constexpr (std::is_same_v<T, float>) {
    if (interpolate_planes(context, p, taps, x, y)) return;
  }
#else
  if (n < int64_t{1} << 31) return launch(context, n, InterpolateElement<T, uint32_t>{p, taps, x, y});
#endif
  launch(context, n, InterpolateElement<T>{p, taps, x, y}, 1 << 10);
}

}  // namespace ARHAT_ISA
}  // namespace arhat

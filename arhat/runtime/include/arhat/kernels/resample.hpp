// Resizing of one axis with the filters of the Pillow library (OpenVINO Interpolate-11, bilinear_pillow and
// bicubic_pillow). Dense tensors.
#pragma once

#include <type_traits>

#include "launch.hpp"

namespace arhat {

// x [outer][in][inner], y [outer][size][inner].
struct ResampleParams {
  int64_t outer, in, size, inner;
  bool bicubic;
  double cube_coeff;
};

inline namespace ARHAT_ISA {

ARHAT_HD inline double resample_scale(const ResampleParams& p) {
  return static_cast<double>(p.in) / static_cast<double>(p.size);
}

ARHAT_HD inline double resample_support(const ResampleParams& p) {
  return (p.bicubic ? 2.0 : 1.0) * larger(resample_scale(p), 1.0);
}

// Doubles for each output coordinate: the first input coordinate, how many there are, their weights.
ARHAT_HD inline int64_t resample_row(const ResampleParams& p) {
  return 2 * static_cast<int64_t>(std::ceil(resample_support(p))) + 2;
}

// Bytes of scratch memory that `resample` needs.
inline int64_t resample_scratch(const ResampleParams& p) {
  return round_up_bytes(p.size * resample_row(p) * static_cast<int64_t>(sizeof(double)));
}

// Index: output coordinate of the axis.
struct ResampleWeights {
  ResampleParams p;
  double* rows;

  ARHAT_HD double weight(double x) const {
    x = std::fabs(x);
    if (!p.bicubic) return x < 1 ? 1 - x : 0;
    if (x < 1) return ((p.cube_coeff + 2) * x - (p.cube_coeff + 3)) * x * x + 1;
    return x < 2 ? (((x - 5) * x + 8) * x - 4) * p.cube_coeff : 0;
  }

  ARHAT_HD void operator()(int64_t at) const {
    double* row = rows + at * resample_row(p);
    const double scale = resample_scale(p), support = resample_support(p), narrowing = 1.0 / larger(scale, 1.0);
    const double center = (static_cast<double>(at) + 0.5) * scale;
    const int64_t first = larger(static_cast<int64_t>(center - support + 0.5), int64_t{0});
    const int64_t count = smaller(static_cast<int64_t>(center + support + 0.5), p.in) - first;
    double sum = 0;
    for (int64_t i = 0; i < count; ++i) {
      row[2 + i] = weight((static_cast<double>(first + i) - center + 0.5) * narrowing);
      sum += row[2 + i];
    }
    for (int64_t i = 0; i < count && sum != 0; ++i) row[2 + i] /= sum;
    row[0] = static_cast<double>(first);
    row[1] = static_cast<double>(count);
  }
};

// Index: coordinates of the outer axes and of the resized one, `width` inner elements.
template <class T>
struct ResampleLine {
  ResampleParams p;
  int64_t width, parts;
  const double* rows;
  const T* x;
  T* y;

  ARHAT_HD void operator()(int64_t number) const {
    const int64_t index = parts == 1 ? number : number / parts, start = (number - index * parts) * width;
    const double* row = rows + index % p.size * resample_row(p);
    const int64_t first = static_cast<int64_t>(row[0]), count = static_cast<int64_t>(row[1]);
    const T* from = x + (index / p.size * p.in + first) * p.inner;
    for (int64_t j = start; j < start + width; ++j) {
      double sum = 0;
      for (int64_t i = 0; i < count; ++i) sum += static_cast<double>(from[i * p.inner + j]) * row[2 + i];
      y[index * p.inner + j] = rounded(sum);
    }
  }

 private:
  static ARHAT_HD T rounded(double sum) {
    if constexpr (std::is_integral_v<T>) {
      const double whole = std::trunc(sum + (sum < 0 ? -0.5 : 0.5));
      if (whole <= static_cast<double>(Range<T>::lowest)) return Range<T>::lowest;
      return whole >= static_cast<double>(Range<T>::highest) ? Range<T>::highest : static_cast<T>(whole);
    } else {
      return static_cast<T>(sum);
    }
  }
};

// scratch: resample_scratch(p) bytes.
template <class T>
void resample(Context context, const ResampleParams& p, const T* x, T* y, void* scratch) {
  double* rows = static_cast<double*>(scratch);
  launch(context, p.size, ResampleWeights{p, rows}, 1 << 10);
  if (p.inner == 0) return;
  const int64_t width = elements_of_index(p.inner), parts = p.inner / width;
  launch(context, p.outer * p.size * parts, ResampleLine<T>{p, width, parts, rows, x, y}, 1 + (1 << 12) / (p.inner + 1));
}

}  // namespace ARHAT_ISA
}  // namespace arhat

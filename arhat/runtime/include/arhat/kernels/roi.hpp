// What the kernels over regions of interest share: shapes, strides, which image a box belongs to.
#pragma once

#include "launch.hpp"

namespace arhat {

// x [images][channels][height][width], y [rois][out_channels][rows][columns]; strides in elements along these axes.
struct RoiShape {
  int images, channels, height, width;
  int rois, out_channels, rows, columns;
  int64_t in[4], out[4];
};

inline namespace ARHAT_ISA {

// The image of box `roi`; -1 where a box of image -1 has ended the list before it, or where there is no such image.
template <class T>
ARHAT_HD int roi_image(const T* batch, int64_t stride, int64_t roi, int images) {
  for (int64_t i = 0; i <= roi; ++i)
    if (batch[i * stride] > T(-2) && batch[i * stride] <= T(-1)) return -1;
  const T image = batch[roi * stride];
  return image > T(-1) && image < static_cast<T>(images) ? static_cast<int>(image) : -1;
}

// Rounded half away from zero; 0 for what is not a number.
ARHAT_HD inline int to_pixel(float x) {
  const float limit = 1 << 30;
  return x == x ? static_cast<int>(std::round(clamp(x, -limit, limit))) : 0;
}

// The cells of a row of a box, for some of the channels: what one index of a launch works on.
struct RoiRow {
  int64_t roi;
  int row, first, last;
};

// Channels that one index works on: all of them where a loop over them is a loop over vectors.
#ifdef __CUDACC__
constexpr int roi_channels = 4;
#else
constexpr int roi_channels = 1 << 20;
#endif

ARHAT_HD inline int64_t roi_blocks(const RoiShape& s) { return (s.out_channels + roi_channels - 1) / roi_channels; }

ARHAT_HD inline int64_t roi_rows(const RoiShape& s) { return static_cast<int64_t>(s.rois) * s.rows * roi_blocks(s); }

ARHAT_HD inline RoiRow roi_row(const RoiShape& s, int64_t index) {
  const int64_t blocks = roi_blocks(s);
  const int first = static_cast<int>(index % blocks) * roi_channels;
  const int64_t row = index / blocks;
  return {row / s.rows, static_cast<int>(row % s.rows), first, smaller(s.out_channels, first + roi_channels)};
}

// Calls f(offset in x, offset in y) for channels first..last.
template <class F>
ARHAT_HD void each_channel(int first, int last, int64_t in, int64_t out, F f) {
  if (in == 1 && out == 1) {
    for (int64_t c = first; c < last; ++c) f(c, c);
  } else {
    for (int64_t c = first; c < last; ++c) f(c * in, c * out);
  }
}

ARHAT_HD inline void clear_row(const RoiShape& s, const RoiRow& r, float* y) {
  float* to = y + r.roi * s.out[0] + r.row * s.out[2];
  for (int column = 0; column < s.columns; ++column, to += s.out[3])
    each_channel(r.first, r.last, 1, s.out[1], [&](int64_t, int64_t out) { to[out] = 0; });
}

// Four neighbouring pixels and how far between them a sample lies.
struct BilinearTap {
  int64_t upper_left, upper_right, lower_left, lower_right;
  float across, down;
};

// The sample at (y, x), which lies inside of the features.
ARHAT_HD inline BilinearTap bilinear_tap(const RoiShape& s, float y, float x) {
  const int top = static_cast<int>(std::floor(y)), left = static_cast<int>(std::floor(x));
  const int bottom = smaller(static_cast<int>(std::ceil(y)), s.height - 1);
  const int right = smaller(static_cast<int>(std::ceil(x)), s.width - 1);
  return {top * s.in[2] + left * s.in[3],    top * s.in[2] + right * s.in[3],
          bottom * s.in[2] + left * s.in[3], bottom * s.in[2] + right * s.in[3],
          x - static_cast<float>(left),      y - static_cast<float>(top)};
}

ARHAT_HD inline float bilinear(const BilinearTap& t, const float* x) {
  const float upper = x[t.upper_left] + (x[t.upper_right] - x[t.upper_left]) * t.across;
  const float lower = x[t.lower_left] + (x[t.lower_right] - x[t.lower_left]) * t.across;
  return upper + (lower - upper) * t.down;
}

ARHAT_HD inline bool lies_inside(const RoiShape& s, float y, float x) {
  return y >= 0 && y <= static_cast<float>(s.height - 1) && x >= 0 && x <= static_cast<float>(s.width - 1);
}

}  // namespace ARHAT_ISA
}  // namespace arhat

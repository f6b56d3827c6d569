// What the elements of a deformable kernel see: Dai et al., "Deformable Convolutional Networks", 2017.
#pragma once

#include "launch.hpp"

namespace arhat {

// Strides are those of (image, channel, row, pixel); a mask may be missing.
struct DeformableParams {
  int64_t images, channels, height, width, out_height, out_width;
  int64_t kernel_height, kernel_width, stride_y, stride_x, dilation_y, dilation_x, pad_top, pad_left;
  int64_t groups;  // of channels that share offsets
  bool interpolate_border;
  int64_t x[4], offsets[4], mask[4], y[4];
};

inline namespace ARHAT_ISA {

// Index: (image, row, column, group, element of the kernel), the last fastest.
template <class T>
struct DeformableSample {
  DeformableParams p;
  const T* x;
  const T* offsets;
  const T* mask;
  T* y;

  ARHAT_HD void operator()(int64_t index) const {
    const int64_t taps = p.kernel_height * p.kernel_width;
    const int64_t tap = index % taps;
    index /= taps;
    const int64_t group = index % p.groups;
    index /= p.groups;
    const int64_t column = index % p.out_width;
    index /= p.out_width;
    const int64_t row = index % p.out_height, image = index / p.out_height;

    const int64_t channel = group * taps + tap;
    const T* const moved = offsets + image * p.offsets[0] + 2 * channel * p.offsets[1] + row * p.offsets[2] + column * p.offsets[3];
    const T top = static_cast<T>(row * p.stride_y - p.pad_top + tap / p.kernel_width * p.dilation_y) + moved[0];
    const T left = static_cast<T>(column * p.stride_x - p.pad_left + tap % p.kernel_width * p.dilation_x) + moved[p.offsets[1]];

    const int64_t count = p.channels / p.groups;
    const T* const from = x + image * p.x[0] + group * count * p.x[1];
    T* const to = y + image * p.y[0] + (group * count * taps + tap) * p.y[1] + row * p.y[2] + column * p.y[3];
    const T least = p.interpolate_border ? -1 : 0;
    const bool before = p.interpolate_border ? !(top > least && left > least) : !(top >= least && left >= least);
    // A NaN is outside as well.
    if (before || !(top < static_cast<T>(p.height) && left < static_cast<T>(p.width))) {
      for (int64_t c = 0; c < count; ++c) to[c * taps * p.y[1]] = 0;
      return;
    }
    const T y_low = std::floor(top), x_low = std::floor(left);
    const T y_share = top - y_low, x_share = left - x_low;
    const int64_t y0 = static_cast<int64_t>(y_low), x0 = static_cast<int64_t>(x_low);
    const T scale = mask ? mask[image * p.mask[0] + channel * p.mask[1] + row * p.mask[2] + column * p.mask[3]] : T(1);
    T weight[4] = {(1 - y_share) * (1 - x_share), (1 - y_share) * x_share, y_share * (1 - x_share), y_share * x_share};
    int64_t place[4];
    for (int corner = 0; corner < 4; ++corner) {
      const int64_t yc = y0 + corner / 2, xc = x0 + corner % 2;
      const bool inside = yc >= 0 && yc < p.height && xc >= 0 && xc < p.width;
      // Beyond the border is zero, or the border itself where the interpolation stops there.
      if (!inside && p.interpolate_border) weight[corner] = 0;
      weight[corner] *= scale;
      place[corner] = clamp<int64_t>(yc, 0, p.height - 1) * p.x[2] + clamp<int64_t>(xc, 0, p.width - 1) * p.x[3];
    }
    for (int64_t c = 0; c < count; ++c) {
      const T* const pixel = from + c * p.x[1];
      to[c * taps * p.y[1]] = weight[0] * pixel[place[0]] + weight[1] * pixel[place[1]] + weight[2] * pixel[place[2]] +
                              weight[3] * pixel[place[3]];
    }
  }
};

template <class T>
void deformable_columns(Context context, const DeformableParams& p, const T* x, const T* offsets, const T* mask, T* y) {
  const int64_t samples = p.images * p.out_height * p.out_width * p.groups * p.kernel_height * p.kernel_width;
  launch(context, samples, DeformableSample<T>{p, x, offsets, mask, y}, 1 + 4096 / (p.channels / p.groups));
}

}  // namespace ARHAT_ISA
}  // namespace arhat

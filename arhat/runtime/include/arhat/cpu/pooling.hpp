// Pooling: channels are the vector; windows are cut to the image, so no halo is read.
#pragma once

#include "../pool.hpp"
#include "../vec.hpp"
#include "types.hpp"

namespace arhat {
inline namespace ARHAT_ISA {

// The taps of a window, along one axis, that fall inside the image: begin + i * dilation for i in [0, count).
struct Window {
  int begin, count;
};

ARHAT_INLINE Window window(int output, int stride, int pad, int kernel, int dilation, int size) {
  const int start = output * stride - pad;
  const int skipped = start < 0 ? ceil_div(-start, dilation) : 0;
  const int fit = start < size ? ceil_div(size - start, dilation) : 0;
  return {start + skipped * dilation, imax(0, imin(kernel, fit) - skipped)};
}

// Calls f(image, row, column, output pixel) for every output pixel, rows shared out between threads.
template <class F>
ARHAT_INLINE void for_each_output(ThreadPool& pool, const PoolShape& s, const Image& y, F f) {
  const int rows = s.n * s.oh, tasks = pool.threads() == 1 ? 1 : imin(rows, 4 * pool.threads());
  pool.parallel(tasks, [&](int task) {
    for (int r = part(rows, task, tasks); r < part(rows, task + 1, tasks); ++r) {
      const int image = r / s.oh, row = r % s.oh;
      for (int column = 0; column < s.ow; ++column) {
        f(image, row, column, y.base + image * y.image + row * y.row + column * y.pixel);
      }
    }
  });
}

// Calls f(vector of channels at c, lanes); the last one may not be whole.
template <class F>
ARHAT_INLINE void for_each_vector(int channels, int lanes, F f) {
  int c = 0;
  for (; c < channels && c + VL <= lanes; c += VL) f(c, VL);
  if (c < channels) f(c, channels - c);
}

// Padding is skipped, never read: no halo is needed. A window in padding alone gives the lowest finite number. s.pb and
// s.pr are not used.
inline void max_pool(ThreadPool& pool, const PoolShape& s, ConstImage x, Image y) {
  const int lanes = imin(x.lanes, y.lanes);
  for_each_output(pool, s, y, [&](int image, int row, int column, float* to) {
    const Window h = window(row, s.sh, s.pt, s.kh, s.dh, s.ih), v = window(column, s.sw, s.pl, s.kw, s.dw, s.iw);
    const float* from = x.base + image * x.image + h.begin * x.row + v.begin * x.pixel;
    for_each_vector(s.c, lanes, [&](int c, int n) {
      vf largest = splat(-__FLT_MAX__);
      for (int i = 0; i < h.count; ++i) {
        const float* p = from + i * s.dh * x.row + c;
        for (int j = 0; j < v.count; ++j, p += s.dw * x.pixel) largest = at_least(load_first(p, n), largest);
      }
      store_first(to + c, largest, n);
    });
  });
}

// The divisor is the size of the window, or with exclude_pad the number of its elements inside the image.
inline void avg_pool(ThreadPool& pool, const PoolShape& s, bool exclude_pad, ConstImage x, Image y) {
  const int lanes = imin(x.lanes, y.lanes);
  for_each_output(pool, s, y, [&](int image, int row, int column, float* to) {
    const Window h = window(row, s.sh, s.pt, s.kh, s.dh, s.ih), v = window(column, s.sw, s.pl, s.kw, s.dw, s.iw);
    const int divisor = exclude_pad ? h.count * v.count : s.kh * s.kw;
    const vf count = splat(static_cast<float>(imax(1, divisor)));
    const float* from = x.base + image * x.image + h.begin * x.row + v.begin * x.pixel;
    for_each_vector(s.c, lanes, [&](int c, int n) {
      vf sum{};
      for (int i = 0; i < h.count; ++i) {
        const float* p = from + i * s.dh * x.row + c;
        for (int j = 0; j < v.count; ++j, p += s.dw * x.pixel) sum += load_first(p, n);
      }
      store_first(to + c, sum / count, n);
    });
  });
}

// Mean over all pixels; y has one pixel per image.
inline void global_average(ThreadPool& pool, int n, int h, int w, int c, ConstImage x, Image y) {
  const int lanes = imin(x.lanes, y.lanes);
  const vf count = splat(static_cast<float>(h) * static_cast<float>(w));
  const int blocks = ceil_div(c, 64);  // of channels: whole cache lines for each thread
  pool.parallel(n * blocks, [&](int task) {
    const int image = task / blocks, first = task % blocks * 64;
    const float* from = x.base + image * x.image + first;
    float* to = y.base + image * y.image + first;
    for_each_vector(imin(64, c - first), lanes - first, [&](int k, int m) {
      // Four sums: a single chain of additions would wait for each one.
      vf sum[4] = {};
      for (int i = 0; i < h; ++i) {
        const float* p = from + i * x.row + k;
        for (int j = 0; j < w; ++j) sum[j & 3] += load_first(p + j * x.pixel, m);
      }
      store_first(to + k, (sum[0] + sum[1] + sum[2] + sum[3]) / count, m);
    });
  });
}

}  // namespace ARHAT_ISA
}  // namespace arhat

// Moving activations between layouts.
#pragma once

#include "../pool.hpp"
#include "../vec.hpp"
#include "types.hpp"

namespace arhat {

struct Halo {
  int top, left, bottom, right;
};

inline namespace ARHAT_ISA {

// Both copies go row by row in blocks of pixels: the strided side stays in cache while its channels are walked.
constexpr int REORDER_PIXELS = 64;

inline void nchw_to_nhwc(ThreadPool& pool, int n, int c, int h, int w, const float* x, Image y) {
  const int rows = n * h, tasks = pool.threads() == 1 ? 1 : imin(rows, 4 * pool.threads());
  pool.parallel(tasks, [&](int task) {
    for (int r = part(rows, task, tasks); r < part(rows, task + 1, tasks); ++r) {
      const float* from = x + (std::ptrdiff_t(r / h) * c * h + r % h) * w;
      float* to = y.base + r / h * y.image + r % h * y.row;
      for (int begin = 0; begin < w; begin += REORDER_PIXELS) {
        const int end = imin(begin + REORDER_PIXELS, w);
        if (c == 3) {
          const float *c0 = from, *c1 = from + std::ptrdiff_t(h) * w, *c2 = c1 + std::ptrdiff_t(h) * w;
          for (int i = begin; i < end; ++i) {
            float* pixel = to + i * y.pixel;
            pixel[0] = c0[i], pixel[1] = c1[i], pixel[2] = c2[i];
          }
        } else {
          for (int k = 0; k < c; ++k) {
            const float* channel = from + std::ptrdiff_t(k) * h * w;
            for (int i = begin; i < end; ++i) to[i * y.pixel + k] = channel[i];
          }
        }
      }
    }
  });
}

inline void nhwc_to_nchw(ThreadPool& pool, int n, int c, int h, int w, ConstImage x, float* y) {
  const int rows = n * h, tasks = pool.threads() == 1 ? 1 : imin(rows, 4 * pool.threads());
  pool.parallel(tasks, [&](int task) {
    for (int r = part(rows, task, tasks); r < part(rows, task + 1, tasks); ++r) {
      const float* from = x.base + r / h * x.image + r % h * x.row;
      float* to = y + (std::ptrdiff_t(r / h) * c * h + r % h) * w;
      for (int begin = 0; begin < w; begin += REORDER_PIXELS) {
        const int end = imin(begin + REORDER_PIXELS, w);
        for (int k = 0; k < c; ++k) {
          float* channel = to + std::ptrdiff_t(k) * h * w;
          for (int i = begin; i < end; ++i) channel[i] = from[i * x.pixel + k];
        }
      }
    }
  });
}

// Copies pixels between two nhwc views (concatenation, change of halo or pixel stride).
inline void copy_nhwc(ThreadPool& pool, int n, int c, int h, int w, ConstImage x, Image y) {
  const int rows = n * h, tasks = pool.threads() == 1 ? 1 : imin(rows, 4 * pool.threads());
  pool.parallel(tasks, [&](int task) {
    for (int r = part(rows, task, tasks); r < part(rows, task + 1, tasks); ++r) {
      const float* from = x.base + r / h * x.image + r % h * x.row;
      float* to = y.base + r / h * y.image + r % h * y.row;
      if (x.pixel == c && y.pixel == c) {
        std::memcpy(to, from, std::size_t(w) * c * sizeof(float));
      } else {
        for (int i = 0; i < w; ++i) std::memcpy(to + i * y.pixel, from + i * x.pixel, std::size_t(c) * sizeof(float));
      }
    }
  });
}

// Writes zeros to the lanes of every halo pixel around n images of h x w pixels.
inline void zero_halo(int n, int h, int w, Halo halo, Image y) {
  const auto clear = [&](float* first, int pixels) {
    if (y.lanes == y.pixel) {
      std::memset(first, 0, std::size_t(pixels) * y.lanes * sizeof(float));
    } else {
      for (int i = 0; i < pixels; ++i) std::memset(first + i * y.pixel, 0, std::size_t(y.lanes) * sizeof(float));
    }
  };
  const int width = halo.left + w + halo.right;
  for (int i = 0; i < n; ++i) {
    float* const corner = y.base + i * y.image - halo.left * y.pixel;
    for (int r = -halo.top; r < h + halo.bottom; ++r) {
      float* const row = corner + r * y.row;
      if (r < 0 || r >= h) {
        clear(row, width);
      } else {
        clear(row, halo.left);
        clear(row + (halo.left + w) * y.pixel, halo.right);
      }
    }
  }
}

}  // namespace ARHAT_ISA
}  // namespace arhat

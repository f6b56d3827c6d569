// Between floats and bytes, sums of two quantised images, and the largest bytes of windows.
#pragma once

#include "int8.hpp"

namespace arhat {
inline namespace ARHAT_ISA {

// f(vector, its channel) for every vector of `channels` channels of every pixel of a row, in parallel over rows.
template <class F>
inline void int8_rows(ThreadPool& pool, int n, int h, F f) {
  const int rows = n * h, tasks = pool.threads() == 1 ? 1 : imin(rows, 4 * pool.threads());
  pool.parallel(tasks, [&](int task) {
    for (int i = part(rows, task, tasks); i < part(rows, task + 1, tasks); ++i) f(i / h, i % h);
  });
}

// Bytes of n images of h x w pixels: round(x * multiplier + shift).
inline void quantize_image(ThreadPool& pool, int n, int h, int w, int channels, const ConstImage& x, const BytesImage& y,
                           const Requantize& e) {
  const int lanes = imin(y.lanes, round_up(channels, VL)), readable = x.lanes;
  int8_rows(pool, n, h, [&](int image, int row) {
    const float* from = x.base + image * x.image + row * x.row;
    std::uint8_t* to = y.base + image * y.image + row * y.row;
    for (int c = 0; c < channels; c += VL) {
      const vf multiplier = e.per_channel ? load(e.multiplier + c) : splat(*e.multiplier);
      const vf shift = e.per_channel ? load(e.shift + c) : splat(*e.shift);
      const int n_in = imin(VL, readable - c), n_out = imin(VL, lanes - c);
      for (int i = 0; i < w; ++i) {
        store_bytes_first(to + i * y.pixel + c, to_level(load_first(from + i * x.pixel + c, n_in), multiplier, shift), n_out);
      }
    }
  });
}

// Floats of bytes: q * scale + bias.
inline void dequantize_image(ThreadPool& pool, int n, int h, int w, int channels, const ConstBytesImage& x, const Image& y,
                             const Requantize& e) {
  const int lanes = imin(y.lanes, round_up(channels, VL));
  int8_rows(pool, n, h, [&](int image, int row) {
    const std::uint8_t* from = x.base + image * x.image + row * x.row;
    float* to = y.base + image * y.image + row * y.row;
    for (int c = 0; c < channels; c += VL) {
      const vf scale = e.per_channel ? load(e.scale + c) : splat(*e.scale);
      const vf bias = e.per_channel ? load(e.bias + c) : splat(*e.bias);
      const int n_out = imin(VL, lanes - c);
      for (int i = 0; i < w; ++i) store_first(to + i * y.pixel + c, load_bytes(from + i * x.pixel + c) * scale + bias, n_out);
    }
  });
}

struct BytesSum {
  float scale_a, shift_a, scale_b, shift_b;
};

// act((a * scale_a + shift_a) + (b * scale_b + shift_b)), as bytes or as floats.
template <class Y>
inline void add_int8(ThreadPool& pool, int n, int h, int w, int channels, const ConstBytesImage& a, const ConstBytesImage& b,
                     const BytesSum& sum, const Y& y, const Requantize& e) {
  const int lanes = imin(y.lanes, round_up(channels, VL));
  int8_rows(pool, n, h, [&](int image, int row) {
    const std::uint8_t* first = a.base + image * a.image + row * a.row;
    const std::uint8_t* second = b.base + image * b.image + row * b.row;
    auto* to = y.base + image * y.image + row * y.row;
    const Bounds f(e);
    for (int c = 0; c < channels; c += VL) {
      vf multiplier{}, shift{};
      if (e.multiplier) {
        multiplier = e.per_channel ? load(e.multiplier + c) : splat(*e.multiplier);
        shift = e.per_channel ? load(e.shift + c) : splat(*e.shift);
      }
      const int n_out = imin(VL, lanes - c);
      for (int i = 0; i < w; ++i) {
        const vf p = load_bytes(first + i * a.pixel + c) * sum.scale_a + sum.shift_a;
        const vf q = load_bytes(second + i * b.pixel + c) * sum.scale_b + sum.shift_b;
        const vf z = f(p + q, vf{});
        if constexpr (sizeof(*to) == 1) {
          store_bytes_first(to + i * y.pixel + c, to_level(z, multiplier, shift), n_out);
        } else {
          store_first(to + i * y.pixel + c, z, n_out);
        }
      }
    }
  });
}

// The largest byte of each window; padding does not count.
inline void max_pool_bytes(ThreadPool& pool, const PoolShape& s, const ConstBytesImage& x, const BytesImage& y) {
  typedef std::uint8_t v16 __attribute__((vector_size(16)));
  typedef std::uint8_t v16_in_memory __attribute__((vector_size(16), aligned(1), may_alias));
  int8_rows(pool, s.n, s.oh, [&](int image, int row) {
    for (int column = 0; column < s.ow; ++column) {
      std::uint8_t* to = y.base + image * y.image + row * y.row + column * y.pixel;
      for (int c = 0; c < s.c; c += 16) {
        v16 most{};
        for (int i = 0; i < s.kh; ++i) {
          const int iy = row * s.sh - s.pt + i * s.dh;
          if (iy < 0 || iy >= s.ih) continue;
          for (int j = 0; j < s.kw; ++j) {
            const int ix = column * s.sw - s.pl + j * s.dw;
            if (ix < 0 || ix >= s.iw) continue;
            const v16 v = *reinterpret_cast<const v16_in_memory*>(x.base + image * x.image + iy * x.row + ix * x.pixel + c);
            most = v > most ? v : most;
          }
        }
        if (y.lanes - c >= 16) {
          *reinterpret_cast<v16_in_memory*>(to + c) = most;
        } else {
          for (int i = 0; i < y.lanes - c; ++i) to[c + i] = most[i];
        }
      }
    }
  });
}

}  // namespace ARHAT_ISA
}  // namespace arhat

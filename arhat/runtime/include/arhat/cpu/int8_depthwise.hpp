// Depthwise convolution of bytes. Products and sums are those of floats: they are exact, as all are integers below 2^24.
#pragma once

#include "int8.hpp"

namespace arhat {
inline namespace ARHAT_ISA {

constexpr int INT8_ROWS_BYTES = 1 << 17;  // of the rows under one row of outputs
constexpr int INT8_DEPTHWISE_PIXELS = 4;

typedef std::int8_t vs __attribute__((vector_size(VL)));
typedef std::int8_t vs_in_memory __attribute__((vector_size(VL), aligned(1), may_alias));

ARHAT_INLINE vf load_signed(const std::int8_t* p) {
#if defined(ARHAT_INT8_512)
  return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
#elif defined(ARHAT_INT8_256)
  return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
#else
  return __builtin_convertvector(__builtin_convertvector(vs(*reinterpret_cast<const vs_in_memory*>(p)), vi), vf);
#endif
}

// W outputs side by side, VL channels each: x points at the first element of the window of the first of them.
template <int K, int S, int W, class F, class Store>
ARHAT_INLINE void int8_depthwise_outputs(const ConvShape& s, const std::uint8_t* x, std::ptrdiff_t row, std::ptrdiff_t pixel,
                                         const std::int8_t* w, int w_tap, F f, Store to) {
  vf sum[W] = {};
  if constexpr (K != 0) {
    constexpr int COLUMNS = (W - 1) * S + K;
    ARHAT_UNROLL for (int i = 0; i < K; ++i) {
      vf column[COLUMNS];
      ARHAT_UNROLL for (int j = 0; j < COLUMNS; ++j) column[j] = load_bytes(x + i * row + j * pixel);
      ARHAT_UNROLL for (int j = 0; j < K; ++j) {
        const vf weight = load_signed(w);
        w += w_tap;
        ARHAT_UNROLL for (int t = 0; t < W; ++t) sum[t] += weight * column[t * S + j];
      }
    }
  } else {
    for (int i = 0; i < s.kh; ++i) {
      for (int j = 0; j < s.kw; ++j) {
        const vf weight = load_signed(w);
        w += w_tap;
        ARHAT_UNROLL for (int t = 0; t < W; ++t) sum[t] += weight * load_bytes(x + i * row + (j * s.dw + t * s.sw) * pixel);
      }
    }
  }
  ARHAT_UNROLL for (int t = 0; t < W; ++t) to(t, f(sum[t]));
}

// One row of outputs, channels [first, last) of it. `x` holds the kh rows of input under it, padded, VL channels more.
template <int K, int S, class Y>
ARHAT_NOINLINE void int8_depthwise_row(const ConvShape& s, const std::uint8_t* x, std::ptrdiff_t row, std::ptrdiff_t pixel,
                                       const std::int8_t* w, Y* y, std::ptrdiff_t to_pixel, int lanes, const Requantize& e,
                                       int first, int last) {
  const int w_tap = round_up(s.oc, 16);
  const Bounds f(e);
  for (int c = first; c < last; c += VL) {
    const vf scale = load(e.scale + c), bias = load(e.bias + c), slope = e.slope ? load(e.slope + c) : vf{};
    vf multiplier{}, shift{};
    if (e.multiplier) {
      multiplier = e.per_channel ? load(e.multiplier + c) : splat(*e.multiplier);
      shift = e.per_channel ? load(e.shift + c) : splat(*e.shift);
    }
    const int n = imin(VL, lanes - c);
    const auto finish = [&](vf sum) __attribute__((always_inline)) {
      const vf z = f(sum * scale + bias, slope);
      if constexpr (sizeof(Y) == 1) return to_level(z, multiplier, shift);
      return z;
    };
    int p = 0;
    const auto store_at = [&](int t, vf z) __attribute__((always_inline)) {
      Y* to = y + (p + t) * to_pixel + c;
      if constexpr (sizeof(Y) == 1) {
        store_bytes_first(to, z, n);
      } else {
        store_first(to, z, n);
      }
    };
    const std::uint8_t* const from = x + (c - first);
    constexpr int W = INT8_DEPTHWISE_PIXELS;
    for (; p + W <= s.ow; p += W) {
      int8_depthwise_outputs<K, S, W>(s, from + p * s.sw * pixel, row, pixel, w + c, w_tap, finish, store_at);
    }
    for (; p < s.ow; ++p) {
      int8_depthwise_outputs<K, S, 1>(s, from + p * s.sw * pixel, row, pixel, w + c, w_tap, finish, store_at);
    }
  }
}

template <class Y, class Target>
inline void int8_depthwise(ThreadPool& pool, const ConvShape& s, const ConstBytesImage& x, std::uint8_t padding,
                           const std::int8_t* w, const Target& y, const Requantize& e) {
  auto* outputs = int8_depthwise_row<0, 0, Y>;
  if (s.dw == 1 && s.kh == s.kw && (s.sw == 1 || s.sw == 2)) {
    if (s.kw == 3) outputs = s.sw == 1 ? int8_depthwise_row<3, 1, Y> : int8_depthwise_row<3, 2, Y>;
    if (s.kw == 5) outputs = s.sw == 1 ? int8_depthwise_row<5, 1, Y> : int8_depthwise_row<5, 2, Y>;
  }
  const int columns = (s.ow - 1) * s.sw + (s.kw - 1) * s.dw + 1;  // that a row of outputs reads
  const int lanes = imin(y.lanes, round_up(s.oc, 16));
  // As many channels at a time as there is room for; a vector that begins in the last of them reads over the end.
  const int most = imax(INT8_ROWS_BYTES / (s.kh * columns) / 16 * 16, 16);
  const int rows = s.n * s.oh, tasks = pool.threads() == 1 ? 1 : imin(rows, 4 * pool.threads());
  pool.parallel(tasks, [&](int task) {
    alignas(64) std::uint8_t window[INT8_ROWS_BYTES + 64];
    for (int i = part(rows, task, tasks); i < part(rows, task + 1, tasks); ++i) {
      const int image = i / s.oh, top = i % s.oh * s.sh - s.pt;
      for (int first = 0; first < s.oc; first += most) {
        const int last = imin(first + most, s.oc), pixel = round_up(last - first, 16);
        const std::ptrdiff_t row = std::ptrdiff_t(columns) * pixel;
        for (int k = 0; k < s.kh; ++k) {
          const int from = top + k * s.dh;
          std::uint8_t* to = window + k * row;
          const bool inside = from >= 0 && from < s.ih;
          const int before = inside ? imin(s.pl, columns) : columns, here = imin(s.iw, columns - before);
          __builtin_memset(to, padding, static_cast<std::size_t>(before) * pixel);
          const std::uint8_t* p = x.base + image * x.image + from * x.row + first;
          if (inside && x.pixel == pixel) {
            __builtin_memcpy(to + before * pixel, p, static_cast<std::size_t>(here) * pixel);
          } else if (inside) {
            for (int j = 0; j < here; ++j) __builtin_memcpy(to + (before + j) * pixel, p + j * x.pixel, pixel);
          }
          __builtin_memset(to + (before + here) * pixel, padding, static_cast<std::size_t>(columns - before - here) * pixel);
        }
        outputs(s, window, row, pixel, w, y.base + image * y.image + i % s.oh * y.row, y.pixel, lanes, e, first, last);
      }
    }
  });
}

inline void depthwise_int8(ThreadPool& pool, const ConvShape& s, const ConstBytesImage& x, std::uint8_t padding,
                           const std::int8_t* w, const BytesImage& y, const Requantize& e) {
  int8_depthwise<std::uint8_t>(pool, s, x, padding, w, y, e);
}
inline void depthwise_int8(ThreadPool& pool, const ConvShape& s, const ConstBytesImage& x, std::uint8_t padding,
                           const std::int8_t* w, const Image& y, const Requantize& e) {
  int8_depthwise<float>(pool, s, x, padding, w, y, e);
}

}  // namespace ARHAT_ISA
}  // namespace arhat

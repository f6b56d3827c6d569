// Convolution of bytes: products of unsigned activations and signed weights, summed exactly in 32 bits.
//
// A block of output pixels is gathered first, each with all that its window covers in one run (padding included), so
// that every kernel size, stride and dilation is a product of matrices. Three ways to multiply:
// - VNNI (vpdpbusd) takes four products of bytes at a time;
// - AVX2 multiplies and adds pairs of 16-bit numbers (vpmaddwd), to which activations are widened once, when they are
//   gathered, and weights as they are loaded; vpmaddubsw is not used, it saturates;
// - elsewhere the compiler's vectors of 32-bit integers.
#pragma once

#include "int8.hpp"

#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace arhat {
inline namespace ARHAT_ISA {

// ARHAT_EMULATE_VNNI, for tests, runs the code for VNNI on processors without.
#if defined(ARHAT_EMULATE_VNNI)
#define ARHAT_VNNI_TARGET
#define ARHAT_HAS_VNNI 1
#elif defined(__AVX512F__) && defined(__AVX512BW__)
#define ARHAT_VNNI_TARGET __attribute__((target("avx512vnni")))
#define ARHAT_HAS_VNNI 1
#endif

// A block of gathered pixels: `depth` numbers each, a multiple of 4, `step` numbers apart.
struct GatheredBlock {
  const void* a;
  std::ptrdiff_t step;
  int depth;
};

// Sums of `P` pixels and the 16 channels of a panel.
using Int8Tile = void (*)(const GatheredBlock& g, int pixel, const std::int8_t* w, std::int32_t* sums);

#if defined(ARHAT_HAS_VNNI)
typedef std::int32_t vi512 __attribute__((vector_size(64)));
typedef std::int32_t vi512_in_memory __attribute__((vector_size(64), aligned(1), may_alias));

#if defined(ARHAT_EMULATE_VNNI)
ARHAT_NOINLINE inline void emulated_dot4(std::int32_t* sum, const std::uint8_t* a, const std::int8_t* w) {
  for (int i = 0; i < 64; ++i) sum[i / 4] += a[i] * w[i];
}
ARHAT_INLINE vi512 dot4(vi512 sum, vi512 a, vi512 w) {
  emulated_dot4(reinterpret_cast<std::int32_t*>(&sum), reinterpret_cast<const std::uint8_t*>(&a),
                reinterpret_cast<const std::int8_t*>(&w));
  return sum;
}
#else
ARHAT_VNNI_TARGET inline vi512 dot4(vi512 sum, vi512 a, vi512 w) {
  return reinterpret_cast<vi512>(_mm512_dpbusd_epi32(reinterpret_cast<__m512i>(sum), reinterpret_cast<__m512i>(a),
                                                     reinterpret_cast<__m512i>(w)));
}
#endif

template <int P>
ARHAT_VNNI_TARGET ARHAT_NOINLINE void int8_tile_vnni(const GatheredBlock& g, int pixel, const std::int8_t* w, std::int32_t* sums) {
  const auto* a = static_cast<const std::uint8_t*>(g.a) + pixel * g.step;
  vi512 sum[P] = {};
  for (int k = 0; k < g.depth; k += 4, w += 64) {
    const vi512 weights = *reinterpret_cast<const vi512_in_memory*>(w);
    ARHAT_UNROLL for (int p = 0; p < P; ++p) {
      std::int32_t four;
      __builtin_memcpy(&four, a + p * g.step + k, 4);
      sum[p] = dot4(sum[p], four - vi512{}, weights);
    }
  }
  ARHAT_UNROLL for (int p = 0; p < P; ++p) *reinterpret_cast<vi512_in_memory*>(sums + p * INT8_PANEL) = sum[p];
}
#endif

#if defined(__AVX2__)
// 6 pixels by 8 channels, twice: 12 sums, each with two parts of four channels.
template <int P>
ARHAT_NOINLINE void int8_tile_wide(const GatheredBlock& g, int pixel, const std::int8_t* w, std::int32_t* sums) {
  const auto* const a = static_cast<const std::int16_t*>(g.a) + pixel * g.step;
  for (int half = 0; half < 2; ++half) {
    __m256i sum[P][2];
    ARHAT_UNROLL for (int p = 0; p < P; ++p) sum[p][0] = sum[p][1] = _mm256_setzero_si256();
    const std::int8_t* b = w + 32 * half;
    const std::int16_t* from = a;
    const std::ptrdiff_t step = g.step;
    const std::int16_t* const end = a + g.depth;
    for (; from != end; from += 4, b += 64) {
      const __m256i w0 = _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(b)));
      const __m256i w1 = _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(b + 16)));
      ARHAT_UNROLL for (int p = 0; p < P; ++p) {
        long long four;
        __builtin_memcpy(&four, from + p * step, 8);
        const __m256i x = _mm256_set1_epi64x(four);
        sum[p][0] = _mm256_add_epi32(sum[p][0], _mm256_madd_epi16(w0, x));
        sum[p][1] = _mm256_add_epi32(sum[p][1], _mm256_madd_epi16(w1, x));
        // One pixel after the other: loads of later ones would take the registers that the sums need.
        asm volatile("" : "+x"(sum[p][0]), "+x"(sum[p][1]), "+r"(from));
      }
    }
    ARHAT_UNROLL for (int p = 0; p < P; ++p) {
      const __m256i pairs = _mm256_hadd_epi32(sum[p][0], sum[p][1]);  // channels 0 1 4 5 2 3 6 7
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(sums + p * INT8_PANEL + 8 * half), _mm256_permute4x64_epi64(pairs, 0xd8));
    }
  }
}
#else
template <int P>
ARHAT_NOINLINE void int8_tile_wide(const GatheredBlock& g, int pixel, const std::int8_t* w, std::int32_t* sums) {
  const auto* const a = static_cast<const std::int16_t*>(g.a) + pixel * g.step;
  for (int p = 0; p < P; ++p) {
    std::int32_t sum[INT8_PANEL] = {};
    for (int k = 0; k < g.depth; k += 4) {
      const std::int16_t* x = a + p * g.step + k;
      for (int i = 0; i < INT8_PANEL; ++i) {
        const std::int8_t* b = w + k * INT8_PANEL + 4 * i;
        sum[i] += x[0] * b[0] + x[1] * b[1] + x[2] * b[2] + x[3] * b[3];
      }
    }
    __builtin_memcpy(sums + p * INT8_PANEL, sum, sizeof sum);
  }
}
#endif

constexpr int INT8_PIXELS = 6;        // of a tile
constexpr int INT8_VNNI_PIXELS = 12;
constexpr int INT8_BLOCK_BYTES = 1 << 17;  // of gathered pixels

template <std::size_t... P>
constexpr std::array<Int8Tile, sizeof...(P)> int8_wide_tiles(std::index_sequence<P...>) {
  return {int8_tile_wide<P + 1>...};
}
#if defined(ARHAT_HAS_VNNI)
template <std::size_t... P>
constexpr std::array<Int8Tile, sizeof...(P)> int8_vnni_tiles(std::index_sequence<P...>) {
  return {int8_tile_vnni<P + 1>...};
}
inline bool has_vnni() {
#if defined(ARHAT_EMULATE_VNNI)
  return true;
#else
  static const bool found = __builtin_cpu_supports("avx512vnni");
  return found;
#endif
}
#endif

// n bytes as numbers of type T; may read and write up to 15 more.
template <class T>
ARHAT_INLINE void gather_run(T* to, const std::uint8_t* from, int n) {
  if constexpr (sizeof(T) == 1) {
    for (int i = 0; i < n; i += 16) __builtin_memcpy(to + i, from + i, 16);
  } else {
#if defined(__AVX2__)
    for (int i = 0; i < n; i += 16) {
      const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(from + i));
      _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + i), _mm256_cvtepu8_epi16(bytes));
    }
#else
    for (int i = 0; i < n; ++i) to[i] = from[i];
#endif
  }
}
template <class T>
ARHAT_INLINE void gather_four(T* to, const std::uint8_t* from) {
  if constexpr (sizeof(T) == 1) {
    __builtin_memcpy(to, from, 4);
  } else {
    for (int i = 0; i < 4; ++i) to[i] = from[i];
  }
}

// The window of output pixel `index`, taps in order, each with its channels rounded up to 4.
template <class T>
inline void gather_window(const ConvShape& s, const ConstBytesImage& x, std::uint8_t padding, int index, T* to) {
  const int channels = round_up(s.ic, 4);
  const int column = index % s.ow, row = index / s.ow % s.oh, image = index / s.ow / s.oh;
  const int top = row * s.sh - s.pt, left = column * s.sw - s.pl;
  const std::uint8_t* const from = x.base + image * x.image + top * x.row + left * x.pixel;
  for (int i = 0; i < s.kh; ++i) {
    const bool in_row = static_cast<unsigned>(top + i * s.dh) < static_cast<unsigned>(s.ih);
    for (int j = 0; j < s.kw; ++j, to += channels) {
      if (in_row && static_cast<unsigned>(left + j * s.dw) < static_cast<unsigned>(s.iw)) {
        const std::uint8_t* p = from + i * s.dh * x.row + j * s.dw * x.pixel;
        if (channels == 4) {
          gather_four(to, p);
        } else {
          gather_run(to, p, channels);
        }
      } else {
        for (int c = 0; c < channels; ++c) to[c] = padding;
      }
    }
  }
}

// The part of a convolution that one thread does: pixels [begin, end), all channels.
template <class T, class Y>
inline ARHAT_NOINLINE void int8_pixels(const ConvShape& s, const ConstBytesImage& x, std::uint8_t padding, const std::int8_t* w,
                                       Y* base, std::ptrdiff_t image, std::ptrdiff_t row, std::ptrdiff_t pixel, int lanes,
                                       const Requantize& e, const Int8Tile* tiles, int tile, int begin, int end) {
  const int depth = s.kh * s.kw * round_up(s.ic, 4);
  const int step = round_up(depth, 32 / int(sizeof(T)));
  alignas(64) T block[INT8_BLOCK_BYTES / sizeof(T) + 64];
  const int room = INT8_BLOCK_BYTES / int(sizeof(T)) / step;
  const int most = imax(imin(room / tile * tile, 16 * tile), imin(room, tile));
  alignas(64) std::int32_t sums[INT8_VNNI_PIXELS * INT8_PANEL];
  for (int first = begin; first < end; first += most) {
    const int count = imin(most, end - first);
    Y* to[16 * INT8_VNNI_PIXELS];
    for (int p = 0; p < count; ++p) {
      const int index = first + p;
      gather_window(s, x, padding, index, block + std::ptrdiff_t(p) * step);
      to[p] = base + index / s.ow / s.oh * image + index / s.ow % s.oh * row + index % s.ow * pixel;
    }
    const GatheredBlock gathered{block, step, depth};
    for (int channel = 0; channel < s.oc; channel += INT8_PANEL) {
      const std::int8_t* const panel = w + std::ptrdiff_t(channel) * depth;
      const int wide = imin(INT8_PANEL, imin(lanes, round_up(s.oc, INT8_PANEL)) - channel);
      for (int p = 0; p < count; p += tile) {
        const int n = imin(tile, count - p);
        tiles[n - 1](gathered, p, panel, sums);
        Y* places[INT8_VNNI_PIXELS];
        for (int i = 0; i < n; ++i) places[i] = to[p + i] + channel;
        finish_sums(sums, n, e, channel, places, wide);
      }
    }
  }
}

template <class Y, class Target>
inline void int8_conv(ThreadPool& pool, const ConvShape& s, ConstBytesImage x, std::uint8_t padding, const std::int8_t* w,
                      const Target& y, const Requantize& e) {
  const int pixels = s.n * s.oh * s.ow;
  const int tasks = pool.threads() == 1 ? 1 : imin(ceil_div(pixels, INT8_PIXELS), 4 * pool.threads());
  pool.parallel(tasks, [&](int task) {
    const int begin = part(pixels, task, tasks), end = part(pixels, task + 1, tasks);
#if defined(ARHAT_HAS_VNNI)
    if (has_vnni()) {
      static constexpr auto tiles = int8_vnni_tiles(std::make_index_sequence<INT8_VNNI_PIXELS>());
      int8_pixels<std::uint8_t, Y>(s, x, padding, w, y.base, y.image, y.row, y.pixel, y.lanes, e, tiles.data(), INT8_VNNI_PIXELS, begin, end);
      return;
    }
#endif
    static constexpr auto tiles = int8_wide_tiles(std::make_index_sequence<INT8_PIXELS>());
    int8_pixels<std::int16_t, Y>(s, x, padding, w, y.base, y.image, y.row, y.pixel, y.lanes, e, tiles.data(), INT8_PIXELS, begin, end);
  });
}

// To bytes, or to floats.
inline void conv_int8(ThreadPool& pool, const ConvShape& s, const ConstBytesImage& x, std::uint8_t padding,
                      const std::int8_t* w, const BytesImage& y, const Requantize& e) {
  int8_conv<std::uint8_t>(pool, s, x, padding, w, y, e);
}
inline void conv_int8(ThreadPool& pool, const ConvShape& s, const ConstBytesImage& x, std::uint8_t padding,
                      const std::int8_t* w, const Image& y, const Requantize& e) {
  int8_conv<float>(pool, s, x, padding, w, y, e);
}

}  // namespace ARHAT_ISA
}  // namespace arhat

// Quantised tensors: views, and what follows the sums of integers.
//
// An element is an unsigned byte q that stands for scale * q + offset; layouts are those of types.hpp, with strides in
// bytes and without a border: kernels put the padding, the byte that stands for zero, where they need it.
//
// Weights are signed bytes, packed when the project is emitted (arhat/emit/cpu/packing_int8.py). Sums are exact, on
// every processor: |sum| <= 255 * 128 * taps * channels is below 2^31 for all that the compiler lets through.
//   convolution            [ceil(O/16)][kh][kw][ceil(I/4)][16][4]
//   depthwise convolution  [kh][kw][ceil(C/16)*16]
//   scale, bias, slope     [ceil(O/16)*16], as are a multiplier and shift for each channel
#pragma once

#include "activation.hpp"
#include "../pool.hpp"

#if defined(__AVX512F__) && !defined(ARHAT_VECTOR_LENGTH)
#define ARHAT_INT8_512
#include <immintrin.h>
#elif defined(__AVX2__) && defined(__FMA__) && !defined(ARHAT_VECTOR_LENGTH)
#define ARHAT_INT8_256
#include <immintrin.h>
#endif

namespace arhat {

struct BytesImage {
  std::uint8_t* base;
  std::ptrdiff_t image, row, pixel;
  int lanes;
};

struct ConstBytesImage {
  const std::uint8_t* base;
  std::ptrdiff_t image, row, pixel;
  int lanes;
};

// The real result is y = act(sum * scale[channel] + bias[channel]); where the result is quantised, the byte is
// round(y * multiplier + shift), halves to even, between 0 and 255.
struct Requantize {
  const float* scale = nullptr;
  const float* bias = nullptr;
  Act act = Act::none;
  float a = 0, b = 0;
  const float* slope = nullptr;       // prelu only
  const float* multiplier = nullptr;  // one, or one for each channel
  const float* shift = nullptr;
  bool per_channel = false;
};

inline namespace ARHAT_ISA {

constexpr int INT8_PANEL = 16;  // output channels of a panel of packed weights

typedef std::uint8_t vb __attribute__((vector_size(VL)));
typedef std::uint8_t vb_in_memory __attribute__((vector_size(VL), aligned(1), may_alias));

// VL bytes as floats, and VL floats between 0 and 255 as bytes: compilers take these conversions apart.
ARHAT_INLINE vf load_bytes(const std::uint8_t* p) {
#if defined(ARHAT_INT8_512)
  return _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
#elif defined(ARHAT_INT8_256)
  return _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
#else
  return __builtin_convertvector(__builtin_convertvector(vb(*reinterpret_cast<const vb_in_memory*>(p)), vi), vf);
#endif
}
ARHAT_INLINE void store_bytes(std::uint8_t* p, vf x) {
#if defined(ARHAT_INT8_512)
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtusepi32_epi8(_mm512_cvttps_epi32(x)));
#elif defined(ARHAT_INT8_256)
  const __m256i whole = _mm256_cvttps_epi32(x);
  const __m128i half = _mm_packs_epi32(_mm256_castsi256_si128(whole), _mm256_extracti128_si256(whole, 1));
  _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packus_epi16(half, half));
#else
  *reinterpret_cast<vb_in_memory*>(p) = __builtin_convertvector(__builtin_convertvector(x, vi), vb);
#endif
}
ARHAT_INLINE void store_bytes_first(std::uint8_t* p, vf x, int n) {
  if (n >= VL) return store_bytes(p, x);
  const vi whole = __builtin_convertvector(x, vi);
  for (int i = 0; i < n; ++i) p[i] = static_cast<std::uint8_t>(whole[i]);
}

// round(x * multiplier + shift) between 0 and 255; NaN gives 0. Adding 1.5 * 2^23 leaves no place for a fraction.
ARHAT_INLINE vf to_level(vf x, vf multiplier, vf shift) {
  const vf level = x * multiplier + shift;
  const vf inside = level > vf{} ? level < splat(255.f) ? level : splat(255.f) : vf{};
  return (inside + splat(12582912.f)) - splat(12582912.f);
}

inline ARHAT_NOINLINE void activate_vector(const Requantize& e, vf& z, vf slope) {
  Epilogue act;
  act.act = e.act;
  act.a = e.a;
  act.b = e.b;
  with_activation(act, [&](auto f) { z = f(z, slope); });
}

// The activation: those that only bound their operand stay in registers.
struct Bounds {
  const Requantize& e;
  const bool simple;
  const vf low, high;

  explicit Bounds(const Requantize& e_)
      : e(e_),
        simple(e.act == Act::none || e.act == Act::relu || e.act == Act::clamp),
        low(splat(e.act == Act::none ? -__builtin_inff() : e.act == Act::relu ? 0 : e.a)),
        high(splat(e.act == Act::clamp ? e.b : __builtin_inff())) {}

  ARHAT_INLINE vf operator()(vf z, vf slope) const {
    if (simple) return at_most(at_least(z, low), high);
    activate_vector(e, z, slope);
    return z;
  }
};

// The sums of `count` pixels, 16 channels each, to their places: pixel p at y + offset[p], channels from `channel` on,
// the first `lanes` of them.
template <class T>
ARHAT_NOINLINE void finish_sums(const std::int32_t* sums, int count, const Requantize& e, int channel, T* const* y, int lanes) {
  const Bounds f(e);
  for (int j = 0; j < INT8_PANEL && j < lanes; j += VL) {
    const vf scale = load(e.scale + channel + j), bias = load(e.bias + channel + j);
    const vf slope = e.slope ? load(e.slope + channel + j) : vf{};
    vf multiplier{}, shift{};
    if (e.multiplier) {
      multiplier = e.per_channel ? load(e.multiplier + channel + j) : splat(*e.multiplier);
      shift = e.per_channel ? load(e.shift + channel + j) : splat(*e.shift);
    }
    const int n = imin(VL, lanes - j);
    for (int p = 0; p < count; ++p) {
      vi sum;
      __builtin_memcpy(&sum, sums + p * INT8_PANEL + j, sizeof sum);
      const vf z = f(__builtin_convertvector(sum, vf) * scale + bias, slope);
      if constexpr (sizeof(T) == 1) {
        store_bytes_first(y[p] + j, to_level(z, multiplier, shift), n);
      } else {
        store_first(y[p] + j, z, n);
      }
    }
  }
}

}  // namespace ARHAT_ISA
}  // namespace arhat

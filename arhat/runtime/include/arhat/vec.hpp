// Vectors of floats as wide as the instruction set that a translation unit is compiled for, and functions on them.
//
// ARHAT_ISA names the instruction set (avx512, avx2, baseline). Everything that depends on the width is in
// `namespace arhat { inline namespace ARHAT_ISA`, so that one program may contain every variant.
#pragma once

#include <cstdint>
#include <cstring>

#ifndef ARHAT_ISA
#if defined(__AVX512F__)
#define ARHAT_ISA avx512
#elif defined(__AVX2__) && defined(__FMA__)
#define ARHAT_ISA avx2
#else
#define ARHAT_ISA baseline
#endif
#endif

// Put before a loop of constant length that must disappear.
#if defined(__clang__)
#define ARHAT_UNROLL _Pragma("clang loop unroll(full)")
#else
#define ARHAT_UNROLL _Pragma("GCC unroll 64")
#endif
#define ARHAT_INLINE inline __attribute__((always_inline))
#define ARHAT_NOINLINE __attribute__((noinline))

namespace arhat {
inline namespace ARHAT_ISA {

#if defined(ARHAT_VECTOR_LENGTH)  // for tests: any width can be had on any processor, if slowly
constexpr int VL = ARHAT_VECTOR_LENGTH;
#elif defined(__AVX512F__)
constexpr int VL = 16;
#elif defined(__AVX2__) && defined(__FMA__)
constexpr int VL = 8;
#else
constexpr int VL = 4;
#endif

typedef float vf __attribute__((vector_size(VL * 4)));
typedef std::int32_t vi __attribute__((vector_size(VL * 4)));
typedef std::uint32_t vu __attribute__((vector_size(VL * 4)));
typedef float vf_in_memory __attribute__((vector_size(VL * 4), aligned(4), may_alias));

ARHAT_INLINE int imin(int a, int b) { return a < b ? a : b; }
ARHAT_INLINE int imax(int a, int b) { return a > b ? a : b; }
ARHAT_INLINE int ceil_div(int a, int b) { return (a + b - 1) / b; }
ARHAT_INLINE int round_up(int a, int b) { return ceil_div(a, b) * b; }
// Begin of part i of n equal parts of [0, count).
ARHAT_INLINE int part(int count, int i, int n) { return static_cast<int>(static_cast<std::int64_t>(count) * i / n); }

ARHAT_INLINE vf splat(float x) { return x - vf{}; }
ARHAT_INLINE vi splat(std::int32_t x) { return x - vi{}; }

ARHAT_INLINE vf load(const float* p) { return *reinterpret_cast<const vf_in_memory*>(p); }
ARHAT_INLINE void store(float* p, vf x) { *reinterpret_cast<vf_in_memory*>(p) = x; }

// The first n floats, n in [0, VL]; the other elements are zero, or are not written.
ARHAT_INLINE vf load_first(const float* p, int n) {
  if (n >= VL) return load(p);
  vf x{};
  for (int i = 0; i < n; ++i) x[i] = p[i];
  return x;
}
ARHAT_INLINE void store_first(float* p, vf x, int n) {
  if (n >= VL) {
    store(p, x);
  } else {
    for (int i = 0; i < n; ++i) p[i] = x[i];
  }
}

// A NaN in x passes; a bound never is one.
ARHAT_INLINE vf at_least(vf x, vf bound) { return bound > x ? bound : x; }
ARHAT_INLINE vf at_most(vf x, vf bound) { return bound < x ? bound : x; }
// NaN if either is.
ARHAT_INLINE vf vmax(vf a, vf b) { return a != a ? a : at_least(b, a); }

ARHAT_INLINE vi bits(vf x) { return reinterpret_cast<vi>(x); }
ARHAT_INLINE vf from_bits(vi x) { return reinterpret_cast<vf>(x); }
ARHAT_INLINE vf vabs(vf x) { return from_bits(bits(x) & splat(0x7fffffff)); }
ARHAT_INLINE vf copy_sign(vf magnitude, vf sign) {
  return from_bits((bits(magnitude) & splat(0x7fffffff)) | (bits(sign) & splat(static_cast<std::int32_t>(0x80000000u))));
}

// e^x to 1 ulp; subnormal results are rounded correctly, overflow gives infinity.
// x = n ln 2 + r, |r| <= ln 2 / 2; e^r by a polynomial (Cephes, expf); 2^n in two factors, as n may leave the exponent range.
ARHAT_INLINE vf vexp(vf x) {
  x = at_most(at_least(x, splat(-105.f)), splat(89.f));
  const vf magic = splat(12582912.f);  // 1.5 * 2^23: adding it rounds to an integer, found in the low bits
  const vf shifted = x * 1.44269504088896341f + magic;
  const vf n = shifted - magic;
  const vf r = x - n * 0.693359375f - n * -2.12194440e-4f;
  vf p = r * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.f;
  const vi exponent = bits(shifted) - bits(magic);
  const vi half = exponent >> 1;
  return p * from_bits((half + 127) << 23) * from_bits((exponent - half + 127) << 23);
}

// Natural logarithm to 1 ulp: -infinity at 0, NaN below (Cephes, logf).
ARHAT_INLINE vf vlog(vf x) {
  const vi subnormal = x < splat(1.17549435e-38f);
  const vf scaled = subnormal ? x * 8388608.f : x;
  // Mantissa in [sqrt(1/2), sqrt(2)). The difference is taken without sign, as that of a negative x overflows.
  const vi above = reinterpret_cast<vi>(reinterpret_cast<vu>(scaled) - 0x3f3504f3u);
  const vi exponent = (above >> 23) - (subnormal & splat(23));
  const vf m = from_bits((above & 0x007fffff) + 0x3f3504f3);
  const vf f = m - 1.f;
  vf p = f * 7.0376836292e-2f + -1.1514610310e-1f;
  p = p * f + 1.1676998740e-1f;
  p = p * f + -1.2420140846e-1f;
  p = p * f + 1.4249322787e-1f;
  p = p * f + -1.6668057665e-1f;
  p = p * f + 2.0000714765e-1f;
  p = p * f + -2.4999993993e-1f;
  p = p * f + 3.3333331174e-1f;
  const vf n = __builtin_convertvector(exponent, vf);
  const vf square = f * f;
  vf y = p * f * square + n * -2.12194440e-4f;
  y = y - square * 0.5f;
  y = f + y + n * 0.693359375f;
  y = x < splat(__builtin_inff()) ? y : x;  // infinity and NaN
  y = x == vf{} ? splat(-__builtin_inff()) : y;
  return x < vf{} ? splat(__builtin_nanf("")) : y;
}

ARHAT_INLINE vf vsigmoid(vf x) { return 1.f / (1.f + vexp(-x)); }

// Odd polynomial below 0.625 (Cephes, tanhf), 1 - 2 / (e^2|x| + 1) above.
ARHAT_INLINE vf vtanh(vf x) {
  const vf magnitude = vabs(x);
  const vf z = x * x;
  vf p = z * -5.70498872745e-3f + 2.06390887954e-2f;
  p = p * z + -5.37397155531e-2f;
  p = p * z + 1.33314422036e-1f;
  p = p * z + -3.33332819422e-1f;
  const vf small = p * z * x + x;
  const vf large = copy_sign(1.f - 2.f / (vexp(magnitude * 2.f) + 1.f), x);
  const vf y = magnitude < splat(0.625f) ? small : large;
  return x == x ? y : x;
}

// e^x - 1 without cancellation near 0: 2 t / (1 - t) with t = tanh(x / 2).
ARHAT_INLINE vf vexpm1(vf x) {
  const vf t = vtanh(x * 0.5f);
  return vabs(x) < splat(1.f) ? 2.f * t / (1.f - t) : vexp(x) - 1.f;
}

}  // namespace ARHAT_ISA
}  // namespace arhat

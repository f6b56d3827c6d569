// The scalar functions of generated element-wise code, for every type that a value may have there: float and the other
// element types, and on a CPU the vector of floats. A function means the same on all of them.
#pragma once

#include <cmath>
#include <type_traits>

#include "half.hpp"
#include "launch.hpp"

#if defined(__FMA__) && !defined(__CUDACC__)
#include <immintrin.h>
#endif

namespace arhat {
inline namespace ARHAT_ISA {
namespace math {

// `value` as the type of the first argument.
ARHAT_HD inline float like(float, float value) { return value; }
template <class T>
ARHAT_HD inline T like(T, T value) {
  return value;
}

// NaN if either is.
template <class T>
ARHAT_HD inline T maximum(T a, T b) {
  return a != a ? a : b < a ? a : b;
}
template <class T>
ARHAT_HD inline T minimum(T a, T b) {
  return a != a ? a : a < b ? a : b;
}

template <class T>
ARHAT_HD inline T abs(T x) {
  return x < T(0) ? T(-x) : x;
}
ARHAT_HD inline float abs(float x) { return std::fabs(x); }
ARHAT_HD inline double abs(double x) { return std::fabs(x); }

template <class T>
ARHAT_HD inline T exp(T x) {
  return std::exp(x);
}
template <class T>
ARHAT_HD inline T expm1(T x) {
  return std::expm1(x);
}
template <class T>
ARHAT_HD inline T log(T x) {
  return std::log(x);
}
template <class T>
ARHAT_HD inline T log1p(T x) {
  return std::log1p(x);
}
template <class T>
ARHAT_HD inline T sqrt(T x) {
  return std::sqrt(x);
}
template <class T>
ARHAT_HD inline T tanh(T x) {
  return std::tanh(x);
}
template <class T>
ARHAT_HD inline T erf(T x) {
  return std::erf(x);
}
template <class T>
ARHAT_HD inline T floor(T x) {
  return std::floor(x);
}
template <class T>
ARHAT_HD inline T ceil(T x) {
  return std::ceil(x);
}
template <class T>
ARHAT_HD inline T trunc(T x) {
  return std::trunc(x);
}
// Halves away from zero.
template <class T>
ARHAT_HD inline T round(T x) {
  return std::round(x);
}
// Halves to even.
template <class T>
ARHAT_HD inline T roundeven(T x) {
  return std::nearbyint(x);
}
template <class T>
ARHAT_HD inline T sin(T x) {
  return std::sin(x);
}
template <class T>
ARHAT_HD inline T cos(T x) {
  return std::cos(x);
}
template <class T>
ARHAT_HD inline T tan(T x) {
  return std::tan(x);
}
template <class T>
ARHAT_HD inline T asin(T x) {
  return std::asin(x);
}
template <class T>
ARHAT_HD inline T acos(T x) {
  return std::acos(x);
}
template <class T>
ARHAT_HD inline T atan(T x) {
  return std::atan(x);
}
template <class T>
ARHAT_HD inline T sinh(T x) {
  return std::sinh(x);
}
template <class T>
ARHAT_HD inline T cosh(T x) {
  return std::cosh(x);
}
template <class T>
ARHAT_HD inline T asinh(T x) {
  return std::asinh(x);
}
template <class T>
ARHAT_HD inline T acosh(T x) {
  return std::acosh(x);
}
template <class T>
ARHAT_HD inline T atanh(T x) {
  return std::atanh(x);
}
template <class T>
ARHAT_HD inline T pow(T x, T y) {
  return std::pow(x, y);
}

// a * b + c, rounded once.
template <class T>
ARHAT_HD inline T fma(T a, T b, T c) {
  return std::fma(a, b, c);
}

// Quotient rounded down, and the remainder that goes with it. Dividing by 0 gives 0.
template <class T>
ARHAT_HD inline T floor_divide(T a, T b) {
  if (b == T(0)) return T(0);
  if (std::is_signed_v<T> && b == T(-1)) return static_cast<T>(std::make_unsigned_t<T>(0) - std::make_unsigned_t<T>(a));
  const T quotient = static_cast<T>(a / b);
  return static_cast<T>(quotient - (a % b != 0 && (a < T(0)) != (b < T(0))));
}
// Quotient and remainder rounded towards zero, in the signedness of T.
template <class T>
ARHAT_HD inline T divide(T a, T b) {
  if (b == T(0)) return T(0);
  if (std::is_signed_v<T> && b == T(-1)) return static_cast<T>(std::make_unsigned_t<T>(0) - std::make_unsigned_t<T>(a));
  return static_cast<T>(a / b);
}
template <class T>
ARHAT_HD inline T remainder(T a, T b) {
  if (b == T(0) || (std::is_signed_v<T> && b == T(-1))) return T(0);
  return static_cast<T>(a % b);
}

// Integer arithmetic wraps around.
template <class T>
ARHAT_HD inline T add(T a, T b) {
  using U = std::make_unsigned_t<T>;
  return static_cast<T>(static_cast<U>(static_cast<U>(a) + static_cast<U>(b)));
}
template <class T>
ARHAT_HD inline T subtract(T a, T b) {
  using U = std::make_unsigned_t<T>;
  return static_cast<T>(static_cast<U>(static_cast<U>(a) - static_cast<U>(b)));
}
template <class T>
ARHAT_HD inline T multiply(T a, T b) {
  return static_cast<T>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b));
}

// Rounds as its definition by way of double does.
template <class T>
ARHAT_HD inline T integer_pow(T a, T b) {
  return static_cast<T>(std::pow(static_cast<double>(a), static_cast<double>(b)));
}

// The low bits of a float as an integer of type Wide, rounded towards zero; of its least number if it does not fit.
template <class To, class Wide, class From>
ARHAT_HD inline To low_bits(From x) {
  constexpr Wide least = Range<Wide>::lowest;
  const bool fits = x >= static_cast<From>(least) && x < -static_cast<From>(least);
  return static_cast<To>(fits ? static_cast<Wide>(x) : least);
}

// Floating point to integer: towards zero; what does not fit keeps its low bits (OpenVINO's CPU does the same).
// Anything to bool: not 0. 16-bit floats go through float.
template <class To, class From>
ARHAT_HD inline To convert(From x) {
  if constexpr (std::is_same_v<From, half> || std::is_same_v<From, bfloat16>) {
    if constexpr (std::is_same_v<To, From>) {
      return x;
    } else {
      return convert<To>(static_cast<float>(x));
    }
  } else if constexpr (std::is_same_v<To, half> || std::is_same_v<To, bfloat16>) {
    return To(static_cast<float>(x));
  } else if constexpr (std::is_same_v<To, bool>) {
    return x != From(0);
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    if constexpr (sizeof(To) < 4 || std::is_same_v<To, int32_t>) {
      return low_bits<To, int32_t>(x);
    } else if constexpr (std::is_same_v<To, uint64_t>) {
      constexpr From half = 9223372036854775808.0;
      return x >= half && x < 2 * half ? static_cast<To>(x) : low_bits<To, int64_t>(x);
    } else {
      return low_bits<To, int64_t>(x);
    }
  } else {
    return static_cast<To>(x);
  }
}

#ifndef __CUDACC__

// Applies a scalar function lane by lane.
template <class F>
ARHAT_INLINE vf each(vf x, F f) {
  vf y{};
  for (int i = 0; i < VL; ++i) y[i] = f(x[i]);
  return y;
}

ARHAT_INLINE vf like(vf, float value) { return splat(value); }
ARHAT_INLINE vf maximum(vf a, vf b) { return vmax(a, b); }
ARHAT_INLINE vf minimum(vf a, vf b) { return a != a ? a : at_most(b, a); }
ARHAT_INLINE vf abs(vf x) { return vabs(x); }
ARHAT_INLINE vf exp(vf x) { return vexp(x); }
ARHAT_INLINE vf expm1(vf x) { return vexpm1(x); }
ARHAT_INLINE vf log(vf x) { return vlog(x); }
ARHAT_INLINE vf tanh(vf x) { return vtanh(x); }

// log(1 + x) without losing the low bits of x: the logarithm of the rounded sum, corrected for the rounding.
ARHAT_INLINE vf log1p(vf x) {
  const vf sum = x + 1.f;
  const vf kept = sum - 1.f;
  const vf y = vlog(sum) * (x / kept);
  return kept == vf{} || sum == splat(__builtin_inff()) ? x : y;
}

ARHAT_INLINE vf sqrt(vf x) {
  return each(x, [](float v) { return __builtin_sqrtf(v); });
}

// Rational approximation on [-4, 4] (from Eigen), where erf reaches 1 in float.
ARHAT_INLINE vf erf(vf x) {
  const vf c = at_most(at_least(x, splat(-4.f)), splat(4.f));
  const vf z = c * c;
  vf p = z * -2.72614225801306e-10f + 2.77068142495902e-08f;
  p = p * z + -2.10102402082508e-06f;
  p = p * z + -5.69250639462346e-05f;
  p = p * z + -7.34990630326855e-04f;
  p = p * z + -2.95459980854025e-03f;
  p = p * z + -1.60960333262415e-02f;
  vf q = z * -1.45660718464996e-05f + -2.13374055278905e-04f;
  q = q * z + -1.68282697438203e-03f;
  q = q * z + -7.37332916720468e-03f;
  q = q * z + -1.42647390514189e-02f;
  return c * p / q;
}

// Floats from 2^23 on, and NaN, have no fraction to remove.
ARHAT_INLINE vf trunc(vf x) {
  const vi fractional = vabs(x) < splat(8388608.f);
  const vf whole = __builtin_convertvector(__builtin_convertvector(fractional ? x : vf{}, vi), vf);
  return fractional ? copy_sign(whole, x) : x;
}
ARHAT_INLINE vf floor(vf x) {
  const vf t = trunc(x);
  return t > x ? t - 1.f : t;
}
ARHAT_INLINE vf ceil(vf x) { return -floor(-x); }
ARHAT_INLINE vf round(vf x) {
  const vf t = trunc(x);
  return vabs(x - t) < splat(0.5f) || t == x ? t : t + copy_sign(splat(1.f), x);
}
// Adding 2^23 leaves no place for a fraction.
ARHAT_INLINE vf roundeven(vf x) {
  const vf magic = copy_sign(splat(8388608.f), x);
  return vabs(x) < splat(8388608.f) ? copy_sign((x + magic) - magic, x) : x;
}
// The product of two floats is exact in double.
ARHAT_INLINE vf fma(vf a, vf b, vf c) {
#if defined(__FMA__) && !defined(ARHAT_VECTOR_LENGTH)
#if defined(__AVX512F__)
  return _mm512_fmadd_ps(a, b, c);
#else
  return _mm256_fmadd_ps(a, b, c);
#endif
#else
  vf y{};
  for (int i = 0; i < VL; ++i) y[i] = static_cast<float>(static_cast<double>(a[i]) * b[i] + c[i]);
  return y;
#endif
}
ARHAT_INLINE vf sin(vf x) {
  return each(x, [](float v) { return std::sin(v); });
}
ARHAT_INLINE vf cos(vf x) {
  return each(x, [](float v) { return std::cos(v); });
}
ARHAT_INLINE vf tan(vf x) {
  return each(x, [](float v) { return std::tan(v); });
}
ARHAT_INLINE vf asin(vf x) {
  return each(x, [](float v) { return std::asin(v); });
}
ARHAT_INLINE vf acos(vf x) {
  return each(x, [](float v) { return std::acos(v); });
}
ARHAT_INLINE vf atan(vf x) {
  return each(x, [](float v) { return std::atan(v); });
}
ARHAT_INLINE vf sinh(vf x) {
  return each(x, [](float v) { return std::sinh(v); });
}
ARHAT_INLINE vf cosh(vf x) {
  return each(x, [](float v) { return std::cosh(v); });
}
ARHAT_INLINE vf asinh(vf x) {
  return each(x, [](float v) { return std::asinh(v); });
}
ARHAT_INLINE vf acosh(vf x) {
  return each(x, [](float v) { return std::acosh(v); });
}
ARHAT_INLINE vf atanh(vf x) {
  return each(x, [](float v) { return std::atanh(v); });
}
ARHAT_INLINE vf pow(vf x, vf y) {
  vf z{};
  for (int i = 0; i < VL; ++i) z[i] = std::pow(x[i], y[i]);
  return z;
}

#endif

}  // namespace math
}  // namespace ARHAT_ISA
}  // namespace arhat

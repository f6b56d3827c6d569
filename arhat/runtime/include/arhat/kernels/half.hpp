// 16-bit floats as storage: they are converted to float to compute. A GPU converts by instructions that round the same
// way; only the bits of what is not a number may differ.
#pragma once

#include <cstdint>
#include <cstring>

#include "launch.hpp"

namespace arhat {
inline namespace ARHAT_ISA {

ARHAT_HD inline uint32_t bits_of(float x) {
  uint32_t bits;
  memcpy(&bits, &x, 4);
  return bits;
}

ARHAT_HD inline float float_of(uint32_t bits) {
  float x;
  memcpy(&x, &bits, 4);
  return x;
}

// IEEE binary16.
struct half {
  uint16_t bits;

  half() = default;
  // Rounds to nearest, ties to even.
  ARHAT_HD explicit half(float x) {
#ifdef __CUDA_ARCH__
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(x));
#else
    const uint32_t raw = bits_of(x), sign = raw >> 16 & 0x8000, magnitude = raw & 0x7fffffff;
    uint32_t result;
    if (magnitude > 0x7f800000) {
      result = 0x7e00;
    } else if (magnitude >= 0x477ff000) {
      result = 0x7c00;
    } else if (magnitude < 0x38800000) {
      // Subnormal: adding 0.5 leaves units of 2^-24 in the low bits, rounded.
      result = bits_of(float_of(magnitude) + 0.5f) - bits_of(0.5f);
    } else {
      result = (magnitude - 0x38000000 + 0xfff + (magnitude >> 13 & 1)) >> 13;
    }
    bits = static_cast<uint16_t>(sign | result);
#endif
  }
  ARHAT_HD explicit operator float() const {
#ifdef __CUDA_ARCH__
    float x;
    asm("cvt.f32.f16 %0, %1;" : "=f"(x) : "h"(bits));
    return x;
#else
    const uint32_t sign = static_cast<uint32_t>(bits & 0x8000) << 16, magnitude = bits & 0x7fff;
    if (magnitude >= 0x7c00) return float_of(sign | 0x7f800000 | (magnitude & 0x3ff) << 13);
    if (magnitude < 0x400) return float_of(sign | bits_of(static_cast<float>(magnitude) * 5.9604644775390625e-8f));
    return float_of(sign | ((magnitude << 13) + 0x38000000));
#endif
  }

  ARHAT_HD friend bool operator<(half a, half b) { return static_cast<float>(a) < static_cast<float>(b); }
};

// The upper half of a float.
struct bfloat16 {
  uint16_t bits;

  bfloat16() = default;
  // Rounds to nearest, ties to even.
  ARHAT_HD explicit bfloat16(float x) {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 800
    asm("cvt.rn.bf16.f32 %0, %1;" : "=h"(bits) : "f"(x));
#else
    const uint32_t raw = bits_of(x);
    const bool nan = (raw & 0x7fffffff) > 0x7f800000;
    bits = static_cast<uint16_t>(nan ? raw >> 16 | 0x40 : (raw + 0x7fff + (raw >> 16 & 1)) >> 16);
#endif
  }
  ARHAT_HD explicit operator float() const { return float_of(static_cast<uint32_t>(bits) << 16); }

  ARHAT_HD friend bool operator<(bfloat16 a, bfloat16 b) { return static_cast<float>(a) < static_cast<float>(b); }
};

}  // namespace ARHAT_ISA
}  // namespace arhat

// Elements of tensors, read as double and written rounded to nearest even (integers saturate).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace emulator {

enum class Element { none, f32, f16, bf16, i8, i32 };

inline size_t bytes(Element type) {
  return type == Element::i8 ? 1 : type == Element::f16 || type == Element::bf16 ? 2 : 4;
}

template <class T>
T load(const void* data, int64_t at) {
  T value;
  std::memcpy(&value, static_cast<const char*>(data) + at * static_cast<int64_t>(sizeof(T)), sizeof(T));
  return value;
}

template <class T>
void store(void* data, int64_t at, T value) {
  std::memcpy(static_cast<char*>(data) + at * static_cast<int64_t>(sizeof(T)), &value, sizeof(T));
}

inline float from_bits(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, 4);
  return value;
}

inline double read(Element type, const void* data, int64_t at) {
  switch (type) {
    case Element::f32:
      return load<float>(data, at);
    case Element::f16:
      return static_cast<double>(load<_Float16>(data, at));
    case Element::bf16:
      return from_bits(static_cast<uint32_t>(load<uint16_t>(data, at)) << 16);
    case Element::i8:
      return load<int8_t>(data, at);
    case Element::i32:
      return load<int32_t>(data, at);
    case Element::none:
      break;
  }
  return std::nan("");
}

inline void write(Element type, void* data, int64_t at, double value) {
  switch (type) {
    case Element::f32:
      return store(data, at, static_cast<float>(value));
    case Element::f16:
      return store(data, at, static_cast<_Float16>(static_cast<float>(value)));
    case Element::bf16: {
      const float rounded = static_cast<float>(value);
      uint32_t raw;
      std::memcpy(&raw, &rounded, 4);
      return store(data, at, static_cast<uint16_t>(std::isnan(rounded) ? 0x7fc0 : (raw + 0x7fff + (raw >> 16 & 1)) >> 16));
    }
    case Element::i8:
      return store(data, at, static_cast<int8_t>(std::clamp(std::nearbyint(value), -128.0, 127.0)));
    case Element::i32:
      return store(data, at, static_cast<int32_t>(std::clamp(std::nearbyint(value), -2147483648.0, 2147483647.0)));
    case Element::none:
      return;
  }
}

}  // namespace emulator

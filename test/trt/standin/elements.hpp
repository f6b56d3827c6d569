// Elements of tensors on the host: floats are read as f32 and written rounded to nearest even, integers as 64 bits.
#pragma once

#include <cmath>
#include <cstring>
#include <vector>

#include "core.hpp"

namespace standin {

// A tensor with its memory; no desc: an input that is not given.
struct Array {
  const Desc* desc = nullptr;
  void* data = nullptr;

  DataType type() const { return desc->type; }
  const List& dims() const { return desc->dims; }
  int64_t count() const { return volume(desc->dims); }
};
using Arrays = std::vector<Array>;

inline float bf16_to_float(uint16_t bits) {
  const uint32_t wide = static_cast<uint32_t>(bits) << 16;
  float value;
  std::memcpy(&value, &wide, 4);
  return value;
}

inline uint16_t float_to_bf16(float value) {
  if (std::isnan(value)) return 0x7fc0;
  uint32_t bits;
  std::memcpy(&bits, &value, 4);
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

// The elements of a float tensor as f32, copied only where they are not.
class Floats {
 public:
  explicit Floats(const Array& array) {
    const auto n = static_cast<size_t>(array.count());
    if (array.type() == DataType::kFLOAT) {
      data_ = static_cast<const float*>(array.data);
      return;
    }
    copy_.resize(n);
    if (array.type() == DataType::kHALF) {
      const auto* from = static_cast<const _Float16*>(array.data);
      for (size_t i = 0; i < n; ++i) copy_[i] = static_cast<float>(from[i]);
    } else if (array.type() == DataType::kINT8) {
      const auto* from = static_cast<const int8_t*>(array.data);
      for (size_t i = 0; i < n; ++i) copy_[i] = from[i];
    } else {
      const auto* from = static_cast<const uint16_t*>(array.data);
      for (size_t i = 0; i < n; ++i) copy_[i] = bf16_to_float(from[i]);
    }
    data_ = copy_.data();
  }
  Floats(const Floats&) = delete;
  Floats& operator=(const Floats&) = delete;
  float operator[](int64_t i) const { return data_[i]; }
  const float* data() const { return data_; }

 private:
  std::vector<float> copy_;
  const float* data_;
};

// A float result: f32 memory that is rounded into the tensor at the end of its life.
class FloatResult {
 public:
  explicit FloatResult(const Array& array) : array_(array) {
    if (array.type() == DataType::kFLOAT) {
      data_ = static_cast<float*>(array.data);
    } else {
      copy_.resize(static_cast<size_t>(array.count()));
      data_ = copy_.data();
    }
  }
  FloatResult(const FloatResult&) = delete;
  FloatResult& operator=(const FloatResult&) = delete;
  ~FloatResult() {
    const size_t n = copy_.size();
    if (array_.type() == DataType::kHALF) {
      auto* to = static_cast<_Float16*>(array_.data);
      for (size_t i = 0; i < n; ++i) to[i] = static_cast<_Float16>(copy_[i]);
    } else if (array_.type() == DataType::kBF16) {
      auto* to = static_cast<uint16_t*>(array_.data);
      for (size_t i = 0; i < n; ++i) to[i] = float_to_bf16(copy_[i]);
    } else if (array_.type() == DataType::kINT8) {
      auto* to = static_cast<int8_t*>(array_.data);
      for (size_t i = 0; i < n; ++i) to[i] = static_cast<int8_t>(copy_[i]);
    }
  }
  float& operator[](int64_t i) { return data_[i]; }
  float* data() { return data_; }

 private:
  Array array_;
  std::vector<float> copy_;
  float* data_;
};

// One integer or truth value of a tensor.
inline int64_t integer_at(const Array& array, int64_t i) {
  switch (array.type()) {
    case DataType::kINT64: return static_cast<const int64_t*>(array.data)[i];
    case DataType::kINT32: return static_cast<const int32_t*>(array.data)[i];
    case DataType::kINT8: return static_cast<const int8_t*>(array.data)[i];
    case DataType::kBOOL: return static_cast<const uint8_t*>(array.data)[i] != 0;
    default: return static_cast<const uint8_t*>(array.data)[i];
  }
}

inline void set_integer(const Array& array, int64_t i, int64_t value) {
  switch (array.type()) {
    case DataType::kINT64: static_cast<int64_t*>(array.data)[i] = value; break;
    case DataType::kINT32: static_cast<int32_t*>(array.data)[i] = static_cast<int32_t>(value); break;
    case DataType::kBOOL: static_cast<uint8_t*>(array.data)[i] = value != 0; break;
    default: static_cast<uint8_t*>(array.data)[i] = static_cast<uint8_t>(value);
  }
}

// The integers of a tensor, and a result of integers that is written at the end of its life.
class Integers {
 public:
  explicit Integers(const Array& array) : copy_(static_cast<size_t>(array.count())) {
    for (size_t i = 0; i < copy_.size(); ++i) copy_[i] = integer_at(array, static_cast<int64_t>(i));
  }
  int64_t operator[](int64_t i) const { return copy_[static_cast<size_t>(i)]; }

 private:
  List copy_;
};

class IntegerResult {
 public:
  explicit IntegerResult(const Array& array) : array_(array), copy_(static_cast<size_t>(array.count())) {}
  IntegerResult(const IntegerResult&) = delete;
  IntegerResult& operator=(const IntegerResult&) = delete;
  ~IntegerResult() {
    for (size_t i = 0; i < copy_.size(); ++i) set_integer(array_, static_cast<int64_t>(i), copy_[i]);
  }
  int64_t& operator[](int64_t i) { return copy_[static_cast<size_t>(i)]; }

 private:
  Array array_;
  List copy_;
};

// The extents before an axis, along it, and after it.
struct Around {
  int64_t before = 1, along, after = 1;
  Around(const List& dims, size_t axis) : along(dims[axis]) {
    for (size_t i = 0; i < dims.size(); ++i)
      if (i != axis) (i < axis ? before : after) *= dims[i];
  }
};

// f(place, coordinates) for each element of a tensor, in order.
template <class F>
void each_place(const List& dims, F f) {
  List at(dims.size(), 0);
  const int64_t n = volume(dims);
  for (int64_t place = 0; place < n; ++place) {
    f(place, at);
    for (size_t axis = dims.size(); axis-- > 0;) {
      if (++at[axis] < dims[axis]) break;
      at[axis] = 0;
    }
  }
}

// Runs a layer on the host.
void execute(const Operation& operation, const Arrays& in, const Arrays& out);

// Parts of it, by kind of layer.
using Kernel = void (*)(const Operation&, const Arrays& in, const Arrays& out);
extern const std::map<std::string, Kernel> pointwise_kernels, moving_kernels, axis_kernels, window_kernels;

}  // namespace standin

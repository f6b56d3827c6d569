// What a description of a plugin says of its tensors, and what it is given of them.
#pragma once

#include <NvInferRuntime.h>

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string>
#include <vector>

#include "plugin_fields.hpp"

namespace arhat::trt {

using nvinfer1::DataType;

// Elements of an input. Numbers are f32, f16 or bf16 and are computed in f32; an index is i32 or i64, as it is.
enum class Kind {
  number,
  index,
  element,  // a number or an index
};

// `like`: the input whose type it has to have, or -1.
struct InputRule {
  Kind kind;
  int like = -1;
};

// The type of an output: that of input `like`, or `type`.
struct OutputRule {
  int like;
  DataType type = DataType::kFLOAT;
};

struct Signature {
  std::vector<InputRule> inputs;
  std::vector<OutputRule> outputs;
  int fewest = -1;  // inputs without those that may be missing, all at once; -1: none may
};

inline bool is_number(DataType type) {
  return type == DataType::kFLOAT || type == DataType::kHALF || type == DataType::kBF16;
}
inline bool is_index(DataType type) { return type == DataType::kINT32 || type == DataType::kINT64; }

// Values of the field `index_type`.
inline Words index_types() { return Words{{"i32", "i64"}}; }
inline DataType index_type(const Word& word) { return word.index == 0 ? DataType::kINT32 : DataType::kINT64; }

// A tensor in memory, dense.
struct Tensor {
  DataType type = DataType::kFLOAT;
  std::vector<int64_t> size;
  void* data = nullptr;

  int64_t elements() const { return range(0, size.size()); }
  // Product of the extents of axes [begin, end).
  int64_t range(size_t begin, size_t end) const {
    int64_t n = 1;
    for (size_t i = begin; i < end; ++i) n *= size[i];
    return n;
  }
  std::vector<int64_t> strides() const {
    std::vector<int64_t> all(size.size(), 1);
    for (size_t i = size.size(); i-- > 1;) all[i - 1] = all[i] * size[i];
    return all;
  }
  int64_t operator[](size_t axis) const { return size[axis]; }
  size_t rank() const { return size.size(); }
};

using Tensors = std::vector<Tensor>;

inline std::string shape_text(const std::vector<int64_t>& size) {
  std::string text;
  for (int64_t extent : size) text += (text.empty() ? "" : "x") + std::to_string(extent);
  return size.empty() ? "a scalar" : text;
}

// An extent as a number of the kernels' parameters.
inline int whole(int64_t extent) {
  require(extent >= 0 && extent <= std::numeric_limits<int>::max(), "a tensor is too large");
  return static_cast<int>(extent);
}

template <size_t N>
void fill(int64_t (&to)[N], const std::vector<int64_t>& from) {
  require(from.size() <= N, "a tensor has too many axes");
  std::copy(from.begin(), from.end(), to);
}

inline void check_rank(const Tensor& tensor, size_t rank, const char* name) {
  require(tensor.rank() == rank,
          std::string(name) + " must have rank " + std::to_string(rank) + ", but is " + shape_text(tensor.size));
}

inline void check_shape(const Tensor& tensor, const std::vector<int64_t>& size, const char* name) {
  require(tensor.size == size,
          std::string(name) + " must be " + shape_text(size) + ", but is " + shape_text(tensor.size));
}

// An extent that TensorRT may know only later.
class Extent {
 public:
  Extent(nvinfer1::IExprBuilder& builder, const nvinfer1::IDimensionExpr* expression)
      : builder_(&builder), expression_(expression) {
    require(expression != nullptr, "TensorRT gives no expression for an extent");
  }
  const nvinfer1::IDimensionExpr* expression() const { return expression_; }
  Extent constant(int64_t value) const { return {*builder_, builder_->constant(value)}; }

  friend Extent operator+(const Extent& a, const Extent& b) { return a.with(Op::kSUM, b); }
  friend Extent operator+(const Extent& a, int64_t b) { return b == 0 ? a : a + a.constant(b); }
  friend Extent operator-(const Extent& a, const Extent& b) { return a.with(Op::kSUB, b); }
  friend Extent operator*(const Extent& a, const Extent& b) { return a.with(Op::kPROD, b); }
  friend Extent operator*(const Extent& a, int64_t b) { return b == 1 ? a : a * a.constant(b); }
  // Rounded down.
  friend Extent operator/(const Extent& a, int64_t b) { return b == 1 ? a : a.with(Op::kFLOOR_DIV, a.constant(b)); }
  Extent divided_up(int64_t by) const { return by == 1 ? *this : with(Op::kCEIL_DIV, constant(by)); }
  Extent at_most(const Extent& other) const { return with(Op::kMIN, other); }
  // 1 where it is less, else 0.
  Extent less_than(const Extent& other) const { return with(Op::kLESS, other); }

 private:
  using Op = nvinfer1::DimensionOperation;
  nvinfer1::IExprBuilder* builder_;
  const nvinfer1::IDimensionExpr* expression_;

  Extent with(Op op, const Extent& other) const {
    return {*builder_, builder_->operation(op, *expression_, *other.expression_)};
  }
};

using Shape = std::vector<Extent>;

inline void check_rank(const Shape& shape, size_t rank, const char* name) {
  require(shape.size() == rank, std::string(name) + " must have rank " + std::to_string(rank) + ", but has rank " +
                                    std::to_string(shape.size()));
}

inline void check_axis(int32_t axis, size_t rank) {
  require(axis >= 0 && static_cast<size_t>(axis) < rank,
          "axis " + std::to_string(axis) + " is out of range for rank " + std::to_string(rank));
}

inline Extent product(const Shape& shape, size_t begin, size_t end) {
  Extent all = shape[begin];
  for (size_t i = begin + 1; i < end; ++i) all = all * shape[i];
  return all;
}

}  // namespace arhat::trt

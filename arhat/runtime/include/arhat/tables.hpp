// The parts of a generated model's tables that are the same on every target.
#pragma once

#include <cstddef>
#include <cstdint>

namespace arhat {

enum class Type : uint8_t { f32, f16, bf16, f64, i8, u8, i16, u16, i32, u32, i64, u64, boolean };

constexpr int max_rank = 8;

// Extents of a tensor; rank 0 is a scalar.
struct Dims {
  int rank;
  int64_t d[max_rank];
};

// An input or output of the model: dense, row-major at the C ABI.
struct TensorInfo {
  const char* name;
  Type type;
  Dims dims;
};

// A tensor of weights.safetensors; the offset counts from the start of the file's data section.
struct WeightInfo {
  const char* name;
  Type type;
  uint64_t offset;
  uint64_t bytes;
};

// A value that an operation leaves in the arena, for dumps. `layers` has the names of the source layers,
// separated by '\n'; the last one is the layer whose output this is. Strides count elements. `op` is the
// operation that produces it: the value is there right after it has run and may be overwritten later.
struct ValueInfo {
  const char* layers;
  Type type;
  Dims dims;
  int64_t strides[max_rank];
  uint64_t offset;  // of element 0, from the start of the arena
  int op;
  int output = -1;  // if not negative, the model output whose buffer holds the value in place of the arena
};

constexpr size_t size_of(Type type) {
  switch (type) {
    case Type::f64:
    case Type::i64:
    case Type::u64:
      return 8;
    case Type::f32:
    case Type::i32:
    case Type::u32:
      return 4;
    case Type::f16:
    case Type::bf16:
    case Type::i16:
    case Type::u16:
      return 2;
    case Type::i8:
    case Type::u8:
    case Type::boolean:
      return 1;
  }
  return 0;
}

constexpr uint64_t elements_of(const Dims& dims) {
  uint64_t count = 1;
  for (int i = 0; i < dims.rank; ++i) count *= static_cast<uint64_t>(dims.d[i]);
  return count;
}

constexpr uint64_t bytes_of(const TensorInfo& tensor) {
  return elements_of(tensor.dims) * size_of(tensor.type);
}

}  // namespace arhat

// What a generated model gives to the runtime: tables of constants and one function per operation.
//
// model.cpp is compiled once per instruction set, with -DARHAT_ISA=avx512 (avx2, baseline), and defines
//
//     namespace arhat { inline namespace ARHAT_ISA { const Program& program(); } }
//
// The tables do not depend on the instruction set; abi.cpp reads those of the set it chose when a model
// is created. Everything here is constant and lives as long as the library.
#pragma once

#include <cstddef>
#include <cstdint>

namespace arhat {

class ThreadPool;

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

// What one run of an operation sees. Weights point at the data section of the file.
struct Frame {
  std::byte* arena;
  const std::byte* weights;
  const void* const* inputs;
  void* const* outputs;
  ThreadPool& context;  // what kernels are launched with
  std::byte* state = nullptr;  // of the variables; kept from run to run
  bool fresh = false;          // no run has come to its end since the state was reset
};

struct OpInfo {
  const char* name;    // for example "cpu.conv direct 14x32"
  const char* layers;  // as in ValueInfo
  double flops;
  double bytes;  // read and written, weights included
  void (*run)(const Frame&);
};

struct Program {
  const char* name;
  const TensorInfo* inputs;
  size_t n_inputs;
  const TensorInfo* outputs;
  size_t n_outputs;
  const WeightInfo* weights;
  size_t n_weights;
  uint64_t header_bytes;  // of the JSON header of weights.safetensors, padding included
  uint64_t header_hash;   // FNV-1a, 64 bits, of those bytes
  uint64_t data_bytes;    // of its data section
  uint64_t arena_bytes;
  const OpInfo* ops;  // in execution order
  size_t n_ops;
  const ValueInfo* values;
  size_t n_values;
  uint64_t state_bytes = 0;
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

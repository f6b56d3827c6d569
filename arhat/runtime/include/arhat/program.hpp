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

#include "tables.hpp"

namespace arhat {

class ThreadPool;

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

}  // namespace arhat

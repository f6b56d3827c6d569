// What a generated model for CUDA gives to the runtime: tables of constants and one function per operation.
//
// model.cu defines
//
//     namespace arhat { const Program& program(); }
//
// abi.cpp (in this folder) runs it. Everything here is constant and lives as long as the library; the file
// stands in the place of arhat/program.hpp, which belongs to the cpu target.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>

#include "../cudnn/desc.hpp"
#include "../tables.hpp"

namespace arhat {

class Engine;

// What one run of an operation sees. All memory is the device's; the operation only queues work on `context`.
struct Frame {
  std::byte* arena;
  const std::byte* weights;
  const void* const* inputs;  // by index of the input: where it lies on the device
  void* const* outputs;
  cudaStream_t context;  // what kernels are launched with
  Engine& engine;        // cuDNN graphs, cuBLASLt products, legacy cuDNN calls
  int stream = 0;        // number of `context` among the program's streams
  std::byte* state = nullptr;  // of the variables; kept from run to run
  bool fresh = false;          // no run has come to its end since the state was reset
};

// `stream` is the stream of the program that the operation is queued on; `waits` are the numbers of earlier
// operations on other streams that have to be done before it starts.
struct OpInfo {
  const char* name;    // for example "cudnn.graph"
  const char* layers;  // as in ValueInfo
  double flops;
  double bytes;  // read and written, weights included
  void (*run)(const Frame&);
  int stream = 0;
  const int* waits = nullptr;
  size_t n_waits = 0;
};

// One use of a cuDNN graph. Uses with the same key share a plan.
struct GraphInfo {
  const cudnn::GraphDesc* desc;
  int op;  // the operation that runs it
};

enum class ProductActivation : uint8_t { none, relu, gelu };  // gelu: cuBLASLt's, the approximation with tanh

// One use of cuBLASLt: y = activation(a b + bias). All tensors are dense and row-major. Extents are those of the
// operands as they lie in memory (before transposition), rank 2 or more; batch axes broadcast as NumPy does it.
// The bias, of the result's type, has one element for each column of y. math: of f32 operands only.
struct ProductInfo {
  const char* layers;
  int op;  // the operation that runs it
  Type operands;
  Type result;
  Dims a, b, y;
  bool transpose_a, transpose_b;
  bool bias;
  ProductActivation activation;
  cudnn::Math math;
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
  uint64_t state_bytes;
  const GraphInfo* graphs;
  size_t n_graphs;
  const ProductInfo* products;
  size_t n_products;
  int streams;             // that operations name, at least 1
  cudaError_t (*probe)();  // probe_device of frame.hpp: can the program's kernels run on the current device?
};

}  // namespace arhat

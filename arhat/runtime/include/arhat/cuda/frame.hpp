// Where the operations of a program for CUDA find their data, and what they call.
#pragma once

#include <cstddef>
#include <initializer_list>

#include "program.hpp"

namespace arhat {

// Memory of intermediate values, at a byte offset chosen when the program was compiled.
template <class T>
inline T* arena(const Frame& f, std::size_t offset) {
  return reinterpret_cast<T*>(f.arena + offset);
}

// A constant, at its byte offset in the data section of weights.safetensors.
template <class T>
inline const T* weight(const Frame& f, std::size_t offset) {
  return reinterpret_cast<const T*>(f.weights + offset);
}

template <class T>
inline const T* input(const Frame& f, std::size_t index) {
  return static_cast<const T*>(f.inputs[index]);
}

template <class T>
inline T* output(const Frame& f, std::size_t index, std::size_t offset = 0) {
  return reinterpret_cast<T*>(static_cast<std::byte*>(f.outputs[index]) + offset);
}

// cudnnSoftmaxForward, accurate: over the middle axis of a dense [outer, extent, inner].
struct SoftmaxCall {
  Type type;
  int64_t outer, extent, inner;
};

// cudnnLRNCrossChannelForward: y = x / (bias + alpha / size * sum of squares)^beta. The strides, of both tensors,
// tell the layout.
struct LrnCall {
  Type type;
  Dims dims, strides;  // N, C, H, W
  int size;
  double alpha, beta, bias;
};

// What generated code asks of the libraries; each call queues work on the frame's stream and throws if refused.
class Engine {
 public:
  // Graph `index` of the program. Pointers of its tensors that are not virtual: operands in order, then results.
  virtual void run_graph(const Frame& f, std::size_t index, const void* const* pointers, std::size_t n) = 0;
  // Product `index` of the program. `bias` is null where the product has none.
  virtual void run_product(const Frame& f, std::size_t index, const void* a, const void* b, const void* bias,
                           void* y) = 0;
  virtual void softmax(const Frame& f, const SoftmaxCall& call, const void* x, void* y) = 0;
  virtual void lrn(const Frame& f, const LrnCall& call, const void* x, void* y) = 0;

 protected:
  ~Engine() = default;
};

inline void run_graph(const Frame& f, std::size_t index, std::initializer_list<const void*> pointers) {
  f.engine.run_graph(f, index, pointers.begin(), pointers.size());
}

inline void run_product(const Frame& f, std::size_t index, const void* a, const void* b, const void* bias, void* y) {
  f.engine.run_product(f, index, a, b, bias, y);
}

inline void cudnn_softmax(const Frame& f, const SoftmaxCall& call, const void* x, void* y) {
  f.engine.softmax(f, call, x, y);
}

inline void cudnn_lrn(const Frame& f, const LrnCall& call, const void* x, void* y) { f.engine.lrn(f, call, x, y); }

// Copies between two places of the device.
void copy_bytes(const Frame& f, const void* source, void* target, std::size_t bytes);

// The value of the variable at `offset`. In the first run after a reset that is `initial`, and the variable gets it.
template <class T>
inline void read_variable(const Frame& f, std::size_t offset, std::size_t count, const T* initial, T* value) {
  T* const variable = reinterpret_cast<T*>(f.state + offset);
  if (f.fresh) copy_bytes(f, initial, variable, count * sizeof(T));
  copy_bytes(f, variable, value, count * sizeof(T));
}

// What the next run reads.
template <class T>
inline void assign_variable(const Frame& f, std::size_t offset, std::size_t count, const T* value) {
  copy_bytes(f, value, f.state + offset, count * sizeof(T));
}

#ifdef __CUDACC__
namespace {

__global__ void probe_kernel() {}

// Success where the current device runs code that this unit was compiled for.
[[maybe_unused]] cudaError_t probe_device() {
  cudaFuncAttributes attributes;
  return cudaFuncGetAttributes(&attributes, probe_kernel);
}

}  // namespace
#endif

}  // namespace arhat

// How long a plan takes on the GPU.
#pragma once

#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "arhat/cudnn/graph.hpp"

namespace arhat::cudnn {

// `call` says what failed. Errors that CUDA would report again with the next call are cleared.
inline void check_cuda(cudaError_t error, const char* call, const std::string& layers = "") {
  if (error == cudaSuccess) return;
  cudaGetLastError();
  throw Error(call,
              error == cudaErrorMemoryAllocation ? CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED
                                                 : CUDNN_STATUS_EXECUTION_FAILED_CUDART,
              cudaGetErrorString(error), layers);
}

// From the first to behind the last element of a tensor, in bytes.
constexpr uint64_t extent_bytes(const TensorDesc& tensor) {
  uint64_t last = 0;
  for (int i = 0; i < tensor.dims.rank; ++i)
    last += static_cast<uint64_t>((tensor.dims.d[i] - 1) * tensor.strides.d[i]);
  return (last + 1) * size_of(tensor.type);
}

// `bytes` of numbers of a type, small and of both signs: GPUs are faster on zeros than on data.
inline std::vector<unsigned char> sample_data(Type type, size_t bytes) {
  std::vector<unsigned char> data(bytes);
  uint32_t state = 12345;
  const size_t width = size_of(type);
  for (size_t i = 0; i + width <= bytes; i += width) {
    state = state * 1664525u + 1013904223u;
    const uint32_t sign = state >> 31, bits = state >> 8 & 0x7fffff;
    uint32_t value = state >> 24;  // of integers
    if (type == Type::f32) value = sign << 31 | 0x3f000000u | bits;  // 0.5 to 1
    if (type == Type::f16) value = sign << 15 | 0x3800u | (bits & 0x3ff);
    if (type == Type::bf16) value = sign << 15 | 0x3f00u | (bits & 0x7f);
    if (type == Type::i32) value &= 0xff;
    std::memcpy(&data[i], &value, std::min(width, sizeof value));
  }
  return data;
}

// The tensors of a graph in device memory, and a workspace that grows as plans want it.
class Timing {
 public:
  Timing(const GraphDesc& desc, cudnnHandle_t handle) : handle_(handle), layers_(desc.layers) {
    check(cudnnGetStream(handle, &stream_), "cudnnGetStream", layers_);
    for (size_t i = 0; i < desc.n_tensors; ++i) {
      const TensorDesc& tensor = desc.tensors[i];
      if (tensor.is_virtual) continue;
      uids_.push_back(tensor.uid);
      const uint64_t bytes = extent_bytes(tensor);
      pointers_.push_back(memory_.emplace_back(bytes, layers_).get());
      const std::vector<unsigned char> data = sample_data(tensor.type, std::min<uint64_t>(bytes, 1 << 20));
      for (uint64_t at = 0; at < bytes; at += data.size())
        check_cuda(cudaMemcpy(static_cast<char*>(pointers_.back()) + at, data.data(),
                              std::min<uint64_t>(data.size(), bytes - at), cudaMemcpyHostToDevice),
                   "cudaMemcpy", layers_);
    }
  }

  // The median of `samples` measurements, after a run that does not count. A measurement is a CUDA graph of
  // several runs, as programs run them: the time that the host takes to launch is not in it.
  double microseconds(const Plan& plan, int samples) {
    constexpr int runs = 10;
    const auto needed = static_cast<uint64_t>(plan.workspace());
    if (workspace_.bytes() < needed) workspace_ = Memory(needed, layers_);
    const Bindings bindings(uids_.data(), pointers_.data(), uids_.size(), workspace_.get(), layers_);
    plan.run(handle_, bindings);
    check_cuda(cudaStreamSynchronize(stream_), "cudaStreamSynchronize", layers_);
    const Capture capture(stream_, layers_, [&] {
      for (int i = 0; i < runs; ++i) plan.run(handle_, bindings);
    });
    const Event begin(layers_), end(layers_);
    std::vector<double> times;
    for (int i = 0; i <= samples; ++i) {
      check_cuda(cudaEventRecord(begin.get(), stream_), "cudaEventRecord", layers_);
      check_cuda(cudaGraphLaunch(capture.get(), stream_), "cudaGraphLaunch", layers_);
      check_cuda(cudaEventRecord(end.get(), stream_), "cudaEventRecord", layers_);
      check_cuda(cudaEventSynchronize(end.get()), "cudaEventSynchronize", layers_);
      float milliseconds = 0;
      check_cuda(cudaEventElapsedTime(&milliseconds, begin.get(), end.get()), "cudaEventElapsedTime", layers_);
      if (i > 0) times.push_back(1e3 * static_cast<double>(milliseconds) / runs);
    }
    const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
    std::nth_element(times.begin(), middle, times.end());
    return *middle;
  }

 private:
  class Memory {
   public:
    Memory() = default;
    Memory(uint64_t bytes, const std::string& layers) : bytes_(bytes) {
      check_cuda(cudaMalloc(&pointer_, bytes), "cudaMalloc", layers);
    }
    Memory(Memory&& other) noexcept { *this = std::move(other); }
    Memory& operator=(Memory&& other) noexcept {
      std::swap(pointer_, other.pointer_);
      std::swap(bytes_, other.bytes_);
      return *this;
    }
    ~Memory() { cudaFree(pointer_); }
    void* get() const { return pointer_; }
    uint64_t bytes() const { return bytes_; }

   private:
    void* pointer_ = nullptr;
    uint64_t bytes_ = 0;
  };

  class Event {
   public:
    explicit Event(const std::string& layers) {
      check_cuda(cudaEventCreate(&event_), "cudaEventCreate", layers);
    }
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;
    ~Event() { cudaEventDestroy(event_); }
    cudaEvent_t get() const { return event_; }

   private:
    cudaEvent_t event_ = nullptr;
  };

  // What `body` queues on a stream, as a CUDA graph that can be launched.
  class Capture {
   public:
    template <class Body>
    Capture(cudaStream_t stream, const std::string& layers, Body body) {
      check_cuda(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal), "cudaStreamBeginCapture",
                 layers);
      cudaGraph_t graph = nullptr;
      try {
        body();
      } catch (...) {
        cudaStreamEndCapture(stream, &graph);  // a stream must not be left capturing
        cudaGetLastError();
        if (graph != nullptr) cudaGraphDestroy(graph);
        throw;
      }
      check_cuda(cudaStreamEndCapture(stream, &graph), "cudaStreamEndCapture", layers);
      const cudaError_t error = cudaGraphInstantiate(&executable_, graph, 0);
      cudaGraphDestroy(graph);
      check_cuda(error, "cudaGraphInstantiate", layers);
    }
    Capture(const Capture&) = delete;
    Capture& operator=(const Capture&) = delete;
    ~Capture() { cudaGraphExecDestroy(executable_); }
    cudaGraphExec_t get() const { return executable_; }

   private:
    cudaGraphExec_t executable_ = nullptr;
  };

  cudnnHandle_t handle_;
  std::string layers_;
  cudaStream_t stream_ = nullptr;
  std::vector<Memory> memory_;
  std::vector<int64_t> uids_;
  std::vector<void*> pointers_;
  Memory workspace_;
};

}  // namespace arhat::cudnn

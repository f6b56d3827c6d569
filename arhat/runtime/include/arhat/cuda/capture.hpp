// A CUDA graph of what is queued on a stream.
#pragma once

#include <cuda_runtime_api.h>

#include <utility>

#include "error.hpp"
#include "memory.hpp"

namespace arhat {

// Everything that is queued on a stream, and on streams that fork from it, until finish() goes into a graph.
class Capture {
 public:
  explicit Capture(cudaStream_t stream) : stream_(stream) {
    check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeRelaxed), "cudaStreamBeginCapture");
  }
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;
  ~Capture() {
    if (stream_ == nullptr) return;
    cudaGraph_t graph = nullptr;
    cudaStreamEndCapture(stream_, &graph);
    if (graph != nullptr) cudaGraphDestroy(graph);
    cudaGetLastError();
  }
  CudaGraphExec finish() {
    cudaGraph_t raw = nullptr;
    check(cudaStreamEndCapture(std::exchange(stream_, nullptr), &raw), "cudaStreamEndCapture");
    const CudaGraph graph(raw);
    cudaGraphExec_t exec = nullptr;
    check(cudaGraphInstantiate(&exec, graph.get(), 0), "cudaGraphInstantiate");
    return CudaGraphExec(exec);
  }

 private:
  cudaStream_t stream_;
};

}  // namespace arhat

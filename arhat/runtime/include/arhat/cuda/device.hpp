// Which GPU a model runs on, and how its runs are ordered among what the caller does there.
#pragma once

#include <cuda_runtime_api.h>

#include <string>

#include "error.hpp"
#include "memory.hpp"

namespace arhat {

// The number of a GPU that is there. Where there is none, this is the one thing that is said.
inline int choose_device(int device) {
  int count = 0;
  const cudaError_t error = cudaGetDeviceCount(&count);
  if (error != cudaSuccess || count == 0) {
    cudaGetLastError();
    fail(ARHAT_UNSUPPORTED,
         std::string("no CUDA device: ") + cudaGetErrorString(error == cudaSuccess ? cudaErrorNoDevice : error));
  }
  if (device < 0 || device >= count)
    fail(ARHAT_INVALID_ARGUMENT, "options.device is " + std::to_string(device) + ", and CUDA counts " +
                                     std::to_string(count) + " from 0");
  return device;
}

struct DeviceName {
  std::string name, architecture;  // "sm_90" and the like
};

inline DeviceName name_device(int device) {
  cudaDeviceProp properties{};
  check(cudaGetDeviceProperties(&properties, device), "cudaGetDeviceProperties");
  return {properties.name, "sm_" + std::to_string(properties.major) + std::to_string(properties.minor)};
}

// The model's stream comes after the caller's stream in a run, and that one after it. Without a stream of the caller
// there is nothing to order.
class StreamOrder {
 public:
  explicit StreamOrder(cudaStream_t caller) : caller_(caller) {
    if (caller_ == nullptr) return;
    entered_ = make_event(cudaEventDisableTiming);
    left_ = make_event(cudaEventDisableTiming);
  }
  void enter(cudaStream_t stream) const { order(entered_, caller_, stream); }
  void leave(cudaStream_t stream) const { order(left_, stream, caller_); }

 private:
  void order(const Event& event, cudaStream_t first, cudaStream_t then) const {
    if (caller_ == nullptr) return;
    check(cudaEventRecord(event.get(), first), "cudaEventRecord");
    check(cudaStreamWaitEvent(then, event.get(), 0), "cudaStreamWaitEvent");
  }

  cudaStream_t caller_;
  Event entered_, left_;
};

}  // namespace arhat

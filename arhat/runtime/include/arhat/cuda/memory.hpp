// What a model holds of CUDA: memory, streams, events, graphs. Each is released with its object.
#pragma once

#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <string>
#include <utility>

#include "../weights_file.hpp"
#include "error.hpp"

namespace arhat {

// A handle of CUDA and the function that gives it back.
template <class Handle, auto Release>
class Owned {
 public:
  Owned() = default;
  explicit Owned(Handle handle) : handle_(handle) {}
  Owned(Owned&& other) noexcept : handle_(std::exchange(other.handle_, Handle{})) {}
  Owned& operator=(Owned&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  ~Owned() {
    if (handle_ != Handle{}) Release(handle_);
  }
  Handle get() const { return handle_; }
  explicit operator bool() const { return handle_ != Handle{}; }

 private:
  Handle handle_{};
};

using Stream = Owned<cudaStream_t, cudaStreamDestroy>;
using Event = Owned<cudaEvent_t, cudaEventDestroy>;
using CudaGraph = Owned<cudaGraph_t, cudaGraphDestroy>;
using CudaGraphExec = Owned<cudaGraphExec_t, cudaGraphExecDestroy>;
using PinnedMemory = Owned<void*, cudaFreeHost>;

inline Stream make_stream() {
  cudaStream_t stream = nullptr;
  check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "cudaStreamCreate");
  return Stream(stream);
}

inline Event make_event(unsigned flags) {
  cudaEvent_t event = nullptr;
  check(cudaEventCreateWithFlags(&event, flags), "cudaEventCreate");
  return Event(event);
}

inline PinnedMemory make_pinned(size_t bytes) {
  void* data = nullptr;
  check(cudaHostAlloc(&data, bytes == 0 ? 1 : bytes, cudaHostAllocDefault),
        "cudaHostAlloc of " + std::to_string(bytes) + " bytes");
  return PinnedMemory(data);
}

class DeviceMemory {
 public:
  DeviceMemory() = default;
  // `what` it is for, in messages.
  DeviceMemory(uint64_t bytes, const char* what) : bytes_(bytes) {
    if (bytes == 0) return;
    if (bytes > SIZE_MAX / 2) throw std::bad_alloc();
    void* data = nullptr;
    check(cudaMalloc(&data, static_cast<size_t>(bytes)),
          std::string("cudaMalloc of ") + std::to_string(bytes) + " bytes for the " + what);
    data_ = Owned<void*, cudaFree>(data);
  }
  std::byte* data() const { return static_cast<std::byte*>(data_.get()); }
  uint64_t bytes() const { return bytes_; }

 private:
  Owned<void*, cudaFree> data_;
  uint64_t bytes_ = 0;
};

inline DeviceMemory make_zeroed(uint64_t bytes, const char* what) {
  DeviceMemory memory(bytes, what);
  if (bytes != 0) check(cudaMemset(memory.data(), 0, static_cast<size_t>(bytes)), "cudaMemset");
  return memory;
}

// The current device of the thread, which is put back in the end.
class CurrentDevice {
 public:
  explicit CurrentDevice(int device) {
    if (cudaGetDevice(&before_) != cudaSuccess) before_ = device;
    check(cudaSetDevice(device), "cudaSetDevice(" + std::to_string(device) + ")");
  }
  ~CurrentDevice() { cudaSetDevice(before_); }
  CurrentDevice(const CurrentDevice&) = delete;
  CurrentDevice& operator=(const CurrentDevice&) = delete;

 private:
  int before_ = 0;
};

// Copies the weights to the device through two pinned buffers: one is filled from the file while the other travels.
template <class Program>
DeviceMemory upload_weights(const char* path, const Program& program) {
  const WeightsFile file(path, program);
  DeviceMemory memory(program.data_bytes, "weights");
  constexpr uint64_t piece = 16 << 20;
  const uint64_t size = std::min(piece, program.data_bytes);
  PinnedMemory buffers[] = {make_pinned(size), make_pinned(size)};
  Event free[] = {make_event(cudaEventDisableTiming), make_event(cudaEventDisableTiming)};
  const Stream stream = make_stream();
  for (uint64_t done = 0, turn = 0; done < program.data_bytes; done += size, turn ^= 1) {
    const uint64_t bytes = std::min(size, program.data_bytes - done);
    check(cudaEventSynchronize(free[turn].get()), "cudaEventSynchronize");
    std::memcpy(buffers[turn].get(), file.data() + done, bytes);
    check(cudaMemcpyAsync(memory.data() + done, buffers[turn].get(), bytes, cudaMemcpyHostToDevice, stream.get()),
          "copying the weights");
    check(cudaEventRecord(free[turn].get(), stream.get()), "cudaEventRecord");
  }
  check(cudaStreamSynchronize(stream.get()), "copying the weights");
  return memory;
}

}  // namespace arhat

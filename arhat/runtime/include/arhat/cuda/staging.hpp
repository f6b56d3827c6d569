// The caller's buffers: where each lies, and how its bytes get to the program and back.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstring>
#include <string>
#include <vector>

#include "../tables.hpp"
#include "buffers.hpp"
#include "error.hpp"
#include "memory.hpp"
#include "model.h"

namespace arhat {

// The inputs, or the outputs, of a program during one run. Memory of its own is allocated when it is first needed.
class Staging {
 public:
  // `alignment`: in bytes, of memory of the device that is used in place.
  Staging(const char* kind, const TensorInfo* infos, size_t count, int device, uint64_t alignment = buffer_alignment)
      : kind_(kind), infos_(infos), device_(device), alignment_(alignment), buffers_(count), data_(count) {
    for (size_t i = 0; i < count; ++i) buffers_[i].capacity = bytes_of(infos[i]);
  }

  // The most bytes that a buffer may have, where they are not those of its TensorInfo. Before the first bind.
  void reserve(size_t index, uint64_t bytes) { buffers_[index].capacity = bytes; }

  // Notes where the caller's checked buffers lie, and adds that to the key.
  void bind(const arhat_tensor* tensors, CaptureKey& key) {
    for (size_t i = 0; i < buffers_.size(); ++i) {
      Buffer& buffer = buffers_[i];
      buffer.caller = tensors[i].data;
      buffer.bytes = tensors[i].bytes;
      const auto address = reinterpret_cast<uint64_t>(buffer.caller);
      buffer.access = buffer.bytes == 0 ? Access::in_place : access_of(kind_of(i), address, alignment_);
      key.add(buffer.access, address);
      if (buffer.access == Access::staged && !buffer.pinned) buffer.pinned = make_pinned(buffer.capacity);
      if (buffer.access != Access::in_place && buffer.device.data() == nullptr)
        buffer.device = DeviceMemory(buffer.capacity, kind_);
      data_[i] = buffer.access == Access::in_place ? buffer.caller : buffer.device.data();
    }
  }

  void** data() { return data_.data(); }  // on the device, by index
  const void* const* constant_data() const { return data_.data(); }

  // Whether the host has to wait for a run before it can use its memory again.
  bool touches_host() const {
    for (const Buffer& buffer : buffers_)
      if (buffer.access == Access::staged || buffer.access == Access::pinned) return true;
    return false;
  }

  // Memory of the host to the pinned buffers, before a run; and back after one.
  void collect() const {
    for (const Buffer& buffer : buffers_)
      if (buffer.access == Access::staged) std::memcpy(buffer.pinned.get(), buffer.caller, buffer.bytes);
  }
  void deliver() const {
    for (const Buffer& buffer : buffers_)
      if (buffer.access == Access::staged) std::memcpy(buffer.caller, buffer.pinned.get(), buffer.bytes);
  }

  // Queue the copies to the program's memory; and from it.
  void queue_in(cudaStream_t stream) const {
    for (const Buffer& buffer : buffers_)
      if (buffer.access != Access::in_place) copy(buffer.device.data(), buffer.outside(), buffer.bytes, stream);
  }
  void queue_out(cudaStream_t stream) const {
    for (const Buffer& buffer : buffers_)
      if (buffer.access != Access::in_place) copy(buffer.outside(), buffer.device.data(), buffer.bytes, stream);
  }

  uint64_t device_bytes() const {
    uint64_t sum = 0;
    for (const Buffer& buffer : buffers_) sum += buffer.device.bytes();
    return sum;
  }

 private:
  struct Buffer {
    void* caller = nullptr;
    size_t bytes = 0;
    uint64_t capacity = 0;  // of `pinned` and `device`
    Access access = Access::staged;
    PinnedMemory pinned;
    DeviceMemory device;
    void* outside() const { return access == Access::staged ? pinned.get() : caller; }
  };

  static void copy(void* target, const void* source, size_t bytes, cudaStream_t stream) {
    check(cudaMemcpyAsync(target, source, bytes, cudaMemcpyDefault, stream), "cudaMemcpyAsync");
  }

  MemoryKind kind_of(size_t i) const {
    const auto name = [&] { return std::string(kind_) + " '" + infos_[i].name + "'"; };
    cudaPointerAttributes attributes{};
    if (const cudaError_t error = cudaPointerGetAttributes(&attributes, buffers_[i].caller); error != cudaSuccess)
      check(error, name() + ": cudaPointerGetAttributes");
    switch (attributes.type) {
      case cudaMemoryTypeHost:
        return MemoryKind::pinned;
      case cudaMemoryTypeManaged:
        return MemoryKind::device;
      case cudaMemoryTypeDevice:
        if (attributes.device != device_)
          fail(ARHAT_INVALID_ARGUMENT, name() + " lies on device " + std::to_string(attributes.device) +
                                           ", the model runs on device " + std::to_string(device_));
        return MemoryKind::device;
      default:
        return MemoryKind::host;
    }
  }

  const char* kind_;
  const TensorInfo* infos_;
  int device_;
  uint64_t alignment_;
  std::vector<Buffer> buffers_;
  std::vector<void*> data_;
};

}  // namespace arhat

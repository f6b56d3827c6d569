// The C functions of model.h about memory of the device, over a target's `struct arhat_model`, which is defined before
// this file is included:
//
//     const int device;
//     cudaStream_t stream() const;  // that runs are ordered on
#pragma once

#include <cuda_runtime_api.h>

#include <algorithm>
#include <string>

#include "arhat/abi_support.hpp"
#include "arhat/cuda/error.hpp"
#include "arhat/cuda/memory.hpp"

extern "C" {

arhat_status arhat_model_stream(const arhat_model* model, void** stream) {
  return arhat::guarded([&] {
    arhat::require(model, "model");
    arhat::require(stream, "stream");
    *stream = model->stream();
    return ARHAT_OK;
  });
}

arhat_status arhat_device_alloc(const arhat_model* model, size_t bytes, void** data) {
  return arhat::guarded([&] {
    arhat::require(model, "model");
    arhat::require(data, "data");
    *data = nullptr;
    const arhat::CurrentDevice current(model->device);
    arhat::check(cudaMalloc(data, std::max<size_t>(bytes, 1)), "cudaMalloc of " + std::to_string(bytes) + " bytes");
    return ARHAT_OK;
  });
}

arhat_status arhat_device_free(void* data) {
  return arhat::guarded([&] {
    arhat::check(cudaFree(data), "cudaFree");
    return ARHAT_OK;
  });
}

arhat_status arhat_device_copy(void* target, const void* source, size_t bytes) {
  return arhat::guarded([&] {
    if (bytes == 0) return ARHAT_OK;
    arhat::require(target, "target");
    arhat::require(source, "source");
    arhat::check(cudaMemcpy(target, source, bytes, cudaMemcpyDefault), "cudaMemcpy");
    return ARHAT_OK;
  });
}

}  // extern "C"

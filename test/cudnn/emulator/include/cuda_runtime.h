// The emulator's: what emitted programs need of it, without nvcc's own headers of built-in functions.
#pragma once
#include <cuda_runtime_api.h>

#include <cstring>

#include "streams.hpp"

template <typename T>
static inline cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* attributes, T*) {
  std::memset(attributes, 0, sizeof *attributes);
  return cudaSuccess;
}

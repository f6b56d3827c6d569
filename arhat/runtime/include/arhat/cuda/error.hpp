// Statuses of CUDA, turned into failures of the C interface.
#pragma once

#include <cuda_runtime_api.h>

#include <string>

#include "../failure.hpp"

namespace arhat {

inline arhat_status status_of(cudaError_t error) {
  switch (error) {
    case cudaErrorMemoryAllocation:
      return ARHAT_OUT_OF_MEMORY;
    case cudaErrorNoDevice:
    case cudaErrorInsufficientDriver:
    case cudaErrorNoKernelImageForDevice:
    case cudaErrorUnsupportedPtxVersion:
      return ARHAT_UNSUPPORTED;
    default:
      return ARHAT_INTERNAL_ERROR;
  }
}

// `call` says what failed. Errors that CUDA would report again with the next call are cleared.
inline void check(cudaError_t error, const char* call) {
  if (error == cudaSuccess) return;
  cudaGetLastError();
  fail(status_of(error), std::string(call) + ": " + cudaGetErrorString(error));
}
inline void check(cudaError_t error, const std::string& call) { check(error, call.c_str()); }

}  // namespace arhat

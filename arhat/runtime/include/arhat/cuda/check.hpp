// Statuses of cuBLASLt and cuDNN, turned into failures of the C interface.
#pragma once

#include <cublasLt.h>

#include <string>

#include "../cudnn/backend.hpp"
#include "../failure.hpp"
#include "error.hpp"

namespace arhat {

inline void check(cublasStatus_t status, const char* call) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  fail(status == CUBLAS_STATUS_ALLOC_FAILED    ? ARHAT_OUT_OF_MEMORY
       : status == CUBLAS_STATUS_NOT_SUPPORTED ? ARHAT_UNSUPPORTED
                                               : ARHAT_INTERNAL_ERROR,
       std::string(call) + ": " + cublasLtGetStatusString(status));
}

inline arhat_status status_of(const cudnn::Error& error) {
  if (error.status == CUDNN_STATUS_ALLOC_FAILED || error.status == CUDNN_STATUS_INTERNAL_ERROR_HOST_ALLOCATION_FAILED ||
      error.status == CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED)
    return ARHAT_OUT_OF_MEMORY;
  return CUDNN_STATUS_CATEGORY(error.status) == CUDNN_STATUS_NOT_SUPPORTED ? ARHAT_UNSUPPORTED : ARHAT_INTERNAL_ERROR;
}

// Runs what belongs to some layers; failures name them.
template <class Body>
auto for_layers(const char* layers, Body body) {
  const auto where = [&](const std::string& text) {
    return *layers == '\0' ? text : "layer " + layers_text(layers) + ": " + text;
  };
  try {
    return body();
  } catch (const Failure& failure) {
    throw Failure{failure.status, where(failure.text)};
  } catch (const cudnn::Error& error) {
    // Its text names the layers if it has any.
    throw Failure{status_of(error), error.layers.empty() ? where(error.what()) : error.what()};
  } catch (const std::runtime_error& error) {
    throw Failure{ARHAT_INTERNAL_ERROR, where(error.what())};
  }
}

}  // namespace arhat

// cuDNN's calls from before its graphs that are still the recommended ones: softmax and LRN.
#pragma once

#include <cudnn_ops.h>

#include <algorithm>
#include <utility>

#include "arhat/cudnn/backend.hpp"
#include "arhat/cudnn/nodes.hpp"
#include "arhat/tables.hpp"

namespace arhat::cudnn {

class TensorDescriptor {
 public:
  TensorDescriptor(Type type, const Dims& dims, const Dims& strides) {
    check(cudnnCreateTensorDescriptor(&raw_), "cudnnCreateTensorDescriptor");
    int extents[max_rank], steps[max_rank];
    std::transform(dims.d, dims.d + dims.rank, extents, [](int64_t d) { return static_cast<int>(d); });
    std::transform(strides.d, strides.d + dims.rank, steps, [](int64_t d) { return static_cast<int>(d); });
    const cudnnStatus_t status = cudnnSetTensorNdDescriptor(raw_, data_type(type), dims.rank, extents, steps);
    if (status == CUDNN_STATUS_SUCCESS) return;
    cudnnDestroyTensorDescriptor(raw_);
    check(status, "cudnnSetTensorNdDescriptor");
  }
  TensorDescriptor(const TensorDescriptor&) = delete;
  TensorDescriptor& operator=(const TensorDescriptor&) = delete;
  ~TensorDescriptor() { cudnnDestroyTensorDescriptor(raw_); }
  cudnnTensorDescriptor_t raw() const { return raw_; }

 private:
  cudnnTensorDescriptor_t raw_ = nullptr;
};

class LrnDescriptor {
 public:
  LrnDescriptor(int size, double alpha, double beta, double bias) {
    check(cudnnCreateLRNDescriptor(&raw_), "cudnnCreateLRNDescriptor");
    const cudnnStatus_t status = cudnnSetLRNDescriptor(raw_, static_cast<unsigned>(size), alpha, beta, bias);
    if (status == CUDNN_STATUS_SUCCESS) return;
    cudnnDestroyLRNDescriptor(raw_);
    check(status, "cudnnSetLRNDescriptor");
  }
  LrnDescriptor(const LrnDescriptor&) = delete;
  LrnDescriptor& operator=(const LrnDescriptor&) = delete;
  ~LrnDescriptor() { cudnnDestroyLRNDescriptor(raw_); }
  cudnnLRNDescriptor_t raw() const { return raw_; }

 private:
  cudnnLRNDescriptor_t raw_ = nullptr;
};

// Softmax over the middle axis of a dense [outer, extent, inner], with the maximum subtracted first.
inline void softmax(cudnnHandle_t handle, Type type, int64_t outer, int64_t extent, int64_t inner, const void* x,
                    void* y) {
  const TensorDescriptor tensor(type, {4, {outer, extent, inner, 1}}, {4, {extent * inner, inner, 1, 1}});
  const float one = 1, zero = 0;
  check(cudnnSoftmaxForward(handle, CUDNN_SOFTMAX_ACCURATE, CUDNN_SOFTMAX_MODE_CHANNEL, &one, tensor.raw(), x, &zero,
                            tensor.raw(), y),
        "cudnnSoftmaxForward");
}

// y = x / (bias + alpha / size * sum of squares over `size` channels)^beta; N, C, H, W, both of these strides.
inline void lrn(cudnnHandle_t handle, Type type, const Dims& dims, const Dims& strides, int size, double alpha,
                double beta, double bias, const void* x, void* y) {
  const TensorDescriptor tensor(type, dims, strides);
  const LrnDescriptor settings(size, alpha, beta, bias);
  const float one = 1, zero = 0;
  check(cudnnLRNCrossChannelForward(handle, settings.raw(), CUDNN_LRN_CROSS_CHANNEL_DIM1, &one, tensor.raw(), x, &zero,
                                    tensor.raw(), y),
        "cudnnLRNCrossChannelForward");
}

}  // namespace arhat::cudnn

// Matrix products by cuBLASLt.
#pragma once

#include <cublasLt.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "check.hpp"
#include "memory.hpp"
#include "product_shape.hpp"
#include "program.hpp"

namespace arhat {

using ProductLibrary = Owned<cublasLtHandle_t, cublasLtDestroy>;

inline ProductLibrary make_product_library() {
  cublasLtHandle_t handle = nullptr;
  check(cublasLtCreate(&handle), "cublasLtCreate");
  return ProductLibrary(handle);
}

// A product that is ready to run. cuBLASLt counts columns first: it is asked for y' = b' a', whose rows are the
// columns of y, so that the bias, one element for each row, is where it wants it.
class Product {
 public:
  // Throws where cuBLASLt has no algorithm that needs at most `workspace_limit` bytes.
  Product(cublasLtHandle_t library, const ProductInfo& info, uint64_t workspace_limit)
      : info_(info), shape_(product_shape(info.a, info.b, info.y, info.transpose_a, info.transpose_b)) {
    if (!shape_.valid) fail(ARHAT_INTERNAL_ERROR, "the extents of the matrix product do not fit");
    if (empty()) return;
    if (shape_.k == 0) fail(ARHAT_UNSUPPORTED, "a matrix product over no elements");
    describe();
    choose(library, workspace_limit);
  }

  uint64_t workspace() const { return workspace_; }  // bytes

  void run(cublasLtHandle_t library, cudaStream_t stream, void* workspace, uint64_t workspace_bytes, const void* a,
           const void* b, const void* bias, void* y) {
    if (empty()) return;
    if (info_.bias) set(CUBLASLT_MATMUL_DESC_BIAS_POINTER, bias);
    const auto operand = static_cast<int64_t>(size_of(info_.operands)), result = static_cast<int64_t>(size_of(info_.result));
    const float one = 1, zero = 0;
    for (const ProductShape::Offsets& offset : shape_.offsets) {
      void* const to = static_cast<std::byte*>(y) + offset.y * result;
      check(cublasLtMatmul(library, operation_.get(), &one, static_cast<const std::byte*>(b) + offset.b * operand,
                           b_.get(), static_cast<const std::byte*>(a) + offset.a * operand, a_.get(), &zero, to,
                           y_.get(), to, y_.get(), &algorithm_, workspace, workspace_bytes, stream),
            "cublasLtMatmul");
    }
  }

 private:
  using Operation = Owned<cublasLtMatmulDesc_t, cublasLtMatmulDescDestroy>;
  using Layout = Owned<cublasLtMatrixLayout_t, cublasLtMatrixLayoutDestroy>;
  using Preference = Owned<cublasLtMatmulPreference_t, cublasLtMatmulPreferenceDestroy>;

  bool empty() const { return shape_.m == 0 || shape_.n == 0 || shape_.batch == 0; }

  static cudaDataType_t data_type(Type type) {
    switch (type) {
      case Type::f32:
        return CUDA_R_32F;
      case Type::f16:
        return CUDA_R_16F;
      case Type::bf16:
        return CUDA_R_16BF;
      default:
        fail(ARHAT_UNSUPPORTED, "cuBLASLt multiplies f32, f16 and bf16 only");
    }
  }

  template <class T>
  void set(cublasLtMatmulDescAttributes_t name, const T& value) {
    check(cublasLtMatmulDescSetAttribute(operation_.get(), name, &value, sizeof value), "cublasLtMatmulDescSetAttribute");
  }

  // A matrix that has `columns` elements in a row and lies row after row, as cuBLASLt names it.
  Layout layout(Type type, int64_t rows, int64_t columns, int64_t stride) const {
    cublasLtMatrixLayout_t raw = nullptr;
    check(cublasLtMatrixLayoutCreate(&raw, data_type(type), static_cast<uint64_t>(columns),
                                     static_cast<uint64_t>(rows), columns),
          "cublasLtMatrixLayoutCreate");
    Layout result(raw);
    const auto batch = static_cast<int32_t>(shape_.batch);
    const auto set = [&](cublasLtMatrixLayoutAttribute_t name, const auto& value) {
      check(cublasLtMatrixLayoutSetAttribute(raw, name, &value, sizeof value), "cublasLtMatrixLayoutSetAttribute");
    };
    set(CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, batch);
    set(CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, stride);
    return result;
  }

  void describe() {
    const bool tf32 = info_.operands == Type::f32 && info_.math != cudnn::Math::strict;
    cublasLtMatmulDesc_t raw = nullptr;
    check(cublasLtMatmulDescCreate(&raw, tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F, CUDA_R_32F),
          "cublasLtMatmulDescCreate");
    operation_ = Operation(raw);
    set(CUBLASLT_MATMUL_DESC_TRANSA, info_.transpose_b ? CUBLAS_OP_T : CUBLAS_OP_N);
    set(CUBLASLT_MATMUL_DESC_TRANSB, info_.transpose_a ? CUBLAS_OP_T : CUBLAS_OP_N);
    set(CUBLASLT_MATMUL_DESC_EPILOGUE, epilogue());
    if (info_.bias) set(CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE, data_type(info_.result));
    a_ = info_.transpose_a ? layout(info_.operands, shape_.k, shape_.m, shape_.a_stride)
                           : layout(info_.operands, shape_.m, shape_.k, shape_.a_stride);
    b_ = info_.transpose_b ? layout(info_.operands, shape_.n, shape_.k, shape_.b_stride)
                           : layout(info_.operands, shape_.k, shape_.n, shape_.b_stride);
    y_ = layout(info_.result, shape_.m, shape_.n, shape_.y_stride);
  }

  cublasLtEpilogue_t epilogue() const {
    switch (info_.activation) {
      case ProductActivation::relu:
        return info_.bias ? CUBLASLT_EPILOGUE_RELU_BIAS : CUBLASLT_EPILOGUE_RELU;
      case ProductActivation::gelu:
        return info_.bias ? CUBLASLT_EPILOGUE_GELU_BIAS : CUBLASLT_EPILOGUE_GELU;
      case ProductActivation::none:
        break;
    }
    return info_.bias ? CUBLASLT_EPILOGUE_BIAS : CUBLASLT_EPILOGUE_DEFAULT;
  }

  Preference preference(uint64_t workspace_limit) const {
    cublasLtMatmulPreference_t raw = nullptr;
    check(cublasLtMatmulPreferenceCreate(&raw), "cublasLtMatmulPreferenceCreate");
    Preference result(raw);
    const auto set = [&](cublasLtMatmulPreferenceAttributes_t name, const auto& value) {
      check(cublasLtMatmulPreferenceSetAttribute(raw, name, &value, sizeof value),
            "cublasLtMatmulPreferenceSetAttribute");
    };
    set(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, workspace_limit);
    // Partial sums are added in order and in the type of the computation: the same bits in every run.
    set(CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, static_cast<uint32_t>(CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE));
    std::vector<int64_t> a{shape_.a_stride}, b{shape_.b_stride}, y{shape_.y_stride};
    for (const ProductShape::Offsets& offset : shape_.offsets) {
      a.push_back(offset.a);
      b.push_back(offset.b);
      y.push_back(offset.y);
    }
    const auto alignment = [](std::vector<int64_t> elements, Type type) {
      for (int64_t& distance : elements) distance *= static_cast<int64_t>(size_of(type));
      return common_alignment(16, elements);
    };
    set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES, alignment(b, info_.operands));
    set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES, alignment(a, info_.operands));
    set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES, alignment(y, info_.result));
    set(CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES, alignment(y, info_.result));
    return result;
  }

  // Strict products keep away from tensor cores whatever the library would do by default.
  bool allowed(const cublasLtMatmulAlgo_t& algorithm) const {
    if (info_.operands != Type::f32 || info_.math != cudnn::Math::strict) return true;
    uint64_t flags = 0;
    size_t written = 0;
    check(cublasLtMatmulAlgoCapGetAttribute(&algorithm, CUBLASLT_ALGO_CAP_NUMERICAL_IMPL_FLAGS, &flags, sizeof flags,
                                            &written),
          "cublasLtMatmulAlgoCapGetAttribute");
    return (flags & CUBLASLT_NUMERICAL_IMPL_FLAGS_TENSOR_OP_MASK) == 0;
  }

  void choose(cublasLtHandle_t library, uint64_t workspace_limit) {
    std::array<cublasLtMatmulHeuristicResult_t, 16> found{};
    int count = 0;
    check(cublasLtMatmulAlgoGetHeuristic(library, operation_.get(), b_.get(), a_.get(), y_.get(), y_.get(),
                                         preference(workspace_limit).get(), static_cast<int>(found.size()),
                                         found.data(), &count),
          "cublasLtMatmulAlgoGetHeuristic");
    for (int i = 0; i < count; ++i) {
      if (found[i].state != CUBLAS_STATUS_SUCCESS || !allowed(found[i].algo)) continue;
      algorithm_ = found[i].algo;
      workspace_ = found[i].workspaceSize;
      return;
    }
    fail(ARHAT_UNSUPPORTED, "cuBLASLt has no algorithm for the matrix product in " + std::to_string(workspace_limit) +
                                " bytes of workspace");
  }

  const ProductInfo& info_;
  ProductShape shape_;
  Operation operation_;
  Layout a_, b_, y_;
  cublasLtMatmulAlgo_t algorithm_{};
  uint64_t workspace_ = 0;
};

}  // namespace arhat

// A stand-in for cuBLASLt: strided batches of column-major products, computed plainly.
#include <cublasLt.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <vector>

#include "element.hpp"
#include "streams.hpp"

using emulator::Element;

struct Attributes {
  std::map<int, std::vector<char>> values;

  void set(int name, const void* data, size_t size) {
    const char* raw = static_cast<const char*>(data);
    values[name].assign(raw, raw + size);
  }
  template <class T>
  T get(int name, T missing) const {
    const auto found = values.find(name);
    if (found != values.end()) std::memcpy(&missing, found->second.data(), sizeof(T));
    return missing;
  }
};

struct Layout : Attributes {
  Element type = Element::none;
  int64_t rows = 0, columns = 0, leading = 0;
};

namespace {

Element element(cudaDataType type) {
  switch (type) {
    case CUDA_R_32F:
      return Element::f32;
    case CUDA_R_16F:
      return Element::f16;
    case CUDA_R_16BF:
      return Element::bf16;
    default:
      return Element::none;
  }
}

// The library's handles are pointers to structures of its own; these are ours.
Attributes* attributes(cublasLtMatmulDesc_t d) { return reinterpret_cast<Attributes*>(d); }
Layout* layout(cublasLtMatrixLayout_t d) { return reinterpret_cast<Layout*>(d); }

// d = epilogue(a b), column-major, once for each of the batch.
void multiply(const Attributes& how, const void* a_data, const Layout& a, const void* b_data, const Layout& b,
              void* d_data, const Layout& d) {
  const bool ta = how.get(CUBLASLT_MATMUL_DESC_TRANSA, CUBLAS_OP_N) != CUBLAS_OP_N;
  const bool tb = how.get(CUBLASLT_MATMUL_DESC_TRANSB, CUBLAS_OP_N) != CUBLAS_OP_N;
  const auto epilogue = how.get(CUBLASLT_MATMUL_DESC_EPILOGUE, CUBLASLT_EPILOGUE_DEFAULT);
  const bool biased = epilogue == CUBLASLT_EPILOGUE_BIAS || epilogue == CUBLASLT_EPILOGUE_RELU_BIAS ||
                      epilogue == CUBLASLT_EPILOGUE_GELU_BIAS;
  const void* bias = how.get<const void*>(CUBLASLT_MATMUL_DESC_BIAS_POINTER, nullptr);
  const int64_t inner = ta ? a.rows : a.columns;
  const auto stride = [](const Layout& l) { return l.get<int64_t>(CUBLASLT_MATRIX_LAYOUT_STRIDED_BATCH_OFFSET, 0); };
  const auto at = [](const Layout& l, int64_t row, int64_t column) { return row + column * l.leading; };
  for (int32_t n = 0; n < d.get<int32_t>(CUBLASLT_MATRIX_LAYOUT_BATCH_COUNT, 1); ++n) {
    // Rows of a and columns of b, each in one piece.
    std::vector<float> rows(static_cast<size_t>(d.rows * inner)), columns(static_cast<size_t>(d.columns * inner));
    for (int64_t row = 0; row < d.rows; ++row)
      for (int64_t k = 0; k < inner; ++k)
        rows[static_cast<size_t>(row * inner + k)] = static_cast<float>(
            emulator::read(a.type, a_data, n * stride(a) + (ta ? at(a, k, row) : at(a, row, k))));
    for (int64_t column = 0; column < d.columns; ++column)
      for (int64_t k = 0; k < inner; ++k)
        columns[static_cast<size_t>(column * inner + k)] = static_cast<float>(
            emulator::read(b.type, b_data, n * stride(b) + (tb ? at(b, column, k) : at(b, k, column))));
    for (int64_t column = 0; column < d.columns; ++column)
      for (int64_t row = 0; row < d.rows; ++row) {
        const float *x = &rows[static_cast<size_t>(row * inner)], *y = &columns[static_cast<size_t>(column * inner)];
        float product = 0;
        for (int64_t k = 0; k < inner; ++k) product += x[k] * y[k];
        double sum = product;
        if (biased) sum += emulator::read(d.type, bias, row);
        if (epilogue == CUBLASLT_EPILOGUE_RELU || epilogue == CUBLASLT_EPILOGUE_RELU_BIAS) sum = std::max(sum, 0.0);
        if (epilogue == CUBLASLT_EPILOGUE_GELU || epilogue == CUBLASLT_EPILOGUE_GELU_BIAS)
          sum = 0.5 * sum * (1 + std::tanh(0.7978845608 * (sum + 0.044715 * sum * sum * sum)));
        emulator::write(d.type, d_data, n * stride(d) + at(d, row, column), sum);
      }
  }
}

}  // namespace

extern "C" {

cublasStatus_t cublasLtCreate(cublasLtHandle_t* handle) {
  *handle = reinterpret_cast<cublasLtHandle_t>(new int(0));
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtDestroy(cublasLtHandle_t handle) {
  delete reinterpret_cast<int*>(handle);
  return CUBLAS_STATUS_SUCCESS;
}
const char* cublasLtGetStatusString(cublasStatus_t) { return "refused by the emulator"; }
size_t cublasLtGetVersion(void) { return 1; }

cublasStatus_t cublasLtMatmulDescCreate(cublasLtMatmulDesc_t* d, cublasComputeType_t, cudaDataType_t) {
  *d = reinterpret_cast<cublasLtMatmulDesc_t>(new Attributes);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescDestroy(cublasLtMatmulDesc_t d) {
  delete attributes(d);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulDescSetAttribute(cublasLtMatmulDesc_t d, cublasLtMatmulDescAttributes_t name,
                                              const void* value, size_t size) {
  attributes(d)->set(name, value, size);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatrixLayoutCreate(cublasLtMatrixLayout_t* d, cudaDataType type, uint64_t rows, uint64_t columns,
                                          int64_t leading) {
  auto* made = new Layout;
  made->type = element(type);
  made->rows = static_cast<int64_t>(rows);
  made->columns = static_cast<int64_t>(columns);
  made->leading = leading;
  *d = reinterpret_cast<cublasLtMatrixLayout_t>(made);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatrixLayoutDestroy(cublasLtMatrixLayout_t d) {
  delete layout(d);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatrixLayoutSetAttribute(cublasLtMatrixLayout_t d, cublasLtMatrixLayoutAttribute_t name,
                                                const void* value, size_t size) {
  layout(d)->set(name, value, size);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceCreate(cublasLtMatmulPreference_t* d) {
  *d = reinterpret_cast<cublasLtMatmulPreference_t>(new Attributes);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceDestroy(cublasLtMatmulPreference_t d) {
  delete reinterpret_cast<Attributes*>(d);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulPreferenceSetAttribute(cublasLtMatmulPreference_t, cublasLtMatmulPreferenceAttributes_t,
                                                    const void*, size_t) {
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulAlgoGetHeuristic(cublasLtHandle_t, cublasLtMatmulDesc_t, cublasLtMatrixLayout_t,
                                              cublasLtMatrixLayout_t, cublasLtMatrixLayout_t, cublasLtMatrixLayout_t,
                                              cublasLtMatmulPreference_t, int, cublasLtMatmulHeuristicResult_t results[],
                                              int* count) {
  results[0] = {};
  results[0].state = CUBLAS_STATUS_SUCCESS;
  *count = 1;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasLtMatmulAlgoCapGetAttribute(const cublasLtMatmulAlgo_t*, cublasLtMatmulAlgoCapAttributes_t,
                                                 void* value, size_t size, size_t* written) {
  std::memset(value, 0, size);
  *written = size;
  return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtMatmul(cublasLtHandle_t, cublasLtMatmulDesc_t desc, const void*, const void* a,
                              cublasLtMatrixLayout_t a_layout, const void* b, cublasLtMatrixLayout_t b_layout,
                              const void*, const void*, cublasLtMatrixLayout_t, void* d, cublasLtMatrixLayout_t d_layout,
                              const cublasLtMatmulAlgo_t*, void*, size_t, cudaStream_t stream) {
  emulator::enqueue(stream, [how = *attributes(desc), a, b, d, la = *layout(a_layout), lb = *layout(b_layout),
                             ld = *layout(d_layout)] { multiply(how, a, la, b, lb, d, ld); });
  return CUBLAS_STATUS_SUCCESS;
}

}  // extern "C"

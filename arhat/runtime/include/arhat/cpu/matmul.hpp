#pragma once
#include "conv.hpp"

namespace arhat {

// A batch of products c[M,N] = a[M,K] b[K,N], all given at run time. Strides in floats; batch dimensions from the
// outermost to the innermost, stride 0 where an operand is broadcast. A transposed operand has its strides exchanged.
struct MatmulShape {
  int m, n, k;
  std::ptrdiff_t a_row, a_column, b_row, b_column, c_row;
  int batch_rank;
  int batch[6];
  std::ptrdiff_t a_batch[6], b_batch[6], c_batch[6];
};

inline namespace ARHAT_ISA {

// c[m,n] = act(a[m,k] b + bias + residual), b packed (matrix product packing), rows of a and c lda and ldc apart.
// e.residual: row r at base + r * pixel.
inline void matmul(ThreadPool& pool, int m, int n, int k, const float* a, std::ptrdiff_t lda, const float* b, float* c,
                   std::ptrdiff_t ldc, const Epilogue& e);

// Neither operand is constant. e.bias as above, readable up to ceil(n/32)*32; no residual.
inline void matmul_batched(ThreadPool& pool, const MatmulShape& s, const float* a, const float* b, float* c,
                           const Epilogue& e);

}  // namespace ARHAT_ISA
}  // namespace arhat

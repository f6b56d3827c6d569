// Matrix products, on the tiles of convolutions: a row of the left operand is a pixel.
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

inline TileJob matmul_job(int m, int n, int k, const float* a, std::ptrdiff_t lda, const float* b, float* c,
                          std::ptrdiff_t ldc, const Epilogue& e) {
  Tile t{};
  t.rows = t.columns = 1;
  t.depth = k;
  set_finish(t, e);
  const Image y{c, 0, 0, ldc, n};
  return {ConstImage(a, 0, 0, lda, k), y, e, b, std::ptrdiff_t(k) * PANEL, n, Lines{1, 1, m}, 0, lda, t};
}

// c[m,n] = act(a[m,k] b + bias + residual), b packed (matrix product packing), rows of a and c lda and ldc apart.
// e.residual: row r at base + r * pixel.
inline void matmul(ThreadPool& pool, int m, int n, int k, const float* a, std::ptrdiff_t lda, const float* b, float* c,
                   std::ptrdiff_t ldc, const Epilogue& e) {
  run_tiles(pool, matmul_job(m, n, k, a, lda, b, c, ldc, e), {});
}

// Neither operand is constant. e.bias as above, readable up to ceil(n/32)*32; no residual.
// A task is one panel of one product: it packs its panel of b (and a, where its rows are not contiguous) first.
inline void matmul_batched(ThreadPool& pool, const MatmulShape& s, const float* a, const float* b, float* c,
                           const Epilogue& e) {
  int products = 1;
  for (int d = 0; d < s.batch_rank; ++d) products *= s.batch[d];
  const int panels = ceil_div(s.n, PANEL), tasks = products * panels;
  const int chunks = imin(tasks, pool.threads() == 1 ? 1 : 8 * pool.threads());
  const std::size_t b_size = std::size_t(s.k) * PANEL;
  const bool pack_a = s.a_column != 1;
  pool.parallel(chunks, [&](int chunk, int worker) {
    float* const packed_b = pool.scratch(worker, b_size + (pack_a ? std::size_t(s.m) * s.k : 0));
    float* const packed_a = packed_b + b_size;
    int packed_product = -1;
    for (int task = part(tasks, chunk, chunks); task < part(tasks, chunk + 1, chunks); ++task) {
      const int product = task / panels, first = task % panels * PANEL, count = imin(PANEL, s.n - first);
      std::ptrdiff_t a_offset = 0, b_offset = 0, c_offset = 0;
      for (int d = s.batch_rank - 1, rest = product; d >= 0; rest /= s.batch[d], --d) {
        a_offset += rest % s.batch[d] * s.a_batch[d];
        b_offset += rest % s.batch[d] * s.b_batch[d];
        c_offset += rest % s.batch[d] * s.c_batch[d];
      }
      const float* const from = b + b_offset + first * s.b_column;
      if (s.b_column == 1) {
        for (int k = 0; k < s.k; ++k) {
          float* const to = packed_b + std::ptrdiff_t(k) * PANEL;
          for (int o = 0; o < count; ++o) to[o] = from[k * s.b_row + o];
          for (int o = count; o < PANEL; ++o) to[o] = 0;
        }
      } else {
        for (int o = 0; o < PANEL; ++o) {
          for (int k = 0; k < s.k; ++k) packed_b[std::ptrdiff_t(k) * PANEL + o] = o < count ? from[k * s.b_row + o * s.b_column] : 0;
        }
      }
      const float* rows = a + a_offset;
      if (pack_a) {
        if (packed_product != product) {
          for (int m = 0; m < s.m; ++m) {
            for (int k = 0; k < s.k; ++k) packed_a[std::ptrdiff_t(m) * s.k + k] = rows[m * s.a_row + k * s.a_column];
          }
          packed_product = product;
        }
        rows = packed_a;
      }
      Epilogue f = e;
      if (e.bias) f.bias = e.bias + first;
      if (e.slope) f.slope = e.slope + first;
      const TileJob job = matmul_job(s.m, count, s.k, rows, pack_a ? s.k : s.a_row, packed_b, c + c_offset + first, s.c_row, f);
      run_block(job, 0, s.m, 0, count, false);
    }
  });
}

}  // namespace ARHAT_ISA
}  // namespace arhat

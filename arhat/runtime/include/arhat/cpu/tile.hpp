// The inner kernel of convolutions and matrix products: a tile of pixels x output channels, held in registers.
#pragma once

#include "../vec.hpp"
#include "types.hpp"

#include <array>
#include <utility>

namespace arhat {
inline namespace ARHAT_ISA {

constexpr int PANEL = 32;  // output channels of a panel of packed weights, whatever the vector width

// A tile is up to TILE_PIXELS pixels by NV vectors: accumulators, one set of weights and one broadcast fill the registers
// (32 with AVX-512, 16 with AVX2 or SSE).
constexpr int TILE_PIXELS = VL == 16 ? 14 : 6;
constexpr int NV = 2;
constexpr int GROUP = NV * VL;  // output channels of a tile
static_assert(PANEL % GROUP == 0, "a panel is a whole number of tiles wide");

// How a tile ends in registers; any other activation is a second pass over the tile (`activate`).
enum class Finish { linear, clamp, leaky };

// c[p][o] = finish(bias[o] + residual[p][o] + sum over row, column, k of a[p * pixel + row, column, k] * b[row][column][k][o])
struct Tile {
  const float* a;
  std::ptrdiff_t a_pixel, a_row, a_column;
  int rows, columns, depth;
  const float* b;  // PANEL floats apart
  const float* bias;
  const float* residual;  // may be null, may be c
  std::ptrdiff_t residual_pixel;
  float* c;
  std::ptrdiff_t c_pixel;
  Finish finish;
  float low, high;  // clamp; leaky: slope in `low`
};

template <int P, int N>
ARHAT_NOINLINE void compute_tile(const Tile& t) {
  // Every third pixel has a pointer of its own: the two between are reached with an index register.
  constexpr int POINTERS = (P + 2) / 3;
  vf acc[P][N];
  ARHAT_UNROLL for (int j = 0; j < N; ++j) {
    const vf bias = load(t.bias + j * VL);
    ARHAT_UNROLL for (int p = 0; p < P; ++p) acc[p][j] = bias;
  }
  const float* b = t.b;
  const std::ptrdiff_t step = t.a_pixel;
  for (int row = 0; row < t.rows; ++row) {
    for (int column = 0; column < t.columns; ++column) {
      const float* a[POINTERS];
      ARHAT_UNROLL for (int i = 0; i < POINTERS; ++i) a[i] = t.a + row * t.a_row + column * t.a_column + 3 * i * step;
      for (int k = 0; k < t.depth; ++k) {
        vf w[N];
        ARHAT_UNROLL for (int j = 0; j < N; ++j) w[j] = load(b + j * VL);
        b += PANEL;
        ARHAT_UNROLL for (int p = 0; p < P; ++p) {
          const float x = a[p / 3][p % 3 * step];
          ARHAT_UNROLL for (int j = 0; j < N; ++j) acc[p][j] += x * w[j];
        }
        ARHAT_UNROLL for (int i = 0; i < POINTERS; ++i) ++a[i];
      }
    }
  }
  if (t.residual) {
    ARHAT_UNROLL for (int p = 0; p < P; ++p) {
      ARHAT_UNROLL for (int j = 0; j < N; ++j) acc[p][j] += load(t.residual + p * t.residual_pixel + j * VL);
    }
  }
  auto finish = [&](auto f) {
    ARHAT_UNROLL for (int p = 0; p < P; ++p) {
      ARHAT_UNROLL for (int j = 0; j < N; ++j) store(t.c + p * t.c_pixel + j * VL, f(acc[p][j]));
    }
  };
  const vf low = splat(t.low), high = splat(t.high);
  switch (t.finish) {
    case Finish::linear: finish([](vf x) { return x; }); break;
    case Finish::clamp: finish([&](vf x) { return at_most(at_least(x, low), high); }); break;
    case Finish::leaky: finish([&](vf x) { return x < vf{} ? x * low : x; }); break;
  }
}

using TileFunction = void (*)(const Tile&);

template <int N, std::size_t... P>
constexpr std::array<TileFunction, sizeof...(P)> tile_functions(std::index_sequence<P...>) {
  return {compute_tile<P + 1, N>...};
}

// compute_tile for `pixels` in [1, TILE_PIXELS] and `vectors` in [1, NV].
inline TileFunction tile_function(int pixels, int vectors) {
  static_assert(NV == 2, "one table for each number of vectors");
  static constexpr auto one = tile_functions<1>(std::make_index_sequence<TILE_PIXELS>());
  static constexpr auto two = tile_functions<2>(std::make_index_sequence<TILE_PIXELS>());
  return (vectors == 1 ? one : two)[static_cast<std::size_t>(pixels - 1)];
}

}  // namespace ARHAT_ISA
}  // namespace arhat

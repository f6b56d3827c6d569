// The inner kernel of convolutions and matrix products: a tile of pixels x output channels, held in registers.
#pragma once

#include "../vec.hpp"
#include "types.hpp"

#include <array>
#include <utility>

namespace arhat {
inline namespace ARHAT_ISA {

constexpr int PANEL = 32;  // output channels of a panel of packed weights, whatever the vector width

// A tile is P pixels by N vectors: P * N accumulators, N weights and one broadcast input fill the registers, of which
// AVX-512 has 32, AVX2 and SSE 16.
constexpr int TILE_PIXELS = VL == 16 ? 14 : 6;
constexpr int NV = 2;            // vectors of a tile of full width
constexpr int GROUP = NV * VL;   // its output channels
constexpr int WIDEST = VL == 8 ? 3 : 2;  // three vectors of 8: for 24 channels at the end of a panel
static_assert(PANEL % GROUP == 0, "a panel is a whole number of tiles wide");

constexpr int tile_pixels(int vectors) { return vectors == 3 ? 4 : TILE_PIXELS; }

// Where registers for addresses are many enough, each pixel of a tile has its own, so that a tile may run from one line
// of pixels into the next. 14 pixels share pointers by threes and are equally spaced.
constexpr bool TILES_SPAN_LINES = TILE_PIXELS <= 6;

// How a tile ends in registers; any other activation is a second pass over the tile (`activate`).
enum class Finish { linear, clamp, leaky };

// Distances, in floats, of the pixels of a tile from its first.
using Offsets = std::ptrdiff_t[TILE_PIXELS];

// c[p][o] = finish(bias[o] + residual[p][o] + sum over row, column, k of a[p][row][column][k] * b[row][column][k][o]),
// or with `residual_last` the residual is added to what `finish` gives,
// for `tiles` tiles, whose inputs, residuals and outputs lie equally spaced; afterwards a, residual, c and ahead are
// those of the tile that would follow, and `tiles` is 0.
struct Tile {
  int tiles;
  std::ptrdiff_t a_next, residual_next, c_next;
  const float* a;
  const std::ptrdiff_t* a_offset;
  std::ptrdiff_t a_row, a_column;
  int rows, columns, depth;
  const float* b;  // PANEL floats apart
  const float* bias;
  const float* residual;  // may be null, may be c
  const std::ptrdiff_t* residual_offset;
  float* c;
  const std::ptrdiff_t* c_offset;
  Finish finish;
  bool residual_last;
  float low, high;  // clamp; leaky: slope in `low`
  const char* ahead;          // memory to bring into the second-level cache meanwhile,
  std::ptrdiff_t ahead_step;  // so many bytes further with each step of k
};

template <int P, int N>
ARHAT_NOINLINE void compute_tile(Tile& t) {
  constexpr int SHARE = TILES_SPAN_LINES ? 1 : 3, POINTERS = (P + SHARE - 1) / SHARE;
  // Few sums do not keep the multipliers busy: odd steps of k have sums of their own.
  constexpr int SUMS = P * N < 8 ? 2 : 1;
  // What outlives the innermost loops stays in memory: they need every register.
  for (; t.tiles > 0; --t.tiles) {
    vf sum[SUMS][P][N];
    ARHAT_UNROLL for (int j = 0; j < N; ++j) {
      const vf bias = load(t.bias + j * VL);
      ARHAT_UNROLL for (int p = 0; p < P; ++p) {
        sum[0][p][j] = bias;
        if constexpr (SUMS == 2) sum[1][p][j] = vf{};
      }
    }
    // What the end of the tile reads is fetched while it is computed.
    if (t.residual) {
      ARHAT_UNROLL for (int p = 0; p < P; ++p) {
        ARHAT_UNROLL for (int j = 0; j < N * VL; j += 16) {
          __builtin_prefetch(t.residual + t.residual_offset[p] + j);
          __builtin_prefetch(t.c + t.c_offset[p] + j, 1);
        }
      }
    }
    const float* b = t.b;
    const char* ahead = t.ahead;
    const std::ptrdiff_t ahead_step = t.ahead_step, spacing = t.a_offset[1];
    for (int row = 0; row < t.rows; ++row) {
      for (int column = 0; column < t.columns; ++column) {
        const float* a[POINTERS];
        ARHAT_UNROLL for (int i = 0; i < POINTERS; ++i) a[i] = t.a + t.a_offset[i * SHARE] + row * t.a_row + column * t.a_column;
        const auto step = [&](std::ptrdiff_t k, vf (&s)[P][N]) __attribute__((always_inline)) {
          vf w[N];
          ARHAT_UNROLL for (int j = 0; j < N; ++j) w[j] = load(b + j * VL);
          b += PANEL;
          __builtin_prefetch(ahead, 0, 2);
          ahead += ahead_step;
          ARHAT_UNROLL for (int p = 0; p < P; ++p) {
            const float x = a[p / SHARE][k + p % SHARE * spacing];
            ARHAT_UNROLL for (int j = 0; j < N; ++j) s[p][j] += x * w[j];
          }
        };
        std::ptrdiff_t k = 0;
        for (; k + SUMS <= t.depth; k += SUMS) {
          step(k, sum[0]);
          if constexpr (SUMS == 2) step(k + 1, sum[1]);
        }
        if constexpr (SUMS == 2) {
          if (k < t.depth) step(k, sum[0]);
        }
      }
    }
    vf(&z)[P][N] = sum[0];
    if constexpr (SUMS == 2) {
      ARHAT_UNROLL for (int p = 0; p < P; ++p) {
        ARHAT_UNROLL for (int j = 0; j < N; ++j) z[p][j] += sum[1][p][j];
      }
    }
    t.ahead = ahead;
    const auto add_residual = [&]() __attribute__((always_inline)) {
      ARHAT_UNROLL for (int p = 0; p < P; ++p) {
        ARHAT_UNROLL for (int j = 0; j < N; ++j) z[p][j] += load(t.residual + t.residual_offset[p] + j * VL);
      }
      t.residual += t.residual_next;
    };
    const auto finish = [&](auto f) __attribute__((always_inline)) {
      if (t.residual && t.residual_last) {
        ARHAT_UNROLL for (int p = 0; p < P; ++p) {
          ARHAT_UNROLL for (int j = 0; j < N; ++j) z[p][j] = f(z[p][j]);
        }
        add_residual();
        ARHAT_UNROLL for (int p = 0; p < P; ++p) {
          ARHAT_UNROLL for (int j = 0; j < N; ++j) store(t.c + t.c_offset[p] + j * VL, z[p][j]);
        }
        return;
      }
      ARHAT_UNROLL for (int p = 0; p < P; ++p) {
        ARHAT_UNROLL for (int j = 0; j < N; ++j) store(t.c + t.c_offset[p] + j * VL, f(z[p][j]));
      }
    };
    if (t.residual && !t.residual_last) add_residual();
    const vf low = splat(t.low), high = splat(t.high);
    switch (t.finish) {
      case Finish::linear: finish([](vf x) { return x; }); break;
      case Finish::clamp: finish([&](vf x) { return at_most(at_least(x, low), high); }); break;
      case Finish::leaky: finish([&](vf x) { return x < vf{} ? x * low : x; }); break;
    }
    t.a += t.a_next;
    t.c += t.c_next;
  }
}

using TileFunction = void (*)(Tile&);

template <int N, std::size_t... P>
constexpr std::array<TileFunction, sizeof...(P)> tile_functions(std::index_sequence<P...>) {
  return {compute_tile<P + 1, N>...};
}

// compute_tile for `pixels` in [1, tile_pixels(vectors)] and `vectors` in [1, WIDEST].
inline TileFunction tile_function(int pixels, int vectors) {
  static constexpr auto one = tile_functions<1>(std::make_index_sequence<TILE_PIXELS>());
  static constexpr auto two = tile_functions<2>(std::make_index_sequence<TILE_PIXELS>());
  if constexpr (WIDEST == 3) {
    static constexpr auto three = tile_functions<3>(std::make_index_sequence<tile_pixels(3)>());
    if (vectors == 3) return three[static_cast<std::size_t>(pixels - 1)];
  }
  return (vectors == 1 ? one : two)[static_cast<std::size_t>(pixels - 1)];
}

// Vectors of the tiles that compute the first of `channels` output channels, which are what is left of a panel.
ARHAT_INLINE int tile_vectors(int channels) {
  if (WIDEST == 3 && channels > 2 * VL && channels <= 3 * VL) return 3;
  return channels > VL ? NV : 1;
}

// Cuts `pixels` into tiles as equal as may be: calls f(tiles, pixels of each), at most twice.
template <class F>
ARHAT_INLINE void for_equal_tiles(int pixels, int vectors, F f) {
  const int tiles = ceil_div(pixels, tile_pixels(vectors)), least = pixels / tiles, longer = pixels % tiles;
  if (longer > 0) f(longer, least + 1);
  f(tiles - longer, least);
}

inline void fill_offsets(Offsets& offsets, std::ptrdiff_t spacing) {
  for (int p = 0; p < TILE_PIXELS; ++p) offsets[p] = p * spacing;
}

}  // namespace ARHAT_ISA
}  // namespace arhat

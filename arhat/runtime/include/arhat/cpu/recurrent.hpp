// Recurrences of LSTM, GRU and plain networks. The products with the input have been made for all steps at once; what is
// left is, for each step, the product with the hidden state of the step before and the gates.
//
// Layout: gates [rows][steps][directions][G * hidden], hidden states y [rows][directions][steps][hidden], states
// [rows][directions][hidden]. Recurrent weights are packed like those of matrix products, gate by gate:
// [directions][G * panels][hidden][32] with panels = ceil(hidden / 32).
#pragma once

#include <algorithm>
#include <cstdint>

#include "../kernels/launch.hpp"
#include "matmul.hpp"

namespace arhat {

enum class RecurrentKind { sigmoid, tanh, relu, hard_sigmoid };

struct RecurrentFunction {
  RecurrentKind kind;
  float alpha, beta;  // of hard_sigmoid
};

struct RecurrentShape {
  int rows, steps, directions, hidden;
  bool reverse;  // the first direction goes from the last step to the first; the second always does
  float clip;    // bounds what goes into f and g; 0: nothing does
  RecurrentFunction f, g, h;
};

inline namespace ARHAT_ISA {

// Hidden states of one gate, filled up to whole panels.
inline int padded_hidden(const RecurrentShape& s) { return round_up(s.hidden, PANEL); }

ARHAT_INLINE vf apply(const RecurrentFunction& f, vf x) {
  switch (f.kind) {
    case RecurrentKind::sigmoid: return vsigmoid(x);
    case RecurrentKind::tanh: return vtanh(x);
    case RecurrentKind::relu: return at_least(x, vf{});
    default: return at_most(at_least(x * f.alpha + f.beta, vf{}), splat(1.f));
  }
}

ARHAT_INLINE vf clipped(const RecurrentFunction& f, float clip, vf x) {
  return apply(f, clip > 0 ? at_most(at_least(x, splat(-clip)), splat(clip)) : x);
}

// One recurrence in one direction: what step and which memory each row is at.
template <class Length>
struct RecurrentWalk {
  const RecurrentShape& s;
  int gates, direction;
  const float* inputs;
  const Length* lengths;
  float* y;

  bool backward() const { return s.reverse || direction == 1; }
  int length(int row) const {
    return lengths == nullptr ? s.steps : static_cast<int>(clamp<int64_t>(lengths[row], 0, s.steps));
  }
  // The step that a row takes as its `number`-th; none if it has not so many.
  int step(int row, int number) const {
    const int count = length(row);
    return number >= count ? -1 : backward() ? count - 1 - number : number;
  }
  const float* input(int row, int step) const {
    return inputs + ((std::ptrdiff_t(row) * s.steps + step) * s.directions + direction) * gates * s.hidden;
  }
  float* output(int row, int step) const {
    return y + ((std::ptrdiff_t(row) * s.directions + direction) * s.steps + step) * s.hidden;
  }
  std::ptrdiff_t state(int row) const { return (std::ptrdiff_t(row) * s.directions + direction) * s.hidden; }

  // Calls f(row, input, output, column, lanes) for each vector of hidden states; writes zeros where a row is at its end.
  template <class F>
  void each(ThreadPool& pool, int number, F f) const {
    constexpr int chunk = 64;
    const int chunks = ceil_div(s.hidden, chunk);
    launch_ranges(
        pool, int64_t(s.rows) * chunks,
        [&](int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end; ++i) {
            const int row = static_cast<int>(i / chunks), first = static_cast<int>(i % chunks) * chunk;
            const int last = imin(first + chunk, s.hidden), now = step(row, number);
            for (int j = first; j < last; j += VL) {
              const int lanes = imin(VL, s.hidden - j);
              if (now < 0) {
                store_first(output(row, number) + j, vf{}, lanes);
              } else {
                f(row, input(row, now) + j, output(row, now) + j, j, lanes);
              }
            }
          }
        },
        64);
  }
};

// `scratch`: rows * 4 * padded_hidden floats.
template <class Length>
void lstm(ThreadPool& pool, const RecurrentShape& s, const float* gates, const float* r, const float* initial_h,
          const float* initial_c, const Length* lengths, float* y, float* h, float* c, float* scratch) {
  const int wide = padded_hidden(s), row_size = s.directions * s.hidden;
  std::copy_n(initial_h, s.rows * row_size, h);
  std::copy_n(initial_c, s.rows * row_size, c);
  for (int d = 0; d < s.directions; ++d) {
    const RecurrentWalk<Length> walk{s, 4, d, gates, lengths, y};
    const float* const weights = r + std::ptrdiff_t(d) * 4 * wide * s.hidden;
    for (int number = 0; number < s.steps; ++number) {
      matmul(pool, s.rows, 4 * wide, s.hidden, h + d * s.hidden, row_size, weights, scratch, 4 * wide, {});
      walk.each(pool, number, [&](int row, const float* x, float* out, int j, int lanes) {
        const float* const sums = scratch + std::ptrdiff_t(row) * 4 * wide + j;
        const auto gate = [&](int i) { return load_first(x + i * s.hidden, lanes) + load(sums + i * wide); };
        float* const cell = c + walk.state(row) + j;
        const vf forget = clipped(s.f, s.clip, gate(0)), update = clipped(s.f, s.clip, gate(1));
        const vf candidate = clipped(s.g, s.clip, gate(2)), output = clipped(s.f, s.clip, gate(3));
        const vf next = forget * load_first(cell, lanes) + update * candidate;
        const vf hidden = output * apply(s.h, next);
        store_first(cell, next, lanes);
        store_first(h + walk.state(row) + j, hidden, lanes);
        store_first(out, hidden, lanes);
      });
    }
  }
}

// `recurrent_bias` [directions][hidden] is there exactly if the linear part comes before the reset.
// `scratch`: rows * 3 * padded_hidden floats.
template <class Length>
void gru(ThreadPool& pool, const RecurrentShape& s, const float* gates, const float* r, const float* initial_h,
         const float* recurrent_bias, const Length* lengths, float* y, float* h, float* scratch) {
  const int wide = padded_hidden(s), row_size = s.directions * s.hidden;
  const bool linear = recurrent_bias != nullptr;
  std::copy_n(initial_h, s.rows * row_size, h);
  for (int d = 0; d < s.directions; ++d) {
    const RecurrentWalk<Length> walk{s, 3, d, gates, lengths, y};
    const float* const weights = r + std::ptrdiff_t(d) * 3 * wide * s.hidden;
    const auto sums_of = [&](int row) { return scratch + std::ptrdiff_t(row) * 3 * wide; };
    for (int number = 0; number < s.steps; ++number) {
      matmul(pool, s.rows, (linear ? 3 : 2) * wide, s.hidden, h + d * s.hidden, row_size, weights, scratch, 3 * wide,
             {});
      if (!linear) {
        // The state after the reset takes the place of the reset gate's sum.
        walk.each(pool, number, [&](int row, const float* x, float*, int j, int lanes) {
          float* const reset = sums_of(row) + wide + j;
          const vf gate = clipped(s.f, s.clip, load_first(x + s.hidden, lanes) + load(reset));
          store_first(reset, gate * load_first(h + walk.state(row) + j, lanes), lanes);
        });
        matmul(pool, s.rows, wide, s.hidden, scratch + wide, 3 * wide, weights + std::ptrdiff_t(2) * wide * s.hidden,
               scratch + 2 * wide, 3 * wide, {});
      }
      walk.each(pool, number, [&](int row, const float* x, float* out, int j, int lanes) {
        const float* const sums = sums_of(row) + j;
        float* const state = h + walk.state(row) + j;
        const vf update = clipped(s.f, s.clip, load_first(x, lanes) + load(sums));
        vf candidate = load(sums + 2 * wide);
        if (linear) {
          const vf reset = clipped(s.f, s.clip, load_first(x + s.hidden, lanes) + load(sums + wide));
          candidate = reset * (candidate + load_first(recurrent_bias + d * s.hidden + j, lanes));
        }
        candidate = clipped(s.g, s.clip, load_first(x + 2 * s.hidden, lanes) + candidate);
        const vf hidden = (1.f - update) * candidate + update * load_first(state, lanes);
        store_first(state, hidden, lanes);
        store_first(out, hidden, lanes);
      });
    }
  }
}

// `scratch`: rows * padded_hidden floats.
template <class Length>
void rnn(ThreadPool& pool, const RecurrentShape& s, const float* gates, const float* r, const float* initial_h,
         const Length* lengths, float* y, float* h, float* scratch) {
  const int wide = padded_hidden(s), row_size = s.directions * s.hidden;
  std::copy_n(initial_h, s.rows * row_size, h);
  for (int d = 0; d < s.directions; ++d) {
    const RecurrentWalk<Length> walk{s, 1, d, gates, lengths, y};
    for (int number = 0; number < s.steps; ++number) {
      matmul(pool, s.rows, wide, s.hidden, h + d * s.hidden, row_size, r + std::ptrdiff_t(d) * wide * s.hidden, scratch,
             wide, {});
      walk.each(pool, number, [&](int row, const float* x, float* out, int j, int lanes) {
        const vf sum = load_first(x, lanes) + load(scratch + std::ptrdiff_t(row) * wide + j);
        const vf hidden = clipped(s.f, s.clip, sum);
        store_first(h + walk.state(row) + j, hidden, lanes);
        store_first(out, hidden, lanes);
      });
    }
  }
}

}  // namespace ARHAT_ISA
}  // namespace arhat

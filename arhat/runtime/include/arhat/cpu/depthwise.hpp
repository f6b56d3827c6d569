// Depthwise convolution: channels are the vector, a few neighbouring pixels of a row share each weight.
#pragma once

#include "activation.hpp"
#include "../pool.hpp"

namespace arhat {
inline namespace ARHAT_ISA {

// A row of outputs, and what is needed to compute it.
struct DepthwiseRow {
  const ConvShape& s;
  const Epilogue& e;
  const ConstImage& x;
  const float* w;
  int w_tap;           // floats from one weight of a channel to the next
  const float* from;   // first element that is read for pixel 0
  float* to;
  std::ptrdiff_t to_pixel;
  const float* residual;
  Tile finish;  // only how to finish
};

constexpr int DEPTHWISE_PIXELS = 4;

// Pixels [p, p + DEPTHWISE_PIXELS) for channels [0, channels), a multiple of VL. K = 0: any kernel, stride and dilation.
template <int K, int S>
ARHAT_NOINLINE void depthwise_pixels(const DepthwiseRow& r, int p, int channels) {
  constexpr int W = DEPTHWISE_PIXELS;
  const std::ptrdiff_t pixel = r.x.pixel, row = r.x.row * r.s.dh;
  const float* const from = r.from + p * r.s.sw * pixel;
  for (int c = 0; c < channels; c += VL) {
    vf acc[W];
    const vf bias = r.e.bias ? load(r.e.bias + c) : vf{};
    ARHAT_UNROLL for (vf& a : acc) a = bias;
    const float* w = r.w + c;
    const float* x = from + c;
    if constexpr (K != 0) {
      constexpr int COLUMNS = (W - 1) * S + K;
      ARHAT_UNROLL for (int i = 0; i < K; ++i) {
        vf column[COLUMNS];
        ARHAT_UNROLL for (int j = 0; j < COLUMNS; ++j) column[j] = load(x + j * pixel);
        ARHAT_UNROLL for (int j = 0; j < K; ++j) {
          const vf weight = load(w);
          w += r.w_tap;
          ARHAT_UNROLL for (int t = 0; t < W; ++t) acc[t] += weight * column[t * S + j];
        }
        x += row;
      }
    } else {
      const std::ptrdiff_t step = r.s.sw * pixel, column = r.s.dw * pixel;
      for (int i = 0; i < r.s.kh; ++i) {
        for (int j = 0; j < r.s.kw; ++j) {
          const vf weight = load(w);
          w += r.w_tap;
          ARHAT_UNROLL for (int t = 0; t < W; ++t) acc[t] += weight * load(x + i * row + j * column + t * step);
        }
      }
    }
    float* const to = r.to + p * r.to_pixel + c;
    const float* residual = r.residual + p * r.e.residual.pixel + c;
    if (r.residual && !r.e.residual_last) {
      ARHAT_UNROLL for (int t = 0; t < W; ++t) acc[t] += load(residual + t * r.e.residual.pixel);
    }
    ARHAT_UNROLL for (int t = 0; t < W; ++t) acc[t] = finish_vector(r.finish, acc[t]);
    if (r.residual && r.e.residual_last) {
      ARHAT_UNROLL for (int t = 0; t < W; ++t) acc[t] += load(residual + t * r.e.residual.pixel);
    }
    ARHAT_UNROLL for (int t = 0; t < W; ++t) store(to + t * r.to_pixel, acc[t]);
  }
}

// One pixel, channels [first, last), which need not fill a vector.
inline ARHAT_NOINLINE void depthwise_pixel(const DepthwiseRow& r, int p, int first, int last) {
  const float* const from = r.from + p * r.s.sw * r.x.pixel;
  for (int c = first; c < last; c += VL) {
    const int lanes = imin(VL, last - c);
    vf acc = r.e.bias ? load(r.e.bias + c) : vf{};
    const float* w = r.w + c;
    for (int i = 0; i < r.s.kh; ++i) {
      for (int j = 0; j < r.s.kw; ++j) {
        acc += load(w) * load_first(from + i * r.s.dh * r.x.row + j * r.s.dw * r.x.pixel + c, lanes);
        w += r.w_tap;
      }
    }
    const vf residual = r.residual ? load_first(r.residual + p * r.e.residual.pixel + c, lanes) : vf{};
    if (!r.e.residual_last) acc += residual;
    acc = finish_vector(r.finish, acc);
    if (r.e.residual_last) acc += residual;
    store_first(r.to + p * r.to_pixel + c, acc, lanes);
  }
}

// One filter per channel (s.ic == s.oc). w: depthwise packing. Any kernel size, stride and dilation.
inline void depthwise(ThreadPool& pool, const ConvShape& s, ConstImage x, const float* w, Image y, const Epilogue& e) {
  x.base -= s.pt * x.row + s.pl * x.pixel;
  auto* pixels = depthwise_pixels<0, 0>;
  if (s.dw == 1 && s.kh == s.kw && (s.sw == 1 || s.sw == 2)) {
    if (s.kw == 3) pixels = s.sw == 1 ? depthwise_pixels<3, 1> : depthwise_pixels<3, 2>;
    if (s.kw == 5) pixels = s.sw == 1 ? depthwise_pixels<5, 1> : depthwise_pixels<5, 2>;
  }
  int lanes = imin(x.lanes, y.lanes);
  if (e.residual.base) lanes = imin(lanes, e.residual.lanes);
  // Whole vectors as far as the lanes go; what is left of the channels is done pixel by pixel.
  const int whole = imin(lanes, round_up(s.oc, VL)) / VL * VL;
  static constexpr std::ptrdiff_t none = 0;
  Tile finish{};
  set_finish(finish, e);
  // What the second pass gives is what a residual that comes last is added to; it cannot be the output then.
  const bool third_pass = e.residual.base && e.residual_last && is_second_pass(e.act);
  const int rows = s.n * s.oh, tasks = pool.threads() == 1 ? 1 : imin(rows, 4 * pool.threads());
  pool.parallel(tasks, [&](int task) {
    for (int i = part(rows, task, tasks); i < part(rows, task + 1, tasks); ++i) {
      const int image = i / s.oh, row = i % s.oh;
      const float* const residual = e.residual.base ? e.residual.base + image * e.residual.image + row * e.residual.row : nullptr;
      const DepthwiseRow r{s, e, x, w, round_up(s.oc, 16), x.base + image * x.image + row * s.sh * x.row,
                           y.base + image * y.image + row * y.row, y.pixel, third_pass ? nullptr : residual, finish};
      int p = 0;
      for (; p + DEPTHWISE_PIXELS <= s.ow; p += DEPTHWISE_PIXELS) pixels(r, p, whole);
      if (p < s.ow && s.ow >= DEPTHWISE_PIXELS && !r.residual) {
        pixels(r, s.ow - DEPTHWISE_PIXELS, whole);  // some pixels once more, which costs less than a slower kernel
      } else {
        for (; p < s.ow; ++p) depthwise_pixel(r, p, 0, whole);
      }
      if (whole < s.oc) {
        for (p = 0; p < s.ow; ++p) depthwise_pixel(r, p, whole, s.oc);
      }
      if (is_second_pass(e.act)) {
        for (p = 0; p < s.ow; ++p) {
          activate(r.to + p * y.pixel, &none, 1, whole / VL, e, 0);
          if (whole < s.oc) activate_partial(r.to + p * y.pixel, e, whole, s.oc);
        }
      }
      for (p = 0; third_pass && p < s.ow; ++p) {
        for (int c = 0; c < s.oc; ++c) r.to[p * y.pixel + c] += residual[p * e.residual.pixel + c];
      }
    }
  });
}

}  // namespace ARHAT_ISA
}  // namespace arhat

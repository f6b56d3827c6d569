// Transposed convolution: an ordinary one for every remainder of the output coordinates modulo the strides.
//
// Output row q * stride + r gets what the kernel rows k with k * dilation = r (modulo stride) make of input rows, and
// these lie equally spaced: an ordinary convolution with stride 1, whose output rows are `stride` apart. Columns
// likewise. No product with an inserted zero is computed, and every output is written once.
#pragma once

#include "conv.hpp"
#include "depthwise.hpp"

namespace arhat {

// Such a convolution along one axis: elements of the kernel, their distance in the input, padding before the input
// (negative: it begins inside), first output, number of outputs.
struct Phase {
  int taps, dilation, pad, first, count;
};

// n images, input ih x iw x ic, output channels, strides.
struct TransposedShape {
  int n, ih, iw, ic, oc, sh, sw;
};

inline namespace ARHAT_ISA {

// Calls f(shape of the convolution, its outputs) for every pair of phases.
template <int R, int C, class F>
inline void for_each_phase(const TransposedShape& s, const Phase (&rows)[R], const Phase (&columns)[C], const Image& y, F f) {
  for (const Phase& r : rows) {
    for (const Phase& c : columns) {
      const ConvShape shape{s.n,  s.ih,   s.iw,   s.ic, r.count, c.count,    s.oc,       //
                            r.taps, c.taps, 1,    1,    r.dilation, c.dilation, r.pad, c.pad};
      Image part = y;
      part.base += r.first * y.row + c.first * y.pixel;
      part.row *= s.sh;
      part.pixel *= s.sw;
      f(shape, part);
    }
  }
}

// w: for each pair of phases, rows outermost, the direct packing of its part of the filter.
template <int R, int C>
inline void transposed_direct(ThreadPool& pool, const TransposedShape& s, const Phase (&rows)[R], const Phase (&columns)[C],
                              const ConstImage& x, const float* w, const Image& y, const Epilogue& e) {
  for_each_phase(s, rows, columns, y, [&](const ConvShape& shape, const Image& part) {
    conv_direct(pool, shape, x, w, part, e);
    w += std::ptrdiff_t(ceil_div(s.oc, PANEL)) * shape.kh * shape.kw * s.ic * PANEL;
  });
}

// The same with the grouped packing. s.ic and s.oc count all groups.
template <int R, int C>
inline void transposed_grouped(ThreadPool& pool, int groups, const TransposedShape& s, const Phase (&rows)[R],
                               const Phase (&columns)[C], const ConstImage& x, const float* w, const Image& y, const Epilogue& e) {
  for_each_phase(s, rows, columns, y, [&](const ConvShape& shape, const Image& part) {
    conv_grouped(pool, groups, shape, x, w, part, e);
    w += std::ptrdiff_t(groups) * ceil_div(s.oc / groups, PANEL) * shape.kh * shape.kw * (s.ic / groups) * PANEL;
  });
}

// The same with one filter per channel (s.ic == s.oc) and the depthwise packing.
template <int R, int C>
inline void transposed_depthwise(ThreadPool& pool, const TransposedShape& s, const Phase (&rows)[R], const Phase (&columns)[C],
                                 const ConstImage& x, const float* w, const Image& y, const Epilogue& e) {
  for_each_phase(s, rows, columns, y, [&](const ConvShape& shape, const Image& part) {
    depthwise(pool, shape, x, w, part, e);
    w += std::ptrdiff_t(shape.kh) * shape.kw * round_up(s.oc, 16);
  });
}

}  // namespace ARHAT_ISA
}  // namespace arhat

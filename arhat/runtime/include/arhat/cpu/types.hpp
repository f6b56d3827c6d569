// What the CPU kernels take: views of activations, shapes, epilogues.
//
// Layout of activations ("nhwc"). Element (n, y, x, c) is base[n * image + y * row + x * pixel + c]; strides are in
// floats. `base` is the logical element (0, 0, 0, 0): a zero border (halo) may surround every image, so that negative
// coordinates are readable. `lanes` is the number of floats of each pixel, from its first channel on, that belong to
// the view: at least the number of channels; a multiple of 16 where the pixel stride was rounded up, or exactly the
// channels where the next float belongs to someone else (dense pixels, a slice of a concatenation). Kernels read and
// write no float outside the lanes; they may leave anything in the lanes after the last channel.
//
// The input of a convolution has a halo of zeros at least as large as the padding that is read (zero_halo in
// reorder.hpp). Outputs may have a halo of their own, which kernels leave alone.
//
// Weights are packed when the project is emitted (arhat/emit/cpu/packing.py has the packers). Output channels go in
// panels of 32, padded with zeros, so that one packing serves every vector width. Blocks are 64-byte aligned.
//   bias, slope            [ceil(O/32)*32]
//   direct convolution     [ceil(O/32)][kh][kw][I][32]
//   grouped convolution    the direct packing of each group (filter, bias, slope), one after the other
//   Winograd F(m,3)        [ceil(O/32)][A*A][I][32], A = m + 2, element (o,i) of matrix (r,s) is (G g G^T)[r][s]
//   depthwise convolution  [kh][kw][ceil(C/16)*16]
//   matrix product         [ceil(N/32)][K][32]
#pragma once

#include <cstddef>

namespace arhat {

struct Image {
  float* base;
  std::ptrdiff_t image, row, pixel;
  int lanes;
};

struct ConstImage {
  const float* base = nullptr;
  std::ptrdiff_t image = 0, row = 0, pixel = 0;
  int lanes = 0;

  ConstImage() = default;
  ConstImage(const float* base_, std::ptrdiff_t image_, std::ptrdiff_t row_, std::ptrdiff_t pixel_, int lanes_)
      : base(base_), image(image_), row(row_), pixel(pixel_), lanes(lanes_) {}
  ConstImage(const Image& i) : base(i.base), image(i.image), row(i.row), pixel(i.pixel), lanes(i.lanes) {}
};

// n images, input ih x iw x ic, output oh x ow x oc, kernel kh x kw, strides, dilations, padding at top and left.
struct ConvShape {
  int n, ih, iw, ic, oh, ow, oc, kh, kw, sh, sw, dh, dw, pt, pl;
};

// The same, with the padding at bottom and right, which the divisor of an average counts.
struct PoolShape {
  int n, ih, iw, c, oh, ow, kh, kw, sh, sw, dh, dw, pt, pl, pb, pr;
};

enum class Act {
  none,
  relu,        // max(x, 0)
  leaky_relu,  // x >= 0 ? x : a * x
  clamp,       // min(max(x, a), b)
  sigmoid,
  elu,         // x >= 0 ? x : a * (exp(x) - 1)
  tanh,
  swish,       // x * sigmoid(a * x)
  hswish,      // x * min(max(x + 3, 0), 6) / 6
  mish,        // x * tanh(log(1 + exp(x)))
  prelu,       // x >= 0 ? x : slope[channel] * x
};

// y = act(x + bias + residual), or act(x + bias) + residual where the residual comes last. The residual has the shape of
// the output and may be the output itself (not where it comes last in a depthwise convolution).
struct Epilogue {
  const float* bias = nullptr;   // none if null
  ConstImage residual = {};      // none if its base is null
  Act act = Act::none;
  float a = 0, b = 0;
  const float* slope = nullptr;  // prelu only
  bool residual_last = false;
};

}  // namespace arhat

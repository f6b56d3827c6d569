// Images from one layout and element type to another, with more channels if wanted: what a target puts between parts of
// a network that want different ones.
#pragma once

#include "launch.hpp"
#include "math.hpp"

namespace arhat {

// x [n][c][h][w], y [n][out_c][h][w] with out_c >= c: channels from c on are zero. Strides in elements along these axes.
struct TransformParams {
  int64_t n, c, h, w, out_c;
  int64_t x[4], y[4];
};

inline namespace ARHAT_ISA {

ARHAT_HD inline int64_t transform_pixel(const TransformParams& p, const int64_t* strides, int64_t image, int64_t pixel) {
  const uint32_t at = static_cast<uint32_t>(pixel), width = static_cast<uint32_t>(p.w);
  return image * strides[0] + at / width * strides[2] + at % width * strides[3];
}

// Index: element of y.
template <class X, class Y>
struct TransformElement {
  TransformParams p;
  const X* x;
  Y* y;

  ARHAT_HD void operator()(int64_t index) const {
    const int64_t area = p.h * p.w, pixel = index % area, channel = index / area % p.out_c, image = index / area / p.out_c;
    const int64_t from = transform_pixel(p, p.x, image, pixel) + channel * p.x[1];
    const int64_t to = transform_pixel(p, p.y, image, pixel) + channel * p.y[1];
    y[to] = channel < p.c ? math::convert<Y>(x[from]) : Y(0);
  }
};

// Index: pixel and V neighbouring channels of y; neighbouring indices are neighbours in x.
template <class X, class Y, int V>
struct TransformChannels {
  TransformParams p;
  const X* x;
  Y* y;

  ARHAT_HD void operator()(int64_t index) const {
    const int64_t area = p.h * p.w, packs = p.out_c / V;
    const bool channels_first = p.x[1] == 1;
    const int64_t pack = channels_first ? index % packs : index / area % packs;
    const int64_t pixel = channels_first ? index / packs % area : index % area, image = index / area / packs;
    const X* from = x + transform_pixel(p, p.x, image, pixel) + pack * V * p.x[1];
    Pack<Y, V> result;
    for (int i = 0; i < V; ++i) result.v[i] = pack * V + i < p.c ? math::convert<Y>(from[i * p.x[1]]) : Y(0);
    *reinterpret_cast<Pack<Y, V>*>(y + transform_pixel(p, p.y, image, pixel) + pack * V) = result;
  }
};

// Index: image, 32 pixels, 32 channels: the work of a block, which reads along the one and writes along the other.
template <class X, class Y>
struct TransformTile {
  static constexpr int threads = 256, edge = 32;
  struct Shared {
    Y tile[edge][edge + 1];  // channel, pixel
  };
  TransformParams p;
  const X* x;
  Y* y;

  ARHAT_HD int64_t pixel_tiles() const { return (p.h * p.w + edge - 1) / edge; }
  ARHAT_HD int64_t channel_tiles() const { return (p.out_c + edge - 1) / edge; }

  template <class B>
  ARHAT_HD void operator()(const B& block, int64_t index, Shared& s) const {
    const int64_t first_pixel = index % pixel_tiles() * edge;
    const int64_t first_channel = index / pixel_tiles() % channel_tiles() * edge;
    const int64_t image = index / pixel_tiles() / channel_tiles();
    const int pixels = static_cast<int>(smaller<int64_t>(edge, p.h * p.w - first_pixel));
    const int channels = static_cast<int>(smaller<int64_t>(edge, p.out_c - first_channel));
    const auto each = [&](bool along_channels, auto f) {
      for (int e = block.thread(); e < edge * edge; e += block.threads()) {
        const int pixel = along_channels ? e / edge : e % edge, channel = along_channels ? e % edge : e / edge;
        if (pixel < pixels && channel < channels) f(first_pixel + pixel, first_channel + channel, s.tile[channel][pixel]);
      }
    };
    each(p.x[1] == 1, [&](int64_t pixel, int64_t channel, Y& value) {
      const int64_t from = transform_pixel(p, p.x, image, pixel) + channel * p.x[1];
      value = channel < p.c ? math::convert<Y>(x[from]) : Y(0);
    });
    block.sync();
    each(p.y[1] == 1, [&](int64_t pixel, int64_t channel, Y& value) {
      y[transform_pixel(p, p.y, image, pixel) + channel * p.y[1]] = value;
    });
  }
};

// `transform` as a GPU runs it.
template <class X, class Y>
void transform_tiles(Context context, const TransformParams& p, const X* x, Y* y) {
  constexpr int V = sizeof(Y) >= 16 ? 1 : 16 / static_cast<int>(sizeof(Y));
  const int64_t pixels = p.n * p.h * p.w;
  if (pixels * p.out_c == 0) return;
  bool packs = p.y[1] == 1 && p.out_c % V == 0 && reinterpret_cast<uintptr_t>(y) % (sizeof(Y) * V) == 0;
  for (const int64_t stride : {p.y[0], p.y[2], p.y[3]}) packs = packs && stride % V == 0;
  if (packs && (p.x[1] == 1 || p.out_c <= 2 * V))
    return launch(context, pixels * (p.out_c / V), TransformChannels<X, Y, V>{p, x, y});
  if ((p.x[1] == 1) != (p.y[1] == 1) && p.out_c >= 4) {
    const TransformTile<X, Y> tile{p, x, y};
    return launch_blocks(context, p.n * tile.pixel_tiles() * tile.channel_tiles(), tile);
  }
  launch(context, pixels * p.out_c, TransformElement<X, Y>{p, x, y});
}

// Numbers are rounded as math::convert rounds them.
template <class X, class Y>
void transform(Context context, const TransformParams& p, const X* x, Y* y) {
#ifdef __CUDACC__
  transform_tiles(context, p, x, y);
#else
  launch(context, p.n * p.out_c * p.h * p.w, TransformElement<X, Y>{p, x, y}, 1 << 12);
#endif
}

}  // namespace ARHAT_ISA
}  // namespace arhat

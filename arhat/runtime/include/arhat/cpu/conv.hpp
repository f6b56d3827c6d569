// Direct convolution: register tiles of pixels x output channels over packed weights.
#pragma once

#include "../pool.hpp"
#include "activation.hpp"
#include "tile.hpp"

namespace arhat {

// Blocking of a direct convolution; zero leaves the choice to the kernel.
struct Tuning {
  int tile_block = 0;   // pixel tiles that are kept in cache while the panels of output channels pass over them
  int panel_block = 0;  // panels of one task, when the panels are shared out between threads
};

inline namespace ARHAT_ISA {

// How the pixels of a convolution are cut into tiles: `lines` runs of `length` output pixels that lie one pixel stride
// apart. A 1x1 convolution over contiguous images is a single run.
struct Lines {
  int images, lines_per_image, length;
  int tiles_per_line() const { return ceil_div(length, TILE_PIXELS); }
  int tiles() const { return images * lines_per_image * tiles_per_line(); }
};

inline Lines lines_of(const ConvShape& s, const ConstImage& x, const ConstImage& y, const ConstImage& residual) {
  const auto contiguous = [&](const ConstImage& i) { return i.row == s.ow * i.pixel; };
  const auto dense = [&](const ConstImage& i) { return i.image == s.oh * i.row; };
  const bool pointwise = s.kh == 1 && s.kw == 1 && s.sh == 1 && s.sw == 1 && s.pt == 0 && s.pl == 0 && s.ih == s.oh && s.iw == s.ow;
  if (!pointwise || !contiguous(x) || !contiguous(y) || (residual.base && !contiguous(residual))) return {s.n, s.oh, s.ow};
  if (!dense(x) || !dense(y) || (residual.base && !dense(residual))) return {s.n, 1, s.oh * s.ow};
  return {1, 1, s.n * s.oh * s.ow};
}

// Everything about a convolution (or matrix product) that its tiles have in common.
struct TileJob {
  const ConstImage x;  // base at the first element that is read for output pixel (0, 0)
  const Image y;
  const Epilogue& e;
  const float* w;
  std::ptrdiff_t panel_size;  // floats
  int oc;
  Lines lines;
  std::ptrdiff_t x_line, x_step;  // floats between the inputs of two lines, of two pixels of a line
  Tile tile;                      // a, b, c, bias, residual are filled in for each tile

  // Tiles [first, last) for `count` output channels from `channel`, which are within one group of one panel.
  void run(int first, int last, int channel, int count) const {
    const int vectors = count > VL ? NV : 1;
    const int group = channel % PANEL;
    const int lanes = imin(y.lanes - channel, e.residual.base ? e.residual.lanes - channel : vectors * VL);
    static const float zeros[GROUP] = {};
    Tile t = tile;
    t.b = w + channel / PANEL * panel_size + group;
    t.bias = e.bias ? e.bias + channel : zeros;
    const int per_line = lines.tiles_per_line();
    int line = first / per_line, index = first % per_line;
    for (int i = first; i < last; ++i) {
      const int begin = part(lines.length, index, per_line), end = part(lines.length, index + 1, per_line);
      const int image = line / lines.lines_per_image, row = line % lines.lines_per_image;
      t.a = x.base + image * x.image + row * x_line + begin * x_step;
      t.c = y.base + image * y.image + row * y.row + begin * y.pixel + channel;
      if (e.residual.base) {
        t.residual = e.residual.base + image * e.residual.image + row * e.residual.row + begin * e.residual.pixel + channel;
      }
      if (lanes >= vectors * VL) {
        tile_function(end - begin, vectors)(t);
        if (is_second_pass(e.act)) activate(t.c, t.c_pixel, end - begin, vectors, e, channel);
      } else {
        run_partial(t, end - begin, vectors, imin(lanes, count), channel);
      }
      if (++index == per_line) index = 0, ++line;
    }
  }

 private:
  // The tile is computed beside the output, as only `lanes` floats of each pixel may be written.
  ARHAT_NOINLINE void run_partial(Tile t, int pixels, int vectors, int lanes, int channel) const {
    alignas(64) float c[TILE_PIXELS * GROUP] = {};
    float* const out = t.c;
    const std::ptrdiff_t out_pixel = t.c_pixel;
    if (t.residual) {
      for (int p = 0; p < pixels; ++p) {
        for (int o = 0; o < lanes; ++o) c[p * GROUP + o] = t.residual[p * t.residual_pixel + o];
      }
      t.residual = c;
      t.residual_pixel = GROUP;
    }
    t.c = c;
    t.c_pixel = GROUP;
    tile_function(pixels, vectors)(t);
    if (is_second_pass(e.act)) activate(c, GROUP, pixels, vectors, e, channel);
    for (int p = 0; p < pixels; ++p) {
      for (int o = 0; o < lanes; ++o) out[p * out_pixel + o] = c[p * GROUP + o];
    }
  }
};

// Shares the tiles and panels of a job out between threads, in blocks that suit the caches.
inline void run_tiles(ThreadPool& pool, const TileJob& job, Tuning tuning) {
  constexpr std::ptrdiff_t L1 = 20 << 10, L2 = 400 << 10;  // bytes of input that a block may take
  const int tiles = job.lines.tiles(), panels = ceil_div(job.oc, PANEL);
  const std::ptrdiff_t weights = panels * job.panel_size * 4;
  const std::ptrdiff_t tile_input = std::ptrdiff_t(TILE_PIXELS) * job.x_step * job.tile.rows * 4;
  // While all weights fit in the second-level cache, a block of input stays in the first; else in the second.
  int block = tuning.tile_block;
  if (block == 0) block = static_cast<int>((weights <= L2 / 2 ? L1 : L2) / tile_input);
  block = imax(1, imin(block, tiles));

  // Parts of pixels times parts of panels, several for each thread; of the cuts that give enough, the one that reads least.
  const int threads = pool.threads();
  int tile_parts = 1, panel_parts = 1;
  if (threads > 1) {
    const int wanted = 4 * threads;
    const double input = double(tile_input) * tiles;
    double best = 1e300;
    for (int p = 1; p <= imin(panels, wanted); ++p) {
      const int q = imin(tiles, ceil_div(wanted, p));
      const double imbalance = p * q < wanted ? 1 + double(wanted) / (p * q) : 1;
      const double cost = (p * input + q * double(weights)) * imbalance;
      if (cost < best) best = cost, panel_parts = p, tile_parts = q;
    }
    if (tuning.panel_block > 0) panel_parts = ceil_div(panels, tuning.panel_block);
  }
  pool.parallel(tile_parts * panel_parts, [&](int task) {
    const int tile_part = task / panel_parts, panel_part = task % panel_parts;
    const int last_tile = part(tiles, tile_part + 1, tile_parts);
    const int first_channel = part(panels, panel_part, panel_parts) * PANEL;
    const int last_channel = imin(job.oc, part(panels, panel_part + 1, panel_parts) * PANEL);
    for (int first = part(tiles, tile_part, tile_parts); first < last_tile; first += block) {
      for (int channel = first_channel; channel < last_channel; channel += GROUP) {
        job.run(first, imin(first + block, last_tile), channel, imin(GROUP, last_channel - channel));
      }
    }
  });
}

// w: direct packing. Any stride and dilation; groups == 1.
inline void conv_direct(ThreadPool& pool, const ConvShape& s, ConstImage x, const float* w, Image y, const Epilogue& e,
                        Tuning tuning = {}) {
  const Lines lines = lines_of(s, x, y, e.residual);
  const bool merged = x.pixel == s.ic && s.dw == 1;  // the columns of the kernel are one run of channels
  Tile t{};
  t.a_pixel = s.sw * x.pixel;
  t.a_row = s.dh * x.row;
  t.a_column = s.dw * x.pixel;
  t.rows = s.kh;
  t.columns = merged ? 1 : s.kw;
  t.depth = merged ? s.kw * s.ic : s.ic;
  t.residual_pixel = e.residual.pixel;
  t.c_pixel = y.pixel;
  set_finish(t, e);
  x.base -= s.pt * x.row + s.pl * x.pixel;
  const std::ptrdiff_t panel_size = std::ptrdiff_t(s.kh) * s.kw * s.ic * PANEL;
  run_tiles(pool, {x, y, e, w, panel_size, s.oc, lines, s.sh * x.row, t.a_pixel, t}, tuning);
}

// w: grouped packing. s.ic and s.oc count all groups.
inline void conv_grouped(ThreadPool& pool, int groups, const ConvShape& s, ConstImage x, const float* w, Image y,
                         const Epilogue& e, Tuning tuning = {}) {
  ConvShape g = s;
  g.ic = s.ic / groups;
  g.oc = s.oc / groups;
  const std::ptrdiff_t group_size = std::ptrdiff_t(ceil_div(g.oc, PANEL)) * s.kh * s.kw * g.ic * PANEL;
  for (int i = 0; i < groups; ++i) {
    // Lanes beyond a group's channels are another group's, but for the last group.
    const auto slice = [&](auto image, int channels) {
      image.base += i * channels;
      image.lanes = i + 1 < groups ? channels : image.lanes - i * channels;
      return image;
    };
    Epilogue f = e;
    if (e.bias) f.bias = e.bias + i * round_up(g.oc, PANEL);
    if (e.slope) f.slope = e.slope + i * round_up(g.oc, PANEL);
    if (e.residual.base) f.residual = slice(e.residual, g.oc);
    conv_direct(pool, g, slice(x, g.ic), w + i * group_size, slice(y, g.oc), f, tuning);
  }
}

}  // namespace ARHAT_ISA
}  // namespace arhat

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

// The output pixels of a convolution: lines of `length` pixels that lie one pixel stride apart, in input and output.
// A 1x1 convolution over contiguous images is a single line.
struct Lines {
  int images, lines_per_image, length;
  int pixels() const { return images * lines_per_image * length; }
};

inline Lines lines_of(const ConvShape& s, const ConstImage& x, const ConstImage& y, const ConstImage& residual) {
  const auto contiguous = [&](const ConstImage& i) { return i.row == s.ow * i.pixel; };
  const auto dense = [&](const ConstImage& i) { return i.image == s.oh * i.row; };
  const bool pointwise = s.kh == 1 && s.kw == 1 && s.sh == 1 && s.sw == 1 && s.pt == 0 && s.pl == 0 && s.ih == s.oh && s.iw == s.ow;
  if (!pointwise || !contiguous(x) || !contiguous(y) || (residual.base && !contiguous(residual))) return {s.n, s.oh, s.ow};
  if (!dense(x) || !dense(y) || (residual.base && !dense(residual))) return {s.n, 1, s.oh * s.ow};
  return {1, 1, s.n * s.oh * s.ow};
}

// Memory that will be read next, to be fetched a little with every tile.
struct Ahead {
  const char* next = nullptr;
  const char* end = nullptr;
  std::ptrdiff_t step = 0;  // bytes for each step of a tile's innermost loop
};

// Everything about a convolution (or matrix product) that its tiles have in common.
struct TileJob {
  ConstImage x;  // base at the first element that is read for output pixel (0, 0)
  Image y;
  const Epilogue& e;
  const float* w;
  std::ptrdiff_t panel_size;  // floats
  int oc;
  Lines lines;
  std::ptrdiff_t x_line, x_step;  // floats between the inputs of two lines, of two pixels of a line
  Tile tile;                      // what differs between tiles is filled in by `run`

  // Pixels [first, last) for the `vectors` vectors of output channels from `channel`, within one panel.
  void run(int first, int last, int channel, int vectors, Ahead& ahead) const {
    static const float zeros[WIDEST * VL] = {};
    const int lanes = imin(y.lanes - channel, e.residual.base ? e.residual.lanes - channel : vectors * VL);
    Offsets a_offset, c_offset, residual_offset;
    fill_offsets(a_offset, x_step);
    fill_offsets(c_offset, y.pixel);
    fill_offsets(residual_offset, e.residual.pixel);
    Tile t = tile;
    t.b = w + channel / PANEL * panel_size + channel % PANEL;
    t.bias = e.bias ? e.bias + channel : zeros;
    Place place = place_of(first);
    const auto equal_tiles = [&](int tiles, int count) {
      const bool at_once = lanes >= vectors * VL && !is_second_pass(e.act);
      while (tiles > 0) {
        const int fit = imin(tiles, (lines.length - place.column) / count);
        const int now = at_once ? imax(1, fit) : 1;
        t.tiles = now;
        t.a = x.base + x_position(place);
        t.c = y.base + position(y, place) + channel;
        if (e.residual.base) t.residual = e.residual.base + position(e.residual, place) + channel;
        t.ahead = ahead.next < ahead.end ? ahead.next : reinterpret_cast<const char*>(t.b);
        t.ahead_step = ahead.next < ahead.end ? ahead.step : 0;
        ahead.next += ahead.step * now * t.rows * t.columns * t.depth;
        if (fit == 0) {
          run_spanning(t, place, count, lanes, vectors, channel);
        } else {
          t.a_offset = a_offset;
          t.c_offset = c_offset;
          t.residual_offset = residual_offset;
          t.a_next = count * x_step;
          t.c_next = count * y.pixel;
          t.residual_next = count * e.residual.pixel;
          run_one(t, count, lanes, vectors, channel);
        }
        advance(place, now * count);
        tiles -= now;
      }
    };
    while (first < last) {
      const int pixels = TILES_SPAN_LINES ? last - first : imin(last - first, lines.length - place.column);
      for_equal_tiles(pixels, vectors, equal_tiles);
      first += pixels;
    }
  }

  // What `pixels` pixels from `first` on read that those before them did not (roughly: the last row of the kernel), to
  // be fetched during `passes` tiles.
  Ahead input_ahead(int first, int pixels, int passes) const {
    if (first >= lines.pixels()) return {};
    const char* const next = reinterpret_cast<const char*>(x.base + x_position(place_of(first)) + (tile.rows - 1) * tile.a_row);
    const std::ptrdiff_t bytes = pixels * x_step * 4, steps = std::ptrdiff_t(passes) * tile.rows * tile.columns * tile.depth;
    if (steps == 0) return {};
    return {next, next + bytes, (bytes + steps - 1) / steps};
  }

 private:
  struct Place {
    int image, line, column;
  };

  Place place_of(int pixel) const {
    const int line = pixel / lines.length;
    return {line / lines.lines_per_image, line % lines.lines_per_image, pixel % lines.length};
  }
  void advance(Place& p, int pixels) const {
    p.column += pixels;
    while (p.column >= lines.length) {
      p.column -= lines.length;
      if (++p.line == lines.lines_per_image) p.line = 0, ++p.image;
    }
  }
  std::ptrdiff_t x_position(const Place& p) const { return p.image * x.image + p.line * x_line + p.column * x_step; }
  static std::ptrdiff_t position(const ConstImage& i, const Place& p) {
    return p.image * i.image + p.line * i.row + p.column * i.pixel;
  }

  // A tile that continues in the next line.
  void run_spanning(Tile& t, Place place, int count, int lanes, int vectors, int channel) const {
    Offsets a_offset, c_offset, residual_offset;
    const std::ptrdiff_t a = x_position(place), c = position(y, place), residual = position(e.residual, place);
    for (int p = 0; p < TILE_PIXELS; ++p) {
      a_offset[p] = x_position(place) - a;
      c_offset[p] = position(y, place) - c;
      residual_offset[p] = position(e.residual, place) - residual;
      if (p + 1 < count) advance(place, 1);
    }
    t.a_offset = a_offset;
    t.c_offset = c_offset;
    t.residual_offset = residual_offset;
    run_one(t, count, lanes, vectors, channel);
  }

  void run_one(Tile& t, int count, int lanes, int vectors, int channel) const {
    if (lanes >= vectors * VL && !(t.residual && e.residual_last && is_second_pass(e.act))) {
      float* const c = t.c;
      tile_function(count, vectors)(t);
      if (is_second_pass(e.act)) activate(c, t.c_offset, count, vectors, e, channel);
    } else {
      run_partial(t, count, imin(imin(lanes, vectors * VL), oc - channel), vectors, channel);
    }
  }

  // The tile is computed beside the output, as only `lanes` floats of each pixel may be written, or as the output may
  // be the residual, which is added last.
  ARHAT_NOINLINE void run_partial(Tile t, int count, int lanes, int vectors, int channel) const {
    constexpr int WIDTH = WIDEST * VL;
    alignas(64) float c[TILE_PIXELS * WIDTH] = {};
    const Tile out = t;
    Offsets offset;
    fill_offsets(offset, WIDTH);
    if (e.residual_last) {
      t.residual = nullptr;
    } else if (t.residual) {
      for (int p = 0; p < count; ++p) {
        for (int o = 0; o < lanes; ++o) c[p * WIDTH + o] = out.residual[out.residual_offset[p] + o];
      }
      t.residual = c;
      t.residual_offset = offset;
    }
    t.c = c;
    t.c_offset = offset;
    tile_function(count, vectors)(t);
    if (is_second_pass(e.act)) activate(c, offset, count, vectors, e, channel);
    const bool add = out.residual && e.residual_last;
    for (int p = 0; p < count; ++p) {
      for (int o = 0; o < lanes; ++o) {
        out.c[out.c_offset[p] + o] = c[p * WIDTH + o] + (add ? out.residual[out.residual_offset[p] + o] : 0);
      }
    }
  }
};

// Pixels [first, last) for output channels [first_channel, last_channel), whole panels (but for the end of the last).
// `input_next`: the block of pixels that follows is fetched meanwhile; else the panel of weights that follows.
inline void run_block(const TileJob& job, int first, int last, int first_channel, int last_channel, bool input_next) {
  const int tiles = ceil_div(last - first, TILE_PIXELS);
  Ahead ahead;
  if (input_next) ahead = job.input_ahead(last, last - first, tiles * ceil_div(last_channel - first_channel, GROUP));
  for (int panel = first_channel; panel < last_channel; panel += PANEL) {
    const int end = imin(panel + PANEL, last_channel);
    if (!input_next) {
      // After the last panel comes the first one, for the next block.
      const int next = panel + PANEL < last_channel ? panel + PANEL : first_channel;
      const char* const weights = reinterpret_cast<const char*>(job.w + next / PANEL * job.panel_size);
      ahead = {weights, weights + job.panel_size * 4, PANEL * 4 / (tiles * ceil_div(end - panel, GROUP))};
    }
    for (int channel = panel; channel < end;) {
      const int vectors = tile_vectors(end - channel);
      job.run(first, last, channel, vectors, ahead);
      channel += vectors * VL;
    }
  }
}

// Shares the pixels and panels of a job out between threads, in blocks that suit the caches.
inline void run_tiles(ThreadPool& pool, const TileJob& job, Tuning tuning) {
  // Bytes of input that a block takes in the second-level cache: where all weights fit beside it, little, as they pass
  // by again cheaply; else as much as may be, as each block reads all weights from further away.
  constexpr double SMALL = 96 << 10, LARGE = 600 << 10, FEW_WEIGHTS = 200 << 10;
  const int pixels = job.lines.pixels(), panels = ceil_div(job.oc, PANEL);
  // Pixels are cut where tiles end: anywhere in a run of lines, or at the end of a line.
  const int unit = TILES_SPAN_LINES || job.lines.length == pixels ? TILE_PIXELS : job.lines.length;
  const int units = ceil_div(pixels, unit);
  const double weights = 4.0 * panels * job.panel_size;
  const double input = 4.0 * (job.x_line == 0 ? job.x_step : double(job.x_line) / job.lines.length) * pixels;

  const bool few_weights = weights <= FEW_WEIGHTS;
  int block = tuning.tile_block;
  if (block == 0) block = static_cast<int>((few_weights ? SMALL : LARGE) * units / input);
  block = imax(1, imin(block, units));

  // Parts of pixels times parts of panels, several for each thread; of the cuts that give enough, the one that reads least.
  const int threads = pool.threads();
  int unit_parts = 1, panel_parts = 1;
  if (threads > 1) {
    const int wanted = 4 * threads;
    double best = 1e300;
    for (int p = 1; p <= imin(panels, wanted); ++p) {
      const int q = imin(units, ceil_div(wanted, p));
      const double imbalance = p * q < wanted ? 1 + double(wanted) / (p * q) : 1;
      const double cost = (p * input + q * weights) * imbalance;
      if (cost < best) best = cost, panel_parts = p, unit_parts = q;
    }
    if (tuning.panel_block > 0) panel_parts = ceil_div(panels, tuning.panel_block);
  }
  pool.parallel(unit_parts * panel_parts, [&](int task) {
    const int unit_part = task / panel_parts, panel_part = task % panel_parts;
    const int last_unit = part(units, unit_part + 1, unit_parts);
    const int first_channel = part(panels, panel_part, panel_parts) * PANEL;
    const int last_channel = imin(job.oc, part(panels, panel_part + 1, panel_parts) * PANEL);
    for (int first = part(units, unit_part, unit_parts); first < last_unit; first += block) {
      const int last = imin(first + block, last_unit);
      run_block(job, first * unit, imin(last * unit, pixels), first_channel, last_channel, few_weights);
    }
  });
}

// w: direct packing. Any stride and dilation; groups == 1.
inline void conv_direct(ThreadPool& pool, const ConvShape& s, ConstImage x, const float* w, Image y, const Epilogue& e,
                        Tuning tuning = {}) {
  const Lines lines = lines_of(s, x, y, e.residual);
  const bool merged = x.pixel == s.ic && s.dw == 1;  // the columns of the kernel are one run of channels
  Tile t{};
  t.a_row = s.dh * x.row;
  t.a_column = s.dw * x.pixel;
  t.rows = s.kh;
  t.columns = merged ? 1 : s.kw;
  t.depth = merged ? s.kw * s.ic : s.ic;
  set_finish(t, e);
  x.base -= s.pt * x.row + s.pl * x.pixel;
  const std::ptrdiff_t panel_size = std::ptrdiff_t(s.kh) * s.kw * s.ic * PANEL;
  run_tiles(pool, {x, y, e, w, panel_size, s.oc, lines, s.sh * x.row, s.sw * x.pixel, t}, tuning);
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

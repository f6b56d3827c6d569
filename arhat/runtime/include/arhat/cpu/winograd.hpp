// Winograd convolution F(M x M, 3 x 3): Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2015.
//
// The input is cut into tiles of A x A pixels, A = M + 2, that overlap by 2. With d a tile and g a filter, the M x M
// outputs of the tile are  Y = At [ sum over input channels of (G g Gt) * (Bt d B) ] A,  where * is element by element;
// the sum is A * A matrix products [tiles x I] [I x O]. The filters are transformed when the project is emitted.
#pragma once

#include "conv.hpp"

namespace arhat {
inline namespace ARHAT_ISA {

// One-dimensional transforms of vectors that lie `from` and `to` apart: input, A to A (Bt); output, A to M (At).
template <int M>
struct Winograd;

template <>
struct Winograd<2> {
  static constexpr int A = 4;
  static ARHAT_INLINE void input(const vf* d, int from, vf* o, int to) {
    o[0] = d[0] - d[2 * from];
    o[to] = d[from] + d[2 * from];
    o[2 * to] = d[2 * from] - d[from];
    o[3 * to] = d[from] - d[3 * from];
  }
  static ARHAT_INLINE void output(const vf* d, int from, vf* o, int to) {
    o[0] = d[0] + d[from] + d[2 * from];
    o[to] = d[from] - d[2 * from] - d[3 * from];
  }
};

template <>
struct Winograd<4> {
  static constexpr int A = 6;
  static ARHAT_INLINE void input(const vf* d, int from, vf* o, int to) {
    const vf d0 = d[0], d1 = d[from], d2 = d[2 * from], d3 = d[3 * from], d4 = d[4 * from], d5 = d[5 * from];
    const vf even1 = d4 - 4.f * d2, odd1 = d3 - 4.f * d1, even2 = d4 - d2, odd2 = 2.f * (d3 - d1);
    o[0] = 4.f * d0 - 5.f * d2 + d4;
    o[to] = even1 + odd1;
    o[2 * to] = even1 - odd1;
    o[3 * to] = even2 + odd2;
    o[4 * to] = even2 - odd2;
    o[5 * to] = 4.f * d1 - 5.f * d3 + d5;
  }
  static ARHAT_INLINE void output(const vf* d, int from, vf* o, int to) {
    const vf d0 = d[0], d1 = d[from], d2 = d[2 * from], d3 = d[3 * from], d4 = d[4 * from], d5 = d[5 * from];
    const vf even1 = d1 + d2, odd1 = d1 - d2, even2 = d3 + d4, odd2 = d3 - d4;
    o[0] = d0 + even1 + even2;
    o[to] = odd1 + 2.f * odd2;
    o[2 * to] = even1 + 4.f * even2;
    o[3 * to] = odd1 + 8.f * odd2 + d5;
  }
};

// How the tiles of a convolution are cut into chunks, and where a chunk's transforms lie.
struct WinogradPlan {
  int m, a, rows, columns, tiles;       // tiles of one image: rows x columns; of all images: tiles
  int chunk, chunks;                    // tiles of a chunk
  std::ptrdiff_t v_pixel, v_matrix;     // transformed input: [A*A][chunk][v_pixel], matrices v_matrix apart
  std::ptrdiff_t p_matrix;              // products of one panel: [A*A][chunk][PANEL], matrices p_matrix apart
  bool shared;                          // chunks one after the other, the panels of each shared out; else chunks shared out

  std::size_t v_size() const { return std::size_t(a) * a * v_matrix; }
  std::size_t p_size() const { return std::size_t(a) * a * p_matrix; }
};

inline WinogradPlan winograd_plan(int m, const ConvShape& s, int threads) {
  constexpr std::ptrdiff_t BYTES = 600 << 10;  // of transformed input and products that stay in the second-level cache
  constexpr int FEW = 32;                      // tiles that always make a single chunk: weights are read once
  WinogradPlan p{};
  p.m = m;
  p.a = m + 2;
  p.rows = ceil_div(s.oh, m);
  p.columns = ceil_div(s.ow, m);
  p.tiles = s.n * p.rows * p.columns;
  p.v_pixel = round_up(s.ic, 16);
  if (p.v_pixel % 512 == 0) p.v_pixel += 16;  // against lines of pixels that fall into the same cache set
  const int least = 4 * TILE_PIXELS;
  int limit = static_cast<int>(BYTES / (std::ptrdiff_t(p.a) * p.a * (p.v_pixel + PANEL) * 4)) / TILE_PIXELS * TILE_PIXELS;
  limit = imax(limit, imin(least, FEW));
  p.chunks = p.tiles <= FEW ? 1 : ceil_div(p.tiles, limit);
  p.shared = p.chunks < threads;
  if (!p.shared && threads > 1) p.chunks = imin(p.tiles, round_up(p.chunks, threads));
  p.chunk = ceil_div(p.tiles, p.chunks);
  p.v_matrix = p.chunk * p.v_pixel + 16;
  p.p_matrix = p.chunk * PANEL + 16;
  return p;
}

template <int M>
class WinogradConvolution {
 public:
  WinogradConvolution(const ConvShape& s, const ConstImage& x, const float* w, const Image& y, const Epilogue& e, int threads)
      : plan(winograd_plan(M, s, threads)), s_(s), x_(x), w_(w), y_(y), e_(e) {
    x_.base -= s.pt * x.row + s.pl * x.pixel;
    set_finish(finish_, e);
  }

  const WinogradPlan plan;

  // Tiles [first, last) of a chunk that begins at tile `origin`.
  void transform_input(int origin, int first, int last, float* v) const {
    for (int t = first; t < last; ++t) {
      const Place p = place(origin + t);
      const float* from = x_.base + p.image * x_.image + p.y * x_.row + p.x * x_.pixel;
      // Rows and columns of the tile that the output needs; the others may lie outside the halo.
      const int rows = imin(A, s_.oh + 2 - p.y), columns = imin(A, s_.ow + 2 - p.x);
      float* to = v + t * plan.v_pixel;
      int c = 0;
      if (rows == A && columns == A) {
        for (; c < s_.ic && c + VL <= x_.lanes; c += VL) transform_input_inside(from + c, to + c);
      }
      for (; c < s_.ic; c += VL) transform_input_edge(from + c, rows, columns, imin(VL, x_.lanes - c), to + c);
    }
  }

  // Products and output transform of `count` tiles from `origin`, whose transformed input is v, for one panel.
  void compute_panel(int origin, int count, int panel, const float* v, float* products) const {
    multiply(count, panel, v, products);
    transform_output(origin, count, panel, products);
  }

  void multiply(int count, int panel, const float* v, float* products) const {
    static const float zeros[WIDEST * VL] = {};
    const int channels = imin(PANEL, s_.oc - panel * PANEL);
    const std::ptrdiff_t panel_size = std::ptrdiff_t(s_.ic) * PANEL, matrix_size = ceil_div(s_.oc, PANEL) * panel_size;
    Offsets v_offset, product_offset;
    fill_offsets(v_offset, plan.v_pixel);
    fill_offsets(product_offset, PANEL);
    Tile t{};
    t.a_offset = v_offset;
    t.c_offset = product_offset;
    t.rows = t.columns = 1;
    t.depth = s_.ic;
    t.bias = zeros;
    // The weights of the next matrix, which lie a whole matrix away, are fetched meanwhile.
    t.ahead_step = PANEL * 4 / (ceil_div(channels, GROUP) * ceil_div(count, TILE_PIXELS));
    for (int k = 0; k < A * A; ++k) {
      const int next = k + 1 < A * A ? k + 1 : k;
      t.ahead = reinterpret_cast<const char*>(w_ + next * matrix_size + panel * panel_size);
      for (int group = 0; group < channels;) {
        const int vectors = tile_vectors(channels - group);
        t.b = w_ + k * matrix_size + panel * panel_size + group;
        t.a = v + k * plan.v_matrix;
        t.c = products + k * plan.p_matrix + group;
        for_equal_tiles(count, vectors, [&](int tiles, int pixels) {
          t.tiles = tiles;
          t.a_next = pixels * plan.v_pixel;
          t.c_next = pixels * PANEL;
          tile_function(pixels, vectors)(t);
        });
        group += vectors * VL;
      }
    }
  }

  void transform_output(int origin, int count, int panel, const float* products) const {
    const int first = panel * PANEL, channels = imin(PANEL, s_.oc - first);
    for (int i = 0; i < count; ++i) {
      const Place p = place(origin + i);
      for (int c = 0; c < channels; c += VL) transform_output(p, products + i * PANEL + c, first + c);
    }
  }

 private:
  static constexpr int A = Winograd<M>::A;
  struct Place {
    int image, y, x;  // of the tile's first output pixel
  };

  Place place(int tile) const {
    const int per_image = plan.rows * plan.columns, t = tile % per_image;
    return {tile / per_image, t / plan.columns * M, t % plan.columns * M};
  }

  ARHAT_INLINE void finish_input(const vf* half, float* to) const {
    ARHAT_UNROLL for (int j = 0; j < A; ++j) {
      vf o[A];
      Winograd<M>::input(half + j, A, o, 1);
      ARHAT_UNROLL for (int i = 0; i < A; ++i) store(to + (i * A + j) * plan.v_matrix, o[i]);
    }
  }

  ARHAT_NOINLINE void transform_input_inside(const float* from, float* to) const {
    vf half[A * A];
    ARHAT_UNROLL for (int i = 0; i < A; ++i) {
      vf d[A];
      ARHAT_UNROLL for (int j = 0; j < A; ++j) d[j] = load(from + i * x_.row + j * x_.pixel);
      Winograd<M>::input(d, 1, half + i * A, 1);
    }
    finish_input(half, to);
  }

  ARHAT_NOINLINE void transform_input_edge(const float* from, int rows, int columns, int lanes, float* to) const {
    vf half[A * A] = {};
    for (int i = 0; i < rows; ++i) {
      vf d[A] = {};
      for (int j = 0; j < columns; ++j) d[j] = load_first(from + i * x_.row + j * x_.pixel, lanes);
      Winograd<M>::input(d, 1, half + i * A, 1);
    }
    finish_input(half, to);
  }

  ARHAT_NOINLINE void transform_output(Place p, const float* from, int channel) const {
    vf half[A * M], out[M * M];
    ARHAT_UNROLL for (int i = 0; i < A; ++i) {
      vf d[A];
      ARHAT_UNROLL for (int j = 0; j < A; ++j) d[j] = load(from + (i * A + j) * plan.p_matrix);
      Winograd<M>::output(d, 1, half + i * M, 1);
    }
    ARHAT_UNROLL for (int j = 0; j < M; ++j) Winograd<M>::output(half + j, M, out + j, M);

    const vf bias = e_.bias ? load(e_.bias + channel) : vf{};
    const int rows = imin(M, s_.oh - p.y), columns = imin(M, s_.ow - p.x);
    const int lanes = imin(VL, y_.lanes - channel);
    float* const to = y_.base + p.image * y_.image + p.y * y_.row + p.x * y_.pixel + channel;
    if (rows == M && columns == M && lanes == VL && !e_.residual.base && !is_second_pass(e_.act)) {
      ARHAT_UNROLL for (int i = 0; i < M; ++i) {
        ARHAT_UNROLL for (int j = 0; j < M; ++j) store(to + i * y_.row + j * y_.pixel, finish_vector(finish_, out[i * M + j] + bias));
      }
      return;
    }
    for (vf& z : out) z += bias;
    vf last[M * M] = {};
    if (e_.residual.base) {
      const ConstImage& r = e_.residual;
      const float* residual = r.base + p.image * r.image + p.y * r.row + p.x * r.pixel + channel;
      const int residual_lanes = imin(VL, r.lanes - channel);
      for (int i = 0; i < rows; ++i) {
        for (int j = 0; j < columns; ++j) {
          (e_.residual_last ? last : out)[i * M + j] += load_first(residual + i * r.row + j * r.pixel, residual_lanes);
        }
      }
    }
    const vf slope = e_.slope ? load(e_.slope + channel) : vf{};
    with_activation(e_, [&](auto f) {
      for (int i = 0; i < rows; ++i) {
        for (int j = 0; j < columns; ++j) store_first(to + i * y_.row + j * y_.pixel, f(out[i * M + j], slope) + last[i * M + j], lanes);
      }
    });
  }

  ConvShape s_;
  ConstImage x_;
  const float* w_;
  Image y_;
  const Epilogue& e_;
  Tile finish_{};  // only how to finish
};

// F(M x M, 3 x 3), M = 2 or 4. w: Winograd packing for M. Kernel 3 x 3, stride 1, dilation 1, groups == 1.
// The input's halo covers the padding only (1 pixel); tiles that overhang the image are completed with zeros.
template <int M>
inline void conv_winograd(ThreadPool& pool, const ConvShape& s, ConstImage x, const float* w, Image y, const Epilogue& e) {
  const WinogradConvolution<M> conv(s, x, w, y, e, pool.threads());
  const WinogradPlan& plan = conv.plan;
  const int panels = ceil_div(s.oc, PANEL);
  if (!plan.shared) {
    pool.parallel(plan.chunks, [&](int chunk, int worker) {
      float* const v = pool.scratch(worker, plan.v_size() + plan.p_size());
      const int origin = part(plan.tiles, chunk, plan.chunks), count = part(plan.tiles, chunk + 1, plan.chunks) - origin;
      conv.transform_input(origin, 0, count, v);
      for (int panel = 0; panel < panels; ++panel) conv.compute_panel(origin, count, panel, v, v + plan.v_size());
    });
    return;
  }
  float* const v = pool.shared_scratch(plan.v_size());
  for (int chunk = 0; chunk < plan.chunks; ++chunk) {
    const int origin = part(plan.tiles, chunk, plan.chunks), count = part(plan.tiles, chunk + 1, plan.chunks) - origin;
    const int parts = imin(count, 4 * pool.threads());
    pool.parallel(parts, [&](int task) {
      conv.transform_input(origin, part(count, task, parts), part(count, task + 1, parts), v);
    });
    pool.parallel(panels, [&](int panel, int worker) {
      conv.compute_panel(origin, count, panel, v, pool.scratch(worker, plan.p_size()));
    });
  }
}

}  // namespace ARHAT_ISA
}  // namespace arhat

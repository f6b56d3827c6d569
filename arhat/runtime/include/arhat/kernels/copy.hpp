// Strided copies: transpose, slice, pad, concatenation, tile, broadcast and change of layout are all one of them.
#pragma once

#include <cstring>

#include "launch.hpp"

namespace arhat {

// Extents of the part that is copied and the strides, in elements, of both sides. A stride is 0 where an element is
// repeated, negative where a slice runs backwards. Axes from the outermost to the innermost of the output.
struct CopyParams {
  int rank;
  int64_t size[8];
  int64_t in[8];
  int64_t out[8];
};

enum class PadMode { constant, edge, reflect, symmetric };

// Extents of the input and output, pads before the input (negative ones cut); both sides have strides of their own.
struct PadParams {
  PadMode mode;
  int rank;
  int64_t in_size[8], out_size[8], before[8];
  int64_t in[8], out[8];
};

inline namespace ARHAT_ISA {

// The offsets of element `index` (row-major over size[0..rank)) under two sets of strides. The quotients are computed in
// integers of type I.
struct PairOffset {
  int64_t in, out;
};

template <class I = int64_t>
ARHAT_HD inline PairOffset pair_offset(int64_t index, int rank, const int64_t* size, const int64_t* in,
                                       const int64_t* out) {
  PairOffset o{0, 0};
  I rest = static_cast<I>(index);
  for (int i = rank - 1; i >= 0; --i) {
    const int64_t at = static_cast<int64_t>(rest % static_cast<I>(size[i]));
    rest /= static_cast<I>(size[i]);
    o.in += at * in[i];
    o.out += at * out[i];
  }
  return o;
}

// Index: element.
template <class T, class I = int64_t>
struct CopyElement {
  CopyParams p;
  const T* x;
  T* y;

  ARHAT_HD void operator()(int64_t index) const {
    const PairOffset o = pair_offset<I>(index, p.rank, p.size, p.in, p.out);
    y[o.out] = x[o.in];
  }
};

// Index: element of the output; quotients are computed in integers of type I.
template <class T, class I = int64_t>
struct PadElement {
  PadParams p;
  T value;
  const T* x;
  T* y;

  // The coordinate of the input that shows at `at` (counted from the input's first element), or -1.
  ARHAT_HD int64_t source(int64_t at, int64_t size) const {
    if (at >= 0 && at < size) return at;
    switch (p.mode) {
      case PadMode::constant: return -1;
      case PadMode::edge: return at < 0 ? 0 : size - 1;
      case PadMode::reflect: return at < 0 ? -at : 2 * (size - 1) - at;
      case PadMode::symmetric: return at < 0 ? -at - 1 : 2 * size - 1 - at;
    }
    return -1;
  }

  ARHAT_HD void operator()(int64_t index) const {
    int64_t from = 0, to = 0;
    bool inside = true;
    I rest = static_cast<I>(index);
    for (int i = p.rank - 1; i >= 0; --i) {
      const int64_t at = static_cast<int64_t>(rest % static_cast<I>(p.out_size[i]));
      rest /= static_cast<I>(p.out_size[i]);
      const int64_t source_at = source(at - p.before[i], p.in_size[i]);
      inside = inside && source_at >= 0;
      from += source_at * p.in[i];
      to += at * p.out[i];
    }
    y[to] = inside ? x[from] : value;
  }
};

inline int64_t elements(int rank, const int64_t* size) {
  int64_t n = 1;
  for (int i = 0; i < rank; ++i) n *= size[i];
  return n;
}

// Index: square of the plane spanned by the innermost axis of the output and the axis `across`, along which the input is
// contiguous: the work of a block, which reads along the one and writes along the other.
template <class T>
struct CopyTile {
  static constexpr int threads = 256, edge = 32;
  struct Shared {
    T tile[edge][edge + 1];
  };
  CopyParams p;  // the axis `across` is taken out and kept below
  int64_t across, across_out;
  const T* x;
  T* y;

  ARHAT_HD int64_t columns() const { return (p.size[p.rank - 1] + edge - 1) / edge; }
  ARHAT_HD int64_t tiles() const { return (across + edge - 1) / edge * columns(); }

  template <class B>
  ARHAT_HD void operator()(const B& block, int64_t index, Shared& s) const {
    const int inner = p.rank - 1;
    const PairOffset o = pair_offset(index / tiles(), inner, p.size, p.in, p.out);
    const int64_t r0 = index % tiles() / columns() * edge, c0 = index % columns() * edge;
    const int rows = static_cast<int>(smaller<int64_t>(edge, across - r0));
    const int width = static_cast<int>(smaller<int64_t>(edge, p.size[inner] - c0));
    const T* from = x + o.in + r0 + c0 * p.in[inner];
    T* to = y + o.out + r0 * across_out + c0;
    for (int e = block.thread(); e < edge * edge; e += block.threads()) {
      const int r = e % edge, c = e / edge;
      if (r < rows && c < width) s.tile[c][r] = from[r + c * p.in[inner]];
    }
    block.sync();
    for (int e = block.thread(); e < edge * edge; e += block.threads()) {
      const int r = e / edge, c = e % edge;
      if (r < rows && c < width) to[r * across_out + c] = s.tile[c][r];
    }
  }
};

// The same without the axis.
inline CopyParams without_axis(CopyParams p, int axis) {
  --p.rank;
  for (int i = axis; i < p.rank; ++i) {
    p.size[i] = p.size[i + 1];
    p.in[i] = p.in[i + 1];
    p.out[i] = p.out[i + 1];
  }
  return p;
}

// The same with as few axes as will do.
inline CopyParams merged(CopyParams p) {
  int n = 0;
  for (int i = 0; i < p.rank; ++i) {
    if (p.size[i] == 1) continue;
    const bool merges = n > 0 && p.in[n - 1] == p.in[i] * p.size[i] && p.out[n - 1] == p.out[i] * p.size[i];
    const int64_t outer = merges ? p.size[--n] : 1;
    p.size[n] = outer * p.size[i];
    p.in[n] = p.in[i];
    p.out[n++] = p.out[i];
  }
  p.rank = n;
  return p;
}

template <int Bytes>
struct alignas(Bytes) Chunk {
  unsigned char bytes[Bytes];
};

// Copies rows that are contiguous on both sides in chunks of so many bytes; false if they do not consist of such.
template <int Bytes, class T>
bool copy_chunks(Context context, const CopyParams& params, const T* x, T* y) {
  constexpr int64_t size = sizeof(T), each = Bytes / size;
  CopyParams p = params;
  const int inner = p.rank - 1;
  bool whole = Bytes % size == 0 && p.size[inner] % each == 0 && reinterpret_cast<uintptr_t>(x) % Bytes == 0 &&
               reinterpret_cast<uintptr_t>(y) % Bytes == 0;
  for (int i = 0; i < inner; ++i) whole = whole && p.in[i] % each == 0 && p.out[i] % each == 0;
  if (!whole) return false;
  for (int i = 0; i < inner; ++i) {
    p.in[i] /= each;
    p.out[i] /= each;
  }
  p.size[inner] /= each;
  launch(context, elements(p.rank, p.size),
         CopyElement<Chunk<Bytes>, uint32_t>{p, reinterpret_cast<const Chunk<Bytes>*>(x),
                                             reinterpret_cast<Chunk<Bytes>*>(y)});
  return true;
}

// `strided_copy` as a GPU runs it.
template <class T>
void strided_copy_tiles(Context context, const CopyParams& params, const T* x, T* y) {
  const CopyParams p = merged(params);
  const int64_t n = elements(p.rank, p.size);
  if (n == 0) return;
  if (n >= int64_t{1} << 31) return launch(context, n, CopyElement<T>{p, x, y});
  const int inner = p.rank - 1;
  if (p.rank > 0 && p.in[inner] == 1 && p.out[inner] == 1) {
    if constexpr (sizeof(T) < 16)
      if (copy_chunks<16>(context, p, x, y)) return;
    if constexpr (sizeof(T) < 4)
      if (copy_chunks<4>(context, p, x, y)) return;
  }
  for (int axis = 0; axis < inner; ++axis) {
    if (p.in[axis] != 1 || p.out[inner] != 1 || p.size[axis] < 8 || p.size[inner] < 8) continue;
    const CopyTile<T> tile{without_axis(p, axis), p.size[axis], p.out[axis], x, y};
    return launch_blocks(context, n / (p.size[axis] * p.size[inner]) * tile.tiles(), tile);
  }
  launch(context, n, CopyElement<T, uint32_t>{p, x, y});
}

#ifndef __CUDACC__

// One run of the innermost axis.
template <class T>
inline void copy_run(const T* x, int64_t in, T* y, int64_t out, int64_t n) {
  if (in == 1 && out == 1) {
    std::memcpy(y, x, static_cast<size_t>(n) * sizeof(T));
  } else if (in == 0 && out == 1) {
    const T value = *x;
    for (int64_t i = 0; i < n; ++i) y[i] = value;
  } else {
    for (int64_t i = 0; i < n; ++i) y[i * out] = x[i * in];
  }
}

// Index: run.
template <class T>
struct CopyRun {
  CopyParams p;
  const T* x;
  T* y;

  void operator()(int64_t index) const {
    const int inner = p.rank - 1;
    const PairOffset o = pair_offset(index, inner, p.size, p.in, p.out);
    copy_run(x + o.in, p.in[inner], y + o.out, p.out[inner], p.size[inner]);
  }
};

// Index: square block of the plane spanned by the innermost axis of the output and the axis `across`, along which the
// input is contiguous. A block of 16 x 16 floats touches whole cache lines on both sides.
template <class T>
struct CopyBlock {
  static constexpr int64_t edge = 64 / sizeof(T) < 16 ? 16 : 64 / sizeof(T);
  CopyParams p;  // the axis `across` is taken out and kept below
  int64_t across, across_out;
  const T* x;
  T* y;

  int64_t blocks() const { return ((across + edge - 1) / edge) * ((p.size[p.rank - 1] + edge - 1) / edge); }

  void operator()(int64_t index) const {
    const int inner = p.rank - 1;
    const int64_t columns = (p.size[inner] + edge - 1) / edge;
    const PairOffset o = pair_offset(index / blocks(), inner, p.size, p.in, p.out);
    const int64_t r0 = index % blocks() / columns * edge, c0 = index % columns * edge;
    const int64_t rows = smaller(edge, across - r0), width = smaller(edge, p.size[inner] - c0);
    const T* from = x + o.in + r0 + c0 * p.in[inner];
    T* to = y + o.out + r0 * across_out + c0;
    for (int64_t r = 0; r < rows; ++r)
      for (int64_t c = 0; c < width; ++c) to[r * across_out + c] = from[r + c * p.in[inner]];
  }
};

#endif

// y[.. * p.out] = x[.. * p.in]. x and y point at the elements of coordinate 0 and do not overlap.
template <class T>
void strided_copy(Context context, const CopyParams& p, const T* x, T* y) {
#ifdef __CUDACC__
  strided_copy_tiles(context, p, x, y);
#else
  const int64_t n = elements(p.rank, p.size);
  if (n == 0) return;
  const int inner = p.rank - 1;
  if (p.rank > 0) {
    for (int axis = 0; axis < inner; ++axis) {
      if (p.in[axis] != 1 || p.out[inner] != 1 || p.in[inner] == 1 || p.size[axis] < 4 || p.size[inner] < 4) continue;
      const CopyBlock<T> block{without_axis(p, axis), p.size[axis], p.out[axis], x, y};
      const int64_t planes = n / (p.size[axis] * p.size[inner]);
      return launch(context, planes * block.blocks(), block, 32);
    }
    // A single run is cut, so that it can be shared.
    constexpr int64_t cut = 1 << 15;
    if (p.rank < 8 && p.size[inner] >= 2 * cut && p.size[inner] % cut == 0) {
      CopyParams q = p;
      q.rank = p.rank + 1;
      q.size[inner] = p.size[inner] / cut;
      q.size[inner + 1] = cut;
      q.in[inner] = p.in[inner] * cut;
      q.in[inner + 1] = p.in[inner];
      q.out[inner] = p.out[inner] * cut;
      q.out[inner + 1] = p.out[inner];
      return launch(context, n / cut, CopyRun<T>{q, x, y}, 1);
    }
    return launch(context, n / p.size[inner], CopyRun<T>{p, x, y}, 1 + (1 << 15) / p.size[inner]);
  }
  launch(context, n, CopyElement<T>{p, x, y}, 1 << 14);
#endif
}

template <class T>
void pad(Context context, const PadParams& p, T value, const T* x, T* y) {
  const int64_t n = elements(p.rank, p.out_size);
#ifdef __CUDACC__
  if (n < int64_t{1} << 31) return launch(context, n, PadElement<T, uint32_t>{p, value, x, y});
  launch(context, n, PadElement<T>{p, value, x, y});
#else
  if (p.mode != PadMode::constant) return launch(context, n, PadElement<T>{p, value, x, y}, 1 << 12);
  CopyParams all{p.rank, {}, {}, {}}, inside{p.rank, {}, {}, {}};
  int64_t from = 0, to = 0;
  for (int i = 0; i < p.rank; ++i) {
    // A negative pad cuts.
    const int64_t cut = larger<int64_t>(-p.before[i], 0), shift = larger<int64_t>(p.before[i], 0);
    all.size[i] = p.out_size[i];
    inside.size[i] = larger<int64_t>(smaller(p.in_size[i] - cut, p.out_size[i] - shift), 0);
    inside.in[i] = p.in[i];
    all.out[i] = inside.out[i] = p.out[i];
    from += cut * p.in[i];
    to += shift * p.out[i];
  }
  strided_copy(context, all, &value, y);
  strided_copy(context, inside, x + from, y + to);
#endif
}

}  // namespace ARHAT_ISA
}  // namespace arhat

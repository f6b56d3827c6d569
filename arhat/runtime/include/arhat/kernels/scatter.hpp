// Updates of slices and of single elements that indices name (OpenVINO ScatterUpdate-3, ScatterNDUpdate-4 and -15,
// ScatterElementsUpdate-3 and -12). All tensors dense. An index below 0 counts from the end; one out of range updates
// nothing. Updates apply in their order: those of one place are the work of one index of the launch.
#pragma once

#include "copy.hpp"

namespace arhat {

enum class Scatter { none, sum, sub, prod, min, max, mean };

// x and y [outer][extent...][inner], indices [count][depth], updates [outer][count][inner]: a tuple of `depth`
// positions, one for each extent, names a slice.
struct ScatterParams {
  int64_t outer, count, inner;
  int depth;
  int64_t extent[8];
};

// Extents of the indices and the strides, in elements, of x and of the indices; the axis along which elements go is
// taken out and kept apart. `extent`: of that axis in x.
struct ScatterElementsParams {
  int rank;
  int64_t size[8], in[8], at[8];
  int64_t count, extent, axis_in, axis_at;
  bool initial;  // the element of x takes part in the reduction
};

inline namespace ARHAT_ISA {

// Position `at` of an axis as a number in [0, extent), or -1.
ARHAT_HD inline int64_t position(int64_t at, int64_t extent) {
  if (at < 0) at += extent;
  return at >= 0 && at < extent ? at : -1;
}

template <Scatter kind, class T>
ARHAT_HD inline T scatter_step(T a, T b) {
  if constexpr (kind == Scatter::none) {
    return b;
  } else if constexpr (kind == Scatter::sub) {
    return static_cast<T>(a - b);
  } else if constexpr (kind == Scatter::prod) {
    return static_cast<T>(a * b);
  } else if constexpr (kind == Scatter::min) {
    return b < a ? b : a;
  } else if constexpr (kind == Scatter::max) {
    return a < b ? b : a;
  } else {
    return static_cast<T>(a + b);
  }
}

template <Scatter kind, class T>
ARHAT_HD constexpr T scatter_start() {
  if (kind == Scatter::prod) return T(1);
  if (kind == Scatter::max) return Range<T>::lowest;
  return kind == Scatter::min ? Range<T>::highest : T(0);
}

// Index: block of a slice's elements, in one of the outer parts.
template <Scatter kind, class T, class I>
struct ScatterBlock {
  static constexpr int64_t width = 4096 / sizeof(T);
  ScatterParams p;
  int64_t slices;
  const I* indices;
  const T* updates;
  T* y;

  ARHAT_HD int64_t blocks() const { return (p.inner + width - 1) / width; }

  ARHAT_HD void operator()(int64_t index) const {
    const int64_t outer = index / blocks(), first = index % blocks() * width;
    const int64_t n = smaller(width, p.inner - first);
    const T* from = updates + outer * p.count * p.inner + first;
    for (int64_t i = 0; i < p.count; ++i) {
      int64_t slice = 0;
      for (int k = 0; k < p.depth && slice >= 0; ++k) {
        const int64_t at = position(static_cast<int64_t>(indices[i * p.depth + k]), p.extent[k]);
        slice = at < 0 ? -1 : slice * p.extent[k] + at;
      }
      if (slice < 0) continue;
      T* to = y + (outer * slices + slice) * p.inner + first;
      for (int64_t j = 0; j < n; ++j) to[j] = scatter_step<kind>(to[j], from[i * p.inner + j]);
    }
  }
};

// Index: outer part, update, element of its slice. The first update of a slice does the work of all of them.
template <Scatter kind, class T, class I>
struct ScatterUpdate {
  ScatterParams p;
  int64_t slices;
  const I* indices;
  const T* updates;
  T* y;

  ARHAT_HD int64_t slice(int64_t update) const {
    int64_t slice = 0;
    for (int k = 0; k < p.depth && slice >= 0; ++k) {
      const int64_t at = position(static_cast<int64_t>(indices[update * p.depth + k]), p.extent[k]);
      slice = at < 0 ? -1 : slice * p.extent[k] + at;
    }
    return slice;
  }

  ARHAT_HD void operator()(int64_t index) const {
    const int64_t element = index % p.inner, update = index / p.inner % p.count, outer = index / p.inner / p.count;
    const int64_t own = slice(update);
    if (own < 0) return;
    for (int64_t i = 0; i < update; ++i)
      if (slice(i) == own) return;
    T& to = y[(outer * slices + own) * p.inner + element];
    T value = to;
    for (int64_t i = update; i < p.count; ++i)
      if (slice(i) == own) value = scatter_step<kind>(value, updates[(outer * p.count + i) * p.inner + element]);
    to = value;
  }
};

// `scatter` as a GPU runs it, but for the copy of x.
template <Scatter kind, class T, class I>
void scatter_updates(Context context, const ScatterParams& p, const I* indices, const T* updates, T* y) {
  const int64_t slices = elements(p.depth, p.extent);
  launch(context, p.outer * p.count * p.inner, ScatterUpdate<kind, T, I>{p, slices, indices, updates, y});
}

template <Scatter kind, class T, class I>
void scatter(Context context, const ScatterParams& p, const T* x, const I* indices, const T* updates, T* y) {
  const int64_t slices = elements(p.depth, p.extent);
  strided_copy(context, CopyParams{1, {p.outer * slices * p.inner}, {1}, {1}}, x, y);
#ifdef __CUDACC__
  scatter_updates<kind>(context, p, indices, updates, y);
#else
  const ScatterBlock<kind, T, I> block{p, slices, indices, updates, y};
  launch(context, p.outer * block.blocks(), block, 1 + (1 << 14) / (1 + p.count * smaller(block.width, p.inner)));
#endif
}

// A mean: of integers rounded down.
template <class T>
ARHAT_HD inline T scatter_mean(T sum, int count) {
  if constexpr (std::is_integral_v<T>) {
    const T n = static_cast<T>(count), quotient = static_cast<T>(sum / n);
    return sum < T(0) && quotient * n != sum ? static_cast<T>(quotient - 1) : quotient;
  } else {
    return sum / static_cast<T>(count);
  }
}

// Index: line of the indices along the axis. `counts`: how many elements have gone into a mean, one number for each
// element of y; unused otherwise.
template <Scatter kind, class T, class I>
struct ScatterLine {
  ScatterElementsParams p;
  const I* indices;
  const T* updates;
  T* y;
  int* counts;

  ARHAT_HD void operator()(int64_t line) const {
    const PairOffset o = pair_offset(line, p.rank, p.size, p.in, p.at);
    if (!p.initial || kind == Scatter::mean) {
      for (int64_t i = 0; i < p.count; ++i) {
        const int64_t to = place(o, i);
        if (to < 0) continue;
        if (!p.initial) y[to] = scatter_start<kind, T>();
        if (kind == Scatter::mean) counts[to] = p.initial ? 1 : 0;
      }
    }
    for (int64_t i = 0; i < p.count; ++i) {
      const int64_t to = place(o, i);
      if (to < 0) continue;
      y[to] = scatter_step<kind>(y[to], updates[o.out + i * p.axis_at]);
      if (kind == Scatter::mean) ++counts[to];
    }
    if constexpr (kind == Scatter::mean) {
      for (int64_t i = 0; i < p.count; ++i) {
        const int64_t to = place(o, i);
        if (to < 0 || counts[to] == 0) continue;
        y[to] = scatter_mean(y[to], counts[to]);
        counts[to] = 0;
      }
    }
  }

 private:
  ARHAT_HD int64_t place(PairOffset o, int64_t i) const {
    const int64_t at = position(static_cast<int64_t>(indices[o.out + i * p.axis_at]), p.extent);
    return at < 0 ? -1 : o.in + at * p.axis_in;
  }
};

// Index: element of the indices, line by line. The first update of an element does the work of all of them.
template <Scatter kind, class T, class I>
struct ScatterElement {
  ScatterElementsParams p;
  const I* indices;
  const T* updates;
  T* y;

  ARHAT_HD void operator()(int64_t index) const {
    const PairOffset o = pair_offset(index / p.count, p.rank, p.size, p.in, p.at);
    const int64_t update = index % p.count, own = place(o, update);
    if (own < 0) return;
    for (int64_t i = 0; i < update; ++i)
      if (place(o, i) == own) return;
    T& to = y[o.in + own * p.axis_in];
    T value = p.initial ? to : scatter_start<kind, T>();
    int count = p.initial ? 1 : 0;
    for (int64_t i = update; i < p.count; ++i) {
      if (place(o, i) != own) continue;
      value = scatter_step<kind>(value, updates[o.out + i * p.axis_at]);
      ++count;
    }
    if constexpr (kind == Scatter::mean) value = scatter_mean(value, count);
    to = value;
  }

 private:
  ARHAT_HD int64_t place(PairOffset o, int64_t i) const {
    return position(static_cast<int64_t>(indices[o.out + i * p.axis_at]), p.extent);
  }
};

// `scatter_elements` as a GPU runs it where lines are few, but for the copy of x.
template <Scatter kind, class T, class I>
void scatter_each(Context context, const ScatterElementsParams& p, const I* indices, const T* updates, T* y) {
  launch(context, elements(p.rank, p.size) * p.count, ScatterElement<kind, T, I>{p, indices, updates, y});
}

// scratch: an int for each element of x where `kind` is mean, else nothing.
template <Scatter kind, class T, class I>
void scatter_elements(Context context, const ScatterElementsParams& p, int64_t size, const T* x, const I* indices,
                      const T* updates, T* y, void* scratch) {
  strided_copy(context, CopyParams{1, {size}, {1}, {1}}, x, y);
#ifdef __CUDACC__
  if (elements(p.rank, p.size) < 8192) return scatter_each<kind>(context, p, indices, updates, y);
#endif
  launch(context, elements(p.rank, p.size),
         ScatterLine<kind, T, I>{p, indices, updates, y, static_cast<int*>(scratch)}, 1 + (1 << 13) / (1 + p.count));
}

}  // namespace ARHAT_ISA
}  // namespace arhat

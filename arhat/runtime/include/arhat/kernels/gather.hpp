// Slices and single elements named by indices (OpenVINO Gather-1, -7, -8, GatherND-5, -8, GatherElements-6), and what is
// like it: OneHot-1, -16, Bucketize-3, ReverseSequence-1. All tensors dense. An index below 0 counts from the end.
#pragma once

#include "launch.hpp"

namespace arhat {

// x [batches][outer][axis][inner], indices [batches][indices], y [batches][outer][indices][inner].
struct GatherParams {
  int64_t batches, outer, axis, inner, indices;
};

// x [batches][extent...][inner], indices [batches][count][depth], y [batches][count][inner]: a tuple of `depth`
// positions, one for each extent, names a slice.
struct GatherNdParams {
  int64_t batches, count, inner;
  int depth;
  int64_t extent[8];
};

// Extents of the result and the strides, in elements, of x along its axes; that of the gathered axis is 0 and stands
// in axis_in. `extent`: of that axis in x.
struct GatherElementsParams {
  int rank;
  int64_t size[8], in[8];
  int64_t extent, axis_in;
};

// x and y [outer][a][middle][b][inner]: of `a` and `b` one is the batch axis, the other that along which elements go.
struct ReverseSequenceParams {
  int64_t outer, a, middle, b, inner;
  bool batch_first;
};

inline namespace ARHAT_ISA {

// Index: slice of the output, `width` of its elements.
template <class T, class I>
struct GatherSlice {
  GatherParams p;
  int64_t width, parts;
  const T* x;
  const I* indices;
  T* y;

  ARHAT_HD void operator()(int64_t index) const {
    const int64_t slice = parts == 1 ? index : index / parts, first = (index - slice * parts) * width;
    const int64_t group = slice / p.indices;  // batch and outer
    int64_t at = static_cast<int64_t>(indices[group / p.outer * p.indices + slice % p.indices]);
    if (at < 0) at += p.axis;
    T* to = y + slice * p.inner;
    const T* from = x + (group * p.axis + at) * p.inner;
    // OpenVINO fills with zeros where an index is out of range.
    const bool inside = at >= 0 && at < p.axis;
    for (int64_t i = first; i < first + width; ++i) to[i] = inside ? from[i] : T(0);
  }
};

template <class T, class I>
void gather(Context context, const GatherParams& p, const T* x, const I* indices, T* y) {
  if (p.inner == 0) return;
  const int64_t width = elements_of_index(p.inner), parts = p.inner / width;
  launch(context, p.batches * p.outer * p.indices * parts, GatherSlice<T, I>{p, width, parts, x, indices, y},
         1 + (1 << 14) / (p.inner + 1));
}

// Index: slice of the output, `width` of its elements.
template <class T, class I>
struct GatherTuple {
  GatherNdParams p;
  int64_t slices, width, parts;
  const T* x;
  const I* indices;
  T* y;

  ARHAT_HD void operator()(int64_t index) const {
    const int64_t tuple = parts == 1 ? index : index / parts, first = (index - tuple * parts) * width;
    int64_t slice = 0;
    bool inside = true;
    for (int k = 0; k < p.depth; ++k) {
      int64_t at = static_cast<int64_t>(indices[tuple * p.depth + k]);
      if (at < 0) at += p.extent[k];
      inside = inside && at >= 0 && at < p.extent[k];
      slice = inside ? slice * p.extent[k] + at : 0;
    }
    const T* from = x + (tuple / p.count * slices + slice) * p.inner;
    T* to = y + tuple * p.inner;
    for (int64_t i = first; i < first + width; ++i) to[i] = inside ? from[i] : T(0);
  }
};

template <class T, class I>
void gather_nd(Context context, const GatherNdParams& p, const T* x, const I* indices, T* y) {
  int64_t slices = 1;
  for (int k = 0; k < p.depth; ++k) slices *= p.extent[k];
  if (p.inner == 0) return;
  const int64_t width = elements_of_index(p.inner), parts = p.inner / width;
  launch(context, p.batches * p.count * parts, GatherTuple<T, I>{p, slices, width, parts, x, indices, y},
         1 + (1 << 14) / (p.inner + 1));
}

// Index: element of the output.
template <class T, class I>
struct GatherElement {
  GatherElementsParams p;
  const T* x;
  const I* indices;
  T* y;

  ARHAT_HD void operator()(int64_t index) const {
    int64_t at = static_cast<int64_t>(indices[index]), from = 0, rest = index;
    if (at < 0) at += p.extent;
    for (int i = p.rank - 1; i >= 0; --i) {
      from += rest % p.size[i] * p.in[i];
      rest /= p.size[i];
    }
    y[index] = at >= 0 && at < p.extent ? x[from + at * p.axis_in] : T(0);
  }
};

template <class T, class I>
void gather_elements(Context context, const GatherElementsParams& p, const T* x, const I* indices, T* y) {
  int64_t n = 1;
  for (int i = 0; i < p.rank; ++i) n *= p.size[i];
  launch(context, n, GatherElement<T, I>{p, x, indices, y}, 1 << 12);
}

// Index: element of the output [outer][depth][inner].
template <class T, class I>
struct OneHotElement {
  int64_t depth, inner;
  bool normalize;
  const I* indices;
  const T* on;
  const T* off;
  T* y;

  ARHAT_HD void operator()(int64_t index) const {
    const int64_t i = index % inner, d = index / inner % depth, o = index / inner / depth;
    int64_t at = static_cast<int64_t>(indices[o * inner + i]);
    if (normalize && at < 0) at += depth;
    y[index] = at == d ? *on : *off;
  }
};

// `normalize`: negative indices count from the end.
template <class T, class I>
void one_hot(Context context, int64_t outer, int64_t depth, int64_t inner, bool normalize, const I* indices,
             const T* on, const T* off, T* y) {
  launch(context, outer * depth * inner, OneHotElement<T, I>{depth, inner, normalize, indices, on, off, y}, 1 << 12);
}

// Index: element. Halves the range of buckets that the interval can end at.
template <class T, class I>
struct BucketizeElement {
  int64_t count;
  bool right_bound;
  const T* x;
  const T* buckets;
  I* y;

  ARHAT_HD void operator()(int64_t index) const {
    int64_t low = 0, high = count;
    while (low < high) {
      const int64_t middle = low + (high - low) / 2;
      const bool below = right_bound ? buckets[middle] < x[index] : !(x[index] < buckets[middle]);
      low = below ? middle + 1 : low;
      high = below ? high : middle;
    }
    y[index] = static_cast<I>(low);
  }
};

template <class T, class I>
void bucketize(Context context, int64_t n, int64_t count, bool right_bound, const T* x, const T* buckets, I* y) {
  launch(context, n, BucketizeElement<T, I>{count, right_bound, x, buckets, y}, 1 << 10);
}

// Index: run of the inner elements, `width` of them.
template <class T, class I>
struct ReverseRun {
  ReverseSequenceParams p;
  int64_t width, parts;
  const T* x;
  const I* lengths;
  T* y;

  ARHAT_HD void operator()(int64_t number) const {
    const int64_t index = parts == 1 ? number : number / parts, first = (number - index * parts) * width;
    const int64_t b = index % p.b, m = index / p.b % p.middle, a = index / p.b / p.middle % p.a;
    const int64_t outer = index / p.b / p.middle / p.a;
    const int64_t length = smaller(static_cast<int64_t>(lengths[p.batch_first ? a : b]), p.batch_first ? p.b : p.a);
    const int64_t at = p.batch_first ? b : a;
    const int64_t source = at < length ? length - 1 - at : at;
    const int64_t from = p.batch_first ? ((outer * p.a + a) * p.middle + m) * p.b + source
                                       : ((outer * p.a + source) * p.middle + m) * p.b + b;
    for (int64_t i = first; i < first + width; ++i) y[index * p.inner + i] = x[from * p.inner + i];
  }
};

template <class T, class I>
void reverse_sequence(Context context, const ReverseSequenceParams& p, const T* x, const I* lengths, T* y) {
  if (p.inner == 0) return;
  const int64_t width = elements_of_index(p.inner), parts = p.inner / width;
  launch(context, p.outer * p.a * p.middle * p.b * parts, ReverseRun<T, I>{p, width, parts, x, lengths, y},
         1 + (1 << 14) / (p.inner + 1));
}

}  // namespace ARHAT_ISA
}  // namespace arhat

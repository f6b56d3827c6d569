// Slices along one axis, named by indices (OpenVINO Gather-1, -7, -8). All tensors dense.
#pragma once

#include "launch.hpp"

namespace arhat {

// x [batches][outer][axis][inner], indices [batches][indices], y [batches][outer][indices][inner].
struct GatherParams {
  int64_t batches, outer, axis, inner, indices;
};

inline namespace ARHAT_ISA {

// Index: slice of the output.
template <class T, class I>
struct GatherSlice {
  GatherParams p;
  const T* x;
  const I* indices;
  T* y;

  ARHAT_HD void operator()(int64_t slice) const {
    const int64_t group = slice / p.indices;  // batch and outer
    int64_t at = static_cast<int64_t>(indices[group / p.outer * p.indices + slice % p.indices]);
    if (at < 0) at += p.axis;
    T* to = y + slice * p.inner;
    const T* from = x + (group * p.axis + at) * p.inner;
    // OpenVINO fills with zeros where an index is out of range.
    const bool inside = at >= 0 && at < p.axis;
    for (int64_t i = 0; i < p.inner; ++i) to[i] = inside ? from[i] : T(0);
  }
};

template <class T, class I>
void gather(Context context, const GatherParams& p, const T* x, const I* indices, T* y) {
  launch(context, p.batches * p.outer * p.indices, GatherSlice<T, I>{p, x, indices, y},
         1 + (1 << 14) / (p.inner + 1));
}

}  // namespace ARHAT_ISA
}  // namespace arhat

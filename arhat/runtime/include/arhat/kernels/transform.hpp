// Images in another memory layout and element type, with channels of zeros added.
#pragma once

#include <type_traits>

#include "half.hpp"
#include "launch.hpp"

namespace arhat {

// x [n][c][h][w], y [n][out_c][h][w] with out_c >= c; strides in elements, in this order.
struct TransformParams {
  int64_t n, c, h, w, out_c;
  int64_t x[4], y[4];
};

inline namespace ARHAT_ISA {

template <class Out, class In>
ARHAT_HD Out transformed(In value) {
  if constexpr (std::is_same_v<Out, In>) {
    return value;
  } else if constexpr (std::is_class_v<Out> || std::is_class_v<In>) {
    return static_cast<Out>(static_cast<float>(value));
  } else {
    return static_cast<Out>(value);
  }
}

// Index: element of y, channels fastest.
template <class In, class Out>
struct TransformElement {
  TransformParams p;
  const In* x;
  Out* y;

  ARHAT_HD void operator()(int64_t index) const {
    const int64_t c = index % p.out_c, w = index / p.out_c % p.w, h = index / (p.out_c * p.w) % p.h;
    const int64_t n = index / (p.out_c * p.w * p.h);
    const int64_t from = n * p.x[0] + c * p.x[1] + h * p.x[2] + w * p.x[3];
    y[n * p.y[0] + c * p.y[1] + h * p.y[2] + w * p.y[3]] = c < p.c ? transformed<Out>(x[from]) : Out{};
  }
};

template <class In, class Out>
void transform(Context context, const TransformParams& p, const In* x, Out* y) {
  launch(context, p.n * p.out_c * p.h * p.w, TransformElement<In, Out>{p, x, y}, 1 << 12);
}

}  // namespace ARHAT_ISA
}  // namespace arhat

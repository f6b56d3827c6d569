// Activations at the end of a kernel.
#pragma once

#include "../vec.hpp"
#include "tile.hpp"
#include "types.hpp"

namespace arhat {
inline namespace ARHAT_ISA {

// Cheap activations are part of a tile's store; the others pass over what has just been stored.
inline bool is_second_pass(Act act) {
  return act != Act::none && act != Act::relu && act != Act::clamp && act != Act::leaky_relu;
}

inline void set_finish(Tile& t, const Epilogue& e) {
  t.finish = Finish::linear;
  t.residual_last = e.residual_last;
  if (e.act == Act::relu || e.act == Act::clamp) {
    t.finish = Finish::clamp;
    t.low = e.act == Act::relu ? 0 : e.a;
    t.high = e.act == Act::relu ? __builtin_inff() : e.b;
  } else if (e.act == Act::leaky_relu) {
    t.finish = Finish::leaky;
    t.low = e.a;
  }
}

ARHAT_INLINE vf finish_vector(const Tile& t, vf z) {
  switch (t.finish) {
    case Finish::clamp: return at_most(at_least(z, splat(t.low)), splat(t.high));
    case Finish::leaky: return z < vf{} ? z * t.low : z;
    default: return z;
  }
}

// Calls f with a function that applies the activation to the vector of channels at (x, slope).
template <class F>
ARHAT_INLINE void with_activation(const Epilogue& e, F f) {
  const vf zero{}, a = splat(e.a), b = splat(e.b);
  switch (e.act) {
    case Act::none: f([](vf x, vf) { return x; }); break;
    case Act::relu: f([&](vf x, vf) { return at_least(x, zero); }); break;
    case Act::leaky_relu: f([&](vf x, vf) { return x < zero ? x * a : x; }); break;
    case Act::clamp: f([&](vf x, vf) { return at_most(at_least(x, a), b); }); break;
    case Act::sigmoid: f([](vf x, vf) { return vsigmoid(x); }); break;
    case Act::elu: f([&](vf x, vf) { return x < zero ? a * vexpm1(x) : x; }); break;
    case Act::tanh: f([](vf x, vf) { return vtanh(x); }); break;
    case Act::swish: f([&](vf x, vf) { return x * vsigmoid(a * x); }); break;
    case Act::hswish: f([&](vf x, vf) { return x * at_most(at_least(x + 3.f, zero), splat(6.f)) * (1.f / 6.f); }); break;
    case Act::mish:
      // tanh(log(1 + u)) = (u^2 + 2u) / (u^2 + 2u + 2) with u = e^x; 1 to the last bit from x = 20 on.
      f([](vf x, vf) {
        const vf u = vexp(at_most(x, splat(20.f)));
        const vf v = u * (u + 2.f);
        return x * (v / (v + 2.f));
      });
      break;
    case Act::prelu: f([&](vf x, vf slope) { return x < zero ? x * slope : x; }); break;
  }
}

// Applies e.act to `vectors` vectors of channels, from `channel` on, of the `count` pixels at c.
inline ARHAT_NOINLINE void activate(float* c, const std::ptrdiff_t* offset, int count, int vectors, const Epilogue& e, int channel) {
  with_activation(e, [&](auto f) {
    for (int j = 0; j < vectors * VL; j += VL) {
      const vf slope = e.slope ? load(e.slope + channel + j) : vf{};
      for (int p = 0; p < count; ++p) store(c + offset[p] + j, f(load(c + offset[p] + j), slope));
    }
  });
}

// The same for channels [first, last) of one pixel, which need not fill a vector.
inline ARHAT_NOINLINE void activate_partial(float* pixel, const Epilogue& e, int first, int last) {
  with_activation(e, [&](auto f) {
    for (int c = first; c < last; c += VL) {
      const int lanes = imin(VL, last - c);
      const vf slope = e.slope ? load_first(e.slope + c, lanes) : vf{};
      store_first(pixel + c, f(load_first(pixel + c, lanes), slope), lanes);
    }
  });
}

}  // namespace ARHAT_ISA
}  // namespace arhat

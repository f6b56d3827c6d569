// Prior boxes of a feature map (OpenVINO PriorBox-1 and -8, PriorBoxClustered-1): the same boxes around the centre of
// every cell.
#pragma once

#include "launch.hpp"

namespace arhat {

// A box relative to the centre of its cell, in pixels. `clip`: min is clipped at 0 and max at 1 (boxes of fixed size).
struct PriorShape {
  float x, y, half_width, half_height;
  bool clip;
};

// Boxes around (x + offset) * step. `clip`: all coordinates to [0, 1].
struct PriorBoxParams {
  int height, width, shapes;
  float image_height, image_width;
  float step_y, step_x, offset;
  bool clip;
  float variance[4];
};

inline namespace ARHAT_ISA {

// Index: cell and box, of some of the shapes. These lie in the memory of the host and therefore come along.
struct PriorBoxFunctor {
  static constexpr int most = 32;
  PriorBoxParams p;
  int first, count;
  float* y;
  PriorShape shapes[most];

  ARHAT_HD void operator()(int64_t number) const {
    const PriorShape s = shapes[number % count];
    const int64_t cell = number / count, index = cell * p.shapes + first + number % count;
    const float cx = (static_cast<float>(cell % p.width) + p.offset) * p.step_x + s.x;
    const float cy = (static_cast<float>(cell / p.width) + p.offset) * p.step_y + s.y;
    float box[4] = {(cx - s.half_width) / p.image_width, (cy - s.half_height) / p.image_height,
                    (cx + s.half_width) / p.image_width, (cy + s.half_height) / p.image_height};
    const int64_t variances = static_cast<int64_t>(p.height) * p.width * p.shapes * 4;
    for (int i = 0; i < 4; ++i) {
      if (s.clip) box[i] = i < 2 ? larger(box[i], 0.f) : smaller(box[i], 1.f);
      y[index * 4 + i] = p.clip ? clamp(box[i], 0.f, 1.f) : box[i];
      y[variances + index * 4 + i] = p.variance[i];
    }
  }
};

// y [2][height * width * shapes * 4]: boxes, then variances. The shapes lie in the memory of the host.
inline void prior_box(Context context, const PriorBoxParams& p, const PriorShape* shapes, float* y) {
  for (int first = 0; first < p.shapes; first += PriorBoxFunctor::most) {
    PriorBoxFunctor f{p, first, smaller(p.shapes - first, PriorBoxFunctor::most), y, {}};
    for (int i = 0; i < f.count; ++i) f.shapes[i] = shapes[first + i];
    launch(context, static_cast<int64_t>(p.height) * p.width * f.count, f);
  }
}

}  // namespace ARHAT_ISA
}  // namespace arhat

// Activations of a YOLO head (OpenVINO RegionYolo-1): per region x, y, other coordinates, objectness, classes.
#pragma once

#include "launch.hpp"

namespace arhat {

// Input [images][regions * (coords + 1 + classes)][height][width] with strides in elements; output dense, same order.
struct RegionYoloParams {
  int images, regions, coords, classes, height, width;
  bool softmax;  // over the classes (YOLO v2), else each class has a sigmoid (v3)
  int64_t image, channel, row, pixel;
};

inline namespace ARHAT_ISA {

ARHAT_HD inline float sigmoid_of(float x) { return 1 / (1 + std::exp(-x)); }

// Index: image, region, location.
struct RegionYoloLocation {
  RegionYoloParams p;
  const float* x;
  float* y;

  ARHAT_HD void operator()(int64_t index) const {
    const int64_t plane = static_cast<int64_t>(p.height) * p.width, location = index % plane;
    const int64_t region = index / plane, entries = p.coords + 1 + p.classes;
    const float* from = x + region / p.regions * p.image + region % p.regions * entries * p.channel +
                        location / p.width * p.row + location % p.width * p.pixel;
    float* to = y + region * entries * plane + location;
    const int64_t sigmoids_end = p.softmax ? p.coords + 1 : entries;
    for (int64_t i = 0; i < sigmoids_end; ++i) {
      const float value = from[i * p.channel];
      to[i * plane] = i < 2 || i >= p.coords ? sigmoid_of(value) : value;
    }
    if (!p.softmax) return;
    from += sigmoids_end * p.channel;
    to += sigmoids_end * plane;
    float most = -INFINITY, sum = 0;
    for (int64_t i = 0; i < p.classes; ++i) most = larger(most, from[i * p.channel]);
    for (int64_t i = 0; i < p.classes; ++i) {
      const float e = std::exp(from[i * p.channel] - most);
      to[i * plane] = e;
      sum += e;
    }
    for (int64_t i = 0; i < p.classes; ++i) to[i * plane] /= sum;
  }
};

// Index: element, where every one is activated by itself.
struct RegionYoloElement {
  RegionYoloParams p;
  const float* x;
  float* y;

  ARHAT_HD void operator()(int64_t index) const {
    const int64_t plane = static_cast<int64_t>(p.height) * p.width, location = index % plane;
    const int64_t entries = p.coords + 1 + p.classes, entry = index / plane % entries, region = index / plane / entries;
    const float value = x[region / p.regions * p.image + (region % p.regions * entries + entry) * p.channel +
                          location / p.width * p.row + location % p.width * p.pixel];
    y[index] = entry < 2 || entry >= p.coords ? sigmoid_of(value) : value;
  }
};

#ifndef __CUDACC__

// Index: image, region, VL neighbouring locations of a dense plane.
struct RegionYoloLanes {
  RegionYoloParams p;
  const float* x;
  float* y;

  int64_t blocks() const { return (static_cast<int64_t>(p.height) * p.width + VL - 1) / VL; }

  void operator()(int64_t index) const {
    const int64_t plane = static_cast<int64_t>(p.height) * p.width, first = index % blocks() * VL;
    const int64_t region = index / blocks(), entries = p.coords + 1 + p.classes;
    const int lanes = static_cast<int>(smaller<int64_t>(VL, plane - first));
    const float* from = x + region / p.regions * p.image + region % p.regions * entries * plane + first;
    float* to = y + region * entries * plane + first;
    const int64_t sigmoids_end = p.softmax ? p.coords + 1 : entries;
    for (int64_t i = 0; i < sigmoids_end; ++i) {
      const vf value = load_first(from + i * plane, lanes);
      store_first(to + i * plane, i < 2 || i >= p.coords ? vsigmoid(value) : value, lanes);
    }
    if (!p.softmax) return;
    from += sigmoids_end * plane;
    to += sigmoids_end * plane;
    vf most = splat(-INFINITY), sum{};
    for (int64_t i = 0; i < p.classes; ++i) most = at_least(load_first(from + i * plane, lanes), most);
    for (int64_t i = 0; i < p.classes; ++i) {
      const vf e = vexp(load_first(from + i * plane, lanes) - most);
      store_first(to + i * plane, e, lanes);
      sum += e;
    }
    for (int64_t i = 0; i < p.classes; ++i)
      store_first(to + i * plane, load_first(to + i * plane, lanes) / sum, lanes);
  }
};

// Index: image, region, 16 neighbouring locations; the entries of a location lie side by side in the input. A square of
// 16 entries x 16 locations is computed along the entries and written along the locations.
struct RegionYoloPixels {
  static constexpr int edge = 16;
  RegionYoloParams p;
  const float* x;
  float* y;

  int64_t blocks() const { return (static_cast<int64_t>(p.height) * p.width + edge - 1) / edge; }

  void operator()(int64_t index) const {
    const int64_t plane = static_cast<int64_t>(p.height) * p.width, first = index % blocks() * edge;
    const int64_t region = index / blocks();
    const int entries = p.coords + 1 + p.classes;
    const int locations = static_cast<int>(smaller<int64_t>(edge, plane - first));
    const float* from[edge];
    float most[edge] = {}, scale[edge] = {};
    for (int i = 0; i < locations; ++i) {
      const int64_t at = first + i;
      from[i] = x + region / p.regions * p.image + region % p.regions * entries + at / p.width * p.row +
                at % p.width * p.pixel;
      if (p.softmax) prepare_softmax(from[i] + p.coords + 1, most[i], scale[i]);
    }
    for (int e = 0; e < entries; e += edge) {
      const int rows = smaller(edge, entries - e);
      float square[edge][edge];
      for (int i = 0; i < locations; ++i)
        for (int lane = 0; lane < rows; lane += VL) {
          const int lanes = smaller(VL, rows - lane);
          const vf value = load_first(from[i] + e + lane, lanes);
          store(square[i] + lane, activate(value, e + lane, most[i], scale[i]));
        }
      float* to = y + (region * entries + e) * plane + first;
      for (int row = 0; row < rows; ++row)
        for (int i = 0; i < locations; ++i) to[row * plane + i] = square[i][row];
    }
  }

 private:
  void prepare_softmax(const float* classes, float& most, float& scale) const {
    vf mosts = splat(-INFINITY), sums{};
    const int whole = p.classes / VL * VL, rest = p.classes - whole;
    for (int i = 0; i < whole; i += VL) mosts = at_least(load(classes + i), mosts);
    most = -INFINITY;
    for (int i = 0; i < VL; ++i) most = larger(most, mosts[i]);
    for (int i = whole; i < p.classes; ++i) most = larger(most, classes[i]);
    for (int i = 0; i < whole; i += VL) sums += vexp(load(classes + i) - most);
    const vf last = vexp(load_first(classes + whole, rest) - most);
    float sum = 0;
    for (int i = 0; i < VL; ++i) sum += sums[i] + (i < rest ? last[i] : 0.f);
    scale = 1 / sum;
  }

  // The activations of VL entries of one location, from entry `first` on.
  vf activate(vf value, int first, float most, float scale) const {
    vi entry{};
    for (int i = 0; i < VL; ++i) entry[i] = first + i;
    const vf result = entry < 2 || entry >= p.coords ? vsigmoid(value) : value;
    return p.softmax && first + VL > p.coords + 1 ? entry > p.coords ? vexp(value - most) * scale : result : result;
  }
};

#endif

// y may be x if x is dense.
inline void region_yolo(Context context, const RegionYoloParams& p, const float* x, float* y) {
  const int64_t regions = static_cast<int64_t>(p.images) * p.regions, plane = static_cast<int64_t>(p.height) * p.width;
#ifndef __CUDACC__
  if (p.pixel == 1 && p.row == p.width && p.channel == plane) {
    const RegionYoloLanes lanes{p, x, y};
    return launch(context, regions * lanes.blocks(), lanes, 8);
  }
  if (p.channel == 1) {
    const RegionYoloPixels pixels{p, x, y};
    return launch(context, regions * pixels.blocks(), pixels, 8);
  }
#else
  const int64_t entries = p.coords + 1 + p.classes;
  if (!p.softmax) return launch(context, regions * entries * plane, RegionYoloElement{p, x, y});
#endif
  launch(context, regions * plane, RegionYoloLocation{p, x, y}, 64);
}

}  // namespace ARHAT_ISA
}  // namespace arhat

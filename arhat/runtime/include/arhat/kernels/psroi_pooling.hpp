// Position-sensitive pooling: every cell of a box reads channels of its own (OpenVINO PSROIPooling-1).
#pragma once

#include "roi.hpp"

namespace arhat {

struct PsroiPoolingParams {
  RoiShape shape;  // rows == columns: the group size
  bool bilinear;
  int bins_down, bins_across;  // samples of each cell, for bilinear
  float spatial_scale;
};

inline namespace ARHAT_ISA {

// Index: box, row of cells, block of channels.
struct PoolPsroi {
  PsroiPoolingParams p;
  const float* x;
  const float* rois;  // [rois][5]: image, x0, y0, x1, y1
  float* y;

  ARHAT_HD static float edge(float side) {
    const float limit = 1 << 30;
    return side == side ? std::round(clamp(side, -limit, limit)) : 0;
  }

  // Where cell `at` is sampled in spatial bin `bin` of `bins` that divide a side of the box.
  ARHAT_HD float position(float start, float side, int bin, int bins, int at, int count, int size) const {
    const float part = side / static_cast<float>(bins), extent = static_cast<float>(size - 1);
    const float low = start + static_cast<float>(bin) * part, high = start + static_cast<float>(bin + 1) * part;
    if (count == 1) return 0.5f * (low + high) * extent;
    return static_cast<float>(at) * ((high - low) * extent / static_cast<float>(count - 1)) + low * extent;
  }

  ARHAT_HD static int pixel(float position, int size) {
    return static_cast<int>(clamp(position, 0.f, static_cast<float>(size)));
  }

  ARHAT_HD void operator()(int64_t index) const {
    const RoiShape& s = p.shape;
    const RoiRow r = roi_row(s, index);
    const float* roi = rois + r.roi * 5;
    const int image = roi_image(rois, 5, r.roi, s.images);
    if (image < 0) return clear_row(s, r, y);
    const float* from = x + image * s.in[0];
    float* to = y + r.roi * s.out[0] + r.row * s.out[2];
    if (p.bilinear) return sample(r, roi, from, to);

    const float left = edge(roi[1]) * p.spatial_scale, top = edge(roi[2]) * p.spatial_scale;
    const float right = edge(roi[3] + 1) * p.spatial_scale, bottom = edge(roi[4] + 1) * p.spatial_scale;
    const float across = larger(right - left, 0.1f) / static_cast<float>(s.columns);
    const float down = larger(bottom - top, 0.1f) / static_cast<float>(s.rows);
    const float row = static_cast<float>(r.row);
    const int row0 = pixel(std::floor(row * down + top), s.height);
    const int row1 = pixel(std::ceil((row + 1) * down + top), s.height);
    for (int cell = 0; cell < s.columns; ++cell, to += s.out[3]) {
      const float column = static_cast<float>(cell);
      const int column0 = pixel(std::floor(column * across + left), s.width);
      const int column1 = pixel(std::ceil((column + 1) * across + left), s.width);
      const bool empty = row0 >= row1 || column0 >= column1;
      const float area = static_cast<float>((row1 - row0) * (column1 - column0));
      for (int c = r.first; c < r.last; ++c) {
        const float* plane = from + ((static_cast<int64_t>(c) * s.rows + r.row) * s.columns + cell) * s.in[1];
        float sum = 0;
        for (int i = row0; i < row1 && !empty; ++i)
          for (int k = column0; k < column1; ++k) sum += plane[i * s.in[2] + k * s.in[3]];
        to[c * s.out[1]] = empty ? 0 : sum / area;
      }
    }
  }

  ARHAT_HD void sample(const RoiRow& r, const float* roi, const float* from, float* to) const {
    const RoiShape& s = p.shape;
    const float left = roi[1] * p.spatial_scale, top = roi[2] * p.spatial_scale;
    const float across = roi[3] * p.spatial_scale - left, down = roi[4] * p.spatial_scale - top;
    const int64_t in = s.in[1], out = s.out[1];
    const float count = static_cast<float>(p.bins_down * p.bins_across);
    for (int column = 0; column < s.columns; ++column, to += s.out[3]) {
      each_channel(r.first, r.last, 1, out, [&](int64_t, int64_t o) { to[o] = 0; });
      for (int i = 0; i < p.bins_down; ++i) {
        const float at_y = position(top, down, i, p.bins_down, r.row, s.rows, s.height);
        for (int k = 0; k < p.bins_across; ++k) {
          const float at_x = position(left, across, k, p.bins_across, column, s.columns, s.width);
          if (!lies_inside(s, at_y, at_x)) continue;
          const BilinearTap tap = bilinear_tap(s, at_y, at_x);
          const float* bin = from + static_cast<int64_t>(i * p.bins_across + k) * s.out_channels * in;
          each_channel(r.first, r.last, in, out, [&](int64_t c, int64_t o) { to[o] += bilinear(tap, bin + c); });
        }
      }
      each_channel(r.first, r.last, 1, out, [&](int64_t, int64_t o) { to[o] /= count; });
    }
  }
};

inline void psroi_pooling(Context context, const PsroiPoolingParams& p, const float* x, const float* rois, float* y) {
  launch(context, roi_rows(p.shape), PoolPsroi{p, x, rois, y}, 4);
}

}  // namespace ARHAT_ISA
}  // namespace arhat

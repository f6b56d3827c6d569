// Boxes of a feature map in cells: maximum of each cell, or one bilinear sample (OpenVINO ROIPooling-1 and -2).
#pragma once

#include "roi.hpp"

namespace arhat {

struct RoiPoolingParams {
  RoiShape shape;
  bool bilinear;
  float spatial_scale;  // of the boxes, for the maximum; bilinear boxes are fractions of the image
};

inline namespace ARHAT_ISA {

// Index: box, row of cells, block of channels.
struct PoolRoi {
  RoiPoolingParams p;
  const float* x;
  const float* rois;  // [rois][5]: image, x0, y0, x1, y1
  float* y;

  // Where cell `at` of `count` is sampled on an axis of `size`; the last one exactly at the end.
  ARHAT_HD static float position(float start, float end, int at, int count, int size) {
    const float last = static_cast<float>(size - 1);
    if (count == 1) return 0.5f * (start + end) * last;
    if (at == count - 1) return end * last;
    return static_cast<float>(at) * ((end - start) * last / static_cast<float>(count - 1)) + start * last;
  }

  // First and last (exclusive) pixel of cell `at`, a box of `extent` pixels from `start` on divided by `count`.
  ARHAT_HD static int first(int64_t start, int64_t extent, int at, int count, int size) {
    return static_cast<int>(clamp<int64_t>(at * extent / count + start, 0, size));
  }
  ARHAT_HD static int last(int64_t start, int64_t extent, int at, int count, int size) {
    return static_cast<int>(clamp<int64_t>(((at + 1) * extent + count - 1) / count + start, 0, size));
  }

  ARHAT_HD void operator()(int64_t index) const {
    const RoiShape& s = p.shape;
    const RoiRow r = roi_row(s, index);
    const float* roi = rois + r.roi * 5;
    const int image = roi_image(rois, 5, r.roi, s.images);
    if (image < 0) return clear_row(s, r, y);
    const float* from = x + image * s.in[0];
    float* to = y + r.roi * s.out[0] + r.row * s.out[2];
    const int64_t in = s.in[1], out = s.out[1];
    const auto zero = [&] { each_channel(r.first, r.last, 1, out, [&](int64_t, int64_t o) { to[o] = 0; }); };
    if (p.bilinear) {
      const float at_y = position(roi[2], roi[4], r.row, s.rows, s.height);
      for (int column = 0; column < s.columns; ++column, to += s.out[3]) {
        const float at_x = position(roi[1], roi[3], column, s.columns, s.width);
        if (!lies_inside(s, at_y, at_x)) {
          zero();
          continue;
        }
        const BilinearTap tap = bilinear_tap(s, at_y, at_x);
        each_channel(r.first, r.last, in, out, [&](int64_t i, int64_t o) { to[o] = bilinear(tap, from + i); });
      }
      return;
    }
    const int left = to_pixel(roi[1] * p.spatial_scale), top = to_pixel(roi[2] * p.spatial_scale);
    const int64_t across = larger<int64_t>(int64_t{to_pixel(roi[3] * p.spatial_scale)} - left + 1, 1);
    const int64_t down = larger<int64_t>(int64_t{to_pixel(roi[4] * p.spatial_scale)} - top + 1, 1);
    const int row0 = first(top, down, r.row, s.rows, s.height), row1 = last(top, down, r.row, s.rows, s.height);
    for (int column = 0; column < s.columns; ++column, to += s.out[3]) {
      const int column0 = first(left, across, column, s.columns, s.width);
      const int column1 = last(left, across, column, s.columns, s.width);
      if (row0 >= row1 || column0 >= column1) {
        zero();
        continue;
      }
      bool begun = false;
      for (int row = row0; row < row1; ++row) {
        for (int k = column0; k < column1; ++k, begun = true) {
          const float* pixel = from + row * s.in[2] + k * s.in[3];
          each_channel(r.first, r.last, in, out, [&](int64_t i, int64_t o) {
            to[o] = begun ? larger(to[o], pixel[i]) : pixel[i];
          });
        }
      }
    }
  }
};

inline void roi_pooling(Context context, const RoiPoolingParams& p, const float* x, const float* rois, float* y) {
  launch(context, roi_rows(p.shape), PoolRoi{p, x, rois, y}, 4);
}

}  // namespace ARHAT_ISA
}  // namespace arhat

// Mean or maximum of bilinear samples in the cells of boxes (OpenVINO ROIAlign-3 and -9).
#pragma once

#include "roi.hpp"

namespace arhat {

enum class RoiAligned { asymmetric, half_pixel_for_nn, half_pixel };

struct RoiAlignParams {
  RoiShape shape;
  bool max;
  RoiAligned aligned;
  int sampling_ratio;  // samples along a side of a cell; 0: one per pixel
  float spatial_scale;
};

inline namespace ARHAT_ISA {

// Samples along one side of a cell; only a box of absurd size would want more.
constexpr int max_roi_samples = 4096;

// Index: box, row of cells, block of channels.
template <class I>
struct AlignRoi {
  RoiAlignParams p;
  const float* x;
  const float* rois;  // [rois][4]: x0, y0, x1, y1
  const I* batch;
  float* y;

  // The pixels that a sample lies between, and the weight of the second.
  struct Tap {
    int low, high;
    float part;
    bool inside;
  };

  ARHAT_HD static Tap tap(float at, int size) {
    if (!(at >= -1 && at <= static_cast<float>(size))) return {0, 0, 0, false};
    at = larger(at, 0.f);
    const int low = smaller(static_cast<int>(at), size - 1);
    if (low == size - 1) return {low, low, 0, true};
    return {low, low + 1, at - static_cast<float>(low), true};
  }

  ARHAT_HD int samples(float cell) const {
    if (p.sampling_ratio > 0) return p.sampling_ratio;
    const float limit = max_roi_samples;
    return cell - cell == 0 ? static_cast<int>(clamp(std::ceil(cell), 0.f, limit)) : 0;
  }

  ARHAT_HD void operator()(int64_t index) const {
    const RoiShape& s = p.shape;
    const RoiRow r = roi_row(s, index);
    const int image = roi_image(batch, 1, r.roi, s.images);
    if (image < 0) return clear_row(s, r, y);
    const float before = p.aligned == RoiAligned::half_pixel ? 0.5f : 0.f;
    const float after = p.aligned == RoiAligned::asymmetric ? 0.f : -0.5f;
    float box[4];
    for (int i = 0; i < 4; ++i) box[i] = (rois[r.roi * 4 + i] + before) * p.spatial_scale + after;
    float across = box[2] - box[0], down = box[3] - box[1];
    if (p.aligned == RoiAligned::asymmetric) {
      across = larger(across, 1.f);
      down = larger(down, 1.f);
    }
    const float cell_w = across / static_cast<float>(s.columns), cell_h = down / static_cast<float>(s.rows);
    const int nx = samples(cell_w), ny = samples(cell_h);
    if (nx == 0 || ny == 0) return clear_row(s, r, y);
    const float step_w = cell_w / static_cast<float>(nx), step_h = cell_h / static_cast<float>(ny);
    const float scale = 1 / (static_cast<float>(nx) * static_cast<float>(ny));

    const float* from = x + image * s.in[0];
    float* to = y + r.roi * s.out[0] + r.row * s.out[2];
    const int64_t in = s.in[1], out = s.out[1];
    for (int column = 0; column < s.columns; ++column, to += s.out[3]) {
      each_channel(r.first, r.last, 1, out, [&](int64_t, int64_t o) { to[o] = 0; });
      for (int i = 0; i < ny; ++i) {
        const Tap v = tap(box[1] + static_cast<float>(r.row) * cell_h + step_h * (0.5f + static_cast<float>(i)), s.height);
        if (!v.inside) continue;
        for (int k = 0; k < nx; ++k) {
          const Tap h =
              tap(box[0] + static_cast<float>(column) * cell_w + step_w * (0.5f + static_cast<float>(k)), s.width);
          if (!h.inside) continue;
          const float* a = from + v.low * s.in[2] + h.low * s.in[3];
          const float* b = from + v.low * s.in[2] + h.high * s.in[3];
          const float* c = from + v.high * s.in[2] + h.low * s.in[3];
          const float* d = from + v.high * s.in[2] + h.high * s.in[3];
          const float wa = (1 - v.part) * (1 - h.part), wb = (1 - v.part) * h.part;
          const float wc = v.part * (1 - h.part), wd = v.part * h.part;
          if (p.max) {
            each_channel(r.first, r.last, in, out, [&](int64_t e, int64_t o) {
              to[o] = larger(to[o], wa * a[e] + wb * b[e] + wc * c[e] + wd * d[e]);
            });
          } else {
            each_channel(r.first, r.last, in, out, [&](int64_t e, int64_t o) {
              to[o] += wa * a[e] + wb * b[e] + wc * c[e] + wd * d[e];
            });
          }
        }
      }
      if (!p.max) each_channel(r.first, r.last, 1, out, [&](int64_t, int64_t o) { to[o] *= scale; });
    }
  }
};

template <class I>
void roi_align(Context context, const RoiAlignParams& p, const float* x, const float* rois, const I* batch, float* y) {
  launch(context, roi_rows(p.shape), AlignRoi<I>{p, x, rois, batch, y}, 4);
}

}  // namespace ARHAT_ISA
}  // namespace arhat

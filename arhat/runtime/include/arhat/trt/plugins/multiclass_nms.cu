// MulticlassNms: the best boxes of all classes that overlap no better one (OpenVINO MulticlassNms-8, -9).
#include "selected.hpp"

namespace arhat::trt {
namespace {

struct MulticlassNmsPlugin : SelectedDescription {
  static constexpr const char* name = "MulticlassNms";

  float iou_threshold = 0, nms_eta = 1;

  template <class F>
  void fields(F& f) {
    shared_fields(f);
    f.may("iou_threshold", iou_threshold, Real{});
    f.may("nms_eta", nms_eta, Real{});
  }

  SelectedParams params(const Tensors& in, const Tensors& out) const {
    SelectedParams p = shared_params(in, out, false);
    p.iou_threshold = iou_threshold;
    p.eta = nms_eta;
    return p;
  }

  int64_t scratch(const Tensors& in, const Tensors& out) const { return selected_scratch(params(in, out)); }

  void launch(const Call& c) const { select(c, params(c.in, c.out)); }
};

const Registered<MulticlassNmsPlugin> registered;

}  // namespace
}  // namespace arhat::trt

// MatrixNms: boxes whose scores are lowered by overlap with better ones (OpenVINO MatrixNms-8).
#include "selected.hpp"

namespace arhat::trt {
namespace {

struct MatrixNmsPlugin : SelectedDescription {
  static constexpr const char* name = "MatrixNms";

  Word decay_function;
  float gaussian_sigma = 2, post_threshold = 0;

  template <class F>
  void fields(F& f) {
    shared_fields(f);
    f.may("decay_function", decay_function, Words{{"linear", "gaussian"}});
    f.may("gaussian_sigma", gaussian_sigma, Real{});
    f.may("post_threshold", post_threshold, Real{});
  }

  SelectedParams params(const Tensors& in, const Tensors& out) const {
    SelectedParams p = shared_params(in, out, true);
    p.linear = decay_function.index == 0;
    p.sigma = gaussian_sigma;
    p.post_threshold = post_threshold;
    return p;
  }

  int64_t scratch(const Tensors& in, const Tensors& out) const { return selected_scratch(params(in, out)); }

  void launch(const Call& c) const { select(c, params(c.in, c.out)); }
};

const Registered<MatrixNmsPlugin> registered;

}  // namespace
}  // namespace arhat::trt

// Instantiates every kernel for a GPU; compiling it is the test.
#include "arhat/kernels/copy.hpp"
#include "arhat/kernels/ctc_blocks.hpp"
#include "arhat/kernels/deformable.hpp"
#include "arhat/kernels/detection_blocks.hpp"
#include "arhat/kernels/elementwise.hpp"
#include "arhat/kernels/gather.hpp"
#include "arhat/kernels/group_blocks.hpp"
#include "arhat/kernels/interpolate.hpp"
#include "arhat/kernels/lrn.hpp"
#include "arhat/kernels/multiclass_blocks.hpp"
#include "arhat/kernels/nms_blocks.hpp"
#include "arhat/kernels/pooling.hpp"
#include "arhat/kernels/prior_box.hpp"
#include "arhat/kernels/product.hpp"
#include "arhat/kernels/proposal_blocks.hpp"
#include "arhat/kernels/psroi_pooling.hpp"
#include "arhat/kernels/region_yolo.hpp"
#include "arhat/kernels/resample.hpp"
#include "arhat/kernels/roi_align.hpp"
#include "arhat/kernels/roi_pooling.hpp"
#include "arhat/kernels/scatter.hpp"
#include "arhat/kernels/topk_blocks.hpp"
#include "arhat/kernels/transform.hpp"

namespace arhat {

// What is printed for a region, as a functor.
struct Gate {
  template <class V>
  ARHAT_HD V operator()(V a0, V a1) const {
    const auto t0 = a0 * a1;
    const auto t1 = math::erf(math::log1p(math::exp(math::minimum(t0, math::like(a0, 20.0f)))));
    return math::maximum(math::floor(t1), math::like(a0, 0.0f)) + math::pow(a0, a1) + math::round(a1);
  }
};

struct Integers {
  ARHAT_HD int64_t operator()(int64_t a0, float a1) const {
    const auto t0 = math::add(math::multiply(a0, math::convert<int64_t>(a1)), math::floor_divide(a0, int64_t{3}));
    const auto t1 = math::remainder(math::divide(t0, int64_t{5}), int64_t{7});
    return math::convert<bool>(a1) ? math::convert<uint8_t>(static_cast<float>(half(a1))) : t1;
  }
};

struct Halves {
  ARHAT_HD half operator()(half a0, half a1) const {
    return math::convert<half>(math::convert<float>(a0) * math::convert<float>(a1));
  }
};

void every_kernel(cudaStream_t stream, const float* x, const int64_t* i, float* y, int64_t* j, void* scratch) {
  const half* h = nullptr;
  half* k = nullptr;
  const bfloat16* b = nullptr;
  bfloat16* c = nullptr;
  strided_copy(stream, CopyParams{}, x, y);
  strided_copy(stream, CopyParams{}, h, k);
  strided_copy(stream, CopyParams{}, i, j);
  pad(stream, PadParams{}, 0.0f, x, y);
  transform(stream, TransformParams{}, x, k);
  transform(stream, TransformParams{}, h, y);
  transform(stream, TransformParams{}, x, reinterpret_cast<int8_t*>(y));
  transform(stream, TransformParams{}, reinterpret_cast<const uint8_t*>(x), c);
  detection_output(stream, DetectionOutputParams{}, x, x, x, x, x, scratch, y);
  elementwise(stream, ElementwiseParams<2>{}, Gate{}, y, x, x);
  elementwise_scalar(stream, ElementwiseParams<2>{}, Integers{}, j, i, x);
  elementwise_scalar(stream, ElementwiseParams<2>{}, Halves{}, k, h, h);
  gather(stream, GatherParams{}, x, i, y);
  gather_nd(stream, GatherNdParams{}, x, i, y);
  gather_elements(stream, GatherElementsParams{}, x, i, y);
  one_hot(stream, 1, 1, 1, true, i, x, x, y);
  bucketize(stream, 1, 1, true, x, x, j);
  reverse_sequence(stream, ReverseSequenceParams{}, x, i, y);
  scatter<Scatter::none>(stream, ScatterParams{}, x, i, x, y);
  scatter<Scatter::max>(stream, ScatterParams{}, i, i, i, j);
  scatter_elements<Scatter::sum>(stream, ScatterElementsParams{}, 1, i, i, i, j, scratch);
  scatter_elements<Scatter::mean>(stream, ScatterElementsParams{}, 1, x, i, x, y, scratch);
  topk(stream, TopKParams{}, x, y, j);
  topk(stream, TopKParams{}, h, k, j, scratch);
  topk(stream, TopKParams{}, i, j, j, scratch);
  non_max_suppression(stream, NmsParams{}, x, x, scratch, j, y, j);
  non_zero(stream, NonZeroParams{}, x, j, j);
  select_boxes(stream, SelectedParams{}, x, x, scratch, y, j, j);
  proposal(stream, ProposalParams{}, nullptr, x, x, x, scratch, y, y);
  roi_pooling(stream, RoiPoolingParams{}, x, x, y);
  roi_align(stream, RoiAlignParams{}, x, x, i, y);
  psroi_pooling(stream, PsroiPoolingParams{}, x, x, y);
  ctc_greedy_decoder(stream, CtcParams{}, x, x, y);
  ctc_greedy_decoder_seq_len(stream, CtcParams{}, x, i, j, j);
  resample(stream, ResampleParams{}, x, y, scratch);
  interpolate(stream, InterpolateParams{}, x, y, scratch);
  normalize_l2(stream, GroupParams{}, 1e-10f, EpsMode::max, x, y);
  prior_box(stream, PriorBoxParams{}, nullptr, y);
  reduce<Reduction::mean>(stream, GroupParams{}, x, y);
  reduce<Reduction::max>(stream, GroupParams{}, i, j);
  reduce<Reduction::prod>(stream, GroupParams{}, x, y);
  region_yolo(stream, RegionYoloParams{}, x, y);
  reduce<Reduction::logical_or>(stream, GroupParams{}, reinterpret_cast<const bool*>(x), reinterpret_cast<bool*>(y));
  reduce<Reduction::sum>(stream, GroupParams{}, b, c);
  softmax(stream, GroupParams{}, x, y);
  softmax(stream, GroupParams{}, h, k);
  mvn(stream, GroupParams{}, 1e-5f, Deviation::none, h, k);
  normalize_l2(stream, GroupParams{}, 1e-10f, EpsMode::add, b, c);
  mvn(stream, GroupParams{}, 1e-5f, Deviation::inside_sqrt, x, y);
  lrn(stream, LrnParams{}, x, y);
  cumulate(stream, GroupParams{}, true, false, i, j);
  max_pool_windows(stream, PoolWindows{}, x, y, j, 1);
  max_pool_windows(stream, PoolWindows{}, i, j, static_cast<int32_t*>(nullptr), 1);
  average_windows(stream, PoolWindows{}, x, y);
  deformable_columns(stream, DeformableParams{}, x, x, x, y);
  product(stream, ProductParams{}, i, i, j);
}

}  // namespace arhat

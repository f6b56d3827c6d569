// What is selected by blocks of threads against what is selected for a CPU, bit by bit, over random parameters. Prints
// how much each kernel selected. Arguments: number of sweeps, first seed, and `digests` to print digests of all results,
// of which those of a GPU (built by nvcc -x cu -fmad=false) and of a CPU must be the same. The sweeps with digests leave
// out what rounds differently on a GPU: exponentials.
#include "arhat/kernels/detection_blocks.hpp"
#include "arhat/kernels/multiclass_blocks.hpp"
#include "arhat/kernels/nms_blocks.hpp"
#include "arhat/kernels/proposal_blocks.hpp"
#include "arhat/kernels/topk_blocks.hpp"
#include "sweep.hpp"

#ifndef __CUDACC__
#include "arhat/kernels/detection_output.hpp"
#include "arhat/pool_implementation.hpp"
#endif

#include <cmath>

using namespace arhat;
using sweep::Device;
using sweep::Memory;
using sweep::Random;

namespace {

bool digests = false;

template <class T>
void compare(const char* what, unsigned seed, [[maybe_unused]] const Memory<T>& expected, const Memory<T>& actual) {
#ifndef __CUDACC__
  sweep::same(what, seed, expected, actual);
#endif
  if (digests) sweep::digest(what, seed, actual);
}

std::size_t size(std::int64_t n) { return static_cast<std::size_t>(n); }

std::int64_t detection(Context pool, unsigned seed) {
  Random r(seed);
  DetectionOutputParams p{};
  p.images = r.integer(1, 3);
  p.priors = seed % 16 == 0 ? r.integer(4097, 5000) : r.integer(1, 300);
  p.classes = r.integer(1, 6);
  p.prior_images = r.chance(0.5) ? 1 : p.images;
  p.code = r.of({BoxCode::corner, BoxCode::center_size, BoxCode::corner_size});
  if (digests && p.code == BoxCode::center_size) p.code = BoxCode::corner;
  p.variance_encoded_in_target = r.chance(0.5);
  p.share_location = r.chance(0.5);
  p.clip_before_nms = r.chance(0.3);
  p.clip_after_nms = r.chance(0.3);
  p.decrease_label_id = r.chance(0.3);
  p.normalized = r.chance(0.6);
  p.logits = r.chance(0.3) && !digests;
  p.background_label = r.integer(-1, p.classes - 1);
  p.top_k = r.of({-1, 0, 1, 5, 40, 400, p.priors});
  p.keep_top_k = r.of({-1, 0, 1, 7, 50, 10000});
  p.nms_threshold = r.of({-0.1f, 0.f, 0.3f, 0.45f, 1.f});
  p.confidence_threshold = r.of({-1.f, 0.f, 0.01f, 0.5f, 0.9f, 1.f});
  p.objectness_score = 0.4f;
  p.image_height = p.image_width = 24;
  const std::int64_t all = std::int64_t{p.images} * p.classes * p.priors;
  p.capacity = static_cast<int>(p.keep_top_k > 0 && r.chance(0.5) ? p.images * p.keep_top_k : r.chance(0.2) ? 3 : all);

  const int levels = r.of({0, 2, 10, 100}), row = p.normalized ? 4 : 5;
  std::vector<float> conf = r.scores(size(all), levels);
  if (p.logits)
    for (float& v : conf) v = v * 6 - 3;
  const std::int64_t labels = p.share_location ? 1 : p.classes;
  const std::vector<float> loc = r.reals(size(p.images * p.priors * labels * 4), -0.5f, 0.5f);
  const std::vector<float> aux_loc = r.reals(loc.size(), -0.5f, 0.5f);
  const std::vector<float> aux_conf = r.scores(size(p.images * p.priors * 2), 10);
  std::vector<float> priors;
  for (int image = 0; image < p.prior_images; ++image) {
    const std::vector<float> boxes = r.boxes(size(p.priors), p.normalized ? 1 / 24.f : 1);
    const int end = r.chance(0.5) ? r.integer(0, p.priors) : p.priors;
    for (int i = 0; i < p.priors; ++i) {
      if (!p.normalized) priors.push_back(i >= end && (i == end || r.chance(0.5)) ? -1.f : 0.f);
      priors.insert(priors.end(), boxes.begin() + i * 4, boxes.begin() + i * 4 + 4);
    }
    if (p.variance_encoded_in_target) continue;
    // The second row is as long as the first, the variances fill its beginning.
    for (int i = 0; i < p.priors * row; ++i) priors.push_back(i % 4 < 2 ? 0.1f : 0.2f);
  }
  const bool refined = r.chance(0.3);

  Memory<float> expected(std::int64_t{p.capacity} * 7), actual(std::int64_t{p.capacity} * 7);
  const Memory<char> other(detection_output_scratch_cuda(p));
  Device device;
  detection_output_blocks(pool, p, device.in(loc), device.in(conf), device.in(priors), refined ? device.in(aux_conf) : nullptr,
                          refined ? device.in(aux_loc) : nullptr, device.out(other), device.out(actual));
  device.fetch();
#ifndef __CUDACC__
  const Memory<char> scratch(detection_output_scratch(p));
  detection_output(pool, p, loc.data(), conf.data(), priors.data(), refined ? aux_conf.data() : nullptr,
                   refined ? aux_loc.data() : nullptr, scratch.get(), expected.get());
#endif
  compare("detection_output", seed, expected, actual);
  std::int64_t found = 0;
  while (found < p.capacity && actual.get()[found * 7] != -1) ++found;
  return found;
}

std::int64_t suppression(Context pool, unsigned seed) {
  Random r(seed);
  NmsParams p{};
  p.images = r.integer(1, 3);
  p.classes = r.integer(1, 5);
  p.boxes = seed % 16 == 0 ? r.integer(4097, 5000) : r.integer(1, 250);
  p.most = smaller(p.boxes, r.of({0, 1, 5, 70, 1000}));
  p.center = r.chance(0.3);
  p.sort = r.chance(0.5);
  p.iou_threshold = r.of({0.f, 0.3f, 0.5f, 1.f});
  p.score_threshold = r.of({-1.f, 0.f, 0.3f, 0.99f, 2.f});
  const bool soft = r.chance(0.4) && p.boxes <= 250 && !digests;
  p.sigma = soft ? r.of({0.1f, 0.5f, 2.f}) : 0.f;
  const std::int64_t groups = p.images * p.classes, rows = groups * p.most;
  const std::vector<float> boxes = r.boxes(size(p.images * p.boxes), 0.05f);
  const std::vector<float> scores = r.scores(size(groups * p.boxes), r.of({0, 2, 10}));

  Memory<std::int32_t> expected_i(rows * 3), actual_i(rows * 3), expected_n(1), actual_n(1);
  Memory<float> expected(rows * 3), actual(rows * 3);
  const Memory<char> other(nms_scratch_cuda(p));
  Device device;
  non_max_suppression_blocks(pool, p, device.in(boxes), device.in(scores), device.out(other), device.out(actual_i),
                             device.out(actual), device.out(actual_n));
  device.fetch();
#ifndef __CUDACC__
  const Memory<char> scratch(nms_scratch(p));
  non_max_suppression(pool, p, boxes.data(), scores.data(), scratch.get(), expected_i.get(), expected.get(),
                      expected_n.get());
#endif
  compare("non_max_suppression", seed, expected_i, actual_i);
  compare("non_max_suppression", seed, expected, actual);
  compare("non_max_suppression", seed, expected_n, actual_n);
  return *actual_n.get();
}

std::int64_t multiclass(Context pool, unsigned seed) {
  Random r(seed);
  SelectedParams p{};
  p.images = r.integer(1, 3);
  p.classes = r.integer(1, 5);
  p.boxes = seed % 16 == 0 ? r.integer(4097, 4500) : r.integer(1, 200);
  p.most = smaller(p.boxes, r.of({0, 1, 5, 90, 4200}));
  p.matrix = r.chance(0.5) && p.boxes <= 200;
  p.linear = p.matrix && (r.chance(0.5) || digests);
  p.normalized = r.chance(0.5);
  p.background = r.integer(-1, p.classes - 1);
  p.keep = r.of({-1, 0, 1, 6, 60});
  const int all = p.images * p.classes * p.most;
  p.rows = p.keep < 0 ? all : smaller(all, p.images * p.keep);
  p.order = r.of({SelectedOrder::image_score, SelectedOrder::image_class, SelectedOrder::score, SelectedOrder::label});
  p.score_threshold = r.of({-1.f, 0.f, 0.3f, 2.f});
  p.iou_threshold = p.matrix ? 1.f : r.of({0.f, 0.3f, 0.8f, 1.f});
  p.eta = p.matrix ? 1.f : r.of({1.f, 0.9f, 0.5f, 0.f});
  p.sigma = p.matrix ? r.of({0.5f, 2.f}) : 0.f;
  p.post_threshold = p.matrix ? r.of({0.f, 0.1f, 0.4f}) : 0.f;
  const std::vector<float> boxes = r.boxes(size(p.images * p.boxes), p.normalized ? 0.05f : 1);
  const std::vector<float> scores = r.scores(size(p.images * p.classes * p.boxes), r.of({0, 2, 10}));

  Memory<float> expected(p.rows * 6), actual(p.rows * 6);
  Memory<std::int64_t> expected_i(p.rows), actual_i(p.rows), expected_n(p.images), actual_n(p.images);
  const Memory<char> other(selected_scratch_cuda(p));
  Device device;
  select_boxes_blocks(pool, p, device.in(boxes), device.in(scores), device.out(other), device.out(actual),
                      device.out(actual_i), device.out(actual_n));
  device.fetch();
#ifndef __CUDACC__
  const Memory<char> scratch(selected_scratch(p));
  select_boxes(pool, p, boxes.data(), scores.data(), scratch.get(), expected.get(), expected_i.get(), expected_n.get());
#endif
  compare("select_boxes", seed, expected, actual);
  compare("select_boxes", seed, expected_i, actual_i);
  compare("select_boxes", seed, expected_n, actual_n);
  std::int64_t found = 0;
  for (int i = 0; i < p.images; ++i) found += actual_n.get()[i];
  return found;
}

std::int64_t proposals(Context pool, unsigned seed) {
  Random r(seed);
  ProposalParams p{};
  p.images = r.integer(1, 3);
  p.anchors = r.of({1, 3, 9, 70});
  p.rows = r.integer(1, 6);
  p.columns = r.integer(1, 7);
  if (seed % 16 == 0) p.rows = 30, p.columns = 20, p.anchors = 9;
  p.info = r.integer(3, 4);
  p.pre_nms = r.of({1, 20, 300, 5000});
  p.post_nms = r.of({1, 5, 60, 300});
  p.tensorflow = r.chance(0.5);
  p.clip_before_nms = r.chance(0.5);
  p.clip_after_nms = r.chance(0.5);
  p.normalize = r.chance(0.5);
  p.feat_stride = 8;
  p.min_size = r.of({0.f, 4.f, 16.f});
  p.threshold = r.of({0.f, 0.3f, 0.7f, 1.f});
  p.size_scale = r.of({1.f, 5.f});
  p.coordinate_scale = r.of({1.f, 10.f});
  const std::int64_t cells = std::int64_t{p.images} * p.rows * p.columns;
  const std::vector<float> sides = r.boxes(size(p.anchors), 2);
  std::vector<ProposalAnchor> anchors(size(p.anchors));
  std::memcpy(anchors.data(), sides.data(), sides.size() * sizeof(float));
  std::vector<float> scores = r.scores(size(cells * 2 * p.anchors), r.of({0, 3, 20}));
  if (r.chance(0.2)) scores[scores.size() / 2 + scores.size() / 4] = NAN;
  std::vector<float> deltas = r.reals(size(cells * 4 * p.anchors), -0.5f, 0.5f);
  if (digests)
    for (std::size_t i = 0; i < deltas.size(); ++i) deltas[i] = 0;
  const std::vector<float> info = {60, 50, 1.5f, 1.25f};
  const std::int64_t rows = std::int64_t{p.images} * p.post_nms;
  Memory<float> expected(rows * 5), actual(rows * 5), expected_p(rows), actual_p(rows);
  const Memory<float> other(proposal_scratch_cuda(p) / 4);
  Device device;
  proposal_blocks(pool, p, anchors.data(), device.in(scores), device.in(deltas), device.in(info), device.out(other),
                  device.out(actual), device.out(actual_p));
  device.fetch();
#ifndef __CUDACC__
  const Memory<float> scratch(proposal_scratch(p) / 4);
  proposal(pool, p, anchors.data(), scores.data(), deltas.data(), info.data(), scratch.get(), expected.get(),
           expected_p.get());
#endif
  compare("proposal", seed, expected, actual);
  compare("proposal", seed, expected_p, actual_p);
  std::int64_t found = 0;
  for (std::int64_t i = 0; i < rows; ++i) found += actual.get()[i * 5 + 3] != 0;
  return found;
}

template <class T, class I>
std::int64_t best_of(Context pool, unsigned seed) {
  Random r(seed);
  TopKParams p{};
  p.outer = r.integer(1, 3);
  p.inner = r.integer(1, 3);
  p.extent = seed % 8 == 0 ? r.integer(4097, 20000) : r.integer(1, 300);
  p.k = r.chance(0.2) ? p.extent : r.integer(0, static_cast<int>(smaller<std::int64_t>(p.extent, 4200)));
  if (seed % 8 == 0) p.k = r.of<std::int64_t>({1, 100, 4096, 4097, p.extent});
  if (seed % 12 == 5) p.outer = 2000, p.inner = 3, p.extent = r.integer(1, 9), p.k = r.integer(0, static_cast<int>(p.extent));
  p.max = r.chance(0.5);
  p.by_index = r.chance(0.4);
  std::vector<T> x(size(p.outer * p.extent * p.inner));
  const int levels = r.of({3, 100, 100000});
  for (T& v : x) v = T(static_cast<float>(r.integer(std::is_unsigned_v<T> ? 0 : -levels, levels)) / (std::is_integral_v<T> ? 1.f : 7.f));
  const std::int64_t rows = p.outer * p.k * p.inner;
  Memory<T> expected(rows), actual(rows);
  Memory<I> expected_i(rows), actual_i(rows);
  const Memory<char> scratch(topk_scratch_cuda(p, sizeof(T)));
  Device device;
  topk_blocks(pool, p, device.in(x), device.out(actual), device.out(actual_i), device.out(scratch));
  device.fetch();
#ifndef __CUDACC__
  topk(pool, p, x.data(), expected.get(), expected_i.get());
#endif
  compare("topk", seed, expected, actual);
  compare("topk", seed, expected_i, actual_i);
  return rows;
}

std::int64_t positions(Context pool, unsigned seed) {
  Random r(seed);
  NonZeroParams p{0, r.integer(0, 4), {}};
  p.elements = 1;
  for (int i = 0; i < p.rank; ++i) p.elements *= p.size[i] = r.integer(1, seed % 8 == 0 ? 24 : 7);
  if (p.rank == 0) p.size[0] = 1;
  std::vector<std::int32_t> x(size(p.elements));
  const double density = r.of({0.0, 0.1, 0.5, 1.0});
  for (std::int32_t& v : x) v = r.chance(density) ? r.integer(-2, 2) : 0;
  const std::int64_t rows = p.rank * p.elements;
  Memory<std::int64_t> expected(rows), actual(rows), expected_n(1), actual_n(1);
  Device device;
  non_zero_blocks(pool, p, device.in(x), device.out(actual), device.out(actual_n));
  device.fetch();
#ifndef __CUDACC__
  non_zero(pool, p, x.data(), expected.get(), expected_n.get());
#endif
  compare("non_zero", seed, expected, actual);
  compare("non_zero", seed, expected_n, actual_n);
  return *actual_n.get();
}

}  // namespace

int main(int count, char** arguments) {
#ifdef __CUDACC__
  const Context one = nullptr, three = nullptr;
#else
  ThreadPool one(1), three(3);
#endif
  digests = count > 3;
  const unsigned sweeps = static_cast<unsigned>(std::atoi(arguments[1]));
  const unsigned first = static_cast<unsigned>(std::atoi(arguments[2]));
  std::int64_t found[6] = {};
  for (unsigned seed = first; seed < first + sweeps; ++seed) {
    const Context pool = seed % 2 == 0 ? one : three;
    found[0] += detection(pool, seed);
    found[1] += suppression(pool, seed);
    found[2] += multiclass(pool, seed);
    found[3] += proposals(pool, seed);
    found[4] += best_of<float, std::int32_t>(pool, seed);
    found[4] += seed % 3 == 0   ? best_of<std::int32_t, std::int64_t>(pool, seed)
                : seed % 3 == 1 ? best_of<std::uint8_t, std::int32_t>(pool, seed)
                                : best_of<std::int64_t, std::int32_t>(pool, seed);
    found[5] += positions(pool, seed);
  }
  for (const std::int64_t n : found) std::printf("%lld ", static_cast<long long>(n));
  std::printf("\n");
}

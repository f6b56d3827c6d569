// What a GPU's way of moving data and of computing element by element or group by group gives, against that for CPUs, over
// random shapes, strides, alignments and element types. Arguments: number of sweeps, first seed, and `digests` to print
// digests of what is exact, of which those of a GPU (built by nvcc -x cu -fmad=false) and of a CPU must be the same. Sums
// and exponentials of a GPU are compared with those of its functors run on the host.
#include "arhat/kernels/copy.hpp"
#include "arhat/kernels/ctc_blocks.hpp"
#include "arhat/kernels/elementwise.hpp"
#include "arhat/kernels/group_blocks.hpp"
#include "arhat/kernels/region_yolo.hpp"
#include "arhat/kernels/scatter.hpp"
#include "arhat/kernels/transform.hpp"
#include "sweep.hpp"

#ifndef __CUDACC__
#include "arhat/kernels/ctc.hpp"
#include "arhat/kernels/softmax.hpp"
#include "arhat/pool_implementation.hpp"
#endif

using namespace arhat;
using sweep::Device;
using sweep::Memory;
using sweep::Random;
using sweep::same;

namespace {

bool digests = false;

template <class T>
void compare(const char* what, unsigned seed, [[maybe_unused]] const Memory<T>& expected, const Memory<T>& actual) {
#ifndef __CUDACC__
  same(what, seed, expected, actual);
#endif
  if (digests) sweep::digest(what, seed, actual);
}

// Runs a functor whose blocks are one thread each on the host.
template <class F>
[[maybe_unused]] void on_host(std::int64_t n, F f) {
  for (std::int64_t i = 0; i < n; ++i) AloneOn<F>{f}(i);
}

constexpr int border = 40;  // elements around every tensor: a pointer may have any alignment

template <class T>
Memory<T> numbers(Random& r, std::int64_t n) {
  Memory<T> x(n);
  for (std::size_t i = 0; i < x.count; ++i)
    x.get()[i] = T(std::is_integral_v<T> ? static_cast<float>(r.integer(std::is_unsigned_v<T> ? 0 : -50, 50)) : r.real(-3, 3));
  return x;
}

// A view of random strides: axes in any order, with gaps, some repeated where `repeats`. Its elements are distinct if not.
struct View {
  std::int64_t strides[8], elements, offset;
  View(Random& r, int rank, const std::int64_t* extents, bool repeats, bool ordered) : strides{}, elements(1), offset(0) {
    int order[8];
    for (int i = 0; i < rank; ++i) order[i] = rank - 1 - i;
    if (!ordered)
      for (int i = 0; i + 1 < rank; ++i) std::swap(order[i], order[r.integer(i, rank - 1)]);
    for (int i = 0; i < rank; ++i) {
      const bool repeated = repeats && r.chance(0.25);
      strides[order[i]] = repeated ? 0 : elements;
      if (!repeated) elements *= extents[order[i]] + (r.chance(0.3) ? r.of({1, 4, 8}) : 0);
    }
    offset = r.of({0, 0, 8, 16, 1, 3});
  }
  std::int64_t memory() const { return elements + border; }
};

int extents_of(Random& r, std::int64_t* extents) {
  const int rank = r.integer(1, 4);
  for (int i = 0; i < rank; ++i) extents[i] = r.of({1, 2, 3, 4, 8, 16, r.integer(1, 70)});
  for (int i = 0; i + 2 < rank; ++i) extents[i] = smaller<std::int64_t>(extents[i], 5);
  return rank;
}

struct Blend {
  template <class A, class C>
  ARHAT_HD float operator()(A a, C c) const {
    return static_cast<float>(a) * 0.5f + static_cast<float>(c);
  }
};

template <class Out, class A, class C>
void pointwise(Context pool, unsigned seed) {
  Random r(seed);
  ElementwiseParams<2> p{};
  p.rank = extents_of(r, p.size);
  const bool ordered = r.chance(0.6);
  const View a(r, p.rank, p.size, true, ordered), c(r, p.rank, p.size, true, ordered), y(r, p.rank, p.size, false, ordered);
  for (int i = 0; i < p.rank; ++i) p.in[0][i] = a.strides[i], p.in[1][i] = c.strides[i], p.out[i] = y.strides[i];
  const Memory<A> first = numbers<A>(r, a.memory());
  const Memory<C> second = numbers<C>(r, c.memory());
  Memory<Out> expected(y.memory()), actual(y.memory());
  Device device;
  elementwise_packs(pool, p, Blend{}, device.out(actual) + y.offset, device.in(first) + a.offset,
                    device.in(second) + c.offset);
  device.fetch();
#ifndef __CUDACC__
  const A* const f = first.get() + a.offset;
  const C* const s = second.get() + c.offset;
  elementwise_scalar(pool, p, Blend{}, expected.get() + y.offset, f, s);
#endif
  compare("elementwise", seed, expected, actual);
}

template <class T>
void copies(Context pool, unsigned seed) {
  Random r(seed);
  CopyParams p{};
  p.rank = extents_of(r, p.size);
  const bool ordered = r.chance(0.5);
  const View x(r, p.rank, p.size, true, ordered), y(r, p.rank, p.size, false, true);
  std::int64_t start = x.offset;
  for (int i = 0; i < p.rank; ++i) {
    const bool backwards = r.chance(0.15);
    p.in[i] = backwards ? -x.strides[i] : x.strides[i];
    if (backwards) start += (p.size[i] - 1) * x.strides[i];
    p.out[i] = y.strides[i];
  }
  const Memory<T> from = numbers<T>(r, x.memory());
  Memory<T> expected(y.memory()), actual(y.memory());
  Device device;
  strided_copy_tiles(pool, p, device.in(from) + start, device.out(actual) + y.offset);
  device.fetch();
#ifndef __CUDACC__
  strided_copy(pool, p, from.get() + start, expected.get() + y.offset);
#endif
  compare("strided_copy", seed, expected, actual);
}

template <class X, class Y>
void transforms(Context pool, unsigned seed) {
  Random r(seed);
  TransformParams p{};
  p.n = r.integer(1, 2), p.c = r.of({1, 3, 5, 16, 40}), p.h = r.integer(1, 9), p.w = r.integer(1, 9);
  p.out_c = r.chance(0.5) ? p.c : (p.c + 7) / 8 * 8;
  const std::int64_t in[4] = {p.n, p.h, p.w, p.c}, out[4] = {p.n, p.h, p.w, p.out_c}, planes[4] = {p.n, p.c, p.h, p.w};
  const std::int64_t out_planes[4] = {p.n, p.out_c, p.h, p.w};
  const bool x_last = r.chance(0.5), y_last = r.chance(0.5);
  const View x(r, 4, x_last ? in : planes, false, true), y(r, 4, y_last ? out : out_planes, false, true);
  const int last[4] = {0, 3, 1, 2};  // where channels, rows and columns are if channels are innermost
  for (int i = 0; i < 4; ++i) {
    p.x[i] = x.strides[x_last ? last[i] : i];
    p.y[i] = y.strides[y_last ? last[i] : i];
  }
  const Memory<X> from = numbers<X>(r, x.memory());
  Memory<Y> expected(y.memory()), actual(y.memory());
  Device device;
  transform_tiles(pool, p, device.in(from) + x.offset, device.out(actual) + y.offset);
  device.fetch();
#ifndef __CUDACC__
  transform(pool, p, from.get() + x.offset, expected.get() + y.offset);
#endif
  compare("transform", seed, expected, actual);
}

// Groups over some axes of a tensor, and how many there are.
GroupParams groups_of(Random& r, std::int64_t& in, std::int64_t& out, bool one_axis) {
  std::int64_t extents[8];
  const int rank = extents_of(r, extents);
  if (r.chance(0.2)) extents[rank - 1] = r.integer(300, 3000);
  const View x(r, rank, extents, false, r.chance(0.7)), y(r, rank, extents, false, true);
  GroupParams p{};
  const int single = r.integer(0, rank - 1);
  for (int i = 0; i < rank; ++i) {
    if (one_axis ? i == single : r.chance(0.5)) {
      p.reduced_size[p.reduced] = extents[i], p.reduced_in[p.reduced] = x.strides[i];
      p.reduced_out[p.reduced++] = y.strides[i];
    } else {
      p.size[p.kept] = extents[i], p.in[p.kept] = x.strides[i], p.out[p.kept++] = y.strides[i];
    }
  }
  in = x.memory(), out = y.memory();
  return p;
}

void groups(Context pool, unsigned seed) {
  Random r(seed);
  std::int64_t in = 0, out = 0;
  const float eps = r.of({1e-5f, 0.1f});
  {
    const GroupParams p = groups_of(r, in, out, true);
    const Memory<float> x = numbers<float>(r, in);
    const Memory<std::int64_t> i = numbers<std::int64_t>(r, in);
    Memory<float> expected(out), actual(out), sums(out), other_sums(out);
    Memory<std::int64_t> wholes(out), others(out);
    const bool exclusive = r.chance(0.5), reverse = r.chance(0.5);
    Device device;
    softmax_blocks(pool, p, device.in(x), device.out(actual));
    cumulate_blocks(pool, p, exclusive, reverse, device.in(x), device.out(other_sums));
    cumulate_blocks(pool, p, exclusive, reverse, device.in(i), device.out(others));
    device.fetch();
#ifdef __CUDACC__
    on_host(group_count(p), SoftmaxBlock<float, 1>{p, x.get(), expected.get()});
    on_host(group_count(p), CumulateBlock<float>{p, exclusive, reverse, x.get(), sums.get()});
    on_host(group_count(p), CumulateBlock<std::int64_t>{p, exclusive, reverse, i.get(), wholes.get()});
#else
    softmax(pool, p, x.get(), expected.get());
    cumulate(pool, p, exclusive, reverse, x.get(), sums.get());
    cumulate(pool, p, exclusive, reverse, i.get(), wholes.get());
#endif
    same("softmax", seed, expected, actual, 1e-5);
    same("cumulate", seed, sums, other_sums, 1e-4);
    same("cumulate", seed, wholes, others);
  }
  const GroupParams p = groups_of(r, in, out, false);
  GroupParams to_one = p;
  for (std::int64_t& stride : to_one.reduced_out) stride = 0;
  const Deviation deviation = r.of({Deviation::none, Deviation::inside_sqrt, Deviation::outside_sqrt});
  const EpsMode mode = r.of({EpsMode::add, EpsMode::max});
  const Memory<float> x = numbers<float>(r, in);
  const Memory<std::int32_t> i = numbers<std::int32_t>(r, in);
  // Halves are computed in float: the same numbers as floats give the same result, rounded.
  Memory<half> h(in), halves(out), rounded(out);
  Memory<float> wide(in), result(out);
  for (std::size_t k = 0; k < h.count; ++k) {
    h.get()[k] = half(x.get()[k]);
    wide.get()[k] = static_cast<float>(h.get()[k]);
  }
  Memory<float> centred(out), other_centred(out), normal(out), other_normal(out), means(out), other_means(out);
  Memory<float> most(out), other_most(out);
  Memory<std::int32_t> sums(out), others(out);
  const Memory<half> untouched(out);
  const Memory<float> unwritten(out);
  Device device;
  mvn_blocks(pool, p, eps, deviation, device.in(x), device.out(other_centred));
  normalize_l2_blocks(pool, p, eps, mode, device.in(x), device.out(other_normal));
  reduce_blocks<Reduction::mean>(pool, to_one, device.in(x), device.out(other_means));
  reduce_blocks<Reduction::max>(pool, to_one, device.in(x), device.out(other_most));
  reduce_blocks<Reduction::sum>(pool, to_one, device.in(i), device.out(others));
  mvn_blocks(pool, p, eps, deviation, device.in(h), device.out(halves));
  mvn_blocks(pool, p, eps, deviation, device.in(wide), device.out(result));
  device.fetch();
#ifdef __CUDACC__
  on_host(group_count(p), MvnBlock<float, 1>{p, eps, deviation, x.get(), centred.get()});
  on_host(group_count(p), NormalizeBlock<float, 1>{p, eps, mode, x.get(), normal.get()});
  on_host(group_count(p), ReduceBlock<Reduction::mean, float, 1>{to_one, x.get(), means.get()});
  on_host(group_count(p), ReduceBlock<Reduction::max, float, 1>{to_one, x.get(), most.get()});
  on_host(group_count(p), ReduceBlock<Reduction::sum, std::int32_t, 1>{to_one, i.get(), sums.get()});
#else
  mvn(pool, p, eps, deviation, x.get(), centred.get());
  normalize_l2(pool, p, eps, mode, x.get(), normal.get());
  reduce<Reduction::mean>(pool, to_one, x.get(), means.get());
  reduce<Reduction::max>(pool, to_one, x.get(), most.get());
  reduce<Reduction::sum>(pool, to_one, i.get(), sums.get());
#endif
  // A group of equal elements has a deviation that is all rounding error.
  if (group_size(p) > 1) same("mvn", seed, centred, other_centred, 2e-3);
  same("normalize_l2", seed, normal, other_normal, 1e-4);
  same("mean", seed, means, other_means, 1e-4);
  same("max", seed, most, other_most);
  same("sum", seed, sums, others);
  for (std::size_t k = 0; k < halves.count; ++k) {
    const bool written = std::memcmp(result.get() + k, unwritten.get() + k, sizeof(float)) != 0;
    rounded.get()[k] = written ? half(result.get()[k]) : untouched.get()[k];
  }
  same("mvn of halves", seed, rounded, halves);
}

template <Scatter kind, class T>
void scatters(Context pool, unsigned seed) {
  Random r(seed);
  ScatterParams p{};
  p.outer = r.integer(1, 3), p.count = r.integer(1, 40), p.inner = r.integer(1, 5), p.depth = r.integer(1, 2);
  std::int64_t slices = 1;
  for (int k = 0; k < p.depth; ++k) slices *= p.extent[k] = r.integer(1, 6);
  Memory<std::int32_t> indices(p.count * p.depth);
  for (std::size_t i = 0; i < indices.count; ++i) indices.get()[i] = r.integer(-7, 6);
  const Memory<T> x = numbers<T>(r, p.outer * slices * p.inner), updates = numbers<T>(r, p.outer * p.count * p.inner);
  Memory<T> expected(p.outer * slices * p.inner), actual(p.outer * slices * p.inner);
  if constexpr (kind != Scatter::mean) {
    Device device;
    std::memcpy(actual.get(), x.get(), x.count * sizeof(T));
    scatter_updates<kind>(pool, p, device.in(indices), device.in(updates), device.out(actual));
    device.fetch();
#ifndef __CUDACC__
    scatter<kind>(pool, p, x.get(), indices.get(), updates.get(), expected.get());
#endif
    compare("scatter", seed, expected, actual);
  }
  // Lines along the middle one of three axes.
  const std::int64_t a = r.integer(1, 3), extent = r.integer(1, 9), b = r.integer(1, 3), count = r.integer(1, 30);
  const ScatterElementsParams q{2, {a, b}, {extent * b, 1}, {count * b, 1}, count, extent, b, b, r.chance(0.5)};
  Memory<std::int32_t> places(a * count * b);
  for (std::size_t i = 0; i < places.count; ++i) places.get()[i] = r.integer(-10, 9);
  const Memory<T> y = numbers<T>(r, a * extent * b), changes = numbers<T>(r, a * count * b);
  Memory<T> lines(a * extent * b), each(a * extent * b);
  std::memcpy(each.get(), y.get(), y.count * sizeof(T));
  Device device;
  scatter_each<kind>(pool, q, device.in(places), device.in(changes), device.out(each));
  device.fetch();
#ifndef __CUDACC__
  const Memory<int> scratch(a * extent * b);
  scatter_elements<kind>(pool, q, a * extent * b, y.get(), places.get(), changes.get(), lines.get(), scratch.get());
#endif
  compare("scatter_elements", seed, lines, each);
}

void decoding(Context pool, unsigned seed) {
  Random r(seed);
  CtcParams p{};
  p.images = r.integer(1, 3), p.steps = r.of({1, 7, 40, 300}), p.classes = r.integer(1, 5);
  p.image = p.classes, p.step = p.images * p.classes;
  p.blank = r.integer(0, static_cast<int>(p.classes) - 1);
  p.merge_repeated = r.chance(0.5);
  const std::vector<float> x = r.scores(static_cast<std::size_t>(p.images * p.steps * p.classes), r.of({0, 2}));
  Memory<float> mask(p.images * p.steps), expected(p.images * p.steps), actual(p.images * p.steps);
  for (std::size_t i = 0; i < mask.count; ++i) mask.get()[i] = r.chance(0.97) ? 1.f : 0.f;
  Memory<std::int32_t> lengths(p.images), classes(p.images * p.steps), others(p.images * p.steps);
  Memory<std::int64_t> counts(p.images), other_counts(p.images);
  for (std::size_t i = 0; i < lengths.count; ++i) lengths.get()[i] = r.integer(0, static_cast<int>(p.steps) + 1);
  Device device;
  ctc_greedy_decoder_blocks(pool, p, device.in(x), device.in(mask), device.out(actual));
  ctc_greedy_decoder_seq_len_blocks(pool, p, device.in(x), device.in(lengths), device.out(others),
                                    device.out(other_counts));
  device.fetch();
#ifndef __CUDACC__
  ctc_greedy_decoder(pool, p, x.data(), mask.get(), expected.get());
  ctc_greedy_decoder_seq_len(pool, p, x.data(), lengths.get(), classes.get(), counts.get());
#endif
  compare("ctc_greedy_decoder", seed, expected, actual);
  compare("ctc_greedy_decoder_seq_len", seed, classes, others);
  compare("ctc_greedy_decoder_seq_len", seed, counts, other_counts);
}

void yolo(Context pool, unsigned seed) {
  Random r(seed);
  RegionYoloParams p{};
  p.images = r.integer(1, 2), p.regions = r.integer(1, 3), p.coords = r.of({4, 5}), p.classes = r.integer(0, 20);
  p.height = r.integer(1, 5), p.width = r.integer(1, 20);
  const int entries = p.coords + 1 + p.classes;
  const std::int64_t extents[4] = {p.images, std::int64_t{p.regions} * entries, p.height, p.width};
  const View view(r, 4, extents, false, r.chance(0.5));
  p.image = view.strides[0], p.channel = view.strides[1], p.row = view.strides[2], p.pixel = view.strides[3];
  const Memory<float> x = numbers<float>(r, view.memory());
  const std::int64_t n = extents[0] * extents[1] * extents[2] * extents[3];
  Memory<float> expected(n), actual(n);
  Device device;
  launch(pool, n, RegionYoloElement{p, device.in(x), device.out(actual)});
  device.fetch();
#ifdef __CUDACC__
  const RegionYoloElement element{p, x.get(), expected.get()};
  for (std::int64_t i = 0; i < n; ++i) element(i);
#else
  region_yolo(pool, p, x.get(), expected.get());
#endif
  same("region_yolo", seed, expected, actual, 1e-5);
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
  for (unsigned seed = first; seed < first + sweeps; ++seed) {
    const Context pool = seed % 2 == 0 ? one : three;
    pointwise<float, float, float>(pool, seed);
    pointwise<half, half, half>(pool, seed);
    pointwise<bfloat16, float, half>(pool, seed);
    pointwise<double, std::uint8_t, float>(pool, seed);
    copies<float>(pool, seed);
    copies<half>(pool, seed);
    copies<std::uint8_t>(pool, seed);
    copies<std::int64_t>(pool, seed);
    transforms<float, half>(pool, seed);
    transforms<half, float>(pool, seed);
    transforms<float, std::int8_t>(pool, seed);
    transforms<std::uint8_t, bfloat16>(pool, seed);
    groups(pool, seed);
    scatters<Scatter::none, float>(pool, seed);
    scatters<Scatter::sum, float>(pool, seed);
    scatters<Scatter::mean, std::int32_t>(pool, seed);
    decoding(pool, seed);
    yolo(pool, seed);
  }
}

// Products of matrices, convolutions, pooling, resize. Spatial axes are always three here: missing ones have
// extent 1.
#include <algorithm>
#include <array>
#include <limits>

#include "elements.hpp"

namespace standin {
namespace {

using Three = std::array<int64_t, 3>;

Three three(const List& list, int64_t missing) {
  Three result{missing, missing, missing};
  std::copy(list.begin(), list.end(), result.end() - static_cast<int64_t>(list.size()));
  return result;
}

int64_t product(const Three& t) { return t[0] * t[1] * t[2]; }

// c[m][n] += a[m][k] * b[k][n], rows without gaps.
void multiply(int64_t m, int64_t n, int64_t k, const float* a, const float* b, float* c) {
  constexpr int64_t columns = 256, rows = 4, depth = 256;
  for (int64_t k0 = 0; k0 < k; k0 += depth)
    for (int64_t n0 = 0; n0 < n; n0 += columns) {
      const int64_t width = std::min(columns, n - n0), k1 = std::min(k0 + depth, k);
      int64_t i = 0;
      for (; i + rows <= m; i += rows) {
        float* __restrict c0 = c + i * n + n0;
        float* __restrict c1 = c0 + n;
        float* __restrict c2 = c1 + n;
        float* __restrict c3 = c2 + n;
        for (int64_t q = k0; q < k1; ++q) {
          const float a0 = a[i * k + q], a1 = a[(i + 1) * k + q], a2 = a[(i + 2) * k + q], a3 = a[(i + 3) * k + q];
          const float* __restrict from = b + q * n + n0;
          for (int64_t j = 0; j < width; ++j) {
            c0[j] += a0 * from[j];
            c1[j] += a1 * from[j];
            c2[j] += a2 * from[j];
            c3[j] += a3 * from[j];
          }
        }
      }
      for (; i < m; ++i) {
        float* __restrict to = c + i * n + n0;
        for (int64_t q = k0; q < k1; ++q) {
          const float factor = a[i * k + q];
          const float* __restrict from = b + q * n + n0;
          for (int64_t j = 0; j < width; ++j) to[j] += factor * from[j];
        }
      }
    }
}

// A convolution's numbers. `big` is the side with the larger image of a step: the input of a convolution, the output
// of a deconvolution; `small` the other one.
struct Sliding {
  Three kernel, stride, dilation, before, big, small;
  int64_t taps() const { return product(kernel); }

  Sliding(const Operation& op, const List& in, const List& out, bool forward)
      : kernel(three(kernel_of(op), 1)),
        stride(three(op.integers("stride"), 1)),
        dilation(three(dilation_of(op), 1)) {
    before = three(window(op, in, kernel_of(op), dilation_of(op)).before, 0);
    const Three image = three({in.begin() + 2, in.end()}, 1), result = three({out.begin() + 2, out.end()}, 1);
    big = forward ? image : result;
    small = forward ? result : image;
  }

  // f(tap, place in the small image, place in the big image) where the tap lies in the big image.
  template <class F>
  void each(F f) const {
    int64_t tap = 0;
    for (int64_t t = 0; t < kernel[0]; ++t)
      for (int64_t r = 0; r < kernel[1]; ++r)
        for (int64_t s = 0; s < kernel[2]; ++s, ++tap)
          for (int64_t d = 0; d < small[0]; ++d) {
            const int64_t z = d * stride[0] + t * dilation[0] - before[0];
            if (z < 0 || z >= big[0]) continue;
            for (int64_t h = 0; h < small[1]; ++h) {
              const int64_t y = h * stride[1] + r * dilation[1] - before[1];
              if (y < 0 || y >= big[1]) continue;
              for (int64_t w = 0; w < small[2]; ++w) {
                const int64_t x = w * stride[2] + s * dilation[2] - before[2];
                if (x < 0 || x >= big[2]) continue;
                f(tap, (d * small[1] + h) * small[2] + w, (z * big[1] + y) * big[2] + x);
              }
            }
          }
  }
};

// Weights of a layer, or the input that takes their place, as f32.
struct Given {
  Desc desc;
  Array array;
  Given(const Operation& op, const Arrays& in, const char* key, size_t input) {
    if (const Weights* weights = op.weight(key)) {
      desc = {weights->type, {weights->count}, false, {}};
      array = {&desc, const_cast<void*>(weights->values)};
    } else if (input < in.size()) {
      array = in[input];
    }
  }
};

void add_bias(const Operation& op, const Arrays& in, int64_t images, int64_t maps, int64_t pixels, float* y) {
  const Given given(op, in, "bias", 2);
  if (given.array.desc == nullptr) return;
  const Floats bias(given.array);
  for (int64_t i = 0; i < images * maps; ++i)
    for (int64_t p = 0; p < pixels; ++p) y[i * pixels + p] += bias[i % maps];
}

void convolution(const Operation& op, const Arrays& in, const Arrays& out) {
  const Sliding s(op, in[0].dims(), out[0].dims(), true);
  const int64_t images = in[0].dims()[0], groups = op.integer("nb_groups");
  const int64_t channels = in[0].dims()[1] / groups, maps = out[0].dims()[1] / groups;
  const int64_t image = product(s.big), pixels = product(s.small), depth = channels * s.taps();
  const Floats x(in[0]);
  const Given given(op, in, "kernel", 1);
  const Floats kernel(given.array);
  FloatResult y(out[0]);
  std::fill_n(y.data(), out[0].count(), 0.0f);
  const Three none{0, 0, 0}, one{1, 1, 1};
  const bool plain = s.taps() == 1 && s.stride == one && s.before == none && s.big == s.small;
  std::vector<float> columns(plain ? 0 : static_cast<size_t>(depth * pixels));
  for (int64_t i = 0; i < images * groups; ++i) {
    const float* from = x.data() + i * channels * image;
    if (!plain) {
      std::fill(columns.begin(), columns.end(), 0.0f);
      for (int64_t c = 0; c < channels; ++c) {
        float* const row = columns.data() + c * s.taps() * pixels;
        const float* const plane = from + c * image;
        s.each([&](int64_t tap, int64_t small, int64_t big) { row[tap * pixels + small] = plane[big]; });
      }
      from = columns.data();
    }
    multiply(maps, pixels, depth, kernel.data() + i % groups * maps * depth, from, y.data() + i * maps * pixels);
  }
  add_bias(op, in, images, maps * groups, pixels, y.data());
}

void deconvolution(const Operation& op, const Arrays& in, const Arrays& out) {
  const Sliding s(op, in[0].dims(), out[0].dims(), false);
  const int64_t images = in[0].dims()[0], groups = op.integer("nb_groups");
  const int64_t channels = in[0].dims()[1] / groups, maps = out[0].dims()[1] / groups;
  const int64_t image = product(s.big), pixels = product(s.small), rows = maps * s.taps();
  const Floats x(in[0]);
  const Given given(op, in, "kernel", 1);
  const Floats kernel(given.array);
  FloatResult y(out[0]);
  std::fill_n(y.data(), out[0].count(), 0.0f);
  std::vector<float> turned(static_cast<size_t>(rows * channels)), columns(static_cast<size_t>(rows * pixels));
  for (int64_t i = 0; i < images * groups; ++i) {
    const float* const weights = kernel.data() + i % groups * channels * rows;
    for (int64_t c = 0; c < channels; ++c)
      for (int64_t r = 0; r < rows; ++r) turned[static_cast<size_t>(r * channels + c)] = weights[c * rows + r];
    std::fill(columns.begin(), columns.end(), 0.0f);
    multiply(rows, pixels, channels, turned.data(), x.data() + i * channels * pixels, columns.data());
    for (int64_t m = 0; m < maps; ++m) {
      const float* const row = columns.data() + m * s.taps() * pixels;
      float* const plane = y.data() + (i * maps + m) * image;
      s.each([&](int64_t tap, int64_t small, int64_t big) { plane[big] += row[tap * pixels + small]; });
    }
  }
  add_bias(op, in, images, maps * groups, image, y.data());
}

void pooling(const Operation& op, const Arrays& in, const Arrays& out) {
  const Sliding s(op, in[0].dims(), out[0].dims(), true);
  const Window w = window(op, in[0].dims(), kernel_of(op), dilation_of(op));
  const Three after = three(w.after, 0);
  const bool largest = op.integer("pooling_type") == 0,
             inside_only = op.integer("average_count_excludes_padding") != 0;
  const int64_t planes = in[0].dims()[0] * in[0].dims()[1], image = product(s.big), pixels = product(s.small);
  const Floats x(in[0]);
  FloatResult y(out[0]);
  // How many elements a window averages: those of the image, or also of its padding, but none beyond.
  std::vector<float> number(static_cast<size_t>(pixels), 1.0f);
  if (!largest)
    for (int64_t p = 0; p < pixels; ++p) {
      const Three at{p / (s.small[1] * s.small[2]), p / s.small[2] % s.small[1], p % s.small[2]};
      float count = 1;
      for (size_t i = 0; i < 3; ++i) {
        const int64_t start = at[i] * s.stride[i] - s.before[i];
        const int64_t low = inside_only ? 0 : -s.before[i], high = s.big[i] + (inside_only ? 0 : after[i]);
        count *= static_cast<float>(std::min(start + s.kernel[i], high) - std::max(start, low));
      }
      number[static_cast<size_t>(p)] = count;
    }
  for (int64_t plane = 0; plane < planes; ++plane) {
    const float* const from = x.data() + plane * image;
    float* const to = y.data() + plane * pixels;
    std::fill_n(to, pixels, largest ? -std::numeric_limits<float>::infinity() : 0.0f);
    if (largest) {
      s.each([&](int64_t, int64_t small, int64_t big) {
        to[small] = from[big] > to[small] || std::isnan(from[big]) ? from[big] : to[small];
      });
    } else {
      s.each([&](int64_t, int64_t small, int64_t big) { to[small] += from[big]; });
      for (int64_t p = 0; p < pixels; ++p) to[p] /= number[static_cast<size_t>(p)];
    }
  }
}

// A matrix of `rows` and `columns`, or its transposed one, without gaps.
void turn(const float* from, int64_t rows, int64_t columns, std::vector<float>& to) {
  to.resize(static_cast<size_t>(rows * columns));
  for (int64_t i = 0; i < rows; ++i)
    for (int64_t j = 0; j < columns; ++j) to[static_cast<size_t>(j * rows + i)] = from[i * columns + j];
}

void matrix_multiply(const Operation& op, const Arrays& in, const Arrays& out) {
  using nvinfer1::MatrixOperation;
  const Floats x[2] = {Floats(in[0]), Floats(in[1])};
  FloatResult y(out[0]);
  std::fill_n(y.data(), out[0].count(), 0.0f);
  List batch[2];
  int64_t rows[2], columns[2];  // as stored
  bool turned[2];
  const char* const keys[2] = {"operation_0", "operation_1"};
  for (size_t i = 0; i < 2; ++i) {
    const List& dims = in[i].dims();
    const auto kind = static_cast<MatrixOperation>(op.integer(keys[i]));
    const bool vector = kind == MatrixOperation::kVECTOR;
    batch[i].assign(dims.begin(), dims.end() - (vector ? 1 : 2));
    columns[i] = vector && i == 1 ? 1 : dims.back();
    rows[i] = vector ? (i == 1 ? dims.back() : 1) : dims[dims.size() - 2];
    turned[i] = kind == MatrixOperation::kTRANSPOSE;
  }
  const int64_t m = turned[0] ? columns[0] : rows[0], k = turned[0] ? rows[0] : columns[0];
  const int64_t n = turned[1] ? rows[1] : columns[1];
  const List places(out[0].dims().begin(), out[0].dims().begin() + static_cast<int64_t>(batch[0].size()));
  const List steps[2] = {broadcast_strides(batch[0], places), broadcast_strides(batch[1], places)};
  std::vector<float> copy[2];
  each_place(places, [&](int64_t place, const List& at) {
    const float* operand[2];
    for (size_t i = 0; i < 2; ++i) {
      int64_t from = 0;
      for (size_t axis = 0; axis < at.size(); ++axis) from += at[axis] * steps[i][axis];
      operand[i] = x[i].data() + from * rows[i] * columns[i];
      if (!turned[i]) continue;
      turn(operand[i], rows[i], columns[i], copy[i]);
      operand[i] = copy[i].data();
    }
    multiply(m, n, k, operand[0], operand[1], y.data() + place * m * n);
  });
}

// ------------------------------------------------------------------------------------------------- resize

struct Tap {
  int64_t from;
  float weight;
};

float cubic(float distance, float a) {
  const float x = std::fabs(distance);
  if (x <= 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0;
}

// What each of `m` elements is made of, of `n`.
std::vector<std::vector<Tap>> taps_of(const Operation& op, int64_t n, int64_t m) {
  using namespace nvinfer1;
  const auto transformation = static_cast<ResizeCoordinateTransformation>(op.integer("coordinate_transformation"));
  const auto mode = static_cast<InterpolationMode>(op.integer("resize_mode"));
  const auto rounding = static_cast<ResizeRoundMode>(op.integer("nearest_rounding"));
  std::vector<std::vector<Tap>> result(static_cast<size_t>(m));
  for (int64_t i = 0; i < m; ++i) {
    const auto o = static_cast<float>(i), extent = static_cast<float>(n), wanted = static_cast<float>(m);
    float at = o;
    if (m == 1 && op.integer("selector_for_single_pixel") != 0)
      at = 0;
    else if (transformation == ResizeCoordinateTransformation::kALIGN_CORNERS)
      at = m > 1 ? o * ((extent - 1) / (wanted - 1)) : o;
    else if (transformation == ResizeCoordinateTransformation::kASYMMETRIC)
      at = o * (extent / wanted);
    else
      at = (o + 0.5f) * (extent / wanted) - 0.5f;
    std::vector<Tap>& taps = result[static_cast<size_t>(i)];
    const auto add = [&](float pick, float weight) {
      taps.push_back({std::clamp<int64_t>(static_cast<int64_t>(pick), 0, n - 1), weight});
    };
    if (mode == InterpolationMode::kNEAREST) {
      add(rounding == ResizeRoundMode::kHALF_UP     ? std::floor(at + 0.5f)
          : rounding == ResizeRoundMode::kHALF_DOWN ? std::ceil(at - 0.5f)
          : rounding == ResizeRoundMode::kFLOOR     ? std::floor(at)
                                                    : std::ceil(at),
          1);
    } else if (mode == InterpolationMode::kLINEAR) {
      const float low = std::floor(at);
      add(low, 1 - (at - low));
      add(low + 1, 1 - (low + 1 - at));
    } else {
      float sum = 0;
      for (int64_t tap = -1; tap < 3; ++tap) {
        const float pick = std::floor(at) + static_cast<float>(tap);
        const bool inside = pick >= 0 && pick < extent;
        const bool counts = inside || op.integer("exclude_outside") == 0;
        add(pick, counts ? cubic(at - pick, static_cast<float>(op.number("cubic_coeff"))) : 0);
        sum += taps.back().weight;
      }
      if (op.integer("exclude_outside") != 0)
        for (Tap& tap : taps) tap.weight /= sum;
    }
  }
  return result;
}

void resize(const Operation& op, const Arrays& in, const Arrays& out) {
  const Floats x(in[0]);
  List dims = in[0].dims();
  std::vector<float> now(x.data(), x.data() + in[0].count());
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    const int64_t m = out[0].dims()[axis];
    if (m == dims[axis]) continue;
    const auto taps = taps_of(op, dims[axis], m);
    const Around around(dims, axis);
    std::vector<float> next(static_cast<size_t>(around.before * m * around.after), 0.0f);
    for (int64_t i = 0; i < around.before; ++i)
      for (int64_t j = 0; j < m; ++j)
        for (const Tap& tap : taps[static_cast<size_t>(j)]) {
          const float* const from = now.data() + (i * around.along + tap.from) * around.after;
          float* const to = next.data() + (i * m + j) * around.after;
          for (int64_t k = 0; k < around.after; ++k) to[k] += from[k] * tap.weight;
        }
    now = std::move(next);
    dims[axis] = m;
  }
  FloatResult y(out[0]);
  std::copy(now.begin(), now.end(), y.data());
}

}  // namespace

const std::map<std::string, Kernel> window_kernels{
    {"Convolution", convolution}, {"Deconvolution", deconvolution},
    {"Pooling", pooling},         {"MatrixMultiply", matrix_multiply},
    {"Resize", resize},
};

void execute(const Operation& op, const Arrays& in, const Arrays& out) {
  for (const Array& result : out)
    if (volume(result.dims()) == 0) return;
  for (const auto* kernels : {&pointwise_kernels, &moving_kernels, &axis_kernels, &window_kernels}) {
    const auto found = kernels->find(op.kind);
    if (found != kernels->end()) return found->second(op, in, out);
  }
  refuse("the stand-in does not compute " + op.kind);
}

}  // namespace standin

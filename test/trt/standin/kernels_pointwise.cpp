// Layers that compute element by element.
#include <algorithm>

#include "elements.hpp"

namespace standin {
namespace {

using nvinfer1::ActivationType;
using nvinfer1::ElementWiseOperation;
using nvinfer1::UnaryOperation;

template <class F>
void map_floats(const Arrays& in, const Arrays& out, F f) {
  const Floats x(in[0]);
  FloatResult y(out[0]);
  const int64_t n = out[0].count();
  for (int64_t i = 0; i < n; ++i) y[i] = f(x[i]);
}

template <class F>
void map_integers(const Arrays& in, const Arrays& out, F f) {
  const Integers x(in[0]);
  IntegerResult y(out[0]);
  const int64_t n = out[0].count();
  for (int64_t i = 0; i < n; ++i) y[i] = f(x[i]);
}

float softplus(float x) { return std::max(x, 0.0f) + std::log1p(std::exp(-std::fabs(x))); }

void activation(const Operation& op, const Arrays& in, const Arrays& out) {
  const auto kind = static_cast<ActivationType>(op.integer("activation_type"));
  const auto a = static_cast<float>(op.number("alpha")), b = static_cast<float>(op.number("beta"));
  if (!is_float(in[0].type())) return map_integers(in, out, [](int64_t x) { return std::max<int64_t>(x, 0); });
  const auto run = [&](auto f) { map_floats(in, out, f); };
  switch (kind) {
    case ActivationType::kRELU: return run([](float x) { return x > 0 || std::isnan(x) ? x : 0.0f; });
    case ActivationType::kSIGMOID: return run([](float x) { return 1 / (1 + std::exp(-x)); });
    case ActivationType::kTANH: return run([](float x) { return std::tanh(x); });
    case ActivationType::kLEAKY_RELU: return run([a](float x) { return x >= 0 ? x : a * x; });
    case ActivationType::kELU: return run([a](float x) { return x >= 0 ? x : a * std::expm1(x); });
    case ActivationType::kSELU: return run([a, b](float x) { return b * (x > 0 ? x : a * std::expm1(x)); });
    case ActivationType::kSOFTSIGN: return run([](float x) { return x / (1 + std::fabs(x)); });
    case ActivationType::kSOFTPLUS: return run([a, b](float x) { return a * softplus(b * x); });
    case ActivationType::kCLIP:
      return run([a, b](float x) { return std::isnan(x) ? x : std::max(a, std::min(b, x)); });
    case ActivationType::kHARD_SIGMOID:
      return run([a, b](float x) { return std::max(0.0f, std::min(1.0f, a * x + b)); });
    case ActivationType::kSCALED_TANH: return run([a, b](float x) { return a * std::tanh(b * x); });
    case ActivationType::kTHRESHOLDED_RELU: return run([a](float x) { return x > a ? x : 0.0f; });
    case ActivationType::kGELU_ERF:
      return run([](float x) { return 0.5f * x * (1 + std::erf(std::sqrt(0.5f) * x)); });
    case ActivationType::kGELU_TANH:
      return run([](float x) { return 0.5f * x * (1 + std::tanh(0.7978845608f * (0.044715f * x * x * x + x))); });
  }
}

void unary(const Operation& op, const Arrays& in, const Arrays& out) {
  const auto kind = static_cast<UnaryOperation>(op.integer("operation"));
  if (!is_float(in[0].type()))
    return map_integers(in, out, [kind](int64_t x) -> int64_t {
      if (kind == UnaryOperation::kNOT) return x == 0;
      if (kind == UnaryOperation::kABS) return x < 0 ? -x : x;
      if (kind == UnaryOperation::kNEG) return -x;
      return (x > 0) - (x < 0);
    });
  const auto run = [&](auto f) { map_floats(in, out, f); };
  const auto test = [&](auto f) {
    const Floats x(in[0]);
    for (int64_t i = 0; i < out[0].count(); ++i) set_integer(out[0], i, f(x[i]));
  };
  using U = UnaryOperation;
  switch (kind) {
    case U::kEXP: return run([](float x) { return std::exp(x); });
    case U::kLOG: return run([](float x) { return std::log(x); });
    case U::kSQRT: return run([](float x) { return std::sqrt(x); });
    case U::kRECIP: return run([](float x) { return 1 / x; });
    case U::kABS: return run([](float x) { return std::fabs(x); });
    case U::kNEG: return run([](float x) { return -x; });
    case U::kSIN: return run([](float x) { return std::sin(x); });
    case U::kCOS: return run([](float x) { return std::cos(x); });
    case U::kTAN: return run([](float x) { return std::tan(x); });
    case U::kSINH: return run([](float x) { return std::sinh(x); });
    case U::kCOSH: return run([](float x) { return std::cosh(x); });
    case U::kASIN: return run([](float x) { return std::asin(x); });
    case U::kACOS: return run([](float x) { return std::acos(x); });
    case U::kATAN: return run([](float x) { return std::atan(x); });
    case U::kASINH: return run([](float x) { return std::asinh(x); });
    case U::kACOSH: return run([](float x) { return std::acosh(x); });
    case U::kATANH: return run([](float x) { return std::atanh(x); });
    case U::kCEIL: return run([](float x) { return std::ceil(x); });
    case U::kFLOOR: return run([](float x) { return std::floor(x); });
    case U::kERF: return run([](float x) { return std::erf(x); });
    case U::kSIGN: return run([](float x) { return std::isnan(x) ? x : static_cast<float>((x > 0) - (x < 0)); });
    case U::kROUND: return run([](float x) { return std::nearbyint(x); });
    case U::kISINF: return test([](float x) { return std::isinf(x); });
    case U::kISNAN: return test([](float x) { return std::isnan(x); });
    case U::kNOT: return;
  }
}

// f(i, a, b) for places of the result and of both operands, which are broadcast.
template <class F>
void each_pair(const Arrays& in, const Array& out, F f) {
  if (in[0].dims() == in[1].dims()) {
    const int64_t n = out.count();
    for (int64_t i = 0; i < n; ++i) f(i, i, i);
    return;
  }
  const List a = broadcast_strides(in[0].dims(), out.dims()), b = broadcast_strides(in[1].dims(), out.dims());
  const size_t last = out.dims().size() - 1;  // ranks are equal, and extents differ: there is an axis
  const int64_t inner = out.dims()[last], step_a = a[last], step_b = b[last];
  List outer(out.dims().begin(), out.dims().end() - 1);
  each_place(outer, [&](int64_t place, const List& at) {
    int64_t from_a = 0, from_b = 0;
    for (size_t i = 0; i < at.size(); ++i) {
      from_a += at[i] * a[i];
      from_b += at[i] * b[i];
    }
    for (int64_t i = 0; i < inner; ++i) f(place * inner + i, from_a + i * step_a, from_b + i * step_b);
  });
}

float largest(float a, float b) { return std::isnan(a) ? a : std::isnan(b) ? b : std::max(a, b); }
float smallest(float a, float b) { return std::isnan(a) ? a : std::isnan(b) ? b : std::min(a, b); }

int64_t floor_quotient(int64_t a, int64_t b) {
  return b == 0 ? 0 : a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
}

void element_wise(const Operation& op, const Arrays& in, const Arrays& out) {
  using E = ElementWiseOperation;
  const auto kind = static_cast<E>(op.integer("operation"));
  if (!is_float(in[0].type())) {
    const Integers a(in[0]), b(in[1]);
    IntegerResult y(out[0]);
    const auto run = [&](auto f) {
      each_pair(in, out[0], [&](int64_t i, int64_t j, int64_t k) { y[i] = f(a[j], b[k]); });
    };
    using I = int64_t;
    switch (kind) {
      case E::kSUM: return run([](I p, I q) { return p + q; });
      case E::kPROD: return run([](I p, I q) { return p * q; });
      case E::kMAX: return run([](I p, I q) { return std::max(p, q); });
      case E::kMIN: return run([](I p, I q) { return std::min(p, q); });
      case E::kSUB: return run([](I p, I q) { return p - q; });
      case E::kDIV: return run([](I p, I q) { return q == 0 ? 0 : p / q; });
      case E::kPOW:
        return run([](I p, I q) { return static_cast<I>(std::pow(static_cast<double>(p), static_cast<double>(q))); });
      case E::kFLOOR_DIV: return run([](I p, I q) { return floor_quotient(p, q); });
      case E::kAND: return run([](I p, I q) { return p & q; });
      case E::kOR: return run([](I p, I q) { return p | q; });
      case E::kXOR: return run([](I p, I q) { return p ^ q; });
      case E::kEQUAL: return run([](I p, I q) -> I { return p == q; });
      case E::kGREATER: return run([](I p, I q) -> I { return p > q; });
      case E::kLESS: return run([](I p, I q) -> I { return p < q; });
    }
    return;
  }
  const Floats a(in[0]), b(in[1]);
  if (out[0].type() == DataType::kBOOL) {
    auto* const y = static_cast<uint8_t*>(out[0].data);
    const auto run = [&](auto f) {
      each_pair(in, out[0], [&](int64_t i, int64_t j, int64_t k) { y[i] = f(a[j], b[k]); });
    };
    if (kind == E::kEQUAL) return run([](float p, float q) { return p == q; });
    if (kind == E::kGREATER) return run([](float p, float q) { return p > q; });
    return run([](float p, float q) { return p < q; });
  }
  FloatResult y(out[0]);
  const auto run = [&](auto f) {
    each_pair(in, out[0], [&](int64_t i, int64_t j, int64_t k) { y[i] = f(a[j], b[k]); });
  };
  switch (kind) {
    case E::kSUM: return run([](float p, float q) { return p + q; });
    case E::kPROD: return run([](float p, float q) { return p * q; });
    case E::kMAX: return run(largest);
    case E::kMIN: return run(smallest);
    case E::kSUB: return run([](float p, float q) { return p - q; });
    case E::kDIV: return run([](float p, float q) { return p / q; });
    case E::kPOW: return run([](float p, float q) { return std::pow(p, q); });
    case E::kFLOOR_DIV: return run([](float p, float q) { return std::floor(p / q); });
    default: return;
  }
}

void cast(const Operation&, const Arrays& in, const Arrays& out) {
  const int64_t n = out[0].count();
  if (is_float(in[0].type())) {
    const Floats x(in[0]);
    if (is_float(out[0].type())) {
      FloatResult y(out[0]);
      for (int64_t i = 0; i < n; ++i) y[i] = x[i];
      return;
    }
    const DataType to = out[0].type();
    // Numbers outside of the range are undefined in TensorRT; here they become what CUDA makes of them.
    const double least = to == DataType::kINT64 ? -0x1p63 : to == DataType::kINT32 ? -0x1p31 : 0;
    const double most = to == DataType::kINT64 ? 0x1p63 : to == DataType::kINT32 ? 0x1p31 - 1 : 255;
    for (int64_t i = 0; i < n; ++i) {
      if (to == DataType::kBOOL) {
        set_integer(out[0], i, x[i] != 0);
      } else if (std::isnan(x[i])) {
        set_integer(out[0], i, 0);
      } else {
        const double whole = std::clamp(std::trunc(static_cast<double>(x[i])), least, most);
        set_integer(out[0], i, whole >= 0x1p63 ? INT64_MAX : static_cast<int64_t>(whole));
      }
    }
    return;
  }
  if (!is_float(out[0].type())) {
    for (int64_t i = 0; i < n; ++i) set_integer(out[0], i, integer_at(in[0], i));
    return;
  }
  FloatResult y(out[0]);
  for (int64_t i = 0; i < n; ++i) y[i] = static_cast<float>(integer_at(in[0], i));
}

void identity(const Operation&, const Arrays& in, const Arrays& out) {
  std::memcpy(out[0].data, in[0].data, static_cast<size_t>(out[0].count()) * bytes_of(out[0].type()));
}

void parametric_relu(const Operation&, const Arrays& in, const Arrays& out) {
  const Floats x(in[0]), slopes(in[1]);
  FloatResult y(out[0]);
  each_pair(in, out[0], [&](int64_t i, int64_t j, int64_t k) { y[i] = x[j] >= 0 ? x[j] : slopes[k] * x[j]; });
}

void select(const Operation&, const Arrays& in, const Arrays& out) {
  const size_t size = bytes_of(out[0].type());
  List strides[3];
  for (size_t i = 0; i < 3; ++i) strides[i] = broadcast_strides(in[i].dims(), out[0].dims());
  each_place(out[0].dims(), [&](int64_t place, const List& at) {
    int64_t from[3] = {0, 0, 0};
    for (size_t i = 0; i < 3; ++i)
      for (size_t axis = 0; axis < at.size(); ++axis) from[i] += at[axis] * strides[i][axis];
    const size_t taken = integer_at(in[0], from[0]) ? 1 : 2;
    std::memcpy(static_cast<char*>(out[0].data) + static_cast<size_t>(place) * size,
                static_cast<const char*>(in[taken].data) + static_cast<size_t>(from[taken]) * size, size);
  });
}

// f(i, scale of element i)
template <class F>
void with_scale(const Operation& op, const Arrays& in, F f) {
  const Floats scale(in[1]);
  const int64_t n = in[0].count();
  if (in[1].count() == 1) {
    for (int64_t i = 0; i < n; ++i) f(i, scale[0]);
    return;
  }
  const Around around(in[0].dims(), static_cast<size_t>(op.integer("axis")));
  for (int64_t i = 0; i < n; ++i) f(i, scale[i / around.after % around.along]);
}

void quantize(const Operation& op, const Arrays& in, const Arrays& out) {
  const Floats x(in[0]);
  auto* const y = static_cast<int8_t*>(out[0].data);
  with_scale(op, in, [&](int64_t i, float scale) {
    const float q = x[i] / scale;
    y[i] = std::isnan(q) ? 0 : static_cast<int8_t>(std::clamp(std::nearbyint(q), -128.0f, 127.0f));
  });
}

void dequantize(const Operation& op, const Arrays& in, const Arrays& out) {
  const auto* const x = static_cast<const int8_t*>(in[0].data);
  FloatResult y(out[0]);
  with_scale(op, in, [&](int64_t i, float scale) { y[i] = static_cast<float>(x[i]) * scale; });
}

}  // namespace

const std::map<std::string, Kernel> pointwise_kernels{
    {"Activation", activation},
    {"Unary", unary},
    {"ElementWise", element_wise},
    {"Cast", cast},
    {"Identity", identity},
    {"ParametricReLU", parametric_relu},
    {"Select", select},
    {"Quantize", quantize},
    {"Dequantize", dequantize},
};

}  // namespace standin

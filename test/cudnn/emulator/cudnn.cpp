// A stand-in for cuDNN that computes on the host, for tests of emitted programs on machines without a GPU.
//
// It takes the calls that Arhat's runtime makes (the backend API, softmax, LRN), keeps every attribute as it was set,
// and executes operation graphs plainly from their definition, with tensors at the strides that were given. It proves
// that a program asks for the right graph on the right memory; it proves nothing about cuDNN itself.
#include <cudnn.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "element.hpp"
#include "streams.hpp"

using emulator::Element;

namespace {

thread_local std::string reason;

cudnnStatus_t refuse(cudnnStatus_t status, const std::string& why) {
  reason = why;
  return status;
}

size_t size_of(cudnnBackendAttributeType_t type) {
  switch (type) {
    case CUDNN_TYPE_BOOLEAN:
    case CUDNN_TYPE_CHAR:
      return 1;
    case CUDNN_TYPE_INT64:
    case CUDNN_TYPE_DOUBLE:
    case CUDNN_TYPE_VOID_PTR:
    case CUDNN_TYPE_HANDLE:
    case CUDNN_TYPE_BACKEND_DESCRIPTOR:
      return 8;
    default:
      return 4;
  }
}

}  // namespace

struct Attribute {
  cudnnBackendAttributeType_t type;
  int64_t count;
  std::vector<char> bytes;
};

struct cudnnContext {
  cudaStream_t stream = nullptr;
};

struct Backend {
  cudnnBackendDescriptorType_t type;
  std::map<int, Attribute> attributes;
  bool finalized = false;

  bool has(cudnnBackendAttributeName_t name) const { return attributes.count(name) != 0; }
  template <class T>
  std::vector<T> list(cudnnBackendAttributeName_t name) const {
    const auto found = attributes.find(name);
    if (found == attributes.end()) return {};
    std::vector<T> values(found->second.bytes.size() / sizeof(T));
    std::memcpy(values.data(), found->second.bytes.data(), values.size() * sizeof(T));
    return values;
  }
  template <class T>
  T get(cudnnBackendAttributeName_t name, T missing = {}) const {
    const auto found = attributes.find(name);
    if (found != attributes.end()) std::memcpy(&missing, found->second.bytes.data(), sizeof(T));
    return missing;
  }
  const Backend* child(cudnnBackendAttributeName_t name) const { return get<const Backend*>(name); }
};

namespace {

// ---------------------------------------------------------------------------------------------------- execution

struct Tensor {
  Element type;
  std::vector<int64_t> dims, strides;
  bool is_virtual;
  std::byte* data = nullptr;
  std::vector<std::byte> own;  // of a virtual tensor

  double read(int64_t offset) const { return emulator::read(type, data, offset); }
  void write(int64_t offset, double value) { emulator::write(type, data, offset, value); }
  int64_t elements() const {
    int64_t n = 1;
    for (int64_t d : dims) n *= d;
    return n;
  }
};

Element element(cudnnDataType_t type) {
  switch (type) {
    case CUDNN_DATA_FLOAT:
      return Element::f32;
    case CUDNN_DATA_HALF:
      return Element::f16;
    case CUDNN_DATA_BFLOAT16:
      return Element::bf16;
    case CUDNN_DATA_INT8:
      return Element::i8;
    case CUDNN_DATA_INT32:
      return Element::i32;
    default:
      return Element::none;
  }
}

class Execution {
 public:
  Execution(const Backend& graph, const std::map<int64_t, void*>& pointers) : pointers_(pointers) {
    for (const Backend* operation : graph.list<const Backend*>(CUDNN_ATTR_OPERATIONGRAPH_OPS)) run(*operation);
  }

 private:
  using Index = std::vector<int64_t>;

  Tensor& tensor(const Backend* d) {
    auto& slot = tensors_[d->get<int64_t>(CUDNN_ATTR_TENSOR_UNIQUE_ID)];
    if (slot) return *slot;
    slot = std::make_unique<Tensor>();
    slot->type = element(d->get<cudnnDataType_t>(CUDNN_ATTR_TENSOR_DATA_TYPE));
    slot->dims = d->list<int64_t>(CUDNN_ATTR_TENSOR_DIMENSIONS);
    slot->strides = d->list<int64_t>(CUDNN_ATTR_TENSOR_STRIDES);
    slot->is_virtual = d->get<bool>(CUDNN_ATTR_TENSOR_IS_VIRTUAL);
    if (slot->is_virtual) {
      int64_t last = 1;
      for (size_t i = 0; i < slot->dims.size(); ++i) last += (slot->dims[i] - 1) * slot->strides[i];
      slot->own.resize(static_cast<size_t>(last) * emulator::bytes(slot->type));
      slot->data = slot->own.data();
    } else {
      slot->data = static_cast<std::byte*>(pointers_.at(d->get<int64_t>(CUDNN_ATTR_TENSOR_UNIQUE_ID)));
    }
    return *slot;
  }

  // f(index, offset) for each element of the tensor.
  template <class F>
  static void each(const Tensor& t, F f) {
    Index at(t.dims.size(), 0);
    for (int64_t n = t.elements(), i = 0; i < n; ++i) {
      f(at, offset(t, at));
      for (size_t axis = at.size(); axis-- > 0;) {
        if (++at[axis] < t.dims[axis]) break;
        at[axis] = 0;
      }
    }
  }

  static int64_t offset(const Tensor& t, const Index& at) {
    int64_t sum = 0;
    for (size_t i = 0; i < t.dims.size(); ++i) sum += (t.dims[i] == 1 ? 0 : at[i]) * t.strides[i];
    return sum;
  }

  void run(const Backend& op) {
    switch (op.type) {
      case CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR:
        return convolution(*op.child(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC),
                           tensor(op.child(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X)),
                           tensor(op.child(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W)),
                           tensor(op.child(CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y)), false);
      case CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR:
        return convolution(*op.child(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC),
                           tensor(op.child(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX)),
                           tensor(op.child(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W)),
                           tensor(op.child(CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY)), true);
      case CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR:
        return pointwise(op);
      case CUDNN_BACKEND_OPERATION_RESAMPLE_FWD_DESCRIPTOR:
        return resample(op);
      case CUDNN_BACKEND_OPERATION_MATMUL_DESCRIPTOR:
        return matmul(op);
      case CUDNN_BACKEND_OPERATION_REDUCTION_DESCRIPTOR:
        return reduction(op);
      default:
        std::abort();
    }
  }

  template <class T>
  static double product(const float* a, const float* b, int64_t n) {
    T sum = 0;
    for (int64_t i = 0; i < n; ++i) sum += static_cast<T>(a[i]) * static_cast<T>(b[i]);
    return static_cast<double>(sum);
  }

  // y = conv(x, w), or the gradient: x from y.
  static void convolution(const Backend& shape, Tensor& x, Tensor& w, Tensor& y, bool gradient) {
    const auto pre = shape.list<int64_t>(CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS);
    const auto strides = shape.list<int64_t>(CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES);
    const auto dilations = shape.list<int64_t>(CUDNN_ATTR_CONVOLUTION_DILATIONS);
    const size_t spatial = pre.size();
    const int64_t groups = x.dims[1] / w.dims[1], per_group = y.dims[1] / groups;
    int64_t taps = 1;
    for (size_t i = 0; i < spatial; ++i) taps *= w.dims[2 + i];
    std::vector<double> sums(gradient ? static_cast<size_t>(x.elements()) : 0, 0.0);
    std::vector<float> filter;  // [K][taps][C / groups]
    for (int64_t k = 0; k < w.dims[0]; ++k)
      for (int64_t tap = 0; tap < taps; ++tap)
        for (int64_t c = 0; c < w.dims[1]; ++c) {
          int64_t at = k * w.strides[0] + c * w.strides[1], rest = tap;
          for (size_t i = spatial; i-- > 0; rest /= w.dims[2 + i]) at += rest % w.dims[2 + i] * w.strides[2 + i];
          filter.push_back(static_cast<float>(w.read(at)));
        }
    std::vector<float> image(static_cast<size_t>(gradient ? 0 : x.elements()));  // [N][spatial][C]
    const auto dense = [&](const Tensor& t, int64_t n, const Index& where, int64_t c) {
      int64_t at = n;
      for (size_t i = 0; i < spatial; ++i) at = at * t.dims[2 + i] + where[i];
      return at * t.dims[1] + c;
    };
    if (!gradient)
      each(x, [&](const Index& at, int64_t o) {
        image[static_cast<size_t>(dense(x, at[0], Index(at.begin() + 2, at.end()), at[1]))] = static_cast<float>(x.read(o));
      });
    int64_t pixels = 1;
    for (size_t i = 0; i < spatial; ++i) pixels *= y.dims[2 + i];
    Index where(spatial), from(spatial);
    for (int64_t n = 0; n < y.dims[0]; ++n)
      for (int64_t pixel = 0; pixel < pixels; ++pixel) {
        int64_t rest = pixel;
        for (size_t i = spatial; i-- > 0; rest /= y.dims[2 + i]) where[i] = rest % y.dims[2 + i];
        int64_t place = n * y.strides[0];
        for (size_t i = 0; i < spatial; ++i) place += where[i] * y.strides[2 + i];
        for (int64_t k = 0; k < y.dims[1]; ++k) {
          const int64_t group = k / per_group;
          const double dy = gradient ? y.read(place + k * y.strides[1]) : 0.0;
          double sum = 0;
          for (int64_t tap = 0; tap < taps; ++tap) {
            bool inside = true;
            int64_t of_tap = tap;
            for (size_t i = spatial; i-- > 0; of_tap /= w.dims[2 + i]) {
              from[i] = where[i] * strides[i] - pre[i] + of_tap % w.dims[2 + i] * dilations[i];
              inside = inside && from[i] >= 0 && from[i] < x.dims[2 + i];
            }
            if (!inside) continue;
            const float* f = &filter[static_cast<size_t>((k * taps + tap) * w.dims[1])];
            const auto first = static_cast<size_t>(dense(x, n, from, group * w.dims[1]));
            if (gradient) {
              for (int64_t c = 0; c < w.dims[1]; ++c) sums[first + static_cast<size_t>(c)] += dy * f[c];
            } else {
              sum += x.type == Element::i8 ? product<double>(&image[first], f, w.dims[1])
                                           : product<float>(&image[first], f, w.dims[1]);
            }
          }
          if (!gradient) y.write(place + k * y.strides[1], sum);
        }
      }
    if (gradient)
      each(x, [&](const Index& at, int64_t o) {
        x.write(o, sums[static_cast<size_t>(dense(x, at[0], Index(at.begin() + 2, at.end()), at[1]))]);
      });
  }

  static float function(const Backend& f, float x, float b, float t) {
    const float infinity = std::numeric_limits<float>::infinity();
    switch (f.get<cudnnPointwiseMode_t>(CUDNN_ATTR_POINTWISE_MODE)) {
      case CUDNN_POINTWISE_ADD:
        return x + b;
      case CUDNN_POINTWISE_SUB:
        return x - b;
      case CUDNN_POINTWISE_MUL:
        return x * b;
      case CUDNN_POINTWISE_DIV:
        return x / b;
      case CUDNN_POINTWISE_MAX:
        return std::max(x, b);
      case CUDNN_POINTWISE_MIN:
        return std::min(x, b);
      case CUDNN_POINTWISE_POW:
        return std::pow(x, b);
      case CUDNN_POINTWISE_RELU_FWD: {
        const float lower = f.get<float>(CUDNN_ATTR_POINTWISE_RELU_LOWER_CLIP, 0.0f);
        const float upper = f.get<float>(CUDNN_ATTR_POINTWISE_RELU_UPPER_CLIP, infinity);
        const float slope = f.get<float>(CUDNN_ATTR_POINTWISE_RELU_LOWER_CLIP_SLOPE, 0.0f);
        return x <= lower ? lower + slope * (x - lower) : std::min(x, upper);
      }
      case CUDNN_POINTWISE_SIGMOID_FWD:
        return 1 / (1 + std::exp(-x));
      case CUDNN_POINTWISE_TANH_FWD:
        return std::tanh(x);
      case CUDNN_POINTWISE_ELU_FWD:
        return x > 0 ? x : f.get<float>(CUDNN_ATTR_POINTWISE_ELU_ALPHA, 1.0f) * std::expm1(x);
      case CUDNN_POINTWISE_GELU_FWD:
        return 0.5f * x * (1 + std::erf(x / std::sqrt(2.0f)));
      case CUDNN_POINTWISE_GELU_APPROX_TANH_FWD:
        return 0.5f * x * (1 + std::tanh(0.7978845608f * (x + 0.044715f * x * x * x)));
      case CUDNN_POINTWISE_SOFTPLUS_FWD: {
        const float beta = f.get<float>(CUDNN_ATTR_POINTWISE_SOFTPLUS_BETA, 1.0f);
        return (std::max(beta * x, 0.0f) + std::log1p(std::exp(-std::fabs(beta * x)))) / beta;
      }
      case CUDNN_POINTWISE_SWISH_FWD:
        return x / (1 + std::exp(-f.get<float>(CUDNN_ATTR_POINTWISE_SWISH_BETA, 1.0f) * x));
      case CUDNN_POINTWISE_IDENTITY:
        return x;
      case CUDNN_POINTWISE_ABS:
        return std::fabs(x);
      case CUDNN_POINTWISE_NEG:
        return -x;
      case CUDNN_POINTWISE_EXP:
        return std::exp(x);
      case CUDNN_POINTWISE_LOG:
        return std::log(x);
      case CUDNN_POINTWISE_SQRT:
        return std::sqrt(x);
      case CUDNN_POINTWISE_RSQRT:
        return 1 / std::sqrt(x);
      case CUDNN_POINTWISE_CEIL:
        return std::ceil(x);
      case CUDNN_POINTWISE_FLOOR:
        return std::floor(x);
      case CUDNN_POINTWISE_ERF:
        return std::erf(x);
      case CUDNN_POINTWISE_BINARY_SELECT:
        return t != 0 ? x : b;
      default:
        std::abort();
    }
  }

  void pointwise(const Backend& op) {
    const Backend& f = *op.child(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR);
    Tensor& x = tensor(op.child(CUDNN_ATTR_OPERATION_POINTWISE_XDESC));
    Tensor& y = tensor(op.child(CUDNN_ATTR_OPERATION_POINTWISE_YDESC));
    Tensor* b = op.has(CUDNN_ATTR_OPERATION_POINTWISE_BDESC) ? &tensor(op.child(CUDNN_ATTR_OPERATION_POINTWISE_BDESC)) : nullptr;
    Tensor* t = op.has(CUDNN_ATTR_OPERATION_POINTWISE_TDESC) ? &tensor(op.child(CUDNN_ATTR_OPERATION_POINTWISE_TDESC)) : nullptr;
    each(y, [&](const Index& at, int64_t o) {
      const auto of = [&](Tensor* operand) { return operand ? static_cast<float>(operand->read(offset(*operand, at))) : 0.0f; };
      y.write(o, function(f, of(&x), of(b), of(t)));
    });
  }

  void resample(const Backend& op) {
    const Backend& shape = *op.child(CUDNN_ATTR_OPERATION_RESAMPLE_FWD_DESC);
    Tensor& x = tensor(op.child(CUDNN_ATTR_OPERATION_RESAMPLE_FWD_XDESC));
    Tensor& y = tensor(op.child(CUDNN_ATTR_OPERATION_RESAMPLE_FWD_YDESC));
    const auto mode = shape.get<cudnnResampleMode_t>(CUDNN_ATTR_RESAMPLE_MODE);
    const auto window = shape.list<int64_t>(CUDNN_ATTR_RESAMPLE_WINDOW_DIMS);
    const auto pre = shape.list<int64_t>(CUDNN_ATTR_RESAMPLE_PRE_PADDINGS);
    const auto strides = shape.list<int64_t>(CUDNN_ATTR_RESAMPLE_STRIDES);
    int64_t taps = 1;
    for (int64_t extent : window) taps *= extent;
    each(y, [&](const Index& at, int64_t o) {
      double best = -std::numeric_limits<double>::infinity(), sum = 0;
      int64_t count = 0;
      for (int64_t tap = 0; tap < taps; ++tap) {
        Index from = at;
        bool inside = true;
        int64_t rest = tap;
        for (size_t i = window.size(); i-- > 0; rest /= window[i]) {
          from[2 + i] = at[2 + i] * strides[i] - pre[i] + rest % window[i];
          inside = inside && from[2 + i] >= 0 && from[2 + i] < x.dims[2 + i];
        }
        if (!inside) continue;
        const double value = x.read(offset(x, from));
        best = std::max(best, value);
        sum += value;
        ++count;
      }
      if (mode == CUDNN_RESAMPLE_MAXPOOL) return y.write(o, best);
      y.write(o, sum / static_cast<double>(mode == CUDNN_RESAMPLE_AVGPOOL_INCLUDE_PADDING ? taps : count));
    });
  }

  void matmul(const Backend& op) {
    Tensor& a = tensor(op.child(CUDNN_ATTR_OPERATION_MATMUL_ADESC));
    Tensor& b = tensor(op.child(CUDNN_ATTR_OPERATION_MATMUL_BDESC));
    Tensor& c = tensor(op.child(CUDNN_ATTR_OPERATION_MATMUL_CDESC));
    const size_t last = c.dims.size() - 1;
    each(c, [&](const Index& at, int64_t o) {
      double sum = 0;
      Index left = at, right = at;
      for (int64_t k = 0; k < a.dims[last]; ++k) {
        left[last] = k;
        right[last - 1] = k;
        sum += a.read(offset(a, left)) * b.read(offset(b, right));
      }
      c.write(o, sum);
    });
  }

  void reduction(const Backend& op) {
    Tensor& x = tensor(op.child(CUDNN_ATTR_OPERATION_REDUCTION_XDESC));
    Tensor& y = tensor(op.child(CUDNN_ATTR_OPERATION_REDUCTION_YDESC));
    const auto mode = op.child(CUDNN_ATTR_OPERATION_REDUCTION_DESC)->get<cudnnReduceTensorOp_t>(CUDNN_ATTR_REDUCTION_OPERATOR);
    std::map<int64_t, std::pair<double, int64_t>> sums;
    each(x, [&](const Index& at, int64_t o) {
      auto& [value, count] = sums[offset(y, at)];
      const double item = x.read(o);
      const bool first = count++ == 0;
      if (mode == CUDNN_REDUCE_TENSOR_MAX) value = first ? item : std::max(value, item);
      else if (mode == CUDNN_REDUCE_TENSOR_MIN) value = first ? item : std::min(value, item);
      else if (mode == CUDNN_REDUCE_TENSOR_MUL) value = first ? item : value * item;
      else value += item;
    });
    for (auto& [place, found] : sums)
      y.write(place, mode == CUDNN_REDUCE_TENSOR_AVG ? found.first / static_cast<double>(found.second) : found.first);
  }

  const std::map<int64_t, void*>& pointers_;
  std::map<int64_t, std::unique_ptr<Tensor>> tensors_;
};

Backend* of(cudnnBackendDescriptor_t descriptor) { return static_cast<Backend*>(descriptor); }

const Backend* graph_of(const Backend* plan) {
  const Backend* config = plan->child(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG);
  return config->child(CUDNN_ATTR_ENGINECFG_ENGINE)->child(CUDNN_ATTR_ENGINE_OPERATION_GRAPH);
}

template <class T>
void put(Backend& b, cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, const T& value) {
  const char* raw = reinterpret_cast<const char*>(&value);
  b.attributes[name] = {type, 1, std::vector<char>(raw, raw + sizeof value)};
}

}  // namespace

extern "C" {

size_t cudnnGetVersion(void) { return CUDNN_VERSION; }
const char* cudnnGetErrorString(cudnnStatus_t status) { return status == CUDNN_STATUS_SUCCESS ? "success" : "refused by the emulator"; }
void cudnnGetLastErrorString(char* text, size_t size) {
  if (size != 0) text[reason.copy(text, size - 1)] = '\0';
  reason.clear();
}
cudnnStatus_t cudnnCreate(cudnnHandle_t* handle) {
  *handle = new cudnnContext;
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnDestroy(cudnnHandle_t handle) {
  delete handle;
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnSetStream(cudnnHandle_t handle, cudaStream_t stream) {
  handle->stream = stream;
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnGetStream(cudnnHandle_t handle, cudaStream_t* stream) {
  *stream = handle->stream;
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendCreateDescriptor(cudnnBackendDescriptorType_t type, cudnnBackendDescriptor_t* descriptor) {
  static std::mutex mutex;
  static std::vector<std::unique_ptr<Backend>> all;  // as long as the process: plans look at their graphs
  const std::lock_guard<std::mutex> lock(mutex);
  all.push_back(std::make_unique<Backend>(Backend{type, {}, false}));
  *descriptor = all.back().get();
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnBackendDestroyDescriptor(cudnnBackendDescriptor_t) {
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnBackendSetAttribute(cudnnBackendDescriptor_t descriptor, cudnnBackendAttributeName_t name,
                                       cudnnBackendAttributeType_t type, int64_t count, const void* values) {
  if (of(descriptor)->finalized) return refuse(CUDNN_STATUS_BAD_PARAM, "the descriptor is final");
  const char* raw = static_cast<const char*>(values);
  of(descriptor)->attributes[name] = {type, count, std::vector<char>(raw, raw + size_of(type) * static_cast<size_t>(count))};
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendFinalize(cudnnBackendDescriptor_t descriptor) {
  Backend& b = *of(descriptor);
  if (b.type == CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR) {
    if (!b.has(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG)) return refuse(CUDNN_STATUS_NOT_SUPPORTED, "no plans from text");
    put<int64_t>(b, CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, CUDNN_TYPE_INT64, 0);
    put<char>(b, CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION, CUDNN_TYPE_CHAR, '0');
  }
  if (b.type == CUDNN_BACKEND_TENSOR_DESCRIPTOR &&
      element(b.get<cudnnDataType_t>(CUDNN_ATTR_TENSOR_DATA_TYPE)) == Element::none)
    return refuse(CUDNN_STATUS_NOT_SUPPORTED, "the emulator has no such elements");
  if (b.type == CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR) {
    const auto mode = b.get<cudnnBackendHeurMode_t>(CUDNN_ATTR_ENGINEHEUR_MODE);
    if (mode != CUDNN_HEUR_MODE_A) return refuse(CUDNN_STATUS_NOT_SUPPORTED, "one mode only");
  }
  if (b.type == CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR)
    put<int64_t>(b, CUDNN_ATTR_OPERATIONGRAPH_ENGINE_GLOBAL_COUNT, CUDNN_TYPE_INT64, 1);
  b.finalized = true;
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendGetAttribute(cudnnBackendDescriptor_t const descriptor, cudnnBackendAttributeName_t name,
                                       cudnnBackendAttributeType_t type, int64_t limit, int64_t* count, void* values) {
  const Backend& b = *static_cast<const Backend*>(descriptor);
  if (name == CUDNN_ATTR_ENGINEHEUR_RESULTS) {
    *count = 1;
    if (limit == 0) return CUDNN_STATUS_SUCCESS;
    Backend* config = of(*static_cast<cudnnBackendDescriptor_t*>(values));
    static std::vector<std::unique_ptr<Backend>> engines;  // as long as the process: plans look at them
    auto engine = std::make_unique<Backend>(Backend{CUDNN_BACKEND_ENGINE_DESCRIPTOR, {}, true});
    put<const Backend*>(*engine, CUDNN_ATTR_ENGINE_OPERATION_GRAPH, CUDNN_TYPE_BACKEND_DESCRIPTOR,
                        b.child(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH));
    put<int64_t>(*engine, CUDNN_ATTR_ENGINE_GLOBAL_INDEX, CUDNN_TYPE_INT64, 0);
    put<const Backend*>(*config, CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_TYPE_BACKEND_DESCRIPTOR, engine.get());
    engines.push_back(std::move(engine));
    config->finalized = true;
    return CUDNN_STATUS_SUCCESS;
  }
  const auto found = b.attributes.find(name);
  if (found == b.attributes.end()) {
    *count = 0;
    return CUDNN_STATUS_SUCCESS;
  }
  if (found->second.type != type) return refuse(CUDNN_STATUS_BAD_PARAM, "the attribute is of another type");
  *count = found->second.count;
  if (limit == 0 || values == nullptr) return CUDNN_STATUS_SUCCESS;
  if (name == CUDNN_ATTR_ENGINECFG_ENGINE) {  // the caller's descriptor becomes a copy of it
    Backend* target = of(*static_cast<cudnnBackendDescriptor_t*>(values));
    *target = *b.child(name);
    return CUDNN_STATUS_SUCCESS;
  }
  std::memcpy(values, found->second.bytes.data(), size_of(type) * static_cast<size_t>(std::min(limit, *count)));
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnBackendExecute(cudnnHandle_t handle, cudnnBackendDescriptor_t plan, cudnnBackendDescriptor_t pack) {
  const auto uids = of(pack)->list<int64_t>(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS);
  const auto data = of(pack)->list<void*>(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS);
  std::map<int64_t, void*> pointers;
  for (size_t i = 0; i < uids.size(); ++i) {
    if (reinterpret_cast<uintptr_t>(data[i]) % 16 != 0) return refuse(CUDNN_STATUS_BAD_PARAM, "a pointer is not aligned");
    pointers[uids[i]] = data[i];
  }
  const Backend* graph = graph_of(of(plan));
  emulator::enqueue(handle->stream, [graph, pointers] { Execution(*graph, pointers); });
  return CUDNN_STATUS_SUCCESS;
}

// ------------------------------------------------------------------------------------------------- softmax, LRN

}  // extern "C"

struct cudnnTensorStruct {
  Element type;
  std::vector<int64_t> dims, strides;
};
struct cudnnLRNStruct {
  unsigned size;
  double alpha, beta, bias;
};

namespace {

// f(offset of the first channel) for each pixel of N, C, H, W.
template <class F>
void each_pixel(const cudnnTensorStruct& d, F f) {
  for (int64_t n = 0; n < d.dims[0]; ++n)
    for (int64_t h = 0; h < d.dims[2]; ++h)
      for (int64_t w = 0; w < d.dims[3]; ++w) f(n * d.strides[0] + h * d.strides[2] + w * d.strides[3]);
}

void softmax(const cudnnTensorStruct& d, const void* x, void* y) {
  each_pixel(d, [&](int64_t base) {
    double most = -std::numeric_limits<double>::infinity(), sum = 0;
    const auto value = [&](int64_t c) { return emulator::read(d.type, x, base + c * d.strides[1]); };
    for (int64_t c = 0; c < d.dims[1]; ++c) most = std::max(most, value(c));
    for (int64_t c = 0; c < d.dims[1]; ++c) sum += std::exp(value(c) - most);
    for (int64_t c = 0; c < d.dims[1]; ++c)
      emulator::write(d.type, y, base + c * d.strides[1], std::exp(value(c) - most) / sum);
  });
}

void normalize(const cudnnLRNStruct& p, const cudnnTensorStruct& d, const void* x, void* y) {
  const auto radius = static_cast<int64_t>(p.size / 2);
  each_pixel(d, [&](int64_t base) {
    const auto value = [&](int64_t c) { return emulator::read(d.type, x, base + c * d.strides[1]); };
    for (int64_t c = 0; c < d.dims[1]; ++c) {
      double sum = 0;
      for (int64_t k = std::max<int64_t>(c - radius, 0); k <= std::min(c + radius, d.dims[1] - 1); ++k)
        sum += value(k) * value(k);
      const double scale = std::pow(p.bias + p.alpha / p.size * sum, p.beta);
      emulator::write(d.type, y, base + c * d.strides[1], value(c) / scale);
    }
  });
}

}  // namespace

extern "C" {

cudnnStatus_t cudnnCreateTensorDescriptor(cudnnTensorDescriptor_t* d) {
  *d = new cudnnTensorStruct{};
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnDestroyTensorDescriptor(cudnnTensorDescriptor_t d) {
  delete d;
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnSetTensorNdDescriptor(cudnnTensorDescriptor_t d, cudnnDataType_t type, int rank, const int dims[],
                                         const int strides[]) {
  *d = {element(type), {dims, dims + rank}, {strides, strides + rank}};
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnCreateLRNDescriptor(cudnnLRNDescriptor_t* d) {
  *d = new cudnnLRNStruct{};
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnDestroyLRNDescriptor(cudnnLRNDescriptor_t d) {
  delete d;
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnSetLRNDescriptor(cudnnLRNDescriptor_t d, unsigned size, double alpha, double beta, double bias) {
  *d = {size, alpha, beta, bias};
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnSoftmaxForward(cudnnHandle_t handle, cudnnSoftmaxAlgorithm_t, cudnnSoftmaxMode_t, const void*,
                                  const cudnnTensorDescriptor_t tensor, const void* x, const void*,
                                  const cudnnTensorDescriptor_t, void* y) {
  emulator::enqueue(handle->stream, [d = *tensor, x, y] { softmax(d, x, y); });
  return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnLRNCrossChannelForward(cudnnHandle_t handle, cudnnLRNDescriptor_t lrn, cudnnLRNMode_t, const void*,
                                          const cudnnTensorDescriptor_t tensor, const void* x, const void*,
                                          const cudnnTensorDescriptor_t, void* y) {
  emulator::enqueue(handle->stream, [p = *lrn, d = *tensor, x, y] { normalize(p, d, x, y); });
  return CUDNN_STATUS_SUCCESS;
}

}  // extern "C"

// TensorRT plugins around kernels: one class for all of them, and a small description of each.
//
// A description D derives from `Description` and has: `name`; `fields(visitor)`, which names its members once;
// `signature()`; `shapes`, the shapes of the outputs; `launch`, and what it likes of the rest. The class does what
// TensorRT asks for beside that: capabilities, clones, serialisation, formats, types, workspace, errors. Tensors are
// linear; f16 and bf16 are converted to f32, and back, in the workspace. Nothing allocates memory of the device or
// waits for it, so that runs can be captured in CUDA graphs.
#pragma once

#include <NvInferRuntime.h>
#include <cuda_runtime_api.h>

#include <exception>
#include <memory>
#include <new>
#include <string>
#include <vector>

#include "../kernels/half.hpp"
#include "../kernels/launch.hpp"
#include "plugin_fields.hpp"
#include "plugin_registry.hpp"
#include "plugin_tensors.hpp"

namespace arhat::trt {

// What a launch is given; elements of 16 bits are f32 there.
struct Call {
  Tensors in, out;
  void* scratch;
  cudaStream_t stream;

  template <class T = float>
  const T* input(size_t i) const {
    return i < in.size() ? static_cast<const T*>(in[i].data) : nullptr;
  }
  template <class T = float>
  T* output(size_t i) const {
    return static_cast<T*>(out[i].data);
  }
};

struct Description {
  // Throws PluginError where fields do not go together.
  void verify() const {}
  // The same for tensors.
  void check(const Tensors& /*in*/) const {}
  // Bytes of scratch memory; does not shrink where tensors grow.
  int64_t scratch(const Tensors& /*in*/, const Tensors& /*out*/) const { return 0; }
};

// Calls f with a zero of the type.
template <class F>
void with_index(DataType type, F f) {
  if (type == DataType::kINT64) return f(int64_t{0});
  f(int32_t{0});
}

template <class F>
void with_element(DataType type, F f) {
  if (type == DataType::kFLOAT) return f(0.0f);
  with_index(type, f);
}

namespace plugin_detail {

constexpr int64_t alignment = 256;
inline int64_t aligned(int64_t bytes) { return (bytes + alignment - 1) / alignment * alignment; }
inline bool is_short(DataType type) { return type == DataType::kHALF || type == DataType::kBF16; }

template <class From, class To>
struct ConvertElement {
  const From* from;
  To* to;
  ARHAT_HD void operator()(int64_t i) const { to[i] = static_cast<To>(static_cast<float>(from[i])); }
};

template <class From, class To>
void convert(cudaStream_t stream, int64_t n, const void* from, void* to) {
  launch(stream, n, ConvertElement<From, To>{static_cast<const From*>(from), static_cast<To*>(to)});
}

inline Tensor tensor_of(const nvinfer1::PluginTensorDesc& desc, const nvinfer1::Dims& dims) {
  Tensor tensor;
  tensor.type = desc.type;
  for (int32_t i = 0; i < dims.nbDims; ++i) {
    require(dims.d[i] >= 0, "an extent is not known");
    tensor.size.push_back(dims.d[i]);
  }
  return tensor;
}

inline Tensors tensors_of(const nvinfer1::PluginTensorDesc* descs, int32_t count) {
  Tensors all;
  for (int32_t i = 0; i < count; ++i) all.push_back(tensor_of(descs[i], descs[i].dims));
  return all;
}

// At their largest.
inline Tensors tensors_of(const nvinfer1::DynamicPluginTensorDesc* descs, int32_t count) {
  Tensors all;
  for (int32_t i = 0; i < count; ++i) all.push_back(tensor_of(descs[i].desc, descs[i].max));
  return all;
}

// Bytes for f32 copies of tensors of 16 bits.
inline int64_t copies(const Tensors& tensors) {
  int64_t bytes = 0;
  for (const Tensor& tensor : tensors) bytes += is_short(tensor.type) ? aligned(tensor.elements() * 4) : 0;
  return bytes;
}

// What a launch sees.
inline Tensors widened(Tensors tensors, char*& workspace) {
  for (Tensor& tensor : tensors) {
    if (!is_short(tensor.type)) continue;
    tensor.type = DataType::kFLOAT;
    if (workspace == nullptr) continue;
    tensor.data = workspace;
    workspace += aligned(tensor.elements() * 4);
  }
  return tensors;
}

inline Tensors widened(const Tensors& tensors) {
  char* none = nullptr;
  return widened(tensors, none);
}

inline bool fits(const InputRule& rule, int32_t at, const DataType* types) {
  const DataType type = types[at];
  if (rule.like >= 0) return type == types[rule.like];
  if (rule.kind == Kind::index) return is_index(type);
  if (rule.kind == Kind::element) return is_number(type) || is_index(type);
  // Not every combination of types, of which there are many.
  return type == DataType::kFLOAT || (is_number(type) && (at == 0 || type == types[0] || !is_number(types[0])));
}

inline void check_count(const Signature& signature, int32_t count) {
  const int32_t most = static_cast<int32_t>(signature.inputs.size());
  if (count == most || count == signature.fewest) return;
  std::string text = std::to_string(most);
  if (signature.fewest >= 0) text = std::to_string(signature.fewest) + " or " + text;
  throw PluginError("there must be " + text + " inputs, not " + std::to_string(count));
}

}  // namespace plugin_detail

template <class D>
class Plugin final : public nvinfer1::IPluginV3,
                     public nvinfer1::IPluginV3OneCore,
                     public nvinfer1::IPluginV3OneBuild,
                     public nvinfer1::IPluginV3OneRuntime {
  using Desc = nvinfer1::PluginTensorDesc;
  using Dynamic = nvinfer1::DynamicPluginTensorDesc;
  using Exprs = nvinfer1::DimsExprs;

 public:
  Plugin(D description, std::string layer) : d_(std::move(description)), layer_(std::move(layer)) {
    FieldText text;
    d_.fields(text);
    text_ = text.text;
    timing_id_ = std::string(D::name) + " " + text_;
  }

  nvinfer1::IPluginCapability* getCapabilityInterface(nvinfer1::PluginCapabilityType type) noexcept override {
    using Type = nvinfer1::PluginCapabilityType;
    if (type == Type::kBUILD) return static_cast<nvinfer1::IPluginV3OneBuild*>(this);
    if (type == Type::kRUNTIME) return static_cast<nvinfer1::IPluginV3OneRuntime*>(this);
    if (type == Type::kCORE) return static_cast<nvinfer1::IPluginV3OneCore*>(this);
    return nullptr;
  }
  nvinfer1::IPluginV3* clone() noexcept override {
    return guarded<nvinfer1::IPluginV3*>(nullptr, [&] {
      auto* const made = new Plugin(d_, layer_);
      made->inputs_ = inputs_;
      return made;
    });
  }

  const char* getPluginName() const noexcept override { return D::name; }
  const char* getPluginVersion() const noexcept override { return plugin_version; }
  const char* getPluginNamespace() const noexcept override { return plugin_namespace; }

  int32_t getNbOutputs() const noexcept override {
    return guarded<int32_t>(0, [&] { return static_cast<int32_t>(d_.signature().outputs.size()); });
  }

  int32_t configurePlugin(const Dynamic* in, int32_t inputs, const Dynamic*, int32_t) noexcept override {
    return guarded<int32_t>(1, [&] { return checked(plugin_detail::tensors_of(in, inputs)); });
  }

  int32_t getOutputDataTypes(DataType* types, int32_t outputs, const DataType* in, int32_t inputs)
      const noexcept override {
    return guarded<int32_t>(1, [&] {
      const Signature signature = d_.signature();
      plugin_detail::check_count(signature, inputs);
      for (int32_t i = 0; i < outputs; ++i) {
        const OutputRule& rule = signature.outputs.at(static_cast<size_t>(i));
        types[i] = rule.like < 0 ? rule.type : in[rule.like];
      }
      return 0;
    });
  }

  int32_t getOutputShapes(const Exprs* in, int32_t inputs, const Exprs*, int32_t, Exprs* out, int32_t outputs,
                          nvinfer1::IExprBuilder& builder) noexcept override {
    return guarded<int32_t>(1, [&] {
      plugin_detail::check_count(d_.signature(), inputs);
      std::vector<Shape> shapes(static_cast<size_t>(inputs));
      for (int32_t i = 0; i < inputs; ++i)
        for (int32_t k = 0; k < in[i].nbDims; ++k) shapes[static_cast<size_t>(i)].emplace_back(builder, in[i].d[k]);
      const std::vector<Shape> made = d_.shapes(shapes, Extent{builder, builder.constant(1)});
      require(static_cast<int32_t>(made.size()) == outputs, "there are not " + std::to_string(outputs) + " outputs");
      for (int32_t i = 0; i < outputs; ++i) {
        const Shape& shape = made[static_cast<size_t>(i)];
        require(shape.size() <= nvinfer1::Dims::MAX_DIMS, "an output has too many axes");
        out[i].nbDims = static_cast<int32_t>(shape.size());
        for (size_t k = 0; k < shape.size(); ++k) out[i].d[k] = shape[k].expression();
      }
      return 0;
    });
  }

  bool supportsFormatCombination(int32_t at, const Dynamic* tensors, int32_t inputs, int32_t) noexcept override {
    return guarded<bool>(false, [&] {
      if (tensors[at].desc.format != nvinfer1::TensorFormat::kLINEAR) return false;
      const Signature signature = d_.signature();
      plugin_detail::check_count(signature, inputs);
      std::vector<DataType> types;
      for (int32_t i = 0; i <= at; ++i) types.push_back(tensors[i].desc.type);
      if (at < inputs) return plugin_detail::fits(signature.inputs[static_cast<size_t>(at)], at, types.data());
      const OutputRule& rule = signature.outputs.at(static_cast<size_t>(at - inputs));
      return types.back() == (rule.like < 0 ? rule.type : types[static_cast<size_t>(rule.like)]);
    });
  }

  size_t getWorkspaceSize(const Dynamic* in, int32_t inputs, const Dynamic* out, int32_t outputs)
      const noexcept override {
    return guarded<size_t>(0, [&] {
      return static_cast<size_t>(
          workspace(plugin_detail::tensors_of(in, inputs), plugin_detail::tensors_of(out, outputs)));
    });
  }

  // Timings of plugins with the same fields, shapes and types are the same.
  const char* getTimingCacheID() noexcept override { return timing_id_.c_str(); }
  const char* getMetadataString() noexcept override { return text_.c_str(); }

  int32_t onShapeChange(const Desc* in, int32_t inputs, const Desc*, int32_t) noexcept override {
    return guarded<int32_t>(1, [&] {
      inputs_ = inputs;
      return checked(plugin_detail::tensors_of(in, inputs));
    });
  }

  int32_t enqueue(const Desc* in_descs, const Desc* out_descs, const void* const* inputs, void* const* outputs,
                  void* memory, cudaStream_t stream) noexcept override {
    return guarded<int32_t>(1, [&] {
      require(inputs_ > 0, "it runs before its shapes are known");
      Tensors in = plugin_detail::tensors_of(in_descs, inputs_);
      Tensors out = plugin_detail::tensors_of(out_descs, getNbOutputs());
      require(memory != nullptr || workspace(in, out) == 0, "there is no workspace");
      for (size_t i = 0; i < in.size(); ++i) in[i].data = const_cast<void*>(inputs[i]);
      for (size_t i = 0; i < out.size(); ++i) out[i].data = outputs[i];
      char* free = static_cast<char*>(memory);
      Call call{plugin_detail::widened(in, free), plugin_detail::widened(out, free), nullptr, stream};
      call.scratch = free;
      for (size_t i = 0; i < in.size(); ++i) widen(stream, in[i], call.in[i]);
      d_.launch(call);
      for (size_t i = 0; i < out.size(); ++i) narrow(stream, call.out[i], out[i]);
      const cudaError_t status = cudaGetLastError();
      require(status == cudaSuccess, std::string("launching its kernels: ") + cudaGetErrorString(status));
      return 0;
    });
  }

  nvinfer1::IPluginV3* attachToContext(nvinfer1::IPluginResourceContext*) noexcept override { return clone(); }

  const nvinfer1::PluginFieldCollection* getFieldsToSerialize() noexcept override {
    return guarded<const nvinfer1::PluginFieldCollection*>(nullptr, [&] {
      writer_ = std::make_unique<FieldWriter>();
      d_.fields(*writer_);
      fields_ = {static_cast<int32_t>(writer_->fields.size()), writer_->fields.data()};
      return &fields_;
    });
  }

 private:
  D d_;
  std::string layer_, text_, timing_id_;
  int32_t inputs_ = 0;  // of the last shapes
  std::unique_ptr<FieldWriter> writer_;
  nvinfer1::PluginFieldCollection fields_{};

  template <class T, class F>
  T guarded(T failed, F f) const noexcept {
    try {
      return f();
    } catch (const std::exception& error) {
      try {
        report_error(std::string(D::name) + " plugin, layer '" + layer_ + "': " + error.what());
      } catch (const std::bad_alloc&) {  // the report does not fit either
      }
      return failed;
    }
  }

  int32_t checked(const Tensors& in) const {
    plugin_detail::check_count(d_.signature(), static_cast<int32_t>(in.size()));
    d_.check(plugin_detail::widened(in));
    return 0;
  }

  int64_t workspace(const Tensors& in, const Tensors& out) const {
    const int64_t scratch = d_.scratch(plugin_detail::widened(in), plugin_detail::widened(out));
    return plugin_detail::copies(in) + plugin_detail::copies(out) + scratch;
  }

  static void widen(cudaStream_t stream, const Tensor& from, const Tensor& to) {
    if (from.type == DataType::kHALF) plugin_detail::convert<half, float>(stream, from.elements(), from.data, to.data);
    if (from.type == DataType::kBF16)
      plugin_detail::convert<bfloat16, float>(stream, from.elements(), from.data, to.data);
  }
  static void narrow(cudaStream_t stream, const Tensor& from, const Tensor& to) {
    if (to.type == DataType::kHALF) plugin_detail::convert<float, half>(stream, from.elements(), from.data, to.data);
    if (to.type == DataType::kBF16)
      plugin_detail::convert<float, bfloat16>(stream, from.elements(), from.data, to.data);
  }
};

template <class D>
class Creator final : public nvinfer1::IPluginCreatorV3One {
 public:
  Creator() {
    D description;
    description.fields(list_);
    fields_ = {static_cast<int32_t>(list_.fields.size()), list_.fields.data()};
  }

  nvinfer1::IPluginV3* createPlugin(const char* layer, const nvinfer1::PluginFieldCollection* given,
                                    nvinfer1::TensorRTPhase) noexcept override {
    const char* const where = layer != nullptr ? layer : "";
    try {
      D description;
      FieldReader reader(given);
      description.fields(reader);
      reader.finish();
      description.verify();
      return new Plugin<D>(std::move(description), where);
    } catch (const std::exception& error) {
      try {
        report_error(std::string(D::name) + " plugin, layer '" + where + "': " + error.what());
      } catch (const std::bad_alloc&) {
      }
      return nullptr;
    }
  }

  const nvinfer1::PluginFieldCollection* getFieldNames() noexcept override { return &fields_; }
  const char* getPluginName() const noexcept override { return D::name; }
  const char* getPluginVersion() const noexcept override { return plugin_version; }
  const char* getPluginNamespace() const noexcept override { return plugin_namespace; }

 private:
  FieldList list_;
  nvinfer1::PluginFieldCollection fields_{};
};

// Adds a creator to those of the program.
template <class D>
struct Registered {
  Registered() {
    static Creator<D> creator;
    creators().push_back(&creator);
  }
};

}  // namespace arhat::trt

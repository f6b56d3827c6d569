// The interface of engines and contexts.
#include "runtime.hpp"

#include <algorithm>
#include <cstring>

namespace standin {
namespace {

struct Runtime final : nvinfer1::IRuntime {
  nvinfer1::ILogger* logger = nullptr;
  nvinfer1::IErrorRecorder* recorder = nullptr;
  bool host_code = false;
  std::shared_ptr<nvinfer1::IPluginRegistry> registry = local_registry();
};

struct Inspector final : nvinfer1::IEngineInspector {
  const Engine* engine = nullptr;
  const nvinfer1::IExecutionContext* context = nullptr;
  mutable std::string said;

  std::string tensor(int32_t id) const {
    const Value& v = engine->plan->values[static_cast<size_t>(id)];
    return "{\"Name\":" + quoted(v.name) + ",\"Dimensions\":" + text(v.desc.dims) +
           ",\"Format/Datatype\":" + quoted(name_of(v.desc.type)) + "}";
  }
  std::string layer(const Operation& op, bool json) const {
    if (!json) return op.name;
    if (engine->plan->verbosity != static_cast<int32_t>(nvinfer1::ProfilingVerbosity::kDETAILED))
      return quoted(op.name);
    std::string result = "{\"Name\":" + quoted(op.name) + ",\"LayerType\":" + quoted(op.kind) + ",\"Inputs\":[";
    const auto join = [&](const std::vector<int32_t>& ids) {
      const char* comma = "";
      for (const int32_t id : ids) {
        if (id < 0) continue;
        result += comma + tensor(id);
        comma = ",";
      }
    };
    join(op.inputs);
    result += "],\"Outputs\":[";
    join(op.outputs);
    return result + "],\"Metadata\":" + quoted(op.metadata) + "}";
  }
};

Context& of(nvinfer1::IExecutionContext* c) { return *static_cast<Context*>(c); }
const Context& of(const nvinfer1::IExecutionContext* c) { return *static_cast<const Context*>(c); }
Engine& of(nvinfer1::ICudaEngine* e) { return *static_cast<Engine*>(e); }
const Engine& of(const nvinfer1::ICudaEngine* e) { return *static_cast<const Engine*>(e); }

void complain(const Context& c, const std::string& why) {
  say_error(c.engine.logger, 3, "IExecutionContext::" + why);
}

// The value of this name, or a complaint.
const Value* port_of(const Context& c, const char* call, const char* name) {
  const Value* const value = c.engine.port(name);
  if (value == nullptr) complain(c, std::string(call) + ": there is no tensor named " + (name ? name : "null"));
  return value;
}

}  // namespace
}  // namespace standin

namespace nvinfer1 {

using standin::complain;
using standin::Context;
using standin::Engine;
using standin::of;
using standin::port_of;
using standin::Value;

void IRuntime::setErrorRecorder(IErrorRecorder* recorder) noexcept {
  static_cast<standin::Runtime*>(this)->recorder = recorder;
}
IErrorRecorder* IRuntime::getErrorRecorder() const noexcept {
  return static_cast<const standin::Runtime*>(this)->recorder;
}
ILogger* IRuntime::getLogger() const noexcept { return static_cast<const standin::Runtime*>(this)->logger; }
IPluginRegistry& IRuntime::getPluginRegistry() noexcept { return *static_cast<standin::Runtime*>(this)->registry; }
void IRuntime::setEngineHostCodeAllowed(bool allowed) noexcept {
  static_cast<standin::Runtime*>(this)->host_code = allowed;
}
bool IRuntime::getEngineHostCodeAllowed() const noexcept {
  return static_cast<const standin::Runtime*>(this)->host_code;
}
ICudaEngine* IRuntime::deserializeCudaEngine(void const* blob, std::size_t size) noexcept {
  auto& runtime = *static_cast<standin::Runtime*>(this);
  try {
    auto engine = std::make_unique<Engine>();
    engine->plan = standin::read_plan(blob, size);
    engine->logger = runtime.logger;
    for (const standin::Operation& op : engine->plan->operations)
      engine->plugins.push_back(op.kind == "PluginV3" ? standin::restore_plugin(op, *runtime.registry) : nullptr);
    for (const auto* ids : {&engine->plan->inputs, &engine->plan->outputs})
      for (const int32_t id : *ids) engine->ports[engine->plan->values[static_cast<size_t>(id)].name] = id;
    return engine.release();
  } catch (const std::exception& error) {
    standin::say_error(runtime.logger, 1, std::string("IRuntime::deserializeCudaEngine: ") + error.what());
    return nullptr;
  }
}

Dims ICudaEngine::getTensorShape(char const* name) const noexcept {
  const Value* const value = of(this).port(name);
  return value ? standin::dims(value->desc.dims) : Dims{-1, {}};
}
DataType ICudaEngine::getTensorDataType(char const* name) const noexcept {
  const Value* const value = of(this).port(name);
  return value ? value->desc.type : DataType::kFLOAT;
}
int32_t ICudaEngine::getNbLayers() const noexcept { return static_cast<int32_t>(of(this).plan->operations.size()); }
IHostMemory* ICudaEngine::serialize() const noexcept {
  return new standin::HostMemory(standin::write_plan(*of(this).plan));
}
IExecutionContext* ICudaEngine::createExecutionContext(ExecutionContextAllocationStrategy) noexcept {
  Engine& engine = of(this);
  try {
    if (standin::failure_wanted("context-oom")) {
      standin::say_error(engine.logger, 5,
                         "ICudaEngine::createExecutionContext: Requested size was 17179869184 bytes");
      return nullptr;
    }
    auto context = std::make_unique<Context>(engine);
    for (const auto& plugin : engine.plugins)
      context->plugins.push_back(plugin ? standin::attach_plugin(*plugin, *context) : nullptr);
    return context.release();
  } catch (const std::exception& error) {
    standin::say_error(engine.logger, 2, std::string("ICudaEngine::createExecutionContext: ") + error.what());
    return nullptr;
  }
}
TensorLocation ICudaEngine::getTensorLocation(char const*) const noexcept { return TensorLocation::kDEVICE; }
TensorIOMode ICudaEngine::getTensorIOMode(char const* name) const noexcept {
  const Value* const value = of(this).port(name);
  return value == nullptr ? TensorIOMode::kNONE : value->input ? TensorIOMode::kINPUT : TensorIOMode::kOUTPUT;
}
int64_t ICudaEngine::getDeviceMemorySizeV2() const noexcept {
  int64_t bytes = 0;
  for (const Value& value : of(this).plan->values)
    bytes += std::max<int64_t>(standin::volume(value.desc.dims), 0) *
             static_cast<int64_t>(standin::bytes_of(value.desc.type));
  return bytes;
}
int32_t ICudaEngine::getTensorBytesPerComponent(char const* name) const noexcept {
  const Value* const value = of(this).port(name);
  return value ? static_cast<int32_t>(standin::bytes_of(value->desc.type)) : -1;
}
TensorFormat ICudaEngine::getTensorFormat(char const*) const noexcept { return TensorFormat::kLINEAR; }
char const* ICudaEngine::getName() const noexcept { return of(this).plan->name.c_str(); }
int32_t ICudaEngine::getNbOptimizationProfiles() const noexcept {
  return static_cast<int32_t>(of(this).plan->profiles.size());
}
Dims ICudaEngine::getProfileShape(char const* name, int32_t index, OptProfileSelector select) const noexcept {
  const Engine& engine = of(this);
  const Value* const value = engine.port(name);
  if (value == nullptr || !value->input || index < 0 || index >= getNbOptimizationProfiles()) return Dims{-1, {}};
  const auto& by = engine.plan->profiles[static_cast<size_t>(index)].by[static_cast<size_t>(select)];
  const auto found = by.find(name);
  return standin::dims(found == by.end() ? value->desc.dims : found->second);
}
void ICudaEngine::setErrorRecorder(IErrorRecorder* recorder) noexcept { of(this).recorder = recorder; }
IErrorRecorder* ICudaEngine::getErrorRecorder() const noexcept { return of(this).recorder; }
ProfilingVerbosity ICudaEngine::getProfilingVerbosity() const noexcept {
  return static_cast<ProfilingVerbosity>(of(this).plan->verbosity);
}
IEngineInspector* ICudaEngine::createEngineInspector() const noexcept {
  auto* const inspector = new standin::Inspector;
  inspector->engine = &of(this);
  return inspector;
}
int32_t ICudaEngine::getNbIOTensors() const noexcept { return static_cast<int32_t>(of(this).ports.size()); }
char const* ICudaEngine::getIOTensorName(int32_t index) const noexcept {
  const standin::Plan& plan = *of(this).plan;
  const auto at = static_cast<size_t>(index), inputs = plan.inputs.size();
  if (index < 0 || at >= inputs + plan.outputs.size()) return nullptr;
  return plan.values[static_cast<size_t>(at < inputs ? plan.inputs[at] : plan.outputs[at - inputs])].name.c_str();
}
int32_t ICudaEngine::getNbAuxStreams() const noexcept { return 0; }
bool ICudaEngine::isDebugTensor(char const* name) const noexcept {
  const auto& values = of(this).plan->values;
  return std::any_of(values.begin(), values.end(), [&](const Value& v) { return v.debug && v.name == name; });
}
int64_t ICudaEngine::getStreamableWeightsSize() const noexcept { return 0; }

void IExecutionContext::setProfiler(IProfiler* profiler) noexcept { of(this).profiler = profiler; }
IProfiler* IExecutionContext::getProfiler() const noexcept { return of(this).profiler; }
ICudaEngine const& IExecutionContext::getEngine() const noexcept { return of(this).engine; }
void IExecutionContext::setName(char const* name) noexcept { of(this).name = name; }
char const* IExecutionContext::getName() const noexcept { return of(this).name.c_str(); }
Dims IExecutionContext::getTensorStrides(char const* name) const noexcept {
  Dims shape = getTensorShape(name);
  int64_t step = 1;
  for (int32_t i = shape.nbDims; i-- > 0;) {
    const int64_t extent = shape.d[i];
    shape.d[i] = step;
    step *= extent;
  }
  return shape;
}
int32_t IExecutionContext::getOptimizationProfile() const noexcept { return of(this).profile; }
bool IExecutionContext::setInputShape(char const* name, Dims const& dims) noexcept {
  Context& c = of(this);
  const Value* const value = port_of(c, "setInputShape", name);
  if (value == nullptr || !value->input) return false;
  const standin::List wanted(dims.d, dims.d + std::clamp(dims.nbDims, 0, Dims::MAX_DIMS));
  const Dims least = c.engine.getProfileShape(name, c.profile, OptProfileSelector::kMIN);
  const Dims most = c.engine.getProfileShape(name, c.profile, OptProfileSelector::kMAX);
  bool fits = dims.nbDims == least.nbDims;
  for (int32_t i = 0; fits && i < least.nbDims; ++i) fits = dims.d[i] >= least.d[i] && dims.d[i] <= most.d[i];
  if (!fits) {
    complain(c, std::string("setInputShape: ") + name + " " + standin::text(wanted) +
                    " does not satisfy the optimization profile, whose extents are " +
                    standin::text(standin::list(least)) + " to " + standin::text(standin::list(most)));
    return false;
  }
  standin::List& shape = c.shapes[name];
  if (shape != wanted) c.run.reset();
  shape = wanted;
  return true;
}
Dims IExecutionContext::getTensorShape(char const* name) const noexcept {
  const Context& c = of(this);
  const Value* const value = port_of(c, "getTensorShape", name);
  if (value == nullptr) return Dims{-1, {}};
  try {
    return standin::dims(c.inferred()[static_cast<size_t>(c.engine.ports.at(name))].dims);
  } catch (const std::exception& error) {
    complain(c, std::string("getTensorShape: ") + error.what());
    return Dims{-1, {}};
  }
}
bool IExecutionContext::allInputDimensionsSpecified() const noexcept {
  const Context& c = of(this);
  const auto& plan = *c.engine.plan;
  return std::all_of(plan.inputs.begin(), plan.inputs.end(), [&](int32_t id) {
    const Value& v = plan.values[static_cast<size_t>(id)];
    return c.shapes.count(v.name) != 0 || std::count(v.desc.dims.begin(), v.desc.dims.end(), standin::wildcard) == 0;
  });
}
void IExecutionContext::setErrorRecorder(IErrorRecorder* recorder) noexcept { of(this).recorder = recorder; }
IErrorRecorder* IExecutionContext::getErrorRecorder() const noexcept { return of(this).recorder; }
bool IExecutionContext::setOptimizationProfileAsync(int32_t index, cudaStream_t) noexcept {
  Context& c = of(this);
  if (index < 0 || index >= c.engine.getNbOptimizationProfiles()) return false;
  c.profile = index;
  c.run.reset();
  return true;
}
void IExecutionContext::setEnqueueEmitsProfile(bool emits) noexcept { of(this).emits_profile = emits; }
bool IExecutionContext::getEnqueueEmitsProfile() const noexcept { return of(this).emits_profile; }
bool IExecutionContext::reportToProfiler() const noexcept {
  const Context& c = of(this);
  if (c.profiler == nullptr || c.times.empty()) return false;
  for (const auto& [layer, time] : c.times) c.profiler->reportLayerTime(layer.c_str(), time);
  return true;
}
bool IExecutionContext::setTensorAddress(char const* name, void* data) noexcept {
  Context& c = of(this);
  if (port_of(c, "setTensorAddress", name) == nullptr) return false;
  void*& address = c.addresses[name];
  c.rebound = c.rebound || address != data;
  address = data;
  return true;
}
void const* IExecutionContext::getTensorAddress(char const* name) const noexcept {
  const auto& addresses = of(this).addresses;
  const auto found = addresses.find(name);
  return found == addresses.end() ? nullptr : found->second;
}
bool IExecutionContext::setOutputTensorAddress(char const* name, void* data) noexcept {
  const Value* const value = port_of(of(this), "setOutputTensorAddress", name);
  return value != nullptr && value->output && setTensorAddress(name, data);
}
bool IExecutionContext::setInputTensorAddress(char const* name, void const* data) noexcept {
  const Value* const value = port_of(of(this), "setInputTensorAddress", name);
  return value != nullptr && value->input && setTensorAddress(name, const_cast<void*>(data));
}
void* IExecutionContext::getOutputTensorAddress(char const* name) const noexcept {
  return const_cast<void*>(getTensorAddress(name));
}
int32_t IExecutionContext::inferShapes(int32_t most, char const** names) noexcept {
  int32_t missing = 0;
  const Context& c = of(this);
  for (const int32_t id : c.engine.plan->inputs) {
    const Value& v = c.engine.plan->values[static_cast<size_t>(id)];
    if (c.shapes.count(v.name) != 0 || std::count(v.desc.dims.begin(), v.desc.dims.end(), standin::wildcard) == 0)
      continue;
    if (missing < most) names[missing] = v.name.c_str();
    ++missing;
  }
  return missing;
}
int64_t IExecutionContext::getMaxOutputSize(char const* name) const noexcept {
  const Dims shape = getTensorShape(name);
  if (shape.nbDims < 0) return -1;
  return standin::volume(standin::list(shape)) * of(this).engine.getTensorBytesPerComponent(name);
}
bool IExecutionContext::enqueueV3(cudaStream_t stream) noexcept {
  Context& c = of(this);
  try {
    return c.enqueue(stream);
  } catch (const std::exception& error) {
    complain(c, std::string("enqueueV3: ") + error.what());
    return false;
  }
}
void IExecutionContext::setPersistentCacheLimit(size_t) noexcept {}
bool IExecutionContext::setNvtxVerbosity(ProfilingVerbosity verbosity) noexcept {
  of(this).nvtx = verbosity;
  return true;
}
ProfilingVerbosity IExecutionContext::getNvtxVerbosity() const noexcept { return of(this).nvtx; }
void IExecutionContext::setAuxStreams(cudaStream_t*, int32_t) noexcept {}
bool IExecutionContext::setDebugListener(IDebugListener* listener) noexcept {
  of(this).listener = listener;
  return true;
}
IDebugListener* IExecutionContext::getDebugListener() noexcept { return of(this).listener; }
bool IExecutionContext::setTensorDebugState(char const* name, bool flag) noexcept {
  Context& c = of(this);
  if (!c.engine.isDebugTensor(name)) {
    complain(c, std::string("setTensorDebugState: ") + name + " is not marked as a debug tensor");
    return false;
  }
  c.debug[name] = flag;
  return true;
}
bool IExecutionContext::getDebugState(char const* name) const noexcept {
  const auto found = of(this).debug.find(name);
  return found != of(this).debug.end() && found->second;
}
bool IExecutionContext::setAllTensorsDebugState(bool flag) noexcept {
  for (const Value& value : of(this).engine.plan->values)
    if (value.debug) of(this).debug[value.name] = flag;
  return true;
}

bool IEngineInspector::setExecutionContext(IExecutionContext const* context) noexcept {
  static_cast<standin::Inspector*>(this)->context = context;
  return true;
}
IExecutionContext const* IEngineInspector::getExecutionContext() const noexcept {
  return static_cast<const standin::Inspector*>(this)->context;
}
char const* IEngineInspector::getLayerInformation(int32_t index, LayerInformationFormat format) const noexcept {
  const auto& i = *static_cast<const standin::Inspector*>(this);
  const auto& operations = i.engine->plan->operations;
  if (index < 0 || static_cast<size_t>(index) >= operations.size()) return nullptr;
  i.said = i.layer(operations[static_cast<size_t>(index)], format == LayerInformationFormat::kJSON);
  return i.said.c_str();
}
char const* IEngineInspector::getEngineInformation(LayerInformationFormat format) const noexcept {
  const auto& i = *static_cast<const standin::Inspector*>(this);
  const bool json = format == LayerInformationFormat::kJSON;
  std::string layers, ports;
  for (const standin::Operation& op : i.engine->plan->operations)
    layers += (layers.empty() ? "" : json ? ",\n" : "\n") + i.layer(op, json);
  for (const auto& [name, id] : i.engine->ports) ports += (ports.empty() ? "" : ",") + standin::quoted(name);
  i.said = json ? "{\"Layers\": [" + layers + "],\n\"Bindings\": [" + ports + "]}" : layers + "\n";
  return i.said.c_str();
}

}  // namespace nvinfer1

void* createInferRuntime_INTERNAL(void* logger, int32_t version) noexcept {
  auto* const to = static_cast<nvinfer1::ILogger*>(logger);
  if (version / 10000 != NV_TENSORRT_MAJOR || standin::failure_wanted("no-runtime")) {
    standin::say_error(to, 6, "createInferRuntime: CUDA initialization failure with error: 35");
    return nullptr;
  }
  auto* const runtime = new standin::Runtime;
  runtime->logger = to;
  return runtime;
}

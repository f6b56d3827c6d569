// Runs plugins as TensorRT does: a network of one plugin is built, serialised, read again and run. Answers requests on
// standard input until that ends; numbers are 64 bits, texts and data have their length in front.
//
// Request 0 lists the plugins. Request 1: plugin, fields (name, type, length, data), inputs (type, extents to run with,
// at the least, at the most, data), number of outputs. Answer: 1, the description of the plugin and the outputs (type,
// extents, data), or 0 and what was logged.
#include <NvInfer.h>
#include <cuda_runtime_api.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "arhat/trt/plugin_registry.hpp"

using nvinfer1::DataType;
using nvinfer1::Dims;

namespace {

int64_t read_number() {
  int64_t value = 0;
  if (std::fread(&value, sizeof value, 1, stdin) != 1) std::exit(0);
  return value;
}
std::string read_bytes() {
  std::string bytes(static_cast<size_t>(read_number()), '\0');
  if (!bytes.empty() && std::fread(bytes.data(), 1, bytes.size(), stdin) != bytes.size()) std::exit(0);
  return bytes;
}
void write_number(int64_t value) { std::fwrite(&value, sizeof value, 1, stdout); }
void write_bytes(const std::string& bytes) {
  write_number(static_cast<int64_t>(bytes.size()));
  std::fwrite(bytes.data(), 1, bytes.size(), stdout);
}

class Logger : public nvinfer1::ILogger {
 public:
  std::string text;
  void log(Severity severity, const char* message) noexcept override {
    if (severity <= Severity::kERROR) text += (text.empty() ? "" : "; ") + std::string(message);
  }
};

void need(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(what);
}

void check(cudaError_t status) { need(status == cudaSuccess, cudaGetErrorString(status)); }

struct Buffer {
  void* data = nullptr;
  explicit Buffer(size_t bytes) { check(cudaMalloc(&data, bytes + 1)); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() { cudaFree(data); }
};

struct Input {
  DataType type;
  Dims now{}, least{}, most{};
  std::string data;
};

struct Field {
  std::string name, data;
  nvinfer1::PluginFieldType type;
  int32_t length;
};

Dims read_dims() {
  Dims dims{};
  dims.nbDims = static_cast<int32_t>(read_number());
  for (int32_t i = 0; i < dims.nbDims; ++i) dims.d[i] = read_number();
  return dims;
}

size_t bytes_of(DataType type, const Dims& dims) {
  size_t bytes = type == DataType::kINT64 ? 8 : type == DataType::kHALF || type == DataType::kBF16 ? 2 : 4;
  for (int32_t i = 0; i < dims.nbDims; ++i) bytes *= static_cast<size_t>(dims.d[i]);
  return bytes;
}

std::unique_ptr<nvinfer1::IHostMemory> build(Logger& logger, const std::string& name, const std::vector<Field>& fields,
                                             const std::vector<Input>& inputs, std::string& described) {
  const std::unique_ptr<nvinfer1::IBuilder> builder(nvinfer1::createInferBuilder(logger));
  need(builder != nullptr, "createInferBuilder");
#if NV_TENSORRT_MAJOR < 11
  const uint32_t flags = 1u << static_cast<uint32_t>(nvinfer1::NetworkDefinitionCreationFlag::kSTRONGLY_TYPED);
#else
  const uint32_t flags = 0;
#endif
  const std::unique_ptr<nvinfer1::INetworkDefinition> network(builder->createNetworkV2(flags));
  const std::unique_ptr<nvinfer1::IBuilderConfig> config(builder->createBuilderConfig());
  nvinfer1::IOptimizationProfile* profile = nullptr;
  std::vector<nvinfer1::ITensor*> tensors;
  for (const Input& input : inputs) {
    const std::string input_name = "in" + std::to_string(tensors.size());
    Dims shape = input.now;
    bool dynamic = false;
    for (int32_t i = 0; i < shape.nbDims; ++i) {
      if (input.least.d[i] == input.most.d[i]) continue;
      shape.d[i] = -1;
      dynamic = true;
    }
    nvinfer1::ITensor* const tensor = network->addInput(input_name.c_str(), input.type, shape);
    need(tensor != nullptr, "addInput");
    tensors.push_back(tensor);
    if (!dynamic) continue;
    if (profile == nullptr) profile = builder->createOptimizationProfile();
    profile->setDimensions(input_name.c_str(), nvinfer1::OptProfileSelector::kMIN, input.least);
    profile->setDimensions(input_name.c_str(), nvinfer1::OptProfileSelector::kOPT, input.now);
    profile->setDimensions(input_name.c_str(), nvinfer1::OptProfileSelector::kMAX, input.most);
  }
  if (profile != nullptr) config->addOptimizationProfile(profile);

  std::vector<nvinfer1::PluginField> views;
  for (const Field& field : fields) views.emplace_back(field.name.c_str(), field.data.data(), field.type, field.length);
  const nvinfer1::PluginFieldCollection collection{static_cast<int32_t>(views.size()), views.data()};
  auto* const creator = static_cast<nvinfer1::IPluginCreatorV3One*>(
      getPluginRegistry()->getCreator(name.c_str(), arhat::trt::plugin_version, arhat::trt::plugin_namespace));
  need(creator != nullptr, "getCreator");
  const std::unique_ptr<nvinfer1::IPluginV3> plugin(
      creator->createPlugin("layer", &collection, nvinfer1::TensorRTPhase::kBUILD));
  need(plugin != nullptr, "createPlugin");
  auto* const own = static_cast<nvinfer1::IPluginV3OneBuild*>(
      plugin->getCapabilityInterface(nvinfer1::PluginCapabilityType::kBUILD));
  described = own->getMetadataString();
  auto* const layer =
      network->addPluginV3(tensors.data(), static_cast<int32_t>(tensors.size()), nullptr, 0, *plugin);
  need(layer != nullptr, "addPluginV3");
  for (int32_t i = 0; i < layer->getNbOutputs(); ++i) {
    layer->getOutput(i)->setName(("out" + std::to_string(i)).c_str());
    network->markOutput(*layer->getOutput(i));
  }
  std::unique_ptr<nvinfer1::IHostMemory> plan(builder->buildSerializedNetwork(*network, *config));
  need(plan != nullptr, "buildSerializedNetwork");
  return plan;
}

void run(Logger& logger) {
  const std::string name = read_bytes();
  std::vector<Field> fields(static_cast<size_t>(read_number()));
  for (Field& field : fields) {
    field.name = read_bytes();
    field.type = static_cast<nvinfer1::PluginFieldType>(read_number());
    field.length = static_cast<int32_t>(read_number());
    field.data = read_bytes();
  }
  std::vector<Input> inputs(static_cast<size_t>(read_number()));
  for (Input& input : inputs) {
    input.type = static_cast<DataType>(read_number());
    for (Dims* dims : {&input.now, &input.least, &input.most}) *dims = read_dims();
    input.data = read_bytes();
  }
  const int64_t outputs = read_number();

  std::string described;
  const std::unique_ptr<nvinfer1::IHostMemory> plan = build(logger, name, fields, inputs, described);
  const std::unique_ptr<nvinfer1::IRuntime> runtime(nvinfer1::createInferRuntime(logger));
  need(runtime != nullptr, "createInferRuntime");
  const std::unique_ptr<nvinfer1::ICudaEngine> engine(runtime->deserializeCudaEngine(plan->data(), plan->size()));
  need(engine != nullptr, "deserializeCudaEngine");
  const std::unique_ptr<nvinfer1::IExecutionContext> context(engine->createExecutionContext());
  need(context != nullptr, "createExecutionContext");
  std::vector<std::unique_ptr<Buffer>> memory;
  for (size_t i = 0; i < inputs.size(); ++i) {
    const std::string input_name = "in" + std::to_string(i);
    memory.push_back(std::make_unique<Buffer>(inputs[i].data.size()));
    check(cudaMemcpy(memory.back()->data, inputs[i].data.data(), inputs[i].data.size(), cudaMemcpyHostToDevice));
    need(context->setInputShape(input_name.c_str(), inputs[i].now), "setInputShape");
    need(context->setTensorAddress(input_name.c_str(), memory.back()->data), "setTensorAddress");
  }
  std::vector<std::pair<Dims, DataType>> made;
  for (int64_t i = 0; i < outputs; ++i) {
    const std::string output_name = "out" + std::to_string(i);
    made.emplace_back(context->getTensorShape(output_name.c_str()), engine->getTensorDataType(output_name.c_str()));
    memory.push_back(std::make_unique<Buffer>(bytes_of(made.back().second, made.back().first)));
    need(context->setTensorAddress(output_name.c_str(), memory.back()->data), "setTensorAddress");
  }
  cudaStream_t stream = nullptr;
  check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  const bool queued = context->enqueueV3(stream);
  const cudaError_t ended = cudaStreamSynchronize(stream);
  cudaStreamDestroy(stream);
  need(queued, "enqueueV3");
  check(ended);
  std::vector<std::string> results;
  for (size_t i = 0; i < made.size(); ++i) {
    results.emplace_back(bytes_of(made[i].second, made[i].first), '\0');
    check(cudaMemcpy(results[i].data(), memory[inputs.size() + i]->data, results[i].size(), cudaMemcpyDeviceToHost));
  }
  write_number(1);
  write_bytes(described);
  for (size_t i = 0; i < made.size(); ++i) {
    write_number(static_cast<int64_t>(made[i].second));
    write_number(made[i].first.nbDims);
    for (int32_t k = 0; k < made[i].first.nbDims; ++k) write_number(made[i].first.d[k]);
    write_bytes(results[i]);
  }
}

void list() {
  write_number(static_cast<int64_t>(arhat::trt::creators().size()));
  for (nvinfer1::IPluginCreatorV3One* creator : arhat::trt::creators()) {
    write_bytes(creator->getPluginName());
    const nvinfer1::PluginFieldCollection& fields = *creator->getFieldNames();
    write_number(fields.nbFields);
    for (int32_t i = 0; i < fields.nbFields; ++i) {
      write_bytes(fields.fields[i].name);
      write_number(static_cast<int64_t>(fields.fields[i].type));
    }
  }
}

}  // namespace

int main() {
  Logger logger;
  arhat::trt::set_plugin_logger(&logger);
  // A second time they are there already.
  if (!arhat::trt::register_plugins(*getPluginRegistry()) || !arhat::trt::register_plugins(*getPluginRegistry())) {
    std::fprintf(stderr, "the plugins are not registered: %s\n", logger.text.c_str());
    return 1;
  }
  for (;;) {
    logger.text.clear();
    if (read_number() == 0) {
      list();
    } else {
      try {
        run(logger);
      } catch (const std::exception& error) {
        write_number(0);
        write_bytes(std::string(error.what()) + ": " + logger.text);
      }
    }
    std::fflush(stdout);
  }
}

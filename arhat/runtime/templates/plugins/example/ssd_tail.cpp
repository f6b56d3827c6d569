// The tail of an SSD detector, built through TensorRT's API: class scores go through a softmax, then DetectionOutput
// decodes the boxes and suppresses what overlaps. Prints the detections of an image with two objects.
#include <NvInfer.h>
#include <cuda_runtime_api.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "arhat_plugins.h"

using nvinfer1::DataType;
using nvinfer1::Dims;
using nvinfer1::ITensor;
using nvinfer1::PluginField;
using nvinfer1::PluginFieldType;

namespace {

class Logger : public nvinfer1::ILogger {
  void log(Severity severity, const char* text) noexcept override {
    if (severity <= Severity::kWARNING) std::fprintf(stderr, "%s\n", text);
  }
};

void need(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "ssd_tail: %s failed\n", what);
  std::exit(1);
}

// Four boxes: two for each object, as corners, then their variances.
constexpr int boxes = 4, classes = 3, most = 10;
const std::vector<float> priors = {
    0.10f, 0.10f, 0.40f, 0.40f,  //
    0.11f, 0.10f, 0.41f, 0.40f,  //
    0.50f, 0.50f, 0.90f, 0.90f,  //
    0.50f, 0.51f, 0.90f, 0.91f,  //
    0.1f,  0.1f,  0.2f,  0.2f,  0.1f, 0.1f, 0.2f, 0.2f, 0.1f, 0.1f, 0.2f, 0.2f, 0.1f, 0.1f, 0.2f, 0.2f};

std::unique_ptr<nvinfer1::IHostMemory> build(Logger& logger, nvinfer1::IPluginRegistry& registry) {
  const std::unique_ptr<nvinfer1::IBuilder> builder(nvinfer1::createInferBuilder(logger));
  need(builder != nullptr, "createInferBuilder");
#if NV_TENSORRT_MAJOR < 11
  const uint32_t flags = 1u << static_cast<uint32_t>(nvinfer1::NetworkDefinitionCreationFlag::kSTRONGLY_TYPED);
#else
  const uint32_t flags = 0;
#endif
  const std::unique_ptr<nvinfer1::INetworkDefinition> network(builder->createNetworkV2(flags));
  need(network != nullptr, "createNetworkV2");
  ITensor* const loc = network->addInput("loc", DataType::kFLOAT, Dims{2, {1, boxes * 4}});
  ITensor* const scores = network->addInput("scores", DataType::kFLOAT, Dims{3, {1, boxes, classes}});
  auto* const softmax = network->addSoftMax(*scores);
  softmax->setAxes(1u << 2);
  auto* const flat = network->addShuffle(*softmax->getOutput(0));
  flat->setReshapeDimensions(Dims{2, {1, boxes * classes}});
  auto* const prior_boxes = network->addConstant(
      Dims{3, {1, 2, boxes * 4}}, {DataType::kFLOAT, priors.data(), static_cast<int64_t>(priors.size())});

  // Fields by name; those that are left out have their defaults.
  const int32_t num_classes = classes, top_k = 100, keep_top_k = most, yes = 1;
  const float overlap = 0.45f, threshold = 0.3f;
  const char code[] = "center_size";
  const std::vector<PluginField> fields = {
      {"num_classes", &num_classes, PluginFieldType::kINT32, 1},
      {"top_k", &top_k, PluginFieldType::kINT32, 1},
      {"keep_top_k", &keep_top_k, PluginFieldType::kINT32, 1},
      {"normalized", &yes, PluginFieldType::kINT32, 1},
      {"nms_threshold", &overlap, PluginFieldType::kFLOAT32, 1},
      {"confidence_threshold", &threshold, PluginFieldType::kFLOAT32, 1},
      {"code_type", code, PluginFieldType::kCHAR, sizeof code - 1},
  };
  const nvinfer1::PluginFieldCollection collection{static_cast<int32_t>(fields.size()), fields.data()};
  auto* const creator =
      static_cast<nvinfer1::IPluginCreatorV3One*>(registry.getCreator("DetectionOutput", "1", "arhat"));
  need(creator != nullptr, "getCreator");
  const std::unique_ptr<nvinfer1::IPluginV3> plugin(
      creator->createPlugin("detections", &collection, nvinfer1::TensorRTPhase::kBUILD));
  need(plugin != nullptr, "createPlugin");
  ITensor* const inputs[] = {loc, flat->getOutput(0), prior_boxes->getOutput(0)};
  auto* const layer = network->addPluginV3(inputs, 3, nullptr, 0, *plugin);
  need(layer != nullptr, "addPluginV3");
  layer->getOutput(0)->setName("detections");
  network->markOutput(*layer->getOutput(0));

  const std::unique_ptr<nvinfer1::IBuilderConfig> config(builder->createBuilderConfig());
  std::unique_ptr<nvinfer1::IHostMemory> plan(builder->buildSerializedNetwork(*network, *config));
  need(plan != nullptr, "buildSerializedNetwork");
  return plan;
}

}  // namespace

int main() {
  Logger logger;
  nvinfer1::IPluginRegistry* const registry = getPluginRegistry();
  need(initArhatPlugins(&logger, registry), "initArhatPlugins");
  const std::unique_ptr<nvinfer1::IHostMemory> plan = build(logger, *registry);

  const std::unique_ptr<nvinfer1::IRuntime> runtime(nvinfer1::createInferRuntime(logger));
  need(runtime != nullptr, "createInferRuntime");
  const std::unique_ptr<nvinfer1::ICudaEngine> engine(runtime->deserializeCudaEngine(plan->data(), plan->size()));
  need(engine != nullptr, "deserializeCudaEngine");
  const std::unique_ptr<nvinfer1::IExecutionContext> context(engine->createExecutionContext());
  need(context != nullptr, "createExecutionContext");

  const std::vector<float> loc(boxes * 4, 0.0f);
  const std::vector<float> scores = {0, 3, 0, 0, 2.5f, 0, 0, 0, 4, 0, 0, 3};  // background, first class, second class
  std::vector<float> rows(most * 7);
  void *device_loc = nullptr, *device_scores = nullptr, *device_rows = nullptr;
  need(cudaMalloc(&device_loc, loc.size() * sizeof(float)) == cudaSuccess, "cudaMalloc");
  need(cudaMalloc(&device_scores, scores.size() * sizeof(float)) == cudaSuccess, "cudaMalloc");
  need(cudaMalloc(&device_rows, rows.size() * sizeof(float)) == cudaSuccess, "cudaMalloc");
  cudaMemcpy(device_loc, loc.data(), loc.size() * sizeof(float), cudaMemcpyHostToDevice);
  cudaMemcpy(device_scores, scores.data(), scores.size() * sizeof(float), cudaMemcpyHostToDevice);
  context->setTensorAddress("loc", device_loc);
  context->setTensorAddress("scores", device_scores);
  context->setTensorAddress("detections", device_rows);
  cudaStream_t stream = nullptr;
  need(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking) == cudaSuccess, "cudaStreamCreateWithFlags");
  need(context->enqueueV3(stream), "enqueueV3");
  need(cudaStreamSynchronize(stream) == cudaSuccess, "running the engine");
  cudaMemcpy(rows.data(), device_rows, rows.size() * sizeof(float), cudaMemcpyDeviceToHost);

  // Rows: image, class, score, corners. The list ends with image -1.
  for (int i = 0; i < most && rows[static_cast<size_t>(i) * 7] >= 0; ++i) {
    const float* row = rows.data() + i * 7;
    std::printf("class %d, score %.3f, box %.2f %.2f %.2f %.2f\n", static_cast<int>(row[1]), row[2], row[3], row[4],
                row[5], row[6]);
  }
  cudaStreamDestroy(stream);
  for (void* memory : {device_loc, device_scores, device_rows}) cudaFree(memory);
  return 0;
}

// An engine of TensorRT with the context that runs it.
#pragma once

#include <NvInfer.h>
#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "../failure.hpp"
#include "logger.hpp"
#include "plugins_needed.hpp"
#include "program.hpp"
#include "settings.hpp"

namespace arhat {

// TensorRT's library, of which the program was compiled with the headers of one version.
inline void check_version() {
  const int32_t library = getInferLibVersion();
  if (library / 10000 == NV_TENSORRT_MAJOR) return;
  fail(ARHAT_UNSUPPORTED, "TensorRT's library (libnvinfer) is version " + std::to_string(library / 10000) + "." +
                              std::to_string(library / 100 % 100) + ", and this program was built for version " +
                              std::to_string(NV_TENSORRT_MAJOR) + ": build it with the headers of that library");
}

using Runtime = std::unique_ptr<nvinfer1::IRuntime>;

// On the current device, with the plugins that the program needs.
inline Runtime make_runtime(const Program& program, const BuildSettings& settings, const char* plugin_library) {
  logger().take();
  Runtime runtime(nvinfer1::createInferRuntime(logger()));
  if (runtime == nullptr) logger().refuse(ARHAT_UNSUPPORTED, "TensorRT gives no runtime");
  provide_plugins(runtime->getPluginRegistry(), program, plugin_library);
  // Engines that later versions of TensorRT can run bring code of their own along.
  if (settings.has(nvinfer1::BuilderFlag::kVERSION_COMPATIBLE)) runtime->setEngineHostCodeAllowed(true);
  return runtime;
}

class Engine {
 public:
  // Of a serialized engine, which is not needed afterwards.
  Engine(nvinfer1::IRuntime& runtime, const void* data, size_t bytes) : bytes_(bytes) {
    logger().take();
    engine_.reset(runtime.deserializeCudaEngine(data, bytes));
    if (engine_ == nullptr) logger().refuse(ARHAT_INTERNAL_ERROR, "TensorRT cannot load the engine");
    context_.reset(engine_->createExecutionContext());
    if (context_ == nullptr) logger().refuse(ARHAT_INTERNAL_ERROR, "TensorRT cannot prepare the engine for runs");
  }

  nvinfer1::ICudaEngine& engine() const { return *engine_; }
  nvinfer1::IExecutionContext& context() const { return *context_; }

  // On the device: the engine itself is counted with the size of its file.
  uint64_t device_bytes() const { return bytes_ + static_cast<uint64_t>(engine_->getDeviceMemorySizeV2()); }

  // Where an input or output lies. Those that the engine does without are passed over.
  void set_address(const std::string& name, void* address) const {
    if (engine_->getTensorIOMode(name.c_str()) == nvinfer1::TensorIOMode::kNONE) return;
    if (!context_->setTensorAddress(name.c_str(), address))
      logger().refuse(ARHAT_INTERNAL_ERROR, "TensorRT does not take the buffer of '" + layers_text(name.c_str()) + "'");
  }

  void set_extents(const std::string& name, const nvinfer1::Dims& dims) const {
    if (engine_->getTensorIOMode(name.c_str()) == nvinfer1::TensorIOMode::kNONE) return;
    if (!context_->setInputShape(name.c_str(), dims))
      logger().refuse(ARHAT_INTERNAL_ERROR, "TensorRT does not take the extents of '" + layers_text(name.c_str()) + "'");
  }

  // Queues one run.
  void enqueue(cudaStream_t stream) const {
    logger().take();
    if (!context_->enqueueV3(stream)) logger().refuse(ARHAT_INTERNAL_ERROR, "TensorRT cannot run the engine");
  }

 private:
  uint64_t bytes_;
  std::unique_ptr<nvinfer1::ICudaEngine> engine_;
  std::unique_ptr<nvinfer1::IExecutionContext> context_;
};

}  // namespace arhat

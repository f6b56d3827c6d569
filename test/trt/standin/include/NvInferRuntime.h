// Stand-in: engines and their execution. See NvInferRuntimeBase.h.
#pragma once

#include "NvInferPluginBase.h"

namespace nvinfer1 {

class ICudaEngine;
class IEngineInspector;
class IExecutionContext;

class IHostMemory : public INoCopy {
 public:
  virtual ~IHostMemory() noexcept = default;
  void* data() const noexcept;
  std::size_t size() const noexcept;
  DataType type() const noexcept { return DataType::kINT8; }
};

enum class OptProfileSelector : int32_t { kMIN = 0, kOPT = 1, kMAX = 2 };
enum class ProfilingVerbosity : int32_t { kLAYER_NAMES_ONLY = 0, kNONE = 1, kDETAILED = 2 };
enum class ExecutionContextAllocationStrategy : int32_t { kSTATIC = 0, kON_PROFILE_CHANGE = 1, kUSER_MANAGED = 2 };
enum class LayerInformationFormat : int32_t { kONELINE = 0, kJSON = 1 };
enum class EngineCapability : int32_t { kSTANDARD = 0, kSAFETY = 1, kDLA_STANDALONE = 2 };

class IOptimizationProfile : public INoCopy {
 public:
  bool setDimensions(char const* inputName, OptProfileSelector select, Dims const& dims) noexcept;
  Dims getDimensions(char const* inputName, OptProfileSelector select) const noexcept;
  bool isValid() const noexcept;

 protected:
  virtual ~IOptimizationProfile() noexcept = default;
};

class IRuntime : public INoCopy {
 public:
  virtual ~IRuntime() noexcept = default;
  void setErrorRecorder(IErrorRecorder* recorder) noexcept;
  IErrorRecorder* getErrorRecorder() const noexcept;
  ICudaEngine* deserializeCudaEngine(void const* blob, std::size_t size) noexcept;
  ILogger* getLogger() const noexcept;
  IPluginRegistry& getPluginRegistry() noexcept;
  void setEngineHostCodeAllowed(bool allowed) noexcept;
  bool getEngineHostCodeAllowed() const noexcept;
};

class ICudaEngine : public INoCopy {
 public:
  virtual ~ICudaEngine() noexcept = default;
  Dims getTensorShape(char const* tensorName) const noexcept;
  DataType getTensorDataType(char const* tensorName) const noexcept;
  int32_t getNbLayers() const noexcept;
  IHostMemory* serialize() const noexcept;
  IExecutionContext* createExecutionContext(
      ExecutionContextAllocationStrategy strategy = ExecutionContextAllocationStrategy::kSTATIC) noexcept;
  TensorLocation getTensorLocation(char const* tensorName) const noexcept;
  TensorIOMode getTensorIOMode(char const* tensorName) const noexcept;
  int64_t getDeviceMemorySizeV2() const noexcept;
  int32_t getTensorBytesPerComponent(char const* tensorName) const noexcept;
  TensorFormat getTensorFormat(char const* tensorName) const noexcept;
  char const* getName() const noexcept;
  int32_t getNbOptimizationProfiles() const noexcept;
  Dims getProfileShape(char const* tensorName, int32_t profileIndex, OptProfileSelector select) const noexcept;
  void setErrorRecorder(IErrorRecorder* recorder) noexcept;
  IErrorRecorder* getErrorRecorder() const noexcept;
  ProfilingVerbosity getProfilingVerbosity() const noexcept;
  IEngineInspector* createEngineInspector() const noexcept;
  int32_t getNbIOTensors() const noexcept;
  char const* getIOTensorName(int32_t index) const noexcept;
  int32_t getNbAuxStreams() const noexcept;
  bool isDebugTensor(char const* name) const noexcept;
  int64_t getStreamableWeightsSize() const noexcept;
};

namespace v_1_0 {
class IDebugListener : public IVersionedInterface {
 public:
  InterfaceInfo getInterfaceInfo() const noexcept override { return {"IDebugListener", 1, 0}; }
  virtual bool processDebugTensor(void const* addr, TensorLocation location, DataType type, Dims const& shape,
                                  char const* name, cudaStream_t stream) = 0;
};

class IOutputAllocator : public IVersionedInterface {
 public:
  InterfaceInfo getInterfaceInfo() const noexcept override { return {"IOutputAllocator", 1, 0}; }
  virtual void* reallocateOutputAsync(char const*, void*, uint64_t, uint64_t, cudaStream_t) { return nullptr; }
  virtual void notifyShape(char const* tensorName, Dims const& dims) noexcept = 0;
};
}  // namespace v_1_0
using IDebugListener = v_1_0::IDebugListener;
using IOutputAllocator = v_1_0::IOutputAllocator;

class IExecutionContext : public INoCopy {
 public:
  virtual ~IExecutionContext() noexcept = default;
  void setProfiler(IProfiler* profiler) noexcept;
  IProfiler* getProfiler() const noexcept;
  ICudaEngine const& getEngine() const noexcept;
  void setName(char const* name) noexcept;
  char const* getName() const noexcept;
  Dims getTensorStrides(char const* tensorName) const noexcept;
  int32_t getOptimizationProfile() const noexcept;
  bool setInputShape(char const* tensorName, Dims const& dims) noexcept;
  Dims getTensorShape(char const* tensorName) const noexcept;
  bool allInputDimensionsSpecified() const noexcept;
  void setErrorRecorder(IErrorRecorder* recorder) noexcept;
  IErrorRecorder* getErrorRecorder() const noexcept;
  bool setOptimizationProfileAsync(int32_t profileIndex, cudaStream_t stream) noexcept;
  void setEnqueueEmitsProfile(bool enqueueEmitsProfile) noexcept;
  bool getEnqueueEmitsProfile() const noexcept;
  bool reportToProfiler() const noexcept;
  bool setTensorAddress(char const* tensorName, void* data) noexcept;
  void const* getTensorAddress(char const* tensorName) const noexcept;
  bool setOutputTensorAddress(char const* tensorName, void* data) noexcept;
  bool setInputTensorAddress(char const* tensorName, void const* data) noexcept;
  void* getOutputTensorAddress(char const* tensorName) const noexcept;
  int32_t inferShapes(int32_t nbMaxNames, char const** tensorNames) noexcept;
  int64_t getMaxOutputSize(char const* tensorName) const noexcept;
  bool enqueueV3(cudaStream_t stream) noexcept;
  void setPersistentCacheLimit(size_t size) noexcept;
  bool setNvtxVerbosity(ProfilingVerbosity verbosity) noexcept;
  ProfilingVerbosity getNvtxVerbosity() const noexcept;
  void setAuxStreams(cudaStream_t* auxStreams, int32_t nbStreams) noexcept;
  bool setDebugListener(IDebugListener* listener) noexcept;
  IDebugListener* getDebugListener() noexcept;
  bool setTensorDebugState(char const* name, bool flag) noexcept;
  bool getDebugState(char const* name) const noexcept;
  bool setAllTensorsDebugState(bool flag) noexcept;
};

class IEngineInspector : public INoCopy {
 public:
  virtual ~IEngineInspector() noexcept = default;
  bool setExecutionContext(IExecutionContext const* context) noexcept;
  IExecutionContext const* getExecutionContext() const noexcept;
  char const* getLayerInformation(int32_t layerIndex, LayerInformationFormat format) const noexcept;
  char const* getEngineInformation(LayerInformationFormat format) const noexcept;
};

}  // namespace nvinfer1

extern "C" void* createInferRuntime_INTERNAL(void* logger, int32_t version) noexcept;

namespace nvinfer1 {
namespace {
inline IRuntime* createInferRuntime(ILogger& logger) noexcept {
  return static_cast<IRuntime*>(createInferRuntime_INTERNAL(&logger, NV_TENSORRT_VERSION));
}
}  // namespace
}  // namespace nvinfer1

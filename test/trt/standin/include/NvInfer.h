// Stand-in: networks and the builder. See NvInferRuntimeBase.h.
#pragma once

#include "NvInferLayers.h"

namespace nvinfer1 {

class IBuilder;

using NetworkDefinitionCreationFlags = uint32_t;
#if NV_TENSORRT_MAJOR < 11
enum class NetworkDefinitionCreationFlag : int32_t { kSTRONGLY_TYPED = 1 };
#else
enum class NetworkDefinitionCreationFlag : int32_t { kPREFER_JIT_PYTHON_PLUGINS = 1 };
#endif

class INetworkDefinition : public INoCopy {
 public:
  virtual ~INetworkDefinition() noexcept = default;
  ITensor* addInput(char const* name, DataType type, Dims const& dimensions) noexcept;
  void markOutput(ITensor& tensor) noexcept;
  void unmarkOutput(ITensor& tensor) noexcept;
  bool markDebug(ITensor& tensor) noexcept;
  bool unmarkDebug(ITensor& tensor) noexcept;
  bool isDebugTensor(ITensor const& tensor) const noexcept;
  IActivationLayer* addActivation(ITensor& input, ActivationType type) noexcept;
  ILRNLayer* addLRN(ITensor& input, int64_t window, float alpha, float beta, float k) noexcept;
  ISoftMaxLayer* addSoftMax(ITensor& input) noexcept;
  IConcatenationLayer* addConcatenation(ITensor* const* inputs, int32_t nbInputs) noexcept;
  IElementWiseLayer* addElementWise(ITensor& input1, ITensor& input2, ElementWiseOperation op) noexcept;
  IUnaryLayer* addUnary(ITensor& input, UnaryOperation operation) noexcept;
  IShuffleLayer* addShuffle(ITensor& input) noexcept;
  IOneHotLayer* addOneHot(ITensor& indices, ITensor& values, ITensor& depth, int32_t axis) noexcept;
  int32_t getNbLayers() const noexcept;
  ILayer* getLayer(int32_t index) const noexcept;
  int32_t getNbInputs() const noexcept;
  ITensor* getInput(int32_t index) const noexcept;
  int32_t getNbOutputs() const noexcept;
  ITensor* getOutput(int32_t index) const noexcept;
  IReduceLayer* addReduce(ITensor& input, ReduceOperation operation, uint32_t reduceAxes, bool keepDimensions) noexcept;
  ITopKLayer* addTopK(ITensor& input, TopKOperation op, int32_t k, uint32_t reduceAxes, DataType indicesType) noexcept;
  IGatherLayer* addGather(ITensor& data, ITensor& indices, int32_t axis) noexcept;
  IGatherLayer* addGatherV2(ITensor& data, ITensor& indices, GatherMode mode) noexcept;
  IMatrixMultiplyLayer* addMatrixMultiply(ITensor& input0, MatrixOperation op0, ITensor& input1,
                                          MatrixOperation op1) noexcept;
  IConstantLayer* addConstant(Dims const& dimensions, Weights weights) noexcept;
  IIdentityLayer* addIdentity(ITensor& input) noexcept;
  ICastLayer* addCast(ITensor& input, DataType toType) noexcept;
  IPluginV3Layer* addPluginV3(ITensor* const* inputs, int32_t nbInputs, ITensor* const* shapeInputs,
                              int32_t nbShapeInputs, IPluginV3& plugin) noexcept;
  ISliceLayer* addSlice(ITensor& input, Dims const& start, Dims const& size, Dims const& stride) noexcept;
  void setName(char const* name) noexcept;
  char const* getName() const noexcept;
  IShapeLayer* addShape(ITensor& input) noexcept;
  NetworkDefinitionCreationFlags getFlags() const noexcept;
  IParametricReLULayer* addParametricReLU(ITensor& input, ITensor& slope) noexcept;
  IConvolutionLayer* addConvolutionNd(ITensor& input, int64_t nbOutputMaps, Dims const& kernelSize,
                                      Weights kernelWeights, Weights biasWeights) noexcept;
  IPoolingLayer* addPoolingNd(ITensor& input, PoolingType type, Dims const& windowSize) noexcept;
  IDeconvolutionLayer* addDeconvolutionNd(ITensor& input, int64_t nbOutputMaps, Dims kernelSize,
                                          Weights kernelWeights, Weights biasWeights) noexcept;
  IResizeLayer* addResize(ITensor& input) noexcept;
  ISelectLayer* addSelect(ITensor& condition, ITensor& thenInput, ITensor& elseInput) noexcept;
  bool setWeightsName(Weights weights, char const* name) noexcept;
  void setErrorRecorder(IErrorRecorder* recorder) noexcept;
  IErrorRecorder* getErrorRecorder() const noexcept;
  IDequantizeLayer* addDequantize(ITensor& input, ITensor& scale, DataType outputType) noexcept;
  IQuantizeLayer* addQuantize(ITensor& input, ITensor& scale, DataType outputType) noexcept;
  IScatterLayer* addScatter(ITensor& data, ITensor& indices, ITensor& updates, ScatterMode mode) noexcept;
  IReverseSequenceLayer* addReverseSequence(ITensor& input, ITensor& sequenceLens) noexcept;
#if NV_TENSORRT_MAJOR >= 11
  [[nodiscard]] INormalizationLayer* addNormalizationV2(ITensor& input, ITensor& scale, ITensor& bias,
                                                        uint32_t axesMask) noexcept;
#else
  INormalizationLayer* addNormalization(ITensor& input, ITensor& scale, ITensor& bias, uint32_t axesMask) noexcept;
#endif
  ICumulativeLayer* addCumulative(ITensor& input, ITensor& axis, CumulativeOperation operation, bool exclusive,
                                  bool reverse) noexcept;
  virtual IBuilder& getBuilder() const noexcept = 0;
};

using BuilderFlags = uint32_t;
enum class BuilderFlag : int32_t {
  kDEBUG = 2,
  kGPU_FALLBACK = 3,
  kREFIT = 4,
  kDISABLE_TIMING_CACHE = 5,
  kTF32 = 6,
  kSPARSE_WEIGHTS = 7,
#if NV_TENSORRT_MAJOR >= 11
  kVERSION_COMPATIBLE = 12,
  kEXCLUDE_LEAN_RUNTIME = 13,
  kERROR_ON_TIMING_CACHE_MISS = 15,
  kDISABLE_COMPILATION_CACHE = 17,
  kSTRIP_PLAN = 18,
  kREFIT_IDENTICAL = 19,
  kWEIGHT_STREAMING = 20,
  kREFIT_INDIVIDUAL = 22,
  kSTRICT_NANS = 23,
  kMONITOR_MEMORY = 24,
  kEDITABLE_TIMING_CACHE = 26,
  kDISTRIBUTIVE_INDEPENDENCE = 27,
#else
  kVERSION_COMPATIBLE = 13,
  kEXCLUDE_LEAN_RUNTIME = 14,
  kERROR_ON_TIMING_CACHE_MISS = 16,
  kDISABLE_COMPILATION_CACHE = 18,
  kSTRIP_PLAN = 19,
  kREFIT_IDENTICAL = 20,
  kWEIGHT_STREAMING = 21,
  kREFIT_INDIVIDUAL = 23,
  kSTRICT_NANS = 24,
  kMONITOR_MEMORY = 25,
  kEDITABLE_TIMING_CACHE = 27,
  kDISTRIBUTIVE_INDEPENDENCE = 28,
#endif
};

enum class MemoryPoolType : int32_t {
  kWORKSPACE = 0,
  kDLA_MANAGED_SRAM = 1,
  kDLA_LOCAL_DRAM = 2,
  kDLA_GLOBAL_DRAM = 3,
  kTACTIC_DRAM = 4,
  kTACTIC_SHARED_MEMORY = 5,
};
enum class HardwareCompatibilityLevel : int32_t { kNONE = 0, kAMPERE_PLUS = 1, kSAME_COMPUTE_CAPABILITY = 2 };
enum class TilingOptimizationLevel : int32_t { kNONE = 0, kFAST = 1, kMODERATE = 2, kFULL = 3 };

class ITimingCache : public INoCopy {
 public:
  virtual ~ITimingCache() noexcept = default;
  IHostMemory* serialize() const noexcept;
  bool combine(ITimingCache const& inputCache, bool ignoreMismatch) noexcept;
  bool reset() noexcept;
};

namespace v_1_0 {
class IProgressMonitor : public IVersionedInterface {
 public:
  InterfaceInfo getInterfaceInfo() const noexcept override { return {"IProgressMonitor", 1, 0}; }
  virtual void phaseStart(char const* phaseName, char const* parentPhase, int32_t nbSteps) noexcept = 0;
  virtual bool stepComplete(char const* phaseName, int32_t step) noexcept = 0;
  virtual void phaseFinish(char const* phaseName) noexcept = 0;
};
}  // namespace v_1_0
using IProgressMonitor = v_1_0::IProgressMonitor;

class IBuilderConfig : public INoCopy {
 public:
  virtual ~IBuilderConfig() noexcept = default;
  void setAvgTimingIterations(int32_t avgTiming) noexcept;
  int32_t getAvgTimingIterations() const noexcept;
  void setFlags(BuilderFlags builderFlags) noexcept;
  BuilderFlags getFlags() const noexcept;
  void clearFlag(BuilderFlag builderFlag) noexcept;
  void setFlag(BuilderFlag builderFlag) noexcept;
  bool getFlag(BuilderFlag builderFlag) const noexcept;
  void reset() noexcept;
  void setProfileStream(const cudaStream_t stream) noexcept;
  cudaStream_t getProfileStream() const noexcept;
  int32_t addOptimizationProfile(IOptimizationProfile const* profile) noexcept;
  int32_t getNbOptimizationProfiles() const noexcept;
  void setProfilingVerbosity(ProfilingVerbosity verbosity) noexcept;
  ProfilingVerbosity getProfilingVerbosity() const noexcept;
  ITimingCache* createTimingCache(void const* blob, std::size_t size) const noexcept;
  bool setTimingCache(ITimingCache const& cache, bool ignoreMismatch) noexcept;
  ITimingCache const* getTimingCache() const noexcept;
  void setMemoryPoolLimit(MemoryPoolType pool, std::size_t poolSize) noexcept;
  std::size_t getMemoryPoolLimit(MemoryPoolType pool) const noexcept;
  void setBuilderOptimizationLevel(int32_t level) noexcept;
  int32_t getBuilderOptimizationLevel() noexcept;
  void setHardwareCompatibilityLevel(HardwareCompatibilityLevel hardwareCompatibilityLevel) noexcept;
  HardwareCompatibilityLevel getHardwareCompatibilityLevel() const noexcept;
#if NV_TENSORRT_MAJOR >= 11
  bool setMaxAuxStreams(int32_t nbStreams) noexcept;
#else
  void setMaxAuxStreams(int32_t nbStreams) noexcept;
#endif
  int32_t getMaxAuxStreams() const noexcept;
  void setProgressMonitor(IProgressMonitor* monitor) noexcept;
  IProgressMonitor* getProgressMonitor() const noexcept;
  void setMaxNbTactics(int32_t maxNbTactics) noexcept;
  int32_t getMaxNbTactics() const noexcept;
  bool setTilingOptimizationLevel(TilingOptimizationLevel level) noexcept;
  TilingOptimizationLevel getTilingOptimizationLevel() const noexcept;
};

class IBuilder : public INoCopy {
 public:
  virtual ~IBuilder() noexcept = default;
  IBuilderConfig* createBuilderConfig() noexcept;
  INetworkDefinition* createNetworkV2(NetworkDefinitionCreationFlags flags) noexcept;
  IOptimizationProfile* createOptimizationProfile() noexcept;
  void setErrorRecorder(IErrorRecorder* recorder) noexcept;
  IErrorRecorder* getErrorRecorder() const noexcept;
  void reset() noexcept;
  IHostMemory* buildSerializedNetwork(INetworkDefinition& network, IBuilderConfig& config) noexcept;
  bool isNetworkSupported(INetworkDefinition const& network, IBuilderConfig const& config) const noexcept;
  ILogger* getLogger() const noexcept;
  bool setMaxThreads(int32_t maxThreads) noexcept;
  int32_t getMaxThreads() const noexcept;
  IPluginRegistry& getPluginRegistry() noexcept;
};

}  // namespace nvinfer1

extern "C" void* createInferBuilder_INTERNAL(void* logger, int32_t version) noexcept;

namespace nvinfer1 {
namespace {
inline IBuilder* createInferBuilder(ILogger& logger) noexcept {
  return static_cast<IBuilder*>(createInferBuilder_INTERNAL(&logger, NV_TENSORRT_VERSION));
}
}  // namespace
}  // namespace nvinfer1

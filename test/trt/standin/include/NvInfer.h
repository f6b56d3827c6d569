// Stand-in: networks and the builder. See NvInferRuntimeBase.h.
#pragma once

#include "NvInferRuntime.h"

namespace standin {
struct Layer;
void put(Layer&, char const* key, int64_t value) noexcept;
void put(Layer&, char const* key, double value) noexcept;
void put(Layer&, char const* key, nvinfer1::Dims const& value) noexcept;
void put(Layer&, char const* key, float const* values, int32_t count) noexcept;
void put(Layer&, char const* key, nvinfer1::Weights const& value) noexcept;
int64_t integer(Layer const&, char const* key) noexcept;
double number(Layer const&, char const* key) noexcept;
nvinfer1::Dims dims(Layer const&, char const* key) noexcept;
nvinfer1::Weights weights(Layer const&, char const* key) noexcept;
}  // namespace standin

// A setter and its getter; the value stands under `key` in the layer.
#define STANDIN_VALUE(Type, Name, key)                                                           \
  void set##Name(Type value) noexcept { standin::put(*mLayer, key, static_cast<int64_t>(value)); } \
  Type get##Name() const noexcept { return static_cast<Type>(standin::integer(*mLayer, key)); }
#define STANDIN_TRY_VALUE(Type, Name, key)   \
  bool set##Name(Type value) noexcept {      \
    standin::put(*mLayer, key, static_cast<int64_t>(value)); \
    return true;                             \
  }                                          \
  Type get##Name() const noexcept { return static_cast<Type>(standin::integer(*mLayer, key)); }
#define STANDIN_FLOAT(Name, key)                                                                    \
  void set##Name(float value) noexcept { standin::put(*mLayer, key, static_cast<double>(value)); } \
  float get##Name() const noexcept { return static_cast<float>(standin::number(*mLayer, key)); }
#define STANDIN_DIMS(Name, key)                                                   \
  void set##Name(Dims const& value) noexcept { standin::put(*mLayer, key, value); } \
  Dims get##Name() const noexcept { return standin::dims(*mLayer, key); }
#define STANDIN_WEIGHTS(Name, key)                                              \
  void set##Name(Weights value) noexcept { standin::put(*mLayer, key, value); } \
  Weights get##Name() const noexcept { return standin::weights(*mLayer, key); }
#define STANDIN_PADDING                           \
  STANDIN_DIMS(PrePadding, "pre_padding")         \
  STANDIN_DIMS(PostPadding, "post_padding")       \
  STANDIN_VALUE(PaddingMode, PaddingMode, "padding_mode") \
  STANDIN_DIMS(StrideNd, "stride")                \
  void setPaddingNd(Dims const& value) noexcept { \
    setPrePadding(value);                         \
    setPostPadding(value);                        \
  }                                               \
  Dims getPaddingNd() const noexcept { return getPrePadding(); }

namespace nvinfer1 {

class IBuilder;

enum class LayerType : int32_t {
  kCONVOLUTION = 0, kCAST = 1, kACTIVATION = 2, kPOOLING = 3, kLRN = 4, kSCALE = 5, kSOFTMAX = 6, kDECONVOLUTION =
  7, kCONCATENATION = 8, kELEMENTWISE = 9, kPLUGIN = 10, kUNARY = 11, kPADDING = 12, kSHUFFLE = 13, kREDUCE = 14,
  kTOPK = 15, kGATHER = 16, kMATRIX_MULTIPLY = 17, kRAGGED_SOFTMAX = 18, kCONSTANT = 19, kIDENTITY = 20,
  kPLUGIN_V2 = 21, kSLICE = 22, kSHAPE = 23, kPARAMETRIC_RELU = 24, kRESIZE = 25, kTRIP_LIMIT = 26, kRECURRENCE =
  27, kITERATOR = 28, kLOOP_OUTPUT = 29, kSELECT = 30, kFILL = 31, kQUANTIZE = 32, kDEQUANTIZE = 33, kCONDITION =
  34, kCONDITIONAL_INPUT = 35, kCONDITIONAL_OUTPUT = 36, kSCATTER = 37, kEINSUM = 38, kASSERTION = 39, kONE_HOT =
  40, kNON_ZERO = 41, kGRID_SAMPLE = 42, kNMS = 43, kREVERSE_SEQUENCE = 44, kNORMALIZATION = 45, kPLUGIN_V3 = 46,
  kSQUEEZE = 47, kUNSQUEEZE = 48, kCUMULATIVE = 49,
};
enum class ActivationType : int32_t {
  kRELU = 0, kSIGMOID = 1, kTANH = 2, kLEAKY_RELU = 3, kELU = 4, kSELU = 5, kSOFTSIGN = 6, kSOFTPLUS = 7, kCLIP =
  8, kHARD_SIGMOID = 9, kSCALED_TANH = 10, kTHRESHOLDED_RELU = 11, kGELU_ERF = 12, kGELU_TANH = 13,
};
enum class PaddingMode : int32_t {
  kEXPLICIT_ROUND_DOWN = 0, kEXPLICIT_ROUND_UP = 1, kSAME_UPPER = 2, kSAME_LOWER = 3,
};
enum class PoolingType : int32_t { kMAX = 0, kAVERAGE = 1, kMAX_AVERAGE_BLEND = 2 };
enum class ElementWiseOperation : int32_t {
  kSUM = 0, kPROD = 1, kMAX = 2, kMIN = 3, kSUB = 4, kDIV = 5, kPOW = 6, kFLOOR_DIV = 7, kAND = 8, kOR = 9, kXOR =
  10, kEQUAL = 11, kGREATER = 12, kLESS = 13,
};
enum class GatherMode : int32_t { kDEFAULT = 0, kELEMENT = 1, kND = 2 };
enum class UnaryOperation : int32_t {
  kEXP = 0, kLOG = 1, kSQRT = 2, kRECIP = 3, kABS = 4, kNEG = 5, kSIN = 6, kCOS = 7, kTAN = 8, kSINH = 9, kCOSH =
  10, kASIN = 11, kACOS = 12, kATAN = 13, kASINH = 14, kACOSH = 15, kATANH = 16, kCEIL = 17, kFLOOR = 18, kERF =
  19, kNOT = 20, kSIGN = 21, kROUND = 22, kISINF = 23, kISNAN = 24,
};
enum class ReduceOperation : int32_t { kSUM = 0, kPROD = 1, kMAX = 2, kMIN = 3, kAVG = 4 };
enum class SampleMode : int32_t { kSTRICT_BOUNDS = 0, kWRAP = 1, kCLAMP = 2, kFILL = 3, kREFLECT = 4 };
enum class TopKOperation : int32_t { kMAX = 0, kMIN = 1 };
enum class MatrixOperation : int32_t { kNONE = 0, kTRANSPOSE = 1, kVECTOR = 2 };
enum class InterpolationMode : int32_t { kNEAREST = 0, kLINEAR = 1, kCUBIC = 2 };
enum class ResizeCoordinateTransformation : int32_t { kALIGN_CORNERS = 0, kASYMMETRIC = 1, kHALF_PIXEL = 2 };
enum class ResizeSelector : int32_t { kFORMULA = 0, kUPPER = 1 };
enum class ResizeRoundMode : int32_t { kHALF_UP = 0, kHALF_DOWN = 1, kFLOOR = 2, kCEIL = 3 };
enum class ScatterMode : int32_t { kELEMENT = 0, kND = 1 };
enum class CumulativeOperation : int32_t { kSUM = 0 };

struct Permutation {
  int32_t order[Dims::MAX_DIMS];
};

class ITensor : public INoCopy {
 public:
  void setName(char const* name) noexcept;
  char const* getName() const noexcept;
  void setDimensions(Dims const& dimensions) noexcept;
  Dims getDimensions() const noexcept;
  DataType getType() const noexcept;
  bool isNetworkInput() const noexcept;
  bool isNetworkOutput() const noexcept;
  TensorLocation getLocation() const noexcept { return TensorLocation::kDEVICE; }
  void setAllowedFormats(TensorFormats formats) noexcept;
  TensorFormats getAllowedFormats() const noexcept;
  bool isShapeTensor() const noexcept;
  bool isExecutionTensor() const noexcept;
  void setDimensionName(int32_t index, char const* name) noexcept;
  char const* getDimensionName(int32_t index) const noexcept;

 protected:
  virtual ~ITensor() noexcept = default;
};

class ILayer : public INoCopy {
 public:
  LayerType getType() const noexcept;
  void setName(char const* name) noexcept;
  char const* getName() const noexcept;
  int32_t getNbInputs() const noexcept;
  ITensor* getInput(int32_t index) const noexcept;
  int32_t getNbOutputs() const noexcept;
  ITensor* getOutput(int32_t index) const noexcept;
  void setInput(int32_t index, ITensor& tensor) noexcept;
  DataType getOutputType(int32_t index) const noexcept;
  void setMetadata(char const* metadata) noexcept;
  char const* getMetadata() const noexcept;

 protected:
  virtual ~ILayer() noexcept = default;
  standin::Layer* mLayer = nullptr;
  friend struct standin::Layer;
};

class IConvolutionLayer : public ILayer {
 public:
  STANDIN_VALUE(int64_t, NbOutputMaps, "nb_output_maps")
  STANDIN_VALUE(int64_t, NbGroups, "nb_groups")
  STANDIN_WEIGHTS(KernelWeights, "kernel")
  STANDIN_WEIGHTS(BiasWeights, "bias")
  STANDIN_PADDING
  STANDIN_DIMS(KernelSizeNd, "kernel_size")
  STANDIN_DIMS(DilationNd, "dilation")
};

class IDeconvolutionLayer : public ILayer {
 public:
  STANDIN_VALUE(int64_t, NbOutputMaps, "nb_output_maps")
  STANDIN_VALUE(int64_t, NbGroups, "nb_groups")
  STANDIN_WEIGHTS(KernelWeights, "kernel")
  STANDIN_WEIGHTS(BiasWeights, "bias")
  STANDIN_PADDING
  STANDIN_DIMS(KernelSizeNd, "kernel_size")
  STANDIN_DIMS(DilationNd, "dilation")
};

class IActivationLayer : public ILayer {
 public:
  STANDIN_VALUE(ActivationType, ActivationType, "activation_type")
  STANDIN_FLOAT(Alpha, "alpha")
  STANDIN_FLOAT(Beta, "beta")
};

class IPoolingLayer : public ILayer {
 public:
  STANDIN_VALUE(PoolingType, PoolingType, "pooling_type")
  STANDIN_FLOAT(BlendFactor, "blend_factor")
  STANDIN_VALUE(bool, AverageCountExcludesPadding, "average_count_excludes_padding")
  STANDIN_PADDING
  STANDIN_DIMS(WindowSizeNd, "window_size")
};

class ILRNLayer : public ILayer {
 public:
  STANDIN_VALUE(int64_t, WindowSize, "window_size")
  STANDIN_FLOAT(Alpha, "alpha")
  STANDIN_FLOAT(Beta, "beta")
  STANDIN_FLOAT(K, "k")
};

class ISoftMaxLayer : public ILayer {
 public:
  STANDIN_VALUE(uint32_t, Axes, "axes")
};

class IConcatenationLayer : public ILayer {
 public:
  STANDIN_VALUE(int32_t, Axis, "axis")
};

class IElementWiseLayer : public ILayer {
 public:
  STANDIN_VALUE(ElementWiseOperation, Operation, "operation")
};

class IGatherLayer : public ILayer {
 public:
  STANDIN_VALUE(int32_t, GatherAxis, "gather_axis")
  STANDIN_VALUE(int32_t, NbElementWiseDims, "nb_element_wise_dims")
  STANDIN_VALUE(GatherMode, Mode, "mode")
};

class IPluginV3Layer : public ILayer {
 public:
  IPluginV3& getPlugin() noexcept;
};

class IUnaryLayer : public ILayer {
 public:
  STANDIN_VALUE(UnaryOperation, Operation, "operation")
};

class IReduceLayer : public ILayer {
 public:
  STANDIN_VALUE(ReduceOperation, Operation, "operation")
  STANDIN_VALUE(uint32_t, ReduceAxes, "reduce_axes")
  STANDIN_VALUE(bool, KeepDimensions, "keep_dimensions")
};

class IShuffleLayer : public ILayer {
 public:
  void setFirstTranspose(Permutation permutation) noexcept;
  Permutation getFirstTranspose() const noexcept;
  STANDIN_DIMS(ReshapeDimensions, "reshape_dimensions")
  void setSecondTranspose(Permutation permutation) noexcept;
  Permutation getSecondTranspose() const noexcept;
  STANDIN_VALUE(bool, ZeroIsPlaceholder, "zero_is_placeholder")
};

class ISliceLayer : public ILayer {
 public:
  STANDIN_DIMS(Start, "start")
  STANDIN_DIMS(Size, "size")
  STANDIN_DIMS(Stride, "stride")
  STANDIN_VALUE(SampleMode, Mode, "mode")
};

class IShapeLayer : public ILayer {};

class ITopKLayer : public ILayer {
 public:
  STANDIN_VALUE(TopKOperation, Operation, "operation")
  STANDIN_VALUE(int32_t, K, "k")
  STANDIN_VALUE(uint32_t, ReduceAxes, "reduce_axes")
  STANDIN_TRY_VALUE(DataType, IndicesType, "indices_type")
};

class IMatrixMultiplyLayer : public ILayer {
 public:
  void setOperation(int32_t index, MatrixOperation op) noexcept;
  MatrixOperation getOperation(int32_t index) const noexcept;
};

class IIdentityLayer : public ILayer {};

class ICastLayer : public ILayer {
 public:
  STANDIN_VALUE(DataType, ToType, "to_type")
};

class IConstantLayer : public ILayer {
 public:
  STANDIN_WEIGHTS(Weights, "weights")
  STANDIN_DIMS(Dimensions, "dimensions")
};

class IParametricReLULayer : public ILayer {};

class IResizeLayer : public ILayer {
 public:
  STANDIN_DIMS(OutputDimensions, "output_dimensions")
  void setScales(float const* scales, int32_t nbScales) noexcept { standin::put(*mLayer, "scales", scales, nbScales); }
  int32_t getScales(int32_t size, float* scales) const noexcept;
  STANDIN_VALUE(InterpolationMode, ResizeMode, "resize_mode")
  STANDIN_VALUE(ResizeCoordinateTransformation, CoordinateTransformation, "coordinate_transformation")
  STANDIN_VALUE(ResizeSelector, SelectorForSinglePixel, "selector_for_single_pixel")
  STANDIN_VALUE(ResizeRoundMode, NearestRounding, "nearest_rounding")
  STANDIN_FLOAT(CubicCoeff, "cubic_coeff")
  STANDIN_VALUE(bool, ExcludeOutside, "exclude_outside")
};

class ISelectLayer : public ILayer {};

class IQuantizeLayer : public ILayer {
 public:
  STANDIN_VALUE(int32_t, Axis, "axis")
  STANDIN_VALUE(DataType, ToType, "to_type")
};

class IDequantizeLayer : public ILayer {
 public:
  STANDIN_VALUE(int32_t, Axis, "axis")
  STANDIN_VALUE(DataType, ToType, "to_type")
};

class IScatterLayer : public ILayer {
 public:
  STANDIN_VALUE(ScatterMode, Mode, "mode")
  STANDIN_VALUE(int32_t, Axis, "axis")
};

class IOneHotLayer : public ILayer {
 public:
  STANDIN_VALUE(int32_t, Axis, "axis")
};

class IReverseSequenceLayer : public ILayer {
 public:
  STANDIN_VALUE(int32_t, BatchAxis, "batch_axis")
  STANDIN_VALUE(int32_t, SequenceAxis, "sequence_axis")
};

class INormalizationLayer : public ILayer {
 public:
  STANDIN_FLOAT(Epsilon, "epsilon")
  STANDIN_VALUE(uint32_t, Axes, "axes")
  STANDIN_VALUE(int64_t, NbGroups, "nb_groups")
};

class ICumulativeLayer : public ILayer {
 public:
  STANDIN_TRY_VALUE(CumulativeOperation, Operation, "operation")
  STANDIN_VALUE(bool, Exclusive, "exclusive")
  STANDIN_VALUE(bool, Reverse, "reverse")
};

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

#undef STANDIN_VALUE
#undef STANDIN_TRY_VALUE
#undef STANDIN_FLOAT
#undef STANDIN_DIMS
#undef STANDIN_WEIGHTS
#undef STANDIN_PADDING

// Stand-in: tensors and layers of networks; a part of NvInfer.h.
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

}  // namespace nvinfer1

#undef STANDIN_VALUE
#undef STANDIN_TRY_VALUE
#undef STANDIN_FLOAT
#undef STANDIN_DIMS
#undef STANDIN_WEIGHTS
#undef STANDIN_PADDING

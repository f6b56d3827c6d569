// Networks: layers are added, their results inferred.
#include "network.hpp"

#include <algorithm>
#include <cmath>

namespace standin {

using nvinfer1::ILogger;
using nvinfer1::ITensor;
using nvinfer1::LayerType;

void say(ILogger* logger, ILogger::Severity severity, const std::string& text) {
  if (logger != nullptr) logger->log(severity, text.c_str());
}

void say_error(ILogger* logger, int code, const std::string& text) {
  static const char* const names[] = {
      "Success",           "Unspecified Error", "Internal Error",       "API Usage Error",
      "API Usage Error",   "OutOfMemory",       "Initialization Error", "Execution Error",
      "Computation Error", "Invalid State",     "Unsupported State"};
  say(logger, ILogger::Severity::kERROR,
      "Error Code " + std::to_string(code) + ": " + names[code] + " (" + text + ")");
}

int32_t Network::add_value(Value value) {
  const auto id = static_cast<int32_t>(values.size());
  valid_.push_back(value.input);
  values.push_back(std::move(value));
  tensors.push_back(std::make_unique<Tensor>(*this, id));
  return id;
}

template <class L>
L* Network::add(const char* kind, LayerType type, const std::vector<ITensor*>& inputs, size_t results,
                const std::function<void(Layer&)>& fill) {
  try {
    auto layer = std::make_unique<Layer>();
    layer->network = this;
    layer->type = type;
    layer->operation.kind = kind;
    layer->operation.name = "(Unnamed Layer* " + std::to_string(layers.size()) + ") [" + kind + "]";
    for (ITensor* tensor : inputs) {
      require(tensor != nullptr, "an input is null");
      require(&static_cast<Tensor*>(tensor)->network == this, "an input belongs to another network");
      layer->operation.inputs.push_back(id_of(*tensor));
    }
    L* const face = layer->make_face<L>();
    fill(*layer);
    if (layer->plugin) results = static_cast<size_t>(std::max(layer->plugin->build().getNbOutputs(), 0));
    for (size_t i = 0; i < results; ++i) {
      Value value;
      value.name = layer->operation.name + "_output" + (i ? "_" + std::to_string(i) : "");
      layer->operation.outputs.push_back(add_value(std::move(value)));
    }
    layers.push_back(std::move(layer));
    return face;
  } catch (const std::exception& error) {
    say_error(logger, 3, std::string("INetworkDefinition::add") + kind + ": " + error.what());
    return nullptr;
  }
}

std::vector<const Desc*> Network::inputs_of(const Operation& operation) const {
  std::vector<const Desc*> result;
  for (const int32_t id : operation.inputs)
    result.push_back(id < 0 ? nullptr : &values[static_cast<size_t>(id)].desc);
  return result;
}

void Network::changed(const Layer& layer) {
  const auto found = std::find_if(layers.begin(), layers.end(), [&](const auto& l) { return l.get() == &layer; });
  clean_ = std::min(clean_, static_cast<size_t>(found - layers.begin()));
}

void Network::refresh() {
  for (; clean_ < layers.size(); ++clean_) {
    Layer& layer = *layers[clean_];
    Operation& op = layer.operation;
    bool good = true;
    for (const int32_t id : op.inputs) good = good && (id < 0 || valid(id));
    std::string wrong;
    if (good) {
      try {
        if (layer.plugin) describe_results(*layer.plugin, op, inputs_of(op));
        const std::vector<Desc> results = infer(op, inputs_of(op));
        for (size_t i = 0; i < results.size(); ++i) values[static_cast<size_t>(op.outputs[i])].desc = results[i];
      } catch (const std::exception& error) {
        wrong = error.what();
        good = false;
      }
    }
    for (const int32_t id : op.outputs) valid_[static_cast<size_t>(id)] = good;
    if (!wrong.empty() && wrong != layer.said)
      say_error(logger, 4, "ITensor::getDimensions: " + op.name + ": " + op.kind + " layer " + wrong);
    layer.said = wrong;
  }
}

// ------------------------------------------------------------------------------------------------- attributes

namespace {

void store(Layer& layer, const char* key, Attribute value) {
  layer.operation.attributes[key] = std::move(value);
  layer.network->changed(layer);
}

Attribute integers(List values) { return {Attribute::integers, std::move(values), {}}; }

}  // namespace

void put(Layer& layer, char const* key, int64_t value) noexcept {
  store(layer, key, {Attribute::integer, {value}, {}});
}
void put(Layer& layer, char const* key, double value) noexcept {
  store(layer, key, {Attribute::number, {}, {value}});
}
void put(Layer& layer, char const* key, Dims const& value) noexcept {
  try {
    store(layer, key, integers(list(value)));
  } catch (const std::exception& error) {
    say_error(layer.network->logger, 3, layer.operation.name + ": " + key + ": " + error.what());
  }
}
void put(Layer& layer, char const* key, float const* values, int32_t count) noexcept {
  store(layer, key, {Attribute::numbers, {}, {values, values + count}});
}
void put(Layer& layer, char const* key, Weights const& value) noexcept {
  layer.operation.weights[key] = value;
  layer.network->changed(layer);
}
int64_t integer(Layer const& layer, char const* key) noexcept { return layer.operation.integer(key); }
double number(Layer const& layer, char const* key) noexcept { return layer.operation.number(key); }
Dims dims(Layer const& layer, char const* key) noexcept {
  return layer.operation.has(key) ? dims(layer.operation.integers(key)) : Dims{-1, {}};
}
Weights weights(Layer const& layer, char const* key) noexcept {
  const Weights* found = layer.operation.weight(key);
  return found ? *found : Weights{};
}

namespace {

// Attributes of convolutions, deconvolutions and poolings.
void sliding(Layer& layer, const char* size_key, const Dims& size) {
  const size_t axes = list(size).size();
  put(layer, size_key, size);
  put(layer, "stride", dims(List(axes, 1)));
  put(layer, "pre_padding", dims(List(axes, 0)));
  put(layer, "post_padding", dims(List(axes, 0)));
  put(layer, "padding_mode", int64_t{0});
}

void weighted(Layer& layer, int64_t maps, const Dims& kernel, const Weights& weights, const Weights& bias) {
  require(kernel.nbDims == 2 || kernel.nbDims == 3, "only 2 or 3 spatial axes are there");
  require(maps > 0, "the number of maps is positive");
  sliding(layer, "kernel_size", kernel);
  put(layer, "dilation", dims(List(static_cast<size_t>(kernel.nbDims), 1)));
  put(layer, "nb_output_maps", maps);
  put(layer, "nb_groups", int64_t{1});
  put(layer, "kernel", weights);
  put(layer, "bias", bias);
}

}  // namespace

void transpose(Layer& layer, const char* key, const nvinfer1::Permutation& order) {
  store(layer, key, integers({order.order, order.order + Dims::MAX_DIMS}));
}

nvinfer1::Permutation permutation(const Layer& layer, const char* key) {
  nvinfer1::Permutation result{};
  std::copy_n(layer.operation.integers(key).begin(), Dims::MAX_DIMS, result.order);
  return result;
}

}  // namespace standin

namespace nvinfer1 {

using standin::Layer;
using standin::List;
using standin::Network;
using standin::number_of;
using standin::put;
using standin::require;

namespace {
Network& of(INetworkDefinition* network) { return *static_cast<Network*>(network); }
}  // namespace

ITensor* INetworkDefinition::addInput(char const* name, DataType type, Dims const& dimensions) noexcept {
  Network& n = of(this);
  try {
    require(name != nullptr && *name != '\0', "an input has a name");
    for (const int32_t id : n.inputs)
      require(n.values[size_t(id)].name != name, std::string("two inputs are named ") + name);
    standin::Value value;
    value.name = name;
    value.desc = {type, standin::list(dimensions), false, {}};
    standin::bytes_of(type);
    for (const int64_t extent : value.desc.dims) require(extent >= -1, "extents of an input are -1 or more");
    value.input = true;
    n.inputs.push_back(n.add_value(std::move(value)));
    return n.tensors.back().get();
  } catch (const std::exception& error) {
    standin::say_error(n.logger, 3, std::string("INetworkDefinition::addInput: ") + error.what());
    return nullptr;
  }
}

IActivationLayer* INetworkDefinition::addActivation(ITensor& input, ActivationType type) noexcept {
  return of(this).add<IActivationLayer>("Activation", LayerType::kACTIVATION, {&input}, 1, [&](Layer& layer) {
    require(number_of(type) >= 0 && number_of(type) <= 13, "there is no such activation");
    put(layer, "activation_type", number_of(type));
    put(layer, "alpha", 0.0);
    put(layer, "beta", 0.0);
  });
}

ILRNLayer* INetworkDefinition::addLRN(ITensor& input, int64_t window, float alpha, float beta, float k) noexcept {
  return of(this).add<ILRNLayer>("LRN", LayerType::kLRN, {&input}, 1, [&](Layer& layer) {
    put(layer, "window_size", window);
    put(layer, "alpha", double{alpha});
    put(layer, "beta", double{beta});
    put(layer, "k", double{k});
  });
}

ISoftMaxLayer* INetworkDefinition::addSoftMax(ITensor& input) noexcept {
  return of(this).add<ISoftMaxLayer>("SoftMax", LayerType::kSOFTMAX, {&input}, 1, [&](Layer& layer) {
    const int32_t rank = input.getDimensions().nbDims;
    put(layer, "axes", int64_t{1} << std::max(rank - 3, 0));
  });
}

IConcatenationLayer* INetworkDefinition::addConcatenation(ITensor* const* inputs, int32_t nbInputs) noexcept {
  const std::vector<ITensor*> given(inputs, inputs + std::max(nbInputs, 0));
  return of(this).add<IConcatenationLayer>("Concatenation", LayerType::kCONCATENATION, given, 1, [&](Layer& layer) {
    require(nbInputs > 0, "joins at least one tensor");
    put(layer, "axis", int64_t{std::max(inputs[0]->getDimensions().nbDims - 3, 0)});
  });
}

IElementWiseLayer* INetworkDefinition::addElementWise(ITensor& a, ITensor& b, ElementWiseOperation op) noexcept {
  return of(this).add<IElementWiseLayer>("ElementWise", LayerType::kELEMENTWISE, {&a, &b}, 1,
                                         [&](Layer& layer) { put(layer, "operation", number_of(op)); });
}

IUnaryLayer* INetworkDefinition::addUnary(ITensor& input, UnaryOperation op) noexcept {
  return of(this).add<IUnaryLayer>("Unary", LayerType::kUNARY, {&input}, 1,
                                   [&](Layer& layer) { put(layer, "operation", number_of(op)); });
}

IShuffleLayer* INetworkDefinition::addShuffle(ITensor& input) noexcept {
  return of(this).add<IShuffleLayer>("Shuffle", LayerType::kSHUFFLE, {&input}, 1, [&](Layer& layer) {
    const Permutation same{{0, 1, 2, 3, 4, 5, 6, 7}};
    standin::transpose(layer, "first_transpose", same);
    standin::transpose(layer, "second_transpose", same);
    put(layer, "zero_is_placeholder", int64_t{1});
  });
}

IOneHotLayer* INetworkDefinition::addOneHot(ITensor& indices, ITensor& values, ITensor& depth,
                                            int32_t axis) noexcept {
  return of(this).add<IOneHotLayer>("OneHot", LayerType::kONE_HOT, {&indices, &values, &depth}, 1,
                                    [&](Layer& layer) { put(layer, "axis", int64_t{axis}); });
}

IReduceLayer* INetworkDefinition::addReduce(ITensor& input, ReduceOperation op, uint32_t axes, bool keep) noexcept {
  return of(this).add<IReduceLayer>("Reduce", LayerType::kREDUCE, {&input}, 1, [&](Layer& layer) {
    put(layer, "operation", number_of(op));
    put(layer, "reduce_axes", int64_t{axes});
    put(layer, "keep_dimensions", int64_t{keep});
  });
}

ITopKLayer* INetworkDefinition::addTopK(ITensor& input, TopKOperation op, int32_t k, uint32_t axes,
                                        DataType indices) noexcept {
  return of(this).add<ITopKLayer>("TopK", LayerType::kTOPK, {&input}, 2, [&](Layer& layer) {
    put(layer, "operation", number_of(op));
    put(layer, "k", int64_t{k});
    put(layer, "reduce_axes", int64_t{axes});
    put(layer, "indices_type", number_of(indices));
  });
}

namespace {
IGatherLayer* add_gather(Network& n, ITensor& data, ITensor& indices, int32_t axis, GatherMode mode) {
  return n.add<IGatherLayer>("Gather", LayerType::kGATHER, {&data, &indices}, 1, [&](Layer& layer) {
    put(layer, "gather_axis", int64_t{axis});
    put(layer, "nb_element_wise_dims", int64_t{0});
    put(layer, "mode", number_of(mode));
  });
}
}  // namespace

IGatherLayer* INetworkDefinition::addGather(ITensor& data, ITensor& indices, int32_t axis) noexcept {
  return add_gather(of(this), data, indices, axis, GatherMode::kDEFAULT);
}
IGatherLayer* INetworkDefinition::addGatherV2(ITensor& data, ITensor& indices, GatherMode mode) noexcept {
  return add_gather(of(this), data, indices, 0, mode);
}

IMatrixMultiplyLayer* INetworkDefinition::addMatrixMultiply(ITensor& a, MatrixOperation op0, ITensor& b,
                                                            MatrixOperation op1) noexcept {
  return of(this).add<IMatrixMultiplyLayer>("MatrixMultiply", LayerType::kMATRIX_MULTIPLY, {&a, &b}, 1,
                                            [&](Layer& layer) {
                                              put(layer, "operation_0", number_of(op0));
                                              put(layer, "operation_1", number_of(op1));
                                            });
}

IConstantLayer* INetworkDefinition::addConstant(Dims const& dimensions, Weights weights) noexcept {
  return of(this).add<IConstantLayer>("Constant", LayerType::kCONSTANT, {}, 1, [&](Layer& layer) {
    require(weights.count == standin::volume(standin::list(dimensions)),
            "count of the weights is not the volume of the dimensions");
    put(layer, "dimensions", dimensions);
    put(layer, "weights", weights);
  });
}

IIdentityLayer* INetworkDefinition::addIdentity(ITensor& input) noexcept {
  return of(this).add<IIdentityLayer>("Identity", LayerType::kIDENTITY, {&input}, 1, [](Layer&) {});
}

ICastLayer* INetworkDefinition::addCast(ITensor& input, DataType to) noexcept {
  return of(this).add<ICastLayer>("Cast", LayerType::kCAST, {&input}, 1,
                                  [&](Layer& layer) { put(layer, "to_type", number_of(to)); });
}

IPluginV3Layer* INetworkDefinition::addPluginV3(ITensor* const* inputs, int32_t nbInputs, ITensor* const*,
                                                int32_t nbShapeInputs, IPluginV3& plugin) noexcept {
  const std::vector<ITensor*> given(inputs, inputs + std::max(nbInputs, 0));
  return of(this).add<IPluginV3Layer>("PluginV3", LayerType::kPLUGIN_V3, given, 0, [&](Layer& layer) {
    require(nbShapeInputs == 0, "the stand-in knows no shape inputs of plugins");
    layer.plugin = std::make_unique<standin::Plugin>(plugin.clone(), true);
    require(layer.plugin->build().getNbOutputs() > 0, "a plugin has results");
  });
}

ISliceLayer* INetworkDefinition::addSlice(ITensor& input, Dims const& start, Dims const& size,
                                          Dims const& stride) noexcept {
  return of(this).add<ISliceLayer>("Slice", LayerType::kSLICE, {&input}, 1, [&](Layer& layer) {
    put(layer, "start", start);
    put(layer, "size", size);
    put(layer, "stride", stride);
    put(layer, "mode", int64_t{0});
  });
}

IShapeLayer* INetworkDefinition::addShape(ITensor& input) noexcept {
  return of(this).add<IShapeLayer>("Shape", LayerType::kSHAPE, {&input}, 1, [](Layer&) {});
}

IParametricReLULayer* INetworkDefinition::addParametricReLU(ITensor& input, ITensor& slope) noexcept {
  return of(this).add<IParametricReLULayer>("ParametricReLU", LayerType::kPARAMETRIC_RELU, {&input, &slope}, 1,
                                            [](Layer&) {});
}

IConvolutionLayer* INetworkDefinition::addConvolutionNd(ITensor& input, int64_t maps, Dims const& kernel,
                                                        Weights weights, Weights bias) noexcept {
  return of(this).add<IConvolutionLayer>("Convolution", LayerType::kCONVOLUTION, {&input}, 1, [&](Layer& layer) {
    standin::weighted(layer, maps, kernel, weights, bias);
  });
}

IDeconvolutionLayer* INetworkDefinition::addDeconvolutionNd(ITensor& input, int64_t maps, Dims kernel,
                                                            Weights weights, Weights bias) noexcept {
  return of(this).add<IDeconvolutionLayer>(
      "Deconvolution", LayerType::kDECONVOLUTION, {&input}, 1,
      [&](Layer& layer) { standin::weighted(layer, maps, kernel, weights, bias); });
}

IPoolingLayer* INetworkDefinition::addPoolingNd(ITensor& input, PoolingType type, Dims const& window) noexcept {
  return of(this).add<IPoolingLayer>("Pooling", LayerType::kPOOLING, {&input}, 1, [&](Layer& layer) {
    require(window.nbDims == 2 || window.nbDims == 3, "only windows of 2 or 3 axes are there");
    require(type == PoolingType::kMAX || type == PoolingType::kAVERAGE, "the stand-in pools by maximum or average");
    standin::sliding(layer, "window_size", window);
    put(layer, "pooling_type", number_of(type));
    put(layer, "blend_factor", 0.0);
    put(layer, "average_count_excludes_padding", int64_t{1});
  });
}

IResizeLayer* INetworkDefinition::addResize(ITensor& input) noexcept {
  return of(this).add<IResizeLayer>("Resize", LayerType::kRESIZE, {&input}, 1, [](Layer& layer) {
    put(layer, "resize_mode", int64_t{0});
    put(layer, "coordinate_transformation", number_of(ResizeCoordinateTransformation::kASYMMETRIC));
    put(layer, "selector_for_single_pixel", int64_t{0});
    put(layer, "nearest_rounding", number_of(ResizeRoundMode::kFLOOR));
    put(layer, "cubic_coeff", -0.75);
    put(layer, "exclude_outside", int64_t{0});
  });
}

ISelectLayer* INetworkDefinition::addSelect(ITensor& condition, ITensor& then, ITensor& otherwise) noexcept {
  return of(this).add<ISelectLayer>("Select", LayerType::kSELECT, {&condition, &then, &otherwise}, 1, [](Layer&) {});
}

IDequantizeLayer* INetworkDefinition::addDequantize(ITensor& input, ITensor& scale, DataType type) noexcept {
  return of(this).add<IDequantizeLayer>("Dequantize", LayerType::kDEQUANTIZE, {&input, &scale}, 1, [&](Layer& layer) {
    put(layer, "axis", int64_t{-1});
    put(layer, "to_type", number_of(type));
  });
}

IQuantizeLayer* INetworkDefinition::addQuantize(ITensor& input, ITensor& scale, DataType type) noexcept {
  return of(this).add<IQuantizeLayer>("Quantize", LayerType::kQUANTIZE, {&input, &scale}, 1, [&](Layer& layer) {
    put(layer, "axis", int64_t{-1});
    put(layer, "to_type", number_of(type));
  });
}

IScatterLayer* INetworkDefinition::addScatter(ITensor& data, ITensor& indices, ITensor& updates,
                                              ScatterMode mode) noexcept {
  return of(this).add<IScatterLayer>("Scatter", LayerType::kSCATTER, {&data, &indices, &updates}, 1,
                                     [&](Layer& layer) {
                                       put(layer, "mode", number_of(mode));
                                       put(layer, "axis", int64_t{0});
                                     });
}

IReverseSequenceLayer* INetworkDefinition::addReverseSequence(ITensor& input, ITensor& lengths) noexcept {
  return of(this).add<IReverseSequenceLayer>("ReverseSequence", LayerType::kREVERSE_SEQUENCE, {&input, &lengths}, 1,
                                             [](Layer& layer) {
                                               put(layer, "batch_axis", int64_t{1});
                                               put(layer, "sequence_axis", int64_t{0});
                                             });
}

#if NV_TENSORRT_MAJOR >= 11
INormalizationLayer* INetworkDefinition::addNormalizationV2(
#else
INormalizationLayer* INetworkDefinition::addNormalization(
#endif
    ITensor& input, ITensor& scale, ITensor& bias, uint32_t axes) noexcept {
  return of(this).add<INormalizationLayer>("Normalization", LayerType::kNORMALIZATION, {&input, &scale, &bias}, 1,
                                           [&](Layer& layer) {
                                             put(layer, "epsilon", 1e-5);
                                             put(layer, "axes", int64_t{axes});
                                             put(layer, "nb_groups", int64_t{1});
                                           });
}

ICumulativeLayer* INetworkDefinition::addCumulative(ITensor& input, ITensor& axis, CumulativeOperation op,
                                                    bool exclusive, bool reverse) noexcept {
  return of(this).add<ICumulativeLayer>("Cumulative", LayerType::kCUMULATIVE, {&input, &axis}, 1, [&](Layer& layer) {
    put(layer, "operation", number_of(op));
    put(layer, "exclusive", int64_t{exclusive});
    put(layer, "reverse", int64_t{reverse});
  });
}

}  // namespace nvinfer1

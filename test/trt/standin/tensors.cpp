// Networks, their tensors and layers, as a program sees them.
#include <algorithm>

#include "network.hpp"

namespace nvinfer1 {

using standin::number_of;
using standin::put;

namespace {
standin::Network& of(INetworkDefinition* network) { return *static_cast<standin::Network*>(network); }
standin::Network& of(ITensor* tensor) { return static_cast<standin::Tensor*>(tensor)->network; }
}  // namespace

void INetworkDefinition::markOutput(ITensor& tensor) noexcept {
  standin::Network& n = of(this);
  standin::Value& value = n.values[static_cast<size_t>(standin::id_of(tensor))];
  if (value.input || value.output)
    return standin::say_error(n.logger, 3,
                              "INetworkDefinition::markOutput: " + value.name +
                                  (value.input ? " is an input of the network" : " is an output already"));
  value.output = true;
  n.outputs.push_back(standin::id_of(tensor));
}

void INetworkDefinition::unmarkOutput(ITensor& tensor) noexcept {
  standin::Network& n = of(this);
  const int32_t id = standin::id_of(tensor);
  n.values[static_cast<size_t>(id)].output = false;
  n.outputs.erase(std::remove(n.outputs.begin(), n.outputs.end(), id), n.outputs.end());
}

bool INetworkDefinition::markDebug(ITensor& tensor) noexcept {
  return of(this).values[static_cast<size_t>(standin::id_of(tensor))].debug = true;
}
bool INetworkDefinition::unmarkDebug(ITensor& tensor) noexcept {
  of(this).values[static_cast<size_t>(standin::id_of(tensor))].debug = false;
  return true;
}
bool INetworkDefinition::isDebugTensor(ITensor const& tensor) const noexcept {
  const auto& n = static_cast<const standin::Network&>(*this);
  return n.values[static_cast<size_t>(standin::id_of(tensor))].debug;
}

int32_t INetworkDefinition::getNbLayers() const noexcept {
  return static_cast<int32_t>(static_cast<const standin::Network*>(this)->layers.size());
}
ILayer* INetworkDefinition::getLayer(int32_t i) const noexcept {
  return static_cast<const standin::Network*>(this)->layers.at(static_cast<size_t>(i))->face;
}
int32_t INetworkDefinition::getNbInputs() const noexcept {
  return static_cast<int32_t>(static_cast<const standin::Network*>(this)->inputs.size());
}
ITensor* INetworkDefinition::getInput(int32_t i) const noexcept {
  const auto* n = static_cast<const standin::Network*>(this);
  return n->tensors[static_cast<size_t>(n->inputs.at(static_cast<size_t>(i)))].get();
}
int32_t INetworkDefinition::getNbOutputs() const noexcept {
  return static_cast<int32_t>(static_cast<const standin::Network*>(this)->outputs.size());
}
ITensor* INetworkDefinition::getOutput(int32_t i) const noexcept {
  const auto* n = static_cast<const standin::Network*>(this);
  return n->tensors[static_cast<size_t>(n->outputs.at(static_cast<size_t>(i)))].get();
}
void INetworkDefinition::setName(char const* name) noexcept { of(this).name = name; }
char const* INetworkDefinition::getName() const noexcept {
  return static_cast<const standin::Network*>(this)->name.c_str();
}
NetworkDefinitionCreationFlags INetworkDefinition::getFlags() const noexcept {
  return NV_TENSORRT_MAJOR < 11 ? 2 : 0;
}
bool INetworkDefinition::setWeightsName(Weights, char const* name) noexcept { return name != nullptr; }
void INetworkDefinition::setErrorRecorder(IErrorRecorder* recorder) noexcept { of(this).recorder = recorder; }
IErrorRecorder* INetworkDefinition::getErrorRecorder() const noexcept {
  return static_cast<const standin::Network*>(this)->recorder;
}

namespace {
standin::Value& value_of(const ITensor* tensor) {
  const auto* t = static_cast<const standin::Tensor*>(tensor);
  return t->network.values[static_cast<size_t>(t->id)];
}
}  // namespace

void ITensor::setName(char const* name) noexcept { value_of(this).name = name; }
char const* ITensor::getName() const noexcept { return value_of(this).name.c_str(); }
void ITensor::setDimensions(Dims const& dimensions) noexcept {
  if (!value_of(this).input)
    return standin::say_error(of(this).logger, 3,
                              "ITensor::setDimensions: only inputs of a network have given dimensions");
  value_of(this).desc.dims = standin::list(dimensions);
  if (!of(this).layers.empty()) of(this).changed(*of(this).layers.front());
}
Dims ITensor::getDimensions() const noexcept {
  const auto* t = static_cast<const standin::Tensor*>(this);
  t->network.refresh();
  return t->network.valid(t->id) ? standin::dims(value_of(this).desc.dims) : Dims{-1, {}};
}
DataType ITensor::getType() const noexcept {
  static_cast<const standin::Tensor*>(this)->network.refresh();
  return value_of(this).desc.type;
}
bool ITensor::isNetworkInput() const noexcept { return value_of(this).input; }
bool ITensor::isNetworkOutput() const noexcept { return value_of(this).output; }
void ITensor::setAllowedFormats(TensorFormats formats) noexcept {
  if ((formats & 1) == 0)
    standin::say_error(of(this).logger, 3, "ITensor::setAllowedFormats: the stand-in has linear tensors only");
}
TensorFormats ITensor::getAllowedFormats() const noexcept { return 1; }
bool ITensor::isShapeTensor() const noexcept { return value_of(this).desc.known; }
bool ITensor::isExecutionTensor() const noexcept { return !value_of(this).desc.known; }
void ITensor::setDimensionName(int32_t, char const*) noexcept {}
char const* ITensor::getDimensionName(int32_t) const noexcept { return nullptr; }

LayerType ILayer::getType() const noexcept { return mLayer->type; }
void ILayer::setName(char const* name) noexcept { mLayer->operation.name = name; }
char const* ILayer::getName() const noexcept { return mLayer->operation.name.c_str(); }
int32_t ILayer::getNbInputs() const noexcept { return static_cast<int32_t>(mLayer->operation.inputs.size()); }
ITensor* ILayer::getInput(int32_t i) const noexcept {
  const auto at = static_cast<size_t>(i);
  if (at >= mLayer->operation.inputs.size() || mLayer->operation.inputs[at] < 0) return nullptr;
  return mLayer->network->tensors[static_cast<size_t>(mLayer->operation.inputs[at])].get();
}
int32_t ILayer::getNbOutputs() const noexcept { return static_cast<int32_t>(mLayer->operation.outputs.size()); }
ITensor* ILayer::getOutput(int32_t i) const noexcept {
  const auto at = static_cast<size_t>(i);
  if (at >= mLayer->operation.outputs.size()) return nullptr;
  return mLayer->network->tensors[static_cast<size_t>(mLayer->operation.outputs[at])].get();
}
void ILayer::setInput(int32_t index, ITensor& tensor) noexcept {
  static const std::map<LayerType, int32_t> more{{LayerType::kCONVOLUTION, 2},
                                                 {LayerType::kDECONVOLUTION, 2},
                                                 {LayerType::kSHUFFLE, 1},
                                                 {LayerType::kSLICE, 4},
                                                 {LayerType::kRESIZE, 1}};
  auto& inputs = mLayer->operation.inputs;
  const auto found = more.find(mLayer->type);
  const int32_t last = std::max(static_cast<int32_t>(inputs.size()) - 1, found == more.end() ? -1 : found->second);
  if (index < 0 || index > last)
    return standin::say_error(mLayer->network->logger, 3,
                              mLayer->operation.name + ": setInput: there is no input " + std::to_string(index));
  if (static_cast<size_t>(index) >= inputs.size()) inputs.resize(static_cast<size_t>(index) + 1, -1);
  inputs[static_cast<size_t>(index)] = standin::id_of(tensor);
  mLayer->network->changed(*mLayer);
}
DataType ILayer::getOutputType(int32_t i) const noexcept { return getOutput(i)->getType(); }
void ILayer::setMetadata(char const* metadata) noexcept { mLayer->operation.metadata = metadata; }
char const* ILayer::getMetadata() const noexcept { return mLayer->operation.metadata.c_str(); }

void IShuffleLayer::setFirstTranspose(Permutation p) noexcept { standin::transpose(*mLayer, "first_transpose", p); }
Permutation IShuffleLayer::getFirstTranspose() const noexcept {
  return standin::permutation(*mLayer, "first_transpose");
}
void IShuffleLayer::setSecondTranspose(Permutation p) noexcept { standin::transpose(*mLayer, "second_transpose", p); }
Permutation IShuffleLayer::getSecondTranspose() const noexcept {
  return standin::permutation(*mLayer, "second_transpose");
}
void IMatrixMultiplyLayer::setOperation(int32_t i, MatrixOperation op) noexcept {
  put(*mLayer, i == 0 ? "operation_0" : "operation_1", number_of(op));
}
MatrixOperation IMatrixMultiplyLayer::getOperation(int32_t i) const noexcept {
  return static_cast<MatrixOperation>(standin::integer(*mLayer, i == 0 ? "operation_0" : "operation_1"));
}
int32_t IResizeLayer::getScales(int32_t size, float* scales) const noexcept {
  if (!mLayer->operation.has("scales")) return -1;
  const std::vector<double>& all = mLayer->operation.numbers("scales");
  if (size == static_cast<int32_t>(all.size())) std::copy(all.begin(), all.end(), scales);
  return static_cast<int32_t>(all.size());
}
IPluginV3& IPluginV3Layer::getPlugin() noexcept { return mLayer->plugin->get(); }

}  // namespace nvinfer1

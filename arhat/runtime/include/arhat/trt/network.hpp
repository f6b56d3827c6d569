// What the functions of a generated model build the network with.
//
//     void op_3(Network& n) {
//       auto& layer = n.layer(n->addConvolutionNd(n[2], 64, dims({7, 7}), n.weights(DataType::kFLOAT, 0, 9408),
//                                                 n.weights(DataType::kFLOAT, 37632, 64)), "conv1");
//       layer.setStrideNd(dims({2, 2}));
//       n.set(3, layer.getOutput(0));
//     }
#pragma once

#include <NvInfer.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../failure.hpp"
#include "logger.hpp"
#include "plugin_registry.hpp"
#include "ports.hpp"
#include "program.hpp"

namespace arhat {

using nvinfer1::DataType;
using nvinfer1::ITensor;
using TensorRef = std::reference_wrapper<ITensor>;

// Extents for TensorRT; at most 8.
inline nvinfer1::Dims dims(std::initializer_list<int64_t> extents) {
  nvinfer1::Dims result{};
  for (const int64_t extent : extents) result.d[result.nbDims++] = extent;
  return result;
}

// A set of axes for TensorRT: bit i is axis i.
inline uint32_t axes(std::initializer_list<int> numbers) {
  uint32_t bits = 0;
  for (const int number : numbers) bits |= 1u << number;
  return bits;
}

// The order of axes for a shuffle.
inline nvinfer1::Permutation permutation(std::initializer_list<int32_t> order) {
  nvinfer1::Permutation result{};
  std::copy(order.begin(), order.end(), result.order);
  return result;
}

// A field of a plugin with its data. Lists and texts (without an end mark) have as many entries as their length says.
class Field {
 public:
  template <class T>
  Field(const char* name, nvinfer1::PluginFieldType type, const T* data, size_t count)
      : name_(name), type_(type), length_(static_cast<int32_t>(count)), data_(count * sizeof(T) + 1) {
    if (count != 0) std::memcpy(data_.data(), data, count * sizeof(T));
  }
  nvinfer1::PluginField view() const { return {name_, data_.data(), type_, length_}; }

 private:
  const char* name_;
  nvinfer1::PluginFieldType type_;
  int32_t length_;
  std::vector<std::byte> data_;  // one more than needed, so that there is a pointer also to an empty list
};

using Ints = std::initializer_list<int32_t>;
using Floats = std::initializer_list<float>;

inline Field field(const char* name, int32_t value) { return {name, nvinfer1::PluginFieldType::kINT32, &value, 1}; }
inline Field field(const char* name, float value) { return {name, nvinfer1::PluginFieldType::kFLOAT32, &value, 1}; }
inline Field field(const char* name, std::string_view value) {
  return {name, nvinfer1::PluginFieldType::kCHAR, value.data(), value.size()};
}
inline Field field(const char* name, const char* value) { return field(name, std::string_view(value)); }
inline Field field_of_ints(const char* name, Ints values) {
  return {name, nvinfer1::PluginFieldType::kINT32, values.begin(), values.size()};
}
inline Field field_of_floats(const char* name, Floats values) {
  return {name, nvinfer1::PluginFieldType::kFLOAT32, values.begin(), values.size()};
}

// A network while it is built. What TensorRT refuses throws a Failure with the layer's name and TensorRT's reasons.
class Network {
 public:
  Network(nvinfer1::INetworkDefinition& network, nvinfer1::IPluginRegistry& plugins, Logger& logger,
          const std::byte* weights, UniqueNames names)
      : network_(network), plugins_(plugins), logger_(logger), weights_(weights), names_(std::move(names)) {}

  nvinfer1::INetworkDefinition* operator->() const { return &network_; }

  ITensor& operator[](size_t value) const {
    if (value >= values_.size() || values_[value] == nullptr)
      fail(ARHAT_INTERNAL_ERROR, at_layer("value " + std::to_string(value) + " is not there"));
    return *values_[value];
  }

  // What an `add` of TensorRT has given, with its name.
  template <class Layer>
  Layer& layer(Layer* added, const char* name) {
    current_ = name;
    if (added == nullptr) refuse("TensorRT does not take it");
    const std::string short_name = clipped(name);
    added->setName(short_name.c_str());
    added->setMetadata(short_name.c_str());
    return *added;
  }

  // Gives a value its number. Its tensor gets the name of the layer that was added last.
  void set(size_t value, ITensor* tensor) {
    if (tensor == nullptr || tensor->getDimensions().nbDims < 0) refuse("TensorRT finds no shape for its result");
    if (value >= values_.size()) values_.resize(value + 1);
    values_[value] = tensor;
    if (!tensor->isNetworkInput()) tensor->setName(names_.take(current_).c_str());
  }

  // Constants of the model's file. `offset` counts bytes from the start of its data section.
  nvinfer1::Weights weights(DataType type, uint64_t offset, int64_t count) const {
    return {type, weights_ + offset, count};
  }
  // In the place of a bias or kernel that is not there.
  static nvinfer1::Weights no_weights(DataType type) { return {type, nullptr, 0}; }

  nvinfer1::IConcatenationLayer* add_concatenation(std::initializer_list<TensorRef> inputs) {
    const std::vector<ITensor*> list = pointers(inputs);
    return network_.addConcatenation(list.data(), static_cast<int32_t>(list.size()));
  }

  // Scale and bias have an element for each channel.
  nvinfer1::INormalizationLayer* add_normalization(ITensor& x, ITensor& scale, ITensor& bias, uint32_t over) {
#if NV_TENSORRT_VERSION >= 101500
    return network_.addNormalizationV2(x, scale, bias, over);
#else
    return network_.addNormalization(x, scale, bias, over);
#endif
  }

  // A layer that one of our plugins computes.
  nvinfer1::IPluginV3Layer& plugin(const char* plugin, std::initializer_list<TensorRef> inputs,
                                   std::initializer_list<Field> fields, const char* name) {
    current_ = name;
    nvinfer1::IPluginCreatorInterface* const found = plugins_.getCreator(plugin, trt::plugin_version, trt::plugin_namespace);
    if (found == nullptr || std::strcmp(found->getInterfaceInfo().kind, "PLUGIN CREATOR_V3ONE") != 0)
      refuse("there is no plugin " + std::string(plugin));
    auto* const creator = static_cast<nvinfer1::IPluginCreatorV3One*>(found);
    std::vector<nvinfer1::PluginField> views;
    for (const Field& field : fields) views.push_back(field.view());
    const nvinfer1::PluginFieldCollection collection{static_cast<int32_t>(views.size()), views.data()};
    const std::unique_ptr<nvinfer1::IPluginV3> made(
        creator->createPlugin(clipped(name, 1000).c_str(), &collection, nvinfer1::TensorRTPhase::kBUILD));
    if (made == nullptr) refuse("the plugin " + std::string(plugin) + " does not take its fields");
    const std::vector<ITensor*> list = pointers(inputs);
    return layer(network_.addPluginV3(list.data(), static_cast<int32_t>(list.size()), nullptr, 0, *made), name);
  }

  // The result of a layer, as an output of the network.
  void mark_output(size_t value, const std::string& name) {
    ITensor& tensor = (*this)[value];
    tensor.setName(name.c_str());
    network_.markOutput(tensor);
  }

 private:
  // TensorRT takes names of less than 4096 bytes, of plugins 1024.
  static std::string clipped(std::string_view name, size_t most = 4000) { return std::string(name.substr(0, most)); }

  static std::vector<ITensor*> pointers(std::initializer_list<TensorRef> tensors) {
    std::vector<ITensor*> result;
    for (ITensor& tensor : tensors) result.push_back(&tensor);
    return result;
  }

  std::string at_layer(const std::string& text) const { return "layer " + layers_text(current_) + ": " + text; }

  [[noreturn]] void refuse(const std::string& what) const { logger_.refuse(ARHAT_UNSUPPORTED, at_layer(what)); }

  nvinfer1::INetworkDefinition& network_;
  nvinfer1::IPluginRegistry& plugins_;
  Logger& logger_;
  const std::byte* weights_;
  std::vector<ITensor*> values_;  // by number
  UniqueNames names_;             // of tensors
  const char* current_ = "";      // name of the layer that is added
};

}  // namespace arhat

// Networks while they are built.
#pragma once

#include <functional>
#include <memory>

#include "core.hpp"
#include "plugins.hpp"

namespace standin {

class Network;

struct Tensor final : nvinfer1::ITensor {
  Tensor(Network& n, int32_t i) : network(n), id(i) {}
  Network& network;
  int32_t id;
};

struct Layer {
  Operation operation;
  nvinfer1::LayerType type;
  Network* network;
  std::shared_ptr<void> holder;
  nvinfer1::ILayer* face = nullptr;
  std::unique_ptr<Plugin> plugin;
  std::string said;  // what was wrong when its results were inferred the last time

  template <class L>
  L* make_face() {
    auto made = std::make_shared<Face<L>>();
    made->connect(this);
    face = made.get();
    holder = made;
    return made.get();
  }

 private:
  template <class L>
  struct Face final : L {
    void connect(Layer* layer) { this->mLayer = layer; }
  };
};

void say(nvinfer1::ILogger* logger, nvinfer1::ILogger::Severity severity, const std::string& text);
void say_error(nvinfer1::ILogger* logger, int code, const std::string& text);

class Network final : public nvinfer1::INetworkDefinition {
 public:
  Network(nvinfer1::IBuilder& builder, nvinfer1::ILogger* logger) : builder_(builder), logger(logger) {}
  nvinfer1::IBuilder& getBuilder() const noexcept override { return builder_; }

  int32_t add_value(Value value);
  // A layer of this kind with inputs and attributes; null, and an error is logged, where `check` throws.
  template <class L>
  L* add(const char* kind, nvinfer1::LayerType type, const std::vector<nvinfer1::ITensor*>& inputs, size_t results,
         const std::function<void(Layer&)>& fill);
  // Infers what has changed. Throws nothing: layers that are wrong have results without extents.
  void refresh();
  void changed(const Layer& layer);
  std::vector<const Desc*> inputs_of(const Operation& operation) const;
  bool valid(int32_t id) const { return valid_[static_cast<size_t>(id)]; }

 private:
  nvinfer1::IBuilder& builder_;
  std::vector<bool> valid_;  // of values
  size_t clean_ = 0;         // layers before it are inferred

 public:
  nvinfer1::ILogger* logger;
  nvinfer1::IErrorRecorder* recorder = nullptr;
  std::string name;
  std::vector<Value> values;
  std::vector<std::unique_ptr<Tensor>> tensors;
  std::vector<std::unique_ptr<Layer>> layers;
  std::vector<int32_t> inputs, outputs;
};

// The permutation of a shuffle that stands under `key`.
void transpose(Layer& layer, const char* key, const nvinfer1::Permutation& order);
nvinfer1::Permutation permutation(const Layer& layer, const char* key);

template <class E>
int64_t number_of(E value) {
  return static_cast<int64_t>(value);
}

inline int32_t id_of(const nvinfer1::ITensor& tensor) { return static_cast<const Tensor&>(tensor).id; }

}  // namespace standin

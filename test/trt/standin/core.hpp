// What the stand-in for TensorRT works with: tensors' types and extents, layers with their attributes, and networks.
//
// It is test equipment, written from TensorRT's public documentation. It shows that a program uses the interface as
// the documentation says; it proves nothing about TensorRT itself.
#pragma once

#include <NvInfer.h>

#include <cstdint>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace standin {

using nvinfer1::DataType;
using nvinfer1::Dims;
using nvinfer1::Weights;
using List = std::vector<int64_t>;

// What TensorRT would not take, and why. Inside of the stand-in only: the interface reports it to the logger.
struct Refusal : std::runtime_error {
  using std::runtime_error::runtime_error;
};
[[noreturn]] inline void refuse(const std::string& why) { throw Refusal(why); }
inline void require(bool holds, const std::string& why) {
  if (!holds) refuse(why);
}

constexpr int64_t wildcard = -1;
constexpr int64_t unknown = INT64_MIN;  // of the elements of a tensor of shapes

// Type and extents of a tensor (-1: known only at run time), and its elements where those are integers that the
// extents of other tensors may be computed from.
struct Desc {
  DataType type = DataType::kFLOAT;
  List dims;
  bool known = false;
  List elements;
};

size_t bytes_of(DataType type);
const char* name_of(DataType type);  // f32, f16, ...
bool is_float(DataType type);
bool is_integer(DataType type);  // of 32 or 64 bits
int64_t volume(const List& dims);
List list(const Dims& dims);
Dims dims(const List& list);
std::string text(const List& list);
std::string quoted(const std::string& text);  // as JSON

struct Attribute {
  enum Kind : int32_t { integer, number, integers, numbers } kind = integer;
  List integers_;
  std::vector<double> numbers_;
};

struct PluginField {
  std::string name;
  nvinfer1::PluginFieldType type;
  int32_t length;
  std::string data;
};
size_t bytes_of(nvinfer1::PluginFieldType type);

// What creates a plugin again.
struct PluginRecipe {
  std::string name, version, space;
  std::vector<PluginField> fields;
};

// A layer with its inputs and outputs by number of the value; -1 stands for an input that is not given.
struct Operation {
  std::string kind;  // the name of its class without I and Layer
  std::string name, metadata;
  std::map<std::string, Attribute> attributes;
  std::map<std::string, Weights> weights;
  std::vector<int32_t> inputs, outputs;
  PluginRecipe recipe;
  std::vector<DataType> types;             // of a plugin's results
  std::vector<std::vector<List>> extents;  // of a plugin's results, as programs: see expression.hpp
  uint64_t workspace = 0;                  // bytes that a plugin has asked for

  int64_t integer(const char* key) const { return attributes.at(key).integers_.at(0); }
  double number(const char* key) const { return attributes.at(key).numbers_.at(0); }
  const List& integers(const char* key) const { return attributes.at(key).integers_; }
  const std::vector<double>& numbers(const char* key) const { return attributes.at(key).numbers_; }
  bool has(const char* key) const { return attributes.count(key) != 0; }
  const Weights* weight(const char* key) const {
    const auto found = weights.find(key);
    return found == weights.end() || found->second.count == 0 ? nullptr : &found->second;
  }
};

// An input of a network, or a result of a layer.
struct Value {
  std::string name;
  Desc desc;
  bool input = false, output = false, debug = false;
};

// Extents of the inputs that a network is built for.
struct Profile {
  std::map<std::string, List> by[3];  // at least, usual, at most
};

// The results of a layer of which the inputs are known; throws a Refusal where the documentation forbids it. Extents
// may be wildcards.
std::vector<Desc> infer(const Operation& operation, const std::vector<const Desc*>& inputs);

// The elements of a layer's results as far as they are known integers.
void fold(const Operation& operation, const std::vector<const Desc*>& inputs, std::vector<Desc>& outputs);

// Padding before each spatial axis of a convolution, deconvolution or pooling, and its extent in the result.
struct Window {
  List before, after, extents;
};
Window window(const Operation& operation, const List& input, const List& kernel, const List& dilation);

// Extents of a layer's kernel or window, its dilation (ones where it has none).
List kernel_of(const Operation& operation);
List dilation_of(const Operation& operation);

// Where the elements of `from` are found when it is broadcast to `to`: strides, 0 along axes of extent 1.
List broadcast_strides(const List& from, const List& to);

}  // namespace standin

// cuDNN's backend descriptors: owned, set and read with every status checked.
#pragma once

#include <cudnn_graph.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "arhat/cudnn/reason.hpp"

namespace arhat::cudnn {

// A call to cuDNN that failed.
class Error : public std::runtime_error {
 public:
  Error(std::string call, cudnnStatus_t status, std::string reason, std::string layers)
      : std::runtime_error(text(call, status, reason, layers)),
        call(std::move(call)),
        status(status),
        reason(std::move(reason)),
        layers(std::move(layers)) {}

  const std::string call;
  const cudnnStatus_t status;
  const std::string reason;  // cuDNN's account of what went wrong; may be empty
  const std::string layers;  // of the graph, separated by '\n'; empty if the call belongs to none

 private:
  static std::string text(const std::string& call, cudnnStatus_t status, const std::string& reason,
                          const std::string& layers) {
    std::string result = call + ": " + cudnnGetErrorString(status);
    if (!layers.empty()) result += " (layers: " + one_line(layers) + ")";
    if (!reason.empty()) result += ": " + one_line(reason);
    return result;
  }
  static std::string one_line(const std::string& lines) {
    std::string result;
    for (const char c : lines) {
      if (c != '\n' && static_cast<unsigned char>(c) >= 32) result += c;
      if (c == '\n') result += "; ";
    }
    while (!result.empty() && (result.back() == ' ' || result.back() == ';')) result.pop_back();
    return result;
  }
};

// The account of what failed in this thread since it was last read.
inline std::string last_error() {
  char text[16384] = "";
  cudnnGetLastErrorString(text, sizeof text);
  return condense(text);
}

inline void check(cudnnStatus_t status, const char* call, const std::string& layers = "") {
  if (status != CUDNN_STATUS_SUCCESS) throw Error(call, status, last_error(), layers);
}

// The tag that cuDNN wants beside values of a type.
constexpr cudnnBackendAttributeType_t tag(cudnnBackendDescriptor_t) { return CUDNN_TYPE_BACKEND_DESCRIPTOR; }
constexpr cudnnBackendAttributeType_t tag(int64_t) { return CUDNN_TYPE_INT64; }
constexpr cudnnBackendAttributeType_t tag(float) { return CUDNN_TYPE_FLOAT; }
constexpr cudnnBackendAttributeType_t tag(bool) { return CUDNN_TYPE_BOOLEAN; }
constexpr cudnnBackendAttributeType_t tag(char) { return CUDNN_TYPE_CHAR; }
constexpr cudnnBackendAttributeType_t tag(cudnnHandle_t) { return CUDNN_TYPE_HANDLE; }
constexpr cudnnBackendAttributeType_t tag(cudnnDataType_t) { return CUDNN_TYPE_DATA_TYPE; }
constexpr cudnnBackendAttributeType_t tag(cudnnConvolutionMode_t) { return CUDNN_TYPE_CONVOLUTION_MODE; }
constexpr cudnnBackendAttributeType_t tag(cudnnPointwiseMode_t) { return CUDNN_TYPE_POINTWISE_MODE; }
constexpr cudnnBackendAttributeType_t tag(cudnnResampleMode_t) { return CUDNN_TYPE_RESAMPLE_MODE; }
constexpr cudnnBackendAttributeType_t tag(cudnnPaddingMode_t) { return CUDNN_TYPE_PADDING_MODE; }
constexpr cudnnBackendAttributeType_t tag(cudnnReduceTensorOp_t) {
  return CUDNN_TYPE_REDUCTION_OPERATOR_TYPE;
}
constexpr cudnnBackendAttributeType_t tag(cudnnBackendHeurMode_t) { return CUDNN_TYPE_HEUR_MODE; }
constexpr cudnnBackendAttributeType_t tag(cudnnBackendKnobType_t) { return CUDNN_TYPE_KNOB_TYPE; }
constexpr cudnnBackendAttributeType_t tag(cudnnBackendNumericalNote_t) { return CUDNN_TYPE_NUMERICAL_NOTE; }
constexpr cudnnBackendAttributeType_t tag(cudnnBackendBehaviorNote_t) { return CUDNN_TYPE_BEHAVIOR_NOTE; }
template <class T>
constexpr cudnnBackendAttributeType_t attribute_type = tag(T{});

// A backend descriptor. `where` is the text of the layers that errors name.
class Descriptor {
 public:
  explicit Descriptor(cudnnBackendDescriptorType_t type, std::string where = "") : where_(std::move(where)) {
    check(cudnnBackendCreateDescriptor(type, &raw_), "cudnnBackendCreateDescriptor", where_);
  }
  Descriptor(Descriptor&& other) noexcept
      : raw_(std::exchange(other.raw_, nullptr)), where_(std::move(other.where_)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(raw_, other.raw_);
    std::swap(where_, other.where_);
    return *this;
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (raw_ != nullptr) cudnnBackendDestroyDescriptor(raw_);
  }

  cudnnBackendDescriptor_t raw() const { return raw_; }

  void set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, const void* values,
           int64_t count) {
    const cudnnStatus_t status = cudnnBackendSetAttribute(raw_, name, type, count, values);
    if (status != CUDNN_STATUS_SUCCESS) fail(status, "cudnnBackendSetAttribute", name);
  }
  template <class T>
  void set(cudnnBackendAttributeName_t name, const T* values, int64_t count) {
    set(name, attribute_type<T>, values, count);
  }
  template <class T>
  void set(cudnnBackendAttributeName_t name, T value) {
    set(name, &value, 1);
  }
  void set(cudnnBackendAttributeName_t name, const Descriptor& value) { set(name, value.raw()); }

  // `call` names what is finalised, for messages.
  void finalize(const char* call) { check(try_finalize(), call, where_); }
  // For descriptors that cuDNN may refuse with good reason. The reason is in last_error().
  cudnnStatus_t try_finalize() { return cudnnBackendFinalize(raw_); }

  template <class T>
  T get(cudnnBackendAttributeName_t name) const {
    T value{};
    get(name, attribute_type<T>, 1, &value);
    return value;
  }
  // All elements, but at most `limit`.
  template <class T>
  std::vector<T> list(cudnnBackendAttributeName_t name, int64_t limit) const {
    std::vector<T> values(static_cast<size_t>(limit));
    values.resize(static_cast<size_t>(get(name, attribute_type<T>, limit, values.data())));
    return values;
  }
  int64_t count(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type) const {
    int64_t count = 0;
    const cudnnStatus_t status = cudnnBackendGetAttribute(raw_, name, type, 0, &count, nullptr);
    if (status != CUDNN_STATUS_SUCCESS) fail(status, "cudnnBackendGetAttribute", name);
    return count;
  }
  std::string text(cudnnBackendAttributeName_t name) const {
    const std::vector<char> bytes = list<char>(name, count(name, CUDNN_TYPE_CHAR));
    std::string result(bytes.begin(), bytes.end());
    while (!result.empty() && result.back() == '\0') result.pop_back();
    return result;
  }
  // Descriptors that cuDNN fills in; `type` is theirs.
  std::vector<Descriptor> children(cudnnBackendAttributeName_t name, cudnnBackendDescriptorType_t type,
                                   int64_t limit) const {
    std::vector<Descriptor> result;
    std::vector<cudnnBackendDescriptor_t> raws;
    for (int64_t i = 0; i < limit; ++i) raws.push_back(result.emplace_back(type, where_).raw());
    const int64_t n = limit > 0 ? get(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, limit, raws.data()) : 0;
    while (static_cast<int64_t>(result.size()) > n) result.pop_back();
    return result;
  }

 private:
  // How many elements were written, at most `limit`.
  int64_t get(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, int64_t limit,
              void* values) const {
    int64_t count = 0;
    const cudnnStatus_t status = cudnnBackendGetAttribute(raw_, name, type, limit, &count, values);
    if (status != CUDNN_STATUS_SUCCESS) fail(status, "cudnnBackendGetAttribute", name);
    return count < limit ? count : limit;
  }
  [[noreturn]] void fail(cudnnStatus_t status, const char* call, cudnnBackendAttributeName_t name) const {
    throw Error(std::string(call) + "(" + std::to_string(name) + ")", status, last_error(), where_);
  }

  cudnnBackendDescriptor_t raw_ = nullptr;
  std::string where_;
};

// The properties of a GPU: of the one behind a handle, or from JSON that such a descriptor wrote, so that
// plans can be made for a GPU that is not there.
class Device {
 public:
  explicit Device(cudnnHandle_t handle) {
    descriptor_->set(CUDNN_ATTR_DEVICEPROP_HANDLE, handle);
    descriptor_->finalize("device properties");
  }
  explicit Device(const std::string& json) {
    descriptor_->set(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION, json.data(),
                     static_cast<int64_t>(json.size()));
    descriptor_->finalize("device properties");
  }
  const Descriptor& descriptor() const { return *descriptor_; }
  std::shared_ptr<const void> owner() const { return descriptor_; }
  std::string json() const { return descriptor_->text(CUDNN_ATTR_DEVICEPROP_JSON_REPRESENTATION); }

 private:
  std::shared_ptr<Descriptor> descriptor_ = std::make_shared<Descriptor>(CUDNN_BACKEND_DEVICEPROP_DESCRIPTOR);
};

}  // namespace arhat::cudnn

// Fields of plugins: a description calls `need` or `may` once for each of them, and readers and writers of all kinds
// take the place of its argument.
#pragma once

#include <NvInferRuntime.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <deque>
#include <limits>
#include <stdexcept>
#include <string>
#include <vector>

namespace arhat::trt {

// What is wrong with fields or tensors; the base class reports it.
struct PluginError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

inline void require(bool holds, const std::string& text) {
  if (!holds) throw PluginError(text);
}

// What values may be. Lists: how many values, and what each may be.
struct Flag {};
struct Whole {
  int64_t least = std::numeric_limits<int32_t>::min(), most = std::numeric_limits<int32_t>::max();
};
struct Real {
  double least = -std::numeric_limits<double>::infinity(), most = std::numeric_limits<double>::infinity();
};
struct Wholes {
  int32_t fewest = 0, most = 4096;
  Whole each{};
};
struct Reals {
  int32_t fewest = 0, most = 4096;
  Real each{};
};
struct Words {
  const char* all[8];
};

// One of the words of a field.
struct Word {
  int index = 0;
};

inline std::string number_text(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.9g", value);
  return text;
}

inline std::string list_text(const Words& words) {
  std::string text;
  for (const char* word : words.all)
    if (word != nullptr) text += (text.empty() ? "'" : ", '") + std::string(word) + "'";
  return text;
}

inline void check_range(const char* name, double value, double least, double most) {
  if (std::isnan(value)) throw PluginError(std::string("field '") + name + "' is not a number");
  if (value >= least && value <= most) return;
  const std::string text = std::string("field '") + name + "' is " + number_text(value) + ", but must be ";
  throw PluginError(text + (value < least ? "at least " + number_text(least) : "at most " + number_text(most)));
}

// Sets members from the fields that TensorRT, or who builds a network, hands over.
class FieldReader {
 public:
  explicit FieldReader(const nvinfer1::PluginFieldCollection* given) {
    require(given != nullptr && given->nbFields >= 0 && (given->nbFields == 0 || given->fields != nullptr),
            "there are no fields");
    for (int32_t i = 0; i < given->nbFields; ++i) {
      const nvinfer1::PluginField& field = given->fields[i];
      require(field.name != nullptr, "a field has no name");
      require(field.length >= 0 && (field.length == 0 || field.data != nullptr),
              std::string("field '") + field.name + "' has no data");
      for (const Given& other : given_)
        require(std::strcmp(other.field->name, field.name) != 0,
                std::string("field '") + field.name + "' is given twice");
      given_.push_back({&field, false});
    }
  }

  template <class V, class R = Flag>
  void need(const char* name, V& value, const R& rule = {}) {
    known_ += (known_.empty() ? "" : ", ") + std::string(name);
    const nvinfer1::PluginField* field = take(name);
    require(field != nullptr, std::string("field '") + name + "' is missing");
    read(*field, value, rule);
  }

  template <class V, class R = Flag>
  void may(const char* name, V& value, const R& rule = {}) {
    known_ += (known_.empty() ? "" : ", ") + std::string(name);
    if (const nvinfer1::PluginField* field = take(name)) read(*field, value, rule);
  }

  // After all fields were read: there must not be others.
  void finish() const {
    for (const Given& one : given_)
      require(one.taken, std::string("there is no field '") + one.field->name + "'; there are: " + known_);
  }

 private:
  struct Given {
    const nvinfer1::PluginField* field;
    bool taken;
  };
  std::vector<Given> given_;
  std::string known_;

  const nvinfer1::PluginField* take(const char* name) {
    for (Given& one : given_)
      if (std::strcmp(one.field->name, name) == 0) {
        one.taken = true;
        return one.field;
      }
    return nullptr;
  }

  template <class T>
  static std::vector<double> copy(const nvinfer1::PluginField& field) {
    std::vector<double> values;
    for (int32_t i = 0; i < field.length; ++i) {
      T value;
      std::memcpy(&value, static_cast<const char*>(field.data) + sizeof(T) * static_cast<size_t>(i), sizeof(T));
      values.push_back(static_cast<double>(value));
    }
    return values;
  }

  static std::vector<double> wholes(const nvinfer1::PluginField& field, const Wholes& rule) {
    using Type = nvinfer1::PluginFieldType;
    const std::string name = std::string("field '") + field.name + "'";
    require(field.length == 0 || field.type == Type::kINT32 || field.type == Type::kINT64,
            name + " must be of type INT32");
    return counted(field, field.type == Type::kINT64 ? copy<int64_t>(field) : copy<int32_t>(field), rule.fewest,
                   rule.most, static_cast<double>(rule.each.least), static_cast<double>(rule.each.most));
  }

  static std::vector<double> reals(const nvinfer1::PluginField& field, const Reals& rule) {
    using Type = nvinfer1::PluginFieldType;
    const std::string name = std::string("field '") + field.name + "'";
    require(field.length == 0 || field.type == Type::kFLOAT32 || field.type == Type::kFLOAT64,
            name + " must be of type FLOAT32");
    return counted(field, field.type == Type::kFLOAT64 ? copy<double>(field) : copy<float>(field), rule.fewest,
                   rule.most, rule.each.least, rule.each.most);
  }

  static std::vector<double> counted(const nvinfer1::PluginField& field, std::vector<double> values, int32_t fewest,
                                     int32_t most, double low, double high) {
    const int32_t n = field.length;
    if (n < fewest || n > most) {
      const std::string text = std::string("field '") + field.name + "' has " + std::to_string(n) + " values, but ";
      throw PluginError(text + (fewest == most ? "needs " + std::to_string(fewest)
                                : n < fewest   ? "needs at least " + std::to_string(fewest)
                                               : "may have at most " + std::to_string(most)));
    }
    for (double value : values) check_range(field.name, value, low, high);
    return values;
  }

  static void read(const nvinfer1::PluginField& field, int32_t& value, const Whole& rule) {
    value = static_cast<int32_t>(wholes(field, {1, 1, rule})[0]);
  }
  static void read(const nvinfer1::PluginField& field, bool& value, const Flag&) {
    value = wholes(field, {1, 1, {0, 1}})[0] != 0;
  }
  static void read(const nvinfer1::PluginField& field, float& value, const Real& rule) {
    value = static_cast<float>(reals(field, {1, 1, rule})[0]);
  }
  static void read(const nvinfer1::PluginField& field, std::vector<int32_t>& value, const Wholes& rule) {
    const std::vector<double> values = wholes(field, rule);
    value.assign(values.begin(), values.end());
  }
  static void read(const nvinfer1::PluginField& field, std::vector<float>& value, const Reals& rule) {
    value.clear();
    for (double one : reals(field, rule)) value.push_back(static_cast<float>(one));
  }
  static void read(const nvinfer1::PluginField& field, Word& value, const Words& rule) {
    const std::string name = std::string("field '") + field.name + "'";
    require(field.length == 0 || field.type == nvinfer1::PluginFieldType::kCHAR, name + " must be of type CHAR");
    std::string text;
    if (field.length > 0) text.assign(static_cast<const char*>(field.data), static_cast<size_t>(field.length));
    text.resize(std::strlen(text.c_str()));  // the length may count a zero at the end
    for (int i = 0; i < 8; ++i)
      if (rule.all[i] != nullptr && text == rule.all[i]) {
        value.index = i;
        return;
      }
    throw PluginError(name + " is '" + text.substr(0, 64) + "', but must be one of " + list_text(rule));
  }
};

// Names and types of all fields.
class FieldList {
 public:
  std::vector<nvinfer1::PluginField> fields;

  template <class V, class R = Flag>
  void need(const char* name, const V& value, const R& = {}) {
    fields.emplace_back(name, nullptr, type_of(value), 1);
  }
  template <class V, class R = Flag>
  void may(const char* name, const V& value, const R& = {}) {
    need(name, value);
  }

 private:
  using Type = nvinfer1::PluginFieldType;
  static Type type_of(int32_t) { return Type::kINT32; }
  static Type type_of(bool) { return Type::kINT32; }
  static Type type_of(float) { return Type::kFLOAT32; }
  static Type type_of(const std::vector<int32_t>&) { return Type::kINT32; }
  static Type type_of(const std::vector<float>&) { return Type::kFLOAT32; }
  static Type type_of(const Word&) { return Type::kCHAR; }
};

// Fields that point to the members. What is empty is left out, which reads as empty.
class FieldWriter {
 public:
  std::vector<nvinfer1::PluginField> fields;

  template <class V, class R = Flag>
  void need(const char* name, const V& value, const R& rule = {}) {
    write(name, value, rule);
  }
  template <class V, class R = Flag>
  void may(const char* name, const V& value, const R& rule = {}) {
    write(name, value, rule);
  }

 private:
  using Type = nvinfer1::PluginFieldType;
  std::deque<int32_t> flags_;

  void add(const char* name, const void* data, Type type, size_t length) {
    if (length != 0) fields.emplace_back(name, data, type, static_cast<int32_t>(length));
  }
  void write(const char* name, const int32_t& value, const Whole&) { add(name, &value, Type::kINT32, 1); }
  void write(const char* name, const bool& value, const Flag&) {
    flags_.push_back(value ? 1 : 0);
    add(name, &flags_.back(), Type::kINT32, 1);
  }
  void write(const char* name, const float& value, const Real&) { add(name, &value, Type::kFLOAT32, 1); }
  void write(const char* name, const std::vector<int32_t>& value, const Wholes&) {
    add(name, value.data(), Type::kINT32, value.size());
  }
  void write(const char* name, const std::vector<float>& value, const Reals&) {
    add(name, value.data(), Type::kFLOAT32, value.size());
  }
  void write(const char* name, const Word& value, const Words& rule) {
    const char* text = rule.all[value.index];
    add(name, text, Type::kCHAR, std::strlen(text));
  }
};

// "name=value" of all fields: for TensorRT's inspector, and to tell timings of one plugin from another's.
class FieldText {
 public:
  std::string text;

  template <class V, class R = Flag>
  void need(const char* name, const V& value, const R& rule = {}) {
    text += (text.empty() ? "" : " ") + std::string(name) + "=" + shown(value, rule);
  }
  template <class V, class R = Flag>
  void may(const char* name, const V& value, const R& rule = {}) {
    need(name, value, rule);
  }

 private:
  static std::string shown(int32_t value, const Whole&) { return std::to_string(value); }
  static std::string shown(bool value, const Flag&) { return value ? "1" : "0"; }
  static std::string shown(float value, const Real&) { return number_text(value); }
  template <class T, class R>
  static std::string shown(const std::vector<T>& values, const R&) {
    std::string text;
    for (T value : values) text += (text.empty() ? "" : ",") + number_text(static_cast<double>(value));
    return "[" + text + "]";
  }
  static std::string shown(const Word& value, const Words& rule) { return rule.all[value.index]; }
};

}  // namespace arhat::trt

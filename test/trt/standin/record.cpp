// A network as JSON, with its weights in a file beside it.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>

#include "engine.hpp"

namespace standin {
namespace {

using Names = std::vector<const char*>;

// Names of enumerators, by the layer's kind and the attribute.
const Names* names_of(const std::string& kind, const std::string& key) {
  static const Names padding{"explicit_round_down", "explicit_round_up", "same_upper", "same_lower"};
  static const Names matrix{"none", "transpose", "vector"};
  static const std::map<std::string, Names> table{
      {"Activation.activation_type",
       {"relu", "sigmoid", "tanh", "leaky_relu", "elu", "selu", "softsign", "softplus", "clip", "hard_sigmoid",
        "scaled_tanh", "thresholded_relu", "gelu_erf", "gelu_tanh"}},
      {"Convolution.padding_mode", padding},
      {"Deconvolution.padding_mode", padding},
      {"Pooling.padding_mode", padding},
      {"Pooling.pooling_type", {"max", "average", "max_average_blend"}},
      {"ElementWise.operation",
       {"sum", "prod", "max", "min", "sub", "div", "pow", "floor_div", "and", "or", "xor", "equal", "greater",
        "less"}},
      {"Gather.mode", {"default", "element", "nd"}},
      {"Unary.operation",
       {"exp",  "log",   "sqrt",  "recip", "abs",  "neg",   "sin", "cos", "tan",  "sinh",  "cosh",  "asin", "acos",
        "atan", "asinh", "acosh", "atanh", "ceil", "floor", "erf", "not", "sign", "round", "isinf", "isnan"}},
      {"Reduce.operation", {"sum", "prod", "max", "min", "avg"}},
      {"Slice.mode", {"strict_bounds", "wrap", "clamp", "fill", "reflect"}},
      {"TopK.operation", {"max", "min"}},
      {"MatrixMultiply.operation_0", matrix},
      {"MatrixMultiply.operation_1", matrix},
      {"Resize.resize_mode", {"nearest", "linear", "cubic"}},
      {"Resize.coordinate_transformation", {"align_corners", "asymmetric", "half_pixel"}},
      {"Resize.selector_for_single_pixel", {"formula", "upper"}},
      {"Resize.nearest_rounding", {"half_up", "half_down", "floor", "ceil"}},
      {"Scatter.mode", {"element", "nd"}},
      {"Cumulative.operation", {"sum"}},
  };
  const auto found = table.find(kind + "." + key);
  return found == table.end() ? nullptr : &found->second;
}

bool is_truth(const std::string& key) {
  return key == "average_count_excludes_padding" || key == "keep_dimensions" || key == "zero_is_placeholder" ||
         key == "exclude_outside" || key == "exclusive" || key == "reverse";
}

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  char text[40];
  std::snprintf(text, sizeof text, "%.17g", value);
  return text;
}

std::string written(const Operation& op, const std::string& key, const Attribute& attribute) {
  const Names* const names = names_of(op.kind, key);
  switch (attribute.kind) {
    case Attribute::integer: {
      const int64_t value = attribute.integers_[0];
      if (names) return quoted(names->at(static_cast<size_t>(value)));
      if (key == "to_type" || key == "indices_type") return quoted(name_of(static_cast<DataType>(value)));
      if (is_truth(key)) return value ? "true" : "false";
      return std::to_string(value);
    }
    case Attribute::number: return number(attribute.numbers_[0]);
    case Attribute::integers: return text(attribute.integers_);
    case Attribute::numbers: {
      std::string list;
      for (const double value : attribute.numbers_) list += (list.empty() ? "" : ",") + number(value);
      return "[" + list + "]";
    }
  }
  return "null";
}

std::string written(const PluginField& field) {
  using Type = nvinfer1::PluginFieldType;
  if (field.type == Type::kCHAR) return quoted(field.data);
  std::string list;
  for (int32_t i = 0; i < field.length; ++i) {
    std::string item;
    const char* const at = field.data.data() + bytes_of(field.type) * static_cast<size_t>(i);
    const auto as = [&](auto value) {
      std::copy_n(at, sizeof value, reinterpret_cast<char*>(&value));
      return value;
    };
    if (field.type == Type::kFLOAT32)
      item = number(static_cast<double>(as(0.0f)));
    else if (field.type == Type::kFLOAT64)
      item = number(as(0.0));
    else if (field.type == Type::kINT64)
      item = std::to_string(as(int64_t{0}));
    else if (field.type == Type::kINT32)
      item = std::to_string(as(int32_t{0}));
    else
      item = std::to_string(static_cast<int>(as('\0')));
    list += (list.empty() ? "" : ",") + item;
  }
  return "[" + list + "]";
}

std::string written(const Plan& plan, int32_t id) {
  const Value& v = plan.values[static_cast<size_t>(id)];
  return "{\"id\":" + std::to_string(id) + ",\"name\":" + quoted(v.name) +
         ",\"type\":" + quoted(name_of(v.desc.type)) + ",\"dims\":" + text(v.desc.dims) +
         (v.debug ? ",\"debug\":true" : "") + "}";
}

template <class List_, class F>
std::string joined(const List_& list, F f) {
  std::string result;
  for (const auto& item : list) result += (result.empty() ? "" : ",") + f(item);
  return "[" + result + "]";
}

}  // namespace

void record(const Plan& plan, const std::string& path) {
  std::ofstream json(path), data(path + ".weights", std::ios::binary);
  const auto value = [&](int32_t id) { return written(plan, id); };
  size_t offset = 0;
  json << "{\"name\":" << quoted(plan.name) << ",\n\"inputs\":" << joined(plan.inputs, value) << ",\n\"layers\":[";
  const char* between = "\n";
  for (const Operation& op : plan.operations) {
    json << between << "{\"kind\":" << quoted(op.kind) << ",\"name\":" << quoted(op.name) << ",\"inputs\":"
         << joined(op.inputs, [](int32_t id) { return id < 0 ? std::string("null") : std::to_string(id); })
         << ",\"outputs\":" << joined(op.outputs, value) << ",\"attributes\":{";
    const char* comma = "";
    for (const auto& [key, attribute] : op.attributes) {
      Attribute shown = attribute;
      if (key == "first_transpose" || key == "second_transpose") {
        const bool first = key[0] == 'f';
        const int32_t id = first ? op.inputs[0] : op.outputs[0];
        shown.integers_.resize(plan.values[static_cast<size_t>(id)].desc.dims.size());
      }
      json << comma << quoted(key) << ":" << written(op, key, shown);
      comma = ",";
    }
    json << "},\"weights\":{";
    comma = "";
    for (const auto& [key, weights] : op.weights) {
      if (weights.count == 0) continue;
      json << comma << quoted(key) << ":{\"offset\":" << offset << ",\"count\":" << weights.count
           << ",\"type\":" << quoted(name_of(weights.type)) << "}";
      const size_t size = static_cast<size_t>(weights.count) * bytes_of(weights.type);
      data.write(static_cast<const char*>(weights.values), static_cast<std::streamsize>(size));
      offset += size;
      comma = ",";
    }
    json << "}";
    if (op.kind == "PluginV3") {
      json << ",\"plugin\":{\"name\":" << quoted(op.recipe.name) << ",\"version\":" << quoted(op.recipe.version)
           << ",\"namespace\":" << quoted(op.recipe.space) << ",\"workspace\":" << op.workspace << ",\"fields\":{";
      comma = "";
      for (const PluginField& field : op.recipe.fields) {
        json << comma << quoted(field.name) << ":" << written(field);
        comma = ",";
      }
      json << "}}";
    }
    json << "}";
    between = ",\n";
  }
  json << "],\n\"outputs\":" << joined(plan.outputs, [](int32_t id) { return std::to_string(id); })
       << ",\n\"profile\":";
  if (plan.profiles.empty() || plan.profiles[0].by[0].empty()) {
    json << "null}\n";
  } else {
    json << "{";
    const char* comma = "";
    const Profile& p = plan.profiles[0];
    for (const auto& [name, least] : p.by[0]) {
      json << comma << quoted(name) << ":{\"min\":" << text(least) << ",\"opt\":" << text(p.by[1].at(name))
           << ",\"max\":" << text(p.by[2].at(name)) << "}";
      comma = ",";
    }
    json << "}}\n";
  }
  require(json.flush().good() && data.flush().good(), "the network cannot be recorded in " + path);
}

}  // namespace standin

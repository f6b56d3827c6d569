// Whether a plan that was kept as JSON is that of a graph. cuDNN does not ask: it would run the plan of another
// graph, with this one's pointers.
#pragma once

#include <string>

#include "arhat/cudnn/desc.hpp"
#include "arhat/cudnn/json_value.hpp"

namespace arhat::cudnn {

inline const char* data_type_name(Type type) {
  switch (type) {
    case Type::f32:
      return "CUDNN_DATA_FLOAT";
    case Type::f16:
      return "CUDNN_DATA_HALF";
    case Type::bf16:
      return "CUDNN_DATA_BFLOAT16";
    case Type::f64:
      return "CUDNN_DATA_DOUBLE";
    case Type::i8:
      return "CUDNN_DATA_INT8";
    case Type::u8:
      return "CUDNN_DATA_UINT8";
    case Type::i32:
      return "CUDNN_DATA_INT32";
    case Type::i64:
      return "CUDNN_DATA_INT64";
    case Type::boolean:
      return "CUDNN_DATA_BOOLEAN";
    default:
      return "";
  }
}

inline bool same_numbers(const JsonValue& list, const Dims& dims) {
  if (list.items.size() != static_cast<size_t>(dims.rank)) return false;
  for (int i = 0; i < dims.rank; ++i)
    if (list.items[static_cast<size_t>(i)].number != static_cast<double>(dims.d[i])) return false;
  return true;
}

// Compares all tensors and the number of nodes. False also if the text is no plan.
inline bool is_plan_of(const std::string& json, const GraphDesc& desc) {
  using Kind = JsonValue::Kind;
  try {
    const JsonValue root = JsonReader::read(json);
    const JsonValue& graph = root.at("operationGraph", Kind::object);
    const JsonValue& tensors = graph.at("tensors", Kind::array);
    if (tensors.items.size() != desc.n_tensors) return false;
    if (graph.at("nodes", Kind::array).items.size() != desc.n_nodes) return false;
    for (size_t i = 0; i < desc.n_tensors; ++i) {
      const TensorDesc& wanted = desc.tensors[i];
      const std::string uid = std::to_string(wanted.uid);
      bool found = false;
      for (const JsonValue& tensor : tensors.items)
        found = found || (tensor.at("name", Kind::text).text == uid &&
                          tensor.at("dataType", Kind::text).text == data_type_name(wanted.type) &&
                          same_numbers(tensor.at("dim", Kind::array), wanted.dims) &&
                          same_numbers(tensor.at("stride", Kind::array), wanted.strides) &&
                          (tensor.at("isVirtual", Kind::boolean).number != 0) == wanted.is_virtual);
      if (!found) return false;
    }
    return true;
  } catch (const JsonError&) {
    return false;
  }
}

}  // namespace arhat::cudnn

// Small parts of core.hpp.
#include "core.hpp"

#include <cstdio>

namespace standin {

size_t bytes_of(DataType type) {
  switch (type) {
    case DataType::kFLOAT:
    case DataType::kINT32: return 4;
    case DataType::kHALF:
    case DataType::kBF16: return 2;
    case DataType::kINT64: return 8;
    case DataType::kINT8:
    case DataType::kBOOL:
    case DataType::kUINT8: return 1;
    default: refuse("the stand-in has no elements of this type");
  }
}

const char* name_of(DataType type) {
  static const char* const names[] = {"f32", "f16",  "i8",  "i32", "bool", "u8",
                                      "f8",  "bf16", "i64", "i4",  "f4",   "e8m0"};
  const auto number = static_cast<size_t>(type);
  return number < 12 ? names[number] : "?";
}

bool is_float(DataType type) {
  return type == DataType::kFLOAT || type == DataType::kHALF || type == DataType::kBF16;
}

bool is_integer(DataType type) { return type == DataType::kINT32 || type == DataType::kINT64; }

int64_t volume(const List& dims) {
  int64_t product = 1;
  for (const int64_t d : dims) product *= d;
  return product;
}

List list(const Dims& dims) {
  if (dims.nbDims < 0 || dims.nbDims > Dims::MAX_DIMS) refuse("a tensor has 0 to 8 dimensions");
  return {dims.d, dims.d + dims.nbDims};
}

Dims dims(const List& list) {
  Dims result{static_cast<int32_t>(list.size()), {}};
  for (size_t i = 0; i < list.size() && i < Dims::MAX_DIMS; ++i) result.d[i] = list[i];
  return result;
}

std::string text(const List& list) {
  std::string result = "[";
  for (size_t i = 0; i < list.size(); ++i) result += (i ? "," : "") + std::to_string(list[i]);
  return result + "]";
}

std::string quoted(const std::string& text) {
  std::string result = "\"";
  for (const char c : text) {
    char escape[8];
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (static_cast<unsigned char>(c) < 32) {
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      result += escape;
    } else {
      result += c;
    }
  }
  return result + '"';
}

size_t bytes_of(nvinfer1::PluginFieldType type) {
  using Type = nvinfer1::PluginFieldType;
  switch (type) {
    case Type::kFLOAT64:
    case Type::kINT64: return 8;
    case Type::kFLOAT32:
    case Type::kINT32: return 4;
    case Type::kFLOAT16:
    case Type::kBF16:
    case Type::kINT16: return 2;
    case Type::kDIMS: return sizeof(Dims);
    default: return 1;
  }
}

List broadcast_strides(const List& from, const List& to) {
  List strides(to.size(), 0);
  int64_t step = 1;
  for (size_t i = from.size(); i-- > 0;) {
    const size_t axis = i + to.size() - from.size();
    strides[axis] = from[i] == 1 ? 0 : step;
    step *= from[i];
  }
  return strides;
}

}  // namespace standin

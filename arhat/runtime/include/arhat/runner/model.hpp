// The model behind the runner, its tensors and their names.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "arhat/bytes.hpp"
#include "arhat/runner/build_meter.hpp"
#include "arhat/runner/options.hpp"
#include "arhat/runner/printable.hpp"
#include "model.h"

namespace arhat::runner {

inline void check(arhat_status status) {
  if (status != ARHAT_OK) throw InputError(arhat_last_error());
}

struct ModelDeleter {
  void operator()(arhat_model* model) const { arhat_model_destroy(model); }
};
using Model = std::unique_ptr<arhat_model, ModelDeleter>;

// weights.safetensors in the folder of this program.
inline std::string default_weights(const char* program) {
  char path[4096];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
  const std::string self = length > 0 ? std::string(path, static_cast<size_t>(length)) : program;
  const size_t slash = self.rfind('/');
  return (slash == std::string::npos ? "" : self.substr(0, slash + 1)) + "weights.safetensors";
}

inline Model create_model(const Options& options, const char* program) {
  const std::string weights = options.weights.empty() ? default_weights(program) : options.weights;
  const auto given = [](const std::string& text) { return text.empty() ? nullptr : text.c_str(); };
  arhat_options settings{};
  settings.threads = options.threads;
  settings.isa = given(options.isa);
  settings.device = options.device;
  settings.tactics = given(options.tactics);
  settings.tune = options.tune;
  settings.plans = given(options.plans);
  settings.no_cuda_graph = options.no_graph;
  settings.workspace_limit = options.workspace << 20;
  settings.engine = options.engine_given ? options.engine.c_str() : nullptr;
  settings.plan = given(options.plan);
  settings.rebuild = options.rebuild;
  settings.optimization_level = options.optimization_level;
  settings.timing_cache = given(options.timing_cache);
  settings.builder_flags = given(options.builder_flags);
  settings.plugin_library = given(options.plugin_library);
  BuildMeter meter;
  if (options.progress || isatty(STDERR_FILENO) != 0) {
    settings.progress = BuildMeter::tell;
    settings.progress_user = &meter;
  }
  arhat_model* model = nullptr;
  const arhat_status status = arhat_model_create(weights.c_str(), &settings, &model);
  meter.end();
  check(status);
  return Model(model);
}

inline arhat_model_info info_of(const Model& model) {
  arhat_model_info info;
  check(arhat_model_get_info(model.get(), &info));
  return info;
}

using Describe = arhat_status (*)(const arhat_model*, size_t, arhat_tensor_info*);

inline std::vector<arhat_tensor_info> describe_all(const Model& model, Describe describe, size_t count) {
  std::vector<arhat_tensor_info> infos(count);
  for (size_t i = 0; i < count; ++i) check(describe(model.get(), i, &infos[i]));
  return infos;
}

struct TypeNames {
  const char* name;
  const char* npy;  // null: NumPy has no such type
};

inline TypeNames names_of(arhat_type type) {
  static const TypeNames names[] = {{"f32", "<f4"}, {"f16", "<f2"}, {"bf16", nullptr}, {"f64", "<f8"}, {"i8", "|i1"},
                                    {"u8", "|u1"},  {"i16", "<i2"}, {"u16", "<u2"},    {"i32", "<i4"}, {"u32", "<u4"},
                                    {"i64", "<i8"}, {"u64", "<u8"}, {"bool", "|b1"}};
  return names[type];
}

inline std::vector<int64_t> shape_of(const arhat_tensor_info& info) {
  return std::vector<int64_t>(info.dims, info.dims + info.rank);
}

inline std::string shape_text(const std::vector<int64_t>& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) text += (i == 0 ? "" : ",") + std::to_string(shape[i]);
  return text + "]";
}

inline std::string type_text(const arhat_tensor_info& info) { return names_of(info.type).name + shape_text(shape_of(info)); }

inline std::vector<std::string> split_lines(const char* lines) {
  std::vector<std::string> names;
  for (const char* start = lines; *start != '\0';) {
    const char* end = std::strchr(start, '\n');
    if (end == nullptr) end = start + std::strlen(start);
    names.emplace_back(start, end);
    start = *end == '\0' ? end : end + 1;
  }
  return names;
}

// An array of the model in a file; bfloat16, which NumPy lacks, is widened to float.
struct Saved {
  std::string dtype;
  Bytes widened;
  const void* data;
  size_t bytes;

  Saved(const arhat_tensor_info& info, const void* values) : data(values), bytes(info.bytes) {
    if (const char* npy = names_of(info.type).npy; npy != nullptr) {
      dtype = npy;
      return;
    }
    dtype = "<f4";
    const uint8_t* source = static_cast<const uint8_t*>(values);
    for (size_t i = 0; i < info.bytes; i += 2) {
      const uint8_t wide[] = {0, 0, source[i], source[i + 1]};
      widened.insert(widened.end(), wide, wide + 4);
    }
    data = widened.data();
    bytes = widened.size();
  }
};

inline std::vector<std::string> name_values(const std::vector<arhat_tensor_info>& values) {
  std::vector<std::string> names;
  std::map<std::string, int> seen;
  for (const arhat_tensor_info& value : values) {
    const std::vector<std::string> layers = split_lines(value.name);
    const std::string layer = layers.empty() ? "" : layers.back();
    const int earlier = seen[layer]++;
    names.push_back(earlier == 0 ? layer : layer + "#" + std::to_string(earlier));
  }
  return names;
}

}  // namespace arhat::runner

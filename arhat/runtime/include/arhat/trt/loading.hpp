// Gets the engine of a model: from the file that keeps it, or built.
#pragma once

#include <NvInfer.h>

#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "../cuda/device.hpp"
#include "../failure.hpp"
#include "builder.hpp"
#include "engine.hpp"
#include "engine_file.hpp"
#include "ports.hpp"
#include "program.hpp"
#include "settings.hpp"

namespace arhat {

// `<name>.engine` beside the weights.
inline std::string default_engine_path(const std::string& weights_path, const Program& program) {
  const size_t slash = weights_path.rfind('/');
  std::string name;
  for (const char* c = program.name; *c != '\0' && name.size() < 200; ++c)
    name += std::isalnum(static_cast<unsigned char>(*c)) != 0 || *c == '-' || *c == '_' || (*c == '.' && !name.empty())
                ? *c
                : '_';
  return (slash == std::string::npos ? "" : weights_path.substr(0, slash + 1)) + (name.empty() ? "model" : name) +
         ".engine";
}

// All that an engine depends on.
inline EngineKey engine_key(const Program& program, const std::byte* weights, const BuildSettings& settings,
                            const DeviceName& device) {
  EngineKey key;
  key.add("model", program.name);
  key.add("network", program.key);
  key.add("weights", hexadecimal(hash_of(weights, program.data_bytes)));
  key.add("TensorRT", std::to_string(getInferLibVersion()) + " build " + std::to_string(getInferLibBuildVersion()));
  if (settings.compatibility == nullptr)
    key.add("GPU", device.architecture + " " + device.name);
  else if (settings.compatibility->level == nvinfer1::HardwareCompatibilityLevel::kSAME_COMPUTE_CAPABILITY)
    key.add("GPU", device.architecture);
  else
    key.add("GPU", "any from Ampere on");
  key.add("options", settings.text());
  return key;
}

// What surrounds an engine of a program.
struct EngineSource {
  const Program& program;
  const Ports& ports;
  const std::byte* weights;  // the data section of the model's file
  const std::string weights_path;
  const BuildSettings& settings;
  const char* plugin_library;
  nvinfer1::IRuntime& runtime;
  const DeviceName& device;
};

// Writes an engine as TensorRT's own programs want it; nothing without a path.
inline void write_plan(const char* path, const void* data, size_t bytes) {
  if (path == nullptr) return;
  std::ofstream file(path, std::ios::binary);
  file.write(static_cast<const char*>(data), static_cast<std::streamsize>(bytes));
  file.close();
  if (!file) fail(ARHAT_IO_ERROR, "plan '" + layers_text(path) + "' cannot be written: " + std::strerror(errno));
}

// The engine of the file, if it is of use.
inline std::unique_ptr<Engine> read_engine(const EngineFile& file, const char* plan, nvinfer1::IRuntime& runtime,
                                           std::string& reason) {
  const std::optional<EngineFile::Stored> stored = file.read(reason);
  if (!stored) return nullptr;
  try {
    auto engine = std::make_unique<Engine>(runtime, stored->data, stored->bytes);
    write_plan(plan, stored->data, stored->bytes);
    return engine;
  } catch (const Failure& failure) {
    if (failure.status == ARHAT_OUT_OF_MEMORY || failure.status == ARHAT_IO_ERROR) throw;
    reason = failure.text;
    return nullptr;
  }
}

inline std::unique_ptr<Engine> load_engine(const EngineSource& source, const arhat_options& options,
                                           std::vector<std::string>& notes) {
  const bool chosen = options.engine != nullptr;
  const std::string path = chosen ? options.engine : default_engine_path(source.weights_path, source.program);
  const std::string file_text = "engine file '" + layers_text(path.c_str()) + "'";
  EngineKey key;
  if (!path.empty()) key = engine_key(source.program, source.weights, source.settings, source.device);
  EngineFile file(path, key);
  std::string reason;
  if (options.rebuild == 0)
    if (std::unique_ptr<Engine> engine = read_engine(file, options.plan, source.runtime, reason)) return engine;
  if (!reason.empty()) notes.push_back(file_text + " is of no use, the engine was built anew: " + reason);
  if (!file.prepare(reason)) {
    // Who named the file wants to know before the build; the default place is a convenience.
    if (chosen) fail(ARHAT_IO_ERROR, file_text + " cannot be written: " + reason);
    notes.push_back("the engine is not kept, the next start builds it again: " + file_text + " cannot be written: " +
                    reason);
  }
  const HostMemory built = build_engine(source.program, source.ports, source.weights, source.settings,
                                        source.plugin_library, notes);
  auto engine = std::make_unique<Engine>(source.runtime, built->data(), built->size());
  if (!file.write(built->data(), built->size(), reason))
    notes.push_back("the engine is not kept, the next start builds it again: " + file_text + " cannot be written: " +
                    reason);
  write_plan(options.plan, built->data(), built->size());
  return engine;
}

}  // namespace arhat

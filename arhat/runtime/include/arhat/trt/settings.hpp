// How an engine is built: the caller's options, checked.
#pragma once

#include <NvInfer.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "../failure.hpp"
#include "model.h"

namespace arhat {

struct NamedFlag {
  const char* name;
  nvinfer1::BuilderFlag flag;
};

// Those that make sense for strongly typed networks that are run by this runtime.
constexpr NamedFlag builder_flags[] = {
    {"debug", nvinfer1::BuilderFlag::kDEBUG},
    {"disable-compilation-cache", nvinfer1::BuilderFlag::kDISABLE_COMPILATION_CACHE},
    {"disable-timing-cache", nvinfer1::BuilderFlag::kDISABLE_TIMING_CACHE},
    {"distributive-independence", nvinfer1::BuilderFlag::kDISTRIBUTIVE_INDEPENDENCE},
    {"editable-timing-cache", nvinfer1::BuilderFlag::kEDITABLE_TIMING_CACHE},
    {"error-on-timing-cache-miss", nvinfer1::BuilderFlag::kERROR_ON_TIMING_CACHE_MISS},
    {"exclude-lean-runtime", nvinfer1::BuilderFlag::kEXCLUDE_LEAN_RUNTIME},
    {"monitor-memory", nvinfer1::BuilderFlag::kMONITOR_MEMORY},
    {"sparse-weights", nvinfer1::BuilderFlag::kSPARSE_WEIGHTS},
    {"strict-nans", nvinfer1::BuilderFlag::kSTRICT_NANS},
    {"version-compatible", nvinfer1::BuilderFlag::kVERSION_COMPATIBLE},
};

struct NamedCompatibility {
  const char* name;
  nvinfer1::HardwareCompatibilityLevel level;
};

constexpr NamedCompatibility compatibilities[] = {
    {"ampere-plus", nvinfer1::HardwareCompatibilityLevel::kAMPERE_PLUS},
    {"same-compute-capability", nvinfer1::HardwareCompatibilityLevel::kSAME_COMPUTE_CAPABILITY},
};

struct BuildSettings {
  uint64_t workspace_limit = 0;  // bytes; 0: TensorRT's default
  int optimization_level = -1;   // -1: TensorRT's default
  std::string timing_cache;      // path; "": none
  std::vector<NamedFlag> flags;
  const NamedCompatibility* compatibility = nullptr;
  arhat_progress_callback progress = nullptr;
  void* progress_user = nullptr;

  explicit BuildSettings(const arhat_options& options)
      : workspace_limit(options.workspace_limit),
        timing_cache(options.timing_cache == nullptr ? "" : options.timing_cache),
        progress(options.progress),
        progress_user(options.progress_user) {
    if (options.optimization_level < -1 || options.optimization_level > 5)
      fail(ARHAT_INVALID_ARGUMENT, "options.optimization_level is " + std::to_string(options.optimization_level) +
                                       ": 1 to 5, -1 for TensorRT's level 0, or 0 for its default");
    if (options.optimization_level != 0) optimization_level = options.optimization_level < 0 ? 0 : options.optimization_level;
    const std::string names = options.builder_flags == nullptr ? "" : options.builder_flags;
    for (size_t start = 0; start < names.size();) {
      const size_t end = std::min(names.find(',', start), names.size());
      add_flag(names.substr(start, end - start));
      start = end + 1;
    }
  }

  bool has(nvinfer1::BuilderFlag flag) const {
    for (const NamedFlag& one : flags)
      if (one.flag == flag) return true;
    return false;
  }

  // For the key of an engine. The timing cache changes no results and is left out.
  std::string text() const {
    std::string text = "workspace " + (workspace_limit == 0 ? "unlimited" : std::to_string(workspace_limit)) +
                       ", optimization level " +
                       (optimization_level < 0 ? "default" : std::to_string(optimization_level)) + ", flags";
    for (const NamedFlag& one : builder_flags)
      if (has(one.flag)) text += std::string(" ") + one.name;
    if (compatibility != nullptr) text += std::string(" ") + compatibility->name;
    return text;
  }

 private:
  void add_flag(const std::string& name) {
    std::string known;
    for (const NamedFlag& one : builder_flags) {
      if (name == one.name) {
        flags.push_back(one);
        return;
      }
      known += std::string(known.empty() ? "" : ", ") + one.name;
    }
    for (const NamedCompatibility& one : compatibilities) {
      if (name == one.name) {
        compatibility = &one;
        return;
      }
      known += std::string(", ") + one.name;
    }
    fail(ARHAT_INVALID_ARGUMENT, "options.builder_flags: there is no '" + layers_text(name.c_str()) + "', but " + known);
  }
};

}  // namespace arhat

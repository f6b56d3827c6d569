// The plugins that are linked into a program, and where they report what is wrong.
//
// Each unit of plugins/ adds its creator to `creators()` when the program starts. Registries keep pointers to them:
// deregister what was registered before the code is unloaded, or use the registries of one builder and one runtime
// (IBuilder::getPluginRegistry, IRuntime::getPluginRegistry), which end with them.
#pragma once

#include <NvInferRuntime.h>

#include <atomic>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

namespace arhat::trt {

constexpr const char* plugin_namespace = "arhat";
constexpr const char* plugin_version = "1";

// Not shared with another library that has these plugins too.
#define ARHAT_TRT_LOCAL __attribute__((visibility("hidden")))

ARHAT_TRT_LOCAL inline std::vector<nvinfer1::IPluginCreatorV3One*>& creators() {
  static std::vector<nvinfer1::IPluginCreatorV3One*> all;
  return all;
}

// The creator of a plugin; null where none of that name is linked in.
ARHAT_TRT_LOCAL inline nvinfer1::IPluginCreatorV3One* find_creator(const char* name) {
  for (nvinfer1::IPluginCreatorV3One* creator : creators())
    if (std::strcmp(creator->getPluginName(), name) == 0) return creator;
  return nullptr;
}

// Registers all creators; false if the registry has another one of some name, version and namespace, which stays.
ARHAT_TRT_LOCAL inline bool register_plugins(nvinfer1::IPluginRegistry& registry) {
  bool all = true;
  for (nvinfer1::IPluginCreatorV3One* creator : creators())
    if (!registry.registerCreator(*creator, plugin_namespace))
      all = registry.getCreator(creator->getPluginName(), plugin_version, plugin_namespace) == creator && all;
  return all;
}

// Where plugins report: the logger that TensorRT's finder names, that of `set_plugin_logger`, or standard error.
struct PluginLog {
  std::atomic<nvinfer1::ILogger*> logger{nullptr};
  std::atomic<nvinfer1::ILoggerFinder*> finder{nullptr};
};

ARHAT_TRT_LOCAL inline PluginLog& plugin_log() {
  static PluginLog log;
  return log;
}

// The logger has to outlive all plugins; null for standard error.
ARHAT_TRT_LOCAL inline void set_plugin_logger(nvinfer1::ILogger* logger) { plugin_log().logger = logger; }

// Names of layers may hold anything: one line is printed.
ARHAT_TRT_LOCAL inline void report_error(std::string text) noexcept {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  nvinfer1::ILoggerFinder* finder = plugin_log().finder;
  nvinfer1::ILogger* logger = finder != nullptr ? finder->findLogger() : plugin_log().logger.load();
  if (logger != nullptr) {
    logger->log(nvinfer1::ILogger::Severity::kERROR, text.c_str());
  } else {
    std::fprintf(stderr, "%s\n", text.c_str());
  }
}

}  // namespace arhat::trt

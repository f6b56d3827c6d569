// The entry points that TensorRT asks a library of plugins for, and one for programs that are linked with it.
#include "arhat_plugins.h"

#include <vector>

#include "arhat/trt/plugin_registry.hpp"

#define EXPORTED __attribute__((visibility("default")))

extern "C" {

// IPluginRegistry::loadLibrary and `trtexec --dynamicPlugins` register these.
EXPORTED nvinfer1::IPluginCreatorInterface* const* getCreators(int32_t& count) {
  static const std::vector<nvinfer1::IPluginCreatorInterface*> all(arhat::trt::creators().begin(),
                                                                   arhat::trt::creators().end());
  count = static_cast<int32_t>(all.size());
  return all.data();
}

// TensorRT says where the logger of the engine that runs is.
EXPORTED void setLoggerFinder(nvinfer1::ILoggerFinder* finder) { arhat::trt::plugin_log().finder = finder; }

bool initArhatPlugins(nvinfer1::ILogger* logger, nvinfer1::IPluginRegistry* registry) {
  if (logger != nullptr) arhat::trt::set_plugin_logger(logger);
  if (registry == nullptr) {
    arhat::trt::report_error("initArhatPlugins: there is no registry");
    return false;
  }
  return arhat::trt::register_plugins(*registry);
}

}  // extern "C"

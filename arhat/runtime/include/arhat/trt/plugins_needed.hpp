// The plugins that a program needs, in a registry of TensorRT.
#pragma once

#include <NvInfer.h>

#include <string>

#include "../failure.hpp"
#include "logger.hpp"
#include "plugin_registry.hpp"
#include "program.hpp"

namespace arhat {

// Registers those that are linked in, loads the library that was named, and checks that all are there. The registry is
// that of one builder or runtime and ends with it, so that no other program gets our code to run.
inline void provide_plugins(nvinfer1::IPluginRegistry& registry, const Program& program, const char* library) {
  trt::set_plugin_logger(&logger());  // which outlives them
  if (!trt::register_plugins(registry)) logger().refuse(ARHAT_INTERNAL_ERROR, "TensorRT does not take the plugins");
  if (library != nullptr && registry.loadLibrary(library) == nullptr)
    logger().refuse(ARHAT_IO_ERROR, "plugin library '" + layers_text(library) + "' cannot be loaded");
  for (size_t i = 0; i < program.n_plugins; ++i) {
    const PluginInfo& needed = program.plugins[i];
    if (registry.getCreator(needed.name, trt::plugin_version, trt::plugin_namespace) != nullptr) continue;
    logger().take();
    fail(ARHAT_UNSUPPORTED, "layer " + layers_text(needed.layers) + " needs the plugin " + needed.name + " (version " +
                                trt::plugin_version + ", namespace " + trt::plugin_namespace + "), which " +
                                (library == nullptr ? "this program does not have: name a library that has it as "
                                                      "options.plugin_library"
                                                    : "neither this program nor the plugin library has"));
  }
}

}  // namespace arhat

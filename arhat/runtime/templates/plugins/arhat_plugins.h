/* Arhat's plugins for TensorRT, as a library. */
#ifndef ARHAT_PLUGINS_H
#define ARHAT_PLUGINS_H

#ifdef __cplusplus
#include <NvInferRuntime.h>

extern "C" {
/* Registers all plugins (namespace "arhat", version "1") with a registry, `getPluginRegistry()` for example, and sends
 * what they report to `logger`, or to standard error if it is null. The logger has to outlive the plugins. False if the
 * registry has other plugins of these names, which stay. IPluginRegistry::loadLibrary does not need this. */
__attribute__((visibility("default"))) bool initArhatPlugins(nvinfer1::ILogger* logger,
                                                             nvinfer1::IPluginRegistry* registry);
}
#endif

#endif

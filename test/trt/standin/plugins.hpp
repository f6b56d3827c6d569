// What the stand-in does with plugins: their creators' registry, and the calls that TensorRT makes in its two phases.
#pragma once

#include <memory>

#include "core.hpp"

namespace standin {

// A plugin that belongs to a network, an engine or a context.
class Plugin {
 public:
  Plugin(nvinfer1::IPluginV3* owned, bool build_phase);  // null or without its interfaces: a Refusal
  Plugin(const Plugin&) = delete;
  Plugin& operator=(const Plugin&) = delete;
  ~Plugin() { delete plugin_; }

  nvinfer1::IPluginV3& get() const { return *plugin_; }
  nvinfer1::IPluginV3OneCore& core() const { return *core_; }
  nvinfer1::IPluginV3OneBuild& build() const { return *build_; }
  nvinfer1::IPluginV3OneRuntime& runtime() const { return *runtime_; }

 private:
  nvinfer1::IPluginV3* plugin_;
  nvinfer1::IPluginV3OneCore* core_ = nullptr;
  nvinfer1::IPluginV3OneBuild* build_ = nullptr;
  nvinfer1::IPluginV3OneRuntime* runtime_ = nullptr;
};

// Asks the plugin for types and extents of its results, and keeps them in the layer.
void describe_results(Plugin& plugin, Operation& operation, const std::vector<const Desc*>& inputs);

// The build phase: formats, configuration, workspace, the shape change of the usual extents, and its fields. Each
// list of tensors holds the inputs, then the results; `at` are the extents at the least, the usual and the largest
// shapes.
void build_plugin(Plugin& plugin, Operation& operation, size_t inputs, const std::vector<Desc>& tensors,
                  const std::vector<Desc> (&at)[3]);

// A plugin of the runtime phase, of what an engine has kept.
std::unique_ptr<Plugin> restore_plugin(const Operation& operation, nvinfer1::IPluginRegistry& registry);

// A copy for a context.
std::unique_ptr<Plugin> attach_plugin(Plugin& plugin, nvinfer1::IPluginResourceContext& context);

// The registry of one builder or runtime: what it does not have is looked for in the global one.
std::shared_ptr<nvinfer1::IPluginRegistry> local_registry();

nvinfer1::PluginTensorDesc plain(const Desc& desc);

}  // namespace standin

// Has TensorRT build an engine of a program's network.
#pragma once

#include <NvInfer.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "../failure.hpp"
#include "network.hpp"
#include "plugins_needed.hpp"
#include "ports.hpp"
#include "program.hpp"
#include "progress.hpp"
#include "settings.hpp"
#include "timing_cache.hpp"

namespace arhat {

using HostMemory = std::unique_ptr<nvinfer1::IHostMemory>;

// Fills a network with a program's inputs, layers and outputs. With `watched`, all values of `program.values` are kept
// so that they can be watched, and `watched` gets the names of their tensors; "" where TensorRT does not take one.
inline void define_network(nvinfer1::INetworkDefinition& definition, nvinfer1::IPluginRegistry& plugins,
                           const Program& program, const Ports& ports, const std::byte* weights,
                           std::vector<std::string>* watched) {
  Network network(definition, plugins, logger(), weights, ports.names);
  size_t value = 0;
  const auto add_input = [&](const std::string& name, Type type, nvinfer1::Dims dims) {
    ITensor* const tensor = definition.addInput(name.c_str(), data_type(type), dims);
    if (tensor == nullptr) logger().refuse(ARHAT_UNSUPPORTED, "TensorRT does not take input " + layers_text(name.c_str()));
    network.set(value++, tensor);
  };
  for (size_t i = 0; i < program.n_inputs; ++i) {
    nvinfer1::Dims dims = extents(program.inputs[i].dims);
    if (const int axis = batch_axis(program.input_axes, i); axis >= 0 && program.batch_opt != 0) dims.d[axis] = -1;
    add_input(ports.inputs[i], program.inputs[i].type, dims);
  }
  for (size_t i = 0; i < program.n_states; ++i)
    add_input(ports.states[i], program.states[i].type, extents(program.states[i].dims));
  for (size_t i = 0; i < program.n_ops; ++i) program.ops[i].add(network);
  for (size_t i = 0; i < program.n_outputs; ++i) network.mark_output(program.results[i], ports.outputs[i]);
  for (size_t i = 0; i < program.n_states; ++i) {
    const StateInfo& state = program.states[i];
    if (state.next >= 0) network.mark_output(static_cast<size_t>(state.next), ports.next[i]);
    if (state.initial >= 0) network.mark_output(static_cast<size_t>(state.initial), ports.initial[i]);
  }
  if (watched == nullptr) return;
  for (size_t i = 0; i < program.n_values; ++i) {
    ITensor& tensor = network[program.values[i].value];
    watched->push_back(definition.markDebug(tensor) ? tensor.getName() : "");
  }
}

// The extents that each input may have and usually has.
inline void add_profile(nvinfer1::IBuilder& builder, nvinfer1::IBuilderConfig& config, const Program& program,
                        const Ports& ports) {
  if (program.batch_opt == 0) return;
  nvinfer1::IOptimizationProfile* const profile = builder.createOptimizationProfile();
  if (profile == nullptr) logger().refuse(ARHAT_INTERNAL_ERROR, "TensorRT gives no optimization profile");
  for (size_t i = 0; i < program.n_inputs; ++i) {
    const int axis = batch_axis(program.input_axes, i);
    if (axis < 0) continue;
    const auto set = [&](nvinfer1::OptProfileSelector selector, int64_t batch) {
      const nvinfer1::Dims dims = extents(with_batch(program.inputs[i].dims, axis, batch, program));
      if (!profile->setDimensions(ports.inputs[i].c_str(), selector, dims))
        logger().refuse(ARHAT_UNSUPPORTED, "TensorRT does not take a batch of " + std::to_string(batch));
    };
    set(nvinfer1::OptProfileSelector::kMIN, program.batch_min);
    set(nvinfer1::OptProfileSelector::kOPT, program.batch_opt);
    set(nvinfer1::OptProfileSelector::kMAX, program.batch_max);
  }
  if (config.addOptimizationProfile(profile) < 0)
    logger().refuse(ARHAT_UNSUPPORTED, "TensorRT does not take the range of batches");
}

inline void configure(nvinfer1::IBuilderConfig& config, const Program& program, const BuildSettings& settings) {
  if (settings.workspace_limit != 0)
    config.setMemoryPoolLimit(nvinfer1::MemoryPoolType::kWORKSPACE, static_cast<size_t>(settings.workspace_limit));
  if (settings.optimization_level >= 0) config.setBuilderOptimizationLevel(settings.optimization_level);
  if (program.tf32) {
    config.setFlag(nvinfer1::BuilderFlag::kTF32);
  } else {
    config.clearFlag(nvinfer1::BuilderFlag::kTF32);
  }
  for (const NamedFlag& one : settings.flags) config.setFlag(one.flag);
  if (settings.compatibility != nullptr) config.setHardwareCompatibilityLevel(settings.compatibility->level);
  // Layers of the engine then tell which layers of the network they are made of.
  config.setProfilingVerbosity(nvinfer1::ProfilingVerbosity::kDETAILED);
}

// The engine, serialized. `weights` is the data section of the model's file; `watched` as in define_network.
inline HostMemory build_engine(const Program& program, const Ports& ports, const std::byte* weights,
                               const BuildSettings& settings, const char* plugin_library,
                               std::vector<std::string>& notes, std::vector<std::string>* watched = nullptr) {
  logger().take();
  const std::unique_ptr<nvinfer1::IBuilder> builder(nvinfer1::createInferBuilder(logger()));
  if (builder == nullptr) logger().refuse(ARHAT_UNSUPPORTED, "TensorRT gives no builder");
  provide_plugins(builder->getPluginRegistry(), program, plugin_library);
#if NV_TENSORRT_MAJOR < 11
  const uint32_t kind = 1u << static_cast<uint32_t>(nvinfer1::NetworkDefinitionCreationFlag::kSTRONGLY_TYPED);
#else
  const uint32_t kind = 0;  // there is no other
#endif
  const std::unique_ptr<nvinfer1::INetworkDefinition> network(builder->createNetworkV2(kind));
  const std::unique_ptr<nvinfer1::IBuilderConfig> config(builder->createBuilderConfig());
  if (network == nullptr || config == nullptr) logger().refuse(ARHAT_INTERNAL_ERROR, "TensorRT gives no network");
  network->setName(layers_text(program.name).c_str());
  define_network(*network, builder->getPluginRegistry(), program, ports, weights, watched);
  add_profile(*builder, *config, program, ports);
  configure(*config, program, settings);
  TimingCache times(settings.timing_cache, *config, notes);
  Progress progress(settings.progress, settings.progress_user);
  config->setProgressMonitor(&progress);
  HostMemory engine(builder->buildSerializedNetwork(*network, *config));
  if (progress.stopped()) fail(ARHAT_STOPPED, "the build of the engine was stopped by the callback");
  if (engine == nullptr) logger().refuse(ARHAT_INTERNAL_ERROR, "TensorRT cannot build the engine");
  times.save(notes);
  return engine;
}

}  // namespace arhat

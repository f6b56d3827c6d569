// A run of an engine: work is queued on the stand-in's streams, layer after layer.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "runtime.hpp"
#include "streams.hpp"

namespace standin {

Workspace::Workspace(uint64_t bytes)
    : bytes_(bytes),
      memory_(static_cast<unsigned char*>(std::aligned_alloc(256, (bytes + 2 * guard + 255) / 256 * 256))) {
  require(memory_ != nullptr, "no memory for a workspace");
}
Workspace::~Workspace() { std::free(memory_); }
void Workspace::fill() { std::memset(memory_, 0xA5, bytes_ + 2 * guard); }
void Workspace::check(const std::string& who) const {
  for (uint64_t i = 0; i < guard; ++i)
    if (memory_[i] != 0xA5 || memory_[guard + bytes_ + i] != 0xA5) {
      std::fprintf(stderr, "stand-in: the plugin of layer %s writes outside of its workspace of %llu bytes\n",
                   who.c_str(), static_cast<unsigned long long>(bytes_));
      std::abort();
    }
}

std::vector<Desc> Context::inferred() const {
  const Plan& plan = *engine.plan;
  std::vector<Desc> descs(plan.values.size());
  for (const int32_t id : plan.inputs) {
    const Value& input = plan.values[static_cast<size_t>(id)];
    Desc& desc = descs[static_cast<size_t>(id)] = input.desc;
    const auto found = shapes.find(input.name);
    if (found != shapes.end()) desc.dims = found->second;
  }
  for (const Operation& op : plan.operations) {
    std::vector<const Desc*> inputs;
    for (const int32_t id : op.inputs) inputs.push_back(id < 0 ? nullptr : &descs[static_cast<size_t>(id)]);
    const std::vector<Desc> results = infer(op, inputs);
    for (size_t i = 0; i < results.size(); ++i) descs[static_cast<size_t>(op.outputs[i])] = results[i];
  }
  return descs;
}

void Context::prepare() {
  const Plan& plan = *engine.plan;
  if (!run) {
    for (const int32_t id : plan.inputs) {
      const Value& input = plan.values[static_cast<size_t>(id)];
      for (const int64_t extent : input.desc.dims)
        require(extent != wildcard || shapes.count(input.name) != 0,
                "input shape of " + input.name + " is not specified");
    }
    auto made = std::make_shared<Run>();
    made->plan = engine.plan;
    made->descs = inferred();
    made->memory.resize(plan.values.size());
    made->workspaces.resize(plan.operations.size());
    for (size_t i = 0; i < plan.values.size(); ++i)
      if (!plan.values[i].input && !plan.values[i].output)
        made->memory[i].resize(static_cast<size_t>(volume(made->descs[i].dims)) * bytes_of(made->descs[i].type));
    for (size_t i = 0; i < plan.operations.size(); ++i)
      if (plugins[i]) made->workspaces[i] = std::make_unique<Workspace>(plan.operations[i].workspace);
    run = std::move(made);
    rebound = true;
  }
  if (!rebound) return;
  for (size_t i = 0; i < plan.operations.size(); ++i) {
    if (!plugins[i]) continue;
    const Operation& op = plan.operations[i];
    std::vector<nvinfer1::PluginTensorDesc> tensors;
    for (const std::vector<int32_t>* ids : {&op.inputs, &op.outputs})
      for (const int32_t id : *ids) tensors.push_back(plain(run->descs[static_cast<size_t>(id)]));
    const auto n = static_cast<int32_t>(op.inputs.size()), m = static_cast<int32_t>(op.outputs.size());
    require(plugins[i]->runtime().onShapeChange(tensors.data(), n, tensors.data() + n, m) == 0,
            op.name + ": onShapeChange of the plugin has failed");
  }
  rebound = false;
}

bool Context::enqueue(cudaStream_t stream) {
  const Plan& plan = *engine.plan;
  if (failure_wanted("enqueue")) refuse("an execution failure was asked for");
  prepare();
  std::vector<void*> data(plan.values.size());
  for (size_t i = 0; i < data.size(); ++i) data[i] = run->memory[i].data();
  for (const auto& [port, id] : engine.ports) {
    const auto found = addresses.find(port);
    const Desc& desc = run->descs[static_cast<size_t>(id)];
    require((found != addresses.end() && found->second != nullptr) || volume(desc.dims) == 0,
            "Address is not set for tensor " + port +
                ". Call setInputTensorAddress or setOutputTensorAddress before enqueue");
    data[static_cast<size_t>(id)] = found == addresses.end() ? nullptr : found->second;
  }
  for (const Operation& op : plan.operations)
    if (op.kind == "Constant" && !plan.values[static_cast<size_t>(op.outputs[0])].output)
      data[static_cast<size_t>(op.outputs[0])] = const_cast<void*>(op.weights.at("weights").values);
  times.clear();
  if (profiler != nullptr && emits_profile) cudaStreamSynchronize(stream);
  for (size_t number = 0; number < plan.operations.size(); ++number) {
    const Operation& op = plan.operations[number];
    const auto start = std::chrono::steady_clock::now();
    plugins[number] ? run_plugin(op, number, data, stream) : queue(op, number, data, stream);
    if (profiler != nullptr) {
      require(cudaStreamSynchronize(stream) == cudaSuccess, "a run that is profiled cannot be captured");
      times.emplace_back(op.name,
                         std::chrono::duration<float, std::milli>(std::chrono::steady_clock::now() - start).count());
    }
    for (const int32_t id : op.outputs) {
      const Value& value = plan.values[static_cast<size_t>(id)];
      const auto wanted = debug.find(value.name);
      if (!value.debug || listener == nullptr || wanted == debug.end() || !wanted->second) continue;
      const Desc& desc = run->descs[static_cast<size_t>(id)];
      require(listener->processDebugTensor(data[static_cast<size_t>(id)], nvinfer1::TensorLocation::kDEVICE,
                                           desc.type, dims(desc.dims), value.name.c_str(), stream),
              "the debug listener has failed for " + value.name);
    }
  }
  if (profiler != nullptr && emits_profile)
    for (const auto& [layer, time] : times) profiler->reportLayerTime(layer.c_str(), time);
  return true;
}

void Context::queue(const Operation& op, size_t, const std::vector<void*>& data, cudaStream_t stream) {
  if (op.kind == "Constant" && data[static_cast<size_t>(op.outputs[0])] == op.weights.at("weights").values) return;
  const auto arrays = [&](const std::vector<int32_t>& ids) {
    Arrays list;
    for (const int32_t id : ids)
      list.push_back(id < 0 ? Array{} : Array{&run->descs[static_cast<size_t>(id)], data[static_cast<size_t>(id)]});
    return list;
  };
  const Operation* const kept = &op;
  emulator::enqueue(stream, [run = run, kept, in = arrays(op.inputs), out = arrays(op.outputs)] {
    try {
      execute(*kept, in, out);
    } catch (const std::exception& error) {  // as an illegal access ends a process on a GPU
      std::fprintf(stderr, "stand-in: layer %s: %s\n", kept->name.c_str(), error.what());
      std::abort();
    }
  });
}

void Context::run_plugin(const Operation& op, size_t number, const std::vector<void*>& data, cudaStream_t stream) {
  std::vector<nvinfer1::PluginTensorDesc> in, out;
  std::vector<const void*> inputs;
  std::vector<void*> outputs;
  for (const int32_t id : op.inputs) {
    in.push_back(plain(run->descs[static_cast<size_t>(id)]));
    inputs.push_back(data[static_cast<size_t>(id)]);
  }
  for (const int32_t id : op.outputs) {
    out.push_back(plain(run->descs[static_cast<size_t>(id)]));
    outputs.push_back(data[static_cast<size_t>(id)]);
  }
  Workspace* const workspace = run->workspaces[number].get();
  emulator::enqueue(stream, [run = run, workspace] { workspace->fill(); });
  require(plugins[number]->runtime().enqueue(in.data(), out.data(), inputs.data(), outputs.data(), workspace->data(),
                                             stream) == 0,
          op.name + ": enqueue of the plugin has failed");
  const Operation* const kept = &op;
  emulator::enqueue(stream, [run = run, workspace, kept] { workspace->check(kept->name); });
}

}  // namespace standin

// The libraries behind a program: cuDNN's graphs and legacy calls, cuBLASLt's products, their workspaces.
#pragma once

#include <cudnn_graph.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "../cudnn/graph.hpp"
#include "../cudnn/legacy.hpp"
#include "../cudnn/tactics.hpp"
#include "../cudnn/tune.hpp"
#include "execution.hpp"
#include "frame.hpp"
#include "plans.hpp"
#include "product.hpp"

namespace arhat {

struct EngineOptions {
  const char* tactics = nullptr;
  const char* plans = nullptr;
  bool tune = false;
  uint64_t workspace_limit = 256 << 20;
};

class Libraries final : public Engine {
 public:
  // Builds everything that can be built before the first run.
  Libraries(const Program& program, const Execution& execution, const EngineOptions& options)
      : program_(program), products_library_(program.n_products == 0 ? ProductLibrary() : make_product_library()) {
    for (int i = 0; i < program.streams; ++i) handles_.push_back(make_handle(execution.stream(i)));
    std::vector<uint64_t> bytes(handles_.size());
    const auto reserve = [&](int op, uint64_t needed) {
      uint64_t& most = bytes[static_cast<size_t>(program.ops[op].stream)];
      most = std::max(most, needed);
    };
    if (program.n_graphs != 0) build_plans(options);
    for (size_t i = 0; i < uses_.size(); ++i)
      reserve(program.graphs[i].op, static_cast<uint64_t>(plans_[uses_[i].plan].workspace()));
    products_.reserve(program.n_products);
    for (size_t i = 0; i < program.n_products; ++i) {
      const ProductInfo& info = program.products[i];
      for_layers(info.layers,
                 [&] { products_.emplace_back(products_library_.get(), info, options.workspace_limit); });
      reserve(info.op, products_.back().workspace());
    }
    for (const uint64_t most : bytes) workspaces_.emplace_back(most, "workspace");
  }

  uint64_t workspace_bytes() const {
    uint64_t sum = 0;
    for (const DeviceMemory& workspace : workspaces_) sum += workspace.bytes();
    return sum;
  }
  const std::vector<std::string>& notes() const { return notes_; }

  void run_graph(const Frame& f, size_t index, const void* const* pointers, size_t n) override {
    Use& use = uses_[index];
    const cudnn::GraphDesc& desc = *program_.graphs[index].desc;
    if (n != use.uids.size())
      fail(ARHAT_INTERNAL_ERROR, std::to_string(n) + " pointers for a graph of " + std::to_string(use.uids.size()));
    if (!use.bindings || !std::equal(pointers, pointers + n, use.pointers.begin())) {
      for (size_t i = 0; i < n; ++i) use.pointers[i] = const_cast<void*>(pointers[i]);  // cuDNN writes to results only
      use.bindings.emplace(use.uids.data(), use.pointers.data(), n, workspace(f).data(), desc.layers);
    }
    plans_[use.plan].run(handle(f), *use.bindings);
  }

  void run_product(const Frame& f, size_t index, const void* a, const void* b, const void* bias, void* y) override {
    const DeviceMemory& scratch = workspace(f);
    products_[index].run(products_library_.get(), f.context, scratch.data(), scratch.bytes(), a, b, bias, y);
  }

  void softmax(const Frame& f, const SoftmaxCall& call, const void* x, void* y) override {
    cudnn::softmax(handle(f), call.type, call.outer, call.extent, call.inner, x, y);
  }

  void lrn(const Frame& f, const LrnCall& call, const void* x, void* y) override {
    cudnn::lrn(handle(f), call.type, call.dims, call.strides, call.size, call.alpha, call.beta, call.bias, x, y);
  }

 private:
  using Handle = Owned<cudnnHandle_t, cudnnDestroy>;

  // A graph of the program: its plan, and the pointers it ran with last.
  struct Use {
    size_t plan = 0;
    std::vector<int64_t> uids;
    std::vector<void*> pointers;
    std::optional<cudnn::Bindings> bindings;
  };

  static Handle make_handle(cudaStream_t stream) {
    cudnnHandle_t raw = nullptr;
    cudnn::check(cudnnCreate(&raw), "cudnnCreate");
    Handle handle(raw);
    cudnn::check(cudnnSetStream(raw, stream), "cudnnSetStream");
    return handle;
  }

  cudnnHandle_t handle(const Frame& f) const { return handles_[static_cast<size_t>(f.stream)].get(); }
  const DeviceMemory& workspace(const Frame& f) const { return workspaces_[static_cast<size_t>(f.stream)]; }

  void build_plans(const EngineOptions& options) {
    const cudnn::Device device(handles_.front().get());
    cudnn::Tactics tactics(cudnn::platform());
    if (options.tactics != nullptr) read_tactics(options, tactics);
    PlanFile file(options.plans, cudnnGetVersion(), options.plans != nullptr ? device.json() : "");
    std::map<std::string, size_t> by_key;
    for (size_t i = 0; i < program_.n_graphs; ++i) {
      const cudnn::GraphDesc& desc = *program_.graphs[i].desc;
      Use& use = uses_.emplace_back();
      for (size_t j = 0; j < desc.n_tensors; ++j)
        if (!desc.tensors[j].is_virtual) use.uids.push_back(desc.tensors[j].uid);
      use.pointers.resize(use.uids.size());
      const auto known = by_key.emplace(desc.key, plans_.size());
      use.plan = known.first->second;
      if (known.second)
        for_layers(desc.layers, [&] { plans_.push_back(build(desc, device, options, tactics, file)); });
    }
    file.save();
    if (options.tune) in_file([&] { tactics.write_file(options.tactics); });
  }

  void read_tactics(const EngineOptions& options, cudnn::Tactics& tactics) {
    // What is tuned is added to a file of the same platform, and replaces one of another.
    if (options.tune && access(options.tactics, F_OK) != 0) return;
    std::vector<std::string> notes;
    in_file([&] { tactics.read_file(options.tactics, notes); });
    if (!options.tune) notes_.insert(notes_.end(), notes.begin(), notes.end());
  }

  template <class Body>
  static void in_file(Body body) {
    try {
      body();
    } catch (const std::runtime_error& error) {
      fail(ARHAT_IO_ERROR, error.what());
    }
  }

  cudnn::Plan build(const cudnn::GraphDesc& desc, const cudnn::Device& device, const EngineOptions& options,
                    cudnn::Tactics& tactics, PlanFile& file) {
    const cudnn::Graph graph(desc, device);
    const auto limit = static_cast<int64_t>(std::min<uint64_t>(options.workspace_limit, INT64_MAX));
    const cudnn::Tactic* const tactic = tactics.find(desc.key);
    const std::string wanted = desc.plan != nullptr ? desc.plan : tactic != nullptr ? tactic->plan : "";
    const PlanFile::Entry* const finished = options.tune ? nullptr : file.find(desc.key);
    if (finished != nullptr && (wanted.empty() || finished->name == wanted)) {
      try {
        cudnn::Plan plan = graph.load(finished->json, finished->name);
        if (plan.workspace() <= limit) return plan;
      } catch (const cudnn::Error&) {
        // It is made anew, and replaced in the file.
      }
    }
    cudnn::TuneOptions tuning;
    tuning.workspace_limit = limit;
    cudnn::Plan plan = options.tune ? cudnn::tune(graph, handles_.front().get(), tuning, tactics)
                                    : cudnn::choose(graph, tactics, limit, notes_);
    file.put(desc.key, {plan.name(), plan.json()});
    return plan;
  }

  const Program& program_;
  ProductLibrary products_library_;
  std::vector<Handle> handles_;  // one for each stream
  std::vector<cudnn::Plan> plans_;
  std::vector<Use> uses_;  // by graph of the program
  std::vector<Product> products_;
  std::vector<DeviceMemory> workspaces_;  // one for each stream
  std::vector<std::string> notes_;
};

}  // namespace arhat

// Engines, and contexts that execute them.
#pragma once

#include <memory>

#include "elements.hpp"
#include "engine.hpp"
#include "network.hpp"

namespace standin {

struct Engine final : nvinfer1::ICudaEngine {
  std::shared_ptr<const Plan> plan;
  nvinfer1::ILogger* logger = nullptr;
  nvinfer1::IErrorRecorder* recorder = nullptr;
  std::vector<std::unique_ptr<Plugin>> plugins;  // by operation; null where it is none
  std::map<std::string, int32_t> ports;          // inputs and outputs

  const Value* port(const char* name) const {
    const auto found = name == nullptr ? ports.end() : ports.find(name);
    return found == ports.end() ? nullptr : &plan->values[static_cast<size_t>(found->second)];
  }
};

// Memory of a plugin's workspace between marks; whoever writes outside of it is found.
class Workspace {
 public:
  explicit Workspace(uint64_t bytes);
  Workspace(const Workspace&) = delete;
  Workspace& operator=(const Workspace&) = delete;
  ~Workspace();
  void* data() const { return bytes_ == 0 ? nullptr : memory_ + guard; }
  void fill();                               // before the plugin
  void check(const std::string& who) const;  // after it: ends the process where a mark has changed

 private:
  static constexpr uint64_t guard = 256;
  uint64_t bytes_;
  unsigned char* memory_;
};

// One way to execute an engine: for given extents. It lives as long as what was queued with it.
struct Run {
  std::shared_ptr<const Plan> plan;
  std::vector<Desc> descs;                             // by value
  std::vector<std::vector<char>> memory;               // of values that are neither inputs, outputs nor constants
  std::vector<std::unique_ptr<Workspace>> workspaces;  // by operation
};

struct Context final : nvinfer1::IExecutionContext, nvinfer1::IPluginResourceContext {
  explicit Context(Engine& e) : engine(e) {}
  nvinfer1::IGpuAllocator* getGpuAllocator() const noexcept override { return nullptr; }
  nvinfer1::IErrorRecorder* getErrorRecorder() const noexcept override { return recorder; }

  bool enqueue(cudaStream_t stream);
  std::vector<Desc> inferred() const;  // of all values; throws a Refusal

  Engine& engine;
  nvinfer1::IErrorRecorder* recorder = nullptr;
  std::string name;
  int32_t profile = 0;
  std::map<std::string, List> shapes;  // of inputs that have been set
  std::map<std::string, void*> addresses;
  std::vector<std::unique_ptr<Plugin>> plugins;  // as the engine's
  std::shared_ptr<Run> run;                      // of the shapes; null where they have changed
  bool rebound = true;                           // an address has changed since plugins were told of shapes
  nvinfer1::IProfiler* profiler = nullptr;
  bool emits_profile = true;
  std::vector<std::pair<std::string, float>> times;  // of the last run, in milliseconds
  nvinfer1::IDebugListener* listener = nullptr;
  std::map<std::string, bool> debug;
  nvinfer1::ProfilingVerbosity nvtx = nvinfer1::ProfilingVerbosity::kNONE;

 private:
  void prepare();
  void queue(const Operation& op, size_t number, const std::vector<void*>& data, cudaStream_t stream);
  void run_plugin(const Operation& op, size_t number, const std::vector<void*>& data, cudaStream_t stream);
};

}  // namespace standin

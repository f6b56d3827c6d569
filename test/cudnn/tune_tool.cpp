// arhat/cudnn/tune.hpp with real plans and a GPU that only keeps time.
//
//     tune_tool DEVICE.json LIMIT COST,COST,... < graph
//
// The n-th candidate takes COST microseconds, fails to run (COST = fail), or fails while it is captured (COST =
// capture). At most as many candidates as costs are timed, with a workspace of at most LIMIT bytes; device memory
// beyond LIMIT + 64 MiB cannot be had. Prints the tactics file, the name of the plan that was chosen, and what
// the program has not given back.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "arhat/cudnn/tune.hpp"
#include "graph_text.hpp"

namespace {

struct FakeGpu {
  std::vector<std::string> costs;
  size_t measured = 0;
  std::map<const void*, std::string> cost_of;  // by plan
  double clock = 0;                            // microseconds
  bool capturing = false;
  double captured = 0;
  uint64_t memory = 0, limit = 0;
  std::map<void*, uint64_t> blocks;
  std::map<void*, double> events;
  std::map<void*, double> graphs;
  std::set<void*> executables;
} gpu;

}  // namespace

extern "C" {
cudnnStatus_t cudnnGetStream(cudnnHandle_t, cudaStream_t* stream) {
  *stream = nullptr;
  return CUDNN_STATUS_SUCCESS;
}
cudnnStatus_t cudnnBackendExecute(cudnnHandle_t, cudnnBackendDescriptor_t plan, cudnnBackendDescriptor_t) {
  if (!gpu.capturing && gpu.measured < gpu.costs.size()) gpu.cost_of[plan] = gpu.costs[gpu.measured++];
  const std::string& cost = gpu.cost_of[plan];
  if (cost == "fail" || (cost == "capture" && gpu.capturing)) return CUDNN_STATUS_EXECUTION_FAILED;
  (gpu.capturing ? gpu.captured : gpu.clock) += std::strtod(cost.c_str(), nullptr);
  return CUDNN_STATUS_SUCCESS;
}
cudaError_t cudaGetLastError() { return cudaSuccess; }
const char* cudaGetErrorString(cudaError_t) { return "fake"; }
cudaError_t cudaMalloc(void** pointer, size_t bytes) {
  if (gpu.memory + bytes > gpu.limit) return cudaErrorMemoryAllocation;
  gpu.memory += bytes;
  *pointer = std::malloc(bytes);
  gpu.blocks[*pointer] = bytes;
  return cudaSuccess;
}
cudaError_t cudaFree(void* pointer) {
  if (pointer == nullptr) return cudaSuccess;
  gpu.memory -= gpu.blocks.at(pointer);
  gpu.blocks.erase(pointer);
  std::free(pointer);
  return cudaSuccess;
}
cudaError_t cudaMemcpy(void* to, const void* from, size_t bytes, cudaMemcpyKind) {
  std::memcpy(to, from, bytes);
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t) { return cudaSuccess; }
cudaError_t cudaStreamBeginCapture(cudaStream_t, cudaStreamCaptureMode) {
  if (gpu.capturing) return cudaErrorIllegalState;
  gpu.capturing = true;
  gpu.captured = 0;
  return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t, cudaGraph_t* graph) {
  gpu.capturing = false;
  *graph = static_cast<cudaGraph_t>(std::malloc(1));
  gpu.graphs[*graph] = gpu.captured;
  return cudaSuccess;
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  gpu.graphs.erase(graph);
  std::free(graph);
  return cudaSuccess;
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long) {
  *executable = static_cast<cudaGraphExec_t>(std::malloc(1));
  gpu.executables.insert(*executable);
  gpu.cost_of[*executable] = std::to_string(gpu.graphs.at(graph));
  return cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable) {
  gpu.executables.erase(executable);
  std::free(executable);
  return cudaSuccess;
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t) {
  gpu.clock += std::strtod(gpu.cost_of.at(executable).c_str(), nullptr);
  return cudaSuccess;
}
cudaError_t cudaEventCreate(cudaEvent_t* event) {
  *event = static_cast<cudaEvent_t>(std::malloc(1));
  gpu.events[*event] = 0;
  return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  gpu.events.erase(event);
  std::free(event);
  return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t) {
  gpu.events.at(event) = gpu.clock;
  return cudaSuccess;
}
cudaError_t cudaEventSynchronize(cudaEvent_t) { return cudaSuccess; }
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t begin, cudaEvent_t end) {
  *milliseconds = static_cast<float>((gpu.events.at(end) - gpu.events.at(begin)) / 1e3);
  return cudaSuccess;
}
cudaError_t cudaGetDevice(int* device) {
  *device = 0;
  return cudaSuccess;
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
  *properties = {};
  std::strcpy(properties->name, "Fake GPU");
  properties->major = 9;
  return cudaSuccess;
}
}

int main(int, char** argv) {
  using namespace arhat::cudnn;
  std::ifstream file(argv[1], std::ios::binary);
  const Device device(std::string(std::istreambuf_iterator<char>(file), {}));
  TuneOptions options;
  options.workspace_limit = std::atoll(argv[2]);
  gpu.limit = static_cast<uint64_t>(options.workspace_limit) + (64 << 20);
  std::stringstream costs(argv[3]);
  for (std::string cost; std::getline(costs, cost, ',');) gpu.costs.push_back(cost);
  options.most_candidates = gpu.costs.size();
  GraphReader reader(std::cin);
  ParsedGraph parsed;
  reader.read(parsed);
  const GraphDesc desc = parsed.desc();
  const Graph graph(desc, device);
  Tactics tactics(platform());
  try {
    const Plan plan = tune(graph, nullptr, options, tactics);
    std::printf("%splan: %s\n", tactics.text().c_str(), plan.name().c_str());
  } catch (const Error& error) {
    std::printf("error: %s %s\n", cudnnGetErrorString(error.status), error.what());
  }
  std::printf("left: %zu\n", gpu.blocks.size() + gpu.events.size() + gpu.graphs.size() + gpu.executables.size() +
                                 static_cast<size_t>(gpu.capturing));
  return 0;
}

// A stand-in for the CUDA runtime: the "device" is the host's memory, streams are queues, graphs lists of what was queued.
//
// One thread at a time may use it, which is what a model's own lock sees to.
#include <cuda_runtime_api.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "streams.hpp"

struct CUstream_st {
  int number;
};
struct CUevent_st {
  std::chrono::steady_clock::time_point time;
};

namespace {

// What stands in a stream: work, or an event that is recorded or waited for.
struct Item {
  enum Kind { work, record, wait } kind;
  cudaStream_t stream;
  std::function<void()> run;
  cudaEvent_t event = nullptr;
  size_t recording = 0;  // of a wait: which recording of the event, counted from 1; 0: none came before
};

// Runs items so that each stream keeps its order and every wait comes after its event: of the streams that can go on,
// always the one that was begun last, so that work which is only kept in order by luck is not.
void run_out_of_order(std::vector<Item> items) {
  std::map<cudaStream_t, std::deque<Item*>> queues;
  std::vector<cudaStream_t> order;
  for (Item& item : items) {
    if (queues.find(item.stream) == queues.end()) order.push_back(item.stream);
    queues[item.stream].push_back(&item);
  }
  std::map<cudaEvent_t, size_t> recorded;
  for (size_t left = items.size(); left > 0;) {
    bool moved = false;
    for (size_t i = order.size(); i-- > 0 && !moved;) {
      std::deque<Item*>& queue = queues[order[i]];
      if (queue.empty()) continue;
      Item& item = *queue.front();
      if (item.kind == Item::wait && recorded[item.event] < item.recording) continue;
      if (item.kind == Item::work) item.run();
      if (item.kind == Item::record) {
        ++recorded[item.event];
        item.event->time = std::chrono::steady_clock::now();
      }
      queue.pop_front();
      --left;
      moved = true;
    }
    if (!moved) {
      std::fputs("emulator: streams wait for each other\n", stderr);
      std::abort();
    }
  }
}

struct Recorder {
  std::vector<Item> items;
  std::map<cudaEvent_t, size_t> recordings;

  void add(Item item) {
    if (item.kind == Item::record) ++recordings[item.event];
    if (item.kind == Item::wait) item.recording = recordings[item.event];
    items.push_back(std::move(item));
  }
};

Recorder pending;             // queued, not run yet
Recorder* capture = nullptr;  // the graph that is being captured

void add(Item item) { (capture != nullptr ? *capture : pending).add(std::move(item)); }

void flush() {
  Recorder now;
  std::swap(now, pending);
  run_out_of_order(std::move(now.items));
}

}  // namespace

struct CUgraph_st {
  Recorder recorder;
};
struct CUgraphExec_st {
  std::vector<Item> items;
};

namespace emulator {

void enqueue(cudaStream_t stream, std::function<void()> work) { add({Item::work, stream, std::move(work)}); }

}  // namespace emulator

namespace {

std::mutex mutex;
std::map<uintptr_t, size_t> device_memory;  // what cudaMalloc gave, by address

cudaError_t allocate(void** data, size_t size) {
  *data = std::aligned_alloc(256, (size + 255) / 256 * 256 + 256);
  if (*data == nullptr) return cudaErrorMemoryAllocation;
  std::memset(*data, 0xFF, size);  // NaN: what is read before it is written shows
  return cudaSuccess;
}

bool is_device(const void* data) {
  const std::lock_guard<std::mutex> lock(mutex);
  auto after = device_memory.upper_bound(reinterpret_cast<uintptr_t>(data));
  if (after == device_memory.begin()) return false;
  --after;
  return reinterpret_cast<uintptr_t>(data) < after->first + after->second;
}

}  // namespace

extern "C" {

cudaError_t cudaGetDeviceCount(int* count) {
  *count = 1;
  return cudaSuccess;
}
cudaError_t cudaGetDevice(int* device) {
  *device = 0;
  return cudaSuccess;
}
cudaError_t cudaSetDevice(int) { return cudaSuccess; }
cudaError_t cudaDriverGetVersion(int* version) {
  *version = CUDART_VERSION;
  return cudaSuccess;
}
cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = CUDART_VERSION;
  return cudaSuccess;
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int) {
  std::memset(properties, 0, sizeof *properties);
  std::strcpy(properties->name, "emulated device");
  properties->major = 9;
  properties->multiProcessorCount = 1;
  return cudaSuccess;
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int) {
  *value = attribute == cudaDevAttrComputeCapabilityMajor ? 9 : attribute == cudaDevAttrMultiProcessorCount ? 1 : 0;
  return cudaSuccess;
}
cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* attributes, const void*) {
  std::memset(attributes, 0, sizeof *attributes);
  return cudaSuccess;
}
const char* cudaGetErrorString(cudaError_t error) { return error == cudaSuccess ? "no error" : "refused by the emulator"; }
const char* cudaGetErrorName(cudaError_t) { return "cudaError"; }
cudaError_t cudaGetLastError(void) { return cudaSuccess; }
cudaError_t cudaPeekAtLastError(void) { return cudaSuccess; }

cudaError_t cudaMalloc(void** data, size_t size) {
  const cudaError_t error = allocate(data, size);
  if (error != cudaSuccess) return error;
  const std::lock_guard<std::mutex> lock(mutex);
  device_memory[reinterpret_cast<uintptr_t>(*data)] = size;
  return cudaSuccess;
}
cudaError_t cudaFree(void* data) {
  flush();
  const std::lock_guard<std::mutex> lock(mutex);
  device_memory.erase(reinterpret_cast<uintptr_t>(data));
  std::free(data);
  return cudaSuccess;
}
cudaError_t cudaHostAlloc(void** data, size_t size, unsigned) { return allocate(data, size); }
cudaError_t cudaMallocHost(void** data, size_t size) { return allocate(data, size); }
cudaError_t cudaFreeHost(void* data) {
  std::free(data);
  return cudaSuccess;
}
cudaError_t cudaMemset(void* data, int value, size_t size) {
  flush();
  std::memset(data, value, size);
  return cudaSuccess;
}
cudaError_t cudaMemsetAsync(void* data, int value, size_t size, cudaStream_t stream) {
  emulator::enqueue(stream, [=] { std::memset(data, value, size); });
  return cudaSuccess;
}
cudaError_t cudaMemcpy(void* target, const void* source, size_t size, cudaMemcpyKind) {
  flush();
  std::memmove(target, source, size);
  return cudaSuccess;
}
cudaError_t cudaMemcpyAsync(void* target, const void* source, size_t size, cudaMemcpyKind, cudaStream_t stream) {
  emulator::enqueue(stream, [=] { std::memmove(target, source, size); });
  return cudaSuccess;
}
cudaError_t cudaPointerGetAttributes(cudaPointerAttributes* attributes, const void* data) {
  std::memset(attributes, 0, sizeof *attributes);
  attributes->type = is_device(data) ? cudaMemoryTypeDevice : cudaMemoryTypeUnregistered;
  attributes->devicePointer = const_cast<void*>(data);
  return cudaSuccess;
}
cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  *free = *total = size_t{1} << 40;
  return cudaSuccess;
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  static int count = 0;
  *stream = new CUstream_st{count++};
  return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  flush();
  delete stream;
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t) {
  if (capture != nullptr) return cudaErrorStreamCaptureUnsupported;
  flush();
  return cudaSuccess;
}
cudaError_t cudaDeviceSynchronize(void) { return cudaStreamSynchronize(nullptr); }
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
  add({Item::wait, stream, {}, event});
  return cudaSuccess;
}
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  *event = new CUevent_st{};
  return cudaSuccess;
}
cudaError_t cudaEventCreate(cudaEvent_t* event) { return cudaEventCreateWithFlags(event, 0); }
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  flush();
  delete event;
  return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  add({Item::record, stream, {}, event});
  return cudaSuccess;
}
cudaError_t cudaEventSynchronize(cudaEvent_t) { return cudaStreamSynchronize(nullptr); }
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t start, cudaEvent_t end) {
  flush();
  *milliseconds = std::chrono::duration<float, std::milli>(end->time - start->time).count();
  return cudaSuccess;
}

cudaError_t cudaStreamIsCapturing(cudaStream_t, cudaStreamCaptureStatus* status) {
  *status = capture != nullptr ? cudaStreamCaptureStatusActive : cudaStreamCaptureStatusNone;
  return cudaSuccess;
}
cudaError_t cudaStreamBeginCapture(cudaStream_t, cudaStreamCaptureMode) {
  if (capture != nullptr) return cudaErrorIllegalState;
  capture = new Recorder;
  return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t, cudaGraph_t* graph) {
  if (capture == nullptr) return cudaErrorIllegalState;
  *graph = new CUgraph_st{std::move(*capture)};
  delete capture;
  capture = nullptr;
  return cudaSuccess;
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* made, cudaGraph_t graph, unsigned long long) {
  *made = new CUgraphExec_st{graph->recorder.items};
  return cudaSuccess;
}
cudaError_t cudaGraphUpload(cudaGraphExec_t, cudaStream_t) { return cudaSuccess; }
cudaError_t cudaGraphLaunch(cudaGraphExec_t graph, cudaStream_t stream) {
  emulator::enqueue(stream, [graph] { run_out_of_order(graph->items); });
  return cudaSuccess;
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t graph) {
  flush();
  delete graph;
  return cudaSuccess;
}

}  // extern "C"

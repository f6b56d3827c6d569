// The C interface of model.h over the tables of a program for CUDA.
#include <cuda_runtime_api.h>

#include <list>
#include <mutex>
#include <string>
#include <vector>

#include "arhat/abi_support.hpp"
#include "arhat/cuda/device.hpp"
#include "arhat/cuda/engine.hpp"
#include "arhat/cuda/execution.hpp"
#include "arhat/cuda/memory.hpp"
#include "arhat/cuda/program.hpp"
#include "arhat/cuda/staging.hpp"
#include "model.h"

#ifndef ARHAT_ARCHITECTURES
#error "the build defines ARHAT_ARCHITECTURES"
#endif

namespace arhat {

const Program& program();

void copy_bytes(const Frame& f, const void* source, void* target, std::size_t bytes) {
  if (bytes != 0)
    check(cudaMemcpyAsync(target, source, bytes, cudaMemcpyDeviceToDevice, f.context), "cudaMemcpyAsync");
}

namespace {

// Of the current device. Fails if the program was not built for it.
DeviceName examine_device(int device, const Program& program) {
  const DeviceName found = name_device(device);
  const cudaError_t error = program.probe();
  if (error == cudaErrorNoKernelImageForDevice || error == cudaErrorInvalidDeviceFunction) {
    cudaGetLastError();
    fail(ARHAT_UNSUPPORTED, "GPU '" + found.name + "' is " + found.architecture +
                                ", and this program was built for " ARHAT_ARCHITECTURES
                                " only: build it with -DCMAKE_CUDA_ARCHITECTURES=" +
                                found.architecture.substr(3));
  }
  check(error, "GPU '" + found.name + "'");
  return found;
}

EngineOptions engine_options(const arhat_options& options) {
  EngineOptions result;
  result.tactics = options.tactics;
  result.plans = options.plans;
  result.tune = options.tune != 0;
  if (options.workspace_limit != 0) result.workspace_limit = options.workspace_limit;
  if (result.tune && result.tactics == nullptr)
    fail(ARHAT_INVALID_ARGUMENT, "options.tune wants options.tactics, the file to write");
  return result;
}

}  // namespace
}  // namespace arhat

using arhat::check;

struct arhat_model : arhat::FixedBatch {
  // The device is the current one.
  arhat_model(const char* weights_path, const arhat_options& options, int number)
      : program(arhat::program()),
        device(number),
        name(arhat::examine_device(number, program)),
        caller(static_cast<cudaStream_t>(options.stream)),
        order(caller),
        use_graphs(options.no_cuda_graph == 0),
        weights(arhat::upload_weights(weights_path, program)),
        arena(arhat::make_zeroed(program.arena_bytes, "arena")),
        state(arhat::make_zeroed(program.state_bytes, "state")),
        inputs("input", program.inputs, program.n_inputs, number),
        outputs("output", program.outputs, program.n_outputs, number),
        execution(program),
        libraries(program, execution, arhat::engine_options(options)),
        captures(8),
        timings(program.n_ops) {
    for (const std::string& note : libraries.notes()) add_note(note);
    check(cudaDeviceSynchronize(), "preparing the model");
  }

  static arhat_model* create(const char* weights_path, const arhat_options& options) {
    const int device = arhat::choose_device(options.device);
    const arhat::CurrentDevice current(device);
    return new arhat_model(weights_path, options, device);
  }

  // Called in place of `delete`: members are released while their device is the current one.
  static void destroy(arhat_model* model) {
    if (model == nullptr) return;
    int before = 0;
    const bool known = cudaGetDevice(&before) == cudaSuccess;
    cudaSetDevice(model->device);
    model->execution.settle();
    if (model->caller != nullptr) cudaStreamSynchronize(model->caller);
    delete model;
    if (known) cudaSetDevice(before);
  }

  void describe(arhat_model_info& info) const {
    info.isa = name.architecture.c_str();
    info.device = name.name.c_str();
    info.device_bytes = weights.bytes() + arena.bytes() + state.bytes() + inputs.device_bytes() +
                        outputs.device_bytes() + libraries.workspace_bytes();
    info.notes = notes.back().c_str();
  }

  void run(const arhat_tensor* in, size_t in_count, const arhat_tensor* out, size_t out_count) {
    const arhat::CurrentDevice current(device);
    const arhat::CaptureKey key = bind(in, in_count, out, out_count);
    inputs.collect();
    const bool host = caller == nullptr || profiling || inputs.touches_host() || outputs.touches_host();
    // The first run with some buffers queues its operations one by one: that also loads what they need, which must
    // not happen during a capture, and buffers that never come back are not worth one.
    Captured* captured = use_graphs && !profiling ? &captures.at(key) : nullptr;
    if (captured != nullptr && captured->met && !captured->graph && !capture(captured->graph)) captured = nullptr;
    if (captured != nullptr && captured->graph) {
      check(cudaGraphLaunch(captured->graph.get(), stream()), "cudaGraphLaunch");
    } else {
      order.enter(execution.main());
      settled([&] { queue_all([](size_t) { return true; }); });
      order.leave(execution.main());
    }
    if (captured != nullptr) captured->met = true;
    if (!host) return;
    check(cudaStreamSynchronize(stream()), "running the model");
    if (profiling)
      for (size_t i = 0; i < program.n_ops; ++i) timings[i].add(execution.nanoseconds(i));
    outputs.deliver();
  }

  cudaStream_t stream() const { return caller != nullptr ? caller : execution.main(); }

  template <class Show>
  bool watch(const arhat_tensor* in, size_t in_count, const arhat_tensor* out, size_t out_count, Show show) {
    const arhat::CurrentDevice current(device);
    bind(in, in_count, out, out_count);
    inputs.collect();
    const std::vector<std::vector<size_t>> values_of = arhat::values_by_operation(program);
    std::vector<std::byte> host;
    bool go_on = true;
    order.enter(execution.main());
    settled([&] {
      queue_all([&](size_t op) {
        if (values_of[op].empty()) return true;
        check(cudaStreamSynchronize(execution.stream(program.ops[op].stream)), "running the model");
        for (const size_t index : values_of[op]) {
          const arhat::ValueInfo& value = program.values[index];
          go_on = go_on && arhat::show_value(show, value, index, fetch(value, host));
        }
        return go_on;
      });
    });
    order.leave(execution.main());
    check(cudaStreamSynchronize(stream()), "running the model");
    if (go_on) outputs.deliver();
    return go_on;
  }

  void enable_profile(bool enable) {
    const arhat::CurrentDevice current(device);
    execution.time_operations(enable);
  }
  arhat_profile_row row(size_t index) const { return arhat::row_of(program, timings, index); }

  const arhat::Program& program;
  const int device;
  const arhat::DeviceName name;
  const cudaStream_t caller;  // the stream that the caller wants runs to be ordered on
  arhat::StreamOrder order;
  bool use_graphs;
  std::list<std::string> notes{""};  // the last has them all; callers may still hold earlier ones
  arhat::DeviceMemory weights, arena, state;
  arhat::Staging inputs, outputs;
  arhat::Execution execution;
  arhat::Libraries libraries;
  bool fresh = true;  // the next run is the first since the state was reset
  struct Captured {
    bool met = false;
    arhat::CudaGraphExec graph;
  };
  arhat::RecentlyUsed<arhat::CaptureKey, Captured> captures;
  std::vector<arhat::Timing> timings;
  bool profiling = false;
  mutable std::mutex mutex;  // held while the model runs or its profile is read

 private:
  arhat::CaptureKey bind(const arhat_tensor* in, size_t in_count, const arhat_tensor* out, size_t out_count) {
    arhat::check_buffers("input", program.inputs, program.n_inputs, in, in_count);
    arhat::check_buffers("output", program.outputs, program.n_outputs, out, out_count);
    arhat::CaptureKey key;
    key.fresh = fresh && program.state_bytes != 0;
    inputs.bind(in, key);
    outputs.bind(out, key);
    return key;
  }

  // All work of a run; `after` is called with the number of each operation that was queued, false: no more of them.
  template <class After>
  void queue_all(After after) {
    const arhat::Frame frame{arena.data(),     weights.data(), inputs.constant_data(), outputs.data(),
                             execution.main(), libraries,      0,                      state.data(), fresh};
    inputs.queue_in(execution.main());
    execution.fork();
    for (size_t i = 0; i < program.n_ops; ++i) {
      execution.queue(i, frame);
      if (!after(i)) break;
    }
    execution.join();
    outputs.queue_out(execution.main());
  }

  // False if something in the program cannot be captured, though it runs: it is then done without for good.
  bool capture(arhat::CudaGraphExec& graph) {
    try {
      arhat::Capture capture(execution.main());
      queue_all([](size_t) { return true; });
      graph = capture.finish();
      return true;
    } catch (const arhat::Failure& failure) {
      use_graphs = false;
      add_note("runs are queued operation by operation, not as one CUDA graph: " + failure.text);
      return false;
    }
  }

  void add_note(const std::string& note) {
    notes.push_back(notes.back() + (notes.back().empty() ? "" : "\n") + note);
  }

  // When queueing fails half-way, what was queued has to end before the caller's buffers are let go.
  template <class Body>
  void settled(Body body) {
    try {
      body();
    } catch (...) {
      execution.settle();
      throw;
    }
  }

  // A value that an operation has left, on the host: where its element 0 is.
  const std::byte* fetch(const arhat::ValueInfo& value, std::vector<std::byte>& host) {
    const std::byte* base = value.output < 0 ? arena.data() : static_cast<std::byte*>(outputs.data()[value.output]);
    if (arhat::elements_of(value.dims) == 0) return nullptr;
    int64_t last = 0;
    for (int i = 0; i < value.dims.rank; ++i) last += (value.dims.d[i] - 1) * value.strides[i];
    host.resize(static_cast<size_t>(last + 1) * arhat::size_of(value.type));
    check(cudaMemcpy(host.data(), base + value.offset, host.size(), cudaMemcpyDeviceToHost), "cudaMemcpy");
    return host.data();
  }
};

#include "arhat/abi_functions.hpp"
#include "arhat/cuda/device_functions.hpp"

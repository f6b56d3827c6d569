// The C interface of model.h over the tables of a program for TensorRT.
#include <NvInfer.h>
#include <cuda_runtime_api.h>

#include <algorithm>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "arhat/abi_support.hpp"
#include "arhat/cuda/buffers.hpp"
#include "arhat/cuda/capture.hpp"
#include "arhat/cuda/device.hpp"
#include "arhat/cuda/memory.hpp"
#include "arhat/cuda/staging.hpp"
#include "arhat/trt/batch.hpp"
#include "arhat/trt/engine.hpp"
#include "arhat/trt/loading.hpp"
#include "arhat/trt/nvtx.hpp"
#include "arhat/trt/ports.hpp"
#include "arhat/trt/profile.hpp"
#include "arhat/trt/program.hpp"
#include "arhat/trt/settings.hpp"
#include "arhat/trt/variables.hpp"
#include "arhat/trt/watcher.hpp"
#include "arhat/weights_file.hpp"
#include "model.h"

namespace arhat {

const Program& program();

namespace {

// An engine that shows all values. It is slower, and is built when it is first asked for.
struct WatchedEngine {
  Engine engine;
  Watcher watcher;
  int64_t batch = 0;  // that it was prepared for

  WatchedEngine(nvinfer1::IRuntime& runtime, const HostMemory& data, const Program& program,
                std::vector<std::string> names)
      : engine(runtime, data->data(), data->size()), watcher(program, std::move(names)) {
    if (!engine.context().setDebugListener(&watcher) || !engine.context().setAllTensorsDebugState(true))
      logger().refuse(ARHAT_UNSUPPORTED, "TensorRT cannot show the values of the model");
  }
};

}  // namespace
}  // namespace arhat

using arhat::check;

struct arhat_model {
  // The device is the current one.
  arhat_model(const char* weights_path, const arhat_options& options, int number)
      : program(arhat::program()),
        device(number),
        name(arhat::name_device(number)),
        settings(options),
        plugin_library(options.plugin_library == nullptr ? "" : options.plugin_library),
        caller(static_cast<cudaStream_t>(options.stream)),
        order(caller),
        use_graphs(options.no_cuda_graph == 0),
        weights(weights_path, program),
        ports(program),
        stream_(arhat::make_stream()),
        runtime(arhat::make_runtime(program, settings, library())),
        engine(load(weights_path, options)),
        rows(program, engine->engine()),
        stopwatch(rows),
        variables(program, ports, weights.data()),
        inputs("input", program.inputs, program.n_inputs, number, arhat::tensor_alignment),
        outputs("output", program.outputs, program.n_outputs, number, arhat::tensor_alignment),
        nothing(arhat::tensor_alignment, "empty buffers"),
        captures(8),
        timings(rows.size()) {
    // The callback is the caller's during this call only.
    settings.progress = nullptr;
    for (size_t i = 0; i < program.n_inputs; ++i) inputs.reserve(i, most_bytes(program.inputs[i], input_axis(i)));
    for (size_t i = 0; i < program.n_outputs; ++i) outputs.reserve(i, most_bytes(program.outputs[i], output_axis(i)));
    variables.bind(*engine);
    check(cudaDeviceSynchronize(), "preparing the model");
  }

  static arhat_model* create(const char* weights_path, const arhat_options& options) {
    const int device = arhat::choose_device(options.device);
    arhat::check_version();
    const arhat::CurrentDevice current(device);
    return new arhat_model(weights_path, options, device);
  }

  // Called in place of `delete`: members are released while their device is the current one.
  static void destroy(arhat_model* model) {
    if (model == nullptr) return;
    int before = 0;
    const bool known = cudaGetDevice(&before) == cudaSuccess;
    cudaSetDevice(model->device);
    cudaStreamSynchronize(model->stream_.get());
    if (model->caller != nullptr) cudaStreamSynchronize(model->caller);
    delete model;
    if (known) cudaSetDevice(before);
  }

  void describe(arhat_model_info& info) const {
    info.isa = name.architecture.c_str();
    info.device = name.name.c_str();
    info.device_bytes = engine->device_bytes() + (watched == nullptr ? 0 : watched->engine.device_bytes()) +
                        variables.bytes() + inputs.device_bytes() + outputs.device_bytes();
    info.notes = notes.back().c_str();
    info.batch_min = program.batch_min;
    info.batch_opt = program.batch_opt;
    info.batch_max = program.batch_max;
  }

  void run(const arhat_tensor* in, size_t in_count, const arhat_tensor* out, size_t out_count) {
    const arhat::CurrentDevice current(device);
    const arhat::RunRange range(program.name);
    const arhat::CaptureKey key = bind(in, in_count, out, out_count);
    use_batch(*engine, engine_batch);
    inputs.collect();
    const bool host = caller == nullptr || profiling || inputs.touches_host() || outputs.touches_host();
    // The first run with some buffers is queued as it is: TensorRT then settles what it must not do in a capture, and
    // buffers that never come back are not worth one.
    Captured* captured = use_graphs && !profiling ? &captures.at(key) : nullptr;
    if (captured != nullptr && captured->met && !captured->graph && !capture(captured->graph)) captured = nullptr;
    if (captured != nullptr && captured->graph) {
      check(cudaGraphLaunch(captured->graph.get(), stream()), "cudaGraphLaunch");
    } else {
      order.enter(stream_.get());
      settled([&] { queue(*engine); });
      order.leave(stream_.get());
    }
    if (captured != nullptr) captured->met = true;
    if (!host) return;
    check(cudaStreamSynchronize(stream()), "running the model");
    if (profiling) note_times();
    outputs.deliver();
  }

  template <class Show>
  bool watch(const arhat_tensor* in, size_t in_count, const arhat_tensor* out, size_t out_count, Show show) {
    const arhat::CurrentDevice current(device);
    bind(in, in_count, out, out_count);
    if (watched == nullptr) build_watched();
    use_batch(watched->engine, watched->batch);
    inputs.collect();
    arhat::Watcher& watcher = watched->watcher;
    watcher.begin([&](size_t index, const arhat::Dims& dims, const std::byte* data) {
      const arhat::WatchInfo& value = program.values[index];
      return show(index, arhat::describe(value.layers, value.type, dims), data);
    });
    order.enter(stream_.get());
    settled([&] {
      try {
        queue(watched->engine);
      } catch (const arhat::Failure&) {
        if (!watcher.stopped()) throw;  // else TensorRT gave up because it was told to
      }
    });
    order.leave(stream_.get());
    check(cudaStreamSynchronize(stream()), "running the model");
    if (!watcher.end() || !show_outputs(show)) return false;
    note_unseen();
    outputs.deliver();
    return true;
  }

  void enable_profile(bool enable) {
    const arhat::CurrentDevice current(device);
    stopwatch.take();
    engine->context().setProfiler(enable ? &stopwatch : nullptr);
  }

  arhat_profile_row row(size_t index) const {
    const arhat::EngineRows::Row& row = rows.at(index);
    const arhat::Timing& timing = timings[index];
    // What a layer costs is known for the largest batch.
    const double share =
        batch == 0 ? 1 : static_cast<double>(batch) / static_cast<double>(program.batch_max);
    return {row.name.c_str(), row.layers.c_str(), timing.runs, timing.total_ns, timing.runs == 0 ? 0 : timing.min_ns,
            share * row.flops, share * row.bytes};
  }

  int input_axis(size_t index) const { return arhat::batch_axis(program.input_axes, index); }
  int output_axis(size_t index) const { return arhat::batch_axis(program.output_axes, index); }
  int value_axis(size_t index) const { return program.values[index].batch_axis; }

  cudaStream_t stream() const { return caller != nullptr ? caller : stream_.get(); }

  const arhat::Program& program;
  const int device;
  const arhat::DeviceName name;
  arhat::BuildSettings settings;
  const std::string plugin_library;
  const cudaStream_t caller;  // the stream that the caller wants runs to be ordered on
  arhat::StreamOrder order;
  bool use_graphs;
  std::list<std::string> notes{""};  // the last has them all; callers may still hold earlier ones
  arhat::WeightsFile weights;
  arhat::Ports ports;
  arhat::Stream stream_;
  arhat::Runtime runtime;
  std::unique_ptr<arhat::Engine> engine;
  int64_t engine_batch = 0;  // that it is prepared for
  std::unique_ptr<arhat::WatchedEngine> watched;
  mutable arhat::EngineRows rows;  // described when they are first asked for
  arhat::Stopwatch stopwatch;
  arhat::Variables variables;
  arhat::Staging inputs, outputs;
  arhat::DeviceMemory nothing;  // TensorRT wants an address of buffers without bytes too
  bool fresh = true;            // the next run is the first since the state was reset
  struct Captured {
    bool met = false;
    arhat::CudaGraphExec graph;
  };
  arhat::RecentlyUsed<arhat::CaptureKey, Captured> captures;
  std::vector<arhat::Timing> timings;
  bool profiling = false;
  mutable std::mutex mutex;  // held while the model runs or its profile is read

 private:
  const char* library() const { return plugin_library.empty() ? nullptr : plugin_library.c_str(); }

  std::unique_ptr<arhat::Engine> load(const char* weights_path, const arhat_options& options) {
    const arhat::EngineSource source{program,  ports,     weights.data(), weights_path,
                                     settings, library(), *runtime,       name};
    std::vector<std::string> found;
    std::unique_ptr<arhat::Engine> loaded = arhat::load_engine(source, options, found);
    for (const std::string& note : found) add_note(note);
    return loaded;
  }

  void build_watched() {
    std::vector<std::string> found, names;
    const arhat::HostMemory data =
        arhat::build_engine(program, ports, weights.data(), settings, library(), found, &names);
    watched = std::make_unique<arhat::WatchedEngine>(*runtime, data, program, std::move(names));
    variables.bind(watched->engine);
    for (const std::string& note : found) add_note(note);
    add_note("values are watched in a second engine that was built to show them, and is not kept in a file");
  }

  uint64_t most_bytes(const arhat::TensorInfo& info, int axis) const {
    return arhat::bytes_of({info.name, info.type, arhat::with_batch(info.dims, axis, program.batch_max, program)});
  }

  arhat::CaptureKey bind(const arhat_tensor* in, size_t in_count, const arhat_tensor* out, size_t out_count) {
    if (in_count == program.n_inputs && in != nullptr) batch = arhat::batch_of(program, in, in_count);
    const auto check_all = [&](const char* kind, const arhat::TensorInfo* infos, size_t count, const int* axes,
                               const arhat_tensor* tensors, size_t given) {
      const auto now = arhat::infos_with_batch(infos, count, axes, batch, program);
      arhat::check_buffers(kind, now.data(), count, tensors, given);
    };
    check_all("input", program.inputs, program.n_inputs, program.input_axes, in, in_count);
    check_all("output", program.outputs, program.n_outputs, program.output_axes, out, out_count);
    arhat::CaptureKey key;
    key.fresh = fresh && program.n_states != 0;
    inputs.bind(in, key);
    outputs.bind(out, key);
    return key;
  }

  // Tells an engine the extents of this run's batch. What was captured with another one is not valid any more.
  void use_batch(const arhat::Engine& wanted, int64_t& prepared) {
    if (program.batch_opt == 0 || prepared == batch) return;
    if (&wanted == engine.get()) captures.clear();
    prepared = 0;
    for (size_t i = 0; i < program.n_inputs; ++i) {
      const arhat::Dims dims = arhat::with_batch(program.inputs[i].dims, input_axis(i), batch, program);
      wanted.set_extents(ports.inputs[i], arhat::extents(dims));
    }
    prepared = batch;
  }

  // All work of a run.
  void queue(const arhat::Engine& wanted) {
    const auto address = [&](void* data) { return data == nullptr ? nothing.data() : data; };
    for (size_t i = 0; i < program.n_inputs; ++i) wanted.set_address(ports.inputs[i], address(inputs.data()[i]));
    for (size_t i = 0; i < program.n_outputs; ++i) wanted.set_address(ports.outputs[i], address(outputs.data()[i]));
    inputs.queue_in(stream_.get());
    variables.queue(wanted, fresh, stream_.get());
    outputs.queue_out(stream_.get());
  }

  // False if the engine cannot be captured, though it runs: it is then done without for good.
  bool capture(arhat::CudaGraphExec& graph) {
    try {
      arhat::Capture capture(stream_.get());
      queue(*engine);
      graph = capture.finish();
      return true;
    } catch (const arhat::Failure& failure) {
      use_graphs = false;
      add_note("runs are queued layer by layer, not as one CUDA graph: " + failure.text);
      return false;
    }
  }

  // When queueing fails half-way, what was queued has to end before the caller's buffers are let go.
  template <class Body>
  void settled(Body body) {
    try {
      body();
    } catch (...) {
      cudaStreamSynchronize(stream_.get());
      throw;
    }
  }

  void note_times() {
    const std::vector<double> times = stopwatch.take();
    timings.resize(rows.size());
    for (size_t i = 0; i < times.size(); ++i)
      if (times[i] >= 0) timings[i].add(static_cast<uint64_t>(times[i] * 1e6));
  }

  // Shows the values that TensorRT did not show because they are outputs; false to stop.
  template <class Show>
  bool show_outputs(Show show) {
    for (size_t i = 0; i < program.n_values; ++i) {
      const arhat::WatchInfo& value = program.values[i];
      const size_t* const end = program.results + program.n_outputs;
      const size_t* const output = std::find(program.results, end, value.value);
      if (output == end || watched->watcher.seen(i)) continue;
      watched->watcher.note_seen(i);
      const auto info =
          arhat::describe(value.layers, value.type, arhat::with_batch(value.dims, value.batch_axis, batch, program));
      std::vector<std::byte> host(info.bytes);
      const void* const data = outputs.data()[output - program.results];
      if (info.bytes != 0)
        check(cudaMemcpy(host.data(), data, info.bytes, cudaMemcpyDefault), "cudaMemcpy");
      if (!show(i, info, host.data())) return false;
    }
    return true;
  }

  // Values that TensorRT did not show, which is said once.
  void note_unseen() {
    if (unseen_noted) return;
    unseen_noted = true;
    std::string names;
    size_t count = 0;
    for (size_t i = 0; i < program.n_values; ++i) {
      if (watched->watcher.seen(i)) continue;
      const std::string layers = program.values[i].layers;
      const size_t last = layers.rfind('\n');
      if (++count <= 5)
        names += (names.empty() ? "" : ", ") +
                 arhat::layers_text((last == std::string::npos ? layers : layers.substr(last + 1)).c_str());
    }
    if (count != 0)
      add_note(std::to_string(count) + " of " + std::to_string(program.n_values) +
               " values are not shown, as TensorRT has optimized them away: " + names + (count > 5 ? ", ..." : ""));
  }

  void add_note(const std::string& note) {
    notes.push_back(notes.back() + (notes.back().empty() ? "" : "\n") + note);
  }

  int64_t batch = 0;  // of the run that was bound last; 0 where it is fixed
  bool unseen_noted = false;
};

#include "arhat/abi_functions.hpp"
#include "arhat/cuda/device_functions.hpp"

// The C interface of model.h over the tables of a program for the cpu.
#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "arhat/abi_support.hpp"
#include "arhat/cores.hpp"
#include "arhat/isa.hpp"
#include "arhat/pool_implementation.hpp"
#include "arhat/program.hpp"
#include "arhat/weights_file.hpp"
#include "model.h"

namespace {

using arhat::fail;

const arhat::Isa& choose_isa(const char* name) {
  if (name == nullptr) name = std::getenv("ARHAT_ISA");
  if (name == nullptr || *name == '\0') {
    const arhat::Isa* best = arhat::best_isa();
    if (best == nullptr) fail(ARHAT_UNSUPPORTED, "this processor has none of the instruction sets of this program");
    return *best;
  }
  const arhat::Isa* isa = arhat::find_isa(name);
  if (isa == nullptr) {
    std::string known;
    for (const arhat::Isa& each : arhat::isas) known += std::string(known.empty() ? "" : ", ") + each.name;
    fail(ARHAT_UNSUPPORTED, "instruction set '" + std::string(name) + "' is not built in; there is " + known);
  }
  if (!isa->available()) fail(ARHAT_UNSUPPORTED, "this processor lacks instruction set '" + std::string(name) + "'");
  return *isa;
}

int choose_threads(int threads) {
  if (threads < 0 || threads > 4096)
    fail(ARHAT_INVALID_ARGUMENT, "options.threads is " + std::to_string(threads) + ", expected 0 to 4096");
  return threads == 0 ? arhat::available_cores() : threads;
}

}  // namespace

struct arhat_model : arhat::FixedBatch {
  arhat_model(const char* weights_path, const arhat::Isa& chosen, int threads)
      : isa(chosen.name),
        program(chosen.program()),
        weights(weights_path, program),
        arena(arhat::map_arena(program.arena_bytes)),
        pool(threads),
        input_data(program.n_inputs),
        output_data(program.n_outputs),
        timings(program.n_ops) {
    if (program.state_bytes != 0) state.emplace(arhat::map_arena(program.state_bytes));
  }

  static arhat_model* create(const char* weights_path, const arhat_options& options) {
    const int threads = choose_threads(options.threads);
    return new arhat_model(weights_path, choose_isa(options.isa), threads);
  }

  static void destroy(arhat_model* model) { delete model; }

  void describe(arhat_model_info& info) const {
    info.isa = isa;
    info.threads = pool.threads();
    info.device = "";
    info.notes = "";
  }

  void run(const arhat_tensor* inputs, size_t input_count, const arhat_tensor* outputs, size_t output_count) {
    bind(inputs, input_count, outputs, output_count);
    const arhat::Frame frame = this->frame();
    for (size_t i = 0; i < program.n_ops; ++i) run_operation(i, frame);
  }

  template <class Show>
  bool watch(const arhat_tensor* inputs, size_t input_count, const arhat_tensor* outputs, size_t output_count,
             Show show) {
    bind(inputs, input_count, outputs, output_count);
    const arhat::Frame frame = this->frame();
    const std::vector<std::vector<size_t>> values_of = arhat::values_by_operation(program);
    for (size_t op = 0; op < program.n_ops; ++op) {
      run_operation(op, frame);
      for (const size_t index : values_of[op]) {
        const arhat::ValueInfo& value = program.values[index];
        const std::byte* base =
            value.output < 0 ? frame.arena : static_cast<const std::byte*>(frame.outputs[value.output]);
        if (!arhat::show_value(show, value, index, base + value.offset)) return false;
      }
    }
    return true;
  }

  void enable_profile(bool /*enable*/) {}
  arhat_profile_row row(size_t index) const { return arhat::row_of(program, timings, index); }

  const char* isa;
  const arhat::Program& program;
  arhat::WeightsFile weights;
  arhat::Mapping arena;
  std::optional<arhat::Mapping> state;
  bool fresh = true;  // the next run is the first since the state was reset
  arhat::ThreadPool pool;
  std::vector<const void*> input_data;
  std::vector<void*> output_data;
  std::vector<arhat::Timing> timings;
  bool profiling = false;
  mutable std::mutex mutex;  // held while the model runs or its profile is read

 private:
  // Checks the caller's buffers and notes their addresses for the frame.
  void bind(const arhat_tensor* inputs, size_t input_count, const arhat_tensor* outputs, size_t output_count) {
    arhat::check_buffers("input", program.inputs, program.n_inputs, inputs, input_count);
    arhat::check_buffers("output", program.outputs, program.n_outputs, outputs, output_count);
    for (size_t i = 0; i < input_count; ++i) input_data[i] = inputs[i].data;
    for (size_t i = 0; i < output_count; ++i) output_data[i] = outputs[i].data;
  }

  arhat::Frame frame() {
    return {arena.start(), weights.data(), input_data.data(), output_data.data(), pool, state ? state->start() : nullptr, fresh};
  }

  void run_operation(size_t index, const arhat::Frame& frame) {
    if (!profiling) {
      program.ops[index].run(frame);
      return;
    }
    const auto start = std::chrono::steady_clock::now();
    program.ops[index].run(frame);
    const auto spent = std::chrono::steady_clock::now() - start;
    timings[index].add(
        static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(spent).count()));
  }
};

#include "arhat/abi_functions.hpp"

// There is no device whose memory or order of work could be shared.
extern "C" {

arhat_status arhat_model_stream(const arhat_model* model, void** stream) {
  return arhat::guarded([&] {
    arhat::require(model, "model");
    arhat::require(stream, "stream");
    *stream = nullptr;
    return ARHAT_OK;
  });
}

arhat_status arhat_device_alloc(const arhat_model* model, size_t /*bytes*/, void** data) {
  return arhat::guarded([&]() -> arhat_status {
    arhat::require(model, "model");
    arhat::require(data, "data");
    *data = nullptr;
    fail(ARHAT_UNSUPPORTED, "this program runs on the processor: it has no device memory");
  });
}

arhat_status arhat_device_free(void* data) {
  if (data == nullptr) return ARHAT_OK;
  return arhat::report(ARHAT_INVALID_ARGUMENT, "this program runs on the processor: it gave out no device memory");
}

arhat_status arhat_device_copy(void* /*target*/, const void* /*source*/, size_t bytes) {
  if (bytes == 0) return ARHAT_OK;
  return arhat::report(ARHAT_UNSUPPORTED, "this program runs on the processor: it has no device memory");
}

}  // extern "C"

// The C interface of model.h over the tables of the generated program.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <stdexcept>
#include <vector>

#include "arhat/cores.hpp"
#include "arhat/isa.hpp"
#include "arhat/pool_implementation.hpp"
#include "arhat/program.hpp"
#include "arhat/weights_file.hpp"
#include "model.h"

#ifndef ARHAT_VERSION
#error "the build defines ARHAT_VERSION"
#endif

namespace {

using arhat::Program;

static_assert(ARHAT_MAX_RANK == arhat::max_rank);
static_assert(ARHAT_F32 == static_cast<int>(arhat::Type::f32) && ARHAT_BOOL == static_cast<int>(arhat::Type::boolean));

thread_local char last_error[1024] = "";

// What a failed call reports; caught by guarded().
struct Failure {
  arhat_status status;
  std::string text;
};

[[noreturn]] void fail(arhat_status status, std::string text) { throw Failure{status, std::move(text)}; }

arhat_status report(arhat_status status, const char* text) {
  std::snprintf(last_error, sizeof last_error, "%s", text);
  return status;
}

// Runs the body of a C function; no exception leaves it.
template <class Body>
arhat_status guarded(Body body) noexcept {
  try {
    return body();
  } catch (const Failure& failure) {
    return report(failure.status, failure.text.c_str());
  } catch (const std::bad_alloc&) {
    return report(ARHAT_OUT_OF_MEMORY, "out of memory");
  } catch (const arhat::WeightsUnreadable& error) {
    return report(ARHAT_IO_ERROR, error.what());
  } catch (const arhat::WrongWeights& error) {
    return report(ARHAT_WRONG_WEIGHTS, error.what());
  } catch (const std::exception& error) {
    return report(ARHAT_INTERNAL_ERROR, error.what());
  } catch (...) {
    return report(ARHAT_INTERNAL_ERROR, "unknown exception");
  }
}

void require(const void* pointer, const char* what) {
  if (pointer == nullptr) fail(ARHAT_INVALID_ARGUMENT, std::string(what) + " is NULL");
}

const arhat::Isa& choose_isa(const arhat_options* options) {
  const char* name = options != nullptr ? options->isa : nullptr;
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

int choose_threads(const arhat_options* options) {
  const int threads = options != nullptr ? options->threads : 0;
  if (threads < 0 || threads > 4096)
    fail(ARHAT_INVALID_ARGUMENT, "options.threads is " + std::to_string(threads) + ", expected 0 to 4096");
  return threads == 0 ? arhat::available_cores() : threads;
}

arhat_tensor_info describe(const char* name, arhat::Type type, const arhat::Dims& dims) {
  arhat_tensor_info info{};
  info.name = name;
  info.type = static_cast<arhat_type>(type);
  info.rank = dims.rank;
  std::copy_n(dims.d, dims.rank, info.dims);
  info.bytes = static_cast<size_t>(arhat::elements_of(dims) * arhat::size_of(type));
  return info;
}

// Copies the value at `source` to dense row-major elements; returns the end of what was written.
std::byte* pack(const std::byte* source, std::byte* target, const arhat::ValueInfo& value, int axis, size_t size) {
  if (axis == value.dims.rank) {
    std::memcpy(target, source, size);
    return target + size;
  }
  const int64_t extent = value.dims.d[axis];
  if (axis + 1 == value.dims.rank && value.strides[axis] == 1) {
    std::memcpy(target, source, static_cast<size_t>(extent) * size);
    return target + static_cast<size_t>(extent) * size;
  }
  const int64_t step = value.strides[axis] * static_cast<int64_t>(size);
  for (int64_t i = 0; i < extent; ++i) target = pack(source + i * step, target, value, axis + 1, size);
  return target;
}

struct Timing {
  uint64_t runs = 0;
  uint64_t total_ns = 0;
  uint64_t min_ns = UINT64_MAX;
};

}  // namespace

struct arhat_model {
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

  // Checks the caller's buffers and notes their addresses for the frame.
  void bind(const arhat_tensor* inputs, size_t input_count, const arhat_tensor* outputs, size_t output_count) {
    bind("input", program.inputs, program.n_inputs, inputs, input_count, input_data.data());
    bind("output", program.outputs, program.n_outputs, outputs, output_count, output_data.data());
  }

  void run_operation(size_t index, const arhat::Frame& frame) {
    if (!profiling) {
      program.ops[index].run(frame);
      return;
    }
    const auto start = std::chrono::steady_clock::now();
    program.ops[index].run(frame);
    const auto spent = std::chrono::steady_clock::now() - start;
    const auto ns = static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(spent).count());
    Timing& timing = timings[index];
    timing.runs += 1;
    timing.total_ns += ns;
    timing.min_ns = std::min(timing.min_ns, ns);
  }

  arhat::Frame frame() {
    return {arena.start(), weights.data(), input_data.data(), output_data.data(), pool, state ? state->start() : nullptr, fresh};
  }

  const char* isa;
  const Program& program;
  arhat::WeightsFile weights;
  arhat::Mapping arena;
  std::optional<arhat::Mapping> state;
  bool fresh = true;  // the next run is the first since the state was reset
  arhat::ThreadPool pool;
  std::vector<const void*> input_data;
  std::vector<void*> output_data;
  std::vector<Timing> timings;
  bool profiling = false;
  std::mutex mutex;  // held while the model runs or its profile is read

 private:
  template <class Pointer>
  static void bind(const char* kind, const arhat::TensorInfo* infos, size_t expected, const arhat_tensor* tensors,
                   size_t count, Pointer* data) {
    if (count != expected)
      fail(ARHAT_INVALID_ARGUMENT, "the model has " + std::to_string(expected) + " " + kind + "s, got " +
                                       std::to_string(count));
    if (count != 0) require(tensors, kind);
    for (size_t i = 0; i < count; ++i) {
      const std::string name = std::string(kind) + " '" + infos[i].name + "'";
      const uint64_t bytes = arhat::bytes_of(infos[i]);
      if (tensors[i].bytes != bytes)
        fail(ARHAT_INVALID_ARGUMENT,
             name + " wants " + std::to_string(bytes) + " bytes, got " + std::to_string(tensors[i].bytes));
      if (tensors[i].data == nullptr && bytes != 0) fail(ARHAT_INVALID_ARGUMENT, name + " has no data");
      if (reinterpret_cast<uintptr_t>(tensors[i].data) % arhat::size_of(infos[i].type) != 0)
        fail(ARHAT_INVALID_ARGUMENT, name + " is not aligned to its element type");
      data[i] = tensors[i].data;
    }
  }
};

extern "C" {

const char* arhat_version(void) { return ARHAT_VERSION; }

const char* arhat_status_text(arhat_status status) {
  switch (status) {
    case ARHAT_OK:
      return "ok";
    case ARHAT_INVALID_ARGUMENT:
      return "invalid argument";
    case ARHAT_IO_ERROR:
      return "the weights file cannot be read";
    case ARHAT_WRONG_WEIGHTS:
      return "the weights file does not belong to this program";
    case ARHAT_UNSUPPORTED:
      return "not supported";
    case ARHAT_OUT_OF_MEMORY:
      return "out of memory";
    case ARHAT_STOPPED:
      return "stopped by the callback";
    case ARHAT_INTERNAL_ERROR:
      return "internal error";
  }
  return "unknown status";
}

const char* arhat_last_error(void) { return last_error; }

arhat_status arhat_model_create(const char* weights_path, const arhat_options* options, arhat_model** model) {
  return guarded([&] {
    require(model, "model");
    *model = nullptr;
    require(weights_path, "weights_path");
    const int threads = choose_threads(options);
    *model = new arhat_model(weights_path, choose_isa(options), threads);
    return ARHAT_OK;
  });
}

void arhat_model_destroy(arhat_model* model) { delete model; }

arhat_status arhat_model_get_info(const arhat_model* model, arhat_model_info* info) {
  return guarded([&] {
    require(model, "model");
    require(info, "info");
    const Program& program = model->program;
    info->name = program.name;
    info->isa = model->isa;
    info->threads = model->pool.threads();
    info->inputs = program.n_inputs;
    info->outputs = program.n_outputs;
    info->operations = program.n_ops;
    info->values = program.n_values;
    info->weight_bytes = program.data_bytes;
    info->arena_bytes = program.arena_bytes;
    info->state_bytes = program.state_bytes;
    return ARHAT_OK;
  });
}

}  // extern "C"

namespace {

arhat_status describe_tensor(const char* kind, const arhat::TensorInfo* infos, size_t count, size_t index,
                             arhat_tensor_info* info) {
  require(info, "info");
  if (index >= count)
    fail(ARHAT_INVALID_ARGUMENT, std::string(kind) + " " + std::to_string(index) + " of " + std::to_string(count));
  *info = describe(infos[index].name, infos[index].type, infos[index].dims);
  return ARHAT_OK;
}

}  // namespace

extern "C" {

arhat_status arhat_model_input(const arhat_model* model, size_t index, arhat_tensor_info* info) {
  return guarded([&] {
    require(model, "model");
    return describe_tensor("input", model->program.inputs, model->program.n_inputs, index, info);
  });
}

arhat_status arhat_model_output(const arhat_model* model, size_t index, arhat_tensor_info* info) {
  return guarded([&] {
    require(model, "model");
    return describe_tensor("output", model->program.outputs, model->program.n_outputs, index, info);
  });
}

arhat_status arhat_model_value(const arhat_model* model, size_t index, arhat_tensor_info* info) {
  return guarded([&] {
    require(model, "model");
    require(info, "info");
    const Program& program = model->program;
    if (index >= program.n_values)
      fail(ARHAT_INVALID_ARGUMENT, "value " + std::to_string(index) + " of " + std::to_string(program.n_values));
    const arhat::ValueInfo& value = program.values[index];
    *info = describe(value.layers, value.type, value.dims);
    return ARHAT_OK;
  });
}

arhat_status arhat_model_run(arhat_model* model, const arhat_tensor* inputs, size_t input_count,
                             const arhat_tensor* outputs, size_t output_count) {
  return guarded([&] {
    require(model, "model");
    const std::lock_guard<std::mutex> lock(model->mutex);
    model->bind(inputs, input_count, outputs, output_count);
    const arhat::Frame frame = model->frame();
    for (size_t i = 0; i < model->program.n_ops; ++i) model->run_operation(i, frame);
    model->fresh = false;
    return ARHAT_OK;
  });
}

arhat_status arhat_model_watch(arhat_model* model, const arhat_tensor* inputs, size_t input_count,
                               const arhat_tensor* outputs, size_t output_count, arhat_watch_callback callback,
                               void* user) {
  return guarded([&] {
    require(model, "model");
    if (callback == nullptr) fail(ARHAT_INVALID_ARGUMENT, "callback is NULL");
    const std::lock_guard<std::mutex> lock(model->mutex);
    model->bind(inputs, input_count, outputs, output_count);
    const arhat::Frame frame = model->frame();
    const Program& program = model->program;

    std::vector<std::vector<size_t>> values_of(program.n_ops);
    for (size_t i = 0; i < program.n_values; ++i) values_of[static_cast<size_t>(program.values[i].op)].push_back(i);

    std::vector<std::byte> dense;
    for (size_t op = 0; op < program.n_ops; ++op) {
      model->run_operation(op, frame);
      for (const size_t index : values_of[op]) {
        const arhat::ValueInfo& value = program.values[index];
        const arhat_tensor_info info = describe(value.layers, value.type, value.dims);
        const std::byte* base =
            value.output < 0 ? frame.arena : static_cast<const std::byte*>(frame.outputs[value.output]);
        dense.resize(info.bytes);
        if (info.bytes != 0) pack(base + value.offset, dense.data(), value, 0, arhat::size_of(value.type));
        if (callback(user, index, &info, dense.data()) != 0)
          return report(ARHAT_STOPPED, "stopped by the callback");
      }
    }
    model->fresh = false;
    return ARHAT_OK;
  });
}

arhat_status arhat_model_reset_state(arhat_model* model) {
  return guarded([&] {
    require(model, "model");
    const std::lock_guard<std::mutex> lock(model->mutex);
    model->fresh = true;
    return ARHAT_OK;
  });
}

arhat_status arhat_model_profile_enable(arhat_model* model, int enable) {
  return guarded([&] {
    require(model, "model");
    const std::lock_guard<std::mutex> lock(model->mutex);
    model->profiling = enable != 0;
    if (model->profiling) std::fill(model->timings.begin(), model->timings.end(), Timing{});
    return ARHAT_OK;
  });
}

arhat_status arhat_model_profile_row(arhat_model* model, size_t index, arhat_profile_row* row) {
  return guarded([&] {
    require(model, "model");
    require(row, "row");
    const Program& program = model->program;
    if (index >= program.n_ops)
      fail(ARHAT_INVALID_ARGUMENT, "operation " + std::to_string(index) + " of " + std::to_string(program.n_ops));
    const std::lock_guard<std::mutex> lock(model->mutex);
    const arhat::OpInfo& op = program.ops[index];
    const Timing& timing = model->timings[index];
    *row = {op.name,   op.layers, timing.runs, timing.total_ns, timing.runs == 0 ? 0 : timing.min_ns,
            op.flops, op.bytes};
    return ARHAT_OK;
  });
}

}  // extern "C"

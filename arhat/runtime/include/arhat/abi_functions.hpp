// The C functions of model.h over a target's `struct arhat_model`, which is defined before this file is included:
//
//     const Program& program; mutable std::mutex mutex; bool fresh; bool profiling; std::vector<arhat::Timing> timings;
//     static arhat_model* create(const char* weights_path, const arhat_options&);
//     static void destroy(arhat_model*);
//     void describe(arhat_model_info&) const;    // what the program's tables do not say
//     void run(inputs, input_count, outputs, output_count);
//     bool watch(inputs, input_count, outputs, output_count, show);  // show(value, base): false stops the run
//     void enable_profile(bool);
//
// All but `destroy` may throw; all but that and `create` are called with the mutex held.
#pragma once

#include <mutex>

#include "arhat/abi_support.hpp"

extern "C" {

const char* arhat_version(void) { return ARHAT_VERSION; }

const char* arhat_status_text(arhat_status status) {
  switch (status) {
    case ARHAT_OK:
      return "ok";
    case ARHAT_INVALID_ARGUMENT:
      return "invalid argument";
    case ARHAT_IO_ERROR:
      return "a file cannot be read or written";
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

const char* arhat_last_error(void) { return arhat::last_error; }

arhat_status arhat_model_create(const char* weights_path, const arhat_options* options, arhat_model** model) {
  return arhat::guarded([&] {
    arhat::require(model, "model");
    *model = nullptr;
    arhat::require(weights_path, "weights_path");
    *model = arhat_model::create(weights_path, options != nullptr ? *options : arhat_options{});
    return ARHAT_OK;
  });
}

void arhat_model_destroy(arhat_model* model) { arhat_model::destroy(model); }

arhat_status arhat_model_get_info(const arhat_model* model, arhat_model_info* info) {
  return arhat::guarded([&] {
    arhat::require(model, "model");
    arhat::require(info, "info");
    const std::lock_guard<std::mutex> lock(model->mutex);
    *info = arhat_model_info{};
    info->name = model->program.name;
    info->inputs = model->program.n_inputs;
    info->outputs = model->program.n_outputs;
    info->operations = model->program.n_ops;
    info->values = model->program.n_values;
    info->weight_bytes = model->program.data_bytes;
    info->arena_bytes = model->program.arena_bytes;
    info->state_bytes = model->program.state_bytes;
    model->describe(*info);
    return ARHAT_OK;
  });
}

}  // extern "C"

namespace arhat {
namespace {

arhat_status describe_tensor(const char* kind, const TensorInfo* infos, size_t count, size_t index,
                             arhat_tensor_info* info) {
  require(info, "info");
  if (index >= count)
    fail(ARHAT_INVALID_ARGUMENT, std::string(kind) + " " + std::to_string(index) + " of " + std::to_string(count));
  *info = describe(infos[index].name, infos[index].type, infos[index].dims);
  return ARHAT_OK;
}

}  // namespace
}  // namespace arhat

extern "C" {

arhat_status arhat_model_input(const arhat_model* model, size_t index, arhat_tensor_info* info) {
  return arhat::guarded([&] {
    arhat::require(model, "model");
    return arhat::describe_tensor("input", model->program.inputs, model->program.n_inputs, index, info);
  });
}

arhat_status arhat_model_output(const arhat_model* model, size_t index, arhat_tensor_info* info) {
  return arhat::guarded([&] {
    arhat::require(model, "model");
    return arhat::describe_tensor("output", model->program.outputs, model->program.n_outputs, index, info);
  });
}

arhat_status arhat_model_value(const arhat_model* model, size_t index, arhat_tensor_info* info) {
  return arhat::guarded([&] {
    arhat::require(model, "model");
    arhat::require(info, "info");
    if (index >= model->program.n_values)
      arhat::fail(ARHAT_INVALID_ARGUMENT,
                  "value " + std::to_string(index) + " of " + std::to_string(model->program.n_values));
    const arhat::ValueInfo& value = model->program.values[index];
    *info = arhat::describe(value.layers, value.type, value.dims);
    return ARHAT_OK;
  });
}

arhat_status arhat_model_run(arhat_model* model, const arhat_tensor* inputs, size_t input_count,
                             const arhat_tensor* outputs, size_t output_count) {
  return arhat::guarded([&] {
    arhat::require(model, "model");
    const std::lock_guard<std::mutex> lock(model->mutex);
    model->run(inputs, input_count, outputs, output_count);
    model->fresh = false;
    return ARHAT_OK;
  });
}

arhat_status arhat_model_watch(arhat_model* model, const arhat_tensor* inputs, size_t input_count,
                               const arhat_tensor* outputs, size_t output_count, arhat_watch_callback callback,
                               void* user) {
  return arhat::guarded([&] {
    arhat::require(model, "model");
    if (callback == nullptr) arhat::fail(ARHAT_INVALID_ARGUMENT, "callback is NULL");
    const std::lock_guard<std::mutex> lock(model->mutex);
    std::vector<std::byte> dense;
    const auto show = [&](size_t index, const std::byte* base) {
      const arhat::ValueInfo& value = model->program.values[index];
      const arhat_tensor_info info = arhat::describe(value.layers, value.type, value.dims);
      dense.resize(info.bytes);
      if (info.bytes != 0) arhat::pack(base, dense.data(), value, 0, arhat::size_of(value.type));
      return callback(user, index, &info, dense.data()) == 0;
    };
    if (!model->watch(inputs, input_count, outputs, output_count, show))
      return arhat::report(ARHAT_STOPPED, "stopped by the callback");
    model->fresh = false;
    return ARHAT_OK;
  });
}

arhat_status arhat_model_reset_state(arhat_model* model) {
  return arhat::guarded([&] {
    arhat::require(model, "model");
    const std::lock_guard<std::mutex> lock(model->mutex);
    model->fresh = true;
    return ARHAT_OK;
  });
}

arhat_status arhat_model_profile_enable(arhat_model* model, int enable) {
  return arhat::guarded([&] {
    arhat::require(model, "model");
    const std::lock_guard<std::mutex> lock(model->mutex);
    model->enable_profile(enable != 0);
    model->profiling = enable != 0;
    if (model->profiling) std::fill(model->timings.begin(), model->timings.end(), arhat::Timing{});
    return ARHAT_OK;
  });
}

arhat_status arhat_model_profile_row(arhat_model* model, size_t index, arhat_profile_row* row) {
  return arhat::guarded([&] {
    arhat::require(model, "model");
    arhat::require(row, "row");
    if (index >= model->program.n_ops)
      arhat::fail(ARHAT_INVALID_ARGUMENT,
                  "operation " + std::to_string(index) + " of " + std::to_string(model->program.n_ops));
    const std::lock_guard<std::mutex> lock(model->mutex);
    const arhat::OpInfo& op = model->program.ops[index];
    const arhat::Timing& timing = model->timings[index];
    *row = {op.name,  op.layers, timing.runs, timing.total_ns, timing.runs == 0 ? 0 : timing.min_ns,
            op.flops, op.bytes};
    return ARHAT_OK;
  });
}

}  // extern "C"

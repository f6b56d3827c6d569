// The C functions of model.h over a target's `struct arhat_model`, which is defined before this file is included:
//
//     const Program& program; mutable std::mutex mutex; bool fresh; bool profiling;
//     std::vector<arhat::Timing> timings;        // of each row of the profile
//     static arhat_model* create(const char* weights_path, const arhat_options&);
//     static void destroy(arhat_model*);
//     void describe(arhat_model_info&) const;    // what the program's tables do not say
//     void run(inputs, input_count, outputs, output_count);
//     bool watch(inputs, input_count, outputs, output_count, show);
//         // show(value, arhat_tensor_info, dense elements) gives false to stop the run
//     void enable_profile(bool);
//     arhat_profile_row row(size_t) const;
//     int input_axis(size_t) const; output_axis, value_axis  // along which the extent scales with the batch; -1: none
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
    info->operations = model->timings.size();
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

void describe_tensor(const char* kind, const TensorInfo* infos, size_t count, size_t index, arhat_tensor_info* info) {
  require(info, "info");
  if (index >= count)
    fail(ARHAT_INVALID_ARGUMENT, std::string(kind) + " " + std::to_string(index) + " of " + std::to_string(count));
  *info = describe(infos[index].name, infos[index].type, infos[index].dims);
}

}  // namespace
}  // namespace arhat

extern "C" {

arhat_status arhat_model_input(const arhat_model* model, size_t index, arhat_tensor_info* info) {
  return arhat::guarded([&] {
    arhat::require(model, "model");
    arhat::describe_tensor("input", model->program.inputs, model->program.n_inputs, index, info);
    info->batch_axis = model->input_axis(index);
    return ARHAT_OK;
  });
}

arhat_status arhat_model_output(const arhat_model* model, size_t index, arhat_tensor_info* info) {
  return arhat::guarded([&] {
    arhat::require(model, "model");
    arhat::describe_tensor("output", model->program.outputs, model->program.n_outputs, index, info);
    info->batch_axis = model->output_axis(index);
    return ARHAT_OK;
  });
}

arhat_status arhat_model_value(const arhat_model* model, size_t index, arhat_tensor_info* info) {
  return arhat::guarded([&] {
    arhat::require(model, "model");
    arhat::require(info, "info");
    if (index >= model->program.n_values)
      arhat::fail(ARHAT_INVALID_ARGUMENT,
                  "value " + std::to_string(index) + " of " + std::to_string(model->program.n_values));
    const auto& value = model->program.values[index];
    *info = arhat::describe(value.layers, value.type, value.dims);
    info->batch_axis = model->value_axis(index);
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
    const auto show = [&](size_t index, const arhat_tensor_info& info, const void* data) {
      return callback(user, index, &info, data) == 0;
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
    const std::lock_guard<std::mutex> lock(model->mutex);
    if (index >= model->timings.size())
      arhat::fail(ARHAT_INVALID_ARGUMENT,
                  "operation " + std::to_string(index) + " of " + std::to_string(model->timings.size()));
    *row = model->row(index);
    return ARHAT_OK;
  });
}

}  // extern "C"

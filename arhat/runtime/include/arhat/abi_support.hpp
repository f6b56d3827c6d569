// What the C interface of model.h is made of on every target: errors, checks of buffers, descriptions.
// Only the file that defines the interface includes it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "arhat/failure.hpp"
#include "arhat/tables.hpp"
#include "arhat/weights_file.hpp"
#include "model.h"

#ifndef ARHAT_VERSION
#error "the build defines ARHAT_VERSION"
#endif

namespace arhat {

static_assert(ARHAT_MAX_RANK == max_rank);
static_assert(ARHAT_F32 == static_cast<int>(Type::f32) && ARHAT_BOOL == static_cast<int>(Type::boolean));

namespace {

thread_local char last_error[1024] = "";

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
  } catch (const WeightsUnreadable& error) {
    return report(ARHAT_IO_ERROR, error.what());
  } catch (const WrongWeights& error) {
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

arhat_tensor_info describe(const char* name, Type type, const Dims& dims) {
  arhat_tensor_info info{};
  info.name = name;
  info.type = static_cast<arhat_type>(type);
  info.rank = dims.rank;
  std::copy_n(dims.d, dims.rank, info.dims);
  info.bytes = static_cast<size_t>(elements_of(dims) * size_of(type));
  info.batch_axis = -1;
  return info;
}

// Checks the buffers that a caller gives for the inputs or the outputs.
void check_buffers(const char* kind, const TensorInfo* infos, size_t expected, const arhat_tensor* tensors,
                   size_t count) {
  if (count != expected)
    fail(ARHAT_INVALID_ARGUMENT, "the model has " + std::to_string(expected) + " " + kind + "s, got " +
                                     std::to_string(count));
  if (count != 0) require(tensors, kind);
  for (size_t i = 0; i < count; ++i) {
    const auto name = [&] { return std::string(kind) + " '" + infos[i].name + "'"; };
    const uint64_t bytes = bytes_of(infos[i]);
    if (tensors[i].bytes != bytes)
      fail(ARHAT_INVALID_ARGUMENT,
           name() + " wants " + std::to_string(bytes) + " bytes, got " + std::to_string(tensors[i].bytes));
    if (tensors[i].data == nullptr && bytes != 0) fail(ARHAT_INVALID_ARGUMENT, name() + " has no data");
    if (reinterpret_cast<uintptr_t>(tensors[i].data) % size_of(infos[i].type) != 0)
      fail(ARHAT_INVALID_ARGUMENT, name() + " is not aligned to its element type");
  }
}

// Copies the value at `source` to dense row-major elements; returns the end of what was written.
inline std::byte* pack(const std::byte* source, std::byte* target, const ValueInfo& value, int axis, size_t size) {
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

// Shows a value that lies at `source`; false if the run is to stop.
template <class Show>
bool show_value(const Show& show, const ValueInfo& value, size_t index, const std::byte* source) {
  const arhat_tensor_info info = describe(value.layers, value.type, value.dims);
  std::vector<std::byte> dense(info.bytes);
  if (info.bytes != 0) pack(source, dense.data(), value, 0, size_of(value.type));
  return show(index, info, dense.data());
}

// The values that each operation leaves, by the number of the operation.
template <class Program>
std::vector<std::vector<size_t>> values_by_operation(const Program& program) {
  std::vector<std::vector<size_t>> result(program.n_ops);
  for (size_t i = 0; i < program.n_values; ++i) result[static_cast<size_t>(program.values[i].op)].push_back(i);
  return result;
}

struct Timing {
  uint64_t runs = 0;
  uint64_t total_ns = 0;
  uint64_t min_ns = UINT64_MAX;

  void add(uint64_t ns) {
    runs += 1;
    total_ns += ns;
    min_ns = std::min(min_ns, ns);
  }
};

// What a model says of batches where the program has none but its own.
struct FixedBatch {
  static int input_axis(size_t) { return -1; }
  static int output_axis(size_t) { return -1; }
  static int value_axis(size_t) { return -1; }
};

// A row of the profile that is an operation of the program.
template <class Program>
arhat_profile_row row_of(const Program& program, const std::vector<Timing>& timings, size_t index) {
  const auto& op = program.ops[index];
  const Timing& timing = timings[index];
  return {op.name, op.layers, timing.runs, timing.total_ns, timing.runs == 0 ? 0 : timing.min_ns, op.flops, op.bytes};
}

}  // namespace
}  // namespace arhat

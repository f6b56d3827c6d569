// How many images a run has, which its buffers tell.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "../failure.hpp"
#include "../tables.hpp"
#include "model.h"
#include "ports.hpp"
#include "program.hpp"

namespace arhat {

// The inputs, or outputs, with the extents of a batch.
inline std::vector<TensorInfo> infos_with_batch(const TensorInfo* infos, size_t count, const int* axes, int64_t batch,
                                                const Program& program) {
  std::vector<TensorInfo> result(infos, infos + count);
  for (size_t i = 0; i < count; ++i) result[i].dims = with_batch(result[i].dims, batch_axis(axes, i), batch, program);
  return result;
}

// The batch that the sizes of the inputs tell; fails if it is none that the model takes. 0 where the batch is fixed.
inline int64_t batch_of(const Program& program, const arhat_tensor* inputs, size_t count) {
  if (program.batch_opt == 0) return 0;
  int64_t batch = 0;
  const char* first = "";
  for (size_t i = 0; i < count && i < program.n_inputs; ++i) {
    const TensorInfo& info = program.inputs[i];
    const uint64_t one = bytes_of(info) / static_cast<uint64_t>(program.batch_max);  // bytes of one image
    if (batch_axis(program.input_axes, i) < 0 || one == 0) continue;
    const std::string name = "input '" + layers_text(info.name) + "'";
    if (inputs[i].bytes % one != 0)
      fail(ARHAT_INVALID_ARGUMENT,
           name + " wants " + std::to_string(one) + " bytes for each image, got " + std::to_string(inputs[i].bytes));
    const auto images = static_cast<int64_t>(inputs[i].bytes / one);
    if (images < program.batch_min || images > program.batch_max)
      fail(ARHAT_INVALID_ARGUMENT, name + " has a batch of " + std::to_string(images) + ", and the model takes " +
                                       std::to_string(program.batch_min) + " to " + std::to_string(program.batch_max));
    if (batch != 0 && images != batch)
      fail(ARHAT_INVALID_ARGUMENT, name + " has a batch of " + std::to_string(images) + ", and input '" +
                                       layers_text(first) + "' one of " + std::to_string(batch));
    if (batch == 0) first = info.name;
    batch = images;
  }
  return batch == 0 ? program.batch_opt : batch;
}

}  // namespace arhat

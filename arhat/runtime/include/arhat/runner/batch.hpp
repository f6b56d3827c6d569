// How many images a run has, for models that leave it open.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "arhat/npy.hpp"
#include "arhat/runner/model.hpp"
#include "arhat/runner/options.hpp"
#include "model.h"

namespace arhat::runner {

// The tensors with the extents of a batch in place of those of the largest one.
inline void set_batch(std::vector<arhat_tensor_info>& infos, const arhat_model_info& model, int64_t batch) {
  for (arhat_tensor_info& info : infos) {
    if (model.batch_opt == 0 || info.batch_axis < 0) continue;
    info.dims[info.batch_axis] = info.dims[info.batch_axis] / model.batch_max * batch;
    info.bytes = info.bytes / static_cast<size_t>(model.batch_max) * static_cast<size_t>(batch);
  }
}

// The extents of the array in a file for an input: none if it is an image.
inline std::vector<int64_t> shape_in_file(const std::string& path, const arhat_tensor_info& info) {
  const Bytes file = read_file(path);
  try {
    if (file.size() >= 1 && file[0] == 0x93) return parse_npy(Reader(file)).shape;
    if (file.size() < 2 || file[0] != 'P' || file[1] != 'K') return {};
    const NpzFile npz(file);
    const std::vector<std::string> names = npz.names();
    return npz.read(names.size() == 1 ? names[0] : info.name).shape;
  } catch (const InputError& error) {
    throw InputError("'" + path + "': " + error.what());
  }
}

// The batch that --batch asks for, or the first file has; one for an image; the usual one where nothing is given.
// Whether the model takes it is the model's to say. 0: the batch is fixed.
inline int64_t choose_batch(const Options& options, const arhat_model_info& model,
                            const std::vector<arhat_tensor_info>& infos, const std::vector<std::string>& files) {
  if (model.batch_opt == 0) {
    if (options.batch != 0) throw InputError("--batch: this model has a fixed batch");
    return 0;
  }
  if (options.batch != 0) return static_cast<int64_t>(options.batch);
  for (size_t i = 0; i < infos.size(); ++i) {
    const int axis = infos[i].batch_axis;
    if (axis < 0 || files[i].empty()) continue;
    const std::vector<int64_t> shape = shape_in_file(files[i], infos[i]);
    if (shape.empty()) return 1;
    const int64_t one = infos[i].dims[axis] / model.batch_max;  // extent of one image
    if (static_cast<size_t>(axis) < shape.size() && one != 0 && shape[static_cast<size_t>(axis)] >= one)
      return shape[static_cast<size_t>(axis)] / one;
  }
  return model.batch_opt;
}

}  // namespace arhat::runner

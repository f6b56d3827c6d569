// What the runner feeds a model: arrays, images, random numbers.
#pragma once

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "arhat/image/decode.hpp"
#include "arhat/image/resize.hpp"
#include "arhat/npy.hpp"
#include "arhat/runner/model.hpp"
#include "arhat/runner/options.hpp"
#include "model.h"

namespace arhat::runner {

struct Buffers {
  std::vector<Bytes> storage;
  std::vector<arhat_tensor> tensors;
};

inline Buffers allocate(const std::vector<arhat_tensor_info>& infos) {
  Buffers buffers;
  for (const arhat_tensor_info& info : infos) buffers.storage.emplace_back(info.bytes);
  for (Bytes& bytes : buffers.storage) buffers.tensors.push_back({bytes.data(), bytes.size()});
  return buffers;
}

inline std::string wants(const arhat_tensor_info& info) {
  return "input '" + printable(info.name) + "' wants " + type_text(info);
}

inline void fill_from_array(const Array& array, const arhat_tensor_info& info, Bytes& target) {
  const char* npy = names_of(info.type).npy;
  if (npy == nullptr || array.dtype != npy || array.shape != shape_of(info))
    throw InputError(wants(info) + ", file has " + array.dtype + shape_text(array.shape) +
                     (npy == nullptr ? "" : " (" + std::string(npy) + " is " + names_of(info.type).name + ")"));
  std::memcpy(target.data(), array.data.data(), array.data.size());
}

inline void fill_from_image(const Image& image, const arhat_tensor_info& info, const Options& options, Bytes& target) {
  const auto is_channels = [&](int axis) { return info.dims[axis] == 1 || info.dims[axis] == 3; };
  const bool planar = info.rank == 4 && is_channels(1);
  if (info.rank != 4 || info.dims[0] != 1 || !(planar || is_channels(3)) ||
      (info.type != ARHAT_F32 && info.type != ARHAT_U8))
    throw InputError(wants(info) + ", which is not one image");
  const int64_t height = info.dims[planar ? 2 : 1], width = info.dims[planar ? 3 : 2];
  const size_t channels = static_cast<size_t>(info.dims[planar ? 1 : 3]);
  if (height < 1 || width < 1 || height > 65535 || width > 65535)
    throw InputError(wants(info) + ", which is not one image");
  if (info.type == ARHAT_U8 && !(options.mean.empty() && options.scale.empty()))
    throw InputError(wants(info) + ": --mean and --scale need f32");

  const Image resized = resize(image, static_cast<int>(width), static_cast<int>(height));
  const size_t plane = static_cast<size_t>(width) * static_cast<size_t>(height);
  const size_t stored = static_cast<size_t>(resized.channels);
  const auto setting = [](const std::vector<double>& values, size_t channel, double otherwise) {
    return static_cast<float>(values.empty() ? otherwise : values[values.size() == 1 ? 0 : channel]);
  };
  for (size_t c = 0; c < channels; ++c) {
    const float mean = setting(options.mean, c, 0), scale = setting(options.scale, c, 1);
    for (size_t i = 0; i < plane; ++i) {
      const uint8_t* pixel = resized.pixels.data() + i * stored;
      int level = pixel[0];
      if (channels == 3 && stored == 3) {
        level = pixel[options.rgb ? c : 2 - c];
      } else if (stored == 3) {  // luma of ITU-R BT.601
        level = (4899 * pixel[0] + 9617 * pixel[1] + 1868 * pixel[2] + 8192) >> 14;
      }
      const size_t index = planar ? c * plane + i : i * channels + c;
      if (info.type == ARHAT_U8) {
        target[index] = static_cast<uint8_t>(level);
      } else {
        const float value = (static_cast<float>(level) - mean) / scale;
        std::memcpy(target.data() + index * sizeof value, &value, sizeof value);
      }
    }
  }
}

// Floats from 0 to 1, small integers; the same for the same seed everywhere.
inline void fill_random(uint64_t seed, const arhat_tensor_info& info, Bytes& target) {
  uint64_t state = seed;
  const auto next = [&state] {  // splitmix64
    state += 0x9e3779b97f4a7c15u;
    uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  };
  size_t count = info.bytes;
  for (int i = 0; i < info.rank; ++i) count = info.dims[i] == 0 ? 0 : count / static_cast<size_t>(info.dims[i]);
  const size_t size = count;  // bytes of an element
  for (size_t offset = 0; offset < info.bytes; offset += size) {
    const uint64_t bits = next();
    uint8_t element[8] = {};
    if (info.type == ARHAT_F32) {
      const float value = static_cast<float>(bits >> 40) * 0x1p-24f;
      std::memcpy(element, &value, sizeof value);
    } else if (info.type == ARHAT_F64) {
      const double value = static_cast<double>(bits >> 11) * 0x1p-53;
      std::memcpy(element, &value, sizeof value);
    } else if (info.type == ARHAT_F16) {
      const uint16_t value = static_cast<uint16_t>(0x3800 | bits >> 54);  // from 0.5 to 1
      std::memcpy(element, &value, sizeof value);
    } else if (info.type == ARHAT_BF16) {
      const uint16_t value = static_cast<uint16_t>(0x3f00 | bits >> 57);  // from 0.5 to 1
      std::memcpy(element, &value, sizeof value);
    } else {
      element[0] = static_cast<uint8_t>(info.type == ARHAT_BOOL ? bits & 1 : info.type == ARHAT_U8 ? bits & 255 : bits & 7);
    }
    std::memcpy(target.data() + offset, element, size);
  }
}

inline void fill_from_file(const std::string& path, const arhat_tensor_info& info, const Options& options, Bytes& target) {
  const Bytes file = read_file(path);
  try {
    if (is_image(file)) {
      fill_from_image(decode_image(file), info, options, target);
    } else if (file.size() >= 2 && file[0] == 'P' && file[1] == 'K') {
      const NpzFile npz(file);
      const std::vector<std::string> names = npz.names();
      fill_from_array(npz.read(names.size() == 1 ? names[0] : info.name), info, target);
    } else if (file.size() >= 1 && file[0] == 0x93) {
      fill_from_array(parse_npy(Reader(file)), info, target);
    } else {
      throw InputError("not a .npy, .npz, PNG or JPEG file");
    }
  } catch (const InputError& error) {
    throw InputError("'" + path + "': " + error.what());
  }
}

// The file of each input, "" where none is given.
inline std::vector<std::string> files_of(const Options& options, const std::vector<arhat_tensor_info>& infos) {
  std::vector<std::string> files(infos.size());
  for (const std::string& argument : options.inputs) {
    const auto named = std::find_if(infos.begin(), infos.end(), [&](const arhat_tensor_info& info) {
      return argument.compare(0, std::strlen(info.name) + 1, std::string(info.name) + "=") == 0;
    });
    if (named != infos.end()) {
      files[static_cast<size_t>(named - infos.begin())] = argument.substr(std::strlen(named->name) + 1);
    } else if (infos.size() == 1) {
      files[0] = argument;
    } else if (access(argument.c_str(), F_OK) == 0) {
      const NpzFile npz(read_file(argument));
      for (size_t i = 0; i < infos.size(); ++i)
        if (npz.has(infos[i].name)) files[i] = argument;
    } else {
      std::string names;
      for (const arhat_tensor_info& info : infos) names += std::string(names.empty() ? "" : ", ") + info.name;
      throw InputError("--input '" + argument + "' names no input; there is " + printable(names));
    }
  }
  return files;
}

inline Buffers read_inputs(const Options& options, const std::vector<arhat_tensor_info>& infos,
                           const std::vector<std::string>& files) {
  Buffers buffers = allocate(infos);
  for (size_t i = 0; i < infos.size(); ++i) {
    if (!files[i].empty()) {
      fill_from_file(files[i], infos[i], options, buffers.storage[i]);
    } else if (options.random || options.inputs.empty()) {
      if (!options.random)
        std::fprintf(stderr, "note: input '%s' is random (seed 0)\n", printable(infos[i].name).c_str());
      fill_random(options.seed + i, infos[i], buffers.storage[i]);
    } else {
      throw InputError(wants(infos[i]) + ", and no --input gives it");
    }
  }
  return buffers;
}

}  // namespace arhat::runner

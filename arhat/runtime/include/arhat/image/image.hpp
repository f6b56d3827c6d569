// A decoded picture: 8-bit pixels, row by row, one (gray) or three (red, green, blue) channels.
#pragma once

#include <cstddef>
#include <cstdint>

#include "arhat/bytes.hpp"

namespace arhat {

struct Image {
  int width = 0;
  int height = 0;
  int channels = 0;
  Bytes pixels;
};

// 64 megapixels: above any camera's still of today, below what would fill a small machine's memory.
constexpr uint64_t max_image_pixels = uint64_t{1} << 26;

inline void check_image_size(uint64_t width, uint64_t height) {
  if (width == 0 || height == 0) throw InputError("the image is empty");
  if (width > 65535 || height > 65535 || width * height > max_image_pixels)
    throw InputError("the image is too large: " + std::to_string(width) + " x " + std::to_string(height));
}

}  // namespace arhat

// An image file of a known format.
#pragma once

#include "arhat/bytes.hpp"
#include "arhat/image/image.hpp"
#include "arhat/image/jpeg.hpp"
#include "arhat/image/png.hpp"

namespace arhat {

inline bool is_image(const Bytes& file) { return is_png(file) || is_jpeg(file); }

inline Image decode_image(const Bytes& file) {
  if (is_png(file)) return decode_png(file);
  if (is_jpeg(file)) return decode_jpeg(file);
  throw InputError("not a PNG or JPEG image");
}

}  // namespace arhat

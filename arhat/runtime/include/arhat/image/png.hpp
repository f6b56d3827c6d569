// PNG decoder: every colour type and bit depth, plain and interlaced (PNG specification, third edition).
// Transparency is dropped, 16-bit samples keep their high byte, colour-space chunks are ignored.
#pragma once

#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#include "arhat/bytes.hpp"
#include "arhat/image/image.hpp"
#include "arhat/inflate.hpp"

namespace arhat {

constexpr uint8_t png_signature[8] = {0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

inline bool is_png(const Bytes& file) {
  return file.size() >= 8 && std::memcmp(file.data(), png_signature, 8) == 0;
}

class PngDecoder {
 public:
  explicit PngDecoder(const Bytes& file) {
    Reader reader(file);
    reader.take(8);
    read_chunks(reader);
    if (colour_ == 3 && palette_entries_ == 0) throw InputError("the PNG has no palette");

    uint64_t raw_bytes = 0;
    for (const Pass& pass : passes()) raw_bytes += pass.rows(height_) * bytes_in(pass);
    Reader compressed(compressed_);
    raw_ = inflate_zlib(compressed, static_cast<size_t>(raw_bytes));

    image_.width = static_cast<int>(width_);
    image_.height = static_cast<int>(height_);
    image_.channels = (colour_ & 2) != 0 ? 3 : 1;
    image_.pixels.resize(static_cast<size_t>(width_) * height_ * static_cast<size_t>(image_.channels));
    uint8_t* next = raw_.data();
    for (const Pass& pass : passes()) {
      const size_t row_bytes = static_cast<size_t>(bytes_in(pass));
      const uint8_t* above = nullptr;
      for (uint64_t row = 0; row < pass.rows(height_) && row_bytes != 0; ++row, next += row_bytes) {
        undo_filter(*next, next + 1, above, row_bytes - 1);
        above = next + 1;
        place_row(pass, row, above);
      }
    }
  }

  Image take() { return std::move(image_); }

 private:
  // Pixels x0, x0 + dx, ... of rows y0, y0 + dy, ...
  struct Pass {
    uint32_t x0, y0, dx, dy;
    uint64_t columns(uint32_t width) const { return width <= x0 ? 0 : (width - x0 + dx - 1) / dx; }
    uint64_t rows(uint32_t height) const { return height <= y0 ? 0 : (height - y0 + dy - 1) / dy; }
  };
  struct Passes {
    const Pass* first;
    const Pass* last;
    const Pass* begin() const { return first; }
    const Pass* end() const { return last; }
  };

  Passes passes() const {
    static constexpr Pass plain[] = {{0, 0, 1, 1}};
    static constexpr Pass adam7[] = {{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4},
                                     {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}};
    return interlaced_ ? Passes{adam7, adam7 + 7} : Passes{plain, plain + 1};
  }

  uint32_t bits_per_pixel() const {
    constexpr uint32_t samples[] = {1, 0, 3, 1, 2, 0, 4};
    return samples[colour_] * depth_;
  }
  // Of one row, its filter byte included; 0 for a pass without pixels.
  uint64_t bytes_in(const Pass& pass) const {
    const uint64_t columns = pass.columns(width_);
    return columns == 0 ? 0 : 1 + (columns * bits_per_pixel() + 7) / 8;
  }

  void read_chunks(Reader& reader) {
    for (bool first = true, ended = false, in_data = false; !ended; first = false) {
      const uint32_t length = reader.be32();
      if (length > 0x7fffffffu) throw InputError("the PNG has a chunk of impossible length");
      const uint8_t* kind = reader.take(4);
      Reader chunk = reader.part(length);
      if (reader.be32() != crc32(kind, 4 + size_t{length})) throw InputError("the PNG is damaged: wrong checksum");
      const bool is_data = std::memcmp(kind, "IDAT", 4) == 0;
      if (first != (std::memcmp(kind, "IHDR", 4) == 0)) throw InputError("the PNG does not start with its header");
      if (first) {
        read_header(chunk);
      } else if (std::memcmp(kind, "PLTE", 4) == 0) {
        if (length % 3 != 0 || length == 0 || length > 768) throw InputError("the PNG has a palette of wrong size");
        palette_entries_ = length / 3;
        std::memcpy(palette_.data(), chunk.take(length), length);
      } else if (is_data) {
        if (!in_data && !compressed_.empty()) throw InputError("the PNG's data is not in one piece");
        const uint8_t* start = chunk.take(length);
        compressed_.insert(compressed_.end(), start, start + length);
      } else if (std::memcmp(kind, "IEND", 4) == 0) {
        ended = true;
      } else if ((kind[0] & 32) == 0) {
        throw InputError("the PNG has a critical chunk that is unknown");
      }
      in_data = is_data;
    }
  }

  void read_header(Reader& chunk) {
    if (chunk.left() != 13) throw InputError("the PNG has a header of wrong size");
    width_ = chunk.be32();
    height_ = chunk.be32();
    depth_ = chunk.u8();
    colour_ = chunk.u8();
    const uint8_t compression = chunk.u8();
    const uint8_t filter = chunk.u8();
    const uint8_t interlace = chunk.u8();
    check_image_size(width_, height_);
    const bool low_depth = depth_ == 1 || depth_ == 2 || depth_ == 4;
    const bool known = (colour_ == 0 && (low_depth || depth_ == 8 || depth_ == 16)) ||
                       (colour_ == 3 && (low_depth || depth_ == 8)) ||
                       ((colour_ == 2 || colour_ == 4 || colour_ == 6) && (depth_ == 8 || depth_ == 16));
    if (!known || compression != 0 || filter != 0 || interlace > 1)
      throw InputError("the PNG has an unknown format: colour type " + std::to_string(colour_) + ", depth " +
                       std::to_string(depth_));
    interlaced_ = interlace == 1;
  }

  // Undoes the filter of one row in place (section 9 of the specification).
  void undo_filter(uint8_t filter, uint8_t* row, const uint8_t* above, size_t count) const {
    const size_t step = (bits_per_pixel() + 7) / 8;
    if (filter > 4) throw InputError("the PNG has an unknown filter");
    for (size_t i = 0; i < count; ++i) {
      const int left = i >= step ? row[i - step] : 0;
      const int up = above != nullptr ? above[i] : 0;
      const int corner = i >= step && above != nullptr ? above[i - step] : 0;
      int predicted = 0;
      if (filter == 1) {
        predicted = left;
      } else if (filter == 2) {
        predicted = up;
      } else if (filter == 3) {
        predicted = (left + up) / 2;
      } else if (filter == 4) {
        const int estimate = left + up - corner;
        const int by_left = std::abs(estimate - left);
        const int by_up = std::abs(estimate - up);
        const int by_corner = std::abs(estimate - corner);
        predicted = by_left <= by_up && by_left <= by_corner ? left : by_up <= by_corner ? up : corner;
      }
      row[i] = static_cast<uint8_t>(row[i] + predicted);
    }
  }

  // The sample with that index in a row, at its own depth; 16 bits are cut to the upper 8.
  uint32_t sample(const uint8_t* row, uint64_t index) const {
    if (depth_ == 16) return row[2 * index];
    if (depth_ == 8) return row[index];
    const uint64_t bit = index * depth_;
    return (row[bit / 8] >> (8 - depth_ - bit % 8)) & ((1u << depth_) - 1);
  }

  void place_row(const Pass& pass, uint64_t pass_row, const uint8_t* row) {
    const uint64_t y = pass.y0 + pass_row * pass.dy;
    const uint64_t columns = pass.columns(width_);
    const uint64_t samples = bits_per_pixel() / depth_;
    for (uint64_t column = 0; column < columns; ++column) {
      const uint64_t x = pass.x0 + column * pass.dx;
      uint8_t* pixel = image_.pixels.data() + (y * width_ + x) * static_cast<uint64_t>(image_.channels);
      const uint32_t first = sample(row, column * samples);
      if (colour_ == 3) {
        if (first >= palette_entries_) throw InputError("the PNG uses a colour that its palette lacks");
        std::memcpy(pixel, palette_.data() + 3 * first, 3);
      } else if (image_.channels == 3) {
        for (uint64_t c = 0; c < 3; ++c) pixel[c] = static_cast<uint8_t>(sample(row, column * samples + c));
      } else {
        pixel[0] = static_cast<uint8_t>(depth_ < 8 ? first * 255 / ((1u << depth_) - 1) : first);
      }
    }
  }

  uint32_t width_ = 0;
  uint32_t height_ = 0;
  uint32_t depth_ = 0;
  uint32_t colour_ = 0;  // 0 gray, 2 RGB, 3 palette, 4 gray and alpha, 6 RGB and alpha
  bool interlaced_ = false;
  std::array<uint8_t, 768> palette_{};
  uint32_t palette_entries_ = 0;
  Bytes compressed_;
  Bytes raw_;
  Image image_;
};

inline Image decode_png(const Bytes& file) { return PngDecoder(file).take(); }

}  // namespace arhat

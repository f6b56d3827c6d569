// Bilinear resizing of 8-bit pictures with the fixed-point arithmetic of OpenCV's INTER_LINEAR
// (half-pixel centres, coefficients of 11 bits; an exact halving averages 2 x 2 pixels).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "arhat/image/image.hpp"

namespace arhat {

// The two source positions and weights (of 2048) that make one target position.
struct ResizeTap {
  size_t first, second;
  int first_weight, second_weight;
};

// At the edges OpenCV gives the whole weight to one column, but shares it among two equal rows: with the
// rounding of each product, that shows.
enum class Edge { whole, shared };

inline std::vector<ResizeTap> resize_taps(int source, int target, Edge edge) {
  std::vector<ResizeTap> taps;
  taps.reserve(static_cast<size_t>(target));
  const double scale = 1.0 / (static_cast<double>(target) / source);
  for (int i = 0; i < target; ++i) {
    const float position = static_cast<float>((i + 0.5) * scale - 0.5);
    const int before = static_cast<int>(std::floor(position));
    const bool outside = before < 0 || before >= source - 1;
    const float share = outside && edge == Edge::whole ? 0.0f : position - static_cast<float>(before);
    taps.push_back({static_cast<size_t>(std::clamp(before, 0, source - 1)),
                    static_cast<size_t>(std::clamp(before + 1, 0, source - 1)),
                    static_cast<int>(std::lrint((1.0f - share) * 2048)), static_cast<int>(std::lrint(share * 2048))});
  }
  return taps;
}

inline Image resize(const Image& image, int width, int height) {
  if (image.width == width && image.height == height) return image;
  Image result;
  result.width = width;
  result.height = height;
  result.channels = image.channels;
  const size_t channels = static_cast<size_t>(image.channels);
  const size_t source_row = static_cast<size_t>(image.width) * channels;
  const size_t target_row = static_cast<size_t>(width) * channels;
  result.pixels.resize(target_row * static_cast<size_t>(height));

  if (image.width == 2 * width && image.height == 2 * height) {
    for (size_t y = 0; y < static_cast<size_t>(height); ++y) {
      for (size_t i = 0; i < target_row; ++i) {
        const uint8_t* upper = image.pixels.data() + 2 * y * source_row + (i / channels) * 2 * channels + i % channels;
        const uint8_t* lower = upper + source_row;
        const int sum = upper[0] + upper[channels] + lower[0] + lower[channels];
        result.pixels[y * target_row + i] = static_cast<uint8_t>((sum + 2) >> 2);
      }
    }
    return result;
  }

  const std::vector<ResizeTap> columns = resize_taps(image.width, width, Edge::whole);
  const std::vector<ResizeTap> rows = resize_taps(image.height, height, Edge::shared);
  auto across = [&](size_t row, size_t column, size_t channel) {
    const uint8_t* source = image.pixels.data() + row * source_row + channel;
    const ResizeTap& tap = columns[column];
    return source[tap.first * channels] * tap.first_weight + source[tap.second * channels] * tap.second_weight;
  };
  for (size_t y = 0; y < rows.size(); ++y) {
    const ResizeTap& tap = rows[y];
    for (size_t i = 0; i < target_row; ++i) {
      const int upper = across(tap.first, i / channels, i % channels) >> 4;
      const int lower = across(tap.second, i / channels, i % channels) >> 4;
      const int sum = ((tap.first_weight * upper) >> 16) + ((tap.second_weight * lower) >> 16);
      result.pixels[y * target_row + i] = static_cast<uint8_t>((sum + 2) >> 2);
    }
  }
  return result;
}

}  // namespace arhat

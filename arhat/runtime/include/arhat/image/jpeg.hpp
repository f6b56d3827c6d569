// JPEG decoder: baseline, extended sequential and progressive Huffman coding, 8 bits, gray or three
// components, any whole-number subsampling, restart intervals (ITU-T T.81).
//
// Inverse transform, chroma upsampling and colour conversion are the integer ones of the IJG library's
// default decoder ("islow", "fancy"), so that pixels are the same as those most tools see.
// Metadata is ignored, the orientation of Exif included.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "arhat/bytes.hpp"
#include "arhat/image/image.hpp"

namespace arhat {

inline bool is_jpeg(const Bytes& file) {
  return file.size() >= 3 && file[0] == 0xff && file[1] == 0xd8 && file[2] == 0xff;
}

// Bits of an entropy-coded segment, most significant first, byte stuffing removed. It ends at a marker.
class JpegBits {
 public:
  JpegBits(const uint8_t* next, const uint8_t* end) : next_(next), end_(end) {}

  // The next bits without taking them; behind the end they are zero.
  uint32_t peek(int count) {
    while (filled_ < count && next_ != end_) {
      if (*next_ == 0xff) {
        if (end_ - next_ < 2 || next_[1] != 0) break;
        ++next_;
        buffer_ = buffer_ << 8 | 0xff;
      } else {
        buffer_ = buffer_ << 8 | *next_;
      }
      ++next_;
      filled_ += 8;
    }
    const uint64_t bits = filled_ >= count ? buffer_ >> (filled_ - count) : buffer_ << (count - filled_);
    return static_cast<uint32_t>(bits & ((uint64_t{1} << count) - 1));
  }
  void drop(int count) {
    if (count > filled_) throw InputError("the JPEG is truncated or damaged");
    filled_ -= count;
  }
  int get(int count) {
    const uint32_t bits = peek(count);
    drop(count);
    return static_cast<int>(bits);
  }
  // A signed number of that many bits (T.81, F.2.2.1).
  int get_signed(int count) {
    if (count == 0) return 0;
    const int bits = get(count);
    return bits < 1 << (count - 1) ? bits - (1 << count) + 1 : bits;
  }
  // Passes the restart marker with that number.
  void restart(int number) {
    filled_ = 0;
    while (end_ - next_ >= 2 && next_[0] == 0xff && next_[1] == 0xff) ++next_;
    if (end_ - next_ < 2 || next_[0] != 0xff || next_[1] != 0xd0 + number)
      throw InputError("the JPEG lacks a restart marker");
    next_ += 2;
  }
  const uint8_t* next() const { return next_; }

 private:
  const uint8_t* next_;
  const uint8_t* end_;
  uint64_t buffer_ = 0;  // the lowest filled_ bits are unread
  int filled_ = 0;
};

class JpegCode {
 public:
  JpegCode() = default;
  JpegCode(const uint8_t* counts, const uint8_t* symbols) {
    int code = 0, index = 0;
    for (int length = 1; length <= 16; ++length) {
      const int count = counts[length - 1];
      first_[length] = code;
      start_[length] = index;
      count_[length] = count;
      if (code + count > 1 << length) throw InputError("the JPEG has an impossible code table");
      for (int i = 0; i < count; ++i, ++code, ++index) {
        symbols_[index] = symbols[index];
        if (length > 8) continue;
        const int shift = 8 - length;
        for (int rest = 0; rest < 1 << shift; ++rest)
          short_[(code << shift) + rest] = static_cast<uint16_t>(length << 8 | symbols[index]);
      }
      code <<= 1;
    }
    known_ = index != 0;
  }

  bool known() const { return known_; }

  int decode(JpegBits& bits) const {
    const uint32_t ahead = bits.peek(16);
    if (const uint16_t entry = short_[ahead >> 8]; entry != 0) {
      bits.drop(entry >> 8);
      return entry & 0xff;
    }
    for (int length = 9; length <= 16; ++length) {
      const int offset = static_cast<int>(ahead >> (16 - length)) - first_[length];
      if (offset >= 0 && offset < count_[length]) {
        bits.drop(length);
        return symbols_[start_[length] + offset];
      }
    }
    throw InputError("the JPEG is truncated or damaged");
  }

 private:
  bool known_ = false;
  std::array<int, 17> first_{}, start_{}, count_{};
  std::array<uint8_t, 256> symbols_{};
  std::array<uint16_t, 256> short_{};  // by the next 8 bits: length and symbol; 0 for longer codes
};

class JpegDecoder {
 public:
  explicit JpegDecoder(const Bytes& file)
      : file_bytes_(file.size()), next_(file.data()), end_(file.data() + file.size()) {
    while (next_marker()) {
    }
    if (components_.empty()) throw InputError("the JPEG has no image");
    for (Component& component : components_)
      if (!component.seen) throw InputError("the JPEG is incomplete");
  }

  Image decode() {
    std::vector<Bytes> planes;
    for (Component& component : components_) planes.push_back(upsample(component, transform(component)));
    Image image;
    image.width = width_;
    image.height = height_;
    image.channels = static_cast<int>(planes.size());
    if (planes.size() == 1) {
      image.pixels = std::move(planes[0]);
      return image;
    }
    const bool rgb = adobe_ ? adobe_transform_ == 0 : !jfif_ && has_rgb_ids();
    const size_t count = planes[0].size();
    image.pixels.resize(3 * count);
    for (size_t i = 0; i < count; ++i) {
      uint8_t* pixel = image.pixels.data() + 3 * i;
      if (rgb) {
        for (size_t c = 0; c < 3; ++c) pixel[c] = planes[c][i];
      } else {
        const int y = planes[0][i], cb = planes[1][i] - 128, cr = planes[2][i] - 128;
        pixel[0] = clamp(y + ((91881 * cr + 32768) >> 16));
        pixel[1] = clamp(y + ((-22554 * cb - 46802 * cr + 32768) >> 16));
        pixel[2] = clamp(y + ((116130 * cb + 32768) >> 16));
      }
    }
    return image;
  }

 private:
  struct Component {
    int id, h, v, table;
    int columns, rows;              // samples
    int block_columns, block_rows;  // blocks that hold samples
    int stride, stored_rows;        // blocks that are stored: rounded up to whole MCUs
    bool seen = false;              // in a scan with the DC coefficient
    std::array<uint16_t, 64> quantization{};
    std::vector<int16_t> coefficients;
    int prediction = 0;

    int16_t* block(int row, int column) {
      return coefficients.data() + (static_cast<size_t>(row) * static_cast<size_t>(stride) +
                                    static_cast<size_t>(column)) * 64;
    }
  };

  struct Scan {
    int first, last, high, low;  // spectral selection, successive approximation
    int end_run = 0;             // blocks left in an end-of-band run
  };

  static uint8_t clamp(int64_t value) { return static_cast<uint8_t>(std::clamp<int64_t>(value, 0, 255)); }
  static int divide_up(int a, int b) { return (a + b - 1) / b; }

  static constexpr uint8_t zigzag[64] = {0,  1,  8,  16, 9,  2,  3,  10, 17, 24, 32, 25, 18, 11, 4,  5,
                                         12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6,  7,  14, 21, 28,
                                         35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51,
                                         58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54, 47, 55, 62, 63};

  bool has_rgb_ids() const {
    return components_[0].id == 'R' && components_[1].id == 'G' && components_[2].id == 'B';
  }

  // Reads one marker and its segment; false at the end of the image.
  bool next_marker() {
    while (end_ - next_ >= 2 && (next_[0] != 0xff || next_[1] == 0 || next_[1] == 0xff)) ++next_;
    if (end_ - next_ < 2) throw InputError("the JPEG is truncated");
    const int marker = next_[1];
    next_ += 2;
    if (marker == 0xd9) return false;
    if (marker == 0xd8 || marker == 0x01 || (marker >= 0xd0 && marker <= 0xd7)) return true;

    Reader rest(next_, static_cast<size_t>(end_ - next_));
    const int length = rest.be16();
    if (length < 2) throw InputError("the JPEG has a segment of impossible length");
    Reader segment = rest.part(static_cast<uint64_t>(length - 2));
    next_ += length;
    if (marker == 0xdb) {
      read_quantization(segment);
    } else if (marker == 0xc4) {
      read_codes(segment);
    } else if (marker == 0xc0 || marker == 0xc1 || marker == 0xc2) {
      progressive_ = marker == 0xc2;
      read_frame(segment);
    } else if (marker >= 0xc0 && marker <= 0xcf && marker != 0xc8) {
      throw InputError("the JPEG uses a rare coding (arithmetic, lossless or hierarchical)");
    } else if (marker == 0xdd) {
      restart_interval_ = segment.be16();
    } else if (marker == 0xe0) {
      jfif_ = jfif_ || (segment.left() >= 5 && std::memcmp(segment.take(5), "JFIF", 5) == 0);
    } else if (marker == 0xee) {
      if (segment.left() >= 12 && std::memcmp(segment.take(5), "Adobe", 5) == 0) {
        segment.take(6);
        adobe_ = true;
        adobe_transform_ = segment.u8();
      }
    } else if (marker == 0xda) {
      read_scan(segment);
    }
    return true;
  }

  void read_quantization(Reader& segment) {
    while (segment.left() != 0) {
      const int head = segment.u8();
      if (head >> 4 > 1 || (head & 15) > 3) throw InputError("the JPEG has an unknown quantization table");
      for (int i = 0; i < 64; ++i)
        quantization_[static_cast<size_t>(head & 15)][zigzag[i]] = head >> 4 != 0 ? segment.be16() : segment.u8();
      has_quantization_[static_cast<size_t>(head & 15)] = true;
    }
  }

  void read_codes(Reader& segment) {
    while (segment.left() != 0) {
      const int head = segment.u8();
      if (head >> 4 > 1 || (head & 15) > 3) throw InputError("the JPEG has an unknown code table");
      const uint8_t* counts = segment.take(16);
      int total = 0;
      for (int i = 0; i < 16; ++i) total += counts[i];
      if (total > 256) throw InputError("the JPEG has an impossible code table");
      codes_[static_cast<size_t>(head >> 4)][static_cast<size_t>(head & 15)] =
          JpegCode(counts, segment.take(static_cast<uint64_t>(total)));
    }
  }

  void read_frame(Reader& segment) {
    if (!components_.empty()) throw InputError("the JPEG has several frames");
    if (segment.u8() != 8) throw InputError("the JPEG has samples that are not 8 bits");
    height_ = segment.be16();
    width_ = segment.be16();
    check_image_size(static_cast<uint64_t>(width_), static_cast<uint64_t>(height_));
    const int count = segment.u8();
    if (count == 4) throw InputError("the JPEG is CMYK, which is not supported");
    if (count != 1 && count != 3) throw InputError("the JPEG has " + std::to_string(count) + " components");
    for (int i = 0; i < count; ++i) {
      Component component{};
      component.id = segment.u8();
      const int sampling = segment.u8();
      component.h = sampling >> 4;
      component.v = sampling & 15;
      component.table = segment.u8();
      if (component.h < 1 || component.h > 4 || component.v < 1 || component.v > 4 || component.table > 3)
        throw InputError("the JPEG has an impossible component");
      h_max_ = std::max(h_max_, component.h);
      v_max_ = std::max(v_max_, component.v);
      components_.push_back(component);
    }
    mcu_columns_ = divide_up(width_, 8 * h_max_);
    mcu_rows_ = divide_up(height_, 8 * v_max_);
    uint64_t blocks = 0;
    for (Component& component : components_) {
      if (h_max_ % component.h != 0 || v_max_ % component.v != 0)
        throw InputError("the JPEG has a fractional subsampling, which is not supported");
      component.columns = divide_up(width_ * component.h, h_max_);
      component.rows = divide_up(height_ * component.v, v_max_);
      component.block_columns = divide_up(component.columns, 8);
      component.block_rows = divide_up(component.rows, 8);
      component.stride = mcu_columns_ * component.h;
      component.stored_rows = mcu_rows_ * component.v;
      blocks += static_cast<uint64_t>(component.block_columns) * static_cast<uint64_t>(component.block_rows);
    }
    // Each block costs at least a bit: refuse before allocating what a short file cannot fill.
    if (blocks / 8 > file_bytes_) throw InputError("the JPEG is truncated");
    for (Component& component : components_)
      component.coefficients.resize(static_cast<size_t>(component.stride) *
                                    static_cast<size_t>(component.stored_rows) * 64);
  }

  void read_scan(Reader& segment) {
    if (components_.empty()) throw InputError("the JPEG has data before its header");
    if (++scans_ > 200) throw InputError("the JPEG has too many scans");
    struct Part {
      Component* component;
      const JpegCode* dc;
      const JpegCode* ac;
    };
    std::vector<Part> parts;
    const size_t count = segment.u8();
    if (count < 1 || count > components_.size()) throw InputError("the JPEG has an impossible scan");
    for (size_t i = 0; i < count; ++i) {
      const int id = segment.u8();
      const size_t tables = segment.u8();
      auto found = std::find_if(components_.begin(), components_.end(), [&](Component& c) { return c.id == id; });
      if (found == components_.end() || tables >> 4 > 3 || (tables & 15) > 3)
        throw InputError("the JPEG has an impossible scan");
      for (const Part& part : parts)
        if (part.component == &*found) throw InputError("the JPEG has an impossible scan");
      parts.push_back({&*found, &codes_[0][tables >> 4], &codes_[1][tables & 15]});
    }
    Scan scan{};
    scan.first = segment.u8();
    scan.last = segment.u8();
    const int approximation = segment.u8();
    scan.high = approximation >> 4;
    scan.low = approximation & 15;
    const bool valid = progressive_ ? scan.first <= scan.last && scan.last <= 63 && scan.low <= 13 &&
                                          (scan.first == 0 ? scan.last == 0 : count == 1) &&
                                          (scan.high == 0 || scan.high == scan.low + 1)
                                    : scan.first == 0 && scan.last == 63 && approximation == 0;
    if (!valid) throw InputError("the JPEG has an impossible scan");
    const bool uses_dc = scan.first == 0 && scan.high == 0;
    const bool uses_ac = scan.last != 0;
    for (const Part& part : parts) {
      if ((uses_dc && !part.dc->known()) || (uses_ac && !part.ac->known()))
        throw InputError("the JPEG lacks a code table");
      Component& component = *part.component;
      if (component.seen) continue;
      if (scan.first != 0) throw InputError("the JPEG's scans are out of order");
      if (!has_quantization_[static_cast<size_t>(component.table)])
        throw InputError("the JPEG lacks a quantization table");
      component.seen = true;
      component.quantization = quantization_[static_cast<size_t>(component.table)];
    }

    // A scan of one component counts that component's own blocks; otherwise an MCU has h x v of each.
    const bool interleaved = count > 1;
    const int columns = interleaved ? mcu_columns_ : parts[0].component->block_columns;
    const int rows = interleaved ? mcu_rows_ : parts[0].component->block_rows;
    JpegBits bits(next_, end_);
    int until_restart = restart_interval_, restarts = 0;
    for (const Part& part : parts) part.component->prediction = 0;
    for (int row = 0; row < rows; ++row) {
      for (int column = 0; column < columns; ++column) {
        if (restart_interval_ != 0 && until_restart-- == 0) {
          bits.restart(restarts++ % 8);
          until_restart = restart_interval_ - 1;
          scan.end_run = 0;
          for (const Part& part : parts) part.component->prediction = 0;
        }
        for (const Part& part : parts) {
          Component& component = *part.component;
          const int h = interleaved ? component.h : 1, v = interleaved ? component.v : 1;
          for (int y = 0; y < v; ++y)
            for (int x = 0; x < h; ++x)
              read_block(component.block(row * v + y, column * h + x), component, scan, *part.dc, *part.ac, bits);
        }
      }
    }
    next_ = bits.next();
  }

  void read_block(int16_t* block, Component& component, Scan& scan, const JpegCode& dc, const JpegCode& ac,
                  JpegBits& bits) const {
    if (scan.first == 0) {
      if (scan.high == 0) {
        const int size = dc.decode(bits);
        if (size > 15) throw InputError("the JPEG is damaged");
        component.prediction = static_cast<int16_t>(component.prediction + bits.get_signed(size));
        block[0] = static_cast<int16_t>(component.prediction * (1 << scan.low));
      } else if (bits.get(1) != 0) {
        block[0] = static_cast<int16_t>(block[0] | 1 << scan.low);
      }
    }
    if (scan.last == 0) return;
    if (scan.high == 0) {
      read_coefficients(block, scan, ac, bits);
    } else {
      refine_coefficients(block, scan, ac, bits);
    }
  }

  // First pass over the AC coefficients (T.81, F.2.2.2 and G.1.2.2).
  void read_coefficients(int16_t* block, Scan& scan, const JpegCode& ac, JpegBits& bits) const {
    if (scan.end_run > 0) {
      --scan.end_run;
      return;
    }
    for (int k = std::max(scan.first, 1); k <= scan.last; ++k) {
      const int symbol = ac.decode(bits);
      const int run = symbol >> 4, size = symbol & 15;
      if (size == 0) {
        if (run == 15) {
          k += 15;
          continue;
        }
        if (run != 0 && !progressive_) throw InputError("the JPEG is damaged");
        scan.end_run = (1 << run) - 1 + (run != 0 ? bits.get(run) : 0);
        return;
      }
      k += run;
      if (k > scan.last) throw InputError("the JPEG is damaged");
      block[zigzag[k]] = static_cast<int16_t>(bits.get_signed(size) * (1 << scan.low));
    }
  }

  // A further bit of the AC coefficients (T.81, G.1.2.3).
  void refine_coefficients(int16_t* block, Scan& scan, const JpegCode& ac, JpegBits& bits) const {
    const int16_t one = static_cast<int16_t>(1 << scan.low);
    auto refine = [&](int16_t& coefficient) {
      if (bits.get(1) != 0 && (coefficient & one) == 0)
        coefficient = static_cast<int16_t>(coefficient + (coefficient > 0 ? one : -one));
    };
    int k = scan.first;
    if (scan.end_run == 0) {
      for (; k <= scan.last; ++k) {
        const int symbol = ac.decode(bits);
        int run = symbol >> 4;
        int value = 0;
        if ((symbol & 15) == 1) {
          value = bits.get(1) != 0 ? one : -one;
        } else if ((symbol & 15) != 0) {
          throw InputError("the JPEG is damaged");
        } else if (run != 15) {
          scan.end_run = (1 << run) + (run != 0 ? bits.get(run) : 0);
          break;
        }
        // Pass `run` zero coefficients; those that are not zero get their bit on the way.
        for (; k <= scan.last; ++k) {
          int16_t& coefficient = block[zigzag[k]];
          if (coefficient != 0) {
            refine(coefficient);
          } else if (run-- == 0) {
            coefficient = static_cast<int16_t>(value);
            break;
          }
        }
      }
    }
    if (scan.end_run > 0) {
      for (; k <= scan.last; ++k)
        if (int16_t& coefficient = block[zigzag[k]]; coefficient != 0) refine(coefficient);
      --scan.end_run;
    }
  }

  // One-dimensional inverse transform of eight values `step` apart (Loeffler, Ligtenberg, Moschytz), scaled
  // by the square root of 8; constants have 13 fractional bits, `shift` bits are rounded away.
  template <class In, class Out>
  static void transform_line(In in, Out out, int shift) {
    const int64_t even = (in(2) + in(6)) * 4433;
    const int64_t e2 = even - in(6) * 15137;
    const int64_t e3 = even + in(2) * 6270;
    const int64_t e0 = (in(0) + in(4)) * 8192;
    const int64_t e1 = (in(0) - in(4)) * 8192;
    const int64_t s[4] = {e0 + e3, e1 + e2, e1 - e2, e0 - e3};

    const int64_t z1 = (in(7) + in(1)) * -7373;
    const int64_t z2 = (in(5) + in(3)) * -20995;
    const int64_t both = (in(7) + in(3) + in(5) + in(1)) * 9633;
    const int64_t z3 = (in(7) + in(3)) * -16069 + both;
    const int64_t z4 = (in(5) + in(1)) * -3196 + both;
    const int64_t t[4] = {in(1) * 12299 + z1 + z4, in(3) * 25172 + z2 + z3, in(5) * 16819 + z2 + z4,
                          in(7) * 2446 + z1 + z3};
    const int64_t half = int64_t{1} << (shift - 1);
    for (int i = 0; i < 4; ++i) {
      out(i, (s[i] + t[i] + half) >> shift);
      out(7 - i, (s[i] - t[i] + half) >> shift);
    }
  }

  // Samples of a component, block_columns * 8 wide.
  Bytes transform(Component& component) const {
    const size_t width = static_cast<size_t>(component.block_columns) * 8;
    Bytes plane(width * static_cast<size_t>(component.block_rows) * 8);
    for (int row = 0; row < component.block_rows; ++row) {
      for (int column = 0; column < component.block_columns; ++column) {
        const int16_t* block = component.block(row, column);
        int64_t work[64];
        for (int x = 0; x < 8; ++x) {
          transform_line(
              [&](int i) -> int64_t {
                return std::clamp(int{block[8 * i + x]} * int{component.quantization[static_cast<size_t>(8 * i + x)]},
                                  -32768, 32767);
              },
              [&](int i, int64_t value) { work[8 * i + x] = value; }, 11);
        }
        uint8_t* target = plane.data() + static_cast<size_t>(row) * 8 * width + static_cast<size_t>(column) * 8;
        for (int y = 0; y < 8; ++y, target += width) {
          transform_line([&](int i) { return work[8 * y + i]; },
                         [&](int i, int64_t value) { target[i] = clamp(value + 128); }, 18);
        }
      }
    }
    component.coefficients = {};
    return plane;
  }

  // Enlarges a component's samples to the size of the image. Factors of 2 interpolate as a triangle filter,
  // its rounding alternating from sample to sample; others repeat.
  Bytes upsample(const Component& component, Bytes plane) const {
    const int across = h_max_ / component.h, down = v_max_ / component.v;
    const size_t stride = static_cast<size_t>(component.block_columns) * 8;
    const size_t width = static_cast<size_t>(width_);
    const bool smooth_across = across == 2 && component.columns > 2 && (down == 1 || down == 2);
    const bool smooth_down = down == 2 && (smooth_across || across == 1);
    Bytes result(width * static_cast<size_t>(height_));
    std::vector<int> line(static_cast<size_t>(component.columns));
    for (int y = 0; y < height_; ++y) {
      const int row = y / down;
      const uint8_t* near = plane.data() + static_cast<size_t>(row) * stride;
      const int other = std::clamp(y % 2 == 0 ? row - 1 : row + 1, 0, component.rows - 1);
      const uint8_t* far = plane.data() + static_cast<size_t>(other) * stride;
      uint8_t* out = result.data() + static_cast<size_t>(y) * width;
      if (!smooth_across && !smooth_down) {
        for (size_t x = 0; x < width; ++x) out[x] = near[x / static_cast<size_t>(across)];
        continue;
      }
      // `line` is the sum over one or two rows, of weight 1 or 4.
      for (size_t x = 0; x < line.size(); ++x) line[x] = smooth_down ? 3 * near[x] + far[x] : near[x];
      if (!smooth_across) {
        const int round = y % 2 == 0 ? 1 : 2;
        for (size_t x = 0; x < width; ++x) out[x] = static_cast<uint8_t>((line[x] + round) >> 2);
        continue;
      }
      const int shift = smooth_down ? 4 : 2;
      const int round_left = smooth_down ? 8 : 1;
      const int round_right = smooth_down ? 7 : 2;
      for (size_t x = 0; x < width; ++x) {
        const size_t centre = x / 2;
        const bool left = x % 2 == 0;
        const size_t neighbour = left ? (centre == 0 ? 0 : centre - 1) : std::min(centre + 1, line.size() - 1);
        out[x] = static_cast<uint8_t>((3 * line[centre] + line[neighbour] + (left ? round_left : round_right)) >> shift);
      }
    }
    return result;
  }

  size_t file_bytes_;
  const uint8_t* next_;
  const uint8_t* end_;
  bool progressive_ = false;
  bool jfif_ = false;
  bool adobe_ = false;
  int adobe_transform_ = 0;
  int restart_interval_ = 0;
  int scans_ = 0;
  int width_ = 0;
  int height_ = 0;
  int h_max_ = 1;
  int v_max_ = 1;
  int mcu_columns_ = 0;
  int mcu_rows_ = 0;
  std::vector<Component> components_;
  std::array<std::array<uint16_t, 64>, 4> quantization_{};
  std::array<bool, 4> has_quantization_{};
  std::array<std::array<JpegCode, 4>, 2> codes_;
};

inline Image decode_jpeg(const Bytes& file) { return JpegDecoder(file).decode(); }

}  // namespace arhat

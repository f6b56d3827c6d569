// Decompression of deflate streams (RFC 1951) and zlib streams (RFC 1950), and their checksums.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "arhat/bytes.hpp"

namespace arhat {

constexpr std::array<uint32_t, 256> make_crc_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t n = 0; n < 256; ++n) {
    uint32_t c = n;
    for (int bit = 0; bit < 8; ++bit) c = (c & 1) != 0 ? 0xedb88320u ^ (c >> 1) : c >> 1;
    table[n] = c;
  }
  return table;
}

inline constexpr std::array<uint32_t, 256> crc_table = make_crc_table();

// CRC-32 of zip and PNG. `crc` continues an earlier part.
inline uint32_t crc32(const void* bytes, size_t count, uint32_t crc = 0) {
  const uint8_t* next = static_cast<const uint8_t*>(bytes);
  crc = ~crc;
  for (size_t i = 0; i < count; ++i) crc = crc_table[(crc ^ next[i]) & 0xff] ^ (crc >> 8);
  return ~crc;
}

inline uint32_t adler32(const Bytes& bytes) {
  uint32_t a = 1, b = 0;
  for (size_t start = 0; start < bytes.size(); start += 5552) {  // the sums cannot overflow within 5552 bytes
    const size_t end = std::min(bytes.size(), start + 5552);
    for (size_t i = start; i < end; ++i) b += a += bytes[i];
    a %= 65521;
    b %= 65521;
  }
  return b << 16 | a;
}

// Bits of a byte array, least significant first.
class DeflateBits {
 public:
  explicit DeflateBits(Reader& reader) : reader_(reader) {}

  uint32_t get(int count) {
    while (filled_ < count) {
      buffer_ |= static_cast<uint32_t>(reader_.u8()) << filled_;
      filled_ += 8;
    }
    const uint32_t value = buffer_ & ((1u << count) - 1);
    buffer_ >>= count;
    filled_ -= count;
    return value;
  }
  // Drops the rest of the current byte; what follows is read from the reader.
  void align() {
    buffer_ = 0;
    filled_ = 0;
  }

 private:
  Reader& reader_;
  uint32_t buffer_ = 0;  // never holds a whole unread byte between calls
  int filled_ = 0;
};

// A canonical Huffman code, decoded bit by bit along its length counts (as in RFC 1951, 3.2.2).
class HuffmanCode {
 public:
  // A code may be incomplete only if it has one symbol, as RFC 1951 allows for distances.
  HuffmanCode(const uint8_t* lengths, int count) {
    for (int symbol = 0; symbol < count; ++symbol) ++counts_[lengths[symbol]];
    int unused = 1;
    for (int length = 1; length <= 15; ++length) {
      unused = 2 * unused - counts_[length];
      if (unused < 0) throw InputError("the compressed data has an impossible code");
    }
    const int used = count - counts_[0];
    if (unused > 0 && used > 1) throw InputError("the compressed data has an incomplete code");
    std::array<int, 16> start{};
    for (int length = 1; length < 15; ++length) start[length + 1] = start[length] + counts_[length];
    for (int symbol = 0; symbol < count; ++symbol)
      if (lengths[symbol] != 0) symbols_[start[lengths[symbol]]++] = static_cast<uint16_t>(symbol);
  }

  int decode(DeflateBits& bits) const {
    int code = 0, first = 0, index = 0;
    for (int length = 1; length <= 15; ++length) {
      code |= static_cast<int>(bits.get(1));
      const int count = counts_[length];
      if (code - first < count) return symbols_[index + code - first];
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw InputError("the compressed data has an unknown code");
  }

 private:
  std::array<int, 16> counts_{};
  std::array<uint16_t, 288> symbols_{};
};

inline void inflate_block(DeflateBits& bits, const HuffmanCode& literals, const HuffmanCode& distances, Bytes& out,
                          size_t limit) {
  static constexpr uint16_t length_base[] = {3,  4,  5,  6,  7,  8,  9,  10, 11,  13,  15,  17,  19,  23, 27,
                                             31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258};
  static constexpr uint8_t length_bits[] = {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
                                            2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0};
  static constexpr uint16_t distance_base[] = {1,   2,   3,   4,   5,   7,    9,    13,   17,   25,
                                               33,  49,  65,  97,  129, 193,  257,  385,  513,  769,
                                               1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577};
  static constexpr uint8_t distance_bits[] = {0, 0, 0, 0, 1, 1, 2, 2,  3,  3,  4,  4,  5,  5,  6,
                                              6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13};
  while (true) {
    int symbol = literals.decode(bits);
    if (symbol == 256) return;
    if (symbol < 256) {
      if (out.size() >= limit) throw InputError("the compressed data is longer than announced");
      out.push_back(static_cast<uint8_t>(symbol));
      continue;
    }
    symbol -= 257;
    if (symbol >= 29) throw InputError("the compressed data has an unknown length");
    const size_t length = length_base[symbol] + bits.get(length_bits[symbol]);
    const int code = distances.decode(bits);
    if (code >= 30) throw InputError("the compressed data has an unknown distance");
    const size_t distance = distance_base[code] + bits.get(distance_bits[code]);
    if (distance > out.size()) throw InputError("the compressed data refers to before its start");
    if (length > limit - out.size()) throw InputError("the compressed data is longer than announced");
    for (size_t i = 0; i < length; ++i) out.push_back(out[out.size() - distance]);
  }
}

// Decompresses one deflate stream of exactly `size` bytes; the reader is left behind it.
inline Bytes inflate(Reader& reader, size_t size) {
  if (size / 1040 > reader.left()) throw InputError("the compressed data is truncated");  // 1032:1 is the best ratio
  Bytes out;
  out.reserve(size);
  DeflateBits bits(reader);
  bool last = false;
  while (!last) {
    last = bits.get(1) != 0;
    const uint32_t kind = bits.get(2);
    if (kind == 0) {
      bits.align();
      const uint16_t length = reader.le16();
      if (reader.le16() != static_cast<uint16_t>(~length)) throw InputError("the compressed data is damaged");
      if (length > size - out.size()) throw InputError("the compressed data is longer than announced");
      const uint8_t* start = reader.take(length);
      out.insert(out.end(), start, start + length);
    } else if (kind == 1) {
      std::array<uint8_t, 288> lengths;
      std::fill(lengths.begin(), lengths.begin() + 144, uint8_t{8});
      std::fill(lengths.begin() + 144, lengths.begin() + 256, uint8_t{9});
      std::fill(lengths.begin() + 256, lengths.begin() + 280, uint8_t{7});
      std::fill(lengths.begin() + 280, lengths.end(), uint8_t{8});
      std::array<uint8_t, 32> distances;
      distances.fill(5);
      inflate_block(bits, HuffmanCode(lengths.data(), 288), HuffmanCode(distances.data(), 32), out, size);
    } else if (kind == 2) {
      static constexpr uint8_t order[19] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
      const int n_literals = static_cast<int>(bits.get(5)) + 257;
      const int n_distances = static_cast<int>(bits.get(5)) + 1;
      const int n_codes = static_cast<int>(bits.get(4)) + 4;
      if (n_literals > 286) throw InputError("the compressed data has too many codes");
      std::array<uint8_t, 19> code_lengths{};
      for (int i = 0; i < n_codes; ++i) code_lengths[order[i]] = static_cast<uint8_t>(bits.get(3));
      const HuffmanCode code(code_lengths.data(), 19);
      std::array<uint8_t, 286 + 32> lengths{};
      const int total = n_literals + n_distances;
      for (int i = 0; i < total;) {
        const int symbol = code.decode(bits);
        int repeat = 1;
        uint8_t value = static_cast<uint8_t>(symbol);
        if (symbol == 16) {
          if (i == 0) throw InputError("the compressed data repeats nothing");
          value = lengths[i - 1];
          repeat = 3 + static_cast<int>(bits.get(2));
        } else if (symbol == 17) {
          value = 0;
          repeat = 3 + static_cast<int>(bits.get(3));
        } else if (symbol == 18) {
          value = 0;
          repeat = 11 + static_cast<int>(bits.get(7));
        }
        if (repeat > total - i) throw InputError("the compressed data repeats too often");
        std::fill_n(lengths.begin() + i, repeat, value);
        i += repeat;
      }
      if (lengths[256] == 0) throw InputError("the compressed data has no end");
      inflate_block(bits, HuffmanCode(lengths.data(), n_literals),
                    HuffmanCode(lengths.data() + n_literals, n_distances), out, size);
    } else {
      throw InputError("the compressed data has an unknown block");
    }
  }
  if (out.size() != size) throw InputError("the compressed data is shorter than announced");
  return out;
}

inline Bytes inflate_zlib(Reader& reader, size_t size) {
  const uint8_t method = reader.u8();
  const uint8_t flags = reader.u8();
  if ((method & 15) != 8 || (method * 256 + flags) % 31 != 0 || (flags & 32) != 0)
    throw InputError("the compressed data has an unknown header");
  Bytes out = inflate(reader, size);
  if (reader.be32() != adler32(out)) throw InputError("the compressed data has a wrong checksum");
  return out;
}

}  // namespace arhat

// Arrays in NumPy's files: .npy (format versions 1 to 3) and .npz (zip, stored or deflated).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "arhat/bytes.hpp"
#include "arhat/inflate.hpp"

namespace arhat {

// Dense, row-major, little-endian.
struct Array {
  std::string dtype;  // as in the file: "<f4", "|u1", ...
  std::vector<int64_t> shape;
  Bytes data;
};

// The text of a .npy header: {'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }
class NpyHeader {
 public:
  NpyHeader(const char* text, size_t count) : next_(text), end_(text + count) {
    expect('{');
    while (!accept('}')) {
      const std::string key = read_string();
      expect(':');
      if (key == "descr") {
        dtype = read_string();
      } else if (key == "fortran_order") {
        fortran = read_bool();
      } else if (key == "shape") {
        read_shape();
      } else {
        throw InputError("the .npy header has an unknown entry");
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    if (dtype.empty()) throw InputError("the .npy header has no element type");
  }

  std::string dtype;
  bool fortran = false;
  std::vector<int64_t> shape;

 private:
  [[noreturn]] static void fail() { throw InputError("the .npy header cannot be understood"); }

  void skip_spaces() {
    while (next_ != end_ && (*next_ == ' ' || *next_ == '\n')) ++next_;
  }
  bool accept(char wanted) {
    skip_spaces();
    if (next_ == end_ || *next_ != wanted) return false;
    ++next_;
    return true;
  }
  void expect(char wanted) {
    if (!accept(wanted)) fail();
  }
  std::string read_string() {
    skip_spaces();
    if (next_ == end_ || (*next_ != '\'' && *next_ != '"')) {
      if (next_ != end_ && *next_ == '[') throw InputError("the .npy has a structured element type");
      fail();
    }
    const char quote = *next_++;
    std::string text;
    while (next_ != end_ && *next_ != quote) text += *next_++;
    if (next_ == end_) fail();
    ++next_;
    return text;
  }
  bool read_bool() {
    skip_spaces();
    for (const char* word : {"True", "False"}) {
      const size_t length = std::strlen(word);
      if (static_cast<size_t>(end_ - next_) >= length && std::memcmp(next_, word, length) == 0) {
        next_ += length;
        return length == 4;
      }
    }
    fail();
  }
  void read_shape() {
    expect('(');
    while (!accept(')')) {
      skip_spaces();
      int64_t extent = 0;
      const char* start = next_;
      for (; next_ != end_ && *next_ >= '0' && *next_ <= '9'; ++next_) {
        if (extent > (std::numeric_limits<int64_t>::max() - 9) / 10) fail();
        extent = 10 * extent + (*next_ - '0');
      }
      if (next_ == start || shape.size() == 64) fail();
      shape.push_back(extent);
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
  }

  const char* next_;
  const char* end_;
};

inline Array parse_npy(Reader reader) {
  if (reader.left() < 10 || std::memcmp(reader.take(6), "\x93NUMPY", 6) != 0)
    throw InputError("not a .npy file");
  const int version = reader.u8();
  reader.u8();
  if (version < 1 || version > 3) throw InputError("the .npy has an unknown version");
  const uint32_t length = version == 1 ? reader.le16() : reader.le32();
  NpyHeader header(reinterpret_cast<const char*>(reader.take(length)), length);

  Array array;
  array.dtype = header.dtype;
  array.shape = header.shape;
  // A type is byte order, kind, bytes per element.
  size_t item = 0;
  if (header.dtype.size() >= 3 && header.dtype.size() <= 5 && header.dtype.find_first_not_of("0123456789", 2) == std::string::npos)
    item = static_cast<size_t>(std::stoi(header.dtype.substr(2)));
  if (item == 0) throw InputError("the .npy has an unknown element type '" + header.dtype + "'");
  if (header.dtype[0] == '>') throw InputError("the .npy is big-endian");
  size_t extents_above_one = 0;
  uint64_t count = 1;
  for (const int64_t extent : array.shape) {
    extents_above_one += extent > 1;
    if (extent != 0 && count > std::numeric_limits<uint64_t>::max() / 1024 / static_cast<uint64_t>(extent))
      throw InputError("the .npy has an impossible shape");
    count *= static_cast<uint64_t>(extent);
  }
  if (header.fortran && extents_above_one > 1) throw InputError("the .npy is in Fortran order");
  if (count * item != reader.left())
    throw InputError("the .npy has " + std::to_string(reader.left()) + " bytes of data, expected " +
                     std::to_string(count * item));
  const uint8_t* data = reader.take(reader.left());
  array.data.assign(data, data + count * item);
  return array;
}

// A .npz that was read into memory.
class NpzFile {
 public:
  explicit NpzFile(Bytes file) : file_(std::move(file)) { read_directory(); }

  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const Entry& entry : entries_) names.push_back(entry.name);
    return names;
  }
  bool has(const std::string& name) const { return find(name) != nullptr; }

  Array read(const std::string& name) const {
    const Entry* entry = find(name);
    if (entry == nullptr) throw InputError("the .npz has no array '" + name + "'");
    Reader reader(file_);
    reader.take(entry->offset);
    if (reader.le32() != 0x04034b50) throw InputError("the .npz is damaged");
    reader.take(22);
    const uint64_t name_length = reader.le16();
    const uint64_t extra_length = reader.le16();
    reader.take(name_length + extra_length);
    Reader stored = reader.part(entry->stored_bytes);
    Bytes data;
    if (entry->method == 8) {
      data = inflate(stored, static_cast<size_t>(entry->bytes));
    } else {
      if (entry->bytes != entry->stored_bytes) throw InputError("the .npz is damaged");
      const uint8_t* start = stored.take(entry->bytes);
      data.assign(start, start + entry->bytes);
    }
    if (crc32(data.data(), data.size()) != entry->crc) throw InputError("the .npz is damaged: wrong checksum");
    return parse_npy(Reader(data));
  }

 private:
  struct Entry {
    std::string name;
    int method;
    uint32_t crc;
    uint64_t stored_bytes, bytes, offset;
  };

  const Entry* find(const std::string& name) const {
    for (const Entry& entry : entries_)
      if (entry.name == name) return &entry;
    return nullptr;
  }

  void read_directory() {
    // The end record is the last thing in the file, before a comment of at most 65535 bytes.
    const size_t lowest = file_.size() > 65535 + 22 ? file_.size() - 65535 - 22 : 0;
    size_t end = file_.size() >= 22 ? file_.size() - 22 : 0;
    while (end > lowest && std::memcmp(file_.data() + end, "PK\5\6", 4) != 0) --end;
    Reader record(file_);
    record.take(end);
    if (record.left() < 22 || record.le32() != 0x06054b50) throw InputError("not a .npz file, or truncated");
    record.take(6);
    const uint64_t count = record.le16();
    record.take(4);
    const uint64_t start = record.le32();
    if (count == 0xffff || start == 0xffffffff) throw InputError("the .npz has more than 65534 arrays or 4 GiB");

    Reader directory(file_);
    directory.take(start);
    for (uint64_t i = 0; i < count; ++i) {
      if (directory.le32() != 0x02014b50) throw InputError("the .npz is damaged");
      directory.take(4);
      const int flags = directory.le16();
      Entry entry{};
      entry.method = directory.le16();
      directory.take(4);
      entry.crc = directory.le32();
      entry.stored_bytes = directory.le32();
      entry.bytes = directory.le32();
      const size_t name_length = directory.le16();
      const size_t extra_length = directory.le16();
      const size_t comment_length = directory.le16();
      directory.take(8);
      entry.offset = directory.le32();
      const uint8_t* name = directory.take(name_length);
      entry.name.assign(name, name + name_length);
      directory.take(extra_length + comment_length);
      if (entry.bytes == 0xffffffff || entry.stored_bytes == 0xffffffff || entry.offset == 0xffffffff)
        throw InputError("the .npz has an array of more than 4 GiB");
      if ((flags & 1) != 0 || (entry.method != 0 && entry.method != 8))
        throw InputError("the .npz is encrypted or has an unknown compression");
      if (entry.name.size() < 4 || entry.name.compare(entry.name.size() - 4, 4, ".npy") != 0) continue;
      entry.name.resize(entry.name.size() - 4);
      entries_.push_back(std::move(entry));
    }
  }

  Bytes file_;
  std::vector<Entry> entries_;
};

// Everything of a .npy file before its data, padded to a multiple of 64 bytes.
inline std::string npy_header(const std::string& dtype, const std::vector<int64_t>& shape) {
  std::string text = "{'descr': '" + dtype + "', 'fortran_order': False, 'shape': (";
  for (size_t i = 0; i < shape.size(); ++i) text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  text += shape.size() == 1 ? ",), }" : "), }";
  while ((10 + text.size() + 1) % 64 != 0) text += ' ';
  text += '\n';
  std::string header("\x93NUMPY\x01\x00", 8);
  header += static_cast<char>(text.size() & 255);
  header += static_cast<char>(text.size() >> 8);
  return header + text;
}

inline void write_npy(const std::string& path, const std::string& dtype, const std::vector<int64_t>& shape,
                      const void* data, size_t bytes) {
  OutputFile file(path);
  const std::string header = npy_header(dtype, shape);
  file.write(header.data(), header.size());
  file.write(data, bytes);
  file.finish();
}

// Writes a .npz array by array; it appears under its name with finish().
class NpzWriter {
 public:
  explicit NpzWriter(const std::string& path) : file_(path) {}

  void add(const std::string& name, const std::string& dtype, const std::vector<int64_t>& shape, const void* data,
           size_t bytes) {
    const std::string header = npy_header(dtype, shape);
    const uint64_t size = header.size() + uint64_t{bytes};
    const std::string entry = entry_name(name) + ".npy";
    if (file_.written() + size > 0xfffffffeu - directory_.size() - 65536 || count_ == 65534)
      throw InputError("the .npz would be larger than 4 GiB or 65534 arrays");
    const uint32_t crc = crc32(data, bytes, crc32(header.data(), header.size()));

    std::string common;  // of the local header and the directory entry
    put(common, 20, 2);  // version that is needed to read it
    put(common, 0x800, 2);  // the name is UTF-8
    put(common, 0, 2);  // stored
    put(common, 0, 2);  // time, and the earliest date there is: 1 January 1980
    put(common, 33, 2);
    put(common, crc, 4);
    put(common, size, 4);
    put(common, size, 4);
    put(common, entry.size(), 2);
    put(common, 0, 2);

    directory_ += std::string("PK\1\2", 4);
    put(directory_, 20, 2);
    directory_ += common;
    put(directory_, 0, 2 + 2 + 2);
    put(directory_, 0, 4);
    put(directory_, file_.written(), 4);
    directory_ += entry;
    ++count_;

    const std::string local = std::string("PK\3\4", 4) + common + entry + header;
    file_.write(local.data(), local.size());
    file_.write(data, bytes);
  }

  void finish() {
    const uint64_t start = file_.written();
    std::string end = std::string("PK\5\6", 4);
    put(end, 0, 4);
    put(end, count_, 2);
    put(end, count_, 2);
    put(end, directory_.size(), 4);
    put(end, start, 4);
    put(end, 0, 2);
    file_.write(directory_.data(), directory_.size());
    file_.write(end.data(), end.size());
    file_.finish();
  }

 private:
  static void put(std::string& out, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i, value >>= 8) out += static_cast<char>(value & 255);
  }

  // The name as it is, but for what could lead an unpacking tool astray: control characters, backslashes
  // and the steps "", "." and ".." of a path, which become %xx.
  static std::string entry_name(const std::string& name) {
    constexpr char digits[] = "0123456789abcdef";
    std::string result;
    auto escape = [&](char c) {
      result += '%';
      result += digits[static_cast<unsigned char>(c) >> 4];
      result += digits[static_cast<unsigned char>(c) & 15];
    };
    size_t step = 0;  // where the current step of the path starts
    for (size_t i = 0; i <= name.size(); ++i) {
      if (i < name.size() && name[i] != '/') continue;
      const std::string part = name.substr(step, i - step);
      const bool plain = !part.empty() && part != "." && part != "..";
      for (const char c : part) {
        if (plain && static_cast<unsigned char>(c) >= 32 && c != 127 && c != '\\') {
          result += c;
        } else {
          escape(c);
        }
      }
      if (i < name.size()) {
        if (plain) {
          result += '/';
        } else {
          escape('/');
        }
      }
      step = i + 1;
    }
    if (result.size() > 65000) result.resize(65000);
    return result;
  }

  OutputFile file_;
  std::string directory_;
  uint64_t count_ = 0;
};

}  // namespace arhat

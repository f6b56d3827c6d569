// Files as byte arrays: reading with a limit, little- and big-endian numbers, writing whole or not at all.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace arhat {

using Bytes = std::vector<uint8_t>;

// A file or an argument that is not what it should be: one line of text.
struct InputError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

constexpr size_t max_file_bytes = size_t{1} << 32;

inline Bytes read_file(const std::string& path, size_t limit = max_file_bytes) {
  struct Closer {
    std::FILE* file;
    ~Closer() {
      if (file != nullptr) std::fclose(file);
    }
  } closer{nullptr};
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);  // a pipe must not block
  if (descriptor >= 0) closer.file = fdopen(descriptor, "rb");
  if (closer.file == nullptr) throw InputError("'" + path + "' cannot be opened: " + std::strerror(errno));
  struct stat status;
  if (fstat(fileno(closer.file), &status) != 0 || !S_ISREG(status.st_mode))
    throw InputError("'" + path + "' is not a regular file");
  if (static_cast<uint64_t>(status.st_size) > limit)
    throw InputError("'" + path + "' is larger than " + std::to_string(limit) + " bytes");
  Bytes bytes(static_cast<size_t>(status.st_size));
  if (std::fread(bytes.data(), 1, bytes.size(), closer.file) != bytes.size())
    throw InputError("'" + path + "' cannot be read to its end");
  return bytes;
}

// A view of bytes of a file that is read front to back; running past the end is an InputError.
class Reader {
 public:
  Reader(const uint8_t* bytes, size_t count) : next_(bytes), left_(count) {}
  explicit Reader(const Bytes& bytes) : Reader(bytes.data(), bytes.size()) {}

  size_t left() const { return left_; }
  const uint8_t* take(uint64_t count) {
    if (count > left_) throw InputError("the file is truncated");
    const uint8_t* start = next_;
    next_ += count;
    left_ -= static_cast<size_t>(count);
    return start;
  }
  Reader part(uint64_t count) { return Reader(take(count), static_cast<size_t>(count)); }
  uint8_t u8() { return *take(1); }
  uint16_t be16() { return static_cast<uint16_t>(big(2)); }
  uint32_t be32() { return static_cast<uint32_t>(big(4)); }
  uint16_t le16() { return static_cast<uint16_t>(little(2)); }
  uint32_t le32() { return static_cast<uint32_t>(little(4)); }
  uint64_t le64() { return little(8); }

 private:
  uint64_t big(int count) {
    const uint8_t* bytes = take(static_cast<uint64_t>(count));
    uint64_t value = 0;
    for (int i = 0; i < count; ++i) value = value << 8 | bytes[i];
    return value;
  }
  uint64_t little(int count) {
    const uint8_t* bytes = take(static_cast<uint64_t>(count));
    uint64_t value = 0;
    for (int i = count - 1; i >= 0; --i) value = value << 8 | bytes[i];
    return value;
  }

  const uint8_t* next_;
  size_t left_;
};

// A file that appears under its name only when finish() has been called; otherwise nothing is left behind.
class OutputFile {
 public:
  explicit OutputFile(std::string path)
      : path_(std::move(path)), temporary_(path_ + ".part" + std::to_string(getpid())) {
    file_ = std::fopen(temporary_.c_str(), "wbx");
    if (file_ == nullptr) throw InputError("'" + path_ + "' cannot be written: " + std::strerror(errno));
  }
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile() {
    if (file_ != nullptr) std::fclose(file_);
    if (!finished_) std::remove(temporary_.c_str());
  }

  void write(const void* bytes, size_t count) {
    if (count != 0 && std::fwrite(bytes, 1, count, file_) != count) give_up();
    written_ += count;
  }
  uint64_t written() const { return written_; }

  void finish() {
    const bool closed = std::fclose(file_) == 0;
    file_ = nullptr;
    if (!closed || std::rename(temporary_.c_str(), path_.c_str()) != 0) give_up();
    finished_ = true;
  }

 private:
  [[noreturn]] void give_up() { throw InputError("'" + path_ + "' cannot be written: " + std::strerror(errno)); }

  std::string path_;
  std::string temporary_;
  std::FILE* file_ = nullptr;
  uint64_t written_ = 0;
  bool finished_ = false;
};

}  // namespace arhat

// The program's weights.safetensors, mapped read-only, and the arena.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>


namespace arhat {

// The file cannot be read.
struct WeightsUnreadable : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// The file can be read, but is not the one that was written with this program.
struct WrongWeights : std::runtime_error {
  using std::runtime_error::runtime_error;
};

constexpr uint64_t fnv1a(const unsigned char* bytes, size_t count) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (size_t i = 0; i < count; ++i) hash = (hash ^ bytes[i]) * 0x100000001b3u;
  return hash;
}

// Memory from mmap: released with the object.
class Mapping {
 public:
  Mapping() = default;
  Mapping(void* start, size_t bytes) : start_(start), bytes_(bytes) {}
  Mapping(Mapping&& other) noexcept : start_(other.start_), bytes_(other.bytes_) { other.bytes_ = 0; }
  Mapping& operator=(Mapping&&) = delete;
  ~Mapping() {
    if (bytes_ != 0) munmap(start_, bytes_);
  }
  std::byte* start() const { return static_cast<std::byte*>(start_); }

 private:
  void* start_ = nullptr;
  size_t bytes_ = 0;
};

// Zero-filled memory that starts at a page boundary; throws bad_alloc.
inline Mapping map_arena(uint64_t bytes) {
  if (bytes == 0) bytes = 1;
  if (bytes > SIZE_MAX / 2) throw std::bad_alloc();
  void* start =
      mmap(nullptr, static_cast<size_t>(bytes), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) throw std::bad_alloc();
  return Mapping(start, static_cast<size_t>(bytes));
}

// Layout of a safetensors file: 8 bytes little-endian length of the header, the header (JSON, padded with
// spaces), the data. The padding makes the data start at a multiple of 64 bytes. The header says name,
// type, shape and place of every tensor, so its hash tells one program's file from another's.
//
// `Program` is that of the target: it says how long header and data are, and the hash of the header.
class WeightsFile {
 public:
  template <class Program>
  WeightsFile(const char* path, const Program& program) : mapping_(map(path, program)) {
    data_ = mapping_.start() + 8 + program.header_bytes;
  }
  const std::byte* data() const { return data_; }

 private:
  template <class Program>
  static Mapping map(const char* path, const Program& program) {
    const std::string file = "weights file '" + std::string(path) + "'";
    struct Descriptor {
      int fd;
      ~Descriptor() {
        if (fd >= 0) close(fd);
      }
    } descriptor{open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (descriptor.fd < 0) throw WeightsUnreadable(file + " cannot be opened: " + std::strerror(errno));
    struct stat status;
    if (fstat(descriptor.fd, &status) != 0)
      throw WeightsUnreadable(file + " cannot be examined: " + std::strerror(errno));
    if (!S_ISREG(status.st_mode)) throw WeightsUnreadable(file + " is not a regular file");

    const std::string wrong = file + " does not belong to program '" + program.name + "': ";
    const uint64_t expected = 8 + program.header_bytes + program.data_bytes;
    const uint64_t size = static_cast<uint64_t>(status.st_size);
    if (size != expected)
      throw WrongWeights(wrong + "it has " + std::to_string(size) + " bytes, expected " + std::to_string(expected));
    void* start = mmap(nullptr, static_cast<size_t>(size), PROT_READ, MAP_PRIVATE, descriptor.fd, 0);
    if (start == MAP_FAILED) throw WeightsUnreadable(file + " cannot be mapped: " + std::strerror(errno));
    Mapping mapping(start, static_cast<size_t>(size));

    const unsigned char* bytes = static_cast<const unsigned char*>(start);
    uint64_t header_bytes = 0;
    for (int i = 7; i >= 0; --i) header_bytes = header_bytes << 8 | bytes[i];
    if (header_bytes != program.header_bytes)
      throw WrongWeights(wrong + "its header has " + std::to_string(header_bytes) + " bytes, expected " +
                         std::to_string(program.header_bytes));
    if (fnv1a(bytes + 8, static_cast<size_t>(header_bytes)) != program.header_hash)
      throw WrongWeights(wrong + "its header lists other tensors");
    return mapping;
  }

  Mapping mapping_;
  const std::byte* data_;
};

}  // namespace arhat

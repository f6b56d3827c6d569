// The file that keeps an engine, so that it is built once.
#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cinttypes>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../failure.hpp"
#include "../weights_file.hpp"

namespace arhat {

// A quick hash of many bytes, eight at a time.
inline uint64_t hash_of(const void* data, size_t bytes) {
  const auto* at = static_cast<const unsigned char*>(data);
  uint64_t lanes[4] = {0x9e3779b97f4a7c15u, 0xbf58476d1ce4e5b9u, 0x94d049bb133111ebu, 0xd6e8feb86659fd93u};
  const auto mix = [](uint64_t hash, uint64_t word) {
    hash = (hash ^ word) * 0x9fb21c651e98df25u;
    return hash ^ hash >> 32;
  };
  size_t done = 0;
  for (; done + 32 <= bytes; done += 32) {
    for (size_t lane = 0; lane < 4; ++lane) {
      uint64_t word;
      std::memcpy(&word, at + done + 8 * lane, 8);
      lanes[lane] = mix(lanes[lane], word);
    }
  }
  uint64_t hash = mix(bytes, fnv1a(at + done, bytes - done));
  for (const uint64_t lane : lanes) hash = mix(hash, lane);
  return hash;
}

inline std::string hexadecimal(uint64_t number) {
  char text[20];
  std::snprintf(text, sizeof text, "%016" PRIx64, number);
  return text;
}

// What an engine depends on: lines of a name and a value. Two engines with the same lines can stand for each other.
class EngineKey {
 public:
  // The name has no space.
  void add(const char* name, std::string value) {
    value.resize(std::min<size_t>(value.size(), 1000));
    for (char& c : value)
      if (static_cast<unsigned char>(c) < 32) c = '?';
    lines_.emplace_back(name, std::move(value));
  }

  std::string text() const {
    std::string text;
    for (const auto& [name, value] : lines_) text += name + " " + value + "\n";
    return text;
  }

  // The first thing that is otherwise in another key's text.
  std::string difference(const std::string& other) const {
    size_t start = 0;
    for (const auto& [name, value] : lines_) {
      const size_t end = std::min(other.find('\n', start), other.size());
      const std::string line = other.substr(start, end - start);
      if (line.compare(0, name.size() + 1, name + " ") != 0) break;
      if (line.substr(name.size() + 1) != value)
        return name + " is " + line.substr(name.size() + 1) + ", not " + value;
      start = std::min(end + 1, other.size());
    }
    return "it is of another sort";
  }

 private:
  std::vector<std::pair<std::string, std::string>> lines_;
};

// Layout: the line of `magic`, the lines of the key, a line with the size and hash of the engine, spaces and an empty
// line up to a multiple of 64 bytes, the engine.
class EngineFile {
 public:
  struct Stored {
    Mapping mapping;
    const void* data;
    size_t bytes;
  };

  // No path: nothing is kept.
  EngineFile(std::string path, const EngineKey& key) : path_(std::move(path)), key_(key) {}
  EngineFile(const EngineFile&) = delete;
  EngineFile& operator=(const EngineFile&) = delete;
  ~EngineFile() {
    if (part_ != nullptr) std::fclose(part_);
    if (!part_path_.empty()) std::remove(part_path_.c_str());
  }

  const std::string& path() const { return path_; }

  // The engine, if the file has this one. Where it is another or damaged, `reason` says so.
  std::optional<Stored> read(std::string& reason) const {
    if (path_.empty()) return std::nullopt;
    const int descriptor = open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0) {
      if (errno != ENOENT) reason = std::string("it cannot be opened: ") + std::strerror(errno);
      return std::nullopt;
    }
    struct stat status;
    const bool regular = fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);
    const size_t size = regular ? static_cast<size_t>(status.st_size) : 0;
    void* const start = size == 0 ? MAP_FAILED : mmap(nullptr, size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    close(descriptor);
    reason = "it is no engine";
    if (start == MAP_FAILED) return std::nullopt;
    Mapping mapping(start, size);
    const std::string magic(magic_line);
    const std::string head(static_cast<const char*>(start), std::min(size, longest_head));
    if (head.compare(0, magic.size(), magic) != 0) return std::nullopt;
    const std::string wanted = key_.text();
    if (head.compare(magic.size(), wanted.size(), wanted) != 0) {
      reason = key_.difference(head.substr(magic.size()));
      return std::nullopt;
    }
    const size_t after_key = magic.size() + wanted.size();
    uint64_t bytes = 0, hash = 0;
    reason = "it is damaged";
    if (std::sscanf(head.c_str() + after_key, "engine %" SCNu64 " %" SCNx64, &bytes, &hash) != 2) return std::nullopt;
    const size_t offset = head.find("\n\n", after_key);
    if (offset == std::string::npos || bytes != size - (offset + 2)) return std::nullopt;
    const std::byte* const data = mapping.start() + offset + 2;
    if (hash_of(data, bytes) != hash) return std::nullopt;
    reason.clear();
    return Stored{std::move(mapping), data, static_cast<size_t>(bytes)};
  }

  // Whether the file can be written, tried before minutes are spent on what goes into it; `reason` says why not.
  bool prepare(std::string& reason) {
    if (path_.empty() || part_ != nullptr) return true;
    static std::atomic<unsigned> count{0};
    part_path_ = path_ + ".part" + std::to_string(getpid()) + "-" + std::to_string(count++);
    part_ = std::fopen(part_path_.c_str(), "wbe");
    if (part_ != nullptr) return true;
    reason = std::strerror(errno);
    part_path_.clear();
    return false;
  }

  // Replaces the file as a whole; false if that fails.
  bool write(const void* data, size_t bytes, std::string& reason) {
    if (part_ == nullptr) return true;
    std::string head = magic_line + key_.text() + "engine " + std::to_string(bytes) + " " +
                       hexadecimal(hash_of(data, bytes));
    head.append((64 - (head.size() + 2) % 64) % 64, ' ');
    head += "\n\n";
    bool good = std::fwrite(head.data(), 1, head.size(), part_) == head.size();
    good = std::fwrite(data, 1, bytes, part_) == bytes && good;
    good = std::fclose(std::exchange(part_, nullptr)) == 0 && good;
    good = good && std::rename(part_path_.c_str(), path_.c_str()) == 0;
    if (good)
      part_path_.clear();
    else
      reason = std::strerror(errno);
    return good;
  }

 private:
  static constexpr const char* magic_line = "arhat-engine 1\n";
  static constexpr size_t longest_head = 1 << 16;

  std::string path_;
  const EngineKey& key_;
  std::string part_path_;
  std::FILE* part_ = nullptr;
};

}  // namespace arhat

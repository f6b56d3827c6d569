// Where a caller's buffers lie, and which sets of them were met before. Nothing here calls CUDA.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <utility>
#include <vector>

namespace arhat {

// How the program gets at a buffer of the caller.
enum class Access : uint8_t {
  staged,   // memory of the host: through the model's own pinned buffer
  pinned,   // pinned memory of the host: copied to and from the device as it is
  copied,   // memory of the device that is not aligned as operations want it: copied to and from a buffer that is
  in_place  // memory of the device
};

enum class MemoryKind : uint8_t { host, pinned, device };

constexpr uint64_t buffer_alignment = 16;  // bytes; what tensors of cuDNN's graphs promise

constexpr Access access_of(MemoryKind kind, uint64_t address, uint64_t alignment = buffer_alignment) {
  switch (kind) {
    case MemoryKind::host:
      return Access::staged;
    case MemoryKind::pinned:
      return Access::pinned;
    case MemoryKind::device:
      break;
  }
  return address % alignment == 0 ? Access::in_place : Access::copied;
}

// Which addresses a captured CUDA graph has in it: one of each buffer, 0 where it does not matter (staged), and
// whether it is a first run after a reset.
struct CaptureKey {
  std::vector<uint64_t> addresses;
  bool fresh = false;

  void add(Access access, uint64_t address) {
    addresses.push_back(access == Access::staged ? 0 : address * 4 + static_cast<uint64_t>(access));
  }
  bool operator==(const CaptureKey& other) const { return fresh == other.fresh && addresses == other.addresses; }
};

// The most recently used values by key.
template <class Key, class Value>
class RecentlyUsed {
 public:
  explicit RecentlyUsed(size_t capacity) : capacity_(capacity) {}

  // The key's value, a new one if the key was not met or was forgotten. Valid until the next call.
  Value& at(const Key& key) {
    for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
      if (entry->first == key) {
        entries_.splice(entries_.begin(), entries_, entry);
        return entry->second;
      }
    }
    if (entries_.size() == capacity_) entries_.pop_back();
    entries_.emplace_front(key, Value{});
    return entries_.front().second;
  }
  size_t size() const { return entries_.size(); }
  void clear() { entries_.clear(); }

 private:
  size_t capacity_;
  std::list<std::pair<Key, Value>> entries_;  // the latest first
};

}  // namespace arhat

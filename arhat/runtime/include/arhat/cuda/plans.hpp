// A file that keeps finished plans, so that a program starts quickly.
#pragma once

#include <unistd.h>

#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <utility>

#include "../failure.hpp"
#include "../weights_file.hpp"

namespace arhat {

// Finished plans by the key of their graph, as text:
//
//     arhat-plans 1 <version of cuDNN> <hash of the device's properties>
//     <key> <name of the plan> <bytes of JSON>
//     <JSON>
//     ...
//
// Nothing here calls CUDA or cuDNN. A file of another cuDNN or device counts as empty, and so does what is damaged.
class PlanFile {
 public:
  struct Entry {
    std::string name, json;
  };

  // No path: nothing is kept. `properties`: what cuDNN says of the device.
  PlanFile(const char* path, size_t cudnn, const std::string& properties) : path_(path == nullptr ? "" : path) {
    if (path_.empty()) return;
    char head[96];
    std::snprintf(head, sizeof head, "arhat-plans 1 %zu %016" PRIx64 "\n", cudnn,
                  fnv1a(reinterpret_cast<const unsigned char*>(properties.data()), properties.size()));
    head_ = head;
    std::ifstream file(path_, std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    if (text.compare(0, head_.size(), head_) == 0) entries_ = parse(text, head_.size());
  }

  const Entry* find(const std::string& key) const {
    const auto entry = entries_.find(key);
    return entry == entries_.end() ? nullptr : &entry->second;
  }

  void put(const std::string& key, Entry entry) {
    if (path_.empty()) return;
    entries_[key] = std::move(entry);
    changed_ = true;
  }

  // Replaces the file as a whole, if there is something new.
  void save() const {
    if (!changed_) return;
    const std::string part = path_ + ".part" + std::to_string(getpid());
    std::ofstream file(part, std::ios::binary);
    file << head_;
    for (const auto& [key, entry] : entries_)
      file << key << ' ' << entry.name << ' ' << entry.json.size() << '\n' << entry.json << '\n';
    file.close();
    if (!file || std::rename(part.c_str(), path_.c_str()) != 0) {
      std::remove(part.c_str());
      fail(ARHAT_IO_ERROR, "plans file '" + path_ + "' cannot be written");
    }
  }

  static std::map<std::string, Entry> parse(const std::string& text, size_t at) {
    std::map<std::string, Entry> entries;
    while (at < text.size()) {
      const size_t end = text.find('\n', at);
      char key[65], name[1025];
      size_t bytes = 0;
      if (end == std::string::npos || end - at > 1200 ||
          std::sscanf(text.substr(at, end - at).c_str(), "%64s %1024s %zu", key, name, &bytes) != 3 ||
          bytes >= text.size() - end)
        break;
      entries[key] = {name, text.substr(end + 1, bytes)};
      at = end + 1 + bytes + 1;
    }
    return entries;
  }

 private:
  std::string path_, head_;
  std::map<std::string, Entry> entries_;
  bool changed_ = false;
};

}  // namespace arhat

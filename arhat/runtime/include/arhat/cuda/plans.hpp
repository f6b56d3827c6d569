// The plans of a program's graphs: which one each graph runs, and a file that keeps them finished.
#pragma once

#include <cudnn_graph.h>

#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "../cudnn/graph.hpp"
#include "../weights_file.hpp"
#include "check.hpp"
#include "program.hpp"

namespace arhat {

// Finished plans by the key of their graph, as text:
//
//     arhat-plans 1 <version of cuDNN> <hash of the device's properties>
//     <key> <name of the plan> <bytes of JSON>
//     <JSON>
//
// A file of another cuDNN or device counts as empty, and so does what is damaged.
class PlanFile {
 public:
  struct Entry {
    std::string name, json;
  };

  PlanFile(const char* path, const cudnn::Device& device) : path_(path == nullptr ? "" : path) {
    if (path_.empty()) return;
    const std::string properties = device.json();
    char head[96];
    std::snprintf(head, sizeof head, "arhat-plans 1 %zu %016" PRIx64 "\n", cudnnGetVersion(),
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

// The first candidate that builds and needs at most `limit` bytes of workspace.
inline cudnn::Plan first_plan(const cudnn::Graph& graph, uint64_t limit) {
  std::string reasons;
  for (const cudnn::Config& config : graph.candidates()) {
    try {
      cudnn::Plan plan = graph.build(config);
      if (static_cast<uint64_t>(plan.workspace()) <= limit) return plan;
      reasons += config.name.text() + " needs " + std::to_string(plan.workspace()) + " bytes of workspace\n";
    } catch (const cudnn::Error& error) {
      reasons += config.name.text() + ": " + error.reason + "\n";
    }
  }
  throw cudnn::Error("plan", CUDNN_STATUS_NOT_SUPPORTED,
                     reasons.empty() ? "cuDNN proposes none for this GPU" : reasons.substr(0, 2000),
                     graph.desc().layers);
}

}  // namespace arhat

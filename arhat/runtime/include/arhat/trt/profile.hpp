// What the layers of an engine are made of, and how long they take.
#pragma once

#include <NvInfer.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "program.hpp"

namespace arhat {

// A text of a JSON object, by its key; "" where there is none.
inline std::string json_member(const std::string& json, const std::string& key) {
  size_t at = json.find("\"" + key + "\"");
  if (at == std::string::npos) return "";
  at = json.find_first_not_of(" :\n\t", at + key.size() + 2);
  if (at == std::string::npos || json[at] != '"') return "";
  std::string text;
  for (++at; at < json.size() && json[at] != '"'; ++at) {
    if (json[at] == '\\' && at + 1 < json.size()) {
      const char c = json[++at];
      if (c == 'u' && at + 4 < json.size()) {
        at += 4;  // a control character: between the layers of a fused one
        text += '\n';
      } else {
        text += c == 'n' || c == 't' || c == 'r' ? '\n' : c;
      }
    } else {
      text += json[at];
    }
  }
  return text;
}

// Whether a text has a name in it that is not part of a longer one.
inline bool mentions(const std::string& text, const std::string& name) {
  if (name.empty()) return false;
  const auto inside = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || std::strchr("_/.-", c); };
  const auto dots = [&](size_t at) { return text.compare(at, 3, "...") == 0; };  // between the ends of a range
  for (size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + 1)) {
    const size_t end = at + name.size();
    const bool starts = at == 0 || !inside(text[at - 1]) || (at >= 3 && dots(at - 3));
    const bool ends = end == text.size() || !inside(text[end]) || dots(end);
    if (starts && ends) return true;
  }
  return false;
}

// The rows of a profile: an engine's layers, and whatever else TensorRT reports.
class EngineRows {
 public:
  struct Row {
    std::string name;
    std::string metadata;  // what the network says of the layers in it
    std::string layers;    // as in ValueInfo
    double flops = 0, bytes = 0;
  };

  EngineRows(const Program& program, nvinfer1::ICudaEngine& engine) : program_(program), counted_(program.n_ops) {
    const std::unique_ptr<nvinfer1::IEngineInspector> inspector(engine.createEngineInspector());
    if (inspector == nullptr) return;
    for (int32_t i = 0; i < engine.getNbLayers(); ++i) {
      const char* const text = inspector->getLayerInformation(i, nvinfer1::LayerInformationFormat::kJSON);
      if (text == nullptr) continue;
      const std::string json = text;
      std::string name = json_member(json, "Name");
      if (name.empty() && json.size() >= 2 && json[0] == '"') name = json.substr(1, json.find('"', 1) - 1);
      add(std::move(name), json_member(json, "Metadata"));
    }
  }

  size_t size() const { return rows_.size(); }

  // The index of the row with a name, which is added if TensorRT has not told of it before.
  size_t find(const std::string& name) {
    const auto known = by_name_.find(name);
    return known != by_name_.end() ? known->second : add(name, "");
  }

  const Row& at(size_t index) {
    describe();
    return rows_[index];
  }

 private:
  size_t add(std::string name, std::string metadata) {
    by_name_.emplace(name, rows_.size());
    rows_.push_back({std::move(name), std::move(metadata), "", 0, 0});
    return rows_.size() - 1;
  }

  // Looks for the network's layers in the new rows. What a layer costs counts in the first row that has it, moves of
  // data between formats aside.
  void describe() {
    for (; described_ < rows_.size(); ++described_) {
      Row& row = rows_[described_];
      const bool moves = row.name.compare(0, 8, "Reformat") == 0;
      for (size_t i = 0; i < program_.n_ops; ++i) {
        const LayerInfo& op = program_.ops[i];
        if (!mentions(row.name, op.layer) && !mentions(row.metadata, op.layer)) continue;
        add_layers(row.layers, op.layers);
        if (moves || counted_[i]) continue;
        counted_[i] = true;
        row.flops += op.flops;
        row.bytes += op.bytes;
      }
    }
  }

  // Adds names, separated by '\n', to a list of them that may have some already.
  static void add_layers(std::string& list, const std::string& names) {
    for (size_t start = 0; start < names.size();) {
      const size_t end = std::min(names.find('\n', start), names.size());
      const std::string name = names.substr(start, end - start);
      if (("\n" + list + "\n").find("\n" + name + "\n") == std::string::npos) list += (list.empty() ? "" : "\n") + name;
      start = end + 1;
    }
  }

  const Program& program_;
  std::deque<Row> rows_;  // callers hold pointers to their texts
  std::unordered_map<std::string, size_t> by_name_;
  size_t described_ = 0;       // how many rows have their layers
  std::vector<bool> counted_;  // by op, whether a row has its cost
};

// Gets the times of a run from TensorRT.
class Stopwatch final : public nvinfer1::IProfiler {
 public:
  explicit Stopwatch(EngineRows& rows) : rows_(rows) {}

  void reportLayerTime(const char* name, float milliseconds) noexcept override {
    try {
      const size_t row = rows_.find(name);
      if (row >= times_.size()) times_.resize(row + 1, -1);
      times_[row] = (times_[row] < 0 ? 0 : times_[row]) + static_cast<double>(milliseconds);
    } catch (...) {
      // No memory for another row; its time is not counted.
    }
  }

  // Milliseconds by row since the last call; negative where nothing was reported.
  std::vector<double> take() { return std::exchange(times_, {}); }

 private:
  EngineRows& rows_;
  std::vector<double> times_;
};

}  // namespace arhat

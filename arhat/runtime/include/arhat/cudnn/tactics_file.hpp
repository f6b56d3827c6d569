// The file that pins plans: JSON, one line per graph, so that a change of plans can be read in a diff.
//
//     {
//       "arhat-tactics": 1,
//       "cudnn": "9.24.0",
//       "device": "NVIDIA H200",
//       "sm": 90,
//       "graphs": {
//         "0f3c29ab11d2e4f7": {"plan": "eng4_k24=3", "microseconds": 11.2, "workspace": 0},
//         ...
//       }
//     }
//
// Plans are names of engines of one version of cuDNN on one kind of GPU: a file of another is not used. Nothing
// here calls CUDA or cuDNN.
#pragma once

#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "arhat/cudnn/json_value.hpp"
#include "arhat/cudnn/plan_name.hpp"
#include "arhat/json.hpp"

namespace arhat::cudnn {

// What the plans of a file were timed on.
struct Platform {
  std::string cudnn;   // version, for example "9.24.0"
  std::string device;  // name of the GPU
  int sm = 0;          // compute capability times ten

  bool operator==(const Platform& other) const {
    return cudnn == other.cudnn && device == other.device && sm == other.sm;
  }
  // For messages; the names may come from a file.
  std::string text() const {
    const std::string text = json_text(cudnn + " on " + device);
    return "cuDNN " + text.substr(1, text.size() - 2) + " (sm_" + std::to_string(sm) + ")";
  }
};

struct Tactic {
  std::string plan;
  double microseconds = 0;
  uint64_t workspace = 0;  // bytes
};

// The version of cuDNN as text, from cudnnGetVersion().
inline std::string version_text(size_t version) {
  return std::to_string(version / 10000) + "." + std::to_string(version / 100 % 100) + "." +
         std::to_string(version % 100);
}

class Tactics {
 public:
  explicit Tactics(Platform platform) : platform_(std::move(platform)) {}

  // Takes the tactics of a file's text for this platform. Those of another are left out, and a note says so.
  // Throws JsonError if the text is damaged.
  void read(const std::string& text, const std::string& path, std::vector<std::string>& notes) {
    using Kind = JsonValue::Kind;
    const JsonValue root = JsonReader::read(text);
    if (root.kind != Kind::object || root.find("arhat-tactics") == nullptr)
      throw JsonError(1, "this is no file of tactics");
    if (root.at("arhat-tactics", Kind::number).number != 1)
      throw JsonError(root.line, "the format of these tactics is another version's");
    const Platform other{root.at("cudnn", Kind::text).text, root.at("device", Kind::text).text,
                         static_cast<int>(number(root, "sm", 10000))};
    if (!(other == platform_)) {
      notes.push_back("tactics of " + path + " are for " + other.text() + ", this is " + platform_.text() +
                      ": plans are chosen by heuristics");
      return;
    }
    for (const auto& [key, value] : root.at("graphs", Kind::object).members) {
      if (value.kind != Kind::object) throw JsonError(value.line, json_text(key) + " is no object");
      Tactic tactic{value.at("plan", Kind::text).text, number(value, "microseconds", 1e15),
                    static_cast<uint64_t>(number(value, "workspace", 1e15))};
      PlanName name;
      if (!PlanName::parse(tactic.plan, name))
        throw JsonError(value.line, json_text(tactic.plan) + " is not the name of a plan");
      tactics_[key] = std::move(tactic);
    }
  }

  // The same from a file. Throws std::runtime_error if it cannot be read or is damaged.
  void read_file(const std::string& path, std::vector<std::string>& notes) {
    std::ifstream file(path, std::ios::binary);
    if (!file) throw std::runtime_error("tactics file '" + path + "' cannot be read");
    const std::string text(std::istreambuf_iterator<char>(file), {});
    try {
      read(text, path, notes);
    } catch (const JsonError& error) {
      throw std::runtime_error("tactics file '" + path + "', " + error.what());
    }
  }

  const Platform& platform() const { return platform_; }
  bool empty() const { return tactics_.empty(); }

  // nullptr if there is none.
  const Tactic* find(const std::string& key) const {
    const auto found = tactics_.find(key);
    return found == tactics_.end() ? nullptr : &found->second;
  }
  void put(const std::string& key, Tactic tactic) { tactics_[key] = std::move(tactic); }

  // The text of the file: keys in order, so that equal tactics are equal texts.
  std::string text() const {
    JsonBlock root('{', '}', 0);
    root.member("arhat-tactics", uint64_t{1});
    root.member("cudnn", json_text(platform_.cudnn));
    root.member("device", json_text(platform_.device));
    root.member("sm", static_cast<uint64_t>(platform_.sm));
    JsonBlock graphs('{', '}', 1);
    for (const auto& [key, tactic] : tactics_) {
      char time[32];
      std::snprintf(time, sizeof time, "%.2f", tactic.microseconds);
      graphs.member(key, "{\"plan\": " + json_text(tactic.plan) + ", \"microseconds\": " + time +
                             ", \"workspace\": " + std::to_string(tactic.workspace) + "}");
    }
    root.member("graphs", graphs.finish());
    return root.finish() + "\n";
  }

  // Replaces the file as a whole. Throws std::runtime_error.
  void write_file(const std::string& path) const {
    const std::string part = path + ".part";
    std::ofstream file(part, std::ios::binary);
    file << text();
    file.close();
    if (!file || std::rename(part.c_str(), path.c_str()) != 0) {
      std::remove(part.c_str());
      throw std::runtime_error("tactics file '" + path + "' cannot be written");
    }
  }

 private:
  static double number(const JsonValue& object, const std::string& name, double limit) {
    const double value = object.at(name, JsonValue::Kind::number).number;
    if (!(value >= 0 && value < limit)) throw JsonError(object.line, json_text(name) + " is out of range");
    return value;
  }

  Platform platform_;
  std::map<std::string, Tactic> tactics_;  // by key of the graph
};

}  // namespace arhat::cudnn

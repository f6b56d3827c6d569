// Names of plans: an engine and the choices of its knobs, "eng4_k24=3", as cuDNN's own tools print them.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace arhat::cudnn {

struct PlanName {
  int64_t engine = -1;                               // global index
  std::vector<std::pair<int64_t, int64_t>> choices;  // type of the knob, value

  std::string text() const {
    std::string result = "eng" + std::to_string(engine);
    for (const auto& [type, value] : choices)
      result += "_k" + std::to_string(type) + "=" + std::to_string(value);
    return result;
  }

  // False if the text is not the name of a plan.
  static bool parse(const std::string& text, PlanName& name) {
    size_t at = 0;
    PlanName result;
    if (!word(text, at, "eng") || !number(text, at, result.engine) || result.engine < 0) return false;
    while (at < text.size()) {
      int64_t type = 0;
      int64_t value = 0;
      if (!word(text, at, "_k") || !number(text, at, type) || type < 0) return false;
      if (!word(text, at, "=") || !number(text, at, value)) return false;
      result.choices.emplace_back(type, value);
    }
    name = std::move(result);
    return true;
  }

 private:
  static bool word(const std::string& text, size_t& at, const char* word) {
    const std::string expected = word;
    if (text.compare(at, expected.size(), expected) != 0) return false;
    at += expected.size();
    return true;
  }
  static bool number(const std::string& text, size_t& at, int64_t& value) {
    size_t end = at;
    if (end < text.size() && text[end] == '-') ++end;
    const size_t digits = end;
    while (end < text.size() && text[end] >= '0' && text[end] <= '9') ++end;
    if (end == digits || end - digits > 9) return false;
    value = std::atoll(text.substr(at, end - at).c_str());
    at = end;
    return true;
  }
};

}  // namespace arhat::cudnn

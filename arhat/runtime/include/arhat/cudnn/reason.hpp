// cuDNN explains a refusal with pages of text: for each engine that it tried the checks that failed, innermost
// first.
#pragma once

#include <cstdlib>
#include <set>
#include <string>

namespace arhat::cudnn {

// The innermost reason of each engine, each reason once: "eng7: Epilogue tensors must be ...; eng8: ...".
// Engines for other GPUs are left out. Text that is not of this kind comes back as its first line.
inline std::string condense(const std::string& text) {
  const std::string engine_mark = "{\"engineId\":";
  const std::string reason_mark = "Reason: ";
  std::set<std::string> seen;
  std::string result;
  std::string engine;
  bool wanted = true;  // the first reason after the name of an engine
  for (size_t begin = 0; begin < text.size();) {
    size_t end = text.find('\n', begin);
    if (end == std::string::npos) end = text.size();
    const std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    if (line.compare(0, engine_mark.size(), engine_mark) == 0) {
      const long number = std::strtol(line.c_str() + engine_mark.size(), nullptr, 10);
      engine = "eng" + std::to_string(number);
      wanted = number >= 0;  // -1 stands for an engine that this library lacks
      continue;
    }
    const size_t at = line.find(reason_mark);
    if (at == std::string::npos || !wanted) continue;
    wanted = false;
    if (line.find("ARCH_MISMATCH") < at) continue;
    std::string reason = line.substr(at + reason_mark.size());
    reason = reason.substr(0, reason.find(" at: "));
    if (seen.insert(reason).second)
      result += (result.empty() ? "" : "; ") + (engine.empty() ? "" : engine + ": ") + reason;
  }
  if (result.empty() && !engine.empty()) return "no engine for this GPU";
  return result.empty() ? text.substr(0, text.find('\n')) : result;
}

}  // namespace arhat::cudnn

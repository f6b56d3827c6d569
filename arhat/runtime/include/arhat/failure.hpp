// What a failed call of the C interface reports: a status and one line of text.
#pragma once

#include <string>
#include <utility>

#include "model.h"

namespace arhat {

struct Failure {
  arhat_status status;
  std::string text;
};

[[noreturn]] inline void fail(arhat_status status, std::string text) { throw Failure{status, std::move(text)}; }

// Names of layers, separated by '\n', for a message: control characters are shown as '?', long lists are cut.
inline std::string layers_text(const char* layers) {
  std::string text;
  for (const char* c = layers; *c != '\0'; ++c) {
    if (text.size() > 200) return text + "...";
    if (*c == '\n')
      text += ", ";
    else
      text += static_cast<unsigned char>(*c) < 32 || *c == 127 ? '?' : *c;
  }
  return text;
}

}  // namespace arhat

// Names of a model on the terminal.
#pragma once

#include <string>

namespace arhat::runner {

// Control characters become '?'.
inline std::string printable(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 32 || c == 127) c = '?';
  return text;
}

}  // namespace arhat::runner

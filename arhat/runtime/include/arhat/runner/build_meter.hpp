// How the build of an engine goes on, on standard error.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <string>

#include "arhat/runner/printable.hpp"
#include "model.h"

namespace arhat::runner {

// A line that is written over on a terminal; elsewhere a line for each phase.
class BuildMeter {
 public:
  // As arhat_progress_callback wants it; `user` is the meter. Only the outer phases are told.
  static int tell(void* user, const char* phase, int depth, int done, int steps) {
    if (depth <= 1) static_cast<BuildMeter*>(user)->show(phase, depth, done, steps);
    return 0;
  }

  // After the build: the line goes away.
  void end() {
    if (width_ != 0) write("");
    width_ = 0;
  }

 private:
  void show(const char* phase, int depth, int done, int steps) {
    if (terminal_) {
      write("building the engine: " + printable(phase) + " " + std::to_string(done) + "/" + std::to_string(steps));
    } else if (done == 0) {
      std::fprintf(stderr, "building the engine: %*s%s\n", 2 * depth, "", printable(phase).c_str());
    }
  }

  void write(std::string line) {
    line.resize(line.size() < widest ? line.size() : widest);
    const size_t before = width_;
    width_ = line.size();
    if (line.size() < before) line.append(before - line.size(), ' ');
    std::fprintf(stderr, "\r%s%s", line.c_str(), width_ == 0 ? "\r" : "");
    std::fflush(stderr);
  }

  static constexpr size_t widest = 78;
  const bool terminal_ = isatty(STDERR_FILENO) != 0;
  size_t width_ = 0;  // of the line on the terminal
};

}  // namespace arhat::runner

// What TensorRT tells of a build, passed on to the caller's callback.
#pragma once

#include <NvInfer.h>

#include <atomic>
#include <map>
#include <mutex>
#include <string>

#include "model.h"

namespace arhat {

class Progress final : public nvinfer1::IProgressMonitor {
 public:
  Progress(arhat_progress_callback callback, void* user) : callback_(callback), user_(user) {}

  // Whether the callback wanted the build to stop.
  bool stopped() const { return stopped_; }

  void phaseStart(const char* phase, const char* parent, int32_t steps) noexcept override {
    guarded([&] {
      const auto outer = parent == nullptr ? phases_.end() : phases_.find(parent);
      const int depth = outer == phases_.end() ? 0 : outer->second.depth + 1;
      phases_[phase] = {depth, steps, 0};
      tell(phase, depth, 0, steps);
    });
  }

  bool stepComplete(const char* phase, int32_t step) noexcept override {
    guarded([&] {
      const auto known = phases_.find(phase);
      if (known == phases_.end()) return;
      known->second.done = step + 1;
      tell(phase, known->second.depth, step + 1, known->second.steps);
    });
    return !stopped_;
  }

  void phaseFinish(const char* phase) noexcept override {
    guarded([&] {
      const auto known = phases_.find(phase);
      if (known == phases_.end()) return;
      const Phase last = known->second;
      phases_.erase(known);
      if (last.done != last.steps) tell(phase, last.depth, last.steps, last.steps);
    });
  }

 private:
  struct Phase {
    int depth;
    int steps;
    int done;
  };

  // TensorRT may call from several threads, and takes no exceptions.
  template <class Body>
  void guarded(Body body) noexcept {
    try {
      const std::lock_guard<std::mutex> lock(mutex_);
      body();
    } catch (...) {
      stopped_ = true;
    }
  }

  void tell(const char* phase, int depth, int done, int steps) {
    if (callback_ != nullptr && !stopped_ && callback_(user_, phase, depth, done, steps) != 0) stopped_ = true;
  }

  arhat_progress_callback callback_;
  void* user_;
  std::mutex mutex_;
  std::map<std::string, Phase> phases_;  // that are under way
  std::atomic<bool> stopped_{false};
};

}  // namespace arhat

// TensorRT's messages: errors are kept, so that a failure can say what TensorRT itself has said.
#pragma once

#include <NvInfer.h>

#include <deque>
#include <mutex>
#include <string>

namespace arhat {

// TensorRT calls it from several threads. It outlives every object of TensorRT that was made with it.
class Logger final : public nvinfer1::ILogger {
 public:
  void log(Severity severity, const char* message) noexcept override {
    if (severity != Severity::kINTERNAL_ERROR && severity != Severity::kERROR) return;
    try {
      const std::lock_guard<std::mutex> lock(mutex_);
      errors_.push_back(one_line(message));
      if (errors_.size() > kept) errors_.pop_front();
    } catch (...) {
      // No memory for the message; what fails is reported without it.
    }
  }

  // What went wrong since the last call, the latest messages in the order they came; "" if nothing was said.
  std::string take() {
    const std::lock_guard<std::mutex> lock(mutex_);
    std::string text;
    for (const std::string& error : errors_) text += (text.empty() ? "" : "; ") + error;
    errors_.clear();
    return text;
  }

 private:
  static constexpr size_t kept = 4;
  static constexpr size_t longest = 400;

  static std::string one_line(const char* message) {
    std::string text;
    for (const char* c = message; *c != '\0' && text.size() < longest; ++c)
      text += static_cast<unsigned char>(*c) < 32 || *c == 127 ? ' ' : *c;
    while (!text.empty() && text.back() == ' ') text.pop_back();
    return text;
  }

  std::mutex mutex_;
  std::deque<std::string> errors_;
};

}  // namespace arhat

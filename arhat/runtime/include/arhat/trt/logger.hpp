// TensorRT's messages: errors are kept, so that a failure can say what TensorRT itself has said.
#pragma once

#include <NvInfer.h>

#include <algorithm>
#include <cctype>
#include <deque>
#include <mutex>
#include <string>

#include "../failure.hpp"

namespace arhat {

// TensorRT calls it from several threads.
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

  // Fails with TensorRT's reasons; `what` says what was wanted. The status is another one where memory was lacking.
  [[noreturn]] void refuse(arhat_status status, const std::string& what) {
    const std::string said = take();
    fail(lacks_memory(said) ? ARHAT_OUT_OF_MEMORY : status, what + (said.empty() ? "" : ": " + said));
  }

  // Whether a message is about memory that could not be had.
  static bool lacks_memory(std::string text) {
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    for (const char* phrase : {"out of memory", "outofmemory", "insufficient memory", "bad_alloc", "memory allocation"})
      if (text.find(phrase) != std::string::npos) return true;
    return false;
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

// One for all models of this library: TensorRT may keep the first logger that it meets for as long as it is loaded.
inline Logger& logger() {
  static Logger* const all = new Logger;
  return *all;
}

}  // namespace arhat

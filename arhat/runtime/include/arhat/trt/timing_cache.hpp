// The file of times that TensorRT has measured in earlier builds.
#pragma once

#include <NvInfer.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "../failure.hpp"
#include "logger.hpp"

namespace arhat {

// Of one build. A file that TensorRT does not take, of another GPU say, is replaced, and a note says so.
class TimingCache {
 public:
  // No path: TensorRT keeps times during the build only.
  TimingCache(std::string path, nvinfer1::IBuilderConfig& config, std::vector<std::string>& notes)
      : path_(std::move(path)), config_(config) {
    if (path_.empty()) return;
    std::ifstream file(path_, std::ios::binary);
    before_.assign(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    if (use(before_)) return;
    notes.push_back("timing cache '" + layers_text(path_.c_str()) +
                    "' is not one of this TensorRT and GPU: it is replaced");
    before_.clear();
    if (!use(before_)) logger().refuse(ARHAT_INTERNAL_ERROR, "TensorRT takes no timing cache");
  }

  // After the build.
  void save(std::vector<std::string>& notes) const {
    const nvinfer1::ITimingCache* const cache = path_.empty() ? nullptr : config_.getTimingCache();
    if (cache == nullptr) return;
    const std::unique_ptr<nvinfer1::IHostMemory> data(cache->serialize());
    if (data == nullptr) return;
    const std::string now(static_cast<const char*>(data->data()), data->size());
    if (now == before_) return;
    const std::string part = path_ + ".part" + std::to_string(getpid());
    std::ofstream file(part, std::ios::binary);
    file.write(now.data(), static_cast<std::streamsize>(now.size()));
    file.close();
    if (file && std::rename(part.c_str(), path_.c_str()) == 0) return;
    notes.push_back("timing cache '" + layers_text(path_.c_str()) + "' cannot be written: " + std::strerror(errno));
    std::remove(part.c_str());
  }

 private:
  // The configuration refers to the cache, which lives as long as this object.
  bool use(const std::string& data) {
    cache_.reset(config_.createTimingCache(data.data(), data.size()));
    const bool taken = cache_ != nullptr && config_.setTimingCache(*cache_, false);
    if (!taken) logger().take();
    return taken;
  }

  std::string path_;
  nvinfer1::IBuilderConfig& config_;
  std::unique_ptr<nvinfer1::ITimingCache> cache_;
  std::string before_;
};

}  // namespace arhat

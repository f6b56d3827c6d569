// Values inside an engine that was built to show them.
#pragma once

#include <NvInfer.h>
#include <cuda_runtime_api.h>

#include <cstddef>
#include <exception>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "../cuda/error.hpp"
#include "../tables.hpp"
#include "ports.hpp"
#include "program.hpp"

namespace arhat {

// Gets the values from TensorRT, which calls it while a run is queued.
class Watcher final : public nvinfer1::IDebugListener {
 public:
  // Index among the program's values, extents in this run, dense elements on the host; false stops the run.
  using Show = std::function<bool(size_t, const Dims&, const std::byte*)>;

  // `names`: of the tensors of the program's values; "" of those that cannot be watched.
  Watcher(const Program& program, std::vector<std::string> names) : program_(program), seen_(names.size()) {
    for (size_t i = 0; i < names.size(); ++i)
      if (!names[i].empty()) by_name_.emplace(std::move(names[i]), i);
  }

  void begin(Show show) {
    show_ = std::move(show);
    stopped_ = false;
    error_ = nullptr;
    seen_.assign(seen_.size(), false);
  }

  // After a run. Throws what went wrong in it; false if `show` stopped it.
  bool end() {
    show_ = nullptr;
    if (error_ != nullptr) std::rethrow_exception(std::exchange(error_, nullptr));
    return !stopped_;
  }

  bool stopped() const { return stopped_ || error_ != nullptr; }
  bool seen(size_t index) const { return seen_[index]; }
  void note_seen(size_t index) { seen_[index] = true; }

  bool processDebugTensor(const void* data, nvinfer1::TensorLocation location, nvinfer1::DataType type,
                          const nvinfer1::Dims& shape, const char* name, cudaStream_t stream) override {
    const auto known = by_name_.find(name);
    if (stopped()) return false;
    if (show_ == nullptr || known == by_name_.end() || seen_[known->second]) return true;
    try {
      const WatchInfo& value = program_.values[known->second];
      if (type != data_type(value.type) || shape.nbDims != value.dims.rank) return true;
      Dims dims{shape.nbDims, {}};
      for (int i = 0; i < shape.nbDims; ++i) dims.d[i] = shape.d[i];
      host_.resize(elements_of(dims) * size_of(value.type));
      if (!host_.empty()) {
        const auto kind = location == nvinfer1::TensorLocation::kHOST ? cudaMemcpyHostToHost : cudaMemcpyDeviceToHost;
        check(cudaMemcpyAsync(host_.data(), data, host_.size(), kind, stream), "cudaMemcpyAsync");
        check(cudaStreamSynchronize(stream), "running the model");
      }
      seen_[known->second] = true;
      stopped_ = !show_(known->second, dims, host_.data());
    } catch (...) {
      error_ = std::current_exception();
    }
    return !stopped();
  }

 private:
  const Program& program_;
  std::map<std::string, size_t> by_name_;
  std::vector<bool> seen_;
  std::vector<std::byte> host_;
  Show show_;
  bool stopped_ = false;
  std::exception_ptr error_;
};

}  // namespace arhat

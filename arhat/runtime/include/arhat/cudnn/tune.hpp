// Finding the fastest plan of a graph by timing.
#pragma once

#include <cuda_runtime_api.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "arhat/cudnn/graph.hpp"
#include "arhat/cudnn/tactics_file.hpp"
#include "arhat/cudnn/timing.hpp"

namespace arhat::cudnn {

// Of the current device.
inline Platform platform() {
  int device = 0;
  cudaDeviceProp properties;
  check_cuda(cudaGetDevice(&device), "cudaGetDevice");
  check_cuda(cudaGetDeviceProperties(&properties, device), "cudaGetDeviceProperties");
  return {version_text(cudnnGetVersion()), properties.name, properties.major * 10 + properties.minor};
}

struct TuneOptions {
  int64_t workspace_limit = 256 << 20;  // bytes
  size_t most_candidates = 64;          // those further back in the heuristics' list are not timed
};

// Times the candidates of a graph and gives the fastest, which is put into `tactics`. They run on the handle's
// stream, which is not the default one; the device should be idle. A candidate that does not build or run is
// passed over; throws if none is left.
inline Plan tune(const Graph& graph, cudnnHandle_t handle, const TuneOptions& options, Tactics& tactics) {
  const GraphDesc& desc = graph.desc();
  const std::vector<Config> configs = graph.candidates();
  Timing timing(desc, handle);
  std::vector<std::pair<double, Plan>> timed;
  std::string reasons;
  for (size_t i = 0; i < std::min(configs.size(), options.most_candidates); ++i) {
    const Config& config = configs[i];
    try {
      Plan plan = graph.build(config);
      if (plan.workspace() > options.workspace_limit) continue;
      const double first = timing.microseconds(plan, 3);
      timed.emplace_back(first, std::move(plan));
    } catch (const Error& error) {
      if (error.status == CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED) throw;
      const std::string reason = error.reason.empty() ? cudnnGetErrorString(error.status) : error.reason;
      reasons += (reasons.empty() ? "" : "; ") + config.name.text() + ": " + reason;
    }
  }
  if (timed.empty())
    throw Error("tune", CUDNN_STATUS_NOT_SUPPORTED,
                reasons.empty() ? "no candidate within the limit of workspace" : reasons, desc.layers);
  // A quick round finds those that may be the fastest; they are timed again, longer.
  const auto faster = [](const auto& a, const auto& b) { return a.first < b.first; };
  std::stable_sort(timed.begin(), timed.end(), faster);
  size_t close = 1;
  while (close < timed.size() && close < 4 && timed[close].first < 1.1 * timed[0].first) ++close;
  for (size_t i = 0; i < close; ++i) timed[i].first = timing.microseconds(timed[i].second, 15);
  const auto best = std::min_element(timed.begin(), timed.begin() + static_cast<std::ptrdiff_t>(close), faster);
  tactics.put(desc.key,
              {best->second.name(), best->first, static_cast<uint64_t>(best->second.workspace())});
  return std::move(best->second);
}

}  // namespace arhat::cudnn

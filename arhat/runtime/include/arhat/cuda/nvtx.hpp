// Ranges by operation and layer in the timeline of NVIDIA's profilers. Without ARHAT_NVTX there are none.
#pragma once

#ifdef ARHAT_NVTX
#include <nvtx3/nvToolsExt.h>

#include <string>
#endif

#include "program.hpp"

namespace arhat {

class Range {
 public:
#ifdef ARHAT_NVTX
  explicit Range(const OpInfo& op) {
    const std::string layers = op.layers;
    const size_t last = layers.rfind('\n');
    nvtxRangePushA((std::string(op.name) + " " + (last == std::string::npos ? layers : layers.substr(last + 1))).c_str());
  }
  ~Range() { nvtxRangePop(); }
#else
  explicit Range(const OpInfo&) {}
#endif
  Range(const Range&) = delete;
  Range& operator=(const Range&) = delete;
};

}  // namespace arhat

// A range for each run in the timeline of NVIDIA's profilers, where TensorRT names its layers by itself. Without
// ARHAT_NVTX there are none.
#pragma once

#ifdef ARHAT_NVTX
#include <nvtx3/nvToolsExt.h>
#endif

namespace arhat {

class RunRange {
 public:
#ifdef ARHAT_NVTX
  explicit RunRange(const char* name) { nvtxRangePushA(name); }
  ~RunRange() { nvtxRangePop(); }
#else
  explicit RunRange(const char*) {}
#endif
  RunRange(const RunRange&) = delete;
  RunRange& operator=(const RunRange&) = delete;
};

}  // namespace arhat

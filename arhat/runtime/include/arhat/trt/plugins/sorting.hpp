// What plugins that sort by score share.
#pragma once

#include "../../kernels/sort.hpp"
#include "../plugin_fields.hpp"

namespace arhat::trt {

// More keys than a block of threads sorts need cuda/sort.cu in the program.
inline void check_sort(int64_t segments, int64_t stride, int64_t most) {
  require(sort_scratch(segments, stride, most) == 0 || sort_segments != nullptr,
          "more than " + std::to_string(block_keys) + " candidates are sorted, but sort.cu is not linked in");
}

}  // namespace arhat::trt

// Sorting of more keys than a block of threads holds. Defined in sort.cu, a unit of its own as its compilation is long.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>

namespace arhat {

// Weak, because it is only called where more keys are wanted in order than a block of threads sorts: a program that has
// no such kernel is linked without it.
//
// Sorts the first counts[i] keys of segment i, which begins at i * stride, by radix. `other`: memory for as many keys;
// rest: `rest_bytes` bytes of scratch memory. All memory is the device's; nothing waits for the device. Throws
// std::runtime_error where CUDA refuses.
__attribute__((weak)) void sort_segments(cudaStream_t stream, std::int64_t segments, std::int64_t stride,
                                         const int* counts, std::uint64_t* keys, std::uint64_t* other, void* rest,
                                         std::size_t rest_bytes);

}  // namespace arhat

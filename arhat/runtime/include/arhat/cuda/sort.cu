#include "sort.hpp"

#include <cub/device/device_segmented_radix_sort.cuh>
#include <thrust/iterator/counting_iterator.h>
#include <thrust/iterator/transform_iterator.h>

#include <stdexcept>
#include <string>

namespace arhat {
namespace {

struct SegmentBegin {
  std::int64_t stride;
  __host__ __device__ std::int64_t operator()(std::int64_t segment) const { return segment * stride; }
};

struct SegmentEnd {
  std::int64_t stride;
  const int* counts;
  __host__ __device__ std::int64_t operator()(std::int64_t segment) const { return segment * stride + counts[segment]; }
};

void check(cudaError_t status) {
  if (status != cudaSuccess) throw std::runtime_error(std::string("sorting by score: ") + cudaGetErrorString(status));
}

}  // namespace

void sort_segments(cudaStream_t stream, std::int64_t segments, std::int64_t stride, const int* counts,
                   std::uint64_t* keys, std::uint64_t* other, void* rest, std::size_t rest_bytes) {
  const thrust::counting_iterator<std::int64_t> number(0);
  const auto begin = thrust::make_transform_iterator(number, SegmentBegin{stride});
  const auto end = thrust::make_transform_iterator(number, SegmentEnd{stride, counts});
  cub::DoubleBuffer<std::uint64_t> both(keys, other);
  const std::int64_t all = segments * stride;
  check(cub::DeviceSegmentedRadixSort::SortKeys(rest, rest_bytes, both, all, segments, begin, end, 0, 64, stream));
  if (both.Current() == keys) return;
  // Whatever lies between the segments is copied as well.
  const std::size_t bytes = static_cast<std::size_t>(all) * sizeof(std::uint64_t);
  check(cudaMemcpyAsync(keys, other, bytes, cudaMemcpyDeviceToDevice, stream));
}

}  // namespace arhat

// Kernels from one source: a functor f(i) over an index space [0, n).
//
// Under a C++ compiler `launch` is a loop whose chunks the thread pool shares; under nvcc it is a grid-stride kernel on
// a stream. Calls may run in any order and at once: f(i) writes nothing that f(j) touches. Functors hold plain values
// and pointers, allocate nothing, and are called in order by one launch after the other.
//
// `launch_blocks` makes an index the work of a block of threads: f(block, i, shared). Under a C++ compiler a block is one
// thread, so that the same source runs there; a test may put blocks of several threads in that place. Such a functor has
// `threads`, the threads of a block, `Shared`, the memory that they share, and a call that is the same for all of them:
// every thread comes to every `sync`. Results do not depend on which thread is faster.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>

#ifdef __CUDACC__
#include <cuda_runtime.h>
#define ARHAT_HD __host__ __device__
#ifndef ARHAT_ISA
#define ARHAT_ISA cuda
#endif
#else
#define ARHAT_HD
#include "../pool.hpp"
#include "../vec.hpp"
#endif

namespace arhat {
inline namespace ARHAT_ISA {

// The ends of a type's range, infinite where it has infinities; device code may read them.
template <class T>
struct Range {
  using Limits = std::numeric_limits<T>;
  static constexpr T lowest = Limits::has_infinity ? -Limits::infinity() : Limits::lowest();
  static constexpr T highest = Limits::has_infinity ? Limits::infinity() : Limits::max();
};

template <class T>
ARHAT_HD constexpr T smaller(T a, T b) {
  return b < a ? b : a;
}

template <class T>
ARHAT_HD constexpr T larger(T a, T b) {
  return a < b ? b : a;
}

template <class T>
ARHAT_HD constexpr T clamp(T x, T low, T high) {
  return smaller(larger(x, low), high);
}

constexpr int64_t round_up_bytes(int64_t bytes) { return (bytes + 63) / 64 * 64; }

// A product that is rounded before anything is added to it: what a threshold decides should not depend on a GPU's
// compiler.
ARHAT_HD inline float times(float a, float b) {
#ifdef __CUDA_ARCH__
  return __fmul_rn(a, b);
#else
  return a * b;
#endif
}

// V neighbouring elements, read and written at once.
template <class T, int V>
struct alignas(sizeof(T) * V) Pack {
  T v[V];
};

// Adds to a number that other threads add to at the same time; what it was before.
ARHAT_HD inline int atomic_add(int* number, int addend) {
#ifdef __CUDA_ARCH__
  return atomicAdd(number, addend);
#else
  return __atomic_fetch_add(number, addend, __ATOMIC_RELAXED);
#endif
}

// Neighbouring elements, of n, that one index of a launch takes: all where a loop over them is a loop over vectors, on a
// GPU one.
constexpr int64_t elements_of_index([[maybe_unused]] int64_t n) {
#ifdef __CUDACC__
  return 1;
#else
  return n > 0 ? n : 1;
#endif
}

// A thread that is a block of its own.
struct LoneThread {
  ARHAT_HD int thread() const { return 0; }
  ARHAT_HD int threads() const { return 1; }
  ARHAT_HD void sync() const {}
};

template <class F>
struct AloneOn {
  F f;
  ARHAT_HD void operator()(int64_t index) const {
    typename F::Shared shared;
    f(LoneThread{}, index, shared);
  }
};

#ifdef __CUDACC__

using Context = cudaStream_t;

template <class F>
__global__ void run_indices(F f, int64_t n) {
  const int64_t step = static_cast<int64_t>(gridDim.x) * blockDim.x;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < n; i += step) f(i);
}

template <class F>
void launch(Context stream, int64_t n, F f, int64_t /*grain*/ = 1) {
  constexpr int threads = 256;
  const int64_t blocks = smaller<int64_t>((n + threads - 1) / threads, 65535);
  if (n > 0) run_indices<<<static_cast<unsigned>(blocks), threads, 0, stream>>>(f, n);
}

// One thread of a block.
struct Block {
  __device__ int thread() const { return static_cast<int>(threadIdx.x); }
  __device__ int threads() const { return static_cast<int>(blockDim.x); }
  // What any thread of the block wrote before is seen by all of them after.
  __device__ void sync() const { __syncthreads(); }
};

template <class F>
__global__ void __launch_bounds__(F::threads) run_blocks(F f, int64_t n) {
  __shared__ typename F::Shared shared;
  for (int64_t i = blockIdx.x; i < n; i += gridDim.x) {
    f(Block{}, i, shared);
    __syncthreads();
  }
}

template <class F>
void launch_blocks(Context stream, int64_t n, F f) {
  if constexpr (F::threads == 1) {
    launch(stream, n, AloneOn<F>{f});
  } else {
    const unsigned blocks = static_cast<unsigned>(smaller<int64_t>(n, 1 << 20));
    if (n > 0) run_blocks<<<blocks, F::threads, 0, stream>>>(f, n);
  }
}

#else

using Context = ThreadPool&;

// Cuts [0, n) into ranges, f(begin, end). `grain`: fewer indices are not worth giving to another thread.
template <class F>
void launch_ranges(Context pool, int64_t n, F f, int64_t grain) {
  const int64_t most = pool.threads() > 1 ? 4 * static_cast<int64_t>(pool.threads()) : 1;
  const int64_t tasks = clamp<int64_t>(n / larger<int64_t>(grain, 1), 1, most);
  pool.parallel(static_cast<int>(tasks), [&](int task) { f(n * task / tasks, n * (task + 1) / tasks); });
}

template <class F>
void launch(Context pool, int64_t n, F f, int64_t grain = 1024) {
  launch_ranges(
      pool, n,
      [&f](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) f(i);
      },
      grain);
}

#ifndef ARHAT_TEST_BLOCKS

template <class F>
void launch_blocks(Context context, int64_t n, F f) {
  launch(context, n, AloneOn<F>{f}, 1);
}

#endif

#endif

}  // namespace ARHAT_ISA
}  // namespace arhat

#ifdef ARHAT_TEST_BLOCKS
#include ARHAT_TEST_BLOCKS
#endif

// Random operands and memory of exact size for the sweeps, and the comparison of two results bit by bit.
//
// Under nvcc the sweeps run on a GPU, where there is no other result to compare with: digests of the results are printed
// for comparison with those of a build for a CPU.
#pragma once

#include "arhat/kernels/launch.hpp"

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <random>
#include <vector>

namespace sweep {

class Random {
 public:
  explicit Random(unsigned seed) : engine_(seed) {}
  int integer(int low, int high) { return std::uniform_int_distribution<int>(low, high)(engine_); }
  float real(float low, float high) { return std::uniform_real_distribution<float>(low, high)(engine_); }
  bool chance(double p) { return std::bernoulli_distribution(p)(engine_); }
  template <class T>
  T of(std::initializer_list<T> choices) {
    return choices.begin()[integer(0, static_cast<int>(choices.size()) - 1)];
  }

  // Scores, some of them equal: of `levels` values if that is not 0. Zeros of either sign.
  std::vector<float> scores(std::size_t n, int levels) {
    std::vector<float> x(n);
    for (float& v : x) {
      v = levels > 0 ? static_cast<float>(integer(0, levels - 1)) / static_cast<float>(levels) : real(0, 1);
      if (v == 0 && chance(0.5)) v = -0.f;
    }
    return x;
  }
  std::vector<float> reals(std::size_t n, float low, float high) {
    std::vector<float> x(n);
    for (float& v : x) v = real(low, high);
    return x;
  }
  // Corners x0, y0, x1, y1 around few centres, so that many overlap; on a grid, so that some are equal or empty.
  std::vector<float> boxes(std::size_t n, float scale) {
    std::vector<float> x(n * 4);
    for (std::size_t i = 0; i < n; ++i) {
      const float left = static_cast<float>(integer(0, 20)), top = static_cast<float>(integer(0, 20));
      const float corners[4] = {left, top, left + static_cast<float>(integer(chance(0.02) ? -1 : 1, 9)),
                                top + static_cast<float>(integer(chance(0.02) ? 0 : 1, 9))};
      for (int k = 0; k < 4; ++k) x[i * 4 + static_cast<std::size_t>(k)] = corners[k] * scale;
    }
    return x;
  }

 private:
  std::mt19937 engine_;
};

struct Free {
  void operator()(void* p) const { std::free(p); }
};

// Memory whose end the address sanitizer knows, full of what no result is.
template <class T>
struct Memory {
  explicit Memory(std::int64_t elements) : count(static_cast<std::size_t>(elements)) {
    void* p = nullptr;
    if (posix_memalign(&p, 64, count == 0 ? 1 : count * sizeof(T)) != 0) std::abort();
    std::memset(p, 0x7b, count * sizeof(T));
    data.reset(static_cast<T*>(p));
  }
  T* get() const { return data.get(); }
  std::size_t count;
  std::unique_ptr<T, Free> data;
};

// Zeros of either sign are equal.
template <class T>
bool equal(T a, T b, double tolerance) {
  if (std::memcmp(&a, &b, sizeof(T)) == 0) return true;
  const double x = static_cast<double>(static_cast<float>(a)), y = static_cast<double>(static_cast<float>(b));
  return (x == 0 && y == 0) || (tolerance > 0 && std::fabs(x - y) <= tolerance * (1 + std::fabs(x)));
}

template <class T>
void same(const char* what, unsigned seed, const Memory<T>& expected, const Memory<T>& actual, double tolerance = 0) {
  for (std::size_t i = 0; i < expected.count; ++i) {
    if (equal(expected.get()[i], actual.get()[i], tolerance)) continue;
    std::printf("%s, seed %u: element %zu is %g, expected %g\n", what, seed, i,
                static_cast<double>(static_cast<float>(actual.get()[i])),
                static_cast<double>(static_cast<float>(expected.get()[i])));
    std::exit(1);
  }
}

// A number for a result; zeros of either sign are equal.
template <class T>
void digest(const char* what, unsigned seed, const Memory<T>& result) {
  std::uint64_t hash = 14695981039346656037u;
  for (std::size_t i = 0; i < result.count; ++i) {
    T value = result.get()[i];
    if (static_cast<float>(value) == 0) value = T(0);
    unsigned char bytes[sizeof(T)];
    std::memcpy(bytes, &value, sizeof(T));
    for (const unsigned char byte : bytes) hash = (hash ^ byte) * 1099511628211u;
  }
  std::printf("%s %u %016llx\n", what, seed, static_cast<unsigned long long>(hash));
}

#ifdef __CUDACC__

inline void check(cudaError_t status) {
  if (status == cudaSuccess) return;
  const bool missing = status == cudaErrorNoDevice || status == cudaErrorInsufficientDriver;
  std::printf("CUDA: %s\n", cudaGetErrorString(status));
  std::exit(missing ? 2 : 1);
}

// Copies of operands and results in the memory of the GPU.
class Device {
 public:
  template <class T>
  const T* in(const std::vector<T>& data) {
    return static_cast<const T*>(copy(data.data(), data.size() * sizeof(T)));
  }
  template <class T>
  const T* in(const Memory<T>& data) {
    return static_cast<const T*>(copy(data.get(), data.count * sizeof(T)));
  }
  template <class T>
  T* out(const Memory<T>& memory) {
    void* const device = copy(memory.get(), memory.count * sizeof(T));
    results_.push_back({memory.get(), device, memory.count * sizeof(T)});
    return static_cast<T*>(device);
  }
  // Waits for the GPU and copies the results back.
  void fetch() {
    check(cudaGetLastError());
    check(cudaDeviceSynchronize());
    for (const Result& r : results_) check(cudaMemcpy(r.host, r.device, r.bytes, cudaMemcpyDeviceToHost));
    for (void* p : all_) check(cudaFree(p));
  }

 private:
  struct Result {
    void* host;
    void* device;
    std::size_t bytes;
  };
  void* copy(const void* data, std::size_t bytes) {
    void* device = nullptr;
    check(cudaMalloc(&device, bytes == 0 ? 1 : bytes));
    all_.push_back(device);
    if (bytes != 0) check(cudaMemcpy(device, data, bytes, cudaMemcpyHostToDevice));
    return device;
  }
  std::vector<Result> results_;
  std::vector<void*> all_;
};

#else

class Device {
 public:
  template <class T>
  const T* in(const std::vector<T>& data) {
    return data.data();
  }
  template <class T>
  const T* in(const Memory<T>& data) {
    return data.get();
  }
  template <class T>
  T* out(const Memory<T>& memory) {
    return memory.get();
  }
  void fetch() {}
};

#endif

}  // namespace sweep

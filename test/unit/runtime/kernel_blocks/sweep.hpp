// Random operands and memory of exact size for the sweeps, and the comparison of two results bit by bit.
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

}  // namespace sweep

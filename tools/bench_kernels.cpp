// Times kernels on the layers that standard input names; tools/bench_kernels drives it.
//
// A line is: kind images height width in-channels out-channels kernel stride pad residual algorithm tile-block
// panel-block. The answer is the fastest and the tenth percentile of the times in microseconds: processor time of the
// thread with one thread, else elapsed time; then the tenth percentile of the rate, in GF/s, that multiply-adds without
// memory reach between the runs, as the processor may be shared. Weights are read from a ring of copies, so that a layer finds its weights
// where a network would have left them: `ring` megabytes away.
#include "arhat/cpu/conv.hpp"
#include "arhat/cpu/depthwise.hpp"
#include "arhat/cpu/reorder.hpp"
#include "arhat/cpu/winograd.hpp"
#include "arhat/pool_implementation.hpp"

#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

using namespace arhat;

namespace {

struct Free {
  void operator()(float* p) const { std::free(p); }
};

struct Floats {
  std::unique_ptr<float, Free> data;
  explicit Floats(std::size_t size) : data(static_cast<float*>(std::aligned_alloc(4096, (size * 4 + 8191) / 4096 * 4096))) {
    for (std::size_t i = 0; i < size; ++i) data.get()[i] = static_cast<float>(static_cast<int>(i * 2654435761u >> 16 & 255) - 128) / 1024.f;
  }
};

struct Value {
  Floats memory;
  Image view;
  Value(int n, int h, int w, int c, int halo, bool dense)
      : memory(static_cast<std::size_t>(n) * (h + 2 * halo) * (w + 2 * halo) * pixel_of(c, dense) + 64) {
    const std::ptrdiff_t pixel = pixel_of(c, dense), row = (w + 2 * halo) * pixel;
    view = {memory.data.get() + halo * (row + pixel), (h + 2 * halo) * row, row, pixel, dense ? c : (c + 15) / 16 * 16};
    zero_halo(n, h, w, {halo, halo, halo, halo}, view);
  }
  static std::ptrdiff_t pixel_of(int c, bool dense) {
    if (dense) return c;
    const int rounded = (c + 15) / 16 * 16;
    return rounded % 512 == 0 ? rounded + 16 : rounded;
  }
};

double now(bool processor) {
  timespec t;
  clock_gettime(processor ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_nsec) * 1e-3;
}

// Multiply-adds in registers only.
constexpr int PEAK_SUMS = 12, PEAK_STEPS = 1500;
ARHAT_NOINLINE void burn(vf* result) {
  vf sums[PEAK_SUMS] = {};
  const vf x = result[0], y = result[1];
  for (int i = 0; i < PEAK_STEPS; ++i) {
    ARHAT_UNROLL for (vf& s : sums) s = s * x + y;
  }
  for (const vf& s : sums) result[0] += s * 1e-30f;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) return std::fprintf(stderr, "usage: bench_kernels threads ring-megabytes milliseconds\n"), 2;
  ThreadPool pool(std::atoi(argv[1]));
  const double ring = std::atof(argv[2]) * 1e6, budget = std::atof(argv[3]) * 1e3;
  std::string kind, algorithm;
  int n, h, w, ic, oc, k, stride, pad, residual, tile_block, panel_block;
  while (std::cin >> kind >> n >> h >> w >> ic >> oc >> k >> stride >> pad >> residual >> algorithm >> tile_block >> panel_block) {
    const int oh = (h + 2 * pad - k) / stride + 1, ow = (w + 2 * pad - k) / stride + 1;
    const ConvShape s{n, h, w, ic, oh, ow, oc, k, k, stride, stride, 1, 1, pad, pad};
    const bool dw = kind == "depthwise";
    const int a = algorithm == "F2" ? 4 : algorithm == "F4" ? 6 : k;
    const std::size_t size = static_cast<std::size_t>(a) * a * (dw ? (oc + 15) / 16 * 16 : static_cast<std::size_t>(ic) * ((oc + 31) / 32 * 32));
    const int copies = std::max(1, std::min(2000, static_cast<int>(ring / (static_cast<double>(size) * 4))));
    const std::size_t spacing = (size + 15) / 16 * 16;
    const Floats weights(spacing * static_cast<std::size_t>(copies)), bias(static_cast<std::size_t>(oc) + 64);
    const Value x(n, h, w, ic, pad, ic < 4), y(n, oh, ow, oc, 0, false), r(n, oh, ow, oc, 0, false);
    Epilogue e;
    e.bias = bias.data.get();
    e.act = Act::clamp;
    e.b = 6;
    if (residual) e.residual = r.view;
    Tuning tuning;
    tuning.tile_block = tile_block;
    tuning.panel_block = panel_block;
    std::vector<double> times, peaks;
    vf seed[2] = {splat(0.5f), splat(0.25f)};
    double spent = 0;
    for (int i = 0; i < 5 || (spent < budget && i < 20000); ++i) {
      const float* const p = weights.data.get() + spacing * static_cast<std::size_t>(i % copies);
      const double start = now(pool.threads() == 1);
      if (dw) {
        depthwise(pool, s, x.view, p, y.view, e);
      } else if (algorithm == "F2") {
        conv_winograd<2>(pool, s, x.view, p, y.view, e);
      } else if (algorithm == "F4") {
        conv_winograd<4>(pool, s, x.view, p, y.view, e);
      } else {
        conv_direct(pool, s, x.view, p, y.view, e, tuning);
      }
      times.push_back(now(pool.threads() == 1) - start);
      spent += times.back();
      const double begin = now(true);
      burn(seed);
      peaks.push_back(2.0 * VL * PEAK_SUMS * PEAK_STEPS / (now(true) - begin) / 1e3);
    }
    std::sort(times.begin(), times.end());
    std::sort(peaks.begin(), peaks.end());
    std::printf("%.2f %.2f %.2f\n", times.front(), times[times.size() / 10], peaks[peaks.size() * 9 / 10]);
    std::fflush(stdout);
  }
}

// Runs kernels on request: reads requests from standard input, writes the output buffer of each to standard output.
//
// A request is a kernel's number, a count and as many integers, a count and as many doubles, a count and as many buffers
// of floats (each a count and the floats). Integers and counts have 64 bits. Buffers are exactly as large as they are
// said to be, so that the address sanitizer sees any access beyond. The answer is a count and the floats of buffer 0.
#include "arhat/cpu/conv.hpp"
#include "arhat/cpu/depthwise.hpp"
#include "arhat/cpu/matmul.hpp"
#include "arhat/cpu/pooling.hpp"
#include "arhat/cpu/reorder.hpp"
#include "arhat/cpu/winograd.hpp"
#include "arhat/pool_implementation.hpp"

#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <vector>

namespace {

using namespace arhat;

template <class T>
void read(T* data, std::size_t count) {
  if (count != 0 && std::fread(data, sizeof(T), count, stdin) != count) std::exit(0);
}

std::int64_t read_count() {
  std::int64_t count = 0;
  read(&count, 1);
  return count;
}

struct Free {
  void operator()(float* p) const { std::free(p); }
};
struct Buffer {
  std::unique_ptr<float, Free> data;
  std::size_t size = 0;
};

Buffer read_buffer() {
  Buffer b;
  b.size = static_cast<std::size_t>(read_count());
  void* p = nullptr;
  if (posix_memalign(&p, 64, b.size == 0 ? 1 : b.size * sizeof(float)) != 0) std::abort();
  b.data.reset(static_cast<float*>(p));
  read(b.data.get(), b.size);
  return b;
}

// The integers of a request, taken in order.
struct Integers {
  std::vector<std::int64_t> values;
  std::size_t next = 0;
  std::int64_t take() { return values.at(next++); }
  int integer() { return static_cast<int>(take()); }
};

// A view: buffer, offset, image, row, pixel, lanes; a buffer below 0 is none.
Image take_image(Integers& in, std::vector<Buffer>& buffers) {
  const auto buffer = in.take(), offset = in.take(), image = in.take(), row = in.take(), pixel = in.take();
  const int lanes = in.integer();
  return {buffer < 0 ? nullptr : buffers.at(static_cast<std::size_t>(buffer)).data.get() + offset, image, row, pixel, lanes};
}

float* take_pointer(Integers& in, std::vector<Buffer>& buffers) {
  const auto buffer = in.take();
  return buffer < 0 ? nullptr : buffers.at(static_cast<std::size_t>(buffer)).data.get();
}

template <class Shape>
Shape take_shape(Integers& in) {
  Shape s;
  int values[sizeof(Shape) / sizeof(int)];
  for (int& v : values) v = in.integer();
  std::memcpy(&s, values, sizeof s);
  return s;
}

Epilogue take_epilogue(Integers& in, const std::vector<double>& reals, std::vector<Buffer>& buffers) {
  Epilogue e;
  e.bias = take_pointer(in, buffers);
  e.residual = take_image(in, buffers);
  e.act = static_cast<Act>(in.take());
  e.a = static_cast<float>(reals.at(0));
  e.b = static_cast<float>(reals.at(1));
  e.slope = take_pointer(in, buffers);
  e.residual_last = in.take() != 0;
  return e;
}

enum Kernel { DIRECT, WINOGRAD2, WINOGRAD4, DEPTHWISE, GROUPED, MATMUL, BATCHED, MAX, AVERAGE, GLOBAL, TO_NHWC, TO_NCHW, COPY, HALO, MATH };

void run(Kernel kernel, ThreadPool& pool, Integers& in, const std::vector<double>& reals, std::vector<Buffer>& buffers) {
  switch (kernel) {
    case DIRECT:
    case WINOGRAD2:
    case WINOGRAD4:
    case DEPTHWISE:
    case GROUPED: {
      const auto s = take_shape<ConvShape>(in);
      const Image x = take_image(in, buffers), y = take_image(in, buffers);
      const float* w = take_pointer(in, buffers);
      const Epilogue e = take_epilogue(in, reals, buffers);
      if (kernel == WINOGRAD2) return conv_winograd<2>(pool, s, x, w, y, e);
      if (kernel == WINOGRAD4) return conv_winograd<4>(pool, s, x, w, y, e);
      if (kernel == DEPTHWISE) return depthwise(pool, s, x, w, y, e);
      const int groups = in.integer();
      Tuning tuning;
      tuning.tile_block = in.integer();
      tuning.panel_block = in.integer();
      if (kernel == DIRECT) return conv_direct(pool, s, x, w, y, e, tuning);
      return conv_grouped(pool, groups, s, x, w, y, e, tuning);
    }
    case MATMUL: {
      const int m = in.integer(), n = in.integer(), k = in.integer();
      const auto lda = in.take(), ldc = in.take();
      float *c = take_pointer(in, buffers), *a = take_pointer(in, buffers), *b = take_pointer(in, buffers);
      return matmul(pool, m, n, k, a, lda, b, c, ldc, take_epilogue(in, reals, buffers));
    }
    case BATCHED: {
      MatmulShape s{};
      s.m = in.integer(), s.n = in.integer(), s.k = in.integer();
      for (std::ptrdiff_t* stride : {&s.a_row, &s.a_column, &s.b_row, &s.b_column, &s.c_row}) *stride = in.take();
      s.batch_rank = in.integer();
      for (int d = 0; d < s.batch_rank; ++d) {
        s.batch[d] = in.integer();
        s.a_batch[d] = in.take(), s.b_batch[d] = in.take(), s.c_batch[d] = in.take();
      }
      float *c = take_pointer(in, buffers), *a = take_pointer(in, buffers), *b = take_pointer(in, buffers);
      return matmul_batched(pool, s, a, b, c, take_epilogue(in, reals, buffers));
    }
    case MAX:
    case AVERAGE: {
      const auto s = take_shape<PoolShape>(in);
      const Image x = take_image(in, buffers), y = take_image(in, buffers);
      return kernel == MAX ? max_pool(pool, s, x, y) : avg_pool(pool, s, in.take() != 0, x, y);
    }
    case GLOBAL:
    case TO_NHWC:
    case TO_NCHW:
    case COPY: {
      const int n = in.integer(), c = in.integer(), h = in.integer(), w = in.integer();
      const Image x = take_image(in, buffers), y = take_image(in, buffers);
      if (kernel == GLOBAL) return global_average(pool, n, h, w, c, x, y);
      if (kernel == TO_NHWC) return nchw_to_nhwc(pool, n, c, h, w, x.base, y);
      if (kernel == TO_NCHW) return nhwc_to_nchw(pool, n, c, h, w, x, y.base);
      return copy_nhwc(pool, n, c, h, w, x, y);
    }
    case HALO: {
      const int n = in.integer(), h = in.integer(), w = in.integer();
      const auto halo = take_shape<Halo>(in);
      return zero_halo(n, h, w, halo, take_image(in, buffers));
    }
    case MATH: {
      vf (*const functions[])(vf) = {[](vf x) { return vexp(x); },  [](vf x) { return vlog(x); }, [](vf x) { return vsigmoid(x); },
                                     [](vf x) { return vtanh(x); }, [](vf x) { return vexpm1(x); }};
      vf (*const f)(vf) = functions[in.take()];
      Buffer &y = buffers.at(0), &x = buffers.at(1);
      for (std::size_t i = 0; i < y.size; i += VL) {
        const int lanes = static_cast<int>(y.size - i < std::size_t(VL) ? y.size - i : VL);
        store_first(y.data.get() + i, f(load_first(x.data.get() + i, lanes)), lanes);
      }
    }
  }
}

}  // namespace

int main() {
  std::map<std::int64_t, std::unique_ptr<ThreadPool>> pools;
  for (;;) {
    const auto kernel = static_cast<Kernel>(read_count());
    const auto threads = read_count();
    Integers in;
    in.values.resize(static_cast<std::size_t>(read_count()));
    read(in.values.data(), in.values.size());
    std::vector<double> reals(static_cast<std::size_t>(read_count()));
    read(reals.data(), reals.size());
    std::vector<Buffer> buffers(static_cast<std::size_t>(read_count()));
    for (Buffer& b : buffers) b = read_buffer();
    auto& pool = pools[threads];
    if (!pool) pool = std::make_unique<ThreadPool>(static_cast<int>(threads));
    run(kernel, *pool, in, reals, buffers);
    const auto size = static_cast<std::int64_t>(buffers[0].size);
    std::fwrite(&size, sizeof size, 1, stdout);
    std::fwrite(buffers[0].data.get(), sizeof(float), buffers[0].size, stdout);
    std::fflush(stdout);
  }
}

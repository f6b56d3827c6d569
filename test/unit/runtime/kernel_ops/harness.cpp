// Runs the functions of cases.inc on request: reads requests from standard input, writes the result of each to standard
// output.
//
// A request is a list of 64-bit numbers (case, threads, bytes of scratch memory, bytes of the result, number of operands,
// bytes of each operand), the bytes of the operands, and those that the result's memory holds beforehand. Buffers are
// exactly as large as they are said to be, so that the address sanitizer sees any access beyond. The answer is the
// result's memory.
#include "arhat/cpu/frame.hpp"
#include "arhat/cpu/reorder.hpp"
#include "arhat/kernels/copy.hpp"
#include "arhat/kernels/cumulate.hpp"
#include "arhat/kernels/deformable.hpp"
#include "arhat/kernels/detection_output.hpp"
#include "arhat/kernels/elementwise.hpp"
#include "arhat/kernels/gather.hpp"
#include "arhat/kernels/interpolate.hpp"
#include "arhat/kernels/lrn.hpp"
#include "arhat/kernels/mvn.hpp"
#include "arhat/kernels/normalize_l2.hpp"
#include "arhat/kernels/pooling.hpp"
#include "arhat/kernels/prior_box.hpp"
#include "arhat/kernels/product.hpp"
#include "arhat/kernels/reduce.hpp"
#include "arhat/kernels/region_yolo.hpp"
#include "arhat/kernels/resample.hpp"
#include "arhat/kernels/scatter.hpp"
#include "arhat/kernels/softmax.hpp"
#include "arhat/pool_implementation.hpp"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

namespace arhat {
inline namespace ARHAT_ISA {
#include "cases.inc"
}  // namespace ARHAT_ISA
}  // namespace arhat

namespace {

struct Free {
  void operator()(std::byte* p) const { std::free(p); }
};
using Buffer = std::unique_ptr<std::byte, Free>;

void read(void* data, std::size_t bytes) {
  if (bytes != 0 && std::fread(data, 1, bytes, stdin) != bytes) std::exit(0);
}

std::int64_t read_number() {
  std::int64_t number = 0;
  read(&number, sizeof number);
  return number;
}

Buffer allocate(std::int64_t bytes) {
  void* p = nullptr;
  if (posix_memalign(&p, 64, bytes == 0 ? 1 : static_cast<std::size_t>(bytes)) != 0) std::abort();
  return Buffer(static_cast<std::byte*>(p));
}

}  // namespace

int main() {
  arhat::ThreadPool one(1), three(3);
  for (;;) {
    const std::int64_t number = read_number(), threads = read_number();
    const Buffer scratch = allocate(read_number());
    const std::int64_t result_bytes = read_number();
    std::vector<std::int64_t> sizes(static_cast<std::size_t>(read_number()));
    for (std::int64_t& size : sizes) size = read_number();
    std::vector<Buffer> operands;
    std::vector<const void*> inputs;
    for (const std::int64_t size : sizes) {
      operands.push_back(allocate(size));
      read(operands.back().get(), static_cast<std::size_t>(size));
      inputs.push_back(operands.back().get());
    }
    const Buffer result = allocate(result_bytes);
    read(result.get(), static_cast<std::size_t>(result_bytes));
    void* outputs[] = {result.get()};
    arhat::cases[number](arhat::Frame{scratch.get(), nullptr, inputs.data(), outputs, threads == 1 ? one : three});
    std::fwrite(result.get(), 1, static_cast<std::size_t>(result_bytes), stdout);
    std::fflush(stdout);
  }
}

// Blocks of several threads on a CPU, in place of blocks of one: they show what a GPU's threads would do to each other.
// Shared memory goes from one index to the next as it is, as on a GPU.
#pragma once

#include <pthread.h>

#include <memory>
#include <thread>
#include <vector>

namespace arhat {
inline namespace ARHAT_ISA {

struct ThreadedBlock {
  int number, count;
  pthread_barrier_t* barrier;

  int thread() const { return number; }
  int threads() const { return count; }
  void sync() const { pthread_barrier_wait(barrier); }
};

template <class F>
void launch_blocks(Context, int64_t n, F f) {
  const int count = F::threads < ARHAT_TEST_THREADS ? F::threads : ARHAT_TEST_THREADS;
  const auto shared = std::make_unique<typename F::Shared>();
  pthread_barrier_t barrier;
  pthread_barrier_init(&barrier, nullptr, static_cast<unsigned>(count));
  std::vector<std::thread> threads;
  for (int t = 0; t < count; ++t) {
    threads.emplace_back([&, t] {
      const ThreadedBlock block{t, count, &barrier};
      for (int64_t i = 0; i < n; ++i) {
        f(block, i, *shared);
        block.sync();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  pthread_barrier_destroy(&barrier);
}

}  // namespace ARHAT_ISA
}  // namespace arhat

// Many short loops on several pools at once. Built with the thread sanitizer by the test.
#include "arhat/pool_implementation.hpp"

#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

namespace {

void check(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "wrong: %s\n", what);
  std::exit(1);
}

void exercise(int threads, int loops) {
  arhat::ThreadPool pool(threads);
  check(pool.threads() == (threads < 1 ? 1 : threads), "number of threads");
  std::vector<int> counts(97);
  for (int loop = 0; loop < loops; ++loop) {
    const int tasks = loop % 98;
    for (int& count : counts) count = 0;
    float* const shared = pool.shared_scratch(100);
    for (int i = 0; i < 97; ++i) shared[i] = static_cast<float>(loop);
    pool.parallel(tasks, [&](int task, int worker) {
      float* const own = pool.scratch(worker, static_cast<std::size_t>(10 + task));
      own[task] = shared[task];
      counts[static_cast<std::size_t>(task)] += own[task] == static_cast<float>(loop) ? 1 : 1000;
      if (loop % 50 == 0 && task % 7 == 0) std::this_thread::yield();
    });
    for (int i = 0; i < 97; ++i) check(counts[static_cast<std::size_t>(i)] == (i < tasks ? 1 : 0), "every task runs once");
    if (loop % 500 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(2));  // helpers fall asleep
  }
}

}  // namespace

int main() {
  exercise(1, 200);
  exercise(0, 200);
  exercise(2, 4000);
  exercise(5, 2000);
  std::vector<std::thread> several;
  for (int i = 0; i < 3; ++i) several.emplace_back([] { exercise(3, 1000); });
  for (std::thread& t : several) t.join();
  for (int i = 0; i < 50; ++i) arhat::ThreadPool pool(4);
  std::puts("good");
}

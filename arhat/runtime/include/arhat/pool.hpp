// ThreadPool: the calling thread and its helpers share the tasks of one parallel loop.
//
// This header is the interface only. The members that are not templates live in pool_implementation.hpp, which exactly
// one translation unit includes, built for the oldest processor that the program supports: an inline function that
// several translation units compile for different instruction sets would be merged by the linker into any one of them.
#pragma once

#include <cstddef>
#include <type_traits>

namespace arhat {

// One thread at a time may call `parallel`; a task must not call `parallel` on the pool that runs it.
// Tasks must not throw.
class ThreadPool {
 public:
  // `threads` counts the calling thread: 1 starts no thread at all. Values below 1 mean 1.
  explicit ThreadPool(int threads);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  int threads() const { return threads_; }

  // Calls f(task) or f(task, worker) once for each task in [0, tasks), worker in [0, threads()); returns when all have
  // returned. The caller takes tasks as well and waits only for tasks that a helper has already begun.
  // At most 65535 tasks.
  template <class F>
  void parallel(int tasks, F&& f) {
    using Function = std::remove_reference_t<F>;
    auto call = [](const void* function, int task, int worker) {
      auto& g = *const_cast<Function*>(static_cast<const Function*>(function));
      if constexpr (std::is_invocable_v<Function&, int, int>) {
        g(task, worker);
      } else {
        (void)worker;
        g(task);
      }
    };
    if (threads_ == 1 || tasks <= 1) {
      for (int task = 0; task < tasks; ++task) call(&f, task, 0);
    } else {
      run(tasks, call, &f);
    }
  }

  // Working memory (64-byte aligned, contents undefined) for the task that `worker` is running, until that task ends.
  // Grows on demand, so only a first run allocates; `reserve` does it beforehand.
  float* scratch(int worker, std::size_t floats);
  // The same for the caller of `parallel`, to be shared by the tasks that it starts.
  float* shared_scratch(std::size_t floats);
  void reserve(std::size_t worker_floats, std::size_t shared_floats);

 private:
  struct State;
  using Call = void (*)(const void* function, int task, int worker);
  void run(int tasks, Call call, const void* function);

  int threads_;
  State* state_;
};

}  // namespace arhat

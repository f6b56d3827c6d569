// The members of ThreadPool. Include this in exactly one translation unit, built for the oldest supported processor.
//
// A parallel loop is a ticket: its number, how many tasks it has, and the next task, in one atomic word. Whoever takes
// a task advances the word; a task that has been taken keeps the loop alive until it is done, so a thread that arrives
// late finds either a task of the present loop or none. The caller of a loop therefore waits for no thread that has
// not begun a task. Waiting spins briefly, then yields the processor, then sleeps.
#pragma once

#include "pool.hpp"

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <thread>
#include <vector>

#if defined(__linux__)
#include <linux/futex.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>
#else
#include <condition_variable>
#include <mutex>
#endif

namespace arhat {
namespace detail {

inline void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

// A counter that threads can wait on.
class Signal {
 public:
  std::uint32_t value() const { return value_.load(); }

  // The wake-up is skipped where nobody sleeps: sleepers announce themselves before they look at the value again.
  void advance() {
    value_.fetch_add(1);
    if (sleepers_.load() != 0) wake();
  }

  // Returns when the value differs from `seen`.
  void wait(std::uint32_t seen) {
    for (int i = 0; i < SPINS; ++i) {
      if (value_.load(std::memory_order_acquire) != seen) return;
      relax();
    }
    for (int i = 0; i < YIELDS; ++i) {
      if (value_.load(std::memory_order_acquire) != seen) return;
      std::this_thread::yield();
    }
    sleepers_.fetch_add(1);
    while (value_.load() == seen) sleep(seen);
    sleepers_.fetch_sub(1);
  }

 private:
  static constexpr int SPINS = 3000, YIELDS = 50;

#if defined(__linux__)
  void sleep(std::uint32_t seen) { futex(FUTEX_WAIT_PRIVATE, seen); }
  void wake() { futex(FUTEX_WAKE_PRIVATE, 0x7fffffff); }
  void futex(int operation, std::uint32_t argument) {
    static_assert(sizeof value_ == sizeof(std::uint32_t) && std::atomic<std::uint32_t>::is_always_lock_free, "");
    syscall(SYS_futex, reinterpret_cast<std::uint32_t*>(&value_), operation, argument, nullptr, nullptr, 0);
  }
#else
  void sleep(std::uint32_t seen) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return value_.load() != seen; });
  }
  void wake() {
    { std::lock_guard<std::mutex> lock(mutex_); }
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
#endif

  std::atomic<std::uint32_t> value_{0};
  std::atomic<int> sleepers_{0};
};

// 64-byte aligned floats that grow and never shrink.
class Scratch {
 public:
  float* get(std::size_t floats) {
    if (floats > size_) {
      memory_.reset();
      size_ = 0;
      const std::size_t bytes = (floats * sizeof(float) + 63) / 64 * 64;
      memory_.reset(static_cast<float*>(std::aligned_alloc(64, bytes)));
      if (!memory_) throw std::bad_alloc();
      size_ = floats;
    }
    return memory_.get();
  }

 private:
  struct Free {
    void operator()(float* p) const { std::free(p); }
  };
  std::unique_ptr<float, Free> memory_;
  std::size_t size_ = 0;
};

}  // namespace detail

struct ThreadPool::State {
  // Ticket: loop number (32 bits), number of tasks (16), next task (16).
  alignas(64) std::atomic<std::uint64_t> ticket{0};
  alignas(64) std::atomic<int> done{0};
  alignas(64) detail::Signal begun;
  alignas(64) detail::Signal finished;
  std::atomic<bool> stop{false};
  std::uint32_t number = 0;  // of the present loop; known to the caller alone
  Call call = nullptr;
  const void* function = nullptr;
  std::vector<detail::Scratch> scratch;
  detail::Scratch shared;
  std::vector<std::thread> helpers;

  // Takes tasks until none is left.
  void work(int worker) {
    std::uint64_t t = ticket.load(std::memory_order_acquire);
    for (;;) {
      const int next = static_cast<int>(t & 0xffff), tasks = static_cast<int>(t >> 16 & 0xffff);
      if (next >= tasks) return;
      if (!ticket.compare_exchange_weak(t, t + 1, std::memory_order_acq_rel, std::memory_order_acquire)) continue;
      call(function, next, worker);
      // Nothing of this loop may be touched after the last task is counted.
      if (done.fetch_add(1, std::memory_order_acq_rel) + 1 == tasks && worker != 0) finished.advance();
      t = ticket.load(std::memory_order_acquire);
    }
  }

  void help(int worker) {
    std::uint32_t seen = 0;
    while (!stop.load()) {
      work(worker);
      begun.wait(seen);
      seen = begun.value();
    }
  }

  ~State() {
    stop.store(true);
    begun.advance();
    for (std::thread& helper : helpers) helper.join();
  }
};

ThreadPool::ThreadPool(int threads) : threads_(threads < 1 ? 1 : threads), state_(nullptr) {
  auto state = std::make_unique<State>();
  state->scratch.resize(static_cast<std::size_t>(threads_));
  for (int i = 1; i < threads_; ++i) state->helpers.emplace_back([s = state.get(), i] { s->help(i); });
  state_ = state.release();
}

ThreadPool::~ThreadPool() { delete state_; }

void ThreadPool::run(int tasks, Call call, const void* function) {
  State& s = *state_;
  s.call = call;
  s.function = function;
  s.done.store(0, std::memory_order_relaxed);
  s.ticket.store(std::uint64_t(++s.number) << 32 | std::uint64_t(tasks) << 16, std::memory_order_release);
  s.begun.advance();
  s.work(0);
  for (;;) {
    const std::uint32_t finished = s.finished.value();
    if (s.done.load(std::memory_order_acquire) == tasks) break;
    s.finished.wait(finished);
  }
}

float* ThreadPool::scratch(int worker, std::size_t floats) {
  return state_->scratch[static_cast<std::size_t>(worker)].get(floats);
}

float* ThreadPool::shared_scratch(std::size_t floats) { return state_->shared.get(floats); }

void ThreadPool::reserve(std::size_t worker_floats, std::size_t shared_floats) {
  for (int i = 0; i < threads_; ++i) scratch(i, worker_floats);
  shared_scratch(shared_floats);
}

}  // namespace arhat

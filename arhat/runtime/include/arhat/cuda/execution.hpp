// Queues the operations of a program on its streams, one run after the other.
#pragma once

#include <cuda_runtime_api.h>

#include <cmath>
#include <cstddef>
#include <vector>

#include "capture.hpp"
#include "check.hpp"
#include "frame.hpp"
#include "memory.hpp"
#include "nvtx.hpp"
#include "program.hpp"

namespace arhat {

// A run begins and ends on the main stream; the others fork from it and join it again.
class Execution {
 public:
  explicit Execution(const Program& program) : program_(program), done_(program.n_ops) {
    for (int i = 0; i < program.streams; ++i) {
      streams_.push_back(make_stream());
      if (i != 0) joined_.push_back(make_event(cudaEventDisableTiming));
    }
    if (program.streams > 1) forked_ = make_event(cudaEventDisableTiming);
    for (size_t op = 0; op < program.n_ops; ++op)
      for (size_t i = 0; i < program.ops[op].n_waits; ++i) {
        Event& event = done_[static_cast<size_t>(program.ops[op].waits[i])];
        if (!event) event = make_event(cudaEventDisableTiming);
      }
  }

  cudaStream_t main() const { return streams_.front().get(); }
  cudaStream_t stream(int number) const { return streams_[static_cast<size_t>(number)].get(); }

  void fork() {
    if (streams_.size() == 1) return;
    check(cudaEventRecord(forked_.get(), main()), "cudaEventRecord");
    for (size_t i = 1; i < streams_.size(); ++i)
      check(cudaStreamWaitEvent(streams_[i].get(), forked_.get(), 0), "cudaStreamWaitEvent");
  }

  void join() {
    for (size_t i = 1; i < streams_.size(); ++i) {
      check(cudaEventRecord(joined_[i - 1].get(), streams_[i].get()), "cudaEventRecord");
      check(cudaStreamWaitEvent(main(), joined_[i - 1].get(), 0), "cudaStreamWaitEvent");
    }
  }

  // Between fork and join. Failures name the operation's layers.
  void queue(size_t index, const Frame& frame) {
    const OpInfo& op = program_.ops[index];
    const Range range(op);
    for_layers(op.layers, [&] {
      Frame f{frame.arena,    frame.weights, frame.inputs, frame.outputs, stream(op.stream),
              frame.engine, op.stream,     frame.state,  frame.fresh};
      for (size_t i = 0; i < op.n_waits; ++i)
        check(cudaStreamWaitEvent(f.context, done_[static_cast<size_t>(op.waits[i])].get(), 0), "cudaStreamWaitEvent");
      if (timed()) check(cudaEventRecord(started_[index].get(), f.context), "cudaEventRecord");
      op.run(f);
      check(cudaGetLastError(), op.name);  // the operation's kernels could not be started
      if (timed()) check(cudaEventRecord(ended_[index].get(), f.context), "cudaEventRecord");
      if (done_[index]) check(cudaEventRecord(done_[index].get(), f.context), "cudaEventRecord");
    });
  }

  // Waits until nothing is under way; errors are left to whoever comes next.
  void settle() noexcept {
    for (const Stream& stream : streams_) cudaStreamSynchronize(stream.get());
  }

  // Whether to note when each operation starts and ends. Not while a CUDA graph is captured.
  void time_operations(bool enable) {
    std::vector<Event> started, ended;
    for (size_t i = 0; enable && i < program_.n_ops; ++i) {
      started.push_back(make_event(cudaEventDefault));
      ended.push_back(make_event(cudaEventDefault));
    }
    started_ = std::move(started);
    ended_ = std::move(ended);
  }
  bool timed() const { return !started_.empty(); }

  // Of an operation in the latest run, which is over.
  uint64_t nanoseconds(size_t index) const {
    float milliseconds = 0;
    check(cudaEventElapsedTime(&milliseconds, started_[index].get(), ended_[index].get()), "cudaEventElapsedTime");
    return static_cast<uint64_t>(std::llround(static_cast<double>(milliseconds) * 1e6));
  }

 private:
  const Program& program_;
  std::vector<Stream> streams_;
  Event forked_;
  std::vector<Event> joined_;
  std::vector<Event> done_;  // of operations that others wait for
  std::vector<Event> started_, ended_;
};

}  // namespace arhat

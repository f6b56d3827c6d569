// The memory of variables that are kept from run to run.
#pragma once

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "../cuda/error.hpp"
#include "../cuda/memory.hpp"
#include "../tables.hpp"
#include "engine.hpp"
#include "ports.hpp"
#include "program.hpp"

namespace arhat {

constexpr uint64_t tensor_alignment = 256;  // bytes; of memory that TensorRT is given

class Variables {
 public:
  // `weights`: the data section of the model's file.
  Variables(const Program& program, const Ports& ports, const std::byte* weights) : program_(program), ports_(ports) {
    uint64_t bytes = 0;
    const auto place = [&](uint64_t size) {
      const uint64_t start = bytes;
      bytes += (size + tensor_alignment - 1) / tensor_alignment * tensor_alignment;
      return start;
    };
    for (size_t i = 0; i < program.n_states; ++i) {
      const StateInfo& state = program.states[i];
      const uint64_t size = elements_of(state.dims) * size_of(state.type);
      // What a run leaves has a place of its own: it still reads what it found.
      places_.push_back({size, place(size), place(state.next < 0 ? 0 : size), place(size)});
    }
    memory_ = make_zeroed(bytes, "state");
    for (size_t i = 0; i < program.n_states; ++i) {
      const Place& at = places_[i];
      if (program.states[i].constant >= 0 && at.bytes != 0)
        check(cudaMemcpy(memory_.data() + at.initial, weights + program.states[i].constant, at.bytes,
                         cudaMemcpyHostToDevice),
              "copying the state");
    }
  }

  uint64_t bytes() const { return memory_.bytes(); }

  void bind(const Engine& engine) const {
    for (size_t i = 0; i < places_.size(); ++i) {
      engine.set_address(ports_.states[i], memory_.data() + places_[i].now);
      if (!ports_.next[i].empty()) engine.set_address(ports_.next[i], memory_.data() + places_[i].next);
      if (!ports_.initial[i].empty()) engine.set_address(ports_.initial[i], memory_.data() + places_[i].initial);
    }
  }

  // Queues one run of the engine and the copies around it. `fresh`: it is the first since the state was reset.
  void queue(const Engine& engine, bool fresh, cudaStream_t stream) const {
    if (fresh) {
      copy_initial(false, stream);
      // A first value may be computed from others: each of these runs settles one more of them.
      for (size_t i = 0; i < program_.n_states; ++i) {
        if (program_.states[i].initial < 0) continue;
        engine.enqueue(stream);
        copy_initial(true, stream);
      }
    }
    engine.enqueue(stream);
    for (size_t i = 0; i < places_.size(); ++i)
      if (program_.states[i].next >= 0) copy(places_[i].next, i, stream);
  }

 private:
  struct Place {  // offsets in the memory
    uint64_t bytes, now, next, initial;
  };

  void copy_initial(bool computed, cudaStream_t stream) const {
    for (size_t i = 0; i < places_.size(); ++i)
      if ((program_.states[i].initial >= 0) == computed) copy(places_[i].initial, i, stream);
  }

  void copy(uint64_t from, size_t state, cudaStream_t stream) const {
    if (places_[state].bytes == 0) return;
    check(cudaMemcpyAsync(memory_.data() + places_[state].now, memory_.data() + from, places_[state].bytes,
                          cudaMemcpyDeviceToDevice, stream),
          "cudaMemcpyAsync");
  }

  const Program& program_;
  const Ports& ports_;
  std::vector<Place> places_;
  DeviceMemory memory_;
};

}  // namespace arhat

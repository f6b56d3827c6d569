// Variables that a model keeps from run to run.
#pragma once

#include <algorithm>
#include <cstddef>

#include "frame.hpp"

namespace arhat {

// The value of the variable at `offset`. In the first run after a reset that is `initial`, and the variable gets it.
template <class T>
inline void read_variable(const Frame& f, std::size_t offset, std::size_t count, const T* initial, T* value) {
  T* const variable = reinterpret_cast<T*>(f.state + offset);
  if (f.fresh) std::copy_n(initial, count, variable);
  std::copy_n(variable, count, value);
}

// What the next run reads.
template <class T>
inline void assign_variable(const Frame& f, std::size_t offset, std::size_t count, const T* value) {
  std::copy_n(value, count, reinterpret_cast<T*>(f.state + offset));
}

}  // namespace arhat

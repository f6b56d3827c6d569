// Where the operations of a generated program find their data.
#pragma once

#include <cstddef>

#include "../program.hpp"

namespace arhat {

// Memory of intermediate values, at a byte offset chosen when the program was compiled.
template <class T>
inline T* arena(const Frame& f, std::size_t offset) {
  return reinterpret_cast<T*>(f.arena + offset);
}

// A constant, at its byte offset in the data section of weights.safetensors.
template <class T>
inline const T* weight(const Frame& f, std::size_t offset) {
  return reinterpret_cast<const T*>(f.weights + offset);
}

template <class T>
inline const T* input(const Frame& f, std::size_t index) {
  return static_cast<const T*>(f.inputs[index]);
}

template <class T>
inline T* output(const Frame& f, std::size_t index, std::size_t offset = 0) {
  return reinterpret_cast<T*>(static_cast<std::byte*>(f.outputs[index]) + offset);
}

}  // namespace arhat

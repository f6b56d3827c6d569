// The tensors that an engine is fed through: their names, types and extents.
#pragma once

#include <NvInfer.h>

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "../failure.hpp"
#include "program.hpp"

namespace arhat {

inline nvinfer1::DataType data_type(Type type) {
  switch (type) {
    case Type::f32:
      return nvinfer1::DataType::kFLOAT;
    case Type::f16:
      return nvinfer1::DataType::kHALF;
    case Type::bf16:
      return nvinfer1::DataType::kBF16;
    case Type::i8:
      return nvinfer1::DataType::kINT8;
    case Type::u8:
      return nvinfer1::DataType::kUINT8;
    case Type::i32:
      return nvinfer1::DataType::kINT32;
    case Type::i64:
      return nvinfer1::DataType::kINT64;
    case Type::boolean:
      return nvinfer1::DataType::kBOOL;
    default:
      fail(ARHAT_INTERNAL_ERROR, "TensorRT has no tensors of element type " + std::to_string(static_cast<int>(type)));
  }
}

inline nvinfer1::Dims extents(const Dims& dims) {
  nvinfer1::Dims result{};
  result.nbDims = dims.rank;
  for (int i = 0; i < dims.rank; ++i) result.d[i] = dims.d[i];
  return result;
}

// Gives names out once each: who comes later gets a number. TensorRT takes names of less than 4096 bytes.
class UniqueNames {
 public:
  std::string take(std::string_view wanted) {
    const std::string base(wanted.empty() ? "tensor" : wanted.substr(0, 4000));
    std::string name = base;
    for (int number = 2; !used_.insert(name).second; ++number) name = base + "/" + std::to_string(number);
    return name;
  }

 private:
  std::set<std::string> used_;
};

// Names of an engine's inputs and outputs, by their index in the program. A model may call things alike.
struct Ports {
  UniqueNames names;  // all of them are taken
  std::vector<std::string> inputs, outputs;
  std::vector<std::string> states;   // as a run finds them
  std::vector<std::string> next;     // as it leaves them; "" where it does not change them
  std::vector<std::string> initial;  // as the first run finds them, where that is computed, else ""

  explicit Ports(const Program& program) {
    for (size_t i = 0; i < program.n_inputs; ++i) inputs.push_back(names.take(program.inputs[i].name));
    for (size_t i = 0; i < program.n_outputs; ++i) outputs.push_back(names.take(program.outputs[i].name));
    for (size_t i = 0; i < program.n_states; ++i) {
      const StateInfo& state = program.states[i];
      const std::string name = state.name;
      states.push_back(names.take(name));
      next.push_back(state.next < 0 ? "" : names.take(name + " next"));
      initial.push_back(state.initial < 0 ? "" : names.take(name + " initial"));
    }
  }
};

// The axis of an input or output along which its extent scales with the batch; -1: none.
inline int batch_axis(const int* axes, size_t index) { return axes == nullptr ? -1 : axes[index]; }

// The extents with another batch than the largest one.
inline Dims with_batch(Dims dims, int axis, int64_t batch, const Program& program) {
  if (axis >= 0 && program.batch_max != 0) dims.d[axis] = dims.d[axis] / program.batch_max * batch;
  return dims;
}

}  // namespace arhat

// What a generated model for TensorRT gives to the runtime: tables of constants and one function per layer.
//
// model.cpp defines
//
//     namespace arhat { const Program& program(); }
//
// abi.cpp (in this folder) has TensorRT build an engine of it, and runs that. Everything here is constant and lives
// as long as the library; the file stands in the place of arhat/program.hpp, which belongs to the cpu target.
//
// Values of the network are numbered: the model's inputs first, then the variables of `states` as a run finds them,
// then the results of the layers in their order.
#pragma once

#include <cstddef>
#include <cstdint>

#include "../tables.hpp"

namespace arhat {

class Network;

// A layer of the network.
struct LayerInfo {
  const char* name;    // what it is, for example "trt.convolution"
  const char* layer;   // its name in the network, which no other layer has; the second argument of Network::layer
  const char* layers;  // as in ValueInfo
  double flops;        // of one run with the largest batch
  double bytes;        // read and written, weights included
  void (*add)(Network&);
};

// A value that can be watched. `layers` as in ValueInfo; dims are those with the largest batch.
struct WatchInfo {
  const char* layers;
  Type type;
  Dims dims;
  size_t value;        // its number
  int batch_axis = -1; // whose extent scales with the batch; -1: none
};

// A variable that is kept from run to run: an input of the engine, and an output where a run changes it.
struct StateInfo {
  const char* name;
  Type type;
  Dims dims;
  int64_t constant;  // where its first value starts in the data section of the weights; -1: it is computed
  int64_t initial;   // number of the value that is its first value where that is computed, else -1
  int64_t next;      // number of the value that the next run finds; -1: it stays as it is
};

// A plugin that layers of the network are made of. Its creator is looked for by name, version "1" and namespace
// "arhat", among those that are linked into the program first.
struct PluginInfo {
  const char* name;
  const char* layers;  // that need it, as in ValueInfo
};

struct Program {
  const char* name;
  const TensorInfo* inputs;  // dims are those with the largest batch
  size_t n_inputs;
  const TensorInfo* outputs;
  size_t n_outputs;
  const WeightInfo* weights;
  size_t n_weights;
  uint64_t header_bytes;  // of the JSON header of weights.safetensors, padding included
  uint64_t header_hash;   // FNV-1a, 64 bits, of those bytes
  uint64_t data_bytes;    // of its data section
  const LayerInfo* ops;  // in execution order
  size_t n_ops;
  const WatchInfo* values;
  size_t n_values;
  const StateInfo* states;
  size_t n_states;
  const PluginInfo* plugins;
  size_t n_plugins;
  const size_t* results;  // number of the value that each output is
  const int* input_axes;   // of each input, the axis whose extent scales with the batch, -1: none; null: all fixed
  const int* output_axes;  // the same of the outputs
  int64_t batch_min, batch_opt, batch_max;  // all 0: the batch is fixed
  bool tf32;        // whether f32 products may be rounded to TF32
  const char* key;  // changes whenever the network does (not its weights): a hash of the sources
  uint64_t state_bytes;  // of all variables
  static constexpr uint64_t arena_bytes = 0;  // TensorRT has its own
};

}  // namespace arhat

// Tables of constants that describe cuDNN operation graphs. Nothing here calls cuDNN.
//
// A generated program has one GraphDesc per graph, for example
//
//     constexpr TensorDesc tensors[] = {
//         {1, Type::f16, {4, {1, 64, 56, 56}}, {4, {200704, 1, 3584, 64}}},
//         ...
//         {4, Type::f32, {4, {1, 64, 56, 56}}, {4, {200704, 1, 3584, 64}}, is_virtual}};
//     constexpr NodeDesc nodes[] = {
//         conv_fprop(1, 2, 4, {2, {1, 1}}, {2, {1, 1}}, {2, {1, 1}}, {2, {1, 1}}),
//         binary(CUDNN_POINTWISE_ADD, 4, 3, 5),
//         unary(CUDNN_POINTWISE_RELU_FWD, 5, 6).clip(0, 6)};
#pragma once

#include <cudnn_graph.h>

#include <limits>

#include "arhat/tables.hpp"

namespace arhat::cudnn {

constexpr int max_graph_rank = 5;
constexpr bool is_virtual = true;

// Extents and strides are in elements, outermost first: N, C, (D,) H, W whatever the layout; the strides
// tell the layout. A virtual tensor is passed between nodes and never exists in memory.
struct TensorDesc {
  int64_t uid;
  Type type;
  Dims dims;
  Dims strides;
  bool is_virtual = false;
  int64_t alignment = 16;  // of the pointer, in bytes
};

enum class Kind : uint8_t { conv_fprop, conv_dgrad, pointwise, matmul, resample, reduction };

constexpr int64_t no_tensor = -1;
constexpr float infinity = std::numeric_limits<float>::infinity();

// One node. `mode` is a cudnnPointwiseMode_t, cudnnResampleMode_t or cudnnReduceTensorOp_t by kind.
// Operands: x (also dy of conv_dgrad, a of matmul), b (also the weights of convolutions, b of matmul), t
// (the predicate of a select), and the result y (also dx of conv_dgrad).
struct NodeDesc {
  Kind kind = Kind::pointwise;
  int mode = 0;
  int64_t x = no_tensor;
  int64_t b = no_tensor;
  int64_t t = no_tensor;
  int64_t y = no_tensor;
  Dims pre{};        // padding before, per spatial dimension
  Dims post{};       // padding after
  Dims strides{};    // of convolutions and windows
  Dims dilations{};  // convolutions
  Dims window{};     // resample
  float lower = 0;   // relu: max(x, lower) with slope `slope` below it, at most `upper`
  float upper = infinity;
  float slope = 0;
  float alpha = 1;  // elu
  float beta = 1;   // softplus, swish
  Type compute = Type::f32;

  constexpr NodeDesc clip(float low, float high) const {
    NodeDesc node = *this;
    node.lower = low;
    node.upper = high;
    return node;
  }
  constexpr NodeDesc leak(float value) const {
    NodeDesc node = *this;
    node.slope = value;
    return node;
  }
  constexpr NodeDesc scale(float elu_alpha, float curve_beta) const {
    NodeDesc node = *this;
    node.alpha = elu_alpha;
    node.beta = curve_beta;
    return node;
  }
  constexpr NodeDesc in(Type type) const {
    NodeDesc node = *this;
    node.compute = type;
    return node;
  }
};

constexpr NodeDesc convolution(Kind kind, int64_t x, int64_t w, int64_t y, Dims pre, Dims post, Dims strides,
                               Dims dilations) {
  NodeDesc node;
  node.kind = kind;
  node.x = x;
  node.b = w;
  node.y = y;
  node.pre = pre;
  node.post = post;
  node.strides = strides;
  node.dilations = dilations;
  return node;
}

constexpr NodeDesc conv_fprop(int64_t x, int64_t w, int64_t y, Dims pre, Dims post, Dims strides,
                              Dims dilations) {
  return convolution(Kind::conv_fprop, x, w, y, pre, post, strides, dilations);
}

constexpr NodeDesc conv_dgrad(int64_t dy, int64_t w, int64_t dx, Dims pre, Dims post, Dims strides,
                              Dims dilations) {
  return convolution(Kind::conv_dgrad, dy, w, dx, pre, post, strides, dilations);
}

constexpr NodeDesc unary(cudnnPointwiseMode_t mode, int64_t x, int64_t y) {
  NodeDesc node;
  node.mode = mode;
  node.x = x;
  node.y = y;
  return node;
}

constexpr NodeDesc binary(cudnnPointwiseMode_t mode, int64_t x, int64_t b, int64_t y) {
  NodeDesc node = unary(mode, x, y);
  node.b = b;
  return node;
}

// y = t ? x : b
constexpr NodeDesc select(int64_t x, int64_t b, int64_t t, int64_t y) {
  NodeDesc node = binary(CUDNN_POINTWISE_BINARY_SELECT, x, b, y);
  node.t = t;
  return node;
}

constexpr NodeDesc matmul(int64_t a, int64_t b, int64_t y) {
  NodeDesc node;
  node.kind = Kind::matmul;
  node.x = a;
  node.b = b;
  node.y = y;
  return node;
}

constexpr NodeDesc resample(cudnnResampleMode_t mode, int64_t x, int64_t y, Dims window, Dims strides,
                            Dims pre, Dims post) {
  NodeDesc node;
  node.kind = Kind::resample;
  node.mode = mode;
  node.x = x;
  node.y = y;
  node.window = window;
  node.strides = strides;
  node.pre = pre;
  node.post = post;
  return node;
}

// Over the dimensions in which y has extent 1 and x has not.
constexpr NodeDesc reduction(cudnnReduceTensorOp_t mode, int64_t x, int64_t y) {
  NodeDesc node;
  node.kind = Kind::reduction;
  node.mode = mode;
  node.x = x;
  node.y = y;
  return node;
}

// What an engine may do to the numbers of convolutions and matrix products. strict: products and sums in the
// tensors' own precision, no tensor cores. tf32: tensor cores, but no engine that says that it rounds its
// operands or sums in fewer bits. any: the engine decides. Engines that give other bits from run to run are
// refused in all three. Winograd's transforms are allowed in all three.
enum class Math : uint8_t { strict, tf32, any };

struct GraphDesc {
  const char* key;     // the graph's name in a tactics file
  const char* layers;  // names of the source layers, separated by '\n'
  const TensorDesc* tensors;
  size_t n_tensors;
  const NodeDesc* nodes;
  size_t n_nodes;
  Math math = Math::any;
  const char* plan = nullptr;  // name of the plan to use, for example "eng4_k24=3"; nullptr: heuristics
};

}  // namespace arhat::cudnn

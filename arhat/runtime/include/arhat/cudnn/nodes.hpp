// From the tables of a graph to cuDNN's descriptors.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "arhat/cudnn/backend.hpp"
#include "arhat/cudnn/desc.hpp"

namespace arhat::cudnn {

inline cudnnDataType_t data_type(Type type) {
  switch (type) {
    case Type::f32:
      return CUDNN_DATA_FLOAT;
    case Type::f16:
      return CUDNN_DATA_HALF;
    case Type::bf16:
      return CUDNN_DATA_BFLOAT16;
    case Type::f64:
      return CUDNN_DATA_DOUBLE;
    case Type::i8:
      return CUDNN_DATA_INT8;
    case Type::u8:
      return CUDNN_DATA_UINT8;
    case Type::i32:
      return CUDNN_DATA_INT32;
    case Type::i64:
      return CUDNN_DATA_INT64;
    case Type::boolean:
      return CUDNN_DATA_BOOLEAN;
    case Type::i16:
    case Type::u16:
    case Type::u32:
    case Type::u64:
      break;
  }
  throw Error("data_type", CUDNN_STATUS_NOT_SUPPORTED_DATA_TYPE, "cuDNN has no such type", "");
}

// Makes the descriptors of one graph and keeps them.
class NodeBuilder {
 public:
  explicit NodeBuilder(const GraphDesc& desc) : where_(desc.layers) {
    for (size_t i = 0; i < desc.n_tensors; ++i) add_tensor(desc.tensors[i]);
    for (size_t i = 0; i < desc.n_nodes; ++i) add_node(desc.nodes[i]);
  }

  Descriptor operation_graph() {
    Descriptor graph(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR, where_);
    std::vector<cudnnBackendDescriptor_t> raws;
    for (const Descriptor& operation : operations_) raws.push_back(operation.raw());
    graph.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, raws.data(), static_cast<int64_t>(raws.size()));
    graph.finalize("operation graph");
    return graph;
  }

 private:
  void set(Descriptor& descriptor, cudnnBackendAttributeName_t name, const Dims& dims) {
    descriptor.set(name, dims.d, dims.rank);
  }

  void add_tensor(const TensorDesc& desc) {
    Descriptor tensor(CUDNN_BACKEND_TENSOR_DESCRIPTOR, where_);
    tensor.set(CUDNN_ATTR_TENSOR_UNIQUE_ID, desc.uid);
    tensor.set(CUDNN_ATTR_TENSOR_DATA_TYPE, data_type(desc.type));
    set(tensor, CUDNN_ATTR_TENSOR_DIMENSIONS, desc.dims);
    set(tensor, CUDNN_ATTR_TENSOR_STRIDES, desc.strides);
    tensor.set(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, desc.alignment);
    tensor.set(CUDNN_ATTR_TENSOR_IS_VIRTUAL, desc.is_virtual);
    tensor.finalize("tensor");
    if (!tensors_.emplace(desc.uid, std::move(tensor)).second)
      throw Error("tensor", CUDNN_STATUS_BAD_PARAM_DUPLICATED_ENTRIES, "two tensors have one uid", where_);
  }

  const Descriptor& tensor(int64_t uid) const {
    const auto found = tensors_.find(uid);
    if (found == tensors_.end())
      throw Error("node", CUDNN_STATUS_BAD_PARAM, "no tensor has uid " + std::to_string(uid), where_);
    return found->second;
  }

  void add_node(const NodeDesc& node) {
    switch (node.kind) {
      case Kind::conv_fprop:
        return add_convolution(node, CUDNN_BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
                               CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_CONV_DESC,
                               CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_X,
                               CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_W,
                               CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_Y,
                               CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA,
                               CUDNN_ATTR_OPERATION_CONVOLUTION_FORWARD_BETA);
      case Kind::conv_dgrad:
        return add_convolution(node, CUDNN_BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
                               CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_CONV_DESC,
                               CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
                               CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
                               CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
                               CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA,
                               CUDNN_ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA);
      case Kind::pointwise:
        return add_pointwise(node);
      case Kind::matmul:
        return add_matmul(node);
      case Kind::resample:
        return add_resample(node);
      case Kind::reduction:
        return add_reduction(node);
    }
  }

  void add_convolution(const NodeDesc& node, cudnnBackendDescriptorType_t type,
                       cudnnBackendAttributeName_t desc, cudnnBackendAttributeName_t x,
                       cudnnBackendAttributeName_t w, cudnnBackendAttributeName_t y,
                       cudnnBackendAttributeName_t alpha, cudnnBackendAttributeName_t beta) {
    Descriptor& shape = part(CUDNN_BACKEND_CONVOLUTION_DESCRIPTOR);
    shape.set(CUDNN_ATTR_CONVOLUTION_COMP_TYPE, data_type(node.compute));
    shape.set(CUDNN_ATTR_CONVOLUTION_CONV_MODE, CUDNN_CROSS_CORRELATION);
    shape.set(CUDNN_ATTR_CONVOLUTION_SPATIAL_DIMS, static_cast<int64_t>(node.strides.rank));
    set(shape, CUDNN_ATTR_CONVOLUTION_PRE_PADDINGS, node.pre);
    set(shape, CUDNN_ATTR_CONVOLUTION_POST_PADDINGS, node.post);
    set(shape, CUDNN_ATTR_CONVOLUTION_FILTER_STRIDES, node.strides);
    set(shape, CUDNN_ATTR_CONVOLUTION_DILATIONS, node.dilations);
    shape.finalize("convolution");
    Descriptor operation(type, where_);
    operation.set(desc, shape);
    operation.set(x, tensor(node.x));
    operation.set(w, tensor(node.b));
    operation.set(y, tensor(node.y));
    operation.set(alpha, 1.0f);
    operation.set(beta, 0.0f);
    finish(std::move(operation), "convolution node");
  }

  void add_pointwise(const NodeDesc& node) {
    const auto mode = static_cast<cudnnPointwiseMode_t>(node.mode);
    Descriptor& function = part(CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
    function.set(CUDNN_ATTR_POINTWISE_MODE, mode);
    function.set(CUDNN_ATTR_POINTWISE_MATH_PREC, data_type(node.compute));
    // An attribute that is set counts as asked for, even at its default: some engines then refuse.
    if (mode == CUDNN_POINTWISE_RELU_FWD) {
      if (node.lower != 0) function.set(CUDNN_ATTR_POINTWISE_RELU_LOWER_CLIP, node.lower);
      if (node.upper != infinity) function.set(CUDNN_ATTR_POINTWISE_RELU_UPPER_CLIP, node.upper);
      if (node.slope != 0) function.set(CUDNN_ATTR_POINTWISE_RELU_LOWER_CLIP_SLOPE, node.slope);
    }
    if (mode == CUDNN_POINTWISE_ELU_FWD) function.set(CUDNN_ATTR_POINTWISE_ELU_ALPHA, node.alpha);
    if (mode == CUDNN_POINTWISE_SOFTPLUS_FWD) function.set(CUDNN_ATTR_POINTWISE_SOFTPLUS_BETA, node.beta);
    if (mode == CUDNN_POINTWISE_SWISH_FWD) function.set(CUDNN_ATTR_POINTWISE_SWISH_BETA, node.beta);
    function.finalize("pointwise");
    Descriptor operation(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR, where_);
    operation.set(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, function);
    operation.set(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, tensor(node.x));
    if (node.b != no_tensor) operation.set(CUDNN_ATTR_OPERATION_POINTWISE_BDESC, tensor(node.b));
    if (node.t != no_tensor) operation.set(CUDNN_ATTR_OPERATION_POINTWISE_TDESC, tensor(node.t));
    operation.set(CUDNN_ATTR_OPERATION_POINTWISE_YDESC, tensor(node.y));
    finish(std::move(operation), "pointwise node");
  }

  void add_matmul(const NodeDesc& node) {
    Descriptor& product = part(CUDNN_BACKEND_MATMUL_DESCRIPTOR);
    product.set(CUDNN_ATTR_MATMUL_COMP_TYPE, data_type(node.compute));
    product.finalize("matmul");
    Descriptor operation(CUDNN_BACKEND_OPERATION_MATMUL_DESCRIPTOR, where_);
    operation.set(CUDNN_ATTR_OPERATION_MATMUL_DESC, product);
    operation.set(CUDNN_ATTR_OPERATION_MATMUL_ADESC, tensor(node.x));
    operation.set(CUDNN_ATTR_OPERATION_MATMUL_BDESC, tensor(node.b));
    operation.set(CUDNN_ATTR_OPERATION_MATMUL_CDESC, tensor(node.y));
    finish(std::move(operation), "matmul node");
  }

  void add_resample(const NodeDesc& node) {
    const auto mode = static_cast<cudnnResampleMode_t>(node.mode);
    Descriptor& pool = part(CUDNN_BACKEND_RESAMPLE_DESCRIPTOR);
    pool.set(CUDNN_ATTR_RESAMPLE_MODE, mode);
    pool.set(CUDNN_ATTR_RESAMPLE_COMP_TYPE, data_type(node.compute));
    pool.set(CUDNN_ATTR_RESAMPLE_PADDING_MODE,
             mode == CUDNN_RESAMPLE_MAXPOOL ? CUDNN_NEG_INF_PAD : CUDNN_ZERO_PAD);
    pool.set(CUDNN_ATTR_RESAMPLE_SPATIAL_DIMS, static_cast<int64_t>(node.window.rank));
    set(pool, CUDNN_ATTR_RESAMPLE_WINDOW_DIMS, node.window);
    set(pool, CUDNN_ATTR_RESAMPLE_PRE_PADDINGS, node.pre);
    set(pool, CUDNN_ATTR_RESAMPLE_POST_PADDINGS, node.post);
    set(pool, CUDNN_ATTR_RESAMPLE_STRIDES, node.strides);
    pool.finalize("resample");
    Descriptor operation(CUDNN_BACKEND_OPERATION_RESAMPLE_FWD_DESCRIPTOR, where_);
    operation.set(CUDNN_ATTR_OPERATION_RESAMPLE_FWD_DESC, pool);
    operation.set(CUDNN_ATTR_OPERATION_RESAMPLE_FWD_XDESC, tensor(node.x));
    operation.set(CUDNN_ATTR_OPERATION_RESAMPLE_FWD_YDESC, tensor(node.y));
    finish(std::move(operation), "resample node");
  }

  void add_reduction(const NodeDesc& node) {
    Descriptor& fold = part(CUDNN_BACKEND_REDUCTION_DESCRIPTOR);
    fold.set(CUDNN_ATTR_REDUCTION_OPERATOR, static_cast<cudnnReduceTensorOp_t>(node.mode));
    fold.set(CUDNN_ATTR_REDUCTION_COMP_TYPE, data_type(node.compute));
    fold.finalize("reduction");
    Descriptor operation(CUDNN_BACKEND_OPERATION_REDUCTION_DESCRIPTOR, where_);
    operation.set(CUDNN_ATTR_OPERATION_REDUCTION_DESC, fold);
    operation.set(CUDNN_ATTR_OPERATION_REDUCTION_XDESC, tensor(node.x));
    operation.set(CUDNN_ATTR_OPERATION_REDUCTION_YDESC, tensor(node.y));
    finish(std::move(operation), "reduction node");
  }

  Descriptor& part(cudnnBackendDescriptorType_t type) { return parts_.emplace_back(type, where_); }

  void finish(Descriptor operation, const char* call) {
    operation.finalize(call);
    operations_.push_back(std::move(operation));
  }

  std::string where_;
  std::map<int64_t, Descriptor> tensors_;
  std::vector<Descriptor> parts_;
  std::vector<Descriptor> operations_;
};

}  // namespace arhat::cudnn

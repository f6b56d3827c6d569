// Rules of layers: which inputs each takes, and what type and extents its results have.
#include <algorithm>
#include <functional>

#include "expression.hpp"
#include "rules.hpp"

namespace standin {
namespace {

using nvinfer1::ActivationType;
using nvinfer1::ElementWiseOperation;
using nvinfer1::UnaryOperation;

// ------------------------------------------------------------------------------------------------ weighted layers

void check_weights(const Operation& op, const char* key, const Desc& x, int64_t count) {
  const Weights* weights = op.weight(key);
  if (weights == nullptr) return;
  require(weights->type == x.type, std::string(key) + " weights are " + name_of(weights->type) + ", the input " +
                                       name_of(x.type) + " (strongly typed network)");
  require(weights->count == count, std::string(key) + " weights have " + std::to_string(weights->count) +
                                       " elements where " + std::to_string(count) + " are needed");
  require(weights->values != nullptr, std::string(key) + " weights have no values");
}

// Kernel and bias of a (de)convolution; `first` and `second` are the extents of the kernel before its spatial ones.
void check_kernel(const Operation& op, const Inputs& in, int64_t first, int64_t second, int64_t maps) {
  const List kernel = op.integers("kernel_size");
  const Desc& x = *in[0];
  const bool given = in.size() > 1 && in[1] != nullptr;
  require(given != (op.weight("kernel") != nullptr),
          "needs kernel weights, or a kernel as input 1 and none as weights");
  check_weights(op, "kernel", x, first * second * volume(kernel));
  check_weights(op, "bias", x, maps);
  if (given) {
    same_type(x, *in[1]);
    List wanted{first, second};
    wanted.insert(wanted.end(), kernel.begin(), kernel.end());
    require(in[1]->dims == wanted, "the kernel is " + text(in[1]->dims) + ", not " + text(wanted));
  }
  if (in.size() > 2 && in[2] != nullptr) {
    same_type(x, *in[2]);
    require(in[2]->dims == List{maps}, "the bias is " + text(in[2]->dims));
  }
}

Desc convolution(const Operation& op, const Inputs& in) {
  const Desc& x = *in[0];
  const List kernel = op.integers("kernel_size");
  floats_only(x);
  require(kernel.size() == 2 || kernel.size() == 3, "only convolutions of 2 or 3 spatial axes are there");
  require(x.dims.size() == kernel.size() + 2, "the input " + text(x.dims) + " does not fit a kernel " + text(kernel));
  const int64_t channels = x.dims[1], groups = op.integer("nb_groups"), maps = op.integer("nb_output_maps");
  require(channels > 0, "the channels of the input have to be known");
  require(groups > 0 && channels % groups == 0 && maps > 0 && maps % groups == 0,
          std::to_string(groups) + " groups do not divide " + std::to_string(channels) + " channels and " +
              std::to_string(maps) + " maps");
  const bool forward = op.kind == "Convolution";
  check_kernel(op, in, forward ? maps : channels, forward ? channels / groups : maps / groups, maps);
  List dims{x.dims[0], maps};
  for (const int64_t extent : window(op, x.dims, kernel, dilation_of(op)).extents) dims.push_back(extent);
  return like(x, dims);
}

Desc pooling(const Operation& op, const Inputs& in) {
  const Desc& x = *in[0];
  const List kernel = op.integers("window_size");
  if (x.type != DataType::kINT8) floats_only(x);
  require(kernel.size() == 2 || kernel.size() == 3, "only windows of 2 or 3 axes are there");
  require(x.dims.size() == kernel.size() + 2, "the input " + text(x.dims) + " does not fit a window " + text(kernel));
  const bool exclusive = op.integer("pooling_type") == 1 && op.integer("average_count_excludes_padding") != 0;
  for (size_t i = 0; exclusive && i < kernel.size(); ++i)
    require(std::max(op.integers("pre_padding")[i], op.integers("post_padding")[i]) < kernel[i],
            "the padding is not smaller than the window, and an average without padding may have no elements");
  List dims{x.dims[0], x.dims[1]};
  for (const int64_t extent : window(op, x.dims, kernel, dilation_of(op)).extents) dims.push_back(extent);
  return like(x, dims);
}

// ------------------------------------------------------------------------------------------------- element by
// element

Desc activation(const Operation& op, const Inputs& in) {
  const bool relu = op.integer("activation_type") == static_cast<int64_t>(ActivationType::kRELU);
  if (!(relu && (is_integer(in[0]->type) || in[0]->type == DataType::kINT8))) floats_only(*in[0]);
  return like(*in[0]);
}

Desc unary(const Operation& op, const Inputs& in) {
  const auto kind = static_cast<UnaryOperation>(op.integer("operation"));
  const Desc& x = *in[0];
  Desc result = like(x);
  switch (kind) {
    case UnaryOperation::kNOT:
      require(x.type == DataType::kBOOL, "not takes Bool, not " + describe(x));
      return result;
    case UnaryOperation::kSIGN:
    case UnaryOperation::kABS:
    case UnaryOperation::kNEG:
      require(is_float(x.type) || is_integer(x.type), "takes numbers, not " + describe(x));
      return result;
    case UnaryOperation::kISINF:
    case UnaryOperation::kISNAN: result.type = DataType::kBOOL; break;
    default: break;
  }
  floats_only(x);
  return result;
}

Desc element_wise(const Operation& op, const Inputs& in) {
  const auto kind = static_cast<ElementWiseOperation>(op.integer("operation"));
  same_type(*in[0], *in[1]);
  const DataType type = in[0]->type;
  Desc result = like(*in[0], broadcast(in[0]->dims, in[1]->dims));
  const bool logical =
      kind == ElementWiseOperation::kAND || kind == ElementWiseOperation::kOR || kind == ElementWiseOperation::kXOR;
  if (logical) {
    require(type == DataType::kBOOL, "and, or, xor take Bool, not " + describe(*in[0]));
    return result;
  }
  const bool equal = kind == ElementWiseOperation::kEQUAL;
  require(is_float(type) || is_integer(type) || (equal && type == DataType::kBOOL),
          "takes numbers, not " + describe(*in[0]));
  if (equal || kind == ElementWiseOperation::kGREATER || kind == ElementWiseOperation::kLESS)
    result.type = DataType::kBOOL;
  return result;
}

Desc cast(const Operation& op, const Inputs& in) {
  const auto to = static_cast<DataType>(op.integer("to_type"));
  const DataType from = in[0]->type;
  for (const DataType type : {from, to})
    require(is_float(type) || is_integer(type) || type == DataType::kBOOL || type == DataType::kUINT8,
            std::string("does not convert ") + name_of(from) + " to " + name_of(to));
  if (from == DataType::kUINT8 || to == DataType::kUINT8) {
    const DataType other = from == DataType::kUINT8 ? to : from;
    require(other == DataType::kFLOAT || other == DataType::kHALF || other == DataType::kUINT8,
            std::string("converts UInt8 only from and to Float and Half, not ") + name_of(other));
  }
  Desc result = like(*in[0]);
  result.type = to;
  return result;
}

Desc identity(const Operation&, const Inputs& in) { return like(*in[0]); }

Desc parametric_relu(const Operation&, const Inputs& in) {
  floats_only(*in[0]);
  same_type(*in[0], *in[1]);
  require(rank(*in[0]) == rank(*in[1]), "slopes have the rank of the input");
  const List dims = broadcast(in[0]->dims, in[1]->dims);
  for (size_t i = 0; i < dims.size(); ++i)
    equal_extent(dims[i], in[0]->dims[i], "slopes do not broadcast to the input");
  return like(*in[0]);
}

Desc select(const Operation&, const Inputs& in) {
  require(in[0]->type == DataType::kBOOL, "the condition is Bool, not " + describe(*in[0]));
  same_type(*in[1], *in[2]);
  return like(*in[1], broadcast(broadcast(in[0]->dims, in[1]->dims), in[2]->dims));
}

Desc quantize(const Operation& op, const Inputs& in) {
  const Desc &x = *in[0], &scale = *in[1];
  const auto to = static_cast<DataType>(op.integer("to_type"));
  const bool forward = op.kind == "Quantize";
  const DataType real = forward ? x.type : to, narrow = forward ? to : x.type;
  require(is_float(real) && narrow == DataType::kINT8,
          std::string(forward ? "quantizes floating point to" : "dequantizes to floating point from") +
              " Int8, not " + name_of(x.type) + " to " + name_of(to));
  require(is_float(scale.type), "a scale is floating point, not " + describe(scale));
  if (scale.type != DataType::kFLOAT)
    require(scale.type == real, std::string("a scale of ") + name_of(scale.type) + " goes with tensors of that type");
  require(rank(x) > 0, "the input is not a scalar");
  require(rank(scale) <= 1, "a scale is a scalar, or has one axis");
  if (rank(scale) == 1 && scale.dims[0] != 1) {
    const size_t axis = axis_in(op.integer("axis"), rank(x));
    equal_extent(scale.dims[0], x.dims[axis], "scales along the axis");
  }
  Desc result = like(x);
  result.type = to;
  return result;
}

// ------------------------------------------------------------------------------------------------- along axes

Desc lrn(const Operation& op, const Inputs& in) {
  floats_only(*in[0]);
  const int64_t size = op.integer("window_size");
  require(size % 2 == 1 && size >= 1 && size <= 15, "the window is odd and at most 15");
  require(rank(*in[0]) >= 4, "the input has batch, channels and spatial axes");
  return like(*in[0]);
}

Desc soft_max(const Operation& op, const Inputs& in) {
  floats_only(*in[0]);
  require(rank(*in[0]) >= 2, "the input has at least 2 axes");
  only_axis(op.integer("axes"), rank(*in[0]));
  return like(*in[0]);
}

Desc reduce(const Operation& op, const Inputs& in) {
  const Desc& x = *in[0];
  require(is_float(x.type) || is_integer(x.type), "does not reduce " + describe(x));
  const int64_t bits = op.integer("reduce_axes");
  require(bits != 0 && bits < int64_t{1} << rank(x), "reduces axes of the tensor");
  List dims;
  for (size_t i = 0; i < x.dims.size(); ++i) {
    if ((bits >> i & 1) == 0)
      dims.push_back(x.dims[i]);
    else if (op.integer("keep_dimensions") != 0)
      dims.push_back(1);
  }
  return like(x, dims);
}

std::vector<Desc> top_k(const Operation& op, const Inputs& in) {
  const Desc& x = *in[0];
  require(is_float(x.type) || is_integer(x.type), "takes numbers, not " + describe(x));
  require(rank(x) >= 2, "the input has at least 2 axes");
  const size_t axis = only_axis(op.integer("reduce_axes"), rank(x));
  require(rank(x) - static_cast<int64_t>(axis) <= 4, "the axis is one of the last four");
  const int64_t k = op.integer("k");
  require(k >= 1 && k <= 3840, "k is at most 3840, not " + std::to_string(k));
  require(x.dims[axis] == wildcard || k <= x.dims[axis], "there are fewer than k elements");
  const auto indices = static_cast<DataType>(op.integer("indices_type"));
  require(is_integer(indices), "indices are Int32 or Int64");
  List dims = x.dims;
  dims[axis] = k;
  Desc second = like(x, dims);
  second.type = indices;
  return {like(x, dims), second};
}

Desc cumulative(const Operation&, const Inputs& in) {
  const Desc &x = *in[0], &axis = *in[1];
  require(is_float(x.type) || is_integer(x.type), "takes numbers, not " + describe(x));
  require(is_integer(axis.type) && rank(axis) == 0 && axis.known && axis.elements[0] != unknown,
          "the axis is a constant integer scalar");
  const int64_t at = axis.elements[0] < 0 ? axis.elements[0] + rank(x) : axis.elements[0];
  axis_in(at, rank(x));
  return like(x);
}

Desc normalization(const Operation& op, const Inputs& in) {
  const Desc& x = *in[0];
  floats_only(x);
  same_type(x, *in[1]);
  same_type(x, *in[2]);
  require(in[1]->dims == in[2]->dims && rank(*in[1]) == rank(x),
          "scale and bias have one shape, of the input's rank");
  const int64_t bits = op.integer("axes"), groups = op.integer("nb_groups");
  require(bits != 0 && bits < int64_t{1} << rank(x), "normalizes along axes of the tensor");
  if (groups != 1) {
    require(rank(x) >= 3 && x.dims[1] > 0 && groups > 0 && x.dims[1] % groups == 0, "groups divide the channels");
    require(bits == (int64_t{1} << rank(x)) - 4, "of groups, all axes after the channels are normalized");
  }
  for (size_t i = 0; i < x.dims.size(); ++i)
    if (groups == 1 || i != 1)
      equal_extent(broadcast(x.dims[i], in[1]->dims[i]), x.dims[i], "scale and bias do not broadcast to the input");
  return like(x);
}

Desc reverse_sequence(const Operation& op, const Inputs& in) {
  const Desc &x = *in[0], &lengths = *in[1];
  require(rank(x) >= 2, "the input has two axes or more");
  index_type(lengths);
  require(op.integer("batch_axis") != op.integer("sequence_axis"), "batch and sequence are different axes");
  const size_t batch = axis_in(op.integer("batch_axis"), rank(x));
  axis_in(op.integer("sequence_axis"), rank(x));
  require(rank(lengths) == 1, "lengths have one axis");
  equal_extent(lengths.dims[0], x.dims[batch], "lengths of the batch");
  return like(x);
}

Desc matrix_multiply(const Operation& op, const Inputs& in) {
  floats_only(*in[0]);
  same_type(*in[0], *in[1]);
  List batch[2], matrix[2];
  const char* const keys[2] = {"operation_0", "operation_1"};
  for (size_t i = 0; i < 2; ++i) {
    const auto kind = static_cast<nvinfer1::MatrixOperation>(op.integer(keys[i]));
    const size_t own = kind == nvinfer1::MatrixOperation::kVECTOR ? 1 : 2;
    const List& dims = in[i]->dims;
    require(dims.size() >= own, "an operand has too few axes: " + text(dims));
    batch[i].assign(dims.begin(), dims.end() - static_cast<int64_t>(own));
    matrix[i].assign(dims.end() - static_cast<int64_t>(own), dims.end());
    if (kind == nvinfer1::MatrixOperation::kTRANSPOSE) std::swap(matrix[i][0], matrix[i][1]);
  }
  require(batch[0].size() == batch[1].size(), "operands have different numbers of batch axes");
  equal_extent(matrix[0].back(), matrix[1].front(), "inner extents of the product");
  List dims = broadcast(batch[0], batch[1]);
  if (matrix[0].size() == 2) dims.push_back(matrix[0][0]);
  if (matrix[1].size() == 2) dims.push_back(matrix[1][1]);
  return like(*in[0], dims);
}

std::vector<Desc> plugin_results(const Operation& op, const Inputs& in) {
  std::vector<Desc> results;
  for (size_t i = 0; i < op.types.size(); ++i) {
    Desc& result = results.emplace_back();
    result.type = op.types[i];
    for (const List& program : op.extents[i]) {
      result.dims.push_back(evaluate(program, in));
      require(result.dims.back() >= wildcard,
              "a plugin's result has the extent " + std::to_string(result.dims.back()));
    }
  }
  return results;
}

template <Desc (*f)(const Operation&, const Inputs&)>
std::vector<Desc> one(const Operation& op, const Inputs& in) {
  return {f(op, in)};
}

struct Rule {
  size_t inputs;  // that have to be there
  std::function<std::vector<Desc>(const Operation&, const Inputs&)> infer;
};

const std::map<std::string, Rule>& rules() {
  static const std::map<std::string, Rule> table{
      {"Activation", {1, one<activation>}},
      {"Cast", {1, one<cast>}},
      {"Concatenation", {1, one<concatenation_rule>}},
      {"Constant", {0, one<constant_rule>}},
      {"Convolution", {1, one<convolution>}},
      {"Cumulative", {2, one<cumulative>}},
      {"Deconvolution", {1, one<convolution>}},
      {"Dequantize", {2, one<quantize>}},
      {"ElementWise", {2, one<element_wise>}},
      {"Gather", {2, one<gather_rule>}},
      {"Identity", {1, one<identity>}},
      {"LRN", {1, one<lrn>}},
      {"MatrixMultiply", {2, one<matrix_multiply>}},
      {"Normalization", {3, one<normalization>}},
      {"OneHot", {3, one<one_hot_rule>}},
      {"ParametricReLU", {2, one<parametric_relu>}},
      {"Pooling", {1, one<pooling>}},
      {"Quantize", {2, one<quantize>}},
      {"Reduce", {1, one<reduce>}},
      {"Resize", {1, one<resize_rule>}},
      {"ReverseSequence", {2, one<reverse_sequence>}},
      {"Scatter", {3, one<scatter_rule>}},
      {"Select", {3, one<select>}},
      {"Shape", {1, one<shape_rule>}},
      {"Shuffle", {1, one<shuffle_rule>}},
      {"Slice", {1, one<slice_rule>}},
      {"SoftMax", {1, one<soft_max>}},
      {"TopK", {1, top_k}},
      {"Unary", {1, one<unary>}},
  };
  return table;
}

}  // namespace

std::vector<Desc> infer(const Operation& operation, const Inputs& inputs) {
  if (operation.kind == "PluginV3") return plugin_results(operation, inputs);
  const Rule& rule = rules().at(operation.kind);
  for (size_t i = 0; i < rule.inputs; ++i)
    require(i < inputs.size() && inputs[i] != nullptr, "input " + std::to_string(i) + " is missing");
  for (const Desc* input : inputs)
    require(input == nullptr || input->type != DataType::kUINT8 || operation.kind == "Cast" ||
                operation.kind == "Identity",
            "takes no UInt8, which is only cast");
  std::vector<Desc> results = rule.infer(operation, inputs);
  fold(operation, inputs, results);
  return results;
}

}  // namespace standin

// Rules of layers: which inputs each takes, and what type and extents its results have.
#include "core.hpp"

#include <algorithm>
#include <functional>

#include "expression.hpp"

namespace standin {
namespace {

using Inputs = std::vector<const Desc*>;
using nvinfer1::ActivationType;
using nvinfer1::ElementWiseOperation;
using nvinfer1::UnaryOperation;

std::string describe(const Desc& desc) { return std::string(name_of(desc.type)) + text(desc.dims); }

void floats_only(const Desc& x) {
  require(is_float(x.type), "takes only floating-point tensors, not " + describe(x));
}

void same_type(const Desc& a, const Desc& b) {
  require(a.type == b.type, "takes inputs of one type (strongly typed network), not " + describe(a) + " and " + describe(b));
}

void index_type(const Desc& x) { require(is_integer(x.type), "takes Int32 or Int64 indices, not " + describe(x)); }

int64_t rank(const Desc& x) { return static_cast<int64_t>(x.dims.size()); }

size_t axis_in(int64_t axis, int64_t rank) {
  require(axis >= 0 && axis < rank, "axis " + std::to_string(axis) + " is outside of the rank " + std::to_string(rank));
  return static_cast<size_t>(axis);
}

// The one axis of a set of bits.
size_t only_axis(int64_t bits, int64_t rank) {
  for (int64_t axis = 0; axis < rank; ++axis)
    if (bits == int64_t{1} << axis) return static_cast<size_t>(axis);
  refuse("takes exactly one axis of the tensor");
}

// The extent of two that are equal, or one of them 1; a wildcard may be either.
int64_t broadcast(int64_t a, int64_t b) {
  if (a == b || b == 1) return a;
  if (a == 1) return b;
  if (a == wildcard) return b;
  if (b == wildcard) return a;
  refuse("extents " + std::to_string(a) + " and " + std::to_string(b) + " differ and neither is 1");
}

List broadcast(const List& a, const List& b) {
  require(a.size() == b.size(), "takes inputs of equal rank, not " + text(a) + " and " + text(b));
  List result(a.size());
  for (size_t i = 0; i < a.size(); ++i) result[i] = broadcast(a[i], b[i]);
  return result;
}

void equal_extent(int64_t a, int64_t b, const char* what) {
  require(a == b || a == wildcard || b == wildcard,
          std::string(what) + ": " + std::to_string(a) + " is not " + std::to_string(b));
}

// A tensor of shapes that sizes are taken from; wildcards where they are not known.
List sizes_from(const Desc& desc) {
  index_type(desc);
  require(rank(desc) == 1, "sizes come from a tensor of one axis");
  List result(static_cast<size_t>(desc.dims[0]), wildcard);
  if (desc.known)
    for (size_t i = 0; i < result.size(); ++i)
      if (desc.elements[i] != unknown) result[i] = desc.elements[i];
  return result;
}

Desc like(const Desc& x, const List& dims) { return {x.type, dims, false, {}}; }
Desc like(const Desc& x) { return like(x, x.dims); }

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
  require(given != (op.weight("kernel") != nullptr), "needs kernel weights, or a kernel as input 1 and none as weights");
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

// ------------------------------------------------------------------------------------------------- element by element

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
    case UnaryOperation::kISNAN:
      result.type = DataType::kBOOL;
      break;
    default:
      break;
  }
  floats_only(x);
  return result;
}

Desc element_wise(const Operation& op, const Inputs& in) {
  const auto kind = static_cast<ElementWiseOperation>(op.integer("operation"));
  same_type(*in[0], *in[1]);
  const DataType type = in[0]->type;
  Desc result = like(*in[0], broadcast(in[0]->dims, in[1]->dims));
  const bool logical = kind == ElementWiseOperation::kAND || kind == ElementWiseOperation::kOR ||
                       kind == ElementWiseOperation::kXOR;
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
  for (size_t i = 0; i < dims.size(); ++i) equal_extent(dims[i], in[0]->dims[i], "slopes do not broadcast to the input");
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
          std::string(forward ? "quantizes floating point to" : "dequantizes to floating point from") + " Int8, not " +
              name_of(x.type) + " to " + name_of(to));
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
  require(in[1]->dims == in[2]->dims && rank(*in[1]) == rank(x), "scale and bias have one shape, of the input's rank");
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

// ------------------------------------------------------------------------------------------------- moving elements

Desc concatenation(const Operation& op, const Inputs& in) {
  Desc result = like(*in[0]);
  const size_t axis = axis_in(op.integer("axis"), rank(*in[0]));
  for (size_t i = 1; i < in.size(); ++i) {
    same_type(*in[0], *in[i]);
    require(in[i]->dims.size() == result.dims.size(), "joins tensors of equal rank");
    for (size_t k = 0; k < result.dims.size(); ++k) {
      const int64_t extent = in[i]->dims[k];
      int64_t& ours = result.dims[k];
      if (k == axis) {
        ours = ours == wildcard || extent == wildcard ? wildcard : ours + extent;
      } else {
        equal_extent(ours, extent, "extents beside the axis");
        if (ours == wildcard) ours = extent;
      }
    }
  }
  return result;
}

Desc gather(const Operation& op, const Inputs& in) {
  const Desc &data = *in[0], &indices = *in[1];
  index_type(indices);
  require(rank(data) >= 1, "takes data of one axis or more");
  const auto mode = static_cast<nvinfer1::GatherMode>(op.integer("mode"));
  const int64_t batch = op.integer("nb_element_wise_dims");
  List dims;
  if (mode == nvinfer1::GatherMode::kDEFAULT) {
    const size_t axis = axis_in(op.integer("gather_axis"), rank(data));
    require(batch == 0 || (batch == 1 && axis >= 1 && rank(indices) >= 1), "has at most one elementwise axis, before its own");
    for (size_t i = 0; i < data.dims.size(); ++i) {
      if (i == axis)
        dims.insert(dims.end(), indices.dims.begin() + batch, indices.dims.end());
      else
        dims.push_back(static_cast<int64_t>(i) < batch ? broadcast(data.dims[i], indices.dims[i]) : data.dims[i]);
    }
  } else if (mode == nvinfer1::GatherMode::kELEMENT) {
    axis_in(op.integer("gather_axis"), rank(data));
    require(batch == 0 && rank(indices) == rank(data), "indices have the rank of the data");
    dims = indices.dims;
  } else {
    require(rank(indices) >= 1 && indices.dims.back() >= 0, "indices have a last axis of known extent");
    const int64_t depth = indices.dims.back();
    require(batch >= 0 && batch < rank(indices) && batch + depth <= rank(data), "indices are longer than the data's rank");
    for (int64_t i = 0; i < batch; ++i) equal_extent(data.dims[size_t(i)], indices.dims[size_t(i)], "elementwise extents");
    dims.assign(indices.dims.begin(), indices.dims.end() - 1);
    dims.insert(dims.end(), data.dims.begin() + batch + depth, data.dims.end());
  }
  require(dims.size() <= 8, "the result has more than 8 axes");
  return like(data, dims);
}

Desc scatter(const Operation& op, const Inputs& in) {
  const Desc &data = *in[0], &indices = *in[1], &updates = *in[2];
  index_type(indices);
  same_type(data, updates);
  if (static_cast<nvinfer1::ScatterMode>(op.integer("mode")) == nvinfer1::ScatterMode::kELEMENT) {
    axis_in(op.integer("axis"), rank(data));
    require(rank(indices) == rank(data) && rank(updates) == rank(data), "data, indices and updates have one rank");
    for (size_t i = 0; i < updates.dims.size(); ++i)
      equal_extent(indices.dims[i], updates.dims[i], "indices and updates");
    return like(data);
  }
  require(rank(indices) >= 1 && indices.dims.back() >= 0 && indices.dims.back() <= rank(data),
          "indices have a last axis of known extent, at most the data's rank");
  List wanted(indices.dims.begin(), indices.dims.end() - 1);
  wanted.insert(wanted.end(), data.dims.begin() + indices.dims.back(), data.dims.end());
  require(wanted.size() == updates.dims.size(), "updates are " + text(updates.dims) + ", not " + text(wanted));
  for (size_t i = 0; i < wanted.size(); ++i) equal_extent(wanted[i], updates.dims[i], "updates");
  return like(data);
}

Desc one_hot(const Operation& op, const Inputs& in) {
  const Desc &indices = *in[0], &values = *in[1], &depth = *in[2];
  index_type(indices);
  require(values.dims == List{2}, "values are off and on, not " + text(values.dims));
  require(is_integer(depth.type) && rank(depth) == 0 && depth.known && depth.elements[0] > 0,
          "the depth is a positive constant scalar");
  const int64_t axis = op.integer("axis") < 0 ? op.integer("axis") + rank(indices) + 1 : op.integer("axis");
  require(axis >= 0 && axis <= rank(indices) && rank(indices) < 8, "the axis is one of the result's");
  List dims = indices.dims;
  dims.insert(dims.begin() + axis, depth.elements[0]);
  return like(values, dims);
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

Desc constant(const Operation& op, const Inputs&) {
  const Weights& weights = op.weights.at("weights");
  const List dims = op.integers("dimensions");
  require(weights.type != DataType::kUINT8 && weights.type != DataType::kBOOL,
          std::string("there are no constants of ") + name_of(weights.type));
  require(std::none_of(dims.begin(), dims.end(), [](int64_t d) { return d < 0; }), "a constant has known extents");
  require(weights.count > 0, "there are no empty constants");
  require(weights.count == volume(dims), "weights have " + std::to_string(weights.count) + " elements, the shape " +
                                             text(dims) + " " + std::to_string(volume(dims)));
  require(weights.values != nullptr || weights.count == 0, "weights have no values");
  return {weights.type, dims, false, {}};
}

Desc shape(const Operation&, const Inputs& in) { return {DataType::kINT64, {rank(*in[0])}, false, {}}; }

List permuted(const List& dims, const List& order) {
  List result(dims.size());
  std::vector<bool> seen(dims.size());
  for (size_t i = 0; i < dims.size(); ++i) {
    const size_t from = axis_in(order[i], static_cast<int64_t>(dims.size()));
    require(!seen[from], "a transpose takes each axis once");
    seen[from] = true;
    result[i] = dims[from];
  }
  return result;
}

Desc shuffle(const Operation& op, const Inputs& in) {
  List dims = permuted(in[0]->dims, op.integers("first_transpose"));
  const bool given = in.size() > 1 && in[1] != nullptr;
  if (given || op.has("reshape_dimensions")) {
    List wanted = given ? sizes_from(*in[1]) : op.integers("reshape_dimensions");
    require(wanted.size() <= 8, "a tensor has at most 8 axes");
    const bool dynamic = std::count(dims.begin(), dims.end(), wildcard) != 0;
    int64_t open = -1, product = 1;
    for (size_t i = 0; i < wanted.size(); ++i) {
      if (wanted[i] == 0 && op.integer("zero_is_placeholder") != 0 && !given) {
        require(i < dims.size(), "a zero takes the place of an axis that is not there");
        wanted[i] = dims[i];
      }
      if (wanted[i] != wildcard) {
        require(wanted[i] >= 0, "a reshape to " + text(wanted));
        product *= wanted[i];
        continue;
      }
      require(given || open == -1 || dynamic, "at most one extent of a reshape may be -1");
      open = static_cast<int64_t>(i);
    }
    if (!dynamic && open >= 0 && std::count(wanted.begin(), wanted.end(), wildcard) == 1) {
      require(product > 0 && volume(dims) % product == 0, text(dims) + " cannot be reshaped to " + text(wanted));
      wanted[static_cast<size_t>(open)] = volume(dims) / product;
    }
    if (!dynamic && std::count(wanted.begin(), wanted.end(), wildcard) == 0)
      require(volume(dims) == volume(wanted), "reshape from " + text(dims) + " to " + text(wanted) + " changes the volume");
    dims = wanted;
  }
  return like(*in[0], permuted(dims, op.integers("second_transpose")));
}

Desc slice(const Operation& op, const Inputs& in) {
  using nvinfer1::SampleMode;
  const Desc& x = *in[0];
  const auto mode = static_cast<SampleMode>(op.integer("mode"));
  const auto part = [&](size_t input, const char* key) {
    return in.size() > input && in[input] != nullptr ? sizes_from(*in[input]) : op.integers(key);
  };
  const List start = part(1, "start"), size = part(2, "size"), stride = part(3, "stride");
  require(start.size() == x.dims.size() && size.size() == x.dims.size() && stride.size() == x.dims.size(),
          "start, size and stride have one number for each axis of " + text(x.dims));
  const bool fill = in.size() > 4 && in[4] != nullptr;
  require(!fill || mode == SampleMode::kFILL, "a fill value is given in another mode");
  if (fill) {
    same_type(x, *in[4]);
    require(volume(in[4]->dims) == 1, "a fill value is one number");
  }
  for (size_t i = 0; i < x.dims.size(); ++i) {
    require(size[i] >= 0 || (in.size() > 2 && in[2] != nullptr), "sizes are " + text(size));
    const int64_t extent = x.dims[i], last = start[i] + (size[i] - 1) * stride[i];
    if (extent == wildcard || size[i] <= 0) continue;
    if (mode == SampleMode::kSTRICT_BOUNDS)
      require(start[i] >= 0 && start[i] < extent && last >= 0 && last < extent,
              "slice start " + text(start) + " size " + text(size) + " stride " + text(stride) + " leaves " + text(x.dims));
    require(extent > 0 || mode == SampleMode::kFILL, "an empty tensor has nothing to repeat");
  }
  return like(x, size);
}

Desc resize(const Operation& op, const Inputs& in) {
  const Desc& x = *in[0];
  floats_only(x);
  const bool given = in.size() > 1 && in[1] != nullptr;
  List dims;
  if (given) {
    dims = sizes_from(*in[1]);
  } else if (op.has("scales")) {
    const std::vector<double>& scales = op.numbers("scales");
    require(scales.size() == x.dims.size(), "there is one scale for each axis");
    for (size_t i = 0; i < scales.size(); ++i)
      dims.push_back(x.dims[i] == wildcard ? wildcard
                                           : static_cast<int64_t>(static_cast<float>(x.dims[i]) * static_cast<float>(scales[i])));
  } else {
    require(op.has("output_dimensions"), "needs output dimensions or scales");
    dims = op.integers("output_dimensions");
  }
  require(dims.size() == x.dims.size(), "output dimensions " + text(dims) + " of an input " + text(x.dims));
  const int64_t most = op.integer("resize_mode") == 0 ? 8 : op.integer("resize_mode") == 1 ? 3 : 2;
  for (int64_t i = 0; i + most < rank(x); ++i)
    require(dims[size_t(i)] == x.dims[size_t(i)] || dims[size_t(i)] == wildcard || x.dims[size_t(i)] == wildcard,
            "resizes the last " + std::to_string(most) + " axes only, not " + text(x.dims) + " to " + text(dims));
  return like(x, dims);
}

std::vector<Desc> plugin_results(const Operation& op, const Inputs& in) {
  std::vector<Desc> results;
  for (size_t i = 0; i < op.types.size(); ++i) {
    Desc& result = results.emplace_back();
    result.type = op.types[i];
    for (const List& program : op.extents[i]) {
      result.dims.push_back(evaluate(program, in));
      require(result.dims.back() >= wildcard, "a plugin's result has the extent " + std::to_string(result.dims.back()));
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
      {"Concatenation", {1, one<concatenation>}},
      {"Constant", {0, one<constant>}},
      {"Convolution", {1, one<convolution>}},
      {"Cumulative", {2, one<cumulative>}},
      {"Deconvolution", {1, one<convolution>}},
      {"Dequantize", {2, one<quantize>}},
      {"ElementWise", {2, one<element_wise>}},
      {"Gather", {2, one<gather>}},
      {"Identity", {1, one<identity>}},
      {"LRN", {1, one<lrn>}},
      {"MatrixMultiply", {2, one<matrix_multiply>}},
      {"Normalization", {3, one<normalization>}},
      {"OneHot", {3, one<one_hot>}},
      {"ParametricReLU", {2, one<parametric_relu>}},
      {"Pooling", {1, one<pooling>}},
      {"Quantize", {2, one<quantize>}},
      {"Reduce", {1, one<reduce>}},
      {"Resize", {1, one<resize>}},
      {"ReverseSequence", {2, one<reverse_sequence>}},
      {"Scatter", {3, one<scatter>}},
      {"Select", {3, one<select>}},
      {"Shape", {1, one<shape>}},
      {"Shuffle", {1, one<shuffle>}},
      {"Slice", {1, one<slice>}},
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
    require(input == nullptr || input->type != DataType::kUINT8 || operation.kind == "Cast" || operation.kind == "Identity",
            "takes no UInt8, which is only cast");
  std::vector<Desc> results = rule.infer(operation, inputs);
  fold(operation, inputs, results);
  return results;
}

}  // namespace standin

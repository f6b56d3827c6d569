// Rules of layers that move elements.
#include <algorithm>

#include "rules.hpp"

namespace standin {
namespace {

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

}  // namespace

Desc concatenation_rule(const Operation& op, const Inputs& in) {
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

Desc gather_rule(const Operation& op, const Inputs& in) {
  const Desc &data = *in[0], &indices = *in[1];
  index_type(indices);
  require(rank(data) >= 1, "takes data of one axis or more");
  const auto mode = static_cast<nvinfer1::GatherMode>(op.integer("mode"));
  const int64_t batch = op.integer("nb_element_wise_dims");
  List dims;
  if (mode == nvinfer1::GatherMode::kDEFAULT) {
    const size_t axis = axis_in(op.integer("gather_axis"), rank(data));
    require(batch == 0 || (batch == 1 && axis >= 1 && rank(indices) >= 1),
            "has at most one elementwise axis, before its own");
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
    require(batch >= 0 && batch < rank(indices) && batch + depth <= rank(data),
            "indices are longer than the data's rank");
    for (int64_t i = 0; i < batch; ++i)
      equal_extent(data.dims[size_t(i)], indices.dims[size_t(i)], "elementwise extents");
    dims.assign(indices.dims.begin(), indices.dims.end() - 1);
    dims.insert(dims.end(), data.dims.begin() + batch + depth, data.dims.end());
  }
  require(dims.size() <= 8, "the result has more than 8 axes");
  return like(data, dims);
}

Desc scatter_rule(const Operation& op, const Inputs& in) {
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

Desc one_hot_rule(const Operation& op, const Inputs& in) {
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

Desc constant_rule(const Operation& op, const Inputs&) {
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

Desc shape_rule(const Operation&, const Inputs& in) { return {DataType::kINT64, {rank(*in[0])}, false, {}}; }

Desc shuffle_rule(const Operation& op, const Inputs& in) {
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
      require(volume(dims) == volume(wanted),
              "reshape from " + text(dims) + " to " + text(wanted) + " changes the volume");
    dims = wanted;
  }
  return like(*in[0], permuted(dims, op.integers("second_transpose")));
}

Desc slice_rule(const Operation& op, const Inputs& in) {
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
              "slice start " + text(start) + " size " + text(size) + " stride " + text(stride) + " leaves " +
                  text(x.dims));
    require(extent > 0 || mode == SampleMode::kFILL, "an empty tensor has nothing to repeat");
  }
  return like(x, size);
}

Desc resize_rule(const Operation& op, const Inputs& in) {
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
      dims.push_back(x.dims[i] == wildcard
                         ? wildcard
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

}  // namespace standin

// Layers that move elements. They do not look at them: elements are so many bytes.
#include <algorithm>

#include "elements.hpp"

namespace standin {
namespace {

// Memory of a tensor by element.
struct Bytes {
  char* data;
  size_t size;
  explicit Bytes(const Array& a) : data(static_cast<char*>(a.data)), size(bytes_of(a.type())) {}
  void copy(int64_t to, const Bytes& from, int64_t at, int64_t count = 1) const {
    std::memcpy(data + static_cast<size_t>(to) * size, from.data + static_cast<size_t>(at) * size,
                static_cast<size_t>(count) * size);
  }
  void zero(int64_t to, int64_t count = 1) const {
    std::memset(data + static_cast<size_t>(to) * size, 0, static_cast<size_t>(count) * size);
  }
};

List strides_of(const List& dims) {
  List strides(dims.size());
  int64_t step = 1;
  for (size_t i = dims.size(); i-- > 0;) {
    strides[i] = step;
    step *= dims[i];
  }
  return strides;
}

void concatenation(const Operation& op, const Arrays& in, const Arrays& out) {
  const Around whole(out[0].dims(), static_cast<size_t>(op.integer("axis")));
  const Bytes y(out[0]);
  int64_t start = 0;
  for (const Array& part : in) {
    const Around around(part.dims(), static_cast<size_t>(op.integer("axis")));
    const int64_t length = around.along * around.after;
    for (int64_t i = 0; i < around.before; ++i)
      y.copy(i * whole.along * whole.after + start, Bytes(part), i * length, length);
    start += length;
  }
}

// An index from the start; -1 where it is out of bounds.
int64_t place_of(int64_t index, int64_t extent) {
  if (index < 0) index += extent;
  return index >= 0 && index < extent ? index : -1;
}

void gather(const Operation& op, const Arrays& in, const Arrays& out) {
  const Array &data = in[0], &indices = in[1];
  const Bytes x(data), y(out[0]);
  const List from = strides_of(data.dims());
  const auto mode = static_cast<nvinfer1::GatherMode>(op.integer("mode"));
  const auto axis = static_cast<size_t>(op.integer("gather_axis"));
  const auto batch = static_cast<size_t>(op.integer("nb_element_wise_dims"));
  if (mode == nvinfer1::GatherMode::kELEMENT) {
    each_place(indices.dims(), [&](int64_t place, const List& at) {
      const int64_t index = place_of(integer_at(indices, place), data.dims()[axis]);
      int64_t source = 0;
      for (size_t i = 0; i < at.size(); ++i) source += (i == axis ? index : at[i]) * from[i];
      index < 0 ? y.zero(place) : y.copy(place, x, source);
    });
    return;
  }
  if (mode == nvinfer1::GatherMode::kND) {
    const auto depth = static_cast<size_t>(indices.dims().back());
    const List places(indices.dims().begin(), indices.dims().end() - 1);
    int64_t block = 1;
    for (size_t i = batch + depth; i < data.dims().size(); ++i) block *= data.dims()[i];
    each_place(places, [&](int64_t place, const List& at) {
      int64_t source = 0;
      bool inside = true;
      for (size_t i = 0; i < batch; ++i) source += at[i] * from[i];
      for (size_t i = 0; i < depth; ++i) {
        const int64_t index =
            place_of(integer_at(indices, place * static_cast<int64_t>(depth) + static_cast<int64_t>(i)),
                     data.dims()[batch + i]);
        inside = inside && index >= 0;
        source += index * from[batch + i];
      }
      inside ? y.copy(place * block, x, source, block) : y.zero(place * block, block);
    });
    return;
  }
  // Result: [batch] data before the axis, indices, data after the axis.
  const Around around(data.dims(), axis);
  const int64_t shared = batch ? out[0].dims()[0] : 1;
  const int64_t data_images = batch ? data.dims()[0] : 1, index_images = batch ? indices.dims()[0] : 1;
  const int64_t before = around.before / data_images, taken = indices.count() / std::max<int64_t>(index_images, 1);
  int64_t place = 0;
  for (int64_t b = 0; b < shared; ++b)
    for (int64_t i = 0; i < before; ++i)
      for (int64_t k = 0; k < taken; ++k, place += around.after) {
        const int64_t index = place_of(integer_at(indices, (index_images == 1 ? 0 : b) * taken + k), around.along);
        const int64_t row = (data_images == 1 ? 0 : b) * before + i;
        index < 0 ? y.zero(place, around.after)
                  : y.copy(place, x, (row * around.along + index) * around.after, around.after);
      }
}

void scatter(const Operation& op, const Arrays& in, const Arrays& out) {
  const Array &data = in[0], &indices = in[1], &updates = in[2];
  const Bytes y(out[0]), u(updates);
  y.copy(0, Bytes(data), 0, data.count());
  const List to = strides_of(data.dims());
  if (static_cast<nvinfer1::ScatterMode>(op.integer("mode")) == nvinfer1::ScatterMode::kELEMENT) {
    const auto axis = static_cast<size_t>(op.integer("axis"));
    each_place(indices.dims(), [&](int64_t place, const List& at) {
      const int64_t index = place_of(integer_at(indices, place), data.dims()[axis]);
      require(index >= 0, op.name + ": an index of a scatter is out of bounds");
      int64_t target = 0;
      for (size_t i = 0; i < at.size(); ++i) target += (i == axis ? index : at[i]) * to[i];
      y.copy(target, u, place);
    });
    return;
  }
  const auto depth = static_cast<size_t>(indices.dims().back());
  int64_t block = 1;
  for (size_t i = depth; i < data.dims().size(); ++i) block *= data.dims()[i];
  const int64_t count =
      depth == 0 ? updates.count() / std::max<int64_t>(block, 1) : indices.count() / static_cast<int64_t>(depth);
  for (int64_t place = 0; place < count; ++place) {
    int64_t target = 0;
    for (size_t i = 0; i < depth; ++i) {
      const int64_t index = place_of(
          integer_at(indices, place * static_cast<int64_t>(depth) + static_cast<int64_t>(i)), data.dims()[i]);
      require(index >= 0, op.name + ": an index of a scatter is out of bounds");
      target += index * to[i];
    }
    y.copy(target, u, place * block, block);
  }
}

void one_hot(const Operation& op, const Arrays& in, const Arrays& out) {
  const auto rank = static_cast<int64_t>(in[0].dims().size());
  const int64_t axis = op.integer("axis") < 0 ? op.integer("axis") + rank + 1 : op.integer("axis");
  const Around around(out[0].dims(), static_cast<size_t>(axis));
  const Bytes y(out[0]), values(in[1]);
  for (int64_t i = 0; i < around.before; ++i)
    for (int64_t depth = 0; depth < around.along; ++depth)
      for (int64_t k = 0; k < around.after; ++k) {
        const bool hot = integer_at(in[0], i * around.after + k) == depth;
        y.copy((i * around.along + depth) * around.after + k, values, hot ? 1 : 0);
      }
}

// Copies `from` transposed: axis i of the result is axis order[i] of the operand.
void transpose(const Bytes& from, const List& dims, const List& order, const Bytes& to) {
  const List strides = strides_of(dims);
  List result(dims.size()), steps(dims.size());
  for (size_t i = 0; i < dims.size(); ++i) {
    result[i] = dims[static_cast<size_t>(order[i])];
    steps[i] = strides[static_cast<size_t>(order[i])];
  }
  each_place(result, [&](int64_t place, const List& at) {
    int64_t source = 0;
    for (size_t i = 0; i < at.size(); ++i) source += at[i] * steps[i];
    to.copy(place, from, source);
  });
}

bool keeps_order(const List& order, size_t rank) {
  for (size_t i = 0; i < rank; ++i)
    if (order[i] != static_cast<int64_t>(i)) return false;
  return true;
}

void shuffle(const Operation& op, const Arrays& in, const Arrays& out) {
  const List &first = op.integers("first_transpose"), &second = op.integers("second_transpose");
  const size_t rank = in[0].dims().size(), rank_out = out[0].dims().size();
  const size_t bytes = static_cast<size_t>(out[0].count()) * bytes_of(out[0].type());
  std::vector<char> between;
  Bytes now(in[0]);
  if (!keeps_order(first, rank)) {
    between.resize(bytes);
    Bytes temporary = now;
    temporary.data = between.data();
    transpose(now, in[0].dims(), first, temporary);
    now = temporary;
  }
  if (keeps_order(second, rank_out)) {
    if (bytes != 0) std::memcpy(out[0].data, now.data, bytes);
    return;
  }
  List shape(rank_out);  // before the second transpose
  for (size_t i = 0; i < rank_out; ++i) shape[static_cast<size_t>(second[i])] = out[0].dims()[i];
  transpose(now, shape, second, Bytes(out[0]));
}

void slice(const Operation& op, const Arrays& in, const Arrays& out) {
  using nvinfer1::SampleMode;
  const auto mode = static_cast<SampleMode>(op.integer("mode"));
  const auto part = [&](size_t input, const char* key) {
    if (input >= in.size() || in[input].desc == nullptr) return op.integers(key);
    List values;
    for (int64_t i = 0; i < in[input].count(); ++i) values.push_back(integer_at(in[input], i));
    return values;
  };
  const List start = part(1, "start"), stride = part(3, "stride"), &dims = in[0].dims();
  const List from = strides_of(dims);
  const Bytes x(in[0]), y(out[0]);
  each_place(out[0].dims(), [&](int64_t place, const List& at) {
    int64_t source = 0;
    bool outside = false;
    for (size_t i = 0; i < at.size(); ++i) {
      const int64_t n = dims[i];
      int64_t k = start[i] + at[i] * stride[i];
      if (mode == SampleMode::kWRAP) {
        k = ((k % n) + n) % n;
      } else if (mode == SampleMode::kREFLECT) {
        const int64_t period = std::max<int64_t>(2 * (n - 1), 1);
        k = ((k % period) + period) % period;
        k = n == 1 ? 0 : std::min(k, period - k);
      } else if (mode == SampleMode::kCLAMP) {
        k = std::clamp<int64_t>(k, 0, n - 1);
      } else if (k < 0 || k >= n) {
        outside = true;
      }
      source += k * from[i];
    }
    if (!outside) return y.copy(place, x, source);
    require(mode == SampleMode::kFILL, op.name + ": a slice reads outside of its input");
    if (in.size() > 4 && in[4].desc != nullptr)
      y.copy(place, Bytes(in[4]), 0);
    else
      y.zero(place);
  });
}

void shape(const Operation&, const Arrays& in, const Arrays& out) {
  for (size_t i = 0; i < in[0].dims().size(); ++i) set_integer(out[0], static_cast<int64_t>(i), in[0].dims()[i]);
}

void reverse_sequence(const Operation& op, const Arrays& in, const Arrays& out) {
  const auto batch = static_cast<size_t>(op.integer("batch_axis")),
             sequence = static_cast<size_t>(op.integer("sequence_axis"));
  const List from = strides_of(in[0].dims());
  const Bytes x(in[0]), y(out[0]);
  each_place(in[0].dims(), [&](int64_t place, const List& at) {
    const int64_t length = integer_at(in[1], at[batch]), k = at[sequence];
    const int64_t other = k < length ? length - 1 - k : k;
    y.copy(place, x, place + (other - k) * from[sequence]);
  });
}

void constant(const Operation& op, const Arrays&, const Arrays& out) {
  const Weights& weights = op.weights.at("weights");
  std::memcpy(out[0].data, weights.values, static_cast<size_t>(weights.count) * bytes_of(weights.type));
}

}  // namespace

const std::map<std::string, Kernel> moving_kernels{
    {"Concatenation", concatenation},
    {"Gather", gather},
    {"Scatter", scatter},
    {"OneHot", one_hot},
    {"Shuffle", shuffle},
    {"Slice", slice},
    {"Shape", shape},
    {"ReverseSequence", reverse_sequence},
    {"Constant", constant},
};

}  // namespace standin

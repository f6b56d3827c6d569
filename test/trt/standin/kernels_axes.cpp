// Layers that compute along axes: reductions, softmax, normalization, sorting, sums.
#include <algorithm>
#include <limits>
#include <numeric>

#include "elements.hpp"

namespace standin {
namespace {

using nvinfer1::ReduceOperation;

// For each element of a tensor, its place in the tensor that is left when some axes are reduced.
struct Reduced {
  List strides;  // by axis of the operand; 0 for those that are reduced
  int64_t count = 1, window = 1;
  Reduced(const List& dims, int64_t bits) : strides(dims.size(), 0) {
    for (size_t i = dims.size(); i-- > 0;) {
      if ((bits >> i & 1) != 0) {
        window *= dims[i];
      } else {
        strides[i] = count;
        count *= dims[i];
      }
    }
  }
  int64_t place(const List& at) const {
    int64_t result = 0;
    for (size_t i = 0; i < at.size(); ++i) result += at[i] * strides[i];
    return result;
  }
};

void reduce(const Operation& op, const Arrays& in, const Arrays& out) {
  const auto kind = static_cast<ReduceOperation>(op.integer("operation"));
  const Reduced reduced(in[0].dims(), op.integer("reduce_axes"));
  const auto n = static_cast<size_t>(reduced.count);
  const auto start = [&](double least, double most) {
    return kind == ReduceOperation::kPROD  ? 1.0
           : kind == ReduceOperation::kMAX ? least
           : kind == ReduceOperation::kMIN ? most
                                           : 0.0;
  };
  if (is_float(in[0].type())) {
    constexpr double inf = std::numeric_limits<double>::infinity();
    const Floats x(in[0]);
    std::vector<double> sums(n, start(-inf, inf));
    each_place(in[0].dims(), [&](int64_t place, const List& at) {
      double& sum = sums[static_cast<size_t>(reduced.place(at))];
      const double value = static_cast<double>(x[place]);
      if (kind == ReduceOperation::kPROD)
        sum *= value;
      else if (kind == ReduceOperation::kMAX)
        sum = std::isnan(value) || std::isnan(sum) ? value + sum : std::max(sum, value);
      else if (kind == ReduceOperation::kMIN)
        sum = std::isnan(value) || std::isnan(sum) ? value + sum : std::min(sum, value);
      else
        sum += value;
    });
    FloatResult y(out[0]);
    const double share = kind == ReduceOperation::kAVG ? static_cast<double>(reduced.window) : 1;
    for (size_t i = 0; i < n; ++i) y[static_cast<int64_t>(i)] = static_cast<float>(sums[i] / share);
    return;
  }
  const int64_t least = in[0].type() == DataType::kINT64 ? INT64_MIN : INT32_MIN;
  const int64_t most = in[0].type() == DataType::kINT64 ? INT64_MAX : INT32_MAX;
  const int64_t first = kind == ReduceOperation::kPROD  ? 1
                        : kind == ReduceOperation::kMAX ? least
                        : kind == ReduceOperation::kMIN ? most
                                                        : 0;
  List sums(n, first);
  const Integers x(in[0]);
  each_place(in[0].dims(), [&](int64_t place, const List& at) {
    int64_t& sum = sums[static_cast<size_t>(reduced.place(at))];
    if (kind == ReduceOperation::kPROD)
      sum *= x[place];
    else if (kind == ReduceOperation::kMAX)
      sum = std::max(sum, x[place]);
    else if (kind == ReduceOperation::kMIN)
      sum = std::min(sum, x[place]);
    else
      sum += x[place];
  });
  for (size_t i = 0; i < n; ++i)
    set_integer(out[0], static_cast<int64_t>(i),
                kind == ReduceOperation::kAVG ? sums[i] / std::max<int64_t>(reduced.window, 1) : sums[i]);
}

size_t axis_of(int64_t bits) {
  size_t axis = 0;
  while ((bits >> axis & 1) == 0) ++axis;
  return axis;
}

void soft_max(const Operation& op, const Arrays& in, const Arrays& out) {
  const Floats x(in[0]);
  FloatResult y(out[0]);
  const Around around(in[0].dims(), axis_of(op.integer("axes")));
  for (int64_t i = 0; i < around.before; ++i)
    for (int64_t k = 0; k < around.after; ++k) {
      const auto at = [&](int64_t j) { return (i * around.along + j) * around.after + k; };
      float most = -std::numeric_limits<float>::infinity(), sum = 0;
      for (int64_t j = 0; j < around.along; ++j) most = std::max(most, x[at(j)]);
      for (int64_t j = 0; j < around.along; ++j) sum += y[at(j)] = std::exp(x[at(j)] - most);
      for (int64_t j = 0; j < around.along; ++j) y[at(j)] /= sum;
    }
}

void lrn(const Operation& op, const Arrays& in, const Arrays& out) {
  const Floats x(in[0]);
  FloatResult y(out[0]);
  const Around around(in[0].dims(), 1);
  const int64_t size = op.integer("window_size");
  const auto alpha = static_cast<float>(op.number("alpha")), beta = static_cast<float>(op.number("beta")),
             k = static_cast<float>(op.number("k"));
  for (int64_t n = 0; n < around.before; ++n)
    for (int64_t p = 0; p < around.after; ++p) {
      const auto at = [&](int64_t c) { return (n * around.along + c) * around.after + p; };
      for (int64_t c = 0; c < around.along; ++c) {
        float sum = 0;
        for (int64_t j = std::max<int64_t>(c - size / 2, 0); j <= std::min(c + size / 2, around.along - 1); ++j)
          sum += x[at(j)] * x[at(j)];
        y[at(c)] = x[at(c)] / std::pow(k + alpha / static_cast<float>(size) * sum, beta);
      }
    }
}

void normalization(const Operation& op, const Arrays& in, const Arrays& out) {
  const Floats x(in[0]), scale(in[1]), bias(in[2]);
  FloatResult y(out[0]);
  // Groups are an axis of their own between batch and channels.
  const int64_t groups = op.integer("nb_groups");
  List dims = in[0].dims();
  int64_t bits = op.integer("axes");
  if (groups != 1) {
    dims.insert(dims.begin() + 1, groups);
    dims[2] /= groups;
    bits = (int64_t{1} << dims.size()) - 4;
  }
  const Reduced reduced(dims, bits);
  std::vector<double> mean(static_cast<size_t>(reduced.count)), variance(mean.size());
  const auto share = static_cast<double>(reduced.window);
  each_place(dims, [&](int64_t i, const List& at) {
    mean[static_cast<size_t>(reduced.place(at))] += static_cast<double>(x[i]);
  });
  for (double& m : mean) m /= share;
  each_place(dims, [&](int64_t i, const List& at) {
    const auto place = static_cast<size_t>(reduced.place(at));
    const double d = static_cast<double>(x[i]) - mean[place];
    variance[place] += d * d;
  });
  each_place(dims, [&](int64_t i, const List& at) {
    const auto place = static_cast<size_t>(reduced.place(at));
    y[i] = static_cast<float>((static_cast<double>(x[i]) - mean[place]) /
                              std::sqrt(variance[place] / share + op.number("epsilon")));
  });
  // Scale and bias of groups have one number for each channel, or one for each group.
  const List& whole = in[0].dims();
  const bool by_group = groups != 1 && in[1].dims()[1] == groups;
  List strides = broadcast_strides(in[1].dims(), whole);
  each_place(whole, [&](int64_t i, const List& at) {
    int64_t from = 0;
    for (size_t axis = 0; axis < at.size(); ++axis)
      from += (by_group && axis == 1 ? at[1] / (whole[1] / groups) : at[axis]) * strides[axis];
    y[i] = y[i] * scale[from] + bias[from];
  });
}

void cumulative(const Operation& op, const Arrays& in, const Arrays& out) {
  int64_t axis = integer_at(in[1], 0);
  if (axis < 0) axis += static_cast<int64_t>(in[0].dims().size());
  const Around around(in[0].dims(), static_cast<size_t>(axis));
  const bool exclusive = op.integer("exclusive") != 0, reverse = op.integer("reverse") != 0;
  const auto run = [&](auto& x, auto& y, auto zero) {
    for (int64_t i = 0; i < around.before; ++i)
      for (int64_t k = 0; k < around.after; ++k) {
        auto sum = zero;
        for (int64_t step = 0; step < around.along; ++step) {
          const int64_t at = (i * around.along + (reverse ? around.along - 1 - step : step)) * around.after + k;
          if (exclusive) y[at] = sum;
          sum += x[at];
          if (!exclusive) y[at] = sum;
        }
      }
  };
  if (is_float(in[0].type())) {
    const Floats x(in[0]);
    FloatResult y(out[0]);
    run(x, y, 0.0f);
  } else {
    const Integers x(in[0]);
    IntegerResult y(out[0]);
    run(x, y, int64_t{0});
  }
}

// Of equal elements the one of the smaller index comes first; TensorRT leaves it open.
template <class X, class Y>
void sort_along(const X& x, Y& y, const Array& indices, const Around& around, int64_t k, bool largest) {
  List order(static_cast<size_t>(around.along));
  for (int64_t i = 0; i < around.before; ++i)
    for (int64_t p = 0; p < around.after; ++p) {
      const auto value = [&](int64_t j) { return x[(i * around.along + j) * around.after + p]; };
      std::iota(order.begin(), order.end(), 0);
      std::partial_sort(order.begin(), order.begin() + k, order.end(), [&](int64_t a, int64_t b) {
        if (value(a) != value(b)) return largest ? value(a) > value(b) : value(a) < value(b);
        return a < b;
      });
      for (int64_t j = 0; j < k; ++j) {
        const int64_t at = (i * k + j) * around.after + p;
        y[at] = value(order[static_cast<size_t>(j)]);
        set_integer(indices, at, order[static_cast<size_t>(j)]);
      }
    }
}

void top_k(const Operation& op, const Arrays& in, const Arrays& out) {
  const Around around(in[0].dims(), axis_of(op.integer("reduce_axes")));
  const bool largest = op.integer("operation") == 0;
  if (is_float(in[0].type())) {
    const Floats x(in[0]);
    FloatResult y(out[0]);
    sort_along(x, y, out[1], around, op.integer("k"), largest);
  } else {
    const Integers x(in[0]);
    IntegerResult y(out[0]);
    sort_along(x, y, out[1], around, op.integer("k"), largest);
  }
}

}  // namespace

const std::map<std::string, Kernel> axis_kernels{
    {"Reduce", reduce},         {"SoftMax", soft_max}, {"LRN", lrn}, {"Normalization", normalization},
    {"Cumulative", cumulative}, {"TopK", top_k},
};

}  // namespace standin

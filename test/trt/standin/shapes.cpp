// Extents of sliding windows, and integers that extents are computed from.
#include "core.hpp"

#include <algorithm>
#include <cstring>

namespace standin {

List kernel_of(const Operation& op) { return op.integers(op.has("kernel_size") ? "kernel_size" : "window_size"); }

List dilation_of(const Operation& op) {
  return op.has("dilation") ? op.integers("dilation") : List(kernel_of(op).size(), 1);
}

Window window(const Operation& op, const List& input, const List& kernel, const List& dilation) {
  using nvinfer1::PaddingMode;
  const auto mode = static_cast<PaddingMode>(op.integer("padding_mode"));
  const List stride = op.integers("stride");
  const bool backward = op.kind == "Deconvolution";
  Window result{op.integers("pre_padding"), op.integers("post_padding"), {}};
  const size_t axes = kernel.size();
  require(
      stride.size() == axes && dilation.size() == axes && result.before.size() == axes && result.after.size() == axes,
      "stride, padding and dilation have one number for each spatial axis");
  for (size_t i = 0; i < axes; ++i) {
    const int64_t s = stride[i], extent = input[input.size() - axes + i];
    int64_t &b = result.before[i], &a = result.after[i];
    require(s >= 1 && dilation[i] >= 1 && kernel[i] >= 1 && b >= 0 && a >= 0,
            "strides, dilations, kernel and padding are positive");
    const int64_t k = (kernel[i] - 1) * dilation[i] + 1;
    const bool same = mode == PaddingMode::kSAME_UPPER || mode == PaddingMode::kSAME_LOWER;
    int64_t out;
    if (extent == wildcard) {
      out = wildcard;
    } else if (same) {
      const int64_t all =
          backward ? std::max<int64_t>(k - s, 0) : std::max<int64_t>((extent - 1) / s * s + k - extent, 0);
      b = mode == PaddingMode::kSAME_UPPER ? all / 2 : all - all / 2;
      a = all - b;
      out = backward ? std::min(extent * s, (extent - 1) * s + k) : (extent + s - 1) / s;
    } else if (backward) {
      out = (extent - 1) * s + k - (a + b);
    } else {
      const int64_t room = extent + a + b - k;
      require(room >= 0, "a window of " + std::to_string(k) + " is longer than its input of " +
                             std::to_string(extent) + " with its padding");
      out = (mode == PaddingMode::kEXPLICIT_ROUND_UP ? (room + s - 1) / s : room / s) + 1;
    }
    require(out == wildcard || out >= 1, "the result is empty");
    result.extents.push_back(out);
  }
  return result;
}

namespace {

constexpr int64_t most_elements = 64;

int64_t at(const void* data, DataType type, int64_t index) {
  if (type == DataType::kINT64) {
    int64_t value;
    std::memcpy(&value, static_cast<const char*>(data) + index * 8, 8);
    return value;
  }
  int32_t value;
  std::memcpy(&value, static_cast<const char*>(data) + index * 4, 4);
  return value;
}

int64_t combined(nvinfer1::ElementWiseOperation op, int64_t a, int64_t b) {
  using Op = nvinfer1::ElementWiseOperation;
  if (a == unknown || b == unknown) return unknown;
  switch (op) {
    case Op::kSUM: return a + b;
    case Op::kPROD: return a * b;
    case Op::kMAX: return std::max(a, b);
    case Op::kMIN: return std::min(a, b);
    case Op::kSUB: return a - b;
    case Op::kDIV: return b == 0 ? unknown : a / b;
    case Op::kFLOOR_DIV: return b == 0 ? unknown : a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
    default: return unknown;
  }
}

}  // namespace

void fold(const Operation& op, const std::vector<const Desc*>& in, std::vector<Desc>& out) {
  Desc& result = out[0];
  if (!is_integer(result.type) || std::count(result.dims.begin(), result.dims.end(), wildcard) != 0) return;
  const int64_t count = volume(result.dims);
  if (count > most_elements) return;
  const bool all = std::all_of(in.begin(), in.end(), [](const Desc* d) { return d == nullptr || d->known; });
  List elements;
  if (op.kind == "Constant") {
    const Weights& weights = op.weights.at("weights");
    for (int64_t i = 0; i < count; ++i) elements.push_back(at(weights.values, weights.type, i));
  } else if (op.kind == "Shape") {
    for (const int64_t extent : in[0]->dims) elements.push_back(extent == wildcard ? unknown : extent);
  } else if (!all) {
    return;
  } else if (op.kind == "Cast" || op.kind == "Identity") {
    elements = in[0]->elements;
  } else if (op.kind == "Shuffle" && result.dims.size() <= 1 && in[0]->dims.size() <= 1) {
    elements = in[0]->elements;
  } else if (op.kind == "Concatenation" && result.dims.size() == 1) {
    for (const Desc* input : in) elements.insert(elements.end(), input->elements.begin(), input->elements.end());
  } else if (op.kind == "Gather" && in[0]->dims.size() == 1 && op.integer("mode") == 0) {
    for (int64_t index : in[1]->elements) {
      if (index == unknown) return;
      if (index < 0) index += in[0]->dims[0];
      require(index >= 0 && index < in[0]->dims[0], "an index leaves the tensor");
      elements.push_back(in[0]->elements[static_cast<size_t>(index)]);
    }
  } else if (op.kind == "Slice" && in[0]->dims.size() == 1 && in.size() == 1) {
    const int64_t start = op.integers("start")[0], stride = op.integers("stride")[0];
    if (op.integer("mode") != 0) return;
    for (int64_t i = 0; i < count; ++i) elements.push_back(in[0]->elements[static_cast<size_t>(start + i * stride)]);
  } else if (op.kind == "ElementWise" && result.dims.size() <= 1) {
    const auto kind = static_cast<nvinfer1::ElementWiseOperation>(op.integer("operation"));
    const auto element = [&](size_t input, int64_t i) {
      return in[input]->elements[in[input]->elements.size() == 1 ? 0 : static_cast<size_t>(i)];
    };
    for (int64_t i = 0; i < count; ++i) elements.push_back(combined(kind, element(0, i), element(1, i)));
  } else {
    return;
  }
  result.known = true;
  result.elements = std::move(elements);
}

}  // namespace standin

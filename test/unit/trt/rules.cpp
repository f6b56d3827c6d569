// Networks of one layer, some wrong: prints for each whether the stand-in builds it, and what it says.
#include <functional>
#include <utility>

#include "net.hpp"

using namespace nvinfer1;

namespace {

constexpr DataType f32 = DataType::kFLOAT, f16 = DataType::kHALF, i32 = DataType::kINT32, i64 = DataType::kINT64,
                   i8 = DataType::kINT8, u8 = DataType::kUINT8, truth = DataType::kBOOL;

ILayer* convolution(Net& n, std::initializer_list<int64_t> x, int64_t maps, Weights kernel,
                    Weights bias = {f32, nullptr, 0}, int64_t groups = 1, DataType type = f32) {
  auto* const layer = n->addConvolutionNd(n.input(x, type), maps, dims({3, 3}), kernel, bias);
  if (layer) layer->setNbGroups(groups);
  return layer;
}

ILayer* sum(Net& n, ITensor& a, ITensor& b) { return n->addElementWise(a, b, ElementWiseOperation::kSUM); }

ILayer* slice(Net& n, int64_t start, int64_t size, SampleMode mode) {
  auto* const layer = n->addSlice(n.input({8}), dims({start}), dims({size}), dims({1}));
  layer->setMode(mode);
  return layer;
}

ILayer* reshape(Net& n, std::initializer_list<int64_t> from, std::initializer_list<int64_t> to,
                bool placeholder = false) {
  auto* const layer = n->addShuffle(n.input(from));
  layer->setReshapeDimensions(dims(to));
  layer->setZeroIsPlaceholder(placeholder);
  return layer;
}

ILayer* concatenation(Net& n, ITensor& a, ITensor& b, int32_t axis) {
  ITensor* const inputs[] = {&a, &b};
  auto* const layer = n->addConcatenation(inputs, 2);
  layer->setAxis(axis);
  return layer;
}

ILayer* resize(Net& n, std::initializer_list<int64_t> to, InterpolationMode mode) {
  auto* const layer = n->addResize(n.input({1, 2, 3, 4}));
  layer->setResizeMode(mode);
  layer->setOutputDimensions(dims(to));
  return layer;
}

ILayer* pooling(Net& n, int64_t pad, bool exclusive) {
  auto* const layer = n->addPoolingNd(n.input({1, 2, 6, 6}), PoolingType::kAVERAGE, dims({2, 2}));
  layer->setPaddingNd(dims({pad, pad}));
  layer->setAverageCountExcludesPadding(exclusive);
  return layer;
}

ILayer* normalization(Net& n, ITensor& x, ITensor& scale, ITensor& bias) {
#if NV_TENSORRT_MAJOR >= 11
  return n->addNormalizationV2(x, scale, bias, 1u << 1);
#else
  return n->addNormalization(x, scale, bias, 1u << 1);
#endif
}

ILayer* quantized(Net& n, ITensor& x, ITensor& scale, int32_t axis, DataType type = i8) {
  auto* const layer = n->addQuantize(x, scale, type);
  layer->setAxis(axis);
  auto* const back = n->addDequantize(*layer->getOutput(0), *layer->getInput(1), f32);
  back->setAxis(axis);
  return back;
}

ITensor& scales(Net& n, float last) { return n.constant<float>(f32, {3}, {1, 2, last}); }
ITensor& matrix(Net& n) { return *n->addConstant(dims({2, 3}), n.zeros(6))->getOutput(0); }

using Case = std::pair<const char*, std::function<ILayer*(Net&)>>;

const Case cases[] = {
    {"sum", [](Net& n) { return sum(n, n.input({2, 3}), n.input({2, 1})); }},
    {"sum of types", [](Net& n) { return sum(n, n.input({2, 3}), n.input({2, 3}, f16)); }},
    {"sum of ranks", [](Net& n) { return sum(n, n.input({2, 3}), n.input({3})); }},
    {"sum of extents", [](Net& n) { return sum(n, n.input({2, 3}), n.input({2, 2})); }},
    {"sum of truth", [](Net& n) { return sum(n, n.input({2}, truth), n.input({2}, truth)); }},
    {"and",
     [](Net& n) { return n->addElementWise(n.input({2}, truth), n.input({2}, truth), ElementWiseOperation::kAND); }},
    {"and of numbers",
     [](Net& n) { return n->addElementWise(n.input({2}), n.input({2}), ElementWiseOperation::kAND); }},
    {"relu of integers", [](Net& n) { return n->addActivation(n.input({2}, i32), ActivationType::kRELU); }},
    {"sigmoid of integers", [](Net& n) { return n->addActivation(n.input({2}, i32), ActivationType::kSIGMOID); }},
    {"abs of integers", [](Net& n) { return n->addUnary(n.input({2}, i64), UnaryOperation::kABS); }},
    {"exp of integers", [](Net& n) { return n->addUnary(n.input({2}, i64), UnaryOperation::kEXP); }},
    {"not of numbers", [](Net& n) { return n->addUnary(n.input({2}), UnaryOperation::kNOT); }},
    {"cast of bytes", [](Net& n) { return n->addCast(n.input({2}, u8), f32); }},
    {"cast of bytes to integers", [](Net& n) { return n->addCast(n.input({2}, u8), i32); }},
    {"bytes inside", [](Net& n) { return n->addCast(*n->addCast(n.input({2}), u8)->getOutput(0), f32); }},
    {"sum of bytes", [](Net& n) { return sum(n, n.input({2}, u8), n.input({2}, u8)); }},
    {"concatenation", [](Net& n) { return concatenation(n, n.input({2, 3}), n.input({2, 4}), 1); }},
    {"concatenation of types", [](Net& n) { return concatenation(n, n.input({2, 3}), n.input({2, 3}, i32), 1); }},
    {"concatenation of extents", [](Net& n) { return concatenation(n, n.input({2, 3}), n.input({3, 3}), 1); }},
    {"concatenation axis", [](Net& n) { return concatenation(n, n.input({2, 3}), n.input({2, 3}), 2); }},
    {"constant", [](Net& n) { return n->addConstant(dims({2, 3}), n.zeros(6)); }},
    {"constant count", [](Net& n) { return n->addConstant(dims({2, 3}), n.zeros(5)); }},
    {"constant of truth", [](Net& n) { return n->addConstant(dims({2}), n.zeros(2, truth)); }},
    {"empty constant", [](Net& n) { return n->addConstant(dims({0}), n.zeros(0)); }},
    {"int8 constant elsewhere",
     [](Net& n) {
       auto& c = *n->addConstant(dims({2}), n.zeros(2, i8))->getOutput(0);
       return n->addActivation(c, ActivationType::kRELU);
     }},
    {"convolution", [](Net& n) { return convolution(n, {1, 4, 8, 8}, 6, n.zeros(6 * 4 * 9), n.zeros(6)); }},
    {"convolution count", [](Net& n) { return convolution(n, {1, 4, 8, 8}, 6, n.zeros(6 * 4 * 9 - 1)); }},
    {"convolution type", [](Net& n) { return convolution(n, {1, 4, 8, 8}, 6, n.zeros(6 * 4 * 9, f16)); }},
    {"convolution bias type",
     [](Net& n) { return convolution(n, {1, 4, 8, 8}, 6, n.zeros(6 * 4 * 9, f16), n.zeros(6), 1, f16); }},
    {"convolution bias count",
     [](Net& n) { return convolution(n, {1, 4, 8, 8}, 6, n.zeros(6 * 4 * 9), n.zeros(5)); }},
    {"convolution groups", [](Net& n) { return convolution(n, {1, 4, 8, 8}, 6, n.zeros(6 * 2 * 9), n.zeros(6), 2); }},
    {"convolution wrong groups",
     [](Net& n) { return convolution(n, {1, 4, 8, 8}, 6, n.zeros(6 * 9), n.zeros(6), 4); }},
    {"convolution rank", [](Net& n) { return convolution(n, {4, 8, 8}, 6, n.zeros(6 * 4 * 9)); }},
    {"convolution too small", [](Net& n) { return convolution(n, {1, 4, 2, 8}, 6, n.zeros(6 * 4 * 9)); }},
    {"convolution without kernel", [](Net& n) { return convolution(n, {1, 4, 8, 8}, 6, {f32, nullptr, 0}); }},
    {"convolution of unknown channels", [](Net& n) { return convolution(n, {1, -1, 8, 8}, 6, n.zeros(6 * 4 * 9)); }},
    {"convolution of one axis",
     [](Net& n) {
       return n->addConvolutionNd(n.input({1, 4, 8}), 6, dims({3}), n.zeros(6 * 4 * 3), {f32, nullptr, 0});
     }},
    {"kernel as input",
     [](Net& n) {
       ILayer* const layer = convolution(n, {1, 4, 8, 8}, 6, {f32, nullptr, 0});
       layer->setInput(1, n.input({6, 4, 3, 3}));
       return layer;
     }},
    {"kernel as input of another shape",
     [](Net& n) {
       ILayer* const layer = convolution(n, {1, 4, 8, 8}, 6, {f32, nullptr, 0});
       layer->setInput(1, n.input({4, 6, 3, 3}));
       return layer;
     }},
    {"deconvolution",
     [](Net& n) {
       return n->addDeconvolutionNd(n.input({1, 4, 8, 8}), 6, dims({2, 2}), n.zeros(4 * 6 * 4), {f32, nullptr, 0});
     }},
    {"deconvolution count",
     [](Net& n) {
       return n->addDeconvolutionNd(n.input({1, 4, 8, 8}), 6, dims({2, 2}), n.zeros(4 * 5 * 4), {f32, nullptr, 0});
     }},
    {"gather", [](Net& n) { return n->addGather(n.input({4, 5}), n.input({3}, i32), 1); }},
    {"gather by floats", [](Net& n) { return n->addGather(n.input({4, 5}), n.input({3}), 1); }},
    {"gather axis", [](Net& n) { return n->addGather(n.input({4, 5}), n.input({3}, i32), 2); }},
    {"gather nd", [](Net& n) { return n->addGatherV2(n.input({4, 5}), n.input({3, 2}, i32), GatherMode::kND); }},
    {"gather nd too deep",
     [](Net& n) { return n->addGatherV2(n.input({4, 5}), n.input({3, 3}, i32), GatherMode::kND); }},
    {"lrn", [](Net& n) { return n->addLRN(n.input({1, 8, 4, 4}), 5, 1e-4f, 0.75f, 1); }},
    {"lrn of an even window", [](Net& n) { return n->addLRN(n.input({1, 8, 4, 4}), 4, 1e-4f, 0.75f, 1); }},
    {"lrn of a wide window", [](Net& n) { return n->addLRN(n.input({1, 8, 4, 4}), 17, 1e-4f, 0.75f, 1); }},
    {"product",
     [](Net& n) {
       return n->addMatrixMultiply(n.input({1, 2, 3}), MatrixOperation::kNONE, n.input({5, 4, 3}),
                                   MatrixOperation::kTRANSPOSE);
     }},
    {"product of ranks",
     [](Net& n) {
       return n->addMatrixMultiply(n.input({2, 3}), MatrixOperation::kNONE, n.input({5, 3, 4}),
                                   MatrixOperation::kNONE);
     }},
    {"product of extents",
     [](Net& n) {
       return n->addMatrixMultiply(n.input({2, 3}), MatrixOperation::kNONE, n.input({4, 3}), MatrixOperation::kNONE);
     }},
    {"product of integers",
     [](Net& n) {
       return n->addMatrixMultiply(n.input({2, 3}, i32), MatrixOperation::kNONE, n.input({3, 4}, i32),
                                   MatrixOperation::kNONE);
     }},
    {"normalization", [](Net& n) { return normalization(n, n.input({2, 3}), n.input({1, 3}), n.input({1, 3})); }},
    {"normalization of types",
     [](Net& n) { return normalization(n, n.input({2, 3}), n.input({1, 3}, f16), n.input({1, 3}, f16)); }},
    {"normalization of shapes",
     [](Net& n) { return normalization(n, n.input({2, 3}), n.input({1, 3}), n.input({1, 1})); }},
    {"one hot",
     [](Net& n) { return n->addOneHot(n.input({3}, i32), n.input({2}), n.constant<int32_t>(i32, {}, {5}), -1); }},
    {"one hot of unknown depth",
     [](Net& n) { return n->addOneHot(n.input({3}, i32), n.input({2}), n.input({}, i32), -1); }},
    {"slopes", [](Net& n) { return n->addParametricReLU(n.input({1, 3, 4, 4}), n.input({1, 3, 1, 1})); }},
    {"slopes that are larger",
     [](Net& n) { return n->addParametricReLU(n.input({1, 3, 4, 4}), n.input({2, 3, 1, 1})); }},
    {"average", [](Net& n) { return pooling(n, 1, true); }},
    {"average of padding", [](Net& n) { return pooling(n, 2, true); }},
    {"average with padding", [](Net& n) { return pooling(n, 2, false); }},
    {"reduce", [](Net& n) { return n->addReduce(n.input({2, 3}), ReduceOperation::kSUM, 1, true); }},
    {"reduce nothing", [](Net& n) { return n->addReduce(n.input({2, 3}), ReduceOperation::kSUM, 0, true); }},
    {"reduce beyond", [](Net& n) { return n->addReduce(n.input({2, 3}), ReduceOperation::kSUM, 4, true); }},
    {"reduce truth", [](Net& n) { return n->addReduce(n.input({2, 3}, truth), ReduceOperation::kSUM, 1, true); }},
    {"resize", [](Net& n) { return resize(n, {1, 2, 6, 8}, InterpolationMode::kLINEAR); }},
    {"linear resize of four axes", [](Net& n) { return resize(n, {2, 4, 6, 8}, InterpolationMode::kLINEAR); }},
    {"nearest resize of four axes", [](Net& n) { return resize(n, {2, 4, 6, 8}, InterpolationMode::kNEAREST); }},
    {"resize rank", [](Net& n) { return resize(n, {2, 6, 8}, InterpolationMode::kLINEAR); }},
    {"resize without size", [](Net& n) { return n->addResize(n.input({1, 2, 3, 4})); }},
    {"scatter",
     [](Net& n) { return n->addScatter(n.input({4, 5}), n.input({3, 1}, i32), n.input({3, 5}), ScatterMode::kND); }},
    {"scatter of types",
     [](Net& n) {
       return n->addScatter(n.input({4, 5}), n.input({3, 1}, i32), n.input({3, 5}, f16), ScatterMode::kND);
     }},
    {"scatter of shapes",
     [](Net& n) { return n->addScatter(n.input({4, 5}), n.input({3, 1}, i32), n.input({3, 4}), ScatterMode::kND); }},
    {"select", [](Net& n) { return n->addSelect(n.input({2, 1}, truth), n.input({2, 3}), n.input({1, 3})); }},
    {"select by numbers", [](Net& n) { return n->addSelect(n.input({2, 1}), n.input({2, 3}), n.input({1, 3})); }},
    {"reshape", [](Net& n) { return reshape(n, {2, 3, 4}, {-1, 3}); }},
    {"reshape to another volume", [](Net& n) { return reshape(n, {2, 3, 4}, {5, 5}); }},
    {"reshape twice open", [](Net& n) { return reshape(n, {2, 3, 4}, {-1, -1}); }},
    {"reshape that keeps an axis", [](Net& n) { return reshape(n, {2, 3, 4}, {0, 12}, true); }},
    {"reshape to nothing", [](Net& n) { return reshape(n, {2, 3, 4}, {0, 12}); }},
    {"transpose twice one axis",
     [](Net& n) {
       auto* const layer = n->addShuffle(n.input({2, 3}));
       layer->setFirstTranspose({{0, 0}});
       return layer;
     }},
    {"slice", [](Net& n) { return slice(n, 2, 6, SampleMode::kSTRICT_BOUNDS); }},
    {"slice beyond", [](Net& n) { return slice(n, 2, 7, SampleMode::kSTRICT_BOUNDS); }},
    {"slice before", [](Net& n) { return slice(n, -1, 3, SampleMode::kSTRICT_BOUNDS); }},
    {"slice that fills", [](Net& n) { return slice(n, -1, 11, SampleMode::kFILL); }},
    {"slice that fills with another type",
     [](Net& n) {
       ILayer* const layer = slice(n, -1, 11, SampleMode::kFILL);
       layer->setInput(4, n.input({}, f16));
       return layer;
     }},
    {"softmax", [](Net& n) { return n->addSoftMax(n.input({2, 3})); }},
    {"softmax of two axes",
     [](Net& n) {
       auto* const layer = n->addSoftMax(n.input({2, 3}));
       layer->setAxes(3);
       return layer;
     }},
    {"top k", [](Net& n) { return n->addTopK(n.input({2, 4000}), TopKOperation::kMAX, 3840, 2, i32); }},
    {"top k too large", [](Net& n) { return n->addTopK(n.input({2, 4000}), TopKOperation::kMAX, 3841, 2, i32); }},
    {"top k of fewer", [](Net& n) { return n->addTopK(n.input({2, 4}), TopKOperation::kMAX, 5, 2, i32); }},
    {"cumulative",
     [](Net& n) {
       return n->addCumulative(n.input({2, 3}), n.constant<int64_t>(i64, {}, {-1}), CumulativeOperation::kSUM, false,
                               false);
     }},
    {"cumulative along a vector",
     [](Net& n) {
       return n->addCumulative(n.input({2, 3}), n.constant<int64_t>(i64, {1}, {1}), CumulativeOperation::kSUM, false,
                               false);
     }},
    {"reversal", [](Net& n) { return n->addReverseSequence(n.input({3, 2}), n.input({2}, i32)); }},
    {"reversal of other lengths", [](Net& n) { return n->addReverseSequence(n.input({3, 2}), n.input({3}, i32)); }},
    {"quantize", [](Net& n) { return quantized(n, n.input({2, 3}), n.input({}), -1); }},
    {"quantize channels", [](Net& n) { return quantized(n, matrix(n), scales(n, 3), 1); }},
    {"quantize other channels", [](Net& n) { return quantized(n, matrix(n), scales(n, 3), 0); }},
    {"quantize channels of an input", [](Net& n) { return quantized(n, n.input({2, 3}), scales(n, 3), 1); }},
    {"quantize by nothing", [](Net& n) { return quantized(n, matrix(n), scales(n, 0), 1); }},
    {"quantize to integers", [](Net& n) { return quantized(n, n.input({2, 3}), n.input({}), -1, i32); }},
    {"quantize a scalar", [](Net& n) { return quantized(n, n.input({}), n.input({}), -1); }},
    {"unknown batch", [](Net& n) { return sum(n, n.input({-1, 3}), n.input({-1, 1})); }},
};

}  // namespace

int main() {
  for (const auto& [name, add] : cases) {
    Net n;
    ILayer* const layer = add(n);
    bool built = false;
    if (layer != nullptr) {
      layer->setName("the layer");
      n->markOutput(*layer->getOutput(0));
      if (std::string(name) == "unknown batch") n.logger.errors = "";
      built = n.build() != nullptr;
    }
    std::printf("%s\t%s\t%s\n", name, built ? "built" : "refused", n.logger.errors.c_str());
  }
}

// A plugin that prints what it is asked, through a build, an engine and two runs of other extents.
//
// Arguments, each on its own: "overrun" makes it write outside of its workspace, "f16" has it refuse its input, and
// "shapes", "types", "configure", "fields", "enqueue" have that call fail.
#include <cstring>
#include <string>

#include "net.hpp"

using namespace nvinfer1;

namespace {

std::string fault;

// Doubles the first axis: [n, k] to [2 n, k]. It counts the elements of its largest input in its workspace.
struct Twice : IPluginV3, IPluginV3OneCore, IPluginV3OneBuild, IPluginV3OneRuntime {
  explicit Twice(int32_t f, const char* why) : factor(f) { std::printf("made %s\n", why); }
  ~Twice() override { std::printf("gone\n"); }
  int32_t factor;
  PluginField field{};
  PluginFieldCollection collection{};

  IPluginCapability* getCapabilityInterface(PluginCapabilityType type) noexcept override {
    if (type == PluginCapabilityType::kCORE) return static_cast<IPluginV3OneCore*>(this);
    if (type == PluginCapabilityType::kBUILD) return static_cast<IPluginV3OneBuild*>(this);
    return static_cast<IPluginV3OneRuntime*>(this);
  }
  IPluginV3* clone() noexcept override { return new Twice(factor, "by clone"); }
  const char* getPluginName() const noexcept override { return "Twice"; }
  const char* getPluginVersion() const noexcept override { return "1"; }
  const char* getPluginNamespace() const noexcept override { return "test"; }
  int32_t getNbOutputs() const noexcept override { return 1; }
  int32_t getOutputDataTypes(DataType* out, int32_t, const DataType* in, int32_t) const noexcept override {
    out[0] = in[0];
    return fault == "types";
  }
  int32_t getOutputShapes(const DimsExprs* in, int32_t, const DimsExprs*, int32_t, DimsExprs* out, int32_t,
                          IExprBuilder& builder) noexcept override {
    out[0] = in[0];
    const IDimensionExpr* const two = builder.constant(2);
    out[0].d[0] = builder.operation(DimensionOperation::kPROD, *in[0].d[0], *two);
    std::printf("shapes: batch is %s, columns are %lld\n", in[0].d[0]->isConstant() ? "known" : "open",
                static_cast<long long>(in[0].d[1]->getConstantValue()));
    return fault == "shapes";
  }
  bool supportsFormatCombination(int32_t at, const DynamicPluginTensorDesc* all, int32_t n,
                                 int32_t m) noexcept override {
    for (int32_t later = at + 1; later < n + m; ++later)
      if (static_cast<int32_t>(all[later].desc.type) >= 0) std::printf("position %d is known too early\n", later);
    if (all[at].desc.format != TensorFormat::kLINEAR) return false;
    return all[at].desc.type == (fault == "f16" ? DataType::kHALF : DataType::kFLOAT);
  }
  int32_t configurePlugin(const DynamicPluginTensorDesc* in, int32_t, const DynamicPluginTensorDesc* out,
                          int32_t) noexcept override {
    std::printf("configured for %lld to %lld, usually %lld; results up to %lld\n",
                static_cast<long long>(in[0].min.d[0]), static_cast<long long>(in[0].max.d[0]),
                static_cast<long long>(in[0].opt.d[0]), static_cast<long long>(out[0].max.d[0]));
    return fault == "configure";
  }
  size_t getWorkspaceSize(const DynamicPluginTensorDesc* in, int32_t, const DynamicPluginTensorDesc*,
                          int32_t) const noexcept override {
    return static_cast<size_t>(in[0].max.d[0] * in[0].max.d[1]);
  }
  int32_t onShapeChange(const PluginTensorDesc* in, int32_t, const PluginTensorDesc* out, int32_t) noexcept override {
    std::printf("shape change: %lld to %lld\n", static_cast<long long>(in[0].dims.d[0]),
                static_cast<long long>(out[0].dims.d[0]));
    return 0;
  }
  int32_t enqueue(const PluginTensorDesc* in, const PluginTensorDesc*, const void* const* inputs,
                  void* const* outputs, void* workspace, cudaStream_t stream) noexcept override {
    const size_t count = static_cast<size_t>(in[0].dims.d[0] * in[0].dims.d[1]);
    std::printf("enqueued for %zu elements\n", count);
    cudaMemsetAsync(workspace, 1, count + (fault == "overrun" ? 1 : 0), stream);
    for (size_t i = 0; i < 2; ++i)
      cudaMemcpyAsync(static_cast<float*>(outputs[0]) + i * count, inputs[0], count * 4, cudaMemcpyDeviceToDevice,
                      stream);
    return fault == "enqueue";
  }
  IPluginV3* attachToContext(IPluginResourceContext* context) noexcept override {
    return context == nullptr ? nullptr : new Twice(factor, "for a context");
  }
  const PluginFieldCollection* getFieldsToSerialize() noexcept override {
    field = PluginField("factor", &factor, PluginFieldType::kINT32, 1);
    collection = {1, &field};
    return fault == "fields" ? nullptr : &collection;
  }
};

struct Creator : IPluginCreatorV3One {
  PluginFieldCollection none{};
  IPluginV3* createPlugin(const char* name, const PluginFieldCollection* fields,
                          TensorRTPhase phase) noexcept override {
    std::printf("layer %s: %s, %s is %d\n", name, phase == TensorRTPhase::kBUILD ? "build" : "runtime",
                fields->fields[0].name, *static_cast<const int32_t*>(fields->fields[0].data));
    return new Twice(*static_cast<const int32_t*>(fields->fields[0].data), "by its creator");
  }
  const PluginFieldCollection* getFieldNames() noexcept override { return &none; }
  const char* getPluginName() const noexcept override { return "Twice"; }
  const char* getPluginVersion() const noexcept override { return "1"; }
  const char* getPluginNamespace() const noexcept override { return "test"; }
};

bool fail(const Logger& logger) {
  std::printf("error: %s\n", logger.errors.c_str());
  return false;
}

bool run(Creator& creator) {
  Net n;
  ITensor& x = n.input({-1, 3});
  const int32_t seven = 7;
  const PluginField field("factor", &seven, PluginFieldType::kINT32, 1);
  const PluginFieldCollection fields{1, &field};
  ITensor* const inputs[] = {&x};
  {
    const std::unique_ptr<IPluginV3> plugin(creator.createPlugin("double", &fields, TensorRTPhase::kBUILD));
    ILayer* const layer = n->addPluginV3(inputs, 1, nullptr, 0, *plugin);
    layer->setName("double");
    layer->getOutput(0)->setName("y");
    n->markOutput(*layer->getOutput(0));
  }
  IOptimizationProfile* const profile = n.builder->createOptimizationProfile();
  profile->setDimensions("x0", OptProfileSelector::kMIN, dims({1, 3}));
  profile->setDimensions("x0", OptProfileSelector::kOPT, dims({2, 3}));
  profile->setDimensions("x0", OptProfileSelector::kMAX, dims({4, 3}));
  n.config->addOptimizationProfile(profile);
  const auto plan = n.build();
  if (plan == nullptr) return fail(n.logger);

  Logger logger;
  const std::unique_ptr<IRuntime> runtime(createInferRuntime(logger));
  if (runtime->deserializeCudaEngine(plan->data(), plan->size()) != nullptr) return false;
  std::printf("without its creator: %s\n", logger.errors.c_str());
  runtime->getPluginRegistry().registerCreator(creator, "test");
  const std::unique_ptr<ICudaEngine> engine(runtime->deserializeCudaEngine(plan->data(), plan->size()));
  const std::unique_ptr<IExecutionContext> context(engine->createExecutionContext());
  cudaStream_t stream;
  cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking);
  logger.errors.clear();
  for (const int64_t rows : {4, 1}) {
    std::vector<float> in(static_cast<size_t>(rows * 3)), out(in.size() * 2);
    for (size_t i = 0; i < in.size(); ++i) in[i] = static_cast<float>(i);
    context->setInputShape("x0", dims({rows, 3}));
    context->setTensorAddress("x0", in.data());
    context->setTensorAddress("y", out.data());
    if (!context->enqueueV3(stream)) return fail(logger);
    cudaStreamSynchronize(stream);
    std::printf("the last elements are %g and %g\n", static_cast<double>(out[in.size() - 1]),
                static_cast<double>(out.back()));
  }
  cudaStreamDestroy(stream);
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  std::setvbuf(stdout, nullptr, _IONBF, 0);
  if (argc > 1) fault = argv[1];
  Creator creator;
  const bool good = run(creator);
  std::printf("%s\n", good ? "done" : "failed");
}

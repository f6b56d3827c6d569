// Builds one network (y = relu(x) + 1 with a batch of 1 to 4) and uses its engine in the way that the argument names;
// prints what there was to see.
#include <cstring>
#include <functional>
#include <map>

#include "net.hpp"

using namespace nvinfer1;

namespace {

struct Monitor : IProgressMonitor {
  int allowed;
  int steps = 0;
  explicit Monitor(int a) : allowed(a) {}
  void phaseStart(const char* phase, const char*, int32_t n) noexcept override {
    std::printf("phase %s of %d steps\n", phase, n);
  }
  bool stepComplete(const char*, int32_t) noexcept override { return ++steps <= allowed; }
  void phaseFinish(const char*) noexcept override { std::printf("finished after %d\n", steps); }
};

struct Profiler : IProfiler {
  void reportLayerTime(const char* layer, float ms) noexcept override {
    std::printf("%s took %s\n", layer, ms >= 0 ? "its time" : "nothing");
  }
};

struct Listener : IDebugListener {
  std::vector<float> seen;
  bool processDebugTensor(const void* data, TensorLocation, DataType, const Dims& shape, const char* name,
                          cudaStream_t stream) override {
    seen.resize(static_cast<size_t>(shape.d[0] * shape.d[1]));
    cudaMemcpyAsync(seen.data(), data, seen.size() * 4, cudaMemcpyDeviceToHost, stream);
    std::printf("seen %s of %lld rows\n", name, static_cast<long long>(shape.d[0]));
    return true;
  }
};

struct Built {
  Net n;
  std::unique_ptr<IHostMemory> plan;
  std::unique_ptr<IRuntime> runtime;
  std::unique_ptr<ICudaEngine> engine;
  std::unique_ptr<IExecutionContext> context;
  cudaStream_t stream = nullptr;
  std::vector<float> in, out;

  void define(bool debug = false) {
    ITensor& x = n.input({-1, 2});
    ILayer* const relu = n->addActivation(x, ActivationType::kRELU);
    relu->setName("relu");
    relu->getOutput(0)->setName("positive");
    if (debug) n->markDebug(*relu->getOutput(0));
    ITensor& one = n.constant<float>(DataType::kFLOAT, {1, 1}, {1.0f});
    ILayer* const sum = n->addElementWise(*relu->getOutput(0), one, ElementWiseOperation::kSUM);
    sum->setName("sum");
    sum->getOutput(0)->setName("y");
    n->markOutput(*sum->getOutput(0));
  }
  void add_profile() {
    IOptimizationProfile* const profile = n.builder->createOptimizationProfile();
    profile->setDimensions("x0", OptProfileSelector::kMIN, dims({1, 2}));
    profile->setDimensions("x0", OptProfileSelector::kOPT, dims({2, 2}));
    profile->setDimensions("x0", OptProfileSelector::kMAX, dims({4, 2}));
    n.config->addOptimizationProfile(profile);
  }
  bool build() {
    n.config->setProfilingVerbosity(ProfilingVerbosity::kDETAILED);
    plan = n.build();
    return plan != nullptr;
  }
  bool load(const void* data, size_t size) {
    runtime.reset(createInferRuntime(n.logger));
    engine.reset(runtime == nullptr ? nullptr : runtime->deserializeCudaEngine(data, size));
    context.reset(engine == nullptr ? nullptr : engine->createExecutionContext());
    cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking);
    return context != nullptr;
  }
  void bind(int64_t rows) {
    in.assign(static_cast<size_t>(rows * 2), -1);
    in.back() = 5;
    out.assign(in.size(), -77);
    context->setInputShape("x0", dims({rows, 2}));
    context->setTensorAddress("x0", in.data());
    context->setTensorAddress("y", out.data());
  }
  bool run() { return context->enqueueV3(stream); }
  void show() {
    cudaStreamSynchronize(stream);
    for (const float y : out) std::printf("%g ", static_cast<double>(y));
    std::printf("\n");
  }
  void errors() {
    std::printf("error: %s\n", n.logger.errors.c_str());
    n.logger.errors.clear();
  }
};

// With its engine, context and stream.
struct Ready : Built {
  explicit Ready(bool debug = false) {
    define(debug);
    add_profile();
    if (!build() || !load(plan->data(), plan->size())) errors();
  }
};

const std::map<std::string, std::function<void()>> uses{
    {"runs",
     [] {
       Ready b;
       for (const int64_t rows : {1, 3}) {
         b.bind(rows);
         b.run();
         b.show();
       }
     }},
    {"tries",
     [] {
       Built b;
       b.define();
       b.add_profile();
       bool good = b.build() && b.load(b.plan->data(), b.plan->size());
       if (good) {
         b.bind(1);
         good = b.run();
       }
       b.errors();
       if (good) b.show();
     }},
    {"late",
     [] {  // work waits for its stream
       Ready b;
       b.bind(1);
       b.run();
       std::printf("before: %g\n", static_cast<double>(b.out[1]));
       b.show();
     }},
    {"graph",
     [] {
       Ready b;
       b.bind(2);
       cudaStreamBeginCapture(b.stream, cudaStreamCaptureModeThreadLocal);
       b.run();
       cudaGraph_t graph;
       cudaStreamEndCapture(b.stream, &graph);
       cudaGraphExec_t made;
       cudaGraphInstantiate(&made, graph, 0);
       b.show();
       for (const float last : {8.0f, 9.0f}) {
         b.in.back() = last;
         cudaGraphLaunch(made, b.stream);
         b.show();
       }
       cudaGraphExecDestroy(made);
       cudaGraphDestroy(graph);
     }},
    {"beyond the profile",
     [] {
       Ready b;
       std::printf("%d\n", b.context->setInputShape("x0", dims({5, 2})));
       b.errors();
     }},
    {"no shape",
     [] {
       Ready b;
       float memory[8];
       b.context->setTensorAddress("x0", memory);
       b.context->setTensorAddress("y", memory);
       std::printf("%d\n", b.run());
       b.errors();
     }},
    {"no address",
     [] {
       Ready b;
       b.bind(1);
       b.context->setTensorAddress("y", nullptr);
       std::printf("%d\n", b.run());
       b.errors();
     }},
    {"no such tensor",
     [] {
       Ready b;
       std::printf("%d\n", b.context->setTensorAddress("z", nullptr));
       b.errors();
     }},
    {"no profile",
     [] {
       Built b;
       b.define();
       std::printf("%d\n", b.build());
       b.errors();
     }},
    {"damaged",
     [] {
       Built b;
       b.define();
       b.add_profile();
       b.build();
       auto* const bytes = static_cast<char*>(b.plan->data());
       for (const size_t size : {size_t{10}, b.plan->size() - 1}) {
         std::printf("%d\n", b.load(bytes, size));
         b.errors();
       }
       bytes[b.plan->size() - 5] ^= 1;
       std::printf("%d\n", b.load(bytes, b.plan->size()));
       b.errors();
       bytes[b.plan->size() - 5] ^= 1;
       bytes[8] ^= 1;  // of the version
       std::printf("%d\n", b.load(bytes, b.plan->size()));
       b.errors();
     }},
    {"monitor",
     [] {
       Built b;
       b.define();
       b.add_profile();
       Monitor patient(1000), hasty(1);
       b.n.config->setProgressMonitor(&patient);
       std::printf("%d\n", b.build());
       b.n.config->setProgressMonitor(&hasty);
       std::printf("%d\n", b.build());
       b.errors();
     }},
    {"profiler",
     [] {
       Ready b;
       Profiler profiler;
       b.context->setProfiler(&profiler);
       b.bind(1);
       b.run();
       b.show();
     }},
    {"debug",
     [] {
       Ready b(true);
       Listener listener;
       b.context->setDebugListener(&listener);
       b.bind(2);
       b.run();
       std::printf("%d %d\n", b.context->setTensorDebugState("positive", true),
                   b.context->setTensorDebugState("y", true));
       b.run();
       b.show();
       for (const float value : listener.seen) std::printf("%g ", static_cast<double>(value));
       std::printf("\n");
     }},
    {"inspector",
     [] {
       Ready b;
       const std::unique_ptr<IEngineInspector> inspector(b.engine->createEngineInspector());
       std::printf("%s\n", inspector->getEngineInformation(LayerInformationFormat::kJSON));
     }},
    {"timing cache",
     [] {
       Built b;
       b.define();
       b.add_profile();
       const std::unique_ptr<ITimingCache> cache(b.n.config->createTimingCache(nullptr, 0));
       b.n.config->setTimingCache(*cache, false);
       b.build();
       const std::unique_ptr<IHostMemory> bytes(cache->serialize());
       const std::unique_ptr<ITimingCache> again(b.n.config->createTimingCache(bytes->data(), bytes->size()));
       const std::unique_ptr<IHostMemory> same(again->serialize());
       std::printf("%d\n", bytes->size() > 30 && same->size() == bytes->size());
       std::printf("%d\n", b.n.config->createTimingCache("something else entirely", 23) != nullptr);
       b.errors();
     }},
    {"ports",
     [] {
       Ready b;
       for (int32_t i = 0; i < b.engine->getNbIOTensors(); ++i) {
         const char* const name = b.engine->getIOTensorName(i);
         const Dims shape = b.engine->getTensorShape(name);
         std::printf("%s %d %lld\n", name, static_cast<int>(b.engine->getTensorIOMode(name)),
                     static_cast<long long>(shape.d[0]));
       }
       b.bind(3);
       std::printf("%lld\n", static_cast<long long>(b.context->getTensorShape("y").d[0]));
     }},
};

}  // namespace

int main(int, char** argv) { uses.at(argv[1])(); }

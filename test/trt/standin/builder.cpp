// The builder: options, profiles, and plans of networks.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <set>

#include "elements.hpp"
#include "engine.hpp"
#include "network.hpp"

namespace standin {

bool failure_wanted(const char* kind) {
  const char* const wanted = std::getenv("ARHAT_TRT_FAIL");
  const std::string all = std::string(",") + (wanted ? wanted : "") + ",";
  return all.find("," + std::string(kind) + ",") != std::string::npos;
}

namespace {

using nvinfer1::ILogger;

struct OptimizationProfile final : nvinfer1::IOptimizationProfile {
  Profile profile;
};

// What a builder "measures" is nothing: its timing cache holds the names of the layers that were built with it.
struct TimingCache final : nvinfer1::ITimingCache {
  static constexpr char mark[] = "stand-in timing cache\n";
  std::set<std::string> entries;
};

struct Config final : nvinfer1::IBuilderConfig {
  nvinfer1::ILogger* logger = nullptr;
  int32_t average = 1, level = 3, aux_streams = -1, max_tactics = -1;
  nvinfer1::BuilderFlags flags = 1u << static_cast<int>(nvinfer1::BuilderFlag::kTF32);
  nvinfer1::ProfilingVerbosity verbosity = nvinfer1::ProfilingVerbosity::kLAYER_NAMES_ONLY;
  nvinfer1::HardwareCompatibilityLevel compatibility = nvinfer1::HardwareCompatibilityLevel::kNONE;
  nvinfer1::TilingOptimizationLevel tiling = nvinfer1::TilingOptimizationLevel::kNONE;
  std::map<nvinfer1::MemoryPoolType, size_t> pools{{nvinfer1::MemoryPoolType::kWORKSPACE, size_t{1} << 40}};
  std::vector<Profile> profiles;
  const TimingCache* cache = nullptr;
  nvinfer1::IProgressMonitor* monitor = nullptr;
  cudaStream_t stream = nullptr;
};

struct Builder final : nvinfer1::IBuilder {
  nvinfer1::ILogger* logger = nullptr;
  nvinfer1::IErrorRecorder* recorder = nullptr;
  int32_t threads = 1;
  std::shared_ptr<nvinfer1::IPluginRegistry> registry = local_registry();
  std::vector<std::unique_ptr<OptimizationProfile>> profiles;
};

// Tells a monitor of a phase; a step that it refuses ends the build.
class Phase {
 public:
  Phase(nvinfer1::IProgressMonitor* monitor, const char* name, const char* parent, size_t steps)
      : monitor_(monitor), name_(name) {
    if (monitor_) monitor_->phaseStart(name, parent, static_cast<int32_t>(steps));
  }
  ~Phase() {
    if (monitor_) monitor_->phaseFinish(name_);
  }
  void step(size_t number) {
    if (monitor_ && !monitor_->stepComplete(name_, static_cast<int32_t>(number)))
      refuse("the build was cancelled by its monitor");
  }

 private:
  nvinfer1::IProgressMonitor* monitor_;
  const char* name_;
};

void check_names(const Network& n) {
  std::set<std::string> names;
  for (const std::vector<int32_t>* ids : {&n.inputs, &n.outputs})
    for (const int32_t id : *ids) {
      const std::string& name = n.values[static_cast<size_t>(id)].name;
      require(!name.empty() && names.insert(name).second, "inputs and outputs need different names: " + name);
    }
  for (const Value& value : n.values)
    if (value.debug && !value.output && !value.input)
      require(names.insert(value.name).second, "debug tensors need different names: " + value.name);
}

// Types that only some layers and places take.
void check_types(const Network& n) {
  std::set<int32_t> quantized;
  for (const auto& layer : n.layers) {
    const Operation& op = layer->operation;
    if (op.kind == "Constant" && op.weights.at("weights").type == DataType::kINT8) quantized.insert(op.outputs[0]);
    for (const int32_t id : op.outputs) {
      const Value& value = n.values[static_cast<size_t>(id)];
      require(value.desc.type != DataType::kUINT8 || value.output,
              op.name + ": a tensor of UInt8 is an input or output of the network");
    }
    for (const int32_t id : op.inputs)
      require(quantized.count(id) == 0 || op.kind == "Dequantize" || op.kind == "PluginV3",
              op.name + ": a constant of Int8 is used by something else than a dequantize layer or a plugin");
  }
}

// Of layers that quantize: scales are positive, and there is one for each channel of constants only.
void check_scales(const Network& n) {
  std::map<int32_t, const Operation*> made_by;
  for (const auto& layer : n.layers)
    for (const int32_t id : layer->operation.outputs) made_by[id] = &layer->operation;
  const auto root = [&](int32_t id) {
    static const std::set<std::string> through{"Cast", "Shuffle", "Identity", "Quantize", "Dequantize"};
    const Operation* op = made_by[id];
    while (op != nullptr && through.count(op->kind) != 0) op = made_by[op->inputs[0]];
    return op;
  };
  for (const auto& layer : n.layers) {
    const Operation& op = layer->operation;
    if (op.kind != "Quantize" && op.kind != "Dequantize") continue;
    const Operation *const x = root(op.inputs[0]), *const scale = made_by[op.inputs[1]];
    const Desc& scales = n.values[static_cast<size_t>(op.inputs[1])].desc;
    require(volume(scales.dims) == 1 || (x != nullptr && x->kind == "Constant"),
            op.name + ": only constants have a scale for each channel");
    if (scale == nullptr || scale->kind != "Constant") continue;
    const Floats values({&scales, const_cast<void*>(scale->weights.at("weights").values)});
    for (int64_t i = 0; i < volume(scales.dims); ++i)
      require(values[i] > 0, op.name + ": a scale is not positive");
  }
}

void check_profiles(const Network& n, std::vector<Profile>& profiles) {
  bool dynamic = false;
  for (const int32_t id : n.inputs) {
    const Value& input = n.values[static_cast<size_t>(id)];
    if (std::count(input.desc.dims.begin(), input.desc.dims.end(), wildcard) == 0) continue;
    dynamic = true;
    require(!profiles.empty(), "Network has dynamic or shape inputs, but no optimization profile has been defined");
    for (const Profile& profile : profiles)
      for (const auto& by : profile.by) {
        const auto found = by.find(input.name);
        require(found != by.end(), "optimization profile is missing values for " + input.name);
        require(found->second.size() == input.desc.dims.size(),
                "optimization profile has another rank for " + input.name);
        for (size_t i = 0; i < found->second.size(); ++i)
          require(input.desc.dims[i] == wildcard || input.desc.dims[i] == found->second[i],
                  "optimization profile changes a fixed extent of " + input.name);
      }
  }
  if (!dynamic) profiles.resize(std::max<size_t>(profiles.size(), 1));
}

// All values of a network for one set of extents of its inputs.
std::vector<Desc> at_shapes(const Network& n, const std::map<std::string, List>& extents) {
  std::vector<Desc> descs(n.values.size());
  for (const int32_t id : n.inputs) {
    const Value& input = n.values[static_cast<size_t>(id)];
    descs[static_cast<size_t>(id)] = input.desc;
    const auto found = extents.find(input.name);
    if (found != extents.end()) descs[static_cast<size_t>(id)].dims = found->second;
  }
  for (const auto& layer : n.layers) {
    const Operation& op = layer->operation;
    std::vector<const Desc*> inputs;
    for (const int32_t id : op.inputs) inputs.push_back(id < 0 ? nullptr : &descs[static_cast<size_t>(id)]);
    try {
      const std::vector<Desc> results = infer(op, inputs);
      for (size_t i = 0; i < results.size(); ++i) descs[static_cast<size_t>(op.outputs[i])] = results[i];
    } catch (const std::exception& error) {
      refuse(op.name + ": " + error.what());
    }
  }
  return descs;
}

Plan build(Network& n, const Config& config) {
  n.refresh();
  require(!n.outputs.empty(), "Network must have at least one output");
  for (const auto& layer : n.layers) {
    for (const int32_t id : layer->operation.outputs)
      require(n.valid(id), layer->operation.name + ": " + layer->operation.kind + " layer " +
                               (layer->said.empty() ? "has inputs without known dimensions" : layer->said));
  }
  check_names(n);
  check_types(n);
  check_scales(n);
  Plan plan;
  plan.profiles = config.profiles;
  check_profiles(n, plan.profiles);
  if (failure_wanted("build-oom")) refuse("Requested size was 17179869184 bytes");

  std::vector<Desc> at[3];
  for (size_t i = 0; i < 3; ++i) at[i] = at_shapes(n, plan.profiles[0].by[i]);
  Phase whole(config.monitor, "Building Engine", nullptr, n.layers.size());
  for (size_t number = 0; number < n.layers.size(); ++number) {
    Layer& layer = *n.layers[number];
    if (layer.plugin) {
      Operation& op = layer.operation;
      std::vector<Desc> tensors, all[3];
      for (const std::vector<int32_t>* ids : {&op.inputs, &op.outputs})
        for (const int32_t id : *ids) {
          tensors.push_back(n.values[static_cast<size_t>(id)].desc);
          for (size_t i = 0; i < 3; ++i) all[i].push_back(at[i][static_cast<size_t>(id)]);
        }
      try {
        build_plugin(*layer.plugin, op, op.inputs.size(), tensors, all);
      } catch (const std::exception& error) {
        refuse(op.name + ": " + error.what());
      }
      const auto pool = config.pools.find(nvinfer1::MemoryPoolType::kWORKSPACE);
      require(op.workspace <= pool->second, op.name + ": the plugin needs a workspace of " +
                                                std::to_string(op.workspace) +
                                                " bytes, more than the memory pool has");
    }
    whole.step(number);
  }
  plan.name = n.name.empty() ? "Unnamed Network 0" : n.name;
  plan.verbosity = static_cast<int32_t>(config.verbosity);
  plan.values = n.values;
  plan.inputs = n.inputs;
  plan.outputs = n.outputs;
  for (const auto& layer : n.layers) plan.operations.push_back(layer->operation);
  if (config.cache)
    for (const Operation& op : plan.operations)
      const_cast<TimingCache*>(config.cache)->entries.insert(op.kind + " " + op.name);
  return plan;
}

}  // namespace
}  // namespace standin

namespace nvinfer1 {

using standin::Builder;
using standin::Config;

namespace {
Config& of(IBuilderConfig* c) { return *static_cast<Config*>(c); }
const Config& of(const IBuilderConfig* c) { return *static_cast<const Config*>(c); }
Builder& of(IBuilder* b) { return *static_cast<Builder*>(b); }
const Builder& of(const IBuilder* b) { return *static_cast<const Builder*>(b); }
}  // namespace

void* IHostMemory::data() const noexcept {
  return const_cast<char*>(static_cast<const standin::HostMemory*>(this)->bytes.data());
}
std::size_t IHostMemory::size() const noexcept { return static_cast<const standin::HostMemory*>(this)->bytes.size(); }

bool IOptimizationProfile::setDimensions(char const* name, OptProfileSelector select, Dims const& dims) noexcept {
  static_cast<standin::OptimizationProfile*>(this)->profile.by[static_cast<size_t>(select)][name] =
      standin::list(dims);
  return true;
}
Dims IOptimizationProfile::getDimensions(char const* name, OptProfileSelector select) const noexcept {
  const auto& by = static_cast<const standin::OptimizationProfile*>(this)->profile.by[static_cast<size_t>(select)];
  const auto found = by.find(name);
  return found == by.end() ? Dims{-1, {}} : standin::dims(found->second);
}
bool IOptimizationProfile::isValid() const noexcept {
  const standin::Profile& p = static_cast<const standin::OptimizationProfile*>(this)->profile;
  for (const auto& [name, least] : p.by[0]) {
    const auto usual = p.by[1].find(name), most = p.by[2].find(name);
    if (usual == p.by[1].end() || most == p.by[2].end()) return false;
    if (least.size() != usual->second.size() || least.size() != most->second.size()) return false;
    for (size_t i = 0; i < least.size(); ++i)
      if (least[i] < 0 || least[i] > usual->second[i] || usual->second[i] > most->second[i]) return false;
  }
  return p.by[0].size() == p.by[1].size() && p.by[0].size() == p.by[2].size();
}

IHostMemory* ITimingCache::serialize() const noexcept {
  std::string text = standin::TimingCache::mark;
  for (const std::string& entry : static_cast<const standin::TimingCache*>(this)->entries) text += entry + '\0';
  return new standin::HostMemory({text.begin(), text.end()});
}
bool ITimingCache::combine(ITimingCache const& other, bool) noexcept {
  const auto& theirs = static_cast<const standin::TimingCache&>(other).entries;
  static_cast<standin::TimingCache*>(this)->entries.insert(theirs.begin(), theirs.end());
  return true;
}
bool ITimingCache::reset() noexcept {
  static_cast<standin::TimingCache*>(this)->entries.clear();
  return true;
}

void IBuilderConfig::setAvgTimingIterations(int32_t n) noexcept { of(this).average = n; }
int32_t IBuilderConfig::getAvgTimingIterations() const noexcept { return of(this).average; }
void IBuilderConfig::setFlags(BuilderFlags flags) noexcept { of(this).flags = flags; }
BuilderFlags IBuilderConfig::getFlags() const noexcept { return of(this).flags; }
void IBuilderConfig::clearFlag(BuilderFlag flag) noexcept { of(this).flags &= ~(1u << static_cast<int>(flag)); }
void IBuilderConfig::setFlag(BuilderFlag flag) noexcept { of(this).flags |= 1u << static_cast<int>(flag); }
bool IBuilderConfig::getFlag(BuilderFlag flag) const noexcept {
  return (of(this).flags >> static_cast<int>(flag) & 1) != 0;
}
void IBuilderConfig::reset() noexcept {
  Config fresh;
  Config& c = of(this);
  c.level = fresh.level;
  c.flags = fresh.flags;
  c.profiles.clear();
  c.cache = nullptr;
  c.monitor = nullptr;
}
void IBuilderConfig::setProfileStream(const cudaStream_t stream) noexcept { of(this).stream = stream; }
cudaStream_t IBuilderConfig::getProfileStream() const noexcept { return of(this).stream; }
int32_t IBuilderConfig::addOptimizationProfile(IOptimizationProfile const* profile) noexcept {
  Config& c = of(this);
  if (profile == nullptr || !profile->isValid()) {
    standin::say_error(c.logger, 3, "IBuilderConfig::addOptimizationProfile: the profile is not valid");
    return -1;
  }
  c.profiles.push_back(static_cast<const standin::OptimizationProfile*>(profile)->profile);
  return static_cast<int32_t>(c.profiles.size()) - 1;
}
int32_t IBuilderConfig::getNbOptimizationProfiles() const noexcept {
  return static_cast<int32_t>(of(this).profiles.size());
}
void IBuilderConfig::setProfilingVerbosity(ProfilingVerbosity v) noexcept { of(this).verbosity = v; }
ProfilingVerbosity IBuilderConfig::getProfilingVerbosity() const noexcept { return of(this).verbosity; }
ITimingCache* IBuilderConfig::createTimingCache(void const* blob, std::size_t size) const noexcept {
  constexpr size_t mark = sizeof standin::TimingCache::mark - 1;
  if (size != 0 && (size < mark || std::memcmp(blob, standin::TimingCache::mark, mark) != 0)) {
    standin::say_error(of(this).logger, 3, "IBuilderConfig::createTimingCache: the timing cache is damaged");
    return nullptr;
  }
  auto* const cache = new standin::TimingCache;
  const auto* const text = static_cast<const char*>(blob);
  for (size_t i = mark; i < size; i += std::strlen(text + i) + 1) cache->entries.insert(text + i);
  return cache;
}
bool IBuilderConfig::setTimingCache(ITimingCache const& cache, bool) noexcept {
  of(this).cache = static_cast<const standin::TimingCache*>(&cache);
  return true;
}
ITimingCache const* IBuilderConfig::getTimingCache() const noexcept { return of(this).cache; }
void IBuilderConfig::setMemoryPoolLimit(MemoryPoolType pool, std::size_t size) noexcept {
  of(this).pools[pool] = size;
}
std::size_t IBuilderConfig::getMemoryPoolLimit(MemoryPoolType pool) const noexcept {
  const auto found = of(this).pools.find(pool);
  return found == of(this).pools.end() ? 0 : found->second;
}
void IBuilderConfig::setBuilderOptimizationLevel(int32_t level) noexcept {
  if (level < 0 || level > 5)
    return standin::say_error(of(this).logger, 3, "the builder optimization level is 0 to 5");
  of(this).level = level;
}
int32_t IBuilderConfig::getBuilderOptimizationLevel() noexcept { return of(this).level; }
void IBuilderConfig::setHardwareCompatibilityLevel(HardwareCompatibilityLevel l) noexcept {
  of(this).compatibility = l;
}
HardwareCompatibilityLevel IBuilderConfig::getHardwareCompatibilityLevel() const noexcept {
  return of(this).compatibility;
}
#if NV_TENSORRT_MAJOR >= 11
bool IBuilderConfig::setMaxAuxStreams(int32_t n) noexcept {
  of(this).aux_streams = n;
  return n >= 0;
}
#else
void IBuilderConfig::setMaxAuxStreams(int32_t n) noexcept { of(this).aux_streams = n; }
#endif
int32_t IBuilderConfig::getMaxAuxStreams() const noexcept { return of(this).aux_streams; }
void IBuilderConfig::setProgressMonitor(IProgressMonitor* monitor) noexcept { of(this).monitor = monitor; }
IProgressMonitor* IBuilderConfig::getProgressMonitor() const noexcept { return of(this).monitor; }
void IBuilderConfig::setMaxNbTactics(int32_t n) noexcept { of(this).max_tactics = n; }
int32_t IBuilderConfig::getMaxNbTactics() const noexcept { return of(this).max_tactics; }
bool IBuilderConfig::setTilingOptimizationLevel(TilingOptimizationLevel level) noexcept {
  of(this).tiling = level;
  return true;
}
TilingOptimizationLevel IBuilderConfig::getTilingOptimizationLevel() const noexcept { return of(this).tiling; }

IBuilderConfig* IBuilder::createBuilderConfig() noexcept {
  auto* const config = new Config;
  config->logger = of(this).logger;
  return config;
}
INetworkDefinition* IBuilder::createNetworkV2(NetworkDefinitionCreationFlags flags) noexcept {
  constexpr NetworkDefinitionCreationFlags typed = NV_TENSORRT_MAJOR < 11 ? 1u << 1 : 0;
  if (flags != typed) {
    standin::say_error(of(this).logger, 3,
                       "IBuilder::createNetworkV2: the stand-in has strongly typed networks only");
    return nullptr;
  }
  return new standin::Network(*this, of(this).logger);
}
IOptimizationProfile* IBuilder::createOptimizationProfile() noexcept {
  return of(this).profiles.emplace_back(std::make_unique<standin::OptimizationProfile>()).get();
}
void IBuilder::setErrorRecorder(IErrorRecorder* recorder) noexcept { of(this).recorder = recorder; }
IErrorRecorder* IBuilder::getErrorRecorder() const noexcept { return of(this).recorder; }
void IBuilder::reset() noexcept { of(this).profiles.clear(); }
IHostMemory* IBuilder::buildSerializedNetwork(INetworkDefinition& network, IBuilderConfig& config) noexcept {
  ILogger* const logger = of(this).logger;
  try {
    const standin::Plan plan = standin::build(static_cast<standin::Network&>(network), of(&config));
    if (const char* const path = std::getenv("ARHAT_TRT_RECORD")) standin::record(plan, path);
    standin::say(logger, ILogger::Severity::kINFO, "Engine generation completed (by the stand-in)");
    return new standin::HostMemory(standin::write_plan(plan));
  } catch (const std::exception& error) {
    const std::string why = error.what();
    standin::say_error(logger, why.find("Requested size") == 0 ? 5 : 4, "IBuilder::buildSerializedNetwork: " + why);
    return nullptr;
  }
}
bool IBuilder::isNetworkSupported(INetworkDefinition const&, IBuilderConfig const&) const noexcept { return true; }
ILogger* IBuilder::getLogger() const noexcept { return of(this).logger; }
bool IBuilder::setMaxThreads(int32_t n) noexcept {
  of(this).threads = n;
  return n > 0;
}
int32_t IBuilder::getMaxThreads() const noexcept { return of(this).threads; }
IPluginRegistry& IBuilder::getPluginRegistry() noexcept { return *of(this).registry; }

}  // namespace nvinfer1

void* createInferBuilder_INTERNAL(void* logger, int32_t version) noexcept {
  auto* const to = static_cast<nvinfer1::ILogger*>(logger);
  if (version / 10000 != NV_TENSORRT_MAJOR || standin::failure_wanted("no-builder")) {
    standin::say_error(to, 6, "createInferBuilder: CUDA initialization failure with error: 35");
    return nullptr;
  }
  auto* const builder = new standin::Builder;
  builder->logger = to;
  return builder;
}

int32_t getInferLibVersion() noexcept { return NV_TENSORRT_VERSION; }
int32_t getInferLibMajorVersion() noexcept { return NV_TENSORRT_MAJOR; }
int32_t getInferLibMinorVersion() noexcept { return NV_TENSORRT_MINOR; }
int32_t getInferLibPatchVersion() noexcept { return NV_TENSORRT_PATCH; }
int32_t getInferLibBuildVersion() noexcept { return NV_TENSORRT_BUILD; }
nvinfer1::ILogger* getLogger() noexcept { return nullptr; }

// See plugins.hpp.
#include "plugins.hpp"

#include <dlfcn.h>

#include <algorithm>
#include <cstring>
#include <mutex>
#include <set>
#include <tuple>

#include "expression.hpp"

namespace standin {

using nvinfer1::DynamicPluginTensorDesc;
using nvinfer1::PluginTensorDesc;
using nvinfer1::TensorFormat;

// ------------------------------------------------------------------------------------------------- expressions

const Expression* Expressions::of_constant(int64_t value) {
  Expression& e = made.emplace_back();
  e.program = {0, value};
  e.constant = true;
  e.value = value;
  return &e;
}

const Expression* Expressions::of_input(size_t input, size_t axis, int64_t extent) {
  if (extent != wildcard) return of_constant(extent);
  Expression& e = made.emplace_back();
  e.program = {1, static_cast<int64_t>(input), static_cast<int64_t>(axis)};
  return &e;
}

namespace {

int64_t apply(int64_t op, int64_t a, int64_t b) {
  using Op = nvinfer1::DimensionOperation;
  switch (static_cast<Op>(op)) {
    case Op::kSUM: return a + b;
    case Op::kPROD: return a * b;
    case Op::kMAX: return std::max(a, b);
    case Op::kMIN: return std::min(a, b);
    case Op::kSUB: return a - b;
    case Op::kEQUAL: return a == b;
    case Op::kLESS: return a < b;
    case Op::kFLOOR_DIV:
      require(b != 0, "an extent is divided by zero");
      return a / b - (a % b != 0 && (a < 0) != (b < 0) ? 1 : 0);
    case Op::kCEIL_DIV:
      require(b != 0, "an extent is divided by zero");
      return a / b + (a % b != 0 && (a < 0) == (b < 0) ? 1 : 0);
  }
  refuse("there is no such operation on extents");
}

}  // namespace

const Expression* Expressions::of_operation(nvinfer1::DimensionOperation op, const Expression& a,
                                            const Expression& b) {
  if (a.constant && b.constant) return of_constant(apply(static_cast<int64_t>(op), a.value, b.value));
  Expression& e = made.emplace_back();
  e.program = a.program;
  e.program.insert(e.program.end(), b.program.begin(), b.program.end());
  e.program.insert(e.program.end(), {2, static_cast<int64_t>(op)});
  return &e;
}

int64_t evaluate(const List& program, const std::vector<const Desc*>& inputs) {
  List stack;
  for (size_t i = 0; i < program.size();) {
    if (program[i] == 0) {
      stack.push_back(program[i + 1]);
      i += 2;
    } else if (program[i] == 1) {
      const int64_t extent = inputs.at(size_t(program[i + 1]))->dims.at(size_t(program[i + 2]));
      if (extent == wildcard) return wildcard;
      stack.push_back(extent);
      i += 3;
    } else {
      const int64_t b = stack.back();
      stack.pop_back();
      stack.back() = apply(program[i + 1], stack.back(), b);
      i += 2;
    }
  }
  return stack.back();
}

// ------------------------------------------------------------------------------------------------- a plugin's life

Plugin::Plugin(nvinfer1::IPluginV3* owned, bool build_phase) : plugin_(owned) {
  using nvinfer1::PluginCapabilityType;
  require(owned != nullptr, "a plugin has not been made");
  core_ = static_cast<nvinfer1::IPluginV3OneCore*>(owned->getCapabilityInterface(PluginCapabilityType::kCORE));
  runtime_ =
      static_cast<nvinfer1::IPluginV3OneRuntime*>(owned->getCapabilityInterface(PluginCapabilityType::kRUNTIME));
  if (build_phase)
    build_ = static_cast<nvinfer1::IPluginV3OneBuild*>(owned->getCapabilityInterface(PluginCapabilityType::kBUILD));
  if (core_ == nullptr || runtime_ == nullptr || (build_phase && build_ == nullptr)) {
    delete owned;
    refuse("a plugin lacks one of its interfaces");
  }
}

void describe_results(Plugin& plugin, Operation& op, const std::vector<const Desc*>& inputs) {
  const int32_t count = plugin.build().getNbOutputs();
  require(count > 0, "a plugin has results");
  const auto n = static_cast<int32_t>(inputs.size());
  std::vector<DataType> given, made(static_cast<size_t>(count), static_cast<DataType>(-1));
  for (const Desc* input : inputs) given.push_back(input->type);
  require(plugin.build().getOutputDataTypes(made.data(), count, given.data(), n) == 0,
          "getOutputDataTypes of the plugin has failed");
  for (const DataType type : made)
    require(is_float(type) || is_integer(type) || type == DataType::kINT8,
            "a plugin's result has a type that is not allowed");
  Expressions builder;
  std::vector<nvinfer1::DimsExprs> from(inputs.size()), to(static_cast<size_t>(count), nvinfer1::DimsExprs{-1, {}});
  for (size_t i = 0; i < inputs.size(); ++i) {
    from[i].nbDims = static_cast<int32_t>(inputs[i]->dims.size());
    for (size_t k = 0; k < inputs[i]->dims.size(); ++k) from[i].d[k] = builder.of_input(i, k, inputs[i]->dims[k]);
  }
  require(plugin.build().getOutputShapes(from.data(), n, nullptr, 0, to.data(), count, builder) == 0,
          "getOutputShapes of the plugin has failed");
  op.types = made;
  op.extents.clear();
  for (const nvinfer1::DimsExprs& shape : to) {
    require(shape.nbDims >= 0 && shape.nbDims <= 8, "a plugin's result has 0 to 8 axes");
    std::vector<List>& programs = op.extents.emplace_back();
    for (int32_t k = 0; k < shape.nbDims; ++k) {
      require(shape.d[k] != nullptr, "a plugin has not said an extent of its result");
      programs.push_back(static_cast<const Expression*>(shape.d[k])->program);
    }
  }
}

PluginTensorDesc plain(const Desc& desc) { return {dims(desc.dims), desc.type, TensorFormat::kLINEAR, 1.0f}; }

namespace {

// What has not been asked yet must not be looked at.
DynamicPluginTensorDesc poison() {
  const Dims none{-1, {-77, -77, -77, -77, -77, -77, -77, -77}};
  return {{none, static_cast<DataType>(-77), static_cast<TensorFormat>(-77), -77.0f}, none, none, none};
}

void negotiate(Plugin& plugin, const std::vector<DynamicPluginTensorDesc>& wanted, int32_t inputs) {
  const auto results = static_cast<int32_t>(wanted.size()) - inputs;
  for (size_t at = 0; at < wanted.size(); ++at) {
    std::vector<DynamicPluginTensorDesc> asked(wanted.size(), poison());
    std::copy_n(wanted.begin(), at + 1, asked.begin());
    // TensorRT asks for other formats and types as well; any answer will do, as long as there is one.
    for (const DataType type :
         {DataType::kFLOAT, DataType::kHALF, DataType::kINT8, DataType::kINT32, DataType::kBF16})
      for (const TensorFormat format : {TensorFormat::kLINEAR, TensorFormat::kCHW4, TensorFormat::kHWC8}) {
        asked[at].desc.type = type;
        asked[at].desc.format = format;
        plugin.build().supportsFormatCombination(static_cast<int32_t>(at), asked.data(), inputs, results);
      }
    asked[at] = wanted[at];
    if (!plugin.build().supportsFormatCombination(static_cast<int32_t>(at), asked.data(), inputs, results))
      refuse(
          "could not find any supported formats consistent with input/output data types: the plugin does not take " +
          std::string(name_of(wanted[at].desc.type)) + " at position " + std::to_string(at));
  }
}

}  // namespace

void build_plugin(Plugin& plugin, Operation& op, size_t inputs, const std::vector<Desc>& tensors,
                  const std::vector<Desc> (&at)[3]) {
  std::vector<DynamicPluginTensorDesc> all;
  std::vector<PluginTensorDesc> usual;
  for (size_t i = 0; i < tensors.size(); ++i) {
    all.push_back({plain(tensors[i]), dims(at[0][i].dims), dims(at[2][i].dims), dims(at[1][i].dims)});
    usual.push_back(plain(at[1][i]));
  }
  const auto n = static_cast<int32_t>(inputs), m = static_cast<int32_t>(tensors.size() - inputs);
  negotiate(plugin, all, n);
  require(plugin.build().configurePlugin(all.data(), n, all.data() + n, m) == 0,
          "configurePlugin of the plugin has failed");
  op.workspace = plugin.build().getWorkspaceSize(all.data(), n, all.data() + n, m);
  const std::unique_ptr<nvinfer1::IPluginV3> copy(plugin.get().clone());
  require(copy != nullptr, "clone of the plugin has failed");
  auto* const run = static_cast<nvinfer1::IPluginV3OneRuntime*>(
      copy->getCapabilityInterface(nvinfer1::PluginCapabilityType::kRUNTIME));
  require(run != nullptr && run->setTactic(0) == 0 && run->onShapeChange(usual.data(), n, usual.data() + n, m) == 0,
          "onShapeChange of the plugin has failed");
  op.recipe = {
      plugin.core().getPluginName(), plugin.core().getPluginVersion(), plugin.core().getPluginNamespace(), {}};
  const nvinfer1::PluginFieldCollection* fields = plugin.runtime().getFieldsToSerialize();
  require(fields != nullptr, "getFieldsToSerialize of the plugin has failed");
  for (int32_t i = 0; i < fields->nbFields; ++i) {
    const nvinfer1::PluginField& f = fields->fields[i];
    require(f.name != nullptr && f.length >= 0 && (f.data != nullptr || f.length == 0),
            "a field of the plugin has no data");
    op.recipe.fields.push_back(
        {f.name, f.type, f.length,
         std::string(static_cast<const char*>(f.data), bytes_of(f.type) * static_cast<size_t>(f.length))});
  }
}

std::unique_ptr<Plugin> restore_plugin(const Operation& op, nvinfer1::IPluginRegistry& registry) {
  auto* const creator = dynamic_cast<nvinfer1::IPluginCreatorV3One*>(
      registry.getCreator(op.recipe.name.c_str(), op.recipe.version.c_str(), op.recipe.space.c_str()));
  require(creator != nullptr,
          "cannot find plugin " + op.recipe.name + " version " + op.recipe.version + " namespace " + op.recipe.space);
  std::vector<nvinfer1::PluginField> fields;
  for (const PluginField& f : op.recipe.fields) fields.emplace_back(f.name.c_str(), f.data.data(), f.type, f.length);
  const nvinfer1::PluginFieldCollection collection{static_cast<int32_t>(fields.size()), fields.data()};
  return std::make_unique<Plugin>(
      creator->createPlugin(op.name.c_str(), &collection, nvinfer1::TensorRTPhase::kRUNTIME), false);
}

std::unique_ptr<Plugin> attach_plugin(Plugin& plugin, nvinfer1::IPluginResourceContext& context) {
  return std::make_unique<Plugin>(plugin.runtime().attachToContext(&context), false);
}

// ------------------------------------------------------------------------------------------------- the registry

namespace {

class Registry final : public nvinfer1::IPluginRegistry {
 public:
  explicit Registry(nvinfer1::IPluginRegistry* parent) : parent_(parent) {}
  void setErrorRecorder(nvinfer1::IErrorRecorder* const recorder) noexcept override { recorder_ = recorder; }
  nvinfer1::IErrorRecorder* getErrorRecorder() const noexcept override { return recorder_; }

  PluginLibraryHandle loadLibrary(const char* path) noexcept override {
    void* const handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (handle == nullptr) return nullptr;
    using GetCreators = nvinfer1::IPluginCreatorInterface* const* (*)(int32_t&);
    const auto get = reinterpret_cast<GetCreators>(dlsym(handle, "getCreators"));
    int32_t count = 0;
    nvinfer1::IPluginCreatorInterface* const* const creators = get == nullptr ? nullptr : get(count);
    bool all = creators != nullptr && count > 0;
    int32_t added = 0;
    for (; all && added < count; ++added)
      all = registerCreator(*creators[added],
                            dynamic_cast<nvinfer1::IPluginCreatorV3One&>(*creators[added]).getPluginNamespace());
    if (!all) {
      for (int32_t i = 0; i + 1 < added; ++i) deregisterCreator(*creators[i]);
      dlclose(handle);
      return nullptr;
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    libraries_[handle].assign(creators, creators + count);
    return handle;
  }

  void deregisterLibrary(PluginLibraryHandle handle) noexcept override {
    for (const auto* creator : libraries_[handle]) deregisterCreator(*creator);
    libraries_.erase(handle);
    dlclose(handle);
  }

  bool registerCreator(nvinfer1::IPluginCreatorInterface& creator, const char* const space) noexcept override {
    auto* const made = dynamic_cast<nvinfer1::IPluginCreatorV3One*>(&creator);
    if (made == nullptr || space == nullptr) return false;
    if (*space != '\0' && std::strcmp(space, made->getPluginNamespace()) != 0) return false;
    const std::lock_guard<std::mutex> lock(mutex_);
    const bool is_new =
        by_name_.emplace(Key{made->getPluginName(), made->getPluginVersion(), made->getPluginNamespace()}, &creator)
            .second;
    if (is_new) all_.push_back(&creator);
    return is_new;
  }

  nvinfer1::IPluginCreatorInterface* const* getAllCreators(int32_t* const count) const noexcept override {
    *count = static_cast<int32_t>(all_.size());
    return all_.empty() ? nullptr : all_.data();
  }

  nvinfer1::IPluginCreatorInterface* getCreator(const char* name, const char* version,
                                                const char* space) noexcept override {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = by_name_.find(Key{name, version, space});
    if (found != by_name_.end()) return found->second;
    return parent_ == nullptr ? nullptr : parent_->getCreator(name, version, space);
  }

  bool deregisterCreator(const nvinfer1::IPluginCreatorInterface& creator) noexcept override {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (auto it = by_name_.begin(); it != by_name_.end(); ++it)
      if (it->second == &creator) {
        by_name_.erase(it);
        all_.erase(std::find(all_.begin(), all_.end(), &creator));
        return true;
      }
    return false;
  }

 private:
  using Key = std::tuple<std::string, std::string, std::string>;
  nvinfer1::IPluginRegistry* parent_;
  std::mutex mutex_;
  std::map<Key, nvinfer1::IPluginCreatorInterface*> by_name_;
  std::vector<nvinfer1::IPluginCreatorInterface*> all_;
  std::map<void*, std::vector<nvinfer1::IPluginCreatorInterface*>> libraries_;
  nvinfer1::IErrorRecorder* recorder_ = nullptr;
};

}  // namespace

std::shared_ptr<nvinfer1::IPluginRegistry> local_registry() {
  return std::make_shared<Registry>(getPluginRegistry());
}

}  // namespace standin

nvinfer1::IPluginRegistry* getPluginRegistry() noexcept {
  static standin::Registry registry(nullptr);
  return &registry;
}

namespace nvinfer1 {

bool IDimensionExpr::isConstant() const noexcept { return static_cast<const standin::Expression*>(this)->constant; }
int64_t IDimensionExpr::getConstantValue() const noexcept {
  return isConstant() ? static_cast<const standin::Expression*>(this)->value : INT64_MIN;
}
bool IDimensionExpr::isSizeTensor() const noexcept { return false; }

IDimensionExpr const* IExprBuilder::constant(int64_t value) noexcept {
  return static_cast<standin::Expressions*>(this)->of_constant(value);
}
IDimensionExpr const* IExprBuilder::operation(DimensionOperation op, IDimensionExpr const& first,
                                              IDimensionExpr const& second) noexcept {
  const auto& a = static_cast<const standin::Expression&>(first);
  const auto& b = static_cast<const standin::Expression&>(second);
  try {
    return static_cast<standin::Expressions*>(this)->of_operation(op, a, b);
  } catch (const std::exception&) {
    return nullptr;
  }
}

}  // namespace nvinfer1

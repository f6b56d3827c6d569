// A cuDNN operation graph and its execution plans.
//
//     Graph graph(desc, device);
//     Plan plan = graph.plan();                  // the first candidate that builds
//     Plan same = graph.plan(plan.name());       // by name, whatever the heuristics say
//     plan.run(handle, uids, pointers, n, workspace);
#pragma once

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "arhat/cudnn/backend.hpp"
#include "arhat/cudnn/desc.hpp"
#include "arhat/cudnn/nodes.hpp"
#include "arhat/cudnn/plan_json.hpp"
#include "arhat/cudnn/plan_name.hpp"

namespace arhat::cudnn {

// What cuDNN says of an engine.
struct Notes {
  std::vector<cudnnBackendNumericalNote_t> numerical;
  std::vector<cudnnBackendBehaviorNote_t> behavior;

  bool has(cudnnBackendNumericalNote_t note) const {
    for (const cudnnBackendNumericalNote_t other : numerical)
      if (other == note) return true;
    return false;
  }
  bool has(cudnnBackendBehaviorNote_t note) const {
    for (const cudnnBackendBehaviorNote_t other : behavior)
      if (other == note) return true;
    return false;
  }
};

// Whether a graph multiplies matrices: the notes on products mean nothing where there are none, and cuDNN
// puts them on its engines for pointwise chains and pooling as well.
inline bool has_products(const GraphDesc& desc) {
  for (size_t i = 0; i < desc.n_nodes; ++i) {
    const Kind kind = desc.nodes[i].kind;
    if (kind == Kind::conv_fprop || kind == Kind::conv_dgrad || kind == Kind::matmul) return true;
  }
  return false;
}

// Why an engine with these notes may not run a graph under `math`; nullptr if it may.
inline const char* refusal(const Notes& notes, Math math) {
  if (notes.has(CUDNN_NUMERICAL_NOTE_NONDETERMINISTIC)) return "not deterministic";
  if (notes.has(CUDNN_BEHAVIOR_NOTE_REQUIRES_FILTER_INT8x32_REORDER) ||
      notes.has(CUDNN_BEHAVIOR_NOTE_REQUIRES_BIAS_INT8x32_REORDER))
    return "wants its weights in an order of its own";
  if (math == Math::any) return nullptr;
  if (notes.has(CUDNN_NUMERICAL_NOTE_DOWN_CONVERT_INPUTS)) return "rounds its operands";
  if (notes.has(CUDNN_NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION)) return "sums in fewer bits";
  if (math == Math::strict && notes.has(CUDNN_NUMERICAL_NOTE_TENSOR_CORE)) return "uses tensor cores";
  return nullptr;
}

// An engine with its knobs set.
struct Config {
  std::shared_ptr<Descriptor> descriptor;
  PlanName name;
  Notes notes;
};

// Pointers of the tensors of a graph, and its workspace.
class Bindings {
 public:
  Bindings(const int64_t* uids, void* const* pointers, size_t n, void* workspace, const std::string& where)
      : descriptor_(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR, where) {
    descriptor_.set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, uids, static_cast<int64_t>(n));
    descriptor_.set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, pointers,
                    static_cast<int64_t>(n));
    descriptor_.set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, &workspace, 1);
    descriptor_.finalize("variant pack");
  }
  const Descriptor& descriptor() const { return descriptor_; }

 private:
  Descriptor descriptor_;
};

// What a plan was made from lives as long as the plan does: cuDNN does not say whether it has copies.
using Origin = std::vector<std::shared_ptr<const void>>;

class Plan {
 public:
  Plan(Origin origin, Descriptor descriptor, std::string name, std::string where)
      : origin_(std::move(origin)),
        descriptor_(std::move(descriptor)),
        name_(std::move(name)),
        where_(std::move(where)),
        workspace_(descriptor_.get<int64_t>(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE)) {}

  const std::string& name() const { return name_; }
  int64_t workspace() const { return workspace_; }  // bytes
  std::string json() const { return descriptor_.text(CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION); }

  // Queues the graph on the handle's stream. `workspace` has at least workspace() bytes.
  void run(cudnnHandle_t handle, const Bindings& bindings) const {
    check(cudnnBackendExecute(handle, descriptor_.raw(), bindings.descriptor().raw()), "cudnnBackendExecute",
          where_);
  }
  void run(cudnnHandle_t handle, const int64_t* uids, void* const* pointers, size_t n,
           void* workspace) const {
    run(handle, Bindings(uids, pointers, n, workspace, where_));
  }

 private:
  Origin origin_;
  Descriptor descriptor_;  // destroyed before its origin
  std::string name_;
  std::string where_;
  int64_t workspace_;
};

class Graph {
 public:
  // `desc` has to live as long as the graph.
  Graph(const GraphDesc& desc, const Device& device)
      : desc_(desc),
        math_(has_products(desc) ? desc.math : Math::any),
        where_(desc.layers),
        device_(device),
        nodes_(std::make_shared<NodeBuilder>(desc)),
        graph_(std::make_shared<Descriptor>(nodes_->operation_graph())) {}

  const GraphDesc& desc() const { return desc_; }

  // The configurations that one mode of the heuristics proposes, best first, refused ones left out.
  std::vector<Config> heuristics(cudnnBackendHeurMode_t mode) const {
    Descriptor heuristic(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR, where_);
    heuristic.set(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, *graph_);
    heuristic.set(CUDNN_ATTR_ENGINEHEUR_MODE, mode);
    heuristic.set(CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, device_.descriptor());
    std::vector<Config> result;
    last_error();  // forgets what was said before
    const cudnnStatus_t status = heuristic.try_finalize();
    if (status != CUDNN_STATUS_SUCCESS) {
      // Not supported by this mode is an answer; the reason is kept for the error of plan().
      if (CUDNN_STATUS_CATEGORY(status) != CUDNN_STATUS_NOT_SUPPORTED) check(status, "heuristics", where_);
      remember(last_error());
      return result;
    }
    const int64_t n = heuristic.count(CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR);
    std::vector<Descriptor> configs =
        heuristic.children(CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_BACKEND_ENGINECFG_DESCRIPTOR, n);
    if (configs.empty()) remember(last_error());
    for (Descriptor& config : configs) {
      Config candidate = describe(std::move(config));
      if (const char* why = refusal(candidate.notes, math_))
        remember("eng" + std::to_string(candidate.name.engine) + " " + why);
      else
        result.push_back(std::move(candidate));
    }
    return result;
  }

  // The candidates of the heuristics, best first, then cuDNN's fallbacks; each name once.
  std::vector<Config> candidates() const {
    std::vector<Config> result;
    std::set<std::string> names;
    for (const cudnnBackendHeurMode_t mode : {CUDNN_HEUR_MODE_A, CUDNN_HEUR_MODE_FALLBACK})
      for (Config& config : heuristics(mode))
        if (names.insert(config.name.text()).second) result.push_back(std::move(config));
    return result;
  }

  // The configuration of a name. Throws if this cuDNN has no such engine for the graph on the device.
  Config config(const PlanName& name) const {
    Descriptor engine(CUDNN_BACKEND_ENGINE_DESCRIPTOR, where_);
    engine.set(CUDNN_ATTR_ENGINE_OPERATION_GRAPH, *graph_);
    engine.set(CUDNN_ATTR_ENGINE_GLOBAL_INDEX, name.engine);
    engine.set(CUDNN_ATTR_ENGINE_DEVICEPROP, device_.descriptor());
    engine.finalize("engine");
    Descriptor config(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR, where_);
    config.set(CUDNN_ATTR_ENGINECFG_ENGINE, engine);
    std::vector<Descriptor> choices;
    std::vector<cudnnBackendDescriptor_t> raws;
    for (const auto& [type, value] : name.choices) {
      Descriptor& choice = choices.emplace_back(CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR, where_);
      choice.set(CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE, static_cast<cudnnBackendKnobType_t>(type));
      choice.set(CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE, value);
      choice.finalize("knob choice");
      raws.push_back(choice.raw());
    }
    if (!raws.empty())
      config.set(CUDNN_ATTR_ENGINECFG_KNOB_CHOICES, raws.data(), static_cast<int64_t>(raws.size()));
    config.finalize("engine configuration");
    return {std::make_shared<Descriptor>(std::move(config)), name, notes(engine)};
  }

  // How many engines cuDNN has for graphs of this kind; their indices count from 0.
  int64_t engines() const { return graph_->get<int64_t>(CUDNN_ATTR_OPERATIONGRAPH_ENGINE_GLOBAL_COUNT); }

  // The plan of a configuration. Throws if it does not build; kernels may be compiled here.
  Plan build(const Config& config) const {
    Descriptor plan(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR, where_);
    plan.set(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, *config.descriptor);
    plan.set(CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, device_.descriptor());
    plan.finalize("execution plan");
    return Plan({device_.owner(), nodes_, graph_, config.descriptor}, std::move(plan), config.name.text(),
                where_);
  }

  // The first candidate that builds and wants at most `limit` bytes of workspace, of the first `tries`.
  Plan plan(size_t tries = SIZE_MAX, int64_t limit = INT64_MAX) const {
    for (const Config& config : candidates()) {
      if (tries-- == 0) break;
      try {
        Plan plan = build(config);
        if (plan.workspace() <= limit) return plan;
        remember(config.name.text() + " wants " + std::to_string(plan.workspace()) + " bytes of workspace");
      } catch (const Error& error) {
        remember(config.name.text() + ": " + error.reason);
      }
    }
    throw Error("plan", CUDNN_STATUS_NOT_SUPPORTED, reasons_.empty() ? "no candidates" : reasons_, where_);
  }

  // The plan of a name, independent of the heuristics. Throws if there is none, or if the graph's math
  // forbids its engine.
  Plan plan(const std::string& name) const {
    PlanName parsed;
    if (!PlanName::parse(name, parsed))
      throw Error("plan", CUDNN_STATUS_BAD_PARAM, "'" + name + "' is not the name of a plan", where_);
    const Config named = config(parsed);
    if (const char* why = refusal(named.notes, math_))
      throw Error("plan", CUDNN_STATUS_NOT_SUPPORTED, name + " " + why, where_);
    return build(named);
  }

  // A plan that Plan::json wrote for this graph with this version of cuDNN for this device. It takes a
  // millisecond where building takes a second. Throws if it is another's.
  Plan load(const std::string& json, const std::string& name) const {
    if (!is_plan_of(json, desc_))
      throw Error("execution plan from JSON", CUDNN_STATUS_BAD_PARAM, "it is not of this graph", where_);
    Descriptor plan(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR, where_);
    plan.set(CUDNN_ATTR_EXECUTION_PLAN_DEVICEPROP, device_.descriptor());
    plan.set(CUDNN_ATTR_EXECUTION_PLAN_JSON_REPRESENTATION, json.data(), static_cast<int64_t>(json.size()));
    plan.finalize("execution plan from JSON");
    return Plan({device_.owner()}, std::move(plan), name, where_);
  }

 private:
  Notes notes(const Descriptor& engine) const {
    return {engine.list<cudnnBackendNumericalNote_t>(CUDNN_ATTR_ENGINE_NUMERICAL_NOTE,
                                                     CUDNN_NUMERICAL_NOTE_TYPE_COUNT),
            engine.list<cudnnBackendBehaviorNote_t>(CUDNN_ATTR_ENGINE_BEHAVIOR_NOTE,
                                                    CUDNN_BEHAVIOR_NOTE_TYPE_COUNT)};
  }

  Config describe(Descriptor config) const {
    const std::vector<Descriptor> engine =
        config.children(CUDNN_ATTR_ENGINECFG_ENGINE, CUDNN_BACKEND_ENGINE_DESCRIPTOR, 1);
    if (engine.empty())
      throw Error("heuristics", CUDNN_STATUS_INTERNAL_ERROR, "a configuration without engine", where_);
    PlanName name;
    name.engine = engine[0].get<int64_t>(CUDNN_ATTR_ENGINE_GLOBAL_INDEX);
    for (const Descriptor& choice : config.children(
             CUDNN_ATTR_ENGINECFG_KNOB_CHOICES, CUDNN_BACKEND_KNOB_CHOICE_DESCRIPTOR, CUDNN_KNOB_TYPE_COUNTS))
      name.choices.emplace_back(choice.get<cudnnBackendKnobType_t>(CUDNN_ATTR_KNOB_CHOICE_KNOB_TYPE),
                                choice.get<int64_t>(CUDNN_ATTR_KNOB_CHOICE_KNOB_VALUE));
    return {std::make_shared<Descriptor>(std::move(config)), std::move(name), notes(engine[0])};
  }

  // Reasons are separated by "; "; each is kept once.
  void remember(const std::string& reasons) const {
    for (size_t begin = 0; begin < reasons.size();) {
      const size_t end = std::min(reasons.find("; ", begin), reasons.size());
      const std::string reason = reasons.substr(begin, end - begin);
      if (reasons_.find(reason) == std::string::npos) reasons_ += (reasons_.empty() ? "" : "; ") + reason;
      begin = end + 2;
    }
  }

  const GraphDesc& desc_;
  Math math_;
  std::string where_;
  Device device_;
  std::shared_ptr<NodeBuilder> nodes_;
  std::shared_ptr<Descriptor> graph_;
  mutable std::string reasons_;  // why candidates were not taken
};

}  // namespace arhat::cudnn

// Which plan a graph runs: the one pinned in the program, the one of a tactics file, or the heuristics' choice.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "arhat/cudnn/graph.hpp"
#include "arhat/cudnn/tactics_file.hpp"

namespace arhat::cudnn {

// The plan of a graph: of its own pinned name, of the file's, by heuristics, in this order. A name that does
// not build, or wants more than `limit` bytes of workspace, is passed over with a note.
inline Plan choose(const Graph& graph, const Tactics& tactics, int64_t limit, std::vector<std::string>& notes) {
  const GraphDesc& desc = graph.desc();
  const auto named = [&](const std::string& name, std::vector<Plan>& found) {
    try {
      Plan plan = graph.plan(name);
      if (plan.workspace() <= limit) {
        found.push_back(std::move(plan));
        return;
      }
      notes.push_back("graph " + std::string(desc.key) + ": plan " + name + " wants " +
                      std::to_string(plan.workspace()) + " bytes of workspace: chosen by heuristics");
    } catch (const Error& error) {
      notes.push_back("graph " + std::string(desc.key) + ": plan " + name + " is not to be had (" +
                      error.reason + "): chosen by heuristics");
    }
  };
  std::vector<Plan> found;
  const Tactic* tactic = tactics.find(desc.key);
  if (desc.plan != nullptr)
    named(desc.plan, found);
  else if (tactic != nullptr)
    named(tactic->plan, found);
  if (found.empty()) return graph.plan(SIZE_MAX, limit);
  return std::move(found.front());
}

}  // namespace arhat::cudnn

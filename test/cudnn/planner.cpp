// Plans operation graphs for GPUs that are not there.
//
//     planner [--tries N] [--no-build] [--serialize] [--list] [--save FILE]
//             [--plan NAME | --tactics FILE | --load FILE] DEVICE.json... < graphs
//
// reads graphs as graph_text.hpp describes them and prints a line of JSON for each graph and device: the key,
// the compute capability, and the plan or the reason why there is none.
//
// --tries: how many candidates to build before giving up (default 16). --no-build: the first candidate is
// named and not built, which takes milliseconds in place of a second. --serialize: the plan is written,
// loaded again, and built from its name; all three have to agree. --list: the names of all candidates, each
// with its numerical (n) and behaviour (b) notes. --plan: the plan of this name. --tactics: the plans of a
// tactics file. --save, --load: a plan as JSON, of the last graph, for all graphs. Exit status: 0 whatever plans, 2 if the text or a file is malformed.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "arhat/cudnn/graph.hpp"
#include "arhat/cudnn/tactics.hpp"
#include "arhat/json.hpp"
#include "graph_text.hpp"

namespace {

using namespace arhat;
using namespace arhat::cudnn;

struct Options {
  size_t tries = 16;
  bool build = true;
  bool serialize = false;
  bool list = false;
  std::string plan;
  std::string tactics;
  std::string save, load;
  std::vector<std::string> devices;
};

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot read " + path);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

// The platform of a device file: this cuDNN, the file's name and compute capability.
Platform platform_of(const std::string& json) {
  const JsonValue root = JsonReader::read(json);
  const double version = root.at("deviceVer", JsonValue::Kind::number).number;
  return {version_text(cudnnGetVersion()), root.at("deviceName", JsonValue::Kind::text).text,
          static_cast<int>(version) / 10};
}

std::string array(const std::vector<std::string>& texts) {
  std::string result;
  for (const std::string& text : texts) result += (result.empty() ? "" : ", ") + json_text(text);
  return "[" + result + "]";
}

std::string list_of(const std::vector<Config>& configs) {
  std::vector<std::string> result;
  for (const Config& config : configs) {
    std::string& text = result.emplace_back(config.name.text());
    for (const auto note : config.notes.numerical) text += " n" + std::to_string(note);
    for (const auto note : config.notes.behavior) text += " b" + std::to_string(note);
  }
  return array(result);
}

Plan make_plan(const Graph& graph, const Device& device, const Options& options,
               std::vector<std::string>& notes) {
  if (!options.load.empty()) return graph.load(read_file(options.load), "loaded");
  if (!options.plan.empty()) return graph.plan(options.plan);
  if (options.tactics.empty()) return graph.plan(options.tries);
  Tactics tactics(platform_of(device.json()));
  tactics.read_file(options.tactics, notes);
  return choose(graph, tactics, INT64_MAX, notes);
}

// The JSON of a plan without the bytes of its kernels' parameters: they hold addresses of the process that
// wrote them and differ from plan to plan.
std::string without_raw_data(std::string json) {
  const std::string start = "\"rawData\":\"";
  for (size_t at = json.find(start); at != std::string::npos; at = json.find(start, at + start.size()))
    json.erase(at + start.size(), json.find('"', at + start.size()) - at - start.size());
  return json;
}

// What differs between a plan, itself loaded from its JSON, and the plan of its name; "" if nothing does.
std::string round_trip(const Graph& graph, const Plan& plan) {
  const std::string json = plan.json();
  const Plan loaded = graph.load(json, plan.name());
  if (loaded.workspace() != plan.workspace()) return "the loaded plan wants another workspace";
  if (loaded.json() != json) return "the loaded plan writes itself differently";
  const Plan named = graph.plan(plan.name());
  if (named.name() != plan.name()) return "the plan of the name has another name";
  if (named.workspace() != plan.workspace()) return "the plan of the name wants another workspace";
  if (without_raw_data(named.json()) != without_raw_data(json))
    return "the plan of the name writes itself differently";
  return "";
}

std::string plan_one(const ParsedGraph& parsed, const Device& device, const Options& options) {
  const GraphDesc desc = parsed.desc();
  std::string result;
  const auto member = [&](const char* name, const std::string& value) {
    result += ", \"" + std::string(name) + "\": " + value;
  };
  try {
    const Graph graph(desc, device);
    const std::vector<Config> candidates = graph.candidates();
    if (options.list) member("list", list_of(candidates));
    member("candidates", std::to_string(candidates.size()));
    if (!options.build && !candidates.empty()) {
      member("planned", "true");
      member("plan", json_text(candidates[0].name.text()));
      return result;
    }
    std::vector<std::string> notes;
    const Plan plan = make_plan(graph, device, options, notes);
    member("planned", "true");
    member("plan", json_text(plan.name()));
    member("workspace", std::to_string(plan.workspace()));
    if (!options.tactics.empty()) member("notes", array(notes));
    if (!options.save.empty()) std::ofstream(options.save, std::ios::binary) << plan.json();
    if (options.serialize) {
      member("bytes", std::to_string(plan.json().size()));
      member("differs", json_text(round_trip(graph, plan)));
    }
  } catch (const Error& error) {
    member("planned", "false");
    member("call", json_text(error.call));
    member("status", json_text(cudnnGetErrorString(error.status)));
    member("reason", json_text(error.reason));
  }
  return result;
}

Options parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--serialize") {
      options.serialize = true;
    } else if (word == "--no-build") {
      options.build = false;
    } else if (word == "--save" && i + 1 < argc) {
      options.save = argv[++i];
    } else if (word == "--load" && i + 1 < argc) {
      options.load = argv[++i];
    } else if (word == "--tactics" && i + 1 < argc) {
      options.tactics = argv[++i];
    } else if (word == "--plan" && i + 1 < argc) {
      options.plan = argv[++i];
    } else if (word == "--list") {
      options.list = true;
    } else if (word == "--tries" && i + 1 < argc) {
      options.tries = std::strtoull(argv[++i], nullptr, 10);
    } else if (word.compare(0, 2, "--") == 0) {
      throw std::runtime_error("unknown option " + word);
    } else {
      options.devices.push_back(word);
    }
  }
  if (options.devices.empty()) throw std::runtime_error("no device file");
  return options;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const Options options = parse(argc, argv);
    std::vector<std::pair<int, Device>> devices;
    for (const std::string& path : options.devices) {
      const std::string json = read_file(path);
      devices.emplace_back(platform_of(json).sm, Device(json));
    }
    GraphReader reader(std::cin);
    ParsedGraph graph;
    std::map<std::pair<int, std::string>, std::string> done;  // equal graphs are planned once
    while (reader.read(graph))
      for (const auto& [sm, device] : devices) {
        auto found = done.find({sm, graph.body});
        if (found == done.end())
          found = done.emplace(std::make_pair(sm, graph.body), plan_one(graph, device, options)).first;
        std::printf("{\"key\": %s, \"sm\": %d%s}\n", json_text(graph.key).c_str(), sm, found->second.c_str());
        std::fflush(stdout);
      }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "planner: %s\n", error.what());
    return 2;
  }
  return 0;
}

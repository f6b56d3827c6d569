// The command line of the runner.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "arhat/bytes.hpp"
#include "arhat/json.hpp"
#include "model.h"

namespace arhat::runner {

const char usage[] = R"(usage: PROGRAM [OPTION]...

Inputs and outputs
  --input [NAME=]FILE    .npy, .npz, PNG or JPEG; NAME may be left out if the model has one input
                         or the file is a .npz with an array for each input
  --random SEED          fill the inputs that are not given with random numbers
  --rgb                  images as red, green, blue (the default is blue, green, red)
  --mean A[,B,C]         subtract from the channels of an image, in the order they are fed
  --scale A[,B,C]        then divide by this
  --output FILE.npz      write the outputs
  --dump LAYER[=FILE.npy]  write what a layer computes; may be repeated
  --dump-all FILE.npz    write what every layer computes

Measurements
  --bench                time the model; see also:
  --iterations N         runs to time (default: as many as fit the duration)
  --duration SECONDS     how long to time (default 3)
  --warmup N             runs before that (default 5)
  --profile table|json   time of each operation

Program
  --list                 inputs, outputs and layers
  --json                 --bench and --list as JSON
  --threads N            0: all cores that the process may use (default)
  --isa NAME             avx512, avx2, baseline (default: the best that this processor has)
  --weights FILE         default: weights.safetensors beside this program
  --version, --help

Programs for a GPU
  --device N             which GPU (default 0)
  --tactics FILE         text file that pins the plan of each operation graph
  --tune                 time the plans and write the best to the file of --tactics
  --plans FILE           keep finished plans in this file, for a quick start
  --no-graph             queue each operation anew in every run, in place of one CUDA graph
  --device-buffers       keep inputs and outputs in memory of the GPU: runs copy nothing to or from the host

Programs for TensorRT
  --batch N              images in a run, where that may vary (default: as the files of inputs, or the usual one)
  --engine FILE          keep the engine in this file; "" for none (default: <model>.engine beside the weights)
  --plan FILE            write the engine as TensorRT's own programs want it, trtexec for example
  --rebuild              build the engine even if the file has it
  --workspace MIB        scratch memory that a layer may want (default: all of the GPU's)
  --optimization-level N how hard the build tries, 0 to 5 (default 3)
  --timing-cache FILE    keep measured times in this file, for quicker builds
  --builder-flag NAME    sparse-weights, version-compatible, ampere-plus...; may be repeated
  --plugin-library FILE  library with plugins that this program lacks
  --progress             tell how the build goes on (always on a terminal)

Images are resized to the input with OpenCV's INTER_LINEAR arithmetic and fed as 0..255.
)";

struct Options {
  std::vector<std::string> inputs;
  bool random = false;
  uint64_t seed = 0;
  bool rgb = false;
  std::vector<double> mean, scale;
  std::string output;
  std::vector<std::string> dumps;
  std::string dump_all;
  bool bench = false;
  uint64_t iterations = 0;
  double duration = 3;
  uint64_t warmup = 5;
  std::string profile;
  bool list = false;
  bool json = false;
  int threads = 0;
  std::string isa;
  std::string weights;
  int device = 0;
  std::string tactics;
  bool tune = false;
  std::string plans;
  bool no_graph = false;
  bool device_buffers = false;
  uint64_t batch = 0;
  bool engine_given = false;
  std::string engine, plan;
  bool rebuild = false;
  uint64_t workspace = 0;  // MiB
  int optimization_level = 0;  // as in arhat_options
  std::string timing_cache, builder_flags, plugin_library;
  bool progress = false;
};

inline double parse_number(const std::string& option, const std::string& text, double lowest, double highest) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !(value >= lowest && value <= highest))
    throw InputError(option + " wants a number from " + json_number(lowest) + " to " +
                     json_number(highest) + ", got '" + text + "'");
  return value;
}

inline uint64_t parse_count(const std::string& option, const std::string& text, double lowest, double highest) {
  const double value = parse_number(option, text, lowest, highest);
  if (value != std::floor(value)) throw InputError(option + " wants a whole number, got '" + text + "'");
  return static_cast<uint64_t>(value);
}

// One number for all channels, or one for each of three.
inline std::vector<double> parse_channels(const std::string& option, const std::string& text) {
  std::vector<double> values;
  for (size_t start = 0; start <= text.size();) {
    const size_t end = std::min(text.find(',', start), text.size());
    values.push_back(parse_number(option, text.substr(start, end - start), -1e30, 1e30));
    start = end + 1;
  }
  if (values.size() != 1 && values.size() != 3) throw InputError(option + " wants one number or three");
  if (option == "--scale" && std::count(values.begin(), values.end(), 0.0) != 0)
    throw InputError("--scale wants numbers other than 0");
  return values;
}

inline Options parse_command_line(int argc, char** argv) {
  Options options;
  const std::map<std::string, std::function<void()>> flags = {
      {"--rgb", [&] { options.rgb = true; }},
      {"--bench", [&] { options.bench = true; }},
      {"--list", [&] { options.list = true; }},
      {"--json", [&] { options.json = true; }},
      {"--tune", [&] { options.tune = true; }},
      {"--no-graph", [&] { options.no_graph = true; }},
      {"--device-buffers", [&] { options.device_buffers = true; }},
      {"--rebuild", [&] { options.rebuild = true; }},
      {"--progress", [&] { options.progress = true; }},
  };
  using Text = const std::string&;
  constexpr double whole = 9007199254740992.0;  // every integer up to here is a double
  const std::map<std::string, std::function<void(Text, Text)>> settings = {
      {"--input", [&](Text, Text value) { options.inputs.push_back(value); }},
      {"--random",
       [&](Text name, Text value) {
         options.random = true;
         options.seed = parse_count(name, value, 0, whole);
       }},
      {"--mean", [&](Text name, Text value) { options.mean = parse_channels(name, value); }},
      {"--scale", [&](Text name, Text value) { options.scale = parse_channels(name, value); }},
      {"--output", [&](Text, Text value) { options.output = value; }},
      {"--dump", [&](Text, Text value) { options.dumps.push_back(value); }},
      {"--dump-all", [&](Text, Text value) { options.dump_all = value; }},
      {"--iterations", [&](Text name, Text value) { options.iterations = parse_count(name, value, 1, 1e9); }},
      {"--duration", [&](Text name, Text value) { options.duration = parse_number(name, value, 0, 1e6); }},
      {"--warmup", [&](Text name, Text value) { options.warmup = parse_count(name, value, 0, 1e9); }},
      {"--profile",
       [&](Text, Text value) {
         if (value != "table" && value != "json") throw InputError("--profile wants 'table' or 'json'");
         options.profile = value;
       }},
      {"--threads",
       [&](Text name, Text value) { options.threads = static_cast<int>(parse_count(name, value, 0, 4096)); }},
      {"--isa", [&](Text, Text value) { options.isa = value; }},
      {"--weights", [&](Text, Text value) { options.weights = value; }},
      {"--device", [&](Text name, Text value) { options.device = static_cast<int>(parse_count(name, value, 0, 1023)); }},
      {"--tactics", [&](Text, Text value) { options.tactics = value; }},
      {"--plans", [&](Text, Text value) { options.plans = value; }},
      {"--batch", [&](Text name, Text value) { options.batch = parse_count(name, value, 1, 1e9); }},
      {"--engine",
       [&](Text, Text value) {
         options.engine_given = true;
         options.engine = value;
       }},
      {"--plan", [&](Text, Text value) { options.plan = value; }},
      {"--workspace", [&](Text name, Text value) { options.workspace = parse_count(name, value, 1, 1e9); }},
      {"--optimization-level",
       [&](Text name, Text value) {
         const int level = static_cast<int>(parse_count(name, value, 0, 5));
         options.optimization_level = level == 0 ? -1 : level;
       }},
      {"--timing-cache", [&](Text, Text value) { options.timing_cache = value; }},
      {"--builder-flag",
       [&](Text, Text value) { options.builder_flags += (options.builder_flags.empty() ? "" : ",") + value; }},
      {"--plugin-library", [&](Text, Text value) { options.plugin_library = value; }},
  };
  for (int i = 1; i < argc; ++i) {
    std::string name = argv[i];
    if (name == "--help" || name == "-h") {
      std::fputs(usage, stdout);
      std::exit(0);
    }
    if (name == "--version") {
      std::printf("Arhat %s\n", arhat_version());
      std::exit(0);
    }
    if (const auto flag = flags.find(name); flag != flags.end()) {
      flag->second();
      continue;
    }
    std::string value;
    const size_t equals = name.find('=');
    const bool joined = equals != std::string::npos;
    if (joined) {
      value = name.substr(equals + 1);
      name.resize(equals);
    }
    const auto setting = settings.find(name);
    if (setting == settings.end()) throw InputError("unknown option '" + name + "'; --help lists them");
    if (!joined) {
      if (i + 1 == argc) throw InputError(name + " wants a value");
      value = argv[++i];
    }
    setting->second(name, value);
  }
  if (options.tune && options.tactics.empty()) throw InputError("--tune wants --tactics, the file to write");
  return options;
}

}  // namespace arhat::runner

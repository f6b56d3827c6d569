// Command-line runner of a compiled model: runs it on arrays or an image, times it, shows its layers.
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "arhat/image/decode.hpp"
#include "arhat/image/resize.hpp"
#include "arhat/json.hpp"
#include "arhat/npy.hpp"
#include "model.h"

namespace {

using arhat::Array;
using arhat::Bytes;
using arhat::InputError;
using arhat::JsonBlock;
using arhat::json_text;
using Clock = std::chrono::steady_clock;

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
};

// ---------------------------------------------------------------------------------------------------------
// Command line

double parse_number(const std::string& option, const std::string& text, double lowest, double highest) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0' || !(value >= lowest && value <= highest))
    throw InputError(option + " wants a number from " + arhat::json_number(lowest) + " to " +
                     arhat::json_number(highest) + ", got '" + text + "'");
  return value;
}

uint64_t parse_count(const std::string& option, const std::string& text, double lowest, double highest) {
  const double value = parse_number(option, text, lowest, highest);
  if (value != std::floor(value)) throw InputError(option + " wants a whole number, got '" + text + "'");
  return static_cast<uint64_t>(value);
}

// One number for all channels, or one for each of three.
std::vector<double> parse_channels(const std::string& option, const std::string& text) {
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

Options parse_command_line(int argc, char** argv) {
  Options options;
  const std::map<std::string, std::function<void()>> flags = {
      {"--rgb", [&] { options.rgb = true; }},
      {"--bench", [&] { options.bench = true; }},
      {"--list", [&] { options.list = true; }},
      {"--json", [&] { options.json = true; }},
      {"--tune", [&] { options.tune = true; }},
      {"--no-graph", [&] { options.no_graph = true; }},
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

// ---------------------------------------------------------------------------------------------------------
// The model

void check(arhat_status status) {
  if (status != ARHAT_OK) throw InputError(arhat_last_error());
}

struct ModelDeleter {
  void operator()(arhat_model* model) const { arhat_model_destroy(model); }
};
using Model = std::unique_ptr<arhat_model, ModelDeleter>;

// weights.safetensors in the folder of this program.
std::string default_weights(const char* program) {
  char path[4096];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path);
  const std::string self = length > 0 ? std::string(path, static_cast<size_t>(length)) : program;
  const size_t slash = self.rfind('/');
  return (slash == std::string::npos ? "" : self.substr(0, slash + 1)) + "weights.safetensors";
}

Model create_model(const Options& options, const char* program) {
  const std::string weights = options.weights.empty() ? default_weights(program) : options.weights;
  const auto given = [](const std::string& text) { return text.empty() ? nullptr : text.c_str(); };
  arhat_options settings{};
  settings.threads = options.threads;
  settings.isa = given(options.isa);
  settings.device = options.device;
  settings.tactics = given(options.tactics);
  settings.tune = options.tune;
  settings.plans = given(options.plans);
  settings.no_cuda_graph = options.no_graph;
  arhat_model* model = nullptr;
  check(arhat_model_create(weights.c_str(), &settings, &model));
  return Model(model);
}

arhat_model_info info_of(const Model& model) {
  arhat_model_info info;
  check(arhat_model_get_info(model.get(), &info));
  return info;
}

using Describe = arhat_status (*)(const arhat_model*, size_t, arhat_tensor_info*);

std::vector<arhat_tensor_info> describe_all(const Model& model, Describe describe, size_t count) {
  std::vector<arhat_tensor_info> infos(count);
  for (size_t i = 0; i < count; ++i) check(describe(model.get(), i, &infos[i]));
  return infos;
}

struct TypeNames {
  const char* name;
  const char* npy;  // null: NumPy has no such type
};

TypeNames names_of(arhat_type type) {
  static const TypeNames names[] = {{"f32", "<f4"}, {"f16", "<f2"}, {"bf16", nullptr}, {"f64", "<f8"}, {"i8", "|i1"},
                                    {"u8", "|u1"},  {"i16", "<i2"}, {"u16", "<u2"},    {"i32", "<i4"}, {"u32", "<u4"},
                                    {"i64", "<i8"}, {"u64", "<u8"}, {"bool", "|b1"}};
  return names[type];
}

std::vector<int64_t> shape_of(const arhat_tensor_info& info) {
  return std::vector<int64_t>(info.dims, info.dims + info.rank);
}

std::string shape_text(const std::vector<int64_t>& shape) {
  std::string text = "[";
  for (size_t i = 0; i < shape.size(); ++i) text += (i == 0 ? "" : ",") + std::to_string(shape[i]);
  return text + "]";
}

std::string type_text(const arhat_tensor_info& info) { return names_of(info.type).name + shape_text(shape_of(info)); }

// A name of the model for the terminal: control characters become '?'.
std::string printable(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 32 || c == 127) c = '?';
  return text;
}

std::vector<std::string> split_lines(const char* lines) {
  std::vector<std::string> names;
  for (const char* start = lines; *start != '\0';) {
    const char* end = std::strchr(start, '\n');
    if (end == nullptr) end = start + std::strlen(start);
    names.emplace_back(start, end);
    start = *end == '\0' ? end : end + 1;
  }
  return names;
}

// An array of the model in a file; bfloat16, which NumPy lacks, is widened to float.
struct Saved {
  std::string dtype;
  Bytes widened;
  const void* data;
  size_t bytes;

  Saved(const arhat_tensor_info& info, const void* values) : data(values), bytes(info.bytes) {
    if (const char* npy = names_of(info.type).npy; npy != nullptr) {
      dtype = npy;
      return;
    }
    dtype = "<f4";
    const uint8_t* source = static_cast<const uint8_t*>(values);
    for (size_t i = 0; i < info.bytes; i += 2) {
      const uint8_t wide[] = {0, 0, source[i], source[i + 1]};
      widened.insert(widened.end(), wide, wide + 4);
    }
    data = widened.data();
    bytes = widened.size();
  }
};

// ---------------------------------------------------------------------------------------------------------
// Inputs

struct Buffers {
  std::vector<Bytes> storage;
  std::vector<arhat_tensor> tensors;
};

Buffers allocate(const std::vector<arhat_tensor_info>& infos) {
  Buffers buffers;
  for (const arhat_tensor_info& info : infos) buffers.storage.emplace_back(info.bytes);
  for (Bytes& bytes : buffers.storage) buffers.tensors.push_back({bytes.data(), bytes.size()});
  return buffers;
}

std::string wants(const arhat_tensor_info& info) {
  return "input '" + printable(info.name) + "' wants " + type_text(info);
}

void fill_from_array(const Array& array, const arhat_tensor_info& info, Bytes& target) {
  const char* npy = names_of(info.type).npy;
  if (npy == nullptr || array.dtype != npy || array.shape != shape_of(info))
    throw InputError(wants(info) + ", file has " + array.dtype + shape_text(array.shape) +
                     (npy == nullptr ? "" : " (" + std::string(npy) + " is " + names_of(info.type).name + ")"));
  std::memcpy(target.data(), array.data.data(), array.data.size());
}

void fill_from_image(const arhat::Image& image, const arhat_tensor_info& info, const Options& options, Bytes& target) {
  const auto is_channels = [&](int axis) { return info.dims[axis] == 1 || info.dims[axis] == 3; };
  const bool planar = info.rank == 4 && is_channels(1);
  if (info.rank != 4 || info.dims[0] != 1 || !(planar || is_channels(3)) ||
      (info.type != ARHAT_F32 && info.type != ARHAT_U8))
    throw InputError(wants(info) + ", which is not one image");
  const int64_t height = info.dims[planar ? 2 : 1], width = info.dims[planar ? 3 : 2];
  const size_t channels = static_cast<size_t>(info.dims[planar ? 1 : 3]);
  if (height < 1 || width < 1 || height > 65535 || width > 65535)
    throw InputError(wants(info) + ", which is not one image");
  if (info.type == ARHAT_U8 && !(options.mean.empty() && options.scale.empty()))
    throw InputError(wants(info) + ": --mean and --scale need f32");

  const arhat::Image resized = arhat::resize(image, static_cast<int>(width), static_cast<int>(height));
  const size_t plane = static_cast<size_t>(width) * static_cast<size_t>(height);
  const size_t stored = static_cast<size_t>(resized.channels);
  const auto setting = [](const std::vector<double>& values, size_t channel, double otherwise) {
    return static_cast<float>(values.empty() ? otherwise : values[values.size() == 1 ? 0 : channel]);
  };
  for (size_t c = 0; c < channels; ++c) {
    const float mean = setting(options.mean, c, 0), scale = setting(options.scale, c, 1);
    for (size_t i = 0; i < plane; ++i) {
      const uint8_t* pixel = resized.pixels.data() + i * stored;
      int level = pixel[0];
      if (channels == 3 && stored == 3) {
        level = pixel[options.rgb ? c : 2 - c];
      } else if (stored == 3) {  // luma of ITU-R BT.601
        level = (4899 * pixel[0] + 9617 * pixel[1] + 1868 * pixel[2] + 8192) >> 14;
      }
      const size_t index = planar ? c * plane + i : i * channels + c;
      if (info.type == ARHAT_U8) {
        target[index] = static_cast<uint8_t>(level);
      } else {
        const float value = (static_cast<float>(level) - mean) / scale;
        std::memcpy(target.data() + index * sizeof value, &value, sizeof value);
      }
    }
  }
}

// Floats from 0 to 1, small integers; the same for the same seed everywhere.
void fill_random(uint64_t seed, const arhat_tensor_info& info, Bytes& target) {
  uint64_t state = seed;
  const auto next = [&state] {  // splitmix64
    state += 0x9e3779b97f4a7c15u;
    uint64_t z = state;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  };
  size_t count = info.bytes;
  for (int i = 0; i < info.rank; ++i) count = info.dims[i] == 0 ? 0 : count / static_cast<size_t>(info.dims[i]);
  const size_t size = count;  // bytes of an element
  for (size_t offset = 0; offset < info.bytes; offset += size) {
    const uint64_t bits = next();
    uint8_t element[8] = {};
    if (info.type == ARHAT_F32) {
      const float value = static_cast<float>(bits >> 40) * 0x1p-24f;
      std::memcpy(element, &value, sizeof value);
    } else if (info.type == ARHAT_F64) {
      const double value = static_cast<double>(bits >> 11) * 0x1p-53;
      std::memcpy(element, &value, sizeof value);
    } else if (info.type == ARHAT_F16) {
      const uint16_t value = static_cast<uint16_t>(0x3800 | bits >> 54);  // from 0.5 to 1
      std::memcpy(element, &value, sizeof value);
    } else if (info.type == ARHAT_BF16) {
      const uint16_t value = static_cast<uint16_t>(0x3f00 | bits >> 57);  // from 0.5 to 1
      std::memcpy(element, &value, sizeof value);
    } else {
      element[0] = static_cast<uint8_t>(info.type == ARHAT_BOOL ? bits & 1 : info.type == ARHAT_U8 ? bits & 255 : bits & 7);
    }
    std::memcpy(target.data() + offset, element, size);
  }
}

void fill_from_file(const std::string& path, const arhat_tensor_info& info, const Options& options, Bytes& target) {
  const Bytes file = arhat::read_file(path);
  try {
    if (arhat::is_image(file)) {
      fill_from_image(arhat::decode_image(file), info, options, target);
    } else if (file.size() >= 2 && file[0] == 'P' && file[1] == 'K') {
      const arhat::NpzFile npz(file);
      const std::vector<std::string> names = npz.names();
      fill_from_array(npz.read(names.size() == 1 ? names[0] : info.name), info, target);
    } else if (file.size() >= 1 && file[0] == 0x93) {
      fill_from_array(arhat::parse_npy(arhat::Reader(file)), info, target);
    } else {
      throw InputError("not a .npy, .npz, PNG or JPEG file");
    }
  } catch (const InputError& error) {
    throw InputError("'" + path + "': " + error.what());
  }
}

Buffers read_inputs(const Options& options, const std::vector<arhat_tensor_info>& infos) {
  std::vector<std::string> files(infos.size());
  for (const std::string& argument : options.inputs) {
    const auto named = std::find_if(infos.begin(), infos.end(), [&](const arhat_tensor_info& info) {
      return argument.compare(0, std::strlen(info.name) + 1, std::string(info.name) + "=") == 0;
    });
    if (named != infos.end()) {
      files[static_cast<size_t>(named - infos.begin())] = argument.substr(std::strlen(named->name) + 1);
    } else if (infos.size() == 1) {
      files[0] = argument;
    } else if (access(argument.c_str(), F_OK) == 0) {
      const arhat::NpzFile npz(arhat::read_file(argument));
      for (size_t i = 0; i < infos.size(); ++i)
        if (npz.has(infos[i].name)) files[i] = argument;
    } else {
      std::string names;
      for (const arhat_tensor_info& info : infos) names += std::string(names.empty() ? "" : ", ") + info.name;
      throw InputError("--input '" + argument + "' names no input; there is " + printable(names));
    }
  }

  Buffers buffers = allocate(infos);
  for (size_t i = 0; i < infos.size(); ++i) {
    if (!files[i].empty()) {
      fill_from_file(files[i], infos[i], options, buffers.storage[i]);
    } else if (options.random || options.inputs.empty()) {
      if (!options.random)
        std::fprintf(stderr, "note: input '%s' is random (seed 0)\n", printable(infos[i].name).c_str());
      fill_random(options.seed + i, infos[i], buffers.storage[i]);
    } else {
      throw InputError(wants(infos[i]) + ", and no --input gives it");
    }
  }
  return buffers;
}

// ---------------------------------------------------------------------------------------------------------
// Results

struct Session {
  const Options& options;
  Model model;
  arhat_model_info info;
  std::vector<arhat_tensor_info> inputs, outputs, values;
  std::vector<std::string> value_names;  // by value: its layer, made unique with #1, #2, ...
  Buffers in, out;

  void run() {
    check(arhat_model_run(model.get(), in.tensors.data(), in.tensors.size(), out.tensors.data(), out.tensors.size()));
  }
  // What is dumped or measured starts where the first run started.
  void reset() { check(arhat_model_reset_state(model.get())); }
};

void write_outputs(const Session& session) {
  arhat::NpzWriter npz(session.options.output);
  for (size_t i = 0; i < session.outputs.size(); ++i) {
    const Saved saved(session.outputs[i], session.out.tensors[i].data);
    npz.add(session.outputs[i].name, saved.dtype, shape_of(session.outputs[i]), saved.data, saved.bytes);
  }
  npz.finish();
}

// One line per output: its range, and the highest classes of a vector of scores.
void print_outputs(const Session& session) {
  for (size_t i = 0; i < session.outputs.size(); ++i) {
    const arhat_tensor_info& info = session.outputs[i];
    std::printf("%s %s", printable(info.name).c_str(), type_text(info).c_str());
    if (info.type == ARHAT_F32 && info.bytes != 0) {
      std::vector<float> values(info.bytes / sizeof(float));
      std::memcpy(values.data(), session.out.tensors[i].data, info.bytes);
      double sum = 0;
      for (const float value : values) sum += static_cast<double>(value);
      const auto [low, high] = std::minmax_element(values.begin(), values.end());
      std::printf("  min %.6g  mean %.6g  max %.6g", static_cast<double>(*low),
                  sum / static_cast<double>(values.size()), static_cast<double>(*high));
      const bool scores = info.rank >= 2 && std::count(info.dims, info.dims + info.rank, 1) == info.rank - 1;
      if (scores && values.size() >= 10) {
        std::vector<size_t> order(values.size());
        for (size_t k = 0; k < order.size(); ++k) order[k] = k;
        std::partial_sort(order.begin(), order.begin() + 5, order.end(),
                          [&](size_t a, size_t b) { return values[a] > values[b]; });
        std::printf("  top");
        for (size_t k = 0; k < 5; ++k) std::printf(" %zu:%.6g", order[k], static_cast<double>(values[order[k]]));
      }
    }
    std::printf("\n");
  }
}

struct Dump {
  size_t value;
  std::string path;
};

std::string file_name(const std::string& layer) {
  std::string name;
  for (const char c : layer.substr(0, 200))
    name += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.' ? c : '_';
  return (name.empty() || name[0] == '.' ? "_" : "") + name + ".npy";
}

Dump find_dump(const Session& session, const std::string& argument) {
  const auto find = [&](const std::string& layer) {
    return static_cast<size_t>(std::find(session.value_names.begin(), session.value_names.end(), layer) -
                               session.value_names.begin());
  };
  if (const size_t value = find(argument); value < session.values.size()) return {value, file_name(argument)};
  const size_t equals = argument.rfind('=');
  const std::string layer = argument.substr(0, equals);
  if (const size_t value = find(layer); value < session.values.size()) return {value, argument.substr(equals + 1)};
  for (size_t i = 0; i < session.info.operations; ++i) {
    arhat_profile_row row;
    check(arhat_model_profile_row(session.model.get(), i, &row));
    const std::vector<std::string> layers = split_lines(row.layers);
    if (std::count(layers.begin(), layers.end(), layer) != 0)
      throw InputError("layer '" + printable(layer) + "' has no value of its own: it is computed together with '" +
                       printable(layers.back()) + "'");
  }
  throw InputError("the model has no layer '" + printable(layer) + "'; --list shows them");
}

// Runs the model once and writes the layers that --dump and --dump-all ask for.
void dump_layers(Session& session, const std::vector<Dump>& dumps) {
  struct Watch {
    const Session& session;
    const std::vector<Dump>& dumps;
    std::unique_ptr<arhat::NpzWriter> all;
    std::string error;

    void see(size_t value, const arhat_tensor_info& info, const void* data) {
      const Saved saved(info, data);
      if (all) all->add(session.value_names[value], saved.dtype, shape_of(info), saved.data, saved.bytes);
      for (const Dump& dump : dumps)
        if (dump.value == value) arhat::write_npy(dump.path, saved.dtype, shape_of(info), saved.data, saved.bytes);
    }
  } watch{session, dumps, nullptr, ""};
  session.reset();
  if (!session.options.dump_all.empty()) watch.all = std::make_unique<arhat::NpzWriter>(session.options.dump_all);

  const auto callback = [](void* user, size_t value, const arhat_tensor_info* info, const void* data) {
    Watch& self = *static_cast<Watch*>(user);
    try {  // nothing may be thrown through the C interface
      self.see(value, *info, data);
    } catch (const std::exception& error) {
      self.error = error.what();
      return 1;
    }
    return 0;
  };
  const arhat_status status =
      arhat_model_watch(session.model.get(), session.in.tensors.data(), session.in.tensors.size(),
                        session.out.tensors.data(), session.out.tensors.size(), callback, &watch);
  if (!watch.error.empty()) throw InputError(watch.error);
  check(status);
  if (watch.all) watch.all->finish();
}

void print_list(const Session& session) {
  struct Section {
    const char* title;
    const std::vector<arhat_tensor_info>& infos;
    const std::vector<std::string>* names;
  };
  const Section sections[] = {{"inputs", session.inputs, nullptr},
                              {"outputs", session.outputs, nullptr},
                              {"layers", session.values, &session.value_names}};
  JsonBlock json('{', '}', 0);
  json.member("model", json_text(session.info.name));
  for (const Section& section : sections) {
    JsonBlock rows('[', ']', 1);
    if (!session.options.json) std::printf("%s\n", section.title);
    for (size_t i = 0; i < section.infos.size(); ++i) {
      const arhat_tensor_info& info = section.infos[i];
      const std::string name = section.names != nullptr ? (*section.names)[i] : info.name;
      rows.item("{\"name\": " + json_text(name) + ", \"type\": " + json_text(names_of(info.type).name) +
                ", \"shape\": " + shape_text(shape_of(info)) + "}");
      if (!session.options.json) std::printf("  %s %s\n", printable(name).c_str(), type_text(info).c_str());
    }
    json.member(section.title, rows.finish());
  }
  if (session.options.json) std::printf("%s\n", json.finish().c_str());
}

// ---------------------------------------------------------------------------------------------------------
// Measurements

double ms_between(Clock::time_point start, Clock::time_point end) {
  return std::chrono::duration<double, std::milli>(end - start).count();
}

double cpu_ms() { return 1e3 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// The most memory that this program has held. On Linux not from getrusage(): its number starts with what the
// process that started this one held, a shell or a large Python program.
uint64_t peak_memory() {
  if (std::FILE* status = std::fopen("/proc/self/status", "r")) {
    char line[256];
    unsigned long long kilobytes = 0;
    while (std::fgets(line, sizeof line, status) != nullptr && std::sscanf(line, "VmHWM: %llu", &kilobytes) != 1) {
    }
    std::fclose(status);
    if (kilobytes != 0) return kilobytes * 1024;
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
#ifdef __APPLE__
  return static_cast<uint64_t>(usage.ru_maxrss);
#else
  return static_cast<uint64_t>(usage.ru_maxrss) * 1024;
#endif
}

struct Moments {
  Clock::time_point process_start;  // when main began, less the processor time spent before: loading, linking
  double load_ms;
  Clock::time_point first_result;
};

// How many runs the options ask for, warm-up aside, after `done` of them took `spent` seconds.
bool enough(const Options& options, uint64_t done, double spent) {
  return options.iterations != 0 ? done >= options.iterations : done != 0 && spent >= options.duration;
}

// Where the model runs: the GPU, or the number of threads.
std::string place_text(const arhat_model_info& info) {
  if (*info.device != '\0') return printable(info.device);
  return std::to_string(info.threads) + (info.threads == 1 ? " thread" : " threads");
}

void add_place(JsonBlock& json, const arhat_model_info& info) {
  json.member("isa", json_text(info.isa));
  json.member("threads", static_cast<uint64_t>(info.threads));
  if (*info.device != '\0') json.member("device", json_text(info.device));
}

void bench(Session& session, const Moments& moments) {
  const Options& options = session.options;
  session.reset();
  for (uint64_t i = 0; i < options.warmup; ++i) session.run();
  std::vector<double> times;
  const Clock::time_point start = Clock::now();
  const double cpu_start = cpu_ms();
  Clock::time_point last = start;
  while (!enough(options, times.size(), ms_between(start, last) / 1e3)) {
    session.run();
    const Clock::time_point now = Clock::now();
    times.push_back(ms_between(last, now));
    last = now;
  }
  const double count = static_cast<double>(times.size());
  const double mean = ms_between(start, last) / count;
  const double cpu = (cpu_ms() - cpu_start) / count;
  std::sort(times.begin(), times.end());
  const auto percentile = [&](double p) {  // nearest rank
    return times[static_cast<size_t>(std::max(std::ceil(p / 100 * count), 1.0)) - 1];
  };
  const double first = ms_between(moments.process_start, moments.first_result);

  if (!options.json) {
    std::printf("%s: %s, %s, %zu runs after %llu to warm up\n", printable(session.info.name).c_str(),
                session.info.isa, place_text(session.info).c_str(), times.size(),
                static_cast<unsigned long long>(options.warmup));
    std::printf("  mean %.3f ms  p50 %.3f  p90 %.3f  p99 %.3f  min %.3f  max %.3f\n", mean, percentile(50),
                percentile(90), percentile(99), times.front(), times.back());
    std::printf("  %.2f runs/s, %.3f ms of processor time a run\n", 1e3 / mean, cpu);
    std::printf("  load %.2f ms, first result %.2f ms after the process started, peak memory %.1f MB\n",
                moments.load_ms, first, static_cast<double>(peak_memory()) / 1e6);
    if (*session.info.device != '\0')
      std::printf("  %.1f MB on the device\n", static_cast<double>(session.info.device_bytes) / 1e6);
    return;
  }
  JsonBlock json('{', '}', 0);
  json.member("model", json_text(session.info.name));
  add_place(json, session.info);
  json.member("warmup", options.warmup);
  json.member("iterations", static_cast<uint64_t>(times.size()));
  json.member("mean_ms", mean);
  json.member("p50_ms", percentile(50));
  json.member("p90_ms", percentile(90));
  json.member("p99_ms", percentile(99));
  json.member("min_ms", times.front());
  json.member("max_ms", times.back());
  json.member("cpu_ms", cpu);
  json.member("throughput", 1e3 / mean);
  json.member("load_ms", moments.load_ms);
  json.member("first_result_ms", first);
  // On the clock that other processes of this machine share: a parent can count from when it started this one.
  json.member("first_result_at_ns",
              static_cast<uint64_t>(
                  std::chrono::duration_cast<std::chrono::nanoseconds>(moments.first_result.time_since_epoch())
                      .count()));
  json.member("peak_memory_bytes", peak_memory());
  json.member("weight_bytes", session.info.weight_bytes);
  json.member("arena_bytes", session.info.arena_bytes);
  if (*session.info.device != '\0') json.member("device_bytes", session.info.device_bytes);
  std::printf("%s\n", json.finish().c_str());
}

void profile(Session& session) {
  const Options& options = session.options;
  session.reset();
  for (uint64_t i = 0; i < options.warmup; ++i) session.run();
  check(arhat_model_profile_enable(session.model.get(), 1));
  const Clock::time_point start = Clock::now();
  uint64_t runs = 0;
  do {
    session.run();
    ++runs;
  } while (!enough(options, runs, ms_between(start, Clock::now()) / 1e3));
  check(arhat_model_profile_enable(session.model.get(), 0));

  std::vector<arhat_profile_row> rows(session.info.operations);
  double total = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    check(arhat_model_profile_row(session.model.get(), i, &rows[i]));
    total += static_cast<double>(rows[i].total_ns) / 1e6 / static_cast<double>(runs);
  }
  JsonBlock operations('[', ']', 1);
  if (options.profile == "table")
    std::printf("   #    mean ms      %%  GFLOP/s    GB/s  operation  [layers]\n");
  for (size_t i = 0; i < rows.size(); ++i) {
    const arhat_profile_row& row = rows[i];
    const double mean = static_cast<double>(row.total_ns) / 1e6 / static_cast<double>(runs);
    std::string layers;
    for (const std::string& layer : split_lines(row.layers))
      layers += (layers.empty() ? "" : ", ") + (options.profile == "table" ? printable(layer) : json_text(layer));
    if (options.profile == "table") {
      const double seconds = std::max(mean / 1e3, 1e-12);
      std::printf("%4zu %10.4f %6.2f %8.1f %7.1f  %s  [%s]\n", i, mean, total > 0 ? 100 * mean / total : 0.0,
                  row.flops / seconds / 1e9, row.bytes / seconds / 1e9, row.operation, layers.c_str());
      continue;
    }
    operations.item("{\"operation\": " + json_text(row.operation) + ", \"layers\": [" + layers +
                    "], \"mean_ms\": " + arhat::json_number(mean) +
                    ", \"min_ms\": " + arhat::json_number(static_cast<double>(row.min_ns) / 1e6) +
                    ", \"flops\": " + arhat::json_number(row.flops) + ", \"bytes\": " + arhat::json_number(row.bytes) +
                    "}");
  }
  if (options.profile == "table") {
    std::printf("     %10.4f  total of %zu operations, mean of %llu runs\n", total, rows.size(),
                static_cast<unsigned long long>(runs));
    return;
  }
  JsonBlock json('{', '}', 0);
  json.member("model", json_text(session.info.name));
  add_place(json, session.info);
  json.member("runs", runs);
  json.member("total_ms", total);
  json.member("operations", operations.finish());
  std::printf("%s\n", json.finish().c_str());
}

std::vector<std::string> name_values(const std::vector<arhat_tensor_info>& values) {
  std::vector<std::string> names;
  std::map<std::string, int> seen;
  for (const arhat_tensor_info& value : values) {
    const std::vector<std::string> layers = split_lines(value.name);
    const std::string layer = layers.empty() ? "" : layers.back();
    const int earlier = seen[layer]++;
    names.push_back(earlier == 0 ? layer : layer + "#" + std::to_string(earlier));
  }
  return names;
}

void run(int argc, char** argv) {
  Moments moments{};
  moments.process_start =
      Clock::now() - std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double, std::milli>(cpu_ms()));
  const Options options = parse_command_line(argc, argv);

  const Clock::time_point load_start = Clock::now();
  Model model = create_model(options, argv[0]);
  moments.load_ms = ms_between(load_start, Clock::now());

  const arhat_model_info info = info_of(model);
  for (const std::string& note : split_lines(info.notes))
    std::fprintf(stderr, "note: %s\n", printable(note).c_str());
  Session session{options, std::move(model), info, {}, {}, {}, {}, {}, {}};
  session.inputs = describe_all(session.model, arhat_model_input, info.inputs);
  session.outputs = describe_all(session.model, arhat_model_output, info.outputs);
  session.values = describe_all(session.model, arhat_model_value, info.values);
  session.value_names = name_values(session.values);
  if (options.list) {
    print_list(session);
    return;
  }

  std::vector<Dump> dumps;
  for (const std::string& dump : options.dumps) dumps.push_back(find_dump(session, dump));
  session.in = read_inputs(options, session.inputs);
  session.out = allocate(session.outputs);
  session.run();
  moments.first_result = Clock::now();

  if (!dumps.empty() || !options.dump_all.empty()) dump_layers(session, dumps);
  if (!options.output.empty()) write_outputs(session);
  if (options.bench) bench(session, moments);
  if (!options.profile.empty()) profile(session);
  const bool quiet = options.bench || !options.profile.empty() || !dumps.empty() || !options.dump_all.empty() ||
                     !options.output.empty();
  if (!quiet) print_outputs(session);
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(argc, argv);
    return 0;
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr, "error: out of memory\n");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", printable(error.what()).c_str());
  }
  return 1;
}

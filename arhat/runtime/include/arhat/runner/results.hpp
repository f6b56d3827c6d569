// What the runner shows of a model: outputs, layers, lists.
#pragma once

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "arhat/json.hpp"
#include "arhat/npy.hpp"
#include "arhat/runner/inputs.hpp"
#include "arhat/runner/model.hpp"
#include "arhat/runner/options.hpp"
#include "model.h"

namespace arhat::runner {

// The same buffers in memory of the model's device.
class DeviceBuffers {
 public:
  DeviceBuffers(const Model& model, const Buffers& host) : host_(host) {
    for (const arhat_tensor& tensor : host.tensors) {
      void* data = nullptr;
      check(arhat_device_alloc(model.get(), tensor.bytes, &data));
      tensors.push_back({data, tensor.bytes});
    }
  }
  DeviceBuffers(const DeviceBuffers&) = delete;
  DeviceBuffers& operator=(const DeviceBuffers&) = delete;
  ~DeviceBuffers() {
    for (const arhat_tensor& tensor : tensors) arhat_device_free(tensor.data);
  }
  void from_host() const {
    for (size_t i = 0; i < tensors.size(); ++i)
      check(arhat_device_copy(tensors[i].data, host_.tensors[i].data, tensors[i].bytes));
  }
  void to_host() const {
    for (size_t i = 0; i < tensors.size(); ++i)
      check(arhat_device_copy(host_.tensors[i].data, tensors[i].data, tensors[i].bytes));
  }
  std::vector<arhat_tensor> tensors;

 private:
  const Buffers& host_;
};

struct Session {
  const Options& options;
  Model model;
  arhat_model_info info;
  std::vector<arhat_tensor_info> inputs, outputs, values;
  std::vector<std::string> value_names;  // by value: its layer, made unique with #1, #2, ...
  Buffers in, out;
  int64_t batch;       // of the runs; 0 where the model has a fixed one
  size_t notes_shown;  // how many lines of the model's notes
  std::unique_ptr<DeviceBuffers> device_in, device_out;  // where the model uses these in their place

  void allocate_on_device() {
    device_in = std::make_unique<DeviceBuffers>(model, in);
    device_out = std::make_unique<DeviceBuffers>(model, out);
    device_in->from_host();
  }
  const std::vector<arhat_tensor>& inputs_to_use() const { return device_in ? device_in->tensors : in.tensors; }
  const std::vector<arhat_tensor>& outputs_to_use() const { return device_out ? device_out->tensors : out.tensors; }

  void run() {
    const std::vector<arhat_tensor>&given = inputs_to_use(), &wanted = outputs_to_use();
    check(arhat_model_run(model.get(), given.data(), given.size(), wanted.data(), wanted.size()));
  }
  // Brings what the latest run gave into `out`.
  void fetch() const {
    if (device_out) device_out->to_host();
  }
  // Tells what the model does otherwise than asked, as far as that is new.
  void show_notes() {
    info = info_of(model);
    const std::vector<std::string> lines = split_lines(info.notes);
    for (; notes_shown < lines.size(); ++notes_shown)
      std::fprintf(stderr, "note: %s\n", printable(lines[notes_shown]).c_str());
  }
  // What is dumped or measured starts where the first run started.
  void reset() { check(arhat_model_reset_state(model.get())); }
};

inline void write_outputs(const Session& session) {
  NpzWriter npz(session.options.output);
  for (size_t i = 0; i < session.outputs.size(); ++i) {
    const Saved saved(session.outputs[i], session.out.tensors[i].data);
    npz.add(session.outputs[i].name, saved.dtype, shape_of(session.outputs[i]), saved.data, saved.bytes);
  }
  npz.finish();
}

// One line per output: its range, and the highest classes of a vector of scores.
inline void print_outputs(const Session& session) {
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

inline std::string file_name(const std::string& layer) {
  std::string name;
  for (const char c : layer.substr(0, 200))
    name += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '.' ? c : '_';
  return (name.empty() || name[0] == '.' ? "_" : "") + name + ".npy";
}

inline Dump find_dump(const Session& session, const std::string& argument) {
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
inline void dump_layers(Session& session, const std::vector<Dump>& dumps) {
  struct Watch {
    const Session& session;
    const std::vector<Dump>& dumps;
    std::unique_ptr<NpzWriter> all;
    std::string error;

    void see(size_t value, const arhat_tensor_info& info, const void* data) {
      const Saved saved(info, data);
      if (all) all->add(session.value_names[value], saved.dtype, shape_of(info), saved.data, saved.bytes);
      for (const Dump& dump : dumps)
        if (dump.value == value) write_npy(dump.path, saved.dtype, shape_of(info), saved.data, saved.bytes);
    }
  } watch{session, dumps, nullptr, ""};
  session.reset();
  if (!session.options.dump_all.empty()) watch.all = std::make_unique<NpzWriter>(session.options.dump_all);

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
  const std::vector<arhat_tensor>&given = session.inputs_to_use(), &wanted = session.outputs_to_use();
  const arhat_status status = arhat_model_watch(session.model.get(), given.data(), given.size(), wanted.data(),
                                                wanted.size(), callback, &watch);
  if (!watch.error.empty()) throw InputError(watch.error);
  check(status);
  if (watch.all) watch.all->finish();
}

inline void print_list(const Session& session) {
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
  const arhat_model_info& model = session.info;
  if (model.batch_opt != 0) {
    json.member("batch", shape_text({model.batch_min, model.batch_opt, model.batch_max}));
    if (!session.options.json)
      std::printf("batch from %lld to %lld, usually %lld\n", static_cast<long long>(model.batch_min),
                  static_cast<long long>(model.batch_max), static_cast<long long>(model.batch_opt));
  }
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

}  // namespace arhat::runner

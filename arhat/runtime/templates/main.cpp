// Command-line runner of a compiled model: runs it on arrays or an image, times it, shows its layers.
#include <chrono>
#include <cstdio>
#include <exception>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "arhat/runner/batch.hpp"
#include "arhat/runner/inputs.hpp"
#include "arhat/runner/measure.hpp"
#include "arhat/runner/model.hpp"
#include "arhat/runner/options.hpp"
#include "arhat/runner/results.hpp"
#include "model.h"

namespace arhat::runner {
namespace {

void run(int argc, char** argv) {
  Moments moments{};
  moments.process_start =
      Clock::now() - std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double, std::milli>(cpu_ms()));
  const Options options = parse_command_line(argc, argv);

  const Clock::time_point load_start = Clock::now();
  Model model = create_model(options, argv[0]);
  moments.load_ms = ms_between(load_start, Clock::now());

  const arhat_model_info info = info_of(model);
  Session session{options, std::move(model), info, {}, {}, {}, {}, {}, {}, 0, 0, {}, {}};
  session.show_notes();
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
  const std::vector<std::string> files = files_of(options, session.inputs);
  session.batch = choose_batch(options, info, session.inputs, files);
  set_batch(session.inputs, info, session.batch);
  set_batch(session.outputs, info, session.batch);
  session.in = read_inputs(options, session.inputs, files);
  session.out = allocate(session.outputs);
  if (options.device_buffers) session.allocate_on_device();
  session.run();
  session.fetch();
  moments.first_result = Clock::now();

  if (!dumps.empty() || !options.dump_all.empty()) dump_layers(session, dumps);
  session.fetch();
  if (!options.output.empty()) write_outputs(session);
  if (options.bench) bench(session, moments);
  if (!options.profile.empty()) profile(session);
  const bool quiet = options.bench || !options.profile.empty() || !dumps.empty() || !options.dump_all.empty() ||
                     !options.output.empty();
  if (!quiet) print_outputs(session);
  session.show_notes();
}

}  // namespace
}  // namespace arhat::runner

int main(int argc, char** argv) {
  try {
    arhat::runner::run(argc, argv);
    return 0;
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr, "error: out of memory\n");
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", arhat::runner::printable(error.what()).c_str());
  }
  return 1;
}

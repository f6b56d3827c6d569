// What the runner measures: latencies, throughput, memory, the time of each operation.
#pragma once

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <string>
#include <vector>

#include "arhat/json.hpp"
#include "arhat/runner/model.hpp"
#include "arhat/runner/options.hpp"
#include "arhat/runner/results.hpp"
#include "model.h"

namespace arhat::runner {

using Clock = std::chrono::steady_clock;

inline double ms_between(Clock::time_point start, Clock::time_point end) {
  return std::chrono::duration<double, std::milli>(end - start).count();
}

inline double cpu_ms() { return 1e3 * static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// The most memory that this program has held. On Linux not from getrusage(): its number starts with what the
// process that started this one held, a shell or a large Python program.
inline uint64_t peak_memory() {
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
inline bool enough(const Options& options, uint64_t done, double spent) {
  return options.iterations != 0 ? done >= options.iterations : done != 0 && spent >= options.duration;
}

// Where the model runs: the GPU, or the number of threads.
inline std::string place_text(const arhat_model_info& info) {
  if (*info.device != '\0') return printable(info.device);
  return std::to_string(info.threads) + (info.threads == 1 ? " thread" : " threads");
}

inline void add_place(JsonBlock& json, const arhat_model_info& info, int64_t batch) {
  if (batch != 0) json.member("batch", static_cast<uint64_t>(batch));
  json.member("isa", json_text(info.isa));
  json.member("threads", static_cast<uint64_t>(info.threads));
  if (*info.device != '\0') json.member("device", json_text(info.device));
}

inline void bench(Session& session, const Moments& moments) {
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
    const std::string batch = session.batch == 0 ? "" : " of batch " + std::to_string(session.batch);
    std::printf("%s: %s, %s, %zu runs%s after %llu to warm up\n", printable(session.info.name).c_str(),
                session.info.isa, place_text(session.info).c_str(), times.size(), batch.c_str(),
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
  add_place(json, session.info, session.batch);
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

inline void profile(Session& session) {
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

  std::vector<arhat_profile_row> rows(info_of(session.model).operations);
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
                  row.flops / seconds / 1e9, row.bytes / seconds / 1e9, printable(row.operation).c_str(), layers.c_str());
      continue;
    }
    operations.item("{\"operation\": " + json_text(row.operation) + ", \"layers\": [" + layers +
                    "], \"mean_ms\": " + json_number(mean) +
                    ", \"min_ms\": " + json_number(static_cast<double>(row.min_ns) / 1e6) +
                    ", \"flops\": " + json_number(row.flops) + ", \"bytes\": " + json_number(row.bytes) +
                    "}");
  }
  if (options.profile == "table") {
    std::printf("     %10.4f  total of %zu operations, mean of %llu runs\n", total, rows.size(),
                static_cast<unsigned long long>(runs));
    return;
  }
  JsonBlock json('{', '}', 0);
  json.member("model", json_text(session.info.name));
  add_place(json, session.info, session.batch);
  json.member("runs", runs);
  json.member("total_ms", total);
  json.member("operations", operations.finish());
  std::printf("%s\n", json.finish().c_str());
}

}  // namespace arhat::runner

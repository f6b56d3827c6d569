// How many cores this process may use: its affinity mask, and the CPU quota of its control groups.
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <string>
#include <thread>

#ifdef __linux__
#include <sched.h>
#endif

namespace arhat {

#ifdef __linux__

// Reads a small text file; empty if there is none.
inline std::string read_small_file(const std::string& path) {
  std::string text;
  if (std::FILE* file = std::fopen(path.c_str(), "re")) {
    char buffer[4096];
    text.assign(buffer, std::fread(buffer, 1, sizeof buffer, file));
    std::fclose(file);
  }
  return text;
}

// Cores granted by a quota and a period in microseconds, at least one; 0 if there is no quota.
inline int quota_cores(double quota, double period) {
  if (quota <= 0 || period <= 0) return 0;
  return std::max(1, static_cast<int>(std::min(quota / period + 0.5, 4096.0)));
}

// The smallest quota on the way from this process's control group up to the root, as cores; 0: no limit.
inline int control_group_cores() {
  int cores = 0;
  auto note = [&cores](int granted) {
    if (granted > 0) cores = cores == 0 ? granted : std::min(cores, granted);
  };
  const std::string groups = read_small_file("/proc/self/cgroup");  // lines "id:controllers:/path"
  for (size_t line = 0; line < groups.size();) {
    const size_t end = std::min(groups.find('\n', line), groups.size());
    const size_t first = groups.find(':', line);
    const size_t second = first < end ? groups.find(':', first + 1) : end;
    if (second < end) {
      const std::string controllers = groups.substr(first + 1, second - first - 1);
      const bool v2 = controllers.empty();
      const std::string root = v2 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/cpu";
      for (std::string path = groups.substr(second + 1, end - second - 1);; path.resize(path.rfind('/'))) {
        const std::string folder = root + (path == "/" ? "" : path);
        double quota = 0, period = 0;
        if (v2) {
          if (std::sscanf(read_small_file(folder + "/cpu.max").c_str(), "%lf %lf", &quota, &period) == 2)
            note(quota_cores(quota, period));
        } else if (("," + controllers + ",").find(",cpu,") != std::string::npos) {
          if (std::sscanf(read_small_file(folder + "/cpu.cfs_quota_us").c_str(), "%lf", &quota) == 1 &&
              std::sscanf(read_small_file(folder + "/cpu.cfs_period_us").c_str(), "%lf", &period) == 1)
            note(quota_cores(quota, period));
        }
        if (path.rfind('/') == std::string::npos) break;
      }
    }
    line = end + 1;
  }
  return cores;
}

inline int affinity_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 0;
}

#else

inline int control_group_cores() { return 0; }
inline int affinity_cores() { return 0; }

#endif

inline int available_cores() {
  int cores = affinity_cores();
  if (cores == 0) cores = static_cast<int>(std::thread::hardware_concurrency());
  if (const int granted = control_group_cores(); granted > 0) cores = std::min(cores, granted);
  return std::max(cores, 1);
}

}  // namespace arhat

// What is built of a network: a plan, which is a sequence of bytes, and an engine, which is read from one.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core.hpp"

namespace standin {

struct Plan {
  std::string name;
  int32_t verbosity = 0;
  std::vector<Value> values;
  std::vector<Operation> operations;
  std::vector<int32_t> inputs, outputs;
  std::vector<Profile> profiles;
  std::shared_ptr<const std::vector<char>> bytes;  // where the weights of a plan that was read are
};

std::vector<char> write_plan(const Plan& plan);
// Throws a Refusal where the bytes are not a plan of this version.
std::shared_ptr<const Plan> read_plan(const void* bytes, size_t size);

// Writes the JSON text of a plan, and its weights beside it.
void record(const Plan& plan, const std::string& path);

// Whether the environment asks for this failure, for tests: ARHAT_TRT_FAIL=build-oom,context-oom,...
bool failure_wanted(const char* kind);

struct HostMemory final : nvinfer1::IHostMemory {
  explicit HostMemory(std::vector<char> b) : bytes(std::move(b)) {}
  std::vector<char> bytes;
};

}  // namespace standin

// What the tests of the stand-in share: a logger that keeps what is said, and a network to fill.
#pragma once

#include <NvInfer.h>

#include <cstdio>
#include <deque>
#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

using nvinfer1::DataType;
using nvinfer1::Dims;
using nvinfer1::ITensor;
using nvinfer1::Weights;

struct Logger : nvinfer1::ILogger {
  void log(Severity severity, const char* message) noexcept override {
    if (severity <= Severity::kERROR) errors += (errors.empty() ? "" : " | ") + std::string(message);
  }
  std::string errors;
};

inline Dims dims(std::initializer_list<int64_t> extents) {
  Dims result{};
  for (const int64_t extent : extents) result.d[result.nbDims++] = extent;
  return result;
}

struct Net {
  Logger logger;
  std::unique_ptr<nvinfer1::IBuilder> builder{nvinfer1::createInferBuilder(logger)};
#if NV_TENSORRT_MAJOR < 11
  std::unique_ptr<nvinfer1::INetworkDefinition> network{
      builder->createNetworkV2(1u << static_cast<int>(nvinfer1::NetworkDefinitionCreationFlag::kSTRONGLY_TYPED))};
#else
  std::unique_ptr<nvinfer1::INetworkDefinition> network{builder->createNetworkV2(0)};
#endif
  std::unique_ptr<nvinfer1::IBuilderConfig> config{builder->createBuilderConfig()};
  std::deque<std::vector<char>> memory;
  int inputs = 0;

  nvinfer1::INetworkDefinition* operator->() { return network.get(); }

  ITensor& input(std::initializer_list<int64_t> extents, DataType type = DataType::kFLOAT) {
    return *network->addInput(("x" + std::to_string(inputs++)).c_str(), type, dims(extents));
  }
  // So many elements, all of their bytes zero.
  Weights zeros(int64_t count, DataType type = DataType::kFLOAT) {
    return {type, memory.emplace_back(static_cast<size_t>(count) * 8).data(), count};
  }
  template <class T>
  ITensor& constant(DataType type, std::initializer_list<int64_t> extents, std::initializer_list<T> values) {
    std::vector<char>& bytes = memory.emplace_back(values.size() * sizeof(T));
    std::copy(values.begin(), values.end(), reinterpret_cast<T*>(bytes.data()));
    return *network->addConstant(dims(extents), {type, bytes.data(), static_cast<int64_t>(values.size())})
                ->getOutput(0);
  }
  std::unique_ptr<nvinfer1::IHostMemory> build() {
    return std::unique_ptr<nvinfer1::IHostMemory>(builder->buildSerializedNetwork(*network, *config));
  }
};

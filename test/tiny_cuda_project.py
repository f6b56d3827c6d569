"""A compiled model for CUDA written by hand, of one op of each sort: for tests of what surrounds a program."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from cudnn.planner import first_with, include_folders, library_folders

from arhat.emit.project import OpSpec, Project, TensorSpec, write_project
from arhat.emit.weights_file import Entry, plan_weights

Array = np.ndarray[Any, np.dtype[Any]]

# x as NHWC -> a convolution 1x1 with bias and ReLU, 8 to 8 channels -> twice that, on another stream -> the rows of
# pixels times a matrix [8,4].
SOURCE = r"""
#include <cstdint>

#include "arhat/cuda/frame.hpp"
#include "arhat/kernels/launch.hpp"

namespace arhat {
namespace {

struct ToPixels {
  const float* x;
  float* y;
  __host__ __device__ void operator()(int64_t i) const { y[i] = x[i % 8 * 16 + i / 8]; }
};

struct Twice {
  const float* x;
  float* y;
  __host__ __device__ void operator()(int64_t i) const { y[i] = 2 * x[i]; }
};

void op_0(const Frame& f) { launch(f.context, 128, ToPixels{input<float>(f, 0), arena<float>(f, 0)}); }

constexpr cudnn::TensorDesc tensors_1[] = {
    {1, Type::f32, {4, {1, 8, 4, 4}}, {4, {128, 1, 32, 8}}},
    {2, Type::f32, {4, {8, 8, 1, 1}}, {4, {8, 1, 8, 8}}},
    {3, Type::f32, {4, {1, 8, 1, 1}}, {4, {8, 1, 8, 8}}},
    {4, Type::f32, {4, {1, 8, 4, 4}}, {4, {128, 1, 32, 8}}, cudnn::is_virtual},
    {5, Type::f32, {4, {1, 8, 4, 4}}, {4, {128, 1, 32, 8}}, cudnn::is_virtual},
    {6, Type::f32, {4, {1, 8, 4, 4}}, {4, {128, 1, 32, 8}}},
};
constexpr cudnn::NodeDesc nodes_1[] = {
    cudnn::conv_fprop(1, 2, 4, {2, {0, 0}}, {2, {0, 0}}, {2, {1, 1}}, {2, {1, 1}}),
    cudnn::binary(CUDNN_POINTWISE_ADD, 4, 3, 5),
    cudnn::unary(CUDNN_POINTWISE_RELU_FWD, 5, 6),
};
constexpr cudnn::GraphDesc graph_1{"tiny", "conv\nrelu", tensors_1, 6, nodes_1, 3, cudnn::Math::strict};

void op_1(const Frame& f) {
  run_graph(f, 0, {arena<float>(f, 0), weight<float>(f, 0), weight<float>(f, 256), arena<float>(f, 512)});
}

void op_2(const Frame& f) { launch(f.context, 128, Twice{arena<float>(f, 512), arena<float>(f, 1024)}); }

void op_3(const Frame& f) {
  run_product(f, 0, arena<float>(f, 1024), weight<float>(f, 512), nullptr, output<float>(f, 0));
}

constexpr TensorInfo inputs[] = {{"x", Type::f32, {4, {1, 8, 4, 4}}}};
constexpr TensorInfo outputs[] = {{"y", Type::f32, {2, {16, 4}}}};
constexpr WeightInfo weights[] = {
    {"conv.weights", Type::f32, 0, 256}, {"conv.bias", Type::f32, 256, 32}, {"fc.weights", Type::f32, 512, 128}};
constexpr int waits_2[] = {1};
constexpr int waits_3[] = {2};
constexpr OpInfo ops[] = {
    {"kernel.to_pixels", "x", 0.0, 1024.0, op_0},
    {"cudnn.graph conv_fprop add relu_fwd", "conv\nrelu", 2048.0, 1312.0, op_1},
    {"kernel.twice", "twice", 128.0, 1024.0, op_2, 1, waits_2, 1},
    {"cudnn.cublaslt_matmul", "fc", 1024.0, 896.0, op_3, 0, waits_3, 1},
};
constexpr ValueInfo values[] = {
    {"x", Type::f32, {4, {1, 8, 4, 4}}, {128, 1, 32, 8}, 0, 0},
    {"conv\nrelu", Type::f32, {4, {1, 8, 4, 4}}, {128, 1, 32, 8}, 512, 1},
    {"twice", Type::f32, {4, {1, 8, 4, 4}}, {128, 1, 32, 8}, 1024, 2},
    {"fc", Type::f32, {2, {16, 4}}, {4, 1}, 0, 3, 0},
};
constexpr GraphInfo graphs[] = {{&graph_1, 1}};
constexpr ProductInfo products[] = {{"fc", 3, Type::f32, Type::f32, {2, {16, 8}}, {2, {8, 4}}, {2, {16, 4}}, false,
                                     false, false, ProductActivation::none, cudnn::Math::strict}};
constexpr Program the_program{"tiny", inputs, 1, outputs, 1, weights, 3, HEADER_BYTES, HEADER_HASH, DATA_BYTES,
                              ARENA_BYTES, ops, 4, values, 4, 0u, graphs, 1, products, 1, 2, probe_device};

}  // namespace

const Program& program();
const Program& program() { return the_program; }

}  // namespace arhat
"""


def unavailable() -> str | None:
    """Why such a project cannot be built here; None if it can."""
    for tool in ("cmake", "nvcc"):
        if shutil.which(tool) is None:
            return f"{tool} is not installed"
    for name in ("cudnn.h", "cublasLt.h"):
        if first_with(include_folders(), name) is None:
            return f"{name} is not installed"
    if first_with(library_folders(), "libcudnn.so.9") is None:
        return "libcudnn.so.9 is not installed"
    return None


def constants(seed: int = 0) -> dict[str, Array]:
    """The weights: of the convolution [8,8], its bias, the matrix [8,4]."""
    rng = np.random.default_rng(seed)
    shapes = {"conv.weights": (8, 8), "conv.bias": (8,), "fc.weights": (8, 4)}
    return {name: rng.standard_normal(shape, np.float32) for name, shape in shapes.items()}


def expected(x: Array) -> Array:
    """What the model computes."""
    weights = constants()
    pixels = x.reshape(8, 16).T
    image = np.maximum(pixels @ weights["conv.weights"].T + weights["conv.bias"], 0)
    return (2 * image) @ weights["fc.weights"]


def write_cuda_project(
    out: Path, *, arena_bytes: int = 1536, replace: Mapping[str, str] | None = None
) -> Path:
    """Write the project; with more of an arena than it needs, or texts in the source replaced, if so asked."""
    entries = [Entry(n, "f32", w.shape, lambda w=w: w) for n, w in constants().items()]
    plan = plan_weights(entries, alignment=256)
    source = SOURCE.replace("HEADER_BYTES", f"{len(plan.header)}u").replace(
        "HEADER_HASH", f"{plan.header_hash:#x}u"
    )
    source = source.replace("DATA_BYTES", f"{plan.data_bytes}u").replace("ARENA_BYTES", f"{arena_bytes}u")
    for old, new in (replace or {}).items():
        assert old in source
        source = source.replace(old, new)
    return write_project(
        Project(
            name="tiny",
            target="cudnn",
            sources={"model.cu": source},
            weights=plan,
            inputs=[TensorSpec("x", "f32", (1, 8, 4, 4))],
            outputs=[TensorSpec("y", "f32", (16, 4))],
            ops=[OpSpec("cudnn.graph conv_fprop add relu_fwd", ("conv", "relu"), 2048, 1312)],
            arena_bytes=arena_bytes,
        ),
        out,
    )

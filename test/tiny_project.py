"""A compiled model written by hand: two operations, two inputs, two outputs; for tests of what surrounds a program."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from arhat.emit.project import OpSpec, Project, TensorSpec, write_project
from arhat.emit.weights_file import Entry, WeightsPlan, plan_weights

Array = np.ndarray[Any, np.dtype[Any]]

SCALE = np.array([0.5, -2.0, 4.0], np.float32)
SHAPE = (1, 3, 4, 5)

# y = data * scale, in the arena as NHWC with 8 channels a pixel and a border of one pixel;
# sum[i] = total of channel i of y plus offset[i], shifted[...] = y + 1.
SOURCE = r"""
#include <cstdint>
#include "arhat/program.hpp"

namespace arhat {
inline namespace ARHAT_ISA {
namespace {

constexpr int64_t row = 7 * 8, origin = row + 8;

void op_0(const Frame& f) {
  const float* data = static_cast<const float*>(f.inputs[0]);
  const float* scale = reinterpret_cast<const float*>(f.weights);
  float* y = reinterpret_cast<float*>(f.arena) + origin;
  for (int64_t c = 0; c < 3; ++c)
    for (int64_t i = 0; i < 4; ++i)
      for (int64_t j = 0; j < 5; ++j) y[i * row + j * 8 + c] = data[(c * 4 + i) * 5 + j] * scale[c];
}

void op_1(const Frame& f) {
  const float* y = reinterpret_cast<const float*>(f.arena) + origin;
  const int32_t* offset = static_cast<const int32_t*>(f.inputs[1]);
  float* shifted = static_cast<float*>(f.outputs[0]);
  float* sum = static_cast<float*>(f.outputs[1]);
  for (int64_t c = 0; c < 3; ++c) {
    sum[c] = static_cast<float>(offset[c]);
    for (int64_t i = 0; i < 4; ++i)
      for (int64_t j = 0; j < 5; ++j) {
        sum[c] += y[i * row + j * 8 + c];
        shifted[(c * 4 + i) * 5 + j] = y[i * row + j * 8 + c] + 1;
      }
  }
}

constexpr TensorInfo inputs[] = {{"data", Type::f32, {4, {1, 3, 4, 5}}}, {"offset", Type::i32, {1, {3}}}};
constexpr TensorInfo outputs[] = {{"shifted", Type::f32, {4, {1, 3, 4, 5}}}, {"sum", Type::f32, {1, {3}}}};
constexpr WeightInfo weights[] = {{"scale", Type::f32, 0, 12}};
constexpr OpInfo ops[] = {{"test.scale", "conv\nbn", 60, 492, op_0}, {"test.sum", "sum/a=b", 120, 492, op_1}};
constexpr ValueInfo values[] = {
    {"conv\nbn", Type::f32, {4, {1, 3, 4, 5}}, {6 * row, 1, row, 8}, origin * 4, 0},
    {"sum/a=b", Type::f32, {1, {3}}, {1}, 0, 1, 1}};
constexpr Program the_program = {
    "tiny-1", inputs, 2, outputs, 2, weights, 1, HEADER_BYTES, HEADER_HASH, DATA_BYTES, 6 * row * 4, ops, 2, values, 2};

}  // namespace

const Program& program();
const Program& program() { return the_program; }

}  // namespace ARHAT_ISA
}  // namespace arhat
"""

# An image classifier of sorts: the mean of each channel of an image.
IMAGE_SOURCE = r"""
#include <cstdint>
#include "arhat/program.hpp"

namespace arhat {
inline namespace ARHAT_ISA {
namespace {

void copy(const Frame& f) {
  const float* image = static_cast<const float*>(f.inputs[0]);
  float* same = static_cast<float*>(f.outputs[0]);
  for (int64_t i = 0; i < 3 * 6 * 8; ++i) same[i] = image[i];
}

constexpr TensorInfo inputs[] = {{"image", Type::f32, {4, {INPUT_DIMS}}}};
constexpr TensorInfo outputs[] = {{"same", Type::f32, {4, {INPUT_DIMS}}}};
constexpr OpInfo ops[] = {{"test.copy", "copy", 0, 1152, copy}};
constexpr Program the_program = {
    "image", inputs, 1, outputs, 1, nullptr, 0, HEADER_BYTES, HEADER_HASH, DATA_BYTES, 0, ops, 1, nullptr, 0};

}  // namespace

const Program& program();
const Program& program() { return the_program; }

}  // namespace ARHAT_ISA
}  // namespace arhat
"""


def expected(data: Array, offset: Array) -> dict[str, Array]:
    """What the model computes."""
    y = data * SCALE.reshape(1, 3, 1, 1)
    return {"shifted": y + 1, "sum": y.sum((0, 2, 3)) + offset.astype(np.float32)}


def inputs(seed: int = 0) -> dict[str, Array]:
    """Some inputs."""
    rng = np.random.default_rng(seed)
    return {
        "data": rng.standard_normal(SHAPE, np.float32),
        "offset": rng.integers(-5, 5, 3, dtype=np.int32),
    }


def _source(text: str, plan: WeightsPlan) -> str:
    text = text.replace("HEADER_BYTES", str(len(plan.header))).replace("HEADER_HASH", f"{plan.header_hash}u")
    return text.replace("DATA_BYTES", str(plan.data_bytes))


def tiny_project(scale: Array = SCALE) -> Project:
    """The project of the two operations."""
    plan = plan_weights([Entry("scale", "f32", (3,), lambda: scale)])
    return Project(
        name="tiny-1",
        target="cpu",
        sources={"model.cpp": _source(SOURCE, plan)},
        weights=plan,
        inputs=[TensorSpec("data", "f32", SHAPE), TensorSpec("offset", "i32", (3,))],
        outputs=[TensorSpec("shifted", "f32", SHAPE), TensorSpec("sum", "f32", (3,))],
        ops=[OpSpec("test.scale", ("conv", "bn"), 60, 492), OpSpec("test.sum", ("sum/a=b",), 120, 492)],
        arena_bytes=6 * 7 * 8 * 4,
    )


def write_tiny_project(out: Path) -> Path:
    """Write the project of the two operations."""
    return write_project(tiny_project(), out)


def write_image_project(out: Path, *, planar: bool) -> Path:
    """Write a project that gives back its input, an image of 6 x 8, NCHW or NHWC."""
    shape = (1, 3, 6, 8) if planar else (1, 6, 8, 3)
    plan = plan_weights([])
    source = _source(IMAGE_SOURCE, plan).replace("INPUT_DIMS", ", ".join(map(str, shape)))
    spec = Project(
        name="image",
        target="cpu",
        sources={"model.cpp": source},
        weights=plan,
        inputs=[TensorSpec("image", "f32", shape)],
        outputs=[TensorSpec("same", "f32", shape)],
        ops=[OpSpec("test.copy", ("copy",), 0, 1152)],
        arena_bytes=0,
    )
    return write_project(spec, out)

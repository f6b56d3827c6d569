"""Compiled models for TensorRT written by hand, of a few layers: for tests of what surrounds a network."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np

from arhat.emit.project import OpSpec, Project, TensorSpec, write_project
from arhat.emit.weights_file import Entry, plan_weights

Array = np.ndarray[Any, np.dtype[Any]]

SOURCE = r"""
#include <iterator>

#include "arhat/trt/network.hpp"

namespace arhat {
namespace {

using nvinfer1::ActivationType;
using nvinfer1::ElementWiseOperation;

FUNCTIONS

constexpr TensorInfo inputs[] = {INPUTS};
constexpr TensorInfo outputs[] = {OUTPUTS};
constexpr WeightInfo weights[] = {{"conv.kernel", Type::f32, 0, 24}, {"conv.bias", Type::f32, 64, 12},
                                  {"start", Type::f32, 128, 16}};
constexpr LayerInfo ops[] = {OPS};
constexpr WatchInfo values[] = {VALUES};
STATES
PLUGINS
constexpr size_t results[] = {RESULTS};
AXES
constexpr Program the_program{"tiny", inputs, std::size(inputs), outputs, std::size(outputs), weights, 3, HEADER_BYTES,
                              HEADER_HASH, DATA_BYTES, ops, std::size(ops), values, std::size(values), HAS_STATES,
                              HAS_PLUGINS, results, HAS_AXES, BATCH, false, "KEY", STATE_BYTES};

}  // namespace

const Program& program();

const Program& program() { return the_program; }

}  // namespace arhat
"""

# x -> a convolution 1x1 with bias, 2 to 3 channels -> ReLU -> twice that.
PICTURE = {
    "FUNCTIONS": r"""
void op_1(Network& n) {
  auto& layer = n.layer(n->addConvolutionNd(n[0], 3, dims({1, 1}), n.weights(DataType::kFLOAT, 0, 6),
                                            n.weights(DataType::kFLOAT, 64, 3)), "conv");
  n.set(1, layer.getOutput(0));
}
void op_2(Network& n) {
  auto& layer = n.layer(n->addActivation(n[1], ActivationType::kRELU), "relu");
  n.set(2, layer.getOutput(0));
}
void op_3(Network& n) {
  auto& layer = n.layer(n->addElementWise(n[2], n[2], ElementWiseOperation::kSUM), "twice");
  n.set(3, layer.getOutput(0));
}
""",
    "INPUTS": '{"x", Type::f32, {4, {1, 2, 4, 4}}}',
    "OUTPUTS": '{"y", Type::f32, {4, {1, 3, 4, 4}}}',
    "OPS": """
    {"trt.convolution", "conv", "conv", 12.0 * 16, 500.0, op_1},
    {"trt.activation", "relu", "relu", 48.0, 384.0, op_2},
    {"trt.element_wise", "twice", "pre\\ntwice", 48.0, 384.0, op_3},
""",
    "VALUES": """
    {"conv", Type::f32, {4, {1, 3, 4, 4}}, 1},
    {"relu", Type::f32, {4, {1, 3, 4, 4}}, 2},
    {"pre\\ntwice", Type::f32, {4, {1, 3, 4, 4}}, 3},
""",
    "STATES": "",
    "PLUGINS": "",
    "RESULTS": "3",
    "AXES": "",
    "HAS_STATES": "nullptr, 0",
    "HAS_PLUGINS": "nullptr, 0",
    "HAS_AXES": "nullptr, nullptr",
    "BATCH": "0, 0, 0",
    "KEY": "picture",
    "STATE_BYTES": "0",
}

# The same with a batch from 1 to 6.
BATCHED = {name: text.replace("{4, {1, ", "{4, {6, ") for name, text in PICTURE.items()} | {
    "VALUES": '{"relu", Type::f32, {4, {6, 3, 4, 4}}, 2, 0}',
    "AXES": "constexpr int input_axes[] = {0};\nconstexpr int output_axes[] = {0};",
    "HAS_AXES": "input_axes, output_axes",
    "BATCH": "1, 2, 6",
    "KEY": "batched",
}

# Two inputs of one batch: their sum.
PAIR = BATCHED | {
    "FUNCTIONS": r"""
void op_2(Network& n) {
  auto& layer = n.layer(n->addElementWise(n[0], n[1], ElementWiseOperation::kSUM), "sum");
  n.set(2, layer.getOutput(0));
}
void op_3(Network& n) {
  auto& layer = n.layer(n->addActivation(n[2], ActivationType::kRELU), "relu");
  n.set(3, layer.getOutput(0));
}
""",
    "INPUTS": '{"a", Type::f32, {2, {6, 4}}}, {"b", Type::f32, {2, {6, 4}}}',
    "OUTPUTS": '{"y", Type::f32, {2, {6, 4}}}',
    "OPS": '{"trt.element_wise", "sum", "sum", 4.0, 48.0, op_2}, {"trt.activation", "relu", "relu", 4.0, 48.0, op_3}',
    "VALUES": '{"sum", Type::f32, {2, {6, 4}}, 2, 0}',
    "AXES": "constexpr int input_axes[] = {0, 0};\nconstexpr int output_axes[] = {0};",
    "KEY": "pair",
}

# total = x + total, from `start` on; seen = seen + 1, from the first total on; y = total, z = seen.
STATEFUL = PICTURE | {
    "FUNCTIONS": r"""
void op_3(Network& n) {
  auto& layer = n.layer(n->addElementWise(n[0], n[1], ElementWiseOperation::kSUM), "total");
  n.set(3, layer.getOutput(0));
}
void op_4(Network& n) {
  auto& layer = n.layer(n->addElementWise(n[2], n[2], ElementWiseOperation::kSUM), "seen");
  n.set(4, layer.getOutput(0));
}
void op_5(Network& n) {
  auto& layer = n.layer(n->addIdentity(n[3]), "first");
  n.set(5, layer.getOutput(0));
}
void op_6(Network& n) {
  auto& layer = n.layer(n->addIdentity(n[3]), "y");
  n.set(6, layer.getOutput(0));
}
void op_7(Network& n) {
  auto& layer = n.layer(n->addIdentity(n[4]), "z");
  n.set(7, layer.getOutput(0));
}
""",
    "INPUTS": '{"x", Type::f32, {1, {4}}}',
    "OUTPUTS": '{"y", Type::f32, {1, {4}}}, {"z", Type::f32, {1, {4}}}',
    "OPS": ", ".join(
        f'{{"trt.x", "{name}", "{name}", 4.0, 48.0, op_{number}}}'
        for number, name in enumerate(("total", "seen", "first", "y", "z"), start=3)
    ),
    "VALUES": '{"total", Type::f32, {1, {4}}, 3}, {"seen", Type::f32, {1, {4}}, 4}',
    "STATES": """
constexpr StateInfo states[] = {{"x", Type::f32, {1, {4}}, 128, -1, 3}, {"seen", Type::f32, {1, {4}}, -1, 5, 4}};
""",
    "RESULTS": "6, 7",
    "HAS_STATES": "states, 2",
    "KEY": "stateful",
    "STATE_BYTES": "32",
}

# A network that needs a plugin which is not there.
PLUGGED = PICTURE | {
    "PLUGINS": 'constexpr PluginInfo plugins[] = {{"Nowhere", "detection\\nlast"}};',
    "HAS_PLUGINS": "plugins, 1",
    "KEY": "plugged",
}

# One with a plugin: the interval between the buckets 0, 1, 2 that each element lies in.
INTERVALS = PICTURE | {
    "FUNCTIONS": r"""
void op_2(Network& n) {
  auto& layer = n.plugin("Bucketize", {n[0], n[1]}, {field("right_bound", 1), field("index_type", "i32")}, "find");
  n.set(2, layer.getOutput(0));
}
""",
    "INPUTS": '{"x", Type::f32, {1, {4}}}, {"buckets", Type::f32, {1, {3}}}',
    "OUTPUTS": '{"y", Type::i32, {1, {4}}}',
    "OPS": '{"trt.plugin", "find", "find", 12.0, 44.0, op_2}',
    "VALUES": '{"find", Type::i32, {1, {4}}, 2}',
    "PLUGINS": 'constexpr PluginInfo plugins[] = {{"Bucketize", "find"}};',
    "RESULTS": "2",
    "HAS_PLUGINS": "plugins, 1",
    "KEY": "intervals",
}

# The same with a field that the plugin does not know.
MISFIT = INTERVALS | {
    "FUNCTIONS": INTERVALS["FUNCTIONS"].replace("right_bound", "left_bound"),
    "KEY": "misfit",
}

# One whose second layer TensorRT refuses: channels that do not fit.
REFUSED = PICTURE | {
    "FUNCTIONS": PICTURE["FUNCTIONS"].replace(
        "n.weights(DataType::kFLOAT, 0, 6)", "n.weights(DataType::kFLOAT, 0, 5)"
    ),
    "KEY": "refused",
}


def constants() -> dict[str, Array]:
    """The weights: kernel and bias of the convolution, the start of the sum."""
    rng = np.random.default_rng(0)
    shapes = {"conv.kernel": (3, 2), "conv.bias": (3,), "start": (4,)}
    return {name: rng.standard_normal(shape, np.float32) for name, shape in shapes.items()}


def expected(x: Array) -> Array:
    """What the picture's model computes."""
    weights = constants()
    y = np.einsum("oc,nchw->nohw", weights["conv.kernel"], x) + weights["conv.bias"][:, None, None]
    return 2 * np.maximum(y, 0)


def write_trt_project(out: Path, texts: dict[str, str] = PICTURE) -> Path:
    """Write the project with these texts in the source."""
    plan = plan_weights([Entry(n, "f32", w.shape, lambda w=w: w) for n, w in constants().items()])
    source = SOURCE
    sizes = {"HEADER_BYTES": f"{len(plan.header)}u", "HEADER_HASH": f"{plan.header_hash:#x}u"}
    for name, text in (texts | sizes | {"DATA_BYTES": f"{plan.data_bytes}u"}).items():
        assert re.search(rf"\b{name}\b", source)
        source = re.sub(rf"\b{name}\b", lambda _, text=text: text, source)
    return write_project(
        Project(
            name="tiny",
            target="trt",
            sources={"model.cpp": source},
            weights=plan,
            inputs=[TensorSpec("x", "f32", (1, 2, 4, 4))],
            outputs=[TensorSpec("y", "f32", (1, 3, 4, 4))],
            ops=[OpSpec("trt.convolution", ("conv",), 192, 500)],
            arena_bytes=0,
            units=["arhat/trt/plugins/bucketize.cu"] if "n.plugin" in source else [],
        ),
        out,
    )

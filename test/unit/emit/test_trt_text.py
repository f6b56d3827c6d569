"""The text of programs for TensorRT: layers, names, weights, what goes in and comes out, and that it compiles."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cudnn.planner import first_with, include_folders
from trt_layers import LAYERS, network
from xdsl.dialects.builtin import ModuleOp, StringAttr
from xdsl.parser import Parser

from arhat.dialects.arhat import LayerAttr
from arhat.dialects.trt import PLUGINS, TRT_OPS
from arhat.driver.registry import make_context
from arhat.emit.project import RUNTIME
from arhat.emit.trt import emit
from arhat.emit.trt.names import UniqueNames, layer_names, storable
from arhat.emit.trt.program import plugin_unit
from arhat.emit.trt.steps import PRINTERS
from arhat.emit.trt.values import own_names
from arhat.errors import UserError
from arhat.interpreters import Array
from arhat.layers import set_layers

HOSTILE = 'conv, "\n*/ #include "/etc/passwd", it is said, is what a model may have for a name, and more, \\'


def parse(text: str) -> ModuleOp:
    module = Parser(make_context(), text).parse_module()
    module.verify()
    return module


def written(text: str, folder: Path) -> str:
    """The program of a module; line breaks within statements are taken out."""
    source = (emit(parse(text), folder / "out") / "model.cpp").read_text()
    return re.sub(r",\n      \s*", ", ", source)


def function(source: str, number: int) -> list[str]:
    """The statements of a layer."""
    found = re.search(rf"^void op_{number}\(Network& n\) {{\n(.*?)^}}", source, re.M | re.S)
    assert found, f"there is no op_{number}"
    return [line.strip() for line in found[1].splitlines()]


def row(source: str, table: str) -> list[str]:
    """The rows of a table."""
    found = re.search(rf"^constexpr \w+ {table}\[\] = {{\n(.*?)^}};", source, re.M | re.S)
    return [line.strip().rstrip(",") for line in found[1].splitlines()] if found else []


def entry(project: Path, name: str) -> tuple[Array, int]:
    """A weight as it lies in the file and its offset in the data section."""
    data = (project / "weights.safetensors").read_bytes()
    size = int.from_bytes(data[:8], "little")
    found = json.loads(data[8 : 8 + size])[name]
    begin, end = found["data_offsets"]
    dtype = {"F32": np.float32, "I64": np.int64}[found["dtype"]]
    return np.frombuffer(data[8 + size + begin : 8 + size + end], dtype).reshape(found["shape"]), begin


# ------------------------------------------------------------------------------------------------ layers


def test_every_op_of_the_dialect_has_a_printer() -> None:
    assert set(PRINTERS) == {op.name for op in TRT_OPS}
    shown = {layer.op.partition("(")[0] for layer in LAYERS.values()} | {"trt.constant"}
    assert shown == set(PRINTERS)


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_is_printed_as(name: str, tmp_path: Path) -> None:
    layer = LAYERS[name]
    source = written(network([name]), tmp_path)
    constants = [operand for operand, type_ in layer.operands.items() if type_.startswith("constant")]
    inputs = [operand for operand in layer.operands if operand not in constants]
    numbers = {operand: i for i, operand in enumerate([*inputs, *constants])}
    first = len(numbers)
    expected = [
        re.sub(r"<(\w+)>", lambda found: f"n[{numbers[found[1]]}]", line).replace("NAME", f'"{name}"')
        for line in layer.lines
    ]
    results = [f"n.set({first + i}, layer.getOutput({i}));" for i in range(len(layer.results))]
    assert function(source, first) == [*expected, *results]


def test_kernels_and_biases_are_weights_of_a_convolution(tmp_path: Path) -> None:
    source = written(CONVOLUTION, tmp_path)
    assert (
        """
// 1: trt.convolution -> 1 x 4 x 8 x 8
//   layers: 'conv', 'bias'
void op_1(Network& n) {
  auto& layer = n.layer(n->addConvolutionNd(n[0], 4, dims({3, 3}), n.weights(DataType::kFLOAT, 0, 108), """
        """n.weights(DataType::kFLOAT, 448, 4)), "bias");
  layer.setPrePadding(dims({1, 1}));
  layer.setPostPadding(dims({1, 1}));
  n.set(1, layer.getOutput(0));
}
""" in source
    )
    # Twice the products of 3x3 kernels over 3 channels; input, kernel, bias and result in bytes.
    assert row(source, "ops") == [
        '{"trt.convolution", "bias", "conv\\nbias", 13824.0, 2240.0, op_1}',
        '{"trt.activation relu", "relu", "relu", 256.0, 2048.0, op_2}',
    ]
    assert row(source, "values") == [
        '{"conv\\nbias", Type::f32, {4, {1, 4, 8, 8}}, 1}',
        '{"relu", Type::f32, {4, {1, 4, 8, 8}}, 2}',
    ]
    assert row(source, "inputs") == ['{"image", Type::f32, {4, {1, 3, 8, 8}}}']
    assert "constexpr size_t results[] = {2};" in source
    assert "using nvinfer1::ActivationType;" in source and "using nvinfer1::DataType" not in source
    kernel, offset = entry(tmp_path / "out", "bias.weights")
    assert offset == 0 and kernel.shape == (4, 3, 3, 3) and (kernel == 0.5).all()
    bias, offset = entry(tmp_path / "out", "bias.bias")
    assert offset == 448 and bias.shape == (4,)


CONVOLUTION = """
func.func @main(%x: tensor<1x3x8x8xf32> {arhat.name = "image"}) -> tensor<1x4x8x8xf32> {
  %k = arhat.constant() {value = dense<0.5> : tensor<4x3x3x3xf32>} : () -> tensor<4x3x3x3xf32>
  %b = arhat.constant() {value = dense<1.0> : tensor<4xf32>} : () -> tensor<4xf32>
  %0 = trt.convolution(%x, %k, bias = %b) {strides = [1, 1], pre_padding = [1, 1], post_padding = [1, 1],
      dilations = [1, 1], groups = 1, arhat.layers = [#arhat.layer<"conv", 7>, #arhat.layer<"bias", 8>]}
    : (tensor<1x3x8x8xf32>, tensor<4x3x3x3xf32>, tensor<4xf32>) -> tensor<1x4x8x8xf32>
  %1 = trt.activation(%0) {kind = "relu", arhat.layers = [#arhat.layer<"relu", 9>]}
    : (tensor<1x4x8x8xf32>) -> tensor<1x4x8x8xf32>
  func.return %1 : tensor<1x4x8x8xf32>
}
"""


def test_equal_weights_are_written_once(tmp_path: Path) -> None:
    source = written(
        """
func.func @main(%x: tensor<2x2xf32>) -> (tensor<2x2xf32>, tensor<4xf32>, tensor<2x2xf32>) {
  %a = arhat.constant() {value = dense<1.5> : tensor<2x2xf32>} : () -> tensor<2x2xf32>
  %b = arhat.constant() {value = dense<1.5> : tensor<2x2xf32>} : () -> tensor<2x2xf32>
  %c = arhat.constant() {value = dense<2.5> : tensor<4xf32>} : () -> tensor<4xf32>
  %0 = trt.constant(%a) : (tensor<2x2xf32>) -> tensor<2x2xf32>
  %1 = trt.constant(%c) : (tensor<4xf32>) -> tensor<4xf32>
  %2 = trt.constant(%b) : (tensor<2x2xf32>) -> tensor<2x2xf32>
  func.return %0, %1, %2 : tensor<2x2xf32>, tensor<4xf32>, tensor<2x2xf32>
}
""",
        tmp_path,
    )
    first = "n.layer(n->addConstant(dims({2, 2}), n.weights(DataType::kFLOAT, 0, 4)), "
    assert function(source, 1)[0] == f'auto& layer = {first}"trt.constant/2");'
    assert function(source, 3)[0] == f'auto& layer = {first}"trt.constant");'
    assert "n.weights(DataType::kFLOAT, 64, 4)" in function(source, 2)[0]
    assert len(row(source, "weights")) == 2
    # Constants are outputs of the network as they are, and nothing that one would want to watch.
    assert "constexpr size_t results[] = {1, 2, 3};" in source and row(source, "values") == []


# ------------------------------------------------------------------------------------------------ names


def test_the_last_op_of_a_layer_has_its_name() -> None:
    names = UniqueNames()
    assert layer_names(["a", "b", "a", "a/2", "a", "b"], names) == ["a/3", "b/2", "a/4", "a/2", "a", "b"]
    assert names.take("a") == "a/5"


def test_a_convolution_in_the_middle_has_its_own_layers_name() -> None:
    def with_layers(op: Any, *layers: str) -> Any:
        set_layers(op, [LayerAttr.get(layer, 1) for layer in layers])
        return op

    module = parse(
        """func.func @main(%x: tensor<1x2x4x4xf32>) -> (tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>) {
  %w = arhat.constant() {value = dense<0.5> : tensor<2x2x1x1xf32>} : () -> tensor<2x2x1x1xf32>
  %0 = trt.convolution(%x, %w) {strides = [1, 1], pre_padding = [0, 0], post_padding = [0, 0], dilations = [1, 1],
    groups = 1} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  %1 = trt.activation(%0) {kind = "relu"} : (tensor<1x2x4x4xf32>) -> tensor<1x2x4x4xf32>
  %2 = trt.convolution(%1, %w) {strides = [1, 1], pre_padding = [0, 0], post_padding = [0, 0], dilations = [1, 1],
    groups = 1} : (tensor<1x2x4x4xf32>, tensor<2x2x1x1xf32>) -> tensor<1x2x4x4xf32>
  func.return %1, %2 : tensor<1x2x4x4xf32>, tensor<1x2x4x4xf32>
}"""
    )
    first, relu, second = (op for op in module.walk() if op.name.startswith("trt."))
    ops = [with_layers(op, "conv", "bias", "relu") for op in (first, relu)] + [with_layers(second, "c", "b")]
    assert own_names(ops) == ["conv", "relu", "b"]


def test_names_that_c_cannot_hold() -> None:
    assert storable("", "trt.cast") == "trt.cast"
    assert storable("a\0b", "") == "a\\0b"
    assert len(storable("ä" * 3000, "").encode()) == 4000
    assert storable("a" + "ä" * 3000, "").endswith("ä")


def test_names_of_a_model_stay_names(tmp_path: Path) -> None:
    module = parse(CONVOLUTION)
    for op in module.walk():
        if op.name.startswith("trt."):
            op.attributes["arhat.layers"] = type(op.attributes["arhat.layers"])([LayerAttr.get(HOSTILE, 1)])
    module.attributes["arhat.name"] = StringAttr(HOSTILE)
    source = (emit(module, tmp_path / "out") / "model.cpp").read_text()
    assert source.isascii()
    assert [line for line in source.splitlines() if "passwd" in line and line.startswith(("#", "*"))] == []
    inside = r"conv, \"\n*/ #include \"/etc/passwd\", it is said, is what a model may have for a name, and more, \\"
    # Two layers (name and source layers in the table), two values, the program; the first layer's name has a number.
    assert source.count(f'"{inside}"') == 1 + 1 + 2 + 2 + 1 and source.count(f'"{inside}/2"') == 2
    code = re.sub(r'"(?:\\.|[^"\\])*"', '""', re.sub(r"^//.*", "", source, flags=re.M))
    assert "passwd" not in code


# ------------------------------------------------------------------------------------------------ inputs, outputs


def test_results_are_tensors_of_their_own(tmp_path: Path) -> None:
    source = written(
        """
func.func @main(%x: tensor<2xi64>, %unused: tensor<3xf32>) -> (tensor<2xi64>, tensor<2xi64>, tensor<2xi64>) {
  %0 = trt.unary(%x) {op = "neg"} : (tensor<2xi64>) -> tensor<2xi64>
  func.return %0, %x, %0 : tensor<2xi64>, tensor<2xi64>, tensor<2xi64>
}
""",
        tmp_path,
    )
    assert function(source, 3) == [
        'auto& layer = n.layer(n->addIdentity(n[0]), "output output1");',
        "n.set(3, layer.getOutput(0));",
    ]
    assert function(source, 4)[0] == 'auto& layer = n.layer(n->addIdentity(n[2]), "output output2");'
    assert "constexpr size_t results[] = {2, 3, 4};" in source
    assert row(source, "ops")[1:] == [
        '{"identity", "output output1", "", 0.0, 32.0, op_3}',
        '{"identity", "output output2", "", 0.0, 32.0, op_4}',
    ]
    assert len(row(source, "inputs")) == 2 and len(row(source, "values")) == 1


def test_types_that_tensorrt_does_not_have(tmp_path: Path) -> None:
    text = "func.func @main(%x: tensor<2xf64>) -> tensor<2xf64> {\n  func.return %x : tensor<2xf64>\n}"
    with pytest.raises(UserError, match=r"input 'image' holds f64"):
        emit(parse(text.replace(">) ->", '> {arhat.name = "image"}) ->')), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


VARIABLES = """
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {{
  %c = arhat.constant() {{value = dense<0.5> : tensor<4xf32>}} : () -> tensor<4xf32>
  %i = trt.constant(%c) : (tensor<4xf32>) -> tensor<4xf32>
  %r = kernel.read_value({initial}) {{variable = "v"}} : (tensor<4xf32>) -> tensor<4xf32>
  %y = trt.element_wise(%r, %x) {{op = "sum"}} : (tensor<4xf32>, tensor<4xf32>) -> tensor<4xf32>
  {assign}
  func.return %y : tensor<4xf32>
}}
"""
ASSIGN = 'kernel.assign({}) {{variable = "v"}} : (tensor<4xf32>) -> ()'


@pytest.mark.parametrize("initial", ["%c", "%i"])
def test_a_variable_starts_with_a_constant(initial: str, tmp_path: Path) -> None:
    source = written(VARIABLES.format(initial=initial, assign=ASSIGN.format("%y")), tmp_path)
    # The constant is copied to where the variable lies: it is no layer. The new value is the output too: a copy.
    assert row(source, "states") == ['{"v", Type::f32, {1, {4}}, 0, -1, 3}']
    assert function(source, 2)[0].startswith("auto& layer = n.layer(n->addElementWise(n[1], n[0], ")
    assert function(source, 3)[0] == 'auto& layer = n.layer(n->addIdentity(n[2]), "state v");'
    assert len(row(source, "ops")) == 2 and "16 bytes of state" in source
    assert "constexpr size_t results[] = {2};" in source


def test_a_variable_may_start_with_what_is_computed(tmp_path: Path) -> None:
    source = written(VARIABLES.format(initial="%x", assign=""), tmp_path)
    assert row(source, "states") == ['{"v", Type::f32, {1, {4}}, -1, 3, -1}']
    assert function(source, 3)[0] == 'auto& layer = n.layer(n->addIdentity(n[0]), "first v");'


def test_a_variable_that_is_given_what_it_was_stays_as_it_is(tmp_path: Path) -> None:
    source = written(VARIABLES.format(initial="%c", assign=ASSIGN.format("%r")), tmp_path)
    assert row(source, "states") == ['{"v", Type::f32, {1, {4}}, 0, -1, -1}']


def test_a_variable_is_read_once_and_first(tmp_path: Path) -> None:
    again = '%z = kernel.read_value(%x) {variable = "v"} : (tensor<4xf32>) -> tensor<4xf32>'
    for before, assign in (("read", again), ("assigned", f"{ASSIGN.format('%x')}\n  {again}")):
        text = VARIABLES.format(initial="%c", assign=assign)
        with pytest.raises(UserError, match=f"'v' is read after it was {before}"):
            emit(parse(text), tmp_path / "out")


# ------------------------------------------------------------------------------------------------ dynamic batch

BATCH = """
func.func @main(%x: tensor<8x4x6xf32, #trt.dynamic<0>>)
    -> (tensor<6x8x2x2xf32, #trt.dynamic<1>>, tensor<8x4x4xf32, #trt.dynamic<0>>, tensor<8x4x12xf32, #trt.dynamic<0>>)
    attributes {trt.batch = array<i64: 1, 4, 8>} {
  %n = trt.shape(%x) : (tensor<8x4x6xf32, #trt.dynamic<0>>) -> tensor<3xi64>
  %0 = trt.shuffle(%x) {first_transpose = [0, 2, 1], reshape = [8, 6, 2, -1], second_transpose = [1, 0, 2, 3]}
    : (tensor<8x4x6xf32, #trt.dynamic<0>>) -> tensor<6x8x2x2xf32, #trt.dynamic<1>>
  %1 = trt.slice(%x, dynamic_sizes = %n) {starts = [0, 0, 1], sizes = [8, 4, 4], strides = [1, 1, 1],
      mode = "strict_bounds"}
    : (tensor<8x4x6xf32, #trt.dynamic<0>>, tensor<3xi64>) -> tensor<8x4x4xf32, #trt.dynamic<0>>
  %2 = trt.resize(%x, sizes = %n) {mode = "nearest", coordinate_transformation = "half_pixel", selector = "formula",
      rounding = "floor"}
    : (tensor<8x4x6xf32, #trt.dynamic<0>>, tensor<3xi64>) -> tensor<8x4x12xf32, #trt.dynamic<0>>
  func.return %0, %1, %2 : tensor<6x8x2x2xf32, #trt.dynamic<1>>, tensor<8x4x4xf32, #trt.dynamic<0>>,
    tensor<8x4x12xf32, #trt.dynamic<0>>
}
"""


def test_extents_that_scale_with_the_batch_are_left_open(tmp_path: Path) -> None:
    source = written(BATCH, tmp_path)
    assert "layer.setReshapeDimensions(dims({-1, 6, 2, 2}));" in function(source, 2)
    assert "layer.setInput(2, n[1]);" in function(source, 3)
    assert "layer.setInput(1, n[1]);" in function(source, 4)
    assert not [line for line in function(source, 4) if "setOutputDimensions" in line]
    assert "constexpr int input_axes[] = {0};" in source
    assert "constexpr int output_axes[] = {1, 0, 0};" in source
    assert row(source, "values")[:2] == [
        '{"", Type::i64, {1, {3}}, 1}',
        '{"", Type::f32, {4, {6, 8, 2, 2}}, 2, 1}',
    ]
    assert re.search(r"results, input_axes, output_axes,\s+1, 4, 8, false, \"", source)
    manifest = json.loads((tmp_path / "out/manifest.json").read_text())
    assert manifest["batch"] == {"least": 1, "usual": 4, "most": 8} and manifest["inputs"][0]["shape"] == [
        8,
        4,
        6,
    ]


def test_a_batch_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"trt\.batch is an array of three numbers"):
        emit(parse(BATCH.replace("array<i64: 1, 4, 8>", "array<i64: 1, 4>")), tmp_path / "out")


# ------------------------------------------------------------------------------------------------ plugins, project


def test_plugins_come_with_their_unit_and_with_cuda(tmp_path: Path) -> None:
    project = emit(parse(network(["plugin", "shape"])), tmp_path / "out")
    source = (project / "model.cpp").read_text()
    assert row(source, "plugins") == ['{"RegionYolo", "plugin"}']
    assert [path.name for path in (project / "arhat/trt/plugins").iterdir()] == ["region_yolo.cu"]
    assert (project / "arhat/kernels/region_yolo.hpp").is_file()
    cmake = (project / "CMakeLists.txt").read_text()
    assert "project(model LANGUAGES CXX CUDA)" in cmake and "arhat/trt/plugins/region_yolo.cu" in cmake


def test_a_program_without_plugins_needs_no_cuda_compiler(tmp_path: Path) -> None:
    project = emit(parse(CONVOLUTION), tmp_path / "out")
    cmake = (project / "CMakeLists.txt").read_text()
    assert "project(model LANGUAGES CXX)" in cmake
    assert "CMAKE_CUDA" not in cmake and "ARCHITECTURES" not in cmake
    assert not list(project.rglob("*.cu"))


@pytest.mark.parametrize(("k", "units"), [(4096, []), (4097, ["sort.cu"])])
def test_long_lists_are_sorted_by_a_unit_of_their_own(k: int, units: list[str], tmp_path: Path) -> None:
    text = f"""
func.func @main(%x: tensor<1x6000xf32>) -> (tensor<1x{k}xf32>, tensor<1x{k}xi32>) {{
  %0, %1 = trt.plugin(%x) {{plugin = "TopK", fields = {{axis = 1 : i64, k = {k} : i64, mode = "max", sort = "value",
      index_type = "i32"}}}}
    : (tensor<1x6000xf32>) -> (tensor<1x{k}xf32>, tensor<1x{k}xi32>)
  func.return %0, %1 : tensor<1x{k}xf32>, tensor<1x{k}xi32>
}}
"""
    project = emit(parse(text), tmp_path / "out")
    assert [path.name for path in (project / "arhat/cuda").glob("*.cu")] == units
    assert (
        "arhat/trt/plugins/topk.cu" + ("" if not units else " arhat/cuda/sort.cu") + " model.cpp)"
        in (project / "CMakeLists.txt").read_text()
    )


@pytest.mark.parametrize("name", PLUGINS)
def test_every_plugin_has_a_unit(name: str) -> None:
    assert f'name = "{name}"' in (RUNTIME / "include" / plugin_unit(name)).read_text()


def test_a_plugin_that_there_is_not() -> None:
    with pytest.raises(UserError, match="there is no plugin 'Nms'; there are AdaptiveAvgPool, "):
        plugin_unit("Nms")


def test_the_key_of_an_engine_is_that_of_the_network(tmp_path: Path) -> None:
    def key(text: str, folder: str) -> str:
        found = re.search(r'"([0-9a-f]{64})", 0u};', written(text, tmp_path / folder))
        assert found
        return found[1]

    first = key(CONVOLUTION, "a")
    assert key(CONVOLUTION, "b") == first
    assert (
        key(CONVOLUTION.replace("dense<0.5>", "dense<0.25>"), "c") == first
    )  # its weights have a hash of their own
    assert key(CONVOLUTION.replace('"relu"', '"tanh"', 1), "d") != first
    assert key(CONVOLUTION.replace("f32> {\n", "f32> attributes {trt.tf32} {\n"), "e") != first


def test_tf32_is_said(tmp_path: Path) -> None:
    for i, (attribute, expected) in enumerate({"trt.tf32": "true", "trt.tf32 = false": "false"}.items()):
        text = CONVOLUTION.replace("f32> {\n", f"f32> attributes {{{attribute}}} {{\n")
        assert f"0, 0, 0, {expected}, " in written(text, tmp_path / str(i))


def test_manifest(tmp_path: Path) -> None:
    manifest = json.loads((emit(parse(CONVOLUTION), tmp_path / "out") / "manifest.json").read_text())
    assert manifest["target"] == "trt" and manifest["arena_bytes"] == 0 and "batch" not in manifest
    assert [op["name"] for op in manifest["ops"]] == ["trt.convolution", "trt.activation relu"]
    assert "libnvinfer.so" in manifest["run_time"]["libraries"]
    assert manifest["run_time"]["versions"] == {"CUDA": "12.4", "TensorRT": "10.14"}
    assert {"model.cpp", "arhat/trt/network.hpp", "arhat/trt/abi.cpp"} <= set(manifest["files"])


def test_what_was_not_lowered(tmp_path: Path) -> None:
    text = """
func.func @main(%x: tensor<1x8xf32>) -> tensor<1x8xf32> {
  %0 = arhat.relu(%x) : (tensor<1x8xf32>) -> tensor<1x8xf32>
  func.return %0 : tensor<1x8xf32>
}
"""
    with pytest.raises(UserError, match=r"arhat.relu cannot be emitted .* run the pipeline 'trt'"):
        emit(parse(text), tmp_path / "out")
    constant = """
func.func @main() -> tensor<2xf32> {
  %0 = arhat.constant() {value = dense<1.0> : tensor<2xf32>} : () -> tensor<2xf32>
  func.return %0 : tensor<2xf32>
}
"""
    with pytest.raises(UserError, match=r"'arhat.constant' is no tensor of the network: put a trt.constant"):
        emit(parse(constant), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


# ------------------------------------------------------------------------------------------------ the real headers


def headers() -> tuple[str, ...]:
    """Folders of TensorRT's and CUDA's headers, where TENSORRT_ROOT is set and a CUDA toolkit is there."""
    root, cuda = os.environ.get("TENSORRT_ROOT"), first_with(include_folders(), "cuda_runtime_api.h")
    return (str(Path(root) / "include"), str(cuda)) if root and cuda else ()


NEEDS_TENSORRT = "TENSORRT_ROOT is not set, or there is no CUDA toolkit"


@pytest.mark.skipif(not headers(), reason=NEEDS_TENSORRT)
@pytest.mark.parametrize("compiler", ["g++", "clang++"])
def test_the_real_headers_take_every_layer(compiler: str, tmp_path: Path) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    project = emit(parse(network(list(LAYERS))), tmp_path / "out")
    flags = ["-std=c++17", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", f"-I{project}"]
    folders = [flag for folder in headers() for flag in ("-isystem", folder)]
    done = subprocess.run(
        [compiler, *flags, *folders, str(project / "model.cpp")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr

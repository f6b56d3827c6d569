"""The text of CUDA programs: tables of graphs, calls, kernels, weights as they lie in memory."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from xdsl.dialects.builtin import ModuleOp, StringAttr
from xdsl.parser import Parser

from arhat.dialects.arhat import LayerAttr
from arhat.driver.registry import make_context, make_resolver
from arhat.driver.run import run_steps
from arhat.emit.cudnn import emit
from arhat.errors import UserError
from arhat.interpreters import Array

HOSTILE = 'conv, "\n*/ #include "/etc/passwd", it is said, is what a model may have for a name, and more, \\'


def parse(text: str) -> ModuleOp:
    module = Parser(make_context(), text).parse_module()
    run_steps(make_context(), module, make_resolver().resolve("plan-memory", "test"), [], verify_each=True)
    return module


def written(text: str, folder: Path) -> str:
    """The program of a module; line breaks within statements are taken out."""
    source = (emit(parse(text), folder / "out") / "model.cu").read_text()
    return re.sub(r",\n      \s*", ", ", source)


def entry(project: Path, name: str) -> tuple[Array, int]:
    """A weight as it lies in the file and its offset in the data section."""
    data = (project / "weights.safetensors").read_bytes()
    size = int.from_bytes(data[:8], "little")
    found = json.loads(data[8 : 8 + size])[name]
    begin, end = found["data_offsets"]
    dtype = {"F32": np.float32, "F16": np.float16}[found["dtype"]]
    return np.frombuffer(data[8 + size + begin : 8 + size + end], dtype).reshape(found["shape"]), begin


IMAGE = "tensor<1x2x4x4xf16, #kernel.nhwc<2>>"
GRAPH = f"""
func.func @main(%image: tensor<1x2x4x4xf16>) -> tensor<1x2x4x4xf16> {{
  %x = kernel.reorder(%image) : (tensor<1x2x4x4xf16>) -> {IMAGE}
  %w = arhat.constant() {{value = dense<[[[[1.0, 2.0]], [[3.0, 4.0]]], [[[5.0, 6.0]], [[7.0, 8.0]]]]>
    : tensor<2x2x1x2xf16>}} : () -> tensor<2x2x1x2xf16, #kernel.nhwc<2>>
  %b = arhat.constant() {{value = dense<0.5> : tensor<1x2x1x1xf32>}} : () -> tensor<1x2x1x1xf32, #kernel.nhwc<2>>
  %y = cudnn.graph(%x, %w, %b) {{math = "any", plan = "eng4_k24=3", arhat.layers = [#arhat.layer<"conv", 7>]}} ({{
  ^bb0(%0: {IMAGE}, %1: tensor<2x2x1x2xf16, #kernel.nhwc<2>>, %2: tensor<1x2x1x1xf32, #kernel.nhwc<2>>):
    %3 = cudnn.conv_fprop(%0, %1) {{strides = [1, 1], pads = [0, 0, 0, 1], dilations = [1, 1], groups = 1}}
      : ({IMAGE}, tensor<2x2x1x2xf16, #kernel.nhwc<2>>) -> tensor<1x2x4x4xf32, #kernel.nhwc<2>>
    %4 = cudnn.pointwise(%3, b = %2) {{mode = "add"}}
      : (tensor<1x2x4x4xf32, #kernel.nhwc<2>>, tensor<1x2x1x1xf32, #kernel.nhwc<2>>)
      -> tensor<1x2x4x4xf32, #kernel.nhwc<2>>
    %5 = cudnn.pointwise(%4) {{mode = "relu_fwd", upper_clip = 6.0}}
      : (tensor<1x2x4x4xf32, #kernel.nhwc<2>>) -> {IMAGE}
    cudnn.yield %5 : {IMAGE}
  }}) : ({IMAGE}, tensor<2x2x1x2xf16, #kernel.nhwc<2>>, tensor<1x2x1x1xf32, #kernel.nhwc<2>>) -> {IMAGE}
  %z = kernel.reorder(%y) : ({IMAGE}) -> tensor<1x2x4x4xf16>
  func.return %z : tensor<1x2x4x4xf16>
}}
"""


def test_a_graph_is_a_table_above_its_function(tmp_path: Path) -> None:
    source = written(GRAPH, tmp_path)
    key = re.search(r'graph_1\{"([0-9a-f]{16})"', source)
    assert key
    expected = f"""
// 1: cudnn.graph conv_fprop add relu_fwd -> 1 x 2 x 4 x 4
//   layers: 'conv'
constexpr cudnn::TensorDesc tensors_1[] = {{
    {{1, Type::f16, {{4, {{1, 2, 4, 4}}}}, {{4, {{32, 1, 8, 2}}}}}},
    {{2, Type::f16, {{4, {{2, 2, 1, 2}}}}, {{4, {{4, 1, 4, 2}}}}}},
    {{3, Type::f32, {{4, {{1, 2, 1, 1}}}}, {{4, {{2, 1, 2, 2}}}}}},
    {{4, Type::f32, {{4, {{1, 2, 4, 4}}}}, {{4, {{32, 1, 8, 2}}}}, cudnn::is_virtual}},
    {{5, Type::f32, {{4, {{1, 2, 4, 4}}}}, {{4, {{32, 1, 8, 2}}}}, cudnn::is_virtual}},
    {{6, Type::f16, {{4, {{1, 2, 4, 4}}}}, {{4, {{32, 1, 8, 2}}}}}},
}};
constexpr cudnn::NodeDesc nodes_1[] = {{
    cudnn::conv_fprop(1, 2, 4, {{2, {{0, 0}}}}, {{2, {{0, 1}}}}, {{2, {{1, 1}}}}, {{2, {{1, 1}}}}),
    cudnn::binary(CUDNN_POINTWISE_ADD, 4, 3, 5),
    cudnn::unary(CUDNN_POINTWISE_RELU_FWD, 5, 6).clip(0.0f, 6.0f),
}};
constexpr cudnn::GraphDesc graph_1{{"{key[1]}", "conv", tensors_1, 6, nodes_1, 3, cudnn::Math::any, "eng4_k24=3"}};
void op_1(const Frame& f) {{
  run_graph(f, 0, {{arena<half>(f, 0), weight<half>(f, 0), weight<float>(f, 256), arena<half>(f, 128)}});
}}
"""
    assert expected in source
    assert "constexpr GraphInfo graphs[] = {\n    {&graph_1, 1},\n};" in source


def test_filters_are_written_as_they_lie_in_memory(tmp_path: Path) -> None:
    project = emit(parse(GRAPH), tmp_path / "out")
    filter, offset = entry(project, "conv.weights")
    assert offset == 0 and filter.shape == (2, 1, 2, 2)
    np.testing.assert_array_equal(filter.reshape(2, 4), [[1, 3, 2, 4], [5, 7, 6, 8]])
    bias, offset = entry(project, "conv.bias")
    assert offset == 256 and bias.shape == (1, 1, 1, 2) and bias.dtype == np.float32


def test_names_of_a_model_stay_names(tmp_path: Path) -> None:
    module = parse(GRAPH)
    for op in module.walk():
        if op.name == "cudnn.graph":
            op.attributes["arhat.layers"] = type(op.attributes["arhat.layers"])([LayerAttr.get(HOSTILE, 1)])
    module.attributes["arhat.name"] = StringAttr(HOSTILE)
    project = emit(module, tmp_path / "out")
    source = (project / "model.cu").read_text()
    assert source.isascii()
    assert [line for line in source.splitlines() if "passwd" in line and line.startswith(("#", "*"))] == []
    string = r'"conv, \"\n*/ #include \"/etc/passwd\", it is said, is what a model may have for a name, and more, \\"'
    assert source.count(string) == 4  # the graph, the op, the value, the program: never broken
    # Nothing of the name is outside of a string or a comment of one line.
    code = re.sub(
        r'"(?:\\.|[^"\\])*"', '""', "\n".join(re.sub(r"^//.*", "", source, flags=re.M).splitlines())
    )
    assert "passwd" not in re.sub(r'#include ""', "", code)


ELEMENTWISE = """
func.func @main(%x: tensor<2x3xf16>, %y: tensor<2x3xf16>) -> (tensor<2x3xf16>, tensor<2x3xf16>, tensor<2x3xf32>) {
  %0 = kernel.elementwise(%x, %y) {
  ^bb0(%a: f16, %b: f16):
    %2 = arith.extf %a : f16 to f32
    %3 = arith.extf %b : f16 to f32
    %4 = arith.addf %2, %3 : f32
    %5 = arith.truncf %4 : f32 to f16
    kernel.yield %5 : f16
  } : (tensor<2x3xf16>, tensor<2x3xf16>) -> tensor<2x3xf16>
  %1 = kernel.elementwise(%y, %0) {
  ^bb0(%a: f16, %b: f16):
    %2 = arith.extf %a : f16 to f32
    %3 = arith.extf %b : f16 to f32
    %4 = arith.addf %2, %3 : f32
    %5 = arith.truncf %4 : f32 to f16
    kernel.yield %5 : f16
  } : (tensor<2x3xf16>, tensor<2x3xf16>) -> tensor<2x3xf16>
  %6 = kernel.convert(%1) : (tensor<2x3xf16>) -> tensor<2x3xf32>
  func.return %0, %1, %6 : tensor<2x3xf16>, tensor<2x3xf16>, tensor<2x3xf32>
}
"""


def test_equal_functions_are_compiled_once(tmp_path: Path) -> None:
    source = written(ELEMENTWISE, tmp_path)
    assert re.findall(r"struct (\w+)", source) == ["Function0", "Function2"]
    assert source.count("Function0{}") == 2 and source.count("Function2{}") == 1
    assert (
        """struct Function0 {
  ARHAT_HD half operator()(half a0, half a1) const {
    const auto t0 = math::convert<float>(a0);
    const auto t1 = math::convert<float>(a1);
    const auto t2 = t0 + t1;
    return math::convert<half>(t2);
  }
};
void op_0(const Frame& f) {
  // rank, extents, strides of the result, strides of each operand
  static constexpr ElementwiseParams<2> params{1, {6}, {1}, {{1}, {1}}};
  elementwise_scalar(f.context, params, Function0{}, output<half>(f, 0), input<half>(f, 0), input<half>(f, 1));
}"""
        in source
    )


def test_functions_that_differ_in_numbers_are_compiled_once(tmp_path: Path) -> None:
    body = """kernel.elementwise(%x) {{
  ^bb0(%a: f32):
    %two = arith.constant 2.0 : f32
    %c = arith.constant {} : f32
    %1 = arith.mulf %a, %two : f32
    %2 = arith.addf %1, %c : f32
    kernel.yield %2 : f32
  }} : (tensor<4xf32>) -> tensor<4xf32>"""
    source = written(
        f"""
func.func @main(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {{
  %y = {body.format("0.5")}
  %z = {body.format("0x7F800000")}
  func.return %y, %z : tensor<4xf32>, tensor<4xf32>
}}
""",
        tmp_path,
    )
    assert (
        """struct Function0 {
  float c0;
  ARHAT_HD float operator()(float a0) const {
    const auto t0 = a0 * 2.0f;
    return t0 + c0;
  }
};
"""
        in source
    )
    assert source.count("struct Function") == 1
    assert "Function0{0.5f}, output<float>(f, 0)" in source
    assert "Function0{INFINITY}, output<float>(f, 1)" in source


CALLS = """
func.func @main(%x: tensor<1x3x4x4xf32>, %a: tensor<2x3x8xf16>, %b: tensor<5x8xf16>, %c: tensor<5xf16>)
    -> (tensor<1x3x4x4xf32>, tensor<1x3x4x4xf32>, tensor<2x3x5xf16>) {
  %0 = cudnn.softmax(%x) {axis = 1} : (tensor<1x3x4x4xf32>) -> tensor<1x3x4x4xf32>
  %1 = cudnn.transform(%x) : (tensor<1x3x4x4xf32>) -> tensor<1x8x4x4xf16, #kernel.nhwc<8>>
  %2 = cudnn.lrn(%x) {size = 5, alpha = 0.0001, beta = 0.75, bias = 1.0}
    : (tensor<1x3x4x4xf32>) -> tensor<1x3x4x4xf32>
  %3 = cudnn.cublaslt_matmul(%a, %b, bias = %c) {transpose_a = false, transpose_b = true, activation = "relu",
    math = "any"} : (tensor<2x3x8xf16>, tensor<5x8xf16>, tensor<5xf16>) -> tensor<2x3x5xf16>
  func.return %0, %2, %3 : tensor<1x3x4x4xf32>, tensor<1x3x4x4xf32>, tensor<2x3x5xf16>
}
"""


def test_calls_that_are_not_graphs(tmp_path: Path) -> None:
    source = written(CALLS, tmp_path)
    assert "static constexpr SoftmaxCall call{Type::f32, 1, 3, 16};" in source
    assert (
        "static constexpr LrnCall call{Type::f32, {4, {1, 3, 4, 4}}, {4, {48, 16, 4, 1}}, 5, 0.0001, 0.75, 1.0};"
        in source
    )
    assert (
        "static constexpr TransformParams params{1, 3, 4, 4, 8, {48, 16, 4, 1}, {128, 1, 32, 8}};" in source
    )
    assert (
        'constexpr ProductInfo product_3{"", 3, Type::f16, Type::f16, {3, {2, 3, 8}}, {2, {5, 8}}, {3, {2, 3, 5}}, '
        "false, true, true, "
        "ProductActivation::relu, cudnn::Math::any}" in source
    )
    assert (
        "run_product(f, 0, input<half>(f, 1), input<half>(f, 2), input<half>(f, 3), output<half>(f, 2));"
        in source
    )
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert "libcudnn_ops.so.9" in manifest["run_time"]["libraries"]


def test_libraries_that_are_not_needed_are_not_named(tmp_path: Path) -> None:
    manifest = json.loads((emit(parse(GRAPH), tmp_path / "out") / "manifest.json").read_text())
    assert "libcudnn.so.9" in manifest["run_time"]["libraries"]
    assert manifest["run_time"]["versions"] == {"CUDA": "12.4", "cuDNN": "9.8"}
    assert "libcudnn_ops.so.9" not in manifest["run_time"]["libraries"]


def test_copies_on_the_device(tmp_path: Path) -> None:
    source = written(
        """
func.func @main(%x: tensor<1x3x4x4xf32>) -> (tensor<1x3x4x4xf32>, tensor<1x3x4x4xf32>) {
  %0 = kernel.reorder(%x) : (tensor<1x3x4x4xf32>) -> tensor<1x3x4x4xf32>
  %1 = kernel.reorder(%x) : (tensor<1x3x4x4xf32>) -> tensor<1x3x4x4xf32, #kernel.nhwc<3>>
  %2 = kernel.reorder(%1) : (tensor<1x3x4x4xf32, #kernel.nhwc<3>>) -> tensor<1x3x4x4xf32>
  func.return %0, %2 : tensor<1x3x4x4xf32>, tensor<1x3x4x4xf32>
}
""",
        tmp_path,
    )
    assert "copy_bytes(f, input<float>(f, 0), output<float>(f, 0), 192);" in source
    assert "static constexpr CopyParams copy{4, {1, 4, 4, 3}, {48, 4, 1, 16}, {48, 12, 3, 1}};" in source
    assert "static constexpr CopyParams copy{4, {1, 3, 4, 4}, {48, 1, 12, 3}, {48, 16, 4, 1}};" in source


def test_streams_and_waits(tmp_path: Path) -> None:
    source = written(
        """
func.func @main(%x: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  %0 = kernel.reorder(%x) {cudnn.stream = 0} : (tensor<4xf32>) -> tensor<4xf32>
  %1 = kernel.reorder(%x) {cudnn.stream = 2} : (tensor<4xf32>) -> tensor<4xf32>
  %2 = kernel.reorder(%1) {cudnn.stream = 0, cudnn.waits = [1]} : (tensor<4xf32>) -> tensor<4xf32>
  func.return %0, %2 : tensor<4xf32>, tensor<4xf32>
}
""",
        tmp_path,
    )
    assert "constexpr int waits_2[] = {1};" in source
    rows = re.findall(r'\{"kernel.reorder", "", .*\},', source)
    assert [row[-len(end) :] for row, end in zip(rows, ENDS, strict=True)] == ENDS
    assert "3, probe_device};" in source


ENDS = ["op_0},", "op_1, 2},", "op_2, 0, waits_2, 1},"]


def test_variables(tmp_path: Path) -> None:
    source = written(
        """
func.func @main(%x: tensor<4xf32>) -> tensor<4xf32> {
  %0 = kernel.read_value(%x) {variable = "v"} : (tensor<4xf32>) -> tensor<4xf32>
  kernel.assign(%x) {variable = "v"} : (tensor<4xf32>) -> ()
  func.return %0 : tensor<4xf32>
}
""",
        tmp_path,
    )
    assert "read_variable(f, 0, 4, input<float>(f, 0), output<float>(f, 0));" in source
    assert "assign_variable(f, 0, 4, input<float>(f, 0));" in source


def test_what_was_not_lowered(tmp_path: Path) -> None:
    text = """
func.func @main(%x: tensor<1x8xf32>) -> tensor<1x8xf32> {
  %0 = cudnn.pointwise(%x) {mode = "relu_fwd"} : (tensor<1x8xf32>) -> tensor<1x8xf32>
  func.return %0 : tensor<1x8xf32>
}
"""
    with pytest.raises(UserError, match=r"cudnn.pointwise cannot be emitted .* run the pipeline 'cudnn'"):
        emit(parse(text), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []

"""Operation graphs as text: the form that the planner reads, and keys that follow from nothing else."""

from __future__ import annotations

import pytest
from cudnn.planner import plan, unavailable
from xdsl.parser import Parser

from arhat.dialects.cudnn import GraphOp
from arhat.driver.registry import make_context
from arhat.emit.cudnn.graphs import graph_key, graph_text

X, W, S = (
    "tensor<1x8x6x6xf16, #kernel.nhwc<8>>",
    "tensor<16x8x3x3xf16, #kernel.nhwc<8>>",
    "tensor<1x16x6x6xf32, #kernel.nhwc<16>>",
)
B, Y = "tensor<1x16x1x1xf32>", "tensor<1x16x6x6xf16, #kernel.nhwc<16>>"


def graph(types: list[str], body: list[str], results: list[str], options: str = 'math = "any"') -> GraphOp:
    """A graph inside a function; its operands are %0, %1, ..."""
    outside = ", ".join(f"%a{i}: {type_}" for i, type_ in enumerate(types))
    inside = ", ".join(f"%{i}: {type_}" for i, type_ in enumerate(types))
    operands = ", ".join(f"%a{i}" for i in range(len(types)))
    values = ", ".join(f"%r{i}" for i in range(len(results)))
    text = (
        f"func.func @main({outside}) {{\n  {values} = cudnn.graph({operands}) {{{options}}} ({{\n"
        f"  ^bb0({inside}):\n" + "\n".join(f"    {line}" for line in body) + "\n"
        f"  }}) : ({', '.join(types)}) -> ({', '.join(results)})\n  func.return\n}}"
    )
    module = Parser(make_context(), text).parse_module()
    module.verify()
    (found,) = (op for op in module.walk() if isinstance(op, GraphOp))
    return found


def convolution(clip: str = "upper_clip = 6.0", options: str = 'math = "any"') -> GraphOp:
    """Convolution, bias, clipped ReLU."""
    body = [
        "%3 = cudnn.conv_fprop(%0, %1) {strides = [1, 1], pads = [1, 0, 1, 2], dilations = [1, 1], groups = 1}"
        f" : ({X}, {W}) -> {S}",
        f'%4 = cudnn.pointwise(%3, b = %2) {{mode = "add"}} : ({S}, {B}) -> {S}',
        f'%5 = cudnn.pointwise(%4) {{mode = "relu_fwd", {clip}}} : ({S}) -> {Y}',
        f"cudnn.yield %5 : {Y}",
    ]
    return graph([X, W, B], body, [Y], options)


def test_text_of_a_fused_convolution() -> None:
    op = convolution()
    assert graph_text(op) == (
        f"graph {graph_key(op)} math=any\n"
        "tensor 1 f16 dims=1,8,6,6 strides=288,1,48,8\n"
        "tensor 2 f16 dims=16,8,3,3 strides=72,1,24,8\n"
        "tensor 3 f32 dims=1,16,1,1 strides=16,1,1,1\n"
        "tensor 4 f32 dims=1,16,6,6 strides=576,1,96,16 virtual\n"
        "tensor 5 f32 dims=1,16,6,6 strides=576,1,96,16 virtual\n"
        "tensor 6 f16 dims=1,16,6,6 strides=576,1,96,16\n"
        "conv_fprop x=1 w=2 y=4 pre=1,0 post=1,2 strides=1,1 dilations=1,1 compute=f32\n"
        "pointwise mode=add x=4 b=3 y=5 compute=f32\n"
        "pointwise mode=relu_fwd x=5 y=6 upper=6 compute=f32\n"
        "end\n"
    )


def test_bytes_are_summed_in_i32() -> None:
    body = [
        "%2 = cudnn.conv_fprop(%0, %1) {strides = [1, 1], pads = [1, 1, 2, 2], dilations = [1, 1], groups = 1}"
        " : (tensor<1x4x2x2xi8>, tensor<8x4x2x2xi8>) -> tensor<1x8x4x4xi32>",
        "cudnn.yield %2 : tensor<1x8x4x4xi32>",
    ]
    op = graph(["tensor<1x4x2x2xi8>", "tensor<8x4x2x2xi8>"], body, ["tensor<1x8x4x4xi32>"])
    lines = graph_text(op).splitlines()
    assert lines[1] == "tensor 1 i8 dims=1,4,2,2 strides=16,4,2,1"
    assert lines[3] == "tensor 3 i32 dims=1,8,4,4 strides=128,16,4,1"
    assert lines[4].startswith("conv_fprop x=1 w=2 y=3 ") and lines[4].endswith(" compute=i32")


ROW = "tensor<2x8x4x4xbf16>"
NODES = {
    '%1 = cudnn.pointwise(%0) {mode = "relu_fwd", lower_clip = -1.0, upper_clip = 0.3}': (
        "pointwise mode=relu_fwd x=1 y=2 lower=-1 upper=0.3"
    ),
    '%1 = cudnn.pointwise(%0) {mode = "relu_fwd", lower_clip = 0.0, lower_clip_slope = 1.0e-05}': (
        "pointwise mode=relu_fwd x=1 y=2 slope=1e-05"
    ),
    '%1 = cudnn.pointwise(%0) {mode = "elu_fwd", elu_alpha = 0.5}': (
        "pointwise mode=elu_fwd x=1 y=2 alpha=0.5"
    ),
    '%1 = cudnn.pointwise(%0) {mode = "swish_fwd", swish_beta = 1.5}': (
        "pointwise mode=swish_fwd x=1 y=2 beta=1.5"
    ),
    '%1 = cudnn.pointwise(%0) {mode = "softplus_fwd", softplus_beta = 1.0}': (
        "pointwise mode=softplus_fwd x=1 y=2"
    ),
    '%1 = cudnn.resample(%0) {mode = "avg_include", window = [3, 1], strides = [1, 1], pads = [1, 0, 1, 0]}': (
        "resample mode=avg_include x=1 y=2 window=3,1 strides=1,1 pre=1,0 post=1,0"
    ),
    '%1 = cudnn.reduction(%0) {mode = "avg"}': "reduction mode=avg x=1 y=2",
}


def single(node: str, result: str = ROW) -> GraphOp:
    """A graph of one node on one operand."""
    return graph([ROW], [f"{node} : ({ROW}) -> {result}", f"cudnn.yield %1 : {result}"], [result])


@pytest.mark.parametrize("node", NODES)
def test_nodes(node: str) -> None:
    result = "tensor<2x8x1x1xbf16>" if "reduction" in node else ROW
    lines = graph_text(single(node, result)).splitlines()
    assert lines[1] == "tensor 1 bf16 dims=2,8,4,4 strides=128,16,4,1"
    assert lines[3:] == [f"{NODES[node]} compute=f32", "end"]


def test_gradient() -> None:
    types = ["tensor<1x4x2x2xf32>", "tensor<4x8x2x2xf32>"]
    body = [
        "%2 = cudnn.conv_dgrad(%0, %1) {strides = [2, 2], pads = [0, 1, 1, 0], dilations = [1, 1], groups = 1}"
        f" : ({', '.join(types)}) -> tensor<1x8x3x3xf32>",
        "cudnn.yield %2 : tensor<1x8x3x3xf32>",
    ]
    lines = graph_text(graph(types, body, ["tensor<1x8x3x3xf32>"], 'math = "strict"')).splitlines()
    assert lines[0].endswith(" math=strict")
    assert lines[4] == "conv_dgrad x=1 w=2 y=3 pre=0,1 post=1,0 strides=2,2 dilations=1,1 compute=f32"


def test_matmul() -> None:
    types = ["tensor<2x3x4xf32>", "tensor<2x4x5xf32>"]
    body = [
        f"%2 = cudnn.matmul(%0, %1) : ({', '.join(types)}) -> tensor<2x3x5xf32>",
        "cudnn.yield %2 : tensor<2x3x5xf32>",
    ]
    lines = graph_text(graph(types, body, ["tensor<2x3x5xf32>"], 'math = "tf32"')).splitlines()
    assert lines[0].endswith(" math=tf32")
    assert lines[4] == "matmul a=1 b=2 y=3 compute=f32"


def test_key_is_that_of_the_graph_alone() -> None:
    """Its plan and the names of its layers do not change it; math and constants do."""
    key = graph_key(convolution())
    assert len(key) == 16 and int(key, 16) >= 0
    named = 'math = "any", plan = "eng0", arhat.layers = [#arhat.layer<"conv", 3>]'
    assert graph_key(convolution(options=named)) == key
    others = [convolution(options='math = "tf32"'), convolution(clip="upper_clip = 5.0")]
    assert len({key, *(graph_key(op) for op in others)}) == 3
    assert graph_key(convolution(clip="lower_clip = 0.0, upper_clip = 6.0")) == key


@pytest.mark.skipif(unavailable() is not None, reason=str(unavailable()))
def test_cudnn_reads_and_plans_it() -> None:
    """The planner takes every kind of text; a fused convolution has a plan."""
    fused = convolution()
    nodes = [single(node, "tensor<2x8x1x1xbf16>" if "reduction" in node else ROW) for node in NODES]
    results = plan([graph_text(op) for op in (fused, *nodes)], [80], build=False)
    assert [r["key"] for r in results] == [graph_key(op) for op in (fused, *nodes)]
    (planned,) = plan([graph_text(fused)], [80])
    assert planned["planned"], planned

"""form-graphs and fuse-pointwise leave what a network computes as it is, its roundings included."""

from __future__ import annotations

import numpy as np
import pytest
from models import Model, model, model_inputs, relative_error
from unit.passes.graph_networks import CHANNELS, Network, inputs_of
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, StringAttr, f32
from xdsl.ir import Operation

from arhat.compiler import import_model, pipeline
from arhat.dialects.arhat import type_of
from arhat.dialects.cudnn import BINARY_MODES, NODE_OPS, UNARY_MODES, GraphOp, PointwiseOp
from arhat.dialects.kernel import tensor_of
from arhat.driver.registry import make_context
from arhat.driver.run import run_steps
from arhat.interpreters import Array, evaluate, input_names
from arhat.layers import layers_of
from arhat.options import CompileOptions
from arhat.passes import cudnn_support as support
from arhat.passes.form_graphs import FormGraphsPass
from arhat.passes.fuse_elementwise import FuseElementwisePass
from arhat.passes.fuse_pointwise import FusePointwisePass
from arhat.passes.support import entry_point
from arhat.weights import clone_module, dtype_of

KINDS = [
    ("f32", True, "strict"),
    ("f32", False, "strict"),
    ("f32", True, "tf32"),
    ("f32", False, "tf32"),
    ("f16", True, "strict"),
    ("f16", False, "strict"),
    ("bf16", True, "strict"),
    ("i8", True, "strict"),
]
"""Element type, whether the layout is NHWC, and what the function allows for f32."""
ULP = {"f32": 2.0**-23, "f16": 2.0**-10, "bf16": 2.0**-7, "i8": 1.0}


def form(module: ModuleOp) -> None:
    FormGraphsPass().apply(Context(), module)
    module.verify()


def fuse(module: ModuleOp) -> None:
    FusePointwisePass().apply(Context(), module)
    module.verify()


def ops_of(module: ModuleOp) -> list[Operation]:
    return list(entry_point(module).body.block.ops)


def run(module: ModuleOp, inputs: list[Array]) -> list[Array]:
    return list(evaluate(module, inputs).values())


def defined_before_used(module: ModuleOp) -> bool:
    """xDSL's verifier does not check it."""
    known = set(entry_point(module).body.block.args)
    for op in ops_of(module):
        if not known.issuperset(op.operands):
            return False
        known.update(op.results)
    return True


@pytest.mark.parametrize(("element", "nhwc", "math"), KINDS, ids=str)
@pytest.mark.parametrize("seed", range(12))
def test_a_graph_of_a_layer_computes_the_same(seed: int, element: str, nhwc: bool, math: str) -> None:
    """Where only ends of layers are rounded, and no graph goes beyond its layer, every bit stays."""
    network = Network(seed, element, nhwc=nhwc, math=math)
    for _ in range(5):
        network.layer(steps=network.pick(4))
    before = network.module()
    after = clone_module(before)
    form(after)
    assert defined_before_used(after)
    assert all(isinstance(op, PointwiseOp) for op in ops_of(after) if isinstance(op, NODE_OPS))
    inputs = inputs_of(before, seed)
    for ours, expected in zip(run(after, inputs), run(before, inputs), strict=True):
        if element == "f32" and (math == "strict" or not nhwc):  # a residual may be added before the bias
            assert close(ours, expected, 1e-6)
        elif element == "f16" and not nhwc:  # engines that give f32 of every channel apart there are none
            assert close(ours, expected, 4 * ULP[element])
        else:
            np.testing.assert_array_equal(ours, expected)


@pytest.mark.parametrize("seed", range(20))
def test_rounding_to_bytes_is_kept(seed: int) -> None:
    """A value of i8 has to saturate: no graph goes on after it."""
    network = Network(seed, "i8", nhwc=True)
    for _ in range(3):
        network.layer(steps=network.pick(2))
        network.loose()
        network.loose()
    before = network.module()
    after = clone_module(before)
    form(after)
    assert defined_before_used(after)
    assert any(isinstance(op, GraphOp) for op in ops_of(after))
    inputs = inputs_of(before, seed)
    for ours, expected in zip(run(after, inputs), run(before, inputs), strict=True):
        np.testing.assert_array_equal(ours, expected)


@pytest.mark.parametrize(("element", "nhwc", "math"), KINDS[:-1], ids=str)
@pytest.mark.parametrize("seed", range(8))
def test_graphs_across_layers_round_less(seed: int, element: str, nhwc: bool, math: str) -> None:
    """A pointwise layer goes into the graph before it, without the rounding between them; nothing else changes."""
    network = Network(seed, element, nhwc=nhwc, math=math)
    for _ in range(3):
        network.layer(steps=network.pick(2))
        network.loose()
        network.loose()
    before = network.module()
    after = clone_module(before)
    form(after)
    fuse(after)
    FuseElementwisePass().apply(Context(), after)
    after.verify()
    assert defined_before_used(after)
    assert not any(isinstance(op, NODE_OPS) for op in ops_of(after))
    inputs = inputs_of(before, seed)
    for ours, expected in zip(run(after, inputs), run(before, inputs), strict=True):
        assert close(ours, expected, 1e-5 + 4 * ULP[element])


def close(ours: Array, expected: Array, tolerance: float) -> bool:
    """Equal within `tolerance` of the largest value."""
    assert ours.dtype == expected.dtype
    scale = max(1.0, float(np.abs(expected.astype(np.float64)).max()))
    difference = np.abs(ours.astype(np.float64) - expected.astype(np.float64)).max()
    return bool(difference <= tolerance * scale)


@pytest.mark.parametrize("engines", ["ahead", "compiled"])
@pytest.mark.parametrize("element", ["f32", "f16"])
@pytest.mark.parametrize("seed", range(4))
def test_the_choice_of_engines_changes_no_more_than_an_order(seed: int, element: str, engines: str) -> None:
    network = Network(seed, element, nhwc=True, math="tf32")
    for _ in range(5):
        network.layer(steps=network.pick(4))
    before = network.module()
    after = clone_module(before)
    FormGraphsPass(engines=engines).apply(Context(), after)
    after.verify()
    inputs = inputs_of(before, seed)
    for ours, expected in zip(run(after, inputs), run(before, inputs), strict=True):
        assert close(ours, expected, 1e-6 if element == "f32" else 4 * ULP[element])


@pytest.mark.parametrize("seed", range(30))
def test_no_node_is_lost(seed: int) -> None:
    """All layers are there afterwards, each in one graph or one loose node, and graphs keep within the limits."""
    network = Network(seed, "f16", nhwc=True)
    for _ in range(6):
        network.layer(steps=network.pick(6))
    module = network.module()
    before = [layer for op in ops_of(module) for layer in layers_of(op)]
    nodes = sum(isinstance(op, NODE_OPS) for op in ops_of(module))
    form(module)
    graphs = [op for op in ops_of(module) if isinstance(op, GraphOp)]
    loose = [op for op in ops_of(module) if isinstance(op, PointwiseOp)]
    assert set(before) == {layer for op in [*graphs, *loose] for layer in layers_of(op)}
    inside = [node for graph in graphs for node in graph.nodes]
    identities = sum(
        graph.nodes[1:2] != () and graph.nodes[1].properties.get("mode") == StringAttr("identity")
        for graph in graphs
    )
    assert nodes <= len(inside) + len(loose) <= nodes + identities
    for graph in graphs:
        assert len(graph.nodes) <= support.MOST_NODES and len(graph.inputs) <= support.MOST_INPUTS
        assert all(tensor_of(node.output).element_type == f32 for node in graph.nodes[:-1])


REAL = [
    ("landmarks-regression-retail-0009/FP16-v11", "f16"),
    ("landmarks-regression-retail-0009/FP16-INT8-v11", "f32"),
    ("face-detection-0200/FP16-v11", "f32"),
]
"""Models and precisions: with leaky ReLUs, quantised, with every channel apart and residuals."""


@pytest.mark.parametrize(("name", "precision"), REAL)
def test_real_models_compute_the_same(name: str, precision: str) -> None:
    chosen = model(name)
    options = CompileOptions(precision=precision)
    before = import_model(chosen.xml, options)
    steps = pipeline("cudnn", options)
    place = next(i for i, step in enumerate(steps) if isinstance(step, FormGraphsPass))
    run_steps(make_context(), before, steps[:place], ())
    after = clone_module(before)
    run_steps(
        make_context(), after, steps[place : place + 3], ()
    )  # form-graphs, fuse-pointwise, fuse-elementwise
    names = {op.name for op in ops_of(after)}
    assert "cudnn.graph" in names and not names & {node.name for node in NODE_OPS}
    inputs = input_arrays(before, chosen)
    expected, ours = evaluate(before, inputs), evaluate(after, inputs)
    for name, value in ours.items():
        assert relative_error(value, expected[name]) <= (2e-3 if precision == "f16" else 1e-5)


def input_arrays(module: ModuleOp, chosen: Model) -> dict[str, Array]:
    types = {
        name: (type_of(argument).get_shape(), dtype_of(type_of(argument).element_type))
        for name, argument in zip(input_names(module), entry_point(module).body.block.args, strict=True)
    }
    return model_inputs(chosen, types)


@pytest.mark.parametrize("element", ["f32", "f16", "bf16", "i8"])
@pytest.mark.parametrize("mode", [*UNARY_MODES, *BINARY_MODES])
def test_a_kernel_computes_what_the_node_does(mode: str, element: str) -> None:
    """Within 1e-6 before the rounding; so a result may be the neighbour where it lies between two."""
    random = np.random.default_rng(7)
    network = Network(1, element, nhwc=True)
    x = network.values[0]
    b = network.argument((1, CHANNELS, 1, 1), f32) if mode in BINARY_MODES else None
    network.values = [network.pointwise(mode, x, b, element=network.element)]
    before = network.module()
    after = clone_module(before)
    fuse(after)
    assert [op.name for op in ops_of(after)] == ["kernel.elementwise", "func.return"]
    inputs = inputs_of(before, 3)
    if mode in ("log", "sqrt", "rsqrt", "pow"):
        inputs[0] = np.abs(inputs[0]) + inputs[0].dtype.type(1)
    if b is not None:
        inputs[-1] = random.uniform(0.5, 2, inputs[-1].shape).astype(np.float32)
    (ours,), (expected,) = run(after, inputs), run(before, inputs)
    difference = np.abs(ours.astype(np.float64) - expected.astype(np.float64))
    step = np.maximum(np.abs(expected.astype(np.float64)), 1) * ULP[element] if element != "i8" else 1
    assert (difference <= np.maximum(step, 2e-6 * np.abs(expected.astype(np.float64)))).all()
    assert (difference > 0).mean() <= (0.6 if element == "f32" else 0.02)

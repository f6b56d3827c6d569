"""Element-wise regions: forming them keeps the meaning, fusing them too."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from xdsl.context import Context
from xdsl.dialects import test
from xdsl.dialects.builtin import FunctionType, ModuleOp, f32
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Block, Operation, Region, SSAValue
from xdsl.rewriter import Rewriter

from arhat.dialects import arhat
from arhat.dialects.arhat import LayerAttr
from arhat.dialects.arhat.base import tensor_type
from arhat.dialects.kernel import ElementwiseOp
from arhat.interpreters import evaluate, evaluate_op
from arhat.layers import layers_of
from arhat.passes.form_elementwise import build_elementwise, is_elementwise
from arhat.passes.fuse_elementwise import FuseElementwisePass
from arhat.weights import Array, dense

UNARY = [arhat.ReluOp, arhat.SigmoidOp, arhat.TanhOp, arhat.AbsOp, arhat.HSwishOp, arhat.NegativeOp]
BINARY = [arhat.AddOp, arhat.SubtractOp, arhat.MultiplyOp, arhat.MaximumOp, arhat.MinimumOp]
SHAPES = [(2, 3, 4), (3, 1), (4,), (1, 3, 4)]


def module_of_choices(choices: list[tuple[int, int, int]]) -> ModuleOp:
    """A network of element-wise ops: each takes earlier values; what nothing uses is returned."""
    block = Block(arg_types=[tensor_type(f32, shape) for shape in SHAPES])
    values: list[SSAValue] = list(block.args)
    for number, (kind, first, second) in enumerate(choices):
        all_kinds = [*UNARY, *BINARY]
        operation = all_kinds[kind % len(all_kinds)]
        operands = [values[first % len(values)], values[second % len(values)]]
        op = operation.build_inferred(
            operands if operation in BINARY else operands[:1], layers=[LayerAttr.get(f"layer{number}")]
        )
        block.add_op(op)
        values.append(op.results[0])
    results = [v for v in values[len(SHAPES) :] if not v.uses.get_length()]
    block.add_op(ReturnOp(*results))
    type_ = FunctionType.from_lists([a.type for a in block.args], [r.type for r in results])
    module = ModuleOp([FuncOp("main", type_, Region(block))])
    module.verify()
    return module


def form(module: ModuleOp) -> None:
    """Every element-wise op becomes a kernel of its own."""
    for op in list(module.walk()):
        if is_elementwise(op):
            Rewriter.replace_op(op, [build_elementwise([op])])


@settings(max_examples=60, derandomize=True, deadline=None, database=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 100), st.integers(0, 100), st.integers(0, 100)), min_size=1, max_size=12
    )
)
def test_forming_and_fusing_keep_the_meaning(choices: list[tuple[int, int, int]]) -> None:
    module = module_of_choices(choices)
    rng = np.random.default_rng(1)
    inputs = [rng.uniform(-2, 2, shape).astype(np.float32) for shape in SHAPES]
    expected = evaluate(module, inputs)
    layers = [layer for op in module.walk() for layer in layers_of(op)]
    for step in (form, lambda m: FuseElementwisePass().apply(Context(), m)):
        step(module)
        module.verify()
        actual = evaluate(module, inputs)
        for name, array in expected.items():
            np.testing.assert_allclose(actual[name], array, rtol=1e-5, atol=1e-5, strict=True)
        kept = [layer for op in module.walk() for layer in layers_of(op)]
        assert {layer.layer_name for layer in kept} == {layer.layer_name for layer in layers}


def one_constant(array: Array) -> Operation:
    """A constant of the value of `array`."""
    return arhat.ConstantOp.get(dense(array), tensor_type(f32, array.shape))


def run(op: ElementwiseOp, known: dict[SSAValue, Array]) -> Array:
    (result,) = evaluate_op(op, [known[value] for value in op.inputs])
    return result


def test_slope_of_channels() -> None:
    x = test.TestOp(result_types=[tensor_type(f32, (2, 5, 3, 4))])
    rng = np.random.default_rng(1)
    slope = rng.uniform(0, 1, 5).astype(np.float32)
    constant = one_constant(slope)
    prelu = arhat.PreluOp.build_inferred([x.results[0], constant.results[0]])
    block = Block([x, constant, prelu])
    array = rng.uniform(-2, 2, (2, 5, 3, 4)).astype(np.float32)
    expected = evaluate_op(prelu, [array, slope])[0]
    op = build_elementwise([prelu])
    op.verify()
    column = op.inputs[1]
    assert column.owner in block.ops and column.type == tensor_type(f32, (5, 1, 1))
    actual = run(op, {x.results[0]: array, column: slope.reshape(5, 1, 1)})
    np.testing.assert_array_equal(actual, expected)
    (again,) = evaluate_op(column.owner, [])
    np.testing.assert_array_equal(again, slope.reshape(5, 1, 1))


def test_numbers_become_part_of_the_region() -> None:
    x = test.TestOp(result_types=[tensor_type(f32, (4,))])
    constant = one_constant(np.array([[2.0]], np.float32))
    power = arhat.PowerOp.build_inferred([x.results[0], constant.results[0]])
    op = build_elementwise([power])
    assert list(op.inputs) == [x.results[0]]
    assert [inner.name for inner in op.block.ops] == ["arith.constant", "arith.mulf", "kernel.yield"]


def test_an_operand_that_occurs_twice_is_one_argument() -> None:
    x: Any = test.TestOp(result_types=[tensor_type(f32, (4,))])
    square = arhat.MultiplyOp.build_inferred([x.results[0], x.results[0]])
    relu = arhat.ReluOp.build_inferred([square.results[0]])
    op = build_elementwise([square, relu])
    op.verify()
    assert list(op.inputs) == [x.results[0]]

"""Element-wise operations, conversions and reductions against OpenVINO."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import openvino as ov
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracle import arhat, close, numbers, openvino, same, sweep
from xdsl.dialects.builtin import bf16

from arhat.dialects import arhat as dialect
from arhat.dialects.arhat import ArhatOp
from arhat.weights import element_type_of, round_to_bf16

SPECIAL = np.array(
    [0.0, -0.0, 1, -1, 1e-20, 30, -30, 88, -88, 100, -100, 0.5, -0.5, 2.5, 3, -3, 6], np.float32
)

UNARY: dict[type[ArhatOp], tuple[Callable[..., Any], dict[str, Any]]] = {
    dialect.ReluOp: (ov.opset8.relu, {}),
    dialect.SigmoidOp: (ov.opset8.sigmoid, {}),
    dialect.TanhOp: (ov.opset8.tanh, {}),
    dialect.ExpOp: (ov.opset8.exp, {}),
    dialect.AbsOp: (ov.opset8.abs, {}),
    dialect.NegativeOp: (ov.opset8.negative, {}),
    dialect.FloorOp: (ov.opset8.floor, {}),
    dialect.CeilingOp: (ov.opset8.ceiling, {}),
    dialect.ErfOp: (ov.opset8.erf, {}),
    dialect.HSwishOp: (ov.opset8.hswish, {}),
    dialect.HSigmoidOp: (ov.opset8.hsigmoid, {}),
    dialect.MishOp: (ov.opset8.mish, {}),
    dialect.SoftplusOp: (ov.opset8.softplus, {}),
    dialect.SwishOp: (ov.opset8.swish, {}),
    dialect.EluOp: (lambda x: ov.opset8.elu(x, 0.7), {"alpha": 0.7}),
    dialect.ClampOp: (lambda x: ov.opset8.clamp(x, -1.5, 6), {"min": -1.5, "max": 6}),
    dialect.LeakyReluOp: (
        lambda x: ov.opset8.prelu(x, ov.opset8.constant(np.array([0.1], np.float32))),
        {"alpha": 0.1},
    ),
    dialect.GeluOp: (lambda x: ov.opset8.gelu(x, "erf"), {"approximate": "erf"}),
}


@pytest.mark.parametrize("operation", UNARY, ids=lambda op: op.name)
def test_unary(operation: type[ArhatOp]) -> None:
    build, properties = UNARY[operation]
    x = np.concatenate([SPECIAL, numbers(1, 400, low=-12, high=12)]).reshape(3, -1)
    [expected] = openvino(build, [x])
    close(arhat(operation, [x], properties), expected, rtol=2e-5, atol=2e-6)


@pytest.mark.parametrize(
    ("operation", "build"), [(dialect.LogOp, ov.opset8.log), (dialect.SqrtOp, ov.opset8.sqrt)]
)
def test_unary_of_positives(operation: type[ArhatOp], build: Callable[..., Any]) -> None:
    x = np.concatenate([np.array([0, 1e-30, 1e30], np.float32), numbers(1, 200, low=0, high=99)])
    [expected] = openvino(build, [x])
    close(arhat(operation, [x]), expected)


def test_swish_with_beta_and_gelu_tanh() -> None:
    x = numbers(1, 3, 50, low=-9, high=9)
    [expected] = openvino(lambda a: ov.opset8.swish(a, ov.opset8.constant(np.float32(1.7))), [x])
    close(arhat(dialect.SwishOp, [x], {"beta": 1.7}), expected)
    [expected] = openvino(lambda a: ov.opset8.gelu(a, "tanh"), [x])
    close(arhat(dialect.GeluOp, [x], {"approximate": "tanh"}), expected)


@sweep(40)
@given(
    seed=st.integers(0, 2**31),
    shapes=st.sampled_from(
        [
            ((2, 3, 4, 5), (3,)),
            ((2, 3, 4, 5), (1,)),
            ((2, 3, 4, 5), (1, 3, 1, 1)),
            ((2, 3), (3,)),
            ((4,), (1,)),
            ((4,), (4,)),
            ((2, 3, 7), (3,)),
            ((1, 5, 5), (5,)),
        ]
    ),
)
def test_prelu(seed: int, shapes: tuple[tuple[int, ...], tuple[int, ...]]) -> None:
    x, slope = numbers(seed, *shapes[0]), numbers(seed + 1, *shapes[1])
    [expected] = openvino(ov.opset8.prelu, [x, slope])
    close(arhat(dialect.PreluOp, [x, slope]), expected)


BINARY: dict[type[ArhatOp], Callable[..., Any]] = {
    dialect.AddOp: ov.opset8.add,
    dialect.SubtractOp: ov.opset8.subtract,
    dialect.MultiplyOp: ov.opset8.multiply,
    dialect.MaximumOp: ov.opset8.maximum,
    dialect.MinimumOp: ov.opset8.minimum,
    dialect.SquaredDifferenceOp: ov.opset8.squared_difference,
    dialect.DivideOp: ov.opset8.divide,
    dialect.FloorModOp: ov.opset8.floor_mod,
    dialect.ModOp: ov.opset8.mod,
    dialect.PowerOp: ov.opset8.power,
}
SHAPES = [
    ((2, 3, 4), (2, 3, 4)),
    ((2, 3, 4), (4,)),
    ((3, 1), (1, 4)),
    ((), (2, 3)),
    ((2, 1, 4), (3, 1)),
    ((), ()),
]


@sweep(90)
@given(
    seed=st.integers(0, 2**31),
    operation=st.sampled_from(list(BINARY)),
    shapes=st.sampled_from(SHAPES),
    swap=st.booleans(),
    element=st.sampled_from([np.float32, np.float32, np.int32, np.int64]),
)
def test_binary(
    seed: int,
    operation: type[ArhatOp],
    shapes: tuple[tuple[int, ...], tuple[int, ...]],
    swap: bool,
    element: type[Any],
) -> None:
    a, b = numbers(seed, *shapes[0], low=-9, high=9), numbers(seed + 1, *shapes[1], low=-9, high=9)
    if swap:
        a, b = b, a
    if operation is dialect.PowerOp:
        a, b = np.abs(a) + np.float32(0.1), b / 3
        if element is not np.float32:
            b = np.abs(b)
    a, b = np.asarray(a, element), np.asarray(b, element)
    if element is not np.float32 and operation in (dialect.DivideOp, dialect.FloorModOp, dialect.ModOp):
        a = np.abs(a)  # OpenVINO's CPU plugin rounds quotients towards zero whatever the operation says
        b = np.where(b == 0, 1, np.abs(b)).astype(element)
    properties = {"python_div": True} if operation is dialect.DivideOp else {}
    [expected] = openvino(BINARY[operation], [a, b])
    close(arhat(operation, [a, b], properties), expected, rtol=1e-4, atol=1e-5)


def test_integer_division_towards_zero() -> None:
    a, b = np.array([7, -7, 7, -7, 6, -6], np.int32), np.array([2, 2, -2, -2, 3, 3], np.int32)
    same(arhat(dialect.DivideOp, [a, b], {"python_div": False}), np.array([3, -3, -3, 3, 2, -2], np.int32))
    same(arhat(dialect.DivideOp, [a, b], {"python_div": True}), np.array([3, -4, -4, 3, 2, -2], np.int32))


@pytest.mark.parametrize("source", [np.float32, np.float16, np.int32, np.int64, np.uint8, np.int8, np.bool_])
@pytest.mark.parametrize("target", [np.float32, np.float16, np.int32, np.int64, np.uint8, np.int8, np.bool_])
def test_convert(source: type[Any], target: type[Any]) -> None:
    x = np.array([0, 1, 2, 3, 100, 55.7, 0.3, 0.9], np.float32).astype(source)
    [expected] = openvino(lambda a: ov.opset8.convert(a, np.dtype(target)), [x])
    same(arhat(dialect.ConvertOp, [x], {"to": element_type_of(np.dtype(target))}), expected)


def test_bf16_results_are_bf16_numbers() -> None:
    x = numbers(1, 100)
    y = arhat(dialect.ConvertOp, [x], {"to": bf16})
    assert not np.any(y.view(np.uint32) & 0xFFFF)
    assert np.all(np.abs(y - x) <= np.spacing(np.abs(x)) * 2**15)
    values = np.array([1.00390625, np.nan, np.inf, 1.01171875, -0.0], np.float32)
    same(round_to_bf16(values), np.array([1.0, np.nan, np.inf, 1.015625, -0.0], np.float32))


REDUCTIONS: dict[type[ArhatOp], Callable[..., Any]] = {
    dialect.ReduceMeanOp: ov.opset8.reduce_mean,
    dialect.ReduceSumOp: ov.opset8.reduce_sum,
    dialect.ReduceProdOp: ov.opset8.reduce_prod,
    dialect.ReduceMaxOp: ov.opset8.reduce_max,
    dialect.ReduceMinOp: ov.opset8.reduce_min,
}


@sweep(50)
@given(
    seed=st.integers(0, 2**31),
    operation=st.sampled_from(list(REDUCTIONS)),
    shape=st.lists(st.integers(1, 4), min_size=1, max_size=4),
    keep=st.booleans(),
    element=st.sampled_from([np.float32, np.float32, np.int32]),
    data=st.data(),
)
def test_reduction(
    seed: int,
    operation: type[ArhatOp],
    shape: list[int],
    keep: bool,
    element: type[Any],
    data: st.DataObject,
) -> None:
    x = numbers(seed, *shape, low=-4, high=4).astype(element)
    axes = sorted(
        data.draw(st.lists(st.integers(0, len(shape) - 1), min_size=1, max_size=len(shape), unique=True))
    )
    [expected] = openvino(
        lambda a: REDUCTIONS[operation](a, ov.opset8.constant(np.array(axes, np.int64)), keep), [x]
    )
    close(arhat(operation, [x], {"axes": axes, "keep_dims": keep}), expected, rtol=1e-4)


def test_reduction_over_no_axes_changes_nothing() -> None:
    x = numbers(1, 2, 3)
    for operation in REDUCTIONS:
        same(arhat(operation, [x], {"axes": [], "keep_dims": False}), x)

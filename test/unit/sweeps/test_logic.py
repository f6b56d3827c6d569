"""Comparisons, logic on booleans and bits, choices, tests for special numbers, against OpenVINO."""

from __future__ import annotations

from typing import Any

import numpy as np
import openvino as ov
from hypothesis import strategies as st
from sweeps import Case, Sweep
from unit.sweeps.operands import (
    FLOATS,
    NUMBERS,
    between_convolutions,
    broadcast_case,
    broadcast_shapes,
    shapes,
    values,
)

sweep = Sweep()


def comparison(name: str, function: Any) -> None:
    @sweep.operator(name, emitted=10)
    @st.composite
    def cases(draw: st.DrawFn) -> Case:
        rule, (first, second) = broadcast_shapes(draw, 2)
        dtype = draw(st.sampled_from([*NUMBERS, np.bool_]))
        a, b = (values(draw, shape, dtype, -2, 2, special=True) for shape in (first, second))
        if np.dtype(dtype).kind == "f":
            a, b = (np.asarray(np.round(v * 2) / 2) for v in (a, b))
        return broadcast_case(rule, function, [a, b])


for _name, _function in (
    ("Equal", ov.opset1.equal),
    ("NotEqual", ov.opset1.not_equal),
    ("Less", ov.opset1.less),
    ("LessEqual", ov.opset1.less_equal),
    ("Greater", ov.opset1.greater),
    ("GreaterEqual", ov.opset1.greater_equal),
):
    comparison(_name, _function)


def logical(name: str, function: Any) -> None:
    @sweep.operator(name)
    @st.composite
    def cases(draw: st.DrawFn) -> Case:
        rule, (first, second) = broadcast_shapes(draw, 2)
        a, b = (values(draw, shape, np.bool_) for shape in (first, second))
        return broadcast_case(rule, function, [a, b])


for _name, _function in (
    ("LogicalAnd", ov.opset1.logical_and),
    ("LogicalOr", ov.opset1.logical_or),
    ("LogicalXor", ov.opset1.logical_xor),
):
    logical(_name, _function)


@sweep.operator("LogicalNot")
@st.composite
def logical_not(draw: st.DrawFn) -> Case:
    return Case(ov.opset1.logical_not, [values(draw, draw(shapes()), np.bool_)])


def bitwise(name: str, function: Any) -> None:
    @sweep.operator(name)
    @st.composite
    def cases(draw: st.DrawFn) -> Case:
        rule, (first, second) = broadcast_shapes(draw, 2)
        dtype = draw(st.sampled_from([np.int32, np.uint8, np.int8, np.bool_]))
        low, high = (-128, 127) if np.dtype(dtype).kind == "i" else (0, 255)
        a, b = (values(draw, shape, dtype, low, high) for shape in (first, second))
        return broadcast_case(rule, function, [a, b])


for _name, _function in (
    ("BitwiseAnd", ov.opset13.bitwise_and),
    ("BitwiseOr", ov.opset13.bitwise_or),
    ("BitwiseXor", ov.opset13.bitwise_xor),
):
    bitwise(_name, _function)


@sweep.operator("BitwiseNot")
@st.composite
def bitwise_not(draw: st.DrawFn) -> Case:
    dtype = draw(st.sampled_from([np.int32, np.uint8, np.int8, np.bool_]))
    low, high = (-128, 127) if np.dtype(dtype).kind == "i" else (0, 255)
    return Case(ov.opset13.bitwise_not, [values(draw, draw(shapes()), dtype, low, high)])


@sweep.operator("Select", emitted=16)
@st.composite
def select(draw: st.DrawFn) -> Case:
    rule, (first, second, third) = broadcast_shapes(draw, 3)
    dtype = draw(st.sampled_from([*NUMBERS, np.bool_]))
    then, otherwise = (values(draw, shape, dtype, special=True) for shape in (first, third))
    condition = values(draw, second, np.bool_)
    return broadcast_case(rule, ov.opset1.select, [condition, then, otherwise])


@sweep.operator("Select of a comparison")
@st.composite
def select_of_comparison(draw: st.DrawFn) -> Case:
    """Fused into one loop of several element types."""
    shape = draw(shapes(1, 4))
    kind, dtype = draw(st.sampled_from(NUMBERS)), draw(st.sampled_from(NUMBERS))
    a, b = (values(draw, shape, kind) for _ in range(2))
    then, otherwise = (values(draw, shape, dtype) for _ in range(2))

    def build(a: Any, b: Any, then: Any, otherwise: Any) -> Any:
        near = ov.opset1.logical_and(
            ov.opset1.less(a, b), ov.opset1.logical_not(ov.opset1.equal(a, then_like(a)))
        )
        return ov.opset1.multiply(ov.opset1.select(near, then, otherwise), then)

    def then_like(a: Any) -> Any:
        return ov.opset1.constant(np.ones((), kind))

    return Case(build, [a, b, then, otherwise])


def classify(name: str, build: Any) -> None:
    @sweep.operator(name)
    @st.composite
    def cases(draw: st.DrawFn) -> Case:
        made = draw(build) if isinstance(build, st.SearchStrategy) else build
        x = values(draw, draw(shapes()), draw(st.sampled_from(FLOATS)), special=True)
        return Case(made, [x])


classify("IsNaN", ov.opset10.is_nan)
classify("IsFinite", ov.opset10.is_finite)
classify(
    "IsInf",
    st.builds(
        lambda negative, positive: (
            lambda x: ov.opset10.is_inf(x, {"detect_negative": negative, "detect_positive": positive})
        ),
        st.booleans(),
        st.booleans(),
    ),
)


@sweep.operator("Mask of an image")
@st.composite
def mask_of_an_image(draw: st.DrawFn) -> Case:
    """A dense mask meets images whose channels are innermost."""
    bound = np.float32(draw(st.sampled_from([-0.5, 0.0, 0.5])))

    def operate(x: Any) -> Any:
        over = ov.opset1.greater(x, ov.opset1.constant(bound))
        any_over = ov.opset1.reduce_logical_or(over, ov.opset1.constant(np.array([1])), True)
        both = ov.opset1.logical_and(ov.opset1.logical_not(over), any_over)
        return ov.opset1.select(both, x, ov.opset1.multiply(x, x))

    return between_convolutions(draw, operate)


test_interpreter, test_emitted = sweep.tests()

"""Softmax, normalisation and batch normalisation, against OpenVINO."""

from __future__ import annotations

from typing import Any

import numpy as np
import openvino as ov
from hypothesis import strategies as st
from sweeps import Case, Sweep
from unit.sweeps.operands import FLOATS, axes_of, between_convolutions, shapes, values

sweep = Sweep()


def softmax(name: str, function: Any, negative: bool) -> None:
    @sweep.operator(name)
    @st.composite
    def cases(draw: st.DrawFn) -> Case:
        x = values(draw, draw(shapes(1, 5)), draw(st.sampled_from(FLOATS)), -8, 8)
        axis = draw(st.integers(-x.ndim if negative else 0, x.ndim - 1))
        return Case(lambda x: function(x, axis), [x], note=f"axis {axis}")


softmax("SoftMax-1", ov.opset1.softmax, False)
softmax("SoftMax-8", ov.opset8.softmax, True)
softmax("LogSoftmax", ov.opset5.log_softmax, True)


@sweep.operator("LogSoftmax far apart")
@st.composite
def log_softmax_far_apart(draw: st.DrawFn) -> Case:
    """Where the softmax itself is 0."""
    x = values(draw, (draw(st.integers(1, 4)), draw(st.integers(2, 40))), np.float32, -500, 500)
    return Case(lambda x: ov.opset5.log_softmax(x, 1), [x], atol=1e-3)


@sweep.operator("NormalizeL2", emitted=10)
@st.composite
def normalize_l2(draw: st.DrawFn) -> Case:
    x = values(draw, draw(shapes(1, 4)), draw(st.sampled_from(FLOATS)))
    axes = axes_of(draw, x.ndim, least=1)
    eps = draw(st.sampled_from([1e-10, 1e-3, 0.5]))
    mode = draw(st.sampled_from(["add", "max"]))

    def build(x: Any) -> Any:
        return ov.opset1.normalize_l2(x, ov.opset1.constant(np.array(axes, np.int64)), eps, mode)

    return Case(build, [x], note=f"axes {axes} eps {eps} {mode}")


@sweep.operator("GRN")
@st.composite
def grn(draw: st.DrawFn) -> Case:
    x = values(draw, draw(shapes(2, 4)), np.float32)
    bias = draw(st.sampled_from([1e-6, 0.01, 1.0]))
    return Case(lambda x: ov.opset1.grn(x, bias), [x], note=f"bias {bias}")


@sweep.operator("MVN-1", emitted=10)
@st.composite
def mvn_1(draw: st.DrawFn) -> Case:
    x = values(draw, draw(shapes(3, 5)), draw(st.sampled_from(FLOATS)), -2, 5)
    across, variance = draw(st.booleans()), draw(st.booleans())
    eps = draw(st.sampled_from([1e-9, 1e-5, 0.1]))
    if x[0, 0].size < 4:  # a deviation of nearly nothing magnifies rounding errors
        eps = 0.1
    return Case(
        lambda x: ov.opset2.mvn(x, across, variance, eps),
        [x],
        rtol=1e-4,
        atol=2e-5,
        note=f"across {across} variance {variance} eps {eps}",
    )


@sweep.operator("MVN-6", emitted=14)
@st.composite
def mvn_6(draw: st.DrawFn) -> Case:
    x = values(draw, draw(shapes(1, 5)), draw(st.sampled_from(FLOATS)), -2, 5)
    axes = axes_of(draw, x.ndim, least=1)
    variance, mode = draw(st.booleans()), draw(st.sampled_from(["inside_sqrt", "outside_sqrt"]))
    few = np.prod([x.shape[axis] for axis in axes]) < 4
    eps = draw(st.sampled_from([0.1, 0.5] if few else [1e-9, 1e-5, 0.1]))

    def build(x: Any) -> Any:
        return ov.opset6.mvn(x, ov.opset6.constant(np.array(axes, np.int64)), variance, eps, mode)

    return Case(build, [x], rtol=1e-4, atol=2e-5, note=f"axes {axes} variance {variance} eps {eps} {mode}")


@sweep.operator("LRN", emitted=14)
@st.composite
def lrn(draw: st.DrawFn) -> Case:
    """The CPU plugin takes axis 1 alone, or all behind it."""
    x = values(draw, draw(shapes(3, 5)), draw(st.sampled_from(FLOATS)), -4, 4)
    axes = draw(st.sampled_from([[1], [1], list(range(2, x.ndim))]))
    size = draw(st.sampled_from([1, 3, 5, 7, 11]))
    alpha, beta = draw(st.sampled_from([1e-4, 0.5, 2.0])), draw(st.sampled_from([0.5, 0.75, 1.0, 1.3]))
    bias = draw(st.sampled_from([1.0, 2.0]))

    def build(x: Any) -> Any:
        return ov.opset1.lrn(x, ov.opset1.constant(np.array(axes, np.int64)), alpha, beta, bias, size)

    note = f"axes {axes} size {size} alpha {alpha} beta {beta} bias {bias}"
    return Case(build, [x], rtol=2e-5, note=note)


def batch_norm(name: str, function: Any) -> None:
    @sweep.operator(name)
    @st.composite
    def cases(draw: st.DrawFn) -> Case:
        x = values(draw, draw(shapes(2, 5)), np.float32)
        gamma, beta, mean = (values(draw, (x.shape[1],), np.float32) for _ in range(3))
        variance = values(draw, (x.shape[1],), np.float32, 0.05, 4)
        epsilon = draw(st.sampled_from([1e-5, 1e-3, 0.1]))

        def build(x: Any, gamma: Any, beta: Any, mean: Any, variance: Any) -> Any:
            return function(x, gamma, beta, mean, variance, epsilon)

        return Case(build, [x, gamma, beta, mean, variance], rtol=1e-4, atol=1e-4)


batch_norm("BatchNormInference-1", ov.opset1.batch_norm_inference)
batch_norm("BatchNormInference-5", ov.opset5.batch_norm_inference)


@sweep.operator("MVN of an image", emitted=8)
@st.composite
def mvn_of_an_image(draw: st.DrawFn) -> Case:
    axes = draw(st.sampled_from([[2, 3], [1, 2, 3], [1]]))

    def operate(x: Any) -> Any:
        return ov.opset6.mvn(x, ov.opset6.constant(np.array(axes, np.int64)), True, 0.1, "inside_sqrt")

    return between_convolutions(draw, operate, note=f"axes {axes}")


@sweep.operator("LRN of an image", emitted=8)
@st.composite
def lrn_of_an_image(draw: st.DrawFn) -> Case:
    axes, size = draw(st.sampled_from([[1], [1], [2, 3]])), draw(st.sampled_from([3, 5, 9]))

    def operate(x: Any) -> Any:
        return ov.opset1.lrn(x, ov.opset1.constant(np.array(axes, np.int64)), 0.3, 0.75, 1.0, size)

    return between_convolutions(draw, operate, note=f"axes {axes} size {size}")


@sweep.operator("Softmax of an image", emitted=6)
@st.composite
def softmax_of_an_image(draw: st.DrawFn) -> Case:
    axis = draw(st.integers(-4, 3))
    function = draw(st.sampled_from([ov.opset8.softmax, ov.opset5.log_softmax]))
    return between_convolutions(draw, lambda x: function(x, axis), note=f"{function.__name__} axis {axis}")


test_interpreter, test_emitted = sweep.tests()

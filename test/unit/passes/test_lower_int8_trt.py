"""Quantised tensors on the trt target: signed bytes without zero points, the same levels as at the arhat level.

Offsets are part of biases there, and scales are divided by: a number that lies half-way between two levels, but for the
rounding of f32, may get the other one. The tests allow that and nothing else.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from models import Model, model_parameters
from unit.passes.test_cpu import run
from unit.passes.test_lower_int8_cudnn import (
    CASES,
    NEAR_TIE,
    QUANTISED,
    QUANTISED_MODELS,
    Convolution,
    inputs_of,
    parse,
    vector,
)
from xdsl.dialects.builtin import ModuleOp, i8
from xdsl.dialects.func import ReturnOp
from xdsl.ir import Attribute, Operation, SSAValue

from arhat.compiler import import_model
from arhat.dialects import trt
from arhat.dialects.arhat import FakeQuantizeOp, QuantizedAddOp, QuantizedConvolutionOp
from arhat.dialects.arhat.base import element_of
from arhat.dialects.arhat.quantization import BYTE
from arhat.interpreters import Array, evaluate, evaluate_op, input_names, main_of
from arhat.layers import layers_of
from arhat.options import CompileOptions
from arhat.passes.lower_int8_trt import legalize_bytes
from arhat.weights import clone_module, constant_value

TRT_LOWER = "convert-arhat-to-trt,dce,simplify-for-trt"


def names(module: ModuleOp) -> list[str]:
    """The ops of a module that are not constants, without the dialect."""
    return [
        op.name.partition(".")[2]
        for op in module.walk()
        if op.name.startswith("trt.") and "constant" not in op.name
    ]


UNEVEN = QUANTISED.replace("[20.0, 30.5, 11.0]", "[20.0137, 30.4871, 11.0713]")
"""Multipliers for which no number lies half-way between two levels."""


def check_levels(before: Array, after: Array, exact: Array) -> None:
    """Levels are the same but for ties, and so is the number before rounding."""
    assert np.ptp(before) > 10, "the numbers should reach many levels"
    np.testing.assert_array_equal(np.abs(after - np.clip(exact, 0, 255)) <= 0.5 + NEAR_TIE, True)
    other = before != after
    np.testing.assert_array_equal(np.abs(after - before)[other], 1)
    assert np.all(np.abs(exact[other] - np.floor(exact[other]) - 0.5) < NEAR_TIE)


# One convolution --------------------------------------------------------------------------------------------------

MORE = {
    "relu at zero": Convolution(activation="relu"),
    "relu at zero per channel": Convolution(vectors=6, activation="relu"),
    "clamp at the ends": Convolution(activation="clamp, 0.0, 6.0"),
    "no scale above zero": Convolution(),
    "no scale above zero per channel": Convolution(vectors=6, padding=200),
}


def case_of(name: str) -> Convolution:
    """A convolution; some with numbers of their own."""
    case = replace((CASES | MORE)[name])
    if "at zero" in name or "at the ends" in name:
        case.shift = np.zeros_like(case.shift)
    if "at the ends" in name:
        case.multiplier = np.full_like(case.multiplier, 45)
    if "no scale" in name:
        case.scale[:3] = -case.scale[0], 0, -case.scale[2]
    return case


@pytest.mark.parametrize("name", CASES | MORE)
def test_convolutions_have_the_same_levels(name: str) -> None:
    case = case_of(name)
    module = case.module()
    (before,) = evaluate(clone_module(module), [case.x]).values()
    run("convert-arhat-to-trt", module)
    (after,) = evaluate(module, [case.x]).values()
    if case.vectors:
        check_levels(before, after, case.exact())
    else:
        for result in (before, after):
            np.testing.assert_allclose(result, case.exact(), rtol=1e-5, atol=1e-5)


def test_a_convolution_stands_between_dequantizations_and_a_quantization() -> None:
    """What TensorRT makes one int8 convolution of: bias and ReLU are inside, no layer adds an offset."""
    for name, padding in (
        ("relu at zero", 128),
        ("relu at zero per channel", 128),
        ("clamp at the ends", 128),
    ):
        case = case_of(name)
        case.padding = padding
        module = case.module()
        run(TRT_LOWER, module)
        (convolution,) = (op for op in module.walk() if isinstance(op, trt.ConvolutionOp))
        x, kernel = convolution.x.owner, convolution.kernel.owner
        assert isinstance(x, trt.DequantizeOp) and isinstance(kernel, trt.DequantizeOp)
        assert isinstance(kernel.x.owner, trt.ConstantOp) and element_of(kernel.x) == i8
        assert x.axis is None and kernel.axis is not None and kernel.axis.value.data == 0
        assert convolution.bias is not None
        (use,) = convolution.output.uses
        assert isinstance(use.operation, trt.QuantizeOp)


def test_scales_are_above_zero() -> None:
    """TensorRT asks for that; signs are multiplied with afterwards."""
    module = case_of("no scale above zero").module()
    run(TRT_LOWER, module)
    (kernel,) = (op for op in module.walk() if isinstance(op, trt.DequantizeOp) and op.axis is not None)
    scale = kernel.scale.owner
    assert isinstance(scale, trt.ConstantOp)
    assert np.all(constant_value(scale.weights) > 0)
    assert names(module).count("element_wise") >= 2


def test_padding_with_another_byte_is_put_around_the_image() -> None:
    """TensorRT pads with zeros, which stand for the byte 128."""
    for padding in (128, 0):
        case = replace(CASES["plain"], padding=padding)
        module = case.module()
        run(TRT_LOWER, module)
        (convolution,) = (op for op in module.walk() if isinstance(op, trt.ConvolutionOp))
        pads = [*convolution.pre_padding.get_values(), *convolution.post_padding.get_values()]
        assert any(pads) == (padding == 128)
        assert names(module).count("slice") == (padding != 128)


# The other operations ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("activation", ["relu", "leaky_relu, 0.3", "clamp, -0.5, 1.5", "hswish"])
def test_other_operations_have_the_same_levels(activation: str) -> None:
    module = parse(UNEVEN.replace("ACTIVATION", activation).replace("DILATION", "1"))
    rng = np.random.default_rng(3)
    given = [(rng.standard_normal((1, 3, 6, 5)) * size).astype(np.float32) for size in (5, 900)]
    given[0][0, :, 0, :2] = np.inf, -np.inf
    expected = list(evaluate(clone_module(module), given).values())
    run(TRT_LOWER, module)
    actual = list(evaluate(module, given).values())
    assert np.ptp(expected[0]) > 1
    np.testing.assert_allclose(actual[0], expected[0], atol=1e-5)  # levels, of 0.1 each
    np.testing.assert_allclose(actual[1], expected[1], atol=2e-5)


def test_no_image_has_a_scale_for_each_channel() -> None:
    """TensorRT's headers: that is for constants."""
    module = parse(UNEVEN.replace("ACTIVATION", "relu").replace("DILATION", "1"))
    run(TRT_LOWER, module)
    for op in module.walk():
        if isinstance(op, trt.QuantizeOp | trt.DequantizeOp):
            assert op.axis is None


def test_what_moves_bytes_leaves_them_as_they_are() -> None:
    """All bytes, through a maximum and a concatenation between dequantisation and quantisation, at any scale."""
    levels = np.arange(256, dtype=np.float32).reshape(1, 4, 8, 8)
    for multiplier in (1.0, 3.7, 0.0137, 811.3):
        module = parse(
            "func.func @main(%x: tensor<1x4x8x8xf32>) -> tensor<1x8x8x8xf32> {\n"
            + vector("m", np.full(1, multiplier))
            + vector("z", np.zeros(1))
            + vector("o", np.ones(1))
            + "%q = arhat.quantize(%x, %m, %z) : (tensor<1x4x8x8xf32>, tensor<1xf32>, tensor<1xf32>) "
            "-> tensor<1x4x8x8xui8>\n"
            "%p = arhat.max_pool(%q) {kernel = [1, 1], strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], "
            'dilations = [1, 1], rounding = "floor"} : (tensor<1x4x8x8xui8>) -> tensor<1x4x8x8xui8>\n'
            "%c = arhat.concat(%p, %q) {axis = 1} : (tensor<1x4x8x8xui8>, tensor<1x4x8x8xui8>) "
            "-> tensor<1x8x8x8xui8>\n"
            "%y = arhat.dequantize(%c, %o, %z) : (tensor<1x8x8x8xui8>, tensor<1xf32>, tensor<1xf32>) "
            "-> tensor<1x8x8x8xf32>\n"
            "func.return %y : tensor<1x8x8x8xf32>\n}"
        )
        run("convert-arhat-to-trt", module)
        (y,) = evaluate(module, [levels / np.float32(multiplier)]).values()
        np.testing.assert_array_equal(y, np.concatenate([levels, levels], axis=1))


def test_bytes_that_others_read_are_refused_with_all_layers() -> None:
    module = parse(
        "func.func @main(%x: tensor<1x2x4x4xf32>) -> (tensor<32xui8>, tensor<1x2x4x4xui8>) {\n"
        + vector("m", np.ones(1))
        + "%0 = arhat.quantize(%x, %m, %m) : (tensor<1x2x4x4xf32>, tensor<1xf32>, tensor<1xf32>) "
        "-> tensor<1x2x4x4xui8>\n"
        '%1 = arhat.reshape(%0) {shape = [32], arhat.layers = [#arhat.layer<"flat", 3>]} : '
        "(tensor<1x2x4x4xui8>) -> tensor<32xui8>\n"
        "func.return %1, %0 : tensor<32xui8>, tensor<1x2x4x4xui8>\n}"
    )
    with pytest.raises(Exception) as caught:
        legalize_bytes(module)
    text = str(caught.value)
    assert "the trt target cannot run arhat.reshape (layer 'flat') on quantised bytes" in text
    assert "the trt target cannot run func.return (layer (no name)) on quantised bytes" in text


# Real models -------------------------------------------------------------------------------------------------------


def quantised(model: Model) -> ModuleOp:
    """A model as it comes to the target's lowering."""
    module = import_model(model.xml, CompileOptions(input_shapes=model.input_shapes))
    run("quantize,optimize-trt,fold-constants,fold-priors,dce", module)
    return module


def what(op: Operation, element: Attribute) -> str | None:
    """The layer whose value an operation computes as bytes of the type `element`; None for other operations."""
    layers = layers_of(op)
    bytes_ = bool(op.results) and element_of(op.results[0]) == element and "constant" not in op.name
    return layers[-1].layer_name if layers and bytes_ else None


@pytest.mark.parametrize("model", model_parameters(QUANTISED_MODELS))
def test_every_layer_of_real_models_has_the_same_levels(model: Model) -> None:
    """Each quantisation gets what it gets at the arhat level; the bytes it makes differ by one level, hardly ever.

    So do values of a `fake_quantize` that stays in floats. Sums of bytes may all lie half-way between two levels: these
    may differ more often, but nowhere else.
    """
    module = quantised(model)
    inputs = inputs_of(model, module)
    expected: dict[str, Array] = {}
    sums: dict[str, Array] = {}
    rounded: dict[str, tuple[Array, Array]] = {}
    levels: dict[SSAValue, Array] = {}

    def see(op: Operation, results: tuple[Array, ...]) -> None:
        name = what(op, BYTE)
        if isinstance(op, FakeQuantizeOp) and layers_of(op):
            low, high = constant_value(op.output_low), constant_value(op.output_high)
            rounded[layers_of(op)[-1].layer_name] = results[0], (high - low) / (op.levels.value.data - 1)
        if name is not None:
            levels[op.results[0]] = results[0]
            expected[name] = (results[0].astype(np.int16) - 128).astype(np.int8)
            if isinstance(op, QuantizedAddOp) and op.activation is None:
                sums[name] = exact_sum(op, levels[op.a], levels[op.b])

    evaluate(clone_module(module), inputs, on_result=see)
    convolutions = sum(isinstance(op, QuantizedConvolutionOp) for op in module.walk())
    run(TRT_LOWER, module)
    integers = [op for op in module.walk() if isinstance(op, trt.ConvolutionOp) and reads_bytes(op)]
    assert convolutions and len(integers) == convolutions
    block = main_of(module).body.block
    last = {name: op for op in block.ops if (name := what(op, i8)) is not None}
    ends = {layers_of(op)[-1].layer_name: op for op in block.ops if layers_of(op)}
    values: dict[SSAValue, Array] = {}
    values.update(zip(block.args, (inputs[name] for name in input_names(module)), strict=True))
    compared = elements = different = 0
    for op in block.ops:
        if isinstance(op, ReturnOp):
            break
        results = evaluate_op(op, [values[operand] for operand in op.operands])
        if isinstance(op, trt.DequantizeOp):  # in f64, as TensorRT's sums of integers are exact
            scale = values[op.scale].reshape([-1, 1, 1, 1] if op.axis is not None else ())
            results = (values[op.x].astype(np.float64) * scale,)
        name = what(op, i8)
        if name in expected and last[name] is op:
            distance = np.abs(results[0].astype(np.int16) - expected[name])
            assert distance.max(initial=0) <= 1, name
            if name in sums:
                tie = np.abs(sums[name] - np.floor(sums[name]) - 0.5) < NEAR_TIE
                distance = np.where(tie, 0, distance)
            compared += 1
            elements += distance.size
            different += int(np.count_nonzero(distance))
            results = (expected[name],)
        label = layers_of(op)[-1].layer_name if layers_of(op) else ""
        if label in rounded and ends[label] is op:
            floats, step = rounded[label]
            off = np.abs(results[0] - floats)
            assert np.all(off <= 1.001 * step), label
            assert np.count_nonzero(off > 0.001 * step) <= max(1, 1e-4 * off.size), label
            results = (floats,)
        values.update(zip(op.results, results, strict=True))
    assert compared == len(expected)
    assert different <= max(1, 1e-4 * elements)


def exact_sum(op: QuantizedAddOp, a: Array, b: Array) -> Array:
    """The sum of two quantised tensors in levels of the result, before it is rounded."""
    assert op.multiplier is not None and op.shift is not None
    scale_a, offset_a, scale_b, offset_b = (
        value.value.data for value in (op.scale_a, op.offset_a, op.scale_b, op.offset_b)
    )
    factor, zero = (
        constant_value(value).astype(np.float64).reshape(1, -1, 1, 1) for value in (op.multiplier, op.shift)
    )
    return (a * scale_a + offset_a + b * scale_b + offset_b) * factor + zero


def reads_bytes(op: trt.ConvolutionOp) -> bool:
    """Whether both operands were dequantised."""
    return isinstance(op.x.owner, trt.DequantizeOp) and isinstance(op.kernel.owner, trt.DequantizeOp)

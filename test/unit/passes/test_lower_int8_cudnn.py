"""Quantised tensors on the cudnn target: signed bytes, the same levels as at the arhat level.

What a kernel computes is the same bit for bit. A convolution's epilogue rounds each product apart from its sum, which
the arhat level does not: a number that lies half-way between two levels, but for the rounding of f32, may get the other
one. The tests allow that and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from models import Model, all_models, model_inputs, model_parameters
from unit.passes.test_cpu import run
from xdsl.dialects.builtin import ModuleOp
from xdsl.dialects.func import ReturnOp
from xdsl.ir import Operation, SSAValue
from xdsl.parser import Parser

from arhat.compiler import import_model
from arhat.dialects.arhat import QuantizedConvolutionOp, type_of
from arhat.dialects.cudnn import ConvFpropOp
from arhat.driver.registry import make_context
from arhat.interpreters import Array, evaluate, evaluate_op, input_names, main_of
from arhat.layers import layers_of
from arhat.options import CompileOptions
from arhat.passes.pipelines import CUDNN_LOWER, CUDNN_PLAN, FOLD
from arhat.weights import clone_module, dtype_of

NEAR_TIE = 2e-3
"""How far from half-way between two levels (1 apart) a number may lie that gets another level."""


def parse(text: str) -> ModuleOp:
    """The module of a program."""
    module = Parser(make_context(), text).parse_module()
    module.verify()
    return module


def vector(name: str, values: Array) -> str:
    """A constant of f32."""
    shape = "x".join(map(str, values.shape))
    hexadecimal = values.astype("<f4").tobytes().hex().upper()
    return (
        f'%{name} = arhat.constant() {{value = dense<"0x{hexadecimal}"> : tensor<{shape}xf32>}} : () '
        f"-> tensor<{shape}xf32>\n"
    )


def as_levels(array: Array) -> Array:
    """Bytes of either level as numbers from 0 to 255."""
    return array.astype(np.int64) + (128 if array.dtype == np.int8 else 0)


# One convolution --------------------------------------------------------------------------------------------------


@dataclass
class Convolution:
    """A quantised convolution with random numbers, and what it gives in f64."""

    channels: int = 8
    outputs: int = 6
    kernel: tuple[int, int] = (3, 2)
    strides: tuple[int, int] = (1, 1)
    pads: tuple[int, int, int, int] = (1, 0, 1, 2)
    dilations: tuple[int, int] = (1, 1)
    depthwise: bool = False
    padding: int = 0
    activation: str = ""
    vectors: int = 1
    """Numbers in the quantisation of the result; none where it is f32."""

    def __post_init__(self) -> None:
        rng = np.random.default_rng(5)
        groups = self.channels if self.depthwise else 1
        self.outputs = self.channels if self.depthwise else self.outputs
        self.x = rng.integers(0, 256, (2, self.channels, 9, 8), dtype=np.uint8)
        self.w = rng.integers(-128, 128, (self.outputs, self.channels // groups, *self.kernel), dtype=np.int8)
        self.scale = rng.uniform(1e-4, 2e-4, self.outputs).astype(np.float32)
        self.bias = rng.uniform(-1, 1, self.outputs).astype(np.float32)
        self.slope = rng.uniform(0.1, 0.4, self.outputs).astype(np.float32)
        self.multiplier = rng.uniform(15, 25, max(self.vectors, 1)).astype(np.float32)
        self.shift = rng.uniform(100, 130, max(self.vectors, 1)).astype(np.float32)
        self.groups = groups

    def module(self) -> ModuleOp:
        """The convolution at the arhat level; its operand is the argument."""
        x = f"tensor<{'x'.join(map(str, self.x.shape))}xui8>"
        w = f"tensor<{'x'.join(map(str, self.w.shape))}xi8>"
        constants = vector("s", self.scale) + vector("b", self.bias)
        filter = f'dense<"0x{self.w.tobytes().hex().upper()}"> : {w}'
        constants += f"%w = arhat.constant() {{value = {filter}}} : () -> {w}\n"
        names, types = ["%x", "%w", "%s", "%b"], [x, w, *[f"tensor<{self.outputs}xf32>"] * 2]
        if self.activation == "prelu":
            constants += vector("a", self.slope)
            names.append("slope = %a")
            types.append(f"tensor<{self.outputs}xf32>")
        if self.vectors:
            constants += vector("m", self.multiplier) + vector("z", self.shift)
            names += ["multiplier = %m", "shift = %z"]
            types += [f"tensor<{self.vectors}xf32>"] * 2
        activation = f", activation = #arhat.activation<{self.activation}>" if self.activation else ""
        sizes = "x".join(map(str, self.exact().shape))
        result = f"tensor<{sizes}x{'ui8' if self.vectors else 'f32'}>"
        back = (
            f"%y = arhat.dequantize(%q, %one, %zero) : ({result}, tensor<1xf32>, tensor<1xf32>) "
            f"-> tensor<{sizes}xf32>\n"
            if self.vectors
            else ""
        )
        constants += vector("one", np.ones(1)) + vector("zero", np.zeros(1))
        return parse(
            f"func.func @main(%x: {x}) -> tensor<{sizes}xf32> {{\n{constants}"
            f"%{'q' if self.vectors else 'y'} = arhat.quantized_convolution({', '.join(names)}) "
            f"{{strides = {list(self.strides)}, pads_begin = {list(self.pads[:2])}, "
            f"pads_end = {list(self.pads[2:])}, dilations = {list(self.dilations)}, groups = {self.groups}, "
            f"padding = {self.padding}{activation}}} : ({', '.join(types)}) -> {result}\n{back}"
            f"func.return %y : tensor<{sizes}xf32>\n}}"
        )

    def exact(self) -> Array:
        """The result before it is rounded, in f64."""
        top, left, bottom, right = self.pads
        padded = np.pad(
            self.x.astype(np.float64),
            [(0, 0), (0, 0), (top, bottom), (left, right)],
            constant_values=self.padding,
        )
        reach = [(k - 1) * d for k, d in zip(self.kernel, self.dilations, strict=True)]
        rows, columns = (
            (size - r - 1) // s + 1 for size, r, s in zip(padded.shape[2:], reach, self.strides, strict=True)
        )
        total = np.zeros((2, self.outputs, rows, columns))
        for i in range(self.kernel[0]):
            for j in range(self.kernel[1]):
                y, x = i * self.dilations[0], j * self.dilations[1]
                seen = padded[:, :, y :: self.strides[0], x :: self.strides[1]][:, :, :rows, :columns]
                tap = self.w[:, :, i, j].astype(np.float64)
                total += (
                    seen * tap.reshape(1, -1, 1, 1)
                    if self.depthwise
                    else np.einsum("nchw,oc->nohw", seen, tap)
                )
        along = (1, -1, 1, 1)
        y = total * self.scale.astype(np.float64).reshape(along) + self.bias.reshape(along)
        kind, *values = self.activation.split(", ")
        numbers = [float(value) for value in values]
        match kind:
            case "relu":
                y = np.maximum(y, 0)
            case "leaky_relu":
                y = np.where(y > 0, y, numbers[0] * y)
            case "prelu":
                y = np.where(y > 0, y, self.slope.astype(np.float64).reshape(along) * y)
            case "clamp":
                y = np.clip(y, *numbers)
            case "sigmoid":
                y = 1 / (1 + np.exp(-y))
            case _:
                pass
        if self.vectors:
            y = y * self.multiplier.astype(np.float64).reshape(along) + self.shift.reshape(along)
        return y


CASES = {
    "plain": Convolution(),
    "no padding": Convolution(pads=(0, 0, 0, 0)),
    "zero in the middle": Convolution(padding=128),
    "another zero": Convolution(padding=37),
    "depthwise": Convolution(channels=7, depthwise=True, padding=3),
    "three channels": Convolution(channels=3, outputs=5, strides=(2, 2), padding=255),
    "dilated": Convolution(dilations=(2, 1), pads=(2, 1, 2, 1), strides=(1, 2)),
    "pixels": Convolution(kernel=(1, 1), pads=(0, 0, 0, 0), channels=64, outputs=32),
    "per channel": Convolution(vectors=6, activation="relu"),
    "relu": Convolution(activation="relu"),
    "leaky": Convolution(activation="leaky_relu, 0.1"),
    "prelu": Convolution(activation="prelu"),
    "clamp": Convolution(activation="clamp, 0.0, 6.0"),
    "sigmoid": Convolution(activation="sigmoid"),
    "floats": Convolution(vectors=0, padding=5),
    "floats after relu": Convolution(vectors=0, activation="relu"),
}


@pytest.mark.parametrize("name", CASES)
def test_convolutions_have_the_same_levels(name: str) -> None:
    case = CASES[name]
    module = case.module()
    (before,) = evaluate(clone_module(module), [case.x]).values()
    run("convert-arhat-to-cudnn", module)
    (after,) = evaluate(module, [case.x]).values()
    exact = case.exact()
    if not case.vectors:
        for result in (before, after):
            np.testing.assert_allclose(result, exact, rtol=1e-5, atol=1e-5)
        return
    assert np.ptp(before) > 10, "the numbers should reach many levels"
    np.testing.assert_array_equal(np.abs(after - np.clip(exact, 0, 255)) <= 0.5 + NEAR_TIE, True)
    other = before != after
    np.testing.assert_array_equal(np.abs(after - before)[other], 1)
    assert np.all(np.abs(exact[other] - np.floor(exact[other]) - 0.5) < NEAR_TIE)


def test_a_tie_may_get_the_other_level() -> None:
    """(54 * 2.76 + 0.96) * 1.49 is 223.5 and half of what f32 can tell: one rounding goes up, several go down."""
    x = np.full((1, 1, 1, 1), 54, np.uint8)
    numbers = {"s": 2.76, "b": 0.96, "m": 1.49, "z": 0, "o": 1}
    one = "tensor<1x1x1x1x"
    module = parse(
        f"func.func @main(%x: {one}ui8>) -> {one}f32> {{\n"
        + "".join(vector(name, np.full(1, number)) for name, number in numbers.items())
        + f"%w = arhat.constant() {{value = dense<1> : {one}i8>}} : () -> {one}i8>\n"
        "%q = arhat.quantized_convolution(%x, %w, %s, %b, multiplier = %m, shift = %z) {strides = [1, 1], "
        "pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1, padding = 0} : "
        f"({one}ui8>, {one}i8>, {', '.join(['tensor<1xf32>'] * 4)}) -> {one}ui8>\n"
        f"%y = arhat.dequantize(%q, %o, %z) : ({one}ui8>, tensor<1xf32>, tensor<1xf32>) -> {one}f32>\n"
        f"func.return %y : {one}f32>\n}}"
    )
    assert [*evaluate(clone_module(module), [x]).values()] == [224]
    run("convert-arhat-to-cudnn", module)
    assert [*evaluate(module, [x]).values()] == [223]


# The other operations ----------------------------------------------------------------------------------------------

QUANTISED = """
func.func @main(%x: tensor<1x3x6x5xf32>, %z: tensor<1x3x6x5xf32>) -> (tensor<1x6x3x2xf32>, tensor<1x3x6x5xf32>) {
  %m = arhat.constant() {value = dense<[20.0, 30.5, 11.0]> : tensor<3xf32>} : () -> tensor<3xf32>
  %s = arhat.constant() {value = dense<[128.0, 100.3, 0.0]> : tensor<3xf32>} : () -> tensor<3xf32>
  %one = arhat.constant() {value = dense<0.1> : tensor<1xf32>} : () -> tensor<1xf32>
  %off = arhat.constant() {value = dense<-12.0> : tensor<1xf32>} : () -> tensor<1xf32>
  %a = arhat.quantize(%x, %m, %s) : (tensor<1x3x6x5xf32>, tensor<3xf32>, tensor<3xf32>) -> tensor<1x3x6x5xui8>
  %b = arhat.quantize(%z, %one, %m) : (tensor<1x3x6x5xf32>, tensor<1xf32>, tensor<3xf32>) -> tensor<1x3x6x5xui8>
  %c = arhat.quantized_add(%a, %b, multiplier = %m, shift = %s) {scale_a = 0.02, offset_a = -2.5, scale_b = 0.03,
         offset_b = 0.25, activation = #arhat.activation<ACTIVATION>}
     : (tensor<1x3x6x5xui8>, tensor<1x3x6x5xui8>, tensor<3xf32>, tensor<3xf32>) -> tensor<1x3x6x5xui8>
  %d = arhat.concat(%a, %c) {axis = 1} : (tensor<1x3x6x5xui8>, tensor<1x3x6x5xui8>) -> tensor<1x6x6x5xui8>
  %e = arhat.max_pool(%d) {kernel = [3, 3], strides = [2, 2], pads_begin = [1, 1], pads_end = [0, 0],
         dilations = [DILATION, 1], rounding = "floor"} : (tensor<1x6x6x5xui8>) -> tensor<1x6x3x2xui8>
  %f = arhat.dequantize(%e, %one, %off) : (tensor<1x6x3x2xui8>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x6x3x2xf32>
  %g = arhat.quantized_add(%b, %c) {scale_a = 0.02, offset_a = -2.5, scale_b = 0.03, offset_b = 0.25}
     : (tensor<1x3x6x5xui8>, tensor<1x3x6x5xui8>) -> tensor<1x3x6x5xf32>
  func.return %f, %g : tensor<1x6x3x2xf32>, tensor<1x3x6x5xf32>
}
"""


@pytest.mark.parametrize("activation", ["relu", "leaky_relu, 0.3", "clamp, -0.5, 1.5", "hswish"])
def test_what_kernels_compute_is_the_same_bit_for_bit(activation: str) -> None:
    module = parse(QUANTISED.replace("ACTIVATION", activation).replace("DILATION", "1"))
    rng = np.random.default_rng(3)
    given = [(rng.standard_normal((1, 3, 6, 5)) * size).astype(np.float32) for size in (5, 900)]
    given[0][0, :, 0, :3] = np.nan, np.inf, -np.inf
    expected = evaluate(clone_module(module), given)
    for step in [*CUDNN_LOWER.split(","), *CUDNN_PLAN.split(",")]:
        run(step, module)
        for actual, wanted in zip(evaluate(module, given).values(), expected.values(), strict=True):
            np.testing.assert_array_equal(actual, wanted, err_msg=step)


def test_a_pooling_that_cudnn_has_not_is_a_kernel() -> None:
    """Dilations."""
    text = QUANTISED.replace("ACTIVATION", "relu").replace("DILATION", "2")
    text = text.replace("pads_end = [0, 0],", "pads_end = [2, 0],", 1)
    module = parse(text)
    given = [np.full((1, 3, 6, 5), value, np.float32) for value in (3, 700)]
    expected = evaluate(clone_module(module), given)
    run("convert-arhat-to-cudnn", module)
    assert any(op.name == "kernel.max_pool" for op in module.walk())
    for actual, wanted in zip(evaluate(module, given).values(), expected.values(), strict=True):
        np.testing.assert_array_equal(actual, wanted)


# Real models -------------------------------------------------------------------------------------------------------

QUANTISED_MODELS = [model for model in all_models() if model.quantized]


def quantised(model: Model) -> ModuleOp:
    """A model as it comes to the target's lowering."""
    module = import_model(model.xml, CompileOptions(input_shapes=model.input_shapes))
    run(f"quantize,optimize,precision,{FOLD}", module)
    return module


def inputs_of(model: Model, module: ModuleOp) -> dict[str, Array]:
    """Pictures or noise."""
    arguments = [type_of(argument) for argument in main_of(module).body.block.args]
    types = {
        name: (type_.get_shape(), dtype_of(type_.element_type))
        for name, type_ in zip(input_names(module), arguments, strict=True)
    }
    return model_inputs(model, types)


def what(op: Operation) -> tuple[str, bool] | None:
    """The layer whose value an operation computes, and whether that is bytes; None for a constant."""
    layers = layers_of(op)
    if not layers or not op.results or op.name == "arhat.constant":
        return None
    return layers[-1].layer_name, dtype_of(type_of(op.results[0]).element_type) in (np.int8, np.uint8)


def values_of(module: ModuleOp, inputs: dict[str, Array]) -> dict[tuple[str, bool], Array]:
    """The value of each layer, as bytes or not: that of its last operation."""
    found: dict[tuple[str, bool], Array] = {}

    def see(op: Operation, results: tuple[Array, ...]) -> None:
        key = what(op)
        if key is not None:
            found[key] = results[0]

    evaluate(module, inputs, on_result=see)
    return found


@pytest.mark.parametrize("model", model_parameters(QUANTISED_MODELS))
def test_every_layer_of_real_models_has_the_same_levels(model: Model) -> None:
    """Each layer gets what it gets at the arhat level; the bytes it makes differ by one level, hardly ever."""
    module = quantised(model)
    inputs = inputs_of(model, module)
    expected = values_of(clone_module(module), inputs)
    convolutions = sum(isinstance(op, QuantizedConvolutionOp) for op in module.walk())
    run("convert-arhat-to-cudnn", module)
    on_bytes = [op for op in module.walk() if isinstance(op, ConvFpropOp) and is_signed(op.x)]
    assert convolutions and len(on_bytes) == convolutions
    block = main_of(module).body.block
    last = {key: op for op in block.ops if (key := what(op)) is not None}
    values: dict[SSAValue, Array] = {}
    values.update(zip(block.args, (inputs[name] for name in input_names(module)), strict=True))
    compared = elements = different = 0
    for op in block.ops:
        if isinstance(op, ReturnOp):
            break
        results = evaluate_op(op, [values[operand] for operand in op.operands])
        key = what(op)
        if key in expected and last[key] is op and expected[key].shape == results[0].shape:
            wanted = expected[key]
            if is_signed(op.results[0]):
                distance = np.abs(as_levels(results[0]) - as_levels(wanted))
                assert distance.max(initial=0) <= 1, key
                compared += 1
                elements += distance.size
                different += int(np.count_nonzero(distance))
                wanted = (wanted.astype(np.int64) - 128).astype(np.int8)
            results = (wanted, *results[1:])
        values.update(zip(op.results, results, strict=True))
    assert compared == sum(is_bytes for _, is_bytes in expected)
    assert different <= max(1, 1e-5 * elements)


def is_signed(value: SSAValue) -> bool:
    """Whether `value` holds signed bytes."""
    return dtype_of(type_of(value).element_type) == np.int8

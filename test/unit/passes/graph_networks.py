"""Small random networks of loose cuDNN nodes, as `convert-arhat-to-cudnn` and `choose-cudnn-layout` leave them.

Filters and biases are inputs as well, so that nothing can be folded.
"""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
from xdsl.dialects.builtin import (
    ArrayAttr,
    BFloat16Type,
    Float16Type,
    FunctionType,
    ModuleOp,
    NoneAttr,
    StringAttr,
    TensorType,
    f32,
    i8,
    i32,
)
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Attribute, Block, Region, SSAValue

from arhat.dialects.arhat import LayerAttr
from arhat.dialects.cudnn import MATH, ConvDgradOp, ConvFpropOp, NodeOp, PointwiseOp, ResampleOp
from arhat.dialects.kernel import shape_of, tensor_of
from arhat.dialects.kernel.memory import NhwcAttr
from arhat.weights import Array, round_to_bf16

ELEMENTS: dict[str, Attribute] = {"f32": f32, "f16": Float16Type(), "bf16": BFloat16Type(), "i8": i8}
UNARY: list[tuple[str, dict[str, float]]] = [
    ("relu_fwd", {}),
    ("relu_fwd", {"upper_clip": 6.0}),
    ("relu_fwd", {"lower_clip": -0.5, "upper_clip": 0.5}),
    ("relu_fwd", {"lower_clip_slope": 0.125}),
    ("sigmoid_fwd", {}),
    ("tanh_fwd", {}),
    ("elu_fwd", {"elu_alpha": 0.5}),
    ("swish_fwd", {"swish_beta": 1.5}),
    ("softplus_fwd", {"softplus_beta": 2.0}),
    ("gelu_fwd", {}),
    ("abs", {}),
    ("neg", {}),
]
BINARY = ("add", "sub", "mul", "max", "min")
CHANNELS = 8


class Network:
    """Builds one network of f32, f16, bf16 or i8; the seed makes every choice."""

    def __init__(self, seed: int, element: str, *, nhwc: bool, math: str = "strict") -> None:
        self._choices = Random(seed)
        self.element = ELEMENTS[element]
        self.nhwc = nhwc
        self.math = math
        self.block = Block()
        self.count = 0
        size = self.among(4, 5)
        self.values = [self.argument((self.among(1, 2), CHANNELS, size, size)) for _ in range(2)]

    def pick(self, count: int) -> int:
        return self._choices.randrange(count)

    def among(self, *choices: Any) -> Any:
        return choices[self.pick(len(choices))]

    def type(self, shape: tuple[int, ...], element: Attribute | None = None) -> TensorType[Any]:
        layout = NhwcAttr(shape[1]) if self.nhwc else NoneAttr()
        return TensorType(self.element if element is None else element, shape, layout)

    def argument(self, shape: tuple[int, ...], element: Attribute | None = None) -> SSAValue:
        return self.block.insert_arg(self.type(shape, element), len(self.block.args))

    def emit(self, op: NodeOp) -> SSAValue:
        layer = LayerAttr.get(f"layer{self.count}", self.count + 1)
        op.attributes["arhat.layers"] = ArrayAttr([layer])
        self.block.add_op(op)
        return op.output

    def pointwise(
        self,
        mode: str,
        x: SSAValue,
        b: SSAValue | None = None,
        element: Attribute = f32,
        **parameters: float,
    ) -> SSAValue:
        shapes = [shape_of(value) for value in (x, b) if value is not None]
        type_ = self.type(np.broadcast_shapes(*shapes), element)
        return self.emit(PointwiseOp.make([x, b], {"mode": mode, **parameters}, type_))

    def same_shape(self, value: SSAValue) -> SSAValue | None:
        """An earlier value of that shape."""
        found = [v for v in self.values if shape_of(v) == shape_of(value) and v is not value]
        return self.among(*found) if found else None

    def step(self, value: SSAValue) -> SSAValue:
        """One node after another, in f32."""
        match self.pick(6):
            case 0:
                return self.pointwise("add", value, self.argument((1, CHANNELS, 1, 1)))
            case 1:
                mode, parameters = self.among(*UNARY)
                return self.pointwise(mode, value, **parameters)
            case 2:
                other = self.same_shape(value)
                if other is None:
                    return self.pointwise("mul", value, self.argument((1, 1, 1, 1), f32))
                pair = [value, other] if self.pick(3) else [other, value]
                return self.pointwise(self.among(*BINARY), *pair)
            case 3:
                gate = self.pointwise("sigmoid_fwd", value)
                return self.pointwise("mul", *((value, gate) if self.pick(2) else (gate, value)))
            case 4:
                inside = self.pointwise("add", value, self.argument((1, 1, 1, 1), f32))
                inside = self.pointwise("relu_fwd", inside, upper_clip=6.0)
                return self.pointwise("mul", value, inside)
            case _:
                other = self.same_shape(value)
                value = self.pointwise("add", value, self.argument((1, CHANNELS, 1, 1)))
                value = value if other is None else self.pointwise("add", value, other)
                return self.pointwise("relu_fwd", value)

    def convolution(self) -> SSAValue:
        x = self.among(*self.values[-4:])
        size, groups = self.among(1, 3), self.among(1, 1, 2, 4, CHANNELS)
        transposed = self.element != i8 and self.pick(5) == 0
        groups = 1 if transposed else groups
        pad = (size - 1) // 2
        w = self.argument((CHANNELS, CHANNELS // groups, size, size))
        properties: dict[str, Any] = {
            "strides": (1, 1),
            "pads": (pad,) * 4,
            "dilations": (1, 1),
            "groups": groups,
        }
        kind = ConvDgradOp if transposed else ConvFpropOp
        self.wide = i32 if self.element == i8 else f32
        return self.emit(kind.make([x, w], properties, self.type(shape_of(x), self.wide)))

    def layer(self, steps: int) -> None:
        """A convolution or pooling and what follows it, rounded to the element type of the network at the end."""
        self.count += 1
        if self.pick(6) == 0:
            x = self.among(*self.values[-4:])
            mode = self.among("max", "avg_include", "avg_exclude")
            properties = {"mode": mode, "window": (3, 3), "strides": (1, 1), "pads": (1, 1, 1, 1)}
            self.values.append(self.emit(ResampleOp.make([x], properties, self.type(shape_of(x)))))
            return
        value = self.convolution()
        if self.element == i8:
            value = self.pointwise("mul", value, self.argument((1, CHANNELS, 1, 1), f32))
        for _ in range(steps):
            value = self.step(value)
        self.values.append(self.pointwise("identity", value, element=self.element))

    def loose(self) -> None:
        """A pointwise node that stands alone in the network, rounded at once."""
        self.count += 1
        value = self.among(*self.values[-4:])
        self.values.append(self.pointwise("add", value, self.among(*self.values), element=self.element))

    def module(self) -> ModuleOp:
        """The network; its results are the values that nothing uses."""
        results = [value for value in self.values if not value.uses.get_length()] or self.values[-1:]
        self.block.add_op(ReturnOp(*results))
        type_ = FunctionType.from_lists([a.type for a in self.block.args], [r.type for r in results])
        function = FuncOp("main", type_, Region(self.block))
        function.attributes[MATH] = StringAttr(self.math)
        module = ModuleOp([function])
        module.verify()
        return module


def inputs_of(module: ModuleOp, seed: int) -> list[Array]:
    """Random inputs of the module's function: the scales of i8 networks keep its values in range."""
    random = np.random.default_rng(seed)
    (function,) = module.body.block.ops
    arrays: list[Array] = []
    for argument in function.regions[0].block.args:
        type_ = tensor_of(argument)
        if type_.element_type == i8:
            arrays.append(random.integers(-30, 31, type_.get_shape()).astype(np.int8))
            continue
        array = (0.5 * random.standard_normal(type_.get_shape())).astype(np.float32)
        if isinstance(type_.element_type, Float16Type):
            array = array.astype(np.float16)
        elif isinstance(type_.element_type, BFloat16Type):
            array = round_to_bf16(array)
        arrays.append(array)
    return arrays

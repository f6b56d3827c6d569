"""Layers that compute every element by itself, constants, conversions between element types."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import ClassVar

from xdsl.dialects.builtin import TensorType, bf16, f16, f32, i1, i8
from xdsl.ir import Attribute, BlockArgument
from xdsl.irdl import irdl_op_definition, operand_def, opt_prop_def, prop_def

from arhat.dialects.arhat.base import FLOAT, INT, choice, require
from arhat.dialects.trt.base import (
    ELEMENTS,
    FLOATS,
    NUMBERS,
    AnyTensor,
    LayerOp,
    SameTypeOp,
    broadcast,
    element_of,
    is_weights,
    known_values,
    names,
    require_axis,
    require_constant,
    require_element,
    shape_of,
    tensor,
    ui8,
)

ALPHA, BETA = ("alpha",), ("alpha", "beta")
ACTIVATIONS: dict[str, tuple[str, ...]] = {
    "relu": (),
    "sigmoid": (),
    "tanh": (),
    "leaky_relu": ALPHA,
    "elu": ALPHA,
    "selu": BETA,
    "softsign": (),
    "softplus": BETA,
    "clip": BETA,
    "hard_sigmoid": BETA,
    "scaled_tanh": BETA,
    "thresholded_relu": ALPHA,
    "gelu_erf": (),
    "gelu_tanh": (),
}
"""The kinds of activation and the constants that each takes."""
ARITHMETIC = ("sum", "prod", "max", "min", "sub", "div", "pow", "floor_div")
LOGIC = ("and", "or", "xor")
COMPARISONS = ("equal", "greater", "less")
UNARY: dict[str, tuple[Attribute, ...]] = {
    **dict.fromkeys(("exp", "log", "sqrt", "recip"), FLOATS),
    **dict.fromkeys(("abs", "neg", "sign"), NUMBERS),
    **dict.fromkeys(("sin", "cos", "tan", "sinh", "cosh", "asin", "acos", "atan"), FLOATS),
    **dict.fromkeys(("asinh", "acosh", "atanh", "ceil", "floor", "erf"), FLOATS),
    "not": (i1,),
    **dict.fromkeys(("round", "isinf", "isnan"), FLOATS),
}
"""The functions of one operand and the element types that each takes."""


@irdl_op_definition
class ConstantOp(LayerOp):
    """A constant of the model as a tensor of the network: IConstantLayer.

    ```
    %y = trt.constant(%w) : (tensor<1x64x1x1xf32>) -> tensor<1x64x1x1xf32>
    ```
    """

    name = "trt.constant"
    weights = operand_def(TensorType)
    WEIGHTS: ClassVar = ("weights",)
    ELEMENTS: ClassVar = (*NUMBERS, i8)

    def infer(self) -> Sequence[AnyTensor]:
        """The type of the constant, which is not boolean; constants of i8 go to dequantize."""
        require(is_weights(self.weights), "'weights' is an arhat.constant")
        element, shape = self.first()
        require(prod(shape) > 0, f"a constant has elements, got {self.weights.type}")
        for use in self.output.uses if self.results and element == i8 else ():
            user = use.operation.name
            require(user == "trt.dequantize", f"a constant of i8 goes to trt.dequantize, not to {user}")
        return [tensor(element, shape)]


@irdl_op_definition
class ActivationOp(SameTypeOp):
    """A function of every element: IActivationLayer.

    relu; sigmoid; tanh; leaky_relu: `x >= 0 ? x : alpha * x`; elu: `x >= 0 ? x : alpha * (exp(x) - 1)`; selu:
    `beta * (x > 0 ? x : alpha * exp(x) - alpha)`; softsign: `x / (1 + |x|)`; softplus:
    `alpha * log(exp(beta * x) + 1)`; clip: `max(alpha, min(beta, x))`; hard_sigmoid:
    `max(0, min(1, alpha * x + beta))`; scaled_tanh: `alpha * tanh(beta * x)`; thresholded_relu: `x > alpha ? x : 0`;
    gelu_erf and gelu_tanh: GELU exactly and by tanh.

    ```
    %y = trt.activation(%x) {kind = "clip", alpha = 0.0, beta = 6.0}
         : (tensor<1x32x112x112xf16>) -> tensor<1x32x112x112xf16>
    ```
    """

    name = "trt.activation"
    x = operand_def(TensorType)
    kind = prop_def(choice(*ACTIVATIONS))
    alpha = opt_prop_def(FLOAT)
    beta = opt_prop_def(FLOAT)
    ELEMENTS: ClassVar = NUMBERS

    def check(self, element: Attribute, shape: tuple[int, ...]) -> None:
        """The constants that the kind takes, all of them; integers for relu alone."""
        kind = self.kind.data
        if kind != "relu":
            require_element(self.x, FLOATS, f"the operand of '{kind}'")
        for name, value in (("alpha", self.alpha), ("beta", self.beta)):
            if name in ACTIVATIONS[kind]:
                require(value is not None, f"'{kind}' needs '{name}'")
            else:
                require(value is None, f"'{kind}' takes no '{name}'")


@irdl_op_definition
class UnaryOp(LayerOp):
    """A function of every element: IUnaryLayer. `isinf` and `isnan` give booleans; `round` takes halves to even.

    ```
    %y = trt.unary(%x) {op = "sqrt"} : (tensor<1x8xf32>) -> tensor<1x8xf32>
    ```
    """

    name = "trt.unary"
    x = operand_def(TensorType)
    op = prop_def(choice(*UNARY))

    def infer(self) -> Sequence[AnyTensor]:
        """The type of the operand, or booleans."""
        op = self.op.data
        element = require_element(self.x, UNARY[op], f"the operand of '{op}'")
        return [tensor(i1 if op in ("isinf", "isnan") else element, shape_of(self.x))]


@irdl_op_definition
class ElementWiseOp(LayerOp):
    """A function of the elements of two tensors of one rank: IElementWiseLayer. Extents of 1 broadcast.

    ```
    %y = trt.element_wise(%a, %b) {op = "sum"}
         : (tensor<1x64x56x56xf32>, tensor<1x64x1x1xf32>) -> tensor<1x64x56x56xf32>
    ```
    """

    name = "trt.element_wise"
    a = operand_def(TensorType)
    b = operand_def(TensorType)
    op = prop_def(choice(*ARITHMETIC, *LOGIC, *COMPARISONS))

    def infer(self) -> Sequence[AnyTensor]:
        """One element type, one rank; comparisons give booleans."""
        op = self.op.data
        element = require_element(self.a, (i1,) if op in LOGIC else NUMBERS, f"the operand of '{op}'")
        require(
            element_of(self.b) == element,
            f"operands have one element type, got {element} and {element_of(self.b)}",
        )
        shape = broadcast(shape_of(self.a), shape_of(self.b))
        return [tensor(i1 if op in COMPARISONS else element, shape)]


@irdl_op_definition
class ParametricReluOp(SameTypeOp):
    """`x >= 0 ? x : slopes * x`: IParametricReLULayer. `slopes` has the rank of `x` and broadcasts to it.

    ```
    %y = trt.parametric_relu(%x, %s) : (tensor<1x64x56x56xf32>, tensor<1x64x1x1xf32>) -> tensor<1x64x56x56xf32>
    ```
    """

    name = "trt.parametric_relu"
    x = operand_def(TensorType)
    slopes = operand_def(TensorType)

    def check(self, element: Attribute, shape: tuple[int, ...]) -> None:
        """The slopes broadcast to the operand and are of its element type."""
        slopes = shape_of(self.slopes)
        require(
            element_of(self.slopes) == element,
            f"operands have one element type, got {element} and {element_of(self.slopes)}",
        )
        require(broadcast(shape, slopes) == shape, f"slopes {list(slopes)} do not broadcast to {list(shape)}")


@irdl_op_definition
class SelectOp(LayerOp):
    """`then` where `condition` is true, `otherwise` where it is not: ISelectLayer. Extents of 1 broadcast.

    ```
    %y = trt.select(%c, %a, %b) : (tensor<1x8xi1>, tensor<4x8xf32>, tensor<1x1xf32>) -> tensor<4x8xf32>
    ```
    """

    name = "trt.select"
    condition = operand_def(TensorType)
    then = operand_def(TensorType)
    otherwise = operand_def(TensorType)

    def infer(self) -> Sequence[AnyTensor]:
        """Booleans and two tensors of one element type; one rank."""
        require_element(self.condition, (i1,), "the condition")
        element = require_element(self.then, ELEMENTS, "'then'")
        require(
            element_of(self.otherwise) == element,
            f"'then' and 'otherwise' have one element type, got {element} and {element_of(self.otherwise)}",
        )
        return [tensor(element, broadcast(*(shape_of(value) for value in self.operands)))]


@irdl_op_definition
class CastOp(LayerOp):
    """The same values as another element type: ICastLayer. The result's type says which.

    ```
    %y = trt.cast(%x) : (tensor<1x8xf32>) -> tensor<1x8xf16>
    ```
    """

    name = "trt.cast"
    x = operand_def(TensorType)

    def infer(self) -> Sequence[AnyTensor]:
        """The operand's shape; ui8 is of inputs and outputs of the network, and of floating-point numbers only."""
        require(len(self.results) == 1, "a cast needs its result type")
        source, target = element_of(self.x), element_of(self.output)
        for element in (source, target):
            require(element != i8, "i8 lies between trt.quantize and trt.dequantize, not beside trt.cast")
        for element, other in ((source, target), (target, source)):
            require(
                element != ui8 or other in (f32, f16),
                f"ui8 is cast to and from {names((f32, f16))}, got {other}",
            )
        require(
            source != ui8 or isinstance(self.x, BlockArgument), "ui8 is cast from inputs of the network only"
        )
        require(
            target != ui8 or all(use.operation.name == "func.return" for use in self.output.uses),
            "ui8 is cast to for outputs of the network only",
        )
        return [tensor(target, shape_of(self.x))]


class ScaledOp(LayerOp):
    """Common part of quantize and dequantize: a scale for all elements, or one for each extent of `axis`.

    Scales are constants, and only constants have scales by channel. They are positive.
    """

    x = operand_def(TensorType)
    scale = operand_def(TensorType)
    axis = opt_prop_def(INT)

    def check_scale(self, element: Attribute) -> None:
        """The scale is of type `element` and has one number, or one for each extent of `axis`."""
        x, scale = shape_of(self.x), shape_of(self.scale)
        require(len(x) >= 1, "the operand is not a scalar")
        found = element_of(self.scale)
        require(
            found in (f32, element),
            f"the scale is {names(tuple(dict.fromkeys((f32, element))))}, got {found}",
        )
        require_constant(self.scale, "the scale")
        for number in known_values(self.scale):
            require(number > 0, f"scales are positive, got {number}")
        if self.axis is None:
            require(scale == (), f"one scale for all elements has no axes, got {list(scale)}; or give 'axis'")
            return
        axis = self.axis.value.data
        require_axis(axis, len(x))
        require_constant(self.x, "what has a scale for each channel")
        require(scale == (x[axis],), f"there are {x[axis]} scales for axis {axis}, got {list(scale)}")


@irdl_op_definition
class QuantizeOp(ScaledOp):
    """`clamp(round(x / scale), -128, 127)`, halves to even: IQuantizeLayer without a zero point.

    ```
    %y = trt.quantize(%x, %s) : (tensor<1x8x4x4xf32>, tensor<f32>) -> tensor<1x8x4x4xi8>
    ```
    """

    name = "trt.quantize"

    def infer(self) -> Sequence[AnyTensor]:
        """The operand's shape in i8."""
        element, shape = self.first()
        self.check_scale(element)
        return [tensor(i8, shape)]


@irdl_op_definition
class DequantizeOp(ScaledOp):
    """`x * scale`: IDequantizeLayer without a zero point. The result's type is f32, f16 or bf16.

    ```
    %y = trt.dequantize(%x, %s) {axis = 0} : (tensor<64x3x7x7xi8>, tensor<64xf32>) -> tensor<64x3x7x7xf32>
    ```
    """

    name = "trt.dequantize"
    ELEMENTS: ClassVar = (i8,)

    def infer(self) -> Sequence[AnyTensor]:
        """The operand's shape in the element type of the result; without results, in that of the scale."""
        _, shape = self.first()
        element = element_of(self.output) if self.results else element_of(self.scale)
        require(element in (f32, f16, bf16), f"the result is {names(FLOATS)}, got {element}")
        self.check_scale(element)
        return [tensor(element, shape)]

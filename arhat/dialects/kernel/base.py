"""The `kernel` dialect: what no platform library has.

One op per kernel of the single-source kernel library in `arhat/runtime/include/arhat/kernels`. Operands and
results are tensors with any encoding (layout); the logical shape, and with it every axis, stays that of the
model (NCHW). Properties are those of the `arhat` op of the same name, so that a lowering copies them.

`kernel.elementwise` is the odd one out: its kernel is generated from its region.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Self, TypeAlias, TypeGuard, cast

from xdsl.dialects.builtin import IntegerType, Signedness, TensorType
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.irdl import base, result_def, traits_def
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from arhat.dialects.arhat.base import UniformOp

AnyTensor: TypeAlias = TensorType[Attribute]
AnyInteger: TypeAlias = IntegerType[int, Signedness]

REDUCTIONS = ("mean", "sum", "prod", "max", "min", "logical_and", "logical_or")
PAD_MODES = ("constant", "edge", "reflect", "symmetric")
CODE_TYPES = ("corner", "center_size", "corner_size")
INTERPOLATE_MODES = ("nearest", "linear", "linear_onnx", "cubic")
COORDINATE_TRANSFORMATIONS = (
    "half_pixel",
    "pytorch_half_pixel",
    "asymmetric",
    "tf_half_pixel_for_nn",
    "align_corners",
)
NEAREST_MODES = ("round_prefer_floor", "round_prefer_ceil", "floor", "ceil", "simple")


def tensor_of(value: SSAValue) -> AnyTensor:
    """The tensor type of `value`; raises `VerifyException` if it is not a tensor."""
    type_: Attribute = value.type
    if not isinstance(type_, TensorType):
        raise VerifyException(f"expected a tensor, got {type_}")
    return cast(AnyTensor, type_)


def is_integer(element: Attribute) -> TypeGuard[AnyInteger]:
    """Whether an element type is an integer, booleans included. (xDSL's `isa` is right too, but slow.)"""
    return isinstance(element, IntegerType)


def shape_of(value: SSAValue) -> tuple[int, ...]:
    """The shape of a tensor value."""
    return tensor_of(value).get_shape()


def scalar_type(element: Attribute) -> Attribute:
    """The type that an element has inside a `kernel.elementwise` region.

    It is the element type itself, without the sign: `arith` works on signless integers and has the sign in
    the operation (`divui`, `divsi`).
    """
    if is_integer(element) and element.signedness.data != Signedness.SIGNLESS:
        return IntegerType(element.width.data)
    return element


def check(condition: bool, message: str) -> None:
    """Raises `VerifyException` with `message` unless `condition` holds."""
    if not condition:
        raise VerifyException(message)


class AnyKernelOp(UniformOp):
    """Base of the ops with tensor operands and any number of tensor results."""

    traits = traits_def(Pure())

    @classmethod
    def make_all(
        cls,
        operands: Sequence[SSAValue | Operation],
        properties: Mapping[str, Attribute | None],
        result_types: Sequence[Attribute],
        attributes: Mapping[str, Attribute] | None = None,
    ) -> Self:
        """Build the op: `operands` is flat, `attributes` are discardable (layers, for example)."""
        return cls.create(
            operands=[SSAValue.get(operand) for operand in operands],
            properties={name: value for name, value in properties.items() if value is not None},
            result_types=result_types,
            attributes=dict(attributes or {}),
        )


class KernelOp(AnyKernelOp):
    """Base of the ops with tensor operands and one tensor result."""

    result = result_def(base(TensorType))

    SAME_ELEMENT_TYPE: ClassVar[bool] = True

    @classmethod
    def make(
        cls,
        operands: Sequence[SSAValue | Operation],
        properties: Mapping[str, Attribute | None],
        result_type: Attribute,
        attributes: Mapping[str, Attribute] | None = None,
    ) -> Self:
        """Build the op: `operands` is flat, `attributes` are discardable (layers, for example)."""
        return cls.make_all(operands, properties, [result_type], attributes)

    def expected_shape(self) -> tuple[int, ...] | None:
        """The logical shape of the result, by the shape rule of the `arhat` op; None if any is allowed."""
        return None

    def verify_(self) -> None:
        """Check properties (in `expected_shape`), the shape and the element type of the result."""
        result = tensor_of(self.result)
        if self.SAME_ELEMENT_TYPE and self.operands:
            element = tensor_of(self.operands[0]).element_type
            check(
                result.element_type == element,
                f"result must have the operand's element type {element}, got {result.element_type}",
            )
        expected = self.expected_shape()
        if expected is not None:
            check(
                result.get_shape() == expected,
                f"result must have shape {list(expected)}, got {list(result.get_shape())}",
            )


def broadcasts(shape: Sequence[int], target: Sequence[int]) -> bool:
    """Whether `shape` broadcasts to `target` by NumPy's rule."""
    if len(shape) > len(target):
        return False
    return all(a in (1, b) for a, b in zip(reversed(shape), reversed(target), strict=False))


class SameShapeOp(KernelOp):
    """An op whose result has the operand's shape."""

    def expected_shape(self) -> tuple[int, ...]:
        """The operand's shape."""
        return shape_of(self.operands[0])

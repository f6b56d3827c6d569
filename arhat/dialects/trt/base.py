"""What all ops of the `trt` dialect share: element types, building, verification.

Tensors are dense, of static shape, with at most eight axes. The encoding `#trt.dynamic<axis>` of a type says that the
extent along `axis` scales with the batch; the printed extent is that of the largest batch.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self, TypeAlias, cast

from xdsl.dialects.builtin import (
    DenseArrayBase,
    DenseIntOrFPElementsAttr,
    IntAttr,
    IntegerType,
    Signedness,
    TensorType,
    bf16,
    f16,
    f32,
    i1,
    i8,
    i32,
    i64,
)
from xdsl.ir import Attribute, Operation, OpResult, ParametrizedAttribute, SSAValue, SSAValues
from xdsl.irdl import OptOperandDef, VarOperandDef, irdl_attr_definition, result_def, traits_def
from xdsl.parser import AttrParser
from xdsl.printer import Printer
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from arhat.dialects.arhat.base import SEGMENTS, Property, UniformOp, check_at_least, check_length, require
from arhat.dialects.arhat.constant import ConstantOp
from arhat.dialects.kernel.base import AnyTensor, shape_of, tensor_of

ui8 = IntegerType(8, Signedness.UNSIGNED)
FLOATS: tuple[Attribute, ...] = (f32, f16, bf16)
"""The floating-point types of a network."""
INTEGERS: tuple[Attribute, ...] = (i32, i64)
"""The types of indices and shapes."""
NUMBERS = (*FLOATS, *INTEGERS)
ELEMENTS = (*NUMBERS, i1)
"""What layers compute with; i8 lies between quantize and dequantize."""
ALL_ELEMENTS = (*ELEMENTS, i8, ui8)
"""All element types of tensors; ui8 only for inputs and outputs of the network, and `trt.cast`."""
LARGEST_RANK = 8
"""Axes of a tensor at most: `Dims::MAX_DIMS`."""

TRACED = ("trt.cast", "trt.dequantize", "trt.quantize", "trt.shuffle")
"""Layers through which a constant stays a constant."""

Types: TypeAlias = "Attribute | Sequence[Attribute]"


@irdl_attr_definition
class DynamicAttr(ParametrizedAttribute):
    """Encoding of a tensor whose extent along one axis scales with the batch.

    The extent in the type is that of the largest batch.

    ```
    tensor<8x3x224x224xf32, #trt.dynamic<0>>
    ```
    """

    name = "trt.dynamic"
    axis: IntAttr

    def __init__(self, axis: int):
        super().__init__(IntAttr(axis))

    def verify(self) -> None:
        """An axis that a tensor may have."""
        require(
            0 <= self.axis.data < LARGEST_RANK, f"the axis is in 0..{LARGEST_RANK - 1}, got {self.axis.data}"
        )

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        """Parse `<0>`."""
        with parser.in_angle_brackets():
            return [IntAttr(parser.parse_integer(allow_boolean=False))]

    def print_parameters(self, printer: Printer) -> None:
        """Print what `parse_parameters` reads."""
        with printer.in_angle_brackets():
            printer.print_string(str(self.axis.data))


def dynamic_axis(type_: AnyTensor) -> int | None:
    """The axis of a tensor type that scales with the batch; None where there is none."""
    return type_.encoding.axis.data if isinstance(type_.encoding, DynamicAttr) else None


def tensor(element: Attribute, shape: Sequence[int]) -> AnyTensor:
    """A tensor type."""
    return TensorType(element, list(shape))


def element_of(value: SSAValue) -> Attribute:
    """The element type of a tensor value."""
    return tensor_of(value).element_type


def names(elements: Sequence[Attribute]) -> str:
    """Element types as words."""
    *first, last = map(str, elements)
    return f"{', '.join(first)} or {last}" if first else last


def require_element(value: SSAValue, allowed: Sequence[Attribute], what: str) -> Attribute:
    """The element type of `value`, which is one of `allowed`."""
    element = element_of(value)
    require(element in allowed, f"{what} is {names(allowed)}, got {element}")
    return element


def require_rank(value: SSAValue, least: int, what: str) -> int:
    """The rank of `value`, at least `least`."""
    rank = len(shape_of(value))
    require(rank >= least, f"{what} has at least {least} axes, got {rank}")
    return rank


def require_axis(axis: int, rank: int, name: str = "axis") -> None:
    """Axes are counted from 0."""
    require(0 <= axis < rank, f"'{name}' {axis} is out of range for rank {rank}")


def broadcast(*shapes: Sequence[int]) -> tuple[int, ...]:
    """The shape that shapes of one rank broadcast to, extents of 1 only."""
    result = list(shapes[0])
    for shape in shapes[1:]:
        require(len(shape) == len(result), f"operands have one rank, got {list(shapes[0])} and {list(shape)}")
        for i, (n, m) in enumerate(zip(result, shape, strict=True)):
            require(n == m or 1 in (n, m), f"shapes {list(shapes[0])} and {list(shape)} do not broadcast")
            result[i] = m if n == 1 else n
    return tuple(result)


def check_spatial(axes: int, least: int, **properties: Sequence[int]) -> None:
    """Each has one number of `least` or more for each of the spatial `axes`."""
    for name, values in properties.items():
        check_length(name, values, axes)
        check_at_least(name, values, least)


def is_weights(value: SSAValue) -> bool:
    """Whether `value` is a constant of the model rather than a tensor of the network."""
    return isinstance(value.owner, ConstantOp)


def root_of(value: SSAValue) -> SSAValue:
    """What `value` is a converted, scaled or reshaped form of: where its chain of `TRACED` layers begins."""
    owner = value.owner
    while isinstance(owner, Operation) and owner.name in TRACED and owner.operands:
        value = owner.operands[0]
        owner = value.owner
    return value


def require_constant(value: SSAValue, what: str) -> None:
    """`value` is known when the engine is built: it comes from a `trt.constant`."""
    owner = root_of(value).owner
    require(
        isinstance(owner, Operation) and owner.name == "trt.constant", f"{what} comes from a trt.constant"
    )


def known_values(value: SSAValue) -> tuple[float, ...]:
    """The numbers of a small `trt.constant`, which are written out in the IR; none of any other value."""
    owner = value.owner
    if isinstance(owner, Operation) and owner.name == "trt.constant" and is_weights(owner.operands[0]):
        written = cast(ConstantOp, owner.operands[0].owner).value
        if isinstance(written, DenseIntOrFPElementsAttr):
            return tuple(cast(Any, written).get_values())
    return ()


class TrtOp(UniformOp):
    """Common part of the layers."""

    traits = traits_def(Pure())

    WEIGHTS: ClassVar[tuple[str, ...]] = ()
    """The operands that may be `arhat.constant`: they become `Weights` of the layer."""

    @classmethod
    def make(
        cls,
        operands: Sequence[SSAValue | Operation | None],
        properties: Mapping[str, Property] | None = None,
        result_types: Types | None = None,
        attributes: Mapping[str, Attribute] | None = None,
    ) -> Self:
        """Build the op.

        `operands`: one per declared operand, None for an absent optional one (absent at the end may be left out); those
        of ops with any number of operands stand one after the other. `properties`: attributes or plain Python values,
        None leaves one out. `result_types`: one type or several; without it they follow from operands and properties,
        where they do. `attributes` are discardable (layers, for example).

        Raises `VerifyException` where result types are asked for and the operands do not fit.
        """
        definition = cls.get_irdl_definition()
        encoded: dict[str, Attribute] = {}
        for name, value in (properties or {}).items():
            if name not in definition.properties:
                raise VerifyException(f"{cls.name} has no property '{name}'")
            if isinstance(value, Attribute):
                encoded[name] = value
            elif value is not None:
                encoded[name] = cast(Any, definition.properties[name].constr).encode(value)
        given = list(operands)
        declared = [kind for _, kind in definition.operands]
        if not any(
            isinstance(kind, VarOperandDef) and not isinstance(kind, OptOperandDef) for kind in declared
        ):
            given += [None] * (len(definition.operands) - len(given))
        if definition.options:
            encoded[SEGMENTS] = DenseArrayBase.from_list(i32, [int(value is not None) for value in given])
        types = [result_types] if isinstance(result_types, Attribute) else result_types
        op = cls.create(
            operands=[SSAValue.get(value) for value in given if value is not None],
            properties=encoded,
            result_types=types or (),
            attributes=dict(attributes or {}),
        )
        if types is None:
            op.results = SSAValues(OpResult(type_, op, i) for i, type_ in enumerate(op.infer()))
        return op

    @abstractmethod
    def infer(self) -> Sequence[AnyTensor]:
        """The types of the results, without encodings, by TensorRT's rules.

        Raises `VerifyException` where operands and properties break one.
        """

    def verify_(self) -> None:
        """Check operands, properties, and the results against what TensorRT will infer."""
        definition = self.get_irdl_definition()
        for (name, _), group in zip(definition.operands, self.operand_groups(), strict=True):
            for value in group:
                check_tensor(tensor_of(value))
                require(
                    name in self.WEIGHTS or not is_weights(value),
                    f"'{name}' is a tensor of the network, not an arhat.constant: put a trt.constant between",
                )
        for result in self.results:
            check_tensor(tensor_of(result))
        for result, expected in zip(self.results, self.infer(), strict=True):
            found = tensor_of(result)
            require(
                (found.element_type, found.get_shape()) == (expected.element_type, expected.get_shape()),
                f"the result should be {expected}, not {found}",
            )


def check_tensor(type_: AnyTensor) -> None:
    """An element type and a shape that a tensor of a network may have."""
    shape = type_.get_shape()
    require(
        type_.element_type in ALL_ELEMENTS, f"tensors hold {names(ALL_ELEMENTS)}, got {type_.element_type}"
    )
    require(len(shape) <= LARGEST_RANK, f"a tensor has at most {LARGEST_RANK} axes, got {len(shape)}")
    require(min(shape, default=0) >= 0, f"shapes must be static, got {type_}")
    axis = dynamic_axis(type_)
    require(axis is None or axis < len(shape), f"axis {axis} of #trt.dynamic is out of range for {type_}")


class LayerOp(TrtOp):
    """Common part of the layers with one result, `output`."""

    output = result_def(TensorType)
    ELEMENTS: ClassVar[Sequence[Attribute]] = FLOATS
    """Element types of the first operand."""

    def first(self) -> tuple[Attribute, tuple[int, ...]]:
        """Element type and shape of the first operand."""
        value = self.operands[0]
        return require_element(value, self.ELEMENTS, "the operand"), shape_of(value)


class SameTypeOp(LayerOp):
    """A layer whose result is like its first operand."""

    def infer(self) -> Sequence[AnyTensor]:
        """The type of the first operand."""
        element, shape = self.first()
        self.check(element, shape)
        return [tensor(element, shape)]

    def check(self, element: Attribute, shape: tuple[int, ...]) -> None:
        """Check the other operands and the properties; the default accepts all."""

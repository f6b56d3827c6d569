"""What all operations of the `arhat` dialect share: building with inferred types, verification and text.

The text is the same for every operation:

    %y = arhat.convolution(%x, %w, bias = %b) {strides = [1, 1], ..., arhat.layers = [...]}
       : (tensor<...>, tensor<...>, tensor<...>) -> tensor<...>

Operands stand in order; optional ones carry their name. Properties and discardable attributes share one
dictionary. Integer lists are `array<i64>` properties, float lists `array<f64>`, both written in brackets;
single integers are i64 and floats f64, written without a type.
"""

from __future__ import annotations

import struct
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import isfinite, prod
from typing import Any, ClassVar, Self, cast

from xdsl.dialects.builtin import (
    ArrayAttr,
    BFloat16Type,
    BoolAttr,
    DenseArrayBase,
    DenseIntOrFPElementsAttr,
    Float16Type,
    Float32Type,
    Float64Type,
    FloatAttr,
    IntegerAttr,
    IntegerType,
    StringAttr,
    TensorType,
    f64,
    i1,
    i64,
)
from xdsl.ir import Attribute, Operation, OpResult, SSAValue, SSAValues, TypeAttribute
from xdsl.irdl import (
    AttrConstraint,
    IRDLOperation,
    OpDef,
    OptOperandDef,
    VarOperandDef,
    VerificationContext,
    traits_def,
)
from xdsl.parser import Parser, UnresolvedOperand
from xdsl.printer import Printer
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from arhat.canonicalization import Canonicalizes
from arhat.dialects.arhat.attributes import LayerAttr, float_text, layers_attributes

Tensor = TensorType[Attribute]
"""A tensor type of any element type."""

Ints = DenseArrayBase[IntegerType]
Floats = DenseArrayBase[Float64Type]
Int = IntegerAttr[IntegerType]
Float = FloatAttr[Float64Type]
Bool = BoolAttr
Property = bool | int | float | str | Sequence[int] | Sequence[float] | Attribute | None
"""What `build_inferred` accepts as the value of a property; None leaves an optional one out."""

SEGMENTS = "operandSegmentSizes"


# Property kinds -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Kind(AttrConstraint[Any]):
    """A property kind: how its attribute is checked, made from a Python value and turned back into one."""

    what: ClassVar[str] = ""
    name: str = ""

    def matches(self, attr: Attribute) -> bool:
        raise AssertionError

    def encode(self, value: Any) -> Attribute:
        raise AssertionError

    def verify(self, attr: Attribute, constraint_context: VerificationContext) -> None:
        if not self.matches(attr):
            raise VerifyException(f"{self.named()}expected {self.what}, got {attr}")

    def named(self) -> str:
        return f"'{self.name}': " if self.name else ""

    def mapping_type_vars(self, type_var_mapping: Mapping[Any, Any]) -> Self:
        return self


@dataclass(frozen=True)
class _IntsKind(_Kind):
    what: ClassVar[str] = "a list of integers"

    def matches(self, attr: Attribute) -> bool:
        return isinstance(attr, DenseArrayBase) and cast(Any, attr).elt_type == i64

    def encode(self, value: Any) -> Attribute:
        return ints(value)


@dataclass(frozen=True)
class _FloatsKind(_Kind):
    what: ClassVar[str] = "a list of floats"

    def matches(self, attr: Attribute) -> bool:
        return isinstance(attr, DenseArrayBase) and cast(Any, attr).elt_type == f64

    def encode(self, value: Any) -> Attribute:
        return floats(value)


@dataclass(frozen=True)
class _IntKind(_Kind):
    what: ClassVar[str] = "a 64-bit integer"

    def matches(self, attr: Attribute) -> bool:
        return isinstance(attr, IntegerAttr) and cast(Any, attr).type == i64

    def encode(self, value: Any) -> Attribute:
        return IntegerAttr(int(value), i64)


@dataclass(frozen=True)
class _FloatKind(_Kind):
    what: ClassVar[str] = "a 64-bit float"

    def matches(self, attr: Attribute) -> bool:
        return isinstance(attr, FloatAttr) and cast(Any, attr).type == f64

    def encode(self, value: Any) -> Attribute:
        return FloatAttr(float(value), f64)


@dataclass(frozen=True)
class _BoolKind(_Kind):
    what: ClassVar[str] = "true or false"

    def matches(self, attr: Attribute) -> bool:
        return isinstance(attr, IntegerAttr) and cast(Any, attr).type == i1

    def encode(self, value: Any) -> Attribute:
        return IntegerAttr(int(bool(value)), i1)


@dataclass(frozen=True)
class _ChoiceKind(_Kind):
    choices: tuple[str, ...] = ()

    def matches(self, attr: Attribute) -> bool:
        return isinstance(attr, StringAttr) and attr.data in self.choices

    def encode(self, value: Any) -> Attribute:
        return StringAttr(value)

    def verify(self, attr: Attribute, constraint_context: VerificationContext) -> None:
        if not self.matches(attr):
            raise VerifyException(f"{self.named()}expected one of {', '.join(self.choices)}, got {attr}")


INTS: AttrConstraint[Ints] = _IntsKind()
FLOATS: AttrConstraint[Floats] = _FloatsKind()
INT: AttrConstraint[Int] = _IntKind()
FLOAT: AttrConstraint[Float] = _FloatKind()
BOOL: AttrConstraint[Bool] = _BoolKind()


def choice(*choices: str) -> AttrConstraint[StringAttr]:
    """A string property that must be one of `choices`."""
    return _ChoiceKind(choices=choices)


def name_properties(operation: type[IRDLOperation]) -> None:
    """Lets the errors of `operation`'s properties say which property they are about."""
    for name, declared in operation.get_irdl_definition().properties.items():
        if isinstance(declared.constr, _Kind):
            declared.constr = replace(declared.constr, name=name)


@lru_cache(maxsize=4096)
def _ints(values: tuple[int, ...]) -> Ints:
    return DenseArrayBase.from_list(i64, values)


def ints(values: Sequence[int]) -> Ints:
    """The i64 array attribute of `values`."""
    return _ints(tuple(int(v) for v in values))


def floats(values: Sequence[float]) -> Floats:
    """The f64 array attribute of `values`."""
    return DenseArrayBase.from_list(f64, [float(v) for v in values])


@lru_cache(maxsize=4096)
def _unpacked(data: bytes, code: str) -> tuple[Any, ...]:
    return struct.unpack(f"<{len(data) // 8}{code}", data)


def ints_of(attr: Ints) -> tuple[int, ...]:
    """The values of an i64 array attribute; faster than asking the attribute, as shape rules do all the time."""
    return _unpacked(attr.data.data, "q")


def floats_of(attr: Floats) -> tuple[float, ...]:
    """The values of an f64 array attribute."""
    return _unpacked(attr.data.data, "d")


def python_value(attr: Attribute) -> Any:
    """The plain Python value of a property attribute; attributes without one are returned as they are."""
    if isinstance(attr, DenseArrayBase):
        return cast(Any, attr).get_values()
    if isinstance(attr, IntegerAttr):
        value = cast(Any, attr).value.data
        return bool(value) if cast(Any, attr).type == i1 else value
    if isinstance(attr, FloatAttr):
        return cast(Any, attr).value.data
    if isinstance(attr, StringAttr):
        return attr.data
    if isinstance(attr, ArrayAttr):
        words = list(cast(ArrayAttr[Attribute], attr))
        if words and all(isinstance(word, StringAttr) for word in words):
            return tuple(cast(StringAttr, word).data for word in words)
    return cast(Any, attr)


# Types --------------------------------------------------------------------------------------------


@lru_cache(maxsize=65536)
def tensor_type(element: Attribute, shape: tuple[int, ...]) -> Tensor:
    """The tensor type with `element` and `shape`; equal arguments give the same object."""
    return TensorType(element, shape)


def type_of(value: SSAValue) -> Tensor:
    """The tensor type of `value`."""
    type = value.type
    if not isinstance(type, TensorType):
        raise VerifyException(f"expected a tensor, got {type}")
    return cast(Tensor, type)


def shape_of(value: SSAValue) -> tuple[int, ...]:
    """The static shape of `value`."""
    shape = type_of(value).get_shape()
    for dim in shape:
        if dim < 0:
            raise VerifyException(f"shapes must be static, got {value.type}")
    return shape


def element_of(value: SSAValue) -> Attribute:
    """The element type of `value`."""
    return type_of(value).element_type


def is_float(element: Attribute) -> bool:
    """Whether `element` is a floating-point type."""
    return isinstance(element, Float16Type | Float32Type | BFloat16Type | Float64Type)


def is_integer(element: Attribute) -> bool:
    """Whether `element` is an integer type other than the boolean i1."""
    return isinstance(element, IntegerType) and cast(Any, element).width.data > 1


def require(condition: bool, message: str) -> None:
    """Raises a `VerifyException` with `message` unless `condition` holds."""
    if not condition:
        raise VerifyException(message)


def require_float(value: SSAValue, what: str) -> Attribute:
    """The element type of `value`, which must be floating-point."""
    element = element_of(value)
    if not is_float(element):
        raise VerifyException(f"{what} must have a floating-point element type, got {element}")
    return element


def require_same_element(values: Sequence[SSAValue]) -> Attribute:
    """The one element type that all `values` must share."""
    element = element_of(values[0])
    for value in values[1:]:
        other = element_of(value)
        if other != element:
            raise VerifyException(f"operands must have one element type, got {element} and {other}")
    return element


def broadcast(a: tuple[int, ...], b: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that `a` and `b` broadcast to by NumPy's rule."""
    if a == b:
        return a
    rank = max(len(a), len(b))
    result: list[int] = []
    for x, y in zip((1,) * (rank - len(a)) + a, (1,) * (rank - len(b)) + b, strict=True):
        if x != y and x != 1 and y != 1:
            raise VerifyException(f"shapes {list(a)} and {list(b)} do not broadcast")
        result.append(y if x == 1 else x)
    return tuple(result)


def check_axes(axes: Sequence[int], rank: int) -> None:
    """Axes must be distinct and in [0, rank)."""
    for axis in axes:
        if not 0 <= axis < rank:
            raise VerifyException(f"axis {axis} is out of range for rank {rank}")
    if len(set(axes)) != len(axes):
        raise VerifyException(f"axes {list(axes)} repeat an axis")


def check_length(name: str, values: Sequence[object], length: int) -> None:
    """The list property `name` must have `length` values."""
    if len(values) != length:
        raise VerifyException(f"'{name}' must have {length} values, got {len(values)}")


def check_at_least(name: str, values: Sequence[int], least: int) -> None:
    """No value of the list property `name` may be below `least`."""
    for value in values:
        if value < least:
            raise VerifyException(f"'{name}' must be at least {least}, got {list(values)}")


def elements(shape: Sequence[int]) -> int:
    """How many elements a tensor of `shape` has."""
    return prod(shape)


# The base class -----------------------------------------------------------------------------------

OperandArg = SSAValue | Operation | Sequence[SSAValue | Operation] | None


class UniformOp(IRDLOperation):
    """Base class for the uniform text of operations, see the module's documentation."""

    def parameters(self) -> dict[str, Any]:
        """The properties as plain Python values (tuples, numbers, strings), without operand bookkeeping."""
        return {name: python_value(attr) for name, attr in self.properties.items() if name != SEGMENTS}

    # Text -----------------------------------------------------------------------------------------

    def print(self, printer: Printer) -> None:
        """Prints the uniform text of the dialect, see the module's documentation."""
        definition = self.get_irdl_definition()
        printer.print_string("(")
        first = True
        for (name, declared), group in zip(definition.operands, self.operand_groups(), strict=False):
            for value in group:
                if not first:
                    printer.print_string(", ")
                first = False
                if isinstance(declared, OptOperandDef):
                    printer.print_string(f"{name} = ")
                printer.print_ssa_value(value)
        printer.print_string(")")
        entries = [
            (name, self.properties[name]) for name in _text_order(type(self)) if name in self.properties
        ]
        entries.extend(self.attributes.items())
        if entries:
            printer.print_string(" {")
            printer.print_list(entries, lambda entry: _print_entry(printer, *entry))
            printer.print_string("}")
        printer.print_string(" : (")
        printer.print_list(self.operands, lambda value: printer.print_attribute(value.type))
        printer.print_string(") -> ")
        if len(self.results) == 1:
            printer.print_attribute(self.results[0].type)
        else:
            printer.print_string("(")
            printer.print_list(self.results, lambda value: printer.print_attribute(value.type))
            printer.print_string(")")

    def operand_groups(self) -> list[Sequence[SSAValue]]:
        """The operands by declaration: one value, or none or several where it is optional or variadic."""
        definition = self.get_irdl_definition()
        sizes = self.properties.get(SEGMENTS)
        if sizes is not None:
            lengths = cast(tuple[int, ...], python_value(sizes))
        else:
            variadic = len(self.operands) - len(definition.operands) + 1
            lengths = [variadic if isinstance(d, VarOperandDef) else 1 for _, d in definition.operands]
        groups: list[Sequence[SSAValue]] = []
        start = 0
        for length in lengths:
            groups.append(self.operands[start : start + length])
            start += length
        return groups

    @classmethod
    def parse(cls, parser: Parser) -> Self:
        """Parses the uniform text of the dialect, see the module's documentation."""
        definition = cls.get_irdl_definition()
        start = parser.pos
        unresolved, sizes = _parse_operands(parser, definition)
        attributes = parser.parse_optional_attr_dict()
        properties: dict[str, Attribute] = {}
        for name in list(attributes):
            declared = definition.properties.get(name)
            if declared is not None and name != SEGMENTS:
                properties[name] = _from_text(attributes.pop(name), declared.constr)
        parser.parse_punctuation(":")
        types = parser.parse_comma_separated_list(parser.Delimiter.PAREN, parser.parse_type)
        parser.parse_punctuation("->")
        results: Sequence[TypeAttribute] | None = parser.parse_optional_comma_separated_list(
            parser.Delimiter.PAREN, parser.parse_type
        )
        if results is None:
            results = [parser.parse_type()]
        if len(types) != len(unresolved):
            parser.raise_error(
                f"{len(unresolved)} operands but {len(types)} operand types", start, parser.pos
            )
        operands = parser.resolve_operands(unresolved, types, start)
        if definition.options:
            properties[SEGMENTS] = _segments(tuple(sizes))
        return cls.create(
            operands=operands, result_types=results, properties=properties, attributes=attributes
        )


class TensorOp(UniformOp):
    """Base class of all `arhat` operations: one shape rule serves building and verification.

    Those that only compute are `ArhatOp`; those that also read or write state are `StateOp`.
    """

    traits = traits_def(Canonicalizes())

    @abstractmethod
    def infer(self) -> list[Tensor]:
        """The shape rule: the result types that follow from the operands and properties.

        Raises `VerifyException` when operands and properties do not fit each other.
        """

    def verify_(self) -> None:
        """Checks the properties and that the result types are what the shape rule says."""
        expected = self.infer()
        for result, type in zip(self.results, expected, strict=True):
            if result.type is not type and result.type != type:
                raise VerifyException(f"result type must be {type} by the shape rule, got {result.type}")

    @classmethod
    def build_inferred(
        cls,
        operands: Sequence[OperandArg] = (),
        properties: Mapping[str, Property] | None = None,
        layers: Sequence[LayerAttr] = (),
    ) -> Self:
        """Makes the operation and infers its result types.

        `operands` has one entry per declared operand, None for an absent optional one, a sequence for a
        variadic one; trailing optional ones may be left out. Property values are attributes or plain
        Python values.

        Raises `VerifyException` when the shape rule refuses.
        """
        definition = cls.get_irdl_definition()
        properties = {} if properties is None else properties
        attributes: dict[str, Attribute] = {}
        for name, value in properties.items():
            if value is None:
                continue
            declared = definition.properties.get(name)
            if declared is None:
                raise VerifyException(f"property '{name}' is not defined by the operation '{cls.name}'")
            if not isinstance(value, Attribute):
                assert isinstance(declared.constr, _Kind), f"{cls.name} {name} needs an attribute"
                value = declared.constr.encode(value)
            attributes[name] = value
        values: list[SSAValue] = []
        sizes: list[int] = []
        for index in range(len(definition.operands)):
            operand = operands[index] if index < len(operands) else None
            before = len(values)
            if isinstance(operand, SSAValue | Operation):
                values.append(SSAValue.get(operand))
            elif operand is not None:
                values.extend(SSAValue.get(o) for o in operand)
            sizes.append(len(values) - before)
        if definition.options:
            attributes[SEGMENTS] = _segments(tuple(sizes))
        op = cls.create(operands=values, properties=attributes, attributes=layers_attributes(layers))
        op.results = SSAValues(OpResult(type, op, index) for index, type in enumerate(op.infer()))
        return op


class ArhatOp(TensorOp):
    """Base class of the `arhat` operations that only compute: pure, so that passes may fold, merge and drop them."""

    traits = traits_def(Pure())


@lru_cache(maxsize=1024)
def _text_order(operation: type[IRDLOperation]) -> tuple[str, ...]:
    """The properties in the order in which they are written: as declared, those of base classes first."""
    properties = operation.get_irdl_definition().properties
    declared = [name for cls in reversed(operation.__mro__) for name in vars(cls) if name in properties]
    return tuple(name for name in dict.fromkeys([*declared, *properties]) if name != SEGMENTS)


@lru_cache(maxsize=256)
def _segments(sizes: tuple[int, ...]) -> Attribute:
    return DenseArrayBase.from_list(IntegerType(32), sizes)


def _parse_operands(parser: Parser, definition: OpDef) -> tuple[list[UnresolvedOperand], list[int]]:
    names = [name for name, _ in definition.operands]
    positional = [i for i, (_, d) in enumerate(definition.operands) if not isinstance(d, OptOperandDef)]
    sizes = [0] * len(names)
    unresolved: list[UnresolvedOperand] = []
    next_positional = 0
    last = -1

    def parse_operand() -> None:
        nonlocal next_positional, last
        position = parser.pos
        name = parser.parse_optional_identifier()
        if name is not None:
            parser.parse_punctuation("=")
            index = names.index(name) if name in names else -1
            if index < 0 or index in positional:
                parser.raise_error(f"no optional operand is named '{name}'", position, parser.pos)
            if index <= last:
                parser.raise_error(f"operand '{name}' is repeated or out of order", position, parser.pos)
        else:
            if next_positional >= len(positional) or last > positional[next_positional]:
                parser.raise_error("too many operands", position, parser.pos)
            index = positional[next_positional]
            if not isinstance(definition.operands[index][1], VarOperandDef):
                next_positional += 1
        last = index
        sizes[index] += 1
        unresolved.append(parser.parse_unresolved_operand())

    parser.parse_comma_separated_list(parser.Delimiter.PAREN, parse_operand)
    return unresolved, sizes


def _from_text(attr: Attribute, kind: AttrConstraint[Attribute]) -> Attribute:
    """Bracketed lists are arrays of attributes to the parser; turns them into the dense arrays that are
    meant.
    """
    if isinstance(attr, ArrayAttr):
        values = [python_value(a) for a in cast(ArrayAttr[Attribute], attr)]
        if isinstance(kind, _IntsKind) and all(type(v) is int for v in values):
            return ints(values)
        if isinstance(kind, _FloatsKind) and all(type(v) in (int, float) for v in values):
            return floats(values)
    if isinstance(kind, _FloatKind) and isinstance(attr, IntegerAttr):
        value = python_value(cast(Attribute, attr))
        if type(value) is int:
            return FloatAttr(float(value), f64)
    return cast(Attribute, attr)


def _print_entry(printer: Printer, name: str, attr: Attribute) -> None:
    printer.print_string(name if _is_bare(name) else f'"{name}"')
    printer.print_string(" = ")
    if isinstance(attr, DenseArrayBase) and cast(Any, attr).elt_type in (i64, f64):
        values = python_value(cast(Attribute, attr))
        if all(isfinite(v) for v in values):
            text = [str(v) if isinstance(v, int) else float_text(v) for v in values]
            printer.print_string(f"[{', '.join(text)}]")
            return
    elif isinstance(attr, IntegerAttr) and cast(Any, attr).type == i64:
        printer.print_string(str(python_value(cast(Attribute, attr))))
        return
    elif isinstance(attr, FloatAttr) and cast(Any, attr).type == f64:
        value = python_value(cast(Attribute, attr))
        if isfinite(value):
            printer.print_string(float_text(value))
            return
    elif isinstance(attr, DenseIntOrFPElementsAttr) and _reads_back_wrong(cast(Attribute, attr)):
        printer.print_string(f'dense<"0x{cast(Any, attr).data.data.hex().upper()}"> : ')
        printer.print_attribute(cast(Any, attr).type)
        return
    printer.print_attribute(cast(Attribute, attr))


def _reads_back_wrong(attr: Attribute) -> bool:
    """Whether xDSL prints a float of these dense elements in hexadecimal, which its parser takes for an integer."""
    element = cast(Any, attr).type.element_type
    if not is_float(element):
        return False
    digits = 17 if isinstance(element, Float64Type) else 9
    return any(
        not isfinite(value) or (abs(value) >= 1e5 and "." not in f"{value:.{digits}g}")
        for value in cast(Any, attr).iter_values()
    )


def _is_bare(name: str) -> bool:
    return name.replace(".", "_").replace("$", "_").isidentifier()

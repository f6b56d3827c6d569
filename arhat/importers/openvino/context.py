"""What a converter works with: the layer's inputs, constants and attributes, and the place where operations go."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from xdsl.dialects.builtin import BFloat16Type, Float16Type, f32
from xdsl.ir import Block, Operation, OpResult, SSAValue
from xdsl.utils.exceptions import InterpretationError, VerifyException

from arhat.dialects.arhat.attributes import LayerAttr
from arhat.dialects.arhat.base import (
    ArhatOp,
    OperandArg,
    Property,
    Tensor,
    TensorOp,
    element_of,
    shape_of,
    type_of,
)
from arhat.dialects.arhat.constant import ConstantOp, ConvertOp
from arhat.errors import UserError, escape, quote
from arhat.importers.openvino.bounds import Bounds
from arhat.importers.openvino.container import MAX_RANK, Layer, Network, parse_integer, parse_integers
from arhat.layers import layers_of, set_layers
from arhat.weights import Array, WeightStore, byte_size, make_constant

MAX_CONSTANT_ELEMENTS = 1 << 20
"""Elements of a tensor that the importer evaluates to learn a shape or an axis; a real one has a handful."""

MAX_CONSTANT_BYTES = 1 << 28
"""Bytes of all such tensors together."""

MAX_LIST = 1 << 12
"""Values that an attribute may list; a real one has a few dozen."""

EVALUATED = tuple(
    f"arhat.dialects.arhat.{family}"
    for family in ("constant", "elementwise", "logic", "movement", "indexing", "reduction")
)
"""The families of operations that shapes and axes are computed with; the others may cost any time."""

MAX_DIMENSION = 1 << 48
"""Keeps sums and products of a few sizes within 64 bits also where a tensor is empty."""

_NUMBER = re.compile(
    r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?|[+-]?inf(inity)?", re.ASCII | re.IGNORECASE
)
_TRUE = {"true", "1"}
_FALSE = {"false", "0"}


def parse_number(text: str) -> float | None:
    """The value of a decimal number or an infinity, or None: stricter than `float()`, and NaN is none."""
    text = text.strip()
    return float(text) if len(text) <= 400 and _NUMBER.fullmatch(text) else None


MAX_UNROLLED = 1 << 15
"""Layers that the bodies of all loops may become; a real model has a few thousand."""


@dataclass
class Budget:
    """What one import has spent of its limits."""

    evaluated_bytes: int = 0
    unrolled: int = 0


@dataclass
class Context:
    """The state of one import, or of one body in it."""

    network: Network
    block: Block
    store: WeightStore
    memory_limit: int
    used: set[tuple[int, int]]
    """The outputs that something takes: id of the layer and position of the output."""
    values: dict[tuple[int, int], SSAValue] = field(default_factory=dict[tuple[int, int], SSAValue])
    """The value of each output: by id of the layer and position of the output."""
    raised: dict[SSAValue, SSAValue] = field(default_factory=dict[SSAValue, SSAValue])
    """For values of 16-bit float: the same in f32."""
    evaluated: dict[SSAValue, Array] = field(default_factory=dict[SSAValue, Array])
    budget: Budget = field(default_factory=Budget)
    variables: dict[str, Tensor] = field(default_factory=dict[str, Tensor])
    """The state variables that are read, with their types."""
    bounds: Bounds = field(default_factory=Bounds)
    """The sizes that depend on data."""
    assigned: list[tuple[str, Node, SSAValue]] = field(default_factory=list["tuple[str, Node, SSAValue]"])
    """What they are assigned at the end of the inference, and by which layers."""
    inside: str = ""
    """The name of the layer whose body this is."""
    iteration: int | None = None
    """Which iteration of a loop this is; None for what all iterations share."""

    def name_of(self, layer: Layer) -> str:
        """The name of a layer in provenance: `cell`, in the fourth iteration of a loop `loop/cell[3]`."""
        if not self.inside:
            return layer.name
        return f"{self.inside}/{layer.name}" + ("" if self.iteration is None else f"[{self.iteration}]")

    def body(self, node: Node, used: set[tuple[int, int]], iteration: int | None = None) -> Context:
        """The context of the body of the layer `node`, for one iteration of it; limits and constants are shared."""
        return replace(self, used=used, values={}, inside=self.name_of(node.layer), iteration=iteration)

    def spend(self, node: Node, layers: int) -> None:
        """Counts layers that a body becomes; refuses the model where they are too many."""
        self.budget.unrolled += layers
        if self.budget.unrolled > MAX_UNROLLED:
            raise node.error(
                f"its body becomes {layers} layers, and with those of all bodies there are more than the "
                f"{MAX_UNROLLED} that are supported; export the model with fewer iterations, or with a sequence "
                "operator in place of the loop"
            )

    def evaluate(self, value: SSAValue, node: Node, what: str) -> Array:
        """The value of a constant expression, by the NumPy meanings of the operations behind it; memoised."""
        from arhat.interpreters import evaluate_op  # costs start-up time that many models do not need

        memo = self.evaluated if self.bounds.known is None else self.bounds.known
        advice = "make it a constant in the original model"
        stack = [value]
        while stack:
            top = stack[-1]
            if top in memo:
                stack.pop()
                continue
            op = top.owner
            if not isinstance(op, Operation):
                raise node.error(
                    f"{what} depends on the values of the model's input, so it is not known when the model is "
                    f"compiled; {advice}"
                )
            if math.prod(shape_of(top)) > MAX_CONSTANT_ELEMENTS:
                raise node.error(
                    f"{what} is computed from a tensor of more than {MAX_CONSTANT_ELEMENTS} elements, which is "
                    f"more than the importer evaluates; {advice}"
                )
            if type(op).__module__ not in EVALUATED:
                raise node.error(
                    f"{what} is computed by {op.name}, which the importer does not evaluate; {advice}"
                )
            missing = [operand for operand in op.operands if operand not in memo]
            if missing:
                stack.extend(missing)
                continue
            if isinstance(op, ConstantOp):  # most are plain constants: no need to go through the interpreter
                self._remember(memo, top, self.store.value(op), node, what)
                stack.pop()
                continue
            # Hostile numbers may overflow or divide by zero on the way; what comes out is checked where it is used.
            try:
                with np.errstate(all="ignore"):
                    results = evaluate_op(op, [memo[operand] for operand in op.operands])
            except InterpretationError as error:
                raise node.error(
                    f"{what} cannot be computed: {escape(str(error))}; check the model"
                ) from None
            for result, array in zip(op.results, results, strict=True):
                self._remember(memo, result, array, node, what)
            stack.pop()
        return memo[value]

    def _remember(
        self, memo: dict[SSAValue, Array], value: SSAValue, array: Array, node: Node, what: str
    ) -> None:
        memo[value] = array
        self.budget.evaluated_bytes += array.nbytes
        if self.budget.evaluated_bytes > MAX_CONSTANT_BYTES:
            raise node.error(
                f"{what} and what else the importer has to evaluate takes more than {MAX_CONSTANT_BYTES} bytes; "
                "make them constants in the original model"
            )


@dataclass
class Node:
    """One layer during its conversion."""

    context: Context
    layer: Layer
    tag: LayerAttr

    # Errors.

    def error(self, message: str) -> UserError:
        """An error placed at this layer."""
        return self.context.network.error(
            f"{quote(self.layer.name)} ({escape(self.kind)}): {message}", self.layer
        )

    @property
    def kind(self) -> str:
        """Type and opset of the layer as OpenVINO writes them: `Convolution@opset1`."""
        return f"{self.layer.type}@{self.layer.opset}"

    # Inputs.

    @property
    def input_count(self) -> int:
        """How many inputs are connected."""
        return len(self.layer.sources)

    def expect_inputs(self, least: int, most: int | None = None) -> None:
        """Refuse the layer unless it has between `least` and `most` (or exactly `least`) inputs."""
        most = least if most is None else most
        if not least <= self.input_count <= most:
            needed = str(least) if least == most else f"{least} to {most}"
            raise self.error(
                f"has {self.input_count} inputs, but the operator takes {needed}; check the model"
            )

    def raw_input(self, index: int) -> SSAValue:
        """Input `index` in the element type that the file gives it."""
        source, place = self.layer.sources[index]
        value = self.context.values.get((source.id, place))
        if value is None:  # a Result: the outputs of all other layers have been checked
            raise self.error(
                f"input {index} comes from {quote(source.name)}, which has no outputs; check the model"
            )
        return value

    def input(self, index: int) -> SSAValue:
        """Input `index`; 16-bit floats are raised to f32, in which all float computation is done."""
        value = self.raw_input(index)
        if not isinstance(element_of(value), Float16Type | BFloat16Type):
            return value
        raised = self.context.raised.get(value)
        if raised is None:
            layers = layers_of(value.owner) if isinstance(value.owner, Operation) else ()
            source = self.layer.sources[index][0]
            layers = layers or (LayerAttr.get(source.name, source.line),)
            raised = self.build(ConvertOp, [value], {"to": f32}, layers=layers)
            self.context.raised[value] = raised
        return raised

    def inputs(self) -> list[SSAValue]:
        """All inputs, as `input` gives them."""
        return [self.input(index) for index in range(self.input_count)]

    def shape(self, index: int) -> tuple[int, ...]:
        """Shape of input `index`."""
        return shape_of(self.raw_input(index))

    def is_constant(self, index: int) -> bool:
        """Whether input `index` is computed from constants alone, by operations that the importer evaluates."""
        stack, seen = [self.raw_input(index)], set[SSAValue]()
        while stack:
            value = stack.pop()
            if value in seen or value in self.context.evaluated:
                continue
            seen.add(value)
            op = value.owner
            if not isinstance(op, Operation) or type(op).__module__ not in EVALUATED:
                return False
            stack.extend(op.operands)
        return True

    def constant(self, index: int, what: str) -> Array:
        """Input `index`, which must not depend on the model's inputs, evaluated."""
        return self.context.evaluate(self.raw_input(index), self, what)

    def constant_ints(self, index: int, what: str) -> list[int]:
        """Input `index` as a list of integers (a scalar gives a list of one)."""
        array = self.constant(index, what)
        if array.size > 1 << 16:
            raise self.error(f"{what} has {array.size} values; check the model")
        values = array.reshape(-1).tolist()
        result: list[int] = []
        for value in values:
            if not math.isfinite(value) or value != int(value) or not -(1 << 63) <= value < 1 << 63:
                raise self.error(f"{what} has the value {value}, but must be integers; check the model")
            result.append(int(value))
        return result

    def constant_axes(self, index: int, rank: int, what: str = "the list of axes") -> list[int]:
        """Input `index` as distinct axes of a tensor of `rank`; negative ones count from the end."""
        axes = [self.axis(axis, rank) for axis in self.constant_ints(index, what)]
        if len(set(axes)) != len(axes):
            raise self.error(f"{what} names an axis twice; check the model")
        return axes

    def axis(self, axis: int, rank: int) -> int:
        """`axis` of a tensor of `rank` as a number in [0, rank)."""
        if not -rank <= axis < rank:
            raise self.error(f"axis {axis} is out of range for a tensor of rank {rank}; check the model")
        return axis + rank if axis < 0 else axis

    # Attributes of the layer.

    def text(self, name: str) -> str | None:
        """The attribute as written, without surrounding blanks; None if it is missing or empty."""
        text = self.layer.attributes.get(name, "").strip()
        return text or None

    def _bad(self, name: str, expected: str) -> UserError:
        text = self.layer.attributes.get(name)
        if not text or text.isspace():
            return self.error(f"the attribute '{name}' is missing and has no default; export the model again")
        return self.error(f"{name}={quote(text)} is not {expected}; export the model again")

    def integer(self, name: str, default: int | None = None) -> int:
        """An integer attribute; without a default it is required."""
        text = self.text(name)
        value = default if text is None else parse_integer(text)
        if value is None:
            raise self._bad(name, "an integer of 64 bits")
        return value

    def integers(self, name: str, default: Sequence[int] | None = None) -> tuple[int, ...]:
        """A list of integers, `1,2` or `1, 2`."""
        text = self.text(name)
        value = default if text is None else parse_integers(text)
        if value is None or len(value) > MAX_LIST:
            raise self._bad(name, f"a list of at most {MAX_LIST} integers of 64 bits")
        return tuple(value)

    def number(self, name: str, default: float | None = None, *, infinite: bool = False) -> float:
        """A number attribute; finite unless it may be `infinite`."""
        text = self.text(name)
        value = default if text is None else parse_number(text)
        if value is None or not (infinite or math.isfinite(value)):
            raise self._bad(name, "a number" if infinite else "a finite number")
        return value

    def numbers(self, name: str, default: Sequence[float] | None = None) -> tuple[float, ...]:
        """A list of finite numbers."""
        text = self.text(name)
        if text is None:
            if default is None:
                raise self._bad(name, "a list of finite numbers")
            return tuple(default)
        values: list[float] = []
        for part in text.split(",", MAX_LIST):
            value = parse_number(part)
            if value is None or not math.isfinite(value):
                raise self._bad(name, "a list of finite numbers")
            values.append(value)
        return tuple(values)

    def boolean(self, name: str, default: bool | None = None) -> bool:
        """A boolean attribute: `true`, `True`, `1` and their opposites."""
        text = self.text(name)
        if text is None:
            if default is None:
                raise self._bad(name, "true or false")
            return default
        if text.lower() in _TRUE:
            return True
        if text.lower() in _FALSE:
            return False
        raise self._bad(name, "true or false")

    def choice(self, name: str, choices: Sequence[str], default: str | None = None) -> str:
        """An attribute that must be one of `choices`, in any case."""
        text = self.text(name)
        value = default if text is None else text.lower()
        if value is None or value not in choices:
            raise self._bad(name, f"one of {', '.join(choices)}")
        return value

    # Results.

    def build(
        self,
        op: type[TensorOp],
        operands: Sequence[OperandArg] = (),
        properties: Mapping[str, Property] | None = None,
        *,
        layers: Sequence[LayerAttr] | None = None,
    ) -> SSAValue:
        """Append an operation to the model and return its (first) result."""
        try:
            made = op.build_inferred(operands, properties, (self.tag,) if layers is None else layers)
        except VerifyException as error:
            raise self.error(f"{str(error).strip()}; check the model") from None
        for result in made.results:
            self.check_size(result)
        self.context.block.add_op(made)
        return made.results[0]

    def build_all(
        self,
        op: type[ArhatOp],
        operands: Sequence[OperandArg],
        properties: Mapping[str, Property] | None = None,
    ) -> Sequence[SSAValue]:
        """Append an operation with several results to the model and return them all."""
        first = self.build(op, operands, properties)
        assert isinstance(first, OpResult)
        return first.op.results

    def check_size(self, value: SSAValue) -> None:
        """Refuse a tensor that is larger than the memory limit."""
        type = type_of(value)
        self.check_bytes(byte_size(type), type.get_shape())

    def check_bytes(self, size: int, shape: Sequence[int]) -> None:
        """Refuse a tensor of `size` bytes that is larger than the memory limit."""
        if len(shape) > MAX_RANK:
            raise self.error(
                f"a tensor has rank {len(shape)}, but at most {MAX_RANK} is supported; check the shape"
            )
        limit = self.context.memory_limit
        if size > limit or any(dim > MAX_DIMENSION for dim in shape):
            dims = "x".join(map(str, shape))
            raise self.error(
                f"a tensor of shape {dims} takes {size} bytes, more than the limit of {limit} bytes; "
                "check the shape, or raise the memory limit"
            )

    def constant_value(self, array: Array) -> SSAValue:
        """A constant that the importer made, as an operation of this layer."""
        made = make_constant(self.context.store, array, self.layer.name, [self.tag])
        return self.place(made)

    def place(self, made: Operation) -> SSAValue:
        """Append an operation that has been made already and return its result."""
        self.check_size(made.results[0])
        self.context.block.add_op(made)
        return made.results[0]

    def is_used(self, output: int) -> bool:
        """Whether something takes output number `output` of the layer."""
        return (self.layer.id, output) in self.context.used

    def alias(self, value: SSAValue) -> SSAValue:
        """`value` as the output of this layer, which computes nothing; its name is kept on the producer."""
        if isinstance(value, OpResult):
            layers = [layer for layer in layers_of(value.op) if layer != self.tag]
            set_layers(value.op, [*layers, self.tag])
        return value

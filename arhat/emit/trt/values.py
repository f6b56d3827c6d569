"""How emitted code refers to the values of a network: by number; to weights: by where they lie in the file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import prod

from xdsl.dialects import func
from xdsl.ir import Attribute, Block, Operation, SSAValue

from arhat.dialects import trt
from arhat.dialects.arhat import ConstantOp
from arhat.dialects.kernel import tensor_of
from arhat.dialects.kernel.memory import AssignOp, ReadValueOp
from arhat.emit.cpu.values import element_type
from arhat.emit.trt.names import UniqueNames, layer_names, storable
from arhat.errors import UserError, quote
from arhat.layers import layers_of

DATA_TYPES = {
    "f32": "kFLOAT",
    "f16": "kHALF",
    "bf16": "kBF16",
    "i8": "kINT8",
    "u8": "kUINT8",
    "i32": "kINT32",
    "i64": "kINT64",
    "boolean": "kBOOL",
}
"""`nvinfer1::DataType` by the runtime's name of an element type."""


def data_type(element: Attribute) -> str:
    """An element type as TensorRT calls it."""
    return f"DataType::{DATA_TYPES[element_type(element).runtime]}"


def extents(numbers: tuple[int, ...]) -> str:
    """Extents for TensorRT."""
    return f"dims({{{', '.join(map(str, numbers))}}})"


@dataclass(frozen=True)
class Variable:
    """A state variable: what it is read as, its first value, and what it is after a run (None: the same)."""

    name: str
    read: SSAValue
    initial: SSAValue
    next: SSAValue | None


def weights_of(value: SSAValue) -> ConstantOp | None:
    """The constant of the model that a value is, directly or as a layer; None for what is computed."""
    op = value.owner
    if isinstance(op, trt.ConstantOp):
        op = op.weights.owner
    return op if isinstance(op, ConstantOp) else None


def initial_only(op: Operation) -> bool:
    """Whether an op is a constant that nothing but first values of variables need."""
    return isinstance(op, trt.ConstantOp) and all(
        isinstance(use.operation, ReadValueOp) for use in op.output.uses
    )


def layer_ops(block: Block) -> Iterator[Operation]:
    """The ops that become layers of the network, in order."""
    for op in block.ops:
        if not isinstance(op, ConstantOp | ReadValueOp | AssignOp | func.ReturnOp) and not initial_only(op):
            yield op


def variables_of(block: Block) -> list[Variable]:
    """The state of a program: what is read, in order. What is assigned and never read has no effect.

    Raises:
        UserError: a variable is read after it was assigned, or read twice.
    """
    reads: dict[str, ReadValueOp] = {}
    assigned: dict[str, SSAValue] = {}
    for op in block.ops:
        if isinstance(op, AssignOp):
            assigned[op.variable.data] = op.value
        elif isinstance(op, ReadValueOp):
            name = op.variable.data
            if name in assigned or name in reads:
                before = "assigned" if name in assigned else "read"
                layers = layers_of(op)
                raise UserError(
                    f"variable {quote(name)} is read after it was {before}, and an engine of TensorRT has its state "
                    "from the start of a run: read it once, first",
                    layer=layers[-1].layer_name if layers else None,
                )
            reads[name] = op
    return [Variable(name, op.output, op.init, assigned.get(name)) for name, op in reads.items()]


HEAVY = (trt.ConvolutionOp, trt.DeconvolutionOp, trt.MatrixMultiplyOp)
"""Layers of which one looks for the name in a profile."""


def own_names(ops: Sequence[Operation]) -> list[str]:
    """The source layer of each op: the last of those that it stands for.

    A convolution or product that is the begin of several layers, which other ops end, is the first one's.
    """
    names = [layers[-1].layer_name if (layers := layers_of(op)) else op.name for op in ops]
    last = {name: op for name, op in zip(names, ops, strict=True)}
    for index, op in enumerate(ops):
        if isinstance(op, HEAVY) and last[names[index]] is not op:
            names[index] = layers_of(op)[0].layer_name if layers_of(op) else op.name
    return names


@dataclass
class NetworkValues:
    """Resolves the values of one block: numbers, weights, names of layers.

    Numbers count the inputs, the variables as a run finds them, then the results of the layers in their order.
    """

    block: Block
    weights: dict[ConstantOp, int] = field(default_factory=dict[ConstantOp, int])
    """Byte offset of each constant in the data section of the weights file."""
    names: UniqueNames = field(default_factory=UniqueNames)
    """Of layers."""
    count: int = 0
    """Values that have a number."""
    _numbers: dict[SSAValue, int] = field(default_factory=dict[SSAValue, int])
    _layers: dict[Operation, str] = field(default_factory=dict[Operation, str])

    def __post_init__(self) -> None:
        ops = list(layer_ops(self.block))
        self.variables = variables_of(self.block)
        for value in (*self.block.args, *(variable.read for variable in self.variables)):
            self.take(value)
        self.fed = self.count
        for op in ops:
            for result in op.results:
                self.take(result)
        own = own_names(ops)
        named = layer_names([storable(name, op.name) for name, op in zip(own, ops, strict=True)], self.names)
        self._layers = dict(zip(ops, named, strict=True))

    def take(self, value: SSAValue | None) -> int:
        """The next number, for `value` or for a copy of one."""
        number = self.count
        if value is not None:
            self._numbers[value] = number
        self.count += 1
        return number

    def number(self, value: SSAValue) -> int:
        """The number of a value."""
        return self._numbers[value]

    def tensor(self, value: SSAValue) -> str:
        """Expression for the tensor of a value.

        Raises:
            UserError: the value is none of the network's.
        """
        if value not in self._numbers:
            raise UserError(
                f"the result of {quote(getattr(value.owner, 'name', 'a block'))} is no tensor of the network: "
                "put a trt.constant between"
            )
        return f"n[{self._numbers[value]}]"

    def layer_name(self, op: Operation) -> str:
        """The name of an op's layer."""
        return self._layers[op]

    def constant(self, op: ConstantOp) -> str:
        """Expression for the `Weights` of a constant."""
        type_ = tensor_of(op.result)
        return f"n.weights({data_type(type_.element_type)}, {self.weights[op]}, {prod(type_.get_shape())})"

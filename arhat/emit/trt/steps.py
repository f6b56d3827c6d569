"""The layers of a network one by one: what each is called, costs and is made with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import prod
from typing import cast

from xdsl.dialects import func
from xdsl.ir import Operation, SSAValue

from arhat.dialects import trt
from arhat.dialects.kernel import tensor_of
from arhat.emit.project import OpSpec
from arhat.emit.source import bytes_moved, c_string, comment, layer_string, output_names, wrap
from arhat.emit.trt.movement import MOVEMENT_PRINTERS
from arhat.emit.trt.names import storable
from arhat.emit.trt.printers import LAYER_PRINTERS, title
from arhat.emit.trt.values import NetworkValues, layer_ops, weights_of
from arhat.errors import UserError
from arhat.layers import layers_of
from arhat.passes.support import element_bytes

PRINTERS = LAYER_PRINTERS | MOVEMENT_PRINTERS
COPY = "identity"
"""What a layer is that only makes a tensor of its own of another."""


@dataclass(frozen=True)
class NetworkStep:
    """A layer: the number of its first result, what it is, its name, the source layers, statements, cost.

    `results` are the values that can be watched.
    """

    number: int
    title: str
    name: str
    layers: tuple[str, ...]
    shape: tuple[int, ...]
    lines: list[str]
    flops: float
    moved: float
    results: tuple[SSAValue, ...] = ()

    def function(self) -> Iterator[str]:
        """The function that adds the layer."""
        yield from comment(self.number, self.title, "->", self.shape, self.layers)
        yield f"void op_{self.number}(Network& n) {{"
        for line in self.lines:
            yield from wrap(line)
        yield "}"

    def row(self) -> str:
        """A `LayerInfo`."""
        return (
            f"{{{c_string(self.title)}, {c_string(self.name)}, {layer_string(self.layers)}, "
            f"{self.flops:.0f}.0, {self.moved:.0f}.0, op_{self.number}}}"
        )

    def spec(self) -> OpSpec:
        """A row of the manifest's table."""
        return OpSpec(self.title, self.layers, self.flops, self.moved)


def cost(op: Operation) -> tuple[float, float]:
    """Arithmetic operations of the op's definition and bytes read and written."""
    work = float(prod(tensor_of(op.results[0]).get_shape()))
    if isinstance(op, trt.ConvolutionOp):
        work *= 2.0 * prod(tensor_of(op.kernel).get_shape()[1:])
    elif isinstance(op, trt.DeconvolutionOp):
        work = 2.0 * prod(tensor_of(op.x).get_shape()) * prod(tensor_of(op.kernel).get_shape()[1:])
    elif isinstance(op, trt.MatrixMultiplyOp):
        a = tensor_of(op.a).get_shape()
        work *= 2.0 * (a[-2] if op.op_a.data == "transpose" else a[-1])
    elif isinstance(op, trt.ConstantOp):
        return 0.0, 0.0
    return work, bytes_moved(op)


def network_steps(values: NetworkValues) -> list[NetworkStep]:
    """Every op with its statements.

    Raises:
        UserError: an op has no printer, which means that the module was not lowered to the target.
    """
    steps: list[NetworkStep] = []
    for op in layer_ops(values.block):
        printer = PRINTERS.get(op.name)
        if printer is None:
            raise UserError(
                f"{op.name} cannot be emitted for the trt target: run the pipeline 'trt' on the module first"
            )
        flops, moved = cost(op)
        steps.append(
            NetworkStep(
                values.number(op.results[0]),
                title(op),
                values.layer_name(op),
                tuple(layer.layer_name for layer in layers_of(op)),
                tensor_of(op.results[0]).get_shape(),
                printer(op, values),
                flops,
                moved,
                () if isinstance(op, trt.ConstantOp) else tuple(op.results),
            )
        )
    return steps


@dataclass(frozen=True)
class Results:
    """Numbers of the values that are the model's outputs, of first values of variables, and of what variables become.

    None: the first value is a constant; the variable stays as it is.
    """

    outputs: list[int]
    initial: list[int | None]
    next: list[int | None]
    copies: list[NetworkStep]


def results_of(function: func.FuncOp, values: NetworkValues) -> Results:
    """What the network gives. TensorRT wants a tensor of its own for each, which is not an input: others are copied."""
    taken: set[SSAValue] = set()
    copies: list[NetworkStep] = []

    def own(value: SSAValue, wanted: str) -> int:
        tensor = values.tensor(value)
        if values.number(value) >= values.fed and value not in taken:
            taken.add(value)
            return values.number(value)
        type_ = tensor_of(value)
        size = prod(type_.get_shape()) * element_bytes(type_.element_type)
        number = values.take(None)
        name = values.names.take(storable(wanted, COPY))
        lines = [
            f"auto& layer = n.layer(n->addIdentity({tensor}), {c_string(name)});",
            f"n.set({number}, layer.getOutput(0));",
        ]
        copies.append(NetworkStep(number, COPY, name, (), type_.get_shape(), lines, 0.0, 2.0 * size))
        return number

    operands = cast(Operation, values.block.last_op).operands
    outputs = [
        own(value, f"output {name}") for value, name in zip(operands, output_names(function), strict=True)
    ]
    initial: list[int | None] = []
    following: list[int | None] = []
    for variable in values.variables:
        known = weights_of(variable.initial) is not None
        initial.append(None if known else own(variable.initial, f"first {variable.name}"))
        stays = variable.next is None or variable.next is variable.read
        following.append(None if stays else own(cast(SSAValue, variable.next), f"state {variable.name}"))
    return Results(outputs, initial, following, copies)


def plugins_used(ops: Iterable[Operation]) -> dict[str, list[str]]:
    """The plugins of a network by name, and the layers that need them, each in order of first use."""
    found: dict[str, list[str]] = {}
    for op in ops:
        if isinstance(op, trt.PluginOp):
            names = found.setdefault(op.plugin.data, [])
            names += [layer.layer_name for layer in layers_of(op)[-1:] if layer.layer_name not in names]
    return found

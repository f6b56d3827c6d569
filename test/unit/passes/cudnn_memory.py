"""Runs a planned function of the cudnn target on real memory, its streams interleaved at random."""

from __future__ import annotations

from random import Random

import numpy as np
from xdsl.dialects import func
from xdsl.dialects.builtin import ArrayAttr, ModuleOp
from xdsl.ir import Operation, SSAValue

from arhat.dialects.arhat import ConstantOp
from arhat.dialects.cudnn import STREAM, WAITS
from arhat.dialects.kernel import tensor_of
from arhat.dialects.kernel.memory import (
    ARENA_BYTES,
    BUFFERS,
    SCRATCH,
    BufferAttr,
    ViewOp,
    origin_of,
    physical_elements,
    strides_of,
)
from arhat.interpreters import Array, evaluate_op
from arhat.passes.schedule import numbers_of
from arhat.passes.support import entry_point
from arhat.weights import dtype_of


def stream(op: Operation) -> int:
    """The op's stream; 0 where nothing was scheduled."""
    return op.attributes[STREAM].value.data if STREAM in op.attributes else 0


def waits(op: Operation) -> list[int]:
    """The numbers of the ops that it waits for."""
    return [w.value.data for w in op.attributes[WAITS]] if WAITS in op.attributes else []


def an_order(function: func.FuncOp, seed: int) -> list[Operation]:
    """The ops in an order in which the streams may run them."""
    choices = Random(seed)
    numbers = numbers_of(function)
    queues: dict[int, list[Operation]] = {}
    for op in numbers:
        queues.setdefault(stream(op), []).append(op)
    done: set[int] = set()
    order: list[Operation] = []
    while any(queues.values()):
        ready = [q for q in queues.values() if q and done.issuperset(waits(q[0]))]
        assert ready, "the streams wait for each other"
        op = choices.choice(ready).pop(0)
        done.add(numbers[op])
        order.append(op)
    return order


class Memory:
    """The arena and the outputs; every operand is read where it was planned to lie."""

    def __init__(self, module: ModuleOp, inputs: list[Array]) -> None:
        self.function = entry_point(module)
        block = self.function.body.block
        self.arena = np.full(
            self.function.attributes[ARENA_BYTES].value.data, 0xFF, np.uint8
        )  # NaN in floats
        self.returned = list(block.last_op.operands)
        self.outputs = [np.full(self.bytes(v), 0xFF, np.uint8) for v in self.returned]
        self.known: dict[SSAValue, Array] = dict(zip(block.args, inputs, strict=True))

    @staticmethod
    def bytes(value: SSAValue) -> int:
        type_ = tensor_of(value)
        return physical_elements(type_) * dtype_of(type_.element_type).itemsize

    def view(self, value: SSAValue, op: Operation) -> Array:
        places = op.attributes[BUFFERS]
        assert isinstance(places, ArrayAttr)
        place = places.data[list(op.results).index(value)]
        assert isinstance(place, BufferAttr)
        memory = self.arena if place.space.data == "arena" else self.outputs[place.index.data]
        type_ = tensor_of(value)
        dtype = dtype_of(type_.element_type)
        start = place.offset.data + origin_of(type_) * dtype.itemsize
        strides = tuple(dtype.itemsize * s for s in strides_of(type_))
        return np.ndarray(type_.get_shape(), dtype, memory.data, start, strides)

    def read(self, value: SSAValue) -> Array:
        if value in self.known:
            return self.known[value]
        op = value.owner
        assert isinstance(op, Operation)
        if isinstance(op, ConstantOp | ViewOp):
            return evaluate_op(op, [self.read(v) for v in op.operands])[0]
        return self.view(value, op)

    def run(self, seed: int) -> list[Array]:
        """The results, the streams interleaved as `seed` says."""
        for op in an_order(self.function, seed):
            scratch = op.attributes.get(SCRATCH)
            if isinstance(scratch, BufferAttr):
                size = op.properties["scratch_bytes"].value.data
                self.arena[scratch.offset.data : scratch.offset.data + size] = 0xFF
            results = evaluate_op(op, [self.read(v) for v in op.operands])
            for value, result in zip(op.results, results, strict=True):
                self.view(value, op)[...] = result
        return [self.read(v).copy() for v in self.returned]

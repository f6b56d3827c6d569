"""When ops run, as `schedule` wrote it: on which stream, after which others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from xdsl.dialects import func
from xdsl.dialects.builtin import ArrayAttr, IntegerAttr
from xdsl.ir import Operation

from arhat.dialects.arhat import ConstantOp
from arhat.dialects.cudnn.graph import STREAM, WAITS
from arhat.dialects.kernel.memory import ConcatInPlaceOp, ViewOp

SILENT = ConstantOp | ViewOp | ConcatInPlaceOp | func.ReturnOp
"""Ops that do nothing when the program runs."""


def on_streams(ops: Iterable[Operation]) -> bool:
    """Whether ops have streams; if not, they run one after the other."""
    return any(STREAM in op.attributes for op in ops)


def stream_of(op: Operation) -> int:
    """The number of the op's stream, 0 unless it has one."""
    stream = op.attributes.get(STREAM)
    return stream.value.data if isinstance(stream, IntegerAttr) else 0


def waits_of(op: Operation) -> tuple[int, ...]:
    """Numbers of the ops on other streams that the op waits for; ops are counted without the silent ones."""
    waits = op.attributes.get(WAITS)
    if not isinstance(waits, ArrayAttr):
        return ()
    return tuple(wait.value.data for wait in cast("ArrayAttr[IntegerAttr]", waits))


def ended_before(ops: list[Operation]) -> list[int]:
    """For each op: a bit for each position in `ops` that has ended when it begins.

    On one stream those are all that come before; ops on streams follow the one before them on their own and those that
    they wait for, with all that these follow.
    """
    if not on_streams(ops):
        return [(1 << position) - 1 for position in range(len(ops))]
    ended: list[int] = []
    numbered: list[int] = []
    tails: dict[int, list[int]] = {}
    for position, op in enumerate(ops):
        before = 0
        if not isinstance(op, SILENT):
            stream, waits = stream_of(op), waits_of(op)
            for other in [*tails.get(stream, []), *(numbered[wait] for wait in waits)]:
                before |= ended[other] | 1 << other
            tails[stream] = [position]
            numbered.append(position)
        ended.append(before)
    return ended

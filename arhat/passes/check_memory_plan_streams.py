"""Which ops have ended when another begins, by clocks that count the ops on each stream."""

from __future__ import annotations

from xdsl.dialects import func
from xdsl.ir import Operation

from arhat.errors import UserError
from arhat.passes.plan_memory_streams import SILENT, stream_of, waits_of


class StreamOrder:
    """The order that streams and waits give to the ops of a block.

    An op's clock has, for each stream, the position of the last op there that has ended when it begins. It is that of
    the op before it on its stream, moved on by the clocks of the ops that it waits for.

    Raises:
        UserError: an op waits for one that does not come before it.
    """

    def __init__(self, ops: list[Operation]) -> None:
        self._position = {op: position for position, op in enumerate(ops)}
        self._clocks: dict[int, dict[int, int]] = {}
        numbered: list[int] = []
        tail: dict[int, int] = {}
        for position, op in enumerate(ops):
            if isinstance(op, SILENT):
                continue
            stream, waits = stream_of(op), waits_of(op)
            if any(not 0 <= wait < len(numbered) for wait in waits):
                raise UserError(f"schedule: {op.name} waits for an op that does not come before it")
            clock: dict[int, int] = {}
            for other in [*([tail[stream]] if stream in tail else []), *(numbered[wait] for wait in waits)]:
                ended = {**self._clocks[other], stream_of(ops[other]): other}
                for number, last in ended.items():
                    clock[number] = max(clock.get(number, -1), last)
            self._clocks[position] = clock
            tail[stream] = position
            numbered.append(position)

    def has_ended(self, op: Operation, position: int) -> bool:
        """Whether an op has ended when the one at `position` begins.

        Those that do nothing always have; the return, which is last, has all others behind it and ends before none.
        """
        if isinstance(op, func.ReturnOp):
            return False
        if op not in self._position or isinstance(op, SILENT) or position == len(self._position) - 1:
            return True
        return self._clocks[position].get(stream_of(op), -1) >= self._position[op]

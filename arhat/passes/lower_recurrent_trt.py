"""Part of convert-arhat-to-trt: recurrent networks, step by step as matrix products and element-wise layers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import cast

from xdsl.ir import Operation, SSAValue

from arhat.dialects import arhat, trt
from arhat.dialects.arhat.recurrent import RecurrentOp
from arhat.passes.lower_elementwise_trt import activate
from arhat.passes.lower_kernels import Lowered, Lowering
from arhat.passes.lower_products_trt import product
from arhat.passes.lower_steps_trt import Layers, shape_of
from arhat.passes.support import Unsupported

MOST_STEPS = 256
"""Longer sequences would make networks of many thousand layers."""


class _Sequence(Layers):
    """The steps of a recurrent op."""

    def __init__(self, op: RecurrentOp, states: int) -> None:
        super().__init__(op)
        x, w = op.operands[0], op.operands[1 + states]
        self.rows, self.length, self.inputs = shape_of(x)
        self.directions, self.width, _ = shape_of(w)
        self.hidden = self.width // op.GATES
        if self.length > MOST_STEPS:
            raise Unsupported(
                f"sequences of more than {MOST_STEPS} steps are not supported, this has {self.length}"
            )
        parameters = op.parameters()
        self.direction: str = parameters["direction"]
        self.functions = list(
            zip(parameters["activations"], parameters["alpha"], parameters["beta"], strict=True)
        )
        self.clip: float = parameters["clip"]
        self.lengths = cast("SSAValue | None", getattr(op, "lengths", None))
        if self.lengths is not None:
            self.lengths = self.binary("min", self.binary("max", self.lengths, 0), self.length)

    def state(self, value: SSAValue, direction: int) -> SSAValue:
        """The initial state of a direction, [N, H]."""
        return self.reshape(self.part(value, 1, direction), (self.rows, self.hidden))

    def times(self, a: SSAValue, b: SSAValue, bias: SSAValue | None = None) -> SSAValue:
        """`a` times the transpose of `b`."""
        y = product(self, a, b, transpose_b=True)
        return y if bias is None else self.binary("sum", y, bias)

    def split(self, value: SSAValue, count: int) -> list[SSAValue]:
        """The gates, [N, H] each, of [N, count * H]."""
        return [self.part(value, 1, i * self.hidden, self.hidden) for i in range(count)]

    def gate(self, which: int, x: SSAValue, clipped: bool = True) -> SSAValue:
        """One of the op's activations; with `clipped` of a value that is clamped first."""
        name, alpha, beta = self.functions[which]
        if clipped and self.clip > 0:
            x = activate(self, x, "clamp", -self.clip, self.clip)
        if name == "hard_sigmoid":
            return self.function("hard_sigmoid", x, alpha, beta)
        return activate(self, x, name)

    def turned(self, value: SSAValue, axis: int) -> SSAValue:
        """Each row's steps in reverse order, as many as the row has."""
        properties = {"batch_axis": 0, "sequence_axis": axis}
        return self.add(trt.ReverseSequenceOp.make([value, self.lengths], properties))

    def kept(self, new: SSAValue, old: SSAValue | None, step: int) -> SSAValue:
        """`new` in the rows that have such a step, in the others `old`, or zeros."""
        if self.lengths is None:
            return new
        there = self.binary("greater", self.reshape(self.lengths, (self.rows, 1)), step)
        return self.select(there, new, self.number(0, new) if old is None else old)

    def run(
        self, cell: Cell, x: SSAValue, initial: Sequence[SSAValue], weights: Sequence[SSAValue]
    ) -> Lowered:
        """All directions, step by step. `cell` gives the states after a step, the hidden state first."""
        w, r, b = weights
        gates = self.times(
            self.reshape(x, (self.rows * self.length, self.inputs)),
            self.reshape(w, (self.directions * self.width, self.inputs)),
            self.reshape(b, (1, self.directions * self.width)),
        )
        gates = self.reshape(gates, (self.rows, self.length, self.directions, self.width))
        hidden: list[SSAValue] = []
        last: list[list[SSAValue]] = []
        for d in range(self.directions):
            backward = self.direction == "reverse" or d == 1
            recurrent = self.reshape(self.part(r, 0, d), (self.width, self.hidden))
            inputs = self.part(gates, 2, d)
            if backward and self.lengths is not None:
                inputs = self.turned(inputs, 1)
            states = [self.state(value, d) for value in initial]
            outputs: list[SSAValue] = []
            for step in range(self.length):
                place = self.length - 1 - step if backward and self.lengths is None else step
                now = self.reshape(self.part(inputs, 1, place), (self.rows, self.width))
                made = cell(self, d, now, recurrent, states)
                output = self.kept(made[0], None, step)
                outputs.append(self.reshape(output, (self.rows, 1, 1, self.hidden)))
                states = [self.kept(new, old, step) for new, old in zip(made, states, strict=True)]
            if backward and self.lengths is None:
                outputs.reverse()
            y = self.concat(outputs, 2)
            hidden.append(self.turned(y, 2) if backward and self.lengths is not None else y)
            last.append([self.reshape(state, (self.rows, 1, self.hidden)) for state in states])
        return self.gives(
            self.concat(hidden, 1), *(self.concat(parts, 1) for parts in zip(*last, strict=True))
        )


Cell = Callable[["_Sequence", int, SSAValue, SSAValue, list[SSAValue]], list[SSAValue]]
"""One step: direction, gates of the input, recurrent weights, states before; gives the states after."""


def _lstm_cell(
    steps: _Sequence, direction: int, inputs: SSAValue, r: SSAValue, states: list[SSAValue]
) -> list[SSAValue]:
    h, c = states
    forget, update, candidate, output = steps.split(steps.binary("sum", inputs, steps.times(h, r)), 4)
    kept = steps.binary("prod", steps.gate(0, forget), c)
    added = steps.binary("prod", steps.gate(0, update), steps.gate(1, candidate))
    c = steps.binary("sum", kept, added)
    return [steps.binary("prod", steps.gate(0, output), steps.gate(2, c, clipped=False)), c]


def _lstm(op: Operation) -> Lowered:
    assert isinstance(op, arhat.LstmSequenceOp)
    return _Sequence(op, 2).run(_lstm_cell, op.x, [op.initial_h, op.initial_c], [op.w, op.r, op.b])


def _gru_cell(op: arhat.GruSequenceOp) -> Cell:
    def cell(
        steps: _Sequence, direction: int, inputs: SSAValue, r: SSAValue, states: list[SSAValue]
    ) -> list[SSAValue]:
        (h,) = states
        size = steps.hidden
        before = steps.times(h, steps.part(r, 0, 0, 2 * size))
        z, reset = steps.split(
            steps.gate(0, steps.binary("sum", steps.part(inputs, 1, 0, 2 * size), before)), 2
        )
        weights, candidate = steps.part(r, 0, 2 * size, size), steps.part(inputs, 1, 2 * size, size)
        if op.recurrent_bias is not None:
            bias = steps.reshape(steps.part(op.recurrent_bias, 0, direction), (1, size))
            added = steps.binary("prod", reset, steps.times(h, weights, bias))
        else:
            added = steps.times(steps.binary("prod", reset, h), weights)
        new = steps.gate(1, steps.binary("sum", candidate, added))
        rest = steps.binary("sub", steps.number(1, z), z)
        return [steps.binary("sum", steps.binary("prod", rest, new), steps.binary("prod", z, h))]

    return cell


def _gru(op: Operation) -> Lowered:
    assert isinstance(op, arhat.GruSequenceOp)
    return _Sequence(op, 1).run(_gru_cell(op), op.x, [op.initial_h], [op.w, op.r, op.b])


def _rnn_cell(
    steps: _Sequence, direction: int, inputs: SSAValue, r: SSAValue, states: list[SSAValue]
) -> list[SSAValue]:
    return [steps.gate(0, steps.binary("sum", inputs, steps.times(states[0], r)))]


def _rnn(op: Operation) -> Lowered:
    assert isinstance(op, arhat.RnnSequenceOp)
    return _Sequence(op, 1).run(_rnn_cell, op.x, [op.initial_h], [op.w, op.r, op.b])


RECURRENT_TRT_LOWERINGS: Mapping[str, Lowering] = {
    arhat.LstmSequenceOp.name: _lstm,
    arhat.GruSequenceOp.name: _gru,
    arhat.RnnSequenceOp.name: _rnn,
}
"""The lowerings of this file by name of the op."""

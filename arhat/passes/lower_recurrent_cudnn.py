"""Part of convert-arhat-to-cudnn: recurrent networks, step by step as matrix products and element-wise kernels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import cast

import numpy as np
from xdsl.dialects.builtin import Float32Type, IntegerAttr, NoneAttr, TensorType, i64
from xdsl.ir import Attribute, Operation, SSAValue

from arhat.dialects import arhat, cudnn, kernel
from arhat.dialects.arhat import ArhatOp
from arhat.dialects.arhat.base import Property
from arhat.dialects.arhat.recurrent import RecurrentOp
from arhat.dialects.kernel import tensor_of
from arhat.passes.fold_constants import Folder
from arhat.passes.form_elementwise import build_elementwise
from arhat.passes.lower_kernels import Lowered, Lowering
from arhat.passes.lower_nodes_cudnn import Nodes, math_of, shape_of
from arhat.passes.steps import Steps
from arhat.passes.support import Unsupported
from arhat.weights import dense, element_type_of, module_of

MOST_STEPS = 256
"""Longer sequences would make programs of many thousand kernels."""


class _Formula:
    """Element-wise `arhat` ops that become one kernel; they are not part of the module."""

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._ops: list[ArhatOp] = []

    def __call__(self, kind: type[ArhatOp], *operands: SSAValue, **properties: Property) -> SSAValue:
        """The result of one more op."""
        self._ops.append(kind.build_inferred(operands, properties))
        return self._ops[-1].results[0]

    def number(self, value: float | int) -> SSAValue:
        """A constant, f32 or i64."""
        array = np.asarray(value, np.float32 if isinstance(value, float) else np.int64)
        self._ops.append(
            arhat.ConstantOp.get(dense(array), arhat.tensor_type(element_type_of(array.dtype), ()))
        )
        return self._ops[-1].results[0]

    def kernel(self) -> SSAValue:
        """The result of the last op, from one kernel for all of them."""
        made = build_elementwise([op for op in self._ops if not isinstance(op, arhat.ConstantOp)])
        for op in reversed(self._ops):
            op.erase()
        return self._steps.add(made)


class _Sequence(Nodes):
    """The steps of a recurrent op."""

    def __init__(self, op: RecurrentOp, states: int) -> None:
        super().__init__(op)
        x, w = op.operands[0], op.operands[1 + states]
        self.rows, self.length, self.inputs = shape_of(x)
        self.directions, self.width, _ = shape_of(w)
        self.hidden = self.width // op.GATES
        if not isinstance(tensor_of(x).element_type, Float32Type):
            raise Unsupported(f"its elements must be f32, not {tensor_of(x).element_type}")
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

    def part(self, value: SSAValue, axis: int, start: int, size: int = 1) -> SSAValue:
        """`size` elements along an axis, from `start` on; of a constant a constant."""
        shape = shape_of(value)
        starts = [start if i == axis else 0 for i in range(len(shape))]
        sizes = [size if i == axis else n for i, n in enumerate(shape)]
        if tuple(sizes) != shape and isinstance(value.owner, arhat.ConstantOp):
            given = {"starts": starts, "sizes": sizes, "steps": [1] * len(shape)}
            return self.add(Folder(module_of(self.op)).make(arhat.SliceOp, [value.owner], **given))
        return self.slice(value, starts, sizes, [1] * len(shape))

    def state(self, value: SSAValue, direction: int) -> SSAValue:
        """The initial state of a direction, [N, H]."""
        return self.reshaped(self.part(value, 1, direction), (self.rows, self.hidden))

    def product(self, a: SSAValue, b: SSAValue, bias: SSAValue | None = None) -> SSAValue:
        """`a` times the transpose of `b`."""
        properties: dict[str, Property] = {
            "transpose_a": False,
            "transpose_b": True,
            "math": math_of(self.op),
        }
        type_ = TensorType(tensor_of(a).element_type, (shape_of(a)[0], shape_of(b)[0]), NoneAttr())
        return self.add(cudnn.CublasLtMatmulOp.make([a, b, bias], properties, type_))

    def split(self, value: SSAValue, count: int) -> list[SSAValue]:
        """The gates, [N, H] each, of [N, count * H]."""
        return [self.part(value, 1, i * self.hidden, self.hidden) for i in range(count)]

    def function(self, formula: _Formula, which: int, x: SSAValue, clipped: bool = True) -> SSAValue:
        """One of the op's activations; with `clipped` of a value that is clamped first."""
        name, alpha, beta = self.functions[which]
        if clipped and self.clip > 0:
            x = formula(arhat.ClampOp, x, min=-self.clip, max=self.clip)
        if name == "hard_sigmoid":
            line = formula(
                arhat.AddOp, formula(arhat.MultiplyOp, x, formula.number(alpha)), formula.number(beta)
            )
            return formula(arhat.ClampOp, line, min=0.0, max=1.0)
        return formula({"sigmoid": arhat.SigmoidOp, "tanh": arhat.TanhOp, "relu": arhat.ReluOp}[name], x)

    def turned(self, value: SSAValue, axis: int) -> SSAValue:
        """Each row's steps in reverse order, as many as the row has."""
        assert self.lengths is not None
        properties: dict[str, Attribute] = {
            "batch_axis": IntegerAttr(0, i64),
            "seq_axis": IntegerAttr(axis, i64),
        }
        return self.kernel(kernel.ReverseSequenceOp, [value, self.lengths], properties, shape_of(value))

    def kept(self, new: SSAValue, old: SSAValue | None, step: int) -> SSAValue:
        """`new` in the rows that have such a step, in the others `old`, or zeros."""
        if self.lengths is None:
            return new
        formula = _Formula(self)
        lengths = self.reshaped(self.lengths, (self.rows, 1))
        wide = formula(arhat.ConvertOp, lengths, to=i64)
        there = formula(arhat.GreaterOp, wide, formula.number(step))
        formula(arhat.SelectOp, there, new, formula.number(0.0) if old is None else old)
        return formula.kernel()

    def run(
        self, cell: Cell, x: SSAValue, initial: Sequence[SSAValue], weights: Sequence[SSAValue]
    ) -> Lowered:
        """All directions, step by step. `cell` gives the states after a step, the hidden state first."""
        w, r, b = weights
        gates = self.product(
            self.view(x, (self.rows * self.length, self.inputs)),
            self.reshaped(w, (self.directions * self.width, self.inputs)),
            self.reshaped(b, (self.directions * self.width,)),
        )
        gates = self.view(gates, (self.rows, self.length, self.directions, self.width))
        hidden: list[SSAValue] = []
        last: list[list[SSAValue]] = []
        for d in range(self.directions):
            backward = self.direction == "reverse" or d == 1
            recurrent = self.reshaped(self.part(r, 0, d), (self.width, self.hidden))
            inputs = self.part(gates, 2, d)
            if backward and self.lengths is not None:
                inputs = self.turned(inputs, 1)
            states = [self.state(value, d) for value in initial]
            outputs: list[SSAValue] = []
            for step in range(self.length):
                place = self.length - 1 - step if backward and self.lengths is None else step
                now = self.view(self.part(inputs, 1, place), (self.rows, self.width))
                made = cell(self, d, now, recurrent, states)
                output = self.kept(made[0], None, step)
                outputs.append(self.view(output, (self.rows, 1, 1, self.hidden)))
                states = [self.kept(new, old, step) for new, old in zip(made, states, strict=True)]
            if backward and self.lengths is None:
                outputs.reverse()
            y = self.concat(outputs, 2)
            hidden.append(self.turned(y, 2) if backward and self.lengths is not None else y)
            last.append([self.view(state, (self.rows, 1, self.hidden)) for state in states])
        results = [self.concat(hidden, 1), *(self.concat(parts, 1) for parts in zip(*last, strict=True))]
        return Lowered(self.ops, results)


Cell = Callable[["_Sequence", int, SSAValue, SSAValue, list[SSAValue]], list[SSAValue]]
"""One step: direction, gates of the input, recurrent weights, states before; gives the states after."""


def _lstm_cell(
    steps: _Sequence, direction: int, inputs: SSAValue, r: SSAValue, states: list[SSAValue]
) -> list[SSAValue]:
    h, c = states
    formula = _Formula(steps)
    formula(arhat.AddOp, inputs, steps.product(h, r))
    forget, update, candidate, output = steps.split(formula.kernel(), 4)
    formula = _Formula(steps)
    kept = formula(arhat.MultiplyOp, steps.function(formula, 0, forget), c)
    added = formula(
        arhat.MultiplyOp, steps.function(formula, 0, update), steps.function(formula, 1, candidate)
    )
    formula(arhat.AddOp, kept, added)
    c = formula.kernel()
    formula = _Formula(steps)
    gate, value = steps.function(formula, 0, output), steps.function(formula, 2, c, clipped=False)
    formula(arhat.MultiplyOp, gate, value)
    return [formula.kernel(), c]


def _lstm(op: Operation) -> Lowered:
    assert isinstance(op, arhat.LstmSequenceOp)
    return _Sequence(op, 2).run(_lstm_cell, op.x, [op.initial_h, op.initial_c], [op.w, op.r, op.b])


def _gru_cell(op: arhat.GruSequenceOp) -> Cell:
    def cell(
        steps: _Sequence, direction: int, inputs: SSAValue, r: SSAValue, states: list[SSAValue]
    ) -> list[SSAValue]:
        (h,) = states
        size = steps.hidden
        before = steps.product(h, steps.part(r, 0, 0, 2 * size))
        formula = _Formula(steps)
        total = formula(arhat.AddOp, steps.part(inputs, 1, 0, 2 * size), before)
        steps.function(formula, 0, total)
        z, reset = steps.split(formula.kernel(), 2)
        weights, candidate = steps.part(r, 0, 2 * size, size), steps.part(inputs, 1, 2 * size, size)
        formula = _Formula(steps)
        if op.recurrent_bias is not None:
            bias = steps.reshaped(steps.part(op.recurrent_bias, 0, direction), (size,))
            product = steps.product(h, weights, bias)
            product = formula(arhat.MultiplyOp, reset, product)
        else:
            formula(arhat.MultiplyOp, reset, h)
            product = steps.product(formula.kernel(), weights)
            formula = _Formula(steps)
        new = steps.function(formula, 1, formula(arhat.AddOp, candidate, product))
        rest = formula(arhat.SubtractOp, formula.number(1.0), z)
        formula(arhat.AddOp, formula(arhat.MultiplyOp, rest, new), formula(arhat.MultiplyOp, z, h))
        return [formula.kernel()]

    return cell


def _gru(op: Operation) -> Lowered:
    assert isinstance(op, arhat.GruSequenceOp)
    return _Sequence(op, 1).run(_gru_cell(op), op.x, [op.initial_h], [op.w, op.r, op.b])


def _rnn_cell(
    steps: _Sequence, direction: int, inputs: SSAValue, r: SSAValue, states: list[SSAValue]
) -> list[SSAValue]:
    formula = _Formula(steps)
    steps.function(formula, 0, formula(arhat.AddOp, inputs, steps.product(states[0], r)))
    return [formula.kernel()]


def _rnn(op: Operation) -> Lowered:
    assert isinstance(op, arhat.RnnSequenceOp)
    return _Sequence(op, 1).run(_rnn_cell, op.x, [op.initial_h], [op.w, op.r, op.b])


UNROLLED_LOWERINGS: Mapping[str, Lowering] = {
    arhat.LstmSequenceOp.name: _lstm,
    arhat.GruSequenceOp.name: _gru,
    arhat.RnnSequenceOp.name: _rnn,
}
"""The lowerings of this file by name of the op."""

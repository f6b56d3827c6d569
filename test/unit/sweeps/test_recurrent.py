"""Recurrent cells and sequences against OpenVINO."""

from __future__ import annotations

from typing import Any

import numpy as np
import openvino as ov
from hypothesis import strategies as st
from openvino.utils.node_factory import NodeFactory

from test.sweeps import Array, Case, Sweep, numbers, openvino_results, seeds

sweep = Sweep()

DIRECTIONS = ("forward", "reverse", "bidirectional")
SIZES = st.sampled_from([1, 2, 3, 5, 8, 16, 31, 32, 33, 64, 70])


def _functions(draw: st.DrawFn, default: list[str]) -> dict[str, Any]:
    """Activations with parameters, and a clamp."""
    if draw(st.booleans()):
        return {"activations": default}
    names = [draw(st.sampled_from(["sigmoid", "tanh", "relu"])) for _ in default]
    return {"activations": names, "clip": draw(st.sampled_from([0.0, 0.3, 2.0]))}


def _constant(*arrays: Array) -> list[Any]:
    return [ov.opset8.constant(a) for a in arrays]


def _make(opset: str, kind: str, inputs: list[Any], attributes: dict[str, Any]) -> Any:
    values = [i if isinstance(i, ov.Output) else i.output(0) for i in inputs]
    return NodeFactory(opset).create(kind, values, attributes)


def _cell(draw: st.DrawFn, kind: str, gates: int, default: list[str], states: int) -> Case:
    rows, inputs, hidden, seed = draw(st.sampled_from([1, 1, 2, 7])), draw(SIZES), draw(SIZES), draw(seeds)
    x = numbers(seed, rows, inputs)
    initial = [numbers(seed + 1 + i, rows, hidden) for i in range(states)]
    w = numbers(seed + 3, gates * hidden, inputs, low=-1, high=1)
    r = numbers(seed + 4, gates * hidden, hidden, low=-1, high=1)
    attributes = {"hidden_size": hidden, **_functions(draw, default)}
    biases = gates
    opset = "opset4"
    if kind == "GRUCell":
        attributes["linear_before_reset"] = linear = draw(st.booleans())
        biases += linear
        opset = "opset3"
    if kind == "RNNCell":
        opset = "opset1"
    b = numbers(seed + 5, biases * hidden, low=-1, high=1)
    return Case(
        lambda *v: _make(opset, kind, [*v, *_constant(w, r, b)], attributes),
        [x, *initial],
        note=f"{kind} {attributes}",
    )


@sweep.operator("LSTMCell")
@st.composite
def lstm_cell(draw: st.DrawFn) -> Case:
    """Opset4."""
    return _cell(draw, "LSTMCell", 4, ["sigmoid", "tanh", "tanh"], 2)


@sweep.operator("LSTMCell@opset1", examples=10, emitted=3)
@st.composite
def lstm_cell_1(draw: st.DrawFn) -> Case:
    """With its gates in any order; what is expected is the cell of opset4 on gates in the usual order."""
    rows, inputs, hidden, seed = draw(st.sampled_from([1, 2])), draw(SIZES), draw(SIZES), draw(seeds)
    order = draw(st.sampled_from(["fico", "icof", "ifco", "ifoc", "iofc"]))
    w = numbers(seed + 3, 4 * hidden, inputs, low=-1, high=1)
    r = numbers(seed + 4, 4 * hidden, hidden, low=-1, high=1)
    b = numbers(seed + 5, 4 * hidden, low=-1, high=1)
    places = ["fico".index(gate) for gate in order]

    def reordered(array: Array) -> Array:
        return np.concatenate([np.split(array, 4)[place] for place in places])

    def old(*v: Any) -> Any:
        weights = _constant(*(reordered(a) for a in (w, r, b)), np.zeros(3 * hidden, np.float32))
        return _make("opset1", "LSTMCell", [*v, *weights], {"hidden_size": hidden, "weights_format": order})

    def new(*v: Any) -> Any:
        return _make("opset4", "LSTMCell", [*v, *_constant(w, r, b)], {"hidden_size": hidden})

    arrays = [numbers(seed, rows, inputs), numbers(seed + 1, rows, hidden), numbers(seed + 2, rows, hidden)]
    return Case(old, arrays, expected=lambda *v: openvino_results(Case(new, v)), note=order)


@sweep.operator("GRUCell")
@st.composite
def gru_cell(draw: st.DrawFn) -> Case:
    """Opset3."""
    return _cell(draw, "GRUCell", 3, ["sigmoid", "tanh"], 1)


@sweep.operator("RNNCell")
@st.composite
def rnn_cell(draw: st.DrawFn) -> Case:
    """Opset1."""
    return _cell(draw, "RNNCell", 1, ["tanh"], 1)


@sweep.operator("RNNCell with HardSigmoid", examples=10, emitted=3)
@st.composite
def hard_sigmoid(draw: st.DrawFn) -> Case:
    """The function that OpenVINO's CPU plugin lacks, against its definition."""
    rows, inputs, hidden, seed = draw(st.sampled_from([1, 3])), draw(SIZES), draw(SIZES), draw(seeds)
    alpha, beta = draw(st.sampled_from([([], []), ([0.3], [0.25])]))
    x, h = numbers(seed, rows, inputs), numbers(seed + 1, rows, hidden)
    w, r = (
        numbers(seed + 2, hidden, inputs, low=-1, high=1),
        numbers(seed + 3, hidden, hidden, low=-1, high=1),
    )
    b = numbers(seed + 4, hidden)
    attributes = {"hidden_size": hidden, "activations": ["hardsigmoid"]}
    attributes |= {"activations_alpha": alpha, "activations_beta": beta} if alpha else {}

    def expected(x: Array, h: Array) -> list[Array]:
        slope, offset = (alpha[0], beta[0]) if alpha else (0.2, 0.5)
        total = x.astype(np.float64) @ w.T + h.astype(np.float64) @ r.T + b
        return [np.clip(slope * total + offset, 0, 1).astype(np.float32)]

    def build(*v: Any) -> Any:
        return _make("opset1", "RNNCell", [*v, *_constant(w, r, b)], attributes)

    return Case(build, [x, h], expected=expected, note=str(attributes))


def _sequence(draw: st.DrawFn, kind: str, gates: int, default: list[str], states: int) -> Case:
    rows, steps = draw(st.sampled_from([1, 1, 2, 5])), draw(st.sampled_from([1, 2, 3, 7, 20]))
    inputs, hidden, seed = draw(SIZES), draw(SIZES), draw(seeds)
    direction = draw(st.sampled_from(DIRECTIONS))
    directions = 2 if direction == "bidirectional" else 1
    x = numbers(seed, rows, steps, inputs)
    initial = [numbers(seed + 1 + i, rows, directions, hidden) for i in range(states)]
    w = numbers(seed + 3, directions, gates * hidden, inputs, low=-1, high=1) / np.float32(np.sqrt(inputs))
    r = numbers(seed + 4, directions, gates * hidden, hidden, low=-1, high=1) / np.float32(np.sqrt(hidden))
    attributes = {"hidden_size": hidden, "direction": direction, **_functions(draw, default)}
    biases = gates
    if kind == "GRUSequence":
        attributes["linear_before_reset"] = linear = draw(st.booleans())
        biases += linear
    b = numbers(seed + 5, directions, biases * hidden, low=-1, high=1)
    lengths = np.full(rows, steps, np.int64)
    which = draw(st.sampled_from(["full", "full", "shorter", "at run time"]))
    if which != "full":
        lengths = (
            np.random.default_rng(seed)
            .integers(1, steps + 1, rows)
            .astype(draw(st.sampled_from([np.int32, np.int64])))
        )
    fixed = draw(st.sampled_from([True, True, True, False]))

    def build(x: Any, *v: Any) -> Any:
        middle = list(v[:states])
        rest = list(v[states:])
        middle.append(rest.pop(0) if which == "at run time" else ov.opset8.constant(lengths))
        weights = _constant(w, r, b) if fixed else [*rest, ov.opset8.constant(b)]
        return _make("opset5", kind, [x, *middle, *weights], attributes)

    arrays = [x, *initial, *([lengths] if which == "at run time" else []), *([] if fixed else [w, r])]
    return Case(build, arrays, note=f"{kind} {attributes} lengths {lengths} {which}")


@sweep.operator("LSTMSequence", examples=40, emitted=12)
@st.composite
def lstm_sequence(draw: st.DrawFn) -> Case:
    """Opset5."""
    return _sequence(draw, "LSTMSequence", 4, ["sigmoid", "tanh", "tanh"], 2)


@sweep.operator("GRUSequence", examples=40, emitted=12)
@st.composite
def gru_sequence(draw: st.DrawFn) -> Case:
    """Opset5."""
    return _sequence(draw, "GRUSequence", 3, ["sigmoid", "tanh"], 1)


@sweep.operator("RNNSequence", examples=30, emitted=8)
@st.composite
def rnn_sequence(draw: st.DrawFn) -> Case:
    """Opset5."""
    return _sequence(draw, "RNNSequence", 1, ["tanh"], 1)


test_interpreter, test_emitted = sweep.tests()

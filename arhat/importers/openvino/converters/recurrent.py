"""Recurrent networks: cells, which become sequences of one step, and sequences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from xdsl.dialects.builtin import ArrayAttr, StringAttr
from xdsl.ir import SSAValue

from arhat.dialects.arhat import GruSequenceOp, LstmSequenceOp, RnnSequenceOp
from arhat.dialects.arhat.base import ArhatOp, Property, element_of, shape_of
from arhat.dialects.arhat.movement import ConcatOp, ReshapeOp, SliceOp
from arhat.errors import UserError, quote
from arhat.importers.openvino.context import Node
from arhat.importers.openvino.registry import converter
from arhat.weights import dtype_of

_FUNCTIONS = {"sigmoid": "sigmoid", "tanh": "tanh", "relu": "relu", "hardsigmoid": "hard_sigmoid"}
_DEFAULTS = {
    "sigmoid": (0.0, 0.0),
    "tanh": (0.0, 0.0),
    "relu": (0.0, 0.0),
    "hard_sigmoid": (0.2, 0.5),
}
_ORDERS = ("fico", "icof", "ifco", "ifoc", "iofc")
_DIRECTIONS = ("forward", "reverse", "bidirectional")


def _functions(node: Node, default: Sequence[str]) -> dict[str, Property]:
    """The activations with their parameters, and the clamp before them."""
    text = node.text("activations")
    names = [name.strip().lower() for name in text.split(",")] if text is not None else list(default)
    if len(names) != len(default) or any(name not in _FUNCTIONS for name in names):
        raise node.error(
            f"activations={quote(text or '')} is not a list of {len(default)} of {', '.join(_FUNCTIONS)}; "
            "other functions are not supported"
        )
    kinds = [_FUNCTIONS[name] for name in names]
    given = [node.numbers(f"activations_{which}", ()) for which in ("alpha", "beta")]
    clip = node.number("clip", 0.0, infinite=True)
    if clip < 0:
        raise node.error(f"clip={clip} must not be negative; check the model")
    properties: dict[str, Property] = {
        "activations": ArrayAttr([StringAttr(kind) for kind in kinds]),
        "clip": clip if np.isfinite(clip) else 0.0,
    }
    for place, (which, values) in enumerate(zip(("alpha", "beta"), given, strict=True)):
        properties[which] = [
            values[index] if index < len(values) else _DEFAULTS[kind][place]
            for index, kind in enumerate(kinds)
        ]
    return properties


def _hidden(node: Node, index: int) -> int:
    """The size of the hidden state, which attribute and recurrent weights state."""
    size = node.integer("hidden_size")
    shape = node.shape(index)
    if size < 1 or not shape or shape[-1] != size:
        raise node.error(
            f"hidden_size={size}, but the recurrent weights have shape {list(shape)}; check the model"
        )
    return size


def _reshape(node: Node, value: SSAValue, shape: Sequence[int]) -> SSAValue:
    return node.build(ReshapeOp, [value], {"shape": list(shape)})


def _expand(node: Node, value: SSAValue, axis: int, rank: int, what: str) -> SSAValue:
    """`value` of `rank` with an axis of size 1 put in."""
    shape = list(shape_of(value))
    if len(shape) != rank:
        raise node.error(f"{what} has shape {shape}, but must have rank {rank}; check the model")
    return _reshape(node, value, [*shape[:axis], 1, *shape[axis:]])


def _slice(node: Node, value: SSAValue, axis: int, start: int, size: int) -> SSAValue:
    shape = list(shape_of(value))
    starts, sizes = [0] * len(shape), shape
    starts[axis], sizes[axis] = start, size
    return node.build(SliceOp, [value], {"starts": starts, "sizes": sizes, "steps": [1] * len(shape)})


def _bias(node: Node, index: int, x: SSAValue, shape: Sequence[int]) -> SSAValue:
    """Input `index`, or zeros where it is left out."""
    if index < node.input_count:
        return node.input(index)
    return node.constant_value(np.zeros(shape, dtype_of(element_of(x))))


def _lengths(node: Node, index: int, steps: int) -> SSAValue | None:
    """How many steps of each row count; None where all do and that is known."""
    try:
        lengths = node.constant_ints(index, "the list of sequence lengths")
    except UserError:
        return node.input(index)
    if any(not 0 <= length <= steps for length in lengths):
        raise node.error(
            f"a sequence length of {lengths} is not between 0 and {steps} steps; check the model"
        )
    return None if all(length == steps for length in lengths) else node.input(index)


def _gates_in_order(node: Node, values: list[SSAValue], axis: int, hidden: int) -> list[SSAValue]:
    """Weights and bias with the gates in the order f, i, c, o, from that of `weights_format`."""
    order = node.choice("weights_format", _ORDERS, "fico")
    if order == "fico":
        return values
    made: list[SSAValue] = []
    for value in values:
        if len(shape_of(value)) <= axis or shape_of(value)[axis] != 4 * hidden:
            raise node.error(
                f"weights of shape {list(shape_of(value))} do not have four gates of {hidden}; check the model"
            )
        parts = [_slice(node, value, axis, order.index(gate) * hidden, hidden) for gate in "fico"]
        made.append(node.build(ConcatOp, [parts], {"axis": axis}))
    return made


def _old_lstm(node: Node, peepholes: int) -> None:
    """What opset1 has and later revisions dropped: nothing that computes is supported, as in OpenVINO."""
    if node.boolean("input_forget", False):
        raise node.error(
            "input_forget=true (coupled gates) is not supported; convert the model again with opset4"
        )
    if peepholes < node.input_count and np.any(node.constant(peepholes, "the list of peephole weights")):
        raise node.error(
            "peephole weights other than zero are not supported; convert the model again with opset4"
        )


def _build(
    node: Node, op: type[ArhatOp], operands: Sequence[SSAValue | None], properties: Mapping[str, Property]
) -> list[SSAValue]:
    return list(node.build_all(op, list(operands), dict(properties)))


# Cells ------------------------------------------------------------------------------------------------------


def _states(node: Node, values: Sequence[SSAValue]) -> list[SSAValue]:
    """Final states [N, 1, H] as a cell gives them."""
    return [_reshape(node, value, (shape_of(value)[0], shape_of(value)[2])) for value in values]


def _lstm_cell(node: Node, weights: Sequence[SSAValue]) -> list[SSAValue]:
    x, h, c = (_expand(node, node.input(i), 1, 2, what) for i, what in enumerate(("the input", "H", "C")))
    w, r, b = weights
    operands = [
        x,
        h,
        c,
        _expand(node, w, 0, 2, "W"),
        _expand(node, r, 0, 2, "R"),
        _expand(node, b, 0, 1, "B"),
    ]
    properties = _functions(node, ("sigmoid", "tanh", "tanh")) | {"direction": "forward"}
    return _states(node, _build(node, LstmSequenceOp, operands, properties)[1:])


@converter("LSTMCell", 1)
def lstm_cell_1(node: Node) -> Sequence[SSAValue]:
    """The gates of the weights may be in another order. Source: LSTMCell-1."""
    node.expect_inputs(5, 7)
    hidden = _hidden(node, 4)
    _old_lstm(node, 6)
    bias = _bias(node, 5, node.input(0), (4 * hidden,))
    return _lstm_cell(node, _gates_in_order(node, [node.input(3), node.input(4), bias], 0, hidden))


@converter("LSTMCell", 4)
def lstm_cell(node: Node) -> Sequence[SSAValue]:
    """One step. Source: LSTMCell-4."""
    node.expect_inputs(5, 6)
    hidden = _hidden(node, 4)
    bias = _bias(node, 5, node.input(0), (4 * hidden,))
    return _lstm_cell(node, [node.input(3), node.input(4), bias])


@converter("GRUCell", 3)
def gru_cell(node: Node) -> SSAValue:
    """One step. Source: GRUCell-3."""
    node.expect_inputs(4, 5)
    hidden = _hidden(node, 3)
    x, h = (_expand(node, node.input(i), 1, 2, what) for i, what in enumerate(("the input", "H")))
    w, r = (_expand(node, node.input(i), 0, 2, what) for i, what in ((2, "W"), (3, "R")))
    linear = node.boolean("linear_before_reset", False)
    bias = _expand(node, _bias(node, 4, x, ((4 if linear else 3) * hidden,)), 0, 1, "B")
    return _states(node, _gru(node, [x, h, w, r], bias, None, hidden, linear, "forward")[1:])[0]


@converter("RNNCell", 1)
def rnn_cell(node: Node) -> SSAValue:
    """One step. Source: RNNCell-1."""
    node.expect_inputs(4, 5)
    hidden = _hidden(node, 3)
    x, h = (_expand(node, node.input(i), 1, 2, what) for i, what in enumerate(("the input", "H")))
    w, r = (_expand(node, node.input(i), 0, 2, what) for i, what in ((2, "W"), (3, "R")))
    bias = _expand(node, _bias(node, 4, x, (hidden,)), 0, 1, "B")
    properties = _functions(node, ("tanh",)) | {"direction": "forward"}
    return _states(node, _build(node, RnnSequenceOp, [x, h, w, r, bias], properties)[1:])[0]


# Sequences --------------------------------------------------------------------------------------------------


def _sequence(node: Node, recurrent: int) -> tuple[int, int, int, str]:
    """Steps, directions and size of the hidden state, and the direction."""
    if len(node.shape(0)) != 3:
        raise node.error(f"the input has shape {list(node.shape(0))}, but must have rank 3; check the model")
    direction = node.choice("direction", _DIRECTIONS)
    return node.shape(0)[1], 2 if direction == "bidirectional" else 1, _hidden(node, recurrent), direction


@converter("LSTMSequence", 1)
def lstm_sequence_1(node: Node) -> Sequence[SSAValue]:
    """The gates of the weights may be in another order, and there are peephole weights. Source: LSTMSequence-1."""
    node.expect_inputs(7, 8)
    _old_lstm(node, 7)
    weights = [node.input(index) for index in (4, 5, 6)]
    return _lstm_sequence(node, _gates_in_order(node, weights, 1, _hidden(node, 5)))


@converter("LSTMSequence", 5)
def lstm_sequence(node: Node) -> Sequence[SSAValue]:
    """Source: LSTMSequence-5."""
    node.expect_inputs(7)
    return _lstm_sequence(node, [node.input(index) for index in (4, 5, 6)])


def _lstm_sequence(node: Node, weights: Sequence[SSAValue]) -> list[SSAValue]:
    steps, _, _, direction = _sequence(node, 5)
    operands = [*(node.input(index) for index in range(3)), *weights, _lengths(node, 3, steps)]
    properties = _functions(node, ("sigmoid", "tanh", "tanh")) | {"direction": direction}
    return _build(node, LstmSequenceOp, operands, properties)


@converter("GRUSequence", 5)
def gru_sequence(node: Node) -> Sequence[SSAValue]:
    """Source: GRUSequence-5."""
    node.expect_inputs(6)
    steps, _, hidden, direction = _sequence(node, 4)
    linear = node.boolean("linear_before_reset", False)
    operands = [node.input(i) for i in (0, 1, 3, 4)]
    return _gru(node, operands, node.input(5), _lengths(node, 2, steps), hidden, linear, direction)


def _gru(
    node: Node,
    operands: Sequence[SSAValue],
    bias: SSAValue,
    lengths: SSAValue | None,
    hidden: int,
    linear: bool,
    direction: str,
) -> list[SSAValue]:
    """With `linear_before_reset` the bias of the recurrent half of the candidate stands behind the others."""
    recurrent_bias = None
    if linear:
        shape = shape_of(bias)
        if len(shape) != 2 or shape[1] != 4 * hidden:
            raise node.error(
                f"B has shape {list(shape)}, but with linear_before_reset its last axis must be {4 * hidden}; "
                "check the model"
            )
        recurrent_bias = _slice(node, bias, 1, 3 * hidden, hidden)
        bias = _slice(node, bias, 1, 0, 3 * hidden)
    properties = _functions(node, ("sigmoid", "tanh")) | {
        "direction": direction,
        "linear_before_reset": linear,
    }
    return _build(node, GruSequenceOp, [*operands, bias, recurrent_bias, lengths], properties)


@converter("RNNSequence", 5)
def rnn_sequence(node: Node) -> Sequence[SSAValue]:
    """Source: RNNSequence-5."""
    node.expect_inputs(6)
    steps, _, _, direction = _sequence(node, 4)
    operands = [*(node.input(i) for i in (0, 1, 3, 4, 5)), _lengths(node, 2, steps)]
    properties = _functions(node, ("tanh",)) | {"direction": direction}
    return _build(node, RnnSequenceOp, operands, properties)

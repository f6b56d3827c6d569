"""Recurrent networks over a whole sequence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import numpy as np
from xdsl.dialects.builtin import ArrayAttr, StringAttr
from xdsl.ir import SSAValue

from arhat.dialects.arhat import GruSequenceOp, LstmSequenceOp, RnnSequenceOp, SliceOp, shape_of, tensor_type
from arhat.dialects.arhat.base import floats_of, ints_of
from arhat.dialects.arhat.recurrent import activation_names
from arhat.exporters.openvino.graph import LayerAttribute, Value, all_outputs
from arhat.exporters.openvino.node import Node
from arhat.exporters.openvino.registry import exporter


def _attributes(op: LstmSequenceOp | GruSequenceOp | RnnSequenceOp) -> dict[str, LayerAttribute]:
    names = [
        name.replace("_", "") for name in activation_names(cast("ArrayAttr[StringAttr]", op.activations))
    ]
    return {
        "direction": op.direction.data,
        "hidden_size": shape_of(op.r)[-1],
        "activations": ",".join(names),
        "activations_alpha": floats_of(op.alpha),
        "activations_beta": floats_of(op.beta),
        "clip": op.clip.value.data,
    }


def _lengths(node: Node, x: SSAValue, lengths: SSAValue | None) -> Value:
    """OpenVINO always takes lengths: without them all steps count."""
    if lengths is not None:
        return node.value(lengths)
    rows, steps, _ = shape_of(x)
    return node.constant(np.full(rows, steps, np.int32), "lengths")


@exporter(LstmSequenceOp)
def lstm_sequence(node: Node, op: LstmSequenceOp) -> Sequence[Value]:
    """LSTMSequence-5."""
    inputs = [
        *node.values([op.x, op.initial_h, op.initial_c]),
        _lengths(node, op.x, op.lengths),
        *node.values([op.w, op.r, op.b]),
    ]
    return all_outputs(node.add("LSTMSequence", 5, inputs, _attributes(op)))


def _whole_bias(op: GruSequenceOp) -> SSAValue | None:
    """What both biases are slices of, if they are its two parts."""
    if op.recurrent_bias is None:
        return None
    first, last = op.b.owner, op.recurrent_bias.owner
    if not isinstance(first, SliceOp) or not isinstance(last, SliceOp) or first.x is not last.x:
        return None
    (directions, gates), hidden = shape_of(op.b), shape_of(op.recurrent_bias)[1]
    parts = [(ints_of(part.starts), {*ints_of(part.steps)}) for part in (first, last)]
    if shape_of(first.x) != (directions, gates + hidden) or parts != [((0, 0), {1}), ((0, gates), {1})]:
        return None
    return first.x


@exporter(GruSequenceOp)
def gru_sequence(node: Node, op: GruSequenceOp) -> Sequence[Value]:
    """GRUSequence-5, whose bias ends with the recurrent one."""
    bias = node.value(op.b)
    whole = _whole_bias(op)
    if whole is not None:
        bias = node.value(whole)
    elif op.recurrent_bias is not None:
        more = node.value(op.recurrent_bias)
        shape = (bias.shape[0], bias.shape[1] + more.shape[1])
        joined = tensor_type(bias.type.element_type, shape)
        bias = node.add("Concat", 1, [bias, more], {"axis": 1}, joined, role="bias")
    inputs = [
        *node.values([op.x, op.initial_h]),
        _lengths(node, op.x, op.lengths),
        *node.values([op.w, op.r]),
        bias,
    ]
    attributes = _attributes(op) | {"linear_before_reset": bool(op.linear_before_reset.value.data)}
    return all_outputs(node.add("GRUSequence", 5, inputs, attributes))


@exporter(RnnSequenceOp)
def rnn_sequence(node: Node, op: RnnSequenceOp) -> Sequence[Value]:
    """RNNSequence-5."""
    inputs = [
        *node.values([op.x, op.initial_h]),
        _lengths(node, op.x, op.lengths),
        *node.values([op.w, op.r, op.b]),
    ]
    return all_outputs(node.add("RNNSequence", 5, inputs, _attributes(op)))

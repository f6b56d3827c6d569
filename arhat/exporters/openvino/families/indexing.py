"""Operations whose operands say where elements come from or go to; selection and decoding."""

from __future__ import annotations

from collections.abc import Sequence

from xdsl.dialects.builtin import i1

from arhat.dialects import arhat
from arhat.dialects.arhat import shape_of, tensor_type, type_of
from arhat.exporters.openvino.graph import Value, all_outputs
from arhat.exporters.openvino.node import Node
from arhat.exporters.openvino.registry import exporter
from arhat.weights import dtype_of


def _reduction(op: arhat.ScatterUpdateOp | arhat.ScatterElementsUpdateOp) -> str:
    """For booleans OpenVINO calls "or" (the maximum) the sum and "and" (the minimum) the product."""
    reduction = op.reduction.data
    if type_of(op.x).element_type == i1:
        return {"max": "sum", "min": "prod"}.get(reduction, reduction)
    return reduction


@exporter(arhat.ScatterUpdateOp)
def scatter_update(node: Node, op: arhat.ScatterUpdateOp) -> Value:
    """ScatterUpdate-3 for positions along one axis, else ScatterNDUpdate-4, or -15 where it reduces.

    Tuples of positions name slices of the first axes in OpenVINO: for others the axes are moved there and back.
    """
    axis, reduction = op.axis.value.data, _reduction(op)
    indices = shape_of(op.indices)
    if indices[-1] == 1 and reduction == "none" and (axis or isinstance(op.indices.owner, arhat.ReshapeOp)):
        positions = node.reshaped(op.indices, indices[:-1], "positions")
        inputs = [node.value(op.x), positions, node.value(op.updates), node.ints(axis, "axis")]
        return node.add("ScatterUpdate", 3, inputs)
    x, updates = node.value(op.x), node.value(op.updates)
    rank, depth, places = len(x.shape), indices[-1], len(indices) - 1
    named = list(range(axis, axis + depth))
    order = [*named, *(i for i in range(rank) if i not in named)]
    if axis:
        x = _transpose(node, x, order, "x")
        given = list(range(axis, axis + places))
        others = [i for i in range(len(updates.shape)) if i not in given]
        updates = _transpose(node, updates, [*given, *others], "updates")
    inputs = [x, node.value(op.indices), updates]
    opset, attributes = (4, {}) if reduction == "none" else (15, {"reduction": reduction})
    value = node.add("ScatterNDUpdate", opset, inputs, attributes, x.type)
    return _transpose(node, value, [order.index(i) for i in range(rank)], "result") if axis else value


def _transpose(node: Node, value: Value, order: Sequence[int], role: str) -> Value:
    type = tensor_type(value.type.element_type, tuple(value.shape[i] for i in order))
    return node.add("Transpose", 1, [value, node.ints(order, f"{role}_order")], {}, type, role=f"{role}_axes")


@exporter(arhat.ScatterElementsUpdateOp)
def scatter_elements_update(node: Node, op: arhat.ScatterElementsUpdateOp) -> Value:
    """ScatterElementsUpdate-3, or -12 where it reduces."""
    inputs = [*node.values([op.x, op.indices, op.updates]), node.ints(op.axis.value.data, "axis")]
    reduction = _reduction(op)
    if reduction == "none":
        return node.add("ScatterElementsUpdate", 3, inputs)
    attributes = {"reduction": reduction, "use_init_val": bool(op.use_init_val.value.data)}
    return node.add("ScatterElementsUpdate", 12, inputs, attributes)


@exporter(arhat.GatherElementsOp)
def gather_elements(node: Node, op: arhat.GatherElementsOp) -> Value:
    """GatherElements-6."""
    return node.add("GatherElements", 6, node.values(op.operands), op.parameters())


@exporter(arhat.GatherNdOp)
def gather_nd(node: Node, op: arhat.GatherNdOp) -> Value:
    """GatherND-8."""
    return node.add("GatherND", 8, node.values(op.operands), op.parameters())


@exporter(arhat.TopKOp)
def topk(node: Node, op: arhat.TopKOp) -> Sequence[Value]:
    """TopK-11, stable where it sorts by value: the first of equal elements comes first."""
    attributes = {
        "axis": op.axis.value.data,
        "mode": op.mode.data,
        "sort": op.sort.data,
        "index_element_type": op.index_type.data,
        "stable": op.sort.data == "value",
    }
    return all_outputs(node.add("TopK", 11, [node.value(op.x), node.ints(op.k.value.data, "k")], attributes))


@exporter(arhat.OneHotOp)
def one_hot(node: Node, op: arhat.OneHotOp) -> Value:
    """OneHot-1, or -16 where negative positions count from the end."""
    indices, on, off = node.values(op.operands)
    inputs = [indices, node.ints(op.depth.value.data, "depth"), on, off]
    if not op.normalize.value.data:
        return node.add("OneHot", 1, inputs, {"axis": op.axis.value.data})
    attributes = {"axis": op.axis.value.data, "negative_indices_mode": "normalize"}
    return node.add("OneHot", 16, inputs, attributes)


@exporter(arhat.BucketizeOp)
def bucketize(node: Node, op: arhat.BucketizeOp) -> Value:
    """Bucketize-3."""
    attributes = {
        "output_type": op.index_type.data,
        "with_right_bound": bool(op.right_bound.value.data),
    }
    return node.add("Bucketize", 3, node.values(op.operands), attributes)


@exporter(arhat.ReverseSequenceOp)
def reverse_sequence(node: Node, op: arhat.ReverseSequenceOp) -> Value:
    """ReverseSequence-1."""
    return node.add("ReverseSequence", 1, node.values(op.operands), op.parameters())


@exporter(arhat.CtcGreedyDecoderOp)
def ctc_greedy_decoder(node: Node, op: arhat.CtcGreedyDecoderOp) -> Value:
    """CTCGreedyDecoder-1."""
    attributes = {"ctc_merge_repeated": bool(op.merge_repeated.value.data)}
    return node.add("CTCGreedyDecoder", 1, node.values(op.operands), attributes)


@exporter(arhat.CtcGreedyDecoderSeqLenOp)
def ctc_greedy_decoder_seq_len(node: Node, op: arhat.CtcGreedyDecoderSeqLenOp) -> Sequence[Value]:
    """CTCGreedyDecoderSeqLen-6; the index of the blank has the element type of the lengths."""
    lengths = node.value(op.lengths)
    blank = node.constant(op.blank.value.data, "blank", dtype=dtype_of(lengths.type.element_type))
    attributes = {
        "merge_repeated": bool(op.merge_repeated.value.data),
        "classes_index_type": op.class_type.data,
        "sequence_length_type": op.length_type.data,
    }
    return all_outputs(node.add("CTCGreedyDecoderSeqLen", 6, [node.value(op.x), lengths, blank], attributes))

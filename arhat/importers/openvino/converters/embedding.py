"""Sums over bags of rows of a table, as gathers and sums."""

from __future__ import annotations

import numpy as np
from xdsl.ir import SSAValue

from arhat.dialects.arhat import elementwise, indexing, logic, movement, reduction
from arhat.dialects.arhat.base import element_of, is_integer, shape_of
from arhat.importers.openvino.context import MAX_CONSTANT_ELEMENTS, Node
from arhat.importers.openvino.registry import converter
from arhat.weights import dtype_of


def _rows(node: Node, weights_at: int) -> SSAValue:
    """The rows of the table that the indices name, times their weights where there are any."""
    if len(node.shape(0)) < 1:
        raise node.error("the table must have rows; check the model")
    table, indices = node.input(0), node.raw_input(1)
    rows = node.build(movement.GatherOp, [table, indices], {"axis": 0, "batch_dims": 0})
    if node.input_count <= weights_at:
        return rows
    weights, shape = node.input(weights_at), node.shape(weights_at)
    if shape != node.shape(1):
        raise node.error(
            f"weights {list(shape)} do not belong to indices {list(node.shape(1))}; check the model"
        )
    shape = (*shape, *[1] * (len(node.shape(0)) - 1))
    weights = node.build(movement.ReshapeOp, [weights], {"shape": shape})
    return node.build(elementwise.MultiplyOp, [rows, weights])


@converter("EmbeddingBagPackedSum", 3)
def packed_sum(node: Node) -> SSAValue:
    """Inputs: table, indices [bags, rows of each], weights. Source: EmbeddingBagPackedSum-3."""
    node.expect_inputs(2, 3)
    return _packed(node, "sum")


@converter("EmbeddingBagPacked", 15)
def packed(node: Node) -> SSAValue:
    """With a reduction. Source: EmbeddingBagPacked-15."""
    node.expect_inputs(2, 3)
    return _packed(node, node.choice("reduction", ("sum", "mean"), "sum"))


def _packed(node: Node, kind: str) -> SSAValue:
    if len(node.shape(1)) != 2:
        raise node.error(f"indices must be a matrix, got {list(node.shape(1))}; check the model")
    op = reduction.ReduceSumOp if kind == "sum" else reduction.ReduceMeanOp
    return node.build(op, [_rows(node, 2)], {"axes": [1], "keep_dims": False})


@converter("EmbeddingSegmentsSum", 3)
def segments_sum(node: Node) -> SSAValue:
    """Inputs: table, indices, segments, how many (constant), default index, weights. Source: EmbeddingSegmentsSum-3."""
    node.expect_inputs(4, 6)
    if len(node.shape(1)) != 1 or node.shape(2) != node.shape(1):
        raise node.error("takes a list of indices and one segment for each; check the model")
    count = node.constant_ints(3, "the number of segments")
    if len(count) != 1 or not 0 <= count[0] <= MAX_CONSTANT_ELEMENTS:
        raise node.error(f"the number of segments {count[:8]} is not supported; check the model")
    return _summed(node, node.raw_input(2), count[0], default_at=4, weights_at=5, kind="sum")


@converter("EmbeddingBagOffsetsSum", 3)
def offsets_sum(node: Node) -> SSAValue:
    """Inputs: table, indices, offsets, default index, weights. Source: EmbeddingBagOffsetsSum-3."""
    node.expect_inputs(3, 5)
    return _offsets(node, "sum")


@converter("EmbeddingBagOffsets", 15)
def offsets(node: Node) -> SSAValue:
    """With a reduction. Source: EmbeddingBagOffsets-15."""
    node.expect_inputs(3, 5)
    return _offsets(node, node.choice("reduction", ("sum", "mean"), "sum"))


def _offsets(node: Node, kind: str) -> SSAValue:
    """The bag of an index is the last one that starts at it or before it."""
    if len(node.shape(1)) != 1 or len(node.shape(2)) != 1:
        raise node.error("takes a list of indices and a list of offsets; check the model")
    starts = node.raw_input(2)
    element = element_of(starts)
    if not is_integer(element):
        raise node.error("offsets must be integers; check the model")
    places = node.constant_value(np.arange(node.shape(1)[0], dtype=dtype_of(element)))
    after = node.build(indexing.BucketizeOp, [places, starts], {"right_bound": False, "index_type": "i64"})
    return _summed(node, after, node.shape(2)[0], default_at=3, weights_at=4, kind=kind, first=1)


def _summed(
    node: Node, segments: SSAValue, count: int, *, default_at: int, weights_at: int, kind: str, first: int = 0
) -> SSAValue:
    """Sums or means of the rows of each segment; the default row, or zeros, where it has none.

    Segments are counted from `first`; rows of those before it are left out.
    """
    rows = _rows(node, weights_at)
    dtype = dtype_of(element_of(rows))
    tuples = node.build(movement.ReshapeOp, [segments], {"shape": (*shape_of(segments), 1)})

    def added(values: SSAValue) -> SSAValue:
        rest = shape_of(values)[1:]
        zero = node.constant_value(np.array(0, dtype))
        zeros = node.build(movement.BroadcastOp, [zero], {"shape": (first + count, *rest)})
        operands = [zeros, tuples, values]
        sums = node.build(indexing.ScatterUpdateOp, operands, {"axis": 0, "reduction": "sum"})
        part = {
            "starts": (first, *[0] * len(rest)),
            "sizes": (count, *rest),
            "steps": [1] * (1 + len(rest)),
        }
        return node.build(movement.SliceOp, [sums], part) if first else sums

    total = added(rows)
    default = node.constant_ints(default_at, "the default index") if node.input_count > default_at else [-1]
    if len(default) != 1:
        raise node.error("takes one default index; check the model")
    if default[0] < 0 and kind == "sum":
        return total
    one = node.constant_value(np.array(1, dtype))
    each = node.build(movement.BroadcastOp, [one], {"shape": shape_of(segments)})
    rank = len(shape_of(rows))
    counts = node.build(movement.ReshapeOp, [added(each)], {"shape": (count, *[1] * (rank - 1))})
    if kind == "mean":
        least = node.build(elementwise.MaximumOp, [counts, one])
        total = node.build(elementwise.DivideOp, [total, least], {"python_div": False})
    if default[0] < 0:
        return total
    index = node.constant_value(np.array(default, np.int64))
    row = node.build(movement.GatherOp, [node.input(0), index], {"axis": 0, "batch_dims": 0})
    empty = node.build(logic.EqualOp, [counts, node.constant_value(np.array(0, dtype))])
    return node.build(logic.SelectOp, [empty, row, total])

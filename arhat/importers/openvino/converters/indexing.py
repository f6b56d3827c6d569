"""Operators whose inputs say where elements come from or go to, selection, and decoding of sequences."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from xdsl.dialects.builtin import i1
from xdsl.ir import Operation, SSAValue

from arhat.dialects.arhat import indexing as ops
from arhat.dialects.arhat.base import element_of
from arhat.dialects.arhat.movement import ReshapeOp
from arhat.dialects.arhat.nms import NonZeroOp
from arhat.importers.openvino import bounds
from arhat.importers.openvino.context import Node
from arhat.importers.openvino.registry import converter


def _one_integer(node: Node, index: int, what: str) -> int:
    values = node.constant_ints(index, what)
    if len(values) != 1:
        raise node.error(f"{what} must be one integer, got {len(values)}; check the model")
    return values[0]


def _results(value: SSAValue) -> Sequence[SSAValue]:
    """All results of the operation that `value` is the first result of."""
    assert isinstance(value.owner, Operation)
    return value.owner.results


def _reduction(node: Node, value: SSAValue, choices: Sequence[str]) -> str:
    """The attribute `reduction`; for booleans the sum is "or" (the maximum) and the product "and" (the minimum)."""
    reduction = node.choice("reduction", choices, "none")
    if element_of(value) != i1:
        return reduction
    if reduction in ("sub", "mean"):
        raise node.error(f"reduction '{reduction}' has no meaning for booleans; check the model")
    return {"sum": "max", "prod": "min"}.get(reduction, reduction)


@converter("ScatterUpdate", 3)
def scatter_update(node: Node) -> SSAValue:
    """Indices become tuples of one position. The axis must be constant. Source: ScatterUpdate-3."""
    node.expect_inputs(4)
    axis = node.axis(_one_integer(node, 3, "the axis"), len(node.shape(0)))
    tuples = node.build(ReshapeOp, [node.raw_input(1)], {"shape": (*node.shape(1), 1)})
    return node.build(
        ops.ScatterUpdateOp, [node.input(0), tuples, node.input(2)], {"axis": axis, "reduction": "none"}
    )


@converter("ScatterNDUpdate", 4, 15)
def scatter_nd_update(node: Node) -> SSAValue:
    """Source: ScatterNDUpdate-4 and -15 (with reductions)."""
    node.expect_inputs(3)
    operands = [node.input(0), node.raw_input(1), node.input(2)]
    reduction = _reduction(node, operands[0], ("none", "sum", "sub", "prod", "min", "max"))
    return node.build(ops.ScatterUpdateOp, operands, {"axis": 0, "reduction": reduction})


@converter("ScatterElementsUpdate", 3, 12)
def scatter_elements_update(node: Node) -> SSAValue:
    """The axis must be constant. Source: ScatterElementsUpdate-3 and -12 (with reductions)."""
    node.expect_inputs(4)
    axis = node.axis(_one_integer(node, 3, "the axis"), len(node.shape(0)))
    operands = [node.input(0), node.raw_input(1), node.input(2)]
    reduction = _reduction(node, operands[0], ("none", "sum", "prod", "min", "max", "mean"))
    initial = node.boolean("use_init_val", True) or reduction == "none"
    return node.build(
        ops.ScatterElementsUpdateOp,
        operands,
        {"axis": axis, "reduction": reduction, "use_init_val": initial},
    )


@converter("GatherElements", 6)
def gather_elements(node: Node) -> SSAValue:
    """Source: GatherElements-6."""
    node.expect_inputs(2)
    axis = node.axis(node.integer("axis"), len(node.shape(0)))
    return node.build(ops.GatherElementsOp, [node.input(0), node.raw_input(1)], {"axis": axis})


def _gather_nd(node: Node) -> tuple[SSAValue, int]:
    node.expect_inputs(2)
    batch = node.integer("batch_dims", 0)
    return node.build(ops.GatherNdOp, [node.input(0), node.raw_input(1)], {"batch_dims": batch}), batch


@converter("GatherND", 5)
def gather_nd_5(node: Node) -> SSAValue:
    """The batch axes of the result become one. Source: GatherND-5."""
    value, batch = _gather_nd(node)
    if batch < 2:
        return value
    shape = (*node.shape(1)[:-1], *node.shape(0)[batch + node.shape(1)[-1] :])
    return node.build(ReshapeOp, [value], {"shape": (math.prod(shape[:batch]), *shape[batch:])})


@converter("GatherND", 8)
def gather_nd_8(node: Node) -> SSAValue:
    """Source: GatherND-8."""
    return _gather_nd(node)[0]


@converter("TopK", 1, 3, 11)
def topk(node: Node) -> Sequence[SSAValue]:
    """Values and positions; `k` must be constant.

    The order of the chosen elements is open where `sort` is `none`: they are sorted by value, as OpenVINO does. The
    first of equal elements comes first, which `stable` (revision 11) asks for and the others allow. Source: TopK-1,
    -3 and -11.
    """
    node.expect_inputs(2)
    axis = node.axis(node.integer("axis"), len(node.shape(0)))
    sort = node.choice("sort", ("none", "index", "value"))
    node.boolean("stable", False)
    value = node.build(
        ops.TopKOp,
        [node.input(0)],
        {
            "axis": axis,
            "k": _one_integer(node, 1, "k"),
            "mode": node.choice("mode", ("max", "min")),
            "sort": "index" if sort == "index" else "value",
            "index_type": node.choice("index_element_type", ("i32", "i64"), "i32"),
        },
    )
    return _results(value)


@converter("NonZero", 3)
def non_zero(node: Node) -> SSAValue:
    """The result's length depends on the input's values: known where they are constant. Source: NonZero-3."""
    node.expect_inputs(1)
    if not node.is_constant(0):
        index_type = node.choice("output_type", ("i32", "i64"), "i64")
        positions, count = node.build_all(NonZeroOp, [node.input(0)], {"index_type": index_type})
        bounds.bind(node, [positions], 1, count)
        return positions
    found = np.stack(np.nonzero(np.atleast_1d(node.constant(0, "the input"))))
    found = found if node.shape(0) else found[:0]
    to = np.int64 if node.choice("output_type", ("i32", "i64"), "i64") == "i64" else np.int32
    return node.constant_value(found.astype(to))


@converter("OneHot", 1, 16)
def one_hot(node: Node) -> SSAValue:
    """The depth must be constant. Source: OneHot-1 and -16 (`negative_indices_mode`)."""
    node.expect_inputs(4)
    axis = node.axis(node.integer("axis", -1), len(node.shape(0)) + 1)
    negative = node.choice("negative_indices_mode", ("ignore_negative", "normalize"), "ignore_negative")
    return node.build(
        ops.OneHotOp,
        [node.raw_input(0), node.input(2), node.input(3)],
        {"axis": axis, "depth": _one_integer(node, 1, "the depth"), "normalize": negative == "normalize"},
    )


@converter("Bucketize", 3)
def bucketize(node: Node) -> SSAValue:
    """Input and buckets must have one element type. Source: Bucketize-3."""
    node.expect_inputs(2)
    return node.build(
        ops.BucketizeOp,
        [node.input(0), node.input(1)],
        {
            "right_bound": node.boolean("with_right_bound", True),
            "index_type": node.choice("output_type", ("i32", "i64"), "i64"),
        },
    )


@converter("ReverseSequence", 1)
def reverse_sequence(node: Node) -> SSAValue:
    """Source: ReverseSequence-1."""
    node.expect_inputs(2)
    rank = len(node.shape(0))
    return node.build(
        ops.ReverseSequenceOp,
        [node.input(0), node.raw_input(1)],
        {
            "batch_axis": node.axis(node.integer("batch_axis", 0), rank),
            "seq_axis": node.axis(node.integer("seq_axis", 1), rank),
        },
    )


@converter("CTCGreedyDecoder", 1)
def ctc_greedy_decoder(node: Node) -> SSAValue:
    """Source: CTCGreedyDecoder-1."""
    node.expect_inputs(2)
    return node.build(
        ops.CtcGreedyDecoderOp,
        [node.input(0), node.input(1)],
        {"merge_repeated": node.boolean("ctc_merge_repeated", True)},
    )


@converter("CTCGreedyDecoderSeqLen", 6)
def ctc_greedy_decoder_seq_len(node: Node) -> Sequence[SSAValue]:
    """The blank, the last class unless given, must be constant. Source: CTCGreedyDecoderSeqLen-6."""
    node.expect_inputs(2, 3)
    shape = node.shape(0)
    if len(shape) != 3:
        raise node.error(f"the input must have rank 3, got {list(shape)}; check the model")
    value = node.build(
        ops.CtcGreedyDecoderSeqLenOp,
        [node.input(0), node.raw_input(1)],
        {
            "blank": _one_integer(node, 2, "the index of the blank")
            if node.input_count == 3
            else shape[2] - 1,
            "merge_repeated": node.boolean("merge_repeated", True),
            "class_type": node.choice("classes_index_type", ("i32", "i64"), "i32"),
            "length_type": node.choice("sequence_length_type", ("i32", "i64"), "i32"),
        },
    )
    return _results(value)

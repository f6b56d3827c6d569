"""Reductions and running sums."""

from __future__ import annotations

from xdsl.ir import SSAValue

from arhat.dialects.arhat import reduction as ops
from arhat.dialects.arhat.base import ArhatOp
from arhat.dialects.arhat.elementwise import AbsOp, MultiplyOp, SqrtOp
from arhat.importers.openvino.context import Node
from arhat.importers.openvino.registry import converter


def _reduce(node: Node, op: type[ArhatOp], x: SSAValue) -> SSAValue:
    node.expect_inputs(2)
    axes = sorted(node.constant_axes(1, len(node.shape(0))))
    return node.build(op, [x], {"axes": axes, "keep_dims": node.boolean("keep_dims", False)})


def _register(type: str, op: type[ArhatOp]) -> None:
    @converter(type, 1)
    def convert(node: Node) -> SSAValue:  # pyright: ignore[reportUnusedFunction]  # used by its registration
        node.expect_inputs(2)
        return _reduce(node, op, node.input(0))


for _type, _op in (
    ("ReduceMean", ops.ReduceMeanOp),
    ("ReduceSum", ops.ReduceSumOp),
    ("ReduceProd", ops.ReduceProdOp),
    ("ReduceMax", ops.ReduceMaxOp),
    ("ReduceMin", ops.ReduceMinOp),
    ("ReduceLogicalAnd", ops.ReduceLogicalAndOp),
    ("ReduceLogicalOr", ops.ReduceLogicalOrOp),
):
    _register(_type, _op)


@converter("ReduceL1", 4)
def reduce_l1(node: Node) -> SSAValue:
    """The sum of magnitudes. Source: ReduceL1-4."""
    node.expect_inputs(2)
    return _reduce(node, ops.ReduceSumOp, node.build(AbsOp, [node.input(0)]))


@converter("ReduceL2", 4)
def reduce_l2(node: Node) -> SSAValue:
    """The root of the sum of squares. Source: ReduceL2-4."""
    node.expect_inputs(2)
    x = node.input(0)
    return node.build(SqrtOp, [_reduce(node, ops.ReduceSumOp, node.build(MultiplyOp, [x, x]))])


@converter("CumSum", 3)
def cum_sum(node: Node) -> SSAValue:
    """The axis is a constant, 0 when left out. Source: CumSum-3."""
    node.expect_inputs(1, 2)
    axes = node.constant_ints(1, "the axis") if node.input_count == 2 else [0]
    if len(axes) != 1:
        raise node.error(f"the axis has {len(axes)} values, but must be one; check the model")
    return node.build(
        ops.CumSumOp,
        [node.input(0)],
        {
            "axis": node.axis(axes[0], len(node.shape(0))),
            "exclusive": node.boolean("exclusive", False),
            "reverse": node.boolean("reverse", False),
        },
    )

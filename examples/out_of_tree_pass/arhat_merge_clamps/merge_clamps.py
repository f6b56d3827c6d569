"""Pass `merge-clamps`."""

import math
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.passes import ModulePass
from xdsl.pattern_rewriter import (
    PatternRewriter,
    PatternRewriteWalker,
    RewritePattern,
    op_type_rewrite_pattern,
)

from arhat.dialects.arhat import ClampOp, ReluOp
from arhat.layers import merge_layers


@dataclass(frozen=True)
class MergeClampsPass(ModulePass):
    """Makes one clamp of two clamps in a row.

    With `relu`, an `arhat.relu` counts as a clamp between zero and infinity.
    """

    name = "merge-clamps"

    relu: bool = False

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Merges in every function of the module."""
        PatternRewriteWalker(_Merge(self.relu)).rewrite_module(op)


@dataclass
class _Merge(RewritePattern):
    relu: bool

    @op_type_rewrite_pattern
    def match_and_rewrite(self, op: ClampOp, rewriter: PatternRewriter) -> None:
        before = op.x.owner
        if isinstance(before, ClampOp):
            low, high = before.min.value.data, before.max.value.data
        elif isinstance(before, ReluOp) and self.relu:
            low, high = 0.0, math.inf
        else:
            return
        # min(max(min(max(x, a), b), c), d) is a clamp to what [c, d] leaves of [a, b].
        bounds = [min(max(bound, op.min.value.data), op.max.value.data) for bound in (low, high)]
        merged = ClampOp.build_inferred(
            operands=[before.x],
            properties={"min": bounds[0], "max": bounds[1]},
            layers=merge_layers([before, op]),  # the new op stands for the layers of both
        )
        rewriter.replace(op, merged)
        if not before.result.uses:
            rewriter.erase(before)

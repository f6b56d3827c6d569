"""What a canonicalization rule returns, how it is applied, and what rules ask about values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

from xdsl.dialects.builtin import DenseIntOrFPElementsAttr
from xdsl.ir import Operation, SSAValue
from xdsl.pattern_rewriter import PatternRewriter, RewritePattern

from arhat.dialects.arhat import ArhatOp, ConstantOp
from arhat.layers import layers_of, merge_layers, set_layers

OperationT = TypeVar("OperationT", bound=Operation)


@dataclass(frozen=True)
class Replacement:
    """What takes the place of an operation.

    `by` is a new operation or a value that is there already. `absorbed` are operations, in execution order, whose
    work `by` now does as well; it carries their layers in front of those of the operation that it replaces. `helpers`
    are new operations that `by` needs, in order, with their layers set.
    """

    by: ArhatOp | SSAValue
    absorbed: Sequence[Operation] = ()
    helpers: Sequence[Operation] = field(default=())


Rule = Callable[[Any], Replacement | None]


class RulesPattern(RewritePattern):
    """Applies the first of `rules` that has a replacement for an operation, and passes the layers on."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules

    def match_and_rewrite(self, op: Operation, rewriter: PatternRewriter, /) -> None:
        """Tries the rules in order."""
        for rule in self._rules:
            replacement = rule(op)
            if replacement is None:
                continue
            by = replacement.by
            if isinstance(by, SSAValue):
                _hand_over_layers(op, by)
                rewriter.replace(op, list(replacement.helpers), [by])
            else:
                set_layers(by, merge_layers([*replacement.absorbed, op]))
                rewriter.replace(op, [*replacement.helpers, by], by.results)
            return


def _hand_over_layers(op: Operation, value: SSAValue) -> None:
    """Gives the layers of `op`, whose result `value` is, to the op that makes `value`.

    An argument of the function has no such op: then the users of `op` get them, in front of their own.
    """
    if isinstance(value.owner, Operation):
        set_layers(value.owner, merge_layers([value.owner, op]))
        return
    for user in {use.operation: None for use in op.results[0].uses}:
        if isinstance(user, ArhatOp):
            set_layers(user, dict.fromkeys([*layers_of(op), *layers_of(user)]))


def made_by(value: SSAValue, kind: type[OperationT]) -> OperationT | None:
    """The operation that makes `value`, if it is of class `kind`."""
    owner = value.owner
    return owner if isinstance(owner, kind) else None


def absorbed(*ops: ArhatOp) -> tuple[ArhatOp, ...]:
    """Those of `ops` whose result has no other use than the one that is being rewritten: they go away with it."""
    return tuple(op for op in ops if op.results[0].has_one_use())


def is_constant(value: SSAValue) -> bool:
    """Whether an `arhat.constant` makes `value`."""
    return isinstance(value.owner, ConstantOp)


def uniform_value(value: SSAValue) -> float | None:
    """The one value of all elements of a written-out constant; None for anything else."""
    constant = made_by(value, ConstantOp)
    dense = None if constant is None else cast(Any, constant.value)
    if not isinstance(dense, DenseIntOrFPElementsAttr):
        return None
    values = cast(Sequence[float], cast(Any, dense).get_values())
    return float(values[0]) if len(values) and all(v == values[0] for v in values) else None

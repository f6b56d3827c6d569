"""Canonical forms of `arhat` operations, which xDSL's `canonicalize` pass applies.

A rule is a function that takes one operation and says what to put in its place, or None. Rules never read the weight
store: they look at written-out constants only. A rule may leave arithmetic on constants behind, for `fold-constants`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from xdsl.ir import Operation
from xdsl.pattern_rewriter import RewritePattern
from xdsl.traits import HasCanonicalizationPatternsTrait


@dataclass(frozen=True)
class Canonicalizes(HasCanonicalizationPatternsTrait):
    """The trait through which `canonicalize` finds the rules of an `arhat` operation; loads them when asked."""

    def get_patterns(self, op: type[Operation]) -> tuple[RewritePattern, ...]:
        """One pattern that tries the rules for operations of class `op` in order."""
        return _patterns(op)


@lru_cache(maxsize=1024)
def _patterns(op: type[Operation]) -> tuple[RewritePattern, ...]:
    from arhat.canonicalization import activation, arithmetic, movement
    from arhat.canonicalization.rule import RulesPattern

    rules = [rule for table in (movement, activation, arithmetic) for rule in table.RULES.get(op, ())]
    return (RulesPattern(tuple(rules)),)

"""Which converter serves which operator: by its type and the opset that introduced the revision of its meaning."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from xdsl.ir import SSAValue

if TYPE_CHECKING:
    from arhat.importers.openvino.context import Node

Converter = Callable[["Node"], SSAValue | Sequence[SSAValue]]
"""Builds the operations of one layer and returns its output values in order (one value: one output)."""

_MAX_OPSET = 16
_OPSET = re.compile(r"opset([0-9]{1,3})", re.ASCII)
_converters: dict[str, dict[int, Converter]] = {}
_types: dict[str, str] = {}


def converter(type: str, *revisions: int) -> Callable[[Converter], Converter]:
    """Register a function for operator `type` as introduced or revised by each opset in `revisions`.

    All revisions of a type up to opset 16 must be registered, so that a newer one is not taken for an older.
    """

    def register(function: Converter) -> Converter:
        table = _converters.setdefault(type.lower(), {})
        _types.setdefault(type.lower(), type)
        for revision in revisions:
            if revision in table:
                raise ValueError(f"{type}@opset{revision} has two converters")
            table[revision] = function
        return function

    return register


def lookup(type: str, opset: str) -> Converter | None:
    """The converter for a layer's `type` and `version`, or None.

    A file may name any opset that has the operator, for instance `Add@opset6`: the newest revision that is not newer
    counts. OpenVINO does not tell `SoftMax` from `Softmax`, nor do we.
    """
    table = _converters.get(type.lower())
    match = _OPSET.fullmatch(opset)
    if table is None or match is None or not 1 <= int(match[1]) <= _MAX_OPSET:
        return None
    revisions = sorted(table)
    place = bisect_right(revisions, int(match[1]))
    return table[revisions[place - 1]] if place else None


def catalog() -> dict[str, dict[int, Converter]]:
    """Every operator type, as the specification spells it, with its converter by opset, both in order."""
    return {_types[type]: dict(sorted(_converters[type].items())) for type in sorted(_converters)}


def registered() -> list[str]:
    """All `type@opsetN` that have a converter, types in lower case, sorted: for documentation and tests."""
    return sorted(f"{type}@opset{revision}" for type, table in _converters.items() for revision in table)

"""Which function writes which operation."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from xdsl.ir import Operation

if TYPE_CHECKING:
    from arhat.exporters.openvino.graph import Value
    from arhat.exporters.openvino.node import Node

_Op = TypeVar("_Op", bound=Operation)

Exporter = Callable[["Node", Any], "Value | Sequence[Value]"]
"""Adds the layers of one operation and returns its results in order (one value: one result)."""

_exporters: dict[str, Exporter] = {}


def exporter(
    *operations: type[_Op],
) -> Callable[
    [Callable[[Node, _Op], Value | Sequence[Value]]], Callable[[Node, _Op], Value | Sequence[Value]]
]:
    """Register a function for each of `operations`."""

    def register(
        function: Callable[[Node, _Op], Value | Sequence[Value]],
    ) -> Callable[[Node, _Op], Value | Sequence[Value]]:
        for operation in operations:
            if operation.name in _exporters:
                raise ValueError(f"{operation.name} has two exporters")
            _exporters[operation.name] = function
        return function

    return register


def lookup(name: str) -> Exporter | None:
    """The exporter of operation `name`, or None."""
    return _exporters.get(name)

"""The registry: every dialect, pass and target of Arhat, each made only when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import cast

from xdsl.ir import Dialect
from xdsl.universe import Universe


def _dialect(module: str, name: str) -> Callable[[], Dialect]:
    def load() -> Dialect:
        return cast(Dialect, getattr(import_module(module), name))

    return load


ARHAT_UNIVERSE = Universe(
    all_dialects={"arhat": _dialect("arhat.dialects.arhat", "Arhat")},
)

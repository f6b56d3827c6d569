"""Names in a network: of its layers and of the tensors that it is fed through. Models may call things as they like."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

LONGEST = 4000
"""Bytes of a name: TensorRT takes 4096 with the zero at the end, and a number may be added."""


def storable(name: str, fallback: str) -> str:
    """`name` as a C string can hold it: without zeros, of limited length; `fallback` where it is empty."""
    name = name.replace("\0", "\\0")
    encoded = name.encode("utf-8", "surrogatepass")
    if len(encoded) > LONGEST:
        name = encoded[:LONGEST].decode("utf-8", "ignore")
    return name or fallback


@dataclass
class UniqueNames:
    """Gives names out once each: who comes later gets a number, `name/2`."""

    used: set[str] = field(default_factory=set[str])
    _next: dict[str, int] = field(default_factory=dict[str, int])

    def take(self, name: str) -> str:
        """`name`, or the first of `name/2`, `name/3`, ... that is free."""
        return name if self._claim(name) else self.number(name)

    def number(self, name: str) -> str:
        """The first of `name/2`, `name/3`, ... that is free."""
        while True:
            count = self._next.get(name, 2)
            self._next[name] = count + 1
            candidate = f"{name}/{count}"
            if self._claim(candidate):
                return candidate

    def _claim(self, name: str) -> bool:
        free = name not in self.used
        self.used.add(name)
        return free


def layer_names(layers: Sequence[str], names: UniqueNames) -> list[str]:
    """A name for each op, of the layers that the ops end with: the last op of a layer has the layer's own name."""
    last = {layer: i for i, layer in enumerate(layers)}
    own = {layer: names.take(layer) for layer in last}
    return [own[layer] if last[layer] == i else names.number(layer) for i, layer in enumerate(layers)]


def port_names(wanted: Iterable[str], fallback: str, names: UniqueNames) -> list[str]:
    """Names of the tensors that a network takes or gives."""
    return [names.take(storable(name, fallback)) for name in wanted]

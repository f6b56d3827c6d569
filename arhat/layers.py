"""Layer provenance: which layers of the source model an operation stands for.

The discardable attribute `arhat.layers` holds an array of `#arhat.layer<"name", line>`, in execution
order. The last one is the layer whose output the operation computes; where several operations name the same layer last,
that is the last of them, and the others are steps on the way to it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from xdsl.dialects.builtin import ArrayAttr
from xdsl.ir import Attribute, Operation

from arhat.dialects.arhat.attributes import LAYERS, LayerAttr

__all__ = ["LAYERS", "LayerAttr", "layers_of", "merge_layers", "set_layers"]


def layers_of(op: Operation) -> tuple[LayerAttr, ...]:
    """The layers that `op` stands for, in execution order; empty when it has none."""
    attr = op.attributes.get(LAYERS)
    if not isinstance(attr, ArrayAttr):
        return ()
    return tuple(layer for layer in cast(ArrayAttr[Attribute], attr) if isinstance(layer, LayerAttr))


def set_layers(op: Operation, layers: Iterable[LayerAttr]) -> None:
    """Makes `layers` the layers of `op`; an empty iterable removes the attribute."""
    layers = tuple(layers)
    if layers:
        op.attributes[LAYERS] = ArrayAttr(layers)
    else:
        op.attributes.pop(LAYERS, None)


def merge_layers(ops: Iterable[Operation]) -> tuple[LayerAttr, ...]:
    """The union of the layers of `ops`, in the order of `ops`, each layer once (at its last place)."""
    merged: dict[LayerAttr, None] = {}
    for op in ops:
        for layer in layers_of(op):
            merged.pop(layer, None)
            merged[layer] = None
    return tuple(merged)

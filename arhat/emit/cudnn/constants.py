"""Weights as the program reads them: in the order of their layout."""

from __future__ import annotations

import numpy as np

from arhat.dialects.arhat import ConstantOp
from arhat.dialects.kernel import tensor_of
from arhat.dialects.kernel.memory import layout_of
from arhat.emit.cpu.values import element_type
from arhat.emit.weights_file import Entry
from arhat.weights import Array, constant_value


def physical_entry(name: str, constant: ConstantOp) -> Entry:
    """A constant as an entry of the weights file; with `#kernel.nhwc` a filter K, C, H, W is written as K, H, W, C."""
    type_ = tensor_of(constant.result)
    element = element_type(type_.element_type).runtime
    shape = type_.get_shape()
    layout = layout_of(type_)
    if layout is None:
        return Entry(name, element, shape, lambda: constant_value(constant))
    pixel = layout.pixel

    def read() -> Array:
        array = np.moveaxis(constant_value(constant), 1, -1)
        return np.pad(array, [(0, 0)] * 3 + [(0, pixel - shape[1])])

    return Entry(name, element, (shape[0], *shape[2:], pixel), read)

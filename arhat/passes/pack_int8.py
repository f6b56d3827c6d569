"""What `select-algorithms` does with operations on bytes: packed filters, vectors of whole panels."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from xdsl.dialects.builtin import StringAttr, i8
from xdsl.ir import SSAValue
from xdsl.rewriter import InsertPoint, Rewriter

from arhat.dialects.arhat import ConstantOp
from arhat.dialects.arhat.base import Tensor, shape_of, tensor_type, type_of
from arhat.dialects.cpu_int8 import INT8_OPS, DequantizeOp, Int8Op, QuantizedConvOp, QuantizeOp
from arhat.emit.cpu import packing_int8 as packing
from arhat.errors import UserError
from arhat.layers import layers_of, set_layers
from arhat.weights import Array, WeightStore

PANEL = packing.PANEL

__all__ = ["INT8_OPS", "pack_int8"]


def pack_int8(op: Int8Op, store: WeightStore) -> None:
    """Packs the constants of an operation on bytes; they become derived entries, nothing is computed."""
    shape = shape_of(op.output)
    channels = shape[1]
    panels = -(-channels // PANEL)
    algorithm = "int8"
    if isinstance(op, QuantizedConvOp):
        kh, kw = shape_of(op.filter)[2:]
        if op.groups.value.data > 1:
            algorithm = "int8_depthwise"
            packed, function = (kh, kw, panels * PANEL), packing.pack_depthwise
        else:
            fours = -(-shape_of(op.filter)[1] // packing.FOUR)
            packed, function = (panels, kh, kw, fours, PANEL, packing.FOUR), packing.pack_filter
        _replace(op, 1, _pack(op, op.filter, algorithm, tensor_type(i8, packed), function, store))
    padded = (panels * PANEL,)
    for i, value in enumerate(list(op.operands)):
        if len(shape_of(value)) != 1:
            continue
        always = isinstance(op, QuantizedConvOp) and value in (op.scale, op.bias, op.slope)
        if always or shape_of(value) != (1,):
            type_ = tensor_type(type_of(value).element_type, padded)
            function = partial(packing.pack_channels, channels=channels)
            _replace(op, i, _pack(op, value, "panels", type_, function, store))
    op.properties["algorithm"] = StringAttr(algorithm)


def _replace(op: Int8Op, index: int, value: SSAValue) -> None:
    op.operands[index] = value


def _pack(
    op: Int8Op, value: SSAValue, what: str, type_: Tensor, function: Callable[..., Array], store: WeightStore
) -> SSAValue:
    source: Any = value.owner
    layers = layers_of(op)
    name = layers[-1].layer_name if layers else op.name
    if not isinstance(source, ConstantOp):
        raise UserError(f"layer '{name}': the numbers it is quantised with are computed at run time")
    if type_of(value) == type_ and what == "panels":
        return value
    constant = ConstantOp.get(store.derive(f"{name}.{what}", type_, function, [source]), type_)
    set_layers(constant, layers_of(source))
    Rewriter.insert_op(constant, InsertPoint.after(source))
    return constant.result


def per_channel(op: Int8Op) -> bool:
    """Whether the numbers that the input or the result is quantised with belong to the channels."""
    vector = op.scale if isinstance(op, DequantizeOp) else op.multiplier
    return vector is not None and shape_of(vector) != (1,)


def quantizes(op: Int8Op) -> bool:
    """Whether the result is bytes."""
    return isinstance(op, QuantizeOp) or (not isinstance(op, DequantizeOp) and op.multiplier is not None)

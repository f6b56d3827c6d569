"""Constants, conversions of element types, and what is known from shapes alone."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from xdsl.dialects.builtin import BFloat16Type, Float16Type, f32
from xdsl.ir import Attribute, SSAValue

from arhat.dialects.arhat.attributes import WeightAttr
from arhat.dialects.arhat.base import Tensor, element_of, tensor_type
from arhat.dialects.arhat.constant import ConstantOp, ConvertOp
from arhat.importers.openvino.context import MAX_CONSTANT_ELEMENTS, Node
from arhat.importers.openvino.registry import converter
from arhat.importers.openvino.types import element_type
from arhat.weights import Array, byte_size, dense, dtype_of, is_small

SCOPE = "model"
"""The weight scope of the model's `.bin`."""


@converter("Const", 1)
def const(node: Node) -> SSAValue:
    """Small ones are written out, others stay in the `.bin` and are named by their offset."""
    node.expect_inputs(0)
    element = element_type(node, "element_type")
    shape = node.integers("shape", ())
    if any(dim < 0 for dim in shape):
        raise node.error(f"the shape {list(shape)} has a negative size; check the model")
    node.check_bytes(math.prod(shape), shape)
    type: Tensor = tensor_type(element, shape)
    offset, size = node.integer("offset"), node.integer("size")
    expected, available = byte_size(type), node.context.network.bin_size
    if size != expected and (expected or size != 1):  # OpenVINO writes one byte for an empty tensor
        raise node.error(
            f"size={size}, but shape and element type need {expected} bytes; export the model again"
        )
    if offset < 0 or offset + size > available:
        raise node.error(
            f"bytes {offset} to {offset + size} lie outside of the .bin of {available} bytes; "
            "it is truncated or belongs to another model"
        )
    if not expected:
        return node.place(
            ConstantOp.get(dense(np.empty(shape, dtype_of(element)), element), type, (node.tag,))
        )
    weight = WeightAttr.get(SCOPE, f"{node.layer.name}@{offset}")
    if not is_small(type):
        return node.place(ConstantOp.get(weight, type, (node.tag,)))
    array = node.context.store.get(weight, type)
    if array.dtype == np.bool_:
        array = array.view(np.uint8) != 0  # a byte other than 0 and 1 is not a bool to NumPy
    return node.place(ConstantOp.get(dense(array, element), type, (node.tag,)))


def _is_half(element: Attribute) -> bool:
    return isinstance(element, Float16Type | BFloat16Type)


def _convert(node: Node, to: Attribute) -> SSAValue:
    """16-bit floats are computed with in f32, so a conversion to one is a conversion to f32."""
    if _is_half(to):
        to = f32
    value = node.raw_input(0)
    if to == f32 and _is_half(element_of(value)):
        value = node.context.raised.get(value, value)
    if element_of(value) == to:
        return node.alias(value)
    result = node.build(ConvertOp, [value], {"to": to})
    if to == f32 and _is_half(element_of(value)):
        node.context.raised[value] = result
    return result


@converter("Convert", 1)
def convert(node: Node) -> SSAValue:
    """Source: Convert-1."""
    node.expect_inputs(1)
    return _convert(node, element_type(node, "destination_type"))


@converter("ConvertLike", 1)
def convert_like(node: Node) -> SSAValue:
    """To the element type of the second input. Source: ConvertLike-1."""
    node.expect_inputs(2)
    return _convert(node, element_of(node.raw_input(1)))


@converter("ShapeOf", 1, 3)
def shape_of(node: Node) -> SSAValue:
    """All shapes are static, so this is a constant. Source: ShapeOf-1 and -3."""
    node.expect_inputs(1)
    integer = {"i64": np.int64, "i32": np.int32}[node.choice("output_type", ("i64", "i32"), "i64")]
    return node.constant_value(np.asarray(node.shape(0), integer))


@converter("Range", 1, 4)
def range_(node: Node) -> SSAValue:
    """Start, stop and step must be constant. Source: Range-1 and -4."""
    node.expect_inputs(3)
    start, stop, step = (node.constant(i, "a bound or step of the range").reshape(-1) for i in range(3))
    if not start.size == stop.size == step.size == 1:
        raise node.error("start, stop and step must be scalars; check the model")
    values = [array.item() for array in (start, stop, step)]
    if not all(math.isfinite(value) for value in values) or values[2] == 0:
        raise node.error(f"the range {values} is not finite or has step 0; check the model")
    if (values[1] - values[0]) / values[2] > MAX_CONSTANT_ELEMENTS:
        raise node.error(
            f"the range {values} has more than {MAX_CONSTANT_ELEMENTS} elements; check the model"
        )
    to = element_type(node, "output_type") if node.text("output_type") else element_of(node.input(0))
    dtype = dtype_of(f32 if _is_half(to) else to)
    if dtype.kind == "b" or (dtype.kind in "iu" and any(not _fits(value, dtype) for value in values[:2])):
        raise node.error(f"the range {values} does not fit its element type {to}; check the model")
    array: Array = np.arange(*values, dtype=dtype)
    return node.constant_value(array)


def _fits(value: float, dtype: np.dtype[Any]) -> bool:
    limits = np.iinfo(dtype)
    return limits.min <= value <= limits.max


MAX_EYE_RANK = 16
"""Axes that an Eye may have with its batch; NumPy cannot tell many more apart."""


@converter("Eye", 9)
def eye(node: Node) -> SSAValue:
    """Sizes, diagonal and batch shape must be constant, and so is the result. Source: Eye-9."""
    node.expect_inputs(3, 4)
    sizes: list[int] = []
    for index in range(3):
        values = node.constant_ints(index, "a size or the diagonal")
        if len(values) != 1:
            raise node.error("takes one number of rows, columns and diagonal each; check the model")
        sizes += values
    batch = node.constant_ints(3, "the batch shape") if node.input_count == 4 else []
    rows, columns, diagonal = sizes
    shape = (*batch, rows, columns)
    if len(shape) > MAX_EYE_RANK or min(shape) < 0 or math.prod(shape) > MAX_CONSTANT_ELEMENTS:
        raise node.error(f"makes a tensor of shape {list(shape)}, which is not supported; check the model")
    to = element_type(node, "output_type")
    # A diagonal further away than this has no element.
    limit = max(rows, columns)
    array = np.eye(rows, columns, min(max(diagonal, -limit), limit), dtype_of(f32 if _is_half(to) else to))
    return node.constant_value(np.broadcast_to(array, shape).copy())

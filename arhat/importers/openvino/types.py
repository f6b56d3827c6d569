"""Element types of IR and of the dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xdsl.dialects.builtin import IntegerType, Signedness, bf16, f16, f32, f64, i1, i8, i16, i32, i64
from xdsl.ir import Attribute

from arhat.errors import quote

if TYPE_CHECKING:
    from arhat.importers.openvino.context import Node

ELEMENT_TYPES: dict[str, Attribute] = {
    "f64": f64,
    "f32": f32,
    "f16": f16,
    "bf16": bf16,
    "boolean": i1,
    "i64": i64,
    "i32": i32,
    "i16": i16,
    "i8": i8,
    "u64": IntegerType(64, Signedness.UNSIGNED),
    "u32": IntegerType(32, Signedness.UNSIGNED),
    "u16": IntegerType(16, Signedness.UNSIGNED),
    "u8": IntegerType(8, Signedness.UNSIGNED),
}
"""By the name that IR uses."""


def element_type(node: Node, attribute: str) -> Attribute:
    """The element type that an attribute of the layer names."""
    text = node.text(attribute)
    type = ELEMENT_TYPES.get((text or "").lower())
    if type is None:
        known = ", ".join(ELEMENT_TYPES)
        raise node.error(
            f"{attribute}={quote(text or '')} is not a supported element type; supported: {known}"
        )
    return type

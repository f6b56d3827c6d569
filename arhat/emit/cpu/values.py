"""How emitted code refers to values: pointers, image views, type names."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from xdsl.dialects.builtin import (
    BFloat16Type,
    Float16Type,
    Float32Type,
    Float64Type,
    Signedness,
)
from xdsl.ir import Attribute, Block, BlockArgument, OpResult, SSAValue

from arhat.dialects.arhat import ConstantOp
from arhat.dialects.kernel import is_integer, tensor_of
from arhat.dialects.kernel.memory import (
    BufferAttr,
    ConcatInPlaceOp,
    buffers_of,
    layout_of,
    origin_of,
    strides_of,
)
from arhat.errors import UserError
from arhat.passes.plan_memory import storage
from arhat.passes.support import element_bytes

VECTOR = 16
"""Floats in the widest vector; pixels are padded to whole ones."""


@dataclass(frozen=True)
class ElementType:
    """Names of an element type: in C++, in the runtime's `Type`, in safetensors, and NumPy's type."""

    cpp: str
    runtime: str
    safetensors: str
    numpy: np.dtype[np.generic]


_FLOATS: dict[type[Attribute], ElementType] = {
    Float32Type: ElementType("float", "f32", "F32", np.dtype(np.float32)),
    Float16Type: ElementType("half", "f16", "F16", np.dtype(np.float16)),
    BFloat16Type: ElementType("bfloat16", "bf16", "BF16", np.dtype(np.uint16)),
    Float64Type: ElementType("double", "f64", "F64", np.dtype(np.float64)),
}


def element_type(element: Attribute) -> ElementType:
    """The names of an element type.

    Raises:
        UserError: the element type has no counterpart in C++.
    """
    if is_integer(element):
        width = element.width.data
        unsigned = element.signedness.data == Signedness.UNSIGNED
        if width == 1:
            return ElementType("uint8_t", "boolean", "BOOL", np.dtype(np.bool_))
        if width in (8, 16, 32, 64):
            letter = "u" if unsigned else "i"
            return ElementType(
                f"{'u' if unsigned else ''}int{width}_t",
                f"{letter}{width}",
                f"{letter.upper()}{width}",
                np.dtype(f"{letter}{width // 8}"),
            )
    found = _FLOATS.get(type(element))
    if found is None:
        raise UserError(f"elements of type {element} cannot be emitted as C++")
    return found


def cpp_type(value: SSAValue) -> str:
    """The C++ type of a value's elements."""
    return element_type(tensor_of(value).element_type).cpp


def float_literal(value: float) -> str:
    """A `float` in C++, exactly."""
    single = np.float32(value)
    if np.isnan(single):
        return "NAN"
    if np.isinf(single):
        return "INFINITY" if single > 0 else "-INFINITY"
    text = np.format_float_scientific(single, trim="0") if abs(single) >= 1e7 else str(single)
    return f"{text}f" if "." in text or "e" in text else f"{text}.0f"


@dataclass
class Values:
    """Resolves the values of one block to expressions."""

    block: Block
    weights: dict[ConstantOp, int] = field(default_factory=dict[ConstantOp, int])
    """Byte offset of each constant in the data section of the weights file."""
    number: int = 0
    """Number of the op that is being printed."""
    functors: dict[str, str] | None = None
    """Where a kernel has to be a named type: the names of those printed so far, by their text. None: lambdas."""
    open_constants: dict[str, tuple[int, ...]] = field(default_factory=dict[str, tuple[int, ...]])
    """Which constants of a functor are its members, by its text."""
    _parts: set[SSAValue] = field(default_factory=set[SSAValue])

    def __post_init__(self) -> None:
        self._parts = {
            storage(part) for op in self.block.ops if isinstance(op, ConcatInPlaceOp) for part in op.inputs
        }

    def place(self, value: SSAValue) -> BufferAttr:
        """The planned buffer of an op's result."""
        root = storage(value)
        assert isinstance(root, OpResult)
        places = buffers_of(root.owner)
        if places is None:
            raise UserError(f"{root.owner.name} has no memory: run plan-memory before emitting")
        return places[root.index]

    def pointer(self, value: SSAValue) -> str:
        """Expression for the address of element 0."""
        root = storage(value)
        origin = origin_of(tensor_of(root)) * element_bytes(tensor_of(root).element_type)
        if isinstance(root, BlockArgument):
            return f"input<{cpp_type(value)}>(f, {root.index})"
        if isinstance(root.owner, ConstantOp):
            return f"weight<{cpp_type(value)}>(f, {self.weights[root.owner]})"
        place = self.place(root)
        if place.space.data == "output":
            where = f", {place.offset.data + origin}" if place.offset.data + origin else ""
            return f"output<{cpp_type(value)}>(f, {place.index.data}{where})"
        return f"arena<{cpp_type(value)}>(f, {place.offset.data + origin})"

    def optional(self, value: SSAValue | None) -> str:
        """A pointer, or null where there is no value."""
        return "nullptr" if value is None else self.pointer(value)

    def lanes(self, value: SSAValue) -> int:
        """Floats of each pixel that belong to an NHWC value (see `cpu/types.hpp`)."""
        type_ = tensor_of(value)
        channels = type_.get_shape()[1]
        layout = layout_of(type_)
        if layout is None or storage(value) in self._parts:
            return channels
        return min(layout.pixel, -(-channels // VECTOR) * VECTOR)

    def image(self, value: SSAValue) -> str:
        """Initialiser of an `Image`: address, distances between images, rows and pixels, lanes."""
        image, _, row, pixel = strides_of(tensor_of(value))
        return f"{{{self.pointer(value)}, {image}, {row}, {pixel}, {self.lanes(value)}}}"

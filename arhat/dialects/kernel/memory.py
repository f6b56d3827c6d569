"""Memory: how values lie in it, where, and the operations that move nothing or only copy. All targets share them.

Values stay logical: a tensor `1x64x56x56` means batch, channels, height, width at every stage. How its elements lie in
memory is the encoding of its type:

- no encoding: dense, row-major, in the order of the shape;
- `#kernel.nhwc<64, halo = [1, 1, 1, 1]>`: channels innermost with the given distance between pixels (in elements), and
  a border of zeros of `[top, left, bottom, right]` pixels around every image, so that a convolution reads its padding
  from memory instead of testing for it.

Where a value lies is an attribute of the op that makes it: `kernel.buffers = [#kernel.buffer<arena, 4096>]`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, cast

from xdsl.dialects.builtin import ArrayAttr, IntAttr, NoneAttr, StringAttr, TensorType
from xdsl.ir import Attribute, Operation, ParametrizedAttribute
from xdsl.irdl import (
    irdl_attr_definition,
    irdl_op_definition,
    operand_def,
    prop_def,
    result_def,
    traits_def,
    var_operand_def,
)
from xdsl.parser import AttrParser
from xdsl.printer import Printer
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from arhat.dialects.arhat.base import INT, UniformOp
from arhat.dialects.kernel.base import AnyTensor, tensor_of

BUFFERS = "kernel.buffers"
"""Attribute with one `#kernel.buffer` per result of an op."""
SCRATCH = "kernel.scratch"
"""Attribute with the `#kernel.buffer` of an op's scratch memory."""
ARENA_BYTES = "kernel.arena_bytes"
"""Attribute of the function: bytes of the one block of memory that holds all intermediate values."""
STATE = "kernel.state"
"""Attribute of `kernel.read_value` and `kernel.assign`: the `#kernel.buffer` of the variable."""
SECTION = "kernel.section"
"""Attribute of ops that may run at the same time as others of the same number: what one of them touches is kept to
the end of the section."""
STATE_BYTES = "kernel.state_bytes"
"""Attribute of the function: bytes of the memory of all state variables; missing where there are none."""


@irdl_attr_definition
class NhwcAttr(ParametrizedAttribute):
    """Layout of a batch of images: channels innermost.

    `channels`: distance between neighbouring pixels, in elements; at least the number of channels.
    `top`, `left`, `bottom`, `right`: physical border of zeros around each image, in pixels.
    """

    name = "kernel.nhwc"
    channels: IntAttr
    top: IntAttr
    left: IntAttr
    bottom: IntAttr
    right: IntAttr

    def __init__(self, channels: int, halo: Sequence[int] = (0, 0, 0, 0)):
        super().__init__(IntAttr(channels), *(IntAttr(h) for h in halo))

    @property
    def pixel(self) -> int:
        """Distance between neighbouring pixels in elements."""
        return self.channels.data

    @property
    def halo(self) -> tuple[int, int, int, int]:
        """Border as (top, left, bottom, right), in pixels."""
        return self.top.data, self.left.data, self.bottom.data, self.right.data

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        """Parse `<64>` or `<64, halo = [1, 1, 1, 1]>`."""
        with parser.in_angle_brackets():
            channels = parser.parse_integer(allow_boolean=False, allow_negative=False)
            halo = [0, 0, 0, 0]
            if parser.parse_optional_punctuation(","):
                parser.parse_keyword("halo")
                parser.parse_punctuation("=")
                halo = parser.parse_comma_separated_list(
                    parser.Delimiter.SQUARE,
                    lambda: parser.parse_integer(allow_boolean=False, allow_negative=False),
                )
                if len(halo) != 4:
                    parser.raise_error("halo is [top, left, bottom, right]")
        return [IntAttr(channels), *(IntAttr(h) for h in halo)]

    def print_parameters(self, printer: Printer) -> None:
        """Print what `parse_parameters` reads."""
        with printer.in_angle_brackets():
            printer.print_string(str(self.pixel))
            if any(self.halo):
                printer.print_string(f", halo = {list(self.halo)}")


@irdl_attr_definition
class BufferAttr(ParametrizedAttribute):
    """Where a value lies: a byte offset in the `arena`, in the caller's memory of an `output`, or in the `state`.

    Written `#kernel.buffer<arena, 4096>`, `#kernel.buffer<output 1, 0>` and `#kernel.buffer<state, 64>`. The state is
    memory that the program keeps from one run to the next and shares with nothing.
    """

    name = "kernel.buffer"
    space: StringAttr
    index: IntAttr
    offset: IntAttr

    SPACES: ClassVar = ("arena", "output", "state")

    def __init__(self, space: str, offset: int, index: int = 0):
        super().__init__(StringAttr(space), IntAttr(index), IntAttr(offset))

    def verify(self) -> None:
        """Check the space and the numbers."""
        if self.space.data not in self.SPACES or self.offset.data < 0 or self.index.data < 0:
            raise VerifyException(
                f"a buffer is in one of {', '.join(self.SPACES)}, at an offset of 0 or more"
            )

    @classmethod
    def parse_parameters(cls, parser: AttrParser) -> Sequence[Attribute]:
        """Parse `<arena, 4096>` or `<output 1, 0>`."""
        with parser.in_angle_brackets():
            space = parser.parse_identifier()
            index = parser.parse_optional_integer(allow_boolean=False, allow_negative=False) or 0
            parser.parse_punctuation(",")
            offset = parser.parse_integer(allow_boolean=False, allow_negative=False)
        return [StringAttr(space), IntAttr(index), IntAttr(offset)]

    def print_parameters(self, printer: Printer) -> None:
        """Print what `parse_parameters` reads."""
        index = f" {self.index.data}" if self.space.data == "output" else ""
        printer.print_string(f"<{self.space.data}{index}, {self.offset.data}>")


def buffers_of(op: Operation) -> Sequence[BufferAttr] | None:
    """The planned places of an op's results; None before `plan-memory`."""
    places = op.attributes.get(BUFFERS)
    return cast("ArrayAttr[BufferAttr]", places).data if isinstance(places, ArrayAttr) else None


def layout_of(type_: AnyTensor) -> NhwcAttr | None:
    """The NHWC layout of a type, or None where it is dense and row-major."""
    return type_.encoding if isinstance(type_.encoding, NhwcAttr) else None


def with_layout(type_: AnyTensor, layout: NhwcAttr | None) -> AnyTensor:
    """The same tensor in another layout."""
    return TensorType(type_.element_type, type_.get_shape(), layout if layout is not None else NoneAttr())


def strides_of(type_: AnyTensor) -> tuple[int, ...]:
    """Distance in elements between neighbours along each logical dimension."""
    shape = type_.get_shape()
    layout = layout_of(type_)
    if layout is None:
        strides = [1] * len(shape)
        for i in range(len(shape) - 2, -1, -1):
            strides[i] = strides[i + 1] * shape[i + 1]
        return tuple(strides)
    _, _, height, width = shape
    top, left, bottom, right = layout.halo
    row = (left + width + right) * layout.pixel
    return (top + height + bottom) * row, 1, row, layout.pixel


def origin_of(type_: AnyTensor) -> int:
    """Elements from the start of the value's memory to its element 0 (the halo comes first)."""
    layout = layout_of(type_)
    if layout is None:
        return 0
    strides = strides_of(type_)
    return layout.top.data * strides[2] + layout.left.data * strides[3]


def physical_elements(type_: AnyTensor) -> int:
    """Elements of memory that the value takes, halo and channel padding included."""
    shape = type_.get_shape()
    if layout_of(type_) is not None:
        return shape[0] * strides_of(type_)[0]
    total = 1
    for d in shape:
        total *= d
    return total


@irdl_op_definition
class ReorderOp(UniformOp):
    """The same values in another memory layout: a copy."""

    name = "kernel.reorder"
    input = operand_def(TensorType)
    output = result_def(TensorType)
    traits = traits_def(Pure())

    def verify_(self) -> None:
        """Check shapes and properties against each other."""
        x, y = tensor_of(self.input), tensor_of(self.output)
        if x.get_shape() != y.get_shape() or x.element_type != y.element_type:
            raise VerifyException("a reorder keeps shape and element type")


@irdl_op_definition
class ViewOp(UniformOp):
    """The same memory under another shape; nothing is copied.

    Between dense tensors it is a reshape. From `#kernel.nhwc` without halo and with dense pixels the elements are
    taken in memory order, so that `1x64x7x7` in NHWC becomes a dense `1x7x7x64`: the transposition costs nothing. The
    other direction likewise.
    """

    name = "kernel.view"
    input = operand_def(TensorType)
    output = result_def(TensorType)
    traits = traits_def(Pure())

    def verify_(self) -> None:
        """Check shapes and properties against each other."""
        for value in (self.input, self.output):
            type_ = tensor_of(value)
            layout = layout_of(type_)
            if layout is not None and (any(layout.halo) or layout.pixel != type_.get_shape()[1]):
                raise VerifyException("a view needs dense memory: no halo, no padding between pixels")
        x, y = tensor_of(self.input), tensor_of(self.output)
        if physical_elements(x) != physical_elements(y) or x.element_type != y.element_type:
            raise VerifyException("a view keeps the number and the type of the elements")


@irdl_op_definition
class ConcatInPlaceOp(UniformOp):
    """A concatenation whose operands were written straight into their places in the result's memory.

    `axis` counts logical dimensions. With NHWC and axis 1 each operand has the pixel stride of the result.
    """

    name = "kernel.concat_in_place"
    inputs = var_operand_def(TensorType)
    axis = prop_def(INT)
    output = result_def(TensorType)
    traits = traits_def(Pure())

    def verify_(self) -> None:
        """Check shapes and properties against each other."""
        y = tensor_of(self.output)
        axis = self.axis.value.data
        total = sum(tensor_of(v).get_shape()[axis] for v in self.inputs)
        if total != y.get_shape()[axis]:
            raise VerifyException(
                f"the parts have {total} along axis {axis}, the result {y.get_shape()[axis]}"
            )
        for v in self.inputs:
            if layout_of(tensor_of(v)) != layout_of(y):
                raise VerifyException("the parts have the layout of the result")


class StateOp(UniformOp):
    """Common part of the ops on state: `variable`, whose memory is the attribute `kernel.state` after `plan-memory`."""

    variable = prop_def(StringAttr)


@irdl_op_definition
class ReadValueOp(StateOp):
    """A copy of a state variable's value; in the first run after a reset, `init`, which the variable keeps as well."""

    name = "kernel.read_value"
    init = operand_def(TensorType)
    output = result_def(TensorType)

    def verify_(self) -> None:
        """The result is like the initial value."""
        if self.init.type != self.output.type:
            raise VerifyException("the result has the type of the initial value")


@irdl_op_definition
class AssignOp(StateOp):
    """Copies a value into the memory of a state variable, for the next run to read."""

    name = "kernel.assign"
    value = operand_def(TensorType)

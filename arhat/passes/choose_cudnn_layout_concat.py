"""Concatenations whose parts are written straight into their places."""

from __future__ import annotations

from math import prod

from xdsl.dialects import func
from xdsl.dialects.builtin import IntegerAttr, i64
from xdsl.ir import Operation, SSAValue
from xdsl.rewriter import InsertPoint, Rewriter

from arhat.dialects import cudnn, kernel
from arhat.dialects.arhat import ConstantOp
from arhat.dialects.kernel import AnyTensor, tensor_of
from arhat.dialects.kernel.memory import (
    ConcatInPlaceOp,
    NhwcAttr,
    ReorderOp,
    ViewOp,
    layout_of,
    strides_of,
    with_layout,
)
from arhat.layers import layers_of, set_layers
from arhat.passes.choose_cudnn_layout_cost import is_movable
from arhat.passes.plan_memory import storage
from arhat.passes.support import element_bytes

PART_ALIGNMENT = 16
"""Bytes to which cuDNN wants the start of every tensor aligned."""
PACKED = (cudnn.ResampleOp, cudnn.ReductionOp, ViewOp)
"""Ops that take and give images without gaps between pixels only (cuDNN 9.24: no engine else)."""
STRIDED_WRITERS = (
    cudnn.ConvolutionOp,
    cudnn.PointwiseOp,
    cudnn.TransformOp,
    kernel.ElementwiseOp,
    kernel.ConvertOp,
    kernel.InterpolateOp,
    kernel.PadOp,
    kernel.SliceOp,
)
"""Ops that write an image with any distance between pixels."""


def join_in_place(function: func.FuncOp) -> None:
    """Replace concatenations by ones in place where at least one part can be written there; the others are copied.

    A part on which a library works must start at a multiple of 16 bytes; kernels take any. In NHWC it lies between the
    channels of the other parts, so that all who write and read it have to take such strides.
    """
    taken: set[SSAValue] = set()
    for op in list(function.body.block.ops):
        if isinstance(op, kernel.ConcatOp):
            _join(op, taken)


def _join(op: kernel.ConcatOp, taken: set[SSAValue]) -> None:
    type_ = tensor_of(op.result)
    axis = op.axis.value.data
    nhwc = layout_of(type_) is not None
    if len(op.inputs) < 2 or (axis != 1 if nhwc else prod(type_.get_shape()[:axis]) != 1):
        return
    free = [_is_free(part, nhwc, taken) for part in op.inputs]
    step = strides_of(type_)[axis] * element_bytes(type_.element_type)
    start, roots = 0, [storage(part) for part in op.inputs]
    for i, part in enumerate(op.inputs):
        free[i] &= start * step % PART_ALIGNMENT == 0 or not _in_library(roots[i])
        free[i] &= roots[i] not in roots[:i]
        start += tensor_of(part).get_shape()[axis]
    if not any(free):
        return
    for i in range(len(op.inputs)):
        part = op.operands[i]  # a new one where it occurred before and has got its type
        place = _in_whole(tensor_of(part), type_)
        if not free[i]:
            op.operands[i] = _copied(op, part, place)
        elif nhwc:
            Rewriter.replace_value_with_new_type(part, place)
        taken.add(storage(op.operands[i]))
    joined = ConcatInPlaceOp.create(
        operands=op.operands, properties={"axis": IntegerAttr(axis, i64)}, result_types=[type_]
    )
    set_layers(joined, layers_of(op))
    Rewriter.replace_op(op, joined)


def _in_library(value: SSAValue) -> bool:
    """Whether cuDNN or cuBLASLt makes or reads a value, or views of it."""
    ops: list[Operation] = [value.owner] if isinstance(value.owner, Operation) else []
    values = [value]
    while values:
        for use in values.pop().uses:
            ops.append(use.operation)
            values += use.operation.results if isinstance(use.operation, ViewOp) else ()
    return any(isinstance(op, cudnn.CudnnOp) and not isinstance(op, cudnn.TransformOp) for op in ops)


def _in_whole(part: AnyTensor, whole: AnyTensor) -> AnyTensor:
    """The type of a part that lies in the whole: in NHWC its pixels are as far apart as those of the whole."""
    layout = layout_of(whole)
    return with_layout(part, None if layout is None else NhwcAttr(layout.pixel))


def _is_free(part: SSAValue, nhwc: bool, taken: set[SSAValue]) -> bool:
    """Whether the memory of a part may lie inside that of the whole."""
    root = storage(part)
    if not isinstance(root.owner, Operation) or isinstance(root.owner, ConstantOp | ConcatInPlaceOp):
        return False
    if root in taken:
        return False
    if not nhwc:
        layout = layout_of(tensor_of(root))
        return layout is None or layout.pixel == tensor_of(root).get_shape()[1]
    return isinstance(part.owner, STRIDED_WRITERS) and not any(
        isinstance(use.operation, PACKED) for use in part.uses
    )


def _copied(op: kernel.ConcatOp, part: SSAValue, type_: AnyTensor) -> SSAValue:
    """A copy of a part that lies elsewhere, in its place."""
    kind = cudnn.TransformOp if is_movable(type_.element_type) and len(type_.get_shape()) == 4 else ReorderOp
    copy = kind.create(operands=[part], result_types=[type_])
    set_layers(copy, layers_of(op))
    Rewriter.insert_op(copy, InsertPoint.before(op))
    return copy.results[0]

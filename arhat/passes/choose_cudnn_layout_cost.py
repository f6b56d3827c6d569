"""Which layout each op of the `cudnn` level works in: what is settled, what follows, and what a copy costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from xdsl.dialects import func
from xdsl.dialects.builtin import BFloat16Type, Float16Type, Float32Type, StringAttr
from xdsl.ir import Attribute, Operation, SSAValue

from arhat.dialects import cudnn, kernel
from arhat.dialects.arhat import ConstantOp
from arhat.dialects.arhat.base import ints_of
from arhat.dialects.kernel import is_integer, tensor_of
from arhat.dialects.kernel.memory import ReorderOp, physical_elements
from arhat.passes.choose_cudnn_layout_cut import Labelling
from arhat.passes.choose_cudnn_layout_shuffle import Shuffle, shuffles_of
from arhat.passes.support import element_bytes

TO_NHWC = (0, 2, 3, 1)
TO_NCHW = (0, 3, 1, 2)

FOLLOWERS = (
    cudnn.PointwiseOp,
    cudnn.ResampleOp,
    cudnn.ReductionOp,
    kernel.ElementwiseOp,
    kernel.InterpolateOp,
    kernel.NormalizeL2Op,
    kernel.MvnOp,
    kernel.LrnOp,
    kernel.SoftmaxOp,
    kernel.ReduceOp,
    kernel.SliceOp,
    kernel.PadOp,
    kernel.ConcatOp,
    kernel.TileOp,
    kernel.BroadcastOp,
    kernel.DeformableColumnsOp,
    kernel.RoiPoolingOp,
    kernel.PsroiPoolingOp,
    kernel.RoiAlignOp,
)
"""Ops that work in either layout, and give their result in that of their operands."""


def math_of(function: func.FuncOp) -> str:
    """What engines may do to f32: the function's `cudnn.math`, `strict` where it has none."""
    math = function.attributes.get(cudnn.MATH)
    return math.data if isinstance(math, StringAttr) else "strict"


def is_image(value: SSAValue) -> bool:
    """Whether a value can lie in NHWC: batch, channels, height and width."""
    return len(tensor_of(value).get_shape()) == 4


def is_movable(element: Attribute) -> bool:
    """Whether `cudnn.transform` knows the element type."""
    if is_integer(element):
        return element.width.data in (8, 32)
    return isinstance(element, Float32Type | Float16Type | BFloat16Type)


def same_memory(value: SSAValue) -> bool:
    """Whether an image has the same bytes in both layouts: one channel, or one pixel."""
    _, channels, height, width = tensor_of(value).get_shape()
    return channels == 1 or height * width == 1


def is_constant(value: SSAValue) -> bool:
    """Whether a value is known when compiling."""
    return isinstance(value.owner, ConstantOp)


def on_tensor_cores(op: cudnn.ConvolutionOp, math: str) -> bool:
    """Whether a convolution may use tensor cores, which want NHWC."""
    return math == "tf32" if isinstance(tensor_of(op.x).element_type, Float32Type) else True


def linked(op: Operation) -> Iterator[int]:
    """The operands, by index, that have to lie in the layout that the op works in. Constants are not among them."""
    if isinstance(op, kernel.ConvertOp | kernel.RegionYoloOp) or (
        isinstance(op, kernel.TransposeOp) and not (transposes(op, TO_NHWC) or transposes(op, TO_NCHW))
    ):
        return  # these read any layout
    for i, value in enumerate(op.operands):
        if is_image(value) and not is_constant(value) and not _reads_as_it_is(op, value):
            yield i


def _reads_as_it_is(op: Operation, value: SSAValue) -> bool:
    """Element-wise kernels walk any strides; where an operand is repeated, its layout is of no account."""
    if not isinstance(op, kernel.ElementwiseOp):
        return False
    movable = is_movable(tensor_of(value).element_type)
    return not movable or tensor_of(value).get_shape() != tensor_of(op.result).get_shape()


def transposes(op: Operation, perm: tuple[int, ...]) -> bool:
    """Whether an op is this transposition of an image that is computed at run time."""
    return (
        isinstance(op, kernel.TransposeOp)
        and is_image(op.x)
        and ints_of(op.perm) == perm
        and not is_constant(op.x)
        and is_movable(tensor_of(op.x).element_type)
    )


@dataclass(frozen=True)
class Choice:
    """Per op: whether it reads its linked operands in NHWC, and whether it writes its results so."""

    function: func.FuncOp
    math: str
    reads: dict[Operation, bool]
    writes: dict[Operation, bool]
    shuffles: dict[Operation, Shuffle]
    """By their first op, which reads the image; the last one writes it."""


def choose(function: func.FuncOp) -> Choice:
    """The choice that moves the fewest bytes.

    Every op has two nodes of a `Labelling`, for what it reads and what it writes, which are one for most ops. A value
    with its users is a bundle whose price is what one copy of it moves. A copy between a node and a pointwise node
    costs twice that: the two could have shared a graph, and now the value has to be written and read there as well.
    """
    math = math_of(function)
    cut = Labelling()
    dense, nhwc = cut.false, cut.true
    reads: dict[Operation, int] = {}
    writes: dict[Operation, int] = {}
    ops = [op for op in function.body.block.ops if not isinstance(op, ConstantOp)]
    for op in ops:
        reads[op] = writes[op] = dense
        image = bool(op.results) and is_image(op.results[0])
        if isinstance(op, cudnn.ConvolutionOp):
            if image and on_tensor_cores(op, math):
                reads[op] = writes[op] = nhwc
        elif isinstance(op, FOLLOWERS) and image:
            reads[op] = writes[op] = cut.node()
        elif isinstance(op, kernel.ConvertOp) and image and is_movable(tensor_of(op.result).element_type):
            writes[op] = cut.node()
        elif transposes(op, TO_NHWC):
            reads[op] = nhwc
        elif transposes(op, TO_NCHW):
            writes[op] = nhwc
    shuffles = {
        op: shuffle
        for op, shuffle in shuffles_of(ops).items()
        if not is_constant(shuffle.split.input) and not same_memory(shuffle.split.input)
    }
    for op, shuffle in shuffles.items():
        if is_movable(tensor_of(shuffle.split.input).element_type):
            reads[op] = writes[shuffle.join] = cut.node()
    links = {op: frozenset(linked(op)) for op in ops}
    values = [*function.body.block.args, *(result for op in ops for result in op.results)]
    for value in values:
        if not is_image(value) or same_memory(value):
            continue
        users = {use.operation for use in value.uses if use.index in links[use.operation]}
        producer = writes[value.owner] if isinstance(value.owner, Operation) else dense
        if users:
            cut.bundle(producer, sorted({reads[user] for user in users}), _price(value))
    label = cut.solve()
    return Choice(
        function,
        math,
        {op: label[node] for op, node in reads.items()},
        {op: label[node] for op, node in writes.items()},
        shuffles,
    )


def _price(value: SSAValue) -> int:
    """Bytes that a copy of a value moves; more than all others together where there is no such copy."""
    type_ = tensor_of(value)
    if not is_movable(type_.element_type):
        return 1 << 50
    moved = 2 * physical_elements(type_) * element_bytes(type_.element_type)
    return 2 * moved if _fused(value) else moved


def _fused(value: SSAValue) -> bool:
    """Whether a value may never reach memory, as it passes between nodes of one graph."""
    return isinstance(value.owner, cudnn.NodeOp) and any(
        isinstance(use.operation, cudnn.PointwiseOp) for use in value.uses
    )


def bytes_moved(function: func.FuncOp) -> int:
    """Bytes that ops read and write which only change layout, element type or place."""
    movers = (cudnn.TransformOp, ReorderOp, kernel.TransposeOp, kernel.ConvertOp, kernel.ConcatOp)
    return sum(
        physical_elements(tensor_of(value)) * element_bytes(tensor_of(value).element_type)
        for op in function.body.block.ops
        if isinstance(op, movers)
        for value in (*op.operands, *op.results)
    )


def padded_channels(op: cudnn.ConvolutionOp) -> int:
    """Channels that a convolution on tensor cores is given where it has fewer: 16 bytes of them.

    Multiples of four are left alone unless a copy brings the image into its layout anyway: cuDNN has engines for them,
    and a copy for this alone costs more than it gains.
    """
    type_ = tensor_of(op.x)
    channels = type_.get_shape()[1]
    if channels % 4 == 0 and not isinstance(op.x.owner, cudnn.TransformOp):
        return channels
    return max(channels, 16 // element_bytes(type_.element_type))

"""Rules for operations that move elements, and for those that turn out to do nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xdsl.ir import Operation

from arhat.canonicalization.rule import Replacement, Rule, absorbed, made_by
from arhat.dialects.arhat import (
    AvgPoolOp,
    BroadcastOp,
    ConcatOp,
    ConvertOp,
    ConvolutionOp,
    InterpolateOp,
    MaxPoolOp,
    PadOp,
    ReduceMaxOp,
    ReduceMeanOp,
    ReduceMinOp,
    ReduceProdOp,
    ReduceSumOp,
    ReductionOp,
    ReshapeOp,
    SliceOp,
    TileOp,
    TransposeOp,
    UnaryOp,
)
from arhat.dialects.arhat.base import shape_of
from arhat.passes.rewriting import with_operands


def same_type(op: ReshapeOp | ConvertOp | BroadcastOp | TileOp) -> Replacement | None:
    """An op that can do nothing but change the type, and does not, is its operand."""
    return Replacement(op.x) if op.x.type == op.result.type else None


def reshape_of_reshape(op: ReshapeOp) -> Replacement | None:
    """`reshape(reshape(x))` is one reshape of `x`."""
    inner = made_by(op.x, ReshapeOp)
    if inner is None:
        return None
    return Replacement(ReshapeOp.build_inferred([inner.x], {"shape": op.shape}), absorbed(inner))


def transpose_of_transpose(op: TransposeOp) -> Replacement | None:
    """Two transpositions are one."""
    inner = made_by(op.x, TransposeOp)
    if inner is None:
        return None
    first = inner.perm.get_values()
    perm = [first[axis] for axis in op.perm.get_values()]
    return Replacement(TransposeOp.build_inferred([inner.x], {"perm": perm}), absorbed(inner))


def transpose_that_keeps_order(op: TransposeOp) -> Replacement | None:
    """A transposition that moves axes of size 1 only keeps the elements where they are: it is a reshape, or nothing."""
    shape = shape_of(op.x)
    moved = [axis for axis in op.perm.get_values() if shape[axis] != 1]
    if moved != sorted(moved):
        return None
    if shape == shape_of(op.result):
        return Replacement(op.x)
    return Replacement(ReshapeOp.build_inferred([op.x], {"shape": shape_of(op.result)}))


def transposes_around(op: TransposeOp) -> Replacement | None:
    """`transpose(f(transpose(x)))` is `f(x)` where the second transposition undoes the first.

    `f` is a resize, a pad or an element-wise function, and nothing else uses its operand or its result.
    """
    middle = op.x.owner
    if not isinstance(middle, InterpolateOp | PadOp | UnaryOp):
        return None
    inner = made_by(middle.x, TransposeOp)
    if inner is None or not middle.x.has_one_use() or not middle.result.has_one_use():
        return None
    perm = inner.perm.get_values()
    if [perm[axis] for axis in op.perm.get_values()] != list(range(len(perm))):
        return None
    by = with_operands(middle, {"x": inner.x}, **_moved(middle, perm))
    return Replacement(by, [inner, middle])


def _moved(op: InterpolateOp | PadOp | UnaryOp, perm: Sequence[int]) -> dict[str, list[int]]:
    """The properties of `op` that speak of axes, for an operand whose axis `perm[i]` is axis `i` of the present one."""
    if isinstance(op, UnaryOp):
        return {}
    place = [perm.index(axis) for axis in range(len(perm))]
    begin, end = op.pads_begin.get_values(), op.pads_end.get_values()
    moved = {"pads_begin": [begin[i] for i in place], "pads_end": [end[i] for i in place]}
    if isinstance(op, InterpolateOp):
        moved["axes"] = [perm[axis] for axis in op.axes.get_values()]
    return moved


def slice_of_everything(op: SliceOp) -> Replacement | None:
    """A slice that takes every element in order is its operand."""
    sizes = shape_of(op.x)
    if sizes != shape_of(op.result):
        return None
    ordered = all(step == 1 or size == 1 for step, size in zip(op.steps.get_values(), sizes, strict=True))
    return Replacement(op.x) if ordered else None


def slice_of_slice(op: SliceOp) -> Replacement | None:
    """A slice of a slice takes its elements from the first operand."""
    inner = made_by(op.x, SliceOp)
    if inner is None:
        return None
    steps = list(zip(inner.steps.get_values(), op.steps.get_values(), strict=True))
    starts = zip(inner.starts.get_values(), op.starts.get_values(), steps, strict=True)
    by = SliceOp.build_inferred(
        [inner.x],
        {
            "starts": [first + second * step for first, second, (step, _) in starts],
            "sizes": op.sizes,
            "steps": [first * second for first, second in steps],
        },
    )
    return Replacement(by, absorbed(inner))


def pad_into_convolution(op: ConvolutionOp) -> Replacement | None:
    """Zeros put around the input of a convolution are padding of the convolution."""
    pad = made_by(op.x, PadOp)
    if pad is None or pad.mode.data != "constant" or pad.value.value.data != 0:
        return None
    begin, end = pad.pads_begin.get_values(), pad.pads_end.get_values()
    if any(begin[:2]) or any(end[:2]) or min(*begin, *end) < 0:
        return None
    by = with_operands(
        op,
        {"x": pad.x},
        pads_begin=_sums(begin[2:], op.pads_begin.get_values()),
        pads_end=_sums(end[2:], op.pads_end.get_values()),
    )
    return Replacement(by, [pad])


def _sums(a: Sequence[int], b: Sequence[int]) -> list[int]:
    return [x + y for x, y in zip(a, b, strict=True)]


def concat_of_one(op: ConcatOp) -> Replacement | None:
    """The concatenation of one tensor is that tensor."""
    return Replacement(op.operands[0]) if len(op.operands) == 1 else None


def pool_of_single_elements(op: MaxPoolOp | AvgPoolOp) -> Replacement | None:
    """A pool whose windows are one element, each in its place, is its operand."""
    sizes = (*op.kernel.get_values(), *op.strides.get_values())
    pads = (*op.pads_begin.get_values(), *op.pads_end.get_values())
    return Replacement(op.x) if all(size == 1 for size in sizes) and not any(pads) else None


def reduction_of_single_elements(op: ReductionOp) -> Replacement | None:
    """The sum, mean, product, maximum or minimum over axes of size 1 is a reshape."""
    shape = shape_of(op.x)
    if any(shape[axis] != 1 for axis in op.axes.get_values()):
        return None
    return Replacement(ReshapeOp.build_inferred([op.x], {"shape": shape_of(op.result)}))


def interpolate_to_same_size(op: InterpolateOp) -> Replacement | None:
    """Resizing by a factor of 1 without padding is nothing: every coordinate falls on its element."""
    same = op.x.type == op.result.type and all(scale == 1 for scale in op.scales.get_values())
    return (
        Replacement(op.x)
        if same and not any((*op.pads_begin.get_values(), *op.pads_end.get_values()))
        else None
    )


def pad_of_nothing(op: PadOp) -> Replacement | None:
    """A pad without pads is its operand."""
    return None if any(op.pads_begin.get_values()) or any(op.pads_end.get_values()) else Replacement(op.x)


_REDUCTION: tuple[Rule, ...] = (reduction_of_single_elements,)

RULES: Mapping[type[Operation], tuple[Rule, ...]] = {
    ReshapeOp: (same_type, reshape_of_reshape),
    TransposeOp: (transpose_that_keeps_order, transpose_of_transpose, transposes_around),
    SliceOp: (slice_of_everything, slice_of_slice),
    PadOp: (pad_of_nothing,),
    ConvertOp: (same_type,),
    BroadcastOp: (same_type,),
    TileOp: (same_type,),
    ConcatOp: (concat_of_one,),
    MaxPoolOp: (pool_of_single_elements,),
    AvgPoolOp: (pool_of_single_elements,),
    ReduceMeanOp: _REDUCTION,
    ReduceSumOp: _REDUCTION,
    ReduceProdOp: _REDUCTION,
    ReduceMaxOp: _REDUCTION,
    ReduceMinOp: _REDUCTION,
    InterpolateOp: (interpolate_to_same_size,),
    ConvolutionOp: (pad_into_convolution,),
}
"""The rules of this file by class of operation."""

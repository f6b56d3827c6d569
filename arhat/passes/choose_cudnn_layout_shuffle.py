"""Shuffles of images: a view that splits axes, a transposition, a view that joins them.

Depth to space, space to depth and the exchange of channels between groups are such. In NHWC they are shuffles as well,
with the factors of the axes in another order, so that an image need not become dense for them.
"""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.ir import Operation
from xdsl.rewriter import Rewriter

from arhat.dialects import kernel
from arhat.dialects.arhat import tensor_type
from arhat.dialects.arhat.base import ints, ints_of
from arhat.dialects.kernel import shape_of, tensor_of
from arhat.dialects.kernel.memory import NhwcAttr, ViewOp, with_layout
from arhat.layers import layers_of, set_layers

CHANNELS_LAST = (0, 2, 3, 1)


@dataclass(frozen=True)
class Shuffle:
    """The three ops, and for each axis of the images before and after the factors that it consists of, by position."""

    split: ViewOp
    transpose: kernel.TransposeOp
    join: ViewOp
    before: tuple[tuple[int, ...], ...]
    after: tuple[tuple[int, ...], ...]


def shuffles_of(ops: list[Operation]) -> dict[Operation, Shuffle]:
    """The shuffles among ops, by their first op."""
    found = (_shuffle(op) for op in ops if isinstance(op, kernel.TransposeOp))
    return {shuffle.split: shuffle for shuffle in found if shuffle is not None}


def _shuffle(op: kernel.TransposeOp) -> Shuffle | None:
    split, use = op.x.owner, op.result.first_use
    if not isinstance(split, ViewOp) or use is None or not isinstance(use.operation, ViewOp):
        return None
    join = use.operation
    images = len(shape_of(split.input)) == len(shape_of(join.output)) == 4 < len(shape_of(op.x))
    if not images or not op.x.has_one_use() or not op.result.has_one_use():
        return None
    before = _factors(shape_of(split.input), shape_of(op.x))
    after = _factors(shape_of(join.output), shape_of(op.result))
    return None if before is None or after is None else Shuffle(split, op, join, before, after)


def _factors(axes: tuple[int, ...], factors: tuple[int, ...]) -> tuple[tuple[int, ...], ...] | None:
    """The positions of the factors that make up each axis, in order; None if they do not fall apart so."""
    groups: list[tuple[int, ...]] = []
    at = 0
    for extent in axes:
        first, product = at, 1
        while at < len(factors) and product < extent:
            product *= factors[at]
            at += 1
        if product != extent:
            return None
        groups.append(tuple(range(first, at)))
    if any(factor != 1 for factor in factors[at:]):
        return None
    return (*groups[:-1], (*groups[-1], *range(at, len(factors))))


def shuffle_in_nhwc(shuffle: Shuffle) -> None:
    """Replace a shuffle whose operand lies in NHWC by one of the NHWC memory, with an NHWC result."""
    old = shuffle.transpose
    element, factors, perm = tensor_of(old.x).element_type, shape_of(old.x), ints_of(old.perm)
    first = [position for axis in CHANNELS_LAST for position in shuffle.before[axis]]
    last = [perm[position] for axis in CHANNELS_LAST for position in shuffle.after[axis]]
    split = ViewOp.create(
        operands=[shuffle.split.input], result_types=[tensor_type(element, tuple(factors[i] for i in first))]
    )
    transpose = kernel.TransposeOp.make(
        [split.output],
        {"perm": ints([first.index(i) for i in last])},
        tensor_type(element, tuple(factors[i] for i in last)),
    )
    type_ = tensor_of(shuffle.join.output)
    join = ViewOp.create(
        operands=[transpose.result], result_types=[with_layout(type_, NhwcAttr(type_.get_shape()[1]))]
    )
    for new, op in ((split, shuffle.split), (transpose, old), (join, shuffle.join)):
        set_layers(new, layers_of(op))
    Rewriter.replace_op(shuffle.join, [split, transpose, join], [join.output])
    for op in (old, shuffle.split):
        op.detach()
        op.erase()

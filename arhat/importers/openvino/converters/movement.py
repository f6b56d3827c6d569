"""Operators that move elements: their shapes, axes and positions must be constant."""

from __future__ import annotations

import math
from collections.abc import Sequence

from xdsl.ir import SSAValue

from arhat.dialects.arhat import movement as ops
from arhat.dialects.arhat.base import shape_of
from arhat.dialects.arhat.constant import ConstantOp
from arhat.importers.openvino.context import Node
from arhat.importers.openvino.registry import converter

MAX_CHECKED_INDICES = 1 << 16
"""Up to so many constant indices are looked at; more stay in the `.bin` unread."""

MAX_OUTPUTS = 1 << 16
"""Parts that a split may have."""


def _reshape(node: Node, value: SSAValue, shape: Sequence[int]) -> SSAValue:
    return node.build(ops.ReshapeOp, [value], {"shape": tuple(shape)})


@converter("Reshape", 1)
def reshape(node: Node) -> SSAValue:
    """0 copies the input's dimension with `special_zero`, one -1 is what is left over. Source: Reshape-1."""
    node.expect_inputs(2)
    source = node.shape(0)
    target = node.constant_ints(1, "the new shape")
    asked = list(target)
    if node.boolean("special_zero"):
        for index, dim in enumerate(target):
            if dim == 0:
                if index >= len(source):
                    raise node.error(
                        f"the new shape {asked} copies dimension {index}, but the input {list(source)} has none; "
                        "check the model"
                    )
                target[index] = source[index]
    if target.count(-1) > 1 or any(dim < -1 for dim in target):
        raise node.error(f"the new shape is {asked}; only one -1 and no other negative size may occur")
    if -1 in target:
        rest = math.prod(dim for dim in target if dim != -1)
        count = math.prod(source)
        if rest == 0 or count % rest:
            raise node.error(
                f"the input has shape {list(source)}, which does not divide into {asked}; check the model"
            )
        target[target.index(-1)] = count // rest
    return _reshape(node, node.input(0), target)


@converter("Squeeze", 1, 15)
def squeeze(node: Node) -> SSAValue:
    """Without axes all of size 1 go; with `allow_axis_skip` (revision 15) larger ones stay. Source: Squeeze-1, -15."""
    node.expect_inputs(1, 2)
    shape = node.shape(0)
    axes = node.constant_axes(1, len(shape)) if node.input_count == 2 else []
    if not axes:
        axes = [axis for axis, dim in enumerate(shape) if dim == 1]
    elif node.boolean("allow_axis_skip", False):
        axes = [axis for axis in axes if shape[axis] == 1]
    for axis in axes:
        if shape[axis] != 1:
            raise node.error(f"axis {axis} of the input {list(shape)} is not of size 1; check the model")
    return _reshape(node, node.input(0), [dim for axis, dim in enumerate(shape) if axis not in axes])


@converter("Unsqueeze", 1)
def unsqueeze(node: Node) -> SSAValue:
    """The axes are those of the result. Source: Unsqueeze-1."""
    node.expect_inputs(2)
    shape = node.shape(0)
    values = node.constant_ints(1, "the list of axes")
    rank = len(shape) + len(values)
    axes = {node.axis(axis, rank) for axis in values}
    if len(axes) != len(values):
        raise node.error(f"the list of axes {values} names an axis twice; check the model")
    rest = iter(shape)
    return _reshape(node, node.input(0), [1 if axis in axes else next(rest) for axis in range(rank)])


@converter("Transpose", 1)
def transpose(node: Node) -> SSAValue:
    """An empty order reverses the axes. Source: Transpose-1."""
    node.expect_inputs(2)
    rank = len(node.shape(0))
    order = node.constant_ints(1, "the order of the axes") or list(reversed(range(rank)))
    return node.build(ops.TransposeOp, [node.input(0)], {"perm": order})


@converter("Concat", 1)
def concat(node: Node) -> SSAValue:
    """Source: Concat-1."""
    if node.input_count == 0:
        raise node.error("has no inputs; check the model")
    axis = node.axis(node.integer("axis"), len(node.shape(0)))
    return node.build(ops.ConcatOp, [node.inputs()], {"axis": axis})


def _slice(
    node: Node, value: SSAValue, starts: Sequence[int], sizes: Sequence[int], steps: Sequence[int]
) -> SSAValue:
    # A start of an empty selection may lie anywhere; 0 keeps the text the same for all of them.
    starts = [start if size else 0 for start, size in zip(starts, sizes, strict=True)]
    return node.build(
        ops.SliceOp, [value], {"starts": tuple(starts), "sizes": tuple(sizes), "steps": tuple(steps)}
    )


def _select(node: Node, dim: int, begin: int | None, end: int | None, step: int) -> tuple[int, int]:
    """First element and how many, by the rules of Python's slices, which are those of the specification."""
    if step == 0:
        raise node.error("a step is 0; check the model")
    start, stop, step = slice(begin, end, step).indices(dim)
    return start, len(range(start, stop, step))


@converter("StridedSlice", 1)
def strided_slice(node: Node) -> SSAValue:
    """A slice, and a reshape if axes are added or dropped.

    In a file, 1 in `begin_mask` or `end_mask` means that the value given is ignored: so OpenVINO reads and writes it,
    whatever the text of StridedSlice-1 says. Source: StridedSlice-1, and OpenVINO's results.
    """
    node.expect_inputs(3, 4)
    shape = node.shape(0)
    begin = node.constant_ints(1, "the begin of the slice")
    end = node.constant_ints(2, "the end of the slice")
    steps = node.constant_ints(3, "the step of the slice") if node.input_count == 4 else [1] * len(begin)
    if not len(begin) == len(end) == len(steps):
        raise node.error(
            f"begin, end and step have {len(begin)}, {len(end)} and {len(steps)} values; check the model"
        )
    count = len(begin)

    def mask(name: str) -> list[bool]:
        bits = node.integers(name, ())
        if any(bit not in (0, 1) for bit in bits):
            raise node.error(f"'{name}' is {list(bits)}, but may have only 0 and 1; check the model")
        return [bool(bit) for bit in bits[:count]] + [False] * (count - len(bits))

    begin_mask, end_mask = mask("begin_mask"), mask("end_mask")
    new_axis, shrink, ellipsis = mask("new_axis_mask"), mask("shrink_axis_mask"), mask("ellipsis_mask")
    if sum(ellipsis) > 1:
        raise node.error("'ellipsis_mask' has more than one 1; check the model")
    used = sum(1 for i in range(count) if not ellipsis[i] and not new_axis[i])
    if used > len(shape):
        raise node.error(f"slices {used} axes of an input of rank {len(shape)}; check the model")

    starts: list[int] = []
    sizes: list[int] = []
    strides: list[int] = []
    result: list[int] = []

    def keep(number: int) -> None:
        for _ in range(number):
            dim = shape[len(starts)]
            starts.append(0)
            sizes.append(dim)
            strides.append(1)
            result.append(dim)

    for i in range(count):
        if ellipsis[i]:
            keep(len(shape) - used)
        elif new_axis[i]:
            result.append(1)
        elif shrink[i]:
            dim = shape[len(starts)]
            index = 0 if begin_mask[i] else begin[i]
            if not -dim <= index < dim:
                raise node.error(f"index {index} is out of range for an axis of size {dim}; check the model")
            starts.append(index % dim)
            sizes.append(1)
            strides.append(1)
        else:
            first, size = _select(
                node,
                shape[len(starts)],
                None if begin_mask[i] else begin[i],
                None if end_mask[i] else end[i],
                steps[i],
            )
            starts.append(first)
            sizes.append(size)
            strides.append(steps[i] if size > 1 else 1)
            result.append(size)
    keep(len(shape) - len(starts))
    value = _slice(node, node.input(0), starts, sizes, strides)
    return value if result == sizes else _reshape(node, value, result)


@converter("Slice", 8)
def slice_(node: Node) -> SSAValue:
    """Source: Slice-8."""
    node.expect_inputs(4, 5)
    shape = node.shape(0)
    begin, end, steps = (node.constant_ints(i, "a bound or step of the slice") for i in (1, 2, 3))
    axes = node.constant_axes(4, len(shape)) if node.input_count == 5 else list(range(len(begin)))
    if not len(begin) == len(end) == len(steps) == len(axes) or len(axes) > len(shape):
        raise node.error("start, stop, step and axes differ in length or are too many; check the model")
    starts, sizes, strides = [0] * len(shape), list(shape), [1] * len(shape)
    for i, axis in enumerate(axes):
        starts[axis], sizes[axis] = _select(node, shape[axis], begin[i], end[i], steps[i])
        strides[axis] = steps[i] if sizes[axis] > 1 else 1
    return _slice(node, node.input(0), starts, sizes, strides)


def _split(node: Node, axis: int, lengths: Sequence[int]) -> list[SSAValue]:
    shape = node.shape(0)
    if len(lengths) > MAX_OUTPUTS:
        raise node.error(f"splits into {len(lengths)} parts; at most {MAX_OUTPUTS} are supported")
    parts: list[SSAValue] = []
    start = 0
    for length in lengths:
        starts = [0] * len(shape)
        starts[axis] = start
        sizes = [*shape[:axis], length, *shape[axis + 1 :]]
        parts.append(_slice(node, node.input(0), starts, sizes, [1] * len(shape)))
        start += length
    return parts


@converter("Split", 1)
def split(node: Node) -> list[SSAValue]:
    """Equal parts, each a slice. Source: Split-1."""
    node.expect_inputs(2)
    axis = _one_axis(node, 1)
    count, dim = node.integer("num_splits"), node.shape(0)[axis]
    if count < 1 or count > MAX_OUTPUTS or dim % count:
        raise node.error(f"axis {axis} of size {dim} does not divide into {count} parts; check the model")
    return _split(node, axis, [dim // count] * count)


@converter("VariadicSplit", 1)
def variadic_split(node: Node) -> list[SSAValue]:
    """Parts of given lengths, one of which may be -1. Source: VariadicSplit-1."""
    node.expect_inputs(3)
    axis = _one_axis(node, 1)
    lengths = node.constant_ints(2, "the list of lengths")
    dim = node.shape(0)[axis]
    known = sum(length for length in lengths if length != -1)
    if lengths.count(-1) == 1 and known <= dim:
        lengths[lengths.index(-1)] = dim - known
    if any(length < 0 for length in lengths) or sum(lengths) != dim:
        raise node.error(
            f"axis {axis} of size {dim} does not divide into parts of {lengths}; check the model"
        )
    return _split(node, axis, lengths)


def _one_axis(node: Node, index: int) -> int:
    axes = node.constant_axes(index, len(node.shape(0)), "the axis")
    if len(axes) != 1:
        raise node.error(f"takes one axis, got {len(axes)}; check the model")
    return axes[0]


@converter("Gather", 1, 7, 8)
def gather(node: Node) -> SSAValue:
    """Negative indices count from the end. Constant indices out of range are refused. Source: Gather-1, -7, -8."""
    node.expect_inputs(3)
    shape, rank = node.shape(0), len(node.shape(1))
    axis = _one_axis(node, 2)
    indices = node.raw_input(1)
    if isinstance(indices.owner, ConstantOp) and math.prod(node.shape(1)) <= MAX_CHECKED_INDICES:
        values = node.constant(1, "the list of indices")
        if values.size and not -shape[axis] <= values.min() <= values.max() < shape[axis]:
            raise node.error(
                f"indices from {values.min()} to {values.max()} are out of range for axis {axis} of size "
                f"{shape[axis]}; check the model"
            )
    batch = node.integer("batch_dims", 0)
    return node.build(
        ops.GatherOp,
        [node.input(0), indices],
        {"axis": axis, "batch_dims": batch + rank if batch < 0 else batch},
    )


@converter("Pad", 1, 12)
def pad(node: Node) -> SSAValue:
    """Pads and value must be constant; negative pads (revision 12) cut away. Source: Pad-1 and -12."""
    node.expect_inputs(3, 4)
    mode = node.choice("pad_mode", ("constant", "edge", "reflect", "symmetric"))
    begin = node.constant_ints(1, "the list of pads at the beginning")
    end = node.constant_ints(2, "the list of pads at the end")
    value = 0.0
    if node.input_count == 4 and mode == "constant":
        values = node.constant(3, "the pad value").reshape(-1).tolist()
        if len(values) != 1 or math.isnan(values[0]):
            raise node.error("the pad value must be one number; check the model")
        value = float(values[0])
    return node.build(
        ops.PadOp,
        [node.input(0)],
        {"pads_begin": begin, "pads_end": end, "mode": mode, "value": value},
    )


@converter("Tile", 1)
def tile(node: Node) -> SSAValue:
    """The shorter of the input's rank and the repeats is filled up with ones at the front. Source: Tile-1."""
    node.expect_inputs(2)
    repeats = node.constant_ints(1, "the list of repeats")
    shape = node.shape(0)
    value = node.input(0)
    if len(repeats) > len(shape):
        value = _reshape(node, value, [1] * (len(repeats) - len(shape)) + list(shape))
    repeats = [1] * (len(shape) - len(repeats)) + repeats
    return node.build(ops.TileOp, [value], {"repeats": repeats})


@converter("Broadcast", 1, 3)
def broadcast(node: Node) -> SSAValue:
    """Modes `numpy`, `pdpd` (whose axis files leave at its default: the same), `bidirectional` and `explicit`.

    Files name the mode `explicit` of revision 1 `none`. Source: Broadcast-1 and -3.
    """
    node.expect_inputs(2, 3)
    mode = node.choice("mode", ("numpy", "pdpd", "bidirectional", "explicit", "none"), "numpy")
    target = node.constant_ints(1, "the new shape")
    value, shape = node.input(0), node.shape(0)
    if mode == "bidirectional":
        rank = max(len(shape), len(target))
        mine = [1] * (rank - len(shape)) + list(shape)
        wanted = [1] * (rank - len(target)) + target
        target = [b if a == 1 else a for a, b in zip(mine, wanted, strict=True)]
        for a, b in zip(mine, wanted, strict=True):
            if a != b and 1 not in (a, b):
                raise node.error(f"shapes {list(shape)} and {wanted} do not broadcast; check the model")
    elif mode in ("explicit", "none"):
        if node.input_count != 3:
            raise node.error("mode 'explicit' needs the third input; check the model")
        axes = node.constant_axes(2, len(target))
        if len(axes) != len(shape) or axes != sorted(axes):
            raise node.error(f"axes {axes} do not place the input {list(shape)}; check the model")
        placed = [1] * len(target)
        for axis, dim in zip(axes, shape, strict=True):
            placed[axis] = dim
        value = _reshape(node, value, placed)
    return node.build(ops.BroadcastOp, [value], {"shape": target})


def _block(node: Node) -> tuple[int, int, tuple[int, ...], str]:
    node.expect_inputs(1)
    shape = node.shape(0)
    block = node.integer("block_size", 1)
    if not 3 <= len(shape) <= 5 or not 1 <= block < 1 << 20:
        raise node.error(f"block size {block} does not fit an input of shape {list(shape)}; check the model")
    return block, len(shape) - 2, shape, node.choice("mode", ("blocks_first", "depth_first"))


@converter("SpaceToDepth", 1)
def space_to_depth(node: Node) -> SSAValue:
    """Reshape, transpose, reshape. Source: SpaceToDepth-1."""
    block, spatial, shape, mode = _block(node)
    if any(dim % block for dim in shape[2:]):
        raise node.error(f"blocks of {block} do not divide the input {list(shape)}; check the model")
    split_shape = [shape[0], shape[1]]
    for dim in shape[2:]:
        split_shape += [dim // block, block]
    inner = [3 + 2 * i for i in range(spatial)]
    outer = [2 + 2 * i for i in range(spatial)]
    order = [0, *inner, 1, *outer] if mode == "blocks_first" else [0, 1, *inner, *outer]
    value = node.build(ops.TransposeOp, [_reshape(node, node.input(0), split_shape)], {"perm": order})
    return _reshape(node, value, [shape[0], shape[1] * block**spatial, *[dim // block for dim in shape[2:]]])


@converter("DepthToSpace", 1)
def depth_to_space(node: Node) -> SSAValue:
    """Reshape, transpose, reshape. Source: DepthToSpace-1."""
    block, spatial, shape, mode = _block(node)
    if shape[1] % block**spatial:
        raise node.error(f"blocks of {block} do not divide {shape[1]} channels; check the model")
    depth = shape[1] // block**spatial
    blocks = [block] * spatial
    # The axes are either the blocks, then the channels left, or the other way round; then the spatial ones.
    split_shape = [shape[0], *blocks, depth] if mode == "blocks_first" else [shape[0], depth, *blocks]
    channel, first = (spatial + 1, 1) if mode == "blocks_first" else (1, 2)
    order = [0, channel]
    for i in range(spatial):
        order += [spatial + 2 + i, first + i]
    value = _reshape(node, node.input(0), [*split_shape, *shape[2:]])
    value = node.build(ops.TransposeOp, [value], {"perm": order})
    return _reshape(node, value, [shape[0], depth, *[dim * block for dim in shape[2:]]])


@converter("ShuffleChannels", 1)
def shuffle_channels(node: Node) -> SSAValue:
    """Reshape, transpose, reshape. Source: ShuffleChannels-1."""
    node.expect_inputs(1)
    shape = node.shape(0)
    axis = node.axis(node.integer("axis", 1), len(shape))
    group = node.integer("group", 1)
    if group < 1 or shape[axis] % group:
        raise node.error(f"axis {axis} of {list(shape)} does not divide into {group} groups; check the model")
    before, after = math.prod(shape[:axis]), math.prod(shape[axis + 1 :])
    value = _reshape(node, node.input(0), [before, group, shape[axis] // group, after])
    value = node.build(ops.TransposeOp, [value], {"perm": [0, 2, 1, 3]})
    return _reshape(node, value, shape_of(node.input(0)))


@converter("ReorgYolo", 2)
def reorg_yolo(node: Node) -> SSAValue:
    """Reshape, transpose, reshape: the memory is read as `C / s^2` channels of images `s` times as high and wide.

    Source: ReorgYolo-1 and OpenVINO's reference implementation.
    """
    node.expect_inputs(1)
    shape = node.shape(0)
    strides = node.integers("stride")
    if len(shape) != 4 or len(set(strides)) != 1 or not 1 <= strides[0] < 1 << 20:
        raise node.error(
            f"strides {list(strides)} do not fit an input of shape {list(shape)}; check the model"
        )
    batch, channels, height, width = shape
    stride = strides[0]
    if channels % stride**2 or height % stride or width % stride:
        raise node.error(f"a stride of {stride} does not divide the input {list(shape)}; check the model")
    depth = channels // stride**2
    value = _reshape(node, node.input(0), [batch, depth, height, stride, width, stride])
    value = node.build(ops.TransposeOp, [value], {"perm": [0, 3, 5, 1, 2, 4]})
    return _reshape(node, value, [batch, channels * stride**2, height // stride, width // stride])


@converter("Reverse", 1)
def reverse(node: Node) -> SSAValue:
    """A slice with steps of -1; axes by number or by mask, which must be constant. Source: Reverse-1."""
    node.expect_inputs(2)
    shape = node.shape(0)
    if node.choice("mode", ("index", "mask")) == "mask":
        mask = node.constant_ints(1, "the mask of the axes")
        if len(mask) != len(shape):
            raise node.error(f"the mask of the axes has {len(mask)} values; check the model")
        axes = [axis for axis, reversed_ in enumerate(mask) if reversed_]
    else:
        axes = node.constant_axes(1, len(shape))
    return _slice(
        node,
        node.input(0),
        [dim - 1 if axis in axes else 0 for axis, dim in enumerate(shape)],
        shape,
        [-1 if axis in axes and dim > 1 else 1 for axis, dim in enumerate(shape)],
    )


@converter("Roll", 7)
def roll(node: Node) -> SSAValue:
    """Along each axis the end and the beginning change places; shifts and axes must be constant. Source: Roll-7."""
    node.expect_inputs(3)
    shape = node.shape(0)
    shifts = node.constant_ints(1, "the list of shifts")
    axes = [node.axis(axis, len(shape)) for axis in node.constant_ints(2, "the list of axes")]
    if len(shifts) == 1:
        shifts = shifts * len(axes)
    if len(shifts) != len(axes):
        raise node.error(f"there are {len(shifts)} shifts for {len(axes)} axes; check the model")
    total = [0] * len(shape)
    for axis, shift in zip(axes, shifts, strict=True):
        total[axis] += shift
    value = node.input(0)
    for axis, dim in enumerate(shape):
        by = total[axis] % dim if dim else 0
        if by:
            parts = [_part(node, value, axis, start, size) for start, size in ((dim - by, by), (0, dim - by))]
            value = node.build(ops.ConcatOp, [parts], {"axis": axis})
    return value


def _part(node: Node, value: SSAValue, axis: int, start: int, size: int) -> SSAValue:
    shape = shape_of(value)
    starts = [start if i == axis else 0 for i in range(len(shape))]
    sizes = [size if i == axis else dim for i, dim in enumerate(shape)]
    return _slice(node, value, starts, sizes, [1] * len(shape))


def _blocks(node: Node) -> tuple[list[int], list[int], list[int]]:
    """Block sizes and the two lists of pads or crops, one value for each axis."""
    node.expect_inputs(4)
    shape = node.shape(0)
    block, begin, end = (node.constant_ints(i, "a list of blocks, pads or crops") for i in (1, 2, 3))
    fits = len(shape) >= 2 and len(block) == len(begin) == len(end) == len(shape)
    if not fits or block[0] != 1 or min(block) < 1 or min(*begin, *end) < 0 or begin[0] or end[0]:
        raise node.error(
            f"blocks {block}, {begin} and {end} do not fit an input of shape {list(shape)}; check the model"
        )
    return block, begin, end


@converter("BatchToSpace", 2)
def batch_to_space(node: Node) -> SSAValue:
    """One axis after the other: reshape, transpose, reshape; then a slice. Source: BatchToSpace-2."""
    block, begin, end = _blocks(node)
    value = node.input(0)
    for axis, size in enumerate(block):
        shape = shape_of(value)
        if shape[0] % size:
            raise node.error(f"blocks {block} do not divide a batch of {node.shape(0)[0]}; check the model")
        if size == 1:
            continue
        before, after = math.prod(shape[1:axis]), math.prod(shape[axis + 1 :])
        value = _reshape(node, value, [size, shape[0] // size, before, shape[axis], after])
        value = node.build(ops.TransposeOp, [value], {"perm": [1, 2, 3, 0, 4]})
        value = _reshape(
            node, value, [shape[0] // size, *shape[1:axis], shape[axis] * size, *shape[axis + 1 :]]
        )
    shape = shape_of(value)
    sizes = [dim - b - e for dim, b, e in zip(shape, begin, end, strict=True)]
    if min(sizes) < 0:
        raise node.error(f"crops {begin} and {end} cut more than the output {list(shape)}; check the model")
    return _slice(node, value, begin, sizes, [1] * len(shape))


@converter("SpaceToBatch", 2)
def space_to_batch(node: Node) -> SSAValue:
    """A pad with zeros; then, one axis after the other, reshape, transpose, reshape. Source: SpaceToBatch-2."""
    block, begin, end = _blocks(node)
    value = node.build(
        ops.PadOp,
        [node.input(0)],
        {"pads_begin": begin, "pads_end": end, "mode": "constant", "value": 0.0},
    )
    for axis in reversed(range(len(block))):
        shape, size = shape_of(value), block[axis]
        if shape[axis] % size:
            raise node.error(f"blocks {block} do not divide the padded input; check the model")
        if size == 1:
            continue
        before, after = math.prod(shape[1:axis]), math.prod(shape[axis + 1 :])
        value = _reshape(node, value, [shape[0], before, shape[axis] // size, size, after])
        value = node.build(ops.TransposeOp, [value], {"perm": [3, 0, 1, 2, 4]})
        value = _reshape(
            node, value, [shape[0] * size, *shape[1:axis], shape[axis] // size, *shape[axis + 1 :]]
        )
    return value


@converter("ExtractImagePatches", 3)
def extract_image_patches(node: Node) -> SSAValue:
    """A strided slice for each place of the window, joined along the channels. Source: ExtractImagePatches-3."""
    node.expect_inputs(1)
    shape = node.shape(0)
    sizes, strides, rates = (node.integers(name) for name in ("sizes", "strides", "rates"))
    padding = node.choice("auto_pad", ("valid", "same_upper", "same_lower"))
    values = (*sizes, *strides, *rates)
    if len(shape) != 4 or not len(sizes) == len(strides) == len(rates) == 2:
        raise node.error("takes images, and two sizes, strides and rates; check the model")
    if min(values) < 1 or max(values) > MAX_OUTPUTS or sizes[0] * sizes[1] > MAX_OUTPUTS:
        raise node.error(f"sizes, strides and rates {list(values)} are out of range; check the model")
    begin, end, places = [0, 0], [0, 0], [0, 0]
    for i, (size, stride, rate) in enumerate(zip(sizes, strides, rates, strict=True)):
        dim, window = shape[2 + i], (size - 1) * rate + 1
        if padding == "valid":
            places[i] = max((dim - window) // stride + 1, 0)
            continue
        places[i] = -(-dim // stride)
        total = max((places[i] - 1) * stride + window - dim, 0)
        begin[i] = total // 2 if padding == "same_upper" else total - total // 2
        end[i] = total - begin[i]
    value = node.build(
        ops.PadOp,
        [node.input(0)],
        {"pads_begin": [0, 0, *begin], "pads_end": [0, 0, *end], "mode": "constant", "value": 0.0},
    )
    parts = [
        _slice(
            node,
            value,
            [0, 0, row * rates[0], column * rates[1]],
            [*shape[:2], *places],
            [1, 1, *(stride if place > 1 else 1 for stride, place in zip(strides, places, strict=True))],
        )
        for row in range(sizes[0])
        for column in range(sizes[1])
    ]
    return node.build(ops.ConcatOp, [parts], {"axis": 1})

"""Operators that move elements, against OpenVINO."""

from __future__ import annotations

from typing import Any

import numpy as np
import openvino as ov
from hypothesis import strategies as st
from openvino.utils.node_factory import NodeFactory
from sweeps import Array, Case, Sweep
from unit.sweeps.movement_operands import ELEMENTS, filled, shapes

sweep = Sweep()

op = ov.opset11


def integers(*values: int) -> Any:
    """A constant list of i64."""
    if not values:
        return ov.op.Constant(ov.Type.i64, ov.Shape([0]), [])
    return op.constant(np.array(values, np.int64))


def tensor(draw: st.DrawFn, least: int = 1, most: int = 5) -> Array:
    """A tensor of any element type."""
    return filled(draw, draw(shapes(least, most)), draw(st.sampled_from(ELEMENTS)))


def signed(draw: st.DrawFn, axis: int, rank: int) -> int:
    """An axis, maybe counted from the end."""
    return axis - rank if draw(st.booleans()) else axis


@sweep.operator("Reshape", examples=30)
@st.composite
def reshape(draw: st.DrawFn) -> Case:
    x = tensor(draw)
    target = draw(st.permutations(x.shape))
    special = draw(st.booleans())
    if draw(st.booleans()):
        split = draw(st.integers(0, len(target) - 1))
        target = [*target[:split], 1, *target[split:]]
    pattern = list(target)
    if special:
        pattern = [0 if i < x.ndim and x.shape[i] == t else t for i, t in enumerate(pattern)]
    if draw(st.booleans()):
        pattern[draw(st.integers(0, len(pattern) - 1))] = -1
    return Case(lambda x: op.reshape(x, integers(*pattern), special), [x], note=f"{pattern}")


@sweep.operator("Squeeze")
@st.composite
def squeeze(draw: st.DrawFn) -> Case:
    x = tensor(draw)
    ones = [i for i, d in enumerate(x.shape) if d == 1]
    axes = [signed(draw, i, x.ndim) for i in ones if draw(st.booleans())]
    if axes and draw(st.booleans()):
        return Case(lambda x: ov.opset1.squeeze(x, integers(*axes)), [x], note=f"{axes}")
    if draw(st.booleans()):
        every = [signed(draw, i, x.ndim) for i in range(x.ndim) if draw(st.booleans())] or [0]
        return Case(lambda x: ov.opset15.squeeze(x, integers(*every), True), [x], note=f"{every} skip")
    return Case(lambda x: ov.opset15.squeeze(x), [x])


@sweep.operator("Unsqueeze")
@st.composite
def unsqueeze(draw: st.DrawFn) -> Case:
    x = tensor(draw, 0, 4)
    rank = x.ndim + draw(st.integers(1, 3))
    axes = draw(st.permutations(range(rank)))[: rank - x.ndim]
    axes = [signed(draw, axis, rank) for axis in axes]
    return Case(lambda x: ov.opset1.unsqueeze(x, integers(*axes)), [x], note=f"{axes}")


@sweep.operator("Transpose", examples=40, emitted=12)
@st.composite
def transpose(draw: st.DrawFn) -> Case:
    x = tensor(draw, 1, 6)
    order = draw(st.permutations(range(x.ndim)))
    order = [] if draw(st.integers(0, 4)) == 0 else order
    return Case(lambda x: op.transpose(x, integers(*order)), [x], note=f"{order}")


@sweep.operator("Concat", examples=30, emitted=8)
@st.composite
def concat(draw: st.DrawFn) -> Case:
    x = tensor(draw)
    axis = draw(st.integers(0, x.ndim - 1))
    parts = [x]
    for _ in range(draw(st.integers(0, 3))):
        extent = draw(st.sampled_from([0, 1, 2, 9]))
        parts.append(filled(draw, (*x.shape[:axis], extent, *x.shape[axis + 1 :]), x.dtype))
    axis = signed(draw, axis, x.ndim)
    return Case(lambda *xs: op.concat(list(xs), axis), [p for p in parts if p.size], note=f"axis {axis}")


@st.composite
def bounds(draw: st.DrawFn, extent: int) -> tuple[int, int, int]:
    """Begin, end and step of a selection that may reach beyond the axis, and takes something."""
    while True:
        begin, end = (draw(st.integers(-extent - 2, extent + 2)) for _ in range(2))
        step = draw(st.sampled_from([1, 1, 2, 3, -1, -2]))
        if len(range(extent)[begin:end:step]):
            return begin, end, step


@sweep.operator("StridedSlice", examples=80, emitted=15)
@st.composite
def strided_slice(draw: st.DrawFn) -> Case:
    x = tensor(draw, 1, 4)
    begin: list[int] = []
    end: list[int] = []
    step: list[int] = []
    masks: dict[str, list[int]] = {
        name: [] for name in ("begin_mask", "end_mask", "new_axis_mask", "shrink_axis_mask", "ellipsis_mask")
    }

    def add(bounds: tuple[int, int, int], **given: int) -> None:
        for values, value in zip((begin, end, step), bounds, strict=True):
            values.append(value)
        for name, mask in masks.items():
            mask.append(given.get(name, 0))

    used = draw(st.integers(0, x.ndim))
    ellipsis = draw(st.one_of(st.none(), st.integers(0, used)))
    places = (
        list(range(used))
        if ellipsis is None
        else [*range(ellipsis), *range(x.ndim - used + ellipsis, x.ndim)]
    )
    for place, axis in enumerate(places):
        if place == ellipsis:
            add((0, 0, 1), ellipsis_mask=1)
        if draw(st.integers(0, 5)) == 0:
            add((0, 0, 1), new_axis_mask=1)
        extent = x.shape[axis]
        kind = draw(st.sampled_from(["plain", "plain", "masked", "shrink"]))
        if kind == "shrink":
            at = draw(st.integers(-extent, extent - 1))
            add((at, at + 1, 1), shrink_axis_mask=1)
        elif kind == "masked":
            first, last, by = draw(bounds(extent))
            open_begin = draw(st.booleans())
            open_end = draw(st.booleans())
            taken = range(extent)[None if open_begin else first : None if open_end else last : by]
            if taken:
                add((first, last, by), begin_mask=int(open_begin), end_mask=int(open_end))
            else:
                add((0, 0, 1), begin_mask=1, end_mask=1)
        else:
            add(draw(bounds(extent)))
    if ellipsis == used:
        add((0, 0, 1), ellipsis_mask=1)
    if not begin:
        add((0, 0, 1), begin_mask=1, end_mask=1)

    def build(x: Any) -> Any:
        return op.strided_slice(
            x,
            integers(*begin),
            integers(*end),
            integers(*step),
            masks["begin_mask"],
            masks["end_mask"],
            masks["new_axis_mask"],
            masks["shrink_axis_mask"],
            masks["ellipsis_mask"],
        )

    return Case(build, [x], note=f"{begin} {end} {step} {masks}")


@sweep.operator("Slice", examples=40, emitted=10)
@st.composite
def slice_(draw: st.DrawFn) -> Case:
    x = tensor(draw, 1, 5)
    axes = draw(st.permutations(range(x.ndim)))[: draw(st.integers(1, x.ndim))]
    given = [draw(bounds(x.shape[axis])) for axis in axes]
    begin, end, step = (integers(*values) for values in zip(*given, strict=True))
    axes = [signed(draw, axis, x.ndim) for axis in axes]
    return Case(lambda x: ov.opset8.slice(x, begin, end, step, integers(*axes)), [x], note=f"{given} {axes}")


@sweep.operator("Split")
@st.composite
def split(draw: st.DrawFn) -> Case:
    x = tensor(draw)
    axis = draw(st.integers(0, x.ndim - 1))
    parts = draw(st.sampled_from([n for n in range(1, x.shape[axis] + 1) if x.shape[axis] % n == 0]))
    axis = signed(draw, axis, x.ndim)
    return Case(lambda x: op.split(x, np.int64(axis), parts), [x], note=f"axis {axis} parts {parts}")


@sweep.operator("VariadicSplit")
@st.composite
def variadic_split(draw: st.DrawFn) -> Case:
    x = tensor(draw)
    axis = draw(st.integers(0, x.ndim - 1))
    lengths: list[int] = []
    while sum(lengths) < x.shape[axis]:
        lengths.append(draw(st.integers(1, x.shape[axis] - sum(lengths))))
    if draw(st.booleans()):
        lengths[draw(st.integers(0, len(lengths) - 1))] = -1
    axis = signed(draw, axis, x.ndim)
    return Case(
        lambda x: op.variadic_split(x, np.int64(axis), integers(*lengths)), [x], note=f"{axis} {lengths}"
    )


@sweep.operator("Gather", examples=60, emitted=12)
@st.composite
def gather(draw: st.DrawFn) -> Case:
    x = tensor(draw)
    axis = draw(st.integers(0, x.ndim - 1))
    version = draw(st.sampled_from([1, 7, 8]))
    batch = draw(st.integers(0, axis)) if version > 1 else 0
    rest = draw(st.sampled_from([(), (1,), (4,), (2, 3)]))
    low = -x.shape[axis] if version == 8 else 0
    rng = np.random.default_rng(draw(st.integers(0, 2**31)))
    indices = np.asarray(rng.integers(low, x.shape[axis], (*x.shape[:batch], *rest)))
    indices = indices.astype(draw(st.sampled_from([np.int32, np.int64])))
    where = np.int64(signed(draw, axis, x.ndim))
    constant = draw(st.booleans())
    back = batch and draw(st.booleans())
    dims = batch - indices.ndim if back and batch < indices.ndim else batch

    def build(x: Any, i: Any = None) -> Any:
        i = op.constant(indices) if i is None else i
        if version == 8:
            return ov.opset8.gather(x, i, where, dims)
        return ov.opset7.gather(x, i, where, dims) if version == 7 else ov.opset1.gather(x, i, where)

    # The plugin crashes on some small inputs with batch axes.
    expected = None
    if batch:

        def expected(x: Array, i: Array = indices) -> list[Array]:
            node = ov.opset8.gather(op.constant(x), op.constant(i), where, dims)
            output = ov.Tensor(node.output(0).element_type, node.output(0).shape)
            assert node.evaluate([output], [ov.Tensor(x), ov.Tensor(i), ov.Tensor(np.array(where))])
            return [np.array(output.data)]

    if batch and x.dtype not in (np.float32, np.int32, np.int64):
        x = filled(draw, x.shape, np.float32)
    note = f"version {version} axis {where} batch {dims} indices {indices.dtype}{indices.shape}"
    return Case(build, [x] if constant else [x, indices], note=note, expected=expected)


@sweep.operator("Pad", examples=80, emitted=15)
@st.composite
def pad(draw: st.DrawFn) -> Case:
    x = tensor(draw, 1, 4)
    if x.dtype == np.bool_:
        x = x.astype(np.uint8)
    mode = draw(st.sampled_from(["constant", "edge", "reflect", "symmetric"]))
    negative = draw(st.booleans())
    begin: list[int] = []
    end: list[int] = []
    for extent in x.shape:
        most = {"constant": 4, "edge": 4, "reflect": extent - 1, "symmetric": extent}[mode]
        b = draw(st.integers(0, min(most, 5)))
        e = draw(st.integers(0, min(most, 5)))
        if negative and extent > 2 and draw(st.booleans()):
            b, e = draw(st.sampled_from([(-1, e), (b, -1), (-1, -1)]))
        begin.append(b)
        end.append(e)
    value = filled(draw, (), x.dtype) if draw(st.booleans()) else None
    extreme = value is not None and mode == "constant" and draw(st.booleans())
    if extreme:
        most = -np.inf if x.dtype.kind == "f" else np.iinfo(x.dtype).max // 2 + 1
        x = x.astype(np.float32) if x.dtype.kind == "f" else x
        value = np.array(most).astype(x.dtype)
    version = ov.opset12 if negative else ov.opset1

    def build(x: Any) -> Any:
        fill = None if value is None or mode != "constant" else op.constant(value)
        return version.pad(x, integers(*begin), integers(*end), mode, fill)

    # The CPU plugin takes the value through f32.
    def exactly(x: Array) -> list[Array]:
        node = build(op.constant(x))
        output = ov.Tensor(node.output(0).element_type, node.output(0).shape)
        rest = [np.array(begin), np.array(end), value]
        assert node.evaluate([output], [ov.Tensor(x), *(ov.Tensor(np.asarray(a)) for a in rest)])
        return [np.array(output.data)]

    expected = exactly if extreme and x.dtype.kind != "f" else None
    return Case(build, [x], note=f"{mode} {begin} {end} {value}", expected=expected)


@sweep.operator("Tile", examples=30, emitted=8)
@st.composite
def tile(draw: st.DrawFn) -> Case:
    x = tensor(draw, 1, 5)
    repeats = [draw(st.integers(1, 3)) for _ in range(draw(st.integers(1, 5)))]
    return Case(lambda x: op.tile(x, integers(*repeats)), [x], note=f"{repeats}")


@sweep.operator("Broadcast", examples=60, emitted=12)
@st.composite
def broadcast(draw: st.DrawFn) -> Case:
    x = tensor(draw, 0, 4)
    mode = draw(st.sampled_from(["numpy", "bidirectional", "explicit", "explicit-1", "numpy-1"]))
    target = [d if d > 1 else draw(st.integers(1, 4)) for d in x.shape]
    lead = [draw(st.integers(1, 3)) for _ in range(draw(st.integers(0, 2)))]
    if mode.startswith("explicit"):
        rank = x.ndim + len(lead)
        axes = sorted(draw(st.permutations(range(rank)))[: x.ndim])
        new = iter(lead)
        shape = [x.shape[axes.index(i)] if i in axes else next(new) for i in range(rank)]
        version = ov.opset1 if mode.endswith("1") else ov.opset3
        return Case(
            lambda x: version.broadcast(x, integers(*shape), integers(*axes), "explicit"),
            [x],
            note=f"{mode} {shape} {axes}",
        )
    shape = [*lead, *target]
    if mode == "bidirectional":
        shape = [1 if draw(st.integers(0, 3)) == 0 else d for d in shape][draw(st.integers(0, len(shape))) :]
    shape = shape or [1]  # the CPU plugin crashes where a scalar stays one
    version = ov.opset1 if mode.endswith("1") else ov.opset3
    name = mode.removesuffix("-1")
    return Case(lambda x: version.broadcast(x, integers(*shape), None, name), [x], note=f"{mode} {shape}")


@sweep.operator("Reverse")
@st.composite
def reverse(draw: st.DrawFn) -> Case:
    x = tensor(draw, 1, 4)
    axes = [i for i in range(x.ndim) if draw(st.booleans())]
    mode = draw(st.sampled_from(["index", "mask"]))
    given = op.constant(np.array([i in axes for i in range(x.ndim)])) if mode == "mask" else integers(*axes)

    def build(x: Any) -> Any:  # the Python package has no function for it
        return NodeFactory("opset1").create("Reverse", [x.output(0), given.output(0)], {"mode": mode})

    return Case(build, [x], note=f"{mode} {axes}")


@sweep.operator("Roll")
@st.composite
def roll(draw: st.DrawFn) -> Case:
    x = tensor(draw, 1, 4)
    axes = [draw(st.integers(-x.ndim, x.ndim - 1)) for _ in range(draw(st.integers(1, 3)))]
    shifts = [draw(st.integers(-9, 9)) for _ in axes]
    shift = np.array(shifts, np.int64)
    if len(axes) == 1 and draw(st.booleans()):
        shift = shift[0]
    return Case(lambda x: ov.opset7.roll(x, op.constant(shift), integers(*axes)), [x], note=f"{shift} {axes}")


def image(draw: st.DrawFn, channels: int, *spatial: int) -> Array:
    """A batch of images."""
    shape = (draw(st.integers(1, 2)), channels, *spatial)
    return filled(
        draw, shape, draw(st.sampled_from([np.float32, np.float32, np.int32, np.uint8, np.float16]))
    )


@sweep.operator("SpaceToDepth")
@st.composite
def space_to_depth(draw: st.DrawFn) -> Case:
    block, rank = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    x = image(draw, draw(st.integers(1, 3)), *(block * draw(st.integers(1, 3)) for _ in range(rank)))
    mode = draw(st.sampled_from(["blocks_first", "depth_first"]))
    return Case(lambda x: op.space_to_depth(x, mode, block), [x], note=f"{mode} {block}")


@sweep.operator("DepthToSpace")
@st.composite
def depth_to_space(draw: st.DrawFn) -> Case:
    block, rank = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    x = image(draw, draw(st.integers(1, 3)) * block**rank, *(draw(st.integers(1, 3)) for _ in range(rank)))
    mode = draw(st.sampled_from(["blocks_first", "depth_first"]))
    return Case(lambda x: op.depth_to_space(x, mode, block), [x], note=f"{mode} {block}")


@sweep.operator("ShuffleChannels")
@st.composite
def shuffle_channels(draw: st.DrawFn) -> Case:
    x = tensor(draw, 1, 5)
    axis = draw(st.integers(0, x.ndim - 1))
    group = draw(st.sampled_from([n for n in range(1, x.shape[axis] + 1) if x.shape[axis] % n == 0]))
    axis = signed(draw, axis, x.ndim)
    return Case(lambda x: op.shuffle_channels(x, axis, group), [x], note=f"{axis} {group}")


@sweep.operator("ReorgYolo")
@st.composite
def reorg_yolo(draw: st.DrawFn) -> Case:
    stride = draw(st.integers(1, 3))
    channels = draw(st.integers(1, 3)) * stride**2
    x = filled(
        draw,
        (draw(st.integers(1, 2)), channels, *(stride * draw(st.integers(1, 4)) for _ in range(2))),
        np.float32,
    )
    return Case(lambda x: ov.opset2.reorg_yolo(x, [stride, stride]), [x], note=f"{stride}")


@sweep.operator("BatchToSpace", examples=30)
@st.composite
def batch_to_space(draw: st.DrawFn) -> Case:
    rank = draw(st.sampled_from([4, 4, 5, 3]))
    block = [1] + [draw(st.integers(1, 2)) for _ in range(rank - 1)]
    shape = [draw(st.integers(1, 2)) * int(np.prod(block))] + [
        draw(st.integers(2, 4)) for _ in range(rank - 1)
    ]
    begin = [0] + [draw(st.integers(0, 1)) for _ in range(rank - 1)]
    end = [0] + [draw(st.integers(0, 1)) if b < 2 else 0 for b in begin[1:]]
    x = filled(draw, tuple(shape), draw(st.sampled_from([np.float32, np.int32, np.uint8])))
    lists = [integers(*v) for v in (block, begin, end)]
    return Case(lambda x: ov.opset2.batch_to_space(x, *lists), [x], note=f"{block} {begin} {end}")


@sweep.operator("SpaceToBatch", examples=30)
@st.composite
def space_to_batch(draw: st.DrawFn) -> Case:
    rank = draw(st.sampled_from([4, 4, 5, 3]))
    block = [1] + [draw(st.integers(1, 2)) for _ in range(rank - 1)]
    padded = [draw(st.integers(2, 3)) * b for b in block]
    begin = [0] + [draw(st.integers(0, 1)) for _ in range(rank - 1)]
    shape = [p - b for p, b in zip(padded, begin, strict=True)]
    end = [0] + [draw(st.integers(0, 1)) if s > 1 else 0 for s in shape[1:]]
    shape = [s - e for s, e in zip(shape, end, strict=True)]
    x = filled(draw, tuple(shape), draw(st.sampled_from([np.float32, np.int32, np.uint8])))
    lists = [integers(*v) for v in (block, begin, end)]
    return Case(lambda x: ov.opset2.space_to_batch(x, *lists), [x], note=f"{block} {begin} {end}")


@sweep.operator("ExtractImagePatches")
@st.composite
def extract_image_patches(draw: st.DrawFn) -> Case:
    height, width = draw(st.integers(5, 11)), draw(st.integers(5, 11))
    x = filled(draw, (draw(st.integers(1, 2)), draw(st.integers(1, 3)), height, width), np.float32)
    sizes, strides, rates = ([draw(st.integers(1, 3)) for _ in range(2)] for _ in range(3))
    rates = [1 if (s - 1) * r + 1 > 5 else r for s, r in zip(sizes, rates, strict=True)]
    pads = draw(st.sampled_from(["valid", "same_upper", "same_lower"]))
    return Case(
        lambda x: ov.opset3.extract_image_patches(x, sizes, strides, rates, pads),
        [x],
        note=f"{sizes} {strides} {rates} {pads}",
    )


EQUATIONS = [
    "ij,jk->ik",
    "bij,bjk->bik",
    "ij->ji",
    "ij->",
    "ii->i",
    "ii->",
    "i,j->ij",
    "i,i->",
    "ijk,jk->i",
    "bhid,bhjd->bhij",
    "bhij,bjhd->bihd",
    "ab,bc,cd->ad",
    "ab,cb",
    "abc,cd,eb->ade",
    "iji->j",
    "ij,ij->ij",
    "...ij,...jk->...ik",
    "a...,a...->...",
    "ab,ac->cab",
]


@sweep.operator("Einsum", examples=60, emitted=15)
@st.composite
def einsum(draw: st.DrawFn) -> Case:
    equation = draw(st.sampled_from(EQUATIONS))
    sizes = {label: draw(st.integers(1, 5)) for label in "abcdehijk"}
    hidden = [draw(st.integers(1, 3)) for _ in range(draw(st.integers(0, 2)))]
    dtype = draw(st.sampled_from([np.float32, np.float32, np.int32]))
    xs: list[Array] = []
    for part in equation.partition("->")[0].split(","):
        shape: list[int] = []
        for label in part.replace("...", "."):
            shape += hidden if label == "." else [sizes[label]]
        xs.append(filled(draw, tuple(shape), dtype))
    if "..." in equation and hidden and draw(st.booleans()):
        place = equation.index("...")
        xs[0] = xs[0].take([0], axis=place)
    return Case(lambda *xs: ov.opset7.einsum(list(xs), equation), xs, note=equation)


@sweep.operator("Eye")
@st.composite
def eye(draw: st.DrawFn) -> Case:
    rows, columns, diagonal = (draw(st.integers(low, 6)) for low in (1, 1, -7))
    batch = draw(st.sampled_from([None, [2], [1, 3]]))
    kind = draw(st.sampled_from(["f32", "i32", "i64", "u8", "i8", "f64"]))
    rest = [] if batch is None else [integers(*batch)]
    given = [op.constant(np.array(v, np.int64)) for v in (rows, columns, diagonal)]
    return Case(
        lambda: ov.opset9.eye(*given, kind, *rest), [], note=f"{rows} {columns} {diagonal} {batch} {kind}"
    )


@sweep.operator("ConvertLike")
@st.composite
def convert_like(draw: st.DrawFn) -> Case:
    x = tensor(draw)
    like = filled(draw, (1,), draw(st.sampled_from([np.float32, np.float64, np.int32, np.int64])))
    return Case(lambda x: op.convert_like(x, op.constant(like)), [x], note=f"{like.dtype}")


test_interpreter, test_emitted = sweep.tests()

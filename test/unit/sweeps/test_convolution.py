"""Convolutions of every kind against OpenVINO."""

from __future__ import annotations

from typing import Any

import numpy as np
import openvino as ov
from hypothesis import strategies as st
from sweeps import Case, Sweep, numbers, seeds
from unit.sweeps.lowered import check_lowered

sweep = Sweep()

AUTO_PAD = ("explicit", "same_upper", "same_lower", "valid")
small = st.integers(1, 3)


def lists(draw: st.DrawFn, values: st.SearchStrategy[int], count: int) -> list[int]:
    return [draw(values) for _ in range(count)]


def channels(draw: st.DrawFn) -> int:
    """Few, odd ones, and more than a vector or a panel holds."""
    return draw(st.sampled_from([1, 2, 3, 4, 5, 8, 15, 16, 17, 24, 33, 40, 64]))


def weights(draw: st.DrawFn, array: Any) -> tuple[bool, list[Any]]:
    """Whether the filter is computed at run time, and what is then an input."""
    given = draw(st.sampled_from([False, False, True]))
    return given, [array] if given else []


def window(draw: st.DrawFn, spatial: int) -> tuple[list[int], list[int], list[int], list[int], list[int]]:
    """Kernel, strides, dilations, pads."""
    kernel = lists(draw, st.sampled_from([1, 2, 3, 3, 4, 5, 7] if spatial < 3 else [1, 2, 3]), spatial)
    strides = lists(draw, st.sampled_from([1, 1, 2, 3]), spatial)
    dilations = lists(draw, st.sampled_from([1, 1, 1, 2, 3]), spatial)
    pads = st.integers(0, 3)
    return kernel, strides, dilations, lists(draw, pads, spatial), lists(draw, pads, spatial)


def sizes_for(
    draw: st.DrawFn, kernel: list[int], dilations: list[int], begin: list[int], end: list[int], most: int
) -> list[int]:
    """Input sizes that a window fits in, however it is padded."""
    reach = [(k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True)]
    return [max(r, 1) + draw(st.integers(0, most)) for r in reach]


def tolerance(*extents: int) -> dict[str, float]:
    """Rounding grows with the number of products in a sum; Winograd transforms lose some bits more."""
    return {"rtol": 1e-5, "atol": 2e-6 * float(np.prod(extents)) ** 0.5 * 20}


def convolution(draw: st.DrawFn, spatial: int, groups: int, inputs: int, outputs: int) -> Case:
    kernel, strides, dilations, begin, end = window(draw, spatial)
    sizes = sizes_for(draw, kernel, dilations, begin, end, 12 if spatial < 3 else 4)
    auto_pad = draw(st.sampled_from(AUTO_PAD))
    seed = draw(seeds)
    x = numbers(seed, draw(st.sampled_from([1, 1, 2])), groups * inputs, *sizes)
    shape = (groups, outputs, inputs, *kernel) if groups > 1 else (outputs, inputs, *kernel)
    filter = numbers(seed + 1, *shape, low=-1, high=1)
    given, more = weights(draw, filter)
    bias = numbers(seed + 2, 1, groups * outputs, *[1] * spatial) if draw(st.booleans()) else None
    relu = draw(st.booleans())

    def build(x: Any, w: Any = None) -> Any:
        make = ov.opset1.group_convolution if groups > 1 else ov.opset1.convolution
        y = make(x, w if given else filter, strides, begin, end, dilations, auto_pad)
        y = y if bias is None else ov.opset1.add(y, bias)
        return ov.opset1.relu(y) if relu else y

    note = f"{kernel=} {strides=} {dilations=} {begin=} {end=} {auto_pad} {groups=} {outputs=} {given=}"
    return Case(build, [x, *more], note=note, **tolerance(inputs, *kernel))


@sweep.operator("Convolution", examples=40, emitted=14)
@st.composite
def plain(draw: st.DrawFn) -> Case:
    return convolution(draw, draw(st.sampled_from([1, 2, 2, 2])), 1, channels(draw), channels(draw))


@sweep.operator("Convolution 3x3", examples=10, emitted=8)
@st.composite
def winograd(draw: st.DrawFn) -> Case:
    """Kernels that Winograd convolution takes, images large enough that it pays."""
    seed, (h, w) = draw(seeds), (draw(st.integers(4, 30)), draw(st.integers(4, 30)))
    i, o = draw(st.sampled_from([16, 24, 64])), draw(st.sampled_from([16, 45, 64]))
    x, filter = numbers(seed, 1, i, h, w), numbers(seed + 1, o, i, 3, 3, low=-1, high=1)
    pads = draw(st.sampled_from([[0, 0], [1, 1], [2, 2]]))
    return Case(
        lambda x: ov.opset1.convolution(x, filter, [1, 1], pads, pads, [1, 1]),
        [x],
        note=f"{pads=} {o=}",
        **tolerance(i, 3, 3, 4),
    )


ACTIVATIONS = (
    "none",
    "relu",
    "leaky_relu",
    "clamp",
    "sigmoid",
    "tanh",
    "swish",
    "mish",
    "hswish",
    "elu",
    "prelu",
)


def activated(kind: str, x: Any, channels: int) -> Any:
    if kind == "none":
        return x
    if kind == "leaky_relu":
        return ov.opset1.prelu(x, np.array([0.1], np.float32))
    if kind == "prelu":
        return ov.opset1.prelu(x, numbers(channels, channels, low=0, high=1))
    if kind == "clamp":
        return ov.opset1.clamp(x, 0.0, 6.0)
    if kind == "elu":
        return ov.opset1.elu(x, 0.7)
    return getattr(ov.opset8, kind)(x)


@sweep.operator("Convolution with residual", examples=25, emitted=24)
@st.composite
def residual(draw: st.DrawFn) -> Case:
    """`act(conv(x)) + r` and `act(conv(x) + r)` by every algorithm; the residual may die here or be used again."""
    kind = draw(st.sampled_from(["1x1", "3x3", "depthwise", "grouped"]))
    act, last = draw(st.sampled_from(ACTIVATIONS)), draw(st.booleans())
    seed, (h, w) = draw(seeds), (draw(st.integers(4, 20)), draw(st.integers(4, 20)))
    o = draw(st.sampled_from([6, 16, 24, 45, 64]))
    i = o if kind == "depthwise" else draw(st.sampled_from([2, 16, 24]))
    groups = o if kind == "depthwise" else 2 if kind == "grouped" and not o % 2 else 1
    size = 1 if kind == "1x1" else 3
    x, r = numbers(seed, 1, i, h, w), numbers(seed + 1, 1, o, h, w)
    shape = (groups, o // groups, i // groups, size, size) if groups > 1 else (o, i, size, size)
    filter, bias = numbers(seed + 2, *shape, low=-1, high=1), numbers(seed + 3, 1, o, 1, 1)
    twice = draw(st.booleans())

    def build(x: Any, r: Any) -> Any:
        make = ov.opset1.group_convolution if groups > 1 else ov.opset1.convolution
        r = ov.opset1.relu(r)
        y = ov.opset1.add(make(x, filter, [1, 1], [size // 2] * 2, [size // 2] * 2, [1, 1]), bias)
        y = ov.opset1.add(r, activated(act, y, o)) if last else activated(act, ov.opset1.add(y, r), o)
        return [y, ov.opset1.sqrt(r)] if twice else y

    note = f"{kind} {act} {last=} {groups=} {o=} {twice=}"
    return Case(build, [x, r], note=note, **tolerance(i // groups, size, size, 4))


@sweep.operator("Convolution 3D", examples=25, emitted=10)
@st.composite
def volume(draw: st.DrawFn) -> Case:
    groups = draw(st.sampled_from([1, 1, 1, 2, 5]))
    inputs, outputs = draw(st.sampled_from([1, 3, 8])), draw(st.sampled_from([1, 4, 9]))
    return convolution(draw, 3, groups, inputs, outputs)


@sweep.operator("GroupConvolution", examples=30, emitted=10)
@st.composite
def grouped(draw: st.DrawFn) -> Case:
    groups = draw(st.sampled_from([2, 3, 8, 17, 32]))
    depthwise = draw(st.booleans())
    inputs, outputs = (1, 1) if depthwise else (draw(st.integers(1, 5)), draw(st.integers(1, 5)))
    return convolution(draw, draw(st.sampled_from([1, 2, 2, 2])), groups, inputs, outputs)


def transposed(draw: st.DrawFn, spatial: int, groups: int, inputs: int, outputs: int) -> Case:
    kernel, strides, dilations, begin, end = window(draw, spatial)
    sizes = lists(draw, st.integers(1, 9 if spatial < 3 else 4), spatial)
    auto_pad = draw(st.sampled_from(AUTO_PAD))
    extra = [draw(st.integers(0, s - 1)) for s in strides]
    full = [
        (n - 1) * s + (k - 1) * d + 1 for n, s, k, d in zip(sizes, strides, kernel, dilations, strict=True)
    ]
    output_shape = None
    if draw(st.booleans()):
        output_shape = [max(1, f - draw(st.integers(0, 4)) + draw(st.integers(0, 1))) for f in full]
        begin = [min(b, f - 1, o) for b, f, o in zip(begin, full, output_shape, strict=True)]
    else:
        begin = [min(b, (f - 1) // 2) for b, f in zip(begin, full, strict=True)]
        end = [min(e, (f - 1) // 2) for e, f in zip(end, full, strict=True)]
    seed = draw(seeds)
    x = numbers(seed, draw(st.sampled_from([1, 1, 2])), groups * inputs, *sizes)
    shape = (groups, inputs, outputs, *kernel) if groups > 1 else (inputs, outputs, *kernel)
    filter = numbers(seed + 1, *shape, low=-1, high=1)
    given, more = weights(draw, filter)
    bias = numbers(seed + 2, 1, groups * outputs, *[1] * spatial) if draw(st.booleans()) else None
    relu = draw(st.booleans())

    def build(x: Any, w: Any = None) -> Any:
        make = (
            ov.opset1.group_convolution_backprop_data if groups > 1 else ov.opset1.convolution_backprop_data
        )
        w = w if given else filter
        where = {"pads_begin": begin, "pads_end": end, "dilations": dilations, "auto_pad": auto_pad}
        shape = None if output_shape is None else np.array(output_shape, np.int64)
        y = make(x, w, strides, shape, **where, output_padding=extra)
        y = y if bias is None else ov.opset1.add(y, bias)
        return ov.opset1.relu(y) if relu else y

    note = (
        f"{kernel=} {strides=} {dilations=} {begin=} {end=} {auto_pad} {extra=} {output_shape=} {groups=} {outputs=} "
        f"{given=}"
    )
    return Case(build, [x, *more], note=note, **tolerance(inputs, *kernel))


@sweep.operator("ConvolutionBackpropData", examples=40, emitted=16)
@st.composite
def backprop(draw: st.DrawFn) -> Case:
    return transposed(draw, draw(st.sampled_from([1, 2, 2, 2])), 1, channels(draw), channels(draw))


@sweep.operator("ConvolutionBackpropData 3D", examples=15, emitted=6)
@st.composite
def backprop_3d(draw: st.DrawFn) -> Case:
    return transposed(draw, 3, draw(st.sampled_from([1, 1, 3])), draw(small), draw(st.integers(1, 9)))


@sweep.operator("GroupConvolutionBackpropData", examples=30, emitted=10)
@st.composite
def grouped_backprop(draw: st.DrawFn) -> Case:
    groups = draw(st.sampled_from([2, 3, 8, 17, 32]))
    depthwise = draw(st.booleans())
    inputs, outputs = (1, 1) if depthwise else (draw(st.integers(1, 5)), draw(st.integers(1, 5)))
    return transposed(draw, draw(st.sampled_from([1, 2, 2, 2])), groups, inputs, outputs)


@sweep.operator("DeformableConvolution", examples=40, emitted=10)
@st.composite
def deformable(draw: st.DrawFn) -> Case:
    kernel, strides, dilations, begin, end = window(draw, 2)
    sizes = sizes_for(draw, kernel, dilations, begin, end, 6)
    group, deformable_group = draw(st.sampled_from([1, 1, 2])), draw(st.sampled_from([1, 1, 2, 4]))
    inputs, outputs = 4 * draw(st.integers(1, 4)), 2 * draw(st.integers(1, 9))
    auto_pad = draw(st.sampled_from(AUTO_PAD))
    newer, border = draw(st.booleans()), draw(st.booleans())
    masked = newer and draw(st.booleans())
    seed, images = draw(seeds), draw(st.sampled_from([1, 1, 2]))
    x = numbers(seed, images, inputs, *sizes)
    filter = numbers(seed + 1, outputs, inputs // group, *kernel, low=-1, high=1)
    positions = list(
        ov.opset1.convolution(
            ov.opset1.parameter(x.shape, np.float32),
            np.zeros((1, inputs, *kernel), np.float32),
            strides,
            begin,
            end,
            dilations,
            auto_pad,
        ).shape
    )[2:]
    taps = deformable_group * kernel[0] * kernel[1]
    offsets = numbers(seed + 2, images, 2 * taps, *positions, low=-2.5, high=2.5)
    if draw(st.booleans()):
        offsets = np.round(offsets)
    mask = [numbers(seed + 3, images, taps, *positions, low=0, high=1)] if masked else []

    def build(x: Any, offsets: Any, *mask: Any) -> Any:
        where = (strides, begin, end, dilations)
        if not newer:
            return ov.opset1.deformable_convolution(
                x, offsets, filter, *where, auto_pad=auto_pad, group=group, deformable_group=deformable_group
            )
        return ov.opset8.deformable_convolution(
            x,
            offsets,
            filter,
            *where,
            mask=mask[0] if mask else None,
            auto_pad=auto_pad,
            group=group,
            deformable_group=deformable_group,
            bilinear_interpolation_pad=border,
        )

    note = f"{kernel=} {strides=} {dilations=} {begin=} {end=} {auto_pad} {group=}"
    note += f" {deformable_group=} {newer=} {border=}"
    return Case(build, [x, offsets, *mask], note=note, **tolerance(inputs, *kernel))


test_interpreter, test_emitted = sweep.tests()


def test_lowered() -> None:
    check_lowered(sweep, 4)

"""FakeQuantize against OpenVINO."""

from __future__ import annotations

from typing import Any

import numpy as np
import openvino as ov
from hypothesis import strategies as st
from sweeps import Array, Case, Sweep, numbers, reference, seeds

sweep = Sweep()
LEVELS = st.sampled_from([2, 3, 4, 15, 16, 127, 128, 255, 256, 1000, 65535, 65536])
SHAPES = [
    (7,),
    (3, 5),
    (1, 8, 9, 11),
    (2, 3, 4, 5),
    (1, 17, 1, 1),
    (4, 3, 3, 3),
    (1, 2, 3, 4, 5),
    (1, 16, 40, 33),
]


def _ranges(draw: st.DrawFn, shape: tuple[int, ...], seed: int) -> tuple[Array, Array, Array, Array]:
    """The input's and the output's bounds: per tensor or per channel, also shifted, empty and the wrong way round."""
    axis = draw(st.sampled_from([None, 0, 1 if len(shape) > 1 else 0]))
    of_channel = [n if i == axis else 1 for i, n in enumerate(shape)]
    few = draw(st.sampled_from([(), (1,), (1,) * len(shape)])) if axis is None else tuple(of_channel)
    low = numbers(seed, *few, low=-2, high=0.5) * np.float32(draw(st.sampled_from([1, 0, 1])))
    high = low + numbers(seed + 1, *few, low=0.1, high=3)
    if draw(st.booleans()):
        out_low, out_high = low, high
    else:
        other = few if draw(st.booleans()) else (1,)
        out_low, out_high = (
            numbers(seed + 2, *other, low=-2, high=0),
            numbers(seed + 3, *other, low=0.1, high=2),
        )
    kind = draw(st.sampled_from(["plain"] * 6 + ["input swapped", "output swapped", "empty"]))
    if kind == "input swapped":
        low, high = high, low
    elif kind == "output swapped":
        out_low, out_high = out_high, out_low
    elif kind == "empty":
        high = low
    return np.asarray(low), np.asarray(high), np.asarray(out_low), np.asarray(out_high)


def _compare(ranges: Any, levels: int) -> Any:
    """Equal up to rounding, but for a few elements that lie half-way between two levels as far as a float can tell."""

    low, high = (np.asarray(bound, np.float64) for bound in ranges[2:4])
    step = float(np.abs(high - low).max()) / (levels - 1)
    # Each side rounds a product and a sum with a bound to f32.
    rounding = 4 * float(np.spacing(np.float32(max(np.abs(low).max(), np.abs(high).max()))))

    def compare(actual: dict[str, Array], expected: Any) -> None:
        (ours,), (theirs,) = actual.values(), expected
        assert ours.shape == theirs.shape and ours.dtype == theirs.dtype
        off = np.abs(ours - theirs)
        far = off > 2e-6 + 1e-5 * np.abs(theirs)
        assert (off[far] <= step + rounding).all(), f"off by {off.max()}, a level is {step}"
        assert far.sum() <= max(1, ours.size // 200), f"{far.sum()} of {ours.size} on another level"

    return compare


@sweep.operator("FakeQuantize", examples=60, emitted=20)
@st.composite
def fake_quantize(draw: st.DrawFn) -> Case:
    """Constant ranges, as in files; against the reference, which differs from the plugin where it is wrong."""
    shape, levels, seed = draw(st.sampled_from(SHAPES)), draw(LEVELS), draw(seeds)
    ranges = _ranges(draw, shape, seed)
    x = numbers(seed + 9, *shape, low=-3, high=4)

    def build(value: Any) -> Any:
        return ov.opset8.fake_quantize(value, *[ov.opset8.constant(a) for a in ranges], levels)

    return Case(
        build,
        [x],
        expected=reference_with(ranges, levels),
        compare=_compare(ranges, levels),
        note=f"{levels} {ranges}",
    )


def reference_with(ranges: Any, levels: int) -> Any:
    """The reference takes all five as inputs: it does not look into constants."""
    return lambda x: reference(lambda *five: ov.opset8.fake_quantize(*five, levels))(x, *ranges)


@sweep.operator("FakeQuantize with ranges that are inputs", examples=20, emitted=6)
@st.composite
def variable_ranges(draw: st.DrawFn) -> Case:
    """Ranges need not be constant."""
    shape, levels, seed = draw(st.sampled_from(SHAPES)), draw(LEVELS), draw(seeds)
    ranges = _ranges(draw, shape, seed)
    x = numbers(seed + 9, *shape, low=-3, high=4)

    def build(*five: Any) -> Any:
        return ov.opset8.fake_quantize(*five, levels)

    return Case(
        build,
        [x, *ranges],
        expected=reference(build),
        compare=_compare(ranges, levels),
        note=f"{levels} {ranges}",
    )


@sweep.operator("FakeQuantize of a constant", examples=20, emitted=4)
@st.composite
def weights(draw: st.DrawFn) -> Case:
    """Weights are folded: to the bit as OpenVINO folds them."""
    seed, channels, levels = draw(seeds), draw(st.integers(1, 70)), draw(st.sampled_from([255, 256]))
    w = numbers(seed, channels, 3, 3, 3)
    high = np.abs(w).max(axis=(1, 2, 3), keepdims=True)
    ranges = [ov.opset8.constant(a) for a in (-high, high, -high, high)]

    def build(x: Any) -> Any:
        return ov.opset8.add(x, ov.opset8.fake_quantize(ov.opset8.constant(w), *ranges, levels))

    folded = reference_with((-high, high, -high, high), levels)(w)[0]
    return Case(build, [np.zeros((1, 1, 1, 1), np.float32)], rtol=0, atol=0, expected=lambda x: [x + folded])


test_interpreter, test_emitted = sweep.tests()

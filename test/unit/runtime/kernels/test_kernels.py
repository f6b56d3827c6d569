"""The CPU kernels against NumPy, on every instruction set of this machine and under sanitizers."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from arhat.emit.cpu import packing

from .conftest import Floats, Harness, Kernel

SENTINEL = np.float32(-12345.5)  # what no kernel may change
RANDOM = np.random.default_rng(7)
ACTS = ["none", "relu", "leaky_relu", "clamp", "sigmoid", "elu", "tanh", "swish", "hswish", "mish", "prelu"]
PARAMETERS = {"leaky_relu": (0.1, 0.0), "clamp": (-0.5, 1.5), "elu": (0.7, 0.0), "swish": (1.3, 0.0)}


def random(*shape: int) -> Floats:
    return RANDOM.standard_normal(shape).astype(np.float32)


def activation(x: np.ndarray, act: str, slope: Floats | None = None) -> np.ndarray:
    """`x` is [..., channels], in double precision."""
    a, b = PARAMETERS.get(act, (0.0, 0.0))

    def sigmoid(z: np.ndarray) -> np.ndarray:
        return 1 / (1 + np.exp(-z))

    match act:
        case "none":
            return x
        case "relu":
            return np.maximum(x, 0)
        case "leaky_relu":
            return np.where(x >= 0, x, a * x)
        case "clamp":
            return np.clip(x, a, b)
        case "sigmoid":
            return sigmoid(x)
        case "elu":
            return np.where(x >= 0, x, a * np.expm1(x))
        case "tanh":
            return np.tanh(x)
        case "swish":
            return x * sigmoid(a * x)
        case "hswish":
            return x * np.clip(x + 3, 0, 6) / 6
        case "mish":
            return x * np.tanh(np.log1p(np.exp(x)))
        case "prelu":
            assert slope is not None
            return np.where(x >= 0, x, slope * x)
    raise AssertionError(act)


@dataclass(frozen=True)
class Layout:
    """How an nhwc value lies in its buffer; `pixel` 0 is dense, "round" a multiple of 16."""

    halo: tuple[int, int, int, int] = (0, 0, 0, 0)
    rounded: bool = True
    slice_of: int = 0  # channels of the buffer that this value is a slice of
    offset: int = 0  # first channel of the slice


class View:
    """A value in a buffer that is otherwise filled with sentinels."""

    def __init__(self, number: int, shape: tuple[int, int, int, int], layout: Layout) -> None:
        n, h, w, c = shape
        top, left, bottom, right = layout.halo
        channels = layout.slice_of or c
        self.shape, self.number = shape, number
        self.pixel = -(-channels // 16) * 16 if layout.rounded else channels
        if self.pixel % 512 == 0 and layout.rounded:
            self.pixel += 16
        if layout.slice_of:
            self.lanes = c
        else:
            self.lanes = -(-c // 16) * 16 if layout.rounded else c
        self.row = (left + w + right) * self.pixel
        self.image = (top + h + bottom) * self.row
        self.buffer = np.full(n * self.image, SENTINEL)
        whole = self.buffer.reshape(n, top + h + bottom, left + w + right, self.pixel)
        self.offset = top * self.row + left * self.pixel + layout.offset
        rows, columns = slice(top, top + h), slice(left, left + w)
        self.inside = (slice(None), rows, columns, slice(layout.offset, layout.offset + c))
        self.writable = np.zeros(whole.shape, bool)
        self.writable[:, rows, columns, layout.offset : layout.offset + self.lanes] = True
        self.whole = whole

    def put(self, values: Floats) -> View:
        """Stores the value and a halo of zeros around it."""
        self.whole[..., self.inside[3]] = 0
        self.whole[self.inside] = values
        return self

    def integers(self) -> list[int]:
        return [self.number, self.offset, self.image, self.row, self.pixel, self.lanes]

    def taken(self, answer: Floats) -> Floats:
        """The value in what came back, after checking that nothing else was written."""
        result = answer.reshape(self.whole.shape)
        assert np.array_equal(result[~self.writable], self.whole[~self.writable])
        return result[self.inside]


NO_VIEW = [-1, 0, 0, 0, 0, 0]


@dataclass(frozen=True)
class Conv:
    """One convolution; everything that matters is in its name."""

    kernel: Kernel
    i: int
    o: int
    h: int = 5
    w: int = 5
    k: tuple[int, int] = (3, 3)
    stride: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    pad: tuple[int, int, int, int] = (1, 1, 1, 1)
    n: int = 1
    groups: int = 1
    act: str = "none"
    bias: bool = True
    residual: str = ""  # "", "separate", "in place"
    residual_last: bool = False
    x: Layout = field(default_factory=Layout)
    y: Layout = field(default_factory=Layout)
    threads: int = 1
    tuning: tuple[int, int] = (0, 0)

    def __str__(self) -> str:
        changed = {key: value for key, value in self.__dict__.items() if value != getattr(Conv, key, None)}
        changed.pop("kernel")
        text = f"{self.kernel.name.lower()} " + " ".join(f"{key}={value}" for key, value in changed.items())
        return text.replace("Layout", "").replace(", ", ",")


def check_convolution(harness: Harness, case: Conv) -> None:
    top, left, bottom, right = case.pad
    (kh, kw), (sh, sw), (dh, dw) = case.k, case.stride, case.dilation
    oh = (case.h + top + bottom - (kh - 1) * dh - 1) // sh + 1
    ow = (case.w + left + right - (kw - 1) * dw - 1) // sw + 1
    per_group = case.i // case.groups
    x, filters = random(case.n, case.h, case.w, case.i), random(case.o, per_group, kh, kw)
    bias = random(case.o) if case.bias else None
    slope = random(case.o) if case.act == "prelu" else None
    residual = random(case.n, oh, ow, case.o) if case.residual else None

    padded = np.pad(x.astype(np.float64), ((0, 0), (top, bottom), (left, right), (0, 0)))
    windows = sliding_window_view(padded, ((kh - 1) * dh + 1, (kw - 1) * dw + 1), axis=(1, 2))
    windows = windows[:, ::sh, ::sw, :, ::dh, ::dw]  # n oh ow i kh kw
    grouped = windows.reshape(case.n, oh, ow, case.groups, per_group, kh, kw)
    by_group = filters.astype(np.float64).reshape(case.groups, -1, per_group, kh, kw)
    want = np.einsum("nhwgikl,goikl->nhwgo", grouped, by_group, optimize=True).reshape(case.n, oh, ow, case.o)
    want = want + (0 if bias is None else bias)
    added = 0 if residual is None else residual
    largest = max(1.0, float(np.abs(want + added).max()))
    if case.residual_last:
        want = activation(want, case.act, slope) + added
    else:
        want = activation(want + added, case.act, slope)

    if case.kernel is Kernel.DEPTHWISE:
        packed = packing.pack_depthwise(filters)
    elif case.kernel is Kernel.GROUPED:
        packed = packing.pack_grouped(filters, case.groups)
    elif case.kernel is Kernel.DIRECT:
        packed = packing.pack_direct(filters)
    else:
        packed = packing.pack_winograd(filters, 2 if case.kernel is Kernel.WINOGRAD2 else 4)
    bias_groups = case.groups if case.kernel is Kernel.GROUPED else 1

    y = View(0, want.shape, case.y)
    x_view = View(1, x.shape, replace(case.x, halo=case.pad)).put(x)
    buffers = [y.buffer, x_view.buffer, packed.reshape(-1)]
    integers = [case.n, case.h, case.w, case.i, oh, ow, case.o, kh, kw, sh, sw, dh, dw, top, left]
    integers += [*x_view.integers(), *y.integers(), 2]
    if bias is None:
        integers.append(-1)
    else:
        integers.append(len(buffers))
        buffers.append(packing.pack_channels(bias, bias_groups))
    if residual is None:
        integers += NO_VIEW
    elif case.residual == "in place":
        y.whole[y.inside] = residual
        integers += y.integers()
    else:
        residual_view = View(len(buffers), want.shape, Layout(rounded=case.residual == "separate"))
        buffers.append(residual_view.put(residual).buffer)
        integers += residual_view.integers()
    integers.append(ACTS.index(case.act))
    if slope is None:
        integers.append(-1)
    else:
        integers.append(len(buffers))
        buffers.append(packing.pack_channels(slope, bias_groups))
    integers += [int(case.residual_last), case.groups, *case.tuning]
    answer = harness.run(case.kernel, integers, buffers, PARAMETERS.get(case.act, (0.0, 0.0)), case.threads)
    got = y.taken(answer)
    # Rounding grows with the number of terms; the transforms of F(4,3) lose two more bits.
    terms = per_group * kh * kw
    loss = {Kernel.WINOGRAD2: 3, Kernel.WINOGRAD4: 10}.get(case.kernel, 1)
    tolerance = loss * 2**-22 * math.sqrt(terms) * largest
    np.testing.assert_allclose(got, want, rtol=2**-21, atol=tolerance)


D, W2, W4, DW, G = Kernel.DIRECT, Kernel.WINOGRAD2, Kernel.WINOGRAD4, Kernel.DEPTHWISE, Kernel.GROUPED
DENSE = Layout(rounded=False)
POINT = dict(k=(1, 1), pad=(0, 0, 0, 0))

DIRECT_CASES = [
    *[Conv(D, 16, o) for o in (1, 2, 7, 8, 9, 16, 17, 24, 31, 32, 33, 48, 70)],
    *[Conv(D, 5, o, y=DENSE) for o in (1, 3, 8, 13, 16, 20, 32, 45)],
    *[Conv(D, i, 20) for i in (1, 3, 4, 24)],
    *[Conv(D, i, 20, x=DENSE, k=(5, 3), pad=(2, 1, 2, 1)) for i in (1, 3, 4, 16)],
    *[Conv(D, 6, 18, h=3, w=w) for w in (1, 2, 3, 4, 6, 7, 8, 13, 14, 15, 29)],
    *[Conv(D, 24, 40, h=7, w=7, **POINT, n=n) for n in (1, 3)],
    Conv(D, 24, 40, h=7, w=7, **POINT, n=2, y=Layout(halo=(1, 1, 1, 1))),
    Conv(D, 24, 40, h=8, w=7, **POINT, stride=(2, 2), n=2),
    Conv(D, 24, 40, h=8, w=9, stride=(2, 2), pad=(0, 0, 1, 1)),
    Conv(D, 3, 40, h=23, w=21, k=(7, 7), stride=(2, 2), pad=(3, 3, 3, 3), x=DENSE),
    Conv(D, 8, 12, h=11, w=12, dilation=(2, 3), pad=(2, 3, 2, 3)),
    Conv(D, 8, 12, h=11, w=12, dilation=(2, 3), pad=(2, 3, 2, 3), x=DENSE),
    Conv(D, 8, 12, h=9, w=9, k=(1, 7), pad=(0, 3, 0, 3)),
    Conv(D, 8, 12, h=9, w=9, k=(7, 1), pad=(3, 0, 3, 0), stride=(2, 1)),
    Conv(D, 12, 24, y=Layout(slice_of=64, offset=16)),
    Conv(D, 12, 23, y=Layout(slice_of=64, offset=17, halo=(1, 2, 3, 1))),
    Conv(D, 16, 23, x=Layout(slice_of=48, offset=16)),
    Conv(D, 12, 23, x=Layout(slice_of=48, offset=5, rounded=False)),
    Conv(D, 512, 40, h=3, w=4, **POINT),
    Conv(D, 16, 40, bias=False),
    Conv(D, 16, 70, h=9, w=9, tuning=(2, 1), threads=2),
    *[Conv(D, 16, o, h=9, w=20, threads=t) for t in (2, 3) for o in (16, 200)],
    *[
        Conv(D, 16, 45, h=6, w=6, act=act, residual=residual, y=y, k=k, pad=pad)
        for act, residual, (y, k, pad) in itertools.product(
            ("none", "relu"),
            ("separate", "dense", "in place"),
            (
                (DENSE, (1, 1), (0, 0, 0, 0)),
                (Layout(), (1, 1), (0, 0, 0, 0)),
                (Layout(halo=(1, 1, 1, 1)), (3, 3), (1, 1, 1, 1)),
            ),
        )
    ],
    *[Conv(D, 4, 45, h=4, w=4, act=act, y=y) for act in ACTS for y in (DENSE, Layout())],
]

WINOGRAD_CASES = [
    *[
        Conv(kernel, 16, 16, h=h, w=w, n=n)
        for kernel in (W2, W4)
        for h, w, n in ((1, 1, 1), (2, 2, 1), (3, 5, 2), (4, 4, 3), (7, 7, 1), (8, 9, 2), (13, 10, 1))
    ],
    *[Conv(kernel, 16, 24, h=41, w=50) for kernel in (W2, W4)],
    *[Conv(kernel, 200, 40, h=41, w=30, threads=t) for kernel in (W2, W4) for t in (1, 2, 3)],
    *[
        Conv(kernel, i, o, y=y)
        for kernel in (W2, W4)
        for i, o in ((3, 1), (20, 45), (512, 16))
        for y in (DENSE, Layout())
    ],
    *[Conv(kernel, 20, 45, h=6, w=6, x=DENSE) for kernel in (W2, W4)],
    *[Conv(kernel, 20, 45, h=6, w=6, x=Layout(slice_of=64, offset=16)) for kernel in (W2, W4)],
    *[
        Conv(kernel, 16, 24, h=6, w=6, y=Layout(slice_of=64, offset=16, halo=(1, 1, 1, 1)))
        for kernel in (W2, W4)
    ],
    *[
        Conv(kernel, 16, 40, h=6, w=7, pad=pad)
        for kernel in (W2, W4)
        for pad in ((0, 0, 0, 0), (2, 2, 2, 2), (0, 1, 2, 1))
    ],
    *[
        Conv(kernel, 16, 45, h=6, w=6, act="relu", residual=residual, y=y)
        for kernel in (W2, W4)
        for residual in ("separate", "dense", "in place")
        for y in (DENSE, Layout())
    ],
    *[Conv(kernel, 4, 45, h=4, w=4, act=act) for kernel in (W2, W4) for act in ACTS],
    *[Conv(W2, 16, 100, h=8, w=8, threads=t, bias=False) for t in (2, 4)],
]

DEPTHWISE_CASES = [
    Conv(DW, c, c, h=h, w=w, k=k, stride=stride, pad=pad, groups=c, y=y)
    for c, (h, w), (k, stride, pad), y in itertools.product(
        (3, 16, 24, 40),
        ((5, 3), (6, 4), (7, 11)),
        (
            ((3, 3), (1, 1), (1, 1, 1, 1)),
            ((3, 3), (2, 2), (0, 0, 1, 1)),
            ((5, 5), (1, 1), (2, 2, 2, 2)),
            ((5, 5), (2, 2), (2, 2, 2, 2)),
            ((7, 7), (1, 1), (3, 3, 3, 3)),
            ((3, 5), (1, 3), (1, 2, 1, 2)),
        ),
        (Layout(), DENSE),
    )
] + [
    *[Conv(DW, 24, 24, h=6, w=9, groups=24, act=act, y=y) for act in ACTS for y in (DENSE, Layout())],
    *[
        Conv(DW, 24, 24, h=6, w=9, groups=24, act="relu", residual=r, y=y)
        for r in ("separate", "in place")
        for y in (DENSE, Layout())
    ],
    Conv(DW, 24, 24, h=9, w=9, groups=24, dilation=(2, 2), pad=(2, 2, 2, 2), n=2),
    Conv(
        DW,
        24,
        24,
        h=9,
        w=9,
        groups=24,
        x=DENSE,
        y=Layout(slice_of=40, offset=3, halo=(1, 1, 1, 1)),
        threads=3,
    ),
    Conv(DW, 24, 24, h=9, w=9, groups=24, bias=False),
]

GROUPED_CASES = [
    Conv(G, 24, 30, groups=2, y=Layout()),
    Conv(G, 24, 30, groups=3, y=DENSE, act="prelu", x=DENSE),
    Conv(G, 64, 64, groups=16, h=6, w=6, act="relu", residual="in place"),
    Conv(G, 32, 64, groups=32, threads=2, h=6, w=6, act="mish"),
    Conv(G, 80, 80, groups=2, stride=(2, 2), n=2, residual="separate"),
]


# act(x) + residual, as Darknet has it. Depthwise convolutions pass over their result again, so it is not the residual.
RESIDUAL_LAST_CASES = [
    Conv(kernel, 16, o, h=6, w=6, act=act, residual=residual, residual_last=True, y=y, groups=groups)
    for kernel, o, groups in ((D, 45, 1), (W2, 45, 1), (W4, 45, 1), (G, 32, 2), (DW, 16, 16))
    for act in ("relu", "leaky_relu", "mish", "prelu")
    for residual in ("separate", "dense", "in place")
    for y in (DENSE, Layout())
    if kernel is not DW or residual != "in place"
]


@pytest.mark.parametrize(
    "case", DIRECT_CASES + WINOGRAD_CASES + DEPTHWISE_CASES + GROUPED_CASES + RESIDUAL_LAST_CASES, ids=str
)
def test_convolution(harness: Harness, case: Conv) -> None:
    check_convolution(harness, case)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(("m", "n", "k"), [(1, 10, 30), (1, 70, 5), (7, 45, 12), (20, 32, 1), (6, 100, 17)])
def test_matmul(harness: Harness, m: int, n: int, k: int, threads: int) -> None:
    a, b, bias, residual = random(m, k + 3), random(k, n), random(n), random(m, n + 1)
    c = np.full((m, n + 2), SENTINEL)
    buffers = [
        c.reshape(-1),
        a.reshape(-1),
        packing.pack_matmul(b).reshape(-1),
        packing.pack_channels(bias),
        residual.reshape(-1),
    ]
    integers = [m, n, k, k + 3, n + 2, 0, 1, 2, 3, 4, 0, 0, 0, n + 1, n, ACTS.index("tanh"), -1, 0]
    got = harness.run(Kernel.MATMUL, integers, buffers, (0.0, 0.0), threads).reshape(m, n + 2)
    want = np.tanh(a[:, :k].astype(np.float64) @ b + bias + residual[:, :n])
    np.testing.assert_allclose(got[:, :n], want, rtol=1e-5, atol=1e-6 * math.sqrt(k))
    assert (got[:, n:] == SENTINEL).all()


@pytest.mark.parametrize("transpose", list(itertools.product((False, True), (False, True))), ids=str)
@pytest.mark.parametrize(
    ("batch_a", "batch_b", "m", "n", "k"),
    [
        ((), (), 7, 45, 12),
        ((3,), (3,), 5, 33, 8),
        ((2, 1), (2, 4), 1, 7, 9),
        ((1, 3), (2, 3), 20, 64, 1),
        ((2,), (1,), 13, 16, 20),
    ],
)
def test_matmul_batched(
    harness: Harness,
    batch_a: tuple[int, ...],
    batch_b: tuple[int, ...],
    m: int,
    n: int,
    k: int,
    transpose: tuple[bool, bool],
) -> None:
    a, b, bias = random(*batch_a, m, k), random(*batch_b, k, n), random(n)
    stored = [
        array.swapaxes(-1, -2).copy() if t else array for array, t in zip((a, b), transpose, strict=True)
    ]
    rows = [
        (1, array.shape[-1]) if t else (array.shape[-1], 1)
        for array, t in zip(stored, transpose, strict=True)
    ]
    batch = np.broadcast_shapes(batch_a, batch_b)
    integers = [m, n, k, *rows[0], *rows[1], n, len(batch)]
    c_stride = math.prod(batch) * m * n
    for d, size in enumerate(batch):
        c_stride //= size
        strides = [0 if x.shape[d] == 1 else x.strides[d] // 4 for x in stored]
        integers += [size, *strides, c_stride]
    integers += [0, 1, 2, 3, *NO_VIEW, ACTS.index("relu"), -1, 0]
    c = np.full(math.prod(batch) * m * n, SENTINEL)
    buffers = [c, *(x.reshape(-1) for x in stored), packing.pack_channels(bias)]
    for threads in (1, 2):
        got = harness.run(Kernel.BATCHED, integers, buffers, (0.0, 0.0), threads).reshape(*batch, m, n)
        want = np.maximum(a.astype(np.float64) @ b + bias, 0)
        np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-6 * math.sqrt(k))


@pytest.mark.parametrize("channels", [1, 16, 21])
@pytest.mark.parametrize("rounded", [False, True])
@pytest.mark.parametrize(
    ("size", "kernel", "stride", "dilation", "pad", "ceil"),
    [
        ((6, 7), (2, 2), (2, 2), (1, 1), (0, 0, 0, 0), False),
        ((6, 7), (3, 3), (2, 2), (1, 1), (1, 1, 1, 1), True),
        ((5, 7), (3, 3), (1, 3), (1, 1), (1, 0, 2, 1), True),
        ((9, 9), (3, 3), (2, 1), (2, 3), (2, 3, 2, 3), False),
        ((4, 4), (2, 2), (1, 1), (1, 1), (0, 0, 1, 1), False),
    ],
)
def test_pooling(
    harness: Harness,
    channels: int,
    rounded: bool,
    size: tuple[int, int],
    kernel: tuple[int, int],
    stride: tuple[int, int],
    dilation: tuple[int, int],
    pad: tuple[int, int, int, int],
    ceil: bool,
) -> None:
    (h, w), (kh, kw), (sh, sw), (dh, dw), (top, left, bottom, right) = size, kernel, stride, dilation, pad
    spans = h + top + bottom - (kh - 1) * dh - 1, w + left + right - (kw - 1) * dw - 1
    oh, ow = (-(-span // s) + 1 if ceil else span // s + 1 for span, s in zip(spans, stride, strict=True))
    x = random(2, h, w, channels)
    wants = {name: np.zeros((2, oh, ow, channels)) for name in ("max", "include", "exclude")}
    for i, j in itertools.product(range(oh), range(ow)):
        rows = [r for r in range(i * sh - top, i * sh - top + kh * dh, dh)]
        columns = [c for c in range(j * sw - left, j * sw - left + kw * dw, dw)]
        inside = x[:, [r for r in rows if 0 <= r < h]][:, :, [c for c in columns if 0 <= c < w]].astype(
            np.float64
        )
        wants["max"][:, i, j] = inside.max((1, 2))
        wants["exclude"][:, i, j] = inside.mean((1, 2))
        wants["include"][:, i, j] = inside.sum((1, 2)) / (kh * kw)
    layout = Layout(rounded=rounded)
    for name, want in wants.items():
        x_view, y = View(1, x.shape, layout).put(x), View(0, want.shape, layout)
        integers = [
            2,
            h,
            w,
            channels,
            oh,
            ow,
            kh,
            kw,
            sh,
            sw,
            dh,
            dw,
            *pad,
            *x_view.integers(),
            *y.integers(),
        ]
        if name == "max":
            answer = harness.run(Kernel.MAX, integers, [y.buffer, x_view.buffer], threads=2)
        else:
            answer = harness.run(Kernel.AVERAGE, [*integers, name == "exclude"], [y.buffer, x_view.buffer])
        np.testing.assert_allclose(y.taken(answer), want, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("channels", [1, 16, 21, 100, 130])
@pytest.mark.parametrize("rounded", [False, True])
def test_global_average(harness: Harness, channels: int, rounded: bool) -> None:
    x = random(2, 5, 7, channels)
    x_view = View(1, x.shape, Layout(rounded=rounded, halo=(1, 1, 0, 0))).put(x)
    y = View(0, (2, 1, 1, channels), Layout(rounded=rounded))
    integers = [2, channels, 5, 7, *x_view.integers(), *y.integers()]
    answer = harness.run(Kernel.GLOBAL, integers, [y.buffer, x_view.buffer], threads=2)
    want = x.astype(np.float64).mean((1, 2), keepdims=True)
    np.testing.assert_allclose(y.taken(answer), want, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("channels", [1, 3, 21])
@pytest.mark.parametrize("threads", [1, 2])
def test_layout_changes(harness: Harness, channels: int, threads: int) -> None:
    n, h, w = 2, 5, 70
    values = random(n, h, w, channels)
    dense = np.ascontiguousarray(values.transpose(0, 3, 1, 2)).reshape(-1)
    flat = [0, 0, 0, 0, 0, 0]
    shape = [n, channels, h, w]
    x = View(1, values.shape, Layout(halo=(1, 1, 0, 2))).put(values)
    for layout in (DENSE, Layout(halo=(1, 2, 3, 1)), Layout(slice_of=40, offset=5)):
        y = View(0, values.shape, layout)
        answer = harness.run(
            Kernel.TO_NHWC, [*shape, 1, *flat[1:], *y.integers()], [y.buffer, dense], threads=threads
        )
        assert np.array_equal(y.taken(answer), values)
        answer = harness.run(
            Kernel.COPY, [*shape, *x.integers(), *y.integers()], [y.buffer, x.buffer], threads=threads
        )
        assert np.array_equal(y.taken(answer), values)
    answer = harness.run(
        Kernel.TO_NCHW,
        [*shape, *x.integers(), *flat],
        [np.full(dense.size, SENTINEL), x.buffer],
        threads=threads,
    )
    assert np.array_equal(answer, dense)


@pytest.mark.parametrize("layout", [Layout(), DENSE, Layout(slice_of=40, offset=5)], ids=str)
@pytest.mark.parametrize("halo", [(0, 0, 0, 0), (1, 1, 1, 1), (2, 0, 1, 3)], ids=str)
def test_zero_halo(harness: Harness, layout: Layout, halo: tuple[int, int, int, int]) -> None:
    y = View(0, (2, 3, 4, 21), replace(layout, halo=halo))
    answer = harness.run(Kernel.HALO, [2, 3, 4, *halo, *y.integers()], [y.buffer]).reshape(y.whole.shape)
    want = y.whole.copy()
    want[..., layout.offset : layout.offset + y.lanes] = 0
    want[y.writable] = SENTINEL
    assert np.array_equal(answer, want)


def ulps(got: Floats, want: np.ndarray) -> np.ndarray:
    """Error in units in the last place of the float nearest to the true value."""
    nearest = want.astype(np.float32)
    return np.abs(got - want) / np.maximum(np.spacing(np.abs(nearest)), np.float32(1e-45)).astype(np.float64)


@pytest.mark.parametrize(
    ("number", "function", "low", "high", "bound"),
    [
        (0, np.exp, -103.0, 88.0, 1.1),
        (0, np.exp, -1.0, 1.0, 1.1),
        (1, np.log, 1e-38, 1e-36, 1.1),
        (1, np.log, 0.01, 3.0, 1.1),
        (1, np.log, 1.0, 1e38, 1.1),
        (2, lambda x: 1 / (1 + np.exp(-x)), -80.0, 30.0, 3.0),
        (3, np.tanh, -10.0, 10.0, 2.0),
        (4, np.expm1, -20.0, 10.0, 3.0),
    ],
)
def test_accuracy(
    harness: Harness, number: int, function: np.ufunc, low: float, high: float, bound: float
) -> None:
    x = RANDOM.uniform(low, high, 100_001).astype(np.float32)
    got = harness.run(Kernel.MATH, [number], [np.full(x.size, SENTINEL), x])
    assert ulps(got, function(x.astype(np.float64))).max() <= bound


@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value", "ignore:overflow")
@pytest.mark.parametrize(
    ("number", "function"),
    list(enumerate([np.exp, np.log, lambda x: 1 / (1 + np.exp(-x)), np.tanh, np.expm1])),
    ids=["exp", "log", "sigmoid", "tanh", "expm1"],
)
def test_special_values(harness: Harness, number: int, function: np.ufunc) -> None:
    x = np.array(
        [0.0, -0.0, np.inf, -np.inf, np.nan, 1e-40, -1e-40, 3e38, -3e38, 88.5, 89.5, -87.5, 1.0], np.float32
    )
    got = harness.run(Kernel.MATH, [number], [np.full(x.size, SENTINEL), x])
    want = function(x)
    np.testing.assert_allclose(got, want, rtol=1e-6, atol=1e-44, equal_nan=True)

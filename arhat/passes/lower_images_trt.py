"""Part of convert-arhat-to-trt: convolutions, pooling and normalisation of images.

TensorRT's images have two or three spatial axes: those of one are seen as images of height 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import prod

import numpy as np
from xdsl.dialects.builtin import f32
from xdsl.ir import Operation, SSAValue

from arhat.dialects import arhat, kernel, trt
from arhat.dialects.arhat.attributes import ActivationAttr
from arhat.dialects.arhat.base import ints_of
from arhat.passes.lower_elementwise_trt import fused
from arhat.passes.lower_kernels import KERNEL_LOWERINGS, Lowered, Lowering
from arhat.passes.lower_steps_trt import Layers, element_of, is_float, shape_of
from arhat.passes.rewriting import defining_constant
from arhat.weights import dtype_of

LARGEST_WINDOW = 15
"""Channels that the LRN layer sums at most; an odd number. Source: NvInfer.h, ILRNLayer."""
LEAST_BETA, LEAST_K = 0.01, 1e-5
"""The LRN layer takes no smaller ones. Source: NvInfer.h, ILRNLayer."""


def flat(shape: Sequence[int]) -> tuple[int, ...]:
    """One-dimensional data as images of height 1."""
    return (*shape[:2], 1, *shape[2:])


# Convolutions ---------------------------------------------------------------------------------------------------------


class _Convolution:
    """A convolution or a transposed one, put together from its parts."""

    def __init__(self, op: arhat.ConvolutionOp | arhat.TransposedConvolutionOp) -> None:
        self.layers = Layers(op)
        self.shape = shape_of(op.result)
        self.x, self.filter, self.bias = op.x, op.filter, op.bias
        self.groups: int = op.groups.value.data
        self.strides, self.dilations, self.before, self.after = (
            ints_of(p) for p in (op.strides, op.dilations, op.pads_begin, op.pads_end)
        )
        self.is_flat = len(self.shape) == 3
        if self.is_flat:
            self.shape = flat(self.shape)
            self.x, self.filter = (self.layers.reshape(v, flat(shape_of(v))) for v in (self.x, self.filter))
            self.strides, self.dilations = (1, *self.strides), (1, *self.dilations)
            self.before, self.after = (0, *self.before), (0, *self.after)

    def layer(self, kind: type[trt.ConvolutionOp | trt.DeconvolutionOp], after: Sequence[int]) -> SSAValue:
        """The layer; its bias where that is a constant and nothing stands in between."""
        properties = {
            "strides": self.strides,
            "pre_padding": self.before,
            "post_padding": tuple(after),
            "dilations": self.dilations,
            "groups": self.groups,
        }
        bias = self.bias if defining_constant(self.bias) is not None else None
        y = kind.make([self.x, self.filter, bias], properties)
        if shape_of(y.output) != self.shape:  # what is missing comes before the bias
            y, bias = kind.make([self.x, self.filter, None], properties), None
        if bias is not None:
            self.bias = None
        return self.layers.add(y)

    def spread_filter(self) -> None:
        """Zeros between the elements of the filter instead of a dilation, which the layer has without strides only."""
        layers, (first, second, *kernel) = self.layers, shape_of(self.filter)
        axes = range(len(kernel))
        apart = [n for k in kernel for n in (k, 1)]
        more = [n for d in self.dilations for n in (0, d - 1)]
        y = layers.reshape(self.filter, (first, second, *apart))
        y = layers.pad(y, [0] * (2 + len(more)), [0, 0, *more], 0.0)
        y = layers.reshape(y, (first, second, *(kernel[i] * self.dilations[i] for i in axes)))
        sizes = [(kernel[i] - 1) * self.dilations[i] + 1 for i in axes]
        self.filter = layers.slice(y, [0] * (2 + len(kernel)), (first, second, *sizes))
        self.dilations = (1,) * len(kernel)

    def finished(
        self,
        y: SSAValue,
        activation: ActivationAttr | None,
        slope: SSAValue | None,
        residual: SSAValue | None = None,
        at_end: bool = False,
    ) -> Lowered:
        """Bias, residual and activation after `y`, in the shape of the model."""
        layers = self.layers
        if self.bias is not None:
            shape = (1, *shape_of(self.bias), *[1] * (len(self.shape) - 2))
            y = layers.binary("sum", y, layers.reshape(self.bias, shape))
        if residual is not None and self.is_flat:
            residual = layers.reshape(residual, self.shape)
        if residual is not None and not at_end:
            y = layers.binary("sum", y, residual)
        y = fused(layers, y, activation, slope)
        if residual is not None and at_end:
            y = layers.binary("sum", y, residual)
        return layers.gives(layers.reshape(y, (*self.shape[:2], *self.shape[3:])) if self.is_flat else y)


def _convolution(op: Operation) -> Lowered:
    assert isinstance(op, arhat.ConvolutionOp)
    parts = _Convolution(op)
    y = parts.layer(trt.ConvolutionOp, parts.after)
    last = op.residual_after_activation
    return parts.finished(y, op.activation, op.slope, op.residual, last is not None and bool(last.value.data))


def _transposed_convolution(op: Operation) -> Lowered:
    """Output padding gives back what is cut off the end; beyond what the input reaches it is zeros."""
    assert isinstance(op, arhat.TransposedConvolutionOp)
    parts = _Convolution(op)
    more = ints_of(op.output_padding)
    more = (0, *more) if parts.is_flat else more
    if max(parts.dilations) > 1 and max(parts.strides) > 1:
        parts.spread_filter()
    after = [max(0, a - m) for a, m in zip(parts.after, more, strict=True)]
    beyond = [max(0, m - a) for a, m in zip(parts.after, more, strict=True)]
    y = parts.layer(trt.DeconvolutionOp, after)
    if any(beyond):
        y = parts.layers.pad(y, [0] * len(parts.shape), [0, 0, *beyond], 0.0)
    return parts.finished(y, op.activation, op.slope)


# Pooling --------------------------------------------------------------------------------------------------------------


class _Windows:
    """Where the windows of a pooling lie; `after` is the padding that the size of the result needs, however rounded."""

    def __init__(self, op: arhat.MaxPoolOp | arhat.MaxPoolWithIndicesOp | arhat.AvgPoolOp) -> None:
        self.layers = Layers(op)
        self.x, self.shape = op.x, shape_of(op.result)
        self.window, self.strides, self.before = (ints_of(p) for p in (op.kernel, op.strides, op.pads_begin))
        dilated = not isinstance(op, arhat.AvgPoolOp)
        self.dilations = ints_of(op.dilations) if dilated else (1,) * len(self.window)
        self.reach = [(k - 1) * d + 1 for k, d in zip(self.window, self.dilations, strict=True)]
        self.after = tuple(
            max(0, (n - 1) * s + k - size - b)
            for n, s, k, size, b in zip(
                self.shape[2:], self.strides, self.reach, shape_of(op.x)[2:], self.before, strict=True
            )
        )

    @property
    def is_layer(self) -> bool:
        """Whether the pooling layer has it: of floats, without dilations, no window sees padding alone."""
        pads = zip(self.before, self.after, self.window, strict=True)
        plain = all(d == 1 or k == 1 for d, k in zip(self.dilations, self.window, strict=True))
        return is_float(self.x) and plain and all(max(before, after) < k for before, after, k in pads)

    def layer(self, kind: str, exclude: bool | None = None) -> SSAValue:
        """The pooling layer."""
        layers, x = self.layers, self.x
        lists = [self.window, self.strides, self.before, self.after]
        if len(self.shape) == 3:
            x = layers.reshape(x, flat(shape_of(x)))
            lists = [(one, *values) for one, values in zip((1, 1, 0, 0), lists, strict=True)]
        names = ("window", "strides", "pre_padding", "post_padding")
        y = trt.PoolingOp.make(
            [x],
            {
                "kind": kind,
                **dict(zip(names, lists, strict=True)),
                "count_excludes_padding": exclude,
                "padding_mode": "explicit_round_down",
            },
        )
        return layers.reshape(layers.add(y), self.shape)

    def composed(self, x: SSAValue, fill: float, join: str) -> SSAValue:
        """The elements of each window joined two by two, one axis after the other."""
        layers = self.layers
        around = [0, 0]
        x = layers.pad(x, [*around, *self.before], [*around, *self.after], fill)
        for axis, (count, k, stride, dilation) in enumerate(
            zip(self.shape[2:], self.window, self.strides, self.dilations, strict=True), start=2
        ):
            taps = [layers.part(x, axis, tap * dilation, count, stride) for tap in range(k)]
            x = taps[0]
            for tap in taps[1:]:
                x = layers.binary(join, x, tap)
        return x


def _max_pool(op: Operation) -> Lowered:
    assert isinstance(op, arhat.MaxPoolOp | arhat.MaxPoolWithIndicesOp)
    windows = _Windows(op)
    if windows.is_layer:
        return windows.layers.gives(windows.layer("max"))
    dtype = dtype_of(element_of(op.x))
    limits = np.finfo(dtype) if is_float(op.x) else np.iinfo(dtype)
    return windows.layers.gives(windows.composed(op.x, limits.min, "max"))


def _max_pool_with_indices(op: Operation) -> list[Operation] | Lowered:
    assert isinstance(op, arhat.MaxPoolWithIndicesOp)
    if op.indices.first_use is not None:
        return KERNEL_LOWERINGS[op.name](op)
    made = _max_pool(op)
    return Lowered(made.ops, [*made.results, op.x])  # nothing uses the indices


def _avg_pool(op: Operation) -> Lowered:
    """Where a window sees padding alone: sums, divided by how many elements each has."""
    assert isinstance(op, arhat.AvgPoolOp)
    windows = _Windows(op)
    layers, exclude = windows.layers, bool(op.exclude_pad.value.data)
    padded = any(windows.before) or any(windows.after)
    if windows.is_layer:
        return layers.gives(windows.layer("average", exclude and padded))
    counts = np.ones((), np.float32)
    for axis, (size, n, k, stride, before) in enumerate(
        zip(
            shape_of(op.x)[2:],
            windows.shape[2:],
            windows.window,
            windows.strides,
            windows.before,
            strict=True,
        )
    ):
        starts = np.arange(n) * stride - before
        inside = np.minimum(starts + k, size) - np.maximum(starts, 0) if exclude else np.full(n, k)
        counts = counts * np.maximum(inside, 0).reshape(
            1, 1, *[-1 if i == axis else 1 for i in range(len(windows.window))]
        )
    divisor = layers.constant(np.maximum(counts, 1), f32)
    return layers.gives(
        layers.in_f32(
            op.x,
            lambda x: layers.binary("div", windows.composed(x, 0.0, "sum"), divisor),
        )
    )


def _adaptive(kind: str) -> Callable[[Operation], list[Operation] | Lowered]:
    """Pooling to a size that divides that of the image; else the kernel."""

    def lower(op: Operation) -> list[Operation] | Lowered:
        assert isinstance(op, arhat.AdaptiveAvgPoolOp | arhat.AdaptiveMaxPoolOp)
        layers, x, sizes = Layers(op), shape_of(op.x), ints_of(op.sizes)
        needs_indices = isinstance(op, arhat.AdaptiveMaxPoolOp) and op.indices.first_use is not None
        if needs_indices or not is_float(op.x) or any(n % m for n, m in zip(x[2:], sizes, strict=True)):
            return KERNEL_LOWERINGS[op.name](op)
        window = [n // m for n, m in zip(x[2:], sizes, strict=True)]
        image, shape, zeros = op.x, shape_of(op.results[0]), [0] * len(window)
        if len(x) == 3:
            image, window, zeros = layers.reshape(op.x, flat(x)), [1, *window], [0, 0]
        properties = {
            "kind": kind,
            "window": window,
            "strides": window,
            "pre_padding": zeros,
            "post_padding": zeros,
            "count_excludes_padding": False if kind == "average" else None,
            "padding_mode": "explicit_round_down",
        }
        y = layers.reshape(layers.add(trt.PoolingOp.make([image], properties)), shape)
        return layers.gives(*[y, op.x][: len(op.results)])  # nothing uses the indices

    return lower


# Normalisation --------------------------------------------------------------------------------------------------------


def _lrn(op: Operation) -> list[Operation] | Lowered:
    """The layer sums across an odd number of channels; all else is the kernel's."""
    assert isinstance(op, arhat.LrnOp)
    size, alpha, beta, bias = (p.value.data for p in (op.size, op.alpha, op.beta, op.bias))
    shape = shape_of(op.x)
    across = ints_of(op.axes) == (1,) and size % 2 == 1 and size <= LARGEST_WINDOW
    if not across or len(shape) < 2 or beta < LEAST_BETA or bias < LEAST_K:
        return [kernel.LrnOp.make([op.x], op.properties, op.result.type)]
    layers = Layers(op)
    x = op.x if len(shape) == 4 else layers.reshape(op.x, (*shape[:2], 1, prod(shape[2:])))
    y = layers.add(trt.LrnOp.make([x], {"window": size, "alpha": alpha, "beta": beta, "k": bias}))
    return layers.gives(layers.reshape(y, shape))


IMAGE_TRT_LOWERINGS: Mapping[str, Lowering] = {
    "arhat.convolution": _convolution,
    "arhat.transposed_convolution": _transposed_convolution,
    "arhat.max_pool": _max_pool,
    "arhat.max_pool_with_indices": _max_pool_with_indices,
    "arhat.avg_pool": _avg_pool,
    "arhat.adaptive_avg_pool": _adaptive("average"),
    "arhat.adaptive_max_pool": _adaptive("max"),
    "arhat.lrn": _lrn,
}
"""The lowerings of this file by name of the op."""

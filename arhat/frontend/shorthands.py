"""The usual layers of networks under their usual names, with defaults: written in terms of the plain operations."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from math import prod
from typing import Any, Literal

import numpy as np

from arhat.dialects.arhat import ConvertOp
from arhat.errors import quote
from arhat.frontend import operations as ops
from arhat.frontend.network import Activation, DType, Operand, Tensor, current, element_type, emit, fault

__all__ = [
    "avg_pool1d",
    "avg_pool2d",
    "avg_pool3d",
    "batch_norm",
    "cast",
    "concat",
    "constant",
    "conv1d",
    "conv2d",
    "conv3d",
    "conv_transpose1d",
    "conv_transpose2d",
    "conv_transpose3d",
    "depth_to_space",
    "detection_output",
    "flatten",
    "gather",
    "global_avg_pool",
    "global_max_pool",
    "layer_norm",
    "leaky_relu",
    "linear",
    "log_softmax",
    "max_pool1d",
    "max_pool2d",
    "max_pool3d",
    "normalize_l2",
    "pad",
    "prior_box",
    "prior_box_clustered",
    "proposal",
    "reduce_logical_and",
    "reduce_logical_or",
    "reduce_max",
    "reduce_mean",
    "reduce_min",
    "reduce_prod",
    "reduce_sum",
    "region_yolo",
    "relu6",
    "reshape",
    "resize",
    "silu",
    "softmax",
    "space_to_depth",
    "split",
    "squeeze",
    "stack",
    "topk",
    "transpose",
    "unsqueeze",
    "where",
]

Sizes = int | Sequence[int]
"""One size for all axes, or one for each."""
Pads = int | Sequence[int] | Literal["same", "valid"]
"""One padding for all sides, one for each axis, two for each axis (all beginnings, then all ends), or a rule.

`same`: as many positions as ceil(size / stride), the odd element at the end. `valid`: none.
"""
Axes = int | Sequence[int] | None


# Helpers ----------------------------------------------------------------------------------------------------


def _tensor(x: Operand, what: str = "x") -> Tensor:
    if isinstance(x, Tensor):
        return x
    return current().constant(x, name=what)


def _shape(x: Operand) -> tuple[int, ...]:
    return x.shape if isinstance(x, Tensor) else np.shape(x)


def _axis(axis: int, rank: int) -> int:
    if not -rank <= axis < rank:
        raise fault(f"axis {axis} is out of range for a tensor of rank {rank}")
    return axis % rank


def _axes(axes: Axes, rank: int) -> list[int]:
    if axes is None:
        return list(range(rank))
    return sorted(_axis(axis, rank) for axis in ([axes] if isinstance(axes, int) else axes))


def _sizes(value: Sizes, count: int, what: str) -> list[int]:
    sizes = [value] * count if isinstance(value, int) else list(value)
    if any(_position(size) is None for size in sizes):
        raise fault(f"'{what}' must be integers, got {value!r}")
    if len(sizes) != count:
        raise fault(f"'{what}' must be one number or {count}, got {len(sizes)}")
    return sizes


def _pads(
    pads: Pads,
    sizes: Sequence[int],
    kernel: Sequence[int],
    strides: Sequence[int],
    dilations: Sequence[int],
) -> tuple[list[int], list[int]]:
    count = len(sizes)
    if isinstance(pads, str):
        if pads not in ("same", "valid"):
            raise fault(f"'pads' must be numbers, 'same' or 'valid', got {quote(pads)}")
        if pads == "valid":
            return [0] * count, [0] * count
        totals = [
            max(0, (-(-size // stride) - 1) * stride + (window - 1) * dilation + 1 - size)
            for size, window, stride, dilation in zip(sizes, kernel, strides, dilations, strict=True)
        ]
        return [total // 2 for total in totals], [total - total // 2 for total in totals]
    if isinstance(pads, int):
        return [pads] * count, [pads] * count
    values = list(pads)
    if len(values) == count:
        return values, list(values)
    if len(values) != 2 * count:
        raise fault(f"'pads' must be one number, {count} or {2 * count}, got {len(values)}")
    return values[:count], values[count:]


def _spatial(x: Tensor, count: int) -> tuple[int, ...]:
    if x.ndim != count + 2:
        axes = ", ".join("DHW"[3 - count :])
        raise fault(f"the input must be [N, C, {axes}], got {list(x.shape)}")
    return x.shape[2:]


# Constants and element types --------------------------------------------------------------------------------


def constant(value: Any, dtype: DType | None = None, *, name: str | None = None) -> Tensor:
    """A constant of an array, a number or nested lists; Python's floats are f32, its integers i64."""
    return current().constant(value, dtype, name=name)


def cast(x: Operand, dtype: DType, *, name: str | None = None) -> Tensor:
    """Converts every element: floats to integers towards zero, anything to boolean by `x != 0`."""
    return emit(ConvertOp, [x], {"to": element_type(dtype)}, name or "convert")[0]


# Convolution and matrix product -----------------------------------------------------------------------------


def _convolve(
    count: int,
    x: Operand,
    w: Operand,
    b: Operand | None,
    strides: Sizes,
    pads: Pads,
    dilations: Sizes,
    groups: int,
    residual: Operand | None,
    activation: Activation | None,
    slope: Operand | None,
    name: str | None,
) -> Tensor:
    x = _tensor(x)
    sizes, kernel = _spatial(x, count), _shape(w)[2:]
    if len(kernel) != count:
        raise fault(
            f"the filter must be [O, C / groups, kernel...] of rank {count + 2}, got rank {len(kernel) + 2}"
        )
    steps, widths = _sizes(strides, count, "strides"), _sizes(dilations, count, "dilations")
    begin, end = _pads(pads, sizes, kernel, [max(1, step) for step in steps], widths)
    return ops.convolution(
        x,
        w,
        bias=b,
        residual=residual,
        slope=slope,
        strides=steps,
        pads_begin=begin,
        pads_end=end,
        dilations=widths,
        groups=groups,
        activation=activation,
        name=name or f"conv{count}d",
    )


def conv1d(
    x: Operand,
    w: Operand,
    b: Operand | None = None,
    *,
    strides: Sizes = 1,
    pads: Pads = 0,
    dilations: Sizes = 1,
    groups: int = 1,
    residual: Operand | None = None,
    activation: Activation | None = None,
    slope: Operand | None = None,
    name: str | None = None,
) -> Tensor:
    """Convolution over 1 spatial axes: `activation(conv(x, w) + b + residual)`.

    `x` is [N, C, W], `w` [O, C / groups, kernel...], `b` [O]. See `Pads` for `pads`.
    """
    return _convolve(1, x, w, b, strides, pads, dilations, groups, residual, activation, slope, name)


def conv2d(
    x: Operand,
    w: Operand,
    b: Operand | None = None,
    *,
    strides: Sizes = 1,
    pads: Pads = 0,
    dilations: Sizes = 1,
    groups: int = 1,
    residual: Operand | None = None,
    activation: Activation | None = None,
    slope: Operand | None = None,
    name: str | None = None,
) -> Tensor:
    """Convolution over 2 spatial axes: `activation(conv(x, w) + b + residual)`.

    `x` is [N, C, H, W], `w` [O, C / groups, kernel...], `b` [O]. See `Pads` for `pads`.
    """
    return _convolve(2, x, w, b, strides, pads, dilations, groups, residual, activation, slope, name)


def conv3d(
    x: Operand,
    w: Operand,
    b: Operand | None = None,
    *,
    strides: Sizes = 1,
    pads: Pads = 0,
    dilations: Sizes = 1,
    groups: int = 1,
    residual: Operand | None = None,
    activation: Activation | None = None,
    slope: Operand | None = None,
    name: str | None = None,
) -> Tensor:
    """Convolution over 3 spatial axes: `activation(conv(x, w) + b + residual)`.

    `x` is [N, C, D, H, W], `w` [O, C / groups, kernel...], `b` [O]. See `Pads` for `pads`.
    """
    return _convolve(3, x, w, b, strides, pads, dilations, groups, residual, activation, slope, name)


def _transposed(
    count: int,
    x: Operand,
    w: Operand,
    b: Operand | None,
    strides: Sizes,
    pads: Sizes,
    dilations: Sizes,
    output_padding: Sizes,
    groups: int,
    activation: Activation | None,
    name: str | None,
) -> Tensor:
    x = _tensor(x)
    _spatial(x, count)
    begin, end = _pads(pads, x.shape[2:], [1] * count, [1] * count, [1] * count)
    return ops.transposed_convolution(
        x,
        w,
        bias=b,
        strides=_sizes(strides, count, "strides"),
        pads_begin=begin,
        pads_end=end,
        dilations=_sizes(dilations, count, "dilations"),
        output_padding=_sizes(output_padding, count, "output_padding"),
        groups=groups,
        activation=activation,
        name=name or f"conv_transpose{count}d",
    )


def conv_transpose1d(
    x: Operand,
    w: Operand,
    b: Operand | None = None,
    *,
    strides: Sizes = 1,
    pads: Sizes = 0,
    dilations: Sizes = 1,
    output_padding: Sizes = 0,
    groups: int = 1,
    activation: Activation | None = None,
    name: str | None = None,
) -> Tensor:
    """Transposed convolution over 1 spatial axes: `activation(conv_t(x, w) + b)`.

    `x` is [N, C, W], `w` [C, O / groups, kernel...], `b` [O].
    """
    return _transposed(1, x, w, b, strides, pads, dilations, output_padding, groups, activation, name)


def conv_transpose2d(
    x: Operand,
    w: Operand,
    b: Operand | None = None,
    *,
    strides: Sizes = 1,
    pads: Sizes = 0,
    dilations: Sizes = 1,
    output_padding: Sizes = 0,
    groups: int = 1,
    activation: Activation | None = None,
    name: str | None = None,
) -> Tensor:
    """Transposed convolution over 2 spatial axes: `activation(conv_t(x, w) + b)`.

    `x` is [N, C, H, W], `w` [C, O / groups, kernel...], `b` [O].
    """
    return _transposed(2, x, w, b, strides, pads, dilations, output_padding, groups, activation, name)


def conv_transpose3d(
    x: Operand,
    w: Operand,
    b: Operand | None = None,
    *,
    strides: Sizes = 1,
    pads: Sizes = 0,
    dilations: Sizes = 1,
    output_padding: Sizes = 0,
    groups: int = 1,
    activation: Activation | None = None,
    name: str | None = None,
) -> Tensor:
    """Transposed convolution over 3 spatial axes: `activation(conv_t(x, w) + b)`.

    `x` is [N, C, D, H, W], `w` [C, O / groups, kernel...], `b` [O].
    """
    return _transposed(3, x, w, b, strides, pads, dilations, output_padding, groups, activation, name)


def linear(
    x: Operand,
    w: Operand,
    b: Operand | None = None,
    *,
    activation: Activation | None = None,
    name: str | None = None,
) -> Tensor:
    """A fully connected layer: `activation(x @ w.T + b)`, `w` [outputs, inputs]."""
    return ops.matmul(x, w, bias=b, transpose_b=True, activation=activation, name=name or "linear")


# Pooling ----------------------------------------------------------------------------------------------------


def _pool(
    count: int,
    x: Operand,
    kernel: Sizes,
    strides: Sizes | None,
    pads: Pads,
    ceil_mode: bool,
) -> tuple[Tensor, dict[str, Any]]:
    x = _tensor(x)
    sizes, window = _spatial(x, count), _sizes(kernel, count, "kernel")
    steps = window if strides is None else _sizes(strides, count, "strides")
    begin, end = _pads(pads, sizes, window, [max(1, step) for step in steps], [1] * count)
    properties = {
        "kernel": window,
        "strides": steps,
        "pads_begin": begin,
        "pads_end": end,
        "rounding": "ceil" if ceil_mode else "floor",
    }
    return x, properties


def max_pool1d(
    x: Operand,
    kernel: Sizes,
    *,
    strides: Sizes | None = None,
    pads: Pads = 0,
    dilations: Sizes = 1,
    ceil_mode: bool = False,
    name: str | None = None,
) -> Tensor:
    """The largest value of each window over 1 spatial axes; `strides` is `kernel` unless given."""
    x, window = _pool(1, x, kernel, strides, pads, ceil_mode)
    return ops.max_pool(x, **window, dilations=_sizes(dilations, 1, "dilations"), name=name or "max_pool1d")


def avg_pool1d(
    x: Operand,
    kernel: Sizes,
    *,
    strides: Sizes | None = None,
    pads: Pads = 0,
    ceil_mode: bool = False,
    exclude_pad: bool = True,
    name: str | None = None,
) -> Tensor:
    """The mean of each window over 1 spatial axes; with `exclude_pad` of its part inside the input."""
    x, window = _pool(1, x, kernel, strides, pads, ceil_mode)
    return ops.avg_pool(x, **window, exclude_pad=exclude_pad, name=name or "avg_pool1d")


def max_pool2d(
    x: Operand,
    kernel: Sizes,
    *,
    strides: Sizes | None = None,
    pads: Pads = 0,
    dilations: Sizes = 1,
    ceil_mode: bool = False,
    name: str | None = None,
) -> Tensor:
    """The largest value of each window over 2 spatial axes; `strides` is `kernel` unless given."""
    x, window = _pool(2, x, kernel, strides, pads, ceil_mode)
    return ops.max_pool(x, **window, dilations=_sizes(dilations, 2, "dilations"), name=name or "max_pool2d")


def avg_pool2d(
    x: Operand,
    kernel: Sizes,
    *,
    strides: Sizes | None = None,
    pads: Pads = 0,
    ceil_mode: bool = False,
    exclude_pad: bool = True,
    name: str | None = None,
) -> Tensor:
    """The mean of each window over 2 spatial axes; with `exclude_pad` of its part inside the input."""
    x, window = _pool(2, x, kernel, strides, pads, ceil_mode)
    return ops.avg_pool(x, **window, exclude_pad=exclude_pad, name=name or "avg_pool2d")


def max_pool3d(
    x: Operand,
    kernel: Sizes,
    *,
    strides: Sizes | None = None,
    pads: Pads = 0,
    dilations: Sizes = 1,
    ceil_mode: bool = False,
    name: str | None = None,
) -> Tensor:
    """The largest value of each window over 3 spatial axes; `strides` is `kernel` unless given."""
    x, window = _pool(3, x, kernel, strides, pads, ceil_mode)
    return ops.max_pool(x, **window, dilations=_sizes(dilations, 3, "dilations"), name=name or "max_pool3d")


def avg_pool3d(
    x: Operand,
    kernel: Sizes,
    *,
    strides: Sizes | None = None,
    pads: Pads = 0,
    ceil_mode: bool = False,
    exclude_pad: bool = True,
    name: str | None = None,
) -> Tensor:
    """The mean of each window over 3 spatial axes; with `exclude_pad` of its part inside the input."""
    x, window = _pool(3, x, kernel, strides, pads, ceil_mode)
    return ops.avg_pool(x, **window, exclude_pad=exclude_pad, name=name or "avg_pool3d")


def global_avg_pool(x: Operand, *, keepdims: bool = True, name: str | None = None) -> Tensor:
    """The mean over all spatial axes of [N, C, ...]."""
    x = _tensor(x)
    return ops.reduce_mean(x, axes=list(range(2, x.ndim)), keep_dims=keepdims, name=name or "global_avg_pool")


def global_max_pool(x: Operand, *, keepdims: bool = True, name: str | None = None) -> Tensor:
    """The maximum over all spatial axes of [N, C, ...]."""
    x = _tensor(x)
    return ops.reduce_max(x, axes=list(range(2, x.ndim)), keep_dims=keepdims, name=name or "global_max_pool")


# Activations ------------------------------------------------------------------------------------------------


def relu6(x: Operand, *, name: str | None = None) -> Tensor:
    """`min(max(x, 0), 6)`."""
    return ops.clamp(x, min=0.0, max=6.0, name=name or "relu6")


def leaky_relu(x: Operand, alpha: float = 0.01, *, name: str | None = None) -> Tensor:
    """`x` where it is positive, else `alpha * x`."""
    return ops.leaky_relu(x, alpha=alpha, name=name)


def silu(x: Operand, *, name: str | None = None) -> Tensor:
    """`x * sigmoid(x)`."""
    return ops.swish(x, name=name or "silu")


def softmax(x: Operand, axis: int = -1, *, name: str | None = None) -> Tensor:
    """Softmax along `axis`."""
    x = _tensor(x)
    return ops.softmax(x, axis=_axis(axis, x.ndim), name=name)


def log_softmax(x: Operand, axis: int = -1, *, name: str | None = None) -> Tensor:
    """The logarithm of softmax along `axis`."""
    return ops.log(softmax(x, axis), name=name or "log_softmax")


def where(condition: Operand, then: Operand, otherwise: Operand, *, name: str | None = None) -> Tensor:
    """`then` where the condition holds, else `otherwise`; all three broadcast."""
    return ops.select(condition, then, otherwise, name=name or "where")


# Normalisation ----------------------------------------------------------------------------------------------


def batch_norm(
    x: Operand,
    gamma: Operand,
    beta: Operand,
    mean: Operand,
    variance: Operand,
    eps: float = 1e-5,
    *,
    name: str | None = None,
) -> Tensor:
    """`(x - mean) / sqrt(variance + eps) * gamma + beta`, one of each for every channel (axis 1)."""
    x = _tensor(x)
    shape = (1, -1, *[1] * (x.ndim - 2))
    prefix = name or "batch_norm"
    values = [
        _tensor(value, f"{prefix}/{what}")
        for value, what in ((gamma, "gamma"), (beta, "beta"), (mean, "mean"), (variance, "variance"))
    ]
    scale = values[0] / ops.sqrt(values[3] + eps)
    shift = values[1] - values[2] * scale
    return ops.add(x * reshape(scale, shape), reshape(shift, shape), name=prefix)


def layer_norm(
    x: Operand,
    gamma: Operand | None = None,
    beta: Operand | None = None,
    axes: Axes = -1,
    eps: float = 1e-5,
    *,
    name: str | None = None,
) -> Tensor:
    """Mean 0 and variance 1 over `axes`, then times `gamma` and plus `beta` where given."""
    x = _tensor(x)
    prefix = name or "layer_norm"
    value = ops.mvn(x, axes=_axes(axes, x.ndim), eps=eps, name=prefix if gamma is beta is None else None)
    if gamma is not None:
        value = ops.multiply(value, gamma, name=prefix if beta is None else f"{prefix}/scale")
    return value if beta is None else ops.add(value, beta, name=prefix)


def normalize_l2(
    x: Operand,
    axes: Axes = 1,
    eps: float = 1e-10,
    eps_mode: Literal["add", "max"] = "add",
    *,
    name: str | None = None,
) -> Tensor:
    """Divides by the L2 norm over `axes`."""
    x = _tensor(x)
    return ops.normalize_l2(x, axes=_axes(axes, x.ndim), eps=eps, eps_mode=eps_mode, name=name)


# Reductions -------------------------------------------------------------------------------------------------


def reduce_mean(x: Operand, axes: Axes = None, keepdims: bool = False, *, name: str | None = None) -> Tensor:
    """The mean over `axes`, over all if none is given."""
    x = _tensor(x)
    return ops.reduce_mean(x, axes=_axes(axes, x.ndim), keep_dims=keepdims, name=name)


def reduce_sum(x: Operand, axes: Axes = None, keepdims: bool = False, *, name: str | None = None) -> Tensor:
    """The sum over `axes`, over all if none is given."""
    x = _tensor(x)
    return ops.reduce_sum(x, axes=_axes(axes, x.ndim), keep_dims=keepdims, name=name)


def reduce_prod(x: Operand, axes: Axes = None, keepdims: bool = False, *, name: str | None = None) -> Tensor:
    """The product over `axes`, over all if none is given."""
    x = _tensor(x)
    return ops.reduce_prod(x, axes=_axes(axes, x.ndim), keep_dims=keepdims, name=name)


def reduce_max(x: Operand, axes: Axes = None, keepdims: bool = False, *, name: str | None = None) -> Tensor:
    """The maximum over `axes`, over all if none is given."""
    x = _tensor(x)
    return ops.reduce_max(x, axes=_axes(axes, x.ndim), keep_dims=keepdims, name=name)


def reduce_min(x: Operand, axes: Axes = None, keepdims: bool = False, *, name: str | None = None) -> Tensor:
    """The minimum over `axes`, over all if none is given."""
    x = _tensor(x)
    return ops.reduce_min(x, axes=_axes(axes, x.ndim), keep_dims=keepdims, name=name)


def reduce_logical_and(
    x: Operand, axes: Axes = None, keepdims: bool = False, *, name: str | None = None
) -> Tensor:
    """Whether all are true over `axes`, over all if none is given."""
    x = _tensor(x)
    return ops.reduce_logical_and(x, axes=_axes(axes, x.ndim), keep_dims=keepdims, name=name)


def reduce_logical_or(
    x: Operand, axes: Axes = None, keepdims: bool = False, *, name: str | None = None
) -> Tensor:
    """Whether any is true over `axes`, over all if none is given."""
    x = _tensor(x)
    return ops.reduce_logical_or(x, axes=_axes(axes, x.ndim), keep_dims=keepdims, name=name)


# Movement ---------------------------------------------------------------------------------------------------


def reshape(x: Operand, shape: Sequence[int], *, name: str | None = None) -> Tensor:
    """The same elements under another shape, one size of which may be -1."""
    x = _tensor(x)
    sizes = list(shape)
    if sizes.count(-1) == 1:
        rest = prod(size for size in sizes if size != -1)
        if rest == 0 or x.size % rest:
            raise fault(f"{list(x.shape)} does not divide into {sizes}")
        sizes[sizes.index(-1)] = x.size // rest
    return ops.reshape(x, shape=sizes, name=name)


def flatten(x: Operand, axis: int = 1, *, name: str | None = None) -> Tensor:
    """The axes from `axis` on as one."""
    x = _tensor(x)
    first = _axis(axis, x.ndim) if x.ndim != axis else axis
    return ops.reshape(x, shape=[*x.shape[:first], prod(x.shape[first:])], name=name or "flatten")


def squeeze(x: Operand, axes: Axes = None, *, name: str | None = None) -> Tensor:
    """Without the axes of size 1: those given, or all."""
    x = _tensor(x)
    gone = [i for i, size in enumerate(x.shape) if size == 1] if axes is None else _axes(axes, x.ndim)
    for axis in gone:
        if x.shape[axis] != 1:
            raise fault(f"axis {axis} of {list(x.shape)} is not of size 1")
    return ops.reshape(x, shape=[n for i, n in enumerate(x.shape) if i not in gone], name=name or "squeeze")


def unsqueeze(x: Operand, axes: int | Sequence[int], *, name: str | None = None) -> Tensor:
    """With new axes of size 1 at these places of the result."""
    x = _tensor(x)
    count = 1 if isinstance(axes, int) else len(axes)
    rank = x.ndim + count
    new = _axes(axes, rank)
    if len(set(new)) != count:
        raise fault(f"axes {axes} repeat an axis")
    rest = iter(x.shape)
    return ops.reshape(
        x, shape=[1 if i in new else next(rest) for i in range(rank)], name=name or "unsqueeze"
    )


def transpose(x: Operand, perm: Sequence[int] | None = None, *, name: str | None = None) -> Tensor:
    """The axes in the order of `perm`, reversed unless it is given."""
    x = _tensor(x)
    order = list(reversed(range(x.ndim))) if perm is None else [_axis(axis, x.ndim) for axis in perm]
    return ops.transpose(x, perm=order, name=name)


def concat(xs: Sequence[Operand], axis: int = 0, *, name: str | None = None) -> Tensor:
    """Joins tensors along `axis`."""
    if not xs:
        raise fault("there is nothing to join")
    return ops.concat(xs, axis=_axis(axis, len(_shape(xs[0]))), name=name)


def stack(xs: Sequence[Operand], axis: int = 0, *, name: str | None = None) -> Tensor:
    """Joins tensors along a new axis."""
    return concat([unsqueeze(x, axis) for x in xs], axis, name=name or "stack")


def split(
    x: Operand, sections: int | Sequence[int], axis: int = 0, *, name: str | None = None
) -> tuple[Tensor, ...]:
    """Parts along `axis`: so many equal ones, or of the lengths given, one of which may be -1."""
    x = _tensor(x)
    axis = _axis(axis, x.ndim)
    size = x.shape[axis]
    if isinstance(sections, int):
        if sections < 1 or size % sections:
            raise fault(f"axis {axis} of size {size} does not divide into {sections} parts")
        lengths = [size // sections] * sections
    else:
        lengths = list(sections)
        if lengths.count(-1) == 1:
            lengths[lengths.index(-1)] = size - sum(length for length in lengths if length != -1)
        if sum(lengths) != size or min(lengths, default=0) < 0:
            raise fault(f"axis {axis} of size {size} does not divide into parts of {list(sections)}")
    parts: list[Tensor] = []
    start = 0
    for length in lengths:
        starts = [start if i == axis and length else 0 for i in range(x.ndim)]
        sizes = [length if i == axis else dim for i, dim in enumerate(x.shape)]
        part = ops.slice(x, starts=starts, sizes=sizes, steps=[1] * x.ndim, name=name or "split")
        parts.append(part)
        start += length
    return tuple(parts)


def gather(
    x: Operand, indices: Operand, axis: int = 0, *, batch_dims: int = 0, name: str | None = None
) -> Tensor:
    """Slices of `x` along `axis`; a negative index counts from the end."""
    x = _tensor(x)
    return ops.gather(x, indices, axis=_axis(axis, x.ndim), batch_dims=batch_dims, name=name)


def topk(
    x: Operand,
    k: int,
    axis: int = -1,
    *,
    mode: Literal["max", "min"] = "max",
    sort: Literal["value", "index"] = "value",
    index_type: Literal["i32", "i64"] = "i64",
    name: str | None = None,
) -> tuple[Tensor, Tensor]:
    """The `k` largest or smallest elements along `axis` and their positions."""
    x = _tensor(x)
    return ops.topk(x, axis=_axis(axis, x.ndim), k=k, mode=mode, sort=sort, index_type=index_type, name=name)


def pad(
    x: Operand,
    pads: Sequence[tuple[int, int]] | Sequence[Sequence[int]],
    mode: Literal["constant", "edge", "reflect", "symmetric"] = "constant",
    value: float = 0.0,
    *,
    name: str | None = None,
) -> Tensor:
    """Puts elements around `x`: a pair (before, after) for each axis, as in NumPy."""
    begin, end = [list(side) for side in zip(*pads, strict=True)] if pads else ([], [])
    return ops.pad(x, pads_begin=begin, pads_end=end, mode=mode, value=value, name=name)


def depth_to_space(
    x: Operand,
    block: int,
    mode: Literal["blocks_first", "depth_first"] = "blocks_first",
    *,
    name: str | None = None,
) -> Tensor:
    """Channels become blocks of positions: [N, C * block^2, H, W] to [N, C, H * block, W * block]."""
    x = _tensor(x)
    height, width = _spatial(x, 2)
    if block < 1 or x.shape[1] % (block * block):
        raise fault(f"{x.shape[1]} channels do not divide into blocks of {block}")
    depth = x.shape[1] // (block * block)
    if mode == "blocks_first":
        value = reshape(x, [x.shape[0], block, block, depth, height, width]).transpose(0, 3, 4, 1, 5, 2)
    else:
        value = reshape(x, [x.shape[0], depth, block, block, height, width]).transpose(0, 1, 4, 2, 5, 3)
    return reshape(value, [x.shape[0], depth, height * block, width * block], name=name or "depth_to_space")


def space_to_depth(
    x: Operand,
    block: int,
    mode: Literal["blocks_first", "depth_first"] = "blocks_first",
    *,
    name: str | None = None,
) -> Tensor:
    """Blocks of positions become channels: [N, C, H, W] to [N, C * block^2, H / block, W / block]."""
    x = _tensor(x)
    height, width = _spatial(x, 2)
    if block < 1 or height % block or width % block:
        raise fault(f"{list(x.shape)} does not divide into blocks of {block}")
    channels, rows, columns = x.shape[1], height // block, width // block
    value = reshape(x, [x.shape[0], channels, rows, block, columns, block])
    order = (0, 3, 5, 1, 2, 4) if mode == "blocks_first" else (0, 1, 3, 5, 2, 4)
    shape = [x.shape[0], channels * block * block, rows, columns]
    return reshape(value.transpose(order), shape, name=name or "space_to_depth")


def _position(entry: Any) -> int | None:
    """The value of an integer, which a boolean is not."""
    if isinstance(entry, bool | np.bool_ | Tensor | np.ndarray):
        return None
    try:
        return operator.index(entry)
    except TypeError:
        return None


def take(x: Tensor, index: Any) -> Tensor:
    """What `x[index]` means: NumPy's basic indexing, and a list, array or tensor of positions for one axis."""
    entries: list[Any] = [*index] if type(index) is tuple else [index]
    used = sum(1 for entry in entries if entry is not None and entry is not Ellipsis)
    if used > x.ndim:
        raise fault(f"{used} indices for a tensor of rank {x.ndim}")
    if sum(1 for entry in entries if entry is Ellipsis) > 1:
        raise fault("only one ... may occur in an index")
    rest: list[Any] = [slice(None)] * (x.ndim - used)
    if any(entry is Ellipsis for entry in entries):
        place = next(i for i, entry in enumerate(entries) if entry is Ellipsis)
        entries[place : place + 1] = rest
    else:
        entries += rest
    starts: list[int] = []
    sizes: list[int] = []
    steps: list[int] = []
    shape: list[int] = []
    positions: list[tuple[int, Any]] = []
    for entry in entries:
        if entry is None:
            shape.append(1)
            continue
        axis = len(starts)
        dim = x.shape[axis]
        if isinstance(entry, slice):
            try:
                start, stop, step = entry.indices(dim)
            except (TypeError, ValueError) as error:
                raise fault(f"the slice of axis {axis} does not fit: {error}") from None
            size = len(range(start, stop, step))
            starts.append(start if size else 0)
            sizes.append(size)
            steps.append(step if size > 1 else 1)
            shape.append(size)
        elif (place := _position(entry)) is not None:
            if not -dim <= place < dim:
                raise fault(f"index {place} is out of range for axis {axis} of size {dim}")
            starts.append(place % dim)
            sizes.append(1)
            steps.append(1)
        else:
            kind = entry.dtype.kind if isinstance(entry, Tensor) else np.asarray(entry).dtype.kind
            if kind not in "iu" or positions:
                raise fault("an index must be integers, slices, None, ... or one list of positions")
            positions.append((len(shape), entry))
            starts.append(0)
            sizes.append(dim)
            steps.append(1)
            shape.append(dim)
    value = x
    if (tuple(sizes), set(starts), set(steps)) != (
        x.shape,
        {0} if starts else set(),
        {1} if steps else set(),
    ):
        value = ops.slice(x, starts=starts, sizes=sizes, steps=steps)
    if tuple(shape) != tuple(sizes):
        value = ops.reshape(value, shape=shape)
    for axis, entry in positions:
        value = ops.gather(value, entry, axis=axis)
    return value


# Resampling -------------------------------------------------------------------------------------------------


def resize(
    x: Operand,
    size: Sequence[int] | None = None,
    *,
    scale: float | Sequence[float] | None = None,
    mode: Literal["nearest", "linear", "linear_onnx", "cubic"] = "nearest",
    coordinates: Literal[
        "half_pixel", "pytorch_half_pixel", "asymmetric", "tf_half_pixel_for_nn", "align_corners"
    ] = "half_pixel",
    nearest_mode: Literal[
        "round_prefer_floor", "round_prefer_ceil", "floor", "ceil", "simple"
    ] = "round_prefer_floor",
    antialias: bool = False,
    cube_coeff: float = -0.75,
    axes: Axes = None,
    name: str | None = None,
) -> Tensor:
    """Resizes the spatial axes of [N, C, ...] (or `axes`) to a `size`, or by a `scale`."""
    x = _tensor(x)
    places = list(range(2, x.ndim)) if axes is None else _axes(axes, x.ndim)
    if (size is None) == (scale is None):
        raise fault("give either 'size' or 'scale'")
    if size is not None:
        sizes = _sizes(list(size), len(places), "size")
        if any(x.shape[axis] == 0 for axis in places):
            raise fault(f"cannot resize an empty axis of {list(x.shape)}")
        scales = [float(np.float32(n) / np.float32(x.shape[i])) for n, i in zip(sizes, places, strict=True)]
    else:
        factors = [scale] * len(places) if isinstance(scale, int | float) else list(scale or ())
        if len(factors) != len(places):
            raise fault(f"'scale' must be one number or {len(places)}, got {len(factors)}")
        scales = [float(np.float32(factor)) for factor in factors]
        sizes = [int(x.shape[i] * factor + 1e-6) for i, factor in zip(places, scales, strict=True)]
    return ops.interpolate(
        x,
        axes=places,
        sizes=sizes,
        scales=scales,
        mode=mode,
        coordinate_transformation=coordinates,
        nearest_mode=nearest_mode,
        antialias=antialias,
        cube_coeff=cube_coeff,
        pads_begin=[0] * x.ndim,
        pads_end=[0] * x.ndim,
        name=name or "resize",
    )


# Detection --------------------------------------------------------------------------------------------------


def _grid(value: Tensor | Sequence[int], what: str) -> list[int]:
    """Height and width: as given, or the last two axes of a tensor."""
    sizes = list(value.shape[-2:]) if isinstance(value, Tensor) else list(value)
    if len(sizes) != 2:
        raise fault(f"'{what}' must be a tensor of images or [height, width]")
    return sizes


def prior_box(
    feature: Tensor | Sequence[int],
    image: Tensor | Sequence[int],
    *,
    min_size: Sequence[float] = (),
    max_size: Sequence[float] = (),
    aspect_ratio: Sequence[float] = (),
    density: Sequence[float] = (),
    fixed_ratio: Sequence[float] = (),
    fixed_size: Sequence[float] = (),
    variance: Sequence[float] = (0.1, 0.1, 0.2, 0.2),
    flip: bool = False,
    clip: bool = False,
    scale_all_sizes: bool = True,
    min_max_aspect_ratios_order: bool = True,
    step: float = 0.0,
    offset: float = 0.5,
    name: str | None = None,
) -> Tensor:
    """The prior boxes of a feature map, [2, 4 * boxes]: boxes and variances. Of the operands only sizes count."""
    return ops.prior_box(
        feature=_grid(feature, "feature"),
        image=_grid(image, "image"),
        min_size=min_size,
        max_size=max_size,
        aspect_ratio=aspect_ratio,
        density=density,
        fixed_ratio=fixed_ratio,
        fixed_size=fixed_size,
        variance=variance,
        flip=flip,
        clip=clip,
        scale_all_sizes=scale_all_sizes,
        min_max_aspect_ratios_order=min_max_aspect_ratios_order,
        step=step,
        offset=offset,
        name=name,
    )


def prior_box_clustered(
    feature: Tensor | Sequence[int],
    image: Tensor | Sequence[int],
    *,
    width: Sequence[float],
    height: Sequence[float],
    variance: Sequence[float] = (0.1, 0.1, 0.2, 0.2),
    step: float | tuple[float, float] = 0.0,
    offset: float = 0.5,
    clip: bool = False,
    name: str | None = None,
) -> Tensor:
    """Prior boxes of given widths and heights; `step` is one number or (down, across), 0: image over feature."""
    down, across = step if isinstance(step, tuple) else (step, step)
    return ops.prior_box_clustered(
        feature=_grid(feature, "feature"),
        image=_grid(image, "image"),
        width=width,
        height=height,
        variance=variance,
        step_w=across,
        step_h=down,
        offset=offset,
        clip=clip,
        name=name,
    )


def detection_output(
    loc: Operand,
    conf: Operand,
    priors: Operand,
    aux_conf: Operand | None = None,
    aux_loc: Operand | None = None,
    *,
    num_classes: int,
    background_label_id: int = 0,
    top_k: int = -1,
    keep_top_k: int | Sequence[int] = 200,
    code_type: Literal["corner", "center_size", "corner_size"] = "center_size",
    variance_encoded_in_target: bool = False,
    share_location: bool = True,
    nms_threshold: float = 0.45,
    confidence_threshold: float = 0.01,
    clip_before_nms: bool = False,
    clip_after_nms: bool = False,
    decrease_label_id: bool = False,
    normalized: bool = True,
    input_height: int = 1,
    input_width: int = 1,
    objectness_score: float = 0.0,
    name: str | None = None,
) -> Tensor:
    """Decodes boxes, suppresses overlaps and keeps the best: [1, 1, K, 7] of image, label, confidence, box."""
    return ops.detection_output(
        loc,
        conf,
        priors,
        aux_conf=aux_conf,
        aux_loc=aux_loc,
        num_classes=num_classes,
        background_label_id=background_label_id,
        top_k=top_k,
        keep_top_k=[keep_top_k] if isinstance(keep_top_k, int) else keep_top_k,
        code_type=code_type,
        variance_encoded_in_target=variance_encoded_in_target,
        share_location=share_location,
        nms_threshold=nms_threshold,
        confidence_threshold=confidence_threshold,
        clip_before_nms=clip_before_nms,
        clip_after_nms=clip_after_nms,
        decrease_label_id=decrease_label_id,
        normalized=normalized,
        input_height=input_height,
        input_width=input_width,
        objectness_score=objectness_score,
        name=name,
    )


def region_yolo(
    x: Operand,
    *,
    classes: int,
    coords: int = 4,
    num: int | None = None,
    mask: Sequence[int] = (),
    anchors: Sequence[float] = (),
    do_softmax: bool = False,
    axis: int = 1,
    end_axis: int = 3,
    name: str | None = None,
) -> Tensor:
    """Sigmoid of a YOLO head's channels: with `mask` as in version 3, with `do_softmax` as in version 2."""
    return ops.region_yolo(
        x,
        coords=coords,
        classes=classes,
        num=len(mask) if num is None else num,
        mask=mask,
        anchors=anchors,
        do_softmax=do_softmax,
        axis=axis,
        end_axis=end_axis,
        name=name,
    )


def proposal(
    scores: Operand,
    deltas: Operand,
    image_info: Operand,
    *,
    ratio: Sequence[float],
    scale: Sequence[float],
    base_size: int = 16,
    pre_nms_topn: int = 6000,
    post_nms_topn: int = 300,
    nms_thresh: float = 0.7,
    feat_stride: int = 16,
    min_size: int = 16,
    clip_before_nms: bool = True,
    clip_after_nms: bool = False,
    normalize: bool = False,
    box_size_scale: float = 1.0,
    box_coordinate_scale: float = 1.0,
    framework: Literal["", "tensorflow"] = "",
    name: str | None = None,
) -> tuple[Tensor, Tensor]:
    """The best boxes of a region proposal network, [N * post_nms_topn, 5], and their scores."""
    return ops.proposal(
        scores,
        deltas,
        image_info,
        base_size=base_size,
        pre_nms_topn=pre_nms_topn,
        post_nms_topn=post_nms_topn,
        nms_thresh=nms_thresh,
        feat_stride=feat_stride,
        min_size=min_size,
        ratio=ratio,
        scale=scale,
        clip_before_nms=clip_before_nms,
        clip_after_nms=clip_after_nms,
        normalize=normalize,
        box_size_scale=box_size_scale,
        box_coordinate_scale=box_coordinate_scale,
        framework=framework,
        name=name,
    )

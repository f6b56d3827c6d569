"""Meanings of the layers that look at images: convolutions, pooling, LRN, resize."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product

import numpy as np
from xdsl.interpreter import InterpreterFunctions, register_impls

from arhat.dialects import trt
from arhat.dialects.arhat.base import ints_of
from arhat.dialects.kernel import shape_of
from arhat.interpreters.meanings import convolution, nn, normalization
from arhat.interpreters.trt.common import F32, meaning
from arhat.weights import Array


def _convolution(op: trt.ConvolutionOp, x: Array, kernel: Array, bias: Array | None = None) -> Array:
    return nn.convolution(
        x,
        kernel,
        bias,
        strides=ints_of(op.strides),
        pads_begin=ints_of(op.pre_padding),
        pads_end=ints_of(op.post_padding),
        dilations=ints_of(op.dilations),
        groups=op.groups.value.data,
    )


def _deconvolution(op: trt.DeconvolutionOp, x: Array, kernel: Array, bias: Array | None = None) -> Array:
    return convolution.transposed_convolution(
        x,
        kernel,
        bias,
        strides=ints_of(op.strides),
        pads_begin=ints_of(op.pre_padding),
        pads_end=ints_of(op.post_padding),
        dilations=ints_of(op.dilations),
        output_padding=[0] * (x.ndim - 2),
        groups=op.groups.value.data,
    )


def _pooling(op: trt.PoolingOp, x: Array) -> Array:
    """The maximum, where padding is -infinity; or the sum over the elements that count, padding being 0.

    Elements that count: those of the image, or of the padded image too; never those that a window reaches beyond it
    because sizes are rounded up.
    """
    largest = op.kind.data == "max"
    window, strides, placement = ints_of(op.window), ints_of(op.strides), op.placement()
    counts = [count for count, _, _ in placement]
    around: list[tuple[int, int]] = [(0, 0), (0, 0)]
    beyond: list[tuple[int, int]] = [(0, 0), (0, 0)]
    for n, k, stride, (count, before, after) in zip(x.shape[2:], window, strides, placement, strict=True):
        around.append((before, after))
        beyond.append((0, max(0, (count - 1) * stride + k - (n + before + after))))
    empty = F32(-np.inf if largest else 0)
    padded = np.pad(np.pad(x, around, constant_values=empty), beyond, constant_values=empty)
    within = F32(0 if op.count_excludes_padding is not None and op.count_excludes_padding.value.data else 1)
    inside = np.ones((1, 1, *x.shape[2:]), F32)
    inside = np.pad(np.pad(inside, around, constant_values=within), beyond)
    ones = [1] * len(window)
    y = np.full((*x.shape[:2], *counts), empty, F32)
    number = np.zeros((1, 1, *counts), F32)
    for tap in product(*(range(k) for k in window)):
        seen = nn.window_slices(tap, strides, ones, counts)
        y = np.maximum(y, padded[seen]) if largest else y + padded[seen]
        number += inside[seen]
    return y if largest else y / number


def _lrn(op: trt.LrnOp, x: Array) -> Array:
    return normalization.lrn(
        x,
        axes=[1],
        alpha=op.alpha.value.data,
        beta=op.beta.value.data,
        bias=op.k.value.data,
        size=op.window.value.data,
    )


def _places(op: trt.ResizeOp, n: int, m: int) -> Array:
    """Where each of `m` elements lies on an axis of `n`."""
    out = np.arange(m, dtype=F32)
    if m == 1 and op.selector.data == "upper":
        return out
    match op.coordinate_transformation.data:
        case "align_corners":
            return out * (F32(n - 1) / F32(m - 1)) if m > 1 else out
        case "asymmetric":
            return out * (F32(n) / F32(m))
        case _:
            return (out + F32(0.5)) * (F32(n) / F32(m)) - F32(0.5)


_ROUNDINGS: dict[str, Callable[[Array], Array]] = {
    "half_up": lambda at: np.floor(at + F32(0.5)),
    "half_down": lambda at: np.ceil(at - F32(0.5)),
    "floor": np.floor,
    "ceil": np.ceil,
}


def _cubic_weight(distance: Array, a: np.float32) -> Array:
    x = np.abs(distance)
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = ((a * x - 5 * a) * x + 8 * a) * x - 4 * a
    return np.where(x <= 1, near, np.where(x < 2, far, F32(0))).astype(F32)


def _taps(op: trt.ResizeOp, n: int, m: int) -> tuple[Array, Array]:
    """For each of `m` elements of an axis: the elements of the operand that it is made of, and their weights."""
    at = _places(op, n, m)
    if op.mode.data == "nearest":
        picks = _ROUNDINGS[op.rounding.data](at)[:, None]
        weights = np.ones((m, 1), F32)
    else:
        linear = op.mode.data == "linear"
        picks = np.floor(at)[:, None] + np.arange(0 if linear else -1, 2 if linear else 3, dtype=F32)
        distance = at[:, None] - picks
        if linear:
            weights = 1 - np.abs(distance)
        else:
            weights = _cubic_weight(
                distance, F32(-0.75 if op.cubic_coeff is None else op.cubic_coeff.value.data)
            )
            if op.exclude_outside is not None and op.exclude_outside.value.data:
                weights = np.where((picks >= 0) & (picks < n), weights, F32(0))
                weights = weights / weights.sum(axis=1, keepdims=True)
    return np.clip(picks, 0, n - 1).astype(np.int64), weights


def _resize(op: trt.ResizeOp, x: Array, sizes: Array | None = None) -> Array:
    y = x
    for axis, (n, m) in enumerate(
        zip(x.shape, shape_of(op.output) if sizes is None else sizes.tolist(), strict=True)
    ):
        if n != m:
            picks, weights = _taps(op, n, m)
            along = [-1 if i == axis else 1 for i in range(x.ndim)]
            parts = [
                np.take(y, picks[:, tap], axis=axis) * weights[:, tap].reshape(along)
                for tap in range(picks.shape[1])
            ]
            y = parts[0]
            for part in parts[1:]:
                y = y + part
    return y


@register_impls
class TrtWindowFunctions(InterpreterFunctions):
    """Meanings of the layers that look at images."""

    convolution = meaning(trt.ConvolutionOp, _convolution)
    deconvolution = meaning(trt.DeconvolutionOp, _deconvolution)
    pooling = meaning(trt.PoolingOp, _pooling)
    lrn = meaning(trt.LrnOp, _lrn)
    resize = meaning(trt.ResizeOp, _resize)

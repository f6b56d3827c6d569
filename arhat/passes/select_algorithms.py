"""select-algorithms: how each convolution and matrix product is computed, with weights packed for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import cast

import numpy as np
from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, StringAttr, f32
from xdsl.ir import Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from arhat.dialects.arhat import ConstantOp
from arhat.dialects.arhat.base import ints_of, tensor_type
from arhat.dialects.cpu import PANEL, ConvOp, MatmulOp, RecurrentOp, TransposedConvOp, phases_of
from arhat.dialects.kernel import tensor_of
from arhat.emit.cpu import packing
from arhat.errors import UserError
from arhat.layers import layers_of, set_layers
from arhat.passes.pack_at_run_time import (
    is_constant,
    pack_filter_at_run_time,
    pack_recurrent_at_run_time,
    pack_transposed_at_run_time,
    pack_vector_at_run_time,
)
from arhat.passes.pack_int8 import INT8_OPS, pack_int8
from arhat.passes.plan_memory import storage
from arhat.passes.support import entry_point
from arhat.weights import Array, WeightStore, store_of

CHOICES = ("auto", "direct", "winograd2", "winograd4")


@dataclass(frozen=True)
class SelectAlgorithmsPass(ModulePass):
    """Choose the algorithm of every convolution and matrix product and pack their constant operands for it.

    A convolution with one filter per channel is `depthwise`. One with a 3x3 kernel, stride 1 and no dilation is
    `winograd4`, `winograd2` or `direct`, whichever the cost model expects to be fastest; every other is `direct`. A
    matrix product with a constant right-hand side is `packed`, else `general`. Packed weights are derived entries of
    the weight store: nothing is computed here. A filter that the model computes is packed when it runs, by kernels that
    move data, and never transformed for Winograd.

    Options: `convolution` forces `direct`, `winograd2` or `winograd4` where it is possible (`auto` otherwise).

    ```mlir
    %y = cpu.conv(%x, %w) {kernel = [1, 1], ...} : (..., tensor<64x16x1x1xf32>) -> ...
    // becomes
    %0 = arhat.constant() {value = #arhat.weight<"derived"::"w.direct">} : () -> tensor<2x1x1x16x32xf32>
    %y = cpu.conv(%x, %0) {kernel = [1, 1], algorithm = "direct", ...} : (..., tensor<2x1x1x16x32xf32>) -> ...
    ```
    """

    name = "select-algorithms"
    convolution: str = "auto"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Choose for the module's entry point."""
        if self.convolution not in CHOICES:
            raise UserError(
                f"select-algorithms: convolution is one of {', '.join(CHOICES)}, not '{self.convolution}'"
            )
        packer = _Packer(store_of(op), {})
        for inner in list(entry_point(op).body.block.ops):
            if isinstance(inner, ConvOp) and inner.algorithm is None:
                _convolution(inner, packer, self.convolution)
            elif isinstance(inner, TransposedConvOp) and inner.algorithm is None:
                _transposed(inner, packer)
            elif isinstance(inner, MatmulOp) and inner.algorithm is None:
                _matmul(inner, packer)
            elif isinstance(inner, INT8_OPS) and inner.algorithm is None:
                pack_int8(inner, packer.store)
            elif isinstance(inner, RecurrentOp) and "algorithm" not in inner.properties:
                _recurrent(inner, packer)


# ---------------------------------------------------------------------------------------------- the cost model


def choose_convolution(op: ConvOp, wish: str) -> str:
    """The algorithm for a convolution."""
    groups = op.groups.value.data
    _, ic, _, _ = tensor_of(op.input).get_shape()
    n, oc, oh, ow = tensor_of(op.output).get_shape()
    if groups == ic == oc and groups > 1:
        return "depthwise"
    if groups > 1:
        return "grouped"
    if not _winograd_fits(op):
        return "direct"
    if wish != "auto":
        return wish
    costs = {
        "direct": direct_cost(n, oh, ow, ic, oc, 9),
        "winograd2": winograd_cost(2, n, oh, ow, ic, oc),
        "winograd4": winograd_cost(4, n, oh, ow, ic, oc),
    }
    return min(costs, key=lambda name: costs[name])


def _winograd_fits(op: ConvOp) -> bool:
    return ints_of(op.kernel) == (3, 3) and ints_of(op.strides) == (1, 1) and ints_of(op.dilations) == (1, 1)


# Nanoseconds on one core, fitted to measurements with AVX2 at 92 GFLOP/s: docs/kernels.md.
DIRECT_RATE, WINOGRAD_RATE = 80.0, 74.0
"""Floating-point operations a nanosecond, when nothing but the products counts."""
MEMORY_RATE = 28.0
"""Bytes of weights read in a nanosecond."""
KEPT = 0.04
"""Nanoseconds that a byte more of weights has to save: it is read from disk, mapped and kept in memory."""
TRANSFORM = {2: 0.20, 4: 0.25}
"""Of each element of a transformed tile, by the size of the tile."""
TILE_PIXELS = 6
"""Pixels of a register tile; one of fewer than four costs as much as one of four."""


def direct_cost(n: int, oh: int, ow: int, ic: int, oc: int, taps: int) -> float:
    """Expected time of a direct convolution."""
    products = 2.0 * _tile_pixels(n * oh * ow) * _round(oc, 8) * ic * taps
    weights = 4.0 * taps * ic * _round(oc, 16)
    return products / DIRECT_RATE + weights * (1 / MEMORY_RATE + KEPT) + 1600


def winograd_cost(m: int, n: int, oh: int, ow: int, ic: int, oc: int) -> float:
    """Expected time of F(m x m, 3x3): the products, the weights, the transforms."""
    matrices = (m + 2) ** 2
    count = n * -(-oh // m) * -(-ow // m)
    products = 2.0 * matrices * _tile_pixels(count) * _round(oc, 8) * ic
    weights = 4.0 * matrices * ic * _round(oc, 16)
    transforms = count * matrices * (_round(ic, 16) + _round(oc, 16)) * TRANSFORM[m]
    return products / WINOGRAD_RATE + weights * (1 / MEMORY_RATE + KEPT) + transforms + 110 * matrices


def _tile_pixels(pixels: int) -> float:
    """Pixels that the register tiles cost."""
    count = -(-pixels // TILE_PIXELS)
    return count * max(pixels / count, 4)


def _round(value: int, multiple: int) -> int:
    return -(-value // multiple) * multiple


# ------------------------------------------------------------------------------------------------- packing


@dataclass
class _Packer:
    """Makes packed constants; the same weight packed the same way is made once."""

    store: WeightStore
    made: dict[tuple[object, ...], ConstantOp]

    def pack(
        self,
        user: Operation,
        value: SSAValue,
        what: str,
        shape: Sequence[int],
        function: Callable[[Array], Array],
    ) -> SSAValue:
        """A constant of `shape` with `function(value)` of a constant or a view of one, placed beside the constant."""
        source, seen = storage(value).owner, tensor_of(value).get_shape()
        assert isinstance(source, ConstantOp)
        key = (source.value, source.result.type, what, tuple(seen), tuple(shape))
        if key not in self.made:
            type_ = tensor_type(f32, tuple(shape))

            def compute(array: Array) -> Array:
                return np.ascontiguousarray(function(array.reshape(seen)), np.float32)

            entry = self.store.derive(f"{_hint(source, user)}.{what}", type_, compute, [source])
            constant = ConstantOp.get(entry, type_)
            set_layers(constant, layers_of(source))
            Rewriter.insert_op(constant, InsertPoint.after(source))
            self.made[key] = constant
        return self.made[key].result

    def vector(self, user: Operation, value: SSAValue, length: int, what: str, groups: int = 1) -> SSAValue:
        """A bias or slope, each group extended to whole panels; one slope for all channels is repeated."""

        def extend(array: Array) -> Array:
            flat = array.reshape(-1)
            return packing.pack_channels(np.broadcast_to(flat, (length,)) if flat.size == 1 else flat, groups)

        shape = (groups * _round(length // groups, PANEL),)
        if not is_constant(value):
            return pack_vector_at_run_time(user, value, length, groups)
        return self.pack(user, value, what if groups == 1 else f"{what}_{groups}", shape, extend)


def _hint(source: ConstantOp, user: Operation) -> str:
    key = getattr(source.value, "key", None)
    if isinstance(key, StringAttr):
        return key.data
    layers = layers_of(user)
    return layers[-1].layer_name if layers else "weight"


def _convolution(op: ConvOp, packer: _Packer, wish: str) -> None:
    known = is_constant(op.filter)
    algorithm = choose_convolution(op, wish if known else "direct")
    groups = op.groups.value.data
    o, i, kh, kw = tensor_of(op.filter).get_shape()
    panels = -(-(o // groups) // PANEL)
    packed: dict[str, tuple[tuple[int, ...], Callable[[Array], Array]]] = {
        "direct": ((panels, kh, kw, i, PANEL), packing.pack_direct),
        "grouped": ((groups, panels, kh, kw, i, PANEL), partial(packing.pack_grouped, groups=groups)),
        "winograd2": ((16, panels, i, PANEL), partial(packing.pack_winograd, m=2)),
        "winograd4": ((36, panels, i, PANEL), partial(packing.pack_winograd, m=4)),
        "depthwise": ((kh, kw, _round(o, 16)), packing.pack_depthwise),
    }
    shape, function = packed[algorithm]
    if known:
        op.operands[1] = packer.pack(op, op.filter, algorithm, shape, function)
    else:
        op.operands[1] = pack_filter_at_run_time(op, algorithm)
    _vectors(op, packer, o, groups if algorithm == "grouped" else 1)
    op.properties["algorithm"] = StringAttr(algorithm)


def _transposed(op: TransposedConvOp, packer: _Packer) -> None:
    groups = op.groups.value.data
    inputs, depth, *_ = tensor_of(op.filter).get_shape()
    outputs = groups * depth
    algorithm = "direct" if groups == 1 else "depthwise" if inputs == outputs == groups else "grouped"
    rows, columns = phases_of(op)
    if is_constant(op.filter):
        taps = sum(len(row.taps) for row in rows) * sum(len(column.taps) for column in columns)
        panels = groups * -(-depth // PANEL) * PANEL * (inputs // groups)
        size = taps * (_round(outputs, 16) if algorithm == "depthwise" else panels)
        function = partial(
            packing.pack_transposed, groups=groups, algorithm=algorithm, rows=rows, columns=columns
        )
        what = (
            f"transposed_{groups}_{'_'.join(str(v) for v in (*ints_of(op.strides), *ints_of(op.dilations)))}"
        )
        what += "".join(f"_{phase.first}" for phase in (*rows, *columns))
        op.operands[1] = packer.pack(op, op.filter, what, (max(size, 1),), function)
    else:
        op.operands[1] = pack_transposed_at_run_time(op, algorithm, rows, columns)
    _vectors(op, packer, outputs, groups if algorithm == "grouped" else 1)
    op.properties["algorithm"] = StringAttr(algorithm)


def _vectors(op: ConvOp | TransposedConvOp, packer: _Packer, channels: int, groups: int) -> None:
    """Extend bias and slope to whole panels."""
    for name in ("bias", "slope"):
        value = cast("SSAValue | None", getattr(op, name))
        if value is not None:
            op.operands[_position(op, name)] = packer.vector(op, value, channels, name, groups)


def _position(op: ConvOp | TransposedConvOp, name: str) -> int:
    """Index of a named optional operand among all operands."""
    names = [operand for operand, _ in op.get_irdl_definition().operands]
    return sum(getattr(op, before) is not None for before in names[: names.index(name)])


def _matmul(op: MatmulOp, packer: _Packer) -> None:
    b_shape = tensor_of(op.b).get_shape()
    packable = is_constant(op.b) and len(b_shape) == 2 and not op.transpose_a.value.data
    n = tensor_of(op.output).get_shape()[-1]
    if packable:
        transposed = bool(op.transpose_b.value.data)
        k = b_shape[1] if transposed else b_shape[0]

        def function(array: Array) -> Array:
            return packing.pack_matmul(array.T if transposed else array)

        op.operands[1] = packer.pack(
            op,
            op.b,
            "packed" + "_transposed" * transposed,
            (-(-n // PANEL), k, PANEL),
            function,
        )
    if op.bias is not None:
        op.operands[2] = packer.vector(op, op.bias, n, "bias")
    op.properties["algorithm"] = StringAttr("packed" if packable else "general")


def _recurrent(op: RecurrentOp, packer: _Packer) -> None:
    directions, _, hidden = tensor_of(op.operands[1]).get_shape()
    shape = (directions, op.GATES * -(-hidden // PANEL), hidden, PANEL)
    if is_constant(op.operands[1]):
        function = partial(packing.pack_recurrent, gates=op.GATES)
        op.operands[1] = packer.pack(op, op.operands[1], f"recurrent_{op.GATES}", shape, function)
    else:
        op.operands[1] = pack_recurrent_at_run_time(op)
    op.properties["algorithm"] = StringAttr("packed")

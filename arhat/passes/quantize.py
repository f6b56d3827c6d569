"""Pass `quantize`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from math import prod
from typing import Any

import numpy as np
from xdsl.context import Context
from xdsl.dialects.builtin import Float32Type, IntegerType, ModuleOp
from xdsl.ir import Operation, SSAValue
from xdsl.passes import ModulePass

from arhat.dialects.arhat import (
    ActivationAttr,
    AddOp,
    ArhatOp,
    BroadcastOp,
    ConcatOp,
    ConstantOp,
    ConvertOp,
    ConvolutionOp,
    DequantizeOp,
    FakeQuantizeOp,
    MaxPoolOp,
    MultiplyOp,
    PreluOp,
    QuantizedAddOp,
    QuantizedConvolutionOp,
    QuantizeOp,
    ReshapeOp,
    SubtractOp,
)
from arhat.dialects.arhat.base import element_of, ints_of, shape_of, tensor_type
from arhat.dialects.arhat.quantization import BYTE
from arhat.layers import layers_of, set_layers
from arhat.passes.channel_wise import channel_step, is_channel_shape
from arhat.passes.fold_constants import Folder
from arhat.passes.fuse_activation import activation_of
from arhat.passes.rewriting import (
    defining_constant,
    erase_unused,
    insert_before,
    only_user,
    rebuild,
    replace,
    with_operands,
)
from arhat.weights import Array, make_constant

LEVELS = 256
NEAR = 1e-3
"""How far from an integer a zero point may be where padding has to be a byte."""
NOISE = 1e-4
"""How far from an integer the zero point of an int8 filter may be: what the rounding of f16 leaves of a zero."""
MOST_PRODUCTS = 20_000
"""Of one sum of a convolution: kernel sizes times channels."""
MOST_ROW = 8192
"""Elements under one row of results of a depthwise convolution, in each channel."""


@dataclass(frozen=True)
class QuantizePass(ModulePass):
    """Lets quantised models compute on integers: FakeQuantize becomes bytes, and what works on them works on bytes.

    A `fake_quantize` with 256 levels and constant ranges is a `quantize` followed by a `dequantize`. Where a
    convolution (or a sum) reads only such values, it reads the bytes instead:

    - a convolution whose filter is int8, be it a `fake_quantize` of a constant with at most 256 levels around zero or
      integers times a scale, becomes a `quantized_convolution` with these integers as its filter. It may be depthwise
      or have one group. Per-channel constants, an activation and the `quantize` that follow become part of it;
    - a sum of two quantised tensors becomes a `quantized_add`, likewise;
    - `max_pool`, and `concat` of equally quantised tensors, between the two are computed on bytes.

    Zero points need not be integers, but that of a convolution's input with padding must: the padding is a byte. All
    else stays `fake_quantize` in f32. The pass runs on a model as it was imported, before its constants are folded.

    Before:

    ```mlir
    func.func @main(%x: tensor<1x1x4x4xf32>) -> tensor<1x1x4x4xf32> {
      %l = arhat.constant() {value = dense<0.0> : tensor<f32>} : () -> tensor<f32>
      %h = arhat.constant() {value = dense<2.55> : tensor<f32>} : () -> tensor<f32>
      %0 = arhat.fake_quantize(%x, %l, %h, %l, %h) {levels = 256}
        : (tensor<1x1x4x4xf32>, tensor<f32>, tensor<f32>, tensor<f32>, tensor<f32>) -> tensor<1x1x4x4xf32>
      %i = arhat.constant() {value = dense<3> : tensor<1x1x1x1xi8>} : () -> tensor<1x1x1x1xi8>
      %f = arhat.convert(%i) {to = f32} : (tensor<1x1x1x1xi8>) -> tensor<1x1x1x1xf32>
      %s = arhat.constant() {value = dense<0.5> : tensor<f32>} : () -> tensor<f32>
      %w = arhat.multiply(%f, %s) : (tensor<1x1x1x1xf32>, tensor<f32>) -> tensor<1x1x1x1xf32>
      %1 = arhat.convolution(%0, %w)
        {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1}
        : (tensor<1x1x4x4xf32>, tensor<1x1x1x1xf32>) -> tensor<1x1x4x4xf32>
      func.return %1 : tensor<1x1x4x4xf32>
    }
    ```

    After:

    ```mlir
    func.func @main(%x: tensor<1x1x4x4xf32>) -> tensor<1x1x4x4xf32> {
      %m = arhat.constant() {value = dense<100.0> : tensor<1xf32>} : () -> tensor<1xf32>
      %z = arhat.constant() {value = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
      %0 = arhat.quantize(%x, %m, %z) : (tensor<1x1x4x4xf32>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1x4x4xui8>
      %i = arhat.constant() {value = dense<3> : tensor<1x1x1x1xi8>} : () -> tensor<1x1x1x1xi8>
      %s = arhat.constant() {value = dense<0.005> : tensor<1xf32>} : () -> tensor<1xf32>
      %b = arhat.constant() {value = dense<0.0> : tensor<1xf32>} : () -> tensor<1xf32>
      %1 = arhat.quantized_convolution(%0, %i, %s, %b)
        {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], dilations = [1, 1], groups = 1, padding = 0}
        : (tensor<1x1x4x4xui8>, tensor<1x1x1x1xi8>, tensor<1xf32>, tensor<1xf32>) -> tensor<1x1x4x4xf32>
      func.return %1 : tensor<1x1x4x4xf32>
    }
    ```
    """

    name = "quantize"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Rewrites every function of the module."""
        if any(isinstance(inner, FakeQuantizeOp) for inner in op.walk()):
            _Quantizer(Folder(op)).run(op)


@dataclass(frozen=True)
class _Bytes:
    """How bytes stand for the values of a tensor: `scale * q + offset`, for all or for each channel."""

    scale: Array
    offset: Array

    @property
    def uniform(self) -> bool:
        return self.scale.size == 1

    def same(self, other: _Bytes) -> bool:
        return np.array_equal(self.scale, other.scale) and np.array_equal(self.offset, other.offset)

    def zero(self, near: float) -> int | None:
        """The byte that stands for zero, if there is one that is `near` enough in every channel."""
        points = -self.offset.astype(np.float64) / self.scale
        first = round(float(points[0]))
        return first if 0 <= first <= 255 and np.abs(points - first).max() <= near else None


@dataclass
class _Quantizer:
    folder: Folder
    bytes: dict[SSAValue, _Bytes] = field(default_factory=dict[SSAValue, _Bytes])
    """What can be bytes, and how."""
    made: dict[SSAValue, SSAValue] = field(default_factory=dict[SSAValue, SSAValue])
    """The bytes, where something wants them."""
    constants: dict[SSAValue, ConstantOp | None] = field(default_factory=dict[SSAValue, ConstantOp | None])

    def run(self, module: ModuleOp) -> None:
        ops = list(module.walk())
        linear: list[QuantizedConvolutionOp | QuantizedAddOp] = []
        for op in ops:
            if isinstance(op, FakeQuantizeOp):
                self._fake_quantize(op)
            elif isinstance(op, MaxPoolOp) and op.x in self.bytes:
                self.bytes[op.result] = self.bytes[op.x]
            elif isinstance(op, ConcatOp):
                self._concat(op)
            elif isinstance(op, ConvolutionOp):
                self._convolution(op, linear)
            elif isinstance(op, AddOp):
                self._add(op, linear)
        for value, made in self.made.items():
            self._back(value, made)
        # What has been replaced must go first: it still uses what is to become part of others.
        erase_unused(op for op in reversed(ops) if isinstance(op, ArhatOp))
        for op in linear:
            self._take_what_follows(op)

    # ---- constants

    def constant(self, value: SSAValue) -> ConstantOp | None:
        """The constant that `value` is computed from constants as, if it is."""
        if value not in self.constants:
            op = value.owner
            made: ConstantOp | None = None
            if isinstance(op, ConstantOp):
                made = op
            elif isinstance(op, ArhatOp) and op.operands and len(op.results) == 1:
                operands = [self.constant(operand) for operand in op.operands]
                if all(operand is not None for operand in operands):
                    known = rebuild(op, lambda v: self.constants[v].result)  # type: ignore[union-attr]
                    made = self.folder.fold(known)
                    known.erase()
                    set_layers(made, layers_of(op))
                    insert_before(op, made)
            self.constants[value] = made
        return self.constants[value]

    def array(self, value: SSAValue) -> Array | None:
        """The numbers of a constant."""
        constant = self.constant(value)
        return None if constant is None else self.folder.store.value(constant)

    def vector(self, numbers: Array, like: Operation, what: str) -> ConstantOp:
        """A constant of `numbers` as f32, placed before `like`."""
        layers = layers_of(like)
        hint = f"{layers[-1].layer_name if layers else like.name}.{what}"
        constant = make_constant(self.folder.store, np.asarray(numbers, np.float32), hint, layers[-1:])
        insert_before(like, constant)
        return constant

    # ---- what can be bytes

    def _fake_quantize(self, op: FakeQuantizeOp) -> None:
        shape = shape_of(op.result)
        ranges = op.operands[1:]
        channels = [is_channel_shape(shape_of(value), shape, 1) for value in ranges]
        plain = len(shape) == 4 and shape_of(op.x) == shape and isinstance(element_of(op.x), Float32Type)
        if (
            op.levels.value.data != LEVELS
            or not plain
            or not all(channels)
            or self.constant(op.x) is not None
        ):
            return
        found = [self.array(value) for value in ranges]
        if any(array is None for array in found):
            return
        size = max(array.size for array in found if array is not None)
        low, high, out_low, out_high = (
            np.broadcast_to(array.reshape(-1), (size,)).astype(np.float32)
            for array in found
            if array is not None
        )
        with np.errstate(all="ignore"):
            scale = (out_high - out_low) / np.float32(LEVELS - 1)
            multiplier = np.float32(LEVELS - 1) / (high - low)
            shift = -low * np.float32(LEVELS - 1) / (high - low)
        finite = np.isfinite(scale).all() and np.isfinite(multiplier).all() and np.isfinite(shift).all()
        if finite and (low < high).all() and (scale > 0).all():
            self.bytes[op.result] = _Bytes(scale, out_low)

    def _concat(self, op: ConcatOp) -> None:
        known = [self.bytes.get(part) for part in op.operands]
        first = known[0] if known else None
        if op.axis.value.data != 1 or first is None or not first.uniform:
            return
        if all(one is not None and one.same(first) for one in known):
            self.bytes[op.result] = first

    def as_bytes(self, value: SSAValue) -> SSAValue:
        """The bytes of a value that can be bytes."""
        if value in self.made:
            return self.made[value]
        op = value.owner
        assert isinstance(op, ArhatOp)
        new: ArhatOp
        if isinstance(op, FakeQuantizeOp):
            low, high = (self.array(bound) for bound in (op.input_low, op.input_high))
            assert low is not None and high is not None
            size = self.bytes[value].scale.size
            low, high = (
                np.broadcast_to(bound.reshape(-1), (size,)).astype(np.float32) for bound in (low, high)
            )
            multiplier = np.float32(LEVELS - 1) / (high - low)
            shift = np.float32(0) - low * np.float32(LEVELS - 1) / (high - low)  # without a negative zero
            operands = [op.x, self.vector(multiplier, op, "multiplier"), self.vector(shift, op, "shift")]
            new = QuantizeOp.build_inferred(operands)
        else:
            new = rebuild(op, self.as_bytes)
        set_layers(new, layers_of(op))
        insert_before(op, new)
        new.results[0].name_hint = value.name_hint
        self.made[value] = new.results[0]
        return new.results[0]

    def _back(self, value: SSAValue, made: SSAValue) -> None:
        """Give those that use the floats still what the bytes stand for."""
        op = value.owner
        assert isinstance(op, ArhatOp)
        users = [use.operation for use in value.uses]
        if all(user.results and user.results[0] in self.made for user in users):
            return  # what uses it is replaced itself
        numbers = self.bytes[value]
        scale, offset = (self.vector(array, op, what) for array, what in _named(numbers))
        replace(op, DequantizeOp.build_inferred([made, scale, offset]), [op])

    # ---- what computes on bytes

    def _convolution(self, op: ConvolutionOp, linear: list[Any]) -> None:
        numbers = self.bytes.get(op.x)
        if numbers is None or op.bias is not None or op.residual is not None or op.activation is not None:
            return
        shape, filter_shape, result = shape_of(op.x), shape_of(op.filter), shape_of(op.result)
        groups = op.groups.value.data
        depthwise = groups == shape[1] == filter_shape[0] and groups > 1
        taps = prod(filter_shape[2:])
        rows = filter_shape[2] * (
            (result[3] - 1) * ints_of(op.strides)[1] + filter_shape[3] * ints_of(op.dilations)[1]
        )
        fits = (
            rows <= MOST_ROW and taps <= 500 if depthwise else taps * (filter_shape[1] + 3) <= MOST_PRODUCTS
        )
        if not (depthwise or (groups == 1 and numbers.uniform)) or not fits:
            return
        padded = any(ints_of(op.pads_begin)) or any(ints_of(op.pads_end))
        zero = numbers.zero(NEAR)
        if padded and zero is None:
            return
        integers = self._integers(op.filter)
        if integers is None:
            return
        filter, filter_scale = integers
        # What the offset adds to every sum is a bias.
        offset = (numbers.offset.astype(np.float64) * filter_scale).astype(np.float32)
        scale = self.vector(numbers.scale.astype(np.float64) * filter_scale, op, "scale")
        channels = tensor_type(Float32Type(), (filter_shape[0],))
        layers = layers_of(op)
        hint = f"{layers[-1].layer_name if layers else op.name}.bias"
        if offset.any():
            weight = self.folder.store.derive(hint, channels, partial(_offset_bias, offset=offset), [filter])
            bias = ConstantOp.get(weight, channels)
            insert_before(op, bias)
        else:
            bias = self.vector(np.zeros(filter_shape[0], np.float32), op, "bias")
        new = QuantizedConvolutionOp.build_inferred(
            [self.as_bytes(op.x), filter, scale, bias, None, None, None],
            {
                "strides": op.strides,
                "pads_begin": op.pads_begin,
                "pads_end": op.pads_end,
                "dilations": op.dilations,
                "groups": groups,
                "padding": zero if zero is not None else 0,
            },
        )
        replace(op, new, [op])
        linear.append(new)

    def _add(self, op: AddOp, linear: list[Any]) -> None:
        a, b = self.bytes.get(op.a), self.bytes.get(op.b)
        if a is None or b is None or not (a.uniform and b.uniform) or shape_of(op.a) != shape_of(op.b):
            return
        new = QuantizedAddOp.build_inferred(
            [self.as_bytes(op.a), self.as_bytes(op.b), None, None],
            {
                "scale_a": float(a.scale[0]),
                "offset_a": float(a.offset[0]),
                "scale_b": float(b.scale[0]),
                "offset_b": float(b.offset[0]),
            },
        )
        replace(op, new, [op])
        linear.append(new)

    def _integers(self, value: SSAValue) -> tuple[ConstantOp, Array] | None:
        """The filter `value` as int8 and the scale of each of its output channels."""
        shape = shape_of(value)
        source = value
        while isinstance(source.owner, ReshapeOp):
            source = source.owner.x
        op = source.owner
        if isinstance(op, FakeQuantizeOp):
            return self._rounded_filter(op, shape)
        if isinstance(op, MultiplyOp):
            for integers, scale in ((op.a, op.b), (op.b, op.a)):
                found = self._scaled_filter(integers, scale, shape)
                if found is not None:
                    return found
        return None

    def _scaled_filter(
        self, integers: SSAValue, scale: SSAValue, shape: tuple[int, ...]
    ) -> tuple[ConstantOp, Array] | None:
        """`(convert(integers) - zero point) * scale`; the zero point must be what makes the integers int8."""
        inner, zero = integers.owner, np.zeros(1)
        if isinstance(inner, SubtractOp):
            point = self.array(inner.b)
            if point is None:
                return None
            inner, zero = inner.a.owner, point
        if not isinstance(inner, ConvertOp) or element_of(inner.x) not in (IntegerType(8), BYTE):
            return None
        least = 128 if element_of(inner.x) == BYTE else 0
        constant, scales = self.constant(inner.x), self.array(scale)
        per_channel = None if scales is None else _of_channels(scales, shape_of(inner.result), shape[0])
        if constant is None or per_channel is None or np.any(np.abs(zero - least) > NOISE):
            return None
        type_ = tensor_type(IntegerType(8), shape)
        if constant.result.type == type_:
            return constant, per_channel
        return self._derived(
            inner, type_, partial(_to_int8, least=least, shape=shape), [constant]
        ), per_channel

    def _rounded_filter(self, op: FakeQuantizeOp, shape: tuple[int, ...]) -> tuple[ConstantOp, Array] | None:
        """A constant that is rounded to levels which are the multiples of a scale."""
        levels = op.levels.value.data
        whole = self.constant(op.x)
        ranges = [self.array(value) for value in op.operands[1:]]
        if whole is None or levels > LEVELS or shape_of(op.x) != shape_of(op.result):
            return None
        vectors: list[Array] = []
        for array in ranges:
            vector = None if array is None else _of_channels(array, shape_of(op.x), shape[0])
            if vector is None:
                return None
            vectors.append(vector)
        low, high = vectors[2], vectors[3]
        scale = (high - low) / (levels - 1)
        with np.errstate(all="ignore"):
            zero = np.where(
                scale == 0, 0, -low / scale
            )  # a channel without a scale is all zero, if it is zero
        used = zero[scale != 0]
        middle = round(float(used[0])) if used.size else (levels - 1) // 2
        if np.any(low[scale == 0] != 0) or np.any(np.abs(used - middle) > NEAR):
            return None
        if not (middle <= 128 and levels - 1 - middle <= 127):
            return None
        constants = [self.constant(value) for value in op.operands]
        operands = [constant for constant in constants if constant is not None]
        compute = partial(_levels, levels=levels, middle=middle, shape=shape)
        return self._derived(op, tensor_type(IntegerType(8), shape), compute, operands), scale

    def _derived(self, op: ArhatOp, type_: Any, compute: Any, sources: Sequence[ConstantOp]) -> ConstantOp:
        layers = layers_of(sources[0])
        hint = f"{layers[-1].layer_name if layers else 'filter'}.int8"
        constant = ConstantOp.get(
            self.folder.store.derive(hint, type_, compute, list(sources)), type_, layers
        )
        insert_before(op, constant)
        return constant

    # ---- what follows

    def _take_what_follows(self, op: QuantizedConvolutionOp | QuantizedAddOp) -> None:
        """Per-channel constants, then an activation, then a quantisation, each the only user of the one before."""
        while (user := only_user(op.result)) is not None:
            new = self._with(op, user)
            if new is None:
                return
            replace(user, new, [op, user])
            op = new

    def _with(
        self, op: QuantizedConvolutionOp | QuantizedAddOp, user: Operation
    ) -> QuantizedConvolutionOp | QuantizedAddOp | None:
        """`op` with what its only user does, if it can do that."""
        if isinstance(user, QuantizeOp):
            return with_operands(op, {"multiplier": user.multiplier, "shift": user.shift})
        if op.multiplier is not None or op.activation is not None:
            return None
        if (activation := activation_of(user)) is not None:
            return with_operands(op, {}, activation=activation)
        if isinstance(op, QuantizedAddOp):
            return None
        return self._prelu(op, user) if isinstance(user, PreluOp) else self._step(op, user)

    def _step(self, op: QuantizedConvolutionOp, user: Operation) -> QuantizedConvolutionOp | None:
        if not isinstance(user, AddOp | SubtractOp | MultiplyOp):
            return None
        for i, operand in enumerate(user.operands):
            constant = self.constant(operand)
            if constant is not None:
                user.operands[i] = constant.result
        step = channel_step(user, 1)
        if step is None or (isinstance(user, SubtractOp) and step.constant_first):
            return None
        channels = shape_of(op.bias)
        flat = self.folder.make(ReshapeOp, [step.constant], shape=(prod(shape_of(step.constant.result)),))
        flat = self.folder.make(BroadcastOp, [flat], shape=channels)
        changed: dict[str, SSAValue | None] = {}
        for name in ("scale", "bias") if step.scales else ("bias",):
            old = defining_constant(getattr(op, name))
            assert old is not None
            new = self.folder.make(type(user), [old, flat])
            set_layers(new, layers_of(user))
            insert_before(user, new)
            changed[name] = new.result
        return with_operands(op, changed)

    def _prelu(self, op: QuantizedConvolutionOp, user: PreluOp) -> QuantizedConvolutionOp | None:
        slope = self.constant(user.slope)
        if slope is None:
            return None
        shape, channels = shape_of(user.slope), shape_of(op.result)[1]
        aligned = (1, *shape, 1, 1) if len(shape) == 1 else (1,) * (4 - len(shape)) + shape
        if any(dim != 1 for axis, dim in enumerate(aligned) if axis != 1):
            return None
        flat = self.folder.make(ReshapeOp, [slope], shape=(channels if aligned[1] != 1 else 1,))
        insert_before(user, flat)
        return with_operands(op, {"slope": flat.result}, activation=ActivationAttr.get("prelu"))


def _named(numbers: _Bytes) -> list[tuple[Array, str]]:
    return [(numbers.scale, "scale"), (numbers.offset, "offset")]


def _of_channels(array: Array, shape: tuple[int, ...], channels: int) -> Array | None:
    """One number for each output channel of a filter of `shape`, whose first axes make up the channels; f64."""
    axes = 0
    while axes < len(shape) and prod(shape[:axes]) != channels:
        axes += 1
    aligned = (1,) * (len(shape) - array.ndim) + array.shape
    if (
        prod(shape[:axes]) != channels
        or len(aligned) != len(shape)
        or any(dim != 1 for dim in aligned[axes:])
    ):
        return None
    return np.broadcast_to(array.reshape(aligned[:axes]), shape[:axes]).reshape(-1).astype(np.float64)


def _to_int8(integers: Array, *, least: int, shape: tuple[int, ...]) -> Array:
    return (integers.astype(np.int16) - least).astype(np.int8).reshape(shape)


def _levels(
    x: Array,
    low: Array,
    high: Array,
    out_low: Array,
    out_high: Array,
    *,
    levels: int,
    middle: int,
    shape: Any,
) -> Array:
    """The levels that `fake_quantize` rounds `x` to, counted from the one that is zero."""
    with np.errstate(all="ignore"):
        level = np.rint((x - low) / (high - low) * x.dtype.type(levels - 1))
    level = np.where(x > np.maximum(low, high), levels - 1, level)
    level = np.where(x <= np.minimum(low, high), 0, level) - middle
    return np.where(out_low == out_high, 0, level).astype(np.int8).reshape(shape)


def _offset_bias(filter: Array, *, offset: Array) -> Array:
    """What each output channel gets from an input that is `offset` everywhere."""
    total = filter.reshape(filter.shape[0], -1).astype(np.int64).sum(axis=1)
    return (offset.astype(np.float64) * total).astype(np.float32)

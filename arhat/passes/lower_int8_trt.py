"""Part of convert-arhat-to-trt: quantised tensors and the operations on them.

TensorRT quantises to signed bytes and has no zero points: it reads the byte `i` as `scale * i`. A quantised tensor,
whose bytes `q` are unsigned, is kept as `i = q - 128`. In the network it stands between `trt.quantize` and
`trt.dequantize`, and both have the scale of the model where there is one number: what TensorRT sees are the values of
the model but for an offset, `scale * (128 - zero point)`. The offset becomes part of the bias of what computes the
value, and of what reads it:

- A convolution reads `trt.dequantize` on both sides, one scale for the image, one for each channel of the filter: this
  is what TensorRT makes an int8 convolution of, with the bias, an activation and the `trt.quantize` that follows inside
  (NVIDIA, "Working with Quantized Types"). What is missing, 128 times the sum of the filter, goes to its bias, and so
  does the offset of the result where no activation stands between. An activation that only cuts off what the
  quantisation cuts off too (a ReLU before levels that begin at zero) is left out.
- The padding of a convolution is zero, which stands for the byte 128. Where it should be another one it is put around
  the image first, by a slice between a dequantisation and a quantisation of the same scale. (A map of corrections to be
  added afterwards would keep TensorRT from quantising inside the convolution.)
- Scales for each channel are for constants only. Where an image has one for each channel it is multiplied first, and
  its bytes have the scale 1.

All this is the `arhat` level's meaning but for the rounding of floats: a number that lies half-way between two levels
may get the other one. Offsets of less than 1/10000 of a level, which are such roundings, are left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np
from xdsl.dialects.builtin import DenseIntOrFPElementsAttr, ModuleOp, f32
from xdsl.ir import Attribute, Operation, SSAValue

from arhat.dialects import arhat, trt
from arhat.dialects.arhat.attributes import ACTIVATION_PARAMETERS, ActivationAttr
from arhat.dialects.arhat.base import ints_of, shape_of, tensor_type
from arhat.errors import UserError, UserErrors, quote
from arhat.layers import layers_of, set_layers
from arhat.passes.lower_kernels import Lowered, Lowering
from arhat.passes.rewriting import (
    defining_constant,
    erase_unused,
    insert_before,
    rebuild,
    replace,
    with_operands,
)
from arhat.passes.support import Unsupported, entry_point
from arhat.weights import Array, WeightStore, dense, is_small, make_constant, module_of, store_of

MIDDLE = 128
"""What is taken off a byte to make it signed."""
NEGLIGIBLE = 1e-4
"""Part of a level that is not worth an addition."""

QUANTISED = (arhat.QuantizeOp, arhat.QuantizedConvolutionOp, arhat.QuantizedAddOp)
MOVES = (arhat.MaxPoolOp, arhat.ConcatOp)


# ------------------------------------------------------------------------------------------------- at the arhat level


def legalize_bytes(module: ModuleOp) -> None:
    """Takes apart, in the entry point, what has no lowering here.

    Activations of quantised convolutions and sums become ops of their own, before an `arhat.quantize`, or go where the
    quantisation does what they do. What moves quantised bytes (`max_pool`, `concat`) moves the floats that they stand
    for: they are dequantised before and quantised after, with one scale, which gives the same bytes.

    Raises:
        UserErrors: other operations use quantised bytes; each error names one with its layer.
    """
    store = store_of(module)
    multipliers: dict[SSAValue, float] = {}
    errors: list[UserError] = []
    for op in list(entry_point(module).body.block.ops):
        reads = [operand for operand in op.operands if operand in multipliers]
        if isinstance(op, QUANTISED):
            last = op if isinstance(op, arhat.QuantizeOp) else _split(store, op)
            if last.multiplier is not None:
                multipliers[last.result] = _multiplier(store, last.multiplier)
        elif isinstance(op, MOVES) and reads and len(reads) == len(op.operands):
            moved = _moved(op, multipliers[reads[0]])
            multipliers[moved] = multipliers[reads[0]]
        elif reads and not isinstance(op, arhat.DequantizeOp):
            layers = layers_of(op)
            where = quote(layers[-1].layer_name) if layers else "(no name)"
            errors.append(
                UserError(f"the trt target cannot run {op.name} (layer {where}) on quantised bytes")
            )
    if errors:
        raise UserErrors(errors)


def _numbers(store: WeightStore, value: SSAValue) -> Array | None:
    constant = defining_constant(value)
    return None if constant is None else store.value(constant).astype(np.float64)


def _multiplier(store: WeightStore, value: SSAValue) -> float:
    """The one multiplier of a quantisation; 1 where there are several."""
    numbers = _numbers(store, value)
    return float(numbers[0]) if numbers is not None and numbers.size == 1 and numbers[0] > 0 else 1.0


def _split(
    store: WeightStore, op: arhat.QuantizedConvolutionOp | arhat.QuantizedAddOp
) -> arhat.QuantizedConvolutionOp | arhat.QuantizedAddOp | arhat.QuantizeOp:
    """Takes the activation off `op`; what gives the result then."""
    if op.activation is None:
        return op
    layers = layers_of(op)
    none = {"slope": None} if isinstance(op, arhat.QuantizedConvolutionOp) else {}
    if op.multiplier is not None and op.shift is not None:
        if _vanishes(op.activation, _numbers(store, op.multiplier), _numbers(store, op.shift)):
            new = with_operands(op, none, activation=None)
            replace(op, new, [op])
            return new
        bare = with_operands(op, {**none, "multiplier": None, "shift": None}, activation=None)
        middle = _activation(op, bare.result)
        last = arhat.QuantizeOp.build_inferred([middle, op.multiplier, op.shift])
        new_ops: list[Operation] = [bare, middle, last]
    else:
        bare = with_operands(op, none, activation=None)
        last = middle = _activation(op, bare.result)
        new_ops = [bare, middle]
    for new in new_ops:
        set_layers(new, layers)
        insert_before(op, new)
    op.result.replace_all_uses_with(last.results[0])
    erase_unused([op])
    return last if isinstance(last, arhat.QuantizeOp) else bare


def _activation(op: arhat.QuantizedConvolutionOp | arhat.QuantizedAddOp, x: SSAValue) -> arhat.ArhatOp:
    """The activation of `op` as an op of its own."""
    activation = op.activation
    assert activation is not None
    if isinstance(op, arhat.QuantizedConvolutionOp) and op.slope is not None:
        return arhat.PreluOp.build_inferred([x, op.slope])
    names = next(
        names for names in ACTIVATION_PARAMETERS[activation.kind] if len(names) == len(activation.values)
    )
    return _ACTIVATIONS[activation.kind].build_inferred([x], dict(zip(names, activation.values, strict=True)))


def _vanishes(activation: ActivationAttr, multiplier: Array | None, shift: Array | None) -> bool:
    """Whether an activation cuts off only what `round(x * multiplier + shift)` has outside 0 to 255."""
    bounds = {"relu": (0.0, np.inf), "clamp": activation.values}.get(activation.kind)
    if bounds is None or multiplier is None or shift is None or not np.all(multiplier > 0):
        return False
    low, high = (np.rint(bound * multiplier + shift) for bound in bounds)
    return bool(np.all(low <= 0) and np.all(high >= 255))


def _moved(op: Operation, multiplier: float) -> SSAValue:
    """Dequantises what `op` reads and quantises what it gives: the value instead of its result."""
    assert isinstance(op, MOVES)
    scale = float(np.float32(1) / np.float32(multiplier))
    constants: dict[str, SSAValue] = {}
    numbers = {"scale": scale, "offset": -MIDDLE * scale, "multiplier": multiplier, "shift": float(MIDDLE)}
    for name, number in numbers.items():
        type_ = tensor_type(f32, (1,))
        constant = arhat.ConstantOp.get(dense(np.full(1, number, np.float32)), type_)
        insert_before(op, constant)
        constants[name] = constant.result

    def floats(value: SSAValue) -> SSAValue:
        made = arhat.DequantizeOp.build_inferred([value, constants["scale"], constants["offset"]])
        set_layers(made, layers_of(op))
        insert_before(op, made)
        return made.result

    middle = rebuild(op, floats)
    last = arhat.QuantizeOp.build_inferred([middle, constants["multiplier"], constants["shift"]])
    for new in (middle, last):
        set_layers(new, layers_of(op))
        insert_before(op, new)
    op.result.replace_all_uses_with(last.result)
    erase_unused([op])
    return last.result


_ACTIVATIONS: Mapping[str, type[arhat.ArhatOp]] = {
    "relu": arhat.ReluOp,
    "leaky_relu": arhat.LeakyReluOp,
    "clamp": arhat.ClampOp,
    "sigmoid": arhat.SigmoidOp,
    "elu": arhat.EluOp,
    "tanh": arhat.TanhOp,
    "swish": arhat.SwishOp,
    "hswish": arhat.HSwishOp,
    "mish": arhat.MishOp,
}
"""The ops of the activations without operands."""


# ------------------------------------------------------------------------------------------------ the trt level


class _Steps:
    """The ops that take the place of one, in order."""

    def __init__(self, op: Operation) -> None:
        self.op = op
        self.ops: list[Operation] = []
        self.store: WeightStore = store_of(module_of(op))
        self.layers = layers_of(op)[-1:]

    def add(self, op: Operation) -> SSAValue:
        """Append an op; its first result."""
        self.ops.append(op)
        return op.results[0]

    def gives(self, result: SSAValue) -> Lowered:
        """The ops so far, and what becomes of the result."""
        return Lowered(self.ops, [result])

    # ---- constants

    def numbers(self, value: SSAValue, what: str) -> Array:
        """The numbers of a constant, as f64."""
        constant = defining_constant(value)
        if constant is None:
            raise Unsupported(f"{what} has to be a constant")
        return self.store.value(constant).astype(np.float64)

    def hint(self, what: str) -> str:
        """A name for a constant."""
        return f"{self.layers[0].layer_name if self.layers else self.op.name}.{what}.trt"

    def tensor(self, numbers: Array, what: str) -> SSAValue:
        """Numbers as a tensor of the network."""
        constant = make_constant(self.store, np.asarray(numbers, np.float32), self.hint(what))
        return self.network(self.add(constant))

    def network(self, constant: SSAValue) -> SSAValue:
        """A constant of the model as a tensor of the network."""
        return self.add(trt.ConstantOp.make([constant]))

    # ---- layers

    def dequantize(
        self, x: SSAValue, scale: SSAValue, element: Attribute = f32, axis: int | None = None
    ) -> SSAValue:
        """`x * scale`."""
        properties = {"axis": axis}
        return self.add(trt.DequantizeOp.make([x, scale], properties, tensor_type(element, shape_of(x))))

    def apply(self, op: str, x: SSAValue, numbers: Array, what: str) -> SSAValue:
        """An element-wise op with one number, or one for each channel."""
        shape = (1, numbers.size, *[1] * (len(shape_of(x)) - 2))
        return self.add(trt.ElementWiseOp.make([x, self.tensor(numbers.reshape(shape), what)], {"op": op}))

    def offset(self, x: SSAValue, numbers: Array, level: Array) -> SSAValue:
        """`x` plus one number, or one for each channel, unless that is nothing beside a `level`."""
        if np.all(np.abs(numbers) <= NEGLIGIBLE * np.abs(level)):
            return x
        return self.apply("sum", x, numbers, "offset")

    def signed(self, value: SSAValue) -> tuple[SSAValue, SSAValue]:
        """Signed bytes and their scale; bytes that come from outside are converted, with the scale 1."""
        made = value.owner
        if isinstance(made, trt.QuantizeOp):
            return value, made.scale
        scale = self.tensor(np.ones(()), "scale")
        x = self.add(trt.CastOp.make([value], {}, tensor_type(f32, shape_of(value))))
        x = self.apply("sum", x, np.full(1, -MIDDLE), "offset")
        return self.add(trt.QuantizeOp.make([x, scale])), scale

    def scale_of(self, scale: SSAValue) -> float:
        """The number of a scale that `signed` gave."""
        made = scale.owner
        assert isinstance(made, trt.ConstantOp)
        return float(self.numbers(made.weights, "the scale").reshape(-1)[0])

    def quantize(
        self, x: SSAValue, multiplier: SSAValue, shift: SSAValue, less: Array | float = 0
    ) -> SSAValue:
        """`(x + less) * multiplier + shift` as a byte, less 128."""
        factor, zero = (
            self.numbers(value, what) for value, what in ((multiplier, "multiplier"), (shift, "shift"))
        )
        scale = np.ones(())
        if factor.size == 1 and factor[0] > 0:
            scale = 1 / factor[0]
            x = self.offset(x, (zero - MIDDLE) * scale + less, scale)
        else:
            x = self.offset(self.apply("prod", x, factor, "multiplier"), zero - MIDDLE + less * factor, scale)
        return self.add(trt.QuantizeOp.make([x, self.tensor(scale, "scale")]))


# ----------------------------------------------------------------------------------------------------- conversions


def _quantize(op: Operation) -> Lowered:
    assert isinstance(op, arhat.QuantizeOp)
    steps = _Steps(op)
    return steps.gives(steps.quantize(op.x, op.multiplier, op.shift))


def _dequantize(op: Operation) -> Lowered:
    assert isinstance(op, arhat.DequantizeOp)
    steps = _Steps(op)
    x, _ = steps.signed(op.x)
    scale, offset = steps.numbers(op.scale, "scale"), steps.numbers(op.offset, "offset")
    y = _floats(steps, x, scale)
    return steps.gives(steps.offset(y, offset + MIDDLE * scale, scale))


def _floats(steps: _Steps, x: SSAValue, scale: Array) -> SSAValue:
    """Signed bytes times one number, or one for each channel."""
    if scale.size == 1 and scale.reshape(-1)[0] > 0:
        return steps.dequantize(x, steps.tensor(scale.reshape(()), "scale"))
    y = steps.dequantize(x, steps.tensor(np.ones(()), "scale"))
    return steps.apply("prod", y, scale, "scale")


def _add(op: Operation) -> Lowered:
    assert isinstance(op, arhat.QuantizedAddOp)
    if op.activation is not None:
        raise Unsupported("an activation of quantised values has to be an op of its own: run legalize_bytes")
    steps = _Steps(op)
    total = np.zeros(1)
    parts: list[SSAValue] = []
    for value, scale, offset in ((op.a, op.scale_a, op.offset_a), (op.b, op.scale_b, op.offset_b)):
        number = np.full(1, scale.value.data)
        x, _ = steps.signed(value)
        parts.append(_floats(steps, x, number))
        total = total + offset.value.data + MIDDLE * number
    y = steps.add(trt.ElementWiseOp.make(parts, {"op": "sum"}))
    if op.multiplier is not None and op.shift is not None:
        return steps.gives(steps.quantize(y, op.multiplier, op.shift, total))
    level = np.full(1, min(abs(op.scale_a.value.data), abs(op.scale_b.value.data)))
    return steps.gives(steps.offset(y, total, level))


# ---------------------------------------------------------------------------------------------------- convolutions


def _convolution(op: Operation) -> Lowered:
    assert isinstance(op, arhat.QuantizedConvolutionOp)
    if op.activation is not None:
        raise Unsupported("an activation of quantised values has to be an op of its own: run legalize_bytes")
    steps = _Steps(op)
    filter, bias = defining_constant(op.filter), defining_constant(op.bias)
    if filter is None or bias is None:
        raise Unsupported("filter and bias have to be constants")
    scale = steps.numbers(op.scale, "scale")
    x, image_scale = steps.signed(op.x)
    begin, end, zero = ints_of(op.pads_begin), ints_of(op.pads_end), op.padding.value.data - MIDDLE
    if zero and any((*begin, *end)):
        x = _padded(steps, x, image_scale, zero, begin, end)
        begin, end = (0,) * len(begin), (0,) * len(end)
    # The result times `factor` plus `more` is quantised with the scale `level`.
    factor, more, level = np.ones(1), np.zeros(1), np.ones(())
    if op.multiplier is not None and op.shift is not None:
        multiplier, shift = steps.numbers(op.multiplier, "multiplier"), steps.numbers(op.shift, "shift")
        if multiplier.size == 1 and multiplier[0] > 0:
            level = 1 / multiplier[0]
            more = (shift - MIDDLE) * level
        else:
            factor, more = multiplier, shift - MIDDLE
    whole = scale * factor
    sign = np.sign(whole)
    plain = bool(np.all(sign == 1))
    each = np.where(sign == 0, 1, np.abs(whole)) / steps.scale_of(image_scale)
    kernel = steps.dequantize(steps.network(filter.result), steps.tensor(each, "scale"), axis=0)
    compute = partial(_whole_bias, whole=whole, factor=factor, more=more)
    offsets = _derived(steps, compute, [filter, bias], whole.size, plain)
    y = steps.add(
        trt.ConvolutionOp.make(
            [steps.dequantize(x, image_scale), kernel, offsets if plain else None],
            {
                "strides": op.strides,
                "pre_padding": begin,
                "post_padding": end,
                "dilations": op.dilations,
                "groups": op.groups,
            },
        )
    )
    if not plain:  # scales are above 0: the sign comes after
        y = steps.apply("prod", y, sign, "sign")
        y = steps.add(trt.ElementWiseOp.make([y, steps.network(offsets)], {"op": "sum"}))
    if op.multiplier is not None:
        y = steps.add(trt.QuantizeOp.make([y, steps.tensor(level, "level")]))
    return steps.gives(y)


def _padded(
    steps: _Steps, x: SSAValue, scale: SSAValue, zero: int, begin: tuple[int, ...], end: tuple[int, ...]
) -> SSAValue:
    """The signed byte `zero` around an image."""
    sizes = [n + before + after for n, before, after in zip(shape_of(x)[2:], begin, end, strict=True)]
    fill = steps.tensor(np.asarray(zero * steps.scale_of(scale)), "padding")
    y = steps.add(
        trt.SliceOp.make(
            [steps.dequantize(x, scale), fill, None],
            {
                "starts": (0, 0, *(-before for before in begin)),
                "sizes": (*shape_of(x)[:2], *sizes),
                "strides": (1,) * len(shape_of(x)),
                "mode": "fill",
            },
        )
    )
    return steps.add(trt.QuantizeOp.make([y, scale]))


def _derived(
    steps: _Steps,
    compute: partial[Array],
    sources: list[arhat.ConstantOp],
    channels: int,
    flat: bool,
) -> SSAValue:
    """One number for each channel, computed from constants: now where these are few and written out."""
    type_ = tensor_type(f32, (channels,) if flat else (1, channels, 1, 1))
    compute = partial(_shaped, compute, type_.get_shape())
    value: Attribute
    if is_small(type_) and all(isinstance(source.value, DenseIntOrFPElementsAttr) for source in sources):
        value = dense(compute(*(steps.store.value(source) for source in sources)))
    else:
        value = steps.store.derive(steps.hint("bias"), type_, compute, sources)
    return steps.add(arhat.ConstantOp.get(value, type_))


def _shaped(compute: partial[Array], shape: tuple[int, ...], *arrays: Array) -> Array:
    return compute(*arrays).astype(np.float32).reshape(shape)


def _whole_bias(filter: Array, bias: Array, *, whole: Array, factor: Array, more: Array) -> Array:
    """The bias with what the sums of signed bytes lack, and with the offset of the result."""
    missing = MIDDLE * filter.reshape(filter.shape[0], -1).astype(np.int64).sum(axis=1)
    return bias.astype(np.float64) * factor + missing * whole + more


INT8_TRT_LOWERINGS: Mapping[str, Lowering] = {
    "arhat.quantize": _quantize,
    "arhat.dequantize": _dequantize,
    "arhat.quantized_convolution": _convolution,
    "arhat.quantized_add": _add,
}
"""The lowerings of this file by name of the op; `legalize_bytes` goes first."""

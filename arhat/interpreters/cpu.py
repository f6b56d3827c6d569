"""NumPy meaning of the `cpu` dialect, in terms of the `arhat` meanings. Layouts do not change values."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from xdsl.dialects.builtin import StringAttr
from xdsl.interpreter import Interpreter, InterpreterFunctions, PythonValues, impl, register_impls

from arhat.dialects.arhat.base import ints_of
from arhat.dialects.arhat.convolution import transposed_sizes
from arhat.dialects.cpu import (
    AvgPoolOp,
    ConvOp,
    GruOp,
    LstmOp,
    MatmulOp,
    MaxPoolOp,
    PoolOp,
    RecurrentOp,
    RnnOp,
    TransposedConvOp,
    phases_of,
    residual_comes_last,
)
from arhat.dialects.kernel import tensor_of
from arhat.emit.cpu import packing
from arhat.interpreters.meanings import convolution, nn, recurrent
from arhat.interpreters.meanings.activation import activate
from arhat.weights import Array


def _filter(op: ConvOp, packed: Array) -> Array:
    """The filter [O, I/groups, kh, kw] that was packed."""
    if op.algorithm is None:
        return packed
    oc = tensor_of(op.output).get_shape()[1]
    match op.algorithm.data:
        case "direct":
            return packing.unpack_direct(packed, oc)
        case "grouped":
            return packing.unpack_grouped(packed, oc)
        case "depthwise":
            return packing.unpack_depthwise(packed, oc)
        case "winograd2":
            return packing.unpack_winograd(packed, 2, oc)
        case _:
            return packing.unpack_winograd(packed, 4, oc)


def _optional(op: ConvOp | TransposedConvOp | MatmulOp, args: tuple[Any, ...]) -> dict[str, Array]:
    """Arguments of the optional operands that are there, by name."""
    names = [name for name, _ in op.get_irdl_definition().operands if getattr(op, name) is not None]
    return {name: cast(Array, arg) for name, arg in zip(names, args, strict=True)}


def _channels(vector: Array, channels: int, groups: int = 1) -> Array:
    """A bias or slope without the padding of its panels."""
    return (
        vector.reshape(groups, -1)[:, : channels // groups].reshape(-1) if vector.size > channels else vector
    )


@register_impls
class CpuFunctions(InterpreterFunctions):
    """Meanings of the ops of the `cpu` dialect."""

    @impl(ConvOp)
    def conv(self, interpreter: Interpreter, op: ConvOp, args: tuple[Any, ...]) -> PythonValues:
        """activation(conv(x) + bias + residual)."""
        given = _optional(op, args)
        pads = ints_of(op.pads)
        groups = op.groups.value.data if op.algorithm is not None and op.algorithm.data == "grouped" else 1
        channels = tensor_of(op.output).get_shape()[1]
        for name in ("bias", "slope"):
            if name in given:
                given[name] = _channels(given[name], channels, groups)
        y = nn.convolution(
            given["input"],
            _filter(op, given["filter"]),
            strides=ints_of(op.strides),
            pads_begin=pads[:2],
            pads_end=pads[2:],
            dilations=ints_of(op.dilations),
            groups=op.groups.value.data,
            bias=given.get("bias"),
            residual=given.get("residual"),
            slope=given.get("slope"),
            activation=op.activation,
            residual_after_activation=residual_comes_last(op),
        )
        return (y,)

    @impl(TransposedConvOp)
    def transposed_conv(
        self, interpreter: Interpreter, op: TransposedConvOp, args: tuple[Any, ...]
    ) -> PythonValues:
        """activation(conv_t(x) + bias)."""
        given = _optional(op, args)
        pads, groups, filter = ints_of(op.pads), op.groups.value.data, given["filter"]
        channels = tensor_of(op.output).get_shape()[1]
        if op.algorithm is not None:
            shape = (tensor_of(op.input).get_shape()[1], channels // groups, *ints_of(op.kernel))
            filter = packing.unpack_transposed(filter, shape, groups, op.algorithm.data, *phases_of(op))
            by_group = groups if op.algorithm.data == "grouped" else 1
            for name in ("bias", "slope"):
                if name in given:
                    given[name] = _channels(given[name], channels, by_group)
        sizes, strides = tensor_of(op.input).get_shape()[2:], ints_of(op.strides)
        dilations = ints_of(op.dilations)
        zeros = (0, 0)
        reached = transposed_sizes(sizes, ints_of(op.kernel), strides, dilations, pads[:2], pads[2:], zeros)
        result = tensor_of(op.output).get_shape()[2:]
        y = convolution.transposed_convolution(
            given["input"],
            filter,
            given.get("bias"),
            given.get("slope"),
            strides=strides,
            pads_begin=pads[:2],
            pads_end=pads[2:],
            dilations=dilations,
            output_padding=[n - r for n, r in zip(result, reached, strict=True)],
            groups=groups,
            activation=op.activation,
        )
        return (y,)

    @impl(MatmulOp)
    def matmul(self, interpreter: Interpreter, op: MatmulOp, args: tuple[Any, ...]) -> PythonValues:
        """activation(a @ b + bias)."""
        given = _optional(op, args)
        a, b = given["a"], given["b"]
        n = tensor_of(op.output).get_shape()[-1]
        if op.algorithm is not None and op.algorithm.data == "packed":
            b = packing.unpack_matmul(b, n)
        elif op.transpose_b.value.data:
            b = np.swapaxes(b, -1, -2)
        if op.transpose_a.value.data:
            a = np.swapaxes(a, -1, -2)
        y = np.matmul(a, b)
        if "bias" in given:
            y = y + _channels(given["bias"], n)
        return (activate(y, op.activation),)

    @impl(MaxPoolOp)
    def max_pool(self, interpreter: Interpreter, op: MaxPoolOp, args: tuple[Any, ...]) -> PythonValues:
        """Maximum over windows."""
        return (nn.max_pool(args[0], dilations=ints_of(op.dilations), **_window(op)),)

    @impl(AvgPoolOp)
    def avg_pool(self, interpreter: Interpreter, op: AvgPoolOp, args: tuple[Any, ...]) -> PythonValues:
        """Mean over windows."""
        return (nn.avg_pool(args[0], exclude_pad=bool(op.exclude_pad.value.data), **_window(op)),)

    @impl(LstmOp)
    def lstm(self, interpreter: Interpreter, op: LstmOp, args: tuple[Any, ...]) -> PythonValues:
        """The recurrence of an LSTM."""
        return recurrent.lstm_steps(**_recurrence(op, args))

    @impl(GruOp)
    def gru(self, interpreter: Interpreter, op: GruOp, args: tuple[Any, ...]) -> PythonValues:
        """The recurrence of a GRU."""
        return recurrent.gru_steps(**_recurrence(op, args))

    @impl(RnnOp)
    def rnn(self, interpreter: Interpreter, op: RnnOp, args: tuple[Any, ...]) -> PythonValues:
        """The recurrence of a plain network."""
        return recurrent.rnn_steps(**_recurrence(op, args))


def _recurrence(op: RecurrentOp, args: tuple[Any, ...]) -> dict[str, Any]:
    """Operands and properties by name, the recurrent weights as they were before they were packed."""
    names = [name for name, _ in op.get_irdl_definition().operands if getattr(op, name) is not None]
    given: dict[str, Any] = dict(zip(names, args, strict=True))
    parameters = {k: v for k, v in op.parameters().items() if k not in ("algorithm", "scratch_bytes")}
    if op.properties.get("algorithm") == StringAttr("packed"):
        hidden = tensor_of(op.results[0]).get_shape()[-1]
        given["r"] = packing.unpack_recurrent(given["r"], op.GATES, hidden)
    return given | parameters


def _window(op: PoolOp) -> dict[str, Any]:
    """Arguments of the pooling meanings, with as much padding at the end as the result's size needs."""
    before = ints_of(op.pads)[:2]
    kernel, strides = ints_of(op.kernel), ints_of(op.strides)
    dilations = ints_of(op.dilations) if isinstance(op, MaxPoolOp) else (1, 1)
    sizes, counts = tensor_of(op.input).get_shape()[2:], tensor_of(op.output).get_shape()[2:]
    after = [
        (n - 1) * s + (k - 1) * d + 1 - size - b
        for n, s, k, d, size, b in zip(counts, strides, kernel, dilations, sizes, before, strict=True)
    ]
    return {
        "kernel": kernel,
        "strides": strides,
        "pads_begin": before,
        "pads_end": after,
        "rounding": "floor",
    }


FUNCTIONS = (CpuFunctions,)

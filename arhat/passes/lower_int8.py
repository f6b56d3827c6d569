"""Lowerings of the operations on bytes to the `cpu` target."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from xdsl.ir import Operation

from arhat.dialects import arhat, cpu_int8
from arhat.dialects.arhat.base import ints, ints_of, shape_of, type_of
from arhat.passes.support import Unsupported


def _convolution(op: Operation) -> list[Operation]:
    assert isinstance(op, arhat.QuantizedConvolutionOp)
    optional = [[v] if v is not None else [] for v in (op.slope, op.multiplier, op.shift)]
    return [
        cpu_int8.QuantizedConvOp.build(
            operands=[[op.x], [op.filter], [op.scale], [op.bias], *optional],
            properties={
                "strides": op.strides,
                "pads": ints(ints_of(op.pads_begin) + ints_of(op.pads_end)),
                "dilations": op.dilations,
                "groups": op.groups,
                "kernel": ints(shape_of(op.filter)[2:]),
                "padding": op.padding,
                "activation": op.activation,
            },
            result_types=[type_of(op.result)],
        )
    ]


def _on_bytes(target: type[Operation]) -> Callable[[Operation], list[Operation]]:
    """To the op on bytes with the same operands and properties."""

    def lower(op: Operation) -> list[Operation]:
        type_ = type_of(op.results[0])
        if len(type_.get_shape()) != 4:
            raise Unsupported("only images, tensors of rank 4, are quantised")
        return [target.create(operands=op.operands, properties=dict(op.properties), result_types=[type_])]

    return lower


INT8_LOWERINGS: Mapping[str, Callable[[Operation], list[Operation]]] = {
    "arhat.quantized_convolution": _convolution,
    "arhat.quantized_add": _on_bytes(cpu_int8.QuantizedAddOp),
    "arhat.quantize": _on_bytes(cpu_int8.QuantizeOp),
    "arhat.dequantize": _on_bytes(cpu_int8.DequantizeOp),
}
"""Lowerings of each op."""

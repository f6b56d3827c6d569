"""Part of convert-arhat-to-cpu: recurrent networks as one matrix product for all steps, and the recurrence."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from xdsl.dialects.builtin import BoolAttr, Float32Type, IntegerAttr, NoneAttr, TensorType, i64
from xdsl.ir import Operation, SSAValue

from arhat.dialects import arhat, cpu
from arhat.dialects.arhat.base import SEGMENTS
from arhat.dialects.kernel import tensor_of
from arhat.emit.kernels import recurrent_scratch
from arhat.passes.steps import Steps
from arhat.passes.support import Unsupported


def _project(steps: Steps, x: SSAValue, w: SSAValue, b: SSAValue) -> SSAValue:
    """`x w + b` of all steps and directions, [N, T, D, G*H], as one product of matrices."""
    rows, length, inputs = tensor_of(x).get_shape()
    directions, gates, _ = tensor_of(w).get_shape()
    type_ = TensorType(tensor_of(x).element_type, (rows * length, directions * gates), NoneAttr())
    product = steps.add(
        cpu.MatmulOp.build(
            operands=[
                [steps.view(x, (rows * length, inputs))],
                [steps.view(w, (directions * gates, inputs))],
                [steps.view(b, (directions * gates,))],
            ],
            properties={"transpose_a": BoolAttr.from_bool(False), "transpose_b": BoolAttr.from_bool(True)},
            result_types=[type_],
        )
    )
    return steps.view(product, (rows, length, directions, gates))


def _lower(op: Operation, target: type[cpu.RecurrentOp], states: int) -> list[Operation]:
    if not isinstance(tensor_of(op.operands[0]).element_type, Float32Type):
        raise Unsupported(f"its elements must be f32, not {tensor_of(op.operands[0]).element_type}")
    steps = Steps()
    initial = list(op.operands[1 : 1 + states])
    w, r, b = op.operands[1 + states : 4 + states]
    gates = _project(steps, op.operands[0], w, b)
    optional = [
        [value] if (value := cast("SSAValue | None", getattr(op, name))) is not None else []
        for name in ("recurrent_bias", "lengths")
        if hasattr(op, name)
    ]
    properties = {name: attr for name, attr in op.properties.items() if name != SEGMENTS}
    made = target.build(
        operands=[[gates], [r], *([state] for state in initial), *optional],
        properties=properties,
        result_types=[tensor_of(result) for result in op.results],
    )
    made.properties["scratch_bytes"] = IntegerAttr(recurrent_scratch(made), i64)
    steps.add(made)
    return steps.ops


def _lstm(op: Operation) -> list[Operation]:
    return _lower(op, cpu.LstmOp, 2)


def _gru(op: Operation) -> list[Operation]:
    return _lower(op, cpu.GruOp, 1)


def _rnn(op: Operation) -> list[Operation]:
    return _lower(op, cpu.RnnOp, 1)


RECURRENT_LOWERINGS: dict[str, Callable[[Operation], list[Operation]]] = {
    arhat.LstmSequenceOp.name: _lstm,
    arhat.GruSequenceOp.name: _gru,
    arhat.RnnSequenceOp.name: _rnn,
}
"""What becomes of each recurrent op; the last op of a list has the results."""

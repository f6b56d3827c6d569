"""Part of convert-arhat-to-cudnn: conversions to and from 16 bits, and what the target can do in them."""

from __future__ import annotations

from collections.abc import Mapping

from xdsl.dialects.builtin import Float32Type
from xdsl.ir import Operation

from arhat.dialects import arhat, kernel
from arhat.dialects.arhat import ArhatOp
from arhat.dialects.kernel import tensor_of
from arhat.passes.form_elementwise import build_elementwise, is_elementwise
from arhat.passes.lower_calls_cudnn import is_cudnn_lrn, is_global_pool, is_resample
from arhat.passes.lower_kernels import Lowering
from arhat.passes.lower_nodes_cudnn import LOW
from arhat.passes.rewriting import only_user

NATIVE = (
    arhat.ConvolutionOp,
    arhat.TransposedConvolutionOp,
    arhat.MatmulOp,
    arhat.SoftmaxOp,
    arhat.ReshapeOp,
    arhat.ReadValueOp,
    arhat.AssignOp,
    arhat.BroadcastOp,
    arhat.ConcatOp,
    arhat.GatherElementsOp,
    arhat.GatherNdOp,
    arhat.GatherOp,
    arhat.PadOp,
    arhat.ReverseSequenceOp,
    arhat.ScatterUpdateOp,
    arhat.SliceOp,
    arhat.TileOp,
    arhat.TransposeOp,
)
"""What cuDNN and cuBLASLt compute, and what only moves elements."""


def takes_halves(op: ArhatOp) -> bool:
    """Whether `op` runs on 16-bit floats as it is; any other is computed in f32, with conversions around it."""
    if isinstance(op, arhat.MaxPoolOp | arhat.AvgPoolOp):
        return is_resample(op)
    if isinstance(op, arhat.ReduceMeanOp | arhat.ReduceMaxOp):
        return is_global_pool(op)
    if isinstance(op, arhat.LrnOp):
        return is_cudnn_lrn(op)
    if isinstance(op, arhat.InterpolateOp):
        return op.mode.data == "nearest"
    return isinstance(op, NATIVE) or is_elementwise(op)


def _convert(op: Operation) -> list[Operation]:
    """A `kernel.convert`, which can be one with a change of layout, or part of the element-wise kernel next to it."""
    assert isinstance(op, arhat.ConvertOp)
    user, producer = only_user(op.result), op.x.owner
    fuses = (user is not None and is_elementwise(user)) or (
        isinstance(producer, kernel.ElementwiseOp) and only_user(op.x) is op
    )
    floats = all(isinstance(tensor_of(v).element_type, (Float32Type, *LOW)) for v in (op.x, op.result))
    if fuses or not floats:
        return [build_elementwise([op])]
    return [kernel.ConvertOp.make([op.x], {}, op.result.type)]


HALF_LOWERINGS: Mapping[str, Lowering] = {"arhat.convert": _convert}
"""The lowerings of this file by name of the op."""

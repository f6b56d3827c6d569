"""Part of convert-arhat-to-cudnn: which operations the target has on floats of 16 bits."""

from __future__ import annotations

from arhat.dialects import arhat
from arhat.dialects.arhat import ArhatOp
from arhat.passes.form_elementwise import is_elementwise
from arhat.passes.lower_calls_cudnn import is_cudnn_lrn, is_global_pool, is_resample

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

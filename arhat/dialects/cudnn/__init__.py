"""The `cudnn` dialect: operation graphs and calls of cuDNN and cuBLASLt.

Layouts, places in memory and the ops that only move values are of the `kernel` dialect
(`arhat/dialects/kernel/memory.py`).
"""

from __future__ import annotations

from xdsl.ir import Dialect

from arhat.dialects.cudnn.calls import CALL_OPS, CublasLtMatmulOp, LrnOp, SoftmaxOp, TransformOp
from arhat.dialects.cudnn.graph import MATH, MATHS, STREAM, WAITS, GraphOp, YieldOp
from arhat.dialects.cudnn.nodes import (
    BINARY_MODES,
    MAIN_OPS,
    NODE_OPS,
    NODE_TYPES,
    REDUCTION_MODES,
    RESAMPLE_MODES,
    UNARY_MODES,
    ConvDgradOp,
    ConvFpropOp,
    ConvolutionOp,
    CudnnOp,
    MatmulOp,
    NodeOp,
    PointwiseOp,
    ReductionOp,
    ResampleOp,
    compute_type,
    pointwise,
    spatial_pads,
)

CUDNN = Dialect("cudnn", [*NODE_OPS, GraphOp, YieldOp, *CALL_OPS], [])
"""What the CUDA target asks NVIDIA's libraries to do."""

__all__ = [
    "BINARY_MODES",
    "CALL_OPS",
    "CUDNN",
    "MAIN_OPS",
    "MATH",
    "MATHS",
    "NODE_OPS",
    "NODE_TYPES",
    "REDUCTION_MODES",
    "RESAMPLE_MODES",
    "STREAM",
    "UNARY_MODES",
    "WAITS",
    "ConvDgradOp",
    "ConvFpropOp",
    "ConvolutionOp",
    "CublasLtMatmulOp",
    "CudnnOp",
    "GraphOp",
    "LrnOp",
    "MatmulOp",
    "NodeOp",
    "PointwiseOp",
    "ReductionOp",
    "ResampleOp",
    "SoftmaxOp",
    "TransformOp",
    "YieldOp",
    "compute_type",
    "pointwise",
    "spatial_pads",
]

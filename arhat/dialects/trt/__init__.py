"""The `trt` dialect: one op for each layer of TensorRT's `INetworkDefinition`, strongly typed.

Tensors are dense NCHW of static shape; `#trt.dynamic` marks an extent that scales with the batch. Nothing is
converted silently: the operands of a layer have the element types that TensorRT asks for, or the verifier says what
is wrong. It knows the rules in the comments of TensorRT's headers (10.14 to 11.1), and what the builder of TensorRT
for RTX was seen to take and to refuse.

`arhat.constant` is the op of the model's constants: it is used by `trt.constant`, and as the kernel and the bias of
convolutions. Everything else is the result of a layer, or an input. State (`kernel.read_value`, `kernel.assign`) stays
what it is: it becomes an input and an output of the engine.

A kernel of Arhat's library for which TensorRT has no layer is a `trt.plugin`: `arhat/dialects/trt/plugin.py` has the
list. Of the function `@main`, `trt.tf32` says that convolutions and products may use TF32, and
`trt.batch = array<i64: 1, 8, 32>` which batches there may be: least, usual, largest.
"""

from __future__ import annotations

from xdsl.ir import Dialect

from arhat.dialects.arhat.base import name_properties
from arhat.dialects.trt.base import (
    LARGEST_RANK,
    DynamicAttr,
    LayerOp,
    TrtOp,
    dynamic_axis,
    is_weights,
    ui8,
)
from arhat.dialects.trt.convolution import PADDING_MODES, ConvolutionOp, DeconvolutionOp, PoolingOp
from arhat.dialects.trt.elementwise import (
    ACTIVATIONS,
    ARITHMETIC,
    COMPARISONS,
    LOGIC,
    UNARY,
    ActivationOp,
    CastOp,
    ConstantOp,
    DequantizeOp,
    ElementWiseOp,
    ParametricReluOp,
    QuantizeOp,
    SelectOp,
    UnaryOp,
)
from arhat.dialects.trt.movement import (
    SAMPLE_MODES,
    ConcatenationOp,
    GatherOp,
    OneHotOp,
    ReverseSequenceOp,
    ScatterOp,
    ShapeOp,
    ShuffleOp,
    SliceOp,
)
from arhat.dialects.trt.plugin import PLUGIN_NAMES, PLUGINS, PluginOp, fields_of, kernel_op_of
from arhat.dialects.trt.reduction import (
    LARGEST_K,
    CumulativeOp,
    LrnOp,
    MatrixMultiplyOp,
    NormalizationOp,
    ReduceOp,
    ResizeOp,
    SoftMaxOp,
    TopKOp,
)

TRT_OPS: tuple[type[TrtOp], ...] = (
    ConstantOp,
    ActivationOp,
    CastOp,
    ConcatenationOp,
    ConvolutionOp,
    DeconvolutionOp,
    CumulativeOp,
    QuantizeOp,
    DequantizeOp,
    ElementWiseOp,
    GatherOp,
    LrnOp,
    MatrixMultiplyOp,
    NormalizationOp,
    OneHotOp,
    ParametricReluOp,
    PluginOp,
    PoolingOp,
    ReduceOp,
    ResizeOp,
    ReverseSequenceOp,
    ScatterOp,
    SelectOp,
    ShapeOp,
    ShuffleOp,
    SliceOp,
    SoftMaxOp,
    TopKOp,
    UnaryOp,
)
"""All layers."""

for _op in TRT_OPS:
    name_properties(_op)

TRT = Dialect("trt", list(TRT_OPS), [DynamicAttr])
"""The layers of TensorRT."""

TF32 = "trt.tf32"
"""Attribute of the function: convolutions and products may use TF32. Without it f32 is strict."""
BATCH = "trt.batch"
"""Attribute of the function: the smallest, best and largest batch of the engine."""

__all__ = [
    "ACTIVATIONS",
    "ARITHMETIC",
    "BATCH",
    "COMPARISONS",
    "LARGEST_K",
    "LARGEST_RANK",
    "LOGIC",
    "PADDING_MODES",
    "PLUGINS",
    "PLUGIN_NAMES",
    "SAMPLE_MODES",
    "TF32",
    "TRT",
    "TRT_OPS",
    "UNARY",
    "ActivationOp",
    "CastOp",
    "ConcatenationOp",
    "ConstantOp",
    "ConvolutionOp",
    "CumulativeOp",
    "DeconvolutionOp",
    "DequantizeOp",
    "DynamicAttr",
    "ElementWiseOp",
    "GatherOp",
    "LayerOp",
    "LrnOp",
    "MatrixMultiplyOp",
    "NormalizationOp",
    "OneHotOp",
    "ParametricReluOp",
    "PluginOp",
    "PoolingOp",
    "QuantizeOp",
    "ReduceOp",
    "ResizeOp",
    "ReverseSequenceOp",
    "ScatterOp",
    "SelectOp",
    "ShapeOp",
    "ShuffleOp",
    "SliceOp",
    "SoftMaxOp",
    "TopKOp",
    "TrtOp",
    "UnaryOp",
    "dynamic_axis",
    "fields_of",
    "is_weights",
    "kernel_op_of",
    "ui8",
]

"""The part of the `cpu` dialect that computes on bytes: quantised images and what makes and reads them.

Images are `ui8` and lie as those of floats do (`#kernel.nhwc`), without a border: the kernels put the padding
themselves.
"""

from __future__ import annotations

from typing import ClassVar, TypeAlias

from xdsl.dialects.builtin import StringAttr, TensorType
from xdsl.irdl import (
    AttrSizedOperandSegments,
    irdl_op_definition,
    operand_def,
    opt_operand_def,
    opt_prop_def,
    prop_def,
    result_def,
    traits_def,
)
from xdsl.traits import Pure
from xdsl.utils.exceptions import VerifyException

from arhat.dialects.arhat.attributes import ActivationAttr
from arhat.dialects.arhat.base import FLOAT, INT, INTS, UniformOp, shape_of


def _same_image(op: UniformOp) -> None:
    shapes = {shape_of(value) for value in (op.operands[0], op.results[0])}
    if len(shapes) != 1 or len(shape_of(op.results[0])) != 4:
        raise VerifyException("input and output are images of one shape: batch, channels, height, width")


@irdl_op_definition
class QuantizeOp(UniformOp):
    """`arhat.quantize` of images. After `select-algorithms` values per channel are padded to a multiple of 16."""

    name = "cpu.quantize"
    input = operand_def(TensorType)
    multiplier = operand_def(TensorType)
    shift = operand_def(TensorType)
    algorithm = opt_prop_def(StringAttr)
    output = result_def(TensorType)
    traits = traits_def(Pure())

    def verify_(self) -> None:
        """Check the shapes."""
        _same_image(self)


@irdl_op_definition
class DequantizeOp(UniformOp):
    """`arhat.dequantize` of images. After `select-algorithms` values per channel are padded to a multiple of 16."""

    name = "cpu.dequantize"
    input = operand_def(TensorType)
    scale = operand_def(TensorType)
    offset = operand_def(TensorType)
    algorithm = opt_prop_def(StringAttr)
    output = result_def(TensorType)
    traits = traits_def(Pure())

    def verify_(self) -> None:
        """Check the shapes."""
        _same_image(self)


@irdl_op_definition
class QuantizedConvOp(UniformOp):
    """`arhat.quantized_convolution`: `activation(sum * scale + bias)` of bytes and int8 filters.

    Before `select-algorithms` the filter is `[O, I/groups, kh, kw]`. Afterwards `algorithm` is set, scale, bias, slope
    and what belongs to the channels of the result are padded to a multiple of 16, and the filter is packed:

    - `int8`: `[ceil(O/16), kh, kw, ceil(I/4), 16, 4]`;
    - `int8_depthwise`: `[kh, kw, ceil(C/16)*16]`.
    """

    name = "cpu.quantized_conv"
    input = operand_def(TensorType)
    filter = operand_def(TensorType)
    scale = operand_def(TensorType)
    bias = operand_def(TensorType)
    slope = opt_operand_def(TensorType)
    multiplier = opt_operand_def(TensorType)
    shift = opt_operand_def(TensorType)
    strides = prop_def(INTS)
    pads = prop_def(INTS)
    dilations = prop_def(INTS)
    groups = prop_def(INT)
    kernel = prop_def(INTS)
    padding = prop_def(INT)
    activation = opt_prop_def(ActivationAttr)
    algorithm = opt_prop_def(StringAttr)
    output = result_def(TensorType)
    irdl_options = (AttrSizedOperandSegments(as_property=True),)
    traits = traits_def(Pure())

    ALGORITHMS: ClassVar = ("int8", "int8_depthwise")

    def verify_(self) -> None:
        """Check ranks and the algorithm."""
        if len(shape_of(self.input)) != 4 or len(shape_of(self.output)) != 4:
            raise VerifyException("input and output have four dimensions: batch, channels, height, width")
        if self.algorithm is not None and self.algorithm.data not in self.ALGORITHMS:
            raise VerifyException(f"unknown algorithm '{self.algorithm.data}'")
        if (self.multiplier is None) != (self.shift is None):
            raise VerifyException("'multiplier' and 'shift' go together")


@irdl_op_definition
class QuantizedAddOp(UniformOp):
    """`arhat.quantized_add` of images. After `select-algorithms` values per channel are padded to a multiple of 16."""

    name = "cpu.quantized_add"
    a = operand_def(TensorType)
    b = operand_def(TensorType)
    multiplier = opt_operand_def(TensorType)
    shift = opt_operand_def(TensorType)
    scale_a = prop_def(FLOAT)
    offset_a = prop_def(FLOAT)
    scale_b = prop_def(FLOAT)
    offset_b = prop_def(FLOAT)
    activation = opt_prop_def(ActivationAttr)
    algorithm = opt_prop_def(StringAttr)
    output = result_def(TensorType)
    irdl_options = (AttrSizedOperandSegments(as_property=True),)
    traits = traits_def(Pure())

    def verify_(self) -> None:
        """Check the shapes."""
        _same_image(self)
        if shape_of(self.a) != shape_of(self.b):
            raise VerifyException("both operands have one shape")


Int8Op: TypeAlias = QuantizeOp | DequantizeOp | QuantizedConvOp | QuantizedAddOp
INT8_OPS = (QuantizeOp, DequantizeOp, QuantizedConvOp, QuantizedAddOp)
"""All of them: they work on images."""

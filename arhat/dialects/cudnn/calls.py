"""What is called beside operation graphs: cuDNN's functions for softmax and LRN, cuBLASLt, the change of layout."""

from __future__ import annotations

from xdsl.dialects.builtin import TensorType
from xdsl.irdl import (
    AttrSizedOperandSegments,
    irdl_op_definition,
    operand_def,
    opt_operand_def,
    opt_prop_def,
    prop_def,
)

from arhat.dialects.arhat.base import BOOL, FLOAT, INT, choice, name_properties
from arhat.dialects.cudnn.graph import MATHS
from arhat.dialects.cudnn.nodes import CudnnOp

LRN_LARGEST = 15
"""Channels that cuDNN's LRN sums over at most."""


@irdl_op_definition
class TransformOp(CudnnOp):
    """The same values in another layout, in another element type, with zeros for further channels; or all of these.

    ```
    %y = cudnn.transform(%x) : (tensor<1x3x224x224xf32>) -> tensor<1x8x224x224xf16, #kernel.nhwc<8>>
    ```
    """

    name = "cudnn.transform"
    x = operand_def(TensorType)


@irdl_op_definition
class SoftmaxOp(CudnnOp):
    """Softmax along `axis` by `cudnnSoftmaxForward`: `exp(x - max)` over its sum, in f32.

    ```
    %y = cudnn.softmax(%x) {axis = 1} : (tensor<1x1000xf32>) -> tensor<1x1000xf32>
    ```
    """

    name = "cudnn.softmax"
    x = operand_def(TensorType)
    axis = prop_def(INT)


@irdl_op_definition
class LrnOp(CudnnOp):
    """`x / (bias + alpha / size * sum of squares) ** beta` over `size` channels around each, by
    `cudnnLRNCrossChannelForward`.

    ```
    %y = cudnn.lrn(%x) {size = 5, alpha = 0.0001, beta = 0.75, bias = 1.0}
         : (tensor<1x64x56x56xf32>) -> tensor<1x64x56x56xf32>
    ```
    """

    name = "cudnn.lrn"
    x = operand_def(TensorType)
    size = prop_def(INT)
    alpha = prop_def(FLOAT)
    beta = prop_def(FLOAT)
    bias = prop_def(FLOAT)


@irdl_op_definition
class CublasLtMatmulOp(CudnnOp):
    """`activation(a @ b + bias)` over the last two axes by cuBLASLt; the others broadcast as in NumPy.

    `bias` has one number for each column. The operands may be transposed. `math` is as in `cudnn.graph`.

    ```
    %y = cudnn.cublaslt_matmul(%a, %b, bias = %c) {transpose_a = false, transpose_b = true, activation = "relu",
           math = "strict"} : (tensor<1x2048xf32>, tensor<1000x2048xf32>, tensor<1000xf32>) -> tensor<1x1000xf32>
    ```
    """

    name = "cudnn.cublaslt_matmul"
    a = operand_def(TensorType)
    b = operand_def(TensorType)
    bias = opt_operand_def(TensorType)
    transpose_a = prop_def(BOOL)
    transpose_b = prop_def(BOOL)
    activation = opt_prop_def(choice("relu", "gelu"))
    math = prop_def(choice(*MATHS))
    irdl_options = (AttrSizedOperandSegments(as_property=True),)


CALL_OPS: tuple[type[CudnnOp], ...] = (TransformOp, SoftmaxOp, LrnOp, CublasLtMatmulOp)
"""All of them."""

for _call in CALL_OPS:
    name_properties(_call)

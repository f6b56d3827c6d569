"""What is called beside operation graphs: cuDNN's functions for softmax and LRN, cuBLASLt, the change of layout."""

from __future__ import annotations

from xdsl.dialects.builtin import TensorType, bf16, f16, f32
from xdsl.irdl import (
    AttrSizedOperandSegments,
    irdl_op_definition,
    operand_def,
    opt_operand_def,
    opt_prop_def,
    prop_def,
)

from arhat.dialects.arhat.base import BOOL, FLOAT, INT, broadcast, choice, name_properties, require
from arhat.dialects.cudnn.graph import MATHS
from arhat.dialects.cudnn.nodes import CudnnOp
from arhat.dialects.kernel.base import AnyTensor, tensor_of
from arhat.dialects.kernel.memory import layout_of

FLOATS = (f32, f16, bf16)
LRN_LARGEST = 15
"""Channels that cuDNN's LRN sums over at most."""
LRN_LEAST_BIAS, LRN_LEAST_BETA = 1e-5, 0.01
"""CUDNN_LRN_MIN_K and CUDNN_LRN_MIN_BETA of `cudnn_ops.h`."""


def check_same(op: CudnnOp) -> AnyTensor:
    """The one type that the operand and the result of `op` must have: f32, f16 or bf16."""
    x, y = tensor_of(op.operands[0]), tensor_of(op.output)
    require(x.element_type in FLOATS, f"the operand is f32, f16 or bf16, got {x.element_type}")
    require(x == y, f"the result should be like the operand {x}, not {y}")
    return x


def check_no_border(*types: AnyTensor) -> None:
    """cuDNN has no border around images."""
    for type_ in types:
        layout = layout_of(type_)
        require(layout is None or not any(layout.halo), f"cuDNN has no border around images, got {type_}")


@irdl_op_definition
class TransformOp(CudnnOp):
    """The same values in another layout, in another element type, with zeros for further channels; or all of these.

    ```
    %y = cudnn.transform(%x) : (tensor<1x3x224x224xf32>) -> tensor<1x8x224x224xf16, #kernel.nhwc<8>>
    ```
    """

    name = "cudnn.transform"
    x = operand_def(TensorType)

    def verify_(self) -> None:
        """Shapes but for the channels, floats to floats, no border."""
        x, y = tensor_of(self.x), tensor_of(self.output)
        before, after = x.get_shape(), y.get_shape()
        same = before == after or (
            len(before) == len(after) == 4
            and after[1] >= before[1]
            and (before[0], *before[2:]) == (after[0], *after[2:])
        )
        require(same, f"a transform keeps the shape or adds channels, got {list(before)} and {list(after)}")
        require(
            x.element_type == y.element_type or {x.element_type, y.element_type} <= set(FLOATS),
            f"a transform converts between f32, f16 and bf16, got {x.element_type} and {y.element_type}",
        )
        check_no_border(x, y)


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

    def verify_(self) -> None:
        """One type, dense, and an axis of it."""
        x, axis = check_same(self), self.axis.value.data
        require(layout_of(x) is None, f"operand and result are dense, got {x}")
        require(0 <= axis < len(x.get_shape()), f"axis {axis} is out of range for rank {len(x.get_shape())}")


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

    def verify_(self) -> None:
        """One type; the numbers are in the range that cuDNN takes."""
        x, size = check_same(self), self.size.value.data
        require(len(x.get_shape()) == 4, f"images have rank 4, got {len(x.get_shape())}")
        check_no_border(x)
        require(
            size % 2 == 1 and 1 <= size <= LRN_LARGEST,
            f"'size' is odd and at most {LRN_LARGEST}, got {size}",
        )
        for name, value, least in (
            ("bias", self.bias.value.data, LRN_LEAST_BIAS),
            ("beta", self.beta.value.data, LRN_LEAST_BETA),
        ):
            require(value >= least, f"cuDNN takes a '{name}' of at least {least}, got {value}")


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

    def verify_(self) -> None:
        """Types, shapes, and what the epilogue of cuBLASLt can do."""
        a, b, y = (tensor_of(value) for value in (self.a, self.b, self.output))
        m, n = list(a.get_shape()), list(b.get_shape())
        require(len(m) >= 2 and len(n) >= 2, f"operands have two axes or more, got {m} and {n}")
        require(
            a.element_type in FLOATS and b.element_type == a.element_type,
            f"both operands are f32, f16 or bf16, got {a.element_type} and {b.element_type}",
        )
        require(
            y.element_type in (a.element_type, f32),
            f"the result is {a.element_type} or f32, got {y.element_type}",
        )
        dense = all(layout_of(tensor_of(value)) is None for value in (*self.operands, self.output))
        require(dense, "operands and result are dense")
        rows, inner = (m[-1], m[-2]) if self.transpose_a.value.data else (m[-2], m[-1])
        depth, columns = (n[-1], n[-2]) if self.transpose_b.value.data else (n[-2], n[-1])
        require(inner == depth, f"{m} and {n} cannot be multiplied: {inner} against {depth}")
        expected = (*broadcast(tuple(m[:-2]), tuple(n[:-2])), rows, columns)
        require(
            y.get_shape() == expected, f"the result should be {list(expected)}, not {list(y.get_shape())}"
        )
        if self.bias is None:
            require(self.activation is None, "cuBLASLt has activations together with a bias only")
        else:
            bias = tensor_of(self.bias)
            require(
                bias.get_shape() == (columns,) and bias.element_type == y.element_type,
                f"the bias should be {columns} numbers of type {y.element_type}, got {bias}",
            )


CALL_OPS: tuple[type[CudnnOp], ...] = (TransformOp, SoftmaxOp, LrnOp, CublasLtMatmulOp)
"""All of them."""

for _call in CALL_OPS:
    name_properties(_call)

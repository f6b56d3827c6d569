"""NumPy meaning of the `cudnn` dialect, in terms of the `arhat` meanings. Layouts do not change values.

A node computes in f32, a convolution or product of i8 in whole numbers, and rounds once to the element type of its
result. Values of bf16 are f32 arrays, as everywhere (`arhat.weights`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numpy as np
from xdsl.dialects.builtin import BFloat16Type
from xdsl.interpreter import Interpreter, InterpreterFunctions, OpImpl, PythonValues, impl, register_impls
from xdsl.ir import SSAValue

from arhat.dialects import cudnn
from arhat.dialects.arhat.base import ints_of
from arhat.dialects.arhat.convolution import transposed_sizes
from arhat.dialects.cudnn import CudnnOp, GraphOp, YieldOp
from arhat.dialects.kernel import shape_of, tensor_of
from arhat.interpreters.meanings import activation, convolution, nn, normalization, reduction
from arhat.weights import Array, dtype_of, round_to_bf16

_Op = TypeVar("_Op", bound=CudnnOp)


def rounded(value: SSAValue, result: Array) -> Array:
    """`result` rounded to the element type of `value`: to the nearest, halves to even; integers saturate, NaN is 0."""
    element = tensor_of(value).element_type
    dtype = dtype_of(element)
    if result.dtype == dtype and not isinstance(element, BFloat16Type):
        return result
    if dtype.kind in "iu":
        info = np.iinfo(dtype)
        return np.clip(np.rint(np.nan_to_num(result.astype(np.float64))), info.min, info.max).astype(dtype)
    with np.errstate(over="ignore"):
        return round_to_bf16(result) if isinstance(element, BFloat16Type) else result.astype(dtype)


def _meaning(operation: type[_Op], function: Callable[..., Array]) -> OpImpl[InterpreterFunctions, _Op]:
    """The function gets the op, then the operands in order: f32 arrays, i8 ones as they are."""

    def run(
        functions: InterpreterFunctions, interpreter: Interpreter, op: _Op, args: PythonValues
    ) -> PythonValues:
        raised = [a if a.dtype == np.int8 else a.astype(np.float32, copy=False) for a in args]
        with np.errstate(all="ignore"):
            return (rounded(op.output, np.asarray(function(op, *raised))),)

    return impl(operation)(run)


def _wide(*arrays: Array) -> list[Array]:
    """i8 operands of products as f64, which holds every sum that occurs; others as they are."""
    return [array.astype(np.float64) if array.dtype == np.int8 else array for array in arrays]


def _conv_fprop(op: cudnn.ConvFpropOp, x: Array, w: Array) -> Array:
    begin, end = cudnn.spatial_pads(op)
    return nn.convolution(
        *_wide(x, w),
        strides=ints_of(op.strides),
        pads_begin=begin,
        pads_end=end,
        dilations=ints_of(op.dilations),
        groups=op.groups.value.data,
    )


def _conv_dgrad(op: cudnn.ConvDgradOp, x: Array, w: Array) -> Array:
    begin, end = cudnn.spatial_pads(op)
    strides, dilations = ints_of(op.strides), ints_of(op.dilations)
    none = [0] * len(strides)
    reached = transposed_sizes(x.shape[2:], w.shape[2:], strides, dilations, begin, end, none)
    return convolution.transposed_convolution(
        *_wide(x, w),
        strides=strides,
        pads_begin=begin,
        pads_end=end,
        dilations=dilations,
        output_padding=[n - r for n, r in zip(shape_of(op.output)[2:], reached, strict=True)],
        groups=op.groups.value.data,
    )


def _relu(
    x: Array, *, lower_clip: float = 0, upper_clip: float = np.inf, lower_clip_slope: float = 0
) -> Array:
    low, slope = np.float32(lower_clip), np.float32(lower_clip_slope)
    y = np.where(x > low, x, slope * x) if slope else np.maximum(x, low)
    return np.minimum(y, np.float32(upper_clip))


def _elu(x: Array, *, elu_alpha: float = 1) -> Array:
    return activation.elu(x, alpha=elu_alpha)


def _gelu_tanh(x: Array) -> Array:
    return activation.gelu(x, approximate="tanh")


def _swish(x: Array, *, swish_beta: float = 1) -> Array:
    return activation.swish(x, beta=swish_beta)


def _identity(x: Array) -> Array:
    return x


def _rsqrt(x: Array) -> Array:
    return np.float32(1) / np.sqrt(x)


def _softplus(x: Array, *, softplus_beta: float = 1) -> Array:
    beta = np.float32(softplus_beta)
    return activation.softplus(x * beta) / beta


_MODES: dict[str, Callable[..., Array]] = {
    "add": np.add,
    "sub": np.subtract,
    "mul": np.multiply,
    "div": np.divide,
    "max": np.maximum,
    "min": np.minimum,
    "pow": np.power,
    "relu_fwd": _relu,
    "sigmoid_fwd": activation.sigmoid,
    "tanh_fwd": activation.tanh,
    "elu_fwd": _elu,
    "gelu_fwd": activation.gelu,
    "gelu_approx_tanh_fwd": _gelu_tanh,
    "softplus_fwd": _softplus,
    "swish_fwd": _swish,
    "identity": _identity,
    "abs": np.abs,
    "neg": np.negative,
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "rsqrt": _rsqrt,
    "ceil": np.ceil,
    "floor": np.floor,
    "erf": activation.erf,
}


def _pointwise(op: cudnn.PointwiseOp, *args: Array) -> Array:
    parameters = {name: value for name, value in op.parameters().items() if name != "mode"}
    operands = [a.astype(np.float32, copy=False) for a in args]
    return np.broadcast_to(_MODES[op.mode.data](*operands, **parameters), shape_of(op.output))


def _matmul(op: cudnn.MatmulOp, a: Array, b: Array) -> Array:
    return nn.matmul(*_wide(a, b))


def _resample(op: cudnn.ResampleOp, x: Array) -> Array:
    begin, end = cudnn.spatial_pads(op)
    window: dict[str, Any] = {
        "kernel": ints_of(op.window),
        "strides": ints_of(op.strides),
        "pads_begin": begin,
        "pads_end": end,
    }
    if op.mode.data == "max":
        return nn.max_pool(x, **window)
    return nn.avg_pool(x.astype(np.float32), exclude_pad=op.mode.data == "avg_exclude", **window)


_REDUCTIONS = {"add": "sum", "avg": "mean", "max": "max", "min": "min", "mul": "prod"}


def _reduction(op: cudnn.ReductionOp, x: Array) -> Array:
    axes = [i for i, (n, m) in enumerate(zip(x.shape, shape_of(op.output), strict=True)) if n != m]
    function = cast(Callable[..., Array], getattr(reduction, f"reduce_{_REDUCTIONS[op.mode.data]}"))
    return function(x.astype(np.float32, copy=False), axes=axes, keep_dims=True)


def _transform(op: cudnn.TransformOp, x: Array) -> Array:
    more = [after - before for before, after in zip(x.shape, shape_of(op.output), strict=True)]
    return np.pad(x, [(0, extra) for extra in more])


def _softmax(op: cudnn.SoftmaxOp, x: Array) -> Array:
    return nn.softmax(x, axis=op.axis.value.data)


def _lrn(op: cudnn.LrnOp, x: Array) -> Array:
    return normalization.lrn(x, axes=[1], **op.parameters())


def _cublaslt_matmul(op: cudnn.CublasLtMatmulOp, a: Array, b: Array, bias: Array | None = None) -> Array:
    transpose_a, transpose_b = bool(op.transpose_a.value.data), bool(op.transpose_b.value.data)
    y = nn.matmul(a, b, bias, transpose_a=transpose_a, transpose_b=transpose_b)
    match None if op.activation is None else op.activation.data:
        case "relu":
            return activation.relu(y)
        case "gelu":
            return activation.gelu(y, approximate="tanh")
        case _:
            return y


@register_impls
class CudnnFunctions(InterpreterFunctions):
    """Meanings of the nodes, of graphs and of the calls beside them."""

    conv_fprop = _meaning(cudnn.ConvFpropOp, _conv_fprop)
    conv_dgrad = _meaning(cudnn.ConvDgradOp, _conv_dgrad)
    pointwise = _meaning(cudnn.PointwiseOp, _pointwise)
    matmul = _meaning(cudnn.MatmulOp, _matmul)
    resample = _meaning(cudnn.ResampleOp, _resample)
    reduction = _meaning(cudnn.ReductionOp, _reduction)
    transform = _meaning(cudnn.TransformOp, _transform)
    softmax = _meaning(cudnn.SoftmaxOp, _softmax)
    lrn = _meaning(cudnn.LrnOp, _lrn)
    cublaslt_matmul = _meaning(cudnn.CublasLtMatmulOp, _cublaslt_matmul)

    @impl(GraphOp)
    def graph(self, interpreter: Interpreter, op: GraphOp, args: PythonValues) -> PythonValues:
        """The nodes in order."""
        values: dict[SSAValue, Array] = dict(zip(op.block.args, args, strict=True))
        for node in op.block.ops:
            operands = tuple(values[operand] for operand in node.operands)
            if isinstance(node, YieldOp):
                break
            values.update(zip(node.results, interpreter.run_op(node, operands), strict=True))
        return tuple(values[value] for value in op.yielded)

"""The `kernel` dialect for xDSL's interpreter, in terms of the `arhat` meanings. Layouts do not change values."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar, cast

import numpy as np
from xdsl.dialects import arith, math
from xdsl.dialects.builtin import BFloat16Type, IntegerAttr
from xdsl.interpreter import Interpreter, InterpreterFunctions, OpImpl, PythonValues, impl, register_impls
from xdsl.ir import Attribute, Operation, SSAValue

from arhat.dialects import kernel
from arhat.dialects.kernel import AnyKernelOp, scalar_type, shape_of, tensor_of
from arhat.interpreters.meanings import (
    activation,
    convolution,
    detection,
    elementwise,
    indexing,
    movement,
    nms,
    nn,
    normalization,
    pooling,
    reduction,
    resize,
    roi,
)
from arhat.weights import Array, dtype_of, round_to_bf16

_Op = TypeVar("_Op", bound=AnyKernelOp)

COMPILER_PROPERTIES = ("scratch_bytes",)
"""Properties that say how, not what."""


def _finish(value: SSAValue, result: Array) -> Array:
    """`result` with the element type of `value`."""
    element = tensor_of(value).element_type
    result = np.asarray(result)
    if isinstance(element, BFloat16Type):
        return round_to_bf16(result)
    return result.astype(dtype_of(element), copy=False)


def _meaning(
    operation: type[_Op], function: Callable[..., Array | tuple[Array, ...]]
) -> OpImpl[InterpreterFunctions, _Op]:
    """The function gets the operands in order and the properties by name; several results come as a tuple."""

    def run(
        functions: InterpreterFunctions, interpreter: Interpreter, op: _Op, args: PythonValues
    ) -> PythonValues:
        parameters = {k: v for k, v in op.parameters().items() if k not in COMPILER_PROPERTIES}
        result = function(*args, **parameters)
        results = result if isinstance(result, tuple) else (result,)
        return tuple(_finish(value, array) for value, array in zip(op.results, results, strict=True))

    return impl(operation)(run)


def _detection_output(
    loc: Array, conf: Array, *rest: Array, input_is_logits: bool = False, **parameters: Any
) -> Array:
    if input_is_logits:
        conf = activation.sigmoid(conf)
    return detection.detection_output(loc, conf, *rest, **parameters)


def _reduce(x: Array, *, kind: str, **parameters: Any) -> Array:
    function = cast(Callable[..., Array], getattr(reduction, f"reduce_{kind}"))
    return function(x, **parameters)


@register_impls
class KernelFunctions(InterpreterFunctions):
    """Meanings of the kernels of the library."""

    detection_output = _meaning(kernel.DetectionOutputOp, _detection_output)
    prior_box = _meaning(kernel.PriorBoxOp, detection.prior_box)
    prior_box_clustered = _meaning(kernel.PriorBoxClusteredOp, detection.prior_box_clustered)
    region_yolo = _meaning(kernel.RegionYoloOp, detection.region_yolo)
    proposal = _meaning(kernel.ProposalOp, roi.proposal)
    roi_pooling = _meaning(kernel.RoiPoolingOp, roi.roi_pooling)
    psroi_pooling = _meaning(kernel.PsroiPoolingOp, roi.psroi_pooling)
    roi_align = _meaning(kernel.RoiAlignOp, roi.roi_align)
    non_max_suppression = _meaning(kernel.NonMaxSuppressionOp, nms.non_max_suppression)
    multiclass_nms = _meaning(kernel.MulticlassNmsOp, nms.multiclass_nms)
    matrix_nms = _meaning(kernel.MatrixNmsOp, nms.matrix_nms)
    non_zero = _meaning(kernel.NonZeroOp, nms.non_zero)
    interpolate = _meaning(kernel.InterpolateOp, resize.interpolate)
    resample = _meaning(kernel.ResampleOp, resize.resample)
    matmul = _meaning(kernel.MatmulOp, nn.matmul)
    normalize_l2 = _meaning(kernel.NormalizeL2Op, nn.normalize_l2)
    mvn = _meaning(kernel.MvnOp, normalization.mvn)
    lrn = _meaning(kernel.LrnOp, normalization.lrn)
    cum_sum = _meaning(kernel.CumSumOp, reduction.cum_sum)
    softmax = _meaning(kernel.SoftmaxOp, nn.softmax)
    reduce = _meaning(kernel.ReduceOp, _reduce)
    gather = _meaning(kernel.GatherOp, movement.gather)
    scatter_update = _meaning(kernel.ScatterUpdateOp, indexing.scatter_update)
    scatter_elements_update = _meaning(kernel.ScatterElementsUpdateOp, indexing.scatter_elements_update)
    gather_elements = _meaning(kernel.GatherElementsOp, indexing.gather_elements)
    gather_nd = _meaning(kernel.GatherNdOp, indexing.gather_nd)
    topk = _meaning(kernel.TopKOp, indexing.topk)
    one_hot = _meaning(kernel.OneHotOp, indexing.one_hot)
    bucketize = _meaning(kernel.BucketizeOp, indexing.bucketize)
    reverse_sequence = _meaning(kernel.ReverseSequenceOp, indexing.reverse_sequence)
    ctc_greedy_decoder = _meaning(kernel.CtcGreedyDecoderOp, indexing.ctc_greedy_decoder)
    ctc_greedy_decoder_seq_len = _meaning(
        kernel.CtcGreedyDecoderSeqLenOp, indexing.ctc_greedy_decoder_seq_len
    )
    transpose = _meaning(kernel.TransposeOp, movement.transpose)
    slice = _meaning(kernel.SliceOp, movement.slice_)
    pad = _meaning(kernel.PadOp, movement.pad)
    concat = _meaning(kernel.ConcatOp, movement.concat)
    tile = _meaning(kernel.TileOp, movement.tile)

    @impl(kernel.BroadcastOp)
    def broadcast(self, interpreter: Interpreter, op: kernel.BroadcastOp, args: PythonValues) -> PythonValues:
        """The operand repeated to the result's shape."""
        return (np.broadcast_to(args[0], shape_of(op.result)),)

    @impl(kernel.ReshapeOp)
    def reshape(self, interpreter: Interpreter, op: kernel.ReshapeOp, args: PythonValues) -> PythonValues:
        """The same elements under another shape."""
        return (np.reshape(args[0], shape_of(op.result)),)

    @impl(kernel.ConvertOp)
    def convert(self, interpreter: Interpreter, op: kernel.ConvertOp, args: PythonValues) -> PythonValues:
        """The operand with another element type."""
        return (
            _finish(op.result, elementwise.convert(args[0], dtype_of(tensor_of(op.result).element_type))),
        )


# Element-wise regions -----------------------------------------------------------------------------------------


def _unsigned(x: Array) -> Array:
    unsigned: np.dtype[Any] = np.dtype(f"u{x.dtype.itemsize}")
    return x.view(unsigned) if x.dtype.kind == "i" else x


def _as_unsigned(function: Callable[..., Array]) -> Callable[..., Array]:
    """`function` on the operands' bits as unsigned integers, the result as signed ones."""

    def run(a: Array, b: Array) -> Array:
        return function(_unsigned(a), _unsigned(b)).view(a.dtype)

    return run


def _towards_zero(a: Array, b: Array) -> Array:
    """Quotient rounded towards zero, 0 where the divisor is 0."""
    safe = np.where(b == 0, b.dtype.type(1), b)
    quotient: Array = a // safe
    quotient = quotient + ((quotient < 0) & (quotient * safe != a)).astype(a.dtype)
    return np.where(b == 0, a.dtype.type(0), quotient)


def _floor_divide(a: Array, b: Array) -> Array:
    quotient: Array = a // np.where(b == 0, b.dtype.type(1), b)
    return np.where(b == 0, a.dtype.type(0), quotient)


def _remainder(a: Array, b: Array) -> Array:
    return np.where(b == 0, a.dtype.type(0), np.fmod(a, np.where(b == 0, b.dtype.type(1), b)))


_BINARY: dict[type[Operation], Callable[[Array, Array], Array]] = {
    arith.AddfOp: np.add,
    arith.SubfOp: np.subtract,
    arith.MulfOp: np.multiply,
    arith.DivfOp: np.divide,
    arith.MaximumfOp: np.maximum,
    arith.MinimumfOp: np.minimum,
    math.PowFOp: np.power,
    arith.AddiOp: np.add,
    arith.SubiOp: np.subtract,
    arith.MuliOp: np.multiply,
    arith.AndIOp: np.bitwise_and,
    arith.OrIOp: np.bitwise_or,
    arith.XOrIOp: np.bitwise_xor,
    arith.MaxSIOp: np.maximum,
    arith.MinSIOp: np.minimum,
    arith.MaxUIOp: _as_unsigned(np.maximum),
    arith.MinUIOp: _as_unsigned(np.minimum),
    arith.DivSIOp: _towards_zero,
    arith.DivUIOp: _as_unsigned(_floor_divide),
    arith.FloorDivSIOp: _floor_divide,
    arith.RemSIOp: _remainder,
    arith.RemUIOp: _as_unsigned(_remainder),
    math.IPowIOp: elementwise.power,
}

_UNARY: dict[type[Operation], Callable[[Array], Array]] = {
    arith.NegfOp: np.negative,
    math.AbsFOp: np.abs,
    math.AbsIOp: np.abs,
    math.ExpOp: np.exp,
    math.ExpM1Op: np.expm1,
    math.LogOp: np.log,
    math.Log1pOp: np.log1p,
    math.SqrtOp: np.sqrt,
    math.RsqrtOp: lambda x: x.dtype.type(1) / np.sqrt(x),
    math.TanhOp: np.tanh,
    math.ErfOp: activation.erf,
    math.FloorOp: np.floor,
    math.CeilOp: np.ceil,
    math.TruncOp: np.trunc,
    math.RoundOp: partial(activation.round, mode="half_away_from_zero"),
    math.RoundEvenOp: np.rint,
    math.SinOp: np.sin,
    math.CosOp: np.cos,
    math.TanOp: np.tan,
    math.AsinOp: np.arcsin,
    math.AcosOp: np.arccos,
    math.AtanOp: np.arctan,
    math.SinhOp: np.sinh,
    math.CoshOp: np.cosh,
    math.AsinhOp: np.arcsinh,
    math.AcoshOp: np.arccosh,
    math.AtanhOp: np.arctanh,
}

_FLOAT_COMPARISONS: dict[int, Callable[[Array, Array], Array]] = {
    1: np.equal,
    2: np.greater,
    3: np.greater_equal,
    4: np.less,
    5: np.less_equal,
    13: np.not_equal,
}
_INTEGER_COMPARISONS: tuple[Callable[[Array, Array], Array], ...] = (
    np.equal,
    np.not_equal,
    np.less,
    np.less_equal,
    np.greater,
    np.greater_equal,
    *(lambda a, b, f=f: f(_unsigned(a), _unsigned(b)) for f in (np.less, np.less_equal)),
    *(lambda a, b, f=f: f(_unsigned(a), _unsigned(b)) for f in (np.greater, np.greater_equal)),
)


def _to_integer(x: Array, dtype: np.dtype[Any]) -> Array:
    """Floats to integers: towards zero; what does not fit keeps its low bits (OpenVINO's CPU does the same).

    The bits are those of an i32 for types of up to 32 bits but u32, of an i64 for the others; of its least number where
    even that does not hold the value.
    """
    wide = np.int32 if dtype.itemsize < 4 or dtype == np.int32 else np.int64
    info = np.iinfo(wide)
    whole = np.trunc(x.astype(np.float64))
    fits = (whole >= float(info.min)) & (whole < -float(info.min))
    low = np.where(fits, whole, 0.0).astype(wide).astype(dtype)
    if dtype == np.uint64:
        large = (whole >= 2.0**63) & (whole < 2.0**64)
        low = np.where(large, np.where(large, whole, 0.0).astype(np.uint64), low)
        fits = fits | large
    return np.where(fits, low, np.asarray(info.min, wide).astype(dtype))


def _convert(op: Operation, x: Array) -> Array:
    dtype = dtype_of(op.results[0].type)
    if isinstance(op, arith.FPToSIOp):
        return _to_integer(x, dtype)
    if isinstance(op, arith.FPToUIOp):
        return _to_integer(x, np.dtype(f"u{dtype.itemsize}")).view(dtype)
    if isinstance(op, arith.UIToFPOp | arith.ExtUIOp):
        x = _unsigned(x)
    return x.astype(dtype)


_CONVERSIONS = (
    arith.ExtFOp,
    arith.TruncFOp,
    arith.FPToSIOp,
    arith.FPToUIOp,
    arith.SIToFPOp,
    arith.UIToFPOp,
    arith.ExtSIOp,
    arith.ExtUIOp,
    arith.TruncIOp,
)


def _constant(op: arith.ConstantOp) -> Array:
    value = cast(Any, op.value)
    number = value.value.data
    if isinstance(op.value, IntegerAttr) and dtype_of(op.result.type) == np.bool_:
        return np.asarray(bool(number))
    return np.asarray(number, dtype_of(op.result.type))


def _fma(a: Array, b: Array, c: Array) -> Array:
    """`a * b + c`, rounded once (for f32: a product of two is exact in f64)."""
    return (a.astype(np.float64) * b + c).astype(a.dtype)


def _scalar_op(op: Operation, args: list[Array]) -> Array:
    kind = type(op)
    if kind in _BINARY:
        return _BINARY[kind](args[0], args[1])
    if kind in _UNARY:
        return _UNARY[kind](args[0])
    if isinstance(op, math.FmaOp):
        return _fma(*args)
    if isinstance(op, arith.ConstantOp):
        return _constant(op)
    if isinstance(op, arith.SelectOp):
        return np.where(args[0], args[1], args[2])
    if isinstance(op, arith.CmpfOp):
        return _FLOAT_COMPARISONS[op.predicate.value.data](args[0], args[1])
    if isinstance(op, arith.CmpiOp):
        return _INTEGER_COMPARISONS[op.predicate.value.data](args[0], args[1])
    if isinstance(op, _CONVERSIONS):
        return _convert(op, args[0])
    raise ValueError(f"{op.name} has no meaning inside kernel.elementwise")


def run_region(op: kernel.ElementwiseOp, args: PythonValues) -> Array:
    """The region of `op` evaluated on whole arrays, each operation rounding to its type."""
    env: dict[SSAValue, Array] = {}
    for argument, array in zip(op.block.args, args, strict=True):
        dtype = dtype_of(argument.type)
        env[argument] = array.view(dtype) if array.dtype.kind == "u" else array
    with np.errstate(all="ignore"):
        for inner in op.block.ops:
            if isinstance(inner, kernel.YieldOp):
                break
            result = _scalar_op(inner, [env[value] for value in inner.operands])
            type_: Attribute = inner.results[0].type
            if isinstance(type_, BFloat16Type):
                result = round_to_bf16(np.asarray(result, np.float32))
            env[inner.results[0]] = np.asarray(result, dtype_of(type_))
    result = env[op.yielded]
    dtype = dtype_of(tensor_of(op.result).element_type)
    if result.dtype != dtype and dtype_of(scalar_type(tensor_of(op.result).element_type)) == result.dtype:
        result = result.view(dtype)
    return np.broadcast_to(result, shape_of(op.result))


@register_impls
class KernelPoolingFunctions(InterpreterFunctions):
    """Meanings of general pooling and of deformable convolution."""

    max_pool = _meaning(kernel.MaxPoolOp, nn.max_pool)
    max_pool_with_indices = _meaning(kernel.MaxPoolWithIndicesOp, pooling.max_pool_with_indices)
    adaptive_avg_pool = _meaning(kernel.AdaptiveAvgPoolOp, pooling.adaptive_avg_pool)
    adaptive_max_pool = _meaning(kernel.AdaptiveMaxPoolOp, pooling.adaptive_max_pool)
    deformable_columns = _meaning(kernel.DeformableColumnsOp, convolution.deformable_columns)


@register_impls
class KernelElementwiseFunctions(InterpreterFunctions):
    """The meaning of generated kernels."""

    @impl(kernel.ElementwiseOp)
    def elementwise(
        self, interpreter: Interpreter, op: kernel.ElementwiseOp, args: PythonValues
    ) -> PythonValues:
        """The region on whole arrays."""
        return (run_region(op, args).copy(),)

"""The `arhat` dialect for xDSL's interpreter: each operation runs its plain NumPy meaning."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
from xdsl.dialects.builtin import BFloat16Type
from xdsl.interpreter import Interpreter, InterpreterFunctions, OpImpl, PythonValues, impl, register_impls
from xdsl.ir import SSAValue
from xdsl.irdl import OptOperandDef

from arhat.dialects import arhat
from arhat.dialects.arhat import ArhatOp
from arhat.interpreters.meanings import (
    activation,
    convolution,
    detection,
    elementwise,
    indexing,
    logic,
    movement,
    nms,
    nn,
    normalization,
    pooling,
    quantization,
    recurrent,
    reduction,
    resize,
    roi,
)
from arhat.weights import Array, constant_value, dtype_of, round_to_bf16

_Op = TypeVar("_Op", bound=ArhatOp)


def _arguments(op: ArhatOp, args: PythonValues) -> list[Array | None]:
    """`args` with None for each optional operand that is absent."""
    arguments: list[Array | None] = []
    rest = list(args)
    definition = op.get_irdl_definition()
    for (_, declared), group in zip(definition.operands, op.operand_groups(), strict=True):
        if isinstance(declared, OptOperandDef) and not group:
            arguments.append(None)
        else:
            arguments.extend(rest[: len(group)])
            del rest[: len(group)]
    return arguments


def _finish(op: ArhatOp, result: Array | tuple[Array, ...]) -> PythonValues:
    """`result` (a tuple where the operation has several) with the element types that the operation states."""
    results = result if isinstance(result, tuple) else (result,)
    return tuple(_typed(value, array) for value, array in zip(op.results, results, strict=True))


def _typed(value: SSAValue, array: Array) -> Array:
    element = arhat.type_of(value).element_type
    array = np.asarray(array)
    if isinstance(element, BFloat16Type):
        return round_to_bf16(array)
    return array.astype(dtype_of(element), copy=False)


def _meaning(
    operation: type[_Op], function: Callable[..., Array | tuple[Array, ...]]
) -> OpImpl[InterpreterFunctions, _Op]:
    """The function gets the operands in order (None for an absent one) and the properties by name.

    16-bit floats are computed with in f32, and the result is rounded.
    """

    def run(
        functions: InterpreterFunctions, interpreter: Interpreter, op: _Op, args: PythonValues
    ) -> PythonValues:
        raised = tuple(a.astype(np.float32) if a.dtype == np.float16 else a for a in args)
        return _finish(op, function(*_arguments(op, raised), **op.parameters()))

    return impl(operation)(run)


@register_impls
class ArhatConstantFunctions(InterpreterFunctions):
    """Constants come from the weight store of the module; conversions."""

    @impl(arhat.ConstantOp)
    def constant(self, interpreter: Interpreter, op: arhat.ConstantOp, args: PythonValues) -> PythonValues:
        """The constant's array."""
        return (constant_value(op),)

    @impl(arhat.ConvertOp)
    def convert(self, interpreter: Interpreter, op: arhat.ConvertOp, args: PythonValues) -> PythonValues:
        """The operand with another element type."""
        return _finish(op, elementwise.convert(args[0], dtype_of(op.to)))


@register_impls
class ArhatNnFunctions(InterpreterFunctions):
    """Convolution, matrix product, pooling, softmax and normalisation."""

    convolution = _meaning(arhat.ConvolutionOp, nn.convolution)
    matmul = _meaning(arhat.MatmulOp, nn.matmul)
    max_pool = _meaning(arhat.MaxPoolOp, nn.max_pool)
    avg_pool = _meaning(arhat.AvgPoolOp, nn.avg_pool)
    softmax = _meaning(arhat.SoftmaxOp, nn.softmax)
    normalize_l2 = _meaning(arhat.NormalizeL2Op, nn.normalize_l2)
    mvn = _meaning(arhat.MvnOp, normalization.mvn)
    lrn = _meaning(arhat.LrnOp, normalization.lrn)


@register_impls
class ArhatElementwiseFunctions(InterpreterFunctions):
    """Element-wise operations."""

    add = _meaning(arhat.AddOp, elementwise.add)
    subtract = _meaning(arhat.SubtractOp, elementwise.subtract)
    multiply = _meaning(arhat.MultiplyOp, elementwise.multiply)
    divide = _meaning(arhat.DivideOp, elementwise.divide)
    maximum = _meaning(arhat.MaximumOp, elementwise.maximum)
    minimum = _meaning(arhat.MinimumOp, elementwise.minimum)
    power = _meaning(arhat.PowerOp, elementwise.power)
    squared_difference = _meaning(arhat.SquaredDifferenceOp, elementwise.squared_difference)
    floor_mod = _meaning(arhat.FloorModOp, elementwise.floor_mod)
    mod = _meaning(arhat.ModOp, elementwise.mod)
    relu = _meaning(arhat.ReluOp, activation.relu)
    sigmoid = _meaning(arhat.SigmoidOp, activation.sigmoid)
    tanh = _meaning(arhat.TanhOp, activation.tanh)
    exp = _meaning(arhat.ExpOp, activation.exp)
    log = _meaning(arhat.LogOp, activation.log)
    sqrt = _meaning(arhat.SqrtOp, activation.sqrt)
    abs = _meaning(arhat.AbsOp, activation.abs)
    negative = _meaning(arhat.NegativeOp, activation.negative)
    floor = _meaning(arhat.FloorOp, activation.floor)
    ceiling = _meaning(arhat.CeilingOp, activation.ceiling)
    sign = _meaning(arhat.SignOp, activation.sign)
    sin = _meaning(arhat.SinOp, activation.sin)
    cos = _meaning(arhat.CosOp, activation.cos)
    tan = _meaning(arhat.TanOp, activation.tan)
    asin = _meaning(arhat.AsinOp, activation.asin)
    acos = _meaning(arhat.AcosOp, activation.acos)
    atan = _meaning(arhat.AtanOp, activation.atan)
    sinh = _meaning(arhat.SinhOp, activation.sinh)
    cosh = _meaning(arhat.CoshOp, activation.cosh)
    asinh = _meaning(arhat.AsinhOp, activation.asinh)
    acosh = _meaning(arhat.AcoshOp, activation.acosh)
    atanh = _meaning(arhat.AtanhOp, activation.atanh)
    round = _meaning(arhat.RoundOp, activation.round)
    erf = _meaning(arhat.ErfOp, activation.erf)
    elu = _meaning(arhat.EluOp, activation.elu)
    clamp = _meaning(arhat.ClampOp, activation.clamp)
    leaky_relu = _meaning(arhat.LeakyReluOp, activation.leaky_relu)
    prelu = _meaning(arhat.PreluOp, activation.prelu)
    hswish = _meaning(arhat.HSwishOp, activation.hswish)
    hsigmoid = _meaning(arhat.HSigmoidOp, activation.hsigmoid)
    mish = _meaning(arhat.MishOp, activation.mish)
    swish = _meaning(arhat.SwishOp, activation.swish)
    softplus = _meaning(arhat.SoftplusOp, activation.softplus)
    gelu = _meaning(arhat.GeluOp, activation.gelu)


@register_impls
class ArhatLogicFunctions(InterpreterFunctions):
    """Comparisons, logic, choices, tests for special numbers."""

    equal = _meaning(arhat.EqualOp, logic.equal)
    not_equal = _meaning(arhat.NotEqualOp, logic.not_equal)
    less = _meaning(arhat.LessOp, logic.less)
    less_equal = _meaning(arhat.LessEqualOp, logic.less_equal)
    greater = _meaning(arhat.GreaterOp, logic.greater)
    greater_equal = _meaning(arhat.GreaterEqualOp, logic.greater_equal)
    logical_and = _meaning(arhat.LogicalAndOp, logic.logical_and)
    logical_or = _meaning(arhat.LogicalOrOp, logic.logical_or)
    logical_xor = _meaning(arhat.LogicalXorOp, logic.logical_xor)
    logical_not = _meaning(arhat.LogicalNotOp, logic.logical_not)
    bitwise_and = _meaning(arhat.BitwiseAndOp, logic.bitwise_and)
    bitwise_or = _meaning(arhat.BitwiseOrOp, logic.bitwise_or)
    bitwise_xor = _meaning(arhat.BitwiseXorOp, logic.bitwise_xor)
    bitwise_not = _meaning(arhat.BitwiseNotOp, logic.bitwise_not)
    select = _meaning(arhat.SelectOp, logic.select)
    is_nan = _meaning(arhat.IsNanOp, logic.is_nan)
    is_inf = _meaning(arhat.IsInfOp, logic.is_inf)
    is_finite = _meaning(arhat.IsFiniteOp, logic.is_finite)


@register_impls
class ArhatReductionFunctions(InterpreterFunctions):
    """Reductions."""

    reduce_mean = _meaning(arhat.ReduceMeanOp, reduction.reduce_mean)
    reduce_sum = _meaning(arhat.ReduceSumOp, reduction.reduce_sum)
    reduce_prod = _meaning(arhat.ReduceProdOp, reduction.reduce_prod)
    reduce_max = _meaning(arhat.ReduceMaxOp, reduction.reduce_max)
    reduce_min = _meaning(arhat.ReduceMinOp, reduction.reduce_min)
    reduce_logical_and = _meaning(arhat.ReduceLogicalAndOp, reduction.reduce_logical_and)
    reduce_logical_or = _meaning(arhat.ReduceLogicalOrOp, reduction.reduce_logical_or)
    cum_sum = _meaning(arhat.CumSumOp, reduction.cum_sum)


@register_impls
class ArhatMovementFunctions(InterpreterFunctions):
    """Operations that move elements."""

    reshape = _meaning(arhat.ReshapeOp, movement.reshape)
    transpose = _meaning(arhat.TransposeOp, movement.transpose)
    concat = _meaning(arhat.ConcatOp, movement.concat)
    slice_ = _meaning(arhat.SliceOp, movement.slice_)
    gather = _meaning(arhat.GatherOp, movement.gather)
    pad = _meaning(arhat.PadOp, movement.pad)
    tile = _meaning(arhat.TileOp, movement.tile)
    broadcast = _meaning(arhat.BroadcastOp, movement.broadcast)
    shape_of = _meaning(arhat.ShapeOfOp, movement.shape_of)
    interpolate = _meaning(arhat.InterpolateOp, resize.interpolate)
    resample = _meaning(arhat.ResampleOp, resize.resample)


@register_impls
class ArhatIndexingFunctions(InterpreterFunctions):
    """Operations whose operands say where elements come from or go to."""

    scatter_update = _meaning(arhat.ScatterUpdateOp, indexing.scatter_update)
    scatter_elements_update = _meaning(arhat.ScatterElementsUpdateOp, indexing.scatter_elements_update)
    gather_elements = _meaning(arhat.GatherElementsOp, indexing.gather_elements)
    gather_nd = _meaning(arhat.GatherNdOp, indexing.gather_nd)
    topk = _meaning(arhat.TopKOp, indexing.topk)
    one_hot = _meaning(arhat.OneHotOp, indexing.one_hot)
    bucketize = _meaning(arhat.BucketizeOp, indexing.bucketize)
    reverse_sequence = _meaning(arhat.ReverseSequenceOp, indexing.reverse_sequence)
    ctc_greedy_decoder = _meaning(arhat.CtcGreedyDecoderOp, indexing.ctc_greedy_decoder)
    ctc_greedy_decoder_seq_len = _meaning(arhat.CtcGreedyDecoderSeqLenOp, indexing.ctc_greedy_decoder_seq_len)


@register_impls
class ArhatDetectionFunctions(InterpreterFunctions):
    """Operations of detection networks."""

    prior_box = _meaning(arhat.PriorBoxOp, detection.prior_box)
    prior_box_clustered = _meaning(arhat.PriorBoxClusteredOp, detection.prior_box_clustered)
    detection_output = _meaning(arhat.DetectionOutputOp, detection.detection_output)
    region_yolo = _meaning(arhat.RegionYoloOp, detection.region_yolo)


@register_impls
class ArhatRoiFunctions(InterpreterFunctions):
    """Operations on regions of interest."""

    proposal = _meaning(arhat.ProposalOp, roi.proposal)
    roi_pooling = _meaning(arhat.RoiPoolingOp, roi.roi_pooling)
    psroi_pooling = _meaning(arhat.PsroiPoolingOp, roi.psroi_pooling)
    roi_align = _meaning(arhat.RoiAlignOp, roi.roi_align)
    non_max_suppression = _meaning(arhat.NonMaxSuppressionOp, nms.non_max_suppression)
    multiclass_nms = _meaning(arhat.MulticlassNmsOp, nms.multiclass_nms)
    matrix_nms = _meaning(arhat.MatrixNmsOp, nms.matrix_nms)
    non_zero = _meaning(arhat.NonZeroOp, nms.non_zero)


@register_impls
class ArhatQuantizationFunctions(InterpreterFunctions):
    """Quantisation."""

    fake_quantize = _meaning(arhat.FakeQuantizeOp, quantization.fake_quantize)
    quantize = _meaning(arhat.QuantizeOp, quantization.quantize)
    dequantize = _meaning(arhat.DequantizeOp, quantization.dequantize)
    quantized_convolution = _meaning(arhat.QuantizedConvolutionOp, quantization.quantized_convolution)
    quantized_add = _meaning(arhat.QuantizedAddOp, quantization.quantized_add)


@register_impls
class ArhatConvolutionFunctions(InterpreterFunctions):
    """Relatives of convolution and pooling."""

    transposed_convolution = _meaning(arhat.TransposedConvolutionOp, convolution.transposed_convolution)
    deformable_columns = _meaning(arhat.DeformableColumnsOp, convolution.deformable_columns)
    max_pool_with_indices = _meaning(arhat.MaxPoolWithIndicesOp, pooling.max_pool_with_indices)
    adaptive_avg_pool = _meaning(arhat.AdaptiveAvgPoolOp, pooling.adaptive_avg_pool)
    adaptive_max_pool = _meaning(arhat.AdaptiveMaxPoolOp, pooling.adaptive_max_pool)


@register_impls
class ArhatRecurrentFunctions(InterpreterFunctions):
    """Recurrent networks."""

    lstm_sequence = _meaning(arhat.LstmSequenceOp, recurrent.lstm_sequence)
    gru_sequence = _meaning(arhat.GruSequenceOp, recurrent.gru_sequence)
    rnn_sequence = _meaning(arhat.RnnSequenceOp, recurrent.rnn_sequence)

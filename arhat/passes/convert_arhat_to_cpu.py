"""convert-arhat-to-cpu: from what the model means to what the `cpu` target is asked to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import (
    BoolAttr,
    Float64Type,
    IntegerAttr,
    ModuleOp,
    NoneAttr,
    StringAttr,
    TensorType,
    f32,
    i64,
)
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import Rewriter

from arhat.dialects import arhat, cpu, kernel
from arhat.dialects.arhat.base import ints, ints_of, is_integer
from arhat.dialects.kernel import memory, tensor_of
from arhat.emit.kernels import (
    detection_output_scratch,
    interpolate_scratch,
    nms_scratch,
    proposal_scratch,
    resample_scratch,
    scatter_elements_scratch,
    selected_scratch,
)
from arhat.errors import UserError, UserErrors, quote
from arhat.layers import layers_of, set_layers
from arhat.passes.form_elementwise import build_elementwise, is_elementwise
from arhat.passes.lower_images import IMAGE_LOWERINGS
from arhat.passes.lower_int8 import INT8_LOWERINGS
from arhat.passes.lower_recurrent import RECURRENT_LOWERINGS
from arhat.passes.support import Unsupported, entry_point

KERNEL_RANK = 8
"""Axes that a kernel can tell apart."""


@dataclass(frozen=True)
class ConvertArhatToCpuPass(ModulePass):
    """Replace every `arhat` op except constants by ops of `cpu` and `kernel`.

    Convolutions, matrix products and pooling become `cpu` ops, with one-dimensional ones seen as images of height 1
    and volumes as images of their planes; element-wise ops become one `kernel.elementwise` each; a reshape becomes a
    `kernel.view`; the rest become the `kernel` op of their name. All values stay dense here: `choose-layout` follows.
    Ops that the target cannot run are refused with one error that lists them all.

    ```mlir
    %y = arhat.reshape(%x) {shape = [1, 12]} : (tensor<1x3x4xf32>) -> tensor<1x12xf32>
    // becomes
    %y = kernel.view(%x) : (tensor<1x3x4xf32>) -> tensor<1x12xf32>
    ```
    """

    name = "convert-arhat-to-cpu"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Convert the module's entry point."""
        errors: list[UserError] = []
        for inner in list(entry_point(op).body.block.ops):
            if not inner.name.startswith("arhat.") or isinstance(inner, arhat.ConstantOp):
                continue
            try:
                _convert(inner)
            except Unsupported as reason:
                layers = layers_of(inner)
                where = quote(layers[-1].layer_name) if layers else "(no name)"
                errors.append(
                    UserError(
                        f"the cpu target cannot run {inner.name} (layer {where}): {reason}",
                        line=layers[-1].layer_line or None if layers else None,
                    )
                )
        if errors:
            raise UserErrors(errors)
        for inner in list(entry_point(op).body.block.ops):
            if isinstance(inner, kernel.ReshapeOp):  # the shape of a slope that is computed at run time
                Rewriter.replace_op(inner, _view(inner.x, tensor_of(inner.result).get_shape()))


def _convert(op: Operation) -> None:
    if is_elementwise(op):
        new: list[Operation] = [build_elementwise([op])]
    else:
        lowering = _LOWERINGS.get(op.name)
        if lowering is None:
            raise Unsupported("there is no kernel for it yet")
        new = list(lowering(op))
    layers = layers_of(op)
    for inner in new:
        set_layers(inner, layers)
    Rewriter.replace_op(op, new)


def _view(value: SSAValue, shape: Sequence[int]) -> memory.ViewOp:
    return memory.ViewOp.create(
        operands=[value], result_types=[TensorType(tensor_of(value).element_type, shape, NoneAttr())]
    )


def _matmul(op: Operation) -> list[Operation]:
    assert isinstance(op, arhat.MatmulOp)
    a, b = tensor_of(op.a).get_shape(), tensor_of(op.b).get_shape()
    transpose_a, transpose_b = bool(op.transpose_a.value.data), bool(op.transpose_b.value.data)
    type_ = tensor_of(op.result)
    element = type_.element_type
    new: list[Operation] = []

    def convert(value: SSAValue, element: Attribute) -> SSAValue:
        new.append(kernel.ConvertOp.make([value], {}, TensorType(element, tensor_of(value).get_shape())))
        return new[-1].results[0]

    def row(value: SSAValue) -> SSAValue:
        new.append(_view(value, (1, *tensor_of(value).get_shape())))
        return new[-1].results[0]

    left, right, shape = op.a, op.b, type_.get_shape()
    bias = [op.bias] if op.bias is not None else []
    if len(b) == 1:  # a column: its product is the transposed one of it as a row
        left, right = row(right), left if len(a) > 1 else row(left)
        transpose_a, transpose_b = False, not transpose_a or len(a) == 1
    elif len(a) == 1:
        left, transpose_a = row(left), False
    if len(a) == 1 or len(b) == 1:
        shape = (*shape[:-1], 1, *shape[-1:]) if shape else (1, 1)
    transposed: dict[str, Attribute | None] = {
        "transpose_a": BoolAttr.from_bool(transpose_a),
        "transpose_b": BoolAttr.from_bool(transpose_b),
    }
    if is_integer(element):
        new.append(kernel.MatmulOp.make([left, right], transposed, TensorType(element, shape)))
    else:
        wide = isinstance(element, Float64Type)  # OpenVINO's CPU, too, computes products of f64 in f32
        if wide:
            left, right, bias = (
                convert(left, f32),
                convert(right, f32),
                [convert(value, f32) for value in bias],
            )
        new.append(
            cpu.MatmulOp.build(
                operands=[[left], [right], bias],
                properties=transposed | {"activation": op.activation},
                result_types=[TensorType(f32 if wide else element, shape)],
            )
        )
        if wide:
            convert(new[-1].results[0], element)
    if shape != type_.get_shape():
        new.append(_view(new[-1].results[0], type_.get_shape()))
    return new


def _reshape(op: Operation) -> list[Operation]:
    return [_view(op.operands[0], tensor_of(op.results[0]).get_shape())]


def _shape_of(op: Operation) -> list[Operation]:
    raise Unsupported("shapes are known when compiling: run fold-constants first")


def _detection_output(op: Operation) -> list[Operation]:
    properties = dict(op.properties)
    properties.pop("operandSegmentSizes", None)
    new = kernel.DetectionOutputOp.make(
        op.operands, properties | {"scratch_bytes": IntegerAttr(0, i64)}, op.results[0].type
    )
    new.properties["scratch_bytes"] = IntegerAttr(detection_output_scratch(new), i64)
    return [new]


def _same(target: type[kernel.AnyKernelOp], **fixed: Attribute) -> Callable[[Operation], list[Operation]]:
    """A lowering to the `kernel` op with the same operands and properties, plus fixed ones."""
    names = set(target.get_irdl_definition().properties)

    def lower(op: Operation) -> list[Operation]:
        properties = {k: v for k, v in op.properties.items() if k in names} | fixed
        return [target.make_all(op.operands, properties, [result.type for result in op.results])]

    return lower


def _proposal(op: Operation) -> list[Operation]:
    properties = op.properties | {"scratch_bytes": IntegerAttr(0, i64)}
    new = kernel.ProposalOp.make_all(op.operands, properties, [result.type for result in op.results])
    new.properties["scratch_bytes"] = IntegerAttr(proposal_scratch(new), i64)
    return [new]


def _non_max_suppression(op: Operation) -> list[Operation]:
    properties = op.properties | {"scratch_bytes": IntegerAttr(0, i64)}
    new = kernel.NonMaxSuppressionOp.make_all(op.operands, properties, [result.type for result in op.results])
    new.properties["scratch_bytes"] = IntegerAttr(nms_scratch(new), i64)
    return [new]


def _selected(
    target: type[kernel.MulticlassNmsOp] | type[kernel.MatrixNmsOp],
) -> Callable[[Operation], list[Operation]]:
    def lower(op: Operation) -> list[Operation]:
        properties = op.properties | {"scratch_bytes": IntegerAttr(0, i64)}
        new = target.make_all(op.operands, properties, [result.type for result in op.results])
        new.properties["scratch_bytes"] = IntegerAttr(selected_scratch(new), i64)
        return [new]

    return lower


def _interpolate(op: Operation) -> list[Operation]:
    new = kernel.InterpolateOp.make(op.operands, op.properties, op.results[0].type)
    new.properties["scratch_bytes"] = IntegerAttr(interpolate_scratch(new), i64)
    return [new]


def _read_value(op: Operation) -> list[Operation]:
    return [
        memory.ReadValueOp.create(
            operands=op.operands, properties=op.properties, result_types=[tensor_of(op.results[0])]
        )
    ]


def _assign(op: Operation) -> list[Operation]:
    return [memory.AssignOp.create(operands=op.operands, properties=op.properties)]


def _tile(op: Operation) -> list[Operation]:
    """One or more kernels: a copy has no more than 8 axes, and a repeated one counts twice."""
    assert isinstance(op, arhat.TileOp)
    repeats = ints_of(op.repeats)
    new: list[Operation] = []
    value, axis = op.x, 0
    while axis < len(repeats) or not new:
        shape = tensor_of(value).get_shape()
        room = KERNEL_RANK - sum(extent != 1 for extent in shape)
        now = [1] * len(shape)
        while axis < len(repeats) and (repeats[axis] == 1 or room > 0):
            now[axis] = repeats[axis]
            room -= repeats[axis] != 1
            axis += 1
        if axis < len(repeats) and all(repeat == 1 for repeat in now):
            raise Unsupported(f"repeating elements of {len(repeats)} axes is not supported")
        type_ = TensorType(tensor_of(value).element_type, [d * r for d, r in zip(shape, now, strict=True)])
        new.append(kernel.TileOp.make([value], {"repeats": ints(now)}, type_))
        value = new[-1].results[0]
    return new


def _resample(op: Operation) -> list[Operation]:
    new = kernel.ResampleOp.make(op.operands, op.properties, op.results[0].type)
    new.properties["scratch_bytes"] = IntegerAttr(resample_scratch(new), i64)
    return [new]


def _scatter_elements_update(op: Operation) -> list[Operation]:
    assert isinstance(op, arhat.ScatterElementsUpdateOp)
    new = kernel.ScatterElementsUpdateOp.make(op.operands, op.properties, op.result.type)
    if op.reduction.data == "mean":
        new.properties["scratch_bytes"] = IntegerAttr(scatter_elements_scratch(new), i64)
    return [new]


_LOWERINGS: dict[str, Callable[[Operation], list[Operation]]] = {
    **IMAGE_LOWERINGS,
    **INT8_LOWERINGS,
    **RECURRENT_LOWERINGS,
    "arhat.deformable_columns": _same(kernel.DeformableColumnsOp),
    "arhat.max_pool_with_indices": _same(kernel.MaxPoolWithIndicesOp),
    "arhat.adaptive_avg_pool": _same(kernel.AdaptiveAvgPoolOp),
    "arhat.adaptive_max_pool": _same(kernel.AdaptiveMaxPoolOp),
    "arhat.matmul": _matmul,
    "arhat.reshape": _reshape,
    "arhat.read_value": _read_value,
    "arhat.assign": _assign,
    "arhat.shape_of": _shape_of,
    "arhat.detection_output": _detection_output,
    "arhat.prior_box": _same(kernel.PriorBoxOp),
    "arhat.prior_box_clustered": _same(kernel.PriorBoxClusteredOp),
    "arhat.region_yolo": _same(kernel.RegionYoloOp),
    "arhat.proposal": _proposal,
    "arhat.roi_pooling": _same(kernel.RoiPoolingOp),
    "arhat.psroi_pooling": _same(kernel.PsroiPoolingOp),
    "arhat.roi_align": _same(kernel.RoiAlignOp),
    "arhat.non_max_suppression": _non_max_suppression,
    "arhat.multiclass_nms": _selected(kernel.MulticlassNmsOp),
    "arhat.matrix_nms": _selected(kernel.MatrixNmsOp),
    "arhat.non_zero": _same(kernel.NonZeroOp),
    "arhat.interpolate": _interpolate,
    "arhat.resample": _resample,
    "arhat.normalize_l2": _same(kernel.NormalizeL2Op),
    "arhat.mvn": _same(kernel.MvnOp),
    "arhat.lrn": _same(kernel.LrnOp),
    "arhat.cum_sum": _same(kernel.CumSumOp),
    "arhat.softmax": _same(kernel.SoftmaxOp),
    **{f"arhat.reduce_{kind}": _same(kernel.ReduceOp, kind=StringAttr(kind)) for kind in kernel.REDUCTIONS},
    "arhat.gather": _same(kernel.GatherOp),
    "arhat.scatter_update": _same(kernel.ScatterUpdateOp),
    "arhat.scatter_elements_update": _scatter_elements_update,
    "arhat.gather_elements": _same(kernel.GatherElementsOp),
    "arhat.gather_nd": _same(kernel.GatherNdOp),
    "arhat.topk": _same(kernel.TopKOp),
    "arhat.one_hot": _same(kernel.OneHotOp),
    "arhat.bucketize": _same(kernel.BucketizeOp),
    "arhat.reverse_sequence": _same(kernel.ReverseSequenceOp),
    "arhat.ctc_greedy_decoder": _same(kernel.CtcGreedyDecoderOp),
    "arhat.ctc_greedy_decoder_seq_len": _same(kernel.CtcGreedyDecoderSeqLenOp),
    "arhat.transpose": _same(kernel.TransposeOp),
    "arhat.slice": _same(kernel.SliceOp),
    "arhat.pad": _same(kernel.PadOp),
    "arhat.concat": _same(kernel.ConcatOp),
    "arhat.tile": _tile,
    "arhat.broadcast": _same(kernel.BroadcastOp),
    "arhat.convert": _same(kernel.ConvertOp),
}

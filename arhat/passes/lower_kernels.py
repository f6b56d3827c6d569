"""Lowerings that all targets share: the operations that no platform library has, as ops of the `kernel` dialect."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from xdsl.dialects.builtin import IntegerAttr, ModuleOp, NoneAttr, StringAttr, TensorType, i64
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.irdl import OptPropertyDef
from xdsl.rewriter import Rewriter

from arhat.dialects import arhat, kernel
from arhat.dialects.arhat.base import ints, ints_of
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
from arhat.passes.support import Unsupported, entry_point


@dataclass(frozen=True)
class Lowered:
    """The ops that take the place of one, and what becomes of its results."""

    ops: Sequence[Operation]
    results: Sequence[SSAValue]


Lowering = Callable[[Operation], list[Operation] | Lowered]
"""Gives the ops that take the place of one; of a list, the last op has its results."""

Scratch = Mapping[str, Callable[[Any], int]]
"""By name of a `kernel` op, the bytes of scratch memory that it needs."""

KERNEL_RANK = 8
"""Axes that a kernel can tell apart."""


def convert(module: ModuleOp, target: str, lowerings: Mapping[str, Lowering]) -> None:
    """Replaces every `arhat` op of the entry point, except constants, by what `lowerings` make of it.

    Element-wise ops without a lowering become one `kernel.elementwise` each. Raises one error for all ops that
    `target` cannot run.
    """
    errors: list[UserError] = []
    block = entry_point(module).body.block
    for op in list(block.ops):
        if not op.name.startswith("arhat.") or isinstance(op, arhat.ConstantOp):
            continue
        try:
            _convert(op, lowerings)
        except Unsupported as reason:
            layers = layers_of(op)
            where = quote(layers[-1].layer_name) if layers else "(no name)"
            errors.append(
                UserError(
                    f"the {target} target cannot run {op.name} (layer {where}): {reason}",
                    line=layers[-1].layer_line or None if layers else None,
                )
            )
    if errors:
        raise UserErrors(errors)
    for op in list(block.ops):
        if isinstance(op, kernel.ReshapeOp):  # the shape of a slope that is computed at run time
            Rewriter.replace_op(op, view(op.x, tensor_of(op.result).get_shape()))


def _convert(op: Operation, lowerings: Mapping[str, Lowering]) -> None:
    lowering = lowerings.get(op.name)
    if lowering is not None:
        made = lowering(op)
    elif is_elementwise(op):
        made = [build_elementwise([op])]
    else:
        raise Unsupported("there is no kernel for it yet")
    ops, results = (made.ops, made.results) if isinstance(made, Lowered) else (made, None)
    layers = layers_of(op)
    for inner in ops:
        set_layers(inner, layers)
    Rewriter.replace_op(op, ops, results)


def view(value: SSAValue, shape: Sequence[int]) -> memory.ViewOp:
    """The same elements under another shape."""
    return memory.ViewOp.create(
        operands=[value], result_types=[TensorType(tensor_of(value).element_type, shape, NoneAttr())]
    )


def _reshape(op: Operation) -> list[Operation]:
    return [view(op.operands[0], tensor_of(op.results[0]).get_shape())]


def _shape_of(op: Operation) -> list[Operation]:
    raise Unsupported("shapes are known when compiling: run fold-constants first")


def _same(target: type[kernel.AnyKernelOp], **fixed: Attribute) -> Callable[[Operation], list[Operation]]:
    """A lowering to the `kernel` op with the same operands and properties, plus fixed ones."""
    names = set(target.get_irdl_definition().properties)

    def lower(op: Operation) -> list[Operation]:
        properties = {k: v for k, v in op.properties.items() if k in names} | fixed
        return [target.make_all(op.operands, properties, [result.type for result in op.results])]

    return lower


def _sized(target: type[kernel.AnyKernelOp], scratch: Scratch) -> Lowering:
    """The same for an op that states the bytes of scratch memory that its kernel needs."""
    plain = _same(target, scratch_bytes=IntegerAttr(0, i64))
    optional = isinstance(target.get_irdl_definition().properties["scratch_bytes"], OptPropertyDef)

    def lower(op: Operation) -> list[Operation]:
        (new,) = plain(op)
        size = scratch[target.name](new)
        if size or not optional:
            new.properties["scratch_bytes"] = IntegerAttr(size, i64)
        else:
            del new.properties["scratch_bytes"]
        return [new]

    return lower


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


def _scatter_elements_update(op: Operation) -> list[Operation]:
    assert isinstance(op, arhat.ScatterElementsUpdateOp)
    new = kernel.ScatterElementsUpdateOp.make(op.operands, op.properties, op.result.type)
    if op.reduction.data == "mean":
        new.properties["scratch_bytes"] = IntegerAttr(scatter_elements_scratch(new), i64)
    return [new]


SCRATCH: Scratch = {
    kernel.DetectionOutputOp.name: detection_output_scratch,
    kernel.InterpolateOp.name: interpolate_scratch,
    kernel.MatrixNmsOp.name: selected_scratch,
    kernel.MulticlassNmsOp.name: selected_scratch,
    kernel.NonMaxSuppressionOp.name: nms_scratch,
    kernel.ProposalOp.name: proposal_scratch,
    kernel.ResampleOp.name: resample_scratch,
    kernel.TopKOp.name: lambda op: 0,
}
"""The needs of the kernels on a CPU."""

_PLAIN: Mapping[str, Lowering] = {
    "arhat.deformable_columns": _same(kernel.DeformableColumnsOp),
    "arhat.max_pool_with_indices": _same(kernel.MaxPoolWithIndicesOp),
    "arhat.adaptive_avg_pool": _same(kernel.AdaptiveAvgPoolOp),
    "arhat.adaptive_max_pool": _same(kernel.AdaptiveMaxPoolOp),
    "arhat.reshape": _reshape,
    "arhat.read_value": _read_value,
    "arhat.assign": _assign,
    "arhat.shape_of": _shape_of,
    "arhat.prior_box": _same(kernel.PriorBoxOp),
    "arhat.prior_box_clustered": _same(kernel.PriorBoxClusteredOp),
    "arhat.region_yolo": _same(kernel.RegionYoloOp),
    "arhat.roi_pooling": _same(kernel.RoiPoolingOp),
    "arhat.psroi_pooling": _same(kernel.PsroiPoolingOp),
    "arhat.roi_align": _same(kernel.RoiAlignOp),
    "arhat.non_zero": _same(kernel.NonZeroOp),
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
}

_SIZED: Mapping[str, type[kernel.AnyKernelOp]] = {
    "arhat.detection_output": kernel.DetectionOutputOp,
    "arhat.proposal": kernel.ProposalOp,
    "arhat.non_max_suppression": kernel.NonMaxSuppressionOp,
    "arhat.multiclass_nms": kernel.MulticlassNmsOp,
    "arhat.matrix_nms": kernel.MatrixNmsOp,
    "arhat.interpolate": kernel.InterpolateOp,
    "arhat.resample": kernel.ResampleOp,
    "arhat.topk": kernel.TopKOp,
}


def kernel_lowerings(scratch: Scratch) -> dict[str, Lowering]:
    """The lowerings of this file by name of the op, for a target whose kernels need that much scratch memory."""
    return {**_PLAIN, **{name: _sized(target, scratch) for name, target in _SIZED.items()}}


KERNEL_LOWERINGS: Mapping[str, Lowering] = kernel_lowerings(SCRATCH)
"""They on a CPU."""

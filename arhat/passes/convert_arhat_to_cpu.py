"""convert-arhat-to-cpu: from what the model means to what the `cpu` target is asked to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import cast

from xdsl.context import Context
from xdsl.dialects.builtin import IntegerAttr, ModuleOp, NoneAttr, StringAttr, TensorType, i64
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import Rewriter

from arhat.dialects import arhat, cpu, kernel
from arhat.dialects.arhat.base import Ints, ints, ints_of
from arhat.dialects.cpu import tensor_of
from arhat.emit.kernels import (
    detection_output_scratch,
    interpolate_scratch,
    proposal_scratch,
    scatter_elements_scratch,
)
from arhat.errors import UserError, UserErrors, quote
from arhat.layers import layers_of, set_layers
from arhat.passes.form_elementwise import build_elementwise, is_elementwise
from arhat.passes.support import entry_point


@dataclass(frozen=True)
class ConvertArhatToCpuPass(ModulePass):
    """Replace every `arhat` op except constants by ops of `cpu` and `kernel`.

    Convolutions, matrix products and pooling become `cpu` ops, with one-dimensional ones seen as images of height 1;
    element-wise ops become one `kernel.elementwise` each; a reshape becomes a `cpu.view`; the rest become the `kernel`
    op of their name. All values stay dense here: `choose-layout` follows. Ops that the target cannot run are refused
    with one error that lists them all.

    ```mlir
    %y = arhat.reshape(%x) {shape = [1, 12]} : (tensor<1x3x4xf32>) -> tensor<1x12xf32>
    // becomes
    %y = cpu.view(%x) : (tensor<1x3x4xf32>) -> tensor<1x12xf32>
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
            except _Unsupported as reason:
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


class _Unsupported(Exception):
    """Why an op has no lowering."""


def _convert(op: Operation) -> None:
    if is_elementwise(op):
        new: list[Operation] = [build_elementwise([op])]
    else:
        lowering = _LOWERINGS.get(op.name)
        if lowering is None:
            raise _Unsupported("there is no kernel for it yet")
        new = list(lowering(op))
    layers = layers_of(op)
    for inner in new:
        set_layers(inner, layers)
    Rewriter.replace_op(op, new)


def _view(value: SSAValue, shape: Sequence[int]) -> cpu.ViewOp:
    return cpu.ViewOp.create(
        operands=[value], result_types=[TensorType(tensor_of(value).element_type, shape, NoneAttr())]
    )


def _two_dimensional(op: Operation) -> bool:
    """Whether the op works on images; True for one spatial dimension is False, three are refused."""
    rank = len(tensor_of(op.operands[0]).get_shape())
    if rank not in (3, 4):
        raise _Unsupported(f"only one or two spatial dimensions are supported, not {rank - 2}")
    return rank == 4


def _as_image(op: Operation, build: Callable[[SSAValue, bool], Operation]) -> list[Operation]:
    """Build an image op; a one-dimensional one through views that add and remove a height of 1."""
    x = op.operands[0]
    if _two_dimensional(op):
        return [build(x, True)]
    n, c, w = tensor_of(x).get_shape()
    before = _view(x, (n, c, 1, w))
    inner = build(before.output, False)
    after = _view(inner.results[0], tensor_of(op.results[0]).get_shape())
    return [before, inner, after]


def _image_type(op: Operation) -> TensorType[Attribute]:
    type_ = tensor_of(op.results[0])
    shape = type_.get_shape()
    return type_ if len(shape) == 4 else TensorType(type_.element_type, (*shape[:2], 1, shape[2]))


def _convolution(op: Operation) -> list[Operation]:
    assert isinstance(op, arhat.ConvolutionOp)
    views: list[Operation] = []

    def lift(value: SSAValue | None) -> list[SSAValue]:
        """An operand with the shape of an image or a filter, seen with a height of 1."""
        if value is None:
            return []
        shape = tensor_of(value).get_shape()
        if len(shape) == 4:
            return [value]
        view = _view(value, (*shape[:2], 1, shape[2]))
        views.append(view)
        return [view.output]

    def build(x: SSAValue, image: bool) -> Operation:
        def spatial(attr: Ints, absent: int) -> list[int]:
            return list(ints_of(attr)) if image else [absent, *ints_of(attr)]

        filter_ = lift(op.filter)
        optional = [[v] if v is not None else [] for v in (op.bias, op.slope)]
        pads = spatial(op.pads_begin, 0) + spatial(op.pads_end, 0)
        return cpu.ConvOp.build(
            operands=[[x], filter_, optional[0], lift(op.residual), optional[1]],
            properties={
                "strides": ints(spatial(op.strides, 1)),
                "pads": ints(pads),
                "dilations": ints(spatial(op.dilations, 1)),
                "groups": op.groups,
                "kernel": ints(tensor_of(filter_[0]).get_shape()[2:]),
                "activation": op.activation,
            },
            result_types=[_image_type(op)],
        )

    new = _as_image(op, build)
    return [*views, *new]


def _matmul(op: Operation) -> list[Operation]:
    assert isinstance(op, arhat.MatmulOp)
    a, b = tensor_of(op.a).get_shape(), tensor_of(op.b).get_shape()
    if len(a) < 2 or len(b) < 2:
        raise _Unsupported("vectors as operands of a matrix product are not supported, only matrices")
    bias = [op.bias] if op.bias is not None else []
    return [
        cpu.MatmulOp.build(
            operands=[[op.a], [op.b], bias],
            properties={
                "transpose_a": op.transpose_a,
                "transpose_b": op.transpose_b,
                "activation": op.activation,
            },
            result_types=[tensor_of(op.result)],
        )
    ]


def _pool(op: Operation) -> list[Operation]:
    def build(x: SSAValue, image: bool) -> Operation:
        def spatial(name: str, absent: int) -> list[int]:
            values = list(ints_of(cast(Ints, op.properties[name])))
            return values if image else [absent, *values]

        properties: dict[str, Attribute] = {
            "kernel": ints(spatial("kernel", 1)),
            "strides": ints(spatial("strides", 1)),
            "pads": ints(spatial("pads_begin", 0) + spatial("pads_end", 0)),
        }
        if isinstance(op, arhat.MaxPoolOp):
            properties["dilations"] = ints(spatial("dilations", 1))
            return cpu.MaxPoolOp.create(operands=[x], properties=properties, result_types=[_image_type(op)])
        properties["exclude_pad"] = op.properties["exclude_pad"]
        return cpu.AvgPoolOp.create(operands=[x], properties=properties, result_types=[_image_type(op)])

    return _as_image(op, build)


def _reshape(op: Operation) -> list[Operation]:
    return [_view(op.operands[0], tensor_of(op.results[0]).get_shape())]


def _shape_of(op: Operation) -> list[Operation]:
    raise _Unsupported("shapes are known when compiling: run fold-constants first")


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


def _interpolate(op: Operation) -> list[Operation]:
    new = kernel.InterpolateOp.make(op.operands, op.properties, op.results[0].type)
    new.properties["scratch_bytes"] = IntegerAttr(interpolate_scratch(new), i64)
    return [new]


def _read_value(op: Operation) -> list[Operation]:
    return [
        cpu.ReadValueOp.create(
            operands=op.operands, properties=op.properties, result_types=[tensor_of(op.results[0])]
        )
    ]


def _assign(op: Operation) -> list[Operation]:
    return [cpu.AssignOp.create(operands=op.operands, properties=op.properties)]


def _scatter_elements_update(op: Operation) -> list[Operation]:
    assert isinstance(op, arhat.ScatterElementsUpdateOp)
    new = kernel.ScatterElementsUpdateOp.make(op.operands, op.properties, op.result.type)
    if op.reduction.data == "mean":
        new.properties["scratch_bytes"] = IntegerAttr(scatter_elements_scratch(new), i64)
    return [new]


_LOWERINGS: dict[str, Callable[[Operation], list[Operation]]] = {
    "arhat.convolution": _convolution,
    "arhat.matmul": _matmul,
    "arhat.max_pool": _pool,
    "arhat.avg_pool": _pool,
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
    "arhat.interpolate": _interpolate,
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
    "arhat.tile": _same(kernel.TileOp),
    "arhat.broadcast": _same(kernel.BroadcastOp),
    "arhat.convert": _same(kernel.ConvertOp),
}

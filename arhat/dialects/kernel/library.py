"""The first kernels: detection tail, resize, groups, data movement."""

from __future__ import annotations

from typing import ClassVar

from xdsl.dialects.builtin import IntegerAttr, TensorType, i1
from xdsl.irdl import base, irdl_op_definition, operand_def, opt_prop_def, prop_def, var_operand_def

from arhat.dialects.arhat.base import BOOL, FLOAT, FLOATS, INT, INTS, choice, ints_of
from arhat.dialects.kernel.base import (
    CODE_TYPES,
    COORDINATE_TRANSFORMATIONS,
    INTERPOLATE_MODES,
    NEAREST_MODES,
    PAD_MODES,
    REDUCTIONS,
    KernelOp,
    SameShapeOp,
    broadcasts,
    check,
    shape_of,
    tensor_of,
)


@irdl_op_definition
class DetectionOutputOp(KernelOp):
    """Decode boxes, suppress overlaps, keep the best: OpenVINO DetectionOutput-1 and -8.

    Operands: `loc` [N, P*L*4], `conf` [N, P*C], `priors` [1 or N, 1 or 2, P*4 or P*5], optionally
    `aux_conf` [N, P*2] and `aux_loc` [N, P*L*4] of the refinement stage. Result [1, 1, K, 7].
    `input_is_logits`: the sigmoid in front of `conf` is part of this op. `scratch_bytes` is what the kernel
    needs beside its operands: `arhat.emit.kernels.detection_output_scratch`.
    """

    name = "kernel.detection_output"
    loc = operand_def(base(TensorType))
    conf = operand_def(base(TensorType))
    priors = operand_def(base(TensorType))
    aux = var_operand_def(base(TensorType))
    background_label_id = prop_def(INT)
    top_k = prop_def(INT)
    keep_top_k = prop_def(INTS)
    code_type = prop_def(choice(*CODE_TYPES))
    variance_encoded_in_target = prop_def(BOOL)
    share_location = prop_def(BOOL)
    clip_before_nms = prop_def(BOOL)
    clip_after_nms = prop_def(BOOL)
    decrease_label_id = prop_def(BOOL)
    normalized = prop_def(BOOL)
    nms_threshold = prop_def(FLOAT)
    confidence_threshold = prop_def(FLOAT)
    objectness_score = prop_def(FLOAT)
    input_height = prop_def(INT)
    input_width = prop_def(INT)
    num_classes = prop_def(INT)
    input_is_logits = prop_def(BOOL, default_value=IntegerAttr(0, i1))
    scratch_bytes = prop_def(INT)

    def expected_shape(self) -> tuple[int, ...] | None:
        """[1, 1, K, 7]; K is the capacity that `arhat.detection_output` gives."""
        check(len(self.aux) in (0, 2), "aux_conf and aux_loc come together")
        shape = shape_of(self.result)
        check(len(shape) == 4 and shape[:2] == (1, 1) and shape[3] == 7, "result must be 1x1xKx7")
        return None


@irdl_op_definition
class PriorBoxOp(KernelOp):
    """Prior boxes and their variances [2, P*4] of one feature map: OpenVINO PriorBox-1 and -8."""

    name = "kernel.prior_box"
    feature = prop_def(INTS)
    image = prop_def(INTS)
    min_size = prop_def(FLOATS)
    max_size = prop_def(FLOATS)
    aspect_ratio = prop_def(FLOATS)
    density = prop_def(FLOATS)
    fixed_ratio = prop_def(FLOATS)
    fixed_size = prop_def(FLOATS)
    variance = prop_def(FLOATS)
    flip = prop_def(BOOL)
    clip = prop_def(BOOL)
    scale_all_sizes = prop_def(BOOL)
    min_max_aspect_ratios_order = prop_def(BOOL)
    step = prop_def(FLOAT)
    offset = prop_def(FLOAT)


@irdl_op_definition
class PriorBoxClusteredOp(KernelOp):
    """Prior boxes of given widths and heights [2, P*4]: OpenVINO PriorBoxClustered-1."""

    name = "kernel.prior_box_clustered"
    feature = prop_def(INTS)
    image = prop_def(INTS)
    width = prop_def(FLOATS)
    height = prop_def(FLOATS)
    variance = prop_def(FLOATS)
    step_w = prop_def(FLOAT)
    step_h = prop_def(FLOAT)
    offset = prop_def(FLOAT)
    clip = prop_def(BOOL)

    def expected_shape(self) -> tuple[int, ...]:
        """[2, H*W*number of boxes*4]."""
        height, width = ints_of(self.feature)
        check(len(self.width) == len(self.height), "width and height must have the same length")
        return (2, height * width * len(self.width) * 4)


@irdl_op_definition
class RegionYoloOp(KernelOp):
    """Activations of a YOLO head: OpenVINO RegionYolo-1."""

    name = "kernel.region_yolo"
    x = operand_def(base(TensorType))
    coords = prop_def(INT)
    classes = prop_def(INT)
    num = prop_def(INT)
    axis = prop_def(INT)
    end_axis = prop_def(INT)
    mask = prop_def(INTS)
    anchors = prop_def(FLOATS)
    do_softmax = prop_def(BOOL)


@irdl_op_definition
class InterpolateOp(KernelOp):
    """Resize along `axes` to `sizes`: OpenVINO Interpolate-1, -4 and -11.

    `scratch_bytes`: as for `kernel.detection_output`, by `arhat.emit.kernels.interpolate_scratch`.
    """

    name = "kernel.interpolate"
    x = operand_def(base(TensorType))
    axes = prop_def(INTS)
    sizes = prop_def(INTS)
    scales = prop_def(FLOATS)
    mode = prop_def(choice(*INTERPOLATE_MODES))
    coordinate_transformation = prop_def(choice(*COORDINATE_TRANSFORMATIONS))
    nearest_mode = prop_def(choice(*NEAREST_MODES))
    antialias = prop_def(BOOL)
    cube_coeff = prop_def(FLOAT)
    pads_begin = prop_def(INTS)
    pads_end = prop_def(INTS)
    scratch_bytes = opt_prop_def(INT)

    def expected_shape(self) -> tuple[int, ...]:
        """The operand's padded shape with `sizes` along `axes`."""
        shape = list(shape_of(self.x))
        for i, pad in enumerate(ints_of(self.pads_begin)):
            shape[i] += pad
        for i, pad in enumerate(ints_of(self.pads_end)):
            shape[i] += pad
        for axis, size in zip(ints_of(self.axes), ints_of(self.sizes), strict=True):
            shape[axis] = size
        return tuple(shape)


@irdl_op_definition
class NormalizeL2Op(SameShapeOp):
    """x / sqrt(sum of squares over `axes` + or max `eps`): OpenVINO NormalizeL2-1."""

    name = "kernel.normalize_l2"
    x = operand_def(base(TensorType))
    axes = prop_def(INTS)
    eps = prop_def(FLOAT)
    eps_mode = prop_def(choice("add", "max"))


@irdl_op_definition
class SoftmaxOp(SameShapeOp):
    """Softmax along one axis: OpenVINO SoftMax-1 and -8."""

    name = "kernel.softmax"
    x = operand_def(base(TensorType))
    axis = prop_def(INT)

    def expected_shape(self) -> tuple[int, ...]:
        """The operand's shape."""
        check(0 <= self.axis.value.data < len(shape_of(self.x)), "axis out of range")
        return super().expected_shape()


@irdl_op_definition
class ReduceOp(KernelOp):
    """Reduction `kind` over `axes`, a logical one of booleans: OpenVINO Reduce*-1."""

    name = "kernel.reduce"
    x = operand_def(base(TensorType))
    kind = prop_def(choice(*REDUCTIONS))
    axes = prop_def(INTS)
    keep_dims = prop_def(BOOL)

    def expected_shape(self) -> tuple[int, ...]:
        """The operand's shape with 1 at `axes`, or without them."""
        shape = shape_of(self.x)
        axes = set(ints_of(self.axes))
        check(all(0 <= axis < len(shape) for axis in axes), "axes out of range")
        logical, boolean = self.kind.data.startswith("logical"), tensor_of(self.x).element_type == i1
        check(
            logical == boolean,
            f"kind {self.kind.data} does not fit elements of {tensor_of(self.x).element_type}",
        )
        if self.keep_dims.value.data:
            return tuple(1 if i in axes else extent for i, extent in enumerate(shape))
        return tuple(extent for i, extent in enumerate(shape) if i not in axes)


@irdl_op_definition
class GatherOp(KernelOp):
    """Slices of `x` along `axis` that `indices` names (negative ones from the end): OpenVINO Gather-8."""

    name = "kernel.gather"
    x = operand_def(base(TensorType))
    indices = operand_def(base(TensorType))
    axis = prop_def(INT)
    batch_dims = prop_def(INT)

    def expected_shape(self) -> tuple[int, ...]:
        """x.shape[:axis] + indices.shape[batch_dims:] + x.shape[axis + 1:]."""
        shape, axis = shape_of(self.x), self.axis.value.data
        check(0 <= axis < len(shape), "axis out of range")
        check(0 <= self.batch_dims.value.data <= axis, "batch_dims must be in 0..axis")
        return shape[:axis] + shape_of(self.indices)[self.batch_dims.value.data :] + shape[axis + 1 :]


@irdl_op_definition
class TransposeOp(KernelOp):
    """Permute axes: result axis i is operand axis perm[i]. OpenVINO Transpose-1."""

    name = "kernel.transpose"
    x = operand_def(base(TensorType))
    perm = prop_def(INTS)

    def expected_shape(self) -> tuple[int, ...]:
        """The operand's shape, permuted."""
        shape, perm = shape_of(self.x), ints_of(self.perm)
        check(sorted(perm) == list(range(len(shape))), "perm must be a permutation of the axes")
        return tuple(shape[axis] for axis in perm)


@irdl_op_definition
class SliceOp(KernelOp):
    """Elements starts + i * steps (steps may be negative), `sizes` of them, on each axis."""

    name = "kernel.slice"
    x = operand_def(base(TensorType))
    starts = prop_def(INTS)
    sizes = prop_def(INTS)
    steps = prop_def(INTS)

    def expected_shape(self) -> tuple[int, ...]:
        """`sizes`; every element taken must lie in the operand."""
        shape = shape_of(self.x)
        starts, sizes, steps = ints_of(self.starts), ints_of(self.sizes), ints_of(self.steps)
        check(
            len(starts) == len(sizes) == len(steps) == len(shape), "starts, sizes and steps have one per axis"
        )
        for extent, start, size, step in zip(shape, starts, sizes, steps, strict=True):
            last = start + (size - 1) * step
            check(
                size == 0 or (size > 0 and step != 0 and 0 <= start < extent and 0 <= last < extent),
                "slice reaches outside of the operand",
            )
        return sizes


@irdl_op_definition
class PadOp(KernelOp):
    """Extend each axis at both ends: OpenVINO Pad-1 (pads are not negative)."""

    name = "kernel.pad"
    x = operand_def(base(TensorType))
    pads_begin = prop_def(INTS)
    pads_end = prop_def(INTS)
    mode = prop_def(choice(*PAD_MODES))
    value = prop_def(FLOAT)

    def expected_shape(self) -> tuple[int, ...]:
        """Operand extents plus the pads."""
        begin, end = ints_of(self.pads_begin), ints_of(self.pads_end)
        return tuple(e + b + a for e, b, a in zip(shape_of(self.x), begin, end, strict=True))


@irdl_op_definition
class ConcatOp(KernelOp):
    """Join tensors along `axis`: OpenVINO Concat-1."""

    name = "kernel.concat"
    inputs = var_operand_def(base(TensorType))
    axis = prop_def(INT)

    def expected_shape(self) -> tuple[int, ...]:
        """The operands' shape with the sum of extents at `axis`."""
        check(len(self.inputs) > 0, "concat needs an operand")
        shapes = [shape_of(x) for x in self.inputs]
        axis = self.axis.value.data
        check(0 <= axis < len(shapes[0]), "axis out of range")
        rest = {shape[:axis] + shape[axis + 1 :] for shape in shapes}
        check(len(rest) == 1, "operands differ off the axis")
        return (*shapes[0][:axis], sum(shape[axis] for shape in shapes), *shapes[0][axis + 1 :])


@irdl_op_definition
class TileOp(KernelOp):
    """Repeat each axis: OpenVINO Tile-1 (same rank)."""

    name = "kernel.tile"
    x = operand_def(base(TensorType))
    repeats = prop_def(INTS)

    def expected_shape(self) -> tuple[int, ...]:
        """Operand extents times `repeats`."""
        return tuple(e * r for e, r in zip(shape_of(self.x), ints_of(self.repeats), strict=True))


@irdl_op_definition
class BroadcastOp(KernelOp):
    """Repeat extents of 1 and leading axes up to the result's shape, as NumPy does."""

    name = "kernel.broadcast"
    x = operand_def(base(TensorType))

    def expected_shape(self) -> tuple[int, ...] | None:
        """Any shape to which the operand's broadcasts."""
        check(broadcasts(shape_of(self.x), shape_of(self.result)), "operand does not broadcast to the result")
        return None


@irdl_op_definition
class ReshapeOp(KernelOp):
    """The same elements, counted in row-major order of the logical shapes, under another shape."""

    name = "kernel.reshape"
    x = operand_def(base(TensorType))

    def expected_shape(self) -> tuple[int, ...] | None:
        """Any shape with as many elements."""
        count = 1
        for extent in shape_of(self.x):
            count *= extent
        for extent in shape_of(self.result):
            count = count // extent if extent and count % extent == 0 else (0 if extent == 0 else -1)
        check(count in (0, 1), "result must have as many elements as the operand")
        return None


@irdl_op_definition
class ConvertOp(SameShapeOp):
    """Change the element type: OpenVINO Convert-1 (towards zero from float to integer)."""

    name = "kernel.convert"
    x = operand_def(base(TensorType))
    SAME_ELEMENT_TYPE: ClassVar[bool] = False

"""Kernels over regions of interest; properties are those of the `arhat` ops of the same names."""

from __future__ import annotations

from xdsl.dialects.builtin import TensorType
from xdsl.irdl import base, irdl_op_definition, operand_def, prop_def, result_def

from arhat.dialects.arhat.base import BOOL, FLOAT, FLOATS, INT, INTS, choice, ints_of
from arhat.dialects.kernel.base import AnyKernelOp, KernelOp, check, shape_of


@irdl_op_definition
class ProposalOp(AnyKernelOp):
    """The best boxes of a region proposal network and their scores: OpenVINO Proposal-1 and -4.

    `scratch_bytes`: what the kernel needs beside its operands, `arhat.emit.kernels.proposal_scratch`.
    """

    name = "kernel.proposal"
    scores = operand_def(base(TensorType))
    deltas = operand_def(base(TensorType))
    image_info = operand_def(base(TensorType))
    base_size = prop_def(INT)
    pre_nms_topn = prop_def(INT)
    post_nms_topn = prop_def(INT)
    nms_thresh = prop_def(FLOAT)
    feat_stride = prop_def(INT)
    min_size = prop_def(INT)
    ratio = prop_def(FLOATS)
    scale = prop_def(FLOATS)
    clip_before_nms = prop_def(BOOL)
    clip_after_nms = prop_def(BOOL)
    normalize = prop_def(BOOL)
    box_size_scale = prop_def(FLOAT)
    box_coordinate_scale = prop_def(FLOAT)
    framework = prop_def(choice("", "tensorflow"))
    scratch_bytes = prop_def(INT)
    rois = result_def(base(TensorType))
    probabilities = result_def(base(TensorType))

    def verify_(self) -> None:
        """Boxes [N * post_nms_topn, 5], as many scores."""
        count = shape_of(self.scores)[0] * self.post_nms_topn.value.data
        check(shape_of(self.rois) == (count, 5), f"boxes must be {count}x5, got {self.rois.type}")
        check(
            shape_of(self.probabilities) == (count,),
            f"there must be {count} scores, got {self.probabilities.type}",
        )
        channels = len(self.ratio) * len(self.scale)
        check(shape_of(self.scores)[1] == 2 * channels, f"{channels} anchors need {2 * channels} scores")
        check(shape_of(self.deltas)[1] == 4 * channels, f"{channels} anchors need {4 * channels} deltas")


@irdl_op_definition
class RoiPoolingOp(KernelOp):
    """Boxes in cells, the maximum or a bilinear sample of each: OpenVINO ROIPooling-1 and -2."""

    name = "kernel.roi_pooling"
    x = operand_def(base(TensorType))
    rois = operand_def(base(TensorType))
    pooled = prop_def(INTS)
    spatial_scale = prop_def(FLOAT)
    method = prop_def(choice("max", "bilinear"))

    def expected_shape(self) -> tuple[int, ...]:
        """[R, C, *pooled]."""
        return (shape_of(self.rois)[0], shape_of(self.x)[1], *ints_of(self.pooled))


@irdl_op_definition
class PsroiPoolingOp(KernelOp):
    """Position-sensitive pooling of boxes: OpenVINO PSROIPooling-1."""

    name = "kernel.psroi_pooling"
    x = operand_def(base(TensorType))
    rois = operand_def(base(TensorType))
    output_dim = prop_def(INT)
    group_size = prop_def(INT)
    spatial_scale = prop_def(FLOAT)
    mode = prop_def(choice("average", "bilinear"))
    bins = prop_def(INTS)

    def expected_shape(self) -> tuple[int, ...]:
        """[R, output_dim, group_size, group_size]."""
        channels, group, bins = self.output_dim.value.data, self.group_size.value.data, ints_of(self.bins)
        needed = channels * (group * group if self.mode.data == "average" else bins[0] * bins[1])
        check(shape_of(self.x)[1] == needed, f"features must have {needed} channels")
        return (shape_of(self.rois)[0], channels, group, group)


@irdl_op_definition
class RoiAlignOp(KernelOp):
    """Mean or maximum of samples in the cells of boxes: OpenVINO ROIAlign-3 and -9."""

    name = "kernel.roi_align"
    x = operand_def(base(TensorType))
    rois = operand_def(base(TensorType))
    batch = operand_def(base(TensorType))
    pooled = prop_def(INTS)
    sampling_ratio = prop_def(INT)
    spatial_scale = prop_def(FLOAT)
    mode = prop_def(choice("avg", "max"))
    aligned_mode = prop_def(choice("asymmetric", "half_pixel_for_nn", "half_pixel"))

    def expected_shape(self) -> tuple[int, ...]:
        """[R, C, *pooled]."""
        check(shape_of(self.batch) == shape_of(self.rois)[:1], "there must be one image for each box")
        return (shape_of(self.rois)[0], shape_of(self.x)[1], *ints_of(self.pooled))

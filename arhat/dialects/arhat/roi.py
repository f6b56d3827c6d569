"""Operations on regions of interest: proposals of boxes, and pooling of the features inside boxes."""

from __future__ import annotations

from xdsl.dialects.builtin import TensorType, i32, i64
from xdsl.irdl import irdl_op_definition, operand_def, prop_def, result_def

from arhat.dialects.arhat.base import (
    BOOL,
    FLOAT,
    FLOATS,
    INT,
    INTS,
    ArhatOp,
    Tensor,
    check_at_least,
    check_length,
    choice,
    element_of,
    floats_of,
    ints_of,
    require,
    require_float,
    require_same_element,
    shape_of,
    tensor_type,
)

MAX_ANCHORS = 1 << 12
"""Pairs of ratio and scale; a real network has a dozen."""


@irdl_op_definition
class ProposalOp(ArhatOp):
    """The best boxes of a region proposal network and their scores. Source: Proposal-1 and -4.

    `scores` is [N, 2 * A, H, W] (background of all A anchors, then foreground), `deltas` [N, 4 * A, H, W], `image_info`
    [3] or [4]: height, width and scales of the image. A anchors, one per `ratio` and `scale`, stand in every cell. The
    results are [N * post_nms_topn, 5] (image, x0, y0, x1, y1) and [N * post_nms_topn]. Where fewer boxes are found, the
    first free row of an image is -1, 0, 0, 0, 0 and the rows behind it are zero.

    ```
    %rois, %scores = arhat.proposal(%s, %d, %info) {base_size = 256, pre_nms_topn = 6000, post_nms_topn = 300, ...}
         : (tensor<1x24x38x38xf32>, tensor<1x48x38x38xf32>, tensor<3xf32>) -> (tensor<300x5xf32>, tensor<300xf32>)
    ```
    """

    name = "arhat.proposal"

    scores = operand_def(TensorType)
    deltas = operand_def(TensorType)
    image_info = operand_def(TensorType)
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
    rois = result_def(TensorType)
    probabilities = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """[N * post_nms_topn, 5] and [N * post_nms_topn]."""
        element = require_same_element(self.operands)
        require_float(self.scores, "the scores")
        scores, deltas = shape_of(self.scores), shape_of(self.deltas)
        require(len(scores) == 4, f"scores must have rank 4, got {self.scores.type}")
        require(len(deltas) == 4, f"deltas must have rank 4, got {self.deltas.type}")
        info = shape_of(self.image_info)
        require(
            info in ((3,), (4,)), f"the size of the image must have 3 or 4 values, got {self.image_info.type}"
        )
        ratios, scales = floats_of(self.ratio), floats_of(self.scale)
        require(all(value > 0 for value in (*ratios, *scales)), "'ratio' and 'scale' must be positive")
        anchors = len(ratios) * len(scales)
        require(1 <= anchors <= MAX_ANCHORS, f"there must be 1 to {MAX_ANCHORS} anchors, got {anchors}")
        images, _, rows, columns = scores
        require(
            scores[1] == 2 * anchors, f"{anchors} anchors need {2 * anchors} score channels, got {scores[1]}"
        )
        require(
            deltas == (images, 4 * anchors, rows, columns),
            f"deltas must be {[images, 4 * anchors, rows, columns]}, got {self.deltas.type}",
        )
        require(images >= 1 and rows >= 1 and columns >= 1, "there must be at least one image and one cell")
        for name in ("base_size", "pre_nms_topn", "post_nms_topn", "feat_stride"):
            value = getattr(self, name).value.data
            require(1 <= value < 1 << 31, f"'{name}' must be positive and below 2^31, got {value}")
        require(0 <= self.min_size.value.data < 1 << 31, "'min_size' must not be negative")
        require(
            self.box_size_scale.value.data > 0 and self.box_coordinate_scale.value.data > 0,
            "the scales of boxes must be positive",
        )
        count = images * self.post_nms_topn.value.data
        return [tensor_type(element, (count, 5)), tensor_type(element, (count,))]


def _check_pooled(
    op: RoiPoolingOp | PsroiPoolingOp | RoiAlignOp, columns: int
) -> tuple[tuple[int, ...], int]:
    """Shape of the features and number of boxes; the boxes have so many columns."""
    x, rois = shape_of(op.x), shape_of(op.rois)
    require_float(op.x, "the features")
    require(len(x) == 4, f"the features must have rank 4, got {op.x.type}")
    require(min(x[2:]) >= 1 and x[0] >= 1, f"the features must not be empty, got {op.x.type}")
    require(len(rois) == 2 and rois[1] == columns, f"the boxes must be Rx{columns}, got {op.rois.type}")
    require(op.spatial_scale.value.data > 0, "'spatial_scale' must be positive")
    return x, rois[0]


@irdl_op_definition
class RoiPoolingOp(ArhatOp):
    """Each box of `x` in `pooled` cells: the maximum of a cell, or its bilinear sample. Source: ROIPooling-1 and -2.

    `rois` is [R, 5]: image, x0, y0, x1, y1; in pixels of the image (times `spatial_scale`) for `max`, in fractions of
    it for `bilinear`. The first box of image -1 ends the list: its result and those behind it are zero.

    ```
    %y = arhat.roi_pooling(%x, %rois) {pooled = [14, 14], spatial_scale = 1.0, method = "bilinear"}
         : (tensor<1x576x38x38xf32>, tensor<300x5xf32>) -> tensor<300x576x14x14xf32>
    ```
    """

    name = "arhat.roi_pooling"

    x = operand_def(TensorType)
    rois = operand_def(TensorType)
    pooled = prop_def(INTS)
    spatial_scale = prop_def(FLOAT)
    method = prop_def(choice("max", "bilinear"))
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """[R, C, *pooled]."""
        x, count = _check_pooled(self, 5)
        element = require_same_element([self.x, self.rois])
        pooled = ints_of(self.pooled)
        check_length("pooled", pooled, 2)
        check_at_least("pooled", pooled, 1)
        return [tensor_type(element, (count, x[1], *pooled))]


@irdl_op_definition
class PsroiPoolingOp(ArhatOp):
    """Position-sensitive pooling: every cell of a box reads channels of its own. Source: PSROIPooling-1.

    `rois` as for `arhat.roi_pooling`, in pixels for `average`, in fractions of the image (over `spatial_scale`) for
    `bilinear`. `x` has `output_dim * group_size * group_size` channels for `average` and `output_dim * bins[0] *
    bins[1]` (down, across) for `bilinear`.

    ```
    %y = arhat.psroi_pooling(%x, %rois) {output_dim = 91, group_size = 6, spatial_scale = 1.0, mode = "bilinear",
           bins = [3, 3]} : (tensor<1x819x38x38xf32>, tensor<300x5xf32>) -> tensor<300x91x6x6xf32>
    ```
    """

    name = "arhat.psroi_pooling"

    x = operand_def(TensorType)
    rois = operand_def(TensorType)
    output_dim = prop_def(INT)
    group_size = prop_def(INT)
    spatial_scale = prop_def(FLOAT)
    mode = prop_def(choice("average", "bilinear"))
    bins = prop_def(INTS)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """[R, output_dim, group_size, group_size]."""
        x, count = _check_pooled(self, 5)
        element = require_same_element([self.x, self.rois])
        channels, group, bins = self.output_dim.value.data, self.group_size.value.data, ints_of(self.bins)
        check_length("bins", bins, 2)
        check_at_least("bins", bins, 1)
        require(channels >= 1 and group >= 1, "'output_dim' and 'group_size' must be positive")
        needed = channels * (group * group if self.mode.data == "average" else bins[0] * bins[1])
        require(x[1] == needed, f"the features must have {needed} channels, got {x[1]}")
        return [tensor_type(element, (count, channels, group, group))]


@irdl_op_definition
class RoiAlignOp(ArhatOp):
    """Mean or maximum of bilinear samples in the cells of each box. Source: ROIAlign-3 and -9.

    `rois` is [R, 4] (x0, y0, x1, y1), `batch` [R] the image of each; -1 ends the list as for `arhat.roi_pooling`.
    `sampling_ratio` samples along each side of a cell; 0: one per pixel of the feature map.

    ```
    %y = arhat.roi_align(%x, %rois, %batch) {pooled = [7, 7], sampling_ratio = 2, spatial_scale = 0.0625,
           mode = "avg", aligned_mode = "asymmetric"}
         : (tensor<1x256x50x50xf32>, tensor<100x4xf32>, tensor<100xi32>) -> tensor<100x256x7x7xf32>
    ```
    """

    name = "arhat.roi_align"

    x = operand_def(TensorType)
    rois = operand_def(TensorType)
    batch = operand_def(TensorType)
    pooled = prop_def(INTS)
    sampling_ratio = prop_def(INT)
    spatial_scale = prop_def(FLOAT)
    mode = prop_def(choice("avg", "max"))
    aligned_mode = prop_def(choice("asymmetric", "half_pixel_for_nn", "half_pixel"))
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """[R, C, *pooled]."""
        x, count = _check_pooled(self, 4)
        element = require_same_element([self.x, self.rois])
        require(shape_of(self.batch) == (count,), f"{count} boxes need as many images, got {self.batch.type}")
        index = element_of(self.batch)
        require(
            index in (i32, i64),
            f"images must be i32 or i64, got {index}",
        )
        pooled = ints_of(self.pooled)
        check_length("pooled", pooled, 2)
        check_at_least("pooled", pooled, 1)
        require(0 <= self.sampling_ratio.value.data < 1 << 12, "'sampling_ratio' must be in [0, 4096)")
        return [tensor_type(element, (count, x[1], *pooled))]

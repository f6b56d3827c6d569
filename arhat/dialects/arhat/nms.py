"""Suppression of overlapping boxes, whose results have a length that depends on data."""

from __future__ import annotations

from xdsl.dialects.builtin import TensorType
from xdsl.irdl import irdl_op_definition, operand_def, prop_def, result_def

from arhat.dialects.arhat.base import (
    BOOL,
    FLOAT,
    INT,
    ArhatOp,
    Tensor,
    choice,
    require,
    require_float,
    require_same_element,
    shape_of,
    tensor_type,
)
from arhat.dialects.arhat.indexing import INTEGERS, integer_type


@irdl_op_definition
class NonMaxSuppressionOp(ArhatOp):
    """The best boxes of each class that overlap no better one of it. Source: NonMaxSuppression-1 to -9.

    `boxes` is [N, B, 4] (y0, x0, y1, x1 for `corner`, x, y, width, height for `center`), `scores` [N, C, B]. The
    results have room for the K = N * C * min(B, max_output_boxes) boxes that there may be: `indices` [K, 3] are image,
    class and box, `selected` [K, 3] image, class and score, `count` [1] says how many rows there are; the others are
    -1.

    ```
    %i, %s, %n = arhat.non_max_suppression(%boxes, %scores) {max_output_boxes = 200, iou_threshold = 0.5, ...}
         : (tensor<1x100x4xf32>, tensor<1x1x100xf32>) -> (tensor<100x3xi64>, tensor<100x3xf32>, tensor<1xi64>)
    ```
    """

    name = "arhat.non_max_suppression"

    boxes = operand_def(TensorType)
    scores = operand_def(TensorType)
    max_output_boxes = prop_def(INT)
    iou_threshold = prop_def(FLOAT)
    score_threshold = prop_def(FLOAT)
    soft_nms_sigma = prop_def(FLOAT)
    box_encoding = prop_def(choice("corner", "center"))
    sort_result_descending = prop_def(BOOL)
    index_type = prop_def(INTEGERS)
    indices = result_def(TensorType)
    selected = result_def(TensorType)
    count = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """[K, 3], [K, 3] and [1]."""
        element = require_same_element(self.operands)
        require_float(self.boxes, "the boxes")
        boxes, scores = shape_of(self.boxes), shape_of(self.scores)
        require(len(boxes) == 3 and boxes[2] == 4, f"boxes must be NxBx4, got {self.boxes.type}")
        require(len(scores) == 3, f"scores must be NxCxB, got {self.scores.type}")
        require(
            scores[0] == boxes[0] and scores[2] == boxes[1],
            f"boxes {self.boxes.type} and scores {self.scores.type} differ in images or boxes",
        )
        most = self.max_output_boxes.value.data
        require(most >= 1, f"'max_output_boxes' must be at least 1, got {most}")
        require(min(*boxes, *scores) >= 1, "there must be at least one image, class and box")
        require(self.soft_nms_sigma.value.data >= 0, "'soft_nms_sigma' must not be negative")
        rows = scores[0] * scores[1] * min(boxes[1], most)
        index = integer_type(self.index_type)
        return [tensor_type(index, (rows, 3)), tensor_type(element, (rows, 3)), tensor_type(index, (1,))]


@irdl_op_definition
class NonZeroOp(ArhatOp):
    """The positions of the elements that are not zero, in row-major order. Source: NonZero-3.

    `positions` is [rank, K] with room for all K elements, `count` [1] says how many columns there are; the others are
    -1.

    ```
    %p, %n = arhat.non_zero(%x) {index_type = "i64"} : (tensor<2x3xf32>) -> (tensor<2x6xi64>, tensor<1xi64>)
    ```
    """

    name = "arhat.non_zero"

    x = operand_def(TensorType)
    index_type = prop_def(INTEGERS)
    positions = result_def(TensorType)
    count = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """[rank, K] and [1]."""
        x = shape_of(self.x)
        elements = 1
        for extent in x:
            elements *= extent
        index = integer_type(self.index_type)
        return [tensor_type(index, (len(x), elements)), tensor_type(index, (1,))]


def _infer_selected(op: MulticlassNmsOp | MatrixNmsOp) -> list[Tensor]:
    """[K, 6], [K, 1] and [N], K as many as there may be."""
    element = require_same_element(op.operands)
    require_float(op.boxes, "the boxes")
    boxes, scores = shape_of(op.boxes), shape_of(op.scores)
    require(len(boxes) == 3 and boxes[2] == 4, f"boxes must be NxBx4, got {op.boxes.type}")
    require(len(scores) == 3, f"scores must be NxCxB, got {op.scores.type}")
    require(
        scores[0] == boxes[0] and scores[2] == boxes[1],
        f"boxes {op.boxes.type} and scores {op.scores.type} differ in images or boxes",
    )
    require(min(*boxes, *scores) >= 1, "there must be at least one image, class and box")
    rows = op.rows_per_image()
    require(rows >= 1, "'nms_top_k', 'keep_top_k' and 'background_class' leave no box to select")
    index = integer_type(op.index_type)
    count = boxes[0]
    return [
        tensor_type(element, (count * rows, 6)),
        tensor_type(index, (count * rows, 1)),
        tensor_type(index, (count,)),
    ]


def selected_per_image(classes: int, boxes: int, nms_top_k: int, keep_top_k: int, background: int) -> int:
    """How many boxes of an image may be selected."""
    most = boxes if nms_top_k < 0 else min(nms_top_k, boxes)
    rows = most * (classes - (0 <= background < classes))
    return rows if keep_top_k < 0 else min(rows, keep_top_k)


class _SelectedOp(ArhatOp):
    """What both operations that select boxes of all classes share."""

    boxes = operand_def(TensorType)
    scores = operand_def(TensorType)
    sort_result_type = prop_def(choice("class", "score", "none"))
    sort_result_across_batch = prop_def(BOOL)
    score_threshold = prop_def(FLOAT)
    nms_top_k = prop_def(INT)
    keep_top_k = prop_def(INT)
    background_class = prop_def(INT)
    normalized = prop_def(BOOL)
    index_type = prop_def(INTEGERS)
    outputs = result_def(TensorType)
    indices = result_def(TensorType)
    counts = result_def(TensorType)

    def rows_per_image(self) -> int:
        """How many boxes of an image may be selected."""
        _, classes, boxes = shape_of(self.scores)
        return selected_per_image(
            classes,
            boxes,
            self.nms_top_k.value.data,
            self.keep_top_k.value.data,
            self.background_class.value.data,
        )


@irdl_op_definition
class MulticlassNmsOp(_SelectedOp):
    """The best boxes of all classes that overlap no better one of theirs. Source: MulticlassNms-8 and -9.

    `boxes` is [N, B, 4] (corners), `scores` [N, C, B]. `outputs` [K, 6] are class, score and box, `indices` [K, 1] the
    places of the boxes in all images, `counts` [N] how many each image has; the rows behind these are -1. The threshold
    of overlap is multiplied by `nms_eta` with each selected box while it is above 0.5.

    ```
    %o, %i, %n = arhat.multiclass_nms(%boxes, %scores) {sort_result_type = "score", iou_threshold = 0.5, ...}
         : (tensor<1x100x4xf32>, tensor<1x2x100xf32>) -> (tensor<200x6xf32>, tensor<200x1xi64>, tensor<1xi64>)
    ```
    """

    name = "arhat.multiclass_nms"

    iou_threshold = prop_def(FLOAT)
    nms_eta = prop_def(FLOAT)

    def infer(self) -> list[Tensor]:
        """[K, 6], [K, 1] and [N]."""
        return _infer_selected(self)


@irdl_op_definition
class MatrixNmsOp(_SelectedOp):
    """Lowers the scores of boxes by their overlap with better ones of their class. Source: MatrixNms-8.

    Operands and results as for `arhat.multiclass_nms`; boxes whose score falls to `post_threshold` are dropped.

    ```
    %o, %i, %n = arhat.matrix_nms(%boxes, %scores) {sort_result_type = "score", decay_function = "gaussian", ...}
         : (tensor<1x100x4xf32>, tensor<1x2x100xf32>) -> (tensor<200x6xf32>, tensor<200x1xi64>, tensor<1xi64>)
    ```
    """

    name = "arhat.matrix_nms"

    decay_function = prop_def(choice("gaussian", "linear"))
    gaussian_sigma = prop_def(FLOAT)
    post_threshold = prop_def(FLOAT)

    def infer(self) -> list[Tensor]:
        """[K, 6], [K, 1] and [N]."""
        return _infer_selected(self)

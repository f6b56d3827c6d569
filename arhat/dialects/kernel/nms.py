"""Kernels whose results have a length that depends on data: room for all that there may be, and a count."""

from __future__ import annotations

from xdsl.dialects.builtin import TensorType
from xdsl.irdl import base, irdl_op_definition, operand_def, prop_def, result_def

from arhat.dialects.arhat.base import BOOL, FLOAT, INT, choice, elements
from arhat.dialects.arhat.nms import selected_per_image
from arhat.dialects.kernel.base import AnyKernelOp, check, shape_of, tensor_of


def _check_index(op: NonMaxSuppressionOp | NonZeroOp, place: int) -> None:
    for result in (op.results[place], op.count):
        element = str(tensor_of(result).element_type)
        check(element == op.index_type.data, f"positions must be {op.index_type.data}, got {element}")
    check(shape_of(op.count) == (1,), f"the count must have one element, got {op.count.type}")


@irdl_op_definition
class NonMaxSuppressionOp(AnyKernelOp):
    """The best boxes of each class that overlap no better one: OpenVINO NonMaxSuppression-1 to -9.

    `scratch_bytes`: what the kernel needs beside its operands, `arhat.emit.kernels.nms_scratch`.
    """

    name = "kernel.non_max_suppression"
    boxes = operand_def(base(TensorType))
    scores = operand_def(base(TensorType))
    max_output_boxes = prop_def(INT)
    iou_threshold = prop_def(FLOAT)
    score_threshold = prop_def(FLOAT)
    soft_nms_sigma = prop_def(FLOAT)
    box_encoding = prop_def(choice("corner", "center"))
    sort_result_descending = prop_def(BOOL)
    index_type = prop_def(choice("i32", "i64"))
    scratch_bytes = prop_def(INT)
    indices = result_def(base(TensorType))
    selected = result_def(base(TensorType))
    count = result_def(base(TensorType))

    def verify_(self) -> None:
        """[K, 3], [K, 3] and [1]."""
        images, classes, boxes = shape_of(self.scores)
        check(shape_of(self.boxes) == (images, boxes, 4), f"boxes must be {images}x{boxes}x4")
        rows = images * classes * min(boxes, self.max_output_boxes.value.data)
        for result in (self.indices, self.selected):
            check(shape_of(result) == (rows, 3), f"result must be {rows}x3, got {result.type}")
        _check_index(self, 0)


@irdl_op_definition
class NonZeroOp(AnyKernelOp):
    """Positions of the elements that are not zero: OpenVINO NonZero-3."""

    name = "kernel.non_zero"
    x = operand_def(base(TensorType))
    index_type = prop_def(choice("i32", "i64"))
    positions = result_def(base(TensorType))
    count = result_def(base(TensorType))

    def verify_(self) -> None:
        """[rank, K] and [1]."""
        x = shape_of(self.x)
        expected = (len(x), elements(x))
        check(shape_of(self.positions) == expected, f"positions must have shape {list(expected)}")
        _check_index(self, 0)


class _SelectedOp(AnyKernelOp):
    """What both ops that select boxes of all classes share.

    `scratch_bytes`: what the kernel needs beside its operands, `arhat.emit.kernels.selected_scratch`.
    """

    boxes = operand_def(base(TensorType))
    scores = operand_def(base(TensorType))
    sort_result_type = prop_def(choice("class", "score", "none"))
    sort_result_across_batch = prop_def(BOOL)
    score_threshold = prop_def(FLOAT)
    nms_top_k = prop_def(INT)
    keep_top_k = prop_def(INT)
    background_class = prop_def(INT)
    normalized = prop_def(BOOL)
    index_type = prop_def(choice("i32", "i64"))
    scratch_bytes = prop_def(INT)
    outputs = result_def(base(TensorType))
    indices = result_def(base(TensorType))
    counts = result_def(base(TensorType))

    def verify_(self) -> None:
        """[K, 6], [K, 1] and [N]."""
        images, classes, boxes = shape_of(self.scores)
        check(shape_of(self.boxes) == (images, boxes, 4), f"boxes must be {images}x{boxes}x4")
        numbers = (self.nms_top_k, self.keep_top_k, self.background_class)
        rows = images * selected_per_image(classes, boxes, *(number.value.data for number in numbers))
        check(shape_of(self.outputs) == (rows, 6), f"result must be {rows}x6, got {self.outputs.type}")
        check(shape_of(self.indices) == (rows, 1), f"result must be {rows}x1, got {self.indices.type}")
        check(shape_of(self.counts) == (images,), f"there must be {images} counts, got {self.counts.type}")


@irdl_op_definition
class MulticlassNmsOp(_SelectedOp):
    """The best boxes of all classes that overlap no better one: OpenVINO MulticlassNms-8 and -9."""

    name = "kernel.multiclass_nms"
    iou_threshold = prop_def(FLOAT)
    nms_eta = prop_def(FLOAT)


@irdl_op_definition
class MatrixNmsOp(_SelectedOp):
    """Boxes with scores lowered by overlap: OpenVINO MatrixNms-8."""

    name = "kernel.matrix_nms"
    decay_function = prop_def(choice("gaussian", "linear"))
    gaussian_sigma = prop_def(FLOAT)
    post_threshold = prop_def(FLOAT)

"""Proposals of boxes, and pooling of the features inside boxes."""

from __future__ import annotations

import math

import numpy as np
from xdsl.ir import SSAValue

from arhat.dialects.arhat.base import ArhatOp
from arhat.dialects.arhat.elementwise import (
    AddOp,
    ClampOp,
    DivideOp,
    FloorOp,
    LogOp,
    MaximumOp,
    MultiplyOp,
    SqrtOp,
    SubtractOp,
)
from arhat.dialects.arhat.indexing import TopKOp
from arhat.dialects.arhat.logic import EqualOp, GreaterOp, LogicalAndOp, SelectOp
from arhat.dialects.arhat.movement import ConcatOp, GatherOp, ReshapeOp, SliceOp
from arhat.dialects.arhat.roi import ProposalOp, PsroiPoolingOp, RoiAlignOp, RoiPoolingOp
from arhat.importers.openvino.context import Node
from arhat.importers.openvino.registry import converter


def _proposal(node: Node) -> list[SSAValue]:
    node.expect_inputs(3)
    info = node.input(2)
    count = math.prod(node.shape(2))
    if count in (3, 4) and len(node.shape(2)) != 1:
        info = node.build(ReshapeOp, [info], {"shape": [count]})
    return list(
        node.build_all(
            ProposalOp,
            [node.input(0), node.input(1), info],
            {
                "base_size": node.integer("base_size"),
                "pre_nms_topn": min(node.integer("pre_nms_topn"), (1 << 31) - 1),
                "post_nms_topn": node.integer("post_nms_topn"),
                "nms_thresh": node.number("nms_thresh"),
                "feat_stride": node.integer("feat_stride"),
                "min_size": node.integer("min_size"),
                "ratio": node.numbers("ratio"),
                "scale": node.numbers("scale"),
                "clip_before_nms": node.boolean("clip_before_nms", True),
                "clip_after_nms": node.boolean("clip_after_nms", False),
                "normalize": node.boolean("normalize", False),
                "box_size_scale": node.number("box_size_scale", 1.0),
                "box_coordinate_scale": node.number("box_coordinate_scale", 1.0),
                "framework": node.choice("framework", ("", "tensorflow"), ""),
            },
        )
    )


@converter("Proposal", 1)
def proposal(node: Node) -> SSAValue:
    """`for_deformable` has no effect. Source: Proposal-1."""
    return _proposal(node)[0]


@converter("Proposal", 4)
def proposal_with_scores(node: Node) -> list[SSAValue]:
    """Adds the scores of the boxes as a second result. Source: Proposal-4."""
    return _proposal(node)


@converter("ROIPooling", 1, 2)
def roi_pooling(node: Node) -> SSAValue:
    """`pooled_h`, `pooled_w`; newer files write `output_roi` (and `output_size`) too. Source: ROIPooling-1 and -2."""
    node.expect_inputs(2)
    pooled = _pooled(node)
    return node.build(
        RoiPoolingOp,
        node.inputs(),
        {
            "pooled": pooled,
            "spatial_scale": node.number("spatial_scale"),
            "method": node.choice("method", ("max", "bilinear"), "max"),
        },
    )


def _pooled(node: Node) -> list[int]:
    for name in ("output_roi", "output_size"):
        if node.text(name) is not None:
            sizes = list(node.integers(name))
            if len(sizes) != 2:
                raise node.error(f"'{name}' has {len(sizes)} values, but must have 2; check the model")
            return sizes
    return [node.integer("pooled_h"), node.integer("pooled_w")]


@converter("PSROIPooling", 1, 2)
def psroi_pooling(node: Node) -> SSAValue:
    """Files of opset 1 and opset 2 both have the one revision. Source: PSROIPooling-1."""
    node.expect_inputs(2)
    return node.build(
        PsroiPoolingOp,
        node.inputs(),
        {
            "output_dim": node.integer("output_dim"),
            "group_size": node.integer("group_size", 1),
            "spatial_scale": node.number("spatial_scale"),
            "mode": node.choice("mode", ("average", "bilinear"), "average"),
            "bins": [node.integer("spatial_bins_y", 1), node.integer("spatial_bins_x", 1)],
        },
    )


@converter("ROIAlign", 3, 9)
def roi_align(node: Node) -> SSAValue:
    """Revision 9 adds `aligned_mode`. Source: ROIAlign-3 and -9."""
    node.expect_inputs(3)
    return node.build(
        RoiAlignOp,
        [node.input(0), node.input(1), node.raw_input(2)],
        {
            "pooled": [node.integer("pooled_h"), node.integer("pooled_w")],
            "sampling_ratio": node.integer("sampling_ratio"),
            "spatial_scale": node.number("spatial_scale"),
            "mode": node.choice("mode", ("avg", "max")),
            "aligned_mode": node.choice(
                "aligned_mode", ("asymmetric", "half_pixel_for_nn", "half_pixel"), "asymmetric"
            ),
        },
    )


@converter("ExperimentalDetectronTopKROIs", 6)
def top_k_rois(node: Node) -> SSAValue:
    """The boxes with the highest scores, best first. Source: ExperimentalDetectronTopKROIs-6."""
    node.expect_inputs(2)
    boxes, scores, most = node.shape(0), node.shape(1), node.integer("max_rois")
    if len(boxes) != 2 or boxes[1] != 4 or scores != boxes[:1] or not 1 <= most <= boxes[0]:
        raise node.error(
            f"takes the best {most} of boxes {list(boxes)} by scores {list(scores)}; it needs as many boxes [R, 4] and "
            "scores [R], check the model"
        )
    properties = {"axis": 0, "k": most, "mode": "max", "sort": "value", "index_type": "i64"}
    _, places = node.build_all(TopKOp, [node.input(1)], properties)
    return node.build(GatherOp, [node.input(0), places], {"axis": 0, "batch_dims": 0})


@converter("ExperimentalDetectronPriorGridGenerator", 6)
def prior_grid_generator(node: Node) -> SSAValue:
    """The prior boxes moved to the centre of each cell: a constant grid is added to them.

    Of feature map and image only the shapes matter. Source: ExperimentalDetectronPriorGridGenerator-6.
    """
    node.expect_inputs(3)
    priors, feature, image = (node.shape(index) for index in range(3))
    if len(priors) != 2 or priors[1] != 4 or len(feature) != 4 or len(image) != 4:
        raise node.error(
            f"takes priors [P, 4], features and an image of rank 4, not {list(priors)}, {list(feature)} and "
            f"{list(image)}; check the model"
        )
    rows, columns = node.integer("h", 0) or feature[2], node.integer("w", 0) or feature[3]
    node.check_bytes(rows * columns * priors[0] * 16, (rows, columns, priors[0], 4))
    if rows < 1 or columns < 1:
        raise node.error(f"the grid is {rows} x {columns}; check the model")
    steps = [
        np.float32(node.number(name, 0.0)) or np.float32(whole) / np.float32(part)
        for name, whole, part in (("stride_x", image[3], columns), ("stride_y", image[2], rows))
    ]
    half = np.float32(0.5)
    x = (np.arange(columns, dtype=np.float32) + half) * steps[0]
    y = (np.arange(rows, dtype=np.float32) + half) * steps[1]
    grid = np.empty((rows, columns, 1, 4), np.float32)
    grid[..., 0::2], grid[..., 1::2] = x[None, :, None, None], y[:, None, None, None]
    value = node.build(AddOp, [node.input(0), node.constant_value(grid)])
    if not node.boolean("flatten", True):
        return value
    return node.build(ReshapeOp, [value], {"shape": [rows * columns * priors[0], 4]})


MAX_LEVELS = 16
"""Feature maps of a pyramid; a real network has four or five."""


@converter("ExperimentalDetectronROIFeatureExtractor", 6)
def roi_feature_extractor(node: Node) -> list[SSAValue]:
    """Each box is pooled from one level of a pyramid, by its size: boxes of 224 pixels from the third.

    An `arhat.roi_align` for each level gives zeros for the boxes of the others, so that their sum has all of them. The
    second result is the boxes. Source: ExperimentalDetectronROIFeatureExtractor-6, as OpenVINO's CPU computes.
    """
    node.expect_inputs(2, 1 + MAX_LEVELS)
    boxes, levels = node.input(0), node.input_count - 1
    scales, pooled, aligned = (
        node.integers("pyramid_scales"),
        node.integer("output_size"),
        node.boolean("aligned", False),
    )
    shape = node.shape(0)
    if len(shape) != 2 or shape[1] != 4 or len(scales) != levels or any(scale < 1 for scale in scales):
        raise node.error(
            f"takes boxes {list(shape)} and {levels} levels of scales {list(scales)}; it needs boxes [R, 4] and a "
            "positive scale for each level, check the model"
        )
    for index in range(1, node.input_count):
        if len(node.shape(index)) != 4 or node.shape(index)[0] != 1:
            raise node.error(
                f"level {index - 1} is {list(node.shape(index))}, but must be of one image; check the model"
            )

    def build(op: type[ArhatOp], *operands: SSAValue) -> SSAValue:
        return node.build(op, operands)

    def number(value: float) -> SSAValue:
        return node.constant_value(np.full((1, 1), value, np.float32))

    def divided(a: SSAValue, b: SSAValue) -> SSAValue:
        return node.build(DivideOp, [a, b], {"python_div": True})

    def column(index: int) -> SSAValue:
        return node.build(SliceOp, [boxes], {"starts": [0, index], "sizes": [shape[0], 1], "steps": [1, 1]})

    x0, y0, x1, y1 = (column(index) for index in range(4))
    area = build(MultiplyOp, build(SubtractOp, x1, x0), build(SubtractOp, y1, y0))
    side = build(AddOp, divided(build(SqrtOp, area), number(224)), number(1e-6))
    level = build(FloorOp, build(AddOp, divided(build(LogOp, side), number(math.log(2))), number(2)))
    level = node.build(ClampOp, [level], {"min": 0.0, "max": float(levels - 1)})
    some = build(GreaterOp, area, number(0))
    here, elsewhere = (node.constant_value(np.full((1, 1), image, np.int32)) for image in (0, 1))
    total: SSAValue | None = None
    for index, scale in enumerate(scales):
        mine = build(LogicalAndOp, some, build(EqualOp, level, number(index)))
        image = node.build(ReshapeOp, [build(SelectOp, mine, here, elsewhere)], {"shape": [shape[0]]})
        own = boxes
        if aligned:  # a box is at least one pixel of the level wide and high, as it is otherwise
            ends = [
                build(MaximumOp, end, build(AddOp, start, number(scale)))
                for start, end in ((x0, x1), (y0, y1))
            ]
            own = node.build(ConcatOp, [[x0, y0, *ends]], {"axis": 1})
        properties = {
            "pooled": [pooled, pooled],
            "sampling_ratio": node.integer("sampling_ratio"),
            "spatial_scale": 1 / scale,
            "mode": "avg",
            "aligned_mode": "half_pixel_for_nn" if aligned else "asymmetric",
        }
        part = node.build(RoiAlignOp, [node.input(index + 1), own, image], properties)
        total = part if total is None else build(AddOp, total, part)
    assert total is not None
    return [total, node.alias(boxes)]

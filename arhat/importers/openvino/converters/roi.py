"""Proposals of boxes, and pooling of the features inside boxes."""

from __future__ import annotations

import math

import numpy as np
from xdsl.ir import SSAValue

from arhat.dialects.arhat.elementwise import AddOp
from arhat.dialects.arhat.indexing import TopKOp
from arhat.dialects.arhat.movement import GatherOp, ReshapeOp
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

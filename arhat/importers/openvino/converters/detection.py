"""The tail of detection networks."""

from __future__ import annotations

from xdsl.ir import SSAValue

from arhat.dialects.arhat.detection import (
    DetectionOutputOp,
    PriorBoxClusteredOp,
    PriorBoxOp,
    RegionYoloOp,
)
from arhat.importers.openvino.context import Node
from arhat.importers.openvino.registry import converter

CODE_TYPES = {
    f"caffe.priorboxparameter.{name}": name for name in ("corner", "center_size", "corner_size")
} | {name: name for name in ("corner", "center_size", "corner_size")}


def _grid(node: Node) -> dict[str, list[int]]:
    """The two inputs of a prior box layer: sizes of the feature map and of the image, both [height, width]."""
    node.expect_inputs(2)
    feature = node.constant_ints(0, "the size of the feature map")
    image = node.constant_ints(1, "the size of the image")
    for what, size in (("feature map", feature), ("image", image)):
        if len(size) != 2 or any(not 1 <= value < 1 << 24 for value in size):
            raise node.error(
                f"the size of the {what} is {size}, but must be [height, width]; check the model"
            )
    return {"feature": feature, "image": image}


@converter("PriorBox", 1, 8)
def prior_box(node: Node) -> SSAValue:
    """Source: PriorBox-1, and PriorBox-8, which adds `min_max_aspect_ratios_order`."""
    return node.build(
        PriorBoxOp,
        properties={
            **_grid(node),
            "min_size": node.numbers("min_size", ()),
            "max_size": node.numbers("max_size", ()),
            "aspect_ratio": node.numbers("aspect_ratio", ()),
            "density": node.numbers("density", ()),
            "fixed_ratio": node.numbers("fixed_ratio", ()),
            "fixed_size": node.numbers("fixed_size", ()),
            "variance": node.numbers("variance", ()),
            "flip": node.boolean("flip", False),
            "clip": node.boolean("clip", False),
            "scale_all_sizes": node.boolean("scale_all_sizes", True),
            "min_max_aspect_ratios_order": node.boolean("min_max_aspect_ratios_order", True),
            "step": node.number("step", 0.0),
            "offset": node.number("offset"),
        },
    )


@converter("PriorBoxClustered", 1)
def prior_box_clustered(node: Node) -> SSAValue:
    """`step` stands for a `step_w` or `step_h` that is missing or zero. Source: PriorBoxClustered-1."""
    step = node.number("step", 0.0)
    return node.build(
        PriorBoxClusteredOp,
        properties={
            **_grid(node),
            "width": node.numbers("width", (1.0,)),
            "height": node.numbers("height", (1.0,)),
            "variance": node.numbers("variance", ()),
            "step_w": node.number("step_w", 0.0) or step,
            "step_h": node.number("step_h", 0.0) or step,
            "offset": node.number("offset"),
            "clip": node.boolean("clip", False),
        },
    )


@converter("DetectionOutput", 1, 8)
def detection_output(node: Node) -> SSAValue:
    """Revision 8 has no `num_classes`: confidences over priors, as OpenVINO derives it.

    Source: DetectionOutput-1 and -8.
    """
    node.expect_inputs(3, 5)
    if node.input_count == 4:
        raise node.error("has 4 inputs, but the operator takes 3 or 5; check the model")
    normalized = node.boolean("normalized", False)
    if "num_classes" in node.layer.attributes:
        classes = node.integer("num_classes")
    else:
        confidences, priors = node.shape(1), node.shape(2)
        count = priors[2] // (4 if normalized else 5) if len(priors) == 3 else 0
        if len(confidences) != 2 or count == 0 or confidences[1] % count:
            raise node.error(
                f"the number of classes does not follow from confidences of {list(confidences)} and priors of "
                f"{list(priors)}; check the model"
            )
        classes = confidences[1] // count
    return node.build(
        DetectionOutputOp,
        node.inputs(),
        {
            "num_classes": classes,
            "background_label_id": node.integer("background_label_id", 0),
            "top_k": node.integer("top_k", -1),
            "keep_top_k": node.integers("keep_top_k"),
            "code_type": CODE_TYPES[node.choice("code_type", tuple(CODE_TYPES), "corner")],
            "variance_encoded_in_target": node.boolean("variance_encoded_in_target", False),
            "share_location": node.boolean("share_location", True),
            "nms_threshold": node.number("nms_threshold"),
            "confidence_threshold": node.number("confidence_threshold", 0.0),
            "clip_before_nms": node.boolean("clip_before_nms", False),
            "clip_after_nms": node.boolean("clip_after_nms", False),
            "decrease_label_id": node.boolean("decrease_label_id", False),
            "normalized": normalized,
            "input_height": node.integer("input_height", 1),
            "input_width": node.integer("input_width", 1),
            "objectness_score": node.number("objectness_score", 0.0),
        },
    )


@converter("RegionYolo", 1)
def region_yolo(node: Node) -> SSAValue:
    """Source: RegionYolo-1."""
    node.expect_inputs(1)
    rank = len(node.shape(0))
    return node.build(
        RegionYoloOp,
        node.inputs(),
        {
            "coords": node.integer("coords"),
            "classes": node.integer("classes"),
            "num": node.integer("num"),
            "mask": node.integers("mask", ()),
            "anchors": node.numbers("anchors", ()),
            "axis": node.axis(node.integer("axis"), rank),
            "end_axis": node.axis(node.integer("end_axis"), rank),
            "do_softmax": node.boolean("do_softmax", True),
        },
    )

"""A small detector of the Faster R-CNN kind: one stage proposes boxes, a second one looks at what is inside of each.

The inputs are one picture of 128 by 128 and its [height, width, scale]. The output is [1, 1, 10, 7]: image, label,
confidence and the corners of the box.
"""

from __future__ import annotations

from seeded import Seeded

from arhat import frontend as ar

CLASSES = 4
"""Background and three kinds of objects."""
RATIOS, SCALES = [0.5, 1.0, 2.0], [2.0, 4.0]
STRIDE = 8
"""Pixels of the picture for each position of the feature map."""
PROPOSALS = 24


def residual(x: ar.Tensor, weights: Seeded, name: str) -> ar.Tensor:
    """Two convolutions and a way around them."""
    channels = x.shape[1]
    with ar.scope(name):
        y = ar.conv2d(
            x, weights(f"{name}/a", channels, channels, 3, 3), weights(f"{name}/a/bias", channels), pads=1,
            activation="relu", name="a",
        )  # fmt: skip
        y = ar.conv2d(y, weights(f"{name}/b", channels, channels, 3, 3, gain=0.5), pads=1, name="b")
        return ar.relu(y + x, name="sum")


def proposals(x: ar.Tensor, info: ar.Tensor, weights: Seeded) -> ar.Tensor:
    """The first stage: for each anchor at each position whether it is an object, and how to move it."""
    anchors = len(RATIOS) * len(SCALES)
    with ar.scope("rpn"):
        y = ar.conv2d(
            x, weights("rpn", 24, x.shape[1], 3, 3), weights("rpn/bias", 24), pads=1, activation="relu"
        )
        scores = ar.conv2d(y, weights("rpn/scores", 2 * anchors, 24, 1, 1, gain=3.0), name="scores")
        deltas = ar.conv2d(y, weights("rpn/deltas", 4 * anchors, 24, 1, 1, gain=0.3), name="deltas")
        height, width = scores.shape[2:]
        pairs = scores.reshape(1, 2, anchors * height, width)
        objects = ar.softmax(pairs, axis=1).reshape(1, 2 * anchors, height, width)
        rois, _ = ar.proposal(
            objects,
            deltas,
            info,
            ratio=RATIOS,
            scale=SCALES,
            base_size=16,
            feat_stride=STRIDE,
            min_size=8,
            pre_nms_topn=200,
            post_nms_topn=PROPOSALS,
        )
        return rois


def build(seed: int = 0) -> ar.Network:
    """The network, with weights made of `seed`."""
    weights = Seeded(seed)
    with ar.Network("faster_rcnn") as net:
        image = net.input("image", (1, 3, 128, 128))
        info = net.input("image_info", (3,))
        x = image / 128.0 - 1.0
        for step, channels in enumerate((8, 16, 24)):
            name = f"conv{step}"
            filter, bias = weights(name, channels, x.shape[1], 3, 3), weights(f"{name}/bias", channels)
            x = ar.conv2d(x, filter, bias, strides=2, pads="same", activation="relu", name=name)
        x = residual(x, weights, "residual")
        rois = proposals(x, info, weights)

        with ar.scope("boxes"):
            inside = ar.roi_pooling(x, rois, pooled=[4, 4], spatial_scale=1 / STRIDE, method="max").flatten()
            y = ar.linear(
                inside, weights("fc", 48, inside.shape[1]), weights("fc/bias", 48), activation="relu"
            )
            scores = ar.linear(y, weights("scores", CLASSES, 48, gain=3.0), weights("scores/bias", CLASSES))
            offsets = ar.linear(y, weights("offsets", CLASSES * 4, 48, gain=0.5), name="offsets")
        detections = ar.detection_output(
            offsets.reshape(1, -1),
            ar.softmax(scores).reshape(1, -1),
            rois.reshape(1, 1, -1),
            num_classes=CLASSES,
            keep_top_k=10,
            top_k=PROPOSALS,
            share_location=False,
            variance_encoded_in_target=True,
            normalized=False,
            input_height=128,
            input_width=128,
            nms_threshold=0.5,
            confidence_threshold=0.2,
        )
        net.output("detections", detections)
    return net


if __name__ == "__main__":
    print(build().module())

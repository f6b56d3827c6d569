"""A small detector of the SSD kind: boxes are read off feature maps of two sizes, relative to prior boxes.

The input is one picture of 96 by 96, blue, green, red from 0 to 255. The output is [1, 1, 20, 7]: image, label,
confidence and the corners of the box in fractions of the picture.
"""

from __future__ import annotations

from collections.abc import Sequence

from seeded import Seeded

from arhat import frontend as ar

CLASSES = 4
"""Background and three kinds of objects."""


def separable(x: ar.Tensor, channels: int, stride: int, weights: Seeded, name: str) -> ar.Tensor:
    """A depthwise convolution with batch normalisation, then one over channels with a bias."""
    inputs = x.shape[1]
    with ar.scope(name):
        y = ar.conv2d(
            x,
            weights(f"{name}/depthwise", inputs, 1, 3, 3),
            strides=stride,
            pads=1,
            groups=inputs,
            name="depthwise",
        )
        y = ar.batch_norm(
            y,
            weights(f"{name}/gamma", inputs, mean=1.0),
            weights(f"{name}/beta", inputs),
            weights(f"{name}/mean", inputs),
            weights(f"{name}/variance", inputs) ** 2 + 1,
        )
        y = ar.relu6(y)
        filter, bias = weights(f"{name}/pointwise", channels, inputs, 1, 1), weights(f"{name}/bias", channels)
        return ar.conv2d(y, filter, bias, activation="relu", name="pointwise")


def head(x: ar.Tensor, boxes: int, weights: Seeded, name: str) -> tuple[ar.Tensor, ar.Tensor]:
    """Offsets of boxes and scores of classes at each position, flattened with the position first."""
    channels = x.shape[1]
    outputs: list[ar.Tensor] = []
    with ar.scope(name):
        for kind, size in (("loc", 4), ("conf", CLASSES)):
            filter = weights(
                f"{name}/{kind}", boxes * size, channels, 3, 3, gain=3.0 if kind == "conf" else 1.0
            )
            bias = weights(f"{name}/{kind}/bias", boxes * size)
            y = ar.conv2d(x, filter, bias, pads=1, name=kind)
            outputs.append(ar.flatten(ar.transpose(y, (0, 2, 3, 1))))
    return outputs[0], outputs[1]


def build(seed: int = 0) -> ar.Network:
    """The network, with weights made of `seed`."""
    weights = Seeded(seed)
    with ar.Network("ssd") as net:
        image = net.input("image", (1, 3, 96, 96))
        x = (image - 127.5) / 127.5
        x = ar.conv2d(
            x, weights("stem", 8, 3, 3, 3), weights("stem/bias", 8), strides=2, pads="same", activation="relu"
        )
        x = separable(x, 16, 2, weights, "block1")
        fine = separable(x, 24, 2, weights, "block2")
        coarse = separable(fine, 32, 2, weights, "block3")
        fine = ar.normalize_l2(fine) * weights("scale", 1, 24, 1, 1, gain=8.0)

        maps: Sequence[tuple[ar.Tensor, ar.Tensor, int]] = (
            (
                fine,
                ar.prior_box(fine, image, min_size=[12.0], max_size=[24.0], aspect_ratio=[2.0], flip=True),
                4,
            ),
            (coarse, ar.prior_box_clustered(coarse, image, width=[30.0, 60.0], height=[50.0, 40.0]), 2),
        )
        heads = [head(x, boxes, weights, f"head{place}") for place, (x, _, boxes) in enumerate(maps)]
        loc = ar.concat([loc for loc, _ in heads], axis=1)
        conf = ar.concat([conf for _, conf in heads], axis=1)
        scores = ar.flatten(ar.softmax(conf.reshape(1, -1, CLASSES)))
        priors = ar.unsqueeze(ar.concat([priors for _, priors, _ in maps], axis=1), 0)
        boxes = ar.detection_output(
            loc,
            scores,
            priors,
            num_classes=CLASSES,
            top_k=100,
            keep_top_k=20,
            nms_threshold=0.45,
            confidence_threshold=0.3,
        )
        net.output("detections", boxes)
    return net


if __name__ == "__main__":
    print(build().module())

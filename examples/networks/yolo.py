"""A small detector of the YOLO kind: two heads at different scales, the finer one fed by the coarser.

The input is one picture of 64 by 64. The two outputs are raw heads, [1, 3 * (4 + 1 + classes), H, W]: offsets of boxes,
whether there is an object, and its classes, after the logistic function where the kind has one.
"""

from __future__ import annotations

from seeded import Seeded

from arhat import frontend as ar

CLASSES = 5
ANCHORS = [6.0, 8.0, 12.0, 10.0, 14.0, 20.0, 22.0, 26.0, 30.0, 40.0, 52.0, 48.0]
"""Widths and heights in pixels: three for each head."""


def block(x: ar.Tensor, channels: int, kernel: int, weights: Seeded, name: str) -> ar.Tensor:
    """A convolution that keeps the size, with a leaky rectifier."""
    filter = weights(name, channels, x.shape[1], kernel, kernel)
    bias = weights(f"{name}/bias", channels)
    return ar.conv2d(x, filter, bias, pads="same", activation=("leaky_relu", 0.1), name=name)


def head(x: ar.Tensor, mask: list[int], weights: Seeded, name: str) -> ar.Tensor:
    """What a head predicts at each position, for the anchors of `mask`."""
    outputs = len(mask) * (5 + CLASSES)
    y = ar.conv2d(
        x, weights(name, outputs, x.shape[1], 1, 1), weights(f"{name}/bias", outputs), name=f"{name}_conv"
    )
    return ar.region_yolo(y, classes=CLASSES, num=6, mask=mask, anchors=ANCHORS, name=name)


def build(seed: int = 0) -> ar.Network:
    """The network, with weights made of `seed`."""
    weights = Seeded(seed)
    with ar.Network("yolo") as net:
        x = net.input("image", (1, 3, 64, 64)) / 255.0
        for step, channels in enumerate((8, 16, 24)):
            x = ar.max_pool2d(block(x, channels, 3, weights, f"conv{step}"), 2)
        fine = block(x, 32, 3, weights, "conv3")
        x = block(ar.max_pool2d(fine, 2), 48, 3, weights, "conv4")
        x = ar.max_pool2d(x, 2, strides=1, pads="same")
        coarse = block(x, 24, 1, weights, "conv5")
        up = ar.resize(
            block(coarse, 16, 1, weights, "conv6"), scale=2.0, coordinates="asymmetric", nearest_mode="floor"
        )
        fine = block(ar.concat([up, fine], axis=1), 32, 3, weights, "conv7")
        net.output("coarse", head(coarse, [3, 4, 5], weights, "yolo_coarse"))
        net.output("fine", head(fine, [0, 1, 2], weights, "yolo_fine"))
    return net


if __name__ == "__main__":
    print(build().module())

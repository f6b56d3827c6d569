"""One converter per operation family; importing this package registers them all."""

from arhat.importers.openvino.converters import (
    convolution,
    data,
    detection,
    elementwise,
    movement,
    normalization,
    pooling,
    reduction,
    resize,
)

__all__ = [
    "convolution",
    "data",
    "detection",
    "elementwise",
    "movement",
    "normalization",
    "pooling",
    "reduction",
    "resize",
]

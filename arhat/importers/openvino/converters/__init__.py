"""One converter per operation family; importing this package registers them all."""

from arhat.importers.openvino.converters import (
    convolution,
    data,
    detection,
    elementwise,
    indexing,
    movement,
    normalization,
    pooling,
    quantization,
    reduction,
    resize,
)

__all__ = [
    "convolution",
    "data",
    "detection",
    "elementwise",
    "indexing",
    "movement",
    "normalization",
    "pooling",
    "quantization",
    "reduction",
    "resize",
]

"""One converter per operation family; importing this package registers them all."""

from arhat.importers.openvino.converters import (
    control_flow,
    convolution,
    data,
    detection,
    elementwise,
    indexing,
    logic,
    movement,
    normalization,
    pooling,
    quantization,
    reduction,
    resize,
    roi,
    state,
)

__all__ = [
    "control_flow",
    "convolution",
    "data",
    "detection",
    "elementwise",
    "indexing",
    "logic",
    "movement",
    "normalization",
    "pooling",
    "quantization",
    "reduction",
    "resize",
    "roi",
    "state",
]

"""Small models for the tests of the command."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from ir import Ir

SHAPES = Path(__file__).resolve().parents[1] / "examples" / "shapes"
"""The detector that is committed."""


def classifier(folder: Path, name: str = "small", layer: str = "conv") -> Path:
    """A picture [1,3,16,16] through a convolution, a mean and a matrix product to 20 classes."""
    rng = np.random.default_rng(1)
    ir = Ir(name=name)
    image = ir.parameter([1, 3, 16, 16], name="image", names="image")
    pads = {"strides": "1,1", "pads_begin": "1,1", "pads_end": "1,1", "dilations": "1,1"}
    weights = ir.const(rng.standard_normal((8, 3, 3, 3)).astype(np.float32))
    conv = ir.op("Convolution", [image, weights], attributes=pads, name=layer)
    relu = ir.op("ReLU", [conv], name="relu")
    mean = ir.op("ReduceMean", [relu, ir.const([2, 3])], attributes={"keep_dims": "false"}, name="mean")
    matrix = ir.const(rng.standard_normal((8, 20)).astype(np.float32) / 100)
    plain = {"transpose_a": "false", "transpose_b": "false"}
    dense = ir.op("MatMul", [mean, matrix], attributes=plain, name="dense")
    ir.result(ir.op("SoftMax@opset8", [dense], attributes={"axis": 1}, name="prob", names="prob"))
    return ir.write(folder, name)

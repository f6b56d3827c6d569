"""Quantised weights stay what they are through optimisation, so that OpenVINO goes on computing on integers."""

from __future__ import annotations

from typing import Any

import numpy as np
from structure import structure

from arhat import frontend as ar
from arhat.compiler import optimize
from arhat.exporters.openvino.quantized import kept_quantized_weights
from arhat.interpreters import evaluate, input_names

F32 = np.float32


def range_of(low: float, high: float) -> list[Any]:
    return [np.array(value, F32) for value in (low, high, low, high)]


def quantized_network() -> ar.Network:
    """One convolution with weights through FakeQuantize, two with weights of 8 bits, and one with plain ones."""
    random = np.random.default_rng(0)
    with ar.Network() as net:
        x = ar.fake_quantize(net.input("x", (1, 16, 9, 9)), *range_of(0, 2.55), levels=256)
        w = ar.constant(random.standard_normal((16, 16, 3, 3)).astype(F32))
        y = ar.conv2d(x, ar.fake_quantize(w, *range_of(-2, 2), levels=255), pads=1)
        y = ar.fake_quantize(ar.relu(y), *range_of(0, 25.5), levels=256)
        bytes = random.integers(-127, 128, (16, 16, 3, 3)).astype(np.int8)
        y = ar.conv2d(y, ar.constant(bytes).astype("f32") * 0.01, np.ones(16, F32))
        y = ar.conv2d(y, ar.constant(bytes[:8, :, :1, :1]).astype("f32") * 0.01)
        net.output("y", ar.conv2d(y, random.standard_normal((4, 8, 1, 1)).astype(F32) * np.float32(2)))
    return net


def names(module: Any) -> list[str]:
    return [op.name.partition(".")[2] for op in module.walk() if op.name.startswith("arhat.")]


def test_weights_are_kept() -> None:
    net = quantized_network()
    module, folded = net.module(), net.module()
    with kept_quantized_weights(module):
        optimize(module)
    optimize(folded)
    module.verify()
    assert names(folded).count("fake_quantize") == 2 and "convert" not in names(folded)
    assert names(module).count("fake_quantize") == 3 and names(module).count("convert") == 2
    assert names(module).count("convolution") == 4 and "add" not in names(module)
    assert input_names(module) == ["x"]
    x = np.random.default_rng(1).uniform(0, 2, (1, 16, 9, 9)).astype(F32)
    np.testing.assert_array_equal(evaluate(module, [x])["y"], evaluate(folded, [x])["y"])


def test_nothing_else_changes() -> None:
    module = quantized_network().module()
    before = structure(module)
    with kept_quantized_weights(module):
        assert len(input_names(module)) == 4
    assert structure(module) == before

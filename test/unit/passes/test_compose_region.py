"""compose-region and fold-priors: the same values, by the interpreter."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from unit.passes.networks import run
from xdsl.parser import Parser

from arhat.driver.registry import make_context
from arhat.interpreters import evaluate
from arhat.weights import clone_module

Array = np.ndarray[Any, np.dtype[Any]]


def same(text: str, pipeline: str, inputs: list[Array]) -> list[str]:
    """Checks that the pass changes no value; the names of the ops that are left."""
    module = Parser(make_context(), text).parse_module()
    before = evaluate(clone_module(module), inputs)
    run(pipeline, module)
    after = evaluate(module, inputs)
    for name in before:
        np.testing.assert_array_equal(after[name], before[name])
    return [op.name for op in module.body.block.ops.first.regions[0].block.ops]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "coords, classes, mask", [(4, 3, [0, 1, 2]), (4, 1, [2]), (2, 2, [0, 1]), (5, 4, [1])]
)
def test_a_region_of_sigmoids(coords: int, classes: int, mask: list[int]) -> None:
    channels = len(mask) * (coords + 1 + classes)
    type_ = f"tensor<2x{channels}x3x5xf32>"
    text = f"""func.func @main(%x: {type_}) -> {type_} {{
      %0 = arhat.region_yolo(%x) {{coords = {coords}, classes = {classes}, num = 3, mask = {mask}, anchors = [],
        axis = 1, end_axis = 3, do_softmax = false}} : ({type_}) -> {type_}
      func.return %0 : {type_} }}"""
    x = np.random.default_rng(coords).normal(0, 3, (2, channels, 3, 5)).astype(np.float32)
    left = same(text, "compose-region", [x])
    assert "arhat.region_yolo" not in left and "arhat.sigmoid" in left


def test_priors() -> None:
    text = """func.func @main(%x: tensor<1x2x40xf32>) -> tensor<1x2x40xf32> {
      %0 = arhat.prior_box() {feature = [1, 2], image = [30, 60], min_size = [10.0], max_size = [20.0],
        aspect_ratio = [2.0], density = [], fixed_ratio = [], fixed_size = [], variance = [0.1, 0.1, 0.2, 0.2],
        flip = true, clip = true, scale_all_sizes = true, min_max_aspect_ratios_order = true, step = 0.0,
        offset = 0.5} : () -> tensor<2x32xf32>
      %1 = arhat.prior_box_clustered() {feature = [1, 2], image = [30, 60], width = [8.0], height = [9.0],
        variance = [0.5], step_w = 8.0, step_h = 8.0, offset = 0.5, clip = false} : () -> tensor<2x8xf32>
      %2 = arhat.reshape(%0) {shape = [1, 2, 32]} : (tensor<2x32xf32>) -> tensor<1x2x32xf32>
      %3 = arhat.reshape(%1) {shape = [1, 2, 8]} : (tensor<2x8xf32>) -> tensor<1x2x8xf32>
      %4 = arhat.concat(%2, %3) {axis = 2} : (tensor<1x2x32xf32>, tensor<1x2x8xf32>) -> tensor<1x2x40xf32>
      %5 = arhat.add(%x, %4) : (tensor<1x2x40xf32>, tensor<1x2x40xf32>) -> tensor<1x2x40xf32>
      func.return %5 : tensor<1x2x40xf32> }"""
    x = np.random.default_rng(1).normal(0, 3, (1, 2, 40)).astype(np.float32)
    assert same(text, "fold-priors", [x]) == ["arhat.constant", "arhat.add", "func.return"]

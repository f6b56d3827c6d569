"""dynamic-batch: the network for the largest batch computes the same of fewer images."""

from __future__ import annotations

from typing import Any

import models
import numpy as np
import pytest
from unit.passes.networks import run
from xdsl.parser import Parser

from arhat.compiler import compile_model
from arhat.dialects.trt import dynamic_axis
from arhat.driver.registry import make_context
from arhat.errors import UserError
from arhat.interpreters import evaluate
from arhat.options import CompileOptions
from arhat.passes.support import entry_point

Array = np.ndarray[Any, np.dtype[Any]]
MOST = 4

LAYERS = {
    "window": """
      %w = arhat.constant() {value = dense<0.5> : tensor<2x2x3x3xf32>} : () -> tensor<2x2x3x3xf32>
      %0 = trt.convolution(%x, %w) {strides = [1, 1], pre_padding = [1, 1], post_padding = [1, 1], dilations = [1, 1],
        groups = 1} : (tensor<4x2x6x6xf32>, tensor<2x2x3x3xf32>) -> tensor<4x2x6x6xf32>
      %1 = trt.pooling(%0) {kind = "max", window = [2, 2], strides = [2, 2], pre_padding = [0, 0],
        post_padding = [0, 0], padding_mode = "explicit_round_down"} : (tensor<4x2x6x6xf32>) -> tensor<4x2x3x3xf32>
      %y = trt.resize(%1) {mode = "nearest", coordinate_transformation = "asymmetric", selector = "formula",
        rounding = "floor"} : (tensor<4x2x3x3xf32>) -> tensor<4x2x6x6xf32>
      func.return %y : tensor<4x2x6x6xf32>""",
    "pad": """
      %c = arhat.constant() {value = dense<7.0> : tensor<f32>} : () -> tensor<f32>
      %z = trt.constant(%c) : (tensor<f32>) -> tensor<f32>
      %y = trt.slice(%x, fill = %z) {starts = [0, 0, -1, 2], sizes = [4, 1, 8, 4], strides = [1, 1, 1, 1],
        mode = "fill"} : (tensor<4x2x6x6xf32>, tensor<f32>) -> tensor<4x1x8x4xf32>
      func.return %y : tensor<4x1x8x4xf32>""",
    "attention": """
      %0 = trt.shuffle(%x) {reshape = [4, 2, 36]} : (tensor<4x2x6x6xf32>) -> tensor<4x2x36xf32>
      %1 = trt.matrix_multiply(%0, %0) {op_a = "none", op_b = "transpose"}
        : (tensor<4x2x36xf32>, tensor<4x2x36xf32>) -> tensor<4x2x2xf32>
      %2 = trt.soft_max(%1) {axis = 2} : (tensor<4x2x2xf32>) -> tensor<4x2x2xf32>
      %c = arhat.constant() {value = dense<0.25> : tensor<4x2x1xf32>} : () -> tensor<4x2x1xf32>
      %3 = trt.constant(%c) : (tensor<4x2x1xf32>) -> tensor<4x2x1xf32>
      %4 = trt.matrix_multiply(%2, %3) {op_a = "none", op_b = "none"}
        : (tensor<4x2x2xf32>, tensor<4x2x1xf32>) -> tensor<4x2x1xf32>
      %y = trt.shuffle(%4) {reshape = [8, 1]} : (tensor<4x2x1xf32>) -> tensor<8x1xf32>
      func.return %y : tensor<8x1xf32>""",
    "rows": """
      %0 = trt.reduce(%x) {op = "avg", axes = [2, 3], keep_dims = false} : (tensor<4x2x6x6xf32>) -> tensor<4x2xf32>
      %1 = trt.shuffle(%0) {first_transpose = [1, 0]} : (tensor<4x2xf32>) -> tensor<2x4xf32>
      %c = arhat.constant() {value = dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]> : tensor<3x2xf32>}
        : () -> tensor<3x2xf32>
      %2 = trt.constant(%c) : (tensor<3x2xf32>) -> tensor<3x2xf32>
      %3 = trt.matrix_multiply(%2, %1) {op_a = "none", op_b = "none"}
        : (tensor<3x2xf32>, tensor<2x4xf32>) -> tensor<3x4xf32>
      %y = trt.shuffle(%3) {reshape = [3, 4, 1], second_transpose = [1, 2, 0]} : (tensor<3x4xf32>) -> tensor<4x1x3xf32>
      func.return %y : tensor<4x1x3xf32>""",
    "best": """
      %0 = trt.shuffle(%x) {reshape = [4, 72]} : (tensor<4x2x6x6xf32>) -> tensor<4x72xf32>
      %v, %i = trt.top_k(%0) {op = "max", k = 3, axis = 1} : (tensor<4x72xf32>) -> (tensor<4x3xf32>, tensor<4x3xi32>)
      %1 = trt.gather(%0, %i) {mode = "element", axis = 1, elementwise_dims = 0}
        : (tensor<4x72xf32>, tensor<4x3xi32>) -> tensor<4x3xf32>
      %c = arhat.constant() {value = dense<[2, 0]> : tensor<2xi32>} : () -> tensor<2xi32>
      %2 = trt.constant(%c) : (tensor<2xi32>) -> tensor<2xi32>
      %3 = trt.gather(%1, %2) {mode = "default", axis = 1, elementwise_dims = 0}
        : (tensor<4x3xf32>, tensor<2xi32>) -> tensor<4x2xf32>
      %y = trt.concatenation(%3, %v) {axis = 1} : (tensor<4x2xf32>, tensor<4x3xf32>) -> tensor<4x5xf32>
      func.return %y : tensor<4x5xf32>""",
}


def rows_of(array: Array, axis: int, images: int, most: int) -> Array:
    """The part of a result for the largest batch that belongs to the first images."""
    return np.take(array, range(array.shape[axis] * images // most), axis)


@pytest.mark.parametrize("name", LAYERS)
def test_fewer_images(name: str) -> None:
    body = LAYERS[name].strip()
    type_ = body.rpartition(" : ")[2]
    text = f"func.func @main(%x: tensor<4x2x6x6xf32>) -> {type_} {{ {body} }}"
    module = Parser(make_context(), text).parse_module()
    x = np.random.default_rng(3).normal(size=(MOST, 2, 6, 6)).astype(np.float32)
    (whole,) = evaluate(module, [x]).values()
    run("dynamic-batch{least=1 usual=2 most=4}", module)
    module.verify()
    last: Any = entry_point(module).body.block.last_op
    axis = dynamic_axis(last.operands[0].type)
    assert axis is not None
    for images in (1, 3, 4):
        (part,) = evaluate(module, [x[:images]]).values()
        np.testing.assert_allclose(part, rows_of(whole, axis, images, MOST), rtol=1e-6, atol=1e-6)


@pytest.mark.skipif(models.models_folder() is None, reason=models.NEEDS_MODELS)
@pytest.mark.parametrize("name", ["hand_detector/FP16-v11", "landmarks-regression-retail-0009/FP32-v10"])
def test_real_models(name: str) -> None:
    model = next(m for m in models.all_models() if m.id == name)
    many = compile_model(model.xml, "trt", CompileOptions(batch=MOST, batch_range=(1, 2, MOST)))
    one = compile_model(model.xml, "trt", CompileOptions(batch=1))
    shape = entry_point(many).body.block.args[0].type.get_shape()  # type: ignore[attr-defined]
    x = np.random.default_rng(4).uniform(0, 255, shape).astype(np.float32)
    singles = [list(evaluate(one, [x[i : i + 1]]).values()) for i in range(3)]
    for place, result in enumerate(evaluate(many, [x[:3]]).values()):
        expected = np.concatenate([single[place] for single in singles])
        np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())


def up_to_mark(found: Array) -> Array:
    """The detections of a list, which an image number of -1 ends."""
    rows = found.reshape(-1, 7)
    return rows[: int(np.argmax(rows[:, 0] < 0)) if np.any(rows[:, 0] < 0) else len(rows)]


@pytest.mark.skipif(models.models_folder() is None, reason=models.NEEDS_MODELS)
def test_detections_of_several_images_are_one_list() -> None:
    model = next(m for m in models.all_models() if m.id == "face-detection-retail-0004/FP32-v10")
    many = compile_model(model.xml, "trt", CompileOptions(batch=MOST, batch_range=(1, 2, MOST)))
    one = compile_model(model.xml, "trt", CompileOptions(batch=1))
    x = np.random.default_rng(5).uniform(0, 255, (3, 3, 300, 300)).astype(np.float32)
    x[1] = x[1, :, ::-1]
    (found,) = evaluate(many, [x]).values()
    assert found.shape[2] == 3 * 200
    for image in range(3):
        (single,) = evaluate(one, [x[image : image + 1]]).values()
        expected, mine = up_to_mark(single), up_to_mark(found)
        mine = mine[mine[:, 0] == image]
        assert len(mine) == len(expected) > 0
        np.testing.assert_allclose(mine[:, 1:], expected[:, 1:], rtol=1e-4, atol=1e-5)


def test_no_range() -> None:
    module = Parser(make_context(), "func.func @main() { func.return }").parse_module()
    with pytest.raises(UserError, match="is no range: give three numbers from small to large"):
        run("dynamic-batch{least=2 usual=1 most=4}", module)


def test_the_first_axis_is_the_batch() -> None:
    text = "func.func @main(%x: tensor<3x8xf32>) -> tensor<3x8xf32> { func.return %x : tensor<3x8xf32> }"
    module = Parser(make_context(), text).parse_module()
    with pytest.raises(UserError, match="its first axis is not a batch of 8"):
        run("dynamic-batch{least=1 usual=4 most=8}", module)

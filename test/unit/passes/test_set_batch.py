"""set-batch: images of a batch come out as they would alone, or the pass refuses."""

from __future__ import annotations

from typing import Any

import models as test_models
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from models import model_inputs
from unit.passes.networks import Drawn, networks
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser

from arhat.cli.batches import split_batch
from arhat.cli.detections import compare, detections_of, is_detections
from arhat.compiler import import_model
from arhat.dialects.arhat import type_of
from arhat.driver.registry import make_context
from arhat.driver.verify import verify_module
from arhat.errors import UserError
from arhat.interpreters import evaluate, input_names, main_of
from arhat.options import CompileOptions
from arhat.passes.set_batch import SetBatchPass
from arhat.weights import clone_module, dtype_of

Array = np.ndarray[Any, np.dtype[Any]]


def check_rows(one: ModuleOp, many: ModuleOp, images: list[dict[str, Array]], tolerance: float) -> None:
    """Each image of a run of `many` is what a run of `one` makes of it."""
    inputs = {
        name: np.concatenate([image[name] for image in images]) if images[0][name].ndim else images[0][name]
        for name in images[0]
    }
    outputs = evaluate(many, inputs)
    for place, image in enumerate(images):
        for name, alone in evaluate(one, image).items():
            row = split_batch(outputs[name], alone.shape, len(images))[place]
            if is_detections(alone.shape):
                found = compare(detections_of(row), detections_of(alone), capacity=alone.shape[2])
                assert found.problems == []
                assert len(detections_of(row)) == len(detections_of(alone))
                continue
            assert row.shape == alone.shape
            scale = float(np.linalg.norm(alone.astype(np.float64)))
            assert np.linalg.norm(row.astype(np.float64) - alone) <= tolerance * max(scale, 1e-30), name


@pytest.mark.parametrize(
    "id",
    [
        "ssd_mobilenet_v1_coco/FP32-v11-regen",
        "resnet-50-tf/FP32-v11",
        "yolo-v3-tiny-tf/FP32-v10",
        "mobilenet-v2-1.0-224/FP32-v10",
        "face-detection-retail-0004/FP32-v11",
    ],
)
def test_rows_of_real_models(id: str) -> None:
    model = test_models.model(id)
    one = import_model(model.xml)
    many = import_model(model.xml, CompileOptions(batch=2))
    verify_module(many)
    types = {
        name: (type_of(argument).get_shape(), dtype_of(type_of(argument).element_type))
        for name, argument in zip(input_names(one), main_of(one).body.block.args, strict=True)
    }
    first = model_inputs(model, types)
    images = [first, {name: np.ascontiguousarray(array[..., ::-1]) for name, array in first.items()}]
    check_rows(one, many, images, 1e-5)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(drawn=networks())
def test_rows_of_random_networks(drawn: Drawn) -> None:
    many = clone_module(drawn.module)
    SetBatchPass(3).apply(make_context(), many)
    verify_module(many)
    random = np.random.default_rng(1)
    images = [{"x": random.standard_normal((1, 4, 6, 6))} for _ in range(3)]
    check_rows(drawn.module, many, images, 1e-9)


REFUSED = {
    "mixes": (
        '%0 = arhat.softmax(%x) {axis = 0, arhat.layers = [#arhat.layer<"l", 1>]} '
        ": (tensor<1x4xf32>) -> tensor<1x4xf32>",
        "layer 'l': the batch cannot be set to 2: arhat.softmax works along the axis that counts images",
    ),
    "reduces": (
        "%0 = arhat.reduce_sum(%x) {axes = [0], keep_dims = true} : (tensor<1x4xf32>) -> tensor<1x4xf32>",
        "reduces the axis that counts images",
    ),
    "merges": (
        "%t = arhat.transpose(%x) {perm = [1, 0]} : (tensor<1x4xf32>) -> tensor<4x1xf32>\n"
        "%0 = arhat.reshape(%t) {shape = [2, 2]} : (tensor<4x1xf32>) -> tensor<2x2xf32>",
        "merges the axis that counts images, from [4, 1] to [2, 2]",
    ),
    "joins": (
        "%0 = arhat.concat(%x, %x) {axis = 0} : (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<2x4xf32>",
        "joins along the axis that counts images",
    ),
    "crosses": (
        "%t = arhat.transpose(%x) {perm = [1, 0]} : (tensor<1x4xf32>) -> tensor<4x1xf32>\n"
        "%0 = arhat.add(%x, %t) : (tensor<1x4xf32>, tensor<4x1xf32>) -> tensor<4x4xf32>",
        "repeats an image along the axis that counts them",
    ),
    "products": (
        "%0 = arhat.matmul(%x, %x) {transpose_a = true, transpose_b = false} "
        ": (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<4x4xf32>",
        "sums over the axis that counts images",
    ),
    "gram": (
        "%0 = arhat.matmul(%x, %x) {transpose_a = false, transpose_b = true} "
        ": (tensor<1x4xf32>, tensor<1x4xf32>) -> tensor<1x1xf32>",
        "joins values that count images on different axes",
    ),
    "repeats": (
        "%c = arhat.constant() {value = dense<1.0> : tensor<3x4xf32>} : () -> tensor<3x4xf32>\n"
        "%0 = arhat.add(%x, %c) : (tensor<1x4xf32>, tensor<3x4xf32>) -> tensor<3x4xf32>",
        "repeats an image along the axis that counts them",
    ),
    "tiles": (
        "%0 = arhat.tile(%x) {repeats = [3, 1]} : (tensor<1x4xf32>) -> tensor<3x4xf32>",
        "repeats along the axis that counts images",
    ),
    "pads": (
        '%0 = arhat.pad(%x) {pads_begin = [1, 0], pads_end = [0, 0], mode = "constant", value = 0.0} '
        ": (tensor<1x4xf32>) -> tensor<2x4xf32>",
        "pads the axis that counts images",
    ),
    "filters": (
        "%i = arhat.reshape(%x) {shape = [1, 1, 2, 2]} : (tensor<1x4xf32>) -> tensor<1x1x2x2xf32>\n"
        "%0 = arhat.convolution(%i, %i) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0], "
        "dilations = [1, 1], groups = 1} : (tensor<1x1x2x2xf32>, tensor<1x1x2x2xf32>) -> tensor<1x1x1x1xf32>",
        "takes parameters that differ from image to image",
    ),
    "part of merged": (
        "%r = arhat.reshape(%x) {shape = [4]} : (tensor<1x4xf32>) -> tensor<4xf32>\n"
        "%0 = arhat.slice(%r) {starts = [1], sizes = [2], steps = [1]} : (tensor<4xf32>) -> tensor<2xf32>",
        "takes a part of the axis that counts images",
    ),
    "sums merged": (
        "%r = arhat.reshape(%x) {shape = [4]} : (tensor<1x4xf32>) -> tensor<4xf32>\n"
        "%0 = arhat.matmul(%r, %r) {transpose_a = false, transpose_b = false} "
        ": (tensor<4xf32>, tensor<4xf32>) -> tensor<f32>",
        "sums over the axis that counts images",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_mixes_images_is_refused(name: str) -> None:
    body, message = REFUSED[name]
    text = (
        "func.func @main(%x: tensor<1x4xf32>) -> ("
        + body.rsplit("->", 1)[1]
        + ") {\n"
        + body
        + "\nfunc.return %0 : "
        + body.rsplit("->", 1)[1]
        + "\n}"
    )
    module = Parser(make_context(), text).parse_module()
    verify_module(module)
    with pytest.raises(UserError) as caught:
        SetBatchPass(2).apply(make_context(), module)
    assert message in str(caught.value)


def test_inputs_without_an_axis_of_images_are_refused() -> None:
    text = """func.func @main(%x: tensor<11x4xf32> {arhat.name = "frames"}) -> tensor<11x4xf32> {
      func.return %x : tensor<11x4xf32>
    }"""
    module = Parser(make_context(), text).parse_module()
    with pytest.raises(UserError, match=r"input 'frames' has shape \[11, 4\]"):
        SetBatchPass(2).apply(make_context(), module)


def test_proposals_of_several_images_are_refused_by_layer() -> None:
    model = test_models.model("faster_rcnn_resnet50_coco/FP16-v10")
    with pytest.raises(UserError, match=r"layer 'proposals': the batch cannot be set to 2: arhat.proposal"):
        import_model(model.xml, CompileOptions(batch=2))


X = "tensor<1x4xf32>"
ACCEPTED = {
    "matmul with weights": (
        "%w = arhat.constant() {value = dense<[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0], [7.0, 8.0]]> : tensor<4x2xf32>} "
        ": () -> tensor<4x2xf32>\n"
        f"%0 = arhat.matmul(%x, %w) {{transpose_a = false, transpose_b = false}} "
        f": ({X}, tensor<4x2xf32>) -> tensor<1x2xf32>"
    ),
    "weights times transposed": (
        "%w = arhat.constant() {value = dense<[[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]> : tensor<2x4xf32>} "
        ": () -> tensor<2x4xf32>\n"
        f"%0 = arhat.matmul(%w, %x) {{transpose_a = false, transpose_b = true}} "
        f": (tensor<2x4xf32>, {X}) -> tensor<2x1xf32>"
    ),
    "products of matrices": (
        f"%a = arhat.reshape(%x) {{shape = [1, 2, 2]}} : ({X}) -> tensor<1x2x2xf32>\n"
        "%0 = arhat.matmul(%a, %a) {transpose_a = false, transpose_b = true} "
        ": (tensor<1x2x2xf32>, tensor<1x2x2xf32>) -> tensor<1x2x2xf32>"
    ),
    "gather of each": (
        "%i = arhat.constant() {value = dense<[3, 0, -1]> : tensor<3xi64>} : () -> tensor<3xi64>\n"
        f"%0 = arhat.gather(%x, %i) {{axis = 1, batch_dims = 0}} : ({X}, tensor<3xi64>) -> tensor<1x3xf32>"
    ),
    "gather with batch axes": (
        "%i = arhat.constant() {value = dense<[[3, 0]]> : tensor<1x2xi64>} : () -> tensor<1x2xi64>\n"
        f"%0 = arhat.gather(%x, %i) {{axis = 1, batch_dims = 1}} : ({X}, tensor<1x2xi64>) -> tensor<1x2xf32>"
    ),
    "gather by what is computed": (
        "%t = arhat.constant() {value = dense<[10.0, 20.0, 30.0, 40.0]> : tensor<4xf32>} : () -> tensor<4xf32>\n"
        f"%c = arhat.clamp(%x) {{min = 0.0, max = 3.0}} : ({X}) -> {X}\n"
        f"%i = arhat.convert(%c) {{to = i64}} : ({X}) -> tensor<1x4xi64>\n"
        f"%0 = arhat.gather(%t, %i) {{axis = 0, batch_dims = 0}} : (tensor<4xf32>, tensor<1x4xi64>) -> {X}"
    ),
    "sorted": (
        '%0, %1 = arhat.topk(%x) {axis = 1, k = 2, mode = "max", sort = "value", index_type = "i64"} '
        f": ({X}) -> (tensor<1x2xf32>, tensor<1x2xi64>)"
    ),
    "one hot": (
        "%on = arhat.constant() {value = dense<1.0> : tensor<f32>} : () -> tensor<f32>\n"
        "%off = arhat.constant() {value = dense<0.0> : tensor<f32>} : () -> tensor<f32>\n"
        f"%i = arhat.convert(%x) {{to = i64}} : ({X}) -> tensor<1x4xi64>\n"
        "%0 = arhat.one_hot(%i, %on, %off) {axis = 0, depth = 3, normalize = true} "
        ": (tensor<1x4xi64>, tensor<f32>, tensor<f32>) -> tensor<3x1x4xf32>"
    ),
    "merged and broadcast": (
        "%c = arhat.constant() {value = dense<[[1.0], [2.0], [3.0], [4.0]]> : tensor<4x1xf32>} "
        ": () -> tensor<4x1xf32>\n"
        f"%a = arhat.reshape(%x) {{shape = [4, 1]}} : ({X}) -> tensor<4x1xf32>\n"
        "%b = arhat.add(%a, %c) : (tensor<4x1xf32>, tensor<4x1xf32>) -> tensor<4x1xf32>\n"
        "%0 = arhat.broadcast(%b) {shape = [4, 3]} : (tensor<4x1xf32>) -> tensor<4x3xf32>"
    ),
    "reduced and dropped": (
        f"%a = arhat.reshape(%x) {{shape = [2, 1, 2]}} : ({X}) -> tensor<2x1x2xf32>\n"
        "%0 = arhat.reduce_sum(%a) {axes = [2], keep_dims = false} : (tensor<2x1x2xf32>) -> tensor<2x1xf32>"
    ),
    "shapes are those of one": (
        f"%s = arhat.shape_of(%x) : ({X}) -> tensor<2xi64>\n"
        "%f = arhat.convert(%s) {to = f32} : (tensor<2xi64>) -> tensor<2xf32>\n"
        "%t = arhat.reduce_sum(%f) {axes = [0], keep_dims = false} : (tensor<2xf32>) -> tensor<f32>\n"
        f"%0 = arhat.multiply(%x, %t) : ({X}, tensor<f32>) -> {X}"
    ),
    "resized": (
        f"%a = arhat.reshape(%x) {{shape = [1, 1, 2, 2]}} : ({X}) -> tensor<1x1x2x2xf32>\n"
        "%0 = arhat.interpolate(%a) {axes = [0, 1, 2, 3], sizes = [1, 1, 4, 4], scales = [1.0, 1.0, 2.0, 2.0], "
        'mode = "linear_onnx", coordinate_transformation = "half_pixel", nearest_mode = "floor", antialias = false, '
        "cube_coeff = -0.75, pads_begin = [0, 0, 0, 0], pads_end = [0, 0, 0, 0]} "
        ": (tensor<1x1x2x2xf32>) -> tensor<1x1x4x4xf32>"
    ),
    "the same for all": (
        "%0 = arhat.constant() {value = dense<[1.0, 2.0]> : tensor<2xf32>} : () -> tensor<2xf32>"
    ),
}


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_keeps_images_apart(name: str) -> None:
    body = ACCEPTED[name]
    result = body.rsplit("->", 1)[1].strip().removeprefix("(").split(", ")[0]
    text = f"func.func @main(%x: {X}) -> {result} {{\n{body}\nfunc.return %0 : {result}\n}}"
    module = Parser(make_context(), text).parse_module()
    verify_module(module)
    many = clone_module(module)
    SetBatchPass(3).apply(make_context(), many)
    verify_module(many)
    random = np.random.default_rng(1)
    images = [{"arg0": (3 * random.standard_normal((1, 4))).astype(np.float32)} for _ in range(3)]
    check_rows(module, many, images, 1e-6)


def test_detections_of_several_images() -> None:
    text = """func.func @main(%x: tensor<1x8xf32>, %c: tensor<1x4xf32>) -> tensor<1x1x4x7xf32> {
      %p = arhat.constant() {value = dense<0.0> : tensor<1x1x8xf32>} : () -> tensor<1x1x8xf32>
      %0 = arhat.detection_output(%x, %c, %p) {num_classes = 2, background_label_id = -1, top_k = 4,
        keep_top_k = [4], code_type = "corner", variance_encoded_in_target = true, share_location = true,
        nms_threshold = 0.5, confidence_threshold = 0.4, clip_before_nms = false, clip_after_nms = false,
        decrease_label_id = false, normalized = true, input_height = 1, input_width = 1, objectness_score = 0.0}
        : (tensor<1x8xf32>, tensor<1x4xf32>, tensor<1x1x8xf32>) -> tensor<1x1x4x7xf32>
      func.return %0 : tensor<1x1x4x7xf32>
    }"""
    module = Parser(make_context(), text).parse_module()
    many = clone_module(module)
    SetBatchPass(3).apply(make_context(), many)
    verify_module(many)
    random = np.random.default_rng(1)
    corners = random.random((3, 1, 2, 2))
    boxes = np.concatenate([corners, corners + 0.5], axis=-1).reshape(3, 1, 8).astype(np.float32)
    scores = random.random((3, 1, 4)).astype(np.float32)
    images = [{"arg0": box, "arg1": score} for box, score in zip(boxes, scores, strict=True)]
    check_rows(module, many, images, 0)

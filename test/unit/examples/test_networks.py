"""The example networks against the same networks built with the `openvino` package."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import openvino as ov
import pytest
import sweeps
from openvino import opset8 as op

from arhat.compiler import lower
from arhat.importers.openvino import import_openvino
from arhat.interpreters import evaluate
from arhat.runtime.loader import Model

FOLDER = Path(__file__).parents[3] / "examples" / "networks"
Array = np.ndarray[Any, np.dtype[Any]]


@pytest.fixture(scope="module", autouse=True)
def on_path() -> Iterator[None]:
    """The examples import each other as programs do that stand in one folder."""
    sys.path.insert(0, str(FOLDER))
    yield
    sys.path.remove(str(FOLDER))


def example(name: str) -> ModuleType:
    return importlib.import_module(name)


class Twin:
    """The same weights and what the networks have in common, in terms of OpenVINO."""

    def __init__(self) -> None:
        self.weights = example("seeded").Seeded(0)

    def conv(
        self,
        x: Any,
        name: str,
        channels: int,
        kernel: int,
        stride: int = 1,
        *,
        same: bool = False,
        bias: bool = True,
        gain: float = 1.4,
        bias_name: str | None = None,
    ) -> Any:
        inputs = x.output(0).shape[1]
        pads = [kernel // 2] * 2
        y = op.convolution(
            x,
            self.weights(name, channels, inputs, kernel, kernel, gain=gain),
            [stride] * 2,
            [0, 0] if same else pads,
            [0, 0] if same else pads,
            [1, 1],
            auto_pad="same_upper" if same else "explicit",
        )
        return self.bias(y, bias_name or f"{name}/bias", channels) if bias else y

    def bias(self, y: Any, name: str, channels: int) -> Any:
        return op.add(y, self.weights(name, channels).reshape(1, channels, 1, 1))

    def linear(self, x: Any, name: str, outputs: int, *, bias: bool = True, gain: float = 1.4) -> Any:
        y = op.matmul(x, self.weights(name, outputs, x.output(0).shape[1], gain=gain), False, True)
        return op.add(y, self.weights(f"{name}/bias", outputs)) if bias else y


def reshape(x: Any, *shape: int) -> Any:
    return op.reshape(x, np.array(shape, np.int64), False)


def detection_output(loc: Any, conf: Any, priors: Any, **attributes: Any) -> Any:
    written = {
        "code_type": "caffe.PriorBoxParameter.CENTER_SIZE",
        "share_location": True,
        "variance_encoded_in_target": False,
        "normalized": True,
        **attributes,
    }
    return op.detection_output(loc, conf, priors, written)


def ssd() -> Any:
    t, module = Twin(), example("ssd")
    image = op.parameter([1, 3, 96, 96], np.float32, name="image")
    x = op.divide(op.subtract(image, np.float32(127.5)), np.float32(127.5))
    x = op.relu(t.conv(x, "stem", 8, 3, 2, same=True))

    def separable(x: Any, channels: int, stride: int, name: str) -> Any:
        inputs = x.output(0).shape[1]
        filter = t.weights(f"{name}/depthwise", inputs, 1, 3, 3).reshape(inputs, 1, 1, 3, 3)
        y = op.group_convolution(x, filter, [stride] * 2, [1, 1], [1, 1], [1, 1])
        y = op.batch_norm_inference(
            y,
            t.weights(f"{name}/gamma", inputs, mean=1.0),
            t.weights(f"{name}/beta", inputs),
            t.weights(f"{name}/mean", inputs),
            t.weights(f"{name}/variance", inputs) ** 2 + 1,
            1e-5,
        )
        y = op.clamp(y, 0.0, 6.0)
        y = t.conv(y, f"{name}/pointwise", channels, 1, bias_name=f"{name}/bias")
        return op.relu(y)

    x = separable(x, 16, 2, "block1")
    fine = separable(x, 24, 2, "block2")
    coarse = separable(fine, 32, 2, "block3")
    fine = op.normalize_l2(fine, np.array([1], np.int64), 1e-10, "add")
    fine = op.multiply(fine, t.weights("scale", 1, 24, 1, 1, gain=8.0))
    common = {"variance": [0.1, 0.1, 0.2, 0.2], "offset": 0.5, "step": 0.0, "clip": False}
    size, whole = np.array(fine.output(0).shape[2:], np.int64), np.array([96, 96], np.int64)
    boxes = {"min_size": [12.0], "max_size": [24.0], "aspect_ratio": [2.0], "flip": True, **common}
    first = op.prior_box(op.constant(size), op.constant(whole), boxes)
    clusters = {"width": [30.0, 60.0], "height": [50.0, 40.0], **common}
    del clusters["step"]
    size = np.array(coarse.output(0).shape[2:], np.int64)
    second = op.prior_box_clustered(op.constant(size), op.constant(whole), clusters)
    outputs: dict[str, list[Any]] = {"loc": [], "conf": []}
    for place, (x, count) in enumerate(((fine, 4), (coarse, 2))):
        for kind, size, gain in (("loc", 4, 1.0), ("conf", module.CLASSES, 3.0)):
            y = t.conv(x, f"head{place}/{kind}", count * size, 3, gain=gain)
            y = op.transpose(y, np.array([0, 2, 3, 1], np.int64))
            outputs[kind].append(reshape(y, 1, -1))
    loc, conf = op.concat(outputs["loc"], 1), op.concat(outputs["conf"], 1)
    scores = reshape(op.softmax(reshape(conf, 1, -1, module.CLASSES), 2), 1, -1)
    priors = op.unsqueeze(op.concat([first, second], 1), np.int64(0))
    found = detection_output(
        loc,
        scores,
        priors,
        background_label_id=0,
        top_k=100,
        keep_top_k=[20],
        nms_threshold=0.45,
        confidence_threshold=0.3,
    )
    return ov.Model([op.result(found)], [image], "ssd")


def yolo() -> Any:
    t, module = Twin(), example("yolo")
    image = op.parameter([1, 3, 64, 64], np.float32, name="image")

    def block(x: Any, channels: int, kernel: int, name: str) -> Any:
        y = t.conv(x, name, channels, kernel, same=True)
        return op.prelu(y, np.array([0.1], np.float32))

    def pool(x: Any, stride: int) -> Any:
        return ov.opset1.max_pool(x, [stride] * 2, [0, 0], [0, 0], [2, 2], "floor", "same_upper")

    def head(x: Any, mask: list[int], name: str) -> Any:
        y = t.conv(x, name, 3 * (5 + module.CLASSES), 1)
        return op.region_yolo(y, 4, module.CLASSES, 6, False, mask, 1, 3, module.ANCHORS)

    x = op.divide(image, np.float32(255))
    for step, channels in enumerate((8, 16, 24)):
        x = pool(block(x, channels, 3, f"conv{step}"), 2)
    fine = block(x, 32, 3, "conv3")
    x = block(pool(fine, 2), 48, 3, "conv4")
    coarse = block(pool(x, 1), 24, 1, "conv5")
    small = block(coarse, 16, 1, "conv6")
    up = ov.opset11.interpolate(
        small,
        np.array([2.0, 2.0], np.float32),
        "nearest",
        "scales",
        axes=np.array([2, 3], np.int64),
        pads_begin=[0, 0],
        pads_end=[0, 0],
        coordinate_transformation_mode="asymmetric",
        nearest_mode="floor",
    )
    fine = block(op.concat([up, fine], 1), 32, 3, "conv7")
    heads = [head(coarse, [3, 4, 5], "yolo_coarse"), head(fine, [0, 1, 2], "yolo_fine")]
    return ov.Model([op.result(y) for y in heads], [image], "yolo")


def faster_rcnn() -> Any:
    t, module = Twin(), example("faster_rcnn")
    image = op.parameter([1, 3, 128, 128], np.float32, name="image")
    info = op.parameter([3], np.float32, name="image_info")
    x = op.subtract(op.divide(image, np.float32(128)), np.float32(1))
    for step, channels in enumerate((8, 16, 24)):
        x = op.relu(t.conv(x, f"conv{step}", channels, 3, 2, same=True))
    y = op.relu(t.conv(x, "residual/a", 24, 3))
    y = t.conv(y, "residual/b", 24, 3, bias=False, gain=0.5)
    x = op.relu(op.add(y, x))
    anchors = len(module.RATIOS) * len(module.SCALES)
    y = op.relu(t.conv(x, "rpn", 24, 3))
    scores = t.conv(y, "rpn/scores", 2 * anchors, 1, bias=False, gain=3.0)
    deltas = t.conv(y, "rpn/deltas", 4 * anchors, 1, bias=False, gain=0.3)
    objects = reshape(op.softmax(reshape(scores, 1, 2, anchors * 16, 16), 1), 1, 2 * anchors, 16, 16)
    attributes = {
        "base_size": np.uint64(16),
        "pre_nms_topn": np.uint64(200),
        "post_nms_topn": np.uint64(module.PROPOSALS),
        "nms_thresh": 0.7,
        "feat_stride": np.uint64(module.STRIDE),
        "min_size": np.uint64(8),
        "ratio": np.array(module.RATIOS, np.float64),
        "scale": np.array(module.SCALES, np.float64),
    }
    rois = op.proposal(objects, deltas, info, attributes).output(0)
    inside = reshape(op.roi_pooling(x, rois, [4, 4], 1 / module.STRIDE, "max"), module.PROPOSALS, -1)
    y = op.relu(t.linear(inside, "fc", 48))
    scores = t.linear(y, "scores", module.CLASSES, gain=3.0)
    offsets = t.linear(y, "offsets", module.CLASSES * 4, bias=False, gain=0.5)
    found = detection_output(
        reshape(offsets, 1, -1),
        reshape(op.softmax(scores, 1), 1, -1),
        reshape(rois, 1, 1, -1),
        background_label_id=0,
        keep_top_k=[10],
        top_k=module.PROPOSALS,
        share_location=False,
        variance_encoded_in_target=True,
        normalized=False,
        input_height=128,
        input_width=128,
        nms_threshold=0.5,
        confidence_threshold=0.2,
    )
    return ov.Model([op.result(found)], [image, info], "faster_rcnn")


TWINS = {"ssd": ssd, "yolo": yolo, "faster_rcnn": faster_rcnn}


def inputs_of(name: str, seed: int) -> dict[str, Array]:
    random = np.random.default_rng(seed)
    size = {"ssd": 96, "yolo": 64, "faster_rcnn": 128}[name]
    inputs = {"image": random.uniform(0, 255, (1, 3, size, size)).astype(np.float32)}
    if name == "faster_rcnn":
        inputs["image_info"] = np.array([size, size, 1], np.float32)
    return inputs


def openvino_outputs(model: Any, inputs: dict[str, Array]) -> list[Array]:
    settings = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
    request = ov.Core().compile_model(model, "CPU", settings).create_infer_request()
    request.infer([inputs[port.get_node().get_friendly_name()] for port in model.inputs])
    return [request.get_output_tensor(i).data.copy() for i in range(len(model.outputs))]


def check(outputs: dict[str, Array], expected: list[Array]) -> None:
    for value, other in zip(outputs.values(), expected, strict=True):
        np.testing.assert_allclose(value, other, rtol=1e-4, atol=1e-4, strict=True)
        if value.shape[-1] == 7:
            assert value[0, 0, 2, 0] == 0, "there must be something to detect"


@pytest.mark.parametrize("name", TWINS)
def test_like_openvino(name: str, tmp_path: Path) -> None:
    network, twin = example(name).build(), TWINS[name]()
    exported = ov.Core().read_model(network.export_openvino(tmp_path / f"{name}.xml"))
    for seed in (1, 2):
        inputs = inputs_of(name, seed)
        expected = openvino_outputs(twin, inputs)
        check(network.evaluate(inputs), expected)
        check(dict(enumerate(openvino_outputs(exported, inputs))), expected)


@pytest.mark.parametrize("name", TWINS)
def test_import_of_the_twin(name: str, tmp_path: Path) -> None:
    """The two front ends meet: what is written in Python computes what is imported."""
    ov.save_model(TWINS[name](), tmp_path / "twin.xml", compress_to_fp16=False)
    inputs = inputs_of(name, 3)
    imported = evaluate(import_openvino(tmp_path / "twin.xml"), inputs)
    for ours, theirs in zip(example(name).build().evaluate(inputs).values(), imported.values(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-5, strict=True)


@pytest.mark.parametrize("name", TWINS)
def test_program(name: str, tmp_path: Path) -> None:
    """What is emitted, built and run gives what OpenVINO gives."""
    module = example(name).build().module()
    lower(module)
    library, weights = sweeps.build_program(module, tmp_path / "project")
    inputs = inputs_of(name, 4)
    expected = openvino_outputs(TWINS[name](), inputs)
    with Model(library, weights, threads=2) as program:
        check(program(inputs), expected)


@pytest.mark.parametrize("name", TWINS)
def test_printed(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    import runpy

    runpy.run_path(str(FOLDER / f"{name}.py"), run_name="__main__")
    assert "func.func @main" in capsys.readouterr().out

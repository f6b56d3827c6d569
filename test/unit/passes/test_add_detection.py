"""add-detection: boxes of YOLO networks, compared with a decoder that is written apart, box by box."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import models as test_models
import numpy as np
import pytest
from ir import Ir

from arhat.cli.detections import Detection, compare, detections_of
from arhat.compiler import compile_model, import_model, write_project
from arhat.errors import UserError
from arhat.interpreters import evaluate, input_names, main_of
from arhat.options import CompileOptions, DetectOptions, parse_detect
from arhat.passes.add_detection import detection_of_outputs

Array = np.ndarray[Any, np.dtype[Any]]

YOLO2 = (0.57273, 0.677385, 1.87446, 2.06253, 3.33843, 5.47434, 7.88282, 3.52778, 9.77052, 9.16828)
YOLO3 = (10, 13, 16, 30, 33, 23, 30, 61, 62, 45, 59, 119, 116, 90, 156, 198, 373, 326)
TINY3 = (10, 14, 23, 27, 37, 58, 81, 82, 135, 169, 344, 319)
YOLO4 = (12, 16, 19, 36, 40, 28, 36, 75, 76, 55, 72, 146, 142, 110, 192, 243, 459, 401)


def logistic(value: float) -> float:
    return 1 / (1 + math.exp(-value)) if value > -700 else 0.0


def decode_cell(
    version: int,
    values: Array,
    column: int,
    row: int,
    grid: tuple[int, int],
    anchor: Any,
    size: Any,
    raw: bool,
) -> tuple[tuple[float, float, float, float], list[float]]:
    """Box as fractions of the picture, and scores, of one anchor in one cell; `anchor` in pixels (version 2: cells)."""
    t = [float(value) for value in values]
    x, y, objectness = (logistic(v) if raw else v for v in (t[0], t[1], t[4]))
    classes = [logistic(v) if raw else v for v in t[5:]]
    columns, rows = grid
    width, height = size
    if version == 5:
        cx, cy = (2 * x - 0.5 + column) / columns, (2 * y - 0.5 + row) / rows
        w, h = ((2 * logistic(t[k + 2])) ** 2 * anchor[k] / (width, height)[k] for k in (0, 1))
    else:
        cx, cy = (x + column) / columns, (y + row) / rows
        unit = (columns, rows) if version == 2 else (width, height)
        w, h = (math.exp(t[k + 2]) * anchor[k] / unit[k] for k in (0, 1))
    return (cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2), [objectness * p for p in classes]


def overlap(a: Any, b: Any) -> float:
    w, h = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    common = max(w, 0) * max(h, 0)
    return (
        common / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common) if common else 0.0
    )


def kept(candidates: list[tuple[Any, list[float]]], options: DetectOptions) -> list[Detection]:
    """Threshold, suppression class by class, the best of all."""
    found: list[Detection] = []
    for label in range(len(candidates[0][1])):
        scored = [(scores[label], box) for box, scores in candidates if scores[label] > options.confidence]
        scored.sort(key=lambda one: -one[0])
        taken: list[tuple[float, Any]] = []
        for score, box in scored[: options.top_k]:
            if all(overlap(box, other) <= options.iou for _, other in taken):
                taken.append((score, box))
        found += [Detection(label, score, tuple(min(max(v, 0.0), 1.0) for v in box)) for score, box in taken]
    found.sort(key=lambda one: -one.score)
    return found[: options.max]


# Models: version, anchors of each output in its order, how a head lies ------------------------------------

GRIDS: dict[str, tuple[int, list[tuple[float, ...]], str, bool, str]] = {
    "yolo-v2-tf/FP32-v10-regen": (2, [YOLO2], "flat", False, "yolo"),
    "yolo-v2-tf/FP32-v11-regen": (2, [YOLO2], "flat", False, "yolo"),
    "yolo-v2-tiny-tf/FP32-v10-regen": (2, [YOLO2], "flat", False, "yolo"),
    "yolo-v2-tiny-tf/FP32-v11-regen": (2, [YOLO2], "flat", False, "yolo{version=2}"),
    "yolo-v3/FP32-v10": (3, [YOLO3[6:12], YOLO3[:6], YOLO3[12:]], "NCHW", False, "yolo"),
    "yolo-v3-tf/FP32-v10-regen": (3, [YOLO3[12:], YOLO3[6:12], YOLO3[:6]], "NCHW", False, "yolo"),
    "yolo-v3-tf/FP32-v11-regen": (3, [YOLO3[12:], YOLO3[6:12], YOLO3[:6]], "NCHW", False, "yolo"),
    "yolo-v3-tiny-tf/FP16-v10": (3, [TINY3[2:8], TINY3[6:]], "NCHW", False, "yolo"),
    "yolo-v3-tiny-tf/FP32-v10": (
        3,
        [TINY3[:6], TINY3[6:]],
        "NCHW",
        False,
        "yolo{version=v3, masks=0,1,2,3,4,5}",
    ),
    "yolo-v3-tiny_mystic/FP16-v10": (3, [TINY3[:6], TINY3[6:]], "NCHW", False, "yolo"),
    "yolo-v4-tf/FP32-v10-regen": (4, [YOLO4[6:12], YOLO4[12:], YOLO4[:6]], "NCHW", True, "yolo{version=4}"),
    "yolo-v4-tf/FP32-v11-regen": (4, [YOLO4[6:12], YOLO4[12:], YOLO4[:6]], "NHWC", True, "yolo{version=4}"),
    "yolo-v4-tf/FP16-INT8-v11": (4, [YOLO4[6:12], YOLO4[12:], YOLO4[:6]], "NHWC", True, "yolo{version=4}"),
    "yolo-v4-tf_608/INT8-v10": (4, [YOLO4[6:12], YOLO4[12:], YOLO4[:6]], "NCHW", True, "yolo{version=4}"),
    "yolov5s/FP32-v10": (5, [YOLO3[:6], YOLO3[6:12], YOLO3[12:]], "NAHWC", True, "yolo"),
    "yolov5s/FP16-v11": (5, [YOLO3[:6], YOLO3[6:12], YOLO3[12:]], "NCHW", True, "yolo{version=5}"),
    "yolov5s/FP16-INT8-v11": (5, [YOLO3[:6], YOLO3[6:12], YOLO3[12:]], "NCHW", True, "yolo{version=5}"),
}

BOXES = {
    "spvision25-2ns-int8-openvino-model-2ns-int8/INT8-v11": (8, "yolo"),
    "spvision25-buff-25-best-int8-openvino-model-best/INT8-v11": (8, "yolo{classes=1}"),  # and six points
    "spvision25-yolov5/FP16-v11": (5, "yolo"),
    "yolov8n-1class-mapillary/INT8-v11": (8, "yolo"),
}


def picture_size(module: Any) -> tuple[int, int]:
    """Width and height of the picture that the model takes."""
    (shape,) = (argument.type.get_shape() for argument in main_of(module).args)
    rows, columns = shape[1:3] if shape[3] == 3 else shape[2:]
    return columns, rows


def output_shapes(module: Any) -> list[tuple[int, ...]]:
    return [type.get_shape() for type in main_of(module).function_type.outputs]


def check(module: Any, outputs: list[Array], candidates: list[Any], options: DetectOptions) -> None:
    tail = detection_of_outputs(module, options)
    ours = evaluate(tail, dict(zip(input_names(tail), outputs, strict=True)))["detections"]
    assert ours.shape == (1, 1, options.max, 7)
    expected = kept(candidates, options)
    assert len(expected) > 5
    found = compare(detections_of(ours), expected, capacity=options.max)
    assert found.problems == []
    assert found.ties == 0


@pytest.mark.parametrize("id", GRIDS)
def test_heads_of_real_models(id: str) -> None:
    version, anchors, order, raw, text = GRIDS[id]
    module = import_model(test_models.model(id).xml)
    size = picture_size(module)
    options = parse_detect(text)
    assert options is not None
    rng = np.random.default_rng(0)
    outputs: list[Array] = []
    candidates: list[Any] = []
    for shape, own in zip(output_shapes(module), anchors, strict=True):
        pairs = list(zip(own[::2], own[1::2], strict=True))
        count = math.prod(shape) // (len(pairs) * 85)
        columns = round(math.sqrt(count * size[0] / size[1]))
        grid = columns, count // columns
        head = rng.normal(-4.5, 2, (len(pairs), 85, grid[1], grid[0])).astype(np.float32)
        # Boxes within the picture: what its edge cuts to nothing has no overlap to compare.
        head[:, :2] = (head[:, :2] + 4.5) / 4
        head[:, 2:4] = head[:, 2:4] / 4 + 2
        if not raw:
            head[:, :2] = 1 / (1 + np.exp(-head[:, :2]))
            head[:, 4:] = 1 / (1 + np.exp(-head[:, 4:]))
        strong = np.argwhere((head[:, 4] if not raw else 1 / (1 + np.exp(-head[:, 4]))) > options.confidence)
        for a, row, column in strong:
            values = head[a, :, row, column]
            candidates.append(decode_cell(version, values, column, row, grid, pairs[a], size, raw))
        laid = {
            "flat": head,
            "NCHW": head,
            "NHWC": head.transpose(2, 3, 0, 1),
            "NAHWC": head.transpose(0, 2, 3, 1),
        }[order]
        outputs.append(np.ascontiguousarray(laid.reshape(shape)))
    check(module, outputs, candidates, options)


@pytest.mark.parametrize("id", BOXES)
def test_decoded_boxes_of_real_models(id: str) -> None:
    version, text = BOXES[id]
    model = test_models.model(id)
    shapes = {"": [1, 3, 640, 640]} if "2ns" in id else {}
    module = import_model(model.xml, CompileOptions(input_shapes=shapes))
    width, height = picture_size(module)
    options = parse_detect(text)
    assert options is not None
    (shape,) = output_shapes(module)
    rng = np.random.default_rng(0)
    boxes, values = (shape[1], shape[2]) if version == 5 else (shape[2], shape[1])
    rows = rng.uniform(0, 1, (boxes, values)).astype(np.float32) ** 6
    rows[:, :2] = rng.uniform(0, 640, (boxes, 2))
    rows[:, 2:4] = rng.uniform(10, 200, (boxes, 2))
    first = 5 if version == 5 else 4
    last = first + options.classes if options.classes else values
    candidates: list[Any] = []
    for row in rows.tolist():
        x, y, w, h = row[0] / width, row[1] / height, row[2] / width, row[3] / height
        factor = row[4] if version == 5 else 1.0
        box = (x - w / 2, y - h / 2, x + w / 2, y + h / 2)
        candidates.append((box, [factor * score for score in row[first:last]]))
    output = rows if version == 5 else rows.T
    check(module, [np.ascontiguousarray(output.reshape(shape))], candidates, options)


# Whole programs -------------------------------------------------------------------------------------------


def small_network(folder: Path) -> Path:
    """A picture [1,3,32,32] through a convolution and RegionYolo of version 3: 2 anchors, 3 classes, 4 x 4 cells."""
    rng = np.random.default_rng(2)
    ir = Ir(name="small")
    image = ir.parameter([1, 3, 32, 32], name="image", names="image")
    weights = ir.const((rng.standard_normal((16, 3, 8, 8)) / 20).astype(np.float32))
    attributes = {"strides": "8,8", "pads_begin": "0,0", "pads_end": "0,0", "dilations": "1,1"}
    conv = ir.op("Convolution", [image, weights], attributes=attributes, name="conv")
    region = {
        "anchors": "8,8,12,20",
        "axis": 1,
        "classes": 3,
        "coords": 4,
        "do_softmax": "false",
        "end_axis": 3,
        "mask": "0,1",
        "num": 2,
    }
    ir.result(ir.op("RegionYolo", [conv], attributes=region, name="region", names="region"))
    return ir.write(folder, "small")


def test_emitted_program_of_several_pictures(tmp_path: Path) -> None:
    from arhat.cli.batches import split_batch
    from arhat.runtime import build_project, load

    model = small_network(tmp_path)
    detect = parse_detect("yolo{confidence=0.2}")
    folder = write_project(
        compile_model(model, "cpu", CompileOptions(detect=detect, batch=2)), tmp_path / "out"
    )
    build_project(folder, native=True, runner=False)
    images = np.random.default_rng(5).standard_normal((2, 3, 32, 32)).astype(np.float32) * 3
    with load(folder, threads=1, build=False) as program:
        ours = program({"image": images})["detections"]
    assert ours.shape == (1, 1, 200, 7)
    plain = import_model(model)
    assert detect is not None
    for place, row in enumerate(split_batch(ours, (1, 1, 100, 7), 2)):
        (head,) = evaluate(plain, {"image": images[place : place + 1]}).values()
        cells = head.reshape(2, 8, 4, 4)
        candidates = [
            decode_cell(3, cells[a, :, y, x], x, y, (4, 4), ((8, 8), (12, 20))[a], (32, 32), False)
            for a in range(2)
            for y in range(4)
            for x in range(4)
        ]
        found = compare(detections_of(row), kept(candidates, detect))
        assert found.problems == []
        assert found.matched > 3


def test_other_outputs_stay(tmp_path: Path) -> None:
    ir = Ir(name="two")
    image = ir.parameter([1, 3, 32, 32], name="image", names="image")
    ir.result(ir.op("ReLU", [image], name="relu", names="relu"))
    head = ir.const(np.zeros((1, 5, 20), np.float32))
    zero = ir.op("Multiply", [head, ir.const(np.float32(2))], name="boxes", names="boxes")
    ir.result(zero)
    module = import_model(
        ir.write(tmp_path, "two"), CompileOptions(detect=parse_detect("yolo{outputs=boxes}"))
    )
    from arhat.interpreters import output_names

    assert output_names(module) == ["detections", "relu"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("yolo{version=2}", "output 'region' of shape [1, 16, 4, 4] is of version 3, not 2"),
        ("yolo{classes=80}", "has 3 classes, not 80"),
        ("yolo{outputs=boxes}", "there is no output 'boxes'; the outputs are 'region'"),
        ("yolo{masks=0,2}", "masks are 2 for each of 1 outputs, from 0 to 1; got [0, 2]"),
        ("yolo{anchors=8,8}", "has no anchors for the mask [0, 1]"),
    ],
)
def test_what_does_not_fit_is_refused(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        import_model(small_network(tmp_path), CompileOptions(detect=parse_detect(text)))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("shapes", "text", "message"),
    [
        ([[1, 255, 4, 4]], "yolo", "may be of several versions of YOLO; say version=3"),
        ([[1, 255, 4, 4]], "yolo{version=3}", "has 255 channels, which do not divide among 9 anchors"),
        ([[1, 20, 4, 4], [1, 20, 8, 8]], "yolo{version=3}", "9 anchors do not divide among 2 outputs"),
        ([[1, 255, 5, 4]], "yolo{version=4}", "has no grid that fits a picture of 32x32"),
        ([[1, 4, 100]], "yolo", "has 4 values for a box, too few for 1 classes"),
        ([[1, 85]], "yolo{version=3}", "is no head of a YOLO network"),
    ],
)
def test_outputs_that_are_no_heads(shapes: list[list[int]], text: str, message: str, tmp_path: Path) -> None:
    ir = Ir(name="no")
    image = ir.parameter([1, 3, 32, 32], name="image", names="image")
    for number, shape in enumerate(shapes):
        mean = ir.op("ReduceMean", [image, ir.const([0, 1, 2, 3])], attributes={"keep_dims": "false"})
        value = ir.op("Add", [ir.const(np.zeros(shape, np.float32)), mean], name=f"out{number}")
        ir.result(value)
    with pytest.raises(UserError) as caught:
        import_model(ir.write(tmp_path, "no"), CompileOptions(detect=parse_detect(text)))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "ssd",
        "yolo{",
        "yolo{anchors}",
        "yolo{colour=red}",
        "yolo{version=6}",
        "yolo{anchors=1,2,3}",
        "yolo{anchors=1,-2}",
        "yolo{iou=2}",
        "yolo{max=0}",
        "yolo{masks=a}",
        "yolo{max=1,2}",
        "yolo{max=1 max=2}",
    ],
)
def test_bad_options_are_one_line(text: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_detect(text)
    assert "\n" not in str(caught.value)
    assert "--detect" in str(caught.value)


def test_options_as_text() -> None:
    text = (
        "yolo{version=v5, anchors=[10,13, 16,30],masks=0,1 classes=80, confidence=0.5,top-k=10 outputs=a,b}"
    )
    assert parse_detect(text) == DetectOptions(
        "yolo", 5, (10, 13, 16, 30), (0, 1), 80, ("a", "b"), confidence=0.5, top_k=10
    )
    assert parse_detect("") is None

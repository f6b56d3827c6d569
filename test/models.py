"""Real models for tests: finding them, making inputs for them, and OpenVINO's results to compare with.

`ARHAT_MODELS` names a folder with `manifest.json`, `corpus/`, `images/` and `tools/make_bins.py`. Weights of synthetic
models are made on demand into a cache folder (`ARHAT_MODEL_CACHE`, default `~/.cache/arhat/models`).
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from arhat.cli.verify import OPENVINO_F32, raise_to_f32

Array = np.ndarray[Any, np.dtype[Any]]

NEEDS_MODELS = "ARHAT_MODELS is not set to the folder of test models"

QUICK = {
    "SampLeNet/FP32-v10",
    "aclnet/FP16-v10",
    "emotions-recognition-retail-0003/FP32-v10",
    "face-detection-0200/FP16-v11",
    "face-detection-retail-0004/FP16-INT8-v11",
    "face-detection-retail-0004/FP16-v10",
    "face-detection-retail-0004/FP32-v11",
    "face-detection-retail-0005/FP32-v10",
    "gaze-estimation-adas-0002/FP16-v11",
    "hand_detector/FP16-v11",
    "landmarks-regression-retail-0009/FP16-v11",
    "landmarks-regression-retail-0009/FP32-v10",
    "mobilenet-ssd/FP16-v11",
    "mobilenet-v2-1.0-224/FP32-v10",
    "ovms-dummy/FP32-v10",
    "ovms-increment_1x3x4x5/FP32-v10",
    "ovms-scalar/FP32-v11",
    "person-vehicle-bike-detection-2000/FP16-v11",
    "pupils-segmentation/FP32-v11",
    "resnet-50-tf/FP32-v11",
    "ssd_mobilenet_v2_coco/FP16-v10",
    "yolo-v2-tiny-tf/FP32-v11-regen",
    "yolo-v3-tiny-tf/FP16-v10",
}
"""Models whose runs take a few seconds at most; together they have every operator of group 1."""

PICTURES = {
    "face-detection": "sample_faces.jpg",
    "landmarks-regression": "sample_faces.jpg",
    "emotions": "sample_faces.jpg",
    "pedestrian": "sample_faces.jpg",
    "person-vehicle-bike": "road1.jpg",
    "road-segmentation": "empty_road_mapillary.jpg",
    "human-pose": "people1.jpeg",
    "hand": "people1.jpeg",
}
"""What to show a model that has real weights, by the beginning of its name; others see `coco.jpg`."""


INPUT_SHAPES: dict[str, dict[str, list[int]]] = {
    "canned_gesture_classifier": {"hand_embedding": [1, 128]},
    "gait-unet-tf-dyn": {"input_8": [1, 128, 128, 3]},
    "ovms-dummy_fp64": {"input": [2, 10]},
    "ovms-passthrough": {"input": [3, 5]},
    "postproc-model-electron_background_blurring": {
        "input_image": [1, 120, 160, 3],
        "input_mask": [1, 120, 160, 1],
    },
    "postproc-model-hide_your_mess_behind_demo": {
        "input_image": [1, 120, 160, 4],
        "input_mask": [1, 120, 160, 1],
    },
    "spvision25-2ns-int8-openvino-model-2ns-int8": {"x": [1, 3, 640, 640]},
    "spvision25-2ns-int8-openvino-model2-2ns-int8": {"x": [1, 3, 640, 640]},
}
"""Shapes for the models whose inputs have dynamic sizes, by the model's name."""


@dataclass(frozen=True)
class Model:
    """One entry of the manifest."""

    id: str
    """Name and precision, like `resnet-50-tf/FP32-v11`."""
    family: str
    real: bool
    """Whether the weights are those of the trained model."""
    group: int
    layers: int
    operators: Mapping[str, int]
    folder: Path
    """The folder of all test models."""

    @property
    def name(self) -> str:
        """The model's name without the precision."""
        return self.id.partition("/")[0]

    @property
    def input_shapes(self) -> dict[str, list[int]]:
        """What its inputs need to be of static shape."""
        return INPUT_SHAPES.get(self.name, {})

    @property
    def picture(self) -> Path | None:
        """What to show a trained model that looks at one picture."""
        file = next((file for start, file in PICTURES.items() if self.name.startswith(start)), None)
        return self.folder / "images" / file if file and self.real else None

    @property
    def quantized(self) -> bool:
        """Whether tensors are rounded to levels: two correct results of it are the same but for ties at their borders.

        `test_quantized_models.py` compares such models level by level.
        """
        return "FakeQuantize@opset1" in self.operators

    @property
    def slow(self) -> bool:
        """Whether a run takes more than a few seconds."""
        return self.id not in QUICK

    @property
    def xml(self) -> Path:
        """The model file with its `.bin` beside it, which is made if it has to be."""
        corpus = self.folder / "corpus" / self.id / "model.xml"
        if self.real:
            return corpus
        default = Path.home() / ".cache" / "arhat" / "models"
        cache = Path(os.environ.get("ARHAT_MODEL_CACHE", default))
        made = cache / self.id / "model.xml"
        if made.exists() and made.with_suffix(".bin").exists():
            return made
        cache.mkdir(parents=True, exist_ok=True)
        # Made aside and moved into place, because several test processes may want the same one.
        with tempfile.TemporaryDirectory(dir=cache) as temporary:
            tool = self.folder / "tools" / "make_bins.py"
            subprocess.run(
                [sys.executable, tool, "--out", temporary, self.id], check=True, stdout=subprocess.DEVNULL
            )
            made.parent.parent.mkdir(parents=True, exist_ok=True)
            try:
                (Path(temporary) / self.id).rename(made.parent)
            except OSError:
                if not made.exists():
                    shutil.move(Path(temporary) / self.id, made.parent)
        return made


def models_folder() -> Path | None:
    """The folder that `ARHAT_MODELS` names."""
    name = os.environ.get("ARHAT_MODELS")
    return Path(name) if name else None


@lru_cache
def all_models() -> tuple[Model, ...]:
    """All models of the manifest, in its order; none without `ARHAT_MODELS`."""
    folder = models_folder()
    if folder is None:
        return ()
    entries = json.loads((folder / "manifest.json").read_text())
    return tuple(
        Model(
            entry["model"],
            entry["family"],
            entry["weights"] == "real",
            entry["group"],
            entry["layers"],
            entry["operators"],
            folder,
        )
        for entry in entries
    )


def group1_models() -> tuple[Model, ...]:
    """The models all of whose operators are supported from the start."""
    return tuple(model for model in all_models() if model.group == 1)


def model(id: str) -> Model:
    """The model called `id`; skips the test without `ARHAT_MODELS`."""
    if models_folder() is None:
        pytest.skip(NEEDS_MODELS)
    return next(model for model in all_models() if model.id == id)


def picture(name: str) -> Path:
    """One of the test images; skips the test without `ARHAT_MODELS`."""
    folder = models_folder()
    if folder is None:
        pytest.skip(NEEDS_MODELS)
    return folder / "images" / name


def all_requested() -> bool:
    """Whether slow models are to be run too."""
    return os.environ.get("ARHAT_ALL_MODELS", "") not in ("", "0")


def model_parameters(models: Iterable[Model]) -> list[Any]:
    """`models` as parameters of a test; the slow ones have the mark `slow` and run with `ARHAT_ALL_MODELS=1`."""
    wanted = all_requested()
    parameters = [
        pytest.param(
            model,
            id=model.id,
            marks=[
                pytest.mark.slow,
                pytest.mark.skipif(not wanted, reason="slow; set ARHAT_ALL_MODELS=1 to run it"),
            ]
            if model.slow
            else [],
        )
        for model in models
    ]
    return parameters or [pytest.param(None, marks=pytest.mark.skip(reason=NEEDS_MODELS), id="no models")]


# Inputs ---------------------------------------------------------------------------------------------------


def image_layout(shape: Sequence[int]) -> str:
    """`NCHW`, `NHWC`, or nothing if a tensor of `shape` cannot be a picture."""
    if len(shape) == 4 and min(shape) > 0:
        if shape[1] in (1, 3) and shape[2] >= 16 and shape[3] >= 16:
            return "NCHW"
        if shape[3] in (1, 3) and shape[1] >= 16 and shape[2] >= 16:
            return "NHWC"
    return ""


def random_array(shape: Sequence[int], dtype: Any, seed: int) -> Array:
    """Noise between 0 and 255 where a picture fits, standard normal numbers elsewhere."""
    random = np.random.default_rng(seed)
    dtype = np.dtype(dtype)
    if image_layout(shape) or dtype.kind in "iu":
        high = 255 if dtype != np.int8 else 127
        return random.uniform(0, high, shape).astype(dtype)
    if dtype == np.bool_:
        return random.integers(0, 2, shape).astype(dtype)
    return random.standard_normal(shape).astype(dtype)


def load_picture(path: Path, shape: Sequence[int], dtype: Any) -> Array:
    """The picture at `path` as blue, green, red (or grey) between 0 and 255 in a tensor of `shape`."""
    from PIL import Image

    layout = image_layout(shape)
    channels = shape[layout.index("C")]
    height, width = shape[layout.index("H")], shape[layout.index("W")]
    with Image.open(path) as opened:
        image = opened.convert("RGB" if channels == 3 else "L").resize(
            (width, height), Image.Resampling.BILINEAR
        )
    pixels = np.asarray(image, np.float32).reshape(height, width, channels)[:, :, ::-1]
    if layout == "NCHW":
        pixels = pixels.transpose(2, 0, 1)
    return np.ascontiguousarray(np.broadcast_to(pixels, shape)).astype(dtype)


def seed_of(text: str) -> int:
    """A seed that depends on `text` alone."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "little")


def model_inputs(
    model: Model, types: Mapping[str, tuple[Sequence[int], Any]], *, pictures: bool | None = None
) -> dict[str, Array]:
    """An input for each name in `types` (shape and NumPy type): pictures for trained models, else seeded noise."""
    use_pictures = model.real if pictures is None else pictures
    name = next((file for start, file in PICTURES.items() if model.id.startswith(start)), "coco.jpg")
    result: dict[str, Array] = {}
    for input, (shape, dtype) in types.items():
        if use_pictures and image_layout(shape):
            result[input] = load_picture(picture(name), shape, dtype)
        else:
            result[input] = random_array(shape, dtype, seed_of(f"{model.id}/{input}"))
    return result


# OpenVINO -------------------------------------------------------------------------------------------------


def openvino_outputs(
    xml: str | Path | Any, inputs: Mapping[str, Array], *, threads: int = 2
) -> dict[str, Array]:
    """OpenVINO's results on the CPU in f32, of quantised models as well.

    `xml` is a path or an `openvino.Model`; `inputs` go by the names of the Parameter layers. The result has each output
    under its layer's name (`name.0`, `name.1` where the layer has several) and under each of its tensor names.
    """
    openvino = pytest.importorskip("openvino", reason="OpenVINO is not installed")
    core = openvino.Core()
    loaded = core.read_model(str(xml)) if isinstance(xml, str | Path) else xml
    settings = OPENVINO_F32 | {"INFERENCE_NUM_THREADS": str(threads)}
    compiled = core.compile_model(loaded, "CPU", settings)
    request = compiled.create_infer_request()
    request.infer({input: inputs[input.get_node().get_friendly_name()] for input in compiled.inputs})
    results: dict[str, Array] = {}
    for place, output in enumerate(loaded.outputs):
        source = output.get_node().input_value(0)
        array = request.get_output_tensor(place).data.copy()
        layer = source.get_node().get_friendly_name()
        names = {layer, f"{layer}.{source.get_index()}", *output.get_names()}
        for name in names:
            results[name] = array
    return results


def openvino_layer_inputs(xml: str | Path, inputs: Mapping[str, Array], type: str) -> list[list[Array]]:
    """What OpenVINO feeds to each layer of `type`, in the order of the file; as `openvino_outputs` otherwise."""
    openvino = pytest.importorskip("openvino", reason="OpenVINO is not installed")
    core = openvino.Core()
    loaded = core.read_model(str(xml))
    raise_to_f32(loaded)
    layers = [op for op in loaded.get_ordered_ops() if op.get_type_name() == type]
    made = loaded.add_outputs([value for op in layers for value in op.input_values()])
    compiled = core.compile_model(loaded, "CPU", OPENVINO_F32 | {"INFERENCE_NUM_THREADS": "2"})
    request = compiled.create_infer_request()
    request.infer({input: inputs[input.get_node().get_friendly_name()] for input in compiled.inputs})
    first = len(loaded.outputs) - len(made)
    arrays = iter([request.get_output_tensor(first + i).data.copy() for i in range(len(made))])
    return [[next(arrays) for _ in op.input_values()] for op in layers]


# Comparison -----------------------------------------------------------------------------------------------


def relative_error(ours: Array, reference: Array) -> float:
    """The Frobenius norm of the difference over that of the reference; infinite where one is not finite alone."""
    assert ours.shape == reference.shape, f"shape {ours.shape}, expected {reference.shape}"
    a, b = np.asarray(ours, np.float64), np.asarray(reference, np.float64)
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    difference = np.where(same, 0.0, a - b)
    if not np.isfinite(difference).all():
        return float("inf")
    scale = float(np.linalg.norm(b[np.isfinite(b)]))
    error = float(np.linalg.norm(difference))
    return error / scale if scale else error


def compare_outputs(
    ours: Mapping[str, Array], reference: Mapping[str, Array], *, tolerance: float = 1e-4
) -> dict[str, float]:
    """Asserts that each of `ours` is like the one of `reference` under its name; returns the relative errors.

    Outputs of detections, [1, 1, K, 7], are compared as such.
    """
    errors: dict[str, float] = {}
    for name, value in ours.items():
        assert name in reference, f"OpenVINO has no output {name!r}, only {sorted(reference)}"
        expected = reference[name]
        assert value.dtype == expected.dtype, f"{name}: type {value.dtype}, expected {expected.dtype}"
        if is_detections(value):
            match_detections(value, expected)
            errors[name] = 0.0
            continue
        errors[name] = relative_error(value, expected)
        assert errors[name] <= tolerance, f"{name}: relative error {errors[name]:.3g} is above {tolerance}"
    return errors


def is_detections(value: Array) -> bool:
    """Whether `value` looks like the result of a detection layer."""
    return value.ndim == 4 and value.shape[:2] == (1, 1) and value.shape[3] == 7


def detection_rows(value: Array) -> Array:
    """The rows of image, label, confidence and box that are filled."""
    rows = value.reshape(-1, 7)
    ends = np.flatnonzero(rows[:, 0] < 0)
    return rows[: ends[0]] if ends.size else rows


def overlap(a: Array, b: Array) -> Array:
    """Intersection over union of each box of `a` with each of `b`, both [n, 4]; equal boxes give 1."""
    low = np.maximum(a[:, None, :2], b[None, :, :2])
    high = np.minimum(a[:, None, 2:], b[None, :, 2:])
    inner = np.prod(np.clip(high - low, 0, None), axis=2)
    areas = [np.prod(np.clip(x[:, 2:] - x[:, :2], 0, None), axis=1) for x in (a, b)]
    union = areas[0][:, None] + areas[1][None, :] - inner
    same = (np.abs(a[:, None] - b[None]) < 1e-6).all(axis=2)
    return np.where(same, 1.0, inner / np.where(union > 0, union, 1.0))


@dataclass(frozen=True)
class DetectionMatch:
    """What `match_detections` found: how many pairs, and the rows of each side that have no partner."""

    pairs: int
    ours: Array
    reference: Array


def match_detections(
    ours: Array,
    reference: Array,
    *,
    score: float = 1e-3,
    iou: float = 0.99,
    tie: float = 1e-5,
) -> DetectionMatch:
    """Asserts that two results of a detection layer name the same objects, in any order among equal scores.

    Each row must have a partner with the same image and label, a confidence that differs by at most `score`, and a box
    that overlaps by more than `iou`. A row may be without one only where a tie makes the choice arbitrary: the
    confidences of both sides, sorted, agree (so that both kept as many of each), and its own is shared, up to `tie`,
    by another row or by the last that was kept.
    """
    a, b = detection_rows(ours), detection_rows(reference)
    near = (
        (a[:, None, 0] == b[None, :, 0])
        & (a[:, None, 1] == b[None, :, 1])
        & (np.abs(a[:, None, 2] - b[None, :, 2]) <= score)
    )
    quality = np.where(near, overlap(a[:, 3:], b[:, 3:]), 0.0)
    taken = np.zeros(len(b), bool)
    lonely: list[int] = []
    for row in range(len(a)):
        candidates = np.where(taken, 0.0, quality[row])
        best = int(np.argmax(candidates)) if len(b) else -1
        if best >= 0 and candidates[best] > iou:
            taken[best] = True
        else:
            lonely.append(row)
    result = DetectionMatch(len(a) - len(lonely), a[lonely], b[~taken])
    if not lonely and taken.all():
        return result
    text = f"without a partner: {len(lonely)} of our {len(a)}, {int((~taken).sum())} of {len(b)} expected"
    assert len(a) == len(b), f"{text}; a tie would keep as many"
    difference = float(np.abs(np.sort(a[:, 2]) - np.sort(b[:, 2])).max())
    assert difference <= score, f"{text}; confidences differ by {difference:.3g}, so it is no tie"
    for rows, all_rows in ((result.ours, a), (result.reference, b)):
        last = all_rows[:, 2].min()
        for row in rows:
            alike = int((np.abs(all_rows[:, 2] - row[2]) <= tie).sum())
            assert alike > 1 or abs(row[2] - last) <= tie, f"{text}; {row.tolist()} is no tie"
    return result

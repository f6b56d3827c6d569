"""The trained detectors find on real images what OpenVINO's fp32 results, kept beside the images, say is there.

How the images were fed was found by trying: Pillow's bilinear filter, blue-green-red, 0..255 reproduces the list to
its last digit. The list holds what scores above 0.5, rounded to four decimals.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import models as test_models
import pytest

from arhat.cli.detections import Detection, detections_of, iou
from arhat.cli.inputs import InputInfo, Preprocessing, image_array, read_image
from arhat.compiler import compile_model, write_project
from arhat.runtime import build_project, load

QUICK = "face-detection-retail-0004/FP32-v10 @ sample_faces.jpg"
THRESHOLD = 0.5
ROUNDING = 1e-4  # two numbers that near may be the same but for four decimals


def golden() -> dict[str, list[list[float]]]:
    folder = test_models.models_folder()
    if folder is None:
        return {}
    group1 = {model.id for model in test_models.group1_models()}
    lists: dict[str, list[list[float]]] = json.loads(
        (folder / "images" / "golden_detections.json").read_text()
    )
    return {key: rows for key, rows in lists.items() if key.split(" @ ")[0] in group1}


def parameters() -> list[Any]:
    slow = [
        pytest.mark.slow,
        pytest.mark.skipif(not test_models.all_requested(), reason="slow; set ARHAT_ALL_MODELS=1 to run it"),
    ]
    found = [pytest.param(key, id=key, marks=[] if key == QUICK else slow) for key in golden()]
    skip = pytest.mark.skip(reason=test_models.NEEDS_MODELS)
    return found or [pytest.param("", id="no models", marks=skip)]


def agrees(ours: Detection, theirs: Detection) -> bool:
    if ours.label != theirs.label or abs(ours.score - theirs.score) > 1e-3:
        return False
    near = all(abs(a - b) <= ROUNDING for a, b in zip(ours.box, theirs.box, strict=True))
    return near or iou(ours.box, theirs.box) > 0.99


@pytest.mark.parametrize("key", parameters())
def test_detector_finds_what_is_there(key: str, tmp_path: Path) -> None:
    name, picture = key.split(" @ ")
    expected = [Detection(int(row[0]), row[1], (row[2], row[3], row[4], row[5])) for row in golden()[key]]
    folder = write_project(compile_model(test_models.model(name).xml), tmp_path / "out")
    build_project(folder, native=True)
    with load(folder, build=False) as model:
        info = model.inputs[0]
        image = read_image(test_models.picture(picture))
        array = image_array(image, InputInfo(info.name, info.shape, info.dtype), Preprocessing())
        output = next(iter(model({info.name: array}).values()))
    found = detections_of(output, THRESHOLD)
    free = list(expected)
    for one in found:
        partner = next((other for other in free if agrees(one, other)), None)
        assert partner is not None, f"{one} is not in the list; what is left there: {free}"
        free.remove(partner)
    assert free == [], "these were not found"
    assert len(found) > 0

"""Real quantised detectors: the program's integers against OpenVINO in f32, level by level, and what they detect.

What is compared how: docs/quantization.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from models import (
    Array,
    Model,
    all_models,
    detection_rows,
    is_detections,
    model_inputs,
    model_parameters,
    openvino_outputs,
    overlap,
    raise_to_f32,
)
from sweeps import build_program

from arhat.cli.verify import LIMITS, Report, as_text, compare_all, openvino_reference
from arhat.compiler import lower
from arhat.dialects.arhat import DetectionOutputOp
from arhat.importers.openvino import import_openvino
from arhat.runtime.loader import Model as Program

DETECTORS = (
    "face-detection-0200/FP16-INT8-v11",
    "face-detection-adas-0001/FP16-INT8-v10",
    "face-detection-adas-0001/FP16-INT8-v11",
    "face-detection-retail-0004/FP16-INT8-v10",
    "face-detection-retail-0004/FP16-INT8-v11",
    "pedestrian-detection-adas-0002/FP16-INT8-v10",
    "pedestrian-detection-adas-0002/FP16-INT8-v11",
    "person-vehicle-bike-detection-2002/FP16-INT8-v11",
    "person-vehicle-bike-detection-crossroad-0078/FP16-INT8-v11",
)
CONFIDENT = 0.5
"""Detections above this, the confidence at which detectors are used, must be found by the other side."""
FLOAT_SCORE, FLOAT_IOU = 0.05, 0.9
"""How far the integers may be off the same network in f32, where every level is rounded the same but for ties."""
INTEGER_SCORE, INTEGER_IOU = 0.12, 0.85
"""How far off OpenVINO's integers, which saturate on processors without VNNI and are off its own f32 by this much."""


def openvino_integers(xml: Path, inputs: dict[str, Array]) -> list[Array]:
    """OpenVINO's own result of a quantised model, on integers."""
    openvino = pytest.importorskip("openvino", reason="OpenVINO is not installed")
    core = openvino.Core()
    settings: dict[str, Any] = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 2}
    compiled = core.compile_model(core.read_model(str(xml)), "CPU", settings)
    request = compiled.create_infer_request()
    request.infer({port: inputs[port.get_node().get_friendly_name()] for port in compiled.inputs})
    return [request.get_output_tensor(i).data.copy() for i in range(len(compiled.outputs))]


def without_partner(a: Array, b: Array, score: float, iou: float) -> list[list[float]]:
    """The confident detections of `a` that have none of their own in `b`."""
    rows, others = detection_rows(a), detection_rows(b)
    taken = np.zeros(len(others), bool)
    lonely: list[list[float]] = []
    for row in rows[rows[:, 2] >= CONFIDENT]:
        near = ~taken & (others[:, 1] == row[1]) & (np.abs(others[:, 2] - row[2]) <= score)
        quality = np.where(near, overlap(row[None, 3:], others[:, 3:])[0], 0)
        best = int(quality.argmax()) if len(others) else -1
        if best >= 0 and quality[best] >= iou:
            taken[best] = True
        else:
            lonely.append(row.tolist())
    return lonely


def same_objects(a: Array, b: Array, suppressed: float) -> None:
    """Asserts that every confident detection of `a` has its own in `b`.

    Of two boxes that overlap by more than `suppressed` the one with the higher score is kept: where the scores are
    nearer than what is allowed, either may be. One such pair in a picture is let pass.
    """
    others = without_partner(a, b, FLOAT_SCORE, FLOAT_IOU)
    assert len(others) <= 1, others
    assert without_partner(a, b, FLOAT_SCORE, suppressed) == []


def same_but_for_saturation(ours: Array, theirs: Array, in_float: Array, suppressed: float) -> None:
    """What only one side's integers find is where OpenVINO's are off its own f32, but for one pair as above."""
    astray = without_partner(theirs, in_float, INTEGER_SCORE, INTEGER_IOU)
    rest = [row for row in without_partner(theirs, ours, INTEGER_SCORE, INTEGER_IOU) if row not in astray]
    other_of_a_pair = without_partner(theirs, ours, INTEGER_SCORE, suppressed)
    assert len(rest) <= 1 and all(row not in other_of_a_pair for row in rest)
    missed = without_partner(in_float, theirs, INTEGER_SCORE, INTEGER_IOU)
    assert len(without_partner(ours, theirs, INTEGER_SCORE, INTEGER_IOU)) <= len(missed) + len(rest)


@pytest.mark.parametrize("model", model_parameters([m for m in all_models() if m.id in DETECTORS]))
def test_detector_on_integers(model: Model, tmp_path: Path) -> None:
    module = import_openvino(model.xml)
    (tail,) = [op for op in module.walk() if isinstance(op, DetectionOutputOp)]
    suppressed = tail.nms_threshold.value.data
    lower(module)
    integers = sum(op.name == "cpu.quantized_conv" for op in module.walk())
    assert integers > sum(op.name == "cpu.conv" for op in module.walk())
    layers: dict[str, Array] = {}
    with Program(*build_program(module, tmp_path), threads=2) as program:
        inputs = model_inputs(model, {info.name: (info.shape, info.dtype) for info in program.inputs})

        def keep(info: Any, array: Array) -> None:
            if info.layers:
                layers[info.layers[-1]] = array.copy()

        outputs = program.watch(keep, inputs)
    limits = LIMITS["f32"]
    reference = openvino_reference(model.xml, inputs, layers, limits.output)
    report = Report(model.id, "cpu", reference.name, limits, "picture")
    compare_all(report, outputs, layers, reference)
    assert report.levels
    assert report.ok, as_text(report, 5)
    openvino = pytest.importorskip("openvino", reason="OpenVINO is not installed")
    loaded = openvino.Core().read_model(str(model.xml))
    raise_to_f32(loaded)
    in_float = openvino_outputs(loaded, inputs)
    in_integers = openvino_integers(model.xml, inputs)
    detections = {name: array for name, array in outputs.items() if is_detections(array)}
    assert detections
    for (name, array), theirs in zip(detections.items(), filter(is_detections, in_integers), strict=True):
        assert (detection_rows(array)[:, 2] >= CONFIDENT).any()
        same_objects(array, in_float[name], suppressed)
        same_objects(in_float[name], array, suppressed)
        same_but_for_saturation(array, theirs, in_float[name], suppressed)

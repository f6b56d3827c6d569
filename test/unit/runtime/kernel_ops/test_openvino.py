"""DetectionOutput and Interpolate as printed for the cpu target against OpenVINO itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from unit.runtime.kernel_ops.kernel_cases import CASES, Case
from unit.runtime.kernel_ops.kernel_program import Program

from arhat.dialects.kernel import DetectionOutputOp, InterpolateOp
from arhat.weights import Array

CODES = {"corner": "caffe.PriorBoxParameter.CORNER", "center_size": "caffe.PriorBoxParameter.CENTER_SIZE"}


def parameters_of(case: Case) -> dict[str, Any]:
    """The attributes of an op as OpenVINO wants them."""
    ours = ("scratch_bytes", "input_is_logits", "num_classes", "axes", "sizes", "scales")
    return {k: v for k, v in case.op.parameters().items() if k not in ours}


def openvino_result(case: Case, operands: list[Array]) -> Array:
    """What OpenVINO's CPU plugin computes, in f32."""
    ov = pytest.importorskip("openvino", reason="OpenVINO is not installed")
    inputs = [ov.opset11.parameter(list(array.shape), array.dtype) for array in operands]
    attributes = parameters_of(case)
    if isinstance(case.op, DetectionOutputOp):
        attributes["code_type"] = CODES[attributes["code_type"]]
        attributes["keep_top_k"] = np.array(attributes["keep_top_k"], np.int32)
        for name in ("nms_threshold", "confidence_threshold", "objectness_score"):
            attributes[name] = np.float32(attributes[name])
        node = ov.opset8.detection_output(*inputs[:3], attributes, *inputs[3:])
    else:
        # With sizes given, OpenVINO takes the scales from them.
        sizes, axes = np.array(case.op.sizes.get_values()), np.array(case.op.axes.get_values())
        attributes["pads_begin"], attributes["pads_end"] = [0] * 4, [0] * 4
        attributes["coordinate_transformation_mode"] = attributes.pop("coordinate_transformation")
        node = ov.opset11.interpolate(
            inputs[0], sizes, shape_calculation_mode="sizes", axes=axes, **attributes
        )
    model = ov.Model([node], inputs)
    compiled = ov.Core().compile_model(
        model, "CPU", {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
    )
    return np.array(compiled(operands)[0])


DETECTIONS = [
    case
    for case in CASES
    if isinstance(case.op, DetectionOutputOp)
    and case.op.code_type.data in CODES
    and not case.op.input_is_logits.value.data
]


@pytest.mark.parametrize("case", DETECTIONS, ids=[case.name for case in DETECTIONS])
def test_detection_output(program: Program, case: Case) -> None:
    for seed in range(10, 14):
        operands = case.operands(seed)
        actual, expected = program.run(case, operands), openvino_result(case, operands)
        np.testing.assert_array_equal(actual[..., :2], expected[..., :2])
        np.testing.assert_allclose(actual[..., 2:], expected[..., 2:], rtol=1e-5, atol=1e-5)


# The plugin leaves antialiasing out.
RESIZES = [
    case
    for case in CASES
    if isinstance(case.op, InterpolateOp)
    and case.name.split()[2] not in ("scales", "channels", "one", "all", "padded", "antialias")
    and "nhwc" not in case.name
]


@pytest.mark.parametrize("case", RESIZES, ids=[case.name for case in RESIZES])
def test_interpolate(program: Program, case: Case) -> None:
    operands = case.operands(10)
    expected = openvino_result(case, operands)
    np.testing.assert_allclose(program.run(case, operands), expected, rtol=3e-5, atol=1e-5)

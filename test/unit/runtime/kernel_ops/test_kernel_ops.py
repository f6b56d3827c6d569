"""Every kernel, as printed for the cpu target, does what its op means."""

from __future__ import annotations

import numpy as np
import pytest
from unit.runtime.kernel_ops.kernel_cases import CASES, Case
from unit.runtime.kernel_ops.kernel_program import Program

from arhat.dialects.kernel import DetectionOutputOp, ElementwiseOp
from arhat.interpreters import evaluate_op
from arhat.weights import Array


def same_detections(actual: Array, expected: Array) -> None:
    """Same rows in the same order, numbers up to rounding."""
    np.testing.assert_array_equal(actual[..., :2], expected[..., :2])
    np.testing.assert_allclose(actual[..., 2:], expected[..., 2:], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_kernel(program: Program, case: Case) -> None:
    for seed in range(case.seeds):
        operands = case.operands(seed)
        expected = case.expected(operands)
        actual = program.run(case, operands, threads=1 + 2 * (seed % 2))
        if isinstance(case.op, DetectionOutputOp):
            same_detections(actual, expected)
        elif expected.dtype.kind == "f":
            np.testing.assert_allclose(actual, expected, case.rtol, case.atol, strict=True)
        else:
            np.testing.assert_array_equal(actual, expected, strict=True)


GENERATED = [case for case in CASES if isinstance(case.op, ElementwiseOp)]


@pytest.mark.parametrize("case", GENERATED, ids=[case.name for case in GENERATED])
def test_meaning_of_region(case: Case) -> None:
    operands = case.operands(0)
    (actual,) = evaluate_op(case.op, operands)
    expected = case.expected(operands)
    if expected.dtype.kind == "f":
        np.testing.assert_allclose(actual, expected, max(case.rtol, 1e-5), 1e-6, strict=True)
    else:
        np.testing.assert_array_equal(actual, expected, strict=True)


def test_detections_are_found() -> None:
    """The scenes of the detection cases are not trivial."""
    for case in CASES:
        if isinstance(case.op, DetectionOutputOp) and case.name != "detection nothing":
            rows = case.expected(case.operands(0)).reshape(-1, 7)
            assert (rows[:, 2] > 0).sum() >= 5, case.name

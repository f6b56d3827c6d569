"""Kernels as a GPU runs them do what their ops mean: cases of the cpu target, with the other functions."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pytest
from unit.runtime.kernel_ops.kernel_cases import CASES, Case
from unit.runtime.kernel_ops.kernel_program import Program, build, source

from arhat.dialects import kernel
from arhat.emit.kernels_cuda import detection_output_scratch

FUNCTIONS = {
    "detection_output": "detection_output_blocks",
    "softmax": "softmax_blocks",
    "reduce": "reduce_blocks",
    "mvn": "mvn_blocks",
    "normalize_l2": "normalize_l2_blocks",
    "elementwise": "elementwise_packs",
    "elementwise_scalar": "elementwise_packs",
    "strided_copy": "strided_copy_tiles",
}
"""What the functions for CPUs are called where a GPU runs another one."""
HEADERS = ("detection_blocks", "group_blocks")
CALL = re.compile(rf"^({'|'.join(FUNCTIONS)})(?=(<[\w:]+>)?\((f\.))")
ELEMENTWISE = ("broadcast", "layout", "long", "chain", "half", "convert", "select", "mask")


def changed(case: Case, lines: list[str]) -> list[str] | None:
    """The lines of a case that calls such a function."""
    if isinstance(case.op, kernel.ElementwiseOp) and not case.name.startswith(ELEMENTWISE):
        return None
    new = [CALL.sub(lambda match: FUNCTIONS[match[1]], line) for line in lines]
    if new == lines:
        return None
    if isinstance(case.op, kernel.DetectionOutputOp):
        said = f"detection_output_scratch_cuda(params) == {detection_output_scratch(case.op)}"
        new = [re.sub(r"detection_output_scratch\(params\) == \d+", said, line) for line in new]
    return new


TEXT = source(changed)
CHANGED = [case for number, case in enumerate(CASES) if f"void case_{number}(" in TEXT]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    flags = [word for name in HEADERS for word in ("-include", f"arhat/kernels/{name}.hpp")]
    running = Program(build("sanitized", tmp_path_factory.mktemp("meanings"), TEXT, flags))
    yield running
    running.close()


def test_all_functions_are_called() -> None:
    for function in FUNCTIONS.values():
        assert re.search(rf"\b{function}\b", TEXT), function


@pytest.mark.parametrize("case", CHANGED, ids=[case.name for case in CHANGED])
def test_meaning(program: Program, case: Case) -> None:
    detection = isinstance(case.op, kernel.DetectionOutputOp)
    scratch = detection_output_scratch(case.op) if isinstance(case.op, kernel.DetectionOutputOp) else None
    for seed in range(case.seeds):
        operands = case.operands(seed)
        expected = case.expected(operands)
        actual = program.run(case, operands, threads=1 + 2 * (seed % 2), scratch=scratch)
        if detection:
            np.testing.assert_array_equal(actual[..., :2], expected[..., :2])
        if expected.dtype.kind == "f":
            np.testing.assert_allclose(actual, expected, max(case.rtol, 1e-5), max(case.atol, 1e-5))
        else:
            np.testing.assert_array_equal(actual, expected, strict=True)

"""The single-operator models of all sweeps: exported and imported again they say the same, and do so in OpenVINO."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
import sweeps
from structure import structure

from arhat.exporters.openvino import export_openvino
from arhat.importers.openvino import import_openvino
from arhat.interpreters import evaluate

FOLDER = Path(__file__).parents[1] / "sweeps"
EXAMPLES = 5
"""Of each operator half as many, in the ordinary profile."""


def _load(path: Path) -> Any:
    """A file of sweeps as a module, whatever its folder is to Python's imports."""
    if str(FOLDER) not in sys.path:
        sys.path.insert(0, str(FOLDER))
    spec = importlib.util.spec_from_file_location(f"exported_{path.stem}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


OF_ITS_OWN_LENGTH = {
    f"arhat.{kind}" for kind in ("non_max_suppression", "multiclass_nms", "matrix_nms", "non_zero")
}
"""Results with a length that depends on data: a module states the most, which OpenVINO says in other words."""

CRASHES = {"ExperimentalDetectronROIFeatureExtractor"}
"""Operators that OpenVINO's CPU plugin computes, but reads foreign memory for what they are made of."""

RESAMPLE = "arhat.resample"
"""Along other axes than the last two it is written with reshapes around it."""

FILES = [path for path in sorted(FOLDER.glob("test_*.py")) if "= Sweep()" in path.read_text(encoding="utf-8")]


@cache
def _core() -> Any:
    return ov.Core()


def _run(path: Path, inputs: list[Any]) -> list[Any]:
    settings = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
    request = _core().compile_model(path, "CPU", settings).create_infer_request()
    request.infer([np.array(array) for array in inputs], share_inputs=False)
    return [np.array(request.get_output_tensor(i).data) for i in range(len(request.output_tensors))]


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_round_trip(path: Path, tmp_path: Path) -> None:
    found = [value for value in vars(_load(path)).values() if type(value).__name__ == "Sweep"]
    assert found, f"{path.name} has no sweep"
    cases = [
        (operator.name, case)
        for sweep in found
        for operator in sweep.operators.values()
        for case in sweeps._examples(operator, EXAMPLES)  # pyright: ignore[reportPrivateUsage]
    ]
    # Most agree: they are looked at one by one only where they do not agree all together.
    crashing = [case for name, case in cases if name in CRASHES]
    _check_structure(crashing, tmp_path, False)
    cases = [(name, case) for name, case in cases if name not in CRASHES]
    try:
        _check([case for _, case in cases], tmp_path)
        return
    except Exception:  # which of them, and why, is seen below
        pass
    failures: list[str] = []
    for name, case in cases:
        try:
            _check([case], tmp_path)
        except Exception as error:
            failures.append(f"{name} {case}: {type(error).__name__}: {' '.join(str(error).split())[:600]}")
    assert not failures, f"{len(failures)} cases fail\n" + "\n".join(failures)


def _check(cases: Sequence[Any], folder: Path) -> None:
    """Those that OpenVINO's CPU plugin is known to get wrong, or to crash on, are not run by it."""
    _check_structure([case for case in cases if case.expected is not None], folder, False)
    _check_structure([case for case in cases if case.expected is None], folder, True)


def _check_structure(cases: Sequence[Any], folder: Path, run: bool) -> None:
    if not cases:
        return
    first, second = folder / "first.xml", folder / "second.xml"
    ov.save_model(sweeps.build_model(cases), first, compress_to_fp16=False)
    module = import_openvino(first)
    export_openvino(module, second)
    inputs = [array for case in cases for array in case.inputs]
    if any(op.name in OF_ITS_OWN_LENGTH for op in module.walk()):
        _compare(_run(second, inputs), list(evaluate(module, inputs).values()))
        return
    again = import_openvino(second)
    if any(
        op.axis.value.data < len(op.result.type.get_shape()) - 2
        for op in module.walk()
        if op.name == RESAMPLE
    ):
        _compare(list(evaluate(again, inputs).values()), list(evaluate(module, inputs).values()))
        return
    assert structure(again) == structure(module)
    if not run:
        return
    try:
        theirs = _run(first, inputs)
    except RuntimeError:
        assert len(cases) == 1  # OpenVINO's CPU plugin does not have it, or not for these types
        return
    _compare(_run(second, inputs), theirs, max(max(case.rtol, case.atol) for case in cases))


def _compare(ours: list[Any], theirs: list[Any], tolerance: float = 1e-5) -> None:
    for a, b in zip(ours, theirs, strict=True):
        assert a.dtype == b.dtype
        if a.dtype.kind in "biu":
            np.testing.assert_array_equal(a, b, strict=True)
        else:
            np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance, strict=True)

"""Compares programs of the trt target, run with the stand-in, with the NumPy meaning of what they were emitted from."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from cudnn.emulator import compare
from cudnn.emulator.compare import Array, Report, relative
from xdsl.dialects.builtin import ModuleOp

from trt import standin

__all__ = ["Array", "Report", "relative", "run"]


def run(
    module: ModuleOp,
    inputs: Mapping[str, Array],
    folder: Path,
    tolerance: float,
    major: int = standin.MAJORS[-1],
) -> Report:
    """As for the cudnn target: outputs, and every value that can be watched; `folder` is made."""
    return compare.run(
        module, inputs, folder, tolerance, "trt", lambda project, out: standin.build(project, out, major)
    )

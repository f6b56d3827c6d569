"""Compares emulated programs with the NumPy meaning of what they were emitted from, value by value."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from xdsl.dialects.builtin import ModuleOp

from arhat.compiler import write_project
from arhat.interpreters import evaluate
from arhat.layers import layers_of
from arhat.runtime.loader import Model, TensorInfo
from cudnn.emulator import emulator

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass
class Report:
    """How far outputs are off, and what the first value is that is off by more than the tolerance."""

    outputs: dict[str, float] = field(default_factory=dict[str, float])
    results: dict[str, Array] = field(default_factory=dict[str, Array])
    references: dict[str, Array] = field(default_factory=dict[str, Array])
    seen: int = 0
    first_off: str = ""

    @property
    def worst(self) -> float:
        """Of the outputs."""
        return max(self.outputs.values(), default=0.0)


def relative(ours: Array, theirs: Array) -> float:
    """Frobenius norm of the difference as a share of the reference's; infinite where other elements are not finite."""
    a, b = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
    if a.shape != b.shape or not np.array_equal(np.isfinite(a), np.isfinite(b)):
        return float("inf")
    keep = np.isfinite(b)
    return float(np.linalg.norm(a[keep] - b[keep])) / (float(np.linalg.norm(b[keep])) or 1.0)


def run(
    module: ModuleOp,
    inputs: Mapping[str, Array],
    folder: Path,
    tolerance: float,
    target: str = "cudnn",
    build: Callable[[Path, Path], tuple[Path, Path]] = emulator.build,
) -> Report:
    """Emits `module` (at the end of the target's pipeline), builds it for the host, runs it by launches and by a graph.

    Both have to give the same bits. `folder` is made.
    """
    folder.mkdir(parents=True)
    project = write_project(module, folder / "project", target)
    library, weights = build(project, folder / "built")
    report = Report()
    values: dict[tuple[tuple[str, ...], tuple[int, ...]], list[Array]] = {}

    def note(op: Any, results: Any) -> None:
        for result in results:
            key = tuple(layer.layer_name for layer in layers_of(op)), np.asarray(result).shape
            values.setdefault(key, []).append(np.asarray(result))

    references = [np.asarray(value) for value in evaluate(module, dict(inputs), on_result=note).values()]

    def look(info: TensorInfo, array: Array) -> None:
        candidates = values.get((info.layers, array.shape), [])
        if not candidates:
            return
        report.seen += 1
        off = min(relative(array, candidate) for candidate in candidates)
        if not off <= tolerance and not report.first_off:
            report.first_off = f"{info} of {', '.join(info.layers)} is off by {off:.3g}"

    with Model(library, weights) as model:
        # By place: inputs without names are called otherwise here and there.
        given = {info.name: array for info, array in zip(model.inputs, inputs.values(), strict=True)}
        report.references = {info.name: a for info, a in zip(model.outputs, references, strict=True)}
        report.results = dict(model(given))
        model.reset_state()
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "values are watched in a second engine")
            model.watch(look, given)
        model.reset_state()
        again = model(given)
    for name, array in report.results.items():
        assert array.tobytes() == again[name].tobytes(), f"{name} changes from run to run"
        report.outputs[name] = relative(array, report.references[name])
    return report

"""Checks one built project against its references, in a process of its own; prints one line of JSON.

python -m gpu.check_one PROJECT PRECISION
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from arhat.runtime.loader import Model, TensorInfo
from gpu import seeded
from gpu.run import RUNS, TOLERANCES

Array = np.ndarray[Any, np.dtype[Any]]


def relative(ours: Array, theirs: Array) -> float:
    """Frobenius norm of the difference as a share of the reference's; infinite where a number is not finite."""
    a, b = ours.astype(np.float64).reshape(-1), theirs.astype(np.float64).reshape(-1)
    if not np.array_equal(np.isfinite(a), np.isfinite(b)):
        return float("inf")
    keep = np.isfinite(b)
    norm = float(np.linalg.norm(b[keep]))
    return float(np.linalg.norm(a[keep] - b[keep])) / (norm or 1.0)


def same_rows(ours: Array, theirs: Array, tolerance: float) -> float:
    """Share of the reference's detections [.., 7] with a partner: same image and class, near in all numbers."""
    a, b = (x.reshape(-1, 7)[x.reshape(-1, 7)[:, 0] >= 0] for x in (ours, theirs))
    free = np.ones(len(a), bool)
    found = 0
    for row in b:
        near = free & (a[:, 0] == row[0]) & (a[:, 1] == row[1])
        near &= (np.abs(a[:, 2:] - row[2:]) <= 10 * tolerance * (1 + np.abs(row[2:]))).all(1)
        if near.any():
            free[int(np.argmax(near))] = False
            found += 1
    return found / len(b) if len(b) else 1.0


def check(project: Path, precision: str) -> dict[str, Any]:
    """Every value that the program shows, its outputs, and whether a hundred runs give the same bits."""
    notes = json.loads((project / "reference.json").read_text())
    reference = np.load(project / "reference.npz")
    inputs = seeded.inputs(project)
    tolerance = TOLERANCES[precision]
    queue = list(notes["values"])
    worst = {"relative": 0.0}
    first_off: dict[str, Any] | None = None
    seen = 0

    library = json.loads((project / "manifest.json").read_text())["library"]
    with Model(project / "build" / f"lib{library}.so", project / seeded.WEIGHTS) as model:

        def look(info: TensorInfo, array: Array) -> None:
            nonlocal first_off, seen
            layers = "\n".join(info.layers)
            place = next(
                (i for i, r in enumerate(queue) if r["layers"] == layers and r["shape"] == list(array.shape)),
                None,
            )
            if place is None:
                return
            row = queue.pop(place)
            expected = reference[row["key"]]
            flat = np.asarray(array).reshape(-1)
            picked = flat[seeded.sample(flat.size, row["key"], seeded.SAMPLES)]
            scale = max(row["norm"] * np.sqrt(len(picked)), 1e-30)
            off = float(np.linalg.norm(picked.astype(np.float64) - expected.astype(np.float64))) / scale
            seen += 1
            entry = {"relative": off, "op": row["op"], "layers": layers, "shape": row["shape"]}
            if off > worst["relative"]:
                worst.update(entry)
            if not off <= 4 * tolerance and first_off is None:
                first_off = entry

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that TensorRT builds an engine of its own for it
            model.watch(look, inputs)
        results = model(inputs)
        outputs: dict[str, Any] = {}
        ok = True
        for name, array in results.items():
            if f"sample/{name}" in reference:
                flat = np.asarray(array).reshape(-1)
                off = relative(
                    flat[seeded.sample(flat.size, name, seeded.LARGE_SAMPLES)], reference[f"sample/{name}"]
                )
            else:
                off = relative(np.asarray(array), reference[f"output/{name}"])
            outputs[name] = {"relative": off}
            good = off <= tolerance
            if not good and array.shape[-1:] == (7,) and f"output/{name}" in reference:
                matched = same_rows(np.asarray(array), reference[f"output/{name}"], tolerance)
                outputs[name]["matched"] = matched
                good = matched >= (1.0 if precision == "f32" else 0.98)
            ok = ok and good
        same = all(
            np.array_equal(a.view(np.uint8), b.view(np.uint8))
            for _ in range(RUNS)
            for a, b in zip(model(inputs).values(), results.values(), strict=True)
        )
    return {
        "ok": ok and same,
        "outputs": outputs,
        "values": seen,
        "first_off": first_off,
        "worst": worst,
        "deterministic": same,
    }


if __name__ == "__main__":
    print(json.dumps(check(Path(sys.argv[1]), sys.argv[2])))

"""16-bit floats: as near to the network as the format is, on every level the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from unit.passes.cpu_networks import network
from unit.passes.test_cpu import an_input, run

from arhat.compiler import import_model
from arhat.dialects.arhat.base import element_of
from arhat.interpreters import evaluate
from arhat.runtime import build_project, load
from arhat.weights import clone_module

Array = np.ndarray[Any, np.dtype[Any]]
SHAPES = Path(__file__).resolve().parents[3] / "examples" / "shapes" / "model.xml"
STEP = {"f16": 2.0**-11, "bf16": 2.0**-8}
"""Half the distance of neighbours, relative."""


def relative(a: Array, b: Array) -> float:
    return float(
        np.linalg.norm(np.float64(a) - np.float64(b)) / max(float(np.linalg.norm(np.float64(b))), 1e-30)
    )


@pytest.mark.parametrize("to", ["f16", "bf16"])
@pytest.mark.parametrize("seed", range(6))
def test_legalized_is_the_same_to_the_bit(seed: int, to: str) -> None:
    module = network(seed)
    x = an_input(module)
    exact = evaluate(clone_module(module), [x])
    run(f"optimize,convert-precision{{to={to}}},fold-constants", module)
    converted = [op for op in module.walk() if any(str(element_of(r)) == to for r in op.results)]
    low = evaluate(clone_module(module), [x])
    run("legalize-precision,fold-constants,common-subexpression-elimination,dce", module)
    legal = evaluate(module, [x])
    for name in exact:
        np.testing.assert_array_equal(legal[name], low[name])
        # Errors of single roundings add up over a network; relative to their number they stay within a few steps.
        assert relative(low[name], exact[name]) < 4 * STEP[to] * max(1, len(converted)) ** 0.5
    if converted:
        assert any(relative(low[name], exact[name]) > 0 for name in exact)


@pytest.mark.parametrize("to", ["f16", "bf16"])
def test_the_emitted_program(to: str, tmp_path: Path) -> None:
    from arhat.compiler import write_project

    module = import_model(SHAPES)
    image = np.random.default_rng(3).uniform(0, 255, (1, 3, 160, 160)).astype(np.float32)
    run(f"optimize,convert-precision{{to={to}}},legalize-precision,fold-constants", module)
    expected: dict[Any, Array] = {}
    evaluate(clone_module(module), [image], on_result=lambda op, r: expected.update({op.name: r[0]}))
    run("cpu-lower,cpu-plan", module)
    project = write_project(module, tmp_path / "out")
    build_project(project, native=True)
    with load(project, threads=2) as program:
        ours = program({"image": image})["detections"].reshape(-1, 7)
    theirs = expected["arhat.detection_output"].reshape(-1, 7)
    # Sums in another order end on the other side of a rounding now and then: as near as the format, not the same.
    assert (ours[:, 0] >= 0).sum() == (theirs[:, 0] >= 0).sum()
    np.testing.assert_allclose(ours[:8], theirs[:8], atol=8 * STEP[to])

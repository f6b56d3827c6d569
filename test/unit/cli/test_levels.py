"""Levels of quantised layers: a tie is no error, anything else is."""

from __future__ import annotations

import numpy as np
import pytest

from arhat.cli.levels import Quantizer, compare_levels, floats
from arhat.weights import Array


def quantizer(low: float = 0.0, high: float = 2.55, levels: int = 256) -> Quantizer:
    bounds = [np.asarray(value, np.float64) for value in (low, high, low, high)]
    return Quantizer(levels, *bounds)


def values(*numbers: float) -> Array:
    return np.asarray(numbers, np.float32)


def test_equal_levels_agree() -> None:
    result = quantizer().compare("fq", values(0.0, 0.5, 2.55), values(-1.0, 0.5001, 7.0), 1e-4)
    assert result.ok
    assert result.moved == 0


def test_the_other_side_of_a_border_is_a_tie() -> None:
    # 0.50499 lies a thousandth of a level below the border between levels 50 and 51.
    result = quantizer().compare("fq", values(0.51), values(0.50499), 1e-4)
    assert result.ok
    assert result.moved == 1
    assert result.farthest == pytest.approx(1e-3, rel=0.01)


@pytest.mark.parametrize("ours", [0.51, 0.49, 0.502])
def test_another_level_or_none_is_wrong(ours: float) -> None:
    assert not quantizer().compare("fq", values(ours), values(0.5), 1e-4).ok


def test_a_larger_tolerance_reaches_farther() -> None:
    assert not quantizer().compare("fq", values(0.51), values(0.504), 1e-4).ok
    assert quantizer().compare("fq", values(0.51), values(0.504), 1e-2).ok


def test_not_a_number_is_wrong() -> None:
    assert not quantizer().compare("fq", values(float("nan")), values(0.5), 1e-4).ok


def test_bytes_are_levels() -> None:
    made = quantizer(-1.28, 1.27).compare("fq", np.array([0, 128, 255], np.uint8), values(-5, 0, 5), 1e-4)
    assert made.ok
    assert made.moved == 0
    layers = {"fq": np.array([0, 128, 255], np.uint8), "pool": np.zeros(3, np.uint8), "y": values(1)}
    back = floats(layers, {"fq": quantizer(-1.28, 1.27)})
    assert list(back) == ["fq", "y"]
    np.testing.assert_allclose(back["fq"], [-1.28, 0, 1.27], atol=1e-6)


def test_equal_bounds_part_what_is_above() -> None:
    bounds = [np.asarray(value, np.float64) for value in (1.0, 1.0, 0.0, 5.0)]
    step = Quantizer(2, *bounds)
    assert step.compare("fq", values(0.0, 5.0), values(1.0, 1.1), 1e-4).ok
    assert not step.compare("fq", values(5.0, 5.0), values(1.0, 1.1), 1e-4).ok


def test_levels_of_weights_are_passed_over() -> None:
    ov = pytest.importorskip("openvino")
    x = ov.opset8.parameter([2], ov.Type.f32)
    quantizers = {name: quantizer() for name in ("fq", "fq_weights")}
    layers = {"fq": values(0.5, 0.1), "fq_weights": values(0.5)}

    def fresh() -> tuple[object, list[Array], dict[str, object]]:
        return ov.Model([ov.opset8.result(x)], [x], "m"), [values(0.5, 0.1)], {"fq": x.output(0)}

    compared = compare_levels(
        fresh, lambda model, feeds: [feeds[0]] * len(model.outputs), layers, quantizers, 1e-4
    )
    assert [one.name for one in compared] == ["fq"] and compared[0].ok

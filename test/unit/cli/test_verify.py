from __future__ import annotations

import json
import math

import numpy as np
import pytest

from arhat.cli.verify import (
    LIMITS,
    Limits,
    Reference,
    Report,
    as_json,
    as_text,
    compare_all,
    difference,
    reference_name,
    relative_difference,
)
from arhat.errors import UserError


def array(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def report() -> Report:
    return Report("m.xml", "cpu", "test", LIMITS["f32"], "none")


def test_relative_difference() -> None:
    assert relative_difference(array(3, 4), array(3, 4)) == (0, 0)
    assert relative_difference(array(3, 4.5), array(3, 4)) == (pytest.approx(0.1), 0.5)
    assert relative_difference(array(0.25), array(0)) == (0.25, 0.25)
    assert relative_difference(array(), array()) == (0, 0)


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_agrees_with_itself_alone(odd: float) -> None:
    assert relative_difference(array(odd, 1), array(odd, 1)) == (0, 0)
    assert relative_difference(array(odd, 1), array(1, 1))[0] == math.inf
    assert relative_difference(array(1, 1), array(odd, 1))[0] == math.inf
    assert relative_difference(array(math.inf), array(-math.inf))[0] == math.inf


def test_integers_do_not_wrap_around() -> None:
    a, b = np.array([0], np.uint8), np.array([255], np.uint8)
    assert relative_difference(a, b) == (1, 255)


def test_tolerance_decides() -> None:
    assert difference("x", array(1.0001), array(1), Limits(2e-4)).ok
    assert not difference("x", array(1.0003), array(1), Limits(2e-4)).ok
    assert not difference("x", array(1, 2), array(1), Limits(1)).ok, "shapes differ"


def test_outputs_are_paired_by_name_and_otherwise_by_place() -> None:
    names = [{"b", "b.0"}, {"a"}]
    by_name = Reference("r", [array(2), array(1)], names, {})
    first = report()
    compare_all(first, {"a": array(1), "b": array(2)}, {}, by_name)
    assert first.ok
    by_place = Reference("r", [array(1), array(2)], [{"x"}, {"y"}], {})
    second = report()
    compare_all(second, {"a": array(1), "b": array(2)}, {}, by_place)
    assert second.ok
    with pytest.raises(UserError, match="1 outputs, the reference 2"):
        compare_all(report(), {"a": array(1)}, {}, by_place)


def test_detections_are_matched_whatever_their_order() -> None:
    rows = np.array([[0, 1, 0.9, 0, 0, 1, 1], [0, 2, 0.8, 0, 0, 1, 1], [-1, 0, 0, 0, 0, 0, 0]], np.float32)
    ours, theirs = rows.reshape(1, 1, 3, 7), rows[[1, 0, 2]].reshape(1, 1, 3, 7)
    assert difference("x", ours, theirs, Limits(1e-4)).ok
    wrong = theirs.copy()
    wrong[0, 0, 0, 3] = 0.5
    assert not difference("x", ours, wrong, Limits(1e-4)).ok


def test_report_lists_the_worst_layers_and_the_first_that_is_off() -> None:
    reference = Reference(
        "r", [array(1)], [{"out"}], {"l1": array(1), "l2": array(1), "l3": array(1), "l4": array(1)}
    )
    layers = {"l1": array(1), "l2": array(1.1), "l3": array(1.3), "l4": array(1, 2), "l5": array(1)}
    result = report()
    compare_all(result, {"out": array(1)}, layers, reference)
    text = as_text(result, 2).splitlines()
    assert "3 layers compared, the worst:" in text
    assert [line.split()[1] for line in text if line.startswith("  ")] == ["l3", "l2"]
    assert "2 layers are past the tolerance, the first: 'l2'" in text
    assert result.not_compared == ["l4", "l5"]
    assert text[-1] == "ok", "outputs decide"


def test_json_has_no_infinities() -> None:
    result = report()
    compare_all(result, {"a": array(math.nan)}, {}, Reference("r", [array(1)], [{"a"}], {}))
    data = json.loads(as_json(result), parse_constant=lambda name: pytest.fail(f"{name} in JSON"))
    assert data["ok"] is False
    assert data["outputs"][0]["relative"] == "inf"
    assert as_text(result, 5).splitlines()[-1] == "FAILED"


def test_names_are_escaped() -> None:
    result = report()
    compare_all(result, {"a\nb": array(1)}, {}, Reference("r", [array(1)], [{"a\nb"}], {}))
    assert "output a\\nb [1]" in as_text(result, 5)


def test_references(monkeypatch: pytest.MonkeyPatch) -> None:
    from arhat.bench import machine

    monkeypatch.setattr(machine, "version_of", lambda _: None)
    assert reference_name("") == "interpreter"
    with pytest.raises(UserError, match="not installed"):
        reference_name("openvino")
    monkeypatch.setattr(machine, "version_of", lambda _: "2026.4")
    assert reference_name("") == "openvino"

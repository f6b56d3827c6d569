"""Sizes that depend on data: what the user sees of them, and what is refused. What they compute is swept elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest

from arhat.cli.verify import up_to_counts
from arhat.dialects.arhat import python_value
from arhat.errors import UserError
from arhat.importers.openvino import import_openvino
from arhat.importers.openvino.bounds import BOUNDED
from arhat.interpreters import evaluate, main_of, output_names

X = np.arange(12, dtype=np.float32).reshape(4, 3)
MASK = np.array([0, 1, 0, 1], np.float32)


def imported(folder: Path, build: Callable[[Any], Any]) -> Any:
    """A model of the rows of a 4x3 matrix that a mask chooses, which `build` does something with."""
    x = ov.opset8.parameter([4, 3], np.float32, name="x")
    mask = ov.opset8.parameter([4], np.float32, name="mask")
    places = ov.opset8.squeeze(ov.opset3.non_zero(mask, "i64"), np.int64([0]))
    node = build(ov.opset8.gather(x, places, np.int64(0)))
    node.set_friendly_name("end")
    node.output(0).set_names({"rows"})
    ov.save_model(ov.Model([node], [x, mask], "bounded"), folder / "model.xml", compress_to_fp16=False)
    return import_openvino(folder / "model.xml")


def test_outputs(tmp_path: Path) -> None:
    module = imported(tmp_path, lambda rows: rows + np.float32([[1]]))
    assert output_names(module) == ["rows", "rows.count"]
    attributes: Any = main_of(module).res_attrs
    assert [python_value(axis) for axis in attributes.data[0].data[BOUNDED]] == [0]
    assert BOUNDED not in attributes.data[1].data
    outputs = evaluate(module, {"x": X, "mask": MASK})
    assert outputs["rows.count"].tolist() == [2]
    assert outputs["rows.count"].dtype == np.int64
    np.testing.assert_array_equal(outputs["rows"][:2], X[[1, 3]] + 1)
    assert (outputs["rows"][2:] == -1).all()
    trimmed = up_to_counts(outputs, module)
    assert list(trimmed) == ["rows"]
    np.testing.assert_array_equal(trimmed["rows"], X[[1, 3]] + 1)


def test_no_rows(tmp_path: Path) -> None:
    module = imported(tmp_path, lambda rows: ov.opset8.concat([rows, rows], 0))
    outputs = evaluate(module, {"x": X, "mask": np.zeros(4, np.float32)})
    assert outputs["rows.count"].tolist() == [0]
    assert (outputs["rows"] == -1).all()


def test_unsigned_fill(tmp_path: Path) -> None:
    module = imported(tmp_path, lambda rows: ov.opset8.convert(rows, "u8"))
    assert not evaluate(module, {"x": X, "mask": MASK})["rows"][2:].any()


@pytest.mark.parametrize(
    ("build", "why"),
    [
        (
            lambda rows: ov.opset8.cum_sum(rows, np.int64(0)),
            "arhat.cum_sum goes over axis 0",
        ),
        (lambda rows: ov.opset8.softmax(rows, 0), "arhat.softmax goes over axis 0"),
        (
            lambda rows: ov.opset8.reduce_mean(rows, np.int64([0]), False),
            "arhat.reduce_mean goes over axis 0",
        ),
        (lambda rows: rows + np.ones((4, 3), np.float32), "it is joined with one of fixed length 4"),
        (
            lambda rows: ov.opset8.strided_slice(rows, [1, 0], [4, 3], [1, 1], [0, 0], [0, 0]),
            "does not begin at",
        ),
        (lambda rows: ov.opset8.tile(rows, np.int64([2, 1])), "axis 0 is repeated"),
        (
            lambda rows: ov.opset8.matmul(rows, np.ones((4, 2), np.float32), True, False),
            "a matrix product sums over it",
        ),
        (
            lambda rows: ov.opset8.concat([rows, ov.opset8.constant(np.ones((4, 1), np.float32))], 1),
            "along axis 0 it is joined with one of fixed length",
        ),
    ],
)
def test_refused(tmp_path: Path, build: Callable[[Any], Any], why: str) -> None:
    with pytest.raises(UserError, match=why) as error:
        imported(tmp_path, build)
    assert "'end'" in str(error.value)
    assert "make the size constant in the original model" in str(error.value)

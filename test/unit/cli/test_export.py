"""`arhat export`: what it writes is the model again, smaller, with what the options put into it."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from arhat.cli.main import main
from arhat.importers.openvino import import_openvino
from arhat.interpreters import evaluate


def types(path: Path) -> list[str]:
    found = [layer.get("type", "") for layer in ElementTree.parse(path).getroot().iter("layer")]
    return [type for type in found if type not in ("Const", "Parameter", "Result")]


def test_export(small_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plain, small = tmp_path / "plain.xml", tmp_path / "small.xml"
    assert main(["export", str(small_model), "-o", str(small)]) == 0
    out = capsys.readouterr().out
    assert f"{small}: " in out and " operations of " in out and "optimize " in out
    assert main(["export", str(small_model), "-o", str(plain), "--plain"]) == 0
    assert "optimize" not in capsys.readouterr().out
    assert len(types(small)) <= len(types(plain))
    x = np.random.default_rng(0).standard_normal((1, 3, 16, 16)).astype(np.float32)
    expected = evaluate(import_openvino(small_model), [x])
    for path in (plain, small):
        made = evaluate(import_openvino(path), [x])
        assert list(made) == list(expected)
        for name, value in expected.items():
            np.testing.assert_allclose(made[name], value, rtol=1e-4, atol=1e-6)


def test_options_go_into_the_model(small_model: Path, tmp_path: Path) -> None:
    path = tmp_path / "served.xml"
    options = [
        "--batch",
        "2",
        "--input-layout",
        "NHWC",
        "--input-type",
        "u8",
        "--mean",
        "127.5",
        "--scale",
        "50",
    ]
    assert main(["export", str(small_model), "-o", str(path), *options]) == 0
    images = np.random.default_rng(0).integers(0, 256, (2, 16, 16, 3)).astype(np.uint8)
    made = evaluate(import_openvino(path), [images])["prob"]
    for place in range(2):
        x = (images[place : place + 1].transpose(0, 3, 1, 2).astype(np.float32) - 127.5) / 50
        expected = evaluate(import_openvino(small_model), [x.astype(np.float32)])["prob"]
        np.testing.assert_allclose(made[place : place + 1], expected, rtol=1e-4, atol=1e-6)


def test_mistakes(small_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, message in (
        ([str(small_model), "-o", str(tmp_path / "model.onnx")], "an OpenVINO model needs the ending .xml"),
        ([str(tmp_path / "absent.xml"), "-o", str(tmp_path / "model.xml")], "cannot be opened"),
    ):
        assert main(["export", *arguments]) == 1
        captured = capsys.readouterr()
        assert message in captured.err and captured.out == ""
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("model.")]

"""Models of other formats, by way of the openvino package."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import onnx_file
import pytest

from arhat.cli.main import main
from arhat.compiler import import_model
from arhat.errors import UserError
from arhat.interpreters import evaluate
from arhat.options import CompileOptions

pytest.importorskip("openvino")


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_onnx_means_what_onnxruntime_computes(tmp_path: Path, temporary: Path) -> None:
    ort: Any = pytest.importorskip("onnxruntime")
    model = onnx_file.classifier(tmp_path / "small.onnx")
    image = np.random.default_rng(0).standard_normal((1, 3, 16, 16)).astype(np.float32)
    (expected,) = ort.InferenceSession(str(model), providers=["CPUExecutionProvider"]).run(
        None, {"image": image}
    )
    module = import_model(model)
    assert list(temporary.iterdir()) == []
    assert module.attributes["arhat.name"].data == "small"  # type: ignore[attr-defined]
    ours = evaluate(module, {"image": image})["prob"]
    np.testing.assert_allclose(ours, expected, rtol=1e-5)


def test_batch_of_an_onnx_file_with_a_dynamic_one(tmp_path: Path) -> None:
    model = onnx_file.classifier(tmp_path / "small.onnx", "n")
    with pytest.raises(UserError, match=r"small\.onnx: error: 'image'.*--input-shape"):
        import_model(model)
    module = import_model(model, CompileOptions(batch=3))
    images = np.random.default_rng(0).standard_normal((3, 3, 16, 16)).astype(np.float32)
    assert evaluate(module, {"image": images})["prob"].shape == (3, 20)


def test_errors_name_the_file_that_was_given(tmp_path: Path, temporary: Path) -> None:
    bad = tmp_path / "bad.onnx"
    bad.write_bytes(b"\x08\x08nothing")
    odd = onnx_file.write(
        tmp_path / "odd.onnx",
        [onnx_file.node("NoSuchOperator", ["x"], ["y"])],
        {"x": [1, 2]},
        {"y": [1, 2]},
        {},
    )
    unknown = tmp_path / "model.h5"
    unknown.write_bytes(b"")
    for path in (bad, odd, unknown, tmp_path / "absent.onnx"):
        with pytest.raises(UserError) as caught:
            import_model(path)
        assert str(caught.value).startswith(f"{path}: error: ")
        assert "\n" not in str(caught.value)
        assert str(temporary) not in str(caught.value)
    assert list(temporary.iterdir()) == []


def test_without_openvino_there_is_one_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(UserError, match=r"pip install 'arhat\[convert\]'"):
        import_model(onnx_file.classifier(tmp_path / "small.onnx"))


def test_a_folder_of_tensorflow_is_taken_for_a_model(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"\x00")
    with pytest.raises(UserError, match="openvino cannot convert it"):
        import_model(tmp_path)


def test_commands_take_onnx_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("onnxruntime")
    model = onnx_file.classifier(tmp_path / "small.onnx")
    assert main(["show", str(model), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["name"] == "small"
    assert main(["compile", str(model), "-o", str(tmp_path / "out")]) == 0
    assert "small: image f32[1, 3, 16, 16] -> prob f32[1, 20]" in capsys.readouterr().out
    assert main(["verify", str(model), "--threads", "1"]) == 0
    assert "against openvino" in capsys.readouterr().out
    quick = ["--threads", "1", "--iterations", "2", "--warmup", "1", "--starts", "1", "--json"]
    assert main(["bench", str(model), "--against", "openvino,onnxruntime", *quick]) == 0
    answer = json.loads(capsys.readouterr().out)
    text = json.dumps(answer)
    assert "onnxruntime 1" in text
    assert answer["notes"] == []

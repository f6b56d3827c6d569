"""The command as a user meets it: its output, its files, its exit codes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from small_models import SHAPES, classifier

import arhat
from arhat.bench.machine import version_of
from arhat.cli.main import main

needs_openvino = pytest.mark.skipif(version_of("openvino") is None, reason="OpenVINO is not installed")


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if "build" not in path.parts}


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from arhat.cli.main import main; main(['--help']);"
        "print([m for m in ('numpy', 'xdsl', 'PIL', 'rich', 'openvino') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[]"
    for command in ("compile", "run", "verify", "bench", "show", "export", "doctor"):
        assert f"  {command}  " in run.stdout


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"arhat {arhat.__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        ["fly"],
        ["compile"],
        ["compile", "model.xml", "-o"],
        ["verify", "model.xml", "--seed", "x"],
        ["run", "out", "--threads", "-1"],
        ["bench", "--unknown"],
    ],
)
def test_wrong_command_line_is_one_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert captured.err.count("\n") == 1


def test_compile_writes_a_project(
    small_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compile", str(small_model), "-o", str(tmp_path / "out")]) == 0
    out = capsys.readouterr().out
    assert "small: image f32[1, 3, 16, 16] -> prob f32[1, 20]" in out
    assert "import " in out
    assert "write " in out
    names = files(tmp_path / "out")
    assert {
        "CMakeLists.txt",
        "model.h",
        "model.cpp",
        "main.cpp",
        "manifest.json",
        "weights.safetensors",
    } <= names
    assert files(tmp_path) == {f"out/{name}" for name in names} | {"out"}


def test_compile_dumps_the_phases(small_model: Path, tmp_path: Path) -> None:
    phases = tmp_path / "phases"
    assert main(["compile", str(small_model), "-o", str(tmp_path / "out"), "--dump-phases", str(phases)]) == 0
    texts = [path.read_text() for path in sorted(phases.iterdir())]
    assert "arhat.convolution" in texts[0]
    assert "cpu.conv" in texts[-1]


def test_compile_refuses_a_folder_of_somebody_else(
    small_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "precious.txt").write_text("mine")
    assert main(["compile", str(small_model), "-o", str(tmp_path)]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert files(tmp_path) == {"precious.txt"}


def test_nothing_is_written_for_a_bad_model(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.xml").write_text("<net")
    for arguments in (
        ["compile", str(tmp_path / "bad.xml"), "-o", str(tmp_path / "out")],
        ["compile", str(tmp_path / "absent.xml"), "-o", str(tmp_path / "out")],
        ["compile", str(SHAPES / "scene.png"), "-o", str(tmp_path / "out")],
        ["compile", str(SHAPES / "model.xml"), "-o", str(tmp_path / "out"), "--target", "abacus"],
        ["verify", str(tmp_path / "bad.xml")],
        ["bench", str(tmp_path / "bad.xml")],
        ["show", str(tmp_path / "bad.xml")],
        ["show", str(tmp_path / "absent.mlir")],
    ):
        assert main(arguments) == 1
        captured = capsys.readouterr()
        assert captured.out == ""
        assert "error: " in captured.err
        assert captured.err.count("\n") == 1, captured.err
    assert files(tmp_path) == {"bad.xml"}


def test_names_of_a_model_are_printed_escaped(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = classifier(tmp_path, "evil", layer="*/ \u009b31m\u202e\"<script>alert('x')</script>\\\n")
    page, picture = tmp_path / "page.html", tmp_path / "picture.svg"
    assert main(["show", str(model), "--html", str(page), "--svg", str(picture)]) == 0
    out = capsys.readouterr().out
    assert "\u009b" not in out
    for path in (page, picture):
        text = path.read_text()
        assert "<script" not in text
        assert "&lt;script" in text
        assert "\u009b" not in text
    assert main(["compile", str(model), "-o", str(tmp_path / "out")]) == 0
    assert "\u009b" not in capsys.readouterr().out


def test_run_prints_the_best_classes(
    small_project: Path, scene: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = tmp_path / "labels.txt"
    labels.write_text("".join(f"class {i}\n" for i in range(20)))
    target = tmp_path / "out.npz"
    arguments = ["run", str(small_project), "--input", str(scene), "--top", "3", "--threads", "1"]
    assert main([*arguments, "--labels", str(labels), "--output", str(target)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "prob float32[1, 20]: the 3 best"
    with np.load(target) as arrays:
        prob = arrays["prob"]
    assert prob.sum() == pytest.approx(1, abs=1e-5)
    assert lines[1].split()[1:] == ["class", str(prob.argmax())]
    assert lines[-1].endswith(" ms")

    assert main([*arguments, "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [one["class"] for one in answer["outputs"]["prob"]["best"]] == np.argsort(-prob[0])[:3].tolist()


def test_run_says_what_is_wrong(
    small_project: Path, scene: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    project = str(small_project)
    np.save(tmp_path / "a.npy", np.zeros((1, 3), np.float32))
    (tmp_path / "no.png").write_bytes(b"no image")
    for arguments, message in (
        ([str(tmp_path)], "manifest.json"),
        ([project], "nothing given for input 'image'"),
        ([project, "--input", str(tmp_path / "a.npy")], "shape [1, 3]"),
        ([project, "--input", str(tmp_path / "no.png")], "not an image"),
        ([project, "--input", str(scene), "--draw", str(tmp_path / "x.png")], "--draw needs a detector"),
        ([project, "--input", str(scene), "--labels", str(tmp_path / "none.txt")], "labels"),
        ([project, "--input", str(scene), "--output", str(tmp_path / "x.txt")], ".npz"),
        ([project, "--input", str(scene), "--mean", "1,2"], "--mean"),
    ):
        assert main(["run", *arguments]) == 1
        captured = capsys.readouterr()
        assert message in captured.err
        assert captured.err.count("\n") == 1
    assert files(tmp_path) == {"a.npy", "no.png"}


@pytest.mark.parametrize("against", ["interpreter", pytest.param("openvino", marks=needs_openvino)])
def test_verify(
    small_model: Path, small_project: Path, against: str, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["verify", str(small_model), "--project", str(small_project), "--against", against]
    assert main(arguments) == 0
    out = capsys.readouterr().out
    assert "tolerance 0.0001 relative" in out
    assert out.splitlines()[-1] == "ok"
    assert main([*arguments, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["ok"] is True
    assert [one["name"] for one in report["outputs"]] == ["prob"]
    assert 0 < report["outputs"][0]["relative"] < 1e-5
    assert "dense" in [one["name"] for one in report["layers"]]
    assert all(one["relative"] < 1e-5 for one in report["layers"])


def test_verify_compiles_by_itself(small_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        main(["verify", str(small_model), "--against", "interpreter", "--seed", "3", "--threads", "1"]) == 0
    )
    assert "random (seed 3)" in capsys.readouterr().out


def test_verify_finds_a_wrong_weight(
    small_model: Path, small_project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged = tmp_path / "damaged"
    shutil.copytree(small_project, damaged)
    weights = damaged / "weights.safetensors"
    data = bytearray(weights.read_bytes())
    values = np.frombuffer(data, np.float32, count=64, offset=len(data) - 64 * 4)
    np.frombuffer(data, np.uint8)[-256:] = (values * 1.5 + 0.5).astype(np.float32).view(np.uint8)
    weights.unlink()
    weights.write_bytes(bytes(data))
    assert main(["verify", str(small_model), "--project", str(damaged), "--against", "interpreter"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "FAILED"
    assert any("past the tolerance, the first: " in line for line in lines)


def test_verify_tolerance_is_the_users(
    small_model: Path, small_project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["verify", str(small_model), "--project", str(small_project), "--against", "interpreter"]
    assert main([*arguments, "--tolerance", "0"]) == 1
    assert "tolerance 0 relative" in capsys.readouterr().out


@pytest.mark.parametrize("precision", ["f16", "bf16"])
def test_verify_reports_the_error_of_a_precision(
    precision: str, small_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["verify", str(small_model), "--against", "interpreter", "--precision", precision]
    assert main([*arguments, "--json"]) == 0
    low = json.loads(capsys.readouterr().out)
    assert 1e-5 < max(one["relative"] for one in low["layers"]) < 2e-2
    kept = [flag for one in low["layers"] for flag in ("--keep-f32", one["name"])]
    assert main([*arguments, *kept, "--json"]) == 0
    high = json.loads(capsys.readouterr().out)
    assert max(one["relative"] for one in high["layers"]) < 1e-5
    assert main([*arguments, "--keep-f32", "nowhere"]) == 1
    assert "keep layer 'nowhere' in f32, but the model has none" in capsys.readouterr().err


def test_verify_knows_its_references(small_model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(small_model), "--against", "oracle"]) == 1
    assert "--against takes openvino or interpreter" in capsys.readouterr().err


def test_a_detector_from_model_to_picture(
    scene: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out, picture = tmp_path / "shapes", tmp_path / "found.png"
    assert main(["compile", str(SHAPES / "model.xml"), "-o", str(out), "--native"]) == 0
    capsys.readouterr()
    arguments = ["run", str(out), "--input", str(scene), "--labels", str(SHAPES / "labels.txt")]
    assert main([*arguments, "--draw", str(picture), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["outputs"]["detections"]["detections"]
    truth = json.loads((SHAPES / "truth.json").read_text())["scene.png"]
    assert sorted(one["name"] for one in found) == sorted(one["label"] for one in truth)
    assert picture.read_bytes()[:4] == b"\x89PNG"
    verify = ["verify", str(SHAPES / "model.xml"), "--project", str(out), "--input", str(scene)]
    assert main([*verify, "--against", "interpreter", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["outputs"][0]["detections"]["matched"] == len(truth)

"""The cudnn target on the command line, as a machine without a GPU has it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from arhat.cli import device, doctor, verify
from arhat.cli.main import main

NO_GPU = "a program of the cudnn target runs on an NVIDIA GPU, and there is none with a driver here"


@pytest.fixture(autouse=True)
def without_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also on a machine that has one."""
    for module in (device, doctor, verify):
        monkeypatch.setattr(module, "has_gpu", lambda: False)


@pytest.fixture(scope="module")
def project(small_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The classifier as a CUDA project, not built."""
    folder = tmp_path_factory.mktemp("cuda") / "out"
    assert main(["compile", str(small_model), "-o", str(folder), "--target", "cudnn", "--arch", "90"]) == 0
    return folder


def test_compile_writes_a_cuda_project(project: Path) -> None:
    assert json.loads((project / "manifest.json").read_text())["target"] == "cudnn"
    assert (project / "model.cu").exists()
    assert 'set(CMAKE_CUDA_ARCHITECTURES "90" ' in (project / "CMakeLists.txt").read_text()


@pytest.mark.parametrize("precision", ["f32", "tf32", "f16", "bf16"])
def test_verify_runs_what_was_lowered_in_the_interpreter(
    precision: str, small_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["verify", str(small_model), "--target", "cudnn", "--against", "interpreter"]
    assert main([*arguments, "--precision", precision]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "cudnn (no GPU here: its operations run by the NumPy interpreter) against" in lines[0]
    assert lines[-1] == "ok"
    assert main([*arguments, "--precision", precision, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["target"], report["interpreted"], report["ok"]) == ("cudnn", True, True)
    assert "dense" in [layer["name"] for layer in report["layers"]]
    worst = max(layer["relative"] for layer in report["layers"])
    assert worst < 1e-5 if precision in ("f32", "tf32") else 1e-5 < worst < 2e-2


def test_verify_fails_where_the_lowering_is_wrong(
    small_model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [
        "verify",
        str(small_model),
        "--target",
        "cudnn",
        "--against",
        "interpreter",
        "--precision",
        "f16",
    ]
    assert main([*arguments, "--tolerance", "0"]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "FAILED"


def test_what_has_to_run_is_refused_before_it_is_built(
    small_model: Path, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commands = [
        ["run", str(project)],
        ["bench", str(project)],
        ["bench", str(small_model), "--target", "cudnn"],
        ["verify", str(small_model), "--project", str(project)],
    ]
    for command in commands:
        assert main(command) == 1
        captured = capsys.readouterr()
        (line,) = [line for line in captured.err.splitlines() if line.startswith("error: ")]
        assert NO_GPU in line
    assert not (project / "build").exists()


def test_options_of_the_gpu_are_refused_on_the_cpu(
    small_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for options in (["--precision", "tf32"], ["--arch", "90"], ["--tactics", "t.json"]):
        assert main(["compile", str(small_model), "-o", str(tmp_path / "out"), *options]) == 1
        assert f"error: {options[0]}" in capsys.readouterr().err
        assert not (tmp_path / "out").exists()


def test_missing_tactics_are_one_error(
    small_model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["compile", str(small_model), "-o", str(tmp_path / "out"), "--target", "cudnn"]
    assert main([*command, "--tactics", str(tmp_path / "none.json")]) == 1
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "error: " in line]
    assert "none.json" in line
    assert not (tmp_path / "out").exists()


def test_doctor_knows_the_target(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor", "--json"]) == 0
    targets = json.loads(capsys.readouterr().out)["targets"]
    assert targets["emit cudnn"] == "yes"
    assert targets["build cudnn"] == "yes" or targets["build cudnn"].startswith("no: install ")
    assert targets["run cudnn"] == "no: there is no NVIDIA GPU with a driver"


def test_graphs_count_what_their_nodes_do(small_model: Path) -> None:
    from arhat.cli.graph import graph_of_module
    from arhat.compiler import import_model, lower

    macs: list[int] = []
    for target in ("cpu", "cudnn"):
        module = import_model(small_model)
        lower(module, target)
        macs.append(sum(node.macs for node in graph_of_module(module, "m").steps))
    assert macs[0] == macs[1] > 0

"""tools/gpu_check: its halves together, on the target that runs everywhere."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import models
import numpy as np
import pytest
from cudnn.emulator import emulator
from trt import standin

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools"))

from gpu import check_one, report, seeded  # noqa: E402
from gpu import run as gpu_run  # noqa: E402


def test_numbers_are_the_same_everywhere() -> None:
    bits = np.random.PCG64(7).random_raw(3)
    expected = (bits >> np.uint64(40)).astype(np.float64) * 2.0**-23 - 1
    np.testing.assert_array_equal(seeded.uniform(7, 3), expected)
    assert seeded.values(7, 1000, "f32", 0.5).dtype == np.float32
    assert np.abs(seeded.values(7, 1000, "f32", 0.5)).max() <= 0.5
    assert seeded.values(7, 9, "i8", 127.0).dtype == np.int8
    half = seeded.values(7, 1000, "bf16", 1.0).astype(np.uint32) << 16
    np.testing.assert_allclose(half.view(np.float32), seeded.values(7, 1000, "f32", 1.0), rtol=2**-8)


def test_weights_are_made_again_or_refused(tmp_path: Path) -> None:
    import hashlib

    made = seeded.values(3, 100, "f16", 0.1).tobytes()
    whole = b"head" + made + b"tail!"
    part = {"seed": 3, "count": 100, "type": "f16", "scale": 0.1}
    recipe = {
        "rest": "r.bin",
        "sha256": hashlib.sha256(whole).hexdigest(),
        "parts": [{"bytes": 4}, part, {"bytes": 5}],
    }
    project, rests = tmp_path / "projects" / "one", tmp_path / seeded.RESTS
    project.mkdir(parents=True)
    rests.mkdir()
    (project / seeded.RECIPE).write_text(json.dumps(recipe))
    (rests / "r.bin").write_bytes(b"headtail!")
    seeded.rebuild(project)
    assert (project / seeded.WEIGHTS).read_bytes() == whole
    (rests / "r.bin").write_bytes(b"headtail?")
    with pytest.raises(ValueError, match="otherwise"):
        seeded.rebuild(project)


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "tools" / "gpu_check"), *arguments], capture_output=True, text=True
    )


@pytest.mark.skipif(models.models_folder() is None, reason=models.NEEDS_MODELS)
@pytest.mark.skipif(shutil.which("cmake") is None, reason="CMake is not installed")
def test_both_halves(tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    name = "landmarks-regression-retail-0009/FP32-v10"
    prepared = run("prepare", out, name, "--target", "cpu", "--precisions", "f32")
    assert prepared.returncode == 0, prepared.stderr
    stages = [
        "--stages",
        "build,check,bench",
        "--define",
        "ARHAT_NATIVE=ON",
        "--seconds",
        "0.1",
        "--jobs",
        "2",
    ]
    done = run("run", out, *stages)
    assert done.returncode == 0, done.stdout + done.stderr
    (case,) = json.loads((Path(out) / "results.json").read_text())["cases"]
    assert case["check"]["ok"] and case["check"]["deterministic"] and case["check"]["values"] > 10
    assert case["bench"]["graph"]["p50_ms"] > 0
    assert "ok" in (Path(out) / "results.md").read_text()

    # A reference that is not the program's is found, and the value where it begins is named.
    project = Path(out) / "projects" / case["project"]
    with np.load(project / "reference.npz") as stored:
        arrays = dict(stored)
    arrays = {key: array + 1 if key == "v3" or "/" in key else array for key, array in arrays.items()}
    np.savez(project / "reference.npz", **arrays)
    done = run("run", out, "--stages", "check")
    assert done.returncode == 1
    (case,) = json.loads((Path(out) / "results.json").read_text())["cases"]
    assert not case["check"]["ok"] and case["check"]["first_off"]["layers"]


@pytest.mark.skipif(models.models_folder() is None, reason=models.NEEDS_MODELS)
@pytest.mark.parametrize("target, place", [("cudnn", emulator), ("trt", standin)])
def test_seeded_weights_and_their_references_belong_together(
    target: str, place: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A project as it is carried, made whole again, run on the host, and checked."""
    if place.unavailable():
        pytest.skip(place.unavailable())
    out = tmp_path / "out"
    model = "mobilenet-v2-1.0-224/FP32-v10"
    prepared = run("prepare", str(out), model, "--precisions", "f16", "--target", target)
    assert prepared.returncode == 0, prepared.stdout + prepared.stderr
    assert len(list((out / "graphs").iterdir())) == 1
    (project,) = (out / "projects").iterdir()
    assert not (project / seeded.WEIGHTS).exists()
    assert sum(file.stat().st_size for file in out.rglob("*") if file.is_file()) < 2.5e6
    seeded.rebuild(project)
    assert (project / seeded.WEIGHTS).stat().st_size > 6e6
    library, _ = place.build(project, tmp_path / "emulated")
    (project / "build").mkdir()
    shutil.copy(library, project / "build" / library.name)
    monkeypatch.setattr(check_one, "RUNS", 1)
    result = check_one.check(project, "f16")
    assert result["ok"] and result["deterministic"] and result["values"] > 50, result


def script(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)


def test_trtexec_is_given_the_engine_of_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripts stand for the program, which writes its engine, and for NVIDIA's tool."""
    project = tmp_path / "projects" / "net__f16__b1__trt"
    project.mkdir(parents=True)
    (project / "manifest.json").write_text('{"library": "net"}')
    script(
        project / "build" / "net",
        'while [ "$1" != --plan ]; do shift; done\nprintf PLAN > "$2"\necho "{}"\n',
    )
    script(
        tmp_path / "tensorrt" / "bin" / "trtexec",
        'for o in "$@"; do case $o in --loadEngine=*) e=${o#*=};; --exportTimes=*) t=${o#*=};; esac; done\n'
        '[ "$(cat "$e")" = PLAN ] && echo \'[{"latencyMs": 3}, {"latencyMs": 1}, {"latencyMs": 2}]\' > "$t"\n',
    )
    monkeypatch.setenv("TENSORRT_ROOT", str(tmp_path / "tensorrt"))
    monkeypatch.setattr(gpu_run, "_plugin_library", lambda work: None)
    case = {"project": project.name, "target": "trt", "precision": "f16", "batch": 1, "build_seconds": 1.0}
    other = case | {"target": "cudnn"}
    gpu_run.stage_trtexec(tmp_path, [case, other])
    assert case["trtexec"] == {"p50_ms": 2.0, "p90_ms": 3.0, "p99_ms": 3.0}
    assert "trtexec" not in other
    case["bench"] = {"graph": {"p50_ms": 4.0}}
    cudnn = other | {"project": "net__f16__b1", "bench": {"graph": {"p50_ms": 5.0}}}
    text = report.markdown({"cases": [case, cudnn]})
    assert "| net f16 b1 trt | 2 | 3 | 3 | 4 | 2 | 5 |" in text


def test_without_tensorrt_its_projects_are_not_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gpu_run, "tensorrt", lambda: None)
    case = {"project": "net__f16__b1__trt", "target": "trt", "precision": "f16", "batch": 1}
    gpu_run.stage_build(tmp_path, [case], 2, [])
    assert "no TensorRT here" in case["build_error"]
    assert "no TensorRT here" in report.markdown({"cases": [case]})


def test_unknown_stage(tmp_path: Path) -> None:
    done = run("run", str(tmp_path), "--stages", "build,fly")
    assert done.returncode == 2 and "there is no stage fly" in done.stderr

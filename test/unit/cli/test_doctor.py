from __future__ import annotations

import json
from pathlib import Path

import pytest

from arhat.cli import doctor
from arhat.cli.main import main


def test_doctor_reports_and_succeeds(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    for text in ("processor", "numpy", "g++", "cmake", "nvcc", "cuDNN", "TensorRT", "build cpu"):
        assert text in out
    assert main(["doctor", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["python"]["numpy"]
    assert report["targets"]["emit cpu"] == "yes"


def test_doctor_misses_compilers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("CXX", raising=False)
    facts = doctor.gather()
    build = next(fact for fact in facts if fact.name == "build cpu")
    assert build.value == "no: install a C++17 compiler, cmake, ninja or make"
    assert not doctor.ready(facts)
    assert "something is missing" in doctor.as_text(facts)


def test_programs_and_libraries_are_found(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    tool = tmp_path / "tool"
    tool.write_text("#!/bin/sh\necho banner\necho tool version 4.2\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert doctor.program_version("tool", ["--version"]) == "tool version 4.2"
    assert doctor.program_version("absent-tool", []) is None
    (tmp_path / "libarhattest.so.3").write_bytes(b"")
    monkeypatch.setenv("LD_LIBRARY_PATH", str(tmp_path))
    assert doctor.find_library("arhattest") == str(tmp_path / "libarhattest.so.3")
    assert doctor.find_library("arhatabsent") is None

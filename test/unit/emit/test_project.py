"""The project folder: whole or not at all, reproducible, with what is needed and nothing else."""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tiny_project

from arhat.emit.project import ABI_VERSION, RUNTIME, Project, runtime_headers, target_name, write_project
from arhat.emit.weights_file import Entry, plan_weights
from arhat.errors import UserError


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_files_and_manifest(tmp_path: Path) -> None:
    out = tiny_project.write_tiny_project(tmp_path / "out")
    files = contents(out)
    manifest = json.loads(files.pop("manifest.json"))
    top = {path for path in files if "/" not in path}
    assert top == {"CMakeLists.txt", "main.cpp", "model.cpp", "model.h", "weights.safetensors"}
    assert manifest["files"] == {
        path: hashlib.sha256(data).hexdigest() for path, data in sorted(files.items())
    }
    assert manifest["name"] == "tiny-1" and manifest["library"] == "tiny_1" and manifest["target"] == "cpu"
    assert manifest["inputs"][0] == {"name": "data", "type": "f32", "shape": [1, 3, 4, 5]}
    assert manifest["ops"][0] == {"name": "test.scale", "layers": ["conv", "bn"], "flops": 60, "bytes": 492}
    assert manifest["arena_bytes"] == 1344
    assert manifest["run_time"]["files"] == ["libtiny_1.so", "weights.safetensors"]
    assert str(tmp_path).encode() not in b"".join(files.values())


def test_the_same_bytes_on_every_run(tmp_path: Path) -> None:
    first = tiny_project.write_tiny_project(tmp_path / "first")
    second = tiny_project.write_tiny_project(tmp_path / "elsewhere" / "second")
    assert contents(first) == contents(second)
    again = tiny_project.write_tiny_project(first)
    assert again == first and contents(first) == contents(second)


def test_only_the_headers_that_are_needed(tmp_path: Path) -> None:
    out = tiny_project.write_tiny_project(tmp_path / "out")
    copied = {path for path in contents(out) if path.startswith("arhat/")}
    assert "arhat/program.hpp" in copied and "arhat/image/jpeg.hpp" in copied
    assert not any(path.startswith(("arhat/cpu/", "arhat/kernels/")) for path in copied)
    for path in copied | {"main.cpp", "model.cpp"}:
        for included in re.findall(r'#include "([^"]+)"', (out / path).read_text()):
            beside = (out / path).parent / included
            assert (out / included).exists() or beside.exists(), f"{path} includes {included}"


def test_headers_are_followed(tmp_path: Path) -> None:
    assert runtime_headers(['#include "arhat/image/png.hpp"\n']) == [
        "arhat/bytes.hpp",
        "arhat/image/image.hpp",
        "arhat/image/png.hpp",
        "arhat/inflate.hpp",
    ]
    assert runtime_headers(['#include <vector>\n// #include "arhat/npy.hpp"\n']) == []


@pytest.mark.parametrize(
    "name, target",
    [
        ("resnet-50-tf", "resnet_50_tf"),
        ("1x1", "model_1x1"),
        ("", "model"),
        ("test", "model_test"),
        ("Größe", "Gr_e"),
        ("a" * 100, "a" * 64),
        ('x"; rm -rf /\n', "x_rm_rf"),
        ("../../etc/passwd", "etc_passwd"),
    ],
)
def test_target_names(name: str, target: str) -> None:
    assert target_name(name) == target


def test_hostile_names_stay_inside_json(tmp_path: Path) -> None:
    name = 'evil"\n*/ #include "/etc/passwd" \\'
    project = replace(tiny_project.tiny_project(), name=name)
    out = write_project(project, tmp_path / "out")
    assert json.loads((out / "manifest.json").read_text())["name"] == name
    assert "passwd" not in (out / "main.cpp").read_text()
    assert "target evil_include_etc_passwd" not in (out / "CMakeLists.txt").read_text()
    assert "project(evil_include_etc_passwd " in (out / "CMakeLists.txt").read_text()


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    assert (tiny_project.write_tiny_project(tmp_path / "out") / "model.cpp").exists()


def test_an_earlier_project_is_replaced_and_other_files_stay(tmp_path: Path) -> None:
    out = tiny_project.write_tiny_project(tmp_path / "out")
    (out / "build").mkdir()
    (out / "build" / "object.o").write_text("o")
    (out / "notes.txt").write_text("mine")
    project = tiny_project.tiny_project(np.ones(3, np.float32))
    project = replace(project, sources={"other.cpp": project.sources["model.cpp"]})
    write_project(project, out)
    assert not (out / "model.cpp").exists() and (out / "other.cpp").exists()
    assert (out / "build" / "object.o").read_text() == "o" and (out / "notes.txt").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_only_what_changed_looks_new(tmp_path: Path) -> None:
    out = tiny_project.write_tiny_project(tmp_path / "out")
    for path in out.rglob("*"):
        os.utime(path, (1000, 1000))
    project = tiny_project.tiny_project()
    (out / "main.cpp").write_text("edited by hand")
    write_project(replace(project, sources={"model.cpp": project.sources["model.cpp"] + "\n"}), out)
    new = {path.name for path in out.rglob("*") if path.is_file() and path.stat().st_mtime != 1000}
    assert new == {"model.cpp", "main.cpp", "manifest.json", "weights.safetensors"}
    assert "edited" not in (out / "main.cpp").read_text()


@pytest.mark.parametrize(
    "manifest",
    [None, "{}", "[]", "not json", '{"generator": "other", "files": {}}', '{"generator": "arhat"}'],
)
def test_a_folder_of_someone_else_is_refused(tmp_path: Path, manifest: str | None) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.txt").write_text("years of work")
    if manifest is not None:
        (out / "manifest.json").write_text(manifest)
    before = contents(tmp_path)
    with pytest.raises(UserError, match="was not written by Arhat"):
        tiny_project.write_tiny_project(out)
    assert contents(tmp_path) == before


def test_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("x")
    with pytest.raises(UserError, match="is a file"):
        tiny_project.write_tiny_project(tmp_path / "out")


def failing() -> Project:
    def fail() -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
        raise RuntimeError("no such weight")

    return replace(tiny_project.tiny_project(), weights=plan_weights([Entry("w", "f32", (3,), fail)]))


def test_nothing_is_left_behind_by_a_failure(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="no such weight"):
        write_project(failing(), tmp_path / "deep" / "folder" / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_the_earlier_project(tmp_path: Path) -> None:
    out = tiny_project.write_tiny_project(tmp_path / "out")
    before = contents(tmp_path)
    with pytest.raises(RuntimeError, match="no such weight"):
        write_project(failing(), out)
    assert contents(tmp_path) == before


def test_a_parent_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError, match="cannot be written: Not a directory"):
        tiny_project.write_tiny_project(tmp_path / "file" / "out")


@pytest.mark.skipif(os.geteuid() == 0, reason="the superuser may write everywhere")
def test_a_folder_without_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(UserError, match="cannot be written: Permission denied"):
            tiny_project.write_tiny_project(tmp_path / "out")
    finally:
        tmp_path.chmod(0o700)


def test_the_interface_has_one_version() -> None:
    header = (RUNTIME / "templates" / "model.h").read_text()
    assert f"#define ARHAT_ABI_VERSION {ABI_VERSION}\n" in header

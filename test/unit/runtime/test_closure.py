"""The files that a program needs when it runs."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from arhat.errors import UserError
from arhat.runtime.closure import closure

pytestmark = pytest.mark.skipif(
    shutil.which("cc") is None or shutil.which("ldd") is None, reason="there is no C compiler or no ldd"
)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A program linked with liblinked.so.1, which loads liblater.so.9 and libgone.so later."""
    libraries, folder = tmp_path / "libraries", tmp_path / "project"
    (folder / "build").mkdir(parents=True)
    libraries.mkdir()
    linked = libraries / "liblinked.so.1"
    compile_ = ["cc", "-shared", "-fPIC", "-x", "c", "-", "-Wl,--no-as-needed"]

    def library(out: Path, *options: str) -> None:
        subprocess.run([*compile_, "-o", out, *options], input=b"int x;", check=True)

    library(linked, "-Wl,-soname,liblinked.so.1")
    library(folder / "build" / "libmodel_a.so", "-x", "none", str(linked), f"-Wl,-rpath,{libraries}")
    (libraries / "liblater.so.9.1").write_bytes(b"1234567")
    (libraries / "liblater.so.9").symlink_to("liblater.so.9.1")
    (folder / "weights.safetensors").write_bytes(b"12345")
    names = ["C library", "libcuda.so.1", "liblinked.so.1", "liblater.so.9", "libgone.so"]
    manifest = {
        "generator": "arhat",
        "library": "model_a",
        "target": "cudnn",
        "run_time": {"files": ["libmodel_a.so", "weights.safetensors"], "libraries": names},
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


def test_what_is_linked_and_what_is_loaded_later(project: Path) -> None:
    files = {file.name: file for file in closure(project)}
    assert list(files)[:2] == ["libmodel_a.so", "weights.safetensors"]
    assert files["weights.safetensors"].bytes == 5
    assert files["liblinked.so.1"].path == project.parent / "libraries" / "liblinked.so.1"
    assert files["liblinked.so.1"].bytes == (project.parent / "libraries" / "liblinked.so.1").stat().st_size
    assert files["liblater.so.9.1"].bytes == 7 and "liblater.so.9" not in files
    assert files["libgone.so"].path is None and files["libgone.so"].bytes == 0
    assert "libcuda.so.1" not in files and "C library" not in files
    assert any(name.startswith("libc.so") for name in files)


def test_a_library_that_is_missing_here(project: Path) -> None:
    (project.parent / "libraries" / "liblinked.so.1").unlink()
    files = {file.name: file for file in closure(project)}
    assert files["liblinked.so.1"].path is None


def test_before_a_build(project: Path) -> None:
    (project / "build" / "libmodel_a.so").unlink()
    with pytest.raises(UserError, match="is not built"):
        closure(project)

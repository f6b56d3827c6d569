"""What a built program needs on the machine that runs it: files, where they are here, and how large."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from arhat.errors import UserError, escape
from arhat.runtime.build import built_project, read_manifest

DRIVER = "libcuda.so"
"""Comes with a machine's GPU, not with a program."""


@dataclass(frozen=True)
class NeededFile:
    """A file that a program needs. `path` is None, and `bytes` 0, where it was not found here."""

    name: str
    path: Path | None
    bytes: int


def closure(project: Path, build_dir: Path | None = None) -> list[NeededFile]:
    """The files that a built project needs when it runs: its own, then the libraries, sorted by name.

    The libraries are those that the program is linked with, as `ldd` finds them, and those that the manifest names
    because they are loaded later; the latter are looked for beside the former. The driver of the GPU is left out.

    Raises:
        UserError: the project is not built, or `ldd` cannot read its library.
    """
    built = built_project(project, build_dir)
    if not built.library.exists():
        raise UserError("is not built: build it first", file=project)
    run_time = read_manifest(project)["run_time"]
    own = [_file(built.library.name, built.library)]
    own += [_file(name, project / name) for name in run_time["files"] if name != built.library.name]
    linked = _linked(built.library)
    folders = sorted({path.parent for path in linked.values() if path is not None})
    names = {name for name in run_time["libraries"] if name.startswith("lib") and ".so" in name}
    later = {name: _beside(folders, name) for name in names if not any(n.startswith(name) for n in linked)}
    libraries = {name: path for name, path in (linked | later).items() if not name.startswith(DRIVER)}
    return own + [_file(name, path) for name, path in sorted(libraries.items())]


def _file(name: str, path: Path | None) -> NeededFile:
    if path is None or not path.exists():
        return NeededFile(name, None, 0)
    return NeededFile(path.name, path, path.stat().st_size)


def _linked(library: Path) -> dict[str, Path | None]:
    """The libraries that the dynamic linker loads with `library`, and where they are; None where they are not."""
    try:
        done = subprocess.run(
            ["ldd", str(library)], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}
        )
    except FileNotFoundError:
        raise UserError("listing the libraries of a program needs 'ldd', which is not on the PATH") from None
    if done.returncode != 0:
        raise UserError(f"ldd cannot read it: {escape(done.stderr.strip())}", file=library)
    found: dict[str, Path | None] = {}
    for name, path in re.findall(
        r"^\s*(\S+) => (/.*?|not found)(?: \(0x[0-9a-f]+\))?$", done.stdout, re.MULTILINE
    ):
        found[name] = None if path == "not found" else Path(path).resolve()
    return found


def _beside(folders: list[Path], name: str) -> Path | None:
    """The file `name`, or one that has a version behind it, in one of the folders."""
    for folder in folders:
        candidates = [folder / name, *sorted(folder.glob(f"{name}.*"))]
        for path in candidates:
            if path.exists():
                return path.resolve()
    return None

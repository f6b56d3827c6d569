"""`arhat plugins`: the plugins for TensorRT as a folder that builds by itself, for programs without Arhat."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def plugins_command(
    output: Annotated[Path, typer.Argument(metavar="FOLDER", help="Folder to write.", show_default=False)],
    arch: Annotated[
        str,
        typer.Option("--arch", metavar="80,89,..", help="GPUs to compile kernels for; default: 80,89,90."),
    ] = "",
) -> None:
    """Write the sources of the TensorRT plugins as a library of its own."""
    from arhat.options import parse_architectures

    files = write_plugins(output, parse_architectures(arch))
    typer.echo(f"{output}: {len(files)} files; README.md says how to build and use them")


def write_plugins(output: Path, architectures: tuple[int, ...]) -> list[str]:
    """Write the library's sources into `output` for GPUs of the given compute capabilities; the paths of the files.

    A library that was written there earlier is replaced, other files stay.

    Raises:
        UserError: `output` holds something else, or cannot be written.
    """
    from arhat.errors import UserError

    texts = library_sources(architectures)
    try:
        if output.exists() and not output.is_dir():
            raise UserError("is a file, and the library would be a folder", file=output)
        if output.is_dir() and any(output.iterdir()) and not (output / HEADER).is_file():
            raise UserError("is not empty and holds no plugins of Arhat: name another folder", file=output)
        for path, text in texts.items():
            (output / path).parent.mkdir(parents=True, exist_ok=True)
            (output / path).write_text(text, encoding="utf-8")
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(f"the plugins cannot be written: {reason}", file=error.filename or output) from None
    return sorted(texts)


HEADER = "arhat_plugins.h"
"""A file that only a library of plugins has."""
SORT = "arhat/cuda/sort.cu"


def library_sources(architectures: tuple[int, ...]) -> dict[str, str]:
    """The text of each file of the library, by its path in the folder."""
    import jinja2

    import arhat
    from arhat.emit.project import RUNTIME, cuda_architectures, runtime_headers

    include, templates = RUNTIME / "include", RUNTIME / "templates" / "plugins"
    plugins = sorted(path.relative_to(include).as_posix() for path in include.glob("arhat/trt/plugins/*.cu"))
    units = {path: (include / path).read_text(encoding="utf-8") for path in (*plugins, SORT)}
    fixed = [HEADER, "library.cpp", "README.md", "example/ssd_tail.cpp"]
    texts = {path: (templates / path).read_text(encoding="utf-8") for path in fixed}
    cmake = jinja2.Template(
        (templates / "CMakeLists.txt.j2").read_text(encoding="utf-8"),
        undefined=jinja2.StrictUndefined,
        keep_trailing_newline=True,
    )
    texts["CMakeLists.txt"] = cmake.render(
        units=list(units), version=arhat.__version__, architectures=cuda_architectures(architectures)
    )
    headers = {*runtime_headers(units, nvcc=True), *runtime_headers({"library.cpp": texts["library.cpp"]})}
    texts |= units | {path: (include / path).read_text(encoding="utf-8") for path in headers}
    return texts

"""The whole road in memory: a model file to a module of a target, and that to a project folder."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from arhat.errors import UserError, quote

if TYPE_CHECKING:
    from xdsl.dialects.builtin import ModuleOp

TARGETS = ("cpu",)
"""Targets that a model can be compiled for."""


def check_target(target: str) -> None:
    """Raises UserError where there is no such target."""
    if target not in TARGETS:
        raise UserError(f"no target named {quote(target)}; there is {', '.join(TARGETS)}")


def import_model(path: str | Path, input_shapes: Mapping[str, Sequence[int]] | None = None) -> ModuleOp:
    """An OpenVINO model (.xml, its .bin beside it) as a module of the `arhat` dialect.

    Raises UserError for every fault of the files.
    """
    path = Path(path)
    if path.suffix.lower() != ".xml":
        raise UserError("is not an OpenVINO model: give its .xml file", file=path)
    from arhat.importers.openvino import import_openvino

    return import_openvino(path, input_shapes=dict(input_shapes or {}))


def read_module(path: str | Path) -> ModuleOp:
    """A textual module (.mlir), verified, its weights found by the file's own references.

    Raises UserError for bad text, ops that do not verify, and weights that cannot be opened.
    """
    from arhat.cli.common import read_module as read
    from arhat.driver.registry import make_context
    from arhat.driver.source import Chunk, decode

    path = Path(path)
    try:
        text = decode(path.read_bytes(), str(path))
    except OSError as error:
        raise UserError(f"cannot be read: {error.strerror}", file=path) from None
    return read(make_context(), Chunk(text), str(path), {})


def lower(module: ModuleOp, target: str = "cpu", *, dump_phases: Path | None = None) -> None:
    """Run the named pipeline of a target on an imported module, in place.

    `dump_phases` names a folder that gets the IR after every pass that changed it. Raises UserError where a pass
    refuses the module.
    """
    from arhat.driver.registry import make_context, make_resolver
    from arhat.driver.run import DumpSelection, IRDumper, run_steps

    check_target(target)
    context = make_context()
    observers = (
        [IRDumper(DumpSelection(after_change=True), sys.stderr, folder=dump_phases)] if dump_phases else []
    )
    steps = make_resolver().expand(target)
    run_steps(context, module, steps, observers, verify_each=dump_phases is not None)


def compile_model(
    path: str | Path,
    target: str = "cpu",
    input_shapes: Mapping[str, Sequence[int]] | None = None,
    *,
    dump_phases: Path | None = None,
) -> ModuleOp:
    """Import a model and lower it to `target`: what `write_project` takes."""
    check_target(target)
    module = import_model(path, input_shapes)
    lower(module, target, dump_phases=dump_phases)
    return module


def write_project(module: ModuleOp, folder: str | Path, target: str = "cpu") -> Path:
    """Write a lowered module as a project folder, as a whole or not at all; gives the folder back.

    An earlier project in `folder` is replaced. Raises UserError where `folder` holds anything else.
    """
    check_target(target)
    from arhat.emit.cpu import emit

    return emit(module, Path(folder))

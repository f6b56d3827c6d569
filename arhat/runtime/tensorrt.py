"""Options of programs for TensorRT, which build an engine when they are loaded."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, TypedDict

from arhat.errors import UserError
from arhat.runtime.interface import Options, ProgressCallback, text

StrPath = str | os.PathLike[str]


class TensorRtOptions(TypedDict, total=False):
    """Options of programs for TensorRT, all of which may be left out."""

    engine: StrPath | None
    """File that keeps the engine, by default `<name>.engine` beside the weights; "" for none."""
    plan: StrPath | None
    """File to write the engine to as TensorRT's own programs want it, `trtexec` for example."""
    rebuild: bool
    """Build the engine even if the file has it."""
    workspace_limit: int
    """Bytes of scratch memory that a layer may want, by default all of the GPU's."""
    optimization_level: int | None
    """How hard the build tries, 0 to 5; TensorRT's default is 3."""
    timing_cache: StrPath | None
    """File that keeps measured times, for quicker builds."""
    builder_flags: Sequence[str]
    """Names of TensorRT's builder flags: `sparse-weights`, `version-compatible`, `ampere-plus`, ..."""
    plugin_library: StrPath | None
    """Library with plugins that the program lacks."""
    progress: Callable[[str, int, int, int], object] | None
    """Called during the build with the name of a phase, its depth among the phases that it is part of, how many of its
    steps are over, and how many it has. An exception stops the build and is passed on."""


def apply(options: Options, given: TensorRtOptions) -> list[BaseException]:
    """Put what was given into the C structure. An exception of `progress` comes into the list that is returned.

    Raises:
        UserError: the optimization level is none.
    """
    errors: list[BaseException] = []
    level = given.get("optimization_level")
    if level is not None and not 0 <= level <= 5:
        raise UserError(f"optimization_level is 0 to 5, got {level}")
    options.engine = _path(given.get("engine"))
    options.plan = _path(given.get("plan"))
    options.rebuild = given.get("rebuild", False)
    options.workspace_limit = given.get("workspace_limit", 0)
    options.optimization_level = 0 if level is None else level or -1
    options.timing_cache = _path(given.get("timing_cache"))
    options.builder_flags = ",".join(given.get("builder_flags", ())).encode() or None
    options.plugin_library = _path(given.get("plugin_library"))
    progress = given.get("progress")
    if progress is not None:

        def tell(_: Any, phase: bytes, depth: int, done: int, steps: int) -> int:
            try:
                progress(text(phase), depth, done, steps)
                return 0
            except BaseException as error:  # nothing may be thrown through the C interface
                errors.append(error)
                return 1

        options.progress = ProgressCallback(tell)
    return errors


def _path(path: StrPath | None) -> bytes | None:
    return None if path is None else os.fsencode(path)

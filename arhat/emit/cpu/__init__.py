"""The `cpu` target's emitter: C++ without any library."""

from pathlib import Path

from xdsl.dialects.builtin import ModuleOp


def emit(module: ModuleOp, out: str | Path) -> Path:
    """Write the project of a lowered module into the folder `out`; see `program.py`."""
    from arhat.emit.cpu.program import emit as emit_project

    return emit_project(module, out)

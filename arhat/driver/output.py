"""Writing results: a file appears complete or not at all."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from arhat.errors import UserError

if TYPE_CHECKING:
    from xdsl.dialects.builtin import ModuleOp


def read_input(path: str, stdin: TextIO) -> bytes:
    """The bytes of the file at ``path``, or of standard input for ``-``.

    Raises:
        UserError: it cannot be read.
    """
    if path == "-":
        return stdin.buffer.read() if hasattr(stdin, "buffer") else stdin.read().encode()
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"cannot read this file: {error.strerror}", file=path) from error


def write_text(path: str | None, text: str, stdout: TextIO) -> None:
    """Writes ``text`` to the file at ``path``, or to standard output for None and ``-``.

    A regular file is replaced in one step, so that nothing is left of it half-written; a device or pipe is written
    to directly.

    Raises:
        UserError: it cannot be written.
    """
    if path is None or path == "-":
        stdout.write(text)
        return
    try:
        target = Path(path).resolve()
        if target.exists() and not target.is_file():
            target.write_text(text, encoding="utf-8")
            return
        temporary = target.with_name(f".{target.name}.{os.getpid()}.part")
        try:
            temporary.write_text(text, encoding="utf-8")
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise UserError(f"cannot write this file: {error.strerror}", file=path) from error


def settle_weights(
    module: ModuleOp, folder: Path, sidecar: Path | None, *, keep_absolute: bool = True
) -> bool:
    """Makes a module ready to be written as text into ``folder``: its weights are found from there.

    Weights that passes made are written to ``sidecar``; the paths of all scopes become relative to ``folder``.

    Args:
        module: is changed in place.
        folder: where the text will be.
        sidecar: file for the weights that passes made; a free name near it is taken where the module still reads it.
        keep_absolute: leave paths as they are that the module states as absolute ones.

    Returns:
        Whether the text is complete: False if there are new weights and no ``sidecar``.
    """
    if "arhat.weights" not in sys.modules:  # nobody can have made a weight, and NumPy takes long to import
        return True
    from xdsl.dialects.builtin import DictionaryAttr, StringAttr

    from arhat.weights import DERIVED, WEIGHTS, save_sidecar, store_of, weights_of

    store = store_of(module)
    if any(weight.scope.data == DERIVED for weight in weights_of(module)):
        if sidecar is None:
            return False
        in_use = {path.resolve() for path in store.paths.values()}
        while sidecar.resolve() in in_use:
            sidecar = sidecar.with_name(f"{sidecar.stem}-next{sidecar.suffix}")
        try:
            save_sidecar(module, sidecar)
        except OSError as error:
            raise UserError(f"cannot write the weights: {error.strerror}", file=sidecar) from error
    scopes = module.attributes.get(WEIGHTS)
    if isinstance(scopes, DictionaryAttr):
        paths = dict(scopes.data)
        for scope, stated in scopes.data.items():
            path = store.paths[scope]
            stays = keep_absolute and isinstance(stated, StringAttr) and Path(stated.data) == path.absolute()
            if not stays:
                paths[scope] = StringAttr(Path(os.path.relpath(path, folder)).as_posix())
        module.attributes[WEIGHTS] = DictionaryAttr(paths)
    return True

"""Models of other formats, which the optional `openvino` package turns into OpenVINO IR."""

from __future__ import annotations

import importlib
import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from xdsl.dialects.builtin import ModuleOp, StringAttr

from arhat.errors import UserError, escape
from arhat.importers.openvino.importer import NAME, import_openvino
from arhat.weights import store_of

_LINE = re.compile(r"^line [0-9]+: ")


def import_converted(
    path: Path,
    *,
    input_shapes: Mapping[str, Sequence[int]] | None = None,
    free_batch: int | None = None,
) -> ModuleOp:
    """A model of another format as a module of the `arhat` dialect, by way of IR in a temporary folder.

    The folder is gone afterwards: the module's weight store has the `.bin` mapped. Raises UserError where `openvino`
    is missing or cannot read the model, and for what `import_openvino` refuses.
    """
    if not path.exists():
        raise UserError("no such file", file=path)
    try:
        openvino: Any = importlib.import_module("openvino")
    except ImportError:
        raise UserError(
            "is not OpenVINO IR; to read other formats install the openvino package: pip install 'arhat[convert]'",
            file=path,
        ) from None
    with tempfile.TemporaryDirectory(prefix="arhat-convert-") as folder:
        xml = Path(folder) / "model.xml"
        try:
            openvino.save_model(openvino.convert_model(str(path)), str(xml), compress_to_fp16=False)
        except Exception as error:  # of many kinds, by format
            raise UserError(f"openvino cannot convert it: {_reason(error)}", file=path) from None
        try:
            module = import_openvino(xml, input_shapes=input_shapes, free_batch=free_batch)
        except UserError as error:
            notes = [_LINE.sub("", note) for note in error.notes]  # lines of a file that nobody sees
            raise UserError(error.message, file=path, layer=error.layer, notes=notes) from None
        store_of(module).map_files()
    module.attributes[NAME] = StringAttr(path.stem)
    return module


def _reason(error: Exception) -> str:
    """What an exception of openvino says, in one line and without places in its source code."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    telling = [line for line in lines if not re.match(r"(Exception from|Check '.*' failed at|While )", line)]
    return escape((telling or lines or [type(error).__name__])[0])[:300]

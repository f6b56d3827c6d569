"""The tactics file: which plan cuDNN shall use for each operation graph, as it was timed on a GPU.

It is JSON with a fixed arrangement of lines, so that people can read it and compare two of them. Programs write it and
read it too: `arhat/runtime/include/arhat/cudnn/tactics_file.hpp`.

```
{
  "arhat-tactics": 1,
  "cudnn": "9.24.0",
  "device": "NVIDIA H200",
  "sm": 90,
  "graphs": {
    "0b1f3a5577c9e2d4": {"plan": "eng4_k24=3", "microseconds": 12.48, "workspace": 0},
    "7de0a9b4c3f21688": {"plan": "eng7_k24=24", "microseconds": 3.10, "workspace": 4096}
  }
}
```

- `arhat-tactics`: the version of the format, 1.
- `cudnn`, `device`, `sm`: what the plans were timed with: cuDNN's version, the name of the GPU, ten times its compute
  capability.
- `graphs`: one line for each graph, by its key (`arhat.emit.cudnn.graphs`), in the order of the keys: the name of the
  plan, the microseconds that it took, the bytes of workspace that it wants.

Keys of graphs that the model does not have are no error, nor are graphs that have no key here: one file may serve
several models and outlives changes of a model.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from arhat.errors import UserError, quote

VERSION = 1
"""The version of the format."""
LARGEST = 64 << 20
"""Bytes of the largest file that is read."""
KEY = re.compile(r"[0-9a-f]{16}")
PLAN = re.compile(r"eng\d+(_k\d+=-?\d+)*")


@dataclass(frozen=True)
class Tactic:
    """The plan of one graph: its name, its time in microseconds, its workspace in bytes."""

    plan: str
    microseconds: float
    workspace: int


@dataclass(frozen=True)
class Tactics:
    """What a tactics file holds."""

    cudnn: str
    device: str
    sm: int
    graphs: Mapping[str, Tactic] = field(default_factory=dict[str, Tactic])


def format_tactics(tactics: Tactics) -> str:
    """The text of a tactics file, byte for byte what a program writes."""
    graphs = [
        f'    {json.dumps(key)}: {{"plan": {json.dumps(tactic.plan)}, '
        f'"microseconds": {tactic.microseconds:.2f}, "workspace": {tactic.workspace}}}'
        for key, tactic in sorted(tactics.graphs.items())
    ]
    head = {"arhat-tactics": VERSION, "cudnn": tactics.cudnn, "device": tactics.device, "sm": tactics.sm}
    lines = [
        f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}," for name, value in head.items()
    ]
    inside = ["{", ",\n".join(graphs), "  }"] if graphs else ["{}"]
    return "\n".join(["{", *lines, f'  "graphs": {inside[0]}', *inside[1:], "}"]) + "\n"


def read_tactics(path: str | Path) -> Tactics:
    """The tactics in a file.

    Raises:
        UserError: the file cannot be read, or it is malformed; says the line.
    """
    file = Path(path)
    try:
        if file.stat().st_size > LARGEST:
            raise UserError(f"the file is larger than {LARGEST >> 20} MiB: is it a tactics file?", file=file)
        text = file.read_text("utf-8")
    except OSError as error:
        raise UserError(f"cannot read the tactics file: {error.strerror}", file=file) from None
    except UnicodeDecodeError as error:
        raise UserError("not a tactics file: it is no text in UTF-8", file=file) from error
    return parse_tactics(text, file)


def parse_tactics(text: str, file: str | Path | None = None) -> Tactics:
    """The tactics in the text of a file; `file` is its name in errors.

    Raises:
        UserError: the text is malformed; says the line.
    """
    return _Reader(text, file).read()


class _Duplicate(ValueError):
    """A name that occurs twice in one object."""


class _Reader:
    """Checks what `json` reads; errors have the line of the name that they are about."""

    def __init__(self, text: str, file: str | Path | None):
        self.text = text
        self.file = file

    def error(self, what: str, name: str | None = None) -> UserError:
        line = None
        if name is not None:
            place = self.text.find(json.dumps(name))
            line = self.text.count("\n", 0, place) + 1 if place >= 0 else None
        return UserError(f"not a tactics file: {what}", file=self.file, line=line)

    def read(self) -> Tactics:
        try:
            loaded: Any = json.loads(self.text, object_pairs_hook=_no_duplicates, parse_constant=_no_constant)
        except json.JSONDecodeError as error:
            raise UserError(
                f"not a tactics file: {error.msg}", file=self.file, line=error.lineno, column=error.colno
            ) from None
        except _Duplicate as error:
            raise self.error(f"{quote(str(error))} occurs twice", str(error)) from None
        except (RecursionError, ValueError) as error:
            raise self.error(str(error).splitlines()[0]) from None
        top = self.object(loaded, "the file", None)
        version = top.get("arhat-tactics")
        if type(version) is not int or version != VERSION:
            known = f"this Arhat reads version {VERSION}"
            what = "'arhat-tactics' is missing" if version is None else f"its version is {version!r:.40}"
            raise self.error(f"{what}; {known}", "arhat-tactics")
        sm = top.get("sm")
        if not isinstance(sm, int) or isinstance(sm, bool) or sm <= 0:
            raise self.error("'sm' must be a number like 90", "sm")
        graphs = {
            key: self.tactic(key, value)
            for key, value in self.object(top.get("graphs"), "'graphs'", "graphs").items()
        }
        return Tactics(self.text_of(top, "cudnn"), self.text_of(top, "device"), sm, graphs)

    def object(self, value: Any, what: str, name: str | None) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self.error(f"{what} must be an object", name)
        return cast(dict[str, Any], value)

    def text_of(self, top: Mapping[str, Any], name: str) -> str:
        value = top.get(name)
        if not isinstance(value, str):
            raise self.error(f"'{name}' must be a text", name)
        return value

    def tactic(self, key: str, value: Any) -> Tactic:
        if KEY.fullmatch(key) is None:
            raise self.error(f"{quote(key)} is not the key of a graph (16 hexadecimal digits)", key)
        entry = self.object(value, f"the entry of {key}", key)
        plan, microseconds, workspace = (entry.get(name) for name in ("plan", "microseconds", "workspace"))
        if not isinstance(plan, str) or PLAN.fullmatch(plan) is None:
            raise self.error(f"the 'plan' of {key} must be the name of a plan like 'eng4_k24=3'", key)
        if not isinstance(microseconds, int | float) or isinstance(microseconds, bool):
            microseconds = -1.0
        if not 0 <= microseconds < 1e15:
            raise self.error(f"the 'microseconds' of {key} must be a time", key)
        if not isinstance(workspace, int) or isinstance(workspace, bool) or not 0 <= workspace < 10**15:
            raise self.error(f"the 'workspace' of {key} must be a number of bytes", key)
        return Tactic(plan, float(microseconds), workspace)


def _no_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for name, value in pairs:
        if name in result:
            raise _Duplicate(name)
        result[name] = value
    return result


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")

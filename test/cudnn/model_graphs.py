"""The operation graphs of models, and what planning them gave, kept from run to run."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from xdsl.dialects.builtin import ModuleOp

from arhat.compiler import import_model, pipeline
from arhat.dialects.cudnn import GraphOp
from arhat.driver.registry import make_context
from arhat.driver.run import run_steps
from arhat.emit.cudnn.graphs import graph_text
from arhat.options import CompileOptions
from arhat.passes.form_graphs import FormGraphsPass
from arhat.passes.support import entry_point
from cudnn.planner import SMS, built, first_with, include_folders, plan

AT_ONCE = 64
"""Graphs that one run of the planner gets: what it found is kept when it is interrupted."""


def with_graphs(xml: Path, options: CompileOptions) -> ModuleOp:
    """The model as far as `form-graphs` brings it on the cudnn target."""
    module = import_model(xml, options)
    steps = pipeline("cudnn", options)
    last = next(i for i, step in enumerate(steps) if isinstance(step, FormGraphsPass))
    run_steps(make_context(), module, steps[: last + 1], ())
    return module


def graph_texts(module: ModuleOp) -> list[str]:
    """The texts of all graphs, in order."""
    return [graph_text(op) for op in entry_point(module).body.block.ops if isinstance(op, GraphOp)]


def key_of(text: str) -> str:
    """The key in the first line of a graph's text."""
    return text.split(" ", 2)[1]


def cudnn_version() -> str:
    """The version of the installed cuDNN, like 9.24.0, by its header."""
    folder = first_with(include_folders(), "cudnn_version.h")
    text = (folder / "cudnn_version.h").read_text() if folder else ""
    numbers = [re.search(rf"define CUDNN_{part} (\d+)", text) for part in ("MAJOR", "MINOR", "PATCHLEVEL")]
    return ".".join(number[1] for number in numbers if number) or "unknown"


class Plans:
    """Results of the planner by key, architecture and whether the plan was built; kept beside the planner itself.

    A plan that was built answers for one that was not.
    """

    def __init__(self) -> None:
        self.path = built() / "plans.jsonl"
        self.known: dict[tuple[str, int, bool], dict[str, Any]] = {}
        if self.path.exists():
            for line in self.path.read_text().splitlines():
                with contextlib.suppress(
                    json.JSONDecodeError
                ):  # another process may be writing the last line
                    result = json.loads(line)
                    self.known[result["key"], result["sm"], result["built"]] = result

    def find(self, key: str, sm: int, build: bool) -> dict[str, Any] | None:
        return self.known.get((key, sm, True)) or (None if build else self.known.get((key, sm, False)))

    def missing(self, texts: Iterable[str], sms: Sequence[int], build: bool) -> list[str]:
        """Those of `texts` that were not planned for each of `sms`, each once."""
        unique = {key_of(text): text for text in texts}
        return [
            text
            for key, text in sorted(unique.items())
            if any(self.find(key, sm, build) is None for sm in sms)
        ]

    def plan(self, texts: Iterable[str], sms: Sequence[int] = SMS, *, build: bool) -> Iterator[int]:
        """Plans what is missing; gives the number of graphs done after each run of the planner."""
        missing = self.missing(texts, sms, build)
        for start in range(0, len(missing), AT_ONCE):
            some = missing[start : start + AT_ONCE]
            results = [{**result, "built": build} for result in plan(some, sms, build=build)]
            for result in results:
                self.known[result["key"], result["sm"], build] = result
            lines = "".join(json.dumps(result) + "\n" for result in results)
            with self.path.open("ab", buffering=0) as file:  # in one piece: other processes write, too
                file.write(lines.encode())
            yield len(some)

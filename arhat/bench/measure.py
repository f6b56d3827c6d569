"""Runs the sides of a benchmark in turns and gathers what they took."""

from __future__ import annotations

import json
import math
import os
import selectors
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, cast

from arhat.errors import UserError

START_LIMIT = 600.0  # seconds within which a side has to have its first result


@dataclass(frozen=True)
class SideSpec:
    """One side to time: its name in the table, the kind of worker, the model or project it is given."""

    name: str
    kind: str
    model: Path


@dataclass(frozen=True)
class Plan:
    """How long to time: `warmup` runs first, then bursts of `burst` seconds in turns.

    Timing stops when each side has run for `duration` seconds or, where `iterations` is given, that many
    times. Start-up is measured `starts` times, each in a fresh process.
    """

    threads: int = 1
    warmup: int = 3
    duration: float = 5.0
    iterations: int | None = None
    burst: float = 0.25
    starts: int = 3


@dataclass
class SideResult:
    """What one side took: latencies in ns by round, and per start the seconds to loaded and to the first
    result.
    """

    spec: SideSpec
    version: str = ""
    rounds: list[list[int]] = field(default_factory=list[list[int]])
    cpu_ns: int = 0
    load_s: list[float] = field(default_factory=list[float])
    first_s: list[float] = field(default_factory=list[float])
    interpreter_s: list[float] = field(default_factory=list[float])
    interpreter_bytes: int = 0
    peak_bytes: int = 0
    disk_bytes: int = 0
    native_start: bool = False

    @property
    def latencies(self) -> list[int]:
        """Every timed run in ns, in order."""
        return [one for burst in self.rounds for one in burst]


class Worker:
    """A running side; `take` gets its next answer."""

    def __init__(self, spec: SideSpec, order: dict[str, Any]) -> None:
        self.spec = spec
        self.started = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "arhat.bench.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "OMP_NUM_THREADS": str(order["threads"])},
        )
        self._buffer = b""
        self.send({"side": spec.kind, "model": str(spec.model), **order})

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        cast(IO[bytes], self._process.stdin).close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        cast(IO[bytes], self._process.stdout).close()

    def send(self, message: dict[str, Any]) -> None:
        """Give the worker its next task."""
        pipe = cast(IO[bytes], self._process.stdin)
        try:
            pipe.write(json.dumps(message).encode() + b"\n")
            pipe.flush()
        except BrokenPipeError:
            raise UserError(f"{self.spec.name} stopped before it was done") from None

    def take(self, limit: float) -> dict[str, Any]:
        """The next answer, within `limit` seconds. Raises UserError where the side fails or is silent."""
        pipe = cast(IO[bytes], self._process.stdout)
        end = time.monotonic() + limit
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, selectors.EVENT_READ)
            while b"\n" not in self._buffer:
                if not selector.select(max(0.0, end - time.monotonic())):
                    raise UserError(f"{self.spec.name} gave no result within {limit:.0f} s")
                chunk = os.read(pipe.fileno(), 1 << 16)
                if not chunk:
                    raise UserError(f"{self.spec.name} stopped with code {self._process.wait()}")
                self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        answer = cast(dict[str, Any], json.loads(line))
        if "error" in answer:
            raise UserError(f"{self.spec.name} failed: {answer['error']}".replace("\n", " "))
        return answer


def run(
    specs: Sequence[SideSpec],
    inputs: Path,
    names: Sequence[str],
    plan: Plan,
    *,
    progress: Callable[[str], None] = lambda _: None,
) -> list[SideResult]:
    """Time all `specs` on the arrays of the .npz file `inputs` (under `names`), one side at work at any
    moment.
    """
    order = {"threads": plan.threads, "inputs": str(inputs), "names": list(names)}
    results = [SideResult(spec) for spec in specs]
    for _ in range(plan.starts - 1):
        for result in results:
            progress(f"start of {result.spec.name}")
            with Worker(result.spec, order) as worker:
                _note_start(result, worker)
    with ExitStack() as stack:
        workers: list[Worker] = []
        for result in results:
            progress(f"start of {result.spec.name}")
            worker = stack.enter_context(Worker(result.spec, order))
            _note_start(result, worker)
            workers.append(worker)
        for worker in workers:
            worker.send({"seconds": 1e6, "iterations": max(plan.warmup - 1, 0)})
            worker.take(START_LIMIT)
        goal = plan.iterations or sys.maxsize
        limit = math.inf if plan.iterations else plan.duration
        while True:
            runs = min(len(one.latencies) for one in results)
            spent = min(sum(one.latencies) for one in results) / 1e9
            if runs >= goal or spent >= limit:
                break
            number = len(results[0].rounds)
            progress(f"round {number + 1}")
            # Sides take turns in going first, so that a drift of the machine's speed favours none.
            turn = list(zip(results, workers, strict=True))
            for result, worker in turn if number % 2 == 0 else turn[::-1]:
                left = max(goal - len(result.latencies), 1)
                worker.send({"seconds": plan.burst, "iterations": left})
                answer = worker.take(START_LIMIT)
                result.rounds.append(answer["ns"])
                result.cpu_ns += answer["cpu_ns"]
                result.peak_bytes = max(result.peak_bytes, answer["peak_bytes"])
    return results


def _note_start(result: SideResult, worker: Worker) -> None:
    answer = worker.take(START_LIMIT)
    result.version = answer["version"]
    result.interpreter_s.append(answer["ready"] - worker.started)
    result.interpreter_bytes = answer["ready_bytes"]
    result.load_s.append(answer["loaded"] - answer["ready"])
    result.first_s.append(answer["first"] - worker.started)
    result.peak_bytes = max(result.peak_bytes, answer["peak_bytes"])
    result.disk_bytes = sum(answer["files"].values())

"""Says on standard error what is going on, once it takes over a second."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager

PATIENCE = 1.0  # seconds that pass in silence


class Progress:
    """Steps of a command and the seconds that each took.

    On a terminal a spinner stands beside the current step and leaves no trace; elsewhere a step that takes
    over a second gets one line.
    """

    def __init__(self, quiet: bool = False) -> None:
        self.seconds: dict[str, float] = {}
        self._quiet = quiet

    @contextmanager
    def step(self, text: str) -> Generator[None]:
        """Everything within is the step `text`, a few words such as "import"."""
        started = time.perf_counter()
        try:
            if self._quiet:
                yield
            elif sys.stderr.isatty():
                from rich.console import Console

                with Console(stderr=True).status(f"{text} ..."):
                    yield
            else:
                timer = threading.Timer(PATIENCE, lambda: print(f"{text} ...", file=sys.stderr, flush=True))
                timer.daemon = True
                timer.start()
                try:
                    yield
                finally:
                    timer.cancel()
        finally:
            self.seconds[text] = self.seconds.get(text, 0.0) + time.perf_counter() - started

    def summary(self) -> str:
        """All steps with their seconds, on one line."""
        return ", ".join(f"{name} {seconds:.2f} s" for name, seconds in self.seconds.items())

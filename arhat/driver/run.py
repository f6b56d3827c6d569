"""Running a resolved pipeline on a module, watched by observers: timing, IR dumps."""

import hashlib
import re
import time
import traceback
from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation
from xdsl.passes import ModulePass
from xdsl.traits import IsolatedFromAbove
from xdsl.utils.exceptions import DiagnosticException

from arhat.driver.pipeline import Nest, Step
from arhat.driver.printing import DEFAULT_LIMIT, print_module
from arhat.driver.source import error_at, one_line, op_name
from arhat.driver.verify import verify_module
from arhat.errors import UserError


class PassCrash(Exception):
    """A pass did what no pass may do: it raised an unexpected exception or left invalid IR behind.

    ``culprit`` says who it was: ``pass 'name'``.
    """

    def __init__(self, culprit: str, errors: Sequence[UserError]) -> None:
        super().__init__("\n".join(map(str, errors)))
        self.culprit = culprit
        self.errors = tuple(errors)


class Observer:
    """Called around every pass; the module is the one that the pass sees."""

    def before_pass(self, name: str, module: ModuleOp) -> None:
        """The pass is about to run."""

    def after_pass(self, name: str, module: ModuleOp) -> None:
        """The pass has run, and its result verifies if that is checked."""

    def failed_pass(self, name: str, module: ModuleOp) -> None:
        """The pass raised an exception or its result does not verify."""


def run_steps(
    ctx: Context,
    module: ModuleOp,
    steps: Iterable[Step],
    observers: Sequence[Observer] = (),
    *,
    verify_each: bool = True,
    nested: bool = False,
) -> None:
    """Runs ``steps`` on ``module`` in place.

    Args:
        ctx: the context of the module.
        module: what the passes change.
        steps: passes, and passes that run on ops directly inside ``module``.
        observers: are called around each pass.
        verify_each: verify after each pass.
        nested: ``module`` only holds one op, which is what the steps are meant for.

    Raises:
        UserError: a pass refused the module.
        PassCrash: a pass failed in any other way, or its result does not verify.
    """
    for step in steps:
        if isinstance(step, Nest):
            for op in _anchors(module, step.op_name, nested):
                with _in_own_module(module, op) as inner:
                    is_module = inner is op
                    run_steps(
                        ctx, inner, step.steps, observers, verify_each=verify_each, nested=not is_module
                    )
        else:
            _run_pass(ctx, module, step, observers, verify_each)


def _run_pass(
    ctx: Context, module: ModuleOp, step: ModulePass, observers: Sequence[Observer], verify_each: bool
) -> None:
    for observer in observers:
        observer.before_pass(step.name, module)
    try:
        step.apply(ctx, module)
        if verify_each:
            _verify_after(step.name, module)
    except BaseException as error:
        for observer in observers:
            observer.failed_pass(step.name, module)
        if isinstance(error, UserError | PassCrash) or not isinstance(error, Exception):
            raise
        if isinstance(error, DiagnosticException):
            raise UserError(f"pass '{step.name}' failed: {one_line(str(error))}") from error
        raise PassCrash(f"pass '{step.name}'", [crash_error(f"pass '{step.name}'", error)]) from error
    for observer in observers:
        observer.after_pass(step.name, module)


def _verify_after(name: str, module: ModuleOp) -> None:
    try:
        verify_module(module)
    except UserError as error:
        note = f"this is the module that pass '{name}' left behind; --print-ir-after-failure shows it"
        errors = getattr(error, "errors", (error,))
        for each in errors:
            each.notes = (*each.notes, note)
        raise PassCrash(f"pass '{name}'", errors) from error


def crash_error(subject: str, error: Exception) -> UserError:
    """An unexpected exception on one line, with the place in the code that raised it."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    what = f"{type(error).__name__}: {one_line(str(error))}".removesuffix(": ")
    return UserError(f"{subject} raised {what} ({Path(frame.filename).name}:{frame.lineno})")


def _anchors(module: ModuleOp, name: str, nested: bool) -> list[Operation]:
    """The ops called ``name`` directly inside ``module``, or inside the op in it if that is ``nested``."""
    inside = (
        [op for outer in module.ops for region in outer.regions for op in region.ops]
        if nested
        else module.ops
    )
    anchors = [op for op in inside if op_name(op) == name]
    for op in anchors:
        if not op.has_trait(IsolatedFromAbove):
            raise error_at(op, f"passes cannot run on '{name}' ops: they may use values from around them")
    return anchors


@contextmanager
def _in_own_module(module: ModuleOp, op: Operation) -> Generator[ModuleOp]:
    """Gives ``op`` a module of its own for a while, since xDSL passes take modules; puts back what became of it.

    A nested module is taken as it is.
    """
    if isinstance(op, ModuleOp):
        yield op
        return
    block, following = op.parent, op.next_op
    assert block is not None
    op.detach()
    inner = ModuleOp([op], attributes=dict(module.attributes))
    inner.location = module.location
    _share_weights(module, inner)
    try:
        yield inner
    finally:
        for each in list(inner.ops):
            each.detach()
            if following is None:
                block.add_op(each)
            else:
                block.insert_op_before(each, following)


def _share_weights(module: ModuleOp, inner: ModuleOp) -> None:
    from arhat.weights import attach, store_of

    attach(inner, store_of(module))


@dataclass
class Timing(Observer):
    """Collects wall-clock time by pass and phase, in order of the first run."""

    seconds: dict[str, float] = field(default_factory=dict[str, float])
    _started: float = 0.0

    def before_pass(self, name: str, module: ModuleOp) -> None:
        """Starts the clock."""
        self._started = time.perf_counter()

    def after_pass(self, name: str, module: ModuleOp) -> None:
        """Adds the time since `before_pass`."""
        self._add(name, time.perf_counter() - self._started)

    def failed_pass(self, name: str, module: ModuleOp) -> None:
        """Adds the time since `before_pass`."""
        self.after_pass(name, module)

    def _add(self, name: str, seconds: float) -> None:
        self.seconds[name] = self.seconds.get(name, 0.0) + seconds

    @contextmanager
    def phase(self, name: str) -> Generator[None]:
        """Times what is not a pass."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self._add(name, time.perf_counter() - started)

    def table(self) -> str:
        """The report: seconds, share and name per line."""
        total = sum(self.seconds.values())
        rows = [(s, name) for name, s in self.seconds.items()] + [(total, "total")]
        lines = (f"{s:10.4f} {100 * s / total if total else 0:6.1f} %  {name}" for s, name in rows)
        return "\n".join(["   seconds    share  pass", *lines]) + "\n"


@dataclass(frozen=True)
class DumpSelection:
    """Where to print the IR; ``before`` and ``after`` name passes."""

    before_all: bool = False
    after_all: bool = False
    after_change: bool = False
    after_failure: bool = False
    before: frozenset[str] = frozenset()
    after: frozenset[str] = frozenset()

    def any(self) -> bool:
        """Whether anything is to be printed at all."""
        return self != DumpSelection()


class IRDumper(Observer):
    """Prints the IR around passes, to a stream or into numbered files of a folder.

    Args:
        selection: when to print.
        stream: where to print to, unless there is a folder.
        folder: folder for the files; it is made at need.
        generic: print ops in the generic form.
        limit: leave out dense constants with more elements than this.
    """

    def __init__(
        self,
        selection: DumpSelection,
        stream: TextIO,
        *,
        folder: Path | None = None,
        generic: bool = False,
        limit: int | None = DEFAULT_LIMIT,
    ) -> None:
        self._selection = selection
        self._stream = stream
        self._folder = folder
        self._generic = generic
        self._limit = limit
        self._count = 0
        self._digest = b""

    def before_pass(self, name: str, module: ModuleOp) -> None:
        """Prints if the selection says so, and remembers the IR if changes matter."""
        if self._selection.after_change:
            self._digest = self._digest_of(module)
        if self._selection.before_all or name in self._selection.before:
            self._dump("before", name, module)

    def after_pass(self, name: str, module: ModuleOp) -> None:
        """Prints if the selection says so."""
        selected = self._selection.after_all or name in self._selection.after
        if selected or (self._selection.after_change and self._digest_of(module) != self._digest):
            self._dump("after", name, module)

    def failed_pass(self, name: str, module: ModuleOp) -> None:
        """Prints if the selection says so."""
        if self._selection.after_failure or self._selection.after_all:
            self._dump("after failed", name, module)

    def _digest_of(self, module: ModuleOp) -> bytes:
        return hashlib.sha256(print_module(module, generic=True).encode()).digest()

    def _dump(self, when: str, name: str, module: ModuleOp) -> None:
        text = print_module(module, generic=self._generic, limit=self._limit)
        self._count += 1
        if self._folder is None:
            self._stream.write(f"// -----// IR dump {when} {name} //----- //\n{text}\n")
            return
        safe = re.sub(r"[^A-Za-z0-9_-]", "_", f"{when} {name}".replace(" ", "-"))
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / f"{self._count:03d}-{safe}.mlir").write_text(text, encoding="utf-8")
        except OSError as error:
            raise UserError(f"cannot write the IR dump: {error.strerror}", file=self._folder) from error

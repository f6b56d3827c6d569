"""What is installed: dialects and passes of Arhat, xDSL and third parties, and Arhat's named pipelines."""

import functools
import inspect
import sys
from collections.abc import Mapping

from xdsl.context import Context
from xdsl.passes import ModulePass
from xdsl.universe import Universe

from arhat.driver.pipeline import Resolver
from arhat.errors import UserError


def load_universe() -> Universe:
    """All dialects and passes that installed packages publish under the entry point ``xdsl.universe``.

    Raises:
        UserError: a package's entry point cannot be loaded, or two packages use the same name.
    """
    return _load_universe(tuple(sys.path))


@functools.cache
def _load_universe(_path: tuple[str, ...]) -> Universe:
    try:
        return Universe.get_multiverse()
    except Exception as error:
        raise UserError(
            f"an installed xdsl.universe entry point cannot be used: {error}",
            notes=("find the package with: python -m pip list",),
        ) from error


def make_context(*, allow_unregistered: bool = False) -> Context:
    """A context in which every installed dialect is registered, and none is loaded yet."""
    context = Context(allow_unregistered=allow_unregistered)
    for name, factory in load_universe().all_dialects.items():
        context.register_dialect(name, factory)
    return context


def named_pipelines() -> Mapping[str, str]:
    """Arhat's named pipelines, name to pipeline text."""
    from arhat.passes.pipelines import PIPELINES

    return PIPELINES


def make_resolver() -> Resolver:
    """A resolver that knows every installed pass and every named pipeline."""
    return Resolver(load_universe().all_passes, named_pipelines())


def summary_of(pass_type: type[ModulePass]) -> str:
    """First sentence or line of a pass's own docstring; empty if it has none."""
    text = inspect.cleandoc(pass_type.__dict__.get("__doc__") or "")
    if text.startswith(f"{pass_type.__name__}("):  # written by dataclass, not by a person
        return ""
    paragraph = " ".join(text.split("\n\n")[0].split())
    sentence, dot, _ = paragraph.partition(". ")
    return sentence + "." if dot else paragraph

"""Lists for people: dialects, passes with their options, named pipelines."""

from collections.abc import Iterator

from xdsl.passes import ModulePass

from arhat.driver import registry
from arhat.driver.pipeline import load_pass, options_of
from arhat.driver.registry import summary_of
from arhat.errors import UserError


def dialects() -> str:
    """The names of all dialects, one per line."""
    return "".join(f"{name}\n" for name in sorted(registry.load_universe().all_dialects))


def pipelines() -> str:
    """The named pipelines with their passes."""
    return "".join(f"{name}\n  {text}\n" for name, text in registry.named_pipelines().items())


def passes() -> str:
    """All passes with summary and options: those of Arhat and of third parties, then those that xDSL brings."""
    own: list[str] = []
    xdsl: list[str] = []
    for name, factory in sorted(registry.load_universe().all_passes.items()):
        try:
            pass_type = load_pass(name, factory)
        except UserError as error:
            own.append(f"{name}\n  (not usable: {error.message})\n")
            continue
        entry = "".join(f"{line}\n" for line in [name, *(f"  {text}" for text in _describe(pass_type))])
        (xdsl if pass_type.__module__.startswith("xdsl.") else own).append(entry)
    return "".join([*own, "\n// passes of xDSL\n\n", *xdsl])


def _describe(pass_type: type[ModulePass]) -> Iterator[str]:
    if summary := summary_of(pass_type):
        yield summary
    for option in options_of(pass_type):
        default = "" if option.required else f" = {option.default}"
        yield f"{{{option.name}: {option.type}{default}}}"

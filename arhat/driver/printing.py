"""Printing modules, with large constants left out on demand."""

import io
import math
from dataclasses import dataclass
from typing import Any, cast

from xdsl.context import Context
from xdsl.dialects.builtin import DenseIntOrFPElementsAttr, ModuleOp
from xdsl.ir import Attribute
from xdsl.printer import Printer

from arhat.driver.source import ELIDED

DEFAULT_LIMIT = 64


@dataclass(eq=False, repr=False)
class ElidingPrinter(Printer):
    """Prints a dense constant of more than ``limit`` elements as ``dense<__elided__> : type``.

    That is no valid constant, so that text with parts left out is refused when it is read again.
    """

    limit: int | None = None

    def print_attribute(self, attribute: Attribute) -> None:
        """Prints ``attribute``; each dense constant passes here."""
        if self.limit is not None and isinstance(attribute, DenseIntOrFPElementsAttr):
            dense = cast(DenseIntOrFPElementsAttr[Any], attribute)
            if math.prod(dense.get_shape()) > self.limit:
                self.print_string(f"dense<{ELIDED}> : ")
                self.print_attribute(cast(Attribute, dense.type))
                return
        super().print_attribute(cast(Attribute, attribute))


def print_module(
    module: ModuleOp, *, ctx: Context | None = None, generic: bool = False, limit: int | None = None
) -> str:
    """The text of ``module``, ending in a line break.

    Args:
        module: what to print.
        ctx: when given, the resources of its loaded dialects are printed too.
        generic: print ops in the generic form.
        limit: leave out dense constants with more elements than this.
    """
    stream = io.StringIO()
    printer = ElidingPrinter(stream=stream, print_generic_format=generic, limit=limit)
    printer.print_op(module)
    stream.write("\n")
    if ctx is not None:
        printer.print_metadata(ctx.loaded_dialects)
    return stream.getvalue()

"""`arhat export`: a model, changed as the options say and optimised, as a model file again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from arhat.bench.report import megabytes
from arhat.cli.progress import Progress
from arhat.options import CompileOptions

if TYPE_CHECKING:
    from xdsl.dialects.builtin import ModuleOp


def export_model(model: Path, output: Path, options: CompileOptions, optimized: bool) -> str:
    """Export `model` as OpenVINO IR to `output` (an .xml, its .bin beside it), and give back a summary.

    Raises UserError for everything that is wrong with the model, and for what OpenVINO has no operator for; nothing
    is written then.
    """
    from arhat.compiler import import_model, optimize
    from arhat.exporters.openvino import export_openvino
    from arhat.exporters.openvino.quantized import kept_quantized_weights

    progress = Progress()
    with progress.step("import"):
        module = import_model(model, options)
    before = _operations(module)
    if optimized:
        with progress.step("optimize"), kept_quantized_weights(module):
            optimize(module, options)
    with progress.step("write"):
        export_openvino(module, output, compress=optimized)
    weights = megabytes(output.with_suffix(".bin").stat().st_size)
    return "\n".join(
        [f"{output}: {_operations(module)} operations of {before}, weights {weights}", progress.summary()]
    )


def _operations(module: ModuleOp) -> int:
    """How many operations there are, constants not counted."""
    return sum(1 for op in module.walk() if op.name.startswith("arhat.") and op.name != "arhat.constant")

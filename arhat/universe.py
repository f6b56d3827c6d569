"""The registry: every dialect and pass of Arhat, each imported only when it is asked for.

It is published under the entry point ``xdsl.universe``, where a stock ``xdsl-opt`` finds it too. Other packages add
theirs in the same way; `arhat.driver.registry` brings all of them together.

canonicalize, cse and dce are xDSL's own; they know Arhat's ops by the traits of these.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import cast

from xdsl.ir import Dialect
from xdsl.passes import ModulePass
from xdsl.universe import Universe

DIALECTS = {
    "arhat": ("arhat.dialects.arhat", "Arhat"),
    "cpu": ("arhat.dialects.cpu", "CPU"),
    "cudnn": ("arhat.dialects.cudnn", "CUDNN"),
    "kernel": ("arhat.dialects.kernel", "Kernel"),
    "trt": ("arhat.dialects.trt", "TRT"),
}
"""Module and variable of each dialect."""

PASSES = (
    "add-detection",
    "check-memory-plan",
    "choose-cudnn-layout",
    "choose-layout",
    "common-subexpression-elimination",
    "compose-region",
    "convert-arhat-to-cpu",
    "convert-arhat-to-cudnn",
    "convert-arhat-to-trt",
    "convert-precision",
    "dynamic-batch",
    "fold-constants",
    "fold-priors",
    "form-graphs",
    "fuse-activation",
    "fuse-batch-norm",
    "fuse-bias",
    "fuse-channel-order",
    "fuse-elementwise",
    "fuse-epilogues",
    "fuse-pointwise",
    "fuse-residual-add",
    "infer-shapes",
    "legalize-precision",
    "outline-plugins",
    "plan-memory",
    "precision",
    "preprocess",
    "quantize",
    "schedule",
    "select-algorithms",
    "select-engines",
    "set-batch",
    "simplify-for-trt",
    "sink-input-transpose",
    "type-network",
)
"""The passes; pass ``a-b`` is the class ``ABPass`` of the module ``arhat.passes.a_b``."""


def _dialect(module: str, variable: str) -> Callable[[], Dialect]:
    return lambda: cast(Dialect, getattr(import_module(module), variable))


def _pass(name: str) -> Callable[[], type[ModulePass]]:
    module = f"arhat.passes.{name.replace('-', '_')}"
    variable = "".join(part.capitalize() for part in name.split("-")) + "Pass"
    return lambda: cast(type[ModulePass], getattr(import_module(module), variable))


ARHAT_UNIVERSE = Universe(
    all_dialects={name: _dialect(*place) for name, place in DIALECTS.items()},
    all_passes={name: _pass(name) for name in PASSES},
)

"""Named pipelines: the order in which passes run to get from a model to a platform."""

from __future__ import annotations

from collections.abc import Mapping

OPTIMIZE = ",".join(
    [
        "common-subexpression-elimination",
        "fold-constants",
        "canonicalize",
        "fold-constants",
        "common-subexpression-elimination",
        "fuse-channel-order",
        "fuse-batch-norm",
        "fuse-bias",
        "fuse-residual-add",
        "fuse-activation",
        "fuse-residual-add",
        "sink-input-transpose",
        "canonicalize",
        "fold-constants",
        "dce",
    ]
)
"""Makes a freshly imported model small: constants folded, canonical forms, convolutions with all that they can take in.

Equal constants become one before they are folded, so that their derived entries are one as well. Constants are folded
again after canonicalize, which leaves arithmetic on constants behind.
"""

OPTIMIZE_TRT = ",".join(
    [
        "common-subexpression-elimination",
        "fold-constants",
        "canonicalize",
        "fold-constants",
        "common-subexpression-elimination",
        "fuse-channel-order",
        "fuse-batch-norm",
        "fuse-bias",
        "sink-input-transpose",
        "canonicalize",
        "fold-constants",
        "dce",
    ]
)
"""The same for TensorRT, which takes activations and sums into convolutions itself.

They stay layers of their own, under their own names.
"""

CPU_LOWER = ",".join(
    [
        "convert-arhat-to-cpu",
        "fuse-elementwise",
        "fuse-epilogues",
        "choose-layout",
        "select-algorithms",
        "dce",
    ]
)
"""From the `arhat` level to calls of the plain C++ kernels, with layouts and algorithms."""

CPU_PLAN = ",".join(["plan-memory", "check-memory-plan"])
"""Places in memory, proved apart from each other."""

CPU = ",".join(["quantize", OPTIMIZE, CPU_LOWER, CPU_PLAN])
"""The whole way from an imported model, quantised or not, to what the `cpu` target's emitter prints."""

CUDNN_LOWER = ",".join(
    [
        "convert-arhat-to-cudnn",
        "choose-cudnn-layout",
        "form-graphs",
        "fuse-pointwise",
        "fuse-elementwise",
        "select-engines",
        "dce",
    ]
)
"""From the `arhat` level to cuDNN's operation graphs, calls and kernels on the GPU, with layouts and engines."""

CUDNN_PLAN = ",".join(["schedule", "plan-memory", "check-memory-plan"])
"""Streams, and places in memory, proved apart from each other."""

FOLD = "fold-constants,common-subexpression-elimination,dce"
"""After a change of precision: constants are folded into their new types."""

CUDNN = ",".join(["quantize", OPTIMIZE, "precision", FOLD, CUDNN_LOWER, CUDNN_PLAN])
"""The whole way from an imported model to what the `cudnn` target's emitter prints, in strict f32."""

TRT_LOWER = ",".join(["fold-priors", "compose-region", "convert-arhat-to-trt", "outline-plugins", "dce"])
"""From the `arhat` level to layers of a TensorRT network and plugins, in the model's own element types."""

TRT = ",".join(["quantize", OPTIMIZE_TRT, TRT_LOWER, "type-network", "simplify-for-trt"])
"""The whole way from an imported model to what the `trt` target's emitter prints, in strict f32."""

PIPELINES: Mapping[str, str] = {
    "optimize": OPTIMIZE,
    "cpu-lower": CPU_LOWER,
    "cpu-plan": CPU_PLAN,
    "cpu": CPU,
    "cudnn-lower": CUDNN_LOWER,
    "cudnn-plan": CUDNN_PLAN,
    "cudnn": CUDNN,
    "optimize-trt": OPTIMIZE_TRT,
    "trt-lower": TRT_LOWER,
    "trt": TRT,
}
"""Every named pipeline: name and passes."""

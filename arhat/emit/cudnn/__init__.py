"""The `cudnn` target: a CUDA program that calls cuDNN, cuBLASLt and kernels of its own."""

from __future__ import annotations

from arhat.emit.cudnn.program import emit

__all__ = ["emit"]

"""The `trt` target: a C++ program that has TensorRT build an engine of the network, layer by layer, and runs that."""

from __future__ import annotations

from arhat.emit.trt.program import emit

__all__ = ["emit"]

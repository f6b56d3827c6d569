"""ONNX Runtime as a peer, where it is installed with CUDA: the network up to its tail, exported by PyTorch in f16.

python onnx_peer.py GRAPH.json [PROVIDER]
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
import torch_peer

CUDA = "CUDAExecutionProvider"


def measure(path: Path, provider: str = CUDA, seconds: float = 3.0) -> dict[str, Any]:
    """Latency in ms, from arrays of the host to arrays of the host; a detector's tail is not part of it."""
    if provider not in onnxruntime.get_available_providers():
        return {"error": f"ONNX Runtime {onnxruntime.__version__} has no {provider} here"}
    graph = json.loads(path.read_text())
    network = torch_peer.Network(graph, torch.float16 if provider == CUDA else torch.float32).eval()
    inputs = [torch_peer.random_input(place) for place in graph["inputs"]]
    names = [f"x{i}" for i in range(len(inputs))]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "network.onnx"
        torch.onnx.export(network, tuple(inputs), file, input_names=names, dynamo=True, verbose=False)
        options: list[Any] = (
            [(CUDA, {"cudnn_conv_algo_search": "EXHAUSTIVE"})] if provider == CUDA else [provider]
        )
        session = onnxruntime.InferenceSession(str(file), providers=options)
        feeds = {name: x.numpy() for name, x in zip(names, inputs, strict=True)}
        for _ in range(10):
            session.run(None, feeds)
        times: list[float] = []
        start = time.perf_counter()
        while time.perf_counter() - start < seconds or len(times) < 20:
            begin = time.perf_counter()
            session.run(None, feeds)
            times.append((time.perf_counter() - begin) * 1e3)
    p50, p90, p99 = np.percentile(times, [50, 90, 99])
    return {"p50_ms": float(p50), "p90_ms": float(p90), "p99_ms": float(p99), "runs": len(times)}


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]), *sys.argv[2:])))

"""PyTorch as a peer: networks that `peers_graph` wrote, eager and compiled. Needs PyTorch with CUDA.

What an engineer would write: channels_last, half precision, `torch.compile` with CUDA graphs. The tail of an SSD is
computed as torchvision does it, with `batched_nms`, outside the CUDA graph, because its sizes depend on the numbers.
Networks with operations that are not here (Faster R-CNN's proposals) have no peer.
"""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F

TAIL = {"detection_output"}
"""Operations whose time depends on the numbers; they run outside the compiled part."""


class Unsupported(Exception):
    """The network has an operation that this peer does not know."""


class Network(torch.nn.Module):
    """The operations of a network up to its tail, one PyTorch function each."""

    def __init__(self, graph: dict[str, Any], dtype: torch.dtype) -> None:
        super().__init__()
        self.graph = graph
        self.dtype = dtype
        self.steps: list[tuple[str, dict[str, Any], list[int], dict[str, Any]]] = []
        generator = torch.Generator().manual_seed(1)
        for op in graph["ops"]:
            result = op["outputs"][0]
            if op["op"] == "constant":
                self.register_buffer(f"c{result['id']}", self._constant(op, generator), persistent=False)
            else:
                if op["op"] not in FUNCTIONS and op["op"] not in TAIL:
                    raise Unsupported(op["op"])
                self.steps.append(
                    (op["op"], op["inputs"], [o["id"] for o in op["outputs"]], op["attributes"] | _sizes(op))
                )
        self.constants = [op["outputs"][0]["id"] for op in graph["ops"] if op["op"] == "constant"]
        self.cut = next((i for i, step in enumerate(self.steps) if step[0] in TAIL), len(self.steps))

    def _constant(self, op: dict[str, Any], generator: torch.Generator) -> torch.Tensor:
        result = op["outputs"][0]
        kind = getattr(torch, result["type"])
        if "value" in op:
            value = torch.tensor(op["value"], dtype=kind).reshape(result["shape"])
        else:
            fan_in = max(1, int(torch.tensor(result["shape"][1:]).prod())) if len(result["shape"]) > 1 else 1
            value = torch.randn(result["shape"], generator=generator) * (1.6 / fan_in) ** 0.5
        if value.is_floating_point():
            value = value.to(self.dtype)
        return value.contiguous(memory_format=torch.channels_last) if value.dim() == 4 else value

    def run(self, env: dict[int, Any], begin: int, end: int) -> dict[int, Any]:
        """Steps [begin, end) over the values in `env`."""
        for constant in self.constants:
            env[constant] = getattr(self, f"c{constant}")
        for name, operands, results, attributes in self.steps[begin:end]:
            given = {k: [env[i] for i in v] if isinstance(v, list) else env[v] for k, v in operands.items()}
            made = (FUNCTIONS | TAILS)[name](given, attributes)
            for number, value in zip(results, made if isinstance(made, tuple) else (made,), strict=False):
                env[number] = value
        return env

    def forward(self, *inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """Everything before the tail; gives what the tail and the outputs read."""
        env: dict[int, Any] = {
            place["id"]: x.to(self.dtype) if x.is_floating_point() else x
            for place, x in zip(self.graph["inputs"], inputs, strict=True)
        }
        env = self.run(env, 0, self.cut)
        return tuple(env[i] for i in self.border())

    def border(self) -> list[int]:
        """Numbers of the values that cross from the compiled part to the tail, or are outputs."""
        made = {r for _, _, results, _ in self.steps[: self.cut] for r in results}
        made |= {place["id"] for place in self.graph["inputs"]}
        read = [
            i
            for _, operands, _, _ in self.steps[self.cut :]
            for v in operands.values()
            for i in (v if isinstance(v, list) else [v])
        ]
        return list(dict.fromkeys(i for i in [*read, *self.graph["outputs"]] if i in made))

    def tail(self, border: tuple[torch.Tensor, ...]) -> None:
        """The steps after the compiled part."""
        self.run(dict(zip(self.border(), border, strict=True)), self.cut, len(self.steps))


def _sizes(op: dict[str, Any]) -> dict[str, Any]:
    return {"result_shape": op["outputs"][0]["shape"]}


def _activate(x: torch.Tensor, activation: list[Any] | None, slope: torch.Tensor | None) -> torch.Tensor:
    if activation is None:
        return x
    kind, *p = activation
    table: dict[str, Callable[[], torch.Tensor]] = {
        "relu": lambda: F.relu(x),
        "clamp": lambda: torch.clamp(x, p[0], p[1]),
        "leaky_relu": lambda: F.leaky_relu(x, p[0]),
        "elu": lambda: F.elu(x, p[0]),
        "sigmoid": lambda: torch.sigmoid(x),
        "tanh": lambda: torch.tanh(x),
        "swish": lambda: F.silu(x),
        "mish": lambda: F.mish(x),
        "hswish": lambda: F.hardswish(x),
        "hsigmoid": lambda: F.hardsigmoid(x),
        "gelu": lambda: F.gelu(x),
        "prelu": lambda: F.prelu(x, slope if slope is not None else torch.zeros(1)),
    }
    if kind not in table:
        raise Unsupported(kind)
    return table[kind]()


def _padded(x: torch.Tensor, a: dict[str, Any], value: float = 0.0) -> tuple[torch.Tensor, list[int]]:
    """The input with what padding PyTorch cannot express, and the padding that is left for it."""
    begin, end = a["pads_begin"], a["pads_end"]
    if begin == end:
        return x, begin
    pads = [p for pair in zip(reversed(begin), reversed(end), strict=True) for p in pair]
    return F.pad(x, pads, value=value), [0] * len(begin)


def _convolution(g: dict[str, Any], a: dict[str, Any]) -> torch.Tensor:
    x, pads = _padded(g["x"], a)
    y = F.conv2d(x, g["filter"], g.get("bias"), a["strides"], pads, a["dilations"], a["groups"])
    last = bool(a.get("residual_after_activation"))
    if "residual" in g and not last:
        y = y + g["residual"]
    y = _activate(y, a.get("activation"), g.get("slope"))
    return y + g["residual"] if "residual" in g and last else y


def _max_pool(g: dict[str, Any], a: dict[str, Any]) -> torch.Tensor:
    x, pads = _padded(g["x"], a, float("-inf"))
    return F.max_pool2d(x, a["kernel"], a["strides"], pads, a["dilations"], a["rounding"] == "ceil")


def _avg_pool(g: dict[str, Any], a: dict[str, Any]) -> torch.Tensor:
    x, pads = _padded(g["x"], a)
    return F.avg_pool2d(x, a["kernel"], a["strides"], pads, a["rounding"] == "ceil", not a["exclude_pad"])


def _matmul(g: dict[str, Any], a: dict[str, Any]) -> torch.Tensor:
    left, right = g["a"], g["b"]
    y = (left.mT if a["transpose_a"] else left) @ (right.mT if a["transpose_b"] else right)
    y = y + g["bias"] if "bias" in g else y
    return _activate(y, a.get("activation"), None)


def _slice(g: dict[str, Any], a: dict[str, Any]) -> torch.Tensor:
    x = g["x"]
    for axis, (start, size, step) in enumerate(zip(a["starts"], a["sizes"], a["steps"], strict=True)):
        x = x.narrow(axis, start, (size - 1) * step + 1) if step > 0 else x
        index = [slice(None)] * axis + [slice(None, None, step)]
        x = x[tuple(index)] if step > 1 else x
    return x


def _region_yolo(g: dict[str, Any], a: dict[str, Any]) -> torch.Tensor:
    x = g["x"]
    n, _, h, w = x.shape
    classes, coords = a["classes"], a["coords"]
    y = x.reshape(n, -1, coords + 1 + classes, h, w)
    boxes = torch.cat([torch.sigmoid(y[:, :, :2]), y[:, :, 2:coords]], 2)
    rest = y[:, :, coords:]
    if a["do_softmax"]:
        rest = torch.cat([torch.sigmoid(rest[:, :, :1]), torch.softmax(rest[:, :, 1:], 2)], 2)
    else:
        rest = torch.sigmoid(rest)
    return torch.cat([boxes, rest], 2).reshape(a["result_shape"])


def _interpolate(g: dict[str, Any], a: dict[str, Any]) -> torch.Tensor:
    size = a["result_shape"][2:]
    if a["mode"] == "nearest":
        return F.interpolate(g["x"], size=size, mode="nearest")
    return F.interpolate(
        g["x"], size=size, mode="bilinear", align_corners=a["coordinate_transformation"] == "align_corners"
    )


FUNCTIONS: dict[str, Callable[[dict[str, Any], dict[str, Any]], Any]] = {
    "convolution": _convolution,
    "max_pool": _max_pool,
    "avg_pool": _avg_pool,
    "matmul": _matmul,
    "add": lambda g, a: g["a"] + g["b"],
    "multiply": lambda g, a: g["a"] * g["b"],
    "subtract": lambda g, a: g["a"] - g["b"],
    "relu": lambda g, a: F.relu(g["x"]),
    "sigmoid": lambda g, a: torch.sigmoid(g["x"]),
    "convert": lambda g, a: g["x"].half() if a["to"] in ("f32", "f16") else g["x"],
    "reshape": lambda g, a: g["x"].reshape(a["result_shape"]),
    "transpose": lambda g, a: g["x"].permute(a["perm"]),
    "concat": lambda g, a: torch.cat(g["xs"], a["axis"]),
    "softmax": lambda g, a: torch.softmax(g["x"], a["axis"]),
    "reduce_mean": lambda g, a: g["x"].mean(a["axes"], keepdim=a["keep_dims"]),
    "slice": _slice,
    "interpolate": _interpolate,
    "region_yolo": _region_yolo,
}


def _nms(boxes: torch.Tensor, scores: torch.Tensor, groups: torch.Tensor, threshold: float) -> torch.Tensor:
    from torchvision.ops import batched_nms

    return batched_nms(boxes, scores, groups, threshold)


def _detection_output(g: dict[str, Any], a: dict[str, Any]) -> torch.Tensor:
    """SSD's tail as torchvision writes it: decode, threshold, top_k of each class, batched NMS, keep_top_k."""
    loc, conf, priors = (g[k].float() for k in ("loc", "conf", "priors"))
    boxes = priors[0, 0].reshape(-1, 4)
    variance = priors[0, 1].reshape(-1, 4) if priors.shape[1] > 1 else torch.full_like(boxes, 0.1)
    loc = loc.reshape(-1, 4)
    size, center = boxes[:, 2:] - boxes[:, :2], (boxes[:, 2:] + boxes[:, :2]) / 2
    center, size = (
        center + loc[:, :2] * variance[:, :2] * size,
        size * torch.exp((loc[:, 2:] * variance[:, 2:]).clamp(max=4)),
    )
    decoded = torch.cat([center - size / 2, center + size / 2], 1)
    scores = conf.reshape(len(decoded), -1)
    scores = scores[:, 1:] if a["background_label_id"] == 0 else scores
    top = min(a["top_k"] if a["top_k"] > 0 else len(decoded), len(decoded))
    best, order = scores.topk(top, 0)
    groups = torch.arange(best.shape[1], device=best.device).expand(top, -1)
    keep = best > a["confidence_threshold"]
    flat, flat_boxes, flat_groups = best[keep], decoded[order[keep]], groups[keep]
    kept = _nms(flat_boxes, flat, flat_groups, a["nms_threshold"])[: a["keep_top_k"][0]]
    return torch.cat([flat_groups[kept, None].float(), flat[kept, None], flat_boxes[kept]], 1)


TAILS: dict[str, Callable[[dict[str, Any], dict[str, Any]], Any]] = {
    "detection_output": _detection_output,
}


def measure(path: Path, mode: str, seconds: float = 3.0) -> dict[str, Any]:
    """Latency of one network in ms: host input to host output, as for Arhat's own programs. `mode`: eager, compiled."""
    graph = json.loads(path.read_text())
    torch.backends.cudnn.benchmark = True
    network = Network(graph, torch.float16).cuda().eval()
    pinned = [random_input(place).pin_memory() for place in graph["inputs"]]
    function: Callable[..., Any] = network
    if mode == "compiled":
        function = torch.compile(network, mode="reduce-overhead", dynamic=False)

    def once() -> None:
        x = [p.cuda(non_blocking=True) for p in pinned]
        x = [t.contiguous(memory_format=torch.channels_last) if t.dim() == 4 else t for t in x]
        with torch.inference_mode():
            border = function(*x)
            if network.cut < len(network.steps):
                network.tail(border)
            else:
                [value.float().cpu() for value in border]
        torch.cuda.synchronize()

    torch.cuda.reset_peak_memory_stats()
    for _ in range(10):
        once()
    times: list[float] = []
    start = time.perf_counter()
    while time.perf_counter() - start < seconds or len(times) < 20:
        begin = time.perf_counter()
        once()
        times.append((time.perf_counter() - begin) * 1e3)
    times.sort()
    return {
        "p50_ms": statistics.median(times),
        "p90_ms": times[int(0.9 * len(times))],
        "p99_ms": times[int(0.99 * len(times))],
        "runs": len(times),
        "memory_bytes": torch.cuda.max_memory_reserved(),
    }


def random_input(place: dict[str, Any]) -> torch.Tensor:
    shape = place["shape"]
    if place["type"].startswith("float"):
        return torch.rand(shape) * 255
    return torch.randint(0, 255, shape).to(getattr(torch, place["type"]))


if __name__ == "__main__":
    import sys

    print(json.dumps(measure(Path(sys.argv[1]), sys.argv[2])))

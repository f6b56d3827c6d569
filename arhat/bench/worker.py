"""One side of a benchmark, alone in a process; `python -m arhat.bench.worker` reads its orders as JSON lines.

First line in: the order (`side`, `threads`, `inputs`, ...). First line out: how the start went. Then each
`{"seconds": s, "iterations": n}` in gives `{"ns": [...], "cpu_ns": n}` out, until the input ends.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any

from typing_extensions import override

Step = Callable[[], Any]


def peak_bytes() -> int:
    """The most memory that this process has held (VmHWM), 0 where the system does not say."""
    try:
        for line in Path("/proc/self/status").read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def mapped_files(root: Path) -> list[Path]:
    """The files below `root` that this process has mapped, once each."""
    found: set[Path] = set()
    try:
        for line in Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace").splitlines():
            parts = line.split(maxsplit=5)
            if len(parts) == 6 and parts[5].startswith(str(root)):
                found.add(Path(parts[5]))
    except OSError:
        pass
    return sorted(found)


def library_files(package: Any) -> list[Path]:
    """The libraries of a Python package that are in use now, its Python bindings not counted."""
    root = Path(package.__file__).resolve().parent
    roots = [root, *root.parent.glob(f"{root.name}.libs")]
    return [file for one in roots for file in mapped_files(one) if "_pyopenvino" not in file.name]


class Side(ABC):
    """What a worker times: `load` makes it ready, `step` runs one inference, `files` is what it needs on
    disk.
    """

    version = ""

    @abstractmethod
    def load(self, order: dict[str, Any], inputs: dict[str, Any]) -> Step:
        """Make ready for one model and give back the function that runs it once."""

    @abstractmethod
    def files(self, order: dict[str, Any]) -> list[Path]:
        """Files that have to be on disk to run, the model included."""


class ArhatSide(Side):
    """A built project folder through `arhat.runtime.load`."""

    @override
    def load(self, order: dict[str, Any], inputs: dict[str, Any]) -> Step:
        import arhat
        from arhat.runtime import load

        self.version = f"arhat {arhat.__version__}"
        model: Any = load(order["model"], threads=order["threads"])
        return lambda: model(inputs)

    @override
    def files(self, order: dict[str, Any]) -> list[Path]:
        folder = Path(order["model"])
        return [*mapped_files(folder.resolve()), folder / "weights.safetensors"]


class OpenVinoSide(Side):
    """The model in OpenVINO's CPU plugin: f32, latency hint, one stream, the given number of threads."""

    @override
    def load(self, order: dict[str, Any], inputs: dict[str, Any]) -> Step:
        ov: Any = importlib.import_module("openvino")
        self.version = f"openvino {ov.__version__}"
        self._package: Any = ov
        core = ov.Core()
        model = core.read_model(order["model"])
        by_name = openvino_inputs(model, inputs)
        wanted = {port: list(array.shape) for port, array in by_name.items()}
        if any(port.partial_shape.is_dynamic or list(port.shape) != dims for port, dims in wanted.items()):
            model.reshape(wanted)
        config: dict[str, Any] = {
            "INFERENCE_PRECISION_HINT": "f32",
            "PERFORMANCE_HINT": "LATENCY",
            "NUM_STREAMS": "1",
            "INFERENCE_NUM_THREADS": order["threads"],
        }
        request = core.compile_model(model, "CPU", config).create_infer_request()
        tensors = [ov.Tensor(array) for array in openvino_inputs(model, inputs).values()]
        for index, tensor in enumerate(tensors):
            request.set_input_tensor(index, tensor)
        return lambda: request.infer()

    @override
    def files(self, order: dict[str, Any]) -> list[Path]:
        model = Path(order["model"])
        return [*library_files(self._package), model, model.with_suffix(".bin")]


class OnnxRuntimeSide(Side):
    """An ONNX model in ONNX Runtime's CPU provider."""

    @override
    def load(self, order: dict[str, Any], inputs: dict[str, Any]) -> Step:
        ort: Any = importlib.import_module("onnxruntime")
        self.version = f"onnxruntime {ort.__version__}"
        self._package: Any = ort
        options = ort.SessionOptions()
        options.intra_op_num_threads = order["threads"]
        options.inter_op_num_threads = 1
        session = ort.InferenceSession(order["model"], options, providers=["CPUExecutionProvider"])
        names = [one.name for one in session.get_inputs()]
        arrays = list(inputs.values())
        feeds = {name: inputs.get(name, arrays[i]) for i, name in enumerate(names)}
        return lambda: session.run(None, feeds)

    @override
    def files(self, order: dict[str, Any]) -> list[Path]:
        return [*library_files(self._package), Path(order["model"])]


SIDES: dict[str, type[Side]] = {
    "arhat": ArhatSide,
    "openvino": OpenVinoSide,
    "onnxruntime": OnnxRuntimeSide,
}


def openvino_inputs(model: Any, inputs: dict[str, Any]) -> dict[Any, Any]:
    """The input ports of an OpenVINO model, in its order, with their arrays: by name, else by position."""
    arrays = list(inputs.values())
    ports: dict[Any, Any] = {}
    for index, port in enumerate(model.inputs):
        names = [port.get_node().get_friendly_name(), *sorted(port.get_names())]
        found = next((inputs[name] for name in names if name in inputs), None)
        ports[port] = arrays[index] if found is None else found
    return ports


def measure(step: Step, seconds: float, iterations: int) -> tuple[list[int], int]:
    """Nanoseconds of each run, and of processor time together, for `seconds` or `iterations`, what ends
    first.

    One run before them is not counted: it brings back the caches that the other side has just used.
    """
    step()
    times: list[int] = []
    clock = time.perf_counter_ns
    cpu = time.process_time_ns()
    now = clock()
    end = now + int(seconds * 1e9)
    while now < end and len(times) < iterations:
        step()
        after = clock()
        times.append(after - now)
        now = after
    return times, time.process_time_ns() - cpu


def main() -> None:
    """Serve one side; stdout carries only the answers, whatever a library prints goes to stderr."""
    entered = time.monotonic()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(message: dict[str, Any]) -> None:
        answers.write(json.dumps(message) + "\n")
        answers.flush()

    order: dict[str, Any] = json.loads(sys.stdin.readline())
    try:
        import numpy as np

        with np.load(order["inputs"], allow_pickle=False) as file:
            inputs: dict[str, Any] = {name: file[name] for name in order["names"]}
        ready = time.monotonic()
        ready_bytes = peak_bytes()
        side = SIDES[order["side"]]()
        step = side.load(order, inputs)
        loaded = time.monotonic()
        step()
        first = time.monotonic()
        files = {str(file): file.stat().st_size for file in side.files(order) if file.is_file()}
        answer(
            {
                "version": side.version,
                "entered": entered,
                "ready": ready,
                "loaded": loaded,
                "first": first,
                "ready_bytes": ready_bytes,
                "peak_bytes": peak_bytes(),
                "files": files,
            }
        )
        for line in sys.stdin:
            task: dict[str, Any] = json.loads(line)
            times, cpu = measure(step, task["seconds"], task["iterations"])
            answer({"ns": times, "cpu_ns": cpu, "peak_bytes": peak_bytes()})
    except Exception as error:  # goes to whoever started this process, which alone can tell the user
        answer({"error": f"{type(error).__name__}: {error}"})
        sys.exit(1)


if __name__ == "__main__":
    main()

"""The whole road: compile the shapes detector to C++, build it, run it, and show what it finds beside the truth.

    python examples/shapes/demo.py [--out FOLDER]

Needs a C++ compiler and CMake. Where OpenVINO is installed, it is timed and compared as well.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from arhat.bench.machine import version_of
from arhat.cli.compile import compile_to_folder
from arhat.cli.detections import compare, describe, detections_of, drawn, iou, name_of, read_labels
from arhat.cli.inputs import InputInfo, Preprocessing, image_array
from arhat.errors import UserError
from arhat.options import NO_OPTIONS
from arhat.runtime import load

HERE = Path(__file__).resolve().parent
THRESHOLD = 0.5
THREADS = 1


def truth_of(name: str) -> list[tuple[str, tuple[float, ...]]]:
    """What is drawn in a picture: class and box."""
    drawn_there = json.loads((HERE / "truth.json").read_text(encoding="utf-8"))[name]
    return [(one["label"], tuple(one["box"])) for one in drawn_there]


def milliseconds(sides: list[Callable[[], object]]) -> list[float]:
    """Median time of each call, the sides taking turns so that a busy machine slows all of them alike."""
    times: list[list[float]] = [[] for _ in sides]
    for _ in range(10):
        for side, taken in zip(sides, times, strict=True):
            side()
            end = time.perf_counter() + 0.1
            while time.perf_counter() < end:
                started = time.perf_counter()
                side()
                taken.append(time.perf_counter() - started)
    return [1000 * statistics.median(taken) for taken in times]


def openvino_request(image: np.ndarray) -> Any:
    """OpenVINO's inference request for the model, its input set: f32, one thread."""
    import openvino

    core = openvino.Core()
    config = {
        "INFERENCE_PRECISION_HINT": "f32",
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_NUM_THREADS": THREADS,
    }
    compiled = core.compile_model(core.read_model(HERE / "model.xml"), "CPU", config)
    request = compiled.create_infer_request()
    request.set_input_tensor(0, openvino.Tensor(image))
    return request


def main() -> int:
    """Run the demo; the exit code says whether every shape was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--out", type=Path, default=Path("out"), help="folder for the program and the picture"
    )
    out = parser.parse_args().out

    print("Compile and build:")
    print(
        compile_to_folder(
            HERE / "model.xml", out / "shapes", "cpu", NO_OPTIONS, None, build=True, native=True, jobs=0
        )
    )

    scene = Image.open(HERE / "scene.png").convert("RGB")
    labels = read_labels(HERE / "labels.txt")
    with load(out / "shapes", threads=THREADS) as model:
        info = model.inputs[0]
        image = image_array(scene, InputInfo(info.name, info.shape, info.dtype), Preprocessing())
        output = model({info.name: image})["detections"]
        sides: list[Callable[[], object]] = [lambda: model({info.name: image})]
        request = openvino_request(image) if version_of("openvino") else None
        if request is not None:
            sides.append(request.infer)
        latency = milliseconds(sides)
    found = detections_of(output, THRESHOLD)

    print("\nWhat is drawn in scene.png, and what the program finds there:")
    truth = truth_of("scene.png")
    right = 0
    free = list(found)
    for label, box in truth:
        best = max(free, key=lambda one: iou(one.box, box), default=None)
        if best is None or iou(best.box, box) < 0.5 or name_of(best.label, labels) != label:
            print(f"  {label:<9} missed")
            continue
        free.remove(best)
        right += 1
        print(f"  {label:<9} {describe(best, labels)}  IoU {iou(best.box, box):.3f}")
    for one in free:
        print(f"  nothing   {describe(one, labels)}")
    print(f"{right} of {len(truth)} shapes found, {len(free)} false alarms")

    print(f"\nLatency, {THREADS} thread, f32: {latency[0]:.2f} ms")
    if request is None:
        print("OpenVINO is not installed, so there is nothing to compare with")
    else:
        same = compare(detections_of(output), detections_of(np.array(request.get_output_tensor(0).data)))
        print(f"OpenVINO {version_of('openvino')}: {latency[1]:.2f} ms")
        print(f"Detections equal to OpenVINO's: {same.matched}; not equal: {len(same.problems)}")

    target = out / "shapes.png"
    drawn(scene.resize((scene.width * 2, scene.height * 2)), found, labels).save(target)
    print(f"The picture with the boxes: {target}")
    return 0 if right == len(truth) and not free else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except UserError as error:
        print(error, file=sys.stderr)
        sys.exit(1)

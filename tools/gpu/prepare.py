"""The half of `gpu_check` that runs where Arhat is: emits the projects, and what their results have to be."""

from __future__ import annotations

import hashlib
import json
import shutil
import struct
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod, sqrt
from pathlib import Path
from typing import Any

import numpy as np

from arhat.cli.plugins import write_plugins
from arhat.compiler import compile_model, import_model, optimize, write_project
from arhat.dialects import trt
from arhat.dialects.arhat import ConstantOp
from arhat.dialects.arhat.base import tensor_type
from arhat.dialects.kernel import tensor_of
from arhat.dialects.kernel.memory import ConcatInPlaceOp, ViewOp, layout_of
from arhat.emit.source import constants_of
from arhat.errors import UserError
from arhat.interpreters import evaluate, input_names
from arhat.layers import layers_of
from arhat.options import CompileOptions
from arhat.passes.support import entry_point
from arhat.weights import dtype_of, store_of
from gpu import peers_graph, seeded

Array = np.ndarray[Any, np.dtype[Any]]

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "test"))

import models as test_models  # noqa: E402 - the tests' own list of models

CARRIED = 1 << 14
"""Bytes up to which a weight of a synthetic model is carried as it is."""
WHOLE = 1 << 16
"""Elements up to which an output is kept whole."""

DEFAULT = (
    "resnet-50-tf/FP32-v11",
    "mobilenet-v2-1.0-224/FP32-v10",
    "face-detection-retail-0004/FP32-v11",
    "face-detection-retail-0004/FP16-INT8-v11",
    "person-vehicle-bike-detection-2000/FP16-v11",
    "landmarks-regression-retail-0009/FP32-v10",
    "ssd_mobilenet_v1_fpn_coco/FP32-v11-regen",
    "ssd_mobilenet_v2_coco/FP32-v10",
    "ssd_resnet50_v1_fpn_coco/FP32-v11-regen",
    "faster_rcnn_inception_v2_coco/FP32-v11-regen",
    "faster_rcnn_resnet50_coco/FP32-v11-regen",
    "yolo-v2-tf/FP32-v11-regen",
    "yolo-v3-tf/FP32-v11-regen",
    "yolo-v4-tf/FP32-v11-regen",
)
"""The baseline, the eight detectors that the project exists for, and small ones with trained weights."""

BATCHED = ("resnet-50-tf/FP32-v11",)
"""Models whose throughput is measured at several batch sizes as well."""


@dataclass(frozen=True)
class Case:
    """One project: a model, what it is computed in, and how many images at once."""

    model: test_models.Model
    precision: str
    batch: int
    target: str

    @property
    def folder(self) -> str:
        """Name of the project's folder."""
        name = f"{self.model.id.replace('/', '__')}__{self.precision}__b{self.batch}"
        return f"{name}__trt" if self.target == "trt" else name


def chosen_models(names: Sequence[str]) -> list[test_models.Model]:
    """The models that `names` ask for, of those there are."""
    wanted = names or DEFAULT
    found = [m for m in test_models.all_models() if any(name in m.id for name in wanted)]
    missing = [name for name in wanted if not any(name in m.id for m in found)]
    for name in missing:
        print(f"there is no model {name}", file=sys.stderr)
    return found


def cases_of(
    models: Sequence[test_models.Model], precisions: Sequence[str], batches: Sequence[int], target: str
) -> list[Case]:
    """What is made of each model: a quantised one runs on integers, the others in each precision."""
    cases: list[Case] = []
    for model in models:
        if model.quantized:
            cases.append(Case(model, "int8", 1, target))
            continue
        for precision in precisions:
            if target == "cpu" and precision == "tf32":
                continue
            more = batches if model.id in BATCHED and precision == "f16" else (1,)
            cases += [Case(model, precision, batch, target) for batch in sorted({1, *more})]
    return cases


def prepare(out: Path, cases: Sequence[Case], arch: Sequence[int]) -> list[dict[str, Any]]:
    """Writes a folder for each case, `plan.json`, and the graphs that peers run; gives one row for each case."""
    shutil.rmtree(out, ignore_errors=True)
    (out / "projects").mkdir(parents=True)
    rows: list[dict[str, Any]] = []
    for case in cases:
        start = time.perf_counter()
        row: dict[str, Any] = {"project": case.folder, "model": case.model.id, "precision": case.precision}
        row |= {"batch": case.batch, "target": case.target}
        try:
            row |= _prepare_one(case, out / "projects" / case.folder, arch)
        except UserError as error:
            row["error"] = str(error).splitlines()[0]
            shutil.rmtree(out / "projects" / case.folder, ignore_errors=True)
        row["seconds"] = round(time.perf_counter() - start, 1)
        rows.append(row)
        print(f"{row['seconds']:>7} s  {case.folder}  {row.get('error', 'ok')}", flush=True)
        (out / "plan.json").write_text(json.dumps({"cases": rows}, indent=1) + "\n")
    if any(case.target == "trt" for case in cases):
        write_plugins(out / "plugins", tuple(arch))
    graphs = out / "graphs"
    graphs.mkdir()
    for case in cases:
        path = graphs / f"{case.model.id.replace('/', '__')}__b{case.batch}.json"
        if case.model.quantized or path.exists():
            continue
        batch = case.batch if case.batch != 1 else None
        module = import_model(
            case.model.xml, CompileOptions(input_shapes=case.model.input_shapes, batch=batch)
        )
        optimize(module)
        path.write_text(json.dumps(peers_graph.describe(module)))
    return rows


def _prepare_one(case: Case, folder: Path, arch: Sequence[int]) -> dict[str, Any]:
    target = case.target
    options: dict[str, Any] = {"input_shapes": case.model.input_shapes}
    if case.precision != "int8":
        options["precision"] = case.precision
    if case.batch != 1:
        options["batch"] = case.batch
    if target != "cpu":
        options["architectures"] = tuple(arch)
    asked = CompileOptions(**options)
    module = compile_model(case.model.xml, target, asked)
    made = {}
    if not case.model.real and target != "cpu":
        made = _seed_weights(module)
    inputs = _inputs(case, module)
    references: list[dict[str, Any]] = []
    arrays: dict[str, Array] = {}

    def note(op: Any, results: Sequence[Any]) -> None:
        if isinstance(op, ConstantOp | ViewOp | ConcatInPlaceOp | trt.ConstantOp):
            return
        for result, array in zip(op.results, results, strict=True):
            _note_value(op, result, np.asarray(array), references, arrays)

    outputs = evaluate(module, inputs, on_result=note)
    write_project(module, folder, target, asked)
    for name, array in outputs.items():
        array = np.asarray(array)
        if array.size <= WHOLE:
            arrays[f"output/{name}"] = array
        else:
            arrays[f"sample/{name}"] = array.reshape(-1)[
                seeded.sample(array.size, name, seeded.LARGE_SAMPLES)
            ]
    np.savez_compressed(folder / "reference.npz", **arrays)
    carried = {f"i{n}": a for n, (k, a) in enumerate(inputs.items()) if not _is_made(case, a)}
    np.savez_compressed(folder / seeded.INPUTS, **carried)
    notes = [{"name": k} | ({"made": a.shape} if _is_made(case, a) else {}) for k, a in inputs.items()]
    (folder / "reference.json").write_text(json.dumps({"values": references, "inputs": notes}))
    _write_recipe(folder, made)
    return {"bytes": sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())}


def _inputs(case: Case, module: Any) -> dict[str, Array]:
    """What the tests show the model: a picture where it is trained, else seeded noise."""
    function = entry_point(module)
    types = {
        name: (tensor_of(value).get_shape(), dtype_of(tensor_of(value).element_type))
        for name, value in zip(input_names(module), function.body.block.args, strict=True)
    }
    given = test_models.model_inputs(case.model, types)
    given = {k: seeded.picture(k, a.shape) if _is_made(case, a) else a for k, a in given.items()}
    if any(_proposes(op) for op in function.body.block.ops):
        image = next(shape for shape, _ in types.values() if len(shape) == 4)
        size = image[1:3] if image[3] == 3 else image[2:]
        for name, (shape, dtype) in types.items():
            if len(shape) == 2:  # height and width of the picture, and by what it was scaled
                given[name] = np.broadcast_to(np.array([*size, 1, 1][: shape[1]], dtype), shape).copy()
    return given


def _proposes(op: Any) -> bool:
    return op.name == "kernel.proposal" or (isinstance(op, trt.PluginOp) and op.plugin.data == "Proposal")


def _is_made(case: Case, array: Array) -> bool:
    """Whether an input is noise that is made again where it is used."""
    return not case.model.real and array.dtype == np.float32 and array.size > seeded.SAMPLES


def _note_value(
    op: Any, result: Any, array: Array, rows: list[dict[str, Any]], arrays: dict[str, Array]
) -> None:
    layers = "\n".join(layer.layer_name for layer in layers_of(op))
    key = f"v{len(rows)}"
    rows.append({"key": key, "op": op.name, "layers": layers, "shape": list(array.shape)})
    flat = array.reshape(-1)
    arrays[key] = flat[seeded.sample(flat.size, key, seeded.SAMPLES)]
    with np.errstate(all="ignore"):
        rows[-1]["norm"] = float(np.sqrt(np.mean(np.square(flat.astype(np.float64))))) if flat.size else 0.0


# Weights --------------------------------------------------------------------------------------------------


def _constants(module: Any) -> list[ConstantOp]:
    """The constants of the program in the order of its weights file."""
    return list(constants_of(entry_point(module), lambda *_: None, lambda *_: ""))


def _seed_weights(module: Any) -> dict[int, dict[str, Any]]:
    """Gives large constants numbers that can be made again; what was done, by the constant's place in the file."""
    made: dict[int, dict[str, Any]] = {}
    names = {"f32": "f32", "f16": "f16", "bf16": "bf16"}
    for place, constant in enumerate(_constants(module)):
        type_ = tensor_of(constant.result)
        element = names.get(str(type_.element_type))
        shape = type_.get_shape()
        count = prod(shape)
        if element is None or len(shape) < 2 or count * 2 <= CARRIED or count == max(shape):
            continue
        scale = sqrt(3 * 1.6 / _fan_in(constant, shape))
        part = {"seed": place + 1, "count": count, "type": element, "scale": scale}
        physical = seeded.values(part["seed"], count, element, scale)
        if element == "bf16":
            physical = (physical.astype(np.uint32) << 16).view(np.float32)
        if layout_of(type_) is None:
            array = physical.reshape(shape)
        else:
            k, c, h, w = shape
            array = np.ascontiguousarray(physical.reshape(k, h, w, c).transpose(0, 3, 1, 2))
        plain = tensor_type(type_.element_type, shape)
        constant.properties["value"] = store_of(module).derive("seeded", plain, lambda a=array: a)
        made[place] = part
    return made


def _fan_in(constant: ConstantOp, shape: Sequence[int]) -> int:
    """Products in one sum of the operation that reads the constant."""
    user = next(iter(constant.result.uses)).operation
    if isinstance(user, trt.ConstantOp):
        user = next(iter(user.output.uses)).operation
    a = getattr(user, "a", None)
    if a is not None:
        return max(tensor_of(a).get_shape()[-1], 1)
    return max(prod(shape) // shape[0], 1)


def _write_recipe(folder: Path, made: dict[int, dict[str, Any]]) -> None:
    """Splits the weights file into what is carried and what is made again."""
    path = folder / seeded.WEIGHTS
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    header: dict[str, Any] = json.loads(data[8 : 8 + length])
    entries = [v for k, v in header.items() if k != "__metadata__" and not k.startswith("padding/")]
    parts: list[dict[str, Any]] = []
    rest = bytearray()
    done = 0

    def carry(end: int) -> None:
        nonlocal done
        if end > done:
            parts.append({"bytes": end - done})
            rest.extend(data[done:end])
            done = end

    for place, part in sorted(made.items()):
        begin, end = (8 + length + offset for offset in entries[place]["data_offsets"])
        carry(begin)
        remade = seeded.values(part["seed"], part["count"], part["type"], part["scale"]).tobytes()
        assert remade == data[begin:end], f"{folder.name}: constant {place} is not what was seeded"
        parts.append(part)
        done = end
    carry(len(data))
    name = hashlib.sha256(rest).hexdigest()[:16] + ".bin"
    recipe = {"sha256": hashlib.sha256(data).hexdigest(), "rest": name, "parts": parts}
    (folder / seeded.RECIPE).write_text(json.dumps(recipe))
    rests = folder.parent.parent / seeded.RESTS
    rests.mkdir(exist_ok=True)
    (rests / name).write_bytes(bytes(rest))
    path.unlink()

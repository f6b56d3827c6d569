"""`arhat verify`: a compiled program against a reference, layer by layer and output by output."""

from __future__ import annotations

import importlib
import json
import math
import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from arhat.cli.compile import jobs_for
from arhat.cli.detections import (
    IOU_LIMIT,
    SCORE_TOLERANCE,
    Comparison,
    compare,
    detections_of,
    is_detections,
)
from arhat.cli.device import GPU_TARGETS, has_gpu, require_gpu
from arhat.cli.inputs import InputInfo, Preprocessing, given_inputs, random_input, with_image_info
from arhat.cli.interpreted import InterpretedModel, InterpretedTensor
from arhat.cli.levels import Levels, compare_levels, cut, floats, fold_weights, ranges
from arhat.cli.prepared import changes_model, model_of, prepared_outputs
from arhat.cli.progress import Progress
from arhat.cli.steps import INFERENCES, interpreter_steps, openvino_steps
from arhat.errors import UserError, escape, quote
from arhat.options import CompileOptions

if TYPE_CHECKING:
    import numpy.typing as npt
    from xdsl.dialects.builtin import ModuleOp

    from arhat.runtime import Model, TensorInfo

    Array = npt.NDArray[Any]

INTERPRETED = " (no GPU here: its operations run by the NumPy interpreter)"
REFERENCES = ("openvino", "interpreter")
OPENVINO_F32 = {"INFERENCE_PRECISION_HINT": "f32", "LP_TRANSFORMS_MODE": "NO"}
"""What makes OpenVINO's CPU plugin compute in f32: without the second (an internal property) it runs models with
FakeQuantize on integers, whatever precision is asked for.
"""
CHUNK_BYTES = 512 << 20  # intermediate values that OpenVINO is asked for in one go


@dataclass(frozen=True)
class Limits:
    """What a comparison lets pass: the relative difference of an output; score and overlap of a pair of detections.

    `borderline`: a detection may be missing on one side if its score is within `score` of the lowest that is listed.
    """

    output: float
    score: float = SCORE_TOLERANCE
    iou: float = IOU_LIMIT
    borderline: bool = False


LIMITS = {
    "f32": Limits(1e-4),
    "tf32": Limits(1e-2, 2e-2, 0.95, True),
    "f16": Limits(1e-2, 2e-2, 0.95, True),
    "bf16": Limits(5e-2, 1e-1, 0.85, True),
}
"""By precision. The other formats are compared with f32: a rounding is 5e-4 (f16) and 4e-3 (bf16) of a value.
tf32 has f16's fraction."""


@dataclass
class Difference:
    """How far one value is off: relative Frobenius norm of the difference, largest absolute difference."""

    name: str
    shape: list[int]
    relative: float
    absolute: float
    ok: bool = True
    detections: Comparison | None = None


@dataclass
class Report:
    """The outcome of a comparison; `ok` says whether every output is within the tolerance."""

    model: str
    target: str
    reference: str
    limits: Limits
    inputs: str
    outputs: list[Difference] = field(default_factory=list[Difference])
    layers: list[Difference] = field(default_factory=list[Difference])
    not_compared: list[str] = field(default_factory=list[str])
    levels: list[Levels] = field(default_factory=list[Levels])
    interpreted: bool = False
    """Whether the NumPy interpreter ran what the program is asked to do, instead of the program."""

    @property
    def ok(self) -> bool:
        """Whether every output agrees, and every level of quantised layers."""
        return all(one.ok for one in self.outputs) and all(one.ok for one in self.levels)


@dataclass
class Reference:
    """What the reference computed: outputs, each with all the names it goes by, and layers by name."""

    name: str
    outputs: list[Array]
    output_names: list[set[str]]
    layers: dict[str, Array]
    levels: list[Levels] = field(default_factory=list[Levels])

    def output(self, name: str, place: int) -> Array:
        """The output of that name; where names differ, the one in that place."""
        named = [i for i, names in enumerate(self.output_names) if name in names]
        return self.outputs[named[0] if len(named) == 1 else place]


def relative_difference(ours: Array, theirs: Array) -> tuple[float, float]:
    """`|ours - theirs| / |theirs|` in the Frobenius norm, and the largest absolute difference.

    Not-a-number and infinity agree with themselves and differ infinitely from everything else. Where the
    reference is all zero, the first is the norm of the difference itself.
    """
    a, b = ours.astype(np.float64).ravel(), theirs.astype(np.float64).ravel()
    odd = ~(np.isfinite(a) & np.isfinite(b))
    if odd.any():
        same = (a[odd] == b[odd]) | (np.isnan(a[odd]) & np.isnan(b[odd]))
        if not same.all():
            return math.inf, math.inf
        a, b = a[~odd], b[~odd]
    if a.size == 0:
        return 0.0, 0.0
    off = a - b
    norm = float(np.linalg.norm(off))
    size = float(np.linalg.norm(b))
    return (norm / size if size > 0 else norm), float(np.abs(off).max())


def difference(name: str, ours: Array, theirs: Array, limits: Limits) -> Difference:
    """Compare one value. Lists of detections are matched one to one, everything else by its norm."""
    if ours.shape != theirs.shape:
        return Difference(name, list(ours.shape), math.inf, math.inf, ok=False)
    relative, absolute = relative_difference(ours, theirs)
    if is_detections(ours.shape):
        comparison = compare(
            detections_of(ours),
            detections_of(theirs),
            capacity=ours.shape[2],
            score_tolerance=limits.score,
            iou_limit=limits.iou,
            borderline=limits.borderline,
        )
        return Difference(
            name, list(ours.shape), relative, absolute, not comparison.problems, detections=comparison
        )
    return Difference(name, list(ours.shape), relative, absolute, relative <= limits.output)


def compare_all(
    report: Report,
    outputs: Mapping[str, Array],
    layers: Mapping[str, Array],
    reference: Reference,
) -> None:
    """Fill a report with the differences of all outputs, and of the layers that both sides have."""
    if len(outputs) != len(reference.outputs):
        raise UserError(f"the program has {len(outputs)} outputs, the reference {len(reference.outputs)}")
    for place, (name, ours) in enumerate(outputs.items()):
        report.outputs.append(difference(name, ours, reference.output(name, place), report.limits))
    report.levels = reference.levels
    for name, ours in layers.items():
        theirs = reference.layers.get(name)
        if theirs is None or theirs.shape != ours.shape:
            report.not_compared.append(name)
        else:
            report.layers.append(difference(name, ours, theirs, report.limits))


def up_to_counts(outputs: Mapping[str, Array], module: ModuleOp) -> dict[str, Array]:
    """Outputs whose length depends on data, with that length; the outputs that tell it are gone.

    `module` is the imported model, whose results say which axes these are.
    """
    from xdsl.dialects.func import FuncOp

    from arhat.dialects.arhat import python_value
    from arhat.importers.openvino.bounds import BOUNDED, COUNT_SUFFIX

    result = dict(outputs)
    function = next(op for op in module.ops if isinstance(op, FuncOp))
    for name, attributes in zip(outputs, function.res_attrs or (), strict=False):
        axes: Any = cast("dict[str, Any]", cast(Any, attributes).data).get(BOUNDED)
        count = result.pop(f"{name}{COUNT_SUFFIX}", None)
        if axes is None or count is None:
            continue
        for axis, length in zip(map(python_value, axes), count.tolist(), strict=True):
            result[name] = result[name].take(range(length), axis=axis)
    return result


# ------------------------------------------------------------------------------------------------ references


def openvino_reference(
    path: Path, inputs: Mapping[str, Array], layers: dict[str, Array], tolerance: float | None = None
) -> Reference:
    """Outputs and the named layers of a model, computed by OpenVINO's CPU plugin in f32.

    Layers are asked for as extra results, as many at a time as fit in CHUNK_BYTES; a layer that OpenVINO does
    not know, or whose shape is not the given one, is left out. With a `tolerance`, models with FakeQuantize are
    computed piece by piece from the program's own `layers` and their levels are compared: see `arhat.cli.levels`.
    In `layers`, integers that stand for the results of FakeQuantize then become these results.
    """
    from arhat.bench.worker import openvino_inputs

    ov: Any = importlib.import_module("openvino")
    core = ov.Core()

    def infer(model: Any, feeds: Sequence[Array]) -> list[Array]:
        request = core.compile_model(model, "CPU", OPENVINO_F32).create_infer_request()
        for index, array in enumerate(feeds):
            request.set_input_tensor(index, ov.Tensor(np.asarray(array, order="C")))
        request.infer()
        return [np.array(request.get_output_tensor(i).data) for i in range(len(model.outputs))]

    cuts: dict[str, Array] = {}

    def fresh() -> tuple[Any, list[Array], dict[str, Any]]:
        model = core.read_model(path)
        given = openvino_inputs(model, dict(inputs))
        wanted = {port: list(array.shape) for port, array in given.items()}
        if any(port.partial_shape.is_dynamic or list(port.shape) != dims for port, dims in wanted.items()):
            model.reshape(wanted)
        feeds, before = list(given.values()), dict[str, Any]()
        if cuts:
            raise_to_f32(model)
            fold_weights(model)
            more, before = cut(model, cuts)
            feeds += more
        return model, feeds, before

    levels: list[Levels] = []
    if tolerance is not None:
        model, _, _ = fresh()
        raise_to_f32(model)
        quantizers = ranges(model, layers, infer)
        raw = {name: layers[name] for name in quantizers}
        made = floats(layers, quantizers)
        layers.clear()
        layers.update(made)
        cuts = {name: layers[name] for name in quantizers}
        levels = compare_levels(fresh, infer, raw, quantizers, tolerance)
    plain, feeds, _ = fresh()  # outputs of the model as it is: more results may change what OpenVINO fuses
    outputs = infer(plain, feeds)
    output_names = [_names_of(output) for output in plain.outputs]
    values: dict[str, Array] = {}
    names = list(layers)
    while names:
        model, feeds, _ = fresh()
        chosen = _add_results(ov, model, names, layers)
        if not chosen:
            break
        arrays = infer(model, feeds)
        values |= {name: arrays[index] for name, index in chosen.items()}
    return Reference(f"openvino {ov.__version__.split('-')[0]}", outputs, output_names, values, levels)


def raise_to_f32(model: Any) -> None:
    """Makes all f16 of an `openvino.Model` f32.

    For FP16 models of version 10, where OpenVINO folds constants in f16 before it raises the rest to f32: what it
    fuses into a convolution is then off by the rounding of f16, and so are the weights that FakeQuantize rounds.
    """
    ov: Any = importlib.import_module("openvino")
    for op in model.get_ordered_ops():
        half = [output for output in op.outputs() if output.get_element_type() == ov.Type.f16]
        if op.get_type_name() == "Constant" and half:
            raised = ov.opset8.constant(op.data.astype(np.float32))
            half[0].replace(raised.output(0))
        elif op.get_type_name() == "Convert" and half:
            half[0].replace(ov.opset8.convert(op.input_value(0), "f32").output(0))
    model.validate_nodes_and_infer_types()


def _names_of(output: Any) -> set[str]:
    """What an output of an OpenVINO model may be called: its layer, its layer's port, its tensor names."""
    source = output.get_node().input_value(0)
    layer = source.get_node().get_friendly_name()
    alone = {layer} if source.get_node().get_output_size() == 1 else set[str]()
    return {f"{layer}.{source.get_index()}", *output.get_names(), *alone}


def _add_results(ov: Any, model: Any, names: list[str], layers: Mapping[str, Array]) -> dict[str, int]:
    """Make results of as many layers as fit, taking their names off the list; gives the place of each result."""
    # A port that is an output of the model already is not made one again.
    place = {port_key(output.get_node().input_value(0)): i for i, output in enumerate(model.outputs)}
    known = {op.get_friendly_name(): op for op in model.get_ops()}
    chosen: dict[str, int] = {}
    size = 0
    while names and size < CHUNK_BYTES:
        name = names.pop(0)
        op = known.get(name)
        if (
            op is None
            or op.get_output_size() != 1
            or op.get_type_name() in ("Constant", "Parameter", "Result")
        ):
            continue
        port = op.output(0)
        if port.partial_shape.is_dynamic or list(port.shape) != list(layers[name].shape):
            continue
        size += 4 * math.prod(port.shape)
        if port_key(port) not in place:
            place[port_key(port)] = len(model.outputs)
            # All is computed in f32, but a result of an FP16 layer would be rounded to the layer's declared type.
            half = port.get_element_type() == ov.Type.f16
            value = ov.opset8.convert(port, "f32").output(0) if half else port
            model.add_results([ov.opset8.result(value)])
        chosen[name] = place[port_key(port)]
    return chosen


def port_key(port: Any) -> tuple[str, int]:
    """What identifies an output of an OpenVINO operation: the operation's unique name, and which of its
    outputs.
    """
    return port.get_node().get_name(), port.get_index()


def interpreter_reference(module: ModuleOp, inputs: Mapping[str, Array]) -> Reference:
    """Outputs and layers of an imported module by the NumPy meanings of its operations."""
    from xdsl.ir import Operation

    from arhat.interpreters import evaluate
    from arhat.layers import layers_of

    values: dict[str, Array] = {}

    def note(op: Operation, results: Sequence[Any]) -> None:
        layers = layers_of(op)
        if layers and len(results) == 1:
            values[layers[-1].layer_name] = np.asarray(results[0])

    outputs = evaluate(module, dict(inputs), on_result=note)
    return Reference("NumPy interpreter", list(outputs.values()), [{name} for name in outputs], values)


# --------------------------------------------------------------------------------------------------- output


def number(value: float) -> str:
    """A difference in three digits."""
    return f"{value:.2e}"


def as_text(report: Report, show: int) -> str:
    """The report for people, with the `show` worst layers."""
    lines = [
        f"{escape(report.model)}: {report.target}{INTERPRETED if report.interpreted else ''} against "
        f"{report.reference}, input {report.inputs}",
        f"tolerance {report.limits.output:g} relative (Frobenius); detections one to one: same class, "
        f"score within {report.limits.score:g}, IoU above {report.limits.iou:g}",
    ]
    worst = sorted(report.layers, key=lambda one: -one.relative)
    past = [one for one in report.layers if not one.ok]
    if report.layers:
        lines.append(f"{len(report.layers)} layers compared, the worst:")
        lines += [f"  {number(one.relative)}  {escape(one.name)} {one.shape}" for one in worst[:show]]
    if past:
        lines.append(f"{len(past)} layers are past the tolerance, the first: {quote(past[0].name)}")
    lines += _levels_lines(report.levels)
    lines += [_output_line(one) for one in report.outputs]
    for one in report.outputs:
        if one.detections is not None:
            lines += [f"  {problem}" for problem in one.detections.problems[:show]]
    lines.append("ok" if report.ok else "FAILED")
    return "\n".join(lines)


def _levels_lines(levels: Sequence[Levels]) -> list[str]:
    if not levels:
        return []
    moved, elements = sum(one.moved for one in levels), sum(one.elements for one in levels)
    farthest = max(one.farthest for one in levels)
    lines = [
        f"{len(levels)} quantised layers, each compared from the levels of those before it: {moved} of {elements} "
        f"elements are on another level, at most {number(farthest)} of a level past the border"
    ]
    for one in levels:
        if not one.ok:
            limit = f"{number(one.farthest)}, {number(one.bound)} may be"
            lines.append(f"  {escape(one.name)} {one.shape}: {one.moved} on another level, by {limit}")
    return lines


def _output_line(one: Difference) -> str:
    verdict = "ok" if one.ok else "FAILED"
    head = f"output {escape(one.name)} {one.shape}: "
    if one.detections is not None:
        found = one.detections
        ties = f", {found.ties} ties" if found.ties else ""
        return (
            f"{head}{found.matched} detections match{ties}, {len(found.problems)} do not; "
            f"scores within {number(found.worst_score)}, IoU above {found.worst_iou:.5f}  {verdict}"
        )
    return f"{head}{number(one.relative)} (largest {number(one.absolute)})  {verdict}"


def as_json(report: Report) -> str:
    """The whole report; infinities as text, since JSON has none."""
    data = {"ok": report.ok, **asdict(report)}
    return json.dumps(_finite(data), indent=1)


def _finite(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_finite(one) for one in cast("list[Any]", value)]
    return value


# -------------------------------------------------------------------------------------------------- command


@dataclass(frozen=True)
class VerifyOptions:
    """What `arhat verify` was asked for."""

    target: str
    inputs: Sequence[str]
    against: str
    tolerance: float | None
    seed: int
    compile: CompileOptions
    project: Path | None
    threads: int
    preprocessing: Preprocessing
    jobs: int


def reference_name(asked: str) -> str:
    """The reference to use. Raises UserError where it is unknown or not installed."""
    from arhat.bench.machine import version_of

    installed = version_of("openvino") is not None
    if asked == "":
        return "openvino" if installed else "interpreter"
    if asked not in REFERENCES:
        raise UserError(f"--against takes {' or '.join(REFERENCES)}, not '{escape(asked)}'")
    if asked == "openvino" and not installed:
        raise UserError("OpenVINO is not installed here: pip install openvino, or --against interpreter")
    return asked


@contextmanager
def _program(
    imported: ModuleOp, options: VerifyOptions, work: Path, interpreted: bool, progress: Progress
) -> Generator[tuple[Model | InterpretedModel, Mapping[str, Any]]]:
    """The program of an imported model, with its manifest: compiled and built, or run by the interpreter."""
    from arhat.compiler import lower, write_project
    from arhat.runtime import build_project, load
    from arhat.runtime.build import ensure_built, read_manifest
    from arhat.weights import clone_module

    folder = options.project or work / "project"
    if options.project is not None:
        require_gpu(str(read_manifest(folder)["target"]))
        with progress.step("build"):
            ensure_built(folder)
    else:
        lowered = clone_module(imported)
        with progress.step("compile"):
            lower(lowered, options.target, options.compile)
            if not interpreted:
                write_project(lowered, folder, options.target, options.compile)
        if interpreted:
            model = InterpretedModel(lowered)
            yield model, model.manifest
            return
        with progress.step("build"):
            build_project(folder, jobs=jobs_for(options.jobs), native=True, runner=False)
    with load(folder, threads=options.threads, build=False) as loaded:
        yield loaded, read_manifest(folder)


def verify_model(path: Path, options: VerifyOptions) -> Report:
    """Compile and build `path` in a temporary folder (or take a project that is there), run it, and compare.

    Without a GPU the interpreter runs what was lowered to a target for one. Raises UserError for the user's mistakes.
    """
    from arhat.compiler import check_target, import_model

    check_target(options.target)
    against = reference_name(options.against)
    progress = Progress()
    with tempfile.TemporaryDirectory(prefix="arhat-verify-") as temporary:
        with progress.step("import"):
            imported = import_model(path, options.compile)
        interpreted = options.target in GPU_TARGETS and options.project is None and not has_gpu()
        with _program(imported, options, Path(temporary), interpreted, progress) as (model, manifest):
            infos = [InputInfo(one.name, one.shape, one.dtype) for one in model.inputs]
            arrays, _ = given_inputs(options.inputs, infos, options.preprocessing)
            arrays = with_image_info(arrays, infos, manifest)
            random = [info for info in infos if info.name not in arrays]
            arrays |= {info.name: random_input(info, options.seed) for info in random}
            arrays = {info.name: arrays[info.name] for info in infos}
            layers: dict[str, Array] = {}
            with progress.step("run"):
                outputs = model(arrays)
                model.reset_state()

                def keep(info: TensorInfo | InterpretedTensor, array: Array) -> None:
                    if info.layers:
                        layers[info.layers[-1]] = array.copy()

                watched = model.watch(keep, arrays)
                steps = [arrays]
                if model.state_bytes and not changes_model(options.compile):
                    for step in range(1, INFERENCES):
                        drawn = {info.name: random_input(info, options.seed + step) for info in random}
                        steps.append(arrays | drawn)
                later = [model(inputs) for inputs in steps[1:]]
    for name, array in outputs.items():
        if not np.array_equal(array, watched[name], equal_nan=array.dtype.kind == "f"):
            raise UserError(f"output {quote(name)} changes from one run to the next")
    with progress.step(against):
        if changes_model(options.compile):
            reference = prepared_reference(path, options.compile, against, arrays, outputs)
        elif against == "openvino":
            exact = options.compile.precision == "f32"
            reference = openvino_reference(path, arrays, layers, LIMITS["f32"].output if exact else None)
        else:
            reference = interpreter_reference(imported, arrays)
        theirs = [] if not later else _steps(path, imported, against, steps)
    # Levels can be compared in the model as it is, not in outputs alone: see `arhat.cli.levels`.
    rounds = changes_model(options.compile) and any(
        op.name == "arhat.fake_quantize" for op in imported.walk()
    )
    limits = LIMITS["f16" if rounds and options.compile.precision == "f32" else options.compile.precision]
    if options.tolerance is not None:
        limits = replace(limits, output=options.tolerance)
    given = ", ".join(escape(spec) for spec in options.inputs)
    seeded = f"random (seed {options.seed})" if random else ""
    report = Report(
        str(path),
        options.target,
        reference.name,
        limits,
        " and ".join(text for text in (given, seeded) if text) or "none",
        interpreted=interpreted,
    )
    if against == "openvino" and not changes_model(options.compile):
        outputs = up_to_counts(outputs, imported)
        later = [up_to_counts(one, imported) for one in later]
    compare_all(report, outputs, layers, reference)
    for step, ours in enumerate(later, 1):
        numbered = replace(reference, outputs=theirs[step])
        for place, (name, array) in enumerate(ours.items()):
            label = f"{name}, inference {step + 1}"
            report.outputs.append(difference(label, array, numbered.output(name, place), limits))
    return report


def prepared_reference(
    path: Path,
    options: CompileOptions,
    against: str,
    inputs: Mapping[str, Array],
    outputs: Mapping[str, Array],
) -> Reference:
    """The outputs of a program that takes or gives something else than its model: see `arhat.cli.prepared`."""
    from arhat.interpreters import output_names

    module = model_of(path, options)
    name = ""

    def infer(row: Mapping[str, Array]) -> list[Array]:
        nonlocal name
        openvino = against == "openvino"
        made = openvino_reference(path, row, {}) if openvino else interpreter_reference(module, row)
        name = made.name
        return [made.output(one, place) for place, one in enumerate(output_names(module))]

    shapes = {one: array.shape for one, array in outputs.items()}
    arrays = prepared_outputs(module, options, inputs, shapes, infer)
    return Reference(f"{name} and NumPy", arrays, [{one} for one in outputs], {})


def _steps(
    path: Path, imported: ModuleOp, against: str, steps: Sequence[Mapping[str, Array]]
) -> list[list[Array]]:
    if against == "openvino":
        return openvino_steps(path, steps, OPENVINO_F32)
    return interpreter_steps(imported, steps)

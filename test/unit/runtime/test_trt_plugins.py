"""TensorRT plugins, from their fields to their results, do what the kernels they run mean.

They are driven through the interface of TensorRT as a stand-in has it, on the host: built, serialised, read again and
run. That shows that they ask for and answer the right things; it shows nothing about TensorRT itself or about GPUs.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from trt import standin
from unit.runtime.kernel_ops.kernel_cases import Case
from unit.runtime.trt_plugins.plugin_cases import PLUGIN_CASES
from unit.runtime.trt_plugins.plugin_program import (
    FIELD_CHAR,
    INCLUDE,
    Field,
    Input,
    PluginProgram,
    build,
    build_one,
    field_of,
    one_unit,
)
from xdsl.dialects.builtin import f32

from arhat.dialects import kernel
from arhat.dialects.kernel import tensor_of
from arhat.dialects.trt import PLUGIN_NAMES, PLUGINS
from arhat.interpreters import evaluate_op
from arhat.weights import Array

CASES = {f"{PLUGIN_NAMES[type(case.op)]}: {case.name}": case for case in PLUGIN_CASES}
FIRST = {PLUGIN_NAMES[type(case.op)]: case for case in reversed(PLUGIN_CASES)}
"""One case of each plugin."""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PluginProgram]:
    if reason := standin.unavailable():
        pytest.skip(reason)
    running = PluginProgram(build(tmp_path_factory.mktemp("plugins")))
    yield running
    running.close()


def fields_of(case: Case) -> dict[str, Field]:
    """The fields of the plugin for a kernel."""
    return {name: field_of(value) for name, value in case.op.properties.items() if name != "scratch_bytes"}


def run(
    program: PluginProgram, case: Case, inputs: Sequence[Input], changes: Mapping[str, Any] | None = None
) -> Any:
    """The answer to a case; `changes` are other fields, None takes one away."""
    fields = fields_of(case)
    for name, value in (changes or {}).items():
        fields.pop(name, None)
        if value is not None:
            fields[name] = value if isinstance(value, Field) else field_of(value)
    return program.run(PLUGIN_NAMES[type(case.op)], fields, inputs, len(case.op.results))


def same(actual: Sequence[Array], expected: Sequence[Array], rtol: float, atol: float) -> None:
    """Types, shapes and elements."""
    assert len(actual) == len(expected)
    for a, e in zip(actual, expected, strict=True):
        assert a.shape == e.shape
        if e.dtype.kind == "f":
            np.testing.assert_allclose(a, e, rtol, atol)
        else:
            np.testing.assert_array_equal(a, e, strict=True)


def test_plugins_are_those_of_the_dialect(program: PluginProgram) -> None:
    plugins = program.plugins()
    assert set(plugins) == set(PLUGINS)
    for name, case in FIRST.items():
        fields = fields_of(case)
        assert plugins[name].keys() == fields.keys(), name
        for field, given in fields.items():
            if given.length:
                assert plugins[name][field] == given.type, f"{name}: {field}"


@pytest.mark.parametrize("name", CASES)
def test_meaning(program: PluginProgram, name: str) -> None:
    case = CASES[name]
    for seed in range(case.seeds):
        operands = case.operands(seed)
        answer = run(program, case, [Input(operand) for operand in operands])
        assert not answer.error
        same(answer.outputs, evaluate_op(case.op, operands), max(case.rtol, 1e-5), max(case.atol, 1e-5))


# Types ----------------------------------------------------------------------------------------------------------------


def rounded(array: Array, bf16: bool) -> tuple[Array, Array]:
    """An f32 array as elements of 16 bits, and what they are in f32. Other arrays stay."""
    if array.dtype != np.float32:
        return array, array
    if not bf16:
        with np.errstate(over="ignore"):  # to infinity
            half = array.astype(np.float16)
        return half, half.astype(np.float32)
    bits = array.view(np.uint32)
    short = ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype(np.uint16)
    return short, (short.astype(np.uint32) << 16).view(np.float32)


def _some(of_each: int) -> list[str]:
    """So many cases of each plugin that reads floats."""
    found: dict[str, list[str]] = {}
    for name, case in CASES.items():
        if any(tensor_of(value).element_type == f32 for value in case.op.operands):
            found.setdefault(name.split(":")[0], []).append(name)
    return [name for names in found.values() for name in names[:of_each]]


@pytest.mark.parametrize("bf16", [False, True], ids=["f16", "bf16"])
@pytest.mark.parametrize("name", _some(4))
def test_halves(program: PluginProgram, name: str, bf16: bool) -> None:
    """Elements of 16 bits are computed in f32, and rounded at the end."""
    case = CASES[name]
    pairs = [rounded(np.ascontiguousarray(operand), bf16) for operand in case.operands(0)]
    expected = evaluate_op(case.op, [wide for _, wide in pairs])
    answer = run(program, case, [Input(short) for short, _ in pairs])
    assert not answer.error
    for actual, whole in zip(answer.outputs, expected, strict=True):
        short, wide = rounded(whole, bf16)
        assert actual.dtype == short.dtype
        if whole.dtype != np.float32:
            np.testing.assert_array_equal(actual, whole)
        elif bf16:
            np.testing.assert_allclose((actual.astype(np.uint32) << 16).view(np.float32), wide, 1e-2, 1e-5)
        else:
            np.testing.assert_allclose(actual, short, 2e-3, 1e-5)


def test_types_that_do_not_fit(program: PluginProgram) -> None:
    case = CASES["ScatterUpdate: scatter none"]
    x, indices, updates = case.operands(0)
    answer = run(program, case, [Input(x), Input(indices), Input(updates.astype(np.float16))])
    assert answer.error
    answer = run(program, case, [Input(x), Input(indices.astype(np.float32)), Input(updates)])
    assert answer.error


# Shapes ---------------------------------------------------------------------------------------------------------------

DYNAMIC = {
    "DetectionOutput": (0, 1),
    "Proposal": (0, 1),
    "ROIPooling": (1,),
    "PSROIPooling": (0,),
    "ROIAlign": (1, 2),
    "NonMaxSuppression": (0, 1),
    "MulticlassNms": (0, 1),
    "MatrixNms": (0, 1),
    "RegionYolo": (0,),
    "Interpolate": (0,),
    "MaxPool": (0,),
    "AdaptiveAvgPool": (0,),
    "AdaptiveMaxPool": (0,),
    "DeformableColumns": (0, 1, 2),
    "CTCGreedyDecoderSeqLen": (0, 1),
    "LRN": (0,),
    "Bucketize": (0,),
    "TopK": (0,),
    "NonZero": (0,),
}
"""Inputs whose first extents change together."""


def _changing(name: str, case: Case) -> bool:
    """Whether the case runs with other first extents too."""
    if isinstance(case.op, kernel.TopKOp) and case.op.axis.value.data == 0:
        return False  # there have to be k elements
    return name.split(":")[0] in DYNAMIC and all(tensor_of(value).get_shape() for value in case.op.operands)


@pytest.mark.parametrize("name", [n for n, c in CASES.items() if _changing(n, c)])
def test_dynamic_shapes(program: PluginProgram, name: str) -> None:
    """Extents that are known only when the engine runs."""
    case = CASES[name]
    operands = case.operands(0)
    inputs = [Input(operand) for operand in operands]
    numbers = DYNAMIC[name.split(":")[0]]
    if isinstance(
        case.op, kernel.DetectionOutputOp
    ):  # also those that may be missing, or shared by all images
        numbers = (*numbers, *range(3, len(inputs)), *([2] if len(operands[2]) > 1 else []))
    for number in numbers:
        if number < len(inputs):
            first, *rest = operands[number].shape
            inputs[number] = Input(operands[number], (1, *rest), (2 * first + 1, *rest))
    answer = run(program, case, inputs)
    assert not answer.error
    same(answer.outputs, evaluate_op(case.op, operands), max(case.rtol, 1e-5), max(case.atol, 1e-5))


@pytest.mark.parametrize("name", [n for n in CASES if n.startswith("MaxPool: ")])
def test_dynamic_windows(program: PluginProgram, name: str) -> None:
    """Every extent may change: the number of windows follows, however it is rounded."""
    case = CASES[name]
    (x,) = case.operands(0)
    answer = run(program, case, [Input(x, x.shape, [2 * n for n in x.shape])])
    assert not answer.error
    same(answer.outputs, evaluate_op(case.op, [x]), 0, 0)


@pytest.mark.parametrize("name", [n for n in CASES if n.startswith(("MulticlassNms: ", "MatrixNms: "))])
def test_dynamic_classes(program: PluginProgram, name: str) -> None:
    """Rows depend on whether there is a class of background."""
    case = CASES[name]
    boxes, scores = case.operands(0)
    most = [Input(boxes, boxes.shape, [2 * n for n in boxes.shape[:2]] + [4])]
    most.append(Input(scores, scores.shape, [2 * n for n in scores.shape]))
    answer = run(program, case, most)
    assert not answer.error
    same(answer.outputs, evaluate_op(case.op, [boxes, scores]), 1e-5, 1e-5)


@pytest.mark.parametrize(
    "plugin, change, message",
    [
        ("ROIPooling", lambda x, rois: [x[0], rois], "features must have rank 4"),
        ("ROIPooling", lambda x, rois: [x, rois[:, :4]], "boxes must be"),
        ("ROIPooling", lambda x, rois: [x], "there must be 2 inputs, not 1"),
        (
            "PSROIPooling",
            lambda x, rois: [x[:, :-1] if x.shape[1] > 1 else np.repeat(x, 9, 1), rois],
            "channels",
        ),
        ("ROIAlign", lambda x, rois, batch: [x, rois, batch[:0]], "the images of the boxes must be"),
        ("DetectionOutput", lambda loc, conf, priors: [loc[:, :-1], conf, priors], "loc must be"),
        ("DetectionOutput", lambda loc, conf, priors: [loc, conf[:, :-1], priors], "conf must be"),
        (
            "DetectionOutput",
            lambda loc, conf, priors: [loc, conf, priors[:, :, :-1]],
            "priors must be groups of 4",
        ),
        ("DetectionOutput", lambda *all: [*all, all[0]], "there must be 3 or 5 inputs, not 4"),
        ("Proposal", lambda scores, deltas, info: [scores, deltas[:, :-1], info], "the deltas must be"),
        (
            "Proposal",
            lambda scores, deltas, info: [scores, deltas, info[:2]],
            "image_info must have 3 or 4 values",
        ),
        ("NonMaxSuppression", lambda boxes, scores: [boxes[:, :, :3], scores], "the boxes must be"),
        ("MatrixNms", lambda boxes, scores: [boxes[:, :-1], scores], "the boxes must be"),
        ("RegionYolo", lambda x: [x[:, :-1]], "channels"),
        ("TopK", lambda x: [x.ravel()[:0].reshape([0] * x.ndim)], "elements along axis"),
        ("ScatterUpdate", lambda x, i, u: [x, i, u[:, :-1]], "the updates must be"),
        ("ScatterElementsUpdate", lambda x, i, u: [x[:1], i, u], "reach beyond"),
        ("DeformableColumns", lambda x, offsets: [x, offsets[:, :-1]], "the offsets must be"),
        ("AdaptiveAvgPool", lambda x: [x[..., None]], "sizes does not have as many values"),
        ("CTCGreedyDecoder", lambda x, mask: [x, mask[:-1]], "the mask must be"),
    ],
)
def test_tensors_that_do_not_fit(program: PluginProgram, plugin: str, change: Any, message: str) -> None:
    case = FIRST[plugin]
    answer = run(program, case, [Input(np.ascontiguousarray(x)) for x in change(*case.operands(0))])
    assert f"{plugin} plugin, layer 'layer': " in answer.error
    assert message in answer.error, answer.error


# Fields ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "plugin, changes, message",
    [
        ("ROIPooling", {"pooled": None}, "field 'pooled' is missing"),
        ("ROIPooling", {"pooled": [7]}, "field 'pooled' has 1 values, but needs 2"),
        ("ROIPooling", {"pooled": [7, 0]}, "field 'pooled' is 0, but must be at least 1"),
        ("ROIPooling", {"pooled": [7.0, 7.0]}, "field 'pooled' must be of type INT32"),
        ("ROIPooling", {"method": "min"}, "field 'method' is 'min', but must be one of 'max', 'bilinear'"),
        ("ROIPooling", {"method": 1}, "field 'method' must be of type CHAR"),
        ("ROIPooling", {"spatial_scale": float("nan")}, "field 'spatial_scale' is not a number"),
        ("ROIPooling", {"spatial_scale": 1}, "field 'spatial_scale' must be of type FLOAT32"),
        ("ROIPooling", {"scale": 1.0}, "there is no field 'scale'; there are: pooled, spatial_scale, method"),
        ("ROIPooling", {"pooled\n": 1}, "there is no field 'pooled?'"),
        ("DetectionOutput", {"normalized": 2}, "field 'normalized' is 2, but must be at most 1"),
        ("DetectionOutput", {"keep_top_k": []}, "field 'keep_top_k' has 0 values, but needs at least 1"),
        ("DetectionOutput", {"top_k": -2}, "field 'top_k' is -2, but must be at least -1"),
        (
            "DetectionOutput",
            {"background_label_id": 1, "decrease_label_id": True},
            "needs background_label_id 0",
        ),
        ("Proposal", {"ratio": [1.0, 0.0]}, "field 'ratio' is 0, but must be at least"),
        ("RegionYolo", {"do_softmax": False, "mask": []}, "mask must not be empty without do_softmax"),
        ("RegionYolo", {"axis": 2, "end_axis": 1}, "axis must not be behind end_axis"),
        ("Interpolate", {"axes": [2, 2]}, "axes must differ"),
        ("Interpolate", {"scales": [1.0]}, "axes, sizes and scales must be as many"),
        ("MaxPool", {"strides": [1, 1, 1, 1]}, "field 'strides' has 4 values, but may have at most 3"),
        ("TopK", {"index_type": "i16"}, "field 'index_type' is 'i16', but must be one of 'i32', 'i64'"),
    ],
)
def test_fields_that_are_wrong(
    program: PluginProgram, plugin: str, changes: dict[str, Any], message: str
) -> None:
    case = FIRST[plugin]
    answer = run(program, case, [Input(operand) for operand in case.operands(0)], changes)
    assert answer.error.startswith(f"createPlugin: {plugin} plugin, layer 'layer': ")
    assert message in answer.error, answer.error


def test_a_field_given_twice(program: PluginProgram) -> None:
    case = FIRST["NonZero"]
    fields = [("index_type", field_of("i32")), ("index_type", field_of("i64"))]
    answer = program.run("NonZero", fields, [Input(case.operands(0)[0])], 2)
    assert "field 'index_type' is given twice" in answer.error


def test_other_types_of_fields(program: PluginProgram) -> None:
    """Fields of 64 bits, and texts whose end is counted, are taken as well; TensorRT's importers give both."""
    case = CASES["ROIPooling: roi_pooling 0"]
    operands = case.operands(0)
    inputs = [Input(operand) for operand in operands]
    pooled = [int(v) for v in case.op.properties["pooled"].get_values()]  # type: ignore[attr-defined]
    word = fields_of(case)["method"]
    changes = {
        "pooled": Field(10, 2, np.array(pooled, np.int64).tobytes()),
        "spatial_scale": Field(2, 1, np.array([0.1], np.float64).tobytes()),
        "method": Field(FIELD_CHAR, word.length + 1, word.data + b"\0"),
    }
    answer = run(program, case, inputs, changes)
    assert not answer.error
    same(answer.outputs, evaluate_op(case.op, operands), 1e-5, 1e-5)


def test_fields_have_defaults(program: PluginProgram) -> None:
    """What is left out is as OpenVINO has it."""
    case = CASES["DetectionOutput: detection plain"]
    operands = case.operands(0)
    plain = [
        "background_label_id",
        "variance_encoded_in_target",
        "share_location",
        "clip_before_nms",
        "clip_after_nms",
    ]
    plain += ["decrease_label_id", "input_is_logits", "objectness_score", "input_height", "input_width"]
    answer = run(program, case, [Input(operand) for operand in operands], dict.fromkeys(plain))
    assert not answer.error
    same(answer.outputs, evaluate_op(case.op, operands), 1e-5, 1e-5)


def test_plugins_describe_themselves(program: PluginProgram) -> None:
    case = CASES["ROIPooling: roi_pooling 0"]
    changes = {"pooled": [3, 4], "spatial_scale": 0.25, "method": "max"}
    answer = run(program, case, [Input(operand) for operand in case.operands(0)], changes)
    assert answer.text == "pooled=[3,4] spatial_scale=0.25 method=max"


# Programs -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("major", standin.MAJORS)
def test_a_program_of_one_plugin(major: int, tmp_path: Path) -> None:
    """It has that one alone; without the unit that sorts in memory, what needs it says so."""
    if reason := standin.unavailable():
        pytest.skip(reason)
    running = PluginProgram(build_one(tmp_path, "topk", major))
    assert list(running.plugins()) == ["TopK"]
    x = np.random.default_rng(0).permutation(5000).astype(np.float32)
    fields = {"axis": field_of(0), "k": field_of(4096)}
    values, positions = running.run("TopK", fields, [Input(x)], 2).outputs
    np.testing.assert_array_equal(values, np.sort(x)[::-1][:4096])
    np.testing.assert_array_equal(x[positions], values)
    answer = running.run("TopK", {**fields, "k": field_of(4097)}, [Input(x)], 2)
    assert "more than 4096 candidates are sorted, but sort.cu is not linked in" in answer.error
    assert "getCreator" in running.run("ROIPooling", {}, [Input(x)], 1).error
    running.close()


# Documentation and compilers ------------------------------------------------------------------------------------------

README = INCLUDE.parent / "templates" / "plugins" / "README.md"


def test_the_readme_lists_all_fields(program: PluginProgram) -> None:
    rows = {m[1]: m[0] for m in re.finditer(r"^\| `(\w+)` \|.*$", README.read_text(), re.MULTILINE)}
    plugins = program.plugins()
    assert rows.keys() == plugins.keys()
    rows["MatrixNms"] += rows["MulticlassNms"]  # it refers to it
    for name, fields in plugins.items():
        for field in fields:
            assert f"`{field}`" in rows[name], f"{name}: {field}"


def test_nvcc(tmp_path: Path) -> None:
    """All plugins compile for a GPU, against the stand-in's headers."""
    nvcc = shutil.which("nvcc")
    if nvcc is None:
        pytest.skip("nvcc is not installed")
    unit = tmp_path / "plugins.cu"
    unit.write_text(one_unit())
    flags = [
        "-std=c++17",
        "-arch=sm_90",
        "-Werror",
        "all-warnings",
        "-Xcompiler=-Wall,-Wextra",
        "--expt-relaxed-constexpr",
    ]
    command = [
        nvcc,
        *flags,
        f"-I{INCLUDE}",
        f"-I{standin.HERE / 'include'}",
        "-c",
        str(unit),
        "-o",
        str(tmp_path / "plugins.o"),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "path", sorted((INCLUDE / "arhat/trt/plugins").glob("*.cu")), ids=lambda path: path.stem
)
def test_real_headers(path: Path, tmp_path: Path) -> None:
    """Each plugin by itself compiles against TensorRT's own headers."""
    root = os.environ.get("TENSORRT_ROOT")
    if not root:
        pytest.skip("TENSORRT_ROOT is not set")
    nvcc = shutil.which("nvcc")
    if nvcc is None:
        pytest.skip("nvcc is not installed")
    flags = [
        "-std=c++17",
        "-arch=sm_90",
        "-Werror",
        "all-warnings",
        "-Xcompiler=-Wall,-Wextra",
        "--expt-relaxed-constexpr",
    ]
    command = [
        nvcc,
        *flags,
        f"-I{INCLUDE}",
        "-isystem",
        f"{root}/include",
        "-c",
        str(path),
        "-o",
        str(tmp_path / "plugin.o"),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr

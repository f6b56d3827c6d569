"""The stand-in for TensorRT itself: it refuses what the documentation forbids, and takes plugins through their life."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest
from trt import standin

HERE = Path(__file__).resolve().parent

pytestmark = pytest.mark.skipif(standin.unavailable() is not None, reason=str(standin.unavailable()))

GOOD = """
sum|and|relu of integers|abs of integers|cast of bytes|concatenation|constant|convolution|convolution groups
kernel as input|deconvolution|gather|gather nd|lrn|product|normalization|one hot|slopes|average
average with padding|reduce|resize|nearest resize of four axes|scatter|select|reshape
reshape that keeps an axis|slice|slice that fills|softmax|top k|cumulative|reversal|quantize|quantize channels
"""
BAD = {
    "sum of types": "one type (strongly typed network), not f32[2,3] and f16[2,3]",
    "sum of ranks": "equal rank",
    "sum of extents": "extents 3 and 2 differ",
    "sum of truth": "takes numbers",
    "and of numbers": "take Bool",
    "sigmoid of integers": "only floating-point",
    "exp of integers": "only floating-point",
    "not of numbers": "takes Bool",
    "cast of bytes to integers": "UInt8 only from and to Float and Half",
    "bytes inside": "UInt8 is an input or output",
    "sum of bytes": "takes no UInt8",
    "concatenation of types": "one type",
    "concatenation of extents": "2 is not 3",
    "concatenation axis": "axis 2 is outside",
    "constant count": "not the volume",
    "constant of truth": "no constants of bool",
    "empty constant": "no empty constants",
    "int8 constant elsewhere": "something else than a dequantize layer",
    "convolution count": "have 215 elements where 216 are needed",
    "convolution type": "kernel weights are f16, the input f32",
    "convolution bias type": "bias weights are f32, the input f16",
    "convolution bias count": "bias weights have 5 elements where 6",
    "convolution wrong groups": "4 groups do not divide",
    "convolution rank": "does not fit a kernel",
    "convolution too small": "longer than its input",
    "convolution without kernel": "needs kernel weights",
    "convolution of unknown channels": "channels of the input have to be known",
    "convolution of one axis": "2 or 3 spatial axes",
    "kernel as input of another shape": "the kernel is [4,6,3,3], not [6,4,3,3]",
    "deconvolution count": "80 elements where 96",
    "gather by floats": "Int32 or Int64 indices",
    "gather axis": "axis 2 is outside",
    "gather nd too deep": "longer than the data's rank",
    "lrn of an even window": "odd and at most 15",
    "lrn of a wide window": "odd and at most 15",
    "product of ranks": "batch axes",
    "product of extents": "inner extents",
    "product of integers": "only floating-point",
    "normalization of types": "one type",
    "normalization of shapes": "one shape",
    "one hot of unknown depth": "positive constant scalar",
    "slopes that are larger": "slopes do not broadcast",
    "average of padding": "not smaller than the window",
    "reduce nothing": "axes of the tensor",
    "reduce beyond": "axes of the tensor",
    "reduce truth": "does not reduce bool",
    "linear resize of four axes": "last 3 axes only",
    "resize rank": "output dimensions [2,6,8]",
    "resize without size": "needs output dimensions or scales",
    "scatter of types": "one type",
    "scatter of shapes": "updates: 5 is not 4",
    "select by numbers": "condition is Bool",
    "reshape to another volume": "changes the volume",
    "reshape twice open": "at most one extent",
    "reshape to nothing": "changes the volume",
    "transpose twice one axis": "each axis once",
    "slice beyond": "leaves [8]",
    "slice before": "leaves [8]",
    "slice that fills with another type": "one type",
    "softmax of two axes": "exactly one axis",
    "top k too large": "at most 3840",
    "top k of fewer": "fewer than k",
    "cumulative along a vector": "constant integer scalar",
    "reversal of other lengths": "lengths of the batch: 3 is not 2",
    "quantize other channels": "scales along the axis",
    "quantize channels of an input": "only constants have a scale for each channel",
    "quantize by nothing": "a scale is not positive",
    "quantize to integers": "Int8, not f32 to i32",
    "quantize a scalar": "not a scalar",
    "unknown batch": "no optimization profile",
}
MAJORS = [pytest.param(major, id=f"tensorrt{major}") for major in standin.MAJORS]


def program(name: str, folder: Path, major: int) -> Path:
    """A program of this folder, linked with the stand-in."""
    objects = standin.compile_units([HERE / f"{name}.cpp"], standin.includes(HERE), major, [])
    standin.link(objects, folder / name, major, [])
    return folder / name


def run(command: list[Path | str], **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, text=True, env=os.environ | environment)


@pytest.mark.parametrize("major", MAJORS)
def test_rules(major: int, tmp_path: Path) -> None:
    done = run([program("rules", tmp_path, major)])
    assert done.returncode == 0, done.stderr
    seen = {
        name: (result, said) for name, result, said in (line.split("\t") for line in done.stdout.splitlines())
    }
    good = {name for line in GOOD.split("\n") for name in line.split("|") if name}
    assert seen.keys() == good | BAD.keys()
    for name in good:
        assert seen[name] == ("built", ""), (name, seen[name])
    for name, why in BAD.items():
        assert seen[name][0] == "refused", name
        assert why in seen[name][1], (name, seen[name])
        assert "Error Code" in seen[name][1]


LIFE = """
layer double: build, factor is 7
made by its creator
made by clone
gone
shapes: batch is open, columns are 3
configured for 1 to 4, usually 2; results up to 8
made by clone
shape change: 2 to 4
gone
"""


def test_the_life_of_a_plugin(tmp_path: Path) -> None:
    done = run([program("plugin_life", tmp_path, 11)])
    assert done.returncode == 0, done.stderr
    first, _, rest = done.stdout.partition("without its creator: ")
    assert first == LIFE[1:]
    refused, *lines = rest.splitlines()
    assert "cannot find plugin Twice version 1 namespace test" in refused
    assert lines == [
        "layer double: runtime, factor is 7",
        "made by its creator",
        "made for a context",
        "shape change: 4 to 8",
        "enqueued for 12 elements",
        "the last elements are 11 and 11",
        "shape change: 1 to 2",
        "enqueued for 3 elements",
        "the last elements are 2 and 2",
        *["gone"] * 3,  # the context's, the engine's, the network's
        "done",
    ]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("types", "getOutputDataTypes of the plugin has failed"),
        ("shapes", "getOutputShapes of the plugin has failed"),
        ("configure", "double: configurePlugin of the plugin has failed"),
        ("f16", "double: could not find any supported formats consistent with input/output data types"),
        ("fields", "double: getFieldsToSerialize of the plugin has failed"),
        ("enqueue", "double: enqueue of the plugin has failed"),
    ],
)
def test_a_plugin_that_fails(fault: str, said: str, tmp_path: Path) -> None:
    done = run([program("plugin_life", tmp_path, 11), fault])
    assert done.returncode == 0
    assert f"{said}" in done.stdout
    assert done.stdout.endswith("failed\n")


def test_a_plugin_that_writes_too_far(tmp_path: Path) -> None:
    """Its workspace is that of four rows: three elements of one row fit in it, one more than twelve does not."""
    done = run([program("plugin_life", tmp_path, 11), "overrun"])
    assert done.returncode != 0
    assert "the plugin of layer double writes outside of its workspace of 12 bytes" in done.stderr


USES = {
    "runs": "1 6 \n1 1 1 1 1 6 \n",
    "late": "before: -77\n1 6 \n",
    "graph": "-77 -77 -77 -77 \n1 1 1 9 \n1 1 1 10 \n",
    "beyond the profile": "0\nerror: *[5,2] does not satisfy the optimization profile*[1,2] to [4,2]*",
    "no shape": "0\nerror: *input shape of x0 is not specified*",
    "no address": "0\nerror: *Address is not set for tensor y*",
    "no such tensor": "0\nerror: *there is no tensor named z*",
    "no profile": "0\nerror: *Network has dynamic or shape inputs, but no optimization profile has been defined*",
    "damaged": "0\nerror: *too short*0\nerror: *damaged*0\nerror: *damaged*"
    "0\nerror: *not compatible with this version*",
    "monitor": "phase Building Engine of 3 steps\nfinished after 3\n1\n"
    "phase Building Engine of 3 steps\nfinished after 2\n0\nerror: *cancelled*",
    "profiler": "relu took its time\n(Unnamed Layer* 1) [Constant] took its time\nsum took its time\n1 6 \n",
    "debug": "1 0\nseen positive of 2 rows\n1 1 1 6 \n0 0 0 5 \n",
    "timing cache": "1\n0\nerror: *the timing cache is damaged*",
    "ports": "x0 1 -1\ny 2 -1\n3\n",
}


@pytest.fixture(scope="module")
def engine_life(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return program("engine_life", tmp_path_factory.mktemp("engine_life"), 11)


@pytest.mark.parametrize("use", USES)
def test_engines(use: str, engine_life: Path) -> None:
    done = run([engine_life, use])
    assert done.returncode == 0, done.stderr
    pattern = ".*".join(map(re.escape, USES[use].split("*")))
    assert re.fullmatch(pattern, done.stdout, re.DOTALL), done.stdout


def test_the_inspector(engine_life: Path) -> None:
    text = json.loads(run([engine_life, "inspector"]).stdout)
    assert [layer["Name"] for layer in text["Layers"]] == ["relu", "(Unnamed Layer* 1) [Constant]", "sum"]
    assert text["Bindings"] == ["x0", "y"]


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        ("build-oom", "buildSerializedNetwork: Requested size"),
        ("no-runtime", "createInferRuntime: CUDA initialization failure"),
        ("context-oom", "createExecutionContext: Requested size"),
        ("enqueue", "an execution failure was asked for"),
    ],
)
def test_failures_that_are_asked_for(failure: str, said: str, engine_life: Path) -> None:
    assert run([engine_life, "tries"]).stdout == "error: \n1 6 \n"
    done = run([engine_life, "tries"], ARHAT_TRT_FAIL=f"nothing,{failure}")
    assert done.returncode == 0
    assert done.stdout.startswith("error: Error Code")
    assert said in done.stdout

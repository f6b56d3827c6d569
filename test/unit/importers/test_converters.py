"""Each converter, by small models that are run by the NumPy meanings and by OpenVINO."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ir import Ir, Output
from models import Array, compare_outputs, openvino_outputs

from arhat.dialects.arhat import type_of
from arhat.errors import UserError
from arhat.importers.openvino import import_openvino
from arhat.importers.openvino.registry import lookup, registered
from arhat.interpreters import evaluate, input_names, main_of
from arhat.layers import layers_of
from arhat.weights import dtype_of


def noise(*shape: int) -> Array:
    return np.random.default_rng(shape).standard_normal(shape).astype(np.float32)


def check(ir: Ir, folder: Path, *, tolerance: float = 1e-5, inputs: dict[str, Array] | None = None) -> Any:
    """Imports the model, runs it, compares with OpenVINO, and returns the module."""
    path = ir.write(folder)
    module = import_openvino(path)
    module.verify()
    given = dict(inputs or {})
    for name, argument in zip(input_names(module), main_of(module).body.block.args, strict=True):
        type = type_of(argument)
        array = np.random.default_rng(len(name)).standard_normal(type.get_shape()) * 2
        given.setdefault(
            name,
            (array * 10 if dtype_of(type.element_type).kind in "iu" else array).astype(
                dtype_of(type.element_type)
            ),
        )
    for op in main_of(module).body.block.ops:
        assert layers_of(op) or op.name == "func.return", op.name
    compare_outputs(evaluate(module, given), openvino_outputs(path, given), tolerance=tolerance)
    return module


def op_names(module: Any) -> list[str]:
    return [op.name.removeprefix("arhat.") for op in main_of(module).body.block.ops]


def unary(kind: str, shape: Sequence[int] = (2, 3, 4), **attributes: object) -> Ir:
    ir = Ir()
    ir.result(ir.op(kind, [ir.parameter(shape, name="x")], attributes=attributes, name="y"))
    return ir


# Element-wise ---------------------------------------------------------------------------------------------

UNARY = [
    ("ReLU@opset1", {}),
    ("Sigmoid@opset1", {}),
    ("Tanh@opset1", {}),
    ("Exp@opset1", {}),
    ("Abs@opset1", {}),
    ("Negative@opset1", {}),
    ("Floor@opset1", {}),
    ("Ceiling@opset1", {}),
    ("Erf@opset1", {}),
    ("HSwish@opset4", {}),
    ("HSigmoid@opset5", {}),
    ("Mish@opset4", {}),
    ("SoftPlus@opset4", {}),
    ("Swish@opset4", {}),
    ("Gelu@opset2", {}),
    ("Gelu@opset7", {"approximation_mode": "ERF"}),
    ("Gelu@opset7", {"approximation_mode": "TANH"}),
    ("Clamp@opset1", {"min": "-0.5", "max": "1.25"}),
    ("Clamp@opset1", {"min": "0", "max": "6"}),
    ("Elu@opset1", {"alpha": "0.3"}),
    ("SoftMax@opset1", {"axis": "2"}),
    ("SoftMax@opset8", {"axis": "-2"}),
    ("LogSoftmax@opset5", {"axis": "-1"}),
    ("Relu@opset6", {}),
]


@pytest.mark.parametrize(("kind", "attributes"), UNARY, ids=[f"{k} {v}" for k, v in UNARY])
def test_unary(tmp_path: Path, kind: str, attributes: dict[str, str]) -> None:
    check(unary(kind, **attributes), tmp_path)


@pytest.mark.parametrize("kind", ["Log", "Sqrt"])
def test_unary_of_positive_numbers(tmp_path: Path, kind: str) -> None:
    check(unary(f"{kind}@opset1"), tmp_path, inputs={"x": np.abs(noise(2, 3, 4)) + 0.1})


BINARY = [
    "Add",
    "Subtract",
    "Multiply",
    "Divide",
    "Maximum",
    "Minimum",
    "Power",
    "SquaredDifference",
    "FloorMod",
    "Mod",
]


@pytest.mark.parametrize("kind", BINARY)
def test_binary(tmp_path: Path, kind: str) -> None:
    ir = Ir()
    a, b = ir.parameter([2, 3, 4], name="a"), ir.parameter([3, 1], name="b")
    ir.result(ir.op(f"{kind}@opset1", [a, b], attributes={"auto_broadcast": "numpy"}))
    check(ir, tmp_path, inputs={"a": np.abs(noise(2, 3, 4)), "b": np.abs(noise(3, 1)) + 0.5})


def test_binary_with_old_broadcast(tmp_path: Path) -> None:
    ir = Ir()
    a, b = ir.parameter([2, 3, 4, 5], name="a"), ir.parameter([2, 3], name="b")
    ir.result(ir.op("Add@opset1", [a, b], attributes={"auto_broadcast": "pdpd"}))
    check(ir, tmp_path)
    ir = Ir()
    a, b = ir.parameter([2, 3, 4], name="a"), ir.parameter([1, 3, 4], name="b")
    ir.result(ir.op("Add@opset1", [a, b], attributes={"auto_broadcast": "none"}, name="y"))
    with pytest.raises(UserError, match=r":6:1: error: 'y' .*differ and auto_broadcast is 'none'"):
        import_openvino(ir.write(tmp_path))


def test_integer_division_rounds_as_told(tmp_path: Path) -> None:
    for python_div in ("true", "false"):
        ir = Ir()
        a, b = ir.parameter([8], "i32", name="a"), ir.const(np.int32(3))
        ir.result(ir.op("Divide@opset1", [a, b], attributes={"m_pythondiv": python_div}, element="i32"))
        # OpenVINO's CPU rounds towards zero in both cases, against the specification: compared where all agree.
        module = check(ir, tmp_path, inputs={"a": np.arange(8, dtype=np.int32)})
        (result,) = evaluate(module, {"a": np.arange(-4, 4, dtype=np.int32)}).values()
        rounded = [-2, -1, -1, -1, 0, 0, 0, 1] if python_div == "true" else [-1, -1, 0, 0, 0, 0, 0, 1]
        assert result.tolist() == rounded


@pytest.mark.parametrize("slope", [(1,), (3,), (3, 1, 1), (1, 3, 1, 1)])
def test_prelu(tmp_path: Path, slope: tuple[int, ...]) -> None:
    ir = Ir()
    x = ir.parameter([2, 3, 4, 5], name="x")
    ir.result(ir.op("PReLU@opset1", [x, ir.const(noise(*slope))]))
    check(ir, tmp_path)


def test_swish_with_beta(tmp_path: Path) -> None:
    ir = Ir()
    ir.result(ir.op("Swish@opset4", [ir.parameter([5], name="x"), ir.const(np.float32(1.7))]))
    check(ir, tmp_path)


def test_hard_sigmoid(tmp_path: Path) -> None:
    ir = Ir()
    x = ir.parameter([5, 3], name="x")
    ir.result(ir.op("HardSigmoid@opset1", [x, ir.const(np.float32(0.3)), ir.const(np.float32(0.4))]))
    check(ir, tmp_path)


# Convolution and pooling ----------------------------------------------------------------------------------

CONVOLUTIONS = [
    ((1, 4, 9), (6, 4, 3), {"strides": "2", "pads_begin": "1", "pads_end": "2", "dilations": "1"}),
    (
        (2, 3, 9, 8),
        (4, 3, 3, 2),
        {"strides": "2, 1", "pads_begin": "1,0", "pads_end": "0, 2", "dilations": "1,2"},
    ),
    ((1, 3, 9, 8), (4, 3, 3, 3), {"strides": "2,2", "auto_pad": "same_upper", "dilations": "1,1"}),
    (
        (1, 3, 9, 8),
        (4, 3, 4, 4),
        {"strides": "1,3", "auto_pad": "same_lower", "dilations": "1,1", "pads_begin": ""},
    ),
    (
        (1, 3, 9, 8),
        (4, 3, 3, 3),
        {"strides": "2,2", "auto_pad": "valid", "pads_begin": "7,7", "pads_end": "7,7", "dilations": "1,1"},
    ),
    (
        (1, 3, 9, 8),
        (4, 3, 3, 3),
        {
            "strides": "1,1",
            "auto_pad": "explicit",
            "pads_begin": "1,1",
            "pads_end": "1,1",
            "dilations": "2,2",
            "output_padding": "0,0",
        },
    ),
    (
        (1, 3, 5, 6, 7),
        (2, 3, 2, 3, 3),
        {"strides": "1,2,1", "pads_begin": "0,1,1", "pads_end": "1,1,0", "dilations": "1,1,1"},
    ),
]


@pytest.mark.parametrize(("x", "filter", "attributes"), CONVOLUTIONS, ids=range(len(CONVOLUTIONS)))
def test_convolution(tmp_path: Path, x: Any, filter: Any, attributes: dict[str, str]) -> None:
    ir = Ir(version=10)
    ir.result(
        ir.op(
            "Convolution@opset1", [ir.parameter(x, name="x"), ir.const(noise(*filter))], attributes=attributes
        )
    )
    check(ir, tmp_path)


def test_group_convolution(tmp_path: Path) -> None:
    ir = Ir()
    attributes = {"strides": "1,1", "pads_begin": "1,1", "pads_end": "1,1", "dilations": "1,1"}
    x = ir.parameter([1, 6, 7, 7], name="x")
    y = ir.op("GroupConvolution@opset1", [x, ir.const(noise(3, 4, 2, 3, 3))], attributes=attributes)
    ir.result(ir.op("GroupConvolution@opset1", [y, ir.const(noise(12, 1, 1, 3, 3))], attributes=attributes))
    assert op_names(check(ir, tmp_path)).count("reshape") == 2


POOLS = [
    {"kernel": "2,2", "strides": "2,2", "pads_begin": "0,0", "pads_end": "0,0", "rounding_type": "floor"},
    {"kernel": "3,3", "strides": "2,2", "pads_begin": "0,0", "pads_end": "1,1", "rounding_type": "ceil"},
    {"kernel": "3,4", "strides": "2,3", "pads_begin": "1,1", "pads_end": "1,0", "rounding_type": "ceil"},
    {"kernel": "2,2", "strides": "2,2", "pads_begin": "0,0", "pads_end": "0,0", "rounding_type": "ceil"},
    {"kernel": "3,3", "strides": "2,2", "auto_pad": "same_upper", "rounding_type": "ceil"},
    {"kernel": "1,1", "strides": "2,3", "auto_pad": "same_lower"},
    {"kernel": "2,4", "strides": "2,2", "auto_pad": "same_lower", "pads_begin": "", "pads_end": ""},
    {"kernel": "2,2", "strides": "3,3", "auto_pad": "valid", "pads_begin": "1,1", "pads_end": "1,1"},
    {"kernel": "2,2", "strides": "3,3", "pads_begin": "0,0", "pads_end": "0,0"},
]


@pytest.mark.parametrize("attributes", POOLS, ids=range(len(POOLS)))
@pytest.mark.parametrize(
    "kind", ["MaxPool@opset1", "MaxPool@opset8", "MaxPool@opset14", "AvgPool@opset1", "AvgPool@opset14"]
)
def test_pooling(tmp_path: Path, kind: str, attributes: dict[str, str]) -> None:
    attributes = {
        "pads_begin": "0,0",
        "pads_end": "0,0",
        "rounding_type": "floor",
        "auto_pad": "explicit",
    } | attributes
    roundings = {attributes["rounding_type"]}
    if "14" in kind and "ceil" in roundings:
        roundings.add("ceil_torch")
    for exclude, rounding in itertools.product(("true", "false"), roundings):
        attributes["rounding_type"] = rounding
        extra: dict[str, str] = {}
        if kind.startswith("Avg"):
            extra = {"exclude-pad": exclude, "exclude_pad": exclude}
        elif kind != "MaxPool@opset1":
            extra = {"dilations": "1,1", "axis": "0", "index_element_type": "i64"}
        ir = Ir()
        x = ir.parameter([1, 2, 7, 8], name="x")
        count = 2 if kind in ("MaxPool@opset8", "MaxPool@opset14") else 1
        ir.result(ir.ops(kind, [x], attributes | extra, count=count, name="pool")[0])
        check(ir, tmp_path)


def test_dilated_max_pool(tmp_path: Path) -> None:
    attributes = {
        "kernel": "2,3", "strides": "1,2", "dilations": "2,2", "pads_begin": "1,1", "pads_end": "0,2",
        "rounding_type": "ceil", "auto_pad": "explicit", "index_element_type": "i32", "axis": "2",
    }  # fmt: skip
    ir = Ir()
    ir.result(ir.ops("MaxPool@opset8", [ir.parameter([1, 2, 9, 9], name="x")], attributes, count=2)[0])
    check(ir, tmp_path)
    ir = Ir()
    pool = ir.ops("MaxPool@opset8", [ir.parameter([1, 2, 9, 9], name="x")], attributes, count=2)
    ir.result(pool[0])
    ir.result(pool[1])
    check(ir, tmp_path)


MATMULS = [
    ((3, 4), (4, 5), "false", "false"),
    ((4, 3), (5, 4), "true", "True"),
    ((2, 1, 3, 4), (6, 4, 5), "False", "0"),
    ((4,), (4,), "false", "false"),
    ((4,), (2, 4, 5), "true", "false"),
    ((2, 5, 4), (4,), "false", "1"),
    ((2, 4, 5), (4,), "1", "1"),
]


@pytest.mark.parametrize(("a", "b", "transpose_a", "transpose_b"), MATMULS, ids=range(len(MATMULS)))
def test_matmul(tmp_path: Path, a: Any, b: Any, transpose_a: str, transpose_b: str) -> None:
    ir = Ir()
    attributes = {"transpose_a": transpose_a, "transpose_b": transpose_b}
    ir.result(
        ir.op("MatMul@opset1", [ir.parameter(a, name="a"), ir.parameter(b, name="bb")], attributes=attributes)
    )
    check(ir, tmp_path)


# Normalisation and reductions -----------------------------------------------------------------------------


@pytest.mark.parametrize("axes", [[1], [2, 3], [1, 2, 3]])
@pytest.mark.parametrize("mode", ["add", "max"])
def test_normalize_l2(tmp_path: Path, axes: list[int], mode: str) -> None:
    ir = Ir()
    x = ir.parameter([2, 3, 4, 5], name="x")
    ir.result(ir.op("NormalizeL2@opset1", [x, ir.const(axes)], attributes={"eps": "0.5", "eps_mode": mode}))
    check(ir, tmp_path)


def test_batch_norm(tmp_path: Path) -> None:
    for kind, order in (
        ("BatchNormInference@opset1", (1, 2, 0, 3, 4)),
        ("BatchNormInference@opset5", (0, 1, 2, 3, 4)),
    ):
        ir = Ir()
        inputs = [
            ir.parameter([2, 3, 4, 5], name="x"),
            *(ir.const(np.abs(noise(3)) + i) for i in range(4)),
        ]
        ir.result(ir.op(kind, [inputs[i] for i in order], attributes={"epsilon": "0.01"}))
        check(ir, tmp_path)


REDUCTIONS = ["ReduceMean@opset1", "ReduceSum@opset1", "ReduceProd@opset1", "ReduceMax@opset1", "ReduceMin@opset1",
              "ReduceL1@opset4", "ReduceL2@opset4"]  # fmt: skip


@pytest.mark.parametrize("kind", REDUCTIONS)
def test_reductions(tmp_path: Path, kind: str) -> None:
    for axes, keep in (([1, -1], "true"), ([2], "False"), ([0, 1, 2], "1"), (np.int64(1), "0")):
        ir = Ir()
        x = ir.parameter([2, 3, 4], name="x")
        ir.result(ir.op(kind, [x, ir.const(axes)], attributes={"keep_dims": keep}))
        check(ir, tmp_path)


# Movement -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("target", "special"),
    [
        ([0, -1], "true"),
        ([2, 3, 20], "false"),
        ([0, 0, 5, -1], "True"),
        ([-1], "false"),
        ([4, -1, 0], "true"),
    ],
)
def test_reshape(tmp_path: Path, target: list[int], special: str) -> None:
    ir = Ir()
    x = ir.parameter([4, 3, 10] if target[0] == 4 else [2, 3, 4, 5], name="x")
    ir.result(ir.op("Reshape@opset1", [x, ir.const(target)], attributes={"special_zero": special}))
    check(ir, tmp_path)


def test_reshape_by_computed_shape(tmp_path: Path) -> None:
    """The shape subgraph of a classifier: ShapeOf, Gather, Concat; what is left of it is removed."""
    ir = Ir(version=10)
    x = ir.parameter([2, 3, 4, 5], name="x")
    y = ir.op("ReLU@opset1", [x], name="y")
    shape = ir.op("ShapeOf@opset3", [y], attributes={"output_type": "i64"}, element="i64")
    first = ir.op("Gather@opset1", [shape, ir.const([0]), ir.const(0)], element="i64")
    half = ir.op(
        "Convert@opset1",
        [ir.const(np.float16([60.0]))],
        attributes={"destination_type": "i64"},
        element="i64",
    )
    target = ir.op("Concat@opset1", [first, half], attributes={"axis": "0"}, element="i64")
    ir.result(ir.op("Reshape@opset1", [y, target], attributes={"special_zero": "true"}))
    assert op_names(check(ir, tmp_path)) == ["relu", "reshape", "func.return"]


def test_squeeze_and_unsqueeze(tmp_path: Path) -> None:
    ir = Ir()
    x = ir.parameter([1, 3, 1, 4, 1], name="x")
    a = ir.op("Squeeze@opset1", [x, ir.const([0, -1])])
    b = ir.op("Squeeze@opset1", [a], name="all")
    c = ir.op("Unsqueeze@opset1", [b, ir.const([0, -1, 2])])
    for value in (a, b, c):
        ir.result(value)
    check(ir, tmp_path)


def test_transpose_and_concat(tmp_path: Path) -> None:
    ir = Ir()
    x = ir.parameter([2, 3, 4], name="x")
    a = ir.op("Transpose@opset1", [x, ir.const([2, 0, 1])])
    reverse = ir.op("Transpose@opset1", [a, ir.const(np.zeros(0, np.int64))])
    back = ir.op("Transpose@opset1", [reverse, ir.const([1, 0, 2])])
    ir.result(a)
    ir.result(ir.op("Concat@opset1", [x, back, x], attributes={"axis": "-1"}))
    check(ir, tmp_path)


SLICES: list[tuple[list[int], list[int], list[int] | None, dict[str, str]]] = [
    ([0, 1], [2, 3], None, {}),
    ([1, 1], [2, 3], [1, 1], {"begin": "1,0", "end": "0,1"}),
    ([0, 1], [2, 3], [1, 2], {"begin": "1", "end": "0"}),
    ([-1, 9], [-9, 0], [-1, -2], {"begin": "0,0", "end": "0,1"}),
    ([-3, -100], [100, -1], [1, 1], {"begin": "", "end": ""}),
    ([1, 0], [2, 0], [1, 1], {"end": "0,1", "shrink_axis": "1,0"}),
    ([-2, 1, 0], [0, 3, 0], [1, 1, 1], {"new_axis": "0,0,1"}),
    ([2, 1], [0, 3], [1, 1], {"begin": "1,0", "shrink_axis": "1,0"}),
    ([0, 0, 2], [0, 0, 4], [1, 1, 1], {"ellipsis": "1,0,0", "new_axis": "0,1,0"}),
    ([1, 0, 2], [2, 0, 4], [1, 1, 1], {"ellipsis": "0,1,0", "shrink_axis": "0,0,1"}),
    (
        [0, 0, 0, 0],
        [0, 0, 2, 0],
        [1, 1, 1, 1],
        {"begin": "1,1,0,1", "end": "1, 1, 0, 1", "new_axis": "0,0,0,0"},
    ),
    ([1, 0], [0, 0], [1, 1], {"begin": "1,0", "end": "1,1", "shrink_axis": "1,0"}),
    ([0, 0, 0], [0, 0, 0], [1, 1, 1], {"begin": "1,1,1", "end": "1,1,1", "ellipsis": "0,0,1"}),
]


@pytest.mark.parametrize(("begin", "end", "step", "masks"), SLICES, ids=range(len(SLICES)))
def test_strided_slice(
    tmp_path: Path, begin: list[int], end: list[int], step: list[int] | None, masks: dict[str, str]
) -> None:
    ir = Ir()
    x = ir.parameter([3, 4, 5, 6], name="x")
    lists = [begin, end, *([step] if step else [])]
    zeros = ",".join("0" * len(begin))
    attributes = {f"{name}_mask": "" for name in ("new_axis", "shrink_axis", "ellipsis")}
    attributes |= {"begin_mask": zeros, "end_mask": zeros} | {f"{k}_mask": v for k, v in masks.items()}
    ir.result(ir.op("StridedSlice@opset1", [x, *map(ir.const, lists)], attributes=attributes))
    check(ir, tmp_path)


def test_slice(tmp_path: Path) -> None:
    ir = Ir()
    x = ir.parameter([3, 4, 5], name="x")
    ir.result(ir.op("Slice@opset8", [x, *map(ir.const, ([1, -1], [3, -100], [1, -2], [0, -1]))]))
    ir.result(ir.op("Slice@opset8", [x, *map(ir.const, ([1, 0, 2], [2, 100, 4], [1, 3, 1]))]))
    check(ir, tmp_path)


def test_splits(tmp_path: Path) -> None:
    ir = Ir()
    x = ir.parameter([2, 6, 4], name="x")
    for part in ir.ops(
        "Split@opset1", [x, ir.const(np.int64(-2))], {"num_splits": "3"}, count=3, name="thirds"
    ):
        ir.result(part)
    lengths = ir.const([1, -1, 2])
    for part in ir.ops("VariadicSplit@opset1", [x, ir.const(np.int64(1)), lengths], count=3, name="parts"):
        ir.result(part)
    module = check(ir, tmp_path)
    names = [str(entry.data["arhat.name"].data) for entry in main_of(module).res_attrs]
    assert names == ["thirds.0", "thirds.1", "thirds.2", "parts.0", "parts.1", "parts.2"]


@pytest.mark.parametrize(
    ("kind", "shape", "indices", "axis", "attributes"),
    [
        ("Gather@opset1", (4, 3), [0, 2], 1, {}),
        ("Gather@opset7", (2, 4, 3), [[0, 2], [1, 1]], 1, {"batch_dims": "1"}),
        ("Gather@opset8", (4, 3), [[0, -1], [-3, 1]], -1, {"batch_dims": "0"}),
        ("Gather@opset8", (2, 4, 3), [[0, -2], [1, 1]], 2, {"batch_dims": "-1"}),
        ("Gather@opset8", (4, 3), 3, 0, {}),
    ],
)
def test_gather(
    tmp_path: Path, kind: str, shape: Any, indices: Any, axis: int, attributes: dict[str, str]
) -> None:
    ir = Ir()
    x = ir.parameter(shape, name="x")
    ir.result(ir.op(kind, [x, ir.const(indices), ir.const(np.int64(axis))], attributes=attributes))
    check(ir, tmp_path)


@pytest.mark.parametrize("mode", ["constant", "edge", "reflect", "symmetric"])
def test_pad(tmp_path: Path, mode: str) -> None:
    ir = Ir()
    x = ir.parameter([1, 2, 4, 5], name="x")
    value = [ir.const(np.float32(-1.5))] if mode == "constant" else []
    pads = [ir.const([0, 0, 1, 2]), ir.const([0, 0, 3, 0])]
    ir.result(ir.op("Pad@opset1", [x, *pads, *value], attributes={"pad_mode": mode}))
    ir.result(
        ir.op(
            "Pad@opset12",
            [x, ir.const([0, 0, -1, 2]), ir.const([0, 0, 1, -1])],
            attributes={"pad_mode": mode},
        )
    )
    check(ir, tmp_path)


def test_tile_and_broadcast(tmp_path: Path) -> None:
    ir = Ir()
    x = ir.parameter([2, 1, 3], name="x")
    ir.result(ir.op("Tile@opset1", [x, ir.const([2, 1, 3, 1])]))
    ir.result(ir.op("Tile@opset1", [x, ir.const([2])]))
    ir.result(ir.op("Broadcast@opset3", [x, ir.const([4, 2, 5, 3])], attributes={"mode": "numpy"}))
    ir.result(ir.op("Broadcast@opset3", [x, ir.const([4, 1, 5, 1])], attributes={"mode": "bidirectional"}))
    explicit = [x, ir.const([2, 7, 1, 3]), ir.const([0, 2, 3])]
    ir.result(ir.op("Broadcast@opset1", explicit, attributes={"mode": "explicit"}))
    check(ir, tmp_path)


@pytest.mark.parametrize("mode", ["blocks_first", "depth_first"])
@pytest.mark.parametrize("spatial", [1, 2, 3])
def test_blocks(tmp_path: Path, mode: str, spatial: int) -> None:
    ir = Ir()
    x = ir.parameter([2, 16, *[4, 6, 2][:spatial]], name="x")
    attributes = {"mode": mode, "block_size": "2"}
    ir.result(ir.op("SpaceToDepth@opset1", [x], attributes=attributes))
    ir.result(ir.op("DepthToSpace@opset1", [x], attributes=attributes))
    check(ir, tmp_path)


def test_shuffle_channels(tmp_path: Path) -> None:
    ir = Ir()
    x = ir.parameter([2, 6, 3, 4], name="x")
    ir.result(ir.op("ShuffleChannels@opset1", [x], attributes={"axis": "1", "group": "3"}))
    ir.result(ir.op("ShuffleChannels@opset1", [x], attributes={"axis": "-1", "group": "2"}))
    check(ir, tmp_path)


def test_range_and_shape_of(tmp_path: Path) -> None:
    ir = Ir()
    x = ir.parameter([2, 10], name="x")
    bounds = [ir.const(np.int64(value)) for value in (1, 10, 2)]
    numbers = ir.op("Range@opset4", bounds, attributes={"output_type": "i32"}, element="i32")
    ir.result(ir.op("Gather@opset8", [x, numbers, ir.const(np.int64(1))]))
    ir.result(ir.op("ShapeOf@opset3", [x], attributes={"output_type": "i32"}, element="i32"))
    ir.result(ir.op("ShapeOf@opset1", [x], element="i64"))
    check(ir, tmp_path)


# Resize ---------------------------------------------------------------------------------------------------

COORDINATES = ["half_pixel", "pytorch_half_pixel", "asymmetric", "tf_half_pixel_for_nn", "align_corners"]
NEAREST = ["round_prefer_floor", "round_prefer_ceil", "floor", "ceil", "simple"]


def interpolate(
    ir: Ir, x: Output, kind: str, shape: Sequence[int], axes: list[int], sizes: list[int], **attributes: str
) -> None:
    scales = np.asarray([size / shape[axis] for size, axis in zip(sizes, axes, strict=True)], np.float32)
    if kind == "Interpolate@opset4":
        inputs = [x, ir.const(sizes), ir.const(scales), ir.const(axes)]
    elif kind == "Interpolate@opset1":
        inputs = [x, ir.const(sizes)]
        attributes = {"axes": ",".join(map(str, axes))} | attributes
    elif attributes["shape_calculation_mode"] == "sizes":
        inputs = [x, ir.const(sizes), ir.const(axes)]
    else:
        inputs = [x, ir.const(scales), ir.const(axes)]
    ir.result(ir.op(kind, inputs, attributes=attributes))


@pytest.mark.parametrize("kind", ["Interpolate@opset4", "Interpolate@opset11"])
@pytest.mark.parametrize("mode", ["nearest", "linear_onnx", "cubic", "linear"])
@pytest.mark.parametrize("by", ["sizes", "scales"])
def test_interpolate(tmp_path: Path, kind: str, mode: str, by: str) -> None:
    """All ways to compute positions in one model, larger, smaller and twice as large."""
    ir = Ir()
    x = ir.parameter([1, 2, 5, 7], name="x")
    nearest_modes = NEAREST if mode == "nearest" else NEAREST[:1]
    for coordinates, nearest, size in itertools.product(
        COORDINATES, nearest_modes, ([9, 15], [3, 4], [10, 14])
    ):
        interpolate(
            ir, x, kind, [1, 2, 5, 7], [2, 3], size,
            mode=mode, shape_calculation_mode=by, coordinate_transformation_mode=coordinates,
            nearest_mode=nearest, antialias="false", pads_begin="0", pads_end="0", cube_coeff="-0.75",
        )  # fmt: skip
    check(ir, tmp_path)


@pytest.mark.parametrize("mode", ["nearest", "linear", "linear_onnx", "cubic"])
@pytest.mark.parametrize("align", ["0", "true"])
def test_oldest_interpolate(tmp_path: Path, mode: str, align: str) -> None:
    ir = Ir()
    for shape, axes, sizes in (
        ([1, 2, 5, 7], [2, 3], [9, 13]),
        ([1, 2, 9, 13], [2, 3], [4, 5]),
        ([1, 2, 5, 7], [3], [11]),
        ([1, 2, 7], [2], [11]),
    ):
        interpolate(
            ir, ir.parameter(shape), "Interpolate@opset1", shape, axes, sizes,
            mode=mode, align_corners=align, antialias="0", pads_begin="0", pads_end="0",
        )  # fmt: skip
    check(ir, tmp_path)


def test_interpolate_with_pads(tmp_path: Path) -> None:
    ir = Ir()
    interpolate(
        ir, ir.parameter([1, 2, 5, 7]), "Interpolate@opset4", [1, 2, 5, 7], [2, 3], [12, 10],
        mode="nearest", shape_calculation_mode="sizes", coordinate_transformation_mode="asymmetric",
        nearest_mode="floor", antialias="false", pads_begin="0,0,1,0", pads_end="0,0,0,2", cube_coeff="-0.75",
    )  # fmt: skip
    check(ir, tmp_path)


# Detection ------------------------------------------------------------------------------------------------

PRIORS = {
    "min_size": "16.0", "max_size": "38.4", "aspect_ratio": "2.0,3.0", "density": "",
    "fixed_ratio": "", "fixed_size": "",
    "flip": "true", "clip": "false", "step": "16.0", "offset": "0.5", "variance": "0.1,0.1,0.2,0.2",
    "scale_all_sizes": "true",
}  # fmt: skip


def prior(kind: str, **attributes: str) -> Ir:
    ir = Ir()
    x, image = ir.parameter([1, 2, 4, 6], name="x"), ir.parameter([1, 3, 64, 96], name="image")

    def size(value: Output) -> Output:
        shape = ir.op("ShapeOf@opset3", [value], attributes={"output_type": "i64"}, element="i64")
        masks = {"begin_mask": "0", "end_mask": "0"}
        return ir.op(
            "StridedSlice@opset1", [shape, *map(ir.const, ([2], [4], [1]))], attributes=masks, element="i64"
        )

    boxes = ir.op(kind, [size(x), size(image)], attributes=attributes)
    ir.result(ir.op("Unsqueeze@opset1", [boxes, ir.const([0])]))
    ir.result(ir.op("ReLU@opset1", [x]))
    ir.result(ir.op("ReLU@opset1", [image]))
    return ir


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        ("PriorBox@opset1", {}),
        ("PriorBox@opset1", {"flip": "0", "clip": "1", "step": "0", "variance": ""}),
        ("PriorBox@opset1", {"scale_all_sizes": "false", "max_size": ""}),
        ("PriorBox@opset1", {"min_size": "10,20", "max_size": "15,30", "variance": "0.3"}),
        (
            "PriorBox@opset1",
            {"min_size": "", "max_size": "", "fixed_size": "32,64", "density": "2,1", "aspect_ratio": ""},
        ),
        ("PriorBox@opset8", {"min_max_aspect_ratios_order": "false"}),
    ],
)
def test_prior_box(tmp_path: Path, kind: str, changes: dict[str, str]) -> None:
    module = check(prior(kind, **{**PRIORS, **changes}), tmp_path)
    assert "slice" not in op_names(module)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"step": "0", "step_w": "16", "step_h": "8"},
        {"step": "16", "clip": "true"},
        {"step": "0"},
    ],
)
def test_prior_box_clustered(tmp_path: Path, changes: dict[str, str]) -> None:
    attributes = {
        "width": "9.4, 25.1,14.7",
        "height": "15,39.6, 25.5",
        "clip": "0",
        "step": "16",
        "offset": "0.5",
        "variance": "0.1,0.1,0.2,0.2",
    }
    check(prior("PriorBoxClustered@opset1", **{**attributes, **changes}), tmp_path)


DETECTION = {
    "background_label_id": "0", "top_k": "20", "keep_top_k": "10", "code_type": "caffe.PriorBoxParameter.CENTER_SIZE",
    "variance_encoded_in_target": "false", "share_location": "true", "nms_threshold": "0.45",
    "confidence_threshold": "0.1", "clip_after_nms": "false", "clip_before_nms": "false", "decrease_label_id": "false",
    "normalized": "true", "input_height": "1", "input_width": "1", "objectness_score": "0",
}  # fmt: skip


def softmax(x: Array) -> Array:
    e = np.exp(x - x.max(-1, keepdims=True))
    return (e / e.sum(-1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("kind", ["DetectionOutput@opset1", "DetectionOutput@opset8"])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"share_location": "0"},
        {"code_type": "caffe.PriorBoxParameter.CORNER", "clip_after_nms": "1"},
        {"variance_encoded_in_target": "true", "keep_top_k": "10,3"},
        {"background_label_id": "3", "confidence_threshold": "0"},
        {"normalized": "false", "input_height": "60", "input_width": "80"},
        {"clip_before_nms": "true", "nms_threshold": "0.2"},
    ],
    ids=str,
)
@pytest.mark.parametrize("images", [1, 2])
def test_detection_output(tmp_path: Path, kind: str, changes: dict[str, str], images: int) -> None:
    attributes = {**DETECTION, **changes}
    count, classes = 30, 4
    rows = 1 if attributes["variance_encoded_in_target"] == "true" else 2
    normalized = attributes["normalized"] == "true"
    size = 4 if normalized else 5
    sets = 1 if attributes["share_location"] == "true" else classes
    random = np.random.default_rng(3)
    corner = random.uniform(0, 0.7, (count, 2))
    boxes = np.concatenate([corner, corner + random.uniform(0.1, 0.3, (count, 2))], 1)
    if not normalized:
        boxes = np.concatenate([np.zeros((count, 1)), boxes * [80, 60, 80, 60]], 1)
    priors = np.zeros((1, rows, count * size), np.float32)
    priors[0, 0] = boxes.reshape(-1)
    if rows == 2:
        priors[0, 1, : count * 4] = np.tile([0.1, 0.1, 0.2, 0.2], count)
    ir = Ir()
    inputs = [
        ir.parameter([images, count * sets * 4], name="loc"),
        ir.parameter([images, count * classes], name="conf"),
        ir.const(priors),
    ]
    if kind == "DetectionOutput@opset1":
        attributes["num_classes"] = str(classes)
    ir.result(ir.op(kind, inputs, attributes=attributes))
    given = {
        "loc": (random.standard_normal((images, count * sets * 4)) * 0.5).astype(np.float32),
        "conf": softmax(random.standard_normal((images, count, classes)) * 2).reshape(images, -1),
    }
    check(ir, tmp_path, inputs=given)


@pytest.mark.parametrize(
    ("channels", "changes"),
    [
        (2 * 8, {"do_softmax": "true", "num": "2", "mask": ""}),
        (3 * 8, {"do_softmax": "0", "num": "9", "mask": "3, 4,5"}),
        (2 * 8, {"do_softmax": "True", "num": "2", "axis": "-3", "end_axis": "-1", "anchors": "1.5,2,3e0,4"}),
    ],
)
def test_region_yolo(tmp_path: Path, channels: int, changes: dict[str, str]) -> None:
    attributes = {"coords": "4", "classes": "3", "axis": "1", "end_axis": "3"} | changes
    check(unary("RegionYolo@opset1", (1, channels, 5, 6), **attributes), tmp_path)


# Types and names ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [10, 11])
@pytest.mark.parametrize("element", ["f16", "f32", "f64", "i64", "i32", "u8", "i8"])
def test_types_of_inputs_and_outputs(tmp_path: Path, version: int, element: str) -> None:
    """Version 10 gives f32 and i32; f16 is computed in f32, and is the type of inputs and outputs in version 11."""
    ir = Ir(version=version)
    x = ir.parameter([3, 4], element, name="x")
    ir.result(
        ir.op("Reshape@opset1", [x, ir.const([4, 3])], attributes={"special_zero": "false"}, element=element)
    )
    check(ir, tmp_path)


def test_f16_weights_are_raised_once(tmp_path: Path) -> None:
    ir = Ir(version=10)
    x = ir.parameter([2, 3], "f16", name="x")
    c = ir.const(np.full((2, 3), 0.1, np.float16), name="c")
    total = ir.op("Add@opset1", [x, c], element="f16", name="sum")
    ir.result(ir.op("Multiply@opset1", [total, c], element="f16", name="product"))
    module = check(ir, tmp_path)
    assert op_names(module) == ["constant", "convert", "add", "multiply", "func.return"]
    layers = [[layer.layer_name for layer in layers_of(op)] for op in main_of(module).body.block.ops]
    assert layers == [["c"], ["c"], ["sum"], ["product"], []]


def test_decompression_of_version_11(tmp_path: Path) -> None:
    ir = Ir()
    x = ir.parameter([2, 3], name="x")
    c = ir.const(np.full((2, 3), 0.1, np.float16), name="c_compressed")
    raised = ir.op("Convert@opset1", [c], attributes={"destination_type": "f32"}, name="c")
    ir.result(ir.op("Add@opset1", [x, raised], name="sum"))
    module = check(ir, tmp_path)
    assert op_names(module) == ["constant", "convert", "add", "func.return"]
    layers = [[layer.layer_name for layer in layers_of(op)] for op in main_of(module).body.block.ops]
    assert layers == [["c_compressed"], ["c"], ["sum"], []]


def test_convert_and_convert_like(tmp_path: Path) -> None:
    ir = Ir()
    x = ir.parameter([2, 3], "i32", name="x")
    y = ir.op("Convert@opset1", [x], attributes={"destination_type": "f32"})
    ir.result(y)
    ir.result(ir.op("ConvertLike@opset1", [x, ir.const(np.float32([1]))]))
    ir.result(ir.op("Convert@opset1", [y], attributes={"destination_type": "boolean"}, element="boolean"))
    check(ir, tmp_path)


def names_of(attributes: Any) -> list[str]:
    return [entry.data["arhat.name"].data for entry in attributes]


def test_names_of_inputs_and_outputs(tmp_path: Path) -> None:
    ir = Ir()
    x = ir.parameter([3], name="in", names="tensor_in,other")
    y = ir.op("ReLU@opset1", [x], name="layer", names="first\\,name,second")
    z = ir.op("Exp@opset1", [x], name="layer2")
    for value in (y, y, z, x):
        ir.result(value)
    main = main_of(import_openvino(ir.write(tmp_path)))
    assert names_of(main.arg_attrs) == ["in"]
    assert [name.data for name in main.arg_attrs.data[0].data["arhat.tensor_names"]] == ["tensor_in", "other"]
    assert names_of(main.res_attrs) == ["first,name", "first,name_1", "layer2", "tensor_in"]


def test_equal_names_of_inputs_are_told_apart(tmp_path: Path) -> None:
    ir = Ir()
    values = [ir.parameter([3], name="x") for _ in range(3)]
    ir.result(ir.op("Concat@opset1", values, attributes={"axis": "0"}))
    assert names_of(main_of(import_openvino(ir.write(tmp_path))).arg_attrs) == ["x", "x_1", "x_2"]


def test_registry() -> None:
    assert lookup("Interpolate", "opset1") is not lookup("Interpolate", "opset4")
    assert lookup("Interpolate", "opset6") is lookup("Interpolate", "opset4")
    assert lookup("add", "opset6") is lookup("Add", "opset1")
    for type, opset in (
        ("Mish", "opset1"),
        ("Add", "opset0"),
        ("Add", "opset17"),
        ("Add", ""),
        ("Nope", "opset1"),
    ):
        assert lookup(type, opset) is None
    group1 = """Add@opset1 AvgPool@opset1 Clamp@opset1 Concat@opset1 Const@opset1 Convert@opset1 Convolution@opset1
        DetectionOutput@opset1 DetectionOutput@opset8 Divide@opset1 Elu@opset1 Gather@opset1 Gather@opset8
        GroupConvolution@opset1 Interpolate@opset1 Interpolate@opset11 Interpolate@opset4 MatMul@opset1 MaxPool@opset1
        MaxPool@opset8 Multiply@opset1 NormalizeL2@opset1 PReLU@opset1 Pad@opset1 PriorBox@opset1
        PriorBoxClustered@opset1 ReLU@opset1 ReduceMean@opset1 ReduceProd@opset1 RegionYolo@opset1 Reshape@opset1
        ShapeOf@opset1 ShapeOf@opset3 Sigmoid@opset1 SoftMax@opset1 SoftMax@opset8 Squeeze@opset1 StridedSlice@opset1
        Subtract@opset1 Transpose@opset1 Unsqueeze@opset1"""
    assert not {name.lower() for name in group1.split()} - set(registered())


# Faults ---------------------------------------------------------------------------------------------------


def two(kind: str, shape: Sequence[int], second: Any, **attributes: str) -> Ir:
    ir = Ir()
    ir.result(ir.op(kind, [ir.parameter(shape), ir.const(second)], attributes=attributes, name="y"))
    return ir


def one(kind: str, shape: Sequence[int], **attributes: str) -> Ir:
    ir = Ir()
    ir.parameter([1])
    ir.result(ir.op(kind, [ir.parameter(shape)], attributes=attributes, name="y"))
    return ir


def three(kind: str, shape: Sequence[int], second: Any, third: Any, **attributes: str) -> Ir:
    ir = Ir()
    inputs = [ir.parameter(shape), ir.const(second), ir.const(third)]
    ir.result(ir.op(kind, inputs, attributes=attributes, name="y"))
    return ir


CONV = {"strides": "1,1", "pads_begin": "0,0", "pads_end": "0,0", "dilations": "1,1"}
POOL = {"kernel": "2,2", "strides": "1,1", "pads_begin": "0,0", "pads_end": "0,0"}
ONES = np.ones((2, 3, 3, 3), np.float32)
FAULTS: list[tuple[Ir, str]] = [
    (
        two("Convolution@opset1", [1, 3, 4, 4], ONES, **{**CONV, "strides": "1"}),
        r"'strides' is \[1\], but must be 2",
    ),
    (two("Convolution@opset1", [1, 3, 4, 4], ONES, **{**CONV, "strides": "0,1"}), r"'strides' is \[0, 1\]"),
    (
        two("Convolution@opset1", [1, 3, 4, 4], ONES, **{**CONV, "pads_end": "-1,0"}),
        r"'pads_end' is \[-1, 0\]",
    ),
    (
        two("Convolution@opset1", [1, 3, 4, 4], ONES, **{**CONV, "strides": "a,b"}),
        r"strides='a,b' is not a list",
    ),
    (two("Convolution@opset1", [1, 3, 4, 4], ONES, **{**CONV, "strides": ""}), r"'strides' is missing"),
    (
        two("Convolution@opset1", [1, 3, 4, 4], ONES, **{**CONV, "auto_pad": "x"}),
        r"auto_pad='x' is not one of",
    ),
    (two("Convolution@opset1", [1, 4, 4, 4], ONES, **CONV), r"the input has 4 channels, the filter takes 3"),
    (two("Convolution@opset1", [1, 3, 2, 2], ONES, **CONV), r"a window of 3 does not fit"),
    (two("Convolution@opset1", [1, 3], ONES, **CONV), r"convolutions over 1 to 3 spatial axes"),
    (two("GroupConvolution@opset1", [1, 3, 4], [1.0], **CONV), r"the filter has shape \[1\]"),
    (one("Convolution@opset1", [1, 3, 4, 4], **CONV), r"has 1 inputs, but the operator takes 2"),
    (one("MaxPool@opset1", [1, 3, 4, 4], **{**POOL, "kernel": "2,99999999999"}), r"'kernel' is"),
    (one("MaxPool@opset1", [1, 3], **POOL), r"pooling over 1 to 3 axes"),
    (one("AvgPool@opset1", [1, 3, 4, 4], **POOL), r"'exclude-pad' is missing"),
    (
        one("AvgPool@opset1", [1, 3, 4, 4], **{**POOL, "exclude-pad": "maybe"}),
        r"exclude-pad='maybe' is not true or",
    ),
    (
        one("MaxPool@opset1", [1, 3, 4, 4], **{**POOL, "rounding_type": "up"}),
        r"rounding_type='up' is not one of floor",
    ),
    (one("Clamp@opset1", [1], min="1", max="0"), r"clamp minimum 1.0 is above its maximum 0.0"),
    (one("Clamp@opset1", [1], min="nan", max="0"), r"min='nan' is not a number"),
    (one("Elu@opset1", [1], alpha="inf"), r"alpha='inf' is not a finite number"),
    (one("Elu@opset1", [1], alpha="1e999"), r"alpha='1e999' is not a finite number"),
    (one("SoftMax@opset8", [1, 2], axis="2"), r"axis 2 is out of range for a tensor of rank 2"),
    (one("SoftMax@opset8", [1, 2], axis="1.0"), r"axis='1.0' is not an integer"),
    (two("Reshape@opset1", [2, 3], [4, -1], special_zero="true"), r"does not divide into \[4, -1\]"),
    (two("Reshape@opset1", [2, 3], [-1, -1], special_zero="true"), r"only one -1"),
    (two("Reshape@opset1", [2, 3], [-2, 3], special_zero="true"), r"no other negative size"),
    (two("Reshape@opset1", [2, 3], [2, 3, 0], special_zero="true"), r"copies dimension 2, but the input"),
    (two("Reshape@opset1", [2, 3], [0, -1], special_zero="false"), r"does not divide into"),
    (two("Reshape@opset1", [2, 3], [5], special_zero="false"), r"element counts differ"),
    (two("Reshape@opset1", [2, 3], [1.5], special_zero="false"), r"has the value 1.5, but must be integers"),
    (two("Reshape@opset1", [2, 3], [6.0], special_zero=""), r"'special_zero' is missing"),
    (two("Squeeze@opset1", [2, 3], [0]), r"axis 0 of the input \[2, 3\] is not of size 1"),
    (two("Unsqueeze@opset1", [2, 3], [0, 0]), r"names an axis twice"),
    (two("Unsqueeze@opset1", [2, 3], [4]), r"axis 4 is out of range for a tensor of rank 3"),
    (two("Transpose@opset1", [2, 3], [0]), r"'perm' must have 2 values"),
    (two("Transpose@opset1", [2, 3], [0, 0]), r"repeat an axis"),
    (two("ReduceMean@opset1", [2, 3], [0, -2]), r"names an axis twice"),
    (two("Concat@opset1", [2, 3], [1.0], axis="0"), r"cannot join"),
    (two("Add@opset1", [2, 3], [1]), r"operands must have one element type, got f32 and i64"),
    (two("MatMul@opset1", [2, 4], ONES), r"inner sizes differ"),
    (
        one("RegionYolo@opset1", [1, 5, 2, 2], coords="4", classes="3", num="2", axis="1", end_axis="3"),
        r"need 16 channels",
    ),
    (
        three("Gather@opset8", [2, 3], [0, 3], np.int64(1)),
        r"indices from 0 to 3 are out of range for axis 1 of size 3",
    ),
    (
        three("Gather@opset1", [2, 3], [0, -3], np.int64(0)),
        r"indices from -3 to 0 are out of range for axis 0",
    ),
    (three("Gather@opset1", [2, 3], [0], [0, 1]), r"takes one axis, got 2"),
    (two("Tile@opset1", [2], [2**40]), r"more than the limit of"),
    (two("Tile@opset1", [0], [2**62, 4]), r"takes 0 bytes, more than|check the shape"),
]


@pytest.mark.parametrize(("ir", "pattern"), FAULTS, ids=[pattern[:50] for _, pattern in FAULTS])
def test_faults(tmp_path: Path, ir: Ir, pattern: str) -> None:
    with pytest.raises(UserError) as caught:
        import_openvino(ir.write(tmp_path))
    text = str(caught.value)
    assert re.search(pattern, text), text
    assert re.match(r".*model\.xml:[67]:1: error: 'y' \(\w+@opset\d+\): ", text), text
    assert len(text.splitlines()) == 1


def evaluated(kind: str, inputs: Sequence[Any], attributes: dict[str, str], folder: Path) -> None:
    """A reduction whose axes are computed by `kind`."""
    ir = Ir()
    x = ir.parameter([2, 3], name="x")
    axes = ir.op(kind, [ir.const(value) for value in inputs], attributes=attributes, element="i64")
    total = ir.op("ReduceSum@opset1", [axes, ir.const([0])], attributes={"keep_dims": "true"}, element="i64")
    ir.result(ir.op("ReduceSum@opset1", [x, total], attributes={"keep_dims": "true"}, name="y"))
    import_openvino(ir.write(folder))


def test_evaluation_has_limits(tmp_path: Path) -> None:
    evaluated("Tile@opset1", [[0], [1000]], {}, tmp_path)
    with pytest.raises(UserError, match=r"'y' .*computed from a tensor of more than 1048576 elements"):
        evaluated("Tile@opset1", [[0], [1 << 21]], {}, tmp_path)
    with pytest.raises(
        UserError, match=r"'y' .*computed by arhat\.matmul, which the importer does not evaluate"
    ):
        evaluated("MatMul@opset1", [[[1]], [[1]]], {"transpose_a": "0", "transpose_b": "0"}, tmp_path)
    ir = Ir()
    x = ir.parameter([2, 3], name="x")
    value = ir.op("Tile@opset1", [ir.const([0]), ir.const([1 << 20])], element="i64")
    for _ in range(40):
        value = ir.op("Negative@opset1", [value], element="i64")
    axes = ir.op("ReduceSum@opset1", [value, ir.const([0])], attributes={"keep_dims": "true"}, element="i64")
    ir.result(ir.op("ReduceSum@opset1", [x, axes], attributes={"keep_dims": "true"}, name="y"))
    with pytest.raises(UserError, match=r"'y' .*takes more than 268435456 bytes"):
        import_openvino(ir.write(tmp_path))


@pytest.mark.parametrize(
    ("bounds", "output", "pattern"),
    [
        (
            [np.uint64(2**64 - 1), np.uint64(2**64 - 1), np.uint64(1)],
            "i64",
            "does not fit its element type i64",
        ),
        ([np.int64(0), np.int64(1 << 40), np.int64(1)], "i64", "has more than"),
        ([np.int64(0), np.int64(3), np.int64(0)], "i64", "has step 0"),
        ([np.float32(0), np.float32(np.inf), np.float32(1)], "f32", "is not finite"),
    ],
)
def test_bad_ranges(tmp_path: Path, bounds: list[Any], output: str, pattern: str) -> None:
    ir = Ir()
    ir.parameter([1])
    ir.result(
        ir.op("Range@opset4", [ir.const(b) for b in bounds], attributes={"output_type": output}, name="y")
    )
    with pytest.raises(UserError, match=pattern):
        import_openvino(ir.write(tmp_path))


def test_axis_from_an_input_is_refused(tmp_path: Path) -> None:
    ir = Ir()
    x, axes = ir.parameter([2, 3], name="x"), ir.parameter([1], "i64", name="axes")
    ir.result(ir.op("ReduceSum@opset1", [x, axes], attributes={"keep_dims": "true"}, name="y"))
    with pytest.raises(
        UserError, match=r":6:1: error: 'y' .*the list of axes depends on the values of the model's input"
    ):
        import_openvino(ir.write(tmp_path))

"""What files say of element-wise, logical, reducing and normalising operators that OpenVINO's functions cannot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ir import Ir
from unit.importers.test_converters import check, op_names

from arhat.errors import UserError
from arhat.importers.openvino import import_openvino


def one(
    kind: str, *shapes: tuple[int, ...], element: str = "f32", consts: Any = (), **attributes: object
) -> Ir:
    """A model of one operator on parameters and then constants."""
    ir = Ir()
    inputs = [ir.parameter(list(shape), element, name=f"p{i}") for i, shape in enumerate(shapes)]
    inputs += [ir.const(array) for array in consts]
    ir.result(ir.op(kind, inputs, attributes=attributes, name="y"))
    return ir


def properties(module: Any, name: str) -> dict[str, Any]:
    """The properties of the only operation of that name."""
    (op,) = (op for op in module.walk() if op.name == f"arhat.{name}")
    return op.parameters()


@pytest.mark.parametrize(
    ("attributes", "axes"),
    [
        ({"across_channels": "true"}, (1, 2, 3)),
        ({"across_channels": "False"}, (2, 3)),
        ({}, (1, 2, 3)),
        ({"across_channels": "true", "reduction_axes": "2,3"}, (2, 3)),
        ({"reduction_axes": "3, -3"}, (1, 3)),
    ],
)
def test_axes_of_old_mvn(tmp_path: Path, attributes: dict[str, str], axes: tuple[int, ...]) -> None:
    ir = one("MVN@opset2", (2, 3, 4, 5), eps="0.01", **attributes)
    module = import_openvino(ir.write(tmp_path))
    assert properties(module, "mvn") == {
        "axes": axes, "normalize_variance": True, "eps": 0.01, "eps_mode": "inside_sqrt",
    }  # fmt: skip


def test_mvn_of_opset_2_and_its_defaults(tmp_path: Path) -> None:
    check(one("MVN@opset2", (2, 3, 4, 5), eps="0.01", across_channels="0", normalize_variance="1"), tmp_path)


def test_mode_of_mvn_in_upper_case(tmp_path: Path) -> None:
    axes = np.array([-1, 1], np.int32)
    attributes = {"eps": "0.1", "eps_mode": "OUTSIDE_SQRT", "normalize_variance": "True"}
    check(one("MVN@opset6", (2, 3, 4), consts=[axes], **attributes), tmp_path)


@pytest.mark.parametrize("kind", ["LogicalXor@opset1", "Xor@opset1"])
def test_exclusive_or_has_two_names(tmp_path: Path, kind: str) -> None:
    module = import_openvino(
        one(kind, (2, 3), (3,), element="boolean", auto_broadcast="numpy").write(tmp_path)
    )
    assert op_names(module) == ["logical_xor", "func.return"]


def test_batch_norm_of_opset_1_has_its_input_in_the_middle(tmp_path: Path) -> None:
    channels = [np.array([0.5, 1, 2], np.float32) + i for i in range(4)]
    ir = Ir()
    gamma, beta, mean, variance = (ir.const(array) for array in channels)
    x = ir.parameter([2, 3, 4, 5], name="x")
    attributes = {"epsilon": "0.001"}
    ir.result(ir.op("BatchNormInference@opset1", [gamma, beta, x, mean, variance], attributes=attributes))
    check(ir, tmp_path)


def test_cumulative_sum_without_an_axis_is_along_the_first(tmp_path: Path) -> None:
    module = import_openvino(one("CumSum@opset3", (2, 3)).write(tmp_path))
    assert properties(module, "cum_sum") == {"axis": 0, "exclusive": False, "reverse": False}


def test_attributes_that_have_defaults(tmp_path: Path) -> None:
    module = import_openvino(one("Round@opset5", (4,)).write(tmp_path))
    assert properties(module, "round") == {"mode": "half_to_even"}
    module = import_openvino(one("IsInf@opset10", (4,)).write(tmp_path))
    assert properties(module, "is_inf") == {"detect_negative": True, "detect_positive": True}


@pytest.mark.parametrize(
    ("ir", "message"),
    [
        (one("Select@opset1", (2, 3), (2, 3), (3,), element="boolean", auto_broadcast="none"),
         r"'y' \(Select@opset1\): shapes \[2, 3\], \[2, 3\], \[3\] differ and auto_broadcast is 'none'"),
        (one("Select@opset1", (2, 3), (3,), (3,), element="boolean", auto_broadcast="pdpd"),
         r"'y' \(Select@opset1\): the first choice must have the highest rank"),
        (one("Select@opset1", (2, 3), (2, 3), (3,), auto_broadcast="numpy"), "the condition must be boolean"),
        (one("LogicalAnd@opset1", (2, 3), (3,), element="i32"), "operands must be boolean"),
        (one("Equal@opset1", (2, 3), (4,)), "do not broadcast"),
        (one("LRN@opset1", (1, 3, 4), consts=[np.array([3])], alpha="1", beta="1", bias="1", size="5"),
         "axis 3 is out of range for a tensor of rank 3"),
        (one("LRN@opset1", (1, 3, 4), consts=[np.array([1])], alpha="1", beta="1", bias="1", size="0"),
         "'size' must be at least 1, got 0"),
        (one("LRN@opset1", (1, 3, 4), consts=[np.array([1])], alpha="nan", beta="1", bias="1", size="5"),
         "alpha='nan' is not a finite number"),
        (one("MVN@opset2", (1, 3, 4), eps="0.1", reduction_axes="1,-2"), "reduction_axes names an axis twice"),
        (one("MVN@opset6", (1, 3, 4), consts=[np.array([1])], eps="0.1", eps_mode="middle"),
         "eps_mode='middle' is not one of inside_sqrt, outside_sqrt"),
        (one("MVN@opset6", (1, 3, 4), (1,), eps="0.1"), "depends on the values of the model's input"),
        (one("CumSum@opset3", (2, 3), consts=[np.array([0, 1])]), "the axis has 2 values, but must be one"),
        (one("CumSum@opset3", (2, 3), consts=[np.array(2)]), "axis 2 is out of range"),
        (one("CumSum@opset3", (2, 3), element="boolean", consts=[np.array(0)]), "the input must be of numbers"),
        (one("ReduceLogicalAnd@opset1", (2, 3), consts=[np.array([0])]), "the input must be boolean"),
        (one("ReduceSum@opset1", (2, 3), element="boolean", consts=[np.array([0])]), "the input must be of numbers"),
        (one("Round@opset5", (4,), mode="up"), "mode='up' is not one of half_to_even, half_away_from_zero"),
        (one("Selu@opset1", (4,), (2,), (1,)), r"alpha must have one value, not the shape \[2\]"),
        (one("SoftSign@opset9", (4,), element="i32"), "takes a tensor of floats"),
        (one("LogSoftmax@opset5", (4,), element="i32", axis="0"), "takes a tensor of floats"),
        (one("GRN@opset1", (4,), bias="0.1"), "the input must have rank 2 or more"),
        (one("BitwiseAnd@opset13", (4,), (4,)), "operands must be integers or booleans"),
    ],
)  # fmt: skip
def test_errors(tmp_path: Path, ir: Ir, message: str) -> None:
    with pytest.raises(UserError, match=message):
        import_openvino(ir.write(tmp_path))

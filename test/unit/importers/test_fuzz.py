"""Whatever the file says, the importer succeeds or raises a `UserError`."""

from __future__ import annotations

import re
import tempfile
from functools import lru_cache
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ir import Ir

from arhat.errors import UserError
from arhat.importers.openvino import import_openvino

LIMIT = 1 << 26


@lru_cache
def seed() -> tuple[str, bytes]:
    """A valid model with operators of every family."""
    ir = Ir(version=10)
    x = ir.parameter([1, 4, 8, 8], name="x")
    window = {"strides": "1,1", "pads_begin": "1,1", "pads_end": "1,1"}
    y = ir.op(
        "Convolution@opset1",
        [x, ir.const(np.ones((4, 4, 3, 3), np.float32))],
        attributes={**window, "dilations": "1,1"},
    )
    y = ir.op(
        "GroupConvolution@opset1",
        [y, ir.const(np.ones((4, 1, 1, 3, 3), np.float16))],
        attributes={**window, "dilations": "1,1", "auto_pad": "same_upper"},
    )
    y = ir.op("PReLU@opset1", [y, ir.const(np.ones(4, np.float32))])
    y = ir.op("MaxPool@opset1", [y], attributes={**window, "kernel": "3,3", "rounding_type": "ceil"})
    y = ir.op("AvgPool@opset1", [y], attributes={**window, "kernel": "3,3", "exclude-pad": "true"})
    y = ir.op("Clamp@opset1", [y], attributes={"min": "0", "max": "6"})
    y = ir.op(
        "Pad@opset1", [y, ir.const([0, 0, 1, 1]), ir.const([0, 0, 1, 1])], attributes={"pad_mode": "constant"}
    )
    y = ir.op(
        "StridedSlice@opset1",
        [y, *map(ir.const, ([0, 0, 1, 1], [0, 0, 9, 9], [1, 1, 1, 1]))],
        attributes={
            "begin_mask": "1,1,0,0",
            "end_mask": "1,1,0,0",
            "shrink_axis_mask": "",
            "new_axis_mask": "",
            "ellipsis_mask": "0,0,0,0",
        },
    )
    resize = {
        "mode": "nearest",
        "shape_calculation_mode": "scales",
        "coordinate_transformation_mode": "asymmetric",
        "nearest_mode": "floor",
        "antialias": "0",
        "pads_begin": "0",
        "pads_end": "0",
    }
    y = ir.op(
        "Interpolate@opset4",
        [y, ir.const([16, 16]), ir.const([2.0, 2.0]), ir.const([2, 3])],
        attributes=resize,
    )
    old = {
        "axes": "2,3",
        "mode": "linear",
        "align_corners": "0",
        "antialias": "0",
        "pads_begin": "0",
        "pads_end": "0",
    }
    y = ir.op("Interpolate@opset1", [y, ir.const([8, 8])], attributes=old)
    y = ir.op("NormalizeL2@opset1", [y, ir.const([1])], attributes={"eps": "1e-10", "eps_mode": "add"})
    y = ir.op("Transpose@opset1", [y, ir.const([0, 2, 3, 1])])
    shape = ir.op("ShapeOf@opset3", [y], attributes={"output_type": "i64"}, element="i64")
    first = ir.op(
        "Gather@opset8", [shape, ir.const([0]), ir.const(0)], attributes={"batch_dims": "0"}, element="i64"
    )
    total = ir.op(
        "ReduceProd@opset1", [shape, ir.const([0])], attributes={"keep_dims": "true"}, element="i64"
    )
    rest = ir.op("Divide@opset1", [total, first], element="i64")
    target = ir.op("Concat@opset1", [first, rest], attributes={"axis": "0"}, element="i64")
    loc = ir.op("Reshape@opset1", [y, target], attributes={"special_zero": "true"})
    loc = ir.op("Tile@opset1", [loc, ir.const([1, 1])])
    half = ir.op("Split@opset1", [loc, ir.const(np.int64(1))], attributes={"num_splits": "1"})
    conf = ir.op("SoftMax@opset1", [half], attributes={"axis": "1"})
    conf = ir.op("Squeeze@opset1", [ir.op("Unsqueeze@opset1", [conf, ir.const([0])]), ir.const([0])])
    grid = ir.const([8, 8])
    boxes = {
        "min_size": "10",
        "max_size": "",
        "aspect_ratio": "",
        "flip": "0",
        "clip": "0",
        "step": "8",
        "offset": "0.5",
        "variance": "0.1,0.1,0.2,0.2",
        "density": "",
        "fixed_size": "",
        "fixed_ratio": "",
    }
    prior = ir.op("PriorBox@opset1", [grid, ir.const([64, 64])], attributes=boxes)
    clusters = {
        "width": "9.5,20",
        "height": "9.5,20",
        "clip": "0",
        "step": "8",
        "offset": "0.5",
        "variance": "0.1",
    }
    ir.result(ir.op("PriorBoxClustered@opset1", [grid, ir.const([64, 64])], attributes=clusters))
    priors = ir.op("Unsqueeze@opset1", [prior, ir.const([0])])
    detection = {
        "num_classes": "4",
        "background_label_id": "0",
        "top_k": "10",
        "keep_top_k": "5",
        "code_type": "caffe.PriorBoxParameter.CENTER_SIZE",
        "share_location": "1",
        "nms_threshold": "0.5",
        "confidence_threshold": "0.1",
        "normalized": "1",
        "variance_encoded_in_target": "0",
    }
    ir.result(ir.op("DetectionOutput@opset1", [loc, conf, priors], attributes=detection))
    yolo = {
        "coords": "4",
        "classes": "3",
        "num": "1",
        "mask": "0",
        "axis": "1",
        "end_axis": "3",
        "do_softmax": "0",
        "anchors": "1,2",
    }
    regions = ir.parameter([1, 8, 4, 4], name="regions")
    ir.result(ir.op("RegionYolo@opset1", [regions], attributes=yolo))
    ir.result(
        ir.op(
            "MatMul@opset1",
            [conf, ir.const(np.ones((256, 2), np.float32))],
            attributes={"transpose_a": "false", "transpose_b": "false"},
        )
    )
    ir.result(
        ir.op(
            "Convert@opset1",
            [ir.op("Elu@opset1", [conf], attributes={"alpha": "1"})],
            attributes={"destination_type": "f16"},
            element="f16",
        )
    )
    return ir.text, bytes(ir.weights)


@lru_cache
def bodies() -> tuple[str, bytes]:
    """A valid model with state, recurrent networks, loops and a branch."""
    ir = Ir()
    x = ir.parameter([1, 3, 4], name="x")
    sequence = {
        "hidden_size": "2",
        "direction": "bidirectional",
        "clip": "0.5",
        "activations": "sigmoid,tanh",
    }
    weights = [ir.const(np.ones(shape, np.float32)) for shape in ((2, 6, 4), (2, 6, 2), (2, 8))]
    state, lengths = ir.const(np.ones((1, 2, 2), np.float32)), ir.const(np.array([2], np.int32))
    linear = {**sequence, "linear_before_reset": "true"}
    gru = ir.ops("GRUSequence@opset5", [x, state, lengths, *weights], linear, count=2)
    start = ir.op("Squeeze@opset1", [ir.op("ReduceSum@opset1", [gru[0], ir.const([1])], attributes={"keep_dims": "1"}),
                                     ir.const([1])])  # fmt: skip
    cell = ir.inside()
    part, carried = cell.parameter([1, 1, 2]), cell.parameter([1, 2])
    flat = cell.op("Reshape@opset1", [part, cell.const([1, 2])], attributes={"special_zero": "false"})
    matrices = [cell.const(np.ones(shape, np.float32)) for shape in ((8, 2), (8, 2), (8,))]
    made = cell.ops("LSTMCell@opset4", [flat, carried, carried, *matrices], {"hidden_size": "2"}, count=2)
    cell.result(made[0])
    cell.result(cell.op("Unsqueeze@opset1", [made[1], cell.const([1])]))
    ends = (
        '<port_map><input external_port_id="0" internal_layer_id="0" axis="1" start="0" end="-1" stride="1" '
        'part_size="1"/>\n<input external_port_id="1" internal_layer_id="1"/>\n<output external_port_id="2" '
        'internal_layer_id="11" axis="1" start="-1" end="0" stride="-1" part_size="1"/>\n<output '
        'external_port_id="3" internal_layer_id="8"/></port_map>\n<back_edges><edge from-layer="8" to-layer="1"/>'
        "</back_edges>\n"
    )
    first = ir.const(np.ones((1, 2), np.float32))
    joined, last = ir.ops("TensorIterator@opset1", [start, first], count=2, inner=ends + cell.body())
    ir.result(joined)
    again = ir.inside()
    number, value = again.parameter([], "i64"), again.parameter([1, 2])
    again.result(again.op("Less@opset1", [number, again.const(np.int64(1))], element="boolean"))
    again.result(again.op("Tanh@opset1", [value]))
    ends = (
        '<port_map><input external_port_id="-1" internal_layer_id="0" purpose="current_iteration"/>\n<input '
        'external_port_id="2" internal_layer_id="1"/>\n<output external_port_id="-1" internal_layer_id="4" '
        'purpose="execution_condition"/>\n<output external_port_id="3" internal_layer_id="6"/></port_map>\n'
        '<back_edges><edge from-layer="6" to-layer="1"/></back_edges>\n'
    )
    trips, entered = ir.const(np.int64(3)), ir.const(np.array(True))
    looped = ir.op("Loop@opset5", [trips, entered, last], inner=ends + again.body())
    parts: list[str] = []
    for which, kind in (("then", "Negative@opset1"), ("else", "Abs@opset1")):
        inner = ir.inside()
        inner.result(inner.op(kind, [inner.parameter([1, 2])]))
        parts.append(
            f'<{which}_port_map><input external_port_id="1" internal_layer_id="0"/>\n<output external_port_id="2" '
            f'internal_layer_id="2"/></{which}_port_map>\n{inner.body(f"{which}_body")}'
        )
    chosen = ir.op("If@opset8", [ir.const(np.array([True])), looped], inner="\n".join(parts))
    old = ir.op("ReadValue@opset6", [ir.const(np.ones((1, 2), np.float32))],
                attributes={"variable_id": "s", "variable_type": "f32", "variable_shape": "1,2"})  # fmt: skip
    total = ir.op("Add@opset1", [chosen, old])
    ir.ops("Assign@opset6", [total], {"variable_id": "s"}, count=0)
    ir.result(total)
    return ir.text, bytes(ir.weights)


def attempt(text: bytes, weights: bytes) -> bool:
    """Whether the import succeeds; any exception but a `UserError` fails the test."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.xml"
        path.write_bytes(text)
        path.with_suffix(".bin").write_bytes(weights)
        try:
            module = import_openvino(path, memory_limit=LIMIT)
        except UserError as error:
            first, *notes = str(error).splitlines()
            assert re.match(r".+: error: .+", first) and all(note.startswith("note: ") for note in notes)
            return False
        module.verify()
        str(module)
        return True


def test_seeds_are_valid() -> None:
    for text, weights in (seed(), bodies()):
        assert attempt(text.encode(), weights)


NUMBERS = ["0", "1", "-1", "2", "3", "7", "64", "4294967296", "9223372036854775807", "-9223372036854775808",
           "18446744073709551616", "1e30", "1e-45", "-0.0", "nan", "inf", "-inf", "0x10", "1.5", "", " ", "1,1", "true",
           "0,0,0,0", "1,2,3", "-1,-1", "99999999999999999999999", "1" * 5000]  # fmt: skip
WORDS = ["opset1", "opset4", "opset8", "opset11", "f16", "f64", "i64", "u8", "boolean", "valid", "same_lower", "cubic",
         "linear_onnx", "sizes", "align_corners", "half_pixel", "Add", "Concat", "Gather", "Squeeze", "Broadcast",
         "SpaceToDepth", "Range", "ReduceMean", "Slice", "VariadicSplit", "StridedSlice", "Const", "Parameter",
         "TensorIterator", "Loop", "If", "Assign", "ReadValue", "LSTMSequence", "reverse",
         "Result", "Tile", "Power", "Mod", "Convert", "BatchNormInference", "\"&amp;", "&#10;", "é", "\x00",
         "&lt;"]  # fmt: skip
VALUE = re.compile(r'"[^"<>]*"')


@st.composite
def mutated(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """A seed with a few attribute values, lines, bytes of the text and of the weights changed."""
    text, weights = draw(st.sampled_from([seed, bodies]))()
    for _ in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(["value", "value", "value", "line", "char", "weights", "number"]))
        if kind == "value":
            matches = list(VALUE.finditer(text))
            match = matches[draw(st.integers(0, len(matches) - 1))] if matches else None
            if match:
                new = draw(st.sampled_from(NUMBERS + WORDS) | st.text(max_size=6))
                text = f"{text[: match.start() + 1]}{new}{text[match.end() - 1 :]}"
        elif kind == "line":
            lines = text.split("\n")
            at, to = draw(st.integers(0, len(lines) - 1)), draw(st.integers(0, len(lines) - 1))
            action = draw(st.sampled_from(["drop", "copy", "swap"]))
            if action == "drop":
                del lines[at]
            elif action == "copy":
                lines.insert(to, lines[at])
            else:
                lines[at], lines[to] = lines[to], lines[at]
            text = "\n".join(lines)
        elif kind == "char":
            at = draw(st.integers(0, max(0, len(text) - 1)))
            text = text[:at] + draw(st.text(max_size=3)) + text[at + draw(st.integers(0, 3)) :]
        elif kind == "number" and len(weights) >= 8:
            at = draw(st.integers(0, len(weights) // 8 - 1)) * 8
            number = draw(
                st.sampled_from([0, -1, 1, 2, 3, 1 << 40, (1 << 63) - 1, -(1 << 63)]) | st.integers(-9, 99)
            )
            weights = weights[:at] + np.int64(number).tobytes() + weights[at + 8 :]
        else:
            at = draw(st.integers(0, len(weights)))
            weights = weights[:at] + draw(st.binary(max_size=8)) + weights[at + draw(st.integers(0, 16)) :]
    return text.encode("utf-8", "surrogatepass"), weights


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(mutated())
def test_mutated_model(files: tuple[bytes, bytes]) -> None:
    attempt(*files)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    attempt(data, b"")


def test_every_truncation() -> None:
    """Cut anywhere, the text is refused."""
    for text, weights in (seed(), bodies()):
        data = text.rstrip().encode()
        for length in range(0, len(data), 97):
            assert not attempt(data[:length], weights)

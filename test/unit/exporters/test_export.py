"""What is written: layers, names, constants; and what is said where something cannot be written."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import openvino as ov
import pytest
from structure import structure
from xdsl.dialects.builtin import ModuleOp

from arhat import frontend as ar
from arhat.dialects.arhat import Arhat
from arhat.driver.registry import make_context, make_resolver
from arhat.driver.run import run_steps
from arhat.driver.source import Chunk, parse_module
from arhat.errors import UserError
from arhat.exporters.openvino import export_openvino, without_exporter
from arhat.exporters.openvino.registry import lookup
from arhat.importers.openvino import import_openvino
from arhat.interpreters import evaluate, input_names, output_names

Array = np.ndarray[Any, np.dtype[Any]]
F32 = np.float32
WITHOUT: dict[str, str] = {}
"""Operations that have no exporter, and why."""


def parse(text: str) -> ModuleOp:
    return parse_module(make_context(), Chunk(text), "test.mlir")


def numbers(*shape: int, seed: int = 0, dtype: Any = F32) -> Array:
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def layers(path: Path) -> list[ElementTree.Element]:
    return list(ElementTree.parse(path).getroot().iter("layer"))


def types(path: Path) -> list[str]:
    """The types of all layers but constants, inputs and results."""
    found = [layer.get("type", "") for layer in layers(path)]
    return [type for type in found if type not in ("Const", "Parameter", "Result")]


def run(path: Path, inputs: list[Array]) -> dict[str, Array]:
    """OpenVINO's results by tensor name."""
    settings = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
    compiled = ov.Core().compile_model(str(path), "CPU", settings)
    request = compiled.create_infer_request()
    request.infer([np.array(a) for a in inputs], share_inputs=False)
    names = [port.get_any_name() if port.get_names() else "" for port in compiled.outputs]
    return {names[i]: request.get_output_tensor(i).data.copy() for i in range(len(compiled.outputs))}


def check(net: ar.Network, inputs: list[Array], folder: Path, *, tolerance: float = 1e-5) -> Path:
    """Exports the network and compares OpenVINO's results with those of the interpreter."""
    path = net.export_openvino(folder / "model.xml")
    expected, made = net.evaluate(inputs), run(path, inputs)
    assert list(made) == list(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(made[name], value, rtol=tolerance, atol=tolerance, strict=True)
    return path


# Operations -------------------------------------------------------------------------------------------------


def test_every_operation_has_an_exporter() -> None:
    names = {op.name for op in Arhat.operations}
    assert {name for name in names if lookup(name) is None} == set(WITHOUT)
    assert set(without_exporter()) <= set(WITHOUT)


ACTIVATIONS: list[Any] = [
    "relu", "sigmoid", "tanh", "hswish", "mish", "swish", ("swish", 1.5), ("leaky_relu", 0.2), ("clamp", -1.0, 0.5),
    ("elu", 0.7),
]  # fmt: skip


@pytest.mark.parametrize("activation", [None, *ACTIVATIONS], ids=str)
def test_fused_activations(activation: Any, tmp_path: Path) -> None:
    with ar.Network() as net:
        x = net.input("x", (1, 4, 7, 6))
        y = ar.conv2d(x, numbers(6, 4, 3, 3), numbers(6), strides=2, pads=1, activation=activation)
        z = ar.conv_transpose2d(x, numbers(4, 3, 2, 2), numbers(3), strides=2, activation=activation)
        net.output("conv", y)
        net.output("transposed", z)
        net.output("product", ar.linear(x.reshape(4, 42), numbers(5, 42), numbers(5), activation=activation))
    path = check(net, [numbers(1, 4, 7, 6, seed=1)], tmp_path)
    assert types(path).count("Add") == 3


@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize("channels", [1, 8])
def test_everything_that_fuses_into_a_convolution(groups: int, channels: int, tmp_path: Path) -> None:
    with ar.Network() as net:
        x, r = net.input("x", (2, 4, 7, 6)), net.input("r", (2, 8, 7, 6))
        slope = numbers(channels) ** 2
        filter = numbers(8, 4 // groups, 3, 3)
        y = ar.conv2d(
            x, filter, numbers(8), pads=1, groups=groups, residual=r, activation="prelu", slope=slope
        )
        net.output("before", y)
        operands = {"bias": numbers(8), "residual": r, "slope": slope, "activation": "prelu"}
        window = {"strides": [1, 1], "pads_begin": [1, 1], "pads_end": [1, 1], "dilations": [1, 1]}
        late = ar.convolution(x, filter, groups=groups, residual_after_activation=True, **operands, **window)  # type: ignore[arg-type]
        net.output("after", late)
    path = check(net, [numbers(2, 4, 7, 6), numbers(2, 8, 7, 6, seed=3)], tmp_path)
    first = types(path)[:4]
    assert first == ["Convolution" if groups == 1 else "GroupConvolution", "Add", "Add", "PReLU"]


def test_a_filter_that_is_computed(tmp_path: Path) -> None:
    with ar.Network() as net:
        x, w = net.input("x", (1, 4, 5, 5)), net.input("w", (6, 2, 3, 3))
        net.output("y", ar.conv2d(x, w, groups=2))
    path = check(net, [numbers(1, 4, 5, 5), numbers(6, 2, 3, 3)], tmp_path)
    assert types(path) == ["Reshape", "GroupConvolution"]


def test_deformable_columns(tmp_path: Path) -> None:
    with ar.Network() as net:
        x, o = net.input("x", (1, 4, 6, 6)), net.input("o", (1, 36, 6, 6))
        m = net.input("m", (1, 18, 6, 6))
        window = {"strides": [1, 1], "pads_begin": [1, 1], "pads_end": [1, 1], "dilations": [1, 1]}
        columns = ar.deformable_columns(
            x, o, mask=m, kernel=[3, 3], deformable_groups=2, interpolate_border=True, **window
        )
        net.output("y", ar.conv2d(columns, numbers(5, 36, 1, 1), numbers(5)))
    inputs = [numbers(1, 4, 6, 6), numbers(1, 36, 6, 6, seed=1), np.abs(numbers(1, 18, 6, 6))]
    assert types(check(net, inputs, tmp_path)) == ["DeformableConvolution", "Add"]
    with net:
        net.output("columns", columns)
    assert types(check(net, inputs, tmp_path)).count("DeformableConvolution") == 2


@pytest.mark.parametrize("exclude", [False, True])
@pytest.mark.parametrize("rounding", ["floor", "ceil", "ceil_torch"])
@pytest.mark.parametrize("pad", [0, 1])
def test_average_pooling(exclude: bool, rounding: Any, pad: int, tmp_path: Path) -> None:
    """Without padding OpenVINO divides by what is inside; what the dialect says otherwise is written as padding."""
    with ar.Network() as net:
        x = net.input("x", (1, 2, 8, 10))
        pads = {"pads_begin": [pad, pad], "pads_end": [pad, pad]}
        y = ar.operations.avg_pool(
            x, kernel=[3, 3], strides=[2, 2], rounding=rounding, exclude_pad=exclude, **pads
        )
        net.output("y", y)
    check(net, [numbers(1, 2, 8, 10)], tmp_path)


@pytest.mark.parametrize("rounding", ["floor", "ceil", "ceil_torch"])
@pytest.mark.parametrize("dilation", [1, 2])
def test_max_pooling_is_of_the_oldest_opset_that_has_it(rounding: Any, dilation: int, tmp_path: Path) -> None:
    with ar.Network() as net:
        x = net.input("x", (1, 2, 8, 10))
        window = {"strides": [2, 2], "pads_begin": [1, 0], "pads_end": [0, 1], "dilations": [dilation] * 2}
        net.output("y", ar.max_pool(x, kernel=[2, 2], rounding=rounding, **window))
    path = check(net, [numbers(1, 2, 8, 10)], tmp_path)
    (opset,) = [layer.get("version") for layer in layers(path) if layer.get("type") == "MaxPool"]
    assert opset == ("opset14" if rounding == "ceil_torch" else "opset8" if dilation > 1 else "opset1")


SLICES: list[Any] = [
    (slice(1, 3), slice(None, None, 2)),
    (slice(None, None, -1), slice(5, 0, -2)),
    (slice(0, 0), slice(None)),
    (slice(2, None, -1), slice(3, 4)),
    (slice(None), slice(None)),
]


@pytest.mark.parametrize("index", SLICES, ids=str)
def test_slices(index: Any, tmp_path: Path) -> None:
    with ar.Network() as net:
        x = net.input("x", (4, 6))
        ranges = [s.indices(n) for s, n in zip(index, (4, 6), strict=True)]
        sizes = [len(range(*r)) for r in ranges]
        starts = [r[0] if n else 0 for r, n in zip(ranges, sizes, strict=True)]
        net.output("y", ar.operations.slice(x, starts=starts, sizes=sizes, steps=[r[2] for r in ranges]))
    path = net.export_openvino(tmp_path / "model.xml")
    assert types(path) == ["Slice"]
    x = numbers(4, 6)
    np.testing.assert_array_equal(evaluate(import_openvino(path), [x])["y"], x[index], strict=True)
    if x[index].size:
        check(net, [x], tmp_path)


def test_a_scalar_can_be_sliced(tmp_path: Path) -> None:
    with ar.Network() as net:
        net.output("y", ar.operations.slice(net.input("x", ()), starts=[], sizes=[], steps=[]))
    check(net, [np.array(3, F32)], tmp_path)


@pytest.mark.parametrize(
    ("axis", "depth", "reduction"), [(0, 2, "none"), (1, 1, "none"), (1, 2, "sum"), (2, 1, "max")]
)
def test_scatter_along_any_axes(axis: int, depth: int, reduction: Any, tmp_path: Path) -> None:
    shape = (3, 4, 5, 2)
    random = np.random.default_rng(4)
    indices = np.stack([random.permutation(n)[:2] for n in shape[axis : axis + depth]], -1).astype(np.int64)
    updates = numbers(*shape[:axis], 2, *shape[axis + depth :], seed=5)
    with ar.Network() as net:
        x, u = net.input("x", shape), net.input("u", updates.shape)
        net.output("y", ar.scatter_update(x, indices, u, axis=axis, reduction=reduction))
    check(net, [numbers(*shape), updates], tmp_path)


@pytest.mark.parametrize("index_type", ["i32", "i64"])
def test_lengths_that_depend_on_data(index_type: Any, tmp_path: Path) -> None:
    """The results have room for the most that there can be, as in the dialect."""
    random = np.random.default_rng(0)
    with ar.Network() as net:
        boxes, scores = net.input("boxes", (2, 20, 4)), net.input("scores", (2, 3, 20))
        limits = {"max_output_boxes": 5, "iou_threshold": 0.3, "score_threshold": 0.2, "soft_nms_sigma": 0.0}
        results = ar.non_max_suppression(
            boxes, scores, box_encoding="corner", sort_result_descending=True, index_type=index_type, **limits
        )  # type: ignore[call-arg]
        for name, result in zip(("indices", "selected", "boxes_count"), results, strict=True):
            net.output(name, result)
        for name, x in (("", net.input("x", (3, 4), np.int32)), ("_scalar", net.input("scalar", ()))):
            positions, count = ar.non_zero(x, index_type=index_type)
            net.output(f"positions{name}", positions)
            net.output(f"count{name}", count)
    corners = random.random((2, 20, 4)).astype(F32)
    corners[..., 2:] = corners[..., :2] + random.random((2, 20, 2)) * 0.5
    given = [random.random((2, 3, 20)).astype(F32), random.integers(0, 2, (3, 4)).astype(np.int32)]
    check(net, [corners, *given, np.array(2, F32)], tmp_path)


@pytest.mark.parametrize("sort", ["class", "score", "none"])
@pytest.mark.parametrize("index_type", ["i32", "i64"])
def test_boxes_of_all_classes(sort: Any, index_type: Any, tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    common = {
        "sort_result_type": sort, "sort_result_across_batch": False, "score_threshold": 0.3, "nms_top_k": 10,
        "keep_top_k": 12, "background_class": 0, "normalized": True, "index_type": index_type,
    }  # fmt: skip
    with ar.Network() as net:
        boxes, scores = net.input("boxes", (2, 20, 4)), net.input("scores", (2, 3, 20))
        made = {
            "multiclass": ar.multiclass_nms(boxes, scores, iou_threshold=0.4, nms_eta=1.0, **common),
            "matrix": ar.matrix_nms(
                boxes, scores, decay_function="linear", gaussian_sigma=2.0, post_threshold=0.1, **common
            ),
        }
        for kind, results in made.items():
            for name, result in zip(("outputs", "indices", "counts"), results, strict=True):
                net.output(f"{kind}_{name}", result)
    corners = random.random((2, 20, 4)).astype(F32)
    corners[..., 2:] = corners[..., :2] + random.random((2, 20, 2)) * 0.5
    check(net, [corners, random.random((2, 3, 20)).astype(F32)], tmp_path)


def test_interpolation_needs_sizes_and_scales_that_belong_together(tmp_path: Path) -> None:
    def resized(sizes: list[int], scales: list[float]) -> ar.Network:
        with ar.Network() as net:
            y = ar.interpolate(
                net.input("x", (1, 1, 4, 5)),
                axes=[2, 3], sizes=sizes, scales=scales, mode="nearest", coordinate_transformation="asymmetric",
                nearest_mode="floor", antialias=False, cube_coeff=-0.75, pads_begin=[0] * 4, pads_end=[0] * 4,
                name="up",
            )  # fmt: skip
            net.output("y", y)
        return net

    for sizes, scales in (
        ([8, 10], [2.0, 2.0]),
        ([9, 11], [2.25, 2.25]),
        ([7, 9], [1.75, float(F32(9 / 5))]),
    ):
        check(resized(sizes, scales), [numbers(1, 1, 4, 5)], tmp_path)
    message = r"layer 'up' \(arhat.interpolate\) cannot be exported to OpenVINO: sizes \[7, 9\] and scales"
    with pytest.raises(UserError, match=message):
        resized([7, 9], [3.0, 1.0]).export_openvino(tmp_path / "bad.xml")


@pytest.mark.parametrize(
    ("shape", "axis"),
    [((1, 2, 9, 8), 2), ((1, 2, 9, 8), 3), ((4, 9, 3), 0), ((4, 9, 3), 1), ((7, 5), 1), ((9,), 0)],
)
def test_resampling_of_any_axis(shape: tuple[int, ...], axis: int, tmp_path: Path) -> None:
    with ar.Network() as net:
        x = net.input("x", shape)
        net.output("y", ar.resample(x, axis=axis, size=4, filter="bicubic", cube_coeff=-0.5))
        net.output("z", ar.resample(x, axis=axis, size=13, filter="bilinear", cube_coeff=-0.5))
    path = check(net, [numbers(*shape)], tmp_path)
    if axis >= len(shape) - 2 >= 0:
        assert structure(import_openvino(path)) == structure(net.module())


@pytest.mark.parametrize("groups", [1, 8])
@pytest.mark.parametrize("again", [False, True])
def test_quantised(groups: int, again: bool, tmp_path: Path) -> None:
    """A value between two levels may fall on the other one: then all that is computed of it differs by a step."""
    random = np.random.default_rng(2)
    filter = random.integers(-128, 128, (8, 8 // groups, 3, 3)).astype(np.int8)
    with ar.Network() as net:
        x, r = net.input("x", (2, 8, 7, 6)), net.input("r", (2, 8, 7, 6), "u8")
        one = np.array([20.0], F32), np.array([117.0], F32)
        q = ar.quantize(x, *one)
        net.output("q", q)
        net.output("d", ar.dequantize(q, numbers(8) ** 2, numbers(8)))
        more = {"multiplier": np.full(8, 0.9, F32), "shift": np.full(8, 60.0, F32)} if again else {}
        window = {"strides": [2, 1], "pads_begin": [1, 1], "pads_end": [1, 0], "dilations": [1, 1]}
        y = ar.quantized_convolution(
            q, filter, numbers(8) / 1000, numbers(8), groups=groups, padding=117, activation=("leaky_relu", 0.1),
            **window, **more,
        )  # type: ignore[arg-type]  # fmt: skip
        net.output("y", y)
        scales = {"scale_a": 0.5, "offset_a": -60.0, "scale_b": 0.25, "offset_b": 3.0}
        net.output("s", ar.quantized_add(q, r, activation="relu", **scales, **more))  # type: ignore[arg-type]
    inputs = [numbers(2, 8, 7, 6), random.integers(0, 256, (2, 8, 7, 6)).astype(np.uint8)]
    path = net.export_openvino(tmp_path / "model.xml")
    made = run(path, inputs)
    for name, value in net.evaluate(inputs).items():
        assert made[name].dtype == value.dtype
        if value.dtype == np.uint8:
            assert np.abs(made[name].astype(int) - value.astype(int)).max() <= 1
        else:
            np.testing.assert_allclose(made[name], value, rtol=1e-4, atol=1e-2 if name == "y" else 1e-3)


def test_state(tmp_path: Path) -> None:
    with ar.Network() as net:
        x = net.input("x", (1, 4))
        before = ar.read_value(np.zeros((1, 4), F32), variable="sum")
        y = before + x
        ar.assign(y, variable="sum")
        net.output("y", y)
    path = net.export_openvino(tmp_path / "model.xml")
    compiled = ov.Core().compile_model(str(path), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    request = compiled.create_infer_request()
    x = numbers(1, 4)
    for step in range(1, 4):
        request.infer([x])
        np.testing.assert_allclose(request.get_output_tensor(0).data, step * x, rtol=1e-6)
    assert structure(import_openvino(path)) == structure(net.module())


# Constants --------------------------------------------------------------------------------------------------

ELEMENTS = ["f16", "f32", "f64", "bf16", "i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64", "boolean"]


@pytest.mark.parametrize("element", ELEMENTS)
@pytest.mark.parametrize("shape", [(2, 3), (), (0, 4), (40, 50)], ids=str)
def test_constants_of_every_type(element: str, shape: tuple[int, ...], tmp_path: Path) -> None:
    values = np.arange(int(np.prod(shape)), dtype=np.int64).reshape(shape) % 100
    with ar.Network() as net:
        net.output("y", ar.constant(values, element, name="the constant"))
        net.output("x", net.input("x", (1,)))
    path = net.export_openvino(tmp_path / "model.xml")
    (const,) = [op for op in ov.Core().read_model(str(path)).get_ops() if op.get_type_name() == "Constant"]
    assert const.get_element_type().to_string() == element
    assert tuple(const.shape) == shape
    expected = net.evaluate([np.zeros(1, F32)])["y"]
    if values.size and element != "bf16":
        np.testing.assert_array_equal(const.data, expected)
    again = import_openvino(path)
    if element in ("f16", "bf16"):  # the importer computes in f32
        np.testing.assert_array_equal(evaluate(again, [np.zeros(1, F32)])["y"], expected)
    else:
        assert structure(again) == structure(net.module())


def test_equal_constants_are_stored_once(tmp_path: Path) -> None:
    weights = numbers(100, 10)
    with ar.Network() as net:
        x = net.input("x", (100, 10))
        net.output("y", x * weights + weights.copy() + weights.reshape(10, 100).T.reshape(100, 10))
    path = net.export_openvino(tmp_path / "model.xml")
    offsets = [
        data.get("offset")
        for layer in layers(path)
        for data in layer.iter("data")
        if layer.get("type") == "Const"
    ]
    assert len(offsets) == 3 and len(set(offsets)) == 2
    assert 2 * weights.nbytes <= path.with_suffix(".bin").stat().st_size < 2.1 * weights.nbytes
    assert all(int(offset or 1) % 64 == 0 for offset in offsets)


def test_compressed_weights_lose_nothing(tmp_path: Path) -> None:
    """Only what is the same in f16 is stored in f16."""
    exact, inexact = numbers(20, 30).astype(np.float16).astype(F32), numbers(30, 20)
    with ar.Network() as net:
        x = net.input("x", (5, 20))
        net.output("y", x @ exact @ inexact @ np.full((20, 30), 1e6, F32))
    path = export_openvino(net.module(), tmp_path / "model.xml", compress=True)
    elements = [
        data.get("element_type")
        for layer in layers(path)
        for data in layer.iter("data")
        if layer.get("type") == "Const"
    ]
    assert elements == ["f16", "f32", "f32"]
    x = numbers(5, 20, seed=2)
    np.testing.assert_allclose(run(path, [x])["y"], net.evaluate([x])["y"], rtol=1e-4)


def test_weights_are_those_of_the_file_that_was_imported(tmp_path: Path) -> None:
    """A model may be written over the one that it comes from."""
    with ar.Network() as net:
        x = net.input("x", (1, 100))
        net.output("y", ar.linear(x, numbers(50, 100)))
    path = net.export_openvino(tmp_path / "model.xml")
    before = path.read_text(), path.with_suffix(".bin").read_bytes()
    export_openvino(import_openvino(path), path)
    assert (path.read_text(), path.with_suffix(".bin").read_bytes()) == before
    assert not list(tmp_path.glob(".*"))


# Names ------------------------------------------------------------------------------------------------------

STRANGE = 'a<b>&"c",d\\e\tf\ng é 日本'


def test_strange_names(tmp_path: Path) -> None:
    with ar.Network(STRANGE) as net:
        x = net.input(f"in {STRANGE}", (2,))
        net.output(f"out {STRANGE}", ar.relu(x, name=STRANGE))
    module = net.module()
    path = export_openvino(module, tmp_path / "model.xml")
    again = import_openvino(path)
    assert structure(again) == structure(module)
    assert again.attributes["arhat.name"] == module.attributes["arhat.name"]
    names = {op.get_friendly_name() for op in ov.Core().read_model(str(path)).get_ops()}
    assert STRANGE in names


def test_control_characters_become_escapes(tmp_path: Path) -> None:
    with ar.Network() as net:
        net.output("y", ar.relu(net.input("x", (2,)), name="a\x00b\x1bc"))
    path = net.export_openvino(tmp_path / "model.xml")
    assert "a\\x00b\\x1bc" in {layer.get("name") for layer in layers(path)}


def test_names_of_layers_differ(tmp_path: Path) -> None:
    """The layer that gives the result of an operation has its name, the others are called after it."""
    module = parse("""
        func.func @main(%x: tensor<1x4x5x5xf32>, %b: tensor<8xf32>, %w: tensor<8x4x1x1xf32>) -> tensor<1x8x5x5xf32> {
          %a = arhat.relu(%x) {arhat.layers = [#arhat.layer<"same", 1>]} : (tensor<1x4x5x5xf32>) -> tensor<1x4x5x5xf32>
          %y = arhat.convolution(%a, %w, bias = %b) {strides = [1, 1], pads_begin = [0, 0], pads_end = [0, 0],
            dilations = [1, 1], groups = 1, activation = #arhat.activation<relu>,
            arhat.layers = [#arhat.layer<"first", 1>, #arhat.layer<"last", 2>]}
            : (tensor<1x4x5x5xf32>, tensor<8x4x1x1xf32>, tensor<8xf32>) -> tensor<1x8x5x5xf32>
          %z = arhat.relu(%y) {arhat.layers = [#arhat.layer<"same", 1>]} : (tensor<1x8x5x5xf32>) -> tensor<1x8x5x5xf32>
          %e = arhat.exp(%z) : (tensor<1x8x5x5xf32>) -> tensor<1x8x5x5xf32>
          %f = arhat.exp(%e) : (tensor<1x8x5x5xf32>) -> tensor<1x8x5x5xf32>
          func.return %f : tensor<1x8x5x5xf32>
        }
    """)
    path = export_openvino(module, tmp_path / "model.xml")
    named = {layer.get("name"): layer.get("type") for layer in layers(path)}
    assert len(named) == len(layers(path))
    assert {
        "same/relu": "ReLU",
        "last/convolution": "Convolution",
        "last/bias": "Add",
        "last": "ReLU",
        "same": "ReLU",
        "exp": "Exp",
        "exp_1": "Exp",
    }.items() <= named.items()


RESULTS: dict[str, Callable[[ar.Network], None]] = {
    "an input": lambda n: (n.output("y", n.input("x", (2,))), None)[1],
    "an input twice": lambda n: [n.output(k, v) for v in [n.input("x", (2,))] for k in ("a", "b")][:0] or None,
    "a value twice": lambda n: [n.output(k, v) for v in [n.input("x", (2,)) * 2] for k in ("a", "b")][:0] or None,
    "a constant": lambda n: (n.input("x", (2,)), n.output("c", ar.constant([1.0, 2.0])), None)[2],
    "the name of an input": lambda n: (n.output("x", ar.relu(n.input("x", (2,)))), None)[1],
    "a boolean": lambda n: (n.output("b", n.input("x", (2,)) > 0), None)[1],
}  # fmt: skip


@pytest.mark.parametrize("name", RESULTS)
def test_results_keep_their_names(name: str, tmp_path: Path) -> None:
    with ar.Network() as net:
        RESULTS[name](net)
    module = net.module()
    path = export_openvino(module, tmp_path / "model.xml")
    again = import_openvino(path)
    assert input_names(again) == input_names(module)
    if name != "the name of an input":  # tensors of one model have different names in OpenVINO
        assert output_names(again) == output_names(module)
        assert set(run(path, [numbers(2)])) == set(output_names(module))
    x = numbers(2)
    for ours, theirs in zip(net.evaluate([x]).values(), run(path, [x]).values(), strict=True):
        np.testing.assert_allclose(ours, theirs, strict=True)


# Whole modules ----------------------------------------------------------------------------------------------


def test_optimised_and_exported(tmp_path: Path) -> None:
    """Batch normalisation goes into the convolution, and the file has fewer layers for it."""
    with ar.Network() as net:
        x = net.input("x", (1, 4, 9, 9))
        y = ar.conv2d(x, numbers(8, 4, 3, 3), numbers(8))
        statistics = [numbers(8, seed=s) ** 2 + 1 for s in range(4)]
        net.output("y", ar.relu(ar.batch_norm(y, *statistics)))
    module = net.module()
    plain = export_openvino(module, tmp_path / "plain.xml")
    run_steps(make_context(), module, make_resolver().expand("optimize"))
    optimized = export_openvino(module, tmp_path / "optimized.xml")
    assert types(optimized) == ["Convolution", "Add", "ReLU"]
    assert len(types(plain)) > 3
    x = numbers(1, 4, 9, 9)
    np.testing.assert_allclose(run(optimized, [x])["y"], run(plain, [x])["y"], rtol=1e-4, atol=1e-5)


def test_lowered_modules_are_refused(tmp_path: Path) -> None:
    with ar.Network() as net:
        x = net.input("x", (1, 4, 9, 9))
        net.output("y", ar.relu(ar.conv2d(x, numbers(8, 4, 3, 3), name="the layer")))
    module = net.module()
    run_steps(make_context(), module, make_resolver().expand("optimize"))
    run_steps(make_context(), module, make_resolver().expand("cpu-lower"))
    with pytest.raises(
        UserError, match=r"cannot be exported to OpenVINO: cpu\..*before it is lowered"
    ) as caught:
        export_openvino(module, tmp_path / "model.xml")
    assert any(note.startswith("cpu.") and ", first in layer '" in note for note in caught.value.notes)
    assert not list(tmp_path.iterdir())


def test_bad_paths(tmp_path: Path) -> None:
    with ar.Network() as net:
        net.output("y", ar.relu(net.input("x", (1,))))
    with pytest.raises(UserError, match=r"needs the ending \.xml"):
        net.export_openvino(tmp_path / "model.onnx")
    with pytest.raises(UserError, match="cannot write the model: No such file or directory"):
        net.export_openvino(tmp_path / "nowhere" / "model.xml")
    with pytest.raises(UserError, match="no function @main"):
        export_openvino(ModuleOp([]), tmp_path / "model.xml")


def test_types_that_openvino_lacks(tmp_path: Path) -> None:
    text = "func.func @main(%x: tensor<2xi7>) -> tensor<2xi7> {\n func.return %x : tensor<2xi7>\n}"
    with pytest.raises(UserError, match="input 'arg0' cannot be exported to OpenVINO"):
        export_openvino(parse(text), tmp_path / "model.xml")

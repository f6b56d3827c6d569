"""Writing networks in Python: what each expression means, and what is said about mistakes."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openvino as ov
import pytest
from safetensors.numpy import save_file
from structure import structure

from arhat import frontend as ar
from arhat.dialects.arhat import ConstantOp, WeightAttr
from arhat.errors import UserError
from arhat.interpreters import evaluate, input_names, output_names
from arhat.layers import layers_of
from arhat.weights import WEIGHTS

Array = np.ndarray[Any, np.dtype[Any]]
X = np.arange(24, dtype=np.float32).reshape(2, 3, 4) - 7
F32 = np.float32


def value_of(write: Callable[[ar.Tensor], ar.Tensor], x: Array = X) -> Array:
    """What `write` makes of an input with the value `x`."""
    with ar.Network("expression") as net:
        net.output("y", write(net.input("x", x.shape, x.dtype)))
    return net.evaluate([x])["y"]


# Meaning ----------------------------------------------------------------------------------------------------

ONES = np.ones((3, 1), F32)

ARITHMETIC: dict[str, Callable[[Any], Any]] = {
    "add": lambda x: x + 1,
    "right": lambda x: 1 - x * 2.0,
    "array": lambda x: ONES + x,
    "array right": lambda x: x - ONES,
    "divide": lambda x: (1 / (abs(x) + 1)) / 3,
    "power": lambda x: (abs(x) + 1) ** 0.5,
    "power right": lambda x: 2.0 ** (x / 8),
    "mod": lambda x: x % 3.0,
    "negative": lambda x: -x,
    "matmul": lambda x: x @ np.ones((4, 2), F32),
    "matmul right": lambda x: np.ones((5, 3), F32) @ x,
    "less": lambda x: x < 2,
    "less or equal": lambda x: x <= 2,
    "greater": lambda x: x > 2.0,
    "greater or equal": lambda x: x >= 2,
    "equal": lambda x: x == 2,
    "not equal": lambda x: x != 2,
    "logic": lambda x: ((x > -3) & (x < 5)) | ~(x > 7) ^ (x == 2),
}


@pytest.mark.parametrize("name", ARITHMETIC)
def test_arithmetic_is_numpys(name: str) -> None:
    write = ARITHMETIC[name]
    expected = np.asarray(write(X))
    np.testing.assert_allclose(value_of(write), expected, rtol=1e-6, strict=True)


INDICES: list[Any] = [
    0,
    -1,
    (1, 2),
    (slice(None), 1),
    (slice(None), slice(1, 3)),
    (Ellipsis, slice(None, None, 2)),
    (Ellipsis, slice(None, None, -1)),
    (slice(1, 1), Ellipsis),
    (slice(None, None, -1), slice(-2, None), slice(3, 0, -2)),
    (None, Ellipsis, None),
    (0, None, slice(1, None)),
    (slice(None), [2, 0]),
    (1, np.array([[0, 2], [1, 1]])),
    (Ellipsis, np.int64(2)),
    (),
]


@pytest.mark.parametrize("index", INDICES, ids=repr)
def test_indexing_is_numpys(index: Any) -> None:
    np.testing.assert_array_equal(value_of(lambda x: x[index] + 0), X[index], strict=True)


def test_a_tensor_of_positions() -> None:
    with ar.Network() as net:
        x, i = net.input("x", X.shape), net.input("i", (2,), np.int64)
        net.output("y", x[:, i])
    made = net.evaluate({"x": X, "i": np.array([2, -1])})["y"]
    np.testing.assert_array_equal(made, X[:, [2, -1]])


METHODS: dict[str, tuple[Callable[[Any], Any], Callable[[Array], Any]]] = {
    "T": (lambda x: x.T, lambda x: x.T),
    "transpose": (lambda x: x.transpose(1, 0, 2), lambda x: x.transpose(1, 0, 2)),
    "reshape": (lambda x: x.reshape(4, -1), lambda x: x.reshape(4, -1)),
    "reshape list": (lambda x: x.reshape([3, 8]), lambda x: x.reshape([3, 8])),
    "flatten": (lambda x: x.flatten(), lambda x: x.reshape(2, 12)),
    "mean": (lambda x: x.mean(axis=-1), lambda x: x.mean(axis=-1)),
    "sum": (lambda x: x.sum(axis=(0, 2), keepdims=True), lambda x: x.sum(axis=(0, 2), keepdims=True)),
    "max": (lambda x: x.max(), lambda x: x.max()),
    "min": (lambda x: x.min(axis=1), lambda x: x.min(axis=1)),
    "astype": (lambda x: x.astype(np.int32), lambda x: x.astype(np.int32)),
    "boolean": (lambda x: x.astype("boolean"), lambda x: x.astype(bool)),
    "split": (lambda x: ar.concat(ar.split(x, [1, -1], 2)[::-1], 2), lambda x: np.roll(x, -1, 2)),
    "split equally": (lambda x: ar.split(x, 2, -1)[1], lambda x: x[..., 2:]),
    "stack": (lambda x: ar.stack([x, x], 1), lambda x: np.stack([x, x], 1)),
    "squeeze": (lambda x: ar.squeeze(x[:1, :1]), lambda x: x[0, 0]),
    "unsqueeze": (lambda x: ar.unsqueeze(x, (0, -1)), lambda x: x[None, ..., None]),
    "where": (lambda x: ar.where(x > 0, x, 0.0), lambda x: np.where(x > 0, x, F32(0))),
    "pad": (lambda x: ar.pad(x, [(0, 0), (1, 2), (0, 1)]), lambda x: np.pad(x, [(0, 0), (1, 2), (0, 1)])),
    "clamp": (lambda x: ar.clamp(x, max=3.0), lambda x: np.minimum(x, 3)),
    "topk": (lambda x: ar.topk(x, 2)[0], lambda x: x[..., :1:-1]),
    "variadic": (lambda x: ar.concat([x, np.zeros((2, 1, 4), F32)], 1), lambda x: np.pad(x, [(0, 0), (0, 1), (0, 0)])),
    "leaky": (lambda x: ar.leaky_relu(x, 0.5), lambda x: np.where(x > 0, x, x / 2)),
    "log_softmax": (
        lambda x: ar.log_softmax(x),
        lambda x: x - x.max(-1, keepdims=True) - np.log(np.exp(x - x.max(-1, keepdims=True)).sum(-1, keepdims=True)),
    ),
    "layer_norm": (
        lambda x: ar.layer_norm(x, np.full(4, 2, F32), np.ones(4, F32), eps=0.0),
        lambda x: (x - x.mean(-1, keepdims=True)) / x.std(-1, keepdims=True) * 2 + 1,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", METHODS)
def test_methods(name: str) -> None:
    write, expected = METHODS[name]
    wanted = np.asarray(expected(X))
    np.testing.assert_allclose(value_of(write), wanted, rtol=1e-5, atol=1e-6, strict=True)


def images(seed: int = 0, *shape: int) -> Array:
    return np.random.default_rng(seed).standard_normal(shape or (2, 4, 9, 8)).astype(F32)


W = images(1, 6, 4, 3, 3)
LAYERS: dict[str, tuple[Callable[[ar.Tensor], ar.Tensor], Callable[[Any], Any]]] = {
    "conv2d": (
        lambda x: ar.conv2d(x, W, np.ones(6, F32), strides=2, pads=1, activation="relu"),
        lambda x: ov.opset8.relu(
            ov.opset8.add(ov.opset8.convolution(x, W, [2, 2], [1, 1], [1, 1], [1, 1]), np.ones((1, 6, 1, 1), F32))
        ),
    ),
    "same": (
        lambda x: ar.conv2d(x, W, strides=(2, 3), pads="same", dilations=2),
        lambda x: ov.opset8.convolution(x, W, [2, 3], [0, 0], [0, 0], [2, 2], "same_upper"),
    ),
    "groups": (
        lambda x: ar.conv2d(x, W[:, :2], groups=2, pads=(0, 1, 2, 3)),
        lambda x: ov.opset8.group_convolution(
            x, W[:, :2].reshape(2, 3, 2, 3, 3), [1, 1], [0, 1], [2, 3], [1, 1]
        ),
    ),
    "transposed": (
        lambda x: ar.conv_transpose2d(x, W[:4, :3], strides=2, pads=1, output_padding=1),
        lambda x: ov.opset8.convolution_backprop_data(
            x, W[:4, :3], [2, 2], None, [1, 1], [1, 1], [1, 1], "explicit", [1, 1]
        ),
    ),
    "max pool": (
        lambda x: ar.max_pool2d(x, 3, strides=2, pads=1, ceil_mode=True),
        lambda x: ov.opset1.max_pool(x, [2, 2], [1, 1], [1, 1], [3, 3], "ceil"),
    ),
    "avg pool": (
        lambda x: ar.avg_pool2d(x, (3, 2), strides=1, pads=(1, 0), exclude_pad=False),
        lambda x: ov.opset8.avg_pool(x, [1, 1], [1, 0], [1, 0], [3, 2], False),
    ),
    "resize": (
        lambda x: ar.resize(x, (18, 4), mode="linear_onnx"),
        lambda x: ov.opset11.interpolate(
            x, np.array([18, 4], np.int64), "linear_onnx", "sizes", axes=np.array([2, 3], np.int64)
        ),
    ),
    "depth to space": (lambda x: ar.depth_to_space(x, 2), lambda x: ov.opset8.depth_to_space(x, "blocks_first", 2)),
    "space to depth": (
        lambda x: ar.space_to_depth(x[:, :, :8], 2, "depth_first"),
        lambda x: ov.opset8.space_to_depth(
            ov.opset8.slice(x, *(np.array([v], np.int64) for v in (0, 8, 1, 2))), "depth_first", 2
        ),
    ),
    "batch norm": (
        lambda x: ar.batch_norm(x, *(images(s, 4) ** 2 + 1 for s in range(4)), eps=0.1),
        lambda x: ov.opset8.batch_norm_inference(x, *(images(s, 4) ** 2 + 1 for s in range(4)), 0.1),
    ),
    "linear": (
        lambda x: ar.linear(x.flatten(), images(5, 3, 288), np.ones(3, F32)),
        lambda x: ov.opset8.add(
            ov.opset8.matmul(
                ov.opset8.reshape(x, np.array([2, -1], np.int64), False), images(5, 3, 288), False, True
            ),
            np.ones(3, F32),
        ),
    ),
    "global average": (
        lambda x: ar.global_avg_pool(x),
        lambda x: ov.opset8.reduce_mean(x, np.array([2, 3], np.int64), True),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYERS)
def test_layers_are_openvinos(name: str) -> None:
    write, build = LAYERS[name]
    x = images()
    parameter = ov.opset8.parameter(list(x.shape), F32)
    model = ov.Model([ov.opset8.result(build(parameter).output(0))], [parameter], "layer")
    settings = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
    expected = ov.Core().compile_model(model, "CPU", settings)([x])[0]
    np.testing.assert_allclose(value_of(write, x), expected, rtol=1e-4, atol=1e-4, strict=True)


# Names, types, weights --------------------------------------------------------------------------------------


def small() -> ar.Network:
    with ar.Network("small") as net:
        x = net.input("image", (1, 4, 9, 8))
        with ar.scope("block1"), ar.scope("inner"):
            x = ar.conv2d(x, W, name="conv")
            x = ar.relu(x)
        with ar.scope("block1"):
            x = ar.relu(ar.relu(x))
        net.output("y", x)
        net.output("sum", x.sum())
    return net


def test_names() -> None:
    module = small().module()
    names = [layers_of(op)[-1].layer_name for op in module.walk() if layers_of(op)]
    assert names == [
        "block1/inner/conv/filter",
        "block1/inner/conv",
        "block1/inner/relu",
        "block1/relu",
        "block1/relu_1",
        "reduce_sum",
    ]
    assert len(set(names)) == len(names)
    assert input_names(module) == ["image"]
    assert output_names(module) == ["y", "sum"]


def test_layers_know_the_line_that_wrote_them() -> None:
    text, first = inspect.getsourcelines(small)
    wanted = first + next(i for i, line in enumerate(text) if "ar.conv2d" in line)
    module = small().module()
    lines = [layers_of(op)[-1].layer_line for op in module.walk() if op.name == "arhat.convolution"]
    assert lines == [wanted]


def test_a_module_is_a_copy() -> None:
    net = small()
    first = net.module()
    before = str(first)
    with net:
        net.output("z", ar.exp(net.input("other", (2,))))
    assert str(first) == before
    assert output_names(net.module()) == ["y", "sum", "z"]
    assert str(small().module()) == before


def test_what_no_output_needs_is_left_out() -> None:
    with ar.Network() as net:
        x = net.input("x", (2,))
        ar.exp(x + np.ones(2, F32))
        net.output("y", ar.relu(x))
    assert [op.name for op in net.module().walk() if op.name.startswith("arhat.")] == ["arhat.relu"]


@pytest.mark.parametrize(
    "dtype", ["f16", "bf16", "f64", "i8", "u8", "i64", "boolean", np.float16, np.uint32, "int16"]
)
def test_element_types(dtype: Any) -> None:
    with ar.Network() as net:
        x = net.input("x", (2, 3), dtype)
        net.output("y", ar.concat([x, ar.constant(np.ones((2, 1)), dtype)], 1))
    module = net.module()
    module.verify()
    given = np.zeros((2, 3), x.dtype)
    made = net.evaluate({"x": given})["y"]
    np.testing.assert_array_equal(made, np.concatenate([given, np.ones((2, 1), x.dtype)], 1), strict=True)


def test_numbers_take_the_type_of_the_other_operand() -> None:
    with ar.Network() as net:
        i, f, d = (net.input(n, (2,), t) for n, t in (("i", "i32"), ("f", "f16"), ("d", "f64")))
        assert (i + 1).dtype == np.int32
        assert (f * 2).dtype == np.float16
        assert (d / 3.0).dtype == np.float64
        assert ([1, 2] * i).dtype == np.int32
        assert ar.where(i > 0, d, 0).dtype == np.float64
        assert ar.constant(1.5).dtype == np.float32
        assert ar.constant(1).dtype == np.int64
        assert ar.constant(True).dtype == np.bool_


def test_arrays_are_copied_unless_they_cannot_change() -> None:
    changing, fixed = np.full(100, 1, F32), np.full(100, 2, F32)
    fixed.flags.writeable = False
    with ar.Network() as net:
        net.output("y", net.input("x", (100,)) * changing + fixed)
    changing[:] = 5
    np.testing.assert_array_equal(net.evaluate([np.ones(100, F32)])["y"], np.full(100, 3, F32))


def test_weights_from_a_file(tmp_path: Path) -> None:
    tensors = {"conv.weight": W, "conv.bias": np.arange(6, dtype=F32), "half": W.astype(np.float16)}
    save_file(tensors, tmp_path / "model.safetensors")
    with ar.Network() as net:
        weights = net.weights(tmp_path / "model.safetensors")
        assert set(weights) == set(tensors) and len(weights) == 3 and "half" in weights
        x = net.input("x", (1, 4, 9, 8))
        y = ar.conv2d(x, weights["conv.weight"], weights["conv.bias"])
        assert weights["conv.weight"] is weights["conv.weight"]
        net.output("y", y + ar.conv2d(x, weights["half"].astype("f32")))
        with pytest.raises(UserError, match="there is no weight 'nothing'"):
            weights["nothing"]
    module = net.module()
    named = [op.value for op in module.walk() if isinstance(op, ConstantOp)]
    assert len(named) == 3 and all(isinstance(value, WeightAttr) for value in named)
    assert WEIGHTS in module.attributes
    x = images(3, 1, 4, 9, 8)
    expected = value_of(
        lambda t: ar.conv2d(t, W, tensors["conv.bias"]) + ar.conv2d(t, W.astype(np.float16).astype(F32)), x
    )
    np.testing.assert_allclose(net.evaluate([x])["y"], expected, rtol=1e-5)


def test_bad_weights_files(tmp_path: Path) -> None:
    bad = tmp_path / "bad.safetensors"
    bad.write_bytes(b"nonsense nonsense")
    with ar.Network() as net:
        with pytest.raises(UserError, match="not a good safetensors file"):
            net.weights(bad)
        with pytest.raises(UserError, match="there is no file"):
            net.weights(tmp_path / "missing.safetensors")


def test_text_of_a_module_can_be_read_again(tmp_path: Path) -> None:
    from arhat.compiler import read_module
    from arhat.driver.output import settle_weights
    from arhat.driver.printing import print_module

    module = small().module()
    path = tmp_path / "small.mlir"
    assert settle_weights(module, tmp_path, tmp_path / "small.safetensors")
    path.write_text(print_module(module))
    x = images(2, 1, 4, 9, 8)
    again = evaluate(read_module(path), [x])
    for name, value in small().evaluate([x]).items():
        np.testing.assert_array_equal(again[name], value)


def test_export_and_import_again(tmp_path: Path) -> None:
    from arhat.importers.openvino import import_openvino

    net = small()
    exported = net.export_openvino(tmp_path / "small.xml")
    assert structure(import_openvino(exported)) == structure(net.module())


def test_compile_writes_a_project(tmp_path: Path) -> None:
    folder = small().compile(tmp_path / "out")
    assert (folder / "model.cpp").exists() and (folder / "weights.safetensors").exists()


# Mistakes ---------------------------------------------------------------------------------------------------

MISTAKES: dict[str, tuple[Callable[[ar.Network, ar.Tensor], Any], str]] = {
    "channels": (lambda n, x: ar.conv2d(x, W[:, :2]), "layer 'conv2d': the input has 4 channels, the filter takes 2"),
    "scope": (lambda n, x: in_scope(lambda: ar.conv2d(x, W[:, :2])), "layer 'outer/conv2d': the input has"),
    "rank": (lambda n, x: ar.conv1d(x, W), "the input must be \\[N, C, W\\], got"),
    "element types": (lambda n, x: x + np.ones(8), "one element type, got f32 and f64"),
    "broadcast": (lambda n, x: x + np.ones(7, F32), "do not broadcast"),
    "choice": (lambda n, x: ar.resize(x, scale=2, mode="area"), "'mode': expected one of nearest, linear"),
    "axis": (lambda n, x: ar.softmax(x, 4), "axis 4 is out of range"),
    "index": (lambda n, x: x[:, 4], "index 4 is out of range for axis 1 of size 4"),
    "indices": (lambda n, x: x[0, 0, 0, 0, 0], "5 indices for a tensor of rank 4"),
    "mask": (lambda n, x: x[np.array([True])], "an index must be"),
    "truth": (lambda n, x: 1 if x > 0 else 0, "has no value while the network is written"),
    "activation": (lambda n, x: ar.conv2d(x, W, activation="swoosh"), "unknown activation 'swoosh'"),
    "activation parameters": (lambda n, x: ar.conv2d(x, W, activation=("clamp", 0)), "takes 2 parameters, got 1"),
    "property": (lambda n, x: ar.elu(x, alpha="much"), "a property is not what arhat.elu takes"),
    "strides": (lambda n, x: ar.max_pool2d(x, 2, strides="1"), "'strides' must be"),
    "zero stride": (lambda n, x: ar.conv2d(x, W, strides=0), "'strides' must be at least 1"),
    "pads": (lambda n, x: ar.conv2d(x, W, pads="sam"), "'pads' must be"),
    "text": (lambda n, x: x + "one", "cannot make a tensor of str"),
    "ragged": (lambda n, x: ar.constant([[1], [1, 2]]), "cannot make an array of this"),
    "dtype": (lambda n, x: x.astype("f8x"), "'f8x' is no element type"),
    "complex": (lambda n, x: x * 1j, "cannot make a tensor of complex"),
    "input twice": (lambda n, x: n.input("x", (1,)), "input 'x' is there already"),
    "shape": (lambda n, x: n.input("z", (1, -1)), "is not a shape"),
    "shape of text": (lambda n, x: n.input("z", "ab"), "is not a shape"),
    "huge": (lambda n, x: n.input("z", (1 << 40, 2)), "is not a shape"),
    "huge result": (lambda n, x: ar.tile(x, repeats=[1 << 20, 1 << 20, 1, 1]), "is too large"),
    "output": (lambda n, x: n.output("y", 3), "the output must be a tensor of the network"),
    "no output": (lambda n, x: n.module(), "has no output"),
    "missing input": (lambda n, x: (n.output("y", x), n.evaluate({})), "input 'x' is missing"),
    "unknown input": (lambda n, x: (n.output("y", x), n.evaluate({"z": 1})), "there is no input 'z'"),
    "input shape": (lambda n, x: (n.output("y", x), n.evaluate([np.ones(3, F32)])), "input 'x' must be"),
    "reshape": (lambda n, x: x.reshape(5, -1), "does not divide into"),
    "split": (lambda n, x: ar.split(x, 3, 1), "axis 1 of size 4 does not divide into 3 parts"),
    "nothing to join": (lambda n, x: ar.concat([]), "there is nothing to join"),
    "pool": (lambda n, x: ar.max_pool2d(x, [2, 2, 2]), "'kernel' must be one number or 2, got 3"),
    "other network": (lambda n, x: x + other(), "belongs to another network, 'other'"),
    "scope name": (lambda n, x: in_scope(lambda: 0, ""), "the name of a scope must not be empty"),
}  # fmt: skip


def in_scope(write: Callable[[], Any], name: str = "outer") -> Any:
    with ar.scope(name):
        return write()


def other() -> ar.Tensor:
    with ar.Network("other") as net:
        return net.input("x", (1, 4, 9, 8))


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_reported_at_the_line_of_the_caller(name: str) -> None:
    write, message = MISTAKES[name]
    with ar.Network("mistake") as net, pytest.raises(UserError, match=message) as caught:
        write(net, net.input("x", (1, 4, 9, 8)))
    error = caught.value
    assert error.file == __file__
    assert error.line is not None
    line = Path(__file__).read_text().splitlines()[error.line - 1]
    assert "lambda" in line or "with ar.scope" in line, line
    first = str(error).splitlines()[0]
    assert re.match(rf"{re.escape(__file__)}:{error.line}: error: ", first)


def test_nothing_to_add_to() -> None:
    with pytest.raises(UserError, match="there is no network to add to"):
        ar.constant(1.0)


def test_networks_nest() -> None:
    with ar.Network("a") as a:
        x = a.input("x", (2,))
        with ar.Network("b") as b:
            y = ar.relu(b.input("y", (2,)))
            assert y.network is b
            assert ar.relu(x).network is a
        assert ar.constant(1.0).network is a


def test_a_failed_operation_leaves_the_network_usable() -> None:
    with ar.Network() as net:
        x = net.input("x", (1, 4, 9, 8))
        with pytest.raises(UserError):
            ar.conv2d(x, W[:, :2])
        net.output("y", ar.conv2d(x, W))
    module = net.module()
    module.verify()
    assert len([op for op in module.walk() if op.name == "arhat.constant"]) == 1

"""Meanings of the layers of the trt dialect that move values, and of plugins."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from trt_programs import drawn, parse, run, tensor
from xdsl.utils.exceptions import InterpretationError

from arhat.interpreters import evaluate


def test_concatenation() -> None:
    a, b = drawn(2, 3, 4), drawn(2, 1, 4)
    y = run("trt.concatenation(%0, %1, %2) {axis = 1}", a, b, a, result="tensor<2x7x4xf32>")
    np.testing.assert_array_equal(y, np.concatenate([a, b, a], axis=1))


def test_shuffle() -> None:
    """CHW to HWC is [1, 2, 0], as the comment of the permutation says."""
    x = drawn(2, 3, 4)
    y = run("trt.shuffle(%0) {first_transpose = [1, 2, 0]}", x, result="tensor<3x4x2xf32>")
    np.testing.assert_array_equal(y, np.moveaxis(x, 0, -1))
    y = run(
        "trt.shuffle(%0) {first_transpose = [2, 0, 1], reshape = [-1, 2, 3], second_transpose = [1, 0, 2]}",
        x,
        result="tensor<2x4x3xf32>",
    )
    np.testing.assert_array_equal(y, np.transpose(x, (0, 2, 1)))
    nothing = run("trt.shuffle(%0) {reshape = [0, 5]}", drawn(3, 0), result="tensor<0x5xf32>")
    assert nothing.shape == (0, 5)


def test_slice_of_the_documentation() -> None:
    x = np.array([[0, 2, 4], [1, 3, 5]], np.float32)
    options = '{starts = [1, 0], sizes = [1, 2], strides = [1, 2], mode = "strict_bounds"}'
    np.testing.assert_array_equal(run(f"trt.slice(%0) {options}", x, result="tensor<1x2xf32>"), [[1, 5]])


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("wrap", [2, 3, 1, 2, 3, 1, 2, 3, 1]),
        ("clamp", [1, 1, 1, 2, 3, 3, 3, 3, 3]),
        ("reflect", [3, 2, 1, 2, 3, 2, 1, 2, 3]),
        ("fill", [0, 0, 1, 2, 3, 0, 0, 0, 0]),
    ],
)
def test_slices_beyond_the_operand(mode: str, expected: list[int]) -> None:
    x = np.array([1, 2, 3], np.float32)
    y = run(
        f'trt.slice(%0) {{starts = [-2], sizes = [9], strides = [1], mode = "{mode}"}}',
        x,
        result="tensor<9xf32>",
    )
    assert y.tolist() == expected
    y = run(
        f'trt.slice(%0) {{starts = [6], sizes = [9], strides = [-1], mode = "{mode}"}}',
        x,
        result="tensor<9xf32>",
    )
    assert y.tolist() == expected[::-1]


def test_reflection_of_one_element() -> None:
    x = np.array([5], np.int32)
    y = run(
        'trt.slice(%0) {starts = [-1], sizes = [3], strides = [1], mode = "reflect"}',
        x,
        result="tensor<3xi32>",
    )
    assert y.tolist() == [5, 5, 5]


def test_padding_is_a_slice() -> None:
    x = drawn(1, 2, 3, 3)
    y = run(
        "trt.slice(%0, fill = %1) {starts = [0, 0, -1, -2], sizes = [1, 2, 5, 6], strides = [1, 1, 1, 1], "
        'mode = "fill"}',
        x,
        np.array(7, np.float32),
        result="tensor<1x2x5x6xf32>",
    )
    np.testing.assert_array_equal(y, np.pad(x, [(0, 0), (0, 0), (1, 1), (2, 1)], constant_values=7))


def test_sizes_of_the_run() -> None:
    """`dynamic_sizes` counts, at the size that the types have."""
    x = drawn(4, 3)
    y = run(
        'trt.slice(%0, dynamic_sizes = %1) {starts = [0, 1], sizes = [2, 2], strides = [2, 1], mode = "strict_bounds"}',
        x,
        np.array([2, 2], np.int64),
        result="tensor<2x2xf32>",
    )
    np.testing.assert_array_equal(y, x[::2, 1:])
    assert run("trt.shape(%0)", x, result="tensor<2xi64>").tolist() == [4, 3]


def test_gather() -> None:
    """Negative indices count from the end; what is out of bounds gives 0."""
    x, at = drawn(2, 5, 3), np.array([[0, -1], [4, 5]], np.int64)
    y = run(
        'trt.gather(%0, %1) {mode = "default", axis = 1, elementwise_dims = 0}',
        x,
        at,
        result="tensor<2x2x2x3xf32>",
    )
    expected = np.take(x, [[0, 4], [4, 0]], axis=1)
    expected[:, 1, 1] = 0
    np.testing.assert_array_equal(y, expected)
    one = run(
        'trt.gather(%0, %1) {mode = "default", axis = 0, elementwise_dims = 0}',
        x[0, :, 0],
        np.array(2, np.int32),
        result="tensor<f32>",
    )
    assert one == x[0, 2, 0]


def test_gather_of_each_image() -> None:
    x, at = drawn(1, 5, 3), np.array([[0, 1], [4, -1]], np.int32)
    y = run(
        'trt.gather(%0, %1) {mode = "default", axis = 1, elementwise_dims = 1}',
        x,
        at,
        result="tensor<2x2x3xf32>",
    )
    np.testing.assert_array_equal(y, np.stack([x[0, [0, 1]], x[0, [4, 4]]]))


def test_gather_of_elements() -> None:
    x, at = drawn(3, 4), np.array([[0, -1], [1, 4]], np.int32)
    y = run(
        'trt.gather(%0, %1) {mode = "element", axis = 1, elementwise_dims = 0}',
        x,
        at,
        result="tensor<2x2xf32>",
    )
    np.testing.assert_array_equal(y, [[x[0, 0], x[0, 3]], [x[1, 1], 0]])


def test_gather_nd() -> None:
    x = drawn(2, 3, 4, 5)
    at = np.array([[[0, 1], [2, -1], [2, 4]], [[1, 1], [0, 0], [-3, 2]]], np.int32)
    y = run(
        'trt.gather(%0, %1) {mode = "nd", axis = 0, elementwise_dims = 1}', x, at, result="tensor<2x3x5xf32>"
    )
    for b, i in product(range(2), range(3)):
        r, c = at[b, i]
        np.testing.assert_array_equal(y[b, i], x[b, r, c] if c < 4 else np.zeros(5, np.float32))
    flat = run(
        'trt.gather(%0, %1) {mode = "nd", axis = 0, elementwise_dims = 0}',
        x,
        np.array([[1, 2], [0, 0]], np.int64),
        result="tensor<2x4x5xf32>",
    )
    np.testing.assert_array_equal(flat, np.stack([x[1, 2], x[0, 0]]))


def test_scatter() -> None:
    x, at, u = drawn(3, 4), np.array([[3, 0], [1, -2]], np.int32), drawn(2, 2)
    y = run('trt.scatter(%0, %1, %2) {mode = "element", axis = 1}', x, at, u, result=tensor(x))
    expected = x.copy()
    expected[0, 3], expected[0, 0], expected[1, 1], expected[1, 2] = u.ravel()
    np.testing.assert_array_equal(y, expected)
    y = run(
        'trt.scatter(%0, %1, %2) {mode = "nd", axis = 0}',
        x,
        np.array([[2], [0]], np.int32),
        drawn(2, 4) * 0,
        result=tensor(x),
    )
    np.testing.assert_array_equal(y, x * [[0], [1], [0]])
    with pytest.raises(InterpretationError, match="an index of the scatter is out of bounds"):
        run('trt.scatter(%0, %1, %2) {mode = "element", axis = 1}', x, at + 5, u, result=tensor(x))


def test_one_hot() -> None:
    y = run(
        "trt.one_hot(%0, %1, %2) {axis = 0}",
        np.array([2, 0, 5], np.int32),
        np.array([-1, 1], np.float32),
        np.array(3, np.int32),
        result="tensor<3x3xf32>",
        constants={2: "3"},
    )
    np.testing.assert_array_equal(y, [[-1, 1, -1], [-1, -1, -1], [1, -1, -1]])


def test_reverse_sequence() -> None:
    x = np.arange(24, dtype=np.float32).reshape(4, 2, 3)
    y = run(
        "trt.reverse_sequence(%0, %1) {batch_axis = 1, sequence_axis = 0}",
        x,
        np.array([3, 1], np.int32),
        result=tensor(x),
    )
    np.testing.assert_array_equal(y[:, 0], x[[2, 1, 0, 3], 0])
    np.testing.assert_array_equal(y[:, 1], x[:, 1])


# Plugins ---------------------------------------------------------------------------------------------------


def test_a_plugin_is_its_kernel() -> None:
    """The largest two of each row, sorted by position."""
    x = np.array([[1, 9, 5], [7, 7, 8]], np.float32)
    values, positions = run(
        'trt.plugin(%0) {plugin = "TopK", fields = {axis = 1 : i64, k = 2 : i64, mode = "max", sort = "index", '
        'index_type = "i64"}}',
        x,
        result=["tensor<2x2xf32>", "tensor<2x2xi64>"],
    )
    assert values.tolist() == [[9, 5], [7, 8]] and positions.tolist() == [[1, 2], [0, 2]]


def test_plugins_compute_in_f32() -> None:
    """The squares of 300 are infinite in f16, and 1 is not seen beside 2048."""
    x = np.array([300, 2048, 1], np.float16).reshape(1, 3, 1, 1)
    fields = "axes = array<i64: 1>, alpha = 1.0 : f64, beta = 0.5 : f64, bias = 1.0 : f64, size = 3 : i64"
    y = run(f'trt.plugin(%0) {{plugin = "LRN", fields = {{{fields}}}}}', x, result="tensor<1x3x1x1xf16>")
    squares = x.astype(np.float64).ravel() ** 2
    around = np.array([squares[:2].sum(), squares.sum(), squares[1:].sum()])
    np.testing.assert_array_equal(y.ravel(), (x.ravel() / np.sqrt(1 + around / 3)).astype(np.float16))


def test_state_beside_layers() -> None:
    """A counter: what is assigned in one run is read in the next."""
    module = parse("""
func.func @main(%x: tensor<1x2xf32>) -> tensor<1x2xf32> {
  %0 = arhat.constant() {value = dense<0.0> : tensor<1x2xf32>} : () -> tensor<1x2xf32>
  %s = kernel.read_value(%0) {variable = "sum"} : (tensor<1x2xf32>) -> tensor<1x2xf32>
  %y = trt.element_wise(%x, %s) {op = "sum"} : (tensor<1x2xf32>, tensor<1x2xf32>) -> tensor<1x2xf32>
  kernel.assign(%y) {variable = "sum"} : (tensor<1x2xf32>) -> ()
  func.return %y : tensor<1x2xf32>
}
""")
    state: dict[str, np.ndarray] = {}
    for factor in (1, 2, 3):
        (y,) = evaluate(module, [np.array([[1, 2]], np.float32)], state=state).values()
        np.testing.assert_array_equal(y, [[factor, 2 * factor]])

"""choose-cudnn-layout leaves values as they are and moves as few bytes as can be."""

from __future__ import annotations

from itertools import product
from random import Random

import numpy as np
import pytest
from models import model
from unit.passes.cpu_networks import network
from xdsl.dialects.builtin import ModuleOp
from xdsl.parser import Parser

from arhat.dialects import cudnn, kernel
from arhat.dialects.arhat import ConstantOp
from arhat.dialects.kernel import tensor_of
from arhat.dialects.kernel.memory import ConcatInPlaceOp, layout_of
from arhat.driver.registry import make_context, make_resolver
from arhat.driver.run import run_steps
from arhat.importers.openvino import import_openvino
from arhat.interpreters import Array, evaluate
from arhat.passes import choose_cudnn_layout_cost, choose_cudnn_layout_rewrite
from arhat.passes.choose_cudnn_layout_cost import FOLLOWERS, bytes_moved, choose, is_image
from arhat.passes.choose_cudnn_layout_cut import Labelling
from arhat.passes.choose_cudnn_layout_rewrite import Rewrite
from arhat.passes.fold_constants import Folder
from arhat.passes.support import entry_point
from arhat.weights import clone_module

TOLERANCE = {"f32": 2e-6, "tf32": 2e-6, "f16": 2e-3}
"""Added channels and other orders of sums may round in another way, once."""


def run(pipeline: str, module: ModuleOp) -> None:
    run_steps(make_context(), module, make_resolver().resolve(pipeline, "test"), [], verify_each=True)


def parse(text: str) -> ModuleOp:
    module = Parser(make_context(), text).parse_module()
    module.verify()
    return module


def an_input(module: ModuleOp) -> Array:
    shape = tensor_of(entry_point(module).body.block.args[0]).get_shape()
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


@pytest.mark.parametrize("precision", TOLERANCE)
@pytest.mark.parametrize("seed", range(16))
def test_values_stay(seed: int, precision: str) -> None:
    module = network(seed)
    x = an_input(module)
    fold = ",fold-constants" if seed % 2 else ""  # filters converted at run time as well
    run(f"precision{{to={precision}}}{fold},convert-arhat-to-cudnn", module)
    expected = evaluate(module, [x])
    run("choose-cudnn-layout", module)
    for actual, wanted in zip(evaluate(module, [x]).values(), expected.values(), strict=True):
        scale = max(1e-6, float(np.max(np.abs(wanted), initial=0.0)))
        assert float(np.max(np.abs(actual - wanted), initial=0.0)) <= TOLERANCE[precision] * scale


@pytest.mark.parametrize("seed", range(16))
def test_every_convolution_gets_what_it_wants(seed: int) -> None:
    for precision, wanted in (("f16", True), ("f32", False)):
        module = network(seed)
        run(f"precision{{to={precision}}},fold-constants,convert-arhat-to-cudnn,choose-cudnn-layout", module)
        for op in entry_point(module).body.block.ops:
            if isinstance(op, cudnn.ConvFpropOp) and op.groups.value.data == 1:
                assert all((layout_of(tensor_of(v)) is not None) == wanted for v in (op.x, op.w, op.output))
                channels = tensor_of(op.x).get_shape()[1]
                assert not wanted or channels >= 8 or channels % 4 == 0


@pytest.mark.parametrize("seed", range(300))
def test_the_cut_is_the_cheapest_labelling(seed: int) -> None:
    choices = Random(seed)
    cut = Labelling()
    nodes = [cut.node() for _ in range(choices.randrange(1, 8))]
    ends = [cut.true, cut.false, *nodes]
    bundles = [
        (
            choices.choice(ends),
            choices.sample(ends, choices.randrange(1, min(4, len(ends)) + 1)),
            choices.randrange(20),
        )
        for _ in range(choices.randrange(1, 14))
    ]
    for bundle in bundles:
        cut.bundle(*bundle)

    def cost(label: dict[int, bool]) -> int:
        return sum(price for p, users, price in bundles if any(label[u] != label[p] for u in users))

    fixed = {cut.true: True, cut.false: False}
    all_labels = [
        fixed | dict(zip(nodes, labels, strict=True)) for labels in product([False, True], repeat=len(nodes))
    ]
    solved = cut.solve()
    found = fixed | {node: solved[node] for node in nodes}
    cheapest = min(map(cost, all_labels))
    assert cost(found) == cheapest
    fewest = min(sum(labels.values()) for labels in all_labels if cost(labels) == cheapest)
    assert sum(found.values()) == fewest


CHAIN = """
func.func @main(%x: tensor<1x16x8x8xf16>) -> tensor<1x16x4x4xf16> attributes {cudnn.math = "any"} {
  %0 = cudnn.resample(%x) {mode = "max", window = [2, 2], strides = [2, 2], pads = [0, 0, 0, 0]}
    : (tensor<1x16x8x8xf16>) -> tensor<1x16x4x4xf16>
  %w = arhat.constant() {value = dense<0.5> : tensor<16x16x1x1xf16>} : () -> tensor<16x16x1x1xf16>
  %1 = cudnn.conv_fprop(%0, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1}
    : (tensor<1x16x4x4xf16>, tensor<16x16x1x1xf16>) -> tensor<1x16x4x4xf16>
  func.return %1 : tensor<1x16x4x4xf16>
}
"""


def test_the_smaller_value_is_copied() -> None:
    """Pooling follows its operand here: what comes after it is a quarter of what comes before."""
    module = parse(CHAIN)
    run("choose-cudnn-layout", module)
    function = entry_point(module)
    pool = next(op for op in function.body.block.ops if isinstance(op, cudnn.ResampleOp))
    assert layout_of(tensor_of(pool.x)) is None and layout_of(tensor_of(pool.output)) is None
    # Two copies, each reads and writes 16 x 4 x 4 elements of two bytes.
    assert bytes_moved(function) == 2 * 2 * 16 * 16 * 2


def test_one_copy_serves_all_who_want_it() -> None:
    module = parse(
        CHAIN.replace("func.return %1 : tensor<1x16x4x4xf16>", "func.return %1, %1 : {0}, {0}")
        .replace("-> tensor<1x16x4x4xf16> attributes", "-> ({0}, {0}) attributes")
        .replace("{0}", "tensor<1x16x4x4xf16>")
    )
    run("choose-cudnn-layout", module)
    assert bytes_moved(entry_point(module)) == 2 * 2 * 16 * 16 * 2


def test_a_constant_of_two_layouts_is_two_constants() -> None:
    module = parse(
        """
        func.func @main(%x: tensor<1x2x4x4xf16>) -> (tensor<1x4x4x4xf16>, tensor<4x2x1x1xf16>)
            attributes {cudnn.math = "any"} {
          %w = arhat.constant() {value = dense<0.5> : tensor<4x2x1x1xf16>} : () -> tensor<4x2x1x1xf16>
          %0 = cudnn.conv_fprop(%x, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1}
            : (tensor<1x2x4x4xf16>, tensor<4x2x1x1xf16>) -> tensor<1x4x4x4xf16>
          func.return %0, %w : tensor<1x4x4x4xf16>, tensor<4x2x1x1xf16>
        }
        """
    )
    x = np.random.default_rng(0).standard_normal((1, 2, 4, 4)).astype(np.float16)
    expected = evaluate(module, [x])
    run("choose-cudnn-layout", module)
    constants = [op for op in entry_point(module).body.block.ops if isinstance(op, ConstantOp)]
    assert sorted(tensor_of(op.result).get_shape()[1] for op in constants) == [2, 8]
    for actual, wanted in zip(evaluate(module, [x]).values(), expected.values(), strict=True):
        np.testing.assert_array_equal(actual, wanted)


def test_parts_that_pooling_makes_or_reads_are_copied_into_their_place() -> None:
    """cuDNN's pooling has no engine for images with gaps between their pixels."""
    module = parse(
        """
        func.func @main(%x: tensor<1x8x4x4xf16>) -> tensor<1x8x4x4xf16> attributes {cudnn.math = "any"} {
          %w = arhat.constant() {value = dense<0.5> : tensor<8x8x1x1xf16>} : () -> tensor<8x8x1x1xf16>
          %v = arhat.constant() {value = dense<0.5> : tensor<8x24x1x1xf16>} : () -> tensor<8x24x1x1xf16>
          %0 = cudnn.conv_fprop(%x, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1}
            : (tensor<1x8x4x4xf16>, tensor<8x8x1x1xf16>) -> tensor<1x8x4x4xf16>
          %1 = cudnn.resample(%0) {mode = "max", window = [3, 3], strides = [1, 1], pads = [1, 1, 1, 1]}
            : (tensor<1x8x4x4xf16>) -> tensor<1x8x4x4xf16>
          %2 = cudnn.conv_fprop(%1, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1}
            : (tensor<1x8x4x4xf16>, tensor<8x8x1x1xf16>) -> tensor<1x8x4x4xf16>
          %3 = kernel.concat(%0, %1, %2) {axis = 1} : (tensor<1x8x4x4xf16>, tensor<1x8x4x4xf16>,
            tensor<1x8x4x4xf16>) -> tensor<1x24x4x4xf16>
          %4 = cudnn.conv_fprop(%3, %v) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1}
            : (tensor<1x24x4x4xf16>, tensor<8x24x1x1xf16>) -> tensor<1x8x4x4xf16>
          func.return %4 : tensor<1x8x4x4xf16>
        }
        """
    )
    run("choose-cudnn-layout", module)
    ops = list(entry_point(module).body.block.ops)
    joined = next(op for op in ops if isinstance(op, ConcatInPlaceOp))
    kinds = [part.owner.name for part in joined.inputs]
    assert kinds == ["cudnn.transform", "cudnn.transform", "cudnn.conv_fprop"]
    for op in ops:
        if isinstance(op, cudnn.ResampleOp):
            assert all(layout_of(tensor_of(v)).pixel == 8 for v in (op.x, op.output))


def test_misaligned_parts_are_copied() -> None:
    """A tensor of cuDNN starts at a multiple of 16 bytes: 4 channels of f16 are 8."""
    types = "tensor<1x4x4x4xf16>, tensor<1x4x4x4xf16>"
    module = parse(
        f"""
        func.func @main(%x: tensor<1x8x4x4xf16>) -> tensor<1x8x4x4xf16> attributes {{cudnn.math = "any"}} {{
          %w = arhat.constant() {{value = dense<0.5> : tensor<4x8x1x1xf16>}} : () -> tensor<4x8x1x1xf16>
          %v = arhat.constant() {{value = dense<0.5> : tensor<8x8x1x1xf16>}} : () -> tensor<8x8x1x1xf16>
          %0 = cudnn.conv_fprop(%x, %w) {{strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1}}
            : (tensor<1x8x4x4xf16>, tensor<4x8x1x1xf16>) -> tensor<1x4x4x4xf16>
          %1 = cudnn.conv_fprop(%x, %w) {{strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1}}
            : (tensor<1x8x4x4xf16>, tensor<4x8x1x1xf16>) -> tensor<1x4x4x4xf16>
          %2 = kernel.concat(%0, %1) {{axis = 1}} : ({types}) -> tensor<1x8x4x4xf16>
          %3 = cudnn.conv_fprop(%2, %v) {{strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1}}
            : (tensor<1x8x4x4xf16>, tensor<8x8x1x1xf16>) -> tensor<1x8x4x4xf16>
          func.return %3 : tensor<1x8x4x4xf16>
        }}
        """
    )
    run("choose-cudnn-layout", module)
    joined = next(op for op in entry_point(module).body.block.ops if isinstance(op, ConcatInPlaceOp))
    assert [part.owner.name for part in joined.inputs] == ["cudnn.conv_fprop", "cudnn.transform"]


def test_conversions_become_the_copies_between_layouts() -> None:
    module = parse(
        CHAIN.replace("%x: tensor<1x16x8x8xf16>", "%y: tensor<1x16x8x8xf32>").replace(
            '"any"} {',
            '"any"} {\n  %x = kernel.convert(%y) : (tensor<1x16x8x8xf32>) -> tensor<1x16x8x8xf16>',
        )
    )
    run("choose-cudnn-layout", module)
    function = entry_point(module)
    assert not any(isinstance(op, kernel.ConvertOp) for op in function.body.block.ops)
    # The conversion moves 4 + 2 bytes an element whatever the layout, the copy at the end 2 + 2.
    assert bytes_moved(function) == 6 * 16 * 64 + 4 * 16 * 16


@pytest.mark.parametrize("precision", ["f16", "tf32"])
def test_a_real_network_is_copied_at_its_ends_only(precision: str) -> None:
    """ResNet-50: one transform of its input, which adds the channels; all else lies where the next op wants it."""
    module = import_openvino(model("resnet-50-tf/FP32-v11").xml)
    lowering = (
        "fold-constants,common-subexpression-elimination,dce,convert-arhat-to-cudnn,choose-cudnn-layout"
    )
    run(f"optimize,precision{{to={precision}}},{lowering}", module)
    function = entry_point(module)
    (copy,) = [op for op in function.body.block.ops if isinstance(op, cudnn.TransformOp)]
    to = tensor_of(copy.output)
    assert to.get_shape() == (1, {"f16": 8, "tf32": 4}[precision], 224, 224) and layout_of(to) is not None
    result = sum(np.prod(tensor_of(v).get_shape()) * 4 for v in function.body.block.last_op.operands)
    widths = {"f16": (4, 2), "tf32": (4, 4)}[precision]
    read, written = 3 * 224 * 224 * widths[0], to.get_shape()[1] * 224 * 224 * widths[1]
    assert bytes_moved(function) <= read + written + 2 * result


def seen_from_outside(module: ModuleOp) -> int:
    """Bytes that copies between layouts move; conversions, which were there before, do not count."""
    return sum(
        2 * int(np.prod(tensor_of(op.x).get_shape())) * 4
        for op in entry_point(module).body.block.ops
        if isinstance(op, cudnn.TransformOp)
    )


@pytest.mark.parametrize("seed", range(12))
def test_no_other_choice_for_one_op_moves_less(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Turn each op that follows to the other side: no fewer bytes are copied, in networks of f32 without fusing."""
    module = network(seed)
    run("precision{to=tf32},fold-constants,convert-arhat-to-cudnn", module)
    monkeypatch.setattr(choose_cudnn_layout_cost, "_fused", lambda value: False)
    monkeypatch.setattr(
        choose_cudnn_layout_rewrite, "padded_channels", lambda op: tensor_of(op.x).get_shape()[1]
    )

    def moved(turned: int | None) -> int:
        copy = clone_module(module)
        choice = choose(entry_point(copy))
        followers = [op for op in choice.reads if isinstance(op, FOLLOWERS) and is_image(op.results[0])]
        if turned is not None:
            op = followers[turned % len(followers)]
            choice.reads[op] = choice.writes[op] = not choice.reads[op]
        Rewrite(choice, Folder(copy)).run()
        return seen_from_outside(copy)

    count = sum(isinstance(op, FOLLOWERS) for op in entry_point(module).body.block.ops)
    chosen = moved(None)
    assert all(chosen <= moved(turned) for turned in range(count))


def test_kernels_write_parts_wherever_they_lie() -> None:
    """The parts of a dense concatenation start at 28 bytes: a conversion writes there, softmax of cuDNN cannot."""
    module = parse(
        """
        func.func @main(%x: tensor<1x7xf16>, %y: tensor<1x7xf32>) -> (tensor<1x14xf32>, tensor<1x14xf32>)
            attributes {cudnn.math = "any"} {
          %0 = kernel.convert(%x) : (tensor<1x7xf16>) -> tensor<1x7xf32>
          %1 = kernel.convert(%x) : (tensor<1x7xf16>) -> tensor<1x7xf32>
          %2 = kernel.concat(%0, %1) {axis = 1} : (tensor<1x7xf32>, tensor<1x7xf32>) -> tensor<1x14xf32>
          %3 = kernel.convert(%x) : (tensor<1x7xf16>) -> tensor<1x7xf32>
          %4 = cudnn.softmax(%y) {axis = 1} : (tensor<1x7xf32>) -> tensor<1x7xf32>
          %5 = kernel.concat(%3, %4) {axis = 1} : (tensor<1x7xf32>, tensor<1x7xf32>) -> tensor<1x14xf32>
          func.return %2, %5 : tensor<1x14xf32>, tensor<1x14xf32>
        }
        """
    )
    run("choose-cudnn-layout,plan-memory,check-memory-plan", module)
    joined = [op for op in entry_point(module).body.block.ops if isinstance(op, ConcatInPlaceOp)]
    makers = [[part.owner.name for part in op.inputs] for op in joined]
    assert makers == [["kernel.convert", "kernel.convert"], ["kernel.convert", "kernel.reorder"]]


SHUFFLES = {
    "depth to space": ((1, 16, 3, 5), (1, 4, 2, 2, 3, 5), (0, 1, 4, 2, 5, 3), (1, 4, 6, 10)),
    "space to depth": ((2, 8, 4, 6), (2, 8, 2, 2, 3, 2), (0, 3, 5, 1, 2, 4), (2, 32, 2, 3)),
    "channels between groups": ((2, 16, 3, 5), (2, 2, 8, 3, 5), (0, 2, 1, 3, 4), (2, 16, 3, 5)),
}


@pytest.mark.parametrize("name", SHUFFLES)
def test_shuffles_stay_in_nhwc(name: str) -> None:
    """Between two convolutions nothing but the shuffle itself is moved."""
    before, split, perm, after = SHUFFLES[name]

    def type_of(shape: tuple[int, ...]) -> str:
        return f"tensor<{'x'.join(map(str, shape))}xf32>"

    moved = tuple(split[i] for i in perm)
    properties = "{strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1}"
    v, w = (type_of((shape[1], shape[1], 1, 1)) for shape in (before, after))
    module = parse(
        f"""
        func.func @main(%x: {type_of(before)}, %v: {v}, %w: {w}) -> {type_of(after)}
            attributes {{cudnn.math = "tf32"}} {{
          %0 = cudnn.conv_fprop(%x, %v) {properties} : ({type_of(before)}, {v}) -> {type_of(before)}
          %1 = kernel.view(%0) : ({type_of(before)}) -> {type_of(split)}
          %2 = kernel.transpose(%1) {{perm = {list(perm)}}} : ({type_of(split)}) -> {type_of(moved)}
          %3 = kernel.view(%2) : ({type_of(moved)}) -> {type_of(after)}
          %4 = cudnn.conv_fprop(%3, %w) {properties} : ({type_of(after)}, {w}) -> {type_of(after)}
          func.return %4 : {type_of(after)}
        }}
        """
    )
    arguments = entry_point(module).body.block.args
    random = np.random.default_rng(0)
    inputs = [random.standard_normal(tensor_of(a).get_shape()).astype(np.float32) for a in arguments]
    (expected,) = evaluate(module, inputs).values()
    run("choose-cudnn-layout", module)
    (actual,) = evaluate(module, inputs).values()
    np.testing.assert_allclose(actual, expected, rtol=1e-6, atol=1e-6)
    names = [op.name for op in entry_point(module).body.block.ops]
    first, last = (i for i, op in enumerate(names) if op == "cudnn.conv_fprop")
    between = names[first + 1 : last]
    assert between.count("kernel.transpose") == 1 and "cudnn.transform" not in between

"""What the importer says about files that are not what they should be: where, what, and what to do, in one line."""

from __future__ import annotations

import os
import re
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from ir import Ir
from xdsl.context import Context
from xdsl.dialects.builtin import Builtin
from xdsl.dialects.func import Func
from xdsl.parser import Parser

from arhat.dialects.arhat import Arhat, ConstantOp
from arhat.errors import UserError
from arhat.importers.openvino import import_openvino, parse_input_shapes
from arhat.importers.openvino.container import MAX_DEPTH, read_network
from arhat.layers import layers_of
from arhat.weights import constant_value


def small() -> Ir:
    """y = relu(x + c): layers x, c, sum, y, result in lines 4 to 8, edges from line 11 on."""
    ir = Ir()
    x = ir.parameter([1, 4], name="x")
    c = ir.const(np.ones((1, 4), np.float32), name="c")
    total = ir.op("Add@opset1", [x, c], name="sum")
    ir.result(ir.op("ReLU@opset1", [total], name="y"), name="result")
    return ir


def refuse(path: Path, pattern: str, **options: object) -> UserError:
    """The error that importing `path` raises; its text must match."""
    with pytest.raises(UserError) as caught:
        import_openvino(path, **options)  # type: ignore[arg-type]
    text = str(caught.value)
    assert re.search(pattern, text), text
    first = text.splitlines()[0]
    assert re.match(r".*\.(xml|bin):(\d+:\d+:)? error: .", first), first
    assert all(line.startswith("note: ") for line in text.splitlines()[1:]), text
    return caught.value


def edited(folder: Path, old: str, new: str, count: int = 1) -> Path:
    """The small model with `old` replaced by `new` in its text."""
    path = small().write(folder)
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, count))
    return path


def test_small_model_is_good(tmp_path: Path) -> None:
    import_openvino(small().write(tmp_path)).verify()


def test_layers_know_their_lines(tmp_path: Path) -> None:
    network = read_network(small().write(tmp_path))
    assert [(layer.name, layer.line, layer.column) for layer in network.layers] == [
        ("x", 4, 1),
        ("c", 5, 1),
        ("sum", 6, 1),
        ("y", 7, 1),
        ("result", 8, 1),
    ]


EDITS = [
    # XML and the root
    ("</layers>", "", r":\d+:\d+: error: not well-formed XML \(mismatched tag\).*complete"),
    ("<net ", "<graph ", r":2:1: error: the root element is <graph>, not <net>"),
    ('version="11"', 'version="12"', r":2:1: error: IR version '12' is unknown; versions 10 and 11"),
    (
        'version="11"',
        'version="7"',
        r":2:1: error: IR version '7' is too old; convert the original model again",
    ),
    ('version="11"', 'version="x"', r":2:1: error: IR version 'x' is unknown"),
    ('version="11"', "", r":2:1: error: <net> has no 'version'"),
    # layers
    ('layer id="2"', 'layer id="1"', r":6:1: error: .*'sum'.*id 1 is also the id of the layer in line 5"),
    (
        'layer id="2"',
        'layer id="two"',
        r":6:1: error: the layer has id=\"'two'\".*not a non-negative integer",
    ),
    ('layer id="2"', 'layer id="-2"', r":6:1: error: .*not a non-negative integer"),
    ('layer id="2"', f'layer id="{10**30}"', r":6:1: error: .*not a non-negative integer of 64 bits"),
    ('layer id="2"', "layer", r":6:1: error: the layer has no 'id'"),
    ('name="sum"', "", r":6:1: error: layer 2 has no 'name'"),
    ('type="ReLU"', "", r":7:1: error: layer 3 has no 'type'"),
    ('type="ReLU" version="opset1"', 'type="ReLU"', r":7:1: error: layer 3 has no 'version'"),
    ('<port id="1"/></input>', '<port id="0"/></input>', r":6:1: error: .*'sum'.*two ports have the same id"),
    (
        '<port id="1"/></input>',
        '<port id="one"/></input>',
        r":6:\d+: error: .*'sum'.*a port has id=\"'one'\"",
    ),
    # edges
    ('from-layer="1"', 'from-layer="77"', r":12:1: error: the edge names layer 77, which does not exist"),
    ('to-layer="3"', 'to-layer="77"', r":13:1: error: the edge names layer 77, which does not exist"),
    ('from-layer="1" from-port="0"', 'from-layer="1" from-port="9"', r":12:1: .*'c'.*port 9, not an output"),
    ('to-layer="2" to-port="1"', 'to-layer="2" to-port="9"', r":12:1: .*'sum'.*port 9, not an input"),
    ('to-layer="2" to-port="1"', 'to-layer="2" to-port="0"', r":12:1: .*'sum'.*a second edge ends at port 0"),
    ('from-port="0" to-layer="2"', 'from-port="" to-layer="2"', r":11:1: error: the edge has from-port"),
    ('from-layer="1"', 'from-layer="3" x="1"', r":12:1: error: .*port 0, not an output"),
    # constants
    ('offset="0"', 'offset="-4"', r":5:1: error: .*'c'.*bytes -4 to 12 lie outside of the \.bin of 16 bytes"),
    (
        'offset="0"',
        'offset="8"',
        r":5:1: error: .*'c'.*bytes 8 to 24 lie outside of the \.bin of 16 bytes; .*truncated",
    ),
    (
        'offset="0"',
        f'offset="{2**64}"',
        r":5:1: error: .*'c'.*offset='18446744073709551616' is not an integer of 64",
    ),
    ('offset="0"', f'offset="{2**63 - 1}"', r":5:1: error: .*'c'.*lie outside of the \.bin"),
    ('offset="0"', 'offset="zero"', r":5:1: error: .*'c'.*offset='zero' is not an integer"),
    ('offset="0"', "", r":5:1: error: .*'c'.*the attribute 'offset' is missing"),
    ('size="16"', 'size="15"', r":5:1: error: .*'c'.*size=15, but shape and element type need 16 bytes"),
    ('size="16"', 'size="-16"', r":5:1: error: .*'c'.*size=-16, but"),
    (
        'element_type="f32" shape="1,4" off',
        'element_type="f33" shape="1,4" off',
        r":5:1: .*'c'.*'f33' is not a supp",
    ),
    ('shape="1,4" offset', 'shape="1,-4" offset', r":5:1: error: .*'c'.*\[1, -4\] has a negative size"),
    (
        'shape="1,4" offset',
        'shape="1,4.5" offset',
        r":5:1: error: .*'c'.*shape='1,4.5' is not a list of at most 4096 integers",
    ),
    (
        'shape="1,4" offset',
        f'shape="{2**40},{2**40}" offset',
        r":5:1: error: .*'c'.*more than the limit of 17179869184",
    ),
    (
        'shape="1,4" offset',
        f'shape="{2**63},0" offset',
        r":5:1: error: .*'c'.*is not a list of at most 4096 integers of 64 bits",
    ),
    # inputs
    (
        'shape="1,4" element',
        'shape="1,?" element',
        r":4:1: .*'x'.*dynamic sizes \(shape='1,\?'\).*like --input-shape 'x=\[1,224\]'",
    ),
    ('shape="1,4" element', 'shape="-1,4" element', r":4:1: .*'x'.*dynamic sizes.*--input-shape 'x="),
    ('shape="1,4" element', 'shape="1..8,4" element', r":4:1: .*'x'.*dynamic sizes.*--input-shape 'x="),
    (
        'shape="1,4" element',
        'shape="..." element',
        r":4:1: .*'x'.*dynamic sizes .*like --input-shape 'x=\[1,224,224,224\]'",
    ),
    ('shape="1,4" element', 'shape="1,four" element', r":4:1: .*'x'.*shape='1,four' is not a list of sizes"),
    ('shape="1,4" element', 'shape="1,-7" element', r":4:1: .*'x'.*shape='1,-7' is not a list of sizes"),
    ('shape="1,4" element_type="f32"', 'element_type="f32"', r":4:1: .*'x'.*'shape' is missing"),
    (
        'element_type="f32"/><output>',
        'element_type="f31"/><output>',
        r":4:1: .*'x'.*'f31' is not a supported element",
    ),
    ('shape="1,4" element', f'shape="{2**33},4" element', r":4:1: .*'x'.*more than the limit of"),
    # operators
    ('type="ReLU"', 'type="Frob"', r":7:1: .*1 layer is of operators that are not supported: Frob@opset1"),
    ('type="ReLU" version="opset1"', 'type="ReLU" version="opset99"', r":7:1: .*not supported: ReLU@opset99"),
    ('type="Result"', 'type="Relu"', r": error: the model has no Result layer"),
    ('<port id="1"/></input>', "</input>", r":12:1: .*'sum'.*port 1, not an input"),
]


@pytest.mark.parametrize(
    ("old", "new", "pattern"), EDITS, ids=[new[:40] or f"no {old[:30]}" for old, new, _ in EDITS]
)
def test_faults_in_the_text(tmp_path: Path, old: str, new: str, pattern: str) -> None:
    refuse(edited(tmp_path, old, new), pattern)


TEXTS = [
    ("", r":1:1: error: not well-formed XML \(no element found\)"),
    ("not xml", r":1:1: error: not well-formed XML"),
    ("<net", r":1:\d+: error: not well-formed XML \(unclosed token\)"),
    ('<net version="11"/>', r"error: the model has no layers"),
    (
        '<!DOCTYPE net [<!ENTITY a "b">]><net version="11">&a;</net>',
        r":1:\d+: error: .*document type or entities",
    ),
    ('<!DOCTYPE net SYSTEM "file:///etc/passwd"><net/>', r":1:\d+: error: .*document type or entities"),
    ('<?xml version="1.0" encoding="no-such"?><net/>', r":1:\d+: error: "),
    ('<?xml version="1.0" encoding="utf-32"?><net/>', r":1:\d+: error: "),
    (
        "<net version='11'>" + "<a>" * 500 + "</a>" * 500 + "</net>",
        rf":1:\d+: error: .*deeper than {MAX_DEPTH}",
    ),
    ("<a>" * 100_000, r":1:\d+: error: the root element is <a>"),
]


@pytest.mark.parametrize(("text", "pattern"), TEXTS, ids=range(len(TEXTS)))
def test_not_a_model(tmp_path: Path, text: str, pattern: str) -> None:
    path = tmp_path / "model.xml"
    path.write_text(text)
    refuse(path, pattern)


def test_bytes_that_are_not_text(tmp_path: Path) -> None:
    path = tmp_path / "model.xml"
    path.write_bytes(b"\xff\xfe\x00\x00<net>" + bytes(range(256)))
    refuse(path, r": error: ")


def test_billion_laughs_are_refused_at_once(tmp_path: Path) -> None:
    lines = "".join(f'<!ENTITY a{i + 1} "{f"&a{i};" * 10}">' for i in range(20))
    path = tmp_path / "model.xml"
    path.write_text(f'<!DOCTYPE net [<!ENTITY a0 "lol">{lines}]><net version="11">&a20;</net>')
    start = time.process_time()
    refuse(path, "document type or entities")
    assert time.process_time() - start < 1


def test_cycle(tmp_path: Path) -> None:
    ir = small()
    loop = ir.op("Add@opset1", [ir.const([1.0]), ir.const([1.0])], name="loop")
    other = ir.op("ReLU@opset1", [loop], name="other")
    text = ir.text.replace(
        f'<edge from-layer="{loop.layer - 1}" from-port="0" to-layer="{loop.layer}" to-port="1"/>',
        f'<edge from-layer="{other.layer}" from-port="1" to-layer="{loop.layer}" to-port="1"/>',
    )
    path = ir.write(tmp_path)
    path.write_text(text)
    error = refuse(
        path, r"the edges form a cycle through '(loop|other)', '(loop|other)'; a model must be acyclic"
    )
    assert error.line in (loop.layer + 4, other.layer + 4)


def test_layer_that_feeds_itself(tmp_path: Path) -> None:
    path = edited(
        tmp_path, 'from-layer="2" from-port="2" to-layer="3"', 'from-layer="3" from-port="1" to-layer="3"'
    )
    refuse(path, r":7:1: error: the edges form a cycle through 'y';")


def test_unconnected_input(tmp_path: Path) -> None:
    ir = small()
    del ir.edges[1]
    refuse(ir.write(tmp_path), r":6:1: error: .*'sum'.*no edge ends at input port 1")


def test_input_from_a_result(tmp_path: Path) -> None:
    ir = Ir()
    x = ir.parameter([4], name="x")
    y = ir.op("Result@opset1", [x], name="first")
    ir.result(ir.op("ReLU@opset1", [y], name="y"))
    refuse(ir.write(tmp_path), r":6:1: error: 'y' .*input 0 comes from 'first', which has no outputs")


def test_nested_layers_are_not_layers_of_the_model(tmp_path: Path) -> None:
    body = '<body><layers><layer id="0" name="inner" type="ReLU" version="opset1"/></layers></body>'
    path = edited(
        tmp_path, 'type="ReLU" version="opset1"><data/>', f'type="ReLU" version="opset1"><data/>{body}'
    )
    assert [layer.name for layer in read_network(path).layers] == ["x", "c", "sum", "y", "result"]


def test_the_model_file_itself(tmp_path: Path) -> None:
    refuse(tmp_path / "missing.xml", r"missing.xml: error: the model cannot be opened: No such file")
    folder = tmp_path / "folder.xml"
    folder.mkdir()
    refuse(folder, r"folder.xml: error: the model must be a regular file, but the path is a directory")
    fifo = tmp_path / "fifo.xml"
    os.mkfifo(fifo)
    refuse(fifo, r"fifo.xml: error: the model must be .* is a device, FIFO or socket")


def weights_missing(path: Path, folder: Path) -> None:
    path.unlink()


def weights_folder(path: Path, folder: Path) -> None:
    path.unlink()
    path.mkdir()


def weights_fifo(path: Path, folder: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def weights_device(path: Path, folder: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


def weights_outside(path: Path, folder: Path) -> None:
    outside = folder / "outside.bin"
    path.rename(outside)
    path.symlink_to(outside)


def weights_loop(path: Path, folder: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


def weights_dangling(path: Path, folder: Path) -> None:
    path.unlink()
    path.symlink_to("nothing.bin")


def weights_truncated(path: Path, folder: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def weights_empty(path: Path, folder: Path) -> None:
    path.write_bytes(b"")


BINS: list[tuple[Callable[[Path, Path], None], str]] = [
    (weights_missing, r"model\.bin: error: the weights cannot be opened: No such file"),
    (weights_folder, r"model\.bin: error: the weights is a directory|the weights must be .* is a directory"),
    (weights_fifo, r"model\.bin: error: the weights must be .* FIFO"),
    (weights_device, r"model\.bin: error: the weights are a link that leads out of the model's folder"),
    (weights_outside, r"model\.bin: error: the weights are a link that leads out of the model's folder"),
    (weights_loop, r"model\.bin: error: the weights cannot be opened: Too many levels"),
    (weights_dangling, r"model\.bin: error: the weights cannot be opened: No such file"),
    (weights_truncated, r"model\.xml:5:1: error: .*'c'.*bytes 0 to 16 lie outside of the \.bin of 15 bytes"),
    (weights_empty, r"model\.xml:5:1: error: .*'c'.*outside of the \.bin of 0 bytes"),
]


@pytest.mark.parametrize(("damage", "pattern"), BINS, ids=[damage.__name__ for damage, _ in BINS])
def test_faults_of_the_weights(tmp_path: Path, damage: Callable[[Path, Path], None], pattern: str) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    path = small().write(folder)
    damage(path.with_suffix(".bin"), tmp_path)
    refuse(path, pattern)


def test_link_inside_the_folder_and_named_file_are_good(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    path = small().write(folder)
    weights = path.with_suffix(".bin")
    weights.rename(folder / "weights")
    weights.symlink_to("weights")
    import_openvino(path)
    outside = tmp_path / "elsewhere"
    (folder / "weights").rename(outside)
    weights.unlink()
    import_openvino(path, outside)


def test_model_without_constants_needs_no_weights(tmp_path: Path) -> None:
    ir = Ir()
    ir.result(ir.op("ReLU@opset1", [ir.parameter([1])]))
    path = ir.write(tmp_path)
    path.with_suffix(".bin").unlink()
    import_openvino(path).verify()


def test_weights_are_mapped_and_not_read(tmp_path: Path) -> None:
    """A gigabyte of weights in a file without blocks costs nothing to import, and any part of it can be had."""
    ir = Ir()
    x = ir.parameter([1, 1 << 14], name="x")
    w = ir.const(np.zeros((2, 1 << 14), np.float32), name="w")
    ir.result(ir.op("MatMul@opset1", [x, w], attributes={"transpose_a": "0", "transpose_b": "1"}))
    path = ir.write(tmp_path)
    rows = 1 << 14
    text = path.read_text().replace('shape="2,16384"', f'shape="{rows},16384"')
    path.write_text(text.replace('size="131072"', f'size="{rows << 16}"'))
    with path.with_suffix(".bin").open("wb") as file:
        file.truncate(rows << 16)
    tracemalloc.start()
    try:
        module = import_openvino(path)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16 << 20
    (constant,) = (op for op in module.walk() if isinstance(op, ConstantOp))
    weights = constant_value(constant)
    assert (
        weights.shape == (rows, 1 << 14) and not weights[::4096, ::4096].any() and not weights.flags.writeable
    )


def test_memory_limit_holds_for_results_too(tmp_path: Path) -> None:
    ir = Ir()
    x = ir.parameter([1, 1024], name="x")
    ir.result(ir.op("Tile@opset1", [x, ir.const([1024, 1])], name="huge"))
    path = ir.write(tmp_path)
    import_openvino(path, memory_limit=4 << 20)
    refuse(
        path,
        r":6:1: error: .*'huge'.*1024x1024 takes 4194304 bytes, more than the limit",
        memory_limit=4 << 20 - 1,
    )


def test_enormous_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.xml"
    with path.open("wb") as file:
        file.truncate(1 << 31)
    refuse(path, r"error: the file has 2147483648 bytes; no model's \.xml has more")


def test_all_unsupported_operators_are_listed(tmp_path: Path) -> None:
    ir = small()
    x = ir.parameter([1, 4], name="x2")
    a = ir.op("CTCLoss@opset4", [x], name="loss")
    b = ir.op("Frob@extension", [a], name="odd\nname")
    ir.op("NeverUsed@opset1", [x], name="dead")
    ir.result(ir.op("CTCLoss@opset4", [b], name="loss2"))
    error = refuse(ir.write(tmp_path), r":10:1: error: 3 layers are of operators that are not supported: ")
    assert error.notes == (
        "line 10: 'loss' is CTCLoss@opset4",
        "line 11: 'odd\\nname' is Frob@extension",
        "line 13: 'loss2' is CTCLoss@opset4",
    )
    assert "CTCLoss@opset4, Frob@extension" in str(error)


NAMES = [
    'a"b',
    "line\nbreak",
    "*/ int main() {",
    "back\\slash",
    "tab\there",
    "naïve 名前 \U0001f600",
    "'",
    "a,b",
    " ",
    "%s{}",
]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_names_survive(tmp_path: Path, name: str) -> None:
    ir = Ir()
    x = ir.parameter([1, 100], name=name)
    c = ir.const(np.ones((1, 100), np.float32), name=name + "c")
    ir.result(ir.op("Add@opset1", [x, c], name=name + "y"))
    module = import_openvino(ir.write(tmp_path))
    function = next(iter(module.ops))
    names = [[layer.layer_name for layer in layers_of(op)] for op in function.regions[0].block.ops]
    assert names == [[name + "c"], [name + "y"], []]
    text = str(module)
    assert "\x00" not in text and len(text.splitlines()) == len(str(module).split("\n"))
    context = Context()
    for dialect in (Builtin, Func, Arhat):
        context.load_dialect(dialect)
    again = Parser(context, text).parse_module()
    assert str(again) == text


def test_names_in_errors_are_escaped(tmp_path: Path) -> None:
    ir = Ir()
    x = ir.parameter([1, 4], name="x\n: error: \x85")
    ir.result(ir.op("Transpose@opset1", [x, ir.const([0, 7])], name='evil\n"*/'))
    error = refuse(ir.write(tmp_path), "evil")
    assert 'evil\\n\\"*/' in str(error).splitlines()[0]


def test_ten_thousand_layers_in_a_chain(tmp_path: Path) -> None:
    """Linear: a chain must not cost more an op when it is ten times as long."""
    costs: dict[int, float] = {}
    for count in (1000, 10_000):
        ir = Ir()
        value = ir.parameter([1, 8])
        for _ in range(count):
            value = ir.op("ReLU@opset1", [value])
        ir.result(value)
        path = ir.write(tmp_path)
        start = time.process_time()
        module = import_openvino(path)
        costs[count] = (time.process_time() - start) / count
        assert sum(1 for _ in module.walk()) == count + 3
    assert costs[10_000] * 10_000 < 30
    assert costs[10_000] < 5 * costs[1000]


def test_long_chain_of_constants(tmp_path: Path) -> None:
    """Evaluation does not recurse."""
    ir = Ir()
    x = ir.parameter([4, 2])
    value = ir.const([2, 4])
    one = ir.const([0])
    for _ in range(3000):
        value = ir.op("Add@opset1", [value, one], element="i64")
    ir.result(ir.op("Reshape@opset1", [x, value], attributes={"special_zero": "true"}))
    module = import_openvino(ir.write(tmp_path))
    assert sum(1 for _ in module.walk()) == 4  # module, function, reshape, return


def test_concat_of_many_is_linear(tmp_path: Path) -> None:
    ir = Ir()
    x = ir.parameter([1, 8])
    parts = [ir.op("ReLU@opset1", [x]) for _ in range(4000)]
    ir.result(ir.op("Concat@opset1", parts, attributes={"axis": "1"}))
    path = ir.write(tmp_path)
    start = time.process_time()
    import_openvino(path)
    assert time.process_time() - start < 10


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("data=[1,3,224,224]", {"data": [1, 3, 224, 224]}),
        ("a=[1,2],b=[3]", {"a": [1, 2], "b": [3]}),
        (" a = [ 1 , 2 ] , b=[3] ", {"a": [1, 2], "b": [3]}),
        (["a=[1]", "b:0=[2]"], {"a": [1], "b:0": [2]}),
        ("x,y=z=[1]", {"x,y=z": [1]}),
        ("[1,2]", {"": [1, 2]}),
        ("scalar=[]", {"scalar": []}),
        ("", {}),
    ],
)
def test_input_shapes(text: str | list[str], expected: dict[str, list[int]]) -> None:
    assert parse_input_shapes(text) == expected


@pytest.mark.parametrize(
    "text", ["a", "a=1,2", "a=[1,x]", "a=[-1]", "a=[0]", "a=[1]b=[2]", "a=[1],a=[2]", "a=[[1]]"]
)
def test_bad_input_shapes(text: str) -> None:
    with pytest.raises(UserError, match=r"is not an input shape; write|given twice"):
        parse_input_shapes(text)


def test_input_shape_makes_a_dynamic_model_static(tmp_path: Path) -> None:
    ir = Ir()
    x = ir.parameter("?,4", name="x", names="tensor,other")
    ir.result(ir.op("ReLU@opset1", [x], name="y"))
    path = ir.write(tmp_path)
    for name in ("x", "tensor", "other", ""):
        module = import_openvino(path, input_shapes={name: [2, 4]})
        assert "tensor<2x4xf32>" in str(module)
    refuse(
        path,
        r"error: there is no input 'z' to give a shape to; .*are 'x'",
        input_shapes={"x": [2, 4], "z": [1]},
    )
    refuse(
        path, r":4:1: error: .*'x'.*rank 2, but the shape given, \[2\], has another", input_shapes={"x": [2]}
    )
    refuse(path, r":4:1: error: 'x' .*\[0, 4\], must have positive sizes only", input_shapes={"x": [0, 4]})

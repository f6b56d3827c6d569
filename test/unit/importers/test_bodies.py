"""What the importer says about loops, branches and state that are not what they should be."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from ir import Ir

from arhat.errors import UserError
from arhat.importers.openvino import import_openvino
from arhat.importers.openvino.container import MAX_BODY_DEPTH
from arhat.importers.openvino.context import MAX_UNROLLED
from arhat.interpreters import evaluate
from arhat.layers import layers_of

SLICED = (
    '<input external_port_id="0" internal_layer_id="0" axis="1" start="0" end="-1" stride="1" part_size="1"/>'
)
CARRIED = '<input external_port_id="1" internal_layer_id="1"/>'
LAST = '<output external_port_id="2" internal_layer_id="4"/>'
JOINED = '<output external_port_id="3" internal_layer_id="4" axis="1" start="0" end="-1" stride="1" part_size="1"/>'
BACK = '<edge from-layer="4" to-layer="1"/>'


def iterator(*, body: Callable[[Ir], None] | None = None, ports: Sequence[str] = (), back: str = BACK) -> Ir:
    """A TensorIterator over x [1, 3, 2] in line 6: carried = tanh(part + carried), from [1, 1, 2]."""
    ir = Ir()
    x, start = ir.parameter([1, 3, 2], name="x"), ir.const(np.zeros((1, 1, 2), np.float32))
    inner = ir.inside()
    if body is None:
        part, carried = inner.parameter([1, 1, 2], name="part"), inner.parameter([1, 1, 2], name="carried")
        total = inner.op("Add@opset1", [part, carried], name="sum")
        inner.result(inner.op("Tanh@opset1", [total], name="cell"), name="end")
    else:
        body(inner)
    entries = "".join(ports or (SLICED, CARRIED, LAST, JOINED))
    extra = f"<port_map>{entries}</port_map><back_edges>{back}</back_edges>{inner.body()}"
    outputs = ir.ops("TensorIterator@opset1", [x, start], count=2, name="loop", inner=extra)
    for output in outputs:
        ir.result(output)
    return ir


def refuse(ir: Ir, folder: Path, pattern: str) -> None:
    """Importing fails with one line of that text, which names the layer."""
    with pytest.raises(UserError) as caught:
        import_openvino(ir.write(folder))
    text = str(caught.value).splitlines()[0]
    assert re.search(pattern, text), text
    assert re.match(r".*\.xml:\d+:\d+: error: .", text), text


def test_iterations_in_provenance(tmp_path: Path) -> None:
    module = import_openvino(iterator().write(tmp_path))
    names = {layer.layer_name for op in module.walk() for layer in layers_of(op)}
    assert {"loop/cell[0]", "loop/cell[2]", "loop/sum[1]", "loop/part[1]"} <= names
    x = np.arange(6, dtype=np.float32).reshape(1, 3, 2) / 10
    last, joined = evaluate(module, [x]).values()
    carried = np.zeros((1, 1, 2), np.float32)
    for step in range(3):
        carried = np.tanh(x[:, step : step + 1] + carried)
        np.testing.assert_allclose(joined[:, step : step + 1], carried, rtol=1e-6)
    np.testing.assert_allclose(last, carried, rtol=1e-6)


def test_what_does_not_change_is_there_once(tmp_path: Path) -> None:
    def body(inner: Ir) -> None:
        part, carried = inner.parameter([1, 1, 2]), inner.parameter([1, 1, 2])
        offset = inner.op("Exp@opset1", [inner.const(np.ones(2, np.float32))], name="offset")
        total = inner.op("Add@opset1", [inner.op("Add@opset1", [part, carried]), offset])
        inner.result(total)

    ports = [SLICED, CARRIED, *(entry.replace('"4"', '"6"') for entry in (LAST, JOINED))]
    module = import_openvino(
        iterator(body=body, ports=ports, back=BACK.replace('"4"', '"6"')).write(tmp_path)
    )
    exponentials = [op for op in module.walk() if op.name == "arhat.exp"]
    assert [layers_of(op)[-1].layer_name for op in exponentials] == ["loop/offset"]


ENTRIES = [
    ((SLICED.replace('internal_layer_id="0"', 'internal_layer_id="7"'),), r"names layer 7, which is no Parameter"),
    ((SLICED.replace('internal_layer_id="0"', 'internal_layer_id="2"'),), r"names layer 2, which is no Parameter"),
    ((SLICED.replace('external_port_id="0"', 'external_port_id="9"'),), r"names port 9, which the layer does not have"),
    ((SLICED.replace('external_port_id="0"', 'external_port_id="2"'),), r"names port 2, which the layer does not have"),
    ((SLICED, CARRIED, CARRIED, LAST, JOINED), r"is the second for Parameter 1"),
    ((SLICED, CARRIED, LAST, LAST, JOINED), r"is the second for port 2"),
    ((CARRIED, LAST, JOINED), r"none of its inputs is sliced"),
    ((SLICED, CARRIED, LAST), r"nothing of its body is mapped to output port 3"),
    ((SLICED, LAST, JOINED), r"the back edge in line \d+ does not lead from a Result to a Parameter"),
    ((SLICED.replace('axis="1"', 'axis="3"'), CARRIED, LAST, JOINED), r"axis 3 is out of range"),
    ((SLICED.replace('stride="1"', 'stride="0"'), CARRIED, LAST, JOINED), r"by 0 into parts of 1, which is not"),
    ((SLICED.replace('stride="1"', 'stride="-1"'), CARRIED, LAST, JOINED), r"from 0 to -1 by -1 .*not possible"),
    ((SLICED.replace('start="0"', 'start="5"'), CARRIED, LAST, JOINED), r"from 5 to -1 by 1 .*not possible"),
    ((SLICED.replace('end="-1"', f'end="{1 << 40}"'), CARRIED, LAST, JOINED), r"not possible"),
    ((SLICED.replace('part_size="1"', 'part_size="4"'), CARRIED, LAST, JOINED), r"into parts of 4, which is not"),
    ((SLICED.replace('part_size="1"', 'part_size="x"'), CARRIED, LAST, JOINED), r"part_size=.*not an integer"),
    ((SLICED.replace('external_port_id="0"', ""), CARRIED, LAST, JOINED), r"external_port_id=.*not an integer"),
    ((SLICED, CARRIED, LAST, JOINED.replace('axis="1"', 'axis="-9"')), r"axis -9 is out of range"),
    ((SLICED, CARRIED, LAST, JOINED.replace('start="0"', 'start="1"')), r"leaves elements of the output undefined"),
]  # fmt: skip


@pytest.mark.parametrize(("ports", "pattern"), ENTRIES)
def test_port_map(ports: tuple[str, ...], pattern: str, tmp_path: Path) -> None:
    refuse(iterator(ports=ports), tmp_path, pattern)


@pytest.mark.parametrize(
    ("back", "pattern"),
    [
        (BACK.replace('"4"', '"9"'), "does not lead from a Result to a Parameter"),
        (BACK.replace('"4"', '"3"'), "does not lead from a Result to a Parameter"),
        (BACK.replace('"1"', '"0"'), "does not lead from a Result to a Parameter that has an initial value"),
        (BACK + BACK, "is the second to its Parameter"),
        (BACK.replace("to-layer", "to"), "the back edge has no 'to-layer'"),
    ],
)
def test_back_edges(back: str, pattern: str, tmp_path: Path) -> None:
    refuse(iterator(back=back), tmp_path, pattern)


def test_a_body_that_grows(tmp_path: Path) -> None:
    """What is carried may change its shape where the operators allow it; where it does not fit, the layer is named."""

    def body(inner: Ir) -> None:
        part, carried = inner.parameter([1, 1, 2]), inner.parameter([1, 1, 2])
        both = inner.op("Concat@opset1", [carried, carried], attributes={"axis": "1"}, name="double")
        inner.result(both)
        inner.result(inner.op("Tanh@opset1", [part]))

    back = '<edge from-layer="3" to-layer="1"/>'
    last = LAST.replace('"4"', '"3"')
    joined = JOINED.replace('"4"', '"5"')
    module = import_openvino(
        iterator(body=body, ports=(SLICED, CARRIED, last, joined), back=back).write(tmp_path)
    )
    assert str(next(iter(module.ops)).function_type.outputs.data[0]) == "tensor<1x8x2xf32>"  # type: ignore[attr-defined]


def loop(trips: int, condition: object = True, *, doubling: bool = False) -> Ir:
    """A Loop in line 7 of `trips` iterations: carried = carried + carried, or carried twice."""
    ir = Ir()
    start = ir.parameter([1, 2], name="x")
    count = ir.const(np.int64(trips))
    entered = ir.const(np.array(True))
    inner = ir.inside()
    carried = inner.parameter([1, 2])
    inner.result(inner.const(np.array(condition)))
    if doubling:
        inner.result(inner.op("Concat@opset1", [carried, carried], attributes={"axis": "0"}, name="double"))
    else:
        inner.result(inner.op("Add@opset1", [carried, carried]))
    ports = (
        '<port_map><input external_port_id="2" internal_layer_id="0"/><output external_port_id="-1" '
        'internal_layer_id="2" purpose="execution_condition"/><output external_port_id="3" internal_layer_id="4"/>'
        '</port_map><back_edges><edge from-layer="4" to-layer="0"/></back_edges>'
    )
    ir.result(ir.op("Loop@opset5", [count, entered, start], name="loop", inner=ports + inner.body()))
    return ir


@pytest.mark.parametrize("trips", [MAX_UNROLLED + 1, 1 << 40, (1 << 63) - 1])
def test_too_many_iterations(trips: int, tmp_path: Path) -> None:
    started = time.perf_counter()
    refuse(
        loop(trips), tmp_path, r"'loop' \(Loop@opset5\): its body becomes \d+ layers, .* more than the 32768"
    )
    assert time.perf_counter() - started < 5


def test_an_endless_loop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("arhat.importers.openvino.context.MAX_UNROLLED", 100)
    refuse(loop(-1), tmp_path, r"more than the 100 that are supported")


def test_a_loop_that_doubles_its_memory(tmp_path: Path) -> None:
    refuse(loop(200, doubling=True), tmp_path, r"takes \d+ bytes, more than the limit")


def test_nested_too_deep(tmp_path: Path) -> None:
    ir = Ir()
    x = ir.parameter([1])
    text = ir.inside().body()
    for _ in range(MAX_BODY_DEPTH + 1):
        inner = ir.inside()
        inner.ops("Loop@opset5", [], count=0, inner=text)
        text = inner.body()
    ir.result(ir.op("Loop@opset5", [x], inner=text))
    refuse(ir, tmp_path, rf"bodies are nested deeper than {MAX_BODY_DEPTH}")


def test_no_body(tmp_path: Path) -> None:
    ir = Ir()
    x = ir.parameter([1])
    ir.result(ir.op("TensorIterator@opset1", [x]))
    refuse(ir, tmp_path, "has no body body, which a TensorIterator has")


def test_two_bodies(tmp_path: Path) -> None:
    ir = iterator()
    ir.layers[2] = ir.layers[2].replace("</body>", "</body><body><layers/></body>")
    refuse(ir, tmp_path, "a second <body> body")


def test_unsupported_operator_inside(tmp_path: Path) -> None:
    def body(inner: Ir) -> None:
        part, carried = inner.parameter([1, 1, 2]), inner.parameter([1, 1, 2])
        inner.result(inner.op("Nonsense@opset1", [inner.op("Add@opset1", [part, carried])]))

    refuse(iterator(body=body), tmp_path, "operators that are not supported: Nonsense@opset1")


def test_cycle_inside(tmp_path: Path) -> None:
    ir = iterator()
    ir.layers[2] = ir.layers[2].replace(
        'from-layer="0" from-port="0" to-layer="2"', 'from-layer="3" from-port="1" to-layer="2"'
    )
    refuse(ir, tmp_path, "the edges form a cycle through 'cell', 'sum'")


def branch(condition: Callable[[Ir], object], other: str = "Abs@opset1", size: int = 1) -> Ir:
    """An If on the condition that the function makes."""
    ir = Ir()
    x = ir.parameter([2, 3], name="x")
    made = condition(ir)
    parts: list[str] = []
    for which, kind in (("then", "Negative@opset1"), ("else", other)):
        inner = ir.inside()
        value = inner.parameter([2, 3])
        for _ in range(size):
            value = inner.op(kind, [value], attributes={"destination_type": "i32"})
        inner.result(value)
        parts.append(
            f'<{which}_port_map><input external_port_id="1" internal_layer_id="0"/><output external_port_id="2" '
            f'internal_layer_id="{size + 1}"/></{which}_port_map>{inner.body(f"{which}_body")}'
        )
    ir.result(ir.op("If@opset8", [made, x], name="branch", inner="".join(parts)))  # type: ignore[list-item]
    return ir


def test_branches_at_run_time(tmp_path: Path) -> None:
    module = import_openvino(branch(lambda ir: ir.parameter([], "boolean")).write(tmp_path))
    x = np.array([[-1, 2, -3], [4, -5, 6]], np.float32)
    for truth, expected in ((True, -x), (False, np.abs(x))):
        (result,) = evaluate(module, [x, np.array(truth)]).values()
        np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize(
    ("ir", "pattern"),
    [
        (
            branch(lambda ir: ir.parameter([3], "boolean")),
            r"its condition has shape \[3\], but must be one value",
        ),
        (branch(lambda ir: ir.const(np.array([True, False]))), "its condition has 2 values, but must be one"),
        (
            branch(lambda ir: ir.parameter([], "boolean"), size=40),
            "its branches have 80 operators; .* up to 64",
        ),
        (
            branch(lambda ir: ir.parameter([], "boolean"), "Convert@opset1"),
            r"'branch' \(If@opset8\): .*its branches give .*f32.* and .*i32",
        ),
    ],
)
def test_branch(ir: Ir, pattern: str, tmp_path: Path) -> None:
    refuse(ir, tmp_path, pattern)


def stateful(*layers: Callable[[Ir], None]) -> Ir:
    """A model with a result and further layers."""
    ir = Ir()
    ir.result(ir.op("Abs@opset1", [ir.parameter([1, 2], name="x")]))
    for layer in layers:
        layer(ir)
    return ir


def read(shape: Sequence[int] = (1, 2), **attributes: str) -> Callable[[Ir], None]:
    """A ReadValue that is a result."""
    return lambda ir: ir.result(
        ir.op(
            "ReadValue@opset6",
            [ir.const(np.zeros(shape, np.float32))],
            attributes={"variable_id": "v"} | attributes,
        )
    )


def assign(shape: Sequence[int] = (1, 2)) -> Callable[[Ir], None]:
    """An Assign of a constant."""
    return lambda ir: ir.ops(  # type: ignore[return-value]
        "Assign@opset6", [ir.const(np.ones(shape, np.float32))], {"variable_id": "v"}, count=0
    )


@pytest.mark.parametrize(
    ("ir", "pattern"),
    [
        (stateful(read(), assign((3,))), r"variable 'v' is tensor<1x2xf32>, but is assigned tensor<3xf32>"),
        (stateful(read(), assign(), assign()), "variable 'v' is assigned twice"),
        (stateful(read(), read((3,))), r"variable 'v' is tensor<3xf32> here, but tensor<1x2xf32> elsewhere"),
        (stateful(read(variable_id="")), "the attribute 'variable_id' is missing"),
        (
            stateful(
                lambda ir: ir.result(
                    ir.op("ReadValue@opset6", [], attributes={"variable_id": "v", "variable_shape": "?,2"})
                )
            ),
            r"there is no initial value and variable_shape='\?,2' is not a static shape",
        ),
    ],
)
def test_state(ir: Ir, pattern: str, tmp_path: Path) -> None:
    refuse(ir, tmp_path, pattern)


def test_state_in_a_body(tmp_path: Path) -> None:
    def body(inner: Ir) -> None:
        inner.parameter([1, 1, 2])
        inner.parameter([1, 1, 2])
        start = inner.const(np.zeros((1, 1, 2), np.float32))
        inner.result(inner.op("ReadValue@opset6", [start], attributes={"variable_id": "v"}))

    refuse(iterator(body=body), tmp_path, "state inside of the body of a loop or a branch is not supported")


def test_no_initial_value(tmp_path: Path) -> None:
    """Then it is zero."""
    shape = {"variable_id": "v", "variable_type": "f32", "variable_shape": "1,2"}
    ir = stateful(lambda ir: ir.result(ir.op("ReadValue@opset6", [], attributes=shape)), assign())
    module, state = import_openvino(ir.write(tmp_path)), dict[str, np.ndarray]()
    x = np.zeros((1, 2), np.float32)
    results = [list(evaluate(module, [x], state=state).values())[1] for _ in range(2)]
    np.testing.assert_array_equal(results, [np.zeros((1, 2)), np.ones((1, 2))])

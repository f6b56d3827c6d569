"""schedule: nothing runs before what it needs, waits are few, and memory plans hold however the streams interleave."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from unit.passes.cpu_networks import network
from unit.passes.cudnn_memory import Memory, an_order, stream, waits
from xdsl.dialects import func
from xdsl.dialects.builtin import ArrayAttr, IntegerAttr, ModuleOp, i64
from xdsl.parser import Parser

from arhat.dialects.cudnn import STREAM, WAITS
from arhat.dialects.kernel import tensor_of
from arhat.dialects.kernel.memory import ARENA_BYTES, BUFFERS, BufferAttr
from arhat.driver.registry import make_context, make_resolver
from arhat.driver.run import run_steps
from arhat.errors import UserError
from arhat.interpreters import Array, evaluate
from arhat.passes import schedule
from arhat.passes.check_memory_plan import check
from arhat.passes.plan_memory import DEVICE_ALIGNMENT
from arhat.passes.schedule import dependencies, numbers_of
from arhat.passes.schedule_cost import Cost
from arhat.passes.support import entry_point

LOWER = "convert-arhat-to-cudnn,choose-cudnn-layout,form-graphs,fuse-pointwise,fuse-elementwise,dce"
SEEDS = range(24)


def run(pipeline: str, module: ModuleOp) -> None:
    run_steps(make_context(), module, make_resolver().resolve(pipeline, "test"), [], verify_each=True)


@pytest.fixture(autouse=True)
def long_ops(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every op is worth a stream of its own: the networks of these tests are too small to be otherwise."""
    monkeypatch.setattr(schedule, "cost_of", lambda op: Cost(10.0, 0.1))


def lowered(seed: int, pipeline: str) -> tuple[ModuleOp, Array, dict[str, Array]]:
    """A network at the cudnn level, an input and what the network makes of it."""
    module = network(seed)
    shape = tensor_of(entry_point(module).body.block.args[0]).get_shape()
    x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    precision = ("f32", "tf32", "f16")[seed % 3]
    run(f"precision{{to={precision}}},fold-constants,{LOWER}", module)
    expected = evaluate(module, [x])
    run(pipeline, module)
    return module, x, expected


def ended(function: func.FuncOp, without: tuple[int, int] | None = None) -> list[set[int]]:
    """For each op the ops that have ended when it begins, by number; `without` one wait, as (op, waits for)."""
    known: list[set[int]] = []
    tails: dict[int, int] = {}
    for op, number in numbers_of(function).items():
        sources = [wait for wait in waits(op) if (number, wait) != without]
        sources += [tails[stream(op)]] if stream(op) in tails else []
        known.append(set(sources).union(*(known[source] for source in sources)))
        tails[stream(op)] = number
    return known


def all_met(function: func.FuncOp, known: list[set[int]]) -> bool:
    return all(
        before.issuperset(needed) for before, needed in zip(known, dependencies(function), strict=True)
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_everything_needed_has_ended_and_no_wait_is_idle(seed: int) -> None:
    module, _, _ = lowered(seed, "schedule")
    function = entry_point(module)
    assert all_met(function, ended(function))
    for op, number in numbers_of(function).items():
        for wait in waits(op):
            assert not all_met(function, ended(function, without=(number, wait)))


@pytest.mark.parametrize("seed", SEEDS)
def test_results_are_the_same_however_streams_interleave(seed: int) -> None:
    module, x, expected = lowered(seed, "schedule,plan-memory,check-memory-plan")
    for order in range(4):
        for actual, wanted in zip(Memory(module, [x]).run(order), expected.values(), strict=True):
            np.testing.assert_array_equal(actual, wanted)


def test_some_networks_have_branches() -> None:
    """What the tests above are about does occur."""
    used = [max(map(stream, numbers_of(entry_point(lowered(seed, "schedule")[0])))) for seed in SEEDS]
    assert sum(last > 0 for last in used) >= 6 and max(used) >= 2


@pytest.mark.parametrize("seed", SEEDS)
def test_a_spoilt_plan_is_refused_or_harmless(seed: int) -> None:
    """Move a buffer, or drop a wait: the checker refuses it, or the results are the same in many interleavings."""
    module, x, expected = lowered(seed, "schedule,plan-memory,check-memory-plan")
    function = entry_point(module)
    choices = Random(seed)
    waiting = [op for op in numbers_of(function) if waits(op)]
    planned = [op for op in numbers_of(function) if BUFFERS in op.attributes]
    for _ in range(3):
        changed, attribute = choices.choice(planned), BUFFERS
        value = choices.choice(planned).attributes[BUFFERS]
        if waiting and choices.randrange(2):
            changed, attribute, value = choices.choice(waiting), WAITS, ArrayAttr([])
        before = changed.attributes[attribute]
        changed.attributes[attribute] = value
        try:
            check(function)
        except UserError:
            continue
        finally:
            changed.attributes[attribute] = before
        changed.attributes[attribute] = value
        for order in range(6):
            for actual, wanted in zip(Memory(module, [x]).run(order), expected.values(), strict=True):
                np.testing.assert_array_equal(actual, wanted)
        changed.attributes[attribute] = before


@pytest.mark.parametrize("seed", SEEDS)
def test_one_stream_is_no_schedule(seed: int) -> None:
    module, x, expected = lowered(seed, "schedule{streams=1},plan-memory,check-memory-plan")
    assert not any(STREAM in op.attributes or WAITS in op.attributes for op in module.walk())
    for actual, wanted in zip(Memory(module, [x]).run(0), expected.values(), strict=True):
        np.testing.assert_array_equal(actual, wanted)


def test_a_second_run_changes_nothing() -> None:
    for seed in SEEDS:
        module, _, _ = lowered(seed, "schedule")
        text = str(module)
        run("schedule", module)
        assert str(module) == text


def test_buffers_are_aligned_for_the_device() -> None:
    module, _, _ = lowered(1, "schedule,plan-memory")
    offsets = {
        place.offset.data
        for op in numbers_of(entry_point(module))
        for place in op.attributes[BUFFERS]
        if isinstance(place, BufferAttr) and place.space.data == "arena"
    }
    assert all(offset % 16 == 0 for offset in offsets) and len(offsets) > 1
    assert entry_point(module).attributes[ARENA_BYTES].value.data % DEVICE_ALIGNMENT == 0


def test_too_many_streams() -> None:
    module = network(0)
    with pytest.raises(UserError, match="streams must be 1 to 16"):
        run("schedule{streams=99}", module)


DIAMOND = """
func.func @main(%x: tensor<64xf32>) -> tensor<64xf32> attributes {cudnn.math = "strict"} {
  %a = kernel.convert(%x) : (tensor<64xf32>) -> tensor<64xf32>
  %b = kernel.convert(%a) : (tensor<64xf32>) -> tensor<64xf32>
  %c = kernel.convert(%a) : (tensor<64xf32>) -> tensor<64xf32>
  %d = kernel.convert(%b) : (tensor<64xf32>) -> tensor<64xf32>
  %e = kernel.convert(%c) : (tensor<64xf32>) -> tensor<64xf32>
  %f = kernel.elementwise(%d, %e) {
    ^bb0(%0: f32, %1: f32):
      %2 = arith.addf %0, %1 : f32
      kernel.yield %2 : f32
  } : (tensor<64xf32>, tensor<64xf32>) -> tensor<64xf32>
  func.return %f : tensor<64xf32>
}
"""


def diamond() -> func.FuncOp:
    module = Parser(make_context(), DIAMOND).parse_module()
    run("schedule", module)
    return entry_point(module)


def test_branches_get_a_stream_each() -> None:
    function = diamond()
    ops = list(numbers_of(function))
    assert [stream(op) for op in ops] == [0, 0, 1, 0, 1, 0]
    assert [waits(op) for op in ops] == [[], [], [0], [], [], [4]]
    assert {tuple(map(ops.index, an_order(function, seed))) for seed in range(40)} > {
        (0, 1, 2, 3, 4, 5),
        (0, 2, 4, 1, 3, 5),
    }


@pytest.mark.parametrize(("time", "share"), [(3.0, 0.1), (1000.0, 0.9)])
def test_what_gains_nothing_stays(time: float, share: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ops as short as a wait, and ops that fill the GPU, run in a row."""
    monkeypatch.setattr(schedule, "cost_of", lambda op: Cost(time, share))
    assert not any(STREAM in op.attributes for op in diamond().body.block.ops)


def test_values_of_branches_do_not_share_memory() -> None:
    """One after the other the two branches would need two places in all, at once each needs its own."""
    module = Parser(make_context(), DIAMOND).parse_module()
    run("schedule{streams=1},plan-memory", module)
    row = entry_point(module).attributes[ARENA_BYTES].value.data
    run("schedule,plan-memory,check-memory-plan", module)
    function = entry_point(module)
    _, b, c, d, e, _ = (op.attributes[BUFFERS].data[0].offset.data for op in numbers_of(function))
    assert not {b, d} & {c, e}
    assert function.attributes[ARENA_BYTES].value.data > row


def test_a_missing_wait_is_refused() -> None:
    module = Parser(make_context(), DIAMOND).parse_module()
    run("schedule,plan-memory", module)
    function = entry_point(module)
    last = list(numbers_of(function))[-1]
    del last.attributes[WAITS]
    with pytest.raises(UserError, match=r"elementwise does not wait for kernel\.convert, which it reads"):
        check(function)


def test_waiting_for_what_comes_later_is_refused() -> None:
    module = Parser(make_context(), DIAMOND).parse_module()
    run("schedule,plan-memory", module)
    function = entry_point(module)
    list(numbers_of(function))[2].attributes[WAITS] = ArrayAttr([IntegerAttr(2, i64)])
    with pytest.raises(UserError, match="waits for an op that does not come before it"):
        check(function)


STATE = """
func.func @main(%x: tensor<64xf32>, %y: tensor<64xf32>) -> tensor<64xf32> attributes {cudnn.math = "strict"} {
  %a = kernel.convert(%y) : (tensor<64xf32>) -> tensor<64xf32>
  %b = kernel.convert(%a) : (tensor<64xf32>) -> tensor<64xf32>
  %c = kernel.read_value(%x) {variable = "v"} : (tensor<64xf32>) -> tensor<64xf32>
  kernel.assign(%b) {variable = "v"} : (tensor<64xf32>) -> ()
  func.return %c : tensor<64xf32>
}
"""


def test_a_variable_is_read_before_it_is_assigned() -> None:
    """Nothing but the variable orders the two, which come to lie on different streams."""
    module = Parser(make_context(), STATE).parse_module()
    run("schedule,plan-memory,check-memory-plan", module)
    function = entry_point(module)
    ops = list(numbers_of(function))
    assert [stream(op) for op in ops] == [0, 0, 1, 0]
    assert waits(ops[3]) == [2]
    del ops[3].attributes[WAITS]
    with pytest.raises(UserError, match=r"kernel\.assign does not wait for kernel\.read_value"):
        check(function)

"""The passes of the cpu target leave values as they are, and their memory plans hold."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.passes.cpu_networks import network
from xdsl.dialects import func
from xdsl.dialects.builtin import ArrayAttr, ModuleOp
from xdsl.ir import Block, Operation, SSAValue

from arhat.dialects.arhat import ConstantOp
from arhat.dialects.kernel import tensor_of
from arhat.dialects.kernel.memory import (
    ARENA_BYTES,
    BUFFERS,
    SCRATCH,
    BufferAttr,
    ConcatInPlaceOp,
    ViewOp,
    origin_of,
    strides_of,
)
from arhat.driver.registry import make_context, make_resolver
from arhat.driver.run import run_steps
from arhat.errors import UserError
from arhat.interpreters import Array, evaluate, evaluate_op
from arhat.passes.check_memory_plan import check
from arhat.passes.plan_memory import ALIGNMENT, Buffer, assign_offsets
from arhat.passes.support import entry_point

STEPS = [
    "convert-arhat-to-cpu",
    "fuse-elementwise",
    "fuse-epilogues",
    "choose-layout",
    "select-algorithms",
    "dce",
    "plan-memory",
    "check-memory-plan",
]
SEEDS = range(40)


def run(pipeline: str, module: ModuleOp) -> None:
    run_steps(make_context(), module, make_resolver().resolve(pipeline, "test"), [], verify_each=True)


def an_input(module: ModuleOp) -> Array:
    shape = tensor_of(entry_point(module).body.block.args[0]).get_shape()
    return np.random.default_rng(0).standard_normal(shape).astype(np.float32)


def assert_close(actual: dict[str, Array], expected: dict[str, Array], when: str) -> None:
    for (name, a), b in zip(actual.items(), expected.values(), strict=True):
        scale = max(1e-6, float(np.max(np.abs(b), initial=0.0)))
        assert a.shape == b.shape
        assert float(np.max(np.abs(a - b), initial=0.0)) <= 2e-5 * scale, f"{name} after {when}"


@pytest.mark.parametrize("seed", SEEDS)
def test_every_pass_keeps_the_values(seed: int) -> None:
    module = network(seed)
    x = an_input(module)
    expected = evaluate(module, [x])
    for step in STEPS:
        run(step, module)
        assert_close(evaluate(module, [x]), expected, step)


class Memory:
    """Runs a planned function op by op on real memory: every operand is read where it was planned to lie."""

    def __init__(self, module: ModuleOp, inputs: list[Array]) -> None:
        self.function = entry_point(module)
        block = self.function.body.block
        arena = self.function.attributes[ARENA_BYTES]
        self.arena = np.full(arena.value.data, 0xFF, np.uint8)  # NaN in every float
        terminator = block.last_op
        assert isinstance(terminator, func.ReturnOp)
        self.outputs = [
            np.full(int(np.prod(tensor_of(v).get_shape())) * 4, 0xFF, np.uint8) for v in terminator.operands
        ]
        self.known: dict[SSAValue, Array] = dict(zip(block.args, inputs, strict=True))

    def view(self, value: SSAValue, op: Operation) -> Array:
        places = op.attributes[BUFFERS]
        assert isinstance(places, ArrayAttr)
        place = places.data[list(op.results).index(value)]
        assert isinstance(place, BufferAttr)
        memory = self.arena if place.space.data == "arena" else self.outputs[place.index.data]
        type_ = tensor_of(value)
        start = place.offset.data + origin_of(type_) * 4
        return np.ndarray(
            type_.get_shape(), np.float32, memory.data, start, tuple(4 * s for s in strides_of(type_))
        )

    def read(self, value: SSAValue) -> Array:
        if value in self.known:
            return self.known[value]
        op = value.owner
        assert isinstance(op, Operation)
        if isinstance(op, ConstantOp | ViewOp):
            return evaluate_op(op, [self.read(v) for v in op.operands])[0]
        return self.view(value, op)

    def run(self) -> list[Array]:
        for op in self.function.body.block.ops:
            if isinstance(op, func.ReturnOp):
                return [self.read(v).copy() for v in op.operands]
            if isinstance(op, ConstantOp | ViewOp | ConcatInPlaceOp):
                continue
            scratch = op.attributes.get(SCRATCH)
            if isinstance(scratch, BufferAttr):
                size = op.properties["scratch_bytes"].value.data
                self.arena[scratch.offset.data : scratch.offset.data + size] = 0xFF
            results = evaluate_op(op, [self.read(v) for v in op.operands])
            for value, result in zip(op.results, results, strict=True):
                self.view(value, op)[...] = result
        raise AssertionError("the function does not return")


@pytest.mark.parametrize("seed", SEEDS)
def test_a_planned_program_runs_in_its_memory(seed: int) -> None:
    module = network(seed)
    x = an_input(module)
    expected = evaluate(module, [x])
    run(",".join(STEPS), module)
    actual = dict(zip(expected, Memory(module, [x]).run(), strict=True))
    assert_close(actual, expected, "running in planned memory")


@pytest.mark.parametrize("seed", SEEDS)
def test_a_spoilt_plan_is_refused_or_harmless(seed: int) -> None:
    """Move one buffer: the checker refuses the plan, or the program still computes the same in that memory."""
    module = network(seed)
    x = an_input(module)
    expected = evaluate(module, [x])
    run(",".join(STEPS), module)
    function = entry_point(module)
    planned = [op for op in function.body.block.ops if BUFFERS in op.attributes]
    choices = Random(seed)
    op, other = choices.choice(planned), choices.choice(planned)
    op.attributes[BUFFERS] = other.attributes[BUFFERS]
    try:
        check(function)
    except UserError:
        return
    actual = dict(zip(expected, Memory(module, [x]).run(), strict=True))
    assert_close(actual, expected, f"{op.name} moved onto {other.name}")


@given(
    spans=st.lists(
        st.tuples(st.integers(1, 300), st.integers(0, 20), st.integers(0, 6)), min_size=1, max_size=30
    )
)
@settings(max_examples=200, deadline=None)
def test_offsets_never_overlap(spans: list[tuple[int, int, int]]) -> None:
    buffers = [Buffer(size, first, first + length) for size, first, length in spans]
    total = assign_offsets(buffers)
    for i, a in enumerate(buffers):
        assert a.offset % ALIGNMENT == 0
        assert a.offset >= 0 and a.offset + a.size <= total
        for b in buffers[:i]:
            together = a.first <= b.last and b.first <= a.last
            apart = a.offset + a.size <= b.offset or b.offset + b.size <= a.offset
            assert apart or not together


def test_a_chain_needs_two_buffers() -> None:
    """Values of a chain live two at a time, however long it is."""
    buffers = [Buffer(1024, i, i + 1) for i in range(100)]
    assert assign_offsets(buffers) == 2048


def test_check_needs_a_plan() -> None:
    module = ModuleOp([func.FuncOp("main", ((), ()))])
    module.body.block.first_op.body.block.add_op(func.ReturnOp())  # type: ignore[union-attr]
    with pytest.raises(UserError, match="run plan-memory first"):
        check(entry_point(module))
    assert isinstance(module.body.block, Block)

"""Loops and branches against OpenVINO.

`Loop` is compared with the reference implementation: in some of the loops here the CPU plugin lets a merged input and a
slice share memory, so that it adds a slice to itself.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import openvino as ov
from hypothesis import strategies as st

from test.sweeps import Array, Case, Sweep, numbers, seeds

sweep = Sweep()
o = ov.opset8


def by_reference(build: Any) -> Any:
    """The results by `ov.Model.evaluate`."""

    def run(*inputs: Array) -> list[Array]:
        parameters = [o.parameter(list(a.shape), a.dtype) for a in inputs]
        made = build(*parameters)
        outputs = made if isinstance(made, list) else list(made.outputs())
        model = ov.Model([o.result(output) for output in outputs], parameters, "reference")
        tensors = [ov.Tensor(output.element_type, ov.Shape()) for output in model.outputs]
        assert model.evaluate(tensors, [ov.Tensor(np.ascontiguousarray(a)) for a in inputs])
        return [np.array(tensor.data) for tensor in tensors]

    return run


def _step(part: Any, carried: Any, scale: Any, axis: int, seed: int) -> Any:
    """A layer that mixes the slice with what is carried from step to step; a constant is the same in all."""
    bias = o.constant(numbers(seed, 1, low=-1, high=1))
    mixed = o.add(o.multiply(carried, scale), bias)
    return o.tanh(o.add(o.reduce_sum(part, o.constant(np.array([axis])), keep_dims=True), mixed))


@sweep.operator("TensorIterator", examples=40, emitted=10)
@st.composite
def tensor_iterator(draw: st.DrawFn) -> Case:
    """Slices of one or more elements, from both ends, what is carried, what is the same, joined and last results."""
    axis, part, count = draw(st.integers(0, 2)), draw(st.integers(1, 3)), draw(st.integers(1, 5))
    seed, backward, joined_backward = draw(seeds), draw(st.booleans()), draw(st.booleans())
    shape = [2, 3, 4]
    shape[axis] = part * count
    body_shape = list(shape)
    body_shape[axis] = part
    carried_shape = list(shape)
    carried_shape[axis] = 1

    def build(x: Any, initial: Any, scale: Any) -> Any:
        slice_, carried = o.parameter(body_shape, np.float32), o.parameter(carried_shape, np.float32)
        same = o.parameter([1], np.float32)
        value = _step(slice_, carried, same, axis, seed)
        body = ov.Model(
            [o.result(value), o.result(o.multiply(slice_, value))], [slice_, carried, same], "body"
        )
        iterator = o.tensor_iterator()
        iterator.set_body(body)
        way = (-1, -part, part, 0, axis) if backward else (0, part, part, -1, axis)
        iterator.set_sliced_input(slice_, x.output(0), *way)
        iterator.set_merged_input(carried, initial.output(0), body.results[0].output(0))
        iterator.set_invariant_input(same, scale.output(0))
        back = (-1, -1, 1, 0, axis) if joined_backward else (0, 1, 1, -1, axis)
        whole = (-1, -part, part, 0, axis) if joined_backward else (0, part, part, -1, axis)
        return [
            iterator.get_iter_value(body.results[0].output(0), -1),
            iterator.get_concatenated_slices(body.results[0].output(0), *back),
            iterator.get_concatenated_slices(body.results[1].output(0), *whole),
        ]

    arrays = [numbers(seed, *shape), numbers(seed + 1, *carried_shape), numbers(seed + 2, 1)]
    note = f"axis {axis}, {count} parts of {part}, backward {backward} {joined_backward}"
    return Case(build, arrays, note=note)


@sweep.operator("Loop", examples=40, emitted=10)
@st.composite
def loop(draw: st.DrawFn) -> Case:
    """A constant trip count or none, a condition of the counter, with and without slices, and with no iteration."""
    trips, seed = draw(st.integers(0, 5)), draw(seeds)
    until = draw(st.sampled_from([None, 0, 1, 3]))
    sliced, entered = draw(st.booleans()), draw(st.sampled_from([True, True, True, False]))
    endless = until is not None and draw(st.booleans())
    number_shape = draw(st.sampled_from([[], [1]]))
    runs = entered and (trips > 0 or endless)
    steps = max(trips, 5)

    def build(x: Any, initial: Any) -> Any:
        number = o.parameter(number_shape, np.int64)
        part, carried = o.parameter([1, 3], np.float32), o.parameter([1, 3], np.float32)
        value = o.add(
            o.multiply(carried, np.float32(0.5)),
            o.convert(o.reshape(number, o.constant(np.array([1])), False), "f32"),
        )
        if sliced:
            value = o.subtract(value, part)
        goes_on = o.constant(np.array(True))
        if until is not None:
            goes_on = o.reshape(o.less(number, o.constant(np.int64(until))), o.constant(np.array([1])), False)
        body = ov.Model(
            [o.result(goes_on), o.result(value)], [number, carried, *([part] if sliced else [])], "body"
        )
        made = o.loop(o.constant(np.int64(-1 if endless else trips)), o.constant(np.array(entered)))
        made.set_function(body)
        made.set_special_body_ports([0, 0])
        made.set_merged_input(carried, initial.output(0), body.results[1].output(0))
        if sliced:
            made.set_sliced_input(part, x.output(0), 0, 1, 1, -1, 0)
        outputs = [made.get_iter_value(body.results[1].output(0), -1)]
        if runs:
            outputs.append(made.get_concatenated_slices(body.results[1].output(0), 0, 1, 1, -1, 0))
        return [*outputs, o.add(x, np.float32(1)).output(0)]

    arrays = [numbers(seed, steps, 3), numbers(seed + 1, 1, 3)]
    note = f"{trips} trips, until {until}, sliced {sliced}, entered {entered}, endless {endless}"
    expected = by_reference(build) if runs else lambda x, initial: [initial, x + 1]
    return Case(build, arrays, expected=expected, note=note)


@sweep.operator("Loop in a loop", examples=10, emitted=3)
@st.composite
def nested(draw: st.DrawFn) -> Case:
    """Bodies inside of bodies."""
    outer_trips, inner_trips, seed = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(seeds)

    def once(trips: int, initial: Any, make: Any) -> Any:
        carried = o.parameter([2, 2], np.float32)
        value = make(carried)
        body = ov.Model([o.result(o.constant(np.array(True))), o.result(value)], [carried], "body")
        made = o.loop(o.constant(np.int64(trips)), o.constant(np.array(True)))
        made.set_function(body)
        made.set_special_body_ports([-1, 0])
        made.set_merged_input(carried, initial, body.results[1].output(0))
        return made.get_iter_value(body.results[1].output(0), -1)

    def build(x: Any) -> Any:
        return [
            once(
                outer_trips,
                x.output(0),
                lambda carried: once(
                    inner_trips,
                    o.tanh(carried).output(0),
                    lambda value: o.add(value, np.float32(0.25)).output(0),
                ),
            )
        ]

    return Case(build, [numbers(seed, 2, 2)], expected=by_reference(build))


@sweep.operator("If", examples=30, emitted=8)
@st.composite
def branch(draw: st.DrawFn) -> Case:
    """On a condition that is constant, that follows from a shape, and that is known at run time only."""
    kind, truth = draw(st.sampled_from(["constant", "shape", "at run time"])), draw(st.booleans())
    seed, condition_shape = draw(seeds), draw(st.sampled_from([[], [1]]))
    shape = draw(st.sampled_from([(3,), (2, 3), (1, 4, 5, 6)]))

    def build(x: Any, y: Any, *rest: Any) -> Any:
        if kind == "constant":
            condition = o.constant(np.full(condition_shape, truth))
        elif kind == "shape":
            size = o.gather(o.shape_of(x), o.constant(np.int64(0)), o.constant(np.int64(0)))
            condition = o.equal(size, o.constant(np.int64(shape[0] if truth else shape[0] + 1)))
        else:
            condition = rest[0]
        a, b, c = (o.parameter(list(shape), np.float32) for _ in range(3))
        then = ov.Model([o.result(o.add(a, b)), o.result(o.tanh(a))], [a, b], "then")
        other = ov.Model([o.result(o.negative(c)), o.result(c)], [c], "otherwise")
        made = o.if_op(condition.output(0))
        made.set_then_body(then)
        made.set_else_body(other)
        made.set_input(x.output(0), a, c)
        made.set_input(y.output(0), b, None)
        return [
            made.set_output(then.results[0], other.results[0]),
            made.set_output(then.results[1], other.results[1]),
            o.add(x, y).output(0),
        ]

    arrays = [numbers(seed, *shape), numbers(seed + 1, *shape)]
    if kind == "at run time":
        arrays.append(np.full(condition_shape, truth))
    return Case(build, arrays, note=f"{kind} {truth}")


test_interpreter, test_emitted = sweep.tests()

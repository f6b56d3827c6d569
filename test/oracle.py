"""Runs one operator with OpenVINO and with Arhat's interpreter, and compares."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import openvino as ov
from hypothesis import HealthCheck, settings
from xdsl.dialects.test import TestOp

from arhat.dialects.arhat import ArhatOp
from arhat.interpreters import evaluate_op
from arhat.weights import array_type

Array = np.ndarray[Any, np.dtype[Any]]


def sweep(examples: int) -> settings:
    """Settings of a sweep: always the same examples, and as many as are worth their time."""
    return settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    )


@cache
def _core() -> ov.Core:
    return ov.Core()


def openvino(build: Callable[..., Any], arrays: Sequence[Array]) -> list[Array]:
    """The outputs of the OpenVINO node that `build` makes of one Parameter per array, on CPU in f32."""
    parameters = [ov.opset11.parameter(ov.PartialShape(list(a.shape)), a.dtype) for a in arrays]
    node = build(*parameters)
    model = ov.Model(list(node.outputs()), parameters, "oracle")
    compiled = _core().compile_model(
        model, "CPU", {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 1}
    )
    results = compiled(list(arrays))
    return [np.array(results[output]) for output in compiled.outputs]


def reference(node: Any, inputs: Sequence[Array]) -> Array:
    """The first output of an OpenVINO node by OpenVINO's own reference implementation."""
    output = ov.Tensor(node.output(0).element_type, node.output(0).shape)
    assert node.evaluate([output], [ov.Tensor(a) for a in inputs])
    return np.array(output.data)


def arhat(
    operation: type[ArhatOp], operands: Sequence[Any], properties: Mapping[str, Any] | None = None
) -> Array:
    """The result of `operation`, built by its shape rule, verified, and run by the interpreter.

    An operand is an array, None for an absent optional one, or a list of arrays for a variadic one.
    """
    flat: list[Array] = []
    for operand in operands:
        flat.extend(operand if isinstance(operand, list) else [] if operand is None else [operand])
    values = iter(TestOp(result_types=[array_type(a) for a in flat]).results)
    given: list[Any] = []
    for operand in operands:
        if isinstance(operand, list):
            given.append([next(values) for _ in operand])
        else:
            given.append(None if operand is None else next(values))
    op = operation.build_inferred(given, properties or {})
    op.verify()
    (result,) = evaluate_op(op, flat)
    return result


def close(actual: Array, expected: Array, *, rtol: float = 1e-5, atol: float = 1e-5) -> None:
    """Same shape and element type, and values within the tolerance."""
    assert actual.dtype == expected.dtype
    np.testing.assert_allclose(actual, expected, rtol=rtol, atol=atol, strict=True)


def same(actual: Array, expected: Array) -> None:
    """Same shape, element type and values."""
    np.testing.assert_array_equal(actual, expected, strict=True)


def numbers(seed: int, *shape: int, low: float = -3, high: float = 3) -> Array:
    """Seeded f32 numbers."""
    return np.random.default_rng(seed).uniform(low, high, shape).astype(np.float32)

"""The generated functions: up to date, one for each operation, and each does what its operation does."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from arhat import frontend as ar
from arhat.frontend import operations
from arhat.frontend.generate import BY_HAND, DEFAULTS, every_operation, is_up_to_date, plain_operations


def test_generated_file_is_up_to_date() -> None:
    """Run `python -m arhat.frontend.generate` where this fails."""
    assert is_up_to_date()


def test_every_operation_has_a_function() -> None:
    plain = {op.name for op in plain_operations()}
    for op in every_operation():
        kind = op.name.partition(".")[2]
        if op.name in BY_HAND:
            assert op.name not in plain
        else:
            assert op.name in plain, f"{op.name} has no function: generate one or write it by hand"
            assert callable(getattr(ar, kind))


def test_defaults_belong_to_properties() -> None:
    known = {
        f"{op.name.partition('.')[2]}.{name}"
        for op in plain_operations()
        for name in op.get_irdl_definition().properties
    }
    assert set(DEFAULTS) <= known


@pytest.mark.parametrize("name", operations.__all__)
def test_signatures(name: str) -> None:
    function = getattr(operations, name)
    signature = inspect.signature(function)
    assert list(signature.parameters)[-1] == "name"
    assert function.__doc__ and "```" not in function.__doc__


def test_several_results() -> None:
    with ar.Network() as net:
        values, places = operations.topk(net.input("x", (1, 5)), axis=1, k=2, index_type="i32")
        net.output("values", values)
        net.output("places", places)
    made = net.evaluate([np.array([[3, 9, 1, 4, 7]], np.float32)])
    np.testing.assert_array_equal(made["values"], [[9, 7]])
    np.testing.assert_array_equal(made["places"], np.array([[1, 4]], np.int32), strict=True)


def test_recurrent_defaults() -> None:
    with ar.Network() as net:
        x = net.input("x", (1, 3, 2))
        zeros = np.zeros((1, 1, 4), np.float32)
        w, r, b = (np.ones(s, np.float32) for s in ((1, 16, 2), (1, 16, 4), (1, 16)))
        y, h, c = ar.lstm_sequence(x, zeros, zeros, w, r, b)
    assert [t.shape for t in (y, h, c)] == [(1, 1, 3, 4), (1, 1, 4), (1, 1, 4)]

"""Recurrent networks: sequences of LSTM, GRU and plain cells.

Each has two halves. The first multiplies the whole input by the weights and adds the bias, which gives `gates`
[N, T, D, G*H]. The second goes step by step: `..._steps`, which platforms ask for by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from arhat.interpreters.meanings.activation import sigmoid

Array = np.ndarray[Any, np.dtype[Any]]
Function = Callable[[Array], Array]


def functions(
    activations: Sequence[str], alpha: Sequence[float], beta: Sequence[float], clip: float
) -> list[tuple[Function, Function]]:
    """Each activation with the clamp before it, and without."""
    return [_function(*parameters, clip) for parameters in zip(activations, alpha, beta, strict=True)]


def _function(name: str, alpha: float, beta: float, clip: float) -> tuple[Function, Function]:
    plain: dict[str, Function] = {
        "sigmoid": sigmoid,
        "tanh": np.tanh,
        "relu": lambda x: np.maximum(x, x.dtype.type(0)),
        "hard_sigmoid": lambda x: np.clip(
            x * x.dtype.type(alpha) + x.dtype.type(beta), x.dtype.type(0), x.dtype.type(1)
        ),
    }
    function = plain[name]
    if clip <= 0:
        return function, function
    return (lambda x: function(np.clip(x, x.dtype.type(-clip), x.dtype.type(clip)))), function


def project(x: Array, w: Array, b: Array) -> Array:
    """`x w + b` of all steps and directions, [N, T, D, G*H]: the part that does not wait for earlier steps."""
    return np.einsum("nti,dgi->ntdg", x, w, optimize=True) + b


def _walk(
    steps: int, rows: int, directions: int, direction: str, lengths: Array | None
) -> Iterator[tuple[int, Array, Array]]:
    """Each direction's steps in order: the direction, the rows that still count, and the step of each of them."""
    count = np.full(rows, steps) if lengths is None else np.clip(lengths, 0, steps)
    for d in range(directions):
        backward = direction == "reverse" or d == 1
        for step in range(steps):
            active = np.flatnonzero(step < count)
            yield d, active, (count[active] - 1 - step if backward else np.full(active.size, step))


def lstm_steps(
    gates: Array,
    r: Array,
    initial_h: Array,
    initial_c: Array,
    lengths: Array | None = None,
    *,
    direction: str,
    activations: Sequence[str],
    alpha: Sequence[float],
    beta: Sequence[float],
    clip: float,
) -> tuple[Array, Array, Array]:
    """The recurrence of an LSTM; see `lstm_sequence`."""
    rows, steps, directions, _ = gates.shape
    (f, _), (g, _), (_, last) = functions(activations, alpha, beta, clip)
    h, c = np.array(initial_h), np.array(initial_c)
    y = np.zeros((rows, directions, steps, h.shape[-1]), gates.dtype)
    for d, active, step in _walk(steps, rows, directions, direction, lengths):
        forget, update, candidate, output = np.split(
            gates[active, step, d] + h[active, d] @ r[d].T, 4, axis=-1
        )
        c[active, d] = f(forget) * c[active, d] + f(update) * g(candidate)
        h[active, d] = f(output) * last(c[active, d])
        y[active, d, step] = h[active, d]
    return y, h, c


def lstm_sequence(
    x: Array,
    initial_h: Array,
    initial_c: Array,
    w: Array,
    r: Array,
    b: Array,
    lengths: Array | None = None,
    **parameters: Any,
) -> tuple[Array, Array, Array]:
    """All hidden states, the last hidden and the last cell state. Source: LSTMSequence-5, LSTMCell-4."""
    return lstm_steps(project(x, w, b), r, initial_h, initial_c, lengths, **parameters)


def gru_steps(
    gates: Array,
    r: Array,
    initial_h: Array,
    recurrent_bias: Array | None = None,
    lengths: Array | None = None,
    *,
    direction: str,
    activations: Sequence[str],
    alpha: Sequence[float],
    beta: Sequence[float],
    clip: float,
    linear_before_reset: bool,
) -> tuple[Array, Array]:
    """The recurrence of a GRU; see `gru_sequence`."""
    rows, steps, directions, _ = gates.shape
    (f, _), (g, _) = functions(activations, alpha, beta, clip)
    h = np.array(initial_h)
    hidden = h.shape[-1]
    y = np.zeros((rows, directions, steps, hidden), gates.dtype)
    for d, active, step in _walk(steps, rows, directions, direction, lengths):
        before, inputs = h[active, d], gates[active, step, d]
        z, reset = np.split(f(inputs[:, : 2 * hidden] + before @ r[d, : 2 * hidden].T), 2, axis=-1)
        if linear_before_reset:
            assert recurrent_bias is not None
            recurrent = reset * (before @ r[d, 2 * hidden :].T + recurrent_bias[d])
        else:
            recurrent = (reset * before) @ r[d, 2 * hidden :].T
        h[active, d] = (1 - z) * g(inputs[:, 2 * hidden :] + recurrent) + z * before
        y[active, d, step] = h[active, d]
    return y, h


def gru_sequence(
    x: Array,
    initial_h: Array,
    w: Array,
    r: Array,
    b: Array,
    recurrent_bias: Array | None = None,
    lengths: Array | None = None,
    **parameters: Any,
) -> tuple[Array, Array]:
    """All hidden states and the last one. Source: GRUSequence-5, GRUCell-3."""
    return gru_steps(project(x, w, b), r, initial_h, recurrent_bias, lengths, **parameters)


def rnn_steps(
    gates: Array,
    r: Array,
    initial_h: Array,
    lengths: Array | None = None,
    *,
    direction: str,
    activations: Sequence[str],
    alpha: Sequence[float],
    beta: Sequence[float],
    clip: float,
) -> tuple[Array, Array]:
    """The recurrence of a plain network; see `rnn_sequence`."""
    rows, steps, directions, _ = gates.shape
    ((f, _),) = functions(activations, alpha, beta, clip)
    h = np.array(initial_h)
    y = np.zeros((rows, directions, steps, h.shape[-1]), gates.dtype)
    for d, active, step in _walk(steps, rows, directions, direction, lengths):
        h[active, d] = f(gates[active, step, d] + h[active, d] @ r[d].T)
        y[active, d, step] = h[active, d]
    return y, h


def rnn_sequence(
    x: Array, initial_h: Array, w: Array, r: Array, b: Array, lengths: Array | None = None, **parameters: Any
) -> tuple[Array, Array]:
    """All hidden states and the last one. Source: RNNSequence-5, RNNCell-1."""
    return rnn_steps(project(x, w, b), r, initial_h, lengths, **parameters)

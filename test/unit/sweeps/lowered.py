"""Cases of a sweep, lowered for the `cpu` target, mean what they meant."""

from __future__ import annotations

import numpy as np
from sweeps import Sweep, _examples, imported

from arhat.compiler import lower
from arhat.interpreters import evaluate


def check_lowered(sweep: Sweep, examples: int) -> None:
    """Interprets the first cases of every operator before and after lowering."""
    for operator in sweep.operators.values():
        for case in _examples(operator, examples):
            module = imported([case])
            before = evaluate(module, list(case.inputs))
            lower(module)
            after = evaluate(module, list(case.inputs))
            for expected, actual in zip(before.values(), after.values(), strict=True):
                # Winograd transforms lose some bits.
                scale = max(1.0, float(np.abs(expected).max(initial=0)))
                np.testing.assert_allclose(actual, expected, rtol=1e-4, atol=1e-5 * scale, err_msg=repr(case))

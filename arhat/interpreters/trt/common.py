"""How the meanings of layers are called, and how their results are rounded."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np
from xdsl.dialects.builtin import BFloat16Type
from xdsl.interpreter import Interpreter, InterpreterFunctions, OpImpl, PythonValues, impl
from xdsl.ir import SSAValue

from arhat.dialects.kernel import tensor_of
from arhat.dialects.trt import TrtOp
from arhat.weights import Array, dtype_of, round_to_bf16

_Op = TypeVar("_Op", bound=TrtOp)
F32 = np.float32


def rounded(value: SSAValue, result: Array) -> Array:
    """`result` in the element type of `value`, floats to the nearest one, halves to even."""
    element = tensor_of(value).element_type
    if isinstance(element, BFloat16Type):
        return round_to_bf16(result)
    with np.errstate(over="ignore"):
        return np.asarray(result).astype(dtype_of(element), copy=False)


def widened(array: Array) -> Array:
    """f16 as f32; other arrays as they are."""
    return array.astype(F32) if array.dtype == np.float16 else array


def meaning(
    operation: type[_Op], function: Callable[..., Array | tuple[Array, ...]]
) -> OpImpl[InterpreterFunctions, _Op]:
    """The function gets the op, then the operands in order, f16 as f32; several results come as a tuple."""

    def run(
        functions: InterpreterFunctions, interpreter: Interpreter, op: _Op, args: PythonValues
    ) -> PythonValues:
        with np.errstate(all="ignore"):
            result = function(op, *map(widened, args))
        results = result if isinstance(result, tuple) else (result,)
        return tuple(rounded(value, array) for value, array in zip(op.results, results, strict=True))

    return impl(operation)(run)

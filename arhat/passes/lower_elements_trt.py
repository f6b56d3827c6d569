"""Part of convert-arhat-to-trt: element types that TensorRT does not have, as ones that it has.

| in the model | in the network |
|---|---|
| f64 | f32, as OpenVINO's own plugins compute it |
| i8, i16, ui8, ui16 | i32 |
| ui32, ui64 | i64 |

The wider integers hold the same numbers: where an operation may leave the range of the model's type, the result wraps
around as the model's would. (ui64 has numbers from 2^63 on that i64 has not: they are taken for negative ones by what
is not the same for both.) Bytes of quantised tensors are left alone. An input or an output of the model may have
elements of ui8 (TensorRT casts them), of the others of this table it may not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import numpy as np
from xdsl.dialects.builtin import (
    BFloat16Type,
    Float16Type,
    Float32Type,
    IntegerType,
    ModuleOp,
    Signedness,
    TensorType,
    f32,
    f64,
    i1,
    i8,
    i16,
    i32,
    i64,
)
from xdsl.dialects.func import ReturnOp
from xdsl.ir import Attribute, Block, Operation, SSAValue
from xdsl.rewriter import Rewriter

from arhat.dialects import arhat
from arhat.dialects.arhat import ArhatOp
from arhat.dialects.arhat.base import Property, tensor_type, type_of
from arhat.dialects.arhat.quantization import BYTE
from arhat.dialects.kernel.base import AnyInteger, AnyTensor, is_integer
from arhat.errors import UserError, UserErrors, quote
from arhat.interpreters import input_names, output_names
from arhat.layers import layers_of, set_layers
from arhat.passes.fold_constants import Folder
from arhat.passes.rewriting import insert_before, rebuild
from arhat.passes.support import entry_point
from arhat.weights import dense, dtype_of

WIDER: Mapping[Attribute, Attribute] = {
    f64: f32,
    i8: i32,
    i16: i32,
    BYTE: i32,
    IntegerType(16, Signedness.UNSIGNED): i32,
    IntegerType(32, Signedness.UNSIGNED): i64,
    IntegerType(64, Signedness.UNSIGNED): i64,
}
"""By element type of the model that of the network."""

NATIVE = (Float32Type, Float16Type, BFloat16Type)
QUANTISED = (
    arhat.QuantizeOp,
    arhat.DequantizeOp,
    arhat.QuantizedConvolutionOp,
    arhat.QuantizedAddOp,
)
"""Operations on quantised bytes, which are not numbers of a model's own type."""
MOVES = (arhat.MaxPoolOp, arhat.ConcatOp)
"""What else may have quantised bytes."""

WRAPS = (
    arhat.AddOp,
    arhat.SubtractOp,
    arhat.MultiplyOp,
    arhat.DivideOp,
    arhat.PowerOp,
    arhat.SquaredDifferenceOp,
    arhat.AbsOp,
    arhat.NegativeOp,
    arhat.BitwiseNotOp,
    arhat.ReduceSumOp,
    arhat.ReduceProdOp,
    arhat.CumSumOp,
    arhat.MatmulOp,
    arhat.ScatterUpdateOp,
    arhat.ScatterElementsUpdateOp,
    arhat.ConvertOp,
)
"""Operations whose results may leave the range of their operands' type."""


def tensor_like(type_: Attribute) -> AnyTensor:
    """The type of an input or an output of the model, which is a tensor."""
    assert isinstance(type_, TensorType)
    return cast(AnyTensor, type_)


def is_native(element: Attribute) -> bool:
    """Whether tensors of a network may have such elements."""
    return isinstance(element, NATIVE) or element in (i1, i32, i64)


def widen_elements(module: ModuleOp) -> None:
    """Gives values of the entry point element types that TensorRT has.

    Raises:
        UserErrors: inputs or outputs have others.
    """
    block = entry_point(module).body.block
    _check_ports(module, block)
    quantised = _quantised(block)
    folder = Folder(module)
    for argument in block.args:
        if type_of(argument).element_type == BYTE:
            _widen_argument(argument)
    for op in list(block.ops):
        if isinstance(op, arhat.ConstantOp):
            _widen_constant(op, quantised, folder)
        elif isinstance(op, ArhatOp) and not isinstance(op, QUANTISED):
            for result in list(op.results):
                if result not in quantised and type_of(result).element_type in WIDER:
                    _widen_result(op, result)
        elif isinstance(op, ReturnOp):
            _narrow_results(module, op)


def _check_ports(module: ModuleOp, block: Block) -> None:
    main = entry_point(module)
    ports = [
        *zip(["input"] * len(block.args), input_names(module), main.function_type.inputs, strict=True),
        *zip(
            ["output"] * len(main.function_type.outputs),
            output_names(module),
            main.function_type.outputs,
            strict=True,
        ),
    ]
    errors: list[UserError] = []
    for what, name, type_ in ports:
        element = tensor_like(type_).element_type
        if not is_native(element) and element != BYTE:
            errors.append(
                UserError(
                    f"the trt target cannot take the {what} {quote(name)}: "
                    f"TensorRT has no elements of type {element}",
                    notes=["convert it in the model to f32, f16, i32, i64 or ui8"],
                )
            )
    if errors:
        raise UserErrors(errors)


def _quantised(block: Block) -> set[SSAValue]:
    """The values that are quantised bytes."""
    found: set[SSAValue] = set()
    for op in block.ops:
        moves = isinstance(op, MOVES) and bool(op.operands) and all(value in found for value in op.operands)
        if isinstance(op, QUANTISED) or moves:
            found.update(result for result in op.results if type_of(result).element_type == BYTE)
    return found


def _to(value: SSAValue, element: Attribute) -> arhat.ConvertOp:
    return arhat.ConvertOp.build_inferred([value], {"to": element})


def _widen_argument(argument: SSAValue) -> None:
    """Bytes of an input are converted once; what converts them anyway keeps doing so itself."""
    uses = [
        use
        for use in argument.uses
        if isinstance(use.operation, ArhatOp) and not isinstance(use.operation, (arhat.ConvertOp, *QUANTISED))
    ]
    if not uses:
        return
    block = argument.owner
    assert isinstance(block, Block) and block.first_op is not None
    wide = _to(argument, i32)
    block.insert_op_before(wide, block.first_op)
    for use in uses:
        use.operation.operands[use.index] = wide.result


def _widen_constant(op: arhat.ConstantOp, quantised: set[SSAValue], folder: Folder) -> None:
    element = type_of(op.result).element_type
    if element not in WIDER:
        return
    uses = [use for use in op.result.uses if not isinstance(use.operation, QUANTISED)]
    if not uses:
        return
    wide = folder.make(arhat.ConvertOp, [op], to=WIDER[element])
    insert_before(op, wide)
    for use in uses:
        use.operation.operands[use.index] = wide.result


def _widen_result(op: ArhatOp, result: SSAValue) -> None:
    old = type_of(result)
    element, wide = old.element_type, WIDER[old.element_type]
    if isinstance(op, arhat.InterpolateOp) and op.mode.data != "nearest" and wide == i32:
        _resize_as_floats(op, dtype_of(element))
        return
    value = Rewriter.replace_value_with_new_type(result, tensor_type(wide, old.get_shape()))
    if isinstance(op, arhat.ConvertOp):
        op.properties["to"] = wide
    if is_integer(element) and element.bitwidth < 64 and isinstance(op, WRAPS):
        _wrap(op, value, element)


def _resize_as_floats(op: arhat.InterpolateOp, dtype: np.dtype[Any]) -> None:
    """Resizes integers of 8 and 16 bits, which f32 has all, in f32: the results are rounded and clipped."""
    x = _to(op.x, f32)
    y = rebuild(op, lambda value: x.result)
    rounded = arhat.RoundOp.build_inferred([y], {"mode": "half_to_even"})
    limits = np.iinfo(dtype)
    given = {"min": float(limits.min), "max": float(limits.max)}
    clipped = arhat.ClampOp.build_inferred([rounded], given)
    made = [x, y, rounded, clipped, _to(clipped.results[0], i32)]
    for new in made:
        set_layers(new, layers_of(op))
    Rewriter.replace_op(op, made)


def _wrap(op: ArhatOp, value: SSAValue, element: AnyInteger) -> None:
    """Lets what uses `value` see it modulo the range of `element`."""
    width = element.width.data
    least = 0 if element.signedness.data == Signedness.UNSIGNED else -(1 << (width - 1))
    uses = list(value.uses)
    after: Operation = op

    def put(new: ArhatOp) -> SSAValue:
        nonlocal after
        block = op.parent_block()
        assert block is not None
        block.insert_op_after(new, after)
        set_layers(new, layers_of(op))
        after = new
        return new.results[0]

    def number(n: int) -> SSAValue:
        array = np.asarray(n, dtype_of(type_of(value).element_type))
        return put(arhat.ConstantOp.get(dense(array), tensor_type(type_of(value).element_type, ())))

    def apply(kind: type[ArhatOp], x: SSAValue, n: int, **properties: Property) -> SSAValue:
        return put(kind.build_inferred([x, number(n)], properties))

    y = apply(arhat.SubtractOp, value, least) if least else value
    y = apply(arhat.FloorModOp, y, 1 << width)
    y = apply(arhat.AddOp, y, least) if least else y
    for use in uses:
        use.operation.operands[use.index] = y


def _narrow_results(module: ModuleOp, op: ReturnOp) -> None:
    """Outputs of ui8 are converted back."""
    for index, type_ in enumerate(entry_point(module).function_type.outputs):
        if op.operands[index].type != type_:
            narrow = _to(op.operands[index], tensor_like(type_).element_type)
            owner = op.operands[index].owner
            insert_before(op, narrow)
            set_layers(narrow, layers_of(owner) if isinstance(owner, Operation) else ())
            op.operands[index] = narrow.result

"""Models whose inputs and outputs have element types that TensorRT has."""

from __future__ import annotations

from xdsl.dialects.builtin import FunctionType, IntegerType, ModuleOp, Signedness
from xdsl.rewriter import Rewriter

from arhat.dialects import arhat
from arhat.dialects.arhat import tensor_type, type_of
from arhat.interpreters import Array, main_of
from arhat.passes.lower_elements_trt import WIDER, is_native
from arhat.weights import dtype_of

U8 = IntegerType(8, Signedness.UNSIGNED)


def native_ports(module: ModuleOp, inputs: list[Array]) -> ModuleOp:
    """Gives inputs and outputs element types that TensorRT has: they are converted next to the border."""
    main = main_of(module)
    block = main.body.block
    for index, argument in enumerate(block.args):
        type_ = type_of(argument)
        if is_native(type_.element_type) or type_.element_type == U8:
            continue
        wide = WIDER[type_.element_type]
        if inputs:
            inputs[index] = inputs[index].astype(dtype_of(wide))
        value = Rewriter.replace_value_with_new_type(argument, tensor_type(wide, type_.get_shape()))
        narrow = arhat.ConvertOp.build_inferred([value], {"to": type_.element_type})
        value.replace_all_uses_with(narrow.result)
        narrow.operands[0] = value
        block.insert_op_before(narrow, block.first_op)
    last = block.last_op
    assert last is not None
    for index, value in enumerate(last.operands):
        element = type_of(value).element_type
        if not is_native(element) and element != U8:
            wider = arhat.ConvertOp.build_inferred([value], {"to": WIDER[element]})
            block.insert_op_before(wider, last)
            last.operands[index] = wider.result
    main.function_type = FunctionType.from_lists(
        [argument.type for argument in block.args], [value.type for value in last.operands]
    )
    return module

"""Pass `infer-shapes`."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects import func
from xdsl.dialects.builtin import FunctionType, ModuleOp, StringAttr
from xdsl.ir import Block, Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import Rewriter
from xdsl.traits import IsTerminator
from xdsl.utils.exceptions import VerifyException

from arhat.dialects.arhat.base import TensorOp, tensor_type, type_of
from arhat.errors import UserError, quote
from arhat.layers import layers_of
from arhat.passes.support import entry_point


@dataclass(frozen=True)
class InferShapesPass(ModulePass):
    """Recomputes the type of every result from the types of the function's arguments.

    Serves a model whose input shapes are changed, here or by whoever made the module: each operation gets the result
    types of its shape rule, and the function type follows. What an operation states about shapes (the target of a
    reshape, the sizes of a slice) is not changed; where it no longer fits, the error names the layer.

    Options:

    - `shapes`: new shapes of inputs of `@main`, each `name:2x3x224x224`; an empty shape makes a scalar.

    Before (with `shapes=x:2x3`):

    ```mlir
    func.func @main(%x: tensor<1x3xf32> {arhat.name = "x"}) -> tensor<1x3xf32> {
      %0 = arhat.relu(%x) : (tensor<1x3xf32>) -> tensor<1x3xf32>
      func.return %0 : tensor<1x3xf32>
    }
    ```

    After:

    ```mlir
    func.func @main(%x: tensor<2x3xf32> {arhat.name = "x"}) -> tensor<2x3xf32> {
      %0 = arhat.relu(%x) : (tensor<2x3xf32>) -> tensor<2x3xf32>
      func.return %0 : tensor<2x3xf32>
    }
    ```
    """

    name = "infer-shapes"

    shapes: tuple[str, ...] = ()

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Infers in every function of the module.

        Raises:
            UserError: an option names no input or has no shape, or an operation does not fit its operands.
        """
        if self.shapes:
            _set_input_shapes(entry_point(op), self.shapes)
        for function in op.body.block.ops:
            if isinstance(function, func.FuncOp) and not function.is_declaration:
                infer_function(function)


def infer_function(function: func.FuncOp) -> None:
    """Recomputes the result types in `function`, whose arguments have their types already, and its own type.

    Raises:
        UserError: an operation does not fit its operands.
    """
    inputs = [argument.type for argument in function.args]
    changed: set[SSAValue] = {
        argument
        for argument, old in zip(function.args, function.function_type.inputs, strict=True)
        if argument.type != old
    }
    for block in function.body.blocks:
        _infer_block(block, changed)
    returned = function.get_return_op()
    outputs = (
        function.function_type.outputs.data if returned is None else [v.type for v in returned.arguments]
    )
    function.function_type = FunctionType.from_lists(inputs, list(outputs))


def _infer_block(block: Block, changed: set[SSAValue]) -> None:
    """Infers in program order; `changed` are the values whose types are new."""
    for op in block.ops:
        if isinstance(op, TensorOp):
            try:
                types = op.infer()
            except VerifyException as error:
                raise _misfit(op, str(error)) from error
            for result, type in zip(tuple(op.results), types, strict=True):
                if result.type != type:
                    changed.add(Rewriter.replace_value_with_new_type(result, type))
        elif not op.has_trait(IsTerminator) and any(operand in changed for operand in op.operands):
            raise _misfit(op, "infer-shapes has no shape rule for it; run the pass before lowering")


def _misfit(op: Operation, why: str) -> UserError:
    operands = ", ".join(str(operand.type) for operand in op.operands)
    layer = layers_of(op)[-1] if layers_of(op) else None
    notes = ["what a layer states about shapes does not follow a change of the model's input shapes"]
    if layer is not None and layer.layer_line:
        notes.append(f"layer {quote(layer.layer_name)} is defined at line {layer.layer_line} of the model")
    return UserError(
        f"{op.name} does not fit its operands ({operands}): {why}",
        layer=None if layer is None else layer.layer_name,
        notes=notes,
    )


def _set_input_shapes(function: func.FuncOp, shapes: tuple[str, ...]) -> None:
    arguments: dict[str, SSAValue] = {
        _input_name(function, index): argument for index, argument in enumerate(function.args)
    }
    for text in shapes:
        name, colon, dims = text.rpartition(":")
        argument = arguments.get(name)
        if not colon or argument is None:
            known = ", ".join(quote(known) for known in arguments)
            raise UserError(
                f"{quote(text)} does not name an input of the model; expected 'name:1x3x224x224'",
                notes=[f"inputs: {known}"],
            )
        try:
            shape = tuple(int(dim) for dim in dims.split("x")) if dims else ()
        except ValueError:
            shape = (0,)
        if any(dim <= 0 for dim in shape):
            raise UserError(
                f"the shape of input {quote(name)} must be positive sizes like 1x3x224x224, got {quote(dims)}"
            )
        arguments[name] = Rewriter.replace_value_with_new_type(
            argument, tensor_type(type_of(argument).element_type, shape)
        )


def _input_name(function: func.FuncOp, index: int) -> str:
    name = None if function.arg_attrs is None else function.arg_attrs.data[index].data.get("arhat.name")
    return name.data if isinstance(name, StringAttr) else str(index)

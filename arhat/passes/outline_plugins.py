"""Pass `outline-plugins`."""

from __future__ import annotations

from dataclasses import dataclass

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, TensorType, i1, i32
from xdsl.ir import Attribute, Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import Rewriter

from arhat.dialects import trt
from arhat.dialects.kernel import AnyKernelOp, AssignOp, ReadValueOp, shape_of, tensor_of
from arhat.errors import UserError, UserErrors, quote
from arhat.layers import layers_of, set_layers
from arhat.passes.support import entry_point

_STATE = (ReadValueOp, AssignOp)
"""Ops of the kernel dialect that are no kernels: inputs and outputs of the engine."""


@dataclass(frozen=True)
class OutlinePluginsPass(ModulePass):
    """Makes plugins of the kernels that TensorRT has no layers for.

    Each op of the `kernel` dialect becomes a `trt.plugin` with the op's properties as fields. Plugins neither take nor
    give booleans: these are cast to integers in front of it, and back behind it. A kernel that no plugin runs is
    refused; one error lists all of them. What a model keeps between runs stays as it is.

    Before:

    ```mlir
    func.func @main(%x: tensor<2x3xi1>) -> (tensor<2x6xi32>, tensor<1xi32>) {
      %0, %1 = kernel.non_zero(%x) {index_type = "i32"} : (tensor<2x3xi1>) -> (tensor<2x6xi32>, tensor<1xi32>)
      func.return %0, %1 : tensor<2x6xi32>, tensor<1xi32>
    }
    ```

    After:

    ```mlir
    func.func @main(%x: tensor<2x3xi1>) -> (tensor<2x6xi32>, tensor<1xi32>) {
      %0 = trt.cast(%x) : (tensor<2x3xi1>) -> tensor<2x3xi32>
      %1, %2 = trt.plugin(%0) {plugin = "NonZero", fields = {index_type = "i32"}}
        : (tensor<2x3xi32>) -> (tensor<2x6xi32>, tensor<1xi32>)
      func.return %1, %2 : tensor<2x6xi32>, tensor<1xi32>
    }
    ```
    """

    name = "outline-plugins"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Outlines in the module's entry point."""
        errors: list[UserError] = []
        for inner in list(entry_point(op).body.block.ops):
            if not inner.name.startswith("kernel.") or isinstance(inner, _STATE):
                continue
            if isinstance(inner, AnyKernelOp) and type(inner) in trt.PLUGIN_NAMES:
                _outline(inner)
            else:
                errors.append(_refusal(inner))
        if errors:
            raise UserErrors(errors)


def _refusal(op: Operation) -> UserError:
    layers = layers_of(op)
    where = quote(layers[-1].layer_name) if layers else "(no name)"
    return UserError(
        f"the trt target cannot run {op.name} (layer {where}): TensorRT has no layer for it and there is no plugin",
        line=layers[-1].layer_line or None if layers else None,
    )


def _outline(op: AnyKernelOp) -> None:
    casts = [_cast(value, i32) if _is_boolean(value) else None for value in op.operands]
    operands = [
        value if cast is None else cast.results[0] for value, cast in zip(op.operands, casts, strict=True)
    ]
    types: list[Attribute] = [
        TensorType(i32, shape_of(result)) if _is_boolean(result) else result.type for result in op.results
    ]
    plugin = trt.PluginOp.of(op, operands, types)
    back = {
        number: _cast(plugin.results[number], i1)
        for number, result in enumerate(op.results)
        if _is_boolean(result)
    }
    made = [*(cast for cast in casts if cast is not None), plugin, *back.values()]
    for new in made:
        set_layers(new, layers_of(op))
    Rewriter.replace_op(
        op, made, [back[i].results[0] if i in back else result for i, result in enumerate(plugin.results)]
    )


def _is_boolean(value: SSAValue) -> bool:
    return tensor_of(value).element_type == i1


def _cast(value: SSAValue, element: Attribute) -> trt.CastOp:
    return trt.CastOp.make([value], {}, TensorType(element, shape_of(value)))

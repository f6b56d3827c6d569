"""fuse-pointwise: pointwise nodes that no graph took become generated kernels."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import inf, prod

from xdsl.context import Context
from xdsl.dialects import arith, math
from xdsl.dialects.builtin import ModuleOp, f32
from xdsl.ir import Attribute, Block, Region, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import Rewriter

from arhat.dialects import arhat
from arhat.dialects.cudnn import PointwiseOp
from arhat.dialects.kernel import ElementwiseOp, YieldOp, is_integer, scalar_type, shape_of, tensor_of
from arhat.layers import layers_of, set_layers
from arhat.passes.form_elementwise import Body, Parameters, Scalar, apply_rule
from arhat.passes.support import entry_point
from arhat.weights import constant_value, is_small


@dataclass(frozen=True)
class FusePointwisePass(ModulePass):
    """Turn every `cudnn.pointwise` outside of graphs into a `kernel.elementwise` that means the same.

    Its region computes in f32, whatever the operands are, and rounds once to the result's element type, as the node
    does. A constant of one element becomes a constant of the region. `fuse-elementwise` then makes one kernel of
    several, and of these and other element-wise kernels.

    Before:

    ```mlir
    func.func @main(%x: tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf16> {
      %0 = cudnn.pointwise(%x) {mode = "relu_fwd", upper_clip = 6.0} : (tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf16>
      func.return %0 : tensor<1x8x4x4xf16>
    }
    ```

    After:

    ```mlir
    func.func @main(%x: tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf16> {
      %0 = kernel.elementwise(%x) {
      ^bb0(%1: f32):
        %2 = arith.constant 0.000000e+00 : f32
        %3 = arith.maximumf %1, %2 : f32
        %4 = arith.constant 6.000000e+00 : f32
        %5 = arith.minimumf %3, %4 : f32
        %6 = arith.truncf %5 : f32 to f16
        kernel.yield %6 : f16
      } : (tensor<1x8x4x4xf32>) -> tensor<1x8x4x4xf16>
      func.return %0 : tensor<1x8x4x4xf16>
    }
    ```
    """

    name = "fuse-pointwise"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Convert the nodes that stand in the entry point's block."""
        for inner in list(entry_point(op).body.block.ops):
            if isinstance(inner, PointwiseOp):
                Rewriter.replace_op(inner, elementwise_of(inner))


def elementwise_of(node: PointwiseOp) -> ElementwiseOp:
    """The kernel that computes what the node does; not inserted, the node is left alone."""
    body = Body(Block())
    inputs: list[SSAValue] = []
    scalars: dict[SSAValue, Scalar] = {}
    for value in node.operands:
        if value in scalars:
            continue
        element = tensor_of(value).element_type
        number = _one_element(value)
        if number is not None:
            scalars[value] = body.constant(number, f32)
            continue
        inputs.append(value)
        argument = body.block.insert_arg(scalar_type(element), len(body.block.args))
        scalars[value] = body.convert(Scalar(argument, element), f32)
    parameters = {name: value for name, value in node.parameters().items() if name != "mode"}
    result = _compute(node.mode.data, body, [scalars[value] for value in node.operands], parameters)
    body.block.add_op(YieldOp(_rounded(body, result, tensor_of(node.output).element_type).value))
    new = ElementwiseOp(inputs, Region(body.block), node.output.type)
    set_layers(new, layers_of(node))
    return new


def _one_element(value: SSAValue) -> float | None:
    """The number in a small constant of one element; None for any other value."""
    owner = value.owner
    if (
        not isinstance(owner, arhat.ConstantOp)
        or prod(shape_of(value)) != 1
        or not is_small(tensor_of(value))
    ):
        return None
    return constant_value(owner).reshape(-1)[0].item()


def _rounded(body: Body, x: Scalar, element: Attribute) -> Scalar:
    """`x` in the element type: to the nearest, halves to even; integers saturate."""
    if is_integer(element):
        top = 2 ** (element.width.data - 1)
        x = body.clamp(body.apply(math.RoundEvenOp, x), -top, top - 1)
    return body.convert(x, element)


def _relu(body: Body, args: list[Scalar], parameters: Parameters) -> Scalar:
    (x,) = args
    slope, low = parameters.get("lower_clip_slope", 0), body.number(parameters.get("lower_clip", 0), x)
    if slope:
        below = body.apply(arith.MulfOp, x, body.number(slope, x))
        x = body.select(body.compare("ogt", x, low), x, below)
    else:
        x = body.apply(arith.MaximumfOp, x, low)
    high = parameters.get("upper_clip", inf)
    return x if high == inf else body.apply(arith.MinimumfOp, x, body.number(high, x))


def _softplus(body: Body, args: list[Scalar], parameters: Parameters) -> Scalar:
    (x,) = args
    beta = parameters.get("softplus_beta", 1)
    if beta == 1:
        return apply_rule("arhat.softplus", body, [x], {})
    inner = apply_rule("arhat.softplus", body, [body.apply(arith.MulfOp, x, body.number(beta, x))], {})
    return body.apply(arith.DivfOp, inner, body.number(beta, x))


def _rsqrt(body: Body, args: list[Scalar], parameters: Parameters) -> Scalar:
    (x,) = args
    return body.apply(arith.DivfOp, body.number(1, x), body.apply(math.SqrtOp, x))


_SPECIAL: dict[str, Callable[[Body, list[Scalar], Parameters], Scalar]] = {
    "relu_fwd": _relu,
    "softplus_fwd": _softplus,
    "rsqrt": _rsqrt,
    "identity": lambda body, args, parameters: args[0],
    "elu_fwd": lambda body, args, parameters: apply_rule(
        "arhat.elu", body, args, {"alpha": parameters.get("elu_alpha", 1)}
    ),
    "swish_fwd": lambda body, args, parameters: apply_rule(
        "arhat.swish", body, args, {"beta": parameters.get("swish_beta")}
    ),
    "gelu_fwd": lambda body, args, parameters: apply_rule("arhat.gelu", body, args, {"approximate": "erf"}),
    "gelu_approx_tanh_fwd": lambda body, args, parameters: apply_rule(
        "arhat.gelu", body, args, {"approximate": "tanh"}
    ),
}
"""The modes that have parameters, or no `arhat` op of their own."""

_SAME = {
    "add": "add",
    "sub": "subtract",
    "mul": "multiply",
    "div": "divide",
    "max": "maximum",
    "min": "minimum",
    "pow": "power",
    "sigmoid_fwd": "sigmoid",
    "tanh_fwd": "tanh",
    "abs": "abs",
    "neg": "negative",
    "exp": "exp",
    "log": "log",
    "sqrt": "sqrt",
    "ceil": "ceiling",
    "floor": "floor",
    "erf": "erf",
}
"""The other modes and the `arhat` ops that compute the same."""


def _compute(mode: str, body: Body, args: list[Scalar], parameters: Parameters) -> Scalar:
    special = _SPECIAL.get(mode)
    if special is not None:
        return special(body, args, parameters)
    return apply_rule(f"arhat.{_SAME[mode]}", body, args, parameters)

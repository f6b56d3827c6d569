"""form-graphs: nodes become operation graphs, each as large as cuDNN has engines for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from xdsl.context import Context
from xdsl.dialects.builtin import ModuleOp, StringAttr, TensorType
from xdsl.ir import Attribute, Block, Operation, Region, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import InsertPoint, Rewriter

from arhat.dialects import cudnn
from arhat.dialects.cudnn import GraphOp, NodeOp, PointwiseOp, YieldOp, pointwise
from arhat.dialects.kernel import AnyTensor, tensor_of
from arhat.errors import UserError, UserErrors, quote
from arhat.layers import layers_of, merge_layers, set_layers
from arhat.passes import cudnn_support as support
from arhat.passes.cudnn_support import BiasEpilogue, Epilogue
from arhat.passes.rewriting import only_user
from arhat.passes.support import entry_point

COMMUTE = ("add", "mul", "max", "min")
"""Modes whose operands may change places."""

ENGINES = ("auto", "ahead", "compiled")
"""Choices of the option `engines`."""

Positions: TypeAlias = Mapping[Operation, int]
"""Places in the block of the ops that were there before the pass."""


@dataclass(frozen=True)
class FormGraphsPass(ModulePass):
    """Put every convolution, product and pooling into a `cudnn.graph` with the pointwise nodes that follow it.

    A graph grows from its main node along the only users of its result, as far as `cudnn_support` says that cuDNN can
    plan it. What passes between its nodes is f32 and not rounded to 16 bits; what is rounded to i8 ends the graph.
    Where a graph ends, its result has the type that the node had, if there is an engine that gives it. Pointwise nodes
    that no graph takes stay loose: `fuse-pointwise` follows. The attribute `cudnn.math` of the function says how graphs
    of f32 may compute; it is strict where there is none.

    In f32 without tensor cores engines add the residual before the bias; the two nodes change places for them.

    Options: `engines` says which engines convolutions on tensor cores shall have, where cuDNN has two kinds, of which
    it proposes one by the form of the graph: those that were compiled `ahead`, for a residual, then a bias, then a
    ReLU; or those that are `compiled` for the graph, to which an `identity` leads. `auto` leaves each graph as it is,
    unless it has the form of one slow engine.

    Before:

    ```mlir
    func.func @main(%x: tensor<1x8x4x4xf16, #kernel.nhwc<8>>, %w: tensor<8x8x1x1xf16, #kernel.nhwc<8>>,
                    %b: tensor<1x8x1x1xf16>) -> tensor<1x8x4x4xf16, #kernel.nhwc<8>> {
      %0 = cudnn.conv_fprop(%x, %w) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1}
        : (tensor<1x8x4x4xf16, #kernel.nhwc<8>>, tensor<8x8x1x1xf16, #kernel.nhwc<8>>)
        -> tensor<1x8x4x4xf32, #kernel.nhwc<8>>
      %1 = cudnn.pointwise(%0, b = %b) {mode = "add"}
        : (tensor<1x8x4x4xf32, #kernel.nhwc<8>>, tensor<1x8x1x1xf16>) -> tensor<1x8x4x4xf16, #kernel.nhwc<8>>
      func.return %1 : tensor<1x8x4x4xf16, #kernel.nhwc<8>>
    }
    ```

    After:

    ```mlir
    func.func @main(%x: tensor<1x8x4x4xf16, #kernel.nhwc<8>>, %w: tensor<8x8x1x1xf16, #kernel.nhwc<8>>,
                    %b: tensor<1x8x1x1xf16>) -> tensor<1x8x4x4xf16, #kernel.nhwc<8>> {
      %0 = cudnn.graph(%x, %w, %b) {math = "any"} ({
      ^bb0(%1: tensor<1x8x4x4xf16, #kernel.nhwc<8>>, %2: tensor<8x8x1x1xf16, #kernel.nhwc<8>>,
           %3: tensor<1x8x1x1xf16>):
        %4 = cudnn.conv_fprop(%1, %2) {strides = [1, 1], pads = [0, 0, 0, 0], dilations = [1, 1], groups = 1}
          : (tensor<1x8x4x4xf16, #kernel.nhwc<8>>, tensor<8x8x1x1xf16, #kernel.nhwc<8>>)
          -> tensor<1x8x4x4xf32, #kernel.nhwc<8>>
        %5 = cudnn.pointwise(%4, b = %3) {mode = "add"}
          : (tensor<1x8x4x4xf32, #kernel.nhwc<8>>, tensor<1x8x1x1xf16>) -> tensor<1x8x4x4xf16, #kernel.nhwc<8>>
        cudnn.yield %5 : tensor<1x8x4x4xf16, #kernel.nhwc<8>>
      }) : (tensor<1x8x4x4xf16, #kernel.nhwc<8>>, tensor<8x8x1x1xf16, #kernel.nhwc<8>>, tensor<1x8x1x1xf16>)
        -> tensor<1x8x4x4xf16, #kernel.nhwc<8>>
      func.return %0 : tensor<1x8x4x4xf16, #kernel.nhwc<8>>
    }
    ```
    """

    name = "form-graphs"
    engines: str = "auto"

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Form the graphs of the module's entry point.

        Raises:
            UserError: there is no such choice of `engines`.
            UserErrors: cuDNN has no graph for some nodes; each error names one with its layer.
        """
        if self.engines not in ENGINES:
            raise UserError(f"form-graphs: engines is one of {', '.join(ENGINES)}, not {quote(self.engines)}")
        function = entry_point(op)
        asked = function.attributes.get(cudnn.MATH)
        function_math = asked.data if isinstance(asked, StringAttr) else "strict"
        ops = list(function.body.block.ops)
        positions = {inner: number for number, inner in enumerate(ops)}
        errors: list[UserError] = []
        # The last one first: of two convolutions that meet in an addition the later takes it in, so that its operand,
        # the result of the earlier, is there.
        for inner in reversed(ops):
            if isinstance(inner, cudnn.MAIN_OPS):
                assert isinstance(inner, NodeOp)
                math = support.math_of(inner, function_math)
                epilogue = support.epilogue_of(inner, math)
                if epilogue is None:
                    errors.append(_refusal(inner, math))
                else:
                    inner = _give_what_can_be(inner, epilogue)
                    nodes = _grow(inner, epilogue, positions)
                    if epilogue is Epilogue.ANY:
                        self._choose_engines(inner, nodes)
                    _make_graph(inner, nodes, math)
        if errors:
            raise UserErrors(list(reversed(errors)))

    def _choose_engines(self, main: NodeOp, nodes: list[PointwiseOp]) -> None:
        """Gives the graph of a convolution the form that the engines have which are wanted for it."""
        if self.engines == "ahead" and support.residual_after_bias(main, nodes):
            _exchange(main, nodes[0], nodes[1])
        compiled = self.engines == "compiled" and isinstance(main, cudnn.ConvFpropOp)
        if compiled or support.needs_identity(main, nodes):
            nodes.insert(0, _identity(main))


def _refusal(main: NodeOp, math: str) -> UserError:
    layers = layers_of(main)
    where = quote(layers[-1].layer_name) if layers else "(no name)"
    return UserError(
        f"layer {where}: {support.why_not(main, math)}",
        line=layers[-1].layer_line or None if layers else None,
    )


# --------------------------------------------------------------------------------------------------- growing


def _grow(main: NodeOp, epilogue: Epilogue, positions: Positions) -> list[PointwiseOp]:
    """The pointwise nodes that a graph takes in, in an order that it can have."""
    match epilogue:
        case Epilogue.NOTHING:
            return []
        case Epilogue.BIAS:
            return _grow_fixed(main)
        case Epilogue.ANY:
            return _grow_any(main, positions)


def _grow_fixed(main: NodeOp) -> list[PointwiseOp]:
    found = form = BiasEpilogue()
    value: SSAValue = main.output
    while (node := only_user(value)) is not None and isinstance(node, PointwiseOp):
        further = form.with_node(main, value, node)
        if further is None:
            break
        form, value = further, node.output
        if form.complete:
            found = form
    if found.bias is None:
        return []
    first, *rest = [node for node in (found.bias, found.residual) if node is not None]
    if rest and rest[0] is not only_user(first.output):  # the residual comes first already
        first, rest = rest[0], [first]
    elif rest:
        _exchange(main, first, rest[0])
    return [first, *rest, *([found.relu] if found.relu is not None else [])]


def _exchange(main: NodeOp, first: PointwiseOp, second: PointwiseOp) -> None:
    """Lets `first` add what `second`, which follows, adds, and the other way round."""
    one = 1 if first.operands[0] is main.output else 0
    two = 1 if second.operands[0] is first.output else 0
    first.operands[one], second.operands[two] = second.operands[two], first.operands[one]
    layers = layers_of(first)
    set_layers(first, layers_of(second))
    set_layers(second, layers)


def _grow_any(main: NodeOp, positions: Positions) -> list[PointwiseOp]:
    nodes: list[PointwiseOp] = []
    while (step := _next_step(main, nodes, positions)) is not None:
        nodes += step
    return nodes


def _next_step(main: NodeOp, before: Sequence[PointwiseOp], positions: Positions) -> list[PointwiseOp] | None:
    """The fewest nodes after those `before` with which the graph has one result again; None if it cannot grow."""
    inside = [main.output, *(node.output for node in before)]
    values = inside[-1:]  # what others may use: the result so far, and what the step makes
    step: list[PointwiseOp] = []
    while True:
        waiting = [{use.operation for use in value.uses} - set(step) for value in values]
        if step and not any(waiting[:-1]):
            return step
        users = set[Operation]().union(*waiting)
        if not users:
            return None
        node = min(users, key=lambda op: positions.get(op, len(positions)))
        if not isinstance(node, PointwiseOp) or not support.node_fits(main, node, inside):
            return None
        step.append(node)
        values.append(node.output)
        inside.append(node.output)
        nodes = [main, *before, *step]
        if len(nodes) > support.MOST_NODES or len(_operands(nodes)) > support.MOST_INPUTS:
            return None


def _operands(nodes: Sequence[NodeOp]) -> list[SSAValue]:
    """The values that `nodes` use and none of them makes, each once."""
    made = {node.output for node in nodes}
    return list(dict.fromkeys(v for node in nodes for v in node.operands if v not in made))


# --------------------------------------------------------------------------------------------------- building


def _give_what_can_be(main: NodeOp, epilogue: Epilogue) -> NodeOp:
    """`main`, or the same with a result of another type and a loose node that converts it."""
    element = support.result_alone(main, epilogue)
    result = tensor_of(main.output)
    if result.element_type == element:
        return main
    new = type(main).create(
        operands=main.operands,
        properties=main.properties,
        result_types=[_with_element(result, element)],
        attributes=main.attributes,
    )
    converted = pointwise("identity", new, result_type=result)
    set_layers(converted, layers_of(main))
    Rewriter.replace_op(main, [new, converted])
    return new


def _identity(main: NodeOp) -> PointwiseOp:
    """A node between `main` and the users of its result that changes nothing."""
    result = tensor_of(main.output)
    new = pointwise("identity", main.output, result_type=result)
    set_layers(new, layers_of(main))
    Rewriter.insert_op(new, InsertPoint.after(main))
    main.output.replace_uses_with_if(new.output, lambda use: use.operation is not new)
    return new


def _make_graph(main: NodeOp, nodes: Sequence[PointwiseOp], math: str) -> None:
    """Replaces the nodes by a graph in the place of the last of them."""
    ordered: list[NodeOp] = [main, *nodes]
    last = ordered[-1]
    inputs = _operands(ordered)
    block = Block(arg_types=[value.type for value in inputs])
    inner: dict[SSAValue, SSAValue] = dict(zip(inputs, block.args, strict=True))
    for node in ordered:
        element = tensor_of(node.output).element_type if node is last else cudnn.compute_type(node)
        operands = [inner[value] for value in node.operands]
        if isinstance(node, PointwiseOp) and node.mode.data in COMMUTE and node.operands[0] in inputs:
            operands.reverse()  # what the graph made comes first
        new = type(node).create(
            operands=operands,
            properties=node.properties,
            result_types=[_with_element(tensor_of(node.output), element)],
            attributes=node.attributes,
        )
        block.add_op(new)
        inner[node.output] = new.results[0]
    block.add_op(YieldOp(inner[last.output]))
    graph = GraphOp(inputs, Region(block), [last.output.type], math)
    set_layers(graph, merge_layers(ordered))
    graph.outputs[0].name_hint = last.output.name_hint
    Rewriter.insert_op(graph, InsertPoint.before(last))
    last.output.replace_all_uses_with(graph.outputs[0])
    for node in reversed(ordered):
        Rewriter.erase_op(node)


def _with_element(type_: AnyTensor, element: Attribute) -> AnyTensor:
    return TensorType(element, type_.get_shape(), type_.encoding)

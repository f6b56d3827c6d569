"""Quantised weights through optimisation: OpenVINO computes on integers only where it sees what made the weights."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from xdsl.dialects.builtin import ArrayAttr, DictionaryAttr, FunctionType, IntegerType, ModuleOp, i1
from xdsl.dialects.func import FuncOp
from xdsl.ir import Block, Operation, OpResult, SSAValue
from xdsl.traits import is_side_effect_free

from arhat.dialects.arhat import ConstantOp, FakeQuantizeOp, type_of
from arhat.interpreters import main_of


@contextmanager
def kept_quantized_weights(module: ModuleOp) -> Generator[None, None, None]:
    """Within it, weights of `module` that are made by FakeQuantize or of integers are inputs of @main, so that no pass
    folds them; behind it they are made again as they were.
    """
    main = main_of(module)
    block = main.body.block
    kept: list[tuple[SSAValue, list[Operation]]] = []
    count = len(block.args)
    for value in _quantized_weights(block):
        made = _copy_of_chain(value)
        argument = block.insert_arg(value.type, len(block.args))
        value.replace_all_uses_with(argument)
        kept.append((argument, made))
    _state_arguments(main)
    try:
        yield
    finally:
        for argument, made in kept:
            first = block.first_op
            assert first is not None
            block.insert_ops_before(made, first)
            argument.replace_all_uses_with(made[-1].results[0])
        for argument in block.args[count:][::-1]:
            block.erase_arg(argument)
        _state_arguments(main)


def _quantized_weights(block: Block) -> list[OpResult]:
    """Results that depend on constants alone, FakeQuantize or integers of 8 bits among them, and feed what does not."""
    constant: dict[SSAValue, bool] = {}
    found: list[OpResult] = []
    for op in block.ops:
        if isinstance(op, ConstantOp):
            type = type_of(op.result)
            element = type.element_type
            byte = isinstance(element, IntegerType) and element != i1 and element.bitwidth == 8
            constant[op.result] = byte and len(type.get_shape()) > 1
        elif op.operands and is_side_effect_free(op) and all(operand in constant for operand in op.operands):
            through = isinstance(op, FakeQuantizeOp) or any(constant[operand] for operand in op.operands)
            for result in op.results:
                constant[result] = through
    for value, quantized in constant.items():
        if not quantized or not isinstance(value, OpResult) or isinstance(value.op, ConstantOp):
            continue
        users = [use.operation for use in value.uses]
        if any(not user.results or user.results[0] not in constant for user in users):
            found.append(value)
    return found


def _copy_of_chain(value: OpResult) -> list[Operation]:
    """Copies of the operations that `value` depends on, in order, that of `value` last."""
    order: list[Operation] = []
    stack: list[Operation] = [value.op]
    done: set[Operation] = set()
    while stack:
        op = stack[-1]
        waiting = [o.op for o in op.operands if isinstance(o, OpResult) and o.op not in done]
        if waiting:
            stack.extend(waiting)
            continue
        stack.pop()
        if op not in done:
            done.add(op)
            order.append(op)
    mapped: dict[SSAValue, SSAValue] = {}
    return [op.clone(mapped) for op in order]


def _state_arguments(main: FuncOp) -> None:
    """Makes the function's type and attributes those of its arguments; new ones have no name."""
    arguments = main.body.block.args
    main.properties["function_type"] = FunctionType.from_lists(
        [argument.type for argument in arguments], [*main.function_type.outputs]
    )
    if main.arg_attrs is not None:
        entries = [*main.arg_attrs][: len(arguments)]
        entries += [DictionaryAttr({})] * (len(arguments) - len(entries))
        main.properties["arg_attrs"] = ArrayAttr(entries)

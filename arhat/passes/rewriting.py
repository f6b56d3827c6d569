"""What the passes over the `arhat` dialect share: one forward walk, uses, replacement that keeps layers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from xdsl.dialects.builtin import ModuleOp
from xdsl.ir import Operation, SSAValue

from arhat.dialects.arhat import ArhatOp, ConstantOp
from arhat.dialects.arhat.base import SEGMENTS
from arhat.layers import merge_layers, set_layers

Handler = Callable[[Any], None]

ArhatOpT = TypeVar("ArhatOpT", bound=ArhatOp)


def walk_once(module: ModuleOp, handlers: Mapping[type[Operation], Handler]) -> None:
    """Calls, in program order, the handler of each op's class.

    Ops that handlers make are not visited, ops that they erase neither.
    """
    for op in list(module.walk()):
        handler = handlers.get(type(op))
        if handler is not None and op.parent is not None:
            handler(op)


def only_user(value: SSAValue) -> Operation | None:
    """The op that uses `value` if there is exactly one use of it."""
    use = value.first_use
    return use.operation if use is not None and value.has_one_use() else None


def defining_constant(value: SSAValue | None) -> ConstantOp | None:
    """The `arhat.constant` that defines `value`, if one does."""
    owner = None if value is None else value.owner
    return owner if isinstance(owner, ConstantOp) else None


def with_operands(op: ArhatOpT, changed: Mapping[str, SSAValue | None], **properties: Any) -> ArhatOpT:
    """A copy of `op`, not inserted yet, with the named operands and properties changed and types inferred.

    A property that is None is left out. The copy has no layers: `replace` gives it those.
    """
    operands: list[Any] = [
        changed[name] if name in changed else getattr(op, name)
        for name, _ in op.get_irdl_definition().operands
    ]
    kept: dict[str, Any] = {name: attr for name, attr in op.properties.items() if name != SEGMENTS}
    return type(op).build_inferred(operands, kept | properties)


def rebuild(op: ArhatOp, change: Callable[[SSAValue], SSAValue]) -> ArhatOp:
    """A copy of `op`, not inserted yet and without layers, with each operand changed and types inferred."""
    operands: list[Any] = []
    for name, _ in op.get_irdl_definition().operands:
        group: SSAValue | Sequence[SSAValue] | None = getattr(op, name)
        if group is None or isinstance(group, SSAValue):
            operands.append(None if group is None else change(group))
        else:
            operands.append([change(value) for value in group])
    kept: dict[str, Any] = {name: attr for name, attr in op.properties.items() if name != SEGMENTS}
    return type(op).build_inferred(operands, kept)


def insert_before(anchor: Operation, new: Operation) -> None:
    """Inserts `new` before `anchor` unless it stands in a block already."""
    block = anchor.parent_block()
    assert block is not None
    if new.parent is None:
        block.insert_op_before(new, anchor)


def replace(old: Operation, new: ArhatOp, sources: Sequence[Operation]) -> None:
    """Puts `new` in the place of `old`, with the layers of `sources`, which are in execution order.

    `sources` other than `old` and `new` whose results are then unused are erased, the last first.
    """
    set_layers(new, merge_layers(sources))
    insert_before(old, new)
    new.results[0].name_hint = new.results[0].name_hint or old.results[0].name_hint
    old.results[0].replace_all_uses_with(new.results[0])
    erase_unused([old, *reversed(sources)])


def erase_unused(ops: Iterable[Operation | None]) -> None:
    """Erases those of `ops` that stand in a block and have no used result, in the order given."""
    for op in ops:
        if (
            op is not None
            and op.parent is not None
            and all(result.first_use is None for result in op.results)
        ):
            op.detach()
            op.erase()

"""Verification of a module: each op's own rules, and that every value is defined before it is used."""

from collections.abc import Iterator

from xdsl.dialects.builtin import ModuleOp, UnregisteredOp
from xdsl.ir import Block, BlockArgument, Operation, Region, SSAValue
from xdsl.irdl.dominance import DominanceInfo
from xdsl.traits import IsolatedFromAbove, NoTerminator
from xdsl.utils.exceptions import VerifyException

from arhat.driver.source import error_at, location_of, one_line, op_name
from arhat.errors import UserError, UserErrors

MAX_ERRORS = 20

# Ops of xDSL's dialects whose regions are graphs, in which order means nothing. (A builtin.module is one in
# MLIR too; nothing here uses that, and a use before its definition is far more often a mistake.)
GRAPH_REGION_OPS = frozenset({"hw.module"})


def verify_module(module: ModuleOp) -> None:
    """Verifies ``module`` and all that is in it.

    Raises:
        UserErrors: at most ``MAX_ERRORS`` errors, each with the place of its op.
    """
    errors: list[UserError] = []
    for check in (_rule_errors, _dominance_errors):  # the second makes no sense of what fails the first
        for error in check(module):
            errors.append(error)
            if len(errors) == MAX_ERRORS:
                break
        if errors:
            raise UserErrors(errors)


def _rule_errors(op: Operation) -> Iterator[UserError]:
    """Errors of the ops inside ``op``, or, if there are none, of ``op`` itself."""
    failed = False
    for region in op.regions:
        for block in region.blocks:
            if not block.ops and len(region.blocks) == 1 and not op.has_trait(NoTerminator):
                failed = True
                yield error_at(op, f"'{op_name(op)}' op has an empty block where a terminator is expected")
            for inner in block.ops:
                for error in _rule_errors(inner):
                    failed = True
                    yield error
    if not failed:
        yield from _own_errors(op)


def _own_errors(op: Operation) -> Iterator[UserError]:
    try:
        op.verify(verify_nested_ops=False)
    except UserError as error:
        yield error
    except Exception as error:
        # xDSL prints the whole module into the exception; where even that fails, the cause is in the chain.
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, VerifyException):
            cause = cause.__context__
        if cause is None:
            yield error_at(
                op, f"the verifier of '{op_name(op)}' raised {type(error).__name__}: {one_line(str(error))}"
            )
        else:
            yield error_at(op, f"'{op_name(op)}' op {one_line(str(cause))}")


def _dominance_errors(module: ModuleOp) -> Iterator[UserError]:
    for region in module.regions:
        yield from _region_errors(region, set())


def _region_errors(region: Region, visible: set[SSAValue]) -> Iterator[UserError]:
    """Uses in ``region`` that their definition does not dominate; ``visible``: values defined around it."""
    if len(region.blocks) == 1:
        yield from _block_errors(region.blocks[0], visible)
        return
    dominance = DominanceInfo(region)
    for block in region.blocks:
        before = (b for b in region.blocks if dominance.strictly_dominates(b, block))
        yield from _block_errors(block, visible.union(*(_values(b) for b in before)))


def _values(block: Block) -> Iterator[SSAValue]:
    yield from block.args
    for op in block.ops:
        yield from op.results


def _block_errors(block: Block, visible: set[SSAValue]) -> Iterator[UserError]:
    """Adds the block's values to ``visible`` while it goes, and takes them off at the end."""
    visible.update(block.args)
    for op in block.ops:
        for index, operand in enumerate(op.operands):
            if operand not in visible:
                yield _use_error(op, index, operand)
        if op.regions and not (isinstance(op, UnregisteredOp) or op.name in GRAPH_REGION_OPS):
            inner = set[SSAValue]() if op.has_trait(IsolatedFromAbove) else visible
            for region in op.regions:
                yield from _region_errors(region, inner)
        visible.update(op.results)
    visible.difference_update(_values(block))


def _use_error(op: Operation, index: int, operand: SSAValue) -> UserError:
    value = f"operand #{index}" + (f" (%{operand.name_hint})" if operand.name_hint else "")
    message = f"'{op_name(op)}' op uses {value}, which is not defined before it"
    if isinstance(operand, BlockArgument):
        return error_at(op, message, ("it is an argument of another block",))
    place = location_of(operand.owner) if isinstance(operand.owner, Operation) else None
    return error_at(op, message, (f"it is defined at line {place[1]}, column {place[2]}",) if place else ())

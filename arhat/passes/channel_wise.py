"""Element-wise ops with a constant that is uniform or varies along one axis only: what fusion folds into filters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from xdsl.ir import Operation, SSAValue

from arhat.dialects.arhat import (
    AddOp,
    BroadcastOp,
    ConstantOp,
    ConvolutionOp,
    DivideOp,
    MatmulOp,
    MultiplyOp,
    NegativeOp,
    SubtractOp,
    TransposedConvolutionOp,
)
from arhat.dialects.arhat.base import element_of, is_float, shape_of
from arhat.passes.fold_constants import Folder
from arhat.passes.rewriting import defining_constant, only_user


@dataclass(frozen=True)
class ChannelStep:
    """`op(input, constant)`, or `op(constant, input)`, where `constant` varies along the channel axis at most."""

    op: AddOp | SubtractOp | MultiplyOp | DivideOp
    input: SSAValue
    constant: ConstantOp
    constant_first: bool

    @property
    def uniform(self) -> bool:
        """Whether the constant has one element."""
        return all(dim == 1 for dim in shape_of(self.constant.result))

    @property
    def shifts(self) -> bool:
        """Whether the op adds something to its input."""
        return isinstance(self.op, AddOp | SubtractOp)

    @property
    def scales(self) -> bool:
        """Whether the op multiplies its input by something; `constant - input` does, by -1."""
        return not self.shifts or (isinstance(self.op, SubtractOp) and self.constant_first)

    @property
    def properties(self) -> dict[str, Any]:
        """The properties of the op."""
        return dict(self.op.properties)


def is_channel_shape(shape: tuple[int, ...], result: tuple[int, ...], axis: int) -> bool:
    """Whether a tensor of `shape`, broadcast to `result`, varies along `axis` at most and does not enlarge it."""
    missing = len(result) - len(shape)
    return missing >= 0 and all(
        dim == 1 or (i + missing == axis and dim == result[axis]) for i, dim in enumerate(shape)
    )


def channel_step(op: Operation | None, axis: int) -> ChannelStep | None:
    """`op` as a step along `axis` (negative: counted from the end) of its result, if it is one.

    The division of a constant by the input is none: it is not linear.
    """
    if not isinstance(op, AddOp | SubtractOp | MultiplyOp | DivideOp):
        return None
    left, right = defining_constant(op.a), defining_constant(op.b)
    if right is not None and left is None:
        input, constant, constant_first = op.a, right, False
    elif left is not None and right is None and not isinstance(op, DivideOp):
        input, constant, constant_first = op.b, left, True
    else:
        return None
    shape = shape_of(op.result)
    if axis < 0:
        axis += len(shape)
    if (
        0 <= axis < len(shape)
        and shape == shape_of(input)
        and is_float(element_of(input))
        and is_channel_shape(shape_of(constant.result), shape, axis)
    ):
        return ChannelStep(op, input, constant, constant_first)
    return None


Linear: TypeAlias = ConvolutionOp | TransposedConvolutionOp | MatmulOp
"""Ops that sum products of their input with a filter and can take in what follows."""


def following_steps(op: Linear) -> list[ChannelStep]:
    """The chain of steps along the output channels that follows `op`, each the only user of the one before."""
    axis = -1 if isinstance(op, MatmulOp) else 1
    steps: list[ChannelStep] = []
    user = only_user(op.result)
    while (step := channel_step(user, axis)) is not None:
        steps.append(step)
        user = only_user(step.op.result)
    return steps


def accepts_steps(op: Operation | object) -> bool:
    """Whether `op` is a convolution or matmul whose result is the plain sum, without residual and activation."""
    if isinstance(op, ConvolutionOp):
        return op.activation is None and op.residual is None
    return isinstance(op, MatmulOp | TransposedConvolutionOp) and op.activation is None


def shifted_bias(
    folder: Folder, bias: ConstantOp | None, outputs: int, kind: type[AddOp | SubtractOp], shift: ConstantOp
) -> ConstantOp:
    """`bias + shift` or `bias - shift` as a constant of shape [outputs]; no bias is zero.

    `bias` is [outputs], `shift` that or a scalar.
    """
    if bias is not None:
        return folder.make(kind, [bias, shift])
    if kind is SubtractOp:
        shift = folder.make(NegativeOp, [shift])
    return folder.make(BroadcastOp, [shift], shape=(outputs,))

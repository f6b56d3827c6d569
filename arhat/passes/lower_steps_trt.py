"""Part of convert-arhat-to-trt: the layers that take the place of one op, put together.

What is computed of constants alone becomes a constant: no layer is made for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from xdsl.dialects.builtin import BFloat16Type, Float16Type, Float32Type, f32
from xdsl.ir import Attribute, Operation, SSAValue

from arhat.dialects import arhat, trt
from arhat.dialects.arhat import ArhatOp
from arhat.dialects.arhat.base import Property, tensor_type
from arhat.dialects.kernel import tensor_of
from arhat.passes.fold_constants import Folder
from arhat.passes.lower_kernels import Lowered
from arhat.passes.rewriting import defining_constant
from arhat.weights import Array, constant_value, dense, dtype_of, module_of

_FOLDS: Mapping[str, tuple[type[ArhatOp], Mapping[str, Property]]] = {
    "sum": (arhat.AddOp, {}),
    "sub": (arhat.SubtractOp, {}),
    "prod": (arhat.MultiplyOp, {}),
    "div": (arhat.DivideOp, {"python_div": False}),
    "max": (arhat.MaximumOp, {}),
    "min": (arhat.MinimumOp, {}),
    "equal": (arhat.EqualOp, {}),
    "greater": (arhat.GreaterOp, {}),
    "less": (arhat.LessOp, {}),
    "and": (arhat.LogicalAndOp, {}),
}
"""By operation of `trt.element_wise` the op that computes it of constants."""


def shape_of(value: SSAValue) -> tuple[int, ...]:
    """The shape of a tensor value."""
    return tensor_of(value).get_shape()


def element_of(value: SSAValue) -> Attribute:
    """The element type of a tensor value."""
    return tensor_of(value).element_type


def is_float(value: SSAValue) -> bool:
    """Whether a value's elements are floats."""
    return isinstance(element_of(value), Float32Type | Float16Type | BFloat16Type)


def spread(shape: Sequence[int], rank: int) -> tuple[int, ...]:
    """`shape` with axes of 1 in front, so that it has `rank` axes."""
    return (*[1] * (rank - len(shape)), *shape)


class Layers:
    """The ops that take the place of `op`, in order."""

    def __init__(self, op: Operation) -> None:
        self.op = op
        self.ops: list[Operation] = []
        self._folder: Folder | None = None

    def add(self, op: Operation) -> SSAValue:
        """Append an op; its first result."""
        self.ops.append(op)
        return op.results[0]

    def gives(self, *results: SSAValue) -> Lowered:
        """All ops so far, and what becomes of the results of `op`."""
        return Lowered(self.ops, results)

    # Constants --------------------------------------------------------------------------------------------------------

    def fold(
        self, kind: type[ArhatOp], operands: Sequence[SSAValue], **properties: Property
    ) -> SSAValue | None:
        """What an op makes of constants, as a constant; None where an operand is none."""
        constants = [defining_constant(operand) for operand in operands]
        known = [constant for constant in constants if constant is not None]
        if len(known) < len(constants):
            return None
        if self._folder is None:
            self._folder = Folder(module_of(self.op))
        return self.add(self._folder.make(kind, known, **properties))

    def constant(self, array: Array, element: Attribute) -> SSAValue:
        """A constant of a few numbers."""
        array = np.asarray(array, dtype_of(element))
        return self.add(arhat.ConstantOp.get(dense(array, element), tensor_type(element, array.shape)))

    def number(self, value: float, like: SSAValue, rank: int | None = None) -> SSAValue:
        """A number of the element type of `like`, in a shape that broadcasts to it (or to `rank` axes)."""
        axes = len(shape_of(like)) if rank is None else rank
        element = element_of(like)
        return self.constant(np.full((1,) * axes, value, dtype_of(element)), element)

    def known(self, value: SSAValue) -> Array | None:
        """The numbers of a constant; None of what is computed."""
        constant = defining_constant(value)
        if constant is None:
            return None
        if constant.parent is None:  # made by this lowering: not inside the module yet
            folder = self._folder or Folder(module_of(self.op))
            return folder.store.value(constant)
        return constant_value(constant)

    # Movements --------------------------------------------------------------------------------------------------------

    def reshape(self, value: SSAValue, shape: Sequence[int]) -> SSAValue:
        """The same elements under another shape."""
        if shape_of(value) == tuple(shape):
            return value
        folded = self.fold(arhat.ReshapeOp, [value], shape=tuple(shape))
        return folded or self.add(trt.ShuffleOp.make([value], {"reshape": tuple(shape)}))

    def lift(self, value: SSAValue, rank: int) -> SSAValue:
        """Axes of 1 in front, so that it has `rank` axes."""
        return self.reshape(value, spread(shape_of(value), rank))

    def transpose(self, value: SSAValue, perm: Sequence[int]) -> SSAValue:
        """The axes in another order; a new shape where only axes of size 1 move."""
        shape = shape_of(value)
        kept = [axis for axis in perm if shape[axis] != 1]
        if kept == sorted(kept):
            return self.reshape(value, [shape[axis] for axis in perm])
        folded = self.fold(arhat.TransposeOp, [value], perm=tuple(perm))
        return folded or self.add(trt.ShuffleOp.make([value], {"first_transpose": tuple(perm)}))

    def cast(self, value: SSAValue, element: Attribute) -> SSAValue:
        """The same numbers as elements of another type, by the rules of trt.cast."""
        if element_of(value) == element:
            return value
        # Constants of bytes are none of the network's.
        folded = None if element == trt.ui8 else self.fold(arhat.ConvertOp, [value], to=element)
        return folded or self.add(trt.CastOp.make([value], {}, tensor_type(element, shape_of(value))))

    def slice(
        self,
        value: SSAValue,
        starts: Sequence[int],
        sizes: Sequence[int],
        strides: Sequence[int] | None = None,
        mode: str = "strict_bounds",
        fill: SSAValue | None = None,
    ) -> SSAValue:
        """`sizes` elements from `starts` on, every `strides`-th; `mode` says what lies outside."""
        steps = tuple(strides or [1] * len(starts))
        if tuple(sizes) == shape_of(value) and not any(starts) and set(steps) <= {1}:
            return value
        if mode == "strict_bounds":
            given = {"starts": tuple(starts), "sizes": tuple(sizes), "steps": steps}
            folded = self.fold(arhat.SliceOp, [value], **given)
            if folded is not None:
                return folded
        properties = {"starts": tuple(starts), "sizes": tuple(sizes), "strides": steps, "mode": mode}
        return self.add(trt.SliceOp.make([value, fill, None], properties))

    def part(self, value: SSAValue, axis: int, start: int, size: int = 1, stride: int = 1) -> SSAValue:
        """`size` elements along one axis, from `start` on."""
        shape = list(shape_of(value))
        starts, strides = [0] * len(shape), [1] * len(shape)
        starts[axis], strides[axis], shape[axis] = start, stride, size
        return self.slice(value, starts, shape, strides)

    def pad(self, value: SSAValue, before: Sequence[int], after: Sequence[int], fill: float) -> SSAValue:
        """`fill` around the elements; where negative, elements are cut off."""
        sizes = [n + b + a for n, b, a in zip(shape_of(value), before, after, strict=True)]
        starts = [-b for b in before]
        if all(b <= 0 for b in (*before, *after)):
            return self.slice(value, starts, sizes)
        given = {
            "pads_begin": tuple(before),
            "pads_end": tuple(after),
            "mode": "constant",
            "value": float(fill),
        }
        folded = self.fold(arhat.PadOp, [value], **given)
        return folded or self.slice(value, starts, sizes, mode="fill", fill=self.number(fill, value, rank=0))

    def concat(self, values: Sequence[SSAValue], axis: int) -> SSAValue:
        """The values one after the other along an axis; empty ones are left out."""
        full = [value for value in values if 0 not in shape_of(value)] or values[:1]
        return full[0] if len(full) == 1 else self.add(trt.ConcatenationOp.make(full, {"axis": axis}))

    def broadcast(self, value: SSAValue, shape: Sequence[int]) -> SSAValue:
        """The value repeated to `shape`."""
        value = self.lift(value, len(shape))
        strides = [0 if n == 1 else 1 for n in shape_of(value)]
        if shape_of(value) == tuple(shape):
            return value
        properties = {
            "starts": [0] * len(shape),
            "sizes": tuple(shape),
            "strides": strides,
            "mode": "strict_bounds",
        }
        return self.add(trt.SliceOp.make([value, None, None], properties))

    def gather(self, value: SSAValue, indices: SSAValue, axis: int, shared: int = 0) -> SSAValue:
        """Slices along an axis."""
        properties = {"mode": "default", "axis": axis, "elementwise_dims": shared}
        return self.add(trt.GatherOp.make([value, indices], properties))

    # Element-wise -----------------------------------------------------------------------------------------------------

    def binary(self, op: str, a: SSAValue, b: SSAValue | float) -> SSAValue:
        """`trt.element_wise` of two values, which broadcast by NumPy's rule; a number is taken as the type of `a`."""
        if not isinstance(b, SSAValue):
            b = self.number(b, a)
        rank = max(len(shape_of(a)), len(shape_of(b)))
        a, b = self.lift(a, rank), self.lift(b, rank)
        if op in _FOLDS:
            kind, properties = _FOLDS[op]
            folded = self.fold(kind, [a, b], **properties)
            if folded is not None:
                return folded
        return self.add(trt.ElementWiseOp.make([a, b], {"op": op}))

    def unary(self, op: str, x: SSAValue) -> SSAValue:
        """`trt.unary`."""
        return self.add(trt.UnaryOp.make([x], {"op": op}))

    def function(
        self, kind: str, x: SSAValue, alpha: float | None = None, beta: float | None = None
    ) -> SSAValue:
        """`trt.activation`."""
        return self.add(trt.ActivationOp.make([x], {"kind": kind, "alpha": alpha, "beta": beta}))

    def select(self, condition: SSAValue, then: SSAValue, otherwise: SSAValue) -> SSAValue:
        """`then` where the condition holds; all three broadcast by NumPy's rule."""
        operands = [condition, then, otherwise]
        rank = max(len(shape_of(value)) for value in operands)
        operands = [self.lift(value, rank) for value in operands]
        return self.fold(arhat.SelectOp, operands) or self.add(trt.SelectOp.make(operands))

    def reduce(self, op: str, x: SSAValue, axes: Sequence[int], keep_dims: bool = True) -> SSAValue:
        """`trt.reduce`; without axes the value itself."""
        if not axes:
            return x
        properties = {"op": op, "axes": tuple(sorted(axes)), "keep_dims": keep_dims}
        return self.add(trt.ReduceOp.make([x], properties))

    def in_f32(self, x: SSAValue, compute: Callable[[SSAValue], SSAValue]) -> SSAValue:
        """`compute` of `x` in f32, rounded to the type of `x`: for sums, which 16 bits cannot hold."""
        element = element_of(x)
        return self.cast(compute(self.cast(x, f32)), element)

    # Indices ----------------------------------------------------------------------------------------------------------

    def positions(self, indices: SSAValue, extent: int | Sequence[int]) -> SSAValue:
        """Indices, i32 or i64, with negative ones counted from the end of `extent` (one for each of the last axis)."""
        known = self.known(indices)
        if known is not None and not (known < 0).any():
            return indices
        source = indices
        while isinstance(source.owner, trt.CastOp | trt.ShuffleOp):
            source = source.owner.x
        if isinstance(source.owner, trt.TopKOp):  # never negative
            return indices
        rank = len(shape_of(indices))
        shape = (1,) * rank if isinstance(extent, int) else (*[1] * (rank - 1), len(extent))
        end = self.constant(np.reshape(np.asarray(extent), shape), element_of(indices))
        below = self.binary("less", indices, 0)
        return self.select(below, self.binary("sum", indices, end), indices)

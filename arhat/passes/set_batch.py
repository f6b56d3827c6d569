"""Pass `set-batch`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any, NoReturn

import numpy as np
from xdsl.context import Context
from xdsl.dialects.builtin import FunctionType, ModuleOp
from xdsl.dialects.func import ReturnOp
from xdsl.ir import Block, Operation, SSAValue
from xdsl.passes import ModulePass
from xdsl.rewriter import Rewriter
from xdsl.utils.exceptions import VerifyException

from arhat.dialects.arhat import (
    ArhatOp,
    BinaryOp,
    ConstantOp,
    ReductionOp,
    TileOp,
    UnaryOp,
)
from arhat.dialects.arhat.base import floats, ints, python_value, shape_of, tensor_type, type_of
from arhat.errors import UserError, quote
from arhat.importers.openvino.container import DEFAULT_MEMORY_LIMIT
from arhat.interpreters import input_names
from arhat.layers import layers_of
from arhat.passes.support import entry_point
from arhat.weights import byte_size, dense


@dataclass(frozen=True)
class SetBatchPass(ModulePass):
    """Makes a model of one image (or row) in a run one of `to`, where each comes out as it would alone.

    Every input must have size 1 on its first axis, which becomes `to`; scalars are shared by all. From there the pass
    follows which axis of each value counts the images. An operation is let through only if it treats the images apart
    from each other: it never mixes, orders or counts along that axis. What states the size 1 (the target of a reshape,
    the sizes of a slice or a broadcast) is corrected, and a value that does not depend on the images is repeated where
    it is joined with one that does. Several images in one axis (reshaped to `[boxes, classes]`, say) lie one after the
    other. So element `n` of the result is what the model computes of element `n` of the inputs alone; the detections of
    all images are one list, as `detection_output` makes it. Where an operation cannot be shown to be of that kind, the
    pass refuses and names its layer.

    Options:

    - `to`: images in one run.

    Before (with `to=4`):

    ```mlir
    func.func @main(%x: tensor<1x2x3xf32>) -> tensor<1x6xf32> {
      %0 = arhat.relu(%x) : (tensor<1x2x3xf32>) -> tensor<1x2x3xf32>
      %1 = arhat.reshape(%0) {shape = [1, 6]} : (tensor<1x2x3xf32>) -> tensor<1x6xf32>
      func.return %1 : tensor<1x6xf32>
    }
    ```

    After:

    ```mlir
    func.func @main(%x: tensor<4x2x3xf32>) -> tensor<4x6xf32> {
      %0 = arhat.relu(%x) : (tensor<4x2x3xf32>) -> tensor<4x2x3xf32>
      %1 = arhat.reshape(%0) {shape = [4, 6]} : (tensor<4x2x3xf32>) -> tensor<4x6xf32>
      func.return %1 : tensor<4x6xf32>
    }
    ```
    """

    name = "set-batch"

    to: int

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Sets the batch of `@main`.

        Raises:
            UserError: an input has another size than 1 on its first axis, or an operation may mix images.
        """
        if self.to < 1:
            raise UserError(f"a batch of {self.to} is none; give 1 or more")
        _SetBatch(op, self.to).run()


LOGIC = "arhat.dialects.arhat.logic"
"""A family of element-wise operations only."""


class _Refused(Exception):
    """Why an operation cannot be shown to keep images apart."""


class _SetBatch:
    def __init__(self, module: ModuleOp, to: int) -> None:
        self.function = entry_point(module)
        self.to = to
        self.names = input_names(module)
        self.axes: dict[SSAValue, int] = {}
        """The axis that counts images, of each value that has one; the others are the same for all images."""
        self.old: dict[SSAValue, tuple[int, ...]] = {}
        """The shape of each such value for one image."""
        self.lists: set[SSAValue] = set()
        """Lists of detections, in which images are not of equal length."""

    def run(self) -> None:
        block = self.function.body.block
        shapes = [shape_of(argument) for argument in block.args]
        if all(shape[:1] == (self.to,) for shape in shapes if shape):
            return
        for index, shape in enumerate(shapes):
            if shape and shape[0] != 1:
                raise UserError(
                    f"the batch cannot be set to {self.to}: input {quote(self.names[index])} has shape "
                    f"{list(shape)}, so its first axis does not count images"
                )
            if shape:
                argument = block.args[index]
                self._retype(argument, 0, (self.to, *shape[1:]))
        for op in list(block.ops):
            if isinstance(op, ReturnOp):
                break
            self._visit(op)
        returned = self.function.get_return_op()
        outputs = [] if returned is None else [value.type for value in returned.arguments]
        self.function.function_type = FunctionType.from_lists([a.type for a in block.args], outputs)

    def _retype(self, value: SSAValue, axis: int | None, shape: Sequence[int]) -> SSAValue:
        old = shape_of(value)
        new = value
        if tuple(shape) != old:
            type = tensor_type(type_of(value).element_type, tuple(shape))
            size = byte_size(type)
            if size > DEFAULT_MEMORY_LIMIT:
                raise UserError(
                    f"a batch of {self.to} makes a tensor of {size} bytes, more than the limit of "
                    f"{DEFAULT_MEMORY_LIMIT} bytes; take a smaller one"
                )
            new = Rewriter.replace_value_with_new_type(value, type)
        if axis is not None:
            self.axes[new] = axis
            self.old[new] = old
        return new

    def _visit(self, op: Operation) -> None:
        inner = [operand for nested in op.walk() for operand in nested.operands]
        if not any(operand in self.axes or operand in self.lists for operand in inner):
            return
        try:
            if any(operand in self.lists for operand in inner):
                raise _Refused("takes a list of detections, in which images are not of equal length")
            rule = _rule_of(op)
            if rule is None or not isinstance(op, ArhatOp):
                raise _Refused("is not known to keep images apart")
            before = [shape_of(result) for result in op.results]
            axes = rule(_Visit(self, op))
            try:
                types = op.infer()
            except VerifyException as error:
                raise _Refused(str(error)) from None
            for place, axis in enumerate(axes):
                if axis is None:
                    continue
                expected = list(before[place])
                expected[axis] *= self.to
                if list(types[place].get_shape()) != expected:
                    raise _Refused(f"would make {types[place]} of the larger batch")
                self._retype(op.results[place], axis, expected)
        except _Refused as refused:
            self._refuse(op, str(refused))
        if op.name == "arhat.detection_output":
            self.lists.add(op.results[0])
            self.axes.pop(op.results[0])

    def _refuse(self, op: Operation, reason: str) -> NoReturn:
        layers = layers_of(op)
        raise UserError(
            f"the batch cannot be set to {self.to}: {op.name} {reason}",
            layer=layers[-1].layer_name if layers else None,
            notes=[
                "a batch needs every layer to treat the images apart from each other; compile for one image"
            ],
        )


class _Visit:
    """One operation while its rule looks at it; shapes are those for one image."""

    def __init__(self, state: _SetBatch, op: Operation) -> None:
        self._state = state
        self.op = op
        self.result = shape_of(op.results[0])

    def axis(self, value: SSAValue | None) -> int | None:
        """The axis of `value` that counts images, None where there is none."""
        return None if value is None else self._state.axes.get(value)

    def shape(self, value: SSAValue) -> tuple[int, ...]:
        """The shape of `value` for one image."""
        return self._state.old.get(value, shape_of(value))

    def ints(self, name: str) -> list[int]:
        """A property that is an integer or a list of them."""
        value = python_value(self.op.properties[name])
        return [int(value)] if isinstance(value, int) else [int(one) for one in value]

    def flag(self, name: str) -> bool:
        """A property that is a truth value; False where it is absent."""
        attr = self.op.properties.get(name)
        return attr is not None and bool(python_value(attr))

    def put(self, name: str, values: Sequence[int]) -> None:
        """Set a property that is a list of integers."""
        self.op.properties[name] = ints(values)

    def batched(self, size: int) -> int:
        """A size along the axis of images, for all of them."""
        return size * self._state.to

    def expect(self, condition: bool, reason: str) -> None:
        """Refuse the operation unless `condition` holds."""
        if not condition:
            raise _Refused(reason)

    def repeat(self, value: SSAValue, axis: int) -> None:
        """Repeat an operand that is the same for all images along `axis`, for every image."""
        repeats = [1] * len(shape_of(value))
        repeats[axis] = self._state.to
        tile = TileOp.build_inferred([value], {"repeats": repeats}, layers_of(self.op))
        block = self.op.parent
        assert isinstance(block, Block)
        block.insert_op_before(tile, self.op)
        self._state.axes[tile.result] = axis
        self._state.old[tile.result] = shape_of(value)
        for place, operand in enumerate(self.op.operands):
            if operand is value:
                self.op.operands[place] = tile.result

    def aligned(self, values: Sequence[SSAValue], shape: Sequence[int]) -> int:
        """The axis of `shape` that counts images where `values` broadcast to it."""
        found: int | None = None
        for value in values:
            axis = self.axis(value)
            if axis is None:
                continue
            place = axis + len(shape) - len(self.shape(value))
            self.expect(found in (None, place), "joins values that count images on different axes")
            self.expect(
                self.shape(value)[axis] == shape[place],
                "repeats an image along the axis that counts them",
            )
            found = place
        assert found is not None
        for value in dict.fromkeys(values):
            if self.axis(value) is not None:
                continue
            place = found - len(shape) + len(self.shape(value))
            if place >= 0 and self.shape(value)[place] != 1:
                self.repeat(value, place)
        return found


Axes = list[int | None]
Rule = Callable[[_Visit], Axes]


def _elementwise(visit: _Visit) -> Axes:
    return [visit.aligned(list(visit.op.operands), visit.result)]


def _first(visit: _Visit, *free: str) -> int:
    """The axis of the first operand, which alone may count images besides those named in `free`."""
    axis = visit.axis(visit.op.operands[0])
    others = list(visit.op.operands)
    for value in (visit.op.operands[0], *(getattr(visit.op, name) for name in free)):
        others.remove(value)
    visit.expect(
        axis is not None and all(visit.axis(value) is None for value in others),
        "takes parameters that differ from image to image",
    )
    assert axis is not None
    return axis


def _along(*names: str) -> Rule:
    """The rule of an operation that works along the axes of the properties `names` and keeps the others apart."""

    def rule(visit: _Visit) -> Axes:
        axis = _first(visit)
        for name in names:
            visit.expect(axis not in visit.ints(name), "works along the axis that counts images")
        return [axis] * len(visit.op.results)

    return rule


def _images(visit: _Visit) -> Axes:
    """Operations on [N, C, spatial...]; N may count anything."""
    axis = _first(visit)
    visit.expect(axis == 0, f"does not count images on axis 0 but on axis {axis}")
    return [axis] * len(visit.op.results)


def _convolution(visit: _Visit) -> Axes:
    op: Any = visit.op
    residual = getattr(op, "residual", None)
    if residual is not None and visit.axis(residual) is None:
        visit.repeat(residual, 0)
    axis = _first(visit, *(["residual"] if residual is not None else []))
    visit.expect(
        axis == 0 and visit.axis(op.residual if residual is not None else op.x) == 0,
        "does not count images on axis 0",
    )
    return [0]


def _matmul(visit: _Visit) -> Axes:
    op: Any = visit.op
    a, b = op.a, op.b
    rank = len(visit.result)
    found: list[int] = []
    for value, transposed, is_a in (
        (a, visit.flag("transpose_a"), True),
        (b, visit.flag("transpose_b"), False),
    ):
        axis = visit.axis(value)
        if axis is None:
            continue
        shape = visit.shape(value)
        if axis < len(shape) - 2:
            found.append(axis + _batch_rank(visit, a, b) - (len(shape) - 2))
            continue
        outer = len(shape) - (1 if transposed == is_a else 2)
        visit.expect(len(shape) > 1 and axis == outer, "sums over the axis that counts images")
        column = len(visit.shape(b)) > 1
        found.append(rank - 1 if not is_a or not column else rank - 2)
    visit.expect(len(set(found)) == 1, "joins values that count images on different axes")
    axis = found[0]
    both = visit.axis(a) is not None and visit.axis(b) is not None
    visit.expect(not both or axis < _batch_rank(visit, a, b), "multiplies images with each other")
    if axis < _batch_rank(visit, a, b):
        for value in (a, b):
            place = axis - _batch_rank(visit, a, b) + len(visit.shape(value)) - 2
            size = visit.shape(value)[place] if place >= 0 else 1
            if visit.axis(value) is None and size != 1:
                visit.repeat(value, place)
            visit.expect(
                visit.axis(value) is None or size == visit.result[axis],
                "repeats an image along the axis that counts them",
            )
    if op.bias is not None:
        place = axis - rank + len(visit.shape(op.bias))
        if visit.axis(op.bias) is None:
            if place >= 0 and visit.shape(op.bias)[place] != 1:
                visit.repeat(op.bias, place)
        else:
            visit.expect(visit.axis(op.bias) == place, "joins values that count images on different axes")
    return [axis]


def _batch_rank(visit: _Visit, a: SSAValue, b: SSAValue) -> int:
    return max(len(visit.shape(a)) - 2, len(visit.shape(b)) - 2, 0)


def _reduction(visit: _Visit) -> Axes:
    axis, axes = _first(visit), visit.ints("axes")
    visit.expect(axis not in axes, "reduces the axis that counts images")
    return [axis if visit.flag("keep_dims") else axis - sum(one < axis for one in axes)]


def _reshape(visit: _Visit) -> Axes:
    (value,) = visit.op.operands
    axis = _first(visit)
    before, after = visit.shape(value), visit.ints("shape")
    visit.expect(prod(before) > 0, "reshapes an empty value")
    outer = prod(before[:axis])
    places = [place for place in range(len(after)) if prod(after[:place]) == outer]
    visit.expect(bool(places), f"merges the axis that counts images, from {list(before)} to {after}")
    # Rows of memory say where images may be counted; of several such axes that do, the one that reads best is taken.
    ones = [place for place in places if after[place] == 1]
    same = [place for place in places if after[place] == before[axis]]
    chosen = axis if axis in ones else (ones or same or places[-1:])[0]
    after[chosen] = visit.batched(after[chosen])
    visit.put("shape", after)
    return [chosen]


def _transpose(visit: _Visit) -> Axes:
    return [visit.ints("perm").index(_first(visit))]


def _concat(visit: _Visit) -> Axes:
    values = list(visit.op.operands)
    axis = visit.axis(next(value for value in values if visit.axis(value) is not None))
    assert axis is not None
    visit.expect(axis not in visit.ints("axis"), "joins along the axis that counts images")
    visit.expect(
        all(visit.axis(value) in (None, axis) for value in values),
        "joins values that count images on different axes",
    )
    for value in dict.fromkeys(values):
        if visit.axis(value) is None:
            visit.repeat(value, axis)
    return [axis]


def _slice(visit: _Visit) -> Axes:
    axis = _first(visit)
    starts, sizes, steps = visit.ints("starts"), visit.ints("sizes"), visit.ints("steps")
    size = visit.shape(visit.op.operands[0])[axis]
    whole = starts[axis] == 0 and sizes[axis] == size and (steps[axis] == 1 or size == 1)
    visit.expect(whole, "takes a part of the axis that counts images")
    sizes[axis], steps[axis] = visit.batched(size), 1
    visit.put("sizes", sizes)
    visit.put("steps", steps)
    return [axis]


def _gather(visit: _Visit) -> Axes:
    op: Any = visit.op
    axis, dims = visit.ints("axis")[0], visit.ints("batch_dims")[0]
    data, indices = visit.axis(op.x), visit.axis(op.indices)
    rank = len(visit.shape(op.indices))
    if data is not None and indices is not None:
        visit.expect(data == indices < dims, "lets one image choose from another")
        return [data]
    if data is not None:
        visit.expect(data != axis, "chooses along the axis that counts images")
        if data < dims:
            visit.repeat(op.indices, data)
            return [data]
        return [data if data < axis else data + rank - dims - 1]
    assert indices is not None
    if indices < dims:
        visit.repeat(op.x, indices)
        return [indices]
    return [axis + indices - dims]


def _pad(visit: _Visit) -> Axes:
    axis = _first(visit)
    for name in ("pads_begin", "pads_end"):
        visit.expect(visit.ints(name)[axis] == 0, "pads the axis that counts images")
    return [axis]


def _tile(visit: _Visit) -> Axes:
    axis = _first(visit)
    visit.expect(visit.ints("repeats")[axis] == 1, "repeats along the axis that counts images")
    return [axis]


def _broadcast(visit: _Visit) -> Axes:
    target = visit.ints("shape")
    axis = visit.aligned(list(visit.op.operands), target)
    target[axis] = visit.batched(target[axis])
    visit.put("shape", target)
    return [axis]


def _shape_of(visit: _Visit) -> Axes:
    """The shape for one image is what follows from it was made for."""
    value = visit.op.operands[0]
    constant = ConstantOp.get(
        dense(np.array(visit.shape(value), np.int64)), type_of(visit.op.results[0]), layers_of(visit.op)
    )
    block = visit.op.parent
    assert isinstance(block, Block)
    block.insert_op_before(constant, visit.op)
    visit.op.results[0].replace_all_uses_with(constant.result)
    return [None]


def _interpolate(visit: _Visit) -> Axes:
    axis = _first(visit)
    for name in ("pads_begin", "pads_end"):
        visit.expect(visit.ints(name)[axis] == 0, "pads the axis that counts images")
    axes, sizes = visit.ints("axes"), visit.ints("sizes")
    if axis in axes:  # one that keeps its length stays as it is
        place = axes.index(axis)
        keeps = sizes[place] == visit.shape(visit.op.operands[0])[axis]
        visit.expect(keeps, "resizes the axis that counts images")
        scales = list(python_value(visit.op.properties["scales"]))
        for name, values in (("axes", axes), ("sizes", sizes)):
            visit.put(name, values[:place] + values[place + 1 :])
        visit.op.properties["scales"] = floats(scales[:place] + scales[place + 1 :])
    return [axis]


def _prelu(visit: _Visit) -> Axes:
    axis = _first(visit)
    slope, rank = shape_of(visit.op.operands[1]), len(visit.result)
    place = axis - (1 if len(slope) == 1 and rank >= 2 else rank - len(slope))
    visit.expect(not 0 <= place < len(slope) or slope[place] == 1, "has a slope for each image")
    return [axis]


def _region_yolo(visit: _Visit) -> Axes:
    axis = _first(visit)
    visit.expect(axis == 0, f"does not count images on axis 0 but on axis {axis}")
    visit.expect(not visit.flag("do_softmax") or visit.ints("axis")[0] > 0, "flattens the axis of images")
    return [axis]


def _detection_output(visit: _Visit) -> Axes:
    op: Any = visit.op
    for value in dict.fromkeys([op.loc, op.conf, op.aux_conf, op.aux_loc]):
        if value is not None and visit.axis(value) is None:
            visit.repeat(value, 0)
    counted = [value for value in op.operands if visit.axis(value) is not None]
    visit.expect(
        all(visit.axis(value) == 0 and visit.shape(value)[0] == 1 for value in counted),
        "does not count images on axis 0",
    )
    return [2]


def _topk(visit: _Visit) -> Axes:
    axis = _first(visit)
    visit.expect(axis not in visit.ints("axis"), "works along the axis that counts images")
    return [axis] * len(visit.op.results)


def _max_pool_with_indices(visit: _Visit) -> Axes:
    visit.expect(visit.ints("axis")[0] > 0, "numbers elements across images")
    return _images(visit)


def _one_hot(visit: _Visit) -> Axes:
    axis = _first(visit)
    return [axis + (visit.ints("axis")[0] <= axis)]


def _reverse_sequence(visit: _Visit) -> Axes:
    op: Any = visit.op
    axis = visit.axis(op.x)
    visit.expect(axis is not None, "takes parameters that differ from image to image")
    visit.expect(axis not in visit.ints("seq_axis"), "works along the axis that counts images")
    if axis in visit.ints("batch_axis") and visit.axis(op.lengths) is None:
        visit.repeat(op.lengths, 0)
    visit.expect(
        (visit.axis(op.lengths) == 0) == (axis in visit.ints("batch_axis")), "lets one image reverse another"
    )
    return [axis]


def _sequence(visit: _Visit) -> Axes:
    """Recurrent layers: input, states and lengths count sequences on axis 0, weights are the same for all."""
    op: Any = visit.op
    names = [
        name for name in ("x", "initial_h", "initial_c", "lengths") if getattr(op, name, None) is not None
    ]
    for value in dict.fromkeys(getattr(op, name) for name in names):
        if visit.axis(value) is None:
            visit.repeat(value, 0)
    counted = {getattr(op, name) for name in names}
    visit.expect(all(visit.axis(value) == 0 for value in counted), "does not count images on axis 0")
    visit.expect(
        all(visit.axis(value) is None for value in op.operands if value not in counted),
        "takes parameters that differ from image to image",
    )
    return [0] * len(op.results)


def _gather_elements(visit: _Visit) -> Axes:
    op: Any = visit.op
    data, indices = op.operands
    for value, other in ((data, indices), (indices, data)):
        axis = visit.axis(other)
        if visit.axis(value) is None and axis is not None:
            visit.expect(visit.shape(value)[axis] == visit.shape(other)[axis], "repeats an image")
            visit.repeat(value, axis)
    data, indices = op.operands
    axis = visit.axis(data)
    visit.expect(
        axis == visit.axis(indices) and axis not in visit.ints("axis"),
        "chooses along the axis that counts images",
    )
    return [axis]


_RULES: dict[str, Rule] = {
    "arhat.adaptive_avg_pool": _images,
    "arhat.adaptive_max_pool": _images,
    "arhat.avg_pool": _images,
    "arhat.broadcast": _broadcast,
    "arhat.concat": _concat,
    "arhat.convert": _elementwise,
    "arhat.convolution": _convolution,
    "arhat.cum_sum": _along("axis"),
    "arhat.detection_output": _detection_output,
    "arhat.fake_quantize": _elementwise,
    "arhat.gather": _gather,
    "arhat.gather_elements": _gather_elements,
    "arhat.gru_sequence": _sequence,
    "arhat.interpolate": _interpolate,
    "arhat.lrn": _along("axes"),
    "arhat.lstm_sequence": _sequence,
    "arhat.matmul": _matmul,
    "arhat.max_pool": _images,
    "arhat.max_pool_with_indices": _max_pool_with_indices,
    "arhat.mvn": _along("axes"),
    "arhat.normalize_l2": _along("axes"),
    "arhat.one_hot": _one_hot,
    "arhat.pad": _pad,
    "arhat.prelu": _prelu,
    "arhat.region_yolo": _region_yolo,
    "arhat.reshape": _reshape,
    "arhat.reverse_sequence": _reverse_sequence,
    "arhat.rnn_sequence": _sequence,
    "arhat.select": _elementwise,
    "arhat.shape_of": _shape_of,
    "arhat.slice": _slice,
    "arhat.softmax": _along("axis"),
    "arhat.swish": _elementwise,
    "arhat.tile": _tile,
    "arhat.topk": _topk,
    "arhat.transpose": _transpose,
    "arhat.transposed_convolution": _convolution,
}
"""By name, so that an operation that is not listed is refused; element-wise ones and reductions go by their classes."""


def _rule_of(op: Operation) -> Rule | None:
    if isinstance(op, ReductionOp):
        return _reduction
    if op.name in _RULES:
        return _RULES[op.name]
    simple = isinstance(op, UnaryOp | BinaryOp) or type(op).__module__ == LOGIC
    return _elementwise if simple else None

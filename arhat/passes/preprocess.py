"""Pass `preprocess`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from xdsl.context import Context
from xdsl.dialects.builtin import ArrayAttr, BoolAttr, DictionaryAttr, FunctionType, ModuleOp, f32
from xdsl.dialects.func import FuncOp
from xdsl.ir import Attribute, SSAValue
from xdsl.passes import ModulePass

from arhat.dialects.arhat import (
    ArhatOp,
    ConvertOp,
    DivideOp,
    GatherOp,
    LayerAttr,
    SubtractOp,
    TransposeOp,
)
from arhat.dialects.arhat.attributes import PREPROCESSING
from arhat.dialects.arhat.base import Property, element_of, floats, is_float, shape_of, tensor_type
from arhat.errors import UserError, quote
from arhat.importers.openvino.types import ELEMENT_TYPES
from arhat.interpreters import input_names
from arhat.options import INPUT_TYPES, LAYOUTS, InputPreprocessing
from arhat.passes.support import entry_point
from arhat.weights import dtype_of, make_constant, store_of

FEW = 4
"""An axis of up to so many is taken for that of the channels, where a shape has to say which one it is."""


@dataclass(frozen=True)
class PreprocessPass(ModulePass):
    """Puts the preprocessing of an input in front of the model, so that the program takes pictures as they are.

    The argument of `@main` gets the type that the program is fed; operations lead from there to what the model takes:
    conversion, transposition, subtraction of the mean, division by the scale, reversed channels. `optimize` then moves
    into the first convolution what it can.

    Options:

    - `input`: its name; without one the only input, or the only one of rank 4.
    - `layout`: `NHWC` or `NCHW`, as the program is fed; that of the model follows from its shape, or is named behind an
      arrow (`NHWC->NCHW`).
    - `type`: element type that the program is fed.
    - `mean`, `scale`: one number, or one for each channel in the model's order: `(x - mean) / scale`.
    - `reverse_channels`: the program is fed channels in the reverse of the model's order.

    Before (with `layout=NHWC type=u8 mean=1.0,2.0,3.0 reverse_channels=true`):

    ```mlir
    func.func @main(%x: tensor<1x3x8x8xf32> {arhat.name = "x"}) -> tensor<1x3x8x8xf32> {
      %0 = arhat.relu(%x) : (tensor<1x3x8x8xf32>) -> tensor<1x3x8x8xf32>
      func.return %0 : tensor<1x3x8x8xf32>
    }
    ```

    After:

    ```mlir
    func.func @main(%x: tensor<1x8x8x3xui8> {arhat.name = "x",
        arhat.preprocessing = {mean = array<f64: 1.0, 2.0, 3.0>, reverse_channels = true}}) -> tensor<1x3x8x8xf32> {
      %0 = arhat.convert(%x) {to = f32, arhat.layers = [#arhat.layer<"x", 0>]}
        : (tensor<1x8x8x3xui8>) -> tensor<1x8x8x3xf32>
      %1 = arhat.transpose(%0) {perm = [0, 3, 1, 2], arhat.layers = [#arhat.layer<"x", 0>]}
        : (tensor<1x8x8x3xf32>) -> tensor<1x3x8x8xf32>
      %2 = arhat.constant() {value = dense<[[[[3.0]], [[2.0]], [[1.0]]]]> : tensor<1x3x1x1xf32>,
        arhat.layers = [#arhat.layer<"x", 0>]} : () -> tensor<1x3x1x1xf32>
      %3 = arhat.subtract(%1, %2) {arhat.layers = [#arhat.layer<"x", 0>]}
        : (tensor<1x3x8x8xf32>, tensor<1x3x1x1xf32>) -> tensor<1x3x8x8xf32>
      %4 = arhat.constant() {value = dense<[2, 1, 0]> : tensor<3xi64>, arhat.layers = [#arhat.layer<"x", 0>]}
        : () -> tensor<3xi64>
      %5 = arhat.gather(%3, %4) {axis = 1, batch_dims = 0, arhat.layers = [#arhat.layer<"x", 0>]}
        : (tensor<1x3x8x8xf32>, tensor<3xi64>) -> tensor<1x3x8x8xf32>
      %6 = arhat.relu(%5) : (tensor<1x3x8x8xf32>) -> tensor<1x3x8x8xf32>
      func.return %6 : tensor<1x3x8x8xf32>
    }
    ```
    """

    name = "preprocess"

    input: str = ""
    layout: str = ""
    type: str = ""
    reverse_channels: bool = False
    mean: tuple[float, ...] = ()
    scale: tuple[float, ...] = ()

    @staticmethod
    def of(input: str, asked: InputPreprocessing) -> PreprocessPass:
        """The pass that does what was asked for one input."""
        return PreprocessPass(
            input, asked.layout, asked.type, asked.reverse_channels, asked.mean, asked.scale
        )

    def apply(self, ctx: Context, op: ModuleOp) -> None:
        """Changes the input of `@main`.

        Raises:
            UserError: there is no such input, or it has no channels to work on.
        """
        function = entry_point(op)
        names = input_names(op)
        place = place_of(self.input, names, [shape_of(argument) for argument in function.args])
        asked = InputPreprocessing(self.layout, self.type, self.reverse_channels, self.mean, self.scale)
        _Input(op, function, place, names[place], asked).run()


def place_of(name: str, names: Sequence[str], shapes: Sequence[Sequence[int]]) -> int:
    """Which of the inputs `names` is meant by `name`; "" is the only one, or the only one that is an image.

    Raises UserError where there is no such input, or several may be meant.
    """
    if name in names:
        return names.index(name)
    known = ", ".join(f"{quote(one)} {list(shape)}" for one, shape in zip(names, shapes, strict=True))
    if name:
        raise UserError(f"there is no input {quote(name)} to preprocess; the model's inputs are {known}")
    images = [place for place, shape in enumerate(shapes) if len(shape) == 4]
    if len(names) == 1:
        return 0
    if len(images) != 1:
        raise UserError(f"say which input to preprocess, as NAME=VALUE; the model's inputs are {known}")
    return images[0]


def layouts(shape: Sequence[int], layout: str, input: str) -> tuple[str, str]:
    """The layouts that the program is fed and that the model takes; "" for a `shape` that is no image.

    Raises UserError where `layout` does not fit the shape, or the shape does not say where the channels are.
    """
    fed, arrow, model = layout.partition("->")
    for name in (fed, model):
        if name and name not in LAYOUTS:
            raise UserError(f"a layout is {' or '.join(LAYOUTS)}, not {quote(name)}")
    if len(shape) != 4:
        if layout:
            raise UserError(
                f"input {quote(input)} of shape {list(shape)} has no layout: only images of rank 4 have one"
            )
        return "", ""
    if not arrow:
        first, last = shape[1] <= FEW, shape[3] <= FEW
        if layout and first == last:
            raise UserError(
                f"the shape {list(shape)} of input {quote(input)} does not say where its channels are; "
                "name the model's layout as well, like 'NHWC->NCHW'"
            )
        model = "NHWC" if last and not first else "NCHW"
    return fed or model, model


class _Input:
    """One argument of `@main` on its way to the model."""

    def __init__(
        self, module: ModuleOp, function: FuncOp, place: int, name: str, asked: InputPreprocessing
    ) -> None:
        self.function = function
        self.place = place
        self.name = name
        self.asked = asked
        self.store = store_of(module)
        self.layers = [LayerAttr.get(name)]
        self.ops: list[ArhatOp] = []
        self.argument = function.args[place]
        self.shape = shape_of(self.argument)
        self.element = element_of(self.argument)

    def run(self) -> None:
        fed, model = layouts(self.shape, self.asked.layout, self.name)
        fed_shape = tuple(self.shape[model.index(axis)] for axis in fed) if fed else self.shape
        if self.asked.type and self.asked.type not in INPUT_TYPES:
            raise UserError(f"an input may be of {', '.join(INPUT_TYPES)}, not {quote(self.asked.type)}")
        fed_element = ELEMENT_TYPES[self.asked.type] if self.asked.type else self.element
        if 0.0 in self.asked.scale:
            raise UserError(f"the scale of input {quote(self.name)} is 0")
        block = self.function.body.block
        argument = block.insert_arg(tensor_type(fed_element, fed_shape), self.place)
        argument.name_hint = self.argument.name_hint
        value = self._to_model(argument, fed, model)
        self.argument.replace_all_uses_with(value)
        block.erase_arg(self.argument)
        for op in reversed(self.ops):
            block.insert_op_before(op, block.first_op) if block.first_op else block.add_op(op)
        types = self.function.function_type
        inputs = [one.type for one in block.args]
        self.function.function_type = FunctionType.from_lists(inputs, list(types.outputs.data))
        self._note()

    def _to_model(self, value: SSAValue, fed: str, model: str) -> SSAValue:
        asked = self.asked
        arithmetic = bool(asked.mean or asked.scale)
        work = self.element if is_float(self.element) or not arithmetic else f32
        value = self._convert(value, work)
        if fed != model:
            value = self._add(TransposeOp, [value], {"perm": [fed.index(axis) for axis in model]})
        axis = self._channel_axis(model)
        for kind, numbers, option in (
            (SubtractOp, asked.mean, "--mean"),
            (DivideOp, asked.scale, "--scale"),
        ):
            if numbers:
                constant = self._constant(self._per_channel(numbers, axis, option), work)
                properties: dict[str, Property] = {"python_div": False} if kind is DivideOp else {}
                value = self._add(kind, [value, constant], properties)
        if asked.reverse_channels:
            if axis is None:
                raise UserError(
                    f"input {quote(self.name)} of shape {list(self.shape)} has no channels to reverse"
                )
            order = np.arange(self.shape[axis], dtype=np.int64)[::-1].copy()
            value = self._add(GatherOp, [value, self._constant(order)], {"axis": axis, "batch_dims": 0})
        return self._convert(value, self.element)

    def _channel_axis(self, model: str) -> int | None:
        if model:
            return model.index("C")
        return 1 if len(self.shape) > 1 else None

    def _per_channel(self, numbers: Sequence[float], axis: int | None, option: str) -> np.ndarray[Any, Any]:
        """The numbers so that they broadcast to the model's input, before its channels are reversed."""
        if len(numbers) == 1:
            return np.array(numbers[0], np.float32)
        count = self.shape[axis] if axis is not None else 1
        if axis is None or len(numbers) != count:
            raise UserError(
                f"{option} gives {len(numbers)} values for the {count} channels of input {quote(self.name)} "
                f"{list(self.shape)}"
            )
        values = np.array(numbers, np.float32)
        shape = [1] * len(self.shape)
        shape[axis] = count
        return (values[::-1] if self.asked.reverse_channels else values).reshape(shape).copy()

    def _convert(self, value: SSAValue, to: Attribute) -> SSAValue:
        return value if element_of(value) == to else self._add(ConvertOp, [value], {"to": to})

    def _constant(self, array: np.ndarray[Any, Any], element: Attribute | None = None) -> SSAValue:
        if element is not None:
            array = array.astype(dtype_of(element))
        made = make_constant(self.store, array, self.name, self.layers, element=element)
        self.ops.append(made)
        return made.result

    def _add(
        self, kind: type[ArhatOp], operands: Sequence[SSAValue], properties: dict[str, Property]
    ) -> SSAValue:
        op = kind.build_inferred(operands, properties, self.layers)
        self.ops.append(op)
        return op.results[0]

    def _note(self) -> None:
        """Say at the argument what the program does itself."""
        noted: dict[str, Attribute] = {}
        for key, numbers in (("mean", self.asked.mean), ("scale", self.asked.scale)):
            if numbers:
                noted[key] = floats(numbers)
        if self.asked.reverse_channels:
            noted["reverse_channels"] = BoolAttr.from_bool(True)
        if not noted:
            return
        attributes = self.function.arg_attrs
        entries = (
            list(attributes.data)
            if attributes is not None
            else [DictionaryAttr({}) for _ in self.function.args]
        )
        entries[self.place] = DictionaryAttr(
            entries[self.place].data | {PREPROCESSING: DictionaryAttr(noted)}
        )
        self.function.properties["arg_attrs"] = ArrayAttr(entries)

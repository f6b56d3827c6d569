"""What an exporter works with: the operation's operands as layers' outputs, and the place where layers go."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from xdsl.dialects.builtin import BFloat16Type, f16, f32
from xdsl.ir import Attribute, Operation, SSAValue

from arhat.dialects.arhat import ConstantOp, ReshapeOp, Tensor, shape_of, tensor_type, type_of
from arhat.errors import UserError, quote
from arhat.exporters.openvino.graph import ELEMENT_NAMES, Data, Graph, Layer, LayerAttribute, Value
from arhat.layers import layers_of
from arhat.weights import Array, WeightStore, dtype_of, element_type_of, is_small


@dataclass
class Names:
    """Hands out names of layers, each once."""

    taken: dict[str, int] = field(default_factory=dict[str, int])

    def unique(self, name: str) -> str:
        """`name`, or `name_1`, `name_2`, ... if it is taken."""
        candidate = name
        while candidate in self.taken:
            candidate = f"{name}_{self.taken[name]}"
            self.taken[name] += 1
        self.taken[candidate] = 1
        return candidate


@dataclass
class Context:
    """The state of one export."""

    graph: Graph
    store: WeightStore
    names: Names
    compress: bool = False
    """Whether weights in f32 that are all numbers of f16 are stored as such."""
    values: dict[SSAValue, Value] = field(default_factory=dict[SSAValue, Value])


@dataclass
class Node:
    """One operation during its export."""

    context: Context
    op: Operation
    name: str
    """What the layer that gives the (first) result shall be called; the others are called after it."""
    made: list[Layer] = field(default_factory=list[Layer])

    def error(self, message: str) -> UserError:
        """An error about this operation that names its layer."""
        layers = layers_of(self.op)
        layer = layers[-1] if layers else None
        where = f"layer {quote(layer.layer_name)} ({self.op.name})" if layer else self.op.name
        return UserError(f"{where} cannot be exported to OpenVINO: {message}")

    # Operands.

    def value(self, operand: SSAValue) -> Value:
        """The layer's output that stands for `operand`."""
        return self.context.values[operand]

    def values(self, operands: Iterable[SSAValue]) -> list[Value]:
        """The same for several."""
        return [self.value(operand) for operand in operands]

    def reshaped(self, operand: SSAValue, shape: Sequence[int], role: str) -> Value:
        """`operand` under another `shape`: a constant gets it directly, a reshape from it is undone."""
        shape = tuple(shape)
        owner = operand.owner
        if isinstance(owner, ReshapeOp) and shape_of(owner.x) == shape:
            return self.value(owner.x)
        if shape_of(operand) == shape:
            return self.value(operand)
        if isinstance(owner, ConstantOp):
            return self.weight(owner, shape, role)
        return self.reshape(self.value(operand), shape, role)

    # Layers.

    def add(
        self,
        type: str,
        opset: int,
        inputs: Sequence[Value],
        attributes: Mapping[str, LayerAttribute] | None = None,
        outputs: Sequence[Tensor] | Tensor | None = None,
        *,
        role: str | None = None,
    ) -> Value:
        """Append a layer and return its first output.

        `outputs` are the types of its outputs, those of the operation's results unless given. `role` names it if it is
        not the layer that gives the operation's result.
        """
        if outputs is None:
            outputs = [type_of(result) for result in self.op.results]
        elif not isinstance(outputs, Sequence):
            outputs = [outputs]
        for output in outputs:
            if output.element_type not in ELEMENT_NAMES:
                raise self.error(f"OpenVINO has no element type {output.element_type}")
        layer = self.context.graph.add(
            type, f"opset{opset}", inputs, attributes or {}, outputs, role or type.lower()
        )
        self.made.append(layer)
        return Value(layer)

    def data(self, data: Data, role: str) -> Value:
        """Append a Const."""
        element = ELEMENT_NAMES.get(data.type.element_type)
        if element is None:
            raise self.error(f"OpenVINO has no element type {data.type.element_type}")
        attributes = {"element_type": element, "shape": data.type.get_shape()}
        value = self.add("Const", 1, [], attributes, data.type, role=role)
        value.layer.data = data
        return value

    def weight(self, op: ConstantOp, shape: Sequence[int] | None = None, role: str = "const") -> Value:
        """Append a Const with the value of `op`, read when it is written, perhaps under another `shape`."""
        stated = type_of(op.result)
        type = stated if shape is None else tensor_type(stated.element_type, tuple(shape))
        constant, store = (op.value, stated), self.context.store

        def read() -> Array:
            return store.value(constant).reshape(type.get_shape())

        if self.context.compress and stated.element_type == f32 and not is_small(stated):
            array = read()
            with np.errstate(over="ignore"):
                half = array.astype(np.float16)
            if np.array_equal(half, array):
                narrow = tensor_type(f16, type.get_shape())
                data = Data((op.value, "f16"), narrow, lambda: read().astype(np.float16))
                return self._converted(self.data(data, f"{role}_f16"), type, role)
        return self.data(Data((op.value, stated), type, read), role)

    def _converted(self, value: Value, to: Tensor, role: str) -> Value:
        """What OpenVINO takes for a constant that is stored in another type."""
        element = ELEMENT_NAMES[to.element_type]
        return self.add("Convert", 1, [value], {"destination_type": element}, to, role=role)

    def constant(
        self, values: Any, role: str, *, element: Attribute | None = None, dtype: Any = None
    ) -> Value:
        """Append a Const that holds `values`; `element` states the element type where NumPy has none (bf16)."""
        array: Array = np.asarray(values, dtype)
        type = tensor_type(element_type_of(array.dtype) if element is None else element, array.shape)
        key = (array.tobytes(), type)
        return self.data(Data(key, type, lambda: array), role)

    def ints(self, values: Sequence[int] | int, role: str) -> Value:
        """Append a Const of i64."""
        return self.constant(values, role, dtype=np.int64)

    def cast_constant(self, values: Any, like: Tensor, role: str) -> Value:
        """Append a Const of `values` in the element type of `like`."""
        element = like.element_type
        array = np.asarray(values).astype(dtype_of(element))
        return self.constant(array, role, element=element if isinstance(element, BFloat16Type) else None)

    def number(self, value: float, like: Tensor, role: str, shape: Sequence[int] = ()) -> Value:
        """Append a Const filled with one value in the element type of `like`."""
        return self.cast_constant(np.full(tuple(shape), value), like, role)

    def reshape(self, value: Value, shape: Sequence[int], role: str) -> Value:
        """Append a Reshape."""
        type = tensor_type(value.type.element_type, tuple(shape))
        target = self.ints(type.get_shape(), f"{role}_shape")
        return self.add("Reshape", 1, [value, target], {"special_zero": False}, type, role=role)

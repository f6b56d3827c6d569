"""Comparing quantised models, piece by piece between their FakeQuantize layers.

A sum of floats depends on the order of its terms. Where two such sums lie on either side of the border between two
levels, FakeQuantize makes of a difference in the last place one of a whole level, and the layers behind it make more
of it. So the pieces are compared one by one: OpenVINO computes what stands before each FakeQuantize from the levels
that the program itself had at the one before. Then

- each level of the program must be the rounding of a value that differs from OpenVINO's by no more than a float
  computation may: `tolerance` times the largest value of the tensor;
- all other layers and the outputs must agree within the tolerance as in any model.

Together this says that the program computes the model: no level is off but by a tie, and no error adds up.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[Any]

Infer = Callable[[Any, "list[Array]"], "list[Array]"]
"""Runs an OpenVINO model on arrays for its inputs, in order."""

CHUNK_BYTES = 512 << 20


@dataclass
class Levels:
    """How the levels of one FakeQuantize layer compare."""

    name: str
    shape: list[int]
    elements: int
    moved: int
    """Elements that lie on another level than OpenVINO's value does."""
    farthest: float
    """The farthest that such a value of OpenVINO is from the border to the program's level, in levels."""
    bound: float
    """The farthest that it may be."""
    ok: bool


@dataclass(frozen=True)
class Quantizer:
    """The ranges of a FakeQuantize layer."""

    levels: int
    input_low: Array
    input_high: Array
    output_low: Array
    output_high: Array

    def level_of(self, values: Array) -> Array:
        """The level of each of the program's values: integers are levels already, the least one is level 0."""
        if values.dtype.kind in "iu":
            least = 0 if values.dtype.kind == "u" else -(self.levels // 2)
            return values.astype(np.float64) - least
        reach = self.output_high - self.output_low
        return (values - self.output_low) / np.where(reach == 0, 1, reach) * (self.levels - 1)

    def value_of(self, level: Array) -> Array:
        """What the layer gives at a level."""
        value = self.output_low + level * ((self.output_high - self.output_low) / (self.levels - 1))
        return value.astype(np.float32)

    def compare(self, name: str, ours: Array, before: Array, tolerance: float) -> Levels:
        """`ours` is what the program has for the layer, `before` what OpenVINO computes for its input."""
        raw = self.level_of(ours)
        level = np.rint(raw)
        reach = self.input_high - self.input_low
        with np.errstate(all="ignore"):
            exact = np.clip((before.astype(np.float64) - self.input_low) / reach, 0, 1) * (self.levels - 1)
            bound = tolerance * np.abs(before).max(initial=0) / np.abs(reach) * (self.levels - 1)
        # Equal bounds part what is above from what is not.
        above = np.where(before > self.input_low, self.levels - 1, 0)
        exact = np.where(reach == 0, above, exact)
        bound = np.where(reach == 0, 0, bound) + 1e-3  # and what the arithmetic of the layer itself rounds
        off = np.abs(level - exact)
        same_output = (self.output_high == self.output_low) & (raw == 0)
        good = (off <= 0.5 + bound) & (np.abs(raw - level) < 1e-2) | same_output
        moved = (level != np.rint(exact)) & ~same_output
        farthest = float((off[moved] - 0.5).max()) if moved.any() else 0.0
        return Levels(
            name,
            list(ours.shape),
            ours.size,
            int(moved.sum()),
            max(farthest, 0.0),
            float(np.max(bound)),
            bool(good.all()),
        )


def fake_quantize_layers(model: Any, values: Mapping[str, Array]) -> dict[str, Any]:
    """The FakeQuantize operations of an OpenVINO model whose results are among the program's `values`."""
    found: dict[str, Any] = {}
    for op in model.get_ordered_ops():
        name = op.get_friendly_name()
        if op.get_type_name() == "FakeQuantize" and name in values:
            port = op.output(0)
            if not port.partial_shape.is_dynamic and list(port.shape) == list(values[name].shape):
                found[name] = op
    return found


def fold_weights(model: Any) -> None:
    """Replaces each FakeQuantize of constants by the constant that OpenVINO's reference implementation makes of it.

    The CPU plugin computes them with another arithmetic, so that a weight on the border between two levels may come out
    on either; it then is a whole level off in every product.
    """
    ov: Any = importlib.import_module("openvino")
    for op in model.get_ordered_ops():
        if op.get_type_name() != "FakeQuantize":
            continue
        sources = [value.get_node() for value in op.input_values()]
        if all(source.get_type_name() == "Constant" for source in sources):
            port = op.output(0)
            made = ov.Tensor(port.get_element_type(), port.shape)
            if op.evaluate([made], [ov.Tensor(np.array(source.data)) for source in sources]):
                port.replace(ov.opset8.constant(np.array(made.data)).output(0))


def cut(model: Any, values: Mapping[str, Array]) -> tuple[list[Array], dict[str, Any]]:
    """Replaces the result of each FakeQuantize in `values` by a new input.

    Returns what to feed to these inputs, and for each layer what stood before it. What is an output of the model
    stays one.
    """
    ov: Any = importlib.import_module("openvino")
    parameters: list[Any] = []
    feeds: list[Array] = []
    before: dict[str, Any] = {}
    for name, op in fake_quantize_layers(model, values).items():
        port = op.output(0)
        parameter = ov.opset8.parameter(port.shape, port.get_element_type())
        for target in port.get_target_inputs():
            if target.get_node().get_type_name() != "Result":
                target.replace_source_output(parameter.output(0))
        parameters.append(parameter)
        feeds.append(np.ascontiguousarray(values[name], np.float32))
        before[name] = op.input_value(0)
    if parameters:
        model.add_parameters(parameters)
    return feeds, before


def ranges(model: Any, values: Mapping[str, Array], infer: Infer) -> dict[str, Quantizer]:
    """The ranges of the FakeQuantize layers of `model` (which is changed) that the program has as `values`."""
    ov: Any = importlib.import_module("openvino")
    layers = fake_quantize_layers(model, values)
    results = [ov.opset8.result(op.input_value(i)) for op in layers.values() for i in range(1, 5)]
    only = ov.Model(results, [], "ranges")
    arrays = iter([np.asarray(array, np.float64) for array in infer(only, [])])
    return {
        name: Quantizer(int(op.get_attributes()["levels"]), *[next(arrays) for _ in range(4)])
        for name, op in layers.items()
    }


def floats(layers: Mapping[str, Array], quantizers: Mapping[str, Quantizer]) -> dict[str, Array]:
    """`layers` with the values instead of the integers that stand for them; without other integers."""
    made: dict[str, Array] = {}
    for name, array in layers.items():
        quantizer = quantizers.get(name)
        if quantizer is not None and array.dtype.kind in "iu":
            made[name] = quantizer.value_of(quantizer.level_of(array))
        elif array.dtype.itemsize > 1 or array.dtype.kind not in "iu":
            made[name] = array
    return made


def compare_levels(
    fresh: Callable[[], tuple[Any, list[Array], dict[str, Any]]],
    infer: Infer,
    layers: Mapping[str, Array],
    quantizers: Mapping[str, Quantizer],
    tolerance: float,
) -> list[Levels]:
    """Compares each FakeQuantize layer that the program has with what OpenVINO computes for its input.

    `fresh` gives the model, cut, what to feed to it, and what stands before each of the layers.
    """
    ov: Any = importlib.import_module("openvino")
    names = list(quantizers)
    compared: list[Levels] = []
    while names:
        model, feeds, before = fresh()
        names = [name for name in names if name in before]  # others are of weights, which OpenVINO has folded
        first, size, chosen = len(model.outputs), 0, list[str]()
        while names and size < CHUNK_BYTES:
            name = names.pop(0)
            model.add_results([ov.opset8.result(before[name])])
            chosen.append(name)
            size += 4 * layers[name].size
        arrays = infer(model, feeds)[first:]
        compared += [
            quantizers[name].compare(name, layers[name], array, tolerance)
            for name, array in zip(chosen, arrays, strict=True)
        ]
    return compared

"""What a reference computes of a model that was compiled with a batch, preprocessing or detection.

The reference runs the model as it is in the file. What the options add is done here, in plain NumPy and apart from the
passes: pictures are preprocessed before, each image runs alone, and boxes are made of the results.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from arhat.cli.batches import images_of, join_batch
from arhat.errors import UserError
from arhat.options import CompileOptions, InputPreprocessing

if TYPE_CHECKING:
    import numpy.typing as npt
    from xdsl.dialects.builtin import ModuleOp

    Array = npt.NDArray[Any]


def changes_model(options: CompileOptions) -> bool:
    """Whether the program differs from the model in what it takes or gives."""
    return options.batch is not None or bool(options.preprocessing) or options.detect is not None


def model_of(path: Path, options: CompileOptions) -> ModuleOp:
    """The model as it is in the file, for one image."""
    from arhat.compiler import import_model

    batch = None if options.batch is None else 1
    return import_model(path, replace(options, batch=batch, preprocessing={}, detect=None))


def prepared_outputs(
    module: ModuleOp,
    options: CompileOptions,
    inputs: Mapping[str, Array],
    shapes: Mapping[str, Sequence[int]],
    infer: Callable[[Mapping[str, Array]], Sequence[Array]],
) -> list[Array]:
    """The outputs of the program, of the given `shapes` by name, from runs of the model by `infer`.

    `module` is the model of `model_of`, `inputs` are those of the program; `infer` gives the outputs of the model in
    its order.
    """
    from arhat.dialects.arhat import type_of
    from arhat.interpreters import evaluate, input_names, main_of, output_names
    from arhat.weights import dtype_of

    main = main_of(module)
    types = dict(zip(input_names(module), (type_of(one) for one in main.body.block.args), strict=True))
    fed = {
        name: model_input(
            inputs[name], _asked(options, types, name), type.get_shape(), dtype_of(type.element_type)
        )
        for name, type in types.items()
    }
    tail = None
    if options.detect is not None:
        from arhat.passes.add_detection import detection_of_outputs

        tail = detection_of_outputs(module, options.detect)
    results: list[dict[str, Array]] = []
    for row in images_of(fed, options.batch) if options.batch is not None else [fed]:
        row_outputs = dict(zip(output_names(module), infer(row), strict=True))
        results.append(row_outputs if tail is None else evaluate(tail, row_outputs))
    names = list(results[0])
    return [
        join_batch([result[name] for result in results], shape) if options.batch else results[0][name]
        for name, shape in zip(names, shapes.values(), strict=True)
    ]


def _asked(options: CompileOptions, types: Mapping[str, Any], name: str) -> InputPreprocessing:
    from arhat.passes.preprocess import place_of

    shapes = [type.get_shape() for type in types.values()]
    for input, asked in options.preprocessing.items():
        if list(types)[place_of(input, list(types), shapes)] == name:
            return asked
    return InputPreprocessing()


def model_input(array: Array, asked: InputPreprocessing, shape: Sequence[int], dtype: np.dtype[Any]) -> Array:
    """What the model takes where its program is fed `array`; `shape` is the model's for one image."""
    from arhat.passes.preprocess import layouts

    fed, model = layouts(shape, asked.layout, "")
    if fed != model:
        array = array.transpose([fed.index(axis) for axis in model])
    work = np.float32 if asked.mean or asked.scale else dtype
    array = array.astype(work)
    axis = model.index("C") if model else 1
    if asked.reverse_channels:
        array = np.flip(array, axis)

    def channels(values: Sequence[float]) -> Array:
        sizes = [1] * array.ndim
        if len(values) > 1:
            sizes[axis] = len(values)
        return cast("Array", np.array(values, np.float32)).reshape(sizes)

    if asked.mean:
        array = array - channels(asked.mean)
    if asked.scale:
        array = array / channels(asked.scale)
    if array.ndim != len(shape):
        raise UserError(f"an input of shape {list(array.shape)} does not fit the model's {list(shape)}")
    return np.ascontiguousarray(array.astype(dtype))

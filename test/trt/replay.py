"""Recorded TensorRT networks, built by NVIDIA's own builder on a machine without a GPU.

The package `tensorrt-rtx` (TensorRT for RTX) has TensorRT's network definition and builds real engines for GPUs that
need not be there. It judges element types, shapes and which layers there are kernels for. It says nothing about
results, and it is not the TensorRT that programs of the `trt` target link to: a few rules differ.

Plugins are unknown to the package: their inputs become outputs of an engine, their results inputs.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from trt.records import PLUGIN, TYPES, Layer, Network, Tensor, cut, element_type

PACKAGE = "tensorrt_rtx_bindings"


@dataclass
class Replay:
    """What the builder made of a network: `errors` is empty where it made an engine."""

    layers: int = 0
    plugins: int = 0
    engines: int = 0
    megabytes: float = 0
    seconds: float = 0
    errors: list[str] = field(default_factory=list[str])


@lru_cache(1)
def unavailable() -> str | None:
    """Why nothing can be replayed here; None where the package is there."""
    try:
        importlib.import_module(PACKAGE)
    except (ImportError, OSError, RuntimeError) as error:
        return f"{PACKAGE} cannot be imported: {error}"
    return None


def package() -> Any:
    """The Python module of TensorRT for RTX."""
    return importlib.import_module(PACKAGE)


@lru_cache(1)
def _log_class() -> Any:
    trt = package()

    class Log(trt.ILogger):
        """Keeps errors; that there is no driver is none."""

        def __init__(self) -> None:
            trt.ILogger.__init__(self)
            self.errors: list[str] = []

        def log(self, severity: Any, message: str) -> None:
            if (
                severity <= trt.ILogger.Severity.ERROR
                and "CUDA driver version is insufficient" not in message
            ):
                self.errors.append(" ".join(message.split()))

    return Log


def replay(network: Network, split: bool = False) -> Replay:
    """Builds engines of everything but the plugins of `network`."""
    result = Replay(len(network.layers), sum(layer.kind == PLUGIN for layer in network.layers))
    start = time.time()
    for piece in cut(network, split):
        size = build(piece, result.errors)
        result.engines += 1
        result.megabytes += size / 1e6
    result.seconds = time.time() - start
    return result


def build(network: Network, errors: list[str]) -> int:
    """Builds a network without plugins; the bytes of the engine. What is wrong is added to `errors`."""
    trt = package()
    log = _log_class()()
    builder = trt.Builder(log)
    definition = builder.create_network(0)
    found = len(errors)
    adder = Adder(trt, definition, log)
    for tensor in network.inputs:
        adder.tensors[tensor.id] = definition.add_input(
            tensor.name, getattr(trt.DataType, TYPES[tensor.type]), tensor.dims
        )
    for layer in network.layers:
        message = adder.add(layer)
        if message is not None:
            errors.append(message)
            return 0  # what follows would be wrong because of it
    for id in network.outputs:
        definition.mark_output(adder.tensors[id])
    config = builder.create_builder_config()
    (config.set_flag if network.tf32 else config.clear_flag)(trt.BuilderFlag.TF32)
    if network.profile and any(-1 in tensor.dims for tensor in network.inputs):
        profile = builder.create_optimization_profile()
        for tensor in network.inputs:
            if -1 in tensor.dims and tensor.name in network.profile:
                profile.set_shape(tensor.name, *network.profile[tensor.name])
        config.add_optimization_profile(profile)
    engine = builder.build_serialized_network(definition, config)
    errors += log.errors
    if engine is None and len(errors) == found:
        errors.append("no engine, and no reason given")
    return 0 if engine is None else engine.nbytes


class Adder:
    """Adds recorded layers to a network and compares what is inferred with what was recorded."""

    def __init__(self, trt: Any, definition: Any, log: Any) -> None:
        self.trt = trt
        self.n = definition
        self.log = log
        self.tensors: dict[int, Any] = {}
        self._kept: list[Any] = []

    def add(self, layer: Layer) -> str | None:
        """What is wrong with a layer; None if nothing is."""
        try:
            added = ADDERS[layer.kind](self, layer)
        except TypeError as error:  # what the bindings do not take at all
            added, wrong = None, [" ".join(str(error).split())]
        else:
            wrong = []
            if added is not None:
                added.name = layer.name
                for i, tensor in enumerate(layer.outputs):
                    self.tensors[tensor.id] = added.get_output(i)
                    wrong += self._compare(tensor, self.tensors[tensor.id])
        # Values that a setter does not take are only logged.
        wrong = [*self.log.errors, *wrong]
        self.log.errors.clear()
        if wrong or added is None:
            return f"{layer.kind} {layer.name!r}: {'; '.join(wrong) or 'not taken'}"
        return None

    def _compare(self, recorded: Tensor, tensor: Any) -> Iterator[str]:
        try:
            dims = tuple(tensor.shape)
        except (RuntimeError, ValueError):  # the inputs do not fit: the log says why
            dims = None
        if dims != recorded.dims:
            yield f"the shape is {dims}, recorded {recorded.dims}"
        if tensor.dtype != getattr(self.trt.DataType, TYPES[recorded.type]):
            yield f"the type is {tensor.dtype}, recorded {recorded.type}"

    def input(self, layer: Layer, index: int) -> Any:
        id = layer.inputs[index]
        assert id is not None
        return self.tensors[id]

    def word(self, kind: str, word: str) -> Any:
        """An enumerator."""
        return getattr(getattr(self.trt, kind), word.upper())

    def weights(self, layer: Layer, key: str) -> Any:
        constants = layer.weights.get(key)
        if constants is None:
            return self.trt.Weights()
        self._kept.append(constants.data)  # the network keeps the address alone
        type_ = getattr(self.trt.DataType, TYPES[constants.type])
        return self.trt.Weights(type_, constants.data.ctypes.data, constants.count)

    def optional_inputs(self, layer: Layer, added: Any, first: int) -> None:
        """Sets the inputs from `first` on, as far as they are given."""
        for i, id in enumerate(layer.inputs[first:], first):
            if id is not None:
                added.set_input(i, self.tensors[id])


def _set(added: Any, layer: Layer, **names: str) -> None:
    """Sets properties of the bindings from the attributes that a record has."""
    for name, key in names.items():
        if key in layer.attributes:
            value = layer.attributes[key]
            setattr(added, name, tuple(value) if isinstance(value, list) else value)


def _activation(a: Adder, layer: Layer) -> Any:
    added = a.n.add_activation(
        a.input(layer, 0), a.word("ActivationType", layer.attributes["activation_type"])
    )
    _set(added, layer, alpha="alpha", beta="beta")
    return added


def _cast(a: Adder, layer: Layer) -> Any:
    return a.n.add_cast(
        a.input(layer, 0), getattr(a.trt.DataType, TYPES[element_type(layer.attributes["to_type"])])
    )


def _concatenation(a: Adder, layer: Layer) -> Any:
    added = a.n.add_concatenation([a.input(layer, i) for i in range(len(layer.inputs))])
    _set(added, layer, axis="axis")
    return added


def _constant_layer(a: Adder, layer: Layer) -> Any:
    return a.n.add_constant(tuple(layer.attributes["dimensions"]), a.weights(layer, "weights"))


def _windowed(method: str) -> Callable[[Adder, Layer], Any]:
    def add(a: Adder, layer: Layer) -> Any:
        maps, size = layer.attributes["nb_output_maps"], tuple(layer.attributes["kernel_size"])
        weights = [a.weights(layer, key) for key in ("kernel", "bias")]
        added = getattr(a.n, method)(a.input(layer, 0), maps, size, *weights)
        if added is not None:
            added.num_groups = layer.attributes.get("nb_groups", 1)
            _set(added, layer, stride_nd="stride", dilation_nd="dilation")
            _set(added, layer, pre_padding="pre_padding", post_padding="post_padding")
            a.optional_inputs(layer, added, 1)
        return added

    return add


def _cumulative(a: Adder, layer: Layer) -> Any:
    what = a.word("CumulativeOperation", layer.attributes["operation"])
    flags = (bool(layer.attributes[key]) for key in ("exclusive", "reverse"))
    return a.n.add_cumulative(a.input(layer, 0), a.input(layer, 1), what, *flags)


def _scaled(method: str) -> Callable[[Adder, Layer], Any]:
    def add(a: Adder, layer: Layer) -> Any:
        type_ = getattr(a.trt.DataType, TYPES[element_type(layer.attributes["to_type"])])
        added = getattr(a.n, method)(a.input(layer, 0), a.input(layer, 1), type_)
        if added is not None and layer.attributes.get("axis", -1) >= 0:
            added.axis = layer.attributes["axis"]
        return added

    return add


def _element_wise(a: Adder, layer: Layer) -> Any:
    what = a.word("ElementWiseOperation", layer.attributes["operation"])
    return a.n.add_elementwise(a.input(layer, 0), a.input(layer, 1), what)


def _gather(a: Adder, layer: Layer) -> Any:
    mode = layer.attributes["mode"]
    added = a.n.add_gather_v2(a.input(layer, 0), a.input(layer, 1), a.word("GatherMode", mode))
    if mode != "nd":
        added.axis = layer.attributes.get("gather_axis", 0)
    added.num_elementwise_dims = layer.attributes.get("nb_element_wise_dims", 0)
    return added


def _identity(a: Adder, layer: Layer) -> Any:
    return a.n.add_identity(a.input(layer, 0))


def _lrn(a: Adder, layer: Layer) -> Any:
    numbers = (layer.attributes[key] for key in ("window_size", "alpha", "beta", "k"))
    return a.n.add_lrn(a.input(layer, 0), *numbers)


def _matrix_multiply(a: Adder, layer: Layer) -> Any:
    ops = [a.word("MatrixOperation", layer.attributes[f"operation_{i}"]) for i in (0, 1)]
    return a.n.add_matrix_multiply(a.input(layer, 0), ops[0], a.input(layer, 1), ops[1])


def _normalization(a: Adder, layer: Layer) -> Any:
    operands = (a.input(layer, i) for i in range(3))
    added = a.n.add_normalization_v2(*operands, layer.attributes["axes"])
    if added is not None:
        _set(added, layer, epsilon="epsilon", num_groups="nb_groups")
    return added


def _one_hot(a: Adder, layer: Layer) -> Any:
    return a.n.add_one_hot(*(a.input(layer, i) for i in range(3)), layer.attributes["axis"])


def _parametric_relu(a: Adder, layer: Layer) -> Any:
    return a.n.add_parametric_relu(a.input(layer, 0), a.input(layer, 1))


def _pooling(a: Adder, layer: Layer) -> Any:
    kind = layer.attributes["pooling_type"]
    window = tuple(layer.attributes["window_size"])
    added = a.n.add_pooling_nd(a.input(layer, 0), a.word("PoolingType", kind), window)
    if added is not None:
        _set(added, layer, stride_nd="stride", pre_padding="pre_padding", post_padding="post_padding")
        added.padding_mode = a.word(
            "PaddingMode", layer.attributes.get("padding_mode", "explicit_round_down")
        )
        if kind != "max":
            added.average_count_excludes_padding = bool(
                layer.attributes.get("average_count_excludes_padding", True)
            )
    return added


def _reduce(a: Adder, layer: Layer) -> Any:
    what = a.word("ReduceOperation", layer.attributes["operation"])
    keep = bool(layer.attributes["keep_dimensions"])
    return a.n.add_reduce(a.input(layer, 0), what, layer.attributes["reduce_axes"], keep)


def _resize(a: Adder, layer: Layer) -> Any:
    added = a.n.add_resize(a.input(layer, 0))
    for name, kind in (
        ("resize_mode", "InterpolationMode"),
        ("coordinate_transformation", "ResizeCoordinateTransformation"),
        ("selector_for_single_pixel", "ResizeSelector"),
        ("nearest_rounding", "ResizeRoundMode"),
    ):
        if name in layer.attributes:
            setattr(added, name, a.word(kind, layer.attributes[name]))
    _set(added, layer, shape="output_dimensions", scales="scales", cubic_coeff="cubic_coeff")
    added.exclude_outside = bool(layer.attributes.get("exclude_outside", False))
    a.optional_inputs(layer, added, 1)
    return added


def _reverse_sequence(a: Adder, layer: Layer) -> Any:
    added = a.n.add_reverse_sequence(a.input(layer, 0), a.input(layer, 1))
    _set(added, layer, batch_axis="batch_axis", sequence_axis="sequence_axis")
    return added


def _scatter(a: Adder, layer: Layer) -> Any:
    mode = layer.attributes["mode"]
    added = a.n.add_scatter(*(a.input(layer, i) for i in range(3)), a.word("ScatterMode", mode))
    if mode != "nd":
        _set(added, layer, axis="axis")
    return added


def _select(a: Adder, layer: Layer) -> Any:
    return a.n.add_select(*(a.input(layer, i) for i in range(3)))


def _shape(a: Adder, layer: Layer) -> Any:
    return a.n.add_shape(a.input(layer, 0))


def _shuffle(a: Adder, layer: Layer) -> Any:
    added = a.n.add_shuffle(a.input(layer, 0))
    added.zero_is_placeholder = bool(layer.attributes.get("zero_is_placeholder", True))
    rank = len(a.input(layer, 0).shape)
    for name in ("first_transpose", "second_transpose"):
        order = layer.attributes.get(name)
        if order is not None and list(order) != list(range(len(order))):
            added.__setattr__(name, tuple(order[: rank if name == "first_transpose" else None]))
    _set(added, layer, reshape_dims="reshape_dimensions")
    return added


def _slice(a: Adder, layer: Layer) -> Any:
    where = (tuple(layer.attributes[key]) for key in ("start", "size", "stride"))
    added = a.n.add_slice(a.input(layer, 0), *where)
    if added is not None:
        added.mode = a.word("SampleMode", layer.attributes.get("mode", "strict_bounds"))
        a.optional_inputs(layer, added, 1)
    return added


def _soft_max(a: Adder, layer: Layer) -> Any:
    added = a.n.add_softmax(a.input(layer, 0))
    _set(added, layer, axes="axes")
    return added


def _top_k(a: Adder, layer: Layer) -> Any:
    what = a.word("TopKOperation", layer.attributes["operation"])
    return a.n.add_topk(a.input(layer, 0), what, layer.attributes["k"], layer.attributes["reduce_axes"])


def _unary(a: Adder, layer: Layer) -> Any:
    return a.n.add_unary(a.input(layer, 0), a.word("UnaryOperation", layer.attributes["operation"]))


ADDERS: dict[str, Callable[[Adder, Layer], Any]] = {
    "Activation": _activation,
    "Cast": _cast,
    "Concatenation": _concatenation,
    "Constant": _constant_layer,
    "Convolution": _windowed("add_convolution_nd"),
    "Cumulative": _cumulative,
    "Deconvolution": _windowed("add_deconvolution_nd"),
    "Dequantize": _scaled("add_dequantize"),
    "ElementWise": _element_wise,
    "Gather": _gather,
    "Identity": _identity,
    "LRN": _lrn,
    "MatrixMultiply": _matrix_multiply,
    "Normalization": _normalization,
    "OneHot": _one_hot,
    "ParametricReLU": _parametric_relu,
    "Pooling": _pooling,
    "Quantize": _scaled("add_quantize"),
    "Reduce": _reduce,
    "Resize": _resize,
    "ReverseSequence": _reverse_sequence,
    "Scatter": _scatter,
    "Select": _select,
    "Shape": _shape,
    "Shuffle": _shuffle,
    "Slice": _slice,
    "SoftMax": _soft_max,
    "TopK": _top_k,
    "Unary": _unary,
}
"""How a layer of each kind is added."""


def package_version() -> str:
    """The version of the installed package."""
    return str(package().__version__)

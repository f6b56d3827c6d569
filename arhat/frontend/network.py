"""Networks being written in Python: tensors, names, weights, and errors at the line of the caller."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from xdsl.dialects.builtin import (
    ArrayAttr,
    BFloat16Type,
    DictionaryAttr,
    FunctionType,
    ModuleOp,
    StringAttr,
    i1,
)
from xdsl.dialects.func import FuncOp, ReturnOp
from xdsl.ir import Attribute, Block, Region, SSAValue
from xdsl.irdl import VerificationContext
from xdsl.traits import is_side_effect_free
from xdsl.utils.exceptions import VerifyException

from arhat.dialects.arhat import ActivationAttr, ConstantOp, tensor_type, type_of
from arhat.dialects.arhat.attributes import LayerAttr
from arhat.dialects.arhat.base import SEGMENTS, TensorOp, is_float
from arhat.errors import UserError, escape, quote
from arhat.importers.openvino.importer import NAME, TENSOR_NAMES
from arhat.importers.openvino.types import ELEMENT_TYPES
from arhat.weights import (
    WEIGHTS,
    Array,
    WeightStore,
    attach,
    byte_size,
    clone_module,
    dtype_of,
    element_type_of,
    make_constant,
)

if TYPE_CHECKING:
    from arhat.frontend.weights import Weights
    from arhat.options import CompileOptions

MAX_ELEMENTS = 1 << 40
"""Elements of a tensor: more is a slip of the pen."""

DType = str | type[Any] | np.dtype[Any]
"""An element type: a NumPy one or its name, or a name as OpenVINO has them ("f32", "u8", "boolean", "bf16")."""

Number = bool | int | float
Activation = str | tuple[Any, ...] | ActivationAttr
"""A fused activation: "relu", or a name with its constants, like ("clamp", 0.0, 6.0)."""

_SKIP = "arhat.frontend"


def _caller() -> tuple[str, int]:
    """File and line of the nearest frame outside of this package."""
    frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]  # the only way to the caller's line
    while frame.f_back is not None and _is_inner(frame.f_globals.get("__name__", "")):
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno


def _is_inner(module: str) -> bool:
    return module == _SKIP or module.startswith(f"{_SKIP}.") or module == "contextlib"


def fault(message: str, layer: str | None = None, notes: Sequence[str] = ()) -> UserError:
    """An error placed at the line of the user's program that led here."""
    file, line = _caller()
    return UserError(message, file=file, line=line, layer=layer, notes=notes)


def element_type(dtype: DType) -> Attribute:
    """The element type that `dtype` names."""
    if isinstance(dtype, str) and dtype in ELEMENT_TYPES:
        return ELEMENT_TYPES[dtype]
    try:
        return element_type_of(np.dtype(dtype))
    except (TypeError, KeyError):
        raise fault(
            f"{quote(str(dtype))} is no element type; there are {', '.join(ELEMENT_TYPES)} and NumPy's names"
        ) from None


# Networks ---------------------------------------------------------------------------------------------------

_current: ContextVar[tuple[Network, ...]] = ContextVar("arhat_networks", default=())


def current() -> Network:
    """The network of the innermost `with` block."""
    networks = _current.get()
    if not networks:
        raise fault("there is no network to add to; write this inside of `with ar.Network(...) as net:`")
    return networks[-1]


@contextmanager
def scope(name: str) -> Generator[None, None, None]:
    """Layers made inside of the `with` block have names that begin with `name/`; scopes nest."""
    network = current()
    if not name:
        raise fault("the name of a scope must not be empty")
    network.scopes.append(name)
    try:
        yield
    finally:
        network.scopes.pop()


class Network:
    """A network being written: `with Network("name") as net:` makes it the one that operations add to.

    Every operation is checked when it is written: one that does not fit its operands raises a `UserError` that names
    the line of the caller. Arrays become weights; one that could be written to is copied. `module` gives what
    was written so far as a module of the `arhat` dialect.
    """

    def __init__(self, name: str = "network") -> None:
        self.name = name
        self.scopes: list[str] = []
        self._names: dict[str, int] = {}
        self._block = Block()
        self._main = FuncOp("main", ((), ()), Region(self._block))
        self._module = ModuleOp([self._main])
        self._store = WeightStore()
        self._scopes: dict[str, Path] = {}
        self._inputs: list[str] = []
        self._outputs: dict[str, Tensor] = {}
        attach(self._module, self._store)

    def __enter__(self) -> Network:
        _current.set((*_current.get(), self))
        return self

    def __exit__(self, *_: object) -> None:
        _current.set(_current.get()[:-1])

    def __repr__(self) -> str:
        return f"Network({self.name!r}, {len(self._inputs)} inputs, {len(self._outputs)} outputs)"

    # Inputs, outputs, weights.

    def input(self, name: str, shape: Sequence[int], dtype: DType = np.float32) -> Tensor:
        """An input of the network, of a static shape."""
        if not name or name in self._inputs:
            raise fault(f"input {quote(name)} " + ("is there already" if name else "needs a name"))
        dims = _dims(shape)
        argument = self._block.insert_arg(tensor_type(element_type(dtype), dims), len(self._block.args))
        self._inputs.append(name)
        self._names.setdefault(name, 1)
        return Tensor(self, argument, name)

    def output(self, name: str, value: Tensor) -> Tensor:
        """Makes `value` a result of the network; gives it back."""
        if not name or name in self._outputs:
            raise fault(f"output {quote(name)} " + ("is there already" if name else "needs a name"))
        self._outputs[name] = self.tensor(value, "the output")
        return value

    def constant(
        self,
        value: Any,
        dtype: DType | None = None,
        *,
        name: str | None = None,
        element: Attribute | None = None,
    ) -> Tensor:
        """A constant of an array, a number or nested lists of numbers; Python's floats are f32, its integers i64."""
        element = element if dtype is None else element_type(dtype)
        array = _array(value)
        if element is None and not isinstance(value, np.ndarray | np.generic):
            array = array.astype(
                {"f": np.float32, "i": np.int64, "b": np.bool_}.get(array.dtype.kind, array.dtype)
            )
        if element is not None:
            array = array.astype(dtype_of(element), copy=False)
        if array.flags.writeable:
            array = array.copy()
        label = self.unique(name or "constant")
        bf16 = element if isinstance(element, BFloat16Type) else None
        try:
            made = make_constant(self._store, array, label, [self._layer(label)], element=bf16)
        except KeyError:
            raise fault(f"an array of {array.dtype} cannot be a weight", label) from None
        self._block.add_op(made)
        return Tensor(self, made.result, label)

    def weights(self, path: str | Path) -> Weights:
        """The tensors of a safetensors file by name, memory-mapped; see `Weights`."""
        from arhat.frontend.weights import Weights

        path = Path(path).absolute()
        stem = path.stem or "weights"
        label, count = stem, 0
        while label in self._scopes or label == "derived":
            count += 1
            label = f"{stem}_{count}"
        self._scopes[label] = path
        self._store.open(label, path)
        return Weights(self, label, path)

    def place(self, value: Attribute, type: Any, name: str) -> Tensor:
        """A constant that names an entry of the weight store."""
        label = self.unique(name)
        made = ConstantOp.get(value, type, (self._layer(label),))
        self._block.add_op(made)
        return Tensor(self, made.result, label)

    # What operations use.

    def unique(self, name: str) -> str:
        """`name` inside of the scopes, numbered if it is taken."""
        full = "/".join([*self.scopes, name])
        label = full
        while label in self._names:
            label = f"{full}_{self._names[full]}"
            self._names[full] += 1
        self._names[label] = 1
        return label

    def _layer(self, label: str) -> LayerAttr:
        return LayerAttr.get(label, _caller()[1])

    def tensor(self, value: object, what: str) -> Tensor:
        """`value`, which must be a tensor of this network."""
        if not isinstance(value, Tensor):
            raise fault(f"{what} must be a tensor of the network, got {type(value).__name__}")
        if value.network is not self:
            raise fault(f"{what} belongs to another network, {quote(value.network.name)}")
        return value

    def add(
        self, operation: type[TensorOp], operands: Sequence[Any], properties: Mapping[str, Any], name: str
    ) -> tuple[Tensor, ...]:
        """Append an operation and return its results. See `operation`."""
        label = self.unique(name)
        names = [declared for declared, _ in operation.get_irdl_definition().operands]
        like = [v for operand in operands for v in (_flat(operand) if _is_list(operand) else [operand])]
        given: list[Any] = []
        for which, operand in zip(names, operands, strict=False):
            if operand is None:
                given.append(None)
            elif _is_list(operand):
                given.append([self._operand(part, which, like, label) for part in operand])
            else:
                given.append(self._operand(operand, which, like, label))
        try:
            made = operation.build_inferred(given, properties, (self._layer(label),))
            _check_properties(made)
        except VerifyException as error:
            message = str(error).strip()
            mixed = "one element type" in message and any(isinstance(o, np.ndarray) for o in like)
            hint = ["an array keeps its type: convert it with .astype(np.float32), or what it needs"]
            raise fault(message, label, hint if mixed else ()) from None
        except (TypeError, ValueError, AttributeError, OverflowError) as error:
            raise fault(f"a property is not what {operation.name} takes: {error}", label) from None
        for result in made.results:
            shape = type_of(result).get_shape()
            if int(np.prod(shape, dtype=object)) > MAX_ELEMENTS or len(shape) > 64:
                raise fault(f"the result {result.type} is too large", label)
        self._block.add_op(made)
        suffixes = [""] if len(made.results) == 1 else [f".{place}" for place in range(len(made.results))]
        return tuple(
            Tensor(self, result, label + suffix)
            for result, suffix in zip(made.results, suffixes, strict=True)
        )

    def _operand(self, value: object, which: str, like: Sequence[object], label: str) -> SSAValue:
        if isinstance(value, Tensor):
            return self.tensor(value, f"operand '{which}' of {quote(label)}").value
        # The label has its scopes already.
        scopes, self.scopes = self.scopes, []
        try:
            element = None if isinstance(value, np.ndarray | np.generic) else _weak(value, which, like)
            return self.constant(value, name=f"{label}/{which}", element=element).value
        finally:
            self.scopes = scopes

    # The result.

    def module(self) -> ModuleOp:
        """What was written so far as a module of the `arhat` dialect, apart from what the outputs do not need.

        It is a copy: the network may be written on. Raises `UserError` if there is no output.
        """
        if not self._outputs:
            raise fault(f"network {quote(self.name)} has no output; name one with net.output")
        values = [tensor.value for tensor in self._outputs.values()]
        self._block.add_op(ReturnOp(*values))
        try:
            self._main.properties["function_type"] = FunctionType.from_lists(
                [argument.type for argument in self._block.args], [value.type for value in values]
            )
            self._main.properties["arg_attrs"] = _names(self._inputs)
            self._main.properties["res_attrs"] = _names(self._outputs)
            module = clone_module(self._module)
        finally:
            last = self._block.last_op
            assert last is not None
            self._block.erase_op(last)
        module.attributes[NAME] = StringAttr(self.name)
        if self._scopes:
            paths = {label: StringAttr(str(path)) for label, path in self._scopes.items()}
            module.attributes[WEIGHTS] = DictionaryAttr(paths)
        main = next(iter(module.ops))
        assert isinstance(main, FuncOp)
        _remove_dead(main.body.block)
        return module

    def evaluate(self, inputs: Mapping[str, Any] | Sequence[Any] = ()) -> dict[str, Array]:
        """The outputs by name, computed by the NumPy meanings of the operations.

        `inputs` are arrays by name, or in order; numbers and lists are converted to the input's element type.
        """
        from arhat.interpreters import evaluate

        arguments = dict(zip(self._inputs, self._block.args, strict=True))
        if not isinstance(inputs, Mapping):
            if len(inputs) != len(arguments):
                raise fault(f"the network has {len(arguments)} inputs, {len(inputs)} were given")
            inputs = dict(zip(arguments, inputs, strict=True))
        given: dict[str, Array] = {}
        for name, value in inputs.items():
            argument = arguments.get(name)
            if argument is None:
                raise fault(
                    f"there is no input {quote(name)}; the inputs are {', '.join(map(quote, arguments))}"
                )
            type = type_of(argument)
            array = _array(value)
            if not isinstance(value, np.ndarray | np.generic):
                array = array.astype(dtype_of(type.element_type))
            given[name] = array
        try:
            return evaluate(self.module(), given)
        except UserError as error:
            if error.file is not None:
                raise
            raise fault(error.message, error.layer, error.notes) from None

    def compile(self, folder: str | Path, target: str = "cpu", options: CompileOptions | None = None) -> Path:
        """Writes the C++ project of the network into `folder` and gives it back. See `arhat.compiler`."""
        from arhat.compiler import lower, preparation, write_project
        from arhat.driver.registry import make_context
        from arhat.driver.run import run_steps
        from arhat.options import CompileOptions

        module = self.module()
        options = CompileOptions() if options is None else options
        run_steps(make_context(), module, preparation(options), (), verify_each=True)
        lower(module, target, options)
        return write_project(module, folder, target, options)

    def export_openvino(self, xml_path: str | Path) -> Path:
        """Writes the network as OpenVINO IR, the `.bin` beside the `.xml`; gives the path back."""
        from arhat.exporters.openvino import export_openvino

        return export_openvino(self.module(), xml_path)


def _names(names: Any) -> ArrayAttr[DictionaryAttr]:
    return ArrayAttr(
        [
            DictionaryAttr({NAME: StringAttr(name), TENSOR_NAMES: ArrayAttr([StringAttr(name)])})
            for name in names
        ]
    )


def _remove_dead(block: Block) -> None:
    """Users come last, so one walk from the end finds all."""
    op = block.last_op
    while op is not None:
        previous = op.prev_op
        if op.results and is_side_effect_free(op) and not any(result.uses for result in op.results):
            block.erase_op(op)
        op = previous


def _dims(shape: Sequence[int]) -> tuple[int, ...]:
    try:
        dims = tuple(int(dim) for dim in shape)
        exact = all(dim == given for dim, given in zip(dims, shape, strict=True))
    except (TypeError, ValueError):
        dims, exact = (), False
    if not exact or any(dim < 0 for dim in dims) or int(np.prod(dims, dtype=object)) > MAX_ELEMENTS:
        raise fault(f"{escape(repr(shape)[:200])} is not a shape: it must be a list of sizes")
    return dims


def _array(value: object) -> Array:
    try:
        array: Array = np.asarray(value)
    except ValueError as error:
        raise fault(f"cannot make an array of this: {error}") from None
    if array.dtype.kind not in "fiub":
        raise fault(f"cannot make a tensor of {type(value).__name__} with elements of {array.dtype}")
    return array


def _is_list(operand: object) -> bool:
    """Whether an operand is a list of operands, not one that is written as nested lists of numbers."""
    return isinstance(operand, list | tuple) and any(
        isinstance(part, Tensor | np.ndarray) for part in cast("Sequence[object]", operand)
    )


def _flat(operand: Any) -> list[object]:
    return list(operand)


_POSITIONS = ("indices", "lengths", "batch")


def _weak(value: object, which: str, like: Sequence[object]) -> Attribute | None:
    """The element type that a Python number takes next to the other operands, None to keep its own."""
    kind = _array(value).dtype.kind
    if which in _POSITIONS:
        return None
    for other in like:
        if isinstance(other, Tensor):
            element = type_of(other.value).element_type
        elif isinstance(other, np.ndarray | np.generic):
            element = element_type_of(_array(cast(object, other)).dtype)
        else:
            continue
        boolean = element == i1
        if is_float(element) if kind == "f" else (kind == "b" or not boolean):
            return element
    return None


def _check_properties(op: TensorOp) -> None:
    for name, declared in op.get_irdl_definition().properties.items():
        value = op.properties.get(name)
        if value is not None and name != SEGMENTS:
            declared.constr.verify(value, VerificationContext())


# Tensors ----------------------------------------------------------------------------------------------------


class Tensor:
    """A tensor of a network being written: the result of an operation, an input or a constant.

    It has a shape and an element type but no values; arithmetic, comparisons, `@` and slicing write operations.
    """

    __array_ufunc__ = None  # so that `array + tensor` comes to Tensor.__radd__
    __slots__ = ("name", "network", "value")

    def __init__(self, network: Network, value: SSAValue, name: str) -> None:
        self.network = network
        self.value = value
        self.name = name

    @property
    def shape(self) -> tuple[int, ...]:
        """The static shape."""
        return type_of(self.value).get_shape()

    @property
    def dtype(self) -> np.dtype[Any]:
        """The NumPy type of the elements (f32 for bf16)."""
        return dtype_of(type_of(self.value).element_type)

    @property
    def element(self) -> Attribute:
        """The element type in the IR."""
        return type_of(self.value).element_type

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return int(np.prod(self.shape, dtype=np.int64))

    @property
    def nbytes(self) -> int:
        """The number of bytes that the elements take."""
        return byte_size(type_of(self.value))

    def __repr__(self) -> str:
        return f"Tensor({self.name!r}, {type_of(self.value)})"

    def __len__(self) -> int:
        if not self.shape:
            raise fault(f"{quote(self.name)} is a scalar and has no length")
        return self.shape[0]

    def __iter__(self) -> Iterator[Tensor]:
        return (self[i] for i in range(len(self)))

    def __bool__(self) -> bool:
        raise fault(f"{quote(self.name)} has no value while the network is written; use ar.select to choose")

    def __hash__(self) -> int:
        return id(self)

    # Operators.

    def __add__(self, other: Operand) -> Tensor:
        return _binary("add", self, other)

    def __radd__(self, other: Operand) -> Tensor:
        return _binary("add", other, self)

    def __sub__(self, other: Operand) -> Tensor:
        return _binary("subtract", self, other)

    def __rsub__(self, other: Operand) -> Tensor:
        return _binary("subtract", other, self)

    def __mul__(self, other: Operand) -> Tensor:
        return _binary("multiply", self, other)

    def __rmul__(self, other: Operand) -> Tensor:
        return _binary("multiply", other, self)

    def __truediv__(self, other: Operand) -> Tensor:
        return _divide(self, other)

    def __rtruediv__(self, other: Operand) -> Tensor:
        return _divide(other, self)

    def __mod__(self, other: Operand) -> Tensor:
        return _binary("floor_mod", self, other)

    def __pow__(self, other: Operand) -> Tensor:
        return _binary("power", self, other)

    def __rpow__(self, other: Operand) -> Tensor:
        return _binary("power", other, self)

    def __matmul__(self, other: Operand) -> Tensor:
        return _binary("matmul", self, other)

    def __rmatmul__(self, other: Operand) -> Tensor:
        return _binary("matmul", other, self)

    def __neg__(self) -> Tensor:
        return _unary("negative", self)

    def __abs__(self) -> Tensor:
        return _unary("abs", self)

    def __invert__(self) -> Tensor:
        return _unary("logical_not" if self.dtype == np.bool_ else "bitwise_not", self)

    def __and__(self, other: Operand) -> Tensor:
        return _binary("logical_and" if self.dtype == np.bool_ else "bitwise_and", self, other)

    def __or__(self, other: Operand) -> Tensor:
        return _binary("logical_or" if self.dtype == np.bool_ else "bitwise_or", self, other)

    def __xor__(self, other: Operand) -> Tensor:
        return _binary("logical_xor" if self.dtype == np.bool_ else "bitwise_xor", self, other)

    def __lt__(self, other: Operand) -> Tensor:
        return _binary("less", self, other)

    def __le__(self, other: Operand) -> Tensor:
        return _binary("less_equal", self, other)

    def __gt__(self, other: Operand) -> Tensor:
        return _binary("greater", self, other)

    def __ge__(self, other: Operand) -> Tensor:
        return _binary("greater_equal", self, other)

    def __eq__(self, other: Operand) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]  # as in NumPy
        return _binary("equal", self, other)

    def __ne__(self, other: Operand) -> Tensor:  # pyright: ignore[reportIncompatibleMethodOverride]  # as in NumPy
        return _binary("not_equal", self, other)

    def __getitem__(self, index: Any) -> Tensor:
        """NumPy's basic indexing, and a list, array or tensor of positions in place of one axis."""
        from arhat.frontend.shorthands import take

        return take(self, index)

    # Methods as in NumPy and PyTorch.

    @property
    def T(self) -> Tensor:  # NumPy's name
        """The axes reversed."""
        from arhat.frontend import shorthands

        return shorthands.transpose(self)

    def reshape(self, *shape: int | Sequence[int]) -> Tensor:
        """The same elements under another shape, one size of which may be -1."""
        from arhat.frontend import shorthands

        return shorthands.reshape(self, _spread(shape))

    def transpose(self, *order: int | Sequence[int]) -> Tensor:
        """The axes in another order, reversed if none is given."""
        from arhat.frontend import shorthands

        return shorthands.transpose(self, _spread(order) or None)

    def flatten(self, axis: int = 1) -> Tensor:
        """The axes from `axis` on as one."""
        from arhat.frontend import shorthands

        return shorthands.flatten(self, axis)

    def astype(self, dtype: DType) -> Tensor:
        """The elements converted."""
        from arhat.frontend import shorthands

        return shorthands.cast(self, dtype)

    def mean(self, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Tensor:
        """The mean over axes, over all if none is given."""
        from arhat.frontend import shorthands

        return shorthands.reduce_mean(self, axis, keepdims)

    def sum(self, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Tensor:
        """The sum over axes, over all if none is given."""
        from arhat.frontend import shorthands

        return shorthands.reduce_sum(self, axis, keepdims)

    def max(self, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Tensor:
        """The maximum over axes, over all if none is given."""
        from arhat.frontend import shorthands

        return shorthands.reduce_max(self, axis, keepdims)

    def min(self, axis: int | Sequence[int] | None = None, keepdims: bool = False) -> Tensor:
        """The minimum over axes, over all if none is given."""
        from arhat.frontend import shorthands

        return shorthands.reduce_min(self, axis, keepdims)


Operand = Tensor | Array | np.generic | Number | Sequence[Any]
"""What an operation takes: a tensor, an array that becomes a weight, a number or nested lists of numbers.

Numbers take the element type of the other operands; arrays keep their own.
"""


def _spread(values: tuple[Any, ...]) -> tuple[int, ...]:
    """`f(1, 2)` and `f((1, 2))` mean the same."""
    if len(values) == 1 and isinstance(values[0], Sequence):
        return tuple(cast("Sequence[int]", values[0]))
    return tuple(values)


def _operations() -> Any:
    from arhat.frontend import operations

    return operations


def _binary(name: str, a: Operand, b: Operand) -> Tensor:
    function: Callable[[Operand, Operand], Tensor] = getattr(_operations(), name)
    return function(a, b)


def _divide(a: Operand, b: Operand) -> Tensor:
    return _operations().divide(a, b)


def _unary(name: str, x: Tensor) -> Tensor:
    function: Callable[[Operand], Tensor] = getattr(_operations(), name)
    return function(x)


def emit(
    operation: type[TensorOp], operands: Sequence[Any], properties: Mapping[str, Any], name: str | None
) -> tuple[Tensor, ...]:
    """Adds an operation to the network of its operands, or to that of the innermost `with` block."""
    network: Network | None = None
    for operand in operands:
        parts: Sequence[object] = _flat(operand) if _is_list(operand) else [operand]
        for part in parts:
            if isinstance(part, Tensor):
                network = part.network
                break
        if network is not None:
            break
    kind = operation.name.partition(".")[2]
    written = {key: _property(key, value) for key, value in properties.items()}
    return (network or current()).add(operation, operands, written, name or kind)


def _property(name: str, value: Any) -> Any:
    """The attribute for a property whose kind does not say how to make one of a Python value."""
    if value is None or isinstance(value, Attribute):
        return value
    if name == "activation":
        parts: tuple[Any, ...] = (value,) if isinstance(value, str) else tuple(value)
        try:
            attribute = ActivationAttr.get(str(parts[0]), *parts[1:])
            attribute.verify()
        except VerifyException as error:
            raise fault(str(error)) from None
        except (TypeError, ValueError, IndexError):
            raise fault(
                f"{value!r} is not an activation; write a name, or a name and its constants"
            ) from None
        return attribute
    if name == "activations":
        return ArrayAttr([StringAttr(str(part)) for part in value])
    return StringAttr(value) if name == "variable" else value

"""Weights from safetensors files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from arhat.dialects.arhat import WeightAttr, tensor_type
from arhat.errors import quote
from arhat.frontend.network import Network, Tensor, element_type, fault

_ELEMENTS = {
    "BOOL": "boolean",
    "F16": "f16",
    "BF16": "bf16",
    "F32": "f32",
    "F64": "f64",
    **{f"{kind}{width}": f"{kind.lower()}{width}" for kind in "IU" for width in (8, 16, 32, 64)},
}


class Weights(Mapping[str, Tensor]):
    """The tensors of a safetensors file: `weights["conv1.weight"]` is a constant of the network.

    The file is memory-mapped, nothing of it is copied. A tensor asked for twice is the same constant.
    """

    def __init__(self, network: Network, label: str, path: Path) -> None:
        from safetensors import SafetensorError, safe_open

        self._network = network
        self._label = label
        self._made: dict[str, Tensor] = {}
        self._types: dict[str, Any] = {}
        try:
            with cast(Any, safe_open)(path, framework="np") as file:
                for name in file.keys():  # noqa: SIM118  # not a mapping
                    entry = file.get_slice(name)
                    self._types[name] = (str(entry.get_dtype()), tuple(entry.get_shape()))
        except FileNotFoundError:
            raise fault(f"there is no file {quote(str(path))}") from None
        except (OSError, SafetensorError) as error:
            raise fault(f"{quote(str(path))} is not a good safetensors file: {error}") from None

    def __getitem__(self, name: str) -> Tensor:
        made = self._made.get(name)
        if made is None:
            if name not in self._types:
                raise fault(f"there is no weight {quote(name)} in the file of scope {quote(self._label)}")
            dtype, shape = self._types[name]
            if dtype not in _ELEMENTS:
                raise fault(f"weight {quote(name)} has elements of {dtype}, which a network cannot have")
            type = tensor_type(element_type(_ELEMENTS[dtype]), shape)
            made = self._made[name] = self._network.place(WeightAttr.get(self._label, name), type, name)
        return made

    def __iter__(self) -> Iterator[str]:
        return iter(self._types)

    def __len__(self) -> int:
        return len(self._types)

    def __contains__(self, name: object) -> bool:
        return name in self._types

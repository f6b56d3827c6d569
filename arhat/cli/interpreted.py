"""A lowered module that the NumPy interpreter runs, with the methods of `arhat.runtime.Model` that `verify` needs.

So the targets for GPUs are verified on machines without one: what the program is asked to do, not the program itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from arhat.dialects.kernel.memory import STATE_BYTES
from arhat.interpreters import evaluate, input_names, main_of
from arhat.layers import layers_of
from arhat.weights import dtype_of

if TYPE_CHECKING:
    import numpy.typing as npt
    from xdsl.dialects.builtin import ModuleOp
    from xdsl.ir import Operation

    Array = npt.NDArray[Any]


@dataclass(frozen=True)
class InterpretedTensor:
    """An input, or what an operation computes: name, shape, element type, the layers that it stands for."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    layers: tuple[str, ...] = ()


class InterpretedModel:
    """Runs a lowered module."""

    def __init__(self, module: ModuleOp) -> None:
        from arhat.dialects.arhat import type_of

        self._module = module
        self._state: dict[str, Array] = {}
        main = main_of(module)
        self.inputs = [
            InterpretedTensor(name, type_of(value).get_shape(), dtype_of(type_of(value).element_type))
            for name, value in zip(input_names(module), main.body.block.args, strict=True)
        ]
        self.state_bytes = int(STATE_BYTES in main.attributes)
        """Whether there is state; how large it is does not matter here."""
        self.manifest = {"ops": [{"name": op.name} for op in main.body.block.ops]}
        """As much of a manifest as says which operations there are."""

    def __call__(self, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """The outputs by name."""
        return evaluate(self._module, inputs, state=self._state)

    def reset_state(self) -> None:
        """Forgets what earlier runs left."""
        self._state = {}

    def watch(
        self, keep: Callable[[InterpretedTensor, Array], None], inputs: Mapping[str, Array]
    ) -> dict[str, Array]:
        """The outputs; `keep` sees what each operation with one result computes."""

        def note(op: Operation, results: Sequence[Any]) -> None:
            if len(results) == 1:
                array = np.asarray(results[0])
                layers = tuple(layer.layer_name for layer in layers_of(op))
                keep(InterpretedTensor(op.name, array.shape, array.dtype, layers), array)

        return evaluate(self._module, inputs, state=self._state, on_result=note)

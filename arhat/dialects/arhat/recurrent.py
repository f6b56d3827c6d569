"""Recurrent networks over a whole sequence. A cell is a sequence of one step.

Common to all: `x` [N, T, I], initial states [N, D, H], weights `w` [D, G*H, I] and `r` [D, G*H, H], biases
[D, G*H], with D = 2 directions where `direction` is `bidirectional`, else 1, and G gates. `lengths` [N] says how many
steps of each row count; without it all T do. Behind its length a row of the output is zero, and the final state is
that after its last step. The direction `reverse` starts with the last step that counts.

`activations` names the functions f, g (and h), each one of `sigmoid`, `tanh`, `relu` and `hard_sigmoid`, which is
`min(max(alpha * x + beta, 0), 1)` with its value of the lists `alpha` and `beta`. Where `clip` is positive, what goes
into f and g is clamped to [-clip, clip].
"""

from __future__ import annotations

from typing import ClassVar, cast

from xdsl.dialects.builtin import ArrayAttr, IntegerType, StringAttr, TensorType
from xdsl.ir import SSAValue
from xdsl.irdl import (
    AttrSizedOperandSegments,
    base,
    irdl_op_definition,
    operand_def,
    opt_operand_def,
    prop_def,
    result_def,
)

from arhat.dialects.arhat.base import (
    BOOL,
    FLOAT,
    FLOATS,
    ArhatOp,
    Floats,
    Tensor,
    choice,
    element_of,
    floats_of,
    is_integer,
    require,
    require_float,
    require_same_element,
    shape_of,
    tensor_type,
)

DIRECTIONS = ("forward", "reverse", "bidirectional")
RECURRENT_ACTIVATIONS = ("sigmoid", "tanh", "relu", "hard_sigmoid")


def activation_names(attr: ArrayAttr[StringAttr]) -> tuple[str, ...]:
    """The names in the property `activations`."""
    return tuple(name.data for name in attr)


class RecurrentOp(ArhatOp):
    """What the recurrent operations have in common: see the module's documentation."""

    GATES: ClassVar[int]
    FUNCTIONS: ClassVar[int]

    irdl_options = (AttrSizedOperandSegments(as_property=True),)

    def infer_states(self, states: int) -> list[Tensor]:
        """The types of all hidden states [N, D, T, H], and of so many final states [N, D, H]."""
        values = [value for value in self.operands if not isinstance(element_of(value), IntegerType)]
        element = require_same_element(values)
        x = self.operands[0]
        require_float(x, "the input")
        initial = self.operands[1 : 1 + states]
        w, r, b = self.operands[1 + states : 4 + states]
        shape = shape_of(x)
        require(len(shape) == 3, f"the input must be [batch, steps, inputs], got shape {list(shape)}")
        rows, steps, inputs = shape
        direction = cast(StringAttr, self.properties["direction"]).data
        directions = 2 if direction == "bidirectional" else 1
        hidden = shape_of(r)[-1] if len(shape_of(r)) == 3 else 0
        require(hidden > 0, f"recurrent weights must be [directions, gates * hidden, hidden], got {r.type}")
        gates = self.GATES * hidden
        for what, value, expected in (
            *(("an initial state", state, (rows, directions, hidden)) for state in initial),
            ("the weights", w, (directions, gates, inputs)),
            ("the recurrent weights", r, (directions, gates, hidden)),
            ("the bias", b, (directions, gates)),
        ):
            require(
                shape_of(value) == expected,
                f"{what} must have shape {list(expected)}, got {list(shape_of(value))}",
            )
        self._check_functions()
        return [
            tensor_type(element, (rows, directions, steps, hidden)),
            *[tensor_type(element, (rows, directions, hidden))] * states,
        ]

    def _check_functions(self) -> None:
        names = activation_names(cast("ArrayAttr[StringAttr]", self.properties["activations"]))
        require(
            len(names) == self.FUNCTIONS,
            f"'activations' must name {self.FUNCTIONS} functions, got {len(names)}",
        )
        for name in names:
            require(
                name in RECURRENT_ACTIVATIONS,
                f"'activations' must be of {', '.join(RECURRENT_ACTIVATIONS)}, got '{name}'",
            )
        for which in ("alpha", "beta"):
            count = len(floats_of(cast(Floats, self.properties[which])))
            require(count == self.FUNCTIONS, f"'{which}' must have {self.FUNCTIONS} values, got {count}")

    def check_lengths(self) -> None:
        """The optional operand `lengths` has one integer for each row."""
        lengths = cast("SSAValue | None", getattr(self, "lengths", None))
        if lengths is not None:
            rows = shape_of(self.operands[0])[0]
            require(
                is_integer(element_of(lengths)) and shape_of(lengths) == (rows,),
                f"the lengths must be {rows} integers, got {lengths.type}",
            )


@irdl_op_definition
class LstmSequenceOp(RecurrentOp):
    """Long short-term memory. The gates are f(orget), i(nput), c(andidate), o(utput).

    `f, i, o = f(x w + h r + b)`, `c~ = g(...)`, `c = f * c + i * c~`, `h = o * h(c)`. Results: all hidden states, the
    last hidden state, the last cell state. Source: LSTMSequence-5, LSTMCell-4.

    ```mlir
    %y, %h, %c = arhat.lstm_sequence(%x, %h0, %c0, %w, %r, %b)
      {direction = "forward", activations = ["sigmoid", "tanh", "tanh"], alpha = [0.0, 0.0, 0.0],
       beta = [0.0, 0.0, 0.0], clip = 0.0}
      : (tensor<1x7x3xf32>, tensor<1x1x4xf32>, tensor<1x1x4xf32>, tensor<1x16x3xf32>, tensor<1x16x4xf32>,
         tensor<1x16xf32>) -> (tensor<1x1x7x4xf32>, tensor<1x1x4xf32>, tensor<1x1x4xf32>)
    ```
    """

    name = "arhat.lstm_sequence"

    GATES: ClassVar[int] = 4
    FUNCTIONS: ClassVar[int] = 3

    x = operand_def(TensorType)
    initial_h = operand_def(TensorType)
    initial_c = operand_def(TensorType)
    w = operand_def(TensorType)
    r = operand_def(TensorType)
    b = operand_def(TensorType)
    lengths = opt_operand_def(TensorType)
    direction = prop_def(choice(*DIRECTIONS))
    activations = prop_def(base(ArrayAttr))
    alpha = prop_def(FLOATS)
    beta = prop_def(FLOATS)
    clip = prop_def(FLOAT)
    y = result_def(TensorType)
    h = result_def(TensorType)
    c = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """[N, D, T, H], and two of [N, D, H]."""
        self.check_lengths()
        return self.infer_states(2)


@irdl_op_definition
class GruSequenceOp(RecurrentOp):
    """Gated recurrent unit. The gates are z (update), r(eset), h (candidate).

    `z, r = f(x w + h r + b)`, `h~ = g(x w + (r * h) r + b)`, `h = (1 - z) * h~ + z * h`. With `linear_before_reset`
    it is `h~ = g(x w + b + r * (h r + recurrent_bias))`, `recurrent_bias` [D, H]. Results: all hidden states, the last
    one. Source: GRUSequence-5, GRUCell-3.
    """

    name = "arhat.gru_sequence"

    GATES: ClassVar[int] = 3
    FUNCTIONS: ClassVar[int] = 2

    x = operand_def(TensorType)
    initial_h = operand_def(TensorType)
    w = operand_def(TensorType)
    r = operand_def(TensorType)
    b = operand_def(TensorType)
    recurrent_bias = opt_operand_def(TensorType)
    lengths = opt_operand_def(TensorType)
    direction = prop_def(choice(*DIRECTIONS))
    activations = prop_def(base(ArrayAttr))
    alpha = prop_def(FLOATS)
    beta = prop_def(FLOATS)
    clip = prop_def(FLOAT)
    linear_before_reset = prop_def(BOOL)
    y = result_def(TensorType)
    h = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """[N, D, T, H] and [N, D, H]."""
        self.check_lengths()
        linear = bool(self.linear_before_reset.value.data)
        require(
            linear == (self.recurrent_bias is not None),
            "a recurrent bias is there exactly with 'linear_before_reset'",
        )
        results = self.infer_states(1)
        if self.recurrent_bias is not None:
            _, directions, hidden = results[1].get_shape()
            require(
                shape_of(self.recurrent_bias) == (directions, hidden),
                f"the recurrent bias must have shape {[directions, hidden]}",
            )
        return results


@irdl_op_definition
class RnnSequenceOp(RecurrentOp):
    """Plain recurrent network: `h = f(x w + h r + b)`. Results: all hidden states, the last one.

    Source: RNNSequence-5, RNNCell-1.
    """

    name = "arhat.rnn_sequence"

    GATES: ClassVar[int] = 1
    FUNCTIONS: ClassVar[int] = 1

    x = operand_def(TensorType)
    initial_h = operand_def(TensorType)
    w = operand_def(TensorType)
    r = operand_def(TensorType)
    b = operand_def(TensorType)
    lengths = opt_operand_def(TensorType)
    direction = prop_def(choice(*DIRECTIONS))
    activations = prop_def(base(ArrayAttr))
    alpha = prop_def(FLOATS)
    beta = prop_def(FLOATS)
    clip = prop_def(FLOAT)
    y = result_def(TensorType)
    h = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """[N, D, T, H] and [N, D, H]."""
        self.check_lengths()
        return self.infer_states(1)

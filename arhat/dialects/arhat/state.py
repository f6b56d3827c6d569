"""State that a model keeps from one inference to the next."""

from __future__ import annotations

from xdsl.dialects.builtin import StringAttr, TensorType
from xdsl.irdl import irdl_op_definition, operand_def, prop_def, result_def

from arhat.dialects.arhat.base import Tensor, TensorOp, element_of, require, shape_of, tensor_type


class StateOp(TensorOp):
    """Base class of the operations on state. They have an effect: no pass may fold, merge, drop or reorder them.

    In a function every variable is read before it is written, and written at most once.
    """

    variable = prop_def(StringAttr)

    def check_variable(self) -> None:
        """A variable has a name."""
        require(self.variable.data != "", "'variable' must not be empty")


@irdl_op_definition
class ReadValueOp(StateOp):
    """The value of a state variable: what the last inference assigned to it.

    In the first inference, and the first after a reset, it is `init`, which then is the variable's value until
    something is assigned. Source: ReadValue-3, ReadValue-6.

    ```mlir
    %s = arhat.read_value(%init) {variable = "memory"} : (tensor<1x16xf32>) -> tensor<1x16xf32>
    ```
    """

    name = "arhat.read_value"

    init = operand_def(TensorType)
    result = result_def(TensorType)

    def infer(self) -> list[Tensor]:
        """The type of the initial value."""
        self.check_variable()
        return [tensor_type(element_of(self.init), shape_of(self.init))]


@irdl_op_definition
class AssignOp(StateOp):
    """Gives a state variable the value that the next inference reads. Source: Assign-3, Assign-6.

    ```mlir
    arhat.assign(%y) {variable = "memory"} : (tensor<1x16xf32>) -> ()
    ```
    """

    name = "arhat.assign"

    value = operand_def(TensorType)

    def infer(self) -> list[Tensor]:
        """No results."""
        self.check_variable()
        shape_of(self.value)
        return []

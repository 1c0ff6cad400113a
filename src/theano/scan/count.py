"""A number of steps that is looked at: what a loop refuses, whole-array operations in its place must refuse too."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply
from theano.tensor.opsupport import Unconnected, as_index, new_tensor

#: What is said to a negative number of steps.
REFUSAL = "Scan was asked to run for negative number of step {0}"
#: What is said where there is no step.
NO_STEP = (
    "was asked to run for {0} steps: with a state there is no result, unless only the last value is used, which then "
    "is the initial one"
)


class StepCount(Unconnected):
    """The number of steps of a loop; IndexError if it is negative.

    Parameters
    ----------
    needed_by
        The name of a loop that gives all values of a state: NotImplementedError if it makes no step.

    Examples
    --------
    >>> StepCount()(T.constant(3)).eval()
    array(3)
    """

    __props__ = ("needed_by",)
    view_map = {0: [0]}

    def __init__(self, needed_by: str = "") -> None:
        self.needed_by = needed_by

    def __str__(self) -> str:
        return "StepCount"

    def make_node(self, n: Any) -> Apply:
        return Apply(self, [as_index(n, "the number of steps")], [new_tensor("int64", ())])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        if inputs[0] < 0:
            raise IndexError(REFUSAL.format(int(inputs[0])))
        if inputs[0] == 0 and self.needed_by:
            raise NotImplementedError(f"{self.needed_by} {NO_STEP.format(0)}")
        output_storage[0][0] = np.asarray(inputs[0])

    def infer_shape(self, node: Apply, input_shapes: Sequence[Any]) -> list[Any]:
        return [()]

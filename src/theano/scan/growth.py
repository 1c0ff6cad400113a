"""`GrowRows`: room for more rows, for loops whose number of steps is not known before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Op
from theano.tensor.opsupport import new_tensor


class GrowRows(Op):
    """An array with twice as many rows (at least one); the old ones come first, the others hold anything."""

    __props__ = ()

    def make_node(self, x: Any) -> Apply:
        return Apply(self, [x], [new_tensor(x.type.dtype, (None, *x.type.shape[1:]))])

    def perform(self, node: Apply, inputs: Sequence[Any], output_storage: Sequence[list[Any]]) -> None:
        (x,) = inputs
        grown = np.empty((max(2 * len(x), 1), *x.shape[1:]), dtype=x.dtype)
        grown[: len(x)] = x
        output_storage[0][0] = grown


grow_rows = GrowRows()

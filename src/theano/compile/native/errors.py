"""What the numbers mean that compiled code gives back when it fails: exceptions, with the node and its inputs."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.compile.errors import raise_with_op
from theano.compile.plan import FunctionPlan
from theano.compile.times.sizes import Sizes
from theano.graph import Constant
from theano.lower.program import Lowered
from theano.tensor.type import TensorType


class Checks:
    """The checks of a program."""

    def __init__(self, plan: FunctionPlan, lowered: Lowered) -> None:
        self.plan = plan
        self.lowered = lowered

    def fail(self, code: int, operands: tuple[int, ...], args: tuple[Any, ...]) -> None:
        """Raise what check number `code` means, for a call with `args`."""
        record = self.lowered.records[code - 1]
        arrays = self._arrays(args)
        sizes = Sizes(self.lowered, self.plan.fgraph.inputs, arrays)
        dims = None if record.dims is None else tuple(map(sizes.number, record.dims))
        error = record.error(record.message.format(*operands, dims=dims))
        if record.node is None:
            raise error
        raise_with_op(record.node, error, self._known_inputs(record.node, arrays, sizes), self.plan.fgraph)

    def _arrays(self, args: tuple[Any, ...]) -> list[np.ndarray | None]:
        """Arguments and contents of storages, None for what is no array."""
        values = [*args, *(s[0] for s in self.plan.storages)]
        return [
            np.asarray(x, v.type.dtype) if isinstance(v.type, TensorType) else None
            for v, x in zip(self.plan.fgraph.inputs, values, strict=False)
        ]

    def _known_inputs(self, node: Any, arrays: list[np.ndarray | None], sizes: Sizes) -> list[Any]:
        """For each input of a node its value where it is an argument, else its shape where that is known."""
        given = {v: a for v, a in zip(self.plan.fgraph.inputs, arrays, strict=False) if a is not None}
        known: list[Any] = []
        for v in node.inputs:
            if v in given:
                known.append(given[v])
            elif isinstance(v, Constant):
                known.append(v.data)
            else:
                value = self.lowered.values.get(v)
                known.append(_OfShape(() if value is None else tuple(map(sizes.number, value.dims))))
        return known


class _OfShape:
    """Stands for an array of which only the shape is known, in error messages."""

    def __init__(self, shape: tuple[Any, ...]) -> None:
        self.shape = shape
        self.strides = "not known"

    def __repr__(self) -> str:
        return "'not shown'"

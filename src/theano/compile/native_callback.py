"""Ops that have no native form: their C code or their `perform`, called by compiled code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from theano.compile import c_callback
from theano.compile.errors import raise_with_op, typed_result
from theano.compile.native_arguments import is_plain
from theano.graph.op import performer


def call_of(node: Any, fgraph: Any) -> Callable[..., tuple[Any, ...]]:
    """What compiled code calls for a node: arrays in, a tuple of arrays out."""
    return c_callback.call_of(node, fgraph) or NodeCall(node, fgraph)


class NodeCall:
    """Runs a node's `perform` for compiled code: arrays in, a tuple of checked arrays out."""

    def __init__(self, node: Any, fgraph: Any) -> None:
        self.node = node
        self.fgraph = fgraph
        self.perform = performer(node)

    def __call__(self, *values: Any) -> tuple[Any, ...]:
        node = self.node
        inputs = list(values)
        for sources in node.op.destroy_map.values():
            for k in sources:
                inputs[k] = np.array(inputs[k]) if isinstance(inputs[k], np.ndarray) else inputs[k]
        storage: list[list[Any]] = [[None] for _ in node.outputs]
        try:
            self.perform(inputs, storage)
            return tuple(
                self._checked(cell[0], v, values) for cell, v in zip(storage, node.outputs, strict=True)
            )
        except Exception as error:
            raise_with_op(node, error, list(values), self.fgraph)

    def _checked(self, result: Any, variable: Any, inputs: tuple[Any, ...]) -> Any:
        array = typed_result(self.node.op, variable.type, result)
        if not isinstance(array, np.ndarray):
            return array
        shares = any(isinstance(x, np.ndarray) and np.may_share_memory(array, x) for x in inputs)
        if shares or not is_plain(array) or array.base is not None or not array.flags.writeable:
            array = np.array(array, dtype=variable.type.numpy_dtype, order="C", subok=False)
        return array

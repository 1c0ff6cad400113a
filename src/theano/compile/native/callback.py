"""Ops that have no native form: their C code or their `perform`, called by compiled code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from theano.compile.errors import raise_with_op, typed_result
from theano.compile.native.arguments import is_plain
from theano.compile.shared_variables.variables import detached_copy
from theano.graph.op import overwritten_by, performer
from theano.tensor.type import TensorType

# Ways to call a node that come before its `perform`: each gives a call, or None. C code of ops is one
# (`theano.legacy.c_code.callback`).
CALLERS: list[Callable[[Any, Any], Callable[..., tuple[Any, ...]] | None]] = []


def call_of(node: Any, fgraph: Any) -> Callable[..., tuple[Any, ...]]:
    """What compiled code calls for a node: arrays in, a tuple of arrays out.

    Arrays that the op overwrites are the program's to copy; other objects are copied here.
    """
    given = (caller(node, fgraph) for caller in CALLERS)
    call = next((call for call in given if call is not None), None) or NodeCall(node, fgraph)
    objects = {k for k in overwritten_by(node.op) if not isinstance(node.inputs[k].type, TensorType)}
    if not objects:
        return call
    return lambda *values: call(*(detached_copy(x) if k in objects else x for k, x in enumerate(values)))


class NodeCall:
    """Runs a node's `perform` for compiled code: arrays in, a tuple of checked arrays out."""

    def __init__(self, node: Any, fgraph: Any) -> None:
        self.node = node
        self.fgraph = fgraph
        self.perform = performer(node)

    def __call__(self, *values: Any) -> tuple[Any, ...]:
        node = self.node
        storage: list[list[Any]] = [[None] for _ in node.outputs]
        results: list[Any] = []
        try:
            self.perform(list(values), storage)
            for cell, variable in zip(storage, node.outputs, strict=True):
                results.append(self._checked(cell[0], variable, values, results))
        except Exception as error:
            raise_with_op(node, error, list(values), self.fgraph)
        return tuple(results)

    def _checked(self, result: Any, variable: Any, inputs: tuple[Any, ...], before: list[Any]) -> Any:
        """A result of the right type that shares memory with nothing but the inputs that its op declares."""
        array = typed_result(self.node.op, variable.type, result)
        if not isinstance(array, np.ndarray):
            return array
        allowed = {
            k for links in (self.node.op.view_map, self.node.op.destroy_map) for k in links.get(variable.index, ())
        }
        others = [*(x for k, x in enumerate(inputs) if k not in allowed), *before]
        shares = any(isinstance(x, np.ndarray) and np.may_share_memory(array, x) for x in others)
        owned = array.base is None or any(_in(array, inputs[k]) for k in allowed)
        if shares or not owned or not is_plain(array) or not array.flags.writeable:
            array = np.array(array, dtype=variable.type.numpy_dtype, order="C", subok=False)
        return array


def _in(array: np.ndarray, whole: Any) -> bool:
    """Whether `array`, a view, is a part of another one, or both are of a third: NumPy keeps the owner of memory."""
    return array is whole or array.base is whole or array.base is getattr(whole, "base", None)

"""Which function lowers which op."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from theano.lower.state.builder import Builder
from theano.lower.state.values import Value

LoweringFunction = Callable[[Builder, Any, list[Value]], "list[Value] | None"]

_TABLE: dict[type, LoweringFunction] = {}

# Modules of ops that a program may do without, and where their lowering is: both are loaded when they are used.
_LATER = {
    "theano.tensor.foreign": "theano.lower.ops.foreign",
    "theano.tensor.linalg.lu": "theano.lower.ops.linalg.lu",
    "theano.tensor.linalg.schur": "theano.lower.ops.linalg.schur",
    "theano.tensor.nnet.convolution.ops": "theano.lower.ops.convolution.library",
    "theano.tensor.sparse_rows": "theano.lower.ops.sparse_rows",
    "theano.tensor.nnet.neighbours": "theano.lower.ops.convolution.neighbours",
    "theano.tensor.signal.pool_ops": "theano.lower.ops.convolution.pool",
}


def lowers(*ops: type) -> Callable[[LoweringFunction], LoweringFunction]:
    """Register ``f(builder, node, inputs) -> outputs`` for op classes (subclasses included).

    The function may return None to decline; the node then runs its `perform` by call-back.

    Parameters
    ----------
    *ops : type
        Classes of operations.

    Returns
    -------
    callable
        Decorates the function, and returns it.

    Examples
    --------
    >>> from theano.graph import Op
    >>> class Twice(Op):
    ...     pass
    >>> @lowers(Twice)
    ... def twice(builder, node, inputs):
    ...     return None
    """

    def register(function: LoweringFunction) -> LoweringFunction:
        for op in ops:
            _TABLE[op] = function
        return function

    return register


def find(op: Any) -> LoweringFunction | None:
    """The lowering of an op, by its class or the nearest base class that has one."""
    for cls in type(op).__mro__:
        if cls.__module__ in _LATER:
            import_module(_LATER[cls.__module__])
        if cls in _TABLE:
            return _TABLE[cls]
    return None

"""Values known while the graph is being built: constant sizes, indices and elements of shapes.

An op may tell what it knows by two optional methods: ``known_scalar(node, depth)`` returns a 0-d array or
``None``; ``known_vector(node, depth)`` returns a tuple with one entry per element (an array, an int or
``None``), or ``None`` if not even the length is known. `depth` limits the search.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.graph import Constant, Variable
from theano.graph.common_text import fill
from theano.tensor.elemwise import DimShuffle, Elemwise
from theano.tensor.variable import as_tensor_variable

MAX_DEPTH = 10


class NotScalarConstantError(Exception):
    """Raised by `get_scalar_constant_value` when the value is not known before run time."""


class EmptyConstantError(NotScalarConstantError):
    """Raised by `get_scalar_constant_value` when the value is a constant without elements."""


def known_scalar(v: Any, depth: int = MAX_DEPTH, elemwise: bool = True) -> np.ndarray | None:
    """The one value that every element of `v` has, as a 0-d array, or ``None``."""
    if not isinstance(v, Variable):
        value = np.asarray(v)
        return value.reshape(()) if value.size == 1 and value.dtype != object else None
    if isinstance(v, Constant):
        data = v.data
        return np.asarray(data).reshape(()) if isinstance(data, np.ndarray) and data.size == 1 else None
    node = v.owner
    if node is None or depth <= 0:
        return None
    op = node.op
    if isinstance(op, DimShuffle):
        return known_scalar(node.inputs[0], depth - 1, elemwise)
    if isinstance(op, Elemwise):
        return _known_elemwise(v, depth) if elemwise else None
    ask = getattr(op, "known_scalar", None)
    return None if ask is None else ask(node, depth - 1)


def _known_elemwise(v: Any, depth: int) -> np.ndarray | None:
    inputs = v.owner.inputs
    if v.owner.op.scalar_op.name == "second":
        return known_scalar(inputs[1], depth - 1)
    values = []
    for i in inputs:
        value = known_scalar(i, depth - 1)
        if value is None:
            return None
        values.append(value.astype(i.type.dtype))
    padded = [value.reshape((1,) * i.type.ndim) for value, i in zip(values, inputs)]
    try:
        return _applied(v.owner, padded).reshape(())
    except ZeroDivisionError:  # it is that of the call that computes this, if one does
        return None


def _applied(node: Any, values: list[np.ndarray]) -> np.ndarray:
    """What the op of `node` makes of values of its inputs."""
    storage: list[list[Any]] = [[None]]
    node.op.perform(node, values, storage)
    return np.asarray(storage[0][0])


def _cast_elements(node: Any, elements: tuple[Any, ...]) -> tuple[Any, ...]:
    """The elements of a vector, as far as known, after the cast `node`."""
    known = [k for k, e in enumerate(elements) if e is not None]
    values = np.array([elements[k] for k in known], dtype=node.inputs[0].type.dtype)
    result: list[Any] = [None] * len(elements)
    for k, value in zip(known, _applied(node, [values])):
        result[k] = value
    return tuple(result)


def known_as_input(op: Any, node: Any, depth: int) -> np.ndarray | None:
    """The `known_scalar` of ops whose output has the elements of their first input."""
    return known_scalar(node.inputs[0], depth)


def known_int(v: Any, depth: int = MAX_DEPTH) -> int | None:
    """The value of an integer that is known now, or ``None``."""
    if isinstance(v, (int, np.integer)):
        return int(v)
    value = known_scalar(v, depth)
    return int(value) if value is not None and value.dtype.kind in "iub" else None


def known_vector(v: Any, depth: int = MAX_DEPTH) -> tuple[Any, ...] | None:
    """The elements of a vector as far as known; ``None`` if its length is not known."""
    if isinstance(v, Constant):
        return tuple(v.data) if np.ndim(v.data) == 1 else None
    if v.type.ndim != 1:
        return None
    node = v.owner
    if node is not None and depth > 0:
        op = node.op
        if isinstance(op, Elemwise) and op.scalar_op.target is not None:
            elements = known_vector(node.inputs[0], depth - 1)
            return elements and _cast_elements(node, elements)
        ask = getattr(op, "known_vector", None)
        found = None if ask is None else ask(node, depth - 1)
        if found is not None:
            return found
    length = v.type.shape[0]
    return None if length is None else (None,) * length


def known_ints(v: Any) -> tuple[int | None, ...] | None:
    """`known_vector` with plain integers."""
    found = known_vector(v)
    return None if found is None else tuple(None if e is None else known_int(e) for e in found)


def get_scalar_constant_value(
    orig_v: Any, elemwise: bool = True, only_process_constants: bool = False, max_recur: int = MAX_DEPTH
) -> np.ndarray:
    """The constant that `orig_v` stands for, as a 0-d array.

    Looks through shapes, indexing, broadcasting, assertions that hold and (with `elemwise`) element-wise arithmetic
    of constants.

    Parameters
    ----------
    orig_v : tensor-like
        A number, array or expression.
    elemwise : bool
        Whether to compute element-wise arithmetic of constants.
    only_process_constants : bool
        Whether to look at constants only, and through nothing.
    max_recur : int
        How many nodes deep to look.

    Returns
    -------
    numpy.ndarray
        0-d, of the dtype of `orig_v`.

    Raises
    ------
    <tensor errors>
    NotScalarConstantError
        If it is not known before run time or its elements differ.
    EmptyConstantError
        If it is a constant without elements; this is a `NotScalarConstantError`, too.

    Examples
    --------
    >>> int(get_scalar_constant_value(T.constant(2) + 3))
    5
    """
    if orig_v is None:
        raise NotScalarConstantError(f"{orig_v} is not known before a function runs")
    v: Any = orig_v if isinstance(orig_v, Variable) else as_tensor_variable(orig_v)
    value = known_scalar(v, 0 if only_process_constants else max_recur, elemwise)
    if value is None:
        if isinstance(v, Constant) and np.size(v.data) == 0:
            raise EmptyConstantError(f"{v} has no elements")
        raise NotScalarConstantError(f"{v} is not known before a function runs")
    return value


fill(globals())

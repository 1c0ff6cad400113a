"""Small helpers of `theano.scan_module.scan_utils` that programs call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.base.flag_table import config
from theano.graph import (
    Constant,
    Variable,
    ancestors,
    clone_replace,
    equal_computations,
    get_test_value,
    inferred_shapes,
    io_toposort,
)
from theano.tensor.checks.static_value import NotScalarConstantError, get_scalar_constant_value
from theano.tensor.indexing.subtensor import set_subtensor
from theano.tensor.making.alloc import AllocEmpty
from theano.tensor.opsupport import new_tensor
from theano.tensor.pointwise.math import cast
from theano.tensor.shaping.shape import shape_tuple
from theano.tensor.type import TensorType
from theano.tensor.variable import as_tensor_variable


def safe_new(x: Any, tag: str = "", dtype: str | None = None) -> Any:
    """A new leaf like `x` (or, for a constant, a copy of it), called by its name and `tag`.

    Parameters
    ----------
    x
        A variable, or what can be made one.
    tag
        What is appended to the name; without a name there stays none.
    dtype
        Another dtype, for arrays.

    Examples
    --------
    >>> safe_new(T.dvector("x"), "_copy", dtype="float32").type, str(safe_new(T.dvector("x"), "_copy"))
    (TensorType(float32, vector), 'x_copy')
    """
    x = x if isinstance(x, Variable) else as_tensor_variable(x)
    name = None if x.name is None else x.name + tag
    kind: Any = x.type
    if not isinstance(kind, TensorType) or dtype == kind.dtype:
        dtype = None
    new: Any
    if isinstance(x, Constant):
        new = x.clone() if dtype is None else cast(x, dtype)
    else:
        new = kind() if dtype is None else new_tensor(dtype, kind.shape)
        if config.compute_test_value != "off":
            try:
                value = get_test_value(x)
            except AttributeError:
                pass
            else:
                new.tag.test_value = value if dtype is None else np.asarray(value, dtype)
    new.name = name
    return new


def traverse(out: Any, x: Any, x_copy: Any, d: dict[Any, Any], visited: Any = None) -> dict[Any, Any]:
    """`d`, with ``d[x] = x_copy`` if `out` is computed from `x`. (`visited` is accepted for older programs.)

    Examples
    --------
    >>> x, y = T.dscalars("x", "y")
    >>> traverse(x + 1, x, y, {}), traverse(y + 1, x, y, {})
    ({x: y}, {})
    """
    if any(v is x for v in ancestors([out])):
        d[x] = x_copy
    return d


def expand_empty(tensor_var: Any, size: Any) -> Any:
    """`tensor_var` with `size` more rows along its first axis, of arbitrary content.

    Examples
    --------
    >>> expand_empty(T.zeros((2, 3)), 4).shape.eval()
    array([6, 3])
    """
    if isinstance(size, int | np.integer) and size == 0:
        return tensor_var
    x: Any = as_tensor_variable(tensor_var)
    lengths = [x.shape[k] for k in range(x.type.ndim)]
    room = AllocEmpty(x.type.dtype)(lengths[0] + size, *lengths[1:])
    return set_subtensor(room[: lengths[0]], x)


def isNaN_or_Inf_or_None(x: Any) -> bool:
    """Whether `x` is None, or a number (a constant, too) that is NaN or infinite.

    Examples
    --------
    >>> [isNaN_or_Inf_or_None(x) for x in (None, float("inf"), T.constant(np.nan), 1, "text", T.dscalar())]
    [True, True, True, False, False, False]
    """
    if x is None:
        return True
    try:
        if isinstance(x, Variable):
            x = get_scalar_constant_value(x) if isinstance(x.type, TensorType) else None
        return x is not None and np.size(x) > 0 and not bool(np.any(np.isfinite(x)))
    except (TypeError, NotScalarConstantError):
        return False


def forced_replace(out: Any, x: Any, y: Any) -> Any:
    """`out`, with `y` wherever something is computed as `x` is; None stays None.

    Parameters
    ----------
    out
        Variable, or None.
    x, y
        Variables of one type.

    Examples
    --------
    >>> a, b = T.dscalars("a", "b")
    >>> forced_replace(T.exp(a * 2) + a * 2, a * 2, b).owner.inputs
    [Elemwise{exp,no_inplace}.0, b]
    """
    if out is None:
        return None
    same = [v for v in ancestors([out]) if v is x or (v.type == x.type and equal_computations([v], [x]))]
    return clone_replace(out, dict.fromkeys(same, y))


def reconstruct_graph(
    inputs: Sequence[Any], outputs: Sequence[Any], tag: str | None = None
) -> tuple[list[Any], list[Any]]:
    """A copy of a graph with new inputs, whose names have `tag` behind them.

    Examples
    --------
    >>> x = T.dscalar("x")
    >>> reconstruct_graph([x], [x + 1], "_new")
    ([x_new], [Elemwise{add,no_inplace}.0])
    """
    new = [safe_new(v, tag or "") for v in inputs]
    return new, clone_replace(list(outputs), dict(zip(inputs, new, strict=True)))


def infer_shape(outs: Sequence[Any], inputs: Sequence[Any], input_shapes: Sequence[Any]) -> list[Any]:
    """The shapes of `outs` in terms of the shapes of `inputs`.

    Parameters
    ----------
    outs, inputs
        Variables, and those that they are computed from.
    input_shapes
        For each input the tuple of its lengths; None for what has no shape.

    Returns
    -------
    list of tuples of 0-d integers, None for what has no shape

    Examples
    --------
    >>> x, n = T.dmatrix("x"), T.lscalar("n")
    >>> infer_shape([x.T], [x], [(n, 3)])
    [(TensorConstant{3}, n)]
    """
    known: dict[Any, Any] = {
        v: None if lengths is None else tuple(map(as_tensor_variable, lengths))
        for v, lengths in zip(inputs, input_shapes, strict=True)
    }

    def of(v: Any) -> Any:
        if v not in known:
            known[v] = shape_tuple(v) if isinstance(v.type, TensorType) else None
        return known[v]

    for node in io_toposort(list(inputs), list(outs)):
        for v, lengths in zip(node.outputs, inferred_shapes(node, [of(x) for x in node.inputs]), strict=True):
            if lengths is not None:
                known[v] = tuple(lengths)
    return [of(v) for v in outs]


def hash_listsDictsTuples(x: Any) -> int:
    """A number that is equal for equal nested lists, tuples and dicts.

    >>> hash_listsDictsTuples([1, {"a": (2,)}]) == hash_listsDictsTuples([1, {"a": (2,)}])
    True
    """
    if isinstance(x, list | tuple):
        return hash(("list", *map(hash_listsDictsTuples, x)))
    if isinstance(x, dict):
        return hash(frozenset((hash_listsDictsTuples(k), hash_listsDictsTuples(v)) for k, v in x.items()))
    return hash(x)

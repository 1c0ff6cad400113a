"""The elements in C order under another shape: `reshape`, `flatten`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Op
from theano.graph.common_text import fill
from theano.tensor.checks.declared_shapes import patternbroadcast
from theano.tensor.checks.static_value import known_int, known_ints
from theano.tensor.elemwise import Elemwise
from theano.tensor.masks import moved
from theano.tensor.opsupport import Shapes, StaticShape, disconnected, first_connected, index_constant, single
from theano.tensor.pointwise.math import eq, maximum, switch
from theano.tensor.shaping.shape import Shape, Shape_i, as_shape_vector, element, product, shape
from theano.tensor.variable import as_tensor_variable


class Reshape(Op):
    """The elements of `x` in C order under another shape; one length may be -1.

    Parameters
    ----------
    ndim : int
        How many axes the result has.
    name : str, optional
        Has no meaning here; for old programs.

    Raises
    ------
    TypeError
        Called: a length is no integer.
    ValueError
        Called: there are not `ndim` lengths, or they do not fit (when it runs, if they are not known before).

    Examples
    --------
    >>> Reshape(2)(T.arange(6), [2, -1]).eval()
    array([[0, 1, 2],
           [3, 4, 5]])
    """

    __props__ = ("ndim",)
    view_map = {0: [0]}
    costs_nothing = True
    never_fails = True
    linear_in = (0,)

    def __init__(self, ndim: int, name: str | None = None) -> None:
        self.ndim = int(ndim)  # the original's ops have names, too, and make nothing of them

    def __str__(self) -> str:
        return f"Reshape{{{self.ndim}}}"

    def make_node(self, x: Any, lengths: Any) -> Apply:
        x = as_tensor_variable(x)
        lengths = as_shape_vector(lengths)
        known = known_ints(lengths)
        if known is not None and len(known) != self.ndim:
            raise ValueError(
                f"Reshape to {self.ndim} dimensions, but the new shape {lengths} has {len(known)}"
            )
        return single(self, [x, lengths], x.type.dtype, _reshaped(x, known or (None,) * self.ndim))

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        x, lengths = inputs
        if len(lengths) != self.ndim:
            raise ValueError(f"shape argument to Reshape has {len(lengths)} elements, expected {self.ndim}")
        wanted = tuple(int(n) for n in lengths)
        try:
            if min(wanted, default=0) < -1:
                raise ValueError
            out[0][0] = np.reshape(x, wanted)
        except ValueError:
            raise ValueError(f"Cannot reshape input of shape {x.shape} to shape {wanted}") from None

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        x, lengths = node.inputs
        dims = [element(lengths, i) for i in range(self.ndim)]
        known = [known_int(d) for d in dims]
        static = node.outputs[0].type.shape
        total = product(shapes[0])
        result = []
        for i, (dim, value) in enumerate(zip(dims, known)):
            if static[i] is not None:
                result.append(index_constant(static[i]))
            elif -1 in known or (value is None and _is_length(dim)):
                others = product(d for j, d in enumerate(dims) if j != i)
                result.append(total // maximum(others, 1) if value == -1 else dim)
            else:
                others = product(d for j, d in enumerate(dims) if j != i)
                result.append(switch(eq(dim, -1), total // maximum(others, 1), dim))
        return [tuple(result)]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        x = inputs[0]
        return [moved(gs[0], lambda v: _shaped_like(v, x), x), disconnected()]

    def written_back(self, node: Apply, new: Any) -> Any:
        """The input, of which the output is a view, once that holds `new`."""
        return _shaped_like(new, node.inputs[0])

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return first_connected(2)


def _shaped_like(v: Any, x: Any) -> Any:
    return patternbroadcast(Reshape(x.type.ndim)(v, shape(x)), x.type.broadcastable)


def _reshaped(x: Any, lengths: StaticShape) -> StaticShape:
    """The static shape of a reshape of `x`; checks what can be checked now."""
    if lengths.count(-1) > 1:
        raise ValueError(f"only one length may be -1, got {lengths}")
    if any(n is not None and n < -1 for n in lengths):
        raise ValueError(f"lengths must be at least -1, got {lengths}")
    result = [None if n == -1 else n for n in lengths]
    if None in x.type.shape:
        return tuple(result)
    total = int(np.prod(x.type.shape, dtype=object))
    if result.count(None) > 1:
        return tuple(result)
    rest = int(np.prod([n for n in result if n is not None], dtype=object))
    if None in result:
        if total != (0 if rest == 0 else total // rest * rest):
            raise ValueError(f"Cannot reshape {x} of shape {x.type.shape} to shape {lengths}")
        # a length unknown until now: it is broadcastable only where the user said so
        result[result.index(None)] = total // rest if rest and -1 in lengths else None
    elif rest != total:
        raise ValueError(f"Cannot reshape {x} of shape {x.type.shape} to shape {lengths}")
    return tuple(result)


def _is_count(v: Any) -> bool:
    """Whether `v` is known now, and not negative."""
    value = known_int(v)
    return value is not None and value >= 0


def _is_length(v: Any) -> bool:
    """Whether `v` is visibly a length, or computed of lengths so that it is never negative."""
    waiting, seen = [v], set()
    while waiting:
        v = waiting.pop()
        if v in seen or _is_count(v):
            continue
        seen.add(v)
        node = v.owner
        if node is None:
            return False
        if isinstance(node.op, Elemwise):
            name = node.op.scalar_op.name
            if name == "maximum" and any(map(_is_count, node.inputs)):
                continue
            if name == "int_div" and (known_int(node.inputs[1]) or 0) <= 0:
                return False
            if name not in ("add", "mul", "maximum", "minimum", "int_div"):
                return False
            waiting += node.inputs
            continue
        source = node.inputs[0].owner if node.inputs else None
        of_shape = type(node.op).__name__ == "Subtensor" and source is not None and isinstance(source.op, Shape)
        if not (isinstance(node.op, Shape_i) or of_shape):
            return False
    return True


def reshape(x: Any, newshape: Any, ndim: int | None = None) -> Any:
    """`x` with another shape, elements in C order.

    Parameters
    ----------
    x : tensor-like
        <any tensor>
    newshape : list, tuple or vector of integers
        The lengths, whose product is the number of elements; one may be -1, which is then computed.
    ndim : int, optional
        The number of axes; needed only if `newshape` is a vector of unknown length.

    Returns
    -------
    TensorVariable
        Of the dtype of `x`; no element moves.

    Raises
    ------
    TypeError
        A length is no integer.
    ValueError
        The number of axes cannot be known, or lengths do not fit (when it runs, if they are not known before).

    Examples
    --------
    >>> T.reshape(T.arange(6), (2, -1)).eval()
    array([[0, 1, 2],
           [3, 4, 5]])
    """
    lengths = as_shape_vector(newshape)
    if ndim is None:
        known = known_ints(lengths)
        if known is None:
            raise ValueError(f"the length of the new shape {newshape} is not known; give ndim")
        ndim = len(known)
    if isinstance(ndim, bool) or not isinstance(ndim, (int, np.integer)) or ndim < 0:
        raise ValueError(f"ndim must be an int >= 0, got {ndim!r}")
    return Reshape(ndim)(x, lengths)


def flatten(x: Any, ndim: int | None = None, outdim: int | None = None) -> Any:
    """`x` with its trailing axes joined so that `ndim` (default 1) remain.

    Parameters
    ----------
    x : tensor-like
        <any tensor>
    ndim, outdim : int, optional
        How many axes the result has, default 1; one name or the other.

    Returns
    -------
    TensorVariable
        Of the dtype of `x`: its first ``ndim - 1`` lengths, and the product of the others.

    Raises
    ------
    <tensor errors>
    ValueError
        `ndim` is not between 1 and the number of axes of `x`, or `outdim` is given, too.

    Examples
    --------
    >>> T.flatten(T.constant([[1, 2], [3, 4]])).eval()
    array([1, 2, 3, 4])
    """
    x = as_tensor_variable(x)
    if outdim is not None:
        if ndim is not None:
            raise ValueError("give ndim or outdim, not both")
        ndim = outdim
    ndim = 1 if ndim is None else ndim
    if ndim < 1 or ndim > max(x.type.ndim, 1):
        raise ValueError(f"ndim {ndim} out of bound [1, {max(x.type.ndim, 1)}]")
    static = x.type.shape
    joined = static[ndim - 1 :]
    last: Any = -1 if None in joined else int(np.prod(joined, dtype=object))
    if ndim == 1:
        return reshape(x, (last,))
    lengths = [shape(x)[i] if n is None else index_constant(n) for i, n in enumerate(static)]
    if last == -1:  # which could be any length where one of the others is 0
        last = product(lengths[ndim - 1 :])
    return reshape(x, (*lengths[: ndim - 1], last))


def is_flat(var: Any, ndim: int | None = None, outdim: int | None = None) -> bool:
    """Whether `var` has `ndim` (default 1) dimensions.

    Parameters
    ----------
    var : TensorVariable
        Of any type with `ndim`.
    ndim, outdim : int, optional
        How many; one name or the other.

    Returns
    -------
    bool

    Examples
    --------
    >>> T.is_flat(T.vector()), T.is_flat(T.matrix())
    (True, False)
    """
    return var.type.ndim == (1 if ndim is None and outdim is None else outdim if ndim is None else ndim)


fill(globals())

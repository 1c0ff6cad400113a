"""Shapes: reading them, changing them without moving data, and declaring what is known about them."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Op, Variable
from theano.scalar.dtypes import DISCRETE, INTEGER, as_dtype
from theano.tensor.elemwise import dimshuffle as _dimshuffle
from theano.tensor.masks import moved, parted
from theano.tensor.math import cast, eq, maximum, switch
from theano.tensor.opsupport import (
    Shapes,
    StaticShape,
    Unconnected,
    as_index,
    disconnected,
    first_connected,
    index_constant,
    single,
    unknown_if_one,
    zero_gradient,
)
from theano.tensor.static_value import known_as_input, known_int, known_ints, known_scalar
from theano.tensor.variable import as_tensor_variable, constant


class Shape(Unconnected):
    """The lengths of all axes, as an int64 vector.

    Parameters
    ----------
    x : tensor_like
        Of any shape and dtype.

    Returns
    -------
    vector
        int64, of as many elements as `x` has dimensions.

    Raises
    ------
    TypeError
        `x` can't be a tensor.

    Examples
    --------
    >>> Shape()(T.constant([[1, 2, 3]])).eval()
    array([1, 3])
    """

    __props__ = ()
    costs_nothing = True
    never_fails = True

    def make_node(self, x: Any) -> Apply:
        x = as_tensor_variable(x)
        return single(self, [x], "int64", [unknown_if_one(x.type.ndim)])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        out[0][0] = np.asarray(np.shape(inputs[0]), dtype="int64")

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [(index_constant(node.inputs[0].type.ndim),)]

    def known_vector(self, node: Apply, depth: int) -> tuple[Any, ...]:
        return node.inputs[0].type.shape


class Shape_i(Unconnected):
    """The length of one axis, as a 0-d int64.

    Parameters
    ----------
    i : int
        The axis, from 0 on.

    Returns
    -------
    0-d tensor
        Called with a tensor: int64.

    Raises
    ------
    TypeError
        It is called with a tensor that has no such axis.

    Examples
    --------
    >>> Shape_i(1)(T.constant([[1, 2, 3]])).eval()
    array(3)
    """

    __props__ = ("i",)
    costs_nothing = True
    never_fails = True

    def __init__(self, i: int) -> None:
        self.i = int(i)

    def __str__(self) -> str:
        return f"Shape_i{{{self.i}}}"

    def make_node(self, x: Any) -> Apply:
        x = as_tensor_variable(x)
        if not 0 <= self.i < x.type.ndim:
            raise TypeError(f"{x} has {x.type.ndim} dimensions, there is no axis {self.i}")
        return single(self, [x], "int64", [])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        out[0][0] = np.asarray(np.shape(inputs[0])[self.i], dtype="int64")

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [()]

    def known_scalar(self, node: Apply, depth: int) -> np.ndarray | None:
        length = node.inputs[0].type.shape[self.i]
        return None if length is None else np.asarray(length, dtype="int64")


shape = _shape = Shape()


def shape_i(var: Any, i: int, fgraph: Any = None) -> Any:
    """The length of axis `i`: a constant where it is known, else ``Shape_i{i}(var)``.

    `fgraph` is accepted for older programs: no graph here holds shapes of its variables.

    Examples
    --------
    >>> shape_i(T.matrix(), 1)
    Shape_i{1}.0
    """
    length = var.type.shape[i]
    return Shape_i(i)(var) if length is None else index_constant(length)


def shape_tuple(x: Any) -> tuple[Any, ...]:
    """The lengths of all axes, constants where known."""
    return tuple(shape_i(x, i) for i in range(x.type.ndim))


class MakeVector(Op):
    """A vector of 0-d tensors.

    Examples
    --------
    >>> x = T.dvector("x")
    >>> MakeVector("int64")(x.shape[0], 3)
    MakeVector{dtype='int64'}.0
    """

    __props__ = ("dtype",)
    costs_nothing = True
    never_fails = True
    jointly_linear_in = range(sys.maxsize)

    def __init__(self, dtype: Any = "int64") -> None:
        self.dtype = as_dtype(dtype)

    def make_node(self, *elements: Any) -> Apply:
        inputs = [as_tensor_variable(e) for e in elements]
        if any(i.type.ndim for i in inputs):
            raise ValueError(f"MakeVector takes 0-d tensors only, got {inputs}")
        inputs = [i if i.type.dtype == self.dtype else cast(i, self.dtype) for i in inputs]
        return single(self, inputs, self.dtype, [unknown_if_one(len(inputs))])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        out[0][0] = np.array(inputs, dtype=self.dtype).reshape(len(inputs))

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [(index_constant(len(node.inputs)),)]

    def known_vector(self, node: Apply, depth: int) -> tuple[Any, ...]:
        return tuple(known_scalar(i, depth) for i in node.inputs)

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        if self.dtype in DISCRETE:
            return [zero_gradient(i) for i in inputs]
        return list(parted(gs[0], lambda v: [v[i] for i in range(len(inputs))], inputs))

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        if all(e is None for e in eval_points):
            return [None]
        return [self(*(zero_gradient(i) if e is None else e for i, e in zip(inputs, eval_points)))]


def as_shape_vector(lengths: Any, ndim: int | None = None) -> Any:
    """A list, tuple or vector of lengths as an int64 vector.

    Raises
    ------
    TypeError
        For non-integers and for anything that is not 1-d.
    """
    if isinstance(lengths, (list, tuple)):
        known = [known_int(e) for e in lengths if not _is_float(e)]
        if len(known) < len(lengths):
            raise TypeError(f"shapes are integers, got {lengths}")
        if all(isinstance(e, (int, np.integer)) for e in lengths):
            return constant(np.asarray(lengths, dtype="int64"))
        return MakeVector("int64")(*(as_index(e, "a length") for e in lengths))
    vector = as_tensor_variable(lengths)
    if vector.type.ndim != 1:
        raise TypeError(
            f"a shape is a vector or a list of 0-d integers, got {lengths}: write x.reshape((2, 3)), with one tuple"
        )
    if vector.type.dtype not in INTEGER:
        if vector.type.shape == (0,):
            return constant(np.zeros(0, dtype="int64"))
        raise TypeError(f"shapes are integers, got {lengths} of dtype {vector.type.dtype}")
    return vector if vector.type.dtype == "int64" else cast(vector, "int64")


def _is_float(length: Any) -> bool:
    if isinstance(length, Variable):
        return as_tensor_variable(length).type.dtype not in INTEGER
    return np.asarray(length).dtype.kind not in "iu"


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

        def back(v: Any) -> Any:
            return patternbroadcast(Reshape(x.type.ndim)(v, shape(x)), x.type.broadcastable)

        return [moved(gs[0], back, x), disconnected()]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return first_connected(2)


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


def _is_length(v: Any) -> bool:
    """Whether `v` is visibly a length (so never negative)."""
    node = v.owner
    if node is None:
        return False
    if isinstance(node.op, Shape_i):
        return True
    source = node.inputs[0].owner if node.inputs else None
    return type(node.op).__name__ == "Subtensor" and source is not None and isinstance(source.op, Shape)


def element(vector: Any, i: int) -> Any:
    """Element `i` of a vector, without a node where the vector is made of its elements."""
    node = vector.owner
    if node is not None and isinstance(node.op, MakeVector):
        return node.inputs[i]
    if node is not None and isinstance(node.op, Shape):
        return shape_i(node.inputs[0], i)
    known = known_ints(vector)
    value = None if known is None else known[i]
    return vector[i] if value is None else index_constant(value)


def product(factors: Iterable[Variable]) -> Any:
    """The product of lengths (1 if there is none)."""
    result: Any | None = None
    for factor in factors:
        if known_int(factor) != 1:
            result = factor if result is None else result * factor
    return index_constant(1) if result is None else result


def reshape(x: Any, newshape: Any, ndim: int | None = None) -> Any:
    """`x` with another shape, elements in C order.

    Parameters
    ----------
    x : tensor-like
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
    ndim, outdim : int, optional
        How many axes the result has, default 1; one name or the other.

    Returns
    -------
    TensorVariable
        Of the dtype of `x`: its first ``ndim - 1`` lengths, and the product of the others.

    Raises
    ------
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


class SpecifyShape(Op):
    """`x`, whose shape is asserted to be the given one.

    Parameters
    ----------
    x : tensor_like
        Of any shape and dtype.
    shape : sequence or vector of integers
        The lengths of all axes.

    Returns
    -------
    tensor
        `x`, with what is known of its shape.

    Raises
    ------
    AssertionError
        `x` has another number of dimensions; or when it runs: another shape.

    Examples
    --------
    >>> x = T.dmatrix("x")
    >>> T.specify_shape(x, (1, 2)).eval({x: [[3, 4]]})
    array([[3., 4.]])
    """

    __props__ = ()
    view_map = {0: [0]}
    linear_in = (0,)

    def make_node(self, x: Any, lengths: Any) -> Apply:
        x = as_tensor_variable(x)
        lengths = as_shape_vector(lengths)
        known = known_ints(lengths)
        if known is not None and len(known) != x.type.ndim:
            raise AssertionError(
                f"SpecifyShape: {x} has {x.type.ndim} dimensions, the shape {lengths} {len(known)}"
            )
        result = []
        for axis, (have, given) in enumerate(zip(x.type.shape, known or (None,) * x.type.ndim)):
            if have is not None and given is not None and have != given:
                raise AssertionError(f"SpecifyShape: axis {axis} of {x} has length {have}, not {given}")
            result.append(given if have is None else have)
        return single(self, [x, lengths], x.type.dtype, result)

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        x, lengths = inputs
        if x.shape != tuple(int(n) for n in lengths):
            raise AssertionError(
                f"SpecifyShape: got shape {x.shape}, expected {tuple(int(n) for n in lengths)}"
            )
        out[0][0] = x

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        lengths = node.inputs[1]
        known = known_ints(lengths)
        if known is None:
            return [shapes[0]]
        return [tuple(s if k is None else index_constant(k) for s, k in zip(shapes[0], known))]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        x, lengths = inputs
        g = moved(gs[0], lambda v: patternbroadcast(self(v, lengths), x.type.broadcastable), x)
        return [g, disconnected()]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return first_connected(2)


specify_shape = SpecifyShape()


class Rebroadcast(Op):
    """`x` with the broadcast pattern of some axes changed.

    Parameters
    ----------
    *axis
        Pairs of an axis and whether it is broadcastable.

    Examples
    --------
    >>> Rebroadcast((0, True))(T.matrix()).type
    TensorType(float64, row)
    """

    __props__ = ("items",)
    view_map = {0: [0]}
    costs_nothing = True
    never_fails = True
    linear_in = (0,)
    known_scalar = known_as_input

    def __init__(self, *axis: tuple[int, bool]) -> None:
        self.axis = {int(a): bool(b) for a, b in axis}
        self.items = tuple(sorted(self.axis.items()))

    def __str__(self) -> str:
        pattern = ["?"] * (1 + max(self.axis, default=-1))
        for a, b in self.items:
            pattern[a] = str(int(b))
        return f"Rebroadcast{{{','.join(pattern)}}}"

    def make_node(self, x: Any) -> Apply:
        x = as_tensor_variable(x)
        if self.axis and not 0 <= min(self.axis) <= max(self.axis) < x.type.ndim:
            raise ValueError(f"Trying to rebroadcast non-existent dimension: {self} of {x}")
        result = list(x.type.shape)
        for a, b in self.items:
            if b and result[a] not in (None, 1):
                raise ValueError(f"axis {a} of {x} has length {result[a]}, it cannot be broadcastable")
            result[a] = 1 if b else unknown_if_one(result[a])
        return single(self, [x], x.type.dtype, result)

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        for a, b in self.items:
            if b and inputs[0].shape[a] != 1:
                raise ValueError(
                    f"Dimension {a} in Rebroadcast's input was supposed to be 1 (got {inputs[0].shape[a]})"
                )
        out[0][0] = inputs[0]

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        one = index_constant(1)
        return [tuple(one if self.axis.get(i) else s for i, s in enumerate(shapes[0]))]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        x = inputs[0]
        return [moved(gs[0], lambda v: patternbroadcast(v, x.type.broadcastable), x)]


def _rebroadcast(x: Any, wanted: dict[int, bool]) -> Any:
    x = as_tensor_variable(x)
    pattern = x.type.broadcastable
    if wanted and max(wanted) >= x.type.ndim:
        raise ValueError("Trying to change the broadcastability of a non-existent dimension")
    changes = [(a, b) for a, b in sorted(wanted.items()) if pattern[a] != b]
    return Rebroadcast(*changes)(x) if changes else x


def addbroadcast(x: Any, *axes: int) -> Any:
    """`x` with `axes` broadcastable; at run time their lengths must be 1.

    Parameters
    ----------
    x : tensor-like
    *axes : int
        Which axes.

    Returns
    -------
    TensorVariable
        `x`, whose type says that these lengths are 1.

    Raises
    ------
    ValueError
        There is no such axis, or its length is not 1 (when it runs, if it is not known before).

    Examples
    --------
    >>> T.addbroadcast(T.matrix(), 0).broadcastable
    (True, False)
    """
    return _rebroadcast(x, dict.fromkeys(axes, True))


def unbroadcast(x: Any, *axes: int) -> Any:
    """`x` with `axes` not broadcastable.

    Parameters
    ----------
    x : tensor-like
    *axes : int
        Which axes.

    Returns
    -------
    TensorVariable
        `x`, whose type does not say that these lengths are 1: they are not stretched to other lengths.

    Raises
    ------
    ValueError
        There is no such axis.

    Examples
    --------
    >>> T.unbroadcast(T.row(), 0).broadcastable
    (False, False)
    """
    return _rebroadcast(x, dict.fromkeys(axes, False))


def patternbroadcast(x: Any, broadcastable: Sequence[bool]) -> Any:
    """`x` with exactly this broadcast pattern.

    Parameters
    ----------
    x : tensor-like
    broadcastable : sequence of bool
        For each axis whether its length is 1.

    Returns
    -------
    TensorVariable
        `x`, whose type says so.

    Raises
    ------
    ValueError
        The length of an axis that shall be broadcastable is not 1 (when it runs, if it is not known before).

    Examples
    --------
    >>> T.patternbroadcast(T.matrix(), (True, False)).type.broadcastable
    (True, False)
    """
    return _rebroadcast(x, {i: bool(b) for i, b in enumerate(broadcastable)})


def dimshuffle(x: Any, order: Sequence[int | str]) -> Any:
    """`x` with axes reordered, dropped (if broadcastable) or added (``'x'``)."""
    return _dimshuffle(as_tensor_variable(x), order)


def shape_padleft(t: Any, n_ones: int = 1) -> Any:
    """`t` with `n_ones` broadcastable axes before its own.

    Parameters
    ----------
    t : tensor-like
    n_ones : int
        How many.

    Returns
    -------
    TensorVariable
        Of the dtype of `t`, with `n_ones` axes of length 1 more.

    Examples
    --------
    >>> T.shape_padleft(T.vector()).broadcastable
    (True, False)
    """
    t = as_tensor_variable(t)
    return dimshuffle(t, ["x"] * n_ones + list(range(t.type.ndim)))


def shape_padright(t: Any, n_ones: int = 1) -> Any:
    """`t` with `n_ones` broadcastable axes after its own.

    Parameters
    ----------
    t : tensor-like
    n_ones : int
        How many.

    Returns
    -------
    TensorVariable
        Of the dtype of `t`, with `n_ones` axes of length 1 more.

    Examples
    --------
    >>> T.shape_padright(T.vector()).broadcastable
    (False, True)
    """
    t = as_tensor_variable(t)
    return dimshuffle(t, list(range(t.type.ndim)) + ["x"] * n_ones)


def shape_padaxis(t: Any, axis: int) -> Any:
    """`t` with one broadcastable axis that becomes axis `axis`.

    Parameters
    ----------
    t : tensor-like
    axis : int
        Which axis of the result is new.

    Returns
    -------
    TensorVariable
        Of the dtype of `t`, with an axis of length 1 more.

    Raises
    ------
    IndexError
        The result has no such axis.

    Examples
    --------
    >>> T.shape_padaxis(T.matrix(), 1).broadcastable
    (False, True, False)
    """
    t = as_tensor_variable(t)
    ndim = t.type.ndim + 1
    if not -ndim <= axis < ndim:
        raise IndexError(f"axis {axis} is out of bounds [-{ndim}, {ndim})")
    order: list[int | str] = list(range(t.type.ndim))
    order.insert(axis % ndim, "x")
    return dimshuffle(t, order)


def squeeze(x: Any) -> Any:
    """`x` without its broadcastable axes.

    Parameters
    ----------
    x : tensor-like

    Returns
    -------
    TensorVariable
        Of the dtype of `x`, without the axes whose length its type says is 1; axes that have length 1 only when
        the function runs stay, unlike NumPy's, for the number of axes is known before.

    Examples
    --------
    >>> T.squeeze(T.row()).ndim
    1
    """
    x = as_tensor_variable(x)
    return dimshuffle(x, [i for i, b in enumerate(x.type.broadcastable) if not b])


def transpose(x: Any, axes: Sequence[int] | None = None) -> Any:
    """`x` with its axes in the order `axes` (default: reversed; then the result has the name of `x` with ``.T``).

    Parameters
    ----------
    x : tensor-like
    axes : sequence of ints, optional
        For each axis of the result, which one of `x` it is.

    Returns
    -------
    TensorVariable
        A view of `x`: of its dtype, with its lengths in this order.

    Raises
    ------
    ValueError
        `axes` are not as many as `x` has, or one is named twice.

    Examples
    --------
    >>> T.transpose(T.zeros((2, 3, 4)), (1, 0, 2)).eval().shape
    (3, 2, 4)
    """
    x = as_tensor_variable(x)
    ndim = x.type.ndim
    if axes is None:
        axes = tuple(range(ndim - 1, -1, -1))
    if len(axes) != ndim:
        raise ValueError(f"axes {axes} do not match the {ndim} dimensions of {x}")
    order = [int(a) + ndim if a < 0 else int(a) for a in axes]
    result = dimshuffle(x, order)
    if x.name is not None and order == list(range(ndim - 1, -1, -1)):
        result.name = f"{x.name}.T"
    return result


def swapaxes(y: Any, axis1: int, axis2: int) -> Any:
    """`y` with two axes exchanged.

    Parameters
    ----------
    y : tensor-like
    axis1, axis2 : int
        Which.

    Returns
    -------
    TensorVariable
        A view of `y`: of its dtype, with the two lengths exchanged.

    Raises
    ------
    ValueError
        There is no such axis.

    Examples
    --------
    >>> T.swapaxes(T.zeros((2, 3, 4)), 0, 2).eval().shape
    (4, 3, 2)
    """
    y = as_tensor_variable(y)
    for axis in (axis1, axis2):
        if not -y.type.ndim <= axis < y.type.ndim:
            raise ValueError(f"swapaxes: axis {axis} does not exist with {y.type.ndim} dimensions")
    order: list[int | str] = list(range(y.type.ndim))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return dimshuffle(y, order)

"""Making arrays: filled, empty, counted up, and with ones on a diagonal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.configdefaults import config
from theano.graph import Apply, Op
from theano.scalar.dtypes import DISCRETE, upcast
from theano.tensor.math import cast, ceil, invert, maximum, second
from theano.tensor.opsupport import (
    Shapes,
    Unconnected,
    as_index,
    disconnected,
    first_connected,
    index_constant,
    single,
)
from theano.tensor.reduction import sum as sum_
from theano.tensor.shape import as_shape_vector, element, patternbroadcast, shape_i, shape_tuple
from theano.tensor.static_value import known_int, known_ints, known_scalar
from theano.tensor.variable import as_tensor_variable, constant

fill = second


class Alloc(Op):
    """An array of the given lengths filled with a (broadcast) value.

    Examples
    --------
    >>> T.alloc(0., 2, T.iscalar()).broadcastable
    (False, False)
    """

    __props__ = ()

    def make_node(self, value: Any, *lengths: Any) -> Apply:
        value = as_tensor_variable(value)
        sizes = [as_index(n, "a length") for n in lengths]
        missing = len(sizes) - value.type.ndim
        if missing < 0:
            raise TypeError(
                f"The Alloc value to use has more dimensions ({value.type.ndim}) "
                f"than the specified shape ({len(sizes)})"
            )
        have = (1,) * missing + value.type.shape
        result = []
        for axis, (size, length) in enumerate(zip(sizes, have)):
            known = known_int(size)
            if known is not None and known < 0:
                raise ValueError(f"Alloc: length {known} of axis {axis} is negative")
            if known is not None and length not in (None, 1, known):
                raise ValueError(
                    f"Alloc: a value with length {length} on axis {axis} cannot fill length {known}"
                )
            result.append(length if known is None and length != 1 else known)
        return single(self, [value, *sizes], value.type.dtype, result)

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        value, sizes = inputs[0], tuple(int(n) for n in inputs[1:])
        pattern = node.inputs[0].type.broadcastable
        for axis, (n, m, b) in enumerate(zip(value.shape, sizes[len(sizes) - value.ndim :], pattern)):
            if n != m and not b:
                raise ValueError(
                    f"Alloc: a value of shape {value.shape} cannot fill shape {sizes} (its axis {axis})"
                )
        out[0][0] = np.full(sizes, value, dtype=value.dtype)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [tuple(node.inputs[1:])]

    def known_scalar(self, node: Apply, depth: int) -> np.ndarray | None:
        return known_scalar(node.inputs[0], depth)

    def known_vector(self, node: Apply, depth: int) -> tuple[Any, ...] | None:
        length, value = node.outputs[0].type.shape[0], known_scalar(node.inputs[0], depth)
        return None if length is None else (value,) * length

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        value, g = inputs[0], gs[0]
        return [sum_to(g, value), *(disconnected() for _ in inputs[1:])]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [None if eval_points[0] is None else self(eval_points[0], *inputs[1:])]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return first_connected(len(node.inputs))


alloc = Alloc()


def sum_to(g: Any, x: Any) -> Any:
    """`g`, whose shape is one that `x` broadcasts to, summed over the axes along which `x` was repeated."""
    missing = g.type.ndim - x.type.ndim
    if missing:
        g = sum_(g, axis=tuple(range(missing)))
    repeated = [i for i, (b, c) in enumerate(zip(x.type.broadcastable, g.type.broadcastable)) if b and not c]
    if repeated:
        g = sum_(g, axis=tuple(repeated), keepdims=True)
    return patternbroadcast(g, x.type.broadcastable)


class AllocEmpty(Unconnected):
    """An array of the given lengths with arbitrary content."""

    __props__ = ("dtype",)

    def __init__(self, dtype: str) -> None:
        self.dtype = str(dtype)

    def make_node(self, *lengths: Any) -> Apply:
        sizes = [as_index(n, "a length") for n in lengths]
        return single(self, sizes, self.dtype, [known_int(n) for n in sizes])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        out[0][0] = np.empty(tuple(int(n) for n in inputs), dtype=self.dtype)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [tuple(node.inputs)]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [zeros(tuple(inputs), self.dtype)]


def _lengths(shape: Any) -> list[Any]:
    """The lengths that the `shape` argument of `zeros` and `ones` stands for."""
    if isinstance(shape, (list, tuple)):
        return list(shape)
    if as_tensor_variable(shape).type.ndim == 0:
        return [shape]
    vector = as_shape_vector(shape)
    known = known_ints(vector)
    if known is None:
        raise ValueError(f"the length of the shape {shape} is not known")
    return [element(vector, i) for i in range(len(known))]


def zeros(shape: Any, dtype: str | None = None) -> Any:
    """Zeros of the given shape (a list, an int, a 0-d integer or a vector of known length); dtype `floatX`.

    Examples
    --------
    >>> T.zeros((2, 3)).eval()
    array([[0., 0., 0.],
           [0., 0., 0.]])
    """
    return alloc(constant(np.asarray(0, dtype=_dtype(dtype))), *_lengths(shape))


def ones(shape: Any, dtype: str | None = None) -> Any:
    """Ones of the given shape, see `zeros`."""
    return alloc(constant(np.asarray(1, dtype=_dtype(dtype))), *_lengths(shape))


def _dtype(dtype: Any) -> str:
    if dtype is None or isinstance(dtype, str) and dtype == "floatX":
        return config.floatX
    return dtype if isinstance(dtype, str) else np.dtype(dtype).name


def _like(model: Any, value: int, dtype: Any, opt: bool) -> Any:
    model = as_tensor_variable(model)
    filler = constant(np.asarray(value, dtype=model.type.dtype if dtype is None else _dtype(dtype)))
    if opt:
        return filler if model.type.ndim == 0 else alloc(filler, *shape_tuple(model))
    return second(model, filler)


def zeros_like(model: Any, dtype: Any = None, opt: bool = False) -> Any:
    """Zeros of the shape and (unless `dtype` is given) dtype of `model`."""
    return _like(model, 0, dtype, opt)


def ones_like(model: Any, dtype: Any = None, opt: bool = False) -> Any:
    """Ones of the shape and (unless `dtype` is given) dtype of `model`."""
    return _like(model, 1, dtype, opt)


class ARange(Unconnected):
    """Equally spaced numbers from `start` up to, not including, `stop`."""

    __props__ = ("dtype",)

    def __init__(self, dtype: str) -> None:
        self.dtype = str(dtype)

    def make_node(self, start: Any, stop: Any, step: Any) -> Apply:
        inputs = [as_tensor_variable(v) for v in (start, stop, step)]
        if any(v.type.ndim for v in inputs):
            raise TypeError(f"arange takes 0-d arguments, got {inputs}")
        values = [known_scalar(v) for v in inputs]
        length = None
        if all(v is not None for v in values) and values[2] != 0:
            length = unknown_or_length(values)
        return single(self, inputs, self.dtype, [length])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        start, stop, step = (v.item() for v in inputs)
        if step == 0:
            raise ZeroDivisionError("arange: the step is zero")
        out[0][0] = np.arange(start, stop, step, dtype=self.dtype)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        start, stop, step = node.inputs
        static = node.outputs[0].type.shape[0]
        if static is not None:
            return [(index_constant(static),)]
        if all(v.type.dtype in DISCRETE for v in node.inputs):
            start, stop, step = (v if known_int(v) is not None else cast(v, "int64") for v in node.inputs)
            if known_int(step) == 1:
                length = stop if known_int(start) == 0 else stop - start
            else:
                length = -((start - stop) // step)
        else:
            start, stop, step = (cast(v, "float64") for v in node.inputs)
            length = ceil((stop - start) / step)
        return [(cast(maximum(length, 0), "int64"),)]


def unknown_or_length(values: list[Any]) -> int | None:
    """The length of ``arange(*values)``; ``None`` for 1, which must not make a broadcastable axis."""
    start, stop, step = (v.item() for v in values)
    length = len(np.arange(start, stop, step))
    return None if length == 1 else length


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: str | None = None) -> Any:
    """Numbers from `start` (default 0) below `stop` in steps of `step`; int64 for integer arguments.

    Examples
    --------
    >>> T.arange(3).eval()
    array([0, 1, 2])
    """
    if stop is None:
        start, stop = 0, start
    start, stop, step = (as_tensor_variable(v) for v in (start, stop, step))
    if dtype is None:
        dtype = upcast(start.type.dtype, stop.type.dtype, step.type.dtype)
        if dtype in DISCRETE:
            dtype = upcast(dtype, "int64")
    return ARange(_dtype(dtype))(start, stop, step)


class Eye(Unconnected):
    """Ones on diagonal `k` of an `n` by `m` matrix of zeros."""

    __props__ = ("dtype",)

    def __init__(self, dtype: str | None = None) -> None:
        self.dtype = _dtype(dtype)

    def make_node(self, n: Any, m: Any, k: Any) -> Apply:
        inputs = [as_index(n, "a length"), as_index(m, "a length"), as_index(k, "a diagonal")]
        return single(self, inputs, self.dtype, [known_int(i) for i in inputs[:2]])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        n, m, k = (int(i) for i in inputs)
        out[0][0] = np.eye(n, m, k, dtype=self.dtype)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [(node.inputs[0], node.inputs[1])]


def eye(n: Any, m: Any = None, k: Any = 0, dtype: str | None = None) -> Any:
    """An `n` by `m` (default `n`) matrix with ones on diagonal `k`.

    Examples
    --------
    >>> T.eye(2).eval()
    array([[1., 0.],
           [0., 1.]])
    """
    return Eye(dtype)(n, n if m is None else m, k)


def identity_like(x: Any) -> Any:
    """The identity matrix of the shape and dtype of the matrix `x`."""
    x = as_tensor_variable(x)
    return eye(shape_i(x, 0), shape_i(x, 1), dtype=x.type.dtype)


class Tri(Eye):
    """Ones at and below diagonal `k` of an `n` by `m` matrix of zeros."""

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        n, m, k = (int(i) for i in inputs)
        out[0][0] = np.tri(n, m, k, dtype=self.dtype)


def tri(N: Any, M: Any = None, k: Any = 0, dtype: str | None = None) -> Any:
    """An `N` by `M` (default `N`) matrix with ones at and below diagonal `k`."""
    return Tri(dtype)(N, N if M is None else M, k)


def tril(m: Any, k: Any = 0) -> Any:
    """The matrix `m` with zeros above diagonal `k`."""
    m = as_tensor_variable(m)
    return m * tri(shape_i(m, 0), shape_i(m, 1), k, dtype=m.type.dtype)


def triu(m: Any, k: Any = 0) -> Any:
    """The matrix `m` with zeros below diagonal `k`."""
    m = as_tensor_variable(m)
    below = tri(shape_i(m, 0), shape_i(m, 1), as_index(k) - 1, dtype=m.type.dtype)
    above = invert(below) if m.type.dtype == "bool" else constant(np.asarray(1, dtype=m.type.dtype)) - below
    return m * above

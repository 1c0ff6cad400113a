"""Making arrays: filled, empty, counted up, and with ones on a diagonal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.configdefaults import config
from theano.graph import Apply, Op
from theano.graph.errors import ShapeError
from theano.scalar.conversion import converted
from theano.scalar.dtypes import COMPLEX, DISCRETE, as_dtype, uint_dtypes, upcast
from theano.tensor.masks import is_source, unmasked
from theano.tensor.math import cast, ceil, invert, lt, maximum, minimum, neq, second, switch
from theano.tensor.opsupport import (
    INT64,
    LONGEST,
    Shapes,
    Unconnected,
    as_index,
    disconnected,
    first_connected,
    index_constant,
    is_disconnected,
    single,
    unknown_if_one,
    zero_gradient,
)
from theano.tensor.reduction import sum as sum_
from theano.tensor.shape import as_shape_vector, dimshuffle, element, patternbroadcast, shape_i, shape_tuple
from theano.tensor.static_value import known_int, known_ints, known_scalar
from theano.tensor.variable import as_tensor_variable, constant

fill = second


def _sizes(lengths: Sequence[Any]) -> tuple[int, ...]:
    """Lengths that arrived when a function runs, as plain integers."""
    sizes = tuple(int(n) for n in lengths)
    for n in sizes:
        if n < 0:
            raise ValueError(f"negative dimensions are not allowed: {n}")
    return sizes


class Alloc(Op):
    """An array of the given lengths filled with a (broadcast) value.

    Parameters
    ----------
    value : tensor-like
        Called with it: what is repeated, of shape that broadcasts to the lengths.
    *lengths : int or 0-d integer tensor
        The length of each axis.

    Returns
    -------
    TensorVariable
        As many axes as there are lengths, of the dtype of `value`.

    Raises
    ------
    TypeError
        `value` has more axes than there are lengths, or a length is no integer.
    ValueError
        A length is negative, or `value` does not fit (when it runs, if that is not known before).

    Examples
    --------
    >>> T.alloc(T.constant([1, 2]), 2, 2).eval()
    array([[1, 2],
           [1, 2]])
    >>> T.alloc(0., 2, T.iscalar()).broadcastable
    (False, False)
    """

    __props__ = ()
    folds_constants = False
    costs_nothing = True
    never_fails = True
    linear_in = (0,)
    spreads_first_input = True

    @staticmethod
    def validate_shape(shape: Sequence[Any]) -> tuple[list[Any], list[bool]]:
        """Lengths as variables, and which of them are known to be 1.

        Parameters
        ----------
        shape : sequence of integers or 0-d integer tensors
            The lengths.

        Returns
        -------
        lengths : list of TensorVariable
            Each length as a 0-d int64.
        broadcastable : list of bool
            Which of them are known to be 1.

        Raises
        ------
        TypeError
            A length is no whole number.

        Examples
        --------
        >>> T.alloc_validate_shape([T.lscalar("n"), 1])
        ([n, TensorConstant{1}], [False, True])
        """
        lengths = [as_index(n, "a length") for n in shape]
        return lengths, [known_int(n) == 1 for n in lengths]

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
        value, sizes = inputs[0], _sizes(inputs[1:])
        pattern = node.inputs[0].type.broadcastable
        for axis, (n, m, b) in enumerate(zip(value.shape, sizes[len(sizes) - value.ndim :], pattern)):
            if n != m and not b:
                raise ValueError(
                    f"Alloc: axis {axis} of a value of shape {value.shape} cannot fill shape {sizes} (a length of 1 "
                    f"that the type does not declare to be broadcastable is not repeated: see T.addbroadcast)"
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

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return first_connected(len(node.inputs))


alloc = Alloc()


def sum_to(g: Any, x: Any) -> Any:
    """`g`, whose shape is one that `x` broadcasts to, summed over the axes along which `x` was repeated."""
    missing = g.type.ndim - x.type.ndim
    mask = None if is_source(x) else unmasked(g)[1]
    if mask is not None:
        inner = (i + missing for i, b in enumerate(x.type.broadcastable) if b)
        left = mask.summed([*range(missing), *inner])
        return left.moved(lambda c: dimshuffle(c, range(missing, c.type.ndim))).around(_sum_to(g, x))
    return _sum_to(g, x)


def _sum_to(g: Any, x: Any) -> Any:
    missing = g.type.ndim - x.type.ndim
    if missing:
        g = sum_(g, axis=tuple(range(missing)))
    repeated = [i for i, (b, c) in enumerate(zip(x.type.broadcastable, g.type.broadcastable)) if b and not c]
    if repeated:
        g = sum_(g, axis=tuple(repeated), keepdims=True)
    return patternbroadcast(g, x.type.broadcastable)


class AllocEmpty(Unconnected):
    """An array of the given lengths with arbitrary content.

    Parameters
    ----------
    dtype : str
        Dtype of the result.

    Examples
    --------
    >>> T.AllocEmpty("float32")(2, 3).eval().shape
    (2, 3)
    """

    __props__ = ("dtype",)
    folds_constants = False

    def __init__(self, dtype: Any) -> None:
        self.dtype = as_dtype(dtype)

    def make_node(self, *lengths: Any) -> Apply:
        sizes = [as_index(n, "a length") for n in lengths]
        return single(self, sizes, self.dtype, [known_int(n) for n in sizes])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        out[0][0] = np.empty(_sizes(inputs), dtype=self.dtype)

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


def zeros(shape: Any, dtype: Any = None) -> Any:
    """Zeros of the given shape (a list, an int, a 0-d integer or a vector of known length); dtype `floatX`.

    Parameters
    ----------
    shape : int, 0-d integer, sequence of those, or integer vector of known length
        The lengths.
    dtype : str, optional
        Dtype of the result, default `floatX`.

    Returns
    -------
    TensorVariable
        As many axes as there are lengths.

    Raises
    ------
    TypeError
        A length is no integer.
    ValueError
        The number of lengths is not known, or (also when it runs) one is negative.

    Examples
    --------
    >>> T.zeros((2, 3)).eval()
    array([[0., 0., 0.],
           [0., 0., 0.]])
    """
    return alloc(constant(np.asarray(0, dtype=_dtype(dtype))), *_lengths(shape))


def ones(shape: Any, dtype: Any = None) -> Any:
    """Ones of the given shape, see `zeros`.

    Parameters
    ----------
    shape : int, 0-d integer, sequence of those, or integer vector of known length
        The lengths.
    dtype : str, optional
        Dtype of the result, default `floatX`.

    Returns
    -------
    TensorVariable
        As many axes as there are lengths.

    Raises
    ------
    TypeError
        A length is no integer.
    ValueError
        The number of lengths is not known, or (also when it runs) one is negative.

    Examples
    --------
    >>> T.ones((2, 3)).eval()
    array([[1., 1., 1.],
           [1., 1., 1.]])
    """
    return alloc(constant(np.asarray(1, dtype=_dtype(dtype))), *_lengths(shape))


def _dtype(dtype: Any) -> str:
    return config.floatX if dtype is None else as_dtype(dtype)


def _like(model: Any, value: int, dtype: Any, opt: bool) -> Any:
    model = as_tensor_variable(model)
    filler = constant(np.asarray(value, dtype=model.type.dtype if dtype is None else _dtype(dtype)))
    if opt:
        return filler if model.type.ndim == 0 else alloc(filler, *shape_tuple(model))
    return second(model, filler)


def zeros_like(model: Any, dtype: Any = None, opt: bool = False) -> Any:
    """Zeros of the shape and (unless `dtype` is given) dtype of `model`.

    Parameters
    ----------
    model : tensor-like
    dtype : str, optional
        Dtype of the result.
    opt : bool
        Whether to make an `Alloc` of the lengths (for a 0-d `model`: a constant) instead of a `fill` of
        `model`; the numbers are the same.

    Returns
    -------
    TensorVariable
        Of the shape of `model`.

    Raises
    ------
    TypeError
        There is no such dtype.

    Examples
    --------
    >>> T.zeros_like(T.constant([[1, 2], [3, 4]])).eval()
    array([[0, 0],
           [0, 0]])
    """
    return _like(model, 0, dtype, opt)


def ones_like(model: Any, dtype: Any = None, opt: bool = False) -> Any:
    """Ones of the shape and (unless `dtype` is given) dtype of `model`.

    Parameters
    ----------
    model : tensor-like
    dtype : str, optional
        Dtype of the result.
    opt : bool
        Whether to make an `Alloc` of the lengths (for a 0-d `model`: a constant) instead of a `fill` of
        `model`; the numbers are the same.

    Returns
    -------
    TensorVariable
        Of the shape of `model`.

    Raises
    ------
    TypeError
        There is no such dtype.

    Examples
    --------
    >>> T.ones_like(T.constant([[1, 2], [3, 4]])).eval()
    array([[1, 1],
           [1, 1]])
    """
    return _like(model, 1, dtype, opt)


class ARange(Op):
    """Equally spaced numbers from `start` up to, not including, `stop`.

    Parameters
    ----------
    dtype : str
        Dtype of the result.

    Examples
    --------
    >>> T.ARange("int64")(0, 6, 2).eval()
    array([0, 2, 4])
    """

    __props__ = ("dtype",)
    folds_constants = False
    costs_nothing = True
    never_fails = True

    def __init__(self, dtype: Any) -> None:
        self.dtype = as_dtype(dtype)

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
            raise ZeroDivisionError("arange: step is zero")
        if self.dtype == "bool" or "c" in (np.dtype(self.dtype).kind, *(v.dtype.kind for v in inputs)):
            out[0][0] = np.arange(start, stop, step, dtype=self.dtype)
        else:
            out[0][0] = _counted(arange_length(start, stop, step), start, step, self.dtype)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        static = node.outputs[0].type.shape[0]
        if static is not None:
            return [(index_constant(static),)]
        if all(v.type.dtype in DISCRETE for v in node.inputs):
            return [(_integer_length(node.inputs),)]
        if any(v.type.dtype in COMPLEX for v in node.inputs):
            raise ShapeError("how many numbers NumPy makes between complex ones is known when it has made them")
        start, stop, step = (cast(v, "float64") for v in node.inputs)
        return [(cast(maximum(ceil((stop - start) / step), 0), "int64"),)]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        g, pattern = gs[0], self._connected(inputs)
        if is_disconnected(g) or not any(pattern):
            return [disconnected() for _ in inputs]
        # The numbers move with `start` and `step`; how many there are changes by jumps.
        found = [sum_(g), zero_gradient(inputs[1]), sum_(g * _places(outputs[0]))]
        return [v if connected else disconnected() for v, connected in zip(found, pattern, strict=True)]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        pattern = self._connected(inputs)
        start, stop, step = (v if connected else None for v, connected in zip(eval_points, pattern, strict=True))
        numbers = self(*inputs)
        terms = [] if start is None else [second(numbers, start)]
        if step is not None:
            terms.append(step * _places(numbers))
        if not terms:
            return [None if stop is None else zero_gradient(numbers)]
        return [terms[0] if len(terms) == 1 else terms[0] + terms[1]]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[connected] for connected in self._connected(node.inputs)]

    def _connected(self, inputs: Sequence[Any]) -> list[bool]:
        """Which inputs may be any number."""
        return [self.dtype not in DISCRETE and v.type.dtype not in DISCRETE for v in inputs]


def arange_length(start: float, stop: float, step: float) -> int:
    """How many numbers there are from `start` to `stop` in steps of `step`, as Python numbers; exact for integers.

    >>> arange_length(0, -(2**63), -(2**62))
    2
    """
    if all(isinstance(v, int) for v in (start, stop, step)):
        return max(int(-((start - stop) // step)), 0)
    length = (float(stop) - float(start)) / float(step)
    if not abs(length) < 2.0**53:
        raise ValueError("arange: cannot compute length")
    return max(math.ceil(length), 0)


def _counted(length: int, start: float, step: float, dtype: str) -> np.ndarray:
    """``start + k * step`` as `np.arange` computes it: with the difference of the first two numbers, in the dtype."""
    positions = np.arange(length)
    if length < 2:  # there is no second one, which might be beyond all integers
        step = 0
    with np.errstate(all="ignore"):
        wide = "float32" if dtype == "float16" else dtype
        first, second = (converted(converted(np.asarray(v), dtype), wide) for v in (start, start + step))
        values = np.add(first, np.multiply(positions.astype(wide), np.subtract(second, first)), dtype=wide)
        values[1:2] = second
        return values.astype(dtype, copy=False)


def integer_range_dtype(inputs: Sequence[Any]) -> str | None:
    """The dtype that holds the arguments of an integer range: int64, or uint64 if some may be larger and none negative.

    None if neither does.
    """
    known = [known_int(v) for v in inputs]
    if all(v.type.dtype != "uint64" if k is None else k <= INT64.max for v, k in zip(inputs, known)):
        return "int64"
    fine = all(v.type.dtype in (*uint_dtypes, "bool") if k is None else k >= 0 for v, k in zip(inputs, known))
    return "uint64" if fine else None


def _integer_length(inputs: Sequence[Any]) -> Any:
    """`arange_length` as an expression, which does not wrap around: differences are unsigned.

    More numbers than any array has are as many as an int64 says. (`theano.lower.ops.shapes` has the same formula.)
    """
    dtype = integer_range_dtype(inputs)
    if dtype is None:
        raise ShapeError("a range between a negative number and one beyond int64")
    start, stop, step = (cast(v, dtype) for v in inputs)
    known_start, known_step = known_int(inputs[0]), known_int(inputs[2])
    if dtype == "int64" and known_step == 1 and known_start is not None and known_start >= 0:
        return maximum(stop, known_start) - known_start if known_start else maximum(stop, 0)
    zero = constant(np.asarray(0, dtype=dtype))
    up = lt(zero, step)
    low, high, size = switch(up, start, stop), switch(up, stop, start), switch(up, step, -step)
    if known_step is not None or dtype == "uint64":
        forward = dtype == "uint64" or (known_step or 0) > 0
        low, high, size = (start, stop, step) if forward else (stop, start, -step)
    span, size = cast(maximum(low, high), "uint64") - cast(low, "uint64"), cast(size, "uint64")
    count = span // size
    count += cast(neq(count * size, span), "uint64")
    return cast(minimum(count, np.uint64(INT64.max)), "int64")


def _places(numbers: Any) -> Any:
    """0, 1, 2, … of the dtype and length of `numbers`."""
    return cast(arange(shape_i(numbers, 0)), numbers.type.dtype)


def unknown_or_length(values: list[Any]) -> int | None:
    """The length of ``arange(*values)``; ``None`` for 1, which must not make a broadcastable axis."""
    start, stop, step = (v.item() for v in values)
    if any(isinstance(v, complex) for v in (start, stop, step)):
        return unknown_if_one(len(np.arange(start, stop, step)))
    length = arange_length(start, stop, step)
    if length > INT64.max:
        raise ValueError(f"arange: {length} numbers are more than an array can hold")
    return unknown_if_one(length)


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = None) -> Any:
    """Numbers from `start` (default 0) below `stop` in steps of `step`; int64 for integer arguments.

    Parameters
    ----------
    start, stop, step : tensor-like, 0-d
        Numbers; with one argument it is `stop`.
    dtype : str, optional
        Dtype of the result.

    Returns
    -------
    TensorVariable
        A vector of ``ceil((stop - start) / step)`` numbers; of int64 for integers, of `dtype` if that is given,
        else of the dtype that holds `start`, `stop` and `step`. That of a Python float is the smallest that
        holds it, so ``arange(0, 1, 0.25)`` is of float32 (NumPy's is of float64).

    Raises
    ------
    TypeError
        An argument is not 0-d.
    ZeroDivisionError
        When it runs: `step` is 0.

    Examples
    --------
    >>> T.arange(3).eval()
    array([0, 1, 2])

    Notes
    -----
    As `numpy.arange`: the numbers are ``start + k * step``, where `step` is the difference of the first two in the
    dtype of the result.
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
    """Ones on diagonal `k` of an `n` by `m` matrix of zeros.

    Parameters
    ----------
    dtype : str, optional
        Dtype of the result, default `floatX`.

    Examples
    --------
    >>> T.Eye("int64")(2, 3, 1).eval()
    array([[0, 1, 0],
           [0, 0, 1]])
    """

    __props__ = ("dtype",)
    folds_constants = False
    costs_nothing = True
    never_fails = True

    def __init__(self, dtype: Any = None) -> None:
        self.dtype = _dtype(dtype)

    def make_node(self, n: Any, m: Any, k: Any) -> Apply:
        inputs = [as_index(n, "a length"), as_index(m, "a length"), as_index(k, "a diagonal")]
        return single(self, inputs, self.dtype, [known_int(i) for i in inputs[:2]])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        n, m = _sizes(inputs[:2])
        out[0][0] = np.eye(n, m, int(inputs[2]), dtype=self.dtype)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [(node.inputs[0], node.inputs[1])]


def eye(n: Any, m: Any = None, k: Any = 0, dtype: Any = None) -> Any:
    """An `n` by `m` (default `n`) matrix with ones on diagonal `k`.

    Parameters
    ----------
    n, m : int or 0-d integer tensor
        Numbers of rows and of columns.
    k : int or 0-d integer tensor
        The diagonal: 0 is the main one, positive ones are above it.
    dtype : str, optional
        Dtype of the result, default `floatX`.

    Returns
    -------
    TensorVariable
        A matrix of shape ``(n, m)``.

    Raises
    ------
    TypeError
        An argument is no integer.
    ValueError
        A length is negative.

    Examples
    --------
    >>> T.eye(2).eval()
    array([[1., 0.],
           [0., 1.]])
    """
    return Eye(dtype)(n, n if m is None else m, k)


def identity_like(x: Any) -> Any:
    """The identity matrix of the shape and dtype of the matrix `x`.

    Parameters
    ----------
    x : tensor-like
        A matrix.

    Returns
    -------
    TensorVariable
        A matrix of the shape and dtype of `x`.

    Examples
    --------
    >>> T.identity_like(T.constant([[7, 8, 9], [7, 8, 9]])).eval()
    array([[1, 0, 0],
           [0, 1, 0]])
    """
    x = as_tensor_variable(x)
    return eye(shape_i(x, 0), shape_i(x, 1), dtype=x.type.dtype)


class Tri(Eye):
    """Ones at and below diagonal `k` of an `n` by `m` matrix of zeros.

    Parameters
    ----------
    dtype : str, optional
        Dtype of the result, default `floatX`.

    Examples
    --------
    >>> T.Tri("int64")(2, 3, 0).eval()
    array([[1, 0, 0],
           [1, 1, 0]])
    """

    folds_constants = True

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        n, m, k = (int(i) for i in inputs)
        out[0][0] = np.tri(n, m, max(min(k, m), -n), dtype=self.dtype)


def tri(N: Any, M: Any = None, k: Any = 0, dtype: Any = None) -> Any:
    """An `N` by `M` (default `N`) matrix with ones at and below diagonal `k`.

    Parameters
    ----------
    N, M : int or 0-d integer tensor
        Numbers of rows and of columns.
    k : int or 0-d integer tensor
        The diagonal: 0 is the main one, positive ones are above it.
    dtype : str, optional
        Dtype of the result, default `floatX`.

    Returns
    -------
    TensorVariable
        A matrix of shape ``(N, M)``.

    Raises
    ------
    TypeError
        A length is no integer.
    ValueError
        A length is negative.

    Examples
    --------
    >>> T.tri(2, 3).eval()
    array([[1., 0., 0.],
           [1., 1., 0.]])
    """
    return Tri(dtype)(N, N if M is None else M, k)


def _below(m: Any, k: Any) -> Any:
    """Ones at and below diagonal `k` of a matrix like those of `m`, in its last two axes."""
    n = m.type.ndim
    if n < 2:
        raise ValueError(f"tril and triu take matrices, got {m} with {n} dimensions")
    return tri(shape_i(m, n - 2), shape_i(m, n - 1), k, dtype=m.type.dtype)


def tril(m: Any, k: Any = 0) -> Any:
    """The matrix `m` with zeros above diagonal `k`; of a tensor, all matrices in its last two axes.

    Parameters
    ----------
    m : tensor-like
        Two axes at least.
    k : int or 0-d integer tensor
        The diagonal: 0 is the main one, positive ones are above it.

    Returns
    -------
    TensorVariable
        Of the shape and dtype of `m`.

    Raises
    ------
    ValueError
        `m` has less than two axes.

    Examples
    --------
    >>> tril(constant([[1, 2], [3, 4]])).eval()
    array([[1, 0],
           [3, 4]])
    """
    m = as_tensor_variable(m)
    return m * _below(m, k)


def triu(m: Any, k: Any = 0) -> Any:
    """The matrix `m` with zeros below diagonal `k`; of a tensor, all matrices in its last two axes.

    Parameters
    ----------
    m : tensor-like
        Two axes at least.
    k : int or 0-d integer tensor
        The diagonal: 0 is the main one, positive ones are above it.

    Returns
    -------
    TensorVariable
        Of the shape and dtype of `m`.

    Raises
    ------
    ValueError
        `m` has less than two axes.

    Examples
    --------
    >>> triu(constant([[1, 2], [3, 4]])).eval()
    array([[1, 2],
           [0, 4]])
    """
    m = as_tensor_variable(m)
    k = as_index(k, "a diagonal")
    below = _below(m, maximum(k, -LONGEST) - 1)
    above = invert(below) if m.type.dtype == "bool" else constant(np.asarray(1, dtype=m.type.dtype)) - below
    return m * above

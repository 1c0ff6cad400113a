"""Making arrays of given lengths, filled or empty."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.base.flag_table import config
from theano.graph import Apply, Op, common_text
from theano.scalar.dtypes import as_dtype
from theano.tensor.checks.declared_shapes import patternbroadcast
from theano.tensor.checks.static_value import known_int, known_ints, known_scalar
from theano.tensor.masks import is_source, unmasked
from theano.tensor.opsupport import Shapes, Unconnected, as_index, disconnected, first_connected, single
from theano.tensor.pointwise.math import second
from theano.tensor.reductions.reduction import sum as sum_
from theano.tensor.shaping.axes import dimshuffle
from theano.tensor.shaping.shape import as_shape_vector, element, shape_tuple
from theano.tensor.variable import as_tensor_variable, constant

fill = second


def as_sizes(lengths: Sequence[Any]) -> tuple[int, ...]:
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
        value, sizes = inputs[0], as_sizes(inputs[1:])
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
        out[0][0] = np.empty(as_sizes(inputs), dtype=self.dtype)

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
    return alloc(constant(np.asarray(0, dtype=dtype_or_float_x(dtype))), *_lengths(shape))


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
    return alloc(constant(np.asarray(1, dtype=dtype_or_float_x(dtype))), *_lengths(shape))


def dtype_or_float_x(dtype: Any) -> str:
    return config.floatX if dtype is None else as_dtype(dtype)


def _like(model: Any, value: int, dtype: Any, opt: bool) -> Any:
    model = as_tensor_variable(model)
    filler = constant(np.asarray(value, dtype=model.type.dtype if dtype is None else dtype_or_float_x(dtype)))
    if opt:
        return filler if model.type.ndim == 0 else alloc(filler, *shape_tuple(model))
    return second(model, filler)


def zeros_like(model: Any, dtype: Any = None, opt: bool = False) -> Any:
    """Zeros of the shape and (unless `dtype` is given) dtype of `model`.

    Parameters
    ----------
    model : tensor-like
        <any tensor>
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
        <any tensor>
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


common_text.fill(globals())

"""The largest and the smallest elements over axes, and where they are."""

from __future__ import annotations

import typing as t
from collections.abc import Sequence

import numpy as np

from theano import scalar
from theano.graph import Apply, Op
from theano.graph.common_text import fill
from theano.graph.null_type import DisconnectedType, NullType
from theano.scalar.dtypes import COMPLEX, DISCRETE, FLOAT
from theano.tensor.elemwise import dimshuffle, zeros_for
from theano.tensor.making.ranges import arange
from theano.tensor.masks import moved, within
from theano.tensor.pointwise.math import and_, cast, complex, eq, imag, invert, isnan, neg, or_, real, switch
from theano.tensor.reductions.careduce import CAReduce, Shapes, all_axes, keep_dims, normalize_axis
from theano.tensor.reductions.reduction import Any, reduced, sum
from theano.tensor.shaping.shape import shape_i
from theano.tensor.type import tensor_type
from theano.tensor.variable import TensorVariable, as_tensor_variable

__all__ = [
    "Argmax", "Max", "MaxAndArgmax", "Min", "Supremum", "argmax", "argmin", "max", "max_and_argmax", "min", "supremum",
]  # fmt: skip


class _Extreme(CAReduce):
    """What `Max` and `Min` share: of complex numbers they read the element at its position."""

    def decompose(self, inputs: Sequence[t.Any]) -> list[t.Any] | None:
        (x,) = inputs
        if x.type.dtype not in COMPLEX:
            return None
        largest = isinstance(self, Max)
        found = MaxAndArgmax(all_axes(self.axis, x.type.ndim))(x if largest else neg(x))[0]
        return [found if largest else neg(found)]


class Max(_Extreme):
    """Largest element over axes; NaN if there is one.

    Parameters
    ----------
    <axis of an op>

    Examples
    --------
    >>> T.Max((0,))(T.constant([[1, 5], [3, 4]])).eval()
    array([3, 5])
    """

    __props__: t.ClassVar[tuple[str, ...]] = ("axis",)

    def __init__(self, axis: t.Any = None) -> None:
        super().__init__(scalar.maximum, axis)

    def __str__(self) -> str:
        name = type(self).__name__
        return name if self.axis is None else f"{name}{{{', '.join(map(str, self.axis))}}}"


class Supremum(Max):
    """Largest element over axes of floats; -inf where there is none.

    What is subtracted before an exponential: softmax and log(sum(exp)) of nothing are no errors.

    Parameters
    ----------
    <axis of an op>

    Examples
    --------
    >>> T.Supremum((0,))(T.constant([[1.0, 5.0], [3.0, 4.0]])).eval()
    array([3., 5.])
    """

    never_fails = True

    def make_node(self, x: t.Any) -> Apply:
        x = as_tensor_variable(x)
        if x.type.dtype not in FLOAT:
            raise TypeError(f"Supremum takes floats, for others have no -inf, not {x} of type {x.type}")
        return super().make_node(x)

    def perform(self, node: Apply, inputs: Sequence[t.Any], out: Sequence[list[t.Any]]) -> None:
        x = np.asarray(inputs[0])
        axis = None if self.axis is None else tuple(self.axis)
        out[0][0] = np.asarray(np.max(x, axis=axis, initial=-np.inf), dtype=x.dtype)


class Min(_Extreme):
    """Smallest element over axes; NaN if there is one.

    Parameters
    ----------
    <axis of an op>

    Examples
    --------
    >>> T.Min((0,))(T.constant([[1, 5], [3, 4]])).eval()
    array([1, 4])
    """

    __props__: t.ClassVar[tuple[str, ...]] = ("axis",)

    def __init__(self, axis: t.Any = None) -> None:
        super().__init__(scalar.minimum, axis)

    def __str__(self) -> str:
        return "Min" if self.axis is None else f"Min{{{', '.join(map(str, self.axis))}}}"


class Argmax(Op):
    """Position of the largest element over axes: the first of ties, the first NaN if there is one.

    Parameters
    ----------
    axis : sequence of ints
        Over which axes; the position counts along them in C order.

    Examples
    --------
    >>> T.Argmax((0,))(T.constant([[1, 5], [3, 4]])).eval()
    array([1, 0])
    """

    __props__: t.ClassVar[tuple[str, ...]] = ("axis",)

    def __init__(self, axis: t.Any) -> None:
        self.axis: tuple[int, ...] = tuple(int(a) for a in axis)

    def _outputs(self, kind: t.Any) -> tuple[int | None, ...]:
        for a in self.axis:
            if not 0 <= a < kind.ndim:
                raise ValueError(f"Not enough dimensions on the input: {self} of {kind}")
        return tuple([n for i, n in enumerate(kind.shape) if i not in self.axis])

    def make_node(self, x: t.Any) -> Apply:
        x = as_tensor_variable(x)
        shape = self._outputs(x.type)
        return Apply(self, [x], [TensorVariable(tensor_type("int64", shape), name="argmax")])

    def _rows(self, x: np.ndarray) -> np.ndarray:
        """`x` with the axes of the reduction last and flattened to one."""
        kept = [i for i in range(x.ndim) if i not in self.axis]
        lengths = [x.shape[i] for i in kept]
        rows = x.transpose([*kept, *self.axis]).reshape(
            [*lengths, int(np.prod([x.shape[i] for i in self.axis]))]
        )
        if rows.shape[-1] == 0:
            raise ValueError(
                f"{self}: attempt to get the maximum of an empty sequence, the shape is {x.shape}"
            )
        return rows

    def perform(self, node: Apply, inputs: Sequence[t.Any], out: Sequence[list[t.Any]]) -> None:
        out[0][0] = np.asarray(np.argmax(self._rows(np.asarray(inputs[0])), axis=-1), dtype="int64")

    def decompose(self, inputs: Sequence[t.Any]) -> list[t.Any] | None:
        """Of complex numbers: by the real parts, and among those that are largest by the imaginary ones."""
        (x,) = inputs
        if x.type.dtype not in COMPLEX:
            return None
        re, im = real(x), imag(x)
        lost = or_(isnan(re), isnan(im))
        first = eq(re, self._around(Max(self.axis)(re), x))
        second = and_(first, eq(im, self._around(Max(self.axis)(switch(first, im, -np.inf)), x)))
        hits = switch(self._around(Any(self.axis)(lost), x), lost, second)
        return [Argmax(self.axis)(cast(hits, "int8"))]

    def _around(self, reduced: t.Any, x: t.Any) -> t.Any:
        return keep_dims(reduced, x.type.ndim, self.axis)

    def infer_shape(self, node: Apply, shapes: Sequence[t.Any]) -> Shapes:
        shape = tuple([n for i, n in enumerate(shapes[0]) if i not in self.axis])
        return [shape] * len(node.outputs)

    def L_op(self, inputs: Sequence[t.Any], outputs: Sequence[t.Any], gs: Sequence[t.Any]) -> list[t.Any]:
        return [zeros_for(inputs[0])]

    def R_op(self, inputs: Sequence[t.Any], eval_points: Sequence[t.Any]) -> list[t.Any]:
        return [None] * len(self(*inputs, return_list=True))


class MaxAndArgmax(Argmax):
    """The largest element over axes (NaN if there is one), and its position (see `Argmax`).

    Parameters
    ----------
    axis : sequence of ints
        Over which axes; the position counts along them in C order.

    Examples
    --------
    >>> [v.eval().tolist() for v in MaxAndArgmax((0,))(T.constant([[1, 5], [3, 4]]))]
    [[3, 5], [1, 0]]
    """

    __props__: t.ClassVar[tuple[str, ...]] = ("axis",)

    def make_node(self, x: t.Any) -> Apply:
        x = as_tensor_variable(x)
        shape = self._outputs(x.type)
        values = TensorVariable(tensor_type(x.type.dtype, shape), name="max")
        return Apply(self, [x], [values, TensorVariable(tensor_type("int64", shape), name="argmax")])

    def perform(self, node: Apply, inputs: Sequence[t.Any], out: Sequence[list[t.Any]]) -> None:
        rows = self._rows(np.asarray(inputs[0]))
        positions = np.asarray(np.argmax(rows, axis=-1))
        values = np.take_along_axis(rows, positions[..., None], axis=-1)[..., 0]
        out[0][0] = np.array(values, dtype=rows.dtype)
        out[1][0] = np.asarray(positions, dtype="int64")

    def decompose(self, inputs: Sequence[t.Any]) -> list[t.Any] | None:
        found = super().decompose(inputs)
        if found is None:
            return None
        (x,), (position,) = inputs, found
        # The sum of one element and zeros: where there is a NaN the others of its row are not read.
        places: t.Any = np.zeros((), "int64")
        for a in self.axis:
            along = dimshuffle(arange(shape_i(x, a)), [0 if k == a else "x" for k in range(x.type.ndim)])
            places = places * shape_i(x, a) + along
        here = eq(self._around(position, x), places)
        parts = [sum(switch(here, part, 0), axis=self.axis) for part in (real(x), imag(x))]
        return [complex(*parts), position]

    def connection_pattern(self, node: Apply) -> list[list[bool]]:
        return [[True, True]]

    def L_op(self, inputs: Sequence[t.Any], outputs: Sequence[t.Any], gs: Sequence[t.Any]) -> list[t.Any]:
        x, g = inputs[0], gs[0]
        if isinstance(g.type, NullType):
            return [g]
        if isinstance(g.type, DisconnectedType) or x.type.dtype in DISCRETE:
            return [zeros_for(x)]
        ndim = x.type.ndim
        # All of the gradient goes to each of tied elements. Not `outputs`, which may come from a loop that NumPy has
        # run, whose functions differ in the last bit from those `x` is computed by now.
        largest = self(x, return_list=True)[0]
        picked = eq(keep_dims(largest, ndim, self.axis), x)
        return [within(moved(g, lambda v: keep_dims(v, ndim, self.axis), x), lambda v: switch(picked, v, 0))]

    def R_op(self, inputs: Sequence[t.Any], eval_points: Sequence[t.Any]) -> list[t.Any]:
        (x,), (v,) = inputs, eval_points
        if v is None:
            return [None, None]
        values = self(x)[0]
        picked = switch(eq(keep_dims(values, x.type.ndim, self.axis), x), v, 0)
        return [sum(picked, axis=self.axis), None]


def _extremes(x: t.Any, axis: t.Any) -> tuple[list[t.Any], tuple[int, ...]]:
    axes = all_axes(normalize_axis(axis, x.type.ndim), x.type.ndim)
    return MaxAndArgmax(axes)(x), axes


def max_and_argmax(a: t.Any, axis: t.Any = None, keepdims: bool = False) -> tuple[t.Any, t.Any]:
    """Largest element and its position over `axis` (None: of the flattened tensor).

    Parameters
    ----------
    a : tensor-like
        Of any dtype; complex numbers are in NumPy's order: by their real parts, then by their imaginary ones.
    <axis, keepdims>

    Returns
    -------
    tuple of two TensorVariable
        What `max` and `argmax` give, computed at once.

    Raises
    ------
    TypeError
        `axis` is not made of ints.
    ValueError
        There is no such axis; when it runs: there are no elements.

    Examples
    --------
    >>> [v.eval().tolist() for v in T.max_and_argmax(T.constant([[1, 5], [3, 4]]), axis=1)]
    [[5, 4], [1, 1]]

    References
    ----------
    ``y = x[i]``, ``y >= x[j]`` for all j, as `numpy.max` and `numpy.argmax`.
    """
    a = as_tensor_variable(a)
    (values, positions), axes = _extremes(a, axis)
    if keepdims:
        return keep_dims(values, a.type.ndim, axes), keep_dims(positions, a.type.ndim, axes)
    return values, positions


def max(x: t.Any, axis: t.Any = None, keepdims: bool = False) -> t.Any:
    """Largest element over `axis`; NaN if there is one.

    Parameters
    ----------
    x : tensor-like
        Of any dtype; complex numbers are in NumPy's order: by their real parts, then by their imaginary ones.
    <axis, keepdims>

    Returns
    -------
    TensorVariable
        Of the dtype of `x`, without the axes `axis`.

    Raises
    ------
    TypeError
        `axis` is not made of ints.
    ValueError
        There is no such axis; when it runs: there are no elements.

    Examples
    --------
    >>> T.max(T.constant([[1, 5], [3, 4]]), axis=0).eval()
    array([3, 5])

    Notes
    -----
    The gradient goes to each of tied elements as a whole.

    References
    ----------
    ``y >= x[i] for all i``, as `numpy.max`.
    """
    return max_and_argmax(x, axis, keepdims)[0]


def supremum(x: t.Any, axis: t.Any = None, keepdims: bool = False) -> t.Any:
    """Largest element of floats over `axis`, -inf where there is none; NaN if there is one.

    Parameters
    ----------
    x : tensor-like
        Floats.
    <axis, keepdims>

    Returns
    -------
    TensorVariable
        Of the dtype of `x`, without the axes `axis`.

    Raises
    ------
    TypeError
        `x` is not of floats, or `axis` is not made of ints.
    ValueError
        There is no such axis.

    Examples
    --------
    >>> x = T.dvector("x")
    >>> T.supremum(x).eval({x: []})
    array(-inf)

    References
    ----------
    ``y >= x[i] for all i``, as `numpy.max`.
    """
    x = as_tensor_variable(x)
    return reduced(Supremum(normalize_axis(axis, x.type.ndim)), x, keepdims)


def argmax(x: t.Any, axis: t.Any = None, keepdims: bool = False) -> t.Any:
    """Position of the largest element over `axis` (None: in the flattened tensor), the first of ties.

    Parameters
    ----------
    x : tensor-like
        Of any dtype; complex numbers are in NumPy's order: by their real parts, then by their imaginary ones.
    <axis, keepdims>

    Returns
    -------
    TensorVariable
        int64, without the axes `axis`. Of several axes the position counts along them in C order, which NumPy's
        does not offer.

    Raises
    ------
    TypeError
        `axis` is not made of ints.
    ValueError
        There is no such axis; when it runs: there are no elements.

    Examples
    --------
    >>> T.argmax(T.constant([[1, 5], [3, 4]]), axis=0).eval()
    array([1, 0])

    References
    ----------
    ``y = the first i with x[i] == max(x)``, as `numpy.argmax`.
    """
    return max_and_argmax(x, axis, keepdims)[1]


def _reversed_order(x: t.Any) -> t.Any:
    """An expression whose order is the reverse of that of `x`, and which undoes itself."""
    return invert(x) if x.type.dtype in DISCRETE else neg(x)  # -x wraps for the smallest integer


def min(x: t.Any, axis: t.Any = None, keepdims: bool = False) -> t.Any:
    """Smallest element over `axis`; NaN if there is one.

    Parameters
    ----------
    x : tensor-like
        Of any dtype; complex numbers are in NumPy's order: by their real parts, then by their imaginary ones.
    <axis, keepdims>

    Returns
    -------
    TensorVariable
        Of the dtype of `x`, without the axes `axis`.

    Raises
    ------
    TypeError
        `axis` is not made of ints.
    ValueError
        There is no such axis; when it runs: there are no elements.

    Examples
    --------
    >>> T.min(T.constant([[1, 5], [3, 4]]), axis=0).eval()
    array([1, 4])

    Notes
    -----
    The gradient goes to each of tied elements as a whole.

    References
    ----------
    ``y <= x[i] for all i``, as `numpy.min`.
    """
    return _reversed_order(max(_reversed_order(as_tensor_variable(x)), axis, keepdims))


def argmin(x: t.Any, axis: t.Any = None, keepdims: bool = False) -> t.Any:
    """Position of the smallest element over `axis` (None: in the flattened tensor), the first of ties.

    Parameters
    ----------
    x : tensor-like
        Of any dtype; complex numbers are in NumPy's order: by their real parts, then by their imaginary ones.
    <axis, keepdims>

    Returns
    -------
    TensorVariable
        int64, without the axes `axis`. Of several axes the position counts along them in C order, which NumPy's
        does not offer.

    Raises
    ------
    TypeError
        `axis` is not made of ints.
    ValueError
        There is no such axis; when it runs: there are no elements.

    Examples
    --------
    >>> T.argmin(T.constant([[1, 5], [3, 4]]), axis=0).eval()
    array([0, 1])

    References
    ----------
    ``y = the first i with x[i] == min(x)``, as `numpy.argmin`.
    """
    return argmax(_reversed_order(as_tensor_variable(x)), axis, keepdims)


fill(globals())

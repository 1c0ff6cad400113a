"""Sorting along an axis, the permutation that sorts, and the k largest or smallest elements."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Constant, Op
from theano.graph.common_text import fill
from theano.loops.externs.sorting import in_order
from theano.scalar.dtypes import COMPLEX, DISCRETE, FLOAT, INTEGER, as_dtype
from theano.tensor.checks.assertion import Assert
from theano.tensor.checks.declared_shapes import patternbroadcast
from theano.tensor.checks.static_value import known_int
from theano.tensor.elemwise import dimshuffle
from theano.tensor.indexing.subtensor import set_subtensor
from theano.tensor.making.ranges import arange
from theano.tensor.methods import attach
from theano.tensor.opsupport import (
    Shapes,
    as_index,
    checked_axis,
    is_disconnected,
    new_tensor,
    single,
    undefined,
    unknown_if_one,
    zero_gradient,
)
from theano.tensor.pointwise.math import abs_, cast, eq, floor, imag, isnan, real
from theano.tensor.shaping.reshaping import flatten
from theano.tensor.shaping.shape import shape_i
from theano.tensor.type_other import plain_axis
from theano.tensor.variable import as_tensor_variable

__all__ = [
    "ArgSortOp",
    "SortOp",
    "TopKOp",
    "argsort",
    "argtopk",
    "sort",
    "topk",
    "topk_and_argtopk",
]

_AN_AXIS = "an axis is a whole number"
_KINDS = ("quicksort", "mergesort", "heapsort", "stable")


def _along(x: Any, positions: Any, axis: int) -> tuple[Any, ...]:
    """The index that picks, along `axis` of `x`, the element at `positions` (of the same ndim)."""
    ndim = x.type.ndim
    grid: list[Any] = []
    for k in range(ndim):
        order: list[Any] = ["x"] * ndim
        order[k] = 0
        grid.append(positions if k == axis else dimshuffle(arange(shape_i(x, k)), order))
    return tuple(grid)


def _scattered(x: Any, g: Any, positions: Any, axis: int) -> Any:
    """The gradient of `x` from that of its elements at `positions`, which are all different."""
    zeros = zero_gradient(x)
    zeros = cast(zeros, g.type.dtype) if zeros.type.dtype != g.type.dtype else zeros
    return set_subtensor(zeros[_along(x, positions, axis)], g)


def _picked(v: Any, positions: Any, axis: int) -> Any:
    """The elements of `v` at `positions` along `axis`."""
    return patternbroadcast(v[_along(v, positions, axis)], positions.type.broadcastable)


_AS_WHOLE = Assert("the axis to sort along must be an integer or None", ValueError)


def _whole_axis(axis: Any) -> Any:
    """The axis as an index: an integer, or a whole number of floating point, which a symbolic one is when it runs."""
    variable: Any = as_tensor_variable(axis)
    if isinstance(axis, bool) or variable.type.ndim or variable.type.dtype not in FLOAT:
        return as_index(axis, "the axis")
    if isinstance(variable, Constant):
        if not float(variable.data).is_integer():
            raise ValueError(f"the axis to sort along must be an integer or None, not {variable.data}")
        return as_index(int(variable.data))
    return cast(_AS_WHOLE(variable, eq(variable, floor(variable))), "int64")


class _Sorting(Op):
    """What `SortOp` and `ArgSortOp` share.

    Parameters
    ----------
    kind
        NumPy's name of the algorithm.
    order
        NumPy's order of fields; tensors have none, so only None is possible.
    """

    __props__ = ("kind", "order")

    def __init__(self, kind: str = "quicksort", order: Any = None) -> None:
        if kind not in _KINDS:
            raise ValueError(f"kind must be one of {_KINDS}, not {kind!r}")
        if order is not None:
            raise ValueError("order names fields of structured arrays: tensors have none")
        self.kind = kind
        self.order = order

    def __str__(self) -> str:
        return f"{type(self).__name__}{{{self.kind}, {self.order}}}"

    def _inputs(self, x: Any, axis: Any) -> list[Any]:
        x, axis = as_tensor_variable(x), _whole_axis(axis)
        known = known_int(axis)
        if x.type.ndim == 0:
            raise ValueError(f"{self}: a scalar has no axis to sort along")
        if known is not None:
            checked_axis(known, x.type.ndim, str(self))
        return [x, axis]

    def _axis(self, x: Any, axis: Any) -> int:
        """The axis as a number, which derivatives need."""
        known = known_int(axis)
        if known is None:
            if x.type.ndim == 1:
                return 0
            raise NotImplementedError(f"{self}: the derivative needs an axis that is a constant")
        return checked_axis(known, x.type.ndim, str(self))

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [shapes[0]]


class SortOp(_Sorting):
    """The elements of a tensor in ascending order along an axis; NaNs come last (see `sort`)."""

    def make_node(self, input: Any, axis: Any = -1) -> Apply:
        x, axis = self._inputs(input, axis)
        return single(self, [x, axis], x.type.dtype, x.type.shape)

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        x, axis = inputs
        kind: Any = self.kind
        out[0][0] = np.sort(x, int(axis), kind)

    def decompose(self, inputs: Sequence[Any]) -> list[Any] | None:
        """Of complex numbers: those at the positions that sort them."""
        x, axis = inputs
        if x.type.dtype not in COMPLEX or known_int(axis) is None:
            return None
        return [_picked(x, ArgSortOp()(x, axis), self._axis(x, axis))]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        x, axis = inputs
        if x.type.dtype in DISCRETE:
            return [zero_gradient(x), *undefined(self, inputs, [1], _AN_AXIS)]
        where = self._axis(x, axis)
        positions = ArgSortOp(self.kind)(x, axis)
        return [_scattered(x, gs[0], positions, where), *undefined(self, inputs, [1], _AN_AXIS)]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        (x, axis), v = inputs, eval_points[0]
        if v is None:
            return [None]
        return [_picked(v, ArgSortOp(self.kind)(x, axis), self._axis(x, axis))]


class ArgSortOp(_Sorting):
    """The positions along an axis that put a tensor in ascending order (see `argsort`).

    Equal elements keep their order, whatever the kind.
    """

    def make_node(self, input: Any, axis: Any = -1) -> Apply:
        x, axis = self._inputs(input, axis)
        return single(self, [x, axis], "int64", x.type.shape)

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        x, axis = inputs
        out[0][0] = np.asarray(np.argsort(x, int(axis), kind="stable"), dtype="int64")

    def decompose(self, inputs: Sequence[Any]) -> list[Any] | None:
        """Of complex numbers: by the imaginary part, then the real one, then by which parts are NaN.

        Each sorting keeps the order of the one before among what is equal. NumPy's order of complex numbers is that of
        the last: R + Rj, R + nan j, nan + Rj, nan + nan j.
        """
        x, axis = inputs
        if x.type.dtype not in COMPLEX or known_int(axis) is None:
            return None
        where, order = self._axis(x, axis), None
        for key in (imag(x), real(x), 2 * cast(isnan(real(x)), "int8") + cast(isnan(imag(x)), "int8")):
            step = ArgSortOp()(key if order is None else _picked(key, order, where), axis)
            order = step if order is None else _picked(order, step, where)
        return [order]

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        # constant wherever it is differentiable
        return [zero_gradient(inputs[0]), *undefined(self, inputs, [1], _AN_AXIS)]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        return [None]


def sort(a: Any, axis: Any = -1, kind: str = "quicksort", order: Any = None) -> Any:
    """The elements of `a` in ascending order along `axis` (None: those of the flattened tensor).

    Parameters
    ----------
    a : tensor-like
        One axis at least.
    axis : int, 0-d tensor that is a whole number, or None
        Along which axis; None: `a` is flattened.
    kind : {'quicksort', 'mergesort', 'heapsort', 'stable'}
        NumPy's name of the algorithm; the result is the same.
    order : None
        There for the likeness to NumPy.

    Returns
    -------
    TensorVariable
        Of the shape (flattened: a vector) and dtype of `a`; NaN come last.

    Raises
    ------
    <tensor errors>
    ValueError
        There is no such axis (`a` is 0-d, too; of a symbolic one when it runs), another `kind`, or an `order`.

    Examples
    --------
    >>> T.sort(T.constant([3, 1, 2])).eval()
    array([1, 2, 3])
    """
    a, axis = _flat_if_none(a, axis)
    return SortOp(kind, order)(a, axis)


def argsort(a: Any, axis: Any = -1, kind: str = "quicksort", order: Any = None) -> Any:
    """The positions that put `a` in ascending order along `axis` (None: of the flattened tensor).

    Equal elements keep their order, whatever the kind.

    Parameters
    ----------
    a : tensor-like
        One axis at least.
    axis : int, 0-d tensor that is a whole number, or None
        Along which axis; None: `a` is flattened.
    kind : {'quicksort', 'mergesort', 'heapsort', 'stable'}
        NumPy's name of the algorithm; the result is the same.
    order : None
        There for the likeness to NumPy.

    Returns
    -------
    TensorVariable
        int64, of the shape of `a` (flattened: a vector).

    Raises
    ------
    <tensor errors>
    ValueError
        There is no such axis (`a` is 0-d, too; of a symbolic one when it runs), another `kind`, or an `order`.

    Examples
    --------
    >>> T.argsort(T.constant([3, 1, 2])).eval()
    array([1, 2, 0])
    """
    a, axis = _flat_if_none(a, axis)
    return ArgSortOp(kind, order)(a, axis)


def _flat_if_none(a: Any, axis: Any) -> tuple[Any, Any]:
    a, axis = as_tensor_variable(a), plain_axis(axis)
    return (flatten(a), 0) if axis is None else (a, axis)


# -- the k largest -----------------------------------------------------------------------------------------


class TopKOp(Op):
    """The `kth` largest elements along an axis, or (`kth` negative) the ``-kth`` smallest, and where they are.

    NaN is larger than all others. Of equal elements those that come first are taken, and stay in their order.

    Parameters
    ----------
    axis
        Int.
    sorted
        Whether the results are in order: best first, so descending for the largest. Else in any order.
    idx_dtype
        Integer dtype of the positions.
    return_values, return_indices
        Which outputs there are.

    Examples
    --------
    >>> len(TopKOp()(T.dvector(), 2))
    2
    """

    __props__ = ("axis", "sorted", "idx_dtype", "return_values", "return_indices")

    def __init__(
        self,
        axis: int = -1,
        sorted: bool = True,
        idx_dtype: Any = "int64",
        return_values: bool = True,
        return_indices: bool = True,
    ) -> None:
        if isinstance(axis, bool) or not isinstance(axis, (int, np.integer)):
            raise TypeError(f"axis must be an integer, not {axis!r}")
        idx_dtype = as_dtype(idx_dtype)
        if idx_dtype not in INTEGER:
            raise TypeError(f"idx_dtype must be an integer dtype, not {idx_dtype!r}")
        if not (return_values or return_indices):
            raise ValueError("neither values nor indices are wanted")
        self.axis = int(axis)
        self.sorted = bool(sorted)
        self.idx_dtype = idx_dtype
        self.return_values = bool(return_values)
        self.return_indices = bool(return_indices)

    def __str__(self) -> str:
        return f"{type(self).__name__}{{axis={self.axis}, sorted={self.sorted}}}"

    def make_node(self, inp: Any, kth: Any) -> Apply:
        x, kth = as_tensor_variable(inp), as_index(kth, "kth")
        if x.type.ndim == 0:
            raise ValueError("topk: a scalar has no axis")
        if x.type.dtype in COMPLEX:
            raise TypeError("topk: complex numbers have no order")
        axis = checked_axis(self.axis, x.type.ndim, "topk")
        known = known_int(kth)
        if known == 0:
            raise ValueError("topk: kth must not be 0")
        shape = list(x.type.shape)
        # Like any other length that is computed, that of one element does not make the axis broadcastable.
        shape[axis] = None if known is None else unknown_if_one(abs(known))
        outputs = []
        if self.return_values:
            outputs.append(new_tensor(x.type.dtype, shape))
        if self.return_indices:
            outputs.append(new_tensor(self.idx_dtype, shape))
        return Apply(self, [x, kth], outputs)

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        x, kth = inputs[0], int(inputs[1])
        axis = self.axis % x.ndim
        count, length = abs(kth), x.shape[axis]
        if not 1 <= count <= length:
            raise ValueError(f"topk: kth={kth} must not be 0 or beyond the length {length} of axis {axis}")
        order = in_order(np.moveaxis(x, axis, -1), down=kth > 0)[..., :count]
        positions = np.moveaxis(order, -1, axis)
        values = np.take_along_axis(x, positions, axis)
        results = [values] * self.return_values + [positions.astype(self.idx_dtype)] * self.return_indices
        for cell, value in zip(out, results, strict=True):
            cell[0] = np.ascontiguousarray(value)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        shape = list(shapes[0])
        shape[self.axis] = abs_(node.inputs[1])
        return [tuple(shape)] * len(node.outputs)

    def _positions(self, x: Any, kth: Any, outputs: Sequence[Any]) -> Any:
        if self.return_indices:
            return outputs[-1]
        return TopKOp(self.axis, self.sorted, self.idx_dtype, return_values=False)(x, kth)

    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        x, kth = inputs
        count = undefined(self, inputs, [1], "a number of elements is a whole number")
        if not self.return_values or x.type.dtype in DISCRETE or is_disconnected(gs[0]):
            return [zero_gradient(x), *count]
        positions = self._positions(x, kth, outputs)
        return [_scattered(x, gs[0], positions, self.axis % x.type.ndim), *count]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        (x, kth), v = inputs, eval_points[0]
        results: list[Any] = [None] * (self.return_values + self.return_indices)
        if v is not None and self.return_values:
            outputs = self(x, kth, return_list=True)
            positions = self._positions(x, kth, outputs)
            results[0] = _picked(v, positions, self.axis % x.type.ndim)
        return results


def topk(x: Any, kth: Any, axis: Any = -1, sorted: bool = True, idx_dtype: Any = "int64") -> Any:
    """The `kth` largest elements of `x` along `axis` (None: of the flattened tensor); smallest if negative.

    Parameters
    ----------
    x : tensor-like
        Real, one axis at least.
    kth : int or 0-d integer tensor
        How many; if negative, of the smallest.
    axis : int or None
        Along which axis; None: `x` is flattened.
    sorted : bool
        Whether the best come first; else in any order.
    idx_dtype : str
        Has no meaning here; see `argtopk`.

    Returns
    -------
    TensorVariable
        Of the dtype of `x`, with ``abs(kth)`` elements along `axis`. NaN is larger than all others.

    Raises
    ------
    TypeError
        `x` is complex.
    ValueError
        There is no such axis; `kth` is 0 or, when it runs, more than there are elements.

    Examples
    --------
    >>> T.topk(T.constant([3, 1, 2]), 2).eval()
    array([3, 2])
    """
    x, axis = _flat_if_none(x, axis)
    return TopKOp(axis, sorted, idx_dtype, return_indices=False)(x, kth)


def argtopk(x: Any, kth: Any, axis: Any = -1, sorted: bool = True, idx_dtype: Any = "int64") -> Any:
    """Where the elements of `topk` are.

    Parameters
    ----------
    x : tensor-like
        Real, one axis at least.
    kth : int or 0-d integer tensor
        How many; if negative, of the smallest.
    axis : int or None
        Along which axis; None: `x` is flattened.
    sorted : bool
        Whether the best come first; else in any order.
    idx_dtype : str
        Integer dtype of the result.

    Returns
    -------
    TensorVariable
        Of `idx_dtype`, with ``abs(kth)`` elements along `axis`. Of equal elements those that come first are
        taken.

    Raises
    ------
    TypeError
        `x` is complex, or `idx_dtype` is no integer dtype.
    ValueError
        There is no such axis; `kth` is 0 or, when it runs, more than there are elements.

    Examples
    --------
    >>> T.argtopk(T.constant([3, 1, 2]), 2).eval()
    array([0, 2])
    """
    x, axis = _flat_if_none(x, axis)
    return TopKOp(axis, sorted, idx_dtype, return_values=False)(x, kth)


def topk_and_argtopk(x: Any, kth: Any, axis: Any = -1, sorted: bool = True, idx_dtype: Any = "int64") -> Any:
    """The results of `topk` and of `argtopk`.

    Parameters
    ----------
    x : tensor-like
        Real, one axis at least.
    kth : int or 0-d integer tensor
        How many; if negative, of the smallest.
    axis : int or None
        Along which axis; None: `x` is flattened.
    sorted : bool
        Whether the best come first; else in any order.
    idx_dtype : str
        Integer dtype of the positions.

    Returns
    -------
    list of two TensorVariable
        Values and positions.

    Raises
    ------
    TypeError
        `x` is complex, or `idx_dtype` is no integer dtype.
    ValueError
        There is no such axis; `kth` is 0 or, when it runs, more than there are elements.

    Examples
    --------
    >>> [v.eval().tolist() for v in T.topk_and_argtopk(T.constant([3, 1, 2]), -1)]
    [[1], [1]]
    """
    x, axis = _flat_if_none(x, axis)
    return TopKOp(axis, sorted, idx_dtype)(x, kth)


def _sort(self: Any, axis: Any = -1, kind: str = "quicksort", order: Any = None) -> Any:
    return sort(self, axis, kind, order)


def _argsort(self: Any, axis: Any = -1, kind: str = "quicksort", order: Any = None) -> Any:
    return argsort(self, axis, kind, order)


attach({"sort": _sort, "argsort": _argsort}, [sort, argsort])


fill(globals())

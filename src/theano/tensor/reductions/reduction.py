"""Reductions over axes: sums, products, all, any."""

from __future__ import annotations

import typing as t
from collections.abc import Sequence

import numpy as np

from theano import scalar
from theano.graph.common_text import fill
from theano.graph.null_type import grad_undefined
from theano.tensor.elemwise import SECOND
from theano.tensor.pointwise.math import eq, mul, neq, switch, true_div
from theano.tensor.reductions.careduce import (
    CAReduce,
    CAReduceDtype,
    check_and_normalize_axes,
    keep_dims,
    makeKeepDims,
    normalize_axis,
)
from theano.tensor.variable import LATE, as_tensor_variable

__all__ = [
    "All", "Any", "CAReduce", "CAReduceDtype", "Prod", "ProdWithoutZeros", "Sum", "all", "any",
    "check_and_normalize_axes", "keep_dims", "makeKeepDims", "normalize_axis", "prod", "sum",
]  # fmt: skip


class Sum(CAReduceDtype):
    """Sum over axes (see `sum`).

    Parameters
    ----------
    <axis of an op>
    dtype : str, optional
        Dtype of the result.
    acc_dtype : str, optional
        Dtype to add up in.

    Examples
    --------
    >>> T.Sum((0,))(T.constant([[1, 2], [3, 4]])).eval()
    array([4, 6])
    """

    __props__: t.ClassVar[tuple[str, ...]] = ("axis", "dtype", "acc_dtype")
    never_fails = True
    linear_in = (0,)

    def __init__(self, axis: t.Any = None, dtype: t.Any = None, acc_dtype: t.Any = None) -> None:
        super().__init__(scalar.add, axis, dtype, acc_dtype)

    def gradient(self, x: t.Any, out: t.Any, g: t.Any) -> t.Any:
        return SECOND(x, g)

    def R_op(self, inputs: Sequence[t.Any], eval_points: Sequence[t.Any]) -> list[t.Any]:
        v = eval_points[0]
        return [None if v is None else sum(v, axis=self.axis)]

    def __str__(self) -> str:
        where = "" if self.axis is None else f"axis={list(self.axis)}, "
        return f"Sum{{{where}acc_dtype={self.acc_dtype}}}"


class Prod(CAReduceDtype):
    """Product over axes (see `prod`).

    Parameters
    ----------
    <axis of an op>
    dtype : str, optional
        Dtype of the result.
    acc_dtype : str, optional
        Dtype to multiply in.
    no_zeros_in_input : bool
        A promise that there are no zeros, which makes the gradient simpler.

    Examples
    --------
    >>> T.Prod((0,))(T.constant([[1, 2], [3, 4]])).eval()
    array([3, 8])
    """

    __props__: t.ClassVar[tuple[str, ...]] = ("axis", "dtype", "acc_dtype")
    never_fails = True

    def __init__(
        self,
        axis: t.Any = None,
        dtype: t.Any = None,
        acc_dtype: t.Any = None,
        no_zeros_in_input: bool = False,
    ) -> None:
        super().__init__(scalar.mul, axis, dtype, acc_dtype)
        self.no_zeros_in_input = no_zeros_in_input

    def gradient(self, x: t.Any, out: t.Any, g: t.Any) -> t.Any:
        """g times the product of the other elements."""
        if self.no_zeros_in_input:
            return true_div(mul(g, keep_dims(out, x.type.ndim, self.axis)), x)
        return mul(g, LATE["product_of_others"](x, self.axis, out.type.dtype))

    def __str__(self) -> str:
        return f"Prod{{axis={self.axis}, dtype={self.dtype!r}, acc_dtype={self.acc_dtype!r}}}"


class ProdWithoutZeros(CAReduceDtype):
    """Product of the elements that are not zero; 1 if there is none.

    Parameters
    ----------
    <axis of an op>
    dtype : str, optional
        Dtype of the result.
    acc_dtype : str, optional
        Dtype to multiply in.

    Examples
    --------
    >>> T.ProdWithoutZeros()(T.constant([2, 0, 3])).eval()
    array(6)
    """

    __props__: t.ClassVar[tuple[str, ...]] = ("axis", "dtype", "acc_dtype")

    def __init__(self, axis: t.Any = None, dtype: t.Any = None, acc_dtype: t.Any = None) -> None:
        super().__init__(scalar.mul, axis, dtype, acc_dtype)

    def prepared(self, x: t.Any) -> t.Any:
        return switch(eq(x, 0), np.asarray(1, dtype=x.type.dtype), x)

    def L_op(self, inputs: Sequence[t.Any], outputs: Sequence[t.Any], gs: Sequence[t.Any]) -> list[t.Any]:
        why = "the product jumps where an element becomes zero"
        return [grad_undefined(self, 0, inputs[0], why)]


class _Logical(CAReduce):
    """A reduction of truth values."""

    never_fails = True

    def prepared(self, x: t.Any) -> t.Any:
        return x if x.type.dtype == "bool" else neq(x, 0)

    def __str__(self) -> str:
        name = type(self).__name__
        return name if self.axis is None else f"{name}{{{', '.join(map(str, self.axis))}}}"


class All(_Logical):
    """Whether all elements over axes are nonzero.

    Parameters
    ----------
    <axis of an op>

    Examples
    --------
    >>> T.All((0,))(T.constant([[1, 0], [3, 4]])).eval()
    array([ True, False])
    """

    __props__: t.ClassVar[tuple[str, ...]] = ("axis",)

    def __init__(self, axis: t.Any = None) -> None:
        super().__init__(scalar.and_, axis)


class Any(_Logical):
    """Whether an element over axes is nonzero.

    Parameters
    ----------
    <axis of an op>

    Examples
    --------
    >>> T.Any((0,))(T.constant([[1, 0], [0, 0]])).eval()
    array([ True, False])
    """

    __props__: t.ClassVar[tuple[str, ...]] = ("axis",)

    def __init__(self, axis: t.Any = None) -> None:
        super().__init__(scalar.or_, axis)


def reduced(op: CAReduce, x: t.Any, keepdims: bool) -> t.Any:
    out = op(x)
    return keep_dims(out, x.type.ndim, out.owner.op.axis) if keepdims else out


def sum(
    input: t.Any,
    axis: t.Any = None,
    dtype: t.Any = None,
    keepdims: bool = False,
    acc_dtype: t.Any = None,
) -> t.Any:
    """Sum over axes.

    Parameters
    ----------
    input : tensor-like
        <any tensor>
    <axis>
    dtype : str, optional
        Dtype of the result; default: int64 or uint64 for integers, else that of `input`.
    <keepdims>
    acc_dtype : str, optional
        Dtype to add up in; default: float64 for float32, float32 for float16.

    Returns
    -------
    TensorVariable
        Without the axes `axis`; 0 where there are no elements.

    Raises
    ------
    <axis errors>

    Examples
    --------
    >>> T.sum(T.constant([[1, 2], [3, 4]]), axis=0).eval()
    array([4, 6])
    >>> T.sum(T.fmatrix(), axis=0)
    Sum{axis=[0], acc_dtype=float64}.0

    Notes
    -----
    As `numpy.sum`, but that float32 are added up in float64 and float16 in float32, and that there is no `out`,
    `initial` and `where`.

    References
    ----------
    ``y = x[0] + x[1] + ...``.
    """
    x = as_tensor_variable(input)
    return reduced(Sum(normalize_axis(axis, x.type.ndim), dtype, acc_dtype), x, keepdims)


def prod(
    input: t.Any,
    axis: t.Any = None,
    dtype: t.Any = None,
    keepdims: bool = False,
    acc_dtype: t.Any = None,
    no_zeros_in_input: bool = False,
) -> t.Any:
    """Product over axes.

    Parameters
    ----------
    input : tensor-like
        <any tensor>
    <axis>
    dtype : str, optional
        Dtype of the result; default: int64 or uint64 for integers, else that of `input`.
    <keepdims>
    acc_dtype : str, optional
        Dtype to multiply in; default: float64 for float32, float32 for float16.
    no_zeros_in_input : bool
        A promise that there are no zeros, which makes the gradient simpler.

    Returns
    -------
    TensorVariable
        Without the axes `axis`; 1 where there are no elements.

    Raises
    ------
    <axis errors>

    Examples
    --------
    >>> T.prod(T.constant([[1, 2], [3, 4]]), axis=0).eval()
    array([3, 8])

    References
    ----------
    ``y = x[0] * x[1] * ...``, as `numpy.prod`.
    """
    x = as_tensor_variable(input)
    op = Prod(normalize_axis(axis, x.type.ndim), dtype, acc_dtype, no_zeros_in_input)
    return reduced(op, x, keepdims)


def all(x: t.Any, axis: t.Any = None, keepdims: bool = False) -> t.Any:
    """Whether all elements over `axis` are nonzero.

    Parameters
    ----------
    x : tensor-like
        <any tensor>
    <axis, keepdims>

    Returns
    -------
    TensorVariable
        Bools, without the axes `axis`; True where there are no elements.

    Raises
    ------
    <axis errors>

    Examples
    --------
    >>> T.all(T.constant([[1, 0], [3, 4]]), axis=0).eval()
    array([ True, False])

    References
    ----------
    ``y = x[0] != 0 and x[1] != 0 and ...``, as `numpy.all`.
    """
    x = as_tensor_variable(x)
    return reduced(All(normalize_axis(axis, x.type.ndim)), x, keepdims)


def any(x: t.Any, axis: t.Any = None, keepdims: bool = False) -> t.Any:
    """Whether an element over `axis` is nonzero.

    Parameters
    ----------
    x : tensor-like
        <any tensor>
    <axis, keepdims>

    Returns
    -------
    TensorVariable
        Bools, without the axes `axis`; False where there are no elements.

    Raises
    ------
    <axis errors>

    Examples
    --------
    >>> T.any(T.constant([[1, 0], [0, 0]]), axis=0).eval()
    array([ True, False])

    References
    ----------
    ``y = x[0] != 0 or x[1] != 0 or ...``, as `numpy.any`.
    """
    x = as_tensor_variable(x)
    return reduced(Any(normalize_axis(axis, x.type.ndim)), x, keepdims)


def _sum_keeping(d: t.Any, axes: Sequence[int]) -> t.Any:
    return sum(d, axis=tuple(axes), keepdims=True, dtype=d.type.dtype)


LATE["sum"] = sum
LATE["sum_keeping"] = _sum_keeping
LATE["any_keeping"] = lambda x, axes: any(x, axis=tuple(axes), keepdims=True)


fill(globals())

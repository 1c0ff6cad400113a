"""Triangular factors that determinants, inverses and systems of one matrix share; programs get them from rewriting.

``A[p] = L @ U``, as `scipy.linalg.lu_factor` has it: both triangles in one matrix, `L` with ones on its diagonal, and
for each row the one that it was exchanged with, one after the other. Factors never fail: what is computed of them does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Op
from theano.tensor.linalg.matrices import (
    as_matrices,
    computed,
    filled,
    float_dtype,
    real_dtype,
    stack_lengths,
    values_of,
)
from theano.tensor.opsupport import Shapes, new_tensor, single
from theano.tensor.shaping.axes import shape_padleft
from theano.tensor.variable import as_tensor_variable

__all__ = ["LUDet", "LUFactor", "LUSLogDet", "LUSolve"]

SQUARE = "Last 2 dimensions of the array must be square"


def _factored(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    from scipy.linalg import get_lapack_funcs

    lu, pivots, _ = get_lapack_funcs(("getrf",), (x,))[0](x)
    return lu, pivots


class LUFactor(Op):
    """The triangular factors of square matrices, in one matrix, and which rows were exchanged.

    Examples
    --------
    >>> lu, pivots = LUFactor()(T.constant([[1.0, 2.0], [2.0, 0.0]]))
    >>> lu.eval(), pivots.eval()
    (array([[2. , 0. ],
           [0.5, 2. ]]), array([1, 1]))
    """

    __props__ = ()

    def make_node(self, x: Any) -> Apply:
        x = as_matrices(x, "LUFactor")
        shape = x.type.shape
        return Apply(self, [x], [new_tensor(float_dtype(x), shape), new_tensor("int64", shape[:-1])])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        (x,) = values_of(*inputs)
        if x.shape[-2] != x.shape[-1]:
            raise np.linalg.LinAlgError(SQUARE)
        lu, pivots = np.empty_like(x), np.empty(x.shape[:-1], "int64")
        for i in np.ndindex(x.shape[:-2]):
            if x.size:
                lu[i], pivots[i] = _factored(x[i])
        out[0][0], out[1][0] = computed(lu, node.outputs[0]), pivots

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [shapes[0], shapes[0][:-1]]


class _OfFactors(Op):
    """Of factors and exchanges."""

    def _inputs(self, lu: Any, pivots: Any) -> tuple[Any, Any]:
        lu, pivots = as_matrices(lu, type(self).__name__), as_tensor_variable(pivots)
        if pivots.type.dtype != "int64" or pivots.type.ndim != lu.type.ndim - 1:
            raise TypeError(f"{type(self).__name__} takes the factors and the exchanges of `LUFactor`, got {pivots}")
        return lu, pivots


def _order(pivots: np.ndarray) -> np.ndarray:
    """Where each row came from."""
    order = np.arange(len(pivots))
    for i, other in enumerate(pivots):
        order[[i, other]] = order[[other, i]]
    return order


class LUSolve(_OfFactors):
    """The `x` with ``A @ x == b``, or (`turned`) ``A.T @ x == b``, given the factors of `A`; as `Solve` otherwise.

    Examples
    --------
    >>> lu, pivots = LUFactor()(T.constant([[2.0, 0.0], [0.0, 4.0]]))
    >>> LUSolve()(lu, pivots, T.constant([2.0, 2.0])).eval()
    array([1. , 0.5])
    """

    __props__ = ("turned",)

    def __init__(self, turned: bool = False) -> None:
        self.turned = bool(turned)

    def make_node(self, lu: Any, pivots: Any, b: Any) -> Apply:
        (lu, pivots), b = self._inputs(lu, pivots), as_tensor_variable(b)
        if b.type.ndim == 0 or (b.type.ndim == 1 and lu.type.ndim > 2) or lu.type.ndim < b.type.ndim:
            raise TypeError(f"LUSolve takes a vector or matrices as right side, got {b.type.ndim} dimensions")
        if b.type.ndim == 1:
            return single(self, [lu, pivots, b], lu.type.dtype, lu.type.shape[1:])
        b = shape_padleft(b, lu.type.ndim - b.type.ndim)
        shape = (*stack_lengths("Solve", lu, b), lu.type.shape[-1], b.type.shape[-1])
        return single(self, [lu, pivots, b], lu.type.dtype, shape)

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        lu, pivots, b = inputs
        if (np.diagonal(lu, axis1=-2, axis2=-1) == 0).any():
            raise np.linalg.LinAlgError("Singular matrix")
        b = b[:, None] if b.ndim == 1 else b
        leading = np.broadcast_shapes(lu.shape[:-2], b.shape[:-2])
        kinds = ((lu, 2), (pivots, 1), (b, 2))
        given = (np.broadcast_to(v, (*leading, *v.shape[v.ndim - k :])) for v, k in kinds)
        x = filled(np.empty((*leading, *b.shape[-2:]), lu.dtype), 2, self._solved, *given)
        out[0][0] = computed(x[..., 0] if inputs[2].ndim == 1 else x, node.outputs[0])

    def _solved(self, lu: np.ndarray, pivots: np.ndarray, b: np.ndarray) -> np.ndarray:
        from scipy.linalg import solve_triangular

        def system(b: np.ndarray, lower: bool) -> np.ndarray:
            found: np.ndarray = solve_triangular(
                lu, b, trans=int(self.turned), lower=lower, unit_diagonal=lower, check_finite=False
            )
            return found

        order = _order(pivots)
        if not self.turned:
            return system(system(b[order], True), False)
        x = np.empty_like(b, lu.dtype)
        x[order] = system(system(b, False), True)
        return x

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        a, _, b = shapes
        if len(b) == 1:
            return [a[1:]]
        leading = [n if repeated else m for m, n, repeated in zip(a, b[:-2], node.inputs[0].type.broadcastable)]
        return [(*leading, a[-1], b[-1])]


class LUDet(_OfFactors):
    """The determinant of matrices, given their factors.

    Examples
    --------
    >>> LUDet()(*LUFactor()(T.constant([[0.0, 1.0], [4.0, 0.0]]))).eval()
    array(-4.)
    """

    __props__ = ()

    def make_node(self, lu: Any, pivots: Any) -> Apply:
        lu, pivots = self._inputs(lu, pivots)
        return single(self, [lu, pivots], lu.type.dtype, lu.type.shape[:-2])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        lu, pivots = inputs
        found = np.prod(np.diagonal(lu, axis1=-2, axis2=-1), axis=-1) * _signs(pivots)
        out[0][0] = computed(found, node.outputs[0])

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [shapes[0][:-2]]


def _signs(pivots: np.ndarray) -> Any:
    return 1 - 2 * (np.count_nonzero(pivots != np.arange(pivots.shape[-1]), axis=-1) % 2)


class LUSLogDet(_OfFactors):
    """The sign of the determinant of matrices and the logarithm of its size, given their factors.

    Examples
    --------
    >>> sign, logarithm = LUSLogDet()(*LUFactor()(T.constant([[0.0, 1.0], [1.0, 0.0]])))
    >>> sign.eval(), logarithm.eval()
    (array(-1.), array(0.))
    """

    __props__ = ()

    def make_node(self, lu: Any, pivots: Any) -> Apply:
        lu, pivots = self._inputs(lu, pivots)
        dtype, leading = lu.type.dtype, lu.type.shape[:-2]
        return Apply(self, [lu, pivots], [new_tensor(dtype, leading), new_tensor(real_dtype(dtype), leading)])

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        lu, pivots = inputs
        diagonal = np.diagonal(lu, axis1=-2, axis2=-1)
        size = abs(diagonal)
        with np.errstate(divide="ignore"):
            found = np.prod(diagonal / np.where(size == 0, 1, size), axis=-1) * _signs(pivots), np.log(size).sum(-1)
        for cell, value, v in zip(out, found, node.outputs, strict=True):
            cell[0] = computed(value, v)

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [shapes[0][:-2]] * 2

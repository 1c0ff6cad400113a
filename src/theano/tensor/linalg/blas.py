"""The products that BLAS computes in one call; rewriting makes them, users do not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from theano.graph import Apply, Op
from theano.scalar.dtypes import COMPLEX, FLOAT
from theano.tensor.checks.static_value import known_scalar
from theano.tensor.linalg.dot import batched_dot_op as batched_dot  # noqa: F401  # the name it has here in Theano
from theano.tensor.linalg.dot import dot, dot_op, outer
from theano.tensor.opsupport import Shapes, holomorphic, single
from theano.tensor.pointwise.math import eq, switch
from theano.tensor.reductions.reduction import sum as sum_
from theano.tensor.variable import as_tensor_variable


class _Blas(Op):
    """An op on operands of given dimensions and one dtype."""

    inplace: bool
    ndims: tuple[int, ...]
    target = 0  # the operand whose memory the result may take, and whose shape it has

    def __init__(self, inplace: bool = False) -> None:
        self.inplace = bool(inplace)
        if self.inplace:
            self.destroy_map = {0: [self.target]}

    def __str__(self) -> str:
        return f"{type(self).__name__}{{{'inplace' if self.inplace else 'no_inplace'}}}"

    def make_node(self, *operands: Any) -> Apply:
        inputs = [as_tensor_variable(v) for v in operands]
        if len(inputs) != len(self.ndims):
            raise TypeError(f"{self} takes {len(self.ndims)} operands, got {len(inputs)}")
        dtype = inputs[self.target].type.dtype
        for v, ndim in zip(inputs, self.ndims):
            if v.type.ndim != ndim:
                raise TypeError(
                    f"{self}: operands must have {self.ndims} dimensions, got {v} with {v.type.ndim}"
                )
            if v.type.dtype != dtype or dtype not in FLOAT | COMPLEX:
                raise TypeError(
                    f"{self}: operands must be floats of one dtype, got {[i.type.dtype for i in inputs]}"
                )
        return single(self, inputs, dtype, inputs[self.target].type.shape)

    def out_of_place(self) -> Op | None:
        return type(self)() if type(self) in (Gemv, Gemm, Ger) else None  # a program's class may take arguments

    def infer_shape(self, node: Apply, shapes: Sequence[Any]) -> Shapes:
        return [shapes[self.target]]

    def _leave(self, result: np.ndarray, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        """Store the result: in the memory of the target, or as it is."""
        target = inputs[self.target]
        if not self.inplace:
            out[0][0] = np.asarray(result, dtype=target.dtype)
            return
        target[...] = result
        out[0][0] = target


class _ScaledProduct(_Blas):
    """``beta * z + alpha * dot(a, b)``, operands in the order z, alpha, a, b, beta."""

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        z, alpha, a, b, beta = inputs
        product = alpha * dot(a, b)
        known = known_scalar(beta)
        if known is not None:
            return [beta * z + product if known else product]
        return [switch(eq(beta, 0), product, beta * z + product)]

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        z, alpha, a, b, beta = inputs
        product = np.dot(a, b)
        if product.shape != z.shape:
            raise ValueError(f"{self}: the product has shape {product.shape}, what it is added to {z.shape}")
        # beta = 0 does not read z, which may hold anything
        self._leave(alpha * product if beta == 0 else beta * z + alpha * product, inputs, out)

    @holomorphic
    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        (z, alpha, a, b, beta), g = inputs, gs[0]
        into_a, into_b = dot_op.transposed([a, b], alpha * g)
        return [beta * g, sum_(g * dot(a, b)), into_a, into_b, sum_(g * z)]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        z, alpha, a, b, beta = inputs
        of_z, of_alpha, of_a, of_b, of_beta = eval_points
        return _sum_of(
            [
                (of_z, lambda: beta * of_z),
                (of_alpha, lambda: of_alpha * dot(a, b)),
                (of_a, lambda: alpha * dot(of_a, b)),
                (of_b, lambda: alpha * dot(a, of_b)),
                (of_beta, lambda: of_beta * z),
            ]
        )


def _sum_of(parts: list[tuple[Any, Callable[[], Any]]]) -> list[Any]:
    """The sum of the terms whose direction is given; None if there is none."""
    terms = [make() for direction, make in parts if direction is not None]
    total = terms[0] if terms else None
    for term in terms[1:]:
        total = total + term
    return [total]


class Gemv(_ScaledProduct):
    """``beta * y + alpha * dot(A, x)`` for a matrix and vectors; operands y, alpha, A, x, beta.

    Examples
    --------
    >>> one = np.float64(1)
    >>> Gemv(inplace=False)(T.dvector(), one, T.dmatrix(), T.dvector(), one)
    Gemv{no_inplace}.0
    """

    __props__ = ("inplace",)
    __str__ = _Blas.__str__
    ndims = (1, 0, 2, 1, 0)


class Gemm(_ScaledProduct):
    """``beta * z + alpha * dot(x, y)`` for matrices; operands z, alpha, x, y, beta."""

    __props__ = ("inplace",)
    __str__ = _Blas.__str__
    ndims = (2, 0, 2, 2, 0)


class Ger(_Blas):
    """``A + alpha * outer(x, y)``; operands A, alpha, x, y."""

    __props__ = ("inplace",)
    __str__ = _Blas.__str__
    ndims = (2, 0, 1, 1)

    def __init__(self, destructive: bool = False) -> None:
        super().__init__(destructive)

    @property
    def destructive(self) -> bool:
        """What this op calls `inplace`, as others do."""
        return self.inplace

    def decompose(self, inputs: Sequence[Any]) -> list[Any]:
        a, alpha, x, y = inputs
        return [a + alpha * outer(x, y)]

    def perform(self, node: Apply, inputs: Sequence[Any], out: Sequence[list[Any]]) -> None:
        a, alpha, x, y = inputs
        if a.shape != (len(x), len(y)):
            raise ValueError(f"{self}: a matrix of shape {a.shape}, vectors of lengths {len(x)} and {len(y)}")
        self._leave(a + alpha * np.outer(x, y), inputs, out)

    @holomorphic
    def L_op(self, inputs: Sequence[Any], outputs: Sequence[Any], gs: Sequence[Any]) -> list[Any]:
        (_, alpha, x, y), g = inputs, gs[0]
        return [g, sum_(g * outer(x, y)), alpha * dot(g, y), alpha * dot(g.T, x)]

    def R_op(self, inputs: Sequence[Any], eval_points: Sequence[Any]) -> list[Any]:
        _, alpha, x, y = inputs
        of_a, of_alpha, of_x, of_y = eval_points
        return _sum_of(
            [
                (of_a, lambda: of_a),
                (of_alpha, lambda: of_alpha * outer(x, y)),
                (of_x, lambda: alpha * outer(of_x, y)),
                (of_y, lambda: alpha * outer(x, of_y)),
            ]
        )


gemv_no_inplace, gemv_inplace = Gemv(False), Gemv(True)
gemm_no_inplace, gemm_inplace = Gemm(False), Gemm(True)
gemv, gemm = gemv_no_inplace, gemm_no_inplace


def res_is_a(node: Any, op: Any, maxclients: int | None = None) -> bool:
    """Whether a variable is made by an operation, and used at most so often (where the graph it is in is known).

    Parameters
    ----------
    node
        The variable.
    op
        The operation.
    maxclients
        How many uses it may have; any number if it is not given.

    Examples
    --------
    >>> x = T.dvector()
    >>> res_is_a(T.exp(x), T.exp), res_is_a(x, T.exp)
    (True, False)
    """
    if node.owner is None or node.owner.op != op:
        return False
    return maxclients is None or len(getattr(node, "clients", ())) <= maxclients
ger, ger_destructive = Ger(False), Ger(True)

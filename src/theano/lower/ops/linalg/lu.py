"""Lowering of triangular factors that several operations share, and of these."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.loops.expr import Expr
from theano.lower.ops.linalg.factors import (
    SQUARE,
    STACKS,
    Call,
    as_column,
    by_columns,
    leading_of,
    of_square,
    refuse,
    repeated,
    square,
    sum_of_logarithms,
)
from theano.lower.ops.registry import lowers
from theano.lower.state.builder import Builder
from theano.lower.state.complexes import of_type
from theano.lower.state.dims import ONE, ZERO
from theano.lower.state.strides import whole
from theano.lower.state.values import Value
from theano.native.linalg import loading
from theano.tensor.linalg.lu import LUDet, LUFactor, LUSLogDet, LUSolve


@lowers(LUFactor)
def lower_factors(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    opened = of_square(b, node, inputs, "factors")
    if opened is None:
        return None
    call, x, n = opened
    leading = x.dims[:-2]
    lu, pivots = call.made((*leading, n, n)), call.made((*leading, n), "i64")
    call.done()
    return [by_columns(whole(lu)), whole(pivots)]


def _of_one_shape(b: Builder, node: Any, lu: Value, pivots: Value) -> Expr:
    """The number of rows of factors, and of exchanges that must be as many: the library reads them side by side."""
    said = f"{type(node.op).__name__}: factors of length {{0}} and exchanges of length {{1}} along axis "
    for axis, (p, q) in enumerate(zip(lu.dims, pivots.dims, strict=False)):
        b.unify(p, q, f"{said}{axis}")
    return square(b, lu, SQUARE, np.linalg.LinAlgError)


@lowers(LUSolve)
def lower_solve_by_factors(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    lu, pivots, c = inputs
    if not loading.is_there():
        return None
    is_vector = c.ndim == 1
    c = of_type(b, as_column(b, c) if is_vector else c, lu.type)
    n = _of_one_shape(b, node, lu, pivots)
    b.unify(n, c.dims[-2], "Solve: a matrix of {0} rows, a right side of {1}")
    leading, m = leading_of(b, [lu, c], STACKS), c.dims[-1]
    lu, pivots, c = (repeated(b, v, leading) for v in (lu, pivots, c))
    call = Call(b, "substituted", lu.type, leading)
    call.numbers(ONE if node.op.turned else ZERO, call.count, n, m)
    call.matrix(lu, contiguous=True)
    call.matrix(c)
    call.read(pivots)
    out, status = call.made((*leading, n) if is_vector else (*leading, n, m)), call.status()
    call.done()
    refuse(b, status, {0: (np.linalg.LinAlgError, "Singular matrix")})
    return [whole(out)]


def of_factors(b: Builder, node: Any, inputs: list[Value], kind: str) -> tuple[Call, Value] | None:
    """A call that is given factors."""
    lu, pivots = inputs
    if not loading.is_there():
        return None
    call = Call(b, kind, lu.type, lu.dims[:-2])
    call.numbers(call.count, _of_one_shape(b, node, lu, pivots))
    call.matrix(lu)
    call.read(pivots)
    return call, lu


@lowers(LUDet)
def lower_determinant_by_factors(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    opened = of_factors(b, node, inputs, "pivot_product")
    if opened is None:
        return None
    call, lu = opened
    out = call.made(lu.dims[:-2])
    call.done()
    return [whole(out)]


@lowers(LUSLogDet)
def lower_slogdet_by_factors(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    opened = of_factors(b, node, inputs, "pivot_sizes")
    if opened is None:
        return None
    call, lu = opened
    sizes, sign = call.made(lu.dims[:-1], call.real), call.made(lu.dims[:-2])
    call.done()
    return [whole(sign), sum_of_logarithms(b, whole(sizes))]

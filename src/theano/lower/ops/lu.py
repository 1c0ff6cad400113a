"""Lowering of triangular factors that several operations share, and of these."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.lower.builder import Builder, whole
from theano.lower.dims import ONE, ZERO
from theano.lower.ops.linalg import (
    STACKS,
    Call,
    as_column,
    by_columns,
    leading_of,
    of_square,
    of_type,
    refuse,
    repeated,
    sum_of_logarithms,
)
from theano.lower.ops.registry import lowers
from theano.lower.values import Value
from theano.native import lapack
from theano.tensor.lu import LUDet, LUFactor, LUSLogDet, LUSolve


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


@lowers(LUSolve)
def lower_solve_by_factors(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    lu, pivots, c = inputs
    if not lapack.is_there():
        return None
    is_vector = c.ndim == 1
    c = of_type(b, as_column(b, c) if is_vector else c, lu.type)
    n, message = lu.dims[-1], "Solve: a matrix of {0} rows, a right side of {1}"
    b.unify(n, c.dims[-2], message)
    leading, m = leading_of(b, [lu, c], STACKS), c.dims[-1]
    lu, c = (repeated(b, v, leading) for v in (lu, c))
    call = Call(b, "substituted", lu.type, leading)
    call.numbers(ONE if node.op.turned else ZERO, call.count, n, m)
    call.matrix(lu, contiguous=True)
    call.matrix(c)
    call.read(pivots)
    out, status = call.made((*leading, n) if is_vector else (*leading, n, m)), call.status()
    call.done()
    refuse(b, status, {0: (np.linalg.LinAlgError, "Singular matrix")})
    return [whole(out)]


def of_factors(b: Builder, inputs: list[Value], kind: str) -> tuple[Call, Value] | None:
    """A call that is given factors."""
    lu, pivots = inputs
    if not lapack.is_there():
        return None
    call = Call(b, kind, lu.type, lu.dims[:-2])
    call.numbers(call.count, lu.dims[-1])
    call.matrix(lu)
    call.read(pivots)
    return call, lu


@lowers(LUDet)
def lower_determinant_by_factors(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    opened = of_factors(b, inputs, "pivot_product")
    if opened is None:
        return None
    call, lu = opened
    out = call.made(lu.dims[:-2])
    call.done()
    return [whole(out)]


@lowers(LUSLogDet)
def lower_slogdet_by_factors(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    opened = of_factors(b, inputs, "pivot_sizes")
    if opened is None:
        return None
    call, lu = opened
    sizes, sign = call.made(lu.dims[:-1], call.real), call.made(lu.dims[:-2])
    call.done()
    return [whole(sign), sum_of_logarithms(b, whole(sizes))]

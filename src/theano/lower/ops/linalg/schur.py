"""Lowering of Schur forms, of equations of Sylvester with triangular matrices, and of their roots."""

from __future__ import annotations

from typing import Any

import numpy as np

from theano.loops import expr as ex
from theano.loops.externs.lapack import (
    COMMON,
    NO_REAL_ROOT,
    NO_ROOT,
    NOT_CHOSEN,
    NOT_FINITE,
    NOT_FOUND,
    NOT_SEPARATED,
    SORTS,
)
from theano.lower.ops.linalg.factors import BLOCK, Call, by_columns, leading_of, prepared, refuse, repeated, square
from theano.lower.ops.registry import lowers
from theano.lower.state.builder import Builder
from theano.lower.state.dims import ONE, ZERO, length
from theano.lower.state.strides import whole
from theano.lower.state.values import Value
from theano.tensor.linalg import schur as words
from theano.tensor.linalg.schur import Schur, TriangularRoot, TriangularSylvester

ERROR = np.linalg.LinAlgError


@lowers(Schur)
def lower_schur(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    given = prepared(b, node, inputs)
    if given is None:
        return None
    (x,) = given
    n, leading = square(b, x, words.SQUARE), x.dims[:-2]
    call = Call(b, "schur", x.type, leading)
    call.numbers(length(SORTS.index(node.op.sort or "")), call.count, n)
    call.matrix(x)
    form, vectors = call.made((*leading, n, n)), call.made((*leading, n, n))
    call.made((n,))
    call.made((n,), call.real)
    call.memory(ex.add(ex.mul(n, length(BLOCK + 3)), ONE))
    call.made((n,), "i64")
    count, status = call.made(leading, "i64"), call.status()
    call.done()
    refuse(
        b, status, {
            NOT_FINITE: (ValueError, "array must not contain infs or NaNs"),
            NOT_SEPARATED: (ERROR, words.NOT_SEPARATED),
            NOT_CHOSEN: (ERROR, words.NOT_CHOSEN),
            NOT_FOUND: (ERROR, words.NOT_FOUND),
        }
    )  # fmt: skip
    return [by_columns(whole(form)), by_columns(whole(vectors)), whole(count)]


@lowers(TriangularSylvester)
def lower_sylvester(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    given = prepared(b, node, inputs)
    if given is None:
        return None
    a, c, q = given
    said = "Sylvester equation: "
    m, n = (square(b, v, f"{said}the matrix must be square, its shape is ({{0}}, {{1}})") for v in (a, c))
    b.unify(m, q.dims[-2], f"{said}a first matrix of {{0}} rows, a right side of {{1}}")
    b.unify(n, q.dims[-1], f"{said}a second matrix of {{0}} rows, a right side of {{1}} columns")
    leading = leading_of(b, [a, c, q], said + "stacks of {0} and of {1} matrices")
    call = Call(b, "sylvester", q.type, leading)
    call.numbers(ONE if node.op.left else ZERO, ONE if node.op.right else ZERO, call.count, m, n)
    for v in (a, c, q):
        call.matrix(repeated(b, v, leading))
    out = call.made((*leading, n, m))
    call.made((ex.add(ex.mul(m, m), ex.mul(n, n)),))
    status = call.status()
    call.done()
    refuse(b, status, {COMMON: (ERROR, words.COMMON)})
    return [by_columns(whole(out))]


@lowers(TriangularRoot)
def lower_root(b: Builder, node: Any, inputs: list[Value]) -> list[Value] | None:
    given = prepared(b, node, inputs)
    if given is None:
        return None
    (x,) = given
    n, leading = square(b, x, words.SQUARE), x.dims[:-2]
    call = Call(b, "root", x.type, leading)
    call.numbers(call.count, n)
    call.matrix(x)
    out = call.made((*leading, n, n))
    call.made((n, n))
    status = call.status()
    call.done()
    refuse(b, status, {NO_REAL_ROOT: (ERROR, words.NO_REAL_ROOT), NO_ROOT: (ERROR, words.NO_ROOT)})
    return [by_columns(whole(out))]

"""What graphs become, and that their values stay."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from graphs import FAST_RUN, before_and_after, form, perform, rewritten

import theano
import theano.tensor as T
from theano.gradient import grad
from theano.rewrite import Query

s, u = T.dscalars("s", "u")
x, y, w = T.dvectors("x", "y", "w")
m, n = T.dmatrices("m", "n")
k, j = T.lvectors("k", "j")
f = T.fvector("f")

FORMS: list[tuple[str, Any, str]] = [
    # algebra
    ("double", (x + y) + (x + y), "mul(2.0, add(x, y))"),
    ("cube", x * x * x, "mul(x, sqr(x))"),
    ("pow", x**3, "mul(x, sqr(x))"),
    ("ratio", x / x, "Alloc(1.0, Shape_i{0}(x))"),
    ("difference", x - x, "Alloc(0.0, Shape_i{0}(x))"),
    ("zero", 0 * x, "Alloc(0.0, Shape_i{0}(x))"),
    ("zero times", (x * 0) * T.log(x), "Alloc(0.0, Shape_i{0}(x))"),
    ("cancel", x * y / y, "x"),
    ("terms", x + y - x + 3 - 1, "add(2.0, y)"),
    ("neutral", (x + 0) * 1, "x"),
    ("signs", T.neg(-x), "x"),
    ("negatives", -x - y, "neg(add(x, y))"),
    ("integers", (k + k) - k * 2 + j, "j"),
    ("grad of square", grad(s**2, s), "mul(2.0, s)"),
    ("grad of cube", grad(s**3, s), "mul(3.0, sqr(s))"),
    ("exact reciprocal", x / 2, "mul(0.5, x)"),
    ("there and back", T.cast(T.cast(f, "float64"), "float32"), "f"),
    ("two casts", T.cast(T.cast(T.cast(k, "int8"), "int32"), "int64"), "Cast{int64}(Cast{int8}(k))"),
    ("absolute values", abs(x) * abs(y), "abs_(mul(x, y))"),
    ("absolute values below", w / (abs(x) * abs(y)), "true_div(w, abs_(mul(x, y)))"),
    ("inexact reciprocal", x / 3, "true_div(x, 3.0)"),
    ("divided twice", (x / w + y) / w, "true_div(add(true_div(x, w), y), w)"),
    ("one term less", (x - y) + s - s, "sub(x, y)"),
    ("inverse", x**-1, "inv(x)"),
    ("square", x**2, "sqr(x)"),
    # stability
    ("sigmoid", 1 / (1 + T.exp(-x)), "sigmoid(x)"),
    ("sigmoid of difference", 1 / (1 + T.exp(-x - y)), "sigmoid(add(x, y))"),
    ("grad of sigmoid", grad(1 / (1 + T.exp(-s)), s), "mul(sigmoid(s), sigmoid(neg(s)))"),
    ("softplus", T.log(1 + T.exp(x)), "softplus(x)"),
    ("log of 1 - sigmoid", T.log(1 - 1 / (1 + T.exp(-x))), "neg(softplus(x))"),
    ("log1p", T.log(1 + x), "log1p(x)"),
    ("expm1", T.exp(x) - 1, "expm1(x)"),
    ("softmax", T.exp(m) / T.exp(m).sum(axis=1, keepdims=True), "Softmax(m)"),
    (
        "softmax of columns",
        T.exp(m) / T.exp(m).sum(axis=0, keepdims=True),
        "InplaceDimShuffle{1,0}(Softmax(InplaceDimShuffle{1,0}(m)))",
    ),
    (
        "shifted softmax",
        T.exp(m - m.max(axis=1, keepdims=True)) / T.exp(m - m.max(axis=1, keepdims=True)).sum(axis=1, keepdims=True),
        "Softmax(m)",
    ),
    ("logsoftmax", T.log(T.nnet.softmax(m)), "LogSoftmax(m)"),
    # shapes, fills, indices
    ("length", T.exp(x + y).shape[0], "Shape_i{0}(x)"),
    ("zeros_like", T.zeros_like(x) + y, "y"),
    ("fill", T.ones_like(m) * s, "Alloc(InplaceDimShuffle{x,x}(s), Shape_i{0}(m), Shape_i{1}(m))"),
    ("lifted index", (x + y)[0], "add(Subtensor{int64}(x, 0), Subtensor{int64}(y, 0))"),
    ("element of stack", T.stack([s, u])[1], "u"),
    ("whole slice", x[:], "x"),
    ("transposed twice", m.T.T, "m"),
    ("index of transposed", m.T[0], "Subtensor{::, int64}(m, 0)"),
    ("set and read", T.set_subtensor(x[2:5], w[:3])[2:5], None),
    ("increment by zero", T.inc_subtensor(x[2:5], 0.0), "x"),
    # reductions and products
    ("sum of scaled", (2 * x).sum(), "mul(2.0, Sum{axis=[0], acc_dtype=float64}(x))"),
    ("sum of sum", m.sum(axis=0).sum(), "Sum{axis=[0, 1], acc_dtype=float64}(m)"),
    ("max alone", T.max(m, axis=1), "Max{1}(m)"),
    ("transposed dot", T.dot(m, n).T, "dot(InplaceDimShuffle{1,0}(n), InplaceDimShuffle{1,0}(m))"),
    ("gemv", T.dot(m, x) + y, "Gemv{no_inplace}(y, 1.0, m, x, 1.0)"),
    ("gemm", y.dimshuffle("x", 0) + m - 2 * T.dot(n, m), None),
    # choices
    ("known condition", T.switch(T.constant(1), x, y), "x"),
    ("equal branches", T.switch(s > 0, x, x), "x"),
    ("xlogx", T.switch(T.eq(x, 0), 0, x * T.log(x)), "xlogx(x)"),
    ("float32", f * np.float32(2) + f, "mul(3.0, f)"),
]


def inputs_of(e: Any) -> list[Any]:
    from theano.graph import graph_inputs

    return [v for v in graph_inputs([e]) if not hasattr(v, "data")]


def values_for(inputs: list[Any]) -> list[np.ndarray]:
    rng = np.random.default_rng(3)
    return [
        np.asarray(rng.uniform(0.2, 2, (7,) * v.type.ndim) * (1 if "float" in v.type.dtype else 3)).astype(v.type.dtype)
        for v in inputs
    ]


@pytest.mark.parametrize("name,expression,wanted", FORMS, ids=[f[0] for f in FORMS])
def test_form(name: str, expression: Any, wanted: str | None) -> None:
    inputs = inputs_of(expression)
    (before,), (after,) = before_and_after(inputs, expression, values_for(inputs))
    assert before.dtype == after.dtype and before.shape == after.shape
    np.testing.assert_allclose(after, before, rtol=1e-6, atol=1e-12)
    if wanted is not None:
        assert form(inputs, expression) == wanted


def test_shared_sum_stays_closed() -> None:
    """An inner sum that others read is computed once."""
    inner = x + y
    fgraph, _ = rewritten([x, y], [inner + x, T.exp(inner)])
    assert (
        sum(getattr(n.op, "scalar_op", None) is not None and n.op.scalar_op.name == "add" for n in fgraph.toposort())
        == 2
    )


@pytest.mark.parametrize(
    ("first", "second", "apart"),
    [(slice(0, 2), slice(2, 4), True), (slice(2, None), slice(2), True), (slice(0, 3), slice(2, 4), False),
     (slice(None, None, 2), slice(1, None, 2), False), (slice(0, -1), slice(-1, None), False), (slice(2), 3, False)],
)  # fmt: skip
def test_slices_of_a_sum(first: Any, second: Any, apart: bool) -> None:
    """They are sums of slices if each element is computed once then, too."""
    whole = T.exp(x) + y
    outs = [T.cos(whole[first]), T.sin(whole[second])]
    values = [np.arange(6.0), np.ones(6)]
    before, after = before_and_after([x, y], outs, values)
    for a, b in zip(before, after, strict=True):
        np.testing.assert_allclose(a, b)
    names = [getattr(n.op, "scalar_op", None) for n in rewritten([x, y], outs)[0].toposort()]
    assert sum(getattr(n, "name", "") == "exp" for n in names) == (2 if apart else 1)


def test_levels() -> None:
    e = T.log(1 + T.exp(x)) + (x - x) + T.dot(m, y)
    assert "softplus" not in form([x, y, m], e, Query(include=["fast_compile"]))
    assert "Gemv" not in form([x, y, m], e, FAST_RUN.excluding("blas"))
    assert "softplus" not in form([x, y, m], e, FAST_RUN.excluding("log1p(exp(x)) -> softplus(x)"))
    assert form([x], T.log(1 + x), Query(include=["merge"])).startswith("log(add(")


def test_dtype_and_shape_errors_are_kept() -> None:
    """int8 sums wrap as written; mixed dtypes are not flattened into one."""
    b, i = T.bvector("b"), T.ivector("i")
    values = [np.array([100, -100], "int8"), np.array([1, 2], "int32")]
    for e in ((b + b) + i, (b * b) * i, -(b + b) - i, b * 3 * 50):
        inputs = inputs_of(e)
        (before,), (after,) = before_and_after(inputs, e, values[: len(inputs)])
        np.testing.assert_array_equal(before, after)
        assert before.dtype == after.dtype


def test_rows_and_columns_keep_their_pattern() -> None:
    row, col = T.drow("r"), T.dcol("c")
    for e in (row - row + col, row / row * col, (row + col) - row, T.exp(row) * 0 + col, row * col / col):
        inputs = inputs_of(e)
        values = [np.arange(1.0, 4).reshape((1, 3) if v is row else (3, 1)) for v in inputs]
        (before,), (after,) = before_and_after(inputs, e, values)
        np.testing.assert_allclose(after, before)
        assert perform(rewritten(inputs, e)[0], values)[0].shape == (3, 3)


P, Q = T.TensorType("bool", (False,))("P"), T.TensorType("bool", (False,))("Q")
TRUE, FALSE = T.constant(np.array(True)), T.constant(np.array(False))
LOGIC: list[tuple[Any, str]] = [
    (T.and_(P, TRUE), "P"),
    (T.or_(FALSE, P), "P"),
    (T.and_(P, FALSE), "Alloc(False, Shape_i{0}(P))"),
    (T.or_(P, TRUE), "Alloc(True, Shape_i{0}(P))"),
    (T.and_(T.and_(P, TRUE), Q), "and_(P, Q)"),
    (T.and_(P, Q), "and_(P, Q)"),
    (T.and_(P, Q, TRUE), "and_(P, Q)"),
    (T.or_(FALSE, P, Q), "or_(P, Q)"),
    (T.and_(P, T.constant([True, False])), "and_(P, constant[2])"),
]


@pytest.mark.parametrize(("expression", "wanted"), LOGIC, ids=str)
def test_logic(expression: Any, wanted: str) -> None:
    assert form([P, Q], expression) == wanted
    old, new = before_and_after([P, Q], expression, [np.array([True, False])] * 2)
    assert new[0].tolist() == old[0].tolist() and new[0].dtype == old[0].dtype


def test_an_element_that_is_not_there() -> None:
    """Of a vector whose elements are written down: an error when it is asked for, not when it is compiled."""
    assert form([s, u], T.stack([s, u])[-1]) == "u"
    for place in (2, -3):
        later = T.lscalar()  # a number that only rewriting knows
        f = theano.function([s, u], T.stack([s, u])[later], givens={later: T.constant(place, dtype="int64")})
        with pytest.raises(IndexError):
            f(1.0, 2.0)

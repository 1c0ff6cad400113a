from __future__ import annotations

import itertools

import numpy as np
import pytest

import theano.tensor as T
from tests.tensor.oracle import check, check_nodes, run
from theano.tensor.blas import Gemm, Gemv, Ger

R = np.random.RandomState(0)
S = np.float64(2.5)
V, W = R.normal(size=4), R.normal(size=3)
M, N = R.normal(size=(3, 4)), R.normal(size=(4, 2))
B, C = R.normal(size=(5, 3, 4)), R.normal(size=(5, 4, 2))
Q = R.normal(size=(2, 3, 4, 5))

EXPRESSIONS = {
    "0-d": (T.dot, np.dot, S, M),
    "vector vector": (T.dot, np.dot, V, V * 2),
    "matrix vector": (T.dot, np.dot, M, V),
    "vector matrix": (T.dot, np.dot, W, M),
    "matrix matrix": (T.dot, np.dot, M, N),
    "row": (T.dot, np.dot, M[:1], N),
    "col": (T.dot, np.dot, M[:, :1], N[:1]),
    "length 1": (T.dot, np.dot, V[:1], V[:1]),
    "3-d 2-d": (T.dot, np.dot, B, N),
    "3-d 3-d": (T.dot, np.dot, B, C[:2]),
    "1-d 3-d": (T.dot, np.dot, V, C),
    "empty inner": (T.dot, np.dot, M[:, :0], N[:0]),
    "operator": (lambda x, y: x @ y, np.matmul, M, N),
    "method": (lambda x, y: x.dot(y), np.dot, M, N),
    "int": (T.dot, np.dot, M, np.arange(4, dtype="int32")),
    "outer": (T.outer, np.outer, V, W),
    "outer flattens": (T.outer, np.outer, M, V),
    "batched 3 3": (T.batched_dot, np.matmul, B, C),
    "batched 3 2": (T.batched_dot, lambda a, b: np.einsum("nij,nj->ni", a, b), B, C[:, :, 0]),
    "batched 2 3": (T.batched_dot, lambda a, b: np.einsum("nj,njk->nk", a, b), B[:, 0], C),
    "batched 2 2": (T.batched_dot, lambda a, b: np.einsum("nj,nj->n", a, b), B[:, 0], C[:, :, 0]),
    "batched 1": (T.batched_dot, lambda a, b: a[:, None] * b, V, N),
    "batched 1 right": (T.batched_dot, lambda a, b: a * b[:, None], N, V),
    "batched 4": (
        lambda x, y: T.batched_dot(x, y),
        lambda a, b: np.einsum("nijk,nkl->nijl", a, b),
        Q,
        R.normal(size=(2, 5, 3)),
    ),
    "tensordot 2": (T.tensordot, np.tensordot, B, R.normal(size=(3, 4, 2))),
    "tensordot 0": (lambda x, y: T.tensordot(x, y, 0), lambda a, b: np.tensordot(a, b, 0), V, W),
    "tensordot 1": (lambda x, y: T.tensordot(x, y, 1), lambda a, b: np.tensordot(a, b, 1), B, N),
    "tensordot axes": (
        lambda x, y: T.tensordot(x, y, [[1, 2], [1, 0]]),
        lambda a, b: np.tensordot(a, b, [[1, 2], [1, 0]]),
        B,
        R.normal(size=(4, 3, 2)),
    ),
    "tensordot negative": (
        lambda x, y: T.tensordot(x, y, [[-1], [-2]]),
        lambda a, b: np.tensordot(a, b, [[-1], [-2]]),
        B,
        N,
    ),
    "batched_tensordot": (
        lambda x, y: T.batched_tensordot(x, y, [[1, 3], [2, 1]]),
        lambda a, b: np.einsum("nijk,nkil->njl", a, b),
        Q,
        R.normal(size=(2, 5, 3, 2)),
    ),
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_expression(name: str) -> None:
    build, reference, *arrays = EXPRESSIONS[name]
    check(build, *arrays, expect=reference)


@pytest.mark.parametrize(
    ("a", "b"), list(itertools.product(["int8", "int32", "float32", "float64", "complex64"], repeat=2))
)
def test_dtypes(a: str, b: str) -> None:
    build = T.dot(T.matrix(dtype=a), T.vector(dtype=b))
    assert build.dtype == np.promote_types(a, b).name
    check(T.dot, M.astype(a), V.astype(b), expect=lambda p, q: np.dot(p, q), smooth=False)


@pytest.mark.parametrize(
    ("build", "error"),
    [
        (lambda: T.dot(T.constant(np.ones((2, 3))), np.ones(4)), ValueError),
        (lambda: T.batched_dot(T.scalar(), T.tensor3()), TypeError),
        (lambda: T.tensordot(T.matrix(), T.matrix(), 3), ValueError),
        (lambda: T.tensordot(T.matrix(), T.matrix(), [[0, 1], [0]]), ValueError),
        (lambda: T.tensordot(T.matrix(), T.matrix(), [[0, 0], [0, 1]]), ValueError),
        (lambda: T.tensordot(T.matrix(), T.matrix(), [[2], [0]]), ValueError),
        (lambda: T.tensordot(T.constant(np.ones((2, 3))), np.ones((2, 3)), 1), ValueError),
    ],
)
def test_errors_at_build_time(build: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        build()


def test_errors_at_run_time() -> None:
    for a, b in ((M, M), (M, W), (V, W)):
        with pytest.raises(ValueError):
            check(T.dot, a, b)
    with pytest.raises(ValueError):
        check(T.batched_dot, B, C[:3])


BLAS = {
    "Gemv": (Gemv(), (W, S, M, V, np.float64(0.5)), lambda y, a, A, x, b: b * y + a * A @ x),
    "Gemm": (Gemm(), (M @ N, S, M, N, np.float64(0.5)), lambda z, a, x, y, b: b * z + a * x @ y),
    "Ger": (Ger(), (M, S, W, V), lambda A, a, x, y: A + a * np.outer(x, y)),
}


@pytest.mark.parametrize("name", BLAS)
def test_blas(name: str) -> None:
    op, arrays, reference = BLAS[name]
    check(op, *arrays, expect=reference)
    inputs = [T.TensorType("float64", [False] * a.ndim)() for a in arrays]
    (other,) = run(op.decompose(inputs), inputs, arrays)
    np.testing.assert_allclose(other, reference(*arrays))
    assert str(op) == f"{name}{{no_inplace}}"
    assert str(type(op)(True)) == f"{name}{{inplace}}"
    assert type(op)(True).destroy_map == {0: [0]}
    assert type(op)(True) != op == type(op)(False)
    with pytest.raises(TypeError):
        op(*inputs[:-1])
    with pytest.raises(TypeError):
        op(T.fmatrix(), *inputs[1:])


@pytest.mark.parametrize("name", ["Gemv", "Gemm"])
def test_beta_zero_reads_nothing(name: str) -> None:
    op, (z, *others, _), _ = BLAS[name]
    arrays = [np.asarray(a) for a in (z * np.nan, *others, 0.0)]
    inputs = [T.TensorType("float64", [False] * a.ndim)() for a in arrays]
    out = op(*inputs)
    for got in run([out, *op.decompose(inputs)], inputs, arrays):
        np.testing.assert_allclose(got, S * others[1] @ others[2])
    check_nodes(inputs, [np.ones_like(a) for a in arrays], [out])


def test_texts() -> None:
    assert str(T.dot(T.matrix(), T.matrix()).owner.op) == "dot"
    assert str(T.batched_dot(T.tensor3(), T.tensor3()).owner.op) == "BatchedDot"

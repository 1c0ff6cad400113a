from __future__ import annotations

import warnings

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.tensor.oracle import check

R = np.random.RandomState(0)
V = R.normal(size=4)
M = R.normal(size=(3, 4))
I = np.int64  # noqa: E741

EXPRESSIONS = {
    "alloc 0-d": (lambda x: T.alloc(x, 2, 3), lambda a: np.full((2, 3), a), np.float64(2)),
    "alloc row": (lambda x: T.alloc(x, 2, 3, 4), lambda a: np.broadcast_to(a, (2, 3, 4)), M[:1]),
    "alloc vector": (lambda x, n: T.alloc(x, n, 4), lambda a, n: np.broadcast_to(a, (n, 4)), V, I(3)),
    "alloc nothing": (lambda x: T.alloc(x), lambda a: a, np.float64(2)),
    "zeros": (lambda n: T.zeros((n, 2)), lambda n: np.zeros((n, 2)), I(3)),
    "ones int": (lambda n: T.ones(n, "int8"), lambda n: np.ones(n, "int8"), I(3)),
    "zeros of shape": (lambda x: T.zeros(x.shape), lambda a: np.zeros(a.shape), M),
    "zeros_like": (lambda x: T.zeros_like(x), lambda a: a * 0, M),
    "ones_like opt": (lambda x: T.ones_like(x, "int32", opt=True), lambda a: np.ones_like(a, "int32"), M),
    "fill": (lambda x, y: T.fill(x, y), lambda a, b: a * 0 + b, M, np.float64(2)),
    "arange": (lambda n: T.arange(n), lambda n: np.arange(n), I(5)),
    "arange empty": (lambda n: T.arange(n), lambda n: np.arange(n), I(-5)),
    "arange step": (lambda n: T.arange(2, n, 3), lambda n: np.arange(2, n, 3), I(9)),
    "arange down": (lambda n: T.arange(n, -2, -2), lambda n: np.arange(n, -2, -2), I(5)),
    "arange floats": (lambda x: T.arange(x, 2.0, 0.25), lambda x: np.arange(x, 2, 0.25), np.float64(0.3)),
    "eye": (lambda n: T.eye(n, 4, 1), lambda n: np.eye(n, 4, 1), I(3)),
    "identity_like": (lambda x: T.identity_like(x), lambda a: np.eye(3, 4), M),
    "tri": (lambda n: T.tri(n, 4, -1), lambda n: np.tri(n, 4, -1), I(3)),
    "tril": (lambda x: T.tril(x, 1), lambda a: np.tril(a, 1), M),
    "triu": (lambda x: T.triu(x, -1), lambda a: np.triu(a, -1), M),
    "triu of bool": (lambda x: T.triu(x, 1), lambda a: np.triu(a, 1), M > 0),
    "tril of bool": (lambda x: T.tril(x, 1), lambda a: np.tril(a, 1), M > 0),
    "diag of vector": (lambda x: T.diag(x, -1), lambda a: np.diag(a, -1), V),
    "diag of matrix": (lambda x: T.diag(x, 1), lambda a: np.diag(a, 1), M),
    "diagonal": (
        lambda x: T.diagonal(x, 1, 2, 0),
        lambda a: np.diagonal(a, 1, 2, 0),
        R.normal(size=(3, 2, 4)),
    ),
    "diagonal below": (lambda x: x.diagonal(-2), lambda a: np.diagonal(a, -2), M),
    "trace": (lambda x: x.trace(), np.trace, M),
    "fill_diagonal": (
        lambda x, v: T.fill_diagonal(x, v),
        lambda a, v: a * (1 - np.eye(3, 4)) + v * np.eye(3, 4),
        M,
        np.float64(7),
    ),
    "fill_diagonal_offset": (
        lambda x, v, k: T.fill_diagonal_offset(x, v, k),
        lambda a, v, k: a * (1 - np.eye(3, 4, k)) + v * np.eye(3, 4, k),
        M,
        np.float64(7),
        I(-1),
    ),
    "mgrid": (lambda n: T.mgrid[0:n, 1:3][1], lambda n: np.mgrid[0:n, 1:3][1], I(4)),
    "ogrid": (lambda n: T.ogrid[0:n, 1:3][1], lambda n: np.ogrid[0:n, 1:3][1], I(4)),
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_expression(name: str) -> None:
    build, reference, *arrays = EXPRESSIONS[name]
    smooth = name not in ("zeros_like", "zeros of shape", "identity_like", "fill", "arange floats")
    check(build, *arrays, expect=reference, smooth=smooth)


def test_ranges_of_complex_numbers_have_lengths_known_late() -> None:
    """Their `infer_shape` failed, which was reported as a mistake."""
    z = T.zscalar("z")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        f = theano.function([z], [T.arange(z), T.arange(z).shape[0]])
    numbers, n = f(2 + 3j)
    np.testing.assert_array_equal(numbers, np.arange(2 + 3j))
    assert n == len(numbers)


@pytest.mark.parametrize(
    ("arguments", "dtype"),
    [
        ((T.iscalar(),), "int64"),
        ((T.bscalar(), T.wscalar()), "int64"),
        ((T.fscalar(),), "float32"),
        ((T.fscalar(), T.dscalar()), "float64"),
        ((T.scalar(dtype="uint64"),), "float64"),
        ((0, T.fscalar(), 0.5), "float32"),
    ],
)
def test_arange_dtype(arguments: tuple[object, ...], dtype: str) -> None:
    assert T.arange(*arguments).dtype == dtype


def test_patterns() -> None:
    n = T.iscalar()
    assert T.alloc(0.0, 1, n).broadcastable == (True, False)
    assert T.zeros((n, 1, 3)).type.shape == (None, 1, 3)
    assert T.zeros(3).type.shape == (3,)
    assert T.zeros(n).broadcastable == (False,)
    assert T.zeros(T.row().shape).broadcastable == (True, False)
    assert T.zeros(()).ndim == 0


def test_dtype_follows_float_x() -> None:
    assert T.zeros(3).dtype == T.eye(3).dtype == theano.config.floatX
    with theano.config.change_flags(floatX="float32"):
        assert T.ones((2, 2)).dtype == T.eye(3).dtype == "float32"
    assert T.zeros_like(T.ivector()).dtype == "int32"
    assert T.zeros_like(T.ivector(), dtype="floatX").dtype == theano.config.floatX


@pytest.mark.parametrize(
    ("build", "error"),
    [
        (lambda: T.alloc(T.matrix(), 3), TypeError),
        (lambda: T.alloc(0, 1.5), TypeError),
        (lambda: T.alloc(0, T.lvector()), TypeError),
        (lambda: T.alloc(0, -1), ValueError),
        (lambda: T.alloc(np.ones(3), 4), ValueError),
        (lambda: T.zeros(T.lvector()), ValueError),
        (lambda: T.arange(T.vector()), TypeError),
        (lambda: T.diag(T.scalar()), ValueError),
        (lambda: T.diagonal(T.vector()), ValueError),
        (lambda: T.fill_diagonal(T.vector(), 1), TypeError),
        (lambda: T.fill_diagonal(T.matrix(), T.vector()), TypeError),
    ],
)
def test_errors_at_build_time(build: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        build()


def test_errors_at_run_time() -> None:
    with pytest.raises(ZeroDivisionError):
        check(lambda n: T.arange(0, 3, n), I(0))
    with pytest.raises(ValueError, match="cannot fill"):
        check(lambda x, n: T.alloc(x, n), V, I(5))
    with pytest.raises(ValueError):
        check(lambda n: T.zeros(n), I(-1))


def test_texts() -> None:
    n = T.lscalar()
    assert str(T.alloc(0.0, n).owner.op) == "Alloc"
    assert str(T.arange(n).owner.op) == "ARange{dtype='int64'}"
    assert str(T.zeros_like(T.matrix()).owner.op) == "Elemwise{second,no_inplace}"

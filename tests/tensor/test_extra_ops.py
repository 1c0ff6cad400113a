from __future__ import annotations

import itertools

import numpy as np
import pytest
from theano.tensor.extra_ops import CumOp, RepeatOp, Unique

import theano
import theano.tensor as T
from tests.tensor.oracle import check, run
from theano.tensor import extra_ops

R = np.random.RandomState(0)
V = R.uniform(0.5, 2, size=4)
M = R.uniform(0.5, 2, size=(3, 4))
L = np.array([3, 0, 3, 1])

EXPRESSIONS = {
    "cumsum": (lambda x: T.cumsum(x), np.cumsum, M),
    "cumsum 0": (lambda x: x.cumsum(axis=0), lambda a: a.cumsum(0), M),
    "cumsum -1": (lambda x: T.cumsum(x, -1), lambda a: a.cumsum(-1), M),
    "cumsum int8": (lambda x: T.cumsum(x), lambda a: np.cumsum(a, dtype="int8"), np.full(5, 100, "int8")),
    "cumprod": (lambda x: T.cumprod(x), np.cumprod, M),
    "cumprod 1": (lambda x: x.cumprod(axis=1), lambda a: a.cumprod(1), M),
    "cumprod vector": (lambda x: T.cumprod(x), np.cumprod, V),
    "diff": (lambda x: T.diff(x), np.diff, M),
    "diff 2": (lambda x: T.diff(x, 2, axis=0), lambda a: np.diff(a, 2, 0), M),
    "repeat": (lambda x: T.repeat(x, 3), lambda a: np.repeat(a, 3), M),
    "repeat axis": (lambda x: x.repeat(2, axis=1), lambda a: np.repeat(a, 2, 1), M),
    "repeat symbolic": (lambda x, n: T.repeat(x, n, 0), lambda a, n: np.repeat(a, n, 0), M, np.int32(2)),
    "repeat row": (lambda x: T.repeat(x, 2, axis=0), lambda a: np.repeat(a, 2, 0), M[:1]),
    "repeat op by a number": (
        lambda x, n: T.extra_ops.RepeatOp(axis=1)(x, n), lambda a, n: np.repeat(a, n, 1), M, np.int32(2)
    ),
    "repeat op by a number, flat": (lambda x: T.extra_ops.RepeatOp()(x, 2), lambda a: np.repeat(a, 2), M),
    "repeat each": (lambda x, n: T.repeat(x, n), lambda a, n: np.repeat(a, n), V, L),
    "repeat each axis": (lambda x, n: T.repeat(x, n, axis=1), lambda a, n: np.repeat(a, n, 1), M, L),
    "repeat each flat": (
        lambda x, n: T.repeat(x, n),
        lambda a, n: np.repeat(a, n),
        M[:, :2],
        np.array([1, 0, 2, 1, 1, 0]),
    ),
    "to_one_hot": (lambda y: T.to_one_hot(y, 4), lambda y: np.eye(4)[y], L),
    "bincount": (lambda y: T.bincount(y), np.bincount, L),
    "bincount minlength": (lambda y: T.bincount(y, minlength=9), lambda y: np.bincount(y, minlength=9), L),
    "bincount weights": (lambda y, w: T.bincount(y, w), np.bincount, L, V),
    "searchsorted": (
        lambda v, x: T.searchsorted(x, v, side="right"),
        lambda v, x: np.searchsorted(x, v, "right"),
        np.array([[1, 3], [9, 0]]),
        np.array([1, 2, 3, 5]),
    ),
    "compress": (lambda x: T.compress([0, 1, 1], x, axis=0), lambda a: np.compress([0, 1, 1], a, axis=0), M),
    "unravel": (
        lambda i: T.stack(T.unravel_index(i, (3, 4)), axis=0),
        lambda i: np.stack(np.unravel_index(i, (3, 4))),
        np.array([0, 5, 11]),
    ),
    "unravel F": (
        lambda i: T.stack(T.unravel_index(i, (3, 4), order="F"), axis=0),
        lambda i: np.stack(np.unravel_index(i, (3, 4), order="F")),
        np.array([0, 5, 11]),
    ),
    "ravel": (
        lambda i: T.ravel_multi_index((i, i + 1), (5, 6)),
        lambda i: np.ravel_multi_index((i, i + 1), (5, 6)),
        L,
    ),
    "ravel clip": (
        lambda i: T.ravel_multi_index((i, i * 9), (5, 6), mode="clip"),
        lambda i: np.ravel_multi_index((i, i * 9), (5, 6), mode="clip"),
        L,
    ),
    "contiguous": (lambda x: extra_ops.cpu_contiguous(x.T), lambda a: a.T, M),
    "unique": (lambda x: Unique()(x), np.unique, L),
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_expression(name: str) -> None:
    build, reference, *arrays = EXPRESSIONS[name]
    check(build, *arrays, expect=reference)


@pytest.mark.parametrize("m", [0, 1, 2, 5, 6])
def test_bartlett(m: int) -> None:
    (got,) = run([extra_ops.bartlett(m)], [], [])
    np.testing.assert_allclose(got, np.bartlett(m), atol=1e-15)


def test_unique_with_everything() -> None:
    x = T.lvector()
    got = run(Unique(True, True, True)(x), [x], [L])
    for mine, theirs in zip(got, np.unique(L, True, True, True), strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("axis", [0, 1, -1])
@pytest.mark.parametrize("dtype", ["int16", "float64", "complex64"])
def test_unique_slices(dtype: str, axis: int) -> None:
    a = np.array([[1, 0, 1, 0], [0, 1, 0, 1], [1, 0, 1, 0]], dtype)
    x = T.TensorType(dtype, (False, False))("x")
    for flags in itertools.product([False, True], repeat=3):
        found = Unique(*flags, axis=axis)(x)
        wanted = np.unique(a, *flags, axis=axis)  # type: ignore[call-overload]
        if not any(flags):
            found, wanted = [found], [wanted]
        for mine, theirs in zip(run(found, [x], [a]), wanted, strict=True):
            np.testing.assert_array_equal(mine, theirs)


def test_unique_slices_with_nans_keep_their_order() -> None:
    """NumPy leaves their order open unless it is asked for positions."""
    a = np.tile([[np.nan, 1], [2, np.nan]], (40, 1))
    x = T.dmatrix()
    _, inverse = run(Unique(return_inverse=True, axis=0)(x), [x], [a])
    np.testing.assert_array_equal(inverse, np.unique(a, True, True, axis=0)[2])
    with pytest.raises(ValueError, match="axis"):
        Unique(axis=2)(x)


@pytest.mark.parametrize(
    ("build", "error"),
    [
        (lambda: CumOp(0, "max"), ValueError),
        (lambda: T.cumsum(T.matrix(), axis=2), ValueError),
        (lambda: T.repeat(T.matrix(), 1.5), TypeError),
        (lambda: T.repeat(T.matrix(), T.lmatrix()), ValueError),
        (lambda: T.repeat(T.matrix(), 2, axis=3), ValueError),
        (lambda: T.to_one_hot(T.dvector(), 3), TypeError),
        (lambda: T.bincount(T.dvector()), TypeError),
        (lambda: T.searchsorted(T.matrix(), 1), ValueError),
        (lambda: T.searchsorted(T.vector(), 1, side="middle"), ValueError),
        (lambda: T.ravel_multi_index((1, 2), (2, 2), mode="x"), ValueError),
        (lambda: RepeatOp()(T.vector(), T.dvector()), TypeError),
    ],
)
def test_errors(build: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        build()


def test_texts() -> None:
    assert str(T.cumsum(T.vector()).owner.op) == "CumOp{None, add}"
    assert T.repeat(T.row(), 2, axis=1).broadcastable == (True, False)


@pytest.mark.parametrize(
    "positions",
    [
        lambda i: T.ravel_multi_index((i, 0 * i), (2, 3)),
        lambda i: T.ravel_multi_index((0 * i, i), (2, 2), order="F"),
        lambda i: T.stack(T.unravel_index(i, (1, 2))),
    ],
)
@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
def test_positions_out_of_range(positions, mode):
    i = T.lvector("i")
    f = theano.function([i], positions(i), mode=mode)
    f([0, 1])
    for wrong in ([0, 2], [-1, 0]):
        with pytest.raises(ValueError, match="out of range|not in an array"):
            f(wrong)


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
@pytest.mark.parametrize("dtype", ["int8", "uint8", "int64", "uint64"])
def test_counts_of_nothing(mode: str, dtype: str) -> None:
    x, w = T.TensorType(dtype, (None,))(), T.fvector()
    results = [T.bincount(x), T.bincount(x, minlength=3), T.bincount(x, w), T.bincount(x, w, minlength=2)]
    f = theano.function([x, w], [*results, T.bincount(x, assert_nonneg=True)], mode=mode)
    found = f(np.zeros(0, dtype), np.zeros(0, "float32"))
    assert [v.tolist() for v in found] == [[], [0] * 3, [], [0] * 2, []]
    assert [v.dtype for v in found] == ["int64", "int64", "float32", "float32", "int64"]
    found = f(np.array([1, 100, 1], dtype), np.ones(3, "float32"))
    for ours, least in zip(found[:2], (0, 3), strict=True):
        np.testing.assert_array_equal(ours, np.bincount([1, 100, 1], minlength=least))

from __future__ import annotations

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.tensor.oracle import check
from theano.gradient import grad

R = np.random.RandomState(0)
V = R.normal(size=4)
M = R.normal(size=(3, 4))
N = R.normal(size=(2, 4))
S = np.float64(2.5)
I = np.int64  # noqa: E741

EXPRESSIONS = {
    "concatenate": (lambda x, y: T.concatenate([x, y]), lambda a, b: np.concatenate([a, b]), M, N),
    "axis 1": (lambda x: T.concatenate([x, x * 2], axis=1), lambda a: np.concatenate([a, a * 2], 1), M),
    "axis -1": (lambda x: T.concatenate([x, x * 2], axis=-1), lambda a: np.concatenate([a, a * 2], 1), M),
    "symbolic axis": (lambda x, k: T.join(k, x, x), lambda a, k: np.concatenate([a, a], k), M, I(1)),
    "rows": (
        lambda x, y: T.concatenate([x, y], axis=1),
        lambda a, b: np.concatenate([a, b], 1),
        M[:1],
        N[:1],
    ),
    "mixed dtypes": (
        lambda x, y: T.concatenate([x, y]),
        lambda a, b: np.concatenate([a, b]),
        V,
        np.arange(3, dtype="int8"),
    ),
    "stack": (lambda x, y: T.stack([x, y]), lambda a, b: np.stack([a, b]), V, V * 2),
    "stack axis 1": (lambda x, y: T.stack([x, y], axis=1), lambda a, b: np.stack([a, b], 1), V, V * 2),
    "stack axis -1": (lambda x, y: T.stack([x, y], -1), lambda a, b: np.stack([a, b], -1), M, M * 2),
    "stack old": (lambda x, y: T.stack(x, y), lambda a, b: np.stack([a, b]), V, V * 2),
    "stack scalars": (lambda x: T.stack([x, 1, x * x]), lambda a: np.stack([a, 1, a * a]), S),
    "stacklists": (lambda x: T.stacklists([[x, x * 2], [x, 3.0]]), lambda a: [[a, a * 2], [a, 3]], S),
    "list as tensor": (lambda x: T.as_tensor_variable([x, x * 2]).sum(0), lambda a: a * 3, V),
    "split": (lambda x: T.split(x, [1, 3], 2, 1)[1] * 2, lambda a: a[:, 1:] * 2, M),
    "split both": (
        lambda x: (lambda p: p[0] * p[1][:, :1])(T.split(x, [1, 3], 2, axis=1)),
        lambda a: a[:, :1] * a[:, 1:2],
        M,
    ),
    "split one": (lambda x: T.split(x, [4], 1), lambda a: a, V),
    "roll": (lambda x: T.roll(x, 1), lambda a: np.roll(a, 1), V),
    "roll back": (lambda x: T.roll(x, -5, axis=1), lambda a: np.roll(a, -5, 1), M),
    "roll none": (lambda x, k: T.roll(x, k, axis=0), lambda a, k: np.roll(a, k, 0), M, I(0)),
    "roll flat": (lambda x: T.roll(x, 2), lambda a: np.roll(a, 2), M),
    "tile": (lambda x: T.tile(x, 3), lambda a: np.tile(a, 3), V),
    "tile 2": (lambda x: T.tile(x, (2, 3)), lambda a: np.tile(a, (2, 3)), M),
    "tile more": (lambda x, n: T.tile(x, (2, n)), lambda a, n: np.tile(a, (2, n)), V, I(2)),
    "tile ndim": (lambda x: T.tile(x, [2], ndim=3), lambda a: np.tile(a, (1, 1, 2)), M),
    "tile row": (lambda x: T.tile(x, (2, 1)), lambda a: np.tile(a, (2, 1)), M[:1]),
    "horizontal": (lambda x: T.horizontal_stack(x, x), lambda a: np.hstack([a, a]), M),
    "vertical": (lambda x, y: T.vertical_stack(x, y), lambda a, b: np.vstack([a, b]), M, N),
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_expression(name: str) -> None:
    build, reference, *arrays = EXPRESSIONS[name]
    check(build, *arrays, expect=reference)


def test_patterns() -> None:
    assert T.concatenate([T.row(), T.matrix()], axis=0).broadcastable == (False, False)
    assert T.concatenate([T.row(), T.matrix()], axis=1).broadcastable == (True, False)
    assert T.concatenate([T.row(), T.row()], axis=T.iscalar()).broadcastable == (False, False)
    assert T.stack([T.vector(), T.vector()]).broadcastable == (False, False)
    assert T.stack([T.vector()]).broadcastable == (True, False)
    assert T.stack([T.scalar()]).broadcastable == (False,)
    x = T.matrix()
    assert T.concatenate([x]) is x


@pytest.mark.parametrize(
    ("build", "error"),
    [
        (lambda: T.concatenate([]), ValueError),
        (lambda: T.concatenate(T.matrix()), TypeError),
        (lambda: T.concatenate([T.scalar(), T.scalar()]), TypeError),
        (lambda: T.concatenate([T.matrix(), T.vector()]), TypeError),
        (lambda: T.concatenate([T.matrix(), T.matrix()], axis=2), ValueError),
        (lambda: T.concatenate([T.matrix(), T.matrix()], axis=-3), IndexError),
        (lambda: T.concatenate([T.constant(np.ones((2, 3))), np.ones((2, 4))], axis=0), ValueError),
        (lambda: T.stack([]), ValueError),
        (lambda: T.stack([T.vector(), T.matrix()]), TypeError),
        (lambda: T.stack([T.vector(), T.vector()], axis=2), IndexError),
        (lambda: T.split(T.vector(), [1, -1], 2), ValueError),
        (lambda: T.split(T.vector(), [1, 2], 3), ValueError),
        (lambda: T.split(T.vector(), [1, 2], 2, axis=1), ValueError),
        (lambda: T.split(T.constant(np.ones(4)), [1, 2], 2), ValueError),
        (lambda: T.roll(T.vector(), 1, axis=1), ValueError),
    ],
)
def test_errors_at_build_time(build: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        build()


def test_errors_at_run_time() -> None:
    with pytest.raises(ValueError):
        check(lambda x, y: T.concatenate([x, y], axis=1), M, N)
    with pytest.raises(ValueError, match="sum"):
        check(lambda x: T.split(x, [1, 2], 2)[0], V)


def test_gradient_of_discrete() -> None:
    i = T.ivector()
    g = grad(T.concatenate([i, i]).sum(), i)
    assert g.dtype == "float64"


def test_texts() -> None:
    x = T.vector()
    assert str(T.concatenate([x, x]).owner.op) == "Join"
    assert str(T.split(x, [1, 2], 2)[0].owner.op) == "Split{2}"
    assert str(T.stack([T.dscalar(), 1]).owner.op) == "MakeVector{dtype='float64'}"


@pytest.mark.parametrize("which", [1, 2])
def test_the_array_that_does_not_fit_is_named(which):
    x = [T.dmatrix(f"x{k}") for k in range(3)]
    f = theano.function(x, T.join(0, *x), mode="FAST_RUN")
    values = [np.ones((2, 3)) for _ in x]
    assert f(*values).shape == (6, 3)
    values[which] = np.ones((2, 4))
    with pytest.raises(ValueError, match=f"array 0 has length 3 and array {which} has length 4"):
        f(*values)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint64", "float16", "float32", "complex64", "complex128"])
def test_scalars_of_any_dtype_are_stacked(dtype):
    x = T.scalar("x", dtype=dtype)
    few, many = T.stack([x, x]), T.stack([x] * 40)
    for optimizer in (None, "fast_run"):
        f = theano.function([x], [few, many, few[1:], T.join(0, few, many)], mode=theano.Mode("cvm", optimizer))
        found = f(np.ones((), dtype))
        assert [(v.dtype, v.tolist()) for v in found] == [(dtype, [1] * n) for n in (2, 40, 1, 42)]

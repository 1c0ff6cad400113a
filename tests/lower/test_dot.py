"""Products with a factor and something added, as programs write them and as rewriting makes them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from theano.tensor.blas import Gemm, Gemv, Ger

import theano
import theano.tensor as T

A, B, C = T.dmatrix("A"), T.dmatrix("B"), T.dmatrix("C")
v, w, s, t = T.dvector("v"), T.dvector("w"), T.dscalar("s"), T.dscalar("t")
RNG = np.random.default_rng(0)
VALUES: dict[Any, Any] = {
    A: RNG.normal(size=(3, 4)), B: RNG.normal(size=(4, 5)), C: RNG.normal(size=(3, 5)), v: RNG.normal(size=4),
    w: RNG.normal(size=3), s: 0.75, t: -1.5,
}  # fmt: skip
# Factors that are known are left out where they are 1 (or 0); others are read in the call.
FACTORS: list[Any] = [0.0, 1.0, -1.0, 2.5, s, t]


def plain(x: Any) -> Any:
    return VALUES[x] if x in (s, t) else x


def factor(x: Any) -> Any:
    return x if x in (s, t) else T.constant(x, dtype="float64")


def agrees(out: Any, inputs: list[Any], wanted: Any) -> None:
    f = theano.function(inputs, out, mode=theano.Mode(optimizer=None), on_unused_input="ignore")
    np.testing.assert_allclose(f(*(VALUES[x] for x in inputs)), wanted, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("alpha", FACTORS, ids=str)
@pytest.mark.parametrize("beta", FACTORS, ids=str)
def test_scaled_products(alpha: Any, beta: Any) -> None:
    a, b = plain(alpha), plain(beta)
    one, other = factor(alpha), factor(beta)
    inputs = [A, B, C, v, w, s, t]
    agrees(Gemm(False)(C, one, A, B, other), inputs, b * VALUES[C] + a * VALUES[A] @ VALUES[B])
    agrees(Gemv(False)(w, one, A, v, other), inputs, b * VALUES[w] + a * VALUES[A] @ VALUES[v])


@pytest.mark.parametrize("alpha", FACTORS, ids=str)
def test_rank_one_updates(alpha: Any) -> None:
    made = Ger(False)(A, factor(alpha), w, v)
    agrees(made, [A, v, w, s, t], VALUES[A] + plain(alpha) * np.outer(VALUES[w], VALUES[v]))


@pytest.mark.parametrize(("alpha", "beta"), [(1.0, 1.0), (s, 1.0), (2.0, t), (s, t)])
def test_products_that_update_what_they_add_to(alpha: Any, beta: Any) -> None:
    """A product is added to a shared matrix in its place, the old content being scaled first."""
    total = theano.shared(VALUES[C], "total")
    updates = [(total, beta * total + alpha * T.dot(A, B))]
    f = theano.function([A, B, s, t], [], updates=updates, on_unused_input="ignore")
    wanted = VALUES[C]
    for _ in range(3):
        f(VALUES[A], VALUES[B], VALUES[s], VALUES[t])
        wanted = plain(beta) * wanted + plain(alpha) * VALUES[A] @ VALUES[B]
    np.testing.assert_allclose(total.get_value(), wanted, rtol=1e-12)


@pytest.mark.parametrize("where", ["rows", "columns", "inner"])
def test_sizes_that_do_not_fit(where: str) -> None:
    f = theano.function([A, B, C], Gemm(False)(C, factor(1.0), A, B, factor(1.0)))
    values = {A: VALUES[A], B: VALUES[B], C: VALUES[C]}
    values[{"rows": A, "columns": C, "inner": B}[where]] = np.ones((2, 2))
    with pytest.raises(ValueError):
        f(*values.values())


@pytest.mark.parametrize("where", ["rows", "columns", "inner"])
def test_products_do_not_update_what_they_do_not_fit(where: str) -> None:
    total = theano.shared(VALUES[C], "total")
    f = theano.function([A, B], [], updates=[(total, total + T.dot(A, B))])
    a, b = VALUES[A], VALUES[B]
    a, b = {"rows": (a[1:], b), "columns": (a, b[:, 1:]), "inner": (a, b[1:])}[where]
    with pytest.raises(ValueError):
        f(a, b)
    np.testing.assert_array_equal(total.get_value(), VALUES[C])


STACKS = {"both": (3, 3), "first": (3, 2), "second": (2, 3), "none": (2, 2)}


@pytest.mark.parametrize("case", STACKS)
def test_batched_products(case: str) -> None:
    shapes = {2: [(6, 4), (6, 4)], 3: [(6, 3, 4), (6, 4, 5)]}
    left, right = (RNG.normal(size=shapes[n][k]) for k, n in enumerate(STACKS[case]))
    x, y = T.tensor("float64", (False,) * left.ndim), T.tensor("float64", (False,) * right.ndim)
    f = theano.function([x, y], T.batched_dot(x, y))
    wanted = np.stack([np.dot(a, b) for a, b in zip(left, right)])
    np.testing.assert_allclose(f(left, right), wanted, rtol=1e-12)
    with pytest.raises(ValueError):
        f(left[1:], right)


X, Y = T.dtensor3("X"), T.dtensor3("Y")


def turned(x: Any) -> Any:
    return x.dimshuffle(0, 2, 1)


@pytest.mark.parametrize("number", [0.25, -3.0, s], ids=str)
@pytest.mark.parametrize(
    "make",
    [
        lambda a, x, y: T.batched_dot(a * x, y),
        lambda a, x, y: T.batched_dot(x, y * a),
        lambda a, x, y: T.batched_dot(a * x, a * y),
        lambda a, x, y: turned(T.batched_dot(turned(a * y), turned(x))),
        lambda a, x, y: T.batched_dot(a * turned(turned(x)), (a * turned(y)).dimshuffle(0, 2, 1)),
        lambda a, x, y: T.batched_dot(a * x[::-1, :, ::2], y[::-1, ::2]),
        lambda a, x, y: (T.batched_dot(x, y) * a).reshape((-1, y.shape[2])),
    ],
)
def test_a_factor_of_a_stack_goes_into_the_product(number: Any, make: Any) -> None:
    """No loop makes the multiple; what is seen of an array may be turned round or a part of it."""
    f = theano.function([X, Y, s], make(number, X, Y), on_unused_input="ignore")
    assert " = mul(" not in theano.printing.items(f)
    slow = theano.function([X, Y, s], make(number, X, Y), on_unused_input="ignore", mode="FAST_COMPILE")
    rng = np.random.default_rng(1)
    for batch, n, m, k in [(3, 4, 6, 5), (1, 2, 2, 2), (0, 3, 4, 2), (2, 0, 3, 2), (9, 33, 18, 40)]:
        x, y = rng.normal(size=(batch, n, m)), rng.normal(size=(batch, m, k))
        wanted = slow(x, y, 0.75)
        np.testing.assert_allclose(f(x, y, 0.75), wanted, rtol=1e-11, atol=1e-11)


def test_a_factor_keeps_what_is_not_finite() -> None:
    f = theano.function([X, Y, s], T.batched_dot(s * X, Y))
    x, y = np.ones((2, 3, 4)), np.ones((2, 4, 5))
    x[0, 1, 2] = np.nan
    assert np.isnan(f(x, y, 0.0)[0, 1]).all() and not f(x, y, 0.0)[0, 0].any()


def test_what_else_is_multiplied_stays() -> None:
    """An array that is read elsewhere, whole numbers, and factors that are no numbers."""
    i, j = T.itensor3("i"), T.itensor3("j")
    f = theano.function([i, j], T.batched_dot(3 * i, j))
    x, y = np.arange(24).reshape(2, 3, 4).astype("int32"), np.arange(40).reshape(2, 4, 5).astype("int32")
    np.testing.assert_array_equal(f(x, y), 3 * (x @ y))
    g = theano.function([X, Y], [T.batched_dot(2 * X, Y), 2 * X, T.batched_dot(X * X.sum(axis=2, keepdims=True), Y)])
    a, b = RNG.normal(size=(2, 3, 4)), RNG.normal(size=(2, 4, 5))
    for found, right in zip(g(a, b), (2 * a @ b, 2 * a, (a * a.sum(axis=2, keepdims=True)) @ b), strict=True):
        np.testing.assert_allclose(found, right, rtol=1e-12, atol=1e-12)

"""Gradients through choices: the side that is not taken never makes NaN, in first and second derivatives."""

from __future__ import annotations

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.graph import evaluate, io_toposort
from theano.ifelse import ifelse

# At all points the value that is chosen is smooth; derivatives of what is not chosen are infinite or NaN.
X = np.array([0.0, -1.0, 2.0, 0.3])
STEP = 1e-5


def colour(x):
    """The inverse of the transfer function of sRGB."""
    return T.switch(x > 0.04045, ((x + 0.055) / 1.055) ** 2.4, x / 12.92)


def in_a_loop(x, step, **more):
    return theano.scan(step, sequences=x, **more)[0]


def through_a_state(x):
    return in_a_loop(
        x, lambda e, s: T.switch(e > 0.5, s * T.sqrt(e), s + e**2), outputs_info=np.float64(1.0)
    )


def in_columns(x):
    """Conditions of a matrix, values of a row: no element of some columns is taken."""
    above = T.constant(np.array([[True, True, False, True]] * 3))
    return T.switch(above, 1.0, T.sqrt(x)[None, :] * T.constant([[1.0], [2.0], [3.0]]))


def of_rows(x):
    m = T.stack([x, 2 * x])
    size = (m**2).sum(axis=0, keepdims=True)
    return T.switch(size > 0.5, m / T.sqrt(size), m)


def a_number(x):
    s = T.sqrt(x[0])
    return T.switch(x > 5, s * x, x**2)


def with_two_conditions(x):
    return T.switch(x > 0.2, T.sqrt(T.switch(x > 0.5, x - 0.5, 0.0)), x)


def at_places(x):
    low = T.concatenate([T.sqrt(x), T.log(x)])
    both = T.concatenate([x, x])
    return T.switch(both > 0.5, low, both)


CHOICES = {
    "power": lambda x: T.switch(x > 0.5, x**0.42, x * x),
    "power of both": lambda x: T.switch(x > 0.1, x**0.42, (0.2 - x) ** 0.42),
    "colour": colour,
    "root": lambda x: T.switch(x > 0.5, T.sqrt(x), T.sin(x)),
    "logarithm": lambda x: T.switch(x > 0.5, x * T.log(x), x * x),
    "quotient": lambda x: T.switch(x > 0.5, 1 / x, x**3),
    "quotient of a chosen one": lambda x: T.sin(T.switch(abs(x) > 0.1, T.sin(x) / x, 1.0 - x**2 / 6) * (1 + x)),
    "other side": lambda x: T.switch(x <= 0.5, x * x, T.arccosh(x)),
    "where": lambda x: T.where(x > 0.5, T.log(x), x),
    "overflow": lambda x: T.switch(x > -0.5, x**2, x**3) + T.switch(x < 5, x, T.exp(T.exp(1000 * x))),
    "infinite factor": lambda x: T.switch(x > 0.5, x * T.exp(T.switch(x > 0.5, x, np.inf)), x),
    "nested": lambda x: T.switch(x > 0.5, T.sqrt(T.switch(x > 0.5, x, 0.0)), x),
    "two conditions": with_two_conditions,
    "both of two": lambda x: T.switch(x > 0.5, T.switch(x > 1, T.sqrt(x - 1), x), T.switch(x < 0.1, x**2, T.log(x))),
    "maximum": lambda x: T.maximum(x + 3, abs(x) ** 0.42),
    "minimum": lambda x: T.minimum(x - 3, abs(x) ** 0.42),
    "of three": lambda x: T.maximum(x + 3, abs(x) ** 0.42, abs(x) ** 0.3),
    "clip": lambda x: T.clip(T.sqrt(x * x), 0.1, 0.9) + x,
    "bounds": lambda x: T.clip(x, -2 - T.sqrt(x * x), 9 + abs(x) ** 0.42) ** 2,
    "max": lambda x: T.stack([x + 3, abs(x) ** 0.42]).max(axis=0),
    "min": lambda x: T.stack([x - 3, abs(x) ** 0.42]).min(axis=0),
    "several uses": lambda x: T.switch(T.sqrt(x * x) > 0.2, T.sqrt(x * x) ** 3 + T.sqrt(x * x), x),
    "several masks": lambda x: (
        T.switch(x > 0.5, s := abs(x) ** 0.42, x) + T.switch(x > 0.7, s**2, 1.0) + T.switch(x > 0.9, s, 1.0)
    ),
    "cast": lambda x: T.switch(x > 0.5, T.cast(T.sqrt(T.cast(x, "float32")), "float64") * 0 + x**2, x),
    "an integer as condition": lambda x: T.switch(T.cast(x > 0.5, "int8"), T.sqrt(x), x),
    "a known condition": lambda x: T.switch(T.constant(X > 0.5), T.sqrt(x), x**2),
    "a number as condition": lambda x: T.switch(x.sum() > 5, T.sqrt(x), x**2),
    "columns": in_columns,
    "a broadcast number": a_number,
    "norms": of_rows,
    "norm": lambda x: T.switch(x[0] > 0.5, T.sqrt((x[:1] ** 2).sum()) ** 3, x.sum()),
    "product": lambda x: T.switch(x[0] > 0.5, T.sqrt(x).prod(), (x**2).sum()),
    "product of undefined ones": lambda x: T.switch(x > 5, ((x - 9) ** 0.42).prod(), x) ** 3,
    "choice for all of a choice": lambda x: T.switch(
        colour(x).sum() > 1e3, T.cumprod(T.log2(colour(x) - 9)), x * x
    ),
    "running products": lambda x: T.switch(x[:, None] > 5, T.cumprod(T.sqrt(x - 9))[None, :], x[None, :] ** 2),
    "running sums": lambda x: T.switch(x > 5, T.cumsum(T.sqrt(x - 9).reshape((1, 4)), axis=1).reshape((4,)), x) ** 2,
    "running sum": lambda x: T.switch(x[:, None] > 5, T.cumsum(T.sqrt(T.diag(x) - 9)).reshape((4, 4)), x**2),
    "complex": lambda x: T.switch(x > 5, T.real(T.cast(T.sqrt(x - 9), "complex128").prod()), x**2),
    "transposed": lambda x: T.switch(x[:, None] > 0.5, T.sqrt(x[None, :].T), x[:, None] ** 2),
    "reshaped": lambda x: T.switch(x.reshape((2, 2)) > 0.5, T.log(x).reshape((2, 2)), 1.0),
    "joined": at_places,
    "elements": lambda x: T.switch(T.constant([False, True]), T.stack([T.sqrt(x[0]), x[2] ** 0.42]), x[2]),
    "filled": lambda x: T.switch(x > 5, T.alloc(T.sqrt(x[0]), 4), x**2) + T.switch(x > 5, T.fill(x, T.log(x[1])), x),
    "product of matrices": lambda x: T.dot(T.constant([[1.0, 2], [3, 4]]), colour(x).reshape((2, 2))),
    "branch": lambda x: ifelse(x[0] > 0.5, T.sqrt(x), x**2),
    "branch of a choice": lambda x: T.switch(x > 0.1, 1 / T.sqrt(ifelse(x[0] > 5, T.switch(x > 5, x, x**3), x * x)), x),
    "value of two branches": lambda x: ifelse(x[0] > 5, (s := T.sqrt(x * x)) ** 2, x) + ifelse(x[1] > 5, s, x**3),
    "value of two nested branches": lambda x: ifelse(
        x[2] > 1, ifelse(x[0] > 5, (s := T.sqrt(x * x)) ** 2, x), x
    ) + ifelse(x[1] > 5, s, x**3),
    "branch in a branch": lambda x: ifelse(
        x[2] > 1, ifelse(x[0] > 5, T.sqrt(T.switch(x > 0.5, x, x - 1).reshape((2, 2)).T)[::-1].sum(), x.sum()), x[0]
    ) * x,
    "function": lambda x: theano.OpFromGraph([v := T.dvector()], [colour(v)])(x),
    "loop": lambda x: in_a_loop(x, lambda e: T.switch(e > 0.5, e**0.42, e**2)),
    "loop with a state": through_a_state,
    "choice of a loop's results": lambda x: T.switch(x > 0.5, in_a_loop(x, lambda e: T.sqrt(e) * e), x**2),
}


@pytest.mark.parametrize("name", CHOICES)
def test_first_and_second_derivatives(name):
    x = T.dvector("x")
    out = CHOICES[name](x)
    weights = np.linspace(0.5, 1.5, evaluate([out], {x: X})[0].size)
    cost = (T.constant(weights) * T.flatten(out)).sum() if out.ndim else out
    gradient = T.grad(cost, x)
    both = theano.function([x], [cost, gradient], mode="FAST_COMPILE")
    ends = [(both(X + s), both(X - s)) for s in np.eye(4) * STEP]
    expected = [(a[0] - b[0]) / (2 * STEP) for a, b in ends]
    bent = np.stack([(a[1] - b[1]) / (2 * STEP) for a, b in ends], axis=1)
    for mode in ("FAST_COMPILE", "FAST_RUN"):
        f = theano.function([x], [gradient, theano.gradient.hessian(cost, x)], mode=mode)
        for got, wanted in zip(f(X), (expected, bent), strict=True):
            np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-5, err_msg=mode)


def test_as_long_as_the_chain():
    """A chain of choices has a gradient of as many nodes: one mask for each link."""
    counts = []
    for n in (20, 40):
        x = y = T.dvector("x")
        for k in range(n):
            y = T.clip(T.sqrt(y) * 1.01, 0.1 * k, 1e3)
        counts.append(len(io_toposort([], [T.grad(y.sum(), x)])))
    assert counts[1] < 2.1 * counts[0]

"""Products in functions: compiled code, its interpreter and the ops' definitions agree; updates in place, aliases."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.backend.functions import Case, compiled
from tests.backend.test_interpreter import interpret
from theano.loops import host as hs
from theano.loops import stmt as st

RATE = 0.25
Built = tuple[Any, ...]  # inputs, outputs, updates


def numbers(seed: int, *shape: int, dtype: str = "float64") -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def weights(dtype: str, *shape: int, seed: int = 0) -> Any:
    return theano.shared(numbers(seed, *shape, dtype=dtype), name="w")


def backward(x: Any, d: Any, w: Any) -> Built:
    """A step back through a product, and the update of its matrix."""
    return [x, d], [T.dot(d, w.T)], [(w, w - RATE * T.dot(x.T, d))]


def two_layers(x: Any, d: Any, w: Any) -> Built:
    h = T.tanh(T.dot(x, w))
    grad = T.grad(T.sum(T.dot(h, w.T) * x) + T.sum(h * d), w)
    return [x, d], [h], [(w, w - RATE * grad)]


def kept(x: Any, d: Any, w: Any) -> Built:
    """Old and new content are returned, too."""
    new = w - RATE * T.dot(x.T, d)
    return [x, d], [w, new, new.sum(), T.dot(x, new)], [(w, new)]


def scaled(x: Any, d: Any, w: Any) -> Built:
    return [x, d], [w.sum()], [(w, 0.5 * w + x.sum() * T.dot(x.T, d))]


def momentum(x: Any, d: Any, w: Any) -> Built:
    v = theano.shared(np.zeros_like(w.get_value()))
    new = 0.5 * v - RATE * T.dot(x.T, d)
    return [x, d], [T.dot(d, w.T)], [(v, new), (w, w + new)]


def read_later(x: Any, d: Any, w: Any) -> Built:
    """Something else reads the old matrix, and cannot come before."""
    g = T.dot(d, w.T)
    return [x, d], [T.dot(g, w), T.dot(g, w).sum(axis=0) + w[0]], [(w, w - RATE * T.dot(x.T, d))]


def two_updates(x: Any, d: Any, w: Any) -> Built:
    other = theano.shared(w.get_value() + 1)
    step = RATE * T.dot(x.T, d)
    return [x, d], [], [(w, other - step), (other, w - step)]


def by_itself(x: Any, d: Any, w: Any) -> Built:
    return [x, d], [x.sum()], [(w, w - 2.0**-10 * T.dot(T.dot(w, d.T), T.dot(d, T.dot(w.T, w))))]


def transposed(x: Any, d: Any, w: Any) -> Built:
    return [x, d], [T.dot(w.T, x.T)], [(w, w + T.dot(d.T, x).T)]


def through_itself(x: Any, d: Any, w: Any) -> Built:
    """The update needs the step back, so the two cannot be one read of the matrix."""
    g = T.dot(d, w.T)
    return [x, d], [g + x], [(w, w - RATE * T.dot(T.tanh(g).T, d))]


UPDATES = [
    backward, two_layers, kept, scaled, momentum, read_later, two_updates, by_itself, transposed, through_itself,
]  # fmt: skip
SHAPES = [(1, 7, 5), (0, 3, 4), (9, 7, 17), (2, 1, 1), (1, 9, 17), (13, 6, 8), (3, 4, 0)]


def agree(build: Callable[[], Built], args: list[np.ndarray], turns: int = 2) -> Any:
    """Run compiled code, its interpreter and NumPy side by side; the compiled function."""
    f = compiled(Case("", build, args))
    assert f.function.is_native
    f.lowered.verify()
    inputs, outputs, *updates = build()
    slow = theano.function(inputs, outputs, updates=updates[0] if updates else None, mode="FAST_COMPILE")
    slow_storages = slow.executor.plan.storages
    eps = np.finfo(args[0].dtype).eps * 200
    for _ in range(turns):
        storages = copy.deepcopy(f.storages)
        from_text = interpret(f, args, storages)
        native, wanted = f.function(*args), slow(*args)
        for a, c, e in zip(from_text, native, wanted, strict=True):
            assert c.dtype == e.dtype and c.shape == e.shape
            np.testing.assert_allclose(c, e, rtol=eps, atol=eps * 20)
            np.testing.assert_allclose(a, c, rtol=eps, atol=eps * 20)
        for mine, own, e in zip(storages, f.storages, slow_storages, strict=True):
            np.testing.assert_allclose(own[0], e[0], rtol=eps, atol=eps * 20)
            np.testing.assert_allclose(mine[0], own[0], rtol=eps, atol=eps * 20)
    return f


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("update", UPDATES, ids=lambda f: f.__name__)
def test_updates(update: Callable[..., Built], dtype: str) -> None:
    for m, p, q in SHAPES:

        def build(p: int = p, q: int = q) -> Built:
            return update(T.matrix("x", dtype=dtype), T.matrix("d", dtype=dtype), weights(dtype, p, q))

        agree(build, [0.3 * numbers(1, m, p, dtype=dtype), 0.3 * numbers(2, m, q, dtype=dtype)])


def calls(f: Any) -> list[str]:
    return [s.symbol for s in st.walk(f.lowered.program.main) if isinstance(s, hs.Call)]


def test_products_are_added_in_place() -> None:
    def run(update: Callable[..., Built]) -> tuple[list[str], list[st.Stmt]]:
        f = agree(
            lambda: update(T.matrix("x"), T.matrix("d"), weights("float64", 5, 4)), [numbers(1, 3, 5), numbers(2, 3, 4)]
        )
        main = f.lowered.program.main
        return calls(f), [s for s in main if isinstance(s, hs.Copy)]

    assert run(backward) == (["dbackward"], [])
    assert run(scaled) == (["dproduct"], [])
    assert run(momentum) == (["dproduct", "dproduct"], [])
    # the old content is needed to the end: nothing is overwritten before
    assert run(two_updates)[0] == ["dproduct"]


def test_wrong_shapes_change_nothing() -> None:
    w = weights("float64", 5, 4)
    before = w.get_value()
    x, d = T.matrices("x", "d")
    f = theano.function([x, d], T.dot(d, w.T), updates=[(w, w - T.dot(x.T, d))])
    for rows, wide, columns in ((3, 5, 3), (3, 4, 4)):
        with pytest.raises(ValueError, match="shape"):
            f(np.ones((rows, wide)), np.ones((rows, columns)))
        with pytest.raises(ValueError, match="shape"):
            f(np.ones((rows + 1, 5)), np.ones((rows, 4)))
    assert np.array_equal(w.get_value(), before)


def test_arguments_that_are_the_matrix() -> None:
    """An argument is a view of the storage that is written to."""
    for take in (lambda w: w, lambda w: w[1:3], lambda w: w[::2]):
        w = weights("float64", 4, 4)
        old = w.get_value()
        x = T.matrix("x")
        f = theano.function([x], T.dot(x, w.T), updates=[(w, w - T.dot(x.T, x))])
        given = take(w.get_value(borrow=True))
        value = given.copy()
        assert np.allclose(f(given), value @ old.T)
        assert np.allclose(w.get_value(), old - value.T @ value)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_views_are_multiplied_as_they_are(dtype: str) -> None:
    x, y = T.matrix("x", dtype=dtype), T.matrix("y", dtype=dtype)
    looks = [lambda v: v, lambda v: v.T, lambda v: v[::-1], lambda v: v[:, ::-1], lambda v: v[::2, 1:]]
    outputs = [T.dot(a(x), b(y).T) for a in looks[:4] for b in looks[:4]] + [T.dot(a(x), a(y).T) for a in looks[4:]]
    outputs += [T.dot(x[:1], y.T), T.dot(x, y[0]), T.dot(y[:, 0], x), 2 * T.dot(x, y.T) - 3 * x.sum()]
    for n in (2, 6, 17):
        agree(lambda: ([x, y], outputs), [numbers(1, n, n, dtype=dtype), numbers(2, n, n, dtype=dtype)], 1)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_stacks(dtype: str) -> None:
    x, y = T.tensor3("x", dtype=dtype), T.tensor3("y", dtype=dtype)
    outputs = [
        T.batched_dot(x, y), T.batched_dot(x[::-1], y), T.batched_dot(y.dimshuffle(0, 2, 1), x.dimshuffle(0, 2, 1)),
        T.batched_dot(x[:, :, :1], y[:, :1]), T.tensordot(x, y, [[0, 2], [0, 1]]), T.batched_dot(x, y[:, :, 0]),
        T.batched_tensordot(x, y, [[2], [1]]),
    ]  # fmt: skip
    for b, m, n, k in ((1, 2, 3, 4), (3, 1, 1, 1), (2, 20, 17, 9), (4, 3, 3, 1), (0, 2, 2, 2)):
        agree(lambda: ([x, y], outputs), [numbers(1, b, m, k, dtype=dtype), numbers(2, b, k, n, dtype=dtype)], 1)


@pytest.mark.parametrize("dtype", ["int32", "complex64", "float16"])
def test_other_numbers(dtype: str) -> None:
    x, y = T.matrix("x", dtype=dtype), T.matrix("y", dtype=dtype)
    f = theano.function([x, y], [T.dot(x, y), T.dot(x, y) * 2 + x.sum()])
    a, b = (np.arange(6).reshape(s).astype(dtype) for s in ((2, 3), (3, 2)))
    product, more = f(a, b)
    assert product.dtype == dtype and np.allclose(product, a @ b)
    assert np.allclose(more, (a @ b) * 2 + a.sum())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_numbers_that_scale_operands(dtype: str) -> None:
    """They go behind the product, where they cost no pass over memory; not where they are part of a loop anyway."""
    x, y = T.matrix("x", dtype=dtype), T.matrix("y", dtype=dtype)
    v, s = T.vector("v", dtype=dtype), T.scalar("s", dtype=dtype)
    behind = [
        T.tanh(T.dot(2 * x, y)), 1 + T.dot(-x, y.T), T.tanh(T.dot((x / s).T, 3 * y)), y - s * T.dot(s * x, y / 4),
        T.tanh(T.dot(x * s, v)), v - T.dot(2 * v, y),
    ]  # fmt: skip
    before = [T.tanh(T.dot(T.exp(x) * 2, y)), T.dot(2 * x, y), T.tanh(T.dot(x * y, y)), T.tanh(T.dot(x * v, y))]
    args = [numbers(k, *shape, dtype=dtype) for k, shape in enumerate(((5, 5), (5, 5), (5,), ()))]
    for expression in behind + before:
        f = agree(lambda e=expression: ([x, y, v, s], [e + 0 * (x.sum() + y.sum() + v.sum() + s)]), args, 1)
        f.lowered.verify()
        graph = theano.function([x, y, v, s], expression, on_unused_input="ignore").maker.fgraph
        products = [n for n in graph.apply_nodes if type(n.op).__name__ in ("Dot", "Gemm", "Gemv")]
        work = [type(i.owner.op).__name__ for n in products for i in n.inputs if i.ndim and i.owner is not None]
        assert ("Elemwise" in work) == any(expression is e for e in before), expression


def called_at(main: list[Any], depth: int = 0) -> list[tuple[str, int]]:
    """Names of the functions that a program calls, and in how many loops."""
    found = [(s.symbol, depth) for s in main if isinstance(s, hs.Call)]
    for s in main:
        if isinstance(s, st.For):
            found += called_at(s.body, depth + 1)
        elif isinstance(s, st.If):
            found += called_at([*s.then, *s.orelse], depth)
        elif isinstance(s, hs.Slices):
            found += called_at(s.body, depth - 1)  # around it is a loop from one look at signals to the next
    return found


def test_matrices_of_loops_are_copied_before() -> None:
    """Into panels, before the outermost loop that does not change them; one that each step changes is not."""
    x, u, v = T.tensor3("x"), T.dmatrix("u"), T.dmatrix("v")

    def inner(row: Any, s: Any, v: Any, u: Any) -> Any:
        return T.tanh(T.dot(T.dot(s, u), v) + row)

    def outer(r: Any, s: Any, v: Any, u: Any) -> Any:
        rows, _ = theano.scan(inner, sequences=[T.stack([r, r * 2])], outputs_info=s, non_sequences=[v, u])
        return rows[-1], T.tanh(T.dot(v, v) / 2)

    (s, w), _ = theano.scan(outer, sequences=x, outputs_info=[x[0] * 0.5, v], non_sequences=u)
    f = theano.function([x, u, v], [s[-1], w[-1]])
    calls = called_at(f.executor.lowered.program.main)
    both_ways = [("dpacked", 2)] * 2 + [("dslice", 2)] * 2
    assert sorted(calls) == sorted([*both_ways, ("dpanels", 0), ("dpanels", 1), ("dproduct", 1)])
    slow = theano.function([x, u, v], [s[-1], w[-1]], mode="FAST_COMPILE")
    for steps, n, k in ((3, 5, 4), (1, 1, 7), (4, 20, 35)):
        values = numbers(1, steps, n, k), numbers(2, k, k) / k, numbers(3, k, k) / k
        for got, expected in zip(f(*values), slow(*values), strict=True):
            np.testing.assert_allclose(got, expected, rtol=1e-9, atol=1e-12)

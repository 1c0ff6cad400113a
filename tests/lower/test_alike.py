"""Kernels that differ in numbers only become one; results stay the same, bit for bit."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.compile.native import executor
from theano.lower.state.machine import Machine

X = np.linspace(-2, 2, 11)


def compiled(n):
    """Element by element, reductions, rows, windows: loops over arrays of their own, which share none."""
    xs = [T.dmatrix() for _ in range(n)]
    results = []
    for k, x in enumerate(xs):
        results += [T.tanh(x * (k + 0.5) + k), T.exp(x * (k / 7)).sum(), T.nnet.softmax(x * (k + 1.5)).max(axis=0)]
    return theano.function(xs, [*results, T.concatenate([x * (k / 3) for k, x in enumerate(xs)])])


def kernels(f):
    return f.executor.lowered.program.kernels


def test_results_are_the_same(monkeypatch):
    shared = compiled(12)
    monkeypatch.setattr(executor.Machine, "of", lambda target: Machine(repeats=10**6))
    apart = compiled(12)
    assert len(kernels(shared)) < len(kernels(apart)) / 3
    values = [np.outer(np.linspace(-1, 1, k + 2), X) for k in range(12)]
    for found, expected in zip(shared(*values), apart(*values), strict=True):
        np.testing.assert_array_equal(found, expected, strict=True)


def test_numbers_are_handed_over():
    made = kernels(compiled(12))
    assert any(name.startswith("y") for kernel in made for name, _ in kernel.params)
    assert [k.name for k in made] == [f"k{n}" for n in range(len(made))]


def test_few_kernels_keep_their_numbers():
    made = kernels(compiled(Machine().repeats - 1))
    assert not any(name.startswith("y") for kernel in made for name, _ in kernel.params)


def test_numbers_that_are_equal_in_all_stay():
    xs = [T.dvector() for _ in range(10)]
    f = theano.function(xs, [T.exp(x * 1.25 + k) for k, x in enumerate(xs, 1)])
    handed_over = [[name for name, _ in kernel.params if name.startswith("y")] for kernel in kernels(f)]
    assert ["y0"] in handed_over and all(names in ([], ["y0"]) for names in handed_over)
    for k, found in enumerate(f(*[X] * 10), 1):
        np.testing.assert_allclose(found, np.exp(X * 1.25 + k), rtol=1e-14)


@pytest.mark.parametrize("dtype", ["float64", "float32", "int64", "bool"])
@pytest.mark.parametrize("n", [Machine().short_vector, Machine().short_vector + 1, 200])
def test_long_vectors_of_numbers(n, dtype):
    """Written element by element from a length on; read whole, in part, and as a new value of a shared variable."""
    x = T.scalar("x", dtype)
    entries = [~x if dtype == "bool" and k % 2 else x if dtype == "bool" else x * k + 1 for k in range(n)]
    values = np.array([(k % 2 == 0) if dtype == "bool" else 3 * k + 1 for k in range(n)], dtype)
    kept = theano.shared(np.zeros(n, dtype))
    made = T.stack(entries)
    f = theano.function([x], [made, made[n // 2 :], made[n - 1], made[::-1]], updates=[(kept, made)])
    given = np.asarray(True if dtype == "bool" else 3, dtype)
    found = f(given)
    for a, b in zip(found, [values, values[n // 2 :], values[n - 1], values[::-1]], strict=True):
        np.testing.assert_array_equal(a, b)
        assert a.dtype == dtype
    np.testing.assert_array_equal(kept.get_value(), values)

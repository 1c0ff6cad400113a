"""Expressions of SymPy as operations on numbers."""

from __future__ import annotations

import importlib.util
import pickle

import numpy as np
import pytest
from theano.scalar.basic_sympy import SymPyCCode

import theano
import theano.tensor as T
from theano.scalar import basic_sympy

VALUES = np.array([0.25, 0.5, 0.75]), np.array([1.5, -0.5, 2.0])


def test_without_sympy(monkeypatch):
    there = importlib.util.find_spec("sympy") is not None
    assert basic_sympy.imported_sympy == there
    monkeypatch.setitem(__import__("sys").modules, "sympy", None)
    with pytest.raises(ImportError, match="pip install sympy"):
        SymPyCCode([], 1)


EXPRESSIONS = [
    "sin(x) * y + x**2", "exp(-x**2 / 2) / sqrt(2 * pi)", "Abs(y) + sign(y) - Max(x, y, 0.3)",
    "Piecewise((x, x < y), (y**3, True))",
    "atan2(x, y) + asin(x) + acosh(x + 1)", "x**-2 + 1 / x", "x**y",
    "erf(y) + gamma(x) + loggamma(x + 1)", "3", "floor(10 * y)",
    "Piecewise((x, (x < y) & (x > 0.3)), (0, True))", "x / 3 + 1000 * y",
]  # fmt: skip


@pytest.mark.parametrize("text", EXPRESSIONS)
def test_values_and_gradients(text):
    sympy = pytest.importorskip("sympy")
    x, y = sympy.symbols("x y")
    expr = sympy.sympify(text, locals={"x": x, "y": y})
    op = SymPyCCode([x, y], expr)
    with np.errstate(all="ignore"):
        wanted = [complex(expr.subs({x: a, y: b}).evalf()).real for a, b in zip(*VALUES, strict=True)]
    u, v = T.dvectors("u", "v")
    for mode in ("FAST_RUN", "FAST_COMPILE"):
        f = theano.function([u, v], T.Elemwise(op)(u, v), mode=mode)
        np.testing.assert_allclose(f(*VALUES), wanted, rtol=1e-12)
    assert pickle.loads(pickle.dumps(op)) == op
    if "floor" not in text and text != "3":
        T.verify_grad(T.Elemwise(op), list(VALUES), rng=np.random.RandomState(0))


def test_types_and_refusals():
    sympy = pytest.importorskip("sympy")
    x, n, z = sympy.Symbol("x"), sympy.Symbol("n", integer=True), sympy.I
    assert (basic_sympy.sympy_dtype(x), basic_sympy.sympy_dtype(n + 1)) == ("float64", "int64")
    with pytest.raises(TypeError, match="not real"):
        basic_sympy.theano_dtype(z)
    with pytest.raises(ValueError, match="x is not among the inputs"):
        SymPyCCode([n], x + n)
    with pytest.raises(NotImplementedError, match="zeta"):
        SymPyCCode([x], sympy.zeta(x))
    assert SymPyCCode([x], x + 1, name="plus").name == "SymPyCCode{plus}"

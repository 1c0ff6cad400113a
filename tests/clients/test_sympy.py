"""sympy: functions and expressions printed for Theano."""

from __future__ import annotations

import numpy as np
import pytest

import theano
from tests.clients.installed import client

sympy = client("sympy")
theanocode = pytest.importorskip("sympy.printing.theanocode")
pytestmark = pytest.mark.filterwarnings("ignore")
x, y = sympy.symbols("x y")


def test_function_of_numbers():
    f = theanocode.theano_function([x, y], [sympy.sin(x) * sympy.exp(-y), sympy.Piecewise((x, x > y), (y, True))])
    values = f(0.5, 2.0)
    np.testing.assert_allclose(values, [np.sin(0.5) * np.exp(-2.0), 2.0])


def test_function_of_arrays():
    kinds = {x: "float64", y: "float64"}
    f = theanocode.theano_function([x, y], [sympy.diff(x**3 * y, x)], dims={x: 1, y: 1}, dtypes=kinds)
    a, b = np.arange(3.0), np.arange(3.0, 6.0)
    np.testing.assert_allclose(f(a, b), 3 * a**2 * b)


def test_matrices():
    a, b = (sympy.MatrixSymbol(name, 3, 3) for name in "AB")
    f = theanocode.theano_function([a, b], [a.T * b + b], dtypes={a: "float64", b: "float64"})
    draw = np.random.RandomState(0)
    p, q = draw.randn(2, 3, 3)
    np.testing.assert_allclose(f(p, q), p.T @ q + q)


def test_expressions_are_variables():
    turn = sympy.Matrix([[sympy.cos(x), -sympy.sin(x)], [sympy.sin(x), sympy.cos(x)]])
    variable = theanocode.theano_code(turn, cache={})
    (angle,) = [v for v in theano.gof.graph.inputs([variable]) if v.name == "x"]
    np.testing.assert_allclose(variable.eval({angle: 0.0}), np.eye(2))

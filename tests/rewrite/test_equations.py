"""Every equation: against exact values, at its special points, and whether it ever fires."""

from __future__ import annotations

import math
from typing import Any

import mpmath
import numpy as np
import pytest
from graphs import perform, rewritten

import theano.tensor as T
from theano.graph import FunctionGraph, ancestors
from theano.rewrite import RULES
from theano.rewrite.engine.match import build
from theano.rewrite.engine.pattern import (
    Application,
    Equation,
    Literal,
    Pattern,
    Var,
    variables_of,
)
from theano.rewrite.engine.table import RewriteGraph

# Those of point-wise operations; test_tensor_equations.py has the others.
EQUATIONS = {
    name: rule.equation
    for name, rule in RULES.items()
    if rule.equation is not None and not rule.equation.has_operation
}
SPECIAL = (0.0, -0.0, 1.0, -1.0, 1e30, -1e30, math.inf, -math.inf, math.nan)
POINTS = 41

mpmath.mp.dps = 60
_mp = mpmath.mp
EXACT: dict[str, Any] = {
    "add": lambda *a: _mp.fsum(a),
    "sub": lambda a, b: a - b,
    "mul": lambda *a: _mp.fprod(a),
    "true_div": lambda a, b: a / b,
    "neg": lambda a: -a,
    "inv": lambda a: 1 / a,
    "sqr": lambda a: a * a,
    "pow": lambda a, b: a**b,
    "sqrt": _mp.sqrt,
    "abs_": abs,
    "sgn": _mp.sign,
    "exp": _mp.exp,
    "exp2": lambda a: _mp.mpf(2) ** a,
    "log": _mp.log,
    "log1p": lambda a: _mp.log(1 + a),
    "expm1": lambda a: _mp.exp(a) - 1,
    "sigmoid": lambda a: 1 / (1 + _mp.exp(-a)),
    "softplus": lambda a: _mp.log(1 + _mp.exp(a)),
    "tanh": _mp.tanh,
    "sinh": _mp.sinh,
    "cosh": _mp.cosh,
    "erf": _mp.erf,
    "erfc": _mp.erfc,
    "erfcx": lambda a: _mp.exp(a * a) * _mp.erfc(a),
    "maximum": max,
    "lt": lambda a, b: a < b,
    "ge": lambda a, b: a >= b,
    "eq": lambda a, b: a == b,
    "identity": lambda a: a,
    "xlogx": lambda a: a * _mp.log(a) if a else a,
}


def exact(pattern: Pattern, values: dict[str, Any]) -> Any:
    """The real value of a pattern."""
    if isinstance(pattern, Var):
        return values[pattern.name]
    if isinstance(pattern, Literal):
        value = pattern.value
        return _mp.mpf(value.numerator) / value.denominator if not isinstance(value, float) else value
    assert isinstance(pattern, Application)
    if pattern.op.name == "switch":  # lazily: the other side may not exist
        return exact(pattern.args[1 if exact(pattern.args[0], values) else 2], values)
    return EXACT[pattern.op.name](*(exact(a, values) for a in pattern.args))


def graph_of(equation: Equation, side: Pattern, dtype: str) -> tuple[list[Any], Any]:
    inputs = {name: T.TensorType(dtype, (False,))(name) for name in sorted(variables_of(equation.left))}
    graph = RewriteGraph([], [])
    return list(inputs.values()), as_written(side, inputs, dtype) if side is equation.left else build(
        graph, side, inputs, dtype, 1
    )


def as_written(pattern: Pattern, inputs: dict[str, Any], dtype: str) -> Any:
    if isinstance(pattern, Var):
        return inputs[pattern.name]
    if isinstance(pattern, Literal):
        return T.constant(np.asarray(float(pattern.value), dtype=dtype))
    assert isinstance(pattern, Application)
    return pattern.op(*(as_written(a, inputs, dtype) for a in pattern.args))


def samples(equation: Equation, dtype: str) -> list[np.ndarray]:
    """Points of the declared domain, close to its ends and to zero too."""
    rng = np.random.default_rng(7)
    result = []
    for name in sorted(variables_of(equation.left)):
        low, high = equation.domain.get(name, (-10.0, 10.0))
        points = np.concatenate(
            [
                np.linspace(low, high, 17),
                rng.uniform(low, high, 12),
                np.geomspace(1e-8, 1, 6),
                -np.geomspace(1e-8, 1, 6),
            ]
        )
        points = points[(points >= low) & (points <= high)]
        rng.shuffle(points[1:])
        result.append(np.resize(points, POINTS).astype(dtype))
    return result


def sides(equation: Equation, dtype: str, values: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    results = []
    for side in (equation.left, equation.right):
        inputs, out = graph_of(equation, side, dtype)
        assert out.type.dtype == dtype, "the right side has another dtype" if side is equation.right else ""
        results.append(perform(FunctionGraph(inputs, [out]), values)[0])
    left, right = results
    assert right.dtype == left.dtype == np.dtype(dtype)
    return left, right


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", EQUATIONS)
def test_right_side_is_as_accurate(name: str, dtype: str) -> None:
    equation = EQUATIONS[name]
    values = samples(equation, dtype)
    left, right = sides(equation, dtype, values)
    right = np.broadcast_to(right, left.shape)
    names = sorted(variables_of(equation.left))
    tiny = np.finfo(dtype).tiny
    for k in range(POINTS):
        point = {n: _mp.mpf(float(v[k])) for n, v in zip(names, values, strict=True)}
        try:
            true = exact(equation.left, point)
        except ZeroDivisionError:
            continue
        if isinstance(true, mpmath.mpc) or not _mp.isfinite(true) or abs(true) > np.finfo(dtype).max:
            continue
        ulp = float(np.spacing(np.asarray(max(abs(float(true)), tiny), dtype=dtype)))
        errors = [
            abs(float(true - _mp.mpf(float(s[k])))) / ulp if np.isfinite(s[k]) else math.inf for s in (left, right)
        ]
        assert errors[1] <= max(errors[0], equation.accuracy), (
            f"{equation} at {point}: left is {errors[0]} ulp off, right {errors[1]}"
        )


def _agree(a: float, b: float, dtype: str) -> bool:
    if math.isnan(a) or math.isnan(b):
        return math.isnan(a) and math.isnan(b)
    if math.isinf(a) or math.isinf(b):
        return a == b
    return abs(a - b) <= 1e-5 * max(abs(a), abs(b)) or max(abs(a), abs(b)) <= np.finfo(dtype).tiny


@pytest.mark.parametrize("name", [n for n, e in EQUATIONS.items() if len(variables_of(e.left)) == 1])
def test_sides_differ_at_declared_points_only(name: str) -> None:
    equation = EQUATIONS[name]
    differing = set()
    for dtype in ("float32", "float64"):
        values = np.asarray(SPECIAL, dtype=dtype)
        left, right = sides(equation, dtype, [values])
        differing |= {
            repr(p)
            for p, a, b in zip(SPECIAL, left, np.broadcast_to(right, left.shape), strict=True)
            if not _agree(float(a), float(b), dtype)
        }
    assert differing == {repr(p) for p in equation.special}


@pytest.mark.parametrize("name", EQUATIONS)
def test_equation_fires(name: str) -> None:
    """Earlier rules must not rewrite the left side away."""
    equation = EQUATIONS[name]
    inputs, out = graph_of(equation, equation.left, "float64")
    _, trace = rewritten(inputs, out)
    assert name in trace.counts(), str(trace)


@pytest.mark.parametrize("name", [n for n, e in EQUATIONS.items() if not e.as_written])
def test_equation_fires_between_other_terms_and_under_dimshuffle(name: str) -> None:
    equation = EQUATIONS[name]
    inputs, out = graph_of(equation, equation.left, "float64")
    _, trace = rewritten(inputs, out.dimshuffle("x", 0) * 2)
    assert name in trace.counts(), str(trace)


@pytest.mark.parametrize("name", [n for n, e in EQUATIONS.items() if e.phase == "stabilize"])
def test_equation_fires_though_others_use_parts(name: str) -> None:
    """A gradient shares parts with its value, and is to be as accurate as without it."""
    equation = EQUATIONS[name]
    inputs, out = graph_of(equation, equation.left, "float64")
    parts = [v for v in ancestors([out]) if v.owner is not None and v is not out]
    for part in parts:
        _, trace = rewritten(inputs, [out, part])
        assert name in trace.counts(), part

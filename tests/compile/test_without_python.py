"""Ops of users in a training loop: which of them run Python between two nodes, and how often."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import theano
import theano.scalar as s
import theano.tensor as T
from tests.compile.test_c_code import Affine, Counted, Cube, Limits, Plus, Scaled, Unary
from theano.compile import as_op
from theano.legacy.c_code import compiler
from theano.loops import expr as ex


def frames_of(f, *args):
    """The Python functions that run while `f` is called, by name."""
    names = []

    def watch(frame, event, arg):
        if event == "call":
            names.append(frame.f_code.co_name)

    sys.setprofile(watch)
    try:
        f(*args)
    finally:
        sys.setprofile(None)
    return names


class Expanded(s.UnaryScalarOp):
    def impl(self, x):
        return 2 * x

    def expand(self, x):
        return ex.add(x, x)

    def grad(self, inputs, gs):
        return [2 * gs[0]]


def by_numba():
    numba = pytest.importorskip("numba")

    @as_op([T.dvector], [T.dvector], infer_shape=lambda node, shapes: shapes)
    @numba.njit
    def double(a):
        return 2 * a

    return double


OPS = {
    "c_code": lambda v: Unary()(v),
    "ParamsType, EnumList": lambda v: Affine(0.3, 2, "up")(v),
    "CEnumType": lambda v: v * Limits("SCHAR_MAX")(),
    "COp": lambda v: Scaled(4.0)(v),
    "ExternalCOp with state": lambda v: v * Counted()(v),
    "c_code of numbers": lambda v: T.Elemwise(Cube(s.upgrade_to_float, name="cube"))(v),
    "c_code of two numbers": lambda v: T.Elemwise(Plus(s.upcast_out, name="plus"))(v, 1.0),
    "expand": lambda v: T.Elemwise(Expanded(s.same_out))(v),
    "numba": lambda v: by_numba()(v),
}
NO_COMPILER = {"expand", "numba"}
HAS_GRADIENT = {"c_code", "c_code of numbers", "expand"}


def training(make):
    """Steps of descent, for the layer ``op(x * w)``."""
    x, w = T.dvector("x"), theano.shared(np.array([0.25, -0.5, 1.0]), "w")
    cost = T.sqr(make(x * w) - x).sum()
    return x, w, cost


@pytest.mark.parametrize("name", OPS)
def test_no_python(name):
    if name not in NO_COMPILER and not compiler.is_there():
        pytest.skip("no C++ compiler")
    x, w, cost = training(OPS[name])
    step = T.grad(cost, w) if name in HAS_GRADIENT else cost * T.ones_like(w)
    f = theano.function([x], cost, updates=[(w, w - 0.01 * step)])
    given = np.array([1.0, 2.0, 3.0])
    before = w.get_value()
    for _ in range(3):
        f(given)
    assert frames_of(f, given) == []
    assert not np.array_equal(before, w.get_value())


def test_one_call_of_python_for_each_node_that_is_in_python():
    calls = []

    @as_op([T.dvector], [T.dvector])
    def double(a):
        calls.append(1)
        return 2 * a

    x, w, cost = training(lambda v: double(v) + double(v + 1))
    f = theano.function([x], cost, updates=[(w, w - 0.01 * cost * T.ones_like(w))])
    given = np.array([1.0, 2.0, 3.0])
    assert frames_of(f, given).count("double") == 2 == len(calls)


def test_scan_with_c_code_in_its_step():
    if not compiler.is_there():
        pytest.skip("no C++ compiler")
    x = T.dvector("x")
    states, _ = theano.scan(lambda v: Unary()(v) - x, outputs_info=[x], n_steps=4)
    f = theano.function([x], states)
    np.testing.assert_array_equal(f([1.0, 2.0]), np.outer(np.ones(4), [1, 2]))
    assert frames_of(f, np.array([1.0, 2.0])) == []

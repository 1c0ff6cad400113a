from __future__ import annotations

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.tensor.oracle import check, check_nodes, run
from theano.compile import Mode
from theano.gradient import grad
from theano.ifelse import IfElse, ifelse

V = np.array([1.5, -2.0, 3.0])


@pytest.mark.parametrize("cond", [0.0, 1.0, -2.0])
def test_value_and_gradient(cond: float) -> None:
    check(
        lambda x, c: ifelse(c, x**2, 3 * x),
        V,
        np.float32(cond),
        expect=lambda a, c: a**2 if c else 3 * a,
    )


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint64", "float32", "float64", "complex128"])
def test_condition_of_any_dtype(dtype: str) -> None:
    for value in (0, 1):
        check(lambda c: ifelse(c, 10, 20), np.array(value, dtype), expect=10 if value else 20, smooth=False)


def test_neuron() -> None:
    x, w = T.vector(), T.vector()
    a = ifelse(T.lt(T.dot(x, w) - 1.5, 0), 0, 1)
    for p in (0.0, 1.0):
        for q in (0.0, 1.0):
            (got,) = run([a], [x, w], [np.array([p, q]), np.ones(2)])
            assert got == (p and q)


def test_lists() -> None:
    x, c = T.dvector(), T.lscalar()
    for kind in (list, tuple):
        outs = ifelse(c, kind([x, x.sum()]), kind([2 * x, T.constant(0.1)]))
        assert isinstance(outs, list)
    check_nodes([x, c], [V, np.int64(1)], outs)
    assert run(outs, [x, c], [V, np.int64(1)])[1] == V.sum()
    assert run(outs, [x, c], [V, np.int64(0)])[1] == 0.1
    (g,) = grad(outs[0].sum(), [x])
    np.testing.assert_array_equal(run([g], [x, c], [V, np.int64(0)])[0], [2, 2, 2])
    assert g.owner is not None
    assert ifelse(c, [x], [2 * x])[0].type == x.type


def test_row_beside_matrix() -> None:
    row, m, c = T.drow(), T.dmatrix(), T.lscalar()
    for a, b in ((row, m), (m, row)):
        y = ifelse(c, a, b)
        assert y.broadcastable == (False, False)
        (g,) = grad(y.sum(), [row])
        assert g.broadcastable == (True, False)


def test_static_shapes_are_kept_where_both_agree() -> None:
    y = ifelse(T.lscalar(), T.constant(np.ones((2, 3))), np.ones((4, 3)))
    assert y.type.shape == (None, 3)


@pytest.mark.parametrize(
    ("build", "error"),
    [
        (lambda: ifelse(T.vector(), 1, 2), TypeError),
        (lambda: ifelse(T.scalar(), T.dvector(), T.fvector()), TypeError),
        (lambda: ifelse(T.scalar(), T.dvector(), T.dmatrix()), TypeError),
        (lambda: ifelse(T.scalar(), T.dscalar(), 0), TypeError),
        (lambda: ifelse(T.scalar(), [1, 2], [1]), ValueError),
        (lambda: ifelse(T.scalar(), [], []), ValueError),
        (lambda: IfElse(2)(T.scalar(), 1, 2), ValueError),
    ],
)
def test_errors(build: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        build()


def test_text() -> None:
    c, x = T.scalar(), T.vector()
    assert str(ifelse(c, x, x).owner.op) == "if{}"
    assert str(ifelse(c, x, x, name="choice").owner.op) == "if{choice}"
    assert IfElse(1) == IfElse(1) != IfElse(2)


def test_the_condition_has_gradient_zero() -> None:
    c, x = T.dscalar(), T.dvector()
    g = grad(ifelse(c, x, 2 * x).sum(), c)
    assert run([g], [c, x], [np.float64(1), V])[0] == 0


def test_branches_of_float16_without_instructions_for_it():
    """They are called back, with both sides computed."""
    c, x = T.iscalar("c"), T.TensorType("float16", (False,))("x")
    with theano.config.change_flags(isa="baseline"):
        f = theano.function([c, x], ifelse(c, x * x, x + 1))
        for flag, wanted in ((1, [4, 9]), (0, [3, 4])):
            assert np.array_equal(f(flag, np.array([2, 3], "float16")), wanted)


def test_lengths_of_a_side_come_before_the_branch() -> None:
    """They are found by a group that an update could put off until after it."""
    s = theano.shared(np.arange(10.0).reshape(5, 2))
    x, c = T.dmatrix("x"), T.iscalar("c")
    rows = x[T.neq(T.neq(x, 0).sum(axis=1), 0).nonzero()[0]]
    side = s[T.cast(abs(rows).max(), "int64") % T.maximum(s.shape[0], 1) :]
    f = theano.function([x, c], ifelse(c, side, side), updates=[(s, rows)], mode=Mode("cvm", None))
    given = np.array([[1.0, -2.0], [0.0, 0.0], [3.0, 1.0]])
    assert f(given, 1).tolist() == [[6.0, 7.0], [8.0, 9.0]]
    assert s.get_value().tolist() == given[[0, 2]].tolist()


def test_lengths_equal_in_a_branch_and_computed_outside() -> None:
    h, a, b, c = T.dvector("h"), T.dvector("a"), T.dvector("b"), T.dscalar("c")
    f = theano.function([h, a, b, c], [ifelse(T.gt(c, 0), h + b, h * 2), h + T.concatenate([a, b])])
    assert [r.tolist() for r in f([1, 2], [], [3, 4], 1)] == [[4, 6], [4, 6]]
    assert [r.tolist() for r in f([1, 2], [5], [6], 0)] == [[2, 4], [6, 8]]
    with pytest.raises(ValueError):
        f([1, 2], [5], [6], 1)


def test_what_branches_in_branches_need_is_listed_once() -> None:
    """It was listed once for each way to it, twice as often with each branch around: 26 took 37 s and 3 GB."""
    c, x = T.lscalar("c"), T.vector("x")
    y = x.sum()
    for k in range(40):
        y = ifelse(T.eq(c, k), T.exp(y * 0.01 * k) + T.sort(x)[k % 2], y + 1.0 + k)
    f = theano.function([c, x], y)
    assert f(-1, [1.0, 2.0]) == 3 + sum(1.0 + k for k in range(40))
    for item in f.executor.lowered.items:
        assert len(item.deps) == len(set(item.deps))


@pytest.mark.parametrize("mode", [None, "FAST_COMPILE"])
@pytest.mark.parametrize("made", [T.exp, T.cumsum, lambda v: v * 1.5 + T.exp(v), lambda v: v.reshape((v.shape[0],))])
def test_a_gradient_has_the_shape_of_its_variable_where_another_shape_is_taken(made, mode) -> None:
    c, x, y = T.dscalar("c"), T.dvector("x"), T.dvector("y")
    picked = ifelse(T.gt(c, 0), made(x), y)
    for cost in (T.sqr(picked).sum(), T.sqr(picked).sum() + ifelse(T.gt(c, 0), T.sum(x**2), c)):
        f = theano.function([c, x, y], grad(cost, [x, y]), mode=mode)
        for number in (1.0, -1.0):
            found = f(number, np.ones(3), np.ones(5))
            assert [g.shape for g in found] == [(3,), (5,)]
            assert bool(found[0].any()) == (number > 0)

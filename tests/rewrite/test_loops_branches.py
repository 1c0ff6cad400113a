"""Branches: one for each condition, none whose condition is known, and only the side taken runs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from loop_graphs import REWRITTEN, numbers

import theano
import theano.tensor as T
from theano.ifelse import IfElse, ifelse

x, y, c, d = T.dvector("x"), T.dvector("y"), T.lscalar("c"), T.lscalar("d")
COMPILED = theano.Mode()


class Counted(theano.Op):
    """The identity, which counts its runs."""

    __props__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name

    def make_node(self, x: Any) -> Any:
        return theano.gof.Apply(self, [x], [x.type()])

    def perform(self, node: Any, inputs: Any, output_storage: Any) -> None:
        ran.append(self.name)
        output_storage[0][0] = inputs[0].copy()

    def infer_shape(self, node: Any, shapes: Any) -> Any:
        return shapes

    def grad(self, inputs: Any, gs: Any) -> Any:
        return [Counted(self.name + "'")(gs[0])]


ran: list[str] = []


def branches(f):
    return [n for n in f.maker.fgraph.toposort() if isinstance(n.op, IfElse)]


def run(f, *values):
    ran.clear()
    result = f(*values)
    if isinstance(result, np.ndarray):
        result = result.tolist()
    return result, sorted(ran)


both_modes = pytest.mark.parametrize("mode", [REWRITTEN, COMPILED])


@both_modes
class TestOnlyTheSideTaken:
    def test_sides(self, mode):
        f = theano.function([x, c], ifelse(c, Counted("a")(x), Counted("b")(x * 2)), mode=mode)
        assert run(f, [1.0], 1)[1] == ["a"] and run(f, [1.0], 0)[1] == ["b"]

    def test_shared_work(self, mode):
        shared = Counted("s")(x)
        f = theano.function([x, c], [ifelse(c, shared + 1, shared * 2), ifelse(c, Counted("a")(shared), x)], mode=mode)
        assert run(f, [3.0], 1) == ([[4], [3]], ["a", "s"])
        assert run(f, [3.0], 0) == ([[6], [3]], ["s"])

    def test_work_of_one_side_in_both_branches(self, mode):
        only = Counted("s")(x)
        f = theano.function([x, y, c], [ifelse(c, only + 1, y), ifelse(c, only * 2, y)], mode=mode)
        assert run(f, [3.0], [0.0], 0)[1] == [] and run(f, [3.0], [0.0], 1)[1] == ["s"]

    def test_nested(self, mode):
        inner = ifelse(d, Counted("a")(x), Counted("b")(x))
        f = theano.function([x, y, c, d], ifelse(c, inner * 2, Counted("e")(y)), mode=mode)
        for cc, dd, expected in ((0, 0, ["e"]), (0, 1, ["e"]), (1, 0, ["b"]), (1, 1, ["a"])):
            assert run(f, [3.0], [0.0], cc, dd)[1] == expected

    def test_condition_within_a_side(self, mode):
        """A branch in one side of another is not merged with one that is always needed."""
        inner = ifelse(d, Counted("a")(x), y)
        outs = [ifelse(c, inner * 2, y), ifelse(d, Counted("b")(x), y)]
        f = theano.function([x, y, c, d], outs, mode=mode)
        assert run(f, [3.0], [0.0], 0, 1)[1] == ["b"] and run(f, [3.0], [0.0], 1, 1)[1] == ["a", "b"]

    def test_gradient(self, mode):
        z = ifelse(c, Counted("a")(x) ** 2, Counted("b")(x) * 3)
        f = theano.function([x, c], T.grad(z.sum(), x), mode=mode)
        g, names = run(f, [3.0], 1)
        assert g == [6] and "b" not in names
        g, names = run(f, [3.0], 0)
        assert g == [3] and not {"a", "b"} & set(names)

    def test_in_a_loop(self, mode):
        out, _ = theano.scan(
            lambda r, s: ifelse(T.gt(r, 0), Counted("a")(s) + r, Counted("b")(s) * 2), sequences=x, outputs_info=1.0
        )
        f = theano.function([x], out, mode=mode)
        assert run(f, [1.0, -1.0, 2.0]) == ([2, 4, 6], ["a", "a", "b"])

    def test_loop_in_a_side(self, mode):
        out, _ = theano.scan(lambda r, s: Counted("a")(s) + r, sequences=x, outputs_info=1.0)
        f = theano.function([x, c], ifelse(c, out[-1], x.sum()), mode=mode)
        assert run(f, [1.0, 2.0], 0) == (3, []) and run(f, [1.0, 2.0], 1) == (4, ["a", "a"])

    def test_objects(self, mode):
        """Values that are no arrays."""
        g, h = theano.gof.generic("g"), theano.gof.generic("h")
        f = theano.function([g, h, c], ifelse(c, g, h), mode=mode)
        assert f({1: 2}, [3], 1) == {1: 2} and f({1: 2}, [3], 0) == [3]
        f = theano.function([g, h, c], ifelse(c, [g, h], [Counted("a")(h), Counted("b")(g)]), mode=mode)
        one, two = Copied([1]), Copied([2])
        assert run(f, one, two, 1) == ([one, two], [])
        assert run(f, one, two, 0) == ([two, one], ["a", "b"])


class Copied(list):
    """A list with a method `copy`, like arrays."""

    def copy(self):
        return Copied(self)


class TestRules:
    def test_one_branch_for_one_condition(self):
        a, b = ifelse(c, x, y), ifelse(c, y * 2, x + 1)
        f = theano.function([x, y, c], [a * 2, b, ifelse(T.eq(c, 0), x, y)], mode=REWRITTEN)
        (branch,) = branches(f)
        assert branch.op.n_outs == 3
        for cc in (0, 1):
            got = f([1.0], [3.0], cc)
            assert got == ([[2], [6], [3]] if cc else [[6], [2], [1]])

    def test_a_branch_that_needs_the_other(self):
        a = ifelse(c, x, y)
        f = theano.function([x, y, c, d], [ifelse(c, ifelse(d, a, y) * 2, a + y), a], mode=REWRITTEN)
        for cc in (0, 1):
            assert f([1.0], [3.0], cc, 1)[0] == (2 if cc else 6)

    def test_known_within_a_side(self):
        a = ifelse(c, x, y)
        f = theano.function([x, y, c], ifelse(c, T.exp(a) + a, T.sin(a)), mode=REWRITTEN)
        (branch,) = branches(f)
        assert branch.op.n_outs == 1
        for cc in (0, 1):
            np.testing.assert_allclose(f([1.0], [3.0], cc), [np.e + 1] if cc else [np.sin(3)])

    def test_known_within_a_side_but_read_elsewhere(self):
        a = T.exp(ifelse(c, x, y))
        f = theano.function([x, y, c], [ifelse(c, a + 1, y), a], mode=REWRITTEN)
        for cc in (0, 1):
            got = f([1.0], [3.0], cc)
            np.testing.assert_allclose(got[0], [np.e + 1] if cc else [3])
            np.testing.assert_allclose(got[1], np.exp([1 if cc else 3]))

    def test_outputs_that_nobody_reads(self):
        outs = ifelse(c, [x, x, y], [y, y, x])
        f = theano.function([x, y, c], [outs[0], outs[1]], mode=REWRITTEN)
        assert branches(f)[0].op.n_outs == 1 and f([1.0], [3.0], 0) == [[3], [3]]
        assert not branches(theano.function([x, y], ifelse(T.constant(1), x, y), mode=REWRITTEN))
        assert not branches(theano.function([x, y, c], ifelse(c, x, x), mode=REWRITTEN, on_unused_input="ignore"))

    def test_updates(self):
        s, t = theano.shared(np.zeros(1)), theano.shared(np.zeros(1))
        f = theano.function([x, c], [], updates=[(s, ifelse(c, s + x, s)), (t, ifelse(c, t, t - x))])
        assert len(branches(f)) == 1
        f([1.0], 1), f([1.0], 0), f([1.0], 0)
        assert (s.get_value(), t.get_value()) == (1, -2)


@both_modes
@pytest.mark.parametrize("cc", [0, 1])
def test_derivatives(mode, cc):
    """Of lists, with gradients of gradients and directional derivatives."""
    a, b = ifelse(c, [T.tanh(x) * y, x.sum()], [x**3, (x * y).prod()])
    cost = (a**2).sum() * b
    gx = T.grad(cost, x)
    values = numbers(3), numbers(3, seed=2), cc
    v = T.dvector("v")
    outs = [gx, T.grad((gx**2).sum(), y), T.Rop(a, x, v), T.Rop(b, [x, y], [v, v]), T.Lop(a, x, v)]
    f = theano.function([x, y, c, v], outs, mode=mode, on_unused_input="ignore")
    plain = [T.tanh(x) * y, x.sum()] if cc else [x**3, (x * y).prod()]
    g = T.grad((plain[0] ** 2).sum() * plain[1], x)
    wanted = [g, T.grad((g**2).sum(), y), T.Rop(plain[0], x, v), T.Rop(plain[1], [x, y], [v, v]),
              T.Lop(plain[0], x, v)]  # fmt: skip
    expected = theano.function([x, y, v], wanted, mode="FAST_COMPILE", on_unused_input="ignore")
    for got, want in zip(f(*values, numbers(3, seed=5)), expected(*values[:2], numbers(3, seed=5)), strict=True):
        np.testing.assert_allclose(got, want, rtol=1e-10)


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
def test_a_condition_that_loses_its_fraction(mode: str) -> None:
    """``ifelse`` asks whether the whole number is zero, not whether what it was made of is."""
    s = T.dscalar("s")
    f = theano.function([s], ifelse(T.cast(s, "int64"), T.constant(1.0), T.constant(2.0)), mode=mode)
    assert [float(f(v)) for v in (0.0, 0.5, -0.5, 1.0, 1.5)] == [2, 2, 2, 1, 1]

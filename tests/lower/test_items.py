"""Items declare what their statements do; bodies are expressions. (The texts of items: `test_stages`.)"""

from __future__ import annotations

from typing import Any

import pytest

import theano
from tests.lower.programs import PROGRAMS, compiled
from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.verify import _problem
from theano.lower.main.assembler import Assembler
from theano.lower.state import body as bd
from theano.lower.state.values import Value


@pytest.mark.parametrize("name", PROGRAMS)
def test_declared_effects_are_those_of_the_statements(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    emit_group = Assembler._emit_group

    def checked(self: Assembler, group: Any) -> None:
        before = len(self.blocks[-1])
        emit_group(self, group)
        if not group.special:
            return
        (item,), emitted = group.items, [s for s in st.walk(self.blocks[-1][before:]) if not isinstance(s, hs.NewArray)]
        assert item.what
        assert item.python or not any(map(hs.needs_python, emitted))
        assert item.polls or not any(isinstance(s, hs.Poll) for s in emitted)
        assert item.fallible or not any(isinstance(s, hs.Check | hs.CallBack) for s in emitted)

    monkeypatch.setattr(Assembler, "_emit_group", checked)
    compiled(name)


# -- bodies ------------------------------------------------------------------------------------------------
def test_equal_bodies_are_one() -> None:
    a, b = (bd.element(k, Value("f64", ())) for k in range(2))
    assert bd.element(0, Value("f64", ())) is a is not b
    assert ex.mul(a, b) is ex.mul(a, b)
    exp = bd.Application(theano.scalar.exp, ("float64",), "float64")
    assert bd.applied(exp, [a]) is bd.applied(exp, [a])
    assert bd.facts(bd.applied(exp, [a])).cost == 20 and bd.facts(a).cost == 1


def test_a_body_is_simplified_for_its_operands() -> None:
    a, b = (bd.element(k, Value("i64", ())) for k in range(2))
    x, zero = ex.name("x", "i64"), ex.const(0, "i64")
    body = ex.select(ex.lt(a, b), ex.add(a, b), bd.converted(a, "i64"))
    assert bd.facts(body).at([x, x]) is x
    assert bd.facts(ex.add(a, b)).at([x, zero]) is x
    assert bd.facts(bd.converted(bd.element(0, Value("f64", ())), "f16")).at([ex.const(1 / 3, "f64")]).op == "const"


def test_positions_along_axes_of_length_one() -> None:
    body = ex.add(bd.index(0), ex.mul(bd.index(2), ex.const(5, "i64")))
    assert bd.facts(body).placed
    assert bd.over_fewer_axes(body, {2: 0}) is ex.mul(bd.index(0), ex.const(5, "i64"))


def test_the_loop_language_refuses_bodies() -> None:
    a = bd.element(0, Value("f64", ()))
    exp = bd.Application(theano.scalar.exp, ("float64",), "float64")
    for form in (a, bd.index(0), bd.applied(exp, [a]), bd.converted(a, "i32"), bd.look(0, Value("f64", ()), [None])):
        assert _problem(form)

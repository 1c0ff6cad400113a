"""The stage of items as text, and that items declare what their statements do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.conftest import Golden
from theano.ifelse import ifelse
from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.verify import _problem
from theano.lower import body as bd
from theano.lower.main import Assembler
from theano.lower.values import Value
from theano.random import MRG_RandomStreams, PhiloxRandomStreams


def pointwise() -> tuple[Any, ...]:
    x, y = T.vectors("x", "y")
    return [x, y], T.tanh(x) * y + 1


def broadcast() -> tuple[Any, ...]:
    x, row, k = T.fmatrix("x"), T.vector("row"), T.iscalar("k")
    return [x, row, k], T.switch(x > 0, row, k)


def negated() -> tuple[Any, ...]:
    x = T.vector("x")
    return [x], T.exp(-x) ** 0.5


def half() -> tuple[Any, ...]:
    x = T.TensorType("float16", (False,))("x")
    return [x], x * x


def row_sum() -> tuple[Any, ...]:
    x = T.bmatrix("x")
    return [x], x.sum(axis=1)


def variance() -> tuple[Any, ...]:
    x = T.matrix("x")
    return [x], x.var(axis=0)


def argmax() -> tuple[Any, ...]:
    x = T.matrix("x")
    return [x], T.argmax(x, axis=1)


def softmax() -> tuple[Any, ...]:
    x = T.matrix("x")
    return [x], T.nnet.softmax(x)


def labels() -> tuple[Any, ...]:
    x, y = T.matrix("x"), T.ivector("y")
    return [x, y], T.nnet.categorical_crossentropy(T.nnet.softmax(x), y).mean()


def gather() -> tuple[Any, ...]:
    x, i = T.matrix("x"), T.lvector("i")
    return [x, i], x[:, i]


def scatter() -> tuple[Any, ...]:
    x, i, v = T.vector("x"), T.lvector("i"), T.vector("v")
    return [x, i, v], T.inc_subtensor(x[i], v)


def window() -> tuple[Any, ...]:
    x, v = T.matrix("x"), T.scalar("v")
    return [x, v], T.set_subtensor(x[1::2], v)


def join() -> tuple[Any, ...]:
    x, y = T.matrix("x"), T.matrix("y")
    return [x, y], T.concatenate([x, y.T], axis=1)


def shape() -> tuple[Any, ...]:
    x = T.tensor3("x")
    return [x], x.shape[1:]


def arange() -> tuple[Any, ...]:
    n = T.lscalar("n")
    return [n], [T.arange(n) * 2.0, T.eye(n)]


def dense() -> tuple[Any, ...]:
    x, w, b = T.matrix("x"), T.matrix("w"), T.vector("b")
    return [x, w, b], T.dot(x, w) + b


def update() -> tuple[Any, ...]:
    x, d, w = T.matrix("x"), T.matrix("d"), theano.shared(np.zeros((3, 2)), name="w")
    return [x, d], [], [(w, w - 0.1 * T.dot(x.T, d))]


def branch() -> tuple[Any, ...]:
    c, x = T.iscalar("c"), T.vector("x")
    return [c, x], ifelse(c, x.sum(), x[0])


def running_sum() -> tuple[Any, ...]:
    x = T.vector("x")
    rows, _ = theano.scan(lambda v, s: s + v, sequences=x, outputs_info=np.float64(0))
    return [x], rows


def recurrent() -> tuple[Any, ...]:
    x, w, h = T.matrix("x"), T.matrix("w"), T.vector("h")
    rows, _ = theano.scan(lambda v, h, w: T.tanh(v + T.dot(h, w)), sequences=x, outputs_info=h, non_sequences=w)
    return [x, w, h], rows[-1]


def until() -> tuple[Any, ...]:
    top = T.scalar("top")
    rows, _ = theano.scan(
        lambda p, top: (p * 2, theano.scan_module.until(p * 2 > top)), outputs_info=np.float64(1), non_sequences=top,
        n_steps=1024,
    )  # fmt: skip
    return [top], rows


def callback() -> tuple[Any, ...]:
    x = T.matrix("x")
    return [x], T.nlinalg.matrix_inverse(x) * 2


def philox() -> tuple[Any, ...]:
    return [], PhiloxRandomStreams(5).uniform((3, 4))


def mrg() -> tuple[Any, ...]:
    return [], MRG_RandomStreams(5).uniform((3, 4))


PROGRAMS = [
    pointwise, broadcast, negated, half, row_sum, variance, argmax, softmax, labels, gather, scatter, window, join,
    shape, arange, dense, update, branch, running_sum, recurrent, until, callback, philox, mrg,
]  # fmt: skip


def compiled(build: Callable[[], tuple[Any, ...]]) -> Any:
    inputs, outputs, *updates = build()
    return theano.function(inputs, outputs, updates=updates[0] if updates else None, mode="FAST_RUN")


@pytest.mark.parametrize("build", PROGRAMS, ids=lambda f: f.__name__)
def test_golden(build: Callable[[], tuple[Any, ...]], golden: Golden) -> None:
    golden(theano.printing.items(compiled(build)) + "\n", f"items/{build.__name__}")


@pytest.mark.parametrize("build", [branch, running_sum, recurrent, until, callback, mrg], ids=lambda f: f.__name__)
def test_declared_effects_are_those_of_the_statements(
    build: Callable[[], tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    emit_group, looked_at = Assembler._emit_group, []

    def checked(self: Assembler, group: Any) -> None:
        before = len(self.blocks[-1])
        emit_group(self, group)
        if not group.special:
            return
        (item,), emitted = group.items, [s for s in st.walk(self.blocks[-1][before:]) if not isinstance(s, hs.NewArray)]
        assert item.what
        assert item.python or not any(isinstance(s, hs.NEEDS_PYTHON) for s in emitted)
        assert item.polls or not any(isinstance(s, hs.Poll) for s in emitted)
        assert item.fallible or not any(isinstance(s, hs.Check | hs.CallBack) for s in emitted)
        looked_at.append(item)

    monkeypatch.setattr(Assembler, "_emit_group", checked)
    compiled(build)
    assert looked_at


# -- bodies ------------------------------------------------------------------------------------------------
def test_equal_bodies_are_one() -> None:
    a, b = (bd.element(k, Value("f64", ())) for k in range(2))
    assert bd.element(0, Value("f64", ())) is a is not b
    assert ex.mul(a, b) is ex.mul(a, b)
    exp = bd.Application(theano.scalar.exp, ("float64",), "float64")
    assert bd.applied(exp, [a]) is bd.applied(exp, [a])
    assert bd.cost(bd.applied(exp, [a])) == 20 and bd.cost(a) == 1


def test_a_body_is_simplified_for_its_operands() -> None:
    a, b = (bd.element(k, Value("i64", ())) for k in range(2))
    x, zero = ex.name("x", "i64"), ex.const(0, "i64")
    body = ex.select(ex.lt(a, b), ex.add(a, b), bd.converted(a, "i64"))
    assert bd.evaluate(body, [x, x]) is x
    assert bd.evaluate(ex.add(a, b), [x, zero]) is x
    assert bd.evaluate(bd.converted(bd.element(0, Value("f64", ())), "f16"), [ex.const(1 / 3, "f64")]).op == "const"


def test_positions_along_axes_of_length_one() -> None:
    body = ex.add(bd.index(0), ex.mul(bd.index(2), ex.const(5, "i64")))
    assert bd.is_placed(body)
    assert bd.over_fewer_axes(body, {2: 0}) is ex.mul(bd.index(0), ex.const(5, "i64"))


def test_the_loop_language_refuses_bodies() -> None:
    a = bd.element(0, Value("f64", ()))
    exp = bd.Application(theano.scalar.exp, ("float64",), "float64")
    for form in (a, bd.index(0), bd.applied(exp, [a]), bd.converted(a, "i32"), bd.look(0, Value("f64", ()), [None])):
        assert _problem(form)

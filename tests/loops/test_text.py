"""Texts of whole programs."""

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
from theano.loops.text import brief, program_text, statement_text


def vectors() -> list[Any]:
    return list(T.vectors("a", "b"))


def product() -> tuple[Any, ...]:
    a, b = vectors()
    return [a, b], a * b


def sigmoid() -> tuple[Any, ...]:
    x = T.fmatrix("x")
    return [x], T.nnet.sigmoid(x)


def row_sum() -> tuple[Any, ...]:
    x = T.matrix("x")
    return [x], x.sum(axis=1)


def column_sum() -> tuple[Any, ...]:
    x = T.matrix("x")
    return [x], x.sum(axis=0)


def softmax() -> tuple[Any, ...]:
    x = T.matrix("x")
    return [x], T.nnet.softmax(x)


def dense() -> tuple[Any, ...]:
    x, w, b = T.matrix("x"), T.matrix("w"), T.vector("b")
    return [x, w, b], T.dot(x, w) + b


def set_part() -> tuple[Any, ...]:
    x, v = T.matrix("x"), T.scalar("v")
    return [x, v], T.set_subtensor(x[1:3], v)


def branch() -> tuple[Any, ...]:
    c, x = T.iscalar("c"), T.vector("x")
    return [c, x], ifelse(c, x + 1, 2 * x)


def update() -> tuple[Any, ...]:
    s, x = theano.shared(np.zeros(3), name="s"), T.vector("x")
    return [x], s.sum(), [(s, s + x)]


def powers() -> tuple[Any, ...]:
    """All steps of an element together."""
    a, k = T.vector("a"), T.iscalar("k")
    rows, _ = theano.scan(lambda p, a: p * a, outputs_info=T.ones_like(a), non_sequences=a, n_steps=k)
    return [a, k], rows[-1]


def running_sum() -> tuple[Any, ...]:
    """A number as state: a name of main."""
    x = T.vector("x")
    rows, _ = theano.scan(lambda v, s: s + v, sequences=x, outputs_info=np.float64(0))
    return [x], rows


def recurrent() -> tuple[Any, ...]:
    """A product in each step."""
    x, w, h = T.matrix("x"), T.matrix("w"), T.vector("h")
    rows, _ = theano.scan(lambda v, h, w: T.tanh(v + T.dot(h, w)), sequences=x, outputs_info=h, non_sequences=w)
    return [x, w, h], rows[-1]


def batch() -> tuple[Any, ...]:
    """Rows that need each other nowhere: slices of them run through all steps."""
    x, w, h = T.tensor3("x"), T.matrix("w"), T.matrix("h")
    rows, _ = theano.scan(lambda v, h, w: T.tanh(v + T.dot(h, w)), sequences=x, outputs_info=h, non_sequences=w)
    return [x, w, h], rows[-1]


def until() -> tuple[Any, ...]:
    """Rows that are made room for as they come."""
    top = T.scalar("top")
    rows, _ = theano.scan(
        lambda p, top: (p * 2, theano.scan_module.until(p * 2 > top)), outputs_info=np.float64(1), non_sequences=top,
        n_steps=1024,
    )  # fmt: skip
    return [top], rows


PROGRAMS = [
    product, sigmoid, row_sum, column_sum, softmax, dense, set_part, branch, update, powers, running_sum, recurrent,
    batch, until,
]  # fmt: skip


@pytest.mark.parametrize("build", PROGRAMS, ids=lambda f: f.__name__)
def test_golden(build: Callable[[], tuple[Any, ...]], golden: Golden) -> None:
    inputs, outputs, *updates = build()
    with theano.change_flags(openmp=True):
        f = theano.function(inputs, outputs, updates=updates[0] if updates else None, mode="FAST_RUN")
    golden(program_text(f.executor.lowered.program), build.__name__)


def test_text_is_linear() -> None:
    e = ex.name("x", "f64")
    for _ in range(200):  # a tree of 2 ** 200 leaves
        e = ex.add(e, ex.mul(e, e))
    view = st.View("p", "f64", ex.const(0, "i64"), ())
    kernel = st.Kernel("k", [("p", "ptr"), ("x", "f64")], [st.Store(view, (), e)])
    text = program_text(hs.Program([kernel], []))
    assert len(text.splitlines()) < 210
    assert "e200 = e199 + (e199 * e199)" in text or "e199 = e198 + (e198 * e198)" in text


def test_shared_work_is_named_in_the_loop_that_knows_it() -> None:
    n, i, j = (ex.name(x, "i64") for x in "nij")
    row = ex.mul(i, n)
    view = st.View("p", "i64", row, (ex.const(1, "i64"),))
    inner = st.For("j", n, "serial", [st.Store(view, (j,), row)])
    kernel = st.Kernel("k", [("p", "ptr"), ("n", "i64")], [st.For("i", n, "serial", [inner])])
    lines = program_text(hs.Program([kernel], [])).splitlines()
    assert lines[1:5] == [
        "    for i < n",
        "        e1 = i * n",
        "        for j < n",
        "            p.i64[e1 + j] = e1",
    ]


def test_branches_keep_what_they_compute() -> None:
    x = ex.name("x", "i64")
    square = ex.mul(x, x)
    sides = [[st.Let(name, ex.add(square, ex.const(k, "i64")))] for name, k in (("a", 1), ("b", 2))]
    kernel = st.Kernel("k", [("x", "i64")], [st.If(ex.lt(x, 0), *sides)])
    lines = program_text(hs.Program([kernel], [])).splitlines()
    assert [line.strip() for line in lines if "x * x" in line] == ["e1 = x * x", "e2 = x * x"]


def test_messages_are_short() -> None:
    e = ex.name("x", "f64")
    for _ in range(50):
        e = ex.mul(e, e)
    assert len(brief(e)) < 200 and "…" in brief(e)
    assert len(statement_text(st.Let("y", e))) < 200

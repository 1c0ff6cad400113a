"""Texts that show what a function was compiled to."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T


def compiled(inputs, outputs, **kw):
    return theano.function(inputs, outputs, mode="FAST_RUN", **kw)


def test_nodes_that_share_a_loop() -> None:
    x, y = T.matrices("x", "y")
    text = theano.printing.schedule(compiled([x, y], [T.exp(x) * y, (x + y).sum(axis=1)]))
    loops = text.split("loop ")[1:]
    first = next(loop for loop in loops if "exp" in loop)
    assert "Elemwise{mul" in first
    assert "x.shape[0] × x.shape[1]" in first or "y.shape[0] × y.shape[1]" in first
    assert "add along" in text and "writes output 1" in text


def test_sizes_and_places() -> None:
    x, w = T.fmatrix("x"), T.fmatrix("w")
    text = theano.printing.schedule(compiled([x, w], T.tanh(T.dot(x, w))))
    assert "reads  x: 4 * x.shape[0] * x.shape[1]" in text
    assert "writes workspace" in text and "writes output 0: 4 * x.shape[0] * w.shape[1]" in text


def test_shared_variables_have_their_names() -> None:
    s, x = theano.shared(np.zeros(3), name="state"), T.vector("x")
    f = compiled([x], [], updates=[(s, s + x)])
    assert "writes state: 8 * state.shape[0]" in theano.printing.schedule(f)
    assert "commit" in theano.printing.loop_program(f)
    assert "state[i" in theano.printing.ccode(f)


@pytest.mark.parametrize("show", ["schedule", "items", "ccode", "loop_program"])
def test_same_text_every_time(show: str) -> None:
    def text() -> str:
        x = T.matrix("x")
        return getattr(theano.printing, show)(compiled([x], [T.nnet.softmax(x), x.sum(axis=0)]))

    assert text() == text()


@pytest.mark.parametrize("show", ["schedule", "items", "ccode", "loop_program", "memory_plan", "planned_bytes"])
def test_what_is_not_a_compiled_function_is_refused(show: str) -> None:
    x = T.vector("x")
    for wrong in (x * 2, 3, None, [compiled([x], x)]):
        with pytest.raises(TypeError, match="a compiled function is wanted"):
            getattr(theano.printing, show)(wrong)


ROWS, COLUMNS = 4096, 1000


def normalised(x: Any, axis: int) -> Any:
    centred = x - x.mean(axis=axis, keepdims=True)
    return centred / T.sqrt(x.var(axis=axis, keepdims=True) + np.float32(1e-5))


def loss_and_gradient(x: Any, label: Any) -> list[Any]:
    loss = -T.mean(T.nnet.logsoftmax(x)[T.arange(label.shape[0]), label])
    return [loss, theano.grad(loss, x)]


PLANS = {
    "softmax": lambda x, y: T.nnet.softmax(x),
    "log-softmax, loss, gradient": loss_and_gradient,
    "layer normalisation": lambda x, y: normalised(x, 1),
    "variance of rows": lambda x, y: x.var(axis=1),
    "variance of columns": lambda x, y: x.var(axis=0),
    "two sums": lambda x, y: [x.sum(axis=1), T.exp(x).sum(axis=1), x.max(axis=1)],
}


@pytest.mark.parametrize("name", PLANS)
def test_no_more_bytes_than_needed(name: str) -> None:
    x, y = T.fmatrix("x"), T.lvector("y")
    f = compiled([x, y], PLANS[name](x, y), on_unused_input="ignore")
    plan = theano.printing.planned_bytes(f, shapes=[(ROWS, COLUMNS), (ROWS,)])
    assert plan.least >= ROWS * COLUMNS * 4
    assert plan.moved <= 1.1 * plan.least


def test_what_is_read_again_counts_again() -> None:
    x = T.fmatrix("x")
    f = compiled([x], T.nnet.softmax(x))
    short = theano.printing.planned_bytes(f, shapes=[(1000, 1000)])
    long = theano.printing.planned_bytes(f, shapes=[(10, 1_000_000)])
    assert short.moved < 1.1 * short.least
    # the row and its exponentials do not fit into the cache: each is read twice, the latter also written
    assert 4 * 10**7 + long.least <= long.moved <= 2.6 * long.least


@pytest.mark.parametrize("columns", [1000, 1100, 3000])
def test_columns_are_read_twice_in_blocks_of_any_width(columns: int) -> None:
    """For a block's maxima and for its sums: many rows of a block do not stay in the cache."""
    x = T.fmatrix("x")
    f = compiled([x], T.log(T.exp(x - x.max(axis=0)).sum(axis=0)))
    plan = theano.printing.planned_bytes(f, shapes=[(1_000_000, columns)])
    assert plan.moved == pytest.approx(2 * plan.least, rel=1e-3)


def test_parts_without_rows() -> None:
    """A full sum has 64 parts; of 100 matrices the last parts get none."""
    x, y = T.ftensor3("x"), T.ftensor3("y")
    f = compiled([x, y], [x - y, ((x - y) ** 2).sum()])
    plan = theano.printing.planned_bytes(f, shapes=[(100, 32, 128)] * 2)
    assert plan.least <= plan.moved <= 1.01 * plan.least


def test_numbers_in_the_schedule() -> None:
    x, w = T.dmatrix("x"), T.dvector("w")
    f = compiled([x, w], [(x * w).sum(axis=0), T.exp(x).sum(axis=1)])
    text = theano.printing.schedule(f, np.ones((100, 20)), np.ones(20))
    assert "reads  x: 8 * x.shape[0] * x.shape[1] = 16,000" in text
    assert "least possible" in text.splitlines()[-1]
    assert " = " not in theano.printing.schedule(f)


def test_why_two_loops() -> None:
    x = T.dmatrix("x")
    text = theano.printing.schedule(compiled([x], T.exp(x / x.sum(axis=0)).sum(axis=1)))
    assert "apart from loop 1: they reduce over different axes" in text


def test_memory_of_a_call() -> None:
    x, w = T.dmatrix("x"), theano.shared(np.zeros((20, 30)), name="w")
    y = T.tanh(T.dot(x, w))
    f = compiled([x], [y, y.sum()])
    plan = theano.printing.memory_plan(f, np.ones((10, 20)))
    assert (plan.inputs, plan.shared) == (10 * 20 * 8, 20 * 30 * 8)
    assert plan.outputs == 10 * 30 * 8 + 8
    assert plan.peak == plan.outputs + plan.workspace + plan.arrays and plan.unknown == 0
    assert theano.printing.memory_plan(f, shapes=[(1000, 20)]).outputs == 1000 * 30 * 8 + 8
    assert f"{plan.peak:,}" in str(plan)
    with pytest.raises(TypeError, match="1 example arguments"):
        theano.printing.memory_plan(f)


@pytest.mark.parametrize("larger", [0, 1])
def test_memory_of_branches(larger: int) -> None:
    """All figures are of one side, that which needs more: they were sums of both, and so more than the peak."""
    c, d = T.dscalar("c"), T.dvector("d")
    for small, large, size in (T.exp(d), T.log(d), 8000), (T.exp(d), T.exp(T.concatenate([d, d])), 16000):
        f = compiled([c, d], theano.ifelse.ifelse(c > 0, *((large, small) if larger else (small, large))))
        plan = theano.printing.memory_plan(f, 1.0, np.ones(1000))
        assert plan.outputs + plan.arrays == sum(array.bytes for array in plan.made) == size
        assert plan.peak == plan.workspace + size


def test_temporaries_of_different_sizes_share_memory() -> None:
    """What is dead when the other is made has room for it, whichever is larger."""
    x, w, v = T.matrix("x"), T.matrix("w"), T.matrix("v")
    a = T.dot(x, w)
    b = T.dot(T.tanh(T.dot(a, v)), w[:, 1:])
    c = T.dot(b, v[1:])
    f = compiled([x, w, v], T.dot(c, w).sum())
    plan = theano.printing.memory_plan(f, shapes=[(100, 50), (50, 40), (40, 50)])
    assert plan.workspace < 100 * 8 * (40 + 50 + 39 + 50)


def test_memory_that_depends_on_data() -> None:
    x = T.dvector("x")
    plan = theano.printing.memory_plan(compiled([x], T.exp(x[(x > 0).nonzero()])), np.ones(5))
    assert plan.unknown

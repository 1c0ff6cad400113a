"""Lengths that only running tells: nothing is computed with two of them before it is known that they are equal."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.backend.functions import Compiled
from theano.backend.interpreter import CheckFailed, Interpreter
from theano.compile import Mode, as_op
from theano.ifelse import ifelse
from theano.runtime.jit import isa

x, w, m = T.dvector("x"), T.dvector("w"), T.dmatrix("m")


@as_op([T.dvector], [T.dvector])
def first_three(values: np.ndarray) -> np.ndarray:
    return values[:3].copy()


def doubled(v: Any) -> Any:
    return first_three(v) * 2


def in_steps(v: Any) -> Any:
    def step(r: Any, v: Any, w: Any) -> list[Any]:
        y = doubled(v) * r
        return [(y + w).sum(), y[::-1]]

    return theano.scan(step, m[:, 0], [None, None], [v, w])


CASES: dict[str, Callable[[], list[Any]]] = {
    "sum": lambda: (lambda y: [y[::-1], T.exp(y) + w])(doubled(x)),
    "mask": lambda: (lambda y: [y[::-1], T.tanh(y * w)])(x[x > 0] + 1),
    "product": lambda: (lambda y: [y[::-1], T.dot(y, w)])(doubled(x)),
    "two lengths": lambda: (lambda y, z: [y[::-1], z[::-1], y * z])(doubled(x), T.exp(w[w > 0])),
    "split": lambda: (lambda y: [y[::-1], *T.split(y, [1, 1], 2)])(doubled(x)),
    "joined": lambda: (lambda y: [y[::-1], T.join(0, T.stack([y]), m)])(doubled(x)),
    "steps": lambda: in_steps(x)[0],
    "sides": lambda: [ifelse(T.gt(x[0], 0), (lambda y: T.exp(y) + w + y[::-1])(doubled(x)), w)],
}


@pytest.mark.parametrize("optimizer", [None, "fast_run"])
@pytest.mark.parametrize("what", CASES)
def test_nothing_goes_beyond_its_end(what: str, optimizer: str | None) -> None:
    """The interpreter knows where memory ends."""
    inputs = [x, w, m]
    mode = Mode(linker="cvm", optimizer=optimizer)
    f = theano.function(inputs, CASES[what](), mode=mode, on_unused_input="ignore")
    values = [np.repeat([1.0, -1.0], [3, 7]), np.ones(2000), np.ones((4, 2000))]
    compiled = Compiled(f, f.executor)
    low = compiled.lowered
    machine = Interpreter(low.program, low.layout, compiled.words(copy.deepcopy(compiled.storages)), isa().has_fma)
    with pytest.raises(CheckFailed):
        machine.run(values, compiled.storages)
    with pytest.raises(ValueError):
        f(*values)
    if what != "split":
        f(values[0], np.ones(3), np.ones((4, 3)))


j = T.lvector("j")
LOOKUPS: dict[str, Callable[[], list[Any]]] = {
    "of an argument": lambda: [x[10:][j]],
    "of what is computed": lambda: (lambda y: [y[::-1], y[j]])(doubled(x)[3:]),
    "of rows": lambda: [m[4:][j, T.arange(j.shape[0])]],
    "of one place": lambda: [(lambda y: y[T.zeros_like(j)])(T.exp(doubled(x)[3:]))],
    "into an argument": lambda: [T.inc_subtensor(x[10:][j], 1.0)],
    "into what is computed": lambda: (lambda y: [y, T.set_subtensor(y[j], w[j])])(doubled(x)[3:]),
}


@pytest.mark.parametrize("what", LOOKUPS)
def test_nothing_is_looked_up_where_there_is_nothing(what: str) -> None:
    f = theano.function([x, w, m, j], LOOKUPS[what](), on_unused_input="ignore")
    values = [np.ones(10), np.ones(10), np.ones((4, 3)), np.array([1, 0, 2])]
    compiled = Compiled(f, f.executor)
    low = compiled.lowered
    machine = Interpreter(low.program, low.layout, compiled.words([]), isa().has_fma)
    with pytest.raises(CheckFailed):
        machine.run(values, [])
    with pytest.raises(IndexError, match="size 0"):
        f(*values)
    f(*values[:3], np.zeros(0, int))  # no places are in range everywhere

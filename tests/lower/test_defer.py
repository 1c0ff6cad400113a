"""Which calls leave the first form of a program for the fast one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.configdefaults import config
from theano.lower.defer import LONG
from theano.printing import loop_program


@pytest.fixture(autouse=True)
def quick_start() -> Any:
    with config.change_flags(quick_start=True, **{"cache.enabled": False}):
        yield


def marks(f: Any) -> list[str]:
    lines = [line.strip() for line in loop_program(f).splitlines()]
    return [line.removeprefix("leave for the fast form if ") for line in lines if line.startswith("leave")]


def test_what_is_known_to_be_short_never_leaves() -> None:
    a, b = T.dscalars("a", "b")
    f = theano.function([a, b], [a * b, T.exp(a)])
    assert marks(f) == []
    assert f(2.0, 3.0)[0] == 6 and f.executor._is_provisional


def test_sizes_decide() -> None:
    x = T.vector("x")
    f = theano.function([x], x + 1)
    (mark,) = marks(f)
    assert mark.endswith(f">= {LONG}") and "dx0_0" in loop_program(f)


def test_products_do_not_count() -> None:
    a, b = T.matrices("a", "b")
    f = theano.function([a, b], a.dot(b))
    assert marks(f) == []


def test_steps_count() -> None:
    n, x = T.lscalar("n"), T.scalar("x")
    f = theano.function([n, x], theano.scan(lambda v: v * 1.5, outputs_info=x, n_steps=n)[0][-1])
    (mark,) = marks(f)
    assert "vx0" in mark


def test_lengths_found_on_the_way_are_looked_at_where_they_are_known() -> None:
    c, x = T.iscalar("c"), T.vector("x")
    f = theano.function([c, x], theano.ifelse.ifelse(c, x + 1, 2 * x))
    first, second = marks(f)
    assert "dx1_0" in first and "dx1_0" not in second


def test_what_follows_a_call_back_must_be_known() -> None:
    @theano.as_op(itypes=[T.dvector], otypes=[T.dvector])
    def longer(v: np.ndarray) -> np.ndarray:
        return np.concatenate([v, v])

    x = T.vector("x")
    f = theano.function([x], longer(x) + 1)
    assert marks(f) == ["true"]
    assert not f.executor._is_provisional and np.array_equal(f([1.0]), [2, 2])


def long_updates() -> tuple[Any, Any]:
    x, total = T.matrix("x"), theano.shared(0.0)
    value = T.exp(x).sum()
    return theano.function([x], value, updates=[(total, total + value)]), total


def long_steps() -> tuple[Any, Any]:
    x, total = T.matrix("x"), theano.shared(0.0)
    rows = theano.scan(lambda row, s: s + T.exp(row).sum(), sequences=x, outputs_info=np.float64(0))[0]
    return theano.function([x], rows[-1], updates=[(total, total + rows[-1])]), total


@pytest.mark.parametrize("build", [long_updates, long_steps])
def test_long_work_is_done_once_by_the_fast_form(build: Callable[[], tuple[Any, Any]]) -> None:
    f, total = build()
    data = np.zeros((2000, 2000))
    small = float(f(data[:2, :3]))
    assert small == 6 and f.executor._is_provisional and total.get_value() == 6
    assert f(data) == 4_000_000 and f.is_native and total.get_value() == 4_000_000 + 6
    g, total = build()
    assert g(data) == 4_000_000 and g.is_native and total.get_value() == 4_000_000

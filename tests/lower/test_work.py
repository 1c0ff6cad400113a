"""What a call computes, and when the first form of a program leaves for the fast one."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from theano.configdefaults import config

import theano
import theano.tensor as T
from theano.compile.native.code import ProgramCode
from theano.loops import host as hs
from theano.lower.state.machine import Machine
from theano.printing import loop_program
from theano.runtime import abi
from theano.runtime.jit import CodeObject

CALL = Machine().call_time


@pytest.fixture(autouse=True)
def quick_start() -> Any:
    with config.change_flags(quick_start=True, **{"cache.enabled": False}):
        yield


def marks(f: Any) -> list[str]:
    lines = [line.strip() for line in loop_program(f).splitlines()]
    named = dict(line.split(" = ", 1) for line in lines if " = " in line)
    found = [line.removeprefix("work of ").removesuffix(" ps") for line in lines if line.startswith("work of")]
    return [named.get(mark, mark) for mark in found]


def test_sizes_count() -> None:
    a, b, x = T.dscalar("a"), T.dscalar("b"), T.vector("x")
    f = theano.function([a, b], a * b)
    assert marks(f) == [str(CALL)]
    assert f(2.0, 3.0) == 6 and f.executor.tiers.is_first
    g = theano.function([x], x + 1)
    (mark,) = marks(g)
    assert mark.startswith("(dx0_0 * ") and mark.endswith(f") + {CALL}")


def test_products_do_not_count() -> None:
    a, b = T.matrices("a", "b")
    assert marks(theano.function([a, b], a.dot(b))) == ["0"]


def test_steps_count() -> None:
    n, x = T.lscalar("n"), T.scalar("x")
    f = theano.function([n, x], theano.scan(lambda v: v * 1.5, outputs_info=x, n_steps=n)[0][-1])
    (mark,) = marks(f)
    assert "vx0" in mark


def test_lengths_found_on_the_way_count_where_they_are_known() -> None:
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
    assert marks(f) == [str(abi.ENDLESS)]
    assert not f.executor.tiers.is_first and np.array_equal(f([1.0]), [2, 2])


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
    assert f(data[:2, :3].copy()) == 6 and f.executor.tiers.is_first and total.get_value() == 6
    assert f(data) == data.size and not f.executor.tiers.is_first and total.get_value() == data.size + 6
    assert f.is_native and f(data[:2, :3]) == 6
    g, total = build()
    assert g(data.T) == data.size and not g.executor.tiers.is_first and total.get_value() == data.size


def test_many_calls_are_long_work() -> None:
    x, total = T.vector("x"), theano.shared(0.0)
    f = theano.function([x], T.tanh(x), updates=[(total, total + x.sum())])
    data = np.linspace(-1, 1, 1000)
    wanted = f(data)
    calls = 1
    # how many more there are until the thread is done depends on others
    while f.executor.tiers.is_first and calls < 10**6:
        found = f(data)
        assert np.array_equal(found, wanted)
        calls += 1
    assert 100 < calls < 10**6 and f.is_native and np.array_equal(f(data), wanted)
    np.testing.assert_allclose(total.get_value(), (calls + 1) * data.sum(), atol=1e-9)


def test_calls_through_python_count_too() -> None:
    x = T.vector("x")
    f = theano.function([x], {"a": T.exp(x), "b": x.sum()})  # its calls go through Python
    data = np.zeros(30_000)
    for _ in range(400):
        assert f(data)["b"] == 0
    assert not f.executor.tiers.is_first


def test_calls_go_on_while_a_thread_makes_the_fast_form(monkeypatch: pytest.MonkeyPatch) -> None:
    x, total = T.vector("x"), theano.shared(0.0)
    f = theano.function([x], T.tanh(x), updates=[(total, total + x.sum())])
    made, data = threading.Event(), np.linspace(-1, 1, 1000)
    compiled = ProgramCode.compiled

    def waiting(self: ProgramCode, result: str, known_as: str, first: bool) -> CodeObject:
        assert made.wait(60)
        return compiled(self, result, known_as, first)

    wanted = f(data)
    with monkeypatch.context() as patch:
        patch.setattr(ProgramCode, "compiled", waiting)
        while f.executor.tiers.fast is None:
            assert np.array_equal(f(data), wanted)
        thread = f.executor.tiers.fast
        before = total.get_value()
        for _ in range(1000):
            assert np.array_equal(f(data), wanted) and f.executor.tiers.is_first
        np.testing.assert_allclose(total.get_value(), before + 1000 * data.sum(), atol=1e-9)
        made.set()
        thread.result()
    assert np.array_equal(f(data), wanted) and not f.executor.tiers.is_first and f.is_native


def failing(error: Exception) -> Callable[..., CodeObject]:
    """What stands in for `ProgramCode.compiled` where the compiler fails for all but first forms."""
    compiled = ProgramCode.compiled

    def fails(self: ProgramCode, result: str, known_as: str, first: bool) -> CodeObject:
        if not first:
            raise error
        return compiled(self, result, known_as, first)

    return fails


FAULTS = [RuntimeError("LLVM: a test"), MemoryError()]


@pytest.mark.parametrize("error", FAULTS, ids=repr)
@pytest.mark.parametrize("build", [long_updates, long_steps])
def test_where_there_is_no_fast_form_the_first_goes_on(
    build: Callable[[], tuple[Any, Any]], error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    f, total = build()
    data = np.zeros((2000, 2000))
    assert f(data[:2, :3].copy()) == 6
    monkeypatch.setattr(ProgramCode, "compiled", failing(error))
    with pytest.warns(RuntimeWarning, match=f"fast code of .*{type(error).__name__}") as told:
        for k in range(1, 4):
            assert f(data) == data.size and total.get_value() == k * data.size + 6
    assert len(told) == 1 and told[0].filename == __file__
    assert f.is_native and f.executor.tiers.is_first


@pytest.mark.parametrize("error", FAULTS, ids=repr)
def test_where_a_thread_makes_no_fast_form_the_first_goes_on(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, total = T.vector("x"), theano.shared(0.0)
    f = theano.function([x], [T.tanh(x), x.sum()], updates=[(total, total + x.sum())], name="curve")
    data, calls = np.linspace(-1, 1, 1000), 1
    wanted = f(data)
    monkeypatch.setattr(ProgramCode, "compiled", failing(error))
    with pytest.warns(RuntimeWarning, match="'curve' could not be made") as told:
        while not told and calls < 10**6:
            assert np.array_equal(f(data)[0], wanted[0])
            calls += 1
    assert 1 < calls < 10**6
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(2 * calls):
            assert np.array_equal(f(data)[0], wanted[0])
        assert np.array_equal(f.executor([np.append(data, 0.0)[:-1]])[0], wanted[0])  # by way of Python
    assert f.is_native and f.executor.tiers.is_first
    np.testing.assert_allclose(total.get_value(), (3 * calls + 1) * data.sum(), atol=1e-9)


@pytest.mark.parametrize(("n", "is_long"), [(10, False), (400, True)])
def test_programs_of_known_size_let_others_run_if_they_take_long(n: int, is_long: bool) -> None:
    s = T.dscalar("s")
    f = theano.function([s], T.exp(s * T.arange(n * n)))
    main = f.executor.lowered.program.main
    assert [sum(isinstance(x, kind) for x in main) for kind in (hs.ReleaseGil, hs.TakeGil)] == [is_long, is_long]

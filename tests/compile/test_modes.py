"""Modes, the modes that look at nodes, lazy branches, profiles."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
from theano.compile.monitormode import detect_nan

import theano
import theano.tensor as T
from theano.compile import (
    DebugMode,
    Mode,
    MonitorMode,
    NanGuardMode,
    ProfileStats,
    as_op,
    function,
    get_default_mode,
    get_mode,
    predefined_linkers,
    predefined_optimizers,
    shared,
)
from theano.ifelse import ifelse

x, v = T.dscalar("x"), T.dvector("v")


@pytest.mark.parametrize("linker", sorted(predefined_linkers))
@pytest.mark.parametrize("optimizer", predefined_optimizers)
def test_all_names(linker: str, optimizer: str | None) -> None:
    mode = Mode(linker, optimizer)
    assert mode.executor in ("native", "perform")
    assert function([x], x + x, mode=mode)(2) == 4


def test_wrong_names() -> None:
    for make in (lambda: Mode("none"), lambda: Mode("cvm", "none"), lambda: get_mode("none")):
        with pytest.raises(Exception, match="No predefined"):
            make()


def test_modes_from_flags() -> None:
    assert get_default_mode().executor == "native"
    with theano.config.change_flags(mode="FAST_COMPILE"):
        assert get_default_mode().executor == "perform"
    with theano.config.change_flags(linker="py", optimizer="None"):
        mode = get_default_mode()
        assert mode.executor == "perform"
        f = function([x], (x + x) + (x + x))
        assert len(f.maker.fgraph.apply_nodes) == 3
    with theano.config.change_flags(mode="DebugMode"):
        assert isinstance(get_mode(None), DebugMode)


def test_tags() -> None:
    mode = get_mode("FAST_RUN").including("extra").excluding("fusion").requiring("stable")
    assert "extra" in mode.optimizer.wanted.include
    assert "fusion" in mode.optimizer.wanted.exclude
    assert "stable" in mode.optimizer.wanted.require
    assert get_mode("FAST_RUN").optimizer.wanted.exclude != mode.optimizer.wanted.exclude


def counting():
    calls: list[float] = []

    @as_op([T.dscalar], [T.dscalar])
    def count(value):
        calls.append(float(value))
        return value * 2

    return calls, count


def test_only_the_taken_branch_runs(mode: str) -> None:
    calls, count = counting()
    shared_part = count(x)
    f = function([x], ifelse(x > 0, shared_part + 1, count(x - 100)), mode=mode)
    assert f(1) == 3 and calls == [1]
    calls.clear()
    assert f(-1) == -202 and calls == [-101]


def test_nested_branches(mode: str) -> None:
    calls, count = counting()
    inner = ifelse(T.gt(x, 10), count(x), count(x + 1))
    f = function([x], [ifelse(T.gt(x, 0), inner, x), x + 1], mode=mode)
    assert f(-1) == [-1, 0] and calls == []
    assert f(5) == [12, 6] and calls == [6]
    assert f(20) == [40, 21] and calls == [6, 20]


def test_branches_of_shared_variables_and_updates(mode: str) -> None:
    a, b = shared(1.0), shared(2.0)
    f = function([x], ifelse(T.gt(x, 0), a, b), updates=[(a, ifelse(T.gt(x, 0), a + 1, a))], mode=mode)
    assert f(1) == 1 and f(1) == 2 and f(-1) == 2
    assert a.get_value() == 3


def test_monitor() -> None:
    seen = []
    mode = MonitorMode(
        pre_func=lambda i, node, fn: seen.append(("pre", i, fn.inputs[0][0].copy())),
        post_func=lambda i, node, fn: seen.append(("post", i, fn.outputs[0][0].copy())),
        optimizer=None,
    )
    assert function([x], -x, mode=mode)(3) == -3
    assert seen == [("pre", 0, 3), ("post", 0, -3)]


def test_detect_nan_is_silent_where_there_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever the values are: numbers, lengths, or no arrays at all."""
    rng = theano.tensor.shared_randomstreams.RandomStreams(1)
    mode = MonitorMode(post_func=detect_nan, optimizer=None)
    g = theano.gof.generic("g")
    function([x, g], [T.exp(x), rng.uniform((2,)), ifelse(x > 0, g, g)], mode=mode)(1.0, "text")
    assert capsys.readouterr().out == ""


def test_detect_nan(capsys: pytest.CaptureFixture[str]) -> None:
    with np.errstate(all="ignore"):
        function([x], T.log(x), mode=MonitorMode(post_func=detect_nan))(-1)
    out = capsys.readouterr().out
    for part in ("NaN detected", "Elemwise{log,no_inplace}(x)", "array(-1.)", "array(nan)"):
        assert part in out


@pytest.mark.parametrize(("value", "word"), [(np.nan, "NaN"), (np.inf, "Inf"), (1e11, "Big value")])
def test_nan_guard(value: float, word: str) -> None:
    f = function([v], v * 2, mode=NanGuardMode())
    assert f([1.0]) == 2
    with pytest.raises(AssertionError, match=word):
        f([value])
    g = function(
        [v], v * 2, mode=NanGuardMode(nan_is_error=word == "NaN", inf_is_error=True, big_is_error=False)
    )
    if word == "Big value":
        assert g([value]) == 2 * value
    else:
        with pytest.raises(AssertionError, match=word):
            g([value])


def test_a_copy_of_a_mode() -> None:
    mode = Mode("cvm", "fast_run")
    assert mode.clone().linker is mode.linker
    for allow_gc in (True, False):
        twin = mode.clone(link_kwargs={"allow_gc": allow_gc}, optimizer="fast_compile")
        assert twin.linker.allow_gc is allow_gc and twin.linker.name == "cvm"
        assert twin.provided_optimizer != mode.provided_optimizer
        assert mode.linker.allow_gc is None  # of the one that was copied


def test_profile(mode: str) -> None:
    f = function([v], T.exp(v).sum(), profile="my function", mode=mode)
    for _ in range(3):
        f([1.0, 2.0])
    stats = f.profile
    assert isinstance(stats, ProfileStats)
    assert stats.fct_callcount == 3 and stats.fct_call_time >= stats.vm_call_time > 0
    text = io.StringIO()
    stats.summary(text)
    for name, seconds in (("Function.fn.__call__", stats.vm_call_time), ("thunks", sum(stats.apply_time.values()))):
        share = re.search(rf"Time in {name}: .*\((.*)%\)", text.getvalue())
        assert seconds > 0 and float(share[1]) == pytest.approx(100 * seconds / stats.fct_call_time, abs=1e-3)
    assert "Function profiling" in text.getvalue() and "Message: my function" in text.getvalue()
    for title in ("Class\n---", "Ops\n---", "Apply\n---"):
        assert title in text.getvalue()
    assert set(stats.apply_callcount.values()) == {3}
    assert ("Loops\n---" in text.getvalue()) == (mode != "FAST_COMPILE")
    assert ("run node by node in Python" in text.getvalue()) == (mode == "FAST_COMPILE")
    stats.reset()
    assert stats.fct_callcount == 0
    assert function([x], x, mode=mode).profile is None


def test_optimizer_of_a_mode() -> None:
    """Sympy's tests, and people who look at rewritten graphs, say ``mode.optimizer.optimize(fgraph)``."""
    fgraph = theano.FunctionGraph([x], [(x + x) * 1], clone=True)
    theano.Mode(optimizer=None).optimizer.optimize(fgraph)
    assert [str(node.op) for node in fgraph.toposort()] == ["Elemwise{add,no_inplace}", "Elemwise{mul,no_inplace}"]
    get_mode("FAST_RUN").excluding("fusion").optimizer.optimize(fgraph)
    assert theano.pp(fgraph.outputs[0]) == "(TensorConstant{2.0} * x)"

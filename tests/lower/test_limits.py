"""Sizes at the edge of the address space, and loops that threads must not share."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.lower.memory.workspace import LIMIT
from theano.lower.nests import planner

n = T.lscalar("n")
BYTES = int(LIMIT)


def kept(dtype: str) -> Any:
    """A number for which an array of n elements has to be in memory."""
    y = T.exp(T.arange(n, dtype=dtype))
    return (y * y[::-1]).sum()


def complaint(f: Any, *lengths: int) -> str:
    with pytest.raises(MemoryError) as found:
        f(*lengths)
    return str(found.value).partition("\n")[0]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_largest_size(dtype: str) -> None:
    """One element less is asked for, and is not there; from the limit on nothing is asked for."""
    most = BYTES // np.dtype(dtype).itemsize
    f = theano.function([n], kept(dtype))
    assert complaint(f, most - 1) == "no memory for what is computed on the way"
    for length in (most, most + 1, 2**61, 2**62, 2**63 - 2):
        refused = f"an array of shape ({length},) does not fit into memory"
        assert complaint(f, length) in (refused, f"no memory for a range of {length} numbers")
    assert f(0) == 0 and f(1) == 1


@pytest.mark.parametrize("dtypes", [("float32", "float64"), ("float64", "float32")])
def test_of_arrays_of_one_shape_the_widest_decides(dtypes: tuple[str, str]) -> None:
    f = theano.function([n], [kept(dtype) for dtype in dtypes])
    assert "does not fit" not in complaint(f, BYTES // 16 - 1)
    assert "does not fit" in complaint(f, BYTES // 8)


# -- ranges ------------------------------------------------------------------------------------------------------
def loop(*body: st.Stmt) -> st.For:
    return st.For("i", ex.name("n", "i64"), "serial", list(body))


INDEX, INNER, N = (ex.name(name, "i64") for name in ("i", "j", "n"))
ONE = ex.const(1.0, "f64")


def store(offset: ex.Expr, *index: ex.Expr, base: str = "a") -> st.Store:
    return st.Store(st.View(base, "f64", offset, tuple(ex.const(1, "i64") for _ in index)), index, ONE)


def test_stores_whose_place_is_fixed() -> None:
    inner = st.For("j", N, "vector", [store(st.ZERO, INNER)])
    moved = st.For("j", N, "vector", [store(INDEX, INNER)])
    fixed = {
        "one place": loop(store(st.ZERO)),
        "inner index only": loop(inner),
        "behind another store": loop(store(st.ZERO, INDEX), store(N)),
        "in a branch": loop(st.If(ex.gt(INDEX, N), [store(st.ZERO)], [])),
        "by a name that does not move": loop(st.Let("p", ex.add(N, N)), store(ex.name("p", "i64"))),
    }
    moving = {
        "index": loop(store(st.ZERO, INDEX)),
        "offset": loop(moved),
        "by a name": loop(st.Let("p", ex.add(INDEX, N)), store(ex.name("p", "i64"))),
        "an inner loop that starts there": loop(st.For("j", N, "serial", [store(st.ZERO, INNER)], start=INDEX)),
        "memory of the position's own": loop(store(st.ZERO, base="own")),
    }
    for name, found in fixed.items():
        assert st.fixed_store(found, {"own"}) is not None, name
    for name, found in moving.items():
        assert st.fixed_store(found, {"own"}) is None, name


def test_a_loop_with_a_fixed_place_is_not_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    x = T.dmatrix("x")
    with theano.change_flags(openmp=True, openmp_elemwise_minsize=1):
        shared = theano.function([x], T.exp(x)).executor.lowered.program.kernels
        assert [kernel.ranged for kernel in shared] == [True]
        monkeypatch.setattr(planner._Planner, "_stores_elsewhere", lambda _, outermost: True)
        alone = theano.function([x], T.exp(x) + 1).executor.lowered.program
    assert not any(kernel.ranged for kernel in alone.kernels)
    assert all(s.ranges is None for s in alone.main if isinstance(s, hs.CallKernel))

"""`rare`: the same values as `select`, wherever it stands; the slow part is behind a branch in compiled code."""

from __future__ import annotations

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.loops import expr as ex
from theano.loops.evaluate import evaluate
from theano.runtime.jit import isa
from theano.runtime.target import select_isa
from tools import ulp_table

ISAS = ("auto", "baseline")
x, y = ex.name("x", "f64"), ex.name("y", "f64")


def nested() -> ex.Expr:
    """A slow path in a slow path, one in a condition, one whose slow side is known anyway."""
    inner = ex.rare(ex.gt(x, 50.0), ex.sqrt(x) * 3.0, x * x)
    outer = ex.rare(ex.gt(x, 10.0), inner + y, x - y)
    later = ex.rare(ex.lt(outer, -5.0), inner * 2.0, outer)
    return ex.rare(ex.gt(later * later, 1e4), ex.const(-1.0, "f64"), later) + outer


CASES = {
    "nested": nested(),
    "constants": ex.rare(ex.gt(x, y), ex.const(2.0, "f64"), ex.const(1.0, "f64")),
    "same": ex.rare(ex.gt(x, y), ex.sqrt(x), ex.sqrt(x)),
    "in a row": ex.rare(ex.gt(x, 1.0), -x, ex.rare(ex.gt(y, 1.0), -y, ex.rare(ex.gt(x, y), x, y))),
}


@pytest.mark.parametrize("flag", ISAS)
@pytest.mark.parametrize("root", CASES.values(), ids=list(CASES))
def test_one_loop(root: ex.Expr, flag: str) -> None:
    rng = np.random.default_rng(0)
    run = ulp_table.compile_loop(root, ["x", "y"], select_isa(flag))
    for size in (0, 1, 7, 64, 67):
        for top in (1.0, 5.0, 20.0, 200.0):
            a, b = rng.uniform(-1, 1, size) * top, rng.uniform(-1, 1, size) * top
            a[:1] = 60.0
            wanted = [evaluate(root, {"x": p, "y": q}) for p, q in zip(a, b, strict=True)]
            np.testing.assert_array_equal(run(a, b), np.array(wanted, "f8"))


def test_with_fma_is_chosen_by_the_target() -> None:
    """One of the two ways is printed and computed, whichever printer: the rounding error of x * x, or zero."""
    product = x * x
    root = ex.with_fma(ex.fma(x, x, -product), product - product) + y
    at, zero = np.array([1.1]), np.zeros(1)
    exact = evaluate(root, {"x": at[0], "y": zero[0]})
    assert exact != 0 and evaluate(root, {"x": at[0], "y": zero[0]}, fma=False) == 0
    for flag in ISAS:
        target = select_isa(flag)
        wanted = exact if target.has_fma else 0.0
        assert ulp_table.compile_loop(root, ["x", "y"], target)(at, zero)[0] == wanted
    assert ex.with_fma(x, x) is x


def test_folds_as_select() -> None:
    always = ex.const(True, "bool")
    assert ex.rare(always, x, y) is x
    assert ex.rare(ex.lt(x, y), x, x) is x
    assert ex.rare(ex.lt(x, y), x, y) is not ex.select(ex.lt(x, y), x, y)


def test_what_only_the_slow_part_needs_is_behind_the_branch() -> None:
    fast = x + y
    text = ulp_table.print_loop(ex.rare(ex.gt(x, 1e6), ex.sqrt(fast), fast), ["x", "y"], isa())
    lines = text.splitlines()
    branch = next(k for k, line in enumerate(lines) if "!prof" in line)
    assert any("fadd" in line for line in lines[:branch])
    assert "sqrt" in "".join(lines[branch : branch + 3])


HUGE = 1e12
f64 = np.random.default_rng(1).uniform(-30, 30, (5, 41))
f64[1, 3] = f64[3, 40] = f64[4, 0] = HUGE
row, matrix, number = T.dvector("r"), T.dmatrix("m"), T.dscalar("s")


@pytest.mark.parametrize(
    ("inputs", "make", "numpy"),
    [
        ([matrix], lambda m: T.sin(m) + T.cos(m), lambda m: np.sin(m) + np.cos(m)),
        ([matrix], lambda m: T.sin(m).sum(axis=1), lambda m: np.sin(m).sum(axis=1)),
        ([matrix], lambda m: T.sin(m).sum(axis=0), lambda m: np.sin(m).sum(axis=0)),
        ([matrix], lambda m: T.tan(m).max(), lambda m: np.tan(m).max()),
        ([matrix], lambda m: T.sin(T.cos(m) * 3e6), lambda m: np.sin(np.cos(m) * 3e6)),
        # known before the loop, before the inner loop
        ([number, row], lambda s, r: r * T.sin(s), lambda s, r: r * np.sin(s)),
        ([row, matrix], lambda r, m: m.T * T.sin(r), lambda r, m: m.T * np.sin(r)),
        ([row, matrix], lambda r, m: (m.T + T.sin(r)).sum(axis=0), lambda r, m: (m.T + np.sin(r)).sum(axis=0)),
        ([number], lambda s: T.switch(T.gt(T.sin(s), 0), T.cos(s), s), lambda s: np.cos(s) if np.sin(s) > 0 else s),
    ],
)
@pytest.mark.parametrize("huge", [False, True])
def test_in_programs(inputs, make, numpy, huge: bool) -> None:
    values = {"r": f64[:, 0].copy(), "m": f64.copy(), "s": np.array(HUGE)}
    if not huge:
        values = {k: np.where(v == HUGE, 3.0, v) for k, v in values.items()}
    args = [values[v.name] for v in inputs]
    f = theano.function(inputs, make(*inputs))
    # the C library's own functions are within an ulp, and so are these
    np.testing.assert_allclose(f(*args), numpy(*args), rtol=1e-12, atol=1e-9)

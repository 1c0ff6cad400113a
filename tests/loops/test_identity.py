"""The identity of a program: the same in every process, changed by whatever changes the program."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.identity import _fields_of, identity, kernel_key
from theano.runtime.abi import ArraySpec


def programs() -> list[hs.Program]:
    x, w, c = T.dmatrix("x"), theano.shared(np.ones(3)), T.iscalar("c")
    cost = (T.nnet.sigmoid(T.dot(x, w)) ** 2).sum()
    step = theano.function([x], cost, updates=[(w, w - 0.1 * theano.grad(cost, w))])
    table = T.fmatrix("t")
    soft = theano.function(
        [table, c], theano.ifelse.ifelse(c, T.nnet.softmax(table), table * 2)[:, ::-1].argmax(axis=1)
    )
    total = theano.scan(lambda u, s: s * 0.5 + u, sequences=T.dot(x, w), outputs_info=T.constant(np.array(0.0)))[0]
    return [f.executor.lowered.program for f in (step, soft, theano.function([x], total))]


def parts(root: Any) -> list[tuple[Any, str, Any]]:
    """All (record, field, value) under `root`."""
    found, stack = [], [root]
    while stack:
        value = stack.pop()
        if isinstance(value, list | tuple):
            stack.extend(value)
        elif hasattr(type(value), "_fields"):
            for name in _fields_of(type(value)):
                found.append((value, name, getattr(value, name)))
                stack.append(getattr(value, name))
    return found


def other(value: Any) -> Any:
    """Something else of the same kind."""
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case str():
            return value + "_"
        case None:
            return 0
        case ex.Expr():
            return ex.name("other", value.type) if value.type != "ptr" else ex.const(0, "i64")
        case list() | tuple():
            return type(value)([*value, 0])
    return None


@pytest.mark.parametrize("k", range(3))
def test_any_field_changes_it(k: int) -> None:
    program = copy.deepcopy(programs()[k])
    before = identity(program)
    checked = 0
    for record, name, value in parts(program):
        changed = other(value)
        if changed is None:
            continue
        object.__setattr__(record, name, changed)
        assert identity(program) != before, (record, name)
        object.__setattr__(record, name, value)
        checked += 1
    assert identity(program) == before and checked > 100


def test_numbers_that_compare_equal() -> None:
    nan = ex.const(float("nan"), "f64")
    numbers = [ex.const(v, t) for t in ("f32", "f64") for v in (0.0, -0.0, 1.0)]
    numbers += [ex.const(1, "i64"), ex.const(1, "i32"), ex.const(True, "bool"), ex.name("1", "i64"), nan]
    assert len({identity(n) for n in numbers}) == len(numbers)
    assert len({identity(v) for v in (1, True, "1", "True", [1], [[1]], [], [1, 1], None, "None")}) == 10
    assert identity(nan) == identity(ex.const(float("nan"), "f64"))


def test_what_is_shared_is_told_apart_from_what_is_not() -> None:
    x, y = ex.name("x", "f64"), ex.name("y", "f64")
    sums = [x + y, y + x, x + x, (x + y) + x, x + (y + x), ex.fma(x, y, x), ex.fma(x, x, y)]
    assert len({identity(s) for s in sums}) == len(sums)
    assert identity(ArraySpec("float64", (True,))) != identity(ArraySpec("float64", (False,)))


def test_unknown_kinds_have_none() -> None:
    for value in ({1}, {"a": 1}, object(), 1.5, np.float64(1)):
        with pytest.raises(TypeError, match="has no identity"):
            identity([value])


TEXT = """
import hashlib, sys
from tests.loops.test_identity import programs
from theano.loops.identity import identity
print([hashlib.sha256(identity(p).encode()).hexdigest() for p in programs()])
"""


def test_it_does_not_depend_on_the_process() -> None:
    answers = {
        subprocess.run(
            [sys.executable, "-c", TEXT], capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(answers) == 1


def test_equal_kernels_have_equal_keys() -> None:
    def kernel(name: str, by: int) -> st.Kernel:
        view = st.View("p", "i64", ex.const(0, "i64"), ())
        return st.Kernel(name, [("p", "ptr")], [st.Store(view, (), ex.const(by, "i64"))])

    assert kernel_key(kernel("a", 1)) == kernel_key(kernel("b", 1)) != kernel_key(kernel("b", 2))

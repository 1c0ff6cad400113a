"""The interpreter and compiled code agree, bit for bit where sums are not reassociated."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.backend.functions import CASES, Case, assert_equal, compiled
from theano.backend.interpreter import CheckFailed, Interpreter
from theano.loops import expr as ex
from theano.loops.evaluate import Undefined, evaluate, fused
from theano.runtime.jit import isa


def interpret(case_compiled, args, storages):
    low = case_compiled.lowered
    machine = Interpreter(low.program, low.layout, case_compiled.words(storages), isa().has_fma)
    machine.run(args, storages)
    return machine.slots[: low.n_outputs]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_agrees_with_native(case: Case) -> None:
    f = compiled(case)
    args = [np.asarray(a) for a in case.args]
    storages = copy.deepcopy(f.storages)
    found = interpret(f, args, storages)
    expected = f.function(*case.args)
    expected = expected if isinstance(expected, list) else [] if expected is None else [expected]
    for a, b in zip(found, expected, strict=True):
        assert_equal(a, b, case.ulps)
    for mine, native in zip(storages, f.storages, strict=True):
        assert_equal(mine[0], native[0], case.ulps)


def test_failing_check_has_the_lengths() -> None:
    x, y = T.vectors("x", "y")
    f = compiled(Case("", lambda: ([x, y], x + y), []))
    with pytest.raises(CheckFailed) as info:
        interpret(f, [np.zeros(3), np.zeros(4)], [])
    assert set(info.value.operands) == {3, 4}


x8, y8 = ex.name("x", "i8"), ex.name("y", "i8")
f32 = ex.name("z", "f32")


@pytest.mark.parametrize(
    "expr, env, expected",
    [
        (ex.add(x8, y8), (100, 100), -56),
        (ex.idiv(x8, y8), (-7, 2), -3),
        (ex.irem(x8, y8), (-7, 2), -1),
        (ex.lshr(x8, y8), (-128, 7), 1),
        (ex.ashr(x8, y8), (-128, 7), -1),
        (ex.shl(x8, y8), (65, 1), -126),
        (ex.abs_(x8), (-128, 0), -128),
        (ex.neg(x8), (-128, 0), -128),
        (ex.cast(x8, "u32"), (-1, 0), 2**32 - 1),
        (ex.cast(ex.cast(x8, "f32"), "u8"), (77, 0), 77),
        (ex.bitcast(ex.cast(x8, "f64"), "i64"), (1, 0), 0x3FF << 52),
    ],
)
def test_integers(expr: ex.Expr, env: tuple[int, int], expected: int) -> None:
    assert int(evaluate(expr, {"x": np.int8(env[0]), "y": np.int8(env[1])})) == expected


def test_what_is_undefined() -> None:
    env = {"x": np.int8(1), "y": np.int8(0), "z": np.float32(1e9)}
    with pytest.raises(Undefined):
        evaluate(ex.idiv(x8, y8), env)
    out_of_range = ex.cast(f32, "i8")
    assert repr(evaluate(ex.add(out_of_range, x8), env)) == "an undefined value"
    assert int(evaluate(ex.select(ex.lt(f32, 100.0), out_of_range, x8), env)) == 1


@pytest.mark.filterwarnings("ignore:.*encountered")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_fused_rounds_once(dtype: type) -> None:
    one = dtype(1)
    eps = np.finfo(dtype).eps
    x = dtype(1 + eps)
    assert fused(x, x, -dtype(1 + 2 * eps)) == dtype(eps) ** 2
    assert np.isnan(fused(dtype(np.inf), dtype(0), one))
    assert np.signbit(fused(dtype(-0.0), one, dtype(-0.0)))
    assert fused(dtype(np.finfo(dtype).max), dtype(2), one) == np.inf


def test_memory_is_checked() -> None:
    x = T.vector("x")
    f = theano.function([x], x * 2)
    low = f.maker.executor.lowered if hasattr(f.maker, "executor") else f.executor.lowered
    machine = Interpreter(low.program, low.layout, {}, True)
    machine.frame = {low.layout.input_data(0): np.zeros(3), low.layout.input_dim(0, 0): 4}
    with pytest.raises(Undefined, match="element 3 of 3"):
        machine.block(low.program.main)

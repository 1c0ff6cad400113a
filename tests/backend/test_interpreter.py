"""The interpreter and compiled code agree, bit for bit where sums are not reassociated."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.backend.functions import CASES, Case, assert_as_native, compiled
from theano.backend.interpreter import CheckFailed, Interpreter
from theano.loops.evaluate import Undefined
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
    assert_as_native(f, case, found, storages)


def test_failing_check_has_the_lengths() -> None:
    x, y = T.vectors("x", "y")
    f = compiled(Case("", lambda: ([x, y], x + y), []))
    with pytest.raises(CheckFailed) as info:
        interpret(f, [np.zeros(3), np.zeros(4)], [])
    assert set(info.value.operands) == {3, 4}


def test_memory_is_checked() -> None:
    x = T.vector("x")
    f = theano.function([x], x * 2)
    low = f.maker.executor.lowered if hasattr(f.maker, "executor") else f.executor.lowered
    machine = Interpreter(low.program, low.layout, {}, True)
    machine.frame = {low.layout.input_data(0): np.zeros(3), low.layout.input_dim(0, 0): 4}
    with pytest.raises(Undefined, match="element 3 of 3"):
        machine.block(low.program.main)

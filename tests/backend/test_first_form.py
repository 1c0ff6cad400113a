"""The first form of programs: what it looks like, and that it adds in the order in which vectors do."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.backend.functions import CASES, Case, assert_equal, compiled
from tests.conftest import Golden
from theano.backend.baseline_form import first_form
from theano.backend.interpreter import Interpreter
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.text import program_text
from theano.runtime.jit import isa
from theano.runtime.target import select_isa


@pytest.mark.parametrize("case", CASES, ids=str)
def test_interpreted_it_gives_what_vectors_give(case: Case) -> None:
    f = compiled(case)
    low = f.lowered
    program = first_form(low.program, isa())
    low.verify(program)
    args, storages = [np.asarray(a) for a in case.args], copy.deepcopy(f.storages)
    machine = Interpreter(program, low.layout, f.words(storages), isa().has_fma)
    machine.run(args, storages)
    expected = f.function(*case.args)
    expected = expected if isinstance(expected, list) else [] if expected is None else [expected]
    ulps = case.ulps if any(isinstance(s, hs.Call) for s in st.walk(program.main)) else 0  # of a product
    for a, b in zip(machine.slots[: low.n_outputs], expected, strict=True):
        assert_equal(a, b, ulps)
    for mine, native in zip(storages, f.storages, strict=True):
        assert_equal(mine[0], native[0], ulps)


def test_golden(golden: Golden) -> None:
    x = T.matrix("x")
    with theano.change_flags(openmp=True):
        f = theano.function([x], x.sum(axis=1), mode="FAST_RUN")
    text = program_text(first_form(f.executor.lowered.program, select_isa("baseline")))
    golden(text, "first_form")

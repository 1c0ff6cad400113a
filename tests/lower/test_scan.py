"""Loops that are given up: what they have left behind must not serve others."""

from __future__ import annotations

from typing import Any

import numpy as np

import theano
import theano.tensor as T
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.scan.parts import Loop, OutputArg, SequenceArg, StateArg

x, n = T.dvector("x"), T.lscalar("n")


def loop(rows_of_data: bool) -> Any:
    """Sums of numbers; with rows whose length is a number, which only a step can tell, also these."""
    v, s = T.dscalar("v"), T.dscalar("s")
    start = T.unbroadcast(T.shape_padleft(T.constant(np.float64(0))), 0)
    new = s + v if rows_of_data else 2 * s + v
    made = Loop(n, sequences=[SequenceArg(x, [0], [v])], states=[StateArg(start, [-1], [s], new, 1)])
    if rows_of_data:
        made.outputs = [OutputArg(T.arange(T.cast(v, "int64")) + s)]
    return made.apply()


def test_checks_of_a_loop_that_is_given_up_are_made_for_the_next() -> None:
    rows, sums = loop(True).outputs[0], loop(False).states[0]
    f = theano.function([x, n], [rows, sums], mode=theano.Mode("cvm", None))
    program, records = f.executor.lowered.program, f.executor.lowered.records
    main = list(st.walk(program.main))
    assert sum(isinstance(s, hs.CallBack) for s in main) == 1 and any(isinstance(s, st.For) for s in main)
    checked = {records[s.code - 1].message for s in main if isinstance(s, hs.Check)}
    for words in ("negative number of step", "was asked to run for {0} steps", "rows; {1} steps read {2}"):
        assert any(words in message for message in checked), words
    got = f(np.full(4, 2.0), 3)
    np.testing.assert_array_equal(got[0], [[0, 1], [2, 3], [4, 5]])
    np.testing.assert_array_equal(got[1], [0, 2, 6, 14])

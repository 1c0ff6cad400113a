"""Every error that `scan` and its relatives document is raised once."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from theano.scan_module import until

import theano
import theano.tensor as T
from tests.refusals import Refusal, cases, check
from theano.graph import generic
from theano.ifelse import IfElse, ifelse
from theano.scan.count import StepCount
from theano.scan.op import Scan

x, v, m, n = T.dscalar("x"), T.dvector("v"), T.dmatrix("m"), T.lscalar("n")
s = theano.shared(0.0, "s")


def scan(fn: Any, *args: Any, **kwargs: Any) -> Any:
    return theano.scan(fn, *args, **kwargs)[0]


def run(variable: Any, values: dict[Any, Any]) -> Any:
    """Evaluates with both executors; the first error counts."""
    for mode in ("FAST_COMPILE", "FAST_RUN"):
        theano.function(list(values), variable, mode=mode)(*values.values())


def _perform(*inputs: Any) -> None:
    """Runs a loop over the rows of a vector for `inputs`, as the executor of NumPy does."""
    looped = scan(lambda r, t: r + t, v, T.constant(0.0, dtype="float64"))
    stack, node = [looped.owner], None
    while node is None:
        at = stack.pop()
        node = at if isinstance(at.op, Scan) else None
        stack += [i.owner for i in at.inputs if i.owner is not None]
    node.op.perform(node, list(inputs), [[None] for _ in node.outputs])


ARGUMENTS: list[Refusal] = [
    (lambda: scan(3, v), TypeError, "the first argument of scan must be a function, not 3"),
    (lambda: scan(lambda a, b: a, v), TypeError, "missing 1 required .* scan calls the step function with 1 arguments"),
    (lambda: scan(lambda a: a, x), ValueError, "sequence 0 .x. has no axis to go along"),
    (lambda: scan(lambda a: a, dict(taps=[0])), ValueError, "sequence 0 is a dict without 'input'"),
    (lambda: scan(lambda a: a, dict(input=v, tap=0)), ValueError, "sequence 0 has the unknown key 'tap'"),
    (lambda: scan(lambda a: a, dict(input=v, taps=[0.5])), ValueError, "taps of sequence 0 must be a list of integers"),
    (lambda: scan(lambda a: a, dict(input=v, taps=[0, 0])), ValueError, "the taps of sequence 0 have repeats"),
    (lambda: scan(lambda a: a, n_steps=2, outputs_info=dict(taps=[-1])), ValueError, "has taps but no 'initial'"),
    (lambda: scan(lambda a: a, n_steps=2, outputs_info=dict(initial=x, taps=[0])), ValueError, "taps must be negative"),
    (
        lambda: scan(lambda a: a, n_steps=2, outputs_info=dict(initial=x, taps=[-2])),
        ValueError,
        "needs an initial value for each of the 2 steps",
    ),
    (lambda: scan(lambda a: a, outputs_info=x), ValueError, "No information about the number of steps"),
    (lambda: scan(lambda a: a, outputs_info=x, n_steps=2.5), TypeError, "n_steps must be an integer"),
    (
        lambda: scan(lambda r: r * s, v, strict=True),
        theano.graph.MissingInputError,
        "the shared variable s, which is none of its arguments",
    ),
]

STEPS: list[Refusal] = [
    (lambda: scan(lambda a: 3, v), ValueError, "Scan cannot parse the return value of your lambda expression"),
    (lambda: scan(lambda a: generic("g"), v), ValueError, "outputs of a step must be tensors: g has the type"),
    (lambda: scan(lambda a: (a, a), v, [None]), ValueError, "outputs_info has 1 entries, the step function returned 2"),
    (lambda: scan(lambda a, t: a + t, v, T.fscalar()), ValueError, "has dtype float32 .* has dtype float64"),
    (lambda: scan(lambda a, t: t * v, v, x), ValueError, "while the result of the inner function .* 1 dimension"),
    (
        lambda: scan(lambda a, t: t + m, v, T.ones((1, 2), dtype="float64")),
        TypeError,
        "the initial value .* is broadcastable .of length 1. along axis 0",
    ),
    (
        lambda: scan(lambda a: (a, [(s, s + a), (s, s * a)]), v),
        ValueError,
        "this shared variable already has an update expression: s",
    ),
    (lambda: until(v), ValueError, "the condition of until must be 0-d, not TensorType.float64, vector."),
]

RUNS: list[Refusal] = [
    (lambda: run(scan(lambda t: t + 1, outputs_info=x, n_steps=n), {x: 1, n: -2}), IndexError, "negative"),
    (lambda: run(scan(lambda t: t + 1, outputs_info=x, n_steps=n), {x: 1, n: 0}), NotImplementedError, "step"),
    (lambda: run(StepCount()(n), {n: -3}), IndexError, "-3"),
    (lambda: run(StepCount("for{cpu,f}")(n), {n: 0}), NotImplementedError, "for.cpu,f. .*step"),
    (
        lambda: run(scan(lambda t: t + 1, outputs_info=dict(initial=v, taps=[-2]), n_steps=n), {v: [1.0], n: 3}),
        ValueError,
        "needs 2 initial rows",
    ),
    (
        lambda: _perform(np.asarray(5), np.ones(3), np.zeros(1)),
        ValueError,
        "sequence 0 of .* has 3 rows; 5 steps read 5",
    ),
]

BRANCHES: list[Refusal] = [
    (lambda: ifelse(v, v, v), TypeError, "the condition of ifelse must be 0-d, got v with 1 dimensions"),
    (lambda: ifelse(x, [v], [v, v]), ValueError, "should be that on the `else` branch: 1 and 2"),
    (lambda: ifelse(x, [], []), ValueError, "ifelse needs at least one value on each branch"),
    (lambda: ifelse(x, v, m), TypeError, "The two branches should have identical types"),
    (lambda: IfElse(1)(x, v), ValueError, "Wrong number of arguments to make_node: expected 2, got 1"),
]

TABLES = {"arguments": ARGUMENTS, "steps": STEPS, "runs": RUNS, "branches": BRANCHES}


@pytest.mark.parametrize(("call", "classes", "text"), cases(TABLES))
def test_refused(call: Any, classes: Any, text: str) -> None:
    check(call, classes, text)

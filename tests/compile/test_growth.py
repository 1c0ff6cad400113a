"""Compiling grows linearly with a program, whatever its shape: counted in calls, not in seconds."""

import sys

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano import shared
from theano.ifelse import ifelse
from theano.runtime.abi import QUICKLY
from theano.scan.op import Scan

# Calls for the second half of a program over those for its first half: 2 if they grow linearly, 4 quadratically.
LINEAR = 2.5


def coupled(n, initial=None):
    xs = [T.dscalar() for _ in range(n)]
    rows, _ = theano.scan(
        lambda *s: [a * 0.9 + b for a, b in zip(s, s[1:] + s[:1], strict=True)],
        outputs_info=xs if initial is None else [initial] * n,
        n_steps=5,
    )
    return xs if initial is None else [initial], [r[-1] for r in rows], []


def states_that_differ_one_by_one(n):
    x = T.dscalar("x")
    rows, _ = theano.scan(
        lambda *s: [a * 0.9 + b for a, b in zip(s, (*s[1:], s[-1] * 2), strict=True)], outputs_info=[x] * n, n_steps=5
    )
    return [x], [r[-1] for r in rows], []


def states_and_sequences(n):
    sequences, x = [T.dvector() for _ in range(n)], T.dscalar("x")
    rows, _ = theano.scan(
        lambda *v: [r * 0.9 + s for r, s in zip(v[:n], v[n:], strict=True)], sequences=sequences, outputs_info=[x] * n
    )
    return [*sequences, x], [r[-1] for r in rows], []


def gradient_of_coupled(n):
    xs = [T.dvector() for _ in range(n)]
    rows, _ = theano.scan(
        lambda *s: [T.tanh(a * 0.9 + b) for a, b in zip(s, s[1:] + s[:1], strict=True)], outputs_info=xs, n_steps=5
    )
    return xs, T.grad(sum(r[-1].sum() for r in rows), xs), []


def chain(n, x):
    e = x
    for k in range(n):
        e = T.tanh(e * 1.1 + k)
    return [x], T.grad(e.sum(), x), []


def stack(n, x):
    return [x], T.stack([x * k + T.sin(x + k) for k in range(n)]), []


def join(n):
    xs = [T.dvector() for _ in range(n)]
    return xs, T.join(0, *[x * 2 for x in xs]), []


def gradient_of_join(n):
    xs = [T.dvector() for _ in range(n)]
    return xs, T.grad(T.sqr(T.concatenate(xs)).sum(), xs), []


def wide(n):
    x = T.dvector("x")
    return [x], [T.exp(x * (k + 1)) for k in range(n)], []


def adam(n):
    x, weights = T.dmatrix("x"), [shared(np.full((3, 3), 0.01 * k)) for k in range(n)]
    cost = sum(T.sqr(T.dot(x, w)).sum() for w in weights)
    updates = []
    for w, g in zip(weights, T.grad(cost, weights), strict=True):
        m, v = shared(np.zeros((3, 3))), shared(np.zeros((3, 3)))
        new_m, new_v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        updates += [(m, new_m), (v, new_v), (w, w - 0.001 * new_m / (T.sqrt(new_v) + 1e-8))]
    return [x], cost, updates


def unrolled(n):
    x, w, u = T.dtensor3("x"), shared(np.eye(4) * 0.1), shared(np.eye(4) * 0.2)
    h = T.zeros((2, 4))
    for t in range(n):
        h = T.tanh(T.dot(x[t], w) + T.dot(h, u))
    cost = h.sum()
    return [x], cost, [(p, p - 0.1 * g) for p, g in zip((w, u), T.grad(cost, [w, u]), strict=True)]


def long_sum(n):
    xs = [T.dvector() for _ in range(n)]
    return xs, sum(xs[1:], xs[0]), []


def ladder(n):
    x, c = T.dvector("x"), T.dscalar("c")
    e = x
    for k in range(n):
        e = ifelse(T.gt(c, k), e * 2 + k, T.exp(e))
    return [x, c], e, []


def elements_set(n):
    x = T.dvector("x")
    e = x
    for k in range(n):
        e = T.set_subtensor(e[k], e[k - 1 if k else 0] * 2)
    return [x], e, []


def hessian(n):
    x = T.dvector("x")
    terms = [T.exp(x[i] * x[(i + 1) % n]) for i in range(n)]
    return [x], theano.gradient.hessian(sum(terms), x), []


PROGRAMS = {
    "coupled states": (coupled, 12),
    "equal states": (lambda n: coupled(n, T.dscalar("x")), 12),
    "states that differ one by one": (states_that_differ_one_by_one, 12),
    "states and sequences": (states_and_sequences, 12),
    "gradient of coupled states": (gradient_of_coupled, 4),
    "chain of numbers": (lambda n: chain(n, T.dscalar("x")), 50),
    "chain of vectors": (lambda n: chain(n, T.dvector("x")), 25),
    "stack of numbers": (lambda n: stack(n, T.dscalar("x")), 24),
    "stack of vectors": (lambda n: stack(n, T.dvector("x")), 20),
    "join": (join, 40),
    "gradient of a join": (gradient_of_join, 30),
    "many outputs": (wide, 40),
    "adam": (adam, 6),
    "unrolled recurrence": (unrolled, 8),
    "long sum": (long_sum, 50),
    "ladder of ifelse": (ladder, 15),
    "elements set": (elements_set, 40),
    "hessian": (hessian, 6),
}


def calls(build, n):
    """Function calls, of Python and of C, that compiling the program takes."""
    inputs, outputs, updates = build(n)
    count = 0

    def see(frame, event, arg):
        nonlocal count
        count += 1

    before = sys.getprofile()
    sys.setprofile(see)
    try:
        f = theano.function(inputs, outputs, updates=updates)
        f.executor.text()
    finally:
        sys.setprofile(before)
    return count


@pytest.mark.parametrize("name", PROGRAMS)
def test_calls_grow_linearly(name):
    build, n = PROGRAMS[name]
    calls(build, 3)  # what is done once in a process
    one, two, four = (calls(build, k * n) for k in (1, 2, 4))
    assert four - two < LINEAR * (two - one)


def applications(n, name):
    """How often a rule changed the loop of `n` coupled states."""
    inputs, outputs, _ = coupled(n)
    trace = theano.rewrite.trace(theano.function(inputs, outputs))
    (states,) = {len(s.spec.states) for s in scans(theano.function(inputs, outputs))}
    return trace.counts().get(name, 0) / states


def scans(f):
    return [node.op for node in f.maker.fgraph.toposort() if isinstance(node.op, Scan)]


def test_what_is_read_of_many_states_is_looked_at_once():
    assert applications(5, "keep_what_is_read") == applications(20, "keep_what_is_read") == 1


def parts(shot):
    """How many operations and leaves a snapshot holds."""
    return 1 + sum(map(parts, shot[1])) if isinstance(shot, tuple) and len(shot) == 2 else 1


def test_a_trace_of_wide_operations_stays_small():
    sizes = []
    for n in (20, 80):
        inputs, outputs, _ = coupled(n)
        steps = theano.rewrite.trace(theano.function(inputs, outputs)).steps
        sizes.append(max(parts(shot) for step in steps for shot in (step.before, step.after)))
    assert sizes[0] == sizes[1]


def longest_stretch(text):
    """Lines of the longest stretch without branches, in functions that are compiled well."""
    longest = lines = 0
    well = True
    for line in text.splitlines():
        if line.startswith("define"):
            well = QUICKLY not in line
        lines = 0 if line.endswith(":") or line.startswith(("br ", "define")) else lines + 1
        longest = max(longest, lines * well)
    return longest


def test_stretches_without_branches_are_bounded():
    """LLVM's time for one grows faster than its length."""
    lengths = []
    for n in (80, 240):
        inputs, outputs, _ = chain(n, T.dscalar("x"))
        lengths.append(longest_stretch(theano.function(inputs, outputs).executor.text()))
    assert lengths[1] <= 1.5 * lengths[0] < 6000


@pytest.mark.parametrize("kind", [T.dscalar, T.dvector])
@pytest.mark.parametrize("build", [chain, stack])
def test_long_programs_are_few_kernels(build, kind):
    """Those that differ in their numbers only are one."""
    inputs, outputs, _ = build(120, kind("x"))
    f = theano.function(inputs, outputs)
    assert len(f.executor.lowered.program.kernels) < 15

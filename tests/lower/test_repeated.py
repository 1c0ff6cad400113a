"""Loop nests that repeat are made once, and compute what each of its own would."""

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.compile.native import executor
from theano.lower.main import assembler as assemble
from theano.lower.state.machine import Machine

VALUES = {"float64": np.array([-1.5, -0.0, 0.0, 0.3, 2.0, np.inf, np.nan]), "float32": np.float32([-2, 0.5, 1e-30, 7])}


def chain(x):
    e = x
    for k in range(12):
        e = T.sqrt(abs(e * 1.5 + k))
    return T.grad(e.sum(), x)


def stack(x):
    return T.stack([T.sqrt(x[0] * k) + x[0] / (k + 0.5) for k in range(12)])


def numbers_that_meet(x):
    return [T.sqrt(x * k + (k if k % 2 else 7)) * T.sqr(x + k) for k in range(20)]


def constants_that_are_looked_at(x):
    return [T.maximum(x, k % 4) ** (k % 4 - 1) / (x + k) for k in range(20)]


def parts(x):
    return [T.sqrt(x[k % 2 :] * k) + T.sqr(x[: x.shape[0] - k % 2]) for k in range(18)]


def numbers_of_arrays(x):
    return [T.sqrt(x + x[k % 4]) * x[k % 3] for k in range(12)]


def one_array_twice(x):
    ys = [T.sqr(x + k) for k in range(20)]
    return [T.sqrt(a) * (b if k % 2 else a) for k, (a, b) in enumerate(zip(ys, ys[1:] + ys[:1], strict=True))]


def integers_and_masks(x):
    return [T.switch(x > k, T.cast(x < 7 * k, "int32") * k, k) * x for k in range(12)]


PROGRAMS = [
    chain, stack, numbers_that_meet, constants_that_are_looked_at, parts, numbers_of_arrays, one_array_twice,
    integers_and_masks,
]  # fmt: skip


def run(build, dtype):
    x = T.vector("x", dtype=dtype)
    f = theano.function([x], build(x))
    f.executor.lowered.verify()
    return [np.asarray(r).tobytes() for r in f(VALUES[dtype])]


@pytest.mark.parametrize("dtype", VALUES)
@pytest.mark.parametrize("build", PROGRAMS)
def test_they_compute_the_same(build, dtype, monkeypatch):
    # numbers are made by loop nests, too, and these are small
    machine = Machine(main_cost=0, loop_cost=4, small_cost=0)
    monkeypatch.setattr(executor.Machine, "of", lambda target: machine)
    repeated = {}
    find = assemble.find_repeated
    monkeypatch.setattr(assemble, "find_repeated", lambda b, groups: repeated.update(find(b, groups)) or repeated)
    found = run(build, dtype)
    assert len(repeated) > 7
    monkeypatch.setattr(assemble, "find_repeated", lambda b, groups: {})
    assert found == run(build, dtype)


def test_they_are_made_once(monkeypatch):
    made = []
    emit_group = assemble.emit_group
    monkeypatch.setattr(assemble, "emit_group", lambda nb: made.append(nb) or emit_group(nb))
    x = T.vector("x")
    e = x
    for k in range(300):
        e = T.tanh(e * 1.1 + k)
    f = theano.function([x], T.grad(e.sum(), x))
    assert len(made) < len(f.executor.lowered.schedule) / 2

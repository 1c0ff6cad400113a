"""Nothing grows: memory over many calls and many functions."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import theano.tensor as T
from theano.compile import function, shared
from theano.compile.native import code
from theano.gradient import grad

NIGHTLY = bool(os.environ.get("THEANO_NIGHTLY"))

MEMORY = r"""
import gc, os, sys
import numpy as np
import theano.tensor as T
from theano.compile import function, shared

def resident():
    with open("/proc/self/statm") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
"""

CALLS = (
    MEMORY
    + r"""
x = T.dvector("x")
s = shared(np.zeros(3))
f = function([x], [x + s, x.sum()], updates=[(s, s + x)])
g = function([x], T.dot(x, x) + x[0])
a = np.ones(3)
n = int(sys.argv[1])
def calls(n):
    for _ in range(n):
        f(a)
        g([1.0, 2.0, 3.0])
        try:
            f(a[:2])
        except ValueError:
            pass
calls(3000)
before = resident()
for _ in range(n):
    f(a)
for _ in range(n // 10):
    g([1.0, 2.0, 3.0])
calls(1000)
print(resident() - before)
"""
)

FUNCTIONS = (
    MEMORY
    + r"""
n = int(sys.argv[1])
x = T.dvector("x")
def make(k):
    s = shared(np.zeros(3))
    f = function([x], T.exp(x) * s, updates=[(s, s + x)])
    f(np.ones(3))
for k in range(150):
    make(k)
gc.collect()
before = resident()
for k in range(n):
    make(k)
gc.collect()
print(resident() - before)
"""
)


def growth(program: str, n: int) -> int:
    done = subprocess.run([sys.executable, "-c", program, str(n)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return int(done.stdout)


linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")


@linux
def test_a_million_calls_leak_nothing() -> None:
    assert growth(CALLS, 1_000_000) < 2 << 20


@linux
def test_many_functions_leak_nothing() -> None:
    n = 10_000 if NIGHTLY else 600
    assert growth(FUNCTIONS, n) < (4 << 20) + 1000 * n


STEPS = (lambda y: y * 1.5, lambda y: y + 0.25, abs, lambda y: 1 / y)


def deep(y: Any, n: int) -> Any:
    for k in range(n):
        y = STEPS[k % len(STEPS)](y)
    return y


def test_a_graph_ten_thousand_nodes_deep() -> None:
    x = T.dscalar("x")
    y = deep(x, 10_000)
    u, z = pickle.loads(pickle.dumps((x, y)))
    f = function([x], [y, grad(y, x)])
    value, slope = f(0.5)
    assert f.is_native and np.isfinite([value, slope]).all()
    assert np.isclose(function([u], z, mode="FAST_COMPILE")(0.5), value, rtol=1e-6)


TEXT = r"""
import hashlib
import numpy as np, theano.tensor as T
from theano.compile import function, shared
from theano.gradient import grad
x, t = T.dmatrix("x"), T.lvector("t")
w, b = shared(np.zeros((4, 3))), shared(np.zeros(3))
h = T.tanh(T.dot(x, w) + b)
p = T.nnet.softmax(h)
cost = -T.log(p[T.arange(t.shape[0]), t]).mean() + (w ** 2).sum()
gw, gb = grad(cost, [w, b])
f = function([x, t], [cost, p.argmax(axis=1)], updates=[(w, w - 0.1 * gw), (b, b - 0.1 * gb)])
print(hashlib.sha256(f.executor.text().encode()).hexdigest())
"""


def test_the_program_does_not_depend_on_the_hash_seed() -> None:
    texts = {
        subprocess.run(
            [sys.executable, "-c", TEXT], capture_output=True, text=True, check=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("0", "1", "12345")
    }  # fmt: skip
    assert len(texts) == 1 and len(texts.pop()) == 65


def test_one_compilation_serves_all_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled = []
    compile_module = code.compile_module

    def counting(*args: object, **kwargs: object) -> object:
        compiled.append(args)
        return compile_module(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(code, "compile_module", counting)
    x, w = T.dmatrix("x"), shared(np.ones((3, 2)))
    monkeypatch.setattr(code, "kept_module", lambda known: None)  # whatever the cache has
    f = function([x], T.nnet.softmax(T.dot(x, w)).sum(axis=0), updates=[(w, w * 1.0)])
    for rows in (1, 2, 50, 1000):
        assert f(np.ones((rows, 3))).tolist() == [rows / 2, rows / 2]
    w.set_value(np.ones((5, 4)))
    assert f(np.ones((8, 5))).tolist() == [2.0] * 4
    assert len(compiled) == 1

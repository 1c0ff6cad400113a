"""Threads with little stack: what a program needs of it, and that it never steps over the page below."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.native.ir.library import STRUCTURED
from theano.native.linalg import functions
from theano.native.products import blas, loading
from theano.native.products.choice import library_module
from theano.native.support.modules import first_module, support_module
from theano.runtime import jit
from theano.runtime.module import Module

PROGRAMS = """
import sys, threading, numpy as np, theano, theano.tensor as T
x, y, v = T.matrix("x"), T.matrix("y"), T.vector("v")
rng = np.random.RandomState(0)
a, b, w = rng.randn(60, 50), rng.randn(50, 70), rng.randn(5000, 40)
step = lambda r, h, y: T.tanh(T.dot(h, y) + r)
programs = {
    32: [
        ([x], T.exp(x) + 1, [a]), ([x], T.nnet.softmax(x), [a]), ([x], T.exp(x).sum(), [w]),
        ([x, v], x + v, [[[1.0, 2.0], [3.0, 4.0]], [1.0, 2.0]]),
    ],
    64: [
        ([x, y], T.dot(x, y), [a, b]), ([x, y], T.dot(x.T, y), [a.T.copy(), b]), ([x, y], T.dot(x.T, y), [w, w]),
        ([x, y], T.grad(T.nnet.softmax(T.dot(T.tanh(T.dot(x, y)), y.T)).sum(), x), [a, b]),
        ([x, y], T.dot(x, y.T), [w, w]),
        ([x, y], theano.scan(step, x, T.zeros((4, 50)), T.dot(y, y.T))[0], [a, b]), ([x], x.sum(0), [a]),
    ],
    128: [
        ([x], T.cumsum(x, 0) * T.cumprod(x, 0) + T.cumsum(x, 1), [a]),
        ([x], T.nnet.softmax(x.T).sum(axis=1) + x.var(0) + x.max(0) + x.min(0), [a]),
    ],
}
for least, listed in programs.items():
    for number, (inputs, output, arguments) in enumerate(listed):
        f = theano.function(inputs, output)
        for _ in range(3):
            want = f(*arguments)
        for size in [size for size in (32, 64, 128, 256) if size >= least]:
            print(least, number, size, file=sys.stderr, flush=True)
            got = []
            thread = threading.Thread(target=lambda: got.append(f(*arguments)))
            try:
                threading.stack_size(size << 10)
            except ValueError:  # Python 3.14 wants 52 KiB for itself
                assert size < 64
                continue
            thread.start()
            threading.stack_size(0)
            thread.join()
            assert np.array_equal(got[0], want)
print("good")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems demand larger stacks, or round them up")
@pytest.mark.parametrize("quick_start", [False, True])
def test_threads_with_little_stack(quick_start: bool) -> None:
    flags = f"{os.environ['THEANO_FLAGS']},quick_start={quick_start}"
    command = [sys.executable, "-c", textwrap.dedent(PROGRAMS)]
    done = subprocess.run(command, env={**os.environ, "THEANO_FLAGS": flags}, capture_output=True, text=True)
    assert done.stdout == "good\n", (done.returncode, done.stderr[-500:])


def frames(module: Module, options: jit.Options = jit.DEFAULT) -> dict[str, int]:
    """Bytes of each function's frame, at least, and the largest step in which it is made (as ``-name``)."""
    found: dict[str, int] = {}
    name = ""
    for line in jit.assembly(module, options).splitlines():
        label = re.match(r"([A-Za-z_][\w.]*):", line)
        if label and not label[1].startswith("L"):
            name = label[1]
        step = re.match(r"\s*subq?\s+\$(\d+), %rsp", line)
        if step:
            found[name] = found.get(name, 0) + int(step[1])
            found[f"-{name}"] = max(found.get(f"-{name}", 0), int(step[1]))
    return found


def programs() -> dict[str, Any]:
    x, y, h = T.matrix("x"), T.matrix("y"), T.TensorType("float16", (False, False))("h")
    steps = theano.scan(lambda r, s, y: T.tanh(T.dot(s, y) + r), x, T.zeros_like(x[0]), y)[0]
    many = [T.matrix() for _ in range(40)]
    return {
        "columns": ([x], [x.sum(0), x.var(0), x.max(0), T.nnet.softmax(x.T), (x - x.mean(0)) / x.std(0)]),
        "rows": ([x], [x.sum(1), T.nnet.softmax(x), x.argmax(1), x.prod()]),
        "steps": ([x, y], steps),
        "half": ([h], [T.nnet.softmax(h), h.sum(0), h.argmax(0)]),
        "many": (many, [sum(m.sum(0) for m in many)]),
    }


@pytest.mark.skipif(not jit.isa().triple.startswith("x86_64"), reason="reads assembly of x86-64")
@pytest.mark.parametrize("name", ["products", "linear algebra", "support", *programs()])
def test_frames(name: str) -> None:
    """What is larger than a page is touched page by page; and all that may stand above each other is small."""
    if name == "products":
        modules = [library_module(t, jit.isa(), blas.symbol(loading._ROUTINE[t])) for t in ("f32", "f64")]
        found = [frames(module, STRUCTURED) for module in modules]
    elif name == "linear algebra":
        found = [frames(functions.library_module(t, jit.isa(), 32), STRUCTURED) for t in ("f32", "f64")]
    elif name == "support":
        triple = jit.isa().triple
        found = [frames(support_module(triple)), frames(first_module(triple), jit.Options(level=0))]
    else:
        executor = theano.function(*programs()[name]).executor
        found = [frames(executor.module()), frames(executor.module("list", True), jit.Options(level=0))]
    for sizes in found:
        assert sizes and all(size <= 4096 for function, size in sizes.items() if function.startswith("-")), sizes
        assert max(sizes.values()) <= 40_000, sizes


def test_without_memory_for_a_copy_the_product_is_the_same() -> None:
    """The first operand is copied where its columns are contiguous."""
    from tests.native.test_product import multiply

    # where `init` is not called there is none
    code = jit.compile_module(library_module("f64", jit.isa(), None), STRUCTURED, ("dtiles",))
    rng = np.random.RandomState(0)
    a, b = rng.randn(300, 200), rng.randn(300, 150)
    results = []
    for symbols in (code.symbols, loading._library("f64", jit.isa(), theano.config.openmp).code.symbols):
        c = np.zeros((200, 150))
        multiply("dtiles", a.T, b, c, 1, 0, symbols)
        results.append(c)
    assert np.array_equal(*results) and np.allclose(results[0], a.T @ b)

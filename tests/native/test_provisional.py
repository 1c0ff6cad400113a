"""A machine's first program is served by provisional code; from its second call on a thread makes the fast code."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from theano.loops.externs.table import LETTER
from theano.native.ir.library import STRUCTURED
from theano.native.products import choice
from theano.runtime import jit

HEAD = """
import os

import numpy as np
import theano
import theano.tensor as T
from theano.native.support import provisional, loading as support
from theano.runtime import threads

settle = provisional.complete  # waits for the thread, too

if "linked" in os.environ.get("AS_IF", ""):  # as where our loader knows no objects
    from theano.runtime import jit
    jit.load_image = lambda *arguments: None
if "alone" in os.environ.get("AS_IF", ""):  # as where no threads are started
    from theano.native.ir import machine as machine_ir
    machine_ir._MACHINES.clear()

def check(*facts):
    assert all(facts), facts

"""
COUNTER = """
x = T.vector("x")
count = theano.shared(0.0)
f = theano.function([x], x * 2 + count, updates=[(count, count + 1)])
"""
CALLS = "check(f([1.0]) == 2, f([1.0]) == 3), settle(), check(f([1.0]) == 4, f.is_native)\n"
PROGRAMS = {
    "counter": COUNTER + """
for k in range(5):
    check(f.is_native == (k >= 3), support.is_provisional() == (k < 2))
    check(np.array_equal(f([1.0, 2.0]), [2.0 + k, 4.0 + k]), count.get_value() == k + 1)
    if k == 1:
        settle()
""",
    "calls meanwhile": COUNTER + """
import threading
done = threading.Event()
provisional._pending.insert(0, lambda: done.wait(20))
for k in range(20):
    check(f([1.0]) == 2 + k, not f.is_native)
done.set()
settle()
check(f([1.0]) == 22, f.is_native)
""",
    "a thread that fails": COUNTER + """
tried = []
def fail():
    tried.append(1)
    raise MemoryError("a test")
provisional._pending.insert(0, fail)
import warnings
with warnings.catch_warnings(record=True) as told:
    while not told:
        f([1.0])
    for k in range(1000):
        f([1.0])
check(len(told) == 1, "MemoryError: a test" in str(told[0].message), len(tried) == 2)  # a thread, and who waited for it
check(not f.is_native, support.is_provisional())
del provisional._pending[0]
settle(), f([1.0])
check(f.is_native)
""",
    "much work, and a failure": """
x = T.matrix("x")
f = theano.function([x], T.exp(T.tanh(x.dot(x))).sum(axis=0))
data = np.random.default_rng(0).standard_normal((900, 900)) / 30
def fail():
    raise MemoryError("a test")
provisional._pending.insert(0, fail)
first = f(data)  # the program is made well, and needs nothing else
del provisional._pending[0]
check(support.is_provisional(), np.array_equal(first, f(data)))
""",
    "another function": COUNTER + """
g = theano.function([x], x + 1)
f([1.0]), g([1.0]), f([1.0]), settle(), f([1.0])
check(f.is_native, not g.is_native, not support.is_provisional(), g([1.0]) == 2, g.is_native, g([1.0]) == 2)
h = theano.function([x], x - 1)
check(h.is_native, h([1.0]) == 0)
again = theano.function([x], x + 1)
check(again.is_native, again([1.0]) == 2)
""",
    "no native entry": """
x = T.vector("x")
f = theano.function([x], {"a": x + 1, "b": x.sum()})
for _ in range(3):
    got = f([1.0, 2.0])
    check(np.array_equal(got["a"], [2, 3]), got["b"] == 3)
settle()
check(not support.is_provisional())
""",
    "errors": COUNTER + """
y = T.vector("y")
g = theano.function([x, y], x + y, updates=[(count, count + 1)])
for k in range(4):
    try:
        g([1.0, 2.0], [1.0, 2.0, 3.0])
    except ValueError as error:
        check("shape" in str(error) or "dimension" in str(error), count.get_value() == k)
    else:
        raise AssertionError("no error")
    check(np.array_equal(g([1.0], [2.0]), [3.0]), count.get_value() == k + 1)
""",
    "products": """
a, b = T.fmatrix("a"), T.fmatrix("b")
f = theano.function([a, b], [a.dot(b), a.dot(b.dot(a)).sum(axis=0)])
rng = np.random.default_rng(0)
u, v = rng.standard_normal((37, 29)).astype("f4"), rng.standard_normal((29, 37)).astype("f4")
first = f(u, v)
second = f(u, v)
settle()
check(all(np.array_equal(p, q) for p, q in zip(first, f(u, v))))
check(f.is_native, all(np.array_equal(p, q) for p, q in zip(first, second)), np.allclose(first[0], u @ v, atol=1e-4))
check(all(np.array_equal(p, q) for p, q in zip(first, f(u, v))))
""",
    "threads": """
threads.set_num_threads(2)
x = T.matrix("x")
f = theano.function([x], [T.exp(x).sum(), T.tanh(x)])
data = np.random.default_rng(0).standard_normal((1000, 1000))
f(data[:10])
check(threads.started() == 0, not f.is_native)
first = f(data)  # so much work is not for the first form
second = f(data)
check(threads.started() == 1, f.is_native, first[0] == second[0], np.array_equal(first[1], second[1]))
""",
    "much work": """
x = T.matrix("x")
f = theano.function([x], T.exp(T.tanh(x.dot(x))).sum(axis=0))
data = np.random.default_rng(0).standard_normal((900, 900)) / 30
first = f(data)
check(support.is_provisional(), not f.is_native)  # the program is made well, and waits for nothing else
second, done = f(data), settle()
check(np.array_equal(first, second), np.array_equal(first, f(data)), f.is_native)
""",
    "fork": COUNTER + """
f([1.0])
child = os.fork()
if child == 0:
    check(f([1.0]) == 3), settle(), check(f([1.0]) == 4, f.is_native)
    os._exit(0)
check(os.waitpid(child, 0)[1] == 0, f([1.0]) == 3), settle(), check(f([1.0]) == 4, f.is_native)
""",
    "call-backs": """
seen = []
@theano.as_op(itypes=[T.dvector], otypes=[T.dvector])
def note(v):
    seen.append(v.sum())
    return 2 * v
x, y = T.vector("x"), T.vector("y")
f = theano.function([x, y], note(x) + y)
check(not support.is_provisional())
try:
    f([1.0, 2.0], [1.0, 2.0, 3.0])
except ValueError:
    check(len(seen) == 1)
check(np.array_equal(f([1.0, 2.0], [1.0, 1.0]), [3.0, 5.0]), len(seen) == 2, f.is_native)
""",
    "loops": """
w = theano.shared(np.random.default_rng(0).standard_normal((16, 16)) / 8)
x, s0 = T.tensor3("x"), T.matrix("s0")
last = theano.scan(lambda x_t, s: T.tanh(x_t + T.dot(s, w)), sequences=x, outputs_info=s0)[0][-1]
f = theano.function([x, s0], last)
steps, start = np.random.default_rng(1).standard_normal((5, 12, 16)), np.zeros((12, 16))
expected = start
for step in steps:
    expected = np.tanh(step + expected @ w.get_value())
first = f(steps, start)
check(np.allclose(first, expected), all(np.array_equal(f(steps, start), first) for _ in range(3)))
""",
    "memory": """
x = T.matrix("x")
total = theano.shared(np.zeros((700, 700)))
f = theano.function([x], [x.dot(x.T), T.exp(x).T, x.sum(axis=0)], updates=[(total, total.T + x)])
support.set_pool_limit(1 << 20)
data = np.random.default_rng(0).standard_normal((700, 700))
for k in range(3):
    check(support.pool_bytes() <= 1 << 20)
    squares, powers, sums = f(data)
    check(np.allclose(squares, data @ data.T), np.allclose(powers, np.exp(data).T))
    check(np.allclose(sums, data.sum(axis=0)))
    settle()
check(np.allclose(total.get_value(), 2 * data + data.T), 0 < support.pool_bytes() <= 1 << 20)
""",
    "unusual arguments": """
x, s = T.matrix("x"), theano.shared(np.zeros((2, 3)), borrow=True)
f = theano.function([x], x * 2, updates=[(s, s + x)])
shown = np.arange(12.0).reshape(2, 6)[:, ::2]
check(np.array_equal(f(shown), 2 * shown), np.array_equal(s.get_value(), shown))
import pickle
value = pickle.loads(pickle.dumps(np.ones((2, 3))))  # its dtype is an object of its own
g = theano.function([x], x + s)
check(np.array_equal(g(value), 1 + shown), np.array_equal(g([[1, 1, 1], [1, 1, 1]]), 1 + shown))
""",
    "out of memory": """
n, count = T.lscalar("n"), theano.shared(0.0)
f = theano.function([n], T.zeros((n, n)).sum() + T.exp(T.zeros((n, n)))[0, 0], updates=[(count, count + 1)])
g = theano.function([n], T.ones((n, n)))
for _ in range(2):
    try:
        g(2 ** 30)
    except MemoryError:
        pass
    else:
        raise AssertionError("no error")
check(np.array_equal(g(2), np.ones((2, 2))), f(3) == 1, count.get_value() == 1)
""",
    "long": """
import signal, threading, time
x, n, count = T.scalar("x"), T.lscalar("n"), theano.shared(0.0)
last = theano.scan(lambda v: T.cos(v * 1.5), outputs_info=x, n_steps=n)[0][-1]
f = theano.function([x, n], last, updates=[(count, count + 1)])
ticks, done = [], threading.Event()
def tick():
    while not done.wait(0.01):
        ticks.append(count.get_value())  # waits for the program
def stop(*arguments):
    if f.is_native:  # made by now, and running: such a loop is not for the first form
        raise KeyboardInterrupt
signal.signal(signal.SIGALRM, stop)
thread = threading.Thread(target=tick)
thread.start()
signal.setitimer(signal.ITIMER_REAL, 0.3, 0.3)
try:
    f(0.5, 10**11)
except KeyboardInterrupt:
    check(not support.is_provisional(), count.get_value() == 0)
else:
    raise AssertionError("not stopped")
finally:
    signal.setitimer(signal.ITIMER_REAL, 0)
    done.set()
    thread.join()
check(f(0.5, 3) == f(0.5, 3), count.get_value() == 2, len(ticks) > 0, not any(ticks))
""",
    "long product": """
import threading, time
a, count = T.matrix("a"), theano.shared(0.0)
f = theano.function([a], a.dot(a), updates=[(count, count + 1)])
data, seen, done = np.ones((3000, 3000)), [], threading.Event()  # a second: that long, any machine lets others run
def look():
    while not done.wait(0.002):
        asked = time.perf_counter()
        seen.append((asked, count.get_value()))  # waits for the program
thread = threading.Thread(target=look)
thread.start()
product = f(data)
ended = time.perf_counter()
done.set()
thread.join()
check((product == 3000).all(), support.is_provisional(), count.get_value() == 1)
check(any(value == 1 and asked < ended - 0.1 for asked, value in seen))
""",
    "two callers": COUNTER + """
import threading
workers = [threading.Thread(target=lambda: [f([1.0]) for _ in range(50)]) for _ in range(4)]
[w.start() for w in workers]
[w.join() for w in workers]
settle()
check(count.get_value() == 200, f([1.0]) == 202, f.is_native)
""",
}


def run(text: str, folder: Path, flags: str = "", as_if: str = "", threads: int = 1) -> None:
    """Run a program on an empty cache; with several threads, one of them makes the fast code meanwhile."""
    folder.mkdir(exist_ok=True)
    path = folder / "program.py"
    path.write_text(HEAD + text)
    flags = ",".join(filter(None, [os.environ["THEANO_FLAGS"], f"cache.dir={folder},quick_start=True", flags]))
    environment = {**os.environ, "THEANO_FLAGS": flags, "AS_IF": as_if, "OMP_NUM_THREADS": str(threads)}
    done = subprocess.run([sys.executable, path], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("flags", ["", "cache.enabled=False"])
@pytest.mark.parametrize("name", PROGRAMS)
def test_first_program_of_a_machine(name: str, flags: str, tmp_path: Path) -> None:
    for needed, module in (("fork", os), ("setitimer", signal)):
        if f".{needed}(" in PROGRAMS[name] and not hasattr(module, needed):
            pytest.skip(f"no {needed} here")
    run(PROGRAMS[name], tmp_path, flags, threads=2 if name == "threads" else 1)


@pytest.mark.parametrize("as_if", ["linked", "alone", "linked alone"])
@pytest.mark.parametrize("name", ["counter", "products"])
def test_first_program_of_other_machines(name: str, as_if: str, tmp_path: Path) -> None:
    if "linked" in as_if and sys.platform == "win32":
        pytest.skip("LLVM's linker ends the process where objects are far apart: see `runtime.image`")
    run(PROGRAMS[name], tmp_path, as_if=as_if)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_fork_while_another_thread_makes_the_fast_code(tmp_path: Path) -> None:
    child = """
import threading
f([1.0])
thread = threading.Thread(target=lambda: f([1.0]))  # makes it
thread.start()
child = os.fork()
if child == 0:
    check(all(f([1.0]) >= 3 + k for k in range(3)))
    os._exit(0)
thread.join()
check(os.waitpid(child, 0)[1] == 0, f([1.0]) == 4)
"""
    run(COUNTER + child, tmp_path, threads=2)


def test_another_thread_makes_the_fast_code_meanwhile(tmp_path: Path) -> None:
    check = "check(f.is_native == {}, support.is_provisional() == {})\n"
    run(COUNTER + check.format(False, True) + "f([1.0])\n", tmp_path, threads=2)
    run(COUNTER + check.format(True, False), tmp_path, threads=2)  # it has found it, though nobody has waited
    run(COUNTER + CALLS, tmp_path / "two", threads=2)


def test_next_process_finds_the_fast_code(tmp_path: Path) -> None:
    for native in (False, True):  # after one call, nothing fast is there; after the next process there is
        run(COUNTER + f"check(f.is_native == {native})\n" + CALLS, tmp_path)


@pytest.mark.parametrize("type_", ["f32", "f64"])
def test_provisional_products_have_the_same_bits(type_: str) -> None:
    from tests.native.test_product import multiply

    letter, dtype = LETTER[type_], {"f32": "f4", "f64": "f8"}[type_]
    name, names = f"{letter}product", (f"{letter}product", f"{letter}tiles")
    both = [
        jit.compile_module(choice.library_module(type_, jit.isa(), None, first), STRUCTURED, names)
        for first in (False, True)
    ]
    rng = np.random.default_rng(0)
    for m in (*range(1, 27), 61):
        a, b = rng.standard_normal((m, 33)).astype(dtype), rng.standard_normal((33, 40)).astype(dtype)
        results = []
        for code in both:
            c = np.zeros((m, 40), dtype)
            multiply(name, a, b, c, 1, 0, code.symbols)
            results.append(c)
        assert np.array_equal(*results) and np.allclose(results[0], a @ b, atol=1e-3), m

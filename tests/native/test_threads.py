"""Loops that threads share: same bits for any number of threads; Python's threads run beside long programs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano import configdefaults
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.native.ir.machine import machine_of
from theano.runtime import threads
from theano.runtime.jit import isa
from theano.tensor.linalg.dot import batched_dot_op

needs_team = pytest.mark.skipif(not machine_of(isa().triple).has_team, reason="no threads are started here")
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")


@pytest.fixture(autouse=True)
def number() -> Iterator[None]:
    """Loops are shared from small sizes on; the number of threads is as before afterwards."""
    before = threads.num_threads()
    with theano.change_flags(openmp=True, openmp_elemwise_minsize=1):
        yield
    threads.set_num_threads(before)


def same_for_all_numbers(f: Any, *args: Any) -> list[Any]:
    """The outputs, after a comparison of their bits for 1, 2 and 3 threads."""
    results = []
    for n in (1, 2, 3):
        threads.set_num_threads(n)
        results.append([np.asarray(r).tobytes() for r in f(*args)])
    assert results[0] == results[1] == results[2]
    return f(*args)


def matrix(rng: np.random.RandomState, dtype: str, *shape: int) -> Any:
    return (rng.randn(*shape) * 3).astype(dtype)


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32"])
@pytest.mark.parametrize("shape", [(700, 300), (300, 700), (1, 200_000), (200_000, 1), (7, 50_001), (0, 5), (5, 0)])
def test_same_bits(dtype: str, shape: tuple[int, int]) -> None:
    rng = np.random.RandomState(1)
    x = T.TensorType(dtype, (False, False))("x")
    y = x * 2 + 1
    outputs = [y, x.T + 1, x.sum(), x.sum(0), x.sum(1), x[::2, ::-1] * 3, (x * x).mean(), y.prod(1), abs(x).sum()]
    if dtype != "int32":
        outputs += [T.exp(x).sum(), T.nnet.softmax(x), x.var(0), x.var(1), x.var(), x.mean() + T.tanh(x)]
    f = theano.function([x], outputs)
    data = matrix(rng, dtype, *shape)
    with np.errstate(all="ignore"):
        found = same_for_all_numbers(f, data)
        plain = theano.function([x], outputs, mode="FAST_COMPILE")(data)
    for a, b in zip(found, plain, strict=True):
        tolerance = 1e-5 if dtype == "float32" else 1e-11
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance * max(data.size, 1) ** 0.5)


@pytest.mark.parametrize("counts", [(2, 9), (9, 2), (1, 8), (8, 1), (3, 3), (0, 7)])
def test_same_bits_of_stacks(counts: tuple[int, int]) -> None:
    """Matrices that two axes count: threads share the longer one."""
    rng = np.random.RandomState(1)
    x = T.TensorType("float32", (False,) * 4)("x")
    heads = x.dimshuffle(0, 2, 1, 3)
    f = theano.function([x], batched_dot_op(heads, heads.dimshuffle(0, 1, 3, 2)))
    data = matrix(rng, "float32", counts[0], 70, counts[1], 65)
    found = same_for_all_numbers(f, data)
    apart = data.swapaxes(1, 2)
    np.testing.assert_allclose(found, apart @ apart.swapaxes(2, 3), rtol=1e-4, atol=1e-3)


def test_same_bits_without_threads() -> None:
    x = T.matrix("x")
    outputs = [x.sum(), T.exp(x), x.sum(0)]
    data = np.random.RandomState(2).randn(900, 400)
    shared = theano.function([x], outputs)(data)
    with theano.change_flags(openmp=False):
        alone = theano.function([x], outputs)
    assert [a.tobytes() for a in alone(data)] == [a.tobytes() for a in shared]


@pytest.mark.parametrize("shape", [(511, 300), (512, 255), (512, 256), (513, 257), (700, 4100), (90_001, 3)])
def test_columns_of_many_rows_are_sums_of_parts(shape: tuple[int, int]) -> None:
    """Also with work on each column before and after, results of each row, and two axes that are summed."""
    x, v = T.matrix("x"), T.vector("v")
    scale = T.exp(v)
    outputs = [x.sum(0), x.var(0), T.tanh(x * scale).sum(0) / scale, x.max(0), scale, x - scale, x.min(0) * 2]
    f = theano.function([x, v], outputs)
    rng = np.random.RandomState(4)
    data, vector = rng.randn(*shape), rng.randn(shape[1])
    found = same_for_all_numbers(f, data, vector)
    e = np.exp(vector)
    wanted = [data.sum(0), data.var(0), np.tanh(data * e).sum(0) / e, data.max(0), e, data - e, data.min(0) * 2]
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-10)
    rows, last = T.tensor3("rows"), data[: shape[0] // 5 * 5].reshape(-1, 5, shape[1])
    (total,) = same_for_all_numbers(theano.function([rows], [rows.sum(axis=(0, 1))]), last)
    np.testing.assert_allclose(total, last.sum(axis=(0, 1)), rtol=1e-10, atol=1e-10)


def test_which_columns_are_summed_in_parts() -> None:
    """A matrix that is given; not a small one, nor in a step of a loop, nor what a product has left."""
    x, w = T.matrix("x"), T.matrix("w")
    small = T.TensorType("float64", shape=(250, None))("small")
    steps, _ = theano.scan(lambda s, x: s + T.exp(x * s).sum(0), outputs_info=w[0], non_sequences=x, n_steps=2)
    for inputs, out, parts in [
        ([x], x.sum(0), True), ([x], x.var(0), True), ([small], small.sum(0), False),
        ([x, w], steps, False), ([x, w], T.tanh(T.dot(x, w)).sum(0), False),
    ]:  # fmt: skip
        assert ("then finish" in theano.printing.loop_program(theano.function(inputs, out))) == parts


def test_storage_updated_before_a_sum_of_columns_is_updated_once() -> None:
    x, s = T.matrix("x"), theano.shared(np.ones(600))
    half = s * 0.5
    f = theano.function([x], ((x - half) ** 2).sum(0), updates=[(s, half)])
    data = np.random.RandomState(5).randn(700, 600)
    np.testing.assert_allclose(f(data), ((data - 0.5) ** 2).sum(0), rtol=1e-10)
    np.testing.assert_array_equal(s.get_value(), 0.5)


def test_large_sums_are_sums_of_parts() -> None:
    """Few, short and negative parts; nothing at all; extremes."""
    x = T.vector("x")
    f = theano.function([x], [x.sum(), x.max(), x.min(), (x > 0).all(), (x > 0).any(), (2 * x).sum() + 1])
    rng = np.random.RandomState(3)
    for n in (1, 63, 64, 65, (1 << 17) - 1, 1 << 17, (1 << 17) + 1, 300_001):
        v = rng.randn(n)
        total, top, low, every, some, more = same_for_all_numbers(f, v)
        np.testing.assert_allclose(total, v.sum(), rtol=1e-11, atol=1e-9)
        np.testing.assert_allclose(more, 2 * v.sum() + 1, rtol=1e-11, atol=1e-9)
        assert (top, low, every, some) == (v.max(), v.min(), (v > 0).all(), (v > 0).any())
    assert theano.function([x], x.sum())(np.zeros(0)) == 0
    nan = np.zeros(1 << 18)
    nan[200_000] = np.nan
    assert np.isnan(theano.function([x], x.max())(nan))


def test_updates_in_place() -> None:
    s = theano.shared(np.zeros((400, 500)))
    x = T.matrix("x")
    f = theano.function([x], s.sum(), updates=[(s, s + x * (s + x).mean())])
    data = np.random.RandomState(4).randn(400, 500)
    found = []
    for n in (1, 2, 3):
        threads.set_num_threads(n)
        s.set_value(np.ones((400, 500)))
        for _ in range(3):
            f(data)
        found.append(s.get_value().tobytes())
    assert found[0] == found[1] == found[2]


def test_failing_checks() -> None:
    x, i = T.matrix("x"), T.lvector("i")
    f = theano.function([x, i], [T.exp(x)[i], x.sum()])
    data = np.ones((500, 500))
    threads.set_num_threads(2)
    for _ in range(3):
        with pytest.raises(IndexError):
            f(data, np.array([3, 500]))
        with pytest.raises(ValueError):
            theano.function([x, i], x + i)(data, np.arange(400))
    assert f(data, np.array([3, 499]))[0].shape == (2, 500)


def test_program_text() -> None:
    """Long work is shared and runs without the GIL; short work stands as it was."""
    x = T.vector("x")
    low = theano.function([x], T.exp(x)).executor.lowered
    call = next(s for s in low.program.main if isinstance(s, hs.CallKernel))
    assert call.kernel.ranged and call.ranges is not None and call.ranges.least
    kinds = [type(s) for s in low.program.main]
    assert kinds.index(hs.ReleaseGil) < kinds.index(hs.CallKernel) < kinds.index(hs.TakeGil)
    a = T.scalar("a")
    small = theano.function([a], T.exp(a)).executor.lowered
    assert not any(isinstance(s, hs.ReleaseGil) for s in small.program.main)


def test_steps_are_shared_earlier() -> None:
    """The team does not sleep between the steps of a loop."""
    x, h0 = T.tensor3("x"), T.matrix("h0")
    h, _ = theano.scan(lambda r, h: T.exp(-h / h.sum(axis=0, keepdims=True)) * r, sequences=x, outputs_info=h0)
    main = theano.function([x, h0], [h[-1], T.exp(h0)]).executor.lowered.program.main
    steps = next(s for s in main if isinstance(s, st.For))
    least = [
        {s.ranges.least for s in found if isinstance(s, hs.CallKernel) and s.ranges is not None}
        for found in (st.walk(steps.body), main)
    ]
    assert least == [{25}, {100}]


# -- threads of Python -------------------------------------------------------------------------------------------
def together(*jobs: Any) -> None:
    """Run each in a thread of its own; what one raises is raised here."""
    errors: list[BaseException] = []

    def guarded(job: Any) -> None:
        try:
            job()
        except BaseException as error:
            errors.append(error)

    running = [threading.Thread(target=guarded, args=(job,)) for job in jobs]
    for t in running:
        t.start()
    for t in running:
        t.join(60)
        assert not t.is_alive()
    if errors:
        raise errors[0]


def test_other_threads_run_meanwhile() -> None:
    x = T.vector("x")
    f = theano.function([x], T.exp(T.sin(x)).sum())
    data = np.random.RandomState(5).randn(4_000_000)
    f(data)
    seen = []
    done = threading.Event()

    def watch() -> None:
        while not done.is_set():
            seen.append(time.perf_counter())
            time.sleep(0.0005)

    def work() -> None:
        start = time.perf_counter()
        for _ in range(5):
            f(data)
        spans.append((start, time.perf_counter()))
        done.set()

    spans: list[tuple[float, float]] = []
    together(watch, work)
    (start, end), inside = spans[0], len([t for t in seen if spans[0][0] < t < spans[0][1]])
    # with the GIL held there would be one or two a call
    assert inside > 20 or end - start < 0.05


@pytest.mark.parametrize("n", [3, 300_000])
def test_all_updates_are_counted(n: int) -> None:
    s = theano.shared(np.zeros(n))
    x = T.vector("x")
    f = theano.function([x], s.sum(), updates=[(s, s + T.exp(x))])
    g = theano.function([], s.max() - s.min())
    times = 40

    def add() -> None:
        for _ in range(times):
            f(np.zeros(n))

    def read() -> None:
        for _ in range(times):
            assert g() == 0  # never an update by half

    together(add, add, read)
    assert (s.get_value() == 2 * times).all()


def test_values_are_whole() -> None:
    """Reading and writing a value from Python waits for a program that updates it."""
    n = 400_000
    s = theano.shared(np.zeros(n))
    f = theano.function([], updates=[(s, T.exp(s * 0) + T.floor(s))])

    def add() -> None:
        for _ in range(60):
            f()

    def read() -> None:
        for _ in range(60):
            value = s.get_value()
            assert value[0] == value[-1] and (value == value[0]).all()

    together(add, read)
    assert (s.get_value() == 60).all()
    s.set_value(np.full(n, 5.0))
    f()
    assert (s.get_value() == 6).all()


@needs_team
def test_interrupted_while_waiting() -> None:
    """Ctrl-C gets through while another thread's program has the storage."""
    code = SETUP + """
import signal, time, _thread
s = theano.shared(np.zeros(300_000))
long = theano.function([], updates=[(s, theano.scan(lambda a: T.exp(T.sin(a)), outputs_info=s, n_steps=2000)[0][-1])])
short = theano.function([], s.max())
other = threading.Thread(target=long, daemon=True)
other.start()
time.sleep(0.3)
signal.signal(signal.SIGINT, signal.default_int_handler)  # it is ignored in the background of a shell
threading.Timer(0.2, _thread.interrupt_main).start()
start = time.perf_counter()
try:
    short()
    print("too fast", flush=True)
except KeyboardInterrupt:
    print("interrupted", time.perf_counter() - start < 2, flush=True)
os._exit(0)
"""
    assert run_alone(code, OMP_NUM_THREADS="1") == "interrupted True\n"


def test_interrupted_while_it_works() -> None:
    """Ctrl-C ends a long loop on every system."""
    code = SETUP + """
import signal, time, _thread
n = T.lscalar("n")
steps, _ = theano.scan(lambda p: T.sin(p) + 1, outputs_info=T.as_tensor_variable(np.float64(1.0)), n_steps=n)
long = theano.function([n], steps[-1])
long(10)
signal.signal(signal.SIGINT, signal.default_int_handler)
threading.Timer(0.5, _thread.interrupt_main).start()
start = time.perf_counter()
try:
    long(2_000_000_000)
except KeyboardInterrupt:
    print("interrupted", time.perf_counter() - start < 15, flush=True)
"""
    assert run_alone(code) == "interrupted True\n"


@pytest.mark.parametrize("known", [True, False])
def test_who_waits_does_not_compute(known: bool) -> None:
    """Also on a machine of which we do not know how threads wait there."""
    code = SETUP + f"""
import time
from theano.native.ir import machine as machine_ir
if not {known}:
    machine_ir._MACHINES.clear()
theano.config.cache.enabled = False
s = theano.shared(np.zeros(300_000))
long = theano.function([], updates=[(s, theano.scan(lambda a: T.exp(T.sin(a)), outputs_info=s, n_steps=300)[0][-1])])
long()
other = threading.Thread(target=long)
other.start()
time.sleep(0.1)
start, computed = time.perf_counter(), time.thread_time()
s.get_value()
waited, computed = time.perf_counter() - start, time.thread_time() - computed
other.join()
print(waited > 0.2, computed < waited / 30 + 0.03, waited, computed)
"""
    assert run_alone(code, OMP_NUM_THREADS="1").startswith("True True ")


def test_one_function_in_two_threads() -> None:
    x = T.matrix("x")
    f = theano.function([x], [T.tanh(x).sum(0), T.nnet.softmax(x)])
    inputs = [np.random.RandomState(k).randn(600, 500) for k in range(3)]
    expected = [[r.tobytes() for r in f(v)] for v in inputs]

    def run(k: int) -> Any:
        def job() -> None:
            for _ in range(15):
                assert [r.tobytes() for r in f(inputs[k])] == expected[k]

        return job

    together(run(0), run(1), run(2))


def test_errors_of_long_programs_find_the_gil() -> None:
    x, i = T.vector("x"), T.lvector("i")
    s = theano.shared(np.zeros(300_000))
    f = theano.function([x, i], T.exp(T.exp(x))[i].sum(), updates=[(s, s + x)])
    data = np.zeros(300_000)

    def fail() -> None:
        for _ in range(10):
            with pytest.raises(IndexError):
                f(data, np.array([300_000]))

    def work() -> None:
        for _ in range(10):
            f(data, np.array([1]))

    together(fail, work)


# -- processes ---------------------------------------------------------------------------------------------------
def run_alone(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], env={**os.environ, **environment}, capture_output=True,
        text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


SETUP = """
import os, threading, numpy as np, theano, theano.tensor as T
from theano.runtime import threads
x = T.vector("x")
f = theano.function([x], [T.exp(x), x.sum()])
data = np.random.RandomState(0).randn(400_000)
"""


@needs_team
def test_started_by_the_first_loop_that_is_worth_it() -> None:
    code = SETUP + "print(threads.started()); f(data[:9]); print(threads.started()); f(data); print(threads.started())"
    assert run_alone(code, OMP_NUM_THREADS="3").split() == ["0", "0", "2"]
    assert run_alone(code, OMP_NUM_THREADS="1").split() == ["0", "0", "0"]
    flags = os.environ.get("THEANO_FLAGS", "") + ",openmp=False"
    assert run_alone(code, OMP_NUM_THREADS="3", THEANO_FLAGS=flags).split() == ["0", "0", "0"]


def test_flags() -> None:
    code = "import theano; from theano.runtime import threads; print(int(theano.config.openmp), threads.num_threads())"
    assert run_alone(code, OMP_NUM_THREADS="5").split() == ["1", "5"]
    assert run_alone(code, OMP_NUM_THREADS="1").split() == ["0", "1"]
    with pytest.raises(ValueError):
        threads.set_num_threads(0)


@needs_team
def test_no_more_threads_than_make_sense() -> None:
    code = SETUP + """
f(np.zeros(3_000_000))
print(threads.num_threads(), threads.started(), threads.set_num_threads(10**6), threads.num_threads())
"""
    assert run_alone(code, OMP_NUM_THREADS="100000").split() == ["256", "255", "256", "256"]


@pytest.mark.parametrize(
    ("files", "most"),
    [
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "150000 100000\n"}, 2),
        ({"proc/self/cgroup": "0::/a/b\n", "sys/fs/cgroup/a/cpu.max": "300000 100000\n"}, 3),
        ({"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/cpu.max": "max 100000\n"}, 256),
        ({"proc/self/cgroup": "0::/a\n", "sys/fs/cgroup/a/cpu.max": "1000 100000\n"}, 1),
        (
            {
                "proc/self/cgroup": "5:memory:/m\n4:cpu,cpuacct:/c\n",
                "sys/fs/cgroup/cpu/c/cpu.cfs_quota_us": "400000\n", "sys/fs/cgroup/cpu/c/cpu.cfs_period_us": "100000\n",
            }, 4,
        ),
        ({"proc/self/cgroup": "4:cpu:/\n", "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1\n"}, 256),
        ({"proc/self/cgroup": "nonsense\n"}, 256),
        ({}, 256),
    ],
)  # fmt: skip
def test_quotas_of_containers(files: dict[str, str], most: int, tmp_path: Path) -> None:
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert configdefaults._quota.__wrapped__(str(tmp_path)) == most


def test_the_quota_decides_where_nothing_else_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(configdefaults, "_quota", lambda: 1)
    assert configdefaults.threads_wanted() == 1
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert configdefaults.threads_wanted() == 3


@needs_fork
@needs_team
def test_forked_children() -> None:
    """A child starts threads of its own; what its parent's threads did does not bother it."""
    code = SETUP + """
want = [r.tobytes() for r in f(data)]
stop = threading.Event()
def busy():
    while not stop.is_set():
        f(data)
other = threading.Thread(target=busy); other.start()
for _ in range(10):
    child = os.fork()
    if not child:
        good = [r.tobytes() for r in f(data)] == want and threads.started() == 2
        os._exit(0 if good else 1)
    assert os.waitpid(child, 0)[1] == 0
stop.set(); other.join()
assert [r.tobytes() for r in f(data)] == want
print("good")
"""
    assert run_alone(code, OMP_NUM_THREADS="3") == "good\n"


@needs_team
def test_exit_while_threads_work() -> None:
    code = SETUP + """
def busy():
    while True:
        f(data)
for _ in range(2):
    threading.Thread(target=busy, daemon=True).start()
for _ in range(20):
    f(data)
print("end")
"""
    for _ in range(3):
        assert run_alone(code, OMP_NUM_THREADS="3") == "end\n"


@needs_team
def test_denormals_are_the_callers_business() -> None:
    """Workers compute with the floating-point mode of the thread that calls."""
    code = SETUP + """
import ctypes, json
from theano.runtime import jit
from theano.runtime.module import verbatim
text = '''
declare void @llvm.x86.sse.ldmxcsr(ptr)
define void @set(i32 %mode) {
  %at = alloca i32
  store i32 %mode, ptr %at
  call void @llvm.x86.sse.ldmxcsr(ptr %at)
  ret void
}
'''
half = theano.function([x], x * 0.5)
tiny = np.full(2_000_000, 2.3e-308)
answers = []
is_x86 = jit.isa().name in ("baseline", "avx2", "avx512")
code = jit.compile_module(verbatim(text), exports=("set",)) if is_x86 else None
for mode in (0x1f80, 0x9fc0, 0x1f80):
    if code is not None:
        ctypes.CFUNCTYPE(None, ctypes.c_int32)(code.symbols["set"])(mode)
    r = half(tiny)
    answers.append([bool((r == 0).all()), bool((r != 0).all())])
print(json.dumps(answers))
"""
    found = json.loads(run_alone(code, OMP_NUM_THREADS="3"))
    if isa().name in ("baseline", "avx2", "avx512"):
        assert found == [[False, True], [True, False], [False, True]]

"""Profiles of native functions: what is measured, how exact it is, what it costs, what is printed."""

from __future__ import annotations

import copy
import io
import json
import pickle
import re
import subprocess
import sys
import time

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.backend.profiled_form import MEASURED, profiled_form
from theano.compile import profiling
from theano.compile.executable import Function
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.runtime import abi

x, y = T.matrices("x", "y")
v = T.vector("v")


def profiled(inputs, outputs, **kwargs) -> Function:
    return theano.function(inputs, outputs, profile=theano.ProfileStats(atexit_print=False), **kwargs)


def products(profile=None):
    z = T.exp(x) * y
    return theano.function([x, y], [T.nnet.softmax(T.dot(z, y.T)), z.sum()], profile=profile)


def recurrence(inside=T.tanh):
    w, s = T.matrix("w"), T.tensor3("s")
    h, _ = theano.scan(lambda xt, h, w: inside(xt + T.dot(h, w)), [s], [T.zeros((40, 8))], non_sequences=[w])
    return h, w, s


@pytest.fixture
def matrices():
    rng = np.random.RandomState(1)
    return rng.rand(300, 200), rng.rand(300, 200)


def test_off_is_as_before() -> None:
    """A function that is not profiled has no trace of it; one that is has the same results."""
    plain, measured = products(), products(theano.ProfileStats(atexit_print=False))
    texts = [theano.printing.loop_program(f) for f in (plain, measured)]
    assert texts[0] == texts[1]  # the program without clocks is what is shown
    assert "clock" not in texts[0] and "note_time" not in plain.executor.text() and "cycle" not in plain.executor.text()
    assert "note_time" in measured.executor.text()
    assert not any(kind == "profile" for kind, _ in plain.executor.lowered.words)
    low = plain.executor.lowered
    form = profiled_form(low.program, abi.FIRST_FREE + len(low.words))
    clocks = [s for s in st.walk(form.program.main) if isinstance(s, hs.StartClock)]
    assert len(clocks) == len(form.timed) == 1 + sum(isinstance(s, MEASURED) for s in st.walk(low.program.main))
    args = np.random.RandomState(0).rand(2, 30, 20)
    for a, b in zip(plain(*args), measured(*args), strict=True):
        np.testing.assert_array_equal(a, b)


def test_calls_times_bytes_and_operations(matrices) -> None:
    f = products(theano.ProfileStats(atexit_print=False))
    for _ in range(5):
        f(*matrices)
    stats = f.profile
    assert stats.fct_callcount == 5
    loops = {loop.name: loop for loop in stats.loops}
    assert set(loops) == {"loop 1", "product", "loop 2"}
    assert all(loop.calls == 5 and loop.seconds > 0 for loop in loops.values())
    m, n = matrices[0].shape
    assert loops["product"].operations == 5 * 2 * m * m * n
    assert loops["product"].bytes == 5 * 8 * (2 * m * n + m * m)
    assert sum(loop.bytes for loop in loops.values()) == 5 * theano.printing.planned_bytes(f, *matrices).moved
    assert loops["loop 1"].operations > 5 * 10 * m * n  # an exponential is some 20 of them
    lines = {line for loop in loops.values() for _, line in loop.lines}
    assert all(file == __file__ for loop in loops.values() for file, _ in loop.lines) and len(lines) == 2
    assert {type(node.op).__name__ for node in loops["loop 1"].nodes} == {"Elemwise", "Sum"}
    assert loops["product"].space == "x.shape[0] × x.shape[1] × x.shape[0]"
    assert loops["loop 1"].space == "x.shape[0] × x.shape[1]"


COUNTS = {
    "x + 1": (lambda: x + 1, 6),
    "x * y - x / y": (lambda: x * y - x / y, 3 * 6),
    "sqrt": (lambda: T.sqrt(x), 6),
    "sum": (lambda: x.sum(axis=1), 6),
    "sum of products": (lambda: (x * y).sum(axis=1), 2 * 6),  # a fused operation is two
    "two sums": (lambda: [(x + 2).sum(axis=1), (x + 2).prod(axis=1)], 3 * 6),  # x + 2 is computed once
    "mean": (lambda: x.mean(axis=1), 6 + 2),
    "largest": (lambda: x.max(axis=1), 0),
    "of integers": (lambda: T.cast(x, "int64") + 1, 0),
}


@pytest.mark.parametrize("case", COUNTS)
def test_operations_counted_by_hand(case) -> None:
    """Of 2 rows of 3. A sum's additions counted twice."""
    make, expected = COUNTS[case]
    f = profiled([x, y], make(), on_unused_input="ignore")
    f(np.ones((2, 3)), np.ones((2, 3)))
    assert [loop.operations for loop in f.profile.loops] == [expected]


def test_sum_of_loops(matrices) -> None:
    """Loops of more than 20 µs take, together, what the call takes."""
    f = products(theano.ProfileStats(atexit_print=False))
    a = np.random.RandomState(0).rand(600, 500)
    f(a, a)
    shares = []
    for _ in range(5):
        f.profile.reset()
        start = time.perf_counter()
        for _ in range(3):
            f(a, a)
        wall = time.perf_counter() - start
        total = sum(loop.own_seconds for loop in f.profile.loops)
        assert total <= f.profile.fct_call_time <= 1.001 * wall
        shares.append(total / wall)
    assert max(shares) > 0.95


def test_sizes_that_change() -> None:
    """Bytes are those of the sizes there were, though nothing is noted but times."""
    f = profiled([v], T.exp(v))
    sizes = [10, 10, 1000, 3, 1000]
    for n in sizes:
        f(np.ones(n))
    (loop,) = f.profile.loops
    assert loop.calls == 5 and loop.bytes == 16 * sum(sizes)
    known = set(f.profile.native[0]._known)
    for n in range(abi.PROFILE_KEPT_CHANGES + 5):
        f(np.ones(n + 1))
    (loop,) = f.profile.loops
    assert set(f.profile.native[0]._known) == known  # nothing is counted that can't be told
    assert loop.calls == 10 + abi.PROFILE_KEPT_CHANGES and loop.bytes is None and loop.bandwidth is None
    f.profile.reset()
    assert f.profile.fct_callcount == 0 and f.profile.fct_call_time == 0 and f.profile.loops[0].calls == 0


def test_steps() -> None:
    """Loops in the steps of a scan are listed inside of it; their times are parts of its own."""
    h, w, s = recurrence()
    f = profiled([s, w], h[-1])
    f(np.ones((15, 40, 8)), np.ones((8, 8)))
    loops = f.profile.native[0].loops()
    inner = [loop for loop in loops if loop.calls > 1]
    assert {(loop.name, loop.calls) for loop in inner} == {("product", 15), ("inner loop", 15)}
    assert {loops[loop.inside].name for loop in inner} == {"steps"}
    for k, loop in enumerate(loops):
        assert 0 <= sum(other.seconds for other in loops if other.inside == k) <= loop.seconds
    computed = {str(node.op) for loop in inner for node in loop.nodes}
    assert any("tanh" in op for op in computed), "loops of a step are those of its own nodes"


def test_call_backs_and_branches() -> None:
    """Python code is an entry of its own; of two branches only the one that ran counts."""

    @theano.as_op([T.dvector], [T.dvector])
    def slow(a):
        time.sleep(0.01)
        return a + 1

    c = T.dscalar("c")
    d = T.dvector("d")
    f = profiled([c, d], theano.ifelse.ifelse(c > 0, slow(d), T.exp(d)))
    f(1.0, np.ones(100))
    (back,) = [loop for loop in f.profile.loops if loop.calls and loop.name == "call-back"]
    assert back.calls == 1 and 0.01 <= back.seconds < 1 and back.bytes is None
    f(-1.0, np.ones(100))
    assert f.profile.fct_callcount == 2
    assert sum(loop.calls for loop in f.profile.loops if loop.name == "call-back") == 1
    impl = {str(op): kind for op, kind in f.profile.op_impl().items()}
    assert impl["Elemwise{exp,no_inplace}"] == "C" and any(kind == "Py" for kind in impl.values())


@pytest.mark.parametrize("length", [10, 3_000_000])
def test_branches_whose_loops_are_shared(length) -> None:
    """Times are noted whether threads share a loop or not: where to was known on one of the ways only."""
    c, d = T.dscalar("c"), T.dvector("d")
    f = profiled([c, d], theano.ifelse.ifelse(c > 0, T.exp(d), T.log(d)) * 2)
    for sign in (1.0, -1.0):
        given = np.full(length, 0.5)
        np.testing.assert_allclose(f(sign, given), 2 * (np.exp(given) if sign > 0 else np.log(given)))
    assert all(loop.calls == 1 for loop in f.profile.loops if not loop.name.startswith("loop"))


def test_summary(matrices) -> None:
    f = products(theano.ProfileStats(atexit_print=False, message="products"))
    f(*matrices)
    text = io.StringIO()
    with theano.change_flags(profile_memory=True):
        f.profile.summary(text)
    shown = text.getvalue()
    for title in ("Function profiling", "Class\n---", "Ops\n---", "Apply\n---", "Loops\n---", "Memory Profile"):
        assert title in shown
    assert "Message: products" in shown and "test_profile.py:" in shown
    assert re.search(r"loop 1: exp, mul, Sum   x\.shape\[0\] × x\.shape\[1\]   test_profile\.py:\d+-\d+", shown)
    assert re.search(r"720000B  \(300, 300\)  result", shown)
    # Tables are of all the time: nodes share that of loops
    assert sum(f.profile.apply_time.values()) == pytest.approx(sum(loop.own_seconds for loop in f.profile.loops))
    of_ops = {str(op): seconds for op, seconds in f.profile.op_time().items()}
    of_classes = {cls.__name__: seconds for cls, seconds in f.profile.class_time().items()}
    assert len(of_ops) == 5 and set(of_classes) == {"Elemwise", "Sum", "Dot", "Softmax"}
    exp, mul = (of_ops[f"Elemwise{{{name},no_inplace}}"] for name in ("exp", "mul"))
    assert exp > mul > 0 and of_classes["Elemwise"] == pytest.approx(exp + mul)


@pytest.mark.parametrize("how", [lambda p: pickle.loads(pickle.dumps(p)), copy.deepcopy, copy.copy])
@pytest.mark.parametrize("mode", [None, theano.Mode("py", None)], ids=["native", "py"])
def test_copies(tmp_path, matrices, how, mode) -> None:
    """They tell what was measured by then, in all forms, and go on by themselves."""
    z = T.exp(x) * y
    f = profiled([x, y], [T.nnet.softmax(T.dot(z, y.T)), z.sum()], mode=mode)
    f(*matrices)
    made = how(f.profile)
    f.profile.trace(str(tmp_path / "live.json"))
    made.trace(str(tmp_path / "made.json"))
    assert (tmp_path / "live.json").read_text() == (tmp_path / "made.json").read_text()
    texts = []
    for stats in (f.profile, made):
        with theano.change_flags(profile_memory=True):
            stats.summary(text := io.StringIO())
        texts.append(re.sub("Time since.*", "", text.getvalue()))
    assert texts[0] == texts[1] and "720000B" in texts[0]
    f(*matrices)
    assert (f.profile.fct_callcount, made.fct_callcount) == (2, 1)
    assert [loop.calls for loop in made.loops] == [1] * len(f.profile.loops)
    assert set(f.profile.apply_callcount.values()) == {2} and set(made.apply_callcount.values()) == {1}
    made.reset()
    assert (f.profile.fct_callcount, made.fct_callcount, made.loops) == (2, 0, [])
    assert f.profile.apply_time and not made.apply_time


def test_numbers_that_are_given(matrices) -> None:
    """As keywords, and by assignment: they are what is read, also of native functions."""
    node = T.exp(x).owner
    given = {"fct_callcount": 3, "fct_call_time": 2.0, "vm_call_time": 1.5, "nb_nodes": 7, "message": "given"}
    tables = {"apply_time": {node: 1.0}, "apply_callcount": {node: 3}, "apply_cimpl": {node: True}}
    stats = theano.ProfileStats(atexit_print=False, **given, **tables)
    assert {name: getattr(stats, name) for name in (*given, *tables)} == given | tables
    assert stats.op_impl() == {node.op: "C"} and stats.class_callcount() == {type(node.op): 3}
    f = theano.function([x, y], (x * y).sum(), profile=stats)
    f(*matrices)
    assert stats.fct_callcount == 4 and stats.fct_call_time > 2
    stats.fct_callcount = 0
    f(*matrices)
    assert stats.fct_callcount == 1


def test_loops_are_looked_at_once(matrices, monkeypatch) -> None:
    f = products(theano.ProfileStats(atexit_print=False))
    f(*matrices)
    times, looked = f.profile.native[0], []
    monkeypatch.setattr(times, "loops", lambda of=times.loops: looked.append(1) or of())
    f.profile.summary(io.StringIO())
    assert len(looked) == 1


def test_copies_are_of_one_moment(matrices, monkeypatch) -> None:
    """Also of a function that is called meanwhile, as threads do."""
    f = products(theano.ProfileStats(atexit_print=False))
    f(*matrices)
    times = f.profile.native[0]
    monkeypatch.setattr(times, "loops", lambda of=times.loops: (f(*matrices), of())[1])
    kept = times.kept()
    assert (kept.calls, kept.seconds) == (kept.loops()[0].calls, kept.loops()[0].seconds)


def test_memory() -> None:
    """What is there at a time: of two branches one side."""
    c, d = T.dscalar("c"), T.dvector("d")
    f = profiled([c, d], theano.ifelse.ifelse(c > 0, T.exp(d), T.log(d)))
    f(1.0, np.ones(1024))
    f.profile.summary_memory(text := io.StringIO())
    assert "At most at a time, beside inputs and shared variables: 8 KiB" in text.getvalue()


def test_trace(tmp_path, matrices) -> None:
    f = products(theano.ProfileStats(atexit_print=False, message="products"))
    for _ in range(3):
        f(*matrices)
    path = tmp_path / "x.json"
    f.profile.trace(str(path))
    events = json.loads(path.read_text())["traceEvents"]
    spans = [e for e in events if e["ph"] == "X"]
    calls = [e for e in spans if e["name"] == "call"]
    assert len(calls) == 3
    for e in spans:  # each lies in a call
        assert any(c["ts"] <= e["ts"] + 1e-3 and e["ts"] + e["dur"] <= c["ts"] + c["dur"] + 1e-3 for c in calls)
    assert {e["args"]["name"] for e in events if e["ph"] == "M"} >= {"products", "thread 0"}


THREADS = """
import json, sys, numpy as np, theano, theano.tensor as T
v = T.vector("v")
f = theano.function([v], T.exp(T.sin(v)), profile=theano.ProfileStats(atexit_print=False))
for _ in range(20):
    f(np.ones(2_000_000))
f.profile.trace(sys.argv[1])
loop, = f.profile.loops
print(loop.threads)
"""


def run(program, *args, **env):
    import os

    given = {**os.environ, "THEANO_FLAGS": "", "OMP_NUM_THREADS": "2", **env}
    return subprocess.run(
        [sys.executable, "-c", program, *args], capture_output=True, text=True, check=True, env=given
    )  # fmt: skip


@pytest.mark.skipif(sys.platform != "linux", reason="loops are shared on Linux only")
def test_threads(tmp_path) -> None:
    path = tmp_path / "x.json"
    threads = float(run(THREADS, str(path)).stdout)
    events = [e for e in json.loads(path.read_text())["traceEvents"] if e["ph"] == "X"]
    ranges = [e for e in events if e["name"].endswith(", a range")]
    assert len({e["tid"] for e in ranges}) == 2 and 1 <= threads <= 2.05
    for row in {e["tid"] for e in ranges}:  # a thread does one range after the other
        own = sorted((e["ts"], e["ts"] + e["dur"]) for e in ranges if e["tid"] == row)
        assert all(a[1] <= b[0] + 1e-3 for a, b in zip(own, own[1:], strict=False))


def test_at_exit() -> None:
    program = "import theano, theano.tensor as T\nx = T.vector('x')\nf = theano.function([x], T.exp(x))\nf([1.0])"
    shown = run(program, THEANO_FLAGS="profile=True").stderr
    assert "Function profiling" in shown and "loop 1: exp" in shown
    assert "Memory Profile" in run(program, THEANO_FLAGS="profile=True,profile_memory=True").stderr


def test_calls_through_python_count_once() -> None:
    """What must be converted first comes through Python, and is counted by native code all the same."""
    f = profiled([theano.In(v, value=np.ones(3))], T.exp(v))
    f()
    f(v=[1, 2])
    f(np.ones(3)[::-1])
    assert f.profile.fct_callcount == 3 and f.profile.fct_call_time >= f.profile.vm_call_time > 0
    with pytest.raises(TypeError):
        f(np.ones((2, 2)))
    assert f.profile.fct_callcount == 3


def test_updates_and_copies() -> None:
    s = theano.shared(np.zeros(1000), name="s")
    f = profiled([v], [], updates=[(s, s + v)])
    for _ in range(4):
        f(np.ones(1000))
    assert s.get_value()[0] == 4 and f.profile.fct_callcount == 4
    twin = f.copy(profile=theano.ProfileStats(atexit_print=False))
    twin(np.ones(1000))
    assert twin.profile.fct_callcount == 1 and f.profile.fct_callcount == 4


def test_without_arguments() -> None:
    """No sizes to note, nothing to measure but the call."""
    f = profiled([], T.constant(1.0))
    f()
    assert f.profile.fct_callcount == 1 and sum(loop.calls for loop in f.profile.loops) <= 1


@pytest.mark.slow
def test_overhead() -> None:
    """Measuring loops of more than 20 µs takes less than 3 % of them: the best of many, in alternation."""
    outputs = [T.exp(v) * 2, T.sum(v**2)]
    on, off = profiled([v], outputs), theano.function([v], outputs)
    a = np.random.RandomState(0).rand(60_000)
    ratios = []
    for _ in range(5):
        best = [1.0, 1.0]
        for _ in range(300):
            for k, f in enumerate((on, off)):
                start = time.perf_counter()
                f(a)
                best[k] = min(best[k], time.perf_counter() - start)
        ratios.append(best[0] / best[1])
    assert min(ratios) < 1.03


def test_llvm_accepts_the_text() -> None:
    """The verifier of LLVM, which is not asked when programs are compiled: values are known on all ways to them."""
    import llvmlite.binding as llvm

    h, w, s = recurrence()
    c, d = T.dscalar("c"), T.dvector("d")
    branch = theano.ifelse.ifelse(c > 0, T.exp(d), T.log(d)) * 2
    for f in (profiled([s, w], h[-1]), profiled([c, d], branch), products(theano.ProfileStats(False))):
        module = llvm.parse_assembly(f.executor.text())
        module.verify()
        assert "note_time" in {function.name for function in module.functions}


def test_functions_of_libraries_are_told_by_what_they_do() -> None:
    """A convolution is one of several calls, which of them sizes tell: each has its node, its line and a name."""
    images, kernels = T.ftensor4(), T.ftensor4()
    f = profiled([images, kernels], T.nnet.conv2d(images, kernels))
    f(np.ones((2, 3, 8, 8), "f"), np.ones((4, 3, 3, 3), "f"))
    ran = [loop for loop in f.profile.loops if loop.calls and loop.kernel not in ("", "main")]
    assert ran and all(loop.name == "convolution" for loop in ran)
    assert all(loop.lines and "AbstractConv2d" in str(loop.nodes) for loop in ran)
    assert "convolution: AbstractConv2d" in repr(ran)
    (added,) = (loop for loop in ran if loop.kernel == "convolve_f32")
    assert added.operations == 2 * (2 * 6 * 6) * 4 * (3 * 3 * 3)


def test_time_for_arguments() -> None:
    """What Python converts takes time that is told apart from that of loops."""
    x, k = T.dvector("x"), T.iscalar("k")
    f = theano.function([x, k], x * k, profile=theano.ProfileStats(atexit_print=False))
    f(np.ones(3), np.array(2, "int32"))
    assert f.profile.argument_time == 0
    f([1, 2, 3], np.int32(2))
    stats = f.profile
    assert 0 < stats.argument_time == pytest.approx(stats.fct_call_time - stats.vm_call_time)
    text = io.StringIO()
    stats.summary_loops(text)
    assert "to convert arguments and to hand back results)" in text.getvalue()


@pytest.mark.parametrize("in_steps", [False, True])
def test_calls_that_raise(in_steps: bool) -> None:
    """They are no calls, but what they did is a part of the whole of which the table tells shares."""
    fails = [False]

    @theano.compile.ops.as_op([T.dvector], [T.dvector])
    def doubled(given):
        if fails[0]:
            raise ZeroDivisionError
        return given * 2

    w, m = T.dvector("w"), T.dmatrix("m")
    if in_steps:
        steps, _ = theano.scan(lambda row, h: doubled(T.tanh(h + row)), [m], [T.zeros((2000,))])
        f, given = profiled([m], T.exp(steps).sum()), np.ones((5, 2000))
    else:
        f, given = profiled([w], T.exp(doubled(T.tanh(w))).sum()), np.ones(20_000)
    for k in range(12):
        fails[0] = k % 3 == 2
        try:
            f(given)
        except ZeroDivisionError:
            assert fails[0]
    stats = f.profile
    assert stats.fct_callcount == 8 and 0 < stats.raised_time
    (back,) = (loop for loop in stats.loops if loop.name == "call-back")
    assert back.calls == (8 * 5 + 4 if in_steps else 12)
    for kept in (stats, copy.copy(stats)):
        own = sum(loop.own_seconds for loop in kept.loops)
        assert 0 < own <= kept.fct_call_time + kept.raised_time
        table = io.StringIO()
        kept.summary_loops(table)
        shares = [float(s) for s in re.findall(r"^ +([\d.]+)% +[\d.]+% +[\d.]+s", table.getvalue(), re.MULTILINE)]
        assert len(shares) >= 3 and 80 < sum(shares) < 100.5
    stats.reset()
    assert stats.raised_time == 0


def test_a_pickle_prints_as_the_function_does(monkeypatch) -> None:
    monkeypatch.setattr(profiling, "_to_print_at_exit", [])
    for prints in (False, True):
        f = theano.function([x], T.exp(x), profile=theano.ProfileStats(atexit_print=prints), name="f")
        for again in (pickle.loads(pickle.dumps(f)), copy.deepcopy(f)):
            assert again.profile is not f.profile and again.profile.message == "f"
            assert (again.profile in profiling._to_print_at_exit) is prints

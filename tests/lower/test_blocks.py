"""Stretches of main in blocks of rows: which steps belong together, and that the cut changes no bit."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.backend.functions import Compiled
from tests.backend.test_interpreter import interpret
from theano.base.record import replace
from theano.compile.native import executor
from theano.loops import expr as ex
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.lower.state.machine import Machine
from theano.runtime import threads

USUAL = Machine.of
Case = Callable[..., Any]


@pytest.fixture(autouse=True)
def same_threads() -> Iterator[None]:
    before = threads.num_threads()
    yield
    threads.set_num_threads(before)


def compiled(
    monkeypatch: pytest.MonkeyPatch, inputs: Any, outputs: Any, block_bytes: int, slots: int, mode: Any = None
) -> Any:
    """A function for a machine that takes so many bytes a block; with one slot, for one thread."""
    change = {"block_bytes": block_bytes, "block_slots": slots, "shares_loops": slots > 1}
    monkeypatch.setattr(executor.Machine, "of", lambda target: replace(USUAL(target), **change))
    with theano.change_flags(openmp=slots > 1, openmp_elemwise_minsize=1, verify_programs=True):
        return theano.function(inputs, outputs, mode=mode, on_unused_input="ignore")


def stretches(f: Any) -> list[tuple[st.If, list[st.Stmt]]]:
    """Those of a function: the choice, and what a block calls."""
    found = []
    for stmt in f.executor.lowered.program.main:
        if isinstance(stmt, st.If) and stmt.then and isinstance(stmt.then[0], st.For) and stmt.orelse:
            found.append((stmt, [s for s in st.walk(stmt.then) if isinstance(s, hs.Call | hs.CallKernel)]))
    return found


def softmax(x: Any) -> Any:
    return T.nnet.softmax(x.reshape((-1, x.shape[2]))).reshape(x.shape)


def attention(q: Any, k: Any, v: Any, w: Any) -> Any:
    return T.batched_dot(softmax(T.batched_dot(q, k.transpose(0, 2, 1)) * 0.3), v)


def with_gradients(q: Any, k: Any, v: Any, w: Any) -> Any:
    loss = (attention(q, k, v, w) * w).sum()
    return [loss, *T.grad(loss, [q, k, v])]


def causal(q: Any, k: Any, v: Any, w: Any) -> Any:
    score = T.batched_dot(q, k.transpose(0, 2, 1))
    seen = T.eq(T.tri(score.shape[1], score.shape[2]), 1)
    return T.batched_dot(softmax(T.switch(seen, score, -np.inf)), v)


def normalized(q: Any, k: Any, v: Any, w: Any) -> Any:
    """Rows are reduced, read again, and go on."""
    z = T.batched_dot(q, k.transpose(0, 2, 1))
    z = (z - z.mean(axis=2, keepdims=True)) / T.sqrt(z.var(axis=2, keepdims=True) + 1)
    return T.batched_dot(T.tanh(z), v).max(axis=1)


def columns(q: Any, k: Any, v: Any, w: Any) -> Any:
    z = T.batched_dot(q, k.transpose(0, 2, 1))
    return T.batched_dot(z / (1 + abs(z).sum(axis=1, keepdims=True)), v)


def read_later(q: Any, k: Any, v: Any, w: Any) -> Any:
    """What a stretch leaves is read behind it, all rows at once."""
    z = T.tanh(T.batched_dot(q, k.transpose(0, 2, 1)))
    y = T.batched_dot(z, v)
    return y, z, y.sum(), (z[::-1] * z).sum(axis=(1, 2))


CUT = [attention, with_gradients, causal, normalized, columns, read_later]


def upside_down(q: Any, k: Any, v: Any, w: Any) -> Any:
    return T.batched_dot(T.tanh(T.batched_dot(q, k.transpose(0, 2, 1)))[::-1], v)


def over_rows(q: Any, k: Any, v: Any, w: Any) -> Any:
    z = T.batched_dot(q, k.transpose(0, 2, 1))
    return T.batched_dot(z - z.mean(axis=0), v)


def of_one_row(q: Any, k: Any, v: Any, w: Any) -> Any:
    z = T.batched_dot(q, k.transpose(0, 2, 1))
    return T.batched_dot(z + z[:1].sum(), v)


def turned(q: Any, k: Any, v: Any, w: Any) -> Any:
    """Rows become columns."""
    z = T.batched_dot(q, k.transpose(0, 2, 1))
    return T.batched_dot(z.transpose(1, 0, 2), v[: z.shape[1]])


WHOLE = [upside_down, over_rows, of_one_row, turned]


def numbers(rows: int, n: int = 5, m: int = 4, d: int = 3, dtype: str = "float64") -> list[np.ndarray]:
    rng = np.random.default_rng(rows)
    shapes = [(rows, n, d), (rows, m, d), (rows, m, d), (rows, n, d)]
    return [rng.standard_normal(s).astype(dtype) for s in shapes]


def inputs_of(dtype: str) -> list[Any]:
    return [T.TensorType(dtype, (False,) * 3)(name) for name in "qkvw"]


def as_arrays(found: Any) -> list[np.ndarray]:
    return [np.asarray(r) for r in (found if isinstance(found, list) else [found])]


def assert_same(functions: list[Any], slow: Any, args: list[np.ndarray], rtol: float) -> None:
    """All functions give the same bits, with any number of threads, and what the operations are defined to give."""
    bits = set()
    for f in functions:
        for n in (1, 2, 3, 7):
            threads.set_num_threads(n)
            found = as_arrays(f(*args))
            bits.add(tuple(r.tobytes() for r in found))
    for got, wanted in zip(found, as_arrays(slow(*args)), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=rtol, atol=rtol)
    assert len(bits) == 1


FORMS = [(1, 1), (1, 2), (1, 16), (1000, 1), (1000, 2), (1 << 40, 2)]


@pytest.mark.parametrize("make", CUT, ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_steps_that_keep_to_their_rows(make: Case, dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = inputs_of(dtype)
    outputs = make(*inputs)
    functions = [compiled(monkeypatch, inputs, outputs, *form) for form in FORMS]
    for f in functions:
        ((_, calls),) = stretches(f)
        assert len(calls) >= 3
    slow = theano.function(inputs, outputs, mode="FAST_COMPILE", on_unused_input="ignore")
    for rows in (0, 1, 2, 3, 7, 16, 33):
        assert_same(functions, slow, numbers(rows, dtype=dtype), 1e-4 if dtype == "float32" else 1e-11)


@pytest.mark.parametrize("make", WHOLE, ids=lambda f: f.__name__)
def test_steps_that_do_not(make: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = inputs_of("float64")
    outputs = make(*inputs)
    f = compiled(monkeypatch, inputs, outputs, 1, 2)
    assert not stretches(f)
    slow = theano.function(inputs, outputs, mode="FAST_COMPILE", on_unused_input="ignore")
    for rows in (4, 8):
        assert_same([f], slow, numbers(rows, 4, 4, 4), 1e-11)


def test_what_is_no_row_of_its_own_comes_before_or_after(monkeypatch: pytest.MonkeyPatch) -> None:
    """A loss over all rows waits until the stretch is done, what it does not need comes first."""
    q, k, v, w = inputs = inputs_of("float64")
    z = T.batched_dot(q, k.transpose(0, 2, 1))
    total = z.sum()
    out = T.batched_dot(T.tanh(z), v * w.sum())
    f = compiled(monkeypatch, inputs, [total, out], 1, 1)
    ((choice, calls),) = stretches(f)
    assert len(calls) == 3
    main = f.executor.lowered.program.main
    at = main.index(choice)
    kernels = [k for k, s in enumerate(main) if isinstance(s, hs.CallKernel)]
    assert any(k < at for k in kernels) and any(k > at for k in kernels)
    slow = theano.function(inputs, [total, out], mode="FAST_COMPILE")
    assert_same([f], slow, numbers(9, 4, 4, 3), 1e-11)


def test_two_levels_of_matrices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Batches of heads that lie crosswise, as layers of a transformer have them."""
    x, w = T.tensor3("x"), T.tensor3("w")
    batch, length, width = x.shape

    def heads(matrix: Any) -> Any:
        y = T.dot(x, matrix).reshape((batch, length, 2, width // 2))
        return y.transpose(0, 2, 1, 3).reshape((batch * 2, length, width // 2))

    q, k, v = (heads(w[i]) for i in range(3))
    seen = T.batched_dot(softmax(T.batched_dot(q, k.transpose(0, 2, 1))), v)
    out = seen.reshape((batch, 2, length, width // 2)).transpose(0, 2, 1, 3).reshape(x.shape)
    loss = (out**2).sum()
    outputs = [loss, *T.grad(loss, [x, w])]
    functions = [compiled(monkeypatch, [x, w], outputs, *form) for form in FORMS]
    assert all(stretches(f) for f in functions)
    slow = theano.function([x, w], outputs, mode="FAST_COMPILE")
    rng = np.random.default_rng(0)
    for rows in (0, 1, 5, 32):
        args = [rng.standard_normal((rows, 6, 4)), rng.standard_normal((3, 4, 4))]
        assert_same(functions, slow, args, 1e-10)


def rows_in_one_place(f: Any) -> list[set[Any]]:
    """Of memory that blocks of one stretch have in common, how long its rows are."""
    low = f.executor.lowered
    places = {s.name: s.offset for s in low.program.main if isinstance(s, hs.Carve)}
    found: dict[Any, set[Any]] = {}
    for number, stretch in enumerate(dict.fromkeys(low.stretch_of.values())):
        for memory, row in stretch.inside.items():
            if memory.name in places:
                found.setdefault((number, places[memory.name]), set()).add((row, ex.ITEMSIZE[memory.type]))
    return list(found.values())


def test_rows_of_one_length_share_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """With others in their place, blocks that threads are at would overlap."""
    q, k, v, w = inputs = inputs_of("float64")
    y = T.batched_dot(T.batched_dot(q, k.transpose(0, 2, 1)), v)
    for _ in range(3):
        y = T.batched_dot(T.batched_dot(y, k.transpose(0, 2, 1)), v)
        y = T.batched_dot(T.batched_dot(y, w.transpose(0, 2, 1)), w)
    f = compiled(monkeypatch, inputs, y, 1, 16)
    shared = rows_in_one_place(f)
    assert shared and all(len(rows) == 1 for rows in shared)
    assert len(shared) < len(f.executor.lowered.stretch_of)
    assert_same([f], theano.function(inputs, y, mode="FAST_COMPILE"), numbers(40), 1e-9)


def test_lengths_that_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is no choice then; where there would be too few blocks all goes step by step."""
    inputs = inputs_of("float64")
    for rows, slots, blocks in ((40, 2, True), (40, 1, True), (3, 16, False)):
        told = [T.specify_shape(v, a.shape) for v, a in zip(inputs, numbers(rows, 64, 64, 8), strict=True)]
        outputs = with_gradients(*told)
        f = compiled(monkeypatch, inputs, outputs, 1, slots)
        main = f.executor.lowered.program.main
        assert bool(f.executor.lowered.stretch_of) == blocks and not stretches(f)
        assert any(isinstance(s, st.For) for s in main) == blocks
        whole = compiled(monkeypatch, inputs, outputs, 1 << 40, slots)
        assert_same([f, whole], theano.function(inputs, outputs, mode="FAST_COMPILE"), numbers(rows, 64, 64, 8), 1e-9)


def test_memory_is_that_of_a_block() -> None:
    inputs = inputs_of("float32")
    rows, n = 256, 64
    args = numbers(rows, n, n, 8, "float32")
    with theano.change_flags(openmp=False):
        f = theano.function(inputs, attention(*inputs), on_unused_input="ignore")
    plan = theano.printing.memory_plan(f, *args)
    assert plan.workspace < 2 * Machine().block_bytes < rows * n * n * 4


@pytest.mark.parametrize("slots", [1, 2])
def test_profiles_tell_what_all_blocks_together_do(slots: int, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = inputs_of("float64")
    args = numbers(64, 48, 40, 8)
    with theano.change_flags(profile=True):
        f = compiled(monkeypatch, inputs, with_gradients(*inputs), 1 << 16, slots)
    for _ in range(5):
        f(*args)
    (times,) = f.profile.native
    whole, *loops = times.loops()
    ran = [loop for loop in loops if loop.calls]
    assert {loop.calls for loop in ran if loop.name.startswith(("loop", "product"))} == {5}
    products = [loop for loop in ran if loop.name == "product"]
    assert len(products) == 6 and all(loop.operations == 5 * 2 * 64 * 48 * 40 * 8 for loop in products)
    assert all(loop.bytes and "shape" in loop.space for loop in products)
    assert any(loop.name == "blocks of rows" for loop in ran) and all(loop.lines for loop in ran)
    assert sum(loop.own_seconds for loop in ran) <= whole.seconds


@pytest.mark.parametrize("rows", [1, 64])
def test_explanations_show_each_step_once(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    inputs = inputs_of("float64")
    f = compiled(monkeypatch, inputs, attention(*inputs), 1 << 12, 2)
    explained = theano.explain(f, *numbers(rows, 9, 8, 4))
    (data,) = explained.data["functions"]
    steps = [loop for loop in data["loops"] if loop["name"].startswith(("loop", "product"))]
    assert len(steps) == 3 and all(step["calls"] and step["lines"] for step in steps)
    assert all(-1 <= loop["inside"] < len(data["loops"]) for loop in data["loops"])
    assert any(loop["name"] == "blocks of rows" for loop in data["loops"]) == (rows == 64)
    assert "did not run" not in str(explained)


def test_an_update_of_a_stretch_comes_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    q, k, v, w = inputs_of("float64")
    found = []
    for form in FORMS:
        s = theano.shared(np.ones((9, 5, 3)))
        out = attention(q, k, v, w) + s
        change = {"block_bytes": form[0], "block_slots": form[1], "shares_loops": form[1] > 1}
        monkeypatch.setattr(executor.Machine, "of", lambda target, c=change: replace(USUAL(target), **c))
        with theano.change_flags(openmp=form[1] > 1, openmp_elemwise_minsize=1, verify_programs=True):
            f = theano.function([q, k, v], out, updates=[(s, s + 2 * out)])
        results = [f(*numbers(9)[:3]) for _ in range(3)]
        found.append((s.get_value().tobytes(), *(r.tobytes() for r in results)))
    assert len(set(found)) == 1


def test_what_reads_an_update_goes_step_by_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Signals are looked for between blocks, and nothing may stop a call that has begun to update."""
    q, k, v, w = inputs_of("float64")
    found = []
    for block_bytes in (1, 1 << 40):
        s = theano.shared(np.ones((9, 5, 3)))
        new = s + attention(q, k, v, w)
        again = attention(new, new, new, w)
        change = {"block_bytes": block_bytes, "block_slots": 1, "shares_loops": False}
        monkeypatch.setattr(executor.Machine, "of", lambda target, c=change: replace(USUAL(target), **c))
        with theano.change_flags(verify_programs=True):
            f = theano.function([q, k, v], again, updates=[(s, new)])
        results = [f(*numbers(9)[:3]) for _ in range(2)]
        found.append((s.get_value().tobytes(), *(r.tobytes() for r in results)))
        assert len(stretches(f)) == 1
    assert len(set(found)) == 1


# -- random programs -----------------------------------------------------------------------------------------
LENGTHS = {"n": 4, "m": 3}
Known = tuple[Any, str]  # a stack of matrices, and the lengths of these


def cut_steps(rng: random.Random, dtype: str) -> dict[str, Callable[..., Any]]:
    """Steps by the lengths of what they take and give, `a` and `b` being any: those that keep to their rows."""
    other = "float32" if dtype == "float64" else "float64"
    axis = rng.choice([1, 2])
    return {
        "ab bc ac": lambda x, y: T.batched_dot(x, y) * 0.25,
        "ab cb ac": lambda x, y: T.batched_dot(x, y.transpose(0, 2, 1)) * 0.25,
        "ba bc ac": lambda x, y: T.batched_dot(x.transpose(0, 2, 1), y) * 0.25,
        "ab ab": softmax,
        "ab ab ab 1": lambda x, y: T.tanh(x + y),
        "ab ab ab 2": lambda x, y: x * T.nnet.sigmoid(y),
        "ab ac ab 1": lambda x, y: x - y.mean(axis=2, keepdims=True),
        "ab cb ab 1": lambda x, y: x + y.sum(axis=1, keepdims=True) * 0.1,
        "ab cd ab 1": lambda x, y: x + y.max(axis=(1, 2), keepdims=True) * 0.1,
        "ab ba ab": lambda x, y: T.exp(-abs(x)) + y.transpose(0, 2, 1),
        "ab ab 1": lambda x: T.tanh(x.reshape((-1, x.shape[2]))).reshape(x.shape),
        "ab ab 2": lambda x: T.cumsum(x, axis=axis) * 0.2,
        "ab ab ab 3": lambda x, y: T.concatenate([x[:, :2], y[:, 2:]], axis=1),
        "ab cb ab 2": lambda x, y: T.set_subtensor(x[:, 1], y[:, 0]),
        "ab ab ab 4": lambda x, y: T.inc_subtensor(x[:, :, 1:3], y[:, :, :2]),
        "ab ab ab 5": lambda x, y: x[:, ::-1] + y[:, :, ::-1],
        "ab ab ab 6": lambda x, y: T.switch(x > y, x, y * 0.5),
        "ab ab ab 7": lambda x, y: x + T.cast(y, other).astype(dtype),
    }  # fmt: skip


WHOLE_STEPS: dict[str, Callable[..., Any]] = {
    "ab ab ab 1": lambda x, y: x + y[::-1],
    "ab ab ab 2": lambda x, y: x + y.mean(axis=0),
    "ab cb ab": lambda x, y: x + y[-1, 0] * 0.1,
    "ab cd ab": lambda x, y: x * T.tanh(y.sum()),
}


def fitting(rng: random.Random, pattern: str, known: list[Known]) -> tuple[list[Any], str] | None:
    """Operands whose lengths follow a pattern, and the lengths of the result."""
    *taken, given = [p for p in pattern.split() if p.isalpha()]
    bound: dict[str, str] = {}
    operands = []
    for letters in taken:
        late = known[-5:] + known[:3]
        fits = [(v, own) for v, own in late if all(bound.get(p, c) == c for p, c in zip(letters, own, strict=True))]
        if not fits:
            return None
        operand, lengths = rng.choice(fits)
        operands.append(operand)
        bound |= dict(zip(letters, lengths, strict=True))
    return operands, "".join(bound[p] for p in given)


def random_program(rng: random.Random, dtype: str) -> tuple[list[Known], list[Any]]:
    """Steps on stacks of matrices, most of which keep to their rows."""
    inputs = [(T.TensorType(dtype, (False,) * 3)(name), own) for name, own in {"a": "nm", "b": "mn", "c": "nn"}.items()]
    known: list[Known] = list(inputs)
    for _ in range(rng.randint(4, 14)):
        steps = cut_steps(rng, dtype) if rng.random() < 0.9 else WHOLE_STEPS
        pattern = rng.choice(list(steps) if rng.random() < 0.6 else list(steps)[:3])
        found = fitting(rng, pattern, known)
        if found is not None:
            known.append((steps[pattern](*found[0]), found[1]))
    made = [v for v, _ in known[3:]] or [inputs[0][0] * 2]
    outputs = rng.sample(made, min(rng.randint(1, 3), len(made)))
    if rng.random() < 0.5:
        loss = (outputs[0] ** 2).sum()
        outputs = [*outputs[1:], loss, *T.grad(loss, [v for v, _ in inputs], disconnected_inputs="ignore")]
    if rng.random() < 0.3:
        outputs.append(made[-1].sum())
    return inputs, outputs


@pytest.mark.parametrize("seed", range(12))
def test_random_programs(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = random.Random(seed)
    dtype = rng.choice(["float32", "float64", "float64"])
    known, outputs = random_program(rng, dtype)
    inputs = [v for v, _ in known]
    functions = [compiled(monkeypatch, inputs, outputs, *form) for form in rng.sample(FORMS[:5], 3)]
    functions.append(compiled(monkeypatch, inputs, outputs, 1 << 40, 16))
    assert all(len(rows) == 1 for f in functions for rows in rows_in_one_place(f))
    slow = theano.function(inputs, outputs, mode="FAST_COMPILE", on_unused_input="ignore")
    for rows in rng.sample(range(1, 40), 2):
        values = np.random.default_rng(rows)
        args = [values.standard_normal((rows, *(LENGTHS[c] for c in lengths))).astype(dtype) for _, lengths in known]
        assert_same(functions, slow, args, 1e-3 if dtype == "float32" else 1e-9)
        wanted = as_arrays(functions[0](*args))
        for f in functions:
            found = interpret(Compiled(f, f.executor), args, [])
            for got, value in zip(found, wanted, strict=True):
                np.testing.assert_allclose(got, value, rtol=1e-4 if dtype == "float32" else 1e-10, atol=1e-6)

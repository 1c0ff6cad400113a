"""Loops over steps in slices of rows: which loops are cut, and that the cut changes no bit."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.lower.state.machine import Machine
from theano.runtime import threads

FEWEST, MATRICES = Machine().slice_rows, Machine().slice_matrices
LEAST_ROWS = 2 * FEWEST

N = 6
Step = Callable[..., Any]


@pytest.fixture(autouse=True)
def shared() -> Iterator[None]:
    """Small work is shared, too; the number of threads is as before afterwards."""
    before = threads.num_threads()
    with theano.change_flags(openmp=True, openmp_elemwise_minsize=1):
        yield
    threads.set_num_threads(before)


def slices(f: Any) -> list[hs.Slices]:
    """Those of loops: what sorts rows is cut, too."""
    found = [s for s in st.walk(f.executor.lowered.program.main) if isinstance(s, hs.Slices)]
    return [s for s in found if isinstance(s.body[0], st.For)]


def same_bits(f: Any, args: list[Any]) -> list[np.ndarray]:
    """What a function gives, by one thread and by more."""
    found = []
    for n in (1, 2, 3, 7):
        threads.set_num_threads(n)
        found.append([np.asarray(r) for r in f(*args)])
    assert len({tuple(r.tobytes() for r in results) for results in found}) == 1
    return found[0]


# -- what is cut, and what is not ----------------------------------------------------------------------------
def gated(x: Any, h: Any, c: Any, w: Any) -> Any:
    """As an LSTM: a product, windows of it, a state that a step reads without a product."""
    z = T.dot(h, w) + T.concatenate([x, x], axis=1)
    c = T.nnet.sigmoid(z[:, :N]) * c + T.tanh(z[:, N:])
    return T.tanh(c), c


def normalized(x: Any, h: Any, c: Any, w: Any) -> Any:
    """Rows are reduced, and read again."""
    z = T.dot(h, w)[:, N:] + x
    z = (z - z.mean(axis=1, keepdims=True)) / T.sqrt(z.var(axis=1, keepdims=True) + 1)
    return T.tanh(z), T.nnet.softmax(c + z)


def two_products(x: Any, h: Any, c: Any, w: Any) -> Any:
    """The second one reads what has been computed from the first."""
    g = T.tanh(T.dot(h, w) + 1)
    return T.tanh(T.dot(g, w.T) + x), T.concatenate([g[:, ::3], c[:, ::-1][:, 4:]], axis=1)


def part_set(x: Any, h: Any, c: Any, w: Any) -> Any:
    return T.set_subtensor(h[:, 1:3], T.tanh(T.dot(h, w))[:, :2]), T.inc_subtensor((c + h)[:, :2], x[:, 3:5])


def without_products(x: Any, h: Any, c: Any, w: Any) -> Any:
    return h / (1 + abs(h).sum(axis=1, keepdims=True)) + x, c * h.max(axis=1, keepdims=True)


def neighbours(x: Any, h: Any, c: Any, w: Any) -> Any:
    return T.tanh(T.dot(h, w)[:, :N] + h[::-1]), c + x


def shifted(x: Any, h: Any, c: Any, w: Any) -> Any:
    return T.tanh(T.dot(h, w)[:, :N] + x), T.concatenate([c[1:], h[:1]])


def over_rows(x: Any, h: Any, c: Any, w: Any) -> Any:
    return T.tanh(T.dot(h, w)[:, :N] + x), c - h.mean(axis=0, keepdims=True)


def of_one_row(x: Any, h: Any, c: Any, w: Any) -> Any:
    return T.tanh(T.dot(h, w)[:, :N] + x), c + h[2]


def matrix_changes(x: Any, h: Any, c: Any, w: Any) -> Any:
    return T.tanh(T.dot(h, T.dot(h.T, c)) + x), c


def picked(x: Any, h: Any, c: Any, w: Any) -> Any:
    return T.tanh(T.dot(h, w)[:, :N] + x), c[T.argsort(h[:, 0])] + h


CUT = [gated, normalized, two_products, part_set, without_products]
WHOLE = [neighbours, shifted, over_rows, of_one_row, matrix_changes, picked]


def looped(step: Step, dtype: str = "float64", **options: Any) -> tuple[list[Any], list[Any]]:
    x = T.TensorType(dtype, (False,) * 3)("x")
    h, c, w = (T.TensorType(dtype, (False,) * 2)(name) for name in "hcw")
    (hs, cs), _ = theano.scan(step, x, [h, c], w, **options)
    return [x, h, c, w], [hs, cs]


def numbers(rows: int, steps: int = 5, dtype: str = "float64", n: int = N) -> list[np.ndarray]:
    rng = np.random.default_rng(rows)
    shapes = [(steps, rows, n), (rows, n), (rows, n), (n, 2 * n)]
    return [(0.5 * rng.standard_normal(s)).astype(dtype) for s in shapes]


@pytest.mark.parametrize("step", CUT, ids=lambda f: f.__name__)
@pytest.mark.parametrize("last", [False, True], ids=["all", "last"])
def test_rows_that_need_each_other_nowhere(step: Step, last: bool) -> None:
    inputs, rows = looped(step)
    outputs = [r[-1] for r in rows] if last else rows
    f, slow = (theano.function(inputs, outputs, mode=mode, on_unused_input="ignore") for mode in (None, "FAST_COMPILE"))
    assert len(slices(f)) == 1
    for n_rows in (1, 2, LEAST_ROWS - 1, LEAST_ROWS, LEAST_ROWS + 1, 2 * LEAST_ROWS + FEWEST - 1, 100):
        args = numbers(n_rows)
        for found, wanted in zip(same_bits(f, args), slow(*args), strict=True):
            np.testing.assert_allclose(found, wanted, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("step", WHOLE, ids=lambda f: f.__name__)
def test_rows_that_need_each_other(step: Step) -> None:
    inputs, outputs = looped(step)
    f, slow = (theano.function(inputs, outputs, mode=mode, on_unused_input="ignore") for mode in (None, "FAST_COMPILE"))
    assert not slices(f)
    for n_rows in (6, 17):
        args = numbers(n_rows)
        for found, wanted in zip(same_bits(f, args), slow(*args), strict=True):
            np.testing.assert_allclose(found, wanted, rtol=1e-11, atol=1e-12)


def test_axes_of_one_length() -> None:
    """Where rows are as long as they are many, columns are not taken for them."""
    x, h, w = T.tensor3("x"), T.matrix("h"), T.matrix("w")
    for step, cut in (
        (lambda x, h, w: T.tanh(T.dot(h, w) + x * h), True),
        (lambda x, h, w: T.tanh(T.dot(h, w) + x * h.T), False),
        (lambda x, h, w: T.tanh(T.dot(h, w).T + x), False),
        (lambda x, h, w: T.tanh(T.dot(h, w) + h.sum(axis=0)), False),
    ):  # fmt: skip
        rows, _ = theano.scan(step, x, T.specify_shape(h, (9, 9)), T.specify_shape(w, (9, 9)))
        f, slow = (theano.function([x, h, w], [rows], mode=mode) for mode in (None, "FAST_COMPILE"))
        assert bool(slices(f)) == cut
        rng = np.random.default_rng(0)
        args = [rng.standard_normal(s) for s in ((4, 9, 9), (9, 9), (9, 9))]
        np.testing.assert_allclose(same_bits(f, args)[0], slow(*args)[0], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
def test_types(dtype: str) -> None:
    inputs, outputs = looped(gated, dtype)
    f, slow = (theano.function(inputs, outputs, mode=mode, on_unused_input="ignore") for mode in (None, "FAST_COMPILE"))
    args = numbers(37, dtype=dtype)
    for found, wanted in zip(same_bits(f, args), slow(*args), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-2 if dtype == "float16" else 1e-5, atol=1e-3)


def test_other_loops() -> None:
    """Numbers as states, and conditions."""
    x, h, w = T.tensor3("x"), T.matrix("h"), T.matrix("w")
    steps: list[Step] = [
        lambda x, h, s, w: (T.tanh(T.dot(h, w) + s), s + 1),
        lambda x, h, s, w: ((T.tanh(T.dot(h, w)), s), theano.scan_module.until(x[0, 0] > 9)),
    ]
    rng = np.random.default_rng(1)
    args = [rng.standard_normal(s) for s in ((4, 20, 5), (20, 5), (5, 5))]
    for step in steps:
        (rows, _), _ = theano.scan(step, x, [h, np.float64(0)], w)
        f, slow = (theano.function([x, h, w], [rows], mode=mode) for mode in (None, "FAST_COMPILE"))
        assert not slices(f)
        np.testing.assert_allclose(same_bits(f, args)[0], slow(*args)[0], rtol=1e-11, atol=1e-12)


# -- sizes ---------------------------------------------------------------------------------------------------
def test_sizes_decide() -> None:
    """Few rows, large matrices and those that have no panels go the other way; both ways are there."""
    inputs, outputs = looped(lambda x, h, c, w: (T.tanh(T.dot(h, w)[:, : h.shape[1]] + x), c + h))
    f, slow = (theano.function(inputs, outputs, mode=mode, on_unused_input="ignore") for mode in (None, "FAST_COMPILE"))
    (cut,) = slices(f)
    main = f.executor.lowered.program.main
    (choice,) = [s for s in main if isinstance(s, st.If) and cut in st.walk(s.then)]
    assert any(isinstance(s, hs.Call) and s.symbol == "dpacked" for s in st.walk(choice.orelse))
    large = int((MATRICES / 16) ** 0.5) + 1
    for rows, n in ((3, N), (40, 1), (40, 2), (40, large - 1), (40, large), (0, N)):
        args = numbers(rows, 2, n=n)
        for found, wanted in zip(same_bits(f, args), slow(*args), strict=True):
            np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-11)


def test_more_steps_than_between_two_looks_at_signals() -> None:
    inputs, outputs = looped(gated)
    f = theano.function(inputs, [r[-1] for r in outputs])
    for steps in (1, 1023, 1024, 1025, 2500):
        x, h, c, w = numbers(12, steps)
        for x_t in x:
            z = h @ w + np.tile(x_t, 2)
            c = 1 / (1 + np.exp(-z[:, :N])) * c + np.tanh(z[:, N:])
            h = np.tanh(c)
        for found, wanted in zip(same_bits(f, numbers(12, steps)), [h, c], strict=True):
            np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-12)


def test_known_sizes_need_no_choice() -> None:
    x, h, w = T.tensor3("x"), T.zeros((16, 4)), theano.shared(np.eye(4), "w")
    rows, _ = theano.scan(lambda x, h: T.tanh(T.dot(h, T.specify_shape(w, (4, 4))) + x), x, h)
    f = theano.function([x], [rows])
    assert len(slices(f)) == 1
    assert not any(isinstance(s, hs.Call) and s.symbol == "dpacked" for s in st.walk(f.executor.lowered.program.main))
    same_bits(f, [np.random.default_rng(2).standard_normal((5, 16, 4))])


def test_nobody_shares() -> None:
    with theano.change_flags(openmp=False):
        inputs, outputs = looped(gated)
        f = theano.function(inputs, outputs)
    assert [s.least for s in slices(f)] == [0]
    same_bits(f, numbers(20))


# -- random loops --------------------------------------------------------------------------------------------
def random_step(rng: random.Random, n_states: int, taps: list[list[int]]) -> Step:
    """Products, windows, reductions and joins of rows; now and then something that reads other rows."""
    ways: list[Callable[..., Any]] = [
        lambda a, b, w: T.tanh(T.dot(a, w) + b), lambda a, b, w: T.nnet.sigmoid(T.dot(a, w.T)) * b,
        lambda a, b, w: a * b.sum(axis=1, keepdims=True) / N, lambda a, b, w: T.nnet.softmax(a + b),
        lambda a, b, w: T.concatenate([a[:, 2:], b[:, :2]], axis=1), lambda a, b, w: T.maximum(a, b[:, ::-1]),
        lambda a, b, w: T.set_subtensor(a[:, 1:4], b[:, 3:]), lambda a, b, w: a - b.max(axis=1).dimshuffle(0, "x"),
        lambda a, b, w: T.exp(-a * a) + T.concatenate([b[:, :3], b[:, 2:5]], axis=1), lambda a, b, w: (a.T * 0.5).T + b,
    ]  # fmt: skip
    others: list[Callable[..., Any]] = [
        lambda a, b, w: a + b[::-1] * 0.5, lambda a, b, w: a - b.mean(axis=0), lambda a, b, w: a * b[0],
    ]  # fmt: skip
    plan = [
        (rng.choice(others if rng.random() < 0.06 else ways), rng.random(), rng.random())
        for _ in range(rng.randint(n_states, 7))
    ]
    reads = sum(map(len, taps))

    def step(x: Any, *rest: Any) -> Any:
        values, w = [x, *rest[:reads]], rest[-1]
        for way, p, q in plan:
            values.append(way(values[int(p * len(values))], values[-1 - int(q * min(len(values), 3))], w))
        return values[-n_states:]

    return step


@pytest.mark.parametrize("seed", range(24))
def test_random_loops(seed: int) -> None:
    rng = random.Random(seed)
    n_states = rng.choice((1, 2, 3))
    taps = [rng.choice(([-1], [-1], [-2, -1], [-3])) for _ in range(n_states)]
    dtype = rng.choice(("float64", "float32"))
    x, w = T.TensorType(dtype, (False,) * 3)("x"), T.TensorType(dtype, (False,) * 2)("w")
    initial = [T.TensorType(dtype, (False,) * (2 + (t != [-1])))(f"h{k}") for k, t in enumerate(taps)]
    info = [{"initial": h, "taps": t} for h, t in zip(initial, taps, strict=True)]
    steps = random_step(rng, n_states, taps)
    rows, _ = theano.scan(steps, x, info, w, return_list=True, go_backwards=rng.random() < 0.3)
    keep = [rng.random() < 0.6 for _ in rows]
    outputs = [r if k else r[-1] for r, k in zip(rows, keep, strict=True)]
    if rng.random() < 0.6:
        cost = sum(T.sqr(o).mean() for o in outputs)
        outputs += T.grad(cost, [x, w, *initial], disconnected_inputs="ignore")
    inputs = [x, w, *initial]
    f, slow = (theano.function(inputs, outputs, mode=mode, on_unused_input="ignore") for mode in (None, "FAST_COMPILE"))
    numpy = np.random.default_rng(seed)
    for n_rows in (1, rng.randint(2, 9), rng.randint(10, 40)):
        shapes = [(4, n_rows, N), (N, N), *((n_rows, N) if t == [-1] else (-min(t), n_rows, N) for t in taps)]
        args = [(0.4 * numpy.standard_normal(s)).astype(dtype) for s in shapes]
        tolerance = 1e-9 if dtype == "float64" else 2e-3
        for found, wanted in zip(same_bits(f, args), slow(*args), strict=True):
            np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance * 1e-1)


def test_most_random_loops_are_cut() -> None:
    """Or the test above tells nothing."""
    found = 0
    for seed in range(24):
        rng = random.Random(seed)
        inputs, w = [T.tensor3("x"), T.matrix("h")], T.matrix("w")
        rows, _ = theano.scan(random_step(rng, 1, [[-1]]), inputs[0], inputs[1], w)
        found += bool(slices(theano.function([*inputs, w], rows, on_unused_input="ignore")))
    assert found >= 12

"""Running sums and products and linear recurrences, compiled, against NumPy: dtypes, axes, layouts, special values."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from theano.tensor.extra_ops import CumOp

import theano
import theano.tensor as T
from tests.native.test_each_op import specials
from theano.compile import Mode
from theano.lower.state.items import Running
from theano.lower.state.machine import Machine
from theano.printing import loop_program
from theano.runtime import threads
from theano.scalar.dtypes import COMPLEX, all_dtypes
from theano.tensor.reductions.recurrence import LinearRecurrence

NATIVE = Mode(linker="cvm", optimizer=None)
MACHINE = Machine()
WIDE = MACHINE.running_block + 8
SHAPES = [
    (), (0,), (1,), (2,), (37,), (3, 5), (1, 6), (6, 1), (0, 4), (4, 0), (4, 11), (9, 37), (37, 9), (3, WIDE),
    (2, 3, 4), (3, 1, 5), (2, 9, 21), (0, 3, 2), (5, 6, 3),
]  # fmt: skip


def numbers(dtype: str, shape: tuple[int, ...], seed: int = 0) -> np.ndarray:
    """Small numbers, every now and then a special one."""
    rng = np.random.RandomState(seed)
    if dtype == "bool":
        return np.asarray(rng.rand(*shape) < 0.5)
    if dtype in COMPLEX:
        return np.asarray(rng.randn(*shape) + 1j * rng.randn(*shape)).astype(dtype)
    ordinary = np.asarray(rng.uniform(-3, 3, shape) if np.dtype(dtype).kind == "f" else rng.randint(0, 5, shape))
    picks = np.array(specials(dtype), dtype)[rng.randint(0, len(specials(dtype)), shape)]
    return np.where(rng.rand(*shape) < 0.98, ordinary.astype(dtype), picks).astype(dtype)


def layouts(array: np.ndarray) -> list[np.ndarray]:
    """The same numbers in other orders of memory."""
    found = [array]
    if array.ndim:
        wide = np.repeat(array, 2, axis=-1)
        found += [np.asfortranarray(array), wide[..., ::2], np.array(array[::-1])[::-1]]
    return found


def same(got: np.ndarray, wanted: np.ndarray, about: Any) -> None:
    """The same numbers, bit for bit (any NaN for a NaN)."""
    assert got.dtype == wanted.dtype and got.shape == wanted.shape, about
    np.testing.assert_array_equal(got, wanted, err_msg=str(about))
    if got.dtype.kind == "f":
        known = ~np.isnan(wanted)
        assert (np.signbit(got[known]) == np.signbit(wanted[known])).all(), about


@pytest.mark.parametrize("dtype", all_dtypes)
def test_sums_and_products(dtype: str) -> None:
    for ndim in sorted({len(s) for s in SHAPES}):
        x = T.TensorType(dtype, (False,) * ndim)("x")
        ops = [CumOp(axis, mode) for axis in (None, *range(ndim)) for mode in ("add", "mul")]
        f = theano.function([x], [op(x) for op in ops], mode=NATIVE)
        for shape in [s for s in SHAPES if len(s) == ndim]:
            array = numbers(dtype, shape)
            for given in layouts(array):
                for op, got in zip(ops, f(given), strict=True):
                    run = np.cumsum if op.mode == "add" else np.cumprod
                    with np.errstate(all="ignore"):
                        wanted = np.asarray(run(given, axis=op.axis, dtype=dtype))
                    if dtype in COMPLEX and op.mode == "mul":  # a call-back; NumPy's rounding follows the layout
                        np.testing.assert_allclose(got, wanted, rtol=1e-5)
                    else:
                        same(got, wanted, (op, dtype, shape))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_recurrences(dtype: str) -> None:
    for ndim in (1, 2, 3):
        a, b = (T.TensorType(dtype, (False,) * ndim)() for _ in range(2))
        ops = [LinearRecurrence(axis, shifted) for axis in range(ndim) for shifted in (False, True)]
        f = theano.function([a, b], [op(a, b) for op in ops], mode=NATIVE)
        assert "call back" not in loop_program(f)
        for shape in [s for s in SHAPES if len(s) == ndim]:
            factors, terms = numbers(dtype, shape, 1) / 4, numbers(dtype, shape, 2)
            for op, got in zip(ops, f(factors, terms), strict=True):
                wanted = np.array(terms)
                for i in range(1, shape[op.axis]):
                    now, before = ((slice(None),) * op.axis + (k,) for k in (i, i - 1))
                    with np.errstate(all="ignore"):
                        wanted[now] = factors[before if op.shifted else now] * wanted[before] + terms[now]
                same(got, wanted, (op, shape))


def test_the_first_factor_plays_no_part() -> None:
    a, b = T.dvectors("a", "b")
    f = theano.function([a, b], LinearRecurrence(0)(a, b))
    np.testing.assert_array_equal(f([np.inf, 2.0, 0.0], [1.0, 1.0, 1.0]), [1, 3, 1])
    np.testing.assert_array_equal(f([np.nan, np.inf], [0.0, 1.0])[:1], [0.0])


def test_a_recurrence_of_two_shapes_is_refused() -> None:
    a, b = T.dvectors("a", "b")
    f = theano.function([a, b], LinearRecurrence(0)(a, b))
    with pytest.raises(ValueError, match="one shape"):
        f([1.0, 2.0], [1.0, 2.0, 3.0])


def nests(f: Any) -> int:
    """Loop nests of a function."""
    return len(f.executor.lowered.schedule)


@pytest.mark.parametrize("axis", [0, 1])
def test_what_stands_around_shares_the_loop(axis: int) -> None:
    x, y = T.dmatrices("x", "y")
    outputs = [T.cumsum(x * 2 + y, axis=axis) * y, T.cumprod(y + 1, axis=axis) - T.cumsum(T.cumsum(x, axis), axis)]
    f = theano.function([x, y], outputs)
    assert nests(f) == 1
    for shape in ((3, 4), (9, 37), (37, WIDE)):
        u, v = numbers("int8", shape, 3).astype(float) % 3, numbers("int8", shape, 4).astype(float) % 2
        got = f(u, v)
        np.testing.assert_array_equal(got[0], np.cumsum(u * 2 + v, axis) * v)
        np.testing.assert_array_equal(got[1], np.cumprod(v + 1, axis) - np.cumsum(np.cumsum(u, axis), axis))


def test_much_work_stays_in_vectors() -> None:
    x = T.dmatrix("x")
    assert nests(theano.function([x], T.cumsum(T.exp(x), axis=1))) == 2
    assert nests(theano.function([x], T.cumsum(T.exp(x), axis=0))) == 1


def test_reductions_and_other_axes_have_loops_of_their_own() -> None:
    x = T.dmatrix("x")
    share = x / x.sum(axis=1, keepdims=True)
    f = theano.function([x], [T.cumsum(x, 0).sum(axis=0), T.cumsum(share, 1), T.cumsum(x, 1)])
    value = np.arange(1.0, 21).reshape(4, 5)
    got = f(value)
    np.testing.assert_array_equal(got[0], value.cumsum(0).sum(0))
    np.testing.assert_allclose(got[1], (value / value.sum(1, keepdims=True)).cumsum(1), rtol=1e-14)
    np.testing.assert_array_equal(got[2], value.cumsum(1))
    g = theano.function([x], [T.cumsum(T.cumsum(x, 0), 1), T.cumsum(x, 0).T + T.cumsum(x.T, 1), T.cumsum(x.T, 0)])
    got = g(value)
    np.testing.assert_array_equal(got[0], value.cumsum(0).cumsum(1))
    np.testing.assert_array_equal(got[1], 2 * value.cumsum(0).T)
    np.testing.assert_array_equal(got[2], value.T.cumsum(0))


@pytest.mark.parametrize("axis", [0, 1])
def test_in_place(axis: int) -> None:
    value = np.arange(40.0).reshape(5, 8) % 7
    s = theano.shared(value, name="s")
    f = theano.function([], s.sum(), updates=[(s, T.cumsum(s, axis=axis) - s)])
    assert "copy" not in loop_program(f)
    assert f() == value.sum()
    np.testing.assert_array_equal(s.get_value(), value.cumsum(axis) - value)


def test_in_the_steps_of_a_loop() -> None:
    h, x = T.dmatrix("h"), T.dtensor3("x")
    rows, _ = theano.scan(lambda x, h: T.cumsum(h, axis=1) * 0.5 + T.cumsum(x, axis=0), x, h)
    f = theano.function([x, h], rows)
    assert "call back" not in loop_program(f)
    xs, state = np.arange(120.0).reshape(5, 8, 3) % 5, np.arange(24.0).reshape(8, 3)
    for given, got in zip(xs, f(xs, state), strict=True):
        state = np.cumsum(state, axis=1) * 0.5 + np.cumsum(given, axis=0)
        np.testing.assert_array_equal(got, state)


def test_number_of_threads() -> None:
    x = T.dmatrix("x")
    cost = (T.cumsum(x, 0) ** 2).sum() + (T.cumprod(x, 1) ** 2).sum()
    f = theano.function([x], [T.cumsum(x, 0), T.cumsum(x, 1), T.grad(cost, x)])
    value = np.random.RandomState(0).uniform(0.9, 1.1, (301, 1030))
    before = threads.set_num_threads(1)
    one = f(value)
    threads.set_num_threads(3)
    three = f(value)
    threads.set_num_threads(before)
    assert [a.tobytes() for a in one] == [a.tobytes() for a in three]


@pytest.mark.parametrize("lengths", [(1, 5), (2, 5), (4, 9), (5, 4), (2, 4, 7), (7, 3, 2), (2, 3, 4), (3, 1000)])
def test_lengths_that_are_declared(lengths: tuple[int, ...]) -> None:
    value = np.arange(float(np.prod(lengths))).reshape(lengths) % 7
    for known in np.ndindex((2,) * len(lengths)):
        x = T.TensorType("float64", shape=[n if k else None for n, k in zip(lengths, known, strict=True)])()
        f = theano.function([x], [T.cumsum(x, axis) for axis in range(x.ndim)])
        for axis, got in enumerate(f(value)):
            np.testing.assert_array_equal(got, value.cumsum(axis))


def test_uniform_numbers() -> None:
    n = T.lscalar("n")
    f = theano.function([n], [T.cumsum(T.alloc(2.0, n)), T.cumprod(T.alloc(2.0, n, 3), axis=0)])
    got = f(4)
    np.testing.assert_array_equal(got[0], [2, 4, 6, 8])
    np.testing.assert_array_equal(got[1], np.cumprod(np.full((4, 3), 2.0), 0))


def test_items_are_named() -> None:
    x = T.dmatrix("x")
    f = theano.function([x], T.cumsum(x, axis=1))
    assert any(isinstance(item, Running) for item in f.executor.lowered.items)
    assert "t1[i, j] = before + x[i, j], along j from -0.0" in theano.printing.items(f)

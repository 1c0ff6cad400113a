"""Slices and ranges between the bounds of the integers, against Python's own arithmetic."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.compile import Mode
from theano.scalar.dtypes import integer_dtypes

MODES = {
    "FAST_RUN": Mode(linker="cvm", optimizer="fast_run"),
    "native": Mode(linker="cvm", optimizer=None),
    "perform": Mode(linker="py", optimizer="fast_run"),
}
MOST, LEAST = 2**63 - 1, -(2**63)
LENGTHS = (0, 1, 2, 5)
FAR = (2**31, 2**47, 2**62, MOST)


def numbers(n: int) -> list[int]:
    """Bounds and steps: near 0, near a length, and far away."""
    near = {s * k for k in (0, 1, 2, n, n + 1) for s in (1, -1)}
    return sorted({*near, *FAR, *(-k for k in FAR), LEAST})


x, m = T.dvector("x"), T.dmatrix("m")
i, j, k = T.lscalars("i", "j", "k")


def parts(window: Any, columns: Any, rows: Any) -> list[Any]:
    """All that is done with slices: reading, writing, lengths; in the last of two axes, beside an index vector."""
    w = x[window]
    return [
        w, w.shape[0], T.set_subtensor(w, -1.0), T.inc_subtensor(w, T.arange(w.shape[0]) + 1.0), (w * 2).sum(),
        m[columns], m[columns].shape[1], m[rows], T.set_subtensor(m[columns], -1.0),
    ]  # fmt: skip


def expected(a: np.ndarray, b: np.ndarray, s: slice) -> list[np.ndarray]:
    w, into, more, other = a[s], a.copy(), a.copy(), b.copy()
    into[s] = -1.0
    more[s] += np.arange(len(w)) + 1.0
    other[:, s] = -1.0
    n = np.asarray(len(w))
    return [w, n, into, more, np.asarray(2 * w.sum()), b[:, s], n, b[[1, 0], s], other]


def of_slice(s: slice) -> list[Any]:
    return parts(s, (slice(None), s), ([1, 0], s))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("pattern", ["ijk", "i-k", "-jk", "--k", "ij-"])
def test_slices_with_parts_found_at_run_time(mode: str, pattern: str) -> None:
    symbols = [v if c != "-" else None for v, c in zip((i, j, k), pattern)]
    f = theano.function([x, m, i, j, k], of_slice(slice(*symbols)), mode=MODES[mode], on_unused_input="ignore")
    for n in LENGTHS:
        values = numbers(n)
        a, b = np.arange(n) + 1.0, np.arange(2.0 * n).reshape(2, n)
        every = [values if s is not None else [1] for s in symbols]
        chosen = list(itertools.product(*every))
        rng = np.random.RandomState(n)
        most = 30 if mode == "perform" else 400
        for at in rng.permutation(len(chosen))[:most]:
            given = chosen[at]
            if given[2] == 0:
                with pytest.raises(ValueError, match="slice step cannot be zero"):
                    f(a, b, *given)
                continue
            s = slice(*(g if v is not None else None for g, v in zip(given, symbols)))
            for got, wanted in zip(f(a, b, *given), expected(a, b, s), strict=True):
                np.testing.assert_array_equal(got, wanted, err_msg=f"{n}: {s}", strict=True)


@pytest.mark.parametrize("mode", MODES)
def test_slices_with_constant_parts(mode: str) -> None:
    rng = np.random.RandomState(0)
    values: list[int | None] = [None, *numbers(2), 2**63, -(2**70)]
    picked = [[values[at] for at in rng.randint(0, len(values), 3)] for _ in range(24)]
    slices = [slice(a, b, c or None) for a, b, c in picked]
    outputs = [v for s in slices for v in of_slice(s)]
    f = theano.function([x, m], outputs, mode=MODES[mode])
    for n in LENGTHS:
        a, b = np.arange(n) + 1.0, np.arange(2.0 * n).reshape(2, n)
        wanted = [v for s in slices for v in expected(a, b, s)]
        for at, (got, right) in enumerate(zip(f(a, b), wanted, strict=True)):
            np.testing.assert_array_equal(got, right, err_msg=f"{n}: {slices[at // 9]}, {at % 9}", strict=True)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", ["int8", "uint8", "uint32", "uint64"])
def test_slices_with_parts_of_other_dtypes(mode: str, dtype: str) -> None:
    start, stop, step = (T.TensorType(dtype, ())(name) for name in "abc")
    f = theano.function([x, start, stop, step], [x[start:stop:step], x[start:stop:step].shape[0]], mode=MODES[mode])
    info = np.iinfo(dtype)
    values = sorted({v for v in (info.min, -5, -1, 1, 2, 5, info.max - 1, info.max) if v >= info.min and v})
    a = np.arange(5.0)
    for given in itertools.product(values, repeat=3):
        got, length = f(a, *np.array(given, dtype=dtype))
        np.testing.assert_array_equal(got, a[slice(*given)], err_msg=str(given))
        assert length == len(got)


def test_indices_beyond_int64() -> None:
    u = T.TensorType("uint64", ())("u")
    f = theano.function([x, u], x[u])
    assert f([1.0, 2.0], np.uint64(1)) == 2.0
    for beyond in (2**63, 2**64 - 1):
        with pytest.raises(IndexError, match="out of bounds"):
            f([1.0, 2.0], np.uint64(beyond))
    with pytest.raises(IndexError, match="an integer of 64 bits"):
        x[2**63]
    with pytest.raises(MemoryError):
        theano.function([u], T.zeros((u,)))(np.uint64(2**64 - 1))


RANGES = [0, 1, 2, 5, 2**31, 2**47, 2**62, 2**63 - 2, MOST, 2**63, 2**64 - 1]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", integer_dtypes)
def test_integer_ranges(mode: str, dtype: str) -> None:
    """Lengths of all ranges, the numbers of short ones."""
    a, b, c = (T.TensorType(dtype, ())(name) for name in "abc")
    whole = T.arange(a, b, c, dtype=dtype)
    lengths = theano.function([a, b, c], whole.shape[0], mode=MODES[mode] if mode != "native" else MODES["FAST_RUN"])
    f = theano.function([a, b, c], [whole, T.arange(a, b, c, dtype="float64"), (whole * 0 + 1).sum()], mode=MODES[mode])
    info = np.iinfo(dtype)
    values = sorted({s * v + d for v in RANGES for s in (1, -1) for d in (0, -1)})
    values = [v for v in values if info.min <= v <= info.max]
    chosen = list(itertools.product(values, values, values))
    rng = np.random.RandomState(1)
    for at in rng.permutation(len(chosen))[: 60 if mode == "perform" else 1000]:
        given = chosen[at]
        arguments = np.array(given, dtype=dtype)
        if given[2] == 0:
            with pytest.raises(ZeroDivisionError):
                f(*arguments)
            continue
        right = range(*given)
        n = max(-((given[0] - given[1]) // given[2]), 0)
        if mode != "perform" or n <= 1000:
            assert lengths(*arguments) == min(n, MOST), given
        if n <= 1000:
            got, floats, count = f(*arguments)
            assert got.tolist() == list(right) and got.dtype == dtype, given
            near = 1e-15 * max(abs(given[0]), abs(given[1]))  # NumPy, too, adds multiples of a difference
            np.testing.assert_allclose(floats, np.array(right, dtype="float64"), atol=near, err_msg=str(given))
            assert count == n


def test_ranges_with_constant_parts() -> None:
    n = T.lscalar("n")
    cases: list[tuple[Any, ...]] = [
        (0, n, 2), (0, n, 1), (1, n, 1), (-5, n, 1), (n, 5, 1), (n, 0, -1), (n, -5, -1), (0, n, MOST), (0, n, LEAST),
        (n, MOST, 2**62), (n, LEAST, -(2**62)), (5, n, -3), (n, MOST, LEAST),
    ]  # fmt: skip
    shapes = [T.arange(*case, dtype="int64").shape[0] for case in cases]
    for mode in ("FAST_RUN", "perform"):
        f = theano.function([n], shapes, mode=MODES[mode])
        for value in (*numbers(3), MOST - 1, LEAST + 1):
            bounds = [[value if p is n else p for p in case] for case in cases]
            wanted = [min(max(-((start - stop) // step), 0), MOST) for start, stop, step in bounds]
            assert [int(v) for v in f(value)] == wanted, value


def test_ranges_that_have_no_memory_or_no_room() -> None:
    n = T.lscalar("n")
    total = theano.function([n], T.arange(n).sum())
    assert total(1000) == 499500
    with pytest.raises(MemoryError, match=str(2**62)):
        total(2**62)
    assert T.arange(2**40).type.shape == (2**40,)  # its length is not found by making it
    with pytest.raises(MemoryError, match=r"\(1099511627776,\)"):
        theano.function([], T.arange(2**40, 0, -1), mode=MODES["native"])()
    with pytest.raises(ValueError, match="more than an array can hold"):
        T.arange(T.constant(LEAST), MOST)


def test_triangles_with_diagonals_far_away() -> None:
    a = np.arange(6.0).reshape(2, 3)
    f = theano.function([m, k], [T.tril(m, k), T.triu(m, k), T.eye(2, 3, k)])
    for offset in numbers(3):
        near = max(min(offset, 9), -9)
        for got, wanted in zip(f(a, offset), (np.tril(a, near), np.triu(a, near), np.eye(2, 3, near)), strict=True):
            np.testing.assert_array_equal(got, wanted)

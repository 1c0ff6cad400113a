"""Products and sums of the rows of sparse matrices, seen as dense arrays: against NumPy, refusals, threads."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.gradient import verify_grad
from theano.runtime import threads
from theano.tensor.sparse_rows import elements_at_places, merged_rows, product_at, product_places, transposed_rows

SHAPES = [(5, 4, 3), (0, 4, 3), (5, 0, 3), (5, 4, 0), (1, 1, 1), (40, 30, 200), (2, 300, 3000)]
DTYPES = ["float64", "float32", "int8", "uint16", "int64", "bool"]


def rows(m: int, n: int, dtype: str, seed: int, is_sound: bool = False) -> tuple[Any, Any, Any]:
    """Elements, places and starts of a matrix; places are in no order and repeat, unless it is sound."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(0, min(n, 9) + 1, m) if n else np.zeros(m, int)
    drawn = [rng.choice(n, k, replace=not is_sound) for k in lengths]
    places = np.concatenate([np.zeros(0, int), *(np.sort(d) if is_sound else d for d in drawn)])
    x = rng.integers(1, 5, len(places)).astype(dtype)
    return x, places.astype("int32"), np.concatenate([[0], np.cumsum(lengths)]).astype("int32")


def dense(x: Any, places: Any, starts: Any, width: int) -> np.ndarray:
    found = np.zeros((len(starts) - 1, width), x.dtype)
    np.add.at(found, (np.repeat(np.arange(len(starts) - 1), np.diff(starts)), places), x)
    return found


def variables(dtype: str, letter: str) -> list[Any]:
    return [T.vector(letter, dtype=dtype), T.ivector(f"{letter} places"), T.ivector(f"{letter} starts")]


def product(x: list[Any], y: list[Any], width: Any) -> list[Any]:
    found = product_places(*x[1:], *y[1:], width)
    return [product_at(*x, *y, *found, width), *found]


def native(inputs: list[Any], outputs: list[Any]) -> Any:
    f = theano.function(inputs, outputs)
    assert "callback" not in theano.printing.loop_program(f)
    return f


@pytest.mark.parametrize("dtype", DTYPES)
def test_products(dtype: str) -> None:
    x, y, width = variables(dtype, "x"), variables(dtype, "y"), T.lscalar("width")
    inputs, outputs = [*x, *y, width], product(x, y, width)
    f, g = native(inputs, outputs), theano.function(inputs, outputs, mode="FAST_COMPILE")
    for seed, (m, k, n) in enumerate(SHAPES):
        a, b = rows(m, k, dtype, seed), rows(k, n, dtype, seed + 50)
        found, reference = f(*a, *b, n), g(*a, *b, n)
        for one, other in zip(found, reference, strict=True):
            assert one.dtype == other.dtype
            np.testing.assert_array_equal(one, other)
        np.testing.assert_array_equal(dense(*found, n), dense(*a, k) @ dense(*b, n))
        strided = [np.repeat(v, 3)[::3] for v in (*a, *b)]
        np.testing.assert_array_equal(f(*strided, n)[0], found[0])


def test_numbers_of_two_types_and_places_of_64_bits() -> None:
    x, y = [T.fvector(), T.lvector(), T.lvector()], [T.bvector(), T.lvector(), T.ivector()]
    f = native([*x, *y], product(x, y, 6))
    a, b = rows(4, 5, "float32", 1), rows(5, 6, "int8", 2)
    found = f(a[0], *(v.astype("int64") for v in a[1:]), b[0], b[1].astype("int64"), b[2])
    assert found[0].dtype == "float32"
    np.testing.assert_array_equal(dense(*found, 6), dense(*a, 5) @ dense(*b, 6))


@pytest.mark.parametrize("dtype", ["float64", "complex128"])
def test_elements_at_places(dtype: str) -> None:
    x, p, s = variables(dtype, "x"), T.ivector(), T.ivector()
    f = theano.function([*x, p, s], elements_at_places(*x, p, s, 30))
    a, (_, places, starts) = rows(20, 30, dtype, 3), rows(20, 30, dtype, 4)
    lines = np.repeat(np.arange(20), np.diff(starts))
    np.testing.assert_array_equal(f(*a, places, starts), dense(*a, 30)[lines, places])


def test_transposes() -> None:
    x = variables("float64", "x")
    f, a = native(x, [*transposed_rows(*x, 30)]), rows(20, 30, "float64", 5)
    np.testing.assert_array_equal(dense(*f(*a), 20), dense(*a, 30).T)


@pytest.mark.parametrize("dtype", DTYPES)
def test_merged_rows(dtype: str) -> None:
    x, y = variables(dtype, "x"), variables(dtype, "y")
    outputs = merged_rows(*x, *y)
    f, g = native([*x, *y], outputs), theano.function([*x, *y], outputs, mode="FAST_COMPILE")
    for seed, (m, _, n) in enumerate(SHAPES):
        a, b = rows(m, n, dtype, seed, True), rows(m, n, dtype, seed + 50, True)
        found = f(*a, *b)
        for one, other in zip(found, g(*a, *b), strict=True):
            assert one.dtype == other.dtype
            np.testing.assert_array_equal(one, other)
        assert found[3].all()
        starts = a[2] + b[2]
        np.testing.assert_array_equal(dense(found[0], found[2], starts, n), dense(*a, n))
        np.testing.assert_array_equal(dense(found[1], found[2], starts, n), dense(*b, n))
        wrong, right = rows(m, n, dtype, seed), rows(m, n, dtype, seed, True)
        for pair in ((wrong, right), (right, wrong)):
            np.testing.assert_array_equal(f(*pair[0], *pair[1])[3], g(*pair[0], *pair[1])[3])


def test_gradients() -> None:
    a, b = rows(4, 5, "float64", 6), rows(5, 6, "float64", 7)
    places, starts = rows(4, 6, "float64", 8)[1:]

    def numbers(x: Any, y: Any) -> Any:
        return product_at(x, *a[1:], y, *b[1:], places, starts, 6)

    verify_grad(numbers, [a[0], b[0]], rng=np.random.RandomState(0))
    verify_grad(lambda x, y: T.grad((numbers(x, y) ** 2).sum(), x), [a[0], b[0]], rng=np.random.RandomState(0))
    x = T.dvector()
    with pytest.raises(NotImplementedError):
        T.grad(merged_rows(x, *a[1:], x, *a[1:])[0].sum(), x)


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
def test_refusals(mode: str) -> None:
    x, y = variables("float64", "x"), variables("float64", "y")
    f = theano.function([*x, *y], product(x, y, 6), mode=mode)
    merged = theano.function([*x, *y], merged_rows(*x, *y), mode=mode)
    a, b = rows(4, 5, "float64", 1), rows(5, 6, "float64", 2)
    for k, value, error in [
        (1, 5, IndexError), (1, -1, IndexError), (4, 6, IndexError), (4, -1, IndexError), (2, 99, ValueError),
        (5, 99, ValueError),
    ]:  # fmt: skip
        given = [v.copy() for v in (*a, *b)]
        given[k][-1] = value
        with pytest.raises(error):
            f(*given)
    with pytest.raises(ValueError, match="elements"):
        f(a[0][1:], *a[1:], *b)
    with pytest.raises(ValueError, match="4 and 5 rows"):
        merged(*a, *b)
    with pytest.raises(TypeError, match="a vector"):
        product_at(T.dmatrix(), *a[1:], *b, *a[1:], 6)


def test_bits_do_not_depend_on_threads() -> None:
    x, y = variables("float64", "x"), variables("float64", "y")
    f = native([*x, *y], [*product(x, y, 50), *merged_rows(*x, *x)])
    a, b = rows(30_000, 40, "float64", 1, True), rows(40, 50, "float64", 2)
    found = []
    before = threads.num_threads()
    try:
        for count in (1, 2, 4):
            threads.set_num_threads(count)
            found.append(f(*a, *b))
    finally:
        threads.set_num_threads(before)
    for other in found[1:]:
        for one, same in zip(found[0], other, strict=True):
            np.testing.assert_array_equal(one, same)

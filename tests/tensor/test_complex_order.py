"""Complex numbers that are sorted, counted, looked up and multiplied along axes: without Python, as NumPy does it."""

import itertools

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.call_backs import calls_back
from theano.tensor.extra_ops import Unique

NUMBERS = np.array([0, -0.0, 1, -1, 2, np.nan, np.inf, -np.inf])
SHAPES = [(0, 3), (1, 1), (5, 7), (40, 3), (300, 2)]


def drawn(rng, dtype, *shape):
    """All ways in which parts may be equal, infinite or no numbers."""
    found = np.empty(shape, dtype)
    found.real, found.imag = (rng.choice(NUMBERS, shape) for _ in range(2))
    return found


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_sort(axis, dtype):
    x = T.TensorType(dtype, (False, False))("x")
    f = theano.function([x], [T.sort(x, axis), T.argsort(x, axis)])
    assert not calls_back(f)
    rng = np.random.default_rng(1)
    for shape in SHAPES:
        value = drawn(rng, dtype, *shape)
        found, order = f(value)
        np.testing.assert_array_equal(order, np.argsort(value, axis, kind="stable"))
        np.testing.assert_array_equal(found, np.take_along_axis(value, order, axis))


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
@pytest.mark.parametrize("side", ["left", "right"])
def test_searchsorted(side, dtype):
    x, v = T.TensorType(dtype, (False,))("x"), T.TensorType(dtype, (False, False))("v")
    order = T.lvector("order")
    f = theano.function([x, v, order], T.searchsorted(x, v, side, order))
    g = theano.function([x, v], T.searchsorted(x, v, side))
    assert not calls_back(f) and not calls_back(g)
    rng = np.random.default_rng(2)
    for n, m in ((0, 2), (1, 1), (6, 9), (100, 30)):
        values, wanted = drawn(rng, dtype, n), drawn(rng, dtype, m, 2)
        places = np.argsort(values, kind="stable")
        expected = np.searchsorted(values, wanted, side, places)
        np.testing.assert_array_equal(f(values, wanted, places), expected)
        np.testing.assert_array_equal(g(values[places], wanted), expected)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("dtypes", [("float64", "complex64"), ("int32", "complex64"), ("complex128", "int8")])
def test_searchsorted_of_real_and_complex_numbers(side, dtypes):
    x, v = T.TensorType(dtypes[0], (False,))("x"), T.TensorType(dtypes[1], (False,))("v")
    f = theano.function([x, v], T.searchsorted(x, v + 1, side))
    assert not calls_back(f)
    rng = np.random.default_rng(2)
    for n, m in ((0, 2), (1, 1), (9, 6), (40, 90)):
        values, wanted = (drawn(rng, "complex64", count) for count in (n, m))
        values, wanted = (
            (number if "c" in dtype else np.nan_to_num(number.real, posinf=3, neginf=-3)).astype(dtype)
            for number, dtype in zip((values, wanted), dtypes, strict=True)
        )
        values = np.sort(values)
        found = f(values[::-1][::-1], wanted)
        np.testing.assert_array_equal(found, np.searchsorted(values, wanted + np.int8(1), side))


@pytest.mark.parametrize("flags", [*itertools.product([False, True], repeat=3)])
@pytest.mark.parametrize("numbers", [NUMBERS, NUMBERS[:5]], ids=["nan", "numbers"])
def test_unique(flags, numbers, monkeypatch):
    monkeypatch.setitem(globals(), "NUMBERS", numbers)
    x = T.zmatrix("x")
    made = Unique(*flags)(x)
    f = theano.function([x], made if isinstance(made, list) else [made])
    assert not calls_back(f)
    rng = np.random.default_rng(3)
    for shape in SHAPES:
        value = drawn(rng, "complex128", *shape)
        expected = np.unique(value, *flags)
        expected = expected if isinstance(expected, tuple) else (expected,)
        found = f(value)
        nan = np.isnan(expected[0])
        np.testing.assert_array_equal(np.isnan(found[0]), nan)
        np.testing.assert_array_equal(found[0][~nan], expected[0][~nan])
        for a, b in zip(found[1:], expected[1:], strict=True):
            np.testing.assert_array_equal(a, np.ravel(b))


PRODUCTS = {
    "so far": (lambda x: T.cumprod(x, 1), lambda v: np.cumprod(v, 1)),
    "so far, flat": (T.cumprod, np.cumprod),
    "of all": (lambda x: x.prod(), np.prod),
    "of rows": (lambda x: x.prod(2), lambda v: np.prod(v, 2)),
    "of two axes": (lambda x: x.prod((0, 2), keepdims=True), lambda v: np.prod(v, (0, 2), keepdims=True)),
}


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
@pytest.mark.parametrize("name", PRODUCTS)
def test_products(name, dtype):
    make, numpy = PRODUCTS[name]
    x = T.TensorType(dtype, (False,) * 3)("x")
    made = make(x)
    f, slope = theano.function([x], made), theano.function([x], T.grad(T.real(made).sum(), x))
    assert not calls_back(f) and not calls_back(slope)
    rng = np.random.default_rng(4)
    for shape in ((2, 3, 4), (0, 2, 3), (3, 0, 2), (2, 3, 0), (1, 1, 1), (30, 2, 3)):
        value = (rng.normal(size=shape) + 1j * rng.normal(size=shape)).astype(dtype)
        found, expected = f(value), numpy(value)
        assert found.dtype == dtype and found.shape == expected.shape
        np.testing.assert_allclose(found, expected, rtol=1e-4 if dtype == "complex64" else 1e-12, atol=1e-30)
        assert slope(value).shape == shape


def test_the_first_factor_of_a_recurrence_is_not_used():
    a, b = T.zvector("a"), T.zvector("b")
    from theano.tensor.recurrence import LinearRecurrence

    factors, terms = np.array([np.nan, 2, 1j]), np.array([1.0, 1j, 2])
    for shifted in (False, True):
        op = LinearRecurrence(0, shifted)
        f = theano.function([a, b], op(a, b))
        assert not calls_back(f)
        given = np.array([3, 2j, np.nan]) if shifted else factors
        expected = [terms[0]]
        for i in (1, 2):
            expected.append(given[i - shifted] * expected[-1] + terms[i])
        np.testing.assert_allclose(f(given, terms), expected)


@pytest.mark.parametrize("kept", [(True, False), (False, True), (True, True, False), (True, True)])
def test_products_of_what_is_of_length_one(kept) -> None:
    """Axes known to have length 1, along which products go or which stay."""
    x = T.TensorType("complex128", kept)("x")
    shape = [1 if one else 4 for one in kept]
    rng = np.random.default_rng(3)
    value = rng.standard_normal(shape) + 1j * rng.standard_normal(shape)
    for axis in range(len(kept)):
        with theano.change_flags(on_opt_error="raise"):
            f = theano.function([x], [T.cumprod(x, axis), T.prod(x, axis), T.grad(abs(T.cumprod(x, axis)).sum(), x)])
        running, product, _ = f(value)
        np.testing.assert_allclose(running, np.cumprod(value, axis), rtol=1e-12)
        np.testing.assert_allclose(product, np.prod(value, axis), rtol=1e-12)


def test_a_running_product_begins_with_the_first_number() -> None:
    """Not with 1 times that, which is no number where a part is infinite."""
    x = T.zvector("x")
    f = theano.function([x], T.cumprod(x))
    for numbers in ([np.inf, 2, 3], [np.nan, 1], [1 + 2j, 3], [2j], []):
        value = np.array(numbers, "complex128")
        np.testing.assert_array_equal(f(value), np.cumprod(value))

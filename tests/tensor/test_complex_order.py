"""Complex numbers that are sorted, counted, looked up and multiplied along axes: without Python, as NumPy does it."""

import itertools

import numpy as np
import pytest
from theano.tensor.extra_ops import Unique

import theano
import theano.tensor as T
from tests.call_backs import calls_back
from theano.tensor.reductions.extremes import Argmax, Max, Min

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


def same(found, expected):
    """Equal, also where both are no numbers."""
    assert np.shape(found) == np.shape(expected) and found.dtype == expected.dtype
    assert np.all((found == expected) | ((found != found) & (expected != expected)))


COMPARED = {
    T.lt: np.less, T.gt: np.greater, T.le: np.less_equal, T.ge: np.greater_equal, T.maximum: np.maximum,
    T.minimum: np.minimum,
}  # fmt: skip


@pytest.mark.parametrize("dtypes", [("complex64", "complex64"), ("complex128", "complex64"), ("complex64", "float32")])
def test_comparisons_and_extremes(dtypes):
    x, y = (T.TensorType(d, (False,))() for d in dtypes)
    f = theano.function([x, y], [op(x, y) for op in COMPARED])
    assert not calls_back(f)
    pairs = itertools.product(NUMBERS, repeat=4)
    values = np.array([(complex(a, b), complex(c, d)) for a, b, c, d in pairs])
    a, b = (v if d.startswith("c") else v.real for v, d in zip(values.T, dtypes, strict=True))
    a, b = a.astype(dtypes[0]), b.astype(dtypes[1])
    for found, of_numpy in zip(f(a, b), COMPARED.values(), strict=True):
        with np.errstate(invalid="ignore"):
            same(found, of_numpy(a, b))
    g = theano.function([x, y], T.maximum(x, y, np.complex64(1j)))
    same(g(a, b), np.maximum(np.maximum(a, b), np.complex64(1j)))


@pytest.mark.parametrize("numbers", [NUMBERS, NUMBERS[:5]], ids=["nan", "numbers"])
@pytest.mark.parametrize("axis", [None, 0, 2, (0, 2)])
@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_extremes_over_axes(dtype, axis, numbers, monkeypatch):
    monkeypatch.setitem(globals(), "NUMBERS", numbers)
    x = T.TensorType(dtype, (False,) * 3)("x")
    axes = (0, 1, 2) if axis is None else (axis,) if isinstance(axis, int) else axis
    outputs = [x.max(axis), Max(axes)(x), x.min(axis), Min(axes)(x)]
    outputs += [T.argmax(x, axis), Argmax(axes)(x), T.argmin(x, axis)]
    compiled = theano.function([x], outputs)
    assert not calls_back(compiled)
    for f in (compiled, theano.function([x], outputs, mode="FAST_COMPILE")):
        for shape in ((2, 3, 4), (1, 1, 1), (5, 7, 3), (3, 1, 40)):
            value = drawn(np.random.default_rng(6), dtype, *shape)
            kept = [n for k, n in enumerate(shape) if k not in axes]
            rows = np.moveaxis(value, axes, range(-len(axes), 0)).reshape([*kept, -1])
            largest, least = np.max(value, axis=axes), np.min(value, axis=axes)
            first, last = rows.argmax(-1), (-rows).argmax(-1)
            for found, expected in zip(f(value), [largest, largest, least, least, first, first, last], strict=True):
                same(found, np.asarray(expected))


@pytest.mark.parametrize(
    "make", [lambda x: x.max(1), lambda x: x.min(0), lambda x: T.maximum(x, 1j * x), lambda x: T.minimum(x, x[::-1])]
)
def test_gradients_of_extremes(make):
    x, v = T.zmatrix("x"), T.zmatrix("v")
    made = make(x)
    f = theano.function([x, v], [T.grad((abs(made) ** 2).sum(), x), made, T.Rop(made, x, v)])
    assert not calls_back(f)
    rng = np.random.default_rng(7)
    value, moved = (rng.normal(size=(4, 3)) + 1j * rng.normal(size=(4, 3)) for _ in range(2))
    slope, at, change = f(value, moved)
    there = f(value + 1e-7 * moved, moved)[1]
    np.testing.assert_allclose((there - at) / 1e-7, change, rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(
        (np.sum(abs(there) ** 2) - np.sum(abs(at) ** 2)) / 1e-7, np.sum((np.conj(slope) * moved).real), rtol=1e-4
    )


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
    from theano.tensor.reductions.recurrence import LinearRecurrence

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

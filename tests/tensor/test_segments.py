"""Sums over the elements of rows, and at computed places: NumPy's loops, compiled code, refusals, threads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.runtime import threads
from theano.tensor.indexing.segments import OfLength, SoundRows, scatter_sum, segment_spread, segment_sum

DTYPES = ["int8", "uint16", "int64", "float16", "float32", "float64", "complex64", "complex128", "bool"]
MODES = ["FAST_RUN", "FAST_COMPILE"]


def rows(kind: str) -> np.ndarray:
    """Where rows begin."""
    lengths = {
        "some": [3, 0, 17, 1, 0, 0, 40, 2], "none": [], "empty": [0, 0, 0], "one": [5], "nothing first": [0, 0, 9],
        "many": [k * 7 % 90 for k in range(300)],
    }[kind]  # fmt: skip
    return np.concatenate([[0], np.cumsum(lengths)]).astype("int32")


KINDS = ["some", "none", "empty", "one", "nothing first", "many"]


def numbers(dtype: str, *shape: int) -> np.ndarray:
    size = int(np.prod(shape))
    found = (np.arange(size) * 7 % 31 - 11) * (1 + 1j if dtype.startswith("c") else 1)
    return np.asarray(found.reshape(shape) % 5 if dtype in ("uint16", "bool") else found.reshape(shape)).astype(dtype)


def summed(x: np.ndarray, starts: np.ndarray) -> np.ndarray:
    found = np.zeros((len(starts) - 1, *x.shape[1:]), x.dtype)
    for r in range(len(found)):
        for k in range(starts[r], starts[r + 1]):
            found[r] += x[k]
    return found


def same(got: Any, wanted: np.ndarray) -> None:
    assert got.dtype == wanted.dtype and got.shape == wanted.shape
    tolerance = {"float16": 1e-1, "float32": 1e-4, "complex64": 1e-4}.get(got.dtype.name, 1e-12)
    np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_sums_and_spreads(dtype: str, mode: str) -> None:
    """Over vectors and matrices, with rows of all kinds; also where the operands are no plain arrays."""
    functions = []
    for ndim in (1, 2):
        x, v = T.TensorType(dtype, (False,) * ndim)("x"), T.TensorType(dtype, (False,) * ndim)("v")
        p = T.ivector("p")
        functions.append(theano.function([x, v, p], [segment_sum(x, p), segment_spread(v, p, x.shape[0])], mode=mode))
    for kind in KINDS:
        starts = rows(kind)
        for f, more in zip(functions, [(), (5,)], strict=True):
            x, v = numbers(dtype, starts[-1], *more), numbers(dtype, len(starts) - 1, *more)
            for a, b, p in ((x, v, starts), (np.repeat(x, 2, axis=0)[::2], v[::-1][::-1], np.repeat(starts, 3)[::3])):
                found, spread = f(a, b, p)
                same(found, summed(x, starts))
                same(spread, np.repeat(v, np.diff(starts), axis=0))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", [d for d in DTYPES if d != "bool"])
def test_scattered_sums(dtype: str, mode: str) -> None:
    functions = []
    for ndim in (1, 2):
        x = T.TensorType(dtype, (False,) * ndim)("x")
        i, n = T.ivector("i"), T.lscalar("n")
        functions.append(theano.function([x, i, n], scatter_sum(x, i, n), mode=mode))
    for size, count in ((0, 0), (0, 3), (1, 1), (50, 7), (7, 50)):
        places = np.arange(size, dtype="int32") * 11 % max(count, 1)
        for f, more in zip(functions, [(), (5,)], strict=True):
            x = numbers(dtype, size, *more)
            wanted = np.zeros((count, *more), dtype)
            np.add.at(wanted, places, x)
            same(f(x, places, count), wanted)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dtype", ["int8", "int16", "int64", "uint8", "uint32"])
def test_integers_of_all_kinds_say_where_rows_begin(dtype: str, mode: str) -> None:
    x, p, i = T.dvector("x"), T.TensorType(dtype, (False,))("p"), T.TensorType(dtype, (False,))("i")
    f = theano.function([x, p, i], [segment_sum(x, p), scatter_sum(x, i, 9)], mode=mode)
    starts, places = rows("some").astype(dtype), (np.arange(63) % 9).astype(dtype)
    found, scattered = f(numbers("float64", 63), starts, places)
    same(found, summed(numbers("float64", 63), starts))
    same(scattered, np.bincount(places, numbers("float64", 63), 9))


# -- products of sparse matrices -------------------------------------------------------------------------------
def structure(n: int = 40, m: int = 30, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Data, columns (unsorted, repeated) and first elements of rows."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(0, 20, n) * (rng.random(n) < 0.8)
    count = int(lengths.sum())
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype("int32")
    return rng.normal(size=count), rng.integers(0, m, count).astype("int32"), starts


def dense(data: np.ndarray, columns: np.ndarray, starts: np.ndarray, m: int = 30) -> np.ndarray:
    found = np.zeros((len(starts) - 1, m))
    np.add.at(found, (np.repeat(np.arange(len(starts) - 1), np.diff(starts)), columns), data)
    return found


class Symbols:
    """A matrix as three vectors, and what is made of it."""

    def __init__(self) -> None:
        self.given = d, i, p = T.dvector("d"), T.ivector("i"), T.ivector("p")
        self.m = T.lscalar("m")
        self.i, self.p, self.d = SoundRows()(i, p, self.m, d)

    def dot(self, w: Any) -> Any:
        d = self.d if w.ndim == 1 else self.d.dimshuffle(0, "x")
        return segment_sum(d * OfLength()(w, self.m)[self.i], self.p)

    def spread(self, v: Any) -> Any:
        return segment_spread(v, self.p, self.d.shape[0])

    def transposed_dot(self, v: Any) -> Any:
        d = self.d if v.ndim == 1 else self.d.dimshuffle(0, "x")
        return scatter_sum(d * self.spread(v), self.i, self.m)


def products() -> Iterator[Any]:
    s = Symbols()
    w, v, W, V = T.dvector("w"), T.dvector("v"), T.dmatrix("W"), T.dmatrix("V")
    arrays = structure()
    a, rng = dense(*arrays), np.random.default_rng(1)
    aw, av, aW, aV = rng.normal(size=30), rng.normal(size=40), rng.normal(size=(30, 6)), rng.normal(size=(40, 6))
    given = [*arrays, 30]
    yield "dot", s, [w], s.dot(w), given, [aw], a @ aw
    yield "dot, matrix", s, [W], s.dot(W), given, [aW], a @ aW
    yield "transposed", s, [v], s.transposed_dot(v), given, [av], a.T @ av
    yield "transposed, matrix", s, [V], s.transposed_dot(V), given, [aV], a.T @ aV
    sampled = s.d * (s.spread(V) * W[s.i]).sum(axis=1)
    lines = np.repeat(np.arange(40), np.diff(arrays[2]))
    yield "sampled", s, [V, W], sampled, given, [aV, aW], arrays[0] * (aV[lines] * aW[arrays[1]]).sum(1)
    z = s.dot(w)
    both = T.concatenate([s.transposed_dot(z - v), s.transposed_dot(T.tanh(z))])
    wanted = np.concatenate([a.T @ (a @ aw - av), a.T @ np.tanh(a @ aw)])
    yield "there and back", s, [w, v], both, given, [aw, av], wanted
    yield "rows scaled", s, [v], segment_sum(s.d * s.spread(v), s.p) * v, given, [av], a.sum(1) * av * av
    yield "rows of the softmax", s, [], segment_sum(_softmax(s), s.p), given, [], (np.diff(arrays[2]) > 0) * 1.0


def _softmax(s: Symbols) -> Any:
    e = T.exp(s.d)
    return e / s.spread(segment_sum(e, s.p))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", [name for name, *_ in products()])
def test_products(name: str, mode: str) -> None:
    _, s, variables, output, given, values, wanted = next(p for p in products() if p[0] == name)
    f = theano.function([*s.given, s.m, *variables], output, mode=mode, on_unused_input="ignore")
    np.testing.assert_allclose(f(*given, *values), wanted, rtol=1e-10, atol=1e-12)
    if mode == "FAST_RUN":
        assert not any(kind == "callback" for kind, _ in f.executor.lowered.words)


def test_a_product_and_its_transpose_read_the_matrix_once() -> None:
    s, w, v = Symbols(), T.dvector("w"), T.dvector("v")
    f = theano.function([*s.given, s.m, w, v], s.transposed_dot(s.dot(w) - v))
    reading = [g for g in f.executor.lowered.schedule if any(t.name == "x0" for t in _read(g))]
    assert len(reading) == 1


def _read(group: Any) -> list[Any]:
    return [v.tensor for item in group.items for v in item.reads if v.tensor is not None]


# -- what is refused -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    ("starts", "message"),
    [([], "empty vector"), ([1, 3], "begin with 1"), ([0, 2, 1, 3], "decrease"), ([0, 2], "end with element 2"),
     ([0, 4], "end with element 4"), ([0, -2, 3], "decrease"), ([0, 3, 2, 3], "decrease")],
)  # fmt: skip
def test_rows_that_are_none(starts: list[int], message: str, mode: str) -> None:
    x, p, v = T.dvector("x"), T.ivector("p"), T.dvector("v")
    f = theano.function([x, p], segment_sum(x, p), mode=mode)
    with pytest.raises(ValueError, match=message):
        f([1.0, 2.0, 3.0], np.array(starts, "int32"))
    g = theano.function([v, p], segment_spread(v, p, 3), mode=mode)
    with pytest.raises(ValueError, match=message):
        g(np.ones(max(len(starts) - 1, 0)), np.array(starts, "int32"))


@pytest.mark.parametrize("mode", MODES)
def test_places_outside(mode: str) -> None:
    x, i, n, p, w = T.dvector("x"), T.ivector("i"), T.lscalar("n"), T.ivector("p"), T.dvector("w")
    f = theano.function([x, i, n], scatter_sum(x, i, n), mode=mode)
    for places, count in (([0, 3], 3), ([-1, 0], 3), ([0, 0], 0), ([2**31 - 1, 0], 3), ([-(2**31), 0], 3)):
        with pytest.raises(IndexError, match="out of bounds"):
            f([1.0, 2.0], np.array(places, "int32"), count)
    with pytest.raises(ValueError, match="2 elements have 1 places"):
        f([1.0, 2.0], np.array([0], "int32"), 3)
    sound = SoundRows()(i, p, n, x)
    state = theano.shared(np.zeros(3), "state")
    g = theano.function(
        [x, i, p, w, n], segment_sum(x * OfLength()(w, n)[sound[0]], sound[1]), mode=mode,
        updates=[(state, state + scatter_sum(x, sound[0], n))],
    )  # fmt: skip
    for places, count in (([0, 3], 3), ([-1, 0], 3), ([2**31 - 1, 0], 3), ([-(2**31), 0], 3)):
        with pytest.raises(ValueError, match="an index is"):
            g([1.0, 2.0], np.array(places, "int32"), np.array([0, 2], "int32"), np.ones(3), count)
    with pytest.raises(ValueError, match="axis 0 has length 4, not 3"):
        g([1.0, 2.0], np.array([0, 1], "int32"), np.array([0, 2], "int32"), np.ones(4), 3)
    assert not state.get_value().any()


def test_operands_that_are_none() -> None:
    x, i = T.dvector("x"), T.ivector("i")
    with pytest.raises(TypeError, match="a vector of integers"):
        segment_sum(x, x)
    with pytest.raises(TypeError, match="at least one axis"):
        segment_sum(x[0], i)
    with pytest.raises(TypeError, match="a vector of integers"):
        scatter_sum(x, T.lmatrix(), 3)


# -- threads -----------------------------------------------------------------------------------------------------------
def test_results_do_not_depend_on_threads() -> None:
    """Scattered sums go in parts, which sizes decide."""
    data, columns, starts = structure(40_000, 300, seed=3)
    aw = np.linspace(-0.1, 0.1, 300)
    before = threads.num_threads()
    with theano.change_flags(openmp=True, openmp_elemwise_minsize=1):
        s, w = Symbols(), T.dvector("w")
        z = s.dot(w)
        outputs = [s.transposed_dot(z), s.transposed_dot(T.exp(z)), s.dot(T.stack([w, w], axis=1)), s.d * s.spread(z)]
        f = theano.function([*s.given, s.m, w], outputs)
    found = []
    for n in (1, 2, 3):
        threads.set_num_threads(n)
        found.append(f(data, columns, starts, 300, aw))
    threads.set_num_threads(before)
    lines, wanted = np.repeat(np.arange(40_000), np.diff(starts)), np.zeros(300)
    z = np.bincount(lines, data * aw[columns], 40_000)
    np.add.at(wanted, columns, data * z[lines])
    np.testing.assert_allclose(found[0][0], wanted, rtol=1e-9, atol=1e-9)
    for others in found[1:]:
        for a, b in zip(found[0], others, strict=True):
            np.testing.assert_array_equal(a, b)


def test_one_element_is_scattered() -> None:
    """Lengths that become 1 while the program is made are no loops; the parts still need one."""
    x, v, i = T.dvectors("x", "v") + [T.ivector("i")]
    added = scatter_sum(x * T.specify_shape(v, (1,)), T.specify_shape(i, (1,)), 5)
    f = theano.function([x, v, i], added)
    assert f([2.0], [3.0], [3]).tolist() == [0, 0, 0, 6, 0]


def test_running_sums_go_on_from_row_to_row() -> None:
    """What is known in a row may be computed beside others in a loop over rows, but not a sum along all elements."""
    x, v, p = T.dvector("x"), T.dvector("v"), T.ivector("p")
    spread = segment_spread(v, p, x.shape[0]) * x
    f = theano.function([x, v, p], [T.cumsum(spread), T.cumprod(spread), segment_sum(T.cumsum(x), p)])
    for kind in KINDS:
        starts = rows(kind)
        elements = np.repeat(np.arange(1.0, len(starts)), np.diff(starts))
        ones = np.full(starts[-1], 1.25)
        sums, products, of_sums = f(ones, np.arange(1.0, len(starts)), starts)
        np.testing.assert_allclose(sums, np.cumsum(1.25 * elements))
        with np.errstate(over="ignore"):
            np.testing.assert_allclose(products, np.cumprod(1.25 * elements))
        np.testing.assert_allclose(of_sums, summed(np.cumsum(ones), starts))

"""Sorting, selecting, repeating and searching in compiled programs, without call-backs, against `perform`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from theano.tensor.extra_ops import RepeatOp, SearchsortedOp, Unique

import theano
import theano.tensor as T
from tests.backend.functions import Compiled
from tests.call_backs import is_native
from tests.native.test_each_op import column
from theano.backend.interpreter import Interpreter
from theano.compile import Mode
from theano.loops import host as hs
from theano.loops import stmt as st
from theano.loops.expr import DTYPE_OF
from theano.loops.externs.sorting import BITS, LONG
from theano.runtime import threads

NATIVE, PYTHON = Mode(linker="cvm", optimizer=None), Mode(linker="py", optimizer=None)
DTYPES = [DTYPE_OF[t] for t in BITS]
SHAPES = [(0,), (1,), (7,), (331,), (0, 3), (3, 0), (1, 1), (5, 66), (66, 5), (2, 3, 4), (3, 1, 70)]
TIMES = np.array([2, 0, 1, 3])


def of_axes(x: Any) -> list[Any]:
    """What sorts along all axes."""
    found = [T.sort(x, None), T.argsort(x, None, kind="stable")]
    for axis in range(x.ndim):
        found += [T.sort(x, axis), T.sort(x, axis, kind="stable"), T.argsort(x, axis, kind="stable")]
        found += T.topk_and_argtopk(x, 2, axis, idx_dtype="int16") + T.topk_and_argtopk(x, -1, axis)
    return found


def of_elements(x: Any) -> list[Any]:
    """What has as many elements as numbers say."""
    found = [*T.nonzero(x), T.nonzero(x[::-1])[0], x[T.neq(x, 0)], Unique()(x), *Unique(True, True, True)(x)]
    return [*found, *Unique(False, True)(x), T.compress(T.neq(x.flatten(), 0), x), RepeatOp()(x, [2])]


def arrays(dtype: str, shape: tuple[int, ...]) -> list[np.ndarray]:
    """The same numbers, half of them special, in several memory orders."""
    size = int(np.prod(shape))
    x = np.resize(column(dtype, 3), size).reshape(shape)
    return [x, x[tuple(slice(None, None, -1) for _ in shape)], np.asfortranarray(x), np.repeat(x, 2, -1)[..., ::2]]


def compare(inputs: list[Any], outputs: list[Any], arguments: list[list[Any]]) -> Any:
    """Compiled code calls no Python and gives what `perform` gives, to the bit but for the signs of zeros and NaNs."""
    native = theano.function(inputs, outputs, mode=NATIVE, on_unused_input="ignore")
    python = theano.function(inputs, outputs, mode=PYTHON, on_unused_input="ignore")
    assert is_native(native)
    for given in arguments:
        for k, (found, wanted) in enumerate(zip(native(*given), python(*given), strict=True)):
            assert found.dtype == wanted.dtype
            np.testing.assert_array_equal(found, wanted, err_msg=f"{outputs[k]} of {given}")
    return native


def topk_fits(build: Callable[[Any], list[Any]], shape: tuple[int, ...]) -> bool:
    return build is not of_axes or min(shape) > 1


def of_slices(x: Any) -> list[Any]:
    """What tells distinct slices across all axes."""
    axes = range(-x.ndim, x.ndim)
    found = [v for axis in axes for v in Unique(True, True, True, axis=axis)(x)]
    for axis in axes:
        flags = ([axis % 2 == 0, axis % 2 == 1, False], [False, False, True])
        found += [v for some in flags for v in Unique(*some, axis=axis)(x)]
    return [*found, *(Unique(axis=axis)(x) for axis in axes)]


@pytest.mark.parametrize("build", [of_axes, of_elements, of_slices])
@pytest.mark.parametrize("ndim", [1, 2, 3])
@pytest.mark.parametrize("dtype", DTYPES)
def test_types_and_orders(dtype: str, ndim: int, build: Callable[[Any], list[Any]]) -> None:
    if ndim == 3 and dtype not in ("int8", "float16", "float64"):
        pytest.skip("the others are sorted alike")
    x = T.TensorType(dtype, (False,) * ndim)("x")
    shapes = [s for s in SHAPES if len(s) == ndim and topk_fits(build, s)]
    compare([x], build(x), [[a] for s in shapes for a in arrays(dtype, s)])


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int64", "float16", "float32", "float64"])
def test_slices_that_are_often_equal(dtype: str) -> None:
    """The bits of the first of equal slices stand for them; NaNs equal nothing, but for those of vectors."""
    some = [0, 1, -0.0, np.nan] if dtype[0] == "f" else [0, 1]
    rng = np.random.default_rng(3)
    for shape in ((40,), (40, 2), (3, 50), (2, 30, 2)):
        x = T.TensorType(dtype, (False,) * len(shape))("x")
        a = rng.choice(np.array(some, dtype), shape)
        f = compare([x], of_slices(x), [[a], [a[::-2]], [np.asfortranarray(a)], [a[..., ::-1]]])
        for found, wanted in zip(f(a)[:4], np.unique(a, True, True, True, axis=0), strict=True):
            np.testing.assert_array_equal(found, wanted)
            if len(shape) > 1:
                np.testing.assert_array_equal(np.signbit(found), np.signbit(wanted))


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_slices_of_complex_numbers(dtype: str) -> None:
    """Numbers of which a part is NaN come last, as NumPy has it."""
    nan, rng = np.nan, np.random.RandomState(2)
    some = [0, 1, 1j, 1 - 1j, complex(-0.0, 1), complex(2, nan), complex(1, nan), complex(nan, 1), complex(nan, nan)]
    for shape in ((30,), (30, 1), (40, 2), (3, 40, 2), (0, 3), (3, 0), (1, 1)):
        x = T.TensorType(dtype, (False,) * len(shape))("x")
        for count in (5, len(some)):
            a = rng.choice(np.array(some[:count], dtype), shape)
            f = compare([x], of_slices(x), [[a], [a[::-2]], [np.asfortranarray(a)]])
            for found, wanted in zip(f(a)[:4], np.unique(a, True, True, True, axis=0), strict=True):
                np.testing.assert_array_equal(found, wanted)


def test_slices_of_other_lengths_and_values() -> None:
    """Lengths that the type knows; one number everywhere; slices of a computation, of a transpose, of their own."""
    x, m = T.TensorType("float32", (True, False, False))("x"), T.dmatrix("m")
    a = np.array([[[1, 0], [0, 1], [1, 0]]], "float32")
    some = [x, x.dimshuffle(1, 2, 0), x[0, 1:], T.alloc(2.5, 4, 3), T.alloc(m[0], 3, m.shape[1]), m.T, m * m, m[:, ::2]]
    some += [T.zeros((0, 3)), T.zeros((3, 0)), Unique(axis=0)(m), T.as_tensor_variable(a)]
    given = [a, np.arange(12.0).reshape(3, 4) // 3 % 2]
    for v in some:
        for axis in range(v.ndim):
            compare([x, m], Unique(True, True, True, axis=axis)(v), [given])
    sums, _ = theano.scan(lambda k: Unique(axis=0)(m[:k]).sum() + k, T.arange(m.shape[0] + 1))
    wanted = [np.unique(given[1][:k], axis=0).sum() + k for k in range(4)]
    np.testing.assert_allclose(theano.function([m], sums, mode=NATIVE)(given[1]), wanted)


@pytest.mark.parametrize("dtype", ["int8", "float32"])
def test_nothing_to_sort(dtype: str) -> None:
    x = T.TensorType(dtype, (False, False))("x")
    outputs = [T.sort(x), T.sort(x, 0), T.argsort(x), T.argsort(x, 0), T.sort(x, None)]
    compare([x], outputs, [[np.zeros(s, dtype)] for s in ((0, 3), (3, 0), (0, 0), (1, 0), (1, 1))])


def test_views_inside_programs() -> None:
    """Parts of other arrays, broadcast numbers, single numbers, a computed operand."""
    m, v = T.dmatrix("m"), T.dvector("v")
    some = [m[1:, ::2], m.T, m[0], T.alloc(v, 3, v.shape[0]), T.alloc(2.5, 4, 3), m * m, v.dimshuffle("x", 0)]
    outputs = [f(x) for x in some for f in (T.sort, T.argsort, lambda x: x[x > 0], Unique(True))]
    given = [np.arange(20.0).reshape(4, 5) - 7, np.arange(5.0)]
    compare([m, v], [o[1] if isinstance(o, list) else o for o in outputs], [given])


def test_axis_that_is_an_argument() -> None:
    v, axis = T.dvector("v"), T.lscalar("axis")
    f = compare([v, axis], [T.sort(v, axis), T.argsort(v, axis)], [[np.array([2.0, 1]), a] for a in (0, -1)])
    with pytest.raises(ValueError, match="axis 1 is out of bounds"):
        f([2.0, 1], 1)


@pytest.mark.parametrize("dtype", ["float16", "float64", "bool", "uint8", "complex128"])
@pytest.mark.parametrize("axis", [None, 0, 1, 2])
def test_repeat(dtype: str, axis: int | None) -> None:
    x, times = T.TensorType(dtype, (False,) * 3)("x"), T.lvector("times")
    a = np.arange(24).reshape(2, 4, 3)[:, :, ::-1].astype(dtype)
    n = a.size if axis is None else a.shape[axis]
    given = [np.resize(TIMES, n), np.zeros(n, int), np.array([2]), np.full(n, 300)]
    f = theano.function([x, times], RepeatOp(axis)(x, times), mode=NATIVE)
    for counts in given:
        np.testing.assert_array_equal(f(a, counts), np.repeat(a, counts, axis))
    for bad in (np.resize([1, -1], n), np.ones(n + 1, int)):
        with pytest.raises(ValueError):
            f(a, bad)


def test_repeats_beyond_all_memory() -> None:
    """Their sum would wrap around."""
    f = theano.function([v := T.dvector(), t := T.lvector()], RepeatOp(0)(v, t), mode=NATIVE)
    for times in ([2**62] * 4, [2**63 - 1, 3]):
        with pytest.raises(MemoryError):
            f(np.ones(len(times)), times)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize(
    "dtypes", [("float64", "float64"), ("int64", "float32"), ("uint64", "int64"), ("bool", "int8")]
)
def test_searchsorted(dtypes: tuple[str, str], side: str) -> None:
    x, v = T.TensorType(dtypes[0], (False,))("x"), T.TensorType(dtypes[1], (False, False))("v")
    cases = [[np.sort(column(dtypes[0], 1)[:n]), column(dtypes[1], 2)[:66].reshape(6, 11)[:, ::-1]]
             for n in (0, 1, 2, 3, 4, 7, 8, 9, 331)]  # fmt: skip
    compare([x, v], [SearchsortedOp(side)(x, v)], cases)


def test_searchsorted_through_a_sorter() -> None:
    x, v, s = T.dvector("x"), T.dscalar("v"), T.lvector("s")
    a = column("float64", 5)
    f = compare([x, v, s], [SearchsortedOp()(x, v, s)], [[a, 0.5, np.argsort(a)], [a[:0], 0.5, np.zeros(0, int)]])
    for sorter in (np.argsort(a) + 1, np.argsort(a) - 1, np.argsort(a)[1:]):
        with pytest.raises(ValueError, match="sorter|Sorter"):
            f(a, 0.5, sorter)


@pytest.mark.parametrize("count", [0, 5, -6])
def test_topk_refuses(count: int) -> None:
    x, k = T.dmatrix("x"), T.lscalar("k")
    f = theano.function([x, k], T.topk(x, k), mode=NATIVE)
    with pytest.raises(ValueError, match=f"kth={count} must not be 0 or beyond the length 4"):
        f(np.ones((3, 4)), count)
    if count > 0:
        with pytest.raises(ValueError, match=f"kth={count} must not be 0 or beyond the length 4"):
            theano.function([x], T.topk(x, count), mode=NATIVE)(np.ones((3, 4)))


@pytest.mark.parametrize("axis", [0, 1])
def test_topk_of_numbers_that_are_found(axis: int) -> None:
    """How many, and which end, only running tells: from an argument, or from what is computed."""
    x, k = T.dmatrix("x"), T.lscalar("k")
    found = T.cast(T.exp(x[0, 0]).sum(), "int64") * 0 + k
    outputs = [*T.topk_and_argtopk(x, k, axis), T.topk(x[x[:, 0] > -9], found, axis)]
    a = column("float64", 3)[:132].reshape(11, 12)
    a[:, 0] = np.arange(11)
    f = compare([x, k], outputs, [[a, n] for n in (1, -1, 3, -4, 11, -11)])
    with pytest.raises(ValueError, match="kth=13 must not be 0 or beyond"):
        f(a, 13)


def test_masks_that_do_not_fit() -> None:
    x, m = T.dmatrix("x"), T.TensorType("bool", (False, False))("m")
    s = theano.shared(np.zeros(3), name="s")
    f = theano.function([x, m], x[m], updates={s: s + 1})
    with pytest.raises(IndexError, match="along axis 1: the mask has length 2, the array 4"):
        f(np.ones((3, 4)), np.ones((3, 2), bool))
    np.testing.assert_array_equal(s.get_value(), 0)
    assert f(np.ones((3, 4)), np.eye(3, 4, dtype=bool)).shape == (3,)


def test_found_lengths_in_steps_and_sides() -> None:
    """Each step of a loop, and one side of a branch, makes room for as many as there are."""
    m = T.dmatrix("m")
    sums, _ = theano.scan(lambda r: T.sort(r[r > 0])[::-1].cumsum()[-1] + Unique()(r).shape[0], m)
    side = theano.ifelse.ifelse(T.gt(m[0, 0], 0), m[m > 0].sum(), T.argsort(m[0])[0].astype("float64"))
    f = theano.function([m], [sums, side])
    a = column("int8", 1)[:60].reshape(6, 10).astype("float64")
    a[:, 0] = [1, 2, 3, 4, 5, 6]
    np.testing.assert_allclose(f(a)[0], [r[r > 0].sum() + np.unique(r).size for r in a])
    np.testing.assert_allclose(f(a)[1], a[a > 0].sum())
    np.testing.assert_allclose(f(-a)[1], np.argsort(-a[0], kind="stable")[0])


def test_any_number_of_threads() -> None:
    x, v, t = T.fmatrix("x"), T.dvector("v"), T.lvector("t")
    with theano.change_flags(openmp=True, openmp_elemwise_minsize=1):
        f = theano.function(
            [x, v, t],
            [T.sort(x), T.argsort(x, 0), *T.topk_and_argtopk(x, 3), x[x > 0], v.nonzero()[0], RepeatOp(0)(v, t),
             SearchsortedOp()(T.sort(v), v), *Unique(True, True, True)(x),
             *Unique(True, True, True, 0)(T.floor(x)[:, :2]), *Unique(True, True, True, 1)(x), T.sort(v)],
        )  # fmt: skip
        rng = np.random.RandomState(2)
        given = rng.randn(700, 300).astype("float32"), rng.randn(200_000).round(), rng.randint(0, 3, 200_000)
        before, results = threads.num_threads(), []
        try:
            for n in (1, 2, 3):
                threads.set_num_threads(n)
                results.append([r.tobytes() for r in f(*given)])
        finally:
            threads.set_num_threads(before)
    assert results[0] == results[1] == results[2]
    np.testing.assert_array_equal(f(*given)[0], np.sort(given[0]))
    np.testing.assert_array_equal(f(*given)[-1], np.sort(given[1]))


def test_in_the_interpreter() -> None:
    """The meanings of the functions, within the bounds of their memory."""
    x, t = T.dmatrix("x"), T.lvector("t")
    outputs = [T.sort(x, 0), T.argsort(x), T.topk(x, 2), x[x > 0], RepeatOp(1)(x, t), SearchsortedOp()(T.sort(x[0]), x)]
    outputs += [v for axis in (None, 0, 1) for v in Unique(True, True, True, axis)(T.round(x))]
    f = theano.function([x, t], [*outputs, *Unique(True, True, True)(x)], mode=NATIVE)
    values = [np.round(np.random.RandomState(1).randn(6, 4), 1), TIMES]
    compiled = Compiled(f, f.executor)
    low = compiled.lowered
    run = Interpreter(low.program, low.layout, compiled.words([]))
    run.run(values, [])
    for found, wanted in zip(run.slots, f(*values)):
        np.testing.assert_array_equal(found, wanted)


def test_long_rows_in_the_interpreter() -> None:
    """Pieces that threads sort."""
    x = T.dvector("x")
    with theano.change_flags(openmp=True):
        f = theano.function([x], T.sort(x), mode=NATIVE)
    low, value = Compiled(f, f.executor).lowered, np.random.RandomState(1).randn(LONG + 3)
    assert any(isinstance(s, hs.Call) and s.symbol == "pieces_f64" for s in st.walk(low.program.main))
    run = Interpreter(low.program, low.layout, Compiled(f, f.executor).words([]))
    run.run([value], [])
    np.testing.assert_array_equal(run.slots[0], np.sort(value))


def test_gradients() -> None:
    x, m = T.dvector("x"), T.dmatrix("m")
    rng = np.random.RandomState(3)
    for build, point in (
        (lambda x: T.sort(x) * T.arange(7), rng.permutation(7) + 0.1),
        (lambda x: T.topk(x, 3, axis=0), rng.permutation(12).reshape(4, 3) * 0.5),
        (lambda x: T.sqr(x[T.gt(x, 0)]), rng.randn(3, 4)),
        (lambda x: RepeatOp(0)(x, TIMES) ** 3, rng.randn(4, 2)),
    ):
        T.verify_grad(build, [point], rng=rng)
    g = theano.function([x], T.grad((T.sort(x) * T.arange(x.shape[0])).sum(), x))
    assert is_native(g)
    h = theano.function([m], T.grad((m[m > 0] ** 2).sum(), m))
    assert is_native(h)

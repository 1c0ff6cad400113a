"""Reductions over every set of axes, of arrays with all kinds of lengths and of views of them, against NumPy."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from itertools import combinations
from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.runtime import threads
from theano.show.plans.inspect import loop_program

Axes = tuple[int, ...]
SHAPES: dict[int, list[tuple[int, ...]]] = {
    3: [(3, 5, 7), (1, 2, 3), (2, 1, 1), (0, 4, 3), (4, 0, 3), (3, 4, 0), (17, 2, 33), (2, 70, 5), (1, 1, 1)],
    4: [(2, 3, 5, 7), (3, 1, 2, 2), (1, 4, 1, 5), (0, 3, 2, 2), (3, 0, 2, 2), (2, 3, 0, 2), (2, 2, 3, 0), (2, 9, 3, 9)],
}
# what is reduced: the array itself, turned round, every other element backwards, one that repeats along an axis
VIEWS: dict[str, Callable[[Any], Any]] = {
    "whole": lambda x: x,
    "turned": lambda x: x.transpose(*reversed(range(x.ndim))),
    "swapped": lambda x: x.transpose(1, 0, *range(2, x.ndim)),
    "sparse": lambda x: x[::-1, :, ::2],
    "part": lambda x: x[:, 1:],
}


def sets_of_axes(ndim: int) -> list[Axes]:
    return [axes for count in range(1, ndim + 1) for axes in combinations(range(ndim), count)]


def reductions(x: Any, axes: Axes) -> list[Any]:
    return [x.sum(axis=axes), x.mean(axis=axes), x.var(axis=axes), x.prod(axis=axes), abs(x).sum(axis=axes)]


def numbers(shape: tuple[int, ...], dtype: str) -> Any:
    rng = np.random.default_rng(len(shape) + sum(shape))
    if dtype.startswith("int"):
        return rng.integers(-3, 4, shape).astype(dtype)
    return rng.uniform(0.5, 1.5, shape).astype(dtype)


def check(axes: Axes, ndim: int, dtype: str, view: Callable[[Any], Any]) -> None:
    x = T.TensorType(dtype, [False] * ndim)("x")
    f = theano.function([x], reductions(view(x), axes))
    g = theano.function([x], [view(x).max(axis=axes), view(x).min(axis=axes)])
    close = 2e-6 if dtype == "float32" else 1e-12
    for shape in SHAPES[ndim]:
        data = numbers(shape, dtype)
        seen = view(data)
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of means of nothing
            wanted = reductions(seen.astype("float64"), axes)
        for found, right in zip(f(data), wanted, strict=True):
            assert found.shape == right.shape
            np.testing.assert_allclose(found, right, rtol=close, atol=close, err_msg=f"{shape}")
        if any(seen.shape[k] == 0 for k in axes):
            continue
        for found, right in zip(g(data), (seen.max(axis=axes), seen.min(axis=axes)), strict=True):
            np.testing.assert_array_equal(found, right)
        if dtype.startswith("float") and data.size:
            data.flat[data.size // 2] = np.nan
            np.testing.assert_array_equal(g(data)[0], view(data).max(axis=axes))


@pytest.mark.parametrize("axes", sets_of_axes(3), ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64", "int32"])
def test_three_axes(axes: Axes, dtype: str) -> None:
    check(axes, 3, dtype, VIEWS["whole"])


@pytest.mark.parametrize("axes", sets_of_axes(4), ids=str)
def test_four_axes(axes: Axes) -> None:
    check(axes, 4, "float32", VIEWS["whole"])


@pytest.mark.parametrize("axes", sets_of_axes(3), ids=str)
@pytest.mark.parametrize("view", [v for v in VIEWS if v != "whole"])
def test_views(axes: Axes, view: str) -> None:
    check(axes, 3, "float64", VIEWS[view])


@pytest.mark.parametrize("axes", [(0, 2, 3), (0, 2), (1, 3), (1,), (0, 1)], ids=str)
@pytest.mark.parametrize("shape", [(6, 3, 120, 190), (400, 5, 9, 9), (70, 3, 50, 90)], ids=str)
def test_the_same_bits_with_every_number_of_threads(axes: Axes, shape: tuple[int, ...]) -> None:
    x = T.ftensor4("x")
    f = theano.function([x], reductions(x, axes))
    data = numbers(shape, "float32")
    before = threads.set_num_threads(1)
    try:
        one = [a.tobytes() for a in f(data)]
        for found, right in zip(f(data), reductions(data.astype("float64"), axes), strict=True):
            np.testing.assert_allclose(found, right, rtol=1e-5, atol=1e-30)
        for count in (2, 3, 5):
            threads.set_num_threads(count)
            assert [a.tobytes() for a in f(data)] == one
    finally:
        threads.set_num_threads(before)


# pieces of rows that are short, long, longer than a buffer; few of them and many; parts of rows
CROSSED = [
    (9, 70, 5), (3, 2, 200), (40, 2, 150), (9, 3, 4097), (40, 2, 9000), (600, 7, 90), (1, 1, 1), (0, 3, 5), (4, 3, 0),
]  # fmt: skip


@pytest.mark.parametrize("what", ["sum", "var", "max", "prod", "any"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int8"])
def test_rows_in_pieces(what: str, dtype: str) -> None:
    """Axes on both sides of the one that stays, with work before the sums and after them."""
    x = T.TensorType(dtype, [False] * 3)("x")
    v = T.TensorType(dtype, [False])("v")
    f = theano.function([x, v], getattr(x * v.dimshuffle("x", 0, "x"), what)(axis=(0, 2)) + v)
    single_sweep = (what, dtype) != ("var", "int8")
    assert ("up to 64" in theano.printing.schedule(f)) == single_sweep
    for shape in CROSSED:
        a, b = numbers(shape, dtype), numbers(shape[1:2], dtype)
        if what == "max" and 0 in shape:
            continue
        if what == "prod" and dtype != "int8":
            a, b = a / a.dtype.type(2) + a.dtype.type(0.5), b * 0 + b.dtype.type(1)
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            made = a * b[:, None]
            if dtype != "int8" and what != "any":
                made = made.astype("float64")
            wanted = getattr(made, what)(axis=(0, 2)) + b
        np.testing.assert_allclose(f(a, b), wanted, rtol=1e-4 if dtype == "float32" else 1e-9, err_msg=f"{shape}")


def normalised(x: Any, scale: Any, shift: Any) -> Any:
    mean, var = x.mean(axis=(0, 2, 3), keepdims=True), x.var(axis=(0, 2, 3), keepdims=True)
    return T.nnet.relu((x - mean) / T.sqrt(var + 1e-4) * scale + shift)


@pytest.mark.parametrize("shape", [(3, 4, 5, 6), (1, 1, 1, 1), (2, 1, 3, 3), (0, 2, 3, 3), (2, 0, 3, 3), (2, 3, 1, 0)])
def test_batch_norm_over_images(shape: tuple[int, ...]) -> None:
    """Values and gradients, by hand and by the library's function, with one loop over the input and without."""
    x, w = T.dtensor4("x"), T.dtensor4("w")
    a, b = (T.TensorType("float64", [True, False, True, True])(n) for n in "ab")
    rng = np.random.default_rng(0)
    one = (1, shape[1], 1, 1)
    data = [rng.standard_normal(shape), rng.uniform(1, 2, one), rng.standard_normal(one), rng.standard_normal(shape)]
    library = T.nnet.relu(T.nnet.bn.batch_normalization_train(x, a, b, axes="spatial")[0])
    for y in (normalised(x, a, b), library):
        loss = (y * w).sum()
        outs = [y, loss, *theano.grad(loss, [x, a, b])]
        found = theano.function([x, a, b, w], outs)(*data)
        with np.errstate(all="ignore"):
            wanted = theano.function([x, a, b, w], outs, mode="FAST_COMPILE")(*data)
        for ours, theirs in zip(found, wanted, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-10)


def test_a_sum_of_all_goes_with_the_sums_of_rows() -> None:
    """What reduces over more axes than a loop before takes that loop's results."""
    x = T.ftensor4("x")
    y = (x - x.mean(axis=(0, 2, 3), keepdims=True)) ** 3
    f = theano.function([x], [y.sum(axis=(0, 2, 3)), y.sum(), y.max()])
    assert loop_program(f).count("kernel k") == 3  # one over all, two over channels
    for shape in SHAPES[4]:
        data = numbers(shape, "float32")
        if not data.size:
            continue
        wide = data.astype("float64")
        cubes = (wide - wide.mean(axis=(0, 2, 3), keepdims=True)) ** 3
        for found, right in zip(f(data), (cubes.sum(axis=(0, 2, 3)), cubes.sum(), cubes.max()), strict=True):
            np.testing.assert_allclose(found, right, rtol=1e-3, atol=1e-5)

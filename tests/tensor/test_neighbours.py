"""Neighbourhoods of pixels: numbers against neighbourhoods taken one by one, there and back, gradients, refusals."""

from __future__ import annotations

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.printing import loop_program
from theano.tensor.nnet.neighbours import Images2Neibs, SumOfNeibs, images2neibs, neibs2images

RNG = np.random.RandomState(5)


def plain(x, size, step, mode):
    """The definition: one neighbourhood after the other."""
    if mode == "wrap_centered":
        half = [n // 2 for n in size]
        x, mode = np.pad(x, [(0, 0), (0, 0), *((h, h) for h in half)], "wrap"), "ignore_borders"
    around = [{"half": n // 2, "full": n - 1}.get(mode, 0) for n in size]
    x = np.pad(x, [(0, 0), (0, 0), *((p, p) for p in around)])
    tops, lefts = (range(0, n - s + 1, d) for n, s, d in zip(x.shape[2:], size, step, strict=True))
    rows = [
        x[n, c, i : i + size[0], j : j + size[1]].ravel()
        for n in range(x.shape[0]) for c in range(x.shape[1]) for i in tops for j in lefts
    ]  # fmt: skip
    return np.array(rows, x.dtype).reshape(-1, size[0] * size[1])


CASES = {
    "valid": ((2, 3, 6, 8), (2, 4), None, "valid"),
    "overlapping": ((2, 2, 7, 8), (3, 2), (2, 1), "valid"),
    "rest": ((2, 3, 7, 9), (2, 2), None, "ignore_borders"),
    "rest of overlapping": ((1, 2, 8, 35), (3, 3), (2, 2), "ignore_borders"),
    "far apart": ((1, 2, 9, 12), (2, 2), (3, 5), "ignore_borders"),
    "half": ((2, 2, 5, 7), (3, 3), (1, 1), "half"),
    "half of even": ((2, 1, 6, 8), (2, 4), None, "half"),
    "full": ((2, 2, 4, 5), (3, 2), (1, 1), "full"),
    "around": ((1, 2, 6, 5), (3, 5), (1, 1), "wrap_centered"),
    "around in steps": ((2, 1, 7, 5), (3, 1), (2, 2), "wrap_centered"),
    "larger than the image": ((2, 2, 3, 3), (4, 2), None, "ignore_borders"),
    "one pixel": ((1, 1, 1, 1), (1, 1), None, "valid"),
    "no image": ((0, 2, 4, 4), (2, 2), None, "valid"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_values_gradients_and_shapes(case):
    shape, size, step, mode = CASES[case]
    x = RNG.randn(*shape)
    wanted = plain(x, size, step or size, mode)
    for dtype in ("float64", "float32", "int16"):
        a, v = T.tensor4(dtype=dtype), (x * 9).astype(dtype)
        y = images2neibs(a, size, step, mode)
        f = theano.function([a], [y, y.shape])
        assert mode == "wrap_centered" or "callback" not in loop_program(f)
        got, lengths = f(v[:, :, :, ::-1])
        np.testing.assert_array_equal(got, plain(v[:, :, :, ::-1], size, step or size, mode))
        assert got.dtype == dtype and tuple(lengths) == wanted.shape
    n, s = T.lvectors(2)
    f = theano.function([a, n, s], images2neibs(a, n, s, mode))
    np.testing.assert_array_equal(f(v, size, step or size), plain(v, size, step or size, mode))
    if x.size and wanted.size:
        rng = np.random.RandomState(1)
        T.verify_grad(lambda v: images2neibs(v, size, step, mode), [x], rng=rng)
        T.verify_grad(lambda v: T.grad((images2neibs(v, size, step, mode) ** 3).sum(), v), [x], rng=rng)
        a, u = T.tensor4(dtype="float64"), T.tensor4(dtype="float64")
        moved = theano.function([a, u], T.Rop(images2neibs(a, size, step, mode), a, u), on_unused_input="ignore")
        np.testing.assert_allclose(moved(x, 2 * x), 2 * wanted)


def test_there_and_back():
    for shape, size, mode in (((2, 3, 6, 8), (2, 4), "valid"), ((2, 3, 7, 9), (2, 4), "ignore_borders")):
        x = RNG.randn(*shape)
        a = T.tensor4(dtype="float64")
        f = theano.function([a], neibs2images(images2neibs(a, size, mode=mode), size, a.shape, mode))
        assert "callback" not in loop_program(f)
        wanted = x.copy()
        wanted[:, :, shape[2] // size[0] * size[0] :] = 0
        wanted[:, :, :, shape[3] // size[1] * size[1] :] = 0
        np.testing.assert_array_equal(f(x), wanted)
        m = T.matrix(dtype="float64")
        rows = theano.function([m], T.grad((neibs2images(m, size, shape, mode) ** 2).sum(), m))
        v = plain(x, size, size, mode)
        np.testing.assert_allclose(rows(v), 2 * v)


@pytest.mark.parametrize(
    ("make", "error", "words"),
    [
        (lambda x: images2neibs(x, (2, 2), mode="same"), NotImplementedError, "'same'"),
        (lambda x: images2neibs(x[0], (2, 2)), TypeError, "4 dimensions"),
        (lambda x: images2neibs(x, (2, 0)), ValueError, "1 at least"),
        (lambda x: images2neibs(x, (2, 2, 2)), ValueError, "two numbers"),
        (lambda x: neibs2images(x, (2, 2), (1, 1, 2, 2)), TypeError, "a matrix"),
        (lambda x: neibs2images(x[0, 0], (3, 3), (1, 1, 2, 2), "wrap_centered"), NotImplementedError, "wrapped"),
    ],
)
def test_refusals(make, error, words):
    with pytest.raises(error, match=words):
        make(T.tensor4())


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
def test_refusals_at_run_time(mode):
    x, n, m = T.tensor4(dtype="float64"), T.lvector(), T.matrix(dtype="float64")
    f = theano.function([x, n], images2neibs(x, n), mode=mode)
    with pytest.raises(TypeError, match=r"do not end where axis 3 of length 5 does.*ignore_borders[\s\S]*neighbours"):
        f(np.ones((1, 1, 4, 5)), [2, 2])
    with pytest.raises(ValueError, match="must be"):
        f(np.ones((1, 1, 4, 4)), [2, 0])
    with pytest.raises(ValueError):
        f(np.ones((1, 1, 4, 4)), [2, 2, 2])
    around = theano.function([x], images2neibs(x, (2, 3), mode="wrap_centered"), mode=mode)
    with pytest.raises(TypeError, match="has a centre"):
        around(np.ones((1, 1, 4, 4)))
    back = theano.function([m], neibs2images(m, (2, 2), (1, 1, 4, 4)), mode=mode)
    with pytest.raises(ValueError, match="neighbourhoods of images of these lengths"):
        back(np.ones((3, 4)))


def test_no_images():
    x = T.tensor4(dtype="float64")
    for mode in ("valid", "ignore_borders", "half", "full", "wrap_centered"):
        made = images2neibs(x, (3, 3), (1, 1), mode)
        f = theano.function([x], [made, T.grad(made.sum(), x)])
        rows, back = f(np.zeros((0, 2, 6, 6)))
        assert rows.shape == (0, 9) and back.shape == (0, 2, 6, 6)


def test_names():
    from theano.sandbox.neighbours import images2neibs as old

    assert old is images2neibs and T.nnet.neighbours.Images2Neibs is Images2Neibs
    assert str(Images2Neibs()) == "Images2Neibs{mode='valid'}"
    assert SumOfNeibs("half") == SumOfNeibs("half") != SumOfNeibs()

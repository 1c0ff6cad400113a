"""Drawn sparse matrices, and convolutions by sparse matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.signal
import scipy.sparse as sp
import scipy.stats
from theano.sparse.sandbox import sp as convolutions
from theano.sparse.sandbox import sp2

import theano
import theano.tensor as T
from theano import sparse as S
from theano.gradient import NullTypeGradError
from theano.random import counts


def _twice(args: list[Any], out: Any, values: list[Any]) -> tuple[Any, Any]:
    """What two calls draw, after `seed`: the same by loops as by `perform`, and without call-backs."""
    native, plain = (theano.function(args, out, mode=mode) for mode in (None, "FAST_COMPILE"))
    assert not any(kind == "callback" for kind, _ in native.executor.lowered.words)
    sp2.seed(3)
    found = native(*values), native(*values)
    sp2.seed(3)
    for one, other in zip(found, (plain(*values), plain(*values)), strict=True):
        assert one.dtype == other.dtype == out.type.dtype and one.format == other.format == out.type.format
        np.testing.assert_array_equal(one.toarray(), other.toarray())
    assert (found[0] != found[1]).nnz
    return found


@pytest.mark.parametrize("format", ["csr", "csc"])
@pytest.mark.parametrize("dtype", ["float64", "float32", "int64"])
def test_poisson(format: str, dtype: str) -> None:
    x = S.matrix(format, "x", dtype)
    X = (sp.random(40, 30, 0.8, format=format, random_state=1) * 20).astype(dtype)
    found, _ = _twice([x], sp2.poisson(x), [X])
    assert (found.indptr == X.indptr).all() and (found.indices == X.indices).all()
    assert abs(found.sum() / X.sum() - 1) < 0.05
    for empty in (0 * X, type(X)(X.shape, dtype=dtype), type(X)((0, 3), dtype=dtype)):
        assert theano.function([x], sp2.poisson(x))(empty).sum() == 0
    with pytest.raises(NullTypeGradError, match="no smooth function"):
        T.grad(S.sp_sum(sp2.poisson(x)), x)


@pytest.mark.parametrize("mode", [None, "FAST_COMPILE"])
def test_parameters_that_are_none_are_refused(mode: str | None) -> None:
    x, n, p = S.csr_matrix("x", "float64"), T.iscalar("n"), T.dscalar("p")
    draw = theano.function([x], sp2.poisson(x), mode=mode)
    for wrong in (-1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match="a mean is below 0, infinite, or NaN"):
            draw(sp.csr_matrix([[1.0, wrong]]))
    with pytest.raises(ValueError, match="variance is above 1e10 are not drawn"):
        draw(sp.csr_matrix([[1.0, 2e10]]))
    draw = theano.function([n, p], sp2.csr_dbinomial(n, p, [2, 2]), mode=mode)
    for wrong_n, wrong_p, said in [(-1, 0.5, "less than 0 trials"), (1, 1.5, "no probability"), (1, np.nan, "no prob")]:
        with pytest.raises(ValueError, match=said):
            draw(wrong_n, wrong_p)
    trials = T.dscalar("trials")
    draw = theano.function([trials, p], sp2.csr_dbinomial(trials, p, [2, 2]), mode=mode)
    for wrong_n, said in [(np.inf, "infinitely many"), (np.nan, "0 trials"), (1e11, "variance is above 1e10")]:
        with pytest.raises(ValueError, match=said):
            draw(wrong_n, 0.5)
    assert draw(1e12, 1e-9).nnz == 4
    with pytest.raises(ValueError, match="has 3 lengths, a sparse matrix 2"):
        sp2.csr_dbinomial(n, p, [2, 2, 2])
    shape = T.lvector("shape")
    draw = theano.function([shape], sp2.csr_dbinomial(3, 0.5, shape), mode=mode)
    for lengths in ([2], [2, 2, 2]):
        with pytest.raises(ValueError, match=f"has {len(lengths)} lengths, a sparse matrix 2"):
            draw(lengths)
    draw = theano.function([n, x], sp2.multinomial(n, x), mode=mode)
    for row in ([0.5, 0.6], [-0.5, 0.5]):
        with pytest.raises(ValueError, match="probabilities of a row"):
            draw(3, sp.csr_matrix([row]))
    with pytest.raises(ValueError, match="less than 0 trials"):
        draw(-3, sp.csr_matrix([[0.5, 0.5]]))


def test_binomial() -> None:
    n, p, shape = T.iscalar("n"), T.dscalar("p"), T.lvector("shape")
    made = [sp2.csr_fbinomial, sp2.csc_fbinomial, sp2.csr_dbinomial, sp2.csc_dbinomial]
    for op, (format, dtype) in zip(made, [(f, d) for d in ("float32", "float64") for f in ("csr", "csc")], strict=True):
        out = op(n, p, shape)
        assert out.type == S.SparseType(format, dtype)
        found, _ = _twice([n, p, shape], out, [10, 0.3, [30, 50]])
        assert found.shape == (30, 50) and found.max() <= 10 and found.data.all()
        assert abs(found.mean() - 3) < 0.3
    f = theano.function([n, p, shape], sp2.csr_dbinomial(n, p, shape))
    assert f(7, 0, [3, 4]).nnz == 0 and (f(7, 1, [3, 4]).toarray() == 7).all() and f(7, 0.5, [0, 4]).shape == (0, 4)
    draw = theano.function([trials := T.dscalar()], sp2.csr_dbinomial(trials, 0.9, [20, 30]))
    assert set(draw(2.5).toarray().ravel()) == {0, 1, 2}  # as NumPy, which leaves the fraction out
    with pytest.raises(TypeError, match="numbers"):
        sp2.csr_fbinomial(shape, p, shape)
    with pytest.raises(NullTypeGradError):
        T.grad(S.sp_sum(sp2.csr_dbinomial(n, p, shape)), p)


def test_multinomial() -> None:
    p = S.csr_matrix("p", "float64")
    P = sp.csr_matrix([[0.1, 0.0, 0.9], [0, 0, 0], [0.25, 0.5, 0.25]])
    n, ns = T.iscalar("n"), T.ivector("ns")
    assert theano.function([n, p], sp2.multinomial(n, p))(50, P).toarray().sum(axis=1).tolist() == [50, 0, 50]
    found = _twice([ns, p], sp2.multinomial(ns, p), [[1000, 5, 10], P])[0].toarray()
    assert found.sum(axis=1).tolist() == [1000, 0, 10] and 50 < found[0, 0] < 150
    assert (found[P.toarray() == 0] == 0).all()
    f = theano.function([ns, p], sp2.multinomial(ns, p))
    assert f([], sp.csr_matrix((0, 3))).shape == (0, 3) and f([4, 4], sp.csr_matrix((2, 3))).nnz == 0
    thirds = np.array([[1, 1, 1]] * 3000) / 3
    drawn = f([6] * 3000, sp.csr_matrix(thirds)).toarray()
    np.testing.assert_allclose(drawn.mean(axis=0), 2, atol=0.1)
    np.testing.assert_allclose(np.cov(drawn.T)[0], [4 / 3, -2 / 3, -2 / 3], atol=0.15)
    for mode in (None, "FAST_COMPILE"):
        with pytest.raises(ValueError, match="n has 2 elements and p 3 rows"):
            theano.function([ns, p], sp2.multinomial(ns, p), mode=mode)([1, 2], P)
    with pytest.raises(TypeError, match="format csc"):
        sp2.multinomial(n, S.csc_matrix())


def test_counts_are_quantiles() -> None:
    """The first count whose cumulative probability reaches a uniform number, as SciPy finds it."""
    rng = np.random.RandomState(0)
    mean, n, p, u = T.dvectors("mean", "n", "p", "u")
    poisson = theano.function([mean, u], counts.poisson_from_uniform(mean, u))
    means = np.concatenate([[0, 1e-300, 1e-5, 0.1, 1, 10, 181, 1e4], rng.rand(500) * 40])
    at = rng.rand(len(means))
    np.testing.assert_array_equal(poisson(means, at), scipy.stats.poisson.ppf(at, means))
    binomial = theano.function([n, p, u], counts.binomial_from_uniform(n, p, u))
    trials, chances, at = rng.randint(0, 200, 500) * 1.0, rng.rand(500), rng.rand(500)
    trials[:5], chances[:5] = (0, 5, 5, 1e5, 1), (0.5, 0, 1, 0.999, 0.5)
    expected = np.maximum(scipy.stats.binom.ppf(at, trials, chances), 0)
    np.testing.assert_array_equal(binomial(trials, chances, at), expected)
    edges = np.array([2.0**-53, 1 - 2.0**-53])  # the least and the greatest uniform number
    assert poisson(np.full(2, 3.0), edges).tolist() == [0, scipy.stats.poisson.ppf(edges[1], 3)]
    assert binomial(np.full(2, 30.0), np.full(2, 0.5), edges).tolist() == [0, 30]
    # large ones, where logarithms of factorials have lost the digits that count
    at = rng.rand(6)
    np.testing.assert_array_equal(poisson(np.full(6, 1e9), at), scipy.stats.poisson.ppf(at, 1e9))
    np.testing.assert_array_equal(poisson(np.full(6, 1e8), at), scipy.stats.poisson.ppf(at, 1e8))
    trials, chances = np.array([1e12, 1e15, 9e15, 1e9, 1e7, 1500]), np.array([1e-6, 1e-9, 1e-10, 0.5, 0.99, 0.001])
    np.testing.assert_array_equal(binomial(trials, chances, at), scipy.stats.binom.ppf(at, trials, chances))


def test_seeds_are_words_of_64_bits() -> None:
    for number in (2**63, 2**64 - 1, -1):
        sp2.seed(number)
        f = theano.function([], sp2.csr_dbinomial(10, 0.5, [5, 5]))
        before = f().toarray()
        sp2.seed(number)
        assert (f().toarray() == before).all()
    with pytest.raises(ValueError, match="64 bits"):
        sp2.seed(2**64)
    sp2.seed(0)


@pytest.mark.parametrize("mode", ["valid", "full"])
@pytest.mark.parametrize("step", [(1, 1), (2, 3)])
def test_convolutions(mode: str, step: tuple[int, int]) -> None:
    rng = np.random.RandomState(0)
    images, kernels, bias = rng.rand(2, 3, 6, 7), rng.rand(4, 3, 2, 3), rng.rand(4)
    x, k = T.dmatrices("x", "k")
    out, lengths = convolutions.convolve(k, (2, 3), 4, x, (3, 6, 7), step, bias, mode)
    expected = np.array([
        [
            sum(scipy.signal.correlate2d(image[m], kernel[m], mode) for m in range(3))[:: step[0], :: step[1]] + b
            for kernel, b in zip(kernels, bias, strict=True)
        ]
        for image in images
    ])  # fmt: skip
    found = theano.function([k, x], out)(kernels.reshape(4, -1), images.reshape(2, -1))
    np.testing.assert_allclose(found, expected.reshape(2, -1))
    assert lengths.tolist() == list(expected.shape[1:])
    wide, _ = convolutions.convolve(k, (2, 3), 4, x, (3, 6, 7), step, mode=mode, flatten=False)
    assert wide.ndim == 3
    T.verify_grad(
        lambda x, k: convolutions.convolve(k, (2, 3), 4, x, (3, 6, 7), step, mode=mode)[0],
        [images.reshape(2, -1), kernels.reshape(4, -1)], rng=rng, n_tests=1, mode="FAST_COMPILE",
    )  # fmt: skip


def test_filters_of_their_own() -> None:
    rng = np.random.RandomState(0)
    images, kernels = rng.rand(2, 5, 4), rng.rand(3, 4 * 3, 2 * 2)
    x, k = T.dmatrix("x"), T.dvector("k")
    out, lengths = convolutions.applySparseFilter(k, (2, 2), 3, x, (5, 4))
    found = theano.function([k, x], out)(kernels.ravel(), images.reshape(2, -1)).reshape(2, 3, 4, 3)
    assert lengths.tolist() == [3, 4, 3]
    for i in range(4):
        for j in range(3):
            patch = images[:, i : i + 2, j : j + 2].reshape(2, -1)
            np.testing.assert_allclose(found[:, :, i, j], patch @ kernels[:, 3 * i + j].T)
    indices, indptr, shape, *_ = convolutions.convolution_indices.sparse_eval((5, 4), (2, 2), 3)
    assert shape == (20, 3 * 12 * 4) and len(indices) == indptr[-1]


def test_pooling() -> None:
    images = np.random.RandomState(0).rand(2, 3, 4, 6)
    x = T.dmatrix("x")
    out, lengths = convolutions.max_pool(x, (3, 4, 6), (2, 3))
    expected = images.reshape(2, 3, 2, 2, 2, 3).max(axis=(3, 5))
    np.testing.assert_allclose(theano.function([x], out)(images.reshape(2, -1)), expected.reshape(2, -1))
    assert lengths == (3, 2, 2)
    with pytest.raises(ValueError, match="does not fit"):
        convolutions.max_pool(x, (1, 1), (2, 2))
    with pytest.raises(ValueError, match="mode"):
        convolutions.convolve(x, (2, 2), 1, x, (3, 3), mode="same")

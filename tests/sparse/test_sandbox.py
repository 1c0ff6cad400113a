"""Drawn sparse matrices, and convolutions by sparse matrices."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.signal
import scipy.sparse as sp

import theano
import theano.tensor as T
from theano import sparse as S
from theano.gradient import NullTypeGradError
from theano.sparse.sandbox import sp as convolutions
from theano.sparse.sandbox import sp2


@pytest.mark.parametrize("format", ["csr", "csc"])
def test_poisson(format: str) -> None:
    x = S.matrix(format, "x", "float64")
    f = theano.function([x], sp2.poisson(x))
    X = sp.random(40, 30, 0.8, format=format, random_state=1) * 20
    np.random.seed(3)
    found = f(X)
    np.random.seed(3)
    assert (found.data == np.random.poisson(X.data)).all() and (found.indptr == X.indptr).all()
    assert abs(found.sum() / X.sum() - 1) < 0.05 and found.dtype == "float64"
    with pytest.raises(NullTypeGradError, match="no smooth function"):
        T.grad(S.sp_sum(sp2.poisson(x)), x)


def test_binomial() -> None:
    n, p, shape = T.iscalar("n"), T.dscalar("p"), T.lvector("shape")
    made = [sp2.csr_fbinomial, sp2.csc_fbinomial, sp2.csr_dbinomial, sp2.csc_dbinomial]
    for op, (format, dtype) in zip(made, [(f, d) for d in ("float32", "float64") for f in ("csr", "csc")], strict=True):
        out = op(n, p, shape)
        assert out.type == S.SparseType(format, dtype)
        found = theano.function([n, p, shape], out)(10, 0.3, [30, 50])
        assert found.shape == (30, 50) and found.format == format and found.max() <= 10
        assert abs(found.mean() - 3) < 0.3
    with pytest.raises(TypeError, match="numbers"):
        sp2.csr_fbinomial(shape, p, shape)
    with pytest.raises(NullTypeGradError):
        T.grad(S.sp_sum(sp2.csr_dbinomial(n, p, shape)), p)


def test_multinomial() -> None:
    p = S.csr_matrix("p", "float64")
    P = sp.csr_matrix([[0.1, 0.0, 0.9], [0, 0, 0], [0.25, 0.5, 0.25]])
    n, ns = T.iscalar("n"), T.ivector("ns")
    assert theano.function([n, p], sp2.multinomial(n, p))(50, P).toarray().sum(axis=1).tolist() == [50, 0, 50]
    f = theano.function([ns, p], sp2.multinomial(ns, p))
    found = f([1000, 5, 10], P).toarray()
    assert found.sum(axis=1).tolist() == [1000, 0, 10] and 50 < found[0, 0] < 150
    assert (found[P.toarray() == 0] == 0).all()
    with pytest.raises(ValueError, match="2 elements and p 3 rows"):
        f([1, 2], P)
    with pytest.raises(TypeError, match="format csc"):
        sp2.multinomial(n, S.csc_matrix())


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

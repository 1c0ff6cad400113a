"""Block-sparse products against plain loops over rows, places and blocks."""

from __future__ import annotations

import numpy as np
import pytest
from theano.sandbox import blocksparse as older

import theano
import theano.tensor as T
from tests.call_backs import is_native
from tests.tensor.oracle import check
from theano.tensor.nnet import blocksparse
from theano.tensor.nnet.blocksparse import SparseBlockGemv, SparseBlockOuter, sparse_block_dot

R = np.random.RandomState(0)
W = R.normal(size=(4, 3, 2, 5))
H = R.normal(size=(3, 2, 2))
O = R.normal(size=(3, 4, 5))  # noqa: E741
TO_READ = R.randint(-4, 4, (3, 2))
TO_WRITE = np.array([[0, 2, 2, 1], [1, 1, 1, 1], [-1, 0, 1, 2]])  # blocks may come twice
BIAS = R.normal(size=(3, 5))


def gemv(o, w, h, to_read, to_write):
    o = o.copy()
    for b in range(len(o)):
        for j in range(o.shape[1]):
            for i in range(h.shape[1]):
                o[b, j] += h[b, i] @ w[to_read[b, i], to_write[b, j]]
    return o


def outer(o, x, y, of_x, of_y, alpha=1.0):
    o = o.copy()
    for b in range(len(x)):
        for i in range(x.shape[1]):
            for j in range(y.shape[1]):
                o[of_x[b, i], of_y[b, j]] += alpha * np.outer(x[b, i], y[b, j])
    return o


@pytest.mark.parametrize("rows", [0, 1, 3])
def test_products(rows):
    arrays = O[:rows], W, H[:rows], TO_READ[:rows], TO_WRITE[:rows]
    check(SparseBlockGemv(), *arrays, expect=gemv)
    check(
        lambda w, h, i, b, j: sparse_block_dot(w, h, i, b, j),
        W, H[:rows], TO_READ[:rows], BIAS, TO_WRITE[:rows],
        expect=lambda w, h, i, b, j: gemv(b[j], w, h, i, j),
    )  # fmt: skip
    check(SparseBlockOuter(), W, H[:rows], O[:rows], TO_READ[:rows], TO_WRITE[:rows], np.float64(0.5), expect=outer)
    check(SparseBlockOuter(), W, H[:rows], O[:rows], TO_READ[:rows], TO_WRITE[:rows], expect=outer)


def test_one_row():
    one = sparse_block_dot(T.constant(W), H[0], TO_READ[0], BIAS, TO_WRITE[0])
    np.testing.assert_allclose(one.eval(), gemv(BIAS[TO_WRITE[:1]], W, H[:1], TO_READ[:1], TO_WRITE[:1]))
    assert not np.size(sparse_block_dot(W, H[:, :0], TO_READ[:, :0], BIAS, TO_WRITE[:, :0]).eval())
    nothing_read = sparse_block_dot(W, H[:, :0], TO_READ[:, :0], BIAS, TO_WRITE)
    np.testing.assert_array_equal(nothing_read.eval(), BIAS[TO_WRITE])


def test_second_derivatives():
    w, h = T.constant(W), T.dtensor3("h")
    y = SparseBlockGemv()(O, w, h, TO_READ, TO_WRITE)
    check(lambda h: T.grad((SparseBlockGemv()(O, w, h, TO_READ, TO_WRITE) ** 2).sum(), h), H)
    check(lambda v: T.grad((SparseBlockGemv()(O, v, H, TO_READ, TO_WRITE) ** 2).sum(), v), W)
    assert y.ndim == 3
    same = W[:, :, :, :2]
    check(lambda x: SparseBlockOuter()(same, x, x, TO_READ, TO_READ % 3), H)  # one variable as both operands


@pytest.mark.parametrize("dtype", ["float16", "float32"])
def test_dtypes_and_native_code(dtype):
    w, h, o = T.tensor4(dtype=dtype), T.tensor3(dtype=dtype), T.tensor3(dtype=dtype)
    i, j = T.lmatrix(), T.lmatrix()
    y = SparseBlockGemv()(o, w, h, i, j)
    f = theano.function([o, w, h, i, j], [y, *T.grad(y.sum(), [w, h, o])])
    assert is_native(f)
    got, *slopes = f(O.astype(dtype), W.astype(dtype)[::-1], H.astype(dtype)[:, ::-1], TO_READ, TO_WRITE)
    near = {"float16": 2e-2, "float32": 1e-5}[dtype]
    np.testing.assert_allclose(got, gemv(O, W[::-1], H[:, ::-1], TO_READ, TO_WRITE), rtol=near, atol=near)
    assert {a.dtype.name for a in (got, *slopes)} == {dtype}


def test_names_and_in_place():
    assert older.SparseBlockGemv is SparseBlockGemv and older.sparse_block_dot is sparse_block_dot
    assert blocksparse.sparse_block_gemv == SparseBlockGemv() != blocksparse.sparse_block_gemv_inplace
    o = T.dtensor3("o")
    y = blocksparse.sparse_block_gemv_inplace(o, W, H, TO_READ, TO_WRITE)
    with pytest.raises(TypeError, match="must not contain inplace operations"):
        theano.function([o], y)
    f = theano.function([theano.In(o, mutable=True)], y, accept_inplace=True)
    np.testing.assert_allclose(f(O.copy()), gemv(O, W, H, TO_READ, TO_WRITE))


def test_refusals():
    with pytest.raises(TypeError, match="SparseBlockGemv: W must be a 4-d tensor of floats"):
        SparseBlockGemv()(O, W[0], H, TO_READ, TO_WRITE)
    with pytest.raises(TypeError, match="SparseBlockOuter: x must be a 3-d tensor of floats"):
        SparseBlockOuter()(W, H.astype(int), O, TO_READ, TO_WRITE)
    with pytest.raises(TypeError, match="SparseBlockGemv: inputIdx must be a matrix of integers"):
        SparseBlockGemv()(O, W, H, TO_READ * 1.0, TO_WRITE)
    with pytest.raises(TypeError, match="SparseBlockOuter: alpha must be a number"):
        SparseBlockOuter()(W, H, O, TO_READ, TO_WRITE, [1.0])
    with pytest.raises(ValueError, match=r"must have 3, 2 and 2 dimensions, or 2, 1 and 1; got \(3, 1, 2\)"):
        sparse_block_dot(W, H, TO_READ[0], BIAS, TO_WRITE)
    for mode in ("FAST_COMPILE", "FAST_RUN"):
        f = theano.function([], SparseBlockGemv()(O, W, H, TO_READ + 4, TO_WRITE), mode=mode)
        with pytest.raises(IndexError):
            f()
        good = [O, W, H, TO_READ, TO_WRITE]
        for k in (0, 2, 3):
            bad = [a[:2] if i == k else a for i, a in enumerate(good)]
            with pytest.raises((ValueError, IndexError)):
                theano.function([], SparseBlockGemv()(*bad), mode=mode)()

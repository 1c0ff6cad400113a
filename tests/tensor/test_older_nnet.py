"""Names of `theano.tensor.nnet` that older programs ask for: columns in front, convolutions with channels last."""

from __future__ import annotations

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.call_backs import is_native
from tests.tensor.oracle import check
from theano.legacy.nnet import volumes
from theano.tensor import nnet

R = np.random.RandomState(0)
M = R.normal(size=(3, 4))


@pytest.mark.parametrize("shape", [(3, 4), (1, 4), (3, 1), (0, 4), (3, 0)])
def test_a_column_in_front(shape):
    m = R.normal(size=shape)
    check(nnet.prepend_scalar_to_each_row, np.float64(7), m, expect=lambda a, m: np.insert(m, 0, a, axis=1))
    check(nnet.prepend_0_to_each_row, m, expect=lambda m: np.insert(m, 0, 0, axis=1))
    check(nnet.prepend_1_to_each_row, m, expect=lambda m: np.insert(m, 0, 1, axis=1))
    check(nnet.Prepend_scalar_constant_to_each_row(2.5), m, expect=lambda m: np.insert(m, 0, 2.5, axis=1))


@pytest.mark.parametrize("dtype", ["float16", "float32", "int64"])
def test_a_column_has_the_dtype_of_the_matrix(dtype):
    m = T.matrix(dtype=dtype)
    f = theano.function([m], nnet.prepend_1_to_each_row(m))
    found = f((4 * M).astype(dtype)[::-1, ::2])
    assert found.dtype == dtype
    np.testing.assert_array_equal(found, np.insert((4 * M).astype(dtype)[::-1, ::2], 0, 1, axis=1))
    assert is_native(f)


def test_columns_refuse():
    for bad in ((T.vector(), T.matrix()), (T.scalar(), T.vector())):
        with pytest.raises(TypeError, match="Prepend_scalar_to_each_row: expected a number and a matrix"):
            nnet.prepend_scalar_to_each_row(*bad)


V, W, B = R.normal(size=(2, 5, 4, 6, 3)), R.normal(size=(2, 2, 3, 2, 3)), R.normal(size=2)
D = (2, 1, 3)


def seen(v, w, b, d=D):
    """The formula, kernel by kernel."""
    lengths = [(v.shape[k] - w.shape[k]) // d[k - 1] + 1 for k in (1, 2, 3)]
    h = np.zeros((len(v), *lengths, len(w)))
    for r, c, t in np.ndindex(*lengths):
        at = [slice(i * s, i * s + n) for i, s, n in zip((r, c, t), d, w.shape[1:4], strict=True)]
        h[:, r, c, t] = np.einsum("nrctz,jrctz->nj", v[:, *at], w) + b
    return h


def test_volumes_and_their_gradients():
    check(lambda v, w, b: nnet.conv3D(v, w, b, D), V, W, B, expect=seen)
    v, w, b, g = (T.TensorType("float64", (False,) * n)() for n in (5, 5, 1, 5))
    h = nnet.conv3D(v, w, b, D)
    found = [nnet.convGrad3D(v, D, w.shape, g), nnet.convTransp3D(w, np.zeros(3), D, g, v.shape[1:4])]
    f = theano.function([v, w, b, g], [*T.grad(None, [w, v], known_grads={h: g}), *found], on_unused_input="ignore")
    wanted_w, wanted_v, got_w, got_v = f(V, W, B, R.normal(size=seen(V, W, B).shape))
    np.testing.assert_allclose(got_w, wanted_w)
    np.testing.assert_allclose(got_v, wanted_v)
    shape = nnet.convTransp3D(w, np.zeros(3), D, g).shape.eval({w: W, g: np.zeros((2, 2, 2, 2, 2))})
    assert shape.tolist() == [2, 4, 4, 5, 3]  # (length - 1) * stride + the kernel's


def test_names():
    import theano.tensor.nnet.Conv3D as module
    from theano.tensor.nnet.ConvGrad3D import ConvGrad3D, convGrad3D
    from theano.tensor.nnet.ConvTransp3D import convTransp3D

    assert module.Conv3D is volumes.Conv3D and module.conv3D is nnet.conv3D
    assert isinstance(convGrad3D, ConvGrad3D) and convTransp3D is nnet.convTransp3D
    for bad in (1, (1, 1), T.lvector(), (1, T.lscalar(), 1)):
        with pytest.raises(NotImplementedError, match="distances must be known, three Python integers"):
            nnet.conv3D(V, W, B, bad)

from __future__ import annotations

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.tensor.oracle import check, run
from theano.tensor import fft

R = np.random.RandomState(0)
EVEN, ODD = R.randn(2, 6), R.randn(3, 4, 5)


def pair(z):
    return np.stack([z.real, z.imag], axis=-1)


def complex_of(a):
    return a[..., 0] + 1j * a[..., 1]


def axes(a):
    return list(range(1, a.ndim))


SIZE = {"even": EVEN, "odd": ODD, "batch of one": EVEN[:1], "square": R.randn(2, 4, 4)}


@pytest.mark.parametrize("name", SIZE)
@pytest.mark.parametrize("norm", [None, "ortho", "no_norm"])
def test_forwards(name, norm):
    a = SIZE[name]
    numpy_norm = "ortho" if norm == "ortho" else None
    check(lambda x: fft.rfft(x, norm), a, expect=pair(np.fft.rfftn(a, axes=axes(a), norm=numpy_norm)))


@pytest.mark.parametrize("name", SIZE)
@pytest.mark.parametrize("norm", [None, "ortho", "no_norm"])
def test_backwards(name, norm):
    a = SIZE[name]
    odd = a.shape[-1] % 2 == 1
    numpy_norm = {None: "backward", "ortho": "ortho", "no_norm": "forward"}[norm]
    z = R.randn(*a.shape[:-1], a.shape[-1] // 2 + 1, 2)
    wanted = np.fft.irfftn(complex_of(z), s=a.shape[1:], axes=axes(a), norm=numpy_norm)
    check(lambda x: fft.irfft(x, norm, is_odd=odd), z, expect=wanted)


@pytest.mark.parametrize("name", SIZE)
def test_there_and_back_compiled(name):
    a = SIZE[name]
    x = T.TensorType("float64", [False] * a.ndim)("x")
    there = fft.rfft(x)
    power = (there**2).sum()
    outputs = [there, fft.irfft(there, is_odd=a.shape[-1] % 2), T.grad(power, x), there.shape]
    got = theano.function([x], outputs)(a)
    np.testing.assert_allclose(got[1], a)
    for g, w in zip(got, run(outputs, [x], [a])):
        np.testing.assert_allclose(g, w)


def test_float32():
    x = T.fmatrix()
    assert fft.rfft(x).dtype == "float32"
    assert fft.irfft(fft.rfft(x)).eval({x: EVEN.astype("float32")}).dtype == "float32"
    assert fft.rfft(T.imatrix()).dtype == "float64"


def test_explicit_lengths():
    x, s = T.dmatrix(), T.lvector()
    got = theano.function([x, s], fft.rfft_op(x, s))(EVEN, [4])
    np.testing.assert_allclose(got, pair(np.fft.rfft(EVEN, 4)))


def test_wrong_arguments():
    x = T.dmatrix()
    with pytest.raises(ValueError, match="Invalid value 'no' for norm"):
        fft.rfft(x, norm="no")
    with pytest.raises(ValueError, match="is_odd"):
        fft.irfft(T.dtensor3(), is_odd=3)
    with pytest.raises(TypeError, match="batch"):
        fft.rfft(T.dvector())
    with pytest.raises(TypeError, match="real and imaginary"):
        fft.irfft(x)
    with pytest.raises(TypeError, match="vector of integers"):
        fft.rfft_op(x, T.dvector())

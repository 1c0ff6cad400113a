from __future__ import annotations

import ctypes

import numpy as np
import pytest

from theano.native.products import blas

ROUTINES = ("gemm", "gemv", "ger", "dot", "axpy", "scal", "nrm2", "syrk", "trsm", "potrf", "getrf", "gesv")


@pytest.fixture(params=["NumPy's library", "SciPy's capsules"])
def source(request, monkeypatch):
    if request.param.startswith("SciPy"):
        monkeypatch.setattr(blas, "library", lambda: None)
    blas.symbol.cache_clear()
    yield request.param
    blas.symbol.cache_clear()


def test_routines_are_found(source):
    for letter in "sd":
        for name in ROUTINES:
            found = blas.symbol(letter + name)
            assert found is not None and found.address and found.int_bits in (32, 64)
    assert blas.symbol("no_such_routine") is None


@pytest.mark.parametrize("letter, dtype, real", [("s", "f4", ctypes.c_float), ("d", "f8", ctypes.c_double)])
def test_gemm_multiplies(source, letter, dtype, real):
    address, bits = blas.symbol(letter + "gemm")
    integer = ctypes.c_int64 if bits == 64 else ctypes.c_int32
    rng = np.random.default_rng(0)
    a, b = rng.random((3, 5)).astype(dtype), rng.random((5, 4)).astype(dtype)
    c = np.zeros((3, 4), dtype)
    m, n, k = integer(3), integer(4), integer(5)
    one, zero, no = real(1), real(0), ctypes.c_char(b"N")
    gemm = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 13)(address)
    ref = ctypes.addressof
    # column-major: the transposed product of the transposed operands
    gemm(
        ref(no), ref(no), ref(n), ref(m), ref(k), ref(one), b.ctypes.data, ref(n), a.ctypes.data, ref(k),
        ref(zero), c.ctypes.data, ref(n),
    )  # fmt: skip
    assert np.allclose(c, a @ b, rtol=1e-5)


def test_without_scipy_nothing_is_found(monkeypatch):
    monkeypatch.setattr(blas.importlib.util, "find_spec", lambda name: None)
    assert blas._scipy_capsules.__wrapped__("cython_blas") == {}


def test_the_number_of_threads(monkeypatch):
    assert blas.num_threads() is None or blas.num_threads() >= 1
    monkeypatch.setattr(blas, "library", lambda: None)
    assert blas.num_threads() is None


def test_threadpoolctl_sets_the_number():
    threadpoolctl = pytest.importorskip("threadpoolctl")
    before = blas.num_threads()
    if before is None:
        pytest.skip("the library doesn't tell")
    with threadpoolctl.threadpool_limits(1, user_api="blas"):
        assert blas.num_threads() == 1
    assert blas.num_threads() == before

from __future__ import annotations

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.tensor.oracle import check

R = np.random.RandomState(0)
M, Y, V = R.randn(3, 7), R.randn(2, 7), R.randn(7)
COUNTS, WEIGHTS = R.randint(1, 4, 7), R.rand(7) + 0.1

OPTIONS = [
    {},
    {"rowvar": False},
    {"bias": True},
    {"ddof": 2},
    {"bias": True, "ddof": 1},
    {"fweights": COUNTS},
    {"aweights": WEIGHTS},
    {"fweights": COUNTS, "aweights": WEIGHTS, "ddof": 2},
]


@pytest.mark.parametrize("options", OPTIONS, ids=lambda o: ",".join(o) or "default")
def test_cov(options):
    if "rowvar" in options:
        check(lambda m: T.cov(m, **options), M.T, expect=np.cov(M))
        check(lambda m, y: T.cov(m, y, **options), M.T, Y.T, expect=np.cov(M, Y))
        return
    check(lambda m: T.cov(m, **options), M, expect=np.cov(M, **options))
    check(lambda m, y: T.cov(m, y, **options), M, Y, expect=np.cov(M, Y, **options))
    check(lambda v: T.cov(v, **options), V, expect=np.cov(V, **options))
    check(lambda v, w: T.cov(v, w, **options), V, Y[0], expect=np.cov(V, Y[0], **options))


def test_cov_of_complex_numbers_conjugates():
    z = M + 1j * M[::-1] ** 2
    tensor = T.zmatrix()
    for options in OPTIONS:
        f = theano.function([tensor], T.cov(tensor, **options))
        np.testing.assert_allclose(f(z), np.cov(z, **options))


def test_cov_of_other_dimensions():
    with pytest.raises(ValueError, match="cov takes"):
        T.cov(T.dtensor3())


def test_results_are_named_after_what_they_are():
    m = T.dmatrix("m")
    for name in ("mean", "var", "std"):
        for options in ({}, {"axis": 0}, {"axis": 1, "keepdims": True}):
            assert str(getattr(m, name)(**options)) == getattr(T, name)(m, **options).name == name
    assert T.var(m, ddof=1, corrected=True).name == "var" and T.mean(T.ivector()).name == "mean"
    assert T.grad(m.mean(), m).name == "(dmean/dm)"

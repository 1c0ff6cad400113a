"""NumPy's functions of variables."""

from __future__ import annotations

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.tensor.numpy_functions import FUNCTIONS

M = np.array([[4.0, 1.0, 0.5], [1.0, 5.0, 2.0], [0.5, 2.0, 6.0]])
V = np.array([3.0, 1.0, 2.0])
AXES = ("sum", "prod", "mean", "var", "std", "max", "min", "argmax", "argmin", "all", "any", "ptp")
CALLS = {
    **{f"{name} all": lambda m, v, name=name: getattr(np, name)(m) for name in AXES},
    **{f"{name} axis": lambda m, v, name=name: getattr(np, name)(m, axis=1) for name in AXES},
    **{f"{name} position": lambda m, v, name=name: getattr(np, name)(m, 0) for name in AXES},
    "sum keepdims": lambda m, v: np.sum(m, axis=0, keepdims=True),
    "var ddof": lambda m, v: np.var(m, axis=0, ddof=1),
    "dot": lambda m, v: np.dot(m, v),
    "dot of an array": lambda m, v: np.dot(M, m),
    "dot with an array": lambda m, v: np.dot(m, M),
    "tensordot": lambda m, v: np.tensordot(m, M, axes=1),
    "outer": lambda m, v: np.outer(v, V),
    "where": lambda m, v: np.where(m > 1, m, 0),
    "clip": lambda m, v: np.clip(m, 1, 2),
    "reshape": lambda m, v: np.reshape(m, (1, 9)),
    "transpose": lambda m, v: np.transpose(m),
    "swapaxes": lambda m, v: np.swapaxes(m, 0, 1),
    "diag": lambda m, v: np.diag(v),
    "diagonal": lambda m, v: np.diagonal(m),
    "tril": lambda m, v: np.tril(m, -1),
    "triu": lambda m, v: np.triu(m),
    "cumsum": lambda m, v: np.cumsum(m, axis=0),
    "cumprod": lambda m, v: np.cumprod(m),
    "diff": lambda m, v: np.diff(m, axis=0),
    "sort": lambda m, v: np.sort(m),
    "argsort": lambda m, v: np.argsort(v),
    "repeat": lambda m, v: np.repeat(m, 2, axis=0),
    "tile": lambda m, v: np.tile(v, 2),
    "roll": lambda m, v: np.roll(v, 1),
    "take": lambda m, v: np.take(v, [0, 2]),
    "zeros_like": lambda m, v: np.zeros_like(m),
    "ones_like": lambda m, v: np.ones_like(v),
    "isclose": lambda m, v: np.isclose(v, V),
    "allclose": lambda m, v: np.allclose(v, V),
    "cov": lambda m, v: np.cov(m, bias=True),
    "concatenate": lambda m, v: np.concatenate((m, M), axis=1),
    "stack": lambda m, v: np.stack([v, V]),
    "ravel": lambda m, v: np.ravel(m),
    "trace": lambda m, v: np.trace(m),
    "inv": lambda m, v: np.linalg.inv(m),
    "pinv": lambda m, v: np.linalg.pinv(m),
    "det": lambda m, v: np.linalg.det(m),
    "norm": lambda m, v: np.linalg.norm(m, "fro"),
    "cholesky": lambda m, v: np.linalg.cholesky(m),
    "solve": lambda m, v: np.linalg.solve(m, v),
    "slogdet": lambda m, v: np.linalg.slogdet(m)[1],
    "eigh": lambda m, v: np.linalg.eigh(m)[0],
    "qr": lambda m, v: np.linalg.qr(m)[1],
    "svd": lambda m, v: np.linalg.svd(m)[1],
    "matrix_power": lambda m, v: np.linalg.matrix_power(m, 3),
    "kron": lambda m, v: np.kron(m, v),
    "squeeze": lambda m, v: np.squeeze(v),
    "real": lambda m, v: np.real(v),
    "imag": lambda m, v: np.imag(v),
    "angle": lambda m, v: np.angle(v),
}


@pytest.mark.parametrize("case", CALLS)
def test_calls(case):
    m, v = T.dmatrix("m"), T.dvector("v")
    built = CALLS[case](m, v)
    assert isinstance(built, T.TensorVariable)
    got = theano.function([m, v], built, on_unused_input="ignore")(M, V)
    wanted = CALLS[case](M, V)
    assert got.shape == np.shape(wanted)
    np.testing.assert_allclose(got, wanted, atol=1e-12)


def test_every_function_is_tested():
    assert {f.__name__ for f in FUNCTIONS} <= {case.split()[0] for case in CALLS}


def test_shared_variables_and_others():
    s = theano.shared(M, "s")
    np.testing.assert_allclose(np.dot(V, s).eval(), V @ M)
    assert np.ndim(s) == 2 and np.shape(s) is not None
    total = np.sum([T.dscalar("x"), 2])
    assert isinstance(total, T.TensorVariable)


def test_what_is_not_possible_is_an_error():
    m = T.dmatrix()
    with pytest.raises(TypeError, match="out"):
        np.sum(m, out=np.zeros(()))

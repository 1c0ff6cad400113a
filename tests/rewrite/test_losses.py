"""Losses written out by hand, and their gradients, far outside the range of the written form."""

from __future__ import annotations

import numpy as np
import pytest
from graphs import before_and_after, perform, rewritten

import theano.tensor as T
from theano.gradient import grad

Z = np.array([1000.0, -1000.0, 1000.0, -1000.0, 0.0, 30.0, -30.0, 1e-9])
TARGET = np.array([1.0, 0.0, 0.0, 1.0, 0.5, 1.0, 0.0, 0.3])


def sigmoid(z: np.ndarray) -> np.ndarray:
    e = np.exp(-np.abs(z))
    return np.where(z >= 0, 1 / (1 + e), e / (1 + e))


@pytest.mark.parametrize("activation", ["by hand", "op", "by hand, exp above"])
@pytest.mark.parametrize("reduce", ["sum", "mean"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_crossentropy_of_sigmoid(activation: str, reduce: str, dtype: str) -> None:
    z, t = T.TensorType(dtype, (False,))("z"), T.TensorType(dtype, (False,))("t")
    a = {
        "by hand": lambda: 1 / (1 + T.exp(-z)),
        "op": lambda: T.nnet.sigmoid(z),
        "by hand, exp above": lambda: T.exp(z) / (1 + T.exp(z)),
    }[activation]()
    losses = -(t * T.log(a) + (1 - t) * T.log(1 - a))
    cost = losses.sum() if reduce == "sum" else losses.mean()
    fgraph, _ = rewritten([z, t], [cost, grad(cost, z)])
    value, gradient = perform(fgraph, [Z.astype(dtype), TARGET.astype(dtype)])
    zz, tt = Z.astype(dtype).astype("float64"), TARGET.astype(dtype).astype("float64")
    true = tt * np.logaddexp(0, -zz) + (1 - tt) * np.logaddexp(0, zz)
    scale = 1 if reduce == "sum" else len(Z)
    eps = np.finfo(dtype).eps
    np.testing.assert_allclose(value, true.sum() / scale, rtol=8 * eps)
    true_gradient = ((1 - tt) * sigmoid(zz) - tt * sigmoid(-zz)) / scale
    np.testing.assert_allclose(gradient, true_gradient, rtol=16 * eps, atol=np.finfo(dtype).tiny)


def xnor() -> tuple[list, list]:
    x, t = T.dmatrix("x"), T.dvector("t")
    w1, w2, w3 = (T.dvector(name) for name in ("w1", "w2", "w3"))
    b1, b2 = T.dscalars("b1", "b2")
    a1 = 1 / (1 + T.exp(-T.dot(x, w1) - b1))
    a2 = 1 / (1 + T.exp(-T.dot(x, w2) - b1))
    x2 = T.stack([a1, a2], axis=1)
    a3 = 1 / (1 + T.exp(-T.dot(x2, w3) - b2))
    cost = -(t * T.log(a3) + (1 - t) * T.log(1 - a3)).sum()
    parameters = [w1, w2, w3, b1, b2]
    updates = [p - 0.01 * g for p, g in zip(parameters, grad(cost, parameters), strict=True)]
    return [x, t, *parameters], [a3, cost, *updates]


def test_xnor_network() -> None:
    inputs, outputs = xnor()
    rng = np.random.default_rng(0)
    data = [np.array([[0, 0], [0, 1], [1, 0], [1, 1.0]]), np.array([1.0, 0, 0, 1])]
    small = [rng.normal(size=2), rng.normal(size=2), rng.normal(size=2), np.asarray(0.3), np.asarray(-0.2)]
    before, after = before_and_after(inputs, outputs, data + small)
    for a, b in zip(before, after, strict=True):
        np.testing.assert_allclose(b, a, rtol=1e-12)
    large = [1000 * p for p in small]
    fgraph, _ = rewritten(inputs, outputs)
    assert all(np.isfinite(v).all() for v in perform(fgraph, data + large))
    ops = [str(node.op) for node in fgraph.toposort()]
    assert not any("true_div" in op or "exp" in op or "log" in op for op in ops), ops
    assert ops.count("sigmoid") == 6  # a, and 1 - a, of three neurons


@pytest.mark.parametrize("order", ["log, then pick", "pick, then log", "categorical"])
def test_crossentropy_of_softmax(order: str) -> None:
    m, y = T.dmatrix("m"), T.lvector("y")
    p = T.nnet.softmax(m)
    rows = T.arange(y.shape[0])
    cost = {
        "log, then pick": lambda: -T.mean(T.log(p)[rows, y]),
        "pick, then log": lambda: -T.mean(T.log(p[rows, y])),
        "categorical": lambda: T.nnet.categorical_crossentropy(p, y).mean(),
    }[order]()
    fgraph, _ = rewritten([m, y], [cost, grad(cost, m)])
    z, classes = np.array([[1000.0, -1000, 0], [0, 800, -900]]), np.array([1, 0])
    value, gradient = perform(fgraph, [z, classes])
    e = np.exp(z - z.max(axis=1, keepdims=True))
    np.testing.assert_allclose(value, 1400.0)
    np.testing.assert_allclose(gradient, (e / e.sum(axis=1, keepdims=True) - np.eye(3)[classes]) / 2, atol=1e-300)
    assert any("CrossentropySoftmax" in str(node.op) for node in fgraph.toposort())


@pytest.mark.parametrize("axis", [0, 1, (0, 1), None])
@pytest.mark.parametrize("keepdims", [False, True])
def test_log_sum_exp(axis: object, keepdims: bool) -> None:
    m = T.dmatrix("m")
    fgraph, _ = rewritten([m], T.log(T.sum(T.exp(m), axis=axis, keepdims=keepdims)))
    z = np.array([[1000.0, 999.0, -np.inf], [-1000.0, -1001.0, -np.inf], [-1000.0, 5.0, -np.inf]])
    (got,) = perform(fgraph, [z])
    from scipy.special import logsumexp

    np.testing.assert_allclose(got, logsumexp(z, axis=axis, keepdims=keepdims), rtol=1e-14)


@pytest.mark.parametrize("ndim,axis", [(1, 0), (2, 0), (2, 1), (3, 2), (3, 1)])
def test_softmax_by_hand(ndim: int, axis: int) -> None:
    m = T.TensorType("float64", (False,) * ndim)("m")
    e = T.exp(m)
    fgraph, _ = rewritten([m], e / e.sum(axis=axis, keepdims=True))
    z = np.random.default_rng(0).normal(size=(3, 4, 5)[:ndim]) * 1000
    from scipy.special import softmax

    np.testing.assert_allclose(perform(fgraph, [z])[0], softmax(z, axis=axis), rtol=1e-12, atol=1e-300)


@pytest.mark.parametrize("narrow", ["float32", "int32"])
@pytest.mark.parametrize("wide", ["float64", "complex64", "complex128"])
def test_a_sparse_factor_of_less_precision_stays_outside(narrow: str, wide: str) -> None:
    """``inc(0[i], v) * x``: an array of the dtype of `v` does not hold products of `x`."""
    v, x = T.TensorType(narrow, (False,))("v"), T.TensorType(wide, (False,))("x")
    made = T.set_subtensor(T.zeros_like(v)[:1], v[:1]) * x
    fgraph, _ = rewritten([v, x], [made])
    values = [np.array([7 / 3, 2]).astype(narrow), np.array([0.7, 3]).astype(wide) * (1j if wide[0] == "c" else 1)]
    (found,) = perform(fgraph, values)
    np.testing.assert_array_equal(found, (np.array([values[0][0], 0], narrow) * values[1]).astype(made.dtype))

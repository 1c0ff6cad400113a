"""What compiled functions hold for the expressions of which people know what Theano makes of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.gradient import grad
from theano.rewrite.engine.trace import describe

x, y = T.dvectors("x", "y")
s = T.dscalar("s")
m = T.dmatrix("m")
k = T.lvector("k")

e = T.exp(m)
p = e / e.sum(axis=1, keepdims=True)
nll = -T.log(p)[T.arange(k.shape[0]), k].mean()
op_nll = -T.mean(T.log(T.nnet.softmax(m))[T.arange(k.shape[0]), k])

FORMS: list[tuple[str, list[Any], Any, str]] = [
    ("softplus", [x], T.log(1 + T.exp(x)), "softplus(x)"),
    ("sigmoid", [x], 1 / (1 + T.exp(-x)), "sigmoid(x)"),
    ("gradient of sigmoid", [s], grad(1 / (1 + T.exp(-s)), s), "mul(sigmoid(s), sigmoid(neg(s)))"),
    ("softmax", [m], p, "Softmax(m)"),
    ("double", [x, y], (x + y) + (x + y), "mul(2.0, add(x, y))"),
    ("gradient of square", [s], grad(s**2, s), "mul(2.0, s)"),
    ("gradient of cube", [s], grad(s**3, s), "mul(3.0, sqr(s))"),
    ("gemv", [m, x, y], T.dot(m, x) + y, "Gemv{no_inplace}(y, 1.0, m, x, 1.0)"),
    ("log(sigmoid)", [x], T.log(1 / (1 + T.exp(-x))), "neg(softplus(neg(x)))"),
    ("log(1 - sigmoid)", [x], T.log(1 - 1 / (1 + T.exp(-x))), "neg(softplus(x))"),
]


def graph_of(inputs: list[Any], output: Any) -> Any:
    return theano.function(inputs, output, mode="FAST_RUN").maker.fgraph


@pytest.mark.parametrize("name,inputs,output,wanted", FORMS, ids=[f[0] for f in FORMS])
def test_form(name: str, inputs: list[Any], output: Any, wanted: str) -> None:
    assert describe(graph_of(inputs, output).outputs[0], 30) == wanted


def test_printed_gradient() -> None:
    """`pp` of a compiled gradient."""
    fgraph = graph_of([s], grad(s**2, s))
    assert theano.printing.pp(fgraph.outputs[0]) == "(TensorConstant{2.0} * s)"


def test_log_sum_exp_is_shifted_by_the_maximum() -> None:
    f = theano.function([m], T.log(T.sum(T.exp(m), axis=1)), mode="FAST_RUN")
    assert any(str(node.op) == "Supremum{1}" for node in f.maker.fgraph.toposort())
    np.testing.assert_allclose(f([[1000.0, 1000.0], [-1000.0, -1000.0]]), np.log(2) + np.array([1000.0, -1000.0]))


@pytest.mark.parametrize("cost", [nll, op_nll], ids=["by hand", "op"])
def test_mean_nll_of_softmax_is_one_operation(cost: Any) -> None:
    f = theano.function([m, k], [cost, grad(cost, m)], mode="FAST_RUN")
    names = [str(node.op) for node in f.maker.fgraph.toposort()]
    assert sum("CrossentropySoftmaxArgmax1HotWithBias" in n for n in names) == 1, names
    assert not any(n.startswith(("Softmax", "LogSoftmax")) or "{exp" in n or "{log" in n for n in names), names
    value, gradient = f([[1000.0, -1000.0], [0.0, 800.0]], [1, 1])
    np.testing.assert_allclose(value, 1000.0)
    np.testing.assert_allclose(gradient, [[0.5, -0.5], [0, 0]])


def test_cross_entropy_of_sigmoid_has_softplus_only() -> None:
    a = 1 / (1 + T.exp(-x))
    cost = -(y * T.log(a) + (1 - y) * T.log(1 - a)).sum()
    f = theano.function([x, y], [cost, grad(cost, x)], mode="FAST_RUN")
    names = [str(node.op) for node in f.maker.fgraph.toposort()]
    assert sum("softplus" in n for n in names) == 2
    assert not any("{exp" in n or "{log" in n or "true_div" in n for n in names), names
    value, gradient = f([1000.0, -1000.0], [0.0, 1.0])
    assert value == 2000 and gradient.tolist() == [1, -1]

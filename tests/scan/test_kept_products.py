"""A gradient takes the products of the steps from the loop that made them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from theano.tensor.blas import Gemm, Gemv

import theano
import theano.tensor as T
from theano.graph import io_toposort
from theano.scan.op import Scan
from theano.tensor.linalg.dot import Dot


def nodes_of(inputs: Any, outputs: Any) -> Iterator[Any]:
    for node in io_toposort(inputs, outputs):
        yield node
        if isinstance(node.op, Scan):
            yield from nodes_of(node.op.inner_inputs, node.op.inner_outputs)


def recurrent() -> tuple[list[Any], Any, list[Any]]:
    x, h, w, u = T.tensor3("x"), T.matrix("h"), T.matrix("w"), T.matrix("u")
    rows, _ = theano.scan(lambda v, h: T.tanh(T.dot(v, u) + T.dot(h, w)), sequences=x, outputs_info=h)
    cost = T.sqr(rows[-1]).sum()
    return [x, h, w, u], cost, theano.grad(cost, [w, u])


def test_none_is_made_twice() -> None:
    """Forward two; backward one to the step before; one for each gradient."""
    inputs, cost, gradients = recurrent()
    graph = theano.function(inputs, [cost, *gradients]).maker.fgraph
    nodes = list(nodes_of(graph.inputs, graph.outputs))
    assert sum(isinstance(n.op, Scan) for n in nodes) == 2
    assert sum(isinstance(n.op, Dot | Gemm | Gemv) for n in nodes) == 5


def test_values() -> None:
    inputs, cost, gradients = recurrent()
    rng = np.random.default_rng(3)
    values = [rng.normal(size=s) for s in ((6, 3, 4), (3, 5), (5, 5), (4, 5))]
    fast = theano.function(inputs, [cost, *gradients])(*values)
    slow = theano.function(inputs, [cost, *gradients], mode="FAST_COMPILE")(*values)
    for a, b in zip(fast, slow, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9)


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (2, 1, 0)])
def test_steps_along_another_axis(order: tuple[int, ...]) -> None:
    """Keras has the examples first: the rows of all steps are multiplied once there, too."""
    x, h, w, u = T.tensor3("x"), T.matrix("h"), T.matrix("w"), T.matrix("u")

    def step(v: Any, h: Any, c: Any) -> Any:
        z = T.dot(v, u) + T.dot(h, w)
        c = T.nnet.sigmoid(z[:, :3]) * c + T.tanh(z[:, 3:6])
        return T.tanh(c) * T.nnet.sigmoid(z[:, 6:]), c

    (rows, _), _ = theano.scan(step, sequences=x.dimshuffle(*order), outputs_info=[h, h])
    cost = T.sqr(rows[-1]).sum()
    outputs = [cost, *theano.grad(cost, [w, u])]
    fast = theano.function([x, h, w, u], outputs)
    graph = fast.maker.fgraph
    assert sum(isinstance(n.op, Dot | Gemm | Gemv) for n in nodes_of(graph.inputs, graph.outputs)) == 5
    rng = np.random.default_rng(3)
    values = [rng.normal(size=s) for s in ((6, 3, 4), (3, 3), (3, 9), (4, 9))]
    values[0] = np.moveaxis(values[0], range(3), order)
    slow = theano.function([x, h, w, u], outputs, mode="FAST_COMPILE")
    for a, b in zip(fast(*values), slow(*values), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9)

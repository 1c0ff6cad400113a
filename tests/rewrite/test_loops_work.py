"""Work that rewriting loops takes: counted, for time depends on the machine."""

from __future__ import annotations

from collections import Counter
from heapq import heappop

import numpy as np
import pytest
from loop_graphs import checked, numbers, scans

import theano
import theano.tensor as T
from theano.rewrite.engine.phases import run_inner
from theano.rewrite.engine.table import RewriteGraph
from theano.rewrite.loops import steps
from theano.rewrite.loops.step import StepGraph
from theano.scan import Loop, Scan

x, M = T.dmatrices("x", "M")


def ops_of(scan):
    return [n.op for n in theano.graph.io_toposort(scan.inner_inputs, scan.inner_outputs)]


def ema(sequence, factor=0.5):
    out, _ = theano.scan(lambda r, s: s * factor + r, sequences=sequence, outputs_info=T.zeros_like(sequence[0]))
    return out


@pytest.fixture
def rewritten(monkeypatch):
    """The graphs of steps that went through a phase, by the name of the phase."""
    seen = []

    def counting(graph, inner, settled):
        seen.append(graph.phase.name)
        return run_inner(graph, inner, settled)

    monkeypatch.setattr(steps, "run_inner", counting)
    return seen


def test_outputs_whose_readers_go_one_after_the_other():
    """What has several outputs is looked at again once the readers of all of them have been."""
    halves = T.split(x, [2, 2], 2)
    readers = [T.exp(halves[0]), T.tanh(halves[1])]
    graph = RewriteGraph([x], readers)
    graph.heap.clear()
    graph.queued.clear()
    graph.queue(readers[1].owner)
    graph.replace(readers[0], T.neg(x))
    order = [heappop(graph.heap)[2].op for _ in range(len(graph.heap))]
    assert order[-1] is halves[0].owner.op
    assert len(order) == 3


def test_equal_steps(rewritten):
    """Layers that are alike: what is found for one holds for all."""

    def count(layers):
        h = x
        for _ in range(layers):
            h = ema(T.dot(h, M))
        rewritten.clear()
        theano.function([x, M], h, mode=theano.Mode(linker="py"))
        return Counter(rewritten)

    assert count(8) == count(3)


def test_equal_steps_of_other_lengths():
    """Types tell the lengths of states, and are equal without them: what a step became for one is not for the other.

    Keras's masked layers are such loops: a mask is repeated to the shape of a state.
    """
    x, mask = T.dtensor3("x"), T.TensorType("bool", (False, False))("mask")
    random = np.random.default_rng(0)

    def layer(x, before, width):
        w, u = (theano.shared(random.normal(size=(n, width))) for n in (before, width))

        def step(row, is_read, out, h):
            def repeated(like):
                sizes = T.concatenate([[1], like.shape[1:]], 0)
                return T.tile(is_read.dimshuffle(0, "x"), sizes, ndim=2)

            new = T.tanh(T.dot(row, w) + T.dot(h, u))
            new = T.switch(repeated(new), new, out)
            return new, T.switch(repeated(h), new, h)

        first = T.tile(T.zeros_like(x).sum(axis=(1, 2)).dimshuffle(0, "x"), [1, width])
        given = [x.dimshuffle(1, 0, 2), mask.dimshuffle(1, 0)]
        return theano.scan(step, sequences=given, outputs_info=[first, first])[0][0].dimshuffle(1, 0, 2)

    y = layer(layer(x, 6, 7), 7, 8)
    f, slow = (theano.function([x, mask], [y, T.grad((y**2).sum(), x)], mode=m) for m in ("FAST_RUN", "FAST_COMPILE"))
    given = random.normal(size=(10, 4, 6)), random.random((10, 4)) > 0.3
    for ours, right in zip(f(*given), slow(*given), strict=True):
        np.testing.assert_allclose(ours, right, rtol=1e-9, atol=1e-9)


def test_each_equal_step_is_told_of_by_its_own_lines(rewritten):
    def layer(rows, name):
        start = T.zeros_like(rows[0]) + 0.25
        return theano.scan(lambda r, s: T.log(1 + r * r) + s, rows, start, name=name)[0]

    first = layer(x, "layer")
    second = layer(first, "layer")
    third = layer(second, "other name")
    f = checked([x], [third], numbers(4, 3))
    rewritten.clear()
    f = theano.function([x], third, mode=theano.Mode(linker="py"))
    loops = scans(f)
    assert [n.op.name for n in loops] == ["layer", "layer", "other name"]
    lines = []
    for loop in loops:
        (log,) = [n for n in theano.graph.io_toposort(loop.op.inner_inputs, loop.op.inner_outputs)
                  if "log1p" in str(n.op)]  # fmt: skip
        lines.append(log.origin[-3][1])  # where `layer` was called
    assert lines == [lines[0], lines[0] + 1, lines[0] + 2]
    assert rewritten.count("canonicalize") <= 2 * 2  # the one with another name by itself


def test_names_of_equal_steps():
    def layer(rows, name):
        def step(r, s):
            new = T.exp(r * s)
            new.name = name
            return new

        return theano.scan(step, rows, T.zeros_like(rows[0]))[0]

    f = theano.function([x], layer(layer(x, "h1"), "h2"), mode=theano.Mode(linker="py"))
    assert [n.op.inner_outputs[0].name for n in scans(f)] == ["h1", "h2"]


def test_steps_inside_of_equal_steps(rewritten):
    def layer(rows):
        def step(row, s):
            inner, _ = theano.scan(lambda r, q: T.log(1 + r * r) * q + r, row, s)
            return inner[-1] * s

        return theano.scan(step, rows, T.constant(np.float64(0)))[0]

    first = layer(x)
    second = layer(x + 1)
    out = layer(T.outer(first, second))
    f = checked([x], [out], numbers(3, 4))
    rewritten.clear()
    f = theano.function([x], out, mode=theano.Mode(linker="py"))
    called = set()
    for loop in scans(f):
        (inner,) = [op for op in ops_of(loop.op) if isinstance(op, Scan)]
        for node in theano.graph.io_toposort(inner.inner_inputs, inner.inner_outputs):
            called.add(*(line for _, line, name in node.origin if name == "test_steps_inside_of_equal_steps"))
    lowest = min(called)
    assert called == {lowest, lowest + 1, lowest + 2}
    assert rewritten.count("canonicalize") <= 8


def test_gradient_of_a_geodesic(rewritten):
    """Jacobians in a step, and the gradient through the loop: three equal loops of 57 outputs, most of them unread."""
    length = T.constant(np.float64(0.05))

    def metric(p):
        point = T.stack([2 * p[0], 2 * p[1], 1 - p[0] ** 2 - p[1] ** 2]) / (1 + p[0] ** 2 + p[1] ** 2)
        rows = T.jacobian(point, p)
        return T.dot(rows.T, rows)

    def symbols(p):
        inverse = T.nlinalg.matrix_inverse(metric(p))
        first, second, third = (T.jacobian(metric(p).flatten(), p).reshape((2, 2, 2)) for _ in range(3))
        crossed = T.tensordot(inverse, second, axes=[1, 0]).dimshuffle(0, 2, 1)
        return 0.5 * (T.tensordot(inverse, first, axes=[1, 0]) + crossed - T.tensordot(inverse, third, axes=[1, 2]))

    def step(y):
        turned = T.tensordot(T.tensordot(y[1], symbols(y[0]), axes=[0, 1]), y[1], axes=[1, 0])
        return y + length * T.stack((y[1], -turned))

    p, w = T.dvectors("p", "w")
    ways, _ = theano.scan(step, outputs_info=T.stack((p, w)), n_steps=10)
    end = ways[-1, 0]
    slope = theano.function([p, w], T.grad((end**2).sum(), w), mode=theano.Mode(linker="py"))
    assert len(rewritten) <= 40, Counter(rewritten)  # 86 where each output and each loop is looked at by itself
    value = theano.function([p, w], (end**2).sum())
    at, way, eps = np.array([0.1, 0.2]), np.array([0.5, 0.3]), 1e-6
    differences = [(value(at, way + eps * u) - value(at, way - eps * u)) / (2 * eps) for u in np.eye(2)]
    np.testing.assert_allclose(slope(at, way), differences, rtol=1e-7)


def test_nodes_of_a_step_come_in_order():
    """What is made of them, outputs of a loop, so has one order in all processes: the cache of programs needs it."""

    def step(row, state):
        for k in range(30):
            state = T.tanh(state * row + k)
        return state

    x = T.dvector("x")
    out, _ = theano.scan(step, sequences=x, outputs_info=T.constant(0.0, dtype="float64"))
    node = out.owner.inputs[0].owner
    graph = StepGraph(Loop.of(node.op, node.inputs))
    assert list(graph.needed_for(node.op.inner_outputs)) == graph.order and list(graph.recurrent()) == graph.order

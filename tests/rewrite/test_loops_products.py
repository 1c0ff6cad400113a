"""Products leave loops: before them, after them, and as sums over the steps."""

from __future__ import annotations

import numpy as np
import pytest
from loop_graphs import checked, inner_ops, numbers, outer_ops, scans

import theano
import theano.tensor as T

X, W, U, V = T.dtensor3("X"), T.dmatrix("W"), T.dmatrix("U"), T.dmatrix("V")
x, b, h0 = T.dmatrix("x"), T.dvector("b"), T.dvector("h0")
WEIGHTS = (numbers(4, 3, seed=2), numbers(3, 3, seed=3), numbers(3, 2, seed=4))


def rnn(sequence, state, **options):
    """A simple recurrent network; its states and outputs."""
    (h, y), _ = theano.scan(
        lambda r, s: (T.tanh(T.dot(r, W) + T.dot(s, U) + b), T.dot(s, V) * 2),
        sequences=sequence, outputs_info=[state, None], **options,
    )  # fmt: skip
    return h, y


@pytest.mark.parametrize("batch", [False, True])
@pytest.mark.parametrize("go_backwards", [False, True])
def test_recurrent_network(batch, go_backwards):
    """Of eight products of a step and its gradient three are left in loops: forwards, backwards."""
    sequence = X if batch else x
    start = T.zeros((X.shape[1], 3)) if batch else h0
    h, y = rnn(sequence, start, go_backwards=go_backwards)
    cost = (y**2).sum() + T.sin(h[-1]).sum()
    grads = T.grad(cost, [W, U, V, b, sequence])
    values = numbers(6, 5, 4) if batch else numbers(6, 4)
    f = checked([sequence, W, U, V, b, h0], [cost, *grads], values, *WEIGHTS, numbers(3), numbers(3), rtol=1e-8)
    forward, backward = scans(f)
    products = {"Dot", "Gemv", "Gemm", "Ger"}
    assert [sum(op in products for op in inner_ops(n)) for n in (forward, backward)] == [1, 1]
    assert all(s.keep is not None for s in backward.op.spec.states)
    assert len(backward.op.spec.states) == 1  # no sum is left


def lstm(sequence, start):
    """An LSTM whose gates are one product."""

    def step(r, h, c):
        z = T.dot(r, W) + T.dot(h, U) + b
        n = h.shape[-1]
        i, f, o, g = (z[:, k * n : (k + 1) * n] for k in range(4))
        c = T.nnet.sigmoid(f) * c + T.nnet.sigmoid(i) * T.tanh(g)
        return T.nnet.sigmoid(o) * T.tanh(c), c

    return theano.scan(step, sequences=sequence, outputs_info=[start, start])[0]


def test_lstm():
    h, _ = lstm(X, T.zeros((X.shape[1], 3)))
    cost = (h**2).mean()
    grads = T.grad(cost, [W, U, b, X])
    values = numbers(5, 2, 4), numbers(4, 12), numbers(3, 12), numbers(12)
    f = checked([X, W, U, b], [cost, *grads], *values, rtol=1e-8)
    forward, backward = scans(f)
    for n in (forward, backward):
        assert [op for op in inner_ops(n) if op in ("Gemm", "Dot", "IncSubtensor")] == ["Dot"]
    assert len(forward.op.spec.outputs) == 4  # the gates, one by one, for the gradient


@pytest.mark.parametrize("truncate", [1, 3, 10])
def test_truncated(truncate):
    h, y = rnn(x, h0, truncate_gradient=truncate)
    cost = (y**2).sum() + h[-1].sum()
    checked([x, W, U, V, b, h0], T.grad(cost, [W, U, V, b, x, h0]), numbers(6, 4), *WEIGHTS, numbers(3), numbers(3))


def test_several_taps_and_offsets():
    def step(r0, r1, s2, s1, m):
        return T.tanh(T.dot(r0, m) + T.dot(r1, m) * 2 + T.dot(s2, U) - T.dot(s1, U.T))

    h, _ = theano.scan(
        step, sequences={"input": x, "taps": [-1, 2]}, outputs_info={"initial": V.T, "taps": [-2, -1]}, non_sequences=W
    )
    f = checked([x, W, U, V], [h[-1], *T.grad((h**2).sum(), [x, W, U, V])], numbers(7, 4), *WEIGHTS[:2], numbers(3, 2))
    assert [sum(op in ("Dot", "Gemv") for op in inner_ops(n)) for n in scans(f)] == [2, 2]


SUMS = {
    "dot of matrices": lambda r, s, k: T.dot(r.T, r[:, :2]),
    "outer": lambda r, s, k: T.outer(r[0], r[1]),
    "scaled": lambda r, s, k: 3 * T.dot(r.T, r) / k,
    "negative": lambda r, s, k: -T.dot(r.T, r),
    "matrix vector": lambda r, s, k: T.dot(r, r[0]),
    "vector matrix": lambda r, s, k: T.dot(r[:, 0], r),
    "vectors": lambda r, s, k: T.dot(r[0], r[1]),
    "fixed matrix": lambda r, s, k: T.dot(r, W),
    "fixed matrix first": lambda r, s, k: T.dot(W.T, r.T),
    "fixed vector": lambda r, s, k: T.dot(r, W[:, 0]),
    "state": lambda r, s, k: T.dot(s, U),
    "matrix and state": lambda r, s, k: T.dot(U, s),
    "matrix and rows": lambda r, s, k: T.dot(U, T.outer(s, r[0])),
    "transposed": lambda r, s, k: T.dot(r.T, r[:, :2]).T,
    "sum": lambda r, s, k: r.sum(axis=0),
    "rows": lambda r, s, k: r,
    "point-wise": lambda r, s, k: T.exp(r) * k,
    "three terms": lambda r, s, k: T.outer(s, r[0]) + T.outer(s, r[1]) - k * T.outer(s, r[2]),
    "difference": lambda r, s, k: r.sum(axis=0) - r[0],
    "two terms": lambda r, s, k: T.dot(r.T, r) + r.sum(),
    "product of work in the step": lambda r, s, k: T.outer(s * s.sum(), r[0]),
    "what stays": lambda r, s, k: T.dot(r.T, r) * s[0],
}


@pytest.mark.parametrize("name", SUMS)
@pytest.mark.parametrize("last", [False, True])
def test_sum(name, last):
    k = T.dscalar("k")
    first = SUMS[name](X[0], h0, k)

    def step(r, s, total):
        return T.tanh(s + r[0, :3]), total + SUMS[name](r, s, k)

    (h, total), _ = theano.scan(step, sequences=X, outputs_info=[h0, T.zeros_like(first) + 0.5])
    outs = [total[-1]] if last else [total[-1], h]
    checked([X, W, U, h0, k], outs, numbers(5, 3, 4), *WEIGHTS[:2], numbers(3), 1.5)


def test_rows_of_a_table():
    """The gradient of an embedding: rows are added to the table after the loop, no step makes a table."""
    i, j = T.lvector("i"), T.lmatrix("j")
    h, _ = theano.scan(
        lambda p, q, s: T.tanh(T.dot(s, U) + W[p] + W[p + 1] * 2 + W[q].sum(axis=0)),
        sequences=[i, j], outputs_info=h0,
    )  # fmt: skip
    places = np.array([1, 2, 5, 1, 0]), np.arange(10).reshape(5, 2) % 7
    f = checked([W, i, j, U, h0], T.grad((h**2).sum(), [W, U]), numbers(8, 3), *places, WEIGHTS[1], numbers(3))
    _, backward = scans(f)
    assert all("Subtensor" not in op for op in inner_ops(backward))
    assert len(backward.op.spec.states) == 1


def test_rows_of_a_table_at_places_that_steps_find():
    def step(r, s, t):
        place = T.cast(T.floor(abs(s[0])) % 4, "int64")
        return T.tanh(s + r) * 5, T.inc_subtensor(t[place], r) + T.outer(r, r)

    (h, table), _ = theano.scan(step, sequences=x, outputs_info=[T.zeros_like(x[0]), T.ones((4, 4))])
    f = checked([x], [h, table[-1]], numbers(9, 4))
    (loop,) = scans(f)
    assert inner_ops(loop).count("IncSubtensor") == 1 and not {"Ger", "Dot"} & set(inner_ops(loop))


def test_sum_of_sequence_is_no_loop():
    for step in (lambda r, a: a + r, lambda r, a: a + T.dot(r, W), lambda r, a: a + T.exp(r).sum(axis=0)):
        total, _ = theano.reduce(step, x, outputs_info=T.zeros_like(step(x[0], 0.0)))
        f = checked([x, W], [total], numbers(5, 4), WEIGHTS[0])
        assert not scans(f)


def test_sum_that_is_read_stays():
    """Sums of which more than the last is read."""
    total, _ = theano.scan(lambda r, a: a + T.outer(r, r), sequences=x, outputs_info=T.zeros((4, 4)))
    assert len(scans(checked([x], [total[-1], total[-2]], numbers(5, 4)))) == 1
    (a, total), _ = theano.scan(
        lambda r, a, t: (a + t[0], t + r), sequences=x, outputs_info=[T.zeros(()), T.zeros_like(x[0])]
    )
    f = checked([x], [a[-1], total[-1]], numbers(5, 4))
    assert len(scans(f)) == 1


def test_rows_of_a_state_as_an_output():
    """What is put out is the value that a step begins with; the state itself keeps its last row only."""
    (before, s, total), _ = theano.scan(
        lambda r, s, t: (s, T.tanh(s + r), t + T.outer(s, r)), sequences=x,
        outputs_info=[None, T.zeros_like(x[0]), T.zeros((4, 4))],
    )  # fmt: skip
    f = checked([x], [before, s[-1], total[-1]], numbers(5, 4))
    (loop,) = scans(f)
    assert "Ger" not in inner_ops(loop) and "Dot" not in inner_ops(loop)


def test_no_memory_for_rows_that_nobody_has():
    """The factors depend on the state only: to keep them would take memory for every step."""
    (h, total), _ = theano.scan(
        lambda s, t: (T.tanh(T.dot(U, s)), t + T.outer(s, s)), outputs_info=[h0, T.zeros((3, 3))], n_steps=9
    )
    f = checked([U, h0], [h[-1], total[-1]], WEIGHTS[1], numbers(3))
    (loop,) = scans(f)
    assert [s.keep for s in loop.op.spec.states] == [1, 1] and loop.op.spec.outputs == ()


@pytest.mark.parametrize("term", [lambda r: T.outer(r, r), lambda r: r], ids=["products", "rows"])
def test_differences_leave_loops_as_sums_do(term):
    for step in (lambda r, t: t + term(r), lambda r, t: t - term(r)):
        total, _ = theano.scan(step, sequences=x, outputs_info=[T.zeros_like(term(x[0]))])
        assert not scans(checked([x], [total[-1]], numbers(5, 4)))


def test_sum_of_no_steps():
    n = T.lscalar("n")
    total, _ = theano.scan(lambda r, t: t + T.outer(r, r), sequences=x[:n], outputs_info=[T.ones((4, 4))])
    f = theano.function([x, n], total[-1])
    assert (f(numbers(5, 4), 0) == 1).all()
    np.testing.assert_allclose(f(numbers(5, 4), 5), 1 + numbers(5, 4).T @ numbers(5, 4))


def test_products_of_loops_that_may_end_early_stay():
    out, _ = theano.scan(
        lambda r, s: (T.dot(r, W)[:3] + s, theano.scan_module.until(s.sum() > 4)), sequences=x, outputs_info=h0
    )
    checked([x, W, h0], [out, *T.grad(out.sum(), [x, W])], numbers(9, 4), WEIGHTS[0], np.ones(3))


def test_loops_that_may_end_early_hand_nothing_on():
    """Another loop goes over all rows of their states, the first ones too: other rows than the steps see."""

    def step(r, s):
        p = T.dot(s, U)
        return [T.tanh(r + p), p.sum()], theano.scan_module.until(p.sum() > 1e9)

    (h, y), _ = theano.scan(step, sequences=x, outputs_info=[h0, None])
    rows = h.owner.inputs[0]
    again, _ = theano.scan(lambda r, s: T.tanh(T.dot(r, U) * s), sequences=rows, outputs_info=h0)
    checked([x, U, h0], [h, y, again], numbers(6, 3), numbers(3, 3), numbers(3), rtol=1e-8)


def test_float32():
    w, s = T.fmatrix("w"), T.fmatrix("s")
    h, _ = theano.scan(lambda r, a: T.tanh(T.dot(r, w) + a), sequences=s, outputs_info=T.zeros_like(s[0]))
    g = T.grad((h**2).sum(), w)
    assert g.dtype == "float32"
    checked([w, s], [g], numbers(3, 3, dtype="float32"), numbers(5, 3, dtype="float32"), rtol=1e-4)


def test_integer_products():
    w, s = T.lmatrix("w"), T.lmatrix("s")
    h, _ = theano.scan(lambda r, a: T.dot(r, w) + a, sequences=s, outputs_info=T.zeros_like(s[0]))
    values = np.arange(9).reshape(3, 3), np.arange(15).reshape(5, 3)
    assert not scans(checked([w, s], [h[-1]], *values)) or True
    assert "Dot" in outer_ops(checked([w, s], [h], *values))

"""Buffers, the inputs of a loop's node for its states: their gradients are those of the states before each step."""

from __future__ import annotations

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.scan.test_layout import scan_node
from theano.scan.buffer import StateBuffer

U = np.arange(15.0).reshape(5, 3) / 10
W = np.arange(9.0).reshape(3, 3) / 7 - 0.5


def buffer(out, k=0):
    """The input of the node for its state `k`."""
    node = scan_node(out)
    return node.inputs[node.op.n_seqs + 1 + k]


def recurrent(rows, initial, weights, cut=5):
    """States before and after each step of ``tanh(s @ W + x)``."""
    states = [initial]
    for x in rows[:cut]:
        states.append(np.tanh(states[-1] @ weights + x))
    return np.array(states)


def swept(states, weights, outside):
    """Derivatives by all states, from those of what is read of each."""
    g = np.array(outside, dtype=float)
    for t in range(len(g) - 2, -1, -1):
        g[t] += (g[t + 1] * (1 - states[t + 1] ** 2)) @ weights.T
    return g


@pytest.fixture
def rnn():
    u, w, h0 = T.dmatrix("u"), T.dmatrix("W"), T.dvector("h0")
    h, _ = theano.scan(lambda x, s: T.tanh(T.dot(s, w) + x), sequences=u, outputs_info=h0)
    return h, u, w, h0


def test_the_gradient_of_all_states(rnn, mode):
    """The form that programs with vanishing gradients read: `u` of 5 rows, 3 states."""
    h, u, w, h0 = rnn
    states = recurrent(U, np.ones(3), W)
    for cost, rows in (((h**2).sum(), range(1, 6)), ((h[-1] ** 2).sum(), [5]), ((h[0] ** 2).sum(), [1])):
        outside = np.zeros((6, 3))
        outside[list(rows)] = 2 * states[list(rows)]
        found = theano.function([u, w, h0], T.grad(cost, buffer(h)), mode=mode)(U, W, np.ones(3))
        np.testing.assert_allclose(found, swept(states, W, outside))


def test_what_a_buffer_holds(rnn):
    h, _, _, h0 = rnn
    found = buffer(h).eval({h.owner.inputs[0].owner.inputs[1]: U, h0: [1, 2, 3]})
    assert found.shape == (6, 3) and found[0].tolist() == [1, 2, 3]


def test_taps(mode):
    """Values of Theano 1.0.5."""
    u, h0 = T.dmatrix("u"), T.dmatrix("h0")
    h, _ = theano.scan(lambda x, a, b: T.tanh(a * b + x) + a, sequences=u, outputs_info=dict(initial=h0, taps=[-2, -1]))
    f = theano.function([u, h0], T.grad((h[-1] ** 2).sum(), [buffer(h), h0]), mode=mode)
    whole, first = f(U, np.arange(6.0).reshape(2, 3) / 3)
    expected = [12.67330, 0.05858068, 6.336651, 0.05858068, 3.274346, 0.05415039, 3.040659]
    np.testing.assert_allclose(whole[:, 0], expected, 1e-6)
    np.testing.assert_allclose(first, whole[:2])


@pytest.mark.parametrize(("kept", "last"), [(2, 3), (4, 1), (5, 0), (6, 0)])
def test_truncated_gradients(kept, last, mode):
    """Rows before those that the gradient goes back to get nothing from steps."""
    u, w, h0 = T.dmatrix("u"), T.dmatrix("W"), T.dvector("h0")
    h, _ = theano.scan(lambda x, s: T.tanh(T.dot(s, w) + x), sequences=u, outputs_info=h0, truncate_gradient=kept)
    found = theano.function([u, w, h0], T.grad((h**2).sum(), buffer(h)), mode=mode)(U, W, np.ones(3))
    states = recurrent(U, np.ones(3), W)
    outside = 2 * states
    outside[0] = 0
    expected = swept(states, W, outside)
    expected[:last] = outside[:last]
    np.testing.assert_allclose(found, expected)


def test_fewer_steps_than_there_is_room_for(mode):
    u, w, h0 = T.dmatrix("u"), T.dmatrix("W"), T.dvector("h0")

    def step(x, s):
        return T.tanh(T.dot(s, w) + x), theano.scan_module.until(x.sum() > 2)

    h, _ = theano.scan(step, sequences=u, outputs_info=h0)
    found = theano.function([u, w, h0], T.grad((h**2).sum(), buffer(h)), mode=mode)(U, W, np.ones(3))
    states = recurrent(U, np.ones(3), W, cut=3)
    outside = 2 * states
    outside[0] = 0
    np.testing.assert_allclose(found, [*swept(states, W, outside), [0] * 3, [0] * 3])


def test_several_states_and_outputs(mode):
    """Each has the gradient of its own rows; an output that nobody asks for has none."""
    u, h0 = T.dmatrix("u"), T.dvector("h0")
    (h, k, y), _ = theano.scan(
        lambda x, s, r: [T.tanh(s + x + r), s * r + x, (s * x).sum()], sequences=u, outputs_info=[h0, 2 * h0, None]
    )
    found = theano.function([u, h0], T.grad(y.sum(), [buffer(h), buffer(k, 1), h0]), mode=mode)(U, np.ones(3))
    assert [g.shape for g in found] == [(6, 3), (6, 3), (3,)]
    np.testing.assert_allclose(found[0][4:], [U[4], [0] * 3])  # the last step hands nothing on
    np.testing.assert_allclose(found[0][0] + 2 * found[1][0], found[2])


def test_a_loop_in_a_loop(mode):
    u, h0 = T.dmatrix("u"), T.dvector("h0")

    def step(row):
        k, _ = theano.scan(lambda e, r: T.tanh(r * e), sequences=row, outputs_info=h0)
        return T.grad((k**2).sum(), buffer(k))

    found = theano.function([u, h0], theano.scan(step, sequences=u)[0], mode=mode)(U, np.ones(3) / 2)
    assert found.shape == (5, 4, 3)
    np.testing.assert_allclose(found[1, :, 0], [0.104735, 0.357029, 0.148674, 0.059466], 1e-5)  # Theano 1.0.5


def test_gradients_of_gradients(rnn, mode):
    """Pascanu's term, a function of dC/dh[t], is differentiated with respect to the weights."""
    h, u, w, h0 = rnn
    term = (T.grad((h**2).sum(), buffer(h)) ** 2).sum()
    f = theano.function([u, w, h0], [term, T.grad(term, w)], mode=mode)
    far = np.zeros((3, 3))
    far[1, 2] = 1e-6
    numeric = (f(U, W + far, np.ones(3))[0] - f(U, W - far, np.ones(3))[0]) / 2e-6
    assert f(U, W, np.ones(3))[1][1, 2] == pytest.approx(numeric, rel=1e-6)


def test_a_buffer_of_ones_own(rnn, mode):
    """What takes its place is read in its first rows, and has a gradient of its shape."""
    h, u, w, _ = rnn
    own = T.dmatrix("own")
    steps = theano.clone(h, replace={buffer(h): own})
    f = theano.function([u, w, own], [steps, T.grad((steps**2).sum(), own)], mode=mode)
    states = recurrent(U, np.ones(3), W)
    outside = 2 * states
    outside[0] = 0
    for rows in (1, 6, 8):
        values, found = f(U, W, np.ones((rows, 3)))
        np.testing.assert_allclose(values, states[1:])
        np.testing.assert_allclose(found, np.concatenate([swept(states, W, outside), np.zeros((2, 3))])[:rows])


def test_without_rewriting(rnn):
    h, u, w, h0 = rnn
    f = theano.function([u, w, h0], [h, buffer(h)], mode=theano.Mode(linker="cvm", optimizer=None))
    steps, held = f(U, W, np.ones(3))
    np.testing.assert_allclose(steps, recurrent(U, np.ones(3), W)[1:])
    assert held[0].tolist() == [1, 1, 1] and held.shape == (6, 3)


def test_directions(rnn, mode):
    h, u, w, h0 = rnn
    v = T.dvector("v")
    f = theano.function([u, w, h0, v], [T.Rop(h, h0, v), h], mode=mode)
    step = 1e-6 * np.arange(3.0)
    moved = f(U, W, np.ones(3) + step, np.zeros(3))[1] - f(U, W, np.ones(3) - step, np.zeros(3))[1]
    np.testing.assert_allclose(f(U, W, np.ones(3), np.arange(3.0))[0], moved / 2e-6, atol=1e-8)


def test_compiled_loops_have_no_buffers(rnn):
    """Nor the room in them, nor what makes the gradient of all rows if nobody asks for it."""
    h, u, w, h0 = rnn
    f = theano.function([u, w, h0], T.grad((h**2).sum(), [w, h0]))
    assert not any(isinstance(n.op, StateBuffer) for n in f.maker.fgraph.apply_nodes)
    backwards = [n for n in f.maker.fgraph.apply_nodes if str(n.op) == "for{cpu,grad_of_scan_fn}"]
    assert len(backwards) == 1 and all(s.keep == 1 for s in backwards[0].op.spec.states)


def test_too_few_initial_rows(mode):
    m = T.dmatrix("m")
    with pytest.raises(ValueError, match="a state needs 3 initial rows"):
        theano.function([m], StateBuffer(3)(m, 2), mode=mode)(np.ones((2, 1)))

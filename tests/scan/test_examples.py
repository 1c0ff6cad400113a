"""The examples of Theano's documentation."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

import theano
import theano.tensor as T


def test_power(mode):
    k, A = T.iscalar("k"), T.vector("A")
    result, updates = theano.scan(
        fn=lambda prior_result, A: prior_result * A, outputs_info=T.ones_like(A), non_sequences=A, n_steps=k
    )
    power = theano.function([A, k], result[-1], updates=updates, mode=mode)
    assert_allclose(power(range(10), 2), np.arange(10.0) ** 2)
    assert_allclose(power(range(10), 4), np.arange(10.0) ** 4)


def test_polynomial(mode):
    coefficients, x = T.vector("coefficients"), T.scalar("x")
    components, _ = theano.scan(
        fn=lambda coefficient, power, free_variable: coefficient * (free_variable**power),
        outputs_info=None, sequences=[coefficients, T.arange(10000)], non_sequences=x,
    )  # fmt: skip
    f = theano.function([coefficients, x], components.sum(), mode=mode)
    assert_allclose(f([1, 0, 2], 3), 19.0)
    horner, _ = theano.foldr(lambda c, total, x: total * x + c, coefficients, T.zeros_like(x), x)
    assert_allclose(theano.function([coefficients, x], horner, mode=mode)([1, 0, 2], 3), 19.0)


def test_triangular_numbers(mode):
    up_to = T.iscalar("up_to")
    seq = T.arange(up_to)
    outputs_info = T.as_tensor_variable(np.asarray(0, seq.dtype))
    result, _ = theano.scan(lambda i, so_far: i + so_far, outputs_info=outputs_info, sequences=seq)
    f = theano.function([up_to], result, mode=mode)
    assert f(15).tolist() == [n * (n + 1) // 2 for n in range(15)]
    assert result.dtype == "int64"


def test_set_elements(mode):
    location, values, output_model = T.imatrix("location"), T.vector("values"), T.matrix("output_model")

    def set_value_at_position(a_location, a_value, output_model):
        zeros = T.zeros_like(output_model)
        return T.set_subtensor(zeros[a_location[0], a_location[1]], a_value)

    result, _ = theano.scan(
        fn=set_value_at_position, outputs_info=None, sequences=[location, values], non_sequences=output_model
    )
    f = theano.function([location, values, output_model], result, mode=mode)
    out = f([[1, 1], [2, 3]], [42, 50], np.zeros((5, 5)))
    assert out.shape == (2, 5, 5)
    assert out[0, 1, 1] == 42 and out[1, 2, 3] == 50 and out.sum() == 92


def test_shared_variable_updated(mode):
    a = theano.shared(1)
    values, updates = theano.scan(lambda: {a: a + 1}, n_steps=10)
    assert values is None
    b = a + 1
    c = updates[a] + 1
    f = theano.function([], [b, c], updates=updates, mode=mode)
    assert [int(v) for v in f()] == [2, 12]
    assert a.get_value() == 11


def test_recurrent_network_with_taps(mode, rng):
    W, W_feedback, U, V = (theano.shared(rng.uniform(-1, 1, (3, 3)), name=n) for n in ("W", "Wf", "U", "V"))
    u, x0, y0 = T.matrix("u"), T.matrix("x0"), T.vector("y0")

    def one_step(u_tm4, u_t, x_tm3, x_tm1, y_tm1, W, W_feedback, U, V):
        x_t = T.tanh(T.dot(x_tm1, W) + T.dot(u_t, U) + T.dot(u_tm4, U) + T.dot(y_tm1, W_feedback) + T.dot(x_tm3, V))
        return [x_t, T.dot(x_tm3, V)]

    ([x, y], updates) = theano.scan(
        fn=one_step, sequences=dict(input=u, taps=[-4, 0]),
        outputs_info=[dict(initial=x0, taps=[-3, -1]), y0], non_sequences=[W, W_feedback, U, V], strict=True,
    )  # fmt: skip
    f = theano.function([u, x0, y0], [x, y], mode=mode)
    uv, x0v, y0v = rng.randn(9, 3), rng.randn(3, 3), rng.randn(3)
    xs, ys = list(x0v), [y0v]
    w, wf, uu, v = (s.get_value() for s in (W, W_feedback, U, V))
    for t in range(5):
        new = np.tanh(xs[-1] @ w + uv[t + 4] @ uu + uv[t] @ uu + ys[-1] @ wf + xs[-3] @ v)
        ys.append(xs[-3] @ v)
        xs.append(new)
    got = f(uv, x0v, y0v)
    assert_allclose(got[0], xs[3:], atol=1e-12)
    assert_allclose(got[1], ys[1:], atol=1e-12)


def test_conditional_ending(mode):
    def power_of_2(previous_power, max_value):
        return previous_power * 2, theano.scan_module.until(previous_power * 2 > max_value)

    max_value = T.scalar()
    values, _ = theano.scan(
        power_of_2, outputs_info=T.constant(1.0, dtype="float64"), non_sequences=max_value, n_steps=1024
    )
    f = theano.function([max_value], values, mode=mode)
    assert f(45).tolist() == [2, 4, 8, 16, 32, 64]
    assert f(1).tolist() == [2]
    assert len(f(2.0**200)) == 201


def test_jacobian_by_scan(mode):
    v, A = T.vector(), T.matrix()
    y = T.tanh(T.dot(v, A))
    results, _ = theano.scan(lambda i: T.grad(y[i], v), sequences=[T.arange(y.shape[0])])
    jac = theano.function([A, v], results, mode=mode, allow_input_downcast=True)
    x, w = np.eye(1, 5)[0], np.eye(5, 3) * 2.0
    w[:, 2] = 1
    assert_allclose(jac(w, x), ((1 - np.tanh(x @ w) ** 2) * w).T)


def test_gibbs_sampling_with_a_random_stream(mode, rng):
    RandomStreams = pytest.importorskip("theano.random").RandomStreams

    W = theano.shared(rng.uniform(-1, 1, (4, 3)), name="W")
    streams = RandomStreams(1234)

    def one_step(v):
        h = streams.binomial(size=(5, 3), n=1, p=T.nnet.sigmoid(T.dot(v, W)), dtype="float64")
        return streams.binomial(size=(5, 4), n=1, p=T.nnet.sigmoid(T.dot(h, W.T)), dtype="float64")

    sample = T.dmatrix()
    values, updates = theano.scan(one_step, outputs_info=sample, n_steps=10)
    assert len(updates) == 2
    gibbs = theano.function([sample], values, updates=updates, mode=mode)
    first, second = gibbs(np.zeros((5, 4))), gibbs(np.zeros((5, 4)))
    assert set(np.unique(first)) == {0.0, 1.0}
    assert (first != second).any()  # the states went on
    assert all((first[i] != first[j]).any() for i in range(10) for j in range(i))


def test_simple_rnn_gradient(mode, rng):
    """Backpropagation through time, as the deep learning tutorials write it."""
    n_in, n_hidden = 3, 4
    W = theano.shared(rng.randn(n_hidden, n_hidden) * 0.3)
    W_in = theano.shared(rng.randn(n_in, n_hidden) * 0.3)
    W_out = theano.shared(rng.randn(n_hidden, 1) * 0.3)
    u, t, h0, lr = T.matrix(), T.matrix(), T.vector(), T.scalar()

    def step(u_t, h_tm1, W, W_in, W_out):
        h_t = T.tanh(T.dot(u_t, W_in) + T.dot(h_tm1, W))
        return h_t, T.dot(h_t, W_out)

    [_, y], _ = theano.scan(step, sequences=u, outputs_info=[h0, None], non_sequences=[W, W_in, W_out])
    error = ((y - t) ** 2).sum()
    params = [W, W_in, W_out]
    grads = T.grad(error, params)
    fn = theano.function([h0, u, t, lr], error, mode=mode, updates=[(p, p - lr * g) for p, g in zip(params, grads)])
    data, target = rng.randn(20, n_in), rng.randn(20, 1) * 0.2
    costs = [float(fn(np.zeros(n_hidden), data, target, 0.01)) for _ in range(30)]
    assert costs[-1] < 0.7 * costs[0]

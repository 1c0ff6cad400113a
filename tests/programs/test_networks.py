"""Networks as they were written for Theano: data in shared variables, batches by index, updates as lists."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from theano.sandbox.rng_mrg import MRG_RandomStreams
from theano.tensor.shared_randomstreams import RandomStreams

import theano
import theano.tensor as T
from tests.programs.numeric import sigmoid, softmax, stream

BATCH = 20
RNG = np.random.RandomState(1)
X = RNG.randn(200, 20)
Y = X.dot(RNG.randn(20, 4)).argmax(axis=1)
BITS = (X > 0).astype("float64")


def shared_dataset(data_x, data_y):
    shared_x = theano.shared(np.asarray(data_x, dtype=theano.config.floatX), borrow=True)
    shared_y = theano.shared(np.asarray(data_y, dtype=theano.config.floatX), borrow=True)
    return shared_x, T.cast(shared_y, "int32")


def batch(data, index):
    return data[index * BATCH : (index + 1) * BATCH]


class LogisticRegression:
    def __init__(self, input, n_in, n_out):
        self.W = theano.shared(np.zeros((n_in, n_out), dtype=theano.config.floatX), name="W", borrow=True)
        self.b = theano.shared(np.zeros((n_out,), dtype=theano.config.floatX), name="b", borrow=True)
        self.p_y_given_x = T.nnet.softmax(T.dot(input, self.W) + self.b)
        self.y_pred = T.argmax(self.p_y_given_x, axis=1)
        self.params = [self.W, self.b]
        self.input = input

    def negative_log_likelihood(self, y):
        return -T.mean(T.log(self.p_y_given_x)[T.arange(y.shape[0]), y])

    def errors(self, y):
        if y.ndim != self.y_pred.ndim:
            raise TypeError("y should have the same shape as self.y_pred", ("y", y.type, "y_pred", self.y_pred.type))
        if not y.dtype.startswith("int"):
            raise NotImplementedError
        return T.mean(T.neq(self.y_pred, y))


def test_logistic_regression():
    train_x, train_y = shared_dataset(X, Y)
    index, x, y = T.lscalar("index"), T.matrix("x"), T.ivector("y")
    classifier = LogisticRegression(x, 20, 4)
    cost = classifier.negative_log_likelihood(y)
    givens = {x: batch(train_x, index), y: batch(train_y, index)}
    errors = theano.function(inputs=[index], outputs=classifier.errors(y), givens=givens)
    g_W = T.grad(cost=cost, wrt=classifier.W)
    g_b = T.grad(cost=cost, wrt=classifier.b)
    updates = [(classifier.W, classifier.W - 0.13 * g_W), (classifier.b, classifier.b - 0.13 * g_b)]
    train = theano.function(inputs=[index], outputs=cost, updates=updates, givens=givens)
    assert np.mean([errors(k) for k in range(10)]) > 0.5

    W, b = np.zeros((20, 4)), np.zeros(4)
    for k in list(range(10)) * 20:
        rows, labels = batch(X, k), batch(Y, k)
        p = softmax(rows @ W + b)
        assert np.isclose(train(k), -np.log(p[np.arange(BATCH), labels]).mean())
        p[np.arange(BATCH), labels] -= 1
        W, b = W - 0.13 * rows.T @ p / BATCH, b - 0.13 * p.mean(axis=0)
    np.testing.assert_allclose(classifier.W.get_value(), W)
    np.testing.assert_allclose(classifier.b.get_value(), b, atol=1e-12)
    assert np.mean([errors(k) for k in range(10)]) < 0.1

    restored = pickle.loads(pickle.dumps(classifier))
    predict = theano.function(inputs=[restored.input], outputs=restored.y_pred)
    np.testing.assert_array_equal(predict(X), (X @ W + b).argmax(axis=1))


class HiddenLayer:
    def __init__(self, rng, input, n_in, n_out, activation=T.tanh):
        bound = np.sqrt(6.0 / (n_in + n_out))
        W_values = np.asarray(rng.uniform(-bound, bound, size=(n_in, n_out)), dtype=theano.config.floatX)
        if activation == theano.tensor.nnet.sigmoid:
            W_values *= 4
        self.W = theano.shared(value=W_values, name="W", borrow=True)
        self.b = theano.shared(np.zeros((n_out,), dtype=theano.config.floatX), name="b", borrow=True)
        self.output = activation(T.dot(input, self.W) + self.b)
        self.params = [self.W, self.b]


def test_perceptron_with_penalties():
    train_x, train_y = shared_dataset(X, Y)
    index, x, y = T.lscalar(), T.matrix("x"), T.ivector("y")
    hidden = HiddenLayer(np.random.RandomState(1), x, 20, 30)
    top = LogisticRegression(hidden.output, 30, 4)
    L1 = abs(hidden.W).sum() + abs(top.W).sum()
    L2_sqr = (hidden.W**2).sum() + (top.W**2).sum()
    cost = top.negative_log_likelihood(y) + 0.0001 * L1 + 0.0001 * L2_sqr
    params = hidden.params + top.params
    gparams = [T.grad(cost, param) for param in params]
    updates = [(param, param - 0.2 * gparam) for param, gparam in zip(params, gparams)]
    givens = {x: batch(train_x, index), y: batch(train_y, index)}
    train = theano.function([index], cost, updates=updates, givens=givens)
    errors = theano.function([index], top.errors(y), givens=givens)
    for _ in range(60):
        for k in range(10):
            train(k)
    assert np.mean([errors(k) for k in range(10)]) == 0


class DenoisingAutoencoder:
    def __init__(self, numpy_rng, theano_rng, input, n_visible, n_hidden, W=None, bhid=None):
        if not W:  # as programs ask: a shared variable is true
            initial = numpy_rng.uniform(-0.5, 0.5, size=(n_visible, n_hidden))
            W = theano.shared(value=np.asarray(initial, dtype=theano.config.floatX), name="W", borrow=True)
        if not bhid:
            bhid = theano.shared(np.zeros(n_hidden, dtype=theano.config.floatX), name="b", borrow=True)
        self.W, self.b, self.W_prime = W, bhid, W.T
        self.b_prime = theano.shared(np.zeros(n_visible, dtype=theano.config.floatX), borrow=True)
        self.theano_rng, self.x = theano_rng, input
        self.params = [self.W, self.b, self.b_prime]

    def get_cost_updates(self, corruption_level, learning_rate):
        kept = self.theano_rng.binomial(size=self.x.shape, n=1, p=1 - corruption_level, dtype=theano.config.floatX)
        y = T.nnet.sigmoid(T.dot(kept * self.x, self.W) + self.b)
        z = T.nnet.sigmoid(T.dot(y, self.W_prime) + self.b_prime)
        L = -T.sum(self.x * T.log(z) + (1 - self.x) * T.log(1 - z), axis=1)
        cost = T.mean(L)
        gparams = T.grad(cost, self.params)
        return cost, [(param, param - learning_rate * gparam) for param, gparam in zip(self.params, gparams)]


def test_denoising_autoencoder():
    """Its corrupted inputs are those of NumPy's generator, so every number is known."""
    data, index, x = theano.shared(BITS), T.lscalar(), T.matrix("x")
    da = DenoisingAutoencoder(np.random.RandomState(123), RandomStreams(7), x, 20, 10)
    cost, updates = da.get_cost_updates(corruption_level=0.3, learning_rate=0.1)
    W, b, c = da.W.get_value(), np.zeros(10), np.zeros(20)
    train = theano.function([index], cost, updates=updates, givens={x: batch(data, index)})
    rng = stream(7)
    for k in list(range(10)) * 3:
        rows = batch(BITS, k)
        corrupted = rng.binomial(1, 0.7, rows.shape) * rows
        y = sigmoid(corrupted @ W + b)
        z = sigmoid(y @ W.T + c)
        assert np.isclose(train(k), -(rows * np.log(z) + (1 - rows) * np.log(1 - z)).sum(axis=1).mean())
        dz = (z - rows) / BATCH
        dy = dz @ W * y * (1 - y)
        W, b, c = W - 0.1 * (corrupted.T @ dy + dz.T @ y), b - 0.1 * dy.sum(axis=0), c - 0.1 * dz.sum(axis=0)
    np.testing.assert_allclose(da.W.get_value(), W)


def test_stacked_autoencoders():
    numpy_rng = np.random.RandomState(89677)
    theano_rng = RandomStreams(numpy_rng.randint(2**30))
    x, y, index = T.matrix("x"), T.ivector("y"), T.lscalar("index")
    layers, autoencoders, input = [], [], x
    for n_in, n_out in ((20, 15), (15, 10)):
        layer = HiddenLayer(numpy_rng, input, n_in, n_out, activation=T.nnet.sigmoid)
        autoencoders.append(DenoisingAutoencoder(numpy_rng, theano_rng, input, n_in, n_out, layer.W, layer.b))
        assert autoencoders[-1].W is layer.W
        layers.append(layer)
        input = layer.output
    data, labels = shared_dataset(BITS, Y)
    corruption_level, learning_rate = T.scalar("corruption"), T.scalar("lr")
    for autoencoder in autoencoders:
        cost, updates = autoencoder.get_cost_updates(corruption_level, learning_rate)
        pretrain = theano.function(
            inputs=[index, theano.In(corruption_level, value=0.2), theano.In(learning_rate, value=0.1)],
            outputs=cost,
            updates=updates,
            givens={x: batch(data, index)},
        )
        costs = [np.mean([pretrain(index=k, corruption=0.1, lr=0.1) for k in range(10)]) for _ in range(15)]
        assert costs[-1] < 0.9 * costs[0] and pretrain(0) > 0
    top = LogisticRegression(input, 10, 4)
    params = [p for layer in [*layers, top] for p in layer.params]
    cost = top.negative_log_likelihood(y)
    updates = [(p, p - 0.3 * g) for p, g in zip(params, T.grad(cost, params))]
    givens = {x: batch(data, index), y: batch(labels, index)}
    tune = theano.function([index], cost, updates=updates, givens=givens)
    costs = [np.mean([tune(k) for k in range(10)]) for _ in range(60)]
    assert costs[-1] < 0.7 * costs[0]


def _slice(x, n, dim):
    return x[:, :, n * dim : (n + 1) * dim] if x.ndim == 3 else x[:, n * dim : (n + 1) * dim]


def test_lstm_with_masks():
    """Sentences of unequal length, padded; dropout by a switch; Adadelta in two functions; float32 throughout."""
    with theano.config.change_flags(floatX="float32"):
        dim, n_words, rng = 8, 50, np.random.RandomState(123)

        def ortho(n):
            return np.linalg.svd(rng.randn(n, n))[0].astype("float32")

        values = {
            "Wemb": (0.01 * rng.rand(n_words, dim)).astype("float32"),
            "W": np.concatenate([ortho(dim)] * 4, axis=1),
            "U": np.concatenate([ortho(dim)] * 4, axis=1),
            "b": np.zeros(4 * dim, "float32"),
            "U_out": 0.01 * rng.randn(dim, 2).astype("float32"),
            "b_out": np.zeros(2, "float32"),
        }
        params = {name: theano.shared(value, name=name) for name, value in values.items()}
        trng, use_noise = MRG_RandomStreams(123), theano.shared(np.float32(0))
        x, mask = T.matrix("x", dtype="int64"), T.matrix("mask", dtype="float32")
        y = T.vector("y", dtype="int64")
        n_timesteps, n_samples = x.shape[0], x.shape[1]
        emb = params["Wemb"][x.flatten()].reshape([n_timesteps, n_samples, dim])

        def step(m_, x_, h_, c_):
            preact = T.dot(h_, params["U"])
            preact += x_
            i, f, o = (T.nnet.sigmoid(_slice(preact, k, dim)) for k in range(3))
            c = f * c_ + i * T.tanh(_slice(preact, 3, dim))
            c = m_[:, None] * c + (1.0 - m_)[:, None] * c_
            h = o * T.tanh(c)
            h = m_[:, None] * h + (1.0 - m_)[:, None] * h_
            return h, c

        zeros = T.alloc(np.float32(0), n_samples, dim)
        state_below = T.dot(emb, params["W"]) + params["b"]
        (hs, _), _ = theano.scan(step, [mask, state_below], outputs_info=[zeros, zeros], n_steps=n_timesteps)
        proj = (hs * mask[:, :, None]).sum(axis=0) / mask.sum(axis=0)[:, None]
        noise = trng.binomial(proj.shape, p=0.5, n=1, dtype=proj.dtype)
        proj = T.switch(use_noise, proj * noise, proj * 0.5)
        pred = T.nnet.softmax(T.dot(proj, params["U_out"]) + params["b_out"])
        cost = -T.log(pred[T.arange(n_samples), y] + 1e-8).mean() + 0.0001 * (params["U_out"] ** 2).sum()

        wrt = list(params.values())
        grads = T.grad(cost, wrt=wrt)
        f_cost, f_grad = theano.function([x, mask, y], cost), theano.function([x, mask, y], grads)
        zipped = [theano.shared(p.get_value() * np.float32(0)) for p in wrt]
        running_up2 = [theano.shared(p.get_value() * np.float32(0)) for p in wrt]
        running_grads2 = [theano.shared(p.get_value() * np.float32(0)) for p in wrt]
        f_grad_shared = theano.function(
            [x, mask, y],
            cost,
            updates=list(zip(zipped, grads))
            + [(rg2, 0.95 * rg2 + 0.05 * (g**2)) for rg2, g in zip(running_grads2, grads)],
        )
        updir = [
            -T.sqrt(ru2 + 1e-4) / T.sqrt(rg2 + 1e-6) * g for g, ru2, rg2 in zip(zipped, running_up2, running_grads2)
        ]
        f_update = theano.function(
            [],
            [],
            updates=[(ru2, 0.95 * ru2 + 0.05 * (ud**2)) for ru2, ud in zip(running_up2, updir)]
            + [(p, p + ud) for p, ud in zip(wrt, updir)],
        )

    sentences, labels = rng.randint(0, n_words, (7, 5)), np.array([0, 1, 0, 1, 1])
    lengths = np.array([5, 7, 3, 7, 1])
    masks = (np.arange(7)[:, None] < lengths).astype("float32")
    before = f_cost(sentences, masks, labels)
    use_noise.set_value(1)
    for _ in range(60):
        assert np.isfinite(f_grad_shared(sentences, masks, labels))
        f_update()
    use_noise.set_value(0)
    after = f_cost(sentences, masks, labels)
    assert after.dtype == np.float32 and after < 0.5 * before
    # What lies behind the end of a sentence does not matter.
    padded = np.where(masks > 0, sentences, (sentences + 1) % n_words)
    assert f_cost(padded, masks, labels) == after
    # A slope, by differences in float32.
    g = f_grad(sentences, masks, labels)[list(params).index("U_out")]
    U = params["U_out"].get_value()
    change = []
    for sign in (1, -1):
        params["U_out"].set_value(U + sign * np.float32(1e-2) * np.sign(g))
        change.append(f_cost(sentences, masks, labels))
    np.testing.assert_allclose((change[0] - change[1]) / 2e-2, np.abs(g).sum(), rtol=1e-2)


@pytest.mark.parametrize("mode", ["FAST_RUN", "FAST_COMPILE"])
def test_embeddings(mode):
    """Only the rows that a batch names change; repeated ones add up."""
    E = theano.shared(RNG.randn(30, 5), "E")
    idx, target = T.ivector("idx"), T.dmatrix("target")
    subset = E[idx]
    cost = ((subset - target) ** 2).sum()
    g = T.grad(cost, subset)
    train = theano.function([idx, target], cost, updates=[(E, T.inc_subtensor(subset, -0.1 * g))], mode=mode)
    whole = theano.function([idx, target], T.grad(cost, E), mode=mode)
    before, rows, wanted = E.get_value(), np.array([3, 3, 7], "int32"), RNG.randn(3, 5)
    slopes = np.zeros_like(before)
    np.add.at(slopes, rows, 2 * (before[rows] - wanted))
    np.testing.assert_allclose(whole(rows, wanted), slopes)
    train(rows, wanted)
    np.testing.assert_allclose(E.get_value(), before - 0.1 * slopes)

"""A restricted Boltzmann machine by persistent contrastive divergence, number for number."""

from __future__ import annotations

import numpy as np
from theano.tensor.shared_randomstreams import RandomStreams

import theano
import theano.tensor as T
from tests.programs.numeric import sigmoid, stream

VISIBLE, HIDDEN, BATCH, SEED = 20, 15, 20, 77
BITS = (np.random.RandomState(1).randn(200, VISIBLE) > 0).astype("float64")


class RBM:
    def __init__(self, input, numpy_rng, theano_rng):
        self.W = theano.shared(numpy_rng.uniform(-0.3, 0.3, (VISIBLE, HIDDEN)), name="W", borrow=True)
        self.hbias = theano.shared(np.zeros(HIDDEN), name="hbias", borrow=True)
        self.vbias = theano.shared(np.zeros(VISIBLE), name="vbias", borrow=True)
        self.params = [self.W, self.hbias, self.vbias]
        self.input, self.theano_rng = input, theano_rng

    def free_energy(self, v_sample):
        wx_b = T.dot(v_sample, self.W) + self.hbias
        return -T.sum(T.log(1 + T.exp(wx_b)), axis=1) - T.dot(v_sample, self.vbias)

    def sample_h_given_v(self, v0_sample):
        pre = T.dot(v0_sample, self.W) + self.hbias
        mean = T.nnet.sigmoid(pre)
        sample = self.theano_rng.binomial(size=mean.shape, n=1, p=mean, dtype=theano.config.floatX)
        return [pre, mean, sample]

    def sample_v_given_h(self, h0_sample):
        pre = T.dot(h0_sample, self.W.T) + self.vbias
        mean = T.nnet.sigmoid(pre)
        sample = self.theano_rng.binomial(size=mean.shape, n=1, p=mean, dtype=theano.config.floatX)
        return [pre, mean, sample]

    def gibbs_hvh(self, h0_sample):
        down = self.sample_v_given_h(h0_sample)
        return down + self.sample_h_given_v(down[2])

    def get_cost_updates(self, lr, persistent, k):
        outs, updates = theano.scan(
            self.gibbs_hvh, outputs_info=[None, None, None, None, None, persistent], n_steps=k, name="gibbs_hvh"
        )
        chain_end = outs[2][-1]
        cost = T.mean(self.free_energy(self.input)) - T.mean(self.free_energy(chain_end))
        gparams = T.grad(cost, self.params, consider_constant=[chain_end])
        for gparam, param in zip(gparams, self.params):
            updates[param] = param - gparam * T.cast(lr, dtype=theano.config.floatX)
        updates[persistent] = outs[5][-1]
        return self.get_pseudo_likelihood_cost(updates), updates

    def get_pseudo_likelihood_cost(self, updates):
        bit_i_idx = theano.shared(value=0, name="bit_i_idx")
        xi = T.round(self.input)
        fe_xi = self.free_energy(xi)
        xi_flip = T.set_subtensor(xi[:, bit_i_idx], 1 - xi[:, bit_i_idx])
        cost = T.mean(VISIBLE * T.log(T.nnet.sigmoid(self.free_energy(xi_flip) - fe_xi)))
        updates[bit_i_idx] = (bit_i_idx + 1) % VISIBLE
        return cost


def free_energy(v, W, hbias, vbias):
    return -np.log1p(np.exp(v @ W + hbias)).sum(axis=1) - v @ vbias


def test_persistent_contrastive_divergence():
    x, index = T.matrix("x"), T.lscalar("index")
    rbm = RBM(x, np.random.RandomState(1234), RandomStreams(SEED))
    chain = theano.shared(np.zeros((BATCH, HIDDEN)), borrow=True)
    cost, updates = rbm.get_cost_updates(lr=0.1, persistent=chain, k=3)
    data = theano.shared(BITS)
    train = theano.function(
        [index], cost, updates=updates, givens={x: data[index * BATCH : (index + 1) * BATCH]}, name="train_rbm"
    )
    W, hbias, vbias = (p.get_value() for p in rbm.params)
    h, v_stream, h_stream = chain.get_value(), stream(SEED, 0), stream(SEED, 1)
    for t in range(20):
        rows = BITS[t % 10 * BATCH : (t % 10 + 1) * BATCH]
        flipped = rows.copy()
        flipped[:, t % VISIBLE] = 1 - flipped[:, t % VISIBLE]
        gap = free_energy(flipped, W, hbias, vbias) - free_energy(rows, W, hbias, vbias)
        assert np.isclose(train(t % 10), np.mean(VISIBLE * np.log(sigmoid(gap))))
        for _ in range(3):
            v = v_stream.binomial(1, sigmoid(h @ W.T + vbias))
            h = h_stream.binomial(1, sigmoid(v @ W + hbias))
        positive, negative = sigmoid(rows @ W + hbias), sigmoid(v @ W + hbias)
        W = W + 0.1 * (rows.T @ positive - v.T @ negative) / BATCH
        hbias = hbias + 0.1 * (positive.mean(axis=0) - negative.mean(axis=0))
        vbias = vbias + 0.1 * (rows.mean(axis=0) - v.mean(axis=0))
    for p, wanted in zip(rbm.params, (W, hbias, vbias)):
        np.testing.assert_allclose(p.get_value(), wanted, atol=1e-12)
    np.testing.assert_array_equal(chain.get_value(), h)

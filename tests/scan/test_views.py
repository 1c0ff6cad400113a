"""`map`, `reduce`, `foldl`, `foldr`, `scan_checkpoints`."""

from __future__ import annotations

import pytest
from numpy.testing import assert_allclose

import theano
import theano.tensor as T


def test_map_with_several_outputs(mode):
    x, k = T.dmatrix("x"), T.dscalar("k")
    (a, b), updates = theano.map(lambda r, k: [r * k, r.sum()], x, k)
    got = theano.function([x, k], [a, b], mode=mode)([[1, 2], [3, 4]], 2)
    assert [v.tolist() for v in got] == [[[2, 4], [6, 8]], [3, 7]] and len(updates) == 0


def test_folds(mode):
    x = T.dvector("x")
    left, _ = theano.foldl(lambda v, acc: acc * 10 + v, x, 0.0)
    right, _ = theano.foldr(lambda v, acc: acc * 10 + v, x, 0.0)
    (total, count), _ = theano.reduce(
        lambda v, s, n, k: [s + v * k, n + 1], x, [0.0, T.constant(0, dtype="int64")], non_sequences=2.0
    )
    backwards, _ = theano.reduce(lambda v, acc: acc * 10 + v, x, 0.0, go_backwards=True)
    f = theano.function([x], [left, right, total, count, backwards], mode=mode)
    assert [float(v) for v in f([1, 2, 3])] == [123, 321, 12, 3, 321]
    assert [float(v) for v in f([])] == [0, 0, 0, 0, 0]


class TestCheckpoints:
    def reference(self, x, w):
        out, _ = theano.scan(lambda r, s, w: T.tanh(s * w + r), x, T.zeros_like(x[0]), w)
        return out

    @pytest.mark.parametrize("n, every", [(10, 3), (9, 3), (1, 4), (7, 7), (5, 1)])
    def test_every_nth_and_the_last(self, n, every, mode, rng):
        x, w = T.dmatrix("x"), T.dscalar("w")
        out, _ = theano.scan_checkpoints(
            lambda r, s, w: T.tanh(s * w + r), x, T.zeros_like(x[0]), w, save_every_N=every
        )
        full = self.reference(x, w)
        grads = [*T.grad(out[-1].sum(), [x, w]), *T.grad(full[-1].sum(), [x, w])]
        f = theano.function([x, w], [out, full, *grads], mode=mode)
        got = f(rng.randn(n, 2), 0.7)
        steps = [min(k + every, n) - 1 for k in range(0, n, every)]
        assert_allclose(got[0], got[1][steps])
        assert_allclose(got[2], got[4])
        assert_allclose(got[3], got[5])

    def test_n_steps_updates_and_no_padding(self, mode):
        calls = theano.shared(0)
        x = T.dvector("x")
        out, updates = theano.scan_checkpoints(
            lambda r, s: (s + r, {calls: calls + 1}), x, 0.0, save_every_N=2, padding=False, n_steps=4
        )
        f = theano.function([x], out, updates=updates, mode=mode)
        assert f([1, 2, 3, 4, 5]).tolist() == [3, 10] and calls.get_value() == 4

    def test_refusals(self):
        x = T.dvector("x")
        for kwargs in (
            dict(sequences=x, outputs_info=[None]),
            dict(sequences=x, outputs_info=dict(initial=x, taps=[-2])),
            dict(sequences=dict(input=x, taps=[-1]), outputs_info=0.0),
        ):
            with pytest.raises(RuntimeError, match="scan_checkpoints"):
                theano.scan_checkpoints(lambda *a: a[0], **kwargs)
        with pytest.raises(ValueError, match="save_every_N"):
            theano.scan_checkpoints(lambda r, s: s, x, 0.0, save_every_N=0)

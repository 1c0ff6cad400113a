"""`PhiloxRandomStreams`: known answers, positions, fusion, states."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import theano
import theano.tensor as T
from theano.loops.text import program_text
from theano.random import PhiloxRandomStreams
from theano.tensor.random import philox4x32

MODES = ["FAST_COMPILE", "FAST_RUN"]


def value(sample, mode="FAST_RUN"):
    return theano.function([], sample, mode=mode)()


# The known answers published with the generator (Random123, kat_vectors): counter, key, result.
KNOWN = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]


@pytest.mark.parametrize(("counter", "key", "wanted"), KNOWN)
def test_known_answers(counter, key, wanted):
    words = [np.array([int(w, 16)], dtype="uint64") for w in f"{counter} {key}".split()]
    found = philox4x32.block(words[:4], words[4:], lambda x, n: x >> np.uint64(n))
    assert [f"{int(w[0]):08x}" for w in found] == wanted.split()


@pytest.mark.parametrize("mode", MODES)
def test_known_answers_of_streams(mode):
    """Key, stream and position are the generator's key and counter; both words of a float64 count."""
    streams = PhiloxRandomStreams(0x299F31D0A4093822)
    sample = streams.uniform((1,))
    sample.rstate.set_value(np.array([0x299F31D0A4093822, 0x0370734413198A2E, -0x7A5CF72CDBC09578], dtype="int64"))
    high, low = 0x94FDCCEB, 0xD16CFE09
    assert value(sample, mode).tolist() == [(((high << 32 | low) >> 12) + 0.5) / 2**52]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_modes_agree(dtype):
    def ask(streams):
        n = T.constant(5)
        return [
            streams.uniform((1000,), dtype=dtype), streams.uniform((3, n, 2), -1, 1, dtype=dtype),
            streams.random_integers((50,), 1, 6), streams.binomial((50,), p=0.3), streams.uniform((), dtype=dtype),
            streams.normal((300,), 1, 2, dtype=dtype),
        ]  # fmt: skip

    f, g = (theano.function([], ask(PhiloxRandomStreams(5)), mode=mode) for mode in MODES)
    for _ in range(2):
        *slow, z = f()
        *fast, w = g()
        for a, b in zip(slow, fast, strict=True):
            assert a.dtype == b.dtype and a.shape == b.shape
            np.testing.assert_array_equal(a, b)
        np.testing.assert_allclose(z, w, rtol=1e-4 if dtype == "float32" else 1e-11, atol=1e-5)


def test_elements_depend_on_their_position_only():
    whole = value(PhiloxRandomStreams(5).uniform((60,)))
    np.testing.assert_array_equal(value(PhiloxRandomStreams(5).uniform((3, 4, 5))).ravel(), whole)
    f = theano.function([], PhiloxRandomStreams(5).uniform((20,)))
    np.testing.assert_array_equal(np.concatenate([f(), f(), f()]), whole)
    x = T.dmatrix("x")
    transposed = theano.function([x], x + PhiloxRandomStreams(5).uniform((12, 5)).T)(np.zeros((5, 12)))
    np.testing.assert_array_equal(transposed, whole.reshape(12, 5).T)


def test_streams_and_seeds_differ():
    a, b = PhiloxRandomStreams(5), PhiloxRandomStreams(6)
    samples = [value(s.uniform((1000,))) for s in (a, a, b, b)]
    for i in range(4):
        for j in range(i):
            assert not np.intersect1d(samples[i], samples[j]).size
            assert abs(np.corrcoef(samples[i], samples[j])[0, 1]) < 0.15


def test_compiled_and_fused():
    x = T.dvector("x")
    streams = PhiloxRandomStreams(5)
    f = theano.function([x], (x * (streams.uniform(x.shape) < 0.5) + streams.normal(x.shape)).sum())
    low = f.executor.lowered
    assert not [w for w, _ in low.words if w == "callback"]
    # everything that runs over the vector is one loop
    sizes = [str(k.params) for k in low.program.kernels]
    assert len([s for s in sizes if s.count("'i64'") > 3]) == 1, program_text(low.program)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_moments(dtype):
    n, streams = 200_000, PhiloxRandomStreams(234)
    u, z, b, i = theano.function(
        [],
        [
            streams.uniform((n,), -1, 3, dtype=dtype), streams.normal((n,), 2, 3, dtype=dtype),
            streams.binomial((n,), p=0.3), streams.random_integers((n,), 1, 6),
        ],
    )()  # fmt: skip
    assert abs(u.mean() - 1) < 0.02 and abs(u.std() - 4 / 12**0.5) < 0.02 and u.min() > -1 and u.max() < 3
    assert abs(z.mean() - 2) < 0.03 and abs(z.std() - 3) < 0.03
    assert abs((((z - 2) / 3) ** 4).mean() - 3) < 0.1
    assert abs(b.mean() - 0.3) < 0.01
    np.testing.assert_allclose(np.bincount(i)[1:] / n, np.full(6, 1 / 6), atol=0.01)


def test_extremes_stay_inside():
    ones, zeros = np.array([0xFFFFFFFF], dtype="uint64"), np.array([0], dtype="uint64")
    for dtype in ("float32", "float64"):
        for w in (zeros, ones):
            assert 0 < philox4x32.fractions(w, w, dtype)[0] < 1


def test_seed():
    streams = PhiloxRandomStreams(5)
    f = theano.function([], [streams.uniform((3,)), streams.uniform((3,))])
    first = f()
    assert (f()[0] != first[0]).all() and (first[0] != first[1]).all()
    streams.seed()
    np.testing.assert_array_equal(f(), first)
    streams.seed(2**64 - 1)
    np.testing.assert_array_equal(f()[0], value(PhiloxRandomStreams(-1).uniform((3,))))


@pytest.mark.parametrize(
    ("seed", "error"), [(1.5, TypeError), (None, TypeError), (2**64, ValueError), (-(2**64), ValueError)]
)
def test_bad_seeds(seed, error):
    with pytest.raises(error):
        PhiloxRandomStreams(seed)


def test_sizes():
    x, n = T.dmatrix("x"), T.lscalar("n")
    streams = PhiloxRandomStreams(5)
    f = theano.function([x, n], [streams.normal(avg=x), streams.uniform(x.shape), streams.uniform((n,))])
    assert [a.shape for a in f(np.ones((2, 3)), 4)] == [(2, 3), (2, 3), (4,)]
    with pytest.raises(ValueError, match="negative"):
        f(np.ones((2, 3)), -4)
    with pytest.raises(TypeError):
        streams.uniform(3)
    with pytest.raises(TypeError):
        streams.uniform((3,), dtype="int64")
    with pytest.raises(NotImplementedError):
        streams.binomial((3,), n=2)


def test_gradients_through_parameters():
    m, s = T.dscalar("m"), T.dscalar("s")
    z = value(PhiloxRandomStreams(6).normal((5,)))
    cost = PhiloxRandomStreams(6).normal((5,), m, s).sum()
    np.testing.assert_allclose(theano.function([m, s], T.grad(cost, [m, s]))(1.0, 2.0), [5.0, z.sum()])


def test_one_sample_used_twice_is_one_draw():
    sample = PhiloxRandomStreams(5).uniform((3,))
    assert not value(sample - sample).any()
    a, total = theano.function([], [sample, sample.sum()])()
    np.testing.assert_allclose(a.sum(), total)


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda f: pickle.loads(pickle.dumps(f))])
def test_duplicates_go_on_alone(duplicate):
    f = theano.function([], PhiloxRandomStreams(6).normal((3,)))
    f()
    g = duplicate(f)
    for w in [f() for _ in range(2)]:
        np.testing.assert_array_equal(g(), w)

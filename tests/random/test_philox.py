"""`PhiloxRandomStreams`: known answers, positions, fusion, states."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.call_backs import is_native
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


# -- gumbel, permutation, choice, multinomial ----------------------------------------------------------------


def test_gumbel():
    n, streams = 200_000, PhiloxRandomStreams(3)
    for dtype in ("float32", "float64"):
        g = value(streams.gumbel((n,), 1, 2, dtype=dtype))
        assert g.dtype == dtype and np.isfinite(g).all()
        assert abs(g.mean() - 1 - 2 * np.euler_gamma) < 0.03 and abs(g.std() - 2 * np.pi / 6**0.5) < 0.03
        for q in (0.1, 0.5, 0.99):
            assert abs((g <= 1 - 2 * np.log(-np.log(q))).mean() - q) < 0.005
    m = T.dscalar("m")
    assert theano.function([m], T.grad(PhiloxRandomStreams(3).gumbel((5,), m).sum(), m))(1.0) == 5


def test_permutations():
    n, k = 20_000, 4
    streams = PhiloxRandomStreams(3)
    one, many = theano.function([], [streams.permutation(n=9), streams.permutation((n,), k)])()
    assert sorted(one) == list(range(9)) and one.dtype == many.dtype == "int64" and many.shape == (n, k)
    assert (np.sort(many, axis=1) == np.arange(k)).all()
    orders = np.unique(many @ k ** np.arange(k), return_counts=True)[1]
    assert len(orders) == 24 and ((orders - n / 24) ** 2 / (n / 24)).sum() < 60  # chi squared of 23
    m, sizes = T.lscalar("m"), T.lvector("sizes")
    f = theano.function([m, sizes], [streams.permutation(n=m), streams.permutation(sizes, m, ndim=2)])
    assert [v.shape for v in f(5, [2, 3])] == [(5,), (2, 3, 5)]
    assert [v.shape for v in f(0, [0, 3])] == [(0,), (0, 3, 0)]


def test_choices():
    n, streams = 100_000, PhiloxRandomStreams(3)
    p = np.array([0.1, 0.0, 0.6, 0.3])
    even, weighted, elements, single = theano.function([], [
        streams.choice((n,), 5), streams.choice((n,), 4, p=p), streams.choice((n, 2), [1.5, 2.5], p=[3, 1]),
        streams.choice(a=7),
    ])()  # fmt: skip
    np.testing.assert_allclose(np.bincount(even, minlength=5) / n, 0.2, atol=0.006)
    np.testing.assert_allclose(np.bincount(weighted, minlength=4) / n, p, atol=0.006)
    assert elements.shape == (n, 2) and abs((elements == 1.5).mean() - 0.75) < 0.006
    assert single.shape == () and 0 <= single < 7 and even.dtype == weighted.dtype == "int64"


def test_choices_without_replacement():
    """The chance of a pair is that of the first times that of the second among the others, as in NumPy."""
    n, p = 5000, np.array([0.1, 0.0, 0.6, 0.3])
    streams = PhiloxRandomStreams(3)
    f = theano.function([], [
        streams.choice((2,), 4, False, p), streams.choice((2, 2), 4, False),
        streams.choice((3,), [2.5, 3.5, 4.5], False),
    ])  # fmt: skip
    found = [f() for _ in range(n)]
    pairs = np.array([a for a, _, _ in found])
    for i, j in ((0, 2), (2, 0), (2, 3), (3, 2), (0, 3)):
        assert abs(((pairs == [i, j]).all(axis=1)).mean() - p[i] * p[j] / (1 - p[i])) < 0.025
    assert not (pairs == 1).any()
    assert all(sorted(b.ravel()) == [0, 1, 2, 3] and sorted(c) == [2.5, 3.5, 4.5] for _, b, c in found)
    assert abs(np.mean([b[0, 0] for _, b, _ in found]) - 1.5) < 0.07


def test_multinomials():
    n, streams = 100_000, PhiloxRandomStreams(3)
    p = np.array([[0.2, 0.3, 0.5], [0.0, 4.0, 0.0]])
    x, k = T.dmatrix("x"), T.lscalar("k")
    outputs = [
        streams.multinomial(n=k, pvals=x), streams.multinomial((n,), 3, x[0]), streams.multinomial(pvals=x),
        streams.multinomial((4, 2), 6, x, dtype="int32"),
    ]  # fmt: skip
    f = theano.function([x, k], outputs)
    counts, rows, once, wide = f(p, n)
    np.testing.assert_allclose(counts / n, p / p.sum(axis=1, keepdims=True), atol=0.006)
    assert counts.dtype == "int64" and counts.shape == (2, 3) and (counts.sum(axis=1) == n).all()
    assert (rows.sum(axis=1) == 3).all() and abs(rows.mean(axis=0) / 3 - p[0]).max() < 0.006
    np.testing.assert_allclose(np.cov(rows.T)[0, 1], -3 * 0.2 * 0.3, atol=0.02)
    assert (once.sum(axis=1) == 1).all() and once[1].tolist() == [0, 1, 0]
    assert wide.shape == (4, 2, 3) and wide.dtype == "int32" and (wide[:, 1] == [0, 6, 0]).all()
    assert f(p, 0)[0].tolist() == [[0, 0, 0], [0, 0, 0]]
    assert value(streams.multinomial(n=5, pvals=[2.0])).tolist() == [5]
    assert value(streams.multinomial()).sum() == 1


@pytest.mark.parametrize("mode", MODES)
def test_what_is_no_distribution(mode):
    p, n = T.dvector("p"), T.lscalar("n")
    streams = PhiloxRandomStreams(3)
    draws = [
        streams.multinomial(pvals=p), streams.choice((2,), 3, True, p), streams.choice((2,), 3, False, p),
    ]  # fmt: skip
    for draw in draws:
        f = theano.function([p], draw, mode=mode)
        f([0.0, 0.5, 0.5])
        for wrong in ([-0.5, 1, 0.5], [0, 0, 0], [np.nan, 1, 1], [np.inf, 1, 1]):
            with pytest.raises(ValueError, match="must be probabilities"):
                f(wrong)
    for draw in draws[1:]:
        with pytest.raises(ValueError, match="4 probabilities for 3 outcomes"):
            theano.function([p], draw, mode=mode)([1.0, 1, 1, 1])
    with pytest.raises(ValueError, match="not so many to choose"):
        theano.function([p], draws[2], mode=mode)([0.0, 1.0, 0.0])
    f = theano.function([n], [streams.choice((3,), n, False)], mode=mode)
    assert sorted(f(3)[0]) == [0, 1, 2]
    with pytest.raises(ValueError, match="not so many to choose"):
        f(2)
    with pytest.raises(ValueError, match="above 0"):
        theano.function([n], streams.choice((3,), n), mode=mode)(0)


def test_what_draws_refuse():
    streams = PhiloxRandomStreams(3)
    for wrong in (
        lambda: streams.choice((2,), 3, 1), lambda: streams.choice((2,), T.dmatrix()),
        lambda: streams.choice((2,), 2.5), lambda: streams.choice((2,), 3, p=[[0.5, 0.5]]),
        lambda: streams.multinomial(pvals=0.5), lambda: streams.multinomial(n=1.5),
        lambda: streams.permutation(n=T.dscalar()), lambda: streams.permutation(5),
        lambda: streams.gumbel((2,), dtype="int64"),
    ):  # fmt: skip
        with pytest.raises(TypeError):
            wrong()


def test_draws_agree_between_modes_and_are_native():
    def ask(streams):
        return [
            streams.gumbel((3,)), streams.permutation((2,), 5), streams.choice((4,), 9), streams.choice((4,), 9, False),
            streams.choice((4,), 3, p=[0.2, 0.3, 0.5]), streams.multinomial((2,), 20, [0.2, 0.3, 0.5]),
        ]  # fmt: skip

    f = theano.function([], ask(PhiloxRandomStreams(8)))
    g = theano.function([], ask(PhiloxRandomStreams(8)), mode="FAST_COMPILE")
    assert is_native(f)
    for _ in range(2):
        for a, b in zip(f(), g(), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-14)

"""`RandomStreams`: NumPy's numbers, states, seeds, and what functions do with them."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest
from numpy.random import RandomState
from theano.tensor.shared_randomstreams import RandomStreams

import theano
import theano.tensor as T
from theano.gradient import NullTypeGradError
from theano.tensor import raw_random
from theano.tensor.random.state import copy_state, random_state_type

MODES = ["FAST_COMPILE", "FAST_RUN"]


def stream(seed, k):
    """NumPy's state for stream `k` of `seed`."""
    generator = RandomState(seed)
    return [RandomState(int(generator.randint(2**30))) for _ in range(k + 1)][k]


def same(a, b):
    return random_state_type.values_eq(a, b)


def rows(r, n, shape):
    return np.stack([r.permutation(n) for _ in range(int(np.prod(shape)))]).reshape(*shape, n)


# what is asked for -> what NumPy's state is asked for
DRAWS = {
    "uniform": (lambda s: s.uniform((2, 3)), lambda r: r.uniform(size=(2, 3))),
    "uniform of bounds": (lambda s: s.uniform(low=[0.0, 5.0], high=[1.0, 9.0]), lambda r: r.uniform([0, 5], [1, 9])),
    "uniform, one number": (lambda s: s.uniform(), lambda r: np.asarray(r.uniform())),
    "uniform with -1": (lambda s: s.uniform((2, -1), high=np.ones((1, 3))), lambda r: r.uniform(size=(2, 3))),
    "normal": (lambda s: s.normal((4,), 1.5, 2.0), lambda r: r.normal(1.5, 2.0, (4,))),
    "normal float32": (lambda s: s.normal((4,), dtype="float32"), lambda r: r.normal(size=4).astype("float32")),
    "binomial": (lambda s: s.binomial((5,), 10, 0.25), lambda r: r.binomial(10, 0.25, (5,))),
    "binomial of arrays": (
        lambda s: s.binomial(n=np.array([1, 20, 300]), p=np.array([0.5, 0.1, 0.9])),
        lambda r: r.binomial([1, 20, 300], [0.5, 0.1, 0.9]),
    ),
    "poisson": (lambda s: s.poisson((6,), 3.0), lambda r: r.poisson(3.0, (6,))),
    "random_integers": (lambda s: s.random_integers((7,), 1, 6), lambda r: r.randint(1, 7, (7,))),
    "random_integers of arrays": (
        lambda s: s.random_integers((2, 2), low=[0, 100], high=[9, 900]),
        lambda r: np.array([[r.randint(0, 10), r.randint(100, 901)] for _ in range(2)]),
    ),
    "choice": (lambda s: s.choice((5,), 8), lambda r: r.choice(8, (5,))),
    "choice without replacement": (lambda s: s.choice((5,), 8, False), lambda r: r.choice(8, (5,), False)),
    "choice with p": (lambda s: s.choice((9,), 2, p=[0.1, 0.9]), lambda r: r.choice(2, (9,), p=[0.1, 0.9])),
    "permutation": (lambda s: s.permutation((3,), 5), lambda r: rows(r, 5, (3,))),
    "permutation, one": (lambda s: s.permutation(n=5), lambda r: r.permutation(5)),
    "multinomial": (
        lambda s: s.multinomial((4,), 9, [0.2, 0.3, 0.5]),
        lambda r: np.stack([r.multinomial(9, [0.2, 0.3, 0.5]) for _ in range(4)]),
    ),
    "multinomial of rows": (
        lambda s: s.multinomial(None, np.array([3, 100]), np.array([[0.5, 0.5], [0.1, 0.9]])),
        lambda r: np.stack([r.multinomial(3, [0.5, 0.5]), r.multinomial(100, [0.1, 0.9])]),
    ),
}  # fmt: skip


DRAWN_ALONE = "uniform normal binomial poisson random_integers choice multinomial permutation".split()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", DRAWN_ALONE)
def test_one_draw_by_default(name, mode):
    """Without any argument: the defaults of `theano.tensor.raw_random`. `ndim` adds axes before those of a draw."""
    state = random_state_type("state")
    draw, own = getattr(raw_random, name), int(name in ("multinomial", "permutation"))
    samples = [draw(state)[1], draw(state, ndim=0)[1], draw(state, size=())[1]]
    if name == "permutation":
        samples.append(draw(state, ndim=1)[1])
        with pytest.raises(TypeError, match="one permutation has one dimension"):
            draw(state, ndim=2)
    else:
        samples += [draw(state, ndim=1)[1], draw(state, ndim=2)[1]]
    assert samples[0].ndim == own
    values = theano.function([state], samples, mode=mode)(RandomState(5))
    for k, (sample, value) in enumerate(zip(samples, values, strict=True)):
        more = 0 if k < 3 or name == "permutation" else k - 2
        assert sample.broadcastable[:more] == (True,) * more and value.shape[:more] == (1,) * more
        np.testing.assert_array_equal(value.reshape(values[0].shape), values[0])
    with pytest.raises(TypeError, match="size must be"):
        draw(state, size=3)


@pytest.mark.parametrize("mode", MODES)
def test_dimensions_without_size(mode):
    """The shape is that of the parameters, after axes of length 1 if there are to be more."""
    state, low, high = random_state_type("state"), T.dvector("low"), T.drow("high")
    samples = [raw_random.uniform(state, None, low, high, ndim=k)[1] for k in (None, 2, 4)]
    assert [s.broadcastable for s in samples] == [(True, False)] * 2 + [(True, True, True, False)]
    f = theano.function([state, low, high], [*samples, *(s.shape for s in samples)], mode=mode)
    *values, a, b, c = f(RandomState(5), [0.0, 5.0, 7.0], [[1.0, 6.0, 8.0]])
    wanted = RandomState(5).uniform([0, 5, 7], [[1, 6, 8]])
    for value in values:
        np.testing.assert_array_equal(value.reshape(1, 3), wanted)
    assert [s.tolist() for s in (a, b, c)] == [list(v.shape) for v in values] == [[1, 3], [1, 3], [1, 1, 1, 3]]
    with pytest.raises(ValueError, match="ndim should be 2"):
        raw_random.uniform(state, None, low, high, ndim=1)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("fn", ["uniform", RandomState.uniform])
def test_parameters_of_random_function(fn, mode):
    """Those that are left out are the method's own defaults."""
    state, draw = random_state_type("state"), raw_random.RandomFunction(fn, T.dvector)
    samples = [draw(state, (4,), *params)[1] for params in ((), (-2,), (-2, 2), (3.5, 4.0))]
    values = theano.function([state], samples, mode=mode)(RandomState(5))
    for value, params in zip(values, ((), (-2,), (-2, 2), (3.5, 4.0)), strict=True):
        np.testing.assert_array_equal(value, RandomState(5).uniform(*params, size=4))
    new, first = draw(state, (4,), -2, 2)
    second = draw(new, (4,), -4, 4)[1]
    r = RandomState(5)
    wanted = [r.uniform(-2, 2, 4), r.uniform(-4, 4, 4)]
    for got, value in zip(theano.function([state], [first, second], mode=mode)(RandomState(5)), wanted, strict=True):
        np.testing.assert_array_equal(got, value)

    def own(r, low, size):
        return low + r.randint(10, size=size)

    sample = raw_random.RandomFunction(own, T.lvector)(state, (3,), 100)[1]
    got = theano.function([state], sample, mode=mode)(RandomState(5))
    np.testing.assert_array_equal(got, 100 + RandomState(5).randint(10, size=3))
    shuffled = raw_random.RandomFunction("permutation", T.lvector)(state, (), [5, 6, 7])[1]  # a method without size
    got = theano.function([state], shuffled, mode=mode)(RandomState(5))
    np.testing.assert_array_equal(got, RandomState(5).permutation([5, 6, 7]))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", DRAWS)
def test_numbers_of_numpy(name, mode):
    ask, draw = DRAWS[name]
    sample = ask(RandomStreams(234))
    f = theano.function([], sample, mode=mode)
    r = stream(234, 0)
    for _ in range(3):
        got, wanted = f(), draw(r)
        assert got.shape == np.shape(wanted)
        assert got.dtype == sample.dtype
        np.testing.assert_array_equal(got, wanted)


def test_seeds_of_streams():
    streams = RandomStreams(1)
    samples = [streams.uniform((2,)) for _ in range(3)]
    for sample, seed in zip(samples, (717354021, 1061650667, 946286476), strict=True):
        assert same(sample.rng.get_value(), RandomState(seed))
    assert same(RandomStreams(234).normal().rng.get_value(), RandomState(133003720))


@pytest.mark.parametrize("shape", [(5,), (3, 4), (2, 3, 4), (2, 0)])
def test_shuffle_row_elements(shape):
    values = np.arange(np.prod(shape), dtype="float64").reshape(shape)
    x = T.TensorType("float64", (False,) * len(shape))("x")
    f = theano.function([x], RandomStreams(3).shuffle_row_elements(x))
    r = stream(3, 0)
    flat = values.reshape(int(np.prod(shape[:-1])), shape[-1])
    wanted = np.array([row[r.permutation(shape[-1])] for row in flat]).reshape(shape)
    np.testing.assert_array_equal(f(values), wanted)


# -- sizes --------------------------------------------------------------------------------------------------


def test_symbolic_sizes():
    streams, x, n, v = RandomStreams(9), T.dmatrix("x"), T.iscalar("n"), T.lvector("v")
    samples = [streams.uniform(x.shape), streams.normal((n, 2)), streams.uniform(v, ndim=2), streams.normal(avg=x)]
    assert [s.ndim for s in samples] == [2] * 4
    f = theano.function([x, n, v], samples)
    assert [a.shape for a in f(np.ones((2, 3)), 4, [5, 6])] == [(2, 3), (4, 2), (5, 6), (2, 3)]


def test_broadcast_patterns():
    streams = RandomStreams(9)
    assert streams.uniform((1, 3)).broadcastable == (True, False)
    assert streams.uniform(low=np.ones((1, 3))).broadcastable == (True, False)
    assert streams.permutation((1,), 1).broadcastable == (True, False)


@pytest.mark.parametrize(
    ("ask", "error"),
    [
        (lambda s: s.uniform(3), TypeError),
        (lambda s: s.uniform(2.5), TypeError),
        (lambda s: s.uniform((2.5,)), TypeError),
        (lambda s: s.uniform(T.dvector(), ndim=1), TypeError),
        (lambda s: s.uniform(T.lvector()), ValueError),
        (lambda s: s.uniform((2, 3), ndim=1), ValueError),
        (lambda s: s.uniform((2,), low=T.dmatrix()), ValueError),
        (lambda s: s.uniform((-2,)), ValueError),
        (lambda s: s.binomial((2,), n=1.5), TypeError),
        (lambda s: s.permutation((2,), n=T.lvector()), TypeError),
    ],
)
def test_bad_arguments(ask, error):
    with pytest.raises(error):
        ask(RandomStreams(1))


@pytest.mark.parametrize("mode", MODES)
def test_bad_sizes_at_run_time(mode):
    n = T.lscalar("n")
    sample = RandomStreams(1).uniform((n,))
    f = theano.function([n], sample, mode=mode)
    before = sample.rng.get_value()
    with pytest.raises(ValueError, match="negative"):
        f(-1)
    assert same(sample.rng.get_value(), before)
    assert f(0).shape == (0,)


# -- states -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_states_advance_unless_told_not_to(mode):
    sample = RandomStreams(5).uniform((3,))
    moving = theano.function([], sample, mode=mode)
    still = theano.function([], sample, no_default_updates=True, mode=mode)
    listed = theano.function([], sample, no_default_updates=[sample.rng], mode=mode)
    r = stream(5, 0)
    first = r.uniform(size=3)
    for f in (still, still, listed, moving):
        np.testing.assert_array_equal(f(), first)
    second = r.uniform(size=3)
    for f in (still, moving):
        np.testing.assert_array_equal(f(), second)


def test_one_sample_used_twice_is_one_draw():
    sample = RandomStreams(5).uniform((3,))
    assert not theano.function([], sample - sample)().any()
    a, b = theano.function([], [sample, 2 * sample])()
    np.testing.assert_array_equal(2 * a, b)


def test_functions_share_states():
    sample = RandomStreams(5).normal((2,))
    f, g, r = theano.function([], sample), theano.function([], sample + 1), stream(5, 0)
    np.testing.assert_array_equal(f(), r.normal(size=2))
    np.testing.assert_array_equal(g(), r.normal(size=2) + 1)
    np.testing.assert_array_equal(f(), r.normal(size=2))


def test_explicit_updates():
    sample = RandomStreams(5).normal((2,))
    f = theano.function([], sample, updates=[sample.update])
    g = theano.function([], [], updates={sample.rng: sample.rng.default_update})
    r = stream(5, 0)
    np.testing.assert_array_equal(f(), r.normal(size=2))
    g()
    r.normal(size=2)
    np.testing.assert_array_equal(f(), r.normal(size=2))


def test_seed():
    streams = RandomStreams(5)
    f = theano.function([], [streams.uniform((2,)), streams.normal((2,))])
    first = f()
    f()
    streams.seed(99)
    other = f()
    np.testing.assert_array_equal(other[0], stream(99, 0).uniform(size=2))
    np.testing.assert_array_equal(other[1], stream(99, 1).normal(size=2))
    streams.seed()
    for a, b in zip(f(), first, strict=True):
        np.testing.assert_array_equal(a, b)


def test_state_access():
    streams = RandomStreams(5)
    sample = streams.uniform((2,))
    f = theano.function([], sample)
    assert streams[sample.rng] is streams[sample.update[1]] is sample.rng.get_value(borrow=True)
    streams[sample.rng] = RandomState(77)
    np.testing.assert_array_equal(f(), RandomState(77).uniform(size=2))
    with pytest.raises(TypeError):
        streams[sample.rng] = 77
    with pytest.raises(KeyError):
        streams[sample]
    assert streams.updates() == streams.state_updates == [sample.update]


@pytest.mark.parametrize("mode", MODES)
def test_values_are_copies(mode):
    mine = RandomState(4)
    state = theano.shared(mine)
    state.default_update, sample = T.raw_random.uniform(state, (2,))
    f = theano.function([], sample, mode=mode)
    held = state.get_value()
    wanted = RandomState(4).uniform(size=2)
    np.testing.assert_array_equal(f(), wanted)
    np.testing.assert_array_equal(mine.uniform(size=2), wanted)
    np.testing.assert_array_equal(held.uniform(size=2), wanted)
    assert not same(state.get_value(), held) or same(mine, held)


def test_givens_on_states():
    streams = RandomStreams(5)
    sample = streams.uniform((3,))
    other = theano.shared(RandomState(42))
    f = theano.function([], sample, givens={sample.rng: other})
    np.testing.assert_array_equal(f(), RandomState(42).uniform(size=3))


def test_states_as_inputs_and_outputs():
    state = T.raw_random.random_state_type("state")
    following, sample = T.raw_random.normal(state, (2,))
    f = theano.function([state], [following, sample])
    mine = RandomState(8)
    after, numbers = f(mine)
    assert same(mine, RandomState(8))
    np.testing.assert_array_equal(numbers, mine.normal(size=2))
    assert same(after, mine)
    with pytest.raises(TypeError):
        f(3)
    with pytest.raises(TypeError):
        T.raw_random.normal(T.dvector(), (2,))


def test_an_odd_number_of_normals_is_remembered():
    """A state holds the second of a pair of normal numbers."""
    f, r = theano.function([], RandomStreams(6).normal((3,))), stream(6, 0)
    for _ in range(4):
        np.testing.assert_array_equal(f(), r.normal(size=3))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda f: pickle.loads(pickle.dumps(f))])
def test_duplicates_go_on_alone(duplicate, mode):
    f = theano.function([], RandomStreams(6).uniform((3,)), mode=mode)
    f()
    g = duplicate(f)
    wanted = [f() for _ in range(2)]
    for w in wanted:
        np.testing.assert_array_equal(g(), w)


def test_copies_share_states():
    sample = RandomStreams(6).uniform((3,))
    f, r = theano.function([], sample), stream(6, 0)
    g = f.copy(share_memory=True)
    for h in (f, g, f):
        np.testing.assert_array_equal(h(), r.uniform(size=3))
    still = f.copy(delete_updates=True)
    np.testing.assert_array_equal(still(), still())


def test_pickled_streams():
    streams = RandomStreams(6)
    sample = streams.uniform((3,))
    streams2, sample2 = pickle.loads(pickle.dumps((streams, sample)))
    np.testing.assert_array_equal(theano.function([], sample)(), theano.function([], sample2)())
    assert streams2.state_updates[0][0] is sample2.rng


def test_clone_of_an_expression():
    x = T.dscalar("x")
    sample = RandomStreams(6).normal((2,), avg=x)
    y = theano.clone(sample + x, replace={x: T.constant(3.0, dtype="float64")})
    f = theano.function([], y, no_default_updates=True)
    np.testing.assert_array_equal(f(), stream(6, 0).normal(3.0, 1.0, 2) + 3)


# -- the op -------------------------------------------------------------------------------------------------


def test_text():
    sample = RandomStreams(6).normal((2,))
    assert str(sample.owner.op) == "RandomFunction{normal}"
    assert str(sample.rng) == "<RandomStateType>"


def test_gradients():
    x, streams = T.dvector("x"), RandomStreams(6)
    noise = streams.normal(x.shape)
    f = theano.function([x], T.grad(((x + noise) ** 2).sum(), x))
    r = stream(6, 0)
    np.testing.assert_allclose(f([1.0, 2.0]), 2 * (np.array([1.0, 2.0]) + r.normal(size=2)))
    with pytest.raises(NullTypeGradError):
        T.grad(streams.normal(avg=x).sum(), x)


def test_copy_of_a_state():
    r = RandomState(3)
    r.normal()
    twin = copy_state(r)
    for again in (copy.deepcopy(twin), pickle.loads(pickle.dumps(twin)), copy_state(twin)):
        assert same(again, r) and again.get_state()[3] == 1
    assert same(r, twin) and not random_state_type.may_share_memory(r, twin)
    np.testing.assert_array_equal(r.normal(size=5), twin.normal(size=5))
    other = RandomState(np.random.PCG64(5))
    np.testing.assert_array_equal(copy_state(other).normal(size=5), other.normal(size=5))


def test_state_in_place():
    state, size = random_state_type("state"), np.array([3])
    op = T.raw_random.RandomFunction("uniform", T.dvector, inplace=True)
    f = theano.function([state], op(state, size, 0.0, 1.0), accept_inplace=True)
    mine, other = RandomState(4), RandomState(4)
    after, numbers = f(mine)
    np.testing.assert_array_equal(numbers, other.uniform(size=3))
    assert same(after, other) and same(mine, RandomState(4))  # what a caller gives is left as it is, as arrays are


def test_integers_between_floats() -> None:
    """As NeuPy says ``random_integers(low=0, high=floatX(n) - 1)``; Theano 1.0.5 took such bounds."""
    n = T.fscalar("n")
    drawn = theano.function([n], RandomStreams(1).random_integers((30,), low=0, high=n - 1))(5)
    whole = theano.function([], RandomStreams(1).random_integers((30,), low=0, high=4))()
    assert drawn.dtype == "int64" and drawn.tolist() == whole.tolist()
    cut = theano.function([n], RandomStreams(1).random_integers((30,), low=-0.4, high=n))(4.75)
    assert cut.tolist() == whole.tolist()
    with pytest.raises(TypeError, match="high must be integer"):
        RandomStreams(1).random_integers((3,), high=T.zscalar())


def test_dimensions_under_an_older_name():
    """What random ops of others ask for; values of Theano 1.0.5."""
    n, row, matrix, unknown = T.iscalar(), T.drow(), T.dmatrix("m"), T.ivector()
    for arguments, expected in (
        ((None, (2, 3)), (2, (False, False))),
        ((2, unknown), (2, (False, False))),
        ((None, (1, n), matrix), (2, (True, False))),
        ((None, None, matrix, row), (2, (False, False))),
        ((3, None, T.dvector()), (1, (False,))),
        ((None, [1, -1], matrix), (2, (True, False))),
        ((None, ()), (0, ())),
    ):
        ndim, shape, broadcastable = raw_random._infer_ndim_bcast(*arguments)
        assert (ndim, broadcastable) == expected and shape.type == T.lvector
    assert raw_random._infer_ndim_bcast(None, None, matrix, row)[1].eval({matrix: np.ones((4, 5))}).tolist() == [4, 5]
    for arguments, error in (((None, None), TypeError), ((None, n), TypeError), ((None, unknown), ValueError)):
        with pytest.raises(error):
            raw_random._infer_ndim_bcast(*arguments)

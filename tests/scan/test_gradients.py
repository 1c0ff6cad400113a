"""Gradients of every construct: by finite differences, and against unrolled graphs."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose

import theano
import theano.tensor as T
from theano.ifelse import ifelse
from theano.scan import Scan

f64 = lambda v: T.constant(v, dtype="float64")  # noqa: E731


def map_only(x, w):
    out, _ = theano.map(lambda r, w: T.exp(r * w), x, w)
    return out


def sequence_and_state(x, w):
    out, _ = theano.scan(lambda r, s: T.tanh(s * w + r), sequences=x, outputs_info=T.zeros_like(x[0]))
    return out


def last_only(x, w):
    return sequence_and_state(x, w)[-1]


def several_taps(x, w):
    out, _ = theano.scan(
        lambda before, after, s3, s1: T.tanh(before * w - after + s3 * s1),
        sequences=dict(input=x, taps=[-1, 1]), outputs_info=dict(initial=x[:3] * 2, taps=[-3, -1]),
    )  # fmt: skip
    return out


def distant_tap_only(x, w):
    out, _ = theano.scan(lambda s: s * w, outputs_info=dict(initial=x, taps=[-4]), n_steps=7)
    return out


def backwards_with_taps(x, w):
    out, _ = theano.scan(
        lambda a, b, s: T.sin(a * s) + b * w, sequences=dict(input=x, taps=[0, 2]),
        outputs_info=x[0], go_backwards=True, n_steps=3,
    )  # fmt: skip
    return out


def mixed_outputs(x, w):
    (s, y, z), _ = theano.scan(
        lambda r, s: [T.tanh(s + r * w), s * r, (s + r).sum()], sequences=x, outputs_info=[x[0], None, None]
    )
    return (s[1:] * y[:-1]).sum(axis=1) * z[1:] + s[-1].sum()


def outputs_of_each_other(x, w):
    def step(r, s):
        new = T.tanh(s * w + r)
        return [new, new, r, new**2]

    outs, _ = theano.scan(step, sequences=x, outputs_info=[x[1], None, None, None])
    return sum((k + 1) * o for k, o in enumerate(outs))


def two_states_crossed(x, w):
    (a, b), _ = theano.scan(lambda r, a, b: [T.tanh(b * w), T.sin(a + r)], sequences=x, outputs_info=[x[0], x[1]])
    return a[-1] + b


def until_condition(x, w):
    def step(r, s):
        new = s + r**2 * w
        return new, theano.scan_module.until(new.sum() > 4)

    out, _ = theano.scan(step, sequences=x, outputs_info=T.zeros_like(x[0]))
    return out.sum(axis=0) + out[-1]


def shared_state(x, w):
    total = theano.shared(np.zeros(3))

    def step(r):
        return r * total, {total: total + r * w}

    out, updates = theano.scan(step, sequences=x)
    return out * updates[total]


def captured_expressions(x, w):
    square, product = x**2, x[0] * w
    out, _ = theano.scan(lambda i, s: s * 0.5 + square[i] * product, sequences=T.arange(x.shape[0]), outputs_info=x[0])
    return out


def integer_counter(x, w):
    (n, s), _ = theano.scan(
        lambda n, s: [n + 1, s * w + x[n]], outputs_info=[T.constant(0, dtype="int64"), x[0]], n_steps=4
    )
    return s * n.dimshuffle(0, "x")


def three_deep(x, w):
    def outer(row, acc):
        def middle(element, acc):
            inner, _ = theano.scan(lambda s: T.sin(s * element * w) + acc, outputs_info=element, n_steps=2)
            return T.tanh(inner[-1] * acc)

        out, _ = theano.scan(middle, sequences=row, outputs_info=acc)
        return out[-1]

    out, _ = theano.scan(outer, sequences=x, outputs_info=f64(1.0))
    return out


def branch_inside(x, w):
    out, _ = theano.scan(
        lambda r, s: theano.ifelse.ifelse(r.sum() > 0, T.tanh(s * w + r), s * r), sequences=x, outputs_info=x[0]
    )
    return out


def checkpoints(x, w):
    out, _ = theano.scan_checkpoints(
        lambda r, s: T.tanh(s * w + r), sequences=x, outputs_info=T.zeros_like(x[0]), save_every_N=2
    )
    return out


CONSTRUCTS = [
    map_only, sequence_and_state, last_only, several_taps, distant_tap_only, backwards_with_taps, mixed_outputs,
    outputs_of_each_other, two_states_crossed, until_condition, shared_state, captured_expressions, integer_counter,
    three_deep, branch_inside, checkpoints,
]  # fmt: skip


@pytest.mark.parametrize("construct", CONSTRUCTS, ids=lambda f: f.__name__)
class TestConstructs:
    point = (np.random.RandomState(3).uniform(-1, 1, (5, 3)), np.array(0.7))

    def test_gradient(self, construct, mode, rng):
        theano.gradient.verify_grad(construct, list(self.point), rng=rng, mode=mode)

    def test_gradient_of_gradient(self, construct, rng):
        def slope(x, w):
            cost = (construct(x, w) ** 2).sum()
            gx, gw = T.grad(cost, [x, w])
            return (gx**2).sum() + gw

        theano.gradient.verify_grad(slope, list(self.point), rng=rng, mode="FAST_COMPILE", n_tests=1)

    def test_rop_is_jacobian_times_vector(self, construct, mode, rng):
        x, w, v, u = T.dmatrix(), T.dscalar(), T.dmatrix(), T.dscalar()
        y = construct(x, w)
        weights = rng.randn(*theano.function([x, w], y, mode="FAST_COMPILE")(*self.point).shape)
        forward = (T.Rop(y, [x, w], [v, u]) * weights).sum()
        gx, gw = T.grad((y * weights).sum(), [x, w])
        f = theano.function([x, w, v, u], [forward, (gx * v).sum() + gw * u], mode=mode)
        assert_allclose(*f(*self.point, rng.randn(5, 3), 0.3), rtol=1e-8)


@pytest.mark.parametrize("kept", [1, 2, 4, 6, 9])
def test_truncated_gradient(kept, mode, rng):
    """Only the last steps send gradients back, whatever the taps."""
    x, w, init = T.dvector("x"), T.dscalar("w"), T.dvector("init")

    def step(r, s3, s1):
        return T.tanh(w * s1 + r - s3)

    s, _ = theano.scan(step, sequences=x, outputs_info=dict(initial=init, taps=[-3, -1]), truncate_gradient=kept)
    looped = T.grad((s**2).sum() + s[2] * s[-1], [x, w, init])
    n = 6
    values = [init[0], init[1], init[2]]
    for t in range(n):
        # A step before the cut reads everything as constants, so nothing of it gets a gradient.
        read = theano.gradient.zero_grad if t < n - kept else (lambda v: v)
        step_w, r, s3, s1 = (read(v) for v in (w, x[t], values[t], values[t + 2]))
        values.append(T.tanh(step_w * s1 + r - s3))
    steps = T.stack(values[3:])
    unrolled = T.grad((steps**2).sum() + steps[2] * steps[-1], [x, w, init], disconnected_inputs="ignore")
    f = theano.function([x, w, init], [*looped, *unrolled], mode=mode)
    got = f(rng.randn(n), 0.6, rng.randn(3))
    for a, b in zip(got[:3], got[3:], strict=True):
        assert_allclose(a, b, atol=1e-12)


def test_against_unrolled(mode, rng):
    x, W = T.dmatrix("x"), T.dmatrix("W")
    h, _ = theano.scan(lambda r, h: T.tanh(T.dot(h, W) + r), sequences=x, outputs_info=T.zeros_like(x[0]))
    state, rows = T.zeros_like(x[0]), []
    for t in range(6):
        state = T.tanh(T.dot(state, W) + x[t])
        rows.append(state)
    pairs = [T.grad((y**3).sum(), [x, W]) for y in (h, T.stack(rows))]
    f = theano.function([x, W], [*pairs[0], *pairs[1]], mode=mode)
    gx, gW, ux, uW = f(rng.randn(6, 4), rng.randn(4, 4))
    assert_allclose(gx, ux)
    assert_allclose(gW, uW)


def test_random_draws_are_the_same_in_the_gradient(rng):
    """The backward loop sees the masks that the forward loop drew."""
    streams = pytest.importorskip("theano.random").RandomStreams(5)
    x = T.dvector("x")
    (masks, s), updates = theano.scan(lambda s: [m := streams.uniform((3,)), s * m], outputs_info=[None, x], n_steps=4)
    f = theano.function([x], [masks, T.grad(s[-1].sum(), x)], updates=updates, mode="FAST_COMPILE")
    for _ in range(2):
        drawn, g = f([1, 2, 3])
        assert_allclose(g, drawn.prod(axis=0))


def test_disconnected_and_integer_inputs():
    x, i, n = T.dvector("x"), T.lvector("i"), T.lscalar("n")
    y, _ = theano.scan(lambda k, s: s + x[k], sequences=i, outputs_info=f64(0.0), n_steps=n)
    cost = y[-1]
    with pytest.raises(theano.gradient.DisconnectedInputError):
        T.grad(cost, n)
    with pytest.raises(theano.gradient.DisconnectedInputError):
        T.grad(cost, i)
    assert T.grad(cost, x).eval({x: [1, 2, 3], i: [0, 2, 2], n: 3}).tolist() == [1, 0, 2]
    z, _ = theano.scan(lambda k, s: s + k * x.sum(), sequences=i, outputs_info=f64(0.0))
    assert T.grad(z[-1], i).eval({x: [1, 2, 3], i: [1, 2]}).tolist() == [6, 6]


def test_connection_pattern():
    x, y, a, b = T.dvectors("x", "y", "a", "b")
    (s, t, u), _ = theano.scan(
        lambda x, y, s, t: [s + x, t * t.shape[0], y], sequences=[x, y], outputs_info=[a[0], b, None]
    )
    node = s.owner.inputs[0].owner
    rows = [[True, False, False], [False, False, True], [True, False, False], [False, True, False]]
    assert node.op.connection_pattern(node) == [[False] * 3, *rows]


def test_undefined_gradients():
    class Undefined(theano.Op):
        __props__ = ()
        itypes = otypes = (T.dscalar,)

        def perform(self, node, inputs, out):
            out[0][0] = inputs[0] * 2

        def grad(self, inputs, gs):
            return [theano.gradient.grad_undefined(self, 0, inputs[0], "no reason")]

    x, w = T.dvector("x"), T.dscalar("w")
    through_state, _ = theano.scan(lambda r, s: Undefined()(s) + r * w, sequences=x, outputs_info=f64(0.0))
    with pytest.raises(theano.gradient.NullTypeGradError, match="no reason"):
        T.grad(through_state[-1], w)
    of_sequence, _ = theano.scan(lambda r, s: s * w + Undefined()(r), sequences=x, outputs_info=f64(0.0))
    with pytest.raises(theano.gradient.NullTypeGradError):
        T.grad(of_sequence[-1], x)
    assert T.grad(of_sequence[-1], w).eval({x: [1, 2], w: 3}) == 2


def test_float32_stays_float32():
    x, w = T.fvector("x"), T.fscalar("w")
    s, _ = theano.scan(lambda r, s: s * w + r, sequences=x, outputs_info=T.constant(0.0, dtype="float32"))
    assert s.dtype == "float32"
    assert {g.dtype for g in T.grad(s.sum(), [x, w])} == {"float32"}
    gx, gw = theano.function([x, w], T.grad(s.sum(), [x, w]))(np.ones(3, "float32"), np.float32(2))
    assert gx.tolist() == [7, 3, 1] and gw == 6


def test_gradients_have_the_dtypes_of_what_they_are_of(mode):
    """In a loop that computes in float64, too: of sequences, of what all steps read, of first states."""
    x, w, a, d = T.fvector("x"), T.fscalar("w"), T.dscalar("a"), T.dvector("d")
    (s, y), _ = theano.scan(
        lambda r, p, s, w: [s * w + r * p, s * r], sequences=[x, d], outputs_info=[a, None], non_sequences=w
    )
    assert s.dtype == y.dtype == "float64"
    cost = s.sum() + (y**2).sum()
    found = T.grad(cost, [x, w, a, d])
    assert [g.dtype for g in found] == ["float32", "float32", "float64", "float64"]
    given = [np.float32([1, 2, 3]), np.float32(0.5), 0.25, np.array([1.0, -1, 2])]
    values = theano.function([x, w, a, d], found, mode=mode)(*given)
    assert [v.dtype.name for v in values] == ["float32", "float32", "float64", "float64"]
    value = theano.function([x, w, a, d], cost, mode=mode)
    for k, got in enumerate(values):
        step = 0.25  # exact in float32; a polynomial of low degree
        for j in np.ndindex(np.shape(given[k])):
            ends = []
            for h in (step, -step, step / 2, -step / 2):
                moved = [np.array(p) for p in given]
                moved[k][j] += h
                ends.append(float(value(*moved)))
            coarse, fine = (ends[0] - ends[1]) / (2 * step), (ends[2] - ends[3]) / step
            assert_allclose(np.asarray(got)[j], (4 * fine - coarse) / 3, rtol=0.02)


def test_jacobian_and_hessian_of_symbolic_length(mode, rng):
    x, A = T.dvector("x"), T.dmatrix("A")
    y = T.tanh(T.dot(A, x))
    Jx, JA = T.jacobian(y, [x, A])
    H = T.hessian((y**2).sum(), x)
    xv, Av = rng.randn(3), rng.randn(4, 3)
    f = theano.function([x, A], [Jx, JA, H], mode=mode)
    jx, jA, h = f(xv, Av)
    d = 1 - np.tanh(Av @ xv) ** 2
    assert_allclose(jx, d[:, None] * Av)
    expected = np.zeros((4, 4, 3))
    expected[range(4), range(4)] = d[:, None] * xv
    assert_allclose(jA, expected)
    t = np.tanh(Av @ xv)
    assert_allclose(h, (Av.T * (2 * d * (1 - 3 * t**2))) @ Av)
    assert T.hessian((x * 2).sum(), x).eval({x: xv}).tolist() == np.zeros((3, 3)).tolist()


def test_ten_thousand_steps():
    x, w = T.dvector("x"), T.dscalar("w")
    s, _ = theano.scan(lambda r, s: T.tanh(w * s + r), sequences=x, outputs_info=f64(0.0))
    f = theano.function([x, w], T.grad(s[-1], [x, w]))
    gx, _ = f(np.full(10000, 0.1), 0.5)
    assert gx.shape == (10000,) and gx[-1] > gx[-2] > 0


def test_accumulators_do_not_keep_their_history():
    x, W = T.dmatrix("x"), T.dmatrix("W")
    s, _ = theano.scan(lambda r, s: T.tanh(T.dot(s, W) + r), sequences=x, outputs_info=T.zeros_like(x[0]))
    g = T.grad(s[-1].sum(), W)
    (backward,) = [
        n for n in theano.graph.toposort_of([g]) if isinstance(n.op, Scan) and str(n.op).startswith("for{cpu,grad")
    ]
    assert all(state.keep == 1 for state in backward.op.spec.states)


@pytest.mark.parametrize("extreme", [T.maximum, T.minimum, lambda a, b: T.maximum(a, b).max() * a])
def test_extremes_of_a_loop_that_numpy_runs(extreme):
    """Its functions differ from ours in the last bit: what was largest must not be looked for by its value."""
    x, w = T.dmatrix("x"), T.dvector("w")

    def step(r):
        return extreme(T.tanh(r), w), ifelse(T.gt(r.sum(), 0), r * 2, r * w)  # rows of unknown length: a call-back

    (a, b), _ = theano.scan(step, sequences=x)
    slopes = T.grad(T.sqr(a).sum() + b.sum(), [x, w])
    values = np.random.default_rng(3).normal(size=(40, 5)), np.zeros(5)
    expected = theano.function([x, w], slopes, mode=theano.Mode(linker="py", optimizer=None))(*values)
    for mode in ("FAST_RUN", theano.Mode(linker="cvm", optimizer=None)):
        for got, wanted in zip(theano.function([x, w], slopes, mode=mode)(*values), expected, strict=True):
            assert_allclose(got, wanted, rtol=1e-10, atol=1e-12)


def test_lengths_that_are_found_by_a_loop_that_numpy_runs():
    x = T.dtensor3("x")
    h, U, W = T.dmatrices("h", "U", "W")
    (_, o), _ = theano.scan(lambda r, s: [T.tanh(s) + T.dot(r, U), s * r], x, [h, None])
    q, _ = theano.scan(lambda r: T.tanh(T.dot(ifelse(T.gt(r.sum(), 0), r * 2, r * 3), W)), x)
    check_gradients([x, h, U, W], q.sum() + T.sqr(o).sum(), [x, U])


def test_lengths_equal_in_a_loop_and_computed_outside():
    """Columns of W are those of the state in one loop; outside they are what a slice of both matrices leaves."""
    x = T.dtensor3("x")
    h, U, W = T.dmatrices("h", "U", "W")
    o, _ = theano.scan(lambda r: T.dot(r, T.concatenate([U, W], axis=1))[:, 3:] + r, x)
    s, _ = theano.scan(lambda r, s: T.tanh(T.dot(s, W) + r), o, T.unbroadcast(o[-1], 0, 1))
    check_gradients([x, h, U, W], s[-1].sum() + h.sum(), [x, U, W])


def check_gradients(inputs, cost, wrt):
    """Of matrices of 3 rows and columns, against the graph as written."""
    values = [np.random.default_rng(k).normal(size=(3,) * v.ndim) for k, v in enumerate(inputs)]
    slopes = T.grad(cost, wrt)
    expected = theano.function(inputs, slopes, mode=theano.Mode(linker="py", optimizer=None))(*values)
    for got, wanted in zip(theano.function(inputs, slopes)(*values), expected, strict=True):
        assert_allclose(got, wanted, rtol=1e-9, atol=1e-12)

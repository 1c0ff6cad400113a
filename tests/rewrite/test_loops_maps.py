"""Loops without recurrence become whole-array operations."""

from __future__ import annotations

import numpy as np
import pytest
from loop_graphs import checked, inner_ops, numbers, outer_ops, scans

import theano
import theano.tensor as T
from theano.gradient import hessian, jacobian
from theano.rewrite.loops.batching import distance
from theano.tensor.checks.assertion import AssertEqual

X, M, V, K = T.dtensor3("X"), T.dmatrix("M"), T.dvector("V"), T.lmatrix("K")
VALUES = (numbers(5, 3, 4), numbers(4, 2), numbers(4), np.arange(10).reshape(5, 2) % 3)

# x: a (3, 4) matrix of the sequence, k: two of the numbers 0, 1, 2; M: (4, 2), V: (4,)
STEPS = {
    "pointwise": lambda x, k: T.tanh(x) * 2 + V,
    "number beside vector": lambda x, k: x.sum() * V,
    "constant": lambda x, k: V * 2,
    "transposed": lambda x, k: x.T,
    "axes": lambda x, k: x.dimshuffle(1, "x", 0),
    "sum": lambda x, k: x.sum(axis=0),
    "sum of all": lambda x, k: x.sum() + k.sum(),
    "product": lambda x, k: x.prod(axis=1),
    "extremes": lambda x, k: x.max(axis=1) - x.min(),
    "argmax": lambda x, k: T.argmax(x, axis=1),
    "argmax of all": lambda x, k: T.argmax(x),
    "max_and_argmax": lambda x, k: T.max_and_argmax(x, axis=0)[1] + T.max_and_argmax(x, axis=0)[0],
    "any, all": lambda x, k: T.any(x > 1, axis=0) & T.all(x > -2, axis=0),
    "cumsum": lambda x, k: T.cumsum(x, axis=1),
    "cumsum of vector": lambda x, k: T.cumsum(x[0]),
    "matrix matrix": lambda x, k: T.dot(x, M),
    "matrix vector": lambda x, k: T.dot(x, V),
    "vector matrix": lambda x, k: T.dot(x[0], M),
    "vector vector": lambda x, k: T.dot(x[0], V),
    "fixed matrix first": lambda x, k: T.dot(M.T, x.T),
    "fixed vector first": lambda x, k: T.dot(V, x.T),
    "fixed matrix, vector": lambda x, k: T.dot(M.T, x[1]),
    "fixed vector, vector": lambda x, k: T.dot(V, x[1]),
    "both vary": lambda x, k: T.dot(x, x.T),
    "both vary, vector": lambda x, k: T.dot(x, x[2]),
    "both vary, vector first": lambda x, k: T.dot(x[:, 1], x),
    "both vary, vectors": lambda x, k: T.dot(x[0], x[1]),
    "outer": lambda x, k: T.outer(x[0], x[1]),
    "outer with fixed": lambda x, k: T.outer(V, x[1]),
    "length": lambda x, k: x.shape[0] + x.size,
    "shape": lambda x, k: x.shape * 2,
    "stack": lambda x, k: T.stack([x[0, 0], V[1], x.sum()]),
    "reshape": lambda x, k: x.reshape((2, 6)),
    "reshape to open length": lambda x, k: x.reshape((2, -1)),
    "flatten": lambda x, k: x.flatten(),
    "alloc": lambda x, k: T.alloc(x[0, 1], 2, 3),
    "checked lengths": lambda x, k: AssertEqual("{0} rows, {1} wanted")(x, V.shape[0], M.shape[0]) * 2,
    "zeros like": lambda x, k: T.zeros_like(x) + 1,
    "join": lambda x, k: T.concatenate([x, V.dimshuffle("x", 0), x[:1]], axis=0),
    "join columns": lambda x, k: T.concatenate([x, M.T[:1].T[:3]], axis=1),
    "split": lambda x, k: T.split(x, [1, 3], 2, axis=1)[1],
    "slice": lambda x, k: x[1:, ::-1],
    "place": lambda x, k: x[1, 2] + x[-1, -2],
    "fixed table": lambda x, k: M[k[0]],
    "fixed table, columns": lambda x, k: M[1:, k[0] % 2],
    "fixed table, element": lambda x, k: M[k[0], 1],
    "two places": lambda x, k: M[k[0], k[1] % 2],
    "place in row": lambda x, k: x[k[0]],
    "places in row": lambda x, k: x[k[0], 1:] * x[k[0], k[1]],
    "rank-1 indices along": lambda x, k: x[:, k[0]],
    "negative places": lambda x, k: M[-k[0] - 1],
    "rows of table": lambda x, k: M[k],
    "fixed rows of row": lambda x, k: x[[2, 0]],
    "rows of row": lambda x, k: x[k],
    "set": lambda x, k: T.set_subtensor(x[1:, 0], V[0]),
    "set row": lambda x, k: T.set_subtensor(x[0], x[1]),
    "increment of fixed": lambda x, k: T.inc_subtensor(V[:2], x[0, :2]),
    "increment at place": lambda x, k: T.inc_subtensor(x[k[0]], V),
    "set at place": lambda x, k: T.set_subtensor(T.zeros((3,))[k[0]], x[0, 0]),
    "increment of rows": lambda x, k: T.inc_subtensor(x[k], x[:2]),
    "increment of fixed rows": lambda x, k: T.inc_subtensor(x[[0, 0]], V),
    "fixed places of row": lambda x, k: x[[2, 0, 1], [3, 1, 1]],
    "set at fixed places": lambda x, k: T.set_subtensor(x[[2, 0], [3, 1]], x[0, :2]),
    "increment of fixed at fixed places": lambda x, k: T.inc_subtensor(M[[2, 0, 2], [1, 1, 1]], x[0, :3]),
    "increment by a number at fixed places": lambda x, k: T.inc_subtensor(x[[2, 2], [1, 1]], x[0, 0]),
    "softmax": lambda x, k: T.nnet.softmax(x),
    "log softmax": lambda x, k: T.log(T.nnet.softmax(x)),
    "clip, switch": lambda x, k: T.switch(x > 0, T.clip(x, -1, 0.5), V),
    "integers": lambda x, k: k // 2 + T.cast(x[0, :2], "int64"),
    "variance": lambda x, k: x.var(axis=1),
    "norm": lambda x, k: x.norm(2),
    "gradient": lambda x, k: T.grad(T.sum(T.tanh(T.dot(x, M)) ** 2), x),
}  # fmt: skip


@pytest.mark.parametrize("name", STEPS)
def test_map(name):
    out, _ = theano.scan(lambda x, k: STEPS[name](x, k), sequences=[X, K])
    f = checked([X, M, V, K], [out], *VALUES, native=False)
    assert not scans(f)


FEW = ["pointwise", "matrix matrix", "two places", "softmax", "reshape to open length", "checked lengths"]


@pytest.mark.parametrize("name", FEW)
@pytest.mark.parametrize("n", [0, 1])
def test_map_of_few(name, n):
    out, _ = theano.scan(lambda x, k: STEPS[name](x, k), sequences=[X[:n], K])
    assert not scans(checked([X, M, V, K], [out], *VALUES))


def test_a_check_fails_where_there_is_a_step():
    step = STEPS["checked lengths"]
    out, _ = theano.scan(lambda x: step(x, None), sequences=[X])
    f = theano.function([X, M, V], out)
    assert not scans(f)
    values = np.zeros((3, 2, 2)), np.zeros((4, 2)), np.zeros(3)
    with pytest.raises(ValueError, match="3 rows, 4 wanted"):
        f(*values)
    assert f(values[0][:0], *values[1:]).shape == (0, 2, 2)


def test_compiled():
    outs, _ = theano.scan(
        lambda x, k: [STEPS[name](x, k) for name in STEPS if name not in ("argmax", "sum of all")], sequences=[X, K]
    )
    checked([X, M, V, K], outs, *VALUES)


@pytest.mark.parametrize("backwards", [False, True])
def test_taps(backwards):
    taps = [-2, 0, 1]
    out, _ = theano.scan(
        lambda a, b, c, s: T.dot(a - b, M) * c[0, 0] + s,
        sequences=[{"input": X, "taps": taps}, X[:, 0, 0]], go_backwards=backwards,
    )  # fmt: skip
    f = checked([X, M], [out], numbers(9, 3, 4), numbers(4, 2), native=False)
    assert not scans(f)


def test_too_few_for_taps():
    """A negative number of steps stays an error."""
    out, _ = theano.scan(lambda a, b: a * b, sequences={"input": V, "taps": [-2, 0]})
    f = theano.function([V], out)
    assert f([1, 2, 3, 4]).tolist() == [3, 8]
    with pytest.raises(IndexError):
        f([1.0])


def test_only_what_is_read():
    out, _ = theano.map(lambda x: T.exp(x), X)
    f = checked([X], [out[-1]], VALUES[0])
    assert not scans(f)
    assert [n.outputs[0].type.ndim for n in f.maker.fgraph.toposort() if n.op == T.exp] == [2]


def test_what_has_no_other_form_stays_a_loop():
    @theano.compile.as_op([T.dmatrix], [T.dmatrix])
    def mine(x):
        return x + 1

    (a, b), _ = theano.scan(lambda x: [mine(x), x.T * 2], sequences=X)
    f = checked([X], [a, b], VALUES[0], native=False)
    (loop,) = scans(f)
    assert inner_ops(loop) == ["FromFunctionOp"]


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 2, 0), (2, 0, 1)])
@pytest.mark.parametrize("with_state", [False, True])
def test_some_outputs_stay_in_the_loop(order, with_state):
    """Outputs with and without another form, in any order, and of a loop with a state: each is still itself."""

    def step(x, s=None):
        made = [T.cumsum(x) + 1, T.exp(x).sum(axis=0), x.T * 3]  # the first has no form for all steps
        outputs = [made[k] for k in order]
        return [T.tanh(s + x[0, 0]), *outputs] if with_state else outputs

    info = [np.float64(0.5), None, None, None] if with_state else None
    outs, _ = theano.scan(step, sequences=X, outputs_info=info)
    f = checked([X], outs, VALUES[0])
    (loop,) = scans(f)
    assert inner_ops(loop).count("CumOp") == 1
    assert not {"Sum", "DimShuffle"} & set(inner_ops(loop))


def test_last_of_nothing_is_an_error():
    out, _ = theano.map(lambda x: x * 2, V)
    with pytest.raises(IndexError):
        theano.function([V], out[-1])([])


class TestDerivatives:
    w, p = T.dvector("w"), T.dvector("p")

    def test_hessian_is_one_product(self):
        z = T.dot(M, self.w)
        cost = T.mean(T.nnet.softplus(z) - V * z)
        x, y, w = numbers(6, 3), (numbers(6) > 0) * 1.0, numbers(3)
        f = checked([M, V, self.w], [hessian(cost, self.w)], x, y, w)
        assert not scans(f) and outer_ops(f).count("Dot") == 2 and "Eye" not in outer_ops(f)
        s = 1 / (1 + np.exp(-x @ w))
        np.testing.assert_allclose(f(x, y, w)[0], x.T @ (x * (s * (1 - s))[:, None]) / len(x))

    @pytest.mark.parametrize(
        "expression",
        [
            lambda w, A: T.tanh(T.dot(A, w)), lambda w, A: w**2, lambda w, A: T.dot(A, w)[::-1],
            lambda w, A: T.nnet.softmax(T.dot(A, w))[0], lambda w, A: T.cumsum(w) * T.dot(A, w).sum(),
            lambda w, A: T.concatenate([w, T.sin(w)]), lambda w, A: T.outer(w, w).flatten(),
            lambda w, A: T.dot(w * T.dot(A, w)[:3], A.T) * w[0], lambda w, A: w[T.arange(2)] / w[1:],
        ],
    )  # fmt: skip
    def test_jacobian(self, expression):
        y = expression(self.w, M)
        f = checked([self.w, M], [jacobian(y, self.w)], numbers(3), numbers(6, 3)[:3])
        assert not scans(f)

    def test_hessian_of_others(self):
        for cost in (
            (self.w**3).sum() * self.w[0], T.sqrt((self.w**2).sum()), T.log(T.exp(T.dot(M, self.w)).sum()),
            T.dot(T.dot(self.w, M), self.w), T.prod(self.w),
        ):  # fmt: skip
            f = checked([self.w, M], [hessian(cost, self.w)], numbers(3), numbers(3, 3))
            assert not scans(f)

    def test_jacobian_to_a_matrix(self):
        y = T.tanh(T.dot(M, self.w))
        f = checked([self.w, M], [jacobian(y, M)], numbers(3), numbers(4, 3))
        assert not scans(f)

    def test_lengths_that_differ_stay_an_error(self):
        e = T.inc_subtensor(T.zeros_like(self.p)[1], 1.0)
        for y in (T.dot(M, e), T.dot(e, M), T.dot(T.eye(self.p.shape[0]), M)):
            with pytest.raises(ValueError):
                theano.function([M, self.p], y)(numbers(4, 4), numbers(3))

    def test_product_with_unit_vector(self):
        e = T.inc_subtensor(T.zeros_like(M[0])[1], self.w[0])
        f = checked([M, self.w], [T.dot(M, e), T.dot(e, M.T), T.dot(e, M[0])], numbers(4, 3), numbers(2))
        assert not {"Dot", "Gemv"} & set(outer_ops(f))

    def test_product_with_diagonal(self):
        eye = T.eye(self.p.shape[0])
        d, e = eye * self.p, eye * self.p.dimshuffle(0, "x")
        x = T.outer(self.p, self.p)
        outs = [T.dot(d, x), T.dot(e, x), T.dot(x, d), T.dot(x, e), T.dot(d, self.p), T.dot(self.p, e)]
        f = checked([self.p], outs, numbers(3))
        assert not {"Eye", "Gemv"} & set(outer_ops(f))


def test_infinite_element_of_unit_vector():
    """Rows of one-hot vectors hold nothing but zeros elsewhere."""
    out, _ = theano.scan(lambda i: T.set_subtensor(T.zeros((3,))[i], V[i]), sequences=T.arange(3))
    f = theano.function([V], out)
    got = f([np.inf, np.nan, 1.0])
    assert got[0].tolist() == [np.inf, 0, 0] and got[2].tolist() == [0, 0, 1]
    assert np.isnan(got[1, 1]) and got[1, [0, 2]].tolist() == [0, 0]


def test_distances_of_lengths():
    """How many rows two loops are apart, if that is written in their numbers of steps."""
    n, p = T.lscalars("n", "p")
    known = ((n, 0), (n + 3, 3), (3 + n, 3), (n - 2, -2))
    for m, wanted in (*known, (p, None), (p + n, None), (n + p, None), (n * 2, None)):
        assert distance(n, m) == wanted
        assert distance(m, n) == (None if wanted is None else -wanted)
    assert distance(n + 5, n - 2) == -7 and distance(T.constant(3), T.constant(5)) == 2
    assert distance(n, T.constant(5)) is None

"""Joined, split, multiplied and branching tensors of which only a part is read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from graphs import before_and_after, form, rewritten

import theano
import theano.tensor as T
from theano.graph import graph_inputs
from theano.ifelse import ifelse

x, y = T.dvectors("x", "y")
m, n = T.dmatrices("m", "n")
row, col = T.drow("row"), T.dcol("col")
c, i = T.lscalars("c", "i")

FORMS: list[tuple[str, Any, str | None]] = [
    ("one", T.concatenate([x]), "x"),
    ("nested", T.concatenate([x, T.concatenate([y, x])]), "Join(0, x, y, x)"),
    ("nested twice", T.concatenate([T.concatenate([T.concatenate([x, y]), y]), x]), "Join(0, x, y, y, x)"),
    ("nested, another axis", T.concatenate([x, T.concatenate([m, n], axis=1)[0]]), None),
    ("first of known", T.concatenate([row, m])[0], "InplaceDimShuffle{1}(row)"),
    ("after known", T.concatenate([row, m])[2], "Subtensor{int64}(m, 1)"),
    ("after unknown", T.concatenate([m, row])[0], None),
    ("last of known", T.concatenate([m, row])[-1], "InplaceDimShuffle{1}(row)"),
    ("before known", T.concatenate([m, row])[-2], "Subtensor{int64}(m, -1)"),
    ("rest", T.concatenate([row, m])[1:], "m"),
    ("part of rest", T.concatenate([row, m])[2:], "Subtensor{int64::}(m, 1)"),
    ("start", T.concatenate([row, row, m])[:1], None),
    ("across", T.concatenate([row, row, m])[:2], None),
    ("column", T.stack([x, y], axis=1)[:, 1], "y"),
    ("element", T.stack([x, y])[1, 2], "Subtensor{int64}(y, 2)"),
    ("other axis", T.concatenate([m, n], axis=1)[0], None),
    ("row of dot", T.dot(m, n)[i], "dot(Subtensor{int64}(m, i), n)"),
    ("element of dot", T.dot(m, n)[1, i], "dot(Subtensor{int64}(m, 1), Subtensor{::, int64}(n, i))"),
    ("element of dot of vector", T.dot(m, x)[2], "dot(Subtensor{int64}(m, 2), x)"),
    ("element of vector times", T.dot(x, m)[2], "dot(x, Subtensor{::, int64}(m, 2))"),
    ("rows of dot", T.dot(m, n)[1:3], "dot(Subtensor{int64:int64:}(m, 1, 3), n)"),
    ("dots", T.dot(T.dot(m, n), m), "dot(dot(m, n), m)"),
    ("log of product", T.log(T.prod(x)), "Sum{acc_dtype=float64}(log(x))"),
    ("log of products", T.log(T.prod(m, axis=0, keepdims=True)), None),
    ("known branch", ifelse(T.constant(0), x, y), "y"),
    ("negated", ifelse(T.eq(c, 0), x, y), "if{}(c, y, x)"),
    ("not zero", ifelse(T.neq(c, 0), x, y), "if{}(c, x, y)"),
    ("negated twice", ifelse(T.eq(T.eq(c, 0), 0), x, y), "if{}(c, x, y)"),
    ("negation known", ifelse(T.eq(T.constant(1), 0), x, y), "y"),
    ("same again", ifelse(c, ifelse(c, x, y), x), "x"),
    ("mixed dtypes", T.concatenate([T.cast(row, "float32"), T.cast(m, "float32")])[0], None),
]


def values_for(inputs: list[Any]) -> list[np.ndarray]:
    rng = np.random.default_rng(3)
    shapes = {v: tuple(1 if one else 3 for one in v.type.broadcastable) for v in inputs}
    return [
        np.asarray(rng.uniform(0.5, 2.0, shapes[v]) if "float" in v.type.dtype else 1, v.type.dtype) for v in inputs
    ]


@pytest.mark.parametrize("name,expression,wanted", FORMS, ids=[f[0] for f in FORMS])
def test_form(name: str, expression: Any, wanted: str | None) -> None:
    inputs = [v for v in graph_inputs([expression]) if not hasattr(v, "data")]
    values = values_for(inputs)
    (before,), (after,) = before_and_after(inputs, expression, values)
    assert before.shape == after.shape and before.dtype == after.dtype
    np.testing.assert_allclose(after, before, rtol=1e-12)
    for mode in ("FAST_COMPILE", "FAST_RUN"):
        got = theano.function(inputs, expression, mode=mode)(*values)
        np.testing.assert_allclose(got, before, rtol=1e-12)
    if wanted is not None:
        assert form(inputs, expression) == wanted


def test_same_branch_again() -> None:
    expression = ifelse(c, ifelse(c, x, y), m[0])
    assert form([c, x, y, m], expression) == "if{}(c, x, Subtensor{int64}(m, 0))"


def test_split_of_join_and_join_of_split() -> None:
    lengths = [x.shape[0], y.shape[0]]
    parts = T.split(T.concatenate([x, y]), lengths, 2)
    fgraph, _ = rewritten([x, y], parts)
    assert fgraph.outputs == fgraph.inputs
    fgraph, _ = rewritten([x], T.concatenate(T.split(x, [1, 2], 2)))
    assert fgraph.outputs == fgraph.inputs
    fgraph, _ = rewritten([x], T.concatenate(T.split(x, [1, 2], 2)[::-1]))
    assert len(fgraph.toposort()) >= 2


def test_log_of_product_does_not_leave_the_range() -> None:
    fgraph, _ = rewritten([x], T.log(T.prod(x)))
    from graphs import perform

    values = np.full(1000, 1e-200)
    np.testing.assert_allclose(perform(fgraph, [values])[0], -200000 * np.log(10))


class TestPartsOfZeros:
    """Slices that make up an axis, each added to zeros, are a join."""

    @staticmethod
    def gates(x: Any) -> Any:
        return T.tanh(x[:, :3]) * T.nnet.sigmoid(x[:, 3:5].sum(axis=1, keepdims=True)) + x[:, 5:] ** 2

    def test_gradient_of_gates(self) -> None:
        x = T.matrix("x")
        g = T.grad(self.gates(x).sum(), x)
        f = theano.function([x], g)
        ops = [type(n.op).__name__ for n in f.maker.fgraph.toposort()]
        assert "Join" in ops and "IncSubtensor" not in ops
        value = np.random.default_rng(1).normal(size=(4, 8))
        slow = theano.function([x], g, mode="FAST_COMPILE")
        np.testing.assert_allclose(f(value), slow(value), rtol=1e-12)

    @pytest.mark.parametrize("cuts", [((0, 2), (3, None)), ((0, 3), (2, None)), ((1, 3), (3, None))])
    def test_parts_that_are_not_all(self, cuts: Any) -> None:
        """A gap, an overlap, no beginning."""
        y = T.vector("y")
        z = T.zeros_like(y)
        for start, stop in cuts:
            z = T.inc_subtensor(z[start:stop], y[start:stop])
        f = theano.function([y], z)
        assert not any(type(n.op).__name__ == "Join" for n in f.maker.fgraph.toposort())
        value = np.arange(1.0, 8.0)
        expected = np.zeros(7)
        for start, stop in cuts:
            expected[start:stop] += value[start:stop]
        np.testing.assert_array_equal(f(value), expected)

    @pytest.mark.parametrize("n", [5, 6, 9])
    def test_a_rest_that_stays_zero(self, n: int) -> None:
        y = T.matrix("y")
        z = T.inc_subtensor(T.zeros((2, n))[:, :2], y[:, :2])
        z = T.inc_subtensor(z[:, 2:5], y[:, 2:] * 2)
        f = theano.function([y], z)
        ops = [type(node.op).__name__ for node in f.maker.fgraph.toposort()]
        assert "Join" in ops and "IncSubtensor" not in ops
        expected = np.zeros((2, n))
        expected[:, :5] = [1, 1, 2, 2, 2]
        np.testing.assert_array_equal(f(np.ones((2, 5))), expected)

    @pytest.mark.parametrize("n", [0, 1, 2, 4, 5, 9])
    @pytest.mark.parametrize("end", [None, 7])
    def test_shorter_than_the_slices(self, n: int, end: int | None) -> None:
        x = T.vector("x")
        cost = (2 * x[:2]).sum() + (3 * x[2:5]).sum() + (4 * x[5:end]).sum()
        got = theano.function([x], T.grad(cost, x))(np.ones(n))
        np.testing.assert_array_equal(got, [2, 2, 3, 3, 3, 4, 4, *([4, 4] if end is None else [0, 0])][:n])

    def test_wrong_lengths_are_an_error(self) -> None:
        x, a, b = T.vectors("x", "a", "b")
        z = T.inc_subtensor(T.inc_subtensor(T.zeros_like(x)[:2], a)[2:], b)
        f = theano.function([x, a, b], z)
        with pytest.raises((ValueError, AssertionError)):
            f(np.ones(5), np.ones(2), np.ones(2))

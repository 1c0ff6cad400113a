"""Connectionist temporal classification against the sum over all paths, one by one."""

from __future__ import annotations

from itertools import groupby, product

import numpy as np
import pytest
from scipy import special
from theano.tensor.nnet.ctc import ConnectionistTemporalClassification, ctc

import theano
import theano.tensor as T
from tests.scan.random_ctc import compare

MODES = [
    theano.compile.Mode(linker="py", optimizer=None), theano.compile.Mode(linker="cvm", optimizer=None), "FAST_RUN"
]  # fmt: skip


def spelt(path):
    return [k for k, _ in groupby(path) if k]


def probability(scores, labels, length):
    """The sum over all sequences of symbols that spell the labels."""
    says = special.softmax(scores.astype("float64"), axis=1)
    labels = [k for k in labels if k >= 0]
    paths = product(range(scores.shape[1]), repeat=length)
    return sum(np.prod([says[t, k] for t, k in enumerate(path)]) for path in paths if spelt(path) == labels)


def wanted(scores, labels, lengths):
    found = [probability(scores[:, b], row, n) for b, (row, n) in enumerate(zip(labels, lengths, strict=True))]
    with np.errstate(divide="ignore"):
        return -np.log(np.array(found, dtype="float64"))


def functions(mode, dtype="float64"):
    x, labels, lengths = T.tensor3("x", dtype=dtype), T.imatrix("labels"), T.ivector("lengths")
    cost = ctc(x, labels, lengths)
    return theano.function([x, labels, lengths], [cost, T.grad(cost.sum(), x)], mode=mode)


CASES = {
    "one label": (4, 3, [[1], [2]], [4, 4]),
    "different lengths": (4, 3, [[1, 2], [2, 1], [1, -1]], [4, 3, 1]),
    "repeats need a blank": (5, 3, [[1, 1], [2, 2]], [5, 3]),
    "no labels": (3, 3, [[-1, -1], [-1, 2]], [3, 2]),
    "no places": (3, 3, [[], []], [3, 2]),
    "padding between labels": (4, 3, [[1, -7, 2], [-1, -1, 1]], [4, 4]),
    "impossible": (3, 3, [[1, 1, 2], [1, 2, 1], [1, 2, -1]], [3, 2, 1]),
    "just possible": (4, 3, [[1, 1, 2], [1, 2, 1]], [4, 3]),
    "no frames count": (3, 3, [[-1], [1]], [0, 0]),
    "no frames": (0, 3, [[-1], [1]], [0, 0]),
    "no rows": (3, 3, np.zeros((0, 2)), []),
    "only the blank": (3, 1, [[-1]], [2]),
}


@pytest.mark.parametrize("mode", MODES, ids=["perform", "native", "rewritten"])
def test_costs_and_gradients(mode):
    f = functions(mode)
    for name, (frames, symbols, labels, lengths) in CASES.items():
        if frames == 0 and mode != "FAST_RUN":
            with pytest.raises(NotImplementedError, match="ctc forwards} was asked to run for 0 steps"):
                f(np.zeros((0, 2, 3)), labels, lengths)
            continue
        labels, lengths = np.array(labels, "int32"), np.array(lengths, "int32")
        scores = np.random.RandomState(3).normal(size=(frames, len(lengths), symbols))
        cost, slope = f(scores, labels, lengths)
        np.testing.assert_allclose(cost, wanted(scores, labels, lengths), rtol=1e-10, atol=1e-13, err_msg=name)
        differences = np.zeros_like(scores)
        for place in np.ndindex(scores.shape):
            ends = []
            for sign in (1, -1):
                moved = scores.copy()
                moved[place] += sign * 1e-5
                ends.append(f(moved, labels, lengths)[0][place[1]])
            # What is impossible has an infinite cost and no slope.
            differences[place] = (ends[0] - ends[1]) / 2e-5 if np.isfinite(ends[0]) else 0
        np.testing.assert_allclose(slope, differences, atol=1e-8, err_msg=name)
        for b, n in enumerate(lengths):
            assert not slope[n:, b].any(), name


@pytest.mark.parametrize("mode", MODES, ids=["perform", "native", "rewritten"])
def test_constants_whose_lengths_are_known(mode):
    """One row, one symbol, one place: nothing is taken for what broadcasts."""
    given = [(np.zeros((2, 1, 4)), [[3]]), (np.zeros((1, 2, 1)), [[-1], [-1]]), (np.ones((3, 1, 2)), [[]])]
    for scores, labels in given:
        labels = np.array(labels, "int32").reshape(scores.shape[1], -1)
        lengths = np.full(len(labels), len(scores), "int32")
        constant = T.constant(scores)
        cost = ctc(constant, labels, lengths)
        assert cost.type.broadcastable == (len(labels) == 1,)
        got, slope = theano.function([], [cost, T.grad(cost.sum(), constant)], mode=mode)()
        np.testing.assert_allclose(got, wanted(scores, labels, lengths), atol=1e-12)
        assert slope.shape == scores.shape
    x = T.TensorType("float64", (False, True, False))("x")
    cost = ctc(x, T.imatrix("labels"), T.ivector("lengths"))
    f = theano.function([x, *cost.owner.inputs[1:]], T.grad(cost.sum(), x), mode=mode)
    assert f(np.zeros((2, 1, 4)), [[3]], [2]).shape == (2, 1, 4)


def test_programs_are_native():
    f = functions("FAST_RUN", "float32")
    assert not any(kind == "callback" for kind, _ in f.executor.lowered.words)
    assert not any(isinstance(n.op, ConnectionistTemporalClassification) for n in f.maker.fgraph.apply_nodes)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_dtypes_and_layouts(dtype):
    scores = np.random.RandomState(0).normal(size=(5, 3, 4)).astype(dtype)
    labels = np.array([[1, 2, -1], [3, 3, 1], [2, -1, -1]], "int32")
    lengths = np.array([5, 5, 3], "int32")
    exact = wanted(scores, labels, lengths)
    f = functions("FAST_RUN", dtype)
    turned = np.ascontiguousarray(scores[::-1].transpose(2, 1, 0)).transpose(2, 1, 0)[::-1]
    for given in (scores, turned, np.asfortranarray(scores)):
        cost, slope = f(given, labels[:, ::-1][:, ::-1], lengths)
        assert cost.dtype == slope.dtype == dtype
        np.testing.assert_allclose(cost, exact, rtol={"float16": 2e-2, "float32": 1e-5, "float64": 1e-12}[dtype])


def test_long_and_extreme():
    """Probabilities far below the smallest number; activations that are infinite."""
    f = functions("FAST_RUN")
    labels, lengths = np.array([[1, 2]], "int32"), np.array([3000], "int32")
    flat = np.zeros((3000, 1, 50))
    cost, slope = f(flat, labels, lengths)
    # 0…1…0…2…0… of 3000 symbols: five runs, of which those of 1 and 2 are not empty.
    exact = 3000 * np.log(50) - np.log(special.comb(3002, 4))
    np.testing.assert_allclose(cost, exact, rtol=1e-12)
    assert np.isfinite(slope).all()
    big = np.zeros((4, 1, 3))
    big[0, 0, 1] = big[3, 0, 2] = 1e4
    big[1:3, 0, 0] = 1e4
    cost, slope = f(big, labels, np.array([4], "int32"))
    assert abs(cost[0]) < 1e-9 and abs(slope).max() < 1e-9
    cost, slope = f(big[::-1], labels, np.array([4], "int32"))
    assert 1e4 < cost[0] <= 5e4 and np.isfinite(slope).all()
    big[:, 0, 2] = -np.inf
    cost, slope = f(big, np.array([[1, -1]], "int32"), np.array([4], "int32"))
    assert np.isfinite(cost).all() and np.isfinite(slope).all()
    cost, slope = f(big, labels, np.array([4], "int32"))
    assert cost[0] == np.inf and not slope.any()


def test_second_derivatives_and_directions():
    x, v = T.dtensor3("x"), T.dtensor3("v")
    labels, lengths = np.array([[1, 1, -1], [2, 1, -1], [1, 1, 1]], "int32"), [4, 3, 4]
    scores, way = np.random.RandomState(1).normal(size=(2, 4, 3, 3))
    both = ConnectionistTemporalClassification()(x, labels, lengths, return_list=True)[0].owner.outputs
    cost = ctc(x, labels, lengths)
    possible = T.switch(T.isinf(cost), 0, cost)
    slope = T.grad(possible.sum(), x)
    expressions = [
        slope, both[1], T.Rop(slope, x, v), T.grad((slope * v).sum(), x), T.Rop(cost, x, v), T.Lop(both[1], x, v)
    ]  # fmt: skip
    for mode in ("FAST_COMPILE", "FAST_RUN"):
        f = theano.function([x, v], expressions, mode=mode, on_unused_input="ignore")
        found, slope_given, along, curved, forward, curved_given = f(scores, way)
        step = 1e-6
        moved = [f(scores + s * way, way)[0] for s in (step, -step)]
        differences = (moved[0] - moved[1]) / (2 * step)
        np.testing.assert_allclose(along, differences, atol=1e-7)
        np.testing.assert_allclose(curved, differences, atol=1e-7)  # a matrix of second derivatives is symmetric
        np.testing.assert_allclose(curved_given, differences, atol=1e-7)
        np.testing.assert_allclose(slope_given, found, atol=1e-12)
        np.testing.assert_allclose(forward[:2], (found * way).sum(axis=(0, 2))[:2])


def test_without_the_output_of_the_gradient():
    op = ConnectionistTemporalClassification(compute_grad=False, openmp=False)
    assert op == ConnectionistTemporalClassification(compute_grad=False) != ConnectionistTemporalClassification()
    x = T.dtensor3("x")
    costs = [made(x, [[1]], [2]) for made in (op, ConnectionistTemporalClassification())]
    assert [len(c.owner.outputs) for c in costs] == [1, 2]
    f = theano.function([x], [T.grad((c**2).sum(), x) for c in costs])
    np.testing.assert_array_equal(*f(np.random.RandomState(0).normal(size=(3, 1, 2))))


def test_refusals():
    x, labels, lengths = T.tensor3(), T.imatrix(), T.ivector()
    for bad in [(T.matrix(), labels, lengths), (T.itensor3(), labels, lengths)]:
        with pytest.raises(TypeError, match="ctc: activations must be a 3-d tensor of floats"):
            ctc(*bad)
    for wrong in (T.ivector(), T.matrix()):
        with pytest.raises(TypeError, match="ctc: labels must be a matrix of integers"):
            ctc(x, wrong, lengths)
    with pytest.raises(TypeError, match="ctc: input_lengths must be a vector of integers"):
        ctc(x, labels, T.vector())
    for mode in ("FAST_COMPILE", "FAST_RUN"):
        f = functions(mode)
        scores = np.zeros((3, 1, 4))
        with pytest.raises(ValueError, match="label 0 is the blank"):
            f(scores, [[1, 0]], [3])
        for n in (4, -1):
            with pytest.raises(ValueError, match="each of input_lengths must be from 0 to activations.shape"):
                f(scores, [[1, 2]], [n])
        with pytest.raises(IndexError):
            f(scores, [[1, 4]], [3])
        for labels_of, n in (([[1], [1]], [3]), ([[1]], [3, 3])):
            with pytest.raises((ValueError, IndexError)):
                f(scores, labels_of, n)


@pytest.mark.parametrize("seed", range(12))
def test_random_batches(seed):
    compare(seed)

from __future__ import annotations

import importlib
import pickle

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.tensor.oracle import check, run

# `theano.tensor.sort` is the function as an attribute, and a module.
sort = importlib.import_module("theano.tensor.sort")

R = np.random.RandomState(0)
V = R.permutation(7) + R.uniform(0, 0.5, 7)
M = R.permutation(12).reshape(3, 4) + 0.25
C = R.permutation(24).reshape(2, 3, 4) - 10.5
TIES = np.array([3, 1, 3, 0, 1])
X0 = np.float32(-1)


def largest(a, k, axis):
    ordered = np.sort(a, axis)
    return np.flip(np.take(ordered, range(a.shape[axis] - k, a.shape[axis]), axis), axis)


def smallest(a, k, axis):
    return np.take(np.sort(a, axis), range(k), axis)


EXPRESSIONS = {
    "vector": (lambda x: T.sort(x), np.sort, V),
    "method": (lambda x: x.sort(), np.sort, M),
    "axis 0": (lambda x: T.sort(x, 0), lambda a: np.sort(a, 0), M),
    "axis -2": (lambda x: x.sort(axis=-2), lambda a: np.sort(a, -2), C),
    "flat": (lambda x: T.sort(x, None), lambda a: np.sort(a, None), M),
    "mergesort": (lambda x: T.sort(x, kind="mergesort"), np.sort, M),
    "row": (lambda x: T.sort(x, 1), lambda a: np.sort(a, 1), M[:1]),
    "column": (lambda x: T.sort(x, 1), lambda a: np.sort(a, 1), M[:, :1]),
    "integers": (lambda x: T.sort(x), np.sort, TIES),
    "nan": (lambda x: T.sort(x), np.sort, np.array([1, np.nan, 0], "float32")),
    "empty": (lambda x: T.sort(x, 0), np.copy, np.zeros((0, 3))),
    "symbolic axis": (lambda x, a: T.sort(x, a), lambda x, a: np.sort(x, int(a)), np.float32(M), np.int8(0)),
    "symbolic axis, of floats": (lambda x, a: T.sort(x, a), lambda x, a: np.sort(x, int(a)), np.float32(M), X0),
    "argsort by a float": (lambda x, a: T.argsort(x, a), lambda x, a: np.argsort(x, int(a)), np.float32(M), X0),
    "axis that is a float": (lambda x: T.sort(x, 0.0), lambda x: np.sort(x, 0), M),
    "argsort": (lambda x: T.argsort(x), np.argsort, V),
    "argsort 0": (lambda x: x.argsort(0), lambda a: np.argsort(a, 0), C),
    "argsort flat": (lambda x: T.argsort(x, axis=None), lambda a: np.argsort(a, None), M),
    "argsort stable": (lambda x: T.argsort(x, kind="stable"), lambda a: np.argsort(a, kind="stable"), TIES),
    "topk": (lambda x: T.topk(x, 3), lambda a: largest(a, 3, 0), V),
    "topk 1": (lambda x: T.topk(x, 1, axis=0), lambda a: largest(a, 1, 0), M),
    "topk all": (lambda x: T.topk(x, 4), lambda a: largest(a, 4, 1), M),
    "topk negative": (lambda x: T.topk(x, -2, axis=1), lambda a: smallest(a, 2, 1), C),
    "topk flat": (lambda x: T.topk(x, 5, axis=None), lambda a: largest(a.ravel(), 5, 0), M),
    "topk symbolic": (lambda x, k: T.topk(x, k), lambda a, k: largest(a, int(k), 0), V, np.int64(2)),
    "topk of both": (lambda x: T.topk_and_argtopk(x, 2)[0], lambda a: largest(a, 2, 1), M),
    "argtopk": (lambda x: T.argtopk(x, 3), lambda a: np.argsort(-a)[:3], V),
    "argtopk -": (lambda x: T.argtopk(x, -3, 0), lambda a: np.argsort(a, 0)[:3], M),
    "argtopk of both": (lambda x: T.topk_and_argtopk(x, 2)[1], lambda a: np.argsort(-a, 1)[:, :2], M),
}


@pytest.mark.parametrize("case", EXPRESSIONS)
def test_expressions(case):
    build, expect, *arrays = EXPRESSIONS[case]
    check(build, *arrays, expect=expect)


@pytest.mark.parametrize("case", EXPRESSIONS)
def test_compiled(case):
    build, expect, *arrays = EXPRESSIONS[case]
    inputs = [T.TensorType(np.asarray(a).dtype.name, [n == 1 for n in np.shape(a)])() for a in arrays]
    out = build(*inputs)
    outputs = [out]
    if out.dtype.startswith("float") and inputs[0].dtype == "float64":
        outputs.append(T.grad((out**2).sum(), inputs[0]))
    got = theano.function(inputs, outputs)(*arrays)
    np.testing.assert_array_equal(got[0], expect(*arrays))
    for g, w in zip(got, run(outputs, inputs, [np.asarray(a) for a in arrays])):
        np.testing.assert_allclose(g, w)


def test_unsorted_topk_holds_the_same_elements():
    x = T.dmatrix()
    values, positions = theano.function([x], T.topk_and_argtopk(x, 3, axis=0, sorted=False))(C[0].T)
    np.testing.assert_array_equal(np.sort(values, 0), np.sort(largest(C[0].T, 3, 0), 0))
    np.testing.assert_array_equal(np.take_along_axis(C[0].T, positions, 0), values)


def test_types_and_names():
    x = T.fmatrix()
    assert str(T.sort(x).owner.op) == "SortOp{quicksort, None}"
    assert T.sort(x).type == x.type and T.argsort(x).dtype == "int64"
    assert T.argtopk(x, 2, idx_dtype="int32").dtype == "int32"
    assert T.sort(x, 0).owner.op == T.sort(x).owner.op
    assert sort.sort is T.sort and sort.SortOp("quicksort") == T.sort(x).owner.op
    assert pickle.loads(pickle.dumps(sort.TopKOp(1))) == sort.TopKOp(1)


def test_axis_that_is_no_whole_number():
    x, axis = T.dmatrix(), T.dscalar()
    with pytest.raises(ValueError, match="must be an integer or None"):
        run([T.sort(x, axis)], [x, axis], [M, 0.5])


def test_derivative_of_discrete_is_zero():
    x, v = T.dvector(), T.ivector()
    (g,) = run([T.grad((x * T.argsort(x)).sum(), x)], [x], [V])
    np.testing.assert_array_equal(g, np.argsort(V))
    (g,) = run([T.grad(T.cast(T.sort(v), "float64").sum(), v)], [v], [np.int32(TIES)])
    assert not g.any()


@pytest.mark.parametrize(
    ("error", "build"),
    [
        (ValueError, lambda: T.sort(T.dscalar())),
        (ValueError, lambda: T.sort(T.dvector(), 1)),
        (ValueError, lambda: T.sort(T.dvector(), kind="bubblesort")),
        (ValueError, lambda: T.sort(T.dvector(), order="field")),
        (ValueError, lambda: T.sort(T.dvector(), 0.5)),
        (TypeError, lambda: T.sort(T.dvector(), True)),
        (ValueError, lambda: T.topk(T.dvector(), 0)),
        (ValueError, lambda: T.topk(T.dscalar(), 1)),
        (TypeError, lambda: T.topk(T.zvector(), 1)),
        (TypeError, lambda: T.topk(T.dvector(), 1, idx_dtype="float64")),
        (TypeError, lambda: T.topk(T.dvector(), 1, axis=T.iscalar())),
        (ValueError, lambda: sort.TopKOp(return_values=False, return_indices=False)),
        (ValueError, lambda: run([T.topk(T.constant(V), 8)], [], [])),
        (NotImplementedError, lambda: T.grad(T.sort(x := T.dmatrix(), T.iscalar()).sum(), x)),
    ],
)
def test_mistakes(error, build):
    with pytest.raises(error):
        build()

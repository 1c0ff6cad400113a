"""Gradients of operations on sparse matrices, by finite differences and by their structure."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

import theano
import theano.tensor as T
from tests.sparse.cases import CASES, SPARSE, Case, disordered, operands, variable
from theano import sparse as S
from theano.gradient import DisconnectedInputError
from theano.ifelse import ifelse
from theano.sparse.type import SparseType

# The grids are about formulas: `perform` computes them, without compiling hundreds of programs.
MODE = "FAST_COMPILE"

SMOOTH = [c for c in CASES if c.grad != "none" and c.name not in ("rint", "sgn", "ceil", "floor", "trunc")]


def rng() -> np.random.RandomState:
    return np.random.RandomState(0)


@pytest.mark.parametrize("format", ["csr", "csc"])
@pytest.mark.parametrize("case", SMOOTH, ids=[c.name for c in SMOOTH])
def test_finite_differences(case: Case, format: str) -> None:
    values = operands(case, format, "float64", seed=2)
    if case.grad in ("structured", "both"):
        S.verify_grad_sparse(case.symbolic, values, structured=True, rng=rng(), n_tests=1, mode=MODE)
    if case.grad in ("regular", "both"):
        S.verify_grad_sparse(case.symbolic, values, rng=rng(), n_tests=1, mode=MODE)


SECOND = [c for c in SMOOTH if c.name not in ("sp_sum_1", "sp_sum_0", "tensor_dot", "matmul", "T")]


@pytest.mark.parametrize("case", SECOND, ids=[c.name for c in SECOND])
def test_second_gradients(case: Case) -> None:
    def first(*variables):
        out = case.symbolic(*variables)
        out = S.dense_from_sparse(out) if isinstance(out.type, SparseType) else out
        grads = T.grad((out**3).sum(), variables, disconnected_inputs="ignore")
        dense = [S.dense_from_sparse(g) if isinstance(g.type, SparseType) else g for g in grads]
        return sum((g**2).sum() for g in dense)

    for format in ("csr", "csc"):
        values = operands(case, format, "float64", seed=3)
        S.verify_grad_sparse(first, values, structured=case.grad != "regular", rng=rng(), n_tests=1, mode=MODE)


COMPLEX = [c for c in SMOOTH if "c" in c.kinds_of_numbers]


@pytest.mark.parametrize("case", COMPLEX, ids=[c.name for c in COMPLEX])
def test_complex_gradients(case: Case) -> None:
    """The gradient of a real cost with respect to a + ib is dC/da + i dC/db."""
    values = operands(case, "csr", "complex128", seed=4)
    variables = [variable(v) for v in values]
    out = case.symbolic(*variables)
    out = S.dense_from_sparse(out) if isinstance(out.type, SparseType) else out
    weights = np.random.RandomState(5).rand(*theano.function(variables, out, mode=MODE)(*values).shape)
    cost = (abs(out) ** 2 * weights).sum()
    grads = T.grad(cost, variables, disconnected_inputs="ignore")
    cost_of = theano.function(variables, cost, mode=MODE)
    for k, (value, g) in enumerate(zip(values, theano.function(variables, grads, mode=MODE)(*values), strict=True)):
        elements = value.data if sp.issparse(value) else np.ravel(value)
        for at in range(0, len(elements), 3):
            place = _place(value, at)
            found = np.asarray(g.toarray() if sp.issparse(g) else g)[place]
            expected = [_slope(cost_of, values, k, at, step) for step in (1e-6, 1e-6j)]
            np.testing.assert_allclose(found, expected[0] + 1j * expected[1], rtol=1e-4, atol=1e-6, err_msg=str(place))


def _place(value, at):
    if not sp.issparse(value):
        return np.unravel_index(at, value.shape)
    own = value.tocoo()
    return own.row[at], own.col[at]


def _slope(cost_of, values, k, at, step):
    sides = []
    for sign in (1, -1):
        moved = [v.copy() for v in values]
        target = moved[k]
        if sp.issparse(target):
            target.data[at] += sign * step
        else:
            flat = np.array(target).reshape(-1)
            flat[at] += sign * step
            moved[k] = flat.reshape(target.shape)
        sides.append(cost_of(*moved))
    return (sides[0] - sides[1]) / (2e-6)


def test_gradients_are_dense_or_structured_as_documented() -> None:
    x, w, v = S.csr_matrix("x", "float64"), T.dmatrix("w"), S.csc_matrix("v", "float64")
    sparse_type = SparseType("csr", "float64")
    kinds = {
        "dot": S.dot(x, w).sum(),
        "structured": S.structured_dot(x, w).sum(),
        "add": S.dense_from_sparse(x + x).sum(),
        "add_s_d": (x + w).sum(),
        "sp_sum": S.sp_sum(x),
        "true_dot": S.sp_sum(S.true_dot(x, w)),
        "two": S.dot(x, w).sum() + S.sp_sum(x, sparse_grad=True),
    }
    types = {name: T.grad(cost, x).type for name, cost in kinds.items()}
    dense = {"dot", "two"}
    assert {name for name, kind in types.items() if kind != sparse_type} == dense
    assert T.grad(kinds["true_dot"], w).type == T.dmatrix
    assert T.grad(S.sp_sum(S.true_dot(v, w, grad_preserves_dense=False)), w).type == sparse_type
    X = sp.csr_matrix([[0, 1.0], [2.0, 0]])
    full, structured = (theano.function([x], T.grad(S.sp_sum(x, sparse_grad=s), x))(X) for s in (False, True))
    assert (full.toarray() == 1).all() and (structured.toarray() == (X.toarray() != 0)).all()


def test_gradients_keep_dtypes_and_formats() -> None:
    for format in ("csr", "csc"):
        for dtype in ("float32", "float64"):
            x = S.matrix(format, "x", dtype)
            g = T.grad(S.sp_sum(S.sqr(x) * 2.0 + S.sin(x)), x)
            assert g.type == SparseType(format, dtype)
    i = S.csr_matrix("i", "int32")
    assert T.grad(S.sp_sum(i * 2.5), i).type.dtype == "float64"
    assert T.grad(S.sp_sum(S.cast(S.cast(i, "float32") * np.float32(2), "float64")), i).type.dtype == "float32"


def test_what_has_no_gradient() -> None:
    x, y = S.csr_matrix("x", "float64"), S.csr_matrix("y", "float64")
    cost = S.dense_from_sparse(S.cast(S.lt(x, y), "float64")).sum() + S.sp_sum(S.rint(x))
    assert T.grad(cost, x).eval({x: sp.eye(3, format="csr")}).sum() == 0
    with pytest.raises(DisconnectedInputError):
        T.grad(S.sp_sum(x), y)
    zeros = T.grad(S.sp_sum(x), y, disconnected_inputs="ignore")
    assert zeros.type == y.type and theano.function([y], zeros)(sp.eye(2, 3, format="csr")).shape == (2, 3)
    with pytest.raises(DisconnectedInputError):
        T.grad(S.csm_properties(x)[3].sum() * 1.0, x)


def test_known_gradients_may_be_sparse() -> None:
    x = S.csr_matrix("x", "float64")
    y = S.sqr(x)
    g = T.grad(None, x, known_grads={y: S.sp_ones_like(y)})
    X = sp.random(3, 4, 0.5, format="csr", random_state=1)
    np.testing.assert_allclose(theano.function([x], g)(X).toarray(), 2 * X.toarray())


def test_gradient_of_csm_with_another_structure() -> None:
    """The gradient of a sum of sparse matrices has elements where the matrix that is made has none."""
    parts = [T.dvector("data"), *map(T.constant, ([2, 0, 1], [0, 1, 3], [2, 3]))]
    other = sp.csr_matrix(np.arange(6.0).reshape(2, 3))
    x = S.CSR(*parts)
    cost = S.sp_sum(S.sqr(S.add(x, other)))
    data = np.array([10.0, 20.0, 30.0])
    found = theano.function(parts[:1], T.grad(cost, parts[0]))(data)
    made = np.array([[0, 0, 10.0], [20, 30, 0]])
    np.testing.assert_allclose(found, 2 * (made + other.toarray())[[0, 1, 1], [2, 0, 1]])


def test_sparse_grad_of_rows() -> None:
    w, rows = T.dmatrix("w"), T.lvector("rows")
    taken = theano.sparse_grad(w[rows])
    g = T.grad((taken**2).sum(), w)
    W, at = np.arange(12.0).reshape(4, 3), [1, 3, 1]
    f = theano.function([w, rows], [taken, g, w - 0.5 * g])
    found, grad, moved = f(W, at)
    expected = np.zeros_like(W)
    np.add.at(expected, at, 2 * W[at])
    assert sp.issparse(grad) and grad.format == "csc" and grad.nnz == 6
    np.testing.assert_array_equal(found, W[at])
    np.testing.assert_array_equal(grad.toarray(), expected)
    np.testing.assert_array_equal(moved, W - 0.5 * expected)
    both = T.grad((taken**2).sum() + w.sum(), w)
    np.testing.assert_array_equal(theano.function([w, rows], both)(W, at), expected + 1)
    for wrong in (w[1], w * 2, w[1:], rows[rows]):
        with pytest.raises(TypeError, match="sparse_grad takes rows"):
            theano.sparse_grad(wrong)


@pytest.mark.parametrize("format", ["csr", "csc"])
def test_directional_derivatives(format: str) -> None:
    x, v, w = S.matrix(format, "x", "float64"), S.matrix(format, "v", "float64"), T.dmatrix("w")
    X = sp.random(4, 3, 0.6, format=format, random_state=1)
    V, W = X.copy(), np.random.RandomState(3).rand(3, 2)
    V.data = np.random.RandomState(2).rand(V.nnz)
    for y in (
        S.dot(x, w), S.structured_dot(x, w), S.dense_from_sparse(S.sqr(x)), S.sp_sum(x * x, axis=0), S.diag(x[:3]),
        S.dot(S.add(x, x), w), x[1, 2], S.vstack([x, -x]).toarray(), S.mul_s_v(x, w[:, 0]).toarray(), x + w[:1].sum(),
    ):  # fmt: skip
        found = theano.function([x, v, w], T.Rop(y, x, v), mode=MODE, on_unused_input="ignore")(X, V, W)
        f = theano.function([x, w], y, mode=MODE, on_unused_input="ignore")
        expected = (f(X + 1e-6 * V, W) - f(X - 1e-6 * V, W)) / 2e-6
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-8)


def test_gradients_of_one_structure_are_added_without_a_new_one() -> None:
    """So training functions need no SciPy."""
    x, w = S.csr_matrix("x", "float64"), T.dmatrix("w")
    y = S.sqr(x) * 2.0
    cost = S.structured_dot(y, w).sum() + S.sp_sum(S.sin(y), sparse_grad=True) + S.sp_sum(S.sqrt(x))
    g = T.grad(cost, x)
    f = theano.function([x, w], g)
    assert not {"AddSS", "MulSS", "CSMGrad"} & {type(n.op).__name__ for n in f.maker.fgraph.toposort()}
    X, W = sp.random(4, 3, 0.6, format="csr", random_state=1), np.random.RandomState(2).rand(3, 2)
    found = f(X, W)
    at = X.data
    expected = 4 * at * (W.sum(axis=1)[X.indices] + np.cos(2 * at**2)) + 0.5 / np.sqrt(at)
    np.testing.assert_allclose(found.data, expected)
    assert (found.indices == X.indices).all() and (found.indptr == X.indptr).all()


def _parts_of(x):
    rows, columns = [1, -1, 1], [2, 0, 2]
    return {
        "element": T.grad(x[1, -1] ** 2, x),
        "elements": T.grad((x[rows, columns] ** 2).sum(), x),
        "rectangle": T.grad(S.sp_sum(S.sqr(x[::-2, 1:]), sparse_grad=True), x),
        "rows": T.grad(S.sp_sum(S.sqr(x[rows]), sparse_grad=True), x),
        "rows of a table": T.grad((S.sparse_grad(x.toarray()[rows]) ** 2).sum(), x),
        "chosen": S.construct_sparse_from_list(x.toarray(), x.toarray()[:3], rows),
    }


@pytest.mark.parametrize("format", ["csr", "csc"])
def test_gradients_of_parts_find_their_structure_in_loops(format: str) -> None:
    x = S.matrix(format, dtype="float64")
    for name, g in _parts_of(x).items():
        f, reference = theano.function([x], g), theano.function([x], g, mode=MODE)
        assert "callback" not in theano.printing.loop_program(f), name
        for value in (sp.random(3, 4, 0.7, format, random_state=0), sp.random(9, 3, 0.3, format, random_state=1)):
            for matrix in (value, disordered(value, True), 0 * value, type(value)(value.shape)):
                found, expected = f(matrix), reference(matrix)
                if isinstance(g.type, SparseType):
                    np.testing.assert_array_equal(found.indptr, expected.indptr)
                    np.testing.assert_array_equal(found.indices, expected.indices)
                    found, expected = found.data, expected.data
                np.testing.assert_allclose(found, expected, rtol=1e-12, err_msg=name)


def test_places_of_gradients_are_checked() -> None:
    x, rows, columns, g = S.csr_matrix("x"), T.lvector("rows"), T.lvector("columns"), T.vector("g")
    for mode in (MODE, None):
        f = theano.function([x, rows, columns, g], S.get_item_2lists_grad(x, rows, columns, g), mode=mode)
        X = sp.eye(3, dtype=g.type.dtype).tocsr()
        one = np.ones(1, g.type.dtype)
        assert f(X, [-1], [0], one).toarray()[2, 0] == 1
        for wrong in ([[0, 1], [0], one], [[0, 1], [0, 1], one]):
            with pytest.raises(ValueError, match="there (are|must be)"):
                f(X, *wrong)
        for wrong in ([[3], [0], one], [[0], [-4], one]):
            with pytest.raises(IndexError):
                f(X, *wrong)


WITH_DENSE = [c for c in SMOOTH if c.duplicates and set(c.kinds) - set(SPARSE) and set(c.kinds) & set(SPARSE)]


@pytest.mark.parametrize("case", WITH_DENSE, ids=[c.name for c in WITH_DENSE])
def test_gradients_where_several_elements_stand_for_one_place(case: Case) -> None:
    """Those of dense operands are what they are where each place has one element."""
    values = operands(case, "csr", "float64", seed=6, disorder=True)
    variables = [variable(v) for v in values]
    out = case.symbolic(*variables)
    out = S.dense_from_sparse(out) if isinstance(out.type, SparseType) else out
    dense = [v for v in variables if not isinstance(v.type, SparseType)]
    f = theano.function(variables, T.grad((out**2).sum(), dense, disconnected_inputs="ignore"), mode=MODE)
    tidy = [v.tocoo().tocsr() if sp.issparse(v) else v for v in values]
    for found, expected in zip(f(*values), f(*tidy), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-9)


TWICE = [T.constant(v) for v in (np.array([1, 0, 1, 2, 2], "int32"), np.array([0, 3, 5, 5], "int32"), np.array([3, 4]))]
SEVERAL = {
    "transpose": lambda x: x.T,
    "remove0": S.remove0,
    "clean": S.clean,
    "part": lambda x: x[:, ::-1][::-1],
    "rows": lambda x: x[[1, 0, 1]],
    "hstack": lambda x: S.hstack([x, x * 2.0]),
    "vstack": lambda x: S.vstack([x, S.neg(x)], "csr"),
    "col_scale": lambda x: S.col_scale(x, T.constant([1.0, 2, 3, 4])),
    "turned": lambda x: x + S.sqr(x.T).T,
    "branch": lambda x: ifelse(T.gt(S.sp_sum(x), 0), x, x + x),
    "other format": lambda x: S.hstack([x], "csc"),
}


@pytest.mark.parametrize("mode", [None, "FAST_COMPILE"])
@pytest.mark.parametrize("name", SEVERAL)
def test_each_of_several_elements_in_one_place_has_the_whole_gradient(name: str, mode: Any) -> None:
    data = T.dvector("data")
    made = SEVERAL[name](S.CSR(data, *TWICE))
    value = np.array([0.3, 0.5, 0.9, 0.4, 0.7])
    for y in (made, S.sqr(made)):  # a matrix; a function that takes each element for itself
        out = S.dense_from_sparse(y)
        cost = (out**3).sum() + (S.dot(y, T.ones_like(out).T) ** 2).sum()
        f = theano.function([data], [cost, T.grad(cost, data)], mode=mode)
        moved = [(f(value + 1e-6 * e)[0] - f(value - 1e-6 * e)[0]) / 2e-6 for e in np.eye(5)]
        np.testing.assert_allclose(f(value)[1], moved, rtol=1e-5)


def test_directional_derivatives_of_several_elements_in_one_place() -> None:
    data, v = T.dvectors("data", "v")
    value, direction = np.array([0.3, 0.5, 0.9, 0.4, 0.7]), np.array([1.0, -2, 0.5, 3, 1])
    for name, make in SEVERAL.items():
        y = S.dense_from_sparse(S.sqr(make(S.CSR(data, *TWICE))))
        f = theano.function([data, v], [y, T.Rop(y, data, v)], mode=MODE)
        change = f(value + 1e-6 * direction, direction)[0] - f(value - 1e-6 * direction, direction)[0]
        np.testing.assert_allclose(f(value, direction)[1], change / 2e-6, rtol=1e-5, atol=1e-8, err_msg=name)


def test_gradients_of_input_matrices_with_several_elements_in_one_place() -> None:
    x, w = S.csr_matrix("x", "float64"), T.dmatrix("w")
    X = sp.csr_matrix((np.array([2.0, 3.0, 1.0]), [1, 1, 0], [0, 2, 3]), shape=(2, 3))
    W = np.arange(6.0).reshape(3, 2)
    structured = T.grad((S.structured_dot(x, w) ** 2).sum(), x)
    both = T.grad((S.structured_dot(x, w) ** 2).sum() + (S.dot(x, w) ** 2).sum(), x)
    expected = 2 * X.toarray() @ W @ W.T
    for mode in (None, "FAST_COMPILE"):
        g, h = theano.function([x, w], [structured, both], mode=mode)(X, W)
        np.testing.assert_allclose(g.data, expected[[0, 0, 1], [1, 1, 0]])
        np.testing.assert_allclose(h, expected + expected * (X.toarray() != 0))

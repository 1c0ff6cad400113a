"""Sparse matrices as shared variables, constants, updates, parts of loops and of branches; printed, copied, pickled."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys

import numpy as np
import pytest
import scipy.sparse as sp

import theano
import theano.tensor as T
from theano import sparse as S
from theano.ifelse import ifelse

X = sp.random(4, 3, 0.5, format="csr", random_state=1)


def equal(a, b) -> bool:
    return type(a) is type(b) and a.shape == b.shape and (a != b).nnz == 0


def test_shared_variables() -> None:
    s = theano.shared(X, name="s")
    assert s.type == S.csr_dmatrix and isinstance(s, S.SparseTensorSharedVariable) and s.name == "s"
    assert (s.dtype, s.format, s.ndim) == ("float64", "csr", 2)
    value = s.get_value()
    assert equal(value, X) and value is not s.get_value() and s.get_value(borrow=True) is s.get_value(borrow=True)
    assert not np.may_share_memory(s.get_value(borrow=True).data, X.data)
    assert theano.shared(X, borrow=True).get_value(borrow=True) is X
    s.set_value(2 * X)
    assert equal(s.get_value(), 2 * X)
    s.set_value(sp.csc_matrix((2, 2)))
    assert s.get_value().shape == (2, 2) and s.get_value().format == "csr"
    s.set_value(X)
    s.zero()
    assert s.get_value().nnz == X.nnz and s.get_value().sum() == 0
    s.set_value(X)
    s.zero(borrow=True)
    assert s.get_value().sum() == 0
    assert theano.shared(X.tocoo(), format="csc").type == S.csc_dmatrix
    assert theano.shared(sp.csr_array(X.astype("float32"))).type == S.csr_fmatrix
    assert S.shared(X, name="t").name == "t"
    for wrong, text in [(X.tocoo(), "no variables of sparse format coo"), (X.astype("complex256"), "dtype")]:
        with pytest.raises(TypeError, match=text):
            theano.shared(wrong)
    with pytest.raises(TypeError, match="float99|unexpected keyword"):
        theano.shared(X, dtype="float99")
    with pytest.raises(TypeError):
        s.set_value(np.zeros(3))


def test_updates_givens_and_defaults() -> None:
    s, v = theano.shared(X), T.dvector("v")
    f = theano.function([v], S.dot(s, v), updates=[(s, s * 2)])
    np.testing.assert_allclose(f([1, 2, 3]), X @ [1, 2, 3])
    np.testing.assert_allclose(f([1, 2, 3]), 2 * X @ [1, 2, 3])
    assert equal(s.get_value(), 4 * X)
    x = S.csr_matrix("x", "float64")
    keep = theano.function([x], [], updates={s: x})
    mine = X.copy()
    keep(mine)
    mine.data[:] = 0
    assert equal(s.get_value(), X)  # its own
    with pytest.raises(TypeError):
        theano.function([], [], updates=[(s, s.T)])
    given = theano.function([], S.dot(x, np.ones(3)), givens={x: s})
    np.testing.assert_allclose(given(), X @ np.ones(3))
    default = theano.function([v, theano.In(x, value=X)], S.dot(x, v))
    np.testing.assert_allclose(default([1, 1, 1]), X @ np.ones(3))
    np.testing.assert_allclose(S.dot(x, s.T).eval({x: X}), (X @ X.T).toarray())


def test_a_failure_leaves_shared_matrices_alone() -> None:
    s, n, v = theano.shared(X), theano.shared(1.0), T.dvector("v")
    f = theano.function([v], S.mul_s_v(s, v), updates=[(s, s * 2), (n, n + 1)])
    with pytest.raises(ValueError, match="element"):
        f([1, 2])
    assert equal(s.get_value(), X) and n.get_value() == 1


def test_results_are_the_callers_own() -> None:
    s, x = theano.shared(X), S.csr_matrix("x", "float64")
    for mode in (None, "FAST_COMPILE"):
        f = theano.function([x], [s, x, x.T, x.data, s.indices, x * 2, S.sqr(x)], mode=mode)
        mine = X.copy()
        first = f(mine)
        for result in first:
            for part in (result.data, result.indices, result.indptr) if sp.issparse(result) else (result,):
                part[...] = 0
        assert equal(mine, X) and equal(s.get_value(), X)
        assert equal(f(mine)[5], 2 * X)


def test_constants() -> None:
    c = S.as_sparse_variable(X)
    assert str(c) == repr(c) == "SparseConstant{csr,float64,shape=(4, 3),nnz=6}" and c.data is not None
    assert isinstance(c.data, sp.csr_matrix) and equal(c.data, X)
    same, other = S.constant(X.copy()), S.constant(2 * X)
    assert c.equals(same) and hash(c.signature()) == hash(same.signature())
    assert not c.equals(other) and c.signature() != other.signature() and not c.equals(S.constant(X.tocsc()))
    zero, negative = (S.constant(sp.csr_matrix(([z], [0], [0, 1]), shape=(1, 1))) for z in (0.0, -0.0))
    assert not zero.equals(negative)
    assert c.signature().theano_hash() == S.hash_from_sparse(X) == S.hash_from_sparse(X.copy())
    v = T.dvector("v")
    np.testing.assert_allclose(theano.function([v], S.dot(X, v))([1, 2, 3]), X @ [1, 2, 3])
    assert S.as_sparse_or_tensor_variable(X).type == c.type and S.as_sparse is S.as_sparse_variable
    assert S.as_sparse_or_tensor_variable(v) is v
    for wrong in (v, np.eye(2), 3, X.tocoo(), None):
        with pytest.raises(TypeError):
            S.as_sparse_variable(wrong)


def test_copies_and_pickles() -> None:
    s, x = theano.shared(X, name="s"), S.csr_matrix("x", "float64")
    out = S.dot(S.sqr(x) + s, np.ones(3))
    twin = copy.deepcopy(s)
    twin.set_value(0 * X)
    assert equal(s.get_value(), X) and s.clone().get_value(borrow=True) is s.get_value(borrow=True)
    f = theano.function([x], out, updates=[(s, s * 2)])
    expected = (X.multiply(X) + X) @ np.ones(3)
    for again in (pickle.loads(pickle.dumps(f)), copy.deepcopy(f), f.copy()):
        np.testing.assert_allclose(again(X), expected)
        s.set_value(X)
    loaded_x, loaded = pickle.loads(pickle.dumps((x, out)))
    np.testing.assert_allclose(loaded.eval({loaded_x: X}), expected)
    for op, lines in ((S.ColScaleCSC(), "columns"), (S.RowScaleCSC(), "rows")):
        op.__dict__.clear()  # as those pickled before these ops had names of lines
        assert pickle.loads(pickle.dumps(op)).lines == lines
    constant = pickle.loads(pickle.dumps(S.constant(X)))
    assert equal(constant.data, X)
    y = S.csr_matrix("y", "float64")
    cloned = theano.clone(out, replace={x: y})
    np.testing.assert_allclose(cloned.eval({y: X}), expected)
    with pytest.raises(TypeError):
        theano.clone(out, replace={x: S.csc_matrix("z", "float64")})


def test_printing() -> None:
    x, w = S.csr_matrix("x", "float64"), T.dmatrix("w")
    assert theano.pp(S.dot(x, w)) == "Dot(x, w)"
    assert theano.pp(S.dense_from_sparse(-x)) == "DenseFromSparse{structured_grad=True}(Sparse{Neg}(x))"
    text = theano.printing.debugprint(S.dot(S.sqr(x), w), file="str")
    assert "CSM{csr}" in text
    assert repr(x) == "x" and str(S.csr_matrix()) == "<Sparse[float64, csr]>" and str(x.T) == "Sparse{Transpose}.0"
    names = [str(op) for op in (S.csr_from_dense, S.SpSum(0), S.remove0, S.ensure_sorted_indices, S.dcast, S.usmm)]
    assert names == [
        "SparseFromDense{csr}", "SpSum{axis=0}", "Remove0{no_inplace}", "EnsureSortedIndices{no_inplace}",
        "Cast(float64)", "Usmm{no_inplace}",
    ]  # fmt: skip


@pytest.mark.parametrize("captured", [False, True])
@pytest.mark.parametrize("mode", [None, "FAST_COMPILE"])
def test_loops_read_sparse_matrices(captured: bool, mode) -> None:
    x, v = S.csr_matrix("x", "float64"), T.dvector("v")
    step = (lambda y: S.dot(x, y) + 1) if captured else (lambda y, x: S.dot(x, y) + 1)
    rows, _ = theano.scan(step, outputs_info=v, non_sequences=[] if captured else [x], n_steps=3)
    cost = (rows[-1] ** 2).sum()
    f = theano.function([x, v], [rows, *T.grad(cost, [x, v])], mode=mode)
    A = sp.random(3, 3, 0.6, format="csr", random_state=4)
    found, into_x, into_v = f(A, [1, 2, 3])
    y = np.array([1.0, 2, 3])
    for k in range(3):
        y = A @ y + 1
        np.testing.assert_allclose(found[k], y)
    def unrolled(x, v):
        for _ in range(3):
            v = S.structured_dot(x, v.dimshuffle(0, "x"))[:, 0] + 1
        return (v**2).sum()
    expected = theano.function([x, v], T.grad(unrolled(x, v), [x, v]))(A, [1, 2, 3])
    np.testing.assert_allclose(into_x.toarray(), expected[0].toarray())
    np.testing.assert_allclose(into_v, expected[1])


def test_loops_read_shared_matrices() -> None:
    s = theano.shared(sp.eye(3, format="csr") * 2.0)
    rows, updates = theano.scan(lambda y: S.dot(s, y), outputs_info=T.ones(3), n_steps=2)
    assert not updates and (theano.function([], rows)()[-1] == 4).all()
    with pytest.raises(ValueError, match="outputs of a step must be tensors"):
        theano.scan(lambda k: s * k, sequences=T.arange(3.0))


@pytest.mark.parametrize("mode", [None, "FAST_COMPILE"])
def test_branches(mode) -> None:
    x, y, c = S.csr_matrix("x", "float64"), S.csr_matrix("y", "float64"), T.iscalar("c")
    z = ifelse(c, x, S.sqr(y))
    f = theano.function([c, x, y], [z, *T.grad(S.sp_sum(S.sqr(z)), [x, y])], mode=mode)
    for choice in (1, 0):
        out, into_x, into_y = f(choice, X, 3 * X)
        np.testing.assert_allclose(out.toarray(), X.toarray() if choice else 9 * X.toarray() ** 2)
        np.testing.assert_allclose(into_x.toarray(), 2 * X.toarray() * choice)
        np.testing.assert_allclose(into_y.toarray(), 4 * 27 * X.toarray() ** 3 * (1 - choice))
    with pytest.raises(TypeError, match="identical types"):
        ifelse(c, x, x.T)
    cost = ifelse(c, S.sp_sum(S.sqr(x)), T.constant(0.0, dtype="float64"))
    g = theano.function([c, x], T.grad(cost, x), mode=mode)
    np.testing.assert_allclose(g(1, X).toarray(), 2 * X.toarray())
    assert g(0, X).sum() == 0
    chosen = T.switch(c, S.sp_sum(S.sqrt(x)), 0.0)
    g = theano.function([c, x], T.grad(chosen, x), mode=mode)
    assert g(0, 0 * X).sum() == 0 and np.isinf(g(1, 0 * X).data).all()


def test_operators_and_methods() -> None:
    x, w, n = S.csr_matrix("x", "float64"), T.dmatrix("w"), T.dscalar("n")
    W = np.random.RandomState(0).rand(4, 3)
    D = X.toarray()
    rows = [
        (x + w, D + W), (w + x, D + W), (x - w, D - W), (w - x, W - D), (x * w, D * W), (w * x, D * W), (x * 2, D * 2),
        (2.5 * x, D * 2.5), (x * n, D * 3), (n * x, 3 * D), (-x, -D), (x.T.dot(w), D.T @ W), (w.T.dot(x), W.T @ D),
        (theano.dot(x.T, w), D.T @ W), (T.dot(w.T, x), W.T @ D), (x.T @ w, D.T @ W), (w.T @ x, W.T @ D),
        (x @ w[0], D @ W[0]), (w[:, 0] @ x, W[:, 0] @ D),
        (x.toarray(), D), (x.shape, D.shape), (x.shape[1], 3), (x.size, 12), (x.data, X.data), (x.indices, X.indices),
        (x.indptr, X.indptr), (x.sum(), D.sum()), (x.sum(axis=0), D.sum(0)), (x.zeros_like(), 0 * D), (x > w, D > W),
        (w > x, W > D), (x <= 0.5, D <= 0.5), (x.astype("float32"), D.astype("float32")), (x.transpose(), D.T),
        (x - x, 0 * D), (x[1, 2], D[1, 2]), (x[-1, n.astype("int64") - 1], D[-1, 2]), (x[1:3], D[1:3]),
        (x[:, n.astype("int64") - 2 :], D[:, 1:]), (x[[1, 0]], D[[1, 0]]),
        (x[np.array([1, 0]), [1, 2]], D[[1, 0], [1, 2]]),
        (x[T.constant([2, 2])], D[[2, 2]]), (x[[0], :], D[[0], :]), (x.real, D), (x + X, D + D),
    ]  # fmt: skip
    f = theano.function([x, w, n], [out for out, _ in rows], on_unused_input="ignore")
    for found, (out, expected) in zip(f(X, W, 3.0), rows, strict=True):
        found = found.toarray() if sp.issparse(found) else found
        np.testing.assert_allclose(found, expected, rtol=1e-6, err_msg=str(out))
    assert (x.dtype, x.format, x.ndim, x.broadcastable) == ("float64", "csr", 2, (False, False)) and bool(x)


def test_refusals() -> None:
    x, b, w = S.csr_matrix("x", "float64"), S.csr_matrix("b", "bool"), T.dmatrix("w")
    for wrong, kind, text in [
        (lambda: len(x), TypeError, "has no len"),
        (lambda: list(x), TypeError, "can't iterate"),
        (lambda: x[0], NotImplementedError, "no sparse vectors"),
        (lambda: x[0, :], NotImplementedError, "no sparse vectors"),
        (lambda: x[1:2, 1:2, 1:2], ValueError, "3 indices are too many"),
        (lambda: x[[1.5]], TypeError, "integers"),
        (lambda: x[w > 0], NotImplementedError, "no sparse vectors"),
        (lambda: S.dot(w, w), TypeError, "needs a sparse operand"),
        (lambda: S.add(w, w), TypeError, "takes a sparse matrix"),
        (lambda: S.mul(w, w), TypeError, "takes a sparse matrix"),
        (lambda: S.eq(w, w), TypeError, "takes a sparse matrix"),
        (lambda: S.StructuredDot()(x, w[0]), NotImplementedError, "two matrices"),
        (lambda: S.dot(x, T.dtensor3()), TypeError, "matrices and vectors"),
        (lambda: S.sp_sum(x, axis=2), ValueError, "axis"),
        (lambda: -b, TypeError, "bools"),
        (lambda: S.CSM("coo"), ValueError, "'csr' or 'csc'"),
        (lambda: S.CSM("csr", kmap=[1]), NotImplementedError, "kmap"),
        (lambda: S.CSR(w, [1], [1], [1, 1]), TypeError, "data of a sparse matrix must be a vector"),
        (lambda: S.CSR([1.0], [0.5], [0, 1], [1, 1]), TypeError, "indices .* integers"),
        (lambda: S.csc_from_dense(T.dtensor3()), TypeError, "two axes"),
        (lambda: S.structured_pow(x, w), TypeError, "numbers"),
        (lambda: x / w, TypeError, "numbers"),
        (lambda: S.col_scale(x, w), TypeError, "takes a vector"),
        (lambda: S.ColScaleCSC()(x, w[0]), TypeError, "works on format csc"),
        (lambda: S.mul_s_d(x, w[0]), TypeError, "mul_s_v"),
        (lambda: S.csm_properties(S.bsr_dmatrix()), TypeError, "format bsr"),
        (lambda: S.sub(w, w), TypeError, "sparse.sub takes a sparse matrix, w and w are dense"),
        (lambda: S.hstack([]), ValueError, "sparse.hstack: the list of matrices is empty"),
        (lambda: S.vstack([]), ValueError, "sparse.vstack: the list of matrices is empty"),
        (lambda: S.VStack()(), ValueError, "VStack joins sparse matrices, but none is given"),
        (lambda: S.vstack(x), TypeError, r"a list of sparse matrices, not a matrix: write sparse.vstack\(\[x\]\)"),
        (lambda: S.hstack([x], dtype="int8"), TypeError, "cast them first"),
        (lambda: S.structured_exp(w), TypeError, "a sparse matrix is wanted"),
        (lambda: T.exp(x), TypeError, "must be a TensorType"),
        (lambda: S.as_sparse_variable(w), TypeError, "a sparse matrix is wanted"),
        (lambda: S.nothing, AttributeError, "no attribute 'nothing'"),
    ]:  # fmt: skip
        with pytest.raises(kind, match=text):
            wrong()


def test_errors_when_a_function_runs() -> None:
    x, y, w, v = S.csr_matrix("x", "float64"), S.csr_matrix("y", "float64"), T.dmatrix("w"), T.dvector("v")
    Y, W = sp.csr_matrix((2, 5)), np.ones((2, 5))
    rows = [
        (S.dot(x, w), "W"), (S.structured_dot(x, w), "W"), (S.true_dot(x, y), "Y"), (x + w, "W"), (x * w, "W"),
        (x + y, "Y"), (x * y, "Y"), (S.add_s_s_data(x, y), "Y"), (S.lt(x, y), "Y"), (S.hstack([x, y]), "Y"),
        (S.vstack([x, y]), "Y"), (S.mul_s_v(x, v), "v"), (S.structured_add_s_v(x, v), "v"), (S.col_scale(x, v), "v"),
        (S.row_scale(x, v), "v"), (S.diag(x), ""), (S.usmm(1.0, x, w, w), "W"), (S.sampling_dot(w, w, x), "W"),
        (S.CSR(v, [0, 0], [0, 2], [1, 1]), "v"), (S.CSR([1.0], [7], [0, 1], x.shape[:1].repeat(2)), ""),
    ]  # fmt: skip
    for mode in (None, "FAST_COMPILE"):
        for out, _ in rows:
            f = theano.function([x, y, w, v], out, on_unused_input="ignore", mode=mode)
            with pytest.raises((ValueError, IndexError)) as error:
                f(X, Y, W, np.ones(7))
            assert "test_shared.py" in str(error.value), out
        for out in (x[9, 0], x[[0, 9]], x[[0], [-4]]):
            with pytest.raises(IndexError):
                theano.function([x], out, mode=mode)(X)


@pytest.mark.parametrize("mode", [None, "FAST_COMPILE"])
def test_vectors_of_another_length_than_rows_or_columns(mode: str | None) -> None:
    v = T.dvector("v")
    for format in ("csr", "csc"):
        x = S.SparseType(format, "float64")("x")
        for out, what, many in [
            (S.col_scale(x, v), "columns", 5), (S.row_scale(x, v), "rows", 2), (S.mul_s_v(x, v), "columns", 5),
            (S.structured_add_s_v(x, v), "columns", 5),
        ]:  # fmt: skip
            f = theano.function([x, v], out, mode=mode)
            with pytest.raises(ValueError, match=f"there are {many} {what} and 7 elements in the vector"):
                f(sp.random(2, 5, 0.5, format=format), np.ones(7))


def test_scipy_is_loaded_when_a_value_comes() -> None:
    code = """
import sys, theano, theano.tensor as T
assert "theano.sparse" not in sys.modules and hasattr(theano, "sparse_grad")
from theano import sparse
x, w = sparse.csr_matrix("x"), T.matrix("w")
cost = sparse.structured_dot(sparse.sqr(x), w).sum()
grads = T.grad(cost, [x, w])
assert "scipy" not in sys.modules
f = theano.function([x, w], grads)
from theano.sparse.basic import csr_matrix as same
import theano.sparse.sharedvar, theano.sparse.utils, theano.sparse.opt, theano.sparse.type
assert same is sparse.csr_matrix is sparse.basic.csr_matrix and "scipy" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)

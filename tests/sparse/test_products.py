"""Products of two sparse matrices: elements of SciPy, in order; gradients with structure; programs. Names."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp

import theano
import theano.tensor as T
from tests.sparse.cases import disordered
from theano import sparse as S

FORMATS = [(a, b) for a in ("csr", "csc") for b in ("csr", "csc")]
DTYPES = [("float64", "float64"), ("float32", "int8"), ("int64", "uint16"), ("bool", "bool"), ("complex64", "float32")]
SHAPES = [(5, 4, 7), (0, 4, 3), (5, 0, 3), (5, 4, 0), (1, 1, 1), (60, 40, 300)]


def drawn(m: int, n: int, format: str, dtype: str, seed: int = 0):
    x = sp.random(m, n, 0.3, format, random_state=seed)
    x.data = np.ceil(x.data * 4)
    return x.astype(dtype)


@pytest.mark.parametrize("formats", FORMATS)
@pytest.mark.parametrize("dtypes", DTYPES)
def test_values(formats, dtypes) -> None:
    x, y = (S.matrix(f, dtype=d) for f, d in zip(formats, dtypes, strict=True))
    outputs = [S.true_dot(x, y), S.structured_dot(x, y), S.dot(x, y)]
    f = theano.function([x, y], outputs)
    assert "callback" not in theano.printing.loop_program(f)
    plain = theano.function([x, y], outputs, mode="FAST_COMPILE")
    for seed, (m, k, n) in enumerate(SHAPES):
        X, Y = drawn(m, k, formats[0], dtypes[0], seed), drawn(k, n, formats[1], dtypes[1], seed + 9)
        for given in ((X, Y), (disordered(X, dtypes[0] != "bool"), disordered(Y, dtypes[1] != "bool"))):
            expected = given[0] @ given[1]
            for results in (f(*given), plain(*given)):
                for found in results[:2]:
                    assert found.format == formats[0] and found.dtype == expected.dtype == outputs[0].type.dtype
                    ordered = sp.csr_matrix((found.data, found.indices, found.indptr), (len(found.indptr) - 1, 999))
                    assert ordered.has_canonical_format and found.nnz == expected.nnz
                    np.testing.assert_array_equal(found.toarray(), expected.toarray())
                np.testing.assert_array_equal(results[2], expected.toarray())
    with pytest.raises(ValueError, match="as many columns|do not fit"):
        f(drawn(3, 4, formats[0], dtypes[0]), drawn(5, 3, formats[1], dtypes[1]))


@pytest.mark.parametrize("formats", FORMATS)
def test_structured_gradients(formats) -> None:
    """Natively, of first and of second order: they have the structure of the operand, or are at its places."""
    x, y = (S.matrix(f, dtype="float64") for f in formats)
    X, Y = (sp.random(6, 6, 0.4, f, random_state=k) for k, f in enumerate(formats))
    cost = S.sp_sum(S.sqr(S.structured_dot(x, y)), sparse_grad=True)
    first = T.grad(cost, [x, y])
    second = T.grad(sum(S.sp_sum(S.sqr(g), sparse_grad=True) for g in first), [x, y])
    f = theano.function([x, y], [*first, *second])
    assert "callback" not in theano.printing.loop_program(f)
    product = (X @ Y).toarray()
    wanted = [2 * product @ Y.toarray().T, 2 * X.toarray().T @ product]
    found, slow = f(X, Y), theano.function([x, y], [*first, *second], mode="FAST_COMPILE")(X, Y)
    for g, value, expected in zip(found, (X, Y), wanted, strict=False):
        assert (g.indices == value.indices).all() and (g.indptr == value.indptr).all() and g.format == value.format
        np.testing.assert_allclose(g.toarray(), np.where(value.toarray() != 0, expected, 0))
    for one, other in zip(found, slow, strict=True):
        np.testing.assert_allclose(one.toarray(), other.toarray(), rtol=1e-9)
    S.verify_grad_sparse(S.structured_dot, [X, Y], structured=True, rng=np.random.RandomState(0))
    S.verify_grad_sparse(S.true_dot, [X, Y], rng=np.random.RandomState(0))


def test_a_training_step_calls_nobody_back() -> None:
    """Two layers on a graph: the adjacency matrix twice, weights, and a shared sparse matrix that is trained."""
    rng = np.random.RandomState(0)
    A = sp.random(30, 30, 0.2, "csr", random_state=rng)
    links = theano.shared(A.copy(), name="links")
    w = theano.shared(rng.randn(4, 1), name="w")
    features, y = T.dmatrix("features"), T.dvector("y")
    hidden = S.structured_dot(S.structured_dot(links, links), features)
    cost = ((T.tanh(T.dot(hidden, w))[:, 0] - y) ** 2).mean()
    g_links, g_w = T.grad(cost, [links, w])
    updates = [(w, w - 0.1 * g_w), (links, S.add_s_s_data(links, -0.1 * g_links))]
    f = theano.function([features, y], cost, updates=updates)
    assert "callback" not in theano.printing.loop_program(f)
    given = rng.randn(30, 4), rng.randn(30)
    costs = [float(f(*given)) for _ in range(40)]
    assert costs[-1] < 0.8 * costs[0]
    kept = links.get_value()
    assert (kept.indices == A.indices).all() and not (kept.data == A.data).all()


# -- names --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("format", ["csr", "csc"])
def test_names_of_types_and_casts(format: str) -> None:
    for letter, dtype in (("d", "float64"), ("f", "float32")):
        assert getattr(S, f"{format}_{letter}matrix")("x").type == S.matrix(format, dtype=dtype).type
    X = drawn(4, 3, format, "float64")
    x = S.matrix(format, dtype="float64")
    casts = {
        "bcast": "int8", "wcast": "int16", "icast": "int32", "lcast": "int64", "fcast": "float32", "dcast": "float64",
        "ccast": "complex64", "zcast": "complex128",
    }  # fmt: skip
    for name, found in zip(casts, theano.function([x], [getattr(S, n)(x) for n in casts])(X), strict=True):
        assert found.dtype == casts[name] and found.format == format
        np.testing.assert_array_equal(found.toarray(), X.toarray())


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8"])
@pytest.mark.parametrize("make", [S.CSR, S.CSC])
def test_components(make, dtype: str) -> None:
    """Of structures of any integers."""
    kind = {S.CSR: "csr", S.CSC: "csc"}[make]
    X = drawn(4, 3, kind, "float64")
    data, indices, indptr = T.dvector(), T.vector(dtype=dtype), T.vector(dtype=dtype)
    x = make(data, indices, indptr, [4, 3])
    parts = [S.csm_data(x), S.csm_indices(x), S.csm_indptr(x), S.csm_shape(x)]
    f = theano.function([data, indices, indptr], [x, *parts])
    found = f(X.data, X.indices.astype(dtype), X.indptr.astype(dtype))
    np.testing.assert_array_equal(found[0].toarray(), X.toarray())
    for part, expected in zip(found[1:], (X.data, X.indices, X.indptr, X.shape), strict=True):
        np.testing.assert_array_equal(part, expected)


def test_random_inputs() -> None:
    variables, data = S.sparse_random_inputs("csc", (5, 4), n=2, out_dtype="float32", explicit_zero=True,
                                             unsorted_indices=True)  # fmt: skip
    f = theano.function(variables, S.add(*variables))
    np.testing.assert_allclose(f(*data).toarray(), data[0].toarray() + data[1].toarray(), rtol=1e-6)
    assert any((x.data == 0).any() for x in data)


@pytest.mark.parametrize("product", [S.true_dot, S.structured_dot])
@pytest.mark.parametrize("dtype", ["float64", "complex64", "int32"])
def test_elements_whose_sum_is_zero_are_there(product: Any, dtype: str) -> None:
    """SciPy leaves them out, so programs and `perform` differed in what is done with each element afterwards."""
    X, Y = np.array([[1, 1], [0, 2], [0, 0]], dtype), np.array([[1, 0, 3], [-1, 0, 1]], dtype)
    for formats in FORMATS:
        x, y = (getattr(sp, f"{f}_matrix")(v) for f, v in zip(formats, (X, Y), strict=True))
        variables = [S.matrix(v.format, dtype=dtype) for v in (x, y)]
        out = S.structured_add(product(*variables), 1)
        for mode in (None, "FAST_COMPILE"):
            found = theano.function(variables, out, mode=mode)(x, y)
            assert found.toarray().tolist() == [[1, 0, 5], [-1, 0, 3], [0, 0, 0]] and found.has_sorted_indices


@pytest.mark.parametrize("dtype", ["float32", "complex128", "int8"])
def test_casts_keep_the_order_of_elements(dtype: str) -> None:
    """SciPy's `astype` sorts them, so `perform` added data of two orders."""
    x = S.csr_matrix("x", dtype="float64")
    X = disordered(drawn(4, 3, "csr", "float64"), False)
    for mode in (None, "FAST_COMPILE"):
        found = theano.function([x], S.csm_properties(S.cast(x, dtype)), mode=mode)(X)
        for part, expected in zip(found, (X.data.astype(dtype), X.indices, X.indptr), strict=False):
            np.testing.assert_array_equal(part, expected)


def test_structured_dot_grad_says_what_is_not_sparse():
    with pytest.raises(TypeError, match="a sparse matrix is wanted"):
        S.structured_dot_grad(T.dmatrix(), T.dmatrix(), T.dmatrix())


@pytest.mark.parametrize("mode", [None, "FAST_COMPILE"])
def test_dot_takes_matrices_of_blocks(mode):
    x, w = S.bsr_matrix("x", "float64"), T.dmatrix("w")
    X, W = sp.bsr_matrix(np.kron(np.eye(2), [[1.0, 2], [0, 3]])), np.arange(8.0).reshape(4, 2)
    outputs = [S.dot(x, w), S.dot(w.T, x), S.dot(x, x), T.grad(S.dot(x, w).sum(), x)]
    found = theano.function([x, w], outputs, mode=mode)(X, W)
    dense = X.toarray()
    for value, expected in zip(found, (dense @ W, W.T @ dense, dense @ dense, np.ones((4, 2)) @ W.T), strict=True):
        np.testing.assert_allclose(value, expected)


@pytest.mark.parametrize("mode", [None, "FAST_COMPILE"])
def test_casts_of_complex_numbers_take_the_real_part(mode):
    z = S.csr_matrix("z", "complex128")
    Z = sp.csr_matrix([[0, 1 + 2j], [3j, 0]])
    for dtype in ("float64", "float32", "int8", "bool"):
        found = theano.function([z], S.cast(z, dtype), mode=mode)(Z).toarray()
        expected = Z.toarray() != 0 if dtype == "bool" else Z.toarray().real
        assert found.dtype == dtype and (found == expected).all()
    g = T.grad(S.sp_sum(S.sqr(S.cast(z, "float64")), sparse_grad=True), z)
    assert (theano.function([z], g, mode=mode)(Z).toarray() == 2 * Z.toarray().real).all() and g.dtype == "complex128"

"""Inputs, shared variables and results that consist of several arrays: sparse matrices."""

from __future__ import annotations

import gc
import threading
import weakref
from typing import Any

import numpy as np
import pytest

import theano
import theano.tensor as T
from tests.call_backs import calls_back

sp = pytest.importorskip("scipy.sparse")
sparse = pytest.importorskip("theano.sparse")

FORMATS = ["csr", "csc"]


def matrix(format: str = "csr", n: int = 30, m: int = 20, dtype: str = "float64") -> Any:
    return sp.random(n, m, 0.2, format=format, random_state=1, dtype="float64").astype(dtype)


def variable(format: str = "csr", dtype: str = "float64") -> Any:
    return sparse.SparseType(format, dtype)("x")


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("borrow", [False, True])
def test_structure_that_is_kept_is_shared_by_who_borrows(format: str, borrow: bool) -> None:
    x = variable(format)
    f = theano.function([x], [theano.Out(v, borrow=borrow) for v in (x * 2.0, x.T, sparse.tanh(x))])
    a = matrix(format)
    double, turned, tanh = f(a)
    assert not calls_back(f)
    for found, wanted in ((double, a * 2), (turned, a.T), (tanh, a.tanh())):
        assert found.format == wanted.format and found.dtype == wanted.dtype and found.shape == wanted.shape
        np.testing.assert_allclose(found.toarray(), wanted.toarray(), rtol=1e-12)
        assert np.shares_memory(found.indices, a.indices) == borrow
        assert np.shares_memory(found.indptr, a.indptr) == borrow
        assert not np.shares_memory(found.data, a.data)


@pytest.mark.parametrize("format", FORMATS)
def test_the_data_of_a_shared_matrix_are_updated_in_place(format: str) -> None:
    start = matrix(format)
    s, w = theano.shared(start, name="s"), T.dvector("w")
    f = theano.function([w], sparse.dot(s, w), updates=[(s, s * 2.0)])
    before = s.get_value(borrow=True)
    np.testing.assert_allclose(f(np.arange(20.0)), start @ np.arange(20.0))
    after = s.get_value(borrow=True)
    assert after is before and not calls_back(f)
    np.testing.assert_array_equal(after.data, 2 * start.data)
    f(np.arange(20.0))
    np.testing.assert_array_equal(s.get_value().data, 4 * start.data)


def test_a_new_structure_takes_the_place_of_the_old_one() -> None:
    s, x = theano.shared(matrix(), name="s"), variable()
    f = theano.function([x], sparse.sp_sum(s), updates=[(s, x)])
    old, new = s.get_value(), matrix(n=7, m=3)
    assert np.isclose(f(new), old.sum())
    kept = s.get_value(borrow=True)
    assert (kept != new).nnz == 0 and kept.shape == (7, 3)
    assert not any(np.shares_memory(getattr(kept, n), getattr(new, n)) for n in ("data", "indices", "indptr"))


def test_results_keep_the_structure_that_a_call_replaces() -> None:
    """A result may share the structure of a shared matrix, which then must not be written over."""
    s, x = theano.shared(matrix(), name="s"), variable()
    f = theano.function([x], s * 1.0, updates=[(s, x)])
    wanted = s.get_value().toarray()
    other = matrix()
    other.indices[:] = other.indices[::-1].copy()
    found = f(other)
    np.testing.assert_array_equal(found.toarray(), wanted)
    np.testing.assert_array_equal(s.get_value().toarray(), other.toarray())


def test_an_error_leaves_shared_values_as_they_were() -> None:
    s, x, w = theano.shared(matrix(), name="s"), variable(), T.dvector("w")
    f = theano.function([x, w], sparse.dot(x, w), updates=[(s, s * 2.0)])
    wanted = s.get_value().toarray()
    with pytest.raises(ValueError, match="20 columns and 19 rows"):
        f(matrix(), np.ones(19))
    bad = matrix()
    bad.indices[3] = 20
    with pytest.raises(ValueError, match="element 3 of indices is 20: the matrix has 20 columns"):
        f(bad, np.ones(20))
    np.testing.assert_array_equal(s.get_value().toarray(), wanted)


def _broken(kind: str) -> Any:
    a = matrix()
    if kind == "index":
        a.indices[5] = 20
    elif kind == "negative index":
        a.indices[5] = -1
    elif kind == "falling":
        a.indptr[4] = a.indptr[6] + 1
    elif kind == "first":
        a.indptr[0] = 1
    elif kind == "last":
        a.indptr[-1] += 1
    elif kind == "short":
        a.indptr = a.indptr[:-1]
    elif kind == "data":
        a.data = a.data[:-1]
    return a


@pytest.mark.parametrize("kind", ["index", "negative index", "falling", "first", "last", "short", "data"])
@pytest.mark.parametrize("what", ["dot", "points", "gradient"])
def test_a_bad_structure_is_refused_in_the_words_of_its_type(kind: str, what: str) -> None:
    x, w = variable(), T.dvector("w")
    output = {"dot": sparse.dot(x, w), "points": x * 2.0, "gradient": T.grad(sparse.dot(x, w).sum(), w)}[what]
    f = theano.function([x, w], output, on_unused_input="ignore")
    bad = _broken(kind)
    with pytest.raises(ValueError) as wanted:
        x.type.filter(bad)
    with pytest.raises(ValueError, match="at index 0") as found:
        f(bad, np.ones(20))
    assert str(wanted.value) in str(found.value)


def test_what_is_no_plain_matrix_is_converted() -> None:
    x, w = variable(), T.dvector("w")
    f = theano.function([x, w], sparse.dot(x, w))
    a, v = matrix(), np.arange(20.0)
    long = a.copy()
    long.indices, long.indptr = long.indices.astype("int64"), long.indptr.astype("int64")
    slack = a.copy()
    slack.data, slack.indices = np.append(slack.data, [9.0, 9.0]), np.append(slack.indices, [0, 99]).astype("int32")
    for given in (a.tocsc(), a.tocoo(), sp.csr_array(a), a.astype("float32"), long, slack, a[::-1][::-1]):
        np.testing.assert_allclose(f(given, v), a @ v, rtol=1e-6)


def test_constants_and_empty_matrices() -> None:
    a, w = matrix(), T.dvector("w")
    f = theano.function([w], sparse.dot(sparse.as_sparse_variable(a), w))
    np.testing.assert_allclose(f(np.arange(20.0)), a @ np.arange(20.0))
    assert not calls_back(f)
    x = variable()
    g = theano.function([x, w], [sparse.dot(x, w), sparse.dot(x.T, sparse.dot(x, w)), x * 2.0])
    for shape in ((0, 0), (0, 5), (5, 0), (5, 5)):
        first, second, third = g(sp.csr_matrix(shape), np.ones(shape[1]))
        assert first.shape == shape[:1] and second.shape == shape[1:] and third.shape == shape
        assert not first.any() and not second.any()


def test_two_functions_update_one_matrix_at_once() -> None:
    s = theano.shared(matrix(n=2000, m=300), name="s")
    start = s.get_value().data
    add, double = (theano.function([], sparse.sp_sum(s), updates=[(s, s * k)]) for k in (2.0, 0.5))
    threads = [threading.Thread(target=lambda f=f: [f() for _ in range(50)]) for f in (add, double)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    np.testing.assert_array_equal(s.get_value().data, start)


def test_a_training_step_runs_without_python() -> None:
    """Logistic regression: the matrix is read by products that share loops with what stands around them."""
    x, y = variable(), T.dvector("y")
    w = theano.shared(np.zeros(20), name="w")
    z = sparse.dot(x, w)
    cost = T.nnet.softplus(z).mean() - (y * z).mean()
    f = theano.function([x, y], cost, updates=[(w, w - 0.5 * T.grad(cost, w))])
    assert not calls_back(f)
    a, labels, own = matrix(), (np.arange(30) % 3 == 0) * 1.0, np.zeros(20)
    for _ in range(5):
        z = a @ own
        wanted = np.logaddexp(0, z).mean() - (labels * z).mean()
        own = own - 0.5 * (a.T @ (1 / (1 + np.exp(-z)) - labels)) / 30
        np.testing.assert_allclose(f(a, labels), wanted, rtol=1e-10)
    np.testing.assert_allclose(w.get_value(), own, rtol=1e-10)


def test_a_structured_gradient_updates_a_shared_matrix_in_place() -> None:
    """Its sum with the matrix has the structure of the matrix, so no structure is computed."""
    start = matrix()
    s, w, y = theano.shared(start, name="s"), T.dmatrix("w"), T.dmatrix("y")
    cost = ((sparse.structured_dot(s, w) - y) ** 2).sum()
    f = theano.function([w, y], cost, updates=[(s, s - 0.01 * T.grad(cost, s))])
    before, aw, ay = s.get_value(borrow=True), np.ones((20, 4)), np.ones((30, 4))
    f(aw, ay)
    assert s.get_value(borrow=True) is before and not calls_back(f)
    gradient = 2 * (start @ aw - ay) @ aw.T
    rows = np.repeat(np.arange(30), np.diff(start.indptr))
    np.testing.assert_allclose(before.data, start.data - 0.01 * gradient[rows, start.indices], rtol=1e-12)


def test_calls_see_a_matrix_that_is_replaced_as_a_whole() -> None:
    """Threads call a function while another one sets its matrix to others of different shapes."""
    values = [matrix(n=50 * k, m=40 * k) for k in (1, 2, 3)]
    s = theano.shared(values[0], name="s")
    f = theano.function([], [sparse.sp_sum(s, axis=0), sparse.sp_sum(s, axis=1)])
    wanted = {len(v.sum(0).A1): (v.sum(0).A1, v.sum(1).A1) for v in values}
    wrong: list[Any] = []
    done = threading.Event()

    def call() -> None:
        while not done.is_set():
            try:
                columns, rows = f()
                np.testing.assert_allclose(columns, wanted[len(columns)][0])
                np.testing.assert_allclose(rows, wanted[len(columns)][1])
            except BaseException as error:
                wrong.append(error)
                return

    threads = [threading.Thread(target=call) for _ in range(3)]
    for t in threads:
        t.start()
    for k in range(150):
        s.set_value(values[k % 3])
        f()
    done.set()
    for t in threads:
        t.join()
    assert not wrong, wrong[0]


def test_a_matrix_that_was_replaced_is_forgotten() -> None:
    s = theano.shared(matrix(), name="s")
    f = theano.function([], sparse.sp_sum(s), updates=[(s, s * 2.0)])
    f()
    data = weakref.ref(s.get_value(borrow=True).data)
    s.set_value(matrix())
    gc.collect()
    assert data() is None
    f()


def test_steps_of_a_loop_work_with_the_arrays_of_a_matrix() -> None:
    x, w = variable(), T.dvector("w")
    rows, _ = theano.scan(
        lambda v, x: T.tanh(sparse.dot(x, v)), outputs_info=w, non_sequences=x, n_steps=5
    )
    outputs = [rows[-1], T.grad((rows[-1] ** 2).sum(), w)]
    f, g = (theano.function([x, w], outputs, mode=mode) for mode in ("FAST_RUN", "FAST_COMPILE"))
    assert not calls_back(f)
    a = matrix(n=20, m=20)
    for found, wanted in zip(f(a, np.linspace(-1, 1, 20)), g(a, np.linspace(-1, 1, 20)), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-12)

"""`SparseType`: which values it takes, what it refuses, and what it says of two values."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import scipy.sparse as sp
from theano.misc.may_share_memory import may_share_memory

import theano
import theano.tensor as T
from theano import sparse as S
from theano.sparse.type import SparseType


def test_equality_and_text() -> None:
    kind = SparseType("csr", "float64")
    assert kind == SparseType("csr", np.float64) == S.csr_dmatrix and hash(kind) == hash(S.csr_dmatrix)
    assert kind not in (SparseType("csc", "float64"), SparseType("csr", "float32"), T.dmatrix)
    assert str(kind) == repr(kind) == "Sparse[float64, csr]" and kind.ndim == 2
    assert pickle.loads(pickle.dumps(kind)) == kind
    assert SparseType.format_cls["csc"] is sp.csc_matrix and "coo" not in SparseType.format_cls
    with theano.config.change_flags(floatX="float32"):
        assert S.csc_matrix().dtype == "float32"


def test_formats_and_dtypes_that_are_not_there() -> None:
    with pytest.raises(ValueError, match="no sparse format 'coo'"):
        SparseType("coo", "float64")
    with pytest.raises(NotImplementedError, match="no sparse matrices of dtype float16"):
        SparseType("csr", "float16")
    with pytest.raises(TypeError, match="There is no dtype"):
        SparseType("csr", "float99")


def test_values_that_are_taken() -> None:
    kind = SparseType("csr", "float64")
    x = sp.random(3, 4, 0.5, format="csr", random_state=1)
    assert kind.filter(x) is x and kind.is_valid_value(x) and kind.filter(x, strict=True) is x
    for other in (x.tocsc(), x.tocoo(), x.tolil(), x.todok(), x.todia(), x.tobsr(), sp.csr_array(x), sp.coo_array(x)):
        found = kind.filter(other)
        assert type(found) is sp.csr_matrix and (found != x).nnz == 0
        assert type(other) is sp.csr_array or not kind.is_valid_value(other)
    assert (kind.filter(x.toarray()) != x).nnz == 0
    shared = kind.filter(sp.csr_array(x))
    assert np.may_share_memory(shared.data, sp.csr_array(x).data)
    assert kind.filter(x.astype("float32")).dtype == "float64"
    assert SparseType("csr", "float32").filter(x, allow_downcast=True).dtype == "float32"


def test_values_that_are_refused() -> None:
    kind = SparseType("csr", "float32")
    x = sp.random(3, 4, 0.5, format="csr", random_state=1)
    for wrong, text in [
        (x, "without risking loss of precision"),
        (x.astype("complex64"), "cannot store a matrix of dtype complex64"),
        (np.zeros(3), "an array of 1 axes is none"),
        ([[1.0]], "expected a sparse matrix"),
        (None, "expected a sparse matrix"),
        (S.csr_matrix("v"), "not the variable v"),
    ]:
        with pytest.raises(TypeError, match=text):
            kind.filter(wrong)
    for strict in (x, sp.csc_matrix(x, dtype="float32"), x.toarray().astype("float32")):
        with pytest.raises(TypeError, match="strict|expected a sparse matrix"):
            kind.filter(strict, strict=True)
    if hasattr(sp, "coo_array"):
        with pytest.raises(TypeError, match="of 1 axes"):
            kind.filter(sp.coo_array(np.ones(3, "float32")))


def bad(**parts) -> sp.csr_matrix:
    x = sp.csr_matrix(np.array([[0, 1.0, 2.0], [3.0, 0, 0]]))
    for name, value in parts.items():
        setattr(x, name, value)
    return x


BAD = {
    "too large": (bad(indices=np.array([1, 3, 0], "int32")), r"element 1 of indices is 3.*3 columns"),
    "negative": (bad(indices=np.array([1, -1, 0], "int32")), "element 1 of indices is -1"),
    "falling": (bad(indptr=np.array([0, 4, 3], "int32")), "indptr falls from 4 to 3: row 1"),
    "beyond the end": (bad(indptr=np.array([0, 2, 9], "int32")), "indptr ends with 9, but there are 3 elements"),
    "too short": (bad(indptr=np.array([0, 3], "int32")), "indptr has 2 elements: for 2 rows there must be 3"),
    "not from 0": (bad(indptr=np.array([1, 2, 3], "int32")), "indptr begins with 1"),
    "lengths": (bad(data=np.ones(2)), "data has 2 elements and indices 3"),
    "floats": (bad(indices=np.array([1.0, 2.0, 0.0])), "indices of a sparse matrix are integers"),
    "two axes": (bad(data=np.ones((3, 1))), "data of a sparse matrix is a vector"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_structure_is_refused_at_the_call(name: str) -> None:
    value, words = BAD[name]
    x = S.csr_matrix("x", "float64")
    f = theano.function([x], S.sp_sum(x))
    with pytest.raises(ValueError, match=words) as error:
        f(value)
    assert 'Bad input argument to theano function' in str(error.value) and "index 0" in str(error.value)
    with pytest.raises(ValueError, match=words):
        theano.shared(value, borrow=True)
    columns = S.csc_matrix("y", "float64")
    turned = words.replace("column", "\x00").replace("row", "column").replace("\x00", "row")
    with pytest.raises(ValueError, match=turned):
        theano.function([columns], S.sp_sum(columns))(_as_columns(value))


def test_blocks() -> None:
    kind = S.bsr_dmatrix
    x = sp.bsr_matrix(np.kron(np.eye(2), np.ones((2, 2))), blocksize=(2, 2))
    assert kind.filter(x) is x and (kind.filter(x.tocsr()) != x).nnz == 0
    for name, value, words in [("indices", [0, 2], "indices is 2"), ("indptr", [0, 2, 1], "indptr falls")]:
        wrong = x.copy()
        setattr(wrong, name, np.array(value, "int32"))
        with pytest.raises(ValueError, match=words):
            kind.filter(wrong)
    b, w = kind("b"), T.dmatrix("w")
    assert (theano.function([b], b)(x) != x).nnz == 0
    for use in (lambda: -b, lambda: b.T, lambda: b.toarray(), lambda: b + w, lambda: S.lt(b, w),
                lambda: S.structured_dot(b, w), lambda: S.hstack([b]), lambda: S.add(b, b), lambda: S.sqr(b),
                lambda: S.cast(b, "float32"), lambda: S.add_s_s_data(b, b)):  # fmt: skip
        with pytest.raises(TypeError, match="b has format bsr: this works on format cs"):
            use()


def _as_columns(x: sp.csr_matrix) -> sp.csc_matrix:
    made = sp.csc_matrix((3, 2))
    made.data, made.indices, made.indptr = x.data, x.indices, x.indptr
    return made


def test_coordinates_out_of_range() -> None:
    x = sp.coo_matrix(np.eye(3))
    x.row = np.array([0, 7, 1])
    with pytest.raises(ValueError, match="element 1 of row is 7"):
        SparseType("csr", "float64").filter(x)


def test_structure_is_made_plain() -> None:
    """Elements behind the last one, int64, gaps between elements."""
    x = sp.csr_matrix(np.array([[0, 1.0, 2.0], [3.0, 0, 0]]))
    indices, indptr = np.array([1, 2, 0, 77], "int64"), np.array([0, 2, 3], "int64")
    y = bad(data=np.array([1.0, 2, 3, 9]), indices=indices, indptr=indptr)
    z = bad(data=np.array([1.0, 9, 2, 9, 3, 9])[::2], indices=np.array([1, 7, 2, 7, 0, 7], "int32")[::2])
    for value in (y, z):
        found = S.csr_dmatrix.filter(value)
        assert (found != x).nnz == 0 and len(found.data) == 3 and found.data.flags.c_contiguous
        assert found.indices.dtype == found.indptr.dtype == "int32" and found.data.dtype.isnative


def test_equal_values() -> None:
    kind = SparseType("csr", "float64")
    x = sp.csr_matrix(np.array([[0, 1.0, np.nan], [3.0, 0, 0]]))
    twice = sp.csr_matrix((np.array([0.5, 0.5, np.nan, 3.0, 0.0]), [1, 1, 2, 0, 2], [0, 3, 5]), shape=(2, 3))
    assert kind.values_eq(x, twice) and kind.values_eq_approx(x, twice)
    close = x.copy()
    close.data[0] += 1e-9
    assert not kind.values_eq(x, close) and kind.values_eq_approx(x, close)
    assert kind.values_eq_approx(x, x + sp.csr_matrix(np.full((2, 3), 1e-4)), eps=1e-3)
    other = x.copy()
    other.data[2] = 4
    assert not kind.values_eq_approx(x, other)
    for different in (x.tocsc(), x.astype("float32"), x[:1], x.toarray(), None):
        assert not kind.values_eq(x, different)
    assert kind.may_share_memory(x, x.T) and not kind.may_share_memory(x, x.copy())
    assert kind.get_size(kind.get_shape_info(x)) == x.data.nbytes + x.indices.nbytes + x.indptr.nbytes


def test_memory_that_a_matrix_and_an_array_share() -> None:
    x = sp.csr_matrix(np.eye(3))
    for array in (x.data, x.indices, x.indptr, x.data[1:]):
        assert SparseType.may_share_memory(x, array) and SparseType.may_share_memory(array, x)
        assert may_share_memory(x, array) and may_share_memory(array, x)
    assert may_share_memory(x, x.T) and not may_share_memory(x, x.copy()) and not may_share_memory(x, np.ones(3))
    assert not SparseType.may_share_memory(x.data, x.data) and not SparseType.may_share_memory(x, None)
    with pytest.raises(TypeError, match="may_share_memory"):
        may_share_memory(x, 3)
